/* Tests of base/str: comparison, UTF-8 by the bounds of RFC 3629, numbers that are digits and nothing else. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"
#include "support/fail_alloc.h"
#include "support/guard.h"

#include "internal.h"

#include "base/str.h"

static void equality_is_of_length_and_bytes(void **state) {
    (void)state;
    assert_true(pv_str_equal(PV_STR("tar"), pv_str("target", 3)));
    assert_false(pv_str_equal(PV_STR("tar"), PV_STR("target")));
    assert_false(pv_str_equal(PV_STR("tar"), PV_STR("taR")));
    assert_true(pv_str_equal(PV_STR("a\0b"), pv_str("a\0b", 3)));
    assert_false(pv_str_equal(PV_STR("a\0b"), PV_STR("a\0c")));
    assert_true(pv_str_equal(pv_str(NULL, 0), PV_STR("")));
}

static void text_of_null_is_empty(void **state) {
    (void)state;
    assert_int_equal(pv_str_of(NULL).len, 0);
    assert_int_equal(pv_str_of("abc").len, 3);
}

static void order_is_of_unsigned_bytes_shorter_first(void **state) {
    (void)state;
    assert_int_equal(pv_str_order(PV_STR("a"), PV_STR("b")), -1);
    assert_int_equal(pv_str_order(PV_STR("b"), PV_STR("a")), 1);
    assert_int_equal(pv_str_order(PV_STR("a"), PV_STR("a")), 0);
    assert_int_equal(pv_str_order(PV_STR("a"), PV_STR("ab")), -1);
    assert_int_equal(pv_str_order(PV_STR("ab"), PV_STR("a")), 1);
    assert_int_equal(pv_str_order(PV_STR("\x7f"), PV_STR("\x80")), -1);
    assert_int_equal(pv_str_order(pv_str(NULL, 0), PV_STR("a")), -1);
    assert_int_equal(pv_str_order(pv_str(NULL, 0), pv_str(NULL, 0)), 0);
}

static void a_list_ends_in_null(void **state) {
    (void)state;
    static const char *const list[] = {"ios", "", NULL, "macos"};
    assert_true(pv_str_is_one_of(PV_STR("ios"), list));
    assert_true(pv_str_is_one_of(PV_STR(""), list));
    assert_false(pv_str_is_one_of(PV_STR("io"), list));
    assert_false(pv_str_is_one_of(PV_STR("macos"), list));
    assert_false(pv_str_is_one_of(PV_STR("ios"), &list[2]));
}

static void starts_and_ends(void **state) {
    (void)state;
    assert_true(pv_str_starts(PV_STR("linux.bin"), PV_STR("linux")));
    assert_true(pv_str_starts(PV_STR("linux"), PV_STR("linux")));
    assert_true(pv_str_starts(PV_STR("linux"), PV_STR("")));
    assert_false(pv_str_starts(PV_STR("lin"), PV_STR("linux")));
    assert_false(pv_str_starts(PV_STR("linux"), PV_STR("inux")));
    assert_true(pv_str_ends(PV_STR("linux.bin"), PV_STR(".bin")));
    assert_true(pv_str_ends(PV_STR(".bin"), PV_STR(".bin")));
    assert_false(pv_str_ends(PV_STR("bin"), PV_STR(".bin")));
    assert_false(pv_str_ends(PV_STR("linux.bin"), PV_STR(".bi")));
}

static void nul_inside_is_seen(void **state) {
    (void)state;
    assert_true(pv_str_has_nul(PV_STR("a\0b")));
    assert_true(pv_str_has_nul(PV_STR("a\0")));
    assert_false(pv_str_has_nul(PV_STR("ab")));
    assert_false(pv_str_has_nul(pv_str(NULL, 0)));
}

static void case_is_ignored_for_ascii_letters_only(void **state) {
    (void)state;
    assert_true(pv_str_equal_ascii_nocase(PV_STR("X86_64-Linux"), PV_STR("x86_64-linuX")));
    assert_false(pv_str_equal_ascii_nocase(PV_STR("abc"), PV_STR("abcd")));
    assert_false(pv_str_equal_ascii_nocase(PV_STR("abc"), PV_STR("abd")));
    /* the neighbours of the letters, 0x20 apart */
    assert_false(pv_str_equal_ascii_nocase(PV_STR("@["), PV_STR("`{")));
    assert_false(pv_str_equal_ascii_nocase(PV_STR("\xc3\x84"), PV_STR("\xc3\xa4")));
}

static void chomp_takes_one_line_end(void **state) {
    (void)state;
    static const struct {
        struct pv_str text;
        size_t left;
    } cases[] = {
        {{"seed", 4}, 4},     {{"seed\n", 5}, 4}, {{"seed\r\n", 6}, 4}, {{"seed\n\n", 6}, 5}, {{"seed\r", 5}, 5},
        {{"seed\n\r", 6}, 6}, {{"\n", 1}, 0},     {{"\r\n", 2}, 0},     {{"", 0}, 0},         {{NULL, 0}, 0},
    };
    for (size_t i = 0; i < array_length(cases); i++)
        assert_int_equal(pv_str_chomp(cases[i].text).len, cases[i].left);
}

static void utf8_is_read_up_to_every_bound(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t len;
        uint32_t code_point;
    } cases[] = {
        {"\x00", 1, 0},
        {"\x7f", 1, 0x7f},
        {"\xc2\x80", 2, 0x80},
        {"\xdf\xbf", 2, 0x7ff},
        {"\xe0\xa0\x80", 3, 0x800},
        {"\xed\x9f\xbf", 3, 0xd7ff},
        {"\xee\x80\x80", 3, 0xe000},
        {"\xef\xbf\xbf", 3, 0xffff},
        {"\xf0\x90\x80\x80", 4, 0x10000},
        {"\xf4\x8f\xbf\xbf", 4, 0x10ffff},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        struct guarded guarded = guard_copy(cases[i].text, cases[i].len);
        struct pv_str text = pv_str(guarded.data, guarded.len);
        uint32_t code_point = 1;
        assert_int_equal(pv_utf8_next(text, &code_point), cases[i].len);
        assert_int_equal(code_point, cases[i].code_point);
        assert_true(pv_str_is_utf8(text));
        guard_free(&guarded);
    }
}

static void utf8_is_refused_beyond_every_bound(void **state) {
    (void)state;
    static const char *const cases[] = {
        "\x80",
        "\xbf",
        "\xfe",
        "\xff", /* no lead byte */
        "\xc0\x80",
        "\xc1\xbf",
        "\xe0\x80\x80",
        "\xe0\x9f\xbf", /* overlong */
        "\xf0\x80\x80\x80",
        "\xf0\x8f\xbf\xbf", /* overlong */
        "\xed\xa0\x80",
        "\xed\xbf\xbf", /* surrogates */
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xf8\x88\x80\x80\x80", /* above U+10FFFF */
        "\xc2",
        "\xe1\x80",
        "\xf1\x80\x80",
        "\xf1", /* cut short */
        "\xc2\x41",
        "\xe1\x80\x41",
        "\xe1\x41\x80",
        "\xc2\xc0", /* no continuation */
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        struct guarded guarded = guard_copy(cases[i], strlen(cases[i]));
        struct pv_str text = pv_str(guarded.data, guarded.len);
        uint32_t code_point = 77;
        assert_int_equal(pv_utf8_next(text, &code_point), 0);
        assert_int_equal(code_point, 77);
        assert_false(pv_str_is_utf8(text));
        guard_free(&guarded);
    }
}

static void utf8_is_judged_to_the_end(void **state) {
    (void)state;
    assert_true(pv_str_is_utf8(pv_str(NULL, 0)));
    assert_true(pv_str_is_utf8(PV_STR("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z")));
    assert_false(pv_str_is_utf8(PV_STR("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z\xff")));
    uint32_t code_point;
    assert_int_equal(pv_utf8_next(pv_str(NULL, 0), &code_point), 0);
}

static void dup_ends_in_nul(void **state) {
    (void)state;
    PV_AUTO_FREE char *copy = pv_str_dup(pv_str("target", 3));
    assert_string_equal(copy, "tar");
    PV_AUTO_FREE char *empty = pv_str_dup(pv_str(NULL, 0));
    assert_string_equal(empty, "");
}

static void dup_without_memory_is_null(void **state) {
    (void)state;
    fail_alloc(0);
    assert_null(pv_str_dup(PV_STR("tar")));
    fail_alloc(-1);
}

static void decimals_are_read_up_to_the_limit(void **state) {
    (void)state;
    uint64_t value = 7;
    assert_true(pv_parse_decimal(PV_STR("0"), 0, &value));
    assert_int_equal(value, 0);
    assert_true(pv_parse_decimal(PV_STR("255"), 255, &value));
    assert_int_equal(value, 255);
    assert_true(pv_parse_decimal(PV_STR("18446744073709551615"), UINT64_MAX, &value));
    assert_true(value == UINT64_MAX);
}

static void decimals_are_refused_beyond_the_limit(void **state) {
    (void)state;
    static const struct {
        const char *text;
        uint64_t max;
    } cases[] = {
        {"1", 0},
        {"256", 255},
        {"300", 255},
        {"9", 8},
        {"10", 8},
        {"18446744073709551616", UINT64_MAX},
        {"18446744073709551620", UINT64_MAX},
        {"99999999999999999999999999", UINT64_MAX},
        {"9223372036854775808", INT64_MAX},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        uint64_t value = 77;
        assert_false(pv_parse_decimal(pv_str_of(cases[i].text), cases[i].max, &value));
        assert_int_equal(value, 77);
    }
}

static void numbers_are_digits_only(void **state) {
    (void)state;
    static const char *const cases[] = {"",    "+1",  "-1",  " 1",       "1 ", "1\n", "0x1",
                                        "1e1", "1.0", "1_0", "\xd9\xa1", ":",  "/"};
    for (size_t i = 0; i < array_length(cases); i++) {
        uint64_t value = 77;
        assert_false(pv_parse_decimal(pv_str_of(cases[i]), UINT64_MAX, &value));
        assert_false(pv_parse_octal(pv_str_of(cases[i]), UINT64_MAX, &value));
        assert_int_equal(value, 77);
    }
    uint64_t value = 77;
    assert_false(pv_parse_decimal(PV_STR("1\0002"), UINT64_MAX, &value));
    /* to some readers an octal number */
    assert_false(pv_parse_decimal(PV_STR("010"), UINT64_MAX, &value));
    assert_false(pv_parse_decimal(PV_STR("00"), UINT64_MAX, &value));
    assert_int_equal(value, 77);
}

static void octals_may_have_leading_zeros(void **state) {
    (void)state;
    uint64_t value = 7;
    assert_true(pv_parse_octal(PV_STR("00000000644"), 0777, &value));
    assert_int_equal(value, 0644);
    assert_true(pv_parse_octal(PV_STR("77777777777"), 077777777777, &value));
    assert_true(pv_parse_octal(PV_STR("1777777777777777777777"), UINT64_MAX, &value));
    assert_true(value == UINT64_MAX);
    value = 77;
    assert_false(pv_parse_octal(PV_STR("2000000000000000000000"), UINT64_MAX, &value));
    assert_false(pv_parse_octal(PV_STR("1000"), 0777, &value));
    assert_false(pv_parse_octal(PV_STR("8"), 0777, &value));
    assert_int_equal(value, 77);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equality_is_of_length_and_bytes),
        cmocka_unit_test(text_of_null_is_empty),
        cmocka_unit_test(order_is_of_unsigned_bytes_shorter_first),
        cmocka_unit_test(a_list_ends_in_null),
        cmocka_unit_test(starts_and_ends),
        cmocka_unit_test(nul_inside_is_seen),
        cmocka_unit_test(case_is_ignored_for_ascii_letters_only),
        cmocka_unit_test(chomp_takes_one_line_end),
        cmocka_unit_test(utf8_is_read_up_to_every_bound),
        cmocka_unit_test(utf8_is_refused_beyond_every_bound),
        cmocka_unit_test(utf8_is_judged_to_the_end),
        cmocka_unit_test(dup_ends_in_nul),
        cmocka_unit_test(dup_without_memory_is_null),
        cmocka_unit_test(decimals_are_read_up_to_the_limit),
        cmocka_unit_test(decimals_are_refused_beyond_the_limit),
        cmocka_unit_test(numbers_are_digits_only),
        cmocka_unit_test(octals_may_have_leading_zeros),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
