/* The garbage of an OCI layout: blobs that nothing names, and files that killed processes have left. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <search.h>

#include "internal.h"

#include "base/fs.h"
#include "store/image/content.h"
#include "store/layout/layout_create.h"
#include "store/layout/layout_file.h"
#include "store/layout/layout_gc.h"
#include "store/layout/layout_links.h"
#include "store/layout/layout_tar.h"

/* What a document names, and is there. */
struct blob {
    struct pv_digest digest;
    enum pv_layout_link link;  /* the most that any document says it is */
    struct blob *next_to_read; /* of the documents among them */
};

struct collection {
    const struct pv_layout_gc *gc;
    int directory, blobs, partial; /* the last is -1 where there is none */
    void *named;                   /* a tree of blobs, by tsearch: however many files lie there, it has these alone */
    size_t count;
    struct blob *to_read;
    size_t strangers; /* files that have no name of ours */
};

/* ---------------------------------------------------------------- directories */

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

/* ---------------------------------------------------------------- what is named */

static int compare(const void *a, const void *b) {
    return pv_str_order(pv_digest_str(&((const struct blob *)a)->digest),
                        pv_digest_str(&((const struct blob *)b)->digest));
}

static struct blob *find(const struct collection *collection, const struct pv_digest *digest) {
    const struct blob wanted = {.digest = *digest};
    struct blob *const *found = tfind(&wanted, &collection->named, compare);
    return found ? *found : NULL;
}

/* *blob stays NULL where the layout has none. */
static enum provar_result add(struct collection *collection, const struct pv_digest *digest, struct blob **blob,
                              struct provar_error *err) {
    struct stat st;
    const char *name = pv_digest_hex(digest).text;
    if (fstatat(collection->blobs, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? PROVAR_OK
                               : pv_fail_errno(err, PROVAR_E_IO, errno, "cannot examine 'blobs/sha256/%s'", name);
    if (collection->count == PV_MAX_LAYOUT_BLOBS)
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "the layout names more than %d blobs",
                       PV_MAX_LAYOUT_BLOBS);
    PV_AUTO_FREE struct blob *made = calloc(1, sizeof *made);
    if (made == NULL)
        return pv_fail_memory(err);
    made->digest = *digest;
    if (tsearch(made, &collection->named, compare) == NULL)
        return pv_fail_memory(err);
    collection->count++;
    *blob = PV_TAKE(made);
    return PROVAR_OK;
}

static enum provar_result mark(void *user, const struct pv_digest *digest, enum pv_layout_link link,
                               struct provar_error *err) {
    struct collection *collection = user;
    struct blob *blob = find(collection, digest);
    enum provar_result result = blob ? PROVAR_OK : add(collection, digest, &blob, err);
    if (result != PROVAR_OK || (blob == NULL && link < PV_LAYOUT_LINK_FOREIGN))
        return result;
    if (blob == NULL)
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "the manifest %s is not in the layout", digest->text);
    if (blob->link == PV_LAYOUT_LINK_BLOB && link != PV_LAYOUT_LINK_BLOB) {
        blob->next_to_read = collection->to_read;
        collection->to_read = blob;
    }
    if (link > blob->link)
        blob->link = link;
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
    while (result == PROVAR_OK && collection->to_read) {
        const struct blob *blob = collection->to_read;
        collection->to_read = blob->next_to_read;
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

static enum provar_result take_blob(struct collection *collection, struct pv_str name, struct provar_error *err) {
    struct provar_error ignored = {0};
    struct pv_digest digest;
    char text[PV_DIGEST_LEN + 1];
    (void)snprintf(text, sizeof text, "sha256:%.*s", PV_DIGEST_HEX_LEN, name.text);
    if (name.len != PV_DIGEST_HEX_LEN ||
        pv_digest_parse(pv_str_of(text), PROVAR_E_REGISTRY, &digest, &ignored) != PROVAR_OK) {
        note_stranger(collection, "blobs/sha256", name);
        return PROVAR_OK;
    }
    return find(collection, &digest) ? PROVAR_OK
                                     : remove_file(collection, collection->blobs, "blobs/sha256", name.text, err);
}

static enum provar_result sweep(struct collection *collection, struct provar_error *err) {
    enum provar_result result = each_entry(collection, collection->blobs, take_blob, err);
    if (result == PROVAR_OK && collection->partial >= 0)
        result = each_entry(collection, collection->partial, take_partial, err);
    return result;
}

int64_t pv_layout_gc_before(uint64_t grace, int64_t now) {
    uint64_t seconds = grace > 0 ? grace : PV_LAYOUT_GRACE;
    return seconds < INT64_MAX ? now - (int64_t)seconds : -1;
}

/* All that is named is known before the first file goes. What another program has put since is younger than any grace.
 */
static enum provar_result collect(struct collection *collection, struct provar_error *err) {
    enum provar_result result = pv_layout_lock_blobs(collection->blobs, true, err);
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
        result = pv_layout_demand_version(root, err);
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
    tdestroy(collection.named, free);
    return result;
}
