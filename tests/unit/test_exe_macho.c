/* Mach-O headers: thin in both widths and byte orders, fat in both forms, Apple's systems, Java class files, damage. */
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
    assert_true(exe_read_all(pv_exe_macho_read, image, &exe));
    assert_int_equal(exe.format, PV_EXE_MACHO);
    exe_assert_sane(&exe);
    return exe;
}

static struct pv_exe read_macho(const struct exe_macho *macho) {
    struct exe_image image AUTO_IMAGE = exe_build_macho(macho);
    return read_image(&image);
}

static bool is_macho(const struct exe_image *image) {
    struct pv_exe exe;
    bool is = exe_read_all(pv_exe_macho_read, image, &exe);
    assert_int_equal(exe.format, is ? PV_EXE_MACHO : PV_EXE_UNKNOWN);
    exe_assert_sane(&exe);
    return is;
}

/* ---------------------------------------------------------------- thin */

static void test_both_widths_and_byte_orders(void **state) {
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct exe_macho macho = macho_example();
        macho.is_64 = i & 1;
        macho.big_endian = i & 2;
        macho.cpu_type = MACHO_POWERPC;
        struct pv_exe exe = read_macho(&macho);
        assert_int_equal(exe.arch_count, 1);
        assert_string_equal(exe.arch[0], "powerpc");
        assert_string_equal(exe.os, "macos");
        assert_int_equal(exe.linkage, PV_EXE_DYNAMIC);
        assert_false(exe.truncated);
    }
}

static void test_linkage(void **state) {
    (void)state;
    struct exe_macho macho = macho_example();
    macho.file_type = MACHO_DYLIB;
    assert_int_equal(read_macho(&macho).linkage, PV_EXE_SHARED);
    macho.file_type = MACHO_BUNDLE;
    assert_int_equal(read_macho(&macho).linkage, PV_EXE_SHARED);
    macho.file_type = 1; /* MH_OBJECT */
    assert_int_equal(read_macho(&macho).linkage, PV_EXE_LINKAGE_UNKNOWN);
}

static void test_load_commands_tell_the_system(void **state) {
    (void)state;
    static const struct {
        uint32_t command, platform;
        const char *os;
    } cases[] = {
        {MACHO_COMMAND_BUILD, 1, "macos"},
        {MACHO_COMMAND_BUILD, 2, "ios"},
        {MACHO_COMMAND_BUILD, 6, "ios"},
        {MACHO_COMMAND_BUILD, 7, "ios"},
        {MACHO_COMMAND_BUILD, 3, "tvos"},
        {MACHO_COMMAND_BUILD, 8, "tvos"},
        {MACHO_COMMAND_BUILD, 4, "watchos"},
        {MACHO_COMMAND_BUILD, 9, "watchos"},
        {MACHO_COMMAND_BUILD, 11, "visionos"},
        {MACHO_COMMAND_BUILD, 12, "visionos"},
        {MACHO_COMMAND_BUILD, 999, "macos"},
        {MACHO_COMMAND_MIN_MACOS, 0, "macos"},
        {MACHO_COMMAND_MIN_IOS, 0, "ios"},
        {0x2f, 0, "tvos"},
        {0x30, 0, "watchos"},
        {0x0c, 2, "macos"},
        {0, 0, "macos"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int big_endian = 0; big_endian <= 1; big_endian++) {
            struct exe_macho macho = macho_example();
            macho.big_endian = big_endian;
            macho.command = cases[i].command;
            macho.platform = cases[i].platform;
            assert_string_equal(read_macho(&macho).os, cases[i].os);
        }
}

static void test_load_commands_may_lie(void **state) {
    (void)state;
    static const uint32_t sizes[] = {0, 1, 7, 41, 0x7fffffff, 0xffffffff};
    struct exe_macho macho = macho_example();
    macho.platform = 2;
    size_t first = macho_header_size(&macho);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct exe_image image AUTO_IMAGE = exe_build_macho(&macho);
        assert_string_equal(read_image(&image).os, "ios");
        exe_put(&image, first + 4, 4, false, sizes[i]);
        assert_string_equal(read_image(&image).os, "macos");
    }
    struct exe_image image AUTO_IMAGE = exe_build_macho(&macho);
    exe_put(&image, MACHO_NCMDS_AT, 4, false, 0xffffffff);
    assert_string_equal(read_image(&image).os, "ios");
    exe_put(&image, MACHO_NCMDS_AT, 4, false, 1);
    assert_string_equal(read_image(&image).os, "macos");
    exe_put(&image, MACHO_NCMDS_AT, 4, false, 2);
    exe_put(&image, MACHO_SIZEOFCMDS_AT, 4, false, MACHO_COMMAND_BYTES + 8); /* its platform is behind the end */
    assert_string_equal(read_image(&image).os, "macos");
    exe_put(&image, MACHO_SIZEOFCMDS_AT, 4, false, 0xffffffff);
    assert_true(read_image(&image).truncated);
}

static void test_build_version_without_a_platform_tells_nothing(void **state) {
    (void)state;
    struct exe_macho macho = macho_example();
    macho.command = MACHO_COMMAND_MIN_IOS;
    struct exe_image image AUTO_IMAGE = exe_build_macho(&macho);
    size_t first = macho_header_size(&macho), second = first + 8;
    exe_put(&image, first, 4, false, MACHO_COMMAND_BUILD);
    assert_string_equal(read_image(&image).os, "macos");
    exe_put(&image, first + 4, 4, false, 8);
    exe_put(&image, second, 4, false, MACHO_COMMAND_MIN_IOS);
    exe_put(&image, second + 4, 4, false, 16);
    assert_string_equal(read_image(&image).os, "ios");
}

static void test_load_commands_end_at_the_limit(void **state) {
    (void)state;
    for (uint32_t before = PV_EXE_MAX_COMMANDS - 1; before <= PV_EXE_MAX_COMMANDS; before++) {
        struct exe_macho macho = macho_example();
        struct exe_image image AUTO_IMAGE = exe_image_new(32 + 8 * ((size_t)before + 1));
        macho.command = 0;
        (void)exe_put_macho(&image, 0, &macho);
        exe_put(&image, MACHO_NCMDS_AT, 4, false, before + 1);
        exe_put(&image, MACHO_SIZEOFCMDS_AT, 4, false, 8 * ((uint64_t)before + 1));
        for (uint32_t i = 0; i <= before; i++) {
            exe_put(&image, 32 + 8 * (size_t)i, 4, false, i == before ? MACHO_COMMAND_MIN_IOS : 2);
            exe_put(&image, 32 + 8 * (size_t)i + 4, 4, false, 8);
        }
        assert_string_equal(read_image(&image).os, before < PV_EXE_MAX_COMMANDS ? "ios" : "macos");
    }
}

static void test_unnamed_machine_is_read_all_the_same(void **state) {
    (void)state;
    struct exe_macho macho = macho_example();
    macho.cpu_type = 0x1234;
    struct pv_exe exe = read_macho(&macho);
    assert_true(exe.machine_read);
    assert_int_equal(exe.arch_count, 0);
}

/* ---------------------------------------------------------------- fat */

static void test_fat_lists_its_machines(void **state) {
    (void)state;
    static const uint32_t cpu_types[] = {MACHO_X86_64, MACHO_ARM64, MACHO_X86};
    for (int is_64 = 0; is_64 <= 1; is_64++) {
        struct exe_image image AUTO_IMAGE = exe_build_fat(is_64, cpu_types, 3);
        struct pv_exe exe = read_image(&image);
        assert_int_equal(exe.arch_count, 3);
        assert_string_equal(exe.arch[0], "x86_64");
        assert_string_equal(exe.arch[1], "aarch64");
        assert_string_equal(exe.arch[2], "x86");
        assert_string_equal(exe.os, "macos");
        assert_int_equal(exe.linkage, PV_EXE_DYNAMIC);
        assert_false(exe.truncated);
    }
}

static void test_fat_takes_system_and_linkage_from_a_slice(void **state) {
    (void)state;
    static const uint32_t cpu_types[] = {MACHO_X86_64, MACHO_ARM64};
    struct exe_image image AUTO_IMAGE = exe_build_fat(false, cpu_types, 2);
    struct exe_macho ios = macho_example();
    ios.platform = 2;
    ios.file_type = MACHO_DYLIB;
    (void)exe_put_macho(&image, FAT_SLICE_ALIGN, &ios);
    struct pv_exe exe = read_image(&image);
    assert_string_equal(exe.os, "ios");
    assert_int_equal(exe.linkage, PV_EXE_SHARED);
    assert_int_equal(exe.arch_count, 2);

    memcpy(image.data + FAT_SLICE_ALIGN, "!<arch>\n", 8); /* a library of objects: the next slice is asked */
    exe = read_image(&image);
    assert_string_equal(exe.os, "macos");
    assert_int_equal(exe.linkage, PV_EXE_DYNAMIC);
}

static void test_fat_counts_a_machine_once(void **state) {
    (void)state;
    static const uint32_t cpu_types[] = {MACHO_ARM64, MACHO_ARM64_32, 0x1234};
    struct exe_image image AUTO_IMAGE = exe_build_fat(false, cpu_types, 3);
    assert_int_equal(read_image(&image).arch_count, 1);
}

static void test_fat_slices_end_at_the_limit(void **state) {
    (void)state;
    uint32_t cpu_types[PV_EXE_MAX_SLICES + 1];
    for (size_t i = 0; i <= PV_EXE_MAX_SLICES; i++)
        cpu_types[i] = MACHO_X86_64;
    for (int is_64 = 0; is_64 <= 1; is_64++) {
        struct exe_image good AUTO_IMAGE = exe_build_fat(is_64, cpu_types, PV_EXE_MAX_SLICES);
        struct exe_image bad AUTO_IMAGE = exe_build_fat(is_64, cpu_types, PV_EXE_MAX_SLICES + 1);
        assert_true(is_macho(&good));
        assert_false(is_macho(&bad));
    }
}

static void test_fat_slices_may_lie(void **state) {
    (void)state;
    static const uint32_t cpu_types[] = {MACHO_X86_64, MACHO_ARM64};
    for (int is_64 = 0; is_64 <= 1; is_64++) {
        unsigned width = is_64 ? 8 : 4;
        struct exe_image image AUTO_IMAGE = exe_build_fat(is_64, cpu_types, 2);
        uint64_t len = image.len;
        const uint64_t offsets[] = {0, FAT_TABLE_AT, len, len + 1, UINT64_MAX}, sizes[] = {0, len, UINT64_MAX};
        size_t at = fat_offset_at(is_64, 1);
        for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
            exe_put(&image, at, width, true, offsets[i]);
            assert_false(is_macho(&image));
        }
        exe_put(&image, at, width, true, len - 32);
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            exe_put(&image, at + width, width, true, sizes[i]);
            assert_false(is_macho(&image));
        }
        exe_put(&image, at + width, width, true, 33);
        assert_false(is_macho(&image));
        exe_put(&image, at + width, width, true, 32);
        assert_true(is_macho(&image));
        exe_put(&image, FAT_COUNT_AT, 4, true, 0);
        assert_false(is_macho(&image));
        exe_put(&image, FAT_COUNT_AT, 4, true, 0xffffffff);
        assert_false(is_macho(&image));
    }
}

/* JVM specification, 4.1: magic, minor_version 2, major_version 2. */
static void test_java_classes_are_not_mach_o(void **state) {
    (void)state;
    for (unsigned major = 45; major <= 70; major++) {
        struct exe_image image AUTO_IMAGE = exe_image_new(4096);
        exe_put(&image, 0, 4, true, 0xcafebabe);
        exe_put(&image, 6, 2, true, major);
        assert_false(is_macho(&image));
    }
}

/* ---------------------------------------------------------------- damage */

static void assert_every_length(const struct exe_image *image, size_t least) {
    for (size_t len = 0; len < image->len; len++) {
        struct pv_exe exe;
        assert_int_equal(exe_read(pv_exe_macho_read, image, len, len, &exe), len >= least);
        exe_assert_sane(&exe);
        assert_int_equal(exe.truncated, len >= least);
        (void)exe_read(pv_exe_macho_read, image, len, image->len, &exe);
        exe_assert_sane(&exe);
        assert_false(exe.truncated);
    }
}

static void test_every_length(void **state) {
    (void)state;
    static const uint32_t cpu_types[] = {MACHO_X86_64, MACHO_ARM64};
    for (int is_64 = 0; is_64 <= 1; is_64++) {
        struct exe_macho macho = macho_example();
        macho.is_64 = is_64;
        struct exe_image thin AUTO_IMAGE = exe_build_macho(&macho);
        assert_every_length(&thin, 4);
        struct exe_image fat AUTO_IMAGE = exe_build_fat(is_64, cpu_types, 2);
        size_t whole = 2 * FAT_SLICE_ALIGN + 32 + 2 * MACHO_COMMAND_BYTES;
        fat.len = whole;
        assert_every_length(&fat, whole);
        assert_true(is_macho(&fat));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_widths_and_byte_orders),
        cmocka_unit_test(test_linkage),
        cmocka_unit_test(test_load_commands_tell_the_system),
        cmocka_unit_test(test_load_commands_may_lie),
        cmocka_unit_test(test_build_version_without_a_platform_tells_nothing),
        cmocka_unit_test(test_load_commands_end_at_the_limit),
        cmocka_unit_test(test_unnamed_machine_is_read_all_the_same),
        cmocka_unit_test(test_fat_lists_its_machines),
        cmocka_unit_test(test_fat_takes_system_and_linkage_from_a_slice),
        cmocka_unit_test(test_fat_counts_a_machine_once),
        cmocka_unit_test(test_fat_slices_end_at_the_limit),
        cmocka_unit_test(test_fat_slices_may_lie),
        cmocka_unit_test(test_java_classes_are_not_mach_o),
        cmocka_unit_test(test_every_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
