/* Asks tests/store/http_server.py by store/http, and keeps what came of it. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STORE_HTTP_FETCH_H
#define STORE_HTTP_FETCH_H

#include "http_server.h"

#include "internal.h"

#include "store/http/http.h"

#define HELPER __attribute__((unused)) static

/* What a request brought. */
struct fetched {
    struct pv_http_head head;
    struct pv_buf body;
    unsigned heads; /* calls of on_head */
    unsigned status_at_head;
    enum provar_result head_gives, body_gives; /* what the callbacks return */
    enum provar_result result;
    struct provar_error err;
    bool may_pass;
};

static struct pv_http *http;
/* For answers that do not come, or come too slowly. */
static struct pv_http *impatient;

HELPER int start(void **state) {
    struct pv_http_settings settings = {.no_proxy = "*"};
    if (server_start(state) != 0 || pv_http_new(&settings, &http, NULL) != PROVAR_OK)
        return -1;
    settings.stall_seconds = 2;
    settings.connect_timeout_ms = 1000;
    return pv_http_new(&settings, &impatient, NULL) == PROVAR_OK ? 0 : -1;
}

HELPER int stop(void **state) {
    pv_http_free(http);
    pv_http_free(impatient);
    return server_stop(state);
}

HELPER enum provar_result take_head(void *user, const struct pv_http_head *head, struct provar_error *err) {
    struct fetched *fetched = user;
    fetched->heads++;
    fetched->status_at_head = head->status;
    assert_int_equal(fetched->body.len, 0);
    return fetched->head_gives == PROVAR_OK ? PROVAR_OK : pv_fail(err, fetched->head_gives, 1, "not this head");
}

HELPER enum provar_result take_body(void *user, const void *data, size_t len, struct provar_error *err) {
    struct fetched *fetched = user;
    assert_int_equal(fetched->heads, 1);
    if (fetched->body_gives != PROVAR_OK)
        return pv_fail(err, fetched->body_gives, 2, "not this body");
    return pv_buf_append(&fetched->body, data, len, err);
}

HELPER struct pv_url url_of(unsigned port, const char *path) {
    char host[32];
    struct pv_url url;
    bool is_tls = port == server.tls || port == server.client_tls || port == server.silent;
    (void)snprintf(host, sizeof host, "127.0.0.1:%u", port);
    assert_ok(pv_url_make(&url, is_tls, host, path, NULL));
    return url;
}

HELPER void send_by(struct pv_http *by, struct pv_http_request request, unsigned port, const char *path,
                    struct fetched *fetched) {
    struct pv_url url = url_of(port, path);
    pv_buf_init(&fetched->body, PV_MIB);
    request.url = &url;
    request.on_head = take_head;
    request.on_body = take_body;
    request.user = fetched;
    fetched->result = pv_http_do(by, &request, &fetched->head, &fetched->err);
    assert_int_equal(fetched->err.code, fetched->result);
    fetched->may_pass = pv_http_failure_may_pass(by);
}

HELPER void release(struct fetched *fetched) {
    pv_http_head_release(&fetched->head);
    pv_buf_release(&fetched->body);
    *fetched = (struct fetched){0};
}

HELPER void get(const char *path, struct fetched *fetched) {
    send_by(http, (struct pv_http_request){.method = PV_HTTP_GET}, server.plain, path, fetched);
}

/* The server answers with these bytes, in the way that `kind` names. */
HELPER void get_raw(const char *kind, const void *answer, size_t len, struct fetched *fetched) {
    char path[64];
    (void)snprintf(path, sizeof path, "/%s/answer", kind);
    temp_dir_write("answer", answer, len);
    bool is_slow = strstr("hold drip", kind) != NULL;
    send_by(is_slow ? impatient : http, (struct pv_http_request){.method = PV_HTTP_GET}, server.plain, path, fetched);
}

HELPER void get_text(const char *answer, struct fetched *fetched) {
    get_raw("file", answer, strlen(answer), fetched);
}

HELPER void expect_text(const struct pv_buf *buf, const char *text) {
    assert_int_equal(buf->len, strlen(text));
    assert_memory_equal(buf->data ? (const char *)buf->data : "", text, buf->len);
}

#endif
