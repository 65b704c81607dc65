/* Whether rules, and the accounts that operators speak for, accept the issuer of an archive. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "trust/issuer.h"
#include "trust/patterns.h"

/* How far a refusal was from acceptance: what is said is the reason that was met last. */
enum { NO_RULE = 0, NOT_VOUCHED = 1, BROKEN_CHAIN = 2, OBJECTION = 3 };

struct judge {
    const struct pv_allowed_issuers *allowed;
    const struct pv_delegation *delegation;
    const struct pv_rule_question *question;
    const struct pv_moment *moment;
    unsigned rank;
    struct provar_error nearest;
};

static void keep_reason(struct judge *judge, unsigned rank, const struct provar_error *reason) {
    if (rank <= judge->rank)
        return;
    judge->rank = rank;
    judge->nearest = *reason;
}

static bool accepts(struct judge *judge, const struct pv_issuer_rule *rule) {
    unsigned met;
    struct provar_error reason = {0};
    const char *objection = pv_issuer_rule_objection(rule, judge->question, &met);
    if (objection == NULL)
        return true;
    (void)pv_fail(&reason, PROVAR_E_UNTRUSTED, PROVAR_NO_OFFSET, "signed by %s, but the rule of %s:%u %s",
                  judge->question->claims->issuer.text, rule->file, rule->line, objection);
    keep_reason(judge, OBJECTION + met, &reason);
    return false;
}

static const struct pv_issuer_rule *find_direct(struct judge *judge) {
    struct pv_str issuer = pv_str_of(judge->question->claims->issuer.text);
    for (size_t i = 0; i < judge->allowed->count; i++) {
        const struct pv_issuer_rule *rule = &judge->allowed->rules[i];
        if (!rule->is_operator && pv_str_equal(pv_str_of(rule->key.text), issuer) && accepts(judge, rule))
            return rule;
    }
    return NULL;
}

/* Whether a rule's operator vouches for an account, now. */
static bool vouches(struct judge *judge, const struct pv_issuer_rule *rule, const struct pv_authority *account) {
    struct provar_error reason = {0};
    if (!rule->is_operator || !pv_delegation_joins(judge->delegation, &rule->key, account))
        return false;
    if (rule->accounts.len > 0 && !pv_patterns_match(rule->accounts, pv_str_of(account->subject.text)))
        (void)pv_fail(&reason, PROVAR_E_UNTRUSTED, PROVAR_NO_OFFSET,
                      "signed by %s for the account %s, but the rule of %s:%u is for other accounts",
                      judge->question->claims->issuer.text, account->subject.text, rule->file, rule->line);
    else if (pv_delegation_judge(judge->delegation, &rule->key, account, judge->moment, &reason) == PROVAR_OK)
        return true;
    keep_reason(judge, BROKEN_CHAIN, &reason);
    return false;
}

static bool same_rules(struct judge *judge, const struct pv_authority *a, const struct pv_authority *b) {
    for (size_t i = 0; i < judge->allowed->count; i++)
        if (vouches(judge, &judge->allowed->rules[i], a) != vouches(judge, &judge->allowed->rules[i], b))
            return false;
    return true;
}

static bool is_vouched(struct judge *judge, const struct pv_authority *account) {
    struct provar_error reason = {0};
    for (size_t i = 0; i < judge->allowed->count; i++)
        if (vouches(judge, &judge->allowed->rules[i], account))
            return true;
    (void)pv_fail(&reason, PROVAR_E_UNTRUSTED, PROVAR_NO_OFFSET,
                  "signed by %s for the account %s, whose operator %s is named by no rule",
                  judge->question->claims->issuer.text, account->subject.text, account->issuer.text);
    keep_reason(judge, NOT_VOUCHED, &reason);
    return false;
}

/* The accounts under a rule that the issuer signs for: one, or several under the same rules. */
static enum provar_result find_account(struct judge *judge, const struct pv_authority **account,
                                       struct provar_error *err) {
    const struct pv_delegation *delegation = judge->delegation;
    const char *issuer = judge->question->claims->issuer.text;
    *account = NULL;
    for (size_t i = 0; i < delegation->account_count; i++) {
        const struct pv_authority *candidate = &delegation->accounts[i];
        if (!pv_authority_signs_by(candidate, issuer) || !is_vouched(judge, candidate))
            continue;
        if (*account && !same_rules(judge, *account, candidate))
            return pv_fail(err, PROVAR_E_UNTRUSTED, PROVAR_NO_OFFSET,
                           "signed by %s, which signs for two accounts under different rules, %s and %s", issuer,
                           (*account)->subject.text, candidate->subject.text);
        *account = candidate;
    }
    return PROVAR_OK;
}

static const struct pv_issuer_rule *find_delegated(struct judge *judge, const struct pv_authority *account) {
    for (size_t i = 0; i < judge->allowed->count; i++) {
        const struct pv_issuer_rule *rule = &judge->allowed->rules[i];
        if (vouches(judge, rule, account) && accepts(judge, rule))
            return rule;
    }
    return NULL;
}

enum provar_result pv_issuer_judge(const struct pv_allowed_issuers *allowed, const struct pv_delegation *delegation,
                                   const struct pv_rule_question *question, const struct pv_moment *moment,
                                   const struct pv_issuer_rule **rule, struct provar_error *err) {
    struct judge judge = {.allowed = allowed, .delegation = delegation, .question = question, .moment = moment};
    const struct pv_authority *account = NULL;
    const struct pv_issuer_rule *found = find_direct(&judge);
    enum provar_result result = found ? PROVAR_OK : find_account(&judge, &account, err);
    if (result != PROVAR_OK)
        return result;
    if (account)
        found = find_delegated(&judge, account);
    if (found) {
        *rule = found;
        return PROVAR_OK;
    }
    if (judge.rank == NO_RULE)
        return pv_fail(err, PROVAR_E_UNTRUSTED, PROVAR_NO_OFFSET, "signed by %s, which is not an allowed issuer",
                       question->claims->issuer.text);
    pv_error_hand_on(err, &judge.nearest);
    return PROVAR_E_UNTRUSTED;
}
