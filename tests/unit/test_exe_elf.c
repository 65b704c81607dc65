/* ELF headers: linkage, interpreter, newest GLIBC version, both classes and byte orders, and damage of every kind. */
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
    assert_true(exe_read_all(pv_exe_elf_read, image, &exe));
    exe_assert_sane(&exe);
    return exe;
}

static struct pv_exe read_elf(const struct exe_elf *elf) {
    struct exe_image image AUTO_IMAGE = exe_build_elf(elf);
    return read_image(&image);
}

/* ---------------------------------------------------------------- what is read */

static void test_both_classes_and_byte_orders(void **state) {
    (void)state;
    for (unsigned elf_class = 1; elf_class <= 2; elf_class++)
        for (unsigned data = 1; data <= 2; data++) {
            struct exe_elf elf = elf_example();
            elf.elf_class = elf_class;
            elf.data = data;
            elf.machine = ELF_MIPS;
            struct pv_exe exe = read_elf(&elf);
            assert_int_equal(exe.format, PV_EXE_ELF);
            assert_int_equal(exe.elf_class, elf_class);
            assert_int_equal(exe.elf_big_endian, data == 2);
            assert_int_equal(exe.elf_machine, ELF_MIPS);
            assert_int_equal(exe.elf_type, ELF_DYN);
            assert_true(exe.elf_has_entry);
            assert_int_equal(exe.arch_count, 1);
            assert_string_equal(exe.arch[0], elf_class == 2 ? "mips64" : "mips");
            assert_string_equal(exe.os, "linux");
            assert_int_equal(exe.linkage, PV_EXE_DYNAMIC);
            assert_string_equal(exe.interpreter, elf.interpreter);
            assert_string_equal(exe.glibc, "2.34");
            assert_false(exe.truncated);
        }
}

static void test_mips_release_6_is_its_own_machine(void **state) {
    (void)state;
    struct exe_elf elf = elf_example();
    elf.machine = ELF_MIPS;
    elf.flags = 0x80000000; /* MIPS64 release 2 */
    assert_string_equal(read_elf(&elf).arch[0], "mips64");
    elf.flags = 0xa0000000;
    assert_string_equal(read_elf(&elf).arch[0], "mips64r6");
    elf.elf_class = 1;
    elf.flags = 0x90000000;
    assert_string_equal(read_elf(&elf).arch[0], "mips32r6");
}

static void test_linkage(void **state) {
    (void)state;
    struct exe_elf elf = elf_example();
    assert_int_equal(read_elf(&elf).linkage, PV_EXE_DYNAMIC);

    elf.interpreter = NULL; /* static-pie */
    assert_int_equal(read_elf(&elf).linkage, PV_EXE_STATIC);
    elf.flags_1 = 0;
    assert_int_equal(read_elf(&elf).linkage, PV_EXE_SHARED);
    elf.type = ELF_EXEC;
    assert_int_equal(read_elf(&elf).linkage, PV_EXE_STATIC);
    elf.dynamic = false;
    assert_int_equal(read_elf(&elf).linkage, PV_EXE_STATIC);
    elf.type = ELF_DYN;
    assert_int_equal(read_elf(&elf).linkage, PV_EXE_STATIC);
    elf.type = ELF_REL;
    assert_int_equal(read_elf(&elf).linkage, PV_EXE_LINKAGE_UNKNOWN);
}

static void test_linkage_is_unknown_without_the_dynamic_table(void **state) {
    (void)state;
    struct exe_elf elf = elf_example();
    struct pv_exe exe;
    elf.interpreter = NULL;
    elf.flags_1 = 0;
    struct exe_image image AUTO_IMAGE = exe_build_elf(&elf);
    struct pv_exe_view view = {.head = image.data, .head_len = image.len, .size = image.len};
    memset(&exe, 0, sizeof exe);
    assert_true(pv_exe_elf_read(&view, &exe));
    assert_int_equal(exe.linkage, PV_EXE_LINKAGE_UNKNOWN);
    assert_false(exe.truncated);
}

static void test_interpreter_needs_its_nul_and_room(void **state) {
    (void)state;
    char path[PV_EXE_INTERPRETER + 1];
    struct exe_elf elf = elf_example();
    elf.dynamic = false;
    elf.interpreter = path;
    memset(path, 'a', sizeof path);
    path[PV_EXE_INTERPRETER] = 0;
    struct pv_exe exe = read_elf(&elf);
    assert_string_equal(exe.interpreter, "");
    assert_int_equal(exe.linkage, PV_EXE_DYNAMIC);
    path[PV_EXE_INTERPRETER - 1] = 0;
    assert_string_equal(read_elf(&elf).interpreter, path);

    struct exe_image image AUTO_IMAGE = exe_build_elf(&elf);
    exe_put(&image, elf_segment_file_size_at(&elf, 1), 8, false, PV_EXE_INTERPRETER - 1); /* without the NUL */
    assert_string_equal(read_image(&image).interpreter, "");
}

/* ---------------------------------------------------------------- GLIBC versions */

static struct pv_exe read_versions(const char *const *versions) {
    struct exe_elf elf = elf_example();
    elf.versions = versions;
    return read_elf(&elf);
}

static void test_versions_sort_as_numbers(void **state) {
    (void)state;
    static const char *const sets[][5] = {{"GLIBC_2.9", "GLIBC_2.34", NULL},
                                          {"GLIBC_2.34", "GLIBC_2.9", NULL},
                                          {"GLIBC_2.34", "GLIBC_2.33.99", NULL},
                                          {"GLIBC_2.34", "CXXABI_3.1", "GLIBCXX_3.4.29", NULL},
                                          {"GLIBC_2.34", "GLIBC_PRIVATE", NULL},
                                          {"GLIBC_ABI_DT_RELR", "GLIBC_2.34", NULL},
                                          {"GLIBC_2.34", "GLIBC_9", "GLIBC_", NULL},
                                          {"GLIBC_2.34", "GLIBC_9.", "GLIBC_.9", "GLIBC_9..1", NULL},
                                          {"GLIBC_2.34", "GLIBC_2.035", NULL},
                                          {"GLIBC_2.34", "GLIBC_2.35.1.1", NULL},
                                          {"GLIBC_2.34", "GLIBC_2.35a", NULL},
                                          {"GLIBC_2.34", "GLIBC_9.10000", NULL},
                                          {"GLIBC_2.34", "xGLIBC_2.35", NULL},
                                          {"GLIBC_2.34", "glibc_2.35", NULL},
                                          {"GLIBC_2.34", "GLIBC_2.35.................", NULL}};
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++)
        assert_string_equal(read_versions(sets[i]).glibc, "2.34");
}

static void test_versions_of_every_length(void **state) {
    (void)state;
    static const char *const names[] = {"GLIBC_2.2.5", "GLIBC_2.0", "GLIBC_9999.9999.9999", "GLIBC_2.34.1"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *versions[] = {"GLIBC_1.99", names[i], NULL};
        assert_string_equal(read_versions(versions).glibc, names[i] + strlen("GLIBC_"));
    }
}

static void test_no_version_is_needed(void **state) {
    (void)state;
    static const char *const others[] = {"CXXABI_3.1", NULL};
    assert_string_equal(read_versions(others).glibc, "");
    assert_string_equal(read_versions(NULL).glibc, "");
}

/* Turns the value of one entry of the dynamic table. */
static struct pv_exe read_with_dynamic(unsigned index, uint64_t tag, uint64_t value) {
    struct exe_elf elf = elf_example();
    struct exe_image image AUTO_IMAGE = exe_build_elf(&elf);
    exe_put(&image, ELF_DYNAMIC_AT + index * 16, 8, false, tag);
    exe_put(&image, ELF_DYNAMIC_AT + index * 16 + 8, 8, false, value);
    return read_image(&image);
}

static void test_dynamic_addresses_may_lie(void **state) {
    (void)state;
    static const uint64_t values[] = {
        0, 1, ELF_BASE - 1, ELF_BASE + ELF_FILE_SIZE, UINT64_MAX, UINT64_MAX - 15, (uint64_t)1 << 63};
    enum { STRTAB = 0, STRSZ = 1, VERNEED = 2, VERNEEDNUM = 3 };
    assert_string_equal(read_with_dynamic(VERNEEDNUM, 0x6fffffff, 1).glibc, "2.34"); /* as it was */
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        assert_string_equal(read_with_dynamic(STRTAB, 5, values[i]).glibc, "");
        assert_string_equal(read_with_dynamic(VERNEED, 0x6ffffffe, values[i]).glibc, "");
    }
    assert_string_equal(read_with_dynamic(STRSZ, 10, 0).glibc, "");
    assert_string_equal(read_with_dynamic(STRSZ, 10, 5).glibc, "");
    assert_string_equal(read_with_dynamic(STRSZ, 10, UINT64_MAX).glibc, "2.34");
    assert_string_equal(read_with_dynamic(VERNEEDNUM, 0x6fffffff, 0).glibc, "");
    assert_string_equal(read_with_dynamic(VERNEEDNUM, 0x6fffffff, UINT64_MAX).glibc, "2.34"); /* vn_next ends it */
    assert_string_equal(read_with_dynamic(STRTAB, 0, 0).glibc, "");                           /* DT_NULL at once */
}

/* Turns one field of the only Verneed, or of its first Vernaux. */
static struct pv_exe read_with_version_field(size_t at, unsigned width, uint64_t value) {
    struct exe_elf elf = elf_example();
    struct exe_image image AUTO_IMAGE = exe_build_elf(&elf);
    exe_put(&image, ELF_VERSIONS_AT + at, width, false, value);
    return read_image(&image);
}

static void test_version_chains_may_lie(void **state) {
    (void)state;
    enum { CNT = 2, AUX = 8, NEXT = 12, FIRST_NAME = 16 + 8, FIRST_NEXT = 16 + 12 };
    static const uint32_t distances[] = {1, 15, 0x7fffffff, 0xfffffff0, 0xffffffff};
    assert_string_equal(read_with_version_field(CNT, 2, 3).glibc, "2.34"); /* as it was */
    assert_string_equal(read_with_version_field(CNT, 2, 1).glibc, "2.2.5");
    assert_string_equal(read_with_version_field(CNT, 2, 0xffff).glibc, "2.34"); /* vna_next ends it */
    assert_string_equal(read_with_version_field(FIRST_NEXT, 4, 0).glibc, "2.2.5");
    assert_string_equal(read_with_version_field(FIRST_NAME, 4, ELF_STRINGS_SIZE).glibc, "");
    assert_string_equal(read_with_version_field(FIRST_NAME, 4, 0xffffffff).glibc, "");
    assert_string_equal(read_with_version_field(AUX, 4, 0xffffffff).glibc, "");
    for (size_t i = 0; i < sizeof distances / sizeof distances[0]; i++) {
        assert_string_equal(read_with_version_field(FIRST_NEXT, 4, distances[i]).glibc, "");
        /* the chain after the only Verneed is followed when more are announced */
        struct exe_elf elf = elf_example();
        struct exe_image image AUTO_IMAGE = exe_build_elf(&elf);
        exe_put(&image, ELF_DYNAMIC_AT + 3 * 16 + 8, 8, false, 2);
        assert_string_equal(read_image(&image).glibc, "2.34");
        exe_put(&image, ELF_VERSIONS_AT + NEXT, 4, false, distances[i]);
        assert_string_equal(read_image(&image).glibc, "");
    }
}

/* One Verneed, and a chain of Vernaux: so many records together. */
static const char *glibc_of_chain(unsigned records, struct pv_exe *exe) {
    static const char *const versions[] = {"GLIBC_2.34", NULL};
    struct exe_elf elf = elf_example();
    elf.versions = versions;
    elf.versions_at = ELF_FILE_SIZE;
    elf.file_size = ELF_FILE_SIZE + 16 * (size_t)(records + 1);
    struct exe_image image AUTO_IMAGE = exe_build_elf(&elf);
    exe_put(&image, ELF_FILE_SIZE + 2, 2, false, records - 1); /* vn_cnt */
    for (unsigned i = 1; i < records; i++) {
        exe_put(&image, ELF_FILE_SIZE + 16 * (size_t)i + 8, 4, false, 1);
        exe_put(&image, ELF_FILE_SIZE + 16 * (size_t)i + 12, 4, false, i + 1 < records ? 16 : 0);
    }
    *exe = read_image(&image);
    return exe->glibc;
}

static void test_version_records_end_at_the_limit(void **state) {
    (void)state;
    struct pv_exe exe;
    assert_string_equal(glibc_of_chain(2, &exe), "2.34");
    assert_string_equal(glibc_of_chain(PV_EXE_MAX_VERSIONS, &exe), "2.34");
    assert_string_equal(glibc_of_chain(PV_EXE_MAX_VERSIONS + 1, &exe), "");
}

/* Thousands of libraries that share one long chain: without a budget, millions of records. */
static void test_shared_chains_end(void **state) {
    (void)state;
    enum { VERNEEDS = 4000, AT = ELF_FILE_SIZE };
    struct exe_elf elf = elf_example();
    elf.versions_at = AT;
    elf.file_size = AT + 16 * (2 * VERNEEDS + 1);
    struct exe_image image AUTO_IMAGE = exe_build_elf(&elf);
    exe_put(&image, ELF_DYNAMIC_AT + 3 * 16 + 8, 8, false, 0xffff);
    for (unsigned i = 0; i < VERNEEDS; i++) {
        size_t need = AT + 16 * (size_t)i, aux = need + 16 * (size_t)VERNEEDS;
        exe_put(&image, need + 2, 2, false, 0xffff);
        exe_put(&image, need + 8, 4, false, 16 * (VERNEEDS - i));
        exe_put(&image, need + 12, 4, false, 16);
        exe_put(&image, aux + 8, 4, false, 1);
        exe_put(&image, aux + 12, 4, false, 16);
    }
    assert_string_equal(read_image(&image).glibc, "");
}

/* The version that is cut might be the newest. */
static void test_strings_without_a_nul(void **state) {
    (void)state;
    static const char *const versions[] = {"GLIBC_2.2.5", "GLIBC_2.34", NULL};
    struct exe_elf elf = elf_example();
    elf.versions = versions;
    elf.strings_at = ELF_FILE_SIZE - (1 + sizeof "GLIBC_2.2.5" + sizeof "GLIBC_2.34");
    struct exe_image image AUTO_IMAGE = exe_build_elf(&elf);
    assert_string_equal(read_image(&image).glibc, "2.34");
    image.data[image.len - 1] = '5';
    assert_string_equal(read_image(&image).glibc, "");
}

/* ---------------------------------------------------------------- damage */

static struct pv_exe read_with_field(size_t at, unsigned width, uint64_t value) {
    struct exe_elf elf = elf_example();
    struct exe_image image AUTO_IMAGE = exe_build_elf(&elf);
    exe_put(&image, at, width, false, value);
    return read_image(&image);
}

static void test_segment_table_may_lie(void **state) {
    (void)state;
    struct exe_elf elf = elf_example();
    static const uint64_t offsets[] = {ELF_FILE_SIZE, ELF_FILE_SIZE - 1, UINT64_MAX, UINT64_MAX - 55,
                                       (uint64_t)1 << 63};
    for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
        struct pv_exe exe = read_with_field(elf_phoff_at(&elf), 8, offsets[i]);
        assert_true(exe.truncated);
        assert_int_equal(exe.linkage, PV_EXE_LINKAGE_UNKNOWN);
        assert_string_equal(exe.arch[0], "x86_64");
    }
    assert_true(read_with_field(elf_phnum_at(&elf), 2, 0xffff).truncated);
    assert_true(read_with_field(elf_phentsize_at(&elf), 2, 0xffff).truncated);
    assert_int_equal(read_with_field(elf_phentsize_at(&elf), 2, 0).linkage, PV_EXE_LINKAGE_UNKNOWN);
    assert_int_equal(read_with_field(elf_phentsize_at(&elf), 2, 55).linkage, PV_EXE_LINKAGE_UNKNOWN);
    assert_int_equal(read_with_field(elf_phnum_at(&elf), 2, 0).linkage, PV_EXE_LINKAGE_UNKNOWN);
    assert_int_equal(read_with_field(elf_phentsize_at(&elf), 2, 56).linkage, PV_EXE_DYNAMIC); /* as it was */
}

static void test_segments_may_lie(void **state) {
    (void)state;
    struct exe_elf elf = elf_example();
    static const uint64_t offsets[] = {ELF_FILE_SIZE, UINT64_MAX, UINT64_MAX - 1000};
    for (unsigned segment = 0; segment < 3; segment++) {
        size_t offset = elf_segment_offset_at(&elf, segment), size = elf_segment_file_size_at(&elf, segment);
        for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++)
            assert_true(read_with_field(offset, 8, offsets[i]).truncated);
        assert_true(read_with_field(size, 8, ELF_FILE_SIZE + 1).truncated);
        assert_true(read_with_field(size, 8, UINT64_MAX).truncated);
    }
    assert_false(read_with_field(elf_segment_file_size_at(&elf, 0), 8, ELF_FILE_SIZE).truncated);
}

static void test_segments_end_at_the_limit(void **state) {
    (void)state;
    struct exe_elf elf = elf_example();
    elf.dynamic = false;
    elf.file_size = ELF_TABLE_AT + 56 * (PV_EXE_MAX_SEGMENTS + 1);
    struct exe_image image AUTO_IMAGE = exe_build_elf(&elf);
    exe_put(&image, elf_phnum_at(&elf), 2, false, PV_EXE_MAX_SEGMENTS);
    assert_int_equal(read_image(&image).linkage, PV_EXE_DYNAMIC);
    exe_put(&image, elf_phnum_at(&elf), 2, false, PV_EXE_MAX_SEGMENTS + 1);
    assert_int_equal(read_image(&image).linkage, PV_EXE_LINKAGE_UNKNOWN);
}

static void test_dynamic_table_ends_at_the_limit(void **state) {
    (void)state;
    struct exe_elf elf = elf_example();
    uint64_t offset;
    size_t len;
    elf.dynamic_at = ELF_FILE_SIZE;
    elf.file_size = ELF_FILE_SIZE + PV_EXE_MAX_DYNAMIC + 16;
    struct exe_image image AUTO_IMAGE = exe_build_elf(&elf);
    struct pv_exe_view view = {.head = image.data, .head_len = image.len, .size = image.len};
    for (size_t at = ELF_FILE_SIZE; at < image.len; at += 16)
        exe_put(&image, at, 8, false, 21); /* DT_DEBUG */
    exe_put(&image, elf_segment_file_size_at(&elf, 2), 8, false, PV_EXE_MAX_DYNAMIC);
    assert_true(pv_exe_elf_dynamic_range(&view, &offset, &len));
    assert_int_equal(offset, ELF_FILE_SIZE);
    assert_int_equal(len, PV_EXE_MAX_DYNAMIC);
    exe_put(&image, elf_segment_file_size_at(&elf, 2), 8, false, PV_EXE_MAX_DYNAMIC + 16);
    assert_true(pv_exe_elf_dynamic_range(&view, &offset, &len));
    assert_int_equal(len, PV_EXE_MAX_DYNAMIC);

    /* the last entry that fits is read, the next is not */
    exe_put(&image, elf_segment_offset_at(&elf, 1) - 8, 4, false, 4); /* no PT_INTERP any more */
    exe_put(&image, ELF_FILE_SIZE + PV_EXE_MAX_DYNAMIC, 8, false, 0x6ffffffb);
    exe_put(&image, ELF_FILE_SIZE + PV_EXE_MAX_DYNAMIC + 8, 8, false, ELF_DF_1_PIE);
    assert_int_equal(read_image(&image).linkage, PV_EXE_SHARED);
    exe_put(&image, image.len - 32, 8, false, 0x6ffffffb);
    exe_put(&image, image.len - 24, 8, false, ELF_DF_1_PIE);
    assert_int_equal(read_image(&image).linkage, PV_EXE_STATIC);
}

static void test_ident_may_lie(void **state) {
    (void)state;
    static const uint8_t values[] = {0, 3, 255};
    for (size_t at = 4; at <= 5; at++)
        for (size_t i = 0; i < sizeof values; i++) {
            struct pv_exe exe = read_with_field(at, 1, values[i]);
            assert_int_equal(exe.format, PV_EXE_ELF);
            assert_false(exe.machine_read);
            assert_false(exe.truncated);
        }
}

static void test_other_bytes_are_no_elf(void **state) {
    (void)state;
    struct pv_exe exe;
    struct exe_elf elf = elf_example();
    struct exe_image image AUTO_IMAGE = exe_build_elf(&elf);
    image.data[0] = 0x7e;
    assert_false(exe_read_all(pv_exe_elf_read, &image, &exe));
    assert_false(exe_read(pv_exe_elf_read, &image, 0, 0, &exe));
}

/* Cut files, and files of which only the first bytes were seen. */
static void test_every_length(void **state) {
    (void)state;
    for (unsigned elf_class = 1; elf_class <= 2; elf_class++) {
        struct exe_elf elf = elf_example();
        elf.elf_class = elf_class;
        elf.machine = ELF_RISCV;
        struct exe_image image AUTO_IMAGE = exe_build_elf(&elf);
        for (size_t len = 0; len < image.len; len++) {
            struct pv_exe exe;
            assert_int_equal(exe_read(pv_exe_elf_read, &image, len, len, &exe), len >= 4);
            assert_int_equal(exe.truncated, len >= 4);
            exe_assert_sane(&exe);
            assert_int_equal(exe_read(pv_exe_elf_read, &image, len, image.len, &exe), len >= 4);
            assert_false(exe.truncated);
            exe_assert_sane(&exe);
        }
        assert_false(read_image(&image).truncated);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_classes_and_byte_orders),
        cmocka_unit_test(test_mips_release_6_is_its_own_machine),
        cmocka_unit_test(test_linkage),
        cmocka_unit_test(test_linkage_is_unknown_without_the_dynamic_table),
        cmocka_unit_test(test_interpreter_needs_its_nul_and_room),
        cmocka_unit_test(test_versions_sort_as_numbers),
        cmocka_unit_test(test_versions_of_every_length),
        cmocka_unit_test(test_no_version_is_needed),
        cmocka_unit_test(test_dynamic_addresses_may_lie),
        cmocka_unit_test(test_version_chains_may_lie),
        cmocka_unit_test(test_version_records_end_at_the_limit),
        cmocka_unit_test(test_shared_chains_end),
        cmocka_unit_test(test_strings_without_a_nul),
        cmocka_unit_test(test_segment_table_may_lie),
        cmocka_unit_test(test_segments_may_lie),
        cmocka_unit_test(test_segments_end_at_the_limit),
        cmocka_unit_test(test_dynamic_table_ends_at_the_limit),
        cmocka_unit_test(test_ident_may_lie),
        cmocka_unit_test(test_other_bytes_are_no_elf),
        cmocka_unit_test(test_every_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
