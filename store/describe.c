/* What a manifest says of its archive: annotations out of the claims, and digests of what is read first. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/cursor.h"
#include "store/describe.h"

static void add(struct pv_description *description, const char *key, const char *text, size_t len) {
    if (text && len > 0 && len <= PV_MAX_ANNOTATION_TEXT)
        description->manifest[description->manifest_count++] =
            (struct pv_annotation){.key = pv_str_of(key), .value = pv_str(text, len)};
}

static void add_claims(struct pv_description *description, const struct provar_claims *claims) {
    size_t len = 0;
    int64_t issued_at = 0;
    const char *text = provar_claims_name(claims, &len);
    add(description, PV_ANNOTATION_NAME, text, len);
    text = provar_claims_version(claims, &len);
    add(description, PV_ANNOTATION_VERSION, text, len);
    text = provar_claims_issuer(claims, &len);
    add(description, PV_ANNOTATION_ISSUER, text, len);
    text = provar_claims_subject(claims, &len);
    add(description, PV_ANNOTATION_SUBJECT, text, len);
    description->has_revision = provar_claims_revision(claims, &description->revision) != 0;
    if (description->has_revision) {
        (void)snprintf(description->revision_text, sizeof description->revision_text, "%d", (int)description->revision);
        add(description, PV_ANNOTATION_REVISION, description->revision_text, strlen(description->revision_text));
    }
    /* Not the clock's time: the same archive makes the same manifest. */
    if (provar_claims_issued_at(claims, &issued_at)) {
        description->created = pv_rfc3339(issued_at);
        add(description, PV_ANNOTATION_CREATED, description->created.text, strlen(description->created.text));
    }
}

static enum provar_result add_targets(struct pv_description *description, const struct provar_archive *archive,
                                      struct provar_error *err) {
    struct provar_member member = {.size = sizeof member};
    enum provar_result result = PROVAR_OK;
    pv_buf_init(&description->targets, PV_MAX_TARGETS * (PV_MAX_TARGET_NAME + 1));
    for (size_t i = 0; result == PROVAR_OK && i < provar_archive_member_count(archive); i++) {
        if (provar_archive_member(archive, i, &member) != PROVAR_OK || member.target == NULL)
            continue;
        if (description->targets.len > 0)
            result = pv_buf_append(&description->targets, ",", 1, err);
        if (result == PROVAR_OK)
            result = pv_buf_append_str(&description->targets, pv_str_of(member.target), err);
    }
    if (result == PROVAR_OK)
        add(description, PV_ANNOTATION_TARGETS, (const char *)description->targets.data, description->targets.len);
    return result;
}

static void add_digest(struct pv_description *description, const char *key, const struct pv_digest *digest) {
    description->layer[description->layer_count++] =
        (struct pv_annotation){.key = pv_str_of(key), .value = pv_digest_str(digest)};
}

static uint64_t token_member_size(const struct provar_archive *archive) {
    struct provar_member member = {.size = sizeof member};
    for (size_t i = 0; i < provar_archive_member_count(archive); i++)
        if (provar_archive_member(archive, i, &member) == PROVAR_OK && member.kind == PROVAR_MEMBER_TOKEN)
            return member.bytes;
    return 0;
}

/* The member's own bytes: the token, and the one line end that may follow it. */
static enum provar_result add_claims_digest(struct pv_description *description, const struct provar_archive *archive,
                                            struct provar_error *err) {
    static const struct pv_str ends[] = {{"", 0}, {"\n", 1}, {"\r\n", 2}};
    size_t len = 0;
    const char *token = provar_archive_token(archive, &len);
    uint64_t more = token_member_size(archive) - len;
    PV_AUTO_BUF struct pv_buf bytes;
    pv_buf_init(&bytes, PV_MAX_TOKEN_SIZE);
    if (token == NULL || more >= sizeof ends / sizeof ends[0])
        return pv_fail(err, PROVAR_E_INTERNAL, PROVAR_NO_OFFSET, "the token is not what its member holds");
    enum provar_result result = pv_buf_append(&bytes, token, len, err);
    if (result == PROVAR_OK)
        result = pv_buf_append_str(&bytes, ends[more], err);
    if (result == PROVAR_OK)
        result = pv_digest_of(bytes.data, bytes.len, &description->claims_digest, err);
    if (result == PROVAR_OK)
        add_digest(description, PV_ANNOTATION_CLAIMS_DIGEST, &description->claims_digest);
    return result;
}

/* The subfield 'P' 'I' in FEXTRA of the gzip header (RFC 1952, 2.3.1.1; docs/FORMAT.md). Empty where there is none. */
static struct pv_str find_index(const uint8_t *front, size_t len) {
    enum { FEXTRA = 4, FIXED_HEADER = 10 };
    struct pv_cursor header = pv_cursor(front, len);
    uint64_t magic = pv_cursor_be(&header, 2);
    pv_cursor_skip(&header, 1);
    uint8_t flags = pv_cursor_u8(&header);
    pv_cursor_seek(&header, FIXED_HEADER);
    size_t extra_len = (size_t)pv_cursor_le(&header, 2);
    const uint8_t *extra = pv_cursor_take(&header, extra_len);
    if (magic != 0x1f8b || (flags & FEXTRA) == 0 || extra == NULL)
        return PV_STR("");
    struct pv_cursor fields = pv_cursor(extra, extra_len);
    while (pv_cursor_left(&fields) > 0) {
        uint64_t id = pv_cursor_be(&fields, 2);
        size_t field_len = (size_t)pv_cursor_le(&fields, 2);
        const uint8_t *field = pv_cursor_take(&fields, field_len);
        if (fields.error)
            break;
        if (id == ('P' << 8 | 'I'))
            return pv_str((const char *)field, field_len);
    }
    return PV_STR("");
}

enum provar_result pv_describe_index(const struct pv_content *file, struct pv_digest *digest,
                                     struct provar_error *err) {
    size_t len = 0;
    PV_AUTO_FREE uint8_t *front = malloc(PV_MAX_GZIP_HEADER);
    if (front == NULL)
        return pv_fail_memory(err);
    enum provar_result result = file->read_at(file->user, 0, front, PV_MAX_GZIP_HEADER, &len, err);
    if (result != PROVAR_OK)
        return result;
    struct pv_str index = find_index(front, len);
    *digest = (struct pv_digest){0};
    return index.len > 0 ? pv_digest_of(index.text, index.len, digest, err) : PROVAR_OK;
}

static enum provar_result add_index_digest(struct pv_description *description, const struct pv_content *file,
                                           struct provar_error *err) {
    enum provar_result result = pv_describe_index(file, &description->index_digest, err);
    if (result == PROVAR_OK && description->index_digest.text[0] != 0)
        add_digest(description, PV_ANNOTATION_INDEX_DIGEST, &description->index_digest);
    return result;
}

enum provar_result pv_describe(struct pv_description *description, const struct provar_archive *archive,
                               const struct pv_content *file, struct provar_error *err) {
    *description = (struct pv_description){0};
    add_claims(description, provar_archive_claims(archive));
    enum provar_result result = add_targets(description, archive, err);
    if (result == PROVAR_OK)
        result = add_claims_digest(description, archive, err);
    if (result == PROVAR_OK)
        result = add_index_digest(description, file, err);
    if (result != PROVAR_OK)
        pv_describe_release(description);
    return result;
}

void pv_describe_release(struct pv_description *description) {
    pv_buf_release(&description->targets);
}
