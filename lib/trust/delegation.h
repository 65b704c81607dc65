/* Who speaks for whom: operators for accounts, accounts and operators for further keys of theirs. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_DELEGATION_H
#define PV_DELEGATION_H

#include "claims/authority.h"
#include "trust/revocation.h"

/*
 *     operator O (a rule) ---- signs, or a key of its own token does ----> token of account A
 *     account A ---- signs, or a key of A's token does ----> archive
 *
 * These two steps are all: nothing is searched, and no account speaks for an account. Tokens come from the caller,
 * never from an archive.
 */
struct pv_delegation {
    struct pv_authority *accounts, *operators;
    size_t account_count, operator_count;
};

/* Adds the token in the text of a file called `name`, with the errors of pv_authority_decode, and the name before them.
 * A second token for one key is PROVAR_E_USAGE: which would hold? Beyond PV_MAX_AUTHORITY of a kind it is
 * PROVAR_E_LIMIT. Release it in any case. */
enum provar_result pv_delegation_add(struct pv_delegation *delegation, enum provar_key_kind kind, const char *name,
                                     struct pv_str text, struct provar_error *err) PV_MUST_CHECK;
void pv_delegation_release(struct pv_delegation *delegation);

/* When, and by which revocations (may be NULL), tokens are judged. */
struct pv_moment {
    int64_t now;
    uint32_t skew;
    const struct pv_revocation *revoked;
};

/* Whether an operator's key signed the token of an account, itself or by a key that its own token names. */
bool pv_delegation_joins(const struct pv_delegation *delegation, const struct pv_nkey *operator_key,
                         const struct pv_authority *account);
/* Of tokens that are joined: PROVAR_E_UNTRUSTED, with the reason, when one is not valid now or was revoked. */
enum provar_result pv_delegation_judge(const struct pv_delegation *delegation, const struct pv_nkey *operator_key,
                                       const struct pv_authority *account, const struct pv_moment *moment,
                                       struct provar_error *err) PV_MUST_CHECK;

#endif
