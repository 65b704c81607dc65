/* Whom and what the caller believes, and whether an archive's claims meet it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/rfc3339.h"
#include "trust/policy.h"

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
    void *grown = realloc(policy->issuers, (policy->issuer_count + 1) * sizeof *policy->issuers);
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
    char **grown = realloc(policy->required, (policy->required_count + 1) * sizeof *grown);
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

static enum provar_result judge_issuer(const struct provar_policy *policy, const struct provar_claims *claims,
                                       struct provar_error *err) {
    if (policy->any_issuer)
        return PROVAR_OK;
    if (policy->issuer_count == 0)
        return pv_fail(err, PROVAR_E_UNTRUSTED, PROVAR_NO_OFFSET,
                       "signed by %s, but the policy allows no issuer at all", claims->issuer.text);
    for (size_t i = 0; i < policy->issuer_count; i++)
        if (pv_str_equal(pv_str_of(policy->issuers[i]), pv_str_of(claims->issuer.text)))
            return PROVAR_OK;
    return pv_fail(err, PROVAR_E_UNTRUSTED, PROVAR_NO_OFFSET, "signed by %s, which is not an allowed issuer",
                   claims->issuer.text);
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

/* RFC 7519: 4.1.4 a token is expired on its `exp` and after it; 4.1.5 `nbf` and, by our rule, `iat` are given some
 * tolerance, since the clocks of two machines differ. */
static enum provar_result judge_time(const struct provar_policy *policy, const struct provar_claims *claims,
                                     struct provar_error *err) {
    int64_t now = policy->has_time ? policy->time : (int64_t)time(NULL);
    if (now < 0)
        return pv_fail(err, PROVAR_E_TIME, PROVAR_NO_OFFSET, "the clock stands before 1970");
    int64_t latest = now > INT64_MAX - policy->skew ? INT64_MAX : now + policy->skew;
    if (claims->has_expires && now >= claims->expires)
        return pv_fail(err, PROVAR_E_TIME, PROVAR_NO_OFFSET, "expired at %lld (%s)", (long long)claims->expires,
                       pv_rfc3339(claims->expires).text);
    if (claims->has_not_before && latest < claims->not_before)
        return pv_fail(err, PROVAR_E_TIME, PROVAR_NO_OFFSET, "not valid before %lld (%s)",
                       (long long)claims->not_before, pv_rfc3339(claims->not_before).text);
    if (latest < claims->issued_at)
        return pv_fail(err, PROVAR_E_TIME, PROVAR_NO_OFFSET, "issued in the future, at %lld (%s)",
                       (long long)claims->issued_at, pv_rfc3339(claims->issued_at).text);
    return PROVAR_OK;
}

enum provar_result pv_policy_judge(const struct provar_policy *policy, const struct provar_claims *claims,
                                   const struct pv_str *targets, size_t target_count, struct provar_error *err) {
    enum provar_result result = judge_issuer(policy, claims, err);
    if (result == PROVAR_OK)
        result = judge_subject(policy, claims, err);
    if (result == PROVAR_OK)
        result = judge_revision(policy, claims, err);
    if (result == PROVAR_OK)
        result = judge_required(policy, targets, target_count, err);
    if (result == PROVAR_OK)
        result = judge_time(policy, claims, err);
    return result;
}
