/* Tests of cli/progress: what is written at which moment, on a terminal and in a log. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"

#include <string.h>

#include "../../cli/progress.h"

#define MIB   ((uint64_t)1 << 20)
#define ERASE "\r\033[K"

static void assert_step(struct progress *progress, uint64_t done, uint64_t total, int64_t now, const char *due) {
    struct progress_text out = progress_step(progress, done, total, now);
    assert_string_equal(out.text, due);
}

static void test_a_line_at_most_every_100_ms_and_none_at_the_end(void **state) {
    (void)state;
    struct progress line = {.form = PROGRESS_LINE};
    assert_step(&line, 0, 100 * MIB, 5000, "");
    assert_step(&line, 5 * MIB, 100 * MIB, 5099, "");
    assert_step(&line, 10 * MIB, 100 * MIB, 5100, ERASE "10.0 MiB of 100.0 MiB, 10%, 100.0 MiB/s, 0 s left");
    assert_step(&line, 11 * MIB, 100 * MIB, 5199, "");
    assert_step(&line, 20 * MIB, 100 * MIB, 7000, ERASE "20.0 MiB of 100.0 MiB, 20%, 10.0 MiB/s, 8 s left");
    assert_true(line.is_drawn);
    assert_step(&line, 100 * MIB, 100 * MIB, 7001, ERASE);
    assert_false(line.is_drawn);
    /* Nothing stands there any more that could be erased. */
    assert_step(&line, 3, 100 * MIB, 7002, "");
    assert_step(&line, 100 * MIB, 100 * MIB, 7003, "");
}

static void test_lines_for_a_log_and_one_at_the_end(void **state) {
    (void)state;
    struct progress plain = {.form = PROGRESS_PLAIN};
    assert_step(&plain, 0, 10 * MIB, 0, "");
    assert_step(&plain, 1 * MIB, 10 * MIB, 4999, "");
    assert_step(&plain, 5 * MIB, 10 * MIB, 5000, "provar: 5.0 MiB of 10.0 MiB, 50%, 1.0 MiB/s, 5 s left\n");
    assert_step(&plain, 6 * MIB, 10 * MIB, 9999, "");
    assert_step(&plain, 6 * MIB, 10 * MIB, 10000, "provar: 6.0 MiB of 10.0 MiB, 60%, 614.4 KiB/s, 6 s left\n");
    assert_step(&plain, 10 * MIB, 10 * MIB, 10500, "provar: 10.0 MiB in 10 s, 975.2 KiB/s\n");
    assert_false(plain.is_drawn);
}

/* What was there at once, or within a millisecond, has no rate: "0 B/s" would say that it stood still. */
static void test_no_rate_where_no_time_has_passed(void **state) {
    (void)state;
    struct progress plain = {.form = PROGRESS_PLAIN}, line = {.form = PROGRESS_LINE};
    assert_step(&plain, 4 * MIB, 4 * MIB, 7000, "provar: 4.0 MiB in 0 s\n");
    assert_step(&line, 1 * MIB, 0, 0, "");
    assert_step(&line, 1 * MIB, 0, 2000, ERASE "1.0 MiB");
}

/* What falls is the next transfer: its rate is its own. */
static void test_one_transfer_after_the_other(void **state) {
    (void)state;
    struct progress plain = {.form = PROGRESS_PLAIN};
    assert_step(&plain, 0, 10 * MIB, 0, "");
    assert_step(&plain, 2 * MIB, 10 * MIB, 4000, "");
    assert_step(&plain, 1 * MIB, 4 * MIB, 8000, "");
    assert_step(&plain, 3 * MIB, 4 * MIB, 13000, "provar: 3.0 MiB of 4.0 MiB, 75%, 409.6 KiB/s, 2 s left\n");
}

static void test_a_total_that_nobody_knows(void **state) {
    (void)state;
    struct progress line = {.form = PROGRESS_LINE};
    assert_step(&line, 0, 0, 0, "");
    assert_step(&line, 3 * MIB, 0, 2000, ERASE "3.0 MiB, 1.5 MiB/s");
}

static void test_times_and_rates_at_their_ends(void **state) {
    (void)state;
    static const struct {
        uint64_t total;
        const char *due;
    } cases[] = {
        {1 + 59, ERASE "1 B of 60 B, 1%, 1 B/s, 59 s left"},
        {1 + 60, ERASE "1 B of 61 B, 1%, 1 B/s, 1 min 0 s left"},
        {1 + 3599, ERASE "1 B of 3.5 KiB, 0%, 1 B/s, 59 min 59 s left"},
        {1 + 3600, ERASE "1 B of 3.5 KiB, 0%, 1 B/s, 1 h 0 min left"},
        {1 + 7500, ERASE "1 B of 7.3 KiB, 0%, 1 B/s, 2 h 5 min left"},
        {UINT64_MAX, ERASE "1 B of 16777216.0 TiB, 0%, 1 B/s, 5124095576030431 h 0 min left"},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        struct progress line = {.form = PROGRESS_LINE};
        assert_step(&line, 0, cases[i].total, 0, "");
        assert_step(&line, 1, cases[i].total, 1000, cases[i].due);
    }
    /* Nothing has come: no rate, and so no time. */
    struct progress line = {.form = PROGRESS_LINE};
    assert_step(&line, 7, 70, 0, "");
    assert_step(&line, 7, 70, 2000, ERASE "7 B of 70 B, 10%");
}

static void test_a_narrow_terminal_and_none(void **state) {
    (void)state;
    struct progress narrow = {.form = PROGRESS_LINE, .columns = 20}, none = {.form = PROGRESS_NONE};
    assert_step(&narrow, 0, 100 * MIB, 0, "");
    assert_step(&narrow, 10 * MIB, 100 * MIB, 100, ERASE "10.0 MiB of 100.0 M");
    assert_step(&none, 0, 100 * MIB, 0, "");
    assert_step(&none, 10 * MIB, 100 * MIB, 60000, "");
    assert_step(&none, 100 * MIB, 100 * MIB, 70000, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_line_at_most_every_100_ms_and_none_at_the_end),
        cmocka_unit_test(test_lines_for_a_log_and_one_at_the_end),
        cmocka_unit_test(test_no_rate_where_no_time_has_passed),
        cmocka_unit_test(test_one_transfer_after_the_other),
        cmocka_unit_test(test_a_total_that_nobody_knows),
        cmocka_unit_test(test_times_and_rates_at_their_ends),
        cmocka_unit_test(test_a_narrow_terminal_and_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
