# Files of any size made of real executables, none of whose parts is like another as a whole.
# SPDX-License-Identifier: Apache-2.0

import itertools

# Each piece begins with its number, and no compressor looks back so far that it would find the same executable again.
PIECE = 1 << 20


def pieces(paths):
    """The executables in pieces, over and over."""
    while True:
        for path in paths:
            with open(path, "rb") as file:
                while piece := file.read(PIECE):
                    yield piece


def write(folder, paths, total, count):
    """Makes `count` files of `total` bytes together and gives their paths; every call makes the same bytes."""
    source = pieces(paths)
    numbers = itertools.count()
    made = []
    for index in range(count):
        size = total // count + (index < total % count)
        path = folder / f"part-{index}"
        with path.open("wb") as file:
            while (left := size - file.tell()) > 0:
                piece = b"\x7fELF" * (file.tell() == 0) + b"%016d" % next(numbers) + next(source)
                file.write(piece[:left])
        made.append(path)
    return made
