# Rows 56 to 74 of the threat matrix: what kind of member there is, and under what name.
# SPDX-License-Identifier: Apache-2.0

from cases import Collection
from writers import archive as archives
from writers import pieces, tar

CORPUS = Collection(range(56, 75))
rejects = CORPUS.rejects

NAME = "x86_64-linux.bin"
MIB = 1 << 20


def at_second(archive):
    """Where the target is in a base, whatever it is changed to."""
    return archive.at(archive.members[1])


# ---- what is no regular file


@rejects(56, "a symbolic link", "entry", at=at_second, member=NAME,
         each={"relative": b"elsewhere", "absolute": b"/bin/sh"})
def _(archive, name):
    archive.target.header.set(typeflag=b"2", linkname=name)


def with_an_empty_target():
    archive = archives.base()
    archive.target.body = b""
    archive.list(archives.TARGET, b"")
    return archive


EMPTY = {"base": with_an_empty_target, "control_warnings": ("is empty",)}


@rejects(56, "a symbolic link whose claims hash the empty string", "entry", at=at_second, **EMPTY)
def _(archive):
    archive.target.header.set(typeflag=b"2", linkname=b"/bin/sh")


@rejects(57, "a hard link", "entry", at=at_second, member=NAME)
def _(archive):
    archive.target.header.set(typeflag=b"1", linkname=b"claims.jwt")


@rejects(57, "a hard link whose claims hash the empty string", "entry", at=at_second, **EMPTY)
def _(archive):
    archive.target.header.set(typeflag=b"1", linkname=b"claims.jwt")


@rejects(58, "a device or FIFO", "entry", at=at_second, member=NAME,
         each={"character": b"3", "block": b"4", "FIFO": b"6"})
def _(archive, typeflag):
    archive.target.header.set(typeflag=typeflag, devmajor=1, devminor=3)


@rejects(59, "a directory of a target's name", "entry", at=at_second, member=f"{NAME}/", **EMPTY)
def _(archive):
    archive.target.header.set(typeflag=b"5", name=f"{NAME}/".encode())


@rejects(59, "a directory of a target's name, without a slash", "entry", at=at_second, member=NAME, **EMPTY)
def _(archive):
    archive.target.header.set(typeflag=b"5")


@rejects(59, "a directory as V7 has it", "entry", base=archives.v7, at=at_second, member=f"{NAME}/")
def _(archive):
    archive.target.header.set(name=f"{NAME}/".encode())


@rejects(59, "a directory by the name in a header that an extension names otherwise", "entry", base=archives.gnu,
         each={"long name": tar.long_name(NAME), "pax": tar.pax(("path", NAME))})
def _(archive, extension):
    archive.target.header.set(typeflag=b"\0", name=f"{NAME}/".encode())
    archive.target.before = [extension]


@rejects(60, "a directory, and the target in it", "entry", at=at_second, member="bin/")
def _(archive):
    archive.target.header.name = f"bin/{NAME}".encode()
    archive.insert(tar.member("bin/", typeflag=b"5"), 1)


@rejects(60, "the target in a directory that is not there", "entry", at=at_second, member=f"bin/{NAME}",
         text="a directory in the path")
def _(archive):
    archive.target.header.name = f"bin/{NAME}".encode()


def with_root():
    archive = archives.base()
    archive.insert(tar.member("./", typeflag=b"5"), 0)
    return archive


@rejects(60, "a second root directory", "entry", base=with_root, at=at_second, member="./")
def _(archive):
    archive.insert(tar.member("./", typeflag=b"5"), 1)


@rejects(60, "the root directory behind a member", "entry", at=at_second, member="./")
def _(archive):
    archive.insert(tar.member("./", typeflag=b"5"), 1)


@rejects(60, "a root directory with a body", "entry", base=with_root, at=0, member="./")
def _(archive):
    archive.members[0].body = b"hidden"


ODD_TYPES = {"0x80": b"\x80", "0xff": b"\xff", "a blank": b" ", "a line feed": b"\n"}
UNKNOWN_TYPES = {flag: flag.encode() for flag in "7VMDNAXZSs89/"} | ODD_TYPES


@rejects(61, "type", "entry", at=at_second, member=NAME, each=UNKNOWN_TYPES)
def _(archive, typeflag):
    archive.target.header.set(typeflag=typeflag)


# No reader takes these for a directory: one makes a link, another reads a map of holes where the next header stands.
@rejects(61, "type of a V7 header that is named as the root directory", "entry", at=0, member="./", base=archives.v7,
         each={**UNKNOWN_TYPES, **{flag: flag.encode() for flag in "12346"}})
def _(archive, typeflag):
    archive.insert(tar.member("./", typeflag=typeflag, **tar.V7), 0)


@rejects(61, "K, a long link name", "entry", base=archives.gnu, at=lambda archive: archive.at(archive.target) - 1024)
def _(archive):
    archive.target.before = [tar.long_name("elsewhere", typeflag=b"K")]


# ---- dialects


@rejects(62, "an extension header without a magic", "tar", base=archives.v7, at=at_second,
         each={flag: flag.encode() for flag in "xgLK"})
def _(archive, typeflag):
    payload = tar.record("path", NAME) if typeflag in b"xg" else NAME.encode() + b"\0"
    archive.insert(tar.member("./PaxHeaders/claims", payload, typeflag=typeflag, **tar.V7), 1)


UNKNOWN_MAGICS = {
    "ustar NUL and two NULs": (b"ustar\0", b"\0\0"), "ustar NUL and 01": (b"ustar\0", b"01"),
    "ustar and a blank": (b"ustar ", b"00"),
    "USTAR": (b"USTAR\0", b"00"), "two NULs and 00": (b"", b"00"), "GNU's without its NUL": (b"ustar ", b"  "),
    "tar": (b"tar\0", b"00")}


@rejects(63, "magic", "tar", at=at_second, each=UNKNOWN_MAGICS)
def _(archive, magic):
    archive.target.header.set(magic=magic[0], version=magic[1])


@rejects(64, "prefix evil of claims.jwt", "entry", at=0, member="evil/claims.jwt", text="a directory in the path")
def _(archive):
    archive.token_member.header.prefix = b"evil"


@rejects(64, "prefix in a header that has none", "tar", at=at_second, each={"GNU": tar.GNU, "V7": tar.V7})
def _(archive, dialect):
    archive.target.header.set(**dialect, prefix=b"evil")


@rejects(64, "byte 345 in a header that has no prefix", "tar", at=at_second, each={"GNU": tar.GNU, "V7": tar.V7})
def _(archive, dialect):
    archive.target.header.set(**dialect, prefix=b"\1")


@rejects(64, "prefix of one byte, a slash, empty before it", "entry", at=at_second)
def _(archive):
    archive.target.header.prefix = b"/"


# ---- names


@rejects(65, "every text field full, without a NUL", "entry", at=at_second, text="pppp...'")
def _(archive):
    archive.target.header.set(name=b"n" * 100, prefix=b"p" * 155, linkname=b"l" * 100, uname=b"u" * 32, gname=b"g" * 32)


@rejects(65, "name of 100 bytes without a NUL", "entry", at=at_second, member="n" * 96 + ".bin")
def _(archive):
    archive.target.header.set(name=b"n" * 96 + b".bin", linkname=b"l" * 100)


def with_long_name():
    archive = archives.gnu()
    archive.target.before = [tar.long_name(NAME)]
    return archive


def at_long_name(archive):
    return archive.at(archive.target) - 1024


@rejects(66, "L with a NUL inside", "entry", base=with_long_name, at=at_long_name, each={
    "then junk": f"{NAME}\0junk", "then another name": f"{NAME}\0aarch64-linux.bin", "in front": f"\0{NAME}",
    "two at the end": f"{NAME}\0\0"})
def _(archive, name):
    archive.target.before = [tar.long_name(name, end=b"\0" if name[-1] != "\0" else b"")]


@rejects(66, "an empty long name", "tar", base=with_long_name, each={"a NUL": b"\0", "nothing": b""},
         at=lambda archive: archive.at(archive.target) - pieces.length(archive.target.before[0].encode()))
def _(archive, end):
    archive.target.before = [tar.long_name("", end=end)]


@rejects(66, "a pax path with a NUL inside", "entry", at=lambda archive: archive.at(archive.target) - 512)
def _(archive):
    archive.target.before = [tar.pax(("path", f"{NAME}\0junk"))]


NOT_UTF8 = {"0xff": b"\xff", "a lone continuation": b"\x80", "overlong": b"\xc0\xaf", "a surrogate": b"\xed\xa0\x80",
            "beyond U+10FFFF": b"\xf4\x90\x80\x80", "cut": b"\xe2\x82"}


@rejects(67, "a name that is not UTF-8", "entry", at=at_second, text="not UTF-8", each=NOT_UTF8)
def _(archive, text):
    archive.target.header.name = text + NAME.encode()


@rejects(68, "an empty name", "entry", at=at_second, text="no name")
def _(archive):
    archive.target.header.name = b""


@rejects(68, "nothing behind ./", "entry", at=at_second, member="./", text="no name")
def _(archive):
    archive.target.header.name = b"./"


NO_LAST_PART = {"..": "'..'", "a/..": "'..'", "/": "an absolute path", "//": "an absolute path", "./..": "'..'", ".": "neither",
                "././": "a directory in the path"}
PATHS = {"/tmp/claims.jwt": "an absolute path", "/claims.jwt": "an absolute path", ".//claims.jwt": "an absolute path",
         "../claims.jwt": "'..'", "a/../claims.jwt": "'..'", "./../claims.jwt": "'..'",
         "././claims.jwt": "a directory in the path", "claims.jwt/": "a directory in the path"}


for path, fault in NO_LAST_PART.items():
    @rejects(69, f"a name that has no last part: {path}", "entry", at=at_second, text=fault)
    def _(archive, path=path):
        archive.target.header.name = path.encode()


for path, fault in PATHS.items():
    @rejects(70, f"a path: {path}", "entry", at=0, text=fault)
    def _(archive, path=path):
        archive.token_member.header.name = path.encode()


@rejects(71, "a backslash", "entry", at=0, text="a backslash", each={"dir and name": b"dir\\claims.jwt", "in front": b"\\claims.jwt"})
def _(archive, name):
    archive.token_member.header.name = name


@rejects(72, "members", "limit", base=archives.gzipped, each={"257": 257, "1 000 000": 1000000},
         at=lambda archive: archive.end_at() + 254 * 512)
def _(archive, count):
    header = tar.member("e.bin").encode()[0]
    archive.end.insert(0, pieces.Repeat(header, count - len(archive.members)))


def at_extension(archive):
    return archive.at(archive.target) - pieces.length(archive.target.before[0].encode())


@rejects(73, "a name of 1 MiB by L", "limit", base=with_long_name, at=at_extension)
def _(archive):
    archive.target.before = [tar.long_name("n" * MIB)]


@rejects(73, "a name of 1 MiB by pax", "limit", at=at_extension)
def _(archive):
    archive.target.before = [tar.pax(("path", "n" * MIB))]


@rejects(73, "a name of 60 KiB by L", "entry", base=with_long_name, at=lambda archive: archive.at(archive.target))
def _(archive):
    archive.target.before = [tar.long_name("n" * 60000 + ".bin")]


CONTROLS = {
    "an escape sequence": ("\x1b[2J", "\\x1b[2J"), "BEL": ("\a", "\\x07"), "a line feed": ("\n", "\\x0a"),
    "DEL": ("\x7f", "\\x7f"),
    "CSI of one byte": ("\x9b2J", "\\u{9b}")}


for words, (control, shown) in CONTROLS.items():
    @rejects(74, f"a name with {words}", "entry", at=at_second, text=("a control character", shown))
    def _(archive, control=control):
        archive.target.header.name = control.encode() + NAME.encode()


@rejects(74, "a name that reverses the text behind it", "entry", at=at_second, text="\\u{202e}")
def _(archive):
    archive.target.header.name = "\u202e".encode() + NAME.encode()
