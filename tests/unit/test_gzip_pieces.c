/* Tests of gzip/gzip_pieces: what is taken for a piece, and that a segment's bytes and verdict depend on no thread. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"

#include "internal.h"

#include "gzip/gzip_coder.h"
#include "gzip/gzip_pieces.h"
#include "gzip/gzip_segment.h"
#include "support/fail_each.h"
#include "support/gzip.h"

enum { SEVERAL = 4, PIECES = 8, TAIL = 3000 };

static const uint8_t mark[4] = {0, 0, 0xff, 0xff};

/* ---------------------------------------------------------------- compressed bytes */

static void add_piece(struct pv_buf *out, const uint8_t *data, size_t len, int level) {
    PV_CLEANUP(pv_gzip_coder_cleanup) struct pv_gzip_coder *coder = NULL;
    size_t made;
    assert_ok(pv_gzip_coder_new(level, &coder, NULL));
    size_t bound = pv_gzip_coder_bound(coder, len);
    assert_ok(pv_buf_reserve(out, bound, NULL));
    assert_ok(pv_gzip_coder_encode(coder, data, len, out->data + out->len, bound, &made, NULL));
    out->len += made;
}

/* Mostly one letter, some noise: pieces of a few kilobytes, different from each other. */
static void add_body(struct pv_buf *content, size_t len) {
    size_t from = content->len;
    PV_AUTO_BUF struct pv_buf noise = empty_bytes();
    add_content(&noise, NOISE, len / 512 + 1);
    add_repeated(content, 'a', len);
    for (size_t i = 0; i < len / 512; i++)
        content->data[from + i * 512 + noise.data[i]] = noise.data[i];
}

/* By zlib: one stream that goes on, flushed behind every `step` bytes. */
static void add_flushed(struct pv_buf *out, const uint8_t *data, size_t len, size_t step, int flush) {
    z_stream stream = {0};
    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
    for (size_t done = 0; done < len; done += step) {
        size_t part = len - done < step ? len - done : step;
        size_t bound = deflateBound(&stream, part) + 64;
        assert_ok(pv_buf_reserve(out, bound, NULL));
        stream.next_in = (Bytef *)(uintptr_t)(data + done);
        stream.avail_in = (uInt)part;
        stream.next_out = out->data + out->len;
        stream.avail_out = (uInt)bound;
        assert_int_equal(deflate(&stream, flush), Z_OK);
        out->len += bound - stream.avail_out;
    }
    (void)deflateEnd(&stream);
}

/* As gzip_write makes it. */
static void add_pieces(struct pv_buf *out, const uint8_t *data, size_t len, int level) {
    for (size_t done = 0; done < len; done += PV_GZIP_PIECE)
        add_piece(out, data + done, len - done < PV_GZIP_PIECE ? len - done : PV_GZIP_PIECE, level);
}

/* ---------------------------------------------------------------- pieces */

static struct pv_gzip_pieces *new_pieces(void) {
    struct pv_gzip_pieces *pieces = NULL;
    assert_ok(pv_gzip_pieces_new(SEVERAL, &pieces, NULL));
    return pieces;
}

/* Whether these bytes, appended `step` at a time, are one piece. */
static bool is_piece(const struct pv_buf *packed, size_t step, struct pv_gzip_piece *piece,
                     struct pv_gzip_pieces *pieces) {
    size_t done = 0;
    enum pv_gzip_cut cut = PV_GZIP_CUT_NONE;
    while (cut == PV_GZIP_CUT_NONE && done < packed->len) {
        size_t taken;
        size_t part = packed->len - done < step ? packed->len - done : step;
        cut = pv_gzip_pieces_append(pieces, packed->data + done, part, &taken);
        assert_true(taken <= part);
        done += taken;
    }
    if (cut != PV_GZIP_CUT_HERE)
        return false;
    assert_true(pv_bytes_equal(packed->data + done - sizeof mark, mark, sizeof mark));
    pv_gzip_pieces_submit(pieces);
    assert_true(pv_gzip_pieces_take(pieces, piece));
    assert_int_equal(piece->in_len, done);
    return piece->is_proven;
}

static void test_a_piece(void **state) {
    (void)state;
    static const size_t steps[] = {1, 2, 3, 1000, 2 << 20};
    for (int kind = 0; kind < 3; kind++) {
        PV_AUTO_BUF struct pv_buf content = empty_bytes();
        PV_AUTO_BUF struct pv_buf packed = empty_bytes();
        struct pv_gzip_pieces *pieces = new_pieces();
        if (kind == 0)
            add_body(&content, PV_GZIP_PIECE);
        else
            add_content(&content, kind == 1 ? NOISE : TEXT, PV_GZIP_PIECE);
        add_piece(&packed, content.data, PV_GZIP_PIECE, 6);
        for (size_t i = 0; i < array_length(steps); i++) {
            struct pv_gzip_piece piece;
            assert_true(is_piece(&packed, steps[i], &piece, pieces));
            assert_int_equal(piece.in_len, packed.len);
            assert_true(pv_bytes_equal(piece.out, content.data, PV_GZIP_PIECE));
            assert_int_equal(piece.crc, crc32(0, content.data, PV_GZIP_PIECE));
            assert_false(pv_gzip_pieces_take(pieces, &piece));
        }
        pv_gzip_pieces_free(pieces);
    }
}

/* One byte less or more than a piece has. */
static void test_another_length(void **state) {
    (void)state;
    struct pv_gzip_pieces *pieces = new_pieces();
    for (int more = -1; more <= 1; more++) {
        PV_AUTO_BUF struct pv_buf content = empty_bytes();
        PV_AUTO_BUF struct pv_buf packed = empty_bytes();
        struct pv_gzip_piece piece;
        add_body(&content, (size_t)(PV_GZIP_PIECE + more));
        add_flushed(&packed, content.data, content.len, content.len, Z_FULL_FLUSH);
        assert_true(is_piece(&packed, 4096, &piece, pieces) == (more == 0));
    }
    pv_gzip_pieces_free(pieces);
}

/* As many bytes as a piece has, up to a mark that is the input of a stored block which goes on. */
static void test_a_mark_inside_of_a_block(void **state) {
    (void)state;
    enum { STORED = 65535 };
    for (int ends = 0; ends < 2; ends++) {
        PV_AUTO_BUF struct pv_buf packed = empty_bytes();
        struct pv_gzip_pieces *pieces = new_pieces();
        struct pv_gzip_piece piece;
        for (size_t left = PV_GZIP_PIECE; left > 0;) {
            size_t len = left < STORED ? left : STORED;
            size_t told = len < STORED && !ends ? len + 1 : len;
            add_byte(&packed, 0);
            add_le(&packed, told, 2);
            add_le(&packed, ~told & 0xffff, 2);
            add_repeated(&packed, 'x', len - sizeof mark);
            add(&packed, left == len && !ends ? mark : (const uint8_t *)"abcd", sizeof mark);
            left -= len;
        }
        if (ends)
            add(&packed, "\0\0\0\xff\xff", 5);
        assert_true(is_piece(&packed, 4096, &piece, pieces) == (ends == 1));
        pv_gzip_pieces_free(pieces);
    }
}

/* More bytes without a mark than any piece has. */
static void test_no_end(void **state) {
    (void)state;
    PV_AUTO_BUF struct pv_buf bytes = empty_bytes();
    struct pv_gzip_pieces *pieces = new_pieces();
    size_t taken;
    add_repeated(&bytes, 0x55, 2 << 20);
    assert_int_equal(pv_gzip_pieces_append(pieces, bytes.data, bytes.len, &taken), PV_GZIP_CUT_LONG);
    assert_in_range(taken, PV_GZIP_PIECE + 1, bytes.len - 1);
    assert_int_equal(pv_gzip_pieces_append(pieces, bytes.data, 1, &taken), PV_GZIP_CUT_LONG);
    assert_int_equal(taken, 0);
    pv_gzip_pieces_free(pieces);
}

/* At every place and with every neighbour, the first mark is found, and nothing else. */
static void test_marks(void **state) {
    (void)state;
    static const uint8_t values[] = {0, 0xff, 1};
    struct pv_gzip_pieces *pieces = new_pieces();
    for (size_t code = 0; code < 6561; code++) { /* 3 to the 8 */
        uint8_t bytes[8];
        size_t left = code, due = 0, taken, total = 0;
        for (size_t i = 0; i < sizeof bytes; i++, left /= 3)
            bytes[i] = values[left % 3];
        for (size_t i = sizeof bytes; i >= sizeof mark; i--)
            due = pv_bytes_equal(bytes + i - sizeof mark, mark, sizeof mark) ? i : due;
        for (size_t step = 1; step <= sizeof bytes; step += 7 - (code % 3)) {
            enum pv_gzip_cut cut = PV_GZIP_CUT_NONE;
            for (total = 0; cut == PV_GZIP_CUT_NONE && total < sizeof bytes; total += taken)
                cut = pv_gzip_pieces_append(pieces, bytes + total,
                                            sizeof bytes - total < step ? sizeof bytes - total : step, &taken);
            assert_int_equal(cut, due ? PV_GZIP_CUT_HERE : PV_GZIP_CUT_NONE);
            assert_int_equal(total, due ? due : sizeof bytes);
            pv_gzip_pieces_reset(pieces);
        }
    }
    pv_gzip_pieces_free(pieces);
}

/* ---------------------------------------------------------------- segments, by one thread and by several */

struct outcome {
    enum provar_result result;
    struct provar_error err;
    struct pv_buf out;
    struct pv_gzip_crc crc;
};

static struct outcome read_segment(const struct pv_buf *packed, size_t len, bool is_final, unsigned threads,
                                   size_t chunk) {
    PV_AUTO_SOURCE struct pv_source *file = NULL;
    PV_AUTO_SOURCE struct pv_source *segment = NULL;
    struct outcome outcome = {.out = empty_bytes()};
    struct pv_gzip_extent extent = {
        .to = packed->len, .len = len - 100, .padding = 100, .is_final = is_final, .crc = &outcome.crc};
    assert_ok(pv_source_memory(packed->data, packed->len, &file, NULL));
    assert_ok(pv_gzip_segment_new(file, threads, &segment, NULL));
    pv_gzip_segment_begin(segment, &extent);
    outcome.result = read_all(segment, chunk, &outcome.out, &outcome.err);
    return outcome;
}

/* Several threads find what one finds; returns that. */
static enum provar_result compare(const struct pv_buf *packed, size_t len, bool is_final) {
    struct outcome one = read_segment(packed, len, is_final, 1, PV_BLOCK);
    struct outcome several = read_segment(packed, len, is_final, SEVERAL, PV_BLOCK);
    if (several.result != one.result)
        fail_msg("'%s' in place of '%s'", several.err.message, one.err.message);
    assert_int_equal(several.err.offset, one.err.offset);
    assert_string_equal(several.err.message, one.err.message);
    assert_int_equal(several.crc.known, one.crc.known);
    assert_int_equal(several.crc.crc, one.crc.crc);
    if (one.result == PROVAR_OK)
        assert_same(&several.out, &one.out);
    pv_buf_release(&one.out);
    pv_buf_release(&several.out);
    return one.result;
}

/* With the padding at its end. */
static void make_content(struct pv_buf *content) {
    add_body(content, PIECES * PV_GZIP_PIECE + TAIL);
    add_repeated(content, 0, 100);
}

static void assert_good(const struct pv_buf *packed, const struct pv_buf *content) {
    struct outcome got = read_segment(packed, content->len, false, SEVERAL, 5000);
    assert_ok(got.result);
    assert_int_equal(got.out.len, content->len - 100);
    assert_true(pv_bytes_equal(got.out.data, content->data, got.out.len));
    assert_true(got.crc.known);
    assert_int_equal(got.crc.crc, crc32(0, content->data, (uInt)content->len));
    pv_buf_release(&got.out);
    assert_ok(compare(packed, content->len, false));
}

static void test_pieces_of_ours(void **state) {
    (void)state;
    PV_AUTO_BUF struct pv_buf content = empty_bytes();
    PV_AUTO_BUF struct pv_buf packed = empty_bytes();
    make_content(&content);
    add_pieces(&packed, content.data, content.len, 6);
    assert_good(&packed, &content);
    /* Nothing is left over behind the last whole piece but the padding. */
    PV_AUTO_BUF struct pv_buf whole = empty_bytes();
    PV_AUTO_BUF struct pv_buf whole_packed = empty_bytes();
    add(&whole, content.data + TAIL + 100, PIECES * PV_GZIP_PIECE);
    add_pieces(&whole_packed, whole.data, whole.len, 6);
    assert_good(&whole_packed, &whole);
}

/* Pieces from another writer: they refer back, at once or behind a few that do not; are longer; are tiny. */
static void test_pieces_of_others(void **state) {
    (void)state;
    static const struct {
        size_t apart, step;
        int flush;
    } cases[] = {
        {0, PV_GZIP_PIECE, Z_SYNC_FLUSH}, {1, PV_GZIP_PIECE, Z_SYNC_FLUSH}, {5, PV_GZIP_PIECE, Z_SYNC_FLUSH},
        {2, 3 << 20, Z_FULL_FLUSH},       {3, 3 << 20, Z_SYNC_FLUSH},       {3, 700, Z_FULL_FLUSH},
        {7, 100, Z_FULL_FLUSH},
    };
    PV_AUTO_BUF struct pv_buf content = empty_bytes();
    make_content(&content);
    for (size_t i = 0; i < array_length(cases); i++) {
        PV_AUTO_BUF struct pv_buf packed = empty_bytes();
        size_t apart = cases[i].apart * PV_GZIP_PIECE;
        add_pieces(&packed, content.data, apart, 6);
        add_flushed(&packed, content.data + apart, content.len - apart, cases[i].step, cases[i].flush);
        assert_good(&packed, &content);
    }
}

/* A block that refers to what lies before its piece, which only the sequence can decode. */
static void test_a_reference_over_the_cut(void **state) {
    (void)state;
    PV_AUTO_BUF struct pv_buf content = empty_bytes();
    add_content(&content, NOISE, 32000);
    while (content.len < PIECES * PV_GZIP_PIECE) {
        PV_AUTO_BUF struct pv_buf again = empty_bytes();
        add(&again, content.data, 32000);
        add(&content, again.data, again.len);
    }
    add_repeated(&content, 0, 100);
    PV_AUTO_BUF struct pv_buf packed = empty_bytes();
    add_flushed(&packed, content.data, content.len, PV_GZIP_PIECE, Z_SYNC_FLUSH);
    assert_true(packed.len < 200000);
    assert_good(&packed, &content);
    /* The same without the first piece refers to nothing. */
    PV_AUTO_BUF struct pv_buf torn = empty_bytes();
    const uint8_t *cut = memmem(packed.data, packed.len, mark, sizeof mark);
    add(&torn, cut + sizeof mark, packed.len - (size_t)(cut + sizeof mark - packed.data));
    assert_int_equal(compare(&torn, content.len - PV_GZIP_PIECE, false), PROVAR_E_GZIP);
}

/* Input that does not compress is stored as it is, marks and all. */
static void test_false_marks(void **state) {
    (void)state;
    PV_AUTO_BUF struct pv_buf content = empty_bytes();
    PV_AUTO_BUF struct pv_buf packed = empty_bytes();
    add_content(&content, NOISE, 5 * PV_GZIP_PIECE + TAIL);
    add_repeated(&content, 0, 100);
    for (size_t at = 2 * PV_GZIP_PIECE + 70000; at < content.len - 200; at += 300000)
        memcpy(content.data + at, mark, sizeof mark);
    add_pieces(&packed, content.data, content.len, 6);
    assert_good(&packed, &content);
}

/* ---------------------------------------------------------------- damage */

static bool is_near_mark(const struct pv_buf *packed, size_t at) {
    enum { NEAR = 8 };
    size_t from = at < NEAR ? 0 : at - NEAR;
    size_t to = packed->len - at < NEAR ? packed->len : at + NEAR;
    return memmem(packed->data + from, to - from, mark, sizeof mark) != NULL;
}

static void test_damaged_bytes(void **state) {
    (void)state;
    PV_AUTO_BUF struct pv_buf content = empty_bytes();
    PV_AUTO_BUF struct pv_buf packed = empty_bytes();
    size_t failures = 0, count = 0;
    add_repeated(&content, 'x', 4 * PV_GZIP_PIECE + 4096);
    for (size_t i = 0; i < content.len; i += 150001)
        content.data[i] = (uint8_t)i;
    add_repeated(&content, 0, 100);
    add_pieces(&packed, content.data, content.len, 12);
    assert_good(&packed, &content);
    /* Every byte near a cut, and a sample between them. */
    for (size_t i = 0; i < packed.len; i++) {
        if (i % 61 != 0 && !is_near_mark(&packed, i))
            continue;
        uint8_t was = packed.data[i];
        packed.data[i] ^= (uint8_t)(1U << i % 8);
        failures += compare(&packed, content.len, false) != PROVAR_OK;
        packed.data[i] = was;
        count++;
    }
    assert_true(count > 50 && failures > count / 3);
    for (size_t cut = 1; cut < 12; cut++) {
        packed.len -= 1;
        assert_int_equal(compare(&packed, content.len, false), PROVAR_E_GZIP);
    }
}

/* Lengths, and the kind of end, that are not the segment's; it ends with, before and behind a piece. */
static void test_another_end(void **state) {
    (void)state;
    PV_AUTO_BUF struct pv_buf content = empty_bytes();
    PV_AUTO_BUF struct pv_buf packed = empty_bytes();
    add_body(&content, 6 * PV_GZIP_PIECE - 100);
    add_repeated(&content, 0, 100);
    add_pieces(&packed, content.data, content.len, 6);
    assert_good(&packed, &content);
    assert_int_equal(compare(&packed, content.len, true), PROVAR_E_GZIP);
    assert_int_equal(compare(&packed, content.len - 1, false), PROVAR_E_GZIP);
    assert_int_equal(compare(&packed, content.len + 1, false), PROVAR_E_GZIP);
    assert_int_equal(compare(&packed, content.len + PV_GZIP_PIECE, false), PROVAR_E_GZIP);
    assert_int_equal(compare(&packed, content.len - PV_GZIP_PIECE, false), PROVAR_E_GZIP);
    /* An empty piece more, a final block in the middle, and one at the end. */
    add(&packed, "\0\0\0\xff\xff", 5);
    assert_good(&packed, &content);
    PV_AUTO_BUF struct pv_buf ended = empty_bytes();
    add_pieces(&ended, content.data, 5 * PV_GZIP_PIECE, 6);
    PV_AUTO_BUF struct pv_buf finals = empty_bytes();
    add(&finals, ended.data, ended.len);
    add(&finals, "\1\0\0\xff\xff", 5);
    assert_int_equal(compare(&finals, 5 * PV_GZIP_PIECE, true), PROVAR_E_GZIP); /* no zeros at its end */
    add_pieces(&finals, content.data + 5 * PV_GZIP_PIECE, PV_GZIP_PIECE, 6);
    assert_int_equal(compare(&finals, content.len, false), PROVAR_E_GZIP);
    add(&packed, "\1\0\0\xff\xff", 5);
    assert_ok(compare(&packed, content.len, true));
    assert_int_equal(compare(&packed, content.len, false), PROVAR_E_GZIP);
}

/* ---------------------------------------------------------------- the owner */

/* It begins again, or is freed, while threads decode. */
static void test_work_that_nobody_waits_for(void **state) {
    (void)state;
    PV_AUTO_BUF struct pv_buf content = empty_bytes();
    PV_AUTO_BUF struct pv_buf packed = empty_bytes();
    PV_AUTO_SOURCE struct pv_source *file = NULL;
    uint8_t block[1000];
    make_content(&content);
    add_pieces(&packed, content.data, content.len, 6);
    assert_ok(pv_source_memory(packed.data, packed.len, &file, NULL));
    for (size_t round = 0; round < 20; round++) {
        PV_AUTO_SOURCE struct pv_source *segment = NULL;
        struct pv_gzip_crc crc = {0};
        struct pv_gzip_extent extent = {.to = packed.len, .len = content.len - 100, .padding = 100, .crc = &crc};
        assert_ok(pv_gzip_segment_new(file, SEVERAL, &segment, NULL));
        for (size_t again = 0; again < 2; again++) {
            size_t len;
            pv_gzip_segment_begin(segment, &extent);
            assert_ok(pv_source_read(segment, block, sizeof block, &len, NULL));
            assert_true(pv_bytes_equal(block, content.data, sizeof block));
        }
        if (round % 4 == 0) {
            PV_AUTO_BUF struct pv_buf out = empty_bytes();
            pv_gzip_segment_begin(segment, &extent);
            assert_ok(read_all(segment, 100000, &out, NULL));
            assert_int_equal(out.len, content.len - 100);
        }
        assert_int_equal(crc.known, round % 4 == 0);
    }
}

static enum provar_result open_one(void *user, struct provar_error *err) {
    struct pv_source *segment = NULL;
    enum provar_result result = pv_gzip_segment_new(user, SEVERAL, &segment, err);
    pv_source_free(segment);
    return result;
}

static void test_no_memory(void **state) {
    (void)state;
    PV_AUTO_SOURCE struct pv_source *file = NULL;
    assert_ok(pv_source_memory(mark, sizeof mark, &file, NULL));
    assert_in_range(fail_each(open_one, file), 2 * SEVERAL, 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_piece),
        cmocka_unit_test(test_another_length),
        cmocka_unit_test(test_a_mark_inside_of_a_block),
        cmocka_unit_test(test_no_end),
        cmocka_unit_test(test_marks),
        cmocka_unit_test(test_pieces_of_ours),
        cmocka_unit_test(test_pieces_of_others),
        cmocka_unit_test(test_a_reference_over_the_cut),
        cmocka_unit_test(test_false_marks),
        cmocka_unit_test(test_damaged_bytes),
        cmocka_unit_test(test_another_end),
        cmocka_unit_test(test_work_that_nobody_waits_for),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests_name("gzip_pieces", tests, NULL, NULL);
}
