/* A source behind a path or a descriptor: a regular file read by offset, anything else read once. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/fs.h"
#include "source/source.h"

/* ---------------------------------------------------------------- a regular file */

/* Every read names its offset, so that read and read_at do not disturb each other, nor the caller's own file position.
 */
struct file_source {
    struct pv_source head;
    int fd;
    bool owns_fd;
    uint64_t start;          /* where byte 0 of the source lies in the file */
    uint64_t pos;            /* from there */
    struct timespec changed; /* when it was opened */
};

static enum provar_result fail_changed(uint64_t offset, struct provar_error *err) {
    return pv_fail(err, PROVAR_E_IO, offset, "the file changed its size while it was read");
}

/* A body that was skipped must have been there, and an end that was reached must be the end. The byte that is asked for
 * also finds out files whose size is no truth, as those in /proc. */
static enum provar_result check_unchanged(const struct file_source *file, struct provar_error *err) {
    uint64_t end = file->start + file->head.size;
    struct stat st;
    if (fstat(file->fd, &st) != 0)
        return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot examine the file");
    uint8_t beyond;
    size_t len;
    enum provar_result result = pv_fs_read_at(file->fd, &beyond, 1, end, &len, err);
    if (result != PROVAR_OK)
        return result;
    if (st.st_size < 0 || (uint64_t)st.st_size != end || len != 0)
        return fail_changed(file->head.size, err);
    return PROVAR_OK;
}

static enum provar_result file_read_at(struct pv_source *source, void *buf, size_t cap, uint64_t offset, size_t *len,
                                       struct provar_error *err) {
    const struct file_source *file = (const struct file_source *)source;
    uint64_t left = offset < file->head.size ? file->head.size - offset : 0;
    size_t want = cap < left ? cap : (size_t)left;
    size_t got = 0;
    enum provar_result result = pv_fs_read_at(file->fd, buf, want, file->start + offset, &got, err);
    if (result != PROVAR_OK)
        return result;
    if (got < want)
        return fail_changed(offset + got, err);
    *len = got;
    return PROVAR_OK;
}

static enum provar_result file_read(struct pv_source *source, void *buf, size_t cap, size_t *len,
                                    struct provar_error *err) {
    struct file_source *file = (struct file_source *)source;
    enum provar_result result = file->pos == file->head.size ? check_unchanged(file, err) : PROVAR_OK;
    if (result == PROVAR_OK)
        result = file_read_at(source, buf, cap, file->pos, len, err);
    if (result == PROVAR_OK)
        file->pos += *len;
    return result;
}

static uint64_t file_skip(struct pv_source *source, uint64_t count) {
    struct file_source *file = (struct file_source *)source;
    uint64_t left = file->head.size - file->pos;
    uint64_t step = count < left ? count : left;
    file->pos += step;
    return step;
}

static enum provar_result file_rewind(struct pv_source *source, struct provar_error *err) {
    (void)err;
    ((struct file_source *)source)->pos = 0;
    return PROVAR_OK;
}

/* The time of the last change, unlike that of the last write, is nobody's to set. */
static enum provar_result file_check_unwritten(const struct pv_source *source, struct provar_error *err) {
    const struct file_source *file = (const struct file_source *)source;
    struct stat st;
    if (fstat(file->fd, &st) != 0)
        return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot examine the file");
    if (st.st_ctim.tv_sec != file->changed.tv_sec || st.st_ctim.tv_nsec != file->changed.tv_nsec)
        return pv_fail(err, PROVAR_E_IO, PROVAR_NO_OFFSET, "the file was changed after it was opened");
    return PROVAR_OK;
}

static void file_free(struct pv_source *source) {
    struct file_source *file = (struct file_source *)source;
    if (file->owns_fd)
        (void)close(file->fd);
    free(file);
}

static const struct pv_source_ops file_ops = {
    .read = file_read,
    .skip = file_skip,
    .read_at = file_read_at,
    .rewind = file_rewind,
    .part = pv_source_view,
    .check_unwritten = file_check_unwritten,
    .free = file_free,
};

static enum provar_result file_new(int fd, const struct stat *st, uint64_t start, struct pv_source **source,
                                   struct provar_error *err) {
    uint64_t whole = st->st_size > 0 ? (uint64_t)st->st_size : 0;
    struct file_source *file = malloc(sizeof *file);
    if (file == NULL)
        return pv_fail_memory(err);
    uint64_t from = start < whole ? start : whole;
    *file = (struct file_source){
        .head = {.ops = &file_ops, .has_size = true, .size = whole - from},
        .fd = fd,
        .start = from,
        .changed = st->st_ctim,
    };
    *source = &file->head;
    return PROVAR_OK;
}

enum provar_result pv_source_file(struct pv_str path, struct pv_source **source, struct provar_error *err) {
    PV_AUTO_FD int fd = -1;
    struct stat st;
    enum provar_result result = pv_fs_open_regular(path, false, &fd, &st, err);
    if (result == PROVAR_OK)
        result = file_new(fd, &st, 0, source, err);
    if (result != PROVAR_OK)
        return result;
    ((struct file_source *)*source)->owns_fd = true;
    (void)pv_take_fd(&fd);
    return PROVAR_OK;
}

/* ---------------------------------------------------------------- a pipe, a socket, a terminal */

struct stream_source {
    struct pv_source head;
    int fd;
    bool ended; /* a terminal would go on after its end */
};

static enum provar_result stream_read(struct pv_source *source, void *buf, size_t cap, size_t *len,
                                      struct provar_error *err) {
    struct stream_source *stream = (struct stream_source *)source;
    size_t got = 0;
    enum provar_result result = stream->ended ? PROVAR_OK : pv_fs_read(stream->fd, buf, cap, &got, err);
    if (result != PROVAR_OK)
        return result;
    stream->ended = got < cap;
    *len = got;
    return PROVAR_OK;
}

static void stream_free(struct pv_source *source) {
    free(source);
}

static const struct pv_source_ops stream_ops = {.read = stream_read, .free = stream_free};

enum provar_result pv_source_fd(int fd, struct pv_source **source, struct provar_error *err) {
    struct stat st;
    if (fd < 0)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "no descriptor");
    if (fstat(fd, &st) != 0)
        return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot examine the descriptor %d", fd);
    if (S_ISREG(st.st_mode)) {
        off_t start = lseek(fd, 0, SEEK_CUR);
        if (start < 0)
            return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot find the position of the descriptor %d", fd);
        return file_new(fd, &st, (uint64_t)start, source, err);
    }
    struct stream_source *stream = malloc(sizeof *stream);
    if (stream == NULL)
        return pv_fail_memory(err);
    *stream = (struct stream_source){.head = {.ops = &stream_ops}, .fd = fd};
    *source = &stream->head;
    return PROVAR_OK;
}
