/* Media types: their grammar, and those of manifests and archives. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_MEDIA_TYPE_H
#define PV_MEDIA_TYPE_H

#define PV_MEDIA_OCI_MANIFEST    "application/vnd.oci.image.manifest.v1+json"
#define PV_MEDIA_OCI_INDEX       "application/vnd.oci.image.index.v1+json"
#define PV_MEDIA_DOCKER_MANIFEST "application/vnd.docker.distribution.manifest.v2+json"
#define PV_MEDIA_DOCKER_LIST     "application/vnd.docker.distribution.manifest.list.v2+json"

#define PV_MEDIA_PAR_CONFIG "application/vnd.wasmcloud.provider.archive.config"
#define PV_MEDIA_PAR_LAYER  "application/vnd.wasmcloud.provider.archive.layer.v1+par"
#define PV_MEDIA_OCI_CONFIG "application/vnd.oci.image.config.v1+json"
#define PV_MEDIA_OCI_LAYER  "application/vnd.oci.image.layer.v1.tar"

/* RFC 6838, section 4.2: two names of at most PV_MAX_MEDIA_TYPE_NAME characters and a slash between them. */
bool pv_media_type_is_good(struct pv_str text);

/* What a Content-Type has before its parameters, without the blanks around it. */
struct pv_str pv_media_type_bare(struct pv_str content_type);

/* The one of the four types of manifests that this is, without regard to case; else NULL. */
const char *pv_media_type_of_manifest(struct pv_str media_type);
bool pv_media_type_is_image(struct pv_str media_type);
bool pv_media_type_is_index(struct pv_str media_type);

/* Whether hosts take a layer of this type for a provider archive, or a part of one. */
bool pv_media_type_is_archive(struct pv_str media_type);

#endif
