/* Stands in for piece_end_isal.c where ISA-L is missing. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "gzip/piece_end.h"

enum provar_result pv_piece_end_isal_new(struct pv_piece_end_isal **end, struct provar_error *err) {
    (void)err;
    *end = NULL;
    return PROVAR_OK;
}

void pv_piece_end_isal_free(struct pv_piece_end_isal *end) {
    (void)end;
}

bool pv_piece_end_isal_open(struct pv_piece_end_isal *end, struct pv_piece *piece) {
    (void)end;
    (void)piece;
    return false;
}
