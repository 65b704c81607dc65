/* Conductor: an archive that is read where it is stored. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "store/retrieve.h"

/* What the archive's source owns. */
struct opened {
    struct provar_store *store;
    struct pv_backend *backend;
    struct pv_image image;
    uint64_t pos;
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

/* The archive only learns that its source failed; why is a line to the session's owner. */
static int64_t read_stored_at(void *buf, size_t cap, uint64_t offset, void *user) {
    struct opened *opened = user;
    struct pv_content content = pv_image_content(&opened->image);
    struct provar_error own = {0};
    size_t len = 0;
    if (content.read_at(content.user, offset, buf, cap, &len, &own) == PROVAR_OK)
        return (int64_t)len;
    pv_session_warn(opened->store, "reading from the store failed: %s", own.message);
    return -1;
}

static int64_t read_stored(void *buf, size_t cap, void *user) {
    struct opened *opened = user;
    int64_t len = read_stored_at(buf, cap, opened->pos, user);
    opened->pos += len > 0 ? (uint64_t)len : 0;
    return len;
}

static enum provar_result open_archive(struct opened *opened, const struct provar_open_options *options,
                                       struct provar_archive **archive, struct provar_error *err) {
    struct provar_callbacks calls = {.size = sizeof calls,
                                     .read = read_stored,
                                     .read_at = read_stored_at,
                                     .total = opened->image.size,
                                     .close = close_opened,
                                     .user = opened};
    struct provar_input from = {.size = sizeof from, .kind = PROVAR_INPUT_CALLBACKS, .callbacks = &calls};
    return provar_open(&from, options, archive, err);
}

static enum provar_result open_reference(struct provar_store *store, const struct pv_reference *reference,
                                         struct pv_str target, uint32_t flags, struct opened *opened, bool *proven,
                                         struct provar_error *err) {
    /* Whoever names a digest means these bytes and no others, though another archive of the same signer be as good. */
    *proven = (flags & PROVAR_STORE_RANGES) == 0 || reference->digest.text[0] != 0;
    opened->store = store;
    enum provar_result result = pv_session_backend(store, reference, false, &opened->backend, err);
    if (result == PROVAR_OK)
        result =
            pv_image_open(&opened->image, opened->backend, pv_str_of(reference->tag), &reference->digest, target, err);
    return result == PROVAR_OK && *proven ? pv_image_prove(&opened->image, store, NULL, NULL, err) : result;
}

enum provar_result provar_store_open(struct provar_store *store, const char *reference, size_t len, const char *target,
                                     size_t target_len, uint32_t flags, const struct provar_open_options *options,
                                     struct provar_stored *stored, struct provar_archive **archive,
                                     struct provar_error *err) {
    struct pv_reference parsed;
    struct provar_stored answer = {0};
    bool proven = false;
    if (!pv_enter(&err, store && archive && pv_given(reference, len) && pv_given(target, target_len)))
        return PROVAR_E_USAGE;
    if ((flags & ~(uint32_t)PROVAR_STORE_RANGES) != 0)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "unknown flags");
    enum provar_result result = pv_stored_check(stored, err);
    if (result == PROVAR_OK)
        result = pv_reference_parse(pv_str(reference, len), 0, &parsed, err);
    if (result != PROVAR_OK)
        return result;
    PV_CLEANUP(opened_cleanup) struct opened *opened = calloc(1, sizeof *opened);
    if (opened == NULL)
        return pv_fail_memory(err);
    result = open_reference(store, &parsed, pv_str(target, target_len), flags, opened, &proven, err);
    if (result != PROVAR_OK)
        return result;
    pv_image_stored(&opened->image, pv_str_of(parsed.tag), proven, &answer);
    result = open_archive(PV_TAKE(opened), options, archive, err);
    if (result == PROVAR_OK && stored)
        *stored = answer;
    return result;
}
