/* A stored image as the source of an archive: read whole and compared before, or only where it is needed. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "store/describe.h"
#include "store/image_source.h"

/* ---------------------------------------------------------------- what the manifest says */

/* Of layers that are joined the manifest says it of none. */
static bool find_digest(const struct pv_image *image, const char *key, struct pv_digest *digest) {
    struct pv_str text;
    return image->manifest->count == 1 &&
           pv_annotations_find(&image->manifest->list[0].annotations, pv_str_of(key), &text) &&
           pv_digest_parse(text, PROVAR_E_REGISTRY, digest, NULL) == PROVAR_OK;
}

/* The index is a hint; but a manifest that names another one is not of these bytes. */
static enum provar_result compare_index(struct pv_image *image, struct provar_error *err) {
    struct pv_content content = pv_image_content(image);
    struct pv_digest due, found;
    if (!find_digest(image, PV_ANNOTATION_INDEX_DIGEST, &due))
        return PROVAR_OK;
    enum provar_result result = pv_describe_index(&content, &found, err);
    if (result != PROVAR_OK || pv_digest_equal(&due, &found))
        return result;
    return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET,
                   "the target index is not the one of the manifest: %s was expected, it is %s", due.text,
                   found.text[0] != 0 ? found.text : "none");
}

/* Of what is read from a server, bytes count as they arrive, and of what is read here when they are taken. */
static enum provar_result tell(void *listener, uint64_t done, uint64_t total, struct provar_error *err) {
    return pv_session_tell(listener, done, total, err);
}

enum provar_result pv_image_source_begin(struct pv_image_source *source, struct provar_store *store,
                                         struct pv_image *image, enum pv_image_reading reading, bool is_pinned,
                                         struct provar_error *err) {
    struct pv_digest token;
    *source = (struct pv_image_source){.store = store, .image = image};
    source->is_bound = find_digest(image, PV_ANNOTATION_CLAIMS_DIGEST, &token);
    if (source->is_bound)
        pv_digest_to_sha256(&token, source->token_sha256);
    bool is_open = is_pinned && !source->is_bound;
    for (size_t i = 0; i < image->count; i++) {
        image->layers[i]->tell = tell;
        image->layers[i]->listener = store;
    }
    source->is_proven = reading == PV_READ_WHOLE || (is_open && reading == PV_READ_RANGES);
    if (source->is_proven)
        return pv_image_prove(image, store, NULL, NULL, err);
    if (is_open)
        pv_session_warn(store, "the digest does not cover the token: the manifest does not say which it is");
    return compare_index(image, err);
}

void pv_image_source_stored(const struct pv_image_source *source, struct provar_stored *stored) {
    stored->blob_verified = source->is_proven;
    stored->claims_bound = source->is_proven || source->is_bound;
}

/* ---------------------------------------------------------------- the source */

/* What was proven was told of then. */
static enum provar_result read_bytes(struct pv_image_source *source, uint64_t offset, void *buf, size_t cap,
                                     size_t *len, struct provar_error *err) {
    if (source->is_proven)
        return pv_image_read_proven(source->image, offset, buf, cap, len, err);
    source->watched.inner = pv_image_content(source->image);
    struct pv_content content =
        source->watched.inner.expect ? source->watched.inner : pv_session_watch(&source->watched);
    return content.read_at(content.user, offset, buf, cap, len, err);
}

static int64_t read_at(void *buf, size_t cap, uint64_t offset, void *user) {
    struct pv_image_source *source = user;
    struct provar_error *failure = &source->store->failure;
    size_t len = 0;
    provar_error_clear(failure);
    return read_bytes(source, offset, buf, cap, &len, failure) == PROVAR_OK ? (int64_t)len : -1;
}

static int64_t read_on(void *buf, size_t cap, void *user) {
    struct pv_image_source *source = user;
    int64_t len = read_at(buf, cap, source->pos, user);
    source->pos += len > 0 ? (uint64_t)len : 0;
    return len;
}

static void expect(uint64_t from, uint64_t to, void *user) {
    struct pv_image_source *source = user;
    struct pv_content content = pv_image_content(source->image);
    content.expect(content.user, from, to);
}

enum provar_result pv_image_source_open(struct pv_image_source *source, const struct provar_open_options *options,
                                        void (*close)(void *source), struct provar_archive **archive,
                                        struct provar_error *err) {
    struct provar_callbacks calls = {.size = sizeof calls,
                                     .read = read_on,
                                     .read_at = read_at,
                                     .total = source->image->size,
                                     .expect = pv_image_content(source->image).expect ? expect : NULL,
                                     .close = close,
                                     .user = source};
    struct provar_input from = {.size = sizeof from, .kind = PROVAR_INPUT_CALLBACKS, .callbacks = &calls};
    struct provar_open_options own = options ? *options : (struct provar_open_options){.size = sizeof own};
    if (source->is_bound && !source->is_proven)
        own.token_sha256 = source->token_sha256;
    /* How much of it will be read nobody knows beforehand: the total stays 0. */
    source->watched.store = source->store;
    provar_error_clear(&source->store->failure);
    return provar_open(&from, &own, archive, err);
}
