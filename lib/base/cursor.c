/* Bounds-checked reader over bytes with a sticky error. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/cursor.h"

size_t pv_cursor_left(const struct pv_cursor *cursor) {
    return cursor->error ? 0 : cursor->len - cursor->pos;
}

const uint8_t *pv_cursor_take(struct pv_cursor *cursor, size_t count) {
    if (cursor->error || count > cursor->len - cursor->pos) {
        cursor->error = true;
        return NULL;
    }
    const uint8_t *taken = cursor->data + cursor->pos;
    cursor->pos += count;
    return taken;
}

void pv_cursor_skip(struct pv_cursor *cursor, uint64_t count) {
    if (cursor->error || count > cursor->len - cursor->pos)
        cursor->error = true;
    else
        cursor->pos += (size_t)count;
}

void pv_cursor_seek(struct pv_cursor *cursor, uint64_t pos) {
    if (cursor->error || pos > cursor->len)
        cursor->error = true;
    else
        cursor->pos = (size_t)pos;
}

struct pv_str pv_cursor_until(struct pv_cursor *cursor, uint8_t end) {
    size_t left = pv_cursor_left(cursor);
    const uint8_t *start = left > 0 ? cursor->data + cursor->pos : NULL;
    const uint8_t *found = start ? memchr(start, end, left) : NULL;
    if (found == NULL) {
        cursor->error = true;
        return pv_str(NULL, 0);
    }
    size_t len = (size_t)(found - start);
    cursor->pos += len + 1;
    return pv_str((const char *)start, len);
}

uint8_t pv_cursor_u8(struct pv_cursor *cursor) {
    const uint8_t *byte = pv_cursor_take(cursor, 1);
    return byte ? *byte : 0;
}

uint64_t pv_cursor_le(struct pv_cursor *cursor, unsigned width) {
    const uint8_t *bytes = pv_cursor_take(cursor, width);
    uint64_t value = 0;
    for (unsigned i = width; bytes && i > 0; i--)
        value = value << 8 | bytes[i - 1];
    return value;
}

uint64_t pv_cursor_be(struct pv_cursor *cursor, unsigned width) {
    const uint8_t *bytes = pv_cursor_take(cursor, width);
    uint64_t value = 0;
    for (unsigned i = 0; bytes && i < width; i++)
        value = value << 8 | bytes[i];
    return value;
}
