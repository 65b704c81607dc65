/* Bearer tokens for a registry: where they come from (distribution, docs/spec/auth: token, oauth), and their answer. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_TOKEN_H
#define PV_TOKEN_H

#include "store/auth/credentials.h"
#include "store/http/http.h"
#include "store/http/retry.h"

struct pv_token {
    char *text;        /* a token68 */
    uint32_t lifetime; /* seconds, PV_TOKEN_LIFE to PV_MAX_TOKEN_LIFE */
};
void pv_token_release(struct pv_token *token);
#define PV_AUTO_TOKEN PV_CLEANUP(pv_token_release)

/* What is asked of the token server that a challenge names. */
struct pv_token_request {
    const struct pv_url *registry; /* which sent the challenge */
    const char *realm, *service;   /* of the challenge; may be NULL */
    const char *scope;             /* blanks between several; may be empty */
    const struct pv_credential *credential;
    bool may_send_in_clear;
    struct pv_retry retry; /* of which none has failed */
};

/* Asks by GET, or by POST with an identity token, which falls back to GET where the server knows no POST; again where
 * the status says that this may help (pv_retry_again). A connection that fails is the caller's to try again. The realm
 * must be a URL that the registry may send a client to (pv_url_check_step): else PROVAR_E_AUTH, as for a server that
 * refuses, sends on to elsewhere, or answers without a good token. PROVAR_E_REGISTRY when it is out of order,
 * PROVAR_E_LIMIT for too long an answer, PROVAR_E_NETWORK for none. */
enum provar_result pv_token_fetch(struct pv_http *http, const struct pv_token_request *request, struct pv_token *token,
                                  struct provar_error *err) PV_MUST_CHECK;

/* Reads an answer. */
enum provar_result pv_token_decode(struct pv_str answer, struct pv_token *token,
                                   struct provar_error *err) PV_MUST_CHECK;

/* Whether a secret may go to a URL: by TLS, within this machine, or where the caller said so; else PROVAR_E_AUTH. */
enum provar_result pv_token_may_send(const struct pv_url *url, bool may_send_in_clear,
                                     struct provar_error *err) PV_MUST_CHECK;

#endif
