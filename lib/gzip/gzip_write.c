/* Writes a gzip member piece by piece, and its head, whose bytes are known last, into the place kept for it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <zlib.h>

#include "internal.h"

#include "gzip/gzip_header.h"
#include "gzip/gzip_piece.h"
#include "gzip/gzip_write.h"
#include "gzip/inflate.h"

/* RFC 1951, 3.2.4: a stored block on a byte boundary is a byte with BFINAL and BTYPE, LEN, and its complement NLEN. */
enum { STORED_HEADER = 5, STORED_MAX = 65535 };

/* BFINAL, fixed codes, end of block: the shortest final block. */
static const uint8_t final_block[] = {0x03, 0x00};

struct pv_gzip_writer {
    struct pv_out *out; /* borrowed */
    uint64_t head_at;   /* in out: of the head's first stored block */
    size_t head_len;
    uint32_t crc;  /* of the input behind the head */
    uint64_t size; /* of the input behind the head */
    struct pv_gzip_piece *coder;
    size_t piece_len;
    uint8_t *packed;
    size_t packed_cap;
    uint8_t piece[PV_GZIP_PIECE];
};

static size_t stored_len(size_t left) {
    return left < STORED_MAX ? left : STORED_MAX;
}

/* Writes the stored blocks of the head, with zeros where its bytes will be. */
static enum provar_result reserve_head(struct pv_gzip_writer *writer, struct provar_error *err) {
    static const uint8_t zeros[STORED_MAX];
    for (size_t done = 0; done < writer->head_len;) {
        size_t len = stored_len(writer->head_len - done);
        uint8_t header[STORED_HEADER] = {0, (uint8_t)len, (uint8_t)(len >> 8), (uint8_t)~len, (uint8_t)(~len >> 8)};
        enum provar_result result = pv_out_write(writer->out, header, sizeof header, err);
        if (result == PROVAR_OK)
            result = pv_out_write(writer->out, zeros, len, err);
        if (result != PROVAR_OK)
            return result;
        done += len;
    }
    return PROVAR_OK;
}

static enum provar_result fill_head(struct pv_gzip_writer *writer, const uint8_t *head, struct provar_error *err) {
    uint64_t at = writer->head_at;
    for (size_t done = 0; done < writer->head_len;) {
        size_t len = stored_len(writer->head_len - done);
        enum provar_result result = pv_out_patch(writer->out, at + STORED_HEADER, head + done, len, err);
        if (result != PROVAR_OK)
            return result;
        at += STORED_HEADER + len;
        done += len;
    }
    return PROVAR_OK;
}

static enum provar_result begin(struct pv_gzip_writer *writer, struct provar_error *err) {
    uint8_t header[PV_GZIP_FIXED];
    pv_gzip_header_encode(header);
    enum provar_result result = pv_out_write(writer->out, header, sizeof header, err);
    writer->head_at = writer->out->written;
    return result == PROVAR_OK ? reserve_head(writer, err) : result;
}

enum provar_result pv_gzip_writer_new(struct pv_out *out, int level, size_t head_len, struct pv_gzip_writer **writer,
                                      struct provar_error *err) {
    PV_CLEANUP(pv_gzip_writer_cleanup) struct pv_gzip_writer *made = calloc(1, sizeof *made);
    if (made == NULL)
        return pv_fail_memory(err);
    made->out = out;
    made->head_len = head_len;
    enum provar_result result = pv_gzip_piece_new(level, &made->coder, err);
    if (result != PROVAR_OK)
        return result;
    made->packed_cap = pv_gzip_piece_bound(made->coder, PV_GZIP_PIECE);
    made->packed = malloc(made->packed_cap);
    if (made->packed == NULL)
        return pv_fail_memory(err);
    result = begin(made, err);
    if (result == PROVAR_OK)
        *writer = PV_TAKE(made);
    return result;
}

void pv_gzip_writer_free(struct pv_gzip_writer *writer) {
    if (writer == NULL)
        return;
    pv_gzip_piece_free(writer->coder);
    free(writer->packed);
    free(writer);
}

enum provar_result pv_gzip_cut(struct pv_gzip_writer *writer, struct provar_error *err) {
    size_t packed_len;
    enum provar_result result = pv_gzip_piece_encode(writer->coder, writer->piece, writer->piece_len, writer->packed,
                                                     writer->packed_cap, &packed_len, err);
    if (result == PROVAR_OK)
        result = pv_out_write(writer->out, writer->packed, packed_len, err);
    writer->piece_len = 0;
    return result;
}

enum provar_result pv_gzip_write(struct pv_gzip_writer *writer, const void *data, size_t len,
                                 struct provar_error *err) {
    const uint8_t *bytes = data;
    writer->crc = pv_inflate_crc32(writer->crc, bytes, len);
    writer->size += len;
    while (len > 0) {
        size_t room = PV_GZIP_PIECE - writer->piece_len;
        size_t part = len < room ? len : room;
        memcpy(writer->piece + writer->piece_len, bytes, part);
        writer->piece_len += part;
        bytes += part;
        len -= part;
        enum provar_result result = part == room ? pv_gzip_cut(writer, err) : PROVAR_OK;
        if (result != PROVAR_OK)
            return result;
    }
    return PROVAR_OK;
}

enum provar_result pv_gzip_finish(struct pv_gzip_writer *writer, const void *head, struct provar_error *err) {
    uint8_t end[sizeof final_block + PV_GZIP_TRAILER];
    uint32_t head_crc = pv_inflate_crc32(0, head, writer->head_len);
    uint32_t crc = (uint32_t)crc32_combine(head_crc, writer->crc, (z_off_t)writer->size);
    memcpy(end, final_block, sizeof final_block);
    pv_gzip_trailer_encode(crc, writer->head_len + writer->size, end + sizeof final_block);
    enum provar_result result = pv_gzip_cut(writer, err);
    if (result == PROVAR_OK)
        result = fill_head(writer, head, err);
    if (result == PROVAR_OK)
        result = pv_out_write(writer->out, end, sizeof end, err);
    return result;
}
