/* A stored image as the source of an archive, which then reads what it needs from the store. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "store/image_source.h"

static int64_t read_at(void *buf, size_t cap, uint64_t offset, void *user) {
    struct pv_image_source *source = user;
    source->watched.inner = pv_image_content(source->image);
    struct pv_content content = source->is_proven ? source->watched.inner : pv_session_watch(&source->watched);
    struct provar_error *failure = &source->store->failure;
    size_t len = 0;
    provar_error_clear(failure);
    return content.read_at(content.user, offset, buf, cap, &len, failure) == PROVAR_OK ? (int64_t)len : -1;
}

static int64_t read_on(void *buf, size_t cap, void *user) {
    struct pv_image_source *source = user;
    int64_t len = read_at(buf, cap, source->pos, user);
    source->pos += len > 0 ? (uint64_t)len : 0;
    return len;
}

static void expect(uint64_t from, uint64_t to, void *user) {
    struct pv_image_source *source = user;
    struct pv_content content = pv_image_content(source->image);
    content.expect(content.user, from, to);
}

enum provar_result pv_image_source_open(struct pv_image_source *source, const struct provar_open_options *options,
                                        void (*close)(void *source), struct provar_archive **archive,
                                        struct provar_error *err) {
    struct provar_callbacks calls = {.size = sizeof calls,
                                     .read = read_on,
                                     .read_at = read_at,
                                     .total = source->image->size,
                                     .expect = pv_image_content(source->image).expect ? expect : NULL,
                                     .close = close,
                                     .user = source};
    struct provar_input from = {.size = sizeof from, .kind = PROVAR_INPUT_CALLBACKS, .callbacks = &calls};
    /* How much of it will be read nobody knows beforehand: the total stays 0. */
    source->watched.store = source->store;
    provar_error_clear(&source->store->failure);
    return provar_open(&from, options, archive, err);
}
