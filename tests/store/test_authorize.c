/* Tests of store/authorize: from a 401 to what lets a request in, what is kept of it, and what is never sent. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"
#include "support/temp_dir.h"

#include "internal.h"

#include "left_behind.h"
#include "scripted_http.h"
#include "store/auth/authorize.h"

#define REALM        "https://auth.example/token"
#define CHALLENGE    "Bearer realm=\"" REALM "\",service=\"r\""
#define FOR(scope)   CHALLENGE ",scope=\"" scope "\"\n"
#define ANSWER(name) "{\"token\":\"" name "\",\"expires_in\":300}"
/* alice:p, bob:q */
#define ALICE "Basic YWxpY2U6cA=="
#define BOB   "Basic Ym9iOnE="

/* The one clock there is, which stands still unless a test moves it. */
static time_t seconds = 1000;
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap___clock_gettime64(clockid_t clock, struct timespec *now); /* 32 bits, with times after 2038 */
int __wrap_clock_gettime(clockid_t clock, struct timespec *now) {
    assert_int_equal(clock, CLOCK_MONOTONIC);
    *now = (struct timespec){.tv_sec = seconds};
    return 0;
}

int __wrap___clock_gettime64(clockid_t clock, struct timespec *now) {
    return __wrap_clock_gettime(clock, now);
}

/* A session with a file of these credentials. */
struct session {
    struct pv_credentials *credentials;
    struct pv_authorizer *authorizer;
};

static struct session begin(const char *auths) {
    struct session made = {NULL, NULL};
    char text[400];
    (void)snprintf(text, sizeof text, "{\"auths\":{%s}}", auths);
    struct pv_credential_file file = {.text = text, .must_exist = true};
    struct pv_credential_settings settings = {.files = &file, .file_count = 1};
    assert_ok(pv_credentials_new(&settings, &made.credentials, NULL));
    assert_ok(pv_authorizer_new(NULL, made.credentials, &made.authorizer, NULL));
    return made;
}

static void end(struct session *session) {
    played();
    pv_authorizer_free(session->authorizer);
    pv_credentials_free(session->credentials);
}

#define WITH_ALICE    "\"r.io\":{\"auth\":\"YWxpY2U6cA==\"}"
#define WITH_IDENTITY "\"r.io\":{\"identitytoken\":\"id\"}"
#define WITH_NOBODY   "\"other.io\":{\"auth\":\"YWxpY2U6cA==\"}"

static struct pv_url url = {"https://r.io/v2/a/b/manifests/1"};
static struct pv_url clear_url = {"http://r.io/v2/a/b/manifests/1"};
static const struct pv_access to_pull = {.url = &url,
                                         .registry = "r.io",
                                         .repository = "a/b",
                                         .actions = "pull",
                                         .retry = {.clock = &script_clock, .warn = script_warn}};
static const struct pv_access to_push = {
    .url = &url, .registry = "r.io", .repository = "a/b", .actions = "pull,push", .retry = {.clock = &script_clock}};

static void expect_again(struct session *session, const struct pv_access *access, const char *challenges,
                         const char *wanted) {
    PV_AUTO_BUF struct pv_buf value;
    struct provar_error err = {0};
    pv_buf_init(&value, PV_MAX_AUTHORIZATION);
    if (pv_authorize_again(session->authorizer, access, pv_str_of(challenges), &value, &err) != PROVAR_OK)
        fail_msg("%s", err.message);
    assert_string_equal((const char *)value.data, wanted);
}

static void expect_known(struct session *session, const struct pv_access *access, const char *wanted) {
    PV_AUTO_BUF struct pv_buf value;
    pv_buf_init(&value, PV_MAX_AUTHORIZATION);
    assert_ok(pv_authorize_known(session->authorizer, access, &value, NULL));
    assert_true(pv_str_equal(pv_buf_str(&value), pv_str_of(wanted)));
}

static void expect_refused(struct session *session, const struct pv_access *access, const char *challenges,
                           enum provar_result code, const char *said) {
    PV_AUTO_BUF struct pv_buf value;
    struct provar_error err = {0};
    pv_buf_init(&value, PV_MAX_AUTHORIZATION);
    enum provar_result result = pv_authorize_again(session->authorizer, access, pv_str_of(challenges), &value, &err);
    assert_fails(result, code, err, PROVAR_NO_OFFSET);
    if (strstr(err.message, said) == NULL)
        fail_msg("%s", err.message);
    assert_int_equal(value.len, 0);
}

#define GET(query, authorization_, name)                                                                               \
    {                                                                                                                  \
        .url = REALM "?service=r" query, .authorization = authorization_, .status = 200, .answer = ANSWER(name),       \
        .no_certificate = true                                                                                         \
    }

/* ---------------------------------------------------------------- bearer */

static void fetches_a_token(void **state) {
    static const struct scripted steps[] = {GET("&scope=repository%3aa%2fb%3apull&account=alice", ALICE, "t1")};
    struct session session = begin(WITH_ALICE);
    (void)state;
    play(steps);
    expect_known(&session, &to_pull, "");
    expect_again(&session, &to_pull, FOR("repository:a/b:pull"), "Bearer t1");
    expect_known(&session, &to_pull, "Bearer t1");
    end(&session);
}

/* "Bearer " and a token that make so many bytes together. */
static void expect_bearer(size_t len, enum provar_result wanted) {
    static char answer[PV_MAX_AUTHORIZATION + 100], token[PV_MAX_AUTHORIZATION + 2];
    struct scripted steps[] = {GET("&scope=x&account=alice", ALICE, "")};
    struct session session = begin(WITH_ALICE);
    memset(token, 'a', sizeof token);
    memcpy(token, "Bearer ", strlen("Bearer "));
    token[len] = 0;
    (void)snprintf(answer, sizeof answer, "{\"token\":\"%s\"}", token + strlen("Bearer "));
    steps[0].answer = answer;
    play(steps);
    if (wanted == PROVAR_OK)
        expect_again(&session, &to_pull, FOR("x"), token);
    else
        expect_refused(&session, &to_pull, FOR("x"), wanted, "more than 65536 bytes");
    end(&session);
}

static void a_header_ends_at_the_limit(void **state) {
    (void)state;
    expect_bearer(PV_MAX_AUTHORIZATION, PROVAR_OK);
    expect_bearer(PV_MAX_AUTHORIZATION + 1, PROVAR_E_LIMIT);
}

/* AUTH-4: the challenge's scope, else the repository's; and where a blob is mounted from. */
static void asks_for_a_scope(void **state) {
    const struct pv_access no_repository = {.url = &url, .registry = "r.io", .retry = {.clock = &script_clock}};
    struct pv_access mount = to_push;
    struct session session = begin(WITH_ALICE);
    static const struct scripted steps[] = {
        GET("&scope=other&account=alice", ALICE, "t1"),
        GET("&scope=repository%3aa%2fb%3apull%2cpush&account=alice", ALICE, "t2"),
        GET("&scope=repository%3aa%2fb%3apull&account=alice", ALICE, "t3"),
        GET("&account=alice", ALICE, "t4"),
        GET("&scope=repository%3aa%2fb%3apull%2cpush&scope=repository%3ac%3apull&account=alice", ALICE, "t5"),
        GET("&scope=repository%3ac%3apull&scope=x&account=alice", ALICE, "t6"),
        GET("&scope=x&scope=repository%3ac%3apull&account=alice", ALICE, "t7"),
    };
    (void)state;
    mount.mount_from = "c";
    play(steps);
    expect_again(&session, &to_pull, FOR("other"), "Bearer t1");
    expect_again(&session, &to_push, CHALLENGE "\n", "Bearer t2");
    expect_again(&session, &to_pull, FOR(""), "Bearer t3");
    expect_again(&session, &no_repository, CHALLENGE "\n", "Bearer t4");
    expect_again(&session, &mount, CHALLENGE "\n", "Bearer t5");
    expect_again(&session, &mount, FOR("repository:c:pull x"), "Bearer t6");
    expect_again(&session, &mount, FOR("x"), "Bearer t7");
    end(&session);
}

/* AUTH-1: the root is asked where the answer had no challenge, and its scope is a placeholder. */
static void asks_the_root_for_a_challenge(void **state) {
    static const struct scripted steps[] = {
        {.url = "https://r.io/v2/", .status = 401, .challenges = FOR("repository:user/image:pull")},
        GET("&scope=repository%3aa%2fb%3apull", NULL, "t1"),
    };
    static const struct scripted refusals[] = {
        {.url = "https://r.io/v2/", .status = 401},
        {.url = "https://r.io/v2/", .status = 200, .challenges = CHALLENGE "\n"},
        {.url = "https://r.io/v2/", .status = 307},
        {.url = "https://r.io/v2/", .status = 401, .challenges = "Bearer realm=\"\n"},
        {.url = "https://r.io/v2/", .status = 0},
    };
    static const struct scripted patient[] = {
        {.url = "https://r.io/v2/", .status = 503},
        {.url = "https://r.io/v2/", .status = 429, .retry_after = "7"},
        {.url = "https://r.io/v2/", .status = 401, .challenges = FOR("")},
        GET("&scope=repository%3aa%2fb%3apull", NULL, "t2"),
    };
    struct scripted slow[] = {
        {.url = "https://r.io/v2/", .status = 503, .takes = 2},
        {.url = "https://r.io/v2/", .status = 401, .challenges = FOR("")},
        GET("&scope=repository%3aa%2fb%3apull", NULL, "t3"),
    };
    static const struct scripted lasting[] = {
        {.url = "https://r.io/v2/", .status = 500}, {.url = "https://r.io/v2/", .status = 502},
        {.url = "https://r.io/v2/", .status = 504}, {.url = "https://r.io/v2/", .status = 408},
        {.url = "https://r.io/v2/", .status = 503},
    };
    struct session session = begin(WITH_NOBODY);
    (void)state;
    play(steps);
    expect_again(&session, &to_pull, "", "Bearer t1");
    played();
    play(refusals);
    for (size_t i = 0; i < 3; i++)
        expect_refused(&session, &to_pull, "", PROVAR_E_AUTH, "does not say what it asks for");
    expect_refused(&session, &to_pull, "", PROVAR_E_AUTH, "quote without an end");
    expect_refused(&session, &to_pull, "", PROVAR_E_NETWORK, "nobody answers");
    play(patient);
    expect_again(&session, &to_pull, "", "Bearer t2");
    played();
    assert_in_range(script.slept, 7200, 7300);
    assert_string_equal(script.warned, "'https://r.io/v2/' answers status 429; trying again in 7 s");
    play(slow);
    expect_again(&session, &to_pull, "", "Bearer t3");
    assert_string_equal(script.warned, "");
    slow[0].takes = 3;
    play(slow);
    expect_again(&session, &to_pull, "", "Bearer t3");
    played();
    assert_string_equal(script.warned, "'https://r.io/v2/' answers status 503; trying again");
    play(lasting);
    expect_refused(&session, &to_pull, "", PROVAR_E_REGISTRY, "cannot say now what it asks for (status 503)");
    played();
    end(&session);
}

/* AUTH-4: ghcr.io refuses it in words that nobody understands. */
static void never_pushes_anonymously(void **state) {
    struct session session = begin(WITH_NOBODY);
    (void)state;
    script.count = script.done = 0;
    expect_refused(&session, &to_push, FOR("repository:a/b:pull,push"), PROVAR_E_AUTH, "to store needs credentials");
    expect_refused(&session, &to_push, FOR("repository:a/b:pull,push"), PROVAR_E_AUTH, "anonymously");
    end(&session);
}

/* AUTH-3, by way of everything. */
static void uses_identity_and_registry_tokens(void **state) {
    static const struct scripted steps[] = {{.method = PV_HTTP_POST,
                                             .url = REALM,
                                             .body = "grant_type=refresh_token&service=r&client_id=provar&"
                                                     "scope=repository%3Aa%2Fb%3Apull&refresh_token=id",
                                             .status = 200,
                                             .answer = ANSWER("t1"),
                                             .no_certificate = true}};
    struct session session = begin(WITH_IDENTITY);
    (void)state;
    play(steps);
    expect_again(&session, &to_pull, CHALLENGE "\n", "Bearer t1");
    expect_refused(&session, &to_pull, "Basic realm=x\n", PROVAR_E_AUTH, "none are known; log in with 'docker login'");
    end(&session);

    session = begin("\"r.io\":{\"registrytoken\":\"ey.R\"}");
    expect_again(&session, &to_push, CHALLENGE "\n", "Bearer ey.R");
    expect_known(&session, &to_push, "Bearer ey.R");
    expect_refused(&session, &to_push, CHALLENGE ",error=\"invalid_token\"\n", PROVAR_E_AUTH, "'invalid_token'");
    end(&session);

    session = begin("\"r.io\":{\"registrytoken\":\"ey\\r\\nX: y\"}");
    expect_refused(&session, &to_pull, CHALLENGE "\n", PROVAR_E_AUTH, "no header may have");
    end(&session);
}

/* ---------------------------------------------------------------- basic */

static void answers_basic(void **state) {
    struct session session = begin(WITH_ALICE);
    (void)state;
    script.count = script.done = 0;
    expect_again(&session, &to_pull, "Basic realm=\"x\"\n", ALICE);
    expect_known(&session, &to_pull, ALICE);
    /* It has had them, and they will be no better. */
    expect_refused(&session, &to_pull, "Basic realm=\"x\"\n", PROVAR_E_AUTH, "refused");
    seconds += 100000;
    expect_known(&session, &to_pull, ALICE);
    end(&session);

    session = begin(WITH_NOBODY);
    expect_refused(&session, &to_pull, "Basic realm=\"x\"\n", PROVAR_E_AUTH, "none are known");
    end(&session);
}

static void knows_no_other_scheme(void **state) {
    struct session session = begin(WITH_ALICE);
    (void)state;
    script.count = script.done = 0;
    expect_refused(&session, &to_pull, "Negotiate\nDigest realm=x\n", PROVAR_E_AUTH, "neither Bearer nor Basic");
    expect_refused(&session, &to_pull, "Basic realm=\"x\n", PROVAR_E_AUTH, "quote without an end");
    end(&session);
}

/* NET-6. */
static void keeps_secrets_off_the_wire(void **state) {
    struct pv_access in_clear = to_pull;
    struct pv_url loopback = {"http://127.0.0.1:5000/v2/"};
    struct session session = begin(WITH_ALICE);
    (void)state;
    script.count = script.done = 0;
    in_clear.url = &clear_url;
    expect_refused(&session, &in_clear, "Basic realm=x\n", PROVAR_E_AUTH, "without TLS");
    expect_refused(&session, &in_clear, "Bearer realm=\"http://r.io/t\"\n", PROVAR_E_AUTH, "without TLS");
    expect_known(&session, &in_clear, "");
    in_clear.url = &loopback;
    expect_again(&session, &in_clear, "Basic realm=x\n", ALICE);
    in_clear.url = &clear_url;
    in_clear.may_send_in_clear = true;
    expect_again(&session, &in_clear, "Basic realm=x\n", ALICE);
    end(&session);

    session = begin("\"r.io\":{\"registrytoken\":\"ey.R\"}");
    in_clear.may_send_in_clear = false;
    expect_refused(&session, &in_clear, CHALLENGE "\n", PROVAR_E_AUTH, "without TLS");
    end(&session);
}

/* ---------------------------------------------------------------- what is kept */

/* AUTH-5: for an origin, a repository and rights; what gives more will do. */
static void keeps_what_it_has(void **state) {
    static const struct scripted steps[] = {GET("&scope=x&account=alice", ALICE, "t1"),
                                            GET("&scope=repository%3aa%2fb%3apull&account=alice", ALICE, "t2")};
    static struct pv_url others[] = {{"https://r.io:5000/v2/"}, {"http://r.io/v2/"}, {"https://r.io.evil/v2/"}};
    struct session session = begin(WITH_ALICE);
    struct pv_access other = to_push;
    (void)state;
    play(steps);
    expect_again(&session, &to_push, FOR("x"), "Bearer t1");
    expect_known(&session, &to_push, "Bearer t1");
    expect_known(&session, &to_pull, "Bearer t1");
    other.mount_from = "c";
    expect_known(&session, &other, "");
    other = to_push;
    other.actions = "pull,push,delete";
    expect_known(&session, &other, "");
    other.actions = "pus";
    expect_known(&session, &other, "");
    other.actions = NULL;
    expect_known(&session, &other, "Bearer t1");
    other = to_push;
    other.repository = "a";
    expect_known(&session, &other, "");
    other.repository = NULL;
    expect_known(&session, &other, "");
    for (size_t i = 0; i < array_length(others); i++) {
        other = to_push;
        other.url = &others[i];
        expect_known(&session, &other, "");
    }
    /* The default port is the same origin; another answer takes the place of the first. */
    struct pv_url same = {"HTTPS://R.io:443/v2/c"};
    other = to_push;
    other.url = &same;
    expect_known(&session, &other, "Bearer t1");
    expect_again(&session, &to_push, FOR("repository:a/b:pull"), "Bearer t2");
    expect_known(&session, &to_push, "Bearer t2");
    end(&session);
}

/* AUTH-2: ten seconds before its end, with the same question. */
static void renews_early(void **state) {
    static const struct scripted steps[] = {
        GET("&scope=x&account=alice", ALICE, "t1"),
        GET("&scope=x&account=alice", ALICE, "t2"),
        {.url = REALM "?service=r&scope=x&account=alice",
         .authorization = ALICE,
         .status = 403,
         .no_certificate = true},
        GET("&scope=x&account=alice", ALICE, "t3"),
    };
    struct session session = begin(WITH_ALICE);
    PV_AUTO_BUF struct pv_buf value;
    struct provar_error err = {0};
    (void)state;
    pv_buf_init(&value, PV_MAX_AUTHORIZATION);
    play(steps);
    expect_again(&session, &to_pull, FOR("x"), "Bearer t1");
    seconds += 289;
    expect_known(&session, &to_pull, "Bearer t1");
    seconds += 1;
    expect_known(&session, &to_pull, "Bearer t2");
    seconds += 290;
    assert_fails(pv_authorize_known(session.authorizer, &to_pull, &value, &err), PROVAR_E_AUTH, err, PROVAR_NO_OFFSET);
    assert_int_equal(value.len, 0);
    expect_known(&session, &to_pull, "Bearer t3");
    end(&session);
}

/* The last PV_MAX_GRANTS repositories; one more, and the first has to ask again. */
static void keeps_so_many(void **state) {
    struct session session = begin(WITH_ALICE ",\"r.io/n0\":{\"auth\":\"Ym9iOnE=\"}");
    char name[16];
    struct pv_access access = to_pull;
    (void)state;
    script.count = script.done = 0;
    access.repository = name;
    for (int i = 0; i <= PV_MAX_GRANTS; i++) {
        (void)snprintf(name, sizeof name, "n%d", i);
        expect_again(&session, &access, "Basic realm=x\n", i == 0 ? BOB : ALICE);
        (void)snprintf(name, sizeof name, "n0");
        expect_known(&session, &access, i < PV_MAX_GRANTS ? BOB : "");
    }
    for (int i = 1; i <= PV_MAX_GRANTS; i++) {
        (void)snprintf(name, sizeof name, "n%d", i);
        expect_known(&session, &access, ALICE);
    }
    (void)snprintf(name, sizeof name, "n0");
    expect_again(&session, &access, "Basic realm=x\n", BOB);
    end(&session);
}

/* ---------------------------------------------------------------- messages */

static void expect_description(struct session *session, const struct pv_access *access, const char *wanted) {
    PV_AUTO_BUF struct pv_buf text;
    pv_buf_init(&text, 1000);
    pv_authorize_describe(session->authorizer, access, &text);
    assert_true(pv_str_equal(pv_buf_str(&text), pv_str_of(wanted)));
}

/* AUTH-7: registry, repository, rights, and whose credentials they were; no secret. */
static void says_who_was_refused(void **state) {
    static const struct scripted steps[] = {{.url = REALM "?service=r&account=al%1bice",
                                             .authorization = "Basic YWwbaWNlOmh1bnRlcjI=",
                                             .status = 401,
                                             .no_certificate = true}};
    static const char *const said[] = {"'r.io'", "pull of 'a/b'", "as 'al\\x1bice' from the JSON", "'" REALM "'",
                                       "401"};
    struct session session = begin("\"r.io\":{\"auth\":\"YWwbaWNlOmh1bnRlcjI=\"}");
    PV_AUTO_BUF struct pv_buf value;
    struct provar_error err = {0};
    (void)state;
    pv_buf_init(&value, PV_MAX_AUTHORIZATION);
    expect_description(&session, &to_pull, "");
    play(steps);
    struct pv_str challenge = PV_STR("Bearer realm=\"" REALM "\",service=r,scope=\" \"\n");
    assert_fails(pv_authorize_again(session.authorizer, &to_pull, challenge, &value, &err), PROVAR_E_AUTH, err,
                 PROVAR_NO_OFFSET);
    for (size_t i = 0; i < array_length(said); i++)
        if (strstr(err.message, said[i]) == NULL)
            fail_msg("%s", err.message);
    assert_null(strstr(err.message, "hunter2"));
    assert_null(strstr(err.message, "YWw"));
    expect_description(&session, &to_pull, "as 'al\\x1bice' from the JSON that was given");
    end(&session);

    session = begin(WITH_NOBODY);
    expect_refused(&session, &to_pull, "Basic realm=x\n", PROVAR_E_AUTH, "anonymously");
    expect_description(&session, &to_pull, "");
    end(&session);

    session = begin(WITH_IDENTITY);
    expect_refused(&session, &to_pull, "Basic realm=x\n", PROVAR_E_AUTH, "with a token from the JSON that was given");
    end(&session);
}

/* A helper may take long, and ask its user. */
static void looks_once_for_each_repository(void **state) {
    static const struct pv_credential_file file = {.path = "config", .must_exist = true};
    static const char text[] = "{\"auths\":{" WITH_ALICE ",\"r.io/b\":{\"auth\":\"Ym9iOnE=\"}}}";
    struct pv_credential_settings settings = {.files = &file, .file_count = 1};
    struct session session = {NULL, NULL};
    struct pv_access other = to_pull;
    (void)state;
    script.count = script.done = 0;
    temp_dir_write("config", text, strlen(text));
    assert_ok(pv_credentials_new(&settings, &session.credentials, NULL));
    assert_ok(pv_authorizer_new(NULL, session.credentials, &session.authorizer, NULL));
    other.repository = "b";
    expect_again(&session, &to_pull, "Basic realm=x\n", ALICE);
    expect_again(&session, &other, "Basic realm=x\n", BOB);
    assert_int_equal(unlink("config"), 0);
    expect_again(&session, &to_push, "Basic realm=x\n", ALICE);
    other.registry = "s.io";
    expect_refused(&session, &other, "Basic realm=x\n", PROVAR_E_IO, "config");
    end(&session);
}

/* A file that was named and cannot be used is no reason to go on without. */
static void fails_where_credentials_cannot_be_had(void **state) {
    struct session session = begin("\"r.io\":{\"auth\":\"hunter2\"}");
    (void)state;
    script.count = script.done = 0;
    expect_refused(&session, &to_pull, CHALLENGE "\n", PROVAR_E_USAGE, "'r.io'");
    end(&session);
}

/* Passwords, identity tokens and what they are sent as, and the tokens that come for them. */
static void leaves_no_secret_behind(void **state) {
    static const struct scripted get[] = {GET("&scope=x&account=u", "Basic dTpodW50ZXIy", "hunter2")};
    static const struct scripted post[] = {{.method = PV_HTTP_POST,
                                            .url = REALM,
                                            .body = "grant_type=refresh_token&service=r&client_id=provar&scope=x&"
                                                    "refresh_token=hunter2",
                                            .status = 200,
                                            .answer = ANSWER("dTpodW50ZXIy"),
                                            .no_certificate = true}};
    PV_AUTO_BUF struct pv_buf value;
    (void)state;
    pv_buf_init(&value, 1000);
    struct session session = begin("\"r.io\":{\"auth\":\"dTpodW50ZXIy\"}");
    look_behind("hunter2", "dTpodW50ZXIy");
    play(get);
    assert_ok(pv_authorize_again(session.authorizer, &to_pull, PV_STR(FOR("x")), &value, NULL));
    assert_ok(pv_authorize_again(session.authorizer, &to_push, PV_STR("Basic realm=x\n"), &value, NULL));
    end(&session);
    assert_int_equal(left_behind, 0);
    look_behind(NULL, NULL);
    session = begin("\"r.io\":{\"identitytoken\":\"hunter2\"}");
    look_behind("hunter2", "dTpodW50ZXIy");
    play(post);
    memset(value.data, 0, value.len);
    assert_ok(pv_authorize_again(session.authorizer, &to_push, PV_STR(FOR("x")), &value, NULL));
    end(&session);
    assert_int_equal(left_behind, 0);
    pv_buf_release(&value);
    assert_int_equal(left_behind, 1);
    look_behind(NULL, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fetches_a_token),
        cmocka_unit_test(a_header_ends_at_the_limit),
        cmocka_unit_test(asks_for_a_scope),
        cmocka_unit_test(asks_the_root_for_a_challenge),
        cmocka_unit_test(never_pushes_anonymously),
        cmocka_unit_test(uses_identity_and_registry_tokens),
        cmocka_unit_test(answers_basic),
        cmocka_unit_test(knows_no_other_scheme),
        cmocka_unit_test(keeps_secrets_off_the_wire),
        cmocka_unit_test(keeps_what_it_has),
        cmocka_unit_test(renews_early),
        cmocka_unit_test(keeps_so_many),
        cmocka_unit_test(says_who_was_refused),
        test_in_temp_dir(looks_once_for_each_repository),
        cmocka_unit_test(leaves_no_secret_behind),
        cmocka_unit_test(fails_where_credentials_cannot_be_had),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
