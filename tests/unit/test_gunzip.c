/* Tests of gzip/gunzip: one whole member and nothing else, however its bytes arrive and are asked for. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"

#include "internal.h"

#include "support/gzip.h"

/* Members of each block type, and one with all header fields. */
static const struct member kinds[] = {
    {.level = 0},
    {.level = 9},
    {.level = 9,
     .flags = FLG_TEXT | FLG_HCRC | FLG_EXTRA | FLG_NAME | FLG_COMMENT,
     .extra_len = 3,
     .name_len = 5,
     .comment_len = 2},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static void small_content(struct pv_buf *content) {
    add_content(content, TEXT, 150);
}

static void small_file(struct pv_buf *file, struct pv_buf *content, const struct member *member) {
    small_content(content);
    add_member(file, member, content);
}

static void assert_decodes(const struct pv_buf *file, const struct pv_buf *content, size_t step, size_t chunk) {
    PV_AUTO_BUF struct pv_buf out = empty_bytes();
    struct provar_error err = {0};
    if (gunzip_bytes(file, step, chunk, &out, &err) != PROVAR_OK)
        fail_msg("step %zu, chunk %zu: %s", step, chunk, err.message);
    assert_same(&out, content);
}

/* Refused with this code and offset, however the bytes come. */
static void assert_refused(const struct pv_buf *file, enum provar_result code, uint64_t offset) {
    static const size_t steps[] = {1, 7, PV_BLOCK};
    for (size_t i = 0; i < 3; i++) {
        PV_AUTO_BUF struct pv_buf out = empty_bytes();
        struct provar_error err = {0};
        assert_int_equal(gunzip_bytes(file, steps[i], 100, &out, &err), code);
        assert_int_equal(err.offset, offset);
    }
}

static void test_members_of_every_kind_are_read(void **state) {
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        PV_AUTO_BUF struct pv_buf content = empty_bytes();
        PV_AUTO_BUF struct pv_buf file = empty_bytes();
        small_file(&file, &content, &kinds[i]);
        for (size_t step = 1; step < 12; step++)
            for (size_t chunk = 1; chunk < 200; chunk += 13)
                assert_decodes(&file, &content, step, chunk);
    }
}

static void test_no_content_is_a_member_too(void **state) {
    (void)state;
    PV_AUTO_BUF struct pv_buf content = empty_bytes();
    for (size_t i = 0; i < KINDS; i++) {
        PV_AUTO_BUF struct pv_buf file = empty_bytes();
        add_member(&file, &kinds[i], &content);
        assert_decodes(&file, &content, 1, 1);
        assert_decodes(&file, &content, PV_BLOCK, PV_BLOCK);
    }
}

static void test_large_members_at_odd_sizes(void **state) {
    (void)state;
    static const size_t steps[] = {977, 65536, PV_BLOCK, 3 * PV_MIB};
    static const size_t chunks[] = {4093, 65536, 1 * PV_MIB};
    static const enum content contents[] = {NOISE, TEXT};
    for (size_t i = 0; i < 2; i++) {
        PV_AUTO_BUF struct pv_buf content = empty_bytes();
        PV_AUTO_BUF struct pv_buf file = empty_bytes();
        add_content(&content, contents[i], 2 * PV_MIB + 1);
        add_member(&file, &(struct member){.level = 6}, &content);
        for (size_t s = 0; s < 4; s++)
            for (size_t c = 0; c < 3; c++)
                assert_decodes(&file, &content, steps[s], chunks[c]);
    }
}

/* The decoder reads ahead by up to eight bytes. Whatever part of the trailer is in the input buffer at the end of the
 * data, and whether or not the output was full, not a byte of it may be lost. */
static void test_trailer_begins_anywhere_in_the_input_buffer(void **state) {
    (void)state;
    static const int levels[] = {0, 6};
    for (size_t l = 0; l < 2; l++) {
        PV_AUTO_BUF struct pv_buf content = empty_bytes();
        PV_AUTO_BUF struct pv_buf bare = empty_bytes();
        add_content(&content, TEXT, levels[l] ? 200000 : 100000);
        add_member(&bare, &(struct member){.level = levels[l]}, &content);
        for (size_t at = PV_BLOCK - 12; at <= PV_BLOCK + 12; at++) {
            PV_AUTO_BUF struct pv_buf file = empty_bytes();
            size_t pad = at - (bare.len - 8) - 2;
            struct member member = {.level = levels[l], .flags = FLG_EXTRA | FLG_NAME, .extra_len = pad / 2};
            member.name_len = pad - member.extra_len - 1;
            add_member(&file, &member, &content);
            assert_int_equal(file.len, at + 8);
            assert_decodes(&file, &content, PV_BLOCK, content.len);
            assert_decodes(&file, &content, PV_BLOCK, content.len / 2);
            assert_decodes(&file, &content, 8191, 4096);
            add_byte(&file, 0);
            PV_AUTO_BUF struct pv_buf out = empty_bytes();
            assert_int_equal(gunzip_bytes(&file, PV_BLOCK, PV_BLOCK, &out, NULL), PROVAR_E_GZIP);
        }
    }
}

/* While output waits for room the input buffer is filled again, and the bytes to give back are from the one before. The
 * header is as long as allowed because a shorter one would be read together with the body. */
static void test_trailer_bytes_of_an_earlier_buffer_come_back(void **state) {
    (void)state;
    static const size_t steps[] = {1, 3, 7, 8, 16};
    for (size_t shift = 0; shift < 18; shift++) {
        struct member member = {.level = shift % 2 ? 9 : 0, .flags = FLG_EXTRA};
        PV_AUTO_BUF struct pv_buf content = empty_bytes();
        PV_AUTO_BUF struct pv_buf file = empty_bytes();
        member.extra_len = PV_MAX_GZIP_HEADER - 12 - shift / 2;
        small_file(&file, &content, &member);
        for (size_t i = 0; i < array_length(steps); i++) {
            assert_decodes(&file, &content, steps[i], 1);
            assert_decodes(&file, &content, steps[i], 3);
        }
        add_byte(&file, 0);
        assert_refused(&file, PROVAR_E_GZIP, file.len - 1);
        file.len -= 2;
        assert_refused(&file, PROVAR_E_GZIP, file.len);
    }
}

static void test_blocks_without_output_are_not_the_end(void **state) {
    (void)state;
    static const uint8_t stored[] = {0, 0, 0, 0xff, 0xff};
    PV_AUTO_BUF struct pv_buf content = empty_bytes();
    PV_AUTO_BUF struct pv_buf file = empty_bytes();
    small_content(&content);
    add_header(&file, &kinds[0]);
    for (int i = 0; i < 1000; i++)
        add(&file, stored, sizeof stored);
    add_deflated(&file, 9, &content);
    add_trailer(&file, &kinds[0], &content);
    assert_decodes(&file, &content, 1, 10);
    assert_decodes(&file, &content, 64, 10);
    assert_decodes(&file, &content, PV_BLOCK, 1000);
}

static void test_a_read_of_nothing_is_not_the_end(void **state) {
    (void)state;
    PV_AUTO_BUF struct pv_buf content = empty_bytes();
    PV_AUTO_BUF struct pv_buf file = empty_bytes();
    PV_AUTO_BUF struct pv_buf out = empty_bytes();
    PV_AUTO_SOURCE struct pv_source *source = NULL;
    small_file(&file, &content, &kinds[1]);
    struct trickle trickle = trickle_of(&file, 3);
    assert_int_equal(pv_gunzip_new(&trickle.base, PV_MAX_FILE_SIZE, &source, NULL), PROVAR_OK);
    for (size_t len = 1; len > 0;) {
        uint8_t piece[7];
        assert_int_equal(source->ops->read(source, piece, 0, &len, NULL), PROVAR_OK);
        assert_int_equal(len, 0);
        assert_int_equal(source->ops->read(source, piece, sizeof piece, &len, NULL), PROVAR_OK);
        add(&out, piece, len);
    }
    assert_same(&out, &content);
}

static void test_the_end_is_reported_again(void **state) {
    (void)state;
    PV_AUTO_BUF struct pv_buf content = empty_bytes();
    PV_AUTO_BUF struct pv_buf file = empty_bytes();
    PV_AUTO_BUF struct pv_buf out = empty_bytes();
    PV_AUTO_SOURCE struct pv_source *source = NULL;
    small_file(&file, &content, &kinds[1]);
    struct trickle trickle = trickle_of(&file, 3);
    assert_int_equal(pv_gunzip_new(&trickle.base, PV_MAX_FILE_SIZE, &source, NULL), PROVAR_OK);
    for (int i = 0; i < 3; i++)
        assert_int_equal(read_all(source, 64, &out, NULL), PROVAR_OK);
    assert_same(&out, &content);
}

static void test_every_truncation_is_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        PV_AUTO_BUF struct pv_buf content = empty_bytes();
        PV_AUTO_BUF struct pv_buf file = empty_bytes();
        small_file(&file, &content, &kinds[i]);
        assert_decodes(&file, &content, 7, 100);
        while (file.len > 0) {
            file.len--;
            assert_refused(&file, PROVAR_E_GZIP, file.len);
        }
    }
}

/* A flip may be accepted where the format says nothing (MTIME, XFL, OS, FTEXT, padding bits), never with other content.
 */
static void test_no_flipped_bit_changes_the_content(void **state) {
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        PV_AUTO_BUF struct pv_buf content = empty_bytes();
        PV_AUTO_BUF struct pv_buf file = empty_bytes();
        size_t accepted = 0;
        small_file(&file, &content, &kinds[i]);
        for (size_t bit = 0; bit < 8 * file.len; bit++) {
            PV_AUTO_BUF struct pv_buf out = empty_bytes();
            file.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
            enum provar_result result = gunzip_bytes(&file, 5, 64, &out, NULL);
            file.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
            if (result != PROVAR_OK) {
                assert_int_equal(result, PROVAR_E_GZIP);
                continue;
            }
            assert_same(&out, &content);
            assert_true(bit / 8 < file.len - 8);
            accepted++;
        }
        bool summed = (kinds[i].flags & FLG_HCRC) != 0;
        assert_in_range(accepted, summed ? 0 : 49, summed ? 7 : 49 + 7);
    }
}

static void test_the_trailer_is_checked(void **state) {
    (void)state;
    for (unsigned bit = 0; bit < 32; bit++) {
        PV_AUTO_BUF struct pv_buf content = empty_bytes();
        PV_AUTO_BUF struct pv_buf crc = empty_bytes();
        PV_AUTO_BUF struct pv_buf size = empty_bytes();
        small_file(&crc, &content, &(struct member){.level = 9, .crc_xor = UINT32_C(1) << bit});
        add_member(&size, &(struct member){.level = 9, .size_xor = UINT32_C(1) << bit}, &content);
        assert_refused(&crc, PROVAR_E_GZIP, crc.len - 8);
        assert_refused(&size, PROVAR_E_GZIP, size.len - 4);
    }
}

static void test_nothing_may_follow(void **state) {
    (void)state;
    PV_AUTO_BUF struct pv_buf content = empty_bytes();
    PV_AUTO_BUF struct pv_buf file = empty_bytes();
    small_file(&file, &content, &kinds[1]);
    assert_decodes(&file, &content, PV_BLOCK, 1000);
    for (unsigned value = 0; value < 256; value++) {
        PV_AUTO_BUF struct pv_buf longer = empty_bytes();
        add(&longer, file.data, file.len);
        add_byte(&longer, value);
        assert_refused(&longer, PROVAR_E_GZIP, file.len);
    }
    PV_AUTO_BUF struct pv_buf padded = empty_bytes();
    add(&padded, file.data, file.len);
    add_repeated(&padded, 0, 512);
    assert_refused(&padded, PROVAR_E_GZIP, file.len);
    PV_AUTO_BUF struct pv_buf twice = empty_bytes();
    add(&twice, file.data, file.len);
    add(&twice, file.data, file.len);
    assert_refused(&twice, PROVAR_E_GZIP, file.len);
    PV_AUTO_BUF struct pv_buf nothing = empty_bytes();
    PV_AUTO_BUF struct pv_buf second_empty = empty_bytes();
    add(&second_empty, file.data, file.len);
    add_member(&second_empty, &kinds[0], &nothing);
    assert_refused(&second_empty, PROVAR_E_GZIP, file.len);
}

static void test_damage_is_found_by_the_decoder_not_the_crc(void **state) {
    (void)state;
    PV_AUTO_BUF struct pv_buf content = empty_bytes();
    PV_AUTO_BUF struct pv_buf file = empty_bytes();
    struct provar_error err = {0};
    PV_AUTO_BUF struct pv_buf out = empty_bytes();
    small_file(&file, &content, &kinds[0]);
    file.data[13] ^= 1; /* NLEN of the stored block */
    assert_int_equal(gunzip_bytes(&file, 1, 64, &out, &err), PROVAR_E_GZIP);
    assert_in_range(err.offset, 14, file.len - 9);
    assert_int_equal(out.len, 0);
}

static void test_wrong_headers_are_refused(void **state) {
    (void)state;
    static const struct {
        struct member member;
        uint64_t offset;
    } wrong[] = {
        {{.id1_xor = 1}, 0}, {{.id2_xor = 1}, 1},  {{.cm_xor = 1}, 2},
        {{.flags = 32}, 3},  {{.flags = 0x80}, 3}, {{.flags = FLG_HCRC, .hcrc_xor = 1}, 10},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        PV_AUTO_BUF struct pv_buf content = empty_bytes();
        PV_AUTO_BUF struct pv_buf file = empty_bytes();
        small_file(&file, &content, &wrong[i].member);
        assert_refused(&file, PROVAR_E_GZIP, wrong[i].offset);
    }
}

static void test_header_limit(void **state) {
    (void)state;
    PV_AUTO_BUF struct pv_buf content = empty_bytes();
    PV_AUTO_BUF struct pv_buf fits = empty_bytes();
    PV_AUTO_BUF struct pv_buf over = empty_bytes();
    small_file(&fits, &content, &(struct member){.flags = FLG_NAME, .name_len = PV_MAX_GZIP_HEADER - 11});
    add_member(&over, &(struct member){.flags = FLG_NAME, .name_len = PV_MAX_GZIP_HEADER - 10}, &content);
    assert_decodes(&fits, &content, 1, 1000);
    assert_decodes(&fits, &content, PV_BLOCK, 1000);
    assert_refused(&over, PROVAR_E_LIMIT, PV_MAX_GZIP_HEADER);
}

static void test_endless_input_is_given_up_early(void **state) {
    (void)state;
    PV_AUTO_SOURCE struct pv_source *source = NULL;
    struct trickle endless = trickle_of(&(struct pv_buf){0}, 4096);
    uint8_t start[10] = {0x1f, 0x8b, 8, FLG_NAME};
    uint8_t byte;
    size_t len;
    endless.data = start;
    endless.len = sizeof start;
    endless.then = 'n';
    endless.endless = true;
    assert_int_equal(pv_gunzip_new(&endless.base, PV_MAX_FILE_SIZE, &source, NULL), PROVAR_OK);
    assert_int_equal(source->ops->read(source, &byte, 1, &len, NULL), PROVAR_E_LIMIT);
    assert_in_range(endless.given, PV_MAX_GZIP_HEADER, PV_MAX_GZIP_HEADER + 2 * 4096);
}

static void test_file_limit(void **state) {
    (void)state;
    PV_AUTO_BUF struct pv_buf content = empty_bytes();
    PV_AUTO_BUF struct pv_buf file = empty_bytes();
    add_content(&content, NOISE, 300000);
    add_member(&file, &kinds[1], &content);
    for (size_t step = 10007; step < 1000000; step *= 20) {
        for (size_t spare = 0; spare < 2; spare++) {
            PV_AUTO_BUF struct pv_buf out = empty_bytes();
            PV_AUTO_SOURCE struct pv_source *source = NULL;
            struct provar_error err = {0};
            struct trickle trickle = trickle_of(&file, step);
            assert_int_equal(pv_gunzip_new(&trickle.base, file.len - 1 + spare, &source, NULL), PROVAR_OK);
            assert_int_equal(read_all(source, 50000, &out, &err), spare ? PROVAR_OK : PROVAR_E_LIMIT);
            assert_int_equal(err.offset, spare ? 0 : file.len - 1);
        }
    }
}

static void test_rewind_begins_again(void **state) {
    (void)state;
    PV_AUTO_BUF struct pv_buf content = empty_bytes();
    PV_AUTO_BUF struct pv_buf file = empty_bytes();
    PV_AUTO_SOURCE struct pv_source *source = NULL;
    add_content(&content, TEXT, 500000);
    add_member(&file, &kinds[2], &content);
    struct trickle trickle = trickle_of(&file, 1000);
    assert_int_equal(pv_gunzip_new(&trickle.base, PV_MAX_FILE_SIZE, &source, NULL), PROVAR_OK);
    assert_true(pv_source_can_rewind(source));
    for (size_t before = 1; before < 1000000; before *= 30) {
        PV_AUTO_BUF struct pv_buf out = empty_bytes();
        PV_AUTO_FREE uint8_t *some = malloc(before);
        size_t len;
        assert_int_equal(pv_source_read(source, some, before, &len, NULL), PROVAR_OK);
        assert_int_equal(pv_source_rewind(source, NULL), PROVAR_OK);
        assert_int_equal(read_all(source, 30000, &out, NULL), PROVAR_OK);
        assert_same(&out, &content);
        assert_int_equal(pv_source_rewind(source, NULL), PROVAR_OK);
    }
}

static void test_no_rewind_where_the_inner_source_has_none(void **state) {
    (void)state;
    static const struct pv_source_ops once = {.read = trickle_read, .free = trickle_free};
    PV_AUTO_SOURCE struct pv_source *source = NULL;
    struct trickle trickle = trickle_of(&(struct pv_buf){0}, 1);
    trickle.base.ops = &once;
    assert_int_equal(pv_gunzip_new(&trickle.base, PV_MAX_FILE_SIZE, &source, NULL), PROVAR_OK);
    assert_false(pv_source_can_rewind(source));
    assert_int_equal(pv_source_rewind(source, NULL), PROVAR_E_USAGE);
}

static void test_a_failure_stays_until_rewind(void **state) {
    (void)state;
    PV_AUTO_BUF struct pv_buf content = empty_bytes();
    PV_AUTO_BUF struct pv_buf file = empty_bytes();
    PV_AUTO_BUF struct pv_buf out = empty_bytes();
    PV_AUTO_SOURCE struct pv_source *source = NULL;
    uint8_t byte;
    size_t len;
    small_file(&file, &content, &kinds[1]);
    struct trickle trickle = trickle_of(&file, 20);
    assert_int_equal(pv_gunzip_new(&trickle.base, PV_MAX_FILE_SIZE, &source, NULL), PROVAR_OK);
    trickle.fail = true;
    for (int i = 0; i < 2; i++)
        assert_int_equal(source->ops->read(source, &byte, 1, &len, NULL), PROVAR_E_IO);
    assert_int_equal(pv_source_rewind(source, NULL), PROVAR_OK);
    assert_int_equal(read_all(source, 64, &out, NULL), PROVAR_OK);
    assert_same(&out, &content);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members_of_every_kind_are_read),
        cmocka_unit_test(test_no_content_is_a_member_too),
        cmocka_unit_test(test_large_members_at_odd_sizes),
        cmocka_unit_test(test_trailer_begins_anywhere_in_the_input_buffer),
        cmocka_unit_test(test_trailer_bytes_of_an_earlier_buffer_come_back),
        cmocka_unit_test(test_blocks_without_output_are_not_the_end),
        cmocka_unit_test(test_a_read_of_nothing_is_not_the_end),
        cmocka_unit_test(test_the_end_is_reported_again),
        cmocka_unit_test(test_every_truncation_is_refused),
        cmocka_unit_test(test_no_flipped_bit_changes_the_content),
        cmocka_unit_test(test_the_trailer_is_checked),
        cmocka_unit_test(test_nothing_may_follow),
        cmocka_unit_test(test_damage_is_found_by_the_decoder_not_the_crc),
        cmocka_unit_test(test_wrong_headers_are_refused),
        cmocka_unit_test(test_header_limit),
        cmocka_unit_test(test_endless_input_is_given_up_early),
        cmocka_unit_test(test_file_limit),
        cmocka_unit_test(test_rewind_begins_again),
        cmocka_unit_test(test_no_rewind_where_the_inner_source_has_none),
        cmocka_unit_test(test_a_failure_stays_until_rewind),
    };
    return cmocka_run_group_tests_name("gunzip", tests, NULL, NULL);
}
