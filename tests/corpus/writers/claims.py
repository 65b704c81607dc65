# The claims of a provider archive, as a dict in the order in which they are written (docs/FORMAT.md, Claims).
# SPDX-License-Identifier: Apache-2.0

from writers import nkeys

# 2026-01-01. Every archive of the corpus is issued then and never expires, unless its case is about time.
ISSUED_AT = 1767225600


def claims(hashes, **others):
    """`hashes`: name to 64 digits. Others replace or add top-level claims."""
    return {
        "jti": "corpus0000000000000000",
        "iat": ISSUED_AT,
        "iss": nkeys.ISSUER.public,
        "sub": nkeys.SUBJECT.public,
        "wascap": {
            "name": "Corpus",
            "vendor": "Acme",
            "rev": 1,
            "ver": "1.0.0",
            "target_hashes": hashes,
        },
        "wascap_revision": 3,
        **others,
    }
