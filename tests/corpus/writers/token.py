# claims.jwt: a compact JWS, segment by segment (RFC 7515).
# SPDX-License-Identifier: Apache-2.0

import base64
import dataclasses
import json

from writers import nkeys


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


class Raw(str):
    """A value that stands in the JSON as it is written here, whatever json would make of it."""


def json_text(value):
    if isinstance(value, Raw):
        return value
    if isinstance(value, dict):
        return "{" + ",".join(f"{json_text(str(key))}:{json_text(each)}" for key, each in value.items()) + "}"
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def json_bytes(value):
    """A dict or list as compact JSON; text and bytes as they stand, so that it may be no JSON at all."""
    if isinstance(value, bytes):
        return value
    return (value if isinstance(value, str) else json_text(value)).encode()


@dataclasses.dataclass
class Token:
    """Each field but the first two: None means what follows from those before it."""

    header: object = dataclasses.field(default_factory=lambda: {"typ": "jwt", "alg": "Ed25519"})  # a dict, or JSON text
    key: nkeys.Key = nkeys.ISSUER  # signs, whoever the claims say does
    payload: object = None  # a dict, or JSON text; None: the claims of the archive
    header_segment: object = None  # bytes, in place of base64url(header)
    payload_segment: object = None
    signed: object = None  # bytes that the key signs, in place of both segments and their dot
    wrong: dict = dataclasses.field(default_factory=dict)  # how ed25519.sign is to differ
    signature: object = None  # 64 bytes, or others
    signature_segment: object = None
    text: object = None  # bytes of the whole token
    after: bytes = b""  # behind it, in the same member

    def encode(self, claims):
        """The bytes of claims.jwt; `claims` is the payload where there is no other."""
        header = base64url(json_bytes(self.header)) if self.header_segment is None else self.header_segment
        payload = json_bytes(claims if self.payload is None else self.payload)
        payload = base64url(payload) if self.payload_segment is None else self.payload_segment
        signed = header + b"." + payload
        if self.signature_segment is None:
            signature = self.signature
            if signature is None:
                signature = self.key.sign(signed if self.signed is None else self.signed, **self.wrong)
            last = base64url(signature)
        else:
            last = self.signature_segment
        return (signed + b"." + last if self.text is None else self.text) + self.after
