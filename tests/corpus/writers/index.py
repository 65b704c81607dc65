# Gzip files with a target index, field by field, so that each can lie (docs/FORMAT.md, Target index).
# SPDX-License-Identifier: Apache-2.0

import dataclasses
import struct
import zlib

from writers import gzip, pieces, tar

XLEN_FACTOR = 257
# What every segment but the last ends with: LEN and NLEN of an empty stored block.
STORED_END = b"\0\0\xff\xff"


@dataclasses.dataclass
class Segment:
    at: int  # c_off
    tar_at: int  # t_off
    size: int
    name: bytes

    def encode(self):
        return struct.pack("<QQQB", self.at % (1 << 64), self.tar_at, self.size, len(self.name)) + self.name


def subfield(identity, body):
    return identity + struct.pack("<H", len(body)) + body


@dataclasses.dataclass
class File:
    """Every field of an indexed file as it will be written."""

    segments: list
    end_at: int
    tar_len: int
    crc: int
    isize: int
    deflate: bytes
    deflate_len: int
    version: int = 1
    flags: int = 0
    count: object = None  # None: of the segments
    before: bytes = b""  # other subfields of FEXTRA
    behind: bytes = b""
    times: int = 1  # how often the index is there
    more_flags: int = 0  # of the gzip header
    more_header: bytes = b""  # behind FEXTRA
    after: bytes = b""  # behind the trailer

    def payload(self):
        count = len(self.segments) if self.count is None else self.count
        head = struct.pack("<BBHQQ", self.version, self.flags, count, self.deflate_len % (1 << 64), self.tar_len)
        return head + b"".join(segment.encode() for segment in self.segments) + struct.pack("<Q", self.end_at)

    def extra(self):
        """All that XLEN counts, filled up to a multiple of 257 by a subfield of zeros."""
        out = self.before + subfield(b"PI", self.payload()) * self.times + self.behind
        missing = -len(out) % XLEN_FACTOR
        return out + subfield(b"PP", bytes((missing - 4) % XLEN_FACTOR)) if missing else out

    def encode(self):
        extra = self.extra()
        flags = gzip.FEXTRA | self.more_flags
        header = b"\x1f\x8b" + struct.pack("<BBIBBH", gzip.DEFLATE, flags, 0, 2, 255,
            len(extra)) + extra + self.more_header
        return header + self.deflate + struct.pack("<II", self.crc, self.isize & 0xffffffff) + self.after

    # ---- for those that lie

    def find(self, name):
        return next(segment for segment in self.segments if segment.name == name)

    def end_of(self, segment):
        at = self.segments.index(segment) + 1
        return self.segments[at].at if at < len(self.segments) else self.end_at


# ---- how a segment is packed: bytes, and whether it is the last


def apart(data, last):
    """As the library does: from an empty window, the header in a piece of its own."""
    coder = zlib.compressobj(6, zlib.DEFLATED, -15)
    if last:
        return coder.compress(data) + coder.flush()
    head = coder.compress(data[:tar.BLOCK]) + coder.flush(zlib.Z_FULL_FLUSH) if len(data) > tar.BLOCK else b""
    rest = data[tar.BLOCK:] if head else data
    return head + coder.compress(rest) + coder.flush(zlib.Z_FULL_FLUSH)


class WithHistory:
    """Every segment begins on a byte, and refers to what lies before it."""

    def __init__(self):
        self.coder = zlib.compressobj(6, zlib.DEFLATED, -15)

    def __call__(self, data, last):
        return self.coder.compress(data) + self.coder.flush(zlib.Z_FINISH if last else zlib.Z_SYNC_FLUSH)


@dataclasses.dataclass
class Indexed:
    """In place of gzip.Gzip: a truthful index over the members of the stream, then the lie."""

    pack: object = dataclasses.field(default_factory=lambda: apart)
    odd: dict = dataclasses.field(default_factory=dict)  # number of a segment to how it is packed; -1: the end
    lie: object = None  # a function of File

    def build(self, stream):
        file = File([], 0, len(stream), zlib.crc32(stream), len(stream), b"", 0)
        at = 0
        for header_at, end in members(stream):
            header = stream[header_at:header_at + tar.BLOCK]
            pack = self.odd.get(len(file.segments), self.pack)
            file.segments.append(Segment(len(file.deflate), header_at, size_of(header), header[:100].rstrip(b"\0")))
            file.deflate += pack(stream[header_at:end], False)
            at = end
        file.end_at = len(file.deflate)
        file.deflate += self.odd.get(-1, self.pack)(stream[at:], True)
        file.deflate_len = len(file.deflate)
        return file

    def encode(self, stream):
        file = self.build(pieces.joined(stream))
        if self.lie:
            self.lie(file)
        return [file.encode()]


def size_of(header):
    at, width = tar.FIELDS["size"]
    size = int(header[at:at + width].rstrip(b"\0 "), 8)
    if size < 0:
        raise ValueError("a size by which members would go back")
    return size


def members(stream):
    """Where each header is, extension headers too, and where what belongs to it ends."""
    at = 0
    while at < len(stream) and stream[at]:
        end = at + tar.BLOCK + -(-size_of(stream[at:at + tar.BLOCK]) // tar.BLOCK) * tar.BLOCK
        yield at, end
        at = end
