/* ELF: machine, linkage, program interpreter, and the newest GLIBC version that its symbols need. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/cursor.h"
#include "target/exe_formats.h"

/*
 * System V gABI, 32 / 64 bit:
 *
 *     e_ident[16]   7f 'E' 'L' 'F', class (1 | 2), data (1 little | 2 big endian), ...
 *     e_type 2, e_machine 2, e_version 4, e_entry 4/8, e_phoff 4/8, e_shoff 4/8, e_flags 4,
 *     e_ehsize 2, e_phentsize 2, e_phnum 2, ...
 *     at e_phoff: e_phnum program headers, one of which (PT_DYNAMIC) names the dynamic table
 *     dynamic table: pairs of d_tag and d_val, 4/8 each, up to DT_NULL; addresses, which PT_LOAD maps to the file
 *     at DT_VERNEED: Verneed records, each with a chain of Vernaux records, whose vna_name is found at DT_STRTAB
 */
enum {
    ELF_MACHINE_MIPS = 8,
    ELF_TYPE_EXEC = 2,
    ELF_TYPE_DYN = 3,
    SEGMENT_LOAD = 1,
    SEGMENT_DYNAMIC = 2,
    SEGMENT_INTERP = 3,
    DYN_NULL = 0,
    DYN_STRTAB = 5,
    DYN_STRSZ = 10,
    DYN_FLAGS_1 = 0x6ffffffb,
    DYN_VERNEED = 0x6ffffffe,
    DYN_VERNEEDNUM = 0x6fffffff,
    FLAG_1_PIE = 0x08000000,
    VERSION_RECORD = 16, /* bytes of a Verneed and of a Vernaux */
};

struct elf {
    const struct pv_exe_view *view;
    bool big_endian;
    unsigned word; /* 4 or 8 bytes */
    uint16_t type;
    uint16_t machine;
    uint64_t entry;
    uint64_t table; /* e_phoff */
    uint32_t flags;
    uint16_t segment_size;
    uint16_t segment_count;
};

struct segment {
    uint32_t type;
    uint64_t offset;
    uint64_t address;
    uint64_t file_size;
};

/* What the dynamic table tells. */
struct dynamic {
    uint64_t strings; /* addresses; 0 when absent */
    uint64_t strings_size;
    uint64_t versions;
    uint64_t version_count;
    uint64_t flags_1;
};

static uint64_t field(const struct elf *elf, struct pv_cursor *cursor, unsigned width) {
    return elf->big_endian ? pv_cursor_be(cursor, width) : pv_cursor_le(cursor, width);
}

/* Whether `len` bytes at `offset` are inside of `total`. */
static bool is_inside(uint64_t offset, uint64_t len, uint64_t total) {
    return offset <= total && len <= total - offset;
}

static bool is_elf(const struct pv_exe_view *view) {
    static const uint8_t magic[4] = {0x7f, 'E', 'L', 'F'};
    return view->head_len >= sizeof magic && pv_bytes_equal(view->head, magic, sizeof magic);
}

static bool is_header_cut(const struct pv_exe_view *view) {
    enum { CLASS_AT = 4, SIZE_32 = 52, SIZE_64 = 64 };
    bool is_64 = view->head_len > CLASS_AT && view->head[CLASS_AT] == 2;
    return view->size < (is_64 ? SIZE_64 : SIZE_32);
}

/* False when the header is cut, or of a class or byte order that does not exist. */
static bool read_header(struct elf *elf, const struct pv_exe_view *view) {
    struct pv_cursor cursor = pv_cursor(view->head, view->head_len);
    pv_cursor_skip(&cursor, 4);
    uint8_t elf_class = pv_cursor_u8(&cursor), data = pv_cursor_u8(&cursor);
    if (elf_class < 1 || elf_class > 2 || data < 1 || data > 2)
        return false;
    *elf = (struct elf){.view = view, .big_endian = data == 2, .word = elf_class == 2 ? 8 : 4};
    pv_cursor_seek(&cursor, 16);
    elf->type = (uint16_t)field(elf, &cursor, 2);
    elf->machine = (uint16_t)field(elf, &cursor, 2);
    pv_cursor_skip(&cursor, 4);
    elf->entry = field(elf, &cursor, elf->word);
    elf->table = field(elf, &cursor, elf->word);
    pv_cursor_skip(&cursor, elf->word);
    elf->flags = (uint32_t)field(elf, &cursor, 4);
    pv_cursor_skip(&cursor, 2);
    elf->segment_size = (uint16_t)field(elf, &cursor, 2);
    elf->segment_count = (uint16_t)field(elf, &cursor, 2);
    pv_cursor_skip(&cursor, 6);
    return !cursor.error;
}

/* PN_XNUM (0xffff), which moves the count to a section header, is above the limit like every other number that no
 * executable has. */
static bool has_segments(const struct elf *elf) {
    uint64_t bytes = (uint64_t)elf->segment_size * elf->segment_count;
    return elf->segment_count > 0 && elf->segment_count <= PV_EXE_MAX_SEGMENTS &&
           elf->segment_size >= (elf->word == 8 ? 56 : 32) && is_inside(elf->table, bytes, elf->view->head_len);
}

/* `index` is below the count of a table that has_segments() found to be in the head. */
static struct segment read_segment(const struct elf *elf, unsigned index) {
    struct pv_cursor cursor = pv_cursor(elf->view->head, elf->view->head_len);
    struct segment segment = {0};
    pv_cursor_seek(&cursor, elf->table + (uint64_t)index * elf->segment_size);
    segment.type = (uint32_t)field(elf, &cursor, 4);
    pv_cursor_skip(&cursor, elf->word == 8 ? 4 : 0); /* p_flags, which the 32-bit form has near its end */
    segment.offset = field(elf, &cursor, elf->word);
    segment.address = field(elf, &cursor, elf->word);
    pv_cursor_skip(&cursor, elf->word);
    segment.file_size = field(elf, &cursor, elf->word);
    return segment;
}

static bool find_segment(const struct elf *elf, uint32_t type, struct segment *found) {
    for (unsigned i = 0; i < elf->segment_count; i++) {
        *found = read_segment(elf, i);
        if (found->type == type)
            return true;
    }
    return false;
}

/* The bytes at an address, as far as its segment and the head reach; an empty text when they are not in the head. */
static struct pv_str bytes_at(const struct elf *elf, uint64_t address) {
    for (unsigned i = 0; i < elf->segment_count; i++) {
        struct segment load = read_segment(elf, i);
        if (load.type != SEGMENT_LOAD || address < load.address || address - load.address >= load.file_size)
            continue;
        uint64_t inside = address - load.address, head = elf->view->head_len;
        if (load.offset >= head || inside >= head - load.offset)
            break;
        uint64_t left = load.file_size - inside, seen = head - load.offset - inside;
        return pv_str((const char *)elf->view->head + load.offset + inside, (size_t)(left < seen ? left : seen));
    }
    return pv_str(NULL, 0);
}

static void read_interpreter(const struct elf *elf, const struct segment *segment, struct pv_exe *exe) {
    struct pv_cursor cursor = pv_cursor(elf->view->head, elf->view->head_len);
    pv_cursor_seek(&cursor, segment->offset);
    size_t room = pv_cursor_left(&cursor);
    if (room > segment->file_size)
        room = (size_t)segment->file_size;
    if (room > sizeof exe->interpreter)
        room = sizeof exe->interpreter;
    cursor = pv_cursor(pv_cursor_take(&cursor, room), room);
    struct pv_str text = room > 0 ? pv_cursor_until(&cursor, 0) : pv_str(NULL, 0);
    if (text.len > 0)
        memcpy(exe->interpreter, text.text, text.len + 1);
}

static struct dynamic read_dynamic(const struct elf *elf) {
    struct pv_cursor cursor = pv_cursor(elf->view->dynamic, elf->view->dynamic_len);
    struct dynamic dynamic = {0};
    while (pv_cursor_left(&cursor) >= 2 * (size_t)elf->word) {
        uint64_t tag = field(elf, &cursor, elf->word), value = field(elf, &cursor, elf->word);
        if (tag == DYN_NULL)
            break;
        if (tag == DYN_STRTAB)
            dynamic.strings = value;
        else if (tag == DYN_STRSZ)
            dynamic.strings_size = value;
        else if (tag == DYN_VERNEED)
            dynamic.versions = value;
        else if (tag == DYN_VERNEEDNUM)
            dynamic.version_count = value;
        else if (tag == DYN_FLAGS_1)
            dynamic.flags_1 = value;
    }
    return dynamic;
}

struct glibc {
    uint64_t order; /* the numbers of the newest version, 16 bits each, most significant first; 0 when none */
    char text[PV_EXE_GLIBC];
};

/* "2.34" or "2.2.5" to a number that sorts as the versions do; 0 for other texts: GLIBC_PRIVATE, GLIBC_ABI_DT_RELR. */
static uint64_t version_order(struct pv_str version) {
    struct pv_cursor cursor = pv_cursor(version.text, version.len);
    uint64_t order = 0;
    unsigned parts = 0;
    for (bool last = false; !last; parts++) {
        struct pv_cursor before = cursor;
        struct pv_str digits = pv_cursor_until(&cursor, '.');
        uint64_t number = 0;
        last = cursor.error;
        if (last)
            digits = pv_str((const char *)before.data + before.pos, pv_cursor_left(&before));
        if (parts == 3 || !pv_parse_decimal(digits, 9999, &number))
            return 0;
        order |= number << (32 - 16 * parts);
    }
    return parts >= 2 ? order : 0;
}

/* Looks at the name at `offset` of the strings. False when it is not there. */
static bool judge_version(struct pv_str strings, uint64_t offset, struct glibc *newest) {
    static const char prefix[] = "GLIBC_";
    if (offset >= strings.len)
        return false;
    /* No GLIBC version is longer, and a table without any NUL shall not be searched for each of its users. */
    enum { LONGEST = sizeof prefix - 1 + PV_EXE_GLIBC };
    struct pv_str rest = pv_str(strings.text + offset, strings.len - (size_t)offset);
    struct pv_cursor cursor = pv_cursor(rest.text, rest.len < LONGEST ? rest.len : LONGEST);
    struct pv_str name = pv_cursor_until(&cursor, 0);
    if (cursor.error)
        return rest.len >= LONGEST;
    if (!pv_str_starts(name, PV_STR("GLIBC_")))
        return true;
    struct pv_str version = pv_str(name.text + sizeof prefix - 1, name.len - (sizeof prefix - 1));
    uint64_t order = version_order(version);
    if (order > newest->order) {
        newest->order = order;
        memcpy(newest->text, version.text, version.len);
        newest->text[version.len] = 0;
    }
    return true;
}

struct versions {
    const struct elf *elf;
    struct pv_str records;
    struct pv_str strings;
    unsigned budget; /* records that may still be read: they may be shared by chains, but not read without end */
};

/* Reads the first fields of the record at `pos`, a Verneed {version 2, cnt 2, file 4, aux 4, next 4} or a Vernaux {hash
 * 4, flags 2, other 2, name 4, next 4}, as one cursor. False when it is outside, or one too many. */
static bool open_record(struct versions *versions, uint64_t pos, struct pv_cursor *cursor) {
    if (versions->budget == 0 || !is_inside(pos, VERSION_RECORD, versions->records.len))
        return false;
    versions->budget--;
    *cursor = pv_cursor(versions->records.text + pos, VERSION_RECORD);
    return true;
}

/* A link to the next record is a distance forward, so a chain cannot turn back; one that is shorter than a record is
 * refused, because it would read most of the same bytes again. */
static bool follow(uint64_t *pos, uint64_t next) {
    *pos += next;
    return next >= VERSION_RECORD;
}

static bool walk_needed(struct versions *versions, uint64_t pos, uint64_t count, struct glibc *newest) {
    for (uint64_t i = 0; i < count; i++) {
        struct pv_cursor record;
        if (!open_record(versions, pos, &record))
            return false;
        pv_cursor_skip(&record, 8);
        uint64_t name = field(versions->elf, &record, 4), next = field(versions->elf, &record, 4);
        if (!judge_version(versions->strings, name, newest))
            return false;
        if (next == 0)
            return true;
        if (!follow(&pos, next))
            return false;
    }
    return true;
}

static bool walk_versions(struct versions *versions, uint64_t count, struct glibc *newest) {
    uint64_t pos = 0;
    for (uint64_t i = 0; i < count; i++) {
        struct pv_cursor record;
        if (!open_record(versions, pos, &record))
            return false;
        pv_cursor_skip(&record, 2);
        uint64_t needed = field(versions->elf, &record, 2);
        pv_cursor_skip(&record, 4);
        uint64_t first = field(versions->elf, &record, 4), next = field(versions->elf, &record, 4);
        if (!walk_needed(versions, pos + first, needed, newest))
            return false;
        if (next == 0)
            return true;
        if (!follow(&pos, next))
            return false;
    }
    return true;
}

/* A walk that ends early leaves the version unknown: the newest of a part would be an untrue promise. */
static void read_glibc(const struct elf *elf, const struct dynamic *dynamic, struct pv_exe *exe) {
    if (dynamic->versions == 0 || dynamic->strings == 0)
        return;
    struct versions versions = {.elf = elf, .budget = PV_EXE_MAX_VERSIONS};
    versions.records = bytes_at(elf, dynamic->versions);
    versions.strings = bytes_at(elf, dynamic->strings);
    if (versions.strings.len > dynamic->strings_size)
        versions.strings.len = (size_t)dynamic->strings_size;
    struct glibc newest = {0};
    if (walk_versions(&versions, dynamic->version_count, &newest) && newest.order > 0)
        memcpy(exe->glibc, newest.text, sizeof newest.text);
}

/* A static position-independent executable has a dynamic table and no interpreter, as a shared object has: DF_1_PIE
 * tells them apart. */
static enum pv_exe_linkage judge_linkage(const struct elf *elf, bool has_dynamic, uint64_t flags_1) {
    if (elf->type != ELF_TYPE_EXEC && elf->type != ELF_TYPE_DYN)
        return PV_EXE_LINKAGE_UNKNOWN;
    if (!has_dynamic || elf->type == ELF_TYPE_EXEC || (flags_1 & FLAG_1_PIE))
        return PV_EXE_STATIC;
    return elf->view->dynamic ? PV_EXE_SHARED : PV_EXE_LINKAGE_UNKNOWN;
}

static bool are_segments_inside(const struct elf *elf) {
    for (unsigned i = 0; i < elf->segment_count; i++) {
        struct segment segment = read_segment(elf, i);
        bool has_bytes = segment.type >= SEGMENT_LOAD && segment.type <= SEGMENT_INTERP;
        if (has_bytes && !is_inside(segment.offset, segment.file_size, elf->view->size))
            return false;
    }
    return true;
}

static void read_segments(const struct elf *elf, struct pv_exe *exe) {
    struct segment interpreter, table;
    bool has_interpreter = find_segment(elf, SEGMENT_INTERP, &interpreter);
    bool has_dynamic = find_segment(elf, SEGMENT_DYNAMIC, &table);
    struct dynamic dynamic = read_dynamic(elf);
    exe->truncated = !are_segments_inside(elf);
    exe->linkage = has_interpreter ? PV_EXE_DYNAMIC : judge_linkage(elf, has_dynamic, dynamic.flags_1);
    if (has_interpreter)
        read_interpreter(elf, &interpreter, exe);
    read_glibc(elf, &dynamic, exe);
}

static const char *arch_of(const struct elf *elf) {
    enum {
        MIPS_RELEASE_6 = 9
    }; /* the lowest of e_flags' upper four bits that is not compatible with what was before */
    if (elf->machine == ELF_MACHINE_MIPS && elf->flags >> 28 >= MIPS_RELEASE_6)
        return elf->word == 8 ? "mips64r6" : "mips32r6";
    return pv_exe_elf_arch(elf->machine, elf->word == 8 ? 2 : 1, elf->big_endian);
}

bool pv_exe_elf_read(const struct pv_exe_view *view, struct pv_exe *exe) {
    struct elf elf;
    if (!is_elf(view))
        return false;
    exe->format = PV_EXE_ELF;
    exe->os = "linux";
    if (!read_header(&elf, view)) {
        exe->truncated = is_header_cut(view);
        return true;
    }
    exe->elf_class = elf.word == 8 ? 2 : 1;
    exe->elf_big_endian = elf.big_endian;
    exe->elf_machine = elf.machine;
    exe->elf_type = elf.type;
    exe->elf_has_entry = elf.entry != 0;
    if (elf.machine != 0)
        pv_exe_add_arch(exe, arch_of(&elf));
    if (has_segments(&elf))
        read_segments(&elf, exe);
    else
        exe->truncated = !is_inside(elf.table, (uint64_t)elf.segment_size * elf.segment_count, view->size);
    return true;
}

bool pv_exe_elf_dynamic_range(const struct pv_exe_view *view, uint64_t *offset, size_t *len) {
    struct elf elf;
    struct segment table;
    if (!is_elf(view) || !read_header(&elf, view) || !has_segments(&elf) ||
        !find_segment(&elf, SEGMENT_DYNAMIC, &table) || !is_inside(table.offset, table.file_size, view->size))
        return false;
    *offset = table.offset;
    *len = table.file_size < PV_EXE_MAX_DYNAMIC ? (size_t)table.file_size : PV_EXE_MAX_DYNAMIC;
    return *len > 0;
}

uint64_t pv_exe_elf_front(const struct pv_exe_view *view) {
    struct elf elf;
    struct segment text;
    if (!is_elf(view))
        return 0;
    if (!read_header(&elf, view))
        return view->head_len;
    if (!has_segments(&elf))
        return 0;
    if (!find_segment(&elf, SEGMENT_INTERP, &text) || text.offset >= PV_EXE_HEAD)
        return view->head_len;
    uint64_t end = text.offset + (text.file_size < PV_EXE_INTERPRETER ? text.file_size : PV_EXE_INTERPRETER);
    return end > view->head_len ? end : view->head_len;
}
