/* Conductor: what refers to a manifest of a store, such as signatures and lists of materials. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "store/describe.h"
#include "store/listed.h"
#include "store/session.h"

struct referrers {
    struct pv_str artifact_type; /* empty: of all */
    size_t text;                 /* of characters of what they say */
    provar_store_referrer_fn each;
    void *user;
};

static enum provar_result pass(void *user, const struct pv_descriptor *referrer, struct provar_error *err) {
    struct referrers *referrers = user;
    struct pv_str created = {"", 0};
    if (referrers->artifact_type.len > 0 && !pv_str_equal(referrers->artifact_type, referrer->artifact_type))
        return PROVAR_OK;
    bool is_dated = pv_annotations_find(&referrer->annotations, PV_STR(PV_ANNOTATION_CREATED), &created);
    PV_AUTO_FREE char *media_type = pv_str_dup(referrer->media_type);
    PV_AUTO_FREE char *artifact_type = pv_str_dup(referrer->artifact_type);
    PV_AUTO_FREE char *date = pv_str_dup(created);
    if (media_type == NULL || artifact_type == NULL || date == NULL)
        return pv_fail_memory(err);
    const struct provar_store_referrer said = {.size = sizeof said,
                                               .digest = referrer->digest.text,
                                               .media_type = media_type,
                                               .artifact_type = artifact_type[0] ? artifact_type : NULL,
                                               .created = is_dated ? date : NULL,
                                               .bytes = referrer->size};
    const char *const texts[] = {said.digest, said.media_type, said.artifact_type, said.created};
    enum provar_result result = pv_listed_add(&referrers->text, texts, sizeof texts / sizeof texts[0], err);
    if (result != PROVAR_OK)
        return result;
    if (referrers->each(&said, referrers->user) != 0)
        return pv_fail(err, PROVAR_E_IO, PROVAR_NO_OFFSET, "the caller has stopped it");
    return PROVAR_OK;
}

enum provar_result provar_store_referrers(struct provar_store *store, const char *reference, size_t len,
                                          const char *artifact_type, provar_store_referrer_fn each, void *user,
                                          struct provar_error *err) {
    struct referrers referrers = {
        .artifact_type = pv_str_of(artifact_type ? artifact_type : ""), .each = each, .user = user};
    PV_AUTO_BACKEND struct pv_backend *backend = NULL;
    struct pv_reference parsed;
    struct pv_named named = {.size = 0};
    if (!pv_enter(&err, store && each && pv_given(reference, len)))
        return PROVAR_E_USAGE;
    enum provar_result result = pv_reference_parse(pv_str(reference, len), PROVAR_REFERENCE_DOCKER_HUB, &parsed, err);
    if (result == PROVAR_OK)
        result = pv_session_backend(store, &parsed, false, &backend, err);
    if (result == PROVAR_OK) {
        backend->names_only = true;
        result = backend->ops->resolve(backend, pv_str_of(parsed.tag), &parsed.digest, &named, err);
    }
    return result == PROVAR_OK ? backend->ops->referrers(backend, &named.digest, pass, &referrers, err) : result;
}
