/* The tags of a repository, page by page. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_REGISTRY_TAGS_H
#define PV_REGISTRY_TAGS_H

#include "store/registry/registry_manifest.h"

/* Calls `each` for every tag, with NULL for what it names: that would be a request for each. Texts that are no tags are
 * passed over. PROVAR_E_LIMIT beyond PV_MAX_TAG_PAGES, and for a page of more than PV_MAX_TAG_PAGE bytes. */
enum provar_result pv_registry_each_tag(const struct pv_registry_repository *repository, pv_tag_fn each, void *user,
                                        struct provar_error *err) PV_MUST_CHECK;

#endif
