/* The probe: fed in pieces, by jumps, or not to the end; scripts; this program; random damage. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "internal.h"

#include "support/exe_build.h"

static struct pv_exe_probe *probe; /* one for all: what a body left behind must not show in the next */

static int set_up(void **state) {
    (void)state;
    return pv_exe_probe_new(&probe, NULL) == PROVAR_OK ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    pv_exe_probe_free(probe);
    return 0;
}

static struct pv_exe result(void) {
    struct pv_exe exe;
    pv_exe_probe_result(probe, &exe);
    exe_assert_sane(&exe);
    return exe;
}

/* Feeds it all, in pieces of this size. */
static struct pv_exe probe_pieces(const struct exe_image *image, size_t piece) {
    pv_exe_probe_reset(probe, image->len);
    for (size_t at = 0; at < image->len; at += piece)
        pv_exe_probe_feed(probe, image->data + at, image->len - at < piece ? image->len - at : piece);
    return result();
}

/* Feeds only what the probe asks for, of what lies before `reach`; `bytes` is how much that was. */
static struct pv_exe probe_reached(const struct exe_image *image, uint64_t reach, uint64_t *bytes) {
    uint64_t offset, len;
    *bytes = 0;
    pv_exe_probe_reset(probe, image->len);
    pv_exe_probe_set_reach(probe, reach);
    while (pv_exe_probe_wants(probe, &offset, &len)) {
        assert_true(len > 0 && offset + len <= image->len && offset + len <= reach);
        pv_exe_probe_feed_at(probe, offset, image->data + offset, (size_t)len);
        *bytes += len;
        assert_true(*bytes <= PV_EXE_HEAD + PV_EXE_MAX_DYNAMIC);
    }
    return result();
}

static struct pv_exe probe_wanted(const struct exe_image *image, uint64_t *bytes) {
    return probe_reached(image, UINT64_MAX, bytes);
}

static struct pv_exe probe_bytes(const void *data, size_t len) {
    pv_exe_probe_reset(probe, len);
    pv_exe_probe_feed(probe, data, len);
    return result();
}

static void assert_same(const struct pv_exe *a, const struct pv_exe *b) {
    assert_int_equal(a->format, b->format);
    assert_int_equal(a->linkage, b->linkage);
    assert_int_equal(a->arch_count, b->arch_count);
    assert_memory_equal(a->arch, b->arch, sizeof a->arch);
    assert_true(pv_str_equal(pv_str_of(a->os), pv_str_of(b->os)));
    assert_string_equal(a->interpreter, b->interpreter);
    assert_string_equal(a->script, b->script);
    assert_string_equal(a->glibc, b->glibc);
    assert_int_equal(a->truncated, b->truncated);
    assert_int_equal(a->machine_read, b->machine_read);
    assert_int_equal(a->elf_machine, b->elf_machine);
    assert_int_equal(a->elf_type, b->elf_type);
}

static void assert_example(const struct pv_exe *exe) {
    struct exe_elf elf = elf_example();
    assert_int_equal(exe->format, PV_EXE_ELF);
    assert_int_equal(exe->linkage, PV_EXE_DYNAMIC);
    assert_string_equal(exe->interpreter, elf.interpreter);
    assert_string_equal(exe->glibc, "2.34");
    assert_false(exe->truncated);
}

/* An ELF whose dynamic table stands at `dynamic_at`, with as much behind it. */
static struct exe_image large_elf(size_t dynamic_at) {
    struct exe_elf elf = elf_example();
    elf.dynamic_at = dynamic_at;
    elf.file_size = 2 * dynamic_at;
    return exe_build_elf(&elf);
}

/* ---------------------------------------------------------------- streaming */

static void test_pieces_of_every_size_give_the_same(void **state) {
    (void)state;
    struct exe_elf elf = elf_example();
    struct exe_image image AUTO_IMAGE = exe_build_elf(&elf);
    for (size_t piece = 1; piece <= image.len; piece += piece < 70 ? 1 : 97) {
        struct pv_exe exe = probe_pieces(&image, piece);
        assert_example(&exe);
    }
}

/* The dynamic table lies in the head, across its end by one byte and more, right behind it, and far behind it. */
static void test_dynamic_table_anywhere(void **state) {
    (void)state;
    static const size_t places[] = {PV_EXE_HEAD - 96, PV_EXE_HEAD - 95, PV_EXE_HEAD - 50, PV_EXE_HEAD - 1,
                                    PV_EXE_HEAD,      PV_EXE_HEAD + 1,  3 * PV_EXE_HEAD};
    static const size_t pieces[] = {1000, PV_BLOCK, PV_EXE_HEAD, PV_EXE_HEAD + 1, SIZE_MAX / 2};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct exe_image image AUTO_IMAGE = large_elf(places[i]);
        for (size_t j = 0; j < sizeof pieces / sizeof pieces[0]; j++) {
            struct pv_exe exe = probe_pieces(&image, pieces[j]);
            assert_example(&exe);
        }
        uint64_t bytes;
        struct pv_exe exe = probe_wanted(&image, &bytes);
        assert_example(&exe);
        assert_true(bytes <= PV_EXE_HEAD + 96);
    }
}

static void test_a_large_file_is_hardly_read(void **state) {
    (void)state;
    uint64_t offset, len;
    struct exe_elf elf = elf_example();
    struct exe_image image AUTO_IMAGE = large_elf(PV_EXE_HEAD);
    const uint64_t size = 100 * PV_MIB, dynamic_at = 90 * PV_MIB;
    exe_put(&image, elf_segment_offset_at(&elf, 2), 8, false, dynamic_at);
    exe_put(&image, elf_segment_file_size_at(&elf, 0), 8, false, size);

    pv_exe_probe_reset(probe, size);
    assert_true(pv_exe_probe_wants(probe, &offset, &len));
    assert_int_equal(offset, 0);
    assert_int_equal(len, PV_EXE_HEAD);
    pv_exe_probe_feed(probe, image.data, 1000);
    assert_true(pv_exe_probe_wants(probe, &offset, &len));
    assert_int_equal(offset, 1000);
    assert_int_equal(len, PV_EXE_HEAD - 1000);
    pv_exe_probe_feed_at(probe, offset, image.data + offset, (size_t)len);
    assert_true(pv_exe_probe_wants(probe, &offset, &len));
    assert_int_equal(offset, dynamic_at);
    assert_int_equal(len, 96);
    pv_exe_probe_feed_at(probe, offset, image.data + PV_EXE_HEAD, 96);
    assert_false(pv_exe_probe_wants(probe, &offset, &len));
    struct pv_exe exe = result();
    assert_example(&exe);
}

static void test_nothing_is_wanted_of_other_bodies_but_their_head(void **state) {
    (void)state;
    struct exe_image image AUTO_IMAGE = exe_image_new(2 * PV_EXE_HEAD);
    uint64_t bytes;
    assert_int_equal(probe_wanted(&image, &bytes).format, PV_EXE_UNKNOWN);
    assert_int_equal(bytes, PV_EXE_HEAD);
    image.len = 10;
    (void)probe_wanted(&image, &bytes);
    assert_int_equal(bytes, 10);
    image.len = 0;
    assert_true(probe_wanted(&image, &bytes).empty);
    assert_int_equal(bytes, 0);
}

/* ---------------------------------------------------------------- within reach */

enum { REACH = 64 * 1024, FRONT = 4096 };

/* What is asked for tells as much as all that could be, and is `expected` bytes. Releases the image. */
static void assert_reached(struct exe_image image, uint64_t expected) {
    uint64_t bytes;
    pv_exe_probe_reset(probe, image.len);
    pv_exe_probe_feed(probe, image.data, REACH < image.len ? REACH : image.len);
    struct pv_exe all = result(), exe = probe_reached(&image, REACH, &bytes);
    assert_same(&all, &exe);
    assert_int_equal(bytes, expected);
    exe_image_release(&image);
}

static struct exe_image large_elf_with_interpreter_at(size_t offset, size_t len) {
    struct exe_elf elf = elf_example();
    struct exe_image image = large_elf(PV_EXE_HEAD);
    exe_put(&image, elf_segment_offset_at(&elf, 1), 8, false, offset);
    exe_put(&image, elf_segment_file_size_at(&elf, 1), 8, false, len);
    exe_put_text(&image, offset, elf.interpreter);
    return image;
}

static void test_the_front_of_an_elf_is_enough(void **state) {
    (void)state;
    const size_t len = strlen(elf_example().interpreter) + 1;
    assert_reached(large_elf(PV_EXE_HEAD), FRONT);
    assert_reached(large_elf_with_interpreter_at(FRONT - len, len), FRONT);
    assert_reached(large_elf_with_interpreter_at(FRONT - 1, len), FRONT - 1 + len);
    assert_reached(large_elf_with_interpreter_at(50000, len), 50000 + len);
    assert_reached(large_elf_with_interpreter_at(50000, 5000), 50000 + PV_EXE_INTERPRETER);
    assert_reached(large_elf_with_interpreter_at(REACH - len, len), REACH);
    assert_reached(large_elf_with_interpreter_at(REACH - 1, len), REACH);
    assert_reached(large_elf_with_interpreter_at(PV_EXE_HEAD, len), FRONT);
}

/* A header of no known class leads nowhere. */
static void test_the_front_of_a_damaged_elf_is_enough(void **state) {
    (void)state;
    struct exe_image image = large_elf(PV_EXE_HEAD);
    exe_put(&image, 4, 1, false, 3);
    assert_reached(image, FRONT);
}

/* Program headers behind the front: what is behind them is not known before they are there. */
static void test_elf_tables_behind_the_front(void **state) {
    (void)state;
    enum { SEGMENTS = 3, AT = 20000 };
    struct exe_elf elf = elf_example();
    struct exe_image image = large_elf(PV_EXE_HEAD);
    memmove(image.data + AT, image.data + ELF_TABLE_AT, SEGMENTS * elf_segment_size(&elf));
    exe_put(&image, elf_phoff_at(&elf), 8, false, AT);
    assert_reached(image, REACH);
}

/* A dynamic table within reach leads to the versions: all is wanted. */
static void test_a_body_within_reach_is_read_whole(void **state) {
    (void)state;
    uint64_t bytes;
    struct exe_image image AUTO_IMAGE = large_elf(REACH / 2);
    assert_int_equal(image.len, REACH);
    struct pv_exe exe = probe_reached(&image, REACH, &bytes);
    assert_example(&exe);
    assert_int_equal(bytes, REACH);
}

static void test_the_front_of_other_formats(void **state) {
    (void)state;
    struct exe_macho macho = macho_example();
    struct exe_image thin AUTO_IMAGE = exe_build_macho(&macho);
    struct exe_image pe AUTO_IMAGE = exe_build_pe(0x8664, 0);
    const struct {
        const void *data;
        size_t len;
        uint64_t expected;
    } cases[] = {{"", 0, REACH},
                 {thin.data, thin.len, REACH},
                 {pe.data, pe.len, REACH},
                 {"\0asm\1\0\0", 8, FRONT},
                 {"#!/bin/sh\n", 10, FRONT}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct exe_image image = exe_image_new(2 * PV_EXE_HEAD);
        memcpy(image.data, cases[i].data, cases[i].len);
        assert_reached(image, cases[i].expected);
    }
}

/* ---------------------------------------------------------------- holes */

static void test_jumps_leave_holes_unknown(void **state) {
    (void)state;
    uint64_t offset, len;
    struct exe_image image AUTO_IMAGE = large_elf(PV_EXE_HEAD);
    pv_exe_probe_reset(probe, image.len);
    pv_exe_probe_feed(probe, image.data, 1024);
    pv_exe_probe_feed_at(probe, 2048, image.data + 2048, image.len - 2048); /* without the versions at 1024 */
    assert_false(pv_exe_probe_wants(probe, &offset, &len));
    struct pv_exe exe = result();
    assert_int_equal(exe.linkage, PV_EXE_DYNAMIC);
    assert_string_equal(exe.glibc, "");

    pv_exe_probe_reset(probe, image.len);
    pv_exe_probe_feed(probe, image.data, PV_EXE_HEAD);
    pv_exe_probe_feed_at(probe, PV_EXE_HEAD + 1, image.data + PV_EXE_HEAD + 1,
                         95); /* the table's first byte is missed */
    assert_false(pv_exe_probe_wants(probe, &offset, &len));
    assert_string_equal(result().glibc, "");
}

static void test_bytes_after_a_hole_are_not_taken_for_the_head(void **state) {
    (void)state;
    struct exe_elf elf = elf_example();
    struct exe_image image AUTO_IMAGE = exe_build_elf(&elf);
    pv_exe_probe_reset(probe, image.len);
    pv_exe_probe_feed(probe, image.data, ELF_INTERP_AT);
    pv_exe_probe_feed_at(probe, ELF_INTERP_AT + 1, image.data + ELF_INTERP_AT + 1, 100);
    assert_string_equal(result().interpreter, "");
}

/* Its segments are known, so a hole in the head does not hide the dynamic table. */
static void test_dynamic_table_after_a_hole(void **state) {
    (void)state;
    struct exe_elf elf = elf_example();
    elf.interpreter = NULL;
    elf.flags_1 = 0;
    elf.dynamic_at = PV_EXE_HEAD;
    elf.file_size = 2 * PV_EXE_HEAD;
    struct exe_image image AUTO_IMAGE = exe_build_elf(&elf);
    pv_exe_probe_reset(probe, image.len);
    pv_exe_probe_feed(probe, image.data, ELF_INTERP_AT);
    assert_int_equal(result().linkage, PV_EXE_LINKAGE_UNKNOWN);
    pv_exe_probe_feed_at(probe, 0x1000, image.data + 0x1000, 1);
    pv_exe_probe_feed_at(probe, PV_EXE_HEAD, image.data + PV_EXE_HEAD, 96);
    assert_int_equal(result().linkage, PV_EXE_SHARED);
}

static void test_part_of_a_dynamic_table_is_not_used(void **state) {
    (void)state;
    struct exe_image image AUTO_IMAGE = large_elf(PV_EXE_HEAD);
    pv_exe_probe_reset(probe, image.len);
    pv_exe_probe_feed(probe, image.data, PV_EXE_HEAD + 80);
    assert_string_equal(result().glibc, "");
    pv_exe_probe_feed(probe, image.data + PV_EXE_HEAD + 80, 16);
    assert_string_equal(result().glibc, "2.34");
}

static void test_bytes_before_and_behind_are_ignored(void **state) {
    (void)state;
    struct exe_elf elf = elf_example();
    struct exe_image image AUTO_IMAGE = exe_build_elf(&elf);
    static const uint8_t noise[64] = "noise";
    pv_exe_probe_reset(probe, image.len);
    pv_exe_probe_feed(probe, image.data, 1024);
    pv_exe_probe_feed_at(probe, 0, noise, sizeof noise);
    pv_exe_probe_feed(probe, image.data + 1024, image.len - 1024);
    pv_exe_probe_feed(probe, noise, sizeof noise);
    pv_exe_probe_feed_at(probe, 0, noise, sizeof noise);
    pv_exe_probe_feed_at(probe, UINT64_MAX, noise, sizeof noise);
    pv_exe_probe_feed(probe, NULL, 0);
    struct pv_exe exe = result();
    assert_example(&exe);
}

static void test_reset_forgets(void **state) {
    (void)state;
    struct exe_image image AUTO_IMAGE = large_elf(PV_EXE_HEAD);
    (void)probe_pieces(&image, PV_BLOCK);
    struct pv_exe exe = probe_bytes("plain text", 10);
    assert_int_equal(exe.format, PV_EXE_UNKNOWN);
    assert_string_equal(exe.glibc, "");
    assert_false(exe.empty);
    pv_exe_probe_reset(probe, 0);
    assert_true(result().empty);
}

static void test_bodies_that_are_not_fed_to_their_end(void **state) {
    (void)state;
    struct exe_elf elf = elf_example();
    struct exe_image image AUTO_IMAGE = exe_build_elf(&elf);
    pv_exe_probe_reset(probe, image.len);
    assert_int_equal(result().format, PV_EXE_UNKNOWN);
    pv_exe_probe_feed(probe, image.data, 64);
    struct pv_exe exe = result();
    assert_string_equal(exe.arch[0], "x86_64");
    assert_int_equal(exe.linkage, PV_EXE_LINKAGE_UNKNOWN);
    assert_false(exe.truncated);
}

/* Tables that are not in the head are not looked for. */
static void test_versions_behind_the_head_are_unknown(void **state) {
    (void)state;
    struct exe_elf elf = elf_example();
    elf.file_size = 2 * PV_EXE_HEAD;
    elf.versions_at = PV_EXE_HEAD - 64; /* Verneed and three Vernaux: ends with the head */
    struct exe_image inside AUTO_IMAGE = exe_build_elf(&elf);
    assert_string_equal(probe_pieces(&inside, PV_BLOCK).glibc, "2.34");
    elf.versions_at++;
    struct exe_image across AUTO_IMAGE = exe_build_elf(&elf);
    assert_string_equal(probe_pieces(&across, PV_BLOCK).glibc, "");
    elf.versions_at = 0;
    elf.strings_at = PV_EXE_HEAD - 15; /* the second name is cut */
    struct exe_image cut AUTO_IMAGE = exe_build_elf(&elf);
    assert_string_equal(probe_pieces(&cut, PV_BLOCK).glibc, "");
    elf.strings_at = PV_EXE_HEAD;
    struct exe_image behind AUTO_IMAGE = exe_build_elf(&elf);
    assert_string_equal(probe_pieces(&behind, PV_BLOCK).glibc, "");
}

/* ---------------------------------------------------------------- formats */

static void test_each_format_is_told(void **state) {
    (void)state;
    static const uint32_t cpu_types[] = {MACHO_X86_64, MACHO_ARM64};
    struct exe_macho macho = macho_example();
    struct exe_image thin AUTO_IMAGE = exe_build_macho(&macho), fat AUTO_IMAGE = exe_build_fat(true, cpu_types, 2);
    struct exe_image pe AUTO_IMAGE = exe_build_pe(PE_X86_64, 0);
    assert_int_equal(probe_pieces(&thin, 3).format, PV_EXE_MACHO);
    assert_int_equal(probe_pieces(&fat, 3).format, PV_EXE_MACHO);
    assert_int_equal(probe_pieces(&pe, 3).format, PV_EXE_PE);
    assert_int_equal(probe_bytes("\0asm\1\0\0\0", 8).format, PV_EXE_WASM);
    assert_int_equal(probe_bytes("\0asn\1\0\0\0", 8).format, PV_EXE_UNKNOWN);
    assert_int_equal(probe_bytes("\0as", 3).format, PV_EXE_UNKNOWN);
    assert_int_equal(probe_bytes("# ", 2).format, PV_EXE_UNKNOWN);
}

static void test_scripts_show_their_first_line(void **state) {
    (void)state;
    char line[PV_EXE_INTERPRETER + 8];
    struct pv_exe exe = probe_bytes("#!/bin/sh\necho\n", 15);
    assert_int_equal(exe.format, PV_EXE_SCRIPT);
    assert_string_equal(exe.script, "#!/bin/sh");
    assert_false(exe.machine_read);
    assert_string_equal(probe_bytes("#!/bin/sh\r\n", 11).script, "#!/bin/sh");
    assert_string_equal(probe_bytes("#!/bin/\0sh\n", 11).script, "#!/bin/");
    assert_string_equal(probe_bytes("#!", 2).script, "#!");

    memset(line, 'a', sizeof line);
    memcpy(line, "#!", 2);
    assert_int_equal(strlen(probe_bytes(line, sizeof line).script), PV_EXE_INTERPRETER - 1);
}

static void test_this_program(void **state) {
    (void)state;
    static uint8_t block[PV_BLOCK];
    struct pv_target_name target;
    struct stat st;
    int fd PV_AUTO_FD = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &st), 0);
    pv_exe_probe_reset(probe, (uint64_t)st.st_size);
    for (ssize_t got = read(fd, block, sizeof block); got > 0; got = read(fd, block, sizeof block))
        pv_exe_probe_feed(probe, block, (size_t)got);
    struct pv_exe exe = result();
    assert_int_equal(exe.format, PV_EXE_ELF);
    assert_false(exe.truncated);
    assert_true(pv_exe_target(&exe, &target));
    assert_string_equal(target.text, provar_host_target());
    assert_int_equal(pv_exe_check_host(&exe, false, NULL), PROVAR_OK);
    if (exe.linkage == PV_EXE_DYNAMIC) {
        assert_int_equal(exe.interpreter[0], '/');
#ifdef __GLIBC__
        uint64_t newest = 0;
        struct pv_str glibc = pv_str_of(exe.glibc);
        assert_true(pv_str_starts(glibc, PV_STR("2.")));
        assert_true(pv_parse_decimal(pv_str(glibc.text + 2, strcspn(glibc.text + 2, ".")), 9999, &newest));
        assert_true(newest <= __GLIBC_MINOR__);
#endif
    }
}

/* ---------------------------------------------------------------- random damage */

/* xorshift64 (Marsaglia 2003), with a fixed seed: a failure repeats. */
static uint64_t next_random(uint64_t *random) {
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    return *random;
}

static void damage(struct exe_image *image, uint64_t *random) {
    static const uint8_t edges[] = {0, 1, 0x7f, 0x80, 0xff};
    for (uint64_t changes = 1 + next_random(random) % 8; changes > 0; changes--) {
        size_t near = next_random(random) % 4 == 0 ? image->len : image->len < 0x140 ? image->len : 0x140;
        size_t at = (size_t)(next_random(random) % near), count = (size_t)1 << next_random(random) % 4;
        bool is_edge = next_random(random) & 1;
        for (size_t i = at; i < image->len && i < at + count; i++)
            image->data[i] = is_edge ? edges[next_random(random) % sizeof edges] : (uint8_t)next_random(random);
    }
    if (next_random(random) % 4 == 0)
        image->len = 1 + (size_t)(next_random(random) % image->len);
}

static void assert_survives(struct exe_image *image, uint64_t *random) {
    static const exe_read_fn readers[] = {pv_exe_elf_read, pv_exe_macho_read, pv_exe_pe_read};
    struct pv_target_name target;
    struct pv_exe whole, exe;
    uint64_t bytes;
    damage(image, random);
    for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++) {
        (void)exe_read_all(readers[i], image, &exe);
        exe_assert_sane(&exe);
    }
    whole = probe_pieces(image, image->len);
    exe = probe_pieces(image, 1 + (size_t)(next_random(random) % 300));
    assert_same(&whole, &exe);
    exe = probe_wanted(image, &bytes);
    assert_same(&whole, &exe);
    if (pv_exe_target(&exe, &target))
        assert_false(pv_exe_contradicts(&exe, pv_str_of(target.text)));
    enum provar_result verdict = pv_exe_check_host(&exe, false, NULL);
    assert_true(verdict == PROVAR_OK || verdict == PROVAR_E_EXEC);
}

static void test_random_damage(void **state) {
    (void)state;
    enum { ROUNDS = 1500 };
    static const uint32_t cpu_types[] = {MACHO_X86_64, MACHO_ARM64};
    uint64_t random = 0x9e3779b97f4a7c15;
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct exe_elf elf = elf_example();
        struct exe_macho macho = macho_example();
        elf.elf_class = 1 + (i & 1);
        elf.data = 1 + (i >> 1 & 1);
        struct exe_image images[] = {exe_build_elf(&elf), exe_build_macho(&macho), exe_build_fat(i & 1, cpu_types, 2),
                                     exe_build_pe(PE_X86_64, 0)};
        for (size_t j = 0; j < sizeof images / sizeof images[0]; j++) {
            assert_survives(&images[j], &random);
            exe_image_release(&images[j]);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces_of_every_size_give_the_same),
        cmocka_unit_test(test_dynamic_table_anywhere),
        cmocka_unit_test(test_a_large_file_is_hardly_read),
        cmocka_unit_test(test_nothing_is_wanted_of_other_bodies_but_their_head),
        cmocka_unit_test(test_the_front_of_an_elf_is_enough),
        cmocka_unit_test(test_the_front_of_a_damaged_elf_is_enough),
        cmocka_unit_test(test_elf_tables_behind_the_front),
        cmocka_unit_test(test_a_body_within_reach_is_read_whole),
        cmocka_unit_test(test_the_front_of_other_formats),
        cmocka_unit_test(test_jumps_leave_holes_unknown),
        cmocka_unit_test(test_bytes_after_a_hole_are_not_taken_for_the_head),
        cmocka_unit_test(test_dynamic_table_after_a_hole),
        cmocka_unit_test(test_part_of_a_dynamic_table_is_not_used),
        cmocka_unit_test(test_bytes_before_and_behind_are_ignored),
        cmocka_unit_test(test_reset_forgets),
        cmocka_unit_test(test_bodies_that_are_not_fed_to_their_end),
        cmocka_unit_test(test_versions_behind_the_head_are_unknown),
        cmocka_unit_test(test_each_format_is_told),
        cmocka_unit_test(test_scripts_show_their_first_line),
        cmocka_unit_test(test_this_program),
        cmocka_unit_test(test_random_damage),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
