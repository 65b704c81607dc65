/* Compresses a piece by libdeflate, has it proven, and opens its end so that another piece can follow. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <libdeflate.h>

#include "internal.h"

#include "base/unpoison.h"
#include "gzip/gzip_coder.h"
#include "gzip/piece_end.h"

struct pv_gzip_coder {
    struct libdeflate_compressor *compressor;
    struct pv_piece_end *end;
};

enum provar_result pv_gzip_coder_new(int level, struct pv_gzip_coder **coder, struct provar_error *err) {
    if (level < PV_GZIP_MIN_LEVEL || level > PV_GZIP_MAX_LEVEL)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "compression level %d is not between %d and %d", level,
                       PV_GZIP_MIN_LEVEL, PV_GZIP_MAX_LEVEL);
    struct pv_gzip_coder *made = calloc(1, sizeof *made);
    if (made == NULL)
        return pv_fail_memory(err);
    made->compressor = libdeflate_alloc_compressor(level);
    if (made->compressor == NULL || pv_piece_end_new(&made->end, NULL) != PROVAR_OK) {
        pv_gzip_coder_free(made);
        return pv_fail_memory(err);
    }
    *coder = made;
    return PROVAR_OK;
}

void pv_gzip_coder_free(struct pv_gzip_coder *coder) {
    if (coder == NULL)
        return;
    libdeflate_free_compressor(coder->compressor);
    pv_piece_end_free(coder->end);
    free(coder);
}

size_t pv_gzip_coder_bound(struct pv_gzip_coder *coder, size_t len) {
    return libdeflate_deflate_compress_bound(coder->compressor, len) + PV_PIECE_END_ROOM;
}

enum provar_result pv_gzip_coder_encode(struct pv_gzip_coder *coder, const uint8_t *in, size_t len, uint8_t *out,
                                        size_t cap, size_t *out_len, struct provar_error *err) {
    if (len > PV_GZIP_PIECE || cap < pv_gzip_coder_bound(coder, len))
        return pv_fail(err, PROVAR_E_INTERNAL, PROVAR_NO_OFFSET,
                       "a deflate piece with too much input or too little room");
    if (len == 0) {
        *out_len = 0;
        return PROVAR_OK;
    }
    struct pv_piece piece = {.in = in, .in_len = len, .packed = out};
    piece.packed_len = libdeflate_deflate_compress(coder->compressor, in, len, out, cap - PV_PIECE_END_ROOM);
    PV_UNPOISON(out, piece.packed_len);
    if (piece.packed_len == 0 || !pv_piece_end_open(coder->end, &piece))
        return pv_fail(err, PROVAR_E_INTERNAL, PROVAR_NO_OFFSET,
                       "the compressor's output does not decode to its input");
    *out_len = piece.packed_len;
    return PROVAR_OK;
}
