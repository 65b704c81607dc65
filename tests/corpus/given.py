# What a command that writes is given, and that it leaves all of it alone when it refuses.
# SPDX-License-Identifier: Apache-2.0

import os
import shutil
import stat

from cases import Expect
from writers import archive as archives
from writers import nkeys


def given(world):
    """A folder with keys, executables and an archive."""
    folder = world.root / "given"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    for name, key in (("issuer", nkeys.ISSUER), ("subject", nkeys.SUBJECT), ("stranger", nkeys.STRANGER)):
        put_key(folder / name, key.seed_text)
    (folder / "program").write_bytes(archives.BODIES[archives.TARGET])
    (folder / "other").write_bytes(archives.BODIES[archives.OTHER_TARGET])
    world.write(archives.base().file(), folder / "old.par")
    return folder


def put_key(path, text, mode=0o600):
    path.write_bytes(text if isinstance(text, bytes) else f"{text}\n".encode())
    path.chmod(mode)


def snapshot(folder):
    """Everything below a folder: kind and mode, and what is in it."""
    def content(path, kind):
        return os.readlink(path) if stat.S_ISLNK(kind) else path.read_bytes() if stat.S_ISREG(kind) else None
    return {str(path): (path.lstat().st_mode, content(path, path.lstat().st_mode)) for path in [folder, *folder.rglob("*")]}


def refused(world, code, *args, **how):
    """Nothing of what was given is another, and nothing is new."""
    before = snapshot(world.root / "given")
    result = world.refuses(code, *args, **how)
    result.demand(snapshot(world.root / "given") == before, "something else is there than before")
    return result


def done(world, *args, made=(), **how):
    result = world.run(*args, **how)
    result.is_expected(Expect(), 0)
    world.nothing_left(result, *made)
    return result


def signed(folder, issuer="issuer", subject="subject"):
    return ("--issuer", folder / issuer, "--subject", folder / subject)


def create(folder, *args, by=None, target="program"):
    return ("create", "--name", "x", "--vendor", "y", "--version", "1.0.0", *(signed(folder) if by is None else by),
            *(("--target", folder / target) if target else ()), *args)


def in_the_way(folder, kind):
    path = folder / "destination"
    if kind == "link":
        path.symlink_to(folder / "old.par")
    elif kind == "dangling":
        path.symlink_to("nowhere")
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "directory":
        path.mkdir()
    elif kind == "to itself":
        path.symlink_to("destination")
    return path


WAYS = {"a link to a file": "link", "a dangling link": "dangling", "a link to itself": "to itself", "a FIFO": "fifo", "a directory": "directory"}
