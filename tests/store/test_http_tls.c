/* Unit tests of store/http with TLS: who is believed, who sees the client's certificate, what a proxy sees. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <curl/curl.h>

#include "http_fetch.h"

/* Where the system's authorities are is libcurl's to say; the linker sends the question here (tests/store/meson.build).
 */
#undef curl_easy_getinfo
CURLcode __real_curl_easy_getinfo(CURL *easy, CURLINFO info, ...);
CURLcode __wrap_curl_easy_getinfo(CURL *easy, CURLINFO info, ...);

static const char *system_bundle;

CURLcode __wrap_curl_easy_getinfo(CURL *easy, CURLINFO info, ...) {
    va_list values;
    va_start(values, info);
    void *value = va_arg(values, void *);
    va_end(values);
    if (info == CURLINFO_CAINFO && system_bundle) {
        *(const char **)value = system_bundle;
        return CURLE_OK;
    }
    return __real_curl_easy_getinfo(easy, info, value);
}

static const char *system_directory;
void __real_curl_easy_reset(CURL *easy);
void __wrap_curl_easy_reset(CURL *easy);

void __wrap_curl_easy_reset(CURL *easy) {
    __real_curl_easy_reset(easy);
    if (system_directory)
        assert_int_equal(curl_easy_setopt(easy, CURLOPT_CAPATH, system_directory), CURLE_OK);
}

/* One request by connections of its own. */
static enum provar_result ask(struct pv_http_settings settings, unsigned port, struct fetched *fetched) {
    struct pv_http *own = NULL;
    if (settings.no_proxy == NULL)
        settings.no_proxy = "*";
    assert_ok(pv_http_new(&settings, &own, NULL));
    send_by(own, (struct pv_http_request){.sends_certificate = true, .authorization = "Bearer secret"}, port, "/echo",
            fetched);
    assert_false(fetched->may_pass);
    enum provar_result result = fetched->result;
    pv_http_free(own);
    return result;
}

static void believed(struct pv_http_settings settings) {
    struct fetched fetched = {0};
    if (ask(settings, server.tls, &fetched) != PROVAR_OK)
        fail_msg("%s", fetched.err.message);
    assert_int_equal(fetched.head.status, 200);
    release(&fetched);
}

static void not_believed(struct pv_http_settings settings) {
    struct fetched fetched = {0};
    assert_int_equal(ask(settings, server.tls, &fetched), PROVAR_E_NETWORK);
    assert_non_null(strstr(fetched.err.message, "certificate"));
    assert_int_equal(fetched.heads, 0);
    release(&fetched);
}

static struct pv_str read_file(const char *name, char *room, size_t cap) {
    FILE *file = fopen(name, "r");
    assert_non_null(file);
    size_t len = fread(room, 1, cap, file);
    assert_int_equal(fclose(file), 0);
    return pv_str(room, len);
}

/* NET-5. */
static void the_registry_must_be_known(void **state) {
    char pem[4096];
    struct pv_str ca = read_file("ca.crt", pem, sizeof pem);
    (void)state;
    not_believed((struct pv_http_settings){0});
    believed((struct pv_http_settings){.ca_file = "ca.crt"});
    believed((struct pv_http_settings){.ca_file = "ca.crt", .ca_only = true});
    believed((struct pv_http_settings){.ca_pem = ca});
    believed((struct pv_http_settings){.ca_pem = ca, .ca_only = true});
    believed((struct pv_http_settings){.ca_pem = ca, .ca_file = "other-ca.crt"});
    not_believed((struct pv_http_settings){.ca_file = "other-ca.crt"});
    not_believed((struct pv_http_settings){.ca_file = "other-ca.crt", .ca_only = true});
    believed((struct pv_http_settings){.skip_tls_verify = true});
}

/* By the second request of its connections, behind a reset, at which libcurl takes the system's directory. */
static void believed_again(struct pv_http_settings settings, enum provar_result result) {
    struct pv_http *own = NULL;
    struct fetched fetched = {0};
    settings.no_proxy = "*";
    assert_ok(pv_http_new(&settings, &own, NULL));
    send_by(own, (struct pv_http_request){0}, server.plain, "/echo", &fetched);
    assert_ok(fetched.result);
    release(&fetched);
    send_by(own, (struct pv_http_request){0}, server.tls, "/echo", &fetched);
    assert_int_equal(fetched.result, result);
    release(&fetched);
    pv_http_free(own);
}

static void the_systems_authorities_stay_unless_they_are_left_out(void **state) {
    (void)state;
    system_bundle = "ca.crt";
    believed((struct pv_http_settings){.ca_file = "other-ca.crt"});
    not_believed((struct pv_http_settings){.ca_file = "other-ca.crt", .ca_only = true});
    system_bundle = "missing.crt";
    believed((struct pv_http_settings){.ca_file = "ca.crt"});
    system_bundle = NULL;
    system_directory = "hashed";
    believed_again((struct pv_http_settings){.ca_file = "other-ca.crt"}, PROVAR_OK);
    believed_again((struct pv_http_settings){.ca_file = "other-ca.crt", .ca_only = true}, PROVAR_E_NETWORK);
    system_directory = NULL;
}

static void the_certificate_must_be_for_the_host(void **state) {
    static const struct {
        const char *host;
        enum provar_result result;
    } cases[] = {{"localhost", PROVAR_OK}, {"127.0.0.1", PROVAR_OK}, {"other.localhost", PROVAR_E_NETWORK}};
    struct pv_http_settings settings = {.ca_file = "ca.crt", .no_proxy = "*"};
    struct pv_http *own = NULL;
    struct pv_http_head head;
    struct pv_url url;
    char host[64];
    (void)state;
    assert_ok(pv_http_new(&settings, &own, NULL));
    for (size_t i = 0; i < array_length(cases); i++) {
        struct provar_error err = {0};
        (void)snprintf(host, sizeof host, "%s:%u", cases[i].host, server.tls);
        assert_ok(pv_url_make(&url, true, host, "/echo", NULL));
        struct pv_http_request request = {.url = &url};
        assert_int_equal(pv_http_do(own, &request, &head, &err), cases[i].result);
        assert_true(cases[i].result == PROVAR_OK || strstr(err.message, "certificate"));
        pv_http_head_release(&head);
    }
    pv_http_free(own);
}

/* NET-2: on one set of connections, in turn with it and without. */
static void the_client_shows_itself_only_where_it_shall(void **state) {
    struct pv_http_settings settings = {
        .ca_file = "ca.crt", .cert_file = "client.crt", .key_file = "client.key", .no_proxy = "*"};
    struct pv_http *own = NULL;
    struct fetched fetched = {0};
    (void)state;
    assert_ok(pv_http_new(&settings, &own, NULL));
    for (int i = 0; i < 4; i++) {
        bool sends = i % 2 == 0;
        send_by(own, (struct pv_http_request){.sends_certificate = sends}, server.client_tls, "/echo", &fetched);
        assert_int_equal(fetched.result, sends ? PROVAR_OK : PROVAR_E_NETWORK);
        assert_false(pv_http_peer_has_no_tls(own));
        release(&fetched);
    }
    pv_http_free(own);
}

static void files_of_the_settings_must_be_there(void **state) {
    static const struct {
        struct pv_http_settings settings;
        enum provar_result result;
    } cases[] = {
        {{.ca_file = "missing"}, PROVAR_E_IO},
        {{.ca_file = "."}, PROVAR_E_IO},
        {{.ca_file = "client.key"}, PROVAR_E_USAGE},
        {{.ca_only = true}, PROVAR_E_USAGE},
        {{.cert_file = "missing", .key_file = "client.key"}, PROVAR_E_IO},
        {{.cert_file = "client.crt", .key_file = "missing"}, PROVAR_E_IO},
    };
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        struct pv_http *own = NULL;
        struct provar_error err = {0};
        assert_fails(pv_http_new(&cases[i].settings, &own, &err), cases[i].result, err, PROVAR_NO_OFFSET);
        assert_null(own);
    }
}

/* An encrypted key must not make a library ask at a terminal. */
static void a_key_that_is_of_no_use_is_an_error_of_the_settings(void **state) {
    static const char *const keys[] = {"locked.key", "ca.key", "ca.crt", NULL};
    struct fetched fetched = {0};
    (void)state;
    for (size_t i = 0; i < array_length(keys); i++) {
        struct pv_http_settings settings = {.ca_file = "ca.crt", .cert_file = "client.crt", .key_file = keys[i]};
        assert_int_equal(ask(settings, server.client_tls, &fetched), PROVAR_E_USAGE);
        release(&fetched);
    }
    struct pv_http_settings settings = {.ca_file = "ca.crt", .cert_file = "client.crt", .key_file = "client.key"};
    assert_ok(ask(settings, server.client_tls, &fetched));
    release(&fetched);
}

/* In a child whose terminal is a new one, on whose other side anything that was written can be read. It asserts
 * nothing: what failed would have the child go on with the other tests. Nor does it outlive a parent that was killed.
 */
static void use_locked_key(const char *terminal, const struct pv_url *url) {
    const struct pv_http_settings settings = {
        .ca_file = "ca.crt", .cert_file = "client.crt", .key_file = "locked.key", .no_proxy = "*"};
    const struct pv_http_request request = {.url = url, .sends_certificate = true};
    struct pv_http_head head;
    struct pv_http *own = NULL;
    (void)alarm(20);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || setsid() < 0 || open(terminal, O_RDWR) < 0 ||
        pv_http_new(&settings, &own, NULL) != PROVAR_OK)
        _exit(2);
    _exit(pv_http_do(own, &request, &head, NULL) == PROVAR_E_USAGE ? 0 : 1);
}

static void nobody_is_asked_for_the_password_of_a_key(void **state) {
    char terminal[64], said[64];
    int status = 0, other = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    (void)state;
    assert_true(other >= 0);
    assert_int_equal(grantpt(other) | unlockpt(other) | ptsname_r(other, terminal, sizeof terminal), 0);
    int mine = open(terminal, O_RDWR | O_NOCTTY | O_CLOEXEC);
    struct pv_url url = url_of(server.client_tls, "/echo");
    pid_t child = fork();
    if (child == 0)
        use_locked_key(terminal, &url);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(fcntl(other, F_SETFL, O_NONBLOCK), 0);
    assert_int_equal(read(other, said, sizeof said), -1);
    assert_int_equal(close(mine) | close(other), 0);
}

/* NET-6. */
static void a_peer_without_tls_is_told_from_one_that_refuses(void **state) {
    struct fetched fetched = {0};
    struct pv_url url;
    char host[32];
    (void)state;
    (void)snprintf(host, sizeof host, "127.0.0.1:%u", server.plain);
    assert_ok(pv_url_make(&url, true, host, "/echo", NULL));
    struct pv_http_request request = {.url = &url};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pv_http_do(http, &request, &fetched.head, NULL), PROVAR_E_NETWORK);
        assert_true(pv_http_peer_has_no_tls(http));
        release(&fetched);
        send_by(http, (struct pv_http_request){0}, server.plain, "/echo", &fetched);
        assert_ok(fetched.result);
        assert_false(pv_http_peer_has_no_tls(http));
        release(&fetched);
        send_by(http, (struct pv_http_request){0}, server.tls, "/echo", &fetched);
        assert_int_equal(fetched.result, PROVAR_E_NETWORK);
        assert_false(pv_http_peer_has_no_tls(http));
        release(&fetched);
    }
}

/* Authorities that cannot be read show that those of a system need not be. */
static void a_peer_without_tls_is_known_before_authorities_are_read(void **state) {
    (void)state;
    const struct pv_http_settings settings = {.no_proxy = "*", .ca_pem = PV_STR("no certificate"), .ca_only = true};
    struct pv_http_request request = {.may_lack_tls = true};
    struct fetched fetched = {0};
    struct pv_url url;
    char host[32];
    struct pv_http *own = NULL;
    assert_ok(pv_http_new(&settings, &own, NULL));
    (void)snprintf(host, sizeof host, "127.0.0.1:%u", server.plain);
    assert_ok(pv_url_make(&url, true, host, "/echo", NULL));
    request.url = &url;
    assert_int_equal(pv_http_do(own, &request, &fetched.head, NULL), PROVAR_E_NETWORK);
    assert_true(pv_http_peer_has_no_tls(own));
    release(&fetched);
    request.may_lack_tls = false;
    assert_int_equal(pv_http_do(own, &request, &fetched.head, NULL), PROVAR_E_USAGE);
    assert_false(pv_http_peer_has_no_tls(own));
    release(&fetched);
    pv_http_free(own);
}

/* Nothing follows from a handshake that believes everybody: a certificate of nobody is none afterwards. */
static void a_peer_that_has_tls_is_believed_as_ever(void **state) {
    (void)state;
    struct fetched fetched = {0};
    const unsigned ports[] = {server.tls, server.client_tls};
    for (size_t i = 0; i < array_length(ports); i++) {
        send_by(http, (struct pv_http_request){.may_lack_tls = true}, ports[i], "/echo", &fetched);
        assert_int_equal(fetched.result, PROVAR_E_NETWORK);
        assert_non_null(strstr(fetched.err.message, "certificate"));
        assert_int_equal(fetched.heads, 0);
        assert_false(pv_http_peer_has_no_tls(http));
        release(&fetched);
    }
    const struct pv_http_settings settings = {.no_proxy = "*", .ca_file = "ca.crt"};
    struct pv_http *own = NULL;
    assert_ok(pv_http_new(&settings, &own, NULL));
    send_by(own, (struct pv_http_request){.may_lack_tls = true}, server.tls, "/echo", &fetched);
    assert_ok(fetched.result);
    release(&fetched);
    pv_http_free(own);
    /* Nor does it wait twice for one that never speaks. */
    time_t begun = time(NULL);
    send_by(impatient, (struct pv_http_request){.may_lack_tls = true}, server.silent, "/echo", &fetched);
    assert_fails(fetched.result, PROVAR_E_NETWORK, fetched.err, PROVAR_NO_OFFSET);
    assert_true(fetched.may_pass);
    assert_true(time(NULL) - begun <= 10);
    release(&fetched);
}

/* NET-11. */
static void a_peer_that_never_speaks_is_left(void **state) {
    struct fetched fetched = {0};
    time_t begun = time(NULL);
    (void)state;
    send_by(impatient, (struct pv_http_request){0}, server.silent, "/echo", &fetched);
    assert_fails(fetched.result, PROVAR_E_NETWORK, fetched.err, PROVAR_NO_OFFSET);
    assert_false(pv_http_peer_has_no_tls(impatient));
    assert_true(fetched.may_pass);
    assert_true(time(NULL) - begun <= 20);
    release(&fetched);
}

/* RFC 7301, section 3.1: the protocols in what a client says first. */
static bool offers_h2(enum pv_http_method method) {
    char hello[65536];
    struct fetched fetched = {0};
    (void)unlink("client.hello");
    send_by(impatient, (struct pv_http_request){.method = method}, server.silent, "/", &fetched);
    assert_int_equal(fetched.result, PROVAR_E_NETWORK);
    release(&fetched);
    struct pv_str said = read_file("client.hello", hello, sizeof hello);
    assert_non_null(memmem(said.text, said.len, "\x08http/1.1", 9));
    return memmem(said.text, said.len, "\x02h2", 3) != NULL;
}

/* NET-10. */
static void uploads_are_never_by_http_2(void **state) {
    (void)state;
    assert_true(offers_h2(PV_HTTP_GET));
    assert_true(offers_h2(PV_HTTP_HEAD));
    assert_false(offers_h2(PV_HTTP_PUT));
    assert_false(offers_h2(PV_HTTP_PATCH));
    assert_false(offers_h2(PV_HTTP_POST));
}

/* NET-7. */
static void a_proxy_sees_no_credentials(void **state) {
    char proxy[64], head[4096];
    struct fetched fetched = {0};
    (void)state;
    (void)snprintf(proxy, sizeof proxy, "http://127.0.0.1:%u", server.plain);
    struct pv_http_settings settings = {.ca_file = "ca.crt", .proxy = proxy, .no_proxy = ""};
    (void)unlink("connect.head");
    assert_ok(ask(settings, server.tls, &fetched));
    assert_int_equal(fetched.head.status, 200);
    assert_int_equal(fetched.heads, 1);
    assert_non_null(strstr((const char *)fetched.body.data, "\r\nAuthorization: Bearer secret\r\n"));
    release(&fetched);
    struct pv_str seen = read_file("connect.head", head, sizeof head - 1);
    head[seen.len] = 0;
    assert_true(pv_str_starts(seen, PV_STR("CONNECT 127.0.0.1:")));
    assert_null(strstr(head, "secret"));
    assert_null(strstr(head, "Accept-Encoding"));

    (void)unlink("connect.head");
    settings.no_proxy = "10.0.0.0/8,127.0.0.0/8";
    assert_ok(ask(settings, server.tls, &fetched));
    assert_int_not_equal(access("connect.head", F_OK), 0);
    release(&fetched);
}

/* A library that lets SIGPIPE through would end this process. */
static void a_peer_that_hangs_up_ends_no_process(void **state) {
    enum { LEN = 16 << 20 };
    static char zeros[LEN];
    struct pv_str text = pv_str(zeros, LEN);
    struct pv_content content = pv_content_memory(&text);
    struct pv_http_settings settings = {.ca_file = "ca.crt", .no_proxy = "*"};
    struct pv_http_request request = {.method = PV_HTTP_PUT, .body = &content, .body_len = LEN};
    struct pv_http *own = NULL;
    struct fetched fetched = {0};
    (void)state;
    temp_dir_write("answer", "", 0);
    assert_ok(pv_http_new(&settings, &own, NULL));
    for (int i = 0; i < 4; i++) {
        send_by(own, request, i % 2 == 0 ? server.tls : server.plain, "/early/answer", &fetched);
        assert_fails(fetched.result, PROVAR_E_NETWORK, fetched.err, PROVAR_NO_OFFSET);
        assert_true(fetched.may_pass);
        release(&fetched);
    }
    pv_http_free(own);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_registry_must_be_known),
        cmocka_unit_test(the_systems_authorities_stay_unless_they_are_left_out),
        cmocka_unit_test(the_certificate_must_be_for_the_host),
        cmocka_unit_test(the_client_shows_itself_only_where_it_shall),
        cmocka_unit_test(files_of_the_settings_must_be_there),
        cmocka_unit_test(a_key_that_is_of_no_use_is_an_error_of_the_settings),
        cmocka_unit_test(nobody_is_asked_for_the_password_of_a_key),
        cmocka_unit_test(a_peer_without_tls_is_told_from_one_that_refuses),
        cmocka_unit_test(a_peer_without_tls_is_known_before_authorities_are_read),
        cmocka_unit_test(a_peer_that_has_tls_is_believed_as_ever),
        cmocka_unit_test(a_peer_that_never_speaks_is_left),
        cmocka_unit_test(uploads_are_never_by_http_2),
        cmocka_unit_test(a_proxy_sees_no_credentials),
        cmocka_unit_test(a_peer_that_hangs_up_ends_no_process),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
