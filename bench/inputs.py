# The three real executables that the measurements are made on.
# SPDX-License-Identifier: Apache-2.0

import dataclasses
import hashlib
import itertools
import os
import pathlib
import subprocess

# What the goals were set on: the sum of the sizes, and the largest file's part of it.
TOTAL = 183.9e6
LARGEST = 0.538

# Names for archives only: what lies in the files is this machine's code whatever they are called.
TARGETS = ("x86_64-linux", "aarch64-linux", "x86_64-freebsd")

CONSIDERED = 60
SMALLEST = 1 << 20
CUT = 256


@dataclasses.dataclass(frozen=True)
class Input:
    target: str
    path: pathlib.Path
    name: str
    size: int
    sha256: str


def answer(*words):
    """What a program prints, or nothing where it is missing or fails."""
    try:
        return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def folders():
    """Where programs lie; compilers keep their largest parts apart."""
    yield from os.environ.get("PATH", "").split(":")
    sysroot = answer("rustc", "--print", "sysroot")
    if sysroot:
        yield sysroot + "/bin"
    part = answer("gcc", "-print-prog-name=cc1")
    if "/" in part:
        yield os.path.dirname(part)


def library_folders():
    yield "/usr/lib/" + answer("gcc", "-print-multiarch")
    yield from map(str, pathlib.Path("/usr/lib").glob("llvm-*/lib"))


def is_elf(path):
    try:
        with open(path, "rb") as file:
            return file.read(4) == b"\x7fELF"
    except OSError:
        return False


def found(places):
    """{name: (size, path)} of the ELF files in these folders, each file once and each name once."""
    seen = {}
    for folder in filter(os.path.isdir, places):
        for entry in pathlib.Path(folder).iterdir():
            path = pathlib.Path(os.path.realpath(entry))
            if path.is_file() and path.stat().st_size >= SMALLEST and is_elf(path):
                seen.setdefault(path.name, (path.stat().st_size, path))
    return seen


def distance(sizes):
    total = sum(sizes)
    return abs(total / TOTAL - 1) + abs(max(sizes) / total - LARGEST)


def choose(candidates):
    """The three whose sizes are nearest to those that the goals were set on."""
    largest = sorted(((size, name) for name, (size, _) in candidates.items()), reverse=True)[:CONSIDERED]
    if len(largest) < 3:
        return None
    return max(itertools.combinations(largest, 3), key=lambda three: (-distance([size for size, _ in three]), three))


def search():
    """The paths of three executables; libraries are considered only where programs alone come nowhere near."""
    candidates = found(folders())
    three = choose(candidates)
    if three is None or distance([size for size, _ in three]) > 0.1:
        candidates = found(library_folders()) | candidates
        three = choose(candidates)
    if three is None:
        raise SystemExit("bench: fewer than three executables of 1 MiB or more are on this machine")
    return [candidates[name][1] for _, name in three]


def in_folder(folder):
    files = [path for path in pathlib.Path(folder).iterdir() if path.is_file()]
    files.sort(key=lambda path: path.stat().st_size)
    if len(files) < 3:
        raise SystemExit(f"bench: fewer than three files in '{folder}'")
    return files[-3:]


def cut(path, folder):
    """A copy of the first part, for a run that only shows that everything works."""
    copy = pathlib.Path(folder, path.name)
    with path.open("rb") as file:
        copy.write_bytes(file.read(path.stat().st_size // CUT))
    return copy


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() if hasattr(hashlib, "file_digest") \
            else hashlib.sha256(file.read()).hexdigest()


def make(folder, chosen=None, small=False):
    """The inputs, the largest first. `chosen` is a folder to take them from, `folder` takes the copies of `small`."""
    paths = in_folder(chosen) if chosen else search()
    if small:
        paths = [cut(path, folder) for path in paths]
    paths.sort(key=lambda path: (-path.stat().st_size, path.name))
    return [Input(target, path, path.name, path.stat().st_size, digest(path)) for target, path in zip(TARGETS, paths)]
