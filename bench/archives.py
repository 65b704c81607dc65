# The archives that the reading verbs are measured on.
# SPDX-License-Identifier: Apache-2.0

import dataclasses
import pathlib
import struct

from measure import Command

FHCRC, FEXTRA, FNAME, FCOMMENT = 2, 4, 8, 16
FIXED_HEADER = 10


@dataclasses.dataclass(frozen=True)
class Archives:
    """`stripped` is provar's gzip archive without its index, or None when it has none; `small` has some KiB."""

    small: pathlib.Path
    plain: pathlib.Path
    gzip: pathlib.Path
    stripped: pathlib.Path | None
    foreign: pathlib.Path


def strip_index(archive, out):
    """Copies a gzip file without its FEXTRA field (RFC 1952, 2.3.1); says whether there was one."""
    with archive.open("rb") as file:
        header = bytearray(file.read(FIXED_HEADER))
        if not header[3] & FEXTRA or header[3] & (FHCRC | FNAME | FCOMMENT):
            return False
        file.seek(struct.unpack("<H", file.read(2))[0], 1)
        header[3] &= ~FEXTRA
        with out.open("wb") as copy:
            copy.write(header)
            while block := file.read(1 << 20):
                copy.write(block)
    return True


def make(meter, provar, reference, inputs, folder):
    targets = [(file.target, file.path) for file in inputs]
    names = ("small.par", "plain.par", "ours.par.gz", "foreign.par.gz", "bare.par.gz")
    small, plain, ours, foreign, bare = (folder / name for name in names)
    meter.run(Command(provar.create(small, [(inputs[0].target, meter.timed)]), (small,)))
    meter.run(Command(provar.create(plain, targets), (plain,)))
    meter.run(Command(provar.create(ours, targets, "--compress"), (ours,)))
    pairs = [f"{name}={path}" for name, path in targets]
    meter.run(Command([reference, "create", foreign, "gzip", *pairs], (foreign,)))
    return Archives(small, plain, ours, bare if strip_index(ours, bare) else None, foreign)
