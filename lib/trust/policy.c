/* Whom and what the caller believes, and whether an archive's claims meet it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/array.h"
#include "trust/history_file.h"
#include "trust/policy.h"
#include "trust/trust_file.h"
#include "trust/validity.h"

enum provar_result provar_policy_new(struct provar_policy **policy, struct provar_error *err) {
    if (!pv_enter(&err, policy))
        return PROVAR_E_USAGE;
    struct provar_policy *made = calloc(1, sizeof *made);
    if (made == NULL)
        return pv_fail_memory(err);
    made->skew = PV_POLICY_DEFAULT_SKEW;
    *policy = made;
    return PROVAR_OK;
}

void provar_policy_free(struct provar_policy *policy) {
    if (policy == NULL)
        return;
    for (size_t i = 0; i < policy->required_count; i++)
        free(policy->required[i]);
    free(policy->required);
    free(policy->issuers);
    free(policy->cover);
    pv_allowed_issuers_release(&policy->allowed);
    pv_delegation_release(&policy->delegation);
    pv_revocation_free(policy->revoked);
    pv_history_release(&policy->history);
    free(policy);
}

enum provar_result provar_policy_allow_issuer(struct provar_policy *policy, const char *issuer, size_t len,
                                              struct provar_error *err) {
    if (!pv_enter(&err, policy && pv_given(issuer, len)))
        return PROVAR_E_USAGE;
    struct pv_nkey key;
    enum provar_result result =
        pv_nkey_decode_role(pv_str(issuer, len), PROVAR_KEY_ACCOUNT, "allowed issuer", &key, err);
    if (result != PROVAR_OK)
        return result;
    if (policy->issuer_count == PV_MAX_ISSUERS)
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "more than %d allowed issuers", PV_MAX_ISSUERS);
    void *grown = pv_array_grow(policy->issuers, policy->issuer_count, &policy->issuer_room, sizeof *policy->issuers);
    if (grown == NULL)
        return pv_fail_memory(err);
    policy->issuers = grown;
    memcpy(policy->issuers[policy->issuer_count++], key.text, sizeof key.text);
    return PROVAR_OK;
}

void provar_policy_insecure_any_issuer(struct provar_policy *policy) {
    policy->any_issuer = true;
}

enum provar_result provar_policy_set_subject(struct provar_policy *policy, const char *subject, size_t len,
                                             struct provar_error *err) {
    if (!pv_enter(&err, policy && pv_given(subject, len)))
        return PROVAR_E_USAGE;
    struct pv_nkey key;
    enum provar_result result =
        pv_nkey_decode_role(pv_str(subject, len), PROVAR_KEY_SERVICE, "required subject", &key, err);
    if (result == PROVAR_OK)
        memcpy(policy->subject, key.text, sizeof key.text);
    return result;
}

void provar_policy_set_min_revision(struct provar_policy *policy, int32_t revision) {
    policy->has_min_revision = true;
    policy->min_revision = revision;
}

/* Any name that a member might have: archives of others hold targets that no new one may. */
static enum provar_result check_name(struct pv_str target, struct provar_error *err) {
    if (target.len == 0 || target.len > PV_MAX_TARGET_NAME || pv_str_has_nul(target))
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "'%s' is no target name", pv_quote(target).text);
    return PROVAR_OK;
}

enum provar_result provar_policy_require_target(struct provar_policy *policy, const char *target, size_t len,
                                                struct provar_error *err) {
    if (!pv_enter(&err, policy && pv_given(target, len)))
        return PROVAR_E_USAGE;
    enum provar_result result = check_name(pv_str(target, len), err);
    if (result != PROVAR_OK)
        return result;
    if (policy->required_count == PV_MAX_TARGETS)
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "more than %d required targets", PV_MAX_TARGETS);
    char **grown = pv_array_grow(policy->required, policy->required_count, &policy->required_room, sizeof *grown);
    if (grown == NULL)
        return pv_fail_memory(err);
    policy->required = grown;
    policy->required[policy->required_count] = pv_str_dup(pv_str(target, len));
    if (policy->required[policy->required_count] == NULL)
        return pv_fail_memory(err);
    policy->required_count++;
    return PROVAR_OK;
}

void provar_policy_defer_digests(struct provar_policy *policy) {
    policy->defer = true;
}

enum provar_result provar_policy_cover_target(struct provar_policy *policy, const char *target, size_t len,
                                              struct provar_error *err) {
    if (!pv_enter(&err, policy && pv_given(target, len)))
        return PROVAR_E_USAGE;
    enum provar_result result = check_name(pv_str(target, len), err);
    if (result != PROVAR_OK)
        return result;
    char *copy = pv_str_dup(pv_str(target, len));
    if (copy == NULL)
        return pv_fail_memory(err);
    free(policy->cover);
    policy->cover = copy;
    return PROVAR_OK;
}

void provar_policy_set_time(struct provar_policy *policy, int64_t seconds) {
    policy->has_time = true;
    policy->time = seconds;
}

int64_t pv_policy_now(const struct provar_policy *policy) {
    return policy->has_time ? policy->time : (int64_t)time(NULL);
}

void provar_policy_set_rollback(struct provar_policy *policy, enum provar_rollback how) {
    policy->rollback = how;
}

enum provar_result provar_policy_set_clock_skew(struct provar_policy *policy, uint32_t seconds,
                                                struct provar_error *err) {
    if (!pv_enter(&err, policy))
        return PROVAR_E_USAGE;
    if (seconds > PV_POLICY_MAX_SKEW)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "a clock skew of more than %d seconds",
                       PV_POLICY_MAX_SKEW);
    policy->skew = seconds;
    return PROVAR_OK;
}

/* ---------------------------------------------------------------- files */

static enum provar_result load_rules(struct provar_policy *policy, struct pv_str path, struct provar_error *err) {
    PV_AUTO_TRUST_FILE struct pv_trust_file file = {0};
    enum provar_result result = pv_trust_file_read(path, &file, err);
    return result == PROVAR_OK
               ? pv_allowed_issuers_add(&policy->allowed, pv_str_of(file.name), pv_buf_str(&file.text), err)
               : result;
}

static enum provar_result load_token(struct provar_policy *policy, enum provar_key_kind kind, struct pv_str path,
                                     struct provar_error *err) {
    PV_AUTO_TRUST_FILE struct pv_trust_file file = {0};
    enum provar_result result = pv_trust_file_read(path, &file, err);
    return result == PROVAR_OK ? pv_delegation_add(&policy->delegation, kind, file.name, pv_buf_str(&file.text), err)
                               : result;
}

static enum provar_result load(struct provar_policy *policy, enum provar_policy_file kind, struct pv_str path,
                               struct provar_error *err) {
    switch (kind) {
    case PROVAR_POLICY_ALLOWED_ISSUERS:
        return load_rules(policy, path, err);
    case PROVAR_POLICY_REVOKED_ISSUERS:
        return pv_revocation_load(&policy->revoked, path, err);
    case PROVAR_POLICY_HISTORY:
        return pv_history_load(&policy->history, path, err);
    case PROVAR_POLICY_ACCOUNT_TOKEN:
        return load_token(policy, PROVAR_KEY_ACCOUNT, path, err);
    case PROVAR_POLICY_OPERATOR_TOKEN:
        return load_token(policy, PROVAR_KEY_OPERATOR, path, err);
    }
    return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "unknown kind of policy file %d", (int)kind);
}

enum provar_result provar_policy_load(struct provar_policy *policy, enum provar_policy_file kind, const char *path,
                                      size_t len, struct provar_error *err) {
    if (!pv_enter(&err, policy && pv_given(path, len)))
        return PROVAR_E_USAGE;
    enum provar_result result = load(policy, kind, pv_str(path, len), err);
    policy->is_incomplete = policy->is_incomplete || result != PROVAR_OK;
    return result;
}

/* ---------------------------------------------------------------- judgement */

/* What would be believed: the target that is covered, or all that are there. */
static enum provar_result judge_rules(const struct provar_policy *policy, const struct pv_policy_question *question,
                                      const struct pv_issuer_rule **rule, struct provar_error *err) {
    const struct pv_str cover = pv_str_of(policy->cover);
    const struct pv_rule_question asked = {.claims = question->claims,
                                           .id = question->id,
                                           .targets = policy->cover ? &cover : question->targets,
                                           .target_count = policy->cover ? 1 : question->target_count,
                                           .now = pv_policy_now(policy)};
    const struct pv_moment moment = {.now = asked.now, .skew = policy->skew, .revoked = policy->revoked};
    return pv_issuer_judge(&policy->allowed, &policy->delegation, &asked, &moment, rule, err);
}

/* A file that could not be read might have forbidden what the rest allows. */
static enum provar_result judge_issuer(const struct provar_policy *policy, const struct pv_policy_question *question,
                                       const struct pv_issuer_rule **rule, struct provar_error *err) {
    const char *issuer = question->claims->issuer.text;
    if (policy->is_incomplete)
        return pv_fail(err, PROVAR_E_UNTRUSTED, PROVAR_NO_OFFSET, "a file of the policy could not be read");
    if (policy->any_issuer)
        return PROVAR_OK;
    for (size_t i = 0; i < policy->issuer_count; i++)
        if (pv_str_equal(pv_str_of(policy->issuers[i]), pv_str_of(issuer)))
            return PROVAR_OK;
    if (policy->issuer_count == 0 && policy->allowed.count == 0)
        return pv_fail(err, PROVAR_E_UNTRUSTED, PROVAR_NO_OFFSET,
                       "signed by %s, but the policy allows no issuer at all", issuer);
    return judge_rules(policy, question, rule, err);
}

static enum provar_result judge_subject(const struct provar_policy *policy, const struct provar_claims *claims,
                                        struct provar_error *err) {
    if (policy->subject[0] != 0 && !pv_str_equal(pv_str_of(policy->subject), pv_str_of(claims->subject.text)))
        return pv_fail(err, PROVAR_E_UNTRUSTED, PROVAR_NO_OFFSET, "the subject is %s, not %s", claims->subject.text,
                       policy->subject);
    return PROVAR_OK;
}

static enum provar_result judge_revision(const struct provar_policy *policy, const struct provar_claims *claims,
                                         struct provar_error *err) {
    if (!policy->has_min_revision)
        return PROVAR_OK;
    if (!claims->has_revision)
        return pv_fail(err, PROVAR_E_UNTRUSTED, PROVAR_NO_OFFSET, "no revision, where at least %d is demanded",
                       (int)policy->min_revision);
    if (claims->revision < policy->min_revision)
        return pv_fail(err, PROVAR_E_UNTRUSTED, PROVAR_NO_OFFSET, "revision %d, where at least %d is demanded",
                       (int)claims->revision, (int)policy->min_revision);
    return PROVAR_OK;
}

static enum provar_result judge_required(const struct provar_policy *policy, const struct pv_str *targets, size_t count,
                                         struct provar_error *err) {
    for (size_t i = 0; i < policy->required_count; i++) {
        bool found = false;
        for (size_t k = 0; k < count && !found; k++)
            found = pv_str_equal(targets[k], pv_str_of(policy->required[i]));
        if (!found)
            return pv_fail(err, PROVAR_E_NO_TARGET, PROVAR_NO_OFFSET, "the required target '%s' is not in the archive",
                           pv_quote(pv_str_of(policy->required[i])).text);
    }
    return PROVAR_OK;
}

static enum provar_result judge_time(const struct provar_policy *policy, const struct provar_claims *claims,
                                     struct provar_error *err) {
    const struct pv_validity validity = {.issued_at = claims->issued_at,
                                         .expires = claims->expires,
                                         .not_before = claims->not_before,
                                         .has_expires = claims->has_expires,
                                         .has_not_before = claims->has_not_before};
    return pv_validity_judge(&validity, pv_policy_now(policy), policy->skew, err);
}

enum provar_result pv_policy_judge(const struct provar_policy *policy, const struct pv_policy_question *question,
                                   const struct pv_issuer_rule **rule, struct provar_error *err) {
    const struct provar_claims *claims = question->claims;
    *rule = NULL;
    enum provar_result result = judge_issuer(policy, question, rule, err);
    if (result == PROVAR_OK)
        result = judge_subject(policy, claims, err);
    if (result == PROVAR_OK)
        result = judge_revision(policy, claims, err);
    if (result == PROVAR_OK)
        result = judge_required(policy, question->targets, question->target_count, err);
    if (result == PROVAR_OK)
        result = judge_time(policy, claims, err);
    return result;
}
