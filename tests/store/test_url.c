/* Unit tests of store/url: every form of a Location, origins, and where an answer may lead. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"

#include "internal.h"

#include "store/http/url.h"

static struct pv_url read_url(const char *text) {
    struct pv_url url, base;
    assert_ok(pv_url_make(&base, true, "base.example", "/", NULL));
    assert_ok(pv_url_resolve(&url, &base, pv_str_of(text), NULL));
    return url;
}

static void refused(const struct pv_url *base, struct pv_str location, enum provar_result code) {
    struct pv_url url = {"untouched"};
    struct provar_error err = {0};
    if (pv_url_resolve(&url, base, location, &err) != code)
        fail_msg("'%s' gave '%s': %s", pv_quote(location).text, url.text, err.message);
    assert_fails(err.code, code, err, PROVAR_NO_OFFSET);
    assert_string_equal(url.text, "untouched");
}

static void is_made_of_host_and_path(void **state) {
    struct pv_url url;
    struct provar_error err = {0};
    static const char *const hosts[] = {"", "a/b", "u@a", "a?b", "a#b", "a\\b", "a b", "a:0", "a:65536", "a:x", "a%2f"};
    (void)state;
    assert_ok(pv_url_make(&url, true, "ghcr.io", "/v2/a/b/manifests/latest", NULL));
    assert_string_equal(url.text, "https://ghcr.io/v2/a/b/manifests/latest");
    assert_ok(pv_url_make(&url, false, "[::1]:5000", "/v2/a/tags/list?n=100", NULL));
    assert_string_equal(url.text, "http://[::1]:5000/v2/a/tags/list?n=100");
    for (size_t i = 0; i < array_length(hosts); i++) {
        err = (struct provar_error){0};
        assert_fails(pv_url_make(&url, true, hosts[i], "/v2/", &err), PROVAR_E_REGISTRY, err, PROVAR_NO_OFFSET);
    }
    err = (struct provar_error){0};
    assert_fails(pv_url_make(&url, true, "a", "v2/", &err), PROVAR_E_REGISTRY, err, PROVAR_NO_OFFSET);
}

/* NET-1, registry.md 9.4, item 4: each form, and the bytes of a query that is part of a session. */
static void resolves_every_form_of_a_location(void **state) {
    static const struct {
        const char *location, *url;
    } cases[] = {
        {"https://cdn.example/x?sig=A%2bb==&e=1", "https://cdn.example/x?sig=A%2bb==&e=1"},
        {"http://cdn.example:80/x", "http://cdn.example:80/x"},
        {"//other.example/v2/up", "https://other.example/v2/up"},
        {"/v2/a/blobs/uploads/1?_state=ab%2Bc==", "https://r.example:5000/v2/a/blobs/uploads/1?_state=ab%2Bc=="},
        {"up?_state=x", "https://r.example:5000/v2/a/blobs/up?_state=x"},
        {"?_state=ab%2Bc==&y", "https://r.example:5000/v2/a/blobs/uploads?_state=ab%2Bc==&y"},
        {"../b", "https://r.example:5000/v2/a/b"},
        {"https://R.Example/x#part", "https://R.Example/x"},
        {"https://r.example", "https://r.example/"},
        {"https://[2001:DB8::1]:444/", "https://[2001:DB8::1]:444/"},
        {"HTTPS://r.example/", "https://r.example/"},
    };
    struct pv_url base, url;
    (void)state;
    assert_ok(pv_url_make(&base, true, "r.example:5000", "/v2/a/blobs/uploads?old=1", NULL));
    for (size_t i = 0; i < array_length(cases); i++) {
        assert_ok(pv_url_resolve(&url, &base, pv_str_of(cases[i].location), NULL));
        assert_string_equal(url.text, cases[i].url);
        /* And may take the place of what it is relative to. */
        url = base;
        assert_ok(pv_url_resolve(&url, &url, pv_str_of(cases[i].location), NULL));
        assert_string_equal(url.text, cases[i].url);
    }
}

static void refuses_what_is_no_url_of_a_registry(void **state) {
    static const struct pv_str locations[] = {
        PV_STR(""),
        PV_STR("https://user:secret@r.example/"),
        PV_STR("https://user@r.example/"),
        PV_STR("https://@r.example/"),
        PV_STR("//user:secret@r.example/"),
        PV_STR("file:///etc/passwd"),
        PV_STR("ftp://r.example/"),
        PV_STR("gopher://r.example/"),
        PV_STR("javascript:alert(1)"),
        PV_STR("mailto:a@b.example"),
        PV_STR("https://"),
        PV_STR("https://r.example/a\r\nX: y"),
        PV_STR("https://r.example/a\nb"),
        PV_STR("https://r.example/\0x"),
        PV_STR("/a\x7f"),
        PV_STR("/a\x01"),
        PV_STR("/a b"),
        PV_STR("/\xc3\xa9"),
        PV_STR("https://b\xc3\xbc"
               "cher.example/"),
        PV_STR("https://b%c3%bc"
               "cher.example/"),
        PV_STR("https://a%2fb.example/"),
        PV_STR("https://a%00b.example/"),
        PV_STR("https://r.example\\@evil.example/"),
        PV_STR("https://r.example:0/"),
        PV_STR("https://r.example:65536/"),
        PV_STR("https://r.example:x/"),
        PV_STR("https://[::1/"),
        PV_STR("https://[::g]/"),
        PV_STR("https://[fe80::1%25eth0]/"),
        PV_STR("https://127.0.0.1./"),
        PV_STR("https://1.2.3.4.5/"),
        PV_STR("https://256.1.1.1/"),
        PV_STR("https://a_b!.example/"),
    };
    struct pv_url base;
    (void)state;
    assert_ok(pv_url_make(&base, true, "r.example", "/v2/", NULL));
    for (size_t i = 0; i < array_length(locations); i++)
        refused(&base, locations[i], PROVAR_E_REGISTRY);
    assert_string_equal(read_url("https://r.example/a").text, "https://r.example/a");
}

static void a_password_is_not_repeated(void **state) {
    static const char *const locations[] = {"https://user:secret@r.example/x", "https://user:secret@/",
                                            "ftp://u:secret@a/"};
    struct pv_url base, url;
    (void)state;
    assert_ok(pv_url_make(&base, true, "r.example", "/v2/", NULL));
    for (size_t i = 0; i < array_length(locations); i++) {
        struct provar_error err = {0};
        assert_int_equal(pv_url_resolve(&url, &base, pv_str_of(locations[i]), &err), PROVAR_E_REGISTRY);
        assert_null(strstr(err.message, "secret"));
    }
    struct provar_error err = {0};
    assert_int_equal(pv_url_resolve(&url, &base, PV_STR("ftp://a/x?sig=secret"), &err), PROVAR_E_REGISTRY);
    assert_null(strstr(err.message, "secret"));
    url = read_url("https://r.example/v2/a@b?sig=secret");
    assert_string_equal(pv_url_quote(&url).text, "https://r.example/v2/a@b");
}

/* `front` and then as many letters as make `len` characters. */
static struct pv_str padded(char *room, const char *front, size_t len) {
    memset(room, 'a', len);
    memcpy(room, front, strlen(front));
    return pv_str(room, len);
}

static void ends_at_the_limits(void **state) {
    static char room[PV_MAX_URL + 2];
    static const char front[] = "https://r.example/";
    struct pv_url base, url;
    struct provar_error err = {0};
    (void)state;
    assert_ok(pv_url_make(&base, true, "r.example", "/", NULL));
    assert_ok(pv_url_resolve(&url, &base, padded(room, front, PV_MAX_URL), NULL));
    assert_int_equal(strlen(url.text), PV_MAX_URL);
    refused(&base, padded(room, front, PV_MAX_URL + 1), PROVAR_E_LIMIT);
    /* With what a short Location is put behind. */
    size_t most = PV_MAX_URL - strlen(front) + 1;
    assert_ok(pv_url_resolve(&url, &base, padded(room, "/", most), NULL));
    assert_int_equal(strlen(url.text), PV_MAX_URL);
    refused(&base, padded(room, "/", most + 1), PROVAR_E_LIMIT);
    (void)padded(room, "/", most);
    room[most] = 0;
    assert_ok(pv_url_make(&url, true, "r.example", room, NULL));
    room[most] = 'a';
    room[most + 1] = 0;
    assert_fails(pv_url_make(&url, true, "r.example", room, &err), PROVAR_E_LIMIT, err, PROVAR_NO_OFFSET);
    /* A host of letters and dots. */
    (void)padded(room, "https://", 8 + PV_MAX_HOST);
    for (size_t i = 9; i < 8 + PV_MAX_HOST; i += 2)
        room[i] = '.';
    assert_ok(pv_url_resolve(&url, &base, pv_str(room, 8 + PV_MAX_HOST), NULL));
    room[8 + PV_MAX_HOST] = 'a';
    refused(&base, pv_str(room, 8 + PV_MAX_HOST + 1), PROVAR_E_LIMIT);
}

/* threats: row 225. */
static void adds_to_the_query(void **state) {
    struct pv_url url = read_url("https://r.example/up?_state=ab%2Bc==");
    struct provar_error err = {0};
    static char room[PV_MAX_URL + 2];
    (void)state;
    assert_ok(pv_url_add_query(&url, "digest", PV_STR("sha256:ab"), NULL));
    assert_string_equal(url.text, "https://r.example/up?_state=ab%2Bc==&digest=sha256%3aab");
    url = read_url("https://r.example/token");
    assert_ok(pv_url_add_query(&url, "service", PV_STR("a&b#c=d\r\nX: y+%/?"), NULL));
    assert_ok(pv_url_add_query(&url, "scope", PV_STR("repository:a/b:pull,push"), NULL));
    assert_string_equal(url.text, "https://r.example/token?service=a%26b%23c%3dd%0d%0aX%3a+y%2b%25%2f%3f"
                                  "&scope=repository%3aa%2fb%3apull%2cpush");
    assert_ok(pv_url_add_query(&url, "empty", PV_STR(""), NULL));
    assert_fails(pv_url_add_query(&url, "x", PV_STR("a\0b"), &err), PROVAR_E_REGISTRY, err, PROVAR_NO_OFFSET);
    url = read_url("https://r.example/?a=b");
    size_t most = PV_MAX_URL - strlen(url.text) - strlen("&x=");
    struct pv_url other = url;
    assert_ok(pv_url_add_query(&other, "x", padded(room, "", most), NULL));
    assert_int_equal(strlen(other.text), PV_MAX_URL);
    err = (struct provar_error){0};
    assert_fails(pv_url_add_query(&url, "x", padded(room, "", most + 1), &err), PROVAR_E_LIMIT, err, PROVAR_NO_OFFSET);
    assert_string_equal(url.text, "https://r.example/?a=b");
}

static struct pv_origin origin_of(const char *text) {
    struct pv_url url = read_url(text);
    struct pv_origin origin;
    assert_ok(pv_url_origin(&url, &origin, NULL));
    return origin;
}

/* NET-2. */
static void origins_are_scheme_host_and_port(void **state) {
    static const char *const same[] = {"https://r.example/a", "https://R.EXAMPLE:443/b?c", "HTTPS://r.example"};
    static const char *const other[] = {"http://r.example/",    "https://r.example:444/", "https://r.example.evil/",
                                        "https://r.example./",  "https://x.r.example/",   "https://r.exampl/",
                                        "http://r.example:443/"};
    struct pv_origin origin = origin_of("https://r.example/");
    (void)state;
    assert_true(origin.is_tls);
    assert_int_equal(origin.port, 443);
    assert_string_equal(origin.host, "r.example");
    for (size_t i = 0; i < array_length(same); i++) {
        struct pv_origin found = origin_of(same[i]);
        assert_true(pv_origin_equal(&origin, &found));
    }
    for (size_t i = 0; i < array_length(other); i++) {
        struct pv_origin found = origin_of(other[i]);
        assert_false(pv_origin_equal(&origin, &found));
    }
    origin = origin_of("http://[2001:DB8:0:0::1]/");
    assert_int_equal(origin.port, 80);
    assert_string_equal(origin.host, "[2001:db8::1]");
    origin = origin_of("http://[::1]:5000/");
    assert_true(pv_origin_is_loopback(&origin));
    origin = origin_of("http://r.example/");
    assert_false(pv_origin_is_loopback(&origin));
}

/* What libcurl connects to is what is judged, however the address is written. */
static void sees_through_odd_spellings(void **state) {
    static const struct {
        const char *url, *host;
    } cases[] = {
        {"http://0x7f.1/", "127.0.0.1"},
        {"http://2130706433/", "127.0.0.1"},
        {"http://0177.0.0.1/", "127.0.0.1"},
        {"http://127.1/", "127.0.0.1"},
        {"http://%31%32%37.0.0.1/", "127.0.0.1"},
        {"http://0xa9fea9fe/", "169.254.169.254"},
        {"http://[::FFFF:7F00:1]/", "[::ffff:127.0.0.1]"},
        {"http://[0:0:0:0:0:0:0:1]/", "[::1]"},
    };
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++)
        assert_string_equal(origin_of(cases[i].url).host, cases[i].host);
}

struct step {
    const char *from, *to;
};

static void expect_steps(const struct step *steps, size_t count, bool may_be_plain, const char *said) {
    for (size_t i = 0; i < count; i++) {
        struct provar_error err = {0};
        struct pv_url from = read_url(steps[i].from), to = read_url(steps[i].to);
        enum provar_result result = pv_url_check_step(&from, &to, may_be_plain, &err);
        if (result != (said ? PROVAR_E_REGISTRY : PROVAR_OK) || (said && strstr(err.message, said) == NULL))
            fail_msg("%s to %s: %s", steps[i].from, steps[i].to, err.message);
        assert_int_equal(err.code, result);
    }
}

/* NET-3; threats: rows 224, 229. Whether plain http was asked for or not. */
static void steps_stay_outside_of_networks_and_within_tls(void **state) {
    static const struct step good[] = {
        {"https://r.example/", "https://cdn.example/x"},      {"http://r.example/", "https://cdn.example/x"},
        {"http://127.0.0.1:5000/", "http://127.0.0.1:5081/"}, {"http://localhost:5000/", "http://127.0.0.1:5081/"},
        {"http://[::1]:5000/", "http://localhost:5081/"},     {"https://localhost:5000/", "https://127.0.0.1:5081/"},
        {"https://10.0.0.1:5000/", "https://10.0.0.1:9000/"},
    };
    static const struct step back[] = {
        {"https://r.example/", "http://cdn.example/x"},
        {"https://r.example/", "http://r.example/x"},
        {"https://localhost/", "http://localhost/x"},
    };
    static const struct step inside[] = {
        {"https://r.example/", "https://169.254.169.254/latest"},
        {"https://10.0.0.1/", "https://10.0.0.2/"},
        {"http://127.0.0.1/", "https://10.0.0.1/"},
        {"http://r.example/", "http://127.0.0.1/"},
        {"http://r.example/", "http://localhost/"},
        {"http://r.example/", "http://0x7f.1/"},
        {"http://r.example/", "http://2130706433/"},
        {"http://r.example/", "http://[::1]/"},
        {"http://10.0.0.1/", "http://127.0.0.1/"},
    };
    (void)state;
    for (int may_be_plain = 0; may_be_plain < 2; may_be_plain++) {
        expect_steps(good, array_length(good), may_be_plain != 0, NULL);
        expect_steps(back, array_length(back), may_be_plain != 0, "leads from https to http");
        expect_steps(inside, array_length(inside), may_be_plain != 0, "leads into an internal network");
    }
}

/* NET-6: and what was asked for is still no way into a network. */
static void steps_off_this_machine_have_tls_or_were_asked_for(void **state) {
    static const struct step outside[] = {
        {"http://127.0.0.1:5000/", "http://cdn.example/x"}, {"http://localhost:5000/", "http://192.0.2.1/x"},
        {"http://[::1]:5000/", "http://[2001:db8::1]/"},    {"http://r.example/", "http://cdn.example/x"},
        {"http://r.example/", "http://r.example/x"},        {"http://10.0.0.1:5000/", "http://10.0.0.1:9000/"},
    };
    static const struct step inside[] = {
        {"http://127.0.0.1/", "http://10.0.0.1/"},
        {"http://r.example/", "http://10.0.0.1/"},
        {"http://r.example/", "http://0.0.0.0/"},
        {"http://r.example/", "http://0/"},
        {"http://r.example/", "http://[::ffff:a9fe:a9fe]/"},
        {"http://r.example/", "http://[fd00::1]/"},
        {"http://10.0.0.1/", "http://10.0.0.2/"},
    };
    (void)state;
    expect_steps(outside, array_length(outside), true, NULL);
    expect_steps(outside, array_length(outside), false, "leads to another machine without TLS");
    expect_steps(inside, array_length(inside), true, "leads into an internal network");
    expect_steps(inside, array_length(inside), false, "leads to another machine without TLS");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_made_of_host_and_path),
        cmocka_unit_test(resolves_every_form_of_a_location),
        cmocka_unit_test(refuses_what_is_no_url_of_a_registry),
        cmocka_unit_test(a_password_is_not_repeated),
        cmocka_unit_test(ends_at_the_limits),
        cmocka_unit_test(adds_to_the_query),
        cmocka_unit_test(origins_are_scheme_host_and_port),
        cmocka_unit_test(sees_through_odd_spellings),
        cmocka_unit_test(steps_stay_outside_of_networks_and_within_tls),
        cmocka_unit_test(steps_off_this_machine_have_tls_or_were_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
