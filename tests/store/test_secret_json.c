/* Tests of store/secret_json: members as they stand, texts without escapes, and nothing that stays behind. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"
#include "support/guard.h"

#include "internal.h"

#include "store/auth/secret_json.h"

static struct pv_json *parse(const char *text) {
    struct pv_json *json = NULL;
    assert_ok(pv_secret_json_parse(pv_str_of(text), NULL, PROVAR_E_AUTH, &json, NULL));
    return json;
}

static void reads_texts(void **state) {
    PV_AUTO_JSON struct pv_json *json =
        parse("{\"a\":\"plain\",\"b\":\"x\\/\\u00e9\\n\",\"c\":\"\",\"d\":null,\"e\":{\"f\":\"inner\"},\"n\":12}");
    static const char *const wanted[][2] = {{"a", "plain"}, {"b", "x/\xc3\xa9\n"}, {"c", NULL},
                                            {"d", NULL},    {"f", NULL},           {"missing", NULL}};
    (void)state;
    for (size_t i = 0; i < array_length(wanted); i++) {
        PV_AUTO_SECRET_TEXT char *text = NULL;
        assert_ok(pv_secret_json_text(json, wanted[i][0], PROVAR_E_AUTH, &text, NULL));
        if (wanted[i][1])
            assert_string_equal(text, wanted[i][1]);
        else
            assert_null(text);
    }
    assert_true(pv_str_equal(pv_secret_json_value(json, "n"), PV_STR("12")));
    assert_int_equal(pv_secret_json_value(json, "d").len, 0);
    assert_int_equal(pv_secret_json_value(json, "missing").len, 0);
}

static enum pv_json_raw_kind is_inner(struct pv_str parent, struct pv_str key) {
    (void)key;
    return parent.len > 0 ? PV_JSON_RAW : PV_JSON_NOT_RAW;
}

/* A member of an object in it is no member of the top. */
static void reads_the_top_alone(void **state) {
    PV_AUTO_JSON struct pv_json *json = NULL;
    (void)state;
    assert_ok(pv_secret_json_parse(PV_STR("{\"a\":{\"b\":\"inner\"}}"), is_inner, PROVAR_E_AUTH, &json, NULL));
    assert_int_equal(pv_json_raw_count(json), 1);
    assert_int_equal(pv_secret_json_value(json, "b").len, 0);
}

static void refuses_by_the_callers_code(void **state) {
    PV_AUTO_JSON struct pv_json *json = parse("{\"n\":12,\"o\":{}}");
    static const char *const malformed[] = {"", "[]", "{", "{\"a\":1}x", "{\"a\":1,\"a\":2}", "{\"a\":\"\\u0000\"}"};
    static const char *const others[] = {"n", "o"};
    struct provar_error err = {0};
    char *text = (char *)"untouched";
    (void)state;
    for (size_t i = 0; i < array_length(others); i++) {
        provar_error_clear(&err);
        assert_fails(pv_secret_json_text(json, others[i], PROVAR_E_USAGE, &text, &err), PROVAR_E_USAGE, err,
                     PROVAR_NO_OFFSET);
        assert_string_equal(text, "untouched");
    }
    for (size_t i = 0; i < array_length(malformed); i++) {
        struct pv_json *none = NULL;
        provar_error_clear(&err);
        assert_fails(pv_secret_json_parse(pv_str_of(malformed[i]), NULL, PROVAR_E_AUTH, &none, &err), PROVAR_E_AUTH,
                     err, PROVAR_NO_OFFSET);
        assert_null(none);
    }
}

/* A text of one byte more than a string may have is beyond the limits, and not malformed. */
static void hands_limits_on(void **state) {
    (void)state;
    for (size_t len = PV_MAX_JSON_STRING; len <= PV_MAX_JSON_STRING + 1; len++) {
        PV_AUTO_JSON struct pv_json *json = NULL;
        PV_AUTO_BUF struct pv_buf text;
        pv_buf_init(&text, len + 16);
        assert_ok(pv_buf_append_str(&text, PV_STR("{\"a\":\""), NULL));
        assert_ok(pv_buf_reserve(&text, len, NULL));
        memset(text.data + text.len, 'x', len);
        text.len += len;
        assert_ok(pv_buf_append_str(&text, PV_STR("\"}"), NULL));
        enum provar_result wanted = len == PV_MAX_JSON_STRING ? PROVAR_OK : PROVAR_E_LIMIT;
        assert_int_equal(pv_secret_json_parse(pv_buf_str(&text), NULL, PROVAR_E_AUTH, &json, NULL), wanted);
    }
}

static void has_all_room_at_once(void **state) {
    struct pv_buf buf;
    (void)state;
    assert_ok(pv_secret_buf_init(&buf, 1000, NULL));
    const uint8_t *start = buf.data;
    assert_ok(pv_buf_append(&buf, "secret", 6, NULL));
    while (buf.len < 1000)
        assert_ok(pv_buf_append(&buf, "x", 1, NULL));
    assert_ptr_equal(buf.data, start);
    assert_int_equal(pv_buf_append(&buf, "x", 1, NULL), PROVAR_E_LIMIT);
    pv_secret_buf_release(&buf);
    pv_secret_buf_release(&buf);
    pv_secret_text_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_texts),
        cmocka_unit_test(reads_the_top_alone),
        cmocka_unit_test(refuses_by_the_callers_code),
        cmocka_unit_test(hands_limits_on),
        cmocka_unit_test(has_all_room_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
