/* Whether an archive is current: not revoked, and not older than what was accepted before. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/fs.h"
#include "base/rfc3339.h"
#include "trust/history_file.h"
#include "verify/current.h"

static enum provar_result judge_freshness(struct provar_archive *archive, const struct provar_policy *policy,
                                          struct provar_error *err) {
    int64_t until;
    const char *name;
    if (!pv_revocation_fresh_until(policy->revoked, &until, &name) || pv_policy_now(policy) < until)
        return PROVAR_OK;
    if (policy->rollback == PROVAR_ROLLBACK_STRICT)
        return pv_fail(err, PROVAR_E_UNTRUSTED, PROVAR_NO_OFFSET, "%s: was fresh until %s, get a newer one", name,
                       pv_rfc3339(until).text);
    (void)pthread_mutex_lock(&archive->lock);
    pv_notice(&archive->notices, "%s: was fresh until %s, get a newer one", name, pv_rfc3339(until).text);
    (void)pthread_mutex_unlock(&archive->lock);
    return PROVAR_OK;
}

static enum provar_result judge_file(struct provar_archive *archive, const struct provar_policy *policy,
                                     struct provar_error *err) {
    struct pv_artifact_id digest;
    (void)pthread_mutex_lock(&archive->lock);
    enum provar_result result = pv_archive_digest(archive, digest.bytes, err);
    (void)pthread_mutex_unlock(&archive->lock);
    return result == PROVAR_OK ? pv_revocation_judge_digest(policy->revoked, "archive", &digest, err) : result;
}

enum provar_result pv_current_judge_revoked(struct provar_archive *archive, const struct provar_policy *policy,
                                            const struct pv_facts *facts, struct provar_error *err) {
    enum provar_result result = pv_revocation_judge(policy->revoked, facts->claims, &facts->id, err);
    if (result == PROVAR_OK && pv_revocation_names_digests(policy->revoked))
        result = judge_file(archive, policy, err);
    return result == PROVAR_OK ? judge_freshness(archive, policy, err) : result;
}

enum provar_result pv_current_judge_rollback(struct provar_archive *archive, const struct provar_policy *policy,
                                             const struct pv_facts *facts, struct provar_error *err) {
    struct pv_history_entry entry = pv_history_entry(facts->claims, &facts->id, pv_policy_now(policy));
    (void)pthread_mutex_lock(&archive->lock);
    enum provar_result result = pv_history_judge(&policy->history, &entry, policy->rollback, &archive->notices, err);
    (void)pthread_mutex_unlock(&archive->lock);
    return result;
}

enum provar_result pv_current_record(const struct provar_verified *verified, struct provar_error *err) {
    if (verified->record_path == NULL)
        return PROVAR_OK;
    const struct pv_facts *facts = verified->facts;
    struct pv_history_entry entry = pv_history_entry(facts->claims, &facts->id, (int64_t)time(NULL));
    return pv_history_record(pv_str_of(verified->record_path), &entry, verified->rollback, err);
}

enum provar_result provar_verified_record(struct provar_verified *verified, const char *path, size_t len,
                                          struct provar_error *err) {
    if (!pv_enter(&err, verified && pv_given(path, len)))
        return PROVAR_E_USAGE;
    if (verified->is_hypothetical)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET,
                       "what was verified for another time, or for any issuer, moves no history");
    char *copy = NULL;
    enum provar_result result = pv_path_dup(pv_str(path, len), &copy, err);
    if (result != PROVAR_OK)
        return result;
    free(verified->record_path);
    verified->record_path = copy;
    return verified->deferred ? PROVAR_OK : pv_current_record(verified, err);
}
