/* Tests JSON documents: what is refused at every level, spans of raw members, typed access, quoting. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/claims.h"

#include "base/json.h"

#define TOP PV_STR("")

/* "raw" is carried as text at both levels, "schema" as a schema, everything else is typed. */
static enum pv_json_raw_kind is_raw(struct pv_str parent, struct pv_str key) {
    (void)parent;
    if (pv_str_equal(key, PV_STR("schema")))
        return PV_JSON_RAW_SCHEMA;
    return pv_str_equal(key, PV_STR("raw")) ? PV_JSON_RAW : PV_JSON_NOT_RAW;
}

static void expect_parse_str(struct pv_str text, enum provar_result wanted) {
    struct pv_str copy = exact_copy(text);
    struct pv_json *json = NULL;
    struct provar_error err = {0};
    expect_result(text.text, pv_json_parse(copy, is_raw, &json, &err), wanted, &err);
    assert_true((json != NULL) == (wanted == PROVAR_OK));
    pv_json_free(json);
    free((void *)copy.text);
}

static void expect_parse(const char *text, enum provar_result wanted) {
    expect_parse_str(pv_str_of(text), wanted);
}

static struct pv_json *parse(const char *text) {
    struct pv_json *json = NULL;
    assert_int_equal(pv_json_parse(pv_str_of(text), is_raw, &json, NULL), PROVAR_OK);
    return json;
}

static void assert_str(struct pv_str found, const char *wanted) {
    assert_int_equal(found.len, strlen(wanted));
    assert_memory_equal(found.text, wanted, found.len);
}

/* Where a value can stand: at the top, in an object, deeper, and in each kind of raw value. */
static const char *const places[][2] = {
    {"{\"a\":", "}"},          {"{\"w\":{\"a\":", "}}"},     {"{\"w\":{\"h\":{\"a\":", "}}}"},
    {"{\"raw\":", "}"},        {"{\"w\":{\"raw\":[", "]}}"}, {"{\"w\":{\"schema\":", "}}"},
    {"{\"schema\":[[", "]]}"}, {"{\"a\":[0,[", "]]}"},
};

static void expect_everywhere(const char *value, enum provar_result wanted) {
    for (size_t i = 0; i < COUNT(places); i++) {
        char *document = JOIN(places[i][0], value, places[i][1]);
        expect_parse(document, wanted);
        free(document);
    }
    struct provar_error err = {0};
    expect_result(value, pv_json_check(pv_str_of(value), false, &err), wanted, &err);
}

/* threats: rows 129 to 132. */
static void refuses_duplicates_at_every_level(void **state) {
    (void)state;
    expect_everywhere("{\"k\":1,\"K\":1}", PROVAR_OK);
    expect_everywhere("{\"k\":{\"k\":{\"k\":1}},\"x\":[{\"k\":1},{\"k\":1}]}", PROVAR_OK);
    expect_everywhere("{\"k\":1,\"k\":1}", PROVAR_E_CLAIMS);
    expect_everywhere("{\"k\":1,\"\\u006b\":2}", PROVAR_E_CLAIMS);
    expect_everywhere("{\"\\u006B\":1,\"x\":[],\"\\u006b\":2}", PROVAR_E_CLAIMS);
    expect_everywhere("{\"\\ud83d\\ude00\":1,\"\xf0\x9f\x98\x80\":2}", PROVAR_E_CLAIMS);
    expect_everywhere("[{\"x\":{\"\\/\":1,\"/\":2}}]", PROVAR_E_CLAIMS);
    expect_parse("{\"k\":1,\"k\":1}", PROVAR_E_CLAIMS);
    expect_parse("{\"raw\":1,\"r\\u0061w\":1}", PROVAR_E_CLAIMS);
    expect_parse("{\"w\":{\"schema\":1,\"schem\\u0061\":1}}", PROVAR_E_CLAIMS);
    expect_parse("{\"\":1,\"\":1}", PROVAR_E_CLAIMS);
}

/* threats: rows 138 to 140. */
static void refuses_broken_strings_everywhere(void **state) {
    static const char *const broken[] = {
        "\"\\u0000\"",
        "\"a\\u0000b\"",
        "\"\\ud800\"",
        "\"\\udc00\"",
        "\"\\ud800x\"",
        "\"\\ud800\\ud800\"",
        "\"\\udc00\\ud800\"",
        "\"\\ud800\\u0041\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\\x41\"",
        "\"\\'\"",
        "\"\\U0041\"",
        "\"\\\n\"",
        "\"\x01\"",
        "\"\x80\"",
        "\"\xc0\xaf\"",
        "\"\xc1\xbf\"",
        "\"\xe0\x80\xaf\"",
        "\"\xf0\x80\x80\xaf\"",
        "\"\xed\xa0\x80\"",
        "\"\xed\xbf\xbf\"",
        "\"\xf4\x90\x80\x80\"",
        "\"\xf5\x80\x80\x80\"",
        "\"\xff\"",
        "\"\xc3\"",
        "\"\xe2\x82\"",
        "\"\xc3(\"",
        "\"\xfe\xff\"",
        "\"\xf8\x88\x80\x80\x80\"",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(broken); i++) {
        char *as_key = JOIN("{", broken[i], ":1}");
        expect_everywhere(broken[i], PROVAR_E_CLAIMS);
        expect_everywhere(as_key, PROVAR_E_CLAIMS);
        free(as_key);
    }
}

static void accepts_every_escape_and_sequence(void **state) {
    static const char *const strings[] = {
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
        "\"\\u0001\\u001F\\u007f\"",
        "\"\x7f\"",
        "\"\\ud83d\\ude00\"",
        "\"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\"",
        "\"\xef\xbf\xbf\"",
        "\"\xf4\x8f\xbf\xbf\"",
        "\"\\uFFFF\"",
        "\"\xed\x9f\xbf\"",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(strings); i++) {
        char *as_key = JOIN("{", strings[i], ":1}");
        expect_everywhere(strings[i], PROVAR_OK);
        expect_everywhere(as_key, PROVAR_OK);
        free(as_key);
    }
}

/* The grammar is test_json_scan's; here that both readers of a document agree on it. */
static void judges_grammar_inside_raw_values(void **state) {
    static const char *const broken[] = {"01", ".5", "NaN", "1.", "[1,]", "{\"a\":1,}", "'a'", "/**/1", "1 1", "tru"};
    static const char *const good[] = {"1.10", "-0", "1e400", "123456789012345678901234567890", "[]", "{}", "null"};
    char *huge = repeat("9", 400);
    (void)state;
    for (size_t i = 0; i < COUNT(broken); i++)
        expect_everywhere(broken[i], PROVAR_E_CLAIMS);
    for (size_t i = 0; i < COUNT(good); i++)
        expect_everywhere(good[i], PROVAR_OK);
    expect_everywhere(huge, PROVAR_OK);
    free(huge);
}

static void refuses_what_is_no_object_or_more_than_one(void **state) {
    static const char *const broken[] = {"", "[]", "null", "\"a\"", "7", "{}{}", "{}]", "\xef\xbb\xbf{}", "{"};
    (void)state;
    for (size_t i = 0; i < COUNT(broken); i++)
        expect_parse(broken[i], PROVAR_E_CLAIMS);
    expect_parse_str(PV_STR("{}\0"), PROVAR_E_CLAIMS);
    expect_parse_str(pv_str(NULL, 0), PROVAR_E_CLAIMS);
    expect_parse(" {}\n", PROVAR_OK);
}

/* Limits reach the caller as limits: threats, rows 136, 137 and 163. */
static void keeps_limits_apart_from_faults(void **state) {
    char *elements = repeat("0,", PV_MAX_JSON_MEMBERS - 2);
    char *most = JOIN("{\"a\":[", elements, "0]}"), *more = JOIN("{\"a\":[", elements, "0,0]}");
    char *deep = nest(PV_MAX_JSON_SCHEMA_DEPTH), *deeper = nest(PV_MAX_JSON_SCHEMA_DEPTH + 1);
    char *schema = JOIN("{\"w\":{\"schema\":", deep, "}}"), *too_deep = JOIN("{\"w\":{\"schema\":", deeper, "}}");
    char *not_schema = JOIN("{\"w\":{\"raw\":", deep, "}}");
    (void)state;
    expect_parse(most, PROVAR_OK);
    expect_parse(more, PROVAR_E_LIMIT);
    expect_parse(schema, PROVAR_OK);
    expect_parse(too_deep, PROVAR_E_LIMIT);
    expect_parse(not_schema, PROVAR_E_LIMIT);
    assert_int_equal(pv_json_check(pv_str_of(deep), false, NULL), PROVAR_OK);
    assert_int_equal(pv_json_check(pv_str_of(deeper), false, NULL), PROVAR_E_LIMIT);
    char *const owned[] = {elements, most, more, deep, deeper, schema, too_deep, not_schema};
    for (size_t i = 0; i < COUNT(owned); i++)
        free(owned[i]);
}

static void a_million_unknown_members_are_refused_early(void **state) {
    struct pv_buf text;
    (void)state;
    pv_buf_init(&text, 64 * PV_MIB);
    add_text(&text, "{\"a\":0");
    for (int i = 0; i < 1000000; i++) {
        char member[32];
        (void)snprintf(member, sizeof member, ",\"k%d\":0", i);
        add_text(&text, member);
    }
    add_text(&text, "}");
    assert_int_equal(pv_json_parse(pv_buf_str(&text), is_raw, NULL, NULL), PROVAR_E_LIMIT);
    pv_buf_release(&text);
}

static void assert_raw(const struct pv_json *json, size_t index, const char *parent, const char *key,
                       const char *key_text, const char *value_text) {
    const struct pv_json_raw *raw = pv_json_raw(json, index);
    assert_str(raw->parent, parent);
    assert_str(raw->key, key);
    assert_str(raw->key_text, key_text);
    assert_str(raw->value_text, value_text);
}

static void keeps_raw_members_as_written(void **state) {
    struct pv_json *json = parse("{ \"r\\u0061w\" : {\"x\": 1.10 , \"y\":[1e999, \"\\u0041\"]} ,\"z\":1,"
                                 "\"\\u0077\":{\"raw\":-0.0,\"schema\" :\"s\" }, \"schema\":null}");
    (void)state;
    assert_int_equal(pv_json_raw_count(json), 4);
    assert_raw(json, 0, "", "raw", "\"r\\u0061w\"", "{\"x\": 1.10 , \"y\":[1e999, \"\\u0041\"]}");
    assert_raw(json, 1, "w", "raw", "\"raw\"", "-0.0");
    assert_raw(json, 2, "w", "schema", "\"schema\"", "\"s\"");
    assert_raw(json, 3, "", "schema", "\"schema\"", "null");
    pv_json_free(json);
}

static void keeps_many_raw_members(void **state) {
    struct pv_buf text;
    struct pv_json *json = NULL;
    (void)state;
    pv_buf_init(&text, PV_MIB);
    add_text(&text, "{\"a\":{");
    for (int i = 0; i < 1000; i++) {
        char member[40];
        (void)snprintf(member, sizeof member, "%s\"\\u006b%d\":%d", i > 0 ? "," : "", i, i);
        add_text(&text, member);
    }
    add_text(&text, "},\"raw\":1}");
    assert_int_equal(pv_json_parse(pv_buf_str(&text), is_raw, &json, NULL), PROVAR_OK);
    assert_int_equal(pv_json_raw_count(json), 1);
    int64_t value = 0;
    bool present = false;
    assert_int_equal(pv_json_integer(json, PV_STR("a"), "k999", 0, 999, &value, &present, NULL), PROVAR_OK);
    assert_true(present && value == 999);
    pv_json_free(json);
    pv_buf_release(&text);
}

static void nothing_is_raw_without_a_decision(void **state) {
    struct pv_json *json = NULL;
    (void)state;
    assert_int_equal(pv_json_parse(PV_STR("{\"raw\":1}"), NULL, &json, NULL), PROVAR_OK);
    assert_int_equal(pv_json_raw_count(json), 0);
    pv_json_free(json);
}

static void finds_raw_members_of_the_top_object(void **state) {
    const char *text = "{\"a\":[1, 2],\"w\":{\"inner\":{\"a\":0}},\"last\":null}";
    struct pv_json *json = NULL;
    (void)state;
    assert_int_equal(pv_json_parse(pv_str_of(text), pv_json_all_raw, &json, NULL), PROVAR_OK);
    assert_int_equal(pv_json_raw_count(json), 3);
    assert_ptr_equal(pv_json_raw_find(json, PV_STR("a")), pv_json_raw(json, 0));
    assert_str(pv_json_raw_find(json, PV_STR("a"))->value_text, "[1, 2]");
    assert_str(pv_json_raw_find(json, PV_STR("w"))->value_text, "{\"inner\":{\"a\":0}}");
    assert_str(pv_json_raw_find(json, PV_STR("last"))->value_text, "null");
    assert_null(pv_json_raw_find(json, PV_STR("inner")));
    assert_null(pv_json_raw_find(json, PV_STR("las")));
    pv_json_free(json);
}

/* A raw member of an object inside, whose key is that of another at the top. */
static void a_raw_member_further_in_is_not_found_at_the_top(void **state) {
    struct pv_json *json = parse("{\"w\":{\"raw\":1}}");
    (void)state;
    assert_int_equal(pv_json_raw_count(json), 1);
    assert_null(pv_json_raw_find(json, PV_STR("raw")));
    pv_json_free(json);
}

static enum provar_result write_down(void *seen, const struct pv_json_raw *member, struct provar_error *err) {
    if (pv_str_equal(member->value_text, PV_STR("\"stop\"")))
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "stopped");
    const struct pv_str parts[] = {member->parent, member->key, member->key_text, member->value_text};
    for (size_t i = 0; i < COUNT(parts); i++)
        assert_true(!pv_buf_append_str(seen, parts[i], err) && !pv_buf_append_str(seen, PV_STR(" "), err));
    return PROVAR_OK;
}

static void expect_each_raw(const char *text, enum provar_result wanted, const char *wanted_seen) {
    PV_AUTO_JSON struct pv_json *json = NULL;
    PV_AUTO_BUF struct pv_buf seen;
    struct provar_error err = {0};
    pv_buf_init(&seen, PV_KIB);
    expect_result(text, pv_json_parse_each_raw(pv_str_of(text), is_raw, write_down, &seen, &json, &err), wanted, &err);
    assert_str(pv_buf_str(&seen), wanted_seen);
    assert_true(json ? pv_json_raw_count(json) == 0 : wanted != PROVAR_OK);
}

/* Also those in front of a fault, but then there is no document. */
static void gives_raw_members_instead_of_keeping_them(void **state) {
    (void)state;
    expect_each_raw("{\"r\\u0061w\":[1.10 ],\"z\":1,\"w\":{\"raw\":0,\"schema\":{}}}", PROVAR_OK,
                    " raw \"r\\u0061w\" [1.10 ] w raw \"raw\" 0 w schema \"schema\" {} ");
    expect_each_raw("{\"raw\":1,\"raw\":2}", PROVAR_E_CLAIMS, " raw \"raw\" 1  raw \"raw\" 2 ");
    expect_each_raw("{\"raw\":1,\"z\":01}", PROVAR_E_CLAIMS, " raw \"raw\" 1 ");
    expect_each_raw("{\"raw\":\"stop\",\"z\":01}", PROVAR_E_USAGE, "");
}

/* ---------------------------------------------------------------- typed access */

static void expect_integer(const char *digits, int64_t min, int64_t max, bool good, int64_t wanted) {
    char *document = JOIN("{\"w\":{\"n\":", digits, "}}");
    struct pv_json *json = parse(document);
    struct provar_error err = {0};
    int64_t value = 77;
    bool present = false;
    enum provar_result result = pv_json_integer(json, PV_STR("w"), "n", min, max, &value, &present, &err);
    expect_result(digits, result, good ? PROVAR_OK : PROVAR_E_CLAIMS, &err);
    assert_true(present == good);
    assert_int_equal(value, good ? wanted : 77);
    if (!good)
        assert_non_null(strstr(err.message, "'w.n'"));
    pv_json_free(json);
    free(document);
}

/* threats: rows 146, 147, 154, 156. */
static void reads_integers_and_nothing_else(void **state) {
    static const char *const broken[] = {"1.0",
                                         "1e1",
                                         "1.5",
                                         "-0",
                                         "0.0",
                                         "\"1\"",
                                         "true",
                                         "[]",
                                         "{}",
                                         "\"\"",
                                         "9223372036854775808",
                                         "18446744073709551615",
                                         "18446744073709551616",
                                         "-9223372036854775808",
                                         "1E400"};
    char *huge = repeat("1", 400);
    (void)state;
    for (size_t i = 0; i < COUNT(broken); i++)
        expect_integer(broken[i], -INT64_MAX, INT64_MAX, false, 0);
    expect_integer(huge, -INT64_MAX, INT64_MAX, false, 0);
    expect_integer("0", 0, INT64_MAX, true, 0);
    expect_integer("9223372036854775807", 0, INT64_MAX, true, INT64_MAX);
    expect_integer("-9223372036854775807", -INT64_MAX, 0, true, -INT64_MAX);
    expect_integer("2147483647", INT32_MIN, INT32_MAX, true, INT32_MAX);
    expect_integer("2147483648", INT32_MIN, INT32_MAX, false, 0);
    expect_integer("-2147483648", INT32_MIN, INT32_MAX, true, INT32_MIN);
    expect_integer("-2147483649", INT32_MIN, INT32_MAX, false, 0);
    expect_integer("-1", 0, 1, false, 0);
    free(huge);
}

static void absent_and_null_are_the_same(void **state) {
    static const char *const keys[] = {"null", "absent"};
    struct pv_json *json = parse("{\"null\":null,\"t\":\"x\"}");
    struct pv_str text = PV_STR("untouched");
    int64_t number = 77;
    (void)state;
    for (size_t i = 0; i < COUNT(keys); i++) {
        bool text_present = true, number_present = true, object_present = true, inner_present = true;
        assert_int_equal(pv_json_text(json, TOP, keys[i], &text, &text_present, NULL), PROVAR_OK);
        assert_int_equal(pv_json_integer(json, TOP, keys[i], 0, 1, &number, &number_present, NULL), PROVAR_OK);
        assert_int_equal(pv_json_object(json, TOP, keys[i], &object_present, NULL), PROVAR_OK);
        assert_int_equal(pv_json_text(json, pv_str_of(keys[i]), "k", &text, &inner_present, NULL), PROVAR_OK);
        assert_false(text_present || number_present || object_present || inner_present);
    }
    bool inner_present = true;
    assert_int_equal(pv_json_text(json, PV_STR("t"), "k", &text, &inner_present, NULL), PROVAR_OK);
    assert_false(inner_present);
    assert_str(text, "untouched");
    assert_int_equal(number, 77);
    pv_json_free(json);
}

static void reads_texts_and_objects(void **state) {
    struct pv_json *json = parse("{\"t\":\"a\\u00e9\\/\",\"o\":{\"\\u0074\":\"\"},\"n\":1,\"l\":[]}");
    struct provar_error err = {0};
    struct pv_str text = {0};
    bool present = false;
    (void)state;
    assert_int_equal(pv_json_text(json, TOP, "t", &text, &present, NULL), PROVAR_OK);
    assert_str(text, "a\xc3\xa9/");
    assert_int_equal(pv_json_text(json, PV_STR("o"), "t", &text, &present, NULL), PROVAR_OK);
    assert_true(present);
    assert_str(text, "");
    assert_int_equal(pv_json_object(json, TOP, "o", &present, NULL), PROVAR_OK);
    assert_true(present);
    expect_result("n", pv_json_text(json, TOP, "n", &text, &present, &err), PROVAR_E_CLAIMS, &err);
    assert_string_equal(err.message, "'n' is not a text");
    assert_int_equal(pv_json_object(json, TOP, "l", &present, NULL), PROVAR_E_CLAIMS);
    assert_int_equal(pv_json_object(json, TOP, "t", &present, NULL), PROVAR_E_CLAIMS);
    pv_json_free(json);
}

/* The object that an empty text asks for is the top, never the one whose key is empty. */
static void an_object_under_an_empty_key_is_not_the_top(void **state) {
    struct pv_json *json = parse("{\"\":{\"t\":\"x\",\"n\":1,\"o\":{},\"raw\":2},\"w\":{\"\":\"y\"}}");
    struct pv_str text = {0};
    int64_t number = 77;
    bool text_present = true, number_present = true, object_present = true;
    (void)state;
    assert_int_equal(pv_json_text(json, TOP, "t", &text, &text_present, NULL), PROVAR_OK);
    assert_int_equal(pv_json_integer(json, TOP, "n", 0, 9, &number, &number_present, NULL), PROVAR_OK);
    assert_int_equal(pv_json_object(json, TOP, "o", &object_present, NULL), PROVAR_OK);
    assert_false(text_present || number_present || object_present);
    assert_int_equal(pv_json_raw_count(json), 0);
    assert_int_equal(pv_json_object(json, TOP, "", &object_present, NULL), PROVAR_OK);
    assert_int_equal(pv_json_text(json, PV_STR("w"), "", &text, &text_present, NULL), PROVAR_OK);
    assert_true(object_present && text_present);
    assert_str(text, "y");
    pv_json_free(json);
}

struct visits {
    struct pv_buf lines;
    size_t left;
};

static enum provar_result visit(void *user, struct pv_str name, struct pv_str value, struct provar_error *err) {
    struct visits *visits = user;
    if (visits->left-- == 0)
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "enough");
    assert_int_equal(pv_buf_append_str(&visits->lines, name, NULL), PROVAR_OK);
    add_text(&visits->lines, "=");
    assert_int_equal(pv_buf_append_str(&visits->lines, value, NULL), PROVAR_OK);
    add_text(&visits->lines, ";");
    return PROVAR_OK;
}

typedef enum provar_result (*each_fn)(const struct pv_json *, struct pv_str, const char *, pv_json_each_fn, void *,
                                      struct provar_error *);

static void expect_each(each_fn each, const char *text, size_t most, enum provar_result wanted, const char *lines) {
    struct pv_json *json = parse(text);
    struct visits visits = {.left = most};
    struct provar_error err = {0};
    pv_buf_init(&visits.lines, PV_KIB);
    add_text(&visits.lines, "");
    expect_result(text, each(json, PV_STR("w"), "h", visit, &visits, &err), wanted, &err);
    assert_string_equal((const char *)visits.lines.data, lines);
    pv_buf_release(&visits.lines);
    pv_json_free(json);
}

static void expect_visits(const char *text, size_t most, enum provar_result wanted, const char *lines) {
    expect_each(pv_json_each_text, text, most, wanted, lines);
}

static void visits_elements_in_order(void **state) {
    static const struct {
        const char *text;
        enum provar_result result;
        const char *lines;
    } cases[] = {
        {"{\"w\":{\"h\":[\"b\",\"a\",\"\\u006d\",\"\"]}}", PROVAR_OK, "=b;=a;=m;=;"},
        {"{\"w\":{\"h\": [\t\"]\\\"\" ,\n\"x\" ] }}", PROVAR_OK, "=]\";=x;"},
        {"{\"w\":{\"h\":[]}}", PROVAR_OK, ""},
        {"{\"w\":{\"h\":null}}", PROVAR_OK, ""},
        {"{\"w\":{}}", PROVAR_OK, ""},
        {"{\"w\":{\"h\":[\"a\",1]}}", PROVAR_E_CLAIMS, "=a;"},
        {"{\"w\":{\"h\":[[\"a\"]]}}", PROVAR_E_CLAIMS, ""},
        {"{\"w\":{\"h\":[null]}}", PROVAR_E_CLAIMS, ""},
        {"{\"w\":{\"h\":{\"a\":\"b\"}}}", PROVAR_E_CLAIMS, ""},
        {"{\"w\":{\"h\":\"a\"}}", PROVAR_E_CLAIMS, ""},
        {"{\"w\":{\"h\":[\"1\",\"2\",\"3\",\"4\",\"5\"]}}", PROVAR_E_LIMIT, "=1;=2;=3;=4;"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        expect_each(pv_json_each_text_element, cases[i].text, 4, cases[i].result, cases[i].lines);
}

static void visits_texts_in_order(void **state) {
    (void)state;
    expect_visits("{\"w\":{\"h\":{\"z\":\"1\",\"a\":\"2\",\"\\u006d\":\"3\",\"b\":\"\"}}}", 9, PROVAR_OK,
                  "z=1;a=2;m=3;b=;");
    expect_visits("{\"w\":{\"h\":{}}}", 9, PROVAR_OK, "");
    expect_visits("{\"w\":{\"h\":null}}", 9, PROVAR_OK, "");
    expect_visits("{\"w\":{}}", 9, PROVAR_OK, "");
    expect_visits("{\"w\":{\"h\":{\"a\":\"1\",\"b\":\"2\"}}}", 1, PROVAR_E_LIMIT, "a=1;");
    expect_visits("{\"w\":{\"h\":{\"a\":\"1\",\"b\":2}}}", 9, PROVAR_E_CLAIMS, "a=1;");
    expect_visits("{\"w\":{\"h\":{\"a\":null}}}", 9, PROVAR_E_CLAIMS, "");
    expect_visits("{\"w\":{\"h\":{\"a\":\"1\",\"b\":{\"c\":\"2\"}}}}", 9, PROVAR_E_CLAIMS, "a=1;");
    expect_visits("{\"w\":{\"h\":{\"a\":[\"1\"]}}}", 9, PROVAR_E_CLAIMS, "");
    expect_visits("{\"w\":{\"h\": {\t\"a\" :\r\n\"1\\\"}\" ,\"\\\\\":\"\\\\\" } } }", 9, PROVAR_OK, "a=1\"};\\=\\;");
    expect_visits("{\"w\":{\"h\":[\"a\"]}}", 9, PROVAR_E_CLAIMS, "");
}

/* ---------------------------------------------------------------- quote, check, errors */

static void expect_quote(struct pv_str text, const char *wanted) {
    struct pv_buf buf;
    pv_buf_init(&buf, PV_KIB);
    assert_int_equal(pv_json_quote(&buf, text, NULL), PROVAR_OK);
    assert_string_equal((const char *)buf.data, wanted);
    pv_buf_release(&buf);
}

static void quotes_as_the_published_writer(void **state) {
    struct pv_buf buf;
    (void)state;
    expect_quote(PV_STR(""), "\"\"");
    expect_quote(PV_STR("plain / text"), "\"plain / text\"");
    expect_quote(PV_STR("\"\\\b\f\n\r\t"), "\"\\\"\\\\\\b\\f\\n\\r\\t\"");
    expect_quote(PV_STR("a\x01"
                        "b\x1f\x1b"),
                 "\"a\\u0001b\\u001f\\u001b\"");
    expect_quote(PV_STR("\x7f \xc3\xa9 \xe2\x80\xae \xf0\x9f\x98\x80"),
                 "\"\x7f \xc3\xa9 \xe2\x80\xae \xf0\x9f\x98\x80\"");
    pv_buf_init(&buf, PV_KIB);
    assert_int_equal(pv_json_quote(&buf, PV_STR("a\0b"), NULL), PROVAR_E_USAGE);
    assert_int_equal(pv_json_quote(&buf, PV_STR("\xff"), NULL), PROVAR_E_USAGE);
    assert_int_equal(buf.len, 0);
    pv_buf_release(&buf);
}

/* Every byte below space, quoted and parsed again, is itself. */
static void quoting_and_parsing_are_inverse(void **state) {
    (void)state;
    for (char c = 1; c < 0x7f; c++) {
        struct pv_buf buf;
        struct pv_json *json = NULL;
        struct pv_str text = {0};
        bool present = false;
        pv_buf_init(&buf, PV_KIB);
        add_text(&buf, "{\"t\":");
        assert_int_equal(pv_json_quote(&buf, pv_str(&c, 1), NULL), PROVAR_OK);
        add_text(&buf, "}");
        assert_int_equal(pv_json_parse(pv_buf_str(&buf), NULL, &json, NULL), PROVAR_OK);
        assert_int_equal(pv_json_text(json, TOP, "t", &text, &present, NULL), PROVAR_OK);
        assert_true(present && text.len == 1 && text.text[0] == c);
        pv_json_free(json);
        pv_buf_release(&buf);
    }
}

static void quoting_stops_at_the_buffers_ceiling(void **state) {
    struct pv_buf buf;
    (void)state;
    pv_buf_init(&buf, 5);
    assert_int_equal(pv_json_quote(&buf, PV_STR("abc"), NULL), PROVAR_OK);
    pv_buf_release(&buf);
    assert_int_equal(pv_json_quote(&buf, PV_STR("abcd"), NULL), PROVAR_E_LIMIT);
    pv_buf_release(&buf);
    assert_int_equal(pv_json_quote(&buf, PV_STR("a\x01"), NULL), PROVAR_E_LIMIT);
    pv_buf_release(&buf);
}

static void checks_objects_only_when_asked(void **state) {
    static const char *const others[] = {"[]", "null", "1", "\"a\"", "true"};
    (void)state;
    for (size_t i = 0; i < COUNT(others); i++) {
        assert_int_equal(pv_json_check(pv_str_of(others[i]), false, NULL), PROVAR_OK);
        assert_int_equal(pv_json_check(pv_str_of(others[i]), true, NULL), PROVAR_E_CLAIMS);
    }
    assert_int_equal(pv_json_check(PV_STR(" {\"a\":1.10}\n"), true, NULL), PROVAR_OK);
    assert_int_equal(pv_json_check(PV_STR("{} {}"), true, NULL), PROVAR_E_CLAIMS);
}

static void errors_escape_what_they_quote(void **state) {
    static const char *const hostile[] = {"{\"\xe2\x80\xae%s%n\":1,\"\xe2\x80\xae%s%n\":1}",
                                          "{\"\\u001b[2J\":1,\"\\u001b[2J\":1}", "{\"a\":\"\x9b\"}"};
    (void)state;
    for (size_t i = 0; i < COUNT(hostile); i++) {
        struct provar_error err = {0};
        struct pv_json *json = NULL;
        expect_result(hostile[i], pv_json_parse(pv_str_of(hostile[i]), NULL, &json, &err), PROVAR_E_CLAIMS, &err);
        for (const char *c = err.message; *c; c++)
            assert_true((unsigned char)*c < 0x80);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_duplicates_at_every_level),
        cmocka_unit_test(refuses_broken_strings_everywhere),
        cmocka_unit_test(accepts_every_escape_and_sequence),
        cmocka_unit_test(judges_grammar_inside_raw_values),
        cmocka_unit_test(refuses_what_is_no_object_or_more_than_one),
        cmocka_unit_test(keeps_limits_apart_from_faults),
        cmocka_unit_test(a_million_unknown_members_are_refused_early),
        cmocka_unit_test(keeps_raw_members_as_written),
        cmocka_unit_test(keeps_many_raw_members),
        cmocka_unit_test(nothing_is_raw_without_a_decision),
        cmocka_unit_test(finds_raw_members_of_the_top_object),
        cmocka_unit_test(a_raw_member_further_in_is_not_found_at_the_top),
        cmocka_unit_test(gives_raw_members_instead_of_keeping_them),
        cmocka_unit_test(reads_integers_and_nothing_else),
        cmocka_unit_test(absent_and_null_are_the_same),
        cmocka_unit_test(reads_texts_and_objects),
        cmocka_unit_test(an_object_under_an_empty_key_is_not_the_top),
        cmocka_unit_test(visits_texts_in_order),
        cmocka_unit_test(visits_elements_in_order),
        cmocka_unit_test(quotes_as_the_published_writer),
        cmocka_unit_test(quoting_and_parsing_are_inverse),
        cmocka_unit_test(quoting_stops_at_the_buffers_ceiling),
        cmocka_unit_test(checks_objects_only_when_asked),
        cmocka_unit_test(errors_escape_what_they_quote),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
