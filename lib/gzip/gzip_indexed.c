/* Walks and opens the segments of an indexed gzip file. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <zlib.h>

#include "internal.h"

#include "base/cursor.h"
#include "gzip/gzip_header.h"
#include "gzip/gzip_indexed.h"
#include "gzip/gzip_segment.h"

/* A look at an executable's headers need not decode more of it than this. */
enum { REACH = 64 * 1024 };

enum { BLOCK = 512 };

struct indexed {
    struct pv_source head;
    struct pv_source *file; /* borrowed */
    uint64_t deflate_at;    /* in the file */
    uint32_t trailer_crc;
    struct pv_source *walker;                    /* decodes the segment that `pos` lies in */
    size_t walked;                               /* its number; PV_MAX_MEMBERS + 1 for none */
    uint64_t walker_pos;                         /* in the tar stream */
    uint64_t pos;                                /* in the tar stream */
    struct pv_gzip_crc crcs[PV_MAX_MEMBERS + 1]; /* one a segment; each has one reader at a time */
    uint8_t header[PV_MAX_GZIP_HEADER];          /* names are borrowed from it */
    struct pv_gzip_index index;
};

enum { NOWHERE = PV_MAX_MEMBERS + 1 };

static struct indexed *of(struct pv_source *source) {
    return (struct indexed *)source;
}

/* Where segment `i` lies, and the bytes of header and body. */
static struct pv_gzip_extent extent_of(struct indexed *x, size_t i) {
    const struct pv_gzip_index *index = &x->index;
    uint64_t from = i < index->count ? index->segments[i].at : index->end_at;
    uint64_t tar_from = i < index->count ? index->segments[i].tar_at : pv_gzip_index_tar_end(index, index->count - 1);
    uint64_t whole = pv_gzip_index_tar_end(index, i) - tar_from;
    uint64_t len = i < index->count ? BLOCK + index->segments[i].size : whole;
    return (struct pv_gzip_extent){
        .from = x->deflate_at + from,
        .to = x->deflate_at + pv_gzip_index_end(index, i),
        .len = len,
        .padding = whole - len,
        .is_final = i == index->count,
        .crc = &x->crcs[i],
    };
}

static uint64_t tar_start(const struct indexed *x, size_t i) {
    return i == 0 ? 0 : pv_gzip_index_tar_end(&x->index, i - 1);
}

/* The segment that a place in the tar stream belongs to; the end blocks are the last. */
static size_t segment_at(const struct indexed *x, uint64_t pos) {
    size_t i = 0;
    while (i < x->index.count && pos >= pv_gzip_index_tar_end(&x->index, i))
        i++;
    return i;
}

/* ---------------------------------------------------------------- the walk */

/* Makes the walker stand at `pos` inside of segment `i`. */
static enum provar_result walk_to(struct indexed *x, size_t i, struct provar_error *err) {
    if (x->walked != i || x->walker_pos > x->pos) {
        struct pv_gzip_extent extent = extent_of(x, i);
        pv_gzip_segment_begin(x->walker, &extent);
        x->walked = i;
        x->walker_pos = tar_start(x, i);
    }
    uint64_t skipped = 0;
    enum provar_result result = pv_source_skip(x->walker, x->pos - x->walker_pos, &skipped, err);
    x->walker_pos += skipped;
    return result;
}

/* At the end of the stream: the final block must be there, and nothing behind it. */
static enum provar_result read_end(struct indexed *x, struct provar_error *err) {
    uint8_t none;
    size_t len = 0;
    enum provar_result result = walk_to(x, x->index.count, err);
    return result == PROVAR_OK ? x->walker->ops->read(x->walker, &none, 1, &len, err) : result;
}

static enum provar_result indexed_read(struct pv_source *source, void *buf, size_t cap, size_t *len,
                                       struct provar_error *err) {
    struct indexed *x = of(source);
    *len = 0;
    if (cap == 0)
        return PROVAR_OK;
    if (x->pos == x->index.tar_len)
        return read_end(x, err);
    size_t i = segment_at(x, x->pos);
    uint64_t served = tar_start(x, i) + extent_of(x, i).len;
    if (x->pos >= served) {
        uint64_t padding = pv_gzip_index_tar_end(&x->index, i) - x->pos;
        *len = cap < padding ? cap : (size_t)padding;
        memset(buf, 0, *len);
        x->pos += *len;
        return PROVAR_OK;
    }
    enum provar_result result = walk_to(x, i, err);
    if (result == PROVAR_OK)
        result = x->walker->ops->read(x->walker, buf, cap, len, err);
    x->walker_pos += *len;
    x->pos += *len;
    return result;
}

static uint64_t indexed_skip(struct pv_source *source, uint64_t count) {
    struct indexed *x = of(source);
    uint64_t left = x->index.tar_len - x->pos;
    uint64_t step = count < left ? count : left;
    x->pos += step;
    return step;
}

static enum provar_result indexed_rewind(struct pv_source *source, struct provar_error *err) {
    (void)err;
    struct indexed *x = of(source);
    x->pos = 0;
    x->walked = NOWHERE;
    memset(x->crcs, 0, sizeof x->crcs);
    return PROVAR_OK;
}

/* ---------------------------------------------------------------- parts */

/* A segment reader that knows whose segments it reads. */
struct part {
    struct pv_source head;
    struct indexed *whole;
    struct pv_source *segment;
};

static enum provar_result part_read(struct pv_source *source, void *buf, size_t cap, size_t *len,
                                    struct provar_error *err) {
    struct part *part = (struct part *)source;
    return part->segment->ops->read(part->segment, buf, cap, len, err);
}

static enum provar_result part_select(struct pv_source *source, uint64_t offset, uint64_t len,
                                      struct provar_error *err) {
    struct part *part = (struct part *)source;
    size_t i = segment_at(part->whole, offset);
    struct pv_gzip_extent extent = extent_of(part->whole, i);
    if (i == part->whole->index.count || offset != tar_start(part->whole, i) || len != extent.len)
        return pv_fail(err, PROVAR_E_GZIP, offset, "the target index is wrong: it knows no such member");
    pv_gzip_segment_begin(part->segment, &extent);
    struct pv_source *file = part->whole->file;
    if (file->ops->expect)
        file->ops->expect(file, extent.from, extent.to);
    return PROVAR_OK;
}

static void part_free(struct pv_source *source) {
    struct part *part = (struct part *)source;
    pv_source_free(part->segment);
    free(part);
}

static const struct pv_source_ops part_ops = {.read = part_read, .select = part_select, .free = part_free};

static enum provar_result indexed_part(struct pv_source *source, unsigned threads, struct pv_source **part,
                                       struct provar_error *err) {
    PV_AUTO_FREE struct part *made = calloc(1, sizeof *made);
    if (made == NULL)
        return pv_fail_memory(err);
    enum provar_result result = pv_gzip_segment_new(of(source)->file, threads, &made->segment, err);
    if (result != PROVAR_OK)
        return result;
    made->head.ops = &part_ops;
    made->whole = of(source);
    *part = &PV_TAKE(made)->head;
    return PROVAR_OK;
}

/* RFC 1952, 2.3.1: CRC32 of the whole, put together from the segments'. */
static enum provar_result indexed_finish(struct pv_source *source, struct provar_error *err) {
    struct indexed *x = of(source);
    uint32_t crc = 0;
    for (size_t i = 0; i <= x->index.count; i++) {
        if (!x->crcs[i].known)
            return pv_fail(err, PROVAR_E_INTERNAL, PROVAR_NO_OFFSET, "a segment was not read to its end");
        uint64_t len = pv_gzip_index_tar_end(&x->index, i) - tar_start(x, i);
        crc = (uint32_t)crc32_combine(crc, x->crcs[i].crc, (z_off_t)len);
    }
    if (crc != x->trailer_crc)
        return pv_fail(err, PROVAR_E_GZIP, x->file->size - PV_GZIP_TRAILER, "wrong CRC in the gzip trailer");
    return PROVAR_OK;
}

static void indexed_free(struct pv_source *source) {
    struct indexed *x = of(source);
    pv_source_free(x->walker);
    free(x);
}

static const struct pv_source_ops indexed_ops = {
    .read = indexed_read,
    .skip = indexed_skip,
    .rewind = indexed_rewind,
    .part = indexed_part,
    .finish = indexed_finish,
    .free = indexed_free,
};

/* ---------------------------------------------------------------- open */

/* Reads the index out of the header; false when there is none that can be used. */
static bool read_index(struct indexed *x, size_t len) {
    enum pv_gzip_progress progress;
    size_t header_len = 0;
    if (pv_gzip_header_decode(x->header, len, &progress, &header_len, NULL) != PROVAR_OK || progress != PV_GZIP_DONE)
        return false;
    struct pv_str extra = pv_gzip_header_extra(x->header, header_len);
    x->deflate_at = header_len;
    return pv_gzip_index_decode((const uint8_t *)extra.text, extra.len, &x->index) &&
           x->file->size - PV_GZIP_TRAILER - header_len == x->index.deflate_len;
}

static enum provar_result read_trailer(struct indexed *x, bool *agrees, struct provar_error *err) {
    uint8_t trailer[PV_GZIP_TRAILER];
    size_t len;
    enum provar_result result =
        x->file->ops->read_at(x->file, trailer, sizeof trailer, x->file->size - sizeof trailer, &len, err);
    struct pv_cursor cursor = pv_cursor(trailer, result == PROVAR_OK ? len : 0);
    x->trailer_crc = (uint32_t)pv_cursor_le(&cursor, 4);
    *agrees = pv_cursor_le(&cursor, 4) == (x->index.tar_len & UINT32_MAX) && !cursor.error;
    return result;
}

enum provar_result pv_gzip_indexed_new(struct pv_source *file, uint64_t max_file, struct pv_source **source,
                                       struct provar_error *err) {
    *source = NULL;
    if (file->ops->part == NULL || file->size > max_file || file->size < PV_GZIP_FIXED + PV_GZIP_TRAILER)
        return PROVAR_OK;
    PV_AUTO_FREE struct indexed *made = calloc(1, sizeof *made);
    if (made == NULL)
        return pv_fail_memory(err);
    size_t len;
    bool agrees = false;
    made->file = file;
    enum provar_result result = file->ops->read_at(file, made->header, sizeof made->header, 0, &len, err);
    if (result == PROVAR_OK && read_index(made, len))
        result = read_trailer(made, &agrees, err);
    if (result != PROVAR_OK || !agrees)
        return result;
    result = pv_gzip_segment_new(file, 1, &made->walker, err);
    if (result != PROVAR_OK)
        return result;
    made->head = (struct pv_source){.ops = &indexed_ops, .reach = REACH, .is_callers = file->is_callers};
    (void)indexed_rewind(&made->head, err);
    *source = &PV_TAKE(made)->head;
    return PROVAR_OK;
}

struct pv_str pv_gzip_indexed_name(const struct pv_source *source, uint64_t tar_at) {
    const struct indexed *x = (const struct indexed *)source;
    size_t i = segment_at(x, tar_at);
    bool begins = i < x->index.count && tar_start(x, i) == tar_at;
    return begins ? x->index.segments[i].name : pv_str(NULL, 0);
}

const struct pv_gzip_segment *pv_gzip_indexed_segment(const struct pv_source *source, size_t i) {
    const struct indexed *x = (const struct indexed *)source;
    return i < x->index.count ? &x->index.segments[i] : NULL;
}

bool pv_gzip_indexed_run(struct pv_source *source, uint64_t tar_at, struct pv_gzip_run *run) {
    struct indexed *x = of(source);
    size_t i = segment_at(x, tar_at);
    if (i == x->index.count || tar_start(x, i) != tar_at || !x->crcs[i].known)
        return false;
    struct pv_gzip_extent extent = extent_of(x, i);
    *run = (struct pv_gzip_run){.from = extent.from, .to = extent.to, .crc = x->crcs[i].crc};
    return true;
}
