/* Tests of base/out when the system fails in the middle, or somebody else takes a name at the worst moment. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <pthread.h>
#include <signal.h>

#include "support/check.h"
#include "support/temp_dir.h"

#include "internal.h"

#include "base/out.h"

/* ---------------------------------------------------------------- the system, with faults */

/* The linker sends the library's calls here (tests/unit/meson.build). */
int __real_fsync(int fd);
int __real_renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags);
int __real_linkat(int from_dir, const char *from, int to_dir, const char *to, int flags);
int __real_openat64(int dir, const char *path, int flags, mode_t mode);
int __wrap_fsync(int fd);
int __wrap_renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags);
int __wrap_linkat(int from_dir, const char *from, int to_dir, const char *to, int flags);
int __wrap_openat64(int dir, const char *path, int flags, mode_t mode);

static struct {
    int file_sync, dir_sync;                            /* the errno of a sync that fails; 0 succeeds */
    bool no_nameless;                                   /* no O_TMPFILE, as on NFS */
    bool no_noreplace;                                  /* no RENAME_NOREPLACE, as there */
    enum { NOTHING, FINAL_NAME, TEMPORARY_NAME } taken; /* right before a file is to get it */
    char syncs[64]; /* what was synced, and what was under the final name at that time */
    char taken_name[64];
} system_is;

static void take(const char *name) {
    if (system_is.taken == NOTHING || (system_is.taken == FINAL_NAME) != pv_str_equal(pv_str_of(name), PV_STR("file")))
        return;
    system_is.taken = NOTHING;
    (void)snprintf(system_is.taken_name, sizeof system_is.taken_name, "%s", name ? name : "");
    temp_dir_write(name, "theirs", 6);
}

int __wrap_fsync(int fd) {
    struct stat st, named;
    bool is_dir = fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
    bool exists = stat("file", &named) == 0;
    size_t used = strlen(system_is.syncs);
    (void)snprintf(system_is.syncs + used, sizeof system_is.syncs - used, "%s:%s ", is_dir ? "dir" : "file",
                   !exists              ? "none"
                   : named.st_size == 4 ? "ours"
                                        : "old");
    errno = is_dir ? system_is.dir_sync : system_is.file_sync;
    return errno ? -1 : __real_fsync(fd);
}

int __wrap_renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags) {
    take(to);
    if (flags != 0 && system_is.no_noreplace) {
        errno = EINVAL;
        return -1;
    }
    return __real_renameat2(from_dir, from, to_dir, to, flags);
}

int __wrap_linkat(int from_dir, const char *from, int to_dir, const char *to, int flags) {
    take(to);
    return __real_linkat(from_dir, from, to_dir, to, flags);
}

int __wrap_openat64(int dir, const char *path, int flags, mode_t mode) {
    if (system_is.no_nameless && (flags & O_TMPFILE) == O_TMPFILE) {
        errno = EOPNOTSUPP;
        return -1;
    }
    return __real_openat64(dir, path, flags, mode);
}

/* ---------------------------------------------------------------- what is there */

static size_t count_entries(void) {
    size_t count = 0;
    DIR *entries = opendir(".");
    assert_non_null(entries);
    for (struct dirent *entry = readdir(entries); entry; entry = readdir(entries))
        count++;
    assert_int_equal(closedir(entries), 0);
    return count - 2;
}

static void assert_file_is(const char *path, const char *text) {
    char data[64] = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(read(fd, data, sizeof data - 1), strlen(text));
    assert_int_equal(close(fd), 0);
    assert_string_equal(data, text);
}

/* Writes "ours" to "file", with everything at fault from the commit on. */
static enum provar_result write_file(uint32_t flags, struct provar_error *err) {
    PV_AUTO_OUT struct pv_out out = PV_OUT_NONE;
    struct provar_output to = {
        .size = sizeof to, .kind = PROVAR_OUTPUT_PATH, .path = "file", .path_len = 4, .flags = flags};
    enum provar_result result = pv_out_open(&out, &to, 0644, err);
    if (result == PROVAR_OK)
        result = pv_out_write(&out, "ours", 4, err);
    if (result == PROVAR_OK)
        result = pv_out_commit(&out, err);
    return result;
}

/* With an old file, with or without nameless files; `replace` says whether there is an old one. */
static void begin(bool replace, bool no_nameless) {
    (void)unlink("file");
    if (replace)
        temp_dir_write("file", "an old one", 10);
    memset(&system_is, 0, sizeof system_is);
    system_is.no_nameless = no_nameless;
}

/* ---------------------------------------------------------------- syncs */

static void test_file_before_its_name_and_directory_after(void **state) {
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        bool replace = i & 1, no_nameless = i & 2;
        begin(replace, no_nameless);
        assert_ok(write_file(replace ? PROVAR_OUTPUT_REPLACE : 0, NULL));
        assert_string_equal(system_is.syncs, replace ? "file:old dir:ours " : "file:none dir:ours ");
        assert_file_is("file", "ours");
        assert_int_equal(count_entries(), 1);
    }
}

static void test_a_file_that_cannot_be_synced(void **state) {
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        struct provar_error err = {0};
        bool replace = i & 1, no_nameless = i & 2;
        begin(replace, no_nameless);
        system_is.file_sync = EIO;
        assert_fails(write_file(replace ? PROVAR_OUTPUT_REPLACE : 0, &err), PROVAR_E_IO, err, PROVAR_NO_OFFSET);
        assert_int_equal(count_entries(), replace);
        if (replace)
            assert_file_is("file", "an old one");
    }
}

static void test_a_directory_that_cannot_be_synced(void **state) {
    (void)state;
    struct provar_error err = {0};
    begin(false, false);
    system_is.dir_sync = EIO;
    assert_fails(write_file(0, &err), PROVAR_E_IO, err, PROVAR_NO_OFFSET);
    assert_non_null(strstr(err.message, "'file' is in place and whole"));
    assert_file_is("file", "ours");
    begin(false, false);
    system_is.dir_sync = EINVAL; /* it has no sync at all */
    assert_ok(write_file(0, NULL));
}

/* ---------------------------------------------------------------- names */

static void assert_name_is_lost(bool no_nameless, bool no_noreplace) {
    struct provar_error err = {0};
    begin(false, no_nameless);
    system_is.no_noreplace = no_noreplace;
    system_is.taken = FINAL_NAME;
    assert_fails(write_file(0, &err), PROVAR_E_IO, err, PROVAR_NO_OFFSET);
    assert_file_is("file", "theirs");
    assert_int_equal(count_entries(), 1);
    begin(false, no_nameless);
    system_is.no_noreplace = no_noreplace;
    assert_ok(write_file(0, NULL));
    assert_file_is("file", "ours");
    assert_int_equal(count_entries(), 1);
}

/* Behind the last look at the name, and still nothing of theirs is lost. */
static void test_a_name_taken_at_the_last_moment(void **state) {
    (void)state;
    assert_name_is_lost(false, false);
    assert_name_is_lost(true, false);
    assert_name_is_lost(true, true);
}

/* The name for the step between was somebody else's: it is not ours to remove. */
static void test_a_temporary_name_that_is_taken(void **state) {
    (void)state;
    struct provar_error err = {0};
    begin(true, false);
    system_is.taken = TEMPORARY_NAME;
    assert_fails(write_file(PROVAR_OUTPUT_REPLACE, &err), PROVAR_E_IO, err, PROVAR_NO_OFFSET);
    assert_file_is("file", "an old one");
    assert_file_is(system_is.taken_name, "theirs");
    assert_int_equal(count_entries(), 2);
}

/* ---------------------------------------------------------------- descriptors */

enum { STREAM_LEN = 600000 };

/* Commits STREAM_LEN bytes to a descriptor. */
static enum provar_result write_stream(int fd, struct provar_error *err) {
    static uint8_t content[STREAM_LEN];
    PV_AUTO_OUT struct pv_out out = PV_OUT_NONE;
    struct provar_output to = {
        .size = sizeof to, .kind = PROVAR_OUTPUT_FD, .fd = fd, .temp_dir = ".", .temp_dir_len = 1};
    enum provar_result result = pv_out_open(&out, &to, 0644, err);
    if (result == PROVAR_OK)
        result = pv_out_write(&out, content, sizeof content, err);
    if (result == PROVAR_OK)
        result = pv_out_commit(&out, err);
    return result;
}

/* Takes its time at the beginning, so that the pipe is full. */
static void *read_slowly(void *user) {
    int fd = *(int *)user;
    static char buf[4096];
    size_t len = 0;
    (void)usleep(20000);
    for (ssize_t n = 1; n > 0; len += n > 0 ? (size_t)n : 0)
        n = read(fd, buf, sizeof buf);
    return len == STREAM_LEN ? NULL : buf;
}

static void test_a_pipe_that_would_block_is_waited_for(void **state) {
    (void)state;
    int ends[2];
    pthread_t reader;
    void *short_of = NULL;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
    assert_int_equal(pthread_create(&reader, NULL, read_slowly, &ends[0]), 0);
    enum provar_result result = write_stream(ends[1], NULL);
    assert_int_equal(close(ends[1]), 0);
    assert_int_equal(pthread_join(reader, &short_of), 0);
    assert_int_equal(close(ends[0]), 0);
    assert_ok(result);
    assert_null(short_of);
}

/* SIGPIPE would end this program. */
static void test_a_reader_that_has_gone(void **state) {
    (void)state;
    int ends[2];
    struct provar_error err = {0};
    sigset_t pending;
    assert_ptr_equal(signal(SIGPIPE, SIG_DFL), SIG_DFL);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(close(ends[0]), 0);
    assert_fails(write_stream(ends[1], &err), PROVAR_E_IO, err, PROVAR_NO_OFFSET);
    assert_int_equal(close(ends[1]), 0);
    assert_int_equal(sigpending(&pending), 0);
    assert_int_equal(sigismember(&pending, SIGPIPE), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_in_temp_dir(test_file_before_its_name_and_directory_after),
        test_in_temp_dir(test_a_file_that_cannot_be_synced),
        test_in_temp_dir(test_a_directory_that_cannot_be_synced),
        test_in_temp_dir(test_a_name_taken_at_the_last_moment),
        test_in_temp_dir(test_a_temporary_name_that_is_taken),
        test_in_temp_dir(test_a_pipe_that_would_block_is_waited_for),
        test_in_temp_dir(test_a_reader_that_has_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
