# Rows 164 to 188 of the threat matrix: whose key it is, how strong it is, how it is written, and who believes it.
# SPDX-License-Identifier: Apache-2.0

import base64
import binascii

from cases import Collection, Expect, status_of
from world import ASK, TRUST, USUAL
from writers import archive as archives
from writers import ed25519, nkeys, pieces
from writers.token import json_bytes

CORPUS = Collection(range(164, 189))
rejects, accepts, scenario = CORPUS.rejects, CORPUS.accepts, CORPUS.scenario

TOKEN = {"member": "claims.jwt"}
UNSIGNED = {"verbs": {"inspect": Expect(shows={"signature": "invalid"})}}
P, SIGN_BIT = ed25519.P, nkeys.SIGN_BIT

# ---- keys of small order

WEAK = nkeys.WEAK
WEAK_BYTES = {name: number.to_bytes(32, "little") for name, (number, _) in WEAK.items()}

# R = the identity and S = 0, which satisfies the equation of every key of small order for some messages, of the identity for all.
UNIVERSAL = bytes([1]) + bytes(63)


def signing_input(archive):
    return archive.token.encode(archive.claims).rsplit(b".", 1)[0]


def find_token(archive, fits):
    """Changes the jti until it fits, which it does for one in eight at least."""
    for number in range(1000):
        archive.claims["jti"] = f"try {number}"
        if fits(signing_input(archive)):
            return
    raise ValueError("no jti fits")


def of_weak_issuer(archive, name):
    archive.claims["iss"] = WEAK[name][1]
    archive.token.signature = UNIVERSAL


@rejects(164, "the identity as issuer, under the universal signature", "key", text="weak", **TOKEN)
def _(archive):
    of_weak_issuer(archive, "identity")


@rejects(164, "the same, for another binary", "key", text="weak", **TOKEN)
def _(archive):
    archive.target.body = archives.elf(text=b"evil")
    archive.list(archives.TARGET, archive.target.body)
    of_weak_issuer(archive, "identity")


@rejects(165, "a key of order 4 as issuer, with jti", "key", text="weak", each={str(number): number for number in range(8)}, **TOKEN)
def _(archive, number):
    archive.claims["jti"] = f"try {number}"
    of_weak_issuer(archive, "order 4")


@rejects(166, "weak issuer, universal signature", "key", text="weak", each={name: name for name in WEAK}, **TOKEN)
def _(archive, name):
    of_weak_issuer(archive, name)
    find_token(archive, lambda message: ed25519.challenge(UNIVERSAL, WEAK_BYTES[name], message) % 8 == 0)


@rejects(166, "weak issuer, a signature with a strong R that anybody can make", "key", text="weak", each={name: name for name in WEAK}, **TOKEN)
def _(archive, name):
    of_weak_issuer(archive, name)

    def fits(message):
        archive.token.signature, challenge = ed25519.anybodys(message, WEAK_BYTES[name], nonce=12345)
        return challenge % 8 == 0

    find_token(archive, fits)


# ---- signatures that a verifier may take, or not


@rejects(167, "S plus", "signature", text="malleable", each={"L": 1, "2 L": 2, "14 L": 14}, **TOKEN, **UNSIGNED)
def _(archive, times):
    archive.token.wrong = {"add_order": times}


@rejects(167, "S is", "signature", text="malleable", **TOKEN, **UNSIGNED,
         each={"L": ed25519.ORDER, "L + 1": ed25519.ORDER + 1, "2^256 - 1": 2**256 - 1})
def _(archive, scalar):
    archive.token.signature = archive.token.key.sign(signing_input(archive))[:32] + scalar.to_bytes(32, "little")


@rejects(168, "a top bit of S set", "signature", each={"2^253": 0x20, "2^254": 0x40, "2^255": 0x80, "all": 0xe0}, text="malleable", **TOKEN, **UNSIGNED)
def _(archive, bit):
    signature = archive.token.key.sign(signing_input(archive))
    archive.token.signature = signature[:63] + bytes([signature[63] | bit])


@rejects(169, "R is the identity, by the holder of the key", "signature", text="weak", **TOKEN, **UNSIGNED)
def _(archive):
    archive.token.wrong = {"nonce": 0}


@rejects(169, "R weak, hashed as it stands", "signature", text="weak", each={name: name for name in WEAK}, **TOKEN, **UNSIGNED)
def _(archive, name):
    archive.token.wrong = {"nonce": 0, "r": WEAK_BYTES[name]}


@rejects(169, "R non-canonical", "signature", text="weak", **TOKEN, **UNSIGNED,
         each={f"y = p + {more}{', sign bit' if sign else ''}": P + more | sign for more in range(2, 19) for sign in (0, SIGN_BIT)})
def _(archive, number):
    archive.token.wrong = {"r": number.to_bytes(32, "little")}


# ---- keys of mixed order: a strong key plus a point of small order, which only its holder can make

MIXED = {f"order {8 // (torsion & -torsion)}, torsion {torsion}": torsion for torsion in range(1, 8)}


def mixed_issuer(archive, torsion):
    archive.token.key = nkeys.Key("A", nkeys.ISSUER.seed, torsion)
    archive.claims["iss"] = archive.token.key.public


def of_mixed_order(archive, torsion, holds):
    """A token whose signature satisfies the equation without the cofactor, or only the one with it."""
    mixed_issuer(archive, torsion)
    key = archive.token.key

    def fits(message):
        challenge = ed25519.challenge(key.sign(message), key.public_bytes, message)
        return (challenge * torsion % 8 == 0) == holds

    find_token(archive, fits)


TRUSTS_IT = {torsion: ("--issuer", nkeys.Key("A", nkeys.ISSUER.seed, torsion).public) for torsion in MIXED.values()}


for mixed_name, mixed_torsion in MIXED.items():
    trusted = {verb: Expect("exec" if verb == "run" else "ok", args=(verb.split("-")[0], *TRUSTS_IT[mixed_torsion], *ASK[verb][3:]))
               for verb in ("verify", "extract", "extract-pipe", "run")}

    @accepts(170, f"a key of mixed {mixed_name}, where the equation without the cofactor holds", verbs=trusted)
    def _(archive, torsion=mixed_torsion):
        of_mixed_order(archive, torsion, True)


@rejects(170, "where only the equation with the cofactor holds: a key of mixed", "signature", each=MIXED, **TOKEN, **UNSIGNED)
def _(archive, torsion):
    of_mixed_order(archive, torsion, False)


@rejects(170, "a key of mixed order, and R of small order that satisfies the equation", "signature", text="weak", each=MIXED, **TOKEN, **UNSIGNED)
def _(archive, torsion):
    mixed_issuer(archive, torsion)
    key = archive.token.key

    def fits(message):
        archive.token.wrong = {"nonce": 0, "r_torsion": torsion}
        signature = key.sign(message, **archive.token.wrong)
        # S B - h A is -h times the torsion: R itself where h is -1 modulo 8.
        return (ed25519.challenge(signature, key.public_bytes, message) + 1) * torsion % 8 == 0

    find_token(archive, fits)


@rejects(171, "no point of the curve", "key", text="no point of the curve", **TOKEN,
         each={f"y = {y}": y for y in range(2, 40) if not ed25519.is_on_curve(y.to_bytes(32, "little"))})
def _(archive, y):
    archive.claims["iss"] = nkeys.public_text("A", y.to_bytes(32, "little"))


@rejects(171, "non-canonical", "key", text="non-canonically", each={"y = p + 3": P + 3, "2^255 - 1": 2**255 - 1, "2^256 - 1": 2**256 - 1}, **TOKEN)
def _(archive, number):
    archive.claims["iss"] = nkeys.public_text("A", number.to_bytes(32, "little"))


# ---- texts of a key

GOOD = nkeys.ISSUER.public
TEXTS = {
    "lower case": GOOD.lower(), "one letter lower": GOOD[:-1] + GOOD[-1].lower(), "LF behind": GOOD + "\n", "CR LF behind": GOOD + "\r\n",
    "a space in front": " " + GOOD, "a space behind": GOOD + " ", "a space in place of the last": GOOD[:-1] + " ", "a space inside": GOOD[:20] + " " + GOOD[20:],
    "= behind": GOOD + "=", "padded": GOOD + "========", "55 characters": GOOD[:-1], "57 characters": GOOD + "A", "58 characters": GOOD + "AA",
    "empty": "", "one character": "A", "0 for O": GOOD[:-1] + "0", "1 for I": GOOD[:-1] + "1", "8": GOOD[:-1] + "8",
    "hex": nkeys.ISSUER.public_bytes.hex(), "base64": base64.b64encode(nkeys.ISSUER.public_bytes).decode(), "not ASCII": GOOD[:-1] + "é",
}


@rejects(172, "the issuer's text", "key", each=TEXTS, **TOKEN)
def _(archive, text):
    archive.claims["iss"] = text


@rejects(172, "the subject's text", "key", each={name: text.replace(GOOD, nkeys.SUBJECT.public) for name, text in TEXTS.items() if GOOD in text}, **TOKEN)
def _(archive, text):
    archive.claims["sub"] = text


RIGHT = binascii.crc_hqx(bytes([nkeys.KINDS["A"]]) + nkeys.ISSUER.public_bytes, 0)
CHECKSUMS = {"first bit": RIGHT ^ 1, "last bit": RIGHT ^ 0x8000, "0": 0, "its bytes exchanged": RIGHT >> 8 | (RIGHT & 0xff) << 8}


@rejects(173, "checksum", "key", text="checksum", each=CHECKSUMS, **TOKEN)
def _(archive, crc):
    archive.claims["iss"] = nkeys.public_text("A", nkeys.ISSUER.public_bytes, crc)


@rejects(174, "first byte", "key", text="prefix", each={f"0{byte}": byte for byte in range(1, 8)}, **TOKEN)
def _(archive, byte):
    archive.claims["iss"] = nkeys.public_text(byte, nkeys.ISSUER.public_bytes)


@rejects(174, "first byte of the subject", "key", text="prefix", each={f"{byte:02x}": byte for byte in range(nkeys.KINDS["V"] + 1, nkeys.KINDS["V"] + 8)}, **TOKEN)
def _(archive, byte):
    archive.claims["sub"] = nkeys.public_text(byte, nkeys.SUBJECT.public_bytes)


@rejects(175, "issuer of kind", "key", text="issuer", each={kind: kind for kind in "UMNCOXV"}, **TOKEN)
def _(archive, kind):
    archive.claims["iss"] = nkeys.public_text(kind, nkeys.ISSUER.public_bytes)


@rejects(175, "issuer of a kind that is none", "key", text="prefix", each={kind: kind for kind in "PTBDZ27"}, **TOKEN)
def _(archive, kind):
    archive.claims["iss"] = nkeys.public_text(kind, nkeys.ISSUER.public_bytes)


SEEDS = {"an account's": nkeys.ISSUER.seed_text, "an account's, mistyped": nkeys.ISSUER.seed_text[:-1] + "A", "a service's": nkeys.SUBJECT.seed_text}


@rejects(176, "a seed", "key", text="seed",
         each={f"as {where}: {whose}": (claim, seed) for where, claim in (("issuer", "iss"), ("subject", "sub")) for whose, seed in SEEDS.items()}, **TOKEN)
def _(archive, case):
    archive.claims[case[0]] = case[1]


@scenario(176, "a seed is not echoed", each={"as issuer": "iss", "as subject": "sub"})
def _(world, claim):
    """Neither in a document nor as text."""
    archive = archives.base()
    archive.claims[claim] = nkeys.ISSUER.seed_text
    world.write(archive.file())
    for verb in USUAL:
        for document in (True, False):
            args = [str(world.archive) if word == "{}" else word for word in ASK[verb]]
            result = world.run(*args, feed=archive.file() if "-" in args else None, document=document)
            result.ends(status_of("key", args[0]))
            result.demand(nkeys.ISSUER.seed_text[:20].encode() not in result.stdout + result.stderr, "the seed is shown")
            world.nothing_left(result)


# ---- the subject

SUBJECTS = {"empty": "", "no nkey": "wasmcloud:httpserver", "a UUID": "b7a1c1b2-0000-4000-8000-000000000000", "its checksum wrong":
            nkeys.public_text("V", nkeys.SUBJECT.public_bytes, 0)}


@rejects(177, "subject", "key", text="subject", each=SUBJECTS, **TOKEN)
def _(archive, text):
    archive.claims["sub"] = text


def allowing(kind, code="ok", **shown):
    return Expect(code, args=("check", "--allow-subject-type", kind, "{}"), shows=shown)


for kind in "MAUNCOX":
    text_of_kind = nkeys.public_text(kind, nkeys.SUBJECT.public_bytes)
    asked = {"allowed": allowing(kind, service=text_of_kind, subject_type=kind), "V allowed": allowing("V", "key"),
             "another allowed": allowing("M" if kind != "M" else "A", "key")}

    @rejects(177, f"subject of kind {kind}, but where check is told so (D6)", "key", text="subject", verbs=asked, **TOKEN)
    def _(archive, text=text_of_kind):
        archive.claims["sub"] = text


@rejects(177, "weak subject of a kind that check is told to accept", "key", text="weak", each={name: name for name in WEAK},
         verbs={"allowed": allowing("M", "key")}, **TOKEN)
def _(archive, name):
    archive.claims["sub"] = nkeys.public_text("M", WEAK_BYTES[name])


@rejects(177, "weak subject", "key", text="weak", each={name: name for name in WEAK}, **TOKEN)
def _(archive, name):
    archive.claims["sub"] = nkeys.public_text("V", WEAK_BYTES[name])


@accepts(178, "the subject is the issuer's key, as a service", warnings=("the subject is the issuer's own key",))
def _(archive):
    archive.claims["sub"] = nkeys.public_text("V", nkeys.ISSUER.public_bytes)


# ---- trust

UNTRUSTED = {"check": "ok", "pipe": "ok", "inspect": "ok"}


@rejects(179, "signed by somebody", "untrusted", verbs=UNTRUSTED)
def _(archive):
    archive.token.key = nkeys.STRANGER
    archive.claims["iss"] = nkeys.STRANGER.public


def asks(code, *options):
    """verify, extract and run, with these options instead of the trusted issuer."""
    extract = ("extract", *options, "--target", archives.TARGET, "--destination", "out", "{}")
    verbs = {"verify": ("verify", *options, "{}")}
    if code != "ok":
        verbs.update(extract=extract, run=("run", *options, "{}"))
    return {f"{verb} {' '.join(options)}": Expect(code, args=args) for verb, args in verbs.items()}


OTHER_SUBJECT = nkeys.public_text("V", nkeys.STRANGER.public_bytes)


@accepts(180, "a subject other than the one demanded", verbs={**asks("untrusted", *TRUST, "--subject", OTHER_SUBJECT),
                                                               **asks("ok", *TRUST, "--subject", nkeys.SUBJECT.public)})
def _(_):
    pass


@accepts(180, "another subject than before, under the same demand", verbs=asks("untrusted", *TRUST, "--subject", nkeys.SUBJECT.public))
def _(archive):
    archive.claims["sub"] = OTHER_SUBJECT


def at_revision(revision):
    def base():
        archive = archives.base()
        archive.claims["wascap"]["rev"] = revision
        return archive
    return base


@accepts(182, "an older revision than is demanded", verbs=asks("untrusted", *TRUST, "--min-revision", "5"), base=at_revision(5), each={"4": 4, "none": None, "null": ...})
def _(archive, revision):
    if revision is None:
        del archive.claims["wascap"]["rev"]
    else:
        archive.claims["wascap"]["rev"] = None if revision is ... else revision


@accepts(182, "no revision, where any is demanded", verbs=asks("untrusted", *TRUST, "--min-revision", "0"), each={"none": None, "null": ...})
def _(archive, revision):
    if revision is None:
        del archive.claims["wascap"]["rev"]
    else:
        archive.claims["wascap"]["rev"] = None


@accepts(182, "the revision that is demanded", verbs=asks("ok", *TRUST, "--min-revision", "5"))
def _(archive):
    archive.claims["wascap"]["rev"] = 5


# ---- tokens of accounts and operators where a provider's belongs, or inside of one: those count beside it only (trust.py)

STRANGERS_OPERATOR = nkeys.public_text("O", nkeys.STRANGER.public_bytes)


def account(archive, **wascap):
    archive.claims["sub"] = nkeys.STRANGER.public
    archive.claims["wascap"] = {"name": "Acme", **wascap}


@rejects(183, "an account's token, issued by an account, as claims.jwt", "claims", **TOKEN)
def _(archive):
    account(archive)


@rejects(183, "the same, with the claims of a provider", "key", text="subject", **TOKEN)
def _(archive):
    wascap = archive.claims["wascap"]
    account(archive, **wascap)


@rejects(183, "an issuer that only a trusted account has signed for", "untrusted", verbs=UNTRUSTED)
def _(archive):
    """By a token inside the claims, which is how a chain could travel in an archive."""
    inner = archives.base()
    account(inner, valid_signers=[nkeys.STRANGER.public])
    archive.claims["wascap"]["account_jwt"] = inner.token.encode(inner.claims).decode()
    archive.claims["issuer_account"] = nkeys.ISSUER.public
    archive.claims["iss"] = nkeys.STRANGER.public
    archive.token.key = nkeys.STRANGER


@rejects(184, "valid_signers in a provider's token give nobody rights", "untrusted", verbs=UNTRUSTED)
def _(archive):
    archive.claims["wascap"]["valid_signers"] = [nkeys.ISSUER.public]
    archive.claims["iss"] = nkeys.STRANGER.public
    archive.token.key = nkeys.STRANGER


@rejects(187, "an operator's token as claims.jwt", "claims", **TOKEN, each={"iss is not sub": STRANGERS_OPERATOR, "iss is sub": None})
def _(archive, subject):
    archive.claims["iss"] = nkeys.public_text("O", nkeys.ISSUER.public_bytes)
    archive.claims["sub"] = subject or archive.claims["iss"]
    archive.claims["wascap"] = {"name": "operator", "valid_signers": []}


# ---- nobody is trusted unless named


@accepts(188, "no issuer is named", verbs={**asks("untrusted"), **asks("untrusted", "--subject", nkeys.SUBJECT.public)})
def _(_):
    pass


ISSUERS = {"nothing": "", "lower case": GOOD.lower(), "a pattern": "A*", "CR behind": GOOD + "\r", "LF behind": GOOD + "\n", "a space in front": " " + GOOD,
           "two in one": f"{GOOD},{nkeys.STRANGER.public}", "another kind": nkeys.public_text("O", nkeys.ISSUER.public_bytes), "1 MiB": "A" * (100 << 10),
           **{name: text for name, (_, text) in WEAK.items()}}


@scenario(188, "an issuer that is no key", each=ISSUERS)
def _(world, text):
    world.write(archives.base().file())
    world.refuses("usage", "verify", "--issuer", text, world.archive)
    world.refuses("usage", "verify", *TRUST, "--issuer", text, world.archive)
