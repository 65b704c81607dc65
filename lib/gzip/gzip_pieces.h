/* Pieces of deflate data, as gzip_write makes them, decoded by several threads and handed out in order. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_GZIP_PIECES_H
#define PV_GZIP_PIECES_H

/*
 * A piece is what gzip_write makes of PV_GZIP_PIECE bytes of input:
 *
 *     blocks that refer to nothing before the piece | an empty stored block, which ends in 00 00 FF FF
 *
 * These four bytes may also lie inside of a block, and other writers end other things with them. So a cut behind them
 * is a guess, which decoding proves or refutes.
 */
struct pv_gzip_pieces;

/* `threads` is as pv_threads takes it; more than a few are left alone. Everything is allocated here. */
enum provar_result pv_gzip_pieces_new(unsigned threads, struct pv_gzip_pieces **pieces,
                                      struct provar_error *err) PV_MUST_CHECK;
void pv_gzip_pieces_free(struct pv_gzip_pieces *pieces);
/* Forgets what was appended and what is out; the decoders are idle afterwards. */
void pv_gzip_pieces_reset(struct pv_gzip_pieces *pieces);

/* Whether pv_gzip_pieces_take must be called before more is appended. */
bool pv_gzip_pieces_is_full(const struct pv_gzip_pieces *pieces);

enum pv_gzip_cut {
    PV_GZIP_CUT_NONE = 0, /* all was taken, and no end is among it */
    PV_GZIP_CUT_HERE = 1, /* what was taken ends as a piece does: pv_gzip_pieces_submit, or leave it */
    PV_GZIP_CUT_LONG = 2, /* longer than any piece: nothing but pv_gzip_pieces_take or _reset may follow */
};

/* Appends compressed bytes to the next piece, up to its end: `*taken` of `len`. */
enum pv_gzip_cut pv_gzip_pieces_append(struct pv_gzip_pieces *pieces, const uint8_t *in, size_t len, size_t *taken);
/* Hands what was appended to the threads. */
void pv_gzip_pieces_submit(struct pv_gzip_pieces *pieces);

struct pv_gzip_piece {
    /* It decoded from an empty window, to PV_GZIP_PIECE bytes, and ended between two blocks with no bit left over:
     * where a decoder stands between two blocks, it makes the same of these bytes, whatever is behind it. */
    bool is_proven;
    size_t in_len;
    const uint8_t *out; /* PV_GZIP_PIECE bytes, if proven; borrowed until the next call */
    uint32_t crc;       /* of them */
};

/* Waits for the oldest piece; false when none is out. */
bool pv_gzip_pieces_take(struct pv_gzip_pieces *pieces, struct pv_gzip_piece *piece);

#endif
