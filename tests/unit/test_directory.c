/* Tests of base/directory: where open(2) leads, but by no link that another user has planted. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"
#include "support/temp_dir.h"

#include "internal.h"

#include "base/directory.h"

enum { NOBODY = 65534 };

/* The caller, as the library sees it: files can be given away by root alone (tests/unit/meson.build). */
static uid_t caller;
uid_t __wrap_geteuid(void);
uid_t __real_geteuid(void);

uid_t __wrap_geteuid(void) {
    return caller;
}

static int setup(void **state) {
    caller = __real_geteuid();
    return temp_dir_setup(state);
}

#define test_of_links(function) cmocka_unit_test_setup_teardown(function, setup, temp_dir_teardown)

static enum provar_result reach(const char *directory, ino_t *inode, struct provar_error *err) {
    PV_AUTO_FD int fd = -1;
    struct stat st;
    *err = (struct provar_error){0};
    enum provar_result result = pv_directory_open(directory, PV_STR("output"), &fd, err);
    if (result == PROVAR_OK) {
        assert_int_equal(fstat(fd, &st), 0);
        *inode = st.st_ino;
    } else {
        assert_int_equal(fd, -1);
    }
    return result;
}

/* Leads where the system leads. */
static void assert_reached(const char *directory) {
    struct provar_error err;
    struct stat due;
    ino_t inode = 0;
    assert_int_equal(stat(directory, &due), 0);
    assert_ok(reach(directory, &inode, &err));
    assert_true(inode == due.st_ino);
}

static void assert_refused(const char *directory, enum provar_result code, const char *words) {
    struct provar_error err;
    ino_t inode;
    assert_fails(reach(directory, &inode, &err), code, err, PROVAR_NO_OFFSET);
    assert_non_null(strstr(err.message, words));
}

static void make_directory(const char *name, mode_t mode) {
    assert_int_equal(mkdir(name, 0700), 0);
    assert_int_equal(chmod(name, mode), 0);
}

/* A link of somebody who is neither root nor the caller. */
static void plant(const char *target, const char *name) {
    assert_int_equal(symlink(target, name), 0);
    if (__real_geteuid() == 0)
        assert_int_equal(lchown(name, NOBODY, (gid_t)-1), 0);
    else
        caller = __real_geteuid() + 1;
}

/* Makes a directory the caller's, or that of somebody who is neither root nor the caller. Where the caller is not root,
 * `plant` has made all of them the latter. */
static bool give(const char *directory, bool is_theirs) {
    if (__real_geteuid() != 0)
        return is_theirs;
    assert_int_equal(chown(directory, is_theirs ? NOBODY : 0, (gid_t)-1), 0);
    return true;
}

static void test_paths_without_links(void **state) {
    (void)state;
    static const char *const paths[] = {
        ".",  "./",   "a",           "a/",        "a//b",      "a/b/", "a/../a/b",       "..", "../..", "/",
        "//", "/tmp", "/tmp/../tmp", "./a/./b/.", "a/b/../..", "/..",  "/proc/self/task"};
    make_directory("a", 0700);
    make_directory("a/b", 0700);
    for (size_t i = 0; i < array_length(paths); i++)
        assert_reached(paths[i]);
}

static void test_links_of_the_caller(void **state) {
    (void)state;
    static const char *const paths[] = {"to-b",    "to-b/", "to-b/..",    "to-a/b", "up/a",
                                        "whole/a", "chain", "chain/../b", "a/in/b"};
    make_directory("a", 01777);
    make_directory("a/b", 0700);
    assert_int_equal(symlink("a/b", "to-b"), 0);
    assert_int_equal(symlink("a//", "to-a"), 0);
    assert_int_equal(symlink("a/b/../..", "up"), 0);
    assert_int_equal(symlink(temp_dir_path, "whole"), 0);
    assert_int_equal(symlink("whole/up/to-b", "chain"), 0);
    /* Anybody may write there, and the link is the caller's all the same. */
    assert_int_equal(symlink("../a", "a/in"), 0);
    for (size_t i = 0; i < array_length(paths); i++)
        assert_reached(paths[i]);
}

static void test_links_of_others(void **state) {
    (void)state;
    /* Of the directory that the link is in. */
    static const struct {
        bool is_theirs;
        mode_t mode;
        bool planted;
    } cases[] = {
        {false, 0755, false}, {false, 0700, false}, {false, 01755, false}, {false, 0777, true}, {false, 01777, true},
        {false, 0775, true},  {false, 0757, true},  {true, 0755, true},    {true, 0700, true},  {true, 01777, true},
    };
    make_directory("victim", 0700);
    make_directory("way", 0700);
    plant("../victim", "way/link");
    assert_int_equal(symlink("way/link", "mine"), 0);
    for (size_t i = 0; i < array_length(cases); i++) {
        if (!give("way", cases[i].is_theirs))
            continue;
        assert_int_equal(chmod("way", cases[i].mode), 0);
        if (cases[i].planted) {
            assert_refused("way/link", PROVAR_E_UNSAFE_PATH, "'output' is reached by a link of another user: 'link'");
            assert_refused("way/link/", PROVAR_E_UNSAFE_PATH, "'link'");
            assert_refused("way/link/../way", PROVAR_E_UNSAFE_PATH, "'link'");
            assert_refused("mine", PROVAR_E_UNSAFE_PATH, "'output' is reached by a link of another user");
        } else {
            assert_reached("way/link");
            assert_reached("way/link/..");
            assert_reached("mine");
        }
    }
}

/* Root's are followed wherever they are: /tmp may be one. */
static void test_links_of_root(void **state) {
    (void)state;
    if (__real_geteuid() != 0)
        skip_because("needs root, who alone makes links of root's");
    make_directory("open", 01777);
    assert_int_equal(symlink("..", "open/link"), 0);
    caller = NOBODY;
    assert_reached("open/link");
    assert_int_equal(chown("open", NOBODY - 1, (gid_t)-1), 0);
    assert_reached("open/link");
    assert_int_equal(lchown("open/link", NOBODY, (gid_t)-1), 0);
    assert_reached("open/link");
    caller = NOBODY - 1;
    assert_refused("open/link", PROVAR_E_UNSAFE_PATH, "'link'");
}

static void test_split(void **state) {
    (void)state;
    static const struct {
        const char *path, *directory, *name;
    } cases[] = {{"a", ".", "a"},   {"/a", "/", "a"}, {"a/b", "a", "b"}, {"/a/b", "/a", "b"}, {"a//b", "a/", "b"},
                 {"//a", "/", "a"}, {"a/", "a", ""},  {"/", "/", ""},    {"..", ".", ".."}};
    for (size_t i = 0; i < array_length(cases); i++) {
        char path[16];
        const char *directory = NULL, *name = NULL;
        (void)snprintf(path, sizeof path, "%s", cases[i].path);
        pv_directory_split(path, &directory, &name);
        assert_string_equal(directory, cases[i].directory);
        assert_string_equal(name, cases[i].name);
    }
}

static void test_as_many_links_as_the_kernel_follows(void **state) {
    (void)state;
    char name[16] = "a", next[16];
    make_directory(name, 0700);
    for (int i = 1; i <= 41; i++) {
        (void)snprintf(next, sizeof next, "link%d", i);
        assert_int_equal(symlink(name, next), 0);
        memcpy(name, next, sizeof name);
    }
    assert_reached("link40");
    assert_refused("link41", PROVAR_E_IO, "Too many levels of symbolic links");
    assert_int_equal(symlink("loop", "loop"), 0);
    assert_refused("loop", PROVAR_E_IO, "Too many levels of symbolic links");
}

/* What the link of a removed directory says is the name of another one. */
static void test_links_of_proc(void **state) {
    (void)state;
    char path[64];
    struct stat due;
    struct provar_error err;
    ino_t inode = 0;
    make_directory("gone", 0700);
    PV_AUTO_FD int fd = open("gone", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(fstat(fd, &due), 0);
    assert_int_equal(rmdir("gone"), 0);
    make_directory("gone (deleted)", 0700);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d/", fd);
    assert_ok(reach(path, &inode, &err));
    assert_true(inode == due.st_ino);
    assert_reached("/proc/self/cwd");
}

static void test_what_is_no_directory(void **state) {
    (void)state;
    make_directory("a", 0700);
    temp_dir_write("file", "x", 1);
    assert_int_equal(symlink("file", "to-file"), 0);
    assert_int_equal(symlink("nowhere", "dangling"), 0);
    assert_refused("nowhere", PROVAR_E_IO, "cannot open the directory of 'output': No such file or directory");
    assert_refused("a/nowhere/b", PROVAR_E_IO, "No such file or directory");
    assert_refused("dangling", PROVAR_E_IO, "No such file or directory");
    assert_refused("file", PROVAR_E_IO, "Not a directory");
    assert_refused("file/..", PROVAR_E_IO, "Not a directory");
    assert_refused("to-file/", PROVAR_E_IO, "Not a directory");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_of_links(test_paths_without_links),
        test_of_links(test_links_of_the_caller),
        test_of_links(test_links_of_others),
        test_of_links(test_links_of_root),
        cmocka_unit_test(test_split),
        test_of_links(test_as_many_links_as_the_kernel_follows),
        test_of_links(test_links_of_proc),
        test_of_links(test_what_is_no_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
