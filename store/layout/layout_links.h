/* What a JSON document of a layout names, of whatever type it is: the blobs that live as long as it does. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_LAYOUT_LINKS_H
#define PV_LAYOUT_LINKS_H

#include "store/image/digest.h"

enum pv_layout_link {
    PV_LAYOUT_LINK_BLOB = 0,     /* bytes that say no more */
    PV_LAYOUT_LINK_SUBJECT = 1,  /* a document that need not be there (image-spec, manifest.md) */
    PV_LAYOUT_LINK_FOREIGN = 2,  /* of a type that provar does not know: perhaps a document */
    PV_LAYOUT_LINK_DOCUMENT = 3, /* a manifest, or an index */
};
typedef enum provar_result (*pv_layout_link_fn)(void *user, const struct pv_digest *digest, enum pv_layout_link link,
                                                struct provar_error *err);

/*
 *     manifests [DESCRIPTOR...]                  documents
 *     subject   DESCRIPTOR                       a document
 *     config    DESCRIPTOR, layers, blobs [...]  documents, where their media type says so; else blobs
 *     any other text that is a digest            a blob: foreign artifacts have members of their own
 *
 * One digest may be given several times. PROVAR_E_REGISTRY for what is malformed, and for a document whose digest is of
 * a kind that is not supported: what belongs to it cannot be known. PROVAR_E_LIMIT beyond the limits of base/json. */
enum provar_result pv_layout_links_each(struct pv_str json, pv_layout_link_fn each, void *user,
                                        struct provar_error *err) PV_MUST_CHECK;

#endif
