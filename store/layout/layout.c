/* An OCI image layout (image-spec, image-layout.md): a store in a directory, without a server. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/fs.h"
#include "store/image/content.h"
#include "store/layout/layout.h"
#include "store/layout/layout_create.h"
#include "store/layout/layout_file.h"
#include "store/layout/layout_index.h"
#include "store/layout/layout_referrers.h"
#include "store/layout/layout_tar.h"

struct layout {
    struct pv_backend head;
    struct pv_layout_tar *tar; /* of a layout in one file; NULL for one in a directory */
    int directory;             /* or that file */
    int blobs;                 /* blobs/sha256, or -1 where there is none */
    int partial;               /* -1 unless it can be written */
};

struct layout_blob {
    struct pv_blob head;
    int fd;
    uint64_t begin;          /* in that file */
    struct timespec changed; /* what is there, before it was compared */
};

/* ---------------------------------------------------------------- blobs */

static enum provar_result blob_read_at(struct pv_blob *blob, uint64_t offset, void *buf, size_t cap, size_t *len,
                                       struct provar_error *err) {
    const struct layout_blob *self = (const struct layout_blob *)blob;
    uint64_t left = offset < self->head.size ? self->head.size - offset : 0;
    size_t want = cap < left ? cap : (size_t)left;
    enum provar_result result = pv_fs_read_at(self->fd, buf, want, self->begin + offset, len, err);
    if (result == PROVAR_OK && *len < want)
        return pv_fail(err, PROVAR_E_IO, offset + *len, "the blob %s shrank", self->head.digest.text);
    return result;
}

/* The time of the last change is not to be set as that of the last write is. It moves with the file's names and mode,
 * too, as when a second push puts the same blob: then the bytes decide. */
static enum provar_result blob_check_unwritten(struct pv_blob *blob, bool *again, struct provar_error *err) {
    struct layout_blob *self = (struct layout_blob *)blob;
    struct pv_content content = pv_content_blob(blob);
    struct pv_digest found;
    struct stat st;
    if (fstat(self->fd, &st) != 0)
        return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot examine the blob %s", blob->digest.text);
    if (st.st_ctim.tv_sec == self->changed.tv_sec && st.st_ctim.tv_nsec == self->changed.tv_nsec)
        return PROVAR_OK;
    enum provar_result result = pv_content_read(&content, NULL, NULL, &found, err);
    if (result == PROVAR_OK)
        result = pv_content_compare(&blob->digest, &found, err);
    if (result != PROVAR_OK)
        return result;
    *again = true;
    self->changed = st.st_ctim;
    return PROVAR_OK;
}

static void blob_free(struct pv_blob *blob) {
    (void)close(((struct layout_blob *)blob)->fd);
    free(blob);
}

static const struct pv_blob_ops blob_ops = {
    .read_at = blob_read_at, .check_unwritten = blob_check_unwritten, .free = blob_free};

/* *fd is -1 when the layout has no such blob. */
static enum provar_result find_blob(const struct layout *layout, const struct pv_digest *digest, int *fd,
                                    struct pv_layout_place *place, struct provar_error *err) {
    *fd = -1;
    *place = (struct pv_layout_place){0};
    if (layout->tar == NULL)
        return layout->blobs < 0
                   ? PROVAR_OK
                   : pv_layout_open_file(layout->blobs, pv_digest_hex(digest).text, fd, &place->size, err);
    if (!pv_layout_tar_find_blob(layout->tar, digest, place))
        return PROVAR_OK;
    *fd = fcntl(layout->directory, F_DUPFD_CLOEXEC, 0);
    return *fd >= 0 ? PROVAR_OK : pv_fail_errno(err, PROVAR_E_IO, errno, "cannot open a blob of the layout");
}

static enum provar_result open_blob(struct pv_backend *backend, const struct pv_digest *digest, uint64_t size,
                                    struct pv_blob **blob, struct provar_error *err) {
    PV_AUTO_FD int fd = -1;
    struct pv_layout_place found;
    struct stat st;
    enum provar_result result = find_blob((const struct layout *)backend, digest, &fd, &found, err);
    if (result != PROVAR_OK)
        return result;
    if (fd < 0)
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "the blob %s is not in the layout", digest->text);
    if (fstat(fd, &st) != 0)
        return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot examine the blob %s", digest->text);
    if (found.size != size)
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET,
                       "the blob %s has %llu bytes, and %llu by its descriptor", digest->text,
                       (unsigned long long)found.size, (unsigned long long)size);
    struct layout_blob *made = calloc(1, sizeof *made);
    if (made == NULL)
        return pv_fail_memory(err);
    *made = (struct layout_blob){.head = {.ops = &blob_ops, .digest = *digest, .size = size},
                                 .fd = pv_take_fd(&fd),
                                 .begin = found.offset,
                                 .changed = st.st_ctim};
    *blob = &made->head;
    return PROVAR_OK;
}

static enum provar_result layout_blob_open(struct pv_backend *backend, const struct pv_descriptor *descriptor,
                                           struct pv_blob **blob, struct provar_error *err) {
    return open_blob(backend, &descriptor->digest, descriptor->size, blob, err);
}

/* Reads it: in a directory anybody may have written to it, and what is damaged is to be put again. */
static enum provar_result layout_blob_has(struct pv_backend *backend, const struct pv_digest *digest, uint64_t size,
                                          bool *has, struct provar_error *err) {
    PV_AUTO_FD int fd = -1;
    struct pv_layout_place found;
    struct layout_blob blob = {.head = {.ops = &blob_ops, .digest = *digest, .size = size}};
    struct pv_content content = pv_content_blob(&blob.head);
    struct pv_digest actual;
    enum provar_result result = find_blob((const struct layout *)backend, digest, &fd, &found, err);
    *has = false;
    if (result != PROVAR_OK || fd < 0 || found.size != size)
        return result;
    blob.fd = fd;
    blob.begin = found.offset;
    result = pv_content_read(&content, NULL, NULL, &actual, err);
    *has = result == PROVAR_OK && pv_digest_equal(digest, &actual);
    return result;
}

static enum provar_result write_block(void *user, const void *data, size_t len, struct provar_error *err) {
    const struct pv_layout_file *file = user;
    return pv_fs_write(file->fd, data, len, err);
}

/* A blob that is there under this name was cut or altered, else nobody would put it: it is replaced. */
static enum provar_result layout_blob_put(struct pv_backend *backend, const struct pv_digest *digest,
                                          const struct pv_content *from, struct provar_error *err) {
    const struct layout *layout = (const struct layout *)backend;
    PV_AUTO_LAYOUT_FILE struct pv_layout_file file = PV_LAYOUT_NO_FILE;
    struct pv_digest found;
    enum provar_result result = pv_layout_file_begin(&file, layout->partial, err);
    if (result == PROVAR_OK)
        result = pv_content_read(from, write_block, &file, &found, err);
    if (result == PROVAR_OK)
        result = pv_content_compare(digest, &found, err);
    if (result == PROVAR_OK)
        result = pv_layout_file_commit(&file, layout->blobs, pv_digest_hex(digest).text, true, err);
    return result;
}

/* ---------------------------------------------------------------- manifests */

/* A document of the layout, whole. */
static enum provar_result read_document(const struct layout *layout, const char *name, struct pv_buf *text, bool *found,
                                        struct provar_error *err) {
    struct pv_layout_place place;
    if (layout->tar == NULL)
        return pv_layout_read_file(layout->directory, name, text, found, err);
    *found = pv_layout_tar_find(layout->tar, pv_str_of(name), &place);
    if (!*found)
        return PROVAR_OK;
    enum provar_result result = PROVAR_OK;
    for (uint64_t at = 0; result == PROVAR_OK && at < place.size;) {
        uint8_t part[PV_KIB];
        size_t len = 0, want = place.size - at < sizeof part ? (size_t)(place.size - at) : sizeof part;
        result = pv_fs_read_at(layout->directory, part, want, place.offset + at, &len, err);
        if (result == PROVAR_OK && len < want)
            return pv_fail(err, PROVAR_E_IO, place.offset + at + len, "the layout's file shrank");
        if (result == PROVAR_OK)
            result = pv_buf_append(text, part, len, err);
        at += len;
    }
    return result;
}

static enum provar_result read_index(const struct layout *layout, struct pv_buf *json, struct provar_error *err) {
    bool found = false;
    pv_buf_init(json, PV_MAX_MANIFEST_SIZE);
    enum provar_result result = read_document(layout, "index.json", json, &found, err);
    if (result != PROVAR_OK || found)
        return result;
    return pv_buf_append(json, PV_LAYOUT_EMPTY_INDEX, sizeof PV_LAYOUT_EMPTY_INDEX - 1, err);
}

/* A manifest that an index of several names stands in no index.json. */
static enum provar_result resolve_blob(const struct layout *layout, const struct pv_digest *digest,
                                       struct pv_named *found, struct provar_error *err) {
    PV_AUTO_FD int fd = -1;
    struct pv_layout_place place;
    enum provar_result result = find_blob(layout, digest, &fd, &place, err);
    if (result != PROVAR_OK)
        return result;
    if (fd < 0)
        return pv_fail(err, PROVAR_E_NOT_FOUND, PROVAR_NO_OFFSET, "no manifest %s in the layout", digest->text);
    *found = (struct pv_named){.digest = *digest, .size = place.size};
    return PROVAR_OK;
}

static enum provar_result layout_resolve(struct pv_backend *backend, struct pv_str tag, const struct pv_digest *digest,
                                         struct pv_named *found, struct provar_error *err) {
    const struct layout *layout = (const struct layout *)backend;
    struct provar_error own = {0};
    PV_AUTO_BUF struct pv_buf json;
    enum provar_result result = read_index(layout, &json, &own);
    if (result == PROVAR_OK)
        result = pv_layout_index_resolve(pv_buf_str(&json), tag, digest, found, &own);
    if (result == PROVAR_E_NOT_FOUND && digest->text[0] != 0)
        return resolve_blob(layout, digest, found, err);
    pv_error_hand_on(err, &own);
    return result;
}

static enum provar_result append_block(void *user, const void *data, size_t len, struct provar_error *err) {
    return pv_buf_append(user, data, len, err);
}

static enum provar_result layout_manifest_get(struct pv_backend *backend, const struct pv_named *named,
                                              struct pv_buf *json, struct provar_error *err) {
    PV_AUTO_BLOB struct pv_blob *blob = NULL;
    struct pv_digest found;
    if (named->size > PV_MAX_MANIFEST_SIZE)
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "the manifest has %llu bytes, more than 4 MiB",
                       (unsigned long long)named->size);
    enum provar_result result = open_blob(backend, &named->digest, named->size, &blob, err);
    if (result != PROVAR_OK)
        return result;
    struct pv_content content = pv_content_blob(blob);
    result = pv_content_read(&content, append_block, json, &found, err);
    return result == PROVAR_OK ? pv_content_compare(&named->digest, &found, err) : result;
}

/* Holds until the descriptor is closed; a process that is killed lets it go. */
static enum provar_result lock_layout(const struct layout *layout, int *fd, struct provar_error *err) {
    uint64_t size;
    enum provar_result result = pv_layout_open_file(layout->directory, "oci-layout", fd, &size, err);
    if (result != PROVAR_OK)
        return result;
    if (*fd < 0)
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "the layout has lost its file 'oci-layout'");
    return pv_fs_lock(*fd, PV_LAYOUT_LOCK_SECONDS, PV_STR("oci-layout"), err);
}

static enum provar_result write_index(const struct layout *layout, struct pv_str json, struct provar_error *err) {
    PV_AUTO_LAYOUT_FILE struct pv_layout_file file = PV_LAYOUT_NO_FILE;
    enum provar_result result = pv_layout_file_begin(&file, layout->partial, err);
    if (result == PROVAR_OK)
        result = pv_fs_write(file.fd, json.text, json.len, err);
    return result == PROVAR_OK ? pv_layout_file_commit(&file, layout->directory, "index.json", true, err) : result;
}

static enum provar_result put_index(const struct layout *layout, const struct pv_named *named,
                                    const struct pv_tags *tags, struct provar_error *err) {
    PV_AUTO_FD int lock = -1;
    PV_AUTO_BUF struct pv_buf before, after;
    bool changed = false;
    pv_buf_init(&before, 0);
    pv_buf_init(&after, PV_MAX_MANIFEST_SIZE);
    enum provar_result result = lock_layout(layout, &lock, err);
    if (result == PROVAR_OK)
        result = read_index(layout, &before, err);
    if (result == PROVAR_OK)
        result = pv_layout_index_put(pv_buf_str(&before), named, tags, &after, &changed, err);
    return result == PROVAR_OK && changed ? write_index(layout, pv_buf_str(&after), err) : result;
}

static enum provar_result layout_manifest_put(struct pv_backend *backend, const struct pv_named *named,
                                              struct pv_str json, const struct pv_tags *tags,
                                              struct provar_error *err) {
    struct pv_content content = pv_content_memory(&json);
    enum provar_result result = layout_blob_put(backend, &named->digest, &content, err);
    return result == PROVAR_OK && !tags->inner ? put_index((const struct layout *)backend, named, tags, err) : result;
}

struct tag_walk {
    pv_tag_fn each;
    void *user;
};

static enum provar_result pass_tag(void *user, const struct pv_layout_entry *entry, struct provar_error *err) {
    const struct tag_walk *walk = user;
    return entry->tag.len == 0 ? PROVAR_OK : walk->each(walk->user, entry->tag, &entry->named, err);
}

static enum provar_result layout_list_tags(struct pv_backend *backend, pv_tag_fn each, void *user,
                                           struct provar_error *err) {
    struct tag_walk tags = {.each = each, .user = user};
    PV_AUTO_BUF struct pv_buf json;
    enum provar_result result = read_index((const struct layout *)backend, &json, err);
    return result == PROVAR_OK ? pv_layout_index_each(pv_buf_str(&json), pass_tag, &tags, err) : result;
}

static enum provar_result layout_referrers(struct pv_backend *backend, const struct pv_digest *subject,
                                           pv_referrer_fn each, void *user, struct provar_error *err) {
    PV_AUTO_BUF struct pv_buf json;
    enum provar_result result = read_index((const struct layout *)backend, &json, err);
    return result == PROVAR_OK ? pv_layout_each_referrer(backend, pv_buf_str(&json), subject, each, user, err) : result;
}

/* ---------------------------------------------------------------- opening */

static void layout_free(struct pv_backend *backend) {
    struct layout *layout = (struct layout *)backend;
    pv_layout_tar_free(layout->tar);
    pv_cleanup_fd(&layout->directory);
    pv_cleanup_fd(&layout->blobs);
    pv_cleanup_fd(&layout->partial);
    free(layout);
}

static const struct pv_backend_ops layout_ops = {
    .resolve = layout_resolve,
    .manifest_get = layout_manifest_get,
    .manifest_put = layout_manifest_put,
    .blob_open = layout_blob_open,
    .blob_has = layout_blob_has,
    .blob_put = layout_blob_put,
    .list_tags = layout_list_tags,
    .referrers = layout_referrers,
    .free = layout_free,
};

static enum provar_result open_blobs(struct layout *layout, bool create, struct provar_error *err) {
    PV_AUTO_FD int blobs = -1;
    enum provar_result result = pv_layout_open_directory(layout->directory, "blobs", create, &blobs, err);
    if (result == PROVAR_OK && blobs >= 0)
        result = pv_layout_open_directory(blobs, "sha256", create, &layout->blobs, err);
    if (result == PROVAR_OK && create)
        result = pv_layout_open_directory(layout->directory, "partial", create, &layout->partial, err);
    return result == PROVAR_OK && create ? pv_layout_lock_blobs(layout->blobs, false, err) : result;
}

static enum provar_result open_directory(struct layout *layout, struct pv_str path, bool create,
                                         struct provar_error *err) {
    bool is_layout = true;
    enum provar_result result = pv_layout_open_root(path, create, &layout->directory, err);
    if (result == PROVAR_OK)
        result = create ? pv_layout_find_version(layout->directory, &is_layout, err)
                        : pv_layout_demand_version(layout->directory, err);
    if (result == PROVAR_OK)
        result = open_blobs(layout, create, err);
    return result == PROVAR_OK && !is_layout ? pv_layout_make(layout->directory, layout->partial, err) : result;
}

static enum provar_result open_tar(struct layout *layout, struct pv_str path, bool create, struct provar_error *err) {
    PV_AUTO_BUF struct pv_buf version;
    struct stat st;
    bool found = false;
    pv_buf_init(&version, PV_MAX_LAYOUT_VERSION);
    if (create)
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET,
                       "'%s' is a file: what it holds can be read, and not added to", pv_quote(path).text);
    enum provar_result result = pv_fs_open_regular(path, false, &layout->directory, &st, err);
    if (result == PROVAR_OK)
        result = pv_layout_tar_open(layout->directory, (uint64_t)st.st_size, &layout->tar, err);
    if (result == PROVAR_OK)
        result = read_document(layout, "oci-layout", &version, &found, err);
    if (result == PROVAR_OK && !found)
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "not an OCI layout: there is no file 'oci-layout'");
    return result == PROVAR_OK ? pv_layout_judge_version(pv_buf_str(&version), err) : result;
}

enum provar_result pv_layout_open(struct pv_str directory, bool create, struct pv_backend **backend,
                                  struct provar_error *err) {
    struct layout *layout = calloc(1, sizeof *layout);
    if (layout == NULL)
        return pv_fail_memory(err);
    *layout = (struct layout){.head = {.ops = &layout_ops}, .directory = -1, .blobs = -1, .partial = -1};
    PV_AUTO_BACKEND struct pv_backend *made = &layout->head;
    enum provar_result result = pv_layout_is_file(directory) ? open_tar(layout, directory, create, err)
                                                             : open_directory(layout, directory, create, err);
    if (result == PROVAR_OK)
        *backend = PV_TAKE(made);
    return result;
}
