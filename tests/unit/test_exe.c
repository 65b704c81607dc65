/* What headers mean: the target that they name, the names that they contradict, whether this host can run them. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "internal.h"

#include "support/exe_build.h"

static struct pv_exe elf_of(const struct exe_elf *elf) {
    struct pv_exe exe;
    struct exe_image image AUTO_IMAGE = exe_build_elf(elf);
    assert_true(exe_read_all(pv_exe_elf_read, &image, &exe));
    return exe;
}

static struct pv_exe elf_for(unsigned elf_class, unsigned data, uint16_t machine) {
    struct exe_elf elf = elf_example();
    elf.elf_class = elf_class;
    elf.data = data;
    elf.machine = machine;
    return elf_of(&elf);
}

static struct pv_exe macho_for(uint32_t cpu_type) {
    struct pv_exe exe;
    struct exe_macho macho = macho_example();
    macho.cpu_type = cpu_type;
    struct exe_image image AUTO_IMAGE = exe_build_macho(&macho);
    assert_true(exe_read_all(pv_exe_macho_read, &image, &exe));
    return exe;
}

static struct pv_exe fat_for(const uint32_t *cpu_types, unsigned count) {
    struct pv_exe exe;
    struct exe_image image AUTO_IMAGE = exe_build_fat(false, cpu_types, count);
    assert_true(exe_read_all(pv_exe_macho_read, &image, &exe));
    return exe;
}

static struct pv_exe pe_for(uint16_t machine) {
    struct pv_exe exe;
    struct exe_image image AUTO_IMAGE = exe_build_pe(machine, 0);
    assert_true(exe_read_all(pv_exe_pe_read, &image, &exe));
    return exe;
}

static bool contradicts(const struct pv_exe *exe, const char *target) {
    return pv_exe_contradicts(exe, pv_str_of(target));
}

static void assert_target(const struct pv_exe *exe, const char *expected) {
    struct pv_target_name target;
    assert_true(pv_exe_target(exe, &target));
    assert_string_equal(target.text, expected);
    assert_true(pv_target_name_is_creatable(pv_str_of(target.text)));
    assert_false(contradicts(exe, target.text));
}

/* ---------------------------------------------------------------- names */

static void test_headers_name_their_target(void **state) {
    (void)state;
    struct pv_exe exe = elf_for(2, 1, ELF_X86_64);
    assert_target(&exe, "x86_64-linux");
    exe = macho_for(MACHO_ARM64);
    assert_target(&exe, "aarch64-macos");
    exe = pe_for(PE_X86_64);
    assert_target(&exe, "x86_64-windows");
}

static void test_every_elf_machine_has_rusts_name(void **state) {
    (void)state;
    static const struct {
        uint16_t machine;
        uint8_t elf_class;
        bool big_endian;
        const char *arch;
    } cases[] = {
        {62, 2, false, "x86_64"},
        {183, 2, false, "aarch64"},
        {183, 2, true, "aarch64"},
        {3, 1, false, "x86"},
        {40, 1, false, "arm"},
        {40, 1, true, "arm"},
        {243, 2, false, "riscv64"},
        {243, 1, false, "riscv32"},
        {21, 2, false, "powerpc64"},
        {21, 2, true, "powerpc64"},
        {20, 1, true, "powerpc"},
        {22, 2, true, "s390x"},
        {8, 1, true, "mips"},
        {8, 1, false, "mips"},
        {8, 2, false, "mips64"},
        {8, 2, true, "mips64"},
        {258, 2, false, "loongarch64"},
        {258, 1, false, "loongarch32"},
        {43, 2, true, "sparc64"},
        {2, 1, true, "sparc"},
        {18, 1, true, "sparc"},
        {4, 1, true, "m68k"},
        {164, 1, false, "hexagon"},
        {252, 1, false, "csky"},
        {94, 1, false, "xtensa"},
        {83, 1, false, "avr"},
        {105, 1, false, "msp430"},
        {247, 2, false, "bpf"},
        {247, 2, true, "bpf"},
        {224, 2, false, "amdgpu"},
        {190, 2, false, "nvptx64"},
        {62, 1, false, NULL},
        {62, 2, true, NULL},
        {183, 1, false, NULL},
        {3, 2, false, NULL},
        {22, 1, true, NULL},
        {22, 2, false, NULL},
        {0, 2, false, NULL},
        {0, 0, false, NULL},
        {ELF_IA_64, 2, false, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *arch = pv_exe_elf_arch(cases[i].machine, cases[i].elf_class, cases[i].big_endian);
        if (cases[i].arch == NULL)
            assert_null(arch);
        else
            assert_string_equal(arch, cases[i].arch);
    }
}

static void test_mach_o_and_pe_machines_have_rusts_names(void **state) {
    (void)state;
    assert_string_equal(pv_exe_macho_arch(MACHO_X86_64), "x86_64");
    assert_string_equal(pv_exe_macho_arch(MACHO_X86), "x86");
    assert_string_equal(pv_exe_macho_arch(MACHO_ARM64), "aarch64");
    assert_string_equal(pv_exe_macho_arch(MACHO_ARM64_32), "aarch64");
    assert_string_equal(pv_exe_macho_arch(MACHO_ARM), "arm");
    assert_string_equal(pv_exe_macho_arch(MACHO_POWERPC), "powerpc");
    assert_string_equal(pv_exe_macho_arch(0x01000012), "powerpc64");
    assert_null(pv_exe_macho_arch(0));
    assert_null(pv_exe_macho_arch(0xffffffff));
    assert_string_equal(pv_exe_pe_arch(PE_X86_64), "x86_64");
    assert_string_equal(pv_exe_pe_arch(PE_X86), "x86");
    assert_string_equal(pv_exe_pe_arch(PE_AARCH64), "aarch64");
    assert_string_equal(pv_exe_pe_arch(PE_ARM64EC), "arm64ec");
    assert_string_equal(pv_exe_pe_arch(0x1c0), "arm");
    assert_string_equal(pv_exe_pe_arch(0x1c4), "arm");
    assert_null(pv_exe_pe_arch(0));
    assert_null(pv_exe_pe_arch(PE_IA_64));
}

static void test_no_target_without_one_known_machine(void **state) {
    (void)state;
    static const uint32_t both[] = {MACHO_X86_64, MACHO_ARM64};
    struct pv_target_name target;
    struct pv_exe exe = fat_for(both, 2);
    assert_int_equal(exe.arch_count, 2);
    assert_false(pv_exe_target(&exe, &target));
    exe = fat_for(both, 1);
    assert_target(&exe, "x86_64-macos");
    exe = elf_for(2, 1, ELF_IA_64);
    assert_false(pv_exe_target(&exe, &target));
    exe = (struct pv_exe){.format = PV_EXE_SCRIPT};
    assert_false(pv_exe_target(&exe, &target));
}

static void test_machines_are_kept_up_to_the_limit(void **state) {
    (void)state;
    struct pv_exe exe = {.format = PV_EXE_MACHO};
    char arch[] = "a";
    for (unsigned i = 0; i <= PV_EXE_MAX_SLICES; i++, arch[0]++) {
        pv_exe_add_arch(&exe, arch);
        pv_exe_add_arch(&exe, arch);
        assert_int_equal(exe.arch_count, i < PV_EXE_MAX_SLICES ? i + 1 : PV_EXE_MAX_SLICES);
    }
    exe_assert_sane(&exe);
}

static void test_formats_and_linkages_have_names(void **state) {
    (void)state;
    assert_string_equal(pv_exe_format_name(PV_EXE_ELF), "elf");
    assert_string_equal(pv_exe_format_name(PV_EXE_MACHO), "mach-o");
    assert_string_equal(pv_exe_format_name(PV_EXE_PE), "pe");
    assert_string_equal(pv_exe_format_name(PV_EXE_SCRIPT), "script");
    assert_string_equal(pv_exe_format_name(PV_EXE_WASM), "wasm");
    assert_string_equal(pv_exe_format_name(PV_EXE_UNKNOWN), "unknown");
    assert_string_equal(pv_exe_linkage_name(PV_EXE_STATIC), "static");
    assert_string_equal(pv_exe_linkage_name(PV_EXE_DYNAMIC), "dynamic");
    assert_string_equal(pv_exe_linkage_name(PV_EXE_SHARED), "shared");
    assert_null(pv_exe_linkage_name(PV_EXE_LINKAGE_UNKNOWN));
}

/* ---------------------------------------------------------------- contradictions */

struct verdict {
    const char *target;
    bool contradicts;
};

static void assert_verdicts(const struct pv_exe *exe, const struct verdict *verdicts) {
    for (; verdicts->target; verdicts++)
        if (contradicts(exe, verdicts->target) != verdicts->contradicts)
            fail_msg("'%s' should %scontradict", verdicts->target, verdicts->contradicts ? "" : "not ");
}

static void test_elf_fits_every_elf_system_of_its_machine(void **state) {
    (void)state;
    static const struct verdict verdicts[] = {{"x86_64-linux", false},
                                              {"x86_64-freebsd", false},
                                              {"x86_64-android", false},
                                              {"x86_64-testrunner", false},
                                              {"aarch64-linux", true},
                                              {"x86-linux", true},
                                              {"wasm32-wasi", true},
                                              {"arm64ec-windows", true},
                                              {"mips32r6-linux", true},
                                              {"x86_64-macos", true},
                                              {"x86_64-ios", true},
                                              {"x86_64-windows", true},
                                              {"x86_64-uefi", true},
                                              {"itanium-linux", true},
                                              {"x86_64", false},
                                              {"", false},
                                              {NULL, false}};
    struct pv_exe exe = elf_for(2, 1, ELF_X86_64);
    assert_verdicts(&exe, verdicts);
}

static void test_class_tells_mips_and_riscv_apart(void **state) {
    (void)state;
    struct pv_exe exe = elf_for(1, 2, ELF_MIPS);
    assert_target(&exe, "mips-linux");
    assert_true(contradicts(&exe, "mips64-linux"));
    exe = elf_for(2, 1, ELF_MIPS);
    assert_target(&exe, "mips64-linux");
    assert_true(contradicts(&exe, "mips-linux"));
    exe = elf_for(1, 1, ELF_RISCV);
    assert_target(&exe, "riscv32-linux");
    exe = elf_for(2, 1, ELF_RISCV);
    assert_target(&exe, "riscv64-linux");
    assert_true(contradicts(&exe, "riscv32-linux"));
}

/* x32: the machine of x86_64, with 32-bit pointers. */
static void test_class_must_fit_as_the_machine_must(void **state) {
    (void)state;
    struct pv_exe exe = elf_for(1, 1, ELF_X86_64);
    assert_int_equal(exe.arch_count, 0);
    assert_true(contradicts(&exe, "x86_64-linux"));
    assert_true(contradicts(&exe, "x86-linux"));
    assert_false(contradicts(&exe, "x32-linux"));
}

static void test_unnamed_machine_contradicts_named_ones(void **state) {
    (void)state;
    struct pv_exe exe = elf_for(2, 1, ELF_IA_64);
    assert_true(contradicts(&exe, "x86_64-linux"));
    assert_false(contradicts(&exe, "ia64-linux"));
    exe = elf_for(2, 1, 0);
    assert_false(contradicts(&exe, "x86_64-linux"));
    assert_true(contradicts(&exe, "x86_64-windows"));
}

static void test_mach_o_fits_apples_systems(void **state) {
    (void)state;
    static const struct verdict verdicts[] = {{"aarch64-macos", false},
                                              {"aarch64-ios", false},
                                              {"aarch64-tvos", false},
                                              {"aarch64-watchos", false},
                                              {"aarch64-visionos", false},
                                              {"aarch64-linux", true},
                                              {"x86_64-macos", true},
                                              {"aarch64-windows", true},
                                              {"aarch64-freebsd", true},
                                              {"aarch64-darwin2", true},
                                              {NULL, false}};
    struct pv_exe exe = macho_for(MACHO_ARM64);
    assert_verdicts(&exe, verdicts);
}

static void test_fat_mach_o_fits_each_of_its_slices(void **state) {
    (void)state;
    static const uint32_t cpu_types[] = {MACHO_X86_64, MACHO_ARM64};
    static const struct verdict verdicts[] = {
        {"aarch64-macos", false}, {"x86_64-macos", false}, {"x86-macos", true}, {"x86_64-linux", true}, {NULL, false}};
    struct pv_exe exe = fat_for(cpu_types, 2);
    assert_verdicts(&exe, verdicts);
}

static void test_pe_fits_windows(void **state) {
    (void)state;
    static const struct verdict verdicts[] = {{"x86_64-windows", false},
                                              {"x86_64-uefi", false},
                                              {"x86_64-cygwin", false},
                                              {"x86_64-linux", true},
                                              {"x86_64-macos", true},
                                              {"aarch64-windows", true},
                                              {NULL, false}};
    struct pv_exe exe = pe_for(PE_X86_64);
    assert_verdicts(&exe, verdicts);
    exe = pe_for(PE_ARM64EC);
    assert_false(contradicts(&exe, "arm64ec-windows"));
    assert_true(contradicts(&exe, "x86_64-windows"));
}

static void test_other_formats_contradict_nothing(void **state) {
    (void)state;
    static const enum pv_exe_format formats[] = {PV_EXE_UNKNOWN, PV_EXE_SCRIPT, PV_EXE_WASM};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        struct pv_exe exe = {.format = formats[i]};
        assert_false(contradicts(&exe, "x86_64-linux"));
        assert_false(contradicts(&exe, "aarch64-ios"));
        assert_false(contradicts(&exe, "mips64-android"));
    }
}

/* ---------------------------------------------------------------- this host */

static void read_self(struct pv_exe *exe) {
    struct stat st;
    int fd PV_AUTO_FD = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &st), 0);
    struct exe_image image AUTO_IMAGE = exe_image_new((size_t)st.st_size);
    assert_int_equal(read(fd, image.data, image.len), image.len);
    assert_true(exe_read_all(pv_exe_elf_read, &image, exe));
}

/* A minimal executable for this machine. */
static struct exe_elf host_example(void) {
    struct pv_exe self;
    struct exe_elf elf = elf_example();
    read_self(&self);
    elf.elf_class = self.elf_class;
    elf.data = self.elf_big_endian ? 2 : 1;
    elf.machine = self.elf_machine;
    return elf;
}

static enum provar_result check(const struct exe_elf *elf, bool plugin, struct provar_error *err) {
    struct pv_exe exe = elf_of(elf);
    provar_error_clear(err);
    return pv_exe_check_host(&exe, plugin, err);
}

static void test_this_program_runs_here(void **state) {
    (void)state;
    struct pv_exe exe;
    struct provar_error err = {0};
    read_self(&exe);
    assert_int_equal(exe.format, PV_EXE_ELF);
    assert_target(&exe, provar_host_target());
    assert_int_equal(pv_exe_check_host(&exe, false, &err), PROVAR_OK);
    assert_int_equal(err.code, PROVAR_OK);
}

static void test_executables_run_and_shared_objects_load(void **state) {
    (void)state;
    struct provar_error err = {0};
    struct exe_elf elf = host_example();
    assert_int_equal(check(&elf, false, &err), PROVAR_OK);
    assert_int_equal(check(&elf, true, &err), PROVAR_OK);

    elf.type = ELF_EXEC;
    assert_int_equal(check(&elf, false, &err), PROVAR_OK);
    assert_int_equal(check(&elf, true, &err), PROVAR_E_EXEC);
    assert_non_null(strstr(err.message, "a plug-in must be an ELF shared object"));

    elf.type = ELF_REL;
    assert_int_equal(check(&elf, false, &err), PROVAR_E_EXEC);
    assert_int_equal(check(&elf, true, &err), PROVAR_E_EXEC);

    elf.type = ELF_DYN;
    elf.entry = 0;
    assert_int_equal(check(&elf, true, &err), PROVAR_OK);
    assert_int_equal(check(&elf, false, &err), PROVAR_E_EXEC);
    assert_non_null(strstr(err.message, "without an entry point"));
}

static void test_other_machine_is_named(void **state) {
    (void)state;
    struct provar_error err = {0};
    struct exe_elf elf = host_example();
    elf.elf_class = 2;
    elf.data = 1;
    elf.machine = elf.machine == ELF_AARCH64 ? ELF_X86_64 : ELF_AARCH64;
    assert_int_equal(check(&elf, false, &err), PROVAR_E_EXEC);
    assert_non_null(strstr(err.message, "built for "));
    assert_non_null(strstr(err.message, elf.machine == ELF_AARCH64 ? "aarch64, this" : "x86_64, this"));
    assert_int_equal(check(&elf, true, &err), PROVAR_E_EXEC);

    elf.machine = ELF_IA_64;
    assert_int_equal(check(&elf, false, &err), PROVAR_E_EXEC);
    assert_non_null(strstr(err.message, "ELF machine 50 of 64 bits and little-endian"));
    elf.machine = 0;
    assert_int_equal(check(&elf, false, &err), PROVAR_E_EXEC);
}

static void test_other_class_is_refused(void **state) {
    (void)state;
    struct provar_error err = {0};
    struct exe_elf elf = host_example();
    elf.elf_class = elf.elf_class == 1 ? 2 : 1;
    assert_int_equal(check(&elf, false, &err), PROVAR_E_EXEC);
}

static void test_other_byte_order_is_refused(void **state) {
    (void)state;
    struct provar_error err = {0};
    struct exe_elf elf = host_example();
    struct pv_exe exe = elf_of(&elf);
    exe.elf_big_endian = !exe.elf_big_endian;
    assert_int_equal(pv_exe_check_host(&exe, false, &err), PROVAR_E_EXEC);
    assert_non_null(strstr(err.message, "-endian"));
}

static void test_cut_file_is_refused(void **state) {
    (void)state;
    struct provar_error err = {0};
    struct exe_elf elf = host_example();
    struct pv_exe exe;
    struct exe_image image AUTO_IMAGE = exe_build_elf(&elf);
    assert_true(exe_read(pv_exe_elf_read, &image, image.len - 1, image.len - 1, &exe));
    assert_int_equal(pv_exe_check_host(&exe, false, &err), PROVAR_E_EXEC);
    assert_non_null(strstr(err.message, "cut short"));
}

static void test_other_formats_are_refused_with_their_name(void **state) {
    (void)state;
    struct pv_exe script = {.format = PV_EXE_SCRIPT, .script = "#!/bin/sh\x1b"}, empty = {.empty = true};
    struct pv_exe pe = pe_for(PE_X86_64), unknown = {.format = PV_EXE_UNKNOWN};
    struct provar_error err = {0};
    assert_int_equal(pv_exe_check_host(&script, false, &err), PROVAR_E_EXEC);
    assert_string_equal(err.message, "the target is a script (#!/bin/sh\\x1b): a provider must be an ELF executable");
    provar_error_clear(&err);
    assert_int_equal(pv_exe_check_host(&empty, false, &err), PROVAR_E_EXEC);
    assert_non_null(strstr(err.message, "empty"));
    provar_error_clear(&err);
    assert_int_equal(pv_exe_check_host(&pe, true, &err), PROVAR_E_EXEC);
    assert_string_equal(err.message, "the target is of format 'pe': a plug-in must be an ELF shared object");
    provar_error_clear(&err);
    assert_int_equal(pv_exe_check_host(&unknown, false, &err), PROVAR_E_EXEC);
    assert_non_null(strstr(err.message, "'unknown'"));
    assert_int_equal(pv_exe_check_host(&unknown, false, NULL), PROVAR_E_EXEC);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_headers_name_their_target),
        cmocka_unit_test(test_every_elf_machine_has_rusts_name),
        cmocka_unit_test(test_mach_o_and_pe_machines_have_rusts_names),
        cmocka_unit_test(test_no_target_without_one_known_machine),
        cmocka_unit_test(test_machines_are_kept_up_to_the_limit),
        cmocka_unit_test(test_formats_and_linkages_have_names),
        cmocka_unit_test(test_elf_fits_every_elf_system_of_its_machine),
        cmocka_unit_test(test_class_tells_mips_and_riscv_apart),
        cmocka_unit_test(test_class_must_fit_as_the_machine_must),
        cmocka_unit_test(test_unnamed_machine_contradicts_named_ones),
        cmocka_unit_test(test_mach_o_fits_apples_systems),
        cmocka_unit_test(test_fat_mach_o_fits_each_of_its_slices),
        cmocka_unit_test(test_pe_fits_windows),
        cmocka_unit_test(test_other_formats_contradict_nothing),
        cmocka_unit_test(test_this_program_runs_here),
        cmocka_unit_test(test_executables_run_and_shared_objects_load),
        cmocka_unit_test(test_other_machine_is_named),
        cmocka_unit_test(test_other_class_is_refused),
        cmocka_unit_test(test_other_byte_order_is_refused),
        cmocka_unit_test(test_cut_file_is_refused),
        cmocka_unit_test(test_other_formats_are_refused_with_their_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
