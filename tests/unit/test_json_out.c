/* Tests of cli/json_out: documents are well formed, tame on a terminal, and exact. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"

#include <stdlib.h>
#include <string.h>

#include "../../cli/json_out.h"

struct writing {
    struct json_out json;
    char *text;
    size_t len;
};

static void begin(struct writing *writing) {
    *writing = (struct writing){0};
    writing->json.to = open_memstream(&writing->text, &writing->len);
    assert_non_null(writing->json.to);
}

static void assert_written(struct writing *writing, const char *due) {
    assert_int_equal(writing->json.depth, 0);
    assert_int_equal(fclose(writing->json.to), 0);
    assert_string_equal(writing->text, due);
    free(writing->text);
}

/* `text` as the one value of an array. */
static void assert_text(const char *text, size_t len, const char *due) {
    struct writing writing;
    char whole[256];
    begin(&writing);
    json_begin(&writing.json, NULL, '[');
    json_text(&writing.json, NULL, text, len);
    json_end(&writing.json, ']');
    (void)snprintf(whole, sizeof whole, "[\n  %s\n]", due);
    assert_written(&writing, whole);
}

static void assert_raw(const char *text, size_t len, const char *due) {
    struct writing writing;
    begin(&writing);
    json_raw(&writing.json, NULL, text, len);
    assert_written(&writing, due);
}

static void test_every_kind_of_value(void **state) {
    (void)state;
    struct writing writing;
    begin(&writing);
    json_begin(&writing.json, NULL, '{');
    json_string(&writing.json, "text", "a");
    json_string(&writing.json, "none", NULL);
    json_integer(&writing.json, "low", INT64_MIN);
    json_integer(&writing.json, "high", INT64_MAX);
    json_unsigned(&writing.json, "most", UINT64_MAX);
    json_bool(&writing.json, "yes", true);
    json_bool(&writing.json, "no", false);
    json_raw(&writing.json, "raw", "{\"n\": 1.10}", 11);
    json_begin(&writing.json, "empty", '[');
    json_end(&writing.json, ']');
    json_begin(&writing.json, "list", '[');
    json_begin(&writing.json, NULL, '{');
    json_end(&writing.json, '}');
    json_string(&writing.json, NULL, "b");
    json_end(&writing.json, ']');
    json_end(&writing.json, '}');
    assert_written(&writing, "{\n  \"text\": \"a\",\n  \"none\": null,\n  \"low\": -9223372036854775808,\n"
                             "  \"high\": 9223372036854775807,\n  \"most\": 18446744073709551615,\n  \"yes\": true,\n"
                             "  \"no\": false,\n  \"raw\": {\"n\": 1.10},\n  \"empty\": [],\n  \"list\": [\n    {},\n"
                             "    \"b\"\n  ]\n}");
}

/* RFC 8259, 7. */
static void test_texts(void **state) {
    (void)state;
    assert_text("", 0, "\"\"");
    assert_text("a\0b", 3, "\"a\\u0000b\"");
    assert_text("\"\\/", 3, "\"\\\"\\\\/\"");
    assert_text("\n\t\r\x1f\x7f", 5, "\"\\u000a\\u0009\\u000d\\u001f\\u007f\"");
    assert_text("\xc3\xa9\xf0\x9f\x98\x80", 6, "\"\xc3\xa9\xf0\x9f\x98\x80\"");
    assert_text("\xc2\x9b\xe2\x80\xae", 5, "\"\\u009b\\u202e\"");
    assert_text("\xf3\xa0\x80\x81", 4, "\"\\udb40\\udc01\""); /* U+E0001, a language tag: none to see */
}

/* A document is UTF-8 whatever a file is called; the escapes stay apart from backslashes of the name's own. */
static void test_what_is_not_utf8(void **state) {
    (void)state;
    assert_text("x\xff", 2, "\"x\\\\xff\"");
    assert_text("\\\xff", 2, "\"\\\\\\\\\\\\xff\"");
    assert_text("\xc3", 1, "\"\\\\xc3\"");
    assert_text("\xed\xa0\x80", 3, "\"\\\\xed\\\\xa0\\\\x80\"");
    assert_text("\xf4\x90\x80\x80", 4, "\"\\\\xf4\\\\x90\\\\x80\\\\x80\"");
    assert_text("\xc0\x80", 2, "\"\\\\xc0\\\\x80\"");
}

static void test_raw_json_is_tamed_and_else_exact(void **state) {
    (void)state;
    assert_raw("[1.10,\r\n\t1E400]", 15, "[1.10, \n\t1E400]");
    assert_raw("\"\x7f\xc2\x9b\"", 5, "\"\\u007f\\u009b\"");
    assert_raw("\"\\u001b\\\"\"", 10, "\"\\u001b\\\"\"");
}

static void test_as_deep_as_it_goes(void **state) {
    (void)state;
    struct writing writing;
    begin(&writing);
    for (int i = 0; i < JSON_OUT_DEPTH; i++)
        json_begin(&writing.json, NULL, '[');
    for (int i = 0; i < JSON_OUT_DEPTH; i++)
        json_end(&writing.json, ']');
    assert_int_equal(writing.json.depth, 0);
    assert_int_equal(fclose(writing.json.to), 0);
    assert_int_equal(strspn(writing.text, "[ \n"), strcspn(writing.text, "]"));
    free(writing.text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind_of_value), cmocka_unit_test(test_texts),
        cmocka_unit_test(test_what_is_not_utf8),    cmocka_unit_test(test_raw_json_is_tamed_and_else_exact),
        cmocka_unit_test(test_as_deep_as_it_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
