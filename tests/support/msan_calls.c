/* Calls whose answer the memory sanitizer takes for unwritten, for the unit tests of its build. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <dlfcn.h>
#include <fcntl.h>
#include <libdeflate.h>
#include <sanitizer/msan_interface.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <zlib.h>

/* The run-time of clang 14 knows only the names that they had in older C libraries. */
int fstatat(int dir_fd, const char *restrict path, struct stat *restrict st, int flags) {
    __msan_unpoison(st, sizeof *st);
    return (int)syscall(SYS_newfstatat, dir_fd, path, st, flags);
}

int fstat(int fd, struct stat *st) {
    return fstatat(fd, "", st, AT_EMPTY_PATH);
}

int stat(const char *restrict path, struct stat *restrict st) {
    return fstatat(AT_FDCWD, path, st, 0);
}

int lstat(const char *restrict path, struct stat *restrict st) {
    return fstatat(AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW);
}

/* libcurl calls inflate too, and the linker refuses to hide from it what stands here. */
#pragma GCC visibility push(default)

/* By these the tests make what the library reads, and read what it makes. */
int deflate(z_stream *stream, int flush) {
    int (*next)(z_stream *, int) = (int (*)(z_stream *, int))dlsym(RTLD_NEXT, "deflate");
    unsigned char *out = stream->next_out;
    int status = next(stream, flush);
    __msan_unpoison(out, (size_t)(stream->next_out - out));
    return status;
}

int inflate(z_stream *stream, int flush) {
    int (*next)(z_stream *, int) = (int (*)(z_stream *, int))dlsym(RTLD_NEXT, "inflate");
    unsigned char *out = stream->next_out;
    int status = next(stream, flush);
    __msan_unpoison(out, (size_t)(stream->next_out - out));
    return status;
}

size_t libdeflate_deflate_compress(struct libdeflate_compressor *compressor, const void *in, size_t in_len, void *out,
                                   size_t cap) {
    size_t (*next)(struct libdeflate_compressor *, const void *, size_t, void *, size_t) =
        (size_t(*)(struct libdeflate_compressor *, const void *, size_t, void *, size_t))dlsym(
            RTLD_NEXT, "libdeflate_deflate_compress");
    size_t len = next(compressor, in, in_len, out, cap);
    __msan_unpoison(out, len);
    return len;
}

#pragma GCC visibility pop
