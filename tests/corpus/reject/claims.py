# Rows 143 to 163 of the threat matrix: which claims there must be, their values, how large they may be, and when they hold.
# SPDX-License-Identifier: Apache-2.0

import time

from cases import Collection, Expect
from given import done, given
from reject.payload import HASH, TOKEN, more, put
from world import TRUST
from writers import archive as archives
from writers import claims as base_claims
from writers import nkeys, pieces
from writers.token import Raw

CORPUS = Collection(range(143, 164))
rejects, accepts, scenario = CORPUS.rejects, CORPUS.accepts, CORPUS.scenario

KIB, MIB = 1 << 10, 1 << 20
DAY = 86400


# ---- claims that must be there


@rejects(143, "wascap", "claims", each={"missing": None, "null": Raw("null"), "a text": "x", "a number": 1, "an array": []}, **TOKEN)
def _(archive, value):
    archive.claims.pop("wascap")
    if value is not None:
        put(archive, "wascap", value)


WRONG = {"missing": None, "null": Raw("null"), "a number": 1, "true": True, "an array": [], "an object": {}}


@rejects(144, "vendor", "claims", each=WRONG, **TOKEN)
def _(archive, value):
    archive.claims["wascap"].pop("vendor")
    if value is not None:
        put(archive, "wascap.vendor", value)


@rejects(144, "target_hashes", "claims", each={"missing": None, "null": Raw("null"), "a text": "x", "a number": 1, "an array": []}, **TOKEN)
def _(archive, value):
    archive.claims["wascap"].pop("target_hashes")
    if value is not None:
        put(archive, "wascap.target_hashes", value)


@rejects(145, "of claims", "claims", each={f"{name} {what}": (name, value) for name in ("jti", "iss", "sub") for what, value in WRONG.items()}, **TOKEN)
def _(archive, case):
    archive.claims.pop(case[0])
    if case[1] is not None:
        put(archive, *case)


@rejects(145, "jti empty", "claims", **TOKEN)
def _(archive):
    archive.claims["jti"] = ""


NO_INTEGERS = {"-1": "-1", "-0": "-0", "1.5": "1.5", "1.0": "1.0", "1e10": "1e10", "a text": '"123"', "true": "true", "an array": "[1]",
               "2^63": str(2**63), "2^64-1": str(2**64 - 1), "2^64": str(2**64), "2^64 + 1": str(2**64 + 1), "10^400": "1" + "0" * 400}


@rejects(145, "iat", "claims", each={"missing": None, "null": "null", **NO_INTEGERS}, **TOKEN)
def _(archive, text):
    archive.claims.pop("iat")
    if text is not None:
        put(archive, "iat", Raw(text))


# ---- times


def as_row_147(text):
    return text in (str(2**63), str(2**64 - 1))


@rejects(146, "exp", "claims", each={what: text for what, text in NO_INTEGERS.items() if not as_row_147(text)}, **TOKEN)
def _(archive, text):
    put(archive, "exp", Raw(text))


@rejects(146, "nbf", "claims", each=NO_INTEGERS, **TOKEN)
def _(archive, text):
    put(archive, "nbf", Raw(text))


@rejects(147, "exp", "claims", each={what: text for what, text in NO_INTEGERS.items() if as_row_147(text)}, **TOKEN)
def _(archive, text):
    put(archive, "exp", Raw(text))


@accepts(147, "exp of 2^63 - 1")
def _(archive):
    archive.claims["exp"] = 2**63 - 1


@accepts(148, "exp in the year 10000")
def _(archive):
    archive.claims["exp"] = 253402300800


@scenario(148, "a year beyond the calendar, shown as text", each={"10000": 253402300800, "2^63 - 1": 2**63 - 1})
def _(world, seconds):
    archive = archives.base()
    archive.claims["exp"] = seconds
    world.write(archive.file())
    result = world.run("inspect", world.archive, document=False)
    result.ends(0)
    result.demand(str(seconds).encode() in result.stdout and not result.stderr, "expected the number of seconds")
    world.nothing_left(result)


# What check is not asked about, and what verify and extract answer.
UNTIMELY = {"verbs": {"check": "ok", "pipe": "ok", "inspect": "ok"}}


def judged_at(at, code="time", skew="60"):
    return Expect(code, args=("verify", *TRUST, "--at", str(at), "--clock-skew", skew, "{}"))


def valid_for_a_day():
    archive = archives.base()
    archive.claims["exp"] = int(time.time()) + DAY
    return archive


EXPIRED = base_claims.ISSUED_AT + DAY
AROUND_EXPIRY = {"one second before": judged_at(EXPIRED - 1, "ok"), "then": judged_at(EXPIRED), "then, with tolerance": judged_at(EXPIRED, skew="300")}


@rejects(149, "expired", "time", base=valid_for_a_day, verbs={**UNTIMELY["verbs"], **AROUND_EXPIRY})
def _(archive):
    archive.claims["exp"] = EXPIRED


def issued_at_0():
    archive = archives.base()
    archive.claims["iat"] = 0
    return archive


@rejects(149, "expired, at 0", "time", base=issued_at_0, **UNTIMELY)
def _(archive):
    archive.claims["exp"] = 0


@rejects(150, "expired now", "time", base=valid_for_a_day, **UNTIMELY)
def _(archive):
    archive.claims["exp"] = int(time.time())


BEGIN = 2**32
AROUND_BEGIN = {"earlier than tolerated": judged_at(BEGIN - 61), "as early as tolerated": judged_at(BEGIN - 60, "ok"),
                "without tolerance": judged_at(BEGIN - 1, skew="0"), "then": judged_at(BEGIN, "ok", skew="0")}


@rejects(151, "nbf in the future", "time", verbs={**UNTIMELY["verbs"], **AROUND_BEGIN})
def _(archive):
    archive.claims["nbf"] = BEGIN


@rejects(151, "nbf in an hour", "time", **UNTIMELY)
def _(archive):
    archive.claims["nbf"] = int(time.time()) + 3600


@rejects(151, "nbf of 2^63 - 1", "time", **UNTIMELY)
def _(archive):
    archive.claims["nbf"] = 2**63 - 1


AT = base_claims.ISSUED_AT


@rejects(152, "times in the wrong order", "claims", **TOKEN,
         each={"exp is nbf": {"exp": AT + DAY, "nbf": AT + DAY}, "exp before nbf": {"exp": AT + DAY, "nbf": AT + DAY + 1}, "exp before iat": {"exp": AT - 1}})
def _(archive, times):
    archive.claims.update(times)


AROUND_ISSUE = {"earlier than tolerated": judged_at(BEGIN - 61), "as early as tolerated": judged_at(BEGIN - 60, "ok")}


@rejects(153, "issued in the year 2106", "time", verbs={**UNTIMELY["verbs"], **AROUND_ISSUE})
def _(archive):
    archive.claims["iat"] = BEGIN


@rejects(153, "issued in a year", "time", **UNTIMELY)
def _(archive):
    archive.claims["iat"] = int(time.time()) + 365 * DAY


# ---- revisions


@rejects(154, "rev", "claims", **TOKEN,
         each={text: text for text in ("2147483648", "-2147483649", "1.0", "1e0", '"1"', "true", "[]", str(2**64 + 1), "-0")})
def _(archive, text):
    put(archive, "wascap.rev", Raw(text))


@accepts(155, "rev", each={"-1": -1, "the lowest": -2**31, "the highest": 2**31 - 1})
def _(archive, revision):
    archive.claims["wascap"]["rev"] = revision


def demanding(revision, code):
    return Expect(code, args=("verify", *TRUST, f"--min-revision={revision}", "{}"))


@accepts(155, "rev -1 is below 0", verbs={"0 demanded": demanding(0, "untrusted")})
def _(archive):
    archive.claims["wascap"]["rev"] = -1


@accepts(155, "rev 0 is not below 0", verbs={"0 demanded": demanding(0, "ok")})
def _(archive):
    archive.claims["wascap"]["rev"] = 0


@scenario(155, "create refuses a revision below 0")
def _(world):
    (world.root / "program").write_bytes(archives.elf())
    for name, key in (("issuer", nkeys.ISSUER), ("subject", nkeys.SUBJECT)):
        path = world.root / name
        path.write_text(key.seed_text)
        path.chmod(0o600)
    order = ("create", "--name", "x", "--vendor", "y", "--target", world.root / "program", "--issuer", world.root / "issuer", "--subject",
             world.root / "subject", "--destination", "x.par", "--version", "1.0.0")
    world.refuses("usage", *order, "--revision=-1")
    result = world.run(*order, "--revision=0")
    result.is_expected(Expect(), 0)
    world.nothing_left(result, "x.par")


@accepts(156, "wascap_revision", each={"4": 4, "999": 999, "2^32 - 1": 2**32 - 1}, warnings=("newer than any that is known",))
def _(archive, revision):
    archive.claims["wascap_revision"] = revision


@rejects(156, "wascap_revision", "claims", each={text: text for text in ("-1", '"3"', "3.0", "4294967296", "true", "{}")}, **TOKEN)
def _(archive, text):
    put(archive, "wascap_revision", Raw(text))


# ---- texts that would steer a terminal

NASTY = {
    "ESC sequences": "\x1b[2J\x1b]0;title\x07", "line feeds": "a\nIssuer: someone\r\nb", "right-to-left": "a\u202egnp.exe\u2066",
    "C1 controls": "\u009b31m", "line separators": "a\u2028b\u2029c", "DEL and backspace": "a\x7f\x08b", "quotes": '"\\\'`$(x)',
    "percent signs": "%s%n%100000d%*d",
}
ROW_158 = "percent signs"


def nasty(archive, text):
    for name in ("name", "vendor", "ver"):
        archive.claims["wascap"][name] = text
    archive.claims["jti"] = text


@accepts(157, "in name, vendor, version and jti", each={what: text for what, text in NASTY.items() if what != ROW_158})
def _(archive, text):
    nasty(archive, text)


@accepts(158, "percent signs in name", verbs={"inspect": Expect(shows={"name": NASTY[ROW_158]})})
def _(archive):
    nasty(archive, NASTY[ROW_158])


@scenario(157, "shown as text, escaped", each={what: text for what, text in NASTY.items() if what != ROW_158})
def _(world, text):
    shown_as_text(world, text)


@scenario(158, "shown as text")
def _(world):
    result = shown_as_text(world, NASTY[ROW_158])
    result.demand(NASTY[ROW_158].encode() in result.stdout, "the text is not shown as it stands")


def shown_as_text(world, text):
    """By inspect, in our words and in those of wash: nothing in it can steer a terminal, and no line is the text's own."""
    archive = archives.base()
    nasty(archive, text)
    world.write(archive.file())
    for verb in (("inspect",), ("par", "inspect"), ("check",), ("verify", *TRUST)):
        result = world.run(*verb, world.archive, document=False)
        result.ends(0)
        said = (result.stdout + result.stderr).decode()
        result.demand(all(line.isprintable() for line in said.split("\n")), "what steers a terminal was printed")
        result.demand(not any(line.startswith("Issuer: someone") for line in said.split("\n")), "a line of the text's own")
        if "verify" not in verb and "check" not in verb:
            shown = result
    return shown


@rejects(157, "of 256 KiB and one byte", "limit", base=lambda: with_text("wascap.name", 256 * KIB), **TOKEN,
         each={place: place for place in ("wascap.name", "wascap.vendor", "unknown")})
def _(archive, place):
    put(archive, place, "x" * (256 * KIB + 1))


def with_text(place, length):
    archive = archives.base()
    put(archive, place, "x" * length)
    return archive


@rejects(157, "a name of 1 MiB", "limit", **TOKEN)
def _(archive):
    archive.claims["wascap"]["name"] = "x" * MIB


# ---- sizes


@rejects(159, "a config_schema of 50 MiB", "limit", big=True, at=lambda archive: archive.at(archive.token_member), **TOKEN)
def _(archive):
    archive.token_body = [pieces.Repeat(b"eHh4", 50 * MIB * 4 // 3 // 4)]


@rejects(159, "a config_schema that makes the token too long", "limit", **TOKEN)
def _(archive):
    archive.claims["wascap"]["config_schema"] = {"description": "x" * MIB}


MAX_MEMBERS = 65536


def with_unknown_claims(count, *targets):
    """So many beside those that are known, with the shortest names."""
    archive = archives.Archive(*targets)
    more(archive, ",".join(f'"{number:x}":0' for number in range(count)))
    return archive


# Those of the base: six, wascap's five and one target.
KNOWN = 12


def with_all_that_fit():
    return with_unknown_claims(MAX_MEMBERS - KNOWN)


@rejects(163, "one member more than 65536", "limit", base=with_all_that_fit, peak=32, **TOKEN)
def _(archive):
    archive.token.payload = archive.token.payload[:-1] + ',"one more":0}'


OTHER = ("--target", archives.OTHER_TARGET)
REPLACING = ("--replace", "--target", archives.OTHER_TARGET + "={}")
REWRITING = {"sign": ("sign",), "sign, compressed": ("sign", "--compress"), "remove": ("remove", *OTHER), "insert": ("insert", *REPLACING),
             "insert, compressed": ("insert", "--compress", *REPLACING)}


@scenario(163, "as many claims as fit, signed anew in bounded memory", each=REWRITING)
def _(world, order):
    folder = given(world)
    world.write(with_unknown_claims(MAX_MEMBERS - KNOWN - 1, archives.TARGET, archives.OTHER_TARGET).file())
    words = [word.format(folder / "other") for word in order]
    result = done(world, *words, "--threads", 2, "--issuer", folder / "issuer", "--destination", "new.par", world.archive, made=("new.par",))
    world.within(result, 24, 10)


@rejects(163, "10^6 unknown claims", "limit", big=True, **TOKEN)
def _(archive):
    archive.token.payload = with_unknown_claims(10**6).token.payload


# ---- tokens of other things


def component(archive):
    """As wascap signs a WebAssembly component: a module key, the hash of its bytes."""
    archive.claims["sub"] = nkeys.public_text("M", nkeys.SUBJECT.public_bytes)
    archive.claims["wascap"] = {"name": "component", "hash": HASH, "tags": [], "rev": 0, "ver": "0.1.0", "prov": False}


@rejects(160, "a component's token", "claims", **TOKEN)
def _(archive):
    component(archive)


@rejects(161, "a component's token with target_hashes and vendor", "key", text="subject", **TOKEN)
def _(archive):
    hashes = archive.hashes
    component(archive)
    archive.claims["wascap"].update(target_hashes=hashes, vendor="Acme")


SIGNED_BY = {"an operator's": "O", "an account's": "A", "a user's": "U", "a host's": "N", "a cluster's": "C"}


@rejects(162, "another token of wascap", "claims", each=SIGNED_BY, **TOKEN)
def _(archive, kind):
    archive.claims["sub"] = nkeys.public_text(kind, nkeys.SUBJECT.public_bytes)
    archive.claims["wascap"] = {"name": "Acme", "valid_signers": [nkeys.STRANGER.public]}


@rejects(162, "an account's token by its operator", "claims", **TOKEN)
def _(archive):
    archive.claims["iss"] = nkeys.public_text("O", nkeys.ISSUER.public_bytes)
    archive.claims["sub"] = nkeys.STRANGER.public
    archive.claims["wascap"] = {"name": "Acme", "valid_signers": []}
