# Runs the built command in an empty directory and holds what it did against what was expected.
# SPDX-License-Identifier: Apache-2.0

import dataclasses
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading

import cases
from writers import archive as base_archives
from writers import nkeys, pieces

SANITIZED = os.environ.get("PROVAR_SANITIZED") == "yes"
BUILD = pathlib.Path(os.environ.get("PROVAR_BUILD") or cases.ROOT / "build")
PROVAR = str(BUILD.resolve() / "cli" / "provar")
REPORT = re.compile(r"Sanitizer[: ]|: runtime error: ")

WARNING = "provar: warning: "

# How much longer anything may take with sanitizers.
SLOWER = 6


class Wrong(Exception):
    """The command did not do what the case says."""


class Result:
    """How a command ended, and what it wrote."""

    def __init__(self, argv, answer, stdout, stderr):
        self.argv, self.stdout, self.stderr = argv, stdout, stderr
        self.late, self.peak, self.seconds = answer["late"], answer["peak"], answer["seconds"]
        ended = os.waitstatus_to_exitcode(answer["status"])
        self.signal = -ended if ended < 0 else None
        self.status = ended

    def demand(self, good, words):
        if not good:
            command = " ".join(["provar", *self.argv[1:]])
            raise Wrong(f"{words}\n{command}\nstatus {self.status}, {self.seconds:.2f} s, {self.peak} KiB\n"
                        f"{self.stdout[:800].decode(errors='replace')}{self.stderr[:2000].decode(errors='replace')}")

    def document(self):
        """The one JSON document on either channel; nothing beside it but, on standard error, its warnings."""
        said = [line for line in self.stderr.decode(errors="replace").splitlines() if line.startswith(WARNING)]
        rest = [line for line in self.stderr.decode(errors="replace").splitlines() if not line.startswith(WARNING)]
        self.demand(not self.stdout or not rest, "both channels were written to")
        try:
            document = json.loads(self.stdout or "\n".join(rest))
        except ValueError:
            self.demand(False, "not one JSON document")
        warnings = [WARNING + line for line in document.get("warnings", [])] if self.stdout else []
        self.demand(said == warnings, "other warnings on standard error")
        return document

    def ends(self, status):
        """By itself, in time, without a sanitizer's report, with this status."""
        self.demand(not self.late, "took too long")
        self.demand(self.signal is None, f"ended by signal {self.signal}")
        self.demand(not REPORT.search(self.stderr.decode(errors="replace")), "a sanitizer's report")
        self.demand(self.status == status, f"expected status {status}")

    def is_expected(self, expect, status, archive=None):
        """As the case says: code, status, and what else it names. Gives the document."""
        self.ends(status)
        document = self.document()
        self.demand(document.get("success") is (expect.code == "ok"), "success is not as expected")
        self.demand(document.get("code", "ok") == expect.code, f"expected code {expect.code}")
        if expect.code != "ok":
            self.demand(document["exit_status"] == status, "the document names another status")
            self.demand(document["error"] and document["error"].isprintable(), "no error, or one that is not printable")
        place = expect.at(archive) if callable(expect.at) else expect.at
        self.demand(place is None or document.get("offset") == place, f"expected offset {place}")
        self.demand(expect.member is None or document.get("member") == expect.member,
                    f"expected member {expect.member}")
        for part in (expect.text,) if isinstance(expect.text, str) else expect.text or ():
            self.demand(part in document["error"], f"expected in the error: {part}")
        for field, value in expect.shows.items():
            value = value(archive) if callable(value) else value
            self.demand(document.get(field) == value, f"expected {field}: {value}")
        if expect.warnings is not None:
            said = document.get("warnings", [])
            fits = len(said) == len(expect.warnings) and all(want in line for want, line in zip(expect.warnings, said))
            self.demand(fits, f"expected warnings: {expect.warnings}")
        return document


class World:
    """A directory to work in, an empty one to be found empty afterwards, one for temporary files, and a spawner."""

    def __init__(self):
        spawner = pathlib.Path(__file__).with_name("spawner.py")
        self.spawner = subprocess.Popen([sys.executable, "-I", "-S", str(spawner)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="provar-corpus-"))
        self.archive = self.root / "archive.par"
        self.work, self.temp, self.home = self.root / "work", self.root / "temp", self.root / "home"
        self.pipe = self.root / "pipe"
        os.mkfifo(self.pipe)
        self.begin()

    def close(self):
        self.spawner.stdin.close()
        self.spawner.wait()
        shutil.rmtree(self.root)

    def begin(self):
        """Empty again, for the next case."""
        for folder in (self.work, self.temp, self.home):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(mode=0o700)

    def refuses(self, code, *args, peak=24, seconds=10, **how):
        """One run that fails with this code and leaves nothing behind."""
        result = self.run(*args, seconds=seconds, **how)
        result.is_expected(cases.Expect(code), cases.status_of(code, args[0]))
        self.within(result, peak, seconds)
        self.nothing_left(result)
        return result

    def environment(self):
        kept = {name: value for name,
                value in os.environ.items() if name.startswith(("ASAN_", "UBSAN_", "LSAN_", "LLVM_"))}
        return {**kept, "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": str(self.home),
                "TMPDIR": str(self.temp), "PROVAR_HISTORY": ""}

    def write(self, archive_pieces, path=None):
        """Writes a file, zeros at its end as a hole."""
        with open(path or self.archive, "wb") as file:
            for piece in archive_pieces:
                if isinstance(piece, pieces.Repeat) and piece.unit == b"\0":
                    file.seek(len(piece), os.SEEK_CUR)
                    continue
                for chunk in pieces.chunks([piece]):
                    file.write(chunk)
            file.truncate()

    def run(self, *args, feed=None, stdin="/dev/null", seconds=10, env=None, document=True):
        """provar ARGS. `feed`: pieces that come through a pipe as standard input."""
        argv = [PROVAR, *(["-o", "json"] if document else []), *map(str, args)]
        out, err = self.root / "stdout", self.root / "stderr"
        order = {"argv": argv, "cwd": str(self.work), "env": {**self.environment(), **(env or {})}, "stdout": str(out),
                 "stderr": str(err), "stdin": str(stdin if feed is None else self.pipe),
                 "seconds": seconds * (SLOWER if SANITIZED else 1)}
        feeder = threading.Thread(target=self._feed, args=(feed,)) if feed is not None else None
        if feeder:
            feeder.start()
        self.spawner.stdin.write(json.dumps(order) + "\n")
        self.spawner.stdin.flush()
        answer = json.loads(self.spawner.stdout.readline())
        if feeder:
            feeder.join()
        return Result(argv, answer, out.read_bytes(), err.read_bytes())

    def _feed(self, feed):
        with open(self.pipe, "wb", buffering=0) as pipe:
            try:
                for chunk in pieces.chunks(feed):
                    while chunk:
                        chunk = chunk[pipe.write(chunk):]
            except BrokenPipeError:
                pass  # the command has seen enough

    # ---- what must be so afterwards

    def nothing_left(self, result, *but):
        left = sorted(path.name for folder in (self.work, self.temp, self.home) for path in folder.iterdir())
        result.demand(left == sorted(but), f"files were left: {left}")

    def within(self, result, peak, seconds):
        """MiB resident, and seconds."""
        result.demand(SANITIZED or result.peak <= peak * 1024, f"more than {peak} MiB resident")
        result.demand(result.seconds <= seconds * (SLOWER if SANITIZED else 1), f"more than {seconds} s")


TRUST = ("--issuer", nkeys.ISSUER.public)
# How each verb is asked about an archive whose name stands for {}; "pipe" is check, reading from one.
ASK = {
    "check": ("check", "{}"),
    "pipe": ("check", "-"),
    "inspect": ("inspect", "{}"),
    "verify": ("verify", *TRUST, "{}"),
    "extract": ("extract", *TRUST, "--target", base_archives.TARGET, "--destination", "out", "{}"),
    "extract-pipe": ("extract", *TRUST, "--target", base_archives.TARGET, "--destination", "out", "-"),
    "run": ("run", *TRUST, "{}"),
}
USUAL = tuple(ASK)
EXTRACTS = ("extract", "extract-pipe")
# The executables of the corpus are of this machine, or `run` has no target.
RUNS = os.uname().machine == "x86_64"


def ask(world, case, verb, file, expect):
    """One run about an archive, which has been written, too, where it is not to come from a pipe."""
    args = [str(world.archive) if word == "{}" else word for word in expect.args or ASK[verb]]
    piped = "-" in args
    return world.run(args[0], *expect.options, *args[1:], feed=file if piped else None, seconds=case.seconds)


def look_at_output(world, result, case, archive, verb):
    """An extracted target is the body that was signed; nothing else is there."""
    if verb in EXTRACTS:
        body = case.extracted if case.extracted is not None else archive.target.body
        body = body if isinstance(body, bytes) else pieces.joined(body)
        out = world.work / "out"
        result.demand(out.exists() and out.read_bytes() == body, "extract wrote something else")
        out.unlink()
    world.nothing_left(result)


def judge(world, case, archive, verb, expect, file, documents):
    result = ask(world, case, verb, file, expect)
    documents[verb] = result.is_expected(expect, cases.status_of(expect.code, result.argv[3]), archive)
    if expect.same_as:
        result.demand(documents[verb] == documents[expect.same_as], f"another answer than of: {expect.same_as}")
    world.within(result, case.peak, case.seconds)
    if expect.code == "ok":
        look_at_output(world, result, case, archive, verb)
    else:
        world.nothing_left(result)


def play_case(world, case):
    """Every verb on the archive of the case."""
    archive = case.made()
    file = archive.file()
    world.write(file)
    documents = {}
    for verb in dict.fromkeys([*USUAL, *case.verbs]):
        expect = case.expectation(verb)
        if expect is not None and (verb != "run" or RUNS):
            judge(world, case, archive, verb, expect, file, documents)


def play_control(world, case):
    """The same archive without the change passes."""
    archive = case.base()
    file = archive.file()
    world.write(file)
    good = cases.Expect(warnings=case.control_warnings, options=case.expect.options)
    control = dataclasses.replace(case, expect=good, verbs=case.control_verbs)
    for verb in USUAL:
        if verb != "run" or RUNS:
            judge(world, control, archive, verb, control.expectation(verb), file, {})
