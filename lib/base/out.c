/* An output that comes into being whole: a file under its name, or bytes to a descriptor or callback, or nothing. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/random.h>

#include "internal.h"

#include "base/codec.h"
#include "base/directory.h"
#include "base/fs.h"
#include "base/out.h"

enum { TEMP_NAME_TRIES = 16 };

/* Splits a path into an opened directory and the last component. */
static enum provar_result open_directory(struct pv_out *out, struct pv_str path, struct provar_error *err) {
    PV_AUTO_FREE char *copy = NULL;
    const char *directory, *last;
    enum provar_result result = pv_path_dup(path, &copy, err);
    if (result != PROVAR_OK)
        return result;
    pv_directory_split(copy, &directory, &last);
    out->final_name = pv_str_dup(pv_str_of(last));
    if (out->final_name == NULL)
        return pv_fail_memory(err);
    if (*last == 0 || pv_str_equal(pv_str_of(last), PV_STR(".")) || pv_str_equal(pv_str_of(last), PV_STR("..")))
        return pv_fail(err, PROVAR_E_UNSAFE_PATH, PROVAR_NO_OFFSET, "'%s' does not name a file", pv_quote(path).text);
    return pv_directory_open(directory, path, &out->dir_fd, err);
}

/* A name that is taken may be replaced only when it is a regular file: a link could lead out of the directory, and a
 * device or FIFO is not ours to remove. */
static enum provar_result check_final_name(struct pv_out *out, struct provar_error *err) {
    struct stat st;
    struct pv_quoted name = pv_quote(pv_str(out->to.path, out->to.path_len));
    if (fstatat(out->dir_fd, out->final_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? PROVAR_OK : pv_fail_errno(err, PROVAR_E_IO, errno, "cannot examine '%s'", name.text);
    if (!S_ISREG(st.st_mode))
        return pv_fail(err, PROVAR_E_UNSAFE_PATH, PROVAR_NO_OFFSET, "'%s' is in the way and is not a regular file",
                       name.text);
    if (!out->replace)
        return pv_fail(err, PROVAR_E_IO, PROVAR_NO_OFFSET, "'%s' exists", name.text);
    out->has_old_mode = true;
    /* The new file may get another group, which must not inherit what the old one was allowed. */
    out->old_mode = st.st_mode & (st.st_gid == getegid() ? 0777 : 0707);
    return PROVAR_OK;
}

/* A fresh name for a file beside the final one; the caller frees it. */
static enum provar_result choose_temp_name(char **name, struct provar_error *err) {
    uint8_t random[10];
    char text[PV_BASE32_LEN(sizeof random) + 1] = {0};
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return pv_fail_errno(err, PROVAR_E_IO, errno, "no random bytes");
    pv_base32_encode(random, sizeof random, text);
    if (asprintf(name, ".provar-%s.tmp", text) >= 0)
        return PROVAR_OK;
    *name = NULL;
    return pv_fail_memory(err);
}

static enum provar_result open_named_temp(struct pv_out *out, struct provar_error *err) {
    for (int i = 0; i < TEMP_NAME_TRIES; i++) {
        PV_AUTO_FREE char *name = NULL;
        enum provar_result result = choose_temp_name(&name, err);
        if (result != PROVAR_OK)
            return result;
        out->fd = openat(out->dir_fd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (out->fd >= 0) {
            out->temp_name = PV_TAKE(name);
            return PROVAR_OK;
        }
        if (errno != EEXIST)
            break;
    }
    return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot create a file beside '%s'",
                         pv_quote(pv_str(out->to.path, out->to.path_len)).text);
}

/* A file without a name leaves nothing behind when the process is killed; where that or /proc is missing, a named one.
 */
static enum provar_result open_beside(struct pv_out *out, struct provar_error *err) {
    out->fd = openat(out->dir_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (out->fd >= 0 && access("/proc/self/fd", X_OK) == 0)
        return PROVAR_OK;
    if (out->fd >= 0)
        (void)close(pv_take_fd(&out->fd));
    return open_named_temp(out, err);
}

enum provar_result pv_out_open(struct pv_out *out, const struct provar_output *to, mode_t mode,
                               struct provar_error *err) {
    *out = (struct pv_out)PV_OUT_NONE;
    out->to = *to;
    out->mode = mode;
    out->replace = (to->flags & PROVAR_OUTPUT_REPLACE) != 0;
    if (to->size != sizeof *to || (to->flags & ~(uint32_t)PROVAR_OUTPUT_REPLACE) != 0)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET,
                       "struct provar_output of another size or with unknown flags");
    if (to->kind == PROVAR_OUTPUT_FD || (to->kind == PROVAR_OUTPUT_CALLBACK && to->write))
        return pv_fs_temp(pv_str(to->temp_dir, to->temp_dir_len), &out->fd, err);
    if (to->kind != PROVAR_OUTPUT_PATH)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "unknown kind of output");
    enum provar_result result = open_directory(out, pv_str(to->path, to->path_len), err);
    if (result == PROVAR_OK)
        result = check_final_name(out, err);
    if (result == PROVAR_OK)
        result = open_beside(out, err);
    return result;
}

/* The disk begins early with what the sync of a commit waits for, beside the work that is left. Where it does not, that
 * takes longer and is no failure. */
static void begin_sync(const struct pv_out *out, size_t len) {
    enum { STEP = 8 << 20 };
    uint64_t end = out->written + len, full = end - end % STEP;
    if (out->dir_fd >= 0 && full > out->written)
        (void)sync_file_range(out->fd, (off_t)(full - STEP), STEP, SYNC_FILE_RANGE_WRITE);
}

enum provar_result pv_out_write(struct pv_out *out, const void *data, size_t len, struct provar_error *err) {
    enum provar_result result = pv_fs_write(out->fd, data, len, err);
    if (result != PROVAR_OK)
        return result;
    begin_sync(out, len);
    out->written += len;
    return PROVAR_OK;
}

enum provar_result pv_out_restart(struct pv_out *out, struct provar_error *err) {
    out->written = 0;
    if (ftruncate(out->fd, 0) != 0 || lseek(out->fd, 0, SEEK_SET) != 0)
        return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot write again from the start");
    return PROVAR_OK;
}

enum provar_result pv_out_reserve(struct pv_out *out, uint64_t len, struct provar_error *err) {
    if (len > (uint64_t)INT64_MAX - out->written)
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "the file would be larger than any can be");
    if (ftruncate(out->fd, (off_t)(out->written + len)) != 0)
        return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot make the file as long as it will be");
    out->written += len;
    return lseek(out->fd, (off_t)out->written, SEEK_SET) < 0
               ? pv_fail_errno(err, PROVAR_E_IO, errno, "cannot move to the end of the file")
               : PROVAR_OK;
}

enum provar_result pv_out_patch(struct pv_out *out, uint64_t offset, const void *data, size_t len,
                                struct provar_error *err) {
    if (offset > out->written || len > out->written - offset)
        return pv_fail(err, PROVAR_E_INTERNAL, PROVAR_NO_OFFSET, "a patch beyond what was written");
    return pv_fs_write_at(out->fd, data, len, offset, err);
}

/* Gives the nameless temporary file the name `name`. */
static int link_temp(const struct pv_out *out, const char *name) {
    char self[64];
    (void)snprintf(self, sizeof self, "/proc/self/fd/%d", out->fd);
    return linkat(AT_FDCWD, self, out->dir_fd, name, AT_SYMLINK_FOLLOW);
}

/* Gives the named temporary file its final name. NFS and others know no RENAME_NOREPLACE; a link refuses a name that is
 * taken everywhere. */
static int rename_temp(const struct pv_out *out) {
    unsigned flags = out->replace ? 0 : RENAME_NOREPLACE;
    if (renameat2(out->dir_fd, out->temp_name, out->dir_fd, out->final_name, flags) == 0)
        return 0;
    if (out->replace || errno != EINVAL)
        return -1;
    if (linkat(out->dir_fd, out->temp_name, out->dir_fd, out->final_name, 0) != 0)
        return -1;
    (void)unlinkat(out->dir_fd, out->temp_name, 0);
    return 0;
}

static enum provar_result fail_name(const struct pv_out *out, struct provar_error *err) {
    return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot give the finished file its name '%s'",
                         pv_quote(pv_str(out->to.path, out->to.path_len)).text);
}

/* A name of its own for the nameless temporary file, from which it can be renamed over another. */
static enum provar_result name_temp(struct pv_out *out, struct provar_error *err) {
    PV_AUTO_FREE char *name = NULL;
    enum provar_result result = choose_temp_name(&name, err);
    if (result != PROVAR_OK)
        return result;
    if (link_temp(out, name) != 0)
        return fail_name(out, err);
    out->temp_name = PV_TAKE(name);
    return PROVAR_OK;
}

/* Puts the temporary file under the final name, over a file that is there only when that was asked for. */
static enum provar_result take_name(struct pv_out *out, struct provar_error *err) {
    if (out->temp_name == NULL) {
        if (link_temp(out, out->final_name) == 0)
            return PROVAR_OK;
        if (errno != EEXIST || !out->replace)
            return fail_name(out, err);
        enum provar_result result = name_temp(out, err);
        if (result != PROVAR_OK)
            return result;
    }
    if (rename_temp(out) != 0)
        return fail_name(out, err);
    free(out->temp_name);
    out->temp_name = NULL;
    return PROVAR_OK;
}

static mode_t current_umask(void) {
    /* umask(2) can only be read by setting it, which other threads would see: ask /proc (Linux 4.7), and where that is
     * missing assume the strictest common one. */
    char status[2048];
    PV_AUTO_FD int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, status, sizeof status - 1);
    status[n > 0 ? n : 0] = 0;
    const char *line = strstr(status, "\nUmask:\t");
    uint64_t value = 077;
    if (line)
        (void)pv_parse_octal(pv_str(line + 8, strspn(line + 8, "01234567")), 0777, &value);
    return (mode_t)value;
}

static enum provar_result commit_path(struct pv_out *out, struct provar_error *err) {
    struct pv_quoted name = pv_quote(pv_str(out->to.path, out->to.path_len));
    enum provar_result result = check_final_name(out, err);
    if (result != PROVAR_OK)
        return result;
    mode_t mode = out->keep_mode && out->has_old_mode ? out->old_mode : out->mode & ~current_umask();
    if (fchmod(out->fd, mode) != 0 || fsync(out->fd) != 0)
        return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot finish '%s'", name.text);
    result = take_name(out, err);
    if (result == PROVAR_OK && fsync(out->dir_fd) != 0 && errno != EINVAL)
        return pv_fail_errno(err, PROVAR_E_IO, errno, "'%s' is in place and whole, but its directory cannot be synced",
                             name.text);
    return result;
}

static enum provar_result send_block(const struct pv_out *out, const void *data, size_t len, struct provar_error *err) {
    if (out->to.kind == PROVAR_OUTPUT_FD)
        return pv_fs_send(out->to.fd, data, len, err);
    if (out->to.write(data, len, out->to.user) != 0)
        return pv_fail(err, PROVAR_E_IO, PROVAR_NO_OFFSET, "the output callback stopped");
    return PROVAR_OK;
}

static enum provar_result commit_stream(struct pv_out *out, struct provar_error *err) {
    PV_AUTO_FREE uint8_t *block = malloc(PV_BLOCK);
    if (block == NULL)
        return pv_fail_memory(err);
    for (uint64_t offset = 0; offset < out->written;) {
        size_t len;
        uint64_t left = out->written - offset;
        enum provar_result result =
            pv_fs_read_at(out->fd, block, left < PV_BLOCK ? (size_t)left : PV_BLOCK, offset, &len, err);
        if (result == PROVAR_OK && len == 0)
            result = pv_fail(err, PROVAR_E_IO, PROVAR_NO_OFFSET, "the temporary file shrank");
        if (result == PROVAR_OK)
            result = send_block(out, block, len, err);
        if (result != PROVAR_OK)
            return result;
        offset += len;
    }
    return PROVAR_OK;
}

enum provar_result pv_out_commit(struct pv_out *out, struct provar_error *err) {
    return out->to.kind == PROVAR_OUTPUT_PATH ? commit_path(out, err) : commit_stream(out, err);
}

void pv_out_release(struct pv_out *out) {
    if (out->fd >= 0)
        (void)close(pv_take_fd(&out->fd));
    if (out->temp_name && out->dir_fd >= 0)
        (void)unlinkat(out->dir_fd, out->temp_name, 0);
    if (out->dir_fd >= 0)
        (void)close(pv_take_fd(&out->dir_fd));
    free(out->temp_name);
    free(out->final_name);
    out->temp_name = NULL;
    out->final_name = NULL;
}
