# Checks the corpus itself: every row has its case, and the writers agree with published vectors.
# SPDX-License-Identifier: Apache-2.0

import re

import cases
from writers import ed25519, nkeys, pieces

VECTORS = cases.ROOT / "tests/vectors"
# The rows of the threat matrix but for registries, and of the archives that are odd and good.
ROWS = [*map(str, [*range(1, 208), *range(243, 261)]), *(f"P{number}" for number in range(1, 31))]

# Rows that list several things: how the label of a case for each of them begins.
PARTS = {
    "183": ("the account's token is signed by an account", "an operator that no rule names", "another key has signed", "the account names another signer",
            "two accounts under different rules", "two tokens for one account"),
    "184": ("a provider's token", "an operator's token as an account's, and the other way round", "a token of NATS itself"),
    "185": ("the account's token is: expired", "the account's token was revoked: by its id", "the account's token was revoked: by its issuer",
            "the operator's token is: expired", "the operator's token is: not yet valid"),
    "186": ("among the account's signers is: a weak key", "among the account's signers is: one twice", "among the account's signers is: 65 of them",
            "among the account's signers is: so many", "the list of signers is no list of texts"),
    "187": ("an operator speaks for another one", "a key of a key", "operators in a circle: with the rule's", "operators in a circle: without"),
    "188": ("the file is missing, or has no rules: missing", "the file is missing, or has no rules: empty", "writable by others: group",
            "writable by others: others", "a link", "a typo: unknown option", "a typo: a NUL", "a typo: not UTF-8", "a typo: 1 MiB in one line"),
}


def missing_parts(collections):
    labels = [case.label for collection in collections.values() for case in collection.cases]
    return [f"{row} {part}" for row, parts in PARTS.items() for part in parts
            if not any(label.startswith(f"{row} {part}") for label in labels)]


def missing_rows(collections):
    shown = {row for collection in collections.values()
             for row in [case.row for case in collection.cases] + [row for row, _, _ in collection.elsewhere]}
    answered = {row for collection in collections.values() for row in collection.rows}
    return sorted((set(ROWS) | answered) - shown - {row for row, _, _ in not_built(collections)})


def not_built(collections):
    return [entry for collection in collections.values() for entry in collection.not_built]


def missing_tests(collections):
    """Rows that are said to be shown by a test that is not there."""
    named = [(row, test) for collection in collections.values() for row, test, _ in collection.elsewhere]
    return sorted(f"{row}: {test}" for row, test in named if not is_there(test, collections))


def is_there(test, collections):
    place, _, name = test.partition(": ")
    suite, _, group = place.partition("/")
    if not name:
        return False
    if suite == "corpus":
        return any(case.label.startswith(name) for case in collections[group].cases)
    is_c = suite in ("unit", "api", "store")
    source = cases.ROOT / "tests" / f"{place}{'.c' if is_c else '.bats'}"
    call = rf"\(\s*{re.escape(name)}\s*[,)]" if is_c else rf'^@test "{re.escape(name)}" \{{$'
    return source.exists() and bool(re.search(call, source.read_text(), re.MULTILINE))


def twice(collections):
    """Names of cases that are given two times."""
    names = [f"{case.group} {case.label}" for collection in collections.values() for case in collection.cases]
    return sorted({name for name in names if names.count(name) > 1})


def unlisted_groups(collections):
    listed = (cases.ROOT / "tests/meson.build").read_text()
    return sorted(group for group, collection in collections.items() if collection.cases and f"'{group}'" not in listed)


def wrong_vectors(_):
    """RFC 8032, 7.1: seed, public key, message, signature, as the C tests have them."""
    text = re.sub(r'"\s+"', "", (VECTORS / "rfc8032.h").read_text())
    vectors = re.findall(r'\{"([^"]*)",\s*"([0-9A-F]{64})",\s*"([0-9A-F]{64})",\s*"([0-9A-F]*)",\s*"([0-9A-F]{128})"\}',
                         text)
    wrong = ["fewer than five vectors"] if len(vectors) < 5 else []
    for name, *fields in vectors:
        seed, public, message, signature = map(bytes.fromhex, fields)
        if ed25519.public(seed) != public or ed25519.sign(seed, message) != signature:
            wrong.append(name)
    return wrong


def wrong_keys(_):
    pairs = re.findall(r'\{"(S[A-Z2-7]{57})",\s*"([A-Z2-7]{56})"\}', (VECTORS / "nkeys.h").read_text())
    wrong = ["fewer than three pairs"] if len(pairs) < 3 else []
    for seed, public in pairs:
        key = nkeys.from_seed_text(seed)
        wrong += [] if (key.seed_text, key.public) == (seed, public) else [public]
    return wrong


def wrong_weak(_):
    return [name for name,
            (number, text) in nkeys.WEAK.items() if nkeys.public_text("A", number.to_bytes(32, "little")) != text]


def wrong_crc(_):
    """Of zeros that are described against zeros that are there."""
    return [str(count) for count in (0, 1, 7, 512, 100001)
            if pieces.crc32([b"front", pieces.zeros(count)]) != pieces.crc32([b"front" + bytes(count)])]


CHECKS = {
    "every row has a case or a named test": missing_rows,
    "every part of a row has a case": missing_parts,
    "every test named for a row exists": missing_tests,
    "no two cases have one name": twice,
    "every group is in tests/meson.build": unlisted_groups,
    "Ed25519 agrees with RFC 8032": wrong_vectors,
    "nkeys agree with the published ones": wrong_keys,
    "weak keys are written as published": wrong_weak,
    "the CRC of described zeros is theirs": wrong_crc,
}


def run(collections):
    """TAP; false when something is missing or wrong."""
    good = True
    print(f"1..{len(CHECKS)}")
    for number, (name, check) in enumerate(CHECKS.items(), 1):
        wrong = check(collections)
        good = good and not wrong
        print(f"{'not ok' if wrong else 'ok'} {number} - {name}")
        if wrong:
            print(f"# {', '.join(wrong)}")
    for row, what, why in not_built(collections):
        print(f"# not built: row {row}, {what}: {why}")
    for collection in collections.values():
        for row, what, why in collection.otherwise:
            print(f"# otherwise: row {row}, {what}: {why}")
    return good
