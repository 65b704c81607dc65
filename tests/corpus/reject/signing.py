# Rows 250 to 254, 259 and 260 of the threat matrix: whose keys sign, from which files, and how new ones are made.
# SPDX-License-Identifier: Apache-2.0

import ctypes
import os
import stat
import subprocess

from cases import STATUS, Collection, Expect
from given import WAYS, create, done, given, in_the_way, put_key, refused, signed, snapshot
from world import PROVAR, SANITIZED, SLOWER, Wrong
from writers import nkeys

CORPUS = Collection([*range(250, 255), 259, 260])
scenario = CORPUS.scenario

MIB = 1 << 20


# ---- keys that sign


@scenario(250, "issuer of kind", each={kind: kind for kind in "MUOVNCX"})
def _(world, kind):
    folder = given(world)
    put_key(folder / "key", nkeys.seed_text(kind, nkeys.ISSUER.seed))
    refused(world, "key", *create(folder, by=signed(folder, issuer="key")))
    refused(world, "key", "insert", folder / "old.par", "--target", folder / "other", *signed(folder, issuer="key"), "--reissue")


@scenario(250, "subject of kind", each={kind: kind for kind in "AMUONCX"})
def _(world, kind):
    folder = given(world)
    put_key(folder / "key", nkeys.seed_text(kind, nkeys.SUBJECT.seed))
    refused(world, "key", *create(folder, by=signed(folder, subject="key")))


@scenario(250, "subject, a public key of kind", each={kind: kind for kind in "AMUONCX"})
def _(world, kind):
    folder = given(world)
    text = nkeys.public_text(kind, nkeys.SUBJECT.public_bytes)
    refused(world, "key", *create(folder, by=("--issuer", folder / "issuer", "--subject", text)))


@scenario(250, "subject, a weak public key, which is no key", each={name: name for name in nkeys.WEAK})
def _(world, name):
    folder = given(world)
    text = nkeys.public_text("V", nkeys.WEAK[name][0].to_bytes(32, "little"))
    refused(world, "usage", *create(folder, by=("--issuer", folder / "issuer", "--subject", text)))


def refuses_seed(world, text):
    """As an issuer, a subject and a file to be looked at; no message shows it."""
    folder = given(world)
    put_key(folder / "key", text)
    for order in (create(folder, by=signed(folder, issuer="key")), create(folder, by=signed(folder, subject="key")), ("keys", "public", folder / "key")):
        result = refused(world, "key", *order)
        shown = text if isinstance(text, str) else text.decode(errors="replace")
        result.demand(len(shown) < 20 or shown[:20].encode() not in result.stderr + result.stdout, "the text is shown")


# Section 6 of the matrix: the seed bytes 00 01 ... 1f under the type byte 25 << 3.
UNKNOWN_TYPE = "SZAAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4H5QEE"


@scenario(251, "a seed of type 25 << 3")
def _(world):
    if nkeys.seed_text(25 << 3, nkeys.STRANGER.seed) != UNKNOWN_TYPE:
        raise Wrong("the writer makes another text")
    refuses_seed(world, UNKNOWN_TYPE)


GOOD = nkeys.ISSUER.seed_text


@scenario(251, "a seed whose type byte is", each={f"{byte:02x}": byte for byte in (*range(1, 8), 15 << 3, 18 << 3, 23 << 3 | 1, 255)})
def _(world, byte):
    refuses_seed(world, nkeys.seed_text(byte, nkeys.ISSUER.seed))


NO_SEEDS = {
    "lower case": GOOD.lower(), "one letter lower": GOOD[:-1] + GOOD[-1].lower(), "57 characters": GOOD[:-1], "59 characters": GOOD + "A", "another checksum":
    nkeys.seed_text("A", nkeys.ISSUER.seed, 0), "a public key": nkeys.ISSUER.public, "= behind": GOOD + "=", "0 for O": GOOD[:-1] + "0", "a space behind": GOOD + " ",
    "spare bits in its prefix": nkeys.text(bytes([nkeys.KINDS["S"], 1]), nkeys.ISSUER.seed),
    "another prefix than S": nkeys.text(bytes([nkeys.KINDS["P"], 0]), nkeys.ISSUER.seed),
}


@scenario(251, "a text that is no seed", each=NO_SEEDS)
def _(world, text):
    refuses_seed(world, text)


# ---- key files

MODES = {f"{mode:04o}": mode for mode in (0o644, 0o640, 0o604, 0o660, 0o620, 0o610, 0o601, 0o677)}


def with_key(world, spoil):
    """What every verb that reads a key file says of this one."""
    folder = given(world)
    spoil(folder, folder / "issuer")
    return {"create": create(folder), "insert": ("insert", folder / "old.par", "--target", folder / "other", *signed(folder)),
            "keys public": ("keys", "public", folder / "issuer"), "as the environment": ("create", "--name", "x", "--vendor", "y", "--target", folder / "program")}


def refuses_key_file(world, code, spoil):
    orders = with_key(world, spoil)
    folder = world.root / "given"
    by_environment = {"WASH_ISSUER_KEY": str(folder / "issuer"), "WASH_SUBJECT_KEY": str(folder / "subject")}
    for name, order in orders.items():
        if name != "keys public" or code == "key":
            refused(world, code, *order, env=by_environment if name == "as the environment" else None, seconds=5)


@scenario(252, "a key file of mode", each=MODES)
def _(world, mode):
    refuses_key_file(world, "unsafe-path", lambda _, path: path.chmod(mode))


def to_a_link(folder, path):
    path.rename(folder / "elsewhere")
    path.symlink_to("elsewhere")


@scenario(252, "a key file that is a link")
def _(world):
    refuses_key_file(world, "unsafe-path", to_a_link)


NOBODY = 65534
if os.geteuid() == 0:
    @scenario(252, "a key file of another user")
    def _(world):
        refuses_key_file(world, "unsafe-path", lambda _, path: os.chown(path, NOBODY, -1))
else:
    CORPUS.is_in(252, "unit/test_keyfile: test_owners", "another user's file can be made by root alone")


CONTENTS = {"4 KiB": (GOOD.encode().ljust(4096, b"\n"), "key"), "more than 4 KiB": (GOOD.encode().ljust(4097, b"\n"), "limit"), "100 MiB": (None, "limit"),
            "binary": (bytes(range(256)), "key"), "NUL behind": (GOOD.encode() + b"\0", "key"), "NUL and more behind": (GOOD.encode() + b"\0\n", "key"), "empty": (b"", "key"),
            "a line feed": (b"\n", "key"), "two seeds": (f"{GOOD}\n{GOOD}\n".encode(), "key"), "white space in front": (b" " + GOOD.encode(), "key"),
            "two line feeds behind": (GOOD.encode() + b"\n\n", "key"), "a byte order mark": (b"\xef\xbb\xbf" + GOOD.encode(), "key")}


@scenario(252, "a key file that holds", each=CONTENTS)
def _(world, case):
    content, code = case

    def spoil(_, path):
        path.write_bytes(content or b"")
        if content is None:
            os.truncate(path, 100 * MIB)
    refuses_key_file(world, code, spoil)


def to_special(kind):
    def spoil(_, path):
        path.unlink()
        if kind == "a FIFO":
            os.mkfifo(path, 0o600)
        elif kind == "a directory":
            path.mkdir(mode=0o700)
    return spoil


@scenario(252, "a key file that is", each={kind: kind for kind in ("a FIFO", "a directory", "missing")})
def _(world, kind):
    refuses_key_file(world, "io" if kind != "missing" else "usage", to_special(kind))


GENERATE = ("keys", "gen", "account", "--destination")


@scenario(253, "a new key where there is", each=WAYS)
def _(world, kind):
    folder = given(world)
    path = in_the_way(folder, kind)
    refused(world, "unsafe-path", *GENERATE, path, seconds=5)
    refused(world, "unsafe-path", *GENERATE, path, "--force", seconds=5)


@scenario(253, "a new key where there is a file")
def _(world):
    folder = given(world)
    refused(world, "io", *GENERATE, folder / "issuer")
    done(world, *GENERATE, folder / "issuer", "--force")
    done(world, *GENERATE, folder / "new key")
    for name in ("issuer", "new key"):
        text = (folder / name).read_text()
        if stat.S_IMODE((folder / name).stat().st_mode) != 0o600 or text.strip() == GOOD or len(text) != 59:
            raise Wrong(f"{name}: not a new key of mode 0600")


@scenario(253, "a new key in a directory of mode", each={f"{mode:04o}": mode for mode in (0o777, 0o770, 0o707, 0o720, 0o702)})
def _(world, mode):
    folder = given(world)
    (folder / "open").mkdir()
    (folder / "open").chmod(mode)
    refused(world, "unsafe-path", *GENERATE, folder / "open" / "key")
    (folder / "open").chmod(mode & 0o755)
    done(world, *GENERATE, folder / "open" / "key")


@scenario(254, "keys in the current directory", each={"755": 0o755, "775": 0o775, "711": 0o711})
def _(world, mode):
    """Made where nobody else may write; and the directory is as it was, whatever becomes of it."""
    folder = given(world)
    world.work.chmod(mode)
    order = ("create", "--name", "x", "--vendor", "y", "--version", "1", "--target", folder / "program", "--keygen", "--directory", ".", "--destination", folder / "x.par")
    result = world.run(*order)
    result.demand(stat.S_IMODE(world.work.stat().st_mode) == mode, "the directory has another mode")
    if mode & 0o022:
        result.is_expected(Expect("unsafe-path"), STATUS["unsafe-path"])
        world.nothing_left(result)
    else:
        result.is_expected(Expect(), 0)
        made = list(world.work.iterdir())
        result.demand(len(made) == 2 and all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in made), "not two key files of mode 0600")
    world.work.chmod(0o700)


# ---- chance, and secrets


class Filter(ctypes.Structure):
    """struct sock_fprog, which names instructions of 8 bytes."""

    _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


GETRANDOM = 318  # of x86_64
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
ENOSYS = 38


def without_getrandom():
    """In a child before its exec: the system has no random bytes any more (seccomp)."""
    def instruction(code, jt, jf, k):
        return code.to_bytes(2, "little") + bytes([jt, jf]) + k.to_bytes(4, "little")
    program = b"".join((instruction(0x20, 0, 0, 0),  # load the number of the call
                        instruction(0x15, 0, 1, GETRANDOM),  # if it is getrandom
                        instruction(0x06, 0, 0, 0x00050000 | ENOSYS),  # fail
                        instruction(0x06, 0, 0, 0x7fff0000)))  # else go on
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(Filter(len(program) // 8, program)), 0, 0) != 0:
        os._exit(99)


def no_chance(folder):
    return {"a key": ("keys", "gen", "account"), "a key in a file": (*GENERATE, folder / "key"), "an id": create(folder, "--destination", "x.par"),
            "keys in a directory": ("create", "--name", "x", "--vendor", "y", "--target", folder / "program", "--keygen", "--directory", folder)}


if os.uname().machine == "x86_64" and not SANITIZED:
    @scenario(259, "without random bytes", each={name: name for name in ("a key", "a key in a file", "an id", "keys in a directory")})
    def _(world, name):
        folder = given(world)
        before = snapshot(folder)
        for prepare in (None, without_getrandom):
            ended = subprocess.run([PROVAR, *map(str, no_chance(folder)[name])], cwd=world.work, env=world.environment(), capture_output=True, preexec_fn=prepare,
                                   timeout=10 * SLOWER, check=False)
            if prepare is None:
                if ended.returncode != 0:
                    raise Wrong(f"with random bytes: {ended}")
                folder = given(world)
                world.begin()
            elif ended.returncode not in (STATUS["io"], STATUS["internal"]) or ended.stdout or snapshot(folder) != before or list(world.work.iterdir()):
                raise Wrong(f"without random bytes: {ended}")
else:
    CORPUS.is_in(259, "unit/test_fault_write: test_create_plain", "the call is taken away by its number on x86_64, and a sanitizer needs it itself")


for TEST in ("cli/secret: create, sign: no seed is left in memory", "cli/secret: a seed where none belongs is struck out, wherever it would be shown",
             "cli/secret: no core dumps", "unit/test_residue: test_keys_leave_nothing"):
    CORPUS.is_in(260, TEST, "the memory of the process is looked at there")
