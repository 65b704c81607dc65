/* Writes manifests: sorted keys, no blanks, so that the same content is the same bytes and the same digest. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_MANIFEST_ENCODE_H
#define PV_MANIFEST_ENCODE_H

#include "store/image/manifest.h"

enum pv_manifest_form {
    PV_MANIFEST_FORM_FULL = 0,
    PV_MANIFEST_FORM_WASH = 1 /* the bytes that `wash push` sends: no mediaType, no annotations of the layer */
};

enum pv_manifest_types {
    PV_MANIFEST_TYPES_WASMCLOUD = 0,
    PV_MANIFEST_TYPES_OCI_IMAGE = 1 /* for registries that refuse types they do not know; hosts take them too */
};

/* The manifest of one archive in one layer: hosts join several in the order in which they happen to arrive. */
struct pv_manifest_plan {
    enum pv_manifest_form form;
    enum pv_manifest_types types;
    struct pv_digest config_digest;
    uint64_t config_size;
    struct pv_digest layer_digest;
    uint64_t layer_size;
    struct pv_annotations layer_annotations; /* in any order, here and below */
    struct pv_annotations annotations;
};

/* The config that every archive has: `{}`. */
#define PV_MANIFEST_EMPTY_CONFIG        "{}"
#define PV_MANIFEST_EMPTY_CONFIG_DIGEST "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"

/* Appends the document. PROVAR_E_USAGE for an annotation whose key is empty or stands twice, and for text that is not
 * UTF-8 or holds a NUL; PROVAR_E_LIMIT for more annotations than pv_manifest_decode takes. The buffer's ceiling should
 * be PV_MAX_MANIFEST_SIZE. After a failure it holds a part. */
enum provar_result pv_manifest_encode(const struct pv_manifest_plan *plan, struct pv_buf *json,
                                      struct provar_error *err) PV_MUST_CHECK;

/* Appends an OCI index. Of each entry media type, type of artifact, digest, size, platform and annotations are written;
 * what is empty is left out. PROVAR_E_USAGE also for two entries of one platform. */
enum provar_result pv_index_encode(const struct pv_descriptor *entries, size_t count,
                                   const struct pv_annotations *annotations, struct pv_buf *json,
                                   struct provar_error *err) PV_MUST_CHECK;

/* Appends the text of an index with one entry more, behind those that it has; every other byte stays as it is, for what
 * is not known here is somebody's. PROVAR_E_REGISTRY for a text without a list of manifests. */
enum provar_result pv_index_append(struct pv_str index, const struct pv_descriptor *entry, struct pv_buf *json,
                                   struct provar_error *err) PV_MUST_CHECK;

#endif
