/* Decodes one gzip member from a source, in constant memory, and proves that it is whole and alone. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/cursor.h"
#include "gzip/gunzip.h"
#include "gzip/gzip_header.h"
#include "gzip/inflate.h"

enum stage { AT_HEADER, IN_BODY, AT_TRAILER, AT_END };

struct gunzip {
    struct pv_source base;
    struct pv_source *inner; /* borrowed */
    uint64_t max_file;
    struct pv_inflate *inflate;
    enum stage stage;
    enum provar_result failure; /* of an earlier read: the decoder cannot go on */
    uint32_t crc;               /* of the output so far */
    uint64_t size;              /* of the output so far */
    uint64_t in_total;          /* compressed bytes read so far: the offset of in[in_len] */
    bool in_ended;
    size_t in_pos;
    size_t in_len;
    uint8_t in[PV_BLOCK];
};

_Static_assert(PV_BLOCK > PV_MAX_GZIP_HEADER + PV_INFLATE_BACK, "a header fits into the input buffer");

/* gunzip.base is the first member. */
static struct gunzip *of(struct pv_source *source) {
    return (struct gunzip *)source;
}

static uint64_t in_offset(const struct gunzip *g) {
    return g->in_total - (g->in_len - g->in_pos);
}

/* Appends what one read of the inner source gives. Keeps some bytes before in_pos, since the decoder may give them
 * back. */
static enum provar_result fill(struct gunzip *g, struct provar_error *err) {
    size_t drop = g->in_pos > PV_INFLATE_BACK ? g->in_pos - PV_INFLATE_BACK : 0;
    if (drop > 0)
        memmove(g->in, g->in + drop, g->in_len - drop);
    g->in_pos -= drop;
    g->in_len -= drop;
    size_t got = 0;
    enum provar_result result = g->inner->ops->read(g->inner, g->in + g->in_len, sizeof g->in - g->in_len, &got, err);
    if (result != PROVAR_OK)
        return result;
    if (got > g->max_file - g->in_total)
        return pv_fail(err, PROVAR_E_LIMIT, g->max_file, "the gzip file is larger than %ju bytes",
                       (uintmax_t)g->max_file);
    g->in_total += got;
    g->in_len += got;
    g->in_ended = got == 0;
    return PROVAR_OK;
}

/* Reads until `count` bytes lie before us, or all that there are. */
static enum provar_result want(struct gunzip *g, size_t count, struct provar_error *err) {
    while (g->in_len - g->in_pos < count && !g->in_ended) {
        enum provar_result result = fill(g, err);
        if (result != PROVAR_OK)
            return result;
    }
    return PROVAR_OK;
}

static enum provar_result read_header(struct gunzip *g, struct provar_error *err) {
    enum pv_gzip_progress progress;
    size_t header_len;
    enum provar_result result = want(g, PV_MAX_GZIP_HEADER + 1, err);
    if (result == PROVAR_OK)
        result = pv_gzip_header_decode(g->in, g->in_len, &progress, &header_len, err);
    if (result != PROVAR_OK)
        return result;
    if (progress == PV_GZIP_MORE)
        return pv_fail(err, PROVAR_E_GZIP, g->in_total, "the file ends inside the gzip header");
    g->in_pos = header_len;
    g->stage = IN_BODY;
    return PROVAR_OK;
}

/* One step of the decoder; the CRC and the length are counted here, so that both backends are judged by the same code.
 */
static enum provar_result inflate_once(struct gunzip *g, uint8_t *out, size_t cap, size_t *made,
                                       struct provar_error *err) {
    struct pv_inflate_step step = {
        .in = g->in + g->in_pos, .in_len = g->in_len - g->in_pos, .out = out, .out_cap = cap};
    enum pv_inflate_state state = pv_inflate_step(g->inflate, &step);
    g->in_pos = (size_t)((ptrdiff_t)g->in_pos + step.used);
    if (state == PV_INFLATE_NO_MEMORY)
        return pv_fail_memory(err);
    if (state == PV_INFLATE_DAMAGED)
        return pv_fail(err, PROVAR_E_GZIP, in_offset(g), "damaged deflate data");
    g->crc = pv_inflate_crc32(g->crc, out, step.made);
    g->size += step.made;
    *made = step.made;
    if (state == PV_INFLATE_END)
        g->stage = AT_TRAILER;
    else if (step.made == 0 && step.used == 0 && step.in_len > 0)
        return pv_fail(err, PROVAR_E_INTERNAL, in_offset(g), "the decoder does not go on");
    return PROVAR_OK;
}

static enum provar_result read_body(struct gunzip *g, uint8_t *out, size_t cap, size_t *made,
                                    struct provar_error *err) {
    while (*made == 0 && g->stage == IN_BODY) {
        enum provar_result result = want(g, 1, err);
        bool starved = g->in_pos == g->in_len;
        if (result == PROVAR_OK)
            result = inflate_once(g, out, cap, made, err);
        if (result != PROVAR_OK)
            return result;
        /* Without input a decoder may still hold output back; only when it gives nothing either is the file too short.
         */
        if (starved && *made == 0 && g->stage == IN_BODY)
            return pv_fail(err, PROVAR_E_GZIP, g->in_total, "the file ends inside the compressed data");
    }
    return PROVAR_OK;
}

/* A second member or padding is refused: what a reader passes over, another one may believe. */
static enum provar_result read_trailer(struct gunzip *g, struct provar_error *err) {
    enum provar_result result = want(g, PV_GZIP_TRAILER + 1, err);
    if (result != PROVAR_OK)
        return result;
    uint64_t offset = in_offset(g);
    struct pv_cursor cursor = pv_cursor(g->in + g->in_pos, g->in_len - g->in_pos);
    uint64_t crc = pv_cursor_le(&cursor, 4);
    uint64_t size = pv_cursor_le(&cursor, 4);
    if (cursor.error)
        return pv_fail(err, PROVAR_E_GZIP, g->in_total, "the file ends inside the gzip trailer");
    if (crc != g->crc)
        return pv_fail(err, PROVAR_E_GZIP, offset, "wrong CRC in the gzip trailer");
    if (size != (g->size & UINT32_MAX))
        return pv_fail(err, PROVAR_E_GZIP, offset + 4, "wrong length in the gzip trailer");
    if (pv_cursor_left(&cursor) > 0)
        return pv_fail(err, PROVAR_E_GZIP, offset + PV_GZIP_TRAILER, "bytes follow the gzip member");
    g->stage = AT_END;
    return PROVAR_OK;
}

static enum provar_result advance(struct gunzip *g, uint8_t *out, size_t cap, size_t *made, struct provar_error *err) {
    enum provar_result result = PROVAR_OK;
    if (g->stage == AT_HEADER)
        result = read_header(g, err);
    if (result == PROVAR_OK && g->stage == IN_BODY)
        result = read_body(g, out, cap, made, err);
    if (result == PROVAR_OK && *made == 0 && g->stage == AT_TRAILER)
        result = read_trailer(g, err);
    return result;
}

static enum provar_result gunzip_read(struct pv_source *source, void *buf, size_t cap, size_t *len,
                                      struct provar_error *err) {
    struct gunzip *g = of(source);
    size_t made = 0;
    if (g->failure != PROVAR_OK)
        return pv_fail(err, g->failure, in_offset(g), "the gzip file could not be read before");
    if (cap > 0)
        g->failure = advance(g, buf, cap, &made, err);
    if (g->failure == PROVAR_OK)
        *len = made;
    return g->failure;
}

static void begin(struct gunzip *g) {
    pv_inflate_reset(g->inflate);
    g->stage = AT_HEADER;
    g->failure = PROVAR_OK;
    g->crc = 0;
    g->size = 0;
    g->in_total = 0;
    g->in_ended = false;
    g->in_pos = 0;
    g->in_len = 0;
}

static enum provar_result gunzip_rewind(struct pv_source *source, struct provar_error *err) {
    struct gunzip *g = of(source);
    begin(g);
    g->failure = pv_source_rewind(g->inner, err);
    return g->failure;
}

static void gunzip_free(struct pv_source *source) {
    struct gunzip *g = of(source);
    pv_inflate_free(g->inflate);
    free(g);
}

static const struct pv_source_ops once_ops = {.read = gunzip_read, .free = gunzip_free};
static const struct pv_source_ops rewind_ops = {.read = gunzip_read, .rewind = gunzip_rewind, .free = gunzip_free};

enum provar_result pv_gunzip_new(struct pv_source *inner, uint64_t max_file, struct pv_source **source,
                                 struct provar_error *err) {
    PV_AUTO_FREE struct gunzip *g = calloc(1, sizeof *g);
    if (g == NULL)
        return pv_fail_memory(err);
    enum provar_result result = pv_inflate_new(&g->inflate, err);
    if (result != PROVAR_OK)
        return result;
    g->base.ops = pv_source_can_rewind(inner) ? &rewind_ops : &once_ops;
    g->inner = inner;
    g->max_file = max_file;
    begin(g);
    *source = &PV_TAKE(g)->base;
    return PROVAR_OK;
}
