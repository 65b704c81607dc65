/* Bounds-checked reader over bytes with a sticky error: read many fields, look at `error` once. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_CURSOR_H
#define PV_CURSOR_H

/* Once `error` is set every read gives 0 and moves nothing. */
struct pv_cursor {
    const uint8_t *data;
    size_t len;
    size_t pos;
    bool error;
};

/* NULL with a length of 0 is an empty input; what is kept is a real address, because NULL + 0 is undefined. */
static inline struct pv_cursor pv_cursor(const void *data, size_t len) {
    return (struct pv_cursor){.data = data ? data : "", .len = len};
}

size_t pv_cursor_left(const struct pv_cursor *cursor);
/* The next `count` bytes, or NULL. */
const uint8_t *pv_cursor_take(struct pv_cursor *cursor, size_t count);
void pv_cursor_skip(struct pv_cursor *cursor, uint64_t count);
/* Moves to an absolute position. */
void pv_cursor_seek(struct pv_cursor *cursor, uint64_t pos);
/* Up to and over the next byte of this value; the text excludes it. Without one: error. */
struct pv_str pv_cursor_until(struct pv_cursor *cursor, uint8_t end);

uint8_t pv_cursor_u8(struct pv_cursor *cursor);
/* `width` of 1 to 8 bytes. */
uint64_t pv_cursor_le(struct pv_cursor *cursor, unsigned width);
uint64_t pv_cursor_be(struct pv_cursor *cursor, unsigned width);

#endif
