/* What has arrived of a blob, kept beside the destination of a pull that breaks off, for the next one. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/file.h>

#include "internal.h"

#include "base/fs.h"
#include "store/part_file.h"

/* ---------------------------------------------------------------- the name */

static bool is_named(const struct pv_part_file *part, int fd, struct stat *st) {
    struct stat named;
    return fstat(fd, st) == 0 && fstatat(part->dir_fd, part->name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           named.st_dev == st->st_dev && named.st_ino == st->st_ino;
}

/* Who else may write to it could change it after it was judged. */
static bool is_ours(const struct stat *st) {
    return S_ISREG(st->st_mode) && st->st_uid == geteuid() && (st->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* A process that was killed right after it had linked the file to its destination leaves two names: this one goes. */
static bool is_alone(const struct pv_part_file *part, const struct stat *st) {
    if (st->st_nlink > 1)
        (void)unlinkat(part->dir_fd, part->name, 0);
    return st->st_nlink == 1;
}

/* *made: the file is new. */
static int open_or_make(const struct pv_part_file *part, bool *made) {
    const int flags = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    int fd = openat(part->dir_fd, part->name, flags | O_CREAT | O_EXCL, S_IRUSR | S_IWUSR);
    *made = fd >= 0;
    return *made || errno != EEXIST ? fd : openat(part->dir_fd, part->name, flags);
}

/* Some file systems have no locks, and some let everybody write: what was made in vain there goes again, unless another
 * process has taken the lock of it. */
static bool lock(const struct pv_part_file *part, int fd, bool made, struct stat *st) {
    if (fd < 0 || fstat(fd, st) != 0)
        return false;
    bool ours = is_ours(st);
    if (ours && flock(fd, LOCK_EX | LOCK_NB) == 0)
        return true;
    bool is_taken = ours && errno == EWOULDBLOCK;
    if (made && !is_taken && is_named(part, fd, st) && st->st_size == 0)
        (void)unlinkat(part->dir_fd, part->name, 0);
    return false;
}

void pv_part_file_open(struct pv_part_file *part, int dir_fd, const struct pv_digest *digest, uint64_t size) {
    struct stat st;
    bool made = false;
    *part = (struct pv_part_file){.dir_fd = dir_fd, .fd = -1, .size = size};
    (void)snprintf(part->name, sizeof part->name, ".provar-%s.part", pv_digest_hex(digest).text);
    PV_AUTO_FD int fd = open_or_make(part, &made);
    if (!lock(part, fd, made, &st))
        return;
    if (!is_named(part, fd, &st) || !is_alone(part, &st))
        return;
    if ((uint64_t)st.st_size > size) {
        if (ftruncate(fd, 0) != 0)
            return;
        st.st_size = 0;
    }
    part->have = (uint64_t)st.st_size;
    part->fd = pv_take_fd(&fd);
}

void pv_part_file_close(struct pv_part_file *part, bool keep) {
    struct stat st;
    if (part->fd < 0)
        return;
    if (is_named(part, part->fd, &st) && (!keep || st.st_size == 0))
        (void)unlinkat(part->dir_fd, part->name, 0);
    (void)close(pv_take_fd(&part->fd));
}

/* ---------------------------------------------------------------- the bytes */

struct receiving {
    struct pv_part_file *part;
    struct pv_blob *blob;
    struct pv_watched watched; /* what comes from the store: what was here has come before, and counts for no rate */
    uint64_t at;               /* of the next byte */
};

static enum provar_result give_known(const struct pv_part_file *part, pv_take_fn take, void *taker,
                                     struct provar_error *err) {
    PV_AUTO_FREE uint8_t *block = malloc(PV_BLOCK);
    enum provar_result result = block ? PROVAR_OK : pv_fail_memory(err);
    for (uint64_t at = 0; result == PROVAR_OK && at < part->have;) {
        uint64_t left = part->have - at;
        size_t len = 0;
        result = pv_fs_read_at(part->fd, block, left < PV_BLOCK ? (size_t)left : PV_BLOCK, at, &len, err);
        if (result == PROVAR_OK && len == 0)
            return pv_fail(err, PROVAR_E_IO, at, "the part of the file that was here lost bytes");
        if (result == PROVAR_OK)
            result = take(taker, block, len, err);
        at += len;
    }
    return result;
}

static enum provar_result give_rest(void *user, pv_take_fn take, void *taker, struct provar_error *err) {
    const struct receiving *receiving = user;
    return receiving->blob->ops->stream(receiving->blob, receiving->part->have, take, taker, err);
}

static enum provar_result give_all(void *user, pv_take_fn take, void *taker, struct provar_error *err) {
    struct receiving *receiving = user;
    uint64_t have = receiving->part->have, size = receiving->part->size;
    enum provar_result result = give_known(receiving->part, take, taker, err);
    if (result == PROVAR_OK && have > 0)
        result = pv_session_tell(receiving->watched.store, have, size, err);
    if (result != PROVAR_OK || have == size)
        return result;
    struct pv_content rest = pv_session_watch(&receiving->watched);
    return rest.stream(rest.user, take, taker, err);
}

static enum provar_result write_new(void *user, const void *data, size_t len, struct provar_error *err) {
    struct receiving *receiving = user;
    bool is_known = receiving->at < receiving->part->have;
    enum provar_result result =
        is_known ? PROVAR_OK : pv_fs_write_at(receiving->part->fd, data, len, receiving->at, err);
    receiving->at += len;
    return result;
}

static enum provar_result receive(struct pv_part_file *part, const struct provar_store *store, struct pv_blob *blob,
                                  struct pv_digest *found, struct provar_error *err) {
    struct receiving receiving = {.part = part, .blob = blob};
    receiving.watched = (struct pv_watched){.store = store,
                                            .inner = {.stream = give_rest, .user = &receiving, .size = part->size},
                                            .done = part->have,
                                            .total = part->size};
    const struct pv_content content = {.stream = give_all, .user = &receiving, .size = part->size};
    return pv_content_read(&content, write_new, &receiving, found, err);
}

enum provar_result pv_part_file_receive(struct pv_part_file *part, const struct provar_store *store,
                                        struct pv_blob *blob, struct provar_error *err) {
    struct pv_digest found;
    enum provar_result result = receive(part, store, blob, &found, err);
    if (result == PROVAR_OK && part->have > 0 && !pv_digest_equal(&blob->digest, &found)) {
        part->have = 0;
        if (ftruncate(part->fd, 0) != 0)
            return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot write again from the start");
        result = receive(part, store, blob, &found, err);
    }
    return result == PROVAR_OK ? pv_content_compare(&blob->digest, &found, err) : result;
}
