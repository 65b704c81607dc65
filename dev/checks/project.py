# What the checks share: the files of the project, and how a check ends.
# SPDX-License-Identifier: Apache-2.0

import pathlib
import subprocess
import sys

C_SUFFIXES = {".c", ".h", ".cc"}
SCRIPT_SUFFIXES = {".sh", ".bash", ".bats", ".py"}


def files():
    """Every file of the project below the current directory, in order: what git has or would add."""
    if pathlib.Path(".git").exists():
        listing = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], check=True,
                                 capture_output=True, text=True)
        found = (pathlib.Path(name) for name in listing.stdout.split("\0") if name)
    else:
        found = (path for path in pathlib.Path(".").rglob("*") if not path.parts[0].startswith("build"))
    return sorted({path for path in found if path.is_file() and not path.is_symlink()})


def language(path):
    """"c", "sh", "bats", "python", or None for everything else."""
    if path.suffix in C_SUFFIXES:
        return "c"
    if path.suffix in SCRIPT_SUFFIXES:
        return {".py": "python", ".bats": "bats"}.get(path.suffix, "sh")
    if path.suffix:
        return None
    with path.open("rb") as file:
        first = file.readline()
    if not first.startswith(b"#!"):
        return None
    return "python" if b"python" in first else "bats" if b"bats" in first else "sh"


def finish(faults):
    """Prints the faults; any makes the check fail."""
    for fault in faults:
        print(fault)
    sys.exit(1 if faults else 0)
