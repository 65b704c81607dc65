/* Decodes one segment by itself, and refuses one that does not end where the index says. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <zlib.h>

#include "internal.h"

#include "base/jobs.h"
#include "gzip/gzip_coder.h"
#include "gzip/gzip_pieces.h"
#include "gzip/gzip_segment.h"
#include "gzip/inflate.h"
#include "gzip/piece_end.h"

struct segment {
    struct pv_source head;
    struct pv_source *file;        /* borrowed */
    struct pv_inflate *inflate;    /* stands behind `piece`, as long as there are pieces */
    struct pv_gzip_pieces *pieces; /* NULL for one thread */
    bool in_pieces, cutting;       /* pieces are given out; and more of them are looked for */
    struct pv_gzip_piece piece;    /* the one that is given out */
    size_t piece_left;             /* of its bytes */
    uint64_t piece_end;            /* in the file */
    struct pv_gzip_extent extent;
    uint64_t at;   /* in the file: of in[in_len] */
    uint64_t left; /* bytes still to give out */
    uint32_t crc;  /* of the output so far */
    bool holding;  /* the decoder filled the room it was given, and may have more without more input */
    bool ended;    /* the final block is over */
    bool closed;   /* the end was proven */
    size_t in_pos;
    size_t in_len;
    uint8_t in[PV_BLOCK];
};

static enum provar_result fail_index(const struct segment *s, const char *what, struct provar_error *err) {
    return pv_fail(err, PROVAR_E_GZIP, s->extent.from, "the target index is wrong: %s", what);
}

/* A look wants the front of a segment and no more, but ISA-L decodes up to 64 KiB ahead of what is taken; so the first
 * input is short, and each one as long as all before it together. */
enum { FIRST_INPUT = 4096 };

static enum provar_result fill(struct segment *s, struct provar_error *err) {
    uint64_t left = s->extent.to - s->at;
    uint64_t seen = s->at - s->extent.from;
    size_t room = seen < sizeof s->in ? (size_t)seen : sizeof s->in;
    if (room < FIRST_INPUT)
        room = FIRST_INPUT;
    size_t want = left < room ? (size_t)left : room;
    size_t got = 0;
    enum provar_result result = PROVAR_OK;
    if (want > 0)
        result = s->file->ops->read_at(s->file, s->in, want, s->at, &got, err);
    if (result == PROVAR_OK && got < want)
        return fail_index(s, "a segment lies beyond the end of the file", err);
    s->at += got;
    s->in_pos = 0;
    s->in_len = got;
    return result;
}

/* ---------------------------------------------------------------- piece by piece */

/* Cuts one more piece off. What cannot be read or cut is left to the decoder that goes on behind the pieces, the
 * segment's last piece among it, whose end is judged. */
static void cut_piece(struct segment *s) {
    enum pv_gzip_cut cut = PV_GZIP_CUT_NONE;
    while (cut == PV_GZIP_CUT_NONE && s->cutting) {
        size_t taken;
        s->cutting = s->in_pos < s->in_len || (fill(s, NULL) == PROVAR_OK && s->in_len > 0);
        if (!s->cutting)
            return;
        cut = pv_gzip_pieces_append(s->pieces, s->in + s->in_pos, s->in_len - s->in_pos, &taken);
        s->in_pos += taken;
        s->cutting = cut != PV_GZIP_CUT_LONG && (s->in_pos < s->in_len || s->at < s->extent.to);
    }
    if (cut == PV_GZIP_CUT_HERE && s->cutting)
        pv_gzip_pieces_submit(s->pieces);
}

/* From here on one decoder reads all that follows; it has the output before it as its window. */
static void leave_pieces(struct segment *s) {
    pv_gzip_pieces_reset(s->pieces);
    s->in_pieces = false;
    s->at = s->piece_end;
    s->in_pos = 0;
    s->in_len = 0;
}

static enum provar_result next_piece(struct segment *s, struct provar_error *err) {
    while (s->cutting && !pv_gzip_pieces_is_full(s->pieces))
        cut_piece(s);
    if (!pv_gzip_pieces_take(s->pieces, &s->piece) || !s->piece.is_proven) {
        leave_pieces(s);
        return PROVAR_OK;
    }
    s->piece_left = PV_GZIP_PIECE;
    s->piece_end += s->piece.in_len;
    s->crc = (uint32_t)crc32_combine(s->crc, s->piece.crc, PV_GZIP_PIECE);
    pv_inflate_reset(s->inflate);
    return pv_inflate_set_dictionary(s->inflate, s->piece.out, PV_GZIP_PIECE, err);
}

/* Gives out up to `cap` bytes; none when the pieces are over. */
static enum provar_result take_some(struct segment *s, uint8_t *out, size_t cap, size_t *made,
                                    struct provar_error *err) {
    enum provar_result result = s->piece_left == 0 ? next_piece(s, err) : PROVAR_OK;
    if (result != PROVAR_OK || !s->in_pieces)
        return result;
    *made = cap < s->piece_left ? cap : s->piece_left;
    memcpy(out, s->piece.out + (PV_GZIP_PIECE - s->piece_left), *made);
    s->piece_left -= *made;
    return PROVAR_OK;
}

/* ---------------------------------------------------------------- in one go */

/* Makes up to `cap` bytes; none when the input is over, or the final block. */
static enum provar_result inflate_some(struct segment *s, uint8_t *out, size_t cap, size_t *made,
                                       struct provar_error *err) {
    *made = 0;
    if (s->in_pieces) {
        enum provar_result result = take_some(s, out, cap, made, err);
        if (result != PROVAR_OK || *made > 0)
            return result;
    }
    while (*made == 0 && !s->ended) {
        bool held = s->holding;
        enum provar_result result = s->in_pos == s->in_len && !held ? fill(s, err) : PROVAR_OK;
        if (result != PROVAR_OK)
            return result;
        bool starved = s->in_pos == s->in_len;
        struct pv_inflate_step step = {
            .in = s->in + s->in_pos, .in_len = s->in_len - s->in_pos, .out = out, .out_cap = cap};
        enum pv_inflate_state state = pv_inflate_step(s->inflate, &step);
        if (state == PV_INFLATE_NO_MEMORY)
            return pv_fail_memory(err);
        if (state == PV_INFLATE_DAMAGED || step.used < 0)
            return fail_index(s, "a segment does not decode by itself", err);
        s->in_pos += (size_t)step.used;
        s->holding = step.made == cap;
        s->ended = state == PV_INFLATE_END;
        *made = step.made;
        if (starved && !held && step.made == 0)
            break;
        if (!starved && step.made == 0 && step.used == 0 && !s->ended)
            return pv_fail(err, PROVAR_E_INTERNAL, s->at, "the decoder does not go on");
    }
    s->crc = pv_inflate_crc32(s->crc, out, *made);
    return PROVAR_OK;
}

/* ---------------------------------------------------------------- the end */

static enum provar_result check_padding(struct segment *s, struct provar_error *err) {
    uint8_t block[512];
    for (uint64_t left = s->extent.padding; left > 0;) {
        size_t made;
        size_t want = left < sizeof block ? (size_t)left : sizeof block;
        enum provar_result result = inflate_some(s, block, want, &made, err);
        if (result != PROVAR_OK)
            return result;
        if (made == 0)
            return fail_index(s, "a segment is shorter", err);
        for (size_t i = 0; i < made; i++)
            if (block[i] != 0)
                return fail_index(s, "a member's padding is not zero", err);
        left -= made;
    }
    return PROVAR_OK;
}

/* Two segments may each decode alone and yet not one behind the other: where this one ends, nothing may be left over
 * that the next one's first bits would be added to. */
static enum provar_result check_end(struct segment *s, struct provar_error *err) {
    uint8_t surplus;
    size_t made;
    enum provar_result result = inflate_some(s, &surplus, 1, &made, err);
    if (result != PROVAR_OK)
        return result;
    if (made > 0)
        return fail_index(s, "a segment is longer", err);
    if (s->at != s->extent.to || s->in_pos != s->in_len || s->ended != s->extent.is_final)
        return fail_index(s, "a segment ends elsewhere", err);
    if (s->extent.is_final)
        return PROVAR_OK;
    size_t got = 0;
    uint8_t tail[sizeof pv_empty_stored];
    result = s->file->ops->read_at(s->file, tail, sizeof tail, s->extent.to - sizeof tail, &got, err);
    if (result != PROVAR_OK)
        return result;
    if (got < sizeof tail || !pv_bytes_equal(tail, pv_empty_stored, sizeof tail) ||
        !pv_inflate_is_between_blocks(s->inflate))
        return fail_index(s, "a segment does not end with an empty stored block", err);
    return PROVAR_OK;
}

static enum provar_result close_segment(struct segment *s, struct provar_error *err) {
    enum provar_result result = check_padding(s, err);
    if (result == PROVAR_OK)
        result = check_end(s, err);
    if (result != PROVAR_OK)
        return result;
    s->closed = true;
    *s->extent.crc = (struct pv_gzip_crc){.known = true, .crc = s->crc};
    return PROVAR_OK;
}

/* ---------------------------------------------------------------- as a source */

static enum provar_result segment_read(struct pv_source *source, void *buf, size_t cap, size_t *len,
                                       struct provar_error *err) {
    struct segment *s = (struct segment *)source;
    *len = 0;
    if (cap == 0)
        return PROVAR_OK;
    if (s->left == 0)
        return s->closed ? PROVAR_OK : close_segment(s, err);
    enum provar_result result = inflate_some(s, buf, cap < s->left ? cap : (size_t)s->left, len, err);
    if (result == PROVAR_OK && *len == 0)
        return fail_index(s, "a segment is shorter", err);
    s->left -= *len;
    return result;
}

static void segment_free(struct pv_source *source) {
    struct segment *s = (struct segment *)source;
    pv_gzip_pieces_free(s->pieces);
    pv_inflate_free(s->inflate);
    free(s);
}

static const struct pv_source_ops segment_ops = {.read = segment_read, .free = segment_free};

enum provar_result pv_gzip_segment_new(struct pv_source *file, unsigned threads, struct pv_source **segment,
                                       struct provar_error *err) {
    PV_AUTO_SOURCE struct pv_source *source = NULL;
    struct segment *made = calloc(1, sizeof *made);
    if (made == NULL)
        return pv_fail_memory(err);
    made->head.ops = &segment_ops;
    made->file = file;
    made->closed = true;
    source = &made->head;
    enum provar_result result = pv_inflate_new(&made->inflate, err);
    if (result == PROVAR_OK && pv_threads(threads) > 1)
        result = pv_gzip_pieces_new(threads, &made->pieces, err);
    if (result == PROVAR_OK)
        *segment = PV_TAKE(source);
    return result;
}

void pv_gzip_segment_begin(struct pv_source *segment, const struct pv_gzip_extent *extent) {
    struct segment *s = (struct segment *)segment;
    pv_inflate_reset(s->inflate);
    if (s->pieces)
        pv_gzip_pieces_reset(s->pieces);
    s->in_pieces = s->pieces && extent->len > PV_GZIP_SHARED;
    s->cutting = s->in_pieces;
    s->piece_left = 0;
    s->piece_end = extent->from;
    s->extent = *extent;
    s->at = extent->from;
    s->left = extent->len;
    s->crc = 0;
    s->holding = false;
    s->ended = false;
    s->closed = false;
    s->in_pos = 0;
    s->in_len = 0;
}
