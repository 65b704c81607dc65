/* Mach-O: machines of a thin or a fat file, its linkage, and which of Apple's systems it is for. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/cursor.h"
#include "target/exe_formats.h"

/*
 * <mach-o/loader.h> and <mach-o/fat.h>:
 *
 *     thin     = magic 4 | cputype 4 | cpusubtype 4 | filetype 4 | ncmds 4 | sizeofcmds 4 | flags 4 | [reserved 4]
 *                *command                                       ; the magic's byte order is the file's
 *     command  = cmd 4 | cmdsize 4 | ...
 *     fat      = magic 4 | nfat_arch 4 | *slice                 ; big endian
 *     slice    = cputype 4 | cpusubtype 4 | offset 4/8 | size 4/8 | align 4 | [reserved 4]
 *
 * What stands in brackets, and the 8, is for 64 bits.
 */
#define MAGIC_32     UINT32_C(0xfeedface)
#define MAGIC_64     UINT32_C(0xfeedfacf)
#define MAGIC_FAT    UINT32_C(0xcafebabe)
#define MAGIC_FAT_64 UINT32_C(0xcafebabf)

enum { TYPE_EXECUTE = 2, TYPE_DYLIB = 6, TYPE_BUNDLE = 8 };

struct macho {
    bool big_endian;
    bool is_64;
    uint32_t cpu_type;
    uint32_t file_type;
    uint32_t command_count;
    uint32_t command_bytes;
};

static uint32_t word(const struct macho *macho, struct pv_cursor *cursor) {
    return (uint32_t)(macho->big_endian ? pv_cursor_be(cursor, 4) : pv_cursor_le(cursor, 4));
}

static bool read_magic(struct macho *macho, struct pv_cursor *cursor) {
    struct pv_cursor again = *cursor;
    uint32_t big = (uint32_t)pv_cursor_be(cursor, 4), little = (uint32_t)pv_cursor_le(&again, 4);
    macho->big_endian = big == MAGIC_32 || big == MAGIC_64;
    macho->is_64 = big == MAGIC_64 || little == MAGIC_64;
    return macho->big_endian || little == MAGIC_32 || little == MAGIC_64;
}

/* The system behind a load command's platform number; simulators and Mac Catalyst count as what they stand in for, as
 * Rust does. */
static const char *os_of_platform(uint32_t platform) {
    switch (platform) {
    case 2:
    case 6:
    case 7:
        return "ios";
    case 3:
    case 8:
        return "tvos";
    case 4:
    case 9:
        return "watchos";
    case 11:
    case 12:
        return "visionos";
    default:
        return "macos";
    }
}

/* NULL for a command that does not tell. */
static const char *os_of_command(const struct macho *macho, uint32_t command, struct pv_cursor *body) {
    switch (command) {
    case 0x24: /* LC_VERSION_MIN_MACOSX */
        return "macos";
    case 0x25: /* LC_VERSION_MIN_IPHONEOS */
        return "ios";
    case 0x2f: /* LC_VERSION_MIN_TVOS */
        return "tvos";
    case 0x30: /* LC_VERSION_MIN_WATCHOS */
        return "watchos";
    case 0x32: /* LC_BUILD_VERSION */
        return os_of_platform(word(macho, body));
    default:
        return NULL;
    }
}

/* Walks the load commands, at the cursor, until one tells the system or they end. */
static void read_commands(const struct macho *macho, struct pv_cursor *cursor, struct pv_exe *exe) {
    enum { COMMAND_HEADER = 8 };
    struct pv_cursor commands = pv_cursor(cursor->data + cursor->pos, pv_cursor_left(cursor));
    if (commands.len > macho->command_bytes)
        commands.len = macho->command_bytes;
    for (uint32_t i = 0; i < macho->command_count && i < PV_EXE_MAX_COMMANDS; i++) {
        uint32_t command = word(macho, &commands), bytes = word(macho, &commands);
        if (commands.error || bytes < COMMAND_HEADER || bytes - COMMAND_HEADER > pv_cursor_left(&commands))
            return;
        struct pv_cursor body = pv_cursor(commands.data + commands.pos, bytes - COMMAND_HEADER);
        const char *os = os_of_command(macho, command, &body);
        if (os && !body.error) {
            exe->os = os;
            return;
        }
        pv_cursor_skip(&commands, bytes - COMMAND_HEADER);
    }
}

static enum pv_exe_linkage linkage_of(uint32_t file_type) {
    if (file_type == TYPE_EXECUTE)
        return PV_EXE_DYNAMIC;
    return file_type == TYPE_DYLIB || file_type == TYPE_BUNDLE ? PV_EXE_SHARED : PV_EXE_LINKAGE_UNKNOWN;
}

/* Reads the thin file at `start`, which ends before `end`, as far as it is in the head. False when the magic is not
 * there. */
static bool read_thin(const struct pv_exe_view *view, uint64_t start, uint64_t end, struct pv_exe *exe) {
    struct pv_cursor cursor = pv_cursor(view->head, view->head_len < end ? view->head_len : (size_t)end);
    struct macho macho;
    pv_cursor_seek(&cursor, start);
    if (pv_cursor_left(&cursor) < 4 || !read_magic(&macho, &cursor))
        return false;
    uint64_t header = macho.is_64 ? 32 : 28, left = end - start;
    macho.cpu_type = word(&macho, &cursor);
    if (!cursor.error)
        pv_exe_add_arch(exe, pv_exe_macho_arch(macho.cpu_type));
    pv_cursor_skip(&cursor, 4);
    macho.file_type = word(&macho, &cursor);
    macho.command_count = word(&macho, &cursor);
    macho.command_bytes = word(&macho, &cursor);
    pv_cursor_skip(&cursor, macho.is_64 ? 8 : 4);
    if (left < header || (!cursor.error && macho.command_bytes > left - header))
        exe->truncated = true;
    if (cursor.error)
        return true;
    exe->linkage = linkage_of(macho.file_type);
    read_commands(&macho, &cursor, exe);
    return true;
}

struct slice {
    uint32_t cpu_type;
    uint64_t start;
    uint64_t end;
};

/* A Java class file begins with the same magic, and its version, 45 and up, stands in the place of the count: so the
 * count is low, and every slice has a place behind the table and inside the file; else it is no Mach-O file at all. */
static bool read_slices(const struct pv_exe_view *view, struct slice slices[PV_EXE_MAX_SLICES], unsigned *count) {
    struct pv_cursor cursor = pv_cursor(view->head, view->head_len);
    uint32_t magic = (uint32_t)pv_cursor_be(&cursor, 4), announced = (uint32_t)pv_cursor_be(&cursor, 4);
    if (cursor.error || (magic != MAGIC_FAT && magic != MAGIC_FAT_64) || announced < 1 || announced > PV_EXE_MAX_SLICES)
        return false;
    unsigned width = magic == MAGIC_FAT_64 ? 8 : 4;
    uint64_t table_end = 8 + (uint64_t)announced * (width == 8 ? 32 : 20);
    for (unsigned i = 0; i < announced; i++) {
        slices[i].cpu_type = (uint32_t)pv_cursor_be(&cursor, 4);
        pv_cursor_skip(&cursor, 4);
        uint64_t start = pv_cursor_be(&cursor, width), bytes = pv_cursor_be(&cursor, width);
        pv_cursor_skip(&cursor, width); /* align, and with 64 bit reserved */
        if (cursor.error || bytes == 0 || start < table_end || start > view->size || bytes > view->size - start)
            return false;
        slices[i].start = start;
        slices[i].end = start + bytes;
    }
    *count = announced;
    return true;
}

static bool read_fat(const struct pv_exe_view *view, struct pv_exe *exe) {
    struct slice slices[PV_EXE_MAX_SLICES];
    unsigned count = 0;
    if (!read_slices(view, slices, &count))
        return false;
    exe->format = PV_EXE_MACHO;
    exe->os = "macos";
    for (unsigned i = 0; i < count; i++)
        pv_exe_add_arch(exe, pv_exe_macho_arch(slices[i].cpu_type));
    /* Linkage and system of a slice that is in the head; they are the same in all slices of a program. The table has
     * the say about machines. */
    struct pv_exe thin = {.os = "macos"};
    for (unsigned i = 0; i < count; i++) {
        if (!read_thin(view, slices[i].start, slices[i].end, &thin))
            continue;
        exe->linkage = thin.linkage;
        exe->os = thin.os;
        exe->truncated = thin.truncated;
        break;
    }
    return true;
}

bool pv_exe_macho_read(const struct pv_exe_view *view, struct pv_exe *exe) {
    if (read_thin(view, 0, view->size, exe)) {
        exe->format = PV_EXE_MACHO;
        if (exe->os == NULL)
            exe->os = "macos";
        return true;
    }
    return read_fat(view, exe);
}
