/* Proves a compressed piece by decoding it, and opens its end so that another piece can follow; no I/O. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_PIECE_END_H
#define PV_PIECE_END_H

/*
 * A compressor ends what it makes: its last block has BFINAL set and stops at any bit (RFC 1951, 3.2.3).
 *
 *     block | block | 1 ... end of block | 0 bits up to the byte          from the compressor
 *     block | block | 0 ... end of block | 000 | 0 bits up to the byte | 00 00 FF FF
 *
 * The three bits and what follows are an empty stored block. Where the last block begins and ends is not marked: only
 * decoding the piece tells.
 */

/* What is appended at most: the stored block's three header bits may need a byte of their own. */
enum { PV_PIECE_END_ROOM = 1 + 4 };

/* LEN and its complement of an empty stored block (RFC 1951, 3.2.4): a piece and a segment end with them, on a byte. */
extern const uint8_t pv_empty_stored[4];

struct pv_piece {
    const uint8_t *in;
    size_t in_len;
    uint8_t *packed; /* with room for PV_PIECE_END_ROOM bytes more */
    size_t packed_len;
};

/* The decoders, which remember nothing from one piece to the next. */
struct pv_piece_end;

enum provar_result pv_piece_end_new(struct pv_piece_end **end, struct provar_error *err) PV_MUST_CHECK;
void pv_piece_end_free(struct pv_piece_end *end);

/* Shows that packed[0..packed_len) decodes to the input and to nothing else, and opens its end. False when it does
 * not; then no byte of it has changed. The result depends on the piece only. */
bool pv_piece_end_open(struct pv_piece_end *end, struct pv_piece *piece) PV_MUST_CHECK;

/* ---------------------------------------------------------------- the two methods */

/* zlib stops at every block's end, and takes any piece. */
struct pv_piece_end_zlib;

enum provar_result pv_piece_end_zlib_new(struct pv_piece_end_zlib **end, struct provar_error *err) PV_MUST_CHECK;
void pv_piece_end_zlib_free(struct pv_piece_end_zlib *end);
bool pv_piece_end_zlib_open(struct pv_piece_end_zlib *end, struct pv_piece *piece) PV_MUST_CHECK;

/* ISA-L takes half the time and has to search; false says nothing against the piece. It also takes codes that
 * are incomplete where nothing uses them (docs/THREATS.md); zlib does not. In a build without ISA-L _new makes NULL, by
 * which nothing is opened. */
struct pv_piece_end_isal;

enum provar_result pv_piece_end_isal_new(struct pv_piece_end_isal **end, struct provar_error *err) PV_MUST_CHECK;
void pv_piece_end_isal_free(struct pv_piece_end_isal *end);
bool pv_piece_end_isal_open(struct pv_piece_end_isal *end, struct pv_piece *piece) PV_MUST_CHECK;

/* Appends the empty stored block to a piece in whose last byte `unused` bits, all 0, follow the last block. */
void pv_piece_end_append(struct pv_piece *piece, size_t unused);

#endif
