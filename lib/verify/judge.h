/* The order in which an archive is judged: token, claims, keys, signature, digests, completeness. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_JUDGE_H
#define PV_JUDGE_H

#include "claims/claims.h"
#include "claims/jws.h"
#include "trust/artifact_id.h"
#include "verify/scan.h"

/* What one pass found out, and what the token in it says. Shared by an archive and the proofs made from it; counted,
 * under the archive's lock. */
struct pv_facts {
    unsigned references;
    bool by_index; /* the index said where the members stand */
    struct pv_scan scan;
    struct pv_jws jws;
    struct pv_artifact_id id;           /* of the token, as far as its claims are known */
    enum provar_key_kind other_subject; /* that the claims may name beside a service */
    struct provar_claims *claims;       /* NULL when the token could not be read */
    struct provar_error signature;      /* code 0 when the signature holds */
    char (*listed)[PV_HASH_TEXT + 1];   /* per member, what the claims list for it, "" for nothing */
};

struct pv_facts *pv_facts_new(void);
void pv_facts_unref(struct pv_facts *facts);
PV_DEFINE_CLEANUP(pv_facts_cleanup, struct pv_facts, pv_facts_unref)
#define PV_AUTO_FACTS PV_CLEANUP(pv_facts_cleanup)

/* PROVAR_E_REGISTRY when the bytes of claims.jwt have another SHA-256. Before the token is judged, which takes a line
 * end at its end away. */
enum provar_result pv_judge_token_digest(const struct pv_facts *facts, const uint8_t expected[PV_SHA256_LEN],
                                         struct provar_error *err) PV_MUST_CHECK;

/* Reads the token that the scan has found. PROVAR_E_JWT, PROVAR_E_CLAIMS, PROVAR_E_KEY or PROVAR_E_LIMIT. A signature
 * that does not hold is no failure here: it stands in facts->signature. */
enum provar_result pv_judge_token(struct pv_facts *facts, struct provar_error *err) PV_MUST_CHECK;

/* PROVAR_E_SIGNATURE where the signature does not hold. */
enum provar_result pv_judge_signature(const struct pv_facts *facts, struct provar_error *err) PV_MUST_CHECK;

/* Every member is listed (PROVAR_E_ENTRY), every digest that was computed is the listed one, every listed member is
 * there (PROVAR_E_DIGEST). With a `target`, completeness is judged for it only: missing is PROVAR_E_NO_TARGET, or
 * PROVAR_E_DIGEST when the claims list it. */
enum provar_result pv_judge_members(const struct pv_facts *facts, const char *target,
                                    struct provar_error *err) PV_MUST_CHECK;

/* PROVAR_E_DIGEST for a body that has another digest, both as hex, than the signed one. */
enum provar_result pv_fail_altered(const struct pv_member *member, const char *found, const char *listed,
                                   struct provar_error *err) PV_MUST_CHECK;
/* Takes the listed digest of every member but the token for its own, to be compared when the body is taken. */
void pv_judge_promises(struct pv_facts *facts);

#endif
