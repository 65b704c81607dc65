/* The session of an upload at a registry: begun, followed from place to place, given up. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "store/registry/registry_session.h"

enum { MAX_PATH = PV_MAX_REFERENCE_NAME + 32 };

struct pv_registry_request pv_upload_session_request(const struct pv_upload_session *session,
                                                     enum pv_http_method method) {
    return (struct pv_registry_request){
        .method = method, .repository = session->repository, .actions = "pull,push", .max_body = PV_MAX_ERROR_BODY};
}

/* ---------------------------------------------------------------- where it goes on */

static bool is_upload_host(const struct pv_registry *registry, const struct pv_url *url) {
    struct pv_url allowed;
    struct pv_origin theirs, ours;
    if (registry->upload_host == NULL || pv_url_origin(url, &theirs, NULL) != PROVAR_OK)
        return false;
    return pv_url_make(&allowed, theirs.is_tls, registry->upload_host, "/", NULL) == PROVAR_OK &&
           pv_url_origin(&allowed, &ours, NULL) == PROVAR_OK && pv_origin_equal(&theirs, &ours) &&
           (theirs.is_tls || registry->may_send_in_clear || (registry->is_plain && pv_origin_is_loopback(&theirs)));
}

/* NET-4: a session stays at the registry, lest the archive, and with it whoever stores it, be sent elsewhere. */
static enum provar_result take_location(struct pv_upload_session *session, const struct pv_registry_answer *answer,
                                        struct provar_error *err) {
    const struct pv_registry *registry = session->registry;
    struct pv_url next = {""};
    enum provar_result result = pv_url_resolve(&next, &answer->url, pv_buf_str(&answer->head.location), err);
    if (result == PROVAR_OK && !pv_registry_owns(registry, &next) && !is_upload_host(registry, &next))
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET,
                       "%s sends the upload on to another host, '%s', which was not allowed", registry->name,
                       pv_url_quote(&next).text);
    if (result == PROVAR_OK)
        session->location = next;
    return result;
}

/* Every answer may name another place to go on at (PUSH-3). */
enum provar_result pv_upload_session_follow(struct pv_upload_session *session, const struct pv_registry_answer *answer,
                                            struct provar_error *err) {
    return answer->head.location.len > 0 ? take_location(session, answer, err) : PROVAR_OK;
}

/* ---------------------------------------------------------------- its beginning and its end */

static bool is_begun(const struct pv_registry_answer *answer) {
    return answer->head.status == 202 && answer->head.location.len > 0;
}

/* distribution-spec, "Pushing a blob in chunks": a number beyond all reason counts for nothing. */
static enum provar_result take_session(struct pv_upload_session *session, const struct pv_registry_answer *answer,
                                       struct provar_error *err) {
    struct pv_str least = pv_buf_str(&answer->head.oci_chunk_min_length);
    if (!pv_parse_decimal(least, PV_MAX_UPLOAD_CHUNK, &session->least))
        session->least = 0;
    return take_location(session, answer, err);
}

static enum provar_result fail_begin(const struct pv_upload_session *session, const struct pv_registry_request *request,
                                     const struct pv_registry_answer *answer, const char *what,
                                     struct provar_error *err) {
    if (!pv_http_is_success(answer->head.status))
        return pv_registry_fail(session->registry, request, answer, what, err);
    return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "%s begins an upload with status %u, and %s Location",
                   session->registry->name, answer->head.status, answer->head.location.len > 0 ? "a" : "no");
}

enum provar_result pv_upload_session_begin(struct pv_upload_session *session, const char *what,
                                           struct provar_error *err) {
    PV_CLEANUP(pv_registry_answer_release) struct pv_registry_answer answer = {.head = {0}};
    char path[MAX_PATH];
    struct pv_registry_request request = pv_upload_session_request(session, PV_HTTP_POST);
    (void)snprintf(path, sizeof path, "/v2/%s/blobs/uploads/", session->repository);
    request.path = path;
    session->location.text[0] = 0;
    enum provar_result result = pv_registry_send(session->registry, &request, &answer, err);
    if (result != PROVAR_OK)
        return result;
    if (!is_begun(&answer))
        return fail_begin(session, &request, &answer, what, err);
    return take_session(session, &answer, err);
}

void pv_upload_session_give_up(struct pv_upload_session *session) {
    PV_CLEANUP(pv_registry_answer_release) struct pv_registry_answer answer = {.head = {0}};
    struct pv_registry_request request = pv_upload_session_request(session, PV_HTTP_DELETE);
    request.url = &session->location;
    request.once = true;
    if (pv_upload_session_is_open(session))
        (void)!pv_registry_send(session->registry, &request, &answer, NULL);
    session->location.text[0] = 0;
}

enum provar_result pv_upload_session_mount(struct pv_upload_session *session, const char *from,
                                           const struct pv_digest *digest, bool *mounted, struct provar_error *err) {
    PV_CLEANUP(pv_registry_answer_release) struct pv_registry_answer answer = {.head = {0}};
    char path[MAX_PATH];
    struct pv_registry_request request = pv_upload_session_request(session, PV_HTTP_POST);
    struct provar_error own = {0};
    (void)snprintf(path, sizeof path, "/v2/%s/blobs/uploads/", session->repository);
    request.path = path;
    request.mount_from = from;
    request.query[0].name = "mount";
    request.query[0].value = pv_digest_str(digest);
    request.query[1].name = "from";
    request.query[1].value = pv_str_of(from);
    request.once = true;
    session->location.text[0] = 0;
    enum provar_result result = pv_registry_send(session->registry, &request, &answer, &own);
    *mounted = result == PROVAR_OK && answer.head.status == 201;
    /* A place that is not allowed is as good as none: the upload asks for another, and says so. */
    if (result == PROVAR_OK && is_begun(&answer))
        result = take_session(session, &answer, &own);
    if (result != PROVAR_E_NO_MEMORY)
        return PROVAR_OK;
    pv_error_hand_on(err, &own);
    return result;
}
