/* The token of an account or an operator: a key, and the keys that may sign in its place. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_AUTHORITY_H
#define PV_AUTHORITY_H

#include "keys/nkey.h"

/*
 * The same JWS as claims.jwt, with another payload, which `wash claims` and the crate wascap write:
 *
 *     {"exp":..., "jti":"...", "iat":..., "iss":"O...", "sub":"A...", "nbf":...,
 *      "wascap":{"name":"...", "valid_signers":["A...", ...]}, "wascap_revision":3}
 */
struct pv_authority {
    struct pv_nkey issuer, subject;
    int64_t issued_at, expires, not_before;
    bool has_expires, has_not_before;
    char *id;
    struct pv_nkey *signers; /* of the subject's kind, each once */
    size_t signer_count;
};

/* Reads a token that speaks for a key of this kind, account or operator, and checks its signature. PROVAR_E_JWT,
 * PROVAR_E_CLAIMS (also for a signer that is weak, of another kind, or listed twice), PROVAR_E_LIMIT (also for more
 * than PV_MAX_SIGNERS), PROVAR_E_SIGNATURE; PROVAR_E_UNTRUSTED when the subject is of another kind, the issuer is no
 * operator, or an operator speaks for another one. Time is not judged. Release it in either case. */
enum provar_result pv_authority_decode(struct pv_str text, enum provar_key_kind kind, struct pv_authority *authority,
                                       struct provar_error *err) PV_MUST_CHECK;
void pv_authority_release(struct pv_authority *authority);

/* Whether a key is the authority's own or one of its signers. */
bool pv_authority_signs_by(const struct pv_authority *authority, const char *key);

#endif
