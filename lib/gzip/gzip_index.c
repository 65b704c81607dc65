/* Encodes the target index of a gzip header, and decodes one that nobody has vouched for. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/cursor.h"
#include "gzip/gzip_header.h"
#include "gzip/gzip_index.h"

enum { VERSION = 1, XLEN_BYTES = 2, SUBFIELD_HEADER = 4, XLEN_FACTOR = 257 };

/* Of the payload: version to tar_len, and end_at; each segment without its name. */
enum { FRAME = 1 + 1 + 2 + 8 + 8 + 8, SEGMENT = 8 + 8 + 8 + 1, MAX_NAME = 255 };

/* A tar stream counts in blocks, and ends with two of zeros. */
enum { BLOCK = 512, END_BLOCKS = 2 * BLOCK };

/* Sums of a few of these stay below 2^64. */
#define MAX_POSITION ((uint64_t)INT64_MAX / 4)

static uint64_t round_to_block(uint64_t size) {
    return (size + BLOCK - 1) / BLOCK * BLOCK;
}

uint64_t pv_gzip_index_end(const struct pv_gzip_index *index, size_t i) {
    if (i >= index->count)
        return index->deflate_len;
    return i + 1 == index->count ? index->end_at : index->segments[i + 1].at;
}

uint64_t pv_gzip_index_tar_end(const struct pv_gzip_index *index, size_t i) {
    if (i >= index->count)
        return index->tar_len;
    return index->segments[i].tar_at + BLOCK + round_to_block(index->segments[i].size);
}

/* ---------------------------------------------------------------- encode */

static size_t payload_len(const struct pv_gzip_index *index) {
    size_t len = FRAME;
    for (size_t i = 0; i < index->count; i++)
        len += SEGMENT + index->segments[i].name.len;
    return len;
}

/* What fills XLEN up to a multiple: nothing, or a subfield, which cannot be shorter than its header. */
static size_t filler_len(size_t payload) {
    size_t missing = (XLEN_FACTOR - (SUBFIELD_HEADER + payload) % XLEN_FACTOR) % XLEN_FACTOR;
    return missing > 0 && missing < SUBFIELD_HEADER ? missing + XLEN_FACTOR : missing;
}

size_t pv_gzip_index_len(const struct pv_gzip_index *index) {
    if (index->count > PV_MAX_MEMBERS)
        return 0;
    for (size_t i = 0; i < index->count; i++)
        if (index->segments[i].name.len > MAX_NAME)
            return 0;
    size_t payload = payload_len(index);
    size_t len = XLEN_BYTES + SUBFIELD_HEADER + payload + filler_len(payload);
    return len <= PV_MAX_GZIP_HEADER - PV_GZIP_FIXED ? len : 0;
}

static uint8_t *put_le(uint8_t *out, uint64_t value, unsigned width) {
    for (unsigned i = 0; i < width; i++)
        *out++ = (uint8_t)(value >> 8 * i);
    return out;
}

static uint8_t *put_subfield(uint8_t *out, char id, size_t len) {
    *out++ = 'P';
    *out++ = (uint8_t)id;
    return put_le(out, len, 2);
}

void pv_gzip_index_encode(const struct pv_gzip_index *index, uint8_t *out) {
    size_t payload = payload_len(index), filler = filler_len(payload);
    out = put_le(out, SUBFIELD_HEADER + payload + filler, XLEN_BYTES);
    out = put_subfield(out, 'I', payload);
    out = put_le(out, VERSION, 2); /* and flags 0 */
    out = put_le(out, index->count, 2);
    out = put_le(out, index->deflate_len, 8);
    out = put_le(out, index->tar_len, 8);
    for (size_t i = 0; i < index->count; i++) {
        const struct pv_gzip_segment *segment = &index->segments[i];
        out = put_le(out, segment->at, 8);
        out = put_le(out, segment->tar_at, 8);
        out = put_le(out, segment->size, 8);
        out = put_le(out, segment->name.len, 1);
        memcpy(out, segment->name.text, segment->name.len);
        out += segment->name.len;
    }
    out = put_le(out, index->end_at, 8);
    if (filler > 0)
        memset(put_subfield(out, 'P', filler - SUBFIELD_HEADER), 0, filler - SUBFIELD_HEADER);
}

/* ---------------------------------------------------------------- decode */

/* The payload of the one subfield that is an index; error in the cursor when there is none, or a second one. */
static struct pv_cursor find_payload(const uint8_t *data, size_t len) {
    struct pv_cursor fields = pv_cursor(data, len);
    struct pv_cursor found = {.error = true};
    while (!fields.error && pv_cursor_left(&fields) > 0) {
        uint8_t first = pv_cursor_u8(&fields), second = pv_cursor_u8(&fields);
        size_t size = (size_t)pv_cursor_le(&fields, 2);
        const uint8_t *body = pv_cursor_take(&fields, size);
        bool again = !found.error;
        if (first != 'P' || second != 'I')
            continue;
        found = pv_cursor(body, size);
        found.error = again || body == NULL;
        if (found.error)
            break;
    }
    found.error = found.error || fields.error;
    return found;
}

static void decode_segment(struct pv_cursor *cursor, struct pv_gzip_segment *segment) {
    segment->at = pv_cursor_le(cursor, 8);
    segment->tar_at = pv_cursor_le(cursor, 8);
    segment->size = pv_cursor_le(cursor, 8);
    size_t name_len = pv_cursor_u8(cursor);
    segment->name = pv_str((const char *)pv_cursor_take(cursor, name_len), name_len);
}

/* Segments tile the deflate data and the tar stream, in one order. */
static bool is_consistent(const struct pv_gzip_index *index) {
    uint64_t at = 0, tar_at = 0;
    if (index->count == 0 || index->deflate_len > MAX_POSITION || index->tar_len > MAX_POSITION)
        return false;
    for (size_t i = 0; i < index->count; i++) {
        const struct pv_gzip_segment *segment = &index->segments[i];
        if (segment->at != at || segment->tar_at != tar_at || segment->size > MAX_POSITION || segment->name.len == 0)
            return false;
        at = pv_gzip_index_end(index, i);
        tar_at = pv_gzip_index_tar_end(index, i);
        if (at <= segment->at || at > index->deflate_len || tar_at > index->tar_len)
            return false;
    }
    uint64_t end = index->tar_len - tar_at;
    return index->end_at < index->deflate_len && end >= END_BLOCKS && end <= END_BLOCKS + PV_MAX_TAIL;
}

bool pv_gzip_index_decode(const uint8_t *data, size_t len, struct pv_gzip_index *index) {
    struct pv_cursor cursor = find_payload(data, len);
    bool known = pv_cursor_le(&cursor, 2) == VERSION;
    *index = (struct pv_gzip_index){.count = (size_t)pv_cursor_le(&cursor, 2)};
    if (cursor.error || !known || index->count > PV_MAX_MEMBERS)
        return false;
    index->deflate_len = pv_cursor_le(&cursor, 8);
    index->tar_len = pv_cursor_le(&cursor, 8);
    for (size_t i = 0; i < index->count; i++)
        decode_segment(&cursor, &index->segments[i]);
    index->end_at = pv_cursor_le(&cursor, 8);
    return !cursor.error && pv_cursor_left(&cursor) == 0 && is_consistent(index);
}
