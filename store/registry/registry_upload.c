/* A blob into a registry: whole, in parts, or as a stream, whichever way the registry takes. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "store/http/content_range.h"
#include "store/registry/registry_upload.h"

#define OCTETS "application/octet-stream"

enum { BREAKS = 2 }; /* of connections, while a body is sent whole, before it is sent in parts */

/* What a part must bring to be no short one, as for downloads. */
#define PROGRESS (1 * PV_MIB)

enum { MAX_WHAT = PV_DIGEST_LEN + 16, MAX_PATH = PV_MAX_REFERENCE_NAME + PV_DIGEST_LEN + 32 };

struct upload {
    struct pv_upload_session *session;
    const struct pv_upload_settings *settings;
    const struct pv_digest *digest;
    const struct pv_content *from;
    uint64_t sent; /* that the registry has, in this session */
    char what[MAX_WHAT];
};

/* What a failure leaves to be done. */
enum remedy {
    FINAL,
    DENIED,    /* by a status, and in this session */
    TOO_LARGE, /* for one body */
    REFUSED,   /* as it was sent */
    BROKEN,    /* the connection */
    LATER      /* the registry may take it */
};

struct outcome {
    enum remedy remedy;
    char retry_after[32]; /* empty: nothing was said; a date has 29 characters, and what has more says nothing */
    bool was_waited_for;  /* as long as was said; what nobody asks for grows with each session that is lost */
};

/* ---------------------------------------------------------------- what is there */

/* A HEAD has no body to say why; so what is no clear answer is none: the blob is sent. A registry that keeps its blobs
 * elsewhere sends on to those that it has; where that leads is for GET alone, by the signature in the address. */
static bool says_yes(const struct pv_http_head *head, uint64_t size) {
    return pv_http_is_redirect(head->status) || (head->status == 200 && (!head->has_length || head->length == size));
}

enum provar_result pv_registry_has_blob(struct pv_registry *registry, const char *repository,
                                        const struct pv_digest *digest, uint64_t size, bool *has,
                                        struct provar_error *err) {
    PV_CLEANUP(pv_registry_answer_release) struct pv_registry_answer answer = {.head = {0}};
    char path[MAX_PATH], what[MAX_WHAT];
    (void)snprintf(path, sizeof path, "/v2/%s/blobs/%s", repository, digest->text);
    (void)snprintf(what, sizeof what, "blob %s", digest->text);
    const struct pv_registry_request request = {
        .method = PV_HTTP_HEAD, .path = path, .repository = repository, .actions = "pull,push"};
    *has = false;
    enum provar_result result = pv_registry_send(registry, &request, &answer, err);
    if (result != PROVAR_OK)
        return result;
    if (answer.head.status == 401 || answer.head.status == 429 || answer.head.status >= 500)
        return pv_registry_fail(registry, &request, &answer, what, err);
    *has = says_yes(&answer.head, size);
    return PROVAR_OK;
}

/* ---------------------------------------------------------------- the bytes */

/* Sends bytes of the blob to the session; without a body those that were sent are to become the blob. */
static enum provar_result send(const struct upload *upload, enum pv_http_method method, uint64_t offset, uint64_t len,
                               const char *range, struct pv_registry_request *request,
                               struct pv_registry_answer *answer, struct provar_error *err) {
    *request = pv_upload_session_request(upload->session, method);
    request->url = &upload->session->location;
    request->content_type = len > 0 || method == PV_HTTP_PATCH ? OCTETS : NULL;
    request->content_range = range;
    request->body = len > 0 ? upload->from : NULL;
    request->body_offset = offset;
    request->body_len = len;
    request->once = true;
    if (method == PV_HTTP_PUT) {
        request->query[0].name = "digest";
        request->query[0].value = pv_digest_str(upload->digest);
    }
    return pv_registry_send(upload->session->registry, request, answer, err);
}

/* ---------------------------------------------------------------- the ways */

static bool refuses_parts(unsigned status) {
    return status == 400 || status == 404 || status == 405 || status == 416;
}

static enum remedy remedy_of(unsigned status) {
    if (status == 413)
        return TOO_LARGE;
    if (refuses_parts(status))
        return REFUSED;
    return pv_retry_status(status) ? LATER : DENIED;
}

static bool may_pass(const struct outcome *outcome) {
    return outcome->remedy == LATER || outcome->remedy == BROKEN;
}

/* Judges what send has brought. */
static enum provar_result judge(const struct upload *upload, enum provar_result result,
                                const struct pv_registry_request *request, const struct pv_registry_answer *answer,
                                struct outcome *outcome, struct provar_error *err) {
    *outcome = (struct outcome){.remedy = result == PROVAR_E_NETWORK ? BROKEN : FINAL};
    if (result != PROVAR_OK || pv_http_is_success(answer->head.status))
        return result;
    struct pv_str after = pv_buf_str(&answer->head.retry_after);
    outcome->remedy = remedy_of(answer->head.status);
    if (after.len < sizeof outcome->retry_after)
        (void)snprintf(outcome->retry_after, sizeof outcome->retry_after, "%.*s", (int)after.len, after.text);
    return pv_registry_fail(upload->session->registry, request, answer, upload->what, err);
}

/* Whether the blob may be there all the same: a connection may break after the registry had all that it needed, and a
 * gateway may lose patience then. A server that says when to come back knows that it took nothing. */
static bool is_unknown(const struct outcome *outcome, unsigned status) {
    if (outcome->remedy != LATER)
        return outcome->remedy == BROKEN;
    return status == 408 || (status >= 500 && (status != 503 || outcome->retry_after[0] == 0));
}

/* PUSH-4. */
static enum provar_result look_for_it(const struct upload *upload, enum provar_result result, struct provar_error *own,
                                      struct provar_error *err) {
    bool has = false;
    if (pv_registry_has_blob(upload->session->registry, upload->session->repository, upload->digest, upload->from->size,
                             &has, NULL) == PROVAR_OK &&
        has)
        return PROVAR_OK;
    pv_error_hand_on(err, own);
    return result;
}

/* PUSH-7: only these say that the blob is there. */
static enum provar_result check_end(const struct upload *upload, unsigned status, struct provar_error *err) {
    if (status == 200 || status == 201 || status == 204)
        return PROVAR_OK;
    return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "%s ends the %s with status %u",
                   upload->session->registry->name, upload->what, status);
}

/* The end of every way: makes a blob of what was sent, and of `len` bytes that go with it. */
static enum provar_result finish(const struct upload *upload, uint64_t len, struct outcome *outcome,
                                 struct provar_error *err) {
    PV_CLEANUP(pv_registry_answer_release) struct pv_registry_answer answer = {.head = {0}};
    struct pv_registry_request request;
    struct provar_error own = {0};
    enum provar_result result = send(upload, PV_HTTP_PUT, 0, len, NULL, &request, &answer, &own);
    result = judge(upload, result, &request, &answer, outcome, &own);
    if (result == PROVAR_OK)
        return check_end(upload, answer.head.status, err);
    if (is_unknown(outcome, answer.head.status))
        return look_for_it(upload, result, &own, err);
    pv_error_hand_on(err, &own);
    return result;
}

/* Asks how far the session has come. False where that is not to be learned: then it is lost. */
static bool ask_status(struct upload *upload) {
    PV_CLEANUP(pv_registry_answer_release) struct pv_registry_answer answer = {.head = {0}};
    struct pv_registry_request request = pv_upload_session_request(upload->session, PV_HTTP_GET);
    uint64_t have, before = upload->sent;
    request.url = &upload->session->location;
    request.once = true;
    if (pv_registry_send(upload->session->registry, &request, &answer, NULL) != PROVAR_OK ||
        answer.head.status != 204 || !pv_upload_range_parse(pv_buf_str(&answer.head.range), &have) ||
        have > upload->from->size)
        return false;
    upload->sent = have;
    return pv_upload_session_follow(upload->session, &answer, NULL) == PROVAR_OK && have >= before;
}

/* A registry may have taken less than it was sent. One that says it has no more than before, with a status of success,
 * is known to repeat an old number: then our own counts, and the digest shows who was right. */
static void advance(struct upload *upload, const struct pv_registry_answer *answer, uint64_t len) {
    uint64_t have;
    bool is_short = pv_upload_range_parse(pv_buf_str(&answer->head.range), &have) && have > upload->sent &&
                    have < upload->sent + len;
    upload->sent = is_short ? have : upload->sent + len;
}

static uint64_t chunk_of(const struct upload *upload) {
    uint64_t asked = upload->settings->chunk > 0 ? upload->settings->chunk : PV_UPLOAD_CHUNK;
    return asked > upload->session->least ? asked : upload->session->least;
}

static uint64_t next_len(const struct upload *upload) {
    uint64_t left = upload->from->size - upload->sent, chunk = chunk_of(upload);
    return left < chunk ? left : chunk;
}

static enum provar_result send_part(struct upload *upload, uint64_t len, struct outcome *outcome,
                                    struct provar_error *err) {
    PV_CLEANUP(pv_registry_answer_release) struct pv_registry_answer answer = {.head = {0}};
    struct pv_registry_request request;
    char range[48];
    (void)snprintf(range, sizeof range, "%llu-%llu", (unsigned long long)upload->sent,
                   (unsigned long long)(upload->sent + len - 1));
    enum provar_result result = send(upload, PV_HTTP_PATCH, upload->sent, len, range, &request, &answer, err);
    result = judge(upload, result, &request, &answer, outcome, err);
    if (result != PROVAR_OK)
        return result;
    advance(upload, &answer, len);
    return pv_upload_session_follow(upload->session, &answer, err);
}

/* Whether a part that failed, when this much was there before it, leaves the session to go on with. It may be there all
 * the same, or half of it: the registry is asked, once for each (PUSH-4). */
static bool part_goes_on(struct upload *upload, uint64_t before, struct outcome *outcome,
                         const struct provar_error *fault, struct pv_retry *retry) {
    bool is_refused = outcome->remedy == REFUSED && before > 0;
    bool has_waited = may_pass(outcome) && pv_retry_again(retry, pv_str_of(outcome->retry_after), fault->message);
    outcome->was_waited_for = has_waited && outcome->retry_after[0] != 0;
    if (!has_waited && (!is_refused || ++retry->tries >= PV_MAX_TRIES))
        return false;
    return ask_status(upload) && (upload->sent > before || !is_refused);
}

/* After a part that got through, the next failure is the first again. Of those that a registry has taken in part there
 * is an end: it could take a byte at a time, and be sent all the rest for each. */
static enum provar_result send_parts(struct upload *upload, struct outcome *outcome, struct provar_error *err) {
    struct pv_retry retry = pv_registry_retry(upload->session->registry);
    unsigned short_answers = 0;
    while (upload->sent < upload->from->size) {
        struct provar_error own = {0};
        uint64_t before = upload->sent, len = next_len(upload);
        pv_retry_begin(&retry);
        enum provar_result result = send_part(upload, len, outcome, &own);
        bool goes_on = result == PROVAR_OK || part_goes_on(upload, before, outcome, &own, &retry);
        if (goes_on && upload->sent - before >= (len < PROGRESS ? len : PROGRESS))
            retry.tries = 0;
        else if (result == PROVAR_OK && ++short_answers > PV_MAX_SHORT_ANSWERS)
            return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET,
                           "the registry takes less of the blob than it was sent, more than %d times",
                           PV_MAX_SHORT_ANSWERS);
        if (goes_on)
            continue;
        pv_error_hand_on(err, &own);
        return result;
    }
    return finish(upload, 0, outcome, err);
}

static enum provar_result send_stream(struct upload *upload, struct outcome *outcome, struct provar_error *err) {
    PV_CLEANUP(pv_registry_answer_release) struct pv_registry_answer answer = {.head = {0}};
    struct pv_registry_request request;
    enum provar_result result = send(upload, PV_HTTP_PATCH, 0, upload->from->size, NULL, &request, &answer, err);
    result = judge(upload, result, &request, &answer, outcome, err);
    if (result == PROVAR_OK)
        result = pv_upload_session_follow(upload->session, &answer, err);
    return result == PROVAR_OK ? finish(upload, 0, outcome, err) : result;
}

static enum provar_result go(struct upload *upload, enum provar_upload way, struct outcome *outcome,
                             struct provar_error *err) {
    enum provar_result result = PROVAR_OK;
    *outcome = (struct outcome){.remedy = FINAL};
    upload->sent = 0;
    if (!pv_upload_session_is_open(upload->session))
        result = pv_upload_session_begin(upload->session, upload->what, err);
    if (result != PROVAR_OK)
        return result;
    if (way == PROVAR_UPLOAD_PUT)
        return finish(upload, upload->from->size, outcome, err);
    return way == PROVAR_UPLOAD_CHUNKED ? send_parts(upload, outcome, err) : send_stream(upload, outcome, err);
}

/* ---------------------------------------------------------------- public */

/* The way after one that failed; false where none is left. */
static bool next_way(bool may_change, enum provar_upload *way, const struct outcome *outcome, unsigned breaks,
                     const struct provar_error *fault, struct pv_retry *retry) {
    enum remedy remedy = outcome->remedy;
    if (remedy == BROKEN && may_change && *way == PROVAR_UPLOAD_PUT && breaks == BREAKS)
        remedy = TOO_LARGE;
    if (outcome->was_waited_for) /* by part_goes_on, which has found the session lost */
        return ++retry->tries < PV_MAX_TRIES;
    if (remedy == BROKEN || remedy == LATER)
        return pv_retry_again(retry, pv_str_of(outcome->retry_after), fault->message);
    if (may_change && *way == PROVAR_UPLOAD_PUT && remedy == TOO_LARGE)
        *way = PROVAR_UPLOAD_CHUNKED;
    else if (may_change && *way == PROVAR_UPLOAD_CHUNKED && remedy == REFUSED)
        *way = PROVAR_UPLOAD_PATCH;
    else
        return false;
    return true;
}

enum provar_result pv_registry_upload(struct pv_upload_session *session, const struct pv_upload_settings *settings,
                                      const struct pv_digest *digest, const struct pv_content *from,
                                      struct provar_error *err) {
    struct upload upload = {.session = session, .settings = settings, .digest = digest, .from = from};
    struct pv_retry retry = pv_registry_retry(session->registry);
    bool may_change = settings->way == PROVAR_UPLOAD_AUTO;
    enum provar_upload way = may_change ? PROVAR_UPLOAD_PUT : settings->way;
    (void)snprintf(upload.what, sizeof upload.what, "upload of %s", digest->text);
    for (unsigned failures = 0, breaks = 0;;) {
        struct provar_error own = {0};
        struct outcome outcome = {.remedy = FINAL};
        bool was_open = pv_upload_session_is_open(session);
        pv_retry_begin(&retry);
        enum provar_result result = go(&upload, way, &outcome, &own);
        if (result == PROVAR_OK) {
            session->location.text[0] = 0;
            return PROVAR_OK;
        }
        pv_upload_session_give_up(session);
        breaks += outcome.remedy == BROKEN;
        failures += may_pass(&outcome);
        /* One that was opened a while ago may be over, which says nothing of the way, nor of our rights. */
        if (was_open && (outcome.remedy == REFUSED || outcome.remedy == DENIED))
            continue;
        if (next_way(may_change, &way, &outcome, breaks, &own, &retry))
            continue;
        if (may_pass(&outcome) && failures > 1)
            pv_error_wrap(&own, "tried %u times", failures);
        pv_error_hand_on(err, &own);
        return result;
    }
}
