/* Whom the user believes: the options of the verbs that verify, as a policy, and the proof. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TRUST_H
#define TRUST_H

#include "opt.h"

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

/* The policy that the options make, for the whole archive or with `target` for this one; freed by the caller. And
 * whether they say anything of it. */
int trust_policy(struct cli *cli, const char *target, struct provar_policy **policy);
bool trust_was_given(void);

/* Opens and verifies an archive by the options; `target` may be NULL for the whole of it. A wrong option is a usage
 * error. The proof is closed in any case. */
int trust_verify(struct cli *cli, const char *path, bool keep, const char *target, struct trust_proof *proof);
void trust_close(struct trust_proof *proof);

#endif
