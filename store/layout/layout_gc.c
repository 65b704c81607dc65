/* The garbage of an OCI layout: blobs that nothing names, and files that killed processes have left. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>

#include "internal.h"

#include "base/array.h"
#include "base/fs.h"
#include "store/image/content.h"
#include "store/layout/layout_create.h"
#include "store/layout/layout_file.h"
#include "store/layout/layout_gc.h"
#include "store/layout/layout_links.h"
#include "store/layout/layout_tar.h"

/* A file under the name of a digest. */
struct blob {
    struct pv_digest digest;
    bool is_named;
    enum pv_layout_link link; /* the most that any document says it is */
};

struct collection {
    const struct pv_layout_gc *gc;
    int directory, blobs, partial; /* the last is -1 where there is none */
    struct blob *list;             /* sorted once it is complete */
    size_t count, room;
    size_t *unread; /* documents: places in the list, each there once */
    size_t unread_count;
    size_t strangers; /* files that have no name of ours */
};

/* ---------------------------------------------------------------- what is there */

typedef enum provar_result (*take_name_fn)(struct collection *collection, struct pv_str name, struct provar_error *err);

static enum provar_result each_entry(struct collection *collection, int directory, take_name_fn take,
                                     struct provar_error *err) {
    static const char *const own_names[] = {".", "..", NULL};
    PV_AUTO_FD int own = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = own < 0 ? NULL : fdopendir(own);
    enum provar_result result = PROVAR_OK;
    if (entries == NULL)
        return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot read a directory of the layout");
    (void)pv_take_fd(&own);
    for (const struct dirent *entry; result == PROVAR_OK && (errno = 0, entry = readdir(entries)) != NULL;)
        if (!pv_str_is_one_of(pv_str_of(entry->d_name), own_names))
            result = take(collection, pv_str_of(entry->d_name), err);
    if (result == PROVAR_OK && errno != 0)
        result = pv_fail_errno(err, PROVAR_E_IO, errno, "cannot read a directory of the layout");
    (void)closedir(entries);
    return result;
}

static void warn_of(const struct collection *collection, const char *folder, struct pv_str name) {
    char line[256];
    (void)snprintf(line, sizeof line, "'%s/%s' is left alone: it is no file of a layout", folder, pv_quote(name).text);
    collection->gc->warn(collection->gc->user, line);
}

/* The first is told by its name, the others by their number. */
static void note_stranger(struct collection *collection, const char *folder, struct pv_str name) {
    if (collection->strangers++ == 0)
        warn_of(collection, folder, name);
}

static enum provar_result add_blob(struct collection *collection, struct pv_str name, struct provar_error *err) {
    struct provar_error ignored = {0};
    struct blob blob = {.is_named = false};
    char text[PV_DIGEST_LEN + 1];
    (void)snprintf(text, sizeof text, "sha256:%.*s", PV_DIGEST_HEX_LEN, name.text);
    if (name.len != PV_DIGEST_HEX_LEN ||
        pv_digest_parse(pv_str_of(text), PROVAR_E_REGISTRY, &blob.digest, &ignored) != PROVAR_OK) {
        note_stranger(collection, "blobs/sha256", name);
        return PROVAR_OK;
    }
    if (collection->count == PV_MAX_LAYOUT_BLOBS)
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "a layout of more than %d blobs", PV_MAX_LAYOUT_BLOBS);
    struct blob *grown = pv_array_grow(collection->list, collection->count, &collection->room, sizeof *grown);
    if (grown == NULL)
        return pv_fail_memory(err);
    collection->list = grown;
    collection->list[collection->count++] = blob;
    return PROVAR_OK;
}

static int compare(const void *a, const void *b) {
    return pv_str_order(pv_digest_str(&((const struct blob *)a)->digest),
                        pv_digest_str(&((const struct blob *)b)->digest));
}

static struct blob *find(const struct collection *collection, const struct pv_digest *digest) {
    struct blob wanted = {.digest = *digest};
    return collection->count == 0
               ? NULL
               : bsearch(&wanted, collection->list, collection->count, sizeof *collection->list, compare);
}

static enum provar_result list_blobs(struct collection *collection, struct provar_error *err) {
    enum provar_result result = each_entry(collection, collection->blobs, add_blob, err);
    if (result != PROVAR_OK)
        return result;
    if (collection->count > 0)
        qsort(collection->list, collection->count, sizeof *collection->list, compare);
    collection->unread = calloc(collection->count + 1, sizeof *collection->unread);
    return collection->unread ? PROVAR_OK : pv_fail_memory(err);
}

/* ---------------------------------------------------------------- what is named */

static enum provar_result mark(void *user, const struct pv_digest *digest, enum pv_layout_link link,
                               struct provar_error *err) {
    struct collection *collection = user;
    struct blob *blob = find(collection, digest);
    if (blob == NULL && link < PV_LAYOUT_LINK_FOREIGN)
        return PROVAR_OK;
    if (blob == NULL)
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "the manifest %s is not in the layout", digest->text);
    blob->is_named = true;
    bool is_new = blob->link == PV_LAYOUT_LINK_BLOB && link != PV_LAYOUT_LINK_BLOB;
    if (link > blob->link)
        blob->link = link;
    if (is_new)
        collection->unread[collection->unread_count++] = (size_t)(blob - collection->list);
    return PROVAR_OK;
}

static enum provar_result read_whole(int fd, uint64_t size, struct pv_buf *text, struct provar_error *err) {
    size_t len = 0;
    enum provar_result result = pv_buf_reserve(text, (size_t)size + 1, err);
    if (result == PROVAR_OK)
        result = pv_fs_read(fd, text->data, (size_t)size, &len, err);
    if (result != PROVAR_OK)
        return result;
    text->len = len;
    text->data[len] = 0;
    return PROVAR_OK;
}

/* Documents of layouts begin with a brace, since they are JSON objects. */
static bool is_object(const struct pv_buf *text) {
    for (size_t i = 0; i < text->len; i++)
        if (strchr(" \t\r\n", text->data[i]) == NULL || text->data[i] == 0)
            return text->data[i] == '{';
    return false;
}

/* What is too large for a manifest, or is no JSON, is one of another type of document; it names nothing that provar
 * could find. */
static enum provar_result read_document(const struct blob *blob, int fd, uint64_t size, struct pv_buf *text,
                                        struct provar_error *err) {
    struct pv_digest digest;
    bool is_large = size > PV_MAX_MANIFEST_SIZE;
    enum provar_result result = read_whole(fd, is_large ? PV_KIB : size, text, err);
    if (result != PROVAR_OK)
        return result;
    if (is_large && (blob->link == PV_LAYOUT_LINK_DOCUMENT || is_object(text)))
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "it has more than 4 MiB");
    if (!is_large)
        result = pv_digest_of(text->data, text->len, &digest, err);
    if (result == PROVAR_OK && !is_large)
        result = pv_content_compare(&blob->digest, &digest, err);
    if (!is_object(text))
        pv_buf_release(text);
    return result;
}

static enum provar_result follow(struct collection *collection, const struct blob *blob, struct provar_error *err) {
    PV_AUTO_FD int fd = -1;
    PV_AUTO_BUF struct pv_buf text;
    uint64_t size = 0;
    pv_buf_init(&text, PV_MAX_MANIFEST_SIZE + 1);
    enum provar_result result =
        pv_layout_open_file(collection->blobs, pv_digest_hex(&blob->digest).text, &fd, &size, err);
    if (result == PROVAR_OK && fd < 0)
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "it has gone");
    if (result == PROVAR_OK)
        result = read_document(blob, fd, size, &text, err);
    return result == PROVAR_OK && text.len > 0 ? pv_layout_links_each(pv_buf_str(&text), mark, collection, err)
                                               : result;
}

static enum provar_result mark_index(struct collection *collection, struct provar_error *err) {
    PV_AUTO_BUF struct pv_buf text;
    bool found = false;
    pv_buf_init(&text, PV_MAX_MANIFEST_SIZE);
    enum provar_result result = pv_layout_read_file(collection->directory, "index.json", &text, &found, err);
    if (result == PROVAR_OK && !found)
        result = pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "it is missing");
    if (result == PROVAR_OK)
        result = pv_layout_links_each(pv_buf_str(&text), mark, collection, err);
    if (result != PROVAR_OK)
        pv_error_wrap(err, "nothing is removed: index.json");
    return result;
}

static enum provar_result mark_all(struct collection *collection, struct provar_error *err) {
    enum provar_result result = mark_index(collection, err);
    while (result == PROVAR_OK && collection->unread_count > 0) {
        const struct blob *blob = &collection->list[collection->unread[--collection->unread_count]];
        result = follow(collection, blob, err);
        if (result != PROVAR_OK)
            pv_error_wrap(err, "nothing is removed: %s", blob->digest.text);
    }
    return result;
}

/* ---------------------------------------------------------------- removing */

static enum provar_result remove_file(struct collection *collection, int directory, const char *folder,
                                      const char *name, struct provar_error *err) {
    const struct pv_layout_gc *gc = collection->gc;
    char path[PATH_MAX];
    struct stat st;
    if (fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? PROVAR_OK
                               : pv_fail_errno(err, PROVAR_E_IO, errno, "cannot examine '%s/%s'", folder, name);
    if (!S_ISREG(st.st_mode)) {
        note_stranger(collection, folder, pv_str_of(name));
        return PROVAR_OK;
    }
    if (st.st_mtime > gc->before || st.st_ctime > gc->before)
        return PROVAR_OK;
    if (!gc->is_dry_run && unlinkat(directory, name, 0) != 0)
        return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot remove '%s/%s' of the layout", folder, name);
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return gc->removed(gc->user, path, (uint64_t)st.st_size, err);
}

static enum provar_result take_partial(struct collection *collection, struct pv_str name, struct provar_error *err) {
    if (pv_layout_file_is_partial(name))
        return remove_file(collection, collection->partial, "partial", name.text, err);
    note_stranger(collection, "partial", name);
    return PROVAR_OK;
}

static enum provar_result sweep(struct collection *collection, struct provar_error *err) {
    enum provar_result result = PROVAR_OK;
    for (size_t i = 0; result == PROVAR_OK && i < collection->count; i++)
        if (!collection->list[i].is_named)
            result = remove_file(collection, collection->blobs, "blobs/sha256",
                                 pv_digest_hex(&collection->list[i].digest).text, err);
    if (result == PROVAR_OK && collection->partial >= 0)
        result = each_entry(collection, collection->partial, take_partial, err);
    return result;
}

int64_t pv_layout_gc_before(uint64_t grace, int64_t now) {
    uint64_t seconds = grace > 0 ? grace : PV_LAYOUT_GRACE;
    return seconds < INT64_MAX ? now - (int64_t)seconds : -1;
}

/* The list of blobs first: what another program puts and names after that is not in it. */
static enum provar_result collect(struct collection *collection, struct provar_error *err) {
    enum provar_result result = pv_layout_lock_blobs(collection->blobs, true, err);
    if (result == PROVAR_OK)
        result = list_blobs(collection, err);
    if (result == PROVAR_OK)
        result = mark_all(collection, err);
    if (result == PROVAR_OK)
        result = sweep(collection, err);
    if (collection->strangers > 1) {
        char line[96];
        (void)snprintf(line, sizeof line, "%zu more are left alone, which are no files of a layout either",
                       collection->strangers - 1);
        collection->gc->warn(collection->gc->user, line);
    }
    return result;
}

enum provar_result pv_layout_collect(struct pv_str directory, const struct pv_layout_gc *gc, struct provar_error *err) {
    PV_AUTO_FD int root = -1, upper = -1, blobs = -1, partial = -1;
    if (pv_layout_is_file(directory))
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET,
                       "'%s' is a file: what it holds can be read, and not removed", pv_quote(directory).text);
    enum provar_result result = pv_layout_open_root(directory, false, &root, err);
    if (result == PROVAR_OK)
        result = pv_layout_check_version(root, -1, err);
    if (result == PROVAR_OK)
        result = pv_layout_open_directory(root, "blobs", false, &upper, err);
    if (result == PROVAR_OK && upper >= 0)
        result = pv_layout_open_directory(upper, "sha256", false, &blobs, err);
    if (result == PROVAR_OK)
        result = pv_layout_open_directory(root, "partial", false, &partial, err);
    if (result != PROVAR_OK || blobs < 0)
        return result;
    struct collection collection = {.gc = gc, .directory = root, .blobs = blobs, .partial = partial};
    result = collect(&collection, err);
    free(collection.list);
    free(collection.unread);
    return result;
}
