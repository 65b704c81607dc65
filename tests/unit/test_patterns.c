/* Tests of trust/patterns: what a list matches, what is no list, and that no pattern takes long. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"

#include "internal.h"

#include "trust/patterns.h"

static void test_match(void **state) {
    (void)state;
    static const struct {
        const char *list, *text;
        bool matches;
    } cases[] = {
        {"abc", "abc", true},
        {"abc", "abcd", false},
        {"abc", "ab", false},
        {"abc", "ABC", false},
        {"*", "", true},
        {"*", "anything", true},
        {"?", "", false},
        {"?", "x", true},
        {"?", "xy", false},
        {"?", "\xc3\xa9", true},
        {"??", "\xc3\xa9", false},
        {"\xc3\xa9", "\xc3\xa9", true},
        {"a*c", "ac", true},
        {"a*c", "abcbc", true},
        {"a*c", "abcb", false},
        {"*a*b*", "xxaxxbxx", true},
        {"*a*b*", "xxbxxa", false},
        {"**", "", true},
        {"a**b", "ab", true},
        {"*?", "", false},
        {"*?", "ab", true},
        {"*ab", "aab", true},
        {"*\xc3\xa9?",
         "a\xc3\xa9"
         "b",
         true},
        {"a,b", "b", true},
        {"a,b", "a,b", false},
        {"a?b", "a,b", true},
        {"a,b", "c", false},
        {"*,!b", "a", true},
        {"*,!b", "b", false},
        {"!b,*", "b", false},
        {"!b*,bc", "bc", false},
        {"a!", "a!", true},
        {"!!a,*", "!a", false},
        {"!!a,*", "a", true},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        assert_null(pv_patterns_fault(pv_str_of(cases[i].list)));
        if (pv_patterns_match(pv_str_of(cases[i].list), pv_str_of(cases[i].text)) != cases[i].matches)
            fail_msg("'%s' and '%s'", cases[i].list, cases[i].text);
    }
}

static void test_faults(void **state) {
    (void)state;
    static const char *const empty[] = {"", ",", "a,", ",a", "a,,b", "!", "a,!", "!,a"};
    for (size_t i = 0; i < array_length(empty); i++)
        assert_string_equal(pv_patterns_fault(pv_str_of(empty[i])), "an empty pattern");
    assert_non_null(strstr(pv_patterns_fault(PV_STR("!a")), "match nothing"));
    assert_null(pv_patterns_fault(PV_STR("!a,b")));
}

/* A list of `count` patterns of `len` characters, freed by the caller. */
static char *list_of(size_t count, size_t len) {
    char *list = malloc(count * (len + 1));
    assert_non_null(list);
    memset(list, 'a', count * (len + 1));
    for (size_t i = 0; i < count; i++)
        list[i * (len + 1) + len] = i + 1 < count ? ',' : 0;
    return list;
}

static void test_limits(void **state) {
    (void)state;
    static const struct {
        size_t count, len;
        const char *fault;
    } cases[] = {{256, 1, NULL}, {257, 1, "too many patterns"}, {1, 256, NULL}, {1, 257, "a pattern that is too long"}};
    for (size_t i = 0; i < array_length(cases); i++) {
        char *list = list_of(cases[i].count, cases[i].len);
        const char *fault = pv_patterns_fault(pv_str_of(list));
        assert_true((fault == NULL) == (cases[i].fault == NULL));
        if (fault)
            assert_string_equal(fault, cases[i].fault);
        free(list);
    }
}

/* 127 stars before an end that is not there: tried one by one, the ways to share out the text would never end. */
static void test_stars(void **state) {
    (void)state;
    enum { PAIRS = 127, TEXT = 256 * 1024 };
    char pattern[2 * PAIRS + 2], *text = malloc(TEXT);
    assert_non_null(text);
    for (size_t i = 0; i < PAIRS; i++)
        memcpy(pattern + 2 * i, "*a", 2);
    memcpy(pattern + sizeof pattern - 2, "b", 2);
    memset(text, 'a', TEXT);
    assert_false(pv_patterns_match(pv_str_of(pattern), pv_str(text, TEXT)));
    text[TEXT - 1] = 'b';
    assert_true(pv_patterns_match(pv_str_of(pattern), pv_str(text, TEXT)));
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_match),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_stars),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
