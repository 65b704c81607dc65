/* What every store has in common: how a manifest is named, and what holds for tags. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "store/image/backend.h"

struct pv_named pv_named_of(const struct pv_descriptor *descriptor) {
    struct pv_named named = {.digest = descriptor->digest, .size = descriptor->size};
    (void)snprintf(named.media_type, sizeof named.media_type, "%.*s", (int)descriptor->media_type.len,
                   descriptor->media_type.text);
    return named;
}

enum provar_result pv_backend_refuse_tag(struct pv_str tag, const struct pv_digest *there, struct provar_error *err) {
    return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "the tag '%s' names other content already: %s",
                   pv_quote(tag).text, there->text[0] ? there->text : "of an unknown digest");
}

static enum provar_result check_tag(struct pv_backend *backend, struct pv_str tag, const struct pv_digest *digest,
                                    struct provar_error *err) {
    static const struct pv_digest none;
    struct provar_error own = {0};
    struct pv_named found = {.size = 0};
    enum provar_result result = backend->ops->resolve(backend, tag, &none, &found, &own);
    if (result == PROVAR_E_NOT_FOUND)
        return PROVAR_OK;
    if (result == PROVAR_OK && !pv_digest_equal(&found.digest, digest))
        return pv_backend_refuse_tag(tag, &found.digest, err);
    pv_error_hand_on(err, &own);
    return result;
}

enum provar_result pv_backend_check_tags(struct pv_backend *backend, const struct pv_tags *tags,
                                         const struct pv_digest *digest, struct provar_error *err) {
    enum provar_result result = PROVAR_OK;
    for (size_t i = 0; result == PROVAR_OK && i < tags->kept; i++)
        result = check_tag(backend, tags->list[i], digest, err);
    return result;
}
