# The base of every case: a valid archive of claims.jwt and x86_64-linux.bin, signed, in which a case changes one thing.
# SPDX-License-Identifier: Apache-2.0

from writers import claims, gzip, pieces, tar, token

TOKEN_NAME, WORLD_NAME = "claims.jwt", "world.wasm"
TARGET, OTHER_TARGET = "x86_64-linux", "aarch64-linux"


def elf(machine=62, text=b"body of x86_64-linux"):
    """A header of ELF, 64 bits, little-endian, e_type DYN, with nothing to load. e_machine 62 is x86_64, 183 aarch64."""
    fields = [b"\x7fELF", bytes([2, 1, 1]), bytes(9)]  # magic; class, data, version; OS ABI and padding
    for value, width in ((3, 2), (machine, 2), (1, 4), (0, 8), (0, 8), (0, 8), (0, 4), (64, 2), (56, 2), (0, 2),
                         (64, 2), (0, 2), (0, 2)):
        fields.append(value.to_bytes(width, "little"))
    return b"".join(fields) + text


def wasm(text=b"world"):
    """An empty component with a custom section."""
    return b"\0asm\x0d\0\1\0" + bytes([0, len(text) + 1, len(text)]) + text


BODIES = {TARGET: elf(), OTHER_TARGET: elf(183, b"body of aarch64-linux"), WORLD_NAME: wasm()}


class Archive:
    """Members, the token over them, the end, and gzip around it when there is any. Written as late as possible, so that
    a change of any field reaches the bytes, and no other does."""

    def __init__(self, *stems, dialect=None):
        self.dialect = tar.USTAR if dialect is None else dialect
        self.token = token.Token()
        self.token_member = tar.member(TOKEN_NAME, **self.dialect)
        self.token_body = None  # bytes in place of the token
        self.members = [self.token_member]
        self._added = {}  # name to member, as they were added
        self.claims = claims.claims({})
        self.end = [tar.END]  # pieces
        self.gzip = None
        self.tar_edits = []  # functions of bytes to bytes, over the whole tar stream
        self.file_edits = []  # the same over the file
        for stem in stems or (TARGET,):
            self.add(stem)

    # ---- what is in it

    @property
    def hashes(self):
        return self.claims["wascap"]["target_hashes"]

    @property
    def target(self):
        """The member x86_64-linux.bin."""
        return self.find(f"{TARGET}.bin")

    def find(self, name):
        """The member that was added under this name, whatever its header says by now."""
        return self._added[name]

    def add(self, stem, body=None, name=None, at=None):
        """A member, listed in the claims."""
        body = BODIES.get(stem, b"\x7fELF of " + stem.encode()) if body is None else body
        self.list(stem, body)
        name = name or (stem if stem == WORLD_NAME else f"{stem}.bin")
        self._added[name] = self.insert(tar.member(name, body, mode=0o755, **self.dialect), at)
        return self._added[name]

    def insert(self, member, at=None):
        """A member that the claims say nothing about."""
        self.members.insert(len(self.members) if at is None else at, member)
        return member

    def list(self, stem, body):
        self.hashes[stem] = pieces.sha256([body] if isinstance(body, bytes) else body)

    # ---- the bytes

    def _fill_token(self):
        token_bytes = self.token.encode(self.claims) if self.token_body is None else self.token_body
        self.token_member.body = token_bytes

    def tar(self):
        """Pieces of the tar stream."""
        self._fill_token()
        out = [piece for member in self.members for piece in member.encode()] + list(self.end)
        for edit in self.tar_edits:
            out = [edit(pieces.joined(out))]
        return out

    def file(self):
        """Pieces of the file."""
        out = self.tar()
        if self.gzip is not None:
            out = self.gzip.encode(out)
        for edit in self.file_edits:
            out = [edit(pieces.joined(out))]
        return out

    # ---- places in the tar stream, before its edits

    def at(self, member):
        """Where the header of a member is, behind its extension headers."""
        self._fill_token()
        at = 0
        for each in self.members:
            if each is member:
                return at + each.length_before()
            at += pieces.length(each.encode())
        raise ValueError("no member of the archive")

    def body_at(self, member):
        return self.at(member) + tar.BLOCK

    def end_at(self):
        self._fill_token()
        return sum(pieces.length(member.encode()) for member in self.members)


# ---- bases


def base():
    return Archive()


def two_targets():
    return Archive(TARGET, OTHER_TARGET)


def with_world():
    return Archive(WORLD_NAME, TARGET)


def gnu():
    return Archive(dialect=tar.GNU)


def v7():
    return Archive(dialect=tar.V7)


def gzipped():
    archive = Archive()
    archive.gzip = gzip.Gzip()
    return archive
