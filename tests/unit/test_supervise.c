/* Tests of run/supervise: signals that are sent on and those that are not, and a status that another wait took. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
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

/* SIGIO of a pipe has the si_code of a terminal's ^C, SI_KERNEL. */
static bool kernel_sends_io(pid_t to) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    bool sent =
        fcntl(ends[0], F_SETOWN, to) == 0 && fcntl(ends[0], F_SETFL, O_ASYNC) == 0 && write(ends[1], "x", 1) == 1;
    (void)close(ends[0]);
    (void)close(ends[1]);
    return sent;
}

static int act_interrupt_host(int argc, char **argv) {
    return kernel_sends_io(getppid()) ? act_live_a_while(argc, argv) : 1;
}

static const struct act acts[] = {
    {"expect-term", act_expect_term},
    {"live-a-while", act_live_a_while},
    {"interrupt-host", act_interrupt_host},
};

/* ---------------------------------------------------------------- tests */

static struct provar_run_options sending_on(const int *number) {
    return (struct provar_run_options){.signals = number, .signal_count = 1};
}

static void test_a_signal_is_sent_on(void **state) {
    (void)state;
    static const int term = SIGTERM;
    struct provar_run_options options = sending_on(&term);
    int status = status_of_act("expect-term", &options);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 42);
}

/* A signal that came before the provider did ends one that does not handle it. */
static void assert_one_from_before_is_sent_on(void (*send)(pid_t)) {
    static const int io = SIGIO;
    struct provar_run_options options = sending_on(&io);
    sigset_t set, before, pending;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGIO);
    assert_int_equal(pthread_sigmask(SIG_BLOCK, &set, &before), 0);
    send(getpid());
    int status = status_of_act("live-a-while", &options);
    assert_int_equal(sigpending(&pending), 0);
    assert_int_equal(sigismember(&pending, SIGIO), 0);
    assert_int_equal(pthread_sigmask(SIG_SETMASK, &before, NULL), 0);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGIO);
}

static void send_io(pid_t to) {
    assert_int_equal(kill(to, SIGIO), 0);
}

static void send_io_from_the_kernel(pid_t to) {
    assert_true(kernel_sends_io(to));
}

/* A terminal's too: there was no provider yet that it could have sent it to. */
static void test_a_signal_from_before_the_start_is_sent_on(void **state) {
    (void)state;
    assert_one_from_before_is_sent_on(send_io);
    assert_one_from_before_is_sent_on(send_io_from_the_kernel);
}

/* As the control shows by its handler, the signal does come. */
static void test_a_signal_of_the_kernel_is_not_sent_on(void **state) {
    (void)state;
    static const int io = SIGIO;
    struct provar_run_options options = sending_on(&io);
    struct sigaction before, action = {.sa_handler = remember};
    assert_int_equal(sigaction(SIGIO, &action, &before), 0);
    received = 0;
    assert_int_equal(WEXITSTATUS(status_of_act("interrupt-host", NULL)), 5);
    assert_int_equal(received, SIGIO);
    received = 0;
    int status = status_of_act("interrupt-host", &options);
    assert_int_equal(sigaction(SIGIO, &before, NULL), 0);
    assert_int_equal(received, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 5);
}

/* SIGCHLD ends nobody: that it is not sent on shows in a provider only as silence. Here: it does no harm. */
static void test_sigchld_among_the_signals_is_harmless(void **state) {
    (void)state;
    static const int ended = SIGCHLD;
    struct provar_run_options options = sending_on(&ended);
    assert_int_equal(WEXITSTATUS(status_of_act("live-a-while", &options)), 5);
}

static void test_behind_the_end_signals_are_the_hosts_again(void **state) {
    (void)state;
    static const int user = SIGUSR1;
    struct provar_run_options options = sending_on(&user);
    struct sigaction before, action = {.sa_handler = remember};
    assert_int_equal(sigaction(SIGUSR1, &action, &before), 0);
    received = 0;
    assert_int_equal(WEXITSTATUS(status_of_act("live-a-while", &options)), 5);
    assert_int_equal(kill(getpid(), SIGUSR1), 0);
    assert_int_equal(received, SIGUSR1);
    assert_int_equal(sigaction(SIGUSR1, &before, NULL), 0);
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
        cmocka_unit_test(test_a_signal_from_before_the_start_is_sent_on),
        cmocka_unit_test(test_a_signal_of_the_kernel_is_not_sent_on),
        cmocka_unit_test(test_sigchld_among_the_signals_is_harmless),
        cmocka_unit_test(test_behind_the_end_signals_are_the_hosts_again),
        cmocka_unit_test(test_a_status_that_another_wait_took_is_an_error),
        cmocka_unit_test(test_release_kills_and_reaps),
    };
    (void)alarm(WATCHDOG_SECONDS);
    if (argc > 1)
        return play_act(acts, sizeof acts / sizeof acts[0], argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
