/* Tests of store/content_range: ranges of downloads and uploads, and texts that are none. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"

#include "internal.h"

#include "store/http/content_range.h"

static void reads_a_range_of_a_download(void **state) {
    (void)state;
    static const struct {
        const char *text;
        struct pv_content_range range;
    } cases[] = {
        {"bytes 0-65535/17593468", {.first = 0, .last = 65535, .has_size = true, .size = 17593468}},
        {"bytes 5-5/6", {.first = 5, .last = 5, .has_size = true, .size = 6}},
        {"Bytes 5-9/*", {.first = 5, .last = 9}},
        {"bytes 0-9223372036854775806/9223372036854775807",
         {.first = 0, .last = INT64_MAX - 1, .has_size = true, .size = INT64_MAX}},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        struct pv_content_range range = {0};
        assert_true(pv_content_range_parse(pv_str_of(cases[i].text), &range));
        assert_memory_equal(&range, &cases[i].range, sizeof range);
    }
}

static void refuses_other_ranges(void **state) {
    (void)state;
    static const char *const cases[] = {
        "",
        "bytes",
        "bytes ",
        "bytes */10",
        "bytes 0-9",
        "0-9/10",
        "bytes=0-9/10",
        "bytes 0-9/",
        "bytes -9/10",
        "bytes 0-/10",
        "bytes 9-0/10",
        "bytes 0-10/10",
        "bytes 0-9/9",
        "bytes 00-9/10",
        "bytes 0-9/1 ",
        "bytes 0-9,11-12/20",
        "bytes +0-9/10",
        "bytes 0-9223372036854775808/*",
        "items 0-9/10",
        "bytes 0-9/-",
        "bytes  0-9/10",
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        struct pv_content_range range;
        assert_false(pv_content_range_parse(pv_str_of(cases[i]), &range));
    }
}

static void reads_how_far_an_upload_is(void **state) {
    (void)state;
    uint64_t have = 99;
    assert_true(pv_upload_range_parse(PV_STR("0-0"), &have));
    assert_int_equal(have, 0);
    assert_true(pv_upload_range_parse(PV_STR("0-4194303"), &have));
    assert_int_equal(have, 4194304);
    assert_true(pv_upload_range_parse(PV_STR("bytes=0-9"), &have));
    assert_int_equal(have, 10);
    static const char *const cases[] = {
        "", "0", "0-", "-9", "1-9", "0-9/10", "0-09", "bytes 0-9", "0-9223372036854775808"};
    for (size_t i = 0; i < array_length(cases); i++)
        assert_false(pv_upload_range_parse(pv_str_of(cases[i]), &have));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_range_of_a_download),
        cmocka_unit_test(refuses_other_ranges),
        cmocka_unit_test(reads_how_far_an_upload_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
