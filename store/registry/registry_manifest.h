/* Manifests of a registry: fetched and compared with their digest, or stored byte for byte. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_REGISTRY_MANIFEST_H
#define PV_REGISTRY_MANIFEST_H

#include "store/image/backend.h"
#include "store/registry/registry_request.h"

struct pv_registry_repository {
    struct pv_registry *registry;
    char name[PV_MAX_REFERENCE_NAME + 1];
};

/* Fetches what a tag or digest names. The digest is that of the bytes that came; with `pinned` it must be that one
 * (PROVAR_E_REGISTRY). What a header says of it counts for nothing but a contradiction. The media type is that of the
 * Content-Type. More than PV_MAX_MANIFEST_SIZE is PROVAR_E_LIMIT, none PROVAR_E_NOT_FOUND. */
enum provar_result pv_registry_get_manifest(const struct pv_registry_repository *repository, const char *reference,
                                            const struct pv_digest *pinned, struct pv_named *named, struct pv_buf *json,
                                            struct provar_error *err) PV_MUST_CHECK;

/* Asks what a tag or digest names, by HEAD, with the right to write if it is going to be needed. *known is false where
 * the registry does not say its digest. */
enum provar_result pv_registry_head_manifest(const struct pv_registry_repository *repository, const char *reference,
                                             bool writes, struct pv_named *named, bool *known,
                                             struct provar_error *err) PV_MUST_CHECK;

/* *has_listed says whether the registry has put it into the list of what refers to its subject (OCI-Subject). */
enum provar_result pv_registry_put_manifest(const struct pv_registry_repository *repository, const char *reference,
                                            const struct pv_named *named, struct pv_str json, bool *has_listed,
                                            struct provar_error *err) PV_MUST_CHECK;

#endif
