/* Tests of store/challenge: the grammar of WWW-Authenticate, which challenge is taken, and limits. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"
#include "support/guard.h"

#include "internal.h"

#include "store/auth/challenge.h"

#define NONE   PV_CHALLENGE_NONE
#define BASIC  PV_CHALLENGE_BASIC
#define BEARER PV_CHALLENGE_BEARER

struct wanted {
    const char *headers;
    enum pv_challenge_scheme scheme;
    const char *realm, *service, *scope, *error;
};

static void expect_same(const char *text, const char *wanted) {
    if (wanted == NULL)
        assert_null(text);
    else
        assert_string_equal(text, wanted);
}

static void expect(const struct wanted *wanted) {
    struct guarded exact = guard_copy(wanted->headers, strlen(wanted->headers));
    PV_AUTO_CHALLENGE struct pv_challenge challenge = {0};
    struct provar_error err = {0};
    if (pv_challenge_parse(pv_str(exact.data, exact.len), &challenge, &err) != PROVAR_OK)
        fail_msg("%s: %s", wanted->headers, err.message);
    guard_free(&exact);
    if (challenge.scheme != wanted->scheme)
        fail_msg("%s: scheme %d", wanted->headers, (int)challenge.scheme);
    expect_same(challenge.realm, wanted->realm);
    expect_same(challenge.service, wanted->service);
    expect_same(challenge.scope, wanted->scope);
    expect_same(challenge.error, wanted->error);
}

static void expect_refused(struct pv_str headers) {
    struct guarded exact = guard_copy(headers.text, headers.len);
    struct pv_challenge challenge = {.error = (char *)"untouched"};
    struct provar_error err = {0};
    enum provar_result result = pv_challenge_parse(pv_str(exact.data, exact.len), &challenge, &err);
    if (result == PROVAR_OK)
        fail_msg("accepted: %.*s", (int)headers.len, headers.text);
    assert_fails(result, PROVAR_E_AUTH, err, PROVAR_NO_OFFSET);
    assert_string_equal(challenge.error, "untouched");
    guard_free(&exact);
}

/* What registries send. */
static void reads_parameters(void **state) {
    static const struct wanted cases[] = {
        {"Bearer realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\",scope=\"repository:a/b:pull\"\n",
         BEARER, "https://auth.docker.io/token", "registry.docker.io", "repository:a/b:pull", NULL},
        {"Bearer realm=\"r\",service=\"s\",scope=\"x\",error=\"insufficient_scope\"\n", BEARER, "r", "s", "x",
         "insufficient_scope"},
        {"Basic realm=\"Registry Realm\"\n", BASIC, "Registry Realm", NULL, NULL, NULL},
        {"bEARER ReAlM=\"r\" , SERVICE = s\t,\tscope\t=\tx\n", BEARER, "r", "s", "x", NULL},
        {"Bearer realm=\"a\\\"b\\\\c\\d\", service=\"\"\n", BEARER, "a\"b\\cd", "", NULL, NULL},
        {"Bearer realm=\"a, Basic realm=b\"\n", BEARER, "a, Basic realm=b", NULL, NULL, NULL},
        {"Bearer realm=\"\xc3\xa9\"\n", BEARER, "\xc3\xa9", NULL, NULL, NULL},
        {"Bearer realm=r, unknown=1, unknown=\"2\", realms=3\n", BEARER, "r", NULL, NULL, NULL},
        {", ,Bearer ,realm=r,,service=s, ,\n", BEARER, "r", "s", NULL, NULL},
        {"Bearer, realm=r\n", BEARER, "r", NULL, NULL, NULL},
        {"Basic\n", BASIC, NULL, NULL, NULL, NULL},
        {"Basic realm=r", BASIC, "r", NULL, NULL, NULL},
    };
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++)
        expect(&cases[i]);
}

/* AUTH-1: several headers, several challenges in one; Bearer, else Basic; threats: row 227. */
static void takes_bearer_before_basic(void **state) {
    static const struct wanted cases[] = {
        {"Basic realm=b, Bearer realm=r,scope=x\n", BEARER, "r", NULL, "x", NULL},
        {"Bearer realm=r,scope=x,Basic realm=b\n", BEARER, "r", NULL, "x", NULL},
        {"Basic realm=b\nBearer realm=r\n", BEARER, "r", NULL, NULL, NULL},
        {"Bearer realm=r\nBasic realm=b,scope=y\n", BEARER, "r", NULL, NULL, NULL},
        {"Bearer realm=first\nBearer realm=second,scope=y\n", BEARER, "first", NULL, NULL, NULL},
        {"Basic realm=first, Basic realm=second\n", BASIC, "first", NULL, NULL, NULL},
        {"Negotiate\nBasic realm=b\n", BASIC, "b", NULL, NULL, NULL},
        {"Negotiate, Basic realm=b\n", BASIC, "b", NULL, NULL, NULL},
        {"Negotiate a87421000492aa874209af8bc028==, Bearer realm=r\n", BEARER, "r", NULL, NULL, NULL},
        {"NTLM TlRM/+.~_-=\nBearer realm=r\n", BEARER, "r", NULL, NULL, NULL},
        {"Basic abc\n", BASIC, NULL, NULL, NULL, NULL},
        {"Digest realm=\"d\", qop=\"auth, auth-int\", scope=y, realm=e, Basic realm=b\n", BASIC, "b", NULL, NULL, NULL},
        {"Negotiate\nDPoP algs=\"ES256\"\n", NONE, NULL, NULL, NULL, NULL},
        {"\n\n", NONE, NULL, NULL, NULL, NULL},
        {" \t, ,\n", NONE, NULL, NULL, NULL, NULL},
        {"", NONE, NULL, NULL, NULL, NULL},
    };
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++)
        expect(&cases[i]);
}

/* Threats: row 227. Each is one character, or one line, away from what is accepted above. */
static void refuses_what_is_malformed(void **state) {
    static const char *const cases[] = {
        "Bearer realm=\"r\n",
        "Bearer realm=\"r\\\"\n",
        "Bearer realm=\"r\\",
        "Bearer realm=\"r\nBasic realm=\"b\"\n",
        "Bearer realm=\"a\rb\"\n",
        "Bearer realm=\"a\x7f\"\n",
        "Bearer realm=\"a\\\x01\"\n",
        "Bearer realm=r\x01\n",
        ("Bearer realm=\n" /* that is a token68 */ "Basic realm=,x=y\n"),
        "Bearer realm=r, service=\n",
        "Bearer realm=r service=s\n",
        "Bearer realm=\"r\"service=s\n",
        "Bearer realm=https://r\n",
        "Bearer realm=r, realm=s\n",
        "Bearer scope=r, SCOPE=\"r\"\n",
        "Bearer abc==, realm=r\n",
        "Bearer abc=d=\n",
        "Bearer abc def\n",
        "realm=r\n",
        "=r\n",
        "Bearer =r\n",
        "Bearer realm=r, =s\n",
        "Bearer \"r\"\n",
        "\"Bearer\" realm=r\n",
        "Bearer: realm=r\n",
        "Bearer/realm=r\n",
        "Basic realm=b\nBearer realm=\"\n",
        "Bearer realm=r\nrealm=s\n",
    };
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++)
        expect_refused(pv_str_of(cases[i]));
    expect_refused(PV_STR("Bearer realm=\"a\0b\"\n"));
    expect_refused(PV_STR("Bearer\0 realm=r\n"));
}

/* Threats: row 227. */
static void counts_parameters(void **state) {
    (void)state;
    for (size_t count = PV_MAX_CHALLENGE_PARAMETERS; count <= PV_MAX_CHALLENGE_PARAMETERS + 1; count++) {
        PV_AUTO_BUF struct pv_buf headers;
        pv_buf_init(&headers, PV_MAX_CHALLENGES);
        for (size_t i = 1; i < count; i++)
            assert_ok(pv_buf_append_str(&headers, i % 2 ? PV_STR("Digest a=b,\n") : PV_STR("Digest a=\"b\"\n"), NULL));
        assert_ok(pv_buf_append_str(&headers, PV_STR("Bearer realm=r\n"), NULL));
        if (count == PV_MAX_CHALLENGE_PARAMETERS)
            expect(&(struct wanted){(const char *)headers.data, BEARER, "r", NULL, NULL, NULL});
        else
            expect_refused(pv_buf_str(&headers));
    }
}

static void limits_the_length(void **state) {
    (void)state;
    for (size_t len = PV_MAX_CHALLENGES; len <= PV_MAX_CHALLENGES + 1; len++) {
        PV_AUTO_BUF struct pv_buf headers;
        pv_buf_init(&headers, PV_MAX_CHALLENGES + 1);
        assert_ok(pv_buf_append_str(&headers, PV_STR("Bearer realm=r,x="), NULL));
        while (headers.len < len)
            assert_ok(pv_buf_append_str(&headers, PV_STR("x"), NULL));
        if (len == PV_MAX_CHALLENGES)
            expect(&(struct wanted){(const char *)headers.data, BEARER, "r", NULL, NULL, NULL});
        else
            expect_refused(pv_buf_str(&headers));
    }
}

static void knows_token68(void **state) {
    static const char *const good[] = {"a", "AZaz09-._~+/", "a=", "a====", "eyJh.eyJi.c-_"};
    static const char *const bad[] = {"", "=", "a=b", "a b", "a\n", "a\r", "a\"", "a,", "\xc3\xa9", "a= ", " "};
    (void)state;
    for (size_t i = 0; i < array_length(good); i++)
        assert_true(pv_is_token68(pv_str_of(good[i])));
    for (size_t i = 0; i < array_length(bad); i++)
        assert_false(pv_is_token68(pv_str_of(bad[i])));
    assert_false(pv_is_token68(PV_STR("a\0")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_parameters),          cmocka_unit_test(takes_bearer_before_basic),
        cmocka_unit_test(refuses_what_is_malformed), cmocka_unit_test(counts_parameters),
        cmocka_unit_test(limits_the_length),         cmocka_unit_test(knows_token68),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
