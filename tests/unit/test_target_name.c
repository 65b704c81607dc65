/* Target names: the grammar of reading and of creating, the names of other tools, this host's name. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "internal.h"

#include "target/target_name.h"

static bool is_readable(const char *name) {
    return pv_target_name_is_readable(pv_str_of(name));
}

static bool is_creatable(const char *name) {
    struct provar_error err = {0};
    struct pv_str text = pv_str_of(name);
    bool creatable = pv_target_name_is_creatable(text);
    enum provar_result expected = creatable ? PROVAR_OK : PROVAR_E_USAGE;
    assert_int_equal(provar_target_check(text.text, text.len, &err), expected);
    assert_int_equal(err.code, expected);
    return creatable;
}

static void test_reads_names_of_every_era(void **state) {
    (void)state;
    static const char *const names[] = {
        "x86_64-linux", "x86_64-testrunner", "mips64-freebsd", "X86_64-Linux", "a", "x86_64-linux-musl", "a..b", "_",
        "Claims",       "world.wasm2",       "claims.jwt"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_true(is_readable(names[i]));
}

static void test_refuses_names_that_are_paths_options_or_reserved(void **state) {
    (void)state;
    static const char *const names[] = {"",           ".hidden", "..",    "-rf",  "a/b",  "../x",
                                        "a b",        "claims",  "world", "a\nb", "a\\b", "\xc3\xa9-linux",
                                        "world.wasm", "a:b"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_false(is_readable(names[i]));
        assert_false(is_creatable(names[i]));
    }
    assert_true(is_readable("a.b"));
}

static void test_a_nul_is_no_end(void **state) {
    (void)state;
    assert_false(pv_target_name_is_readable(PV_STR("x86_64-linux\0")));
    assert_true(pv_target_name_is_readable(PV_STR("x86_64-linux")));
}

static void test_names_end_at_the_limit(void **state) {
    (void)state;
    char name[PV_MAX_TARGET_NAME + 2] = "x86_64-";
    memset(name + 7, 'a', sizeof name - 8);
    assert_false(is_readable(name));
    assert_false(is_creatable(name));
    name[PV_MAX_TARGET_NAME] = 0;
    assert_true(is_readable(name));
    assert_true(is_creatable(name));
}

static void test_creates_lower_case_arch_os_only(void **state) {
    (void)state;
    static const char *const good[] = {"x86_64-linux", "mips64-android", "aarch64-ios", "a.b-c_1", "x86_64-testrunner"};
    static const char *const bad[] = {"x86_64", "X86_64-linux", "x86_64-Linux", "x86_64-", "x86_64-linux-musl", "a--b"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(is_creatable(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_true(is_readable(bad[i]));
        assert_false(is_creatable(bad[i]));
    }
    assert_false(pv_target_name_is_creatable(pv_str(NULL, 0)));
    assert_int_equal(provar_target_check(NULL, 0, NULL), PROVAR_E_USAGE);
}

static void test_messages_escape_the_name(void **state) {
    (void)state;
    struct provar_error err = {0};
    static const char name[] = "\x1b[31m";
    assert_int_equal(provar_target_check(name, sizeof name - 1, &err), PROVAR_E_USAGE);
    assert_null(strchr(err.message, 0x1b));
    assert_non_null(strstr(err.message, "[31m"));
}

static void test_splits_at_the_first_dash(void **state) {
    (void)state;
    struct pv_str arch, os;
    assert_true(pv_target_name_split(PV_STR("x86_64-linux-musl"), &arch, &os));
    assert_true(pv_str_equal(arch, PV_STR("x86_64")));
    assert_true(pv_str_equal(os, PV_STR("linux-musl")));
    assert_true(pv_target_name_split(PV_STR("-"), &arch, &os));
    assert_int_equal(arch.len + os.len, 0);
    assert_false(pv_target_name_split(PV_STR("x86_64"), &arch, &os));
    assert_false(pv_target_name_split(pv_str(NULL, 0), &arch, &os));
}

static void test_maps_the_names_of_other_tools(void **state) {
    (void)state;
    static const char *const pairs[][2] = {
        {"amd64-linux", "x86_64-linux"},    {"x64-linux", "x86_64-linux"},       {"x86-64-linux", "x86_64-linux"},
        {"arm64-darwin", "aarch64-macos"},  {"aarch64-darwin", "aarch64-macos"}, {"i386-linux", "x86-linux"},
        {"i486-linux", "x86-linux"},        {"i586-linux", "x86-linux"},         {"i686-win32", "x86-windows"},
        {"x86_64-win64", "x86_64-windows"}, {"x86_64-osx", "x86_64-macos"},      {"x86-64-macosx", "x86_64-macos"},
        {"mips-darwin", "mips-macos"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct pv_target_name mapped;
        assert_true(pv_target_name_map(pv_str_of(pairs[i][0]), &mapped));
        assert_string_equal(mapped.text, pairs[i][1]);
    }
}

static void test_leaves_other_names_alone(void **state) {
    (void)state;
    static const char *const names[] = {"x86_64-linux", "x86-64",       "amd64",          "darwin",
                                        "linux-amd64",  "amd64x-linux", "x86_64-darwin2", "AMD64-linux",
                                        "x86-linux",    "win32-x86",    "i386-64-linux"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct pv_target_name mapped;
        assert_false(pv_target_name_map(pv_str_of(names[i]), &mapped));
        assert_string_equal(mapped.text, names[i]);
    }
}

static void test_never_makes_a_good_name_of_a_bad_one(void **state) {
    (void)state;
    struct pv_target_name mapped = {"x86_64-linux"};
    assert_false(pv_target_name_map(PV_STR("amd64-linux\0x"), &mapped));
    assert_string_equal(mapped.text, "");

    char name[PV_MAX_TARGET_NAME + 2] = "x64-";
    memset(name + 4, 'a', sizeof name - 5);
    assert_false(pv_target_name_map(pv_str(name, PV_MAX_TARGET_NAME + 1), &mapped));
    assert_string_equal(mapped.text, "");

    /* "x86_64-" is 3 longer than "x64-": at the limit it fits no more */
    assert_false(pv_target_name_map(pv_str(name, PV_MAX_TARGET_NAME - 2), &mapped));
    assert_int_equal(strlen(mapped.text), PV_MAX_TARGET_NAME - 2);
    assert_true(pv_target_name_map(pv_str(name, PV_MAX_TARGET_NAME - 3), &mapped));
    assert_int_equal(strlen(mapped.text), PV_MAX_TARGET_NAME);
}

static void test_knows_this_host(void **state) {
    (void)state;
    assert_true(is_creatable(provar_host_target()));
#if defined(__x86_64__) && defined(__linux__) && !defined(__ILP32__)
    assert_string_equal(provar_host_target(), "x86_64-linux");
#elif defined(__aarch64__) && defined(__linux__) && !defined(__ILP32__)
    assert_string_equal(provar_host_target(), "aarch64-linux");
#endif
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_names_of_every_era),
        cmocka_unit_test(test_refuses_names_that_are_paths_options_or_reserved),
        cmocka_unit_test(test_a_nul_is_no_end),
        cmocka_unit_test(test_names_end_at_the_limit),
        cmocka_unit_test(test_creates_lower_case_arch_os_only),
        cmocka_unit_test(test_messages_escape_the_name),
        cmocka_unit_test(test_splits_at_the_first_dash),
        cmocka_unit_test(test_maps_the_names_of_other_tools),
        cmocka_unit_test(test_leaves_other_names_alone),
        cmocka_unit_test(test_never_makes_a_good_name_of_a_bad_one),
        cmocka_unit_test(test_knows_this_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
