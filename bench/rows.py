# The comparisons: what is done, by provar and by what else, and what must be reached.
# SPDX-License-Identifier: Apache-2.0

import dataclasses
import shutil

import programs
import registry
from goals import Goal, at_most_more, faster, within
from measure import Command, available_cores

CORES = 2
# Work of a millisecond is measured more often than work of a second.
SHORT = 10


@dataclasses.dataclass(frozen=True)
class Against:
    """`missing` names the program that is not here; then there is no command."""

    name: str
    command: Command | None
    goal: Goal
    missing: str = ""


@dataclasses.dataclass(frozen=True)
class Work:
    """`missing` says why it cannot be measured."""

    name: str
    command: Command | None
    against: tuple = ()
    repeat: int = 1
    missing: str = ""

    @property
    def present(self):
        return [against for against in self.against if not against.missing]


@dataclasses.dataclass(frozen=True)
class Bench:
    """What the comparisons are made of."""

    programs: object
    provar: object
    inputs: list
    archives: object
    folder: object
    registry: object

    @property
    def targets(self):
        return [(file.target, file.path) for file in self.inputs]

    def reference(self, *words, makes=()):
        return Command([self.programs.reference, *words], makes, CORES, tells=True)

    def reference_create(self, form):
        out = self.folder / ("theirs.par.gz" if form == "gzip" else "theirs.par")
        return self.reference("create", out, form, *(f"{name}={path}" for name, path in self.targets), makes=(out,))

    def create(self, name, *options, cores=CORES):
        out = self.folder / name
        return Command(self.provar.create(out, self.targets, *options, cores=cores), (out,), cores)

    def shell(self, script, *words, makes=()):
        return Command(["sh", "-c", script, "sh", *words], makes, CORES)

    def anew(self, script, *words):
        """$name is one that no run before has used."""
        return self.shell(f"name=$(date +%s%N); {script}", *words)


def create(bench):
    yield Work("create, gzip", bench.create("out.par.gz", "--compress"),
               (Against("reference `write(compress)`", bench.reference_create("gzip"), faster(10)),))
    paths = [file.path for file in bench.inputs]
    copy = bench.folder / "copy"
    limit = bench.shell('out=$1 hash=$2; shift 2; cat "$@" >"$out"; sync "$out"; "$hash" "$@"', copy,
                        bench.programs.hash, *paths, makes=(copy,))
    yield Work("create, plain", bench.create("out.par"),
               (Against("reference `write`", bench.reference_create("plain"), faster(6)),
                Against("`cat` and `sync`, then SHA-256 of all files side by side", limit, within(1.3))))


def verify(bench):
    archives = bench.archives
    hash_largest = Command([bench.programs.hash, bench.inputs[0].path], (), CORES)
    yield Work("verify, plain", Command(bench.provar.verify(archives.plain)),
               (Against("reference full load", bench.reference("load", archives.plain), faster(12)),
                Against("SHA-256 of the largest file", hash_largest, within(1.25))))
    yield Work("verify, gzip by the reference", Command(bench.provar.verify(archives.foreign)),
               (Against("reference full load", bench.reference("load", archives.foreign), faster(4)),
                Against("`igzip -dc`", Command(["igzip", "-dc", archives.foreign], (), CORES), within(1.25))))
    bare = archives.stripped
    yield Work("verify, gzip with index", Command(bench.provar.verify(archives.gzip)),
               (Against("the same file with its index cut out", Command(bench.provar.verify(bare)), faster(1.3)),)
               if bare else (), missing="" if bare else "archives have no index")


def extract(bench):
    out = bench.folder / "extracted"
    archive = bench.archives.gzip
    kind = "with index" if bench.archives.stripped else "without index"
    for which, file in (("largest", bench.inputs[0]), ("smallest", bench.inputs[-1])):
        theirs = bench.reference("load-target", archive, file.target)
        yield Work(f"extract the {which} target, gzip {kind}",
                   Command(bench.provar.extract(archive, file.target, out), (out,)),
                   (Against("reference `try_load_target_from_file`", theirs, faster(6)),))


def insert(bench):
    ours, theirs = bench.folder / "inserted.par.gz", bench.folder / "theirs-inserted.par.gz"
    target, path = "riscv64-linux", bench.inputs[-1].path
    for writer, archive, goal in (("provar", bench.archives.gzip, faster(20)),
                                  ("the reference", bench.archives.foreign, faster(8))):
        yield Work(f"insert the smallest file again, gzip by {writer}",
                   Command(bench.provar.insert(archive, ours, target, path), (ours,)),
                   (Against("reference load, insert, write",
                            bench.reference("insert", archive, theirs, f"{target}={path}", makes=(theirs,)), goal),))


def inspect(bench):
    start = Command([bench.provar.path, "--version"])
    kind = "with index" if bench.archives.stripped else "without index"
    for form, archive in (("plain", bench.archives.plain), (f"gzip {kind}", bench.archives.gzip)):
        yield Work(f"inspect, {form}", Command(bench.provar.inspect(archive)),
                   (Against("`provar --version`", start, at_most_more(2)),), SHORT)


def start(bench):
    """libprovar-store, and libcurl behind it, are loaded by those commands that need them."""
    other = bench.programs.storeless
    for what, words in (("--version", ["--version"]), ("verify, a small file", bench.provar.verify(bench.archives.small)[1:])):
        if other:
            theirs = Against("a build without stores", Command([other, *words]), at_most_more(1))
        yield Work(f"start: {what}", Command([bench.provar.path, *words]), (theirs,) if other else (), SHORT,
                   "" if other else "a build without stores")


def cores(bench):
    one = bench.create("one.par.gz", "--compress", cores=1)
    for count in sorted({2, available_cores()}):
        missing = "" if count <= available_cores() else f"{available_cores()} core"
        yield Work(f"create, gzip, {count} cores", bench.create("out.par.gz", "--compress", cores=count),
                   (Against("the same on 1 core", one, faster(round(0.9 * count, 1))),), missing=missing)


def rival(what, program, command, goal):
    """What is compared with, or its name where the program is not installed."""
    here = shutil.which(program)
    return Against(what, command if here else None, goal, "" if here else program)


def push(bench, name):
    """Others store what they are given; `provar check` in front of it makes the same of them."""
    at, archive, folder = bench.registry.at, bench.registry.archive, bench.folder
    # skopeo remembers on this machine where it has put a blob, and has the registry take it from there the next time.
    forgetful = '_CONTAINERS_ROOTLESS_UID=1 XDG_DATA_HOME="$3/$name" exec skopeo'
    copy = f'{forgetful} copy -q --insecure-policy --dest-tls-verify=false "oci:$2:1" "docker://$1/$name:1"'
    send = 'at=$1 file=$2 type=$3; shift 3; "$@" && cd "${file%/*}" && ' \
           'exec oras push --no-tty --plain-http "$at/$name:1" "${file##*/}:$type"'
    what = (at, archive, registry.LAYER)
    ours = bench.anew('at=$1 file=$2; shift 2; exec "$@" "$at/$name:1" "$file"', at, archive,
                      *bench.provar.words("push", "--insecure"))
    return Work(name, ours, (
        rival("`skopeo copy` out of a layout", "skopeo", bench.anew(copy, at, bench.registry.layout, folder), within(1)),
        rival("`oras push`", "oras", bench.anew(send, *what, "true"), within(1)),
        rival("`provar check`, then `oras push`", "oras", bench.anew(send, *what, *bench.provar.check(archive)), within(1))))


def pull(bench, name):
    stored, out, fetched = bench.registry, bench.folder / "pulled.par.gz", bench.folder / "fetched.par.gz"
    ours = bench.provar.words("pull", f"{stored.at}/bench:1", "--insecure", f"--issuer={programs.ISSUER}", f"--destination={out}")
    copy = bench.anew('exec skopeo copy -q --insecure-policy --src-tls-verify=false "docker://$1/bench:1" "oci:$2/$name:1"',
                      stored.at, bench.folder)
    fetch = 'out=$1 blob=$2; shift 2; oras blob fetch --no-tty --plain-http --output "$out" "$blob" && exec "$@"'

    def fetched_then(*words):
        return bench.shell(fetch, fetched, f"{stored.at}/bench@{stored.blob}", *words, makes=(fetched,))

    return Work(name, Command(ours, (out,), CORES), (
        rival("`skopeo copy` into a layout", "skopeo", copy, within(1)),
        rival("`oras blob fetch`", "oras", fetched_then("true"), within(1)),
        rival("`oras blob fetch`, then `provar verify`", "oras", fetched_then(*bench.provar.verify(fetched)), within(1))))


def store(bench):
    for name, part in (("push to a registry", push), ("pull from a registry, and verify", pull)):
        yield part(bench, name) if bench.registry else Work(name, None, missing=registry.missing())


def all_of(bench):
    for part in (create, verify, extract, insert, inspect, start, cores, store):
        yield from part(bench)
