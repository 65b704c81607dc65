/* Bytes of a blob out of a registry: whole or a range, sent on, broken off, begun again where they broke off. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "store/http/content_range.h"
#include "store/registry/registry_fetch.h"

/* After so many bytes a connection that broke was a good one, and its failure is the first again. */
#define PROGRESS (1 * PV_MIB)

/* What is being fetched. */
struct transfer {
    struct pv_registry_fetch *fetch;
    pv_registry_take_fn take;
    void *user;
    uint64_t at, to;     /* the next byte that is due, and the end */
    uint64_t first, end; /* what the present request asks for */
    bool is_ranged;      /* it asks for a range */
    bool takes_whole;    /* the whole in place of a range is taken too, from its start */
    uint64_t body_at;    /* of the next byte of this answer */
    uint64_t body_to;    /* where this answer ends */
    bool has_bytes;      /* this answer has brought some, be they known already */
    bool take_failed;
    unsigned refused; /* the status of an answer that was none of the blob's; 0 */
};

/* ---------------------------------------------------------------- the answer */

static enum provar_result fail_range(const struct pv_http_head *head, struct provar_error *err) {
    return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET,
                   "the registry gives another range of the blob than was asked for: '%s'",
                   pv_quote(pv_buf_str(&head->content_range)).text);
}

/* RFC 9110, 15.3.7: one range, which begins where it was asked for. A shorter one is asked for again. */
static enum provar_result expect_part(struct transfer *transfer, const struct pv_http_head *head,
                                      struct provar_error *err) {
    struct pv_content_range range;
    if (!transfer->is_ranged || !pv_content_range_parse(pv_buf_str(&head->content_range), &range))
        return fail_range(head, err);
    if (range.first != transfer->first || range.last >= transfer->end ||
        (range.has_size && range.size != transfer->fetch->size))
        return fail_range(head, err);
    transfer->at = transfer->first;
    transfer->to = transfer->end;
    transfer->body_at = range.first;
    transfer->body_to = range.last + 1;
    return PROVAR_OK;
}

/* From here on all of it is due. What was taken before, of an answer that broke off, is passed over. */
static void turn_to_whole(struct transfer *transfer) {
    if (!transfer->takes_whole)
        return;
    transfer->takes_whole = false;
    transfer->at = 0;
    transfer->to = transfer->fetch->size;
}

static void expect_whole(struct transfer *transfer) {
    if (transfer->is_ranged) {
        transfer->fetch->has_no_ranges = true;
        turn_to_whole(transfer);
    }
    transfer->body_at = 0;
    transfer->body_to = transfer->fetch->size;
}

static enum provar_result take_head(void *user, const struct pv_http_head *head, struct provar_error *err) {
    struct transfer *transfer = user;
    struct pv_str coding = pv_buf_str(&head->content_encoding);
    /* Nobody has asked for another coding, and a digest is that of the bytes as they were stored. */
    if (coding.len > 0 && !pv_str_equal_ascii_nocase(coding, PV_STR("identity")))
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET,
                       "the registry sends the blob with Content-Encoding '%s'", pv_quote(coding).text);
    if (head->status != 200 && head->status != 206)
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "the registry answers status %u in place of a blob",
                       head->status);
    enum provar_result result = PROVAR_OK;
    if (head->status == 206)
        result = expect_part(transfer, head, err);
    else
        expect_whole(transfer);
    if (result == PROVAR_OK && head->has_length && head->length != transfer->body_to - transfer->body_at)
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET,
                       "the registry sends %llu bytes of the blob, where %llu were due",
                       (unsigned long long)head->length, (unsigned long long)(transfer->body_to - transfer->body_at));
    return result;
}

static enum provar_result take_body(void *user, const void *data, size_t len, struct provar_error *err) {
    struct transfer *transfer = user;
    const uint8_t *bytes = data;
    if (len > transfer->body_to - transfer->body_at)
        return pv_fail(err, PROVAR_E_REGISTRY, transfer->body_to, "the blob is longer than its descriptor says");
    uint64_t known = transfer->at - transfer->body_at;
    size_t skipped = known < len ? (size_t)known : len;
    transfer->body_at += len;
    transfer->has_bytes = true;
    if (skipped == len)
        return PROVAR_OK;
    enum provar_result result = transfer->take(transfer->user, transfer->at, bytes + skipped, len - skipped, err);
    transfer->take_failed = result != PROVAR_OK;
    transfer->at += len - skipped;
    return result;
}

/* ---------------------------------------------------------------- one request */

/* A place that was good for some minutes only (presigned URLs), and may be had anew. */
static bool is_stale(unsigned status) {
    return status == 400 || status == 401 || status == 403 || status == 404 || status == 410;
}

static void learn_url(struct pv_registry_fetch *fetch, const struct pv_url *url) {
    if (fetch->is_foreign)
        return;
    fetch->has_url = !pv_registry_owns(fetch->registry, url);
    if (fetch->has_url)
        fetch->url = *url;
}

/* *again: another way may lead there. */
static enum provar_result judge_status(struct transfer *transfer, const struct pv_registry_request *request,
                                       struct pv_registry_answer *answer, bool *again, struct provar_error *err) {
    struct pv_registry_fetch *fetch = transfer->fetch;
    char what[PV_DIGEST_LEN + 8];
    *again = false;
    if (answer->head.status == 200 || answer->head.status == 206) {
        learn_url(fetch, &answer->url);
        return PROVAR_OK;
    }
    if (answer->head.status == 416 && transfer->is_ranged) {
        fetch->has_no_ranges = true;
        *again = true;
        return PROVAR_OK;
    }
    if (request->url && !fetch->is_foreign && is_stale(answer->head.status)) {
        fetch->has_url = false;
        *again = true;
        return PROVAR_OK;
    }
    transfer->refused = answer->head.status;
    (void)snprintf(what, sizeof what, "blob %s", fetch->digest->text);
    return pv_registry_fail(fetch->registry, request, answer, what, err);
}

static enum provar_result request_once(struct transfer *transfer, bool *again, struct provar_error *err) {
    struct pv_registry_fetch *fetch = transfer->fetch;
    PV_CLEANUP(pv_registry_answer_release) struct pv_registry_answer answer = {.head = {0}};
    char path[PV_MAX_REFERENCE_NAME + PV_DIGEST_LEN + 16];
    transfer->is_ranged = !fetch->has_no_ranges && (transfer->at > 0 || transfer->to < fetch->size);
    if (fetch->has_no_ranges)
        turn_to_whole(transfer);
    transfer->first = transfer->at;
    transfer->end = transfer->to;
    (void)snprintf(path, sizeof path, "/v2/%s/blobs/%s", fetch->repository, fetch->digest->text);
    transfer->body_at = transfer->body_to = 0;
    transfer->has_bytes = false;
    transfer->refused = 0;
    const struct pv_registry_request request = {
        .method = PV_HTTP_GET,
        .path = fetch->has_url ? NULL : path,
        .url = fetch->has_url ? &fetch->url : NULL,
        .repository = fetch->repository,
        .actions = "pull",
        .has_range = transfer->is_ranged,
        .first = transfer->at,
        .last = transfer->to - 1,
        .follows = true,
        .is_foreign = fetch->is_foreign,
        .on_head = take_head,
        .on_body = take_body,
        .user = transfer,
    };
    enum provar_result result = pv_registry_send(fetch->registry, &request, &answer, err);
    *again = false;
    if (result != PROVAR_OK)
        return result;
    result = judge_status(transfer, &request, &answer, again, err);
    /* A body without a length may just end. */
    if (result == PROVAR_OK && !*again && transfer->body_at < transfer->body_to)
        return pv_fail(err, PROVAR_E_NETWORK, transfer->body_at, "the blob ends before its size");
    return result;
}

/* ---------------------------------------------------------------- other places */

static enum provar_result take_foreign(struct pv_registry_fetch *fetch, struct pv_str place, struct provar_error *err) {
    const struct pv_registry *registry = fetch->registry;
    struct pv_url own, next = {""};
    enum provar_result result = pv_url_make(&own, !registry->is_plain, registry->server, "/v2/", err);
    if (result == PROVAR_OK)
        result = pv_url_resolve(&next, &own, place, err);
    if (result == PROVAR_OK)
        result = pv_url_check_step(&own, &next, registry->may_send_in_clear, err);
    if (result == PROVAR_OK)
        fetch->url = next;
    return result;
}

/* Only what the registry itself has not is looked for elsewhere; at one of those places whatever is wrong is its own.
 */
static bool is_to_be_had_elsewhere(const struct pv_registry_fetch *fetch, enum provar_result result) {
    if (!fetch->is_foreign)
        return fetch->foreign_count > 0 && result == PROVAR_E_NOT_FOUND;
    return result == PROVAR_E_NOT_FOUND || result == PROVAR_E_REGISTRY || result == PROVAR_E_NETWORK ||
           result == PROVAR_E_LIMIT;
}

/* Turns from what has failed, or a place that nobody may be sent to, to the next; false, with `err` as it was last,
 * where there is none. */
static bool turn_to_foreign(struct pv_registry_fetch *fetch, struct provar_error *err) {
    if (!is_to_be_had_elsewhere(fetch, err->code))
        return false;
    if (!fetch->registry->allows_foreign) {
        pv_error_wrap(err, "the manifest has other places for it, which were not allowed");
        return false;
    }
    while (fetch->foreign_next < fetch->foreign_count) {
        provar_error_clear(err);
        fetch->is_foreign = fetch->has_url = true;
        if (take_foreign(fetch, fetch->foreign[fetch->foreign_next++], err) == PROVAR_OK)
            return true;
    }
    pv_error_wrap(err, "no other place of the manifest's has it");
    return false;
}

/* ---------------------------------------------------------------- all of it */

/* What has not brought all of it, and was followed by another request. */
struct patience {
    struct pv_retry retry;
    unsigned other_ways, short_answers;
};

/* Neither is without end: a registry could send us round, or give a byte at a time. */
static enum provar_result count_answer(struct patience *patience, bool again, bool is_short, struct provar_error *err) {
    if (again && ++patience->other_ways > PV_MAX_OTHER_WAYS)
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "the registry sends us to where the blob is not");
    if (is_short && ++patience->short_answers > PV_MAX_SHORT_ANSWERS)
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET,
                       "the registry gives less of the blob than was asked for, more than %d times",
                       PV_MAX_SHORT_ANSWERS);
    return PROVAR_OK;
}

/* Rights may come back as the network does; what the registry has got wrong stays. */
static bool may_pass(const struct transfer *transfer, enum provar_result result) {
    return result == PROVAR_E_NETWORK || result == PROVAR_E_AUTH || pv_retry_status(transfer->refused) ||
           transfer->refused == 401 || transfer->refused == 403;
}

static enum provar_result run(struct transfer *transfer, struct provar_error *err) {
    struct patience patience = {.retry = pv_registry_retry(transfer->fetch->registry)};
    transfer->fetch->may_pass = false;
    while (transfer->at < transfer->to) {
        struct provar_error own = {0};
        uint64_t before = transfer->at;
        bool again = false;
        pv_retry_begin(&patience.retry);
        enum provar_result result = request_once(transfer, &again, &own);
        bool gets_on = transfer->at >= before + PROGRESS;
        if (gets_on)
            patience.retry.tries = patience.other_ways = 0;
        if (result == PROVAR_OK)
            result = count_answer(&patience, again, !again && !gets_on && transfer->at < transfer->to, &own);
        if (result == PROVAR_OK)
            continue;
        /* Where not a byte came, pv_registry_send has tried again already. */
        bool is_broken = result == PROVAR_E_NETWORK && !transfer->take_failed && transfer->has_bytes;
        if (is_broken && pv_retry_again(&patience.retry, PV_STR(""), own.message))
            continue;
        if (!transfer->take_failed && turn_to_foreign(transfer->fetch, &own))
            continue;
        transfer->fetch->may_pass = may_pass(transfer, own.code);
        pv_error_hand_on(err, &own);
        return own.code;
    }
    return PROVAR_OK;
}

enum provar_result pv_registry_fetch_rest(struct pv_registry_fetch *fetch, uint64_t from, pv_registry_take_fn take,
                                          void *user, struct provar_error *err) {
    struct transfer transfer = {.fetch = fetch, .take = take, .user = user, .at = from, .to = fetch->size};
    return run(&transfer, err);
}

enum provar_result pv_registry_fetch_range(struct pv_registry_fetch *fetch, uint64_t from, uint64_t to,
                                           pv_registry_take_fn take, void *user, struct provar_error *err) {
    struct transfer transfer = {.fetch = fetch, .take = take, .user = user, .at = from, .to = to, .takes_whole = true};
    return run(&transfer, err);
}
