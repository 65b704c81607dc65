/* Who speaks for whom: operators for accounts, accounts and operators for further keys of theirs. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "trust/delegation.h"
#include "trust/validity.h"

static bool same_key(const struct pv_nkey *a, const struct pv_nkey *b) {
    return pv_str_equal(pv_str_of(a->text), pv_str_of(b->text));
}

static const struct pv_authority *find(const struct pv_authority *list, size_t count, const struct pv_nkey *subject) {
    for (size_t i = 0; i < count; i++)
        if (same_key(&list[i].subject, subject))
            return &list[i];
    return NULL;
}

static enum provar_result add(struct pv_authority **list, size_t *count, struct pv_authority *authority,
                              struct provar_error *err) {
    if (find(*list, *count, &authority->subject) != NULL)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "a second token for %s", authority->subject.text);
    if (*count == PV_MAX_AUTHORITY)
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "more than %d tokens of this kind", PV_MAX_AUTHORITY);
    void *grown = reallocarray(*list, *count + 1, sizeof **list);
    if (grown == NULL)
        return pv_fail_memory(err);
    *list = grown;
    (*list)[(*count)++] = *authority;
    *authority = (struct pv_authority){0};
    return PROVAR_OK;
}

enum provar_result pv_delegation_add(struct pv_delegation *delegation, enum provar_key_kind kind, const char *name,
                                     struct pv_str text, struct provar_error *err) {
    bool is_account = kind == PROVAR_KEY_ACCOUNT;
    PV_CLEANUP(pv_authority_release) struct pv_authority authority = {0};
    struct provar_error reason = {0};
    enum provar_result result = pv_authority_decode(text, kind, &authority, &reason);
    if (result == PROVAR_OK)
        result = add(is_account ? &delegation->accounts : &delegation->operators,
                     is_account ? &delegation->account_count : &delegation->operator_count, &authority, &reason);
    if (result == PROVAR_OK)
        return PROVAR_OK;
    return pv_fail(err, result, PROVAR_NO_OFFSET, "the token of an %s, '%s': %s", pv_nkey_kind_name(kind), name,
                   reason.message);
}

static void release_list(struct pv_authority *list, size_t count) {
    for (size_t i = 0; i < count; i++)
        pv_authority_release(&list[i]);
    free(list);
}

void pv_delegation_release(struct pv_delegation *delegation) {
    release_list(delegation->accounts, delegation->account_count);
    release_list(delegation->operators, delegation->operator_count);
    *delegation = (struct pv_delegation){0};
}

/* The operator's own token, where the account's was signed by one of its further keys. */
static const struct pv_authority *token_between(const struct pv_delegation *delegation,
                                                const struct pv_nkey *operator_key,
                                                const struct pv_authority *account) {
    if (same_key(operator_key, &account->issuer))
        return NULL;
    return find(delegation->operators, delegation->operator_count, operator_key);
}

bool pv_delegation_joins(const struct pv_delegation *delegation, const struct pv_nkey *operator_key,
                         const struct pv_authority *account) {
    const struct pv_authority *between = token_between(delegation, operator_key, account);
    return between ? pv_authority_signs_by(between, account->issuer.text) : same_key(operator_key, &account->issuer);
}

static enum provar_result judge_token(const struct pv_authority *token, const struct pv_moment *moment,
                                      struct provar_error *err) {
    const struct pv_validity validity = {.issued_at = token->issued_at,
                                         .expires = token->expires,
                                         .not_before = token->not_before,
                                         .has_expires = token->has_expires,
                                         .has_not_before = token->has_not_before};
    struct provar_error reason = {0};
    enum provar_result result =
        pv_revocation_judge_token(moment->revoked, &token->issuer, token->issued_at, pv_str_of(token->id), &reason);
    if (result == PROVAR_OK)
        result = pv_revocation_judge_bearer(moment->revoked, &token->subject, token->issued_at, &reason);
    if (result == PROVAR_OK)
        result = pv_validity_judge(&validity, moment->now, moment->skew, &reason);
    if (result == PROVAR_OK)
        return PROVAR_OK;
    return pv_fail(err, PROVAR_E_UNTRUSTED, PROVAR_NO_OFFSET, "the token of %s: %s", token->subject.text,
                   reason.message);
}

enum provar_result pv_delegation_judge(const struct pv_delegation *delegation, const struct pv_nkey *operator_key,
                                       const struct pv_authority *account, const struct pv_moment *moment,
                                       struct provar_error *err) {
    const struct pv_authority *between = token_between(delegation, operator_key, account);
    enum provar_result result = between ? judge_token(between, moment, err) : PROVAR_OK;
    return result == PROVAR_OK ? judge_token(account, moment, err) : result;
}
