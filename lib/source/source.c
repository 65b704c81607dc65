/* Opens whatever a caller names as input, and reads, skips and rewinds it whatever it is. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "source/source.h"

/* What cannot be moved over is read in pieces of this size, which fits the stack of any thread. */
enum { SKIP_PIECE = 32 * 1024 };

enum provar_result pv_source_open(const struct provar_input *from, struct pv_source **source,
                                  struct provar_error *err) {
    if (from == NULL || from->size != sizeof *from)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "no input, or one of another size than this version's");
    switch (from->kind) {
    case PROVAR_INPUT_PATH:
        if (from->path == NULL)
            return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "no path");
        return pv_source_file(pv_str(from->path, from->path_len), source, err);
    case PROVAR_INPUT_FD:
        return pv_source_fd(from->fd, source, err);
    case PROVAR_INPUT_MEMORY:
        return pv_source_memory(from->data, from->data_len, source, err);
    case PROVAR_INPUT_CALLBACKS:
        return pv_source_callbacks(from->callbacks, source, err);
    }
    return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "unknown kind of input %d", (int)from->kind);
}

void pv_source_free(struct pv_source *source) {
    if (source)
        source->ops->free(source);
}

enum provar_result pv_source_read(struct pv_source *source, void *buf, size_t cap, size_t *len,
                                  struct provar_error *err) {
    size_t got = 0;
    while (got < cap) {
        size_t n = 0;
        enum provar_result result = source->ops->read(source, (uint8_t *)buf + got, cap - got, &n, err);
        if (result != PROVAR_OK)
            return result;
        if (n == 0)
            break;
        got += n;
    }
    *len = got;
    return PROVAR_OK;
}

enum provar_result pv_source_skip(struct pv_source *source, uint64_t count, uint64_t *skipped,
                                  struct provar_error *err) {
    uint64_t done = source->ops->skip ? source->ops->skip(source, count) : 0;
    while (done < count) {
        uint8_t piece[SKIP_PIECE];
        size_t want = count - done < sizeof piece ? (size_t)(count - done) : sizeof piece;
        size_t got;
        enum provar_result result = pv_source_read(source, piece, want, &got, err);
        if (result != PROVAR_OK)
            return result;
        done += got;
        if (got < want)
            break;
    }
    *skipped = done;
    return PROVAR_OK;
}

enum provar_result pv_source_select(struct pv_source *part, uint64_t offset, uint64_t len, struct provar_error *err) {
    return part->ops->select(part, offset, len, err);
}

bool pv_source_can_rewind(const struct pv_source *source) {
    return source->ops->rewind != NULL;
}

enum provar_result pv_source_rewind(struct pv_source *source, struct provar_error *err) {
    if (source->ops->rewind == NULL)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "the input can be read only once");
    return source->ops->rewind(source, err);
}
