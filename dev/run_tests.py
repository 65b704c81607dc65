#!/usr/bin/env python3
# Runs the tests of a build directory by meson and counts the single cases in what they print.
# SPDX-License-Identifier: Apache-2.0
#
# Every test program writes TAP (cmocka and bats both can). A program that ends otherwise than by its plan, by a signal, or
# too late, is a failed case of its own, and so is a test file that no meson.build names.

import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

PLAN = re.compile(r"^1\.\.(\d+)$")
# cmocka 1.1.5 writes "not ok 2 # SKIP name", bats "ok 2 name # skip reason".
CMOCKA_SKIP = re.compile(r"^(?:not )?ok \d+ # SKIP (.*)$")
BATS_SKIP = re.compile(r"^ok \d+ (.*?) # skip ?(.*)$")
CASE = re.compile(r"^(not )?ok \d+ (?:- )?(.*)$")
PROGRESS = re.compile(r"^\s*\d+/\d+ ")


class Tally:
    """Names of the cases that passed, failed, and were skipped with the reason."""

    def __init__(self):
        self.passed = []
        self.failed = []
        self.skipped = []

    def skip(self, name, reason):
        """A skip for want of an optional peer ("needs cargo") is a failure where all peers must be there."""
        if reason.startswith("needs ") and os.environ.get("CI") == "true":
            self.failed.append(f"{name} ({reason})")
        else:
            self.skipped.append(f"{name} ({reason})")

    def read_tap(self, program, text):
        """Counts the cases of one program; says whether they were as many as planned."""
        planned = seen = 0
        said = "no reason given"
        for line in text.splitlines():
            case = CASE.match(line)
            if not case:
                plan = PLAN.match(line)
                planned += int(plan[1]) if plan else 0
                said = said if plan else line
                continue
            seen += 1
            if skip := CMOCKA_SKIP.match(line):
                self.skip(f"{program}: {skip[1]}", said)
            elif skip := BATS_SKIP.match(line):
                self.skip(f"{program}: {skip[1]}", skip[2])
            else:
                (self.failed if case[1] else self.passed).append(f"{program}: {case[2]}")
            said = "no reason given"
        return planned > 0 and seen == planned

    def add(self, result):
        """Counts one program's result, as meson logged it."""
        program = result["name"].split(" / ")[-1]
        before = len(self.failed)
        whole = self.read_tap(program, result.get("stdout", ""))
        good = result["result"] == "OK"
        if not whole or (not good and len(self.failed) == before):
            self.failed.append(f"{program}: ended by {result['result']}, status {result['returncode']}")
        if len(self.failed) > before:
            print(f"\n---- {program}\n{result.get('stdout', '')}{result.get('stderr', '')}")


def listed_tests(build):
    listing = subprocess.run(["meson", "introspect", "--tests", build], check=True, capture_output=True, text=True)
    return [test["name"] for test in json.loads(listing.stdout)]


def unlisted_files(names):
    """Test files that would silently not run."""
    files = [*pathlib.Path("tests").glob("*/test_*.c*"), *pathlib.Path("tests").glob("*/*.bats")]
    return sorted(str(file) for file in files if str(file.relative_to("tests").with_suffix("")) not in names)


def run(build, names):
    """Runs the tests, showing meson's line for each as it ends; gives meson's log of the results."""
    logs = pathlib.Path(build, "meson-logs")
    for log in logs.glob("testlog*.json"):
        log.unlink()
    options = shlex.split(os.environ.get("PROVAR_MESON_TEST_OPTIONS", ""))
    with subprocess.Popen(["meson", "test", "-C", build, "--no-rebuild", *options, *names], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as meson:
        output = []
        for line in meson.stdout:
            output.append(line)
            if PROGRESS.match(line):
                print(line, end="", flush=True)
    log = next(logs.glob("testlog*.json"), None)  # with the wrapper's name in it, if there is one
    if log is None:
        sys.exit("".join(output) + "dev/test: meson ran no tests")
    return [json.loads(line) for line in log.read_text(encoding="utf-8", errors="replace").splitlines()]


def choose(names, arguments):
    """The names that have one of these texts in them, or all; but none that has a text that is marked by ^."""
    wanted = [text for text in arguments if not text.startswith("^")]
    excluded = [text[1:] for text in arguments if text.startswith("^")]
    for text in wanted + excluded:
        if not any(text in name + "$" for name in names):
            sys.exit(f"dev/test: no test has a name like: {text}")
    return [name for name in names if (not wanted or any(text in name + "$" for text in wanted))
            and not any(text in name + "$" for text in excluded)]


def main(build, arguments):
    names = listed_tests(build)
    chosen = choose(names, arguments)
    if not chosen:
        sys.exit(f"dev/test: no test is left of: {' '.join(arguments)}")
    tally = Tally()
    results = run(build, chosen)
    for result in results:
        tally.add(result)
    if len(results) != len(chosen):
        tally.failed.append(f"meson ran {len(results)} of {len(chosen)} test programs")
    if not arguments:
        tally.failed += [f"{file}: no meson.build names it" for file in unlisted_files(names)]
    print()
    for word, cases in (("skipped", tally.skipped), ("FAILED", tally.failed)):
        for case in cases:
            print(f"{word}: {case}")
    print(f"{len(tally.passed)} passed, {len(tally.failed)} failed, {len(tally.skipped)} skipped")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
