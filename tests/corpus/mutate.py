#!/usr/bin/env python3
# Mutates valid archives, and demands that other readers see in each one that provar accepts what provar sees.
# SPDX-License-Identifier: Apache-2.0
#
# mutate.py [--count N | --seconds S] [--seed TEXT] [--keep DIR]     mutants, by number or by time
# mutate.py --seed TEXT --only N [--keep DIR]                        one of them again
#
# PROVAR_BUILD    the build directory whose command is run; by default build/
#
# A mutant is a function of seed and number. Fails on a disagreement, on an end that is no answer, and where hardly any mutant is
# accepted, since what is refused tests nothing here.

import argparse
import collections
import concurrent.futures
import itertools
import os
import pathlib
import random
import secrets
import struct
import sys
import tempfile
import time

import oracles
from mutations import extension, header, layout, packing, raw, registry  # noqa: F401
from writers import archive as archives
from writers import gzip, index, pieces, tar

# The least share of mutants that must be accepted, and the most that may be impossible to write.
ACCEPTED, IMPOSSIBLE = 0.05, 0.05


def with_pax():
    archive = archives.two_targets()
    for member in archive.members:
        member.before = [tar.pax(("path", member.header.name), ("mtime", "1.5"))]
    return archive


def with_long_names():
    archive = archives.gnu()
    for member in archive.members:
        member.before = [tar.long_name(member.header.name)]
    return archive


def indexed():
    archive = archives.with_world()
    archive.gzip = index.Indexed()
    return archive


BASES = (archives.base, archives.gnu, archives.v7, archives.two_targets, archives.with_world, archives.gzipped, with_pax, with_long_names, indexed)


def without_short_tail(stream):
    """Zeros of less than a block are filled up to one: without an end mark before them, bsdtar refuses them (P4)."""
    short = stream[len(stream) - len(stream) % tar.BLOCK:]
    return stream if short.strip(b"\0") else stream + bytes(-len(stream) % tar.BLOCK)


class Mutant:
    def __init__(self, seed, number):
        rng = random.Random(f"{seed} {number}")
        base = rng.choice(BASES)
        archive = base()
        self.number, self.changes = number, [base.__name__]
        weights = [weight for weight, _, _ in registry.ALL]
        for _, name, change in rng.choices(registry.ALL, weights, k=rng.choice((1, 1, 1, 2, 2, 3))):
            self.changes.append(name)
            change(rng, archive)
        if rng.randrange(5) == 0 and archive.gzip is None:
            archive.gzip = gzip.Gzip()
        archive.tar_edits.append(without_short_tail)
        self.file = pieces.joined(archive.file())


def judge(seed, number, folder):
    """("impossible" | "refused" | "accepted" | "wrong", the mutant, words)"""
    try:
        mutant = Mutant(seed, number)
    except (ValueError, IndexError, struct.error):  # a change that does not fit onto those before it
        return "impossible", None, {}
    file = pathlib.Path(folder) / f"{number}.par"
    file.write_bytes(mutant.file)
    try:
        taken = oracles.accepted(file)
        found = oracles.disagreements(file, taken) if taken else {}
    except oracles.Refuses as words:
        taken, found = None, {"provar": words}
    file.unlink()
    return ("wrong" if found else "accepted" if taken else "refused"), mutant, found


def numbers(asked):
    """Which mutants, as long as there is time."""
    if asked.only is not None:
        yield asked.only
        return
    end = time.monotonic() + asked.seconds if asked.seconds else None
    for number in itertools.count() if end else range(asked.count):
        if end and time.monotonic() > end:
            return
        yield number


def verdicts(asked, folder):
    """Of every mutant, in no fixed order; as many at once as there are processors."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        running = set()
        for number in numbers(asked):
            running.add(pool.submit(judge, asked.seed, number, folder))
            if len(running) >= 4 * os.cpu_count():
                ended, running = concurrent.futures.wait(running, return_when=concurrent.futures.FIRST_COMPLETED)
                yield from (each.result() for each in ended)
        yield from (each.result() for each in concurrent.futures.as_completed(running))


def tell(asked, mutant, found):
    print(f"mutant {mutant.number}: {', '.join(mutant.changes)}")
    for reader, words in found.items():
        print(f"  {reader}{' refuses' if isinstance(words, oracles.Refuses) else ''}: {words}".rstrip())
    if asked.keep:
        asked.keep.mkdir(parents=True, exist_ok=True)
        (asked.keep / f"{asked.seed}-{mutant.number}.par").write_bytes(mutant.file)


def main():
    parser = argparse.ArgumentParser(description="Mutates valid archives, and compares what provar and others see.")
    parser.add_argument("--count", type=int, default=300, help="how many (300)")
    parser.add_argument("--seconds", type=float, help="or for how long")
    parser.add_argument("--seed", default=secrets.token_hex(4), help="any text; by default another one each time")
    parser.add_argument("--only", type=int, metavar="N", help="this one")
    parser.add_argument("--keep", type=pathlib.Path, metavar="DIR", help="where the mutants that are read otherwise go")
    asked = parser.parse_args()
    print(f"seed {asked.seed}", flush=True)
    tally, accepted_by = collections.Counter(), collections.Counter()
    with tempfile.TemporaryDirectory(prefix="provar-mutate-") as folder:
        for verdict, mutant, found in verdicts(asked, folder):
            tally[verdict] += 1
            if verdict == "wrong":
                tell(asked, mutant, found)
            elif verdict == "accepted":
                accepted_by.update(set(mutant.changes[1:]))
    total = sum(tally.values())
    good = tally["accepted"] + tally["wrong"]
    print(f"{total} mutants: {tally['refused']} refused, {good} accepted ({100 * good // max(1, total)} %), {tally['wrong']} disagreements; "
          f"{tally['impossible']} could not be written; {len(accepted_by)} of {len(registry.ALL)} mutations in what was accepted")
    if asked.only is not None:
        return 1 if tally["wrong"] else 0
    enough = good >= ACCEPTED * total and tally["impossible"] <= IMPOSSIBLE * total
    if not enough:
        print("too few of them are accepted, or can be written")
    return 0 if enough and not tally["wrong"] else 1


if __name__ == "__main__":
    sys.exit(main())
