#!/usr/bin/env python3
# Runs the corpus through provar and through the published crates, and writes what each of them makes of it as a page.
# SPDX-License-Identifier: Apache-2.0
#
# differential.py --page FILE     writes the page: docs/DIFFERENTIAL.md
# differential.py --check FILE    fails where the page is not what a run gives; the bombs, which take minutes, are left out
#
# PROVAR_BUILD    the build directory whose command is run; by default build/
# REFERENCE       the program of tests/interop/reference; by default it is built

import argparse
import collections
import concurrent.futures
import dataclasses
import difflib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent / "corpus"))

import cases  # noqa: E402
import run  # noqa: E402
import world  # noqa: E402
from writers import pieces  # noqa: E402

TARGET = "x86_64-linux"
READERS = [(version, mode) for version in ("0.14.0", "0.16.2") for mode in ("full", "target")]
# What one load of a crate may use: address space in bytes, processor time in seconds. A bomb gets so much of it that what is slow, and no
# more, comes to its end.
MEMORY, TIME, BOMB_TIME = 512 << 20, 10, 60
# A longer tar stream is a bomb: whether a crate gets through it may depend on the machine.
LONG = 16 << 20
# How often a load is done again whose result may depend on chance.
REPEATED = 12
OUTCOMES = ("loads", "refuses", "panics", "memory", "time out")
PANIC = re.compile(r"panicked at [^\n]*\n([^\n]*)")


def reference():
    """The program that holds the crates."""
    if given := os.environ.get("REFERENCE"):
        return given
    target = os.environ.get("CARGO_TARGET_DIR") or str(ROOT / "build/reference-target")
    subprocess.run(["cargo", "build", "--quiet", "--locked", "--target-dir", target, "--manifest-path",
                    str(HERE / "reference/Cargo.toml")], check=True)
    return f"{target}/debug/reference"


# ---- one archive


@dataclasses.dataclass
class Line:
    """An archive, and what became of it."""

    case: object
    provar: str  # name of the result
    crates: list  # an outcome for each of READERS
    words: list  # why a crate did not load it


def by_provar(case, file):
    done = subprocess.run([world.PROVAR, "-o", "json", "check", *case.expect.options, str(file)], capture_output=True, check=False)
    try:
        document = json.loads(done.stdout or b"".join(line for line in done.stderr.splitlines(True) if not line.startswith(b"provar:")))
    except ValueError:
        sys.exit(f"{case.label}: no answer of provar, status {done.returncode}: {done.stderr.decode(errors='replace')}")
    code, due = document.get("code", "ok"), case.expectation("check").code
    if code != due or done.returncode != cases.STATUS[code]:
        sys.exit(f"{case.label}: {code}, status {done.returncode}, where {due} is due")
    return code


def by_crate(program, version, mode, file, memory):
    """The outcome, and the crate's words."""
    options = ["--target", TARGET] * (mode == "target") + ["--memory"] * memory
    # An arena for each thread would take address space by chance.
    done = subprocess.run(["prlimit", f"--as={MEMORY}", f"--cpu={TIME if memory else BOMB_TIME}", program, "load", version, str(file), *options],
                          capture_output=True, check=False, env={**os.environ, "RUST_BACKTRACE": "0", "MALLOC_ARENA_MAX": "1"})
    said = done.stderr.decode(errors="replace")
    if done.returncode == 0:
        return "loads", ""
    if done.returncode == 1:
        return "refuses", json.loads(done.stdout)["error"]
    if "memory allocation of" in said or "Cannot allocate memory" in said:
        return "memory", ""
    if done.returncode == 101:
        return "panics", PANIC.search(said)[1]
    if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        return "time out", ""
    sys.exit(f"{file}: {version} {mode}: status {done.returncode}: {said}")


def worst_of(*how):
    """The crates compare digests in the order of a hash map, so that of two faults another one may come first each time."""
    outcome, words = by_crate(*how)
    for _ in range(REPEATED if "verify hash do not match" in words else 0):
        if outcome != "panics":
            outcome, words = by_crate(*how)
    return outcome, words


def judged(program, case, folder, number, memory):
    file = pathlib.Path(folder) / f"{number}.par"
    world.World.write(None, case.made().file(), file)
    code = by_provar(case, file)
    answers = [worst_of(program, version, mode, file, memory) for version, mode in READERS]
    file.unlink()
    return Line(case, code, [outcome for outcome, _ in answers], [words for _, words in answers])


def lines(chosen, memory):
    """In the order of the cases."""
    program = reference()
    with tempfile.TemporaryDirectory(prefix="provar-differential-") as folder, \
            concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(lambda each: judged(program, each[1], folder, each[0], memory), enumerate(chosen)))


def is_bomb(case):
    return case.big or pieces.length(case.made().tar()) > LONG


def corpus():
    """Rows by their numbers, whichever module has them."""
    found = [case for group in run.groups() for case in run.load(group).cases if isinstance(case, cases.Case)]
    found = [case for case in found if not case.needs or shutil.which(case.needs)]

    def place(case):
        digits = re.sub(r"\D", "", case.row)
        return (not digits, int(digits or 0), case.row)
    return sorted(found, key=place)


# ---- the page


def plain(text):
    """Text as Markdown shows it."""
    text = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)
    return re.sub(r"([\\|<>*_`\[\]])", r"\\\1", text)


def merged(found):
    """(row, construct, how many, code, outcomes, words): forms of one construct with one result are one line of the table."""
    constructs = collections.defaultdict(lambda: collections.defaultdict(list))
    for line in found:
        construct, _, form = line.case.name.partition(": ")
        result = (line.provar, tuple(line.crates), tuple(line.words) if line.provar == "ok" else ())
        constructs[line.case.row, construct][result].append(form)
    for (row, construct), results in constructs.items():
        for (code, outcomes, words), forms in results.items():
            named = [form for form in forms if form][:3] if len(results) > 1 or len(forms) == 1 else []
            more = ", …" if len(results) > 1 and len(forms) > len(named) else ""
            yield row, construct + (f": {', '.join(named)}{more}" if named else ""), len(forms), code, outcomes, words


def row_of(*cells):
    return "| " + " | ".join(cells) + " |"


def table(found, last=None):
    names = [f"{version} {mode}" for version, mode in READERS]
    out = [row_of("row", "construct", "archives", "provar", *names, *([last] if last else [])), row_of(*["---"] * (8 + bool(last)))]
    for row, construct, count, code, outcomes, words in merged(found):
        cells = [row, plain(construct), str(count), code, *("**loads**" if code != "ok" and each == "loads" else each for each in outcomes)]
        said = "; ".join(dict.fromkeys(word for word in words if word))
        out.append(row_of(*cells, *([plain(said)] if last else [])))
    return out


def counts(found):
    out = [row_of("reader", *OUTCOMES), row_of(*["---"] * (1 + len(OUTCOMES)))]
    by_code = collections.Counter("loads" if line.provar == "ok" else "refuses" for line in found)
    out.append(row_of("provar", *(str(by_code[outcome]) for outcome in OUTCOMES)))
    for place, (version, mode) in enumerate(READERS):
        tally = collections.Counter(line.crates[place] for line in found)
        out.append(row_of(f"{version} {mode}", *(str(tally[outcome]) for outcome in OUTCOMES)))
    return out


def text_of(small, bombs):
    """The page; without its last section where there are no bombs."""
    bad = [line for line in small if line.provar != "ok"]
    good = [line for line in small if line.provar == "ok"]
    page = (HERE / "differential.template.md").read_text()
    parts = {"SECONDS": str(TIME), "BOMB_SECONDS": str(BOMB_TIME), "MEMORY": str(MEMORY >> 20), "TARGET": TARGET, "BAD": str(len(bad)), "GOOD": str(len(good)),
             "BAD_COUNTS": counts(bad), "BAD_TABLE": table(bad), "GOOD_COUNTS": counts(good), "GOOD_TABLE": table(good, "why not"),
             "BOMBS": table(bombs)}
    if not bombs:
        page = page[:page.index("## Bombs")]
    for name, value in parts.items():
        page = page.replace("{" + name + "}", value if isinstance(value, str) else "\n".join(value))
    return page


def main():
    parser = argparse.ArgumentParser(description="Compares provar with the published crates over the corpus.")
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--page", type=pathlib.Path, metavar="FILE", help="writes the page")
    mode.add_argument("--check", type=pathlib.Path, metavar="FILE", help="compares it, but for the bombs")
    asked = parser.parse_args()
    chosen = corpus()
    bombs, rest = [], []
    for case in chosen:
        (bombs if is_bomb(case) else rest).append(case)
    small = lines(rest, memory=True)
    if asked.page:
        asked.page.write_text(text_of(small, lines(bombs, memory=False)))
        return 0
    due = text_of(small, [])
    found = asked.check.read_text()
    found = found[:found.index("## Bombs")]
    sys.stdout.writelines(difflib.unified_diff(found.splitlines(True), due.splitlines(True), str(asked.check), "this run"))
    if found != due:
        print("write it again: dev/differential")
    return 0 if found == due else 1


if __name__ == "__main__":
    sys.exit(main())
