/* An OCI layout in a tar file: where each of its files stands. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/array.h"
#include "base/cursor.h"
#include "base/fs.h"
#include "store/layout/layout_tar.h"
#include "store/image/limits.h"

enum { BLOCK = 512 };

struct file {
    char name[sizeof "blobs/sha256/" + PV_DIGEST_HEX_LEN];
    struct pv_layout_place place;
};

struct pv_layout_tar {
    struct file *files;
    size_t count, room;
};

/* A walk over a file's headers. */
struct walk {
    int fd;
    uint64_t size, at;
    struct pv_layout_tar *tar;
    bool is_renamed; /* an extension header has given the next member another name */
    uint8_t block[BLOCK];
};

static enum provar_result refuse(const struct walk *walk, const char *what, struct provar_error *err) {
    return pv_fail(err, PROVAR_E_REGISTRY, walk->at, "not an OCI layout in a tar file: %s", what);
}

/* ---------------------------------------------------------------- a header */

/* POSIX, ustar interchange format; GNU tar's for sizes that octal digits cannot write. */
struct header {
    struct pv_str name, prefix;
    uint64_t size;
    char type;
};

static struct pv_str field(const uint8_t *block, size_t at, size_t len) {
    const char *text = (const char *)block + at;
    return pv_str(text, strnlen(text, len));
}

/* Octal digits between blanks. */
static bool read_octal(struct pv_str text, uint64_t *value) {
    while (text.len > 0 && text.text[0] == ' ')
        text = pv_str(text.text + 1, text.len - 1);
    while (text.len > 0 && text.text[text.len - 1] == ' ')
        text.len--;
    return pv_parse_octal(text, INT64_MAX, value);
}

static bool read_size(const uint8_t *block, uint64_t *size) {
    enum { SIZE = 124, SIZE_LEN = 12, LOW_HALF = SIZE + 4 };
    static const uint8_t binary[] = {0x80, 0, 0, 0};
    if ((block[SIZE] & 0x80) == 0)
        return read_octal(field(block, SIZE, SIZE_LEN), size);
    struct pv_cursor low = pv_cursor(block + LOW_HALF, sizeof *size);
    *size = pv_cursor_be(&low, sizeof *size);
    return pv_bytes_equal(block + SIZE, binary, sizeof binary) && *size <= INT64_MAX;
}

/* The sum of all bytes, its own field taken for blanks. */
static bool has_good_sum(const uint8_t *block) {
    enum { SUM = 148, SUM_LEN = 8 };
    uint64_t said = 0, sum = 0;
    for (size_t i = 0; i < BLOCK; i++)
        sum += i >= SUM && i < SUM + SUM_LEN ? ' ' : block[i];
    return read_octal(field(block, SUM, SUM_LEN), &said) && said == sum;
}

static bool decode(const uint8_t *block, struct header *header) {
    enum { NAME_LEN = 100, TYPE = 156, MAGIC = 257, PREFIX = 345, PREFIX_LEN = 155 };
    bool is_posix = pv_bytes_equal(block + MAGIC, "ustar", sizeof "ustar");
    *header = (struct header){.name = field(block, 0, NAME_LEN),
                              .prefix = is_posix ? field(block, PREFIX, PREFIX_LEN) : PV_STR(""),
                              .type = (char)block[TYPE]};
    return has_good_sum(block) && read_size(block, &header->size);
}

/* ---------------------------------------------------------------- members */

static bool is_ours(struct pv_str name) {
    const struct pv_str blobs = PV_STR("blobs/sha256/");
    static const char *const documents[] = {"oci-layout", "index.json", NULL};
    return pv_str_is_one_of(name, documents) ||
           (name.len == blobs.len + PV_DIGEST_HEX_LEN && pv_str_starts(name, blobs));
}

static bool is_blob(struct pv_str name) {
    return pv_str_starts(name, PV_STR("blobs/"));
}

/* Asked for the two documents alone: so few searches do not need the order that the end of the walk brings. */
static bool is_kept(const struct pv_layout_tar *tar, struct pv_str name) {
    for (size_t i = 0; i < tar->count; i++)
        if (pv_str_equal(pv_str_of(tar->files[i].name), name))
            return true;
    return false;
}

static enum provar_result keep(struct walk *walk, struct pv_str name, uint64_t size, struct provar_error *err) {
    struct pv_layout_tar *tar = walk->tar;
    if (!is_blob(name) && is_kept(tar, name))
        return refuse(walk, "a document stands in it twice", err);
    if (tar->count == PV_MAX_LAYOUT_FILES)
        return pv_fail(err, PROVAR_E_LIMIT, walk->at, "a layout of more than %d files", PV_MAX_LAYOUT_FILES);
    struct file *grown = pv_array_grow(tar->files, tar->count, &tar->room, sizeof *grown);
    if (grown == NULL)
        return pv_fail_memory(err);
    tar->files = grown;
    struct file *file = &tar->files[tar->count++];
    (void)snprintf(file->name, sizeof file->name, "%.*s", (int)name.len, name.text);
    file->place = (struct pv_layout_place){.offset = walk->at + BLOCK, .size = size};
    return PROVAR_OK;
}

static int by_name(const void *a, const void *b) {
    return pv_str_order(pv_str_of(((const struct file *)a)->name), pv_str_of(((const struct file *)b)->name));
}

static int by_name_and_place(const void *a, const void *b) {
    uint64_t first = ((const struct file *)a)->place.offset, second = ((const struct file *)b)->place.offset;
    int order = by_name(a, b);
    return order != 0 ? order : (first > second) - (first < second);
}

/* In the order of names, and of those of one name the first in the file alone. */
static void sort(struct pv_layout_tar *tar) {
    size_t count = 0;
    if (tar->count > 0)
        qsort(tar->files, tar->count, sizeof *tar->files, by_name_and_place);
    for (size_t i = 0; i < tar->count; i++)
        if (count == 0 || by_name(&tar->files[count - 1], &tar->files[i]) != 0)
            tar->files[count++] = tar->files[i];
    tar->count = count;
}

static enum provar_result take_file(struct walk *walk, const struct header *header, struct provar_error *err) {
    struct pv_str name = header->name;
    bool is_renamed = walk->is_renamed;
    walk->is_renamed = false;
    if (pv_str_starts(name, PV_STR("./")))
        name = pv_str(name.text + 2, name.len - 2);
    if (is_renamed || header->prefix.len > 0 || !is_ours(name))
        return PROVAR_OK;
    return keep(walk, name, header->size, err);
}

/* ---------------------------------------------------------------- extension headers */

/* "LENGTH KEY=VALUE\n"; the length is that of the whole record. */
static bool next_record(struct pv_cursor *records, struct pv_str *key) {
    size_t begin = records->pos;
    uint64_t len = 0;
    struct pv_str digits = pv_cursor_until(records, ' ');
    if (records->error || !pv_parse_decimal(digits, PV_MAX_EXTENSION, &len) || len <= records->pos - begin)
        return false;
    size_t rest_len = (size_t)len - (records->pos - begin);
    const uint8_t *rest = pv_cursor_take(records, rest_len);
    const uint8_t *equals = rest ? memchr(rest, '=', rest_len) : NULL;
    if (equals == NULL || rest[rest_len - 1] != '\n')
        return false;
    *key = pv_str((const char *)rest, (size_t)(equals - rest));
    return true;
}

/* Another size would have two readers go on at two places. */
static enum provar_result take_records(struct walk *walk, const struct header *header, const uint8_t *data,
                                       struct provar_error *err) {
    struct pv_cursor records = pv_cursor(data, (size_t)header->size);
    while (pv_cursor_left(&records) > 0) {
        struct pv_str key;
        if (!next_record(&records, &key))
            return refuse(walk, "a malformed extension header", err);
        bool names = pv_str_equal(key, PV_STR("path")) || pv_str_starts(key, PV_STR("GNU.sparse."));
        if (pv_str_equal(key, PV_STR("size")) || (names && header->type == 'g'))
            return refuse(walk, "an extension header that changes what follows", err);
        walk->is_renamed = walk->is_renamed || names;
    }
    return PROVAR_OK;
}

static enum provar_result take_extension(struct walk *walk, const struct header *header, struct provar_error *err) {
    if (header->size > PV_MAX_EXTENSION)
        return pv_fail(err, PROVAR_E_LIMIT, walk->at, "an extension header of more than 64 KiB");
    PV_AUTO_FREE uint8_t *data = malloc((size_t)header->size + 1);
    size_t len = 0;
    if (data == NULL)
        return pv_fail_memory(err);
    enum provar_result result = pv_fs_read_at(walk->fd, data, (size_t)header->size, walk->at + BLOCK, &len, err);
    if (result == PROVAR_OK && len < header->size)
        return refuse(walk, "it is cut short", err);
    return result == PROVAR_OK ? take_records(walk, header, data, err) : result;
}

/* ---------------------------------------------------------------- the walk */

static enum provar_result take(struct walk *walk, const struct header *header, struct provar_error *err) {
    switch (header->type) {
    case 0:
    case '0':
    case '7':
        return take_file(walk, header, err);
    case 'x':
    case 'g':
        return take_extension(walk, header, err);
    case 'L':
        walk->is_renamed = true;
        return PROVAR_OK;
    case 'K':
        return PROVAR_OK;
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
        /* Some readers expect a body behind such a header, others none. */
        walk->is_renamed = false;
        return header->size == 0 ? PROVAR_OK : refuse(walk, "a body where none belongs", err);
    default:
        return refuse(walk, "a member of an unknown type", err);
    }
}

static bool is_zero(const uint8_t *block) {
    for (size_t i = 0; i < BLOCK; i++)
        if (block[i] != 0)
            return false;
    return true;
}

static enum provar_result step(struct walk *walk, bool *more, struct provar_error *err) {
    struct header header;
    size_t len = 0;
    *more = walk->at < walk->size;
    if (!*more)
        return PROVAR_OK;
    enum provar_result result = pv_fs_read_at(walk->fd, walk->block, BLOCK, walk->at, &len, err);
    if (result != PROVAR_OK)
        return result;
    if (len == BLOCK && is_zero(walk->block)) {
        *more = false;
        return PROVAR_OK;
    }
    if (len < BLOCK || !decode(walk->block, &header))
        return refuse(walk, "a header is missing or wrong", err);
    uint64_t left = walk->size - walk->at - BLOCK, padded = (header.size + BLOCK - 1) / BLOCK * BLOCK;
    if (header.size > left)
        return refuse(walk, "it is cut short", err);
    result = take(walk, &header, err);
    walk->at += BLOCK + (padded < left ? padded : left);
    return result;
}

enum provar_result pv_layout_tar_open(int fd, uint64_t size, struct pv_layout_tar **tar, struct provar_error *err) {
    struct walk walk = {.fd = fd, .size = size, .tar = calloc(1, sizeof *walk.tar)};
    enum provar_result result = walk.tar ? PROVAR_OK : pv_fail_memory(err);
    for (bool more = true; result == PROVAR_OK && more;)
        result = step(&walk, &more, err);
    if (result == PROVAR_OK) {
        sort(walk.tar);
        *tar = walk.tar;
    } else {
        pv_layout_tar_free(walk.tar);
    }
    return result;
}

void pv_layout_tar_free(struct pv_layout_tar *tar) {
    if (tar == NULL)
        return;
    free(tar->files);
    free(tar);
}

bool pv_layout_tar_find(const struct pv_layout_tar *tar, struct pv_str name, struct pv_layout_place *place) {
    struct file wanted = {.name = ""};
    if (tar->count == 0 || name.len >= sizeof wanted.name)
        return false;
    (void)snprintf(wanted.name, sizeof wanted.name, "%.*s", (int)name.len, name.text);
    const struct file *found = bsearch(&wanted, tar->files, tar->count, sizeof wanted, by_name);
    if (found)
        *place = found->place;
    return found != NULL;
}

bool pv_layout_tar_find_blob(const struct pv_layout_tar *tar, const struct pv_digest *digest,
                             struct pv_layout_place *place) {
    char name[sizeof tar->files->name];
    (void)snprintf(name, sizeof name, "blobs/sha256/%s", pv_digest_hex(digest).text);
    return pv_layout_tar_find(tar, pv_str_of(name), place);
}

bool pv_layout_is_file(struct pv_str path) {
    PV_AUTO_FREE char *name = NULL;
    struct stat st;
    return pv_path_dup(path, &name, NULL) == PROVAR_OK && stat(name, &st) == 0 && S_ISREG(st.st_mode);
}
