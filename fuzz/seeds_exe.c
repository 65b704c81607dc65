/* Seeds: headers of executables. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"

#include "internal.h"

#include "seeds.h"
#include "support/exe_build.h"

static void image(const char *name, struct exe_image built) {
    seed("exe", name, built.data, built.len);
    exe_image_release(&built);
}

static void text(const char *name, const char *value) {
    seed("exe", name, value, strlen(value));
}

static void elf(void) {
    struct exe_elf elf = elf_example();
    image("good_elf_dynamic", exe_build_elf(&elf));
    elf = (struct exe_elf){.elf_class = 1, .data = 2, .type = ELF_EXEC, .machine = ELF_MIPS, .entry = 0x1000};
    image("good_elf_static_big_endian", exe_build_elf(&elf));
    elf = (struct exe_elf){.elf_class = 2, .data = 1, .type = ELF_DYN, .machine = ELF_AARCH64, .dynamic = true};
    image("good_elf_shared", exe_build_elf(&elf));
    elf = elf_example();
    elf.elf_class = 1;
    elf.machine = ELF_386;
    image("good_elf_32_dynamic", exe_build_elf(&elf));
    elf = elf_example();
    elf.file_size = 0x3000;
    elf.dynamic_at = 0x2000;
    image("good_elf_late_table", exe_build_elf(&elf));
}

static void others(void) {
    static const uint32_t cpus[] = {MACHO_X86_64, MACHO_ARM64};
    struct exe_macho macho = macho_example();
    image("good_macho", exe_build_macho(&macho));
    macho = (struct exe_macho){.big_endian = true, .cpu_type = MACHO_POWERPC, .file_type = MACHO_DYLIB};
    image("good_macho_32_big_endian", exe_build_macho(&macho));
    for (uint32_t platform = 0; platform <= 12; platform++) {
        char name[32];
        macho = macho_example();
        macho.platform = platform;
        (void)snprintf(name, sizeof name, "good_macho_platform_%u", (unsigned)platform);
        image(name, exe_build_macho(&macho));
    }
    /* LC_VERSION_MIN_MACOSX, _IPHONEOS, _TVOS, _WATCHOS, and one that is none of them. */
    static const uint32_t commands[] = {MACHO_COMMAND_MIN_MACOS, MACHO_COMMAND_MIN_IOS, 0x2f, 0x30, 0x31};
    for (size_t i = 0; i < array_length(commands); i++) {
        char name[32];
        macho = macho_example();
        macho.command = commands[i];
        (void)snprintf(name, sizeof name, "good_macho_command_%zu", i);
        image(name, exe_build_macho(&macho));
    }
    image("good_fat", exe_build_fat(false, cpus, array_length(cpus)));
    image("good_fat_64", exe_build_fat(true, cpus, array_length(cpus)));
    image("good_pe", exe_build_pe(PE_X86_64, 0));
    image("good_pe_library", exe_build_pe(PE_AARCH64, PE_DLL));
    text("good_script", "#!/bin/sh\necho provider\n");
    seed("exe", "good_wasm", "\0asm\1\0\0\0", 8);
    text("bad_text", "first executable");
    text("bad_half_a_magic", "\177EL");
    text("bad_dos", "MZ: no header behind it");
}

void seeds_exe(void) {
    elf();
    others();
}
