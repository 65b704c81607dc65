# Rows 104 to 128 of the threat matrix: the token's framing, its header, and whose signature it carries.
# SPDX-License-Identifier: Apache-2.0

import hashlib
import json
import socket

from cases import Collection, Expect, status_of
from world import ASK, USUAL
from writers import archive as archives
from writers import ed25519, nkeys, pieces
from writers.token import base64url, json_bytes

CORPUS = Collection(range(104, 129))
rejects, accepts, scenario = CORPUS.rejects, CORPUS.accepts, CORPUS.scenario

MIB = 1 << 20
TOKEN = {"member": "claims.jwt"}
# inspect shows what is not signed, and says so.
UNSIGNED = {"verbs": {"inspect": Expect(shows={"signature": "invalid"})}}


def segments(archive):
    return archive.token.encode(archive.claims).split(b".")


def signing_input(archive):
    return b".".join(segments(archive)[:2])


# ---- framing


SEGMENTS = {
    "an empty file": lambda header, payload, signature: b"",
    "one line feed": lambda header, payload, signature: b"\n",
    "only dots": lambda header, payload, signature: b"..",
    "one segment": lambda header, payload, signature: payload,
    "two segments": lambda header, payload, signature: header + b"." + payload,
    "four segments": lambda header, payload, signature: b".".join((header, payload, signature, signature)),
    "a dot in front": lambda header, payload, signature: b"." + b".".join((header, payload, signature)),
    "a dot behind": lambda header, payload, signature: b".".join((header, payload, signature)) + b".",
    "without a header": lambda header, payload, signature: b"." + payload + b"." + signature,
    "without a payload": lambda header, payload, signature: header + b".." + signature,
}


@rejects(104, "framing", "jwt", each=SEGMENTS, **TOKEN)
def _(archive, join):
    archive.token.text = join(*segments(archive))


@rejects(105, "the signature is removed", "jwt", **TOKEN)
def _(archive):
    archive.token.signature_segment = b""


@rejects(106, "a signature of random bytes", "signature", **TOKEN, **UNSIGNED)
def _(archive):
    strong_point = ed25519.public(b"no key of anybody's, 32 bytes !!")
    archive.token.signature = strong_point + bytes([7] * 31 + [0])


@rejects(106, "a signature of another token", "signature", **TOKEN, **UNSIGNED)
def _(archive):
    other = archives.base()
    other.claims["jti"] = "another"
    archive.token.signature_segment = segments(other)[2]


@rejects(106, "a signature by another key", "signature", **TOKEN, **UNSIGNED)
def _(archive):
    archive.token.key = nkeys.STRANGER


@rejects(107, "the hash of another binary, under the old signature", "signature", **TOKEN, **UNSIGNED)
def _(archive):
    archive.token.signature_segment = segments(archive)[2]
    archive.target.body = archives.elf(text=b"evil")
    archive.list(archives.TARGET, archive.target.body)


@rejects(107, "another issuer named, under the old signature", "signature", **TOKEN, **UNSIGNED)
def _(archive):
    archive.token.signature_segment = segments(archive)[2]
    archive.claims["iss"] = nkeys.STRANGER.public


# ---- the header


@rejects(108, "alg none", "jwt", **TOKEN)
def _(archive):
    archive.token.header["alg"] = "none"


@rejects(108, "alg none, and no signature", "jwt", **TOKEN)
def _(archive):
    archive.token.header["alg"] = "none"
    archive.token.signature_segment = b""


ALGORITHMS = ("EdDSA", "ed25519", "HS256", "Ed25519 ", " Ed25519", "ed25519 ", "Ed25519\0", "Ed2551", "Ed25519ph", "NONE", "", None, 1, ["Ed25519"])


@rejects(109, "alg", "jwt", each={json.dumps(value): value for value in ALGORITHMS}, **TOKEN)
def _(archive, value):
    archive.token.header["alg"] = value


@rejects(109, "alg ed25519-nkey, with a hint", "jwt", text="a token of NATS itself", **TOKEN)
def _(archive):
    archive.token.header["alg"] = "ed25519-nkey"


@rejects(109, "without alg", "jwt", **TOKEN)
def _(archive):
    del archive.token.header["alg"]


@rejects(110, "typ", "jwt", each={json.dumps(value): value for value in ("jws", "", "jwt ", "jwt\0", None, 1, {"jwt": 1})}, **TOKEN)
def _(archive, value):
    archive.token.header["typ"] = value


@rejects(110, "typ JWT, with a hint", "jwt", text="a token of NATS itself", **TOKEN)
def _(archive):
    archive.token.header["typ"] = "JWT"


@rejects(110, "without typ", "jwt", **TOKEN)
def _(archive):
    del archive.token.header["typ"]


@rejects(111, "a header that is no base64url", "jwt", each={"x": b"x", "a star": b"*AAA", "one character more": None}, **TOKEN)
def _(archive, segment):
    archive.token.header_segment = segments(archive)[0] + b"A" if segment is None else segment


NO_OBJECTS = ("", "x", "null", "1", '"jwt"', '{"typ":"jwt","alg":"Ed25519"', '{"typ":"jwt","alg":"Ed25519"}{}', "{'typ':'jwt','alg':'Ed25519'}")


@rejects(111, "a header that is no JSON object", "jwt", each={text or "nothing": text for text in NO_OBJECTS}, **TOKEN)
def _(archive, text):
    archive.token.header = text


EXTENSIONS = {"crit": ["x"], "crit, empty": [], "b64": False, "b64, true": True, "zip": "DEF"}


@rejects(112, "header", "jwt", each=EXTENSIONS, **TOKEN)
def _(archive, value):
    name = next(words for words, each in EXTENSIONS.items() if each is value)
    archive.token.header[name.split(",")[0]] = value


@rejects(112, "crit with an escape in its name", "jwt", **TOKEN)
def _(archive):
    archive.token.header = '{"typ":"jwt","alg":"Ed25519","\\u0063rit":["x"]}'


ATTACKERS_KEY = {"kty": "OKP", "crv": "Ed25519", "x": base64url(nkeys.STRANGER.public_bytes).decode()}


@accepts(113, "jwk with a key of the attacker's")
def _(archive):
    archive.token.header["jwk"] = ATTACKERS_KEY


@accepts(113, "kid with a path", each={"a key": nkeys.STRANGER.public, "a file": "../../../dev/zero"})
def _(archive, kid):
    archive.token.header["kid"] = kid


@rejects(113, "jwk with the key that signed, which is not the issuer's", "signature", **TOKEN, **UNSIGNED)
def _(archive):
    archive.token.header["jwk"] = ATTACKERS_KEY
    archive.token.header["kid"] = nkeys.STRANGER.public
    archive.token.key = nkeys.STRANGER


@scenario(113, "never fetched", each={name: name for name in ("jku", "x5u", "jwk", "kid")})
def _(world, name):
    """The address that the token names is one where somebody listens; nobody calls."""
    archive = archives.base()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        archive.token.header[name] = f"http://127.0.0.1:{server.getsockname()[1]}/key"
        world.write(archive.file())
        for verb in USUAL:
            args = [str(world.archive) if word == "{}" else word for word in ASK[verb]]
            result = world.run(*args, feed=archive.file() if "-" in args else None)
            code = "exec" if verb == "run" else "ok"
            result.is_expected(Expect(code), status_of(code, verb))
            (world.work / "out").unlink(missing_ok=True)
            try:
                server.accept()
                result.demand(False, "the address in the token was called")
            except BlockingIOError:
                pass


DUPLICATES = {
    "alg, good then none": '{"typ":"jwt","alg":"Ed25519","alg":"none"}',
    "alg, none then good": '{"typ":"jwt","alg":"none","alg":"Ed25519"}',
    "alg, the same": '{"typ":"jwt","alg":"Ed25519","alg":"Ed25519"}',
    "alg, once with an escape": '{"typ":"jwt","alg":"Ed25519","\\u0061lg":"Ed25519"}',
    "typ": '{"typ":"jwt","typ":"jwt","alg":"Ed25519"}',
    "kid, which is ignored": '{"typ":"jwt","alg":"Ed25519","kid":"a","kid":"a"}',
    "inside jwk": '{"typ":"jwt","alg":"Ed25519","jwk":{"x":1,"x":1}}',
}


@rejects(114, "twice", "jwt", each=DUPLICATES, **TOKEN)
def _(archive, text):
    archive.token.header = text


@rejects(115, "the header as an array", "jwt", each={"two": ["jwt", "Ed25519"], "empty": [], "of the object": [{"typ": "jwt", "alg": "Ed25519"}]},
         **TOKEN)
def _(archive, header):
    archive.token.header = json_bytes(header)


# ---- base64url


def with_short_ends():
    """Segments whose last characters have bits to spare, and which ordinary base64 would pad."""
    archive = archives.base()
    archive.token.payload = json_bytes(archive.claims)
    archive.token.payload += b" " * (-(len(archive.token.payload) + 2) % 3)
    return archive


def in_segment(archive, index, edit):
    """Edits a segment of a token that is otherwise as it was signed."""
    parts = segments(archive)
    parts[index] = edit(parts[index])
    archive.token.text = b".".join(parts)


PLACES = {"the header": 0, "the payload": 1, "the signature": 2}


@rejects(116, "= behind", "jwt", base=with_short_ends, each=PLACES, **TOKEN)
def _(archive, index):
    in_segment(archive, index, lambda segment: segment + b"=" * (-len(segment) % 4))


@rejects(116, "= behind, and signed so", "jwt", base=with_short_ends, **TOKEN)
def _(archive):
    payload = json_bytes(archive.token.payload)
    archive.token.payload_segment = base64url(payload) + b"=="


def with_both_characters():
    """Every segment has a - or a _."""
    archive = archives.base()
    archive.token.header = '{"typ":"jwt","alg":"Ed25519","kid":"???>>>"}'
    archive.claims["wascap"]["name"] = "???>>>~~~"
    return archive


@rejects(117, "the alphabet of plain base64", "jwt", base=with_both_characters, each=PLACES, **TOKEN)
def _(archive, index):
    number = 0
    while not set(b"-_") & set(segments(archive)[index]):
        archive.claims["jti"] = f"try {(number := number + 1)}"
    in_segment(archive, index, lambda segment: segment.replace(b"-", b"+").replace(b"_", b"/"))


ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@rejects(118, "spare bits of the last character", "jwt", base=with_short_ends, each=PLACES, **TOKEN)
def _(archive, index):
    in_segment(archive, index, lambda segment: segment[:-1] + bytes([ALPHABET[ALPHABET.index(segment[-1]) + 1]]))


@rejects(118, "each spare bit of the signature", "jwt", each={f"{bits:04b}": bits for bits in (1, 2, 4, 8, 15)}, **TOKEN)
def _(archive, bits):
    in_segment(archive, 2, lambda segment: segment[:-1] + bytes([ALPHABET[ALPHABET.index(segment[-1]) | bits]]))


def with_full_ends():
    """Segments of whole groups of four characters."""
    archive = archives.base()
    archive.token.header = '{"typ":"jwt","alg":"Ed25519"} '
    archive.token.payload = json_bytes(archive.claims)
    archive.token.payload += b" " * (-len(archive.token.payload) % 3)
    return archive


@rejects(119, "one character more, which carries no byte, and is signed", "jwt", base=with_full_ends, each={"the header": "header", "the payload": "payload"}, **TOKEN)
def _(archive, name):
    setattr(archive.token, f"{name}_segment", base64url(json_bytes(getattr(archive.token, name))) + b"A")


@rejects(119, "a length of 1 modulo 4", "jwt", each=PLACES, **TOKEN)
def _(archive, index):
    in_segment(archive, index, lambda segment: segment[:-1] + b"A" * ((2 - len(segment)) % 4))


WHITE = {"a space": b" ", "a tab": b"\t", "a line feed": b"\n", "CR LF": b"\r\n", "a form feed": b"\f"}
INSIDE = {f"{white} in {place}": (index, byte) for white, byte in WHITE.items() for place, index in PLACES.items()}


@rejects(120, "white space", "jwt", each=INSIDE, **TOKEN)
def _(archive, case):
    index, white = case
    in_segment(archive, index, lambda segment: segment[:8] + white + segment[8:])


@rejects(120, "white space around", "jwt", each={"a space in front": b" %s", "a space behind": b"%s ", "a line feed in front": b"\n%s",
                                                "two line feeds behind": b"%s\n\n", "CR behind": b"%s\r"}, **TOKEN)
def _(archive, form):
    archive.token.text = form % archive.token.encode(archive.claims)


@rejects(121, "a byte order mark", "jwt", each={"UTF-8": b"\xef\xbb\xbf", "UTF-16": b"\xff\xfe"}, **TOKEN)
def _(archive, mark):
    archive.token.text = mark + archive.token.encode(archive.claims)


@rejects(122, "behind the token", "jwt", each={"NUL": b"\0", "NUL and junk": b"\0junk", "line feed and NUL": b"\n\0", "junk": b"!",
                                             "another token": b"\neyJ0eXAiOiJqd3QifQ.e30.AA"}, **TOKEN)
def _(archive, after):
    archive.token.after = after


@rejects(122, "NUL inside", "jwt", each=PLACES, **TOKEN)
def _(archive, index):
    in_segment(archive, index, lambda segment: segment[:8] + b"\0" + segment[9:])


@rejects(123, "no UTF-8", "jwt", each={"ff": b"\xff", "an overlong A": b"\xc1\x81", "é in Latin-1": b"\xe9", "é": "é".encode()}, **TOKEN)
def _(archive, junk):
    in_segment(archive, 1, lambda segment: segment[:8] + junk + segment[8:])


def flattened(header, payload, signature):
    return {"payload": payload, "protected": header, "signature": signature}


def general(header, payload, signature):
    return {"payload": payload, "signatures": [{"protected": header, "signature": signature}]}


@rejects(124, "JWS JSON serialization", "jwt", text="compact", each={"flattened": flattened, "general": general}, **TOKEN)
def _(archive, form):
    archive.token.text = json_bytes(form(*(part.decode() for part in segments(archive))))


@rejects(124, "a JWE of five segments", "jwt", **TOKEN)
def _(archive):
    header, payload, signature = segments(archive)
    archive.token.text = b".".join((header, signature, payload, payload, signature))


# ---- lengths


@rejects(125, "a token of 100 MiB", "limit", at=lambda archive: archive.at(archive.token_member), big=True, **TOKEN)
def _(archive):
    archive.token_body = [pieces.Repeat(b"A", 100 * MIB)]


def of_1_mib():
    """As much as a token may have, by a claim that nobody knows. Base64 takes 4 characters for 3 bytes."""
    archive = archives.base()
    archive.claims["padding"] = ["x" * (200 << 10)] * 3 + [""]
    room = MIB - len(archive.token.encode(archive.claims))
    archive.claims["padding"][-1] = "x" * (room * 3 // 4)
    while len(archive.token.encode(archive.claims)) > MIB:
        archive.claims["padding"][-1] = archive.claims["padding"][-1][:-1]
    return archive


@rejects(125, "one byte more than 1 MiB", "limit", at=lambda archive: archive.at(archive.token_member), base=of_1_mib, **TOKEN)
def _(archive):
    archive.token.after = b"\n" * (MIB + 1 - len(archive.token.encode(archive.claims)))


LENGTHS = {"63 bytes": 63, "65 bytes": 65, "one byte": 1, "32 bytes": 32, "128 bytes": 128, "500000 bytes": 500000}


@rejects(126, "a signature of", "jwt", each=LENGTHS, **TOKEN)
def _(archive, length):
    good = archive.token.key.sign(signing_input(archive))
    archive.token.signature = (good + bytes(max(0, length - 64)))[:length]


@rejects(126, "a signature of 10^6 bytes", "limit", at=lambda archive: archive.at(archive.token_member), **TOKEN)
def _(archive):
    archive.token.signature = archive.token.key.sign(signing_input(archive)) + bytes(10**6 - 64)


# ---- signatures of something else


@rejects(127, "signed is only", "signature", each={"the payload's segment": 1, "the header's segment": 0}, **TOKEN, **UNSIGNED)
def _(archive, index):
    archive.token.signed = segments(archive)[index]


@rejects(127, "signed is the payload, decoded", "signature", **TOKEN, **UNSIGNED)
def _(archive):
    archive.token.signed = json_bytes(archive.claims)


@rejects(127, "signed is the hash of the token", "signature", each={"SHA-256": "sha256", "SHA-512": "sha512"}, **TOKEN, **UNSIGNED)
def _(archive, algorithm):
    archive.token.signed = hashlib.new(algorithm, signing_input(archive)).digest()


@rejects(127, "signed is the token with a line feed", "signature", **TOKEN, **UNSIGNED)
def _(archive):
    archive.token.signed = signing_input(archive) + b"\n"


@rejects(128, "Ed25519ph", "signature", **TOKEN, **UNSIGNED)
def _(archive):
    archive.token.signed = hashlib.sha512(signing_input(archive)).digest()
    archive.token.wrong = {"dom": ed25519.dom2(1)}


@rejects(128, "Ed25519ctx", "signature", each={"without a context": b"", "with one": b"wasmcloud"}, **TOKEN, **UNSIGNED)
def _(archive, context):
    archive.token.wrong = {"dom": ed25519.dom2(0, context)}
