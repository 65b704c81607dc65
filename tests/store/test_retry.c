/* Tests of store/retry: what is tried again, how long it waits, and what a server may ask for. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"

#include "internal.h"

#include "store/http/retry.h"

/* Sunday, 6 November 1994, 08:49:37 UTC: the example of RFC 9110, 5.6.7. */
#define EXAMPLE_TEXT "Sun, 06 Nov 1994 08:49:37 GMT"
enum { EXAMPLE = 784111777 };

struct watch {
    int64_t now;
    uint32_t number;
    uint32_t slept[PV_MAX_TRIES];
    unsigned count;
};

static int64_t now(void *user) {
    return ((struct watch *)user)->now;
}

static void note_sleep(void *user, uint32_t milliseconds) {
    struct watch *watch = user;
    assert_true(watch->count < PV_MAX_TRIES);
    watch->slept[watch->count++] = milliseconds;
}

static uint32_t number(void *user) {
    return ((struct watch *)user)->number;
}

static struct pv_retry_clock clock_of(struct watch *watch) {
    return (struct pv_retry_clock){.now = now, .sleep = note_sleep, .random = number, .user = watch};
}

/* RET-1. */
static void tries_again_what_may_pass(void **state) {
    (void)state;
    static const unsigned passing[] = {408, 429, 500, 502, 503, 504};
    static const unsigned final[] = {200, 201, 206, 301, 400, 401, 403, 404, 405, 409, 413, 416, 501, 505};
    for (size_t i = 0; i < array_length(passing); i++)
        assert_true(pv_retry_status(passing[i]));
    for (size_t i = 0; i < array_length(final); i++)
        assert_false(pv_retry_status(final[i]));
}

/* RET-1. */
static void waits_twice_as_long_each_time(void **state) {
    (void)state;
    /* The random number chooses within a tenth more or less: 0 is the least of it. */
    static const struct {
        uint32_t number;
        uint32_t first;
    } cases[] = {{0, 225}, {50, 275}, {51, 225}};
    for (size_t i = 0; i < array_length(cases); i++) {
        struct watch watch = {.number = cases[i].number};
        struct pv_retry_clock clock = clock_of(&watch);
        struct pv_retry retry = {.clock = &clock};
        unsigned tries = 1;
        while (pv_retry_again(&retry, PV_STR(""), "why"))
            tries++;
        assert_int_equal(tries, PV_MAX_TRIES);
        assert_int_equal(watch.count, PV_MAX_TRIES - 1);
        assert_int_equal(watch.slept[0], cases[i].first);
        for (unsigned j = 0, due = 250; j < watch.count; j++, due *= 2)
            assert_in_range(watch.slept[j], due - due / 10, due + due / 10);
    }
}

/* RET-2. */
static void waits_as_long_as_it_is_asked_to(void **state) {
    (void)state;
    static const struct {
        const char *after;
        bool again;
        uint32_t slept;
    } cases[] = {
        {"1", true, 1000},
        {"120", true, 120000},
        {"121", false, 0},
        {"99999999", false, 0},
        {"18446744073709551615", false, 0},
        {"0", true, 225},
        {"soon", true, 225},
        {"-1", true, 225},
        {"Sun, 06 Nov 1994 08:49:40 GMT", true, 3000},
        {"Sun, 06 Nov 1994 08:51:37 GMT", true, 120000},
        {"Sun, 06 Nov 1994 08:51:38 GMT", false, 0},
        {"Sun, 06 Nov 1994 08:49:00 GMT", true, 225},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        struct watch watch = {.now = EXAMPLE};
        struct pv_retry_clock clock = clock_of(&watch);
        struct pv_retry retry = {.clock = &clock};
        assert_int_equal(pv_retry_again(&retry, pv_str_of(cases[i].after), "why"), cases[i].again);
        assert_int_equal(watch.count, cases[i].again);
        assert_int_equal(watch.slept[0], cases[i].slept);
    }
}

/* RET-2. */
static void reads_dates(void **state) {
    (void)state;
    static const struct {
        const char *text;
        uint64_t seconds;
    } cases[] = {
        {EXAMPLE_TEXT, EXAMPLE},
        {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
        {"Thu, 01 Jan 1970 00:00:01 GMT", 1},
        {"Tue, 29 Feb 2000 12:00:00 GMT", 951825600},
        {"Wed, 01 Mar 2000 00:00:00 GMT", 951868800},
        {"Mon, 31 Dec 2029 23:59:60 GMT", 1893456000},
        {"Wed, 31 Dec 1969 23:59:59 GMT", 0},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        uint64_t seconds = 99;
        assert_true(pv_retry_after(pv_str_of(cases[i].text), 0, &seconds));
        assert_int_equal(seconds, cases[i].seconds);
    }
}

/* Each differs from the example in one thing. */
static void refuses_other_dates(void **state) {
    (void)state;
    static const char *const cases[] = {
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
        "Sun, 06 Nov 1994 08:49:37 GM",
        "Sux, 06 Nov 1994 08:49:37 GMT",
        "Sun; 06 Nov 1994 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 32 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nox 1994 08:49:37 GMT",
        "Sun, 06 Nov 19-4 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 06 Nov 1994 08.49:37 GMT",
        "Sun, 06 Nov 1994 08:49.37 GMT",
        "Sun, 06-Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov-1994 08:49:37 GMT",
        "Sun, 06 Nov 1994-08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "",
        "1.5",
        "18446744073709551616",
    };
    uint64_t seconds;
    for (size_t i = 0; i < array_length(cases); i++)
        assert_false(pv_retry_after(pv_str_of(cases[i]), 0, &seconds));
}

static void the_system_has_a_clock(void **state) {
    (void)state;
    int64_t before = (int64_t)time(NULL);
    int64_t told = pv_retry_system_clock.now(NULL);
    assert_in_range(told, before, before + 60);
    struct timespec from, to;
    (void)clock_gettime(CLOCK_MONOTONIC, &from);
    pv_retry_system_clock.sleep(NULL, 30);
    (void)clock_gettime(CLOCK_MONOTONIC, &to);
    assert_true((to.tv_sec - from.tv_sec) * 1000000000LL + (to.tv_nsec - from.tv_nsec) >= 30000000);
    uint32_t bits = 0;
    for (unsigned i = 0; i < 16; i++)
        bits |= pv_retry_system_clock.random(NULL);
    assert_int_not_equal(bits, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tries_again_what_may_pass),
        cmocka_unit_test(waits_twice_as_long_each_time),
        cmocka_unit_test(waits_as_long_as_it_is_asked_to),
        cmocka_unit_test(reads_dates),
        cmocka_unit_test(refuses_other_dates),
        cmocka_unit_test(the_system_has_a_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
