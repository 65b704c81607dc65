/* Conductor: claims, tar, gzip, out: writes an archive in one pass over its bodies, proves it, and lets it out. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/codec.h"
#include "base/out.h"
#include "builder.h"
#include "claims/jws.h"
#include "gzip/gunzip.h"
#include "gzip/gzip_write.h"
#include "tar/tar_header.h"
#include "tar/tar_write.h"

/*
 * The token comes first and is known last. Its length is known beforehand, because a hash and a signature have one
 * length each, so its place (the head: tar header, token, padding) is reserved and filled when every body has been read
 * once.
 */
struct writing {
    struct provar_builder *builder;
    struct pv_out *out;
    struct pv_gzip_writer *gzip; /* NULL for a plain archive */
    struct pv_tar_sink tar;      /* what the bodies go to */
    uint64_t mtime;
    size_t token_len;
    size_t head_len;
    struct pv_sha256 *hash;
    uint8_t *block;
    struct pv_bodies *bodies; /* of the archive that the builder began with; NULL for a new one */
};

/* ------------------------------------------------------------ the claims, before anything is read */

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
            "the archive would be expired when it is issued: it expires at %lld, and is issued at %lld (seconds "
            "since 1970)",
            (long long)builder->claims->expires, (long long)now);
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
    return pv_claims_decode(payload, &again, err);
}

static enum provar_result plan_claims(struct writing *writing, struct provar_error *err) {
    struct provar_builder *builder = writing->builder;
    PV_AUTO_BUF struct pv_buf payload;
    pv_buf_init(&payload, PV_MAX_TOKEN_SIZE);
    if (builder->target_count == 0)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "an archive needs one target at least");
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
    writing->head_len = PV_TAR_BLOCK + writing->token_len + pv_tar_padding(writing->token_len);
    writing->mtime = builder->has_epoch && builder->epoch > 0 ? (uint64_t)builder->epoch : 0;
    return PROVAR_OK;
}

/* ------------------------------------------------------------ the bodies */

static enum provar_result write_plain(void *user, const void *data, size_t len, struct provar_error *err) {
    return pv_out_write(user, data, len, err);
}

static enum provar_result write_gzip(void *user, const void *data, size_t len, struct provar_error *err) {
    return pv_gzip_write(user, data, len, err);
}

/* Reserves the head's place. */
static enum provar_result begin(struct writing *writing, struct provar_error *err) {
    if (writing->builder->level > 0) {
        enum provar_result result =
            pv_gzip_writer_new(writing->out, writing->builder->level, writing->head_len, &writing->gzip, err);
        writing->tar = (struct pv_tar_sink){write_gzip, writing->gzip};
        return result;
    }
    writing->tar = (struct pv_tar_sink){write_plain, writing->out};
    memset(writing->block, 0, PV_BLOCK);
    for (size_t left = writing->head_len; left > 0;) {
        size_t step = left < PV_BLOCK ? left : PV_BLOCK;
        enum provar_result result = pv_out_write(writing->out, writing->block, step, err);
        if (result != PROVAR_OK)
            return result;
        left -= step;
    }
    return PROVAR_OK;
}

/* A file is hashed as it is copied. It is read to its end, where its source refuses one that is not as long as when it
 * was opened. */
static enum provar_result copy_file(struct writing *writing, const struct pv_part *part, uint8_t digest[PV_SHA256_LEN],
                                    struct provar_error *err) {
    enum provar_result result = pv_sha256_reset(writing->hash, err);
    if (result == PROVAR_OK)
        result = pv_source_rewind(part->source, err);
    for (size_t len = 1; result == PROVAR_OK && len > 0;) {
        result = pv_source_read(part->source, writing->block, PV_BLOCK, &len, err);
        if (result == PROVAR_OK)
            result = pv_sha256_update(writing->hash, writing->block, len, err);
        if (result == PROVAR_OK)
            result = writing->tar.write(writing->tar.user, writing->block, len, err);
    }
    return result == PROVAR_OK ? pv_sha256_final(writing->hash, digest, err) : result;
}

static enum provar_result copy_kept(struct writing *writing, const struct pv_part *part, uint8_t digest[PV_SHA256_LEN],
                                    struct provar_error *err) {
    memcpy(digest, part->kept->digest, PV_SHA256_LEN);
    return pv_bodies_read(writing->bodies, part->kept, writing->tar.write, writing->tar.user, err);
}

/* One member: header, body, padding; its hash goes into the claims. */
static enum provar_result write_part(struct writing *writing, const struct pv_part *part, const char *suffix,
                                     mode_t mode, struct provar_error *err) {
    uint8_t digest[PV_SHA256_LEN];
    char hex[PV_HASH_TEXT + 1] = {0};
    char name[PV_MAX_TARGET_NAME + 8];
    int len = snprintf(name, sizeof name, "%s%s", part->name, suffix);
    enum provar_result result =
        pv_tar_write_header(&writing->tar, pv_str(name, (size_t)len), part->size, mode, writing->mtime, err);
    if (result == PROVAR_OK)
        result = part->kept ? copy_kept(writing, part, digest, err) : copy_file(writing, part, digest, err);
    if (result == PROVAR_OK)
        result = pv_tar_write_padding(&writing->tar, part->size, err);
    if (result == PROVAR_OK && writing->gzip)
        result = pv_gzip_cut(writing->gzip, err);
    if (result != PROVAR_OK) {
        pv_error_member(err, pv_str_of(name));
        return result;
    }
    pv_hex_encode(digest, sizeof digest, hex);
    return pv_claims_set_hash(writing->builder->claims, pv_str_of(part->name), hex, err);
}

static enum provar_result write_bodies(struct writing *writing, struct provar_error *err) {
    const struct provar_builder *builder = writing->builder;
    enum provar_result result = PROVAR_OK;
    if (builder->has_world)
        result = write_part(writing, &builder->world, "", 0644, err);
    for (size_t i = 0; i < builder->target_count && result == PROVAR_OK; i++)
        result = write_part(writing, &builder->targets[i], ".bin", 0755, err);
    if (result == PROVAR_OK)
        result = pv_tar_write_end(&writing->tar, err);
    return result;
}

/* ------------------------------------------------------------ the token, last */

static enum provar_result sign(struct writing *writing, struct pv_buf *token, struct provar_error *err) {
    uint8_t signature[PROVAR_SIGNATURE_LEN];
    PV_AUTO_BUF struct pv_buf payload;
    pv_buf_init(&payload, PV_MAX_TOKEN_SIZE);
    enum provar_result result = pv_claims_encode(writing->builder->claims, &payload, err);
    if (result == PROVAR_OK)
        result = pv_jws_signing_input(pv_buf_str(&payload), token, err);
    if (result == PROVAR_OK)
        result = pv_signer_sign(&writing->builder->signer, token->data, token->len, signature, err);
    if (result == PROVAR_OK)
        result = pv_jws_add_signature(signature, token, err);
    if (result == PROVAR_OK && token->len != writing->token_len)
        result = pv_fail(err, PROVAR_E_INTERNAL, PROVAR_NO_OFFSET, "the token is not as long as was reckoned");
    return result;
}

static enum provar_result append_to_buf(void *user, const void *data, size_t len, struct provar_error *err) {
    return pv_buf_append(user, data, len, err);
}

static enum provar_result fill_head(struct writing *writing, const struct pv_buf *token, struct provar_error *err) {
    PV_AUTO_BUF struct pv_buf head;
    pv_buf_init(&head, writing->head_len);
    struct pv_tar_sink sink = {append_to_buf, &head};
    enum provar_result result = pv_tar_write_header(&sink, PV_STR("claims.jwt"), token->len, 0644, writing->mtime, err);
    if (result == PROVAR_OK)
        result = pv_buf_append_str(&head, pv_buf_str(token), err);
    if (result == PROVAR_OK)
        result = pv_tar_write_padding(&sink, token->len, err);
    if (result != PROVAR_OK)
        return result;
    return writing->gzip ? pv_gzip_finish(writing->gzip, head.data, err)
                         : pv_out_patch(writing->out, 0, head.data, head.len, err);
}

/* ------------------------------------------------------------ proof of what was written */

/* What the reader finds odd, the writer did wrong; but a kept body may be empty, as it was before. */
static enum provar_result judge_notices(const struct pv_notices *notices, const struct pv_scan *scan,
                                        struct provar_error *err) {
    size_t empty = 0;
    for (size_t i = 0; i < scan->count; i++)
        empty += scan->members[i].kind == PROVAR_MEMBER_TARGET && scan->members[i].size == 0;
    if (notices->count + notices->dropped == empty)
        return PROVAR_OK;
    return pv_fail(err, PROVAR_E_INTERNAL, PROVAR_NO_OFFSET, "%s",
                   notices->count > 0 ? notices->line[notices->count - 1] : "it is odd");
}

/* The framing, the layout and the token of the finished file, read back through the reader's own path. */
static enum provar_result read_back(struct pv_source *stream, struct pv_facts *facts, struct provar_error *err) {
    struct pv_notices notices = {0};
    struct pv_scan_options options = {.max_total = UINT64_MAX, .max_member = UINT64_MAX};
    enum provar_result result = pv_scan_run(stream, &options, &notices, &facts->scan, err);
    if (result == PROVAR_OK)
        result = judge_notices(&notices, &facts->scan, err);
    pv_notices_release(&notices);
    if (result == PROVAR_OK)
        result = pv_judge_token(facts, err);
    if (result == PROVAR_OK)
        result = pv_judge_signature(facts, err);
    if (result == PROVAR_OK)
        result = pv_judge_members(facts, NULL, err);
    return result;
}

static enum provar_result prove(const struct writing *writing, const struct pv_buf *token, struct provar_error *err) {
    PV_AUTO_SOURCE struct pv_source *raw = NULL;
    PV_AUTO_SOURCE struct pv_source *gunzip = NULL;
    PV_AUTO_FACTS struct pv_facts *facts = pv_facts_new();
    if (facts == NULL)
        return pv_fail_memory(err);
    if (lseek(writing->out->fd, 0, SEEK_SET) != 0)
        return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot read the new archive back");
    enum provar_result result = pv_source_fd(writing->out->fd, &raw, err);
    if (result == PROVAR_OK && writing->gzip)
        result = pv_gunzip_new(raw, UINT64_MAX, &gunzip, err);
    if (result == PROVAR_OK)
        result = read_back(gunzip ? gunzip : raw, facts, err);
    if (result == PROVAR_OK && !pv_str_equal(pv_buf_str(token), facts->jws.token))
        result = pv_fail(err, PROVAR_E_INTERNAL, PROVAR_NO_OFFSET, "it holds another token");
    if (result != PROVAR_OK)
        (void)pv_error_wrap(err, "the new archive, read back");
    return result;
}

static enum provar_result keep_token(struct provar_builder *builder, const struct pv_buf *token,
                                     struct provar_error *err) {
    char *copy = pv_str_dup(pv_buf_str(token));
    if (copy == NULL)
        return pv_fail_memory(err);
    builder->token = copy;
    builder->token_len = token->len;
    return PROVAR_OK;
}

static void drop_token(struct provar_builder *builder) {
    free(builder->token);
    builder->token = NULL;
    builder->token_len = 0;
}

static enum provar_result write_from_origin(struct writing *writing, struct provar_error *err) {
    PV_CLEANUP(pv_bodies_cleanup) struct pv_bodies *bodies = NULL;
    enum provar_result result = pv_bodies_new(writing->builder->origin, &bodies, err);
    writing->bodies = bodies;
    if (result == PROVAR_OK)
        result = write_bodies(writing, err);
    writing->bodies = NULL;
    return result;
}

/* One pass at a time over the archive that bodies come from. It is free again before a callback of the caller's is
 * asked to sign or to take the bytes: that may take long, or use the same archive. */
static enum provar_result write_all_bodies(struct writing *writing, struct provar_error *err) {
    const struct provar_checked *origin = writing->builder->origin;
    if (origin == NULL)
        return write_bodies(writing, err);
    (void)pthread_mutex_lock(&origin->archive->lock);
    enum provar_result result = write_from_origin(writing, err);
    (void)pthread_mutex_unlock(&origin->archive->lock);
    return result;
}

/* Everything but letting it out. */
static enum provar_result write_all(struct writing *writing, struct provar_error *err) {
    PV_AUTO_BUF struct pv_buf token;
    pv_buf_init(&token, PV_MAX_TOKEN_SIZE);
    enum provar_result result = begin(writing, err);
    if (result == PROVAR_OK)
        result = write_all_bodies(writing, err);
    if (result == PROVAR_OK)
        result = sign(writing, &token, err);
    if (result == PROVAR_OK)
        result = fill_head(writing, &token, err);
    if (result == PROVAR_OK)
        result = prove(writing, &token, err);
    if (result == PROVAR_OK)
        result = keep_token(writing->builder, &token, err);
    return result;
}

enum provar_result provar_builder_write(struct provar_builder *builder, const struct provar_output *to,
                                        struct provar_error *err) {
    PV_AUTO_OUT struct pv_out out = PV_OUT_NONE;
    PV_AUTO_SHA256 struct pv_sha256 *hash = NULL;
    PV_AUTO_FREE uint8_t *block = malloc(PV_BLOCK);
    struct writing writing = {.builder = builder, .out = &out, .block = block};
    if (builder->was_written)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "the builder has been written already");
    builder->was_written = true;
    if (block == NULL)
        return pv_fail_memory(err);
    enum provar_result result = plan_claims(&writing, err);
    if (result == PROVAR_OK)
        result = pv_sha256_new(&hash, err);
    writing.hash = hash;
    if (result == PROVAR_OK)
        result = pv_out_open(&out, to, 0644, err);
    out.keep_mode = true;
    if (result == PROVAR_OK)
        result = write_all(&writing, err);
    if (result == PROVAR_OK)
        result = pv_out_commit(&out, err);
    if (result != PROVAR_OK)
        drop_token(builder);
    pv_gzip_writer_free(writing.gzip);
    return result;
}
