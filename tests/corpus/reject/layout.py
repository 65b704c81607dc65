# Rows 75 to 103 of the threat matrix: which members there are, what the claims list, and what the bodies are.
# SPDX-License-Identifier: Apache-2.0

from cases import Collection, Expect
from world import TRUST
from writers import archive as archives
from writers import gzip, nkeys, pieces, tar

CORPUS = Collection(range(75, 104))
rejects, accepts = CORPUS.rejects, CORPUS.accepts

NAME, OTHER_NAME = "x86_64-linux.bin", "aarch64-linux.bin"
GIB = 1 << 30


def at_last(archive):
    return archive.at(archive.members[-1])


def forge(archive):
    """A token member that says something else, as an attacker can write it."""
    other = archives.base()
    other.claims["wascap"]["vendor"] = "Evil"
    other.token.key = nkeys.STRANGER
    other.claims["iss"] = nkeys.STRANGER.public
    return other.token.encode(other.claims)


@rejects(75, "no claims.jwt", "entry")
def _(archive):
    archive.members.remove(archive.token_member)


@rejects(76, "claims only", "no-target")
def _(archive):
    archive.members.remove(archive.target)
    del archive.hashes[archives.TARGET]


@rejects(76, "claims and world.wasm only", "no-target", base=archives.with_world)
def _(archive):
    archive.members.remove(archive.target)
    del archive.hashes[archives.TARGET]


@rejects(76, "no members", "entry")
def _(archive):
    archive.members.clear()


@rejects(77, "two claims.jwt, good then forged", "entry", at=at_last, member="claims.jwt")
def _(archive):
    archive.insert(tar.member("claims.jwt", forge(archive)))


@rejects(77, "two claims.jwt, forged then good", "entry", member="claims.jwt",
         at=lambda archive: archive.at(archive.token_member))
def _(archive):
    archive.insert(tar.member("claims.jwt", forge(archive)), 0)


@rejects(77, "two claims.jwt that are the same", "entry", at=at_last, member="claims.jwt")
def _(archive):
    archive.insert(tar.member("claims.jwt", archive.token.encode(archive.claims)))


@rejects(78, "claims.jwt, and later", "entry", at=at_last,
         each={name: name for name in ("dir/claims.txt", "claims.txt", "claims", "CLAIMS.JWT")})
def _(archive, name):
    archive.insert(tar.member(name, forge(archive)))


@rejects(79, "in place of claims.jwt", "entry", at=0,
         each={name: name for name in ("claims", "claims.bin", "claims.json", "Claims.jwt")})
def _(archive, name):
    archive.token_member.header.name = name.encode()


@rejects(80, "two binaries of one name", "entry", at=at_last, member=NAME)
def _(archive):
    archive.insert(tar.member(NAME, archives.elf(text=b"evil")), 1)


ALIASES = ("x86_64-linux.so", "x86_64-linux.exe", "x86_64-linux", "sub/x86_64-linux.bin", "X86_64-LINUX.BIN",
           "x86_64-linux.bin.bin")


@rejects(81, "the target, and", "entry", each={name: name for name in ALIASES})
def _(archive, name):
    archive.insert(tar.member(name, archives.elf(text=b"evil")))


@rejects(82, "the target with ./ and without", "entry", at=at_last, member=NAME)
def _(archive):
    archive.insert(tar.member(f"./{NAME}", archives.elf(text=b"evil")), 1)


@rejects(83, "a member that is not listed", "entry",
         each={name: name for name in ("README.md", "mips-linux.bin", "LICENSE", ".gitignore")})
def _(archive, name):
    archive.insert(tar.member(name, b"read me"))


# What has the name of a target is shown by inspect, as not listed.
for case in CORPUS.cases:
    if case.row in ("83", "81") and case.name.endswith(("mips-linux.bin", "bin.bin")):
        case.verbs = {"inspect": "ok"}


@rejects(84, "AppleDouble", "entry", text="COPYFILE_DISABLE",
         each={name: name for name in ("._claims.jwt", "._x86_64-linux.bin", "./._claims.jwt")})
def _(archive, name):
    archive.insert(tar.member(name, b"\0\x05\x16\x07"), 0)


@rejects(85, "claims.jwt.bak", "entry", at=at_last, member="claims.jwt.bak")
def _(archive):
    archive.insert(tar.member("claims.jwt.bak", forge(archive)))


ONE_TARGET = ("verify", *TRUST, "--target", archives.TARGET, "{}")
PARTIAL = Expect(args=ONE_TARGET, shows={"coverage": "target", "target": archives.TARGET}, warnings=())


@rejects(86, "a listed target has no member", "digest", base=archives.two_targets, member="aarch64-linux",
         verbs={"verify one": PARTIAL, "extract": "ok", "extract-pipe": "ok"})
def _(archive):
    archive.members.remove(archive.find(OTHER_NAME))


@rejects(86, "the wanted target has no member", "digest", base=archives.two_targets, member=archives.TARGET,
         verbs={"verify one": Expect("digest", member=archives.TARGET, args=ONE_TARGET)})
def _(archive):
    archive.members.remove(archive.target)


@accepts(87, "a binary of 0 bytes", warnings=("is empty",), verbs={"run": Expect("exec")})
def _(archive):
    archive.target.body = b""
    archive.list(archives.TARGET, b"")


def digits(change):
    def apply(archive):
        archive.hashes[archives.TARGET] = change(archive.hashes[archives.TARGET])
    return apply


def one_letter_lower(digits_of_body):
    letter = next(letter for letter in digits_of_body if letter.isalpha())
    return digits_of_body.replace(letter, letter.lower(), 1)


WRONG_HASHES = {"in lower case": str.lower, "with one letter in lower case": one_letter_lower}


@rejects(88, "hash", "claims", member="claims.jwt", each=WRONG_HASHES)
def _(archive, change):
    digits(change)(archive)


@rejects(89, "hash", "claims", member="claims.jwt", each={
    "of 63 digits": lambda text: text[:63], "of 65 digits": lambda text: text + "0",
    "with a prefix": lambda text: "sha256:" + text,
    "with a blank behind": lambda text: text[:63] + " ", "with a blank before": lambda text: " " + text[:63],
    "empty": lambda _: "",
    "with a letter beyond F": lambda text: text[:63] + "G", "a number": lambda _: 0, "null": lambda _: None,
    "a list": lambda text: [text]})
def _(archive, change):
    digits(change)(archive)


@rejects(90, "target_hashes {} with a binary", "entry", member=NAME, verbs={"inspect": "ok"})
def _(archive):
    archive.hashes.clear()


@rejects(91, "one bit of a binary", "digest", member=NAME, at=lambda archive: archive.body_at(archive.target),
         each={"the first": (0, 1), "the last": (-1, 0x80)})
def _(archive, place):
    body = bytearray(archive.target.body)
    body[place[0]] ^= place[1]
    archive.target.body = bytes(body)


@rejects(91, "a binary one byte shorter", "digest", member=NAME)
def _(archive):
    archive.target.body = archive.target.body[:-1]


@rejects(91, "two binaries in each other's place", "digest", base=archives.two_targets, member=NAME)
def _(archive):
    one, other = archive.target, archive.find(OTHER_NAME)
    one.body, other.body = other.body, one.body


@rejects(92, "another target's binary", "digest", base=archives.two_targets, member=OTHER_NAME,
         verbs={"verify one": PARTIAL, "extract": "ok", "extract-pipe": "ok"})
def _(archive):
    archive.find(OTHER_NAME).body += b"!"


@rejects(93, "world.wasm that is not listed", "entry", member="world.wasm", base=archives.with_world,
         verbs={"inspect": "ok"})
def _(archive):
    del archive.hashes["world.wasm"]


@rejects(94, "world.wasm altered", "digest", member="world.wasm", base=archives.with_world,
         verbs={"verify one": PARTIAL, "extract": "ok", "extract-pipe": "ok"})
def _(archive):
    archive.find("world.wasm").body += b"!"


LIKE_WORLD = ("world.txt", "dir/world", "world", "world.bin", "world.wit", "WORLD.WASM", "dir/world.wasm")


@rejects(95, "beside world.wasm", "entry", base=archives.with_world, each={name: name for name in LIKE_WORLD})
def _(archive, name):
    archive.insert(tar.member(name, archives.wasm(b"evil")))


@rejects(96, "a target named world.wasm", "entry", base=archives.with_world, member="world.wasm.bin")
def _(archive):
    archive.insert(tar.member("world.wasm.bin", archives.elf()))


# The layout is judged before the claims (docs/ARCHITECTURE.md): with its member such a name is found there first.
RESERVED = ("claims", "world")


@rejects(97, "a target named", "entry", each={name: name for name in RESERVED})
def _(archive, name):
    archive.add(name)


@rejects(97, "claims that list a target named", "claims", member="claims.jwt", each={name: name for name in RESERVED})
def _(archive, name):
    archive.list(name, b"")


BAD_NAMES = {"a/b": "a/b", "../x": "../x", "empty": "", ".hidden": ".hidden", "-rf": "-rf", "65 bytes": "a" * 65,
             "300 bytes": "a" * 300,
             "a blank": "a b", "a NUL": "a\0b", "a colon": "a:b", "a line feed": "a\nb"}


@rejects(98, "claims that list", "claims", member="claims.jwt", each=BAD_NAMES)
def _(archive, name):
    archive.list(name, b"")


@rejects(98, "claims that list, with the member", "entry",
         each={words: name for words, name in BAD_NAMES.items() if name and "\0" not in name})
def _(archive, name):
    archive.add(name, body=archives.elf())
    member = archive.members[-1]
    if len(member.header.name) > 100:
        member.before = [tar.pax(("path", member.header.name))]
        member.header.name = b"long"


@rejects(99, "targets that differ in case", "entry", member="X86_64-linux.bin")
def _(archive):
    archive.add("X86_64-linux")


@rejects(99, "claims that list names that differ in case", "claims", member="claims.jwt", base=archives.base)
def _(archive):
    archive.list("X86_64-linux", b"")


FOREIGN = {"NFC": "caf\u00e9", "NFD": "cafe\u0301", "fullwidth": "\uff58\uff18\uff16-linux",
           "a soft hyphen": "x86\u00ad64"}


@rejects(100, "claims that list a name with", "claims", member="claims.jwt", each=FOREIGN)
def _(archive, name):
    archive.list(name, b"")


@rejects(101, "10 000 targets in the claims", "limit", member="claims.jwt")
def _(archive):
    for number in range(10000):
        archive.list(f"t{number}-linux", b"")


def with_128_targets():
    return archives.Archive(archives.TARGET, *(f"t{number}-linux" for number in range(127)))


@rejects(101, "129 targets", "limit", base=with_128_targets, at=at_last)
def _(archive):
    archive.add("t127-linux")


def claims_last():
    archive = archives.gzipped()
    archive.members.reverse()
    return archive


def claims_last_behind_1_mib():
    """More than any buffer holds, so that what is let out before the verdict is seen."""
    archive = archives.base()
    archive.target.body = archives.elf() + bytes(1 << 20)
    archive.list(archives.TARGET, archive.target.body)
    archive.members.reverse()
    return archive


def claims_last_behind_1_mib_gzipped():
    archive = claims_last_behind_1_mib()
    archive.gzip = gzip.Gzip()
    return archive


INTO_A_PIPE = Expect("signature", args=("extract", "-", *TRUST, "--target", archives.TARGET, "--destination", "-"))

for words, made in {"plain": claims_last_behind_1_mib, "gzip": claims_last_behind_1_mib_gzipped}.items():
    @rejects(102, f"claims last, behind 1 MiB, signature bad: {words}", "signature", base=made, member="claims.jwt",
             verbs={"from a pipe into a pipe": INTO_A_PIPE})
    def _(archive):
        archive.token.signed = b"another token"


@rejects(102, "claims last, behind 2 GiB, signature bad", "signature", base=claims_last, member="claims.jwt", big=True,
         seconds=30,
         verbs={verb: None for verb in ("pipe", "inspect", "extract", "extract-pipe", "run")})
def _(archive):
    archive.target.body = [pieces.zeros(2 * GIB)]
    archive.token.signature = bytes(64)


NOT_THIS_MACHINE = {
    "an ELF of another machine": archives.elf(183), "a script": b"#!/bin/sh\nexit 0\n",
    "a PE": b"MZ" + bytes(58) + b"\x40\0\0\0PE\0\0\x64\x86",
    "a text": b"nothing", "an ELF that is cut": archives.elf()[:32]}


@accepts(103, "the target holds", each=NOT_THIS_MACHINE, verbs={"run": Expect("exec")})
def _(archive, body):
    archive.target.body = body
    archive.list(archives.TARGET, body)
