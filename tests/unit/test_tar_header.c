/* Tests of tar/tar_header: every field that is read, and the header that is written. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "internal.h"

#include "support/tar_build.h"
#include "tar/tar_header.h"

enum { OFFSET = 4096 };

static enum provar_result decode(const uint8_t block[TAR_BLOCK], struct pv_tar_header *header) {
    struct provar_error err = {0};
    enum provar_result result = pv_tar_header_decode(block, OFFSET, header, &err);
    assert_int_equal(err.code, result);
    if (result != PROVAR_OK)
        assert_int_equal(err.offset, OFFSET);
    return result;
}

static enum provar_result decode_size_field(const char field[TAR_SIZE_LEN], uint64_t *size) {
    uint8_t block[TAR_BLOCK];
    struct pv_tar_header header = {.size = 99};
    tar_header(block, TAR_GNU, "claims.jwt", '0', 5);
    tar_set(block, TAR_SIZE, field, TAR_SIZE_LEN);
    enum provar_result result = decode(block, &header);
    *size = header.size;
    return result;
}

/* The text up to its NUL, the rest of the field filled with `fill`. */
static enum provar_result decode_size_text(const char *text, char fill, uint64_t *size) {
    char field[TAR_SIZE_LEN];
    memset(field, fill, sizeof field);
    memcpy(field, text, strlen(text));
    return decode_size_field(field, size);
}

static void test_every_dialect_is_read(void **state) {
    (void)state;
    static const struct {
        enum tar_flavour flavour;
        enum pv_tar_dialect dialect;
        char typeflag;
    } cases[] = {
        {TAR_USTAR, PV_TAR_USTAR, '0'},
        {TAR_GNU, PV_TAR_GNU, '0'},
        {TAR_V7, PV_TAR_V7, 0},
        {TAR_REFERENCE, PV_TAR_GNU, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t block[TAR_BLOCK];
        struct pv_tar_header header;
        tar_header(block, cases[i].flavour, "x86_64-linux.bin", cases[i].typeflag, 1234567);
        assert_int_equal(decode(block, &header), PROVAR_OK);
        assert_int_equal(header.dialect, cases[i].dialect);
        assert_int_equal(header.typeflag, cases[i].typeflag);
        assert_int_equal(header.size, 1234567);
        assert_string_equal(header.name, "x86_64-linux.bin");
        assert_int_equal(header.name_len, 16);
    }
}

static void test_magic_must_be_one_that_is_known(void **state) {
    (void)state;
    static const char *const magics[] = {
        "ustar\0\0\0", "ustar\00001", "ustar\0  ",       "ustar  x",
        "ustar 00",    "USTAR\00000", "\0\0\0\0\0\0\0x", "tar\0\0\0\0\0",
    };
    uint8_t block[TAR_BLOCK];
    struct pv_tar_header header;
    tar_header(block, TAR_USTAR, "claims.jwt", '0', 5);
    assert_int_equal(decode(block, &header), PROVAR_OK);
    for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++) {
        tar_set(block, TAR_MAGIC, magics[i], TAR_MAGIC_LEN);
        assert_int_equal(decode(block, &header), PROVAR_E_TAR);
    }
}

static void test_fields_without_meaning_may_hold_garbage(void **state) {
    (void)state;
    uint8_t block[TAR_BLOCK];
    struct pv_tar_header header;
    tar_header(block, TAR_USTAR, "claims.jwt", '0', 5);
    tar_fill(block, TAR_MODE, 0xff, TAR_SIZE - TAR_MODE);
    tar_fill(block, TAR_MTIME, 0xff, TAR_CHKSUM - TAR_MTIME);
    tar_fill(block, TAR_LINKNAME, 0xff, TAR_LINKNAME_LEN);
    tar_fill(block, TAR_UNAME, 0xff, TAR_PREFIX - TAR_UNAME);
    tar_fill(block, TAR_PREFIX + TAR_PREFIX_LEN, 0xff, 12);
    assert_int_equal(decode(block, &header), PROVAR_OK);
    assert_string_equal(header.name, "claims.jwt");
    assert_int_equal(header.size, 5);
}

static void test_checksum_must_match(void **state) {
    (void)state;
    uint8_t block[TAR_BLOCK];
    struct pv_tar_header header;
    tar_header(block, TAR_USTAR, "claims.jwt", '0', 5);
    unsigned sum = tar_sum(block);
    for (int delta = -1; delta <= 1; delta++) {
        char text[16];
        (void)snprintf(text, sizeof text, "%06o", sum + (unsigned)delta);
        memcpy(block + TAR_CHKSUM, text, 7);
        assert_int_equal(decode(block, &header), delta == 0 ? PROVAR_OK : PROVAR_E_TAR);
    }
}

static void test_checksum_forms(void **state) {
    (void)state;
    /* What stands before and behind six digits in the field of eight bytes. */
    static const struct {
        char before[2], behind[2];
        size_t before_len;
        enum provar_result result;
    } cases[] = {
        {{0}, {0, ' '}, 0, PROVAR_OK}, {{0}, {' ', 0}, 0, PROVAR_OK},    {{0}, {0, 0}, 0, PROVAR_OK},
        {{' '}, {0}, 1, PROVAR_OK},    {{' ', ' '}, {0}, 2, PROVAR_OK},  {{'0', '0'}, {0}, 2, PROVAR_OK},
        {{'+'}, {0}, 1, PROVAR_E_TAR}, {{'-'}, {0}, 1, PROVAR_E_TAR},    {{'\t'}, {0}, 1, PROVAR_E_TAR},
        {{0}, {0}, 1, PROVAR_E_TAR},   {{0}, {'8', 0}, 0, PROVAR_E_TAR}, {{0}, {0, '0'}, 0, PROVAR_E_TAR},
    };
    uint8_t block[TAR_BLOCK];
    struct pv_tar_header header;
    tar_header(block, TAR_USTAR, "claims.jwt", '0', 5);
    char digits[8];
    (void)snprintf(digits, sizeof digits, "%06o", tar_sum(block));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t before = cases[i].before_len;
        memcpy(block + TAR_CHKSUM, cases[i].before, before);
        memcpy(block + TAR_CHKSUM + before, digits, 6);
        memcpy(block + TAR_CHKSUM + before + 6, cases[i].behind, 2 - before);
        assert_int_equal(decode(block, &header), cases[i].result);
    }
}

/* Threat 49: bytes above 127 make the sums of signed and of unsigned bytes differ. */
static void test_checksum_of_signed_bytes_is_refused(void **state) {
    (void)state;
    uint8_t block[TAR_BLOCK];
    struct pv_tar_header header;
    tar_header(block, TAR_USTAR, "claims.jwt", '0', 5);
    tar_fill(block, TAR_UNAME, 0xe4, 4);
    assert_int_equal(decode(block, &header), PROVAR_OK);
    char digits[8];
    (void)snprintf(digits, sizeof digits, "%06o", tar_sum(block) - 4 * 256);
    memcpy(block + TAR_CHKSUM, digits, 7);
    assert_int_equal(decode(block, &header), PROVAR_E_TAR);
}

static void test_octal_sizes(void **state) {
    (void)state;
    static const struct {
        const char *text;
        char fill;
        uint64_t size;
    } good[] = {
        {"00000000012", 0, 10},
        {"00000000012", ' ', 10},
        {"      12", ' ', 10},
        {"12", 0, 10},
        {"0", 0, 0},
        {"000000000012", 0, 10},
        {"777777777777", 0, UINT64_C(0777777777777)},
        {"12 ", 0, 10},
    };
    static const struct {
        const char *text;
        char fill;
    } bad[] = {
        {"+0000000012", 0}, {"-0000000012", 0}, {" 12 34", ' '}, {"00000000018", 0}, {"00000000009", 0}, {"", 0},
        {"", ' '},          {"0x10", 0},        {"\t12", 0},     {"12x", 0},         {"12\n", 0},
    };
    uint64_t size;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(decode_size_text(good[i].text, good[i].fill, &size), PROVAR_OK);
        assert_int_equal(size, good[i].size);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(decode_size_text(bad[i].text, bad[i].fill, &size), PROVAR_E_TAR);
    assert_int_equal(decode_size_field("\0000000000012", &size), PROVAR_E_TAR);
    assert_int_equal(decode_size_field("12\000000000001", &size), PROVAR_E_TAR);
}

static void test_any_byte_in_any_place_of_an_octal_size(void **state) {
    (void)state;
    for (int at = 0; at < TAR_SIZE_LEN; at++) {
        for (int byte = 0; byte < 256; byte++) {
            char field[TAR_SIZE_LEN + 1] = "00000000012";
            uint64_t size;
            field[at] = (char)byte;
            bool digit = byte >= '0' && byte <= '7', space = byte == ' ';
            bool good = at == 11 ? digit || space || byte == 0 : at == 0 ? digit || space : digit;
            /* The byte before the NUL may itself be what ends the digits. */
            good = good || (at == 10 && (space || byte == 0));
            /* 0x80 alone makes the field base-256, of digits as bits: beyond 2^64. */
            assert_int_equal(decode_size_field(field, &size), good ? PROVAR_OK : PROVAR_E_TAR);
        }
    }
}

static void test_base256_sizes(void **state) {
    (void)state;
    uint64_t size;
    assert_int_equal(decode_size_field("\x80\0\0\0\0\0\0\0\0\0\0\x05", &size), PROVAR_OK);
    assert_int_equal(size, 5);
    assert_int_equal(decode_size_field("\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff", &size), PROVAR_OK);
    assert_int_equal(size, INT64_MAX);
    assert_int_equal(decode_size_field("\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff", &size), PROVAR_OK);
    assert_int_equal(size, UINT64_MAX);
    /* Threats 43 and 44: negative, and bits above 2^64. */
    assert_int_equal(decode_size_field("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", &size), PROVAR_E_TAR);
    assert_int_equal(decode_size_field("\xc0\0\0\0\0\0\0\0\0\0\0\x05", &size), PROVAR_E_TAR);
    assert_int_equal(decode_size_field("\x80\x01\0\0\0\0\0\0\0\0\0\x05", &size), PROVAR_E_TAR);
    assert_int_equal(decode_size_field("\x80\0\0\x01\0\0\0\0\0\0\0\x05", &size), PROVAR_E_TAR);
    assert_int_equal(decode_size_field("\x81\0\0\0\0\0\0\0\0\0\0\x05", &size), PROVAR_E_TAR);
}

static void test_full_name_and_prefix_have_no_nul(void **state) {
    (void)state;
    uint8_t block[TAR_BLOCK];
    struct pv_tar_header header;
    tar_header(block, TAR_USTAR, "", '0', 5);
    tar_fill(block, TAR_NAME, 'n', TAR_NAME_LEN);
    tar_fill(block, TAR_LINKNAME, 'l', TAR_LINKNAME_LEN);
    assert_int_equal(decode(block, &header), PROVAR_OK);
    assert_int_equal(header.name_len, 100);
    assert_int_equal(strlen(header.name), 100);
    tar_fill(block, TAR_PREFIX, 'p', TAR_PREFIX_LEN);
    assert_int_equal(decode(block, &header), PROVAR_OK);
    assert_int_equal(header.name_len, 256);
    assert_int_equal(strlen(header.name), 256);
    assert_int_equal(header.name[154], 'p');
    assert_int_equal(header.name[155], '/');
    assert_int_equal(header.name[156], 'n');
}

static void test_prefix_is_for_ustar_only(void **state) {
    (void)state;
    static const enum tar_flavour flavours[] = {TAR_USTAR, TAR_GNU, TAR_V7, TAR_REFERENCE};
    for (size_t i = 0; i < sizeof flavours / sizeof flavours[0]; i++) {
        uint8_t block[TAR_BLOCK];
        struct pv_tar_header header;
        tar_header(block, flavours[i], "claims.jwt", '0', 5);
        assert_int_equal(decode(block, &header), PROVAR_OK);
        tar_set(block, TAR_PREFIX, "evil", 4);
        assert_int_equal(decode(block, &header), flavours[i] == TAR_USTAR ? PROVAR_OK : PROVAR_E_TAR);
    }
    uint8_t block[TAR_BLOCK];
    struct pv_tar_header header;
    tar_header(block, TAR_USTAR, "claims.jwt", '0', 5);
    tar_set(block, TAR_PREFIX, "evil", 4);
    assert_int_equal(decode(block, &header), PROVAR_OK);
    assert_string_equal(header.name, "evil/claims.jwt");
}

/* GNU tar manual, "Basic Tar Format": the map of a sparse file from 386, isextended, and realsize up to 495. */
static void test_sparse_fields_are_seen_in_gnu_headers(void **state) {
    (void)state;
    for (size_t at = TAR_PREFIX + 1; at < TAR_BLOCK; at++) {
        uint8_t block[TAR_BLOCK];
        struct pv_tar_header header;
        tar_header(block, TAR_GNU, "claims.jwt", '0', 5);
        tar_fill(block, at, 1, 1);
        assert_int_equal(decode(block, &header), PROVAR_OK);
        assert_int_equal(header.sparse, at >= 386 && at < 495);
        tar_header(block, TAR_USTAR, "claims.jwt", '0', 5);
        tar_fill(block, at, 1, 1);
        assert_int_equal(decode(block, &header), PROVAR_OK);
        assert_false(header.sparse);
    }
}

static void test_header_is_not_written_on_failure(void **state) {
    (void)state;
    uint8_t block[TAR_BLOCK] = {0};
    struct pv_tar_header header = {.size = 77};
    assert_int_equal(decode(block, &header), PROVAR_E_TAR);
    assert_int_equal(header.size, 77);
}

static void test_zero_block(void **state) {
    (void)state;
    uint8_t block[TAR_BLOCK] = {0};
    assert_true(pv_tar_block_is_zero(block));
    block[511] = 1;
    assert_false(pv_tar_block_is_zero(block));
    block[511] = 0;
    block[0] = 1;
    assert_false(pv_tar_block_is_zero(block));
}

static void test_padding(void **state) {
    (void)state;
    assert_int_equal(pv_tar_padding(0), 0);
    assert_int_equal(pv_tar_padding(1), 511);
    assert_int_equal(pv_tar_padding(511), 1);
    assert_int_equal(pv_tar_padding(512), 0);
    assert_int_equal(pv_tar_padding(513), 511);
    assert_int_equal(pv_tar_padding(UINT64_MAX), 1);
}

/* ---------------------------------------------------------------- encode */

static void assert_field(const uint8_t *block, size_t at, const char *text, size_t len) {
    assert_memory_equal(block + at, text, len);
}

static void test_written_header_byte_for_byte(void **state) {
    (void)state;
    uint8_t block[TAR_BLOCK];
    memset(block, 0xaa, sizeof block);
    assert_int_equal(pv_tar_header_encode(PV_STR("x86_64-linux.bin"), 0123456, 0755, 01234567, block, NULL), PROVAR_OK);
    assert_field(block, TAR_NAME, "x86_64-linux.bin\0", 17);
    assert_field(block, TAR_MODE, "0000755", 8);
    assert_field(block, TAR_UID, "0000000", 8);
    assert_field(block, TAR_GID, "0000000", 8);
    assert_field(block, TAR_SIZE, "00000123456", 12);
    assert_field(block, TAR_MTIME, "00001234567", 12);
    assert_field(block, TAR_TYPEFLAG, "0\0", 2);
    assert_field(block, TAR_MAGIC, "ustar\00000", 8);
    assert_field(block, TAR_DEVMAJOR, "0000000\0000000000", 16);
    char sum[8];
    (void)snprintf(sum, sizeof sum, "%06o", tar_sum(block));
    assert_field(block, TAR_CHKSUM, sum, 7);
    assert_int_equal(block[TAR_CHKSUM + 7], ' ');
    for (size_t i = TAR_UNAME; i < TAR_DEVMAJOR; i++)
        assert_int_equal(block[i], 0);
    for (size_t i = TAR_PREFIX; i < TAR_BLOCK; i++)
        assert_int_equal(block[i], 0);
    struct pv_tar_header header;
    assert_int_equal(decode(block, &header), PROVAR_OK);
    assert_int_equal(header.dialect, PV_TAR_USTAR);
    assert_int_equal(header.size, 0123456);
}

static void test_written_fields_at_their_limits(void **state) {
    (void)state;
    const uint64_t max = UINT64_C(077777777777);
    char name[102];
    uint8_t block[TAR_BLOCK];
    struct pv_tar_header header;
    memset(name, 'n', sizeof name);
    assert_int_equal(pv_tar_header_encode(pv_str(name, 100), max, 0644, max, block, NULL), PROVAR_OK);
    assert_int_equal(decode(block, &header), PROVAR_OK);
    assert_int_equal(header.name_len, 100);
    assert_int_equal(header.size, max);
    assert_field(block, TAR_MTIME, "77777777777", 12);
    assert_int_equal(pv_tar_header_encode(pv_str(name, 101), max, 0644, max, block, NULL), PROVAR_E_LIMIT);
    assert_int_equal(pv_tar_header_encode(pv_str(name, 100), max + 1, 0644, max, block, NULL), PROVAR_E_LIMIT);
    assert_int_equal(pv_tar_header_encode(pv_str(name, 100), max, 0644, max + 1, block, NULL), PROVAR_E_LIMIT);
}

static void test_names_that_a_header_cannot_hold(void **state) {
    (void)state;
    uint8_t block[TAR_BLOCK];
    assert_int_equal(pv_tar_header_encode(PV_STR("a"), 0, 0644, 0, block, NULL), PROVAR_OK);
    assert_int_equal(pv_tar_header_encode(PV_STR(""), 0, 0644, 0, block, NULL), PROVAR_E_USAGE);
    assert_int_equal(pv_tar_header_encode(PV_STR("a\0b"), 0, 0644, 0, block, NULL), PROVAR_E_USAGE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_dialect_is_read),
        cmocka_unit_test(test_magic_must_be_one_that_is_known),
        cmocka_unit_test(test_fields_without_meaning_may_hold_garbage),
        cmocka_unit_test(test_checksum_must_match),
        cmocka_unit_test(test_checksum_forms),
        cmocka_unit_test(test_checksum_of_signed_bytes_is_refused),
        cmocka_unit_test(test_octal_sizes),
        cmocka_unit_test(test_any_byte_in_any_place_of_an_octal_size),
        cmocka_unit_test(test_base256_sizes),
        cmocka_unit_test(test_full_name_and_prefix_have_no_nul),
        cmocka_unit_test(test_prefix_is_for_ustar_only),
        cmocka_unit_test(test_sparse_fields_are_seen_in_gnu_headers),
        cmocka_unit_test(test_header_is_not_written_on_failure),
        cmocka_unit_test(test_zero_block),
        cmocka_unit_test(test_padding),
        cmocka_unit_test(test_written_header_byte_for_byte),
        cmocka_unit_test(test_written_fields_at_their_limits),
        cmocka_unit_test(test_names_that_a_header_cannot_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
