/* Tests of base/out: an output is there whole, under the right name and mode, or not at all. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "support/check.h"
#include "support/temp_dir.h"

#include "internal.h"

#include "base/out.h"

static size_t entries_in(const char *path) {
    size_t count = 0;
    DIR *entries = opendir(path);
    assert_non_null(entries);
    for (struct dirent *entry = readdir(entries); entry; entry = readdir(entries))
        count += entry->d_name[0] != '.' || strlen(entry->d_name) > 2;
    assert_int_equal(closedir(entries), 0);
    return count;
}

static struct provar_output to_path(const char *path, uint32_t flags) {
    return (struct provar_output){.size = sizeof(struct provar_output),
                                  .kind = PROVAR_OUTPUT_PATH,
                                  .path = path,
                                  .path_len = strlen(path),
                                  .flags = flags};
}

static void make_file(const char *path, const char *text) {
    temp_dir_write(path, text, strlen(text));
}

static void assert_file_is(const char *path, const char *text) {
    char data[64] = {0};
    PV_AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(read(fd, data, sizeof data - 1), strlen(text));
    assert_string_equal(data, text);
}

static enum provar_result write_text(const struct provar_output *to, mode_t mode, const char *text,
                                     struct provar_error *err) {
    PV_AUTO_OUT struct pv_out out = PV_OUT_NONE;
    enum provar_result result = pv_out_open(&out, to, mode, err);
    if (result == PROVAR_OK)
        result = pv_out_write(&out, text, strlen(text), err);
    if (result == PROVAR_OK)
        result = pv_out_commit(&out, err);
    return result;
}

/* Opening says no with this code, and nothing new is in the directory. */
static void assert_open_fails(const struct provar_output *to, enum provar_result code) {
    struct provar_error err = {0};
    PV_AUTO_OUT struct pv_out out = PV_OUT_NONE;
    size_t before = entries_in(".");
    assert_int_equal(pv_out_open(&out, to, 0644, &err), code);
    assert_int_equal(err.code, code);
    assert_true(err.message[0] != 0);
    pv_out_release(&out);
    assert_int_equal(entries_in("."), before);
}

/* ---------------------------------------------------------------- a file */

static void test_a_file_appears_whole_on_commit(void **state) {
    (void)state;
    PV_AUTO_OUT struct pv_out out = PV_OUT_NONE;
    struct provar_output to = to_path("new", 0);
    assert_int_equal(pv_out_open(&out, &to, 0644, NULL), PROVAR_OK);
    assert_int_equal(pv_out_write(&out, "one ", 4, NULL), PROVAR_OK);
    assert_int_equal(pv_out_write(&out, "two", 3, NULL), PROVAR_OK);
    assert_int_equal(out.written, 7);
    assert_int_equal(access("new", F_OK), -1);
    assert_int_equal(pv_out_commit(&out, NULL), PROVAR_OK);
    assert_file_is("new", "one two");
    pv_out_release(&out);
    assert_file_is("new", "one two");
    assert_int_equal(entries_in("."), 1);
}

static void test_an_empty_file_is_a_file(void **state) {
    (void)state;
    struct provar_output to = to_path("empty", 0);
    assert_int_equal(write_text(&to, 0644, "", NULL), PROVAR_OK);
    assert_file_is("empty", "");
}

static void test_paths_with_directories(void **state) {
    (void)state;
    char path[128];
    assert_int_equal(mkdir("sub", 0700), 0);
    struct provar_output relative = to_path("./sub/../sub//a", 0);
    assert_int_equal(write_text(&relative, 0644, "a", NULL), PROVAR_OK);
    assert_file_is("sub/a", "a");
    (void)snprintf(path, sizeof path, "%s/sub/b", temp_dir_path);
    struct provar_output absolute = to_path(path, 0);
    assert_int_equal(write_text(&absolute, 0644, "b", NULL), PROVAR_OK);
    assert_file_is("sub/b", "b");
    assert_int_equal(entries_in("sub"), 2);
}

static void test_release_without_commit_leaves_nothing(void **state) {
    (void)state;
    for (int with_old = 0; with_old < 2; with_old++) {
        struct pv_out out = PV_OUT_NONE;
        struct provar_output to = to_path("file", PROVAR_OUTPUT_REPLACE);
        if (with_old)
            make_file("file", "old");
        assert_int_equal(pv_out_open(&out, &to, 0644, NULL), PROVAR_OK);
        assert_int_equal(pv_out_write(&out, "new", 3, NULL), PROVAR_OK);
        pv_out_release(&out);
        assert_int_equal(entries_in("."), with_old);
        if (with_old)
            assert_file_is("file", "old");
    }
}

static void test_release_accepts_empty_and_released(void **state) {
    (void)state;
    struct pv_out out = PV_OUT_NONE;
    struct provar_output to = to_path("file", 0);
    pv_out_release(&out);
    assert_int_equal(pv_out_open(&out, &to, 0644, NULL), PROVAR_OK);
    pv_out_release(&out);
    pv_out_release(&out);
    assert_int_equal(entries_in("."), 0);
}

/* ---------------------------------------------------------------- a name that is taken */

static void test_replace_only_when_asked(void **state) {
    (void)state;
    struct provar_output without = to_path("file", 0);
    struct provar_output with = to_path("file", PROVAR_OUTPUT_REPLACE);
    make_file("file", "old");
    assert_open_fails(&without, PROVAR_E_IO);
    assert_file_is("file", "old");
    assert_int_equal(write_text(&with, 0644, "new", NULL), PROVAR_OK);
    assert_file_is("file", "new");
    assert_int_equal(entries_in("."), 1);
}

static void test_replaced_file_is_another_inode(void **state) {
    (void)state;
    struct provar_output to = to_path("file", PROVAR_OUTPUT_REPLACE);
    make_file("file", "old");
    assert_int_equal(link("file", "other name"), 0);
    PV_AUTO_FD int reader = open("file", O_RDONLY | O_CLOEXEC);
    assert_true(reader >= 0);
    assert_int_equal(write_text(&to, 0644, "new", NULL), PROVAR_OK);
    char data[4] = {0};
    assert_int_equal(read(reader, data, 3), 3);
    assert_string_equal(data, "old");
    assert_file_is("other name", "old");
}

static void test_a_link_in_the_way_is_unsafe(void **state) {
    (void)state;
    make_file("target", "old");
    assert_int_equal(symlink("target", "link"), 0);
    assert_int_equal(symlink("nowhere", "dangling"), 0);
    for (uint32_t flags = 0; flags <= PROVAR_OUTPUT_REPLACE; flags++) {
        struct provar_output link = to_path("link", flags);
        struct provar_output dangling = to_path("dangling", flags);
        assert_open_fails(&link, PROVAR_E_UNSAFE_PATH);
        assert_open_fails(&dangling, PROVAR_E_UNSAFE_PATH);
    }
    assert_file_is("target", "old");
    assert_int_equal(access("nowhere", F_OK), -1);
}

static void test_a_directory_or_fifo_in_the_way_is_unsafe(void **state) {
    (void)state;
    assert_int_equal(mkdir("dir", 0700), 0);
    assert_int_equal(mkfifo("fifo", 0600), 0);
    for (uint32_t flags = 0; flags <= PROVAR_OUTPUT_REPLACE; flags++) {
        struct provar_output dir = to_path("dir", flags);
        struct provar_output fifo = to_path("fifo", flags);
        struct provar_output device = to_path("/dev/null", flags);
        assert_open_fails(&dir, PROVAR_E_UNSAFE_PATH);
        assert_open_fails(&fifo, PROVAR_E_UNSAFE_PATH);
        assert_open_fails(&device, PROVAR_E_UNSAFE_PATH);
    }
}

/* Between open and commit somebody else takes the name. */
static void test_a_name_taken_meanwhile(void **state) {
    (void)state;
    static const struct {
        uint32_t flags;
        bool link;
        enum provar_result expected;
    } cases[] = {
        {0, false, PROVAR_E_IO},
        {0, true, PROVAR_E_UNSAFE_PATH},
        {PROVAR_OUTPUT_REPLACE, true, PROVAR_E_UNSAFE_PATH},
        {PROVAR_OUTPUT_REPLACE, false, PROVAR_OK},
    };
    for (size_t i = 0; i < 4; i++) {
        struct pv_out out = PV_OUT_NONE;
        struct provar_output to = to_path("file", cases[i].flags);
        make_file("theirs", "theirs");
        assert_int_equal(pv_out_open(&out, &to, 0644, NULL), PROVAR_OK);
        assert_int_equal(pv_out_write(&out, "ours", 4, NULL), PROVAR_OK);
        assert_int_equal(cases[i].link ? symlink("theirs", "file") : link("theirs", "file"), 0);
        assert_int_equal(pv_out_commit(&out, NULL), cases[i].expected);
        pv_out_release(&out);
        assert_file_is("file", cases[i].expected == PROVAR_OK ? "ours" : "theirs");
        assert_file_is("theirs", "theirs");
        assert_int_equal(entries_in("."), 2);
        assert_int_equal(unlink("file"), 0);
    }
}

/* The directory was opened once: moving it away does not lead elsewhere. */
static void test_the_directory_is_held(void **state) {
    (void)state;
    struct pv_out out = PV_OUT_NONE;
    struct provar_output to = to_path("dir/file", 0);
    assert_int_equal(mkdir("dir", 0700), 0);
    assert_int_equal(mkdir("evil", 0700), 0);
    assert_int_equal(pv_out_open(&out, &to, 0644, NULL), PROVAR_OK);
    assert_int_equal(pv_out_write(&out, "x", 1, NULL), PROVAR_OK);
    assert_int_equal(rename("dir", "moved"), 0);
    assert_int_equal(symlink("evil", "dir"), 0);
    assert_int_equal(pv_out_commit(&out, NULL), PROVAR_OK);
    pv_out_release(&out);
    assert_file_is("moved/file", "x");
    assert_int_equal(entries_in("evil"), 0);
}

/* ---------------------------------------------------------------- poorer systems */

/* From here on openat(2) with O_TMPFILE fails, as it does on NFS. */
static bool deny_nameless_files(void) {
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_TMPFILE & ~O_DIRECTORY, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EOPNOTSUPP),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = array_length(filter), .filter = filter};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

enum { CHILD_CANNOT = 99 };

/* Runs `work` where there are no nameless files; 0 is success, other results say which step failed. */
static void assert_works_without_nameless_files(int (*work)(void)) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(deny_nameless_files() ? work() : CHILD_CANNOT);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == CHILD_CANNOT)
        skip_because("needs seccomp");
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* The temporary file has a name beside the final one, and loses it. */
static int write_by_name(void) {
    struct pv_out out = PV_OUT_NONE;
    struct provar_output without = to_path("file", 0);
    struct provar_output with = to_path("file", PROVAR_OUTPUT_REPLACE);
    if (pv_out_open(&out, &without, 0644, NULL) != PROVAR_OK || out.temp_name == NULL)
        return 1;
    if (entries_in(".") != 1 || access("file", F_OK) == 0)
        return 2;
    pv_out_release(&out);
    if (entries_in(".") != 0)
        return 3;
    if (write_text(&without, 0644, "one", NULL) != PROVAR_OK)
        return 4;
    if (write_text(&without, 0644, "two", NULL) != PROVAR_E_IO || entries_in(".") != 1)
        return 5;
    return write_text(&with, 0644, "three", NULL) == PROVAR_OK && entries_in(".") == 1 ? 0 : 6;
}

/* The name is taken by somebody else between open and commit. */
static int lose_the_name(void) {
    struct pv_out out = PV_OUT_NONE;
    struct provar_output to = to_path("file", 0);
    if (pv_out_open(&out, &to, 0644, NULL) != PROVAR_OK || pv_out_write(&out, "ours", 4, NULL) != PROVAR_OK)
        return 1;
    make_file("file", "theirs");
    if (pv_out_commit(&out, NULL) != PROVAR_E_IO)
        return 2;
    pv_out_release(&out);
    return entries_in(".") == 1 ? 0 : 3;
}

static void test_without_nameless_files(void **state) {
    (void)state;
    assert_works_without_nameless_files(write_by_name);
    assert_file_is("file", "three");
    assert_int_equal(unlink("file"), 0);
    assert_works_without_nameless_files(lose_the_name);
    assert_file_is("file", "theirs");
}

/* ---------------------------------------------------------------- requests that are wrong */

static void test_paths_that_name_no_file(void **state) {
    (void)state;
    static const char *const unsafe[] = {".", "..", "/", "./", "sub/", "sub/.", "sub/.."};
    assert_int_equal(mkdir("sub", 0700), 0);
    for (size_t i = 0; i < sizeof unsafe / sizeof *unsafe; i++) {
        struct provar_output to = to_path(unsafe[i], PROVAR_OUTPUT_REPLACE);
        assert_open_fails(&to, PROVAR_E_UNSAFE_PATH);
    }
    struct provar_output empty = to_path("", 0);
    assert_open_fails(&empty, PROVAR_E_USAGE);
    struct provar_output nul = to_path("a?b", 0);
    nul.path = "a\0b";
    assert_open_fails(&nul, PROVAR_E_USAGE);
}

static void test_a_directory_that_is_missing_or_none(void **state) {
    (void)state;
    struct provar_output missing = to_path("missing/file", 0);
    struct provar_output none = to_path("file/file", 0);
    make_file("file", "");
    assert_open_fails(&missing, PROVAR_E_IO);
    assert_open_fails(&none, PROVAR_E_IO);
}

static void test_structs_of_another_version(void **state) {
    (void)state;
    struct provar_output size = to_path("file", 0);
    struct provar_output flags = to_path("file", 2);
    struct provar_output kind = to_path("file", 0);
    struct provar_output no_write = to_path("file", 0);
    size.size -= 8;
    kind.kind = (enum provar_output_kind)9;
    no_write.kind = PROVAR_OUTPUT_CALLBACK;
    assert_open_fails(&size, PROVAR_E_USAGE);
    assert_open_fails(&flags, PROVAR_E_USAGE);
    assert_open_fails(&kind, PROVAR_E_USAGE);
    assert_open_fails(&no_write, PROVAR_E_USAGE);
}

/* Root may write everywhere, so the test is somebody else for a moment. */
static void test_a_directory_that_is_not_writable(void **state) {
    (void)state;
    bool root = geteuid() == 0;
    struct provar_output open_dir = to_path("open/file", 0);
    struct provar_output closed = to_path("closed/file", 0);
    assert_int_equal(mkdir("open", 0700), 0);
    assert_int_equal(mkdir("closed", 0700), 0);
    assert_int_equal(chmod("open", 0777), 0);
    assert_int_equal(chmod("closed", 0555), 0);
    assert_int_equal(chmod(temp_dir_path, 0755), 0);
    if (root && seteuid(65534) != 0)
        skip_because("needs a root that may become another user");
    struct provar_error err = {0};
    enum provar_result control = write_text(&open_dir, 0644, "x", NULL);
    enum provar_result result = write_text(&closed, 0644, "x", &err);
    if (root)
        assert_int_equal(seteuid(0), 0);
    assert_int_equal(control, PROVAR_OK);
    assert_int_equal(result, PROVAR_E_IO);
    assert_non_null(strstr(err.message, "closed/file"));
    assert_int_equal(entries_in("closed"), 0);
}

/* ---------------------------------------------------------------- patch */

static void test_patch_writes_over_and_not_beyond(void **state) {
    (void)state;
    PV_AUTO_OUT struct pv_out out = PV_OUT_NONE;
    struct provar_output to = to_path("file", 0);
    assert_int_equal(pv_out_open(&out, &to, 0644, NULL), PROVAR_OK);
    assert_int_equal(pv_out_patch(&out, 0, "x", 1, NULL), PROVAR_E_INTERNAL);
    assert_int_equal(pv_out_write(&out, "0123456789", 10, NULL), PROVAR_OK);
    assert_int_equal(pv_out_patch(&out, 0, "ab", 2, NULL), PROVAR_OK);
    assert_int_equal(pv_out_patch(&out, 8, "yz", 2, NULL), PROVAR_OK);
    assert_int_equal(pv_out_patch(&out, 10, "", 0, NULL), PROVAR_OK);
    assert_int_equal(pv_out_patch(&out, 9, "yz", 2, NULL), PROVAR_E_INTERNAL);
    assert_int_equal(pv_out_patch(&out, 10, "z", 1, NULL), PROVAR_E_INTERNAL);
    assert_int_equal(pv_out_patch(&out, 11, "", 0, NULL), PROVAR_E_INTERNAL);
    assert_int_equal(pv_out_patch(&out, UINT64_MAX, "yz", 2, NULL), PROVAR_E_INTERNAL);
    assert_int_equal(pv_out_patch(&out, 5, "yz", SIZE_MAX, NULL), PROVAR_E_INTERNAL);
    assert_int_equal(out.written, 10);
    assert_int_equal(pv_out_write(&out, "!", 1, NULL), PROVAR_OK); /* still at the end */
    assert_int_equal(pv_out_commit(&out, NULL), PROVAR_OK);
    assert_file_is("file", "ab234567yz!");
}

/* ---------------------------------------------------------------- mode */

static void test_mode_is_what_was_asked_less_the_umask(void **state) {
    (void)state;
    static const mode_t modes[] = {0755, 0644, 0600};
    static const mode_t masks[] = {0, 022, 077, 027};
    for (size_t m = 0; m < 3; m++) {
        for (size_t u = 0; u < 4; u++) {
            struct provar_output to = to_path("file", PROVAR_OUTPUT_REPLACE);
            struct stat st;
            mode_t old = umask(masks[u]);
            enum provar_result result = write_text(&to, modes[m], "x", NULL);
            assert_int_equal(umask(old), masks[u]);
            assert_int_equal(result, PROVAR_OK);
            assert_int_equal(stat("file", &st), 0);
            assert_int_equal(st.st_mode & 07777, modes[m] & ~masks[u]);
        }
    }
}

static void test_nobody_else_reads_it_before_commit(void **state) {
    (void)state;
    PV_AUTO_OUT struct pv_out out = PV_OUT_NONE;
    struct provar_output to = to_path("file", 0);
    struct stat st;
    mode_t old = umask(0);
    enum provar_result result = pv_out_open(&out, &to, 0755, NULL);
    (void)umask(old);
    assert_int_equal(result, PROVAR_OK);
    assert_int_equal(fstat(out.fd, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(fcntl(out.fd, F_GETFD), FD_CLOEXEC);
}

/* ---------------------------------------------------------------- descriptors and callbacks */

static struct provar_output to_fd(int fd) {
    return (struct provar_output){
        .size = sizeof(struct provar_output), .kind = PROVAR_OUTPUT_FD, .fd = fd, .temp_dir = ".", .temp_dir_len = 1};
}

static void test_a_descriptor_receives_nothing_before_commit(void **state) {
    (void)state;
    int ends[2];
    char data[16] = {0};
    PV_AUTO_OUT struct pv_out out = PV_OUT_NONE;
    assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    struct provar_output to = to_fd(ends[1]);
    assert_int_equal(pv_out_open(&out, &to, 0644, NULL), PROVAR_OK);
    assert_int_equal(pv_out_write(&out, "hello", 5, NULL), PROVAR_OK);
    assert_int_equal(pv_out_patch(&out, 0, "H", 1, NULL), PROVAR_OK);
    assert_int_equal(read(ends[0], data, sizeof data), -1);
    assert_int_equal(errno, EAGAIN);
    assert_int_equal(entries_in("."), 0);
    assert_int_equal(pv_out_commit(&out, NULL), PROVAR_OK);
    assert_int_equal(read(ends[0], data, sizeof data), 5);
    assert_string_equal(data, "Hello");
    pv_out_release(&out);
    assert_int_equal(fcntl(ends[1], F_GETFD), FD_CLOEXEC); /* borrowed: still open */
    assert_int_equal(close(ends[0]) + close(ends[1]), 0);
}

static void test_a_descriptor_receives_nothing_without_commit(void **state) {
    (void)state;
    int ends[2];
    char byte;
    struct pv_out out = PV_OUT_NONE;
    assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    struct provar_output to = to_fd(ends[1]);
    assert_int_equal(pv_out_open(&out, &to, 0644, NULL), PROVAR_OK);
    assert_int_equal(pv_out_write(&out, "hello", 5, NULL), PROVAR_OK);
    pv_out_release(&out);
    assert_int_equal(read(ends[0], &byte, 1), -1);
    assert_int_equal(errno, EAGAIN);
    assert_int_equal(entries_in("."), 0);
    assert_int_equal(close(ends[0]) + close(ends[1]), 0);
}

struct received {
    uint64_t len;
    size_t calls;
    uint64_t sum;
    size_t stop_at; /* the call that says no; 0 is never */
};

static int receive(const void *data, size_t len, void *user) {
    struct received *received = user;
    received->calls++;
    received->len += len;
    for (size_t i = 0; i < len; i++)
        received->sum = received->sum * 31 + ((const uint8_t *)data)[i];
    return received->calls == received->stop_at ? 7 : 0;
}

static struct provar_output to_callback(struct received *received, const char *temp_dir) {
    return (struct provar_output){.size = sizeof(struct provar_output),
                                  .kind = PROVAR_OUTPUT_CALLBACK,
                                  .write = receive,
                                  .user = received,
                                  .temp_dir = temp_dir,
                                  .temp_dir_len = strlen(temp_dir)};
}

static void test_a_callback_receives_all_in_order(void **state) {
    (void)state;
    struct received received = {0};
    struct received expected = {0};
    PV_AUTO_OUT struct pv_out out = PV_OUT_NONE;
    struct provar_output to = to_callback(&received, ".");
    assert_int_equal(pv_out_open(&out, &to, 0644, NULL), PROVAR_OK);
    for (unsigned i = 0; i < 3000; i++) {
        char line[128];
        int len = snprintf(line, sizeof line, "line %u of something that is longer than a block in the end\n", i);
        assert_int_equal(pv_out_write(&out, line, (size_t)len, NULL), PROVAR_OK);
        (void)receive(line, (size_t)len, &expected);
    }
    assert_int_equal(received.calls, 0);
    assert_int_equal(pv_out_commit(&out, NULL), PROVAR_OK);
    assert_true(expected.len > PV_BLOCK);
    assert_int_equal(received.len, expected.len);
    assert_int_equal(received.sum, expected.sum);
}

static void test_a_callback_may_stop(void **state) {
    (void)state;
    struct received received = {.stop_at = 1};
    struct provar_output to = to_callback(&received, ".");
    assert_int_equal(write_text(&to, 0644, "text", NULL), PROVAR_E_IO);
    assert_int_equal(received.calls, 1);
    received.stop_at = 0;
    assert_int_equal(write_text(&to, 0644, "text", NULL), PROVAR_OK);
}

static void test_a_temporary_directory_that_is_missing(void **state) {
    (void)state;
    struct received received = {0};
    struct provar_output to = to_callback(&received, "missing");
    assert_open_fails(&to, PROVAR_E_IO);
    to.temp_dir = NULL;
    to.temp_dir_len = 0;
    assert_int_equal(write_text(&to, 0644, "text", NULL), PROVAR_OK);
    assert_int_equal(received.len, 4);
}

/* A full disk, played by a limit on the size of files. */
static void test_a_write_that_fails(void **state) {
    (void)state;
    struct rlimit old, small;
    struct pv_out out = PV_OUT_NONE;
    struct provar_output to = to_path("file", 0);
    char kilobyte[1024] = {0};
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = (struct rlimit){.rlim_cur = 1536, .rlim_max = old.rlim_max};
    assert_int_equal(pv_out_open(&out, &to, 0644, NULL), PROVAR_OK);
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    enum provar_result fits = pv_out_write(&out, kilobyte, sizeof kilobyte, NULL);
    enum provar_result full = pv_out_write(&out, kilobyte, sizeof kilobyte, NULL);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    (void)signal(SIGXFSZ, handler);
    pv_out_release(&out);
    assert_int_equal(fits, PROVAR_OK);
    assert_int_equal(full, PROVAR_E_IO);
    assert_int_equal(entries_in("."), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_in_temp_dir(test_a_file_appears_whole_on_commit),
        test_in_temp_dir(test_an_empty_file_is_a_file),
        test_in_temp_dir(test_paths_with_directories),
        test_in_temp_dir(test_release_without_commit_leaves_nothing),
        test_in_temp_dir(test_release_accepts_empty_and_released),
        test_in_temp_dir(test_replace_only_when_asked),
        test_in_temp_dir(test_replaced_file_is_another_inode),
        test_in_temp_dir(test_a_link_in_the_way_is_unsafe),
        test_in_temp_dir(test_a_directory_or_fifo_in_the_way_is_unsafe),
        test_in_temp_dir(test_a_name_taken_meanwhile),
        test_in_temp_dir(test_the_directory_is_held),
        test_in_temp_dir(test_without_nameless_files),
        test_in_temp_dir(test_paths_that_name_no_file),
        test_in_temp_dir(test_a_directory_that_is_missing_or_none),
        test_in_temp_dir(test_structs_of_another_version),
        test_in_temp_dir(test_a_directory_that_is_not_writable),
        test_in_temp_dir(test_patch_writes_over_and_not_beyond),
        test_in_temp_dir(test_mode_is_what_was_asked_less_the_umask),
        test_in_temp_dir(test_nobody_else_reads_it_before_commit),
        test_in_temp_dir(test_a_descriptor_receives_nothing_before_commit),
        test_in_temp_dir(test_a_descriptor_receives_nothing_without_commit),
        test_in_temp_dir(test_a_callback_receives_all_in_order),
        test_in_temp_dir(test_a_callback_may_stop),
        test_in_temp_dir(test_a_temporary_directory_that_is_missing),
        test_in_temp_dir(test_a_write_that_fails),
    };
    return cmocka_run_group_tests_name("out", tests, NULL, NULL);
}
