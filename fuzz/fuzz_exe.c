/* Fuzzes headers of executables: nothing fails, and the answer is the same however the body streams past. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include "target/exe_formats.h"

/* One for all: what a body left behind must not show in the next. */
static struct pv_exe_probe *probe;

static void check_line(const char *text, size_t cap) {
    fuzz_require(strnlen(text, cap) < cap);
}

static void check_sane(const struct pv_exe *exe) {
    fuzz_require((unsigned)exe->format <= PV_EXE_WASM && (unsigned)exe->linkage <= PV_EXE_SHARED);
    fuzz_require(exe->arch_count <= PV_EXE_MAX_SLICES && (exe->machine_read || exe->arch_count == 0));
    for (unsigned i = 0; i < exe->arch_count; i++) {
        check_line(exe->arch[i], sizeof exe->arch[i]);
        fuzz_require(exe->arch[i][0] != 0);
    }
    check_line(exe->interpreter, sizeof exe->interpreter);
    check_line(exe->script, sizeof exe->script);
    check_line(exe->glibc, sizeof exe->glibc);
    fuzz_require(strspn(exe->glibc, "0123456789.") == strlen(exe->glibc));
    fuzz_require(exe->format == PV_EXE_SCRIPT || exe->script[0] == 0);
    fuzz_require(exe->format == PV_EXE_ELF || (exe->interpreter[0] == 0 && exe->glibc[0] == 0));
    fuzz_require(pv_exe_format_name(exe->format) != NULL);
    fuzz_require((pv_exe_linkage_name(exe->linkage) == NULL) == (exe->linkage == PV_EXE_LINKAGE_UNKNOWN));
}

/* A name without two parts, or of a file that says nothing, is contradicted by nothing. */
static void check_names(const struct pv_exe *exe) {
    static const char *const names[] = {"x86_64-linux", "x86_64-windows", "aarch64-macos", "mips-none", "wasm"};
    bool says_nothing = exe->format == PV_EXE_UNKNOWN || exe->format == PV_EXE_SCRIPT || exe->format == PV_EXE_WASM;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        bool contradicts = pv_exe_contradicts(exe, pv_str_of(names[i]));
        fuzz_require(!contradicts || (!says_nothing && strchr(names[i], '-') != NULL));
    }
}

/* What follows from a header: a name that does not contradict it, and whether it runs here. */
static void check_meaning(const struct pv_exe *exe) {
    struct pv_target_name target;
    struct provar_error err = {0};
    if (pv_exe_target(exe, &target)) {
        fuzz_require(pv_target_name_is_creatable(pv_str_of(target.text)));
        fuzz_require(!pv_exe_contradicts(exe, pv_str_of(target.text)));
    }
    check_names(exe);
    enum provar_result result = pv_exe_check_host(exe, false, &err);
    fuzz_check_error(result, &err);
    if (result == PROVAR_OK)
        fuzz_require(exe->format == PV_EXE_ELF && exe->machine_read && !exe->truncated && !exe->empty);
    provar_error_clear(&err);
    result = pv_exe_check_host(exe, true, &err);
    fuzz_check_error(result, &err);
}

static void check_same(const struct pv_exe *a, const struct pv_exe *b) {
    fuzz_require(a->format == b->format && a->linkage == b->linkage && a->arch_count == b->arch_count);
    fuzz_require(pv_bytes_equal(a->arch, b->arch, sizeof a->arch) && a->machine_read == b->machine_read);
    fuzz_require(pv_str_equal(pv_str_of(a->os), pv_str_of(b->os)) && a->truncated == b->truncated);
    fuzz_require(pv_str_equal(pv_str_of(a->interpreter), pv_str_of(b->interpreter)));
    fuzz_require(pv_str_equal(pv_str_of(a->script), pv_str_of(b->script)));
    fuzz_require(pv_str_equal(pv_str_of(a->glibc), pv_str_of(b->glibc)));
    fuzz_require(a->elf_machine == b->elf_machine && a->elf_type == b->elf_type && a->elf_class == b->elf_class);
}

static void feed_pieces(const uint8_t *data, size_t len, size_t size, size_t piece, struct pv_exe *exe) {
    pv_exe_probe_reset(probe, size);
    for (size_t at = 0; at < len; at += piece)
        pv_exe_probe_feed(probe, data + at, len - at < piece ? len - at : piece);
    pv_exe_probe_result(probe, exe);
    check_sane(exe);
}

/* By jumps: what is asked for lies in the file, goes forward, and is bounded. */
static void feed_wanted(const uint8_t *data, size_t len, struct pv_exe *exe) {
    uint64_t offset, count, behind = 0, total = 0;
    pv_exe_probe_reset(probe, len);
    while (pv_exe_probe_wants(probe, &offset, &count)) {
        fuzz_require(count > 0 && offset >= behind && offset < len && count <= len - offset);
        pv_exe_probe_feed_at(probe, offset, data + offset, (size_t)count);
        behind = offset + count;
        total += count;
        fuzz_require(total <= PV_EXE_HEAD + PV_EXE_MAX_DYNAMIC);
    }
    pv_exe_probe_result(probe, exe);
    check_sane(exe);
}

/* Each reader by itself, on a part of the file, without a dynamic table. */
static void check_readers(const uint8_t *data, size_t len, size_t size) {
    static bool (*const readers[])(const struct pv_exe_view *, struct pv_exe *) = {pv_exe_elf_read, pv_exe_macho_read,
                                                                                   pv_exe_pe_read};
    PV_AUTO_FREE uint8_t *head = fuzz_copy(data, len);
    struct pv_exe_view view = {.head = head, .head_len = len, .size = size};
    uint64_t offset;
    size_t count;
    for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++) {
        struct pv_exe exe = {0};
        if (readers[i](&view, &exe))
            check_sane(&exe);
    }
    if (pv_exe_elf_dynamic_range(&view, &offset, &count))
        fuzz_require(count <= PV_EXE_MAX_DYNAMIC && offset <= size && count <= size - offset);
}

/* The readers on the whole file, with the dynamic table from where it stands: what the probe must find piece by piece.
 */
static void check_by_view(const uint8_t *data, size_t len, const struct pv_exe *whole) {
    struct pv_exe_view view = {.head = data, .head_len = len, .size = len};
    struct pv_exe exe = {0};
    uint64_t offset;
    size_t count;
    if (pv_exe_elf_dynamic_range(&view, &offset, &count)) {
        view.dynamic = data + offset;
        view.dynamic_len = count;
    }
    if (pv_exe_elf_read(&view, &exe) || pv_exe_macho_read(&view, &exe) || pv_exe_pe_read(&view, &exe))
        check_same(&exe, whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    struct pv_exe whole, other;
    if (probe == NULL)
        fuzz_require(pv_exe_probe_new(&probe, NULL) == PROVAR_OK);
    feed_pieces(data, len, len, len + 1, &whole);
    fuzz_require(whole.empty == (len == 0));
    check_meaning(&whole);
    check_by_view(data, len, &whole);
    feed_pieces(data, len, len, len < 4096 ? 1 : 511, &other);
    check_same(&whole, &other);
    feed_wanted(data, len, &other);
    check_same(&whole, &other);
    feed_pieces(data, len, len + 100000, 4096, &other);
    check_meaning(&other);
    check_readers(data, len / 2, len);
    check_readers(data, len, len + 77);
    fuzz_accepted += whole.format != PV_EXE_UNKNOWN;
    return 0;
}
