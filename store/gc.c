/* Conductor: what nothing names in a layout goes. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "store/layout/layout_gc.h"
#include "store/session.h"

struct gc {
    const struct provar_store *store;
    const struct provar_gc_options *options;
    struct provar_gc_result answer;
};

static enum provar_result count_removed(void *user, const char *path, uint64_t bytes, struct provar_error *err) {
    struct gc *gc = user;
    gc->answer.count++;
    gc->answer.bytes += bytes;
    if (gc->options->removed && gc->options->removed(path, bytes, gc->options->user) != 0)
        return pv_fail(err, PROVAR_E_IO, PROVAR_NO_OFFSET, "the caller has stopped it");
    return PROVAR_OK;
}

static void warn(void *user, const char *line) {
    const struct gc *gc = user;
    pv_session_warn(gc->store, "%s", line);
}

static enum provar_result check_options(const struct provar_gc_options *options,
                                        const struct provar_gc_result *collected, struct provar_error *err) {
    const uint32_t known = PROVAR_GC_DRY_RUN | PROVAR_GC_NO_GRACE;
    if (options->size != sizeof *options || (collected && collected->size != sizeof *collected))
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "a struct of another size");
    if ((options->flags & ~known) != 0 || options->reserved0 != 0)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "unknown flags");
    if ((options->flags & PROVAR_GC_NO_GRACE) != 0 && options->grace != 0)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "a grace, and none");
    return PROVAR_OK;
}

static enum provar_result check_reference(const struct pv_reference *reference, struct provar_error *err) {
    if (reference->kind != PV_REFERENCE_LAYOUT)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET,
                       "a registry collects its own garbage: name a layout, oci:DIR");
    if (reference->tag[0] != 0 || reference->digest.text[0] != 0)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET,
                       "a layout is collected as a whole: name no tag or digest");
    return PROVAR_OK;
}

enum provar_result provar_store_gc(struct provar_store *store, const char *reference, size_t len,
                                   const struct provar_gc_options *options, struct provar_gc_result *collected,
                                   struct provar_error *err) {
    static const struct provar_gc_options usual = {.size = sizeof usual};
    struct gc gc = {.store = store, .options = options ? options : &usual, .answer = {.size = sizeof gc.answer}};
    struct pv_reference parsed;
    if (!pv_enter(&err, store && pv_given(reference, len)))
        return PROVAR_E_USAGE;
    enum provar_result result = check_options(gc.options, collected, err);
    if (result == PROVAR_OK)
        result = pv_reference_parse(pv_str(reference, len), PROVAR_REFERENCE_DOCKER_HUB, &parsed, err);
    if (result == PROVAR_OK)
        result = check_reference(&parsed, err);
    if (result != PROVAR_OK)
        return result;
    bool has_grace = (gc.options->flags & PROVAR_GC_NO_GRACE) == 0;
    const struct pv_layout_gc work = {.before = has_grace ? pv_layout_gc_before(gc.options->grace, (int64_t)time(NULL))
                                                          : INT64_MAX,
                                      .is_dry_run = (gc.options->flags & PROVAR_GC_DRY_RUN) != 0,
                                      .removed = count_removed,
                                      .warn = warn,
                                      .user = &gc};
    result = pv_layout_collect(pv_str_of(parsed.directory), &work, err);
    if (result == PROVAR_OK && collected)
        *collected = gc.answer;
    return result;
}
