/* A run of bytes of another source, read by offset, so that several threads may read several runs. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "source/source.h"

struct view {
    struct pv_source head;
    struct pv_source *inner; /* borrowed */
    uint64_t start;          /* in inner */
    uint64_t pos;            /* from there */
};

static enum provar_result view_read(struct pv_source *source, void *buf, size_t cap, size_t *len,
                                    struct provar_error *err) {
    struct view *view = (struct view *)source;
    uint64_t left = view->head.size - view->pos;
    size_t want = cap < left ? cap : (size_t)left;
    size_t got = 0;
    enum provar_result result = PROVAR_OK;
    if (want > 0)
        result = view->inner->ops->read_at(view->inner, buf, want, view->start + view->pos, &got, err);
    if (result == PROVAR_OK && got < want)
        result = pv_fail(err, PROVAR_E_IO, view->start + view->pos + got, "the input ends early");
    if (result != PROVAR_OK)
        return result;
    view->pos += got;
    *len = got;
    return PROVAR_OK;
}

static uint64_t view_skip(struct pv_source *source, uint64_t count) {
    struct view *view = (struct view *)source;
    uint64_t left = view->head.size - view->pos;
    uint64_t step = count < left ? count : left;
    view->pos += step;
    return step;
}

static void view_free(struct pv_source *source) {
    free(source);
}

static enum provar_result view_select(struct pv_source *source, uint64_t offset, uint64_t len,
                                      struct provar_error *err) {
    (void)err;
    struct view *view = (struct view *)source;
    view->start = offset;
    view->head.size = len;
    view->pos = 0;
    if (view->inner->ops->expect)
        view->inner->ops->expect(view->inner, offset, offset + len);
    return PROVAR_OK;
}

static const struct pv_source_ops view_ops = {
    .read = view_read, .skip = view_skip, .select = view_select, .free = view_free};

enum provar_result pv_source_view(struct pv_source *inner, unsigned threads, struct pv_source **source,
                                  struct provar_error *err) {
    (void)threads; /* reading needs none */
    struct view *view = malloc(sizeof *view);
    if (view == NULL)
        return pv_fail_memory(err);
    *view = (struct view){.head = {.ops = &view_ops, .has_size = true}, .inner = inner};
    *source = &view->head;
    return PROVAR_OK;
}
