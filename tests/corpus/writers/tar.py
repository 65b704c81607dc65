# Tar headers, extension headers and members, every field by its name (POSIX.1-2017, pax; the GNU tar manual).
# SPDX-License-Identifier: Apache-2.0

import dataclasses

from writers import pieces

BLOCK = 512
END = bytes(2 * BLOCK)

USTAR = {"magic": b"ustar\0", "version": b"00"}
GNU = {"magic": b"ustar ", "version": b" \0"}
V7 = {"magic": b"", "version": b""}

# Offset and length of each field of a header. GNU_* lie over prefix, in headers of that magic.
FIELDS = {
    "name": (0, 100), "mode": (100, 8), "uid": (108, 8), "gid": (116, 8), "size": (124, 12), "mtime": (136, 12),
    "chksum": (148, 8), "typeflag": (156, 1), "linkname": (157, 100), "magic": (257, 6), "version": (263, 2),
    "uname": (265, 32), "gname": (297, 32), "devmajor": (329, 8), "devminor": (337, 8), "prefix": (345, 155),
    "pad": (500, 12),
}
GNU_FIELDS = {
    "atime": (345, 12), "ctime": (357, 12), "offset": (369, 12), "longnames": (381, 4), "unused": (385, 1),
    "sparse_offset": (386, 12), "sparse_numbytes": (398, 12), "isextended": (482, 1), "realsize": (483, 12),
}


def octal(value, width):
    """Digits with leading zeros and one NUL."""
    return b"%0*o\0" % (width - 1, value)


def base256(value, width=12):
    """GNU's form: two's complement, big-endian, the top bit set."""
    return (value % (1 << 8 * width - 1) | 1 << 8 * width - 1).to_bytes(width, "big")


@dataclasses.dataclass
class Header:
    """One header block. A number is written in octal; bytes are written as they stand and filled up with NULs."""

    name: bytes = b""
    mode: object = 0o644
    uid: object = 0
    gid: object = 0
    size: object = None  # None: that of the body
    mtime: object = 0
    chksum: object = None  # None: the right one; or a function of the header
    typeflag: bytes = b"0"
    linkname: bytes = b""
    magic: bytes = b"ustar\0"
    version: bytes = b"00"
    uname: bytes = b""
    gname: bytes = b""
    devmajor: object = 0
    devminor: object = 0
    prefix: bytes = b""
    pad: bytes = b""
    gnu: dict = dataclasses.field(default_factory=dict)  # of GNU_FIELDS

    def set(self, **fields):
        for field, value in fields.items():
            if field not in FIELDS:
                raise KeyError(field)
            setattr(self, field, value)
        return self

    def _without_chksum(self):
        block = bytearray(BLOCK)
        places = [(FIELDS[field], getattr(self, field)) for field in FIELDS if field != "chksum"]
        places += [(GNU_FIELDS[field], value) for field, value in self.gnu.items()]
        for (at, width), value in places:
            text = octal(value, width) if isinstance(value, int) else value or b""
            if len(text) > width:
                raise ValueError(f"{text!r} does not fit into {width} bytes")
            block[at:at + len(text)] = text
        return block

    def sum(self, signed=False):
        """What the right checksum is: of the bytes as they are, or as some old tars did, as signed ones."""
        at, width = FIELDS["chksum"]
        block = self._without_chksum()
        block[at:at + width] = b" " * width
        return sum(byte - 256 if signed and byte > 127 else byte for byte in block)

    def encode(self):
        at, width = FIELDS["chksum"]
        chksum = self.sum() if self.chksum is None else self.chksum
        chksum = chksum(self) if callable(chksum) else chksum
        block = self._without_chksum()
        # Six digits, NUL, space: so it has been written since V7.
        block[at:at + width] = b"%06o\0 " % chksum if isinstance(chksum, int) else chksum.ljust(width, b"\0")
        return bytes(block)


@dataclasses.dataclass
class Member:
    """A header with a body: a member, or one of the extension headers in front of it."""

    header: Header
    body: object = dataclasses.field(default_factory=list)  # bytes or pieces
    padding: object = None  # None: zeros up to the block
    before: list = dataclasses.field(default_factory=list)  # Members: extension headers

    def encode(self):
        """Pieces: the extensions, the header, the body, the padding."""
        out = [piece for extension in self.before for piece in extension.encode()]
        body = [self.body] if isinstance(self.body, bytes) else self.body
        size = pieces.length(body)
        header = dataclasses.replace(self.header, size=size) if self.header.size is None else self.header
        return [*out, header.encode(), *body, bytes(-size % BLOCK) if self.padding is None else self.padding]

    def length_before(self):
        return sum(pieces.length(extension.encode()) for extension in self.before)


def member(name, body=b"", **fields):
    """A member whose size is that of its body, unless it is given."""
    return Member(Header(name=name if isinstance(name, bytes) else name.encode(), **fields), body)


# ---- extension headers


def record(key, value, length=None):
    """One pax record, `LENGTH KEY=VALUE` and a line feed. The length counts its own digits, unless it is given as text."""
    rest = b" %s=%s\n" % (_bytes(key), _bytes(value))
    if length is not None:
        return _bytes(length) + rest
    digits = 1
    while len(str(digits + len(rest))) != digits:
        digits += 1
    return b"%d%s" % (digits + len(rest), rest)


def pax(*records, typeflag=b"x", **fields):
    """An x or g header of records: (key, value) pairs or, as bytes, what stands in its payload."""
    payload = b"".join(each if isinstance(each, bytes) else record(*each) for each in records)
    fields.setdefault("name", "pax_global_header" if typeflag == b"g" else "./PaxHeaders/member")
    return member(body=payload, typeflag=typeflag, **fields)


def long_name(name, typeflag=b"L", end=b"\0", **fields):
    """GNU's L (or K) header; the name ends in one NUL."""
    return member("././@LongLink", _bytes(name) + end, typeflag=typeflag, **{**GNU, **fields})


def _bytes(text):
    return text if isinstance(text, bytes) else str(text).encode()
