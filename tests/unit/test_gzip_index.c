/* Tests of gzip/gzip_index: the bytes that docs/FORMAT.md draws, and every field of them wrong once. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/index.h"

#include "internal.h"

#include "gzip/gzip_header.h"
#include "gzip/gzip_index.h"
#include "support/guard.h"

enum { XLEN_BYTES = 2, FRAME = 28, SEGMENT = 25, BLOCK = 512, END_BLOCKS = 1024 };

/* Consistent: `count` segments of 100 compressed bytes and a body of 1 byte each, and names of `name_len`. */
static struct pv_gzip_index *make(size_t count, size_t name_len) {
    static struct pv_gzip_index index;
    static char name[300];
    memset(name, 'n', sizeof name);
    index = (struct pv_gzip_index){.count = count, .end_at = 100 * count, .deflate_len = 100 * count + 2};
    for (size_t i = 0; i < count && i < PV_MAX_MEMBERS; i++)
        index.segments[i] =
            (struct pv_gzip_segment){.name = pv_str(name, name_len), .at = 100 * i, .tar_at = 1024 * i, .size = 1};
    index.tar_len = 1024 * count + END_BLOCKS;
    return &index;
}

/* Encodes into memory that ends at a forbidden page; decodes from there what is behind XLEN. */
static struct guarded encode(const struct pv_gzip_index *index) {
    size_t len = pv_gzip_index_len(index);
    uint8_t *field = malloc(len + 1);
    assert_true(len > 0);
    assert_non_null(field);
    field[len] = 0xa5;
    pv_gzip_index_encode(index, field);
    assert_int_equal(field[len], 0xa5);
    struct guarded copy = guard_copy(field, len);
    free(field);
    return copy;
}

static bool decode(const struct guarded *field, struct pv_gzip_index *index) {
    return pv_gzip_index_decode((const uint8_t *)field->data + XLEN_BYTES, field->len - XLEN_BYTES, index);
}

static void assert_same_index(const struct pv_gzip_index *a, const struct pv_gzip_index *b) {
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->end_at, b->end_at);
    assert_int_equal(a->deflate_len, b->deflate_len);
    assert_int_equal(a->tar_len, b->tar_len);
    for (size_t i = 0; i < a->count; i++) {
        assert_int_equal(a->segments[i].at, b->segments[i].at);
        assert_int_equal(a->segments[i].tar_at, b->segments[i].tar_at);
        assert_int_equal(a->segments[i].size, b->segments[i].size);
        assert_true(pv_str_equal(a->segments[i].name, b->segments[i].name));
    }
}

static size_t assert_round_trip(const struct pv_gzip_index *index) {
    static struct pv_gzip_index again;
    struct guarded field = encode(index);
    const uint8_t *bytes = field.data;
    assert_int_equal((bytes[0] | bytes[1] << 8) + XLEN_BYTES, field.len);
    assert_int_equal(bytes[0], bytes[1]); /* a multiple of 257 */
    assert_true(decode(&field, &again));
    assert_same_index(index, &again);
    size_t len = field.len;
    guard_free(&field);
    return len;
}

/* ---------------------------------------------------------------- bytes */

static void test_the_bytes_of_a_small_one(void **state) {
    (void)state;
    struct tar_build due = {0};
    struct pv_gzip_index *index = make(2, 3);
    index->segments[0].name = PV_STR("claims.jwt");
    index->segments[0].size = 700;
    index->segments[1].name = PV_STR("a-b.bin");
    index->segments[1].at = 0x123456;
    index->segments[1].tar_at = 512 + 1024;
    index->segments[1].size = 0x10203;
    index->end_at = 0x223456;
    index->deflate_len = 0x223458;
    index->tar_len = 1536 + 512 + 0x10400 + 1024;
    const size_t payload = FRAME + 2 * SEGMENT + 10 + 7;
    index_put_le(&due, 257, 2);
    tar_bytes(&due, "PI", 2);
    index_put_le(&due, payload, 2);
    tar_bytes(&due, "\1\0\2\0", 4); /* version, flags, count */
    tar_bytes(&due, "\x58\x34\x22\0\0\0\0\0", 8);
    index_put_le(&due, index->tar_len, 8);
    index_put_le(&due, 0, 8);
    index_put_le(&due, 0, 8);
    index_put_le(&due, 700, 8);
    tar_bytes(&due, "\012claims.jwt", 11);
    tar_bytes(&due, "\x56\x34\x12\0\0\0\0\0", 8);
    index_put_le(&due, 1536, 8);
    tar_bytes(&due, "\3\2\1\0\0\0\0\0", 8);
    tar_bytes(&due, "\7a-b.bin", 8);
    tar_bytes(&due, "\x56\x34\x22\0\0\0\0\0", 8);
    tar_bytes(&due, "PP", 2);
    index_put_le(&due, 257 - 4 - payload - 4, 2);
    tar_fill_bytes(&due, 0, 257 - 4 - payload - 4);
    struct guarded field = encode(index);
    assert_int_equal(field.len, due.len);
    assert_memory_equal(field.data, due.data, due.len);
    guard_free(&field);
    assert_int_equal(assert_round_trip(index), 259);
    assert_int_equal(pv_gzip_index_end(index, 0), 0x123456);
    assert_int_equal(pv_gzip_index_end(index, 1), 0x223456);
    assert_int_equal(pv_gzip_index_end(index, 2), 0x223458);
    assert_int_equal(pv_gzip_index_tar_end(index, 0), 1536);
    assert_int_equal(pv_gzip_index_tar_end(index, 1), 1536 + 512 + 0x10400);
    assert_int_equal(pv_gzip_index_tar_end(index, 2), index->tar_len);
    tar_build_free(&due);
}

/* A subfield has 4 bytes at least: what lacks 1 to 3 bytes of a multiple gets 257 more. */
static void test_the_filler(void **state) {
    (void)state;
    bool whole = false, short_of_4 = false, of_header_only = false;
    for (size_t name_len = 1; name_len <= 255; name_len++) {
        size_t used = SUBFIELD_HEADER + FRAME + SEGMENT + name_len, missing = (257 - used % 257) % 257;
        size_t len = assert_round_trip(make(1, name_len));
        size_t filler = missing > 0 && missing < 4 ? missing + 257 : missing;
        assert_int_equal(len, XLEN_BYTES + used + filler);
        whole = whole || missing == 0;
        short_of_4 = short_of_4 || (missing > 0 && missing < 4);
        of_header_only = of_header_only || missing == 4;
    }
    assert_true(whole && short_of_4 && of_header_only);
}

/* ---------------------------------------------------------------- limits */

static void test_the_most_members(void **state) {
    (void)state;
    struct guarded field;
    static struct pv_gzip_index again;
    (void)assert_round_trip(make(PV_MAX_MEMBERS, 71));
    assert_int_equal(pv_gzip_index_len(make(PV_MAX_MEMBERS + 1, 0)), 0);
    field = encode(make(PV_MAX_MEMBERS, 1));
    uint8_t *count = (uint8_t *)field.data + XLEN_BYTES + SUBFIELD_HEADER + 2;
    assert_true(decode(&field, &again));
    count[0] = 1; /* 257 */
    assert_false(decode(&field, &again));
    guard_free(&field);
}

static void test_the_longest_name(void **state) {
    (void)state;
    (void)assert_round_trip(make(3, 255));
    assert_int_equal(pv_gzip_index_len(make(3, 256)), 0);
    struct guarded field = encode(make(1, 1));
    static struct pv_gzip_index again;
    assert_true(decode(&field, &again));
    guard_free(&field);
    field = encode(make(1, 0)); /* nothing has no name */
    assert_false(decode(&field, &again));
    guard_free(&field);
}

/* As many members as a header has room for, and one more. */
static void test_the_longest_header(void **state) {
    (void)state;
    size_t count = 1, len = 0;
    while (pv_gzip_index_len(make(count + 1, 255)) > 0)
        len = pv_gzip_index_len(make(++count, 255));
    assert_in_range(count, 200, PV_MAX_MEMBERS - 1);
    assert_true(len <= PV_MAX_GZIP_HEADER - PV_GZIP_FIXED);
    /* The same in names one byte shorter or longer, to the very step of 257. */
    struct pv_gzip_index *index = make(count, 255);
    assert_true(len + 257 > PV_MAX_GZIP_HEADER - PV_GZIP_FIXED);
    assert_int_equal(assert_round_trip(index), len);
}

static void test_the_longest_end(void **state) {
    (void)state;
    struct pv_gzip_index *index = make(2, 5);
    static struct pv_gzip_index again;
    index->tar_len += PV_MAX_TAIL;
    (void)assert_round_trip(index);
    index->tar_len++;
    struct guarded field = encode(index);
    assert_false(decode(&field, &again));
    guard_free(&field);
    index = make(2, 5);
    index->tar_len--;
    field = encode(index);
    assert_false(decode(&field, &again));
    guard_free(&field);
}

/* ---------------------------------------------------------------- one thing wrong */

typedef void (*wrong_fn)(struct pv_gzip_index *index);

static void first_at(struct pv_gzip_index *index) {
    index->segments[0].at = 1;
}
static void first_tar_at(struct pv_gzip_index *index) {
    index->segments[0].tar_at = 512;
}
static void second_at_equal(struct pv_gzip_index *index) {
    index->segments[1].at = 0;
}
static void second_at_behind_third(struct pv_gzip_index *index) {
    index->segments[1].at = 200;
}
static void second_tar_at_more(struct pv_gzip_index *index) {
    index->segments[1].tar_at++;
}
static void second_tar_at_less(struct pv_gzip_index *index) {
    index->segments[1].tar_at--;
}
static void third_at_beyond(struct pv_gzip_index *index) {
    index->segments[2].at = index->deflate_len + 1;
}
static void size_of_another_block(struct pv_gzip_index *index) {
    index->segments[1].size = 513;
}
static void size_of_no_block(struct pv_gzip_index *index) {
    index->segments[1].size = 0;
}
static void size_that_overflows(struct pv_gzip_index *index) {
    index->segments[2].size = UINT64_MAX;
}
static void size_that_wraps_to_0(struct pv_gzip_index *index) {
    index->segments[2].size = UINT64_MAX - 511;
}
static void end_before_third(struct pv_gzip_index *index) {
    index->end_at = 200;
}
static void end_at_the_end(struct pv_gzip_index *index) {
    index->end_at = index->deflate_len;
}
static void deflate_len_short(struct pv_gzip_index *index) {
    index->deflate_len = index->end_at;
}
static void deflate_len_huge(struct pv_gzip_index *index) {
    index->deflate_len = UINT64_MAX;
}
static void tar_len_short(struct pv_gzip_index *index) {
    index->tar_len -= 1025;
}
static void tar_len_huge(struct pv_gzip_index *index) {
    index->tar_len = UINT64_MAX;
}

static void test_contradictions(void **state) {
    (void)state;
    static const wrong_fn wrongs[] = {
        first_at,           first_tar_at,         second_at_equal,  second_at_behind_third, second_tar_at_more,
        second_tar_at_less, third_at_beyond,      size_of_no_block, size_of_another_block,  size_that_overflows,
        end_before_third,   size_that_wraps_to_0, end_at_the_end,   deflate_len_short,      deflate_len_huge,
        tar_len_short,      tar_len_huge,
    };
    static struct pv_gzip_index again;
    for (size_t i = 0; i < array_length(wrongs); i++) {
        struct pv_gzip_index *index = make(3, 7);
        (void)assert_round_trip(index);
        wrongs[i](index);
        struct guarded field = encode(index);
        if (decode(&field, &again))
            fail_msg("contradiction %zu is taken", i);
        guard_free(&field);
    }
}

/* What stands before the segments: every other value of each of its bytes. */
static void test_the_frame(void **state) {
    (void)state;
    static struct pv_gzip_index again;
    struct guarded field = encode(make(3, 7));
    uint8_t *bytes = field.data;
    /* 'P' 'I' LEN version flags count: an id that is another, a length, a version, flags, a count that does not fit. */
    for (size_t at = XLEN_BYTES; at < XLEN_BYTES + SUBFIELD_HEADER + 4; at++) {
        for (unsigned other = 1; other < 256; other++) {
            bytes[at] ^= (uint8_t)other;
            if (decode(&field, &again))
                fail_msg("byte %zu as %u is taken", at, (unsigned)bytes[at]);
            bytes[at] ^= (uint8_t)other;
        }
    }
    assert_true(decode(&field, &again));
    guard_free(&field);
    field = encode(make(1, 7));
    ((uint8_t *)field.data)[XLEN_BYTES + SUBFIELD_HEADER + 2] = 0; /* no members */
    assert_false(decode(&field, &again));
    guard_free(&field);
}

static void test_cut_at_each_byte(void **state) {
    (void)state;
    static struct pv_gzip_index again;
    struct guarded field = encode(make(2, 7));
    for (size_t len = 0; len < field.len - XLEN_BYTES; len++) {
        struct guarded cut = guard_copy((const uint8_t *)field.data + XLEN_BYTES, len);
        /* Between the subfields the field is whole, but for its filler. */
        bool whole = len == SUBFIELD_HEADER + FRAME + 2 * (SEGMENT + 7);
        assert_int_equal(pv_gzip_index_decode(cut.data, len, &again), whole);
        guard_free(&cut);
    }
    assert_true(decode(&field, &again));
    guard_free(&field);
    assert_false(pv_gzip_index_decode(NULL, 0, &again));
}

/* ---------------------------------------------------------------- subfields */

static void put_index(struct tar_build *out) {
    struct guarded field = encode(make(2, 7));
    tar_bytes(out, (const uint8_t *)field.data + XLEN_BYTES, field.len - XLEN_BYTES);
    guard_free(&field);
}

static bool takes(struct tar_build *field) {
    static struct pv_gzip_index again;
    struct guarded copy = guard_copy(field->data, field->len);
    bool taken = pv_gzip_index_decode(copy.data, copy.len, &again);
    guard_free(&copy);
    tar_build_free(field);
    return taken;
}

static void test_subfields(void **state) {
    (void)state;
    struct tar_build field = {0}, body = {0};
    tar_bytes(&body, "PI", 2);
    put_index(&field);
    assert_true(takes(&field));
    index_put_subfield(&field, "RA", &body);
    put_index(&field);
    index_put_subfield(&field, "ip", &body);
    assert_true(takes(&field));
    put_index(&field);
    put_index(&field);
    assert_false(takes(&field));
    index_put_subfield(&field, "PI", &body);
    put_index(&field);
    assert_false(takes(&field));
    put_index(&field);
    tar_bytes(&field, "RA\1\0", 4); /* a byte that is not there */
    assert_false(takes(&field));
    put_index(&field);
    tar_bytes(&field, "R", 1);
    assert_false(takes(&field));
    index_put_subfield(&field, "RA", &body);
    assert_false(takes(&field));
    tar_build_free(&body);
}

/* A payload that goes on behind its last field. */
static void test_a_longer_payload(void **state) {
    (void)state;
    struct tar_build field = {0}, payload = {0};
    struct guarded good = encode(make(2, 7));
    size_t len = FRAME + 2 * (SEGMENT + 7);
    tar_bytes(&payload, (const uint8_t *)good.data + XLEN_BYTES + SUBFIELD_HEADER, len);
    index_put_subfield(&field, "PI", &payload);
    assert_true(takes(&field));
    tar_fill_bytes(&payload, 0, 1);
    index_put_subfield(&field, "PI", &payload);
    assert_false(takes(&field));
    tar_build_free(&payload);
    guard_free(&good);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_bytes_of_a_small_one), cmocka_unit_test(test_the_filler),
        cmocka_unit_test(test_the_most_members),         cmocka_unit_test(test_the_longest_name),
        cmocka_unit_test(test_the_longest_header),       cmocka_unit_test(test_the_longest_end),
        cmocka_unit_test(test_contradictions),           cmocka_unit_test(test_the_frame),
        cmocka_unit_test(test_cut_at_each_byte),         cmocka_unit_test(test_subfields),
        cmocka_unit_test(test_a_longer_payload),
    };
    return cmocka_run_group_tests_name("gzip_index", tests, NULL, NULL);
}
