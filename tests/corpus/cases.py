# What a case is, and how the modules of reject/ and accept/ declare theirs.
# SPDX-License-Identifier: Apache-2.0

import dataclasses
import pathlib
import re

from writers import archive as base_archives

ROOT = pathlib.Path(__file__).resolve().parents[2]


def read_statuses():
    """Exit status by result name, as docs/ERRORS.md promises them."""
    rows = re.findall(r"^\| `([a-z-]+)` \| `PROVAR_\w+` \| (\d+) \|", (ROOT / "docs/ERRORS.md").read_text(),
                      re.MULTILINE)
    return {name: int(status) for name, status in rows}


STATUS = read_statuses()
# `run` keeps its own: docs/ERRORS.md, section run.
RUN_STATUS = {"exec": 126, "no-target": 127}



def status_of(code, verb):
    if verb == "run" and code != "ok":
        return RUN_STATUS.get(code, 125)
    return STATUS[code]


# What inspect shows, and does not judge.
NOT_INSPECTED = {"digest", "signature", "untrusted", "time"}


@dataclasses.dataclass
class Expect:
    """How one run ends."""

    code: str = "ok"
    at: object = None  # offset in the document; or a function of the archive that was changed
    member: object = None  # member in the document
    warnings: object = None  # a text of each warning, in order; None: not looked at
    options: tuple = ()  # behind the verb
    args: tuple = ()  # of a verb that is not among the usual ones; {} is the archive
    text: object = None  # a part of the error, or several
    shows: dict = dataclasses.field(default_factory=dict)  # fields of a success: values, or functions of the archive
    same_as: object = None  # another verb, asked before, that gave the same document


@dataclasses.dataclass
class Case:
    row: str  # of the threat matrix, or P1 to P30
    name: str
    change: object  # function of an Archive, which it changes
    base: object = base_archives.base  # function that makes an Archive
    expect: Expect = dataclasses.field(default_factory=Expect)
    verbs: dict = dataclasses.field(default_factory=dict)  # verb to Expect, code, or None (not run)
    control_warnings: tuple = ()
    control_verbs: dict = dataclasses.field(default_factory=dict)
    big: bool = False  # more than some megabytes: not exported
    peak: int = 24  # MiB resident, at most
    seconds: int = 10
    needs: object = None  # a program that may be missing
    extracted: object = None  # what extract writes where it succeeds; None: the target's body
    group: str = ""

    @property
    def rejected(self):
        return self.expect.code != "ok"

    @property
    def label(self):
        return f"{self.row} {self.name}"

    def made(self):
        """The archive with its one change."""
        archive = self.base()
        self.change(archive)
        return archive

    def expectation(self, verb):
        """Expect of a verb; None where it is not run."""
        if verb in self.verbs:
            given = self.verbs[verb]
            return Expect(given, options=self.expect.options) if isinstance(given, str) else given
        if verb == "run":
            # What can be extracted is a header of ELF with nothing behind it.
            expect = self.expectation("extract")
            return Expect("exec", options=expect.options) if expect and expect.code == "ok" else expect
        if verb == "inspect" and self.expect.code in NOT_INSPECTED:
            return Expect(options=self.expect.options)
        return self.expect


@dataclasses.dataclass
class Scenario:
    """A case that is no single archive: a function of a World (world.py)."""

    row: str
    name: str
    play: object
    group: str = ""

    @property
    def label(self):
        return f"{self.row} {self.name}"


class Collection:
    """The cases of one module."""

    def __init__(self, rows):
        self.rows = [str(row) for row in rows]  # what this module answers for
        self.cases = []
        self.elsewhere = []  # (row, the test that shows it, why it is not here)
        self.not_built = []  # (row, what the command does not have, why)
        self.otherwise = []  # (row, what the command does, why it is not what the row demands)

    def _declare(self, make, row, name, each):
        """A decorator: one case, or one for each value, which the function then takes as its second argument."""
        def declare(function):
            for suffix, value in (each or {"": None}).items():
                change = function if each is None else lambda archive, value=value: function(archive, value)
                self.cases.append(make(str(row), f"{name}: {suffix}" if suffix else name, change))
            return function
        return declare

    def rejects(self, row, name, code, *, each=None, at=None, member=None, warnings=None, text=None, options=(),
                **others):
        """The decorated function makes the one change for which provar must give this code."""
        expect = Expect(code, at, member, warnings, options, text=text)
        return self._declare(lambda *what: Case(*what, expect=expect, **others), row, name, each)

    def accepts(self, row, name, *, each=None, warnings=(), options=(), shows=None, **others):
        """The decorated function makes what provar must accept, with these warnings and no others."""
        expect = Expect(warnings=warnings, options=options, shows=shows or {})
        return self._declare(lambda *what: Case(*what, expect=expect, **others), row, name, each)

    def scenario(self, row, name, each=None):
        return self._declare(Scenario, row, name, each)

    def is_in(self, row, test, why):
        """A row that another test shows, named as dev/test prints it: "cli/kill: create, killed at ...", "unit/test_policy: test_now"; of the
        corpus, how a case's label begins."""
        self.elsewhere.append((str(row), test, why))

    def lacks(self, row, what, why):
        """A row, or a part of one, that needs what the command does not have: it counts as neither shown nor missing."""
        self.not_built.append((str(row), what, why))

    def does_otherwise(self, row, what, why):
        """A row, or a part of one, whose demand is not met on purpose: its tests show what is done in its place."""
        self.otherwise.append((str(row), what, why))
