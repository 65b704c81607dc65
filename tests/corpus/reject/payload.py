# Rows 129 to 142 of the threat matrix: the JSON of a payload that is correctly signed.
# SPDX-License-Identifier: Apache-2.0

from cases import Collection
from writers import archive as archives
from writers import nkeys, pieces
from writers.token import Raw, json_bytes, json_text

CORPUS = Collection(range(129, 143))
rejects, accepts = CORPUS.rejects, CORPUS.accepts

TOKEN = {"member": "claims.jwt"}
HASH = "0" * 64


def more(archive, text, where=None):
    """Members at the end of the payload, or of an object that is its last."""
    whole = json_bytes(archive.claims).decode()
    if where is None:
        archive.token.payload = f"{whole[:-1]},{text}}}"
    else:
        archive.claims[where] = Raw(f"{json_text(archive.claims[where])[:-1]},{text}}}")


# ---- names that stand twice

TWICE = {
    "iss, good then another": f'"iss":"{nkeys.STRANGER.public}"',
    "iss, the same": f'"iss":"{nkeys.ISSUER.public}"',
    "sub": f'"sub":"{nkeys.SUBJECT.public}"',
    "exp": '"exp":4000000000,"exp":1',
    "wascap": '"wascap":{}',
}


@rejects(129, "twice", "claims", each=TWICE, **TOKEN)
def _(archive, text):
    more(archive, text)


@rejects(130, "a target twice", "claims", **TOKEN, each={"good then evil": (False, True), "evil then good": (True, False), "the same": (False, False)})
def _(archive, order):
    digests = [pieces.sha256([b"evil"]) if evil else archive.hashes[archives.TARGET] for evil in order]
    members = ",".join(f'"{archives.TARGET}":"{digest}"' for digest in digests)
    archive.claims["wascap"]["target_hashes"] = Raw("{" + members + "}")


@rejects(131, "an unknown claim twice", "claims", each={"at the top": None, "in wascap": "wascap"}, **TOKEN)
def _(archive, where):
    more(archive, '"unknown":1,"unknown":1', where)


@rejects(131, "a key twice", "claims", **TOKEN,
         each={"in config_schema": '"config_schema":{"a":1,"a":1}', "deep in config_schema": '"config_schema":{"a":[{"b":{"c":1,"c":1}}]}'})
def _(archive, text):
    more(archive, text, "wascap")


@rejects(131, "a key twice in an unknown claim", "claims", **TOKEN)
def _(archive):
    more(archive, '"unknown":[{"a":1,"a":1}]')


ESCAPED = {
    "iss": (f'"\\u0069ss":"{nkeys.ISSUER.public}"', None),
    "vendor": ('"v\\u0065ndor":"Acme"', "wascap"),
    "an unknown claim": ('"unknown":1,"\\u0075nknown":1', None),
    "in config_schema": ('"config_schema":{"a":1,"\\u0061":1}', "wascap"),
}


@rejects(132, "twice, once with an escape", "claims", each=ESCAPED, **TOKEN)
def _(archive, case):
    more(archive, *case)


@accepts(133, "another case", each={"Iss": ("Iss", nkeys.STRANGER.public), "ISS": ("ISS", 1), "Exp": ("Exp", 1), "WASCAP": ("WASCAP", None)},
         shows={"issuer": nkeys.ISSUER.public})
def _(archive, member):
    archive.claims[member[0]] = member[1]


@rejects(133, "Iss in place of iss", "claims", **TOKEN)
def _(archive):
    archive.claims["Iss"] = archive.claims.pop("iss")


# ---- what is no object


@rejects(134, "the claims as an array in the order of their fields", "claims", **TOKEN)
def _(archive):
    claims = archive.claims
    archive.token.payload = [None, claims["jti"], claims["iat"], claims["iss"], claims["sub"], None, claims["wascap"], 3]


@rejects(134, "wascap as an array in the order of its fields", "claims", **TOKEN)
def _(archive):
    wascap = archive.claims["wascap"]
    archive.claims["wascap"] = [wascap["name"], wascap["vendor"], wascap["rev"], wascap["ver"], wascap["target_hashes"], None]


@rejects(134, "target_hashes as an array", "claims", **TOKEN)
def _(archive):
    archive.claims["wascap"]["target_hashes"] = [[archives.TARGET, archive.hashes[archives.TARGET]]]


@rejects(135, "the payload is", "claims", each={text or "nothing": text for text in ("null", '"x"', "1", "true", "[]", "{}", " ")}, **TOKEN)
def _(archive, text):
    archive.token.payload = text


# ---- depth

MAX_DEPTH, MAX_SCHEMA_DEPTH = 64, 125


def nested(depth, opening="[", closing="]"):
    return opening * depth + closing * depth


def deep():
    """As deep as a claim may be: the payload itself is the first level."""
    archive = archives.base()
    archive.claims["unknown"] = Raw(nested(MAX_DEPTH - 1))
    return archive


@rejects(136, "nested in an unknown claim", "limit", base=deep, **TOKEN,
         each={"one array more than fits": nested(MAX_DEPTH), "100000 arrays": nested(100000), "50000 arrays, never closed": "[" * 50000,
               "50000 objects": nested(50000, '{"a":', "}").replace(":}", ":1}")})
def _(archive, text):
    archive.claims["unknown"] = Raw(text)


def with_deep_schema():
    archive = archives.base()
    archive.claims["wascap"]["config_schema"] = Raw(nested(MAX_SCHEMA_DEPTH))
    return archive


@rejects(137, "nested in config_schema", "limit", base=with_deep_schema, **TOKEN,
         each={"one array more than fits": nested(MAX_SCHEMA_DEPTH + 1), "129 objects": nested(129, '{"a":', "}").replace(":}", ":1}"),
               "100000 arrays": nested(100000)})
def _(archive, text):
    archive.claims["wascap"]["config_schema"] = Raw(text)


# ---- text

PLACES = ("iss", "sub", "jti", "wascap.name", "wascap.vendor", "wascap.ver", "wascap.capid", "unknown")


def put(archive, place, value):
    """Under a name such as wascap.vendor."""
    claims = archive.claims
    *outer, last = place.split(".")
    for name in outer:
        claims = claims[name]
    claims[last] = value


def old(archive, place):
    claims = archive.claims
    for name in place.split("."):
        claims = claims.get(name, "text")
    return claims


@rejects(138, "NUL behind the value of", "claims", each={place: place for place in PLACES if place != "unknown"}, **TOKEN)
def _(archive, place):
    put(archive, place, Raw(f'"{old(archive, place)}\\u0000more"'))


@rejects(138, "NUL in a name", "claims", **TOKEN, each={"of a target": (f"wascap.target_hashes.{archives.TARGET}\0", HASH), "of a claim": ("iss\0", "x")})
def _(archive, member):
    put(archive, *member)


@rejects(139, "a lone surrogate", "claims", **TOKEN,
         each={f"{which} in {place}": (place, code) for which, code in (("high", "\\ud800"), ("low", "\\udc00"), ("wrong pair", "\\udc00\\ud800"))
               for place in ("wascap.name", "unknown", "wascap.config_schema")})
def _(archive, case):
    put(archive, case[0], Raw(f'"{case[1]}"'))


NO_TEXT = {
    "a line feed": b"\n", "ESC": b"\x1b", "NUL": b"\0", "a tab": b"\t",
    "no UTF-8": b"\xff", "a lone continuation": b"\x80", "an overlong slash": b"\xc0\xaf", "an overlong NUL": b"\xc0\x80",
    "a surrogate in UTF-8": b"\xed\xa0\x80", "beyond Unicode": b"\xf4\x90\x80\x80", "cut": b"\xe2\x82",
}
INSIDE = {f"{what} in {place}": (place, text) for what, text in NO_TEXT.items() for place in ("wascap.name", "unknown", "wascap.config_schema")}


@rejects(140, "raw", "claims", each=INSIDE, **TOKEN)
def _(archive, case):
    place, text = case
    put(archive, place, "here")
    archive.token.payload = json_bytes(archive.claims).replace(b"here", text)


BROKEN = {
    "a byte order mark": lambda text: "\ufeff" + text,
    "a comment": lambda text: text.replace("{", "{/* x */", 1),
    "a comment behind": lambda text: text + "// x",
    "a comma behind the last member": lambda text: text[:-1] + ",}",
    "two commas": lambda text: text.replace(",", ",,", 1),
    "no comma": lambda text: text.replace(",", " ", 1),
    "single quotes": lambda text: text.replace('"', "'"),
    "a name without quotes": lambda text: text.replace('"jti"', "jti", 1),
    "a vertical tab": lambda text: text.replace(",", ",\v", 1),
    "a no-break space": lambda text: text.replace(",", ",\u00a0", 1),
    "not closed": lambda text: text[:-1],
    "an escape that is none": lambda text: text.replace("Corpus", "Corp\\us", 1),
    "an escape cut": lambda text: text.replace("Corpus", "Corpus\\u12", 1),
}


@rejects(141, "JSON with", "claims", each=BROKEN, **TOKEN)
def _(archive, edit):
    archive.token.payload = edit(json_bytes(archive.claims).decode())


NO_NUMBERS = ("NaN", "Infinity", "-Infinity", "01", "-01", ".5", "1.", "+1", "0x1", "1e", "1e+", "--1", "-", "tru", "True", "undefined")


@rejects(141, "a number that is none", "claims", each={f"{text} in {place}": (place, text) for text in NO_NUMBERS for place in ("wascap.rev", "unknown")},
         **TOKEN)
def _(archive, case):
    put(archive, case[0], Raw(case[1]))


@rejects(142, "behind the object", "claims", each={"an object": "{}", "its copy": None, "null": "null", "a bracket": "}", "NUL": "\0", "a comma": ","},
         **TOKEN)
def _(archive, behind):
    whole = json_bytes(archive.claims).decode()
    archive.token.payload = whole + (whole if behind is None else behind)
