/* A repository of a registry (distribution-spec), over HTTP. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_REGISTRY_H
#define PV_REGISTRY_H

#include "store/image/backend.h"
#include "store/registry/registry_request.h"

/* Asks nobody yet. The registry is borrowed; the text is copied. With `writes` content is going to be stored: a tag is
 * then asked for by HEAD, which counts against no limit of downloads, and its manifest is not kept. */
enum provar_result pv_registry_open(struct pv_registry *registry, const char *repository, bool writes,
                                    struct pv_backend **backend, struct provar_error *err) PV_MUST_CHECK;

#endif
