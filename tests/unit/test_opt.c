/* Tests of cli/opt: what options hold is read strictly, to the last number that fits. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"

#include <stdlib.h>
#include <string.h>

#include "../../cli/opt.h"

enum { NOW = 1700000000 };

/* The value of a time, or the fault that is told; `time` NULL for a fault. */
static void assert_time(const char *text, const int64_t *time) {
    struct cli cli = {0};
    int64_t value = -77;
    bool good = opt_time(&cli, "--at", text, NOW, &value);
    if (good != (time != NULL) || (good && value != *time))
        fail_msg("'%s': %d, %lld, %s", text, good, (long long)value, cli.err.message);
    assert_int_equal(cli.err.code, good ? PROVAR_OK : PROVAR_E_USAGE);
    if (!good && (strncmp(cli.err.message, "--at: '", 7) != 0 || value != -77))
        fail_msg("'%s': %s", text, cli.err.message);
}

static void test_times(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t time;
    } cases[] = {
        {"0", 0},
        {"1", 1},
        {"9223372036854775807", INT64_MAX},
        {"never", -1},
        {"+1s", NOW + 1},
        {"+0s", NOW},
        {"+2m", NOW + 120},
        {"+3h", NOW + 10800},
        {"+90d", NOW + 90 * 86400},
        {"+1w", NOW + 604800},
        {"+1000000000s", NOW + 1000000000LL},
        {"+1000000000w", NOW + 1000000000LL * 604800},
        {"1970-01-01T00:00:00Z", 0},
        {"1970-01-01T00:00:00z", 0},
        {"2027-01-31T00:00:00Z", 1801353600},
        {"2028-02-29T13:30:00+01:30", 1835438400},
        {"2000-02-29T00:00:00Z", 951782400},
        {"1969-12-31T23:00:00-01:00", 0},
        {"9999-12-31T23:59:59Z", 253402300799},
        {"9999-12-31T23:59:59-23:59", 253402300799 + 86340},
    };
    for (size_t i = 0; i < array_length(cases); i++)
        assert_time(cases[i].text, &cases[i].time);
}

static void test_what_is_no_time(void **state) {
    (void)state;
    static const char *const cases[] = {
        "",
        " 1",
        "1 ",
        "01",
        "-1",
        "+1",
        "1.5",
        "0x1",
        "9223372036854775808",
        "18446744073709551616",
        "Never",
        "+",
        "+d",
        "+01d",
        "+1y",
        "+-1d",
        "+1dd",
        "1d",
        "+1000000001s",
        "+9223372036854775807s",
        "2027-01-31",
        "2027-01-31T00:00:00",
        "2027-01-31 00:00:00Z",
        "2027-1-31T00:00:00Z",
        "2027-00-01T00:00:00Z",
        "2027-13-01T00:00:00Z",
        "2027-02-29T00:00:00Z",
        "2100-02-29T00:00:00Z",
        "2027-04-31T00:00:00Z",
        "2027-01-00T00:00:00Z",
        "2027-01-31T24:00:00Z",
        "2027-01-31T00:60:00Z",
        "2027-01-31T00:00:60Z",
        "2027-01-31T00:00:00.5Z",
        "2027-01-31T00:00:00ZZ",
        "2027-01-31T00:00:00+2",
        "2027-01-31T00:00:00+0200",
        "2027-01-31T00:00:00+24:00",
        "2027-01-31T00:00:00+00:60",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:59:59+01:00",
    };
    for (size_t i = 0; i < array_length(cases); i++)
        assert_time(cases[i], NULL);
}

/* Where the clock stands near the end of what a number holds. */
static void test_relative_times_do_not_overflow(void **state) {
    (void)state;
    struct cli cli = {0};
    int64_t value = 0;
    assert_true(opt_time(&cli, "--at", "+7s", INT64_MAX - 7, &value));
    assert_true(value == INT64_MAX);
    assert_false(opt_time(&cli, "--at", "+8s", INT64_MAX - 7, &value));
    assert_int_equal(cli.err.code, PROVAR_E_USAGE);
}

static void assert_size(const char *text, uint64_t size) {
    struct cli cli = {0};
    uint64_t value = 0;
    bool good = opt_size(&cli, "--max-file-size", text, &value);
    if (good != (size > 0) || value != size)
        fail_msg("'%s': %d, %llu", text, good, (unsigned long long)value);
    assert_int_equal(cli.err.code, good ? PROVAR_OK : PROVAR_E_USAGE);
}

static void test_sizes(void **state) {
    (void)state;
    assert_size("1", 1);
    assert_size("1K", 1024);
    assert_size("2M", 2 << 20);
    assert_size("4G", UINT64_C(4) << 30);
    assert_size("3T", UINT64_C(3) << 40);
    assert_size("9223372036854775807", INT64_MAX);
    assert_size("9223372036854775808", 0);
    assert_size("9007199254740991K", UINT64_C(9007199254740991) << 10);
    assert_size("9007199254740992K", 0);
    assert_size("8388607T", UINT64_C(8388607) << 40);
    assert_size("8388608T", 0);
    static const char *const none[] = {"", "0", "0K", "K", "1k", "1KB", "01", "-1", "+1", "1.5M", " 1", "1 K"};
    for (size_t i = 0; i < array_length(none); i++)
        assert_size(none[i], 0);
}

static void test_numbers_at_their_ends(void **state) {
    (void)state;
    struct cli cli = {0};
    uint32_t number = 7;
    int32_t revision = 7;
    int64_t seconds = 7;
    assert_true(opt_uint32(&cli, "--compress", "1", 1, 12, &number) && number == 1);
    assert_true(opt_uint32(&cli, "--compress", "12", 1, 12, &number) && number == 12);
    assert_true(opt_int32(&cli, "--revision", "0", &revision) && revision == 0);
    assert_true(opt_int32(&cli, "--revision", "2147483647", &revision) && revision == INT32_MAX);
    assert_true(opt_seconds(&cli, "X", "9223372036854775807", &seconds) && seconds == INT64_MAX);
    assert_int_equal(cli.err.code, PROVAR_OK);
    assert_false(opt_uint32(&cli, "--compress", "0", 1, 12, &number));
    assert_string_equal(cli.err.message, "--compress: '0' is not a number from 1 to 12");
    assert_false(opt_uint32(&cli, "--compress", "13", 1, 12, &number));
    assert_false(opt_uint32(&cli, "--compress", "4294967297", 1, 12, &number));
    assert_false(opt_uint32(&cli, "--compress", "010", 1, 12, &number));
    assert_false(opt_int32(&cli, "--revision", "2147483648", &revision));
    assert_false(opt_int32(&cli, "--revision", "-1", &revision));
    assert_false(opt_seconds(&cli, "X", "9223372036854775808", &seconds));
    assert_false(opt_seconds(&cli, "X", "never", &seconds));
    assert_true(number == 12 && revision == INT32_MAX && seconds == INT64_MAX);
}

static void test_the_format(void **state) {
    (void)state;
    struct cli cli = {0};
    assert_true(opt_output(&cli, "json") && cli.json);
    assert_true(opt_output(&cli, "text") && !cli.json);
    assert_false(opt_output(&cli, "JSON"));
    assert_int_equal(cli.err.code, PROVAR_E_USAGE);
}

static void test_an_empty_variable_is_none(void **state) {
    (void)state;
    assert_int_equal(setenv("PROVAR_TEST_VARIABLE", "", 1), 0);
    assert_null(opt_env("PROVAR_TEST_VARIABLE"));
    assert_int_equal(setenv("PROVAR_TEST_VARIABLE", "x", 1), 0);
    assert_string_equal(opt_env("PROVAR_TEST_VARIABLE"), "x");
    assert_int_equal(unsetenv("PROVAR_TEST_VARIABLE"), 0);
    assert_null(opt_env("PROVAR_TEST_VARIABLE"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_what_is_no_time),
        cmocka_unit_test(test_relative_times_do_not_overflow),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_numbers_at_their_ends),
        cmocka_unit_test(test_the_format),
        cmocka_unit_test(test_an_empty_variable_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
