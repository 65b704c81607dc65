/* Tests of base/rfc3339: the calendar's edges. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"

#include "internal.h"

#include "base/rfc3339.h"

static void test_the_calendar_and_its_edges(void **state) {
    (void)state;
    static const struct {
        int64_t seconds;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00Z"},
        {999, "1970-01-01T00:16:39Z"},
        {951782400, "2000-02-29T00:00:00Z"},
        {2147483648, "2038-01-19T03:14:08Z"},
        {253402300799, "9999-12-31T23:59:59Z"},
        {253402300800, "seconds since 1970"},
        {INT64_MAX, "seconds since 1970"},
        {-1, "seconds since 1970"},
        {INT64_MIN, "seconds since 1970"},
    };
    for (size_t i = 0; i < array_length(cases); i++)
        assert_string_equal(pv_rfc3339(cases[i].seconds).text, cases[i].text);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_the_calendar_and_its_edges)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
