/* Tests of gzip/gzip_coder: pieces stand alone, follow one another, and depend on their input and the level only. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"

#include "internal.h"

#include "gzip/gzip_coder.h"
#include "gzip/gzip_write.h"
#include "support/gzip.h"

static struct pv_gzip_coder *new_piece(int level) {
    struct pv_gzip_coder *piece = NULL;
    assert_int_equal(pv_gzip_coder_new(level, &piece, NULL), PROVAR_OK);
    return piece;
}

static void add_piece(struct pv_buf *out, struct pv_gzip_coder *piece, const uint8_t *in, size_t len) {
    size_t bound = pv_gzip_coder_bound(piece, len);
    size_t made = SIZE_MAX;
    assert_int_equal(pv_buf_reserve(out, bound, NULL), PROVAR_OK);
    assert_int_equal(pv_gzip_coder_encode(piece, in, len, out->data + out->len, bound, &made, NULL), PROVAR_OK);
    assert_true(made <= bound);
    out->len += made;
}

/* Decodes raw deflate data by zlib, which must use all of it; `end` is what it must say then. */
static void assert_inflates(const struct pv_buf *packed, const struct pv_buf *content, int end) {
    z_stream stream = {0};
    PV_AUTO_BUF struct pv_buf out = empty_bytes();
    assert_int_equal(pv_buf_reserve(&out, content->len + 1, NULL), PROVAR_OK);
    assert_int_equal(inflateInit2(&stream, -15), Z_OK);
    stream.next_in = packed->data;
    stream.avail_in = (uInt)packed->len;
    stream.next_out = out.data;
    stream.avail_out = (uInt)content->len + 1;
    assert_int_equal(inflate(&stream, Z_NO_FLUSH), end);
    assert_int_equal(stream.avail_in, 0);
    out.len = stream.total_out;
    assert_same(&out, content);
    assert_int_equal(stream.data_type & 7, 0); /* on a byte */
    assert_int_equal(inflateEnd(&stream), Z_OK);
}

static const uint8_t last_block[] = {0x03, 0x00};
static const uint8_t empty_stored[] = {0, 0, 0xff, 0xff};

static void test_a_piece_of_any_length(void **state) {
    (void)state;
    for (int level = PV_GZIP_MIN_LEVEL; level <= PV_GZIP_MAX_LEVEL; level++) {
        struct pv_gzip_coder *piece = new_piece(level);
        for (size_t len = 1; len < 1500; len += level < 10 ? 1 : 37) {
            PV_AUTO_BUF struct pv_buf content = empty_bytes();
            PV_AUTO_BUF struct pv_buf packed = empty_bytes();
            add_content(&content, len % 3 ? TEXT : NOISE, len);
            add_piece(&packed, piece, content.data, content.len);
            assert_memory_equal(packed.data + packed.len - sizeof empty_stored, empty_stored, sizeof empty_stored);
            assert_inflates(&packed, &content, Z_OK);
            add(&packed, last_block, sizeof last_block);
            assert_inflates(&packed, &content, Z_STREAM_END);
        }
        pv_gzip_coder_free(piece);
    }
}

static void test_full_pieces_of_several_blocks(void **state) {
    (void)state;
    static const int levels[] = {1, 6, 9, 12};
    for (size_t l = 0; l < 4; l++) {
        struct pv_gzip_coder *piece = new_piece(levels[l]);
        PV_AUTO_BUF struct pv_buf content = empty_bytes();
        PV_AUTO_BUF struct pv_buf packed = empty_bytes();
        add_content(&content, TEXT, 400000);
        add_content(&content, NOISE, 300000);
        add_repeated(&content, 0, PV_GZIP_PIECE - content.len);
        add_piece(&packed, piece, content.data, content.len);
        assert_inflates(&packed, &content, Z_OK);
        pv_gzip_coder_free(piece);
    }
}

static void test_bytes_that_do_not_compress_stay_within_the_bound(void **state) {
    (void)state;
    struct pv_gzip_coder *piece = new_piece(6);
    PV_AUTO_BUF struct pv_buf content = empty_bytes();
    PV_AUTO_BUF struct pv_buf packed = empty_bytes();
    add_content(&content, NOISE, PV_GZIP_PIECE);
    add_piece(&packed, piece, content.data, content.len);
    assert_inflates(&packed, &content, Z_OK);
    assert_in_range(packed.len, content.len, content.len + content.len / 1000);
    pv_gzip_coder_free(piece);
}

static void test_no_input_makes_no_output(void **state) {
    (void)state;
    struct pv_gzip_coder *piece = new_piece(6);
    uint8_t out[64] = {0};
    size_t len = 77;
    assert_in_range(pv_gzip_coder_bound(piece, 0), 1, sizeof out);
    assert_int_equal(pv_gzip_coder_encode(piece, NULL, 0, out, sizeof out, &len, NULL), PROVAR_OK);
    assert_int_equal(len, 0);
    pv_gzip_coder_free(piece);
}

static void test_pieces_follow_one_another(void **state) {
    (void)state;
    struct pv_gzip_coder *piece = new_piece(6);
    PV_AUTO_BUF struct pv_buf content = empty_bytes();
    PV_AUTO_BUF struct pv_buf packed = empty_bytes();
    for (size_t i = 0; i < 300; i++) {
        size_t start = content.len;
        add_content(&content, i % 2 ? NOISE : TEXT, i * 7 % 501);
        add_piece(&packed, piece, content.data + start, content.len - start);
    }
    add(&packed, last_block, sizeof last_block);
    assert_inflates(&packed, &content, Z_STREAM_END);
    pv_gzip_coder_free(piece);
}

static void test_nothing_is_remembered_between_pieces(void **state) {
    (void)state;
    PV_AUTO_BUF struct pv_buf content = empty_bytes();
    add_content(&content, TEXT, 300000);
    for (int level = PV_GZIP_MIN_LEVEL; level <= PV_GZIP_MAX_LEVEL; level++) {
        struct pv_gzip_coder *used = new_piece(level);
        struct pv_gzip_coder *fresh = new_piece(level);
        PV_AUTO_BUF struct pv_buf first = empty_bytes();
        PV_AUTO_BUF struct pv_buf other = empty_bytes();
        PV_AUTO_BUF struct pv_buf second = empty_bytes();
        add_piece(&first, used, content.data, content.len);
        add_piece(&other, used, content.data + 1000, 50000);
        add_piece(&second, used, content.data, content.len);
        assert_same(&first, &second);
        second.len = 0;
        add_piece(&second, fresh, content.data, content.len);
        assert_same(&first, &second);
        pv_gzip_coder_free(used);
        pv_gzip_coder_free(fresh);
    }
}

static void test_levels_outside_of_the_range_are_refused(void **state) {
    (void)state;
    struct pv_gzip_coder *piece = NULL;
    assert_int_equal(pv_gzip_coder_new(PV_GZIP_MIN_LEVEL - 1, &piece, NULL), PROVAR_E_USAGE);
    assert_int_equal(pv_gzip_coder_new(PV_GZIP_MAX_LEVEL + 1, &piece, NULL), PROVAR_E_USAGE);
    assert_int_equal(pv_gzip_coder_new(-1, &piece, NULL), PROVAR_E_USAGE);
    assert_null(piece);
    pv_gzip_coder_free(NULL);
}

static void test_too_much_input_and_too_little_room_are_refused(void **state) {
    (void)state;
    struct pv_gzip_coder *piece = new_piece(1);
    size_t bound = pv_gzip_coder_bound(piece, PV_GZIP_PIECE + 1);
    PV_AUTO_BUF struct pv_buf content = empty_bytes();
    PV_AUTO_FREE uint8_t *out = malloc(bound);
    size_t len = 77;
    add_content(&content, TEXT, PV_GZIP_PIECE + 1);
    assert_int_equal(pv_gzip_coder_encode(piece, content.data, content.len, out, bound, &len, NULL), PROVAR_E_INTERNAL);
    bound = pv_gzip_coder_bound(piece, 100);
    assert_int_equal(pv_gzip_coder_encode(piece, content.data, 100, out, bound - 1, &len, NULL), PROVAR_E_INTERNAL);
    assert_int_equal(len, 77);
    assert_int_equal(pv_gzip_coder_encode(piece, content.data, 100, out, bound, &len, NULL), PROVAR_OK);
    assert_int_not_equal(len, 77);
    pv_gzip_coder_free(piece);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_piece_of_any_length),
        cmocka_unit_test(test_full_pieces_of_several_blocks),
        cmocka_unit_test(test_bytes_that_do_not_compress_stay_within_the_bound),
        cmocka_unit_test(test_no_input_makes_no_output),
        cmocka_unit_test(test_pieces_follow_one_another),
        cmocka_unit_test(test_nothing_is_remembered_between_pieces),
        cmocka_unit_test(test_levels_outside_of_the_range_are_refused),
        cmocka_unit_test(test_too_much_input_and_too_little_room_are_refused),
    };
    return cmocka_run_group_tests_name("gzip_coder", tests, NULL, NULL);
}
