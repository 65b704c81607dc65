/* Digests of content in a store: "sha256:" and 64 lower-case hex digits, and no other text. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_DIGEST_H
#define PV_DIGEST_H

#include "crypto/sha256.h"

enum { PV_DIGEST_HEX_LEN = 2 * PV_SHA256_LEN, PV_DIGEST_LEN = sizeof "sha256:" - 1 + PV_DIGEST_HEX_LEN };

/* Its text, which ends in a NUL; an empty text is no digest. */
struct pv_digest {
    char text[PV_DIGEST_LEN + 1];
};

/* Fails with `code`: PROVAR_E_USAGE for what a person wrote, PROVAR_E_REGISTRY for what a store says. A well-formed
 * sha512 digest has a message of its own. Only what this accepts may become part of a path or an address. */
enum provar_result pv_digest_parse(struct pv_str text, enum provar_result code, struct pv_digest *digest,
                                   struct provar_error *err) PV_MUST_CHECK;

void pv_digest_from_sha256(const uint8_t sha256[PV_SHA256_LEN], struct pv_digest *digest);
/* Of one that is there. */
void pv_digest_to_sha256(const struct pv_digest *digest, uint8_t sha256[PV_SHA256_LEN]);

/* Of these bytes. */
enum provar_result pv_digest_of(const void *data, size_t len, struct pv_digest *digest,
                                struct provar_error *err) PV_MUST_CHECK;

bool pv_digest_equal(const struct pv_digest *a, const struct pv_digest *b);

/* The whole text, and the hex digits alone, which are a blob's file name in a layout; both borrowed. Empty when there
 * is no digest. */
struct pv_str pv_digest_str(const struct pv_digest *digest);
struct pv_str pv_digest_hex(const struct pv_digest *digest);

#endif
