/* A streaming decoder of raw deflate data (RFC 1951), and the CRC of RFC 1952; the build picks one inflate_*.c. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_INFLATE_H
#define PV_INFLATE_H

struct pv_inflate;

enum provar_result pv_inflate_new(struct pv_inflate **decoder, struct provar_error *err) PV_MUST_CHECK;
void pv_inflate_free(struct pv_inflate *decoder);
/* Begins another stream. */
void pv_inflate_reset(struct pv_inflate *decoder);
/* Behind a reset: begins where `len` bytes of output, of which the last 32 KiB count, are behind the decoder. */
enum provar_result pv_inflate_set_dictionary(struct pv_inflate *decoder, const uint8_t *data, size_t len,
                                             struct provar_error *err) PV_MUST_CHECK;

enum pv_inflate_state {
    PV_INFLATE_MORE = 0,      /* wants input or room */
    PV_INFLATE_END = 1,       /* the final block is over and all of its output was handed out */
    PV_INFLATE_DAMAGED = 2,   /* RFC 1951 is violated */
    PV_INFLATE_NO_MEMORY = 3, /* not the input's fault */
};

/* A decoder reads ahead by at most this many whole bytes. */
enum { PV_INFLATE_BACK = 8 };

/* The caller lends `in` and `out`; the step says what became of them. */
struct pv_inflate_step {
    const uint8_t *in;
    size_t in_len;
    uint8_t *out;
    size_t out_cap;
    size_t made; /* bytes written to out */
    /* Bytes of `in` that are used up. Only with PV_INFLATE_END is this the exact end of the stream, and then it may be
     * negative, down to -PV_INFLATE_BACK: that many bytes which earlier steps took lie behind the end. */
    ptrdiff_t used;
};

/* Decodes until the input is used up, the room is filled, or the stream ends. May do a part of that only, but with
 * input and room it never does nothing. After anything but PV_INFLATE_MORE the stream is over: reset or free. */
enum pv_inflate_state pv_inflate_step(struct pv_inflate *decoder, struct pv_inflate_step *step) PV_MUST_CHECK;

/* Whether the decoder, which was given all of its input, stands between two blocks with no bit left over, and the block
 * before was not the final one. What follows then decodes as it would behind nothing. */
bool pv_inflate_is_between_blocks(const struct pv_inflate *decoder);

/* Goes on with a CRC that began as 0. */
uint32_t pv_inflate_crc32(uint32_t crc, const void *data, size_t len);

#endif
