# The mutations of an archive: each is a function of a random.Random and an Archive, which it changes.
# SPDX-License-Identifier: Apache-2.0

import dataclasses

ALL = []


@dataclasses.dataclass
class Mutation:
    name: str
    weight: int  # how often, beside the others
    change: object
    never: dict  # "accepted", "refused": why a mutant that has only this change never is; else None


def mutates(name, weight=1, never_accepted=None, never_refused=None):
    def declare(function):
        ALL.append(Mutation(name, weight, function, {"accepted": never_accepted, "refused": never_refused}))
        return function
    return declare


def junk(rng, length):
    """Noise, or digits and spaces, or one byte again and again."""
    kind = rng.randrange(3)
    if kind == 0:
        return rng.randbytes(length)
    if kind == 1:
        return bytes(rng.choice(b"01234567 \0") for _ in range(length))
    return bytes([rng.choice((0, 1, 0x20, 0x30, 0x37, 0x80, 0xff))]) * length


def every_header(archive):
    """Of the members, and of the extensions before them."""
    return [each.header for member in archive.members for each in (*member.before, member)]


def size_of(member):
    return len(member.body) if isinstance(member.body, bytes) else sum(map(len, member.body))
