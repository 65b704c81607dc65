# Rows 1 to 22 of the threat matrix: the file, gzip, and what is no archive at all.
# SPDX-License-Identifier: Apache-2.0

import bz2
import io
import json
import lzma
import os
import subprocess
import time
import zipfile

from cases import Collection
from writers import archive as archives
from writers import gzip, nkeys, pieces, tar
from writers.gzip import Bits, Gzip
from world import ASK, PROVAR, SANITIZED, Wrong

CORPUS = Collection(range(1, 23))
rejects, scenario = CORPUS.rejects, CORPUS.scenario

MIB, GIB = 1 << 20, 1 << 30


gzipped = archives.gzipped


def gzip_size(archive):
    return pieces.length(archive.file())


def cut(archive, size):
    archive.file_edits.append(lambda data: data[:size])


@rejects(1, "a file of", "format", at=0, each={"0 bytes": 0, "1 byte": 1})
def _(archive, size):
    cut(archive, size)


@rejects(2, "two bytes of gzip", "gzip", at=2, base=gzipped)
def _(archive):
    cut(archive, 2)


@rejects(2, "a gzip header without its last byte", "gzip", at=9, base=gzipped)
def _(archive):
    cut(archive, 9)


@rejects(3, "CM", "gzip", at=2, base=gzipped, each={"0": 0, "7": 7, "9": 9})
def _(archive, method):
    archive.gzip.cm = method


@rejects(4, "reserved FLG", "gzip", at=3, base=gzipped, each={"20": 0x20, "40": 0x40, "80": 0x80, "e0": 0xe0})
def _(archive, flags):
    archive.gzip.more_flags = flags


def with_header_crc():
    archive = archives.gzipped()
    archive.gzip.header_crc = True
    return archive


@rejects(5, "FHCRC wrong", "gzip", at=10, base=with_header_crc)
def _(archive):
    archive.gzip.header_crc = pieces.crc32(archive.gzip.header()[:2]) & 0xffff ^ 1


def with_name():
    archive = archives.gzipped()
    archive.gzip.name = b"x.par"
    archive.gzip.comment = b"a comment"
    return archive


@rejects(6, "FNAME of 100 MiB", "limit", at=65536, base=with_name, big=True)
def _(archive):
    archive.gzip.name = [pieces.Repeat(b"n", 100 * MIB)]


@rejects(6, "FCOMMENT of 100 MiB", "limit", at=65536, base=with_name, big=True)
def _(archive):
    archive.gzip.comment = [pieces.Repeat(b"c", 100 * MIB)]


@rejects(6, "FNAME without an end", "gzip", base=with_name)
def _(archive):
    archive.gzip.name = b"n" * 1000
    cut(archive, 1000)


# ID to OS and XLEN are 12 bytes: with so much in FEXTRA, the header has 64 KiB.
EXTRA_THAT_FITS = (64 << 10) - 12


def with_extra():
    archive = archives.gzipped()
    archive.gzip.extra = bytes(EXTRA_THAT_FITS)
    return archive


@rejects(6, "FEXTRA", "limit", at=65536, base=with_extra,
         each={"one more than fits": EXTRA_THAT_FITS + 1, "65535": 65535})
def _(archive, size):
    archive.gzip.extra = bytes(size)


@rejects(7, "trailer CRC32", "gzip", at=lambda archive: gzip_size(archive) - 8, base=gzipped,
         each={"first bit": 1, "last bit": 1 << 31})
def _(archive, bit):
    archive.gzip.crc = pieces.crc32(archive.tar()) ^ bit


@rejects(8, "trailer ISIZE", "gzip", at=lambda archive: gzip_size(archive) - 4, base=gzipped,
         each={"one more": 1, "one less": -1})
def _(archive, more):
    archive.gzip.isize = pieces.length(archive.tar()) + more


@rejects(9, "cut behind the compressed first zero block", "gzip", at=gzip_size, base=gzipped)
def _(archive):
    members = archive.tar()[:-1]
    archive.gzip.deflate = gzip.compressed([*members, bytes(tar.BLOCK)])[:-1]
    archive.file_edits.append(lambda data: data[:-8])


@rejects(9, "without its trailer", "gzip", at=gzip_size, base=gzipped)
def _(archive):
    archive.file_edits.append(lambda data: data[:-8])


@rejects(9, "cut inside the trailer", "gzip", at=gzip_size, base=gzipped)
def _(archive):
    archive.file_edits.append(lambda data: data[:-1])


@rejects(10, "cut in the middle of the binary", "gzip", at=gzip_size, base=gzipped)
def _(archive):
    before = gzip.compressed([*archive.tar()[:3], archive.target.header.encode()])[:-1]
    cut(archive, 10 + pieces.length(before) + 20)


def forged(wrap=True):
    """What an attacker would rather have seen: other claims by another issuer, another binary."""
    archive = archives.gzipped() if wrap else archives.base()
    archive.claims["wascap"]["vendor"] = "Evil"
    archive.target.body = archives.elf(text=b"evil")
    archive.list(archives.TARGET, archive.target.body)
    return pieces.joined(archive.file())


@rejects(11, "a second member with other claims", "gzip",
         at=lambda archive: gzip_size(archive) - len(archive.gzip.after), base=gzipped)
def _(archive):
    archive.gzip.after = forged()


@rejects(11, "a second member of nothing", "gzip", base=gzipped)
def _(archive):
    archive.gzip.after = pieces.joined(Gzip().encode([]))


def in_two_members(archive, at):
    stream = pieces.joined(archive.tar())
    archive.file_edits.append(lambda _: pieces.joined([*Gzip().encode([stream[:at]]), *Gzip().encode([stream[at:]])]))


@rejects(12, "the tar split over two members, behind a member", "gzip", base=gzipped)
def _(archive):
    in_two_members(archive, archive.at(archive.target))


@rejects(12, "the tar split over two members, inside a body", "gzip", base=gzipped)
def _(archive):
    in_two_members(archive, archive.body_at(archive.target) + 7)


@rejects(13, "behind the trailer", "gzip", at=lambda archive: gzip_size(archive) - len(archive.gzip.after),
         base=gzipped,
         each={"one zero (D4)": b"\0", "zeros (D4)": bytes(512), "a line feed": b"\n", "garbage": b"garbage"})
def _(archive, after):
    archive.gzip.after = after


@rejects(14, "a binary of 10 GiB of zeros", "limit", at=lambda archive: archive.at(archive.target),
         member="x86_64-linux.bin",
         base=gzipped, big=True)
def _(archive):
    archive.target.header.size = tar.base256(10 * GIB)
    archive.target.body = [pieces.zeros(10 * GIB)]


@rejects(14, "a binary of 2 GiB and a byte", "limit", at=lambda archive: archive.at(archive.target),
         member="x86_64-linux.bin", base=gzipped, big=True)
def _(archive):
    archive.target.body = [pieces.zeros(2 * GIB + 1)]


@rejects(14, "a plain binary of 10 GiB of zeros", "limit", at=lambda archive: archive.at(archive.target),
         member="x86_64-linux.bin",
         big=True)
def _(archive):
    archive.target.header.size = tar.base256(10 * GIB)
    archive.target.body = [pieces.zeros(10 * GIB)]


@rejects(14, "binaries of 300 MiB each that together pass the limit", "limit", base=gzipped, big=True, seconds=20,
         options=("--max-total-size", "700M"), at=lambda archive: archive.at(archive.members[-1]),
         verbs={verb: None for verb in ("inspect", "verify", "extract", "extract-pipe", "run")})
def _(archive):
    for target in ("a-linux", "b-linux", "c-linux"):
        archive.insert(tar.member(f"{target}.bin", [pieces.zeros(300 * MIB)]))


@rejects(15, "100 GiB of zeros behind the end, compressed", "limit", base=gzipped, big=True)
def _(archive):
    archive.end.append(pieces.zeros(100 * GIB))


@rejects(15, "100 GiB of zeros behind the end", "limit", big=True)
def _(archive):
    archive.end.append(pieces.zeros(100 * GIB))


def with_tail():
    """As much as may follow the first zero block."""
    archive = archives.base()
    archive.end = [bytes(tar.BLOCK), pieces.zeros(MIB)]
    return archive


@rejects(15, "one zero more than 1 MiB behind the first zero block", "limit", base=with_tail)
def _(archive):
    archive.end.append(b"\0")


@rejects(16, "gzip in gzip", "tar", at=0, base=gzipped)
def _(archive):
    archive.file_edits.append(lambda data: pieces.joined(Gzip().encode([data])))


def zip_of(data):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("x.par", data)
    return out.getvalue()


def zstd_of(data):
    """A frame of one raw block (RFC 8878): magic; descriptor of one segment and a size of 4 bytes; the last block."""
    last_raw = 1 | len(data) << 3
    return b"\x28\xb5\x2f\xfd" + bytes([0xa0]) + len(data).to_bytes(4, "little") + last_raw.to_bytes(3, "little") + data


OTHER_FORMATS = {"zip": zip_of, "zstd": zstd_of, "xz": lzma.compress, "bzip2": bz2.compress}


for format_name, pack in OTHER_FORMATS.items():
    @rejects(17, f"in {format_name} format", "format", at=0, text=f"{format_name} format")
    def _(archive, pack=pack):
        archive.file_edits.append(pack)


@rejects(17, "an executable", "format", at=0, text="ELF format")
def _(archive):
    archive.file_edits.append(lambda _: archives.elf())


@rejects(18, "a plain tar whose first name begins as gzip does", "gzip", at=2)
def _(archive):
    archive.token_member.header.name = b"\x1f\x8b" + archive.token_member.header.name


# ---- deflate data that is wrong, in front of the archive's and behind it

BAD_BLOCKS = {
    "block type 3": lambda bits: bits.block(3),
    "stored, NLEN wrong": lambda bits: bits.stored(b"x", nlen=len(b"x")),
    "stored, cut": lambda bits: bits.block(gzip.STORED).align().number(9999, 16).number(~9999 & 0xffff, 16),
    "distance beyond the window": lambda bits: bits.block(gzip.FIXED).length_3().distance(29, 0x1fff, 13),
    "distance code 30": lambda bits: bits.block(gzip.FIXED).literal(0).length_3().distance(30),
    "length symbol 286": lambda bits: bits.block(gzip.FIXED).code(0b11000110, 8).distance(0),
    "code lengths oversubscribed": lambda bits: bits.dynamic({0: 1, 1: 1, 2: 1}),
    "a repeat with nothing before it": lambda bits: bits.dynamic({16: 1, 18: 1}).code(0, 1).number(3, 2),
    "a repeat beyond the last code": lambda bits: bits.dynamic({1: 1, 18: 1}).code(1, 1).number(127, 7)
        .code(1, 1).number(127, 7),
    "no code for the end of a block": lambda bits: literals_without_end(bits),
    "287 length codes": lambda bits: bits.block(gzip.DYNAMIC).number(287 - 257, 5).number(0, 5).number(0, 4),
}


def literals_without_end(bits):
    """Lengths of 257 codes: 1 for the literals 0 and 1, 0 for the rest, symbol 256 too; then one distance code of 1."""
    bits.dynamic({1: 1, 18: 1})
    bits.code(0, 1).code(0, 1)  # 0 and 1: length 1
    bits.code(1, 1).number(138 - 11, 7).code(1, 1).number(117 - 11, 7)  # zeros: 138 and 117, up to symbol 256
    return bits.code(0, 1)  # the distance code


TRUNCATED = ("stored, cut",)


@rejects(19, "in place of the last block", "gzip", base=gzipped, text="damaged deflate data",
         each={words: write for words, write in BAD_BLOCKS.items() if words not in TRUNCATED})
def _(archive, write):
    archive.gzip.deflate = [*gzip.compressed(archive.tar())[:-1], write(Bits()).encode()]


@rejects(19, "in place of the last block, cut", "gzip", base=gzipped, text="ends inside the compressed data",
         each={words: BAD_BLOCKS[words] for words in TRUNCATED})
def _(archive, write):
    archive.gzip.deflate = [*gzip.compressed(archive.tar())[:-1], write(Bits()).encode()]


@rejects(19, "in front", "gzip", base=gzipped, text="damaged deflate data",
         each={words: write for words, write in BAD_BLOCKS.items() if words not in TRUNCATED})
def _(archive, write):
    archive.gzip.deflate = [write(Bits()).encode(), *gzip.compressed(archive.tar())]


@rejects(20, "two plain archives, the second with other claims", "tar", at=lambda archive: pieces.length(archive.tar()))
def _(archive):
    second = forged(wrap=False)
    archive.file_edits.append(lambda data: data + second)


# ---- what is no regular file, or does not stay as it is


@scenario(21, "the input is",
          each={"a FIFO": "fifo", "a directory": "directory", "a device": "/dev/zero", "a terminal": "/dev/ptmx"})
def _(world, kind):
    path = {"fifo": world.pipe, "directory": world.root}.get(kind, kind)
    for verb in ("check", "inspect", "verify", "extract"):
        args = [path if word == "{}" else word for word in ASK[verb]]
        world.refuses("io", *args, seconds=5)


# So large that to read it takes longer than to change the file.
LARGE = GIB // 2


def large_plain(world):
    archive = archives.base()
    archive.target.body = [pieces.zeros(LARGE)]
    archive.list(archives.TARGET, archive.target.body)
    world.write(archive.file())


def large_indexed(world):
    """By the command itself, which writes an index."""
    body, keys = world.root / "body", {"issuer": nkeys.ISSUER, "subject": nkeys.SUBJECT}
    world.write([pieces.zeros(LARGE)], body)
    options = []
    for role, key in keys.items():
        path = world.root / f"{role}.nk"
        path.touch(mode=0o600)
        path.write_text(key.seed_text)
        options += [f"--{role}", path]
    result = world.run("create", *options, "--name", "x", "--vendor", "x", "--compress", "--target",
                       f"{archives.TARGET}={body}",
                       "--destination", world.archive, "--force", seconds=60)
    result.ends(0)
    body.unlink()


def changed_while_read(world, more):
    """Waits until the command has the file open, and changes its length."""
    with subprocess.Popen([PROVAR, "-o", "json", "check", "--threads", "1", str(world.archive)],
                          env=world.environment(),
                          cwd=world.work, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        deadline = time.monotonic() + 10
        while not is_open(running.pid, world.archive) and time.monotonic() < deadline:
            time.sleep(0.001)
        # The length is looked at right behind the opening.
        time.sleep(0.2 if SANITIZED else 0.05)
        os.truncate(world.archive, os.path.getsize(world.archive) + more)
        stdout, stderr = running.communicate(timeout=60)
    return running.returncode, stdout, stderr


def is_open(pid, path):
    try:
        return any(os.path.realpath(f"/proc/{pid}/fd/{fd}") == str(path) for fd in os.listdir(f"/proc/{pid}/fd"))
    except FileNotFoundError:
        return False


def put_back(path, size, tail):
    os.truncate(path, size)
    with open(path, "r+b") as file:
        file.seek(size - len(tail))
        file.write(tail)


# The last is the control.
CHANGES = {"grows": 1, "shrinks": -1, "stays as it is": 0}


@scenario(22, "a file that changes while it is read", each={"plain": large_plain, "indexed": large_indexed})
def _(world, make):
    make(world)
    size = os.path.getsize(world.archive)
    with open(world.archive, "rb") as file:
        file.seek(size - 1)
        tail = file.read()
    for words, more in CHANGES.items():
        status, stdout, stderr = changed_while_read(world, more)
        fits = stderr == b"" and (status == 0 if more == 0 else status == 3 and json.loads(stdout)["code"] == "io")
        if not fits:
            raise Wrong(f"it {words}, status {status}: {stdout!r} {stderr!r}")
        put_back(world.archive, size, tail)
    world.archive.unlink()


@scenario(22, "a plain file that loses its half while it is read")
def _(world):
    large_plain(world)
    status, stdout, stderr = changed_while_read(world, -LARGE // 2)
    if status != 3 or json.loads(stdout)["code"] != "io" or stderr:
        raise Wrong(f"status {status}: {stdout!r} {stderr!r}")
    world.archive.unlink()
