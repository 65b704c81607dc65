/* Answers to HTTP requests that a test has written down, in place of the network. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_SCRIPTED_HTTP_H
#define TEST_SCRIPTED_HTTP_H

#include "store/http/http.h"
#include "store/http/retry.h"

struct scripted {
    /* What the request must be. */
    enum pv_http_method method;
    const char *url;
    const char *authorization; /* NULL: none */
    const char *body;          /* NULL: none */
    bool no_certificate;
    /* What it gets. */
    unsigned status; /* 0: no answer at all */
    const char *challenges;
    const char *content_encoding;
    const char *retry_after;
    const char *answer;
    size_t padding; /* blanks behind the answer */
    unsigned takes; /* seconds */
};

static struct {
    const struct scripted *list;
    size_t count, done;
    unsigned slept;   /* milliseconds */
    unsigned passed;  /* seconds */
    char warned[512]; /* what was said last */
} script;

#define play(steps)                                                                                                    \
    (script.list = (steps), script.count = array_length(steps), script.done = script.slept = script.passed = 0,        \
     script.warned[0] = 0)

static inline void script_warn(void *user, const char *text) {
    (void)user;
    (void)snprintf(script.warned, sizeof script.warned, "%s", text);
}

static inline void played(void) {
    assert_int_equal(script.done, script.count);
}

static inline void check_text(const char *what, const char *got, const char *wanted) {
    if ((got == NULL) != (wanted == NULL) || (got && !pv_str_equal(pv_str_of(got), pv_str_of(wanted))))
        fail_msg("request %zu: %s '%s' in place of '%s'", script.done, what, got ? got : "(none)",
                 wanted ? wanted : "(none)");
}

static inline void check_body(const struct pv_http_request *request, const char *wanted) {
    char body[1024];
    size_t len = 0;
    assert_true((request->body == NULL) == (wanted == NULL));
    if (request->body == NULL)
        return;
    assert_string_equal(request->content_type, "application/x-www-form-urlencoded");
    /* In two parts, as it may be read. */
    for (size_t got = 0; len < request->body_len; len += got) {
        size_t cap = len == 0 ? 5 : sizeof body - 1 - len;
        assert_ok(request->body->read_at(request->body->user, request->body_offset + len, body + len, cap, &got, NULL));
        assert_in_range(got, 1, cap);
    }
    body[len] = 0;
    assert_int_equal(request->body->size, len);
    check_text("body", body, wanted);
}

/* Where a test has allocations fail, an answer that cannot be held is one of them. */
static inline enum provar_result fill(struct pv_buf *buf, const char *text, struct provar_error *err) {
    pv_buf_init(buf, PV_MIB);
    return text ? pv_buf_append_str(buf, pv_str_of(text), err) : PROVAR_OK;
}

static inline enum provar_result send_answer(const struct pv_http_request *request, const struct scripted *step,
                                             const struct pv_http_head *head, struct provar_error *err) {
    enum provar_result result = request->on_head ? request->on_head(request->user, head, err) : PROVAR_OK;
    if (request->on_body == NULL)
        return result;
    for (const char *at = step->answer; result == PROVAR_OK && at && *at; at++)
        result = request->on_body(request->user, at, 1, err);
    for (size_t i = 0; result == PROVAR_OK && i < step->padding; i++)
        result = request->on_body(request->user, " ", 1, err);
    return result;
}

#include "scripted_clock.h"

enum provar_result __wrap_pv_http_do(struct pv_http *http, const struct pv_http_request *request,
                                     struct pv_http_head *head, struct provar_error *err);
enum provar_result __wrap_pv_http_do(struct pv_http *http, const struct pv_http_request *request,
                                     struct pv_http_head *head, struct provar_error *err) {
    const struct scripted *step = &script.list[script.done];
    assert_null(http);
    if (script.done == script.count)
        fail_msg("a request that was not expected: %s", request->url->text);
    assert_int_equal(request->method, step->method);
    /* The digits of what is percent-encoded have no case (RFC 3986, section 2.1). */
    if (!pv_str_equal_ascii_nocase(pv_str_of(request->url->text), pv_str_of(step->url)))
        check_text("URL", request->url->text, step->url);
    check_text("Authorization", request->authorization, step->authorization);
    check_body(request, step->body);
    assert_int_equal(request->sends_certificate, !step->no_certificate);
    assert_true(request->accept == NULL && request->content_range == NULL && request->last == 0);
    script.done++;
    script.passed += step->takes;
    *head = (struct pv_http_head){.status = step->status};
    enum provar_result result = fill(&head->challenges, step->challenges, err);
    if (result == PROVAR_OK)
        result = fill(&head->content_encoding, step->content_encoding, err);
    if (result == PROVAR_OK)
        result = fill(&head->retry_after, step->retry_after, err);
    if (result != PROVAR_OK)
        return result;
    if (step->status == 0)
        return pv_fail(err, PROVAR_E_NETWORK, PROVAR_NO_OFFSET, "nobody answers");
    return send_answer(request, step, head, err);
}

#endif
