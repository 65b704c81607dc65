/* Fuzzes layouts in tar files: a file is found where a walk comes to it that believes every header, and the first. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/mman.h>

#include "fuzz.h"

#include "slow_tar.h"
#include "store/layout/layout_tar.h"

enum { BLOCK = 512, NAME = 100, TYPE_AT = 156, MAGIC_AT = 257, PREFIX_AT = 345 };

/* The headers of an accepted file, one after the other. */
struct walk {
    const uint8_t *data;
    size_t len, at, next;
};

static bool advance(struct walk *walk) {
    static const uint8_t zeros[BLOCK];
    walk->at = walk->next;
    if (walk->at >= walk->len || pv_bytes_equal(walk->data + walk->at, zeros, BLOCK))
        return false;
    uint64_t size = slow_tar_size(walk->data + walk->at), left = walk->len - walk->at - BLOCK;
    fuzz_require(walk->len - walk->at >= BLOCK && size <= left);
    size_t padded = ((size_t)size + BLOCK - 1) / BLOCK * BLOCK;
    walk->next = walk->at + BLOCK + (padded < left ? padded : (size_t)left);
    return true;
}

static struct pv_str name_of(const uint8_t *header) {
    struct pv_str name = pv_str((const char *)header, strnlen((const char *)header, NAME));
    return pv_str_starts(name, PV_STR("./")) ? pv_str(name.text + 2, name.len - 2) : name;
}

static bool is_file(const uint8_t *header) {
    bool has_prefix = pv_bytes_equal(header + MAGIC_AT, "ustar", sizeof "ustar") && header[PREFIX_AT] != 0;
    return (header[TYPE_AT] == 0 || header[TYPE_AT] == '0' || header[TYPE_AT] == '7') && !has_prefix;
}

static bool is_extension(const uint8_t *header) {
    return header[TYPE_AT] != 0 && strchr("xgLK", header[TYPE_AT]) != NULL;
}

static bool is_ours(struct pv_str name) {
    struct pv_str blobs = PV_STR("blobs/sha256/");
    return pv_str_equal(name, PV_STR("oci-layout")) || pv_str_equal(name, PV_STR("index.json")) ||
           (pv_str_starts(name, blobs) && name.len == blobs.len + 64);
}

/* A place is that of a file of this name which the walk comes to. */
static void check_place(const uint8_t *data, size_t len, struct pv_str name, const struct pv_layout_place *place) {
    struct walk walk = {.data = data, .len = len};
    bool met = false;
    while (!met && advance(&walk))
        met = walk.at + BLOCK == place->offset;
    fuzz_require(met && place->size == slow_tar_size(data + walk.at));
    fuzz_require(is_file(data + walk.at) && pv_str_equal(name_of(data + walk.at), name));
}

static void check_found(const struct pv_layout_tar *tar, const uint8_t *data, size_t len) {
    struct walk walk = {.data = data, .len = len};
    struct pv_layout_place place;
    for (bool extended = false; advance(&walk); extended = is_extension(data + walk.at)) {
        struct pv_str name = name_of(data + walk.at);
        bool found = pv_layout_tar_find(tar, name, &place);
        fuzz_require(!found || is_ours(name));
        if (found)
            check_place(data, len, name, &place);
        /* An extension header may have given it another name. */
        if (is_ours(name) && is_file(data + walk.at) && !extended)
            fuzz_require(found && place.offset <= walk.at + BLOCK);
    }
}

static bool check(const uint8_t *data, size_t len) {
    static int fd = -1;
    struct pv_layout_tar *tar = NULL;
    struct provar_error err = {0};
    if (fd < 0)
        fd = memfd_create("layout", MFD_CLOEXEC);
    fuzz_require(fd >= 0 && ftruncate(fd, 0) == 0 && pwrite(fd, data, len, 0) == (ssize_t)len);
    enum provar_result result = pv_layout_tar_open(fd, len, &tar, &err);
    fuzz_check_error_within(result, &err, len);
    fuzz_require(result == PROVAR_OK || result == PROVAR_E_REGISTRY || result == PROVAR_E_LIMIT);
    fuzz_require((tar != NULL) == (result == PROVAR_OK));
    if (tar)
        check_found(tar, data, len);
    pv_layout_tar_free(tar);
    return result == PROVAR_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    fuzz_accepted += slow_tar_check(data, len, check);
    return 0;
}
