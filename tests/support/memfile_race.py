#!/usr/bin/env python3
# Runs a command many times, and writes into its memory files through /proc while it does; prints what came of it.
# SPDX-License-Identifier: Apache-2.0
#
# memfile_race.py TIMES TEXT OTHER FILE COMMAND...
#
# Where FILE has TEXT, OTHER is written into the memory file, as soon and as often as can be. One JSON document says how the
# command ended, and what the writes came to.

import collections
import errno
import json
import os
import subprocess
import sys


class Writer:
    """Writes into the memory files of one process."""

    def __init__(self, text, other, place, counts):
        self.text, self.other, self.place, self.counts = text, other, place, counts

    def write(self, descriptor):
        """Only where the text is there and not yet written over."""
        if os.pread(descriptor, len(self.text), self.place) != self.text:
            return
        try:
            os.pwrite(descriptor, self.other, self.place)
            self.counts["written"] += 1
        except OSError as error:
            self.counts[f"write refused: {errno.errorcode[error.errno]}"] += 1

    def once(self, process):
        """Tries each memory file that the process has open now."""
        folder = f"/proc/{process.pid}/fd"
        for name in os.listdir(folder):
            path = f"{folder}/{name}"
            if not os.readlink(path).startswith("/memfd:provar"):
                continue
            try:
                descriptor = os.open(path, os.O_RDWR)
            except OSError as error:
                self.counts[f"open refused: {errno.errorcode[error.errno]}"] += 1
                continue
            self.counts["opened"] += 1
            try:
                self.write(descriptor)
            finally:
                os.close(descriptor)


def race(writer, command):
    """One run, attacked until it ends; its status and output."""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        while process.poll() is None:
            try:
                writer.once(process)
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                pass
        return process.returncode, process.stdout.read() + process.stderr.read()


def main(times, text, other, file, *command):
    counts, statuses, outputs = collections.Counter(), collections.Counter(), set()
    with open(file, "rb") as content:
        place = content.read().index(text.encode())
    writer = Writer(text.encode(), other.encode(), place, counts)
    for _ in range(int(times)):
        status, output = race(writer, command)
        statuses[str(status)] += 1
        outputs.add(output.decode())
    print(json.dumps({"statuses": statuses, "writes": counts, "outputs": sorted(outputs)}))


main(*sys.argv[1:])
