/* Makes the Nth allocation of the library fail, for tests that fail each in turn until a call succeeds. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUPPORT_FAIL_ALLOC_H
#define SUPPORT_FAIL_ALLOC_H

/* The linker sends the library's and the test's own calls here (tests/unit/meson.build: --wrap); those inside other
 * shared libraries stay as they are. Include it in one file of a program that is linked so. */

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "support/wrap_asprintf.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_reallocarray(void *old, size_t count, size_t size);
void *__real_mmap64(void *at, size_t len, int protection, int flags, int fd, off_t offset);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size);
void *__wrap_mmap64(void *at, size_t len, int protection, int flags, int fd, off_t offset);

/* Allocations that still succeed before one fails; negative: all succeed. */
static int fail_alloc_countdown = -1;

/* Lets `after` allocations succeed and the next one fail; a negative number lets all succeed. */
static inline void fail_alloc(int after) {
    fail_alloc_countdown = after;
}

static inline int fail_alloc_now(void) {
    return fail_alloc_countdown >= 0 && fail_alloc_countdown-- == 0;
}

void *__wrap_malloc(size_t size) {
    return fail_alloc_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size) {
    return fail_alloc_now() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size) {
    return fail_alloc_now() ? NULL : __real_realloc(old, size);
}

void *__wrap_reallocarray(void *old, size_t count, size_t size) {
    return fail_alloc_now() ? NULL : __real_reallocarray(old, count, size);
}

void *__wrap_mmap64(void *at, size_t len, int protection, int flags, int fd, off_t offset) {
    if (!fail_alloc_now())
        return __real_mmap64(at, len, protection, flags, fd, offset);
    errno = ENOMEM;
    return MAP_FAILED;
}

#endif
