/* What refers to an image of a layout: those that index.json names, since a layout keeps no other list. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/array.h"
#include "store/layout/layout_index.h"
#include "store/layout/layout_referrers.h"

struct walk {
    struct pv_backend *backend;
    const struct pv_digest *subject;
    struct pv_digest *seen; /* that refer to it: index.json names one for each of its tags */
    size_t count, room;
    pv_referrer_fn each;
    void *user;
};

static enum provar_result pass(struct walk *walk, const struct pv_named *named, const struct pv_manifest *manifest,
                               struct provar_error *err) {
    for (size_t i = 0; i < walk->count; i++)
        if (pv_digest_equal(&walk->seen[i], &named->digest))
            return PROVAR_OK;
    struct pv_digest *grown = pv_array_grow(walk->seen, walk->count, &walk->room, sizeof *grown);
    if (grown == NULL)
        return pv_fail_memory(err);
    walk->seen = grown;
    walk->seen[walk->count++] = named->digest;
    const struct pv_descriptor referrer = pv_manifest_as_referrer(manifest, &named->digest, named->size);
    return walk->each(walk->user, &referrer, err);
}

/* A manifest that cannot be read refers to nothing: layouts may hold anything. */
static enum provar_result judge(void *user, const struct pv_layout_entry *entry, struct provar_error *err) {
    struct walk *walk = user;
    PV_AUTO_MANIFEST struct pv_manifest *manifest = NULL;
    PV_AUTO_BUF struct pv_buf json;
    struct provar_error own = {0};
    pv_buf_init(&json, PV_MAX_MANIFEST_SIZE);
    if (entry->named.digest.text[0] == 0)
        return PROVAR_OK;
    enum provar_result result = walk->backend->ops->manifest_get(walk->backend, &entry->named, &json, &own);
    if (result == PROVAR_OK)
        result = pv_manifest_decode(pv_buf_str(&json), pv_str_of(entry->named.media_type), &manifest, &own);
    if (result == PROVAR_E_REGISTRY || result == PROVAR_E_LIMIT)
        return PROVAR_OK;
    pv_error_hand_on(err, &own);
    if (result != PROVAR_OK || !pv_digest_equal(&manifest->subject, walk->subject))
        return result;
    return pass(walk, &entry->named, manifest, err);
}

enum provar_result pv_layout_each_referrer(struct pv_backend *backend, struct pv_str index,
                                           const struct pv_digest *subject, pv_referrer_fn each, void *user,
                                           struct provar_error *err) {
    struct walk walk = {.backend = backend, .subject = subject, .each = each, .user = user};
    enum provar_result result = pv_layout_index_each(index, judge, &walk, err);
    free(walk.seen);
    return result;
}
