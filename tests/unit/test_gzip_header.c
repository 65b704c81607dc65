/* Tests of gzip/gzip_header: what a header may say, how long it may be, and our own bytes. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"

#include "internal.h"

#include "gzip/gzip_header.h"
#include "support/gzip.h"

static const struct member full = {.flags = FLG_TEXT | FLG_HCRC | FLG_EXTRA | FLG_NAME | FLG_COMMENT,
                                   .extra_len = 7,
                                   .name_len = 12,
                                   .comment_len = 3};

static enum provar_result decode(const struct pv_buf *file, enum pv_gzip_progress *progress, size_t *len,
                                 struct provar_error *err) {
    return pv_gzip_header_decode(file->data, file->len, progress, len, err);
}

static void assert_done(const struct member *member, size_t expected_len) {
    PV_AUTO_BUF struct pv_buf file = empty_bytes();
    enum pv_gzip_progress progress = PV_GZIP_MORE;
    size_t len = 0;
    add_header(&file, member);
    assert_int_equal(file.len, expected_len);
    add_repeated(&file, 0xe0, 3); /* of the data behind it */
    assert_int_equal(decode(&file, &progress, &len, NULL), PROVAR_OK);
    assert_int_equal(progress, PV_GZIP_DONE);
    assert_int_equal(len, expected_len);
}

static void assert_refused(const struct member *member, enum provar_result code, uint64_t offset) {
    PV_AUTO_BUF struct pv_buf file = empty_bytes();
    struct provar_error err = {0};
    enum pv_gzip_progress progress = PV_GZIP_MORE;
    size_t len = 77;
    add_header(&file, member);
    add_byte(&file, 'd');
    assert_int_equal(decode(&file, &progress, &len, &err), code);
    assert_int_equal(err.offset, offset);
    assert_int_equal(progress, PV_GZIP_MORE);
    assert_int_equal(len, 77);
}

static void test_fields_are_passed_over(void **state) {
    (void)state;
    assert_done(&(struct member){0}, 10);
    assert_done(&(struct member){.flags = FLG_TEXT}, 10);
    assert_done(&(struct member){.flags = FLG_HCRC}, 12);
    assert_done(&(struct member){.flags = FLG_EXTRA}, 12);
    assert_done(&(struct member){.flags = FLG_NAME}, 11);
    assert_done(&(struct member){.flags = FLG_NAME, .name_len = 300}, 311);
    assert_done(&(struct member){.flags = FLG_COMMENT, .comment_len = 300}, 311);
    assert_done(&full, 10 + 9 + 13 + 4 + 2);
}

static void test_every_shorter_prefix_wants_more(void **state) {
    (void)state;
    PV_AUTO_BUF struct pv_buf file = empty_bytes();
    add_header(&file, &full);
    for (size_t len = 0; len < file.len; len++) {
        enum pv_gzip_progress progress = PV_GZIP_DONE;
        size_t header_len = 77;
        assert_int_equal(pv_gzip_header_decode(file.data, len, &progress, &header_len, NULL), PROVAR_OK);
        assert_int_equal(progress, PV_GZIP_MORE);
        assert_int_equal(header_len, 77);
    }
}

static void test_another_magic_number_is_refused(void **state) {
    (void)state;
    assert_refused(&(struct member){.id1_xor = 1}, PROVAR_E_GZIP, 0);
    assert_refused(&(struct member){.id2_xor = 0x80}, PROVAR_E_GZIP, 1);
}

static void test_another_method_is_refused(void **state) {
    (void)state;
    for (unsigned cm = 0; cm < 256; cm++)
        if (cm != 8)
            assert_refused(&(struct member){.cm_xor = cm ^ 8}, PROVAR_E_GZIP, 2);
}

static void test_reserved_flags_are_refused(void **state) {
    (void)state;
    for (unsigned flag = 0x20; flag <= 0x80; flag <<= 1)
        assert_refused(&(struct member){.flags = flag}, PROVAR_E_GZIP, 3);
}

/* A wrong byte is said to be wrong before the rest of the header is there. */
static void test_a_wrong_start_is_refused_before_the_header_is_whole(void **state) {
    (void)state;
    static const uint8_t wrong[4][4] = {{0x1e}, {0x1f, 0x8a}, {0x1f, 0x8b, 9}, {0x1f, 0x8b, 8, 0x20}};
    for (size_t i = 0; i < 4; i++) {
        struct provar_error err = {0};
        enum pv_gzip_progress progress;
        size_t len;
        assert_int_equal(pv_gzip_header_decode(wrong[i], i + 1, &progress, &len, &err), PROVAR_E_GZIP);
        assert_int_equal(err.offset, i);
        assert_int_equal(pv_gzip_header_decode(wrong[i], i, &progress, &len, NULL), PROVAR_OK);
    }
}

static void test_header_checksum_is_checked(void **state) {
    (void)state;
    struct member member = full;
    for (unsigned bit = 0; bit < 16; bit++) {
        member.hcrc_xor = 1U << bit;
        assert_refused(&member, PROVAR_E_GZIP, 36);
    }
}

static void test_header_of_the_limit_and_one_byte_more(void **state) {
    (void)state;
    struct member name = {.flags = FLG_NAME, .name_len = PV_MAX_GZIP_HEADER - 11};
    struct member comment = {.flags = FLG_COMMENT, .comment_len = PV_MAX_GZIP_HEADER - 11};
    struct member extra = {.flags = FLG_EXTRA, .extra_len = PV_MAX_GZIP_HEADER - 12};
    struct member sum = {.flags = FLG_NAME | FLG_HCRC, .name_len = PV_MAX_GZIP_HEADER - 13};
    struct member *all[] = {&name, &comment, &extra, &sum};
    for (size_t i = 0; i < 4; i++) {
        assert_done(all[i], PV_MAX_GZIP_HEADER);
        all[i]->name_len++;
        all[i]->comment_len++;
        all[i]->extra_len++;
        assert_refused(all[i], PROVAR_E_LIMIT, PV_MAX_GZIP_HEADER);
    }
    assert_refused(&(struct member){.flags = FLG_EXTRA, .extra_len = 65535}, PROVAR_E_LIMIT, PV_MAX_GZIP_HEADER);
}

static void test_a_name_without_end_is_given_up_at_the_limit(void **state) {
    (void)state;
    PV_AUTO_BUF struct pv_buf file = empty_bytes();
    enum pv_gzip_progress progress = PV_GZIP_DONE;
    size_t len;
    add_header(&file, &(struct member){.flags = FLG_NAME, .name_len = PV_MAX_GZIP_HEADER});
    assert_int_equal(pv_gzip_header_decode(file.data, PV_MAX_GZIP_HEADER, &progress, &len, NULL), PROVAR_OK);
    assert_int_equal(progress, PV_GZIP_MORE);
    assert_int_equal(pv_gzip_header_decode(file.data, PV_MAX_GZIP_HEADER + 1, &progress, &len, NULL), PROVAR_E_LIMIT);
}

static void test_our_header_is_ten_known_bytes(void **state) {
    (void)state;
    static const uint8_t expected[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255};
    uint8_t header[PV_GZIP_FIXED];
    enum pv_gzip_progress progress = PV_GZIP_MORE;
    size_t len = 0;
    memset(header, 0xaa, sizeof header);
    pv_gzip_header_encode(false, header);
    assert_memory_equal(header, expected, sizeof expected);
    assert_int_equal(pv_gzip_header_decode(header, sizeof header, &progress, &len, NULL), PROVAR_OK);
    assert_int_equal(progress, PV_GZIP_DONE);
    assert_int_equal(len, sizeof header);
}

/* With an index: FEXTRA, and XFL 2 as registries' tools know it from the best compression. */
static void test_our_header_before_an_index(void **state) {
    (void)state;
    static const uint8_t expected[] = {0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 2, 255};
    uint8_t header[PV_GZIP_FIXED];
    pv_gzip_header_encode(true, header);
    assert_memory_equal(header, expected, sizeof expected);
}

static void test_only_an_extra_field_that_stands_alone_is_given(void **state) {
    (void)state;
    uint8_t header[] = {0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, 3, 0, 'a', 'b', 'c'};
    struct pv_str extra = pv_gzip_header_extra(header, sizeof header);
    assert_int_equal(extra.len, 3);
    assert_memory_equal(extra.text, "abc", 3);
    for (unsigned flags = 0; flags < 0x20; flags++) {
        header[3] = (uint8_t)flags;
        assert_int_equal(pv_gzip_header_extra(header, sizeof header).len, flags == 4 ? 3 : 0);
    }
}

static void test_trailer_is_little_endian_and_modulo_2_32(void **state) {
    (void)state;
    static const uint8_t expected[] = {0x78, 0x56, 0x34, 0x12, 0x04, 0x03, 0x02, 0x01};
    uint8_t trailer[PV_GZIP_TRAILER];
    pv_gzip_trailer_encode(0x12345678, 0x9901020304, trailer);
    assert_memory_equal(trailer, expected, sizeof expected);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields_are_passed_over),
        cmocka_unit_test(test_every_shorter_prefix_wants_more),
        cmocka_unit_test(test_another_magic_number_is_refused),
        cmocka_unit_test(test_another_method_is_refused),
        cmocka_unit_test(test_reserved_flags_are_refused),
        cmocka_unit_test(test_a_wrong_start_is_refused_before_the_header_is_whole),
        cmocka_unit_test(test_header_checksum_is_checked),
        cmocka_unit_test(test_header_of_the_limit_and_one_byte_more),
        cmocka_unit_test(test_a_name_without_end_is_given_up_at_the_limit),
        cmocka_unit_test(test_our_header_is_ten_known_bytes),
        cmocka_unit_test(test_our_header_before_an_index),
        cmocka_unit_test(test_only_an_extra_field_that_stands_alone_is_given),
        cmocka_unit_test(test_trailer_is_little_endian_and_modulo_2_32),
    };
    return cmocka_run_group_tests_name("gzip_header", tests, NULL, NULL);
}
