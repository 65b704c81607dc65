/* Whom and what the caller believes, and whether an archive's claims meet it. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_POLICY_H
#define PV_POLICY_H

#include "claims/claims.h"

struct provar_policy {
    bool any_issuer;
    char (*issuers)[PROVAR_PUBLIC_LEN + 1];
    size_t issuer_count;
    char subject[PROVAR_PUBLIC_LEN + 1]; /* "" when any will do */
    bool has_min_revision;
    int32_t min_revision;
    char **required; /* targets */
    size_t required_count;
    char *cover; /* the one target to prove; NULL for all */
    bool defer;  /* bodies are hashed when they are taken, not before */
    bool has_time;
    int64_t time;
    uint32_t skew;
};

/* Judges claims whose signature holds, in this order: issuer, subject, revision, required targets, time. `targets` are
 * the names of those that are present. */
enum provar_result pv_policy_judge(const struct provar_policy *policy, const struct provar_claims *claims,
                                   const struct pv_str *targets, size_t target_count,
                                   struct provar_error *err) PV_MUST_CHECK;

#endif
