# Every way in which a target index can lie: with the index as without it, but for what inspect and extract do not read.
# SPDX-License-Identifier: Apache-2.0

import zlib

from cases import Case, Collection, Expect
from world import TRUST
from writers import archive as archives
from writers import gzip, index, tar

CORPUS = Collection(["index"])
CORPUS.does_otherwise(7, "of a file with an index inspect and extract do not see a wrong CRC of the whole",
                      "they read no more of it than they need; inspect believes nothing, and what extract lets out are the signed bytes; with "
                      "--ignore-index both see it: docs/FORMAT.md, Target index")
CORPUS.is_in(7, "corpus/reject/index: index the truth, and a wrong CRC", "a file with an index, of which not all is read")

TOKEN, WORLD, FIRST, SECOND, END = 0, 1, 2, 3, -1
FIRST_NAME, SECOND_NAME = "aarch64-linux.bin", "x86_64-linux.bin"


def text(size, other=b""):
    """Alike from one body to the other, so that deflate refers back wherever it may."""
    return other + bytes(ord("a") + (i * i % 251 + i // 977) % 26 for i in range(size - len(other)))


BODIES = {archives.WORLD_NAME: text(3000, archives.wasm()), archives.OTHER_TARGET: text(5000, b"F"),
          archives.TARGET: text(300000)}


def indexed():
    archive = archives.Archive(*BODIES)
    for stem, body in BODIES.items():
        archive.find(stem if stem == archives.WORLD_NAME else f"{stem}.bin").body = body
        archive.list(stem, body)
    archive.gzip = index.Indexed()
    return archive


# ---- the same questions with the index and without it


def questions(code, look, extract, unharmed=()):
    """With several numbers of threads and without the index the answer is that of `check`. One target has the same code,
    but for those that are unharmed."""
    good = code == "ok" or archives.TARGET in unharmed
    verbs = {"inspect": look, "extract": extract, "run": "exec" if good else code}
    if archives.TARGET in unharmed:
        verbs["extract-pipe"] = "ok"
    trust = ("verify", *TRUST)
    verbs["check, no index"] = Expect(code, args=("check", "--ignore-index", "{}"), same_as="check")
    verbs["verify, no index"] = Expect(code, args=(*trust, "--ignore-index", "{}"), same_as="verify")
    for threads in ("1", "8"):
        verbs[f"check, {threads} threads"] = Expect(code, args=("check", "--threads", threads, "{}"), same_as="check")
    for target in (archives.TARGET, archives.OTHER_TARGET):
        partial = "ok" if target in unharmed else code
        verbs[target] = Expect(partial, args=(*trust, "--target", target, "{}"))
        verbs[f"{target}, no index"] = Expect(partial, args=(*trust, "--ignore-index", "--target", target, "{}"),
            same_as=target)
    no_index = ("inspect", "--ignore-index", "{}")
    if look == code:
        verbs["inspect, no index"] = Expect(code, args=no_index, same_as="inspect")
    elif code == "gzip":
        verbs["inspect, no index"] = Expect(code, args=no_index)
    if not good:
        verbs["extract, no index"] = Expect(code, args=("extract", *TRUST, "--ignore-index", "--target", archives.TARGET,
                                                        "--destination", "out", "{}"))
    return verbs


def lie(name, code, *, used, look=None, extract=None, base=indexed):
    """`code`: of the file, with its index and without. `used`: nothing of the index contradicts what a look reads. `look`
    and `extract`: their code where they do not see what is wrong. A second case has a wrong CRC too, which is seen by all
    that read the whole file: so it shows who does."""
    look, extract = look or code, extract or look or code

    def declare(tell):
        def tell_with_wrong_crc(file):
            tell(file)
            file.crc ^= 0x80000000

        def change(archive, told=tell):
            archive.gzip.lie = told

        def change_crc(archive):
            archive.gzip.lie = tell_with_wrong_crc

        CORPUS.cases.append(Case("index", name, change, base, Expect(code), questions(code, look, extract)))
        if code == "ok":
            seen = "ok" if used else "gzip"
            CORPUS.cases.append(Case("index", f"{name}, and a wrong CRC", change_crc, base, Expect("gzip"),
                                     questions("gzip", seen, seen)))
        return tell
    return declare


# ---- fields of the index, and of the header around it


def put(number, field, more):
    def tell(file):
        segment = file.segments[number]
        setattr(segment, field, getattr(segment, field) + more)
    return tell


def put_file(field, more):
    return lambda file: setattr(file, field, getattr(file, field) + more)


def write(**fields):
    """Fields of the file, as they then are."""
    return lambda file: [setattr(file, field, value) for field, value in fields.items()]


UNUSED = {
    "c_off one more": put(FIRST, "at", 1), "c_off one less": put(FIRST, "at", -1), "c_off beyond": put(SECOND, "at", (1 << 64) - 1000000),
    "first c_off not 0": put(TOKEN, "at", 1), "end_off one less": put_file("end_at", -1), "end_off one more": put_file("end_at", 1),
    "deflate_len one more": put_file("deflate_len", 1), "deflate_len huge": put_file("deflate_len", (1 << 64) - 1000000),
    "t_off": put(FIRST, "tar_at", tar.BLOCK), "tar_len": put_file("tar_len", tar.BLOCK), "tar_len and 4 GiB": put_file("tar_len", 1 << 32),
    "size 0": put(SECOND, "size", -300000), "size huge": put(SECOND, "size", (1 << 64) - 300100),
    "wrong name": lambda file: setattr(file.segments[SECOND], "name", b"x86_64-lynux.bin"),
    "no name": lambda file: setattr(file.segments[SECOND], "name", b""),
    "count one more": lambda file: setattr(file, "count", len(file.segments) + 1),
    "count one less": lambda file: setattr(file, "count", len(file.segments) - 1),
    "version 0": write(version=0), "version 2": write(version=2), "flags 1": write(flags=1), "two of them": write(times=2),
    "FNAME beside": write(more_flags=gzip.FNAME, more_header=b"a.tar\0"),
    # XY, LEN 257, and 257 bytes.
    "FNAME beside that reads as a subfield": write(more_flags=gzip.FNAME, more_header=b"XY\1\1" + b"n" * 256 + b"\0"),
    "FCOMMENT beside": write(more_flags=gzip.FCOMMENT, more_header=b"x\0"),
    "a subfield beyond the field": write(behind=b"BC\xff\xff"),
}
for words, told in UNUSED.items():
    lie(words, "ok", used=False)(told)

USED = {
    "the truth": write(), "size one more": put(SECOND, "size", 1), "size one less": put(SECOND, "size", -1),
    "foreign subfields before": write(before=index.subfield(b"RA", b"PI") + index.subfield(b"PX", b"PI")),
    "a foreign subfield behind": write(behind=index.subfield(b"BC", b"\7" * 300)),
}
for words, told in USED.items():
    lie(words, "ok", used=True)(told)


# ---- places


@lie("c_off at another boundary", "ok", used=False)
def _(file):
    segment = file.segments[FIRST]
    segment.at = file.deflate.index(index.STORED_END, segment.at) + len(index.STORED_END)
    assert segment.at < file.end_of(segment)


@lie("c_off of the next", "ok", used=False)
def _(file):
    file.segments[FIRST].at = file.segments[SECOND].at


@lie("end_off at the end", "ok", used=False)
def _(file):
    file.end_at = file.deflate_len


@lie("t_off and sizes that agree", "ok", used=False)
def _(file):
    file.segments[WORLD].size += tar.BLOCK
    file.segments[FIRST].tar_at += tar.BLOCK
    file.segments[FIRST].size -= tar.BLOCK


# ---- members


@lie("swapped names", "ok", used=False)
def _(file):
    one, other = file.segments[FIRST], file.segments[SECOND]
    one.name, other.name = other.name, one.name


@lie("one segment for two members", "ok", used=False)
def _(file):
    first, second = file.segments[FIRST], file.segments[SECOND]
    first.size = second.tar_at + tar.BLOCK + second.size - first.tar_at - tar.BLOCK
    del file.segments[SECOND]


@lie("the end blocks as a member", "gzip", used=False)
def _(file):
    file.segments.append(index.Segment(file.end_at, file.tar_len - 2 * tar.BLOCK, 0, b"x"))
    file.end_at += 1
    file.tar_len += tar.BLOCK
    file.isize += tar.BLOCK


@lie("no members", "ok", used=False)
def _(file):
    file.segments.clear()


@lie("257 members", "ok", used=False)
def _(file):
    file.segments += [index.Segment(at, at, 0, b"x") for at in range(len(file.segments), 257)]


# ---- the trailer, and the end of the data


lie("a byte behind the trailer", "gzip", used=False)(write(after=b"\0"))
lie("trailer ISIZE", "gzip", used=False)(put_file("isize", 1))


@lie("ISIZE and tar_len", "gzip", used=False)
def _(file):
    file.isize += tar.BLOCK
    file.tar_len += tar.BLOCK


@lie("trailer CRC", "gzip", used=True, look="ok")
def _(file):
    file.crc ^= 1


def damage(number):
    """NLEN of the empty stored block that ends a segment."""
    def tell(file):
        data = bytearray(file.deflate)
        data[file.end_of(file.segments[number]) - 1] ^= 1
        file.deflate = bytes(data)
    return tell


lie("a damaged end of a body", "gzip", used=True, look="ok")(damage(SECOND))
# Of a body so short a look reads all.
lie("a damaged end of another body", "gzip", used=True)(damage(FIRST))


@lie("a cut end", "gzip", used=False)
def _(file):
    file.deflate = file.deflate[:-1]
    file.deflate_len -= 1


# ---- what the tar stream holds, under an index that is true or hides it


HIDDEN = 2 * tar.BLOCK


def leave_out(file):
    del file.segments[SECOND]
    for segment in file.segments[SECOND:]:
        segment.tar_at -= HIDDEN
    file.tar_len -= HIDDEN
    file.isize -= HIDDEN


def leave_out_and_stretch(file):
    del file.segments[SECOND]
    file.segments[SECOND].tar_at -= HIDDEN
    file.segments[SECOND].size += HIDDEN


def leave_out_and_end_later(file):
    del file.segments[SECOND]
    file.segments[SECOND].tar_at -= HIDDEN


def count_as_one(file):
    del file.segments[SECOND]
    first, second = file.segments[FIRST], file.segments[SECOND]
    first.size = second.tar_at - first.tar_at - tar.BLOCK


def hides(words, name, tell, code, look, extract):
    def change(archive):
        archive.insert(tar.member(name, b"hidden"), SECOND)
        archive.gzip.lie = tell
    CORPUS.cases.append(Case("index", f"{words}: {name}", change, indexed, Expect(code),
                             questions(code, look, extract)))


UNLISTED, TWICE = "mips-linux.bin", SECOND_NAME
hides("a hidden member is in the index", UNLISTED, None, "entry", "ok", "entry")
hides("a hidden member is left out", UNLISTED, leave_out, "gzip", "ok", "ok")
hides("a hidden member is made up for by a body", UNLISTED, leave_out_and_stretch, "entry", "ok", "entry")
hides("a hidden member is made up for by the end", UNLISTED, leave_out_and_end_later, "entry", "ok", "entry")
hides("a hidden member is counted as one with another", UNLISTED, count_as_one, "entry", "ok", "entry")
hides("a name that is there twice, and in the index", TWICE, None, "entry", "entry", "entry")
hides("a name that is there twice is left out once", TWICE, leave_out, "gzip", "ok", "ok")
hides("a name that is there twice is counted as one with another", TWICE, count_as_one, "entry", "entry", "entry")


def with_change(name, code, look="ok", extract=None, unharmed=()):
    def declare(change):
        CORPUS.cases.append(Case("index", name, change, indexed, Expect(code),
                                 questions(code, look, extract or code, unharmed)))
        return change
    return declare


@with_change("an altered body", "digest", unharmed=(archives.OTHER_TARGET,))
def _(archive):
    archive.target.body = archive.target.body[:-1] + b"!"


@with_change("another body altered", "digest", extract="ok", unharmed=(archives.TARGET,))
def _(archive):
    archive.find(FIRST_NAME).body = archive.find(FIRST_NAME).body[:-1] + b"!"


@with_change("a forged token", "signature")
def _(archive):
    archive.token.signature = bytes(64)


@with_change("a listed member is missing", "digest", extract="ok", unharmed=(archives.TARGET,))
def _(archive):
    archive.members.remove(archive.find(FIRST_NAME))


@with_change("an extension header, which has a segment of its own", "ok")
def _(archive):
    archive.target.before = [tar.pax(("path", SECOND_NAME))]


@with_change("padding that is not zero", "ok")
def _(archive):
    archive.target.padding = bytes(-len(archive.target.body) % tar.BLOCK - 1) + b"p"


# A look by the index does not read that padding, and cannot warn of it.
del CORPUS.cases[-1].verbs["inspect, no index"]


# ---- how the segments are packed


def packed(data, last, strategy=zlib.Z_DEFAULT_STRATEGY, flush=None):
    coder = zlib.compressobj(6, zlib.DEFLATED, -15, 8, strategy)
    return coder.compress(data) + coder.flush(zlib.Z_FINISH if flush is None else flush)


def stored(data, last):
    """Without an empty stored block behind it; of less than 64 KiB."""
    return gzip.Bits().stored(data, last).encode()


def false_end(data, last):
    """The bytes of an empty stored block at the end, but inside of a stored block's data."""
    head = gzip.Bits().stored(data[:-4]).encode()
    return head + gzip.Bits().stored(data[-4:]).encode()


def open_fixed(data, last):
    """One block of fixed codes, not the final one, whose last byte has bits left, and no stored block behind it."""
    out = bytearray(packed(data, last, zlib.Z_FIXED))
    out[0] &= 0xfe  # BFINAL
    return bytes(out)


SHORTER = 1

PACKED = {
    "an early final block": (FIRST, packed, "gzip", "ok"),
    "no final block": (END, lambda data, last: packed(data, last, flush=zlib.Z_FULL_FLUSH), "gzip", "gzip"),
    "no empty stored block at the end": (FIRST, stored, "ok", "ok"),
    "bytes like an empty stored block at the end": (FIRST, false_end, "ok", "ok"),
    "a segment a byte longer": (FIRST, lambda data, last: index.apart(data + b"\0", last), "tar", "ok"),
    "a segment a byte shorter": (FIRST, lambda data, last: index.apart(data[:-1], last), "tar", "ok"),
    "a stored end": (END, stored, "ok", "ok"),
}

for words, (which, packing, verdict, glance) in PACKED.items():
    @with_change(words, verdict, glance, glance)
    def _(archive, which=which, packing=packing):
        archive.gzip.odd = {which: packing}


@with_change("segments that refer to what lies before them", "ok")
def _(archive):
    archive.gzip.pack = index.WithHistory()


# Each segment inflates alone; one behind the other they do only where no bit is left between them. How many are left
# depends on the body.
@with_change("bits left between two segments", "gzip", "ok", "ok")
def _(archive):
    archive.find(FIRST_NAME).body = BODIES[archives.OTHER_TARGET][:-SHORTER]
    archive.list(archives.OTHER_TARGET, archive.find(FIRST_NAME).body)
    archive.gzip.odd = {FIRST: open_fixed}
