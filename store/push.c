/* Conductor: puts an archive that was checked into a store: blob, config, manifest, tags. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "store/content.h"
#include "store/describe.h"
#include "store/manifest_encode.h"
#include "store/push_options.h"
#include "store/session.h"

/* Everything that is fixed before a byte is stored. */
struct push {
    struct provar_store *store;
    const struct provar_push_options *options;
    struct pv_push_request request;
    struct pv_content file;
    struct pv_digest file_digest, config_digest;
    struct pv_str config;
    struct pv_buf json;
    struct pv_named named;
};

static enum provar_result checked_read_at(void *user, uint64_t offset, void *buf, size_t cap, size_t *len,
                                          struct provar_error *err) {
    return provar_checked_read(user, offset, buf, cap, len, err);
}

/* The bytes as a source of an archive of our own: the proof does not show members. */
struct view {
    const struct pv_content *file;
    uint64_t pos;
};

static int64_t view_read_at(void *buf, size_t cap, uint64_t offset, void *user) {
    const struct view *view = user;
    size_t len = 0;
    enum provar_result result = view->file->read_at(view->file->user, offset, buf, cap, &len, NULL);
    return result == PROVAR_OK ? (int64_t)len : -1;
}

static int64_t view_read(void *buf, size_t cap, void *user) {
    struct view *view = user;
    int64_t len = view_read_at(buf, cap, view->pos, user);
    view->pos += len > 0 ? (uint64_t)len : 0;
    return len;
}

PV_DEFINE_CLEANUP(archive_cleanup, struct provar_archive, provar_archive_free)

/* The limits are those of the archive that was checked, of which this is a second reading: its size is the ceiling. */
static enum provar_result look(struct view *view, struct provar_archive **archive, struct provar_error *err) {
    struct provar_callbacks calls = {
        .size = sizeof calls, .read = view_read, .read_at = view_read_at, .total = view->file->size, .user = view};
    struct provar_input from = {.size = sizeof from, .kind = PROVAR_INPUT_CALLBACKS, .callbacks = &calls};
    struct provar_open_options limits = {.size = sizeof limits,
                                         .max_file_size = UINT64_MAX >> 1,
                                         .max_total_size = UINT64_MAX >> 1,
                                         .max_member_size = UINT64_MAX >> 1};
    PV_CLEANUP(archive_cleanup) struct provar_archive *opened = NULL;
    enum provar_result result = provar_open(&from, &limits, &opened, err);
    if (result == PROVAR_OK)
        result = provar_look(opened, err);
    if (result == PROVAR_OK)
        *archive = PV_TAKE(opened);
    return result;
}

static enum provar_result encode(struct push *push, const struct pv_description *description,
                                 struct provar_error *err) {
    uint32_t flags = push->options->flags;
    bool wash = (flags & PROVAR_PUSH_MANIFEST_WASH) != 0;
    struct pv_annotation list[PV_MAX_ANNOTATIONS];
    struct pv_manifest_plan plan = {
        .form = wash ? PV_MANIFEST_FORM_WASH : PV_MANIFEST_FORM_FULL,
        .types = flags & PROVAR_PUSH_OCI_IMAGE_TYPES ? PV_MANIFEST_TYPES_OCI_IMAGE : PV_MANIFEST_TYPES_WASMCLOUD,
        .config_digest = push->config_digest,
        .config_size = push->config.len,
        .layer_digest = push->file_digest,
        .layer_size = push->file.size,
        .layer_annotations = {description->layer, wash ? 0 : description->layer_count},
        .annotations = {list, 0},
    };
    enum provar_result result =
        pv_push_annotations(push->options, description->manifest, wash ? 0 : description->manifest_count, list,
                            &plan.annotations.count, err);
    return result == PROVAR_OK ? pv_manifest_encode(&plan, &push->json, err) : result;
}

static enum provar_result name_manifest(struct push *push, struct provar_error *err) {
    const struct pv_digest *wanted = &push->request.reference.digest;
    push->named.size = push->json.len;
    memcpy(push->named.media_type, PV_MEDIA_OCI_MANIFEST, sizeof PV_MEDIA_OCI_MANIFEST);
    enum provar_result result = pv_digest_of(push->json.data, push->json.len, &push->named.digest, err);
    if (result == PROVAR_OK && wanted->text[0] != 0 && !pv_digest_equal(wanted, &push->named.digest))
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET,
                       "the manifest would be %s, not the digest in the reference", push->named.digest.text);
    if (result == PROVAR_OK && push->options->manifest &&
        push->options->manifest((const char *)push->json.data, push->json.len, push->options->user) != 0)
        return pv_fail(err, PROVAR_E_IO, PROVAR_NO_OFFSET, "the caller has stopped it");
    return result;
}

/* Makes the manifest. The archive is not needed any more when it stands. */
static enum provar_result prepare(struct push *push, struct provar_error *err) {
    PV_CLEANUP(archive_cleanup) struct provar_archive *archive = NULL;
    PV_CLEANUP(pv_describe_release) struct pv_description description = {0};
    struct view view = {.file = &push->file};
    enum provar_result result = look(&view, &archive, err);
    if (result == PROVAR_OK)
        result = pv_describe(&description, archive, &push->file, err);
    if (result == PROVAR_OK)
        result =
            pv_push_choose_tags(&push->request, push->options, description.has_revision, description.revision, err);
    if (result == PROVAR_OK)
        result = pv_content_read(&push->file, NULL, NULL, &push->file_digest, err);
    if (result == PROVAR_OK)
        result = pv_digest_of(push->config.text, push->config.len, &push->config_digest, err);
    if (result == PROVAR_OK)
        result = encode(push, &description, err);
    return result == PROVAR_OK ? name_manifest(push, err) : result;
}

/* Spares the upload where the end is known; what counts is asked again when the tag is set. */
static enum provar_result check_tags(const struct push *push, struct pv_backend *backend, struct provar_error *err) {
    static const struct pv_digest none;
    for (size_t i = 0; i < push->request.tags.kept; i++) {
        struct provar_error own = {0};
        struct pv_named found;
        struct pv_str tag = push->request.tags.list[i];
        enum provar_result result = backend->ops->resolve(backend, tag, &none, &found, &own);
        if (result == PROVAR_E_NOT_FOUND)
            continue;
        pv_error_hand_on(err, &own);
        if (result != PROVAR_OK)
            return result;
        if (!pv_digest_equal(&found.digest, &push->named.digest))
            return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "the tag '%s' names other content already: %s",
                           pv_quote(tag).text, found.digest.text);
    }
    return PROVAR_OK;
}

static enum provar_result put_blob(struct pv_backend *backend, const struct pv_digest *digest,
                                   const struct pv_content *content, struct provar_error *err) {
    bool has = false;
    enum provar_result result = backend->ops->blob_has(backend, digest, content->size, &has, err);
    return result == PROVAR_OK && !has ? backend->ops->blob_put(backend, digest, content, err) : result;
}

static enum provar_result store(struct push *push, struct provar_error *err) {
    PV_AUTO_BACKEND struct pv_backend *backend = NULL;
    struct pv_watched watched = {.store = push->store, .inner = push->file, .total = push->file.size};
    struct pv_content file = pv_session_watch(&watched), config = pv_content_memory(&push->config);
    enum provar_result result = pv_session_backend(push->store, &push->request.reference, true, &backend, err);
    if (result == PROVAR_OK)
        result = check_tags(push, backend, err);
    if (result == PROVAR_OK)
        result = put_blob(backend, &push->file_digest, &file, err);
    if (result == PROVAR_OK)
        result = put_blob(backend, &push->config_digest, &config, err);
    return result == PROVAR_OK
               ? backend->ops->manifest_put(backend, &push->named, pv_buf_str(&push->json), &push->request.tags, err)
               : result;
}

static void answer(const struct push *push, struct provar_stored *stored) {
    *stored = (struct provar_stored){.size = sizeof *stored, .bytes = push->file.size, .blob_verified = 1};
    memcpy(stored->digest, push->named.digest.text, sizeof stored->digest);
    memcpy(stored->blob, push->file_digest.text, sizeof stored->blob);
    if (push->request.tags.count > 0)
        memcpy(stored->tag, push->request.tags.list[0].text, push->request.tags.list[0].len);
}

static enum provar_result run(struct push *push, const struct provar_checked *checked, struct provar_error *err) {
    push->file = (struct pv_content){.read_at = checked_read_at, .user = (void *)checked};
    push->config = PV_STR(PV_MANIFEST_EMPTY_CONFIG);
    if (push->options->config_len > 0)
        push->config = pv_str(push->options->config, push->options->config_len);
    pv_buf_init(&push->json, PV_MAX_MANIFEST_SIZE);
    enum provar_result result = provar_checked_size(checked, &push->file.size, err);
    if (result == PROVAR_OK)
        result = prepare(push, err);
    return result == PROVAR_OK && (push->options->flags & PROVAR_PUSH_DRY_RUN) == 0 ? store(push, err) : result;
}

enum provar_result provar_push(struct provar_store *store, const struct provar_checked *checked, const char *reference,
                               size_t len, const struct provar_push_options *options, struct provar_stored *stored,
                               struct provar_error *err) {
    static const struct provar_push_options usual = {.size = sizeof usual};
    struct push push = {.store = store, .options = options ? options : &usual};
    if (!pv_enter(&err, store && checked && pv_given(reference, len)))
        return PROVAR_E_USAGE;
    if (stored && stored->size != sizeof *stored)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "struct provar_stored of another size");
    enum provar_result result = pv_push_request(push.options, pv_str(reference, len), &push.request, err);
    if (result == PROVAR_OK)
        result = run(&push, checked, err);
    if (result == PROVAR_OK && stored)
        answer(&push, stored);
    pv_buf_release(&push.json);
    pv_push_request_release(&push.request);
    return result;
}
