/* The rules that say which keys may sign what: a file in the manner of OpenSSH's allowed_signers. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_ALLOWED_ISSUERS_H
#define PV_ALLOWED_ISSUERS_H

#include "claims/claims.h"
#include "trust/artifact_id.h"

/*
 *     line    = SUBJECTS [ OPTIONS ] KEY [ COMMENT ]         blanks between them
 *     OPTIONS = option *( "," option )                       option = NAME [ "=" VALUE ]; a VALUE may stand in quotes
 *     KEY     = A..., or with the option "operator" O...
 */
struct pv_issuer_rule {
    const char *file; /* escaped name; borrowed from the list */
    unsigned line;
    struct pv_nkey key;
    unsigned given;         /* which options there are, as bits */
    struct pv_str subjects; /* these are lists of patterns, borrowed from the list; "" where there is no option */
    struct pv_str name, vendor, targets, accounts;
    int64_t valid_after, valid_before, max_age;
    int64_t min_revision, max_revision;
    struct pv_artifact_id digest;
    bool is_operator, require_expiry;
};

struct pv_issuer_text; /* of one file */

struct pv_allowed_issuers {
    struct pv_issuer_rule *rules;
    size_t count;
    struct pv_issuer_text *texts;
};

/* Adds the rules in the text of a file called `name`. Any fault, such as an option that is unknown or given twice, is
 * PROVAR_E_USAGE "NAME:LINE: ...", one rule more than PV_MAX_ISSUERS as well; the list is then as it was. Release it in
 * either case. */
enum provar_result pv_allowed_issuers_add(struct pv_allowed_issuers *list, struct pv_str name, struct pv_str text,
                                          struct provar_error *err) PV_MUST_CHECK;
void pv_allowed_issuers_release(struct pv_allowed_issuers *list);

/* What a rule is asked about: an archive whose signature holds. */
struct pv_rule_question {
    const struct provar_claims *claims;
    const struct pv_artifact_id *id;
    const struct pv_str *targets; /* what would be believed: the one that is covered, or all that are there */
    size_t target_count;
    int64_t now;
};

/* Whether a rule, whose key is the issuer's or an operator's whose account vouches for it, accepts an archive. NULL, or
 * why not; `*met` counts how much of the rule is met, to find the one that comes nearest. */
const char *pv_issuer_rule_objection(const struct pv_issuer_rule *rule, const struct pv_rule_question *question,
                                     unsigned *met);

#endif
