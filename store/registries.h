/* The registries that a session has asked: their connections, tokens, and what was learned about them. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_REGISTRIES_H
#define PV_REGISTRIES_H

#include "store/registry/registry_request.h"
#include "store/session.h"

struct pv_registries;
/* The session is borrowed and owns the result. */
enum provar_result pv_registries_new(const struct provar_store *store, struct pv_registries **registries,
                                     struct provar_error *err) PV_MUST_CHECK;
void pv_registries_free(struct pv_registries *registries);

/* The registry that a reference names, borrowed. Reads certificates and asks nobody. */
enum provar_result pv_registries_find(struct pv_registries *registries, const struct pv_reference *reference,
                                      struct pv_registry **registry, struct provar_error *err) PV_MUST_CHECK;

#endif
