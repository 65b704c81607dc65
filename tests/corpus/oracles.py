#!/usr/bin/env python3
# Holds what provar accepts against GNU tar, bsdtar, Python's tarfile, gzip and zlib: the same members, the same bytes.
# SPDX-License-Identifier: Apache-2.0
#
# oracles.py [GROUP...]         every archive of the corpus that the built command accepts, and every control
# oracles.py --file FILE...     what each reader makes of some files
#
# PROVAR_BUILD                  the build directory whose command is run; by default build/

import argparse
import base64
import hashlib
import io
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zlib

import cases
import run
from writers import nkeys, pieces

BUILD = pathlib.Path(os.environ.get("PROVAR_BUILD") or cases.ROOT / "build")
PROVAR = str(BUILD.resolve() / "cli" / "provar")
ENVIRONMENT = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": "/nonexistent",
               "PROVAR_HISTORY": ""}
ENVIRONMENT |= {name: value for name, value in os.environ.items() if name.startswith(("ASAN_", "UBSAN_"))}
# For one run of one program; none of these archives is larger than a few megabytes.
SECONDS = 60

# What GNU tar writes about a member: type and mode, owner, size, date, time, name.
LISTED = re.compile(rb"(.)\S{9} +\S+ +(\d+) (\S+ \S+) (.*)")

# Archives of the corpus that an oracle refuses, and may: for a field that says nothing about a provider archive, and so is
# never parsed (P9, P30), or for what stands in place of an end mark (P4). How the label begins, and who refuses.
REFUSALS = [
    ("P4 a tail of zeros shorter than a block", {"bsdtar"}),
    ("P9 pax records of what is never parsed", {"GNU tar", "bsdtar"}),
    ("P30 fields that are never parsed", {"GNU tar", "bsdtar", "tarfile", "tarfile, past the end"}),
]


class Refuses(Exception):
    """An oracle's words."""


def call(*argv, data=None):
    """Status, standard output, standard error."""
    done = subprocess.run(argv, input=data, stdin=subprocess.DEVNULL if data is None else None, capture_output=True,
                          env=ENVIRONMENT, timeout=SECONDS, check=False)
    return done.returncode, done.stdout, done.stderr


# ---- oracles: a file to a list of (name, kind, bytes), kind "0" for an ordinary file


def gnu_tar(file):
    """The listing goes to standard error and the bodies, one behind the other, to standard output."""
    status, bodies, said = call("tar", "--numeric-owner", "--quoting-style=literal", "-xOvvf", str(file))
    if status != 0:
        raise Refuses(said.decode(errors="replace"))
    members, at = [], 0
    for line in said.split(b"\n"):
        if not line or line.startswith(b"tar: "):
            continue
        found = LISTED.fullmatch(line)
        if not found:
            raise Refuses(f"not understood: {line!r}")
        kind, size = "0" if found[1] == b"-" else found[1].decode(errors="replace"), int(found[2])
        size = 0 if kind != "0" else size
        members.append((found[4], kind, bodies[at:at + size]))
        at += size
    if at != len(bodies):
        raise Refuses(f"{len(bodies)} bytes where {at} are listed")
    return members


def bsdtar(file):
    """Written anew by bsdtar, in a form in which nothing is left to understand in two ways."""
    status, written, said = call("bsdtar", "-cf", "-", "--format=pax", f"@{file}")
    if status != 0:
        raise Refuses(said.decode(errors="replace"))
    return by_tarfile(written)


def by_tarfile(data, **how):
    members = []
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:*", encoding="utf-8", errors="surrogateescape", **how) as archive:
            for entry in archive:
                kind = "0" if entry.type in (tarfile.REGTYPE, tarfile.AREGTYPE) else entry.type.decode(errors="replace")
                body = archive.extractfile(entry).read() if kind == "0" else b""
                name = entry.name + "/" * (kind == "5")
                members.append((name.encode("utf-8", "surrogateescape"), kind, body))
    # tarfile lets ValueError, OverflowError and others through, too: to refuse is to refuse.
    except Exception as error:
        raise Refuses(repr(error)) from None
    return members


def python_tarfile(file):
    return by_tarfile(file.read_bytes())


def past_the_end(file):
    """As readers of joined archives go on behind blocks of zeros. What tarfile does not understand it then passes over."""
    members = by_tarfile(file.read_bytes(), ignore_zeros=True)
    if not members:
        raise Refuses("no member")
    return members


TAR_READERS = {"GNU tar": gnu_tar, "bsdtar": bsdtar, "tarfile": python_tarfile, "tarfile, past the end": past_the_end}


def streams(file):
    """The bytes below gzip, as two decoders have them."""
    status, by_gzip, said = call("gzip", "-dc", data=file.read_bytes())
    if status != 0:
        raise Refuses(f"gzip: {said.decode(errors='replace')}")
    decoder = zlib.decompressobj(31)
    try:
        by_zlib = decoder.decompress(file.read_bytes())
    except zlib.error as error:
        raise Refuses(f"zlib: {error}") from None
    if not decoder.eof or decoder.unused_data:
        raise Refuses("zlib: not one member to the last byte")
    return by_gzip, by_zlib


# ---- provar


class Accepted:
    """What provar makes of an archive that it accepts: the token, and by name the digest that it has compared."""

    def __init__(self, file, options):
        status, token, said = call(PROVAR, "-q", "inspect", *options, "--jwt-only", str(file))
        if status != 0:
            raise Refuses(f"inspect: {said.decode(errors='replace')}")
        self.file, self.options, self.token = file, options, token.rstrip(b"\r\n")
        segment = self.token.split(b".")[1]
        payload = json.loads(base64.urlsafe_b64decode(segment + b"=" * (-len(segment) % 4)))
        self.issuer = payload["iss"]
        self.digests = {stem if stem == "world.wasm" else f"{stem}.bin": digest
                        for stem, digest in payload["wascap"]["target_hashes"].items()}

    def let_out(self, name):
        """The bytes that provar gives out under a member's name; words where it gives none."""
        if name == "world.wasm":
            words = ("inspect", *self.options, "--wit")
        else:
            words = ("extract", *self.options, "--issuer", self.issuer, "--target", name.removesuffix(".bin"), "--destination", "-")
        status, body, said = call(PROVAR, "-q", *words, str(self.file))
        if status != 0:
            raise Refuses(f"status {status}: {said.decode(errors='replace')}")
        return body


def accepted(file, options=()):
    """None when check refuses. Any end but an answer, and any report of a sanitizer, is a fault of its own."""
    status, _, said = call(PROVAR, "-q", "check", *options, str(file))
    if status not in {0, *cases.STATUS.values()} or b"Sanitizer" in said or b"runtime error:" in said:
        raise Refuses(f"check: status {status}: {said.decode(errors='replace')}")
    return Accepted(file, options) if status == 0 else None


# ---- comparison


def digest_of(body):
    return hashlib.sha256(body).hexdigest().upper()


def without_here(name):
    return name.removeprefix(b"./")


def differences(seen, taken):
    """What an oracle's members are that provar's are not."""
    if seen and seen[0][0] in (b"./", b".") and seen[0][1] in ("5", "d", "0") and not seen[0][2]:
        seen = seen[1:]  # a directory; to some an empty file, where the header is V7's
    kinds = [(name, kind) for name, kind, _ in seen if kind != "0"]
    if kinds:
        return f"members that are no files: {kinds}"
    names = sorted(without_here(name) for name, _, _ in seen)
    due = sorted([b"claims.jwt", *(name.encode() for name in taken.digests)])
    if names != due:
        return f"members {names} where {due} are due"
    for name, _, body in seen:
        name = without_here(name).decode()
        if name == "claims.jwt":
            if body.removesuffix(b"\n").removesuffix(b"\r") != taken.token:
                return "another token"
        elif digest_of(body) != taken.digests[name]:
            return f"other bytes of {name}"
    return None


def disagreements(file, taken):
    """Reader to words: all that read an accepted archive otherwise. Refusals are of class Refuses."""
    found = {}
    for name, digest in taken.digests.items():
        try:
            if digest_of(taken.let_out(name)) != digest:
                found["extract"] = f"other bytes of {name}"
        except Refuses as words:
            found["extract"] = words
    if file.read_bytes()[:2] == b"\x1f\x8b":
        try:
            by_gzip, by_zlib = streams(file)
            if by_gzip != by_zlib:
                found["gzip"] = "not what zlib gives"
        except Refuses as words:
            found["gzip"] = words
    for oracle, read in TAR_READERS.items():
        try:
            words = differences(read(file), taken)
            if words:
                found[oracle] = words
        except Refuses as words:
            found[oracle] = words
    return found


# ---- the corpus


def archives(groups):
    """(label, pieces, options) of each case that is to be accepted, and of each base."""
    bases = {}
    for group in groups:
        for case in run.load(group).cases:
            if isinstance(case, cases.Scenario) or (case.needs and not shutil.which(case.needs)):
                continue
            bases.setdefault((case.base, case.expect.options), f"control of {case.label}")
            if not case.rejected and not case.big:
                yield case.label, case.made().file(), case.expect.options
    for (base, options), label in bases.items():
        file = base().file()
        if pieces.length(file) < 1 << 24:
            yield label, file, options


def excuse(label, oracle, words):
    """The entry of REFUSALS that this is, or None."""
    fits = [start for start, who in REFUSALS if label.startswith(start) and oracle in who and isinstance(words, Refuses)]
    return (fits[0], oracle) if fits else None


def compare(groups):
    """Every reader about every archive; an excuse that nothing needed is a failure, too."""
    failed, count, used = 0, 0, set()
    with tempfile.TemporaryDirectory(prefix="provar-oracles-") as folder:
        file = pathlib.Path(folder) / "archive.par"
        for label, content, options in archives(groups):
            file.write_bytes(pieces.joined(content))
            count += 1
            try:
                taken = accepted(file, options)
                found = disagreements(file, taken) if taken else {"provar": "refuses it"}
            except Refuses as words:
                found = {"provar": words}
            for oracle, words in found.items():
                used.add(excuse(label, oracle, words))
                if excuse(label, oracle, words) is None:
                    failed += 1
                    print(f"{label}: {oracle}: {words}")
    unused = {(start, oracle) for start, who in REFUSALS for oracle in who} - used if "accept/odd" in groups else set()
    for start, oracle in sorted(unused):
        print(f"{oracle} refuses nothing of: {start}")
    print(f"{count} archives, {failed} disagreements")
    return 1 if failed or unused or not count else 0


def show(files):
    for name in files:
        file = pathlib.Path(name)
        print(name, "accepted" if accepted(file) else "refused")
        for oracle, read in TAR_READERS.items():
            try:
                print(f"  {oracle}:", *((member, kind, len(body)) for member, kind, body in read(file)))
            except Refuses as words:
                print(f"  {oracle}: refuses: {words}")
    return 0


def main():
    parser = argparse.ArgumentParser(description="Compares what provar accepts with what other readers see.")
    parser.add_argument("groups", nargs="*", help="as accept/odd; by default all")
    parser.add_argument("--file", nargs="+", help="files in place of the corpus")
    asked = parser.parse_args()
    return show(asked.file) if asked.file else compare(asked.groups or run.groups())


if __name__ == "__main__":
    sys.exit(main())
