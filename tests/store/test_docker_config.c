/* Tests of store/docker_config: whose entry is whose, what is in one, helpers, and what is malformed. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"
#include "support/guard.h"

#include "internal.h"

#include "store/auth/docker_config.h"

/* alice:wonderland, bob:b:c, carol: (and nothing) */
#define ALICE "\"auth\":\"YWxpY2U6d29uZGVybGFuZA==\""
#define BOB   "\"auth\":\"Ym9iOmI6Yw==\""

static struct pv_docker_config *parse(const char *text) {
    struct pv_docker_config *config = NULL;
    struct provar_error err = {0};
    if (pv_docker_config_parse(pv_str_of(text), &config, &err) != PROVAR_OK)
        fail_msg("%s: %s", text, err.message);
    return config;
}

static struct pv_credential find(const char *text, const char *registry, const char *repository) {
    PV_AUTO_DOCKER_CONFIG struct pv_docker_config *config = parse(text);
    struct pv_credential found = {0};
    struct provar_error err = {0};
    if (pv_docker_config_find(config, registry, repository, &found, &err) != PROVAR_OK)
        fail_msg("%s: %s", text, err.message);
    assert_string_equal(found.source, "");
    return found;
}

static void expect_same(const char *text, const char *wanted) {
    if (wanted == NULL)
        assert_null(text);
    else if (text == NULL || !pv_str_equal(pv_str_of(text), pv_str_of(wanted)))
        fail_msg("'%s' in place of '%s'", text ? text : "nothing", wanted);
}

static void expect_user(const char *text, const char *registry, const char *repository, const char *user) {
    PV_AUTO_CREDENTIAL struct pv_credential found = find(text, registry, repository);
    expect_same(found.user, user);
}

/* ---------------------------------------------------------------- entries */

/* CRED-4, and AUTH-3 for what ACR keeps. */
static void reads_entries(void **state) {
    static const struct {
        const char *entry, *user, *password, *identity, *registry;
    } cases[] = {
        {"{" ALICE "}", "alice", "wonderland", NULL, NULL},
        {"{\"auth\":\"YWxpY2U6d29uZGVybGFuZA\"}", "alice", "wonderland", NULL, NULL},
        {"{\"auth\":\"YWxpY2U6d29uZGVybGFuZA=\"}", "alice", "wonderland", NULL, NULL},
        {"{" BOB "}", "bob", "b:c", NULL, NULL},
        {"{\"auth\":\"Y2Fyb2w6\"}", "carol", "", NULL, NULL},
        {"{\"auth\":\"OnRva2Vu\"}", "", "token", NULL, NULL},
        {"{\"auth\":\"YTpiAAA=\"}", "a", "b", NULL, NULL},
        {"{\"auth\":\"YTo/Pz8+\"}", "a", "\?\?\?>", NULL, NULL},
        {"{\"auth\":\"YTo\\/Pz8+\"}", "a", "\?\?\?>", NULL, NULL},
        {"{\"auth\":\"\",\"username\":\"u\",\"password\":\"p\\u00e9\"}", "u", "p\xc3\xa9", NULL, NULL},
        {"{\"username\":\"u\"}", "u", "", NULL, NULL},
        {"{" ALICE ",\"username\":\"u\",\"password\":\"p\",\"email\":1}", "alice", "wonderland", NULL, NULL},
        {"{\"auth\":\"MDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAwOg==\",\"identitytoken\":\"ey.J\"}",
         "00000000-0000-0000-0000-000000000000", "", "ey.J", NULL},
        {"{\"identitytoken\":\"ey.J\"}", NULL, NULL, "ey.J", NULL},
        {"{\"registrytoken\":\"ey.K\"}", NULL, NULL, NULL, "ey.K"},
        {"{}", NULL, NULL, NULL, NULL},
        {"null", NULL, NULL, NULL, NULL},
        {"{\"auth\":\"Og==\"}", NULL, NULL, NULL, NULL},
        {"{\"auth\":null,\"identitytoken\":\"\"}", NULL, NULL, NULL, NULL},
    };
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        char text[400];
        (void)snprintf(text, sizeof text, "{\"auths\":{\"r.io\":%s}}", cases[i].entry);
        PV_AUTO_CREDENTIAL struct pv_credential found = find(text, "r.io", "a");
        expect_same(found.user, cases[i].user);
        expect_same(found.password, cases[i].password);
        expect_same(found.identity_token, cases[i].identity);
        expect_same(found.registry_token, cases[i].registry);
    }
}

/* CRED-4: the message names the key, and never what stands there. */
static void refuses_bad_entries(void **state) {
    static const char *const cases[] = {
        "{\"auth\":\"YWxpY2U\"}",
        "{\"auth\":\"YTpi!\"}",
        "{\"auth\":\"YTpi YTpi\"}",
        "{\"auth\":\"YTo_Pz8-\"}",
        "{\"auth\":\"YTpiAGM=\"}",
        "{\"auth\":\"AAAA\"}",
        "{\"auth\":\"====\"}",
        "{\"auth\":\"YTpi===\"}",
        "{\"auth\":\"YTpj4pyTx\"}",
        "{\"auth\":12345}",
        "{\"auth\":{\"a\":\"YTpi\"}}",
        "\"YTpi\"",
        "{\"username\":[\"YTpi\"]}",
        "[]",
        "true",
        "{\"identitytoken\":[\"YTp\"]}",
        "{\"auth\":\"YTpi\",\"auth\":\"YTpi\"}",
        "{\"registrytoken\":false}",
    };
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        char text[400];
        struct pv_credential found = {.user = (char *)"untouched"};
        struct provar_error err = {0};
        PV_AUTO_DOCKER_CONFIG struct pv_docker_config *config = NULL;
        (void)snprintf(text, sizeof text, "{\"auths\":{\"other.io\":{" ALICE "},\"r.io\":%s}}", cases[i]);
        enum provar_result result = pv_docker_config_parse(pv_str_of(text), &config, &err);
        if (result == PROVAR_OK)
            result = pv_docker_config_find(config, "r.io", "a", &found, &err);
        if (result == PROVAR_OK)
            fail_msg("accepted: %s", cases[i]);
        assert_fails(result, PROVAR_E_USAGE, err, PROVAR_NO_OFFSET);
        assert_string_equal(found.user, "untouched");
        if (config)
            assert_non_null(strstr(err.message, "'r.io'"));
        assert_null(strstr(err.message, "YT"));
        assert_null(strstr(err.message, "12345"));
    }
}

/* What is wrong with another's entry is its own affair. */
static void leaves_other_entries_alone(void **state) {
    (void)state;
    expect_user("{\"auths\":{\"bad.io\":{\"auth\":1},\"r.io\":{" ALICE "}}}", "r.io", "a", "alice");
}

/* ---------------------------------------------------------------- keys */

/* CRED-3. */
static void prefers_the_longest_key(void **state) {
    static const char text[] =
        "{\"auths\":{\"https://r.io/v1/\":{\"auth\":\"dXJsOnA=\"},\"r.io\":{\"auth\":\"aG9zdDpw\"},"
        "\"r.io/a\":{\"auth\":\"YTpw\"},\"r.io/a/b\":{\"auth\":\"YjpA\"},\"r.io/empty\":{}}}";
    (void)state;
    expect_user(text, "r.io", "a/b", "b");
    expect_user(text, "r.io", "a/b/c", "b");
    expect_user(text, "r.io", "a/bb", "a");
    expect_user(text, "r.io", "a", "a");
    expect_user(text, "r.io", "aa", "host");
    expect_user(text, "r.io", "empty/x", "host");
    expect_user(text, "r.io", NULL, "host");
    expect_user("{\"auths\":{\"r.io/\":{" ALICE "}}}", "r.io", "a", NULL);
    expect_user("{\"auths\":{\"r.io/\":{" ALICE "}}}", "r.io", NULL, NULL);
    expect_user("{\"auths\":{\"r.io/a/\":{" ALICE "}}}", "r.io", "a/b", NULL);
}

static void reads_urls(void **state) {
    (void)state;
    expect_user("{\"auths\":{\"https://r.io\":{" ALICE "}}}", "r.io", "a", "alice");
    expect_user("{\"auths\":{\"http://r.io:5000/v2/x\":{" ALICE "}}}", "r.io:5000", "a", "alice");
    expect_user("{\"auths\":{\"https://r.io/other\":{" BOB "},\"r.io\":{" ALICE "}}}", "r.io", "a", "alice");
    expect_user("{\"auths\":{\"r.io/other\":{" BOB "}}}", "r.io", "a", NULL);
    expect_user("{\"auths\":{\"ftp://r.io\":{" BOB "}}}", "r.io", "a", NULL);
}

/* Threats: row 238. */
static void wants_host_and_port(void **state) {
    static const char text[] = "{\"auths\":{\"reg.example\":{" ALICE "},\"reg.example:5000\":{" BOB "}}}";
    static const char *const others[] = {
        "reg.example.evil", "evil.reg.example", "reg.example:443", "reg.example:500", "reg.exampl", "eg.example", "",
        "reg.example:50000"};
    (void)state;
    expect_user(text, "reg.example", "a", "alice");
    expect_user(text, "reg.example:5000", "a", "bob");
    for (size_t i = 0; i < array_length(others); i++)
        expect_user(text, others[i], "a", NULL);
    expect_user("{\"auths\":{\"reg.example:5000\":{" BOB "}}}", "reg.example", "a", NULL);
    expect_user("{\"auths\":{\"https://reg.example@evil\":{" BOB "}}}", "reg.example", "a", NULL);
}

/* CRED-3: four names. */
static void knows_docker_hub(void **state) {
    static const char *const names[] = {"docker.io", "index.docker.io", "registry-1.docker.io",
                                        "https://index.docker.io/v1/"};
    (void)state;
    for (size_t i = 0; i < array_length(names); i++) {
        char text[200];
        (void)snprintf(text, sizeof text, "{\"auths\":{\"%s\":{" ALICE "}}}", names[i]);
        for (size_t j = 0; j < 3; j++)
            expect_user(text, names[j], "library/a", "alice");
        expect_user(text, "hub.docker.io", "library/a", NULL);
    }
    expect_user("{\"auths\":{\"docker.io/library\":{" ALICE "},\"docker.io\":{" BOB "}}}", "docker.io", "library/a",
                "alice");
}

/* ---------------------------------------------------------------- helpers */

static void expect_helper(const char *text, const char *registry, const char *wanted) {
    PV_AUTO_DOCKER_CONFIG struct pv_docker_config *config = parse(text);
    struct pv_str name = PV_STR("untouched");
    assert_ok(pv_docker_config_helper(config, registry, &name, NULL));
    if (!pv_str_equal(name, pv_str_of(wanted)))
        fail_msg("%s: '%.*s' in place of '%s'", text, (int)name.len, name.text, wanted);
}

/* CRED-2. */
static void names_helpers(void **state) {
    static const char text[] = "{\"credsStore\":\"all\",\"credHelpers\":{\"r.io\":\"one\",\"none.io\":\"\","
                               "\"https://index.docker.io/v1/\":\"hub\"}}";
    (void)state;
    expect_helper(text, "r.io", "one");
    expect_helper(text, "r.io:5000", "all");
    expect_helper(text, "none.io", "");
    expect_helper(text, "docker.io", "hub");
    expect_helper("{\"credHelpers\":{\"r.io\":\"one\"}}", "s.io", "");
    expect_helper("{\"credHelpers\":null,\"credsStore\":null,\"auths\":null}", "r.io", "");
    expect_helper("{}", "r.io", "");
    expect_helper(" \n", "r.io", "");
}

static void refuses_bad_helpers(void **state) {
    static const char *const cases[] = {"{\"credsStore\":1}", "{\"credHelpers\":[]}", "{\"credHelpers\":\"a\"}",
                                        "{\"credHelpers\":{\"r.io\":{}}}"};
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        PV_AUTO_DOCKER_CONFIG struct pv_docker_config *config = parse(cases[i]);
        struct pv_str name = PV_STR("untouched");
        struct provar_error err = {0};
        assert_fails(pv_docker_config_helper(config, "r.io", &name, &err), PROVAR_E_USAGE, err, PROVAR_NO_OFFSET);
        assert_true(pv_str_equal(name, PV_STR("untouched")));
    }
}

/* ---------------------------------------------------------------- documents */

static void refuses_what_is_no_config(void **state) {
    static const char *const cases[] = {"{",
                                        "[]",
                                        "{}x",
                                        "\"auths\"",
                                        "{\"auths\":[]}",
                                        "{\"auths\":\"x\"}",
                                        "{\"auths\":{\"r.io\":{},\"r.io\":{}}}",
                                        "{\"auths\":{},\"auths\":{}}"};
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        struct guarded exact = guard_copy(cases[i], strlen(cases[i]));
        struct pv_docker_config *config = NULL;
        struct provar_error err = {0};
        assert_fails(pv_docker_config_parse(pv_str(exact.data, exact.len), &config, &err), PROVAR_E_USAGE, err,
                     PROVAR_NO_OFFSET);
        assert_null(config);
        guard_free(&exact);
    }
}

static void takes_an_empty_file(void **state) {
    (void)state;
    expect_user("", "r.io", "a", NULL);
    expect_user(" \r\n\t", "r.io", "a", NULL);
    expect_user("{}", "r.io", "a", NULL);
    expect_user("{\"auths\":{},\"HttpHeaders\":{\"User-Agent\":\"x\"},\"proxies\":{\"default\":{}}}", "r.io", "a",
                NULL);
    pv_docker_config_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_entries),
        cmocka_unit_test(refuses_bad_entries),
        cmocka_unit_test(leaves_other_entries_alone),
        cmocka_unit_test(prefers_the_longest_key),
        cmocka_unit_test(reads_urls),
        cmocka_unit_test(wants_host_and_port),
        cmocka_unit_test(knows_docker_hub),
        cmocka_unit_test(names_helpers),
        cmocka_unit_test(refuses_bad_helpers),
        cmocka_unit_test(refuses_what_is_no_config),
        cmocka_unit_test(takes_an_empty_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
