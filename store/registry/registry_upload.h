/* A blob into a registry: whole, in parts, or as a stream, whichever way the registry takes. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_REGISTRY_UPLOAD_H
#define PV_REGISTRY_UPLOAD_H

#include "store/image/backend.h"
#include "store/registry/registry_session.h"

/*
 *     1  POST uploads/ ; PUT LOCATION?digest= with all of it
 *     2  where that is too large (413), or the connection breaks twice:
 *        POST ; PATCH with Content-Range for each 4 MiB ; PUT of nothing
 *     3  where parts are refused (400, 404, 405, 416): POST ; one PATCH with all of it ; PUT of nothing
 *
 * A registry that asks for patience (429, 503) is waited for, as long as it says, and the way stays the same. Where a
 * PUT came to an end that leaves it open whether the blob is there now, that is asked before it is sent again. One that
 * takes parts of parts is borne with, PV_MAX_SHORT_ANSWERS times. Where one way was asked for by name, it is the only
 * one. No size of parts suits all: one registry takes at most 4 MiB, another at least 5, and one takes no parts at all.
 *
 * A session that is open saves the first POST, and is begun anew where it turns out to be over; afterwards none is.
 */
enum provar_result pv_registry_upload(struct pv_upload_session *session, const struct pv_upload_settings *settings,
                                      const struct pv_digest *digest, const struct pv_content *from,
                                      struct provar_error *err) PV_MUST_CHECK;

/* Whether a blob is there, by HEAD. */
enum provar_result pv_registry_has_blob(struct pv_registry *registry, const char *repository,
                                        const struct pv_digest *digest, uint64_t size, bool *has,
                                        struct provar_error *err) PV_MUST_CHECK;

#endif
