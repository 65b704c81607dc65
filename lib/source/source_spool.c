/* A source that can rewind over one that cannot: its bytes are copied to a nameless file while they are first read. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/fs.h"
#include "source/source.h"

struct spool_source {
    struct pv_source head;
    struct pv_source *inner;
    int fd;          /* of the copy */
    uint64_t filled; /* bytes in the copy */
    uint64_t pos;    /* of the source, never beyond the copy */
    bool complete;   /* `inner` has ended */
    /* Not PROVAR_OK when `inner` or the copy has failed: bytes may be lost between them, so nothing behind the copy can
     * be served any more. */
    enum provar_result failed;
};

static enum provar_result read_copy(struct spool_source *spool, void *buf, size_t cap, size_t *len,
                                    struct provar_error *err) {
    uint64_t left = spool->filled - spool->pos;
    size_t want = cap < left ? cap : (size_t)left;
    size_t got = 0;
    enum provar_result result = pv_fs_read_at(spool->fd, buf, want, spool->pos, &got, err);
    if (result != PROVAR_OK)
        return result;
    if (got < want)
        return pv_fail(err, PROVAR_E_IO, spool->pos + got, "the temporary copy of the input lost bytes");
    spool->pos += got;
    *len = got;
    return PROVAR_OK;
}

static enum provar_result read_inner(struct spool_source *spool, void *buf, size_t cap, size_t *len,
                                     struct provar_error *err) {
    size_t got = 0;
    if (spool->failed != PROVAR_OK)
        return pv_fail(err, spool->failed, spool->filled, "the input has failed before");
    spool->failed = pv_source_read(spool->inner, buf, cap, &got, err);
    if (spool->failed != PROVAR_OK)
        return spool->failed;
    spool->failed = pv_fs_write_at(spool->fd, buf, got, spool->filled, err);
    if (spool->failed != PROVAR_OK) {
        pv_error_wrap(err, "cannot keep a temporary copy of the input");
        return spool->failed;
    }
    spool->complete = got < cap;
    spool->filled += got;
    spool->pos = spool->filled;
    *len = got;
    return PROVAR_OK;
}

static enum provar_result spool_read(struct pv_source *source, void *buf, size_t cap, size_t *len,
                                     struct provar_error *err) {
    struct spool_source *spool = (struct spool_source *)source;
    if (spool->pos < spool->filled || spool->complete)
        return read_copy(spool, buf, cap, len, err);
    return read_inner(spool, buf, cap, len, err);
}

static uint64_t spool_skip(struct pv_source *source, uint64_t count) {
    struct spool_source *spool = (struct spool_source *)source;
    uint64_t left = spool->filled - spool->pos;
    uint64_t step = count < left ? count : left;
    spool->pos += step;
    return step;
}

static enum provar_result spool_rewind(struct pv_source *source, struct provar_error *err) {
    (void)err;
    ((struct spool_source *)source)->pos = 0;
    return PROVAR_OK;
}

static void spool_free(struct pv_source *source) {
    struct spool_source *spool = (struct spool_source *)source;
    pv_source_free(spool->inner);
    (void)close(spool->fd);
    free(spool);
}

static const struct pv_source_ops spool_ops = {
    .read = spool_read,
    .skip = spool_skip,
    .rewind = spool_rewind,
    .free = spool_free,
};

enum provar_result pv_source_spool(struct pv_source *inner, struct pv_str dir, struct pv_source **source,
                                   struct provar_error *err) {
    PV_AUTO_SOURCE struct pv_source *owned = inner;
    if (pv_source_can_rewind(inner)) {
        *source = PV_TAKE(owned);
        return PROVAR_OK;
    }
    PV_AUTO_FD int fd = -1;
    enum provar_result result = pv_fs_temp(dir, &fd, err);
    if (result != PROVAR_OK)
        return result;
    struct spool_source *spool = malloc(sizeof *spool);
    if (spool == NULL)
        return pv_fail_memory(err);
    *spool = (struct spool_source){
        .head = {.ops = &spool_ops, .has_size = inner->has_size, .size = inner->size},
        .inner = PV_TAKE(owned),
        .fd = pv_take_fd(&fd),
    };
    *source = &spool->head;
    return PROVAR_OK;
}
