/* Tests of base/json_array: each element once, as written, whatever is in it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"
#include "support/guard.h"

#include "internal.h"

#include "base/json.h"
#include "base/json_array.h"

struct seen {
    struct pv_buf lines;
    size_t left;
};

static enum provar_result see(void *user, struct pv_str element, struct provar_error *err) {
    struct seen *seen = user;
    if (seen->left-- == 0)
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "enough");
    assert_ok(pv_json_check(element, false, NULL));
    assert_ok(pv_buf_append_str(&seen->lines, element, NULL));
    assert_ok(pv_buf_append_str(&seen->lines, PV_STR("|"), NULL));
    return PROVAR_OK;
}

static void expect_str(struct pv_str array, size_t most, enum provar_result wanted, const char *lines) {
    struct guarded exact = guard_copy(array.text, array.len);
    struct seen seen = {.left = most};
    struct provar_error err = {0};
    pv_buf_init(&seen.lines, PV_MIB);
    assert_ok(pv_buf_append_str(&seen.lines, PV_STR(""), NULL));
    assert_ok(pv_json_check(array, false, NULL));
    enum provar_result result = pv_json_each_element(pv_str(exact.data, array.len), see, &seen, &err);
    assert_int_equal(result, wanted);
    assert_int_equal(err.code, wanted);
    assert_string_equal(seen.lines.data ? (const char *)seen.lines.data : "", lines);
    pv_buf_release(&seen.lines);
    guard_free(&exact);
}

static void expect(const char *array, const char *lines) {
    expect_str(pv_str_of(array), 99, PROVAR_OK, lines);
}

static void elements_are_given_as_they_stand(void **state) {
    (void)state;
    expect("[]", "");
    expect("[ \t\r\n]", "");
    expect("[1]", "1|");
    expect("[1,-2.5e+3,true,false,null,\"\",[],{}]", "1|-2.5e+3|true|false|null|\"\"|[]|{}|");
    expect("[ 1 ,\n2\t, \"a\" , [ ] , { } ]", "1|2|\"a\"|[ ]|{ }|");
    expect("[{\"a\" : [1, {\"b\":[[]]}]},[[[]],{}],7]", "{\"a\" : [1, {\"b\":[[]]}]}|[[[]],{}]|7|");
}

static void brackets_and_commas_in_strings_are_text(void **state) {
    (void)state;
    expect("[\"]\",\"[\",\"{,\",\"}\"]", "\"]\"|\"[\"|\"{,\"|\"}\"|");
    expect("[\"\\\"]\",{\"\\\\\":\"[,{\\\"\"},\"\\\\\"]", "\"\\\"]\"|{\"\\\\\":\"[,{\\\"\"}|\"\\\\\"|");
    expect("[{\"]\":\"}\"},1]", "{\"]\":\"}\"}|1|");
}

/* Deeper than any stack of calls would be, within what the scan allows. */
static void nothing_recurses(void **state) {
    char text[2 * PV_MAX_JSON_SCHEMA_DEPTH + 4] = "";
    size_t deep = PV_MAX_JSON_SCHEMA_DEPTH;
    char wanted[sizeof text];
    (void)state;
    memset(text, '[', deep);
    memset(text + deep, ']', deep);
    memcpy(text + 2 * deep - 1, ",1]", 3);
    (void)snprintf(wanted, sizeof wanted, "%.*s|1|", (int)(2 * deep - 2), text + 1);
    expect(text, wanted);
}

static void the_walk_ends_with_the_first_failure(void **state) {
    (void)state;
    expect_str(PV_STR("[1,2,3]"), 2, PROVAR_E_LIMIT, "1|2|");
    expect_str(PV_STR("[1,2,3]"), 3, PROVAR_OK, "1|2|3|");
}

static void another_value_is_no_array(void **state) {
    static const struct pv_str others[] = {PV_STR("{}"), PV_STR("null"), PV_STR("\"[]\""), PV_STR("1")};
    (void)state;
    for (size_t i = 0; i < array_length(others); i++)
        expect_str(others[i], 99, PROVAR_E_CLAIMS, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_are_given_as_they_stand),
        cmocka_unit_test(brackets_and_commas_in_strings_are_text),
        cmocka_unit_test(nothing_recurses),
        cmocka_unit_test(the_walk_ends_with_the_first_failure),
        cmocka_unit_test(another_value_is_no_array),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
