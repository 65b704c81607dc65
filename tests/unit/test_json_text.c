/* Tests of base/json_text: every escape is its UTF-8, everything else is itself, and nothing is written beyond. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/claims.h"

#include "base/json_text.h"

/* In memory that ends where the string and the room for it end. */
static void expect_text(const char *string, const char *wanted) {
    struct pv_str copy = exact_copy(pv_str_of(string));
    char *room = malloc(copy.len);
    assert_non_null(room);
    struct pv_str text = pv_json_unescape(copy, room);
    assert_int_equal(text.len, strlen(wanted));
    assert_memory_equal(text.text, wanted, text.len);
    assert_true((text.text == room) == (strchr(string, '\\') != NULL));
    free(room);
    free((void *)copy.text);
}

/* RFC 8259, section 7; the edges of RFC 3629's lengths and of the surrogates. */
static void escapes_become_what_they_stand_for(void **state) {
    static const char *const texts[][2] = {
        {"\"\"", ""},
        {"\"plain / text\"", "plain / text"},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"},
        {"\"\\\\u0041\"", "\\u0041"},
        {"\"a\\u0041z\"", "aAz"},
        {"\"\\u0001\\u001F\\u007f\"", "\x01\x1f\x7f"},
        {"\"\\u0080\\u07ff\"", "\xc2\x80\xdf\xbf"},
        {"\"\\u0800\\ud7ff\\uE000\\uffFF\"", "\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"},
        {"\"\\ud800\\udc00\\uDBFF\\uDFFF\"", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"},
        {"\"\\uD83D\\uDE00.\\u20ac\\n\"", "\xf0\x9f\x98\x80.\xe2\x82\xac\n"},
        {"\"\xc3\xa9\\t\xf0\x9f\x98\x80\"", "\xc3\xa9\t\xf0\x9f\x98\x80"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++)
        expect_text(texts[i][0], texts[i][1]);
}

/* Every code point but NUL and surrogates, escaped, is what pv_utf8_next reads. */
static void every_code_point_survives(void **state) {
    (void)state;
    for (uint32_t code = 1; code <= 0x10ffff; code++) {
        char string[16], room[16];
        uint32_t read = 0, high = 0xd800 + ((code - 0x10000) >> 10), low = 0xdc00 + (code & 0x3ff);
        if (code >= 0xd800 && code <= 0xdfff)
            continue;
        if (code < 0x10000)
            (void)snprintf(string, sizeof string, "\"\\u%04x\"", (unsigned)code);
        else
            (void)snprintf(string, sizeof string, "\"\\u%04X\\u%04X\"", (unsigned)high, (unsigned)low);
        struct pv_str text = pv_json_unescape(pv_str_of(string), room);
        assert_int_equal(pv_utf8_next(text, &read), text.len);
        assert_int_equal(read, code);
        struct pv_str rest = pv_json_inside(pv_str_of(string));
        assert_int_equal(pv_json_next_character(&rest), code);
        assert_int_equal(pv_json_next_character(&rest), 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escapes_become_what_they_stand_for),
        cmocka_unit_test(every_code_point_survives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
