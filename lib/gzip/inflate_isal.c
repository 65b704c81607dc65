/* The decoder of raw deflate data by ISA-L: twice as fast as zlib. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>

#include "internal.h"

#include "base/unpoison.h"
#include "gzip/inflate.h"

/* ISA-L counts in uint32_t and looks at some of its counts as int32_t. */
#define MAX_STEP (1 * PV_GIB)

struct pv_inflate {
    struct inflate_state state;
};

enum provar_result pv_inflate_new(struct pv_inflate **decoder, struct provar_error *err) {
    struct pv_inflate *made = calloc(1, sizeof *made);
    if (made == NULL)
        return pv_fail_memory(err);
    isal_inflate_init(&made->state);
    made->state.crc_flag = ISAL_DEFLATE;
    *decoder = made;
    return PROVAR_OK;
}

void pv_inflate_free(struct pv_inflate *decoder) {
    free(decoder);
}

void pv_inflate_reset(struct pv_inflate *decoder) {
    isal_inflate_reset(&decoder->state);
}

enum provar_result pv_inflate_set_dictionary(struct pv_inflate *decoder, const uint8_t *data, size_t len,
                                             struct provar_error *err) {
    size_t last = len < ISAL_DEF_HIST_SIZE ? len : ISAL_DEF_HIST_SIZE;
    uint8_t *window = (uint8_t *)data + (len - last); /* only read: ISA-L's type lacks the const */
    if (isal_inflate_set_dict(&decoder->state, window, (uint32_t)last) != COMP_OK)
        return pv_fail(err, PROVAR_E_INTERNAL, PROVAR_NO_OFFSET, "the decoder takes no dictionary");
    return PROVAR_OK;
}

static uint32_t step_size(size_t len) {
    return (uint32_t)(len < MAX_STEP ? len : MAX_STEP);
}

enum pv_inflate_state pv_inflate_step(struct pv_inflate *decoder, struct pv_inflate_step *step) {
    struct inflate_state *state = &decoder->state;
    uint8_t *in = (uint8_t *)step->in; /* only read: ISA-L's type lacks the const */
    state->next_in = in;
    state->avail_in = step_size(step->in_len);
    state->next_out = step->out;
    state->avail_out = step_size(step->out_cap);
    int status = isal_inflate(state);
    step->made = (size_t)(state->next_out - step->out);
    PV_UNPOISON(step->out, step->made);
    step->used = state->next_in - in;
    if (status != ISAL_DECOMP_OK)
        return PV_INFLATE_DAMAGED;
    if (state->block_state != ISAL_BLOCK_FINISH)
        return PV_INFLATE_MORE;
    /* Up to 64 bits are loaded at once and ISA-L 2.30 keeps what it did not need; 2.32.1 steps back by itself and
     * leaves no bits here. Either way the bytes may come from an earlier buffer. */
    step->used -= state->read_in_length / 8;
    return PV_INFLATE_END;
}

bool pv_inflate_is_between_blocks(const struct pv_inflate *decoder) {
    const struct inflate_state *state = &decoder->state;
    /* ISAL_BLOCK_HDR: it has looked for a header, of which nothing was there. */
    bool wants_header = state->block_state == ISAL_BLOCK_NEW_HDR || state->block_state == ISAL_BLOCK_HDR;
    return wants_header && state->avail_in == 0 && state->read_in_length == 0 && state->tmp_in_size == 0;
}

uint32_t pv_inflate_crc32(uint32_t crc, const void *data, size_t len) {
    return crc32_gzip_refl(crc, data, len);
}
