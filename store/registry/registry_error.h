/* Answers of a registry that are not what was asked for, as results and messages. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_REGISTRY_ERROR_H
#define PV_REGISTRY_ERROR_H

#include "internal.h"

#include "store/image/limits.h"

/* Texts are borrowed; NULL or empty where there is nothing to say. */
struct pv_registry_refusal {
    const char *where; /* HOST/REPOSITORY, or the address of a storage that the registry sends on to */
    const char *what;  /* what was asked for, as the end of "has no": "manifest 'rev-7'"; untrusted text escaped */
    const char *who;   /* "as USER from SOURCE"; NULL: it was asked anonymously */
    bool is_writing;   /* something is being stored */
    bool is_start;     /* with the first request of it, so that what is missing is the repository */
    bool is_elsewhere; /* of a storage that the registry sends on to: no credentials go there, so none are wrong */
    unsigned status;
    unsigned tries; /* of the same request, with this one */
    struct pv_str body;
    struct pv_str retry_after, limit, remaining;
};

/* 401 and 403 are PROVAR_E_AUTH; 404 is PROVAR_E_NOT_FOUND, but for an upload that is going on; everything else is
 * PROVAR_E_REGISTRY. What the body says,
 * {"errors":[{"code":"...","message":"..."}]}, is told in the message, escaped; any other body is not. */
enum provar_result pv_registry_refuse(const struct pv_registry_refusal *refusal,
                                      struct provar_error *err) PV_MUST_CHECK;

#endif
