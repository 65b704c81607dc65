# The rows of registries and layouts (208 to 242), which need a store and no archive: the tests that name them.
# SPDX-License-Identifier: Apache-2.0

import pathlib
import re

from cases import Collection

CORPUS = Collection(range(208, 243))

TESTS = pathlib.Path(__file__).resolve().parents[1]

# What a function of a unit test shows says the comment before it: "threats: row 242."
IN_C = re.compile(r"/\* threats: rows? ([0-9, ]+?)\.[^/]*?\*/\nstatic void (\w+)\(", re.DOTALL)
# A title begins with its rows or ends with them: "row 208: a manifest ...", "... (rows 212, 214)".
IN_BATS = re.compile(r'^@test "((?:rows? ([0-9, ]+): )?[^"]*?(?: \(rows? ([0-9, ]+)\))?)" \{$', re.MULTILINE)


def named():
    for path in sorted(TESTS.glob("cli/registry_*.bats")) + sorted(TESTS.glob("cli/store_*.bats")):
        for title, first, last in IN_BATS.findall(path.read_text(encoding="utf-8")):
            yield first or last, f"cli/{path.stem}: {title}"
    for path in sorted(TESTS.glob("store/test_*.c")):
        for rows, function in IN_C.findall(path.read_text(encoding="utf-8")):
            yield rows, f"store/{path.stem}: {function}"


for rows, test in named():
    for row in re.findall("[0-9]+", rows):
        CORPUS.is_in(int(row), test, "the store is the case")

CORPUS.does_otherwise(223, "credentials go over TLS to a realm on another host that the registry's own answer names",
                      "token servers are found in no other way: docs/THREATS.md, Registries")
