/* Helpers for tests of gzip/: members built field by field, deflate bits, sources that trickle. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_TEST_GZIP_H
#define PV_TEST_GZIP_H

#include <zlib.h>

#include "gzip/gunzip.h"

#define HELPER __attribute__((unused)) static

/* ---------------------------------------------------------------- bytes */

HELPER struct pv_buf empty_bytes(void) {
    struct pv_buf buf;
    pv_buf_init(&buf, 64 * PV_MIB);
    return buf;
}

HELPER void add(struct pv_buf *buf, const void *data, size_t len) {
    assert_int_equal(pv_buf_append(buf, data, len, NULL), PROVAR_OK);
}

HELPER void add_byte(struct pv_buf *buf, unsigned value) {
    uint8_t byte = (uint8_t)value;
    add(buf, &byte, 1);
}

HELPER void add_repeated(struct pv_buf *buf, unsigned value, size_t count) {
    assert_int_equal(pv_buf_reserve(buf, count, NULL), PROVAR_OK);
    memset(buf->data + buf->len, (int)value, count);
    buf->len += count;
    buf->data[buf->len] = 0;
}

HELPER void add_le(struct pv_buf *buf, uint64_t value, unsigned width) {
    for (unsigned i = 0; i < width; i++)
        add_byte(buf, (unsigned)(value >> 8 * i) & 0xff);
}

enum content { NOISE, TEXT };

/* `len` bytes that do not, or do, compress; the same at every call. */
HELPER void add_content(struct pv_buf *buf, enum content content, size_t len) {
    uint32_t x = 2463534242;
    assert_int_equal(pv_buf_reserve(buf, len + 1, NULL), PROVAR_OK);
    for (size_t i = 0; i < len; i++) {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        buf->data[buf->len + i] = content == NOISE ? (uint8_t)(x >> 11) : (uint8_t)("etaoin shrdlu"[x % 13]);
    }
    buf->len += len;
    buf->data[buf->len] = 0;
}

HELPER void assert_same(const struct pv_buf *a, const struct pv_buf *b) {
    assert_int_equal(a->len, b->len);
    assert_true(pv_bytes_equal(a->data, b->data, a->len));
}

/* ---------------------------------------------------------------- gzip members */

enum { FLG_TEXT = 1, FLG_HCRC = 2, FLG_EXTRA = 4, FLG_NAME = 8, FLG_COMMENT = 16 };

/* What a member says, right as {0} with `flags`, wrong by the field that a test sets. */
struct member {
    unsigned flags;
    size_t extra_len, name_len, comment_len; /* written where the flag is set */
    int level;                               /* of zlib; 0 is stored */
    unsigned id1_xor, id2_xor, cm_xor, hcrc_xor;
    uint32_t crc_xor, size_xor;
};

HELPER void add_header(struct pv_buf *out, const struct member *member) {
    size_t start = out->len;
    add_byte(out, 0x1f ^ member->id1_xor);
    add_byte(out, 0x8b ^ member->id2_xor);
    add_byte(out, 8 ^ member->cm_xor);
    add_byte(out, member->flags);
    add_le(out, 0x5eadbeef, 4); /* MTIME */
    add_byte(out, 2);           /* XFL */
    add_byte(out, 3);           /* OS */
    if (member->flags & FLG_EXTRA) {
        add_le(out, member->extra_len, 2);
        add_repeated(out, 'x', member->extra_len);
    }
    if (member->flags & FLG_NAME)
        add_repeated(out, 'n', member->name_len);
    if (member->flags & FLG_NAME)
        add_byte(out, 0);
    if (member->flags & FLG_COMMENT)
        add_repeated(out, 'c', member->comment_len);
    if (member->flags & FLG_COMMENT)
        add_byte(out, 0);
    if (member->flags & FLG_HCRC)
        add_le(out, (crc32(0, out->data + start, (uInt)(out->len - start)) & 0xffff) ^ member->hcrc_xor, 2);
}

HELPER void add_trailer(struct pv_buf *out, const struct member *member, const struct pv_buf *content) {
    static const uint8_t none[1];
    const uint8_t *data = content->len > 0 ? content->data : none;
    add_le(out, (uint32_t)crc32(0, data, (uInt)content->len) ^ member->crc_xor, 4);
    add_le(out, (uint32_t)content->len ^ member->size_xor, 4);
}

/* Appends raw deflate data by zlib. */
HELPER void add_deflated(struct pv_buf *out, int level, const struct pv_buf *content) {
    z_stream stream = {0};
    assert_int_equal(deflateInit2(&stream, level, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
    size_t bound = deflateBound(&stream, content->len);
    assert_int_equal(pv_buf_reserve(out, bound, NULL), PROVAR_OK);
    stream.next_in = content->data;
    stream.avail_in = (uInt)content->len;
    stream.next_out = out->data + out->len;
    stream.avail_out = (uInt)bound;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    out->len += stream.total_out;
    out->data[out->len] = 0;
    assert_int_equal(deflateEnd(&stream), Z_OK);
}

HELPER void add_member(struct pv_buf *out, const struct member *member, const struct pv_buf *content) {
    add_header(out, member);
    add_deflated(out, member->level, content);
    add_trailer(out, member, content);
}

/* ---------------------------------------------------------------- deflate by hand */

/* Bits in the order of RFC 1951, 3.1.1. */
struct bits {
    uint8_t data[256];
    size_t count;
};

HELPER void put_bits(struct bits *bits, unsigned value, unsigned width) {
    for (unsigned i = 0; i < width; i++, bits->count++) {
        assert_true(bits->count < 8 * sizeof bits->data);
        bits->data[bits->count / 8] |= (uint8_t)((value >> i & 1) << bits->count % 8);
    }
}

/* Huffman codes begin at their most significant bit. */
HELPER void put_code(struct bits *bits, unsigned code, unsigned width) {
    for (unsigned i = width; i-- > 0;)
        put_bits(bits, code >> i & 1, 1);
}

HELPER size_t bits_len(const struct bits *bits) {
    return (bits->count + 7) / 8;
}

/* ---------------------------------------------------------------- sources */

/* Bytes that come in reads of at most `step`; then, if `endless`, as many of the byte `then` as are asked for. */
struct trickle {
    struct pv_source base;
    const uint8_t *data;
    size_t len, pos, step;
    bool endless;
    uint8_t then;
    uint64_t given;
    bool fail; /* the next read fails, once */
};

HELPER enum provar_result trickle_read(struct pv_source *source, void *buf, size_t cap, size_t *len,
                                       struct provar_error *err) {
    struct trickle *trickle = (struct trickle *)source;
    assert_true(cap > 0);
    if (trickle->fail) {
        trickle->fail = false;
        return pv_fail(err, PROVAR_E_IO, PROVAR_NO_OFFSET, "the test says so");
    }
    size_t left = trickle->len - trickle->pos;
    bool beyond = left == 0 && trickle->endless;
    size_t count = cap < trickle->step ? cap : trickle->step;
    if (beyond)
        memset(buf, trickle->then, count);
    else
        count = count < left ? count : left;
    if (!beyond)
        memcpy(buf, trickle->data + trickle->pos, count);
    trickle->pos += beyond ? 0 : count;
    trickle->given += count;
    *len = count;
    return PROVAR_OK;
}

HELPER enum provar_result trickle_rewind(struct pv_source *source, struct provar_error *err) {
    (void)err;
    ((struct trickle *)source)->pos = 0;
    return PROVAR_OK;
}

HELPER void trickle_free(struct pv_source *source) {
    (void)source;
}

HELPER struct trickle trickle_of(const struct pv_buf *bytes, size_t step) {
    static const struct pv_source_ops ops = {.read = trickle_read, .rewind = trickle_rewind, .free = trickle_free};
    static const uint8_t none[1];
    return (struct trickle){
        .base = {.ops = &ops}, .data = bytes->data ? bytes->data : none, .len = bytes->len, .step = step};
}

/* Reads `source` to its end with reads of `chunk` bytes. */
HELPER enum provar_result read_all(struct pv_source *source, size_t chunk, struct pv_buf *out,
                                   struct provar_error *err) {
    for (;;) {
        size_t len = 0;
        assert_int_equal(pv_buf_reserve(out, chunk, NULL), PROVAR_OK);
        enum provar_result result = source->ops->read(source, out->data + out->len, chunk, &len, err);
        if (result != PROVAR_OK || len == 0)
            return result;
        assert_true(len <= chunk);
        out->len += len;
        out->data[out->len] = 0;
    }
}

/* Decodes a whole file that comes in reads of `step` bytes and is asked for `chunk` bytes at a time. */
HELPER enum provar_result gunzip_bytes(const struct pv_buf *file, size_t step, size_t chunk, struct pv_buf *out,
                                       struct provar_error *err) {
    struct trickle trickle = trickle_of(file, step);
    PV_AUTO_SOURCE struct pv_source *source = NULL;
    assert_int_equal(pv_gunzip_new(&trickle.base, PV_MAX_FILE_SIZE, &source, NULL), PROVAR_OK);
    return read_all(source, chunk, out, err);
}

#endif
