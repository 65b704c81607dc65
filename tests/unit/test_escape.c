/* Tests of base/escape: nothing that steers a terminal passes, nothing else changes, no escape is cut. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"
#include "support/guard.h"

#include "internal.h"

static void assert_escapes(struct pv_str text, const char *expected) {
    char out[256];
    struct guarded guarded = guard_copy(text.text, text.len);
    assert_int_equal(provar_escape(guarded.data, guarded.len, out, sizeof out), strlen(expected));
    assert_string_equal(out, expected);
    guard_free(&guarded);
}

static void ordinary_text_stays(void **state) {
    (void)state;
    assert_escapes(PV_STR(""), "");
    assert_escapes(PV_STR(" !\"'%~ Az09"), " !\"'%~ Az09");
    assert_escapes(PV_STR("d\xc3\xa9j\xc3\xa0 \xe6\xbc\xa2 \xf0\x9f\x98\x80"),
                   "d\xc3\xa9j\xc3\xa0 \xe6\xbc\xa2 \xf0\x9f\x98\x80");
}

static void a_backslash_becomes_two(void **state) {
    (void)state;
    assert_escapes(PV_STR("\\x1b"), "\\\\x1b");
}

static void controls_become_hex(void **state) {
    (void)state;
    assert_escapes(PV_STR("\x1b[31m\a\r\n\t\x7f"), "\\x1b[31m\\x07\\x0d\\x0a\\x09\\x7f");
    assert_escapes(PV_STR("a\0b"), "a\\x00b");
    /* C1: U+009B is an 8-bit CSI to some terminals */
    assert_escapes(PV_STR("\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0"), "\\u{80}\\u{9b}\\u{9f}\xc2\xa0");
}

static void invalid_utf8_becomes_hex_byte_by_byte(void **state) {
    (void)state;
    assert_escapes(PV_STR("a\xff"
                          "b\x80"),
                   "a\\xffb\\x80");
    assert_escapes(PV_STR("\xe2\x82"), "\\xe2\\x82");
    assert_escapes(PV_STR("\xe2\x82\x1b"), "\\xe2\\x82\\x1b");
    assert_escapes(PV_STR("\xed\xa0\x80"), "\\xed\\xa0\\x80");
    assert_escapes(PV_STR("\xc0\x9b"), "\\xc0\\x9b");
}

/* UTF-8 of one code point. */
static struct pv_str encode(uint32_t c, char out[4]) {
    if (c < 0x80) {
        out[0] = (char)c;
        return pv_str(out, 1);
    }
    size_t len = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = len; i-- > 1; c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)((0xf00u >> len & 0xf0) | c);
    return pv_str(out, len);
}

static void code_points_that_steer_are_named(void **state) {
    (void)state;
    static const uint32_t bounds[][2] = {
        {0xad, 0xad},     {0x61c, 0x61c},   {0x180e, 0x180e}, {0x200b, 0x200f},    {0x2028, 0x202e},
        {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0x10ffff},
    };
    for (size_t i = 0; i < array_length(bounds); i++) {
        for (unsigned end = 0; end < 2; end++) {
            char text[4], expected[16], out[16];
            struct pv_str inside = encode(bounds[i][end], text);
            (void)snprintf(expected, sizeof expected, "\\u{%x}", (unsigned)bounds[i][end]);
            assert_escapes(inside, expected);
            uint32_t outside = end == 0 ? bounds[i][0] - 1 : bounds[i][1] + 1;
            if (outside > 0x10ffff)
                continue;
            struct pv_str beside = encode(outside, text);
            assert_int_equal(provar_escape(beside.text, beside.len, out, sizeof out), beside.len);
            assert_memory_equal(out, beside.text, beside.len);
        }
    }
}

static void every_output_is_safe_ascii_or_utf8(void **state) {
    (void)state;
    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        if (c >= 0xd800 && c <= 0xdfff)
            continue;
        char text[4], out[16];
        struct pv_str one = encode(c, text);
        size_t len = provar_escape(one.text, one.len, out, sizeof out);
        assert_true(len < sizeof out);
        assert_true(pv_str_is_utf8(pv_str(out, len)));
        for (size_t i = 0; i < len; i++)
            assert_true((unsigned char)out[i] >= 0x20 && out[i] != 0x7f);
    }
}

static void a_short_buffer_gets_whole_pieces(void **state) {
    (void)state;
    static const struct {
        size_t cap;
        const char *expected;
    } cases[] = {
        {1, ""},
        {2, "a"},
        {3, "a"},
        {5, "a"},
        {6, "a\\x1b"},
        {7, "a\\x1b"},
        {8, "a\\x1b\xc3\xa9"},
        {9, "a\\x1b\xc3\xa9z"},
        {10, "a\\x1b\xc3\xa9z"},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        char out[16];
        memset(out, '#', sizeof out);
        assert_int_equal(provar_escape("a\x1b\xc3\xa9z", 5, out, cases[i].cap), 8);
        assert_string_equal(out, cases[i].expected);
        for (size_t j = cases[i].cap; j < sizeof out; j++)
            assert_int_equal(out[j], '#');
    }
}

static void the_length_alone_can_be_asked_for(void **state) {
    (void)state;
    assert_int_equal(provar_escape("a\x1b", 2, NULL, 0), 5);
    assert_int_equal(provar_escape(NULL, 0, NULL, 0), 0);
    char out[1] = {'#'};
    assert_int_equal(provar_escape(NULL, 0, out, 1), 0);
    assert_int_equal(out[0], 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ordinary_text_stays),
        cmocka_unit_test(a_backslash_becomes_two),
        cmocka_unit_test(controls_become_hex),
        cmocka_unit_test(invalid_utf8_becomes_hex_byte_by_byte),
        cmocka_unit_test(code_points_that_steer_are_named),
        cmocka_unit_test(every_output_is_safe_ascii_or_utf8),
        cmocka_unit_test(a_short_buffer_gets_whole_pieces),
        cmocka_unit_test(the_length_alone_can_be_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
