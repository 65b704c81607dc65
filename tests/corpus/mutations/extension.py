# Mutations that put pax and long-name headers before members, or change those that are there.
# SPDX-License-Identifier: Apache-2.0

from mutations.registry import junk, mutates, size_of
from writers import tar

# What some reader gives a meaning to: that of another file, another size, or another kind of member. Values of fields that are
# never parsed (times, owners) are valid here, because what is not would make a witness refuse them.
KEYS = (
    "comment", "charset", "hdrcharset", "linkpath", "path", "size", "Path", " path", "path ", "SIZE", "size\0", "x", "realtime.x", "security.x",
    "atime", "ctime", "mtime", "uid", "gid", "devmajor", "devminor",
    "SCHILY.realsize", "SCHILY.filetype", "SCHILY.offset", "SCHILY.volhdr.dumplevel", "SCHILY.dev", "SCHILY.ino", "SCHILY.nlink",
    "SCHILY.devmajor", "SCHILY.devminor", "SCHILY.fflags", "SCHILY.acl.access", "SCHILY.xattr.user.x", "SCHILY.tarfiletype",
    "SCHILY.release", "SCHILY.archtype", "SCHILY.dir",
    "SUN.holesdata", "SUN.devmajor", "GNU.sparse.major", "GNU.sparse.minor", "GNU.sparse.size", "GNU.sparse.realsize", "GNU.sparse.name",
    "GNU.sparse.numblocks", "GNU.sparse.map", "GNU.sparse.offset", "GNU.sparse.numbytes", "GNU.sparse", "gnu.sparse.size",
    "GNU.volume.filename", "GNU.volume.size", "GNU.volume.offset", "GNU.volume.label", "GNU.dumpdir", "GNU.other",
    "LIBARCHIVE.creationtime", "LIBARCHIVE.symlinktype", "LIBARCHIVE.xattr.user.x", "LIBARCHIVE.x", "RHT.security.selinux", "MSWINDOWS.rawsd",
    "ACME.x",
)
NUMBERS = {"atime", "ctime", "mtime", "uid", "gid", "devmajor", "devminor"}


# By which some reader has another name, size or content than the header says.
TELLING = ("GNU.volume.filename", "GNU.volume.label", "GNU.volume.offset", "GNU.volume.size", "GNU.dumpdir", "GNU.sparse.name", "GNU.sparse.size",
           "GNU.sparse.map", "SCHILY.realsize", "SUN.holesdata", "path", " path", "\tpath", "size", " size", "linkpath")


def value_of(rng, key, member):
    if key in NUMBERS:
        return str(rng.randrange(1000))
    name, size = member.header.name, size_of(member)
    return rng.choice((str(size), str(size), "0", "1", "512", str(size + 512), str(max(0, size - 1)), "5", "file", "dir", name, b"./" + name,
                       b"other.bin", b"Y" + name + b"\0\0", "0,1", "dGVzdA==", "", "-1", "+5", "a\nb", "UTF-8", "BINARY",
                       "ISO-IR 10646 2000 UTF-8", "\u00e9", b"a\0b"))


def record(rng, key, value):
    """As it is to be, or with a length that is written or counted otherwise."""
    whole = tar.record(key, value)
    length = whole.split(b" ", 1)[0]
    if rng.randrange(6):
        return whole
    return tar.record(key, value, length=rng.choice((b"0" + length, b"+" + length, b" " + length, length + b" ", b"%d" % (int(length) + 1),
                                                     b"%d" % (int(length) - 1), b"", b"0", b"0x" + length, length.rjust(20, b"0"))))


def truth(rng, member):
    """A record that says what is so."""
    name = member.header.name.split(b"\0", 1)[0]
    return rng.choice((("path", name), ("path", b"./" + name), ("size", size_of(member)), ("comment", "x"), ("mtime", "1.5"),
                       ("size", "0%d" % size_of(member)), ("VENDOR.x", junk(rng, 9))))


@mutates("a pax header that tells the truth", 4)
def _(rng, archive):
    member = rng.choice(archive.members)
    records = {pair[0]: pair for pair in (truth(rng, member) for _ in range(rng.randint(1, 4)))}
    member.before.append(tar.pax(*(record(rng, *pair) for pair in records.values())))
    if rng.randrange(2) and "path" in records:
        member.header.name = rng.choice((b"other", b"claims.jwt", b"", b"x86_64-linux.bin", b"\xff"))
    if rng.randrange(3) == 0 and "size" in records:
        member.header.size = rng.choice((0, 0, 0, 512))


@mutates("a pax record", 8)
def _(rng, archive):
    member = rng.choice(archive.members)
    key = rng.choice(KEYS)
    pairs = [(key, value_of(rng, key, member))] + [truth(rng, member)] * rng.randrange(2)
    rng.shuffle(pairs)
    member.before.append(tar.pax(*(record(rng, *pair) for pair in pairs), **rng.choice((tar.USTAR, tar.USTAR, tar.GNU, tar.V7))))


@mutates("a pax record by which another reader has another file", 6, never_accepted="each of these keys tells another reader something else")
def _(rng, archive):
    member = rng.choice(archive.members)
    key = rng.choice(TELLING)
    value = rng.choice(("0", "1", "512", str(size_of(member) + 1))) if key.endswith(("size", "offset", "map")) else "other.bin"
    member.before.append(tar.pax((key, value), typeflag=rng.choice((b"x", b"x", b"g"))))


@mutates("a global pax header", 4)
def _(rng, archive):
    member = rng.choice([*archive.members, archive.members[0], archive.members[0]])
    key = rng.choice(("comment", "x", *KEYS))
    at = rng.choice((0, 0, len(member.before)))
    member.before.insert(at, tar.pax((key, value_of(rng, key, member)), typeflag=b"g", **rng.choice((tar.USTAR, tar.GNU))))


@mutates("what is behind the pax records", 2, never_accepted="records fill the body to its last byte")
def _(rng, archive):
    member = rng.choice(archive.members)
    extra = rng.choice((b"\0", b"\0" * 9, b"\n", b" ", b"5", b"9 x=1", b"6 x=1\n\0", junk(rng, 5)))
    member.before.append(tar.pax(tar.record("comment", "x") + extra))


@mutates("a long name", 4)
def _(rng, archive):
    member = rng.choice(archive.members)
    name = member.header.name.split(b"\0", 1)[0]
    text = rng.choice((name, name, b"./" + name, name + b"\0x", name + b"/", b"", name.upper(), b"other.bin"))
    end = rng.choice((b"\0", b"\0", b"", b"\0\0", b"\n\0"))
    member.before.append(tar.long_name(text, end=end, **rng.choice((tar.GNU, tar.GNU, tar.USTAR, tar.V7))))
    if rng.randrange(2):
        member.header.name = rng.choice((b"other", b"claims.jwt", b"", name[:5], b"\xff"))


@mutates("a long link name", never_accepted="no member is a link")
def _(rng, archive):
    member = rng.choice(archive.members)
    member.before.append(tar.long_name(b"claims.jwt", typeflag=b"K"))


@mutates("the type of an extension")
def _(rng, archive):
    for member in archive.members:
        for extension in member.before:
            extension.header.typeflag = rng.choice((b"x", b"g", b"X", b"L", b"K", b"0", b"N"))


@mutates("extensions in another order, or twice")
def _(rng, archive):
    for member in archive.members:
        rng.shuffle(member.before)
        member.before += member.before[:rng.randrange(2)]


@mutates("an extension before another member", 1)
def _(rng, archive):
    giver, taker = rng.choice(archive.members), rng.choice(archive.members)
    if giver.before:
        taker.before.append(giver.before.pop())


@mutates("a body that looks like members, and a pax size", 3)
def _(rng, archive):
    hidden = tar.member(rng.choice(("claims.jwt", "x86_64-linux.bin", "evil.bin")), b"hidden" * 10)
    body = b"".join(hidden.encode()) * rng.randint(1, 2) + (tar.END if rng.randrange(2) else b"")
    member = archive.target
    member.body = body
    archive.list("x86_64-linux", body)
    shown = rng.choice((len(body), len(body), 0, 512, len(body) - 512))
    member.before = [tar.pax(("size", shown))] if rng.randrange(4) else []
    member.header.size = rng.choice((0, len(body), 512, None))
