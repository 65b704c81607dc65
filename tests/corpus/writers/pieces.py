# Byte streams as lists of pieces, so that a hundred gigabytes of zeros are described and never held.
# SPDX-License-Identifier: Apache-2.0

import dataclasses
import hashlib
import zlib

# As much of a repetition as is made at once.
CHUNK = 1 << 20

CRC32_POLYNOMIAL = 0xedb88320


@dataclasses.dataclass
class Repeat:
    """`unit`, `count` times."""

    unit: bytes
    count: int

    def __len__(self):
        return len(self.unit) * self.count


def zeros(count):
    return Repeat(b"\0", count)


def length(pieces):
    # len() of a Repeat stops at 2^63 - 1; nobody describes that much.
    return sum(len(piece) for piece in pieces)


def chunks(pieces):
    """The bytes, a little at a time."""
    for piece in pieces:
        if isinstance(piece, Repeat):
            at_once = max(1, CHUNK // max(1, len(piece.unit)))
            full, rest = divmod(piece.count, at_once)
            block = piece.unit * at_once
            for _ in range(full):
                yield block
            yield piece.unit * rest
        else:
            yield piece


def joined(pieces):
    """The bytes as one; for what is small."""
    return b"".join(chunks(pieces))


def sha256(pieces):
    digest = hashlib.sha256()
    for chunk in chunks(pieces):
        digest.update(chunk)
    return digest.hexdigest().upper()


def crc_behind_zeros(crc, count):
    """CRC-32 of what had `crc`, with `count` zeros behind it, in log(count) steps: that is linear over GF(2)."""
    crc ^= 0xffffffff
    # Column n of a matrix is what becomes of bit n. First for one zero bit.
    matrix = [CRC32_POLYNOMIAL] + [1 << bit for bit in range(31)]
    count *= 8
    while count:
        if count & 1:
            crc = _apply(matrix, crc)
        matrix = [_apply(matrix, column) for column in matrix]
        count >>= 1
    return crc ^ 0xffffffff


def _apply(matrix, vector):
    result = 0
    for bit, column in enumerate(matrix):
        if vector >> bit & 1:
            result ^= column
    return result


def crc32(pieces):
    crc = 0
    for piece in pieces:
        if isinstance(piece, Repeat) and piece.unit == b"\0":
            crc = crc_behind_zeros(crc, piece.count)
            continue
        for chunk in chunks([piece]):
            crc = zlib.crc32(chunk, crc)
    return crc
