/* From a reference to the archive behind it: manifest, platform, and the blobs whose bytes it is, joined. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "store/retrieve.h"

enum provar_result pv_retrieve_manifest(struct pv_backend *backend, const struct pv_named *named,
                                        struct pv_manifest **manifest, struct provar_error *err) {
    PV_AUTO_BUF struct pv_buf json;
    pv_buf_init(&json, PV_MAX_MANIFEST_SIZE);
    enum provar_result result = backend->ops->manifest_get(backend, named, &json, err);
    if (result != PROVAR_OK)
        return result;
    return pv_manifest_decode(pv_buf_str(&json), pv_str_of(named->media_type), manifest, err);
}

/* Puts the manifest for a target in the place of the index that names it. */
static enum provar_result choose_platform(struct pv_image *image, struct pv_str target, struct provar_error *err) {
    PV_AUTO_MANIFEST struct pv_manifest *index = PV_TAKE(image->manifest);
    const struct pv_descriptor *found = NULL;
    struct pv_str wanted = target.len > 0 ? target : pv_str_of(provar_host_target());
    enum provar_result result = pv_manifest_find_target(index, wanted, &found, err);
    if (result != PROVAR_OK)
        return result;
    (void)snprintf(image->target.text, sizeof image->target.text, "%.*s", (int)wanted.len, wanted.text);
    struct pv_named child = pv_named_of(found);
    return pv_retrieve_manifest(image->backend, &child, &image->manifest, err);
}

static enum provar_result open_layers(struct pv_image *image, struct provar_error *err) {
    const struct pv_manifest *manifest = image->manifest;
    enum provar_result result = PROVAR_OK;
    image->layers = calloc(manifest->count, sizeof *image->layers);
    if (image->layers == NULL)
        return pv_fail_memory(err);
    for (size_t i = 0; result == PROVAR_OK && i < manifest->count; i++) {
        result = image->backend->ops->blob_open(image->backend, &manifest->list[i], &image->layers[i], err);
        image->count = i + 1;
    }
    return result;
}

/* How large an archive may be, by the framing that it turns out to have. */
struct size_limits {
    uint64_t gzip, plain;
};

static struct size_limits choose_limits(const struct provar_open_options *open) {
    bool has_gzip = open && open->max_file_size > 0, has_plain = open && open->max_total_size > 0;
    return (struct size_limits){.gzip = has_gzip ? open->max_file_size : PV_MAX_FILE_SIZE,
                                .plain = has_plain ? open->max_total_size : PV_MAX_TOTAL_SIZE};
}

/* A read ends with the layer in which it begins, and that may have one byte. */
static enum provar_result read_front(struct pv_image *image, uint8_t front[2], struct provar_error *err) {
    struct pv_content content = pv_image_content(image);
    enum provar_result result = PROVAR_OK;
    size_t len = 0;
    for (size_t at = 0; result == PROVAR_OK && at < 2; at += len) {
        result = content.read_at(content.user, at, front + at, 2 - at, &len, err);
        if (result == PROVAR_OK && len == 0)
            return pv_fail(err, PROVAR_E_REGISTRY, at, "the archive ends before its size");
    }
    return result;
}

static enum provar_result judge_front(struct pv_image *image, const struct size_limits *limits,
                                      struct provar_error *err) {
    uint8_t front[2];
    enum provar_result result = read_front(image, front, err);
    if (result != PROVAR_OK)
        return result;
    bool is_gzip = front[0] == 0x1f && front[1] == 0x8b;
    uint64_t max = is_gzip ? limits->gzip : limits->plain;
    if (image->size <= max)
        return PROVAR_OK;
    return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "%s of more than %llu bytes",
                   is_gzip ? "a gzip file" : "an archive", (unsigned long long)max);
}

/* A registry without ranges sends a whole layer in place of its front, and is broken off as soon as that is here. */
struct look {
    struct pv_image *image;
    const struct size_limits *limits;
    bool is_judged;
};

/* What is judged here has arrived: nothing is asked for in the midst of a transfer. */
static enum provar_result tell(void *listener, uint64_t done, uint64_t total, struct provar_error *err) {
    struct look *look = listener;
    enum provar_result result = PROVAR_OK;
    if (!look->is_judged && done >= 2) {
        look->is_judged = true;
        result = judge_front(look->image, look->limits, err);
    }
    return result == PROVAR_OK ? pv_session_tell(look->image->store, done, total, err) : result;
}

static enum provar_result check_framing(struct pv_image *image, const struct size_limits *limits,
                                        struct provar_error *err) {
    struct look look = {.image = image, .limits = limits};
    if ((image->size > limits->gzip) == (image->size > limits->plain))
        return PROVAR_OK;
    for (size_t i = 0; i < image->count; i++) {
        image->layers[i]->tell = tell;
        image->layers[i]->listener = &look;
    }
    enum provar_result result = judge_front(image, limits, err);
    for (size_t i = 0; i < image->count; i++)
        image->layers[i]->tell = NULL;
    return result;
}

static enum provar_result open_archive(struct pv_image *image, const struct size_limits *limits,
                                       struct provar_error *err) {
    uint64_t max = limits->gzip > limits->plain ? limits->gzip : limits->plain;
    enum provar_result result = pv_manifest_archive_size(image->manifest, max, &image->size, err);
    if (result == PROVAR_OK)
        result = open_layers(image, err);
    return result == PROVAR_OK ? check_framing(image, limits, err) : result;
}

enum provar_result pv_image_open(struct pv_image *image, struct pv_str tag, const struct pv_digest *digest,
                                 struct pv_str target, const struct provar_open_options *open,
                                 struct provar_error *err) {
    struct pv_backend *backend = image->backend;
    if (open && open->size != sizeof *open)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "struct provar_open_options of another size");
    const struct size_limits limits = choose_limits(open);
    enum provar_result result = backend->ops->resolve(backend, tag, digest, &image->named, err);
    if (result == PROVAR_OK)
        result = pv_retrieve_manifest(backend, &image->named, &image->manifest, err);
    if (result == PROVAR_OK && image->manifest->kind == PV_MANIFEST_INDEX)
        result = choose_platform(image, target, err);
    if (result == PROVAR_OK)
        result = open_archive(image, &limits, err);
    if (result != PROVAR_OK)
        pv_image_release(image);
    return result;
}

void pv_image_release(struct pv_image *image) {
    for (size_t i = 0; i < image->count; i++)
        pv_blob_free(image->layers[i]);
    free(image->layers);
    pv_manifest_free(image->manifest);
    image->layers = NULL;
    image->manifest = NULL;
    image->count = 0;
}

/* One read ends with the layer in which it begins; whoever asks for more asks again. */
static enum provar_result joined_read_at(void *user, uint64_t offset, void *buf, size_t cap, size_t *len,
                                         struct provar_error *err) {
    struct pv_image *image = user;
    *len = 0;
    for (size_t i = 0; i < image->count; i++) {
        struct pv_blob *layer = image->layers[i];
        if (offset < layer->size)
            return layer->ops->read_at(layer, offset, buf, cap, len, err);
        offset -= layer->size;
    }
    return PROVAR_OK;
}

static void joined_expect(void *user, uint64_t from, uint64_t to) {
    struct pv_image *image = user;
    for (size_t i = 0; i < image->count && to > 0; i++) {
        struct pv_blob *layer = image->layers[i];
        uint64_t end = to < layer->size ? to : layer->size;
        if (layer->ops->expect && from < end)
            layer->ops->expect(layer, from, end);
        from = from > layer->size ? from - layer->size : 0;
        to -= end;
    }
}

struct pv_content pv_image_content(struct pv_image *image) {
    bool is_costly = image->count > 0 && image->layers[0]->ops->expect;
    return (struct pv_content){
        .read_at = joined_read_at, .expect = is_costly ? joined_expect : NULL, .user = image, .size = image->size};
}

static enum provar_result check_unwritten(const struct pv_image *image, bool *again, struct provar_error *err) {
    enum provar_result result = PROVAR_OK;
    *again = false;
    for (size_t i = 0; result == PROVAR_OK && i < image->count; i++)
        if (image->layers[i]->ops->check_unwritten)
            result = image->layers[i]->ops->check_unwritten(image->layers[i], again, err);
    return result;
}

enum provar_result pv_image_read_proven(struct pv_image *image, uint64_t offset, void *buf, size_t cap, size_t *len,
                                        struct provar_error *err) {
    for (unsigned tries = 0; tries < PV_MAX_PROOFS; tries++) {
        bool again = false;
        enum provar_result result = joined_read_at(image, offset, buf, cap, len, err);
        if (result == PROVAR_OK)
            result = check_unwritten(image, &again, err);
        if (result != PROVAR_OK || !again)
            return result;
    }
    return pv_fail(err, PROVAR_E_IO, offset, "what is read is written to again and again");
}

enum provar_result pv_image_prove(struct pv_image *image, const struct provar_store *store, pv_take_fn take, void *user,
                                  struct provar_error *err) {
    struct pv_watched watched = {.store = store, .total = image->size};
    enum provar_result result = PROVAR_OK;
    for (size_t i = 0; result == PROVAR_OK && i < image->count; i++) {
        struct pv_digest found;
        watched.inner = pv_content_blob(image->layers[i]);
        /* Whoever takes nothing reads it again. */
        if (take == NULL && watched.inner.expect)
            watched.inner.expect(watched.inner.user, 0, watched.inner.size);
        struct pv_content content = pv_session_watch(&watched);
        result = pv_content_read(&content, take, user, &found, err);
        if (result == PROVAR_OK)
            result = pv_content_compare(&image->layers[i]->digest, &found, err);
    }
    return result;
}

enum provar_result pv_stored_check(const struct provar_stored *stored, struct provar_error *err) {
    if (stored && stored->size != sizeof *stored)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "struct provar_stored of another size");
    return PROVAR_OK;
}

void pv_image_stored(const struct pv_image *image, struct pv_str tag, struct provar_stored *stored) {
    *stored = (struct provar_stored){.size = sizeof *stored, .bytes = image->size};
    memcpy(stored->digest, image->named.digest.text, sizeof stored->digest);
    memcpy(stored->target, image->target.text, sizeof stored->target);
    if (image->count == 1)
        memcpy(stored->blob, image->layers[0]->digest.text, sizeof stored->blob);
    if (tag.len > 0 && tag.len <= PROVAR_TAG_LEN)
        memcpy(stored->tag, tag.text, tag.len);
}
