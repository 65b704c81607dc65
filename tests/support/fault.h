/* The system with one fault: the Nth allocation, read, write or other call of the library goes wrong. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUPPORT_FAULT_H
#define SUPPORT_FAULT_H

/* The linker sends the library's and the test's own calls here (tests/unit/meson.build: --wrap); of those inside other
 * libraries only what fault_hook_libraries reaches. Include it in one file of a program that is linked so. */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <libdeflate.h>
#include <zlib.h>

#include "support/wrap_asprintf.h"

/* The kinds of calls; a fault may concern several. */
enum {
    FAULT_ALLOCATION = 1,
    FAULT_OPEN = 2,
    FAULT_READ = 4,
    FAULT_WRITE = 8,
    FAULT_SIZE = 16,    /* ftruncate, lseek */
    FAULT_EXAMINE = 32, /* fstat, fstatat, fchmod */
    FAULT_SYNC = 64,
    FAULT_NAME = 128, /* linkat, renameat2 */
    FAULT_RANDOM = 256,
    FAULT_THREAD = 512,
    FAULT_PROC = 1024,     /* what is asked of /proc, and can be done without */
    FAULT_CALLBACK = 2048, /* the caller's own source */
    FAULT_TAKER = 4096     /* the caller's own output */
};

struct fault {
    const char *what;
    unsigned calls;
    int error;         /* the errno of a call that fails; 0: it does not fail */
    bool lasting;      /* all later ones fail, too */
    bool one_byte;     /* a read or write does no more than that */
    void (*act)(void); /* done right before a call that then goes on as it should */
    int expected;      /* an enum provar_result; PROVAR_OK for a fault that does no harm */
    const char *says;  /* the message has it; NULL for the errno's own text */
};

static struct {
    const struct fault *fault; /* NULL while none is planned */
    atomic_int left;           /* calls of its kind before it comes */
    atomic_int hits;           /* calls that it met */
    atomic_bool spared;        /* it met a call for which there is another way */
    bool counts;               /* what follows is counted */
    atomic_int allocations;    /* that were not freed yet */
    atomic_int threads;        /* that were not joined yet */
    bool no_nameless;          /* no O_TMPFILE, as on NFS */
    int proc_fd;               /* of a file in /proc, whose reads are no other reads */
    int pipe_fd;               /* reads of this descriptor get these bytes */
    const void *pipe_data;
    size_t pipe_len, pipe_pos;
} faults = {.proc_fd = -1, .pipe_fd = -1};

/* Whether a call of this kind is the one. The errno is set then, if the fault has one. */
static bool fault_now(unsigned kind) {
    const struct fault *fault = faults.fault;
    if (fault == NULL || (fault->calls & kind) == 0)
        return false;
    int left = atomic_fetch_sub(&faults.left, 1);
    if (left > 0 || (left < 0 && !fault->lasting))
        return false;
    (void)atomic_fetch_add(&faults.hits, 1);
    if (fault->act)
        fault->act();
    if (fault->error != 0)
        errno = fault->error;
    return fault->act == NULL;
}

/* From here on the fault waits for `after` calls to pass; NULL only counts. */
static inline void fault_begin(const struct fault *fault, int after) {
    atomic_store(&faults.left, after);
    atomic_store(&faults.hits, 0);
    atomic_store(&faults.allocations, 0);
    atomic_store(&faults.threads, 0);
    atomic_store(&faults.spared, false);
    faults.pipe_pos = 0;
    faults.fault = fault;
    faults.counts = true;
}

/* Returns how often it came. */
static inline int fault_end(void) {
    faults.fault = NULL;
    faults.counts = false;
    return atomic_load(&faults.hits);
}

/* ---------------------------------------------------------------- memory */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_reallocarray(void *old, size_t count, size_t size);
void __real_free(void *old);
void *__real_mmap64(void *at, size_t len, int protection, int flags, int fd, off_t offset);
int __real_munmap(void *at, size_t len);
int __real_inflateInit2_(z_streamp stream, int bits, const char *version, int size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size);
void __wrap_free(void *old);
void *__wrap_mmap64(void *at, size_t len, int protection, int flags, int fd, off_t offset);
int __wrap_munmap(void *at, size_t len);
int __wrap_inflateInit2_(z_streamp stream, int bits, const char *version, int size);

static void *fault_count(void *made) {
    if (made && faults.counts)
        (void)atomic_fetch_add(&faults.allocations, 1);
    return made;
}

static void fault_discount(const void *old) {
    if (old && faults.counts)
        (void)atomic_fetch_sub(&faults.allocations, 1);
}

void *__wrap_malloc(size_t size) {
    return fault_now(FAULT_ALLOCATION) ? NULL : fault_count(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size) {
    return fault_now(FAULT_ALLOCATION) ? NULL : fault_count(__real_calloc(count, size));
}

void *__wrap_realloc(void *old, size_t size) {
    if (fault_now(FAULT_ALLOCATION))
        return NULL;
    void *made = __real_realloc(old, size);
    return old ? made : fault_count(made);
}

void *__wrap_reallocarray(void *old, size_t count, size_t size) {
    if (fault_now(FAULT_ALLOCATION))
        return NULL;
    void *made = __real_reallocarray(old, count, size);
    return old ? made : fault_count(made);
}

void __wrap_free(void *old) {
    fault_discount(old);
    __real_free(old);
}

void *__wrap_mmap64(void *at, size_t len, int protection, int flags, int fd, off_t offset) {
    if (fault_now(FAULT_ALLOCATION))
        return MAP_FAILED;
    void *made = __real_mmap64(at, len, protection, flags, fd, offset);
    return made == MAP_FAILED ? made : fault_count(made);
}

int __wrap_munmap(void *at, size_t len) {
    fault_discount(at);
    return __real_munmap(at, len);
}

/* zlib allocates here and nowhere else. */
int __wrap_inflateInit2_(z_streamp stream, int bits, const char *version, int size) {
    return fault_now(FAULT_ALLOCATION) ? Z_MEM_ERROR : __real_inflateInit2_(stream, bits, version, size);
}

/* From here on libdeflate allocates here, too. */
static inline void fault_hook_libraries(void) {
    libdeflate_set_memory_allocator(__wrap_malloc, __wrap_free);
}

/* ---------------------------------------------------------------- opening */

int __real_open64(const char *path, int flags, mode_t mode);
int __real___open64_2(const char *path, int flags);
int __real_openat64(int dir, const char *path, int flags, mode_t mode);
int __real_mkostemp64(char *name, int flags);
int __real_access(const char *path, int mode);
int __wrap_open64(const char *path, int flags, mode_t mode);
int __wrap___open64_2(const char *path, int flags);
int __wrap_openat64(int dir, const char *path, int flags, mode_t mode);
int __wrap_mkostemp64(char *name, int flags);
int __wrap_access(const char *path, int mode);

static bool fault_is_proc(const char *path) {
    return strncmp(path, "/proc/", 6) == 0;
}

static bool fault_open(const char *path, int flags) {
    if (faults.no_nameless && (flags & O_TMPFILE) == O_TMPFILE) {
        errno = EOPNOTSUPP;
        return true;
    }
    return fault_now(fault_is_proc(path) ? FAULT_PROC : FAULT_OPEN);
}

int __wrap_open64(const char *path, int flags, mode_t mode) {
    if (fault_open(path, flags))
        return -1;
    int fd = __real_open64(path, flags, mode);
    if (fault_is_proc(path))
        faults.proc_fd = fd;
    return fd;
}

/* What open is with _FORTIFY_SOURCE and flags that vary. */
int __wrap___open64_2(const char *path, int flags) {
    return fault_open(path, flags) ? -1 : __real___open64_2(path, flags);
}

/* A file that cannot be made without a name is made with one. */
int __wrap_openat64(int dir, const char *path, int flags, mode_t mode) {
    if (!fault_open(path, flags))
        return __real_openat64(dir, path, flags, mode);
    if ((flags & O_TMPFILE) == O_TMPFILE && !faults.no_nameless)
        atomic_store(&faults.spared, true);
    return -1;
}

int __wrap_mkostemp64(char *name, int flags) {
    return fault_now(FAULT_OPEN) ? -1 : __real_mkostemp64(name, flags);
}

int __wrap_access(const char *path, int mode) {
    return fault_now(FAULT_PROC) ? -1 : __real_access(path, mode);
}

/* ---------------------------------------------------------------- reading and writing */

ssize_t __real_read(int fd, void *buf, size_t len);
ssize_t __real_pread64(int fd, void *buf, size_t len, off_t offset);
ssize_t __real_write(int fd, const void *buf, size_t len);
ssize_t __real_pwrite64(int fd, const void *buf, size_t len, off_t offset);
ssize_t __wrap_read(int fd, void *buf, size_t len);
ssize_t __wrap_pread64(int fd, void *buf, size_t len, off_t offset);
ssize_t __wrap_write(int fd, const void *buf, size_t len);
ssize_t __wrap_pwrite64(int fd, const void *buf, size_t len, off_t offset);

/* Whether a read or write fails; it may also become a short one. */
static bool fault_transfer(unsigned kind, size_t *len) {
    if (!fault_now(kind))
        return false;
    if (faults.fault->one_byte && *len > 1)
        *len = 1;
    return !faults.fault->one_byte;
}

ssize_t __wrap_read(int fd, void *buf, size_t len) {
    if (fault_transfer(fd >= 0 && fd == faults.proc_fd ? FAULT_PROC : FAULT_READ, &len))
        return -1;
    if (fd < 0 || fd != faults.pipe_fd)
        return __real_read(fd, buf, len);
    size_t left = faults.pipe_len - faults.pipe_pos;
    size_t step = len < left ? len : left;
    memcpy(buf, (const uint8_t *)faults.pipe_data + faults.pipe_pos, step);
    faults.pipe_pos += step;
    return (ssize_t)step;
}

ssize_t __wrap_pread64(int fd, void *buf, size_t len, off_t offset) {
    return fault_transfer(FAULT_READ, &len) ? -1 : __real_pread64(fd, buf, len, offset);
}

ssize_t __wrap_write(int fd, const void *buf, size_t len) {
    return fault_transfer(FAULT_WRITE, &len) ? -1 : __real_write(fd, buf, len);
}

ssize_t __wrap_pwrite64(int fd, const void *buf, size_t len, off_t offset) {
    return fault_transfer(FAULT_WRITE, &len) ? -1 : __real_pwrite64(fd, buf, len, offset);
}

/* ---------------------------------------------------------------- files */

int __real_ftruncate64(int fd, off_t len);
off_t __real_lseek64(int fd, off_t offset, int whence);
int __real_fstat64(int fd, void *st);
int __real_fstatat64(int dir, const char *path, void *st, int flags);
int __real_fchmod(int fd, mode_t mode);
int __real_renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags);
int __real_linkat(int from_dir, const char *from, int to_dir, const char *to, int flags);
ssize_t __real_getrandom(void *buf, size_t len, unsigned flags);
int __wrap_ftruncate64(int fd, off_t len);
off_t __wrap_lseek64(int fd, off_t offset, int whence);
int __wrap_fstat64(int fd, void *st);
int __wrap_fstatat64(int dir, const char *path, void *st, int flags);
int __wrap_fchmod(int fd, mode_t mode);
int __wrap_fsync(int fd);
int __wrap_renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags);
int __wrap_linkat(int from_dir, const char *from, int to_dir, const char *to, int flags);
ssize_t __wrap_getrandom(void *buf, size_t len, unsigned flags);

int __wrap_ftruncate64(int fd, off_t len) {
    return fault_now(FAULT_SIZE) ? -1 : __real_ftruncate64(fd, len);
}

off_t __wrap_lseek64(int fd, off_t offset, int whence) {
    return fault_now(FAULT_SIZE) ? -1 : __real_lseek64(fd, offset, whence);
}

int __wrap_fstat64(int fd, void *st) {
    return fault_now(FAULT_EXAMINE) ? -1 : __real_fstat64(fd, st);
}

int __wrap_fstatat64(int dir, const char *path, void *st, int flags) {
    return fault_now(FAULT_EXAMINE) ? -1 : __real_fstatat64(dir, path, st, flags);
}

int __wrap_fchmod(int fd, mode_t mode) {
    return fault_now(FAULT_EXAMINE) ? -1 : __real_fchmod(fd, mode);
}

/* Nothing is synced in earnest: there are thousands of runs, and none that the machine does not survive. */
int __wrap_fsync(int fd) {
    (void)fd;
    return fault_now(FAULT_SYNC) ? -1 : 0;
}

int __wrap_renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags) {
    return fault_now(FAULT_NAME) ? -1 : __real_renameat2(from_dir, from, to_dir, to, flags);
}

int __wrap_linkat(int from_dir, const char *from, int to_dir, const char *to, int flags) {
    return fault_now(FAULT_NAME) ? -1 : __real_linkat(from_dir, from, to_dir, to, flags);
}

ssize_t __wrap_getrandom(void *buf, size_t len, unsigned flags) {
    return fault_now(FAULT_RANDOM) ? -1 : __real_getrandom(buf, len, flags);
}

/* ---------------------------------------------------------------- threads */

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument);
int __real_pthread_join(pthread_t thread, void **value);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument);
int __wrap_pthread_join(pthread_t thread, void **value);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument) {
    if (fault_now(FAULT_THREAD))
        return errno;
    int status = __real_pthread_create(thread, attributes, run, argument);
    if (status == 0)
        (void)atomic_fetch_add(&faults.threads, 1);
    return status;
}

int __wrap_pthread_join(pthread_t thread, void **value) {
    (void)atomic_fetch_sub(&faults.threads, 1);
    return __real_pthread_join(thread, value);
}

#endif
