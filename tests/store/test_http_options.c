/* Unit tests of store/http: what libcurl is given of a command that was told nothing, and what it is never given. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <curl/curl.h>

#include "support/check.h"

#include "internal.h"

#include "store/http/http.h"

/* The linker sends here what goes to libcurl (tests/store/meson.build). */
#undef curl_easy_setopt
CURLcode __real_curl_easy_setopt(CURL *easy, CURLoption option, ...);
CURLcode __wrap_curl_easy_setopt(CURL *easy, CURLoption option, ...);
CURLcode __wrap_curl_easy_perform(CURL *easy);

/* What one transfer was given. */
struct given {
    CURLoption option;
    long number;
    char text[64];
};

static struct {
    struct given list[64];
    size_t count;
    unsigned transfers;
    CURLcode result;
    void (*judge)(void);
} told;

static void keep(CURLoption option, long number, const char *text) {
    assert_true(told.count < array_length(told.list));
    struct given *given = &told.list[told.count++];
    *given = (struct given){.option = option, .number = number};
    (void)snprintf(given->text, sizeof given->text, "%s", text ? text : "");
}

static bool is_text(CURLoption option) {
    return option == CURLOPT_PROTOCOLS_STR || option == CURLOPT_PROXY || option == CURLOPT_NOPROXY;
}

/* An option's number says what its value is. */
CURLcode __wrap_curl_easy_setopt(CURL *easy, CURLoption option, ...) {
    va_list values;
    CURLcode code;
    va_start(values, option);
    if (option < CURLOPTTYPE_OBJECTPOINT) {
        long number = va_arg(values, long);
        keep(option, number, NULL);
        code = __real_curl_easy_setopt(easy, option, number);
    } else if (option >= CURLOPTTYPE_OFF_T && option < CURLOPTTYPE_BLOB) {
        curl_off_t number = va_arg(values, curl_off_t);
        keep(option, (long)number, NULL);
        code = __real_curl_easy_setopt(easy, option, number);
    } else {
        /* Functions go through as pointers do, on every system that there is. */
        void *value = va_arg(values, void *);
        keep(option, 0, is_text(option) ? value : NULL);
        code = __real_curl_easy_setopt(easy, option, value);
    }
    va_end(values);
    return code;
}

/* Nobody is asked. */
CURLcode __wrap_curl_easy_perform(CURL *easy) {
    (void)easy;
    told.transfers++;
    told.judge();
    told.count = 0;
    return told.result;
}

static const struct given *find(CURLoption option) {
    const struct given *found = NULL;
    for (size_t i = 0; i < told.count; i++)
        if (told.list[i].option == option)
            found = &told.list[i];
    return found;
}

static void expect_number(CURLoption option, long due) {
    const struct given *found = find(option);
    assert_non_null(found);
    assert_int_equal(found->number, due);
}

/* Two transfers: the handshake, and what is behind it where there is TLS. */
static void ask(const struct pv_http_settings *settings, void (*judge)(void)) {
    struct pv_http *http = NULL;
    struct pv_http_head head;
    struct pv_url url;
    struct provar_error err = {0};
    assert_ok(pv_http_new(settings, &http, NULL));
    assert_ok(pv_url_make(&url, true, "r.example", "/v2/", NULL));
    memset(&told, 0, sizeof told);
    told.judge = judge;
    told.result = CURLE_OK;
    const struct pv_http_request request = {.method = PV_HTTP_GET, .url = &url, .may_lack_tls = true};
    assert_int_equal(pv_http_do(http, &request, &head, &err), PROVAR_E_NETWORK);
    assert_int_equal(told.transfers, 2);
    pv_http_head_release(&head);
    pv_http_free(http);
}

/* NET-11, NET-1, NET-8: of these only what is said here, and what is not said is libcurl's "never". */
static void judge_usual(void) {
    static const CURLoption never[] = {
        CURLOPT_TIMEOUT,    CURLOPT_TIMEOUT_MS,     CURLOPT_NETRC,           CURLOPT_NETRC_FILE,
        CURLOPT_COOKIEFILE, CURLOPT_COOKIEJAR,      CURLOPT_ACCEPT_ENCODING, CURLOPT_USERPWD,
        CURLOPT_USERNAME,   CURLOPT_XOAUTH2_BEARER, CURLOPT_HTTPAUTH,        CURLOPT_AUTOREFERER,
        CURLOPT_PROXY,      CURLOPT_NOPROXY,        CURLOPT_SSLCERT,         CURLOPT_DNS_SERVERS};
    expect_number(CURLOPT_CONNECTTIMEOUT_MS, 30 * 1000);
    assert_null(find(CURLOPT_CONNECTTIMEOUT));
    expect_number(CURLOPT_LOW_SPEED_LIMIT, 1024);
    expect_number(CURLOPT_LOW_SPEED_TIME, 60);
    expect_number(CURLOPT_FOLLOWLOCATION, 0);
    const struct given *protocols = find(CURLOPT_PROTOCOLS_STR);
    assert_non_null(protocols);
    assert_string_equal(protocols->text, "http,https");
    for (size_t i = 0; i < array_length(never); i++)
        if (find(never[i]))
            fail_msg("option %d", (int)never[i]);
}

static void waits_as_long_as_the_manual_says(void **state) {
    (void)state;
    ask(&(struct pv_http_settings){0}, judge_usual);
}

static void judge_chosen(void) {
    expect_number(CURLOPT_CONNECTTIMEOUT_MS, 1500);
    expect_number(CURLOPT_LOW_SPEED_LIMIT, 1024);
    expect_number(CURLOPT_LOW_SPEED_TIME, 7);
    assert_non_null(find(CURLOPT_PROXY));
    assert_string_equal(find(CURLOPT_PROXY)->text, "http://proxy.example:3128");
    assert_non_null(find(CURLOPT_NOPROXY));
    assert_string_equal(find(CURLOPT_NOPROXY)->text, "r.example");
}

static void waits_as_long_as_it_is_told(void **state) {
    (void)state;
    ask(&(struct pv_http_settings){.connect_timeout_ms = 1500,
                                   .stall_seconds = 7,
                                   .proxy = "http://proxy.example:3128",
                                   .no_proxy = "r.example"},
        judge_chosen);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waits_as_long_as_the_manual_says),
        cmocka_unit_test(waits_as_long_as_it_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
