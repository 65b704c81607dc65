/* A push of an archive as several: one of each target, under one token, and the index that names them by platform. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/fs.h"
#include "store/image/manifest_encode.h"
#include "store/push_index.h"
#include "store/push_options.h"

struct pv_push_part {
    int fd;                      /* of the archive; -1 before it is made */
    struct pv_platform platform; /* texts of the look at the whole archive */
    struct pv_push_image image;
};

/* ---------------------------------------------------------------- archives */

static enum provar_result read_file(void *user, uint64_t offset, void *buf, size_t cap, size_t *len,
                                    struct provar_error *err) {
    const struct pv_push_part *part = user;
    return pv_fs_read_at(part->fd, buf, cap, offset, len, err);
}

static enum provar_result write_archive(struct pv_push_part *part, const struct provar_checked *checked,
                                        const char *target, const char *temp_dir, struct provar_error *err) {
    struct pv_str dir = pv_str_of(temp_dir);
    struct stat st;
    struct provar_output to = {
        .size = sizeof to, .kind = PROVAR_OUTPUT_FD, .temp_dir = temp_dir, .temp_dir_len = dir.len};
    enum provar_result result = pv_fs_temp(dir, &part->fd, err);
    to.fd = part->fd;
    if (result == PROVAR_OK)
        result = provar_checked_write_target(checked, target, strlen(target), &to, err);
    if (result == PROVAR_OK && fstat(part->fd, &st) != 0)
        result = pv_fail_errno(err, PROVAR_E_IO, errno, "cannot examine a temporary file");
    if (result == PROVAR_OK)
        part->image.file = (struct pv_content){.read_at = read_file, .user = part, .size = (uint64_t)st.st_size};
    return result;
}

static enum provar_result make_part(struct pv_push_part *part, const struct provar_checked *checked, const char *target,
                                    const struct provar_push_options *options, const struct pv_push_config *config,
                                    struct provar_error *err) {
    PV_CLEANUP(pv_push_look_release) struct pv_push_look look = {0};
    enum provar_result result = pv_platform_from_target(pv_str_of(target), &part->platform, err);
    if (result == PROVAR_OK)
        result = write_archive(part, checked, target, options->temp_dir, err);
    if (result == PROVAR_OK)
        result = pv_push_look(&look, &part->image.file, err);
    return result == PROVAR_OK ? pv_push_image_make(&part->image, &look, options, config, err) : result;
}

static enum provar_result make_parts(struct pv_push_index *index, const struct provar_checked *checked,
                                     const struct provar_archive *archive, const struct provar_push_options *options,
                                     const struct pv_push_config *config, struct provar_error *err) {
    struct provar_member member = {.size = sizeof member};
    size_t members = provar_archive_member_count(archive);
    enum provar_result result = PROVAR_OK;
    index->parts = calloc(members + 1, sizeof *index->parts);
    if (index->parts == NULL)
        return pv_fail_memory(err);
    for (size_t i = 0; i < members && result == PROVAR_OK; i++) {
        if (provar_archive_member(archive, i, &member) != PROVAR_OK || member.target == NULL)
            continue;
        struct pv_push_part *part = &index->parts[index->count++];
        part->fd = -1;
        result = make_part(part, checked, member.target, options, config, err);
        index->bytes += part->image.file.size;
    }
    return result;
}

/* ---------------------------------------------------------------- the index */

static enum provar_result encode(struct pv_push_index *index, const struct pv_description *whole,
                                 const struct provar_push_options *options, struct provar_error *err) {
    bool wash = (options->flags & PROVAR_PUSH_MANIFEST_WASH) != 0;
    struct pv_annotation list[PV_MAX_ANNOTATIONS];
    struct pv_annotations annotations = {list, 0};
    PV_AUTO_FREE struct pv_descriptor *entries = calloc(index->count, sizeof *entries);
    if (entries == NULL)
        return pv_fail_memory(err);
    for (size_t i = 0; i < index->count; i++) {
        const struct pv_push_part *part = &index->parts[i];
        entries[i].media_type = pv_str_of(part->image.named.media_type);
        entries[i].digest = part->image.named.digest;
        entries[i].size = part->image.named.size;
        entries[i].platform = part->platform;
    }
    enum provar_result result =
        pv_push_annotations(options, whole->manifest, wash ? 0 : whole->manifest_count, list, &annotations.count, err);
    pv_buf_init(&index->json, PV_MAX_MANIFEST_SIZE);
    return result == PROVAR_OK ? pv_index_encode(entries, index->count, &annotations, &index->json, err) : result;
}

enum provar_result pv_push_index_make(struct pv_push_index *index, const struct provar_checked *checked,
                                      const struct pv_push_look *look, const struct provar_push_options *options,
                                      const struct pv_push_config *config, struct provar_error *err) {
    enum provar_result result = make_parts(index, checked, look->archive, options, config, err);
    if (result == PROVAR_OK)
        result = encode(index, &look->description, options, err);
    return result == PROVAR_OK ? pv_push_name(&index->json, PV_MEDIA_OCI_INDEX, &index->named, err) : result;
}

void pv_push_index_release(struct pv_push_index *index) {
    for (size_t i = 0; i < index->count; i++) {
        pv_push_image_release(&index->parts[i].image);
        if (index->parts[i].fd >= 0)
            (void)close(index->parts[i].fd);
    }
    free(index->parts);
    pv_buf_release(&index->json);
    *index = (struct pv_push_index){0};
}

/* ---------------------------------------------------------------- into a store */

enum provar_result pv_push_index_put_layers(const struct pv_push_index *index, struct pv_watched *watched,
                                            struct pv_backend *backend, struct provar_error *err) {
    enum provar_result result = PROVAR_OK;
    for (size_t i = 0; i < index->count && result == PROVAR_OK; i++)
        result = pv_push_image_put_layer(&index->parts[i].image, watched, backend, err);
    return result;
}

enum provar_result pv_push_index_put_manifests(const struct pv_push_index *index, struct pv_backend *backend,
                                               struct provar_error *err) {
    static const struct pv_tags inner = {.inner = true};
    enum provar_result result = PROVAR_OK;
    for (size_t i = 0; i < index->count && result == PROVAR_OK; i++) {
        const struct pv_push_image *image = &index->parts[i].image;
        result = backend->ops->manifest_put(backend, &image->named, pv_buf_str(&image->json), &inner, err);
    }
    return result;
}
