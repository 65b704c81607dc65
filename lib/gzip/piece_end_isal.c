/* Opens a piece's end by ISA-L: searches the last block by copies of the decoder, and proves what it wrote. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <isa-l/igzip_lib.h>

#include "internal.h"

#include "base/unpoison.h"
#include "gzip/piece_end.h"

/*
 * ISA-L tells in which step it met BFINAL, not at which bit. So it is copied before every step; the step that met
 * BFINAL is taken back and repeated as smaller ones, down to one byte. After that byte ISA-L has decoded all that is in
 * it, and waits, with the last block's header or the part of it that is there still unread. The bit is cleared, and the
 * copy from before that byte decodes on: the piece that is proven is the one that will be written. Only one bit was
 * cleared, and a decoder that meets BFINAL stops there; so one that passes the end proves that it was the right bit.
 */

/* A copy has 85 KiB: fewer are made by longer steps, less is repeated by shorter ones. FIRST_STEP is a power of FINER.
 */
enum { FIRST_STEP = 32 * 1024, FINER = 8, PROOF = 64 * 1024 };

/* BFINAL and BTYPE, all that precedes the symbols of a block with fixed codes. */
enum { FIXED_HEADER = 3 };

/* How far the piece is decoded. */
struct position {
    struct inflate_state decoder;
    size_t used; /* of packed */
    size_t seen; /* of the input */
};

struct pv_piece_end_isal {
    struct position now;
    struct position before; /* the last step */
    uint8_t proof[PROOF];
};

enum provar_result pv_piece_end_isal_new(struct pv_piece_end_isal **end, struct provar_error *err) {
    struct pv_piece_end_isal *made = calloc(1, sizeof *made);
    if (made == NULL)
        return pv_fail_memory(err);
    isal_inflate_init(&made->now.decoder);
    made->now.decoder.crc_flag = ISAL_DEFLATE;
    *end = made;
    return PROVAR_OK;
}

void pv_piece_end_isal_free(struct pv_piece_end_isal *end) {
    free(end);
}

/* Decodes the next `count` bytes and compares what they make with the input. */
static bool prove_some(struct pv_piece_end_isal *end, const struct pv_piece *piece, size_t count) {
    struct position *now = &end->now;
    struct inflate_state *decoder = &now->decoder;
    decoder->next_in = piece->packed + now->used;
    decoder->avail_in = (uint32_t)count;
    do {
        decoder->next_out = end->proof;
        decoder->avail_out = PROOF;
        if (isal_inflate(decoder) != ISAL_DECOMP_OK)
            return false;
        size_t made = PROOF - decoder->avail_out;
        PV_UNPOISON(end->proof, made);
        if (made > piece->in_len - now->seen || !pv_bytes_equal(end->proof, piece->in + now->seen, made))
            return false;
        now->seen += made;
    } while (decoder->avail_out == 0);
    now->used += count;
    return true;
}

static size_t unread_bits(const struct inflate_state *decoder) {
    return (size_t)decoder->read_in_length + 8 * (size_t)decoder->tmp_in_size;
}

static bool wants_header(const struct inflate_state *decoder) {
    return decoder->block_state == ISAL_BLOCK_NEW_HDR || decoder->block_state == ISAL_BLOCK_HDR;
}

/* Decodes up to the byte that holds BFINAL of the last block: `now` is behind it, `before` in front of it. */
static bool search(struct pv_piece_end_isal *end, const struct pv_piece *piece) {
    isal_inflate_reset(&end->now.decoder);
    end->now.used = 0;
    end->now.seen = 0;
    for (size_t step = FIRST_STEP; step > 0; step /= FINER) {
        while (end->now.decoder.bfinal == 0) {
            size_t left = piece->packed_len - end->now.used;
            end->before = end->now;
            if (left == 0 || !prove_some(end, piece, step < left ? step : left))
                return false;
        }
        if (step > 1)
            end->now = end->before;
    }
    return true;
}

/* After search: the bit of BFINAL, which must lie in the byte that `before` has not seen. */
static bool locate(const struct pv_piece_end_isal *end, size_t *bit) {
    const struct inflate_state *decoder = &end->now.decoder;
    size_t behind = unread_bits(decoder) + (decoder->block_state == ISAL_BLOCK_CODED ? FIXED_HEADER : 0);
    *bit = 8 * end->now.used - behind;
    return behind > 0 && behind <= 8;
}

/* Decodes the rest, of which the last block ends less than a byte before the end; *unused bits of 0 follow it. */
static bool prove_rest(struct pv_piece_end_isal *end, const struct pv_piece *piece, size_t *unused) {
    const struct inflate_state *decoder = &end->now.decoder;
    end->now = end->before;
    if (!prove_some(end, piece, piece->packed_len - end->now.used) || end->now.seen != piece->in_len)
        return false;
    *unused = unread_bits(decoder);
    return wants_header(decoder) && *unused < 8 && piece->packed[piece->packed_len - 1] >> (8 - *unused) == 0;
}

/* What was appended makes nothing, and leaves ISA-L before a header of which nothing is there. */
static bool prove_appended(struct pv_piece_end_isal *end, const struct pv_piece *piece) {
    const struct inflate_state *decoder = &end->now.decoder;
    if (!prove_some(end, piece, piece->packed_len - end->now.used))
        return false;
    return wants_header(decoder) && decoder->avail_in == 0 && unread_bits(decoder) == 0;
}

bool pv_piece_end_isal_open(struct pv_piece_end_isal *end, struct pv_piece *piece) {
    size_t bit;
    size_t unused;
    if (!search(end, piece) || !locate(end, &bit))
        return false;
    struct pv_piece opened = *piece;
    opened.packed[bit / 8] &= (uint8_t) ~(1U << bit % 8);
    if (prove_rest(end, &opened, &unused)) {
        pv_piece_end_append(&opened, unused);
        if (prove_appended(end, &opened)) {
            *piece = opened;
            return true;
        }
    }
    piece->packed[bit / 8] |= (uint8_t)(1U << bit % 8);
    return false;
}
