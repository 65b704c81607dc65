/* One request to a registry: let in, sent on where the registry says, and tried again where that may help. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/secret.h"
#include "store/http/link_header.h"
#include "store/registry/registry_request.h"

/* ---------------------------------------------------------------- the answer's body */

struct receiver {
    const struct pv_registry_request *request;
    struct pv_registry_answer *answer;
    const struct pv_http *http;
    unsigned status;
    bool has_taken;  /* bytes have gone to on_body */
    bool is_cut;     /* what is said about a failure was too long to be read to its end */
    bool has_no_tls; /* the registry's own origin, and the round ended by it */
};

static enum provar_result receive_head(void *user, const struct pv_http_head *head, struct provar_error *err) {
    struct receiver *receiver = user;
    const struct pv_registry_request *request = receiver->request;
    receiver->status = head->status;
    pv_buf_release(&receiver->answer->body);
    pv_buf_init(&receiver->answer->body, pv_http_is_success(head->status) ? request->max_body : PV_MAX_ERROR_BODY);
    return pv_http_is_success(head->status) && request->on_head ? request->on_head(request->user, head, err)
                                                                : PROVAR_OK;
}

static enum provar_result receive_body(void *user, const void *data, size_t len, struct provar_error *err) {
    struct receiver *receiver = user;
    const struct pv_registry_request *request = receiver->request;
    if (pv_http_is_success(receiver->status) && request->on_body) {
        receiver->has_taken = true;
        return request->on_body(request->user, data, len, err);
    }
    struct provar_error own = {0};
    enum provar_result result = pv_buf_append(&receiver->answer->body, data, len, &own);
    receiver->is_cut = result == PROVAR_E_LIMIT && !pv_http_is_success(receiver->status);
    if (result == PROVAR_E_LIMIT)
        return pv_fail(err, result, PROVAR_NO_OFFSET, "the registry's answer has more than %llu bytes",
                       (unsigned long long)receiver->answer->body.max);
    pv_error_hand_on(err, &own);
    return result;
}

/* ---------------------------------------------------------------- one exchange */

static enum provar_result registry_url(const struct pv_registry *registry, const char *path, struct pv_url *url,
                                       struct provar_error *err) {
    return pv_url_make(url, !registry->is_plain, registry->server, path, err);
}

bool pv_registry_owns(const struct pv_registry *registry, const struct pv_url *url) {
    struct pv_url own;
    struct pv_origin ours, theirs;
    return registry_url(registry, "/v2/", &own, NULL) == PROVAR_OK && pv_url_origin(&own, &ours, NULL) == PROVAR_OK &&
           pv_url_origin(url, &theirs, NULL) == PROVAR_OK && pv_origin_equal(&ours, &theirs);
}

/* Whether it is sent with what lets one in. A place that a document names gets nothing of that (CVE-2020-15157). */
static bool is_for_registry(const struct pv_registry *registry, const struct pv_registry_request *request,
                            const struct pv_url *url) {
    return !request->is_foreign && pv_registry_owns(registry, url);
}

struct pv_retry pv_registry_retry(const struct pv_registry *registry) {
    return (struct pv_retry){.clock = registry->clock, .warn = registry->warn_own, .warn_user = registry->warn_user};
}

static struct pv_access access_of(const struct pv_registry *registry, const struct pv_registry_request *request,
                                  const struct pv_url *url) {
    return (struct pv_access){.url = url,
                              .registry = registry->name,
                              .repository = request->repository,
                              .actions = request->actions,
                              .mount_from = request->mount_from,
                              .may_send_in_clear = registry->may_send_in_clear,
                              .retry = pv_registry_retry(registry)};
}

/* Only the registry itself shows whether it speaks TLS: it is not to be left because another host, where it sends us on
 * to, has none. */
static void hear(struct pv_registry *registry, struct receiver *receiver, enum provar_result result) {
    if (receiver->status != 0)
        registry->may_fall_back = false;
    receiver->has_no_tls = result == PROVAR_E_NETWORK && pv_http_peer_has_no_tls(registry->http);
}

/* Sends the request to the answer's URL. */
static enum provar_result exchange(struct pv_registry *registry, const struct pv_registry_request *request,
                                   const struct pv_buf *authorization, struct receiver *receiver,
                                   struct provar_error *err) {
    struct pv_registry_answer *answer = receiver->answer;
    struct provar_error own = {0};
    bool is_trusted = is_for_registry(registry, request, &answer->url);
    struct pv_http_request sent = {
        .method = request->method,
        .url = &answer->url,
        .accept = request->accept,
        .authorization = is_trusted && authorization->len > 0 ? (const char *)authorization->data : NULL,
        .content_type = request->content_type,
        .content_range = request->content_range,
        .may_lack_tls = is_trusted && registry->may_fall_back,
        .sends_certificate = is_trusted,
        .first = request->has_range ? request->first : 1,
        .last = request->has_range ? request->last : 0,
        .body = request->body,
        .body_offset = request->body_offset,
        .body_len = request->body_len,
        .on_head = receive_head,
        .on_body = receive_body,
        .user = receiver,
    };
    receiver->status = 0;
    receiver->is_cut = receiver->has_no_tls = false;
    pv_http_head_release(&answer->head);
    enum provar_result result = pv_http_do(registry->http, &sent, &answer->head, &own);
    if (is_trusted)
        hear(registry, receiver, result);
    /* A failure is an answer by its status, however its body ends. */
    bool is_failure = receiver->status != 0 && !pv_http_is_success(receiver->status);
    if (is_failure && (receiver->is_cut || result == PROVAR_E_NETWORK)) {
        answer->head.status = receiver->status;
        return PROVAR_OK;
    }
    pv_error_hand_on(err, &own);
    return result;
}

/* ---------------------------------------------------------------- authorization */

static void forget(struct pv_buf *authorization) {
    if (authorization->len > 0)
        pv_secret_wipe(authorization->data, authorization->len);
    pv_buf_release(authorization);
}

static enum provar_result authorize_again(struct pv_registry *registry, const struct pv_registry_request *request,
                                          const struct pv_registry_answer *answer, struct pv_buf *authorization,
                                          struct provar_error *err) {
    struct pv_access access = access_of(registry, request, &answer->url);
    forget(authorization);
    return pv_authorize_again(registry->authorizer, &access, pv_buf_str(&answer->head.challenges), authorization, err);
}

/* ---------------------------------------------------------------- redirects */

/* The certificate, the credentials and all headers of ours stay at the origin; what follows is told nothing. */
static enum provar_result step(const struct pv_registry *registry, struct pv_registry_answer *answer, unsigned *hops,
                               struct provar_error *err) {
    struct pv_url next = {""};
    if (++*hops > PV_MAX_REDIRECTS)
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "more than %d redirects", PV_MAX_REDIRECTS);
    if (answer->head.location.len == 0)
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "a redirect (status %u) that does not say where to",
                       answer->head.status);
    enum provar_result result = pv_url_resolve(&next, &answer->url, pv_buf_str(&answer->head.location), err);
    if (result == PROVAR_OK)
        result = pv_url_check_step(&answer->url, &next, registry->may_send_in_clear, err);
    if (result == PROVAR_OK)
        answer->url = next;
    return result;
}

/* ---------------------------------------------------------------- a round */

static enum provar_result begin_url(const struct pv_registry *registry, const struct pv_registry_request *request,
                                    struct pv_url *url, struct provar_error *err) {
    enum provar_result result = PROVAR_OK;
    if (request->path)
        result = registry_url(registry, request->path, url, err);
    else
        *url = *request->url;
    for (size_t i = 0; result == PROVAR_OK && i < 2; i++)
        if (request->query[i].name)
            result = pv_url_add_query(url, request->query[i].name, request->query[i].value, err);
    return result;
}

/* From the URL of the request to an answer that is neither a redirect to be followed nor a first 401. */
static enum provar_result go_round(struct pv_registry *registry, const struct pv_registry_request *request,
                                   struct receiver *receiver, struct pv_buf *authorization, struct provar_error *err) {
    struct pv_registry_answer *answer = receiver->answer;
    bool has_asked = false;
    unsigned hops = 0;
    enum provar_result result = begin_url(registry, request, &answer->url, err);
    struct pv_access access = access_of(registry, request, &answer->url);
    if (result == PROVAR_OK && is_for_registry(registry, request, &answer->url))
        result = pv_authorize_known(registry->authorizer, &access, authorization, err);
    while (result == PROVAR_OK) {
        result = exchange(registry, request, authorization, receiver, err);
        if (result != PROVAR_OK)
            return result;
        if (request->follows && pv_http_is_redirect(answer->head.status)) {
            result = step(registry, answer, &hops, err);
        } else if (answer->head.status == 401 && !has_asked && is_for_registry(registry, request, &answer->url)) {
            has_asked = true;
            result = authorize_again(registry, request, answer, authorization, err);
        } else {
            return PROVAR_OK;
        }
    }
    return result;
}

static enum provar_result go_round_with_secret(struct pv_registry *registry, const struct pv_registry_request *request,
                                               struct receiver *receiver, struct provar_error *err) {
    PV_CLEANUP(forget) struct pv_buf authorization;
    pv_buf_init(&authorization, PV_MAX_AUTHORIZATION);
    return go_round(registry, request, receiver, &authorization, err);
}

/* ---------------------------------------------------------------- warnings */

static uint64_t hash_of(struct pv_str text) {
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a: tells texts apart, and no more is needed */
    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (uint8_t)text.text[i]) * UINT64_C(1099511628211);
    return hash;
}

static void pass_warning(struct pv_registry *registry, struct pv_str text) {
    char line[512];
    uint64_t hash = hash_of(text);
    for (size_t i = 0; i < registry->warned_count; i++)
        if (registry->warned[i] == hash)
            return;
    if (registry->warned_count == PV_MAX_REGISTRY_WARNINGS)
        return;
    registry->warned[registry->warned_count++] = hash;
    (void)provar_escape(text.text, text.len, line, sizeof line);
    registry->warn(registry->warn_user, line);
}

/* distribution-spec, "Warnings": `299 - "text"`, each to be shown once, and nothing follows from it. What else stands
 * in the header ends it. */
static void pass_warnings(struct pv_registry *registry, struct pv_str list) {
    static const char before[] = "299 - \"";
    size_t skipped = sizeof before - 1;
    while (registry->warn && list.len <= PV_MAX_WARNING && pv_str_starts(list, pv_str_of(before))) {
        size_t end = skipped;
        while (end < list.len && list.text[end] != '"')
            end += list.text[end] == '\\' ? 2 : 1;
        if (end >= list.len || end == skipped)
            return;
        pass_warning(registry, pv_str(list.text + skipped, end - skipped));
        for (end++; end < list.len && (list.text[end] == ',' || list.text[end] == ' ');)
            end++;
        list = pv_str(list.text + end, list.len - end);
    }
}

/* ---------------------------------------------------------------- the whole */

/* Whether nothing but TLS stood between us and a registry of this machine. */
static bool falls_back(struct pv_registry *registry, const struct receiver *receiver, enum provar_result result) {
    bool falls = registry->may_fall_back && result == PROVAR_E_NETWORK && receiver->has_no_tls;
    registry->may_fall_back = registry->may_fall_back && result == PROVAR_E_NETWORK && !falls;
    registry->is_plain = registry->is_plain || falls;
    return falls;
}

static bool may_try_again(const struct receiver *receiver, const struct provar_error *fault) {
    if (receiver->request->once)
        return false;
    if (fault->code == PROVAR_E_NETWORK)
        return !receiver->has_taken && pv_http_failure_may_pass(receiver->http);
    return fault->code == PROVAR_OK && pv_retry_status(receiver->answer->head.status);
}

static bool tries_again(const struct receiver *receiver, const struct provar_error *fault, struct pv_retry *retry) {
    const struct pv_http_head *head = &receiver->answer->head;
    if (!may_try_again(receiver, fault))
        return false;
    if (fault->code != PROVAR_OK)
        return pv_retry_again(retry, PV_STR(""), fault->message);
    const struct pv_retry_reason why = pv_retry_reason(&receiver->answer->url, head->status);
    return pv_retry_again(retry, pv_buf_str(&head->retry_after), why.text);
}

enum provar_result pv_registry_send(struct pv_registry *registry, const struct pv_registry_request *request,
                                    struct pv_registry_answer *answer, struct provar_error *err) {
    struct receiver receiver = {.request = request, .answer = answer, .http = registry->http};
    struct pv_retry retry = pv_registry_retry(registry);
    *answer = (struct pv_registry_answer){.head = {0}};
    for (;;) {
        struct provar_error own = {0};
        pv_retry_begin(&retry);
        enum provar_result result = go_round_with_secret(registry, request, &receiver, &own);
        if (falls_back(registry, &receiver, result))
            continue;
        answer->tries++;
        if (tries_again(&receiver, &own, &retry))
            continue;
        /* What another host says is not said by the registry. */
        if (result == PROVAR_OK && is_for_registry(registry, request, &answer->url))
            pass_warnings(registry, pv_buf_str(&answer->head.warning));
        if (result == PROVAR_E_NETWORK && answer->tries > 1)
            pv_error_wrap(&own, "tried %u times", answer->tries);
        pv_error_hand_on(err, &own);
        return result;
    }
}

void pv_registry_answer_release(struct pv_registry_answer *answer) {
    pv_http_head_release(&answer->head);
    pv_buf_release(&answer->body);
}

enum provar_result pv_registry_fail(struct pv_registry *registry, const struct pv_registry_request *request,
                                    const struct pv_registry_answer *answer, const char *what,
                                    struct provar_error *err) {
    PV_AUTO_BUF struct pv_buf who;
    char where[PV_MAX_REFERENCE_NAME + 2];
    struct pv_access access = access_of(registry, request, &answer->url);
    pv_buf_init(&who, 1024);
    bool is_own = is_for_registry(registry, request, &answer->url);
    if (is_own)
        pv_authorize_describe(registry->authorizer, &access, &who);
    (void)snprintf(where, sizeof where, "%s%s%s", registry->name, request->repository ? "/" : "",
                   request->repository ? request->repository : "");
    const struct pv_quoted place = pv_url_quote(&answer->url);
    const struct pv_registry_refusal refusal = {
        .where = is_own ? where : place.text,
        .what = what,
        .who = who.len > 0 ? (const char *)who.data : NULL,
        .is_writing = request->method != PV_HTTP_GET && request->method != PV_HTTP_HEAD,
        .is_start = request->method == PV_HTTP_POST,
        .is_elsewhere = !is_own,
        .status = answer->head.status,
        .tries = answer->tries,
        .body = pv_buf_str(&answer->body),
        .retry_after = pv_buf_str(&answer->head.retry_after),
        .limit = pv_buf_str(&answer->head.ratelimit_limit),
        .remaining = pv_buf_str(&answer->head.ratelimit_remaining),
    };
    return pv_registry_refuse(&refusal, err);
}

enum provar_result pv_registry_next_page(const struct pv_registry *registry, const struct pv_registry_answer *answer,
                                         const char *what, struct pv_url *url, bool *more, struct provar_error *err) {
    struct pv_str target;
    *more = false;
    if (!pv_link_next(pv_buf_str(&answer->head.link), &target))
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "the registry sends a malformed Link: '%s'",
                       pv_quote(pv_buf_str(&answer->head.link)).text);
    if (target.len == 0)
        return PROVAR_OK;
    struct pv_url next = {""};
    enum provar_result result = pv_url_resolve(&next, &answer->url, target, err);
    if (result != PROVAR_OK)
        return result;
    if (!pv_registry_owns(registry, &next))
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "the list of %s goes on at another host: '%s'", what,
                       pv_url_quote(&next).text);
    *url = next;
    *more = true;
    return PROVAR_OK;
}
