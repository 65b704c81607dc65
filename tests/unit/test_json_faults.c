/* Tests JSON documents without memory: the one that cannot be kept whole is refused, and no text is ever another. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/claims.h"

#include "base/json.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_reallocarray(void *old, size_t count, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size);

/* Allocations that still succeed, and those behind them that fail; then all succeed. */
static int left = INT32_MAX, failures;

static bool fails_now(void) {
    if (left > 0) {
        left--;
        return false;
    }
    return failures > 0 && failures-- > 0;
}

void *__wrap_malloc(size_t size) {
    return fails_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size) {
    return fails_now() ? NULL : __real_calloc(count, size);
}

void *__wrap_reallocarray(void *old, size_t count, size_t size) {
    return fails_now() ? NULL : __real_reallocarray(old, count, size);
}

static enum pv_json_raw_kind is_raw(struct pv_str parent, struct pv_str key) {
    (void)parent;
    return pv_str_equal(key, PV_STR("raw")) ? PV_JSON_RAW : PV_JSON_NOT_RAW;
}

static void assert_text(struct pv_str found, const char *wanted) {
    assert_int_equal(found.len, strlen(wanted));
    assert_memory_equal(found.text, wanted, found.len);
}

static enum provar_result assert_hash(void *user, struct pv_str name, struct pv_str value, struct provar_error *err) {
    (void)err;
    *(int *)user += 1;
    assert_text(name, "x86_64-linux");
    assert_text(value, "a text, A \"\n, of more than 32 bytes");
    return PROVAR_OK;
}

/* No byte of the long texts is lost. */
static void assert_whole(const struct pv_json *json) {
    struct pv_str value;
    int64_t number;
    int visits = 0;
    bool present;
    assert_int_equal(pv_json_text(json, PV_STR(""), "a key of more than sixteen bytes", &value, &present, NULL), 0);
    assert_true(present);
    assert_text(value, "a text, A \"\n, of more than 32 bytes");
    assert_int_equal(
        pv_json_integer(json, PV_STR(""), "a key of more than thirty-two bytes", 1, 1, &number, &present, NULL), 0);
    assert_true(present);
    assert_int_equal(pv_json_each_text(json, PV_STR(""), "h", assert_hash, &visits, NULL), 0);
    assert_int_equal(visits, 1);
    assert_int_equal(pv_json_raw_count(json), 1);
}

/* Parses and reads; says whether no allocation failed. */
static bool keeps_every_byte(void) {
    static const char document[] =
        "{\"a key of more than sixteen bytes\":\"a text, \\u0041 \\\"\\n, of more than 32 bytes\","
        "\"h\":{\"x86_64-\\u006cinux\":\"a text, \\u0041 \\\"\\n, of more than 32 bytes\"},"
        "\"1\":1,\"2\":1,\"3\":1,\"4\":1,\"5\":1,\"6\":1,\"7\":1,\"8\":1,\"9\":1,\"10\":1,\"11\":1,\"12\":1,\"13\":1,"
        "\"14\":1,\"15\":1,\"16\":1,\"raw\":[0],\"a k\\u0065y of more than thirty-two byte\\u0073\":1}";
    PV_AUTO_JSON struct pv_json *json = NULL;
    struct provar_error err = {0};
    enum provar_result result = pv_json_parse(pv_str_of(document), is_raw, &json, &err);
    if (result == PROVAR_OK)
        assert_whole(json);
    else
        assert_int_equal(result, PROVAR_E_NO_MEMORY);
    assert_int_equal(err.code, result);
    assert_true((json != NULL) == (result == PROVAR_OK));
    return result == PROVAR_OK;
}

/* Each allocation fails in turn, alone (`most` 1) or with all behind it. */
static int count_allocations(int most) {
    for (int count = 0;; count++) {
        left = count;
        failures = most;
        bool whole = keeps_every_byte(), reached = failures < most;
        left = INT32_MAX;
        failures = 0;
        assert_true(whole == !reached);
        if (whole)
            return count;
    }
}

/* The document, its room, three lists, two of which grow; access allocates nothing. */
static void an_allocation_that_fails_refuses_the_document(void **state) {
    (void)state;
    assert_int_equal(count_allocations(1), 7);
}

static void allocations_that_fail_for_good_refuse_the_document(void **state) {
    (void)state;
    assert_int_equal(count_allocations(INT32_MAX), 7);
}

/* The same of a text that is only checked: its list of keys, which grows. */
static void a_check_without_memory_is_no_verdict(void **state) {
    static const char twice[] =
        "{\"1\":1,\"2\":1,\"3\":1,\"4\":1,\"5\":1,\"6\":1,\"7\":1,\"8\":1,\"9\":1,\"10\":1,\"11\":1,"
        "\"12\":1,\"13\":1,\"14\":1,\"15\":1,\"16\":1,\"17\":1,\"1\":1}";
    (void)state;
    for (int count = 0; count < 3; count++) {
        left = count;
        failures = 1;
        enum provar_result wanted = count < 2 ? PROVAR_E_NO_MEMORY : PROVAR_E_CLAIMS;
        assert_int_equal(pv_json_check(pv_str_of(twice), true, NULL), wanted);
        left = INT32_MAX;
        failures = 0;
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_allocation_that_fails_refuses_the_document),
        cmocka_unit_test(allocations_that_fail_for_good_refuse_the_document),
        cmocka_unit_test(a_check_without_memory_is_no_verdict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
