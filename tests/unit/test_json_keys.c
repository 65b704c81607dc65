/* Tests of base/json_keys: keys are the same when they are after unescaping, in one object. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"

#include "internal.h"

#include "base/json_keys.h"

/* Whether one object that has these two keys has a key twice. */
static bool same(const char *a, const char *b) {
    PV_AUTO_JSON_KEYS struct pv_json_keys keys = {0};
    assert_ok(pv_json_keys_add(&keys, 5, pv_str_of(a), NULL));
    assert_ok(pv_json_keys_add(&keys, 5, pv_str_of(b), NULL));
    return pv_json_keys_twice(&keys) != NULL;
}

static void every_spelling_of_a_text_is_that_text(void **state) {
    static const char *const spellings[][2] = {
        {"\"\"", "\"\""},
        {"\"k\"", "\"\\u006b\""},
        {"\"\\u006B\"", "\"\\u006b\""},
        {"\"/\"", "\"\\/\""},
        {"\"\\/\"", "\"\\u002F\""},
        {"\"\\\"\"", "\"\\u0022\""},
        {"\"\\\\\"", "\"\\u005c\""},
        {"\"\\b\\f\\n\\r\\t\"", "\"\\u0008\\u000c\\u000A\\u000D\\u0009\""},
        {"\"\xc3\xa9\"", "\"\\u00e9\""},
        {"\"\xe2\x82\xac\"", "\"\\u20AC\""},
        {"\"\\ud83d\\ude00\"", "\"\xf0\x9f\x98\x80\""},
        {"\"\\udbff\\udfff\"", "\"\xf4\x8f\xbf\xbf\""},
        {"\"a\\ud800\\udc00z\"", "\"a\xf0\x90\x80\x80z\""},
    };
    (void)state;
    for (size_t i = 0; i < array_length(spellings); i++) {
        assert_true(same(spellings[i][0], spellings[i][1]));
        assert_true(same(spellings[i][1], spellings[i][0]));
    }
}

static void other_texts_are_others(void **state) {
    static const char *const others[][2] = {
        {"\"\"", "\"a\""},
        {"\"a\"", "\"A\""},
        {"\"a\"", "\"aa\""},
        {"\"/\"", "\"\\\\\""},
        {"\"\\n\"", "\"n\""},
        {"\"u006b\"", "\"\\u006b\""},
        {"\"\\u00e9\"", "\"e\xcc\x81\""}, /* composed and not: JSON does not normalise */
    };
    (void)state;
    for (size_t i = 0; i < array_length(others); i++)
        assert_false(same(others[i][0], others[i][1]));
}

static void objects_are_apart(void **state) {
    PV_AUTO_JSON_KEYS struct pv_json_keys keys = {0};
    (void)state;
    assert_null(pv_json_keys_twice(&keys));
    for (size_t object = 0; object < 100; object++) {
        assert_ok(pv_json_keys_add(&keys, object % 10 * 7, PV_STR("\"x\""), NULL));
        assert_int_equal(pv_json_keys_twice(&keys) != NULL, object >= 10);
    }
}

static void the_first_repetition_among_many_is_told(void **state) {
    PV_AUTO_JSON_KEYS struct pv_json_keys keys = {0};
    static char texts[3004][16];
    (void)state;
    for (size_t i = 0; i < 3000; i++) {
        (void)snprintf(texts[i], sizeof texts[i], "\"%zu\"", i * 7919 % 3000);
        assert_ok(pv_json_keys_add(&keys, 0, pv_str_of(texts[i]), NULL));
    }
    assert_null(pv_json_keys_twice(&keys));
    static const char *const again[] = {"\"\\u0031234\"", "\"7\"", "\"1234\"", "\"2999\""};
    for (size_t i = 0; i < array_length(again); i++) {
        (void)snprintf(texts[3000 + i], sizeof texts[0], "%s", again[i]);
        assert_ok(pv_json_keys_add(&keys, 0, pv_str_of(texts[3000 + i]), NULL));
        const struct pv_json_key *twice = pv_json_keys_twice(&keys);
        assert_non_null(twice);
        assert_ptr_equal(twice->text.text, texts[3000]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_spelling_of_a_text_is_that_text),
        cmocka_unit_test(other_texts_are_others),
        cmocka_unit_test(objects_are_apart),
        cmocka_unit_test(the_first_repetition_among_many_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
