/* Unit tests of store/http_head, by whole answers: what is read of their heads, and every way in which one is wrong. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "http_fetch.h"

/* ---------------------------------------------------------------- answers */

static void the_head_is_known_before_the_body(void **state) {
    struct fetched fetched = {0};
    (void)state;
    get_text(
        "HTTP/1.1 206 Partial\r\nContent-Length: 5\r\nContent-Range: bytes 0-4/9\r\ncontent-type:  a/b \r\n"
        "LOCATION: /x?a=%2B\r\nContent-Encoding: gzip\r\nRange: 0-3\r\nRetry-After: 7\r\n"
        "Docker-Content-Digest: sha256:ab\r\nWarning: 299 - \"a\"\r\nWarning: 299 - \"b\"\r\n"
        "OCI-Chunk-Min-Length: 100\r\nratelimit-limit: 100;w=21600\r\nratelimit-remaining: 7;w=21600\r\n"
        "Link: </a>; rel=\"next\"\r\nWWW-Authenticate: Negotiate\r\nWWW-Authenticate: Bearer realm=\"x\"\r\n\r\nhello",
        &fetched);
    assert_ok(fetched.result);
    assert_int_equal(fetched.heads, 1);
    assert_int_equal(fetched.status_at_head, 206);
    assert_int_equal(fetched.head.status, 206);
    assert_true(fetched.head.has_length);
    assert_int_equal(fetched.head.length, 5);
    expect_text(&fetched.body, "hello");
    expect_text(&fetched.head.content_range, "bytes 0-4/9");
    expect_text(&fetched.head.content_type, "a/b");
    expect_text(&fetched.head.location, "/x?a=%2B");
    expect_text(&fetched.head.content_encoding, "gzip");
    expect_text(&fetched.head.range, "0-3");
    expect_text(&fetched.head.retry_after, "7");
    expect_text(&fetched.head.digest, "sha256:ab");
    expect_text(&fetched.head.warning, "299 - \"a\", 299 - \"b\"");
    expect_text(&fetched.head.oci_chunk_min_length, "100");
    expect_text(&fetched.head.ratelimit_limit, "100;w=21600");
    expect_text(&fetched.head.ratelimit_remaining, "7;w=21600");
    expect_text(&fetched.head.link, "</a>; rel=\"next\"");
    expect_text(&fetched.head.challenges, "Negotiate\nBearer realm=\"x\"\n");
    release(&fetched);
}

static void missing_headers_are_empty(void **state) {
    struct fetched fetched = {0};
    (void)state;
    get_text("HTTP/1.0 200 OK\r\n\r\nuntil the end", &fetched);
    assert_ok(fetched.result);
    assert_false(fetched.head.has_length);
    assert_int_equal(fetched.head.location.len, 0);
    assert_int_equal(fetched.head.challenges.len, 0);
    expect_text(&fetched.body, "until the end");
    release(&fetched);
}

/* A gzip stream stays what it is (NET-8), and a redirect is not followed (NET-1). */
static void bodies_arrive_as_they_are_sent(void **state) {
    static const char coded[] =
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x01";
    struct fetched fetched = {0};
    (void)state;
    get_raw("file", coded, sizeof coded - 1, &fetched);
    assert_ok(fetched.result);
    expect_text(&fetched.body, "\x1f\x8b\x08\x01");
    release(&fetched);
    get_text("HTTP/1.1 307 Elsewhere\r\nLocation: /echo\r\nContent-Length: 3\r\n\r\nabc", &fetched);
    assert_ok(fetched.result);
    assert_int_equal(fetched.head.status, 307);
    expect_text(&fetched.head.location, "/echo");
    expect_text(&fetched.body, "abc");
    release(&fetched);
    get_text(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nLocation: /late\r\n\r\n",
        &fetched);
    assert_ok(fetched.result);
    expect_text(&fetched.body, "abcdefg");
    assert_int_equal(fetched.head.location.len, 0);
    release(&fetched);
}

static void interim_answers_are_passed_over(void **state) {
    struct fetched fetched = {0};
    (void)state;
    get_text("HTTP/1.1 100 Continue\r\nLocation: /a\r\n\r\nHTTP/1.1 103 Hints\r\nLocation: /b\r\nLink: <x>\r\n\r\n"
             "HTTP/1.1 201 Created\r\nLocation: /c\r\nContent-Length: 0\r\n\r\n",
             &fetched);
    assert_ok(fetched.result);
    assert_int_equal(fetched.heads, 1);
    assert_int_equal(fetched.head.status, 201);
    expect_text(&fetched.head.location, "/c");
    assert_int_equal(fetched.head.link.len, 0);
    release(&fetched);
}

static void heads_have_no_body(void **state) {
    struct fetched fetched = {0};
    static const char answer[] = "HTTP/1.1 206 Partial\r\nContent-Length: 7000000\r\n\r\n";
    (void)state;
    temp_dir_write("answer", answer, sizeof answer - 1);
    send_by(impatient, (struct pv_http_request){.method = PV_HTTP_HEAD}, server.plain, "/keep/answer", &fetched);
    assert_ok(fetched.result);
    assert_int_equal(fetched.head.status, 206);
    assert_int_equal(fetched.head.length, 7000000);
    assert_int_equal(fetched.body.len, 0);
    release(&fetched);
}

/* ---------------------------------------------------------------- wrong answers */

static void answers_that_two_readers_understand_differently_are_refused(void **state) {
    static const char *const heads[] = {
        "Location: /a\r\nLocation: /b\r\n",
        "Location: /a\r\nlocation: /a\r\n",
        "Content-Range: bytes 0-1/2\r\nContent-Range: bytes 0-1/2\r\n",
        "Content-Length: 2\r\nContent-Length: 2\r\n",
        "Content-Length: 2\r\nContent-Length: 3\r\n",
        "Content-Length: 2, 2\r\n",
        "Content-Length: +2\r\n",
        "Content-Length: 02\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 0x2\r\n",
        "Content-Length:\r\n",
        "Content-Length: 9223372036854775808\r\n",
        "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
        "Content-Type: a/b\r\nContent-Type: a/c\r\n",
        "Range: 0-1\r\nRange: 0-2\r\n",
        "Retry-After: 1\r\nRetry-After: 2\r\n",
        "Docker-Content-Digest: a\r\nDocker-Content-Digest: b\r\n",
        "OCI-Chunk-Min-Length: 1\r\nOCI-Chunk-Min-Length: 2\r\n",
        "Location: /a\r\n b\r\n",
        "X: a\r\n\tb\r\n",
        "Location: /a\x01\r\n",
        "X: a\x1b[2J\r\n",
        "X: a\rb\r\n",
        "X: a\x7f\r\n",
    };
    struct fetched fetched = {0};
    char answer[512];
    (void)state;
    for (size_t i = 0; i < array_length(heads); i++) {
        (void)snprintf(answer, sizeof answer, "HTTP/1.1 200 OK\r\n%s\r\nab", heads[i]);
        get_text(answer, &fetched);
        if (fetched.result != PROVAR_E_REGISTRY)
            fail_msg("'%s' gave %s: %s", pv_quote(pv_str_of(heads[i])).text, provar_result_name((int)fetched.result),
                     fetched.err.message);
        assert_fails(fetched.result, PROVAR_E_REGISTRY, fetched.err, PROVAR_NO_OFFSET);
        assert_int_equal(fetched.heads, 0);
        release(&fetched);
    }
}

static void what_is_not_http_is_refused(void **state) {
    static const struct {
        const char *answer;
        enum provar_result result;
        bool may_pass;
    } cases[] = {
        {"", PROVAR_E_NETWORK, true},
        {"hello", PROVAR_E_NETWORK, false},
        {"<html></html>\r\n\r\n", PROVAR_E_NETWORK, false},
        {"HTTP/1.1 200 OK\r\nContent-Le", PROVAR_E_NETWORK, true},
        {"HTTP/1.1 200 OK\r\n", PROVAR_E_NETWORK, true},
        {"HTTP/1.1 abc OK\r\n\r\n", PROVAR_E_NETWORK, false},
        {"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\nbytes", PROVAR_E_REGISTRY, false},
        {"HTTP/1.1 100 Continue\r\n\r\n", PROVAR_E_NETWORK, true},
    };
    struct fetched fetched = {0};
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        get_text(cases[i].answer, &fetched);
        if (fetched.result != cases[i].result || fetched.may_pass != cases[i].may_pass)
            fail_msg("'%s' gave %s: %s", pv_quote(pv_str_of(cases[i].answer)).text,
                     provar_result_name((int)fetched.result), fetched.err.message);
        assert_int_equal(fetched.heads, 0);
        release(&fetched);
    }
}

static void headers_end_at_the_limits(void **state) {
    static char answer[2 * PV_MAX_HEAD];
    static const char front[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", name[] = "X-A: ";
    struct fetched fetched = {0};
    (void)state;
    for (size_t more = 0; more <= 1; more++) {
        size_t len = (size_t)PV_MAX_HEADER_LINE + more;
        memcpy(answer, front, sizeof front - 1);
        memset(answer + sizeof front - 1, 'a', len);
        memcpy(answer + sizeof front - 1, name, sizeof name - 1);
        memcpy(answer + sizeof front - 1 + len, "\r\n\r\n", 5);
        get_text(answer, &fetched);
        assert_int_equal(fetched.result, more == 0 ? PROVAR_OK : PROVAR_E_LIMIT);
        assert_int_equal(fetched.heads, more == 0 ? 1 : 0);
        release(&fetched);
    }
    for (size_t more = 0; more <= 1; more++) {
        /* Lines of 1 KiB, of which the last has what is left. */
        size_t len = sizeof front - 1, end = (size_t)PV_MAX_HEAD + more - 2;
        while (len < end) {
            size_t line = end - len < 2048 ? end - len : 1024;
            memset(answer + len, 'a', line);
            memcpy(answer + len, name, sizeof name - 1);
            len += line;
            memcpy(answer + len - 2, "\r\n", 2);
        }
        memcpy(answer + len, "\r\n", 3);
        assert_int_equal(strlen(answer), PV_MAX_HEAD + more);
        get_text(answer, &fetched);
        assert_int_equal(fetched.result, more == 0 ? PROVAR_OK : PROVAR_E_LIMIT);
        release(&fetched);
    }
}

/* Each of them would go on for ever. */
static void endless_heads_are_cut(void **state) {
    static const struct {
        const char *first, *again;
    } cases[] = {
        {"HTTP/1.1 200 OK\r\n", "X-A: b\r\n"},
        {"HTTP/1.1 200 OK\r\nX-A: ", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
        {"HTTP/1.1 200 OK", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
        {"HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n"},
        {"HTTP/1.1 103 Hints\r\n\r\n", "HTTP/1.1 103 Hints\r\nX-A: b\r\n\r\n"},
    };
    struct fetched fetched = {0};
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        temp_dir_write("answer.again", cases[i].again, strlen(cases[i].again));
        get_raw("endless", cases[i].first, strlen(cases[i].first), &fetched);
        if (fetched.result != PROVAR_E_LIMIT)
            fail_msg("'%s' gave %s: %s", pv_quote(pv_str_of(cases[i].first)).text,
                     provar_result_name((int)fetched.result), fetched.err.message);
        assert_fails(fetched.result, PROVAR_E_LIMIT, fetched.err, PROVAR_NO_OFFSET);
        assert_int_equal(fetched.heads, 0);
        release(&fetched);
    }
}

/* RFC 9112, section 7.1.2: behind the body, where they count for nothing. */
static void endless_trailers_are_cut(void **state) {
    static const char front[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n";
    static const char again[] = "X-A: b\r\n";
    struct fetched fetched = {0};
    (void)state;
    temp_dir_write("answer.again", again, sizeof again - 1);
    get_raw("endless", front, sizeof front - 1, &fetched);
    assert_fails(fetched.result, PROVAR_E_LIMIT, fetched.err, PROVAR_NO_OFFSET);
    assert_int_equal(fetched.heads, 1);
    release(&fetched);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_head_is_known_before_the_body),
        cmocka_unit_test(missing_headers_are_empty),
        cmocka_unit_test(bodies_arrive_as_they_are_sent),
        cmocka_unit_test(interim_answers_are_passed_over),
        cmocka_unit_test(heads_have_no_body),
        cmocka_unit_test(answers_that_two_readers_understand_differently_are_refused),
        cmocka_unit_test(what_is_not_http_is_refused),
        cmocka_unit_test(headers_end_at_the_limits),
        cmocka_unit_test(endless_heads_are_cut),
        cmocka_unit_test(endless_trailers_are_cut),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
