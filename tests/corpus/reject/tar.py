# Rows 23 to 55 of the threat matrix: sizes, checksums, extension headers and the end of a tar stream.
# SPDX-License-Identifier: Apache-2.0

from cases import Collection
from writers import archive as archives
from writers import gzip, pieces, tar

CORPUS = Collection(range(23, 56))
rejects = CORPUS.rejects

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
NAME = "x86_64-linux.bin"


def at_target(archive):
    return archive.at(archive.target)


def at_extension(which=0):
    """Where an extension header of the target is."""
    return lambda archive: archive.at(archive.target) - sum(
        pieces.length(extension.encode()) for extension in archive.target.before[which:])


def at_payload(which=0, more=0):
    """Where its payload is."""
    return lambda archive: at_extension(which)(archive) + tar.BLOCK + more


def gzipped(base):
    def make():
        archive = base()
        archive.gzip = gzip.Gzip()
        return archive
    make.__name__ = f"{base.__name__}_gzipped"
    return make


def fake_members():
    """Two members of a forged archive, as they would stand in a body."""
    forged = archives.base()
    forged.claims["wascap"]["vendor"] = "Evil"
    return pieces.joined(forged.tar()[:-1])


# ---- pax sizes


def with_pax_size():
    """The body is itself the members of an archive; both sizes say how long it is."""
    archive = archives.base()
    archive.target.body = fake_members()
    archive.list(archives.TARGET, archive.target.body)
    archive.target.before = [tar.pax(("size", len(archive.target.body)))]
    return archive


# Row 23, the size in pax only, is no fault: see accept/odd.py. Its body is never taken for members:
@rejects(23, "size in pax only, body altered", "digest", base=with_pax_size, member=NAME,
         at=lambda archive: archive.body_at(archive.target))
def _(archive):
    archive.target.header.size = 0
    archive.target.body = archive.target.body.replace(b"x86_64-linux.bin", b"aarch64-lynx.bin", 1)


@rejects(24, "pax size", "tar", base=with_pax_size, at=at_target, member=NAME,
         each={"0": 0, "1": 1, "512": 512, "one more": "one more"})
def _(archive, size):
    size = len(archive.target.body) + 1 if size == "one more" else size
    archive.target.before = [tar.pax(("size", size))]


def with_pax_on_the_first():
    archive = archives.two_targets()
    archive.target.before = [tar.pax(("size", len(archive.target.body)))]
    return archive


# The second member's size would contradict the record of the first, if that went on.
@rejects(25, "a second member that says the size of the first", "tar", base=with_pax_on_the_first)
def _(archive):
    archive.members[-1].header.size = len(archive.target.body) - 512


# ---- sequences of extension headers


def long_name():
    return tar.long_name(NAME)


def with_pax():
    archive = archives.base()
    archive.target.before = [tar.pax(("comment", "x"))]
    return archive


def with_long_name():
    archive = archives.gnu()
    archive.target.before = [long_name()]
    return archive


@rejects(26, "x with a size, then L", "tar", base=with_long_name, at=at_extension(1))
def _(archive):
    archive.target.before.insert(0, tar.pax(("size", pieces.length([archive.target.body]))))


@rejects(26, "L, then x", "tar", base=with_long_name, at=at_extension(1))
def _(archive):
    archive.target.before.append(tar.pax(("comment", "x")))


@rejects(27, "L, and a pax path of another name", "tar", base=with_long_name, at=at_extension(1))
def _(archive):
    archive.target.before.append(tar.pax(("path", "aarch64-linux.bin")))


@rejects(27, "a pax path, and L of another name", "tar", base=with_pax, at=at_extension(1))
def _(archive):
    archive.target.before = [tar.pax(("path", NAME)), tar.long_name("aarch64-linux.bin")]


@rejects(28, "two x headers", "tar", base=with_pax, at=at_extension(1))
def _(archive):
    archive.target.before *= 2


@rejects(28, "two L headers", "tar", base=with_long_name, at=at_extension(1))
def _(archive):
    archive.target.before *= 2


@rejects(28, "two g headers", "tar", base=with_pax, at=at_extension(1))
def _(archive):
    archive.target.before = [tar.pax(("comment", "x"), typeflag=b"g")] * 2


@rejects(28, "g between x and its member", "tar", base=with_pax, at=at_extension(1))
def _(archive):
    archive.target.before.append(tar.pax(("comment", "x"), typeflag=b"g"))


# ---- pax records

GOOD = tar.record("comment", "some words")
RIGHT = len(GOOD)

WRONG_LENGTHS = {"too small": RIGHT - 1, "too large": RIGHT + 1}
LENGTHS = {
    **WRONG_LENGTHS, "that ends in the key": "8", "of itself only": "3", "beyond the payload": "999",
    "empty": "", "of 20 digits": (1 << 64) + RIGHT, "0": "0", "with a sign": f"+{RIGHT}", "negative": f"-{RIGHT}",
    "with a leading zero": f"0{RIGHT}", "with a leading blank": f" {RIGHT}", "with a tab": f"{RIGHT}\t",
    "in hexadecimal": hex(RIGHT),
}


@rejects(29, "pax record length", "tar", base=with_pax, at=at_payload(), each=LENGTHS)
def _(archive, length):
    archive.target.before = [tar.pax(tar.record("comment", "some words", length))]


@rejects(29, "second pax record, its length", "tar", base=with_pax, at=at_payload(0, RIGHT), each=WRONG_LENGTHS)
def _(archive, length):
    archive.target.before = [tar.pax(GOOD, tar.record("comment", "some words", length))]


@rejects(30, "pax payload", "tar", base=with_pax, each={
    "without its line feed": GOOD[:-1], "with a letter for its line feed": GOOD[:-1] + b"x", "of no bytes": b"", "with a NUL behind it": GOOD + b"\0",
    "with NULs up to the block": GOOD + bytes(512 - RIGHT), "cut in the second record": GOOD + GOOD[:5]})
def _(archive, payload):
    archive.target.before = [tar.pax(payload)]


@rejects(31, "a pax path with a line feed", "entry", base=with_pax, member="x86_64-linux.bin\\x0ab", at=at_target)
def _(archive):
    archive.target.before = [tar.pax(("path", f"{NAME}\nb"))]


@rejects(31, "a pax path that a line feed ends too early", "tar", base=with_pax,
         at=at_payload(0, len(tar.record("path", NAME))))
def _(archive):
    archive.target.before = [tar.pax(tar.record("path", f"{NAME}\nb", len(tar.record("path", NAME))))]


@rejects(32, "an empty line, then a path", "tar", base=with_pax, at=at_payload())
def _(archive):
    archive.target.before = [tar.pax(b"\n", ("path", NAME))]


@rejects(32, "a record, an empty line, then a path", "tar", base=with_pax, at=at_payload(0, RIGHT))
def _(archive):
    archive.target.before = [tar.pax(GOOD, b"\n", ("path", NAME))]


@rejects(32, "a pax key", "tar", base=with_pax, at=at_payload(),
         each={"with a line feed": "a\npath", "with a NUL": "a\0path", "of nothing": ""})
def _(archive, key):
    archive.target.before = [tar.pax((key, NAME))]


@rejects(33, "a record twice", "tar", base=with_pax,
         each={"path": ("path", NAME), "size": ("size", len(archives.elf()))})
def _(archive, pair):
    archive.target.before = [tar.pax(pair, pair)]


@rejects(33, "two paths", "tar", base=with_pax,
         each={"good first": (NAME, "aarch64-linux.bin"), "good last": ("aarch64-linux.bin", NAME)})
def _(archive, names):
    archive.target.before = [tar.pax(*(("path", name) for name in names))]


@rejects(34, "an empty pax path", "tar", base=with_pax, at=at_payload())
def _(archive):
    archive.target.before = [tar.pax(("path", ""))]


SIZE = len(archives.elf())


@rejects(35, "pax size", "tar", base=with_pax, at=at_payload(), each={
    "with a plus": f"+{SIZE}", "-1": "-1", "with a blank behind": f"{SIZE} ", "with a blank before": f" {SIZE}",
    "in hexadecimal": hex(SIZE), "with a leading zero": f"0{SIZE}", "empty": "", "2^64": 1 << 64,
    "with a point": f"{SIZE}.0",
    "with a NUL": f"{SIZE}\0", "a word": "many"})
def _(archive, size):
    archive.target.before = [tar.pax(("size", size))]


# ---- payloads that are too long, or not there


def extension(kind, size):
    """An x or L header of a payload of that size, zeros."""
    payload = [pieces.zeros(size)]
    if kind == "L":
        return tar.member("././@LongLink", payload, typeflag=b"L", size=tar.base256(size), **tar.GNU)
    return tar.member("pax", payload, typeflag=kind.encode(), size=tar.base256(size))


def with_extension(kind):
    return {"L": with_long_name, "x": with_pax, "g": with_pax}[kind]


for kind in "xLg":
    @rejects(37, f"{kind} of 1 GiB, compressed", "limit", base=gzipped(with_extension(kind)), at=at_extension(),
             big=True)
    def _(archive, kind=kind):
        archive.target.before = [extension(kind, GIB)]

    @rejects(37, f"{kind} of 64 KiB and a byte", "limit", base=with_extension(kind), at=at_extension())
    def _(archive, kind=kind):
        archive.target.before = [extension(kind, 64 * KIB + 1)]

    @rejects(38, f"{kind} that claims 8 GiB of a file that ends", "tar", base=with_extension(kind))
    def _(archive, kind=kind):
        archive.target.before[0].header.size = tar.base256(8 * GIB)
        archive.target.before[0].header.typeflag = kind.encode()

    @rejects(39, f"{kind} without a member behind it", "tar", base=with_extension(kind),
             at=lambda archive: archive.end_at() - 1024)
    def _(archive, kind=kind):
        dangling = tar.long_name(NAME) if kind == "L" else tar.pax(("comment", "x"), typeflag=kind.encode())
        archive.insert(dangling)

    @rejects(39, f"the archive ends behind {kind}", "tar", base=with_extension(kind))
    def _(archive, kind=kind):
        dangling = tar.long_name(NAME) if kind == "L" else tar.pax(("comment", "x"), typeflag=kind.encode())
        archive.insert(dangling)
        archive.end = []


def with_global():
    """As `git archive` writes it."""
    archive = archives.base()
    archive.token_member.before = [tar.pax(("comment", "a commit"), typeflag=b"g")]
    return archive


@rejects(40, "g that sets", "tar", base=with_global, at=tar.BLOCK, each={
    "path": ("path", "claims.jwt"), "size": ("size", 5), "linkpath": ("linkpath", "x"),
    "a sparse form": ("GNU.sparse.major", 1)})
def _(archive, pair):
    archive.token_member.before = [tar.pax(pair, typeflag=b"g")]


# ---- sparse files


def gnu_sparse(archive, **gnu):
    archive.target.header.set(typeflag=b"S")
    archive.target.header.gnu = gnu


@rejects(41, "old sparse header that makes 64 GiB of nothing", "entry", base=archives.gnu, at=at_target, member=NAME)
def _(archive):
    archive.target.body = b""
    gnu_sparse(archive, sparse_offset=b"777777777777", sparse_numbytes=0, realsize=b"777777777777")


@rejects(41, "old sparse header of the whole body", "entry", base=archives.gnu, at=at_target, member=NAME)
def _(archive):
    gnu_sparse(archive, sparse_offset=0, sparse_numbytes=SIZE, realsize=SIZE)


SPARSE_FORMS = {
    "1.0": (("GNU.sparse.major", 1), ("GNU.sparse.minor", 0), ("GNU.sparse.name", NAME), ("GNU.sparse.realsize", SIZE)),
    "0.1": (("GNU.sparse.map", f"0,{SIZE}"), ("GNU.sparse.size", SIZE), ("GNU.sparse.name", NAME)),
    "0.0": (("GNU.sparse.size", SIZE), ("GNU.sparse.numblocks", 1), ("GNU.sparse.offset", 0),
            ("GNU.sparse.numbytes", SIZE)),
}


@rejects(42, "pax sparse form", "entry", base=with_pax, at=at_payload(), each=SPARSE_FORMS)
def _(archive, records):
    archive.target.before = [tar.pax(*records)]


# ---- the size field


@rejects(43, "base-256 size", "tar", at=at_target, each={
    "-1": b"\xff" * 12, "-512": tar.base256(-512), "-1 in the low bytes only": b"\xff" + bytes(3) + b"\xff" * 8})
def _(archive, field):
    archive.target.header.size = field


@rejects(44, "base-256 size with bits above 2^64", "tar", at=at_target, each={
    "bit 80": 1 << 80, "bit 64": 1 << 64, "bit 94": 1 << 94})
def _(archive, bit):
    archive.target.header.size = tar.base256(bit + SIZE)


@rejects(45, "size field", "tar", at=at_target, each={
    "with a plus": b"+%010o\0" % SIZE, "of two numbers": b" 12 34", "with a minus": b"-%010o\0" % SIZE,
    "with a tab": b"\t%o" % SIZE,
    "with a letter behind": b"%oB" % SIZE, "in hexadecimal": b"0x%x" % SIZE, "with a NUL before": b"\0%o" % SIZE})
def _(archive, field):
    archive.target.header.size = field


@rejects(46, "size field of", "tar", at=at_target, each={"NULs": b"", "blanks": b" " * 12, "one blank": b" "})
def _(archive, field):
    archive.target.header.size = field


@rejects(47, "size field with the digit", "tar", at=at_target, each={"8": b"00000000148", "9": b"00000000149"})
def _(archive, field):
    archive.target.header.size = field


@rejects(47, "size field of 12 digits, 64 GiB", "limit", at=at_target, member=NAME)
def _(archive):
    archive.target.header.size = b"777777777777"


@rejects(47, "size field of 12 digits, 8 GiB", "limit", at=at_target, member=NAME)
def _(archive):
    archive.target.header.size = b"100000000000"


@rejects(48, "checksum", "tar", at=at_target, each={"one more": 1, "one less": -1, "256 more": 256})
def _(archive, more):
    archive.target.header.chksum = lambda header: header.sum() + more


@rejects(48, "checksum field", "tar", at=at_target, each={
    "NULs": b"", "blanks": b" " * 8, "with a sign": b"+%o", "of 8 digits and 8": b"0000%04o"})
def _(archive, form):
    archive.target.header.chksum = lambda header: form % header.sum() if b"%" in form else form


def with_bytes_above_127():
    archive = archives.base()
    archive.target.header.uname = b"Andr\xe9 \xff"
    return archive


@rejects(49, "checksum of signed bytes", "tar", base=with_bytes_above_127, at=at_target)
def _(archive):
    archive.target.header.chksum = lambda header: header.sum(signed=True)


@rejects(50, "size larger than the rest of the file", "tar", member=NAME,
         each={"by a block": SIZE + 2048, "1 GiB": GIB})
def _(archive, size):
    archive.target.header.size = size


def without_end():
    archive = archives.base()
    archive.end = []
    return archive


NO_END = ("no end mark",)


@rejects(51, "cut inside the last padding", "tar", member=NAME, base=without_end, control_warnings=NO_END,
         at=lambda archive: archive.body_at(archive.target) + SIZE + 7)
def _(archive):
    archive.target.padding = bytes(7)


@rejects(51, "cut at the end of the last body", "tar", member=NAME, base=without_end, control_warnings=NO_END,
         at=lambda archive: archive.body_at(archive.target) + SIZE)
def _(archive):
    archive.target.padding = b""


@rejects(51, "cut inside a header", "tar", base=without_end, control_warnings=NO_END)
def _(archive):
    archive.tar_edits.append(lambda data: data[:archive.at(archive.target) + 300])


@rejects(52, "size", "limit", at=at_target, member=NAME, each={
    "2^63-1": (1 << 63) - 1, "2^63": 1 << 63, "2^64-1": (1 << 64) - 1, "2^64-511": (1 << 64) - 511,
    "2^64-512": (1 << 64) - 512})
def _(archive, size):
    archive.target.header.size = tar.base256(size)


@rejects(52, "size of 32 bits", "limit", member=NAME,
         each={"2^32-1": (1 << 32) - 1, "2^32-511": (1 << 32) - 511, "2^31+1": (1 << 31) + 1},
         at=at_target)
def _(archive, size):
    archive.target.header.size = tar.base256(size)


@rejects(52, "pax size of 2^64-1", "limit", base=with_pax, at=at_target, member=NAME)
def _(archive):
    archive.target.header.size = 0
    archive.target.before = [tar.pax(("size", (1 << 64) - 1))]


# ---- padding and the end


CORPUS.is_in(36, "corpus/accept/odd: P9 pax records of what is never parsed: uid", "records that are ignored are accepted")
CORPUS.is_in(53, "corpus/accept/odd: P30 padding that is not zero (D5)", "it is accepted with a warning")


@rejects(54, "one zero block, then members", "tar", at=lambda archive: archive.end_at() + 512)
def _(archive):
    archive.end = [bytes(tar.BLOCK), fake_members(), tar.END]


@rejects(55, "two zero blocks, then", "tar", at=lambda archive: archive.end_at() + 1024, each={
    "members": fake_members(), "a byte": b"x", "a block": b"x" * 512})
def _(archive, behind):
    archive.end.append(behind)


@rejects(55, "two zero blocks, then a byte within the last KiB of what may follow", "tar",
         at=lambda archive: archive.end_at() + 1024 + MIB - 1024)
def _(archive):
    archive.end += [bytes(MIB - 1024), b"x"]


@rejects(55, "a tail shorter than a block that is not zeros", "tar", base=without_end, control_warnings=NO_END,
         at=lambda archive: pieces.length(archive.tar()), each={"1 byte": b"x", "511 bytes": bytes(510) + b"x"})
def _(archive, tail):
    archive.end = [tail]


@rejects(55, "a tail behind two zero blocks that is not zeros", "tar",
         each={"1 byte": b"x", "511 bytes": bytes(510) + b"x"})
def _(archive, tail):
    archive.end.append(tail)
