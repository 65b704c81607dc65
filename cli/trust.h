/* Whom the user believes: the options of the verbs that verify, as a policy, and the proof. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TRUST_H
#define TRUST_H

#include "freshness.h"

struct trust_options {
    char **issuers, **required, **allowed, **accounts, **operators;
    char *subject, *min_revision, *at, *clock_skew;
    int insecure_no_trust;
    bool takes_once; /* the verb takes one body, which is hashed then */
};
extern struct trust_options trust_options;
extern struct poptOption trust_table[];
#define OPT_TRUST                                                                                                      \
    { NULL, 0, POPT_ARG_INCLUDE_TABLE, trust_table, 0, "Trust:", NULL }

struct trust_proof {
    struct provar_archive *archive;
    struct provar_verified *verified;
    int64_t judged_at; /* with --at */
};

/* A policy, and what its making brought to light; {0} at first. */
struct trust_terms {
    struct provar_policy *policy;
    bool has_rules;    /* a file of allowed issuers was named or found */
    int64_t judged_at; /* with --at */
    struct freshness freshness;
};

/* The policy that the options make, for the whole archive or with `target` for this one; the caller's to free, after a
 * failure too. */
int trust_policy(struct cli *cli, const char *target, struct trust_terms *terms);
/* Whether the terms say who may have signed; and whether they say anything that not every good archive meets. */
bool trust_names_issuers(const struct trust_terms *terms);
bool trust_was_given(const struct trust_terms *terms);

/* Opens and verifies an archive by the options; `target` may be NULL for the whole of it. A wrong option is a usage
 * error. The proof is closed in any case. */
int trust_verify(struct cli *cli, const char *path, bool keep, const char *target, struct trust_proof *proof);
void trust_close(struct trust_proof *proof);

#endif
