#!/usr/bin/env python3
# The second process of a race: exchanges files in a loop until it is told to stop, then says how often.
# SPDX-License-Identifier: Apache-2.0
#
# race.py exchange NAME FILE FILE    NAME is by turns each of the files, renamed into place
# race.py rewrite FILE TEXT TEXT     the one place of the first text holds by turns each, which are as long
# race.py obstruct NAME VICTIM       NAME is by turns nothing, a link to VICTIM, and a directory

import os
import pathlib
import signal
import sys
import time

LONGEST = 120  # seconds, for when the test has died
PAUSE = 0.00005  # as often as can be seen, and leaves a processor to the other side


def exchange(name, *files):
    spare = f"{name}.spare"
    while True:
        for file in files:
            os.link(file, spare)
            os.rename(spare, name)
            # Renaming over a link to the same file does nothing, and leaves the spare name.
            pathlib.Path(spare).unlink(missing_ok=True)
            yield


def rewrite(file, *texts):
    texts = [text.encode() for text in texts]
    content = pathlib.Path(file).read_bytes()
    if content.count(texts[0]) != 1 or len(set(map(len, texts))) != 1:
        sys.exit("race.py: not one place for texts of one length")
    place = content.index(texts[0])
    descriptor = os.open(file, os.O_WRONLY)
    while True:
        for text in reversed(texts):
            os.pwrite(descriptor, text, place)
            yield


def clear(name):
    """The other side may do the same at any moment."""
    try:
        if os.path.isdir(name) and not os.path.islink(name):
            os.rmdir(name)
        else:
            os.unlink(name)
    except OSError:
        pass


def obstruct(name, victim):
    while True:
        for plant in (None, os.symlink, None, os.mkdir):
            clear(name)
            try:
                if plant is os.symlink:
                    plant(victim, name)
                elif plant:
                    plant(name)
            except FileExistsError:
                pass
            yield


def main(kind, *words):
    stopped = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    signal.alarm(LONGEST)
    turns = 0
    for _ in {"exchange": exchange, "rewrite": rewrite, "obstruct": obstruct}[kind](*words):
        turns += 1
        if turns == 1:
            print("ready", flush=True)
        if stopped:
            break
        time.sleep(PAUSE)
    print(turns)


main(*sys.argv[1:])
