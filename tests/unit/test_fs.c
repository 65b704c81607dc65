/* Tests of base/fs: what is opened and what is not, reads and writes that go on, temporary files without a name. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <signal.h>

#include "support/check.h"
#include "support/fail_alloc.h"
#include "support/temp_dir.h"

#include "internal.h"

#include "base/fs.h"

static void a_path_is_text_without_nul(void **state) {
    (void)state;
    PV_AUTO_FREE char *path = NULL;
    struct provar_error err = {0};
    assert_fails(pv_path_dup(PV_STR(""), &path, &err), PROVAR_E_USAGE, err, PROVAR_NO_OFFSET);
    provar_error_clear(&err);
    assert_fails(pv_path_dup(PV_STR("a\0b"), &path, &err), PROVAR_E_USAGE, err, PROVAR_NO_OFFSET);
    assert_string_equal(err.message, "a NUL inside the path 'a\\x00b'");
    assert_null(path);
    fail_alloc(0);
    assert_int_equal(pv_path_dup(PV_STR("a"), &path, NULL), PROVAR_E_NO_MEMORY);
    fail_alloc(-1);
    assert_null(path);
    assert_ok(pv_path_dup(pv_str("a/b", 1), &path, NULL));
    assert_string_equal(path, "a");
}

/* Opening fails with this code and leaves its outputs alone. */
static void assert_not_opened(const char *path, bool no_follow, enum provar_result expected) {
    int fd = -77;
    struct stat st;
    struct provar_error err = {0};
    assert_fails(pv_fs_open_regular(pv_str_of(path), no_follow, &fd, &st, &err), expected, err, PROVAR_NO_OFFSET);
    assert_int_equal(fd, -77);
}

static void opens_a_regular_file(void **state) {
    (void)state;
    temp_dir_write("file", "abc", 3);
    PV_AUTO_FD int fd = -1;
    struct stat st;
    assert_ok(pv_fs_open_regular(PV_STR("file"), true, &fd, &st, NULL));
    assert_int_equal(st.st_size, 3);
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
}

static void opens_nothing_else_and_waits_for_nothing(void **state) {
    (void)state;
    assert_int_equal(mkdir("dir", 0755), 0);
    assert_int_equal(mkfifo("fifo", 0644), 0);
    assert_not_opened("missing", false, PROVAR_E_IO);
    assert_not_opened("dir", false, PROVAR_E_IO);
    assert_not_opened("/dev/null", false, PROVAR_E_IO);
    assert_not_opened("file\nname", false, PROVAR_E_IO);
    (void)alarm(20);
    assert_not_opened("fifo", false, PROVAR_E_IO);
    (void)alarm(0);
}

static void a_link_is_followed_unless_forbidden(void **state) {
    (void)state;
    temp_dir_write("file", "abc", 3);
    assert_int_equal(symlink("file", "link"), 0);
    assert_int_equal(symlink("missing", "dangling"), 0);
    PV_AUTO_FD int fd = -1;
    struct stat st;
    assert_ok(pv_fs_open_regular(PV_STR("link"), false, &fd, &st, NULL));
    assert_not_opened("link", true, PROVAR_E_UNSAFE_PATH);
    assert_not_opened("dangling", true, PROVAR_E_UNSAFE_PATH);
    assert_not_opened("dangling", false, PROVAR_E_IO);
}

/* Feeds a pipe a few bytes at a time, interrupting the reader in between. */
struct feeder {
    int fd;
    pthread_t reader;
};

static void ignore_signal(int number) {
    (void)number;
}

static void pause_a_little(void) {
    (void)nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
}

static void *feed(void *data) {
    const struct feeder *feeder = data;
    for (int i = 0; i < 5; i++) {
        pause_a_little();
        (void)pthread_kill(feeder->reader, SIGUSR1);
        pause_a_little();
        if (write(feeder->fd, "ab", 2) != 2)
            break;
    }
    (void)close(feeder->fd);
    return NULL;
}

static void reading_goes_on_after_signals_and_short_reads(void **state) {
    (void)state;
    /* without SA_RESTART: read(2) returns EINTR */
    struct sigaction action = {.sa_handler = ignore_signal}, old;
    assert_int_equal(sigaction(SIGUSR1, &action, &old), 0);
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    PV_AUTO_FD int reader = ends[0];
    struct feeder feeder = {.fd = ends[1], .reader = pthread_self()};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, feed, &feeder), 0);
    char bytes[64];
    size_t len = 0;
    assert_ok(pv_fs_read(reader, bytes, 7, &len, NULL));
    assert_int_equal(len, 7);
    assert_ok(pv_fs_read(reader, bytes + 7, sizeof bytes - 7, &len, NULL));
    assert_int_equal(len, 3);
    assert_memory_equal(bytes, "ababababab", 10);
    assert_ok(pv_fs_read(reader, bytes, sizeof bytes, &len, NULL));
    assert_int_equal(len, 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(sigaction(SIGUSR1, &old, NULL), 0);
}

static void reading_at_an_offset_leaves_the_position(void **state) {
    (void)state;
    temp_dir_write("file", "0123456789", 10);
    PV_AUTO_FD int fd = open("file", O_RDONLY | O_CLOEXEC);
    char bytes[8];
    size_t len;
    assert_ok(pv_fs_read_at(fd, bytes, 4, 3, &len, NULL));
    assert_int_equal(len, 4);
    assert_memory_equal(bytes, "3456", 4);
    assert_ok(pv_fs_read_at(fd, bytes, 8, 7, &len, NULL));
    assert_int_equal(len, 3);
    assert_ok(pv_fs_read_at(fd, bytes, 8, 1000, &len, NULL));
    assert_int_equal(len, 0);
    assert_ok(pv_fs_read(fd, bytes, 2, &len, NULL));
    assert_memory_equal(bytes, "01", 2);
}

static void a_read_that_fails_is_an_io_error(void **state) {
    (void)state;
    PV_AUTO_FD int dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    char bytes[8];
    size_t len = 77;
    struct provar_error err = {0};
    assert_fails(pv_fs_read(dir, bytes, 8, &len, &err), PROVAR_E_IO, err, PROVAR_NO_OFFSET);
    provar_error_clear(&err);
    assert_fails(pv_fs_read_at(dir, bytes, 8, 0, &len, &err), PROVAR_E_IO, err, PROVAR_NO_OFFSET);
    temp_dir_write("file", "abc", 3);
    PV_AUTO_FD int file = open("file", O_RDONLY | O_CLOEXEC);
    provar_error_clear(&err);
    assert_fails(pv_fs_read_at(file, bytes, 8, UINT64_MAX, &len, &err), PROVAR_E_IO, err, PROVAR_NO_OFFSET);
    assert_int_equal(len, 77);
}

static void everything_is_written(void **state) {
    (void)state;
    PV_AUTO_FD int fd = open("file", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    char bytes[8];
    size_t len;
    assert_ok(pv_fs_write(fd, "abcdef", 6, NULL));
    assert_ok(pv_fs_write(fd, NULL, 0, NULL));
    assert_ok(pv_fs_write_at(fd, "XY", 2, 2, NULL));
    assert_ok(pv_fs_write(fd, "g", 1, NULL));
    assert_ok(pv_fs_read_at(fd, bytes, sizeof bytes, 0, &len, NULL));
    assert_int_equal(len, 7);
    assert_memory_equal(bytes, "abXYefg", 7);
}

static void a_write_that_fails_is_an_io_error(void **state) {
    (void)state;
    PV_AUTO_FD int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    struct provar_error err = {0};
    assert_fails(pv_fs_write(full, "a", 1, &err), PROVAR_E_IO, err, PROVAR_NO_OFFSET);
    assert_string_equal(err.message, "cannot write: No space left on device");
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    PV_AUTO_FD int reader = ends[0], writer = ends[1];
    provar_error_clear(&err);
    assert_fails(pv_fs_write_at(writer, "a", 1, 0, &err), PROVAR_E_IO, err, PROVAR_NO_OFFSET);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)close(pv_take_fd(&reader));
    provar_error_clear(&err);
    assert_fails(pv_fs_write(writer, "a", 1, &err), PROVAR_E_IO, err, PROVAR_NO_OFFSET);
    (void)signal(SIGPIPE, SIG_DFL);
}

static void a_temporary_file_has_no_name(void **state) {
    (void)state;
    static const struct pv_str places[] = {{".", 1}, {NULL, 0}};
    for (size_t i = 0; i < array_length(places); i++) {
        PV_AUTO_FD int fd = -1;
        struct stat st;
        assert_ok(pv_fs_temp(places[i], &fd, NULL));
        assert_int_equal(fstat(fd, &st), 0);
        assert_int_equal(st.st_nlink, 0);
        assert_int_equal(st.st_mode, S_IFREG | 0600);
        assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
        assert_ok(pv_fs_write(fd, "abc", 3, NULL));
    }
    /* nothing but the directory itself */
    assert_int_equal(rmdir(temp_dir_path), 0);
    assert_int_equal(mkdir(temp_dir_path, 0700), 0);
}

static void a_temporary_file_needs_a_directory(void **state) {
    (void)state;
    int fd = -77;
    struct provar_error err = {0};
    assert_fails(pv_fs_temp(PV_STR("missing"), &fd, &err), PROVAR_E_IO, err, PROVAR_NO_OFFSET);
    provar_error_clear(&err);
    assert_fails(pv_fs_temp(PV_STR("a\0b"), &fd, &err), PROVAR_E_USAGE, err, PROVAR_NO_OFFSET);
    temp_dir_write("file", "", 0);
    provar_error_clear(&err);
    assert_fails(pv_fs_temp(PV_STR("file"), &fd, &err), PROVAR_E_IO, err, PROVAR_NO_OFFSET);
    assert_int_equal(fd, -77);
}

static void whose_a_file_is_and_who_may_do_what(void **state) {
    (void)state;
    static const struct {
        uid_t owner;
        mode_t mode, denied;
        const char *says; /* NULL: it is ours */
    } cases[] = {
        {0, 0600, S_IRWXG | S_IRWXO, NULL},
        {0, 0640, S_IRWXG | S_IRWXO, "others may use the file 'f': its mode is 0640"},
        {0, 0601, S_IRWXG | S_IRWXO, "others may use the file 'f': its mode is 0601"},
        {0, 0755, S_IWGRP | S_IWOTH, NULL},
        {0, 0775, S_IWGRP | S_IWOTH, "others may write to the file 'f': its mode is 0775"},
        {0, 0777, 0, NULL},
        {12345, 0600, 0, "the file 'f' belongs to another user"},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        struct provar_error err = {0};
        const struct stat st = {.st_uid = cases[i].owner, .st_mode = S_IFREG | cases[i].mode};
        enum provar_result result = pv_fs_check_ours(&st, cases[i].denied, "the file", PV_STR("f"), &err);
        assert_int_equal(result, cases[i].says ? PROVAR_E_UNSAFE_PATH : PROVAR_OK);
        assert_string_equal(err.message, cases[i].says ? cases[i].says : "");
    }
    const struct stat own = {.st_uid = geteuid(), .st_mode = S_IFREG | 0600};
    assert_ok(pv_fs_check_ours(&own, S_IRWXG | S_IRWXO, "the file", PV_STR("f"), NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_is_text_without_nul),
        cmocka_unit_test(whose_a_file_is_and_who_may_do_what),
        test_in_temp_dir(opens_a_regular_file),
        test_in_temp_dir(opens_nothing_else_and_waits_for_nothing),
        test_in_temp_dir(a_link_is_followed_unless_forbidden),
        cmocka_unit_test(reading_goes_on_after_signals_and_short_reads),
        test_in_temp_dir(reading_at_an_offset_leaves_the_position),
        test_in_temp_dir(a_read_that_fails_is_an_io_error),
        test_in_temp_dir(everything_is_written),
        test_in_temp_dir(a_write_that_fails_is_an_io_error),
        test_in_temp_dir(a_temporary_file_has_no_name),
        test_in_temp_dir(a_temporary_file_needs_a_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
