/* A session with stores: what its owner wants to hear, and the way from a reference to a backend. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>

#include "internal.h"

#include "store/layout.h"
#include "store/session.h"

enum provar_result provar_store_new(const struct provar_store_options *options, struct provar_store **store,
                                    struct provar_error *err) {
    if (!pv_enter(&err, store))
        return PROVAR_E_USAGE;
    if (options && (options->size != sizeof *options || options->flags != 0))
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET,
                       "struct provar_store_options of another size or with unknown flags");
    struct provar_store *made = calloc(1, sizeof *made);
    if (made == NULL)
        return pv_fail_memory(err);
    if (options)
        made->options = *options;
    *store = made;
    return PROVAR_OK;
}

void provar_store_free(struct provar_store *store) {
    free(store);
}

enum provar_result pv_session_backend(const struct provar_store *store, const struct pv_reference *reference,
                                      bool create, struct pv_backend **backend, struct provar_error *err) {
    (void)store;
    if (reference->kind == PV_REFERENCE_LAYOUT)
        return pv_layout_open(pv_str_of(reference->directory), create, backend, err);
    return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET,
                   "this build keeps archives in OCI layouts only, oci:DIR[:TAG]");
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

static enum provar_result watched_read_at(void *user, uint64_t offset, void *buf, size_t cap, size_t *len,
                                          struct provar_error *err) {
    struct pv_watched *watched = user;
    const struct provar_store_options *options = &watched->store->options;
    enum provar_result result = watched->inner.read_at(watched->inner.user, offset, buf, cap, len, err);
    if (result != PROVAR_OK || options->progress == NULL)
        return result;
    watched->done += *len;
    if (options->progress(watched->done, watched->total, options->user) != 0)
        return pv_fail(err, PROVAR_E_IO, PROVAR_NO_OFFSET, "the caller has stopped it");
    return PROVAR_OK;
}

struct pv_content pv_session_watch(struct pv_watched *watched) {
    return (struct pv_content){.read_at = watched_read_at, .user = watched, .size = watched->inner.size};
}
