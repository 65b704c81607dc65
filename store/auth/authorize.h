/* What lets a request into a registry: credentials, a challenge, and the token that is asked for because of it. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_AUTHORIZE_H
#define PV_AUTHORIZE_H

#include "store/auth/credentials.h"
#include "store/http/http.h"
#include "store/http/retry.h"

/* What helps whom nobody knows. */
#define PV_LOG_IN "log in with 'docker login' or give a user and password"

/* Tokens and credentials of a session, in memory alone. */
struct pv_authorizer;
/* Both are borrowed and must live longer. */
enum provar_result pv_authorizer_new(struct pv_http *http, struct pv_credentials *credentials,
                                     struct pv_authorizer **authorizer, struct provar_error *err) PV_MUST_CHECK;
void pv_authorizer_free(struct pv_authorizer *authorizer);

/* What a request needs. */
struct pv_access {
    const struct pv_url *url; /* any of the registry's origin */
    const char *registry;     /* HOST[:PORT] as in the reference, by which credentials are found */
    const char *repository;   /* NULL: none */
    const char *actions;      /* "pull", "pull,push" */
    const char *mount_from;   /* another repository of which "pull" is needed besides; NULL: none */
    bool may_send_in_clear;   /* plain http off this machine was asked for by name */
    struct pv_retry retry;    /* by which a token server is asked again */
};

/* Appends the value for Authorization that is known to fit, of a new token where the old one ends soon; nothing where
 * none is. */
enum provar_result pv_authorize_known(struct pv_authorizer *authorizer, const struct pv_access *access,
                                      struct pv_buf *value, struct provar_error *err) PV_MUST_CHECK;
/* After a 401: a new value by the challenges of its answer, or PROVAR_E_AUTH. `challenges` is pv_http_head's; where it
 * is empty the root of the registry is asked for some, whose scope counts for nothing (AUTH-1, AUTH-4). What
 * pv_credentials_find and pv_token_fetch say of a failure is handed on, with the registry, the repository, the actions
 * and whose they were. */
enum provar_result pv_authorize_again(struct pv_authorizer *authorizer, const struct pv_access *access,
                                      struct pv_str challenges, struct pv_buf *value,
                                      struct provar_error *err) PV_MUST_CHECK;
/* "as 'USER' from SOURCE" or "with a token from SOURCE", nothing of an anonymous user: for the message of a request
 * that was refused; no secret. */
void pv_authorize_describe(struct pv_authorizer *authorizer, const struct pv_access *access, struct pv_buf *text);

#endif
