/* What a new archive will say and how long its token will be, before the first body is read. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/rfc3339.h"
#include "claims/jws.h"
#include "create.h"
#include "tar/tar_header.h"

enum { ID_LEN = 22 };

/* `jti`: 22 characters of base62, as the published writer's NUIDs are. */
static enum provar_result make_id(char **id, struct provar_error *err) {
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const unsigned fair = 256 - 256 % (sizeof digits - 1); /* below it every digit is as likely */
    char text[ID_LEN];
    for (size_t i = 0; i < sizeof text;) {
        uint8_t byte;
        enum provar_result result = pv_random(&byte, 1, err);
        if (result != PROVAR_OK)
            return result;
        if (byte < fair)
            text[i++] = digits[byte % (sizeof digits - 1)];
    }
    return pv_claims_set_text(id, pv_str(text, sizeof text), err);
}

static enum provar_result set_issued_at(struct provar_builder *builder, struct provar_error *err) {
    int64_t now = builder->has_epoch ? builder->epoch : (int64_t)time(NULL);
    if (builder->origin && now <= builder->old_issued_at && builder->old_issued_at < INT64_MAX)
        now = builder->old_issued_at + 1;
    if (builder->has_issued_at)
        now = builder->issued_at;
    if (now < 0)
        return pv_fail(err, PROVAR_E_TIME, PROVAR_NO_OFFSET, "the time of issue lies before 1970");
    builder->claims->issued_at = now;
    if (builder->claims->has_expires && builder->claims->expires <= now)
        return pv_fail(
            err, PROVAR_E_TIME, PROVAR_NO_OFFSET,
            "the archive would be expired when it is issued: it expires at %lld (%s), and is issued at %lld (%s)",
            (long long)builder->claims->expires, pv_rfc3339(builder->claims->expires).text, (long long)now,
            pv_rfc3339(now).text);
    return PROVAR_OK;
}

/* The identity of an archive changes only when that was asked for. */
static enum provar_result check_identity(const struct provar_builder *builder, struct provar_error *err) {
    const struct provar_claims *claims = builder->claims;
    if (!builder->has_signer)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "no issuer key to sign with");
    if (claims->subject.text[0] == 0)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "no subject");
    if (builder->origin == NULL || builder->reissue)
        return PROVAR_OK;
    if (!pv_str_equal(pv_str_of(builder->signer.issuer.text), pv_str_of(builder->old_issuer)))
        return pv_fail(err, PROVAR_E_UNTRUSTED, PROVAR_NO_OFFSET,
                       "the archive's issuer is %s, the key given is %s: its identity would change",
                       builder->old_issuer, builder->signer.issuer.text);
    if (!pv_str_equal(pv_str_of(claims->subject.text), pv_str_of(builder->old_subject)))
        return pv_fail(err, PROVAR_E_UNTRUSTED, PROVAR_NO_OFFSET,
                       "the archive's subject is %s, the one given is %s: its identity would change",
                       builder->old_subject, claims->subject.text);
    return PROVAR_OK;
}

/* Lists every part with a hash of zeros, which is as long as the real one. */
static enum provar_result list_parts(struct provar_builder *builder, struct provar_error *err) {
    char zeros[PV_HASH_TEXT + 1];
    memset(zeros, '0', PV_HASH_TEXT);
    zeros[PV_HASH_TEXT] = 0;
    while (builder->claims->hash_count > 0)
        pv_claims_remove_hash(builder->claims, pv_str_of(builder->claims->hashes[0].name));
    enum provar_result result = PROVAR_OK;
    if (builder->has_world)
        result = pv_claims_set_hash(builder->claims, PV_STR("world.wasm"), zeros, err);
    for (size_t i = 0; i < builder->target_count && result == PROVAR_OK; i++)
        result = pv_claims_set_hash(builder->claims, pv_str_of(builder->targets[i].name), zeros, err);
    return result;
}

/* Our own reader must take the claims, before the first body is read. */
static enum provar_result check_payload(struct pv_str payload, struct provar_error *err) {
    PV_AUTO_CLAIMS struct provar_claims *again = NULL;
    return pv_claims_decode_subject(payload, PROVAR_KEY_SERVICE, &again, err);
}

/* What is written must be open to every reader of ours with its limits as they are. What gzip makes of it is judged
 * when it is read back. */
static enum provar_result check_sizes(const struct pv_writing *writing, struct provar_error *err) {
    const struct provar_builder *builder = writing->builder;
    uint64_t fixed = writing->head_len + 2 * PV_TAR_BLOCK;
    uint64_t room = builder->max_total > fixed ? builder->max_total - fixed : 0;
    for (size_t i = 0; i < builder->target_count + builder->has_world; i++) {
        const struct pv_part *part = i < builder->target_count ? &builder->targets[i] : &builder->world;
        if (part->size > builder->max_member)
            return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "the body of '%s' has %llu bytes, more than %llu",
                           part->name, (unsigned long long)part->size, (unsigned long long)builder->max_member);
        uint64_t step = PV_TAR_BLOCK + part->size + pv_tar_padding(part->size);
        if (step > room || part->size > room)
            return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "the archive would have more than %llu bytes",
                           (unsigned long long)builder->max_total);
        room -= step;
    }
    return PROVAR_OK;
}

static void list_member(struct pv_writing *writing, const struct pv_part *part, const char *suffix, mode_t mode) {
    struct pv_new_member *member = &writing->members[writing->count++];
    *member = (struct pv_new_member){.part = part, .mode = mode, .tar_at = writing->tar_len};
    (void)snprintf(member->name, sizeof member->name, "%s%s", part->name, suffix);
    writing->tar_len += PV_TAR_BLOCK + part->size + pv_tar_padding(part->size);
}

/* Every member has its place before a body is read: world.wasm, then the targets by name, then the end blocks. */
static void list_members(struct pv_writing *writing) {
    const struct provar_builder *builder = writing->builder;
    writing->tar_len = writing->head_len;
    if (builder->has_world)
        list_member(writing, &builder->world, "", 0644);
    for (size_t i = 0; i < builder->target_count; i++)
        list_member(writing, &builder->targets[i], ".bin", 0755);
    writing->tar_len += 2 * PV_TAR_BLOCK;
}

/* The claims, but for their hashes, and how long a token they will make. */
static enum provar_result plan_token(struct pv_writing *writing, struct provar_error *err) {
    struct provar_builder *builder = writing->builder;
    PV_AUTO_BUF struct pv_buf payload;
    pv_buf_init(&payload, PV_MAX_TOKEN_SIZE);
    if (builder->claims->vendor == NULL)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "no vendor");
    if (builder->origin == NULL && builder->claims->version == NULL)
        pv_notice(&builder->notices, "the archive has no version");
    enum provar_result result = check_identity(builder, err);
    builder->claims->issuer = builder->signer.issuer;
    if (result == PROVAR_OK)
        result = set_issued_at(builder, err);
    if (result == PROVAR_OK && !builder->has_id)
        result = make_id(&builder->claims->id, err);
    if (result == PROVAR_OK)
        result = list_parts(builder, err);
    if (result == PROVAR_OK) /* at once: what a long one leaves behind as it grows would stay resident */
        result = pv_buf_reserve(&payload, PV_MAX_TOKEN_SIZE, err);
    if (result == PROVAR_OK)
        result = pv_claims_encode(builder->claims, &payload, err);
    if (result == PROVAR_OK)
        result = check_payload(pv_buf_str(&payload), err);
    if (result != PROVAR_OK)
        return result;
    writing->token_len = pv_jws_token_len(payload.len);
    if (writing->token_len > PV_MAX_TOKEN_SIZE)
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "the token would have %zu bytes, more than %llu",
                       writing->token_len, (unsigned long long)PV_MAX_TOKEN_SIZE);
    return PROVAR_OK;
}

enum provar_result pv_create_plan(struct pv_writing *writing, struct provar_error *err) {
    const struct provar_builder *builder = writing->builder;
    enum provar_result result = PROVAR_OK;
    if (builder->target_count == 0)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "an archive needs one target at least");
    if (builder->same_token)
        writing->token_len = builder->origin->facts->jws.token.len;
    else
        result = plan_token(writing, err);
    if (result != PROVAR_OK)
        return result;
    writing->head_len = PV_TAR_BLOCK + writing->token_len + pv_tar_padding(writing->token_len);
    writing->mtime = builder->has_epoch && builder->epoch > 0 ? (uint64_t)builder->epoch : 0;
    result = check_sizes(writing, err);
    if (result == PROVAR_OK)
        list_members(writing);
    return result;
}
