/* Tests of run/exec: options, arguments, environment, input and status of real children, and why some cannot start. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "internal.h"

#include "base/fs.h"
#include "support/run.h"

/* ---------------------------------------------------------------- acts of the provider */

static int act_exit_seven(int argc, char **argv) {
    (void)argc;
    (void)argv;
    return 7;
}

static int act_die(int argc, char **argv) {
    (void)argc;
    (void)argv;
    (void)kill(getpid(), SIGUSR2);
    return 1;
}

/* Each argument and each variable in brackets, on a line. */
static int act_say(int argc, char **argv) {
    for (int i = 0; i < argc; i++)
        (void)dprintf(STDOUT_FILENO, "[%s]\n", argv[i]);
    for (char **entry = environ; *entry; entry++)
        (void)dprintf(STDOUT_FILENO, "{%s}\n", *entry);
    return 0;
}

static int act_cat(int argc, char **argv) {
    (void)argc;
    (void)argv;
    char block[4096];
    ssize_t n;
    while ((n = read(STDIN_FILENO, block, sizeof block)) > 0)
        if (write(STDOUT_FILENO, block, (size_t)n) != n)
            return 2;
    return n == 0 ? 0 : 3;
}

/* 0 when standard input is "e30=" CR LF and ends there. */
static int act_expect_empty_object(int argc, char **argv) {
    (void)argc;
    (void)argv;
    char block[64];
    size_t len = 0;
    if (pv_fs_read(STDIN_FILENO, block, sizeof block, &len, NULL) != PROVAR_OK)
        return 1;
    return pv_str_equal(pv_str(block, len), PV_STR("e30=\r\n")) ? 0 : 2;
}

static void pause_ms(long ms) {
    struct timespec pause = {.tv_nsec = ms * 1000000};
    (void)nanosleep(&pause, NULL);
}

static int act_never_read(int argc, char **argv) {
    (void)argc;
    (void)argv;
    pause_ms(50);
    return 3;
}

static int act_close_input(int argc, char **argv) {
    (void)argc;
    (void)argv;
    (void)close(STDIN_FILENO);
    pause_ms(50);
    return 4;
}

static const struct act acts[] = {
    {"exit-seven", act_exit_seven},
    {"die", act_die},
    {"say", act_say},
    {"cat", act_cat},
    {"never-read", act_never_read},
    {"close-input", act_close_input},
    {"expect-empty-object", act_expect_empty_object},
};

/* ---------------------------------------------------------------- options */

static struct provar_run_options good_options(void) {
    static const char *const args[] = {"one", ""};
    static const char *const env[] = {"A=1", "B="};
    return (struct provar_run_options){.size = sizeof(struct provar_run_options),
                                       .args = args,
                                       .arg_count = 2,
                                       .env = env,
                                       .env_count = 2,
                                       .host_data = "{}",
                                       .host_data_len = 2};
}

static void assert_refused(const struct provar_run_options *options, enum provar_result code, const char *words) {
    struct provar_error err = {0};
    assert_int_equal(pv_exec_check_options(options, &err), code);
    assert_int_equal(err.code, code);
    if (strstr(err.message, words) == NULL)
        fail_msg("'%s' is not in '%s'", words, err.message);
}

static void assert_accepted(const struct provar_run_options *options) {
    struct provar_error err = {0};
    assert_int_equal(pv_exec_check_options(options, &err), PROVAR_OK);
    assert_int_equal(err.code, PROVAR_OK);
}

static void test_good_options_are_accepted(void **state) {
    (void)state;
    struct provar_run_options options = good_options();
    assert_accepted(NULL);
    assert_accepted(&options);
    options = (struct provar_run_options){.size = sizeof options};
    assert_accepted(&options);
}

static void test_struct_of_another_shape_is_refused(void **state) {
    (void)state;
    struct provar_run_options options = good_options();
    options.size--;
    assert_refused(&options, PROVAR_E_USAGE, "size");
    options = good_options();
    options.reserved[7] = 1;
    assert_refused(&options, PROVAR_E_USAGE, "reserved");
}

static void test_signals_are_numbers_of_signals(void **state) {
    (void)state;
    static const int signals[] = {1, NSIG - 1, NSIG}, none[] = {0};
    struct provar_run_options options = good_options();
    options.signals = signals;
    options.signal_count = 2;
    assert_accepted(&options);
    options.signal_count = 3;
    assert_refused(&options, PROVAR_E_USAGE, "is not the number of a signal");
    options.signals = none;
    options.signal_count = 1;
    assert_refused(&options, PROVAR_E_USAGE, "0 is not the number of a signal");
    options.signals = NULL;
    assert_refused(&options, PROVAR_E_USAGE, "signals are NULL");
}

static void test_missing_texts_are_refused(void **state) {
    (void)state;
    static const char *const hole[] = {"A=1", NULL};
    struct provar_run_options options = good_options();
    options.args = NULL;
    assert_refused(&options, PROVAR_E_USAGE, "arguments");
    options = good_options();
    options.args = hole;
    assert_refused(&options, PROVAR_E_USAGE, "number 1 of the arguments");
    options = good_options();
    options.env = NULL;
    assert_refused(&options, PROVAR_E_USAGE, "environment");
    options = good_options();
    options.env = hole;
    assert_refused(&options, PROVAR_E_USAGE, "number 1 of the environment");
    options.env_count = 1;
    assert_accepted(&options);
    options.arg_count = SIZE_MAX;
    assert_refused(&options, PROVAR_E_USAGE, "too many arguments");
}

static void test_environment_entries_have_names(void **state) {
    (void)state;
    static const char *const no_value[] = {"SECRET"};
    static const char *const no_name[] = {"=SECRET"};
    struct provar_run_options options = good_options();
    options.env_count = 1;
    options.env = no_value;
    assert_refused(&options, PROVAR_E_USAGE, "NAME=value");
    options.env = no_name;
    assert_refused(&options, PROVAR_E_USAGE, "NAME=value");
    struct provar_error err = {0};
    assert_int_equal(pv_exec_check_options(&options, &err), PROVAR_E_USAGE);
    assert_null(strstr(err.message, "SECRET"));
}

static void test_host_data_is_one_json_object(void **state) {
    (void)state;
    static const char *const bad[] = {"",         " ",       "[]", "\"text\"", "{} {}", "{\"a\":1,\"a\":2}",
                                      "{\"a\":1", "{'a':1}", "1",  "null",     "{}\xff"};
    static const char *const good[] = {"{}", " {} \r\n", "{\"a\":{\"b\":[1,2]},\"c\":\"\\u00e9\"}"};
    struct provar_run_options options = good_options();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        options.host_data = bad[i];
        options.host_data_len = strlen(bad[i]);
        assert_refused(&options, PROVAR_E_USAGE, "host data");
    }
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        options.host_data = good[i];
        options.host_data_len = strlen(good[i]);
        assert_accepted(&options);
    }
    options.host_data = NULL;
    assert_refused(&options, PROVAR_E_USAGE, "host data");
}

static void test_host_data_has_a_limit(void **state) {
    (void)state;
    size_t limit = (size_t)PV_MAX_HOST_DATA;
    char *data = malloc(limit + 1);
    assert_non_null(data);
    memset(data, ' ', limit + 1);
    data[0] = '{';
    data[1] = '}';
    struct provar_run_options options = good_options();
    options.host_data = data;
    options.host_data_len = limit;
    assert_accepted(&options);
    options.host_data_len = limit + 1;
    assert_refused(&options, PROVAR_E_LIMIT, "host data");
    free(data);
}

static void test_ignored_sigchld_is_refused(void **state) {
    (void)state;
    struct sigaction before, action = {.sa_handler = SIG_IGN};
    assert_int_equal(sigaction(SIGCHLD, &action, &before), 0);
    assert_refused(NULL, PROVAR_E_USAGE, "SIGCHLD");
    action = (struct sigaction){.sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT};
    assert_int_equal(sigaction(SIGCHLD, &action, NULL), 0);
    assert_refused(NULL, PROVAR_E_USAGE, "SIGCHLD");
    assert_int_equal(sigaction(SIGCHLD, &before, NULL), 0);
    assert_accepted(NULL);
}

/* ---------------------------------------------------------------- running */

static void assert_no_child_is_left(void) {
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static void test_status_is_that_of_waitpid(void **state) {
    (void)state;
    int status = status_of_act("exit-seven", NULL);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 7);
    status = status_of_act("die", NULL);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGUSR2);
    assert_no_child_is_left();
}

static void test_null_options_give_no_arguments_and_no_environment(void **state) {
    (void)state;
    int fd = memfile_of_path("/usr/bin/env"), status = -1;
    size_t len = 0;
    struct capture capture = capture_begin();
    enum provar_result result = pv_exec_run(fd, PV_STR("env"), NULL, &status, NULL);
    char *said = capture_end(&capture, &len);
    assert_int_equal(result, PROVAR_OK);
    assert_int_equal(status, 0);
    assert_string_equal(said, "");
    free(said);
    assert_int_equal(close(fd), 0);
}

static void test_arguments_and_environment_are_exact(void **state) {
    (void)state;
    static const char *const args[] = {"say", "", "two words", "--three=\xc3\xa9"};
    static const char *const env[] = {"RUST_LOG=debug", "EMPTY=", "TWICE=1", "TWICE=2", "EQUALS=a=b"};
    struct provar_run_options options = {.env = env, .env_count = 5};
    int status = -1;
    size_t len = 0;
    struct capture capture = capture_begin();
    enum provar_result result = run_self(args, 4, &options, &status, NULL);
    char *said = capture_end(&capture, &len);
    assert_int_equal(result, PROVAR_OK);
    assert_int_equal(status, 0);
    assert_string_equal(said, "[provider]\n[say]\n[]\n[two words]\n[--three=\xc3\xa9]\n"
                              "{RUST_LOG=debug}\n{EMPTY=}\n{TWICE=1}\n{TWICE=2}\n{EQUALS=a=b}\n");
    free(said);
}

static void test_host_data_arrives_byte_for_byte_and_ends(void **state) {
    (void)state;
    struct provar_run_options options = {.host_data = "{ \"a\" : 1.50}\n", .host_data_len = 14};
    size_t len = 0;
    struct capture capture = capture_begin();
    int status = status_of_act("cat", &options);
    char *said = capture_end(&capture, &len);
    assert_int_equal(status, 0);
    assert_string_equal(said, "eyAiYSIgOiAxLjUwfQo=\r\n");
    free(said);
}

/* An object of this many bytes; the caller frees it. */
static char *big_object(size_t len) {
    char *data = malloc(len);
    assert_non_null(data);
    memset(data, 'x', len);
    memcpy(data, "{\"a\":\"", 6);
    memcpy(data + len - 2, "\"}", 2);
    return data;
}

/* More than a pipe holds; the string is shorter than PV_MAX_JSON_STRING only because raw values have no such limit. */
static void test_large_host_data_arrives_whole(void **state) {
    (void)state;
    size_t len = 3 << 20, got = 0;
    char *data = big_object(len);
    struct provar_run_options options = {.host_data = data, .host_data_len = len};
    struct capture capture = capture_begin();
    int status = status_of_act("cat", &options);
    char *said = capture_end(&capture, &got);
    assert_int_equal(status, 0);
    assert_int_equal(got, len / 3 * 4 + 2); /* 3 MiB is a multiple of 3 */
    assert_memory_equal(said, "eyJhIjoieHh4eHh4", 16);
    assert_memory_equal(said + got - 6, "eCJ9\r\n", 6);
    free(said);
    free(data);
}

static void test_a_provider_need_not_read(void **state) {
    (void)state;
    size_t len = 10 << 20;
    char *data = big_object(len);
    struct provar_run_options options = {.host_data = data, .host_data_len = len};
    assert_int_equal(WEXITSTATUS(status_of_act("never-read", &options)), 3);
    assert_int_equal(WEXITSTATUS(status_of_act("close-input", &options)), 4);
    assert_int_equal(WEXITSTATUS(status_of_act("exit-seven", &options)), 7);
    free(data);
}

static void test_without_host_data_input_is_inherited(void **state) {
    (void)state;
    size_t len = 0;
    int saved = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3), input = memfd_create("input", MFD_CLOEXEC);
    assert_int_equal(write(input, "typed", 5), 5);
    assert_int_equal(lseek(input, 0, SEEK_SET), 0);
    assert_int_equal(dup2(input, STDIN_FILENO), STDIN_FILENO);
    struct capture capture = capture_begin();
    int status = status_of_act("cat", NULL);
    char *said = capture_end(&capture, &len);
    if (saved >= 0) {
        assert_int_equal(dup2(saved, STDIN_FILENO), STDIN_FILENO);
        assert_int_equal(close(saved), 0);
    }
    assert_int_equal(status, 0);
    assert_string_equal(said, "typed");
    free(said);
    assert_int_equal(close(input), 0);
}

/* What the library opens then gets the numbers 0 to 2 at first. */
static int run_without_standard_descriptors(void) {
    static const char *const args[] = {"expect-empty-object"};
    struct provar_run_options options = {.host_data = "{}", .host_data_len = 2};
    int status = -1;
    for (int fd = 0; fd <= 2; fd++)
        (void)close(fd);
    if (run_self(args, 1, &options, &status, NULL) != PROVAR_OK || !WIFEXITED(status))
        return 90;
    return WEXITSTATUS(status);
}

static void test_closed_standard_descriptors_do_no_harm(void **state) {
    (void)state;
    assert_int_equal(in_child(run_without_standard_descriptors), 0);
}

static void test_the_callers_signal_mask_comes_back(void **state) {
    (void)state;
    sigset_t before, after;
    assert_int_equal(pthread_sigmask(SIG_BLOCK, NULL, &before), 0);
    assert_int_equal(WEXITSTATUS(status_of_act("exit-seven", NULL)), 7);
    assert_int_equal(pthread_sigmask(SIG_BLOCK, NULL, &after), 0);
    for (int number = 1; number < NSIG; number++)
        assert_int_equal(sigismember(&before, number), sigismember(&after, number));
}

/* ---------------------------------------------------------------- what cannot start */

/* Runs a file of these bytes; it must fail with PROVAR_E_EXEC and these words, and without leaving a child or a status.
 */
static void assert_cannot_start(const void *data, size_t len, const char *words) {
    struct provar_run_options options = {.size = sizeof options, .host_data = "{}", .host_data_len = 2};
    struct provar_error err = {0};
    int fd = memfile_of(data, len), status = 4711;
    assert_int_equal(pv_exec_run(fd, PV_STR("provider"), &options, &status, &err), PROVAR_E_EXEC);
    assert_int_equal(err.code, PROVAR_E_EXEC);
    if (strstr(err.message, words) == NULL)
        fail_msg("'%s' is not in '%s'", words, err.message);
    assert_null(strstr(err.message, "No such file"));
    assert_int_equal(status, 4711);
    assert_no_child_is_left();
    assert_int_equal(close(fd), 0);
}

static void test_what_is_no_executable_says_so(void **state) {
    (void)state;
    assert_cannot_start("#!/bin/sh\nexit 0\n", 17, "script");
    assert_cannot_start("garbage, and nothing but garbage", 32, "not an executable");
    assert_cannot_start("", 0, "not an executable");
    assert_cannot_start("\x7f"
                        "ELF",
                        4, "not an executable");
}

/* Calls `work` with a private copy of this program's bytes. */
static void with_own_bytes(void (*work)(uint8_t *data, size_t len)) {
    struct stat st;
    size_t len = 0;
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &st), 0);
    uint8_t *data = malloc((size_t)st.st_size);
    assert_non_null(data);
    assert_int_equal(pv_fs_read(fd, data, (size_t)st.st_size, &len, NULL), PROVAR_OK);
    work(data, len);
    free(data);
    assert_int_equal(close(fd), 0);
}

/* e_machine, at 18 of the ELF header. */
static void run_for_another_machine(uint8_t *data, size_t len) {
    data[18] = 0xf7; /* EM_BPF */
    data[19] = 0;
    assert_cannot_start(data, len, "not an executable of this machine");
}

/* The first "/ld-" in the file stands in PT_INTERP. */
static void run_with_a_missing_loader(uint8_t *data, size_t len) {
    uint8_t *name = memmem(data, len, "/ld-", 4);
    assert_non_null(name);
    name[1] = 'X';
    assert_cannot_start(data, len, "loader");
}

static void test_elf_for_another_machine_and_missing_loader(void **state) {
    (void)state;
    with_own_bytes(run_for_another_machine);
    with_own_bytes(run_with_a_missing_loader);
}

/* Another writer of a sealed file, which execveat(2) refuses to run. */
static int open_writer(int fd) {
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int writer = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(writer >= 0);
    return writer;
}

static void test_a_writer_that_stays_is_an_error(void **state) {
    (void)state;
    struct provar_error err = {0};
    int fd = memfile_of_path("/proc/self/exe"), writer = open_writer(fd), status = -1;
    assert_int_equal(pv_exec_run(fd, PV_STR("provider"), NULL, &status, &err), PROVAR_E_EXEC);
    assert_non_null(strstr(err.message, "writing"));
    assert_int_equal(close(writer), 0);
    assert_int_equal(close(fd), 0);
}

/* A child that holds a writer for a while, as a fork of another thread does between its fork and its exec. */
static pid_t fork_with_a_writer(int fd, long ms) {
    int ready[2];
    char byte;
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0) {
        (void)open_writer(fd);
        (void)close(ready[1]);
        pause_ms(ms);
        _exit(0);
    }
    assert_int_equal(close(ready[1]), 0);
    assert_int_equal(read(ready[0], &byte, 1), 0);
    assert_int_equal(close(ready[0]), 0);
    return pid;
}

static void test_a_writer_that_goes_is_waited_for(void **state) {
    (void)state;
    static const char *const args[] = {"exit-seven"};
    struct provar_run_options options = {.size = sizeof options, .args = args, .arg_count = 1};
    int fd = memfile_of_path("/proc/self/exe"), status = -1;
    pid_t holder = fork_with_a_writer(fd, 100);
    assert_int_equal(pv_exec_run(fd, PV_STR("provider"), &options, &status, NULL), PROVAR_OK);
    assert_int_equal(WEXITSTATUS(status), 7);
    assert_int_equal(waitpid(holder, NULL, 0), holder);
    assert_int_equal(close(fd), 0);
}

/* 0: running fails with PROVAR_E_EXEC and a message that holds `words`. */
static int run_fails_without(int syscall_number, int error_number, const char *words) {
    static const char *const args[] = {"exit-seven"};
    struct provar_run_options options = {.size = sizeof options, .args = args, .arg_count = 1};
    struct provar_error err = {0};
    int fd = memfile_of_path("/proc/self/exe"), status = -1;
    if (!deny_syscall(syscall_number, error_number))
        return CHILD_CANNOT;
    if (pv_exec_run(fd, PV_STR("provider"), &options, &status, &err) != PROVAR_E_EXEC)
        return 1;
    if (waitpid(-1, NULL, WNOHANG) != -1)
        return 2;
    return status == -1 && strstr(err.message, words) ? 0 : 3;
}

static int run_without_pidfd(void) {
    return run_fails_without(SYS_pidfd_open, ENOSYS, "pidfd_open");
}

static int run_without_execveat(void) {
    return run_fails_without(SYS_execveat, ENOSYS, "execveat");
}

static int run_where_execveat_is_forbidden(void) {
    return run_fails_without(SYS_execveat, EACCES, "vm.memfd_noexec");
}

static int run_where_prctl_is_forbidden(void) {
    return run_fails_without(SYS_prctl, EPERM, "bind the provider's life");
}

static void test_what_the_system_lacks_is_named(void **state) {
    (void)state;
    assert_int_equal(in_child(run_without_pidfd), 0);
    assert_int_equal(in_child(run_without_execveat), 0);
    assert_int_equal(in_child(run_where_execveat_is_forbidden), 0);
    assert_int_equal(in_child(run_where_prctl_is_forbidden), 0);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_options_are_accepted),
        cmocka_unit_test(test_struct_of_another_shape_is_refused),
        cmocka_unit_test(test_signals_are_numbers_of_signals),
        cmocka_unit_test(test_missing_texts_are_refused),
        cmocka_unit_test(test_environment_entries_have_names),
        cmocka_unit_test(test_host_data_is_one_json_object),
        cmocka_unit_test(test_host_data_has_a_limit),
        cmocka_unit_test(test_ignored_sigchld_is_refused),
        cmocka_unit_test(test_status_is_that_of_waitpid),
        cmocka_unit_test(test_null_options_give_no_arguments_and_no_environment),
        cmocka_unit_test(test_arguments_and_environment_are_exact),
        cmocka_unit_test(test_host_data_arrives_byte_for_byte_and_ends),
        cmocka_unit_test(test_large_host_data_arrives_whole),
        cmocka_unit_test(test_a_provider_need_not_read),
        cmocka_unit_test(test_without_host_data_input_is_inherited),
        cmocka_unit_test(test_closed_standard_descriptors_do_no_harm),
        cmocka_unit_test(test_the_callers_signal_mask_comes_back),
        cmocka_unit_test(test_what_is_no_executable_says_so),
        cmocka_unit_test(test_elf_for_another_machine_and_missing_loader),
        cmocka_unit_test(test_a_writer_that_stays_is_an_error),
        cmocka_unit_test(test_a_writer_that_goes_is_waited_for),
        cmocka_unit_test(test_what_the_system_lacks_is_named),
    };
    (void)alarm(WATCHDOG_SECONDS);
    if (argc > 1)
        return play_act(acts, sizeof acts / sizeof acts[0], argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
