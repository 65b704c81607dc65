/* Conductor: an archive of one target out of a checked one, under the token that both have. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "builder.h"

PV_DEFINE_CLEANUP(builder_cleanup, struct provar_builder, provar_builder_free)

static enum provar_result keep_only(struct provar_builder *builder, struct pv_str target, struct provar_error *err) {
    enum provar_result result = PROVAR_OK;
    if (pv_scan_target(&builder->origin->facts->scan, target) == NULL)
        return pv_scan_no_target(&builder->origin->facts->scan, target, err);
    for (size_t i = builder->target_count; i-- > 0 && result == PROVAR_OK;) {
        struct pv_str name = pv_str_of(builder->targets[i].name);
        if (!pv_str_equal(name, target))
            result = provar_builder_remove_target(builder, name.text, name.len, err);
    }
    return result;
}

enum provar_result provar_checked_write_target(const struct provar_checked *checked, const char *target, size_t len,
                                               const struct provar_output *to, struct provar_error *err) {
    PV_CLEANUP(builder_cleanup) struct provar_builder *builder = NULL;
    if (!pv_enter(&err, checked && to && pv_given(target, len)))
        return PROVAR_E_USAGE;
    enum provar_result result = provar_builder_from(checked, &builder, err);
    if (result == PROVAR_OK)
        result = keep_only(builder, pv_str(target, len), err);
    if (result != PROVAR_OK)
        return result;
    builder->same_token = true;
    return provar_builder_write(builder, to, err);
}
