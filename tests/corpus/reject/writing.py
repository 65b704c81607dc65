# Rows 243 to 249 and 255 to 258 of the threat matrix: what is signed anew, under which name, and what is packed.
# SPDX-License-Identifier: Apache-2.0

import itertools
import json
import os
import threading

from cases import STATUS, Collection, Expect
from given import WAYS, create, done, given, in_the_way, put_key, refused, signed
from world import TRUST
from writers import archive as archives
from writers import nkeys, tar

CORPUS = Collection([*range(243, 250), *range(255, 259)])
scenario = CORPUS.scenario

KIB, MIB = 1 << 10, 1 << 20


# ---- an archive is signed anew only when it was genuine, and by the same hand


def altered(archive):
    archive.list(archives.TARGET, b"another body")


def unlisted(archive):
    archive.insert(tar.member("mips-linux.bin", b"evil"))


def forged(archive):
    archive.token.key = nkeys.STRANGER


def short(archive):
    archive.list("mips-linux", b"missing")


def of_a_module(archive):
    archive.claims["sub"] = nkeys.public_text("M", nkeys.SUBJECT.public_bytes)


def weak(archive):
    archive.claims["iss"] = nkeys.WEAK["identity"][1]
    archive.token.signature = bytes([1]) + bytes(63)


NOT_GENUINE = {"a broken signature": (forged, "signature"), "an altered body": (altered, "digest"), "a member that is not listed": (unlisted, "entry"),
               "a member that is missing": (short, "digest"), "a weak issuer": (weak, "key"), "a module as subject": (of_a_module, "key")}


def rewriting(folder, path):
    """Every verb that signs an archive anew."""
    other = ("--target", folder / "other")
    return {"insert": ("insert", path, *other, *signed(folder)), "insert, reissued": ("insert", path, *other, *signed(folder), "--reissue"),
            "sign": ("sign", path, *signed(folder)), "remove": ("remove", path, "--target", archives.TARGET, *signed(folder)),
            "elsewhere": ("insert", path, *other, *signed(folder), "--destination", "new.par")}


@scenario(243, "signed anew", each=NOT_GENUINE)
def _(world, case):
    change, code = case
    folder = given(world)
    archive = archives.base()
    change(archive)
    world.write(archive.file(), folder / "bad.par")
    for args in rewriting(folder, folder / "bad.par").values():
        refused(world, code, *args)
    done(world, *rewriting(folder, folder / "old.par")["insert"])


IDENTITIES = {"another issuer": ("stranger", "subject"), "another subject": ("issuer", "other subject"), "both": ("stranger", "other subject")}


@scenario(244, "insert by", each=IDENTITIES)
def _(world, names):
    folder = given(world)
    put_key(folder / "other subject", nkeys.seed_text("V", nkeys.STRANGER.seed))
    order = ("insert", folder / "old.par", "--target", folder / "other", *signed(folder, *names))
    refused(world, "untrusted", *order)
    done(world, *order, "--reissue")
    result = world.run("inspect", folder / "old.par")
    result.is_expected(Expect(shows={"issuer": nkeys.STRANGER.public if names[0] == "stranger" else nkeys.ISSUER.public}), 0)


for PACKED in ("plain", "gzip"):
    CORPUS.is_in(245, f"cli/kill: insert into a {PACKED} archive, killed at 60 moments, leaves the old or the new one",
                 "the moment of the signal is the case, not an archive")


# ---- names of what is written


@scenario(246, "gzip under the name given", each={name: name for name in ("x.par", "x", "x.par.gz", "x.tar")})
def _(world, name):
    folder = given(world)
    done(world, *create(folder, "--compress", "--destination", name), made=(name,))
    result = world.run("check", name)
    result.demand((world.work / name).read_bytes()[:2] == b"\x1f\x8b" and result.status == 0, "no gzip archive")
    done(world, "insert", name, "--target", folder / "other", *signed(folder), made=(name,))
    result.demand((world.work / name).read_bytes()[:2] == b"\x1f\x8b", "no gzip archive after insert")


@scenario(247, "the destination is", each=WAYS)
def _(world, kind):
    folder = given(world)
    path = in_the_way(folder, kind)
    for order in (create(folder), ("insert", folder / "old.par", "--target", folder / "other", *signed(folder)),
                  ("extract", *TRUST, "--target", archives.TARGET, folder / "old.par")):
        refused(world, "unsafe-path", *order, "--destination", path, seconds=5)


NOWHERE = {"a device": ("/dev/null", "unsafe-path"), "where nothing can be made": ("/proc/x.par", "io"), "in a folder that is not there": ("none/x", "io"),
           "below a file": ("{}/issuer/x", "io"), "this folder": (".", "unsafe-path"), "with a slash behind": ("x/", "unsafe-path"), "empty": ("", "usage")}


@scenario(247, "the destination is", each=NOWHERE)
def _(world, case):
    folder = given(world)
    place, code = case
    refused(world, code, *create(folder, "--destination", place.format(folder)))


@scenario(247, "insert into an archive by a link")
def _(world):
    folder = given(world)
    (folder / "link.par").symlink_to(folder / "old.par")
    refused(world, "unsafe-path", "insert", folder / "link.par", "--target", folder / "other", *signed(folder))


NO_TARGETS = ("a/b", "a/b-linux", "claims", "claims.jwt", "world", "world.wasm", "../x", "../x-linux", "X86_64-linux", "x86_64-Linux", "x86_64", ".a-linux", "-a-linux",
              "a b-linux", "a-linux\n", "é-linux", "a" * 65 + "-linux", "*-linux", "a\\b-linux", "a:b-linux")


@scenario(248, "the target", each={ascii(name)[:40]: name for name in NO_TARGETS})
def _(world, name):
    folder = given(world)
    program = folder / "program"
    refused(world, "usage", *create(folder, "--target", f"{name}={program}", "--destination", "x.par", target=None))
    refused(world, "usage", *create(folder, "--binary", program, f"--arch={name}", "--destination", "x.par", target=None))
    refused(world, "usage", "insert", folder / "old.par", "--binary", program, f"--arch={name}", *signed(folder))


@scenario(248, "an empty target")
def _(world):
    folder = given(world)
    refused(world, "usage", *create(folder, "--target", f"={folder / 'program'}", target=None))
    refused(world, "usage", *create(folder, "--binary", folder / "program", "--arch=", target=None))


@scenario(249, "insert of a target that is there")
def _(world):
    folder = given(world)
    (folder / "new").write_bytes(archives.elf(text=b"a newer body"))
    order = ("insert", folder / "old.par", "--target", folder / "new", *signed(folder))
    refused(world, "usage", *order)
    done(world, *order, "--replace")
    done(world, "extract", *TRUST, "--target", archives.TARGET, folder / "old.par", "--destination", "out", made=("out",)).demand(
        (world.work / "out").read_bytes() == archives.elf(text=b"a newer body"), "the old body is there still")


# ---- what is packed


def while_it_is_changed(path, change, act):
    """Calls `act` while another thread changes the file, again and again."""
    stop = threading.Event()

    def loop():
        for number in itertools.count():
            if stop.is_set():
                return
            change(path, number)
    thread = threading.Thread(target=loop)
    thread.start()
    try:
        return act()
    finally:
        stop.set()
        thread.join()


BODY = 6 * MIB
ROUNDS = 4


def rewrite(path, number):
    with open(path, "r+b") as file:
        file.seek(KIB)
        file.write(bytes([number % 255 + 1]) * (BODY - KIB))


@scenario(255, "a body that changes while it is packed is listed as it was packed", each={"plain": (), "gzip": ("--compress=1",)})
def _(world, options):
    folder = given(world)
    with open(folder / "program", "r+b") as file:
        file.truncate(BODY)
    for _ in range(ROUNDS):
        order = create(folder, *options, "--destination", "x.par")
        result = while_it_is_changed(folder / "program", rewrite, lambda: world.run(*order, seconds=30))
        result.is_expected(Expect(), 0)
        result = world.run("check", "x.par")
        result.is_expected(Expect(), 0)
        result.demand(os.path.getsize(world.work / "x.par") > (BODY if not options else 0), "too small an archive")


def resize(path, number):
    os.truncate(path, BODY if number % 2 else BODY // 2)


@scenario(255, "a body whose size changes while it is packed")
def _(world):
    folder = given(world)
    with open(folder / "program", "r+b") as file:
        file.truncate(BODY)
    codes = []
    for _ in range(10):
        result = while_it_is_changed(folder / "program", resize, lambda: world.run(*create(folder, "--destination", "x.par"), seconds=30))
        codes.append(json.loads(result.stdout)["success"] and "ok" or json.loads(result.stdout)["code"])
        result.ends(STATUS[codes[-1]])
        if codes[-1] == "ok":
            world.run("check", "x.par").is_expected(Expect(), 0)
            (world.work / "x.par").unlink()
        world.nothing_left(result)
    result.demand(set(codes) <= {"ok", "io"} and "io" in codes, f"ended as {codes}")


BODIES = {"a device": ("/dev/zero", "io"), "a FIFO": ("{}/fifo", "io"), "a directory": ("{}", "io"), "missing": ("{}/none", "io"),
          "empty": ("{}/empty", "usage"), "a file of /proc": ("/proc/self/status", "usage"), "a terminal": ("/dev/ptmx", "io"), "a link to a device": ("{}/link", "io")}


@scenario(256, "a body that is", each=BODIES)
def _(world, case):
    folder = given(world)
    os.mkfifo(folder / "fifo")
    (folder / "empty").touch()
    (folder / "link").symlink_to("/dev/zero")
    place, code = case
    path = place.format(folder)
    refused(world, code, *create(folder, "--target", f"x86_64-linux={path}", "--destination", "x.par", target=None), seconds=5)
    refused(world, code, "insert", folder / "old.par", "--target", f"aarch64-linux={path}", *signed(folder), seconds=5)


def nested(depth):
    return '{"a":' * depth + "1" + "}" * depth


SCHEMAS = {
    "a name twice": ('{"a":1,"a":1}', "claims"), "a name twice, once with an escape": ('{"a":1,"\\u0061":1}', "claims"), "a name twice, deep": ('{"a":[{"b":1,"b":1}]}', "claims"),
    "NUL as an escape": ('{"a":"\\u0000"}', "claims"), "NUL in a name": ('{"a\\u0000":1}', "claims"), "a raw NUL": ('{"a":"\0"}', "claims"), "a raw NUL behind": ("{}\0", "claims"),
    "depth 1000": (nested(1000), "limit"), "depth 126": (nested(126), "limit"), "an array": ("[]", "claims"), "a text": ('"x"', "claims"), "null": ("null", "claims"),
    "a number": ("1", "claims"), "nothing": ("", "claims"), "no JSON": ("{a:1}", "claims"), "two documents": ("{}{}", "claims"), "no UTF-8": (b'{"a":"\xff"}', "claims"),
    "a lone surrogate": ('{"a":"\\ud800"}', "claims"), "2 MiB": ('{"a":"' + "x" * (2 * MIB) + '"}', "limit"),
}


@scenario(257, "a schema of", each=SCHEMAS)
def _(world, case):
    text, code = case
    folder = given(world)
    (folder / "schema").write_bytes(text if isinstance(text, bytes) else text.encode())
    refused(world, code, *create(folder, "--schema", folder / "schema", "--destination", "x.par"))
    (folder / "schema").write_text('{"type":"object"}')
    done(world, *create(folder, "--schema", folder / "schema", "--destination", "x.par"), made=("x.par",))


# ---- the clock


@scenario(258, "SOURCE_DATE_EPOCH", each={ascii(text): text for text in ("-1", "-0", "+1", "1.5", "x", "1 ", "0x10", "9223372036854775808", "99999999999999999999")})
def _(world, text):
    folder = given(world)
    refused(world, "usage", *create(folder, "--destination", "x.par"), env={"SOURCE_DATE_EPOCH": text})
    done(world, *create(folder, "--destination", "x.par"), env={"SOURCE_DATE_EPOCH": "0"}, made=("x.par",))
    result = world.run("inspect", "x.par")
    result.is_expected(Expect(shows={"issued_at": 0}), 0)


for TEST in ("unit/test_policy: test_not_before_and_issue", "api/test_api_builder: test_times_that_are_refused"):
    CORPUS.is_in(258, TEST, "no clock stands before 1970 here: the tests give such times to the policy, and to the builder")
