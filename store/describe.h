/* What a manifest says of its archive: annotations out of the claims, and digests of what is read first. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_DESCRIBE_H
#define PV_DESCRIBE_H

#include "base/rfc3339.h"
#include "store/image/backend.h"

#define PV_ANNOTATION_VERSION  "org.opencontainers.image.version"
#define PV_ANNOTATION_CREATED  "org.opencontainers.image.created"
#define PV_ANNOTATION_NAME     "provar.name"
#define PV_ANNOTATION_REVISION "provar.revision"
#define PV_ANNOTATION_ISSUER   "provar.issuer"
#define PV_ANNOTATION_SUBJECT  "provar.subject"
#define PV_ANNOTATION_TARGETS  "provar.targets"
/* Of the layer: SHA-256 of the member claims.jwt, and of the target index of a gzip archive. */
#define PV_ANNOTATION_CLAIMS_DIGEST "provar.claims.digest"
#define PV_ANNOTATION_INDEX_DIGEST  "provar.index.digest"

enum { PV_DESCRIPTION_ANNOTATIONS = 7, PV_DESCRIPTION_DIGESTS = 2 };

struct pv_description {
    struct pv_annotation manifest[PV_DESCRIPTION_ANNOTATIONS];
    size_t manifest_count;
    struct pv_annotation layer[PV_DESCRIPTION_DIGESTS];
    size_t layer_count;
    bool has_revision;
    int32_t revision;
    /* What the annotations point to, beside the archive's claims. */
    struct pv_digest claims_digest, index_digest;
    struct pv_time_text created;
    char revision_text[16];
    struct pv_buf targets;
};

/* `archive` has been looked at, `file` is its bytes; both are borrowed for as long as the description lives. Must not
 * be moved. Texts that are longer than PV_MAX_ANNOTATION_TEXT are left out. */
enum provar_result pv_describe(struct pv_description *description, const struct provar_archive *archive,
                               const struct pv_content *file, struct provar_error *err) PV_MUST_CHECK;
void pv_describe_release(struct pv_description *description);

/* The digest of the target index at the front of a gzip archive; an empty text where there is none. */
enum provar_result pv_describe_index(const struct pv_content *file, struct pv_digest *digest,
                                     struct provar_error *err) PV_MUST_CHECK;

#endif
