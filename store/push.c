/* Conductor: puts an archive that was checked into a store, whole or one of each target: blobs, manifests, tags. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "store/image/manifest_encode.h"
#include "store/push_index.h"
#include "store/push_options.h"

/* Everything that is fixed before a byte is stored. */
struct push {
    struct provar_store *store;
    const struct provar_checked *checked;
    const struct provar_push_options *options;
    struct pv_push_request request;
    struct pv_push_config config;
    struct pv_push_image image; /* of the whole archive */
    struct pv_push_index index; /* in its place, with PROVAR_PUSH_PER_TARGET */
};

static bool is_per_target(const struct push *push) {
    return (push->options->flags & PROVAR_PUSH_PER_TARGET) != 0;
}

/* What the tags will name. */
static const struct pv_named *top_name(const struct push *push) {
    return is_per_target(push) ? &push->index.named : &push->image.named;
}

static struct pv_str top_json(const struct push *push) {
    return pv_buf_str(is_per_target(push) ? &push->index.json : &push->image.json);
}

static uint64_t count_bytes(const struct push *push) {
    return is_per_target(push) ? push->index.bytes : push->image.file.size;
}

static enum provar_result checked_read_at(void *user, uint64_t offset, void *buf, size_t cap, size_t *len,
                                          struct provar_error *err) {
    return provar_checked_read(user, offset, buf, cap, len, err);
}

static enum provar_result show_document(const struct push *push, struct provar_error *err) {
    const struct pv_digest *wanted = &push->request.reference.digest, *own = &top_name(push)->digest;
    struct pv_str json = top_json(push);
    if (wanted->text[0] != 0 && !pv_digest_equal(wanted, own))
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET,
                       "the manifest would be %s, not the digest in the reference", own->text);
    if (push->options->manifest && push->options->manifest(json.text, json.len, push->options->user) != 0)
        return pv_fail(err, PROVAR_E_IO, PROVAR_NO_OFFSET, "the caller has stopped it");
    return PROVAR_OK;
}

/* Makes every document. */
static enum provar_result prepare(struct push *push, struct provar_error *err) {
    PV_CLEANUP(pv_push_look_release) struct pv_push_look look = {0};
    const struct provar_push_options *options = push->options;
    enum provar_result result = pv_push_look(&look, &push->image.file, err);
    if (result == PROVAR_OK)
        result =
            pv_push_choose_tags(&push->request, options, look.description.has_revision, look.description.revision, err);
    if (result == PROVAR_OK)
        result = pv_digest_of(push->config.text.text, push->config.text.len, &push->config.digest, err);
    if (result == PROVAR_OK)
        result = is_per_target(push)
                     ? pv_push_index_make(&push->index, push->checked, &look, options, &push->config, err)
                     : pv_push_image_make(&push->image, &look, options, &push->config, err);
    return result == PROVAR_OK ? show_document(push, err) : result;
}

/* Layers, config, manifests, tags: what is named is there, whenever this ends. */
static enum provar_result store(struct push *push, struct provar_error *err) {
    PV_AUTO_BACKEND struct pv_backend *backend = NULL;
    struct pv_watched watched = {.store = push->store, .total = count_bytes(push)};
    struct pv_content config = pv_content_memory(&push->config.text);
    enum provar_result result = pv_session_backend(push->store, &push->request.reference, true, &backend, err);
    if (result == PROVAR_OK) {
        backend->upload =
            (struct pv_upload_settings){(enum provar_upload)push->options->upload, push->options->chunk_size};
        /* Spares the upload where the end is known; what counts is asked again when the tags are set. */
        result = pv_backend_check_tags(backend, &push->request.tags, &top_name(push)->digest, err);
    }
    if (result == PROVAR_OK)
        result = is_per_target(push) ? pv_push_index_put_layers(&push->index, &watched, backend, err)
                                     : pv_push_image_put_layer(&push->image, &watched, backend, err);
    if (result == PROVAR_OK)
        result = pv_push_put_blob(backend, &push->config.digest, &config, err);
    if (result == PROVAR_OK && is_per_target(push))
        result = pv_push_index_put_manifests(&push->index, backend, err);
    return result == PROVAR_OK
               ? backend->ops->manifest_put(backend, top_name(push), top_json(push), &push->request.tags, err)
               : result;
}

static void answer(const struct push *push, struct provar_stored *stored) {
    *stored = (struct provar_stored){.size = sizeof *stored, .bytes = count_bytes(push), .blob_verified = 1};
    memcpy(stored->digest, top_name(push)->digest.text, sizeof stored->digest);
    memcpy(stored->blob, push->image.file_digest.text, sizeof stored->blob);
    if (push->request.tags.count > 0)
        memcpy(stored->tag, push->request.tags.list[0].text, push->request.tags.list[0].len);
}

static enum provar_result run(struct push *push, struct provar_error *err) {
    push->image.file = (struct pv_content){.read_at = checked_read_at, .user = (void *)push->checked};
    push->config.text = PV_STR(PV_MANIFEST_EMPTY_CONFIG);
    if (push->options->config_len > 0)
        push->config.text = pv_str(push->options->config, push->options->config_len);
    enum provar_result result = provar_checked_size(push->checked, &push->image.file.size, err);
    if (result == PROVAR_OK)
        result = prepare(push, err);
    return result == PROVAR_OK && (push->options->flags & PROVAR_PUSH_DRY_RUN) == 0 ? store(push, err) : result;
}

enum provar_result provar_push(struct provar_store *store, const struct provar_checked *checked, const char *reference,
                               size_t len, const struct provar_push_options *options, struct provar_stored *stored,
                               struct provar_error *err) {
    static const struct provar_push_options usual = {.size = sizeof usual};
    struct push push = {.store = store, .checked = checked, .options = options ? options : &usual};
    if (!pv_enter(&err, store && checked && pv_given(reference, len)))
        return PROVAR_E_USAGE;
    if (stored && stored->size != sizeof *stored)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "struct provar_stored of another size");
    enum provar_result result = pv_push_request(push.options, pv_str(reference, len), &push.request, err);
    if (result == PROVAR_OK)
        result = run(&push, err);
    if (result == PROVAR_OK && stored)
        answer(&push, stored);
    pv_push_index_release(&push.index);
    pv_push_image_release(&push.image);
    pv_push_request_release(&push.request);
    return result;
}
