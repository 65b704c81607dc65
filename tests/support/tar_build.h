/* Builds tar streams field by field: what a test sets it names. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_TAR_BUILD_H
#define TESTS_TAR_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TAR_BLOCK = 512 };

/* Where the fields of a header begin, and how long they are. */
enum {
    TAR_NAME = 0,
    TAR_NAME_LEN = 100,
    TAR_MODE = 100,
    TAR_UID = 108,
    TAR_GID = 116,
    TAR_SIZE = 124,
    TAR_SIZE_LEN = 12,
    TAR_MTIME = 136,
    TAR_CHKSUM = 148,
    TAR_CHKSUM_LEN = 8,
    TAR_TYPEFLAG = 156,
    TAR_LINKNAME = 157,
    TAR_LINKNAME_LEN = 100,
    TAR_MAGIC = 257, /* 6, and 2 of the version */
    TAR_MAGIC_LEN = 8,
    TAR_UNAME = 265,
    TAR_DEVMAJOR = 329,
    TAR_DEVMINOR = 337,
    TAR_PREFIX = 345,
    TAR_PREFIX_LEN = 155,
};

enum tar_flavour {
    TAR_USTAR,    /* POSIX: "ustar\0" "00" */
    TAR_GNU,      /* "ustar  \0" */
    TAR_V7,       /* no magic */
    TAR_REFERENCE /* as the published writer does: GNU magic, and mode, uid and gid all NUL */
};

/* ---------------------------------------------------------------- one header */

static inline unsigned tar_sum(const uint8_t block[TAR_BLOCK]) {
    unsigned sum = 0;
    for (size_t i = 0; i < TAR_BLOCK; i++)
        sum += i >= TAR_CHKSUM && i < TAR_CHKSUM + TAR_CHKSUM_LEN ? ' ' : block[i];
    return sum;
}

static inline void tar_fix_sum(uint8_t block[TAR_BLOCK]) {
    char text[TAR_CHKSUM_LEN];
    (void)snprintf(text, sizeof text, "%06o", tar_sum(block));
    memcpy(block + TAR_CHKSUM, text, 7);
    block[TAR_CHKSUM + 7] = ' ';
}

/* Sets bytes of any field and fixes the checksum. */
static inline void tar_set(uint8_t block[TAR_BLOCK], size_t at, const void *data, size_t len) {
    memcpy(block + at, data, len);
    tar_fix_sum(block);
}

/* Fills a field with one byte. */
static inline void tar_fill(uint8_t block[TAR_BLOCK], size_t at, uint8_t byte, size_t len) {
    memset(block + at, byte, len);
    tar_fix_sum(block);
}

/* width - 1 octal digits and a NUL. */
static inline void tar_set_octal(uint8_t block[TAR_BLOCK], size_t at, size_t width, uint64_t value) {
    block[at + width - 1] = 0;
    for (size_t i = width - 1; i > 0; i--, value >>= 3)
        block[at + i - 1] = (uint8_t)('0' + (value & 7));
    tar_fix_sum(block);
}

/* A size as GNU base-256: the first byte is 0x80. */
static inline void tar_set_base256(uint8_t block[TAR_BLOCK], uint64_t value) {
    memset(block + TAR_SIZE, 0, TAR_SIZE_LEN);
    block[TAR_SIZE] = 0x80;
    for (size_t i = TAR_SIZE_LEN; i > TAR_SIZE_LEN - 8; i--, value >>= 8)
        block[TAR_SIZE + i - 1] = (uint8_t)value;
    tar_fix_sum(block);
}

/* A header with a right checksum; sizes beyond 11 octal digits become base-256. A name beyond its field loses the rest.
 */
static inline void tar_header(uint8_t block[TAR_BLOCK], enum tar_flavour flavour, const char *name, char typeflag,
                              uint64_t size) {
    static const char magic[][TAR_MAGIC_LEN] = {
        [TAR_USTAR] = {'u', 's', 't', 'a', 'r', 0, '0', '0'},
        [TAR_GNU] = {'u', 's', 't', 'a', 'r', ' ', ' ', 0},
        [TAR_V7] = {0},
        [TAR_REFERENCE] = {'u', 's', 't', 'a', 'r', ' ', ' ', 0},
    };
    size_t name_len = strlen(name);
    memset(block, 0, TAR_BLOCK);
    memcpy(block + TAR_NAME, name, name_len < TAR_NAME_LEN ? name_len : TAR_NAME_LEN);
    memcpy(block + TAR_MAGIC, magic[flavour], TAR_MAGIC_LEN);
    block[TAR_TYPEFLAG] = (uint8_t)typeflag;
    if (flavour != TAR_REFERENCE) {
        tar_set_octal(block, TAR_MODE, 8, 0644);
        tar_set_octal(block, TAR_UID, 8, 0);
        tar_set_octal(block, TAR_GID, 8, 0);
    }
    if (flavour == TAR_USTAR) {
        tar_set_octal(block, TAR_DEVMAJOR, 8, 0);
        tar_set_octal(block, TAR_DEVMINOR, 8, 0);
    }
    tar_set_octal(block, TAR_MTIME, 12, 0);
    if (size >> 33 != 0)
        tar_set_base256(block, size);
    else
        tar_set_octal(block, TAR_SIZE, TAR_SIZE_LEN, size);
}

/* ---------------------------------------------------------------- a stream */

/* Growing bytes; {0} is empty. */
struct tar_build {
    uint8_t *data;
    size_t len;
    size_t cap;
};

static inline void tar_build_free(struct tar_build *build) {
    free(build->data);
    *build = (struct tar_build){0};
}

/* Not inlined: gcc 12 loses track of what realloc gave and warns of writes beyond it. */
static __attribute__((noinline, unused)) uint8_t *tar_grow(struct tar_build *build, size_t len) {
    if (build->cap - build->len < len) {
        build->cap = (build->len + len) * 2;
        build->data = realloc(build->data, build->cap);
        if (build->data == NULL)
            __builtin_trap();
    }
    build->len += len;
    return build->data + build->len - len;
}

static inline void tar_bytes(struct tar_build *build, const void *data, size_t len) {
    if (len > 0)
        memcpy(tar_grow(build, len), data, len);
}

static inline void tar_fill_bytes(struct tar_build *build, uint8_t byte, size_t len) {
    if (len > 0)
        memset(tar_grow(build, len), byte, len);
}

static inline void tar_block(struct tar_build *build, const uint8_t block[TAR_BLOCK]) {
    tar_bytes(build, block, TAR_BLOCK);
}

/* Zeros up to the next block. */
static inline void tar_pad(struct tar_build *build) {
    tar_fill_bytes(build, 0, (TAR_BLOCK - build->len % TAR_BLOCK) % TAR_BLOCK);
}

static inline void tar_add_header(struct tar_build *build, enum tar_flavour flavour, const char *name, char typeflag,
                                  uint64_t size) {
    uint8_t block[TAR_BLOCK];
    tar_header(block, flavour, name, typeflag, size);
    tar_block(build, block);
}

/* Header, body, padding. */
static inline void tar_add_member(struct tar_build *build, enum tar_flavour flavour, const char *name, char typeflag,
                                  const void *body, size_t len) {
    tar_add_header(build, flavour, name, typeflag, len);
    tar_bytes(build, body, len);
    tar_pad(build);
}

/* A regular member of the usual kind, whose body is text. */
static inline void tar_add_file(struct tar_build *build, const char *name, const char *body) {
    tar_add_member(build, TAR_USTAR, name, '0', body, strlen(body));
}

static inline void tar_add_end(struct tar_build *build) {
    tar_fill_bytes(build, 0, 2 * TAR_BLOCK);
}

/* ---------------------------------------------------------------- extensions */

/* Appends "LEN key=value\n" to a payload. */
static inline void tar_pax_record(struct tar_build *payload, const char *key, const void *value, size_t value_len) {
    char digits[24];
    size_t rest = strlen(key) + value_len + 3, len = rest + 1;
    while (rest + (size_t)snprintf(digits, sizeof digits, "%zu", len) != len)
        len++;
    tar_bytes(payload, digits, len - rest);
    tar_bytes(payload, " ", 1);
    tar_bytes(payload, key, strlen(key));
    tar_bytes(payload, "=", 1);
    tar_bytes(payload, value, value_len);
    tar_bytes(payload, "\n", 1);
}

/* An `x` or `g` header with a payload as it stands. */
static inline void tar_add_pax_raw(struct tar_build *build, char typeflag, const void *payload, size_t len) {
    tar_add_member(build, TAR_USTAR, typeflag == 'g' ? "pax_global_header" : "./PaxHeaders/x", typeflag, payload, len);
}

/* An `x` or `g` header with one record. */
static inline void tar_add_pax(struct tar_build *build, char typeflag, const char *key, const char *value) {
    struct tar_build payload = {0};
    tar_pax_record(&payload, key, value, strlen(value));
    tar_add_pax_raw(build, typeflag, payload.data, payload.len);
    tar_build_free(&payload);
}

/* A GNU `L` (or `K`) header whose payload is as it stands: the usual one ends in a NUL, which len then counts. */
static inline void tar_add_long(struct tar_build *build, char typeflag, const void *name, size_t len) {
    tar_add_member(build, TAR_GNU, "././@LongLink", typeflag, name, len);
}

#endif
