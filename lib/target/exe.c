/* What an executable's header means for its target: names of machines, contradictions, whether it can run here. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "target/exe_formats.h"

enum byte_order { EITHER, LITTLE, BIG };

/* One way in which files write down a machine; 0 where a format has none. Values: e_machine of the System V gABI,
 * cputype of Mach-O, Machine of Microsoft's PE/COFF specification. */
struct machine {
    char arch[16]; /* of Rust's std::env::consts::ARCH */
    uint16_t elf;
    uint8_t elf_class;
    enum byte_order order;
    uint32_t macho;
    uint16_t pe;
};

static const struct machine machines[] = {
    {"x86_64", 62, 2, LITTLE, 0x01000007, 0x8664},
    {"aarch64", 183, 2, EITHER, 0x0100000c, 0xaa64},
    {"x86", 3, 1, LITTLE, 7, 0x014c},
    {"arm", 40, 1, EITHER, 12, 0x01c4},
    {"riscv64", 243, 2, LITTLE, 0, 0x5064},
    {"riscv32", 243, 1, LITTLE, 0, 0x5032},
    {"powerpc64", 21, 2, EITHER, 0x01000012, 0},
    {"powerpc", 20, 1, EITHER, 18, 0},
    {"s390x", 22, 2, BIG, 0, 0},
    {"mips", 8, 1, EITHER, 0, 0},
    {"mips64", 8, 2, EITHER, 0, 0},
    {"loongarch64", 258, 2, LITTLE, 0, 0x6264},
    {"loongarch32", 258, 1, LITTLE, 0, 0x6232},
    {"sparc64", 43, 2, BIG, 0, 0},
    {"sparc", 2, 1, BIG, 0, 0},
    {"sparc", 18, 1, BIG, 0, 0}, /* EM_SPARC32PLUS: V8+ code on a V9 machine */
    {"m68k", 4, 1, BIG, 0, 0},
    {"hexagon", 164, 1, LITTLE, 0, 0},
    {"csky", 252, 1, LITTLE, 0, 0},
    {"xtensa", 94, 1, EITHER, 0, 0},
    {"avr", 83, 1, LITTLE, 0, 0},
    {"msp430", 105, 1, LITTLE, 0, 0},
    {"bpf", 247, 2, EITHER, 0, 0},
    {"amdgpu", 224, 2, LITTLE, 0, 0},
    {"nvptx64", 190, 2, LITTLE, 0, 0},
    {"aarch64", 0, 0, EITHER, 0x0200000c, 0}, /* CPU_TYPE_ARM64_32, a watch */
    {"arm", 0, 0, EITHER, 0, 0x01c0},
    {"arm64ec", 0, 0, EITHER, 0, 0xa641},
    /* Told by the ELF reader from e_flags. */
    {"mips32r6", 0, 0, EITHER, 0, 0},
    {"mips64r6", 0, 0, EITHER, 0, 0},
    /* Machines of no such file: every one of them contradicts these names. */
    {"wasm32", 0, 0, EITHER, 0, 0},
    {"wasm64", 0, 0, EITHER, 0, 0},
};

enum { MACHINE_COUNT = sizeof machines / sizeof machines[0] };

const char *pv_exe_elf_arch(uint16_t machine, uint8_t elf_class, bool big_endian) {
    enum byte_order wrong = big_endian ? LITTLE : BIG;
    for (size_t i = 0; machine != 0 && i < MACHINE_COUNT; i++)
        if (machines[i].elf == machine && machines[i].elf_class == elf_class && machines[i].order != wrong)
            return machines[i].arch;
    return NULL;
}

const char *pv_exe_macho_arch(uint32_t cpu_type) {
    for (size_t i = 0; cpu_type != 0 && i < MACHINE_COUNT; i++)
        if (machines[i].macho == cpu_type)
            return machines[i].arch;
    return NULL;
}

const char *pv_exe_pe_arch(uint16_t machine) {
    for (size_t i = 0; machine != 0 && i < MACHINE_COUNT; i++)
        if (machines[i].pe == machine)
            return machines[i].arch;
    return NULL;
}

static bool is_known_arch(struct pv_str arch) {
    for (size_t i = 0; i < MACHINE_COUNT; i++)
        if (pv_str_equal(arch, pv_str_of(machines[i].arch)))
            return true;
    return false;
}

static bool has_arch(const struct pv_exe *exe, struct pv_str arch) {
    for (unsigned i = 0; i < exe->arch_count; i++)
        if (pv_str_equal(arch, pv_str_of(exe->arch[i])))
            return true;
    return false;
}

void pv_exe_add_arch(struct pv_exe *exe, const char *arch) {
    exe->machine_read = true;
    if (arch == NULL || exe->arch_count == PV_EXE_MAX_SLICES || has_arch(exe, pv_str_of(arch)))
        return;
    (void)snprintf(exe->arch[exe->arch_count++], sizeof exe->arch[0], "%s", arch);
}

bool pv_exe_target(const struct pv_exe *exe, struct pv_target_name *target) {
    if (exe->arch_count != 1 || exe->os == NULL)
        return false;
    (void)snprintf(target->text, sizeof target->text, "%s-%s", exe->arch[0], exe->os);
    return true;
}

static bool os_contradicts(enum pv_exe_format format, struct pv_str os) {
    static const char *const apple[] = {"macos", "ios", "tvos", "watchos", "visionos", NULL};
    static const char *const pe[] = {"windows", "uefi", "cygwin", NULL};
    static const char *const never_elf[] = {"macos", "ios", "tvos", "watchos", "visionos", "windows", "uefi", NULL};
    switch (format) {
    case PV_EXE_ELF:
        return pv_str_is_one_of(os, never_elf);
    case PV_EXE_MACHO:
        return !pv_str_is_one_of(os, apple);
    case PV_EXE_PE:
        return !pv_str_is_one_of(os, pe);
    case PV_EXE_UNKNOWN:
    case PV_EXE_SCRIPT:
    case PV_EXE_WASM:
        break;
    }
    return false;
}

bool pv_exe_contradicts(const struct pv_exe *exe, struct pv_str target) {
    struct pv_str arch, os;
    if (!pv_target_name_split(target, &arch, &os))
        return false;
    if (os_contradicts(exe->format, os))
        return true;
    return exe->machine_read && (exe->arch_count > 0 || is_known_arch(arch)) && !has_arch(exe, arch);
}

const char *pv_exe_format_name(enum pv_exe_format format) {
    switch (format) {
    case PV_EXE_ELF:
        return "elf";
    case PV_EXE_MACHO:
        return "mach-o";
    case PV_EXE_PE:
        return "pe";
    case PV_EXE_SCRIPT:
        return "script";
    case PV_EXE_WASM:
        return "wasm";
    case PV_EXE_UNKNOWN:
        break;
    }
    return "unknown";
}

const char *pv_exe_linkage_name(enum pv_exe_linkage linkage) {
    switch (linkage) {
    case PV_EXE_STATIC:
        return "static";
    case PV_EXE_DYNAMIC:
        return "dynamic";
    case PV_EXE_SHARED:
        return "shared";
    case PV_EXE_LINKAGE_UNKNOWN:
        break;
    }
    return NULL;
}

static enum provar_result refuse_format(const struct pv_exe *exe, const char *rule, struct provar_error *err) {
    if (exe->empty)
        return pv_fail(err, PROVAR_E_EXEC, PROVAR_NO_OFFSET, "the target is empty: %s", rule);
    if (exe->format == PV_EXE_SCRIPT)
        return pv_fail(err, PROVAR_E_EXEC, PROVAR_NO_OFFSET, "the target is a script (%s): %s",
                       pv_quote(pv_str_of(exe->script)).text, rule);
    return pv_fail(err, PROVAR_E_EXEC, PROVAR_NO_OFFSET, "the target is of format '%s': %s",
                   pv_exe_format_name(exe->format), rule);
}

static enum provar_result check_machine(const struct pv_exe *exe, struct provar_error *err) {
    const bool host_is_big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
    struct pv_str host = PV_STR("unknown"), os;
    (void)pv_target_name_split(pv_str_of(provar_host_target()), &host, &os);
    if (!exe->machine_read)
        return pv_fail(err, PROVAR_E_EXEC, PROVAR_NO_OFFSET, "the target's ELF header is damaged: it names no machine");
    if (exe->arch_count == 0)
        return pv_fail(err, PROVAR_E_EXEC, PROVAR_NO_OFFSET,
                       "the target is built for ELF machine %u of %s bits and %s-endian, this machine is %.*s",
                       exe->elf_machine, exe->elf_class == 2 ? "64" : "32", exe->elf_big_endian ? "big" : "little",
                       (int)host.len, host.text);
    if (!has_arch(exe, host))
        return pv_fail(err, PROVAR_E_EXEC, PROVAR_NO_OFFSET, "the target is built for %s, this machine is %.*s",
                       exe->arch[0], (int)host.len, host.text);
    if (exe->elf_big_endian != host_is_big)
        return pv_fail(err, PROVAR_E_EXEC, PROVAR_NO_OFFSET,
                       "the target is built for a %s-endian %s, this machine is the opposite",
                       exe->elf_big_endian ? "big" : "little", exe->arch[0]);
    return PROVAR_OK;
}

enum provar_result pv_exe_check_host(const struct pv_exe *exe, bool plugin, struct provar_error *err) {
    enum { TYPE_EXECUTABLE = 2, TYPE_SHARED = 3 };
    const char *rule = plugin ? "a plug-in must be an ELF shared object" : "a provider must be an ELF executable";
    if (exe->format != PV_EXE_ELF)
        return refuse_format(exe, rule, err);
    enum provar_result result = check_machine(exe, err);
    if (result != PROVAR_OK)
        return result;
    if (exe->truncated)
        return pv_fail(err, PROVAR_E_EXEC, PROVAR_NO_OFFSET,
                       "the target is cut short: its ELF header speaks of bytes behind its end");
    if (exe->elf_type != TYPE_SHARED && (plugin || exe->elf_type != TYPE_EXECUTABLE))
        return pv_fail(err, PROVAR_E_EXEC, PROVAR_NO_OFFSET, "the target is an ELF file of type %u: %s", exe->elf_type,
                       rule);
    if (!plugin && !exe->elf_has_entry)
        return pv_fail(err, PROVAR_E_EXEC, PROVAR_NO_OFFSET, "the target is a shared object without an entry point: %s",
                       rule);
    return PROVAR_OK;
}
