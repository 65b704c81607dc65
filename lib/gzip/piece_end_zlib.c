/* Opens a piece's end by zlib, the only decoder that stops at a block's end. */
/* SPDX-License-Identifier: Apache-2.0 */
#define ZLIB_CONST
#include <zlib.h>

#include "internal.h"

#include "base/unpoison.h"
#include "gzip/piece_end.h"

/* What z_stream.data_type says after inflate(Z_BLOCK). */
enum { UNUSED_BITS = 7, IN_LAST_BLOCK = 64, AT_BLOCK_END = 128 };

enum { RAW_DEFLATE = -15, PROOF = 64 * 1024 };

struct pv_piece_end_zlib {
    z_stream decoder;
    uint8_t proof[PROOF];
};

/* Of the last block, in bits from the start of the piece. */
struct extent {
    size_t begin;
    size_t end;
};

enum provar_result pv_piece_end_zlib_new(struct pv_piece_end_zlib **end, struct provar_error *err) {
    PV_AUTO_FREE struct pv_piece_end_zlib *made = calloc(1, sizeof *made);
    if (made == NULL || inflateInit2(&made->decoder, RAW_DEFLATE) != Z_OK)
        return pv_fail_memory(err);
    *end = PV_TAKE(made);
    return PROVAR_OK;
}

void pv_piece_end_zlib_free(struct pv_piece_end_zlib *end) {
    if (end)
        (void)inflateEnd(&end->decoder);
    free(end);
}

/* Decodes up to the next block boundary or as much as `proof` holds, and compares it with the input at *seen. */
static int prove_some(struct pv_piece_end_zlib *end, const struct pv_piece *piece, size_t *seen) {
    z_stream *decoder = &end->decoder;
    decoder->next_out = end->proof;
    decoder->avail_out = PROOF;
    int status = inflate(decoder, Z_BLOCK);
    size_t made = PROOF - decoder->avail_out;
    PV_UNPOISON(end->proof, made);
    if (made > piece->in_len - *seen || !pv_bytes_equal(end->proof, piece->in + *seen, made))
        return Z_DATA_ERROR;
    *seen += made;
    return status;
}

/* Decodes the whole piece and finds its last block. */
static bool prove(struct pv_piece_end_zlib *end, const struct pv_piece *piece, struct extent *last) {
    z_stream *decoder = &end->decoder;
    size_t seen = 0;
    bool found = false;
    int status = inflateReset(decoder);
    decoder->next_in = piece->packed;
    decoder->avail_in = (unsigned)piece->packed_len;
    last->begin = 0;
    while (status == Z_OK) {
        status = prove_some(end, piece, &seen);
        size_t bits = 8 * (piece->packed_len - decoder->avail_in) - (unsigned)(decoder->data_type & UNUSED_BITS);
        if (status != Z_OK || (decoder->data_type & AT_BLOCK_END) == 0)
            continue;
        found = (decoder->data_type & IN_LAST_BLOCK) != 0;
        *(found ? &last->end : &last->begin) = bits;
    }
    return status == Z_STREAM_END && found && seen == piece->in_len && decoder->avail_in == 0;
}

bool pv_piece_end_zlib_open(struct pv_piece_end_zlib *end, struct pv_piece *piece) {
    struct extent last;
    if (!prove(end, piece, &last))
        return false;
    size_t unused = 8 * piece->packed_len - last.end;
    piece->packed[last.begin / 8] &= (uint8_t) ~(1U << last.begin % 8);
    piece->packed[piece->packed_len - 1] &= (uint8_t)(0xffU >> unused);
    pv_piece_end_append(piece, unused);
    return true;
}
