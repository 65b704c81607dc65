# Mutations of what is in an archive, in which order, with what between and behind.
# SPDX-License-Identifier: Apache-2.0

import copy

from mutations.header import TYPES
from mutations.registry import junk, mutates
from writers import pieces, tar


@mutates("another order", 3, never_refused="members may come in any")
def _(rng, archive):
    rng.shuffle(archive.members)


@mutates("a member twice", 2, never_accepted="readers differ in which one counts")
def _(rng, archive):
    again = copy.copy(rng.choice(archive.members))
    again.header = copy.copy(again.header)
    again.header.name = rng.choice((again.header.name, again.header.name, b"./" + again.header.name, again.header.name.upper()))[:100]
    archive.insert(again, rng.randrange(len(archive.members) + 1))


@mutates("two members, or two tokens, of other bytes", never_accepted="readers differ in which one counts")
def _(rng, archive):
    name = rng.choice(archive.members).header.name
    archive.insert(tar.member(name, b"other" * 3, **archive.dialect), rng.randrange(len(archive.members) + 1))


@mutates("a member that is not listed", never_accepted="nobody has signed it")
def _(rng, archive):
    name = rng.choice(("README", "mips-linux.bin", "x/y.bin", "pax_global_header", "world.wasm"))
    archive.insert(tar.member(name, b"x", **archive.dialect), rng.randrange(len(archive.members) + 1))


@mutates("a member less", never_accepted="what is listed has to be there")
def _(rng, archive):
    archive.members.pop(rng.randrange(len(archive.members)))


@mutates("a directory", 2)
def _(rng, archive):
    name = rng.choice(("./", "./", "./", ".", "", "x/", ".//", "/", "././"))
    kind = rng.choice((b"5", b"5", b"5", b"0", b"\0", b"D", rng.choice(TYPES)))
    size = rng.choice((None, None, None, 0, 512, tar.base256(0)))
    dialect = rng.choice((tar.USTAR, tar.GNU, tar.V7, archive.dialect))
    archive.insert(tar.member(name, typeflag=kind, size=size, **dialect), rng.choice((0, 0, 0, rng.randrange(len(archive.members) + 1))))


@mutates("another body", 2, never_refused="it is listed with its hash")
def _(rng, archive):
    body = rng.choice((b"", b"\0", b"x" * 511, b"x" * 512, b"x" * 513, bytes(512), bytes(1024), rng.randbytes(3000), b"\x7fELF" + bytes(5000)))
    archive.target.body = body
    archive.list("x86_64-linux", body)


@mutates("a line feed behind the token")
def _(rng, archive):
    archive.token.after = rng.choice((b"\n", b"\r\n", b"\n\n", b"\r", b" ", b"\0"))


@mutates("the padding", 4)
def _(rng, archive):
    member = rng.choice([each for member in archive.members for each in (*member.before, member)])
    body = archive.token.encode(archive.claims) if member is archive.token_member else member.body
    missing = -len(body if isinstance(body, bytes) else pieces.joined(body)) % tar.BLOCK
    member.padding = junk(rng, rng.choice((missing, missing, missing, missing, missing + 512, max(0, missing - 1), 0)))


@mutates("the end", 6)
def _(rng, archive):
    block = bytes(tar.BLOCK)
    archive.end = rng.choice(([], [block], [tar.END], [tar.END, block * rng.randrange(20)], [tar.END, bytes(rng.randrange(2000))],
                              [block, bytes(rng.randrange(511))], [bytes(10240)], [bytes(20480)], [junk(rng, rng.randrange(1, 511)) + b"x"],
                              [tar.END, junk(rng, 512)], [tar.END, bytes(700) + b"x"], [block, junk(rng, 512)], [block, b"x"]))


@mutates("members behind the end", 2, never_accepted="only zeros may follow the end")
def _(rng, archive):
    hidden = tar.member(rng.choice(("claims.jwt", "evil.bin", "x86_64-linux.bin")), b"hidden", **archive.dialect).encode()
    archive.end = [bytes(tar.BLOCK * rng.choice((1, 1, 2, 3, 20))), *hidden, *rng.choice(([], [tar.END]))]


@mutates("a block of zeros between members", never_accepted="one is an end to some readers, and only zeros may follow it")
def _(rng, archive):
    member = rng.choice(archive.members)
    member.before = [*member.before, _Zeros(rng.randint(1, 2))]


class _Zeros:
    """In place of an extension header."""

    def __init__(self, count):
        self.count = count
        self.header = tar.Header()
        self.body = b""

    def encode(self):
        return [bytes(tar.BLOCK * self.count)]


@mutates("another archive behind it", never_accepted="only zeros may follow the end")
def _(rng, archive):
    archive.end = [*archive.end, *tar.member("claims.jwt", b"x").encode(), tar.END]
