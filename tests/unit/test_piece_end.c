/* Tests of gzip/piece_end*: both methods open every piece's end alike, and neither takes a piece that is altered. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <libdeflate.h>

#include "support/check.h"

#include "internal.h"

#include "gzip/gzip_coder.h"
#include "gzip/piece_end.h"
#include "support/gzip.h"

static struct pv_piece_end *either;
static struct pv_piece_end_zlib *by_zlib;
static struct pv_piece_end_isal *by_isal;

static bool open_either(struct pv_piece *piece) {
    return pv_piece_end_open(either, piece);
}

static bool open_by_zlib(struct pv_piece *piece) {
    return pv_piece_end_zlib_open(by_zlib, piece);
}

static bool open_by_isal(struct pv_piece *piece) {
    return pv_piece_end_isal_open(by_isal, piece);
}

typedef bool open_method(struct pv_piece *piece);

/* Opens a copy; the input's has no byte more, for AddressSanitizer. A piece that is refused must not have changed. */
static bool opens(open_method *method, const struct pv_buf *packed, const struct pv_buf *content,
                  struct pv_buf *opened) {
    opened->len = 0;
    assert_int_equal(pv_buf_reserve(opened, packed->len + PV_PIECE_END_ROOM, NULL), PROVAR_OK);
    add(opened, packed->data, packed->len);
    PV_AUTO_FREE uint8_t *in = malloc(content->len);
    assert_non_null(in);
    memcpy(in, content->data, content->len);
    struct pv_piece piece = {in, content->len, opened->data, packed->len};
    bool done = method(&piece);
    opened->len = piece.packed_len;
    if (!done)
        assert_same(opened, packed);
    return done;
}

/* ---------------------------------------------------------------- what an open end is */

static void assert_inflates(const struct pv_buf *opened, const struct pv_buf *content) {
    z_stream stream = {0};
    PV_AUTO_BUF struct pv_buf out = empty_bytes();
    assert_int_equal(pv_buf_reserve(&out, content->len + 1, NULL), PROVAR_OK);
    assert_int_equal(inflateInit2(&stream, -15), Z_OK);
    stream.next_in = opened->data;
    stream.avail_in = (uInt)opened->len;
    stream.next_out = out.data;
    stream.avail_out = (uInt)content->len + 1;
    assert_int_equal(inflate(&stream, Z_NO_FLUSH), Z_OK);
    assert_int_equal(stream.avail_in, 0);
    assert_int_equal(stream.data_type, 128); /* at a block's end, not the last one's, on a byte */
    out.len = stream.total_out;
    assert_same(&out, content);
    assert_int_equal(inflateEnd(&stream), Z_OK);
}

static unsigned bit_at(const struct pv_buf *buf, size_t i) {
    return (unsigned)buf->data[i / 8] >> i % 8 & 1;
}

/* The one bit that was cleared. */
static size_t cleared_bit(const struct pv_buf *packed, const struct pv_buf *opened) {
    size_t found = SIZE_MAX;
    for (size_t i = 0; i < 8 * packed->len; i++) {
        if (bit_at(packed, i) != bit_at(opened, i)) {
            assert_true(found == SIZE_MAX);
            found = i;
        }
    }
    assert_true(found != SIZE_MAX);
    return found;
}

/* Every method there is makes the same of a sound piece. Returns the bit. */
static size_t assert_opens(const struct pv_buf *packed, const struct pv_buf *content, struct pv_buf *opened) {
    PV_AUTO_BUF struct pv_buf other = empty_bytes();
    assert_true(opens(open_by_zlib, packed, content, opened));
    assert_inflates(opened, content);
    assert_true(opens(open_either, packed, content, &other));
    assert_same(&other, opened);
    if (by_isal) {
        assert_true(opens(open_by_isal, packed, content, &other));
        assert_same(&other, opened);
    }
    return cleared_bit(packed, opened);
}

/* ---------------------------------------------------------------- pieces of the compressor that is used */

/* This program, again and again. */
static void add_executable(struct pv_buf *out, size_t len) {
    uint8_t block[4096];
    PV_AUTO_FD int fd = -1;
    while (out->len < len) {
        ssize_t got = fd < 0 ? 0 : read(fd, block, sizeof block);
        assert_true(got >= 0);
        if (got > 0) {
            add(out, block, (size_t)got < len - out->len ? (size_t)got : len - out->len);
            continue;
        }
        if (fd >= 0)
            (void)close(fd);
        fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
        assert_true(fd >= 0);
    }
}

enum { MIXED = TEXT + 1, ZEROS, EXECUTABLE, CONTENTS };

static void add_kind(struct pv_buf *out, int kind, size_t len) {
    if (kind == EXECUTABLE)
        add_executable(out, len);
    else if (kind == ZEROS)
        add_repeated(out, 0, len);
    else
        add_content(out, kind == NOISE ? NOISE : TEXT, kind == MIXED ? len - len / 3 : len);
    add_content(out, NOISE, len - out->len);
}

static void add_compressed(struct pv_buf *out, int level, const struct pv_buf *content) {
    struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(level);
    assert_non_null(compressor);
    size_t bound = libdeflate_deflate_compress_bound(compressor, content->len);
    assert_int_equal(pv_buf_reserve(out, bound, NULL), PROVAR_OK);
    out->len = libdeflate_deflate_compress(compressor, content->data, content->len, out->data, bound);
    libdeflate_free_compressor(compressor);
    assert_true(out->len > 0);
}

static void test_pieces_of_the_compressor(void **state) {
    (void)state;
    static const int levels[] = {1, 6, 9, 12};
    static const size_t sizes[] = {1, 2, 511, 65535, 65536, 300001, PV_GZIP_PIECE - 1, PV_GZIP_PIECE};
    for (size_t l = 0; l < array_length(levels); l++) {
        for (size_t s = 0; s < array_length(sizes) - (levels[l] > 6 ? 1 : 0); s++) {
            for (int kind = NOISE; kind < CONTENTS; kind++) {
                PV_AUTO_BUF struct pv_buf content = empty_bytes();
                PV_AUTO_BUF struct pv_buf packed = empty_bytes();
                PV_AUTO_BUF struct pv_buf opened = empty_bytes();
                add_kind(&content, kind, sizes[s]);
                add_compressed(&packed, levels[l], &content);
                (void)assert_opens(&packed, &content, &opened);
            }
        }
    }
}

/* ---------------------------------------------------------------- every last block, at every bit */

enum block { STORED = 0, FIXED = 1, DYNAMIC = 2, LITERALS_ONLY = 3 };

/* A block of `front` bytes and a last block of the kind that is asked for. */
static void add_blocks(struct pv_buf *packed, enum block last, size_t front, const struct pv_buf *content) {
    static const int strategies[] = {Z_DEFAULT_STRATEGY, Z_FIXED, Z_DEFAULT_STRATEGY, Z_HUFFMAN_ONLY};
    z_stream stream = {0};
    assert_int_equal(pv_buf_reserve(packed, content->len + 1000, NULL), PROVAR_OK);
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, -15, 8, Z_FIXED), Z_OK);
    stream.next_in = content->data;
    stream.avail_in = (uInt)front;
    stream.next_out = packed->data;
    stream.avail_out = (uInt)content->len + 1000;
    assert_int_equal(deflate(&stream, Z_BLOCK), Z_OK);
    assert_int_equal(deflateParams(&stream, last == STORED ? 0 : 9, strategies[last]), Z_OK);
    stream.avail_in = (uInt)(content->len - front);
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    packed->len = stream.total_out;
    assert_int_equal(deflateEnd(&stream), Z_OK);
}

static void test_every_last_block_at_every_bit(void **state) {
    (void)state;
    for (enum block last = STORED; last <= DYNAMIC; last++) {
        unsigned begins = 0;
        unsigned appended = 0;
        for (size_t front = 1; front < 60; front++) {
            PV_AUTO_BUF struct pv_buf content = empty_bytes();
            PV_AUTO_BUF struct pv_buf packed = empty_bytes();
            PV_AUTO_BUF struct pv_buf opened = empty_bytes();
            add_content(&content, NOISE, front);
            add_content(&content, TEXT, 300);
            add_blocks(&packed, last, front, &content);
            size_t bit = assert_opens(&packed, &content, &opened);
            assert_int_equal(bit_at(&packed, bit + 1) | bit_at(&packed, bit + 2) << 1, last);
            begins |= 1U << bit % 8;
            appended |= 1U << (opened.len - packed.len);
        }
        assert_int_equal(begins, 0xff);
        assert_int_equal(appended, last == STORED ? 1U << 5 : 1U << 4 | 1U << 5);
    }
}

/* ---------------------------------------------------------------- altered pieces */

/* The bits that say nothing: behind a stored block's header up to its length, and behind the last block up to the byte.
 * Only zlib's method takes the latter when they are not 0. */
static bool is_idle(enum block last, size_t bit, size_t i, const struct pv_buf *packed) {
    if (last == STORED)
        return i >= bit + 3 && i / 8 == (bit + 2) / 8;
    return i > 8 * (packed->len - 1);
}

/* Any one bit may be wrong. What is taken nevertheless decodes to the content. */
static void assert_refuses_flips(open_method *method, enum block last, size_t bit, const struct pv_buf *packed,
                                 const struct pv_buf *content) {
    PV_AUTO_BUF struct pv_buf altered = empty_bytes();
    PV_AUTO_BUF struct pv_buf opened = empty_bytes();
    add(&altered, packed->data, packed->len);
    for (size_t i = 0; i < 8 * packed->len; i++) {
        altered.data[i / 8] ^= (uint8_t)(1U << i % 8);
        if (opens(method, &altered, content, &opened)) {
            assert_true(is_idle(last, bit, i, packed));
            assert_true(last == STORED || method != open_by_isal);
            assert_inflates(&opened, content);
        }
        altered.data[i / 8] ^= (uint8_t)(1U << i % 8);
    }
}

static void assert_refuses_other_lengths(open_method *method, struct pv_buf *packed, struct pv_buf *content) {
    PV_AUTO_BUF struct pv_buf opened = empty_bytes();
    assert_true(opens(method, packed, content, &opened));
    packed->len--;
    assert_false(opens(method, packed, content, &opened));
    packed->len++;
    add_byte(packed, 0);
    assert_false(opens(method, packed, content, &opened));
    packed->len--;
    content->len--;
    assert_false(opens(method, packed, content, &opened));
    content->len++;
    add_byte(content, 'e');
    assert_false(opens(method, packed, content, &opened));
    content->len--;
    assert_true(opens(method, packed, content, &opened));
}

static void assert_refuses_altered(open_method *method) {
    for (enum block last = STORED; last <= DYNAMIC; last++) {
        for (size_t front = 20; front < 28; front++) {
            PV_AUTO_BUF struct pv_buf content = empty_bytes();
            PV_AUTO_BUF struct pv_buf packed = empty_bytes();
            PV_AUTO_BUF struct pv_buf opened = empty_bytes();
            add_content(&content, NOISE, front);
            add_content(&content, TEXT, 100);
            add_content(&content, TEXT, 40);
            add_content(&content, TEXT, 60);
            add_blocks(&packed, last, front, &content);
            size_t bit = assert_opens(&packed, &content, &opened);
            assert_refuses_flips(method, last, bit, &packed, &content);
            assert_refuses_other_lengths(method, &packed, &content);
        }
    }
}

static void test_altered_pieces_are_refused_by_zlib(void **state) {
    (void)state;
    assert_refuses_altered(open_by_zlib);
}

static void test_altered_pieces_are_refused_by_isal(void **state) {
    (void)state;
    if (by_isal == NULL)
        skip_because("this build is without ISA-L");
    assert_refuses_altered(open_by_isal);
}

/* zlib writes two codes for distances even where it uses none. Without one of them the rest is incomplete, which zlib
 * refuses and ISA-L does not; libdeflate's codes are complete. */
static void test_isal_takes_incomplete_codes_that_nothing_uses(void **state) {
    (void)state;
    PV_AUTO_BUF struct pv_buf content = empty_bytes();
    PV_AUTO_BUF struct pv_buf packed = empty_bytes();
    PV_AUTO_BUF struct pv_buf opened = empty_bytes();
    size_t taken = 0;
    if (by_isal == NULL)
        skip_because("this build is without ISA-L");
    add_content(&content, TEXT, 200);
    add_blocks(&packed, LITERALS_ONLY, 20, &content);
    for (size_t i = 0; i < 8 * (packed.len - 1); i++) {
        packed.data[i / 8] ^= (uint8_t)(1U << i % 8);
        taken += opens(open_by_isal, &packed, &content, &opened);
        assert_false(opens(open_by_zlib, &packed, &content, &opened));
        assert_false(opens(open_either, &packed, &content, &opened));
        packed.data[i / 8] ^= (uint8_t)(1U << i % 8);
    }
    assert_in_range(taken, 1, 4);
}

static void test_altered_large_pieces_are_refused(void **state) {
    (void)state;
    PV_AUTO_BUF struct pv_buf content = empty_bytes();
    PV_AUTO_BUF struct pv_buf packed = empty_bytes();
    PV_AUTO_BUF struct pv_buf opened = empty_bytes();
    add_kind(&content, TEXT, 400000);
    add_compressed(&packed, 6, &content);
    assert_true(opens(open_either, &packed, &content, &opened));
    for (size_t at = 0; at < content.len; at += 39999) {
        content.data[at] ^= 1;
        assert_false(opens(open_either, &packed, &content, &opened));
        content.data[at] ^= 1;
    }
    assert_refuses_other_lengths(open_either, &packed, &content);
}

/* Bits behind the last block that are not 0 are more than ISA-L's method takes. They are cleared. */
static void test_where_isal_gives_up_zlib_follows(void **state) {
    (void)state;
    PV_AUTO_BUF struct pv_buf content = empty_bytes();
    PV_AUTO_BUF struct pv_buf packed = empty_bytes();
    PV_AUTO_BUF struct pv_buf expected = empty_bytes();
    PV_AUTO_BUF struct pv_buf opened = empty_bytes();
    do {
        content.len = 0;
        packed.len = 0;
        add_content(&content, NOISE, 70000);
        add_content(&content, TEXT, 1000 + packed.len++);
        add_blocks(&packed, FIXED, 70000, &content);
        (void)assert_opens(&packed, &content, &expected);
    } while (expected.len != packed.len + 4);
    assert_true(packed.len > 64 * PV_KIB);
    packed.data[packed.len - 1] |= 0x80;
    assert_false(opens(open_by_isal, &packed, &content, &opened));
    assert_true(opens(open_either, &packed, &content, &opened));
    assert_same(&opened, &expected);
}

/* ---------------------------------------------------------------- both methods, made once */

static int make_methods(void **state) {
    (void)state;
    return pv_piece_end_new(&either, NULL) || pv_piece_end_zlib_new(&by_zlib, NULL) ||
           pv_piece_end_isal_new(&by_isal, NULL);
}

static int free_methods(void **state) {
    (void)state;
    pv_piece_end_free(either);
    pv_piece_end_zlib_free(by_zlib);
    pv_piece_end_isal_free(by_isal);
    pv_piece_end_free(NULL);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces_of_the_compressor),
        cmocka_unit_test(test_every_last_block_at_every_bit),
        cmocka_unit_test(test_altered_pieces_are_refused_by_zlib),
        cmocka_unit_test(test_altered_pieces_are_refused_by_isal),
        cmocka_unit_test(test_isal_takes_incomplete_codes_that_nothing_uses),
        cmocka_unit_test(test_altered_large_pieces_are_refused),
        cmocka_unit_test(test_where_isal_gives_up_zlib_follows),
    };
    return cmocka_run_group_tests_name("piece_end", tests, make_methods, free_methods);
}
