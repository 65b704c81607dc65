/* Tests of run/supervise: signals that are sent on and those that are not, and a status that another wait took. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <cmocka.h>

#include "internal.h"

#include "run/supervise.h"
#include "support/run.h"

/* ---------------------------------------------------------------- acts of the provider */

static volatile sig_atomic_t received;

static void remember(int number) {
    received = number;
}

/* Sends SIGTERM to its host and waits for it to come back. */
static int act_expect_term(int argc, char **argv) {
    (void)argc;
    (void)argv;
    struct sigaction action = {.sa_handler = remember};
    sigset_t term, before;
    (void)sigemptyset(&term);
    (void)sigaddset(&term, SIGTERM);
    if (sigaction(SIGTERM, &action, NULL) != 0 || sigprocmask(SIG_BLOCK, &term, &before) != 0)
        return 1;
    if (kill(getppid(), SIGTERM) != 0)
        return 2;
    while (received == 0)
        (void)sigsuspend(&before);
    return received == SIGTERM ? 42 : 3;
}

/* Lives long enough for a signal that is sent on to end it. */
static int act_live_a_while(int argc, char **argv) {
    (void)argc;
    (void)argv;
    struct timespec pause = {.tv_nsec = 200 * 1000000L};
    (void)nanosleep(&pause, NULL);
    return 5;
}

static const struct act acts[] = {
    {"expect-term", act_expect_term},
    {"live-a-while", act_live_a_while},
};

/* ---------------------------------------------------------------- tests */

/* Blocks a signal and gives a signalfd of it. */
static int listen_for(int number, sigset_t *before) {
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, number);
    assert_int_equal(pthread_sigmask(SIG_BLOCK, &set, before), 0);
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    assert_true(fd >= 0);
    return fd;
}

static void listen_no_more(int fd, const sigset_t *before) {
    assert_int_equal(close(fd), 0);
    assert_int_equal(pthread_sigmask(SIG_SETMASK, before, NULL), 0);
}

static void test_a_signal_is_sent_on(void **state) {
    (void)state;
    sigset_t before;
    struct provar_run_options options = {.signal_fd = listen_for(SIGTERM, &before)};
    int status = status_of_act("expect-term", &options);
    listen_no_more(options.signal_fd, &before);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 42);
}

/* A signal that a process sent to us before the start is sent on too, and ends a provider that does not handle it. */
static void test_a_signal_of_a_process_ends_the_provider(void **state) {
    (void)state;
    sigset_t before;
    struct provar_run_options options = {.signal_fd = listen_for(SIGIO, &before)};
    assert_int_equal(kill(getpid(), SIGIO), 0);
    int status = status_of_act("live-a-while", &options);
    listen_no_more(options.signal_fd, &before);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGIO);
}

/* SIGIO of a pipe has the si_code of a terminal's ^C, SI_KERNEL. */
static void raise_from_the_kernel(void) {
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(fcntl(ends[0], F_SETOWN, getpid()), 0);
    assert_int_equal(fcntl(ends[0], F_SETFL, O_ASYNC), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_int_equal(close(ends[0]), 0);
    assert_int_equal(close(ends[1]), 0);
}

static void test_a_signal_of_the_kernel_is_not_sent_on(void **state) {
    (void)state;
    sigset_t before;
    struct signalfd_siginfo info;
    struct provar_run_options options = {.signal_fd = listen_for(SIGIO, &before)};
    raise_from_the_kernel();
    int status = status_of_act("live-a-while", &options);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 5);
    /* It was there, and was taken. */
    assert_int_equal(read(options.signal_fd, &info, sizeof info), -1);
    raise_from_the_kernel();
    assert_int_equal(read(options.signal_fd, &info, sizeof info), sizeof info);
    assert_int_equal(info.ssi_code, SI_KERNEL);
    listen_no_more(options.signal_fd, &before);
}

/* SIGCHLD ends nobody: that it is not sent on shows in a provider only as silence. Here: it does no harm. */
static void test_sigchld_in_the_signalfd_is_harmless(void **state) {
    (void)state;
    sigset_t before;
    struct provar_run_options options = {.signal_fd = listen_for(SIGCHLD, &before)};
    assert_int_equal(kill(getpid(), SIGCHLD), 0);
    int status = status_of_act("live-a-while", &options);
    listen_no_more(options.signal_fd, &before);
    assert_int_equal(WEXITSTATUS(status), 5);
}

/* Anything else than a whole siginfo ends the listening; a descriptor that is readable for ever would otherwise keep us
 * busy. */
static void test_what_is_no_signalfd_is_read_once(void **state) {
    (void)state;
    enum { SENT = 3 };
    int ends[2], left = 0;
    char word[16];
    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
    for (int i = 0; i < SENT; i++)
        assert_int_equal(send(ends[1], "words", 5, 0), 5);
    struct provar_run_options options = {.signal_fd = ends[0]};
    assert_int_equal(WEXITSTATUS(status_of_act("live-a-while", &options)), 5);
    while (recv(ends[0], word, sizeof word, 0) == 5)
        left++;
    assert_int_equal(left, SENT - 1);
    assert_int_equal(close(ends[0]), 0);
    assert_int_equal(close(ends[1]), 0);
}

static void reap_all(int number) {
    int saved = errno;
    (void)number;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        continue;
    errno = saved;
}

static int run_beside_another_wait(void) {
    static const char *const args[] = {"live-a-while"};
    struct sigaction action = {.sa_handler = reap_all};
    struct provar_error err = {0};
    int status = 4711;
    if (sigaction(SIGCHLD, &action, NULL) != 0)
        return 1;
    if (run_self(args, 1, NULL, &status, &err) != PROVAR_E_USAGE)
        return 2;
    return status == 4711 && strstr(err.message, "another wait") ? 0 : 3;
}

static void test_a_status_that_another_wait_took_is_an_error(void **state) {
    (void)state;
    assert_int_equal(in_child(run_beside_another_wait), 0);
}

static void test_release_kills_and_reaps(void **state) {
    (void)state;
    struct pv_supervise none = PV_SUPERVISE_NONE, child = PV_SUPERVISE_NONE;
    pv_supervise_release(&none);
    child.pid = fork();
    if (child.pid == 0)
        for (;;)
            (void)pause();
    assert_int_equal(pv_supervise_watch(&child, NULL), PROVAR_OK);
    pv_supervise_release(&child);
    assert_int_equal(child.pid, -1);
    assert_int_equal(child.pidfd, -1);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_signal_is_sent_on),
        cmocka_unit_test(test_a_signal_of_a_process_ends_the_provider),
        cmocka_unit_test(test_a_signal_of_the_kernel_is_not_sent_on),
        cmocka_unit_test(test_sigchld_in_the_signalfd_is_harmless),
        cmocka_unit_test(test_what_is_no_signalfd_is_read_once),
        cmocka_unit_test(test_a_status_that_another_wait_took_is_an_error),
        cmocka_unit_test(test_release_kills_and_reaps),
    };
    (void)alarm(WATCHDOG_SECONDS);
    if (argc > 1)
        return play_act(acts, sizeof acts / sizeof acts[0], argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
