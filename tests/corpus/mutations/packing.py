# Mutations of the gzip member, of the deflate data in it, and of the target index.
# SPDX-License-Identifier: Apache-2.0

import zlib

from mutations.registry import junk, mutates
from writers import gzip, index, pieces


def packed(archive):
    """The archive's gzip member; it gets one where it has none."""
    if not isinstance(archive.gzip, gzip.Gzip):
        archive.gzip = gzip.Gzip()
    return archive.gzip


@mutates("gzip header fields", 4)
def _(rng, archive):
    member = packed(archive)
    for _ in range(rng.randint(1, 3)):
        field, values = rng.choice((
            ("name", (b"", b"a.par", b"\xff\xfe", b"x" * 5000, b"../x")), ("comment", (b"", b"a\nb", b"c" * 300)),
            ("extra", (b"", b"ab\0\0", b"ab\5\0xxxxx", b"PI\0\0", b"PI\3\0abc", junk(rng, 30), b"x" * 60000)),
            ("header_crc", (True, True, 0, 0xffff)), ("mtime", (0, 1, 2 ** 32 - 1)), ("xfl", (0, 2, 4, 255)), ("os", (0, 3, 11, 255)),
            ("more_flags", (gzip.FTEXT, gzip.FTEXT, gzip.FTEXT, 0x20, 0x40, 0x80)), ("cm", (8, 8, 8, 7, 0)),
        ))
        setattr(member, field, rng.choice(values))


@mutates("the trailer", 2, never_accepted="CRC and length are always compared")
def _(rng, archive):
    member = packed(archive)
    setattr(member, rng.choice(("crc", "isize")), rng.choice((0, 1, 0xffffffff, rng.getrandbits(32))))


@mutates("what is behind the trailer", 4)
def _(rng, archive):
    member = packed(archive)
    empty = pieces.joined(gzip.Gzip().encode([b""]))
    member.after = rng.choice((b"", b"\0", bytes(512), b"x", b"\x1f\x8b", empty, empty * 2, bytes(8) + empty,
                               pieces.joined(gzip.Gzip().encode([bytes(1024)])), pieces.joined(gzip.Gzip().encode([b"x" * 512]))))


def in_pieces(rng, stream):
    at = 0
    while at < len(stream):
        step = rng.choice((1, 100, 512, 1000, 5000, 65535))
        yield stream[at:at + step]
        at += step


def by_zlib(rng, stream):
    coder = zlib.compressobj(rng.choice((0, 1, 6, 9)), zlib.DEFLATED, -rng.randint(9, 15), rng.randint(1, 9), rng.randrange(5))
    flushes = (zlib.Z_NO_FLUSH, zlib.Z_NO_FLUSH, zlib.Z_PARTIAL_FLUSH, zlib.Z_SYNC_FLUSH, zlib.Z_FULL_FLUSH, zlib.Z_BLOCK)
    out = b"".join(coder.compress(piece) + coder.flush(rng.choice(flushes)) for piece in in_pieces(rng, stream))
    return out + coder.flush()


def by_hand(rng, stream):
    """Blocks of all kinds that hold literals only, and empty ones."""
    bits = gzip.Bits()
    for piece in in_pieces(rng, stream):
        if rng.randrange(2) or len(piece) > 1000:
            bits.stored(piece)
        else:
            bits.block(gzip.FIXED)
            for byte in piece:
                bits.literal(byte)
            bits.end_of_block()
        if rng.randrange(3) == 0:
            bits.block(gzip.FIXED).end_of_block()
    ends = (lambda: bits.stored(b"", final=True), lambda: bits.block(gzip.FIXED, final=True).end_of_block())
    rng.choice(ends)()
    if rng.randrange(8) == 0:
        rng.choice(ends)()  # a block behind the final one
    return bits.encode()


@mutates("deflate blocks", 4)
def _(rng, archive):
    member = packed(archive)
    write = rng.choice((by_zlib, by_zlib, by_hand))
    state = rng.getrandbits(64)

    def encode(stream, plain=member.encode):
        member.deflate = [write(type(rng)(state), pieces.joined(stream))]
        return plain(stream)
    member.encode = encode


@mutates("an index, with a field that lies", 4)
def _(rng, archive):
    archive.gzip = index.Indexed()
    field = rng.choice(("", "at", "tar_at", "size", "name", "end_at", "tar_len", "deflate_len", "count", "version", "flags", "crc", "isize",
                        "times", "after", "before", "behind", "order", "gap"))
    amount = rng.choice((-1, 1, -512, 512, 5, -5, 1 << 32))
    words = rng.choice((b"x86_64-linux.bin", b"claims.jwt", b"", b"x"))

    def lie(file):
        segment = file.segments[amount % len(file.segments)] if file.segments else index.Segment(0, 0, 0, b"")
        if field in ("at", "tar_at", "size"):
            setattr(segment, field, max(0, getattr(segment, field) + amount))
        elif field == "name":
            segment.name = words
        elif field == "order":
            file.segments.reverse()
        elif field == "gap":
            file.deflate += index.STORED_END
        elif field in ("before", "behind"):
            setattr(file, field, index.subfield(b"AB", words))
        elif field == "after":
            file.after = words
        elif field == "times":
            file.times = 2
        elif field in ("version", "flags"):
            setattr(file, field, 7)
        elif field == "count":
            file.count = len(file.segments) + (1 if amount > 0 else -1)
        elif field:
            setattr(file, field, max(0, getattr(file, field) + amount) & 0xffffffff)
    archive.gzip.lie = lie


@mutates("segments that refer to what is before them", never_refused="the stream is good, and the index only a hint")
def _(rng, archive):
    archive.gzip = index.Indexed(pack=index.WithHistory())
