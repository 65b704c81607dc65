/* Manifests of OCI and Docker registries, decoded strictly: of one image, or an index of several. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_MANIFEST_H
#define PV_MANIFEST_H

#include "store/image/digest.h"
#include "store/image/limits.h"
#include "store/image/media_type.h"
#include "store/image/platform.h"

/*
 *     image   {"schemaVersion":2, "mediaType":M, "config":DESCRIPTOR, "layers":[DESCRIPTOR...], "annotations":{...}}
 *     index   {"schemaVersion":2, "mediaType":M, "manifests":[DESCRIPTOR...], "annotations":{...}}
 *
 *     DESCRIPTOR  {"mediaType":M, "digest":"sha256:...", "size":N, "annotations":{...},
 *                  "platform":{"architecture":A, "os":O, "variant":V}, "artifactType":M, "urls":[U...]}
 *
 * Both may have an "artifactType":M and a "subject":DESCRIPTOR, to which they refer.
 */

/* Layouts keep the tag of a manifest in this annotation of its descriptor. */
#define PV_ANNOTATION_REF_NAME "org.opencontainers.image.ref.name"

struct pv_annotation {
    struct pv_str key;
    struct pv_str value;
};

struct pv_annotations {
    const struct pv_annotation *list;
    size_t count;
};

/* What is read of a descriptor. `data` is not: content comes from the store that was asked. */
struct pv_descriptor {
    struct pv_str media_type;
    struct pv_digest digest;
    uint64_t size;               /* at most 2^63 - 1 */
    struct pv_str artifact_type; /* empty where there is none */
    struct pv_annotations annotations;
    struct pv_platform platform; /* empty texts where there is none */
    /* The first of those places where it is said to be, too; nothing has judged them. They count where the session
     * allows them (PULL-7). */
    struct pv_str urls[PV_MAX_URLS];
    size_t url_count;
};

enum pv_manifest_kind { PV_MANIFEST_IMAGE = 1, PV_MANIFEST_INDEX = 2 };

struct pv_manifest {
    enum pv_manifest_kind kind;
    struct pv_str media_type;    /* one of the four */
    struct pv_descriptor config; /* of an image */
    struct pv_descriptor *list;  /* the layers of an image, the manifests of an index, in the document's order */
    size_t count;                /* may be 0 */
    struct pv_annotations annotations;
    struct pv_str artifact_type; /* empty where there is none */
    struct pv_digest subject;    /* what it refers to; empty where there is none, or none of a kind that is supported */
    void *owned;                 /* what the texts point to */
};

/* Decodes what a store has sent under `content_type`, whose parameters count for nothing. It may be empty, as in a
 * layout: then `mediaType`, and without it the members, say what this is. The caller has compared the digest before.
 * PROVAR_E_REGISTRY for what is malformed, PROVAR_E_LIMIT beyond store/image/limits.h; refused are also: media types
 * that differ, or another than the four; `layers` or `config` with `manifests`; a key twice, anywhere; another
 * schemaVersion than 2; a digest that pv_digest_parse refuses; sizes that are not whole numbers from 0 to 2^63 - 1.
 * Keeps nothing of the arguments. */
enum provar_result pv_manifest_decode(struct pv_str json, struct pv_str content_type, struct pv_manifest **manifest,
                                      struct provar_error *err) PV_MUST_CHECK;
void pv_manifest_free(struct pv_manifest *manifest);
PV_DEFINE_CLEANUP(pv_manifest_cleanup, struct pv_manifest, pv_manifest_free)
#define PV_AUTO_MANIFEST PV_CLEANUP(pv_manifest_cleanup)

/* The length of the archive in an image's layers, joined in their order. PROVAR_E_REGISTRY for an index, for an image
 * without layers, and for one with a layer that is no archive by its type, which hosts refuse too; PROVAR_E_LIMIT above
 * `max`. */
enum provar_result pv_manifest_archive_size(const struct pv_manifest *image, uint64_t max, uint64_t *size,
                                            struct provar_error *err) PV_MUST_CHECK;

/* The manifest of an index for a target. PROVAR_E_NO_TARGET when there is none; PROVAR_E_REGISTRY when there are two,
 * and when it is an index again: one level is all that anybody needs. The result is borrowed. */
enum provar_result pv_manifest_find_target(const struct pv_manifest *index, struct pv_str target,
                                           const struct pv_descriptor **found, struct provar_error *err) PV_MUST_CHECK;

/* What a list says of a manifest that refers to another. Texts are borrowed. */
struct pv_descriptor pv_manifest_as_referrer(const struct pv_manifest *manifest, const struct pv_digest *digest,
                                             uint64_t size);

/* The value of an annotation; false when there is none of that key. */
bool pv_annotations_find(const struct pv_annotations *annotations, struct pv_str key, struct pv_str *value);

#endif
