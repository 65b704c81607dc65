# Mutations of a tar header's fields, but for those that no reader of a provider archive parses.
# SPDX-License-Identifier: Apache-2.0

from mutations.registry import every_header, junk, mutates, size_of
from writers import tar

MAGICS = (b"ustar\0", b"ustar ", b"", b"ustar", b"USTAR\0", b"ustar0", b"GNUtar")
VERSIONS = (b"00", b" \0", b"", b"  ", b"0\0", b"01", b"\0" + b"0")
TYPES = (b"0", b"\0", b"7", b"1", b"2", b"5", b"S", b"V", b"A", b"M", b"N", b"x", b"L", b"g", b"K", b"X", b" ", b"\x80")
PREFIXES = (b".", b"./", b"..", b"evil", b"claims.jwt", b"\0evil", b".\0evil", b"." * 155, b"/", b"\0" * 130 + b"0" * 11 + b" ")


def sized(rng, archive):
    """An extension or a member, and the size that it has."""
    each = rng.choice([each for member in archive.members for each in (*member.before, member)])
    return each, size_of(each)


@mutates("another way to write the size", 6)
def _(rng, archive):
    each, size = sized(rng, archive)
    octal = b"%o" % size
    each.header.size = rng.choice((
        b"%011o\0" % size, b"%011o " % size, b"%012o" % size, octal, octal + b" ", octal.rjust(11) + b" ", octal.rjust(12), octal.ljust(12),
        octal.rjust(8) + b"\0", octal + b" \0 \0", octal + b"\0\0 ", octal + b" \0" + b"7", octal + b"\0" + b"7", b" " + octal + b" 1",
        b"+" + octal, b"-" + octal, b"\0" + octal, b"0" * 12, b"\t" + octal, octal + b"\n", octal + b"8", octal + b".",
        tar.base256(size), b"\x80\0\0\1" + tar.base256(size)[4:], b"\xff" + tar.base256(size)[1:], b"\x81" + tar.base256(size)[1:],
        b"\xc0" + tar.base256(size)[1:],
    ))


@mutates("another size", 3)
def _(rng, archive):
    each, size = sized(rng, archive)
    each.header.size = max(0, rng.choice((0, size - 1, size + 1, size - 512, size + 512, size * 8, 2 ** 33 - 1, size - size % 512)))


@mutates("the checksum", 4)
def _(rng, archive):
    header = rng.choice(every_header(archive))
    wrong = rng.choice((0, 0, 0, 0, 1, -1, 256))
    form = rng.choice((b"%06o\0 ", b"%07o\0", b"%07o ", b"%6o\0 ", b"%6o  ", b"%7o\0", b"%8o", b"%08o", b"%o", b"%o ", b" %o\0", b"%o\0 7",
                       b"%o\0" + b"7", b"+%o", b"%o8", b"%x"))
    signed = rng.randrange(8) == 0
    header.chksum = lambda header: form % (header.sum(signed) + wrong)


@mutates("the checksum in base-256", never_accepted="octal digits only: POSIX knows no others there")
def _(rng, archive):
    rng.choice(every_header(archive)).chksum = lambda header: tar.base256(header.sum(), 8)


@mutates("the type", 2)
def _(rng, archive):
    rng.choice(every_header(archive)).typeflag = rng.choice(TYPES)


@mutates("the type NUL", 2, never_refused="what V7 wrote for a file")
def _(rng, archive):
    rng.choice(archive.members).header.typeflag = b"\0"


@mutates("magic and version")
def _(rng, archive):
    rng.choice(every_header(archive)).set(magic=rng.choice(MAGICS), version=rng.choice(VERSIONS))


@mutates("the dialect of one header", 3)
def _(rng, archive):
    rng.choice(every_header(archive)).set(**rng.choice((tar.USTAR, tar.GNU, tar.V7)))


@mutates("the prefix", 3)
def _(rng, archive):
    rng.choice(every_header(archive)).prefix = rng.choice(PREFIXES)


@mutates("a prefix where there is none", 5, never_accepted="readers differ in what that is")
def _(rng, archive):
    rng.choice(archive.members).header.set(prefix=rng.choice((b"evil", b"x", b".", b"0", b"\xff")), **rng.choice((tar.GNU, tar.V7)))


@mutates("the name divided over prefix and name")
def _(rng, archive):
    header = rng.choice(archive.members).header
    header.prefix, header.name = rng.choice(((b".", header.name), (header.name, b""), (b"./", header.name), (b"", b"./" + header.name)))


@mutates("the link name", 2, never_refused="says nothing of a file, and nobody reads it")
def _(rng, archive):
    rng.choice(every_header(archive)).linkname = rng.choice((b"claims.jwt", b"/etc/passwd", b"x" * 100, junk(rng, 100)))


@mutates("what is behind the prefix", 2, never_refused="padding, to every dialect")
def _(rng, archive):
    rng.choice(every_header(archive)).pad = rng.choice((junk(rng, 12), b"\0" * 8 + b"tar\0", b"x", b"\0x"))


@mutates("GNU's fields in place of the prefix", 3)
def _(rng, archive):
    field = rng.choice(tuple(tar.GNU_FIELDS))
    width = tar.GNU_FIELDS[field][1]
    value = rng.choice((b"1", b"\1", tar.octal(512, width) if width > 4 else b"7", junk(rng, width)))
    rng.choice(every_header(archive)).gnu[field] = value[:width]


@mutates("a field of a sparse file in a header of GNU's", 3, never_accepted="a size other than the body's to some readers")
def _(rng, archive):
    header = rng.choice(archive.members).header
    header.set(**tar.GNU)
    header.gnu[rng.choice(("sparse_offset", "sparse_numbytes", "realsize"))] = tar.octal(rng.choice((0, 1, 5, 512)), 12)


@mutates("the name", 3)
def _(rng, archive):
    header = rng.choice(archive.members).header
    name = header.name
    header.name = rng.choice((
        b"./" + name, b"./" + name, b"././" + name, b".//" + name, b"/" + name, name + b"/", name + b"\0junk", name + b"\0" + junk(rng, 20),
        name.ljust(100, b"\0")[:99] + b"x", name.upper(), name + b" ", b"x/" + name, name[:-1], name + b"\n", name.replace(b".", b"\0."), b"",
    ))[:100]


@mutates("the name of an extension header", 2, never_refused="is given by the writer, and means nothing")
def _(rng, archive):
    for member in archive.members:
        for extension in member.before:
            extension.header.name = rng.choice((b"", b"./", b"x/", b"claims.jwt", b"../x", b"\xff" * 100, b"././@LongLink"))
