/* Unit tests of store/http without TLS: what is sent, what breaks off, callbacks and connections. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "http_fetch.h"

/* ---------------------------------------------------------------- what is sent */

static const char *sent_by(struct pv_http_request request, struct fetched *fetched) {
    send_by(http, request, server.plain, "/echo", fetched);
    assert_ok(fetched->result);
    assert_int_equal(fetched->head.status, 200);
    return (const char *)fetched->body.data;
}

/* NET-8, NET-9. */
static void a_blob_is_asked_for_with_few_headers(void **state) {
    struct fetched fetched = {0};
    char wanted[256];
    (void)state;
    const char *sent = sent_by((struct pv_http_request){.method = PV_HTTP_GET}, &fetched);
    (void)snprintf(
        wanted, sizeof wanted,
        "GET /echo HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nUser-Agent: provar/%s\r\nAccept-Encoding: identity\r\n\r\n",
        server.plain, provar_version());
    assert_string_equal(sent, wanted);
    release(&fetched);
}

static void headers_are_sent_where_they_are_asked_for(void **state) {
    struct fetched fetched = {0};
    (void)state;
    const char *sent = sent_by((struct pv_http_request){.method = PV_HTTP_GET,
                                                        .accept = "application/a, application/b",
                                                        .authorization = "Bearer abc"},
                               &fetched);
    assert_non_null(strstr(sent, "\r\nAccept: application/a, application/b\r\n"));
    assert_non_null(strstr(sent, "\r\nAuthorization: Bearer abc\r\n"));
    assert_null(strstr(sent, "Accept-Encoding"));
    assert_null(strstr(sent, "Range"));
    release(&fetched);
    /* And the next request by the same connection has nothing of them. */
    sent = sent_by((struct pv_http_request){.method = PV_HTTP_GET}, &fetched);
    assert_null(strstr(sent, "Accept:"));
    assert_null(strstr(sent, "Authorization"));
    release(&fetched);
}

/* PULL-8. */
static void ranges_are_closed(void **state) {
    static const struct {
        uint64_t first, last;
        const char *range;
    } cases[] = {
        {0, 65535, "\r\nRange: bytes=0-65535\r\n"},
        {5, 5, "\r\nRange: bytes=5-5\r\n"},
        {UINT64_C(5) << 30, (UINT64_C(5) << 30) + 9, "\r\nRange: bytes=5368709120-5368709129\r\n"},
    };
    struct fetched fetched = {0};
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        struct pv_http_request request = {
            .method = PV_HTTP_GET, .first = cases[i].first, .last = cases[i].last, .accept = "a/b"};
        const char *sent = sent_by(request, &fetched);
        assert_non_null(strstr(sent, cases[i].range));
        assert_non_null(strstr(sent, "\r\nAccept-Encoding: identity\r\n"));
        release(&fetched);
    }
    assert_null(strstr(sent_by((struct pv_http_request){.method = PV_HTTP_GET, .first = 1}, &fetched), "Range"));
    release(&fetched);
    struct pv_http_request post = {.method = PV_HTTP_POST, .first = 1, .last = 2};
    assert_null(strstr(sent_by(post, &fetched), "Range"));
    release(&fetched);
}

/* NET-9: Content-Length: 0 where there is no body, and neither a form's type nor a wait for 100. */
static void requests_without_a_body_say_so(void **state) {
    static const struct {
        enum pv_http_method method;
        const char *line;
    } cases[] = {{PV_HTTP_POST, "POST /echo "}, {PV_HTTP_PUT, "PUT /echo "}, {PV_HTTP_PATCH, "PATCH /echo "}};
    struct fetched fetched = {0};
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        const char *sent = sent_by((struct pv_http_request){.method = cases[i].method}, &fetched);
        assert_true(pv_str_starts(pv_buf_str(&fetched.body), pv_str_of(cases[i].line)));
        assert_non_null(strstr(sent, "\r\nContent-Length: 0\r\n"));
        assert_null(strstr(sent, "Content-Type"));
        assert_null(strstr(sent, "Expect"));
        assert_null(strstr(sent, "Transfer-Encoding"));
        assert_null(strstr(sent, "Accept"));
        release(&fetched);
    }
    const char *sent = sent_by((struct pv_http_request){.method = PV_HTTP_DELETE}, &fetched);
    assert_true(pv_str_starts(pv_buf_str(&fetched.body), PV_STR("DELETE /echo ")));
    assert_null(strstr(sent, "Content-Length"));
    release(&fetched);
}

static void a_part_of_a_content_is_sent(void **state) {
    struct pv_str text = PV_STR("0123456789");
    struct pv_content content = pv_content_memory(&text);
    struct fetched fetched = {0};
    (void)state;
    struct pv_http_request request = {.method = PV_HTTP_PATCH,
                                      .content_type = "application/octet-stream",
                                      .content_range = "3-7",
                                      .body = &content,
                                      .body_offset = 3,
                                      .body_len = 5};
    const char *sent = sent_by(request, &fetched);
    assert_true(pv_str_ends(pv_buf_str(&fetched.body), PV_STR("\r\n\r\n34567")));
    assert_non_null(strstr(sent, "\r\nContent-Length: 5\r\n"));
    assert_non_null(strstr(sent, "\r\nContent-Type: application/octet-stream\r\n"));
    assert_non_null(strstr(sent, "\r\nContent-Range: 3-7\r\n"));
    assert_null(strstr(sent, "Expect"));
    release(&fetched);
}

/* Longer than any buffer of libcurl, and long enough for it to wait for 100 by itself. */
static void large_contents_are_sent_whole(void **state) {
    enum { LEN = 2000000 };
    uint8_t *bytes = malloc(LEN);
    struct fetched fetched = {0};
    (void)state;
    assert_non_null(bytes);
    for (size_t i = 0; i < LEN; i++)
        bytes[i] = (uint8_t)(i * 31 + i / 251);
    struct pv_str text = pv_str((const char *)bytes, LEN);
    struct pv_content content = pv_content_memory(&text);
    struct pv_url url = url_of(server.plain, "/echo");
    struct pv_http_request request = {
        .method = PV_HTTP_PUT, .url = &url, .body = &content, .body_len = LEN, .on_body = take_body, .user = &fetched};
    fetched.heads = 1;
    pv_buf_init(&fetched.body, 2 * LEN);
    assert_ok(pv_http_do(http, &request, &fetched.head, NULL));
    assert_true(fetched.body.len > LEN);
    assert_memory_equal(fetched.body.data + fetched.body.len - LEN, bytes, LEN);
    assert_null(strstr((const char *)fetched.body.data, "Expect"));
    release(&fetched);
    free(bytes);
}

static enum provar_result fail_to_read(void *user, uint64_t offset, void *buf, size_t cap, size_t *len,
                                       struct provar_error *err) {
    (void)user;
    if (offset > 0)
        return pv_fail(err, PROVAR_E_IO, offset, "the disk is gone");
    memset(buf, 'a', *len = cap < 10 ? cap : 10);
    return PROVAR_OK;
}

static void what_cannot_be_read_ends_the_request(void **state) {
    struct pv_content broken = {.read_at = fail_to_read, .size = 100};
    struct pv_str text = PV_STR("0123456789");
    struct pv_content content = pv_content_memory(&text);
    struct fetched fetched = {0};
    (void)state;
    struct pv_http_request request = {.method = PV_HTTP_PUT, .body = &broken, .body_len = 100};
    send_by(http, request, server.plain, "/echo", &fetched);
    assert_fails(fetched.result, PROVAR_E_IO, fetched.err, 10);
    assert_int_equal(fetched.heads, 0);
    assert_false(pv_http_failure_may_pass(http));
    release(&fetched);
    request.body = &content;
    request.body_len = 11;
    send_by(http, request, server.plain, "/echo", &fetched);
    assert_fails(fetched.result, PROVAR_E_REGISTRY, fetched.err, 10);
    release(&fetched);
}

/* threats: row 225. */
static void no_value_begins_a_header_of_its_own(void **state) {
    static const char *const values[] = {"a\r\nX: y", "a\ny", "a\x01", "a\x7f"};
    struct fetched fetched = {0};
    (void)state;
    for (size_t i = 0; i < array_length(values); i++) {
        struct pv_http_request requests[] = {{.authorization = values[i]},
                                             {.accept = values[i]},
                                             {.content_type = values[i]},
                                             {.content_range = values[i]}};
        for (size_t j = 0; j < array_length(requests); j++) {
            send_by(http, requests[j], server.plain, "/echo", &fetched);
            assert_fails(fetched.result, PROVAR_E_REGISTRY, fetched.err, PROVAR_NO_OFFSET);
            assert_int_equal(fetched.heads, 0);
            release(&fetched);
        }
    }
}

/* ---------------------------------------------------------------- what breaks off */

static void a_body_that_is_cut_is_a_fault_of_the_network(void **state) {
    static const char *const answers[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello",
        "HTTP/1.1 206 OK\r\nContent-Length: 10\r\nContent-Range: bytes 0-9/20\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe",
    };
    struct fetched fetched = {0};
    (void)state;
    for (size_t i = 0; i < array_length(answers); i++) {
        get_text(answers[i], &fetched);
        assert_fails(fetched.result, PROVAR_E_NETWORK, fetched.err, PROVAR_NO_OFFSET);
        assert_int_equal(fetched.heads, 1);
        assert_true(fetched.may_pass);
        release(&fetched);
    }
    get_text("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", &fetched);
    assert_ok(fetched.result);
    assert_false(fetched.may_pass);
    release(&fetched);
}

/* registry.md 5.2: distribution 2.8 states the blob's length for the 33 bytes that it sends. */
static void a_refusal_needs_no_whole_body(void **state) {
    static const char *const answers[] = {
        "HTTP/1.1 416 Range\r\nContent-Length: 7000000\r\n\r\n{\"errors\":[]}",
        "HTTP/1.1 404 Not Found\r\nContent-Length: 100\r\n\r\n{\"errors\":[]}",
        "HTTP/1.1 307 Elsewhere\r\nContent-Length: 100\r\nLocation: /a\r\n\r\n{\"errors\":[]}",
    };
    struct fetched fetched = {0};
    (void)state;
    for (size_t i = 0; i < array_length(answers); i++)
        for (size_t j = 0; j < 2; j++) {
            get_raw(j == 0 ? "file" : "hold", answers[i], strlen(answers[i]), &fetched);
            assert_ok(fetched.result);
            assert_int_equal(fetched.heads, 1);
            expect_text(&fetched.body, i == 0 ? "" : "{\"errors\":[]}");
            release(&fetched);
        }
}

/* threats: row 242. */
static void silence_and_trickles_are_ended(void **state) {
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\nhello hello hello hello hello hello";
    static const struct {
        const char *kind;
        size_t len;
    } cases[] = {{"hold", 0}, {"hold", 20}, {"hold", sizeof answer - 1}, {"drip", 30}, {"drip", sizeof answer - 1}};
    struct fetched fetched = {0};
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        time_t begun = time(NULL);
        get_raw(cases[i].kind, answer, cases[i].len, &fetched);
        assert_fails(fetched.result, PROVAR_E_NETWORK, fetched.err, PROVAR_NO_OFFSET);
        assert_true(fetched.may_pass);
        assert_true(time(NULL) - begun <= 20);
        release(&fetched);
    }
}

static void nobody_there_is_a_fault_of_the_network(void **state) {
    struct fetched fetched = {0};
    struct pv_url url;
    struct pv_http_head head;
    struct provar_error err = {0};
    (void)state;
    /* Port 1 of loopback: nobody listens there. */
    send_by(http, (struct pv_http_request){.authorization = "Basic secret"}, 1, "/a?sig=secret", &fetched);
    assert_fails(fetched.result, PROVAR_E_NETWORK, fetched.err, PROVAR_NO_OFFSET);
    assert_non_null(strstr(fetched.err.message, "'http://127.0.0.1:1/a'"));
    assert_null(strstr(fetched.err.message, "secret"));
    assert_true(pv_http_failure_may_pass(http));
    release(&fetched);
    assert_ok(pv_url_make(&url, false, "no-such-host.invalid", "/", NULL));
    struct pv_http_request request = {.url = &url};
    assert_fails(pv_http_do(http, &request, &head, &err), PROVAR_E_NETWORK, err, PROVAR_NO_OFFSET);
    assert_false(pv_http_failure_may_pass(http));
    pv_http_head_release(&head);
}

/* ---------------------------------------------------------------- callbacks */

static void callbacks_end_the_request(void **state) {
    struct fetched fetched = {.head_gives = PROVAR_E_AUTH};
    (void)state;
    get("/echo", &fetched);
    assert_fails(fetched.result, PROVAR_E_AUTH, fetched.err, 1);
    assert_int_equal(fetched.head.status, 200);
    assert_int_equal(fetched.body.len, 0);
    release(&fetched);
    fetched.body_gives = PROVAR_E_DIGEST;
    get("/echo", &fetched);
    assert_fails(fetched.result, PROVAR_E_DIGEST, fetched.err, 2);
    assert_false(pv_http_failure_may_pass(http));
    release(&fetched);
}

/* A body that nobody takes is read for the sake of the connection, but not for ever. */
static void bodies_that_nobody_wants_are_forgotten(void **state) {
    static const char front[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", chunk[] = "5\r\nhello\r\n";
    struct pv_url url = url_of(server.plain, "/endless/answer");
    struct pv_http_request request = {.url = &url};
    struct pv_http_head head;
    (void)state;
    temp_dir_write("answer", front, sizeof front - 1);
    temp_dir_write("answer.again", chunk, sizeof chunk - 1);
    assert_ok(pv_http_do(http, &request, &head, NULL));
    assert_int_equal(head.status, 200);
    pv_http_head_release(&head);
}

static unsigned count_connections(void) {
    struct fetched fetched = {0};
    get("/connections", &fetched);
    assert_ok(fetched.result);
    unsigned count = 0;
    for (size_t i = 0; i < fetched.body.len; i++)
        count = count * 10 + (fetched.body.data[i] - '0');
    release(&fetched);
    return count;
}

/* How many connections were made while the server answered with so many bytes of a body, which nobody took. */
static unsigned connections_for(size_t len) {
    static char answer[2 * PV_MAX_IGNORED_BODY];
    struct pv_http_head head;
    int front = snprintf(answer, sizeof answer, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", len);
    memset(answer + front, 'a', len);
    temp_dir_write("answer", answer, (size_t)front + len);
    struct pv_url url = url_of(server.plain, "/keep/answer");
    struct pv_http_request request = {.url = &url};
    unsigned before = count_connections();
    assert_ok(pv_http_do(http, &request, &head, NULL));
    pv_http_head_release(&head);
    return count_connections() - before;
}

static void connections_are_kept(void **state) {
    struct fetched fetched = {0};
    (void)state;
    unsigned before = count_connections();
    (void)sent_by((struct pv_http_request){.method = PV_HTTP_POST}, &fetched);
    release(&fetched);
    assert_int_equal(count_connections(), before);
    assert_int_equal(connections_for(PV_MAX_IGNORED_BODY), 0);
    assert_int_equal(connections_for(PV_MAX_IGNORED_BODY + 1), 1);
}

/* The server ends a connection that was kept just as the next request is sent. */
static void a_body_is_sent_again_on_another_connection(void **state) {
    struct pv_str text = PV_STR("0123456789");
    struct pv_content content = pv_content_memory(&text);
    struct pv_http_settings settings = {.no_proxy = "*"};
    struct pv_http *fresh = NULL;
    struct fetched fetched = {0};
    (void)state;
    assert_ok(pv_http_new(&settings, &fresh, NULL));
    send_by(fresh, (struct pv_http_request){.method = PV_HTTP_GET}, server.plain, "/connections", &fetched);
    assert_ok(fetched.result);
    release(&fetched);
    struct pv_http_request request = {.method = PV_HTTP_PUT, .body = &content, .body_offset = 2, .body_len = 8};
    send_by(fresh, request, server.plain, "/second/echo", &fetched);
    assert_ok(fetched.result);
    assert_true(pv_str_ends(pv_buf_str(&fetched.body), PV_STR("\r\n\r\n23456789")));
    release(&fetched);
    pv_http_free(fresh);
}

static enum provar_result ask_within(void *user, const void *data, size_t len, struct provar_error *err) {
    unsigned *inner = user;
    struct fetched fetched = {0};
    (void)data;
    (void)len;
    (void)err;
    (*inner)++;
    get("/echo", &fetched);
    assert_ok(fetched.result);
    assert_int_equal(fetched.head.status, 200);
    release(&fetched);
    return PROVAR_OK;
}

static void a_request_may_be_made_from_the_callback_of_another(void **state) {
    unsigned inner = 0;
    struct pv_url url = url_of(server.plain, "/echo");
    struct pv_http_request request = {.url = &url, .on_body = ask_within, .user = &inner};
    struct pv_http_head head;
    (void)state;
    assert_ok(pv_http_do(http, &request, &head, NULL));
    assert_int_equal(inner, 1);
    pv_http_head_release(&head);
}

/* RFC 9110, section 9.3: a registry that has refused reads no further. */
static void an_early_refusal_is_heard(void **state) {
    static const char answer[] = "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    struct pv_str text = PV_STR("0123456789");
    struct pv_content content = pv_content_memory(&text);
    struct fetched fetched = {0};
    (void)state;
    temp_dir_write("answer", answer, sizeof answer - 1);
    struct pv_http_request request = {.method = PV_HTTP_PUT, .body = &content, .body_len = 10};
    send_by(http, request, server.plain, "/early/answer", &fetched);
    assert_ok(fetched.result);
    assert_int_equal(fetched.head.status, 413);
    release(&fetched);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_blob_is_asked_for_with_few_headers),
        cmocka_unit_test(headers_are_sent_where_they_are_asked_for),
        cmocka_unit_test(ranges_are_closed),
        cmocka_unit_test(requests_without_a_body_say_so),
        cmocka_unit_test(a_part_of_a_content_is_sent),
        cmocka_unit_test(large_contents_are_sent_whole),
        cmocka_unit_test(what_cannot_be_read_ends_the_request),
        cmocka_unit_test(no_value_begins_a_header_of_its_own),
        cmocka_unit_test(a_body_that_is_cut_is_a_fault_of_the_network),
        cmocka_unit_test(a_refusal_needs_no_whole_body),
        cmocka_unit_test(silence_and_trickles_are_ended),
        cmocka_unit_test(nobody_there_is_a_fault_of_the_network),
        cmocka_unit_test(callbacks_end_the_request),
        cmocka_unit_test(bodies_that_nobody_wants_are_forgotten),
        cmocka_unit_test(connections_are_kept),
        cmocka_unit_test(a_body_is_sent_again_on_another_connection),
        cmocka_unit_test(a_request_may_be_made_from_the_callback_of_another),
        cmocka_unit_test(an_early_refusal_is_heard),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
