#!/usr/bin/env python3
# Mutates valid archives, and demands that other readers see in each one that provar accepts what provar sees.
# SPDX-License-Identifier: Apache-2.0
#
# mutate.py [--count N | --seconds S] [--seed TEXT] [--keep DIR]     mutants, by number or by time
# mutate.py --each N [--seed TEXT] [--keep DIR]                      each mutation alone, at most N times
# mutate.py --seed TEXT --only N [--alone MUTATION] [--keep DIR]     one of them again
#
# PROVAR_BUILD    the build directory whose command is run; by default build/
#
# A mutant is a function of seed and number. Fails on a disagreement, on an end that is no answer, and where hardly any mutant is
# accepted, since what is refused tests nothing here; with --each also where a mutation alone is never accepted, or never refused, and
# its declaration does not say so, and where it is and the declaration says that it never is.

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
    def __init__(self, seed, number, alone=None):
        rng = random.Random(f"{seed} {alone.name} {number}" if alone else f"{seed} {number}")
        base = rng.choice(BASES)
        archive = base()
        self.number, self.changes = number, [base.__name__]
        weights = [mutation.weight for mutation in registry.ALL]
        for mutation in [alone] if alone else rng.choices(registry.ALL, weights, k=rng.choice((1, 1, 1, 2, 2, 3))):
            self.changes.append(mutation.name)
            mutation.change(rng, archive)
        if rng.randrange(5) == 0 and archive.gzip is None:
            archive.gzip = gzip.Gzip()
        archive.tar_edits.append(without_short_tail)
        self.file = pieces.joined(archive.file())


def judge(seed, number, folder, alone=None):
    """("impossible" | "refused" | "accepted" | "wrong", the mutant, words)"""
    try:
        mutant = Mutant(seed, number, alone)
    except (ValueError, IndexError, struct.error):  # a change that does not fit onto those before it
        return "impossible", None, {}
    file = pathlib.Path(folder) / f"{number}{' ' + alone.name.replace('/', '') if alone else ''}.par"
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


def one_again(asked, folder):
    alone = next((mutation for mutation in registry.ALL if mutation.name == asked.alone), None)
    if asked.alone and not alone:
        sys.exit(f"no mutation '{asked.alone}'")
    verdict, mutant, found = judge(asked.seed, asked.only, folder, alone)
    print(verdict, *(mutant.changes if mutant else ()), sep=", ")
    if verdict == "wrong":
        tell(asked, mutant, found)
    return verdict != "wrong"


def judge_alone(asked, folder, mutation):
    """What its mutants were, and those that are read otherwise: until it was accepted and refused, or to the last where it never is one."""
    seen, wrong = collections.Counter(), []
    for number in range(asked.each):
        verdict, mutant, found = judge(asked.seed, number, folder, mutation)
        seen["accepted" if verdict == "wrong" else verdict] += 1
        if verdict == "wrong":
            wrong.append((mutant, found))
        if seen["accepted"] and seen["refused"]:
            break
    return mutation, seen, wrong


def each_alone(asked, folder):
    """A mutator that always breaks the file, or never, tests nothing that others do not."""
    good = True
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for mutation, seen, wrong in pool.map(lambda mutation: judge_alone(asked, folder, mutation), registry.ALL):
            for mutant, found in wrong:
                tell(asked, mutant, found)
            for verdict in ("accepted", "refused"):
                reason = mutation.never[verdict]
                if bool(seen[verdict]) == bool(reason):
                    print(f"{mutation.name}: {verdict} {seen[verdict]} of {seen.total()} times" + (f", though {reason}" if reason else ""))
                    good = False
            good = good and not wrong
    both = sum(not any(mutation.never.values()) for mutation in registry.ALL)
    print(f"{len(registry.ALL)} mutations alone: {both} both accepted and refused, the others only one of the two, as they say")
    return good


def main():
    parser = argparse.ArgumentParser(description="Mutates valid archives, and compares what provar and others see.")
    parser.add_argument("--count", type=int, default=300, help="how many (300)")
    parser.add_argument("--seconds", type=float, help="or for how long")
    parser.add_argument("--seed", default=secrets.token_hex(4), help="any text; by default another one each time")
    parser.add_argument("--only", type=int, metavar="N", help="this one")
    parser.add_argument("--each", type=int, metavar="N", help="each mutation alone, at most so often, until it was accepted and refused")
    parser.add_argument("--alone", metavar="MUTATION", help="with --only: of this mutation alone")
    parser.add_argument("--keep", type=pathlib.Path, metavar="DIR", help="where the mutants that are read otherwise go")
    asked = parser.parse_args()
    print(f"seed {asked.seed}", flush=True)
    if asked.only is not None or asked.each:
        with tempfile.TemporaryDirectory(prefix="provar-mutate-") as folder:
            return 0 if (each_alone if asked.each else one_again)(asked, folder) else 1
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
    enough = good >= ACCEPTED * total and tally["impossible"] <= IMPOSSIBLE * total
    if not enough:
        print("too few of them are accepted, or can be written")
    return 0 if enough and not tally["wrong"] else 1


if __name__ == "__main__":
    sys.exit(main())
