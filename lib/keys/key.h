/* A key pair in memory, and whoever else can sign. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_KEY_H
#define PV_KEY_H

#include "keys/nkey.h"

/* Signs on behalf of an issuer: a key of ours, or the caller's callback. */
struct pv_signer {
    struct pv_nkey issuer;
    const struct provar_key *key; /* borrowed; NULL for a callback */
    provar_sign_fn sign;
    void *user;
};

/* Signs, and checks the signature against the issuer before believing it: a fault in hardware, or a callback for
 * another key, must not reach an archive. */
enum provar_result pv_signer_sign(const struct pv_signer *signer, const void *msg, size_t len,
                                  uint8_t signature[PROVAR_SIGNATURE_LEN], struct provar_error *err) PV_MUST_CHECK;

#endif
