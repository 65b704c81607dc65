# Gzip members and deflate blocks, every field by its name (RFC 1952, RFC 1951).
# SPDX-License-Identifier: Apache-2.0

import dataclasses
import struct
import zlib

from writers import pieces

FTEXT, FHCRC, FEXTRA, FNAME, FCOMMENT = 0x01, 0x02, 0x04, 0x08, 0x10
DEFLATE = 8
STORED, FIXED, DYNAMIC = 0, 1, 2
# How many bytes of a repetition one compressed unit stands for: more than a window.
UNIT = 1 << 20


@dataclasses.dataclass
class Gzip:
    """One member over a tar stream. None: the right value."""

    id: bytes = b"\x1f\x8b"
    cm: int = DEFLATE
    flg: object = None  # None: what the optional fields need
    more_flags: int = 0
    mtime: int = 0
    xfl: int = 0
    os: int = 255
    extra: object = None  # bytes that XLEN counts
    name: object = None  # bytes or pieces, without the NUL
    comment: object = None
    header_crc: object = None  # True: the right one; a number: that one
    level: int = 6
    deflate: object = None  # pieces; None: the stream, compressed
    crc: object = None
    isize: object = None
    after: bytes = b""  # behind the trailer

    def header(self):
        present = {FEXTRA: self.extra, FNAME: self.name, FCOMMENT: self.comment, FHCRC: self.header_crc}
        flags = sum(flag for flag, value in present.items() if value is not None) | self.more_flags
        flags = flags if self.flg is None else self.flg
        out = [self.id, struct.pack("<BBIBB", self.cm, flags, self.mtime, self.xfl, self.os)]
        if self.extra is not None:
            out += [struct.pack("<H", len(self.extra)), self.extra]
        for text in (self.name, self.comment):
            if text is not None:
                out += [text, b"\0"] if isinstance(text, bytes) else [*text, b"\0"]
        if self.header_crc is not None:
            right = self.header_crc is True
            out.append(struct.pack("<H", pieces.crc32(out) & 0xffff if right else self.header_crc))
        return out

    def trailer(self, stream):
        crc = pieces.crc32(stream) if self.crc is None else self.crc
        isize = pieces.length(stream) if self.isize is None else self.isize
        return struct.pack("<II", crc, isize & 0xffffffff)

    def encode(self, stream):
        """Pieces of the file that holds the stream, which is pieces too."""
        body = compressed(stream, self.level) if self.deflate is None else self.deflate
        return [*self.header(), *body, self.trailer(stream), self.after]


# ---- deflate data by zlib


def compressed(stream, level=6):
    """Deflate data of pieces. A long repetition is one compressed unit, repeated, since it refers to nothing before it."""
    out = []
    for piece in stream:
        if isinstance(piece, pieces.Repeat) and len(piece) >= 2 * UNIT:
            per_unit = UNIT // len(piece.unit)
            count, rest = divmod(piece.count, per_unit)
            out.append(pieces.Repeat(_segment(piece.unit * per_unit, level), count))
            out.append(_segment(piece.unit * rest, level))
        else:
            out.append(_segment(pieces.joined([piece]), level))
    return [*out, Bits().stored(b"", final=True).encode()]


def _segment(data, level):
    """Ends on a byte, by an empty stored block; the next one begins without a window."""
    coder = zlib.compressobj(level, zlib.DEFLATED, -15)
    return coder.compress(data) + coder.flush(zlib.Z_FULL_FLUSH)


# ---- deflate data by hand


class Bits:
    """Deflate blocks from their fields; bits fill bytes from the lowest, Huffman codes are written from their highest."""

    def __init__(self):
        self.bits = []

    def number(self, value, count):
        self.bits += [value >> bit & 1 for bit in range(count)]
        return self

    def code(self, value, count):
        self.bits += [value >> bit & 1 for bit in reversed(range(count))]
        return self

    def block(self, btype, final=False):
        return self.number(int(final), 1).number(btype, 2)

    def align(self):
        self.bits += [0] * (-len(self.bits) % 8)
        return self

    def data(self, data):
        for byte in data:
            self.number(byte, 8)
        return self

    def stored(self, data, final=False, nlen=None):
        self.block(STORED, final).align().number(len(data), 16)
        return self.number(~len(data) & 0xffff if nlen is None else nlen, 16).data(data)

    def literal(self, byte):
        """In a block of fixed codes (RFC 1951, 3.2.6)."""
        return self.code(0x30 + byte, 8) if byte < 144 else self.code(0x190 + byte - 144, 9)

    def length_3(self):
        """Fixed code of length symbol 257: a copy of 3 bytes, whose distance follows."""
        return self.code(1, 7)

    def distance(self, symbol, extra=0, extra_bits=0):
        """Fixed code of a distance symbol, 5 bits, with its extra bits."""
        return self.code(symbol, 5).number(extra, extra_bits)

    def end_of_block(self):
        return self.code(0, 7)

    def dynamic(self, code_lengths, hlit=257, hdist=1, final=False):
        """The head of a block of dynamic codes: lengths of the code-length codes by symbol (RFC 1951, 3.2.7)."""
        order = (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)
        self.block(DYNAMIC, final).number(hlit - 257, 5).number(hdist - 1, 5).number(len(order) - 4, 4)
        for symbol in order:
            self.number(code_lengths.get(symbol, 0), 3)
        return self

    def encode(self):
        self.align()
        octets = (self.bits[at:at + 8] for at in range(0, len(self.bits), 8))
        return bytes(sum(bit << place for place, bit in enumerate(octet)) for octet in octets)
