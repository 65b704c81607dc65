/* A source in memory that the caller keeps as it is. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "source/source.h"

struct memory_source {
    struct pv_source head;
    const uint8_t *data;
    size_t len;
    size_t pos;
};

static enum provar_result memory_read_at(struct pv_source *source, void *buf, size_t cap, uint64_t offset, size_t *len,
                                         struct provar_error *err) {
    (void)err;
    const struct memory_source *memory = (const struct memory_source *)source;
    size_t left = offset < memory->len ? memory->len - (size_t)offset : 0;
    size_t count = cap < left ? cap : left;
    if (count > 0)
        memcpy(buf, memory->data + offset, count);
    *len = count;
    return PROVAR_OK;
}

static enum provar_result memory_read(struct pv_source *source, void *buf, size_t cap, size_t *len,
                                      struct provar_error *err) {
    struct memory_source *memory = (struct memory_source *)source;
    enum provar_result result = memory_read_at(source, buf, cap, memory->pos, len, err);
    if (result == PROVAR_OK)
        memory->pos += *len;
    return result;
}

static uint64_t memory_skip(struct pv_source *source, uint64_t count) {
    struct memory_source *memory = (struct memory_source *)source;
    size_t left = memory->len - memory->pos;
    size_t step = count < left ? (size_t)count : left;
    memory->pos += step;
    return step;
}

static enum provar_result memory_rewind(struct pv_source *source, struct provar_error *err) {
    (void)err;
    ((struct memory_source *)source)->pos = 0;
    return PROVAR_OK;
}

static void memory_free(struct pv_source *source) {
    free(source);
}

static const struct pv_source_ops memory_ops = {
    .read = memory_read,
    .skip = memory_skip,
    .read_at = memory_read_at,
    .rewind = memory_rewind,
    .part = pv_source_view,
    .free = memory_free,
};

enum provar_result pv_source_memory(const void *data, size_t len, struct pv_source **source, struct provar_error *err) {
    if (data == NULL && len > 0)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "no data");
    struct memory_source *memory = malloc(sizeof *memory);
    if (memory == NULL)
        return pv_fail_memory(err);
    *memory = (struct memory_source){
        .head = {.ops = &memory_ops, .has_size = true, .size = len},
        .data = data,
        .len = len,
    };
    *source = &memory->head;
    return PROVAR_OK;
}
