/* Tests of store/registry_error: statuses as results, and what a registry says of them, in one escaped line. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"

#include "internal.h"

#include "store/registry/registry_error.h"

static const struct pv_registry_refusal usual = {
    .where = "r.example/acme/http", .what = "manifest 'rev-7'", .who = "as alice from the file '/a'", .status = 404};

static enum provar_result refuse(const struct pv_registry_refusal *refusal, struct provar_error *err) {
    *err = (struct provar_error){0};
    return pv_registry_refuse(refusal, err);
}

/* IF-3. */
static void every_status_has_its_result(void **state) {
    (void)state;
    static const struct {
        unsigned status;
        bool is_writing, is_start;
        enum provar_result result;
    } cases[] = {
        {401, false, false, PROVAR_E_AUTH},     {403, false, false, PROVAR_E_AUTH},
        {403, true, false, PROVAR_E_AUTH},      {404, false, false, PROVAR_E_NOT_FOUND},
        {404, true, true, PROVAR_E_NOT_FOUND},  {404, true, false, PROVAR_E_REGISTRY},
        {400, true, false, PROVAR_E_REGISTRY},  {405, false, false, PROVAR_E_REGISTRY},
        {413, true, false, PROVAR_E_REGISTRY},  {416, false, false, PROVAR_E_REGISTRY},
        {429, false, false, PROVAR_E_REGISTRY}, {500, false, false, PROVAR_E_REGISTRY},
        {307, true, false, PROVAR_E_REGISTRY},  {204, false, false, PROVAR_E_REGISTRY},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        struct pv_registry_refusal refusal = usual;
        struct provar_error err = {0};
        refusal.status = cases[i].status;
        refusal.is_writing = cases[i].is_writing;
        refusal.is_start = cases[i].is_start;
        assert_fails(refuse(&refusal, &err), cases[i].result, err, PROVAR_NO_OFFSET);
        assert_non_null(strstr(err.message, "r.example/acme/http"));
    }
}

/* PULL-1: among others of a manifest whose type was not asked for. */
static void tells_what_the_registry_says(void **state) {
    (void)state;
    static const struct {
        const char *body;
        const char *told;
    } cases[] = {
        {"{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\",\"message\":\"OCI manifest found\",\"detail\":{\"a\":[1]}}]}",
         ": MANIFEST_UNKNOWN: OCI manifest found"},
        {"{\"errors\":[{\"code\":\"DENIED\"}]}", ": DENIED"},
        {"{\"errors\":[{\"detail\":[{\"Type\":\"repository\"}],\"code\":\"DENIED\"}]}", ": DENIED"},
        {"{\"errors\":[{\"detail\":\"text\",\"code\":\"DENIED\"}]}", ": DENIED"},
        {"{\"errors\":[{\"message\":\"no such thing.\"}]}", ": no such thing"},
        {"{\"errors\":[{\"code\":\"A\"},{\"code\":\"B\"}]}", ": A"},
        {"{\"errors\":[{\"code\":\"A\",\"message\":\"x\\u001b[31m\\ny\"}],\"more\":1}", ": A: x\\x1b[31m\\x0ay"},
        {"{\"errors\":[7,{\"code\":\"A\"}]}", ": A"},
        {"{\"errors\":[{\"code\":7,\"message\":\"x\"}]}", ": x"},
        {"{\"errors\":{\"code\":\"A\"}}", ""},
        {"{\"errors\":[]}", ""},
        {"{}", ""},
        {"<html>DENIED</html>", ""},
        {"404 page not found\n", ""},
        {"\xef\xbb\xbf{\"errors\":[{\"code\":\"A\"}]}", ""},
        {"{\"errors\":[{\"code\":\"A\"}]", ""},
        {"", ""},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        struct pv_registry_refusal refusal = usual;
        struct provar_error err;
        char due[256];
        refusal.body = pv_str_of(cases[i].body);
        (void)snprintf(due, sizeof due, "r.example/acme/http has no manifest 'rev-7'%s", cases[i].told);
        assert_int_equal(refuse(&refusal, &err), PROVAR_E_NOT_FOUND);
        assert_string_equal(err.message, due);
    }
}

/* PUSH-10. */
static void says_what_to_do(void **state) {
    (void)state;
    struct pv_registry_refusal refusal = usual;
    struct provar_error err;
    refusal.status = 401;
    assert_int_equal(refuse(&refusal, &err), PROVAR_E_AUTH);
    assert_non_null(strstr(err.message, "asked as alice from the file '/a'"));
    assert_non_null(strstr(err.message, "docker login"));
    refusal.who = NULL;
    assert_int_equal(refuse(&refusal, &err), PROVAR_E_AUTH);
    assert_non_null(strstr(err.message, "asked anonymously"));
    refusal.status = 403;
    assert_int_equal(refuse(&refusal, &err), PROVAR_E_AUTH);
    assert_string_equal(err.message, "r.example/acme/http does not let us read, asked anonymously (status 403); "
                                     "log in with 'docker login' or give a user and password");
    refusal.who = usual.who;
    assert_int_equal(refuse(&refusal, &err), PROVAR_E_AUTH);
    assert_non_null(strstr(err.message, "(status 403); these credentials do not have the right"));
    refusal.status = 404;
    refusal.is_writing = refusal.is_start = true;
    assert_int_equal(refuse(&refusal, &err), PROVAR_E_NOT_FOUND);
    assert_non_null(strstr(err.message, "must be created first"));
    refusal.is_start = false;
    refusal.status = 400;
    refusal.body = PV_STR("{\"errors\":[{\"code\":\"MANIFEST_INVALID\",\"message\":\"unknown media type: a/b\"}]}");
    assert_int_equal(refuse(&refusal, &err), PROVAR_E_REGISTRY);
    assert_non_null(strstr(err.message, "media types of container images"));
    refusal.body = PV_STR("{\"errors\":[{\"code\":\"MANIFEST_INVALID\",\"message\":\"too short\"}]}");
    assert_int_equal(refuse(&refusal, &err), PROVAR_E_REGISTRY);
    assert_null(strstr(err.message, "container images"));
}

/* RET-2. */
static void tells_limits_of_rate(void **state) {
    (void)state;
    struct pv_registry_refusal refusal = usual;
    struct provar_error err;
    refusal.status = 429;
    refusal.limit = PV_STR("100;w=21600");
    refusal.remaining = PV_STR("0;w=21600");
    refusal.retry_after = PV_STR("99999999");
    assert_int_equal(refuse(&refusal, &err), PROVAR_E_REGISTRY);
    assert_non_null(strstr(err.message, "limit '100;w=21600', remaining '0;w=21600'"));
    assert_non_null(strstr(err.message, "try again after: 99999999"));
}

/* Only where it may have been another answer the next time. */
static void tells_how_often_it_was_tried(void **state) {
    (void)state;
    static const struct {
        unsigned status, tries;
        const char *said;
    } cases[] = {
        {503, 5, "status 503 when asked for manifest 'rev-7'; tried 5 times"},
        {429, 2, "(status 429); tried 2 times; try again after: 7"},
        {503, 1, "status 503 when asked for manifest 'rev-7'"},
        {429, 1, "(status 429); try again after: 7"},
        {410, 2, "status 410 when asked for manifest 'rev-7'"},
        {404, 2, "has no manifest 'rev-7'"},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        struct pv_registry_refusal refusal = usual;
        struct provar_error err;
        refusal.status = cases[i].status;
        refusal.tries = cases[i].tries;
        refusal.retry_after = PV_STR("7");
        assert_int_not_equal(refuse(&refusal, &err), PROVAR_OK);
        const char *end = strstr(err.message, cases[i].said);
        assert_non_null(end);
        assert_string_equal(end, cases[i].said);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_its_result),
        cmocka_unit_test(tells_what_the_registry_says),
        cmocka_unit_test(says_what_to_do),
        cmocka_unit_test(tells_limits_of_rate),
        cmocka_unit_test(tells_how_often_it_was_tried),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
