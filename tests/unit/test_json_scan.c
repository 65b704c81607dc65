/* Tests the bounded scan: grammar, limits at N and N + 1, duplicate keys, and what it reports. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/claims.h"

#include "base/json_scan.h"

/* Events as one line of text: "1 key", "1=value". */
struct log {
    struct pv_buf lines;
    const char *raw_key; /* with its quotes */
    enum pv_json_raw_kind kind;
};

static enum provar_result log_key(void *user, unsigned level, struct pv_str key_text, enum pv_json_raw_kind *kind,
                                  struct provar_error *err) {
    struct log *log = user;
    (void)err;
    add_text(&log->lines, level == 1 ? "1 " : "2 ");
    assert_int_equal(pv_buf_append_str(&log->lines, key_text, NULL), PROVAR_OK);
    add_text(&log->lines, ";");
    *kind = log->raw_key && pv_str_equal(key_text, pv_str_of(log->raw_key)) ? log->kind : PV_JSON_NOT_RAW;
    return PROVAR_OK;
}

static enum provar_result log_value(void *user, unsigned level, struct pv_str value_text, struct provar_error *err) {
    struct log *log = user;
    (void)err;
    add_text(&log->lines, level == 1 ? "1=" : "2=");
    assert_int_equal(pv_buf_append_str(&log->lines, value_text, NULL), PROVAR_OK);
    add_text(&log->lines, ";");
    return PROVAR_OK;
}

static enum provar_result scan_document(const char *text, struct log *log, struct provar_error *err) {
    struct pv_str copy = exact_copy(pv_str_of(text));
    struct pv_json_events events = {.key = log_key, .value = log_value, .user = log};
    pv_buf_init(&log->lines, 64 * PV_MIB);
    add_text(&log->lines, "");
    enum provar_result result = pv_json_scan(copy, &events, err);
    free((void *)copy.text);
    return result;
}

/* `raw_key` NULL: nothing is raw. */
static void expect_scan(const char *text, const char *raw_key, enum pv_json_raw_kind kind, enum provar_result wanted) {
    struct log log = {.raw_key = raw_key, .kind = kind};
    struct provar_error err = {0};
    expect_result(text, scan_document(text, &log, &err), wanted, &err);
    pv_buf_release(&log.lines);
}

static enum provar_result scan_schema(const char *text, bool object_only, struct provar_error *err) {
    struct pv_str copy = exact_copy(pv_str_of(text));
    enum provar_result result = pv_json_scan_schema(copy, object_only, err);
    free((void *)copy.text);
    return result;
}

static void expect_schema(const char *text, bool object_only, enum provar_result wanted) {
    struct provar_error err = {0};
    expect_result(text, scan_schema(text, object_only, &err), wanted, &err);
}

static void accepts_every_form_of_value(void **state) {
    static const char *const values[] = {
        "{}",          "[]",
        "[ ]",         "{\t}",
        "\"\"",        "\"a\"",
        "\"\\\"\"",    "\"\\\\\"",
        "true",        "false",
        "null",        "0",
        "-0",          "10",
        "1.5",         "-1.5e+10",
        "1E-2",        "0.0",
        "0e1",         "[1,[2],{}]",
        "{\"a\":{}}",  "{\"a\":1,\"b\":2}",
        " 1 ",         "\r\n1\t",
        "[[],[[]],0]", "{\"\":0}",
        "[\"],{:\"]",  "[null,true]",
        "1e400",       "1.10",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(values); i++) {
        char *document = JOIN("{\"a\":", values[i], "}");
        expect_schema(values[i], false, PROVAR_OK);
        expect_scan(document, NULL, PV_JSON_NOT_RAW, PROVAR_OK);
        expect_scan(document, "\"a\"", PV_JSON_RAW, PROVAR_OK);
        free(document);
    }
}

static void refuses_what_is_not_json(void **state) {
    static const char *const values[] = {
        "",
        " ",
        "]",
        "}",
        "[",
        "{",
        "[1",
        "[1,",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[1}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{,\"a\":1}",
        "{a:1}",
        "{'a':1}",
        "{1:1}",
        "\"a",
        "\"a\\\"",
        "\"\\",
        "'a'",
        "01",
        "-",
        "-01",
        "+1",
        ".5",
        "1.",
        "1.e1",
        "1e",
        "1e+",
        "1.5.5",
        "0x10",
        "NaN",
        "Infinity",
        "-Inf",
        "nul",
        "nulll",
        "True",
        "tru e",
        "undefined",
        "// x\n1",
        "/* x */ 1",
        "1 // x",
        "1 2",
        "{} {}",
        "[] 1",
        "\"a\nb\"",
        "\"a\x1f\"",
        "\"a\tb\"",
        "\xef\xbb\xbf"
        "1",
        "\v1",
        "\xc2\xa0"
        "1",
        "[1;2]",
        "{\"a\"=1}",
        "{\"a\" 1}",
        "{\"a\":1 \"b\":2}",
        "{\"a\"::1}",
        "[[]",
        "{\"a\":[}",
        "1,",
        "1}",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(values); i++) {
        char *document = JOIN("{\"a\":", values[i], "}");
        expect_schema(values[i], false, PROVAR_E_CLAIMS);
        expect_scan(document, NULL, PV_JSON_NOT_RAW, PROVAR_E_CLAIMS);
        expect_scan(document, "\"a\"", PV_JSON_RAW_SCHEMA, PROVAR_E_CLAIMS);
        free(document);
    }
}

/* The last ones end where their memory ends. */
static void refuses_what_is_no_text(void **state) {
    static const char *const strings[] = {
        "\"\\u0000\"",
        "\"\\ud800\"",
        "\"\\udc00\"",
        "\"\\udc00\\udc00\"",
        "\"\\ud800\\ud800\"",
        "\"\\ud800\\n\"",
        "\"\\ud800x\"",
        "\"\\udbff\\ue000\"",
        "\"\\u00g0\"",
        "\"\\u 041\"",
        "\"\\U0041\"",
        "\"\\x41\"",
        "\"\\a\"",
        "\"\\'\"",
        "\"\xc0\xaf\"",
        "\"\xed\xa0\x80\"",
        "\"\xff\"",
        "\"\x80\"",
        "\"\xf4\x90\x80\x80\"",
        "\"\\",
        "\"\\u",
        "\"\\u00",
        "\"\\u0041",
        "\"\\ud800",
        "\"\\ud800\\",
        "\"\\ud800\\u",
        "\"\xe2\x82",
        "\"\xf0",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(strings); i++)
        expect_schema(strings[i], false, PROVAR_E_CLAIMS);
    expect_schema("\"\\ud800\\udc00\\uDBFF\\uDFFF\\ud7ff\\ue000\\u0001\\uabcD\"", false, PROVAR_OK);
    expect_schema("\"\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf\x7f\"", false, PROVAR_OK);
}

/* threats: rows 134, 135, 141, 142. */
static void refuses_documents_that_are_no_object(void **state) {
    static const char *const documents[] = {"",  "[]",    "null", "\"a\"",          "1",  " [{}] ", "true",
                                            "{", "{} {}", "{}x",  "\xef\xbb\xbf{}", "{},"};
    (void)state;
    for (size_t i = 0; i < COUNT(documents); i++) {
        expect_scan(documents[i], NULL, PV_JSON_NOT_RAW, PROVAR_E_CLAIMS);
        expect_schema(documents[i], true, PROVAR_E_CLAIMS);
    }
    expect_scan(" {} ", NULL, PV_JSON_NOT_RAW, PROVAR_OK);
    expect_schema(" {} ", true, PROVAR_OK);
}

static void refuses_a_nul_outside_text_and_in_it(void **state) {
    static const struct pv_str texts[] = {{"{\0}", 3}, {"{}\0", 3}, {"{\"a\0\":1}", 8}, {"{\"a\":\0001}", 8}};
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_int_equal(pv_json_scan_schema(texts[i], true, NULL), PROVAR_E_CLAIMS);
    assert_int_equal(pv_json_scan_schema(pv_str(NULL, 0), false, NULL), PROVAR_E_CLAIMS);
}

static void tells_where_it_failed(void **state) {
    struct provar_error err = {0};
    (void)state;
    assert_int_equal(scan_schema("{\"a\":tru}", true, &err), PROVAR_E_CLAIMS);
    assert_string_equal(err.message, "malformed JSON: no value at byte 5");
    assert_int_equal(err.offset, PROVAR_NO_OFFSET);
    provar_error_clear(&err);
    assert_int_equal(scan_schema("{\"a\":1,\"a\":2}", true, &err), PROVAR_E_CLAIMS);
    assert_string_equal(err.message, "malformed JSON: a key that its object has twice at byte 7");
}

/* Of several duplicates the first in the text is told, whatever order they are compared in. */
static void tells_the_first_duplicate_of_a_document(void **state) {
    static const char *const texts[][2] = {
        {"{\"a\":1,\"\\u0061\":2}", "malformed JSON: duplicate object key near '\"\\\\u0061\"', byte 15"},
        {"{\"z\":0,\"a\":0,\"z\":0,\"a\":0,\"z\":0}", "malformed JSON: duplicate object key near '\"z\"', byte 16"},
        {"{\"a\":{\"x\":0,\"x\":0},\"a\":0}", "malformed JSON: duplicate object key near '\"x\"', byte 15"},
        {"{\"x\":[{\"a\":0}],\"a\":0,\"a\":0,\"x\":0}", "malformed JSON: duplicate object key near '\"a\"', byte 24"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct provar_error err = {0};
        struct log log = {0};
        expect_result(texts[i][0], scan_document(texts[i][0], &log, &err), PROVAR_E_CLAIMS, &err);
        assert_string_equal(err.message, texts[i][1]);
        assert_int_equal(err.offset, PROVAR_NO_OFFSET);
        pv_buf_release(&log.lines);
    }
}

/* A limit comes before a duplicate, wherever they stand. */
static void tells_duplicates_last(void **state) {
    char *nested = nest(PV_MAX_JSON_DEPTH);
    char *document = JOIN("{\"a\":0,\"a\":0,\"b\":", nested, "}");
    (void)state;
    expect_scan(document, NULL, PV_JSON_NOT_RAW, PROVAR_E_LIMIT);
    expect_scan("{\"a\":0,\"a\":0,\"b\":[[]]}", NULL, PV_JSON_NOT_RAW, PROVAR_E_CLAIMS);
    expect_scan("{\"a\":0,\"c\":0,\"b\":[[]]}", NULL, PV_JSON_NOT_RAW, PROVAR_OK);
    free(document);
    free(nested);
}

static void expect_events(const char *text, const char *raw_key, enum pv_json_raw_kind kind, const char *wanted) {
    struct log log = {.raw_key = raw_key, .kind = kind};
    struct provar_error err = {0};
    expect_result(text, scan_document(text, &log, &err), PROVAR_OK, &err);
    assert_string_equal((const char *)log.lines.data, wanted);
    pv_buf_release(&log.lines);
}

static void reports_two_levels_of_members(void **state) {
    static const char text[] =
        "{ \"a\" : 1.50 ,\"b\":{\"c\": [ {\"x\":1} ] ,\"d\":{\"e\":2}},\"f\":[{\"g\":3}],\"h\":{} }";
    (void)state;
    expect_events(text, NULL, PV_JSON_NOT_RAW,
                  "1 \"a\";1=1.50;1 \"b\";2 \"c\";2=[ {\"x\":1} ];2 \"d\";2={\"e\":2};"
                  "1={\"c\": [ {\"x\":1} ] ,\"d\":{\"e\":2}};1 \"f\";1=[{\"g\":3}];1 \"h\";1={};");
    expect_events(
        text, "\"b\"", PV_JSON_RAW,
        "1 \"a\";1=1.50;1 \"b\";1={\"c\": [ {\"x\":1} ] ,\"d\":{\"e\":2}};1 \"f\";1=[{\"g\":3}];1 \"h\";1={};");
    expect_events(text, "\"c\"", PV_JSON_RAW_SCHEMA,
                  "1 \"a\";1=1.50;1 \"b\";2 \"c\";2=[ {\"x\":1} ];2 \"d\";2={\"e\":2};"
                  "1={\"c\": [ {\"x\":1} ] ,\"d\":{\"e\":2}};1 \"f\";1=[{\"g\":3}];1 \"h\";1={};");
    expect_events("{}", NULL, PV_JSON_NOT_RAW, "");
}

static enum provar_result stop(void *user, unsigned level, struct pv_str key_text, enum pv_json_raw_kind *kind,
                               struct provar_error *err) {
    (void)user, (void)level, (void)key_text, (void)kind;
    return pv_fail(err, PROVAR_E_NO_MEMORY, 7, "stop");
}

static void ends_when_an_event_fails(void **state) {
    struct pv_json_events events = {.key = stop};
    struct provar_error err = {0};
    (void)state;
    assert_int_equal(pv_json_scan(PV_STR("{\"a\":nonsense"), &events, &err), PROVAR_E_NO_MEMORY);
    assert_string_equal(err.message, "stop");
}

/* `levels` arrays as the value of "a", or of "a" in an object. */
static void expect_depth(size_t levels, bool inner, enum pv_json_raw_kind kind, enum provar_result wanted) {
    char *nested = nest(levels);
    char *document = JOIN(inner ? "{\"w\":{\"a\":" : "{\"a\":", nested, inner ? "}}" : "}");
    expect_scan(document, kind == PV_JSON_NOT_RAW ? NULL : "\"a\"", kind, wanted);
    free(document);
    free(nested);
}

static void bounds_depth_from_the_top(void **state) {
    static const enum pv_json_raw_kind kinds[] = {PV_JSON_NOT_RAW, PV_JSON_RAW};
    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        expect_depth(PV_MAX_JSON_DEPTH - 1, false, kinds[i], PROVAR_OK);
        expect_depth(PV_MAX_JSON_DEPTH, false, kinds[i], PROVAR_E_LIMIT);
        expect_depth(PV_MAX_JSON_DEPTH - 2, true, kinds[i], PROVAR_OK);
        expect_depth(PV_MAX_JSON_DEPTH - 1, true, kinds[i], PROVAR_E_LIMIT);
    }
    expect_depth(100000, false, PV_JSON_RAW, PROVAR_E_LIMIT);
}

static void bounds_depth_of_a_schema_from_its_own_top(void **state) {
    (void)state;
    expect_depth(PV_MAX_JSON_SCHEMA_DEPTH, false, PV_JSON_RAW_SCHEMA, PROVAR_OK);
    expect_depth(PV_MAX_JSON_SCHEMA_DEPTH + 1, false, PV_JSON_RAW_SCHEMA, PROVAR_E_LIMIT);
    expect_depth(PV_MAX_JSON_SCHEMA_DEPTH, true, PV_JSON_RAW_SCHEMA, PROVAR_OK);
    expect_depth(PV_MAX_JSON_SCHEMA_DEPTH + 1, true, PV_JSON_RAW_SCHEMA, PROVAR_E_LIMIT);
    expect_depth(100000, true, PV_JSON_RAW_SCHEMA, PROVAR_E_LIMIT);
}

static void bounds_depth_of_a_lone_schema(void **state) {
    char *most = nest(PV_MAX_JSON_SCHEMA_DEPTH), *more = nest(PV_MAX_JSON_SCHEMA_DEPTH + 1);
    (void)state;
    expect_schema(most, false, PROVAR_OK);
    expect_schema(more, false, PROVAR_E_LIMIT);
    free(most);
    free(more);
}

/* What follows a raw value is bounded as before it. */
static void leaves_the_schema_behind(void **state) {
    char *nested = nest(PV_MAX_JSON_DEPTH);
    char *after = JOIN("{\"a\":[1],\"b\":", nested, "}");
    char *around = JOIN("{\"w\":{\"a\":[1]},\"b\":", nested, "}");
    (void)state;
    expect_scan(after, "\"a\"", PV_JSON_RAW_SCHEMA, PROVAR_E_LIMIT);
    expect_scan(around, "\"a\"", PV_JSON_RAW_SCHEMA, PROVAR_E_LIMIT);
    free(after);
    free(around);
    free(nested);
}

/* One member is "a" itself; the elements make the rest. */
static void bounds_members_of_the_whole_document(void **state) {
    char *elements = repeat("0,", PV_MAX_JSON_MEMBERS - 2);
    char *most = JOIN("{\"a\":[", elements, "0]}");
    char *more = JOIN("{\"a\":[", elements, "0],\"b\":0}");
    char *more_inside = JOIN("{\"a\":[", elements, "0,0]}");
    (void)state;
    expect_scan(most, NULL, PV_JSON_NOT_RAW, PROVAR_OK);
    expect_scan(more, NULL, PV_JSON_NOT_RAW, PROVAR_E_LIMIT);
    expect_scan(more_inside, "\"a\"", PV_JSON_RAW, PROVAR_E_LIMIT);
    expect_scan(more_inside, "\"a\"", PV_JSON_RAW_SCHEMA, PROVAR_E_LIMIT);
    free(elements);
    free(most);
    free(more);
    free(more_inside);
}

static void bounds_strings_outside_a_schema(void **state) {
    char *longest = repeat("x", PV_MAX_JSON_STRING);
    char *most = JOIN("{\"a\":\"", longest, "\"}");
    char *more = JOIN("{\"a\":\"", longest, "y\"}");
    char *key = JOIN("{\"", longest, "y\":1}");
    (void)state;
    expect_scan(most, NULL, PV_JSON_NOT_RAW, PROVAR_OK);
    expect_scan(more, NULL, PV_JSON_NOT_RAW, PROVAR_E_LIMIT);
    expect_scan(key, NULL, PV_JSON_NOT_RAW, PROVAR_E_LIMIT);
    expect_scan(most, "\"a\"", PV_JSON_RAW, PROVAR_OK);
    expect_scan(more, "\"a\"", PV_JSON_RAW, PROVAR_E_LIMIT);
    expect_scan(more, "\"a\"", PV_JSON_RAW_SCHEMA, PROVAR_OK);
    expect_schema(more, true, PROVAR_OK);
    free(longest);
    free(most);
    free(more);
    free(key);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_every_form_of_value),
        cmocka_unit_test(refuses_what_is_not_json),
        cmocka_unit_test(refuses_what_is_no_text),
        cmocka_unit_test(refuses_documents_that_are_no_object),
        cmocka_unit_test(refuses_a_nul_outside_text_and_in_it),
        cmocka_unit_test(tells_where_it_failed),
        cmocka_unit_test(tells_the_first_duplicate_of_a_document),
        cmocka_unit_test(tells_duplicates_last),
        cmocka_unit_test(reports_two_levels_of_members),
        cmocka_unit_test(ends_when_an_event_fails),
        cmocka_unit_test(bounds_depth_from_the_top),
        cmocka_unit_test(bounds_depth_of_a_schema_from_its_own_top),
        cmocka_unit_test(bounds_depth_of_a_lone_schema),
        cmocka_unit_test(leaves_the_schema_behind),
        cmocka_unit_test(bounds_members_of_the_whole_document),
        cmocka_unit_test(bounds_strings_outside_a_schema),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
