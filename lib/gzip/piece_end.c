/* Picks the faster method to open a piece's end, and the other one where that fails. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "gzip/piece_end.h"

const uint8_t pv_empty_stored[4] = {0x00, 0x00, 0xff, 0xff};

/* Below this ISA-L's search takes longer than zlib. */
enum { SEARCHED = 64 * 1024 };

struct pv_piece_end {
    struct pv_piece_end_zlib *zlib;
    struct pv_piece_end_isal *isal;
};

enum provar_result pv_piece_end_new(struct pv_piece_end **end, struct provar_error *err) {
    struct pv_piece_end *made = calloc(1, sizeof *made);
    if (made == NULL)
        return pv_fail_memory(err);
    enum provar_result result = pv_piece_end_zlib_new(&made->zlib, err);
    if (result == PROVAR_OK)
        result = pv_piece_end_isal_new(&made->isal, err);
    if (result != PROVAR_OK) {
        pv_piece_end_free(made);
        return result;
    }
    *end = made;
    return PROVAR_OK;
}

void pv_piece_end_free(struct pv_piece_end *end) {
    if (end == NULL)
        return;
    pv_piece_end_isal_free(end->isal);
    pv_piece_end_zlib_free(end->zlib);
    free(end);
}

bool pv_piece_end_open(struct pv_piece_end *end, struct pv_piece *piece) {
    if (piece->packed_len >= SEARCHED && pv_piece_end_isal_open(end->isal, piece))
        return true;
    return pv_piece_end_zlib_open(end->zlib, piece);
}

void pv_piece_end_append(struct pv_piece *piece, size_t unused) {
    if (unused < 3)
        piece->packed[piece->packed_len++] = 0;
    memcpy(piece->packed + piece->packed_len, pv_empty_stored, sizeof pv_empty_stored);
    piece->packed_len += sizeof pv_empty_stored;
}
