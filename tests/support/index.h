/* Indexed gzip files field by field, so that each field can lie. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUPPORT_INDEX_H
#define SUPPORT_INDEX_H

/* Include it before internal.h, as support/archive.h. */
#include <zlib.h>

#include "support/check.h"
#include "support/tar_build.h"

enum { INDEX_ROOM = 300, GZIP_FIXED = 10, GZIP_TRAILER = 8, SUBFIELD_HEADER = 4, XLEN_FACTOR = 257 };

enum { GZIP_FEXTRA = 0x04, GZIP_FNAME = 0x08 };

/* What every segment but the last ends with: LEN and NLEN of an empty stored block. */
static const uint8_t index_stored[4] = {0x00, 0x00, 0xff, 0xff};

struct index_segment {
    uint64_t at, tar_at, size;
    size_t name_len;
    char name[256];
};

/* docs/FORMAT.md, the target index: every field of the file as it will be written. */
struct index_file {
    unsigned header_flags;           /* FLG */
    struct tar_build before, behind; /* more subfields of FEXTRA, as they stand */
    bool twice;                      /* the index is there two times */
    unsigned version, flags;
    size_t count; /* of segments */
    int miscount; /* added to the count that is written */
    uint64_t deflate_len, tar_len, end_at;
    struct index_segment segments[INDEX_ROOM];
    struct tar_build deflate;
    uint32_t crc, isize;
    struct tar_build after; /* bytes behind the trailer */
};

static inline void index_free(struct index_file *file) {
    tar_build_free(&file->before);
    tar_build_free(&file->behind);
    tar_build_free(&file->deflate);
    tar_build_free(&file->after);
}

/* ---------------------------------------------------------------- fields */

static inline void index_put_le(struct tar_build *out, uint64_t value, unsigned width) {
    for (unsigned i = 0; i < width; i++) {
        uint8_t byte = (uint8_t)(value >> 8 * i);
        tar_bytes(out, &byte, 1);
    }
}

static inline uint64_t index_get_le(const uint8_t *data, unsigned width) {
    uint64_t value = 0;
    for (unsigned i = width; i > 0; i--)
        value = value << 8 | data[i - 1];
    return value;
}

static inline void index_put_subfield(struct tar_build *out, const char id[2], const struct tar_build *body) {
    tar_bytes(out, id, 2);
    index_put_le(out, body->len, 2);
    tar_bytes(out, body->data, body->len);
}

static inline void index_put_payload(struct tar_build *out, const struct index_file *file) {
    index_put_le(out, file->version, 1);
    index_put_le(out, file->flags, 1);
    index_put_le(out, (uint64_t)((int64_t)file->count + file->miscount), 2);
    index_put_le(out, file->deflate_len, 8);
    index_put_le(out, file->tar_len, 8);
    for (size_t i = 0; i < file->count; i++) {
        index_put_le(out, file->segments[i].at, 8);
        index_put_le(out, file->segments[i].tar_at, 8);
        index_put_le(out, file->segments[i].size, 8);
        index_put_le(out, file->segments[i].name_len, 1);
        tar_bytes(out, file->segments[i].name, file->segments[i].name_len);
    }
    index_put_le(out, file->end_at, 8);
}

/* All that XLEN counts, filled up to a multiple of 257. */
static inline void index_put_extra(struct tar_build *out, const struct index_file *file) {
    struct tar_build payload = {0}, zeros = {0};
    index_put_payload(&payload, file);
    tar_bytes(out, file->before.data, file->before.len);
    for (int i = 0; i <= file->twice; i++)
        index_put_subfield(out, "PI", &payload);
    tar_bytes(out, file->behind.data, file->behind.len);
    size_t missing = (XLEN_FACTOR - out->len % XLEN_FACTOR) % XLEN_FACTOR;
    if (missing > 0) {
        tar_fill_bytes(&zeros, 0, missing - SUBFIELD_HEADER + (missing < SUBFIELD_HEADER ? XLEN_FACTOR : 0));
        index_put_subfield(out, "PP", &zeros);
    }
    tar_build_free(&payload);
    tar_build_free(&zeros);
}

/* The whole file; freed by tar_build_free. */
static inline struct tar_build index_write(const struct index_file *file) {
    const uint8_t fixed[GZIP_FIXED] = {0x1f, 0x8b, 8, (uint8_t)file->header_flags, 0, 0, 0, 0, 2, 255};
    struct tar_build out = {0}, extra = {0};
    tar_bytes(&out, fixed, sizeof fixed);
    if (file->header_flags & GZIP_FEXTRA) {
        index_put_extra(&extra, file);
        index_put_le(&out, extra.len, 2);
        tar_bytes(&out, extra.data, extra.len);
        tar_build_free(&extra);
    }
    if (file->header_flags & GZIP_FNAME)
        tar_bytes(&out, "a.tar", sizeof "a.tar");
    tar_bytes(&out, file->deflate.data, file->deflate.len);
    index_put_le(&out, file->crc, 4);
    index_put_le(&out, file->isize, 4);
    tar_bytes(&out, file->after.data, file->after.len);
    return out;
}

/* Takes a file apart that the library has written: its first subfield must be an index. */
static inline struct index_file index_parse(const struct tar_build *bytes) {
    struct index_file file = {.header_flags = bytes->data[3], .version = bytes->data[16], .flags = bytes->data[17]};
    const uint8_t *at = bytes->data + GZIP_FIXED + 2 + SUBFIELD_HEADER;
    size_t start = GZIP_FIXED + 2 + (size_t)index_get_le(bytes->data + GZIP_FIXED, 2);
    assert_int_equal(file.header_flags, GZIP_FEXTRA);
    assert_memory_equal(at - SUBFIELD_HEADER, "PI", 2);
    file.count = (size_t)index_get_le(at + 2, 2);
    file.deflate_len = index_get_le(at + 4, 8);
    file.tar_len = index_get_le(at + 12, 8);
    at += 20;
    for (size_t i = 0; i < file.count; i++) {
        struct index_segment *segment = &file.segments[i];
        segment->at = index_get_le(at, 8);
        segment->tar_at = index_get_le(at + 8, 8);
        segment->size = index_get_le(at + 16, 8);
        segment->name_len = at[24];
        memcpy(segment->name, at + 25, segment->name_len);
        at += 25 + segment->name_len;
    }
    file.end_at = index_get_le(at, 8);
    assert_int_equal(file.deflate_len, bytes->len - start - GZIP_TRAILER);
    tar_bytes(&file.deflate, bytes->data + start, (size_t)file.deflate_len);
    file.crc = (uint32_t)index_get_le(bytes->data + bytes->len - 8, 4);
    file.isize = (uint32_t)index_get_le(bytes->data + bytes->len - 4, 4);
    return file;
}

static inline uint64_t index_end(const struct index_file *file, size_t i) {
    return i + 1 == file->count ? file->end_at : file->segments[i + 1].at;
}

/* The place of a segment by its member's name. */
static inline size_t index_find(const struct index_file *file, const char *name) {
    for (size_t i = 0; i < file->count; i++)
        if (strlen(name) == file->segments[i].name_len && memcmp(file->segments[i].name, name, strlen(name)) == 0)
            return i;
    fail_msg("no '%s' in the index", name);
    return 0;
}

/* ---------------------------------------------------------------- from a tar stream */

/* Appends input as deflate data that ends as `flush` makes it. */
static inline void index_deflate(struct tar_build *out, z_stream *stream, const uint8_t *data, size_t len, int flush) {
    size_t bound = deflateBound(stream, (uLong)len) + 64;
    uint8_t *room = tar_grow(out, bound);
    stream->next_in = (uint8_t *)(uintptr_t)data;
    stream->avail_in = (uInt)len;
    stream->next_out = room;
    stream->avail_out = (uInt)bound;
    assert_int_equal(deflate(stream, flush), flush == Z_FINISH ? Z_STREAM_END : Z_OK);
    assert_int_equal(stream->avail_in, 0);
    out->len -= stream->avail_out;
}

/* zlib keeps the stream's address. */
static inline void index_stream(z_stream *stream, int strategy) {
    *stream = (z_stream){0};
    assert_int_equal(deflateInit2(stream, 6, Z_DEFLATED, -15, 8, strategy), Z_OK);
}

/* Packs one segment; `shared` goes through all of them. */
typedef void (*index_pack_fn)(struct tar_build *out, z_stream *shared, const uint8_t *data, size_t len, bool is_last);

/* As the library does: each from an empty window, the header in a piece of its own. */
static inline void index_pack_apart(struct tar_build *out, z_stream *shared, const uint8_t *data, size_t len,
                                    bool is_last) {
    z_stream stream;
    (void)shared;
    index_stream(&stream, Z_DEFAULT_STRATEGY);
    if (len > TAR_BLOCK && !is_last)
        index_deflate(out, &stream, data, TAR_BLOCK, Z_FULL_FLUSH);
    size_t done = len > TAR_BLOCK && !is_last ? TAR_BLOCK : 0;
    index_deflate(out, &stream, data + done, len - done, is_last ? Z_FINISH : Z_FULL_FLUSH);
    (void)deflateEnd(&stream);
}

/* Every segment begins on a byte, and refers to what lies before it. */
static inline void index_pack_with_history(struct tar_build *out, z_stream *shared, const uint8_t *data, size_t len,
                                           bool is_last) {
    index_deflate(out, shared, data, len, is_last ? Z_FINISH : Z_SYNC_FLUSH);
}

static inline uint64_t index_octal(const uint8_t *digits) {
    return strtoull((const char *)digits, NULL, 8);
}

static inline void index_add_segment(struct index_file *file, const uint8_t *header, size_t tar_at) {
    struct index_segment *segment = &file->segments[file->count++];
    segment->at = file->deflate.len;
    segment->tar_at = tar_at;
    segment->size = index_octal(header + TAR_SIZE);
    segment->name_len = strlen((const char *)header);
    memcpy(segment->name, header, segment->name_len);
}

/* A truthful index over a tar stream of plain members, whose segment `which` is packed by `odd`, and others by `rest`.
 */
static inline struct index_file index_of_tar(const struct tar_build *tar, index_pack_fn rest, size_t which,
                                             index_pack_fn odd) {
    struct index_file file = {.header_flags = GZIP_FEXTRA, .version = 1};
    z_stream shared;
    size_t at = 0;
    index_stream(&shared, Z_DEFAULT_STRATEGY);
    while (tar->data[at] != 0) {
        size_t size = (size_t)index_octal(tar->data + at + TAR_SIZE);
        size_t len = TAR_BLOCK + (size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
        index_pack_fn pack = file.count == which ? odd : rest;
        index_add_segment(&file, tar->data + at, at);
        pack(&file.deflate, &shared, tar->data + at, len, false);
        at += len;
    }
    file.end_at = file.deflate.len;
    (file.count == which ? odd : rest)(&file.deflate, &shared, tar->data + at, tar->len - at, true);
    file.deflate_len = file.deflate.len;
    file.tar_len = tar->len;
    file.crc = (uint32_t)crc32(0, tar->data, (uInt)tar->len);
    file.isize = (uint32_t)tar->len;
    (void)deflateEnd(&shared);
    return file;
}

static inline struct index_file index_of(const struct tar_build *tar) {
    return index_of_tar(tar, index_pack_apart, SIZE_MAX, NULL);
}

#endif
