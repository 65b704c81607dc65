#!/usr/bin/env python3
# Runs the corpus: every row of the threat matrix as an archive that the built command must judge exactly so.
# SPDX-License-Identifier: Apache-2.0
#
# run.py [GROUP...] [-m TEXT]   runs the cases of some groups (reject/tar, accept/odd; by default all), as TAP; of those
#                               only the ones that have TEXT in their name
# run.py --rows                 demands a case, or a named test elsewhere, for every row; checks the writers
# run.py --list                 the cases
# run.py --write DIR            writes every archive, its control, and corpus.json: row, name, code
#
# PROVAR_BUILD                  the build directory whose command is run; by default build/

import argparse
import importlib
import json
import pathlib
import re
import shutil
import sys

import cases
import self_check
import world
from writers import pieces

HERE = pathlib.Path(__file__).resolve().parent


def groups():
    return sorted(f"{path.parent.name}/{path.stem}" for folder in ("accept", "reject")
                  for path in (HERE / folder).glob("*.py"))


def load(group):
    collection = importlib.import_module(group.replace("/", ".")).CORPUS
    for case in collection.cases:
        case.group = group
    return collection


def play(at, case, controls):
    """A line for people when something is wrong, or None."""
    at.begin()
    try:
        if isinstance(case, cases.Scenario):
            case.play(at)
            return None
        control = (case.base, case.expect.options, case.control_warnings, case.peak)
        if control not in controls:
            world.play_control(at, case)
            controls.add(control)
            at.begin()
        world.play_case(at, case)
    except world.Wrong as wrong:
        return str(wrong)
    except Exception as fault:  # a case that cannot be made must not hide those behind it
        return f"the case itself: {fault!r}"
    return None


def run(chosen):
    """TAP; false when a case failed."""
    at = world.World()
    controls, failed = set(), 0
    print(f"1..{len(chosen)}")
    for number, case in enumerate(chosen, 1):
        missing = getattr(case, "needs", None)
        if missing and not shutil.which(missing):
            print(f"ok {number} {case.label} # skip needs {missing}")
            continue
        wrong = play(at, case, controls)
        failed += wrong is not None
        print(f"{'ok' if wrong is None else 'not ok'} {number} - {case.label}")
        for line in (wrong or "").splitlines():
            print(f"# {line}")
        sys.stdout.flush()
    at.close()
    return failed == 0


def file_name(case):
    words = re.sub(r"[^a-z0-9]+", "-", f"{case.row}-{case.name}".lower()).strip("-")
    return f"{case.group.replace('/', '-')}-{words}.par"


def write(folder, chosen):
    """Every archive that is not too big, and its control."""
    folder.mkdir(parents=True, exist_ok=True)
    entries = []
    taken = {}  # names whose words are the same
    for case in chosen:
        if isinstance(case, cases.Scenario) or case.big or case.needs:
            continue
        name = file_name(case)
        taken[name] = taken.get(name, 0) + 1
        if taken[name] > 1:
            name = name.replace(".par", f".{taken[name]}.par")
        control = f"control-{case.base.__module__.split('.')[-1]}-{case.base.__name__}.par"
        (folder / name).write_bytes(pieces.joined(case.made().file()))
        if not (folder / control).exists():
            (folder / control).write_bytes(pieces.joined(case.base().file()))
        entries.append({"file": name, "control": control, "group": case.group, "row": case.row, "name": case.name,
                        "code": case.expect.code, "exit_status": cases.STATUS[case.expect.code]})
    (folder / "corpus.json").write_text(json.dumps(entries, indent=1) + "\n")
    print(f"{len(entries)} archives in {folder}")


def main():
    parser = argparse.ArgumentParser(description="Runs the corpus.")
    parser.add_argument("groups", nargs="*", help="as reject/tar; by default all")
    parser.add_argument("-m", "--match", default="", help="only cases with this text in their name")
    parser.add_argument("--rows", action="store_true", help="demands a case for every row")
    parser.add_argument("--list", action="store_true", help="prints the cases")
    parser.add_argument("--write", type=pathlib.Path, metavar="DIR", help="writes every archive there")
    asked = parser.parse_args()
    collections = {group: load(group) for group in asked.groups or groups()}
    chosen = [case for collection in collections.values() for case in collection.cases if asked.match in case.label]
    if asked.rows:
        return 0 if self_check.run({**collections, "elsewhere": load("elsewhere"), "stored": load("stored")}) else 1
    if asked.list:
        for case in chosen:
            print(f"{case.group} {case.label}: {case.expect.code if isinstance(case, cases.Case) else 'a scenario'}")
        for group, collection in collections.items():
            for row, what, why in collection.not_built:
                print(f"{group} {row} {what}: not built: {why}")
        return 0
    if asked.write:
        write(asked.write, chosen)
        return 0
    return 0 if run(chosen) else 1


if __name__ == "__main__":
    sys.exit(main())
