/* A session with stores: what its owner wants to hear, and the way from a reference to a backend. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>

#include "internal.h"

#include "store/layout/layout.h"
#include "store/registries.h"
#include "store/registry/registry.h"
#include "store/session.h"
#include "store/session_options.h"

enum provar_result provar_store_new(const struct provar_store_options *options, struct provar_store **store,
                                    struct provar_error *err) {
    if (!pv_enter(&err, store))
        return PROVAR_E_USAGE;
    struct provar_store *made = calloc(1, sizeof *made);
    if (made == NULL)
        return pv_fail_memory(err);
    enum provar_result result = pv_session_options_copy(options, &made->options, err);
    if (result == PROVAR_OK)
        result = pv_registries_new(made, &made->registries, err);
    if (result == PROVAR_OK)
        *store = made;
    else
        provar_store_free(made);
    return result;
}

void provar_store_free(struct provar_store *store) {
    if (store == NULL)
        return;
    pv_registries_free(store->registries);
    pv_session_options_release(&store->options);
    free(store);
}

enum provar_result pv_session_backend(const struct provar_store *store, const struct pv_reference *reference,
                                      bool create, struct pv_backend **backend, struct provar_error *err) {
    if (reference->kind == PV_REFERENCE_LAYOUT)
        return pv_layout_open(pv_str_of(reference->directory), create, backend, err);
    struct pv_registry *registry = NULL;
    enum provar_result result = pv_registries_find(store->registries, reference, &registry, err);
    return result == PROVAR_OK ? pv_registry_open(registry, reference->repository, create, backend, err) : result;
}

void pv_session_warn(const struct provar_store *store, const char *format, ...) {
    char line[640];
    va_list values;
    if (store->options.warn == NULL)
        return;
    va_start(values, format);
    int len = vsnprintf(line, sizeof line, format, values);
    va_end(values);
    if (len > 0)
        store->options.warn(line, strlen(line), store->options.user);
}

enum provar_result pv_session_tell(const struct provar_store *store, uint64_t done, uint64_t total,
                                   struct provar_error *err) {
    const struct provar_store_options *options = &store->options;
    if (options->progress && options->progress(done, total, options->user) != 0)
        return pv_fail(err, PROVAR_E_IO, PROVAR_NO_OFFSET, "the caller has stopped it");
    return PROVAR_OK;
}

/* What is sent once more counts once more; but nobody is told of more than there is. */
static enum provar_result tell(struct pv_watched *watched, size_t len, struct provar_error *err) {
    watched->done += len;
    if (watched->store == NULL)
        return PROVAR_OK;
    uint64_t done = watched->total > 0 && watched->done > watched->total ? watched->total : watched->done;
    return pv_session_tell(watched->store, done, watched->total, err);
}

static enum provar_result watched_read_at(void *user, uint64_t offset, void *buf, size_t cap, size_t *len,
                                          struct provar_error *err) {
    struct pv_watched *watched = user;
    enum provar_result result = watched->inner.read_at(watched->inner.user, offset, buf, cap, len, err);
    return result == PROVAR_OK ? tell(watched, *len, err) : result;
}

static enum provar_result watched_take(void *user, const void *data, size_t len, struct provar_error *err) {
    struct pv_watched *watched = user;
    enum provar_result result = watched->take(watched->taker, data, len, err);
    return result == PROVAR_OK ? tell(watched, len, err) : result;
}

static enum provar_result watched_stream(void *user, pv_take_fn take, void *taker, struct provar_error *err) {
    struct pv_watched *watched = user;
    watched->take = take;
    watched->taker = taker;
    return watched->inner.stream(watched->inner.user, watched_take, watched, err);
}

struct pv_content pv_session_watch(struct pv_watched *watched) {
    return (struct pv_content){.read_at = watched_read_at,
                               .stream = watched->inner.stream ? watched_stream : NULL,
                               .user = watched,
                               .size = watched->inner.size};
}
