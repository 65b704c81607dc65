/* Tests of run/exec_child: what a provider inherits of its host, and what not. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <cmocka.h>

#include "internal.h"

#include "run/exec_child.h"
#include "support/run.h"

enum { FAR_FD = 777 };

/* ---------------------------------------------------------------- acts of the provider: 0 when all is as it should be
 */

/* How many descriptors are open above standard error. */
static int act_count_descriptors(int argc, char **argv) {
    (void)argc;
    (void)argv;
    int count = 0;
    for (int fd = 3; fd < 1024; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static int act_check_signals(int argc, char **argv) {
    (void)argc;
    (void)argv;
    sigset_t blocked;
    if (sigprocmask(SIG_BLOCK, NULL, &blocked) != 0)
        return 1;
    for (int number = 1; number < NSIG; number++) {
        struct sigaction action;
        if (sigismember(&blocked, number) == 1)
            return number;
        if (sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
            return 100 + number;
    }
    return 0;
}

static int act_check_restrictions(int argc, char **argv) {
    (void)argc;
    (void)argv;
    struct rlimit core;
    int death_signal = 0;
    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
        return 1;
    if (getrlimit(RLIMIT_CORE, &core) != 0 || core.rlim_cur != 0 || core.rlim_max != 0)
        return 2;
    if (prctl(PR_GET_PDEATHSIG, &death_signal) != 0 || death_signal != SIGKILL)
        return 3;
    return 0;
}

/* The directory and the umask, which the library leaves alone. */
static int act_say_surroundings(int argc, char **argv) {
    (void)argc;
    (void)argv;
    char path[4096];
    if (getcwd(path, sizeof path) == NULL)
        return 1;
    (void)dprintf(STDOUT_FILENO, "%s %03o\n", path, (unsigned)umask(0));
    return 0;
}

static int act_say_up_and_stay(int argc, char **argv) {
    (void)argc;
    (void)argv;
    if (write(STDOUT_FILENO, "up", 2) != 2)
        return 1;
    for (;;)
        (void)pause();
}

static const struct act acts[] = {
    {"count-descriptors", act_count_descriptors},   {"check-signals", act_check_signals},
    {"check-restrictions", act_check_restrictions}, {"say-surroundings", act_say_surroundings},
    {"say-up-and-stay", act_say_up_and_stay},
};

/* ---------------------------------------------------------------- tests */

/* Leaves descriptors open that survive an exec, runs, and returns the provider's count of them. */
static int leaked_descriptors(void) {
    static const char *const args[] = {"count-descriptors"};
    struct provar_run_options options = {.host_data = "{}", .host_data_len = 2};
    struct rlimit low = {.rlim_cur = FAR_FD / 2, .rlim_max = 1024};
    int status = -1;
    for (int i = 0; i < 100; i++)
        if (open("/dev/null", O_RDONLY) < 0)
            return 91;
    if (dup2(0, FAR_FD) != FAR_FD && dup2(1, FAR_FD) != FAR_FD)
        return 92;
    /* A limit that was lowered later hides FAR_FD from a loop that counts up to it. */
    if (setrlimit(RLIMIT_NOFILE, &low) != 0)
        return 93;
    if (run_self(args, 1, &options, &status, NULL) != PROVAR_OK || !WIFEXITED(status))
        return 94;
    return WEXITSTATUS(status);
}

static int leaked_on_an_older_kernel(void) {
    return deny_syscall(SYS_close_range, ENOSYS) ? leaked_descriptors() : CHILD_CANNOT;
}

static int leaked_where_the_flag_is_unknown(void) {
    return deny_syscall(SYS_close_range, EINVAL) ? leaked_descriptors() : CHILD_CANNOT;
}

static void test_no_descriptor_is_inherited(void **state) {
    (void)state;
    assert_int_equal(in_child(leaked_descriptors), 0);
}

static void test_no_descriptor_is_inherited_before_linux_5_11(void **state) {
    (void)state;
    assert_int_equal(in_child(leaked_on_an_older_kernel), 0);
    assert_int_equal(in_child(leaked_where_the_flag_is_unknown), 0);
}

/* The count above can tell: a descriptor that is not closed is seen. */
static int descriptors_after_plain_exec(void) {
    if (dup2(STDOUT_FILENO, FAR_FD) != FAR_FD)
        return 91;
    (void)execl("/proc/self/exe", "provider", "count-descriptors", (char *)NULL);
    return 92;
}

static void test_the_count_sees_what_is_inherited(void **state) {
    (void)state;
    assert_true(in_child(descriptors_after_plain_exec) >= 1);
}

static int run_with_odd_signals(void) {
    static const char *const args[] = {"check-signals"};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigset_t blocked;
    int status = -1;
    (void)sigemptyset(&blocked);
    (void)sigaddset(&blocked, SIGTERM);
    (void)sigaddset(&blocked, SIGRTMIN + 1);
    if (sigaction(SIGPIPE, &ignore, NULL) != 0 || sigaction(SIGUSR1, &ignore, NULL) != 0 ||
        sigaction(SIGRTMAX, &ignore, NULL) != 0 || sigprocmask(SIG_BLOCK, &blocked, NULL) != 0)
        return 90;
    if (run_self(args, 1, NULL, &status, NULL) != PROVAR_OK || !WIFEXITED(status))
        return 91;
    return WEXITSTATUS(status);
}

static void test_signals_are_neither_blocked_nor_ignored(void **state) {
    (void)state;
    assert_int_equal(in_child(run_with_odd_signals), 0);
}

static void test_privileges_cores_and_life_are_bounded(void **state) {
    (void)state;
    assert_int_equal(status_of_act("check-restrictions", NULL), 0);
}

static void test_directory_and_umask_are_left_alone(void **state) {
    (void)state;
    char expected[64];
    size_t len = 0;
    int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    mode_t mask = umask(031);
    assert_int_equal(chdir("/proc"), 0);
    struct capture capture = capture_begin();
    int status = status_of_act("say-surroundings", NULL);
    char *said = capture_end(&capture, &len);
    (void)umask(mask);
    assert_int_equal(fchdir(here), 0);
    assert_int_equal(close(here), 0);
    (void)snprintf(expected, sizeof expected, "/proc %03o\n", 031u);
    assert_int_equal(status, 0);
    assert_string_equal(said, expected);
    free(said);
}

/* The host is killed while the provider runs; the pipe, which only the provider holds open then, ends. */
static void test_the_provider_dies_with_its_host(void **state) {
    (void)state;
    static const char *const args[] = {"say-up-and-stay"};
    int said[2], status = -1;
    char word[2] = "";
    assert_int_equal(pipe2(said, O_CLOEXEC), 0);
    pid_t host = fork();
    if (host == 0) {
        (void)dup2(said[1], STDOUT_FILENO);
        (void)run_self(args, 1, NULL, &status, NULL);
        _exit(0);
    }
    assert_int_equal(close(said[1]), 0);
    assert_int_equal(read(said[0], word, 2), 2);
    assert_memory_equal(word, "up", 2);
    assert_int_equal(kill(host, SIGKILL), 0);
    assert_int_equal(waitpid(host, &status, 0), host);
    assert_int_equal(read(said[0], word, 1), 0);
    assert_int_equal(close(said[0]), 0);
}

/* Runs the child's part alone, for a host that is this test, or that is not. */
static int status_under_parent(bool is_ours) {
    const char *argv[] = {"provider", "check-restrictions", NULL}, *envp[] = {NULL};
    struct pv_exec_plan plan = {
        .exe = memfile_of_path("/proc/self/exe"), .input = -1, .go = -1, .argv = argv, .envp = envp};
    struct pv_exec_report told;
    int report[2], status = -1;
    assert_int_equal(pipe2(report, O_CLOEXEC), 0);
    plan.report = report[1];
    plan.parent = is_ours ? getpid() : getppid();
    pid_t pid = fork();
    if (pid == 0)
        pv_exec_child(&plan);
    assert_int_equal(close(report[1]), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(read(report[0], &told, sizeof told), 0);
    assert_int_equal(close(report[0]), 0);
    assert_int_equal(close(plan.exe), 0);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* What was sent to it until then is the first thing that it gets. */
static void test_the_child_waits_until_it_may_go(void **state) {
    (void)state;
    const char *argv[] = {"provider", "check-restrictions", NULL}, *envp[] = {NULL};
    struct pv_exec_plan plan = {.exe = memfile_of_path("/proc/self/exe"), .input = -1, .argv = argv, .envp = envp};
    sigset_t all, before;
    int status = -1;
    plan.go = eventfd(0, EFD_CLOEXEC);
    plan.report = open("/dev/null", O_WRONLY | O_CLOEXEC);
    plan.parent = getpid();
    (void)sigfillset(&all);
    assert_int_equal(pthread_sigmask(SIG_SETMASK, &all, &before), 0);
    pid_t pid = fork();
    if (pid == 0)
        pv_exec_child(&plan);
    assert_int_equal(pthread_sigmask(SIG_SETMASK, &before, NULL), 0);
    (void)usleep(200000);
    assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
    assert_int_equal(kill(pid, SIGTERM), 0);
    assert_int_equal(eventfd_write(plan.go, 1), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGTERM);
    assert_int_equal(close(plan.go), 0);
    assert_int_equal(close(plan.report), 0);
    assert_int_equal(close(plan.exe), 0);
}

/* A host that dies between fork and PR_SET_PDEATHSIG sends no signal: the child has another parent then. */
static void test_a_host_that_has_died_already_is_noticed(void **state) {
    (void)state;
    assert_int_equal(status_under_parent(true), 0);
    assert_int_equal(status_under_parent(false), 127);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_descriptor_is_inherited),
        cmocka_unit_test(test_no_descriptor_is_inherited_before_linux_5_11),
        cmocka_unit_test(test_the_count_sees_what_is_inherited),
        cmocka_unit_test(test_signals_are_neither_blocked_nor_ignored),
        cmocka_unit_test(test_privileges_cores_and_life_are_bounded),
        cmocka_unit_test(test_directory_and_umask_are_left_alone),
        cmocka_unit_test(test_the_provider_dies_with_its_host),
        cmocka_unit_test(test_the_child_waits_until_it_may_go),
        cmocka_unit_test(test_a_host_that_has_died_already_is_noticed),
    };
    (void)alarm(WATCHDOG_SECONDS);
    if (argc > 1)
        return play_act(acts, sizeof acts / sizeof acts[0], argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
