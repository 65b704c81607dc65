/* A blob of a registry: read in one stream, or only where somebody looks. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/fs.h"
#include "store/image/content.h"
#include "store/registry/registry_blob.h"
#include "store/registry/registry_fetch.h"

/* What is nearer than this to what was asked for before costs less than another request. */
enum { NEAR = 64 * 1024 };

enum { FRONT = 64 * 1024, SMALLEST = 4 * 1024, LARGEST = 4 * 1024 * 1024 };

/* Bytes [from, to) of the blob, in memory. */
struct window {
    uint8_t *data;
    uint64_t from, to;
};

/* The same in a file without a name; -1: none. */
struct kept {
    int fd;
    uint64_t from, to;
};

struct registry_blob {
    struct pv_blob head;
    struct pv_registry_fetch fetch;
    struct window front, window;
    struct kept kept;
    uint64_t expect_from, expect_to;
};

/* ---------------------------------------------------------------- what is here */

static bool covers(uint64_t from, uint64_t to, uint64_t offset) {
    return from <= offset && offset < to;
}

static size_t shorter(size_t cap, uint64_t left) {
    return cap < left ? cap : (size_t)left;
}

/* Copies what is here from `offset` on; *len is 0 when nothing is. */
static enum provar_result copy_known(struct registry_blob *blob, uint64_t offset, uint8_t *buf, size_t cap, size_t *len,
                                     struct provar_error *err) {
    const struct window *windows[] = {&blob->front, &blob->window};
    *len = 0;
    for (size_t i = 0; i < 2; i++) {
        const struct window *window = windows[i];
        if (!covers(window->from, window->to, offset))
            continue;
        *len = shorter(cap, window->to - offset);
        memcpy(buf, window->data + (offset - window->from), *len);
        return PROVAR_OK;
    }
    if (!covers(blob->kept.from, blob->kept.to, offset))
        return PROVAR_OK;
    size_t want = shorter(cap, blob->kept.to - offset);
    enum provar_result result = pv_fs_read_at(blob->kept.fd, buf, want, offset - blob->kept.from, len, err);
    if (result == PROVAR_OK && *len < want)
        return pv_fail(err, PROVAR_E_IO, offset + *len, "the temporary copy of the blob lost bytes");
    return result;
}

/* ---------------------------------------------------------------- fetching */

/* An empty file in the place of the one that is kept. */
static enum provar_result renew_kept(struct registry_blob *blob, uint64_t from, struct provar_error *err) {
    PV_AUTO_FD int fd = -1;
    enum provar_result result = pv_fs_temp(pv_str_of(blob->fetch.registry->temp_dir), &fd, err);
    if (result != PROVAR_OK)
        return result;
    pv_cleanup_fd(&blob->kept.fd);
    blob->kept = (struct kept){.fd = pv_take_fd(&fd), .from = from, .to = from};
    return PROVAR_OK;
}

static enum provar_result keep(void *user, uint64_t offset, const void *data, size_t len, struct provar_error *err) {
    struct registry_blob *blob = user;
    enum provar_result result = PROVAR_OK;
    /* Something else than what was asked for: the whole, from its start. */
    if (blob->kept.fd < 0 || offset != blob->kept.to)
        result = renew_kept(blob, offset, err);
    if (result == PROVAR_OK)
        result = pv_fs_write_at(blob->kept.fd, data, len, offset - blob->kept.from, err);
    if (result == PROVAR_OK)
        blob->kept.to += len;
    return result;
}

static enum provar_result tell(const struct registry_blob *blob, uint64_t done, uint64_t total,
                               struct provar_error *err) {
    return blob->head.tell ? blob->head.tell(blob->head.listener, done, total, err) : PROVAR_OK;
}

/* What is worth telling of. */
struct arriving {
    struct registry_blob *blob;
    uint64_t done, total;
};

static enum provar_result keep_and_tell(void *user, uint64_t offset, const void *data, size_t len,
                                        struct provar_error *err) {
    struct arriving *arriving = user;
    enum provar_result result = keep(arriving->blob, offset, data, len, err);
    arriving->done += len;
    /* The whole in place of a range is more than was asked for. */
    uint64_t total = arriving->done > arriving->total ? 0 : arriving->total;
    return result == PROVAR_OK ? tell(arriving->blob, arriving->done, total, err) : result;
}

static enum provar_result fetch_kept(struct registry_blob *blob, uint64_t from, uint64_t to, struct provar_error *err) {
    struct arriving arriving = {.blob = blob, .total = to - from};
    enum provar_result result = renew_kept(blob, from, err);
    return result == PROVAR_OK ? pv_registry_fetch_range(&blob->fetch, from, to, keep_and_tell, &arriving, err)
                               : result;
}

struct filling {
    struct registry_blob *blob;
    struct window *window;
    uint64_t end; /* of the memory */
};

/* The whole in place of the range is kept from its first byte to its last, with those that the window is for. */
static enum provar_result fill(void *user, uint64_t offset, const void *data, size_t len, struct provar_error *err) {
    const struct filling *filling = user;
    struct window *window = filling->window;
    if (filling->blob->fetch.has_no_ranges || offset != window->to || len > filling->end - offset) {
        enum provar_result result = keep(filling->blob, offset, data, len, err);
        return result == PROVAR_OK ? tell(filling->blob, offset + len, filling->blob->head.size, err) : result;
    }
    memcpy(window->data + (offset - window->from), data, len);
    window->to += len;
    return PROVAR_OK;
}

static enum provar_result fetch_window(struct registry_blob *blob, struct window *window, uint64_t from, uint64_t to,
                                       struct provar_error *err) {
    struct filling filling = {.blob = blob, .window = window, .end = to};
    uint8_t *data = realloc(window->data, (size_t)(to - from));
    if (data == NULL)
        return pv_fail_memory(err);
    *window = (struct window){.data = data, .from = from, .to = from};
    return pv_registry_fetch_range(&blob->fetch, from, to, fill, &filling, err);
}

static uint64_t end_of(const struct registry_blob *blob, uint64_t offset, uint64_t len) {
    return len < blob->head.size - offset ? offset + len : blob->head.size;
}

/* How much to ask for at `offset`, where `cap` bytes are wanted: whoever goes on in small steps will go on, as over the
 * headers of a plain archive's small members. */
static uint64_t window_end(const struct registry_blob *blob, uint64_t offset, size_t cap) {
    const struct window *last = blob->window.to > 0 ? &blob->window : &blob->front;
    bool is_near = offset >= last->to && offset - last->to < NEAR;
    uint64_t len = is_near ? 2 * (blob->window.to - blob->window.from) : SMALLEST;
    if (is_near && len < NEAR)
        len = NEAR;
    if (len < cap)
        len = cap;
    return end_of(blob, offset, len < LARGEST ? len : LARGEST);
}

/* Up to where everything from the start on is here. */
static uint64_t end_of_start(const struct registry_blob *blob) {
    bool goes_on = blob->kept.fd >= 0 && blob->kept.from == blob->front.to;
    return goes_on ? blob->kept.to : blob->front.to;
}

/* Whoever reads on from the start reads a stream, which he may leave at any place, and then begin again: it comes in
 * steps that grow with it, so that neither they become many nor what nobody reads more than a third. */
static enum provar_result fetch_on(struct registry_blob *blob, uint64_t offset, struct provar_error *err) {
    uint64_t step = offset / 2 > FRONT ? offset / 2 : FRONT;
    struct arriving arriving = {.blob = blob, .done = offset};
    enum provar_result result = offset == blob->front.to ? renew_kept(blob, offset, err) : PROVAR_OK;
    if (result != PROVAR_OK)
        return result;
    return pv_registry_fetch_range(&blob->fetch, offset, end_of(blob, offset, step), keep_and_tell, &arriving, err);
}

/* Brings what stands at `offset`, and more. */
static enum provar_result fetch_at(struct registry_blob *blob, uint64_t offset, size_t cap, struct provar_error *err) {
    uint64_t size = blob->head.size, front = size < FRONT ? size : FRONT;
    if (blob->fetch.has_no_ranges)
        return fetch_kept(blob, 0, size, err);
    if (offset < front && blob->front.to == 0)
        return fetch_window(blob, &blob->front, 0, front, err);
    if (covers(blob->expect_from, blob->expect_to, offset) && blob->expect_to - offset > SMALLEST)
        return fetch_kept(blob, offset, blob->expect_to, err);
    if (offset == end_of_start(blob))
        return fetch_on(blob, offset, err);
    return fetch_window(blob, &blob->window, offset, window_end(blob, offset, cap), err);
}

static enum provar_result blob_read_at(struct pv_blob *head, uint64_t offset, void *buf, size_t cap, size_t *len,
                                       struct provar_error *err) {
    struct registry_blob *blob = (struct registry_blob *)head;
    size_t want = offset < head->size ? shorter(cap, head->size - offset) : 0;
    *len = 0;
    while (*len < want) {
        size_t got = 0;
        enum provar_result result = copy_known(blob, offset + *len, (uint8_t *)buf + *len, want - *len, &got, err);
        if (result == PROVAR_OK && got == 0)
            result = fetch_at(blob, offset + *len, want - *len, err);
        if (result != PROVAR_OK)
            return result;
        *len += got;
    }
    return PROVAR_OK;
}

static void blob_expect(struct pv_blob *head, uint64_t from, uint64_t to) {
    struct registry_blob *blob = (struct registry_blob *)head;
    blob->expect_from = from;
    blob->expect_to = to < head->size ? to : head->size;
}

/* ---------------------------------------------------------------- in one stream */

struct stream {
    struct registry_blob *blob; /* that keeps what passes; or NULL */
    pv_take_fn take;
    void *user;
};

static enum provar_result pass(void *user, uint64_t offset, const void *data, size_t len, struct provar_error *err) {
    const struct stream *stream = user;
    enum provar_result result = stream->blob ? keep(stream->blob, offset, data, len, err) : PROVAR_OK;
    return result == PROVAR_OK ? stream->take(stream->user, data, len, err) : result;
}

/* Where ranges were asked for and the whole came, it is not asked for again. */
static bool is_kept(const struct registry_blob *blob, uint64_t from) {
    return covers(blob->kept.from, blob->kept.to, from) && blob->kept.to == blob->head.size;
}

static enum provar_result give_kept(struct registry_blob *blob, uint64_t from, pv_take_fn take, void *user,
                                    struct provar_error *err) {
    PV_AUTO_FREE uint8_t *block = malloc(PV_BLOCK);
    enum provar_result result = block ? PROVAR_OK : pv_fail_memory(err);
    size_t len = 0;
    for (uint64_t at = from; result == PROVAR_OK && at < blob->head.size; at += len) {
        result = copy_known(blob, at, block, PV_BLOCK, &len, err);
        if (result == PROVAR_OK)
            result = take(user, block, len, err);
    }
    return result;
}

static enum provar_result blob_stream(struct pv_blob *head, uint64_t from, pv_take_fn take, void *user,
                                      struct provar_error *err) {
    struct registry_blob *blob = (struct registry_blob *)head;
    struct stream stream = {.take = take, .user = user};
    if (is_kept(blob, from))
        return give_kept(blob, from, take, user, err);
    /* Whoever expects all of it, and now reads all of it, reads it once more: then what he has taken a digest of, and
     * not what another answer had in its place before. */
    if (from == 0 && blob->expect_to == head->size && blob->expect_from == 0) {
        stream.blob = blob;
        blob->front.to = blob->front.from = blob->window.to = blob->window.from = 0;
        enum provar_result result = renew_kept(blob, 0, err);
        if (result != PROVAR_OK)
            return result;
    }
    enum provar_result result = pv_registry_fetch_rest(&blob->fetch, from, pass, &stream, err);
    head->may_pass = blob->fetch.may_pass;
    return result;
}

static void blob_free(struct pv_blob *head) {
    struct registry_blob *blob = (struct registry_blob *)head;
    free(blob->front.data);
    free(blob->window.data);
    pv_cleanup_fd(&blob->kept.fd);
    free(blob);
}

static const struct pv_blob_ops blob_ops = {
    .read_at = blob_read_at, .stream = blob_stream, .expect = blob_expect, .free = blob_free};

enum provar_result pv_registry_blob_open(struct pv_registry *registry, const char *repository,
                                         const struct pv_descriptor *descriptor, struct pv_blob **blob,
                                         struct provar_error *err) {
    struct registry_blob *made = calloc(1, sizeof *made);
    if (made == NULL)
        return pv_fail_memory(err);
    made->head = (struct pv_blob){.ops = &blob_ops, .digest = descriptor->digest, .size = descriptor->size};
    made->fetch = (struct pv_registry_fetch){.registry = registry,
                                             .repository = repository,
                                             .digest = &made->head.digest,
                                             .size = descriptor->size,
                                             .foreign = descriptor->urls,
                                             .foreign_count = descriptor->url_count};
    made->kept.fd = -1;
    *blob = &made->head;
    return PROVAR_OK;
}
