/* Writes a gzip member of pieces that threads compress, and what is known last into the places kept for it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <zlib.h>

#include "internal.h"

#include "base/fs.h"
#include "base/jobs.h"
#include "gzip/gzip_header.h"
#include "gzip/gzip_write.h"
#include "gzip/inflate.h"

/* RFC 1951, 3.2.4: a stored block on a byte boundary is a byte with BFINAL and BTYPE, LEN, and its complement NLEN. */
enum { STORED_HEADER = 5, STORED_MAX = 65535 };

/* BFINAL, fixed codes, end of block: the shortest final block. */
static const uint8_t final_block[] = {0x03, 0x00};

/* A piece on its way through the threads. */
struct piece {
    uint8_t *in, *out;
    size_t in_len, out_len;
    uint32_t crc; /* of the input */
    bool begins;  /* a member */
    enum provar_result result;
    struct provar_error error;
};

struct pv_gzip_writer {
    struct pv_out *out; /* borrowed */
    struct pv_gzip_options options;
    uint64_t start;     /* in out: of the gzip header */
    uint64_t head_at;   /* in out: of the deflate data, which begins with the head's first stored block */
    uint32_t crc;       /* of the input behind the head, as far as it was written */
    uint64_t size;      /* of that */
    uint64_t body_at;   /* in out: behind the head */
    uint32_t body_crc;  /* of what was written there */
    uint32_t front_crc; /* of what is before it: header, index and head */
    size_t member;      /* the next one whose first piece will be written */
    bool begins;        /* the piece that is being filled begins a member */
    size_t packed_cap;
    unsigned coder_count;
    struct pv_gzip_coder *coders[PV_MAX_THREADS]; /* one a thread */
    struct pv_ring *ring;
    size_t piece_count;
    struct piece *pieces; /* one a slot of the ring */
};

/* ---------------------------------------------------------------- the places kept */

static size_t stored_len(size_t left) {
    return left < STORED_MAX ? left : STORED_MAX;
}

/* Writes what is behind the head. */
static enum provar_result write_body(struct pv_gzip_writer *writer, const void *data, size_t len,
                                     struct provar_error *err) {
    writer->body_crc = pv_inflate_crc32(writer->body_crc, data, len);
    return pv_out_write(writer->out, data, len, err);
}

/* Fills a place in front of that; from the first to the last. */
static enum provar_result fill_front(struct pv_gzip_writer *writer, uint64_t at, const void *data, size_t len,
                                     struct provar_error *err) {
    writer->front_crc = pv_inflate_crc32(writer->front_crc, data, len);
    return pv_out_patch(writer->out, at, data, len, err);
}

static void stored_header(size_t len, uint8_t header[STORED_HEADER]) {
    const uint8_t made[STORED_HEADER] = {0, (uint8_t)len, (uint8_t)(len >> 8), (uint8_t)~len, (uint8_t)(~len >> 8)};
    memcpy(header, made, sizeof made);
}

/* Room for the head in stored blocks, and the empty one that ends a member. */
static enum provar_result reserve_head(struct pv_gzip_writer *writer, struct provar_error *err) {
    uint8_t empty[STORED_HEADER];
    size_t blocks = (writer->options.head_len + STORED_MAX - 1) / STORED_MAX;
    stored_header(0, empty);
    writer->head_at = writer->out->written;
    enum provar_result result =
        pv_out_reserve(writer->out, (uint64_t)writer->options.head_len + blocks * STORED_HEADER, err);
    writer->body_at = writer->out->written;
    return result == PROVAR_OK ? write_body(writer, empty, sizeof empty, err) : result;
}

static enum provar_result fill_head(struct pv_gzip_writer *writer, const uint8_t *head, struct provar_error *err) {
    uint64_t at = writer->head_at;
    for (size_t done = 0; done < writer->options.head_len;) {
        uint8_t header[STORED_HEADER];
        size_t len = stored_len(writer->options.head_len - done);
        stored_header(len, header);
        enum provar_result result = fill_front(writer, at, header, sizeof header, err);
        if (result == PROVAR_OK)
            result = fill_front(writer, at + STORED_HEADER, head + done, len, err);
        if (result != PROVAR_OK)
            return result;
        at += STORED_HEADER + len;
        done += len;
    }
    return PROVAR_OK;
}

/* Room for the header, the index and the head. */
static enum provar_result begin(struct pv_gzip_writer *writer, struct provar_error *err) {
    size_t index_len = writer->options.index ? pv_gzip_index_len(writer->options.index) : 0;
    if (index_len == 0)
        writer->options.index = NULL;
    writer->start = writer->out->written;
    enum provar_result result = pv_out_reserve(writer->out, PV_GZIP_FIXED + index_len, err);
    return result == PROVAR_OK ? reserve_head(writer, err) : result;
}

static enum provar_result fill_header(struct pv_gzip_writer *writer, struct provar_error *err) {
    uint8_t header[PV_GZIP_FIXED];
    struct pv_gzip_index *index = writer->options.index;
    pv_gzip_header_encode(index != NULL, header);
    enum provar_result result = fill_front(writer, writer->start, header, sizeof header, err);
    if (result != PROVAR_OK || index == NULL)
        return result;
    size_t len = pv_gzip_index_len(index);
    PV_AUTO_FREE uint8_t *field = malloc(len);
    if (field == NULL)
        return pv_fail_memory(err);
    index->deflate_len = writer->out->written - writer->head_at;
    index->tar_len = writer->options.head_len + writer->size;
    pv_gzip_index_encode(index, field);
    return fill_front(writer, writer->start + PV_GZIP_FIXED, field, len, err);
}

/* ---------------------------------------------------------------- pieces */

/* On any thread. */
static void pack(void *user, size_t slot, unsigned thread) {
    struct pv_gzip_writer *writer = user;
    struct piece *piece = &writer->pieces[slot];
    piece->crc = pv_inflate_crc32(0, piece->in, piece->in_len);
    piece->result = pv_gzip_coder_encode(writer->coders[thread], piece->in, piece->in_len, piece->out,
                                         writer->packed_cap, &piece->out_len, &piece->error);
}

/* A member begins with what is written next. */
static void mark_member(struct pv_gzip_writer *writer) {
    struct pv_gzip_index *index = writer->options.index;
    size_t i = ++writer->member;
    if (index == NULL || i > index->count)
        return;
    uint64_t at = writer->out->written - writer->head_at;
    if (i == index->count) {
        index->end_at = at;
        return;
    }
    index->segments[i].at = at;
    index->segments[i].tar_at = writer->options.head_len + writer->size;
}

static void count_input(struct pv_gzip_writer *writer, uint32_t crc, uint64_t len) {
    writer->crc = (uint32_t)crc32_combine(writer->crc, crc, (z_off_t)len);
    writer->size += len;
}

/* Writes the oldest piece that is out; `*any` is false when there is none. */
static enum provar_result write_oldest(struct pv_gzip_writer *writer, bool *any, struct provar_error *err) {
    size_t slot;
    *any = pv_ring_wait(writer->ring, &slot);
    if (!*any)
        return PROVAR_OK;
    struct piece *piece = &writer->pieces[slot];
    if (piece->result != PROVAR_OK)
        return pv_fail(err, piece->result, PROVAR_NO_OFFSET, "%s", piece->error.message);
    if (piece->begins)
        mark_member(writer);
    count_input(writer, piece->crc, piece->in_len);
    piece->in_len = 0;
    return write_body(writer, piece->out, piece->out_len, err);
}

/* The piece that is being filled, which is empty when it is a new one. */
static enum provar_result current(struct pv_gzip_writer *writer, struct piece **piece, struct provar_error *err) {
    bool any;
    enum provar_result result = PROVAR_OK;
    if (pv_ring_is_full(writer->ring))
        result = write_oldest(writer, &any, err);
    *piece = &writer->pieces[pv_ring_slot(writer->ring)];
    return result;
}

/* Hands the current piece on, if there is anything in it. */
static enum provar_result cut(struct pv_gzip_writer *writer, struct provar_error *err) {
    struct piece *piece;
    enum provar_result result = current(writer, &piece, err);
    if (result != PROVAR_OK || piece->in_len == 0)
        return result;
    piece->begins = writer->begins;
    provar_error_clear(&piece->error);
    writer->begins = false;
    pv_ring_submit(writer->ring);
    return PROVAR_OK;
}

static enum provar_result write_all(struct pv_gzip_writer *writer, struct provar_error *err) {
    bool any = true;
    enum provar_result result = cut(writer, err);
    while (result == PROVAR_OK && any)
        result = write_oldest(writer, &any, err);
    return result;
}

/* ---------------------------------------------------------------- the writer */

static enum provar_result make_pieces(struct pv_gzip_writer *writer, struct provar_error *err) {
    for (unsigned i = 0; i < writer->coder_count; i++) {
        enum provar_result result = pv_gzip_coder_new(writer->options.level, &writer->coders[i], err);
        if (result != PROVAR_OK)
            return result;
    }
    writer->packed_cap = pv_gzip_coder_bound(writer->coders[0], PV_GZIP_PIECE);
    writer->pieces = calloc(writer->piece_count, sizeof *writer->pieces);
    for (size_t i = 0; i < writer->piece_count && writer->pieces; i++) {
        struct piece *piece = &writer->pieces[i];
        piece->in = malloc(PV_GZIP_PIECE);
        piece->out = malloc(writer->packed_cap);
        if (piece->in == NULL || piece->out == NULL)
            return pv_fail_memory(err);
    }
    if (writer->pieces == NULL)
        return pv_fail_memory(err);
    return pv_ring_new(writer->piece_count, writer->coder_count, pack, writer, &writer->ring, err);
}

enum provar_result pv_gzip_writer_new(struct pv_out *out, const struct pv_gzip_options *options,
                                      struct pv_gzip_writer **writer, struct provar_error *err) {
    PV_CLEANUP(pv_gzip_writer_cleanup) struct pv_gzip_writer *made = calloc(1, sizeof *made);
    if (made == NULL)
        return pv_fail_memory(err);
    made->out = out;
    made->options = *options;
    made->coder_count = pv_threads(options->threads);
    if (options->input_len > 0 && options->input_len / PV_GZIP_PIECE < made->coder_count)
        made->coder_count = (unsigned)(options->input_len / PV_GZIP_PIECE) + 1;
    /* While each thread compresses one, one is filled and one is written: the same one where neither takes long. */
    made->piece_count = (size_t)made->coder_count + (options->level < PV_GZIP_LARGE_LEVEL ? 2 : 1);
    enum provar_result result = make_pieces(made, err);
    if (result == PROVAR_OK)
        result = begin(made, err);
    if (result == PROVAR_OK)
        *writer = PV_TAKE(made);
    return result;
}

void pv_gzip_writer_free(struct pv_gzip_writer *writer) {
    if (writer == NULL)
        return;
    pv_ring_free(writer->ring);
    for (size_t i = 0; writer->pieces && i < writer->piece_count; i++) {
        free(writer->pieces[i].in);
        free(writer->pieces[i].out);
    }
    free(writer->pieces);
    for (unsigned i = 0; i < writer->coder_count; i++)
        pv_gzip_coder_free(writer->coders[i]);
    free(writer);
}

enum provar_result pv_gzip_next_member(struct pv_gzip_writer *writer, struct provar_error *err) {
    enum provar_result result = cut(writer, err);
    writer->begins = true;
    return result;
}

enum provar_result pv_gzip_write(struct pv_gzip_writer *writer, const void *data, size_t len,
                                 struct provar_error *err) {
    const uint8_t *bytes = data;
    while (len > 0) {
        struct piece *piece;
        enum provar_result result = current(writer, &piece, err);
        if (result != PROVAR_OK)
            return result;
        size_t room = PV_GZIP_PIECE - piece->in_len;
        size_t part = len < room ? len : room;
        memcpy(piece->in + piece->in_len, bytes, part);
        piece->in_len += part;
        bytes += part;
        len -= part;
        if (part == room)
            result = cut(writer, err);
        if (result != PROVAR_OK)
            return result;
    }
    return PROVAR_OK;
}

enum provar_result pv_gzip_copy_member(struct pv_gzip_writer *writer, struct pv_source *file,
                                       const struct pv_gzip_run *run, uint64_t len, struct provar_error *err) {
    enum provar_result result = write_all(writer, err);
    uint8_t *block = writer->pieces[0].out; /* no piece is on its way */
    mark_member(writer);
    for (uint64_t at = run->from; result == PROVAR_OK && at < run->to;) {
        size_t want = run->to - at < writer->packed_cap ? (size_t)(run->to - at) : writer->packed_cap;
        size_t got;
        result = file->ops->read_at(file, block, want, at, &got, err);
        if (result == PROVAR_OK && got < want)
            result = pv_fail(err, PROVAR_E_IO, at + got, "the archive became shorter while it was read");
        if (result == PROVAR_OK)
            result = write_body(writer, block, got, err);
        at += want;
    }
    count_input(writer, run->crc, len);
    return result;
}

enum provar_result pv_gzip_finish(struct pv_gzip_writer *writer, const void *head, struct provar_error *err) {
    uint8_t trailer[PV_GZIP_TRAILER];
    enum provar_result result = write_all(writer, err);
    if (result == PROVAR_OK)
        result = write_body(writer, final_block, sizeof final_block, err);
    if (result == PROVAR_OK)
        result = fill_header(writer, err);
    if (result == PROVAR_OK)
        result = fill_head(writer, head, err);
    if (result != PROVAR_OK)
        return result;
    uint32_t head_crc = pv_inflate_crc32(0, head, writer->options.head_len);
    uint32_t crc = (uint32_t)crc32_combine(head_crc, writer->crc, (z_off_t)writer->size);
    pv_gzip_trailer_encode(crc, writer->options.head_len + writer->size, trailer);
    return write_body(writer, trailer, sizeof trailer, err);
}

enum provar_result pv_gzip_compare(const struct pv_gzip_writer *writer, struct provar_error *err) {
    uint64_t at = writer->start;
    uint64_t body_len = writer->out->written - writer->body_at;
    uint32_t due = (uint32_t)crc32_combine(writer->front_crc, writer->body_crc, (z_off_t)body_len);
    uint32_t crc = 0;
    PV_AUTO_FREE uint8_t *block = malloc(PV_BLOCK);
    if (block == NULL)
        return pv_fail_memory(err);
    for (size_t len = 1; len > 0; at += len) {
        enum provar_result result = pv_fs_read_at(writer->out->fd, block, PV_BLOCK, at, &len, err);
        if (result != PROVAR_OK)
            return result;
        crc = pv_inflate_crc32(crc, block, len);
    }
    return crc == due ? PROVAR_OK : pv_fail(err, PROVAR_E_IO, PROVAR_NO_OFFSET, "it does not hold what was written");
}
