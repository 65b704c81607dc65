/* Tests of run/feed: the bytes on the pipe, a reader that is slow or gone, and no signal out of it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "internal.h"

#include "base/codec.h"
#include "run/feed.h"

struct fixture {
    struct pv_feed feed;
    int reader;
};

static void setup_feed(struct fixture *fixture, const void *data, size_t len) {
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    fixture->reader = ends[0];
    assert_int_equal(pv_feed_init(&fixture->feed, &ends[1], data, len, NULL), PROVAR_OK);
    assert_int_equal(ends[1], -1);
}

/* Alternates between the two ends until the writer has closed. */
static char *drain(struct fixture *fixture, size_t *len) {
    size_t cap = (size_t)4 << 20, used = 0;
    char *all = malloc(cap);
    assert_non_null(all);
    for (;;) {
        pv_feed_pump(&fixture->feed);
        ssize_t n = read(fixture->reader, all + used, cap - used);
        assert_true(n >= 0);
        if (n == 0)
            break;
        used += (size_t)n;
    }
    *len = used;
    return all;
}

static void test_the_line_of_a_v1_host(void **state) {
    (void)state;
    static const struct {
        const char *data, *line;
    } cases[] = {
        {"{}", "e30=\r\n"},
        {"{\"a\":1}", "eyJhIjoxfQ==\r\n"},
        {"{ \"a\":1}\n", "eyAiYSI6MX0K\r\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture fixture;
        size_t len = 0;
        setup_feed(&fixture, cases[i].data, strlen(cases[i].data));
        char *line = drain(&fixture, &len);
        assert_int_equal(len, strlen(cases[i].line));
        assert_memory_equal(line, cases[i].line, len);
        assert_int_equal(fixture.feed.fd, -1);
        free(line);
        assert_int_equal(close(fixture.reader), 0);
        pv_feed_release(&fixture.feed);
    }
}

/* However the data fall into pieces, the line is the encoding of the whole. */
static void test_lengths_around_a_piece(void **state) {
    (void)state;
    enum { PIECE = 48 * 1024 };
    static const size_t lengths[] = {PIECE - 1, PIECE, PIECE + 1, PIECE + 2, 2 * PIECE, 1 << 20};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        size_t len = lengths[i], got = 0, want = PV_BASE64_LEN(len);
        uint8_t *data = malloc(len);
        char *encoded = malloc(want);
        struct fixture fixture;
        assert_non_null(data);
        assert_non_null(encoded);
        for (size_t k = 0; k < len; k++)
            data[k] = (uint8_t)(k * 7 + k / 253);
        pv_base64_encode(data, len, encoded);
        setup_feed(&fixture, data, len);
        char *line = drain(&fixture, &got);
        assert_int_equal(got, want + 2);
        assert_memory_equal(line, encoded, want);
        assert_memory_equal(line + want, "\r\n", 2);
        free(line);
        free(encoded);
        free(data);
        assert_int_equal(close(fixture.reader), 0);
        pv_feed_release(&fixture.feed);
    }
}

static void test_a_full_pipe_is_left_alone(void **state) {
    (void)state;
    size_t len = 1 << 20;
    char *data = calloc(1, len);
    struct fixture fixture;
    assert_non_null(data);
    setup_feed(&fixture, data, len);
    pv_feed_pump(&fixture.feed);
    pv_feed_pump(&fixture.feed);
    assert_true(fixture.feed.fd >= 0);
    assert_true(fixture.feed.left > len / 2);
    pv_feed_release(&fixture.feed);
    assert_int_equal(fixture.feed.fd, -1);
    assert_null(fixture.feed.piece);
    assert_int_equal(close(fixture.reader), 0);
    free(data);
}

static bool pipe_signal_is(int (*question)(sigset_t *)) {
    sigset_t set;
    (void)sigemptyset(&set);
    assert_int_equal(question(&set), 0);
    return sigismember(&set, SIGPIPE) == 1;
}

static int blocked_set(sigset_t *set) {
    return pthread_sigmask(SIG_BLOCK, NULL, set);
}

/* SIGPIPE has its default disposition here: it would end the test. */
static void test_a_reader_that_has_gone_is_no_error_and_no_signal(void **state) {
    (void)state;
    struct fixture fixture;
    setup_feed(&fixture, "{}", 2);
    assert_int_equal(close(fixture.reader), 0);
    pv_feed_pump(&fixture.feed);
    assert_int_equal(fixture.feed.fd, -1);
    assert_false(pipe_signal_is(sigpending));
    assert_false(pipe_signal_is(blocked_set));
    pv_feed_pump(&fixture.feed);
    pv_feed_release(&fixture.feed);
}

static void test_a_signal_that_was_pending_before_stays(void **state) {
    (void)state;
    sigset_t pipe_signal, before;
    struct timespec now = {0};
    struct fixture fixture;
    (void)sigemptyset(&pipe_signal);
    (void)sigaddset(&pipe_signal, SIGPIPE);
    assert_int_equal(pthread_sigmask(SIG_BLOCK, &pipe_signal, &before), 0);
    assert_int_equal(raise(SIGPIPE), 0);
    setup_feed(&fixture, "{}", 2);
    assert_int_equal(close(fixture.reader), 0);
    pv_feed_pump(&fixture.feed);
    assert_true(pipe_signal_is(sigpending));
    assert_true(pipe_signal_is(blocked_set));
    assert_int_equal(sigtimedwait(&pipe_signal, NULL, &now), SIGPIPE);
    assert_int_equal(pthread_sigmask(SIG_SETMASK, &before, NULL), 0);
    pv_feed_release(&fixture.feed);
}

static void test_none_is_released_and_pumped_harmlessly(void **state) {
    (void)state;
    struct pv_feed feed = PV_FEED_NONE;
    pv_feed_pump(&feed);
    pv_feed_release(&feed);
    pv_feed_release(&feed);
    assert_int_equal(feed.fd, -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_line_of_a_v1_host),
        cmocka_unit_test(test_lengths_around_a_piece),
        cmocka_unit_test(test_a_full_pipe_is_left_alone),
        cmocka_unit_test(test_a_reader_that_has_gone_is_no_error_and_no_signal),
        cmocka_unit_test(test_a_signal_that_was_pending_before_stays),
        cmocka_unit_test(test_none_is_released_and_pumped_harmlessly),
    };
    (void)alarm(60);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
