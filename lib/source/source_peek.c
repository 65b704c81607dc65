/* Bytes at the front of a source, looked at without using them up. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "source/source.h"

/* Gives the peeked bytes again, then the inner source's. */
struct peeked {
    struct pv_source base;
    struct pv_source *inner;
    uint8_t front[PV_SOURCE_PEEK];
    size_t len, pos;
};

static enum provar_result peeked_read(struct pv_source *source, void *buf, size_t cap, size_t *len,
                                      struct provar_error *err) {
    struct peeked *peeked = (struct peeked *)source;
    size_t left = peeked->len - peeked->pos;
    if (left == 0)
        return pv_source_read(peeked->inner, buf, cap, len, err);
    *len = left < cap ? left : cap;
    memcpy(buf, peeked->front + peeked->pos, *len);
    peeked->pos += *len;
    return PROVAR_OK;
}

static enum provar_result peeked_rewind(struct pv_source *source, struct provar_error *err) {
    struct peeked *peeked = (struct peeked *)source;
    peeked->len = 0;
    peeked->pos = 0;
    return pv_source_rewind(peeked->inner, err);
}

static void peeked_free(struct pv_source *source) {
    struct peeked *peeked = (struct peeked *)source;
    pv_source_free(peeked->inner);
    free(peeked);
}

static const struct pv_source_ops once_ops = {.read = peeked_read, .free = peeked_free};
static const struct pv_source_ops again_ops = {.read = peeked_read, .rewind = peeked_rewind, .free = peeked_free};

enum provar_result pv_source_peek(struct pv_source **source, void *buf, size_t cap, size_t *len,
                                  struct provar_error *err) {
    struct pv_source *inner = *source;
    if (inner->ops->read_at)
        return inner->ops->read_at(inner, buf, cap, 0, len, err);
    struct peeked *peeked = calloc(1, sizeof *peeked);
    if (peeked == NULL)
        return pv_fail_memory(err);
    peeked->base = *inner;
    peeked->base.ops = pv_source_can_rewind(inner) ? &again_ops : &once_ops;
    peeked->inner = inner;
    *source = &peeked->base;
    enum provar_result result = pv_source_read(
        inner, peeked->front, cap < sizeof peeked->front ? cap : sizeof peeked->front, &peeked->len, err);
    if (result != PROVAR_OK)
        return result;
    memcpy(buf, peeked->front, peeked->len);
    *len = peeked->len;
    return PROVAR_OK;
}
