/* Tests of store/token: what is sent to a token server, where secrets do not go, and answers good and hostile. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"
#include "support/guard.h"

#include "internal.h"

#include "scripted_http.h"
#include "store/auth/token.h"

#define REALM "https://auth.example/token"
#define GOOD  "{\"token\":\"ey.J\",\"expires_in\":300}"
/* alice:p */
#define BASIC "Basic YWxpY2U6cA=="

static const struct pv_credential nobody = {.user = NULL};
static const struct pv_credential alice = {.user = (char *)"alice", .password = (char *)"p"};
static const struct pv_credential identity = {.identity_token = (char *)"id/1=="};
static const struct pv_credential azure = {
    .user = (char *)"0-0", .password = (char *)"", .identity_token = (char *)"id"};

struct question {
    const char *registry; /* NULL: https://r.io/v2/ */
    const char *realm, *service, *scope;
    const struct pv_credential *credential;
    bool may_send_in_clear;
};

static enum provar_result fetch(const struct question *question, struct pv_token *token, struct provar_error *err) {
    struct pv_url registry = {{0}};
    (void)snprintf(registry.text, sizeof registry.text, "%s",
                   question->registry ? question->registry : "https://r.io/v2/");
    struct pv_token_request request = {
        .registry = &registry,
        .realm = question->realm,
        .service = question->service,
        .scope = question->scope ? question->scope : "",
        .credential = question->credential ? question->credential : &nobody,
        .may_send_in_clear = question->may_send_in_clear,
        .retry = {.clock = &script_clock, .warn = script_warn},
    };
    return pv_token_fetch(NULL, &request, token, err);
}

static void expect_token(const struct question *question) {
    PV_AUTO_TOKEN struct pv_token token = {0};
    struct provar_error err = {0};
    if (fetch(question, &token, &err) != PROVAR_OK)
        fail_msg("%s: %s", question->realm, err.message);
    assert_string_equal(token.text, "ey.J");
    played();
}

static void expect_failure(const struct question *question, enum provar_result wanted, const char *said) {
    struct pv_token token = {.lifetime = 7};
    struct provar_error err = {0};
    assert_fails(fetch(question, &token, &err), wanted, err, PROVAR_NO_OFFSET);
    if (strstr(err.message, said) == NULL)
        fail_msg("%s", err.message);
    assert_int_equal(token.lifetime, 7);
    played();
}

#define expect_no_request(question, said)                                                                              \
    do {                                                                                                               \
        script.count = script.done = 0;                                                                                \
        expect_failure(question, PROVAR_E_AUTH, said);                                                                 \
    } while (0)

/* ---------------------------------------------------------------- requests */

/* AUTH-2; threats: row 225. */
static void asks_by_get(void **state) {
    (void)state;
    static const struct scripted anonymous[] = {{.url = REALM "?service=r.io&scope=repository%3Aa%2Fb%3Apull",
                                                 .status = 200,
                                                 .answer = GOOD,
                                                 .no_certificate = 1}};
    play(anonymous);
    expect_token(&(struct question){.realm = REALM, .service = "r.io", .scope = "repository:a/b:pull"});

    static const struct scripted by_user[] = {{.url = REALM "?scope=a&scope=b&account=alice",
                                               .authorization = BASIC,
                                               .status = 200,
                                               .answer = GOOD,
                                               .no_certificate = 1}};
    play(by_user);
    expect_token(&(struct question){.realm = REALM, .scope = " a  b ", .credential = &alice});

    static const struct scripted hostile[] = {
        {.url = REALM "?x=1&service=a%26b%3Dc%23d%0D%0AX%3A+y&scope=%26admin%3D1%23",
         .status = 200,
         .answer = GOOD,
         .no_certificate = 1}};
    play(hostile);
    expect_token(&(struct question){.realm = REALM "?x=1", .service = "a&b=c#d\r\nX: y", .scope = "&admin=1#"});

    static const struct scripted bare[] = {{.url = "https://r.io/t", .status = 200, .answer = GOOD}};
    play(bare);
    expect_token(&(struct question){.realm = "https://r.io/t", .service = ""});
}

/* AUTH-3. */
static void asks_by_post_with_an_identity_token(void **state) {
    (void)state;
    static const struct scripted post[] = {
        {.method = PV_HTTP_POST,
         .url = REALM,
         .body =
             "grant_type=refresh_token&service=r%26s&client_id=provar&scope=repository%3Aa%3Apull%20repository%3Ab%3A"
             "pull&refresh_token=id%2F1%3D%3D",
         .status = 200,
         .answer = "{\"access_token\":\"ey.J\"}",
         .no_certificate = 1}};
    play(post);
    expect_token(&(struct question){
        .realm = REALM, .service = "r&s", .scope = "repository:a:pull repository:b:pull", .credential = &identity});
}

#define POST_OF(status_, body_)                                                                                        \
    { .method = PV_HTTP_POST, .url = REALM, .body = body_, .status = status_, .no_certificate = 1 }

/* A server that knows no POST is asked by GET; one that refuses is not. */
static void falls_back_to_get(void **state) {
    (void)state;
    static const char form[] = "grant_type=refresh_token&service=&client_id=provar&scope=s&refresh_token=id";
    const struct question question = {.realm = REALM, .scope = "s", .credential = &azure};
    const struct scripted missing[] = {POST_OF(404, form),
                                       {.url = REALM "?scope=s&account=0-0",
                                        .authorization = "Basic MC0wOmlk",
                                        .status = 200,
                                        .answer = GOOD,
                                        .no_certificate = 1}};
    const struct scripted not_allowed[] = {POST_OF(405, form), missing[1]};
    const struct scripted refused[] = {POST_OF(401, form)};
    play(missing);
    expect_token(&question);
    play(not_allowed);
    expect_token(&question);
    play(refused);
    expect_failure(&question, PROVAR_E_AUTH, "refuses the credentials (status 401)");
}

/* ---------------------------------------------------------------- realms */

/* NET-3, AUTH-6; threats: rows 223, 224. No request is made, and no name is looked up. */
static void refuses_realms(void **state) {
    static const char *const cases[] = {
        "http://auth.example/token",
        "http://r.io/token",
        "https://169.254.169.254/token",
        "https://127.0.0.1/token",
        "https://10.0.0.1/token",
        "https://[::1]/token",
        "https://u:p@auth.example/t",
        "https://u@auth.example/t",
        "file:///etc/passwd",
        "ftp://auth.example/t",
        "//auth.example/token",
        "/token",
        "token",
        "https://",
        "",
        "https://auth.example:0x/t",
        "https://a b/",
        "javascript:1",
        "https:/auth.example/t",
        "https://0.0.0.0/token",
        "https://[fe80::1]/token",
        "https://192.168.0.1/token",
    };
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        expect_no_request((&(struct question){.realm = cases[i], .credential = &alice}), "");
        expect_no_request((&(struct question){.realm = cases[i]}), "");
    }
    expect_no_request((&(struct question){.realm = NULL}), "no address");
}

/* Of the registry's own host an address is as good as a name. */
static void takes_its_own_address(void **state) {
    (void)state;
    static const struct scripted own[] = {{.url = "https://10.0.0.1:5001/token?account=alice",
                                           .authorization = BASIC,
                                           .status = 200,
                                           .answer = GOOD,
                                           .no_certificate = 1}};
    play(own);
    expect_token(&(struct question){
        .registry = "https://10.0.0.1:5000/v2/", .realm = "https://10.0.0.1:5001/token", .credential = &alice});
}

/* NET-6: secrets in clear only within this machine, or where that was asked for. */
static void keeps_secrets_off_the_wire(void **state) {
    static const struct pv_credential *const secrets[] = {&alice, &identity, &azure};
    struct question question = {.registry = "http://r.io/v2/", .realm = "http://r.io/token"};
    (void)state;
    for (size_t i = 0; i < array_length(secrets); i++) {
        question.credential = secrets[i];
        expect_no_request(&question, "without TLS");
    }
    static const struct scripted asked_for[] = {
        {.url = "http://r.io/token?account=alice", .authorization = BASIC, .status = 200, .answer = GOOD}};
    question.credential = &alice;
    question.may_send_in_clear = true;
    play(asked_for);
    expect_token(&question);

    static const struct scripted here[] = {{.url = "http://127.0.0.1:5055/token?account=alice",
                                            .authorization = BASIC,
                                            .status = 200,
                                            .answer = GOOD,
                                            .no_certificate = 1}};
    question = (struct question){
        .registry = "http://127.0.0.1:5000/v2/", .realm = "http://127.0.0.1:5055/token", .credential = &alice};
    play(here);
    expect_token(&question);
    question.realm = "http://auth.example/token";
    expect_no_request(&question, "without TLS");
}

/* NET-6: off this machine nobody is asked without TLS either whom no secret is sent to. */
static void asks_nobody_without_tls(void **state) {
    struct question question = {.registry = "http://127.0.0.1:5000/v2/", .realm = "http://auth.example/token"};
    static const struct scripted asked_for[] = {
        {.url = "http://auth.example/token", .status = 200, .answer = GOOD, .no_certificate = 1}};
    (void)state;
    expect_no_request(&question, "'127.0.0.1' leads to another machine without TLS: 'http://auth.example/token'");
    question.may_send_in_clear = true;
    play(asked_for);
    expect_token(&question);
}

/* ---------------------------------------------------------------- answers */

static void judges_the_status(void **state) {
    static const struct {
        unsigned status;
        enum provar_result wanted;
        const char *said;
    } cases[] = {
        {401, PROVAR_E_AUTH, "refuses the credentials"}, {403, PROVAR_E_AUTH, "refuses the credentials"},
        {400, PROVAR_E_AUTH, "refuses the credentials"}, {302, PROVAR_E_AUTH, "sends on to elsewhere"},
        {307, PROVAR_E_AUTH, "sends on to elsewhere"},   {204, PROVAR_E_AUTH, "gives no token"},
        {404, PROVAR_E_AUTH, "gives no token"},          {429, PROVAR_E_REGISTRY, "cannot answer now"},
        {500, PROVAR_E_REGISTRY, "cannot answer now"},   {503, PROVAR_E_REGISTRY, "cannot answer now"},
        {408, PROVAR_E_REGISTRY, "cannot answer now"},   {0, PROVAR_E_NETWORK, "nobody answers"},
    };
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        struct scripted steps[PV_MAX_TRIES];
        for (size_t j = 0; j < array_length(steps); j++)
            steps[j] = (struct scripted){.url = REALM "?account=alice",
                                         .authorization = BASIC,
                                         .status = cases[i].status,
                                         .answer = GOOD,
                                         .no_certificate = 1};
        play(steps);
        script.count = cases[i].wanted == PROVAR_E_REGISTRY ? PV_MAX_TRIES : 1;
        expect_failure(&(struct question){.realm = REALM, .credential = &alice}, cases[i].wanted, cases[i].said);
        script.done = 0;
        expect_failure(&(struct question){.realm = REALM, .credential = &alice}, cases[i].wanted, REALM);
    }
    static const struct scripted anonymous[] = {{.url = REALM, .status = 401, .no_certificate = 1}};
    play(anonymous);
    expect_failure(&(struct question){.realm = REALM}, PROVAR_E_AUTH, "refuses an anonymous user");
}

/* RET-1. */
static void asks_again_where_that_may_help(void **state) {
    static const struct scripted get[] = {
        {.url = REALM, .status = 503, .no_certificate = 1},
        {.url = REALM, .status = 429, .retry_after = "3", .no_certificate = 1},
        {.url = REALM, .status = 200, .answer = GOOD, .no_certificate = 1},
    };
#define FORM "grant_type=refresh_token&service=&client_id=provar&scope=&refresh_token=id%2F1%3D%3D"
    static const struct scripted post[] = {
        {.method = PV_HTTP_POST, .url = REALM, .body = FORM, .status = 500, .no_certificate = 1},
        {.method = PV_HTTP_POST, .url = REALM, .body = FORM, .status = 200, .answer = GOOD, .no_certificate = 1},
    };
    static const struct scripted later[] = {{.url = REALM, .status = 429, .retry_after = "121", .no_certificate = 1}};
    (void)state;
    play(get);
    expect_token(&(struct question){.realm = REALM});
    assert_int_equal(script.slept, 225 + 3000);
    assert_string_equal(script.warned, "'" REALM "' answers status 429; trying again in 3 s");
    play(post);
    expect_token(&(struct question){.realm = REALM, .credential = &identity});
    assert_string_equal(script.warned, "");
    play(later);
    expect_failure(&(struct question){.realm = REALM}, PROVAR_E_REGISTRY, "cannot answer now");
    assert_int_equal(script.slept, 0);
}

static void takes_no_encoding(void **state) {
    static const struct scripted plain[] = {
        {.url = REALM, .status = 200, .answer = GOOD, .content_encoding = "identity", .no_certificate = 1}};
    static const struct scripted packed[] = {
        {.url = REALM, .status = 200, .answer = GOOD, .content_encoding = "gzip", .no_certificate = 1}};
    (void)state;
    play(plain);
    expect_token(&(struct question){.realm = REALM});
    play(packed);
    expect_failure(&(struct question){.realm = REALM}, PROVAR_E_AUTH, "encoded");
}

/* NET-12; threats: row 226. What an error says may be longer: nobody reads it. */
static void limits_the_answer(void **state) {
    struct scripted steps[] = {{.url = REALM, .status = 200, .answer = GOOD, .no_certificate = 1}};
    (void)state;
    steps[0].padding = PV_MAX_TOKEN_ANSWER - strlen(GOOD);
    play(steps);
    expect_token(&(struct question){.realm = REALM});
    steps[0].padding++;
    play(steps);
    expect_failure(&(struct question){.realm = REALM}, PROVAR_E_LIMIT, "131072");
    steps[0].status = 401;
    play(steps);
    expect_failure(&(struct question){.realm = REALM}, PROVAR_E_AUTH, "401");
}

static enum provar_result decode(struct pv_str answer, struct pv_token *token, struct provar_error *err) {
    struct guarded exact = guard_copy(answer.text, answer.len);
    enum provar_result result = pv_token_decode(pv_str(exact.data, exact.len), token, err);
    guard_free(&exact);
    return result;
}

/* AUTH-2: default and floor; threats: row 226. */
static void reads_lifetimes(void **state) {
    static const struct {
        const char *member;
        uint32_t wanted;
    } cases[] = {
        {"", 60},
        {",\"expires_in\":null", 60},
        {",\"expires_in\":0", 60},
        {",\"expires_in\":59", 60},
        {",\"expires_in\":60", 60},
        {",\"expires_in\":61", 61},
        {",\"expires_in\":86400", 86400},
        {",\"expires_in\":86401", 86400},
        {",\"expires_in\":18446744073709551616", 86400},
        {",\"expires_in\":99999999999999999999999999999999", 86400},
        {",\"expires_in\":-1", 60},
        {",\"expires_in\":-9223372036854775809", 60},
        {",\"expires_in\":1e9", 60},
        {",\"expires_in\":300.5", 60},
        {",\"expires_in\":\"300\"", 60},
        {",\"expires_in\":{}", 60},
    };
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        char text[128];
        PV_AUTO_TOKEN struct pv_token token = {0};
        (void)snprintf(text, sizeof text, "{\"token\":\"t\"%s}", cases[i].member);
        assert_ok(decode(pv_str_of(text), &token, NULL));
        if (token.lifetime != cases[i].wanted)
            fail_msg("%s: %u", text, token.lifetime);
    }
}

static void reads_tokens(void **state) {
    static const char *const good[] = {
        "{\"token\":\"a.b\"}",
        "{\"access_token\":\"a.b\"}",
        "{\"token\":\"a.b\",\"access_token\":\"other\"}",
        "{\"token\":null,\"access_token\":\"a.b\",\"issued_at\":\"x\",\"scope\":\"y\"}",
        " {\"token\":\"\",\"access_token\":\"a\\u002eb\"}\n",
    };
    static const char *const bad[] = {
        "",
        "[]",
        "{}",
        "{\"token\":null}",
        "{\"token\":\"\"}",
        "{\"token\":1}",
        "{\"token\":{\"a\":\"b\"}}",
        "{\"access_token\":[\"ab\"]}",
        "{\"token\":\"a\\r\\nX: y\"}",
        "{\"token\":\"a\\n\"}",
        "{\"token\":\"a\\u0000\"}",
        "{\"token\":\"a b\"}",
        "{\"token\":\"a,b\"}",
        "{\"token\":\"\\u00e9\"}",
        "{\"token\":\"a=b\"}",
        "{\"token\":\"a.b\",\"token\":\"a.b\"}",
        "{\"token\":\"a.b\"}{}",
        "<html>a.b</html>",
    };
    (void)state;
    for (size_t i = 0; i < array_length(good); i++) {
        PV_AUTO_TOKEN struct pv_token token = {0};
        assert_ok(decode(pv_str_of(good[i]), &token, NULL));
        assert_string_equal(token.text, "a.b");
    }
    for (size_t i = 0; i < array_length(bad); i++) {
        struct pv_token token = {.lifetime = 7};
        struct provar_error err = {0};
        enum provar_result result = decode(pv_str_of(bad[i]), &token, &err);
        if (result == PROVAR_OK)
            fail_msg("accepted: %s", bad[i]);
        assert_fails(result, PROVAR_E_AUTH, err, PROVAR_NO_OFFSET);
        assert_null(token.text);
        assert_null(strstr(err.message, "a.b"));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_by_get),
        cmocka_unit_test(asks_by_post_with_an_identity_token),
        cmocka_unit_test(falls_back_to_get),
        cmocka_unit_test(refuses_realms),
        cmocka_unit_test(takes_its_own_address),
        cmocka_unit_test(keeps_secrets_off_the_wire),
        cmocka_unit_test(asks_nobody_without_tls),
        cmocka_unit_test(judges_the_status),
        cmocka_unit_test(takes_no_encoding),
        cmocka_unit_test(limits_the_answer),
        cmocka_unit_test(reads_lifetimes),
        cmocka_unit_test(reads_tokens),
        cmocka_unit_test(asks_again_where_that_may_help),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
