# What mutate.py found: archives in which GNU tar or bsdtar saw another file, or other bytes, than provar, which accepted them.
# SPDX-License-Identifier: Apache-2.0

from cases import Collection
from writers import archive as archives
from writers import tar

CORPUS = Collection([])  # forms of rows 29, 41 and 42
rejects = CORPUS.rejects

NAME = "x86_64-linux.bin"
SIZE = len(archives.BODIES[archives.TARGET])


def with_pax():
    """One harmless pax header, whose record a case replaces."""
    archive = archives.base()
    archive.target.before = [tar.pax(("comment", "x"))]
    return archive


def at_target(archive):
    return archive.at(archive.target)


def at_payload(archive):
    return at_target(archive) - tar.BLOCK


@rejects(42, "pax records by which a body is not the file", "entry", base=with_pax, at=at_payload, each={
    "GNU.volume.filename": ("GNU.volume.filename", "other.bin"),
    "GNU.volume.size": ("GNU.volume.size", SIZE - 1),
    "GNU.volume.offset": ("GNU.volume.offset", 1),
    "GNU.volume.label": ("GNU.volume.label", "backup"),
    "GNU.dumpdir": ("GNU.dumpdir", b"Yother\0\0"),
    "SCHILY.realsize": ("SCHILY.realsize", SIZE - 1),
    "SCHILY.offset": ("SCHILY.offset", 1),
    "SUN.holesdata": ("SUN.holesdata", f" 0 {SIZE}"),
})
def _(archive, record):
    archive.target.before[0].body = tar.record(*record)


@rejects(29, "a pax key behind more than one blank", "tar", base=with_pax, at=at_payload,
         each={"a space": b" path", "a tab": b"\tpath", "two, and another key": b"  size"})
def _(archive, key):
    archive.target.before[0].body = tar.record(key, "1")


@rejects(42, "such a record for all members", "tar", base=with_pax, at=at_payload,
         each={key: key for key in ("GNU.volume.label", "GNU.volume.filename", "SCHILY.realsize", "SUN.holesdata")})
def _(archive, key):
    archive.target.before = [tar.pax((key, "1"), typeflag=b"g")]


@rejects(41, "fields of a sparse file in a header of another type", "entry", base=archives.gnu, at=at_target, member=NAME, each={
    "the first offset": {"sparse_offset": 0},
    "the first length": {"sparse_numbytes": SIZE},
    "isextended": {"isextended": b"\1"},
    "realsize": {"realsize": SIZE - 1},
})
def _(archive, fields):
    archive.target.header.gnu = {field: tar.octal(value, 12) if isinstance(value, int) else value for field, value in fields.items()}
