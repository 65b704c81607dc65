/* Conductor: claims, tar, gzip, out: writes an archive in one pass over its bodies, proves it, and lets it out. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/codec.h"
#include "claims/jws.h"
#include "create.h"
#include "tar/tar_header.h"
#include "tar/tar_write.h"

static enum provar_result keep_token(struct provar_builder *builder, struct pv_str token, struct provar_error *err) {
    char *copy = pv_str_dup(token);
    if (copy == NULL)
        return pv_fail_memory(err);
    builder->token = copy;
    builder->token_len = token.len;
    return PROVAR_OK;
}

static void drop_token(struct provar_builder *builder) {
    free(builder->token);
    builder->token = NULL;
    builder->token_len = 0;
}

/* One pass at a time over the archive that bodies come from. It is free again before a callback of the caller's is
 * asked to sign or to take the bytes: that may take long, or use the same archive. */
static enum provar_result write_all_bodies(struct pv_writing *writing, struct provar_error *err) {
    const struct provar_checked *origin = writing->builder->origin;
    if (origin)
        (void)pthread_mutex_lock(&origin->archive->lock);
    enum provar_result result =
        writing->builder->level > 0 ? pv_create_gzip(writing, err) : pv_create_plain(writing, err);
    if (origin)
        (void)pthread_mutex_unlock(&origin->archive->lock);
    return result;
}

static enum provar_result list_hashes(struct pv_writing *writing, struct provar_error *err) {
    enum provar_result result = PROVAR_OK;
    for (size_t i = 0; i < writing->count && result == PROVAR_OK; i++) {
        const struct pv_new_member *member = &writing->members[i];
        char hex[PV_HASH_TEXT + 1] = {0};
        pv_hex_encode(member->digest, sizeof member->digest, hex);
        result = pv_claims_set_hash(writing->builder->claims, pv_str_of(member->part->name), hex, err);
    }
    return result;
}

static void release_writing(struct pv_writing **writing) {
    if (*writing)
        pv_gzip_writer_free((*writing)->gzip);
    free(*writing);
}

static enum provar_result append_to_buf(void *user, const void *data, size_t len, struct provar_error *err) {
    return pv_buf_append(user, data, len, err);
}

/* The claims with their hashes. Those that are unknown are written now: what holds them makes room for the token. */
static enum provar_result make_payload(struct pv_writing *writing, struct pv_buf *payload, struct provar_error *err) {
    enum provar_result result = list_hashes(writing, err);
    if (result == PROVAR_OK)
        result = pv_buf_reserve(payload, writing->token_len, err);
    if (result == PROVAR_OK)
        result = pv_claims_encode(writing->builder->claims, payload, err);
    pv_claims_drop_unknown(writing->builder->claims);
    return result;
}

/* Appends the token. */
static enum provar_result sign(struct pv_writing *writing, struct pv_str payload, struct pv_buf *head,
                               struct provar_error *err) {
    uint8_t signature[PROVAR_SIGNATURE_LEN];
    size_t at = head->len;
    enum provar_result result = pv_jws_signing_input(payload, head, err);
    if (result == PROVAR_OK)
        result = pv_signer_sign(&writing->builder->signer, head->data + at, head->len - at, signature, err);
    if (result == PROVAR_OK)
        result = pv_jws_add_signature(signature, head, err);
    if (result == PROVAR_OK && head->len - at != writing->token_len)
        result = pv_fail(err, PROVAR_E_INTERNAL, PROVAR_NO_OFFSET, "the token is not as long as was reckoned");
    return result;
}

/* The token between its tar header and its padding: the one copy of it, since it may have PV_MAX_TOKEN_SIZE. */
static enum provar_result make_head(struct pv_writing *writing, struct pv_buf *head, struct provar_error *err) {
    struct pv_tar_sink sink = {append_to_buf, head};
    bool same_token = writing->builder->same_token;
    PV_AUTO_BUF struct pv_buf payload;
    pv_buf_init(&payload, PV_MAX_TOKEN_SIZE);
    enum provar_result result = same_token ? PROVAR_OK : make_payload(writing, &payload, err);
    if (result == PROVAR_OK)
        result = pv_buf_reserve(head, writing->head_len, err);
    if (result == PROVAR_OK)
        result = pv_tar_write_header(&sink, PV_STR("claims.jwt"), writing->token_len, 0644, writing->mtime, err);
    if (result == PROVAR_OK)
        result = same_token ? pv_buf_append_str(head, writing->builder->origin->facts->jws.token, err)
                            : sign(writing, pv_buf_str(&payload), head, err);
    return result == PROVAR_OK ? pv_tar_write_padding(&sink, writing->token_len, err) : result;
}

static enum provar_result fill_head(struct pv_writing *writing, const struct pv_buf *head, struct provar_error *err) {
    return writing->gzip ? pv_gzip_finish(writing->gzip, head->data, err)
                         : pv_out_patch(writing->out, 0, head->data, head->len, err);
}

/* Everything but letting it out. */
static enum provar_result write_all(struct pv_writing *writing, struct provar_error *err) {
    PV_AUTO_BUF struct pv_buf head;
    pv_buf_init(&head, writing->head_len);
    enum provar_result result = write_all_bodies(writing, err);
    if (result == PROVAR_OK)
        result = make_head(writing, &head, err);
    if (result == PROVAR_OK)
        result = fill_head(writing, &head, err);
    if (result != PROVAR_OK)
        return result;
    struct pv_str token = pv_str((const char *)head.data + PV_TAR_BLOCK, writing->token_len);
    result = pv_create_prove(writing, token, err);
    return result == PROVAR_OK ? keep_token(writing->builder, token, err) : result;
}

enum provar_result provar_builder_write(struct provar_builder *builder, const struct provar_output *to,
                                        struct provar_error *err) {
    PV_AUTO_OUT struct pv_out out = PV_OUT_NONE;
    if (!pv_enter(&err, builder && to))
        return PROVAR_E_USAGE;
    if (builder->was_written)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "the builder has been written already");
    builder->was_written = true;
    PV_CLEANUP(release_writing) struct pv_writing *writing = calloc(1, sizeof *writing);
    if (writing == NULL)
        return pv_fail_memory(err);
    writing->builder = builder;
    writing->out = &out;
    enum provar_result result = pv_create_plan(writing, err);
    if (result == PROVAR_OK)
        result = pv_out_open(&out, to, 0644, err);
    out.keep_mode = true;
    if (result == PROVAR_OK)
        result = write_all(writing, err);
    if (result == PROVAR_OK)
        result = pv_out_commit(&out, err);
    if (result != PROVAR_OK)
        drop_token(builder);
    return result;
}
