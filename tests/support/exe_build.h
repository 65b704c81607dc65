/* Builds minimal ELF, Mach-O (thin and fat) and PE files field by field. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EXE_BUILD_H
#define EXE_BUILD_H

/* Include after <cmocka.h> and internal.h. */
#include "target/exe_formats.h"

struct exe_image {
    uint8_t *data;
    size_t len;
};

static inline struct exe_image exe_image_new(size_t len) {
    struct exe_image image = {calloc(1, len), len};
    assert_non_null(image.data);
    return image;
}

static inline void exe_image_release(struct exe_image *image) {
    free(image->data);
    *image = (struct exe_image){NULL, 0};
}

#define AUTO_IMAGE PV_CLEANUP(exe_image_release)

/* Writes one integer field. */
static inline void exe_put(struct exe_image *image, size_t at, unsigned width, bool big_endian, uint64_t value) {
    assert_true(at + width <= image->len);
    for (unsigned i = 0; i < width; i++)
        image->data[at + (big_endian ? width - 1 - i : i)] = (uint8_t)(value >> (8 * i));
}

static inline void exe_put_text(struct exe_image *image, size_t at, const char *text) {
    size_t len = strlen(text) + 1;
    assert_true(at + len <= image->len);
    memcpy(image->data + at, text, len);
}

/* ---------------------------------------------------------------- ELF */

enum {
    ELF_386 = 3,
    ELF_MIPS = 8,
    ELF_PPC64 = 21,
    ELF_S390 = 22,
    ELF_ARM = 40,
    ELF_IA_64 = 50, /* no Rust name */
    ELF_X86_64 = 62,
    ELF_AARCH64 = 183,
    ELF_RISCV = 243,
    ELF_REL = 1,
    ELF_EXEC = 2,
    ELF_DYN = 3,
    ELF_DF_1_PIE = 0x08000000
};

/* Where exe_build_elf puts things, unless the spec says otherwise. */
enum {
    ELF_ENTRY_AT = 24,
    ELF_TABLE_AT = 64,
    ELF_INTERP_AT = 0x200,
    ELF_DYNAMIC_AT = 0x300,
    ELF_VERSIONS_AT = 0x400,
    ELF_STRINGS_AT = 0x800,
    ELF_STRINGS_SIZE = 0x400,
    ELF_FILE_SIZE = 0xc00,
    ELF_BASE = 0x10000 /* the address of byte 0 */
};

/* 0 and NULL leave a part out, or stand for the place above. */
struct exe_elf {
    unsigned elf_class; /* 1, 2 */
    unsigned data;      /* 1, 2 */
    uint16_t type;
    uint16_t machine;
    uint64_t entry;
    uint32_t flags;
    const char *interpreter;
    bool dynamic;
    uint64_t flags_1;
    const char *const *versions; /* ends in NULL; needed of one library */
    size_t file_size;
    size_t dynamic_at;
    size_t versions_at;
    size_t strings_at;
};

static inline unsigned elf_word(const struct exe_elf *elf) {
    return elf->elf_class == 2 ? 8 : 4;
}

/* Offset of e_phoff, e_flags, e_phentsize, e_phnum. */
static inline size_t elf_phoff_at(const struct exe_elf *elf) {
    return 24 + elf_word(elf);
}
static inline size_t elf_flags_at(const struct exe_elf *elf) {
    return 24 + 3 * elf_word(elf);
}
static inline size_t elf_phentsize_at(const struct exe_elf *elf) {
    return elf_flags_at(elf) + 6;
}
static inline size_t elf_phnum_at(const struct exe_elf *elf) {
    return elf_flags_at(elf) + 8;
}
static inline size_t elf_segment_size(const struct exe_elf *elf) {
    return elf->elf_class == 2 ? 56 : 32;
}
/* Offset of p_offset and p_filesz of the index-th program header. */
static inline size_t elf_segment_offset_at(const struct exe_elf *elf, unsigned index) {
    return ELF_TABLE_AT + index * elf_segment_size(elf) + (elf->elf_class == 2 ? 8 : 4);
}
static inline size_t elf_segment_file_size_at(const struct exe_elf *elf, unsigned index) {
    return elf_segment_offset_at(elf, index) + 3 * elf_word(elf);
}

static inline void elf_put_segment(struct exe_image *image, const struct exe_elf *elf, unsigned index, uint32_t type,
                                   uint64_t offset, uint64_t file_size) {
    bool big = elf->data == 2;
    unsigned word = elf_word(elf);
    exe_put(image, ELF_TABLE_AT + index * elf_segment_size(elf), 4, big, type);
    exe_put(image, elf_segment_offset_at(elf, index), word, big, offset);
    exe_put(image, elf_segment_offset_at(elf, index) + word, word, big, ELF_BASE + offset);
    exe_put(image, elf_segment_file_size_at(elf, index), word, big, file_size);
}

static inline void elf_put_header(struct exe_image *image, const struct exe_elf *elf, unsigned segments) {
    bool big = elf->data == 2;
    memcpy(image->data, "\177ELF", 4);
    exe_put(image, 4, 1, big, elf->elf_class);
    exe_put(image, 5, 1, big, elf->data);
    exe_put(image, 6, 1, big, 1);
    exe_put(image, 16, 2, big, elf->type);
    exe_put(image, 18, 2, big, elf->machine);
    exe_put(image, 20, 4, big, 1);
    exe_put(image, ELF_ENTRY_AT, elf_word(elf), big, elf->entry);
    exe_put(image, elf_phoff_at(elf), elf_word(elf), big, ELF_TABLE_AT);
    exe_put(image, elf_flags_at(elf), 4, big, elf->flags);
    exe_put(image, elf_phentsize_at(elf), 2, big, elf_segment_size(elf));
    exe_put(image, elf_phnum_at(elf), 2, big, segments);
}

/* One Verneed {version, cnt, file, aux, next} with a Vernaux {hash, flags, other, name, next} for each version. Returns
 * how many there are. */
static inline unsigned elf_put_versions(struct exe_image *image, const struct exe_elf *elf, size_t at,
                                        size_t strings_at) {
    bool big = elf->data == 2;
    unsigned count = 0;
    size_t name = 1;
    for (; elf->versions && elf->versions[count]; count++) {
        size_t record = at + 16 + 16 * (size_t)count;
        exe_put_text(image, strings_at + name, elf->versions[count]);
        exe_put(image, record + 8, 4, big, name);
        exe_put(image, record + 12, 4, big, elf->versions[count + 1] ? 16 : 0);
        name += strlen(elf->versions[count]) + 1;
    }
    exe_put(image, at, 2, big, 1);
    exe_put(image, at + 2, 2, big, count);
    exe_put(image, at + 8, 4, big, 16);
    return count;
}

static inline void elf_put_dynamic(struct exe_image *image, const struct exe_elf *elf, size_t at, size_t versions_at,
                                   size_t strings_at) {
    const uint64_t pairs[][2] = {
        {5, ELF_BASE + strings_at},           /* DT_STRTAB */
        {10, ELF_STRINGS_SIZE},               /* DT_STRSZ */
        {0x6ffffffe, ELF_BASE + versions_at}, /* DT_VERNEED */
        {0x6fffffff, 1},                      /* DT_VERNEEDNUM */
        {0x6ffffffb, elf->flags_1},           /* DT_FLAGS_1 */
        {0, 0},
    };
    unsigned word = elf_word(elf);
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        exe_put(image, at + i * 2 * word, word, elf->data == 2, pairs[i][0]);
        exe_put(image, at + i * 2 * word + word, word, elf->data == 2, pairs[i][1]);
    }
}

enum { ELF_DYNAMIC_PAIRS = 6 };

/* Program header 0 is the PT_LOAD of the whole file; then PT_INTERP and PT_DYNAMIC, where asked for. */
static inline struct exe_image exe_build_elf(const struct exe_elf *elf) {
    struct exe_image image = exe_image_new(elf->file_size ? elf->file_size : ELF_FILE_SIZE);
    size_t dynamic_at = elf->dynamic_at ? elf->dynamic_at : ELF_DYNAMIC_AT;
    size_t versions_at = elf->versions_at ? elf->versions_at : ELF_VERSIONS_AT;
    size_t strings_at = elf->strings_at ? elf->strings_at : ELF_STRINGS_AT;
    unsigned segments = 0;
    elf_put_segment(&image, elf, segments++, 1, 0, image.len);
    if (elf->interpreter) {
        exe_put_text(&image, ELF_INTERP_AT, elf->interpreter);
        elf_put_segment(&image, elf, segments++, 3, ELF_INTERP_AT, strlen(elf->interpreter) + 1);
    }
    if (elf->dynamic) {
        elf_put_dynamic(&image, elf, dynamic_at, versions_at, strings_at);
        (void)elf_put_versions(&image, elf, versions_at, strings_at);
        elf_put_segment(&image, elf, segments++, 2, dynamic_at, (uint64_t)ELF_DYNAMIC_PAIRS * 2 * elf_word(elf));
    }
    elf_put_header(&image, elf, segments);
    return image;
}

/* A dynamic executable for x86_64 that needs GLIBC 2.34. */
static inline struct exe_elf elf_example(void) {
    static const char *const versions[] = {"GLIBC_2.2.5", "GLIBC_2.34", "GLIBC_2.9", NULL};
    return (struct exe_elf){.elf_class = 2,
                            .data = 1,
                            .type = ELF_DYN,
                            .machine = ELF_X86_64,
                            .entry = 0x1000,
                            .interpreter = "/lib64/ld-linux-x86-64.so.2",
                            .dynamic = true,
                            .flags_1 = ELF_DF_1_PIE,
                            .versions = versions};
}

/* ---------------------------------------------------------------- Mach-O */

enum {
    MACHO_X86 = 7,
    MACHO_ARM = 12,
    MACHO_POWERPC = 18,
    MACHO_X86_64 = 0x01000007,
    MACHO_ARM64 = 0x0100000c,
    MACHO_ARM64_32 = 0x0200000c,
    MACHO_EXECUTE = 2,
    MACHO_DYLIB = 6,
    MACHO_BUNDLE = 8,
    MACHO_COMMAND_MIN_MACOS = 0x24,
    MACHO_COMMAND_MIN_IOS = 0x25,
    MACHO_COMMAND_BUILD = 0x32,
    MACHO_COMMAND_BYTES = 24,
    MACHO_NCMDS_AT = 16,
    MACHO_SIZEOFCMDS_AT = 20
};

struct exe_macho {
    bool is_64;
    bool big_endian;
    uint32_t cpu_type;
    uint32_t file_type;
    uint32_t command; /* one LC_SYMTAB stands before it; 0: no commands */
    uint32_t platform;
};

static inline size_t macho_header_size(const struct exe_macho *macho) {
    return macho->is_64 ? 32 : 28;
}

/* Writes a thin file at `at`; returns its size. */
static inline size_t exe_put_macho(struct exe_image *image, size_t at, const struct exe_macho *macho) {
    bool big = macho->big_endian;
    size_t header = macho_header_size(macho), first = at + header, second = first + MACHO_COMMAND_BYTES;
    exe_put(image, at, 4, big, macho->is_64 ? 0xfeedfacf : 0xfeedface);
    exe_put(image, at + 4, 4, big, macho->cpu_type);
    exe_put(image, at + 12, 4, big, macho->file_type);
    if (macho->command == 0)
        return header;
    exe_put(image, at + MACHO_NCMDS_AT, 4, big, 2);
    exe_put(image, at + MACHO_SIZEOFCMDS_AT, 4, big, 2 * MACHO_COMMAND_BYTES);
    exe_put(image, first, 4, big, 2);
    exe_put(image, first + 4, 4, big, MACHO_COMMAND_BYTES);
    exe_put(image, second, 4, big, macho->command);
    exe_put(image, second + 4, 4, big, MACHO_COMMAND_BYTES);
    exe_put(image, second + 8, 4, big, macho->platform);
    return header + 2 * MACHO_COMMAND_BYTES;
}

static inline struct exe_image exe_build_macho(const struct exe_macho *macho) {
    struct exe_image image = exe_image_new(256);
    image.len = exe_put_macho(&image, 0, macho);
    return image;
}

static inline struct exe_macho macho_example(void) {
    return (struct exe_macho){.is_64 = true,
                              .cpu_type = MACHO_ARM64,
                              .file_type = MACHO_EXECUTE,
                              .command = MACHO_COMMAND_BUILD,
                              .platform = 1};
}

enum { FAT_COUNT_AT = 4, FAT_TABLE_AT = 8, FAT_SLICE_ALIGN = 0x400 };

/* Offset of the slice's `offset` field in the fat table; `size` follows at once. */
static inline size_t fat_offset_at(bool is_64, unsigned index) {
    return FAT_TABLE_AT + index * (is_64 ? 32u : 20u) + 8;
}

/* A fat file with one 64-bit executable for each of the machines. */
static inline struct exe_image exe_build_fat(bool is_64, const uint32_t *cpu_types, unsigned count) {
    struct exe_image image = exe_image_new(FAT_SLICE_ALIGN * (count + 1));
    struct exe_macho thin = macho_example();
    exe_put(&image, 0, 4, true, is_64 ? 0xcafebabf : 0xcafebabe);
    exe_put(&image, FAT_COUNT_AT, 4, true, count);
    for (unsigned i = 0; i < count; i++) {
        size_t start = FAT_SLICE_ALIGN * (i + 1), field = fat_offset_at(is_64, i);
        unsigned width = is_64 ? 8 : 4;
        thin.cpu_type = cpu_types[i];
        size_t len = exe_put_macho(&image, start, &thin);
        exe_put(&image, field - 8, 4, true, cpu_types[i]);
        exe_put(&image, field, width, true, start);
        exe_put(&image, field + width, width, true, len);
    }
    return image;
}

/* ---------------------------------------------------------------- PE */

enum {
    PE_X86 = 0x14c,
    PE_X86_64 = 0x8664,
    PE_AARCH64 = 0xaa64,
    PE_ARM64EC = 0xa641,
    PE_IA_64 = 0x200, /* no Rust name */
    PE_DLL = 0x2000,
    PE_LFANEW_AT = 0x3c,
    PE_SIGNATURE_AT = 0x80,
    PE_MACHINE_AT = PE_SIGNATURE_AT + 4,
    PE_SECTIONS_AT = PE_MACHINE_AT + 2,
    PE_OPTIONAL_SIZE_AT = PE_MACHINE_AT + 16,
    PE_CHARACTERISTICS_AT = PE_MACHINE_AT + 18,
    PE_OPTIONAL_SIZE = 240
};

/* One section, and an optional header of zeros. */
static inline struct exe_image exe_build_pe(uint16_t machine, uint16_t characteristics) {
    struct exe_image image = exe_image_new(PE_MACHINE_AT + 20 + PE_OPTIONAL_SIZE + 40);
    memcpy(image.data, "MZ", 2);
    exe_put(&image, PE_LFANEW_AT, 4, false, PE_SIGNATURE_AT);
    memcpy(image.data + PE_SIGNATURE_AT, "PE\0\0", 4);
    exe_put(&image, PE_MACHINE_AT, 2, false, machine);
    exe_put(&image, PE_SECTIONS_AT, 2, false, 1);
    exe_put(&image, PE_OPTIONAL_SIZE_AT, 2, false, PE_OPTIONAL_SIZE);
    exe_put(&image, PE_CHARACTERISTICS_AT, 2, false, characteristics | 2u);
    return image;
}

/* ---------------------------------------------------------------- reading */

typedef bool (*exe_read_fn)(const struct pv_exe_view *view, struct pv_exe *exe);

/* Reads the first `len` bytes as a file of `size`, from a block that ends where they end, so that a read behind them is
 * seen. */
static inline bool exe_read(exe_read_fn read, const struct exe_image *image, size_t len, uint64_t size,
                            struct pv_exe *exe) {
    struct pv_exe_view view = {.head_len = len, .size = size};
    PV_AUTO_FREE uint8_t *head = malloc(len ? len : 1);
    PV_AUTO_FREE uint8_t *dynamic = NULL;
    uint64_t offset = 0;
    size_t wanted = 0;
    assert_non_null(head);
    if (len > 0)
        memcpy(head, image->data, len);
    view.head = head;
    if (pv_exe_elf_dynamic_range(&view, &offset, &wanted) && offset + wanted <= image->len) {
        dynamic = malloc(wanted);
        assert_non_null(dynamic);
        memcpy(dynamic, image->data + offset, wanted);
        view.dynamic = dynamic;
        view.dynamic_len = wanted;
    }
    memset(exe, 0, sizeof *exe);
    return read(&view, exe);
}

/* The whole file. */
static inline bool exe_read_all(exe_read_fn read, const struct exe_image *image, struct pv_exe *exe) {
    return exe_read(read, image, image->len, image->len, exe);
}

/* What holds for every result, whatever the bytes were. */
static inline void exe_assert_sane(const struct pv_exe *exe) {
    assert_true(exe->arch_count <= PV_EXE_MAX_SLICES);
    for (unsigned i = 0; i < exe->arch_count; i++)
        assert_true(exe->arch[i][0] != 0 && memchr(exe->arch[i], 0, sizeof exe->arch[i]) != NULL);
    assert_non_null(memchr(exe->interpreter, 0, sizeof exe->interpreter));
    assert_non_null(memchr(exe->script, 0, sizeof exe->script));
    assert_non_null(memchr(exe->glibc, 0, sizeof exe->glibc));
    assert_true(exe->machine_read || exe->arch_count == 0);
    assert_true((int)exe->format >= PV_EXE_UNKNOWN && (int)exe->format <= PV_EXE_WASM);
    assert_true((int)exe->linkage >= PV_EXE_LINKAGE_UNKNOWN && (int)exe->linkage <= PV_EXE_SHARED);
}

#endif
