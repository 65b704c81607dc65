/* Tests of tar/tar_read: the framings that must be read, and how bodies leave. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "internal.h"

#include "support/tar_walk.h"

/* ---------------------------------------------------------------- what must be read */

static void test_members_and_their_places(void **state) {
    (void)state;
    struct tar_build build = {0};
    struct walk walk;
    char body[1300];
    memset(body, 'b', sizeof body);
    tar_add_file(&build, "claims.jwt", "token");
    tar_add_member(&build, TAR_USTAR, "./x86_64-linux.bin", '0', body, 1024);
    tar_add_member(&build, TAR_USTAR, "empty.bin", '0', NULL, 0);
    tar_add_member(&build, TAR_USTAR, "aarch64-linux.bin", '0', body, 1025);
    tar_add_end(&build);
    read_good(&build, 4, 0, &walk);
    assert_string_equal(walk.name[0], "claims.jwt");
    assert_string_equal(walk.name[1], "./x86_64-linux.bin");
    assert_string_equal(walk.name[3], "aarch64-linux.bin");
    assert_int_equal(walk.size[0], 5);
    assert_int_equal(walk.header_offset[0], 0);
    assert_int_equal(walk.body_offset[0], 512);
    assert_int_equal(walk.body_sum[0], sum_of("token"));
    assert_int_equal(walk.header_offset[1], 1024);
    assert_int_equal(walk.size[1], 1024);
    assert_int_equal(walk.body_sum[1], 1024 * 'b');
    assert_int_equal(walk.header_offset[2], 1024 + 512 + 1024);
    assert_int_equal(walk.size[2], 0);
    assert_int_equal(walk.header_offset[3], 1024 + 512 + 1024 + 512);
    assert_int_equal(walk.size[3], 1025);
    assert_int_equal(walk.body_sum[3], 1025 * 'b');
}

/* P1, P8, P30. */
static void test_dialects(void **state) {
    (void)state;
    static const struct {
        enum tar_flavour flavour;
        char typeflag;
    } cases[] = {{TAR_REFERENCE, 0}, {TAR_REFERENCE, '0'}, {TAR_GNU, 0}, {TAR_GNU, '0'},
                 {TAR_USTAR, '0'},   {TAR_USTAR, 0},       {TAR_V7, 0},  {TAR_V7, '0'}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tar_build build = {0};
        struct walk walk;
        uint8_t block[TAR_BLOCK];
        tar_add_member(&build, cases[i].flavour, "claims.jwt", cases[i].typeflag, "token", 5);
        tar_header(block, cases[i].flavour, "x86_64-linux.bin", cases[i].typeflag, 3);
        tar_fill(block, TAR_MTIME, 0xff, 12);
        tar_fill(block, TAR_UNAME, 0xfe, 64);
        tar_block(&build, block);
        tar_bytes(&build, "ELF", 3);
        tar_pad(&build);
        tar_add_end(&build);
        read_good(&build, 2, 0, &walk);
        assert_int_equal(walk.body_sum[0], sum_of("token"));
        assert_string_equal(walk.name[1], "x86_64-linux.bin");
        assert_int_equal(walk.body_sum[1], sum_of("ELF"));
    }
}

/* P2, P3, P4, D5. */
static void test_ends(void **state) {
    (void)state;
    static const struct {
        size_t zeros;
        size_t notices;
    } cases[] = {{0, 1},
                 {1, 1},
                 {511, 1},
                 {512, 1},
                 {513, 1},
                 {1023, 1},
                 {1024, 0},
                 {1025, 0},
                 {9216, 0},
                 {PV_MAX_TAIL, 0},
                 {512 + PV_MAX_TAIL, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tar_build build = {0};
        struct walk walk;
        tar_add_file(&build, "claims.jwt", "token");
        tar_fill_bytes(&build, 0, cases[i].zeros);
        read_good(&build, 1, cases[i].notices, &walk);
    }
}

static void test_empty_stream_has_no_members(void **state) {
    (void)state;
    struct tar_build build = {0};
    struct walk walk;
    read_good(&build, 0, 1, &walk);
    tar_add_end(&build);
    read_good(&build, 0, 0, &walk);
}

static void test_tail_limit(void **state) {
    (void)state;
    struct tar_build build = {0};
    tar_add_file(&build, "claims.jwt", "token");
    tar_fill_bytes(&build, 0, 512 + PV_MAX_TAIL + 1);
    assert_verdict(&build, PROVAR_E_LIMIT, 1024 + 512 + PV_MAX_TAIL);
}

/* P6, with P9 and P11 in front of it. */
static void test_root_directory_is_passed_over_once_and_first(void **state) {
    (void)state;
    static const enum tar_flavour flavours[] = {TAR_USTAR, TAR_GNU, TAR_V7, TAR_REFERENCE};
    struct walk walk;
    for (size_t i = 0; i < sizeof flavours / sizeof flavours[0]; i++) {
        struct tar_build build = {0};
        tar_add_header(&build, flavours[i], "./", '5', 0);
        tar_add_file(&build, "./claims.jwt", "token");
        tar_add_end(&build);
        read_good(&build, 1, 0, &walk);
        assert_int_equal(walk.header_offset[0], 512);
    }
    /* Before ustar a directory was a file whose name ends in a slash. */
    struct tar_build v7 = {0};
    tar_add_header(&v7, TAR_V7, "./", 0, 0);
    tar_add_file(&v7, "./claims.jwt", "token");
    tar_add_end(&v7);
    read_good(&v7, 1, 0, &walk);
    struct tar_build build = {0};
    tar_add_pax(&build, 'g', "comment", "c");
    tar_add_pax(&build, 'x', "mtime", "1.5");
    tar_add_header(&build, TAR_USTAR, "./", '5', 0);
    tar_add_pax(&build, 'x', "mtime", "1.5");
    tar_add_file(&build, "./claims.jwt", "token");
    tar_add_end(&build);
    read_good(&build, 1, 0, &walk);

    tar_add_header(&build, TAR_USTAR, "./", '5', 0);
    tar_add_header(&build, TAR_USTAR, "./", '5', 0);
    tar_add_end(&build);
    assert_verdict(&build, PROVAR_E_ENTRY, 512);
    tar_add_file(&build, "claims.jwt", "token");
    tar_add_header(&build, TAR_USTAR, "./", '5', 0);
    tar_add_end(&build);
    assert_verdict(&build, PROVAR_E_ENTRY, 1024);
    tar_add_member(&build, TAR_USTAR, "./", '5', "hidden", 6);
    tar_add_end(&build);
    assert_verdict(&build, PROVAR_E_ENTRY, 0);
    tar_add_header(&build, TAR_USTAR, "bin/", '5', 0);
    tar_add_end(&build);
    assert_verdict(&build, PROVAR_E_ENTRY, 0);
}

/* P9, P10, P11. */
static void test_pax_headers(void **state) {
    (void)state;
    struct tar_build build = {0}, payload = {0};
    struct walk walk;
    tar_add_pax(&build, 'g', "comment", "0123456789abcdef");
    tar_pax_record(&payload, "mtime", "1700000000.5", 12);
    tar_pax_record(&payload, "SCHILY.xattr.user.a", "b\0\nc", 4);
    tar_pax_record(&payload, "path", "claims.jwt", 10);
    tar_add_pax_raw(&build, 'x', payload.data, payload.len);
    tar_add_file(&build, "other", "token");
    tar_add_file(&build, "x86_64-linux.bin", "ELF");
    tar_add_pax(&build, 'g', "comment", "again");
    tar_add_pax(&build, 'x', "uid", "abc");
    tar_add_file(&build, "aarch64-linux.bin", "ELF");
    tar_add_end(&build);
    tar_build_free(&payload);
    read_good(&build, 3, 0, &walk);
    assert_string_equal(walk.name[0], "claims.jwt");
    assert_int_equal(walk.size[0], 5);
    assert_int_equal(walk.header_offset[0], 2048);
    assert_string_equal(walk.name[1], "x86_64-linux.bin");
    assert_string_equal(walk.name[2], "aarch64-linux.bin");
}

/* P12, with and without the NUL, and beside the shortened name in the header. */
static void test_long_names(void **state) {
    (void)state;
    for (size_t nul = 0; nul < 2; nul++) {
        struct tar_build build = {0};
        struct walk walk;
        char name[301] = {0};
        memset(name, 'n', 300);
        tar_add_long(&build, 'L', name, 300 + nul);
        tar_add_file(&build, name, "ELF");
        tar_add_long(&build, 'L', "x86_64-linux.bin", 16 + nul);
        tar_add_member(&build, TAR_GNU, "short", '0', "ELF", 3);
        tar_add_file(&build, "claims.jwt", "token");
        tar_add_end(&build);
        read_good(&build, 3, 0, &walk);
        assert_int_equal(walk.name_len[0], 300);
        assert_string_equal(walk.name[1], "x86_64-linux.bin");
        assert_string_equal(walk.name[2], "claims.jwt");
    }
}

/* P13. */
static void test_number_forms(void **state) {
    (void)state;
    static const char *const sizes[] = {"00000000003\0", "00000000003 ", "          3 ", "3\0\0\0\0\0\0\0\0\0\0\0",
                                        "\x80\0\0\0\0\0\0\0\0\0\0\x03"};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct tar_build build = {0};
        struct walk walk;
        uint8_t block[TAR_BLOCK];
        tar_header(block, TAR_GNU, "x86_64-linux.bin", '0', 0);
        tar_set(block, TAR_SIZE, sizes[i], TAR_SIZE_LEN);
        tar_block(&build, block);
        tar_bytes(&build, "ELF", 3);
        tar_pad(&build);
        tar_add_end(&build);
        read_good(&build, 1, 0, &walk);
        assert_int_equal(walk.size[0], 3);
    }
}

/* Threat 53. */
static void test_padding_that_is_not_zero_is_a_notice(void **state) {
    (void)state;
    struct tar_build build = {0};
    struct walk walk;
    tar_add_file(&build, "claims.jwt", "token");
    tar_add_file(&build, "x86_64-linux.bin", "ELF");
    build.data[1023] = 1;
    build.data[1024 + 512 + 3] = 1;
    tar_add_end(&build);
    read_good(&build, 2, 2, &walk);
    tar_add_pax(&build, 'x', "mtime", "1");
    build.data[1023] = 1;
    tar_add_file(&build, "claims.jwt", "token");
    tar_add_end(&build);
    read_good(&build, 1, 1, &walk);
}

/* Threat 64, 65: a prefix makes another name. */
static void test_prefix_is_part_of_the_name(void **state) {
    (void)state;
    struct tar_build build = {0};
    struct walk walk;
    uint8_t block[TAR_BLOCK];
    tar_header(block, TAR_USTAR, "claims.jwt", '0', 0);
    tar_set(block, TAR_PREFIX, "evil", 4);
    tar_block(&build, block);
    tar_add_end(&build);
    read_good(&build, 1, 0, &walk);
    assert_string_equal(walk.name[0], "evil/claims.jwt");
}

/* ---------------------------------------------------------------- bodies */

static void test_body_in_parts(void **state) {
    (void)state;
    struct tar_build build = {0};
    tar_add_file(&build, "x86_64-linux.bin", "0123456789");
    tar_add_file(&build, "claims.jwt", "token");
    tar_add_end(&build);
    struct pv_notices notices = {0};
    PV_AUTO_SOURCE struct pv_source *source = NULL;
    PV_AUTO_TAR_READER struct pv_tar_reader *reader = NULL;
    struct pv_tar_entry entry;
    struct provar_error err = {0};
    char piece[8] = {0};
    size_t len = 9;
    bool more;
    assert_int_equal(pv_source_memory(build.data, build.len, &source, NULL), PROVAR_OK);
    assert_int_equal(pv_tar_reader_new(source, PV_MAX_TOTAL_SIZE, &notices, &reader, NULL), PROVAR_OK);
    assert_int_equal(pv_tar_read(reader, piece, sizeof piece, &len, NULL), PROVAR_OK);
    assert_int_equal(len, 0);
    assert_int_equal(pv_tar_next(reader, &entry, &more, NULL), PROVAR_OK);
    assert_int_equal(pv_tar_skip(reader, 11, &err), PROVAR_E_TAR);
    assert_int_equal(err.offset, 512);
    assert_int_equal(pv_tar_skip(reader, 2, NULL), PROVAR_OK);
    assert_int_equal(pv_tar_read(reader, piece, 3, &len, NULL), PROVAR_OK);
    assert_int_equal(len, 3);
    assert_memory_equal(piece, "234", 3);
    assert_int_equal(pv_tar_read(reader, piece, 0, &len, NULL), PROVAR_OK);
    assert_int_equal(len, 0);
    assert_int_equal(pv_tar_read(reader, piece, sizeof piece, &len, NULL), PROVAR_OK);
    assert_int_equal(len, 5);
    assert_memory_equal(piece, "56789", 5);
    assert_int_equal(pv_tar_read(reader, piece, sizeof piece, &len, NULL), PROVAR_OK);
    assert_int_equal(len, 0);
    assert_int_equal(pv_tar_skip(reader, 0, NULL), PROVAR_OK);
    provar_error_clear(&err);
    assert_int_equal(pv_tar_skip(reader, 1, &err), PROVAR_E_TAR);
    assert_int_equal(pv_tar_next(reader, &entry, &more, NULL), PROVAR_OK);
    assert_true(more);
    assert_true(pv_str_equal(entry.name, PV_STR("claims.jwt")));
    pv_notices_release(&notices);
    tar_build_free(&build);
}

/* An archive of 3 GiB that exists only as two headers and an end. */
struct hollow {
    uint8_t header[2][TAR_BLOCK];
    uint64_t served;
};

enum { HOLLOW_BODY = 1 << 30 };
static const uint64_t hollow_second = TAR_BLOCK + (uint64_t)HOLLOW_BODY;
static const uint64_t hollow_total = 4 * TAR_BLOCK + 3 * (uint64_t)HOLLOW_BODY;

static int64_t hollow_read_at(void *buf, size_t cap, uint64_t offset, void *user) {
    struct hollow *hollow = user;
    for (size_t i = 0; i < cap; i++) {
        uint64_t at = offset + i;
        uint8_t byte = 0;
        if (at < TAR_BLOCK)
            byte = hollow->header[0][at];
        else if (at >= hollow_second && at < hollow_second + TAR_BLOCK)
            byte = hollow->header[1][at - hollow_second];
        ((uint8_t *)buf)[i] = byte;
    }
    hollow->served += cap;
    return (int64_t)cap;
}

static int64_t hollow_read(void *buf, size_t cap, void *user) {
    struct hollow *hollow = user;
    return hollow_read_at(buf, cap, hollow->served, user);
}

static void test_walk_reads_headers_only(void **state) {
    (void)state;
    struct hollow hollow = {.served = 0};
    struct provar_callbacks calls = {
        .size = sizeof calls, .read = hollow_read, .read_at = hollow_read_at, .total = hollow_total, .user = &hollow};
    tar_header(hollow.header[0], TAR_USTAR, "x86_64-linux.bin", '0', HOLLOW_BODY);
    tar_header(hollow.header[1], TAR_USTAR, "aarch64-linux.bin", '0', 2 * (uint64_t)HOLLOW_BODY);
    PV_AUTO_SOURCE struct pv_source *source = NULL;
    struct walk walk;
    assert_int_equal(pv_source_callbacks(&calls, &source, NULL), PROVAR_OK);
    walk_source(source, PV_MAX_TOTAL_SIZE, false, &walk);
    assert_int_equal(walk.result, PROVAR_OK);
    assert_int_equal(walk.count, 2);
    assert_int_equal(walk.notices, 0);
    assert_int_equal(hollow.served, 4 * TAR_BLOCK);
}

/* A source's own failure is not the tar's. */
static int64_t failing_read(void *buf, size_t cap, void *user) {
    int64_t len = dribble_read(buf, cap, user);
    return len == 0 ? -1 : len;
}

static void test_failure_of_the_source(void **state) {
    (void)state;
    static const size_t cuts[] = {0, 100, 512, 515, 600, 1024, 1100, 1536, 2048};
    struct tar_build build = {0};
    tar_add_file(&build, "claims.jwt", "token");
    tar_add_end(&build);
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        struct dribble dribble = {build.data, cuts[i], 0};
        struct provar_callbacks calls = {.size = sizeof calls, .read = failing_read, .user = &dribble};
        PV_AUTO_SOURCE struct pv_source *source = NULL;
        struct walk walk;
        assert_int_equal(pv_source_callbacks(&calls, &source, NULL), PROVAR_OK);
        walk_source(source, PV_MAX_TOTAL_SIZE, i % 2 == 0, &walk);
        assert_int_equal(walk.result, PROVAR_E_IO);
    }
    tar_build_free(&build);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members_and_their_places),
        cmocka_unit_test(test_dialects),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_empty_stream_has_no_members),
        cmocka_unit_test(test_tail_limit),
        cmocka_unit_test(test_root_directory_is_passed_over_once_and_first),
        cmocka_unit_test(test_pax_headers),
        cmocka_unit_test(test_long_names),
        cmocka_unit_test(test_number_forms),
        cmocka_unit_test(test_padding_that_is_not_zero_is_a_notice),
        cmocka_unit_test(test_prefix_is_part_of_the_name),
        cmocka_unit_test(test_body_in_parts),
        cmocka_unit_test(test_walk_reads_headers_only),
        cmocka_unit_test(test_failure_of_the_source),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
