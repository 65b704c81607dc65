/* What refers to a manifest of a repository: by the referrers API, or by the tag that stands in for it. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_REGISTRY_REFERRERS_H
#define PV_REGISTRY_REFERRERS_H

#include "store/registry/registry_manifest.h"

/*
 *     GET /v2/NAME/referrers/sha256:HEX      200 with an OCI index, in pages (distribution-spec, "Listing Referrers")
 *     GET /v2/NAME/manifests/sha256-HEX      else: an OCI index that clients keep ("Referrers Tag Schema")
 *
 * No redirect is followed to the list: registries without one have sent clients to web pages. Any answer but a 200 with
 * the type of an OCI index, or a failure of the server's own, means that there is no such list; so does a 401 that no
 * credentials and no token get past. The tag counts where it names an index that is not the subject itself, which is
 * what one registry has it name. Where it counts for nothing either, and the registry has refused the list (4xx, but
 * not 404 or 405), nobody knows: a warning, once. */
enum provar_result pv_registry_each_referrer(const struct pv_registry_repository *repository,
                                             const struct pv_digest *subject, pv_referrer_fn each, void *user,
                                             struct provar_error *err) PV_MUST_CHECK;

/* Adds a manifest that was put to the index under its subject's tag, unless it stands there, and warns: somebody else
 * may change the tag at the same time. The rest of the index stays as it is, byte for byte. Nothing happens for one
 * without a subject. A tag that names anything but an index is left as it is, with a warning. */
enum provar_result pv_registry_list_referrer(const struct pv_registry_repository *repository,
                                             const struct pv_named *named, struct pv_str json,
                                             struct provar_error *err) PV_MUST_CHECK;

#endif
