# What one run of a command costs, and several commands in turn.
# SPDX-License-Identifier: Apache-2.0

import dataclasses
import os
import pathlib
import statistics
import subprocess


@dataclasses.dataclass(frozen=True)
class Command:
    """A command, the files it makes, the cores it may use, and whether its output is the seconds of its work proper."""

    words: list
    makes: tuple = ()
    cores: int = 2
    tells: bool = False


@dataclasses.dataclass(frozen=True)
class Sample:
    """Seconds by the clock and of processor time, peak resident KiB, and the seconds that the program told."""

    wall: float
    cpu: float
    peak: int
    told: float | None = None


def available_cores():
    return len(os.sched_getaffinity(0))


def median(samples):
    """The median of each figure by itself."""
    told = [sample.told for sample in samples if sample.told is not None]
    walls, cpus, peaks, _ = zip(*map(dataclasses.astuple, samples))
    return Sample(statistics.median(walls), statistics.median(cpus), int(statistics.median(peaks)),
                  statistics.median(told) if told else None)


class Meter:
    """Runs commands by bench/tools/timed.c, in a folder that takes its reports."""

    def __init__(self, timed, folder):
        self.timed = timed
        self.folder = pathlib.Path(folder)
        self.all_cores = sorted(os.sched_getaffinity(0))

    def run(self, command):
        """One sample, or an end of the whole measurement: a command that fails has no speed."""
        for path in command.makes:
            pathlib.Path(path).unlink(missing_ok=True)
        # What an earlier command left to the disk must not be paid for by this one's fsync.
        os.sync()
        report, errors = self.folder / "report", self.folder / "stderr"
        told = self.folder / "told" if command.tells else os.devnull
        os.sched_setaffinity(0, self.all_cores[:command.cores])
        try:
            with open(told, "wb") as stdout, open(errors, "wb") as stderr:
                subprocess.run([self.timed, report, *command.words], check=True, stdin=subprocess.DEVNULL,
                               stdout=stdout, stderr=stderr)
        finally:
            os.sched_setaffinity(0, self.all_cores)
        wall, user, system, peak, status = map(int, report.read_text().split())
        if status != 0:
            raise SystemExit(f"status {status}: {' '.join(map(str, command.words))}\n"
                             f"{errors.read_text(errors='replace')}")
        return Sample(wall / 1e6, (user + system) / 1e6, peak, float(told.read_text()) if command.tells else None)

    def rounds(self, commands, count):
        """The samples of each command, taken in turn, so that what the machine does besides falls on all of them."""
        rows = [[self.run(command) for command in commands] for _ in range(count)]
        return [list(column) for column in zip(*rows)]
