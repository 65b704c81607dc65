/* Files inside an OCI layout: opened without following a link, and written whole or not at all. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/codec.h"
#include "base/fs.h"
#include "crypto/sha256.h"
#include "store/image/limits.h"
#include "store/layout/layout_file.h"

enum { NAME_TRIES = 16, RANDOM_BYTES = 10 };

/* A link in a layout that somebody else has filled could lead anywhere. */
static enum provar_result fail_open(const char *name, struct provar_error *err) {
    int error_number = errno;
    if (error_number == ELOOP || error_number == ENOTDIR)
        return pv_fail(err, PROVAR_E_UNSAFE_PATH, PROVAR_NO_OFFSET,
                       "'%s' in the layout is a link, or not what it should be", name);
    return pv_fail_errno(err, PROVAR_E_IO, error_number, "cannot open '%s' in the layout", name);
}

enum provar_result pv_layout_open_directory(int parent, const char *name, bool create, int *fd,
                                            struct provar_error *err) {
    if (create && mkdirat(parent, name, 0777) == 0 && fsync(parent) != 0 && errno != EINVAL)
        return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot sync the directory of '%s'", name);
    *fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (*fd >= 0 || (errno == ENOENT && !create))
        return PROVAR_OK;
    return fail_open(name, err);
}

enum provar_result pv_layout_open_file(int directory, const char *name, int *fd, uint64_t *size,
                                       struct provar_error *err) {
    struct stat st;
    *fd = -1;
    PV_AUTO_FD int opened = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (opened < 0)
        return errno == ENOENT ? PROVAR_OK : fail_open(name, err);
    if (fstat(opened, &st) != 0)
        return fail_open(name, err);
    if (!S_ISREG(st.st_mode))
        return pv_fail(err, PROVAR_E_UNSAFE_PATH, PROVAR_NO_OFFSET, "'%s' in the layout is not a regular file", name);
    *size = (uint64_t)st.st_size;
    *fd = pv_take_fd(&opened);
    return PROVAR_OK;
}

enum provar_result pv_layout_read_file(int directory, const char *name, struct pv_buf *text, bool *found,
                                       struct provar_error *err) {
    PV_AUTO_FD int fd = -1;
    uint64_t size = 0;
    size_t len = 0;
    enum provar_result result = pv_layout_open_file(directory, name, &fd, &size, err);
    *found = fd >= 0;
    if (result != PROVAR_OK || fd < 0)
        return result;
    if (size > text->max - text->len)
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "'%s' in the layout is larger than %zu bytes", name,
                       text->max);
    result = pv_buf_reserve(text, (size_t)size, err);
    if (result == PROVAR_OK && size > 0)
        result = pv_fs_read(fd, text->data + text->len, (size_t)size, &len, err);
    if (result != PROVAR_OK)
        return result;
    text->len += len;
    if (text->data)
        text->data[text->len] = 0;
    return PROVAR_OK;
}

enum provar_result pv_layout_lock_blobs(int blobs, bool alone, struct provar_error *err) {
    const struct pv_str name = PV_STR("blobs/sha256");
    return alone ? pv_fs_lock(blobs, PV_LAYOUT_LOCK_SECONDS, name, err)
                 : pv_fs_lock_shared(blobs, PV_LAYOUT_LOCK_SECONDS, name, err);
}

bool pv_layout_file_is_partial(struct pv_str name) {
    const struct pv_str end = PV_STR(".tmp");
    uint8_t random[RANDOM_BYTES];
    size_t len = 0;
    if (name.len != PV_BASE32_LEN(RANDOM_BYTES) + end.len)
        return false;
    return pv_str_equal(pv_str(name.text + name.len - end.len, end.len), end) &&
           pv_base32_decode(pv_str(name.text, name.len - end.len), random, sizeof random, &len);
}

static enum provar_result choose_name(struct pv_layout_file *file, struct provar_error *err) {
    uint8_t random[RANDOM_BYTES];
    char text[PV_BASE32_LEN(RANDOM_BYTES) + 1] = {0};
    enum provar_result result = pv_random(random, sizeof random, err);
    if (result != PROVAR_OK)
        return result;
    pv_base32_encode(random, sizeof random, text);
    (void)snprintf(file->name, sizeof file->name, "%s.tmp", text);
    return PROVAR_OK;
}

static enum provar_result begin_named(struct pv_layout_file *file, struct provar_error *err) {
    for (int i = 0; i < NAME_TRIES; i++) {
        enum provar_result result = choose_name(file, err);
        if (result != PROVAR_OK)
            return result;
        file->fd = openat(file->partial, file->name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
        if (file->fd >= 0)
            return PROVAR_OK;
        if (errno != EEXIST)
            break;
    }
    file->name[0] = 0;
    return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot create a file in the layout's 'partial'");
}

enum provar_result pv_layout_file_begin(struct pv_layout_file *file, int partial, struct provar_error *err) {
    *file = (struct pv_layout_file)PV_LAYOUT_NO_FILE;
    file->partial = partial;
    /* Gone when this process is, however it ends. */
    file->fd = openat(partial, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
    if (file->fd >= 0 && access("/proc/self/fd", X_OK) == 0)
        return PROVAR_OK;
    if (file->fd >= 0)
        (void)close(pv_take_fd(&file->fd));
    return begin_named(file, err);
}

/* A link cannot take the place of a name that is there, so a file without a name gets one first. */
static enum provar_result give_name(struct pv_layout_file *file, struct provar_error *err) {
    char self[64];
    if (file->name[0] != 0)
        return PROVAR_OK;
    (void)snprintf(self, sizeof self, "/proc/self/fd/%d", file->fd);
    enum provar_result result = choose_name(file, err);
    if (result != PROVAR_OK || linkat(AT_FDCWD, self, file->partial, file->name, AT_SYMLINK_FOLLOW) == 0)
        return result;
    file->name[0] = 0;
    return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot name a file in the layout's 'partial'");
}

enum provar_result pv_layout_file_commit(struct pv_layout_file *file, int directory, const char *name, bool replace,
                                         struct provar_error *err) {
    if (fsync(file->fd) != 0)
        return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot finish '%s' in the layout", name);
    enum provar_result result = give_name(file, err);
    if (result != PROVAR_OK)
        return result;
    bool moved = replace ? renameat(file->partial, file->name, directory, name) == 0
                         : linkat(file->partial, file->name, directory, name, 0) == 0;
    if (!moved && (replace || errno != EEXIST))
        return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot give '%s' in the layout its name", name);
    if (replace)
        file->name[0] = 0;
    if (fsync(directory) != 0 && errno != EINVAL)
        return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot sync the directory of '%s' in the layout", name);
    return PROVAR_OK;
}

void pv_layout_file_release(struct pv_layout_file *file) {
    if (file->fd >= 0)
        (void)close(pv_take_fd(&file->fd));
    if (file->name[0] != 0)
        (void)unlinkat(file->partial, file->name, 0);
    file->name[0] = 0;
}
