/* A registry of which a test has written down every request and its answer, in place of HTTP and authorization. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_SCRIPTED_REGISTRY_H
#define TEST_SCRIPTED_REGISTRY_H

#include "store/registry/registry.h"

#define HOST "https://r.example"
#define REPO HOST "/v2/acme/http"

/* PULL-1: what every request for a manifest asks for. */
#define ACCEPTED                                                                                                       \
    "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, "                            \
    "application/vnd.docker.distribution.manifest.v2+json, "                                                           \
    "application/vnd.docker.distribution.manifest.list.v2+json"

/* Texts that are NULL: none. */
struct step {
    /* What the request must be. */
    enum pv_http_method method;
    const char *url;
    const char *range;         /* "0-65535" */
    const char *content_range; /* of what is sent */
    const char *content_type;
    uint64_t body_offset, body_len;
    bool is_elsewhere; /* neither credentials nor certificate may come along */
    /* What it gets. */
    unsigned status;          /* 0: no answer at all */
    enum provar_result fails; /* so, in place of an answer: what reads the body that is sent may fail */
    const char *location, *got_range, *coding, *type, *digest, *link, *retry_after, *warning, *upload_range, *chunk_min,
        *challenges;
    const char *answer; /* NULL: bytes of `content` */
    uint64_t from, to;  /* of those */
    bool has_length;    /* Content-Length says so */
    bool breaks;        /* after the last of the bytes */
    unsigned takes;     /* seconds */
};

static struct {
    const struct step *list;
    size_t count, done;
    unsigned slept, passed, authorized; /* milliseconds, seconds, times */
    bool is_plain, lasts;               /* the peer has no TLS; failures do not pass */
    char warned[256];
    unsigned warnings;
} script;

static uint8_t *content;

/* What a group of tests begins and ends with, where answers are bytes of `content`. */
static inline int fill_content(size_t len) {
    content = malloc(len);
    for (size_t i = 0; content && i < len; i++)
        content[i] = (uint8_t)((i * 2654435761u) >> 13);
    return content ? 0 : 1;
}

static inline int free_content(void **state) {
    (void)state;
    free(content);
    return 0;
}

static inline void check_text(const char *what, const char *got, const char *wanted) {
    if ((got == NULL) != (wanted == NULL) || (got && !pv_str_equal_ascii_nocase(pv_str_of(got), pv_str_of(wanted))))
        fail_msg("request %zu: %s '%s' in place of '%s'", script.done, what, got ? got : "(none)",
                 wanted ? wanted : "(none)");
}

static inline void fill(struct pv_buf *buf, const char *text) {
    pv_buf_init(buf, PV_MIB);
    if (text)
        assert_ok(pv_buf_append_str(buf, pv_str_of(text), NULL));
}

static inline void check_body(const struct pv_http_request *request, const struct step *step) {
    uint8_t block[4096];
    assert_int_equal(request->body_len, step->body_len);
    assert_int_equal(request->body_offset, step->body_offset);
    assert_true((request->body != NULL) == (step->body_len > 0));
    for (uint64_t done = 0; done < request->body_len;) {
        uint64_t left = request->body_len - done;
        size_t len = 0, want = left < sizeof block ? (size_t)left : sizeof block;
        assert_ok(request->body->read_at(request->body->user, request->body_offset + done, block, want, &len, NULL));
        assert_int_equal(len, want);
        if (content)
            assert_memory_equal(block, content + request->body_offset + done, len);
        done += len;
    }
}

static inline void check_request(const struct pv_http_request *request, const struct step *step) {
    char range[64];
    bool is_ranged = request->last >= request->first && request->last > 0;
    (void)snprintf(range, sizeof range, "%llu-%llu", (unsigned long long)request->first,
                   (unsigned long long)request->last);
    assert_int_equal(request->method, step->method);
    check_text("URL", request->url->text, step->url);
    check_text("Range", is_ranged ? range : NULL, step->range);
    check_text("Content-Range", request->content_range, step->content_range);
    check_text("Content-Type", request->content_type, step->content_type);
    check_text("Authorization", request->authorization, step->is_elsewhere ? NULL : "Bearer secret");
    assert_int_equal(request->sends_certificate, !step->is_elsewhere);
    bool asks_manifest = strstr(request->url->text, "/manifests/") && request->method != PV_HTTP_PUT;
    check_text("Accept", request->accept, asks_manifest ? ACCEPTED : NULL);
    check_body(request, step);
}

/* In parts of different lengths. */
static inline enum provar_result send_body(const struct pv_http_request *request, const uint8_t *bytes, uint64_t len,
                                           struct provar_error *err) {
    enum provar_result result = PROVAR_OK;
    for (uint64_t done = 0, part = 1; result == PROVAR_OK && done < len; done += part, part = part * 3 % 16381 + 1) {
        part = part < len - done ? part : len - done;
        result = request->on_body(request->user, bytes + done, (size_t)part, err);
    }
    return result;
}

enum provar_result __wrap_pv_http_do(struct pv_http *http, const struct pv_http_request *request,
                                     struct pv_http_head *head, struct provar_error *err);
enum provar_result __wrap_pv_http_do(struct pv_http *http, const struct pv_http_request *request,
                                     struct pv_http_head *head, struct provar_error *err) {
    assert_null(http);
    if (script.done == script.count)
        fail_msg("a request that was not expected: %s", request->url->text);
    const struct step *step = &script.list[script.done];
    check_request(request, step);
    script.done++;
    script.passed += step->takes;
    uint64_t len = step->answer ? strlen(step->answer) : step->to - step->from;
    *head = (struct pv_http_head){.status = step->status, .has_length = step->has_length, .length = len};
    fill(&head->location, step->location);
    fill(&head->content_range, step->got_range);
    fill(&head->content_encoding, step->coding);
    fill(&head->content_type, step->type);
    fill(&head->digest, step->digest);
    fill(&head->link, step->link);
    fill(&head->retry_after, step->retry_after);
    fill(&head->warning, step->warning);
    fill(&head->range, step->upload_range);
    fill(&head->challenges, step->challenges);
    fill(&head->oci_chunk_min_length, step->chunk_min);
    if (step->fails)
        return pv_fail(err, step->fails, PROVAR_NO_OFFSET, "no more to be read");
    if (step->status == 0)
        return pv_fail(err, PROVAR_E_NETWORK, PROVAR_NO_OFFSET, "nobody answers");
    enum provar_result result = request->on_head ? request->on_head(request->user, head, err) : PROVAR_OK;
    if (result == PROVAR_OK && request->on_body)
        result = send_body(request, step->answer ? (const uint8_t *)step->answer : content + step->from, len, err);
    if (result == PROVAR_OK && step->breaks)
        return pv_fail(err, PROVAR_E_NETWORK, PROVAR_NO_OFFSET, "the connection broke");
    return result;
}

bool __wrap_pv_http_failure_may_pass(const struct pv_http *http);
bool __wrap_pv_http_failure_may_pass(const struct pv_http *http) {
    assert_null(http);
    return !script.lasts;
}

bool __wrap_pv_http_peer_has_no_tls(const struct pv_http *http);
bool __wrap_pv_http_peer_has_no_tls(const struct pv_http *http) {
    assert_null(http);
    return script.is_plain;
}

enum provar_result __wrap_pv_authorize_known(struct pv_authorizer *authorizer, const struct pv_access *access,
                                             struct pv_buf *value, struct provar_error *err);
enum provar_result __wrap_pv_authorize_known(struct pv_authorizer *authorizer, const struct pv_access *access,
                                             struct pv_buf *value, struct provar_error *err) {
    assert_null(authorizer);
    assert_string_equal(access->registry, "r.example");
    assert_true(strstr(access->url->text, "://r.example/") != NULL);
    return pv_buf_append_str(value, PV_STR("Bearer secret"), err);
}

enum provar_result __wrap_pv_authorize_again(struct pv_authorizer *authorizer, const struct pv_access *access,
                                             struct pv_str challenges, struct pv_buf *value, struct provar_error *err);
enum provar_result __wrap_pv_authorize_again(struct pv_authorizer *authorizer, const struct pv_access *access,
                                             struct pv_str challenges, struct pv_buf *value, struct provar_error *err) {
    (void)challenges;
    script.authorized++;
    return __wrap_pv_authorize_known(authorizer, access, value, err);
}

void __wrap_pv_authorize_describe(struct pv_authorizer *authorizer, const struct pv_access *access,
                                  struct pv_buf *text);
void __wrap_pv_authorize_describe(struct pv_authorizer *authorizer, const struct pv_access *access,
                                  struct pv_buf *text) {
    (void)access;
    assert_null(authorizer);
    assert_ok(pv_buf_append_str(text, PV_STR("as alice"), NULL));
}

/* ---------------------------------------------------------------- the registry */

#include "scripted_clock.h"

static inline void note_warning(void *user, const char *text) {
    (void)user;
    script.warnings++;
    (void)snprintf(script.warned, sizeof script.warned, "%s", text);
}

static inline struct pv_registry a_registry(void) {
    return (struct pv_registry){
        .server = "r.example", .name = "r.example", .clock = &script_clock, .warn = note_warning};
}

#define play(steps)                                                                                                    \
    do {                                                                                                               \
        memset(&script, 0, sizeof script);                                                                             \
        script.list = (steps);                                                                                         \
        script.count = array_length(steps);                                                                            \
    } while (0)

static inline void played(void) {
    assert_int_equal(script.done, script.count);
}

#endif
