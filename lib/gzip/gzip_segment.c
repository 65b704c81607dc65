/* Decodes one segment by itself, and refuses one that does not end where the index says. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "gzip/gzip_segment.h"
#include "gzip/inflate.h"

/* Every segment but the final one ends with an empty stored block (RFC 1951, 3.2.4), on a byte. */
static const uint8_t empty_stored[4] = {0x00, 0x00, 0xff, 0xff};

struct segment {
    struct pv_source head;
    struct pv_source *file; /* borrowed */
    struct pv_inflate *inflate;
    struct pv_gzip_extent extent;
    uint64_t at;   /* in the file: of in[in_len] */
    uint64_t left; /* bytes still to give out */
    uint32_t crc;  /* of the output so far */
    bool ended;    /* the final block is over */
    bool closed;   /* the end was proven */
    size_t in_pos;
    size_t in_len;
    uint8_t in[PV_BLOCK];
};

static enum provar_result fail_index(const struct segment *s, const char *what, struct provar_error *err) {
    return pv_fail(err, PROVAR_E_GZIP, s->at, "the target index is wrong: %s", what);
}

static enum provar_result fill(struct segment *s, struct provar_error *err) {
    uint64_t left = s->extent.to - s->at;
    size_t want = left < sizeof s->in ? (size_t)left : sizeof s->in;
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

/* Makes up to `cap` bytes; none when the input is over, or the final block. */
static enum provar_result inflate_some(struct segment *s, uint8_t *out, size_t cap, size_t *made,
                                       struct provar_error *err) {
    *made = 0;
    while (*made == 0 && !s->ended) {
        enum provar_result result = s->in_pos == s->in_len ? fill(s, err) : PROVAR_OK;
        if (result != PROVAR_OK)
            return result;
        bool starved = s->in_len == 0;
        struct pv_inflate_step step = {
            .in = s->in + s->in_pos, .in_len = s->in_len - s->in_pos, .out = out, .out_cap = cap};
        enum pv_inflate_state state = pv_inflate_step(s->inflate, &step);
        if (state == PV_INFLATE_NO_MEMORY)
            return pv_fail_memory(err);
        if (state == PV_INFLATE_DAMAGED || step.used < 0)
            return fail_index(s, "a segment does not decode by itself", err);
        s->in_pos += (size_t)step.used;
        s->ended = state == PV_INFLATE_END;
        *made = step.made;
        if (starved && step.made == 0)
            break;
        if (step.made == 0 && step.used == 0 && !s->ended)
            return pv_fail(err, PROVAR_E_INTERNAL, s->at, "the decoder does not go on");
    }
    s->crc = pv_inflate_crc32(s->crc, out, *made);
    return PROVAR_OK;
}

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
    uint8_t tail[sizeof empty_stored];
    result = s->file->ops->read_at(s->file, tail, sizeof tail, s->extent.to - sizeof tail, &got, err);
    if (result != PROVAR_OK)
        return result;
    if (got < sizeof tail || !pv_bytes_equal(tail, empty_stored, sizeof tail) ||
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
    pv_inflate_free(s->inflate);
    free(s);
}

static const struct pv_source_ops segment_ops = {.read = segment_read, .free = segment_free};

enum provar_result pv_gzip_segment_new(struct pv_source *file, struct pv_source **segment, struct provar_error *err) {
    PV_AUTO_FREE struct segment *made = calloc(1, sizeof *made);
    if (made == NULL)
        return pv_fail_memory(err);
    enum provar_result result = pv_inflate_new(&made->inflate, err);
    if (result != PROVAR_OK)
        return result;
    made->head.ops = &segment_ops;
    made->file = file;
    made->closed = true;
    *segment = &PV_TAKE(made)->head;
    return PROVAR_OK;
}

void pv_gzip_segment_begin(struct pv_source *segment, const struct pv_gzip_extent *extent) {
    struct segment *s = (struct segment *)segment;
    pv_inflate_reset(s->inflate);
    s->extent = *extent;
    s->at = extent->from;
    s->left = extent->len;
    s->crc = 0;
    s->ended = false;
    s->closed = false;
    s->in_pos = 0;
    s->in_len = 0;
}
