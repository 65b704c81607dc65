/* Compresses a piece by libdeflate, proves it by zlib, and opens its end so that another piece can follow. */
/* SPDX-License-Identifier: Apache-2.0 */
#define ZLIB_CONST
#include <libdeflate.h>
#include <zlib.h>

#include "internal.h"

#include "gzip/gzip_piece.h"
#include "gzip/gzip_write.h"

/*
 * libdeflate ends what it makes: its last block has BFINAL set and stops at any bit (RFC 1951, 3.2.3).
 *
 *     block | block | 1 ... end of block | 0 bits up to the byte          from libdeflate
 *     block | block | 0 ... end of block | 000 | 0 bits up to the byte | 00 00 FF FF
 *
 * The three bits and what follows are an empty stored block. Where the last block begins and ends is not marked: zlib
 * stops at every boundary while it decodes the piece.
 */
static const uint8_t empty_stored[4] = {0x00, 0x00, 0xff, 0xff};

/* Its three header bits may need a byte of their own. */
enum { CLOSING = 1 + sizeof empty_stored };

/* What z_stream.data_type says after inflate(Z_BLOCK). */
enum { UNUSED_BITS = 7, IN_LAST_BLOCK = 64, AT_BLOCK_END = 128 };

enum { RAW_DEFLATE = -15, PROOF = 64 * 1024 };

struct pv_gzip_piece {
    struct libdeflate_compressor *compressor;
    z_stream decoder;
    uint8_t proof[PROOF];
};

/* Of the last block, in bits from the start of the piece. */
struct extent {
    size_t begin;
    size_t end;
};

enum provar_result pv_gzip_piece_new(int level, struct pv_gzip_piece **piece, struct provar_error *err) {
    if (level < PV_GZIP_MIN_LEVEL || level > PV_GZIP_MAX_LEVEL)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "compression level %d is not between %d and %d", level,
                       PV_GZIP_MIN_LEVEL, PV_GZIP_MAX_LEVEL);
    PV_AUTO_FREE struct pv_gzip_piece *made = calloc(1, sizeof *made);
    if (made == NULL || inflateInit2(&made->decoder, RAW_DEFLATE) != Z_OK)
        return pv_fail_memory(err);
    made->compressor = libdeflate_alloc_compressor(level);
    if (made->compressor == NULL) {
        (void)inflateEnd(&made->decoder);
        return pv_fail_memory(err);
    }
    *piece = PV_TAKE(made);
    return PROVAR_OK;
}

void pv_gzip_piece_free(struct pv_gzip_piece *piece) {
    if (piece == NULL)
        return;
    libdeflate_free_compressor(piece->compressor);
    (void)inflateEnd(&piece->decoder);
    free(piece);
}

size_t pv_gzip_piece_bound(struct pv_gzip_piece *piece, size_t len) {
    return libdeflate_deflate_compress_bound(piece->compressor, len) + CLOSING;
}

/* Decodes up to the next block boundary or as much as `proof` holds, and compares it with the input at *seen. */
static int prove_some(struct pv_gzip_piece *piece, const uint8_t *in, size_t len, size_t *seen) {
    z_stream *decoder = &piece->decoder;
    decoder->next_out = piece->proof;
    decoder->avail_out = PROOF;
    int status = inflate(decoder, Z_BLOCK);
    size_t made = PROOF - decoder->avail_out;
    if (made > len - *seen || !pv_bytes_equal(piece->proof, in + *seen, made))
        return Z_DATA_ERROR;
    *seen += made;
    return status;
}

/* Shows that packed[0..packed_len) decodes to the input and to nothing else, and finds its last block. */
static bool prove(struct pv_gzip_piece *piece, const uint8_t *in, size_t len, const uint8_t *packed, size_t packed_len,
                  struct extent *last) {
    z_stream *decoder = &piece->decoder;
    size_t seen = 0;
    bool found = false;
    int status = inflateReset(decoder);
    decoder->next_in = packed;
    decoder->avail_in = (unsigned)packed_len;
    last->begin = 0;
    while (status == Z_OK) {
        status = prove_some(piece, in, len, &seen);
        size_t bits = 8 * (packed_len - decoder->avail_in) - (unsigned)(decoder->data_type & UNUSED_BITS);
        if (status != Z_OK || (decoder->data_type & AT_BLOCK_END) == 0)
            continue;
        found = (decoder->data_type & IN_LAST_BLOCK) != 0;
        *(found ? &last->end : &last->begin) = bits;
    }
    return status == Z_STREAM_END && found && seen == len && decoder->avail_in == 0;
}

/* Clears BFINAL of the last block and appends the empty stored block. Returns the new length. */
static size_t open_end(uint8_t *packed, size_t packed_len, const struct extent *last) {
    size_t unused = 8 * packed_len - last->end;
    packed[last->begin / 8] &= (uint8_t) ~(1U << last->begin % 8);
    packed[packed_len - 1] &= (uint8_t)(0xffU >> unused);
    if (unused < 3)
        packed[packed_len++] = 0;
    memcpy(packed + packed_len, empty_stored, sizeof empty_stored);
    return packed_len + sizeof empty_stored;
}

enum provar_result pv_gzip_piece_encode(struct pv_gzip_piece *piece, const uint8_t *in, size_t len, uint8_t *out,
                                        size_t cap, size_t *out_len, struct provar_error *err) {
    if (len > PV_GZIP_PIECE || cap < pv_gzip_piece_bound(piece, len))
        return pv_fail(err, PROVAR_E_INTERNAL, PROVAR_NO_OFFSET,
                       "a deflate piece with too much input or too little room");
    if (len == 0) {
        *out_len = 0;
        return PROVAR_OK;
    }
    struct extent last;
    size_t packed_len = libdeflate_deflate_compress(piece->compressor, in, len, out, cap - CLOSING);
    if (packed_len == 0 || !prove(piece, in, len, out, packed_len, &last))
        return pv_fail(err, PROVAR_E_INTERNAL, PROVAR_NO_OFFSET,
                       "the compressor's output does not decode to its input");
    *out_len = open_end(out, packed_len, &last);
    return PROVAR_OK;
}
