/* Tests of store/layout_file when the system fails: what is there stays, and nothing is left behind. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>

#include "support/check.h"
#include "support/temp_dir.h"

#include "internal.h"

#include "base/fs.h"
#include "store/layout/layout_file.h"

/* The linker sends the library's calls here (tests/store/meson.build). */
int __real_openat64(int dir, const char *path, int flags, mode_t mode);
int __real_fsync(int fd);
int __real_linkat(int from_dir, const char *from, int to_dir, const char *to, int flags);
int __real_renameat(int from_dir, const char *from, int to_dir, const char *to);
int __wrap_openat64(int dir, const char *path, int flags, mode_t mode);
int __wrap_fsync(int fd);
int __wrap_linkat(int from_dir, const char *from, int to_dir, const char *to, int flags);
int __wrap_renameat(int from_dir, const char *from, int to_dir, const char *to);

static struct {
    bool no_nameless;                      /* no O_TMPFILE, as on NFS */
    int file_sync, dir_sync, link, rename; /* the errno with which a call fails; 0 succeeds */
} system_is;

/* F: a file was synced, L: linked, R: renamed, D: a directory was synced. */
static char calls[8];

static void note(char call) {
    size_t used = strlen(calls);
    if (used + 1 < sizeof calls)
        calls[used] = call;
}

static int fail_with(int error_number) {
    errno = error_number;
    return -1;
}

int __wrap_openat64(int dir, const char *path, int flags, mode_t mode) {
    if (system_is.no_nameless && (flags & O_TMPFILE) == O_TMPFILE)
        return fail_with(EOPNOTSUPP);
    return __real_openat64(dir, path, flags, mode);
}

int __wrap_fsync(int fd) {
    struct stat st;
    bool is_directory = fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
    int wanted = is_directory ? system_is.dir_sync : system_is.file_sync;
    note(is_directory ? 'D' : 'F');
    return wanted ? fail_with(wanted) : __real_fsync(fd);
}

int __wrap_linkat(int from_dir, const char *from, int to_dir, const char *to, int flags) {
    note('L');
    return system_is.link ? fail_with(system_is.link) : __real_linkat(from_dir, from, to_dir, to, flags);
}

int __wrap_renameat(int from_dir, const char *from, int to_dir, const char *to) {
    note('R');
    return system_is.rename ? fail_with(system_is.rename) : __real_renameat(from_dir, from, to_dir, to);
}

/* ---------------------------------------------------------------- one file */

static size_t count_entries(const char *path) {
    DIR *entries = opendir(path);
    size_t count = 0;
    assert_non_null(entries);
    for (const struct dirent *entry; (entry = readdir(entries)) != NULL;)
        count += entry->d_name[0] != '.' ? 1 : 0;
    assert_int_equal(closedir(entries), 0);
    return count;
}

/* Writes `text` as the file "name" of a layout that has it already, as "old". */
static enum provar_result write_file(const char *text, bool replace, struct provar_error *err) {
    PV_AUTO_FD int directory = open(".", O_RDONLY | O_DIRECTORY), partial = -1;
    PV_AUTO_LAYOUT_FILE struct pv_layout_file file = PV_LAYOUT_NO_FILE;
    assert_true(directory >= 0);
    partial = open("partial", O_RDONLY | O_DIRECTORY);
    assert_true(partial >= 0);
    enum provar_result result = pv_layout_file_begin(&file, partial, err);
    if (result == PROVAR_OK)
        result = pv_fs_write(file.fd, text, strlen(text), err);
    return result == PROVAR_OK ? pv_layout_file_commit(&file, directory, "name", replace, err) : result;
}

static void expect_content(const char *expected) {
    PV_AUTO_FD int directory = open(".", O_RDONLY | O_DIRECTORY);
    PV_AUTO_BUF struct pv_buf text;
    bool found = false;
    pv_buf_init(&text, 100);
    assert_ok(pv_layout_read_file(directory, "name", &text, &found, NULL));
    assert_true(found);
    assert_string_equal((const char *)text.data, expected);
    assert_int_equal(count_entries("partial"), 0);
}

static void begin(void) {
    memset(&system_is, 0, sizeof system_is);
    memset(calls, 0, sizeof calls);
    (void)mkdir("partial", 0777);
    temp_dir_write("name", "old", 3);
}

/* LAY-3: whole on the disk before it has its name, and the name too before it is said to be there. */
static void replaces_or_leaves(void **state) {
    (void)state;
    for (int named = 0; named < 2; named++) {
        begin();
        system_is.no_nameless = named != 0;
        assert_ok(write_file("new", false, NULL));
        expect_content("old");
        memset(calls, 0, sizeof calls);
        assert_ok(write_file("new", true, NULL));
        expect_content("new");
        assert_string_equal(calls, named ? "FRD" : "FLRD");
    }
}

/* LAY-3. */
static void a_failure_leaves_what_was_there(void **state) {
    (void)state;
    int *const faults[] = {&system_is.file_sync, &system_is.link, &system_is.rename};
    for (size_t i = 0; i < array_length(faults); i++) {
        struct provar_error err = {0};
        begin();
        *faults[i] = ENOSPC;
        assert_fails(write_file("new", true, &err), PROVAR_E_IO, err, PROVAR_NO_OFFSET);
        expect_content("old");
    }
}

/* LAY-3. The name is there then, and whole; that it will still be after a loss of power cannot be promised. */
static void a_directory_that_cannot_be_synced_is_told(void **state) {
    (void)state;
    struct provar_error err = {0};
    begin();
    system_is.dir_sync = EIO;
    assert_fails(write_file("new", true, &err), PROVAR_E_IO, err, PROVAR_NO_OFFSET);
    expect_content("new");
    /* Some file systems know no such thing. */
    begin();
    system_is.dir_sync = EINVAL;
    assert_ok(write_file("new", true, NULL));
}

static void nothing_is_opened_through_a_link(void **state) {
    (void)state;
    PV_AUTO_FD int directory = open(".", O_RDONLY | O_DIRECTORY);
    struct provar_error err = {0};
    uint64_t size = 0;
    int fd = -1;
    begin();
    assert_ok(pv_layout_open_file(directory, "name", &fd, &size, NULL));
    assert_int_equal(size, 3);
    assert_int_equal(close(fd), 0);
    assert_int_equal(symlink("name", "link"), 0);
    assert_fails(pv_layout_open_file(directory, "link", &fd, &size, &err), PROVAR_E_UNSAFE_PATH, err, PROVAR_NO_OFFSET);
    assert_int_equal(symlink("partial", "folder"), 0);
    provar_error_clear(&err);
    for (int create = 0; create < 2; create++) {
        assert_fails(pv_layout_open_directory(directory, "folder", create != 0, &fd, &err), PROVAR_E_UNSAFE_PATH, err,
                     PROVAR_NO_OFFSET);
        provar_error_clear(&err);
    }
    assert_ok(pv_layout_open_directory(directory, "none", false, &fd, NULL));
    assert_int_equal(fd, -1);
    assert_ok(pv_layout_open_file(directory, "none", &fd, &size, NULL));
    assert_int_equal(fd, -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_in_temp_dir(replaces_or_leaves),
        test_in_temp_dir(a_failure_leaves_what_was_there),
        test_in_temp_dir(a_directory_that_cannot_be_synced_is_told),
        test_in_temp_dir(nothing_is_opened_through_a_link),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
