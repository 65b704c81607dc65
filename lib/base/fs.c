/* Files: opened without surprises, read and written whole, temporary ones without a name. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <poll.h>
#include <signal.h>
#include <sys/file.h>

#include "internal.h"

#include "base/fs.h"

enum { LOCK_STEP_MS = 20 };

enum provar_result pv_path_dup(struct pv_str path, char **out, struct provar_error *err) {
    if (path.text == NULL || path.len == 0)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "empty path");
    if (pv_str_has_nul(path))
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "a NUL inside the path '%s'", pv_quote(path).text);
    *out = pv_str_dup(path);
    return *out ? PROVAR_OK : pv_fail_memory(err);
}

enum provar_result pv_fs_open_regular(struct pv_str path, bool no_follow, int *fd, struct stat *st,
                                      struct provar_error *err) {
    PV_AUTO_FREE char *name = NULL;
    enum provar_result result = pv_path_dup(path, &name, err);
    if (result != PROVAR_OK)
        return result;
    /* O_NONBLOCK: a FIFO must not make us wait, nor a device act on being opened. */
    PV_AUTO_FD int opened = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (no_follow ? O_NOFOLLOW : 0));
    if (opened < 0 && errno == ELOOP && no_follow)
        return pv_fail(err, PROVAR_E_UNSAFE_PATH, PROVAR_NO_OFFSET, "'%s' is a link", pv_quote(path).text);
    if (opened < 0)
        return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot open '%s'", pv_quote(path).text);
    if (fstat(opened, st) != 0)
        return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot examine '%s'", pv_quote(path).text);
    if (!S_ISREG(st->st_mode))
        return pv_fail(err, PROVAR_E_IO, PROVAR_NO_OFFSET, "'%s' is not a regular file", pv_quote(path).text);
    *fd = pv_take_fd(&opened);
    return PROVAR_OK;
}

enum provar_result pv_fs_check_ours(const struct stat *st, mode_t denied, const char *what, struct pv_str name,
                                    struct provar_error *err) {
    if (st->st_uid != geteuid() && st->st_uid != 0)
        return pv_fail(err, PROVAR_E_UNSAFE_PATH, PROVAR_NO_OFFSET, "%s '%s' belongs to another user", what,
                       pv_quote(name).text);
    if ((st->st_mode & denied) != 0)
        return pv_fail(err, PROVAR_E_UNSAFE_PATH, PROVAR_NO_OFFSET, "others may %s %s '%s': its mode is %04o",
                       (denied & S_IROTH) != 0 ? "use" : "write to", what, pv_quote(name).text,
                       (unsigned)(st->st_mode & 07777));
    return PROVAR_OK;
}

enum provar_result pv_fs_check_our_directory(int fd, bool sticky_will_do, const char *what, struct pv_str name,
                                             struct provar_error *err) {
    struct stat st;
    if (fstat(fd, &st) != 0)
        return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot examine %s '%s'", what, pv_quote(name).text);
    mode_t denied = sticky_will_do && (st.st_mode & S_ISVTX) != 0 ? 0 : S_IWGRP | S_IWOTH;
    return pv_fs_check_ours(&st, denied, what, name, err);
}

static enum provar_result lock(int fd, int how, unsigned seconds, struct pv_str name, struct provar_error *err) {
    const struct timespec step = {.tv_nsec = LOCK_STEP_MS * 1000000L};
    for (unsigned waited = 0; flock(fd, how | LOCK_NB) != 0; waited += LOCK_STEP_MS) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot take the lock of '%s'", pv_quote(name).text);
        if (waited >= seconds * 1000)
            return pv_fail(err, PROVAR_E_IO, PROVAR_NO_OFFSET, "another process has held the lock of '%s' for %u s",
                           pv_quote(name).text, seconds);
        (void)nanosleep(&step, NULL);
    }
    return PROVAR_OK;
}

enum provar_result pv_fs_lock(int fd, unsigned seconds, struct pv_str name, struct provar_error *err) {
    return lock(fd, LOCK_EX, seconds, name, err);
}

enum provar_result pv_fs_lock_shared(int fd, unsigned seconds, struct pv_str name, struct provar_error *err) {
    return lock(fd, LOCK_SH, seconds, name, err);
}

enum provar_result pv_fs_read(int fd, void *buf, size_t cap, size_t *len, struct provar_error *err) {
    size_t got = 0;
    while (got < cap) {
        ssize_t n = read(fd, (uint8_t *)buf + got, cap - got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot read");
        if (n == 0)
            break;
        got += (size_t)n;
    }
    *len = got;
    return PROVAR_OK;
}

enum provar_result pv_fs_read_at(int fd, void *buf, size_t cap, uint64_t offset, size_t *len,
                                 struct provar_error *err) {
    size_t got = 0;
    while (got < cap) {
        ssize_t n = pread(fd, (uint8_t *)buf + got, cap - got, (off_t)(offset + got));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot read");
        if (n == 0)
            break;
        got += (size_t)n;
    }
    *len = got;
    return PROVAR_OK;
}

enum provar_result pv_fs_write(int fd, const void *data, size_t len, struct provar_error *err) {
    for (size_t done = 0; done < len;) {
        ssize_t n = write(fd, (const uint8_t *)data + done, len - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return pv_fail_errno(err, PROVAR_E_IO, n < 0 ? errno : ENOSPC, "cannot write");
        done += (size_t)n;
    }
    return PROVAR_OK;
}

enum provar_result pv_fs_write_at(int fd, const void *data, size_t len, uint64_t offset, struct provar_error *err) {
    for (size_t done = 0; done < len;) {
        ssize_t n = pwrite(fd, (const uint8_t *)data + done, len - done, (off_t)(offset + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return pv_fail_errno(err, PROVAR_E_IO, n < 0 ? errno : ENOSPC, "cannot write");
        done += (size_t)n;
    }
    return PROVAR_OK;
}

ssize_t pv_fs_write_quietly(int fd, const void *data, size_t len) {
    sigset_t pipe_signal, before, pending;
    (void)sigemptyset(&pipe_signal);
    (void)sigaddset(&pipe_signal, SIGPIPE);
    (void)sigemptyset(&pending);
    (void)sigpending(&pending);
    (void)pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
    ssize_t n = write(fd, data, len);
    int saved = errno;
    if (n < 0 && saved == EPIPE && sigismember(&pending, SIGPIPE) == 0) {
        struct timespec now = {0};
        while (sigtimedwait(&pipe_signal, NULL, &now) < 0 && errno == EINTR)
            continue;
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = saved;
    return n;
}

enum provar_result pv_fs_send(int fd, const void *data, size_t len, struct provar_error *err) {
    for (size_t done = 0; done < len;) {
        ssize_t n = pv_fs_write_quietly(fd, (const uint8_t *)data + done, len - done);
        if (n < 0 && errno == EAGAIN) {
            struct pollfd writable = {.fd = fd, .events = POLLOUT};
            if (poll(&writable, 1, -1) >= 0 || errno == EINTR)
                continue;
        }
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return pv_fail_errno(err, PROVAR_E_IO, n < 0 ? errno : ENOSPC, "cannot write");
        done += (size_t)n;
    }
    return PROVAR_OK;
}

/* For file systems without O_TMPFILE: a name that exists only between two calls. */
static int temp_by_name(const char *dir) {
    PV_AUTO_FREE char *name = NULL;
    if (asprintf(&name, "%s/.provar.XXXXXX", dir) < 0) {
        name = NULL;
        errno = ENOMEM;
        return -1;
    }
    int fd = mkostemp(name, O_CLOEXEC);
    if (fd >= 0)
        (void)unlink(name);
    return fd;
}

enum provar_result pv_fs_temp(struct pv_str dir, int *fd, struct provar_error *err) {
    PV_AUTO_FREE char *name = NULL;
    struct pv_str where = dir.len > 0 ? dir : PV_STR("/var/tmp");
    enum provar_result result = pv_path_dup(where, &name, err);
    if (result != PROVAR_OK)
        return result;
    /* O_EXCL: nobody can give this file a name later. */
    int opened = open(name, O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    if (opened < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL))
        opened = temp_by_name(name);
    if (opened < 0 && errno == ENOMEM)
        return pv_fail_memory(err);
    if (opened < 0)
        return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot make a temporary file in '%s'", pv_quote(where).text);
    *fd = opened;
    return PROVAR_OK;
}
