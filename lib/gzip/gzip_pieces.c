/* Decodes pieces of deflate data side by side. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/jobs.h"
#include "gzip/gzip_coder.h"
#include "gzip/gzip_pieces.h"
#include "gzip/inflate.h"
#include "gzip/piece_end.h"

/* Of a piece; what does not compress is stored, at 5 bytes for a block of thousands (RFC 1951, 3.2.4). */
enum { PACKED_MAX = PV_GZIP_PIECE + PV_GZIP_PIECE / 64 };

/* One byte more than a piece has shows that it is none. */
enum { UNPACKED_MAX = PV_GZIP_PIECE + 1 };

/* Who takes the pieces hashes them, on one processor, which is about as fast as two decoders. */
enum { MAX_DECODERS = 4 };

struct slot {
    struct pv_gzip_piece piece;
    uint8_t *in, *out;
};

struct pv_gzip_pieces {
    unsigned threads;
    size_t slot_count;
    size_t filled; /* of the slot that is next */
    struct slot *slots;
    struct pv_ring *ring;
    struct pv_inflate *decoders[MAX_DECODERS]; /* one a thread */
};

/* ---------------------------------------------------------------- on any thread */

static bool decode(struct pv_inflate *decoder, const struct slot *slot) {
    size_t used = 0, made = 0;
    for (;;) {
        struct pv_inflate_step step = {.in = slot->in + used,
                                       .in_len = slot->piece.in_len - used,
                                       .out = slot->out + made,
                                       .out_cap = UNPACKED_MAX - made};
        if (pv_inflate_step(decoder, &step) != PV_INFLATE_MORE)
            return false;
        used = (size_t)((ptrdiff_t)used + step.used);
        made += step.made;
        if (made > PV_GZIP_PIECE)
            return false;
        if (step.used == 0 && step.made == 0)
            break;
    }
    return used == slot->piece.in_len && made == PV_GZIP_PIECE && pv_inflate_is_between_blocks(decoder);
}

static void decode_slot(void *user, size_t number, unsigned thread) {
    struct pv_gzip_pieces *pieces = user;
    struct slot *slot = &pieces->slots[number];
    pv_inflate_reset(pieces->decoders[thread]);
    slot->piece.is_proven = decode(pieces->decoders[thread], slot);
    if (slot->piece.is_proven)
        slot->piece.crc = pv_inflate_crc32(0, slot->out, PV_GZIP_PIECE);
}

/* ---------------------------------------------------------------- the owner */

static enum provar_result make_slots(struct pv_gzip_pieces *pieces, struct provar_error *err) {
    pieces->slots = calloc(pieces->slot_count, sizeof *pieces->slots);
    for (size_t i = 0; pieces->slots && i < pieces->slot_count; i++) {
        struct slot *slot = &pieces->slots[i];
        slot->in = malloc(PACKED_MAX);
        slot->out = malloc(UNPACKED_MAX);
        slot->piece.out = slot->out;
        if (slot->in == NULL || slot->out == NULL)
            return pv_fail_memory(err);
    }
    return pieces->slots ? PROVAR_OK : pv_fail_memory(err);
}

PV_DEFINE_CLEANUP(pieces_cleanup, struct pv_gzip_pieces, pv_gzip_pieces_free)

enum provar_result pv_gzip_pieces_new(unsigned threads, struct pv_gzip_pieces **pieces, struct provar_error *err) {
    PV_CLEANUP(pieces_cleanup) struct pv_gzip_pieces *made = calloc(1, sizeof *made);
    if (made == NULL)
        return pv_fail_memory(err);
    made->threads = pv_threads(threads);
    if (made->threads > MAX_DECODERS)
        made->threads = MAX_DECODERS;
    /* One is used up by the owner, one is spare. */
    made->slot_count = (size_t)made->threads + 2;
    enum provar_result result = make_slots(made, err);
    for (unsigned i = 0; result == PROVAR_OK && i < made->threads; i++)
        result = pv_inflate_new(&made->decoders[i], err);
    if (result == PROVAR_OK)
        result = pv_ring_new(made->slot_count, made->threads, decode_slot, made, &made->ring, err);
    if (result == PROVAR_OK)
        *pieces = PV_TAKE(made);
    return result;
}

void pv_gzip_pieces_free(struct pv_gzip_pieces *pieces) {
    if (pieces == NULL)
        return;
    pv_ring_free(pieces->ring);
    for (unsigned i = 0; i < pieces->threads; i++)
        pv_inflate_free(pieces->decoders[i]);
    for (size_t i = 0; pieces->slots && i < pieces->slot_count; i++) {
        free(pieces->slots[i].in);
        free(pieces->slots[i].out);
    }
    free(pieces->slots);
    free(pieces);
}

void pv_gzip_pieces_reset(struct pv_gzip_pieces *pieces) {
    for (size_t slot; pv_ring_wait(pieces->ring, &slot);)
        continue;
    pieces->filled = 0;
}

bool pv_gzip_pieces_is_full(const struct pv_gzip_pieces *pieces) {
    return pv_ring_is_full(pieces->ring);
}

/* Behind the first mark, or `len`. Of compressed bytes few are 0xff, which makes this much faster than memmem(3). */
static size_t find_end(const uint8_t *data, size_t len, bool *found) {
    *found = false;
    for (size_t i = sizeof pv_empty_stored - 2; i + 1 < len; i++) {
        const uint8_t *next = memchr(data + i, 0xff, len - 1 - i);
        if (next == NULL)
            break;
        i = (size_t)(next - data);
        *found = pv_bytes_equal(next - 2, pv_empty_stored, sizeof pv_empty_stored);
        if (*found)
            return i + 2;
    }
    return len;
}

enum pv_gzip_cut pv_gzip_pieces_append(struct pv_gzip_pieces *pieces, const uint8_t *in, size_t len, size_t *taken) {
    uint8_t *data = pieces->slots[pv_ring_slot(pieces->ring)].in;
    size_t before = pieces->filled;
    size_t room = PACKED_MAX - before;
    size_t count = len < room ? len : room;
    memcpy(data + before, in, count);
    /* The mark may have begun in what was there before. */
    size_t from = before < sizeof pv_empty_stored - 1 ? 0 : before - (sizeof pv_empty_stored - 1);
    bool found = false;
    pieces->filled = from + find_end(data + from, before + count - from, &found);
    *taken = pieces->filled - before;
    if (found)
        return PV_GZIP_CUT_HERE;
    return count < len ? PV_GZIP_CUT_LONG : PV_GZIP_CUT_NONE;
}

void pv_gzip_pieces_submit(struct pv_gzip_pieces *pieces) {
    pieces->slots[pv_ring_slot(pieces->ring)].piece.in_len = pieces->filled;
    pieces->filled = 0;
    pv_ring_submit(pieces->ring);
}

bool pv_gzip_pieces_take(struct pv_gzip_pieces *pieces, struct pv_gzip_piece *piece) {
    size_t slot;
    if (!pv_ring_wait(pieces->ring, &slot))
        return false;
    *piece = pieces->slots[slot].piece;
    return true;
}
