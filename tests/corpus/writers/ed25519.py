# Ed25519 after RFC 8032, section 5.1, slow and plain, able to sign wrongly on purpose; for test keys only.
# SPDX-License-Identifier: Apache-2.0

import hashlib

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)


def _x_of(y, sign):
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P != 0:
        x = x * SQRT_M1 % P
    if (x * x - square) % P != 0:
        raise ValueError("no point has that y")
    return P - x if x & 1 != sign else x


def _point(x, y):
    return x, y, 1, x * y % P


def _add(p, q):
    """Extended coordinates, RFC 8032, 5.1.4; complete, so it doubles too."""
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(scalar, point):
    result = (0, 1, 1, 0)
    while scalar > 0:
        if scalar & 1:
            result = _add(result, point)
        point = _add(point, point)
        scalar >>= 1
    return result


def _encode(point):
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = _point(_x_of(BASE_Y, 0), BASE_Y)


def _expand(seed):
    digest = hashlib.sha512(seed).digest()
    scalar = int.from_bytes(digest[:32], "little") & ((1 << 254) - 8) | 1 << 254
    return scalar, digest[32:]


def _hash(*parts):
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little") % ORDER


def dom2(phflag, context=b""):
    """RFC 8032, section 2: the prefix of Ed25519ph (1) and Ed25519ctx (0)."""
    return b"SigEd25519 no Ed25519 collisions" + bytes([phflag, len(context)]) + context


# A point of order 8: the lowest bit of x is 0, and of the two y the smaller. Its multiples are all points of small order.
ORDER_8_Y = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826
TORSION = _point(_x_of(ORDER_8_Y, 0), ORDER_8_Y)


def _mixed(scalar, torsion):
    return _encode(_add(_times(scalar, BASE), _times(torsion % 8, TORSION)))


def public(seed, torsion=0):
    """A torsion other than 0 adds that multiple of the point of order 8: a key of mixed order."""
    return _mixed(_expand(seed)[0], torsion)


def small_order(torsion):
    """A multiple of the point of order 8, as bytes: 0 is the identity, 4 has order 2, 2 and 6 order 4, odd ones order 8."""
    return _mixed(0, torsion)


def is_on_curve(data):
    """Whether a point has the y of these 32 bytes."""
    try:
        _x_of(int.from_bytes(data, "little") & (1 << 255) - 1, 0)
    except ValueError:
        return False
    return True


def sign(seed, message, dom=b"", nonce=None, add_order=0, torsion=0, r_torsion=0, r=None):
    """`dom` makes it a signature of ph or ctx; add_order adds that many L to S. The key has `torsion`, and R has r_torsion: with
    a nonce of 0 it is of small order. `r`: other bytes for R, which are hashed as they stand."""
    scalar, prefix = _expand(seed)
    nonce = _hash(dom, prefix, message) if nonce is None else nonce
    r = _mixed(nonce, r_torsion) if r is None else r
    s = (nonce + _hash(dom, r, _mixed(scalar, torsion), message) * scalar) % ORDER
    return r + (s + ORDER * add_order).to_bytes(32, "little")


def challenge(signature, key, message):
    """The number by which the equation multiplies the key; its rest by 8 says what a key's torsion does."""
    return _hash(signature[:32], key, message)


def anybodys(message, key, nonce):
    """A signature that holds without the cofactor where the challenge is a multiple of the order of `key`, by no secret of it."""
    r = _encode(_times(nonce, BASE))
    signature = r + nonce.to_bytes(32, "little")
    return signature, challenge(signature, key, message)
