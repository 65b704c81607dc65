/* What is asked of a manifest that was decoded: its archive's size, the manifest of a target, an annotation. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/names.h"
#include "store/image/manifest.h"

enum provar_result pv_manifest_archive_size(const struct pv_manifest *image, uint64_t max, uint64_t *size,
                                            struct provar_error *err) {
    uint64_t sum = 0;
    if (image->kind != PV_MANIFEST_IMAGE || image->count == 0)
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "no provider archive: %s",
                       image->count == 0 ? "nothing is in the manifest" : "an index of manifests");
    for (size_t i = 0; i < image->count; i++) {
        const struct pv_descriptor *layer = &image->list[i];
        if (!pv_media_type_is_archive(layer->media_type))
            return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "no provider archive: a layer of type '%s'",
                           pv_quote(layer->media_type).text);
        if (layer->size > max - sum)
            return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "an archive of more than %llu bytes",
                           (unsigned long long)max);
        sum += layer->size;
    }
    *size = sum;
    return PROVAR_OK;
}

/* Names as many as a message has room for, but no attestations, which BuildKit gives the platform unknown/unknown. */
static enum provar_result fail_no_target(const struct pv_manifest *index, struct pv_str target,
                                         struct provar_error *err) {
    struct pv_names names = {0};
    for (size_t i = 0; i < index->count; i++) {
        struct pv_platform_target name;
        if (pv_platform_to_target(&index->list[i].platform, &name) &&
            !pv_str_equal(pv_str_of(name.text), PV_STR("unknown-unknown")))
            pv_names_add(&names, pv_str_of(name.text));
    }
    return pv_fail(err, PROVAR_E_NO_TARGET, PROVAR_NO_OFFSET, "the index has no manifest for '%s' (it has: %s)",
                   pv_quote(target).text, pv_names_text(&names));
}

enum provar_result pv_manifest_find_target(const struct pv_manifest *index, struct pv_str target,
                                           const struct pv_descriptor **found, struct provar_error *err) {
    const struct pv_descriptor *only = NULL;
    for (size_t i = 0; i < index->count; i++) {
        struct pv_platform_target name;
        if (!pv_platform_to_target(&index->list[i].platform, &name) || !pv_str_equal(pv_str_of(name.text), target))
            continue;
        if (only)
            return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "the index has two manifests for '%s'",
                           pv_quote(target).text);
        only = &index->list[i];
    }
    if (only == NULL)
        return fail_no_target(index, target, err);
    if (!pv_media_type_is_image(only->media_type))
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "what the index has for '%s' is no image: '%s'",
                       pv_quote(target).text, pv_quote(only->media_type).text);
    *found = only;
    return PROVAR_OK;
}

bool pv_annotations_find(const struct pv_annotations *annotations, struct pv_str key, struct pv_str *value) {
    for (size_t i = 0; i < annotations->count; i++)
        if (pv_str_equal(annotations->list[i].key, key)) {
            *value = annotations->list[i].value;
            return true;
        }
    return false;
}

/* distribution-spec, "Listing Referrers": of a manifest without a type of artifact it is that of its config. */
struct pv_descriptor pv_manifest_as_referrer(const struct pv_manifest *manifest, const struct pv_digest *digest,
                                             uint64_t size) {
    return (struct pv_descriptor){.media_type = manifest->media_type,
                                  .digest = *digest,
                                  .size = size,
                                  .artifact_type = manifest->artifact_type.len > 0 ? manifest->artifact_type
                                                                                   : manifest->config.media_type,
                                  .annotations = manifest->annotations};
}
