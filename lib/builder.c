/* The builder: claims, keys and options of an archive under construction. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/json.h"
#include "builder.h"
#include "gzip/gzip_write.h"

enum { WASCAP_REVISION = 3 };

void pv_part_release(struct pv_part *part) {
    free(part->name);
    pv_source_free(part->source);
    *part = (struct pv_part){0};
}

PV_DEFINE_CLEANUP(builder_cleanup, struct provar_builder, provar_builder_free)

void provar_builder_free(struct provar_builder *builder) {
    if (builder == NULL)
        return;
    for (size_t i = 0; i < builder->target_count; i++)
        pv_part_release(&builder->targets[i]);
    pv_part_release(&builder->world);
    pv_claims_free(builder->claims);
    pv_notices_release(&builder->notices);
    free(builder->token);
    free(builder);
}

enum provar_result provar_builder_new(struct provar_builder **builder, struct provar_error *err) {
    if (!pv_enter(&err, builder))
        return PROVAR_E_USAGE;
    PV_CLEANUP(builder_cleanup) struct provar_builder *made = calloc(1, sizeof *made);
    if (made == NULL)
        return pv_fail_memory(err);
    made->claims = pv_claims_new();
    if (made->claims == NULL)
        return pv_fail_memory(err);
    made->claims->has_wascap_revision = true;
    made->claims->wascap_revision = WASCAP_REVISION;
    provar_builder_set_limits(made, PV_MAX_FILE_SIZE, PV_MAX_TOTAL_SIZE, PV_MAX_MEMBER_SIZE);
    *builder = PV_TAKE(made);
    return PROVAR_OK;
}

/* Makes a part of a member that stays. */
static enum provar_result keep_member(struct provar_builder *builder, const struct pv_member *member,
                                      struct provar_error *err) {
    if (member->kind == PROVAR_MEMBER_TOKEN)
        return PROVAR_OK;
    char *name = pv_str_dup(member->stem);
    if (name == NULL)
        return pv_fail_memory(err);
    struct pv_part part = {.name = name, .size = member->size, .kept = member};
    if (member->kind == PROVAR_MEMBER_WORLD) {
        builder->world = part;
        builder->has_world = true;
        return PROVAR_OK;
    }
    size_t at = builder->target_count++;
    for (; at > 0 && pv_str_order(pv_str_of(builder->targets[at - 1].name), member->stem) > 0; at--)
        builder->targets[at] = builder->targets[at - 1];
    builder->targets[at] = part;
    return PROVAR_OK;
}

/* A copy of the claims, so that the proof they came from stays as it is. */
static enum provar_result copy_claims(const struct pv_facts *facts, struct provar_claims **claims,
                                      struct provar_error *err) {
    return pv_claims_decode(pv_buf_str(&facts->jws.payload), claims, err);
}

enum provar_result provar_builder_from(const struct provar_checked *checked, struct provar_builder **builder,
                                       struct provar_error *err) {
    if (!pv_enter(&err, checked && builder))
        return PROVAR_E_USAGE;
    PV_CLEANUP(builder_cleanup) struct provar_builder *made = calloc(1, sizeof *made);
    if (made == NULL)
        return pv_fail_memory(err);
    const struct pv_scan *scan = &checked->facts->scan;
    enum provar_result result = copy_claims(checked->facts, &made->claims, err);
    for (size_t i = 0; i < scan->count && result == PROVAR_OK; i++)
        result = keep_member(made, &scan->members[i], err);
    if (result != PROVAR_OK)
        return result;
    made->origin = checked;
    memcpy(made->old_issuer, made->claims->issuer.text, sizeof made->old_issuer);
    memcpy(made->old_subject, made->claims->subject.text, sizeof made->old_subject);
    made->old_issued_at = made->claims->issued_at;
    made->level = checked->archive->gunzip ? PV_GZIP_DEFAULT_LEVEL : 0;
    made->threads = checked->archive->threads;
    provar_builder_set_limits(made, checked->archive->max_file, checked->archive->max_total,
                              checked->archive->max_member);
    *builder = PV_TAKE(made);
    return PROVAR_OK;
}

enum provar_result provar_builder_set_signer(struct provar_builder *builder, const char *issuer, size_t len,
                                             provar_sign_fn sign, void *user, struct provar_error *err) {
    if (!pv_enter(&err, builder && sign && pv_given(issuer, len)))
        return PROVAR_E_USAGE;
    struct pv_signer signer = {.sign = sign, .user = user};
    enum provar_result result =
        pv_nkey_decode_role(pv_str(issuer, len), PROVAR_KEY_ACCOUNT, "issuer", &signer.issuer, err);
    if (result != PROVAR_OK)
        return result;
    builder->signer = signer;
    builder->has_signer = true;
    return PROVAR_OK;
}

enum provar_result provar_builder_set_issuer(struct provar_builder *builder, const struct provar_key *key,
                                             struct provar_error *err) {
    if (!pv_enter(&err, builder && key))
        return PROVAR_E_USAGE;
    struct pv_signer signer = {.key = key};
    enum provar_result result =
        pv_nkey_decode_role(pv_str_of(provar_key_public(key)), PROVAR_KEY_ACCOUNT, "issuer", &signer.issuer, err);
    if (result != PROVAR_OK)
        return result;
    builder->signer = signer;
    builder->has_signer = true;
    return PROVAR_OK;
}

void provar_builder_allow_reissue(struct provar_builder *builder) {
    builder->reissue = true;
}

enum provar_result provar_builder_set_subject(struct provar_builder *builder, const char *text, size_t len,
                                              struct provar_error *err) {
    if (!pv_enter(&err, builder && pv_given(text, len)))
        return PROVAR_E_USAGE;
    return pv_nkey_decode_role(pv_str(text, len), PROVAR_KEY_SERVICE, "subject", &builder->claims->subject, err);
}

/* Replaces a text claim; `what` names it in the error. */
static enum provar_result set_text(char **field, const char *what, struct pv_str text, struct provar_error *err) {
    if (text.len > PV_MAX_JSON_STRING)
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "the %s has %zu bytes, more than %llu", what, text.len,
                       (unsigned long long)PV_MAX_JSON_STRING);
    if (pv_str_has_nul(text) || !pv_str_is_utf8(text))
        return pv_fail(err, PROVAR_E_CLAIMS, PROVAR_NO_OFFSET, "the %s is not UTF-8 text, or holds a NUL", what);
    return pv_claims_set_text(field, pv_str(text.text ? text.text : "", text.len), err);
}

enum provar_result provar_builder_set_name(struct provar_builder *builder, const char *text, size_t len,
                                           struct provar_error *err) {
    if (!pv_enter(&err, builder && pv_given(text, len)))
        return PROVAR_E_USAGE;
    return set_text(&builder->claims->name, "name", pv_str(text, len), err);
}

enum provar_result provar_builder_set_vendor(struct provar_builder *builder, const char *text, size_t len,
                                             struct provar_error *err) {
    if (!pv_enter(&err, builder && pv_given(text, len)))
        return PROVAR_E_USAGE;
    return set_text(&builder->claims->vendor, "vendor", pv_str(text, len), err);
}

enum provar_result provar_builder_set_version(struct provar_builder *builder, const char *text, size_t len,
                                              struct provar_error *err) {
    if (!pv_enter(&err, builder && pv_given(text, len)))
        return PROVAR_E_USAGE;
    return set_text(&builder->claims->version, "version", pv_str(text, len), err);
}

enum provar_result provar_builder_set_capid(struct provar_builder *builder, const char *text, size_t len,
                                            struct provar_error *err) {
    if (!pv_enter(&err, builder && pv_given(text, len)))
        return PROVAR_E_USAGE;
    return set_text(&builder->claims->capid, "contract id", pv_str(text, len), err);
}

enum provar_result provar_builder_set_id(struct provar_builder *builder, const char *text, size_t len,
                                         struct provar_error *err) {
    if (!pv_enter(&err, builder && pv_given(text, len)))
        return PROVAR_E_USAGE;
    if (len == 0)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "the token's id is empty");
    enum provar_result result = set_text(&builder->claims->id, "token's id", pv_str(text, len), err);
    builder->has_id = builder->has_id || result == PROVAR_OK;
    return result;
}

enum provar_result provar_builder_set_schema_json(struct provar_builder *builder, const char *text, size_t len,
                                                  struct provar_error *err) {
    if (!pv_enter(&err, builder && pv_given(text, len)))
        return PROVAR_E_USAGE;
    struct provar_error reason = {0};
    enum provar_result result = pv_json_check(pv_str(text, len), true, &reason);
    if (result != PROVAR_OK)
        return pv_fail(err, result, reason.offset, "the configuration schema: %s", reason.message);
    return pv_claims_set_text(&builder->claims->schema, pv_str(text, len), err);
}

enum provar_result provar_builder_set_revision(struct provar_builder *builder, int32_t revision,
                                               struct provar_error *err) {
    if (!pv_enter(&err, builder))
        return PROVAR_E_USAGE;
    if (revision < 0)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "the revision %d is below 0", (int)revision);
    builder->claims->has_revision = true;
    builder->claims->revision = revision;
    return PROVAR_OK;
}

void provar_builder_set_expires(struct provar_builder *builder, int64_t seconds) {
    builder->claims->has_expires = seconds >= 0;
    builder->claims->expires = seconds;
}

void provar_builder_set_not_before(struct provar_builder *builder, int64_t seconds) {
    builder->claims->has_not_before = seconds >= 0;
    builder->claims->not_before = seconds;
}

void provar_builder_set_issued_at(struct provar_builder *builder, int64_t seconds) {
    builder->has_issued_at = true;
    builder->issued_at = seconds;
}

void provar_builder_set_source_date_epoch(struct provar_builder *builder, int64_t seconds) {
    builder->has_epoch = true;
    builder->epoch = seconds;
}

enum provar_result provar_builder_set_compression(struct provar_builder *builder, int level, struct provar_error *err) {
    if (!pv_enter(&err, builder))
        return PROVAR_E_USAGE;
    if (level < -1 || level > PV_GZIP_MAX_LEVEL)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "the compression level %d is not within 1 to %d", level,
                       PV_GZIP_MAX_LEVEL);
    builder->level = level == -1 ? PV_GZIP_DEFAULT_LEVEL : level;
    builder->has_level = level > 0;
    return PROVAR_OK;
}

void provar_builder_set_limits(struct provar_builder *builder, uint64_t max_file_size, uint64_t max_total_size,
                               uint64_t max_member_size) {
    if (max_file_size > 0)
        builder->max_file = max_file_size;
    if (max_total_size > 0)
        builder->max_total = max_total_size;
    if (max_member_size > 0)
        builder->max_member = max_member_size;
}

void provar_builder_omit_index(struct provar_builder *builder) {
    builder->omit_index = true;
}

void provar_builder_set_threads(struct provar_builder *builder, uint32_t threads) {
    builder->threads = threads;
}

size_t provar_builder_notice_count(const struct provar_builder *builder) {
    return builder->notices.count;
}

const char *provar_builder_notice(const struct provar_builder *builder, size_t index) {
    return index < builder->notices.count ? builder->notices.line[index] : NULL;
}

const char *provar_builder_token(const struct provar_builder *builder, size_t *len) {
    if (len)
        *len = builder->token_len;
    return builder->token;
}
