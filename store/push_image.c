/* One manifest of a push with the archive that is its one layer: made, and put into a store. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "store/image/manifest_encode.h"
#include "store/push_image.h"
#include "store/push_options.h"

/* ---------------------------------------------------------------- a look */

static int64_t look_read_at(void *buf, size_t cap, uint64_t offset, void *user) {
    const struct pv_push_look *look = user;
    size_t len = 0;
    enum provar_result result = look->file->read_at(look->file->user, offset, buf, cap, &len, NULL);
    return result == PROVAR_OK ? (int64_t)len : -1;
}

static int64_t look_read(void *buf, size_t cap, void *user) {
    struct pv_push_look *look = user;
    int64_t len = look_read_at(buf, cap, look->pos, user);
    look->pos += len > 0 ? (uint64_t)len : 0;
    return len;
}

enum provar_result pv_push_look(struct pv_push_look *look, const struct pv_content *file, struct provar_error *err) {
    struct provar_callbacks calls = {
        .size = sizeof calls, .read = look_read, .read_at = look_read_at, .total = file->size, .user = look};
    struct provar_input from = {.size = sizeof from, .kind = PROVAR_INPUT_CALLBACKS, .callbacks = &calls};
    struct provar_open_options limits = {.size = sizeof limits,
                                         .max_file_size = UINT64_MAX >> 1,
                                         .max_total_size = UINT64_MAX >> 1,
                                         .max_member_size = UINT64_MAX >> 1};
    *look = (struct pv_push_look){.file = file};
    enum provar_result result = provar_open(&from, &limits, &look->archive, err);
    if (result == PROVAR_OK)
        result = provar_look(look->archive, err);
    if (result == PROVAR_OK)
        result = pv_describe(&look->description, look->archive, file, err);
    return result;
}

void pv_push_look_release(struct pv_push_look *look) {
    pv_describe_release(&look->description);
    provar_archive_free(look->archive);
    look->archive = NULL;
}

/* ---------------------------------------------------------------- a manifest */

static enum provar_result encode(struct pv_push_image *image, const struct pv_description *description,
                                 const struct provar_push_options *options, const struct pv_push_config *config,
                                 struct provar_error *err) {
    bool wash = (options->flags & PROVAR_PUSH_MANIFEST_WASH) != 0;
    bool as_image = (options->flags & PROVAR_PUSH_OCI_IMAGE_TYPES) != 0;
    struct pv_annotation list[PV_MAX_ANNOTATIONS];
    struct pv_manifest_plan plan = {
        .form = wash ? PV_MANIFEST_FORM_WASH : PV_MANIFEST_FORM_FULL,
        .types = as_image ? PV_MANIFEST_TYPES_OCI_IMAGE : PV_MANIFEST_TYPES_WASMCLOUD,
        .config_digest = config->digest,
        .config_size = config->text.len,
        .layer_digest = image->file_digest,
        .layer_size = image->file.size,
        .layer_annotations = {description->layer, wash ? 0 : description->layer_count},
        .annotations = {list, 0},
    };
    enum provar_result result = pv_push_annotations(
        options, description->manifest, wash ? 0 : description->manifest_count, list, &plan.annotations.count, err);
    pv_buf_init(&image->json, PV_MAX_MANIFEST_SIZE);
    return result == PROVAR_OK ? pv_manifest_encode(&plan, &image->json, err) : result;
}

enum provar_result pv_push_name(const struct pv_buf *json, const char *media_type, struct pv_named *named,
                                struct provar_error *err) {
    named->size = json->len;
    (void)snprintf(named->media_type, sizeof named->media_type, "%s", media_type);
    return pv_digest_of(json->data, json->len, &named->digest, err);
}

enum provar_result pv_push_image_make(struct pv_push_image *image, const struct pv_push_look *look,
                                      const struct provar_push_options *options, const struct pv_push_config *config,
                                      struct provar_error *err) {
    enum provar_result result = pv_content_read(&image->file, NULL, NULL, &image->file_digest, err);
    if (result == PROVAR_OK)
        result = encode(image, &look->description, options, config, err);
    return result == PROVAR_OK ? pv_push_name(&image->json, PV_MEDIA_OCI_MANIFEST, &image->named, err) : result;
}

void pv_push_image_release(struct pv_push_image *image) {
    pv_buf_release(&image->json);
}

/* ---------------------------------------------------------------- into a store */

enum provar_result pv_push_put_blob(struct pv_backend *backend, const struct pv_digest *digest,
                                    const struct pv_content *content, struct provar_error *err) {
    bool has = false;
    enum provar_result result = backend->ops->blob_has(backend, digest, content->size, &has, err);
    return result == PROVAR_OK && !has ? backend->ops->blob_put(backend, digest, content, err) : result;
}

enum provar_result pv_push_image_put_layer(const struct pv_push_image *image, struct pv_watched *watched,
                                           struct pv_backend *backend, struct provar_error *err) {
    watched->inner = image->file;
    struct pv_content file = pv_session_watch(watched);
    return pv_push_put_blob(backend, &image->file_digest, &file, err);
}
