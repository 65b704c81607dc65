/* The session of an upload at a registry: begun, followed from place to place, given up. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_REGISTRY_SESSION_H
#define PV_REGISTRY_SESSION_H

#include "store/image/digest.h"
#include "store/registry/registry_request.h"

struct pv_upload_session {
    struct pv_registry *registry; /* borrowed, as the repository's name */
    const char *repository;
    struct pv_url location; /* where it goes on; empty: none is open */
    uint64_t least;         /* bytes of a part that is not the last, as the registry demands; 0: it does not */
};

static inline bool pv_upload_session_is_open(const struct pv_upload_session *session) {
    return session->location.text[0] != 0;
}

/* A request of the session's repository, which has nowhere to go yet. */
struct pv_registry_request pv_upload_session_request(const struct pv_upload_session *session,
                                                     enum pv_http_method method);

/* Opens a session. `what` is in messages: "upload of ...". */
enum provar_result pv_upload_session_begin(struct pv_upload_session *session, const char *what,
                                           struct provar_error *err) PV_MUST_CHECK;

/* Goes on where an answer says; one that says nothing leaves the session where it is. */
enum provar_result pv_upload_session_follow(struct pv_upload_session *session, const struct pv_registry_answer *answer,
                                            struct provar_error *err) PV_MUST_CHECK;

/* Gives up a session, if it is open; whether the registry listens is its own affair. */
void pv_upload_session_give_up(struct pv_upload_session *session);

/* Asks for a blob of another repository of the registry. *mounted is false where that was not possible, for whatever
 * reason: then it is uploaded, and the session is open where the registry has begun one for that (PUSH-5). */
enum provar_result pv_upload_session_mount(struct pv_upload_session *session, const char *from,
                                           const struct pv_digest *digest, bool *mounted,
                                           struct provar_error *err) PV_MUST_CHECK;

#endif
