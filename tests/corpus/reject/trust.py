# Rows 180 and 183 to 188 of the threat matrix: files of allowed issuers, and tokens of accounts and operators beside the archive.
# SPDX-License-Identifier: Apache-2.0

import os
import shutil

from cases import Collection, Expect, status_of
from world import RUNS
from writers import archive as archives
from writers import nkeys
from writers.claims import ISSUED_AT
from writers.token import Token

CORPUS = Collection([180, *range(183, 189)])
scenario = CORPUS.scenario

OPERATOR = nkeys.Key("O", bytes(range(1, 33)))
OTHER_OPERATOR = nkeys.Key("O", bytes(range(2, 34)))
ACCOUNT = nkeys.Key("A", bytes(range(3, 35)))
SIGNER = nkeys.ISSUER  # a further key of the account, which has signed the archive
SUBJECT = nkeys.SUBJECT.public
OTHER_SUBJECT = nkeys.public_text("V", nkeys.STRANGER.public_bytes)
NEVER = 1 << 40
ANY = f"* {SIGNER.public}\n"
BY_OPERATOR = f"* operator {OPERATOR.public}\n"


class Policy:
    """What verify, extract and run are given: files in a directory of their own, and an archive."""

    def __init__(self, world):
        self.world = world
        self.folder = world.root / "policy"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(mode=0o700)
        self.rules = ANY  # text or bytes; None: no file
        self.mode, self.folder_mode = 0o600, 0o700
        self.accounts, self.operators = [], []  # (payload, the key that signs, what else of Token)
        self.archive = archives.base()

    def put(self, name, content):
        path = self.folder / name
        path.unlink(missing_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        path.chmod(0o600)
        return path

    def options(self):
        options = ["--allowed-issuers", self.folder / "rules"]
        if self.rules is not None:
            self.put("rules", self.rules).chmod(self.mode)
        for option, tokens in (("--account-jwt", self.accounts), ("--operator-jwt", self.operators)):
            for number, (payload, key, *others) in enumerate(tokens):
                text = Token(key=key, **(others[0] if others else {})).encode(payload)
                options += [option, self.put(f"{option}{number}", text)]
        os.chmod(self.folder, self.folder_mode)
        self.world.write(self.archive.file())
        return options

    def asked(self):
        options = self.options()
        file = self.world.archive
        return (("verify", *options, file), *((("run", *options, file),) if RUNS else ()),
                ("extract", *options, "--target", archives.TARGET, "--destination", "out", file))

    def accepts(self):
        for words in self.asked():
            code = "exec" if words[0] == "run" else "ok"  # there is nothing in the executables
            result = self.world.run(*words)
            result.is_expected(Expect(code), status_of(code, words[0]))
            if words[0] == "extract":
                out = self.world.work / "out"
                result.demand(out.exists() and out.read_bytes() == self.archive.target.body, "extract wrote something else")
                out.unlink()
            self.world.nothing_left(result)

    def refuses(self, code, text):
        try:
            for words in self.asked():
                result = self.world.refuses(code, *words)
                result.demand(text in result.document()["error"], f"without: {text}")
        finally:
            os.chmod(self.folder, 0o700)


def claims(issuer, subject, *signers, **others):
    """The payload of an account's or operator's token."""
    return {"jti": "corpus0000000000000001", "iat": ISSUED_AT, "iss": issuer.public, "sub": subject.public,
            "wascap": {"name": "Acme", "valid_signers": [key if isinstance(key, str) else key.public for key in signers]}, **others}


def chain(world):
    """OPERATOR speaks for ACCOUNT, whose SIGNER has signed the archive: accepted."""
    policy = Policy(world)
    policy.rules = BY_OPERATOR
    policy.accounts = [(claims(OPERATOR, ACCOUNT, SIGNER), OPERATOR)]
    policy.accepts()
    return policy


def long_chain(world):
    """The same, by a further key of the operator."""
    policy = Policy(world)
    policy.rules = BY_OPERATOR
    policy.accounts = [(claims(OTHER_OPERATOR, ACCOUNT, SIGNER), OTHER_OPERATOR)]
    policy.operators = [(claims(OPERATOR, OPERATOR, OTHER_OPERATOR), OPERATOR)]
    policy.accepts()
    return policy


# ---- what a rule is for

BEYOND = {
    "another subject": (f"{OTHER_SUBJECT} {SIGNER.public}", "is for other subjects"),
    "a subject that is ruled out": (f"*,!{SUBJECT} {SIGNER.public}", "is for other subjects"),
    "one character too many": (f"V{'?' * 56} {SIGNER.public}", "is for other subjects"),
    "another vendor": (f'* vendor="acme" {SIGNER.public}', "is for other vendors"),
    "another name": (f'* name="Corpus?" {SIGNER.public}', "is for other names"),
    "an older revision": (f"* min-rev=2 {SIGNER.public}", "is for other revisions"),
    "a newer revision": (f"* max-rev=0 {SIGNER.public}", "is for other revisions"),
    "another target": (f'* targets="aarch64-*" {SIGNER.public}', "does not cover every target"),
    "no expiry": (f"* require-exp {SIGNER.public}", "demands an expiry"),
    "an old token": (f"* max-age=1d {SIGNER.public}", "more recently"),
    "a token from before": (f"* valid-after=20260102 {SIGNER.public}", "issued later"),
    "a key of the past": (f"* valid-before=20260102 {SIGNER.public}", "not valid any more"),
    "another artifact": (f'* digest="sha256:{"0" * 64}" {SIGNER.public}', "another artifact"),
    "another issuer": (f"* {nkeys.STRANGER.public}", "not an allowed issuer"),
    "an operator's rule": (f"* operator {nkeys.public_text('O', SIGNER.public_bytes)}", "not an allowed issuer"),
}


@scenario(180, "the rule is for", each=BEYOND)
def _(world, beyond):
    policy = Policy(world)
    policy.rules = (f'{SUBJECT[:20]}*,!{OTHER_SUBJECT} name="C*s",vendor="?cme",targets="*-linux",min-rev=1,max-rev=1,'
                    f'valid-after="20260101",valid-before=99991231 {SIGNER.public} all of it is met\n')
    policy.accepts()
    policy.rules, text = beyond
    policy.refuses("untrusted", text)
    policy.rules += "\n" + ANY  # any rule will do
    policy.accepts()


@scenario(180, "one target of two is outside of the rule")
def _(world):
    policy = Policy(world)
    policy.rules = f'* targets="{archives.TARGET}" {SIGNER.public}'
    policy.archive = archives.two_targets()
    result = world.run("verify", *policy.options(), "--target", archives.TARGET, world.archive)
    result.ends(0)
    result = world.refuses("untrusted", "verify", *policy.options(), world.archive)
    result.demand("every target" in result.document()["error"], "another reason")


# ---- accounts and operators


@scenario(183, "the account's token is signed by an account")
def _(world):
    policy = chain(world)
    policy.accounts = [(claims(nkeys.STRANGER, ACCOUNT, SIGNER), nkeys.STRANGER)]
    policy.rules += f"* {nkeys.STRANGER.public}\n"
    policy.refuses("untrusted", "issuer: a key of kind account (A) where operator (O) belongs")


@scenario(183, "an operator that no rule names")
def _(world):
    policy = chain(world)
    policy.accounts = [(claims(OTHER_OPERATOR, ACCOUNT, SIGNER), OTHER_OPERATOR)]
    policy.refuses("untrusted", "is named by no rule")


@scenario(183, "another key has signed the account's token")
def _(world):
    policy = chain(world)
    policy.accounts = [(claims(OPERATOR, ACCOUNT, SIGNER), OTHER_OPERATOR)]
    policy.refuses("signature", "does not fit")


@scenario(183, "the account names another signer")
def _(world):
    policy = chain(world)
    policy.accounts = [(claims(OPERATOR, ACCOUNT, nkeys.STRANGER), OPERATOR)]
    policy.refuses("untrusted", "not an allowed issuer")


@scenario(183, "the rule is for other accounts")
def _(world):
    policy = chain(world)
    policy.rules = f'* operator,accounts="*,!{ACCOUNT.public}" {OPERATOR.public}'
    policy.refuses("untrusted", "is for other accounts")


@scenario(183, "two accounts under different rules name the signer")
def _(world):
    policy = chain(world)
    second = (claims(OPERATOR, nkeys.STRANGER, SIGNER), OPERATOR)
    policy.accounts.append(second)
    policy.accepts()
    policy.rules = f'* operator,accounts="{ACCOUNT.public}" {OPERATOR.public}\n{SUBJECT} operator {OPERATOR.public}'
    policy.refuses("untrusted", "two accounts under different rules")


@scenario(183, "two tokens for one account")
def _(world):
    policy = chain(world)
    policy.accounts *= 2
    policy.refuses("usage", "a second token")


@scenario(184, "a provider's token as an account's")
def _(world):
    policy = chain(world)
    policy.accounts = [(policy.archive.claims, SIGNER)]
    policy.refuses("untrusted", "subject: a key of kind service (V) where account (A) belongs")


@scenario(184, "an operator's token as an account's, and the other way round")
def _(world):
    policy = long_chain(world)
    policy.accounts, policy.operators = policy.operators, []
    policy.refuses("untrusted", "subject: a key of kind operator (O) where account (A) belongs")
    policy = long_chain(world)
    policy.operators = policy.accounts
    policy.refuses("untrusted", "subject: a key of kind account (A) where operator (O) belongs")


@scenario(184, "a token of NATS itself")
def _(world):
    policy = chain(world)
    policy.accounts = [(claims(OPERATOR, ACCOUNT, SIGNER), OPERATOR, {"header": {"typ": "JWT", "alg": "ed25519-nkey"}})]
    policy.refuses("jwt", "a token of NATS itself")


TIMES = {"expired": ({"exp": ISSUED_AT + 1}, "expired at"), "not yet valid": ({"nbf": NEVER}, "not valid before"),
         "issued in the future": ({"iat": NEVER}, "issued in the future")}


@scenario(185, "the account's token is", each=TIMES)
def _(world, times):
    policy = chain(world)
    others, text = times
    policy.accounts = [(claims(OPERATOR, ACCOUNT, SIGNER, exp=NEVER, nbf=ISSUED_AT), OPERATOR)]
    policy.accepts()
    policy.accounts = [(claims(OPERATOR, ACCOUNT, SIGNER, **others), OPERATOR)]
    policy.refuses("untrusted", f"the token of {ACCOUNT.public}: {text}")


@scenario(185, "the operator's token is", each=TIMES)
def _(world, times):
    policy = long_chain(world)
    others, text = times
    policy.operators = [(claims(OPERATOR, OPERATOR, OTHER_OPERATOR, **others), OPERATOR)]
    policy.refuses("untrusted", f"the token of {OPERATOR.public}: {text}")


@scenario(185, "the account's token was revoked", each={"by its id": "jti:corpus0000000000000001", "by its issuer": f"{OPERATOR.public} *"})
def _(world, line):
    policy = chain(world)
    revoked = policy.put("revoked", line + "\n")
    result = world.refuses("untrusted", "verify", *policy.options(), "--revoked-issuers", revoked, world.archive)
    result.demand(f"the token of {ACCOUNT.public}: " in result.document()["error"], "another reason")
    policy.put("revoked", f"{OTHER_OPERATOR.public} *\n")
    world.run("verify", *policy.options(), "--revoked-issuers", revoked, world.archive).ends(0)


def accounts(count):
    return [nkeys.Key("A", number.to_bytes(32, "big")) for number in range(1, count + 1)]


SIGNERS = {
    "a weak key": (lambda: [nkeys.WEAK["identity"][1], SIGNER], "claims", "valid_signers"),
    "an operator": (lambda: [OPERATOR, SIGNER], "claims", "valid_signers"),
    "a seed": (lambda: [SIGNER.seed_text], "claims", "valid_signers"),
    "one twice": (lambda: [SIGNER, SIGNER], "claims", "twice"),
    "65 of them": (lambda: [*accounts(64), SIGNER], "limit", "more than 64"),
    "so many that the token is too long": (lambda: ["A" * 56] * 20000, "limit", "1048576 bytes"),
}


@scenario(186, "among the account's signers is", each=SIGNERS)
def _(world, signers):
    make, code, text = signers
    policy = chain(world)
    policy.accounts = [(claims(OPERATOR, ACCOUNT, *accounts(63), SIGNER), OPERATOR)]
    policy.accepts()
    policy.accounts = [(claims(OPERATOR, ACCOUNT, *make()), OPERATOR)]
    policy.refuses(code, text)


@scenario(186, "the list of signers is no list of texts", each={"text": SIGNER.public, "numbers": [1], "object": {}, "lists": [[SIGNER.public]]})
def _(world, value):
    policy = chain(world)
    payload = claims(OPERATOR, ACCOUNT)
    payload["wascap"]["valid_signers"] = value
    policy.accounts = [(payload, OPERATOR)]
    policy.refuses("claims", "valid_signers")


@scenario(187, "an operator speaks for another one")
def _(world):
    policy = long_chain(world)
    policy.operators = [(claims(OTHER_OPERATOR, OPERATOR, OTHER_OPERATOR), OTHER_OPERATOR)]
    policy.refuses("untrusted", "speaks for another one")


THIRD_OPERATOR = nkeys.Key("O", bytes(range(4, 36)))


@scenario(187, "a key of a key of the rule's operator")
def _(world):
    """Each of them names the next one, and the last has signed the account's token: one step more than there may be."""
    policy = long_chain(world)
    policy.operators.append((claims(OTHER_OPERATOR, OTHER_OPERATOR, THIRD_OPERATOR), OTHER_OPERATOR))
    policy.accepts()
    policy.accounts = [(claims(THIRD_OPERATOR, ACCOUNT, SIGNER), THIRD_OPERATOR)]
    policy.refuses("untrusted", "is named by no rule")


# The operators whose tokens are there, each with the one that it names; the last has signed the account's token.
CIRCLES = {"with the rule's": (OPERATOR, OTHER_OPERATOR, THIRD_OPERATOR), "without the rule's": (OTHER_OPERATOR, THIRD_OPERATOR)}


@scenario(187, "operators in a circle", each=CIRCLES)
def _(world, circle):
    policy = long_chain(world)
    policy.operators = [(claims(one, one, following), one) for one, following in zip(circle, (*circle[1:], circle[0]))]
    policy.accounts = [(claims(circle[-1], ACCOUNT, SIGNER), circle[-1])]
    policy.refuses("untrusted", "is named by no rule")


# ---- the file itself


@scenario(188, "the file is missing, or has no rules", each={"missing": (None, "is missing"), "empty": ("", "no issuer at all"),
                                                           "comments": (f"# {ANY}\n \t\n", "no issuer at all")})
def _(world, given):
    policy = Policy(world)
    policy.accepts()
    (policy.folder / "rules").unlink()
    policy.rules, text = given
    policy.refuses("untrusted", text)


@scenario(188, "writable by others", each={"group": 0o660, "others": 0o602})
def _(world, mode):
    policy = Policy(world)
    policy.accepts()
    policy.mode = mode
    policy.refuses("unsafe-path", f"others may write to the policy file '{policy.folder / 'rules'}': its mode is 0{mode:o}")
    policy.mode, policy.folder_mode = 0o644, 0o755
    policy.accepts()
    policy.folder_mode |= mode & 0o022
    policy.refuses("unsafe-path", "others may write to the directory of")


@scenario(188, "a link")
def _(world):
    policy = Policy(world)
    policy.accepts()
    (policy.folder / "rules").rename(policy.folder / "elsewhere")
    (policy.folder / "rules").symlink_to("elsewhere")
    policy.rules = None
    policy.refuses("unsafe-path", "is a link")


TYPOS = {
    "unknown option": "* vendr=Acme {key}", "an option twice": "* min-rev=1,min-rev=1 {key}", "no value": "* vendor {key}",
    "a value too many": "* require-exp=yes {key}", "quotes that do not end": '* vendor="Acme {key}', "text behind quotes": '* vendor="Acme"x {key}',
    "an empty option": "* min-rev=1,,max-rev=2 {key}", "no subjects": "{key}", "a key that is cut": "* {key:.55}", "a seed": "* " + SIGNER.seed_text,
    "a weak key": "* " + nkeys.WEAK["identity"][1], "an operator without its option": "* " + OPERATOR.public, "an account with it": "* operator {key}",
    "accounts without operator": "* accounts=* {key}", "an empty pattern": "*,,V* {key}", "only what is ruled out": "!V* {key}",
    "no date": "* valid-after=20260230 {key}", "a date as a number": "* valid-after=1767225600 {key}", "an age without unit": "* max-age=90 {key}",
    "a sign": "* min-rev=+1 {key}", "bounds that cross": "* min-rev=2,max-rev=1 {key}", "a short digest": "* digest=sha256:00 {key}",
    "a control character": "* {key} \x1b", "a lone CR": "# x\r* {key}\n* {key}", "not UTF-8": b"* \xff", "a NUL": "* {key} \0", "1 MiB in one line": "*" * (1 << 20),
}


@scenario(188, "a typo", each=TYPOS)
def _(world, typo):
    policy = Policy(world)
    policy.rules = ANY.replace("\n", "\r\n")
    policy.accepts()
    line = typo if isinstance(typo, bytes) else typo.replace("{key:.55}", SIGNER.public[:55]).replace("{key}", SIGNER.public).encode()
    policy.rules = ANY.encode() + b"\n" + line + b"\n" + ANY.encode()
    policy.refuses("usage", f"{policy.folder / 'rules'}:3: ")
