/* PE headers: machine, library or program, and texts that only begin as one. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "internal.h"

#include "support/exe_build.h"

static struct pv_exe read_image(const struct exe_image *image) {
    struct pv_exe exe;
    assert_true(exe_read_all(pv_exe_pe_read, image, &exe));
    assert_int_equal(exe.format, PV_EXE_PE);
    assert_string_equal(exe.os, "windows");
    exe_assert_sane(&exe);
    return exe;
}

static bool is_pe(const struct exe_image *image) {
    struct pv_exe exe;
    bool is = exe_read_all(pv_exe_pe_read, image, &exe);
    assert_int_equal(exe.format, is ? PV_EXE_PE : PV_EXE_UNKNOWN);
    return is;
}

static void test_program_and_library(void **state) {
    (void)state;
    struct exe_image program AUTO_IMAGE = exe_build_pe(PE_X86_64, 0);
    struct exe_image library AUTO_IMAGE = exe_build_pe(PE_AARCH64, PE_DLL);
    struct pv_exe exe = read_image(&program);
    assert_int_equal(exe.arch_count, 1);
    assert_string_equal(exe.arch[0], "x86_64");
    assert_int_equal(exe.linkage, PV_EXE_DYNAMIC);
    assert_false(exe.truncated);
    exe = read_image(&library);
    assert_string_equal(exe.arch[0], "aarch64");
    assert_int_equal(exe.linkage, PV_EXE_SHARED);
}

static void test_unnamed_and_absent_machines(void **state) {
    (void)state;
    struct exe_image image AUTO_IMAGE = exe_build_pe(PE_IA_64, 0);
    struct pv_exe exe = read_image(&image);
    assert_true(exe.machine_read);
    assert_int_equal(exe.arch_count, 0);
    exe_put(&image, PE_MACHINE_AT, 2, false, 0);
    assert_false(read_image(&image).machine_read);
}

static void test_only_the_signature_makes_a_pe_file(void **state) {
    (void)state;
    struct exe_image image AUTO_IMAGE = exe_build_pe(PE_X86_64, 0);
    assert_true(is_pe(&image));
    image.data[PE_SIGNATURE_AT + 2] = 1;
    assert_false(is_pe(&image));
    image.data[PE_SIGNATURE_AT + 2] = 0;
    image.data[1] = 'X';
    assert_false(is_pe(&image));
}

static void test_the_signatures_offset_may_lie(void **state) {
    (void)state;
    struct exe_image image AUTO_IMAGE = exe_build_pe(PE_X86_64, 0);
    const uint64_t offsets[] = {0, 1, PE_SIGNATURE_AT + 1, image.len - 3, image.len, 0x7fffffff, 0xffffffff};
    for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
        exe_put(&image, PE_LFANEW_AT, 4, false, offsets[i]);
        assert_false(is_pe(&image));
    }
    exe_put(&image, PE_LFANEW_AT, 4, false, PE_SIGNATURE_AT);
    assert_true(is_pe(&image));
}

static void test_tables_outside_the_file(void **state) {
    (void)state;
    struct exe_image image AUTO_IMAGE = exe_build_pe(PE_X86_64, 0);
    exe_put(&image, PE_SECTIONS_AT, 2, false, 2);
    assert_true(read_image(&image).truncated);
    exe_put(&image, PE_SECTIONS_AT, 2, false, 1);
    assert_false(read_image(&image).truncated);
    exe_put(&image, PE_OPTIONAL_SIZE_AT, 2, false, 0xffff);
    assert_true(read_image(&image).truncated);
}

static void test_every_length(void **state) {
    (void)state;
    struct exe_image image AUTO_IMAGE = exe_build_pe(PE_X86_64, 0);
    for (size_t len = 0; len < image.len; len++) {
        struct pv_exe exe;
        assert_int_equal(exe_read(pv_exe_pe_read, &image, len, len, &exe), len >= PE_MACHINE_AT);
        assert_int_equal(exe.truncated, len >= PE_MACHINE_AT);
        exe_assert_sane(&exe);
        assert_int_equal(exe_read(pv_exe_pe_read, &image, len, image.len, &exe), len >= PE_MACHINE_AT);
        assert_false(exe.truncated);
        exe_assert_sane(&exe);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_program_and_library),
        cmocka_unit_test(test_unnamed_and_absent_machines),
        cmocka_unit_test(test_only_the_signature_makes_a_pe_file),
        cmocka_unit_test(test_the_signatures_offset_may_lie),
        cmocka_unit_test(test_tables_outside_the_file),
        cmocka_unit_test(test_every_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
