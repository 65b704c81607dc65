/* Whom and what the caller believes, and whether an archive's claims meet it. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_POLICY_H
#define PV_POLICY_H

#include "trust/history.h"
#include "trust/issuer.h"

struct provar_policy {
    bool any_issuer;
    char (*issuers)[PROVAR_PUBLIC_LEN + 1];
    size_t issuer_count, issuer_room;
    struct pv_allowed_issuers allowed;
    struct pv_delegation delegation;
    bool is_incomplete;                  /* a file of it could not be read */
    char subject[PROVAR_PUBLIC_LEN + 1]; /* "" when any will do */
    bool has_min_revision;
    int32_t min_revision;
    char **required; /* targets */
    size_t required_count, required_room;
    char *cover; /* the one target to prove; NULL for all */
    bool defer;  /* bodies are hashed when they are taken, not before */
    bool has_time;
    int64_t time;
    uint32_t skew;
    struct pv_revocation *revoked; /* NULL when there is none */
    struct pv_history history;
    enum provar_rollback rollback;
};

/* The time that is judged at, in seconds since 1970. */
int64_t pv_policy_now(const struct provar_policy *policy);

/* An archive whose signature holds. */
struct pv_policy_question {
    const struct provar_claims *claims;
    const struct pv_artifact_id *id;
    const struct pv_str *targets; /* the names of those that are present */
    size_t target_count;
};

/* Judges in this order: issuer, subject, revision, required targets, time. `*rule` is the one that accepted the issuer,
 * or NULL; borrowed from the policy. */
enum provar_result pv_policy_judge(const struct provar_policy *policy, const struct pv_policy_question *question,
                                   const struct pv_issuer_rule **rule, struct provar_error *err) PV_MUST_CHECK;

#endif
