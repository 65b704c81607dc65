/* The text of a layout's index.json: what it names, and the same text with a tag moved. Does no I/O. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_LAYOUT_INDEX_H
#define PV_LAYOUT_INDEX_H

#include "store/image/backend.h"

/*
 *     {"schemaVersion":2, "manifests":[
 *         {"mediaType":M, "digest":"sha256:...", "size":N, "annotations":{"org.opencontainers.image.ref.name":TAG}},
 * ...]}
 */
#define PV_LAYOUT_EMPTY_INDEX "{\"manifests\":[],\"mediaType\":\"" PV_MEDIA_OCI_INDEX "\",\"schemaVersion\":2}"

/* A descriptor, borrowed. One whose digest provar does not know has an empty one: layouts may hold anything. */
struct pv_layout_entry {
    struct pv_named named;
    struct pv_str tag; /* empty where it has none */
};
typedef enum provar_result (*pv_layout_entry_fn)(void *user, const struct pv_layout_entry *entry,
                                                 struct provar_error *err);

/* In the document's order. PROVAR_E_REGISTRY for what is malformed, PROVAR_E_LIMIT beyond the limits. */
enum provar_result pv_layout_index_each(struct pv_str json, pv_layout_entry_fn each, void *user,
                                        struct provar_error *err) PV_MUST_CHECK;

/* What `digest` names, or where it is empty `tag`, or where that is empty the only manifest. PROVAR_E_NOT_FOUND, with
 * the tags that there are; PROVAR_E_REGISTRY when the tag stands at two manifests. */
enum provar_result pv_layout_index_resolve(struct pv_str json, struct pv_str tag, const struct pv_digest *digest,
                                           struct pv_named *found, struct provar_error *err) PV_MUST_CHECK;

/* Appends the document with this manifest under these tags: the name is taken off the descriptor that had it, and
 * descriptors are added; every other byte of a member or descriptor stays as it was. *changed is false, and nothing is
 * appended, when there is nothing to do. */
enum provar_result pv_layout_index_put(struct pv_str json, const struct pv_named *named, const struct pv_tags *tags,
                                       struct pv_buf *out, bool *changed, struct provar_error *err) PV_MUST_CHECK;

#endif
