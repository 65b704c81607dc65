/* A source that the caller's own functions feed, and whose answers are checked like any other input. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "source/source.h"

/* `read` is used while it stands where the source stands; after a skip, or a rewind that only read_at makes possible,
 * the bytes come by offset. */
struct callback_source {
    struct pv_source head;
    struct pv_source_ops ops; /* without what the caller cannot do */
    struct provar_callbacks calls;
    uint64_t pos;        /* of the source */
    uint64_t stream_pos; /* of `read` */
    bool ended;          /* `read` has said 0 and is not asked again */
};

/* Takes a callback's answer to a request of `cap` bytes. */
static enum provar_result accept_count(int64_t count, size_t cap, uint64_t offset, size_t *len,
                                       struct provar_error *err) {
    if (count < 0)
        return pv_fail(err, PROVAR_E_IO, offset, "the caller's source failed");
    if ((uint64_t)count > cap)
        return pv_fail(err, PROVAR_E_IO, offset, "the caller's source gave more bytes than there was room for");
    *len = (size_t)count;
    return PROVAR_OK;
}

static enum provar_result fail_total(uint64_t offset, struct provar_error *err) {
    return pv_fail(err, PROVAR_E_IO, offset, "the caller's source is not as long as it said");
}

static enum provar_result callback_read_at(struct pv_source *source, void *buf, size_t cap, uint64_t offset,
                                           size_t *len, struct provar_error *err) {
    const struct callback_source *self = (const struct callback_source *)source;
    uint64_t left = offset < self->head.size ? self->head.size - offset : 0;
    size_t want = cap < left ? cap : (size_t)left;
    size_t got = 0;
    while (got < want) {
        size_t n = 0;
        int64_t count = self->calls.read_at((uint8_t *)buf + got, want - got, offset + got, self->calls.user);
        enum provar_result result = accept_count(count, want - got, offset + got, &n, err);
        if (result != PROVAR_OK)
            return result;
        if (n == 0)
            return fail_total(offset + got, err);
        got += n;
    }
    *len = got;
    return PROVAR_OK;
}

static enum provar_result read_stream(struct callback_source *self, void *buf, size_t cap, size_t *len,
                                      struct provar_error *err) {
    size_t got = 0;
    enum provar_result result = PROVAR_OK;
    if (!self->ended)
        result = accept_count(self->calls.read(buf, cap, self->calls.user), cap, self->pos, &got, err);
    if (result != PROVAR_OK)
        return result;
    uint64_t left = self->head.has_size ? self->head.size - self->pos : UINT64_MAX;
    if (got > left || (got == 0 && self->head.has_size && left > 0))
        return fail_total(self->pos, err);
    self->ended = got == 0;
    self->stream_pos += got;
    *len = got;
    return PROVAR_OK;
}

static enum provar_result callback_read(struct pv_source *source, void *buf, size_t cap, size_t *len,
                                        struct provar_error *err) {
    struct callback_source *self = (struct callback_source *)source;
    enum provar_result result = self->pos == self->stream_pos ? read_stream(self, buf, cap, len, err)
                                                              : callback_read_at(source, buf, cap, self->pos, len, err);
    if (result == PROVAR_OK)
        self->pos += *len;
    return result;
}

static uint64_t callback_skip(struct pv_source *source, uint64_t count) {
    struct callback_source *self = (struct callback_source *)source;
    uint64_t left = self->head.size - self->pos;
    uint64_t step = count < left ? count : left;
    self->pos += step;
    return step;
}

static enum provar_result callback_rewind(struct pv_source *source, struct provar_error *err) {
    struct callback_source *self = (struct callback_source *)source;
    if (self->calls.rewind) {
        if (self->calls.rewind(self->calls.user) != 0)
            return pv_fail(err, PROVAR_E_IO, PROVAR_NO_OFFSET, "the caller's source cannot begin again");
        self->stream_pos = 0;
        self->ended = false;
    }
    self->pos = 0;
    return PROVAR_OK;
}

static void callback_expect(struct pv_source *source, uint64_t from, uint64_t to) {
    const struct callback_source *self = (const struct callback_source *)source;
    self->calls.expect(from, to, self->calls.user);
}

static void callback_free(struct pv_source *source) {
    struct callback_source *self = (struct callback_source *)source;
    if (self->calls.close)
        self->calls.close(self->calls.user);
    free(self);
}

static enum provar_result close_and_fail(const struct provar_callbacks *calls, enum provar_result result) {
    if (calls->close)
        calls->close(calls->user);
    return result;
}

enum provar_result pv_source_callbacks(const struct provar_callbacks *callbacks, struct pv_source **source,
                                       struct provar_error *err) {
    if (callbacks == NULL || callbacks->size != sizeof *callbacks)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET,
                       "no callbacks, or a struct of another size than this version's");
    if (callbacks->read == NULL)
        return close_and_fail(callbacks, pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "callbacks without read"));
    struct callback_source *self = calloc(1, sizeof *self);
    if (self == NULL)
        return close_and_fail(callbacks, pv_fail_memory(err));
    bool by_offset = callbacks->read_at != NULL;
    self->calls = *callbacks;
    self->ops = (struct pv_source_ops){
        .read = callback_read,
        .skip = by_offset ? callback_skip : NULL,
        .read_at = by_offset ? callback_read_at : NULL,
        .rewind = by_offset || callbacks->rewind ? callback_rewind : NULL,
        .part = by_offset ? pv_source_view : NULL,
        .expect = by_offset && callbacks->expect ? callback_expect : NULL,
        .free = callback_free,
    };
    self->head.ops = &self->ops;
    self->head.has_size = by_offset;
    self->head.is_callers = true;
    self->head.size = by_offset ? callbacks->total : 0;
    *source = &self->head;
    return PROVAR_OK;
}
