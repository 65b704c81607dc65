# P1 to P30: archives that are odd and good, which must be accepted, with the warnings that are named and no others.
# SPDX-License-Identifier: Apache-2.0

import json
import subprocess
import zlib

from cases import Collection, Expect
from writers import archive as archives
from writers import gzip, pieces, tar, token

CORPUS = Collection([f"P{number}" for number in range(1, 31)])
accepts = CORPUS.accepts

NAME = "x86_64-linux.bin"
NUL = b"\0"


def every_header(archive, **fields):
    for member in archive.members:
        member.header.set(**fields)


@accepts("P1", "as the reference writes it", base=archives.gnu)
def _(archive):
    every_header(archive, typeflag=NUL, mode=b"", uid=b"", gid=b"", devmajor=b"", devminor=b"", mtime=0)


@accepts("P1", "type NUL", each={"ustar": tar.USTAR, "V7": tar.V7})
def _(archive, dialect):
    every_header(archive, typeflag=NUL, **dialect)


@accepts("P2", "two zero blocks and no more")
def _(archive):
    archive.end = [tar.END]


@accepts("P3", "zeros up to 10 KiB")
def _(archive):
    archive.end.append(bytes(-pieces.length(archive.tar()) % 10240))


@accepts("P3", "zeros that end inside a block")
def _(archive):
    archive.end.append(bytes(100))


@accepts("P4", "one zero block", warnings=("one block of zeros instead of two",),
         each={"plain": None, "gzip": gzip.Gzip()})
def _(archive, packed):
    archive.gzip = packed
    archive.end = [bytes(tar.BLOCK)]


@accepts("P4", "no zero block", warnings=("no end mark",), each={"plain": None, "gzip": gzip.Gzip()})
def _(archive, packed):
    archive.gzip = packed
    archive.end = []


@accepts("P4", "a tail of zeros shorter than a block", warnings=("no end mark",))
def _(archive):
    archive.end = [bytes(511)]


@accepts("P5", "names with ./")
def _(archive):
    for member in archive.members:
        member.header.name = b"./" + member.header.name


@accepts("P6", "the directory ./ in front", each={"ustar": tar.USTAR, "GNU": tar.GNU})
def _(archive, dialect):
    archive.insert(tar.member("./", typeflag=b"5", mode=0o755, **dialect), 0)


@accepts("P6", "the directory ./ in front, as V7 has it", base=archives.v7)
def _(archive):
    archive.insert(tar.member("./", **tar.V7), 0)


@accepts("P7", "claims last")
def _(archive):
    archive.members.reverse()


@accepts("P7", "claims between the binaries", base=archives.two_targets)
def _(archive):
    archive.members.insert(1, archive.members.pop(0))


@accepts("P8", "headers of", each={"POSIX": tar.USTAR, "GNU": tar.GNU, "V7": tar.V7})
def _(archive, dialect):
    every_header(archive, **dialect)


@accepts("P8", "the ./ of a name in its prefix")
def _(archive):
    every_header(archive, prefix=b".")


TIMES = (("mtime", "1700000000.123456789"), ("atime", "1700000001"), ("ctime", "1700000002.5"))


@accepts("P9", "pax times before each member")
def _(archive):
    for member in archive.members:
        name = member.header.name.decode()
        member.before = [tar.pax(*TIMES, name=f"./PaxHeaders/{name}")]


IGNORED = {"uid": ("uid", "abc"), "mtime": ("mtime", "yesterday"), "uname": ("uname", b"\xff"),
           "hdrcharset": ("hdrcharset", "BINARY"), "a value with line feeds": ("comment", "a\n\nb")}


# Row 36.
@accepts("P9", "pax records of what is never parsed", each=IGNORED)
def _(archive, pair):
    archive.target.before = [tar.pax(pair)]


@accepts("P10", "pax path of a valid name")
def _(archive):
    archive.target.before = [tar.pax(("path", NAME))]
    archive.target.header.name = b"something else"


@accepts("P10", "vendor keys",
         each={"SCHILY": ("SCHILY.xattr.user.a", "b"), "LIBARCHIVE": ("LIBARCHIVE.creationtime", "1"),
               "VENDOR": ("ACME.x", "")})
def _(archive, pair):
    archive.target.before = [tar.pax(pair)]


@accepts("P10", "pax size that is the header's")
def _(archive):
    archive.target.before = [tar.pax(("size", len(archive.target.body)))]


# Row 23: what a reader that knows no pax sizes takes for members is a body here, and its digest is right.
@accepts("P10", "pax size where the header has 0")
def _(archive):
    archive.target.body = pieces.joined(archives.base().tar())
    archive.list(archives.TARGET, archive.target.body)
    archive.target.before = [tar.pax(("size", len(archive.target.body)))]
    archive.target.header.size = 0


# Row 25: the record of the first is not that of the second.
@accepts("P10", "pax size of the first member, and none of the second", base=archives.two_targets)
def _(archive):
    first, second = archive.members[1:]
    first.body, second.body = bytes(512), bytes(1024)
    for stem, member in ((archives.TARGET, first), (archives.OTHER_TARGET, second)):
        archive.list(stem, member.body)
    first.before = [tar.pax(("size", 512))]


@accepts("P11", "g with a comment")
def _(archive):
    archive.token_member.before = [tar.pax(("comment", "0123456789abcdef"), typeflag=b"g")]


@accepts("P11", "g before x, and again before another member")
def _(archive):
    for member in archive.members:
        member.before = [tar.pax(("comment", "x"), typeflag=b"g"), tar.pax(*TIMES)]


@accepts("P12", "L for a long target", base=archives.gnu, each={"with its NUL": NUL, "without": b""})
def _(archive, end):
    stem = "t" * 64
    member = archive.add(stem)
    member.before = [tar.long_name(f"{stem}.bin", end=end)]
    member.header.name = member.header.name[:20]


@accepts("P13", "size", each={
    "in base-256": lambda size: tar.base256(size), "with a blank behind": lambda size: b"%011o " % size,
    "with blanks before": lambda size: b"%11o\0" % size, "in one digit group": lambda size: b"%o" % size,
    "of 12 digits": lambda size: b"%012o" % size, "NUL, then a blank": lambda size: b"%010o\0 " % size})
def _(archive, form):
    archive.target.header.size = form(len(archive.target.body))


@accepts("P13", "checksum", each={"with blanks before": b"%7o ", "of 8 digits": b"%08o", "NUL at the end": b"%07o\0"})
def _(archive, form):
    archive.target.header.chksum = lambda header: form % header.sum()


GZIP_FIELDS = {
    "FNAME": {"name": b"x.par"}, "FNAME with an escape sequence": {"name": b"\x1b[2J"},
    "FCOMMENT": {"comment": b"a comment"},
    "FTEXT": {"more_flags": gzip.FTEXT}, "FHCRC": {"header_crc": True}, "FEXTRA of others": {"extra": b"RA\2\0ab"},
    "FEXTRA that is no subfields": {"extra": b"x"}, "FEXTRA of nothing": {"extra": b""},
    "all of them": {"name": b"x", "comment": b"y", "extra": b"BC\0\0", "header_crc": True, "more_flags": gzip.FTEXT},
    "MTIME": {"mtime": 0xffffffff}, "XFL": {"xfl": 0xff}, "OS 3": {"os": 3}, "OS 254": {"os": 254},
    "level 1": {"level": 1}, "level 9": {"level": 9}, "level 0, stored": {"level": 0}}


@accepts("P14", "gzip with", base=archives.gzipped, each=GZIP_FIELDS)
def _(archive, fields):
    for field, value in fields.items():
        setattr(archive.gzip, field, value)


def in_one_block(archive, strategy):
    coder = zlib.compressobj(9, zlib.DEFLATED, -15, 9, strategy)
    return coder.compress(pieces.joined(archive.tar())) + coder.flush()


STRATEGIES = {"dynamic codes": zlib.Z_DEFAULT_STRATEGY, "fixed codes": zlib.Z_FIXED,
              "Huffman only": zlib.Z_HUFFMAN_ONLY, "runs": zlib.Z_RLE}


@accepts("P14", "one deflate stream", base=archives.gzipped, each=STRATEGIES)
def _(archive, strategy):
    archive.gzip.deflate = [in_one_block(archive, strategy)]


@accepts("P14", "stored blocks by hand, with empty ones between", base=archives.gzipped)
def _(archive):
    bits = gzip.Bits().stored(b"")
    stream = pieces.joined(archive.tar())
    for at in range(0, len(stream), 500):
        bits.stored(stream[at:at + 500]).stored(b"")
    archive.gzip.deflate = [bits.stored(b"", final=True).encode()]


@accepts("P14", "a final block of fixed codes that is empty", base=archives.gzipped)
def _(archive):
    last = gzip.Bits().block(gzip.FIXED, final=True).end_of_block().encode()
    archive.gzip.deflate = [*gzip.compressed(archive.tar())[:-1], last]


for packer in ("gzip", "pigz"):
    @accepts("P14", f"packed by {packer}", needs=packer, each={"-1": "-1", "-9": "-9"})
    def _(archive, level, packer=packer):
        def pack(data):
            return subprocess.run([packer, level], input=data, stdout=subprocess.PIPE, check=True).stdout
        archive.file_edits.append(pack)


# The name of a file is never looked at: every archive of the corpus is written to a file of the name archive.par.
@accepts("P15", "gzip in a file named .par")
def _(archive):
    archive.gzip = gzip.Gzip()


@CORPUS.scenario("P15", "plain tar in a file named", each={name: name for name in ("x.par.gz", "x.gz", "x", "x.zip")})
def _(world, name):
    path = world.root / name
    world.write(archives.base().file(), path)
    result = world.run("check", path)
    result.is_expected(Expect(warnings=()), 0)
    world.nothing_left(result)
    path.unlink()


@accepts("P16", "capid", verbs={"inspect": Expect(shows={"capid": "wasmcloud:httpserver", "era": "capid"})})
def _(archive):
    archive.claims["wascap"]["capid"] = "wasmcloud:httpserver"


@accepts("P17", "wascap_revision", each={"absent": None, "1": 1, "2": 2, "3": 3})
def _(archive, revision):
    del archive.claims["wascap_revision"]
    if revision:
        archive.claims["wascap_revision"] = revision


@accepts("P18", "unknown claims")
def _(archive):
    archive.claims["aud"] = ["x", {"y": None}]
    archive.claims["wascap"]["foo"] = 1.5e10


@accepts("P18", "unknown header parameters",
         each={"kid": "A1", "jku": "https://example.com", "x5u": "x", "jwk": {"kty": "OKP"}, "cty": None})
def _(archive, value):
    archive.token.header["kid"] = value


@accepts("P19", "name", each={"missing": False, "null": True}, verbs={"inspect": Expect(shows={"name": "None"})},
         shows={"name": None})
def _(archive, present):
    del archive.claims["wascap"]["name"]
    if present:
        archive.claims["wascap"]["name"] = None


@accepts("P20", "missing", each={"rev": "rev", "ver": "ver"})
def _(archive, name):
    del archive.claims["wascap"][name]


@accepts("P20", "null", each={name: name for name in ("rev", "ver", "config_schema", "capid")})
def _(archive, name):
    archive.claims["wascap"][name] = None


@accepts("P20", "null", each={"exp": "exp", "nbf": "nbf", "wascap_revision": "wascap_revision"})
def _(archive, name):
    archive.claims[name] = None


@accepts("P21", "name and vendor",
         each={"empty": "", "with blanks": " a  b ", "not ASCII": "Anbieter \u00fcber \u4e2d\u6587 \U0001f600"})
def _(archive, text):
    archive.claims["wascap"]["name"] = archive.claims["wascap"]["vendor"] = text


def escaped(claims):
    text = json.dumps(claims).replace('"iss"', '"\\u0069ss"')
    return text.replace("Acme", "\\u0041cme\\/\\ud83d\\ude00")


@accepts("P22", "claims", each={
    "in another order": lambda claims: json.dumps(claims, sort_keys=True),
    "with white space": lambda claims: json.dumps(claims, indent=4) + " \r\n\t",
    "with escapes": escaped})
def _(archive, write):
    archive.token.payload = write(archive.claims)


def nested(levels):
    return "[" * levels + "]" * levels


@accepts("P23", "config_schema", each={
    "an object": '{"type":"object"}', "a list": "[1,2]", "a text": '"x"', "a number": "1e400", "true": "true",
    "false": "false",
    "of 125 levels": nested(125), "an integer beyond 64 bits": "123456789012345678901234567890"})
def _(archive, schema):
    archive.claims["wascap"]["config_schema"] = "SCHEMA"
    archive.token.payload = token.json_bytes(archive.claims).replace(b'"SCHEMA"', schema.encode())


@accepts("P24", "world.wasm with its hash", base=archives.with_world, verbs={"inspect": Expect(shows={"era": "1.6"})})
def _(archive):
    archive.find("world.wasm").body = archives.wasm(b"another world")
    archive.list("world.wasm", archive.find("world.wasm").body)


@accepts("P24", "no world.wasm")
def _(archive):
    assert all(member.header.name != b"world.wasm" for member in archive.members)


NAMES = ("x86_64-testrunner", "mips64-freebsd", "aarch64-macos", "x86_64-windows", "A.b_c-D", "0", "a" * 64, "linux",
         "world-x", "claims2")


@accepts("P25", "a target", each={name: name for name in NAMES})
def _(archive, name):
    archive.add(name)


@accepts("P26", "times and ids", each={
    "exp in the future": {"exp": 4102444800}, "nbf in the past": {"nbf": 1}, "iat 0": {"iat": 0},
    "jti of one character": {"jti": "x"},
    "jti of other alphabets": {"jti": "\u00fc /\\"}, "exp 2^63-1": {"exp": (1 << 63) - 1}})
def _(archive, changed):
    archive.claims.update(changed)


def token_without_its_end(archive):
    return archive.token_member.body.rstrip(b"\r\n").decode()


JWT_ONLY = Expect(args=("inspect", "--jwt-only", "{}"), shows={"token": token_without_its_end})


@accepts("P27", "behind the token", each={"LF": b"\n", "CR LF": b"\r\n"}, verbs={"token": JWT_ONLY})
def _(archive, after):
    archive.token.after = after


@accepts("P28", "one content under two targets", base=archives.two_targets)
def _(archive):
    other = archive.find("aarch64-linux.bin")
    other.body = archive.target.body
    archive.list(archives.OTHER_TARGET, other.body)


@accepts("P28", "a binary of",
         each={"1 byte": 1, "511 bytes": 511, "512 bytes": 512, "513 bytes": 513, "4096 bytes": 4096})
def _(archive, size):
    archive.target.body = b"b" * size
    archive.list(archives.TARGET, archive.target.body)


# Every case is read from a pipe too; here each byte by itself.
@CORPUS.scenario("P29", "from a pipe, byte by byte", each={"plain": archives.base, "gzip": archives.gzipped})
def _(world, base):
    data = pieces.joined(base().file())
    result = world.run("check", "-", feed=[data[at:at + 1] for at in range(len(data))])
    result.is_expected(Expect(warnings=()), 0)
    world.nothing_left(result)


UNPARSED = {
    "mtime negative": {"mtime": tar.base256(-1)}, "mtime in 2106": {"mtime": 1 << 32},
    "mtime garbage": {"mtime": b"tomorrow"},
    "mode garbage": {"mode": b"rwxr-xr-"}, "uid and gid garbage": {"uid": b"\xff" * 8, "gid": b"nobody"},
    "owner names that are not UTF-8": {"uname": b"\xff\xfe", "gname": b"\x80" * 32},
    "devmajor garbage": {"devmajor": b"\xff" * 8, "devminor": b"x"},
    "linkname of a file": {"linkname": b"/etc/passwd"}, "bytes behind the prefix": {"pad": b"garbage"}}


@accepts("P30", "fields that are never parsed:", each=UNPARSED)
def _(archive, fields):
    every_header(archive, **fields)


# Row 53.
@accepts("P30", "padding that is not zero (D5)", warnings=("padding of 'x86_64-linux.bin'",),
         verbs={"inspect": Expect()})
def _(archive):
    archive.target.padding = b"left over".ljust(-len(archive.target.body) % 512, b"!")


@accepts("P30", "padding of an extension header that is not zero", warnings=("padding of an extension header",))
def _(archive):
    archive.target.before = [tar.pax(("comment", "x"))]
    archive.target.before[0].padding = b"!" * (-len(archive.target.before[0].body) % 512)
