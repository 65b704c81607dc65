/* An oracle for gzip by zlib, and trailers that fit what a mutation made of the data. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <zlib.h>

#include "fuzz.h"

#include "base/cursor.h"
#include "slow_gzip.h"

enum { GZIP_WINDOW = 15 + 16, RAW_WINDOW = -15, CHUNK = 1 << 16 };
enum { AT_FLG = 3, FIXED = 10, TRAILER = 8, FHCRC = 0x02, FEXTRA = 0x04, FNAME = 0x08, FCOMMENT = 0x10 };

/* Of a header whose first subfield is the index: docs/FORMAT.md. */
enum { AT_SUBFIELD = 12, AT_DEFLATE_LEN = 20, AT_TAR_LEN = 28 };

static const char *message_of(const z_stream *stream) {
    return stream->msg ? stream->msg : "no end";
}

static bool inflate_all(int window, const uint8_t *data, size_t len, struct pv_buf *out, const char **fault) {
    z_stream stream = {0};
    int state = Z_OK;
    *fault = NULL;
    fuzz_require(inflateInit2(&stream, window) == Z_OK);
    stream.next_in = (uint8_t *)(uintptr_t)data;
    stream.avail_in = (uInt)len;
    while (state == Z_OK) {
        fuzz_require(pv_buf_reserve(out, CHUNK, NULL) == PROVAR_OK);
        stream.next_out = out->data + out->len;
        stream.avail_out = CHUNK;
        state = inflate(&stream, Z_NO_FLUSH);
        out->len += CHUNK - stream.avail_out;
    }
    bool whole = state == Z_STREAM_END && stream.avail_in == 0;
    if (!whole)
        *fault = message_of(&stream);
    fuzz_require(inflateEnd(&stream) == Z_OK);
    return whole;
}

bool slow_gunzip(const uint8_t *data, size_t len, struct pv_buf *out, const char **fault) {
    return inflate_all(GZIP_WINDOW, data, len, out, fault);
}

bool slow_is_code_set(const char *fault) {
    static const char *const sets[] = {"invalid code lengths set", "invalid literal/lengths set",
                                       "invalid distances set", NULL};
    return pv_str_is_one_of(pv_str_of(fault), sets);
}

size_t slow_header_len(const uint8_t *data, size_t len) {
    struct pv_cursor cursor = pv_cursor(data, len);
    pv_cursor_skip(&cursor, FIXED);
    unsigned flags = cursor.error ? 0 : data[AT_FLG];
    if (flags & FEXTRA)
        pv_cursor_skip(&cursor, pv_cursor_le(&cursor, 2));
    if (flags & FNAME)
        (void)pv_cursor_until(&cursor, 0);
    if (flags & FCOMMENT)
        (void)pv_cursor_until(&cursor, 0);
    if (flags & FHCRC)
        pv_cursor_skip(&cursor, 2);
    return cursor.error ? 0 : cursor.pos;
}

static void put_le(uint8_t *out, uint64_t value, unsigned width) {
    for (unsigned i = 0; i < width; i++)
        out[i] = (uint8_t)(value >> 8 * i);
}

bool slow_fit_gzip(uint8_t *data, size_t len) {
    size_t header = slow_header_len(data, len);
    const char *fault;
    PV_AUTO_BUF struct pv_buf out;
    pv_buf_init(&out, 64 * PV_MIB);
    if (header == 0 || len < header + TRAILER ||
        !inflate_all(RAW_WINDOW, data + header, len - header - TRAILER, &out, &fault))
        return false;
    put_le(data + len - TRAILER, crc32(0, out.data, (uInt)out.len), 4);
    put_le(data + len - 4, out.len, 4);
    if (data[AT_FLG] == FEXTRA && header >= AT_TAR_LEN + 8 && pv_bytes_equal(data + AT_SUBFIELD, "PI", 2)) {
        put_le(data + AT_DEFLATE_LEN, len - header - TRAILER, 8);
        put_le(data + AT_TAR_LEN, out.len, 8);
    }
    return true;
}
