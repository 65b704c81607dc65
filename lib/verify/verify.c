/* The gate: check makes an archive intact and signed, verify makes it believed; nothing else makes these proofs. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "gzip/gzip_indexed.h"
#include "tar/tar_header.h"
#include "trust/policy.h"
#include "verify/current.h"

struct pv_source *pv_archive_source(struct provar_archive *archive) {
    if (archive->use_index)
        return archive->indexed;
    return archive->gunzip ? archive->gunzip : archive->raw;
}

enum provar_result pv_archive_stream(struct provar_archive *archive, struct pv_source **stream,
                                     struct provar_error *err) {
    struct pv_source *source = pv_archive_source(archive);
    if (archive->was_read) {
        if (!pv_source_can_rewind(source))
            return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET,
                           "the archive was read from a pipe and not kept (PROVAR_OPEN_KEEP)");
        enum provar_result result = pv_source_rewind(source, err);
        if (result != PROVAR_OK)
            return result;
    }
    archive->was_read = true;
    *stream = source;
    return PROVAR_OK;
}

/* Allowed, and worth a word: claims of a version that is not known, and an identity that is the issuer's own key. */
static void notice_claims(const struct provar_claims *claims, struct pv_notices *notices) {
    enum { NEWEST_WASCAP_REVISION = 3 };
    if (claims->has_wascap_revision && claims->wascap_revision > NEWEST_WASCAP_REVISION)
        pv_notice(notices, "wascap_revision %lu is newer than any that is known",
                  (unsigned long)claims->wascap_revision);
    if (pv_bytes_equal(claims->issuer.bytes, claims->subject.bytes, sizeof claims->issuer.bytes))
        pv_notice(notices, "the subject is the issuer's own key%s",
                  claims->issuer.kind == claims->subject.kind ? "" : " under another letter");
}

/* The index must name every member as its own header does. */
static enum provar_result check_index_names(const struct provar_archive *archive, const struct pv_scan *scan,
                                            struct provar_error *err) {
    for (size_t i = 0; i < scan->count; i++) {
        const struct pv_member *member = &scan->members[i];
        uint64_t header_at = member->body_offset - PV_TAR_BLOCK;
        if (!pv_str_equal(pv_gzip_indexed_name(archive->indexed, header_at), pv_str_of(member->name)))
            return pv_fail(err, PROVAR_E_GZIP, header_at, "the target index is wrong: it names '%s' otherwise",
                           member->name);
    }
    return PROVAR_OK;
}

/* What is read as parts is read when the walk has been at the end already: the end is looked at once more, so that a
 * file that changes its size in the meantime is found out (PROVAR_E_IO). */
static enum provar_result check_end(struct pv_source *raw, struct provar_error *err) {
    uint8_t beyond;
    uint64_t skipped;
    size_t len;
    if (!pv_source_is_shared(raw))
        return PROVAR_OK;
    enum provar_result result = pv_source_rewind(raw, err);
    if (result == PROVAR_OK)
        result = pv_source_skip(raw, raw->size, &skipped, err);
    return result == PROVAR_OK ? pv_source_read(raw, &beyond, 1, &len, err) : result;
}

/* Each read may be a request to a server: then nothing is looked at that is not needed, and what is read whole is asked
 * for whole. */
static bool is_costly(const struct pv_source *raw) {
    return raw->ops->expect != NULL;
}

/* A gzip file without an index can only be decoded from its start; for one target whose digest is deferred, only until
 * that and the token were met. */
static bool may_stop(const struct provar_archive *archive, enum pv_scan_digests digests, const char *target) {
    return is_costly(archive->raw) && archive->gunzip && !archive->use_index && digests == PV_SCAN_NO_DIGESTS && target;
}

static void expect_whole(const struct provar_archive *archive, enum pv_scan_digests digests, bool stops) {
    bool reads_all = digests != PV_SCAN_NO_DIGESTS || (archive->gunzip && !archive->use_index);
    if (is_costly(archive->raw) && reads_all && !stops)
        archive->raw->ops->expect(archive->raw, 0, archive->raw->size);
}

static enum provar_result examine(struct provar_archive *archive, enum pv_scan_digests digests, const char *target,
                                  enum provar_key_kind other_subject, bool stops, struct provar_error *err) {
    struct pv_source *stream = NULL;
    PV_AUTO_FACTS struct pv_facts *facts = pv_facts_new();
    if (facts == NULL)
        return pv_fail_memory(err);
    facts->other_subject = other_subject;
    /* The caller's functions are not for several threads, and one thread is faster on a stream. */
    if (archive->raw->is_callers && digests != PV_SCAN_NO_DIGESTS)
        archive->use_index = false;
    facts->by_index = archive->use_index;
    expect_whole(archive, digests, stops);
    enum provar_result result = pv_archive_stream(archive, &stream, err);
    if (result != PROVAR_OK)
        return result;
    struct pv_scan_options options = {.digests = digests,
                                      .target = pv_str_of(target),
                                      .look = digests == PV_SCAN_NO_DIGESTS && !is_costly(archive->raw),
                                      .by_index = archive->use_index && is_costly(archive->raw),
                                      .stops = stops,
                                      .max_total = archive->max_total,
                                      .max_member = archive->max_member,
                                      .threads = archive->threads};
    pv_notices_release(&archive->notices);
    result = pv_scan_run(stream, &options, &archive->notices, &facts->scan, err);
    if (result == PROVAR_OK && digests != PV_SCAN_NO_DIGESTS)
        result = check_end(archive->raw, err);
    if (result == PROVAR_OK && archive->use_index)
        result = check_index_names(archive, &facts->scan, err);
    if (result == PROVAR_OK && archive->has_token_digest)
        result = pv_judge_token_digest(facts, archive->token_digest, err);
    if (result == PROVAR_OK)
        result = pv_judge_token(facts, err);
    if (result == PROVAR_OK)
        notice_claims(facts->claims, &archive->notices);
    pv_facts_unref(archive->facts);
    archive->facts = PV_TAKE(facts);
    return result;
}

enum provar_result pv_archive_examine(struct provar_archive *archive, enum pv_scan_digests digests, const char *target,
                                      struct provar_error *err) {
    return examine(archive, digests, target, PROVAR_KEY_SERVICE, may_stop(archive, digests, target), err);
}

enum provar_result pv_archive_walk_to(struct provar_archive *archive, enum provar_key_kind other_subject,
                                      const char *target, struct provar_error *err) {
    return examine(archive, PV_SCAN_NO_DIGESTS, target, other_subject, true, err);
}

/* What a pass is to show. */
struct demand {
    enum provar_key_kind other_subject; /* accepted beside a service */
    const char *target;                 /* only this one; NULL for all */
    bool all_members;                   /* with a target: every member that is there */
    bool defer;                         /* no digests */
};

typedef enum provar_result (*pass_fn)(struct provar_archive *archive, const struct demand *demand,
                                      struct provar_error *err);

static enum provar_result look(struct provar_archive *archive, const struct demand *demand, struct provar_error *err) {
    (void)demand;
    return pv_archive_examine(archive, PV_SCAN_NO_DIGESTS, NULL, err);
}

/* The part that check and verify share: everything up to completeness. */
static enum provar_result prove(struct provar_archive *archive, const struct demand *demand, struct provar_error *err) {
    bool one = demand->target && !demand->all_members;
    enum pv_scan_digests digests = one ? PV_SCAN_ONE_TARGET : PV_SCAN_ALL_DIGESTS;
    if (demand->defer)
        digests = PV_SCAN_NO_DIGESTS;
    bool stops = may_stop(archive, digests, demand->target);
    enum provar_result result = examine(archive, digests, demand->target, demand->other_subject, stops, err);
    if (result == PROVAR_OK)
        result = pv_judge_signature(archive->facts, err);
    if (result == PROVAR_OK)
        result = pv_judge_members(archive->facts, demand->target, err);
    if (result == PROVAR_OK && demand->defer)
        pv_judge_promises(archive->facts);
    return result;
}

/* The index is a hint that nobody has signed: a pass that used it and failed counts for nothing, and the stream is
 * judged instead. */
static enum provar_result index_first(struct provar_archive *archive, const struct demand *demand, pass_fn pass,
                                      struct provar_error *err) {
    struct provar_error first = {0};
    enum provar_result result = pass(archive, demand, &first);
    if (result != PROVAR_OK && archive->use_index) {
        archive->use_index = false;
        return pass(archive, demand, err);
    }
    pv_error_hand_on(err, &first);
    return result;
}

enum provar_result pv_archive_look(struct provar_archive *archive, struct provar_error *err) {
    return index_first(archive, NULL, look, err);
}

static enum provar_result prove_locked(struct provar_archive *archive, const struct demand *demand,
                                       struct pv_facts **facts, struct provar_error *err) {
    (void)pthread_mutex_lock(&archive->lock);
    enum provar_result result = index_first(archive, demand, prove, err);
    if (result == PROVAR_OK) {
        archive->facts->references++;
        *facts = archive->facts;
    }
    (void)pthread_mutex_unlock(&archive->lock);
    return result;
}

static void drop_facts(struct provar_archive *archive, struct pv_facts *facts) {
    (void)pthread_mutex_lock(&archive->lock);
    pv_facts_unref(facts);
    (void)pthread_mutex_unlock(&archive->lock);
}

enum provar_result provar_check_subject(struct provar_archive *archive, enum provar_key_kind kind,
                                        struct provar_checked **checked, struct provar_error *err) {
    if (!pv_enter(&err, archive && checked))
        return PROVAR_E_USAGE;
    if (!pv_nkey_kind_is_known(kind))
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "unknown kind of key %d", (int)kind);
    const struct demand all = {.other_subject = kind};
    PV_AUTO_FREE struct provar_checked *made = calloc(1, sizeof *made);
    if (made == NULL)
        return pv_fail_memory(err);
    enum provar_result result = prove_locked(archive, &all, &made->facts, err);
    if (result != PROVAR_OK)
        return result;
    made->archive = archive;
    *checked = PV_TAKE(made);
    return PROVAR_OK;
}

enum provar_result provar_check(struct provar_archive *archive, struct provar_checked **checked,
                                struct provar_error *err) {
    return provar_check_subject(archive, PROVAR_KEY_SERVICE, checked, err);
}

const struct provar_claims *provar_checked_claims(const struct provar_checked *checked) {
    return checked->facts->claims;
}

void provar_checked_free(struct provar_checked *checked) {
    if (checked == NULL)
        return;
    drop_facts(checked->archive, checked->facts);
    free(checked);
}

static enum provar_result judge_policy(const struct provar_policy *policy, const struct pv_facts *facts,
                                       const struct pv_issuer_rule **rule, struct provar_error *err) {
    struct pv_str targets[PV_MAX_TARGETS];
    const struct pv_policy_question question = {.claims = facts->claims,
                                                .id = &facts->id,
                                                .targets = targets,
                                                .target_count = pv_scan_targets(&facts->scan, targets)};
    return pv_policy_judge(policy, &question, rule, err);
}

static enum provar_result prove_and_believe(struct provar_archive *archive, const struct provar_policy *policy,
                                            const struct demand *demand, struct pv_facts **facts,
                                            const struct pv_issuer_rule **rule, struct provar_error *err) {
    enum provar_result result = prove_locked(archive, demand, facts, err);
    if (result != PROVAR_OK)
        return result;
    result = pv_current_judge_revoked(archive, policy, *facts, err);
    if (result == PROVAR_OK)
        result = judge_policy(policy, *facts, rule, err);
    if (result == PROVAR_OK)
        result = pv_current_judge_rollback(archive, policy, *facts, err);
    if (result != PROVAR_OK)
        drop_facts(archive, *facts);
    return result;
}

static enum provar_result verify(struct provar_archive *archive, const struct provar_policy *policy,
                                 const struct demand *wanted, struct provar_verified **verified,
                                 struct provar_error *err) {
    PV_AUTO_FREE struct provar_verified *made = calloc(1, sizeof *made);
    PV_AUTO_FREE char *target = wanted->target ? pv_str_dup(pv_str_of(wanted->target)) : NULL;
    struct demand demand = *wanted;
    if (made == NULL || (demand.target && target == NULL))
        return pv_fail_memory(err);
    struct provar_error first = {0};
    const struct pv_issuer_rule *rule = NULL;
    enum provar_result result = prove_and_believe(archive, policy, &demand, &made->facts, &rule, &first);
    /* An altered body is worse than an issuer who is not believed, and is said first; so it is looked for now. What
     * could not be read or kept fails again, and no longer says why. */
    bool readable = result != PROVAR_E_IO && result != PROVAR_E_NO_MEMORY && result != PROVAR_E_REGISTRY;
    if (demand.defer && result != PROVAR_OK && readable && pv_source_can_rewind(archive->raw)) {
        demand.defer = false;
        provar_error_clear(&first);
        result = prove_and_believe(archive, policy, &demand, &made->facts, &rule, &first);
    }
    pv_error_hand_on(err, &first);
    if (result != PROVAR_OK)
        return result;
    if (rule)
        (void)snprintf(made->rule, sizeof made->rule, "%s:%u", rule->file, rule->line);
    made->archive = archive;
    made->places = pv_places_new(made->facts);
    if (made->places == NULL) {
        drop_facts(archive, made->facts);
        return pv_fail_memory(err);
    }
    made->target = PV_TAKE(target);
    made->deferred = demand.defer;
    made->is_hypothetical = policy->has_time || policy->any_issuer;
    made->rollback = policy->rollback;
    *verified = PV_TAKE(made);
    return PROVAR_OK;
}

enum provar_result provar_verify(struct provar_archive *archive, const struct provar_policy *policy,
                                 struct provar_verified **verified, struct provar_error *err) {
    if (!pv_enter(&err, archive && policy && verified))
        return PROVAR_E_USAGE;
    const struct demand demand = {.other_subject = PROVAR_KEY_SERVICE, .target = policy->cover, .defer = policy->defer};
    return verify(archive, policy, &demand, verified, err);
}

enum provar_result provar_verify_target(struct provar_archive *archive, const struct provar_policy *policy,
                                        const char *target, size_t len, struct provar_verified **verified,
                                        struct provar_error *err) {
    if (!pv_enter(&err, archive && policy && verified && pv_given(target, len)))
        return PROVAR_E_USAGE;
    struct provar_policy covering = {0}, whole = *policy;
    whole.cover = NULL; /* rules are asked for every target that is there */
    enum provar_result result = provar_policy_cover_target(&covering, target, len, err);
    const struct demand demand = {.other_subject = PROVAR_KEY_SERVICE, .target = covering.cover, .all_members = true};
    if (result == PROVAR_OK)
        result = verify(archive, &whole, &demand, verified, err);
    free(covering.cover);
    return result;
}

enum provar_coverage provar_verified_coverage(const struct provar_verified *verified) {
    if (verified->deferred)
        return PROVAR_COVERAGE_DEFERRED;
    return verified->target ? PROVAR_COVERAGE_TARGET : PROVAR_COVERAGE_ALL;
}

const struct provar_claims *provar_verified_claims(const struct provar_verified *verified) {
    return verified->facts->claims;
}

const char *provar_verified_rule(const struct provar_verified *verified) {
    return verified->rule[0] != 0 ? verified->rule : NULL;
}

void provar_verified_free(struct provar_verified *verified) {
    if (verified == NULL)
        return;
    drop_facts(verified->archive, verified->facts);
    free(verified->target);
    free(verified->record_path);
    free(verified->places);
    free(verified);
}
