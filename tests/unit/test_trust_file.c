/* Tests of trust/trust_file: whose files are read, how long they may be, and how lines are told apart. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"
#include "support/foreign.h"
#include "support/temp_dir.h"

#include "internal.h"

#include "trust/trust_file.h"

/* ---------------------------------------------------------------- files */

static void assert_read(const char *path, enum provar_result code, const char *says) {
    PV_AUTO_TRUST_FILE struct pv_trust_file file = {0};
    struct provar_error err = {0};
    enum provar_result result = pv_trust_file_read(pv_str_of(path), &file, &err);
    if (result != code || strstr(err.message, says) == NULL)
        fail_msg("%s: %s (%s)", path, provar_result_name((int)result), err.message);
}

static void test_read(void **state) {
    (void)state;
    PV_AUTO_TRUST_FILE struct pv_trust_file file = {0};
    temp_dir_write("a\x1b", "one\ntwo", 7);
    assert_ok(pv_trust_file_read(PV_STR("a\x1b"), &file, NULL));
    assert_string_equal(file.name, "a\\x1b");
    assert_int_equal(file.text.len, 7);
    assert_string_equal(file.text.data, "one\ntwo");
    temp_dir_write("empty", "", 0);
    assert_read("empty", PROVAR_OK, "");
    assert_int_equal(mkdir("sub", 0700), 0);
    assert_int_equal(rename("empty", "sub/empty"), 0);
    assert_read("sub/empty", PROVAR_OK, "");
    assert_read("./sub/../sub/empty", PROVAR_OK, "");
}

static void test_missing(void **state) {
    (void)state;
    temp_dir_write("file", "", 0);
    assert_read("none", PROVAR_E_UNTRUSTED, "'none' is missing");
    assert_read("none/file", PROVAR_E_UNTRUSTED, "missing");
    assert_read("file/file", PROVAR_E_UNTRUSTED, "missing");
    assert_read("", PROVAR_E_USAGE, "empty path");
    assert_int_equal(symlink("none", "dangling"), 0);
    assert_read("dangling/file", PROVAR_E_UNTRUSTED, "missing");
}

/* Who may have taken a file away, or the directory that it was in, must not be believed that there was none. */
static void test_missing_by_others(void **state) {
    (void)state;
    assert_int_equal(mkdir("d", 0700), 0);
    assert_int_equal(chmod("d", 0777), 0);
    assert_read("d/none", PROVAR_E_UNSAFE_PATH, "others may write to the directory of 'd/none': its mode is 0777");
    assert_read("d/none/file", PROVAR_E_UNSAFE_PATH, "others may write to a directory above 'd/none/file': its mode");
    assert_read("d/none/none/file", PROVAR_E_UNSAFE_PATH, "others may write to a directory above");
    assert_int_equal(chmod("d", 01777), 0);
    assert_read("d/none", PROVAR_E_UNSAFE_PATH, "others may write to the directory of 'd/none': its mode is 1777");
    /* What the caller had there, nobody else can have removed. */
    assert_read("d/none/file", PROVAR_E_UNTRUSTED, "missing");
    assert_int_equal(symlink("none", "d/link"), 0);
    assert_read("d/link/file", PROVAR_E_UNTRUSTED, "missing");
    assert_int_equal(chmod("d", 0700), 0);
    assert_read("d/none", PROVAR_E_UNTRUSTED, "missing");
    make_foreign("d");
    assert_read("d/none", PROVAR_E_UNSAFE_PATH, "the directory of 'd/none' belongs to another user");
    assert_read("d/none/file", PROVAR_E_UNSAFE_PATH, "a directory above 'd/none/file' belongs to another user");
    make_foreign(NULL);
}

/* Each directory on the way, and each above the one where the way begins. */
static void test_ancestors(void **state) {
    (void)state;
    char whole[sizeof temp_dir_path + sizeof "/a/b/c/file"];
    (void)snprintf(whole, sizeof whole, "%s/a/b/c/file", temp_dir_path);
    assert_int_equal(mkdir("a", 0700) | mkdir("a/b", 0700) | mkdir("a/b/c", 0700) | mkdir("away", 0700), 0);
    temp_dir_write("a/b/c/file", "", 0);
    assert_int_equal(symlink("../a/b/c", "away/link"), 0);
    static const char *const open_dirs[] = {"a", "a/b"};
    for (size_t i = 0; i < array_length(open_dirs); i++) {
        assert_read(whole, PROVAR_OK, "");
        assert_int_equal(chmod(open_dirs[i], 0777), 0);
        assert_read("a/b/c/file", PROVAR_E_UNSAFE_PATH, "others may write to a directory above 'a/b/c/file'");
        assert_read("away/link/file", PROVAR_E_UNSAFE_PATH, "others may write to a directory above");
        assert_read(whole, PROVAR_E_UNSAFE_PATH, "others may write to a directory above");
        assert_int_equal(chdir("a/b/c"), 0);
        assert_read("file", PROVAR_E_UNSAFE_PATH, "others may write to a directory above 'file': its mode is 0777");
        assert_read("/proc/self/cwd/file", PROVAR_E_UNSAFE_PATH, "others may write to a directory above");
        assert_int_equal(chdir("../../.."), 0);
        assert_int_equal(chmod(open_dirs[i], 01777), 0);
        assert_read("a/b/c/file", PROVAR_OK, "");
        assert_int_equal(chmod(open_dirs[i], 0755), 0);
        make_foreign(open_dirs[i]);
        assert_read("a/b/c/file", PROVAR_E_UNSAFE_PATH, "a directory above 'a/b/c/file' belongs to another user");
        assert_int_equal(chdir("a/b/c"), 0);
        assert_read("file", PROVAR_E_UNSAFE_PATH, "a directory above 'file' belongs to another user");
        assert_int_equal(chdir("../../.."), 0);
        make_foreign(NULL);
    }
    /* A link is in the hands of whoever may write to where it lies. */
    assert_read("away/link/file", PROVAR_OK, "");
    assert_int_equal(chmod("away", 0777), 0);
    assert_read("away/link/file", PROVAR_E_UNSAFE_PATH, "others may write to a directory above");
}

static void test_no_regular_file(void **state) {
    (void)state;
    temp_dir_write("file", "", 0);
    assert_int_equal(symlink("file", "link"), 0);
    assert_read("link", PROVAR_E_UNSAFE_PATH, "'link' is a link");
    assert_int_equal(mkfifo("fifo", 0600), 0);
    assert_read("fifo", PROVAR_E_IO, "not a regular file");
    assert_read(".", PROVAR_E_IO, "not a regular file");
}

static void test_modes(void **state) {
    (void)state;
    static const struct {
        mode_t file, dir;
        const char *says; /* NULL: accepted */
    } cases[] = {
        {0644, 0755, NULL},
        {0600, 0700, NULL},
        {0620, 0700, "others may write to the policy file 'd/file': its mode is 0620"},
        {0602, 0700, "others may write to the policy file 'd/file': its mode is 0602"},
        {0600, 0720, "others may write to the directory of 'd/file': its mode is 0720"},
        {0600, 0702, "others may write to the directory of 'd/file': its mode is 0702"},
        {0600, 01777, "others may write to the directory of 'd/file': its mode is 1777"},
    };
    assert_int_equal(mkdir("d", 0700), 0);
    temp_dir_write("d/file", "", 0);
    for (size_t i = 0; i < array_length(cases); i++) {
        assert_int_equal(chmod("d/file", cases[i].file), 0);
        assert_int_equal(chmod("d", cases[i].dir), 0);
        assert_read("d/file", cases[i].says ? PROVAR_E_UNSAFE_PATH : PROVAR_OK, cases[i].says ? cases[i].says : "");
    }
}

static void test_owners(void **state) {
    (void)state;
    assert_int_equal(mkdir("d", 0700), 0);
    temp_dir_write("d/file", "", 0);
    make_foreign("d/file");
    assert_read("d/file", PROVAR_E_UNSAFE_PATH, "the policy file 'd/file' belongs to another user");
    make_foreign("d");
    assert_read("d/file", PROVAR_E_UNSAFE_PATH, "the directory of 'd/file' belongs to another user");
    make_foreign(NULL);
    assert_read("d/file", PROVAR_OK, "");
}

/* In a folder for everybody, a link of somebody's to a file of the caller's: which one would be theirs to choose. */
static void test_planted_link(void **state) {
    (void)state;
    if (geteuid() != 0)
        skip_because("needs root, who alone makes links of others");
    assert_int_equal(mkdir("open", 0700), 0);
    assert_int_equal(chmod("open", 01777), 0);
    assert_int_equal(mkdir("d", 0700), 0);
    temp_dir_write("d/file", "", 0);
    assert_int_equal(symlink("../d", "open/link"), 0);
    assert_read("open/link/file", PROVAR_OK, "");
    assert_int_equal(lchown("open/link", 12345, (gid_t)-1), 0);
    assert_read("open/link/file", PROVAR_E_UNSAFE_PATH, "reached by a link of another user: 'link'");
}

static void test_4_mib(void **state) {
    (void)state;
    int fd = open("file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(ftruncate(fd, 4 << 20), 0);
    assert_read("file", PROVAR_OK, "");
    assert_int_equal(ftruncate(fd, (4 << 20) + 1), 0);
    assert_read("file", PROVAR_E_LIMIT, "more than 4194304 bytes");
    assert_int_equal(close(fd), 0);
}

/* ---------------------------------------------------------------- lines */

static void test_lines(void **state) {
    (void)state;
    static const struct {
        const char *text;
        unsigned number;
    } wanted[] = {{"one", 1}, {"two # three", 4}, {"\xc3\xa9 \t x", 6}, {"last", 8}};
    struct pv_trust_lines lines =
        pv_trust_lines("F", PV_STR("one\n# c\n  \t \r\n two # three \r\n\t# c\n\xc3\xa9 \t x\n\nlast"));
    bool found = false;
    for (size_t i = 0; i < array_length(wanted); i++) {
        assert_ok(pv_trust_lines_next(&lines, &found, NULL));
        assert_true(found);
        assert_true(pv_str_equal(lines.line, pv_str_of(wanted[i].text)));
        assert_int_equal(lines.number, wanted[i].number);
    }
    assert_ok(pv_trust_lines_next(&lines, &found, NULL));
    assert_false(found);
}

static void test_wrong_lines(void **state) {
    (void)state;
    static const struct pv_str wrong[] = {{"a\n\xff\n", 4},
                                          {"a\n# \0\n", 6},
                                          {"a\nb\rc\n", 6},
                                          {"a\n\x1b", 3},
                                          {"a\nb\r\r\n", 6},
                                          {"a\n#\x7f", 4},
                                          /* A byte order mark, a zero-width space, what turns the text around, C1. */
                                          {"a\n\xef\xbb\xbf!b", 6},
                                          {"a\nb\xe2\x80\x8b", 6},
                                          {"a\n# \xe2\x80\xae", 7},
                                          {"a\n\xc2\x85", 4}};
    for (size_t i = 0; i < array_length(wrong); i++) {
        struct provar_error err = {0};
        struct pv_trust_lines lines = pv_trust_lines("F", wrong[i]);
        bool found = false;
        assert_ok(pv_trust_lines_next(&lines, &found, NULL));
        assert_true(found);
        assert_fails(pv_trust_lines_next(&lines, &found, &err), PROVAR_E_USAGE, err, PROVAR_NO_OFFSET);
        assert_string_equal(err.message, "F:2: a control or invisible character, or what is not UTF-8");
    }
}

static void test_16384_characters(void **state) {
    (void)state;
    char *text = malloc(16388);
    bool found = false;
    assert_non_null(text);
    memset(text, 'x', 16388);
    memcpy(text + 16384, "\r\n", 2);
    struct pv_trust_lines lines = pv_trust_lines("F", pv_str(text, 16386));
    assert_ok(pv_trust_lines_next(&lines, &found, NULL));
    assert_int_equal(lines.line.len, 16384);
    memcpy(text + 16384, "x\r\n", 3);
    lines = pv_trust_lines("F", pv_str(text, 16387));
    struct provar_error err = {0};
    assert_fails(pv_trust_lines_next(&lines, &found, &err), PROVAR_E_USAGE, err, PROVAR_NO_OFFSET);
    assert_string_equal(err.message, "F:1: a line of more than 16384 bytes");
    free(text);
}

/* ---------------------------------------------------------------- parts */

static void test_words(void **state) {
    (void)state;
    struct pv_str rest = PV_STR("one \t two\tthree");
    assert_true(pv_str_equal(pv_trust_word(&rest), PV_STR("one")));
    assert_true(pv_str_equal(rest, PV_STR("two\tthree")));
    assert_true(pv_str_equal(pv_trust_word(&rest), PV_STR("two")));
    assert_true(pv_str_equal(pv_trust_word(&rest), PV_STR("three")));
    assert_int_equal(pv_trust_word(&rest).len, 0);
}

static void test_times(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t seconds; /* by date -u -d ... +%s */
    } good[] = {{"19700101", 0},
                {"19700101000001Z", 1},
                {"20000229", 951782400},
                {"20240229Z", 1709164800},
                {"20260301", 1772323200},
                {"202603012359Z", 1772409540},
                {"20260301235959", 1772409599},
                {"21000228", 4107456000},
                {"99991231235959Z", 253402300799}};
    static const char *const bad[] = {"",
                                      "Z",
                                      "2026",
                                      "20260001",
                                      "20261301",
                                      "20260100",
                                      "20260132",
                                      "20260229",
                                      "21000229",
                                      "19691231",
                                      "202603012400",
                                      "202603012360",
                                      "20260301235960",
                                      "2026030123",
                                      "2026030123595",
                                      "2026-03-01",
                                      "20260301z",
                                      "20260301ZZ",
                                      "+0260301",
                                      "2026030 "};
    int64_t seconds = -1;
    for (size_t i = 0; i < array_length(good); i++) {
        assert_true(pv_trust_time(pv_str_of(good[i].text), &seconds));
        assert_true(seconds == good[i].seconds);
    }
    for (size_t i = 0; i < array_length(bad); i++)
        if (pv_trust_time(pv_str_of(bad[i]), &seconds))
            fail_msg("'%s' is taken for a time", bad[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_in_temp_dir(test_read),
        test_in_temp_dir(test_missing),
        test_in_temp_dir(test_missing_by_others),
        test_in_temp_dir(test_ancestors),
        test_in_temp_dir(test_no_regular_file),
        test_in_temp_dir(test_modes),
        test_in_temp_dir(test_owners),
        test_in_temp_dir(test_planted_link),
        test_in_temp_dir(test_4_mib),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_wrong_lines),
        cmocka_unit_test(test_16384_characters),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
