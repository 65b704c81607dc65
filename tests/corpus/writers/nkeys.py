# The text form of NATS nkeys: base32 of a kind, 32 bytes and a checksum (docs/FORMAT.md, Keys).
# SPDX-License-Identifier: Apache-2.0

import base64
import binascii
import dataclasses
import functools
import struct

from writers import ed25519

# The first letter of a public key, as the byte in front of it.
KINDS = {letter: number << 3 for number, letter in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")}


def text(head, body, crc=None):
    """`head` is one byte of a public key, two of a seed. crc None: the right one."""
    crc = binascii.crc_hqx(head + body, 0) if crc is None else crc
    return base64.b32encode(head + body + struct.pack("<H", crc)).decode().rstrip("=")


def public_text(kind, key, crc=None):
    """Kind: a letter, or the byte itself."""
    return text(bytes([KINDS[kind] if isinstance(kind, str) else kind]), key, crc)


def seed_text(kind, seed, crc=None):
    number = KINDS[kind] if isinstance(kind, str) else kind
    return text(bytes([KINDS["S"] | number >> 5, (number & 31) << 3]), seed, crc)


@dataclasses.dataclass(frozen=True)
class Key:
    kind: str
    seed: bytes
    torsion: int = 0  # of a key of mixed order

    @functools.cached_property
    def public_bytes(self):
        return ed25519.public(self.seed, self.torsion)

    @functools.cached_property
    def public(self):
        return public_text(self.kind, self.public_bytes)

    @property
    def seed_text(self):
        return seed_text(self.kind, self.seed)

    def sign(self, message, **wrong):
        return _signature(self.seed, message, tuple(sorted({"torsion": self.torsion, **wrong}.items())))


@functools.lru_cache(maxsize=None)
def _signature(seed, message, wrong):
    return ed25519.sign(seed, message, **dict(wrong))


def from_seed_text(seed):
    data = base64.b32decode(seed + "=" * (-len(seed) % 8))
    number = (data[0] & 7) << 5 | data[1] >> 3
    return Key(next(letter for letter, kind in KINDS.items() if kind == number), data[2:34])


# Points of small order, and non-canonical ones: y with the sign bit of x on top, and the text of an account key of that.
P, SIGN_BIT = ed25519.P, 1 << 255
WEAK = {
    "identity": (1, "AAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAARSZ"),
    "identity, sign bit": (1 | SIGN_BIT, "AAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIBTWI"),
    "order 2": (P - 1, "ADWP77777777777777777777777777777777777777777777777X6MZ2"),
    "order 2, sign bit": (P - 1 | SIGN_BIT, "ADWP7777777777777777777777777777777777777777777777777O5L"),
    "order 4": (0, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
    "order 4, sign bit": (SIGN_BIT, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIBCER"),
    "order 8, small y": (ed25519.ORDER_8_Y, "AATORFMPYKZCPMCFYP2IT4XPTDYNLX5MAXJ4MMZZWE4AFCDNKP6ALMHP"),
    "order 8, small y, sign bit": (ed25519.ORDER_8_Y | SIGN_BIT, "AATORFMPYKZCPMCFYP2IT4XPTDYNLX5MAXJ4MMZZWE4AFCDNKP6IKOD6"),
    "order 8, large y": (P - ed25519.ORDER_8_Y, "ADDRO2TQHVG5QT52HQFXMDIQM4HSUICT7IWDTTGGJ3D7254SVQBXVDQT"),
    "order 8, large y, sign bit": (P - ed25519.ORDER_8_Y | SIGN_BIT, "ADDRO2TQHVG5QT52HQFXMDIQM4HSUICT7IWDTTGGJ3D7254SVQB7UBUC"),
    "y = p": (P, "ADW777777777777777777777777777777777777777777777777X65LD"),
    "y = p, sign bit": (P | SIGN_BIT, "ADW777777777777777777777777777777777777777777777777777PS"),
    "y = p + 1": (P + 1, "ADXP77777777777777777777777777777777777777777777777X7P4I"),
    "y = p + 1, sign bit": (P + 1 | SIGN_BIT, "ADXP7777777777777777777777777777777777777777777777776NYZ"),
}

# The public test keys of the published vectors: nothing that they sign is worth anything.
ISSUER = from_seed_text("SAACTTUPKR55VUWUDK7GJ5SU5KGED455FR7BDO46RUVOTHUWKBLECLH2UU")
SUBJECT = from_seed_text("SVAOZUSBWWFL65P255DOHIETPTXUQMM5ETLSYPITI5G4K4HI6M2CDAPWAU")
# Seed bytes 00 01 ... 1f: an account that nobody trusts.
STRANGER = Key("A", bytes(range(32)))
