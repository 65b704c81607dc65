/* Conductor: an archive that is read where it is stored. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "store/image_source.h"

/* What the archive's source owns, and is the first part of. */
struct opened {
    struct pv_image_source source;
    struct pv_backend *backend;
    struct pv_image image;
};

static void close_opened(void *user) {
    struct opened *opened = user;
    pv_image_release(&opened->image);
    pv_backend_free(opened->backend);
    free(opened);
}

static void opened_cleanup(struct opened **opened) {
    if (*opened)
        close_opened(*opened);
}

static enum provar_result open_reference(struct provar_store *store, const struct pv_reference *reference,
                                         struct pv_str target, uint32_t flags,
                                         const struct provar_open_options *options, struct opened *opened,
                                         struct provar_error *err) {
    enum pv_image_reading reading = (flags & PROVAR_STORE_RANGES) == 0    ? PV_READ_WHOLE
                                    : (flags & PROVAR_STORE_UNBOUND) == 0 ? PV_READ_RANGES
                                                                          : PV_READ_RANGES_UNBOUND;
    enum provar_result result = pv_session_backend(store, reference, false, &opened->backend, err);
    opened->image = (struct pv_image){.store = store, .backend = opened->backend};
    if (result == PROVAR_OK)
        result = pv_image_open(&opened->image, pv_str_of(reference->tag), &reference->digest, target, options, err);
    if (result != PROVAR_OK)
        return result;
    return pv_image_source_begin(&opened->source, store, &opened->image, reading, reference->digest.text[0] != 0, err);
}

enum provar_result provar_store_failure(const struct provar_store *store, struct provar_error *err) {
    if (!pv_enter(&err, store))
        return PROVAR_E_USAGE;
    pv_error_hand_on(err, &store->failure);
    return (enum provar_result)store->failure.code;
}

enum provar_result provar_store_open(struct provar_store *store, const char *reference, size_t len, const char *target,
                                     size_t target_len, uint32_t flags, const struct provar_open_options *options,
                                     struct provar_stored *stored, struct provar_archive **archive,
                                     struct provar_error *err) {
    struct pv_reference parsed;
    struct provar_stored answer = {0};
    if (!pv_enter(&err, store && archive && pv_given(reference, len) && pv_given(target, target_len)))
        return PROVAR_E_USAGE;
    if ((flags & ~(uint32_t)(PROVAR_STORE_RANGES | PROVAR_STORE_UNBOUND)) != 0)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "unknown flags");
    enum provar_result result = pv_stored_check(stored, err);
    if (result == PROVAR_OK)
        result = pv_reference_parse(pv_str(reference, len), 0, &parsed, err);
    if (result != PROVAR_OK)
        return result;
    PV_CLEANUP(opened_cleanup) struct opened *opened = calloc(1, sizeof *opened);
    if (opened == NULL)
        return pv_fail_memory(err);
    result = open_reference(store, &parsed, pv_str(target, target_len), flags, options, opened, err);
    if (result != PROVAR_OK)
        return result;
    pv_image_stored(&opened->image, pv_str_of(parsed.tag), &answer);
    pv_image_source_stored(&opened->source, &answer);
    result = pv_image_source_open(&PV_TAKE(opened)->source, options, close_opened, archive, err);
    if (result == PROVAR_OK && stored)
        *stored = answer;
    return result;
}
