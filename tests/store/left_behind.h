/* Looks for secrets in memory that is given back: see tests/store/meson.build, wraps. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_LEFT_BEHIND_H
#define TEST_LEFT_BEHIND_H

#include <malloc.h>

#include "base/unpoison.h"

/* The linker sends the library's calls here, and the test's own. */
void __real_free(void *data);
void *__real_realloc(void *data, size_t size);
void __wrap_free(void *data);
void *__wrap_realloc(void *data, size_t size);

static const char *secret_texts[2]; /* NULL: none */
static size_t left_behind;          /* how often one of them was found */

static inline void look_behind(const char *first, const char *second) {
    secret_texts[0] = first;
    secret_texts[1] = second;
    left_behind = 0;
}

static inline void look_for(const char *data, size_t size, const char *text) {
    size_t len = strlen(text);
    for (size_t at = 0; at + len <= size; at++) {
        size_t same = 0;
        while (same < len && data[at + same] == text[same])
            same++;
        left_behind += same == len ? 1 : 0;
    }
}

static inline void look_into(void *data) {
    size_t size = data ? malloc_usable_size(data) : 0;
    /* Not all of what was allocated has been written. */
    PV_UNPOISON(data, size);
    for (size_t i = 0; i < 2 && size > 0; i++)
        if (secret_texts[i])
            look_for(data, size, secret_texts[i]);
}

void __wrap_free(void *data) {
    look_into(data);
    __real_free(data);
}

void *__wrap_realloc(void *data, size_t size) {
    look_into(data);
    return __real_realloc(data, size);
}

#endif
