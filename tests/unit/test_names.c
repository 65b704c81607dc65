/* Tests of base/names: names are escaped and whole, the list ends where there is no room for one more. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"

#include "internal.h"

#include "base/names.h"

static void add_long(struct pv_names *names, size_t len) {
    char name[300];
    assert_true(len <= sizeof name);
    memset(name, 'n', len);
    pv_names_add(names, pv_str(name, len));
}

static void names_stand_in_their_order_escaped(void **state) {
    struct pv_names names = {0};
    (void)state;
    assert_string_equal(pv_names_text(&names), "none");
    pv_names_add(&names, PV_STR("b"));
    assert_string_equal(pv_names_text(&names), "b");
    pv_names_add(&names, pv_str("a\x7f\0c", 4));
    assert_string_equal(pv_names_text(&names), "b, a\\x7f\\x00c");
}

static void a_list_is_as_long_as_its_limit(void **state) {
    struct pv_names whole = {0}, cut = {0};
    (void)state;
    pv_names_add(&whole, PV_STR("first"));
    pv_names_add(&cut, PV_STR("first"));
    add_long(&whole, PV_MAX_NAMES_TEXT - strlen("first, "));
    add_long(&cut, PV_MAX_NAMES_TEXT - strlen("first, ") + 1);
    assert_int_equal(strlen(pv_names_text(&whole)), PV_MAX_NAMES_TEXT);
    assert_string_equal(pv_names_text(&cut), "first, and more");
    pv_names_add(&whole, PV_STR("b"));
    assert_true(pv_str_ends(pv_str_of(pv_names_text(&whole)), PV_STR("nnn, and more")));
}

static void nothing_follows_what_was_cut(void **state) {
    struct pv_names names = {0};
    (void)state;
    pv_names_add(&names, PV_STR("a"));
    add_long(&names, 300);
    pv_names_add(&names, PV_STR("b"));
    assert_string_equal(pv_names_text(&names), "a, and more");
}

static void a_first_name_without_room_is_told(void **state) {
    struct pv_names names = {0}, whole = {0};
    (void)state;
    add_long(&names, PV_MAX_NAMES_TEXT + 1);
    pv_names_add(&names, PV_STR("b"));
    assert_string_equal(pv_names_text(&names), "too long to be shown");
    add_long(&whole, PV_MAX_NAMES_TEXT);
    assert_int_equal(strlen(pv_names_text(&whole)), PV_MAX_NAMES_TEXT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_stand_in_their_order_escaped),
        cmocka_unit_test(a_list_is_as_long_as_its_limit),
        cmocka_unit_test(nothing_follows_what_was_cut),
        cmocka_unit_test(a_first_name_without_room_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
