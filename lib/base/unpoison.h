/* Tells the memory sanitizer what libraries have written that it does not see into. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_UNPOISON_H
#define PV_UNPOISON_H

#ifdef __has_feature
#if __has_feature(memory_sanitizer)
#define PV_MSAN
#endif
#endif

/* Silences every read of these bytes: behind the call of a library that wrote them, and nowhere else. */
#ifdef PV_MSAN
#include <sanitizer/msan_interface.h>
#define PV_UNPOISON(data, len) __msan_unpoison(data, len)

/* What lies below on the stack, which a library is about to use: instrumented calls have left it marked. */
__attribute__((noinline, unused)) static void pv_unpoison_stack(void) {
    char below[64 * 1024];
    PV_UNPOISON(below, sizeof below);
}

/* What a library allocates by these is its own to write and read. */
static inline void *pv_unpoisoned_realloc(void *old, size_t len) {
    void *made = realloc(old, len);
    if (made)
        PV_UNPOISON(made, len);
    return made;
}

static inline void *pv_unpoisoned_malloc(size_t len) {
    return pv_unpoisoned_realloc(NULL, len);
}
#else
#define PV_UNPOISON(data, len) ((void)(data), (void)(len))
#define pv_unpoison_stack()    ((void)0)
#endif

#endif
