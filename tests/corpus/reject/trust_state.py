# Rows 181 and 182: what was taken back, and what is older than what was accepted before.
# SPDX-License-Identifier: Apache-2.0

import hashlib

from cases import Collection, Expect, status_of
from world import RUNS, TRUST
from writers import archive as archives
from writers import nkeys, pieces

CORPUS = Collection(range(181, 183))
scenario = CORPUS.scenario

REVISION, ISSUED = 7, 1700000000
# UTC; the time as `date -u -d @1700000000` gives it, and one second before.
AT_ISSUE, BEFORE_ISSUE = "20231114T221320Z", "20231114T221319Z"


def made(revision=REVISION, issued=ISSUED, body=None):
    """The base, with a revision and a time; another body makes another artifact."""
    archive = archives.base()
    archive.claims["wascap"].pop("rev", None)
    if revision is not None:
        archive.claims["wascap"]["rev"] = revision
    archive.claims["iat"] = issued
    if body is not None:
        archive.list(archives.TARGET, body)
        archive.target.body = body
    return archive


def artifact_id(archive):
    return hashlib.sha256(archive.token.encode(archive.claims).rpartition(b".")[0]).hexdigest()


def asks(*options):
    """How the verbs that believe somebody are asked."""
    yield "verify", ("verify", *TRUST, *options)
    yield "extract", ("extract", *TRUST, *options, "--target", archives.TARGET, "--destination", "out")
    if RUNS:
        yield "run", ("run", *TRUST, *options)


def all_refuse(world, code, *options):
    for _, args in asks(*options):
        world.refuses(code, *args, world.archive)


def all_accept(world, *options, warnings=()):
    for verb, args in asks(*options):
        code = "exec" if verb == "run" else "ok"  # there is nothing in the executables
        result = world.run(*args, world.archive)
        result.is_expected(Expect(code, warnings=warnings), status_of(code, verb))
        (world.work / "out").unlink(missing_ok=True)
        world.nothing_left(result)


def write_list(world, *lines):
    path = world.root / "revoked"
    path.write_text("".join(f"{line}\n" for line in lines))
    path.chmod(0o644)
    return "--revoked-issuers", path


# ---- 181

# What revokes the archive, and what differs from it in one thing and does not: functions of the archive.
REVOKED = {
    "the issuer's key, of the second of issue": (lambda _: f"{nkeys.ISSUER.public} {AT_ISSUE}",
                                                 lambda _: f"{nkeys.ISSUER.public} {BEFORE_ISSUE}"),
    "the issuer's key, for all time": (lambda _: f"{nkeys.ISSUER.public} *", lambda _: f"{nkeys.STRANGER.public} *"),
    "jti": (lambda archive: f"jti:{archive.claims['jti']}", lambda archive: f"jti:{archive.claims['jti']}x"),
    "the artifact": (lambda archive: f"sha256:{artifact_id(archive)}", lambda _: f"sha256:{artifact_id(made(8))}"),
    "the archive file": (lambda archive: f"sha256:{hashlib.sha256(pieces.joined(archive.file())).hexdigest()}",
                         lambda _: f"sha256:{hashlib.sha256(pieces.joined(made(8).file())).hexdigest()}"),
    "the subject's revisions": (lambda _: f"{nkeys.SUBJECT.public} rev<={REVISION}",
                                lambda _: f"{nkeys.SUBJECT.public} rev<={REVISION - 1}"),
}


@scenario(181, "revoked", each=REVOKED)
def _(world, lines):
    archive = made()
    revoking, control = (line(archive) for line in lines)
    world.write(archive.file())
    all_accept(world, *write_list(world, control))
    all_refuse(world, "revoked", *write_list(world, revoking))
    all_refuse(world, "revoked", *write_list(world, control, "# a comment", revoking))
    # A forgery is one before it is revoked, and a stranger's is revoked before it is a stranger's.
    archive.token.signature = bytes(64)
    world.write(archive.file())
    all_refuse(world, "signature", *write_list(world, revoking))


@scenario(181, "revoked before it is untrusted")
def _(world):
    world.write(made().file())
    options = write_list(world, f"{nkeys.ISSUER.public} *")
    world.refuses("revoked", "verify", "--issuer", nkeys.STRANGER.public, *options, world.archive)
    world.refuses("untrusted", "verify", "--issuer", nkeys.STRANGER.public, *write_list(world), world.archive)


WRONG_LISTS = {"a typo": f"{nkeys.ISSUER.public} tomorrow", "a key with a wrong digit": f"{nkeys.ISSUER.public[:-1]}A *",
               "a seed": f"{nkeys.ISSUER.seed_text} *", "two on a line": f"jti:a {nkeys.ISSUER.public} *", "a long line": "#" + " " * (1 << 20)}


@scenario(181, "a list that is not understood", each=WRONG_LISTS)
def _(world, line):
    world.write(made().file())
    all_accept(world, *write_list(world, "# good"))
    all_refuse(world, "usage", *write_list(world, "# good", line))


@scenario(181, "a list that is missing, or that others may write to")
def _(world):
    world.write(made().file())
    name, path = write_list(world, "# good")
    path.chmod(0o664)
    all_refuse(world, "unsafe-path", name, path)
    path.unlink()
    all_refuse(world, "untrusted", name, path)


# ---- 182

# What is offered behind revision 7.
ROLLED_BACK = {
    "an older revision": made(revision=6, issued=ISSUED + 9),
    "the revision dropped": made(revision=None, issued=ISSUED + 9),
    "the same revision, other content, of the same time": made(body=archives.elf(text=b"other body")),
    "the same revision, other content, earlier": made(issued=ISSUED - 1),
}
ACCEPTED = {
    "the same": (made(), ()),
    "a newer revision, though earlier": (made(revision=8, issued=ISSUED - 9), ()),
    "the same revision, other content, later": (made(issued=ISSUED + 1), ("other content under the revision",)),
}


def remember(world, archive):
    """A history that has accepted this archive."""
    history = world.root / "history"
    history.unlink(missing_ok=True)
    world.write(archive.file())
    world.run("verify", *TRUST, "--record", "--history", history, world.archive).is_expected(Expect(), 0)
    return "--history", history


@scenario(182, "behind revision 7", each=ROLLED_BACK)
def _(world, archive):
    options = remember(world, made())
    before = options[1].read_bytes()
    world.write(archive.file())
    all_refuse(world, "rollback", *options)
    all_accept(world, *options, "--allow-rollback", warnings=("than was accepted before",))
    if options[1].read_bytes() != before:
        raise AssertionError("the history has moved")
    all_accept(world, "--no-history")


@scenario(182, "accepted behind revision 7", each=ACCEPTED)
def _(world, offered):
    archive, warnings = offered
    options = remember(world, made())
    world.write(archive.file())
    world.run("verify", *TRUST, *options, world.archive).is_expected(Expect(warnings=warnings), 0)
    if warnings:
        all_refuse(world, "rollback", *options, "--strict-rev")
    all_accept(world, *options, warnings=None)


@scenario(182, "where neither has a revision")
def _(world):
    options = remember(world, made(revision=None))
    for archive in (made(revision=None, issued=ISSUED - 1), made(revision=None, body=archives.elf(text=b"other body"))):
        world.write(archive.file())
        all_refuse(world, "rollback", *options)
    world.write(made(revision=None, issued=ISSUED + 1).file())
    all_accept(world, *options)


@scenario(182, "a date in the future moves nothing")
def _(world):
    options = remember(world, made())
    world.write(made(revision=8, issued=1 << 40).file())
    all_refuse(world, "time", *options)
    world.write(made().file())
    all_accept(world, *options)


@scenario(182, "what is not believed moves nothing")
def _(world):
    options = remember(world, made())
    before = options[1].read_bytes()
    newer = made(revision=8)
    newer.claims["iss"], newer.token.key = nkeys.STRANGER.public, nkeys.STRANGER
    world.write(newer.file())
    all_refuse(world, "untrusted", *options)
    world.write(made(revision=9).file())
    world.run("verify", *TRUST, *options, world.archive).is_expected(Expect(), 0)
    if options[1].read_bytes() != before:
        raise AssertionError("the history has moved")


@scenario(182, "a history that is damaged or open to others")
def _(world):
    name, path = remember(world, made())
    good = path.read_bytes()
    path.write_bytes(good[:-20])
    all_refuse(world, "usage", name, path)
    path.write_bytes(good)
    path.chmod(0o660)
    all_refuse(world, "unsafe-path", name, path)
    path.chmod(0o600)
    all_accept(world, name, path)
