/* A source of the caller's whose every read costs, and that writes down what it was asked for. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUPPORT_COSTLY_H
#define SUPPORT_COSTLY_H

#include <string.h>

#include "support/check.h"
#include "support/tar_build.h"

enum { MAX_EXPECTED = 8 };

struct costly {
    const struct tar_build *bytes;
    unsigned char *touched; /* a byte for each that was read */
    uint64_t from[MAX_EXPECTED], to[MAX_EXPECTED];
    size_t expected; /* of these; more are only counted */
    uint64_t pos;
};

static inline int64_t costly_read_at(void *buf, size_t cap, uint64_t offset, void *user) {
    struct costly *costly = user;
    uint64_t left = offset < costly->bytes->len ? costly->bytes->len - offset : 0;
    size_t len = cap < left ? cap : (size_t)left;
    memcpy(buf, costly->bytes->data + offset, len);
    memset(costly->touched + offset, 1, len);
    return (int64_t)len;
}

static inline int64_t costly_read(void *buf, size_t cap, void *user) {
    struct costly *costly = user;
    int64_t len = costly_read_at(buf, cap, costly->pos, user);
    costly->pos += (uint64_t)len;
    return len;
}

static inline void costly_expect(uint64_t from, uint64_t to, void *user) {
    struct costly *costly = user;
    if (costly->expected < MAX_EXPECTED) {
        costly->from[costly->expected] = from;
        costly->to[costly->expected] = to;
    }
    costly->expected++;
}

static inline struct provar_archive *open_costly_with(struct costly *costly, const struct tar_build *bytes,
                                                      const struct provar_open_options *options) {
    *costly = (struct costly){.bytes = bytes, .touched = calloc(bytes->len, 1)};
    struct provar_callbacks calls = {.size = sizeof calls,
                                     .read = costly_read,
                                     .read_at = costly_read_at,
                                     .total = bytes->len,
                                     .expect = costly_expect,
                                     .user = costly};
    struct provar_input from = {.size = sizeof from, .kind = PROVAR_INPUT_CALLBACKS, .callbacks = &calls};
    struct provar_archive *archive = NULL;
    assert_non_null(costly->touched);
    assert_ok(provar_open(&from, options, &archive, NULL));
    return archive;
}

static inline struct provar_archive *open_costly(struct costly *costly, const struct tar_build *bytes) {
    return open_costly_with(costly, bytes, NULL);
}

static inline uint64_t costly_count(const struct costly *costly, uint64_t from, uint64_t to) {
    uint64_t count = 0;
    for (uint64_t i = from; i < to; i++)
        count += costly->touched[i];
    return count;
}

static inline void costly_free(struct costly *costly, struct provar_archive *archive) {
    provar_archive_free(archive);
    free(costly->touched);
}

#endif
