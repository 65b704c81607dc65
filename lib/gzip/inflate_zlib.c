/* The decoder of raw deflate data by zlib, where ISA-L is missing. */
/* SPDX-License-Identifier: Apache-2.0 */
#define ZLIB_CONST
#include <libdeflate.h>
#include <zlib.h>

#include "internal.h"

#include "base/unpoison.h"
#include "gzip/inflate.h"

/* zlib counts in unsigned int. */
#define MAX_STEP (1 * PV_GIB)

/* Negative window bits: no zlib or gzip wrapper, the window of RFC 1951. */
enum { RAW_DEFLATE = -15, WINDOW = 32 * 1024 };

struct pv_inflate {
    z_stream stream;
    bool between_blocks; /* after the last step that did anything: one that does not makes zlib forget it */
};

enum provar_result pv_inflate_new(struct pv_inflate **decoder, struct provar_error *err) {
    PV_AUTO_FREE struct pv_inflate *made = calloc(1, sizeof *made);
    if (made == NULL || inflateInit2(&made->stream, RAW_DEFLATE) != Z_OK)
        return pv_fail_memory(err);
    /* zlib allocates its window when it first needs one, which would be on the thread that decodes. */
    static const uint8_t nothing[1] = {0};
    if (inflateSetDictionary(&made->stream, nothing, sizeof nothing) != Z_OK) {
        (void)inflateEnd(&made->stream);
        return pv_fail_memory(err);
    }
    (void)inflateReset(&made->stream);
    *decoder = PV_TAKE(made);
    return PROVAR_OK;
}

void pv_inflate_free(struct pv_inflate *decoder) {
    if (decoder)
        (void)inflateEnd(&decoder->stream);
    free(decoder);
}

void pv_inflate_reset(struct pv_inflate *decoder) {
    (void)inflateReset(&decoder->stream);
    decoder->between_blocks = false;
}

enum provar_result pv_inflate_set_dictionary(struct pv_inflate *decoder, const uint8_t *data, size_t len,
                                             struct provar_error *err) {
    size_t last = len < WINDOW ? len : WINDOW;
    int status = inflateSetDictionary(&decoder->stream, data + (len - last), (unsigned)last);
    if (status == Z_MEM_ERROR)
        return pv_fail_memory(err);
    if (status != Z_OK)
        return pv_fail(err, PROVAR_E_INTERNAL, PROVAR_NO_OFFSET, "the decoder takes no dictionary");
    return PROVAR_OK;
}

static unsigned step_size(size_t len) {
    return (unsigned)(len < MAX_STEP ? len : MAX_STEP);
}

enum pv_inflate_state pv_inflate_step(struct pv_inflate *decoder, struct pv_inflate_step *step) {
    z_stream *stream = &decoder->stream;
    static const uint8_t nothing[1] = {0}; /* zlib refuses NULL even for an empty input */
    const uint8_t *in = step->in_len > 0 ? step->in : nothing;
    stream->next_in = in;
    stream->avail_in = step_size(step->in_len);
    stream->next_out = step->out;
    stream->avail_out = step_size(step->out_cap);
    int status = inflate(stream, Z_NO_FLUSH);
    step->made = (size_t)(stream->next_out - step->out);
    PV_UNPOISON(step->out, step->made);
    step->used = stream->next_in - in; /* exact: zlib gives back what it did not need */
    /* zlib.h, inflate: 128 at a block's end, 64 in the last block, and below them the bits left over. */
    if (step->made > 0 || step->used > 0)
        decoder->between_blocks = stream->data_type == 128;
    switch (status) {
    case Z_OK:
    case Z_BUF_ERROR: /* no input and nothing pending */
        return PV_INFLATE_MORE;
    case Z_STREAM_END:
        return PV_INFLATE_END;
    case Z_MEM_ERROR:
        return PV_INFLATE_NO_MEMORY;
    default:
        return PV_INFLATE_DAMAGED;
    }
}

bool pv_inflate_is_between_blocks(const struct pv_inflate *decoder) {
    return decoder->stream.avail_in == 0 && decoder->between_blocks;
}

uint32_t pv_inflate_crc32(uint32_t crc, const void *data, size_t len) {
    return libdeflate_crc32(crc, data, len);
}
