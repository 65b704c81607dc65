/* Memory that ends at a page nobody may touch: one byte read too many is a crash in every build. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUPPORT_GUARD_H
#define SUPPORT_GUARD_H

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct guarded {
    void *data; /* `len` bytes, the last of them before the forbidden page */
    size_t len;
    void *pages;
    size_t mapped;
};

static inline struct guarded guard_copy(const void *data, size_t len) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t room = (len + page - 1) / page * page;
    struct guarded guarded = {.len = len, .mapped = room + page};
    guarded.pages = mmap(NULL, guarded.mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(guarded.pages, MAP_FAILED);
    assert_int_equal(mprotect((char *)guarded.pages + room, page, PROT_NONE), 0);
    guarded.data = (char *)guarded.pages + room - len;
    if (len > 0)
        memcpy(guarded.data, data, len);
    return guarded;
}

static inline void guard_free(struct guarded *guarded) {
    assert_int_equal(munmap(guarded->pages, guarded->mapped), 0);
}

#endif
