# Mutations of finished bytes: flipped, put in, taken out, moved; never in a field that no reader of provider archives parses.
# SPDX-License-Identifier: Apache-2.0

from mutations.registry import junk, mutates
from writers import pieces, tar

IGNORED = ("mode", "uid", "gid", "mtime", "uname", "gname", "devmajor", "devminor")


def blocks(archive):
    """Where headers are in the tar stream, and where the bodies of members are."""
    archive.tar_edits, edits = [], archive.tar_edits
    archive.tar()
    archive.tar_edits = edits
    headers, bodies, at = [], [], 0
    for member in archive.members:
        for each in (*member.before, member):
            length = pieces.length(each.encode())
            headers.append(at)
            if each is member:
                bodies.append((at + tar.BLOCK, at + tar.BLOCK + len(each.body)))
            at += length
    return headers, bodies


def edit_header(rng, archive, change):
    """Changes one byte of a field that counts; mostly the checksum follows."""
    at = rng.choice(blocks(archive)[0])
    start, width = tar.FIELDS[rng.choice([field for field in tar.FIELDS if field not in IGNORED])]
    place = at + start + rng.randrange(width)
    keep_sum = rng.randrange(4) == 0

    def edit(stream):
        block = bytearray(stream[at:at + tar.BLOCK])
        if len(block) < tar.BLOCK:
            return stream
        block[place - at] = change(block[place - at])
        if not keep_sum:
            start, width = tar.FIELDS["chksum"]
            block[start:start + width] = b" " * width
            block[start:start + width] = b"%06o\0 " % sum(block)
        return stream[:at] + bytes(block) + stream[at + tar.BLOCK:]
    archive.tar_edits.append(edit)


@mutates("a bit of a header", 6)
def _(rng, archive):
    bit = 1 << rng.randrange(8)
    edit_header(rng, archive, lambda byte: byte ^ bit)


@mutates("a byte of a header", 6)
def _(rng, archive):
    value = rng.choice((0, 0x20, 0x30, 0x31, 0x2e, 0x2f, 0x35, 0x37, 0x38, 0x41, 0x7f, 0x80, 0xff))
    edit_header(rng, archive, lambda byte: value)


@mutates("a bit behind the headers", 3)
def _(rng, archive):
    headers, bodies = blocks(archive)
    bit, place = 1 << rng.randrange(8), rng.random()

    def edit(stream):
        inside = [(at, at + tar.BLOCK) for at in headers] + bodies * (rng.randrange(8) > 0)
        free = [at for at in range(len(stream)) if not any(start <= at < end for start, end in inside)]
        if not free:
            return stream
        at = free[int(place * len(free))]
        return stream[:at] + bytes([stream[at] ^ bit]) + stream[at + 1:]
    archive.tar_edits.append(edit)


@mutates("bytes put into the tar stream, or taken out", 2)
def _(rng, archive):
    place, count, added = rng.random(), rng.choice((1, 7, 512, 512, 1024)), rng.randrange(2)
    more = junk(rng, count)

    def edit(stream):
        at = int(place * len(stream))
        at -= at % tar.BLOCK if count % tar.BLOCK == 0 else 0
        return stream[:at] + (more + stream[at:] if added else stream[at + count:])
    archive.tar_edits.append(edit)


@mutates("the stream cut")
def _(rng, archive):
    ends = [at for at in blocks(archive)[0]] + [archive.end_at(), archive.end_at() + tar.BLOCK]
    at = rng.choice(ends)
    archive.tar_edits.append(lambda stream: stream[:at])


@mutates("blocks moved or doubled")
def _(rng, archive):
    place, to, keep = rng.random(), rng.random(), rng.randrange(2)

    def edit(stream):
        count = len(stream) // tar.BLOCK
        at, new = int(place * count) * tar.BLOCK, int(to * count) * tar.BLOCK
        block = stream[at:at + tar.BLOCK]
        rest = stream if keep else stream[:at] + stream[at + tar.BLOCK:]
        return rest[:new] + block + rest[new:]
    archive.tar_edits.append(edit)


@mutates("a bit of the file")
def _(rng, archive):
    bit, place = 1 << rng.randrange(8), rng.random()

    def edit(file):
        if archive.gzip is None:
            return file
        at = int(place * len(file)) if place > 0.3 else int(place * 30)
        return file[:at] + bytes([file[at] ^ bit]) + file[at + 1:]
    archive.file_edits.append(edit)


@mutates("bytes put into the file, or taken out")
def _(rng, archive):
    place, count, added = rng.random(), rng.choice((1, 2, 5)), rng.randrange(2)
    more = junk(rng, count)

    def edit(file):
        if archive.gzip is None:
            return file
        at = int(place * len(file)) if place > 0.3 else len(file) - int(place * 40)
        return file[:at] + (more + file[at:] if added else file[at + count:])
    archive.file_edits.append(edit)
