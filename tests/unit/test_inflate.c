/* Tests of gzip/inflate_*: whichever decoder is built, the end is exact, the buffers hold, and RFC 1951 is kept. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"
#include "support/guard.h"

#include "internal.h"

#include "gzip/inflate.h"
#include "support/gzip.h"

static struct pv_inflate *new_decoder(void) {
    struct pv_inflate *decoder = NULL;
    assert_int_equal(pv_inflate_new(&decoder, NULL), PROVAR_OK);
    return decoder;
}

/* Decodes bytes in steps of `in_step` and `out_step`. Returns the state that ended it, PV_INFLATE_MORE when the input
 * did; *end is where the decoder says that the stream ends. */
static enum pv_inflate_state run(struct pv_inflate *decoder, const uint8_t *data, size_t len, size_t in_step,
                                 size_t out_step, struct pv_buf *out, size_t *end) {
    size_t pos = 0;
    for (;;) {
        assert_int_equal(pv_buf_reserve(out, out_step, NULL), PROVAR_OK);
        struct pv_inflate_step step = {.in = data + pos,
                                       .in_len = len - pos < in_step ? len - pos : in_step,
                                       .out = out->data + out->len,
                                       .out_cap = out_step};
        enum pv_inflate_state state = pv_inflate_step(decoder, &step);
        assert_true(step.made <= step.out_cap);
        assert_true(step.used <= (ptrdiff_t)step.in_len);
        assert_true(step.used >= (state == PV_INFLATE_END ? -PV_INFLATE_BACK : 0));
        out->len += step.made;
        pos = (size_t)((ptrdiff_t)pos + step.used);
        *end = pos;
        if (state != PV_INFLATE_MORE || (pos == len && step.made == 0))
            return state;
        assert_true(step.used > 0 || step.made > 0);
    }
}

/* ---------------------------------------------------------------- the exact end */

static void assert_exact_end(const struct pv_buf *stream, size_t stream_len, const struct pv_buf *content) {
    static const size_t in_steps[] = {1, 2, 3, 5, 7, 8, 9, 16, 4096};
    static const size_t out_steps[] = {1, 2, 3, 97, 4096};
    struct pv_inflate *decoder = new_decoder();
    for (size_t i = 0; i < 9; i++) {
        for (size_t o = 0; o < 5; o++) {
            PV_AUTO_BUF struct pv_buf out = empty_bytes();
            size_t end;
            assert_int_equal(run(decoder, stream->data, stream->len, in_steps[i], out_steps[o], &out, &end),
                             PV_INFLATE_END);
            assert_int_equal(end, stream_len);
            assert_same(&out, content);
            pv_inflate_reset(decoder);
        }
    }
    pv_inflate_free(decoder);
}

/* Any number of bytes may follow, of any value, and there may be any number of bits in the stream's last byte. */
static void test_the_end_is_exact_whatever_follows(void **state) {
    (void)state;
    static const int levels[] = {0, 1, 9};
    for (size_t l = 0; l < 3; l++) {
        for (size_t content_len = 0; content_len < 40; content_len++) {
            PV_AUTO_BUF struct pv_buf content = empty_bytes();
            PV_AUTO_BUF struct pv_buf stream = empty_bytes();
            add_content(&content, TEXT, content_len * content_len);
            add_deflated(&stream, levels[l], &content);
            size_t stream_len = stream.len;
            add_repeated(&stream, content_len & 1 ? 0xff : 0, content_len % 20);
            assert_exact_end(&stream, stream_len, &content);
        }
    }
}

static void test_an_end_that_falls_on_full_output(void **state) {
    (void)state;
    PV_AUTO_BUF struct pv_buf content = empty_bytes();
    PV_AUTO_BUF struct pv_buf stream = empty_bytes();
    add_content(&content, TEXT, 200000);
    add_deflated(&stream, 6, &content);
    size_t stream_len = stream.len;
    add_repeated(&stream, 0xff, 8);
    for (size_t out_step = content.len - 2; out_step <= content.len + 2; out_step++) {
        PV_AUTO_BUF struct pv_buf out = empty_bytes();
        struct pv_inflate *decoder = new_decoder();
        size_t end;
        assert_int_equal(run(decoder, stream.data, stream.len, stream.len, out_step, &out, &end), PV_INFLATE_END);
        assert_int_equal(end, stream_len);
        assert_same(&out, &content);
        pv_inflate_free(decoder);
    }
}

/* ---------------------------------------------------------------- buffers */

/* The decoders are assembly, which no sanitizer watches. */
static void test_nothing_beyond_the_buffers_is_touched(void **state) {
    (void)state;
    PV_AUTO_BUF struct pv_buf content = empty_bytes();
    PV_AUTO_BUF struct pv_buf noise = empty_bytes();
    add_content(&content, TEXT, 70000);
    add_content(&noise, NOISE, 70000);
    for (int level = 0; level <= 9; level += 3) {
        for (size_t spare = 0; spare < 400; spare += 57) {
            PV_AUTO_BUF struct pv_buf stream = empty_bytes();
            struct pv_inflate *decoder = new_decoder();
            add_deflated(&stream, level, &content);
            struct guarded in = guard_copy(stream.data, stream.len);
            struct guarded out = guard_copy(noise.data, content.len - spare);
            struct pv_inflate_step step = {.in = in.data, .in_len = in.len, .out = out.data, .out_cap = out.len};
            assert_int_not_equal(pv_inflate_step(decoder, &step), PV_INFLATE_DAMAGED);
            assert_int_equal(step.made, content.len - spare);
            assert_memory_equal(out.data, content.data, step.made);
            pv_inflate_free(decoder);
            guard_free(&in);
            guard_free(&out);
        }
    }
}

static void test_every_prefix_of_a_stream_wants_more(void **state) {
    (void)state;
    PV_AUTO_BUF struct pv_buf content = empty_bytes();
    PV_AUTO_BUF struct pv_buf stream = empty_bytes();
    add_content(&content, TEXT, 700);
    add_deflated(&stream, 9, &content);
    for (size_t len = 0; len < stream.len; len++) {
        PV_AUTO_BUF struct pv_buf out = empty_bytes();
        size_t end;
        struct guarded in = guard_copy(stream.data, len);
        struct pv_inflate *decoder = new_decoder();
        assert_int_equal(run(decoder, in.data, len, 1 + len % 9, 64, &out, &end), PV_INFLATE_MORE);
        assert_true(out.len <= content.len);
        assert_true(pv_bytes_equal(out.data, content.data, out.len));
        pv_inflate_free(decoder);
        guard_free(&in);
    }
}

/* Distances up to 32 KiB reach back over steps of any size. */
static void test_the_window_outlives_a_step(void **state) {
    (void)state;
    PV_AUTO_BUF struct pv_buf content = empty_bytes();
    PV_AUTO_BUF struct pv_buf stream = empty_bytes();
    add_content(&content, NOISE, 32768 - 300);
    for (int i = 0; i < 6; i++) {
        PV_AUTO_BUF struct pv_buf again = empty_bytes();
        add(&again, content.data, 32768 - 300);
        add(&content, again.data, again.len);
    }
    add_deflated(&stream, 9, &content);
    assert_in_range(stream.len, 32768, 40000);
    for (size_t out_step = 1; out_step < 300000; out_step = out_step * 5 + 7) {
        PV_AUTO_BUF struct pv_buf out = empty_bytes();
        struct pv_inflate *decoder = new_decoder();
        size_t end;
        assert_int_equal(run(decoder, stream.data, stream.len, 1000, out_step, &out, &end), PV_INFLATE_END);
        assert_same(&out, &content);
        pv_inflate_free(decoder);
    }
}

static void test_reset_forgets_the_window(void **state) {
    (void)state;
    PV_AUTO_BUF struct pv_buf content = empty_bytes();
    PV_AUTO_BUF struct pv_buf stream = empty_bytes();
    PV_AUTO_BUF struct pv_buf out = empty_bytes();
    struct bits before = {0}; /* a copy from before the start */
    struct pv_inflate *decoder = new_decoder();
    size_t end;
    add_content(&content, TEXT, 100000);
    add_deflated(&stream, 9, &content);
    assert_int_equal(run(decoder, stream.data, stream.len, 4096, 4096, &out, &end), PV_INFLATE_END);
    put_bits(&before, 1 | 1 << 1, 3);
    put_code(&before, 1, 7);
    put_code(&before, 0, 5);
    put_code(&before, 0, 7);
    pv_inflate_reset(decoder);
    assert_int_equal(run(decoder, before.data, bits_len(&before), 16, 16, &out, &end), PV_INFLATE_DAMAGED);
    pv_inflate_free(decoder);
}

/* ---------------------------------------------------------------- RFC 1951, by hand */

/* Judges the bits, given whole and byte by byte. */
static void assert_state(const struct bits *bits, enum pv_inflate_state expected) {
    for (size_t in_step = 1; in_step <= sizeof bits->data; in_step += sizeof bits->data - 1) {
        PV_AUTO_BUF struct pv_buf out = empty_bytes();
        uint8_t padded[sizeof bits->data + 16] = {0};
        struct pv_inflate *decoder = new_decoder();
        size_t end;
        memcpy(padded, bits->data, bits_len(bits));
        enum pv_inflate_state state =
            run(decoder, padded, expected == PV_INFLATE_END ? bits_len(bits) : sizeof padded, in_step, 300, &out, &end);
        assert_int_equal(state, expected);
        if (expected == PV_INFLATE_END)
            assert_int_equal(end, bits_len(bits));
        pv_inflate_free(decoder);
    }
}

static void put_block(struct bits *bits, unsigned type) {
    put_bits(bits, 1, 1);
    put_bits(bits, type, 2);
}

static void test_stored_length_and_complement(void **state) {
    (void)state;
    for (unsigned flip = 0; flip <= 16; flip++) {
        struct bits bits = {0};
        put_block(&bits, 0);
        put_bits(&bits, 0, 5);
        put_bits(&bits, 3, 16);
        put_bits(&bits, (~3U & 0xffff) ^ (flip ? 1U << (flip - 1) : 0), 16);
        put_bits(&bits, 0x616161, 24);
        assert_state(&bits, flip ? PV_INFLATE_DAMAGED : PV_INFLATE_END);
    }
}

static void test_block_type_3_is_refused(void **state) {
    (void)state;
    struct bits good = {0}, bad = {0};
    put_block(&good, 1);
    put_code(&good, 0, 7);
    put_block(&bad, 3);
    put_code(&bad, 0, 7);
    assert_state(&good, PV_INFLATE_END);
    assert_state(&bad, PV_INFLATE_DAMAGED);
}

/* One fixed-code block: a literal, a length symbol of 7 or 8 bits, a distance symbol with its extra bits, the end. */
static struct bits fixed_copy(unsigned length_code, unsigned length_width, unsigned distance, unsigned extra_width) {
    struct bits bits = {0};
    put_block(&bits, 1);
    put_code(&bits, 0x30 + 'a', 8);
    put_code(&bits, length_code, length_width);
    put_code(&bits, distance, 5);
    put_bits(&bits, 0, extra_width);
    put_code(&bits, 0, 7);
    return bits;
}

static void test_distance_beyond_the_start_is_refused(void **state) {
    (void)state;
    struct bits one = fixed_copy(1, 7, 0, 0);
    struct bits two = fixed_copy(1, 7, 1, 0);
    struct bits most = fixed_copy(1, 7, 29, 13);
    assert_state(&one, PV_INFLATE_END);
    assert_state(&two, PV_INFLATE_DAMAGED);
    assert_state(&most, PV_INFLATE_DAMAGED);
}

static void test_symbols_without_meaning_are_refused(void **state) {
    (void)state;
    struct bits longest = fixed_copy(0xc5, 8, 0, 0);
    struct bits length_286 = fixed_copy(0xc6, 8, 0, 0);
    struct bits length_287 = fixed_copy(0xc7, 8, 0, 0);
    struct bits distance_30 = fixed_copy(1, 7, 30, 0);
    struct bits distance_31 = fixed_copy(1, 7, 31, 0);
    assert_state(&longest, PV_INFLATE_END);
    assert_state(&length_286, PV_INFLATE_DAMAGED);
    assert_state(&length_287, PV_INFLATE_DAMAGED);
    assert_state(&distance_30, PV_INFLATE_DAMAGED);
    assert_state(&distance_31, PV_INFLATE_DAMAGED);
}

/* A dynamic block with the literals 97 and, if `b`, 98, an end if `end`, and no distance. The lengths of all codes are
 * written with this code: 18 (a run of zeros) 0, 0 is 10, 1 is 11; `crowded` gives all three one bit. */
struct dynamic {
    bool b, no_end, crowded, long_run, repeat_first;
    unsigned hlit, hdist;
};

static void put_run(struct bits *bits, unsigned zeros) {
    put_code(bits, 0, 1);
    put_bits(bits, zeros - 11, 7);
}

static struct bits dynamic_block(struct dynamic how) {
    struct bits bits = {0};
    unsigned width = how.crowded ? 1 : 2;
    put_block(&bits, 2);
    put_bits(&bits, how.hlit, 5);
    put_bits(&bits, how.hdist, 5);
    put_bits(&bits, 18 - 4, 4);
    put_bits(&bits, how.repeat_first ? 1 : 0, 3); /* 16 */
    put_bits(&bits, 0, 3);                        /* 17 */
    put_bits(&bits, how.repeat_first ? 2 : 1, 3); /* 18 */
    put_bits(&bits, width, 3);                    /* 0 */
    for (int i = 0; i < 13; i++)
        put_bits(&bits, 0, 3);
    put_bits(&bits, how.repeat_first ? 0 : width, 3); /* 1 */
    put_run(&bits, 97);
    put_code(&bits, 3, 2);             /* 97 */
    put_code(&bits, how.b ? 3 : 2, 2); /* 98 */
    put_run(&bits, 138);               /* 99 to 236 */
    put_run(&bits, 19);                /* 237 to 255 */
    put_code(&bits, how.no_end ? 2 : 3, 2);
    if (how.long_run)
        put_run(&bits, 11); /* where one is left */
    else
        put_code(&bits, 2, 2);
    put_code(&bits, 0, 1); /* 97 */
    put_code(&bits, 1, 1); /* the end */
    return bits;
}

static void test_dynamic_codes(void **state) {
    (void)state;
    static const struct {
        struct dynamic how;
        enum pv_inflate_state expected;
    } cases[] = {
        {{0}, PV_INFLATE_END},
        {{.b = true}, PV_INFLATE_DAMAGED},                 /* oversubscribed: three codes of one bit */
        {{.b = true, .no_end = true}, PV_INFLATE_DAMAGED}, /* no code for the end */
        {{.crowded = true}, PV_INFLATE_DAMAGED},           /* oversubscribed code of the lengths */
        {{.long_run = true}, PV_INFLATE_DAMAGED},          /* more lengths than there are codes */
        {{.repeat_first = true}, PV_INFLATE_DAMAGED},      /* the length before the first one, again */
        {{.hlit = 30}, PV_INFLATE_DAMAGED},
        {{.hlit = 31}, PV_INFLATE_DAMAGED},
        {{.hdist = 30}, PV_INFLATE_DAMAGED},
        {{.hdist = 31}, PV_INFLATE_DAMAGED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bits bits = dynamic_block(cases[i].how);
        assert_state(&bits, cases[i].expected);
    }
}

/* ---------------------------------------------------------------- CRC */

static void test_crc_is_that_of_rfc_1952(void **state) {
    (void)state;
    PV_AUTO_BUF struct pv_buf content = empty_bytes();
    assert_int_equal(pv_inflate_crc32(0, NULL, 0), 0);
    assert_int_equal(pv_inflate_crc32(0, "123456789", 9), 0xcbf43926);
    assert_int_equal(pv_inflate_crc32(pv_inflate_crc32(0, "1234", 4), "56789", 5), 0xcbf43926);
    add_content(&content, NOISE, 1000);
    for (size_t from = 0; from < 70; from++)
        assert_int_equal(pv_inflate_crc32(0, content.data + from, content.len - 7 * from),
                         crc32(0, content.data + from, (uInt)(content.len - 7 * from)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_end_is_exact_whatever_follows),
        cmocka_unit_test(test_an_end_that_falls_on_full_output),
        cmocka_unit_test(test_nothing_beyond_the_buffers_is_touched),
        cmocka_unit_test(test_every_prefix_of_a_stream_wants_more),
        cmocka_unit_test(test_the_window_outlives_a_step),
        cmocka_unit_test(test_reset_forgets_the_window),
        cmocka_unit_test(test_stored_length_and_complement),
        cmocka_unit_test(test_block_type_3_is_refused),
        cmocka_unit_test(test_distance_beyond_the_start_is_refused),
        cmocka_unit_test(test_symbols_without_meaning_are_refused),
        cmocka_unit_test(test_dynamic_codes),
        cmocka_unit_test(test_crc_is_that_of_rfc_1952),
    };
    return cmocka_run_group_tests_name("inflate", tests, NULL, NULL);
}
