# The programs that are measured, and those that measure: built here, from this tree.
# SPDX-License-Identifier: Apache-2.0

import dataclasses
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent

# The public test keys of the published vectors; bench/reference has the same.
ISSUER_SEED = "SAACTTUPKR55VUWUDK7GJ5SU5KGED455FR7BDO46RUVOTHUWKBLECLH2UU"
SUBJECT_SEED = "SVAOZUSBWWFL65P255DOHIETPTXUQMM5ETLSYPITI5G4K4HI6M2CDAPWAU"
ISSUER = "AA7R5L74E45BJ4XVUYTELQ56P5VCOSPOAA474L7QWH4ZAILLKTZFWYYW"


def build(*words):
    """Runs a build, quietly unless it fails."""
    ran = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    if ran.returncode != 0:
        raise SystemExit(f"{ran.stdout}{ran.stderr}bench: '{' '.join(map(str, words))}' failed")


def build_provar(work, name="provar", *options):
    folder = work / name
    known = ["--reconfigure"] if (folder / "build.ninja").exists() else []
    build("meson", "setup", *known, "--buildtype=release", "-Dtests=false", "-Ddocs=false", *options, folder)
    build("ninja", "-C", folder)
    return folder / "cli" / "provar"


def build_reference(work, quick):
    """The reference, optimised; `quick` is for a run whose figures nobody looks at."""
    folder = work / "reference"
    build("cargo", "build", "--quiet", "--locked", *([] if quick else ["--release"]), "--target-dir", folder,
          "--manifest-path", ROOT / "bench" / "reference" / "Cargo.toml")
    return folder / ("debug" if quick else "release") / "bench-reference"


def build_tool(work, name, *libraries):
    program = work / name
    source = ROOT / "bench" / "tools" / f"{name}.c"
    build(os.environ.get("CC", "cc"), "-O2", "-D_GNU_SOURCE", "-o", program, source, *libraries)
    return program


@dataclasses.dataclass(frozen=True)
class Programs:
    """`storeless` is provar built without stores, or None."""

    provar: pathlib.Path
    storeless: pathlib.Path | None
    reference: pathlib.Path
    timed: pathlib.Path
    hash: pathlib.Path


def build_all(work, provar=None, storeless=None, quick=False):
    """`provar` and `storeless` are commands that are there already; with the first alone the second is missing."""
    if provar is None:
        provar = build_provar(work)
        storeless = storeless or build_provar(work, "storeless", "-Dstore=disabled")
    build("sh", "dev/peers")
    os.environ["PATH"] += os.pathsep + str(ROOT / "build-peers")
    return Programs(provar.resolve(), storeless and storeless.resolve(), build_reference(work, quick),
                    build_tool(work, "timed"), build_tool(work, "hash", "-lcrypto"))


def isolate(folder):
    """Keeps what the caller trusts, revokes and remembers out of what runs from now on, which a build's is not."""
    for name in ("PROVAR_ALLOWED_ISSUERS", "PROVAR_REVOKED_ISSUERS"):
        os.environ.pop(name, None)
    os.environ.update(dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"), str(pathlib.Path(folder).resolve())))
    # The archives share a subject, and the reference keeps no history either.
    os.environ["PROVAR_HISTORY"] = ""


@dataclasses.dataclass(frozen=True)
class Provar:
    """The command under test: its words for a verb, with the keys and the number of threads."""

    path: pathlib.Path
    keys: pathlib.Path

    @classmethod
    def at(cls, path, folder):
        isolate(folder)
        for name, seed in (("issuer", ISSUER_SEED), ("subject", SUBJECT_SEED)):
            key = pathlib.Path(folder, name + ".nk")
            key.touch(mode=0o600)
            key.write_text(seed + "\n")
        return cls(path, pathlib.Path(folder))

    def words(self, verb, *rest, cores=2):
        return [self.path, "-q", verb, f"--threads={cores}", *rest]

    def create(self, out, targets, *options, cores=2):
        """`targets` are (name, path); --force, because a name need not be what the file's header says."""
        named = [f"--target={name}={path}" for name, path in targets]
        return self.words("create", "--name=Bench", "--vendor=Bench", "--version=1.0.0", "--revision=1",
                          f"--issuer={self.keys}/issuer.nk", f"--subject={self.keys}/subject.nk", "--force", *options,
                          *named, f"--destination={out}", cores=cores)

    def rewrite(self, verb, archive, out, *options, cores=2):
        return self.words(verb, archive, f"--issuer={self.keys}/issuer.nk", f"--destination={out}", *options, cores=cores)

    def insert(self, archive, out, target, path, *options, cores=2):
        return self.rewrite("insert", archive, out, f"--target={target}={path}", "--force", *options, cores=cores)

    def check(self, archive, *options, cores=2):
        return self.words("check", archive, *options, cores=cores)

    def verify(self, archive, *options, cores=2):
        return self.words("verify", archive, f"--issuer={ISSUER}", *options, cores=cores)

    def extract(self, archive, target, out, *options, cores=2):
        return self.words("extract", archive, f"--issuer={ISSUER}", f"--target={target}", f"--destination={out}",
                          *options, cores=cores)

    def inspect(self, archive, *options, cores=2):
        return self.words("inspect", archive, *options, cores=cores)
