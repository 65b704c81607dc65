/* Bytes on their way between a store and its user: in memory, in a blob, watched, hashed. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "store/image/content.h"

static enum provar_result memory_read_at(void *user, uint64_t offset, void *buf, size_t cap, size_t *len,
                                         struct provar_error *err) {
    const struct pv_str *bytes = user;
    (void)err;
    size_t left = offset < bytes->len ? bytes->len - (size_t)offset : 0;
    *len = cap < left ? cap : left;
    if (*len > 0)
        memcpy(buf, bytes->text + offset, *len);
    return PROVAR_OK;
}

struct pv_content pv_content_memory(const struct pv_str *bytes) {
    return (struct pv_content){.read_at = memory_read_at, .user = (void *)bytes, .size = bytes->len};
}

static enum provar_result blob_read_at(void *user, uint64_t offset, void *buf, size_t cap, size_t *len,
                                       struct provar_error *err) {
    struct pv_blob *blob = user;
    return blob->ops->read_at(blob, offset, buf, cap, len, err);
}

static enum provar_result blob_stream(void *user, pv_take_fn take, void *taker, struct provar_error *err) {
    struct pv_blob *blob = user;
    return blob->ops->stream(blob, 0, take, taker, err);
}

static void blob_expect(void *user, uint64_t from, uint64_t to) {
    struct pv_blob *blob = user;
    blob->ops->expect(blob, from, to);
}

struct pv_content pv_content_blob(struct pv_blob *blob) {
    return (struct pv_content){.read_at = blob_read_at,
                               .stream = blob->ops->stream ? blob_stream : NULL,
                               .expect = blob->ops->expect ? blob_expect : NULL,
                               .user = blob,
                               .size = blob->size};
}

static enum provar_result read_block(const struct pv_content *from, uint64_t offset, void *block, size_t *len,
                                     struct provar_error *err) {
    uint64_t left = from->size - offset;
    size_t want = left < PV_BLOCK ? (size_t)left : (size_t)PV_BLOCK;
    enum provar_result result = from->read_at(from->user, offset, block, want, len, err);
    if (result == PROVAR_OK && *len == 0)
        return pv_fail(err, PROVAR_E_REGISTRY, offset, "the content ends before its size");
    return result;
}

/* What is taken is hashed first. */
struct hashing {
    struct pv_sha256 *hash;
    pv_take_fn take;
    void *user;
};

static enum provar_result hash_and_take(void *user, const void *data, size_t len, struct provar_error *err) {
    const struct hashing *hashing = user;
    enum provar_result result = pv_sha256_update(hashing->hash, data, len, err);
    return result == PROVAR_OK && hashing->take ? hashing->take(hashing->user, data, len, err) : result;
}

static enum provar_result read_blocks(const struct pv_content *from, struct hashing *hashing,
                                      struct provar_error *err) {
    PV_AUTO_FREE uint8_t *block = malloc(PV_BLOCK);
    enum provar_result result = block ? PROVAR_OK : pv_fail_memory(err);
    for (uint64_t offset = 0; result == PROVAR_OK && offset < from->size;) {
        size_t len = 0;
        result = read_block(from, offset, block, &len, err);
        if (result == PROVAR_OK)
            result = hash_and_take(hashing, block, len, err);
        offset += len;
    }
    return result;
}

enum provar_result pv_content_read(const struct pv_content *from, pv_take_fn take, void *user, struct pv_digest *digest,
                                   struct provar_error *err) {
    PV_AUTO_SHA256 struct pv_sha256 *hash = NULL;
    uint8_t sha256[PV_SHA256_LEN];
    enum provar_result result = pv_sha256_new(&hash, err);
    struct hashing hashing = {.hash = hash, .take = take, .user = user};
    if (result == PROVAR_OK)
        result =
            from->stream ? from->stream(from->user, hash_and_take, &hashing, err) : read_blocks(from, &hashing, err);
    if (result == PROVAR_OK)
        result = pv_sha256_final(hash, sha256, err);
    if (result == PROVAR_OK)
        pv_digest_from_sha256(sha256, digest);
    return result;
}

enum provar_result pv_content_compare(const struct pv_digest *expected, const struct pv_digest *found,
                                      struct provar_error *err) {
    if (pv_digest_equal(expected, found))
        return PROVAR_OK;
    return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET,
                   "the content is not that of its digest: %s was expected, it is %s", expected->text, found->text);
}
