/* Whatever the deflate data and the tar stream of an indexed archive hold, the verdict is the one without the index. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/index_lies.h"

/* ---------------------------------------------------------------- the tar stream inside */

/* Nothing but what a test has changed in the tar stream; the index is truthful. */
static void assert_tar(const struct lie *lie, const struct tar_build *tar) {
    struct index_file file = index_of(tar);
    assert_lie(lie, &file);
    index_free(&file);
}

static void forget_second(struct index_file *file) {
    memmove(&file->segments[SECOND], &file->segments[SECOND + 1],
            (file->count - SECOND - 1) * sizeof file->segments[0]);
    file->count--;
}

enum { HIDDEN_LEN = 2 * TAR_BLOCK };

/* A member behind the first target, in its segment, which the index leaves out; the length of the whole agrees. */
static void leave_out(struct index_file *file) {
    forget_second(file);
    for (size_t i = SECOND; i < file->count; i++)
        file->segments[i].tar_at -= HIDDEN_LEN;
    file->tar_len -= HIDDEN_LEN;
    file->isize -= HIDDEN_LEN;
}

/* The same, made up for by the body behind it. */
static void leave_out_and_stretch(struct index_file *file) {
    forget_second(file);
    file->segments[SECOND].tar_at -= HIDDEN_LEN;
    file->segments[SECOND].size += HIDDEN_LEN;
}

/* The same, made up for by the end blocks. */
static void leave_out_and_end_later(struct index_file *file) {
    forget_second(file);
    file->segments[SECOND].tar_at -= HIDDEN_LEN;
}

/* The same, counted into the body before it. */
static void count_as_one(struct index_file *file) {
    forget_second(file);
    file->segments[FIRST].size = file->segments[SECOND].tar_at - file->segments[FIRST].tar_at - TAR_BLOCK;
}

/* A member that the claims do not list, between the first target and the second. */
static struct tar_build tar_with_hidden(const char *name) {
    struct tar_build tar = tar_of_bodies(), changed = {0};
    struct index_file file = index_of(&tar);
    size_t cut = (size_t)file.segments[SECOND].tar_at;
    tar_bytes(&changed, tar.data, cut);
    tar_add_file(&changed, name, "hidden");
    tar_bytes(&changed, tar.data + cut, tar.len - cut);
    index_free(&file);
    tar_build_free(&tar);
    return changed;
}

static void assert_hidden(const char *name, const struct lie *cases, size_t count) {
    struct tar_build tar = tar_with_hidden(name);
    for (size_t i = 0; i < count; i++)
        assert_tar(&cases[i], &tar);
    tar_build_free(&tar);
}

static void test_a_hidden_member(void **state) {
    (void)state;
    static const struct lie unlisted[] = {
        {"seen", index_tells_the_truth, PROVAR_E_ENTRY, true, false},
        {"left out", leave_out, PROVAR_E_GZIP, true, true},
        {"made up for by a body", leave_out_and_stretch, PROVAR_E_ENTRY, false, false},
        {"made up for by the end", leave_out_and_end_later, PROVAR_E_ENTRY, false, false},
        {"counted as one", count_as_one, PROVAR_E_ENTRY, false, false},
    };
    /* A look refuses a second member of one name by itself. */
    static const struct lie same_name[] = {
        {"seen twice", index_tells_the_truth, PROVAR_E_ENTRY, false, false},
        {"left out once", leave_out, PROVAR_E_GZIP, true, true},
        {"two counted as one", count_as_one, PROVAR_E_ENTRY, false, false},
    };
    assert_hidden("mips-linux.bin", unlisted, array_length(unlisted));
    assert_hidden("x86_64-linux.bin", same_name, array_length(same_name));
}

static void test_padding_that_is_not_zero(void **state) {
    (void)state;
    static const struct lie padding = {"padding", index_tells_the_truth, PROVAR_OK, true, true};
    struct tar_build tar = tar_of_bodies();
    tar.data[tar.len - 2 * TAR_BLOCK - 1] = 'p'; /* the last byte of the last body's padding */
    assert_tar(&padding, &tar);
    tar_build_free(&tar);
}

static void test_an_altered_body(void **state) {
    (void)state;
    static const struct lie altered = {"altered", index_tells_the_truth, PROVAR_E_DIGEST, true, false};
    static const struct lie forged = {"forged", index_tells_the_truth, PROVAR_E_SIGNATURE, true, false};
    struct tar_build tar = tar_of_bodies();
    tar.data[tar.len - 4 * TAR_BLOCK] ^= 1;
    assert_tar(&altered, &tar);
    tar_build_free(&tar);
    struct recipe recipe = {.bodies = bodies, .count = array_length(bodies), .forged = true};
    tar = archive_of(&recipe);
    assert_tar(&forged, &tar);
    tar_build_free(&tar);
}

/* An extension header has a segment of its own, or is in its member's: the index knows no such member. */
static void test_extension_headers(void **state) {
    (void)state;
    static const struct lie as_it_is = {"extension", index_tells_the_truth, PROVAR_OK, true, false};
    struct recipe recipe = {.bodies = bodies, .count = array_length(bodies)};
    struct tar_build tar = {0};
    put_token_member(&tar, &recipe);
    tar_add_pax(&tar, 'x', "path", "world.wasm");
    put_bodies(&tar, &recipe);
    tar_add_end(&tar);
    assert_tar(&as_it_is, &tar);
    tar_build_free(&tar);
}

/* ---------------------------------------------------------------- deflate data */

static void pack_with(int strategy, int flush, struct tar_build *out, const uint8_t *data, size_t len) {
    z_stream stream;
    index_stream(&stream, strategy);
    index_deflate(out, &stream, data, len, flush);
    (void)deflateEnd(&stream);
}

/* One block of fixed codes that is not the final one, and no stored block behind it: its last bits are zeros up to the
 * byte, which the next segment's first bits would be added to. Alone, both inflate. */
static void pack_open(struct tar_build *out, z_stream *shared, const uint8_t *data, size_t len, bool is_last) {
    size_t start = out->len;
    (void)shared;
    pack_with(Z_FIXED, Z_FINISH, out, data, len);
    if (!is_last)
        out->data[start] &= 0xfe; /* BFINAL */
}

static void pack_final(struct tar_build *out, z_stream *shared, const uint8_t *data, size_t len, bool is_last) {
    (void)shared;
    (void)is_last;
    pack_with(Z_DEFAULT_STRATEGY, Z_FINISH, out, data, len);
}

/* The end blocks, but not the final block. */
static void pack_not_final(struct tar_build *out, z_stream *shared, const uint8_t *data, size_t len, bool is_last) {
    (void)shared;
    (void)is_last;
    pack_with(Z_DEFAULT_STRATEGY, Z_FULL_FLUSH, out, data, len);
}

/* Stored, with an empty stored block behind it that looks like the end of a segment, and is. */
static void pack_stored(struct tar_build *out, z_stream *shared, const uint8_t *data, size_t len, bool is_last) {
    (void)shared;
    (void)is_last;
    tar_bytes(out, "", 1);
    index_put_le(out, len, 2);
    index_put_le(out, ~len & 0xffff, 2);
    tar_bytes(out, data, len);
}

/* The bytes of an empty stored block at the end, but inside of a stored block's data: of the padding and what is
 * behind.
 */
static void pack_false_end(struct tar_build *out, z_stream *shared, const uint8_t *data, size_t len, bool is_last) {
    pack_stored(out, shared, data, len - 4, is_last);
    tar_bytes(out, "\0\4\0\xfb\xff", 5);
    tar_bytes(out, data + len - 4, 4);
}

static void pack_longer(struct tar_build *out, z_stream *shared, const uint8_t *data, size_t len, bool is_last) {
    struct tar_build more = {0};
    tar_bytes(&more, data, len);
    tar_fill_bytes(&more, 0, 1);
    index_pack_apart(out, shared, more.data, more.len, is_last);
    tar_build_free(&more);
}

static void pack_shorter(struct tar_build *out, z_stream *shared, const uint8_t *data, size_t len, bool is_last) {
    index_pack_apart(out, shared, data, len - 1, is_last);
}

static void assert_packed(const char *name, size_t which, index_pack_fn odd, enum provar_result check, bool used,
                          bool unseen) {
    const struct lie lie = {name, index_tells_the_truth, check, used, unseen};
    struct tar_build tar = tar_of_bodies();
    struct index_file file = index_of_tar(&tar, index_pack_apart, which, odd);
    assert_lie(&lie, &file);
    index_free(&file);
    tar_build_free(&tar);
}

static void test_segments_that_do_not_stand_alone(void **state) {
    (void)state;
    static const struct lie history = {"history", index_tells_the_truth, PROVAR_OK, false, false};
    struct tar_build tar = tar_of_bodies();
    struct index_file file = index_of_tar(&tar, index_pack_with_history, SIZE_MAX, NULL);
    assert_lie(&history, &file);
    index_free(&file);
    tar_build_free(&tar);
}

static void test_ends_of_segments(void **state) {
    (void)state;
    assert_packed("an early final block", FIRST, pack_final, PROVAR_E_GZIP, true, true);
    assert_packed("no final block", END, pack_not_final, PROVAR_E_GZIP, false, false);
    assert_packed("no empty stored block", FIRST, pack_stored, PROVAR_OK, true, false);
    assert_packed("bytes like one", FIRST, pack_false_end, PROVAR_OK, true, false);
    assert_packed("a segment longer", FIRST, pack_longer, ANY_FAILURE, true, true);
    assert_packed("a segment shorter", FIRST, pack_shorter, ANY_FAILURE, true, true);
    assert_packed("a stored end", END, index_pack_apart, PROVAR_OK, true, false);
}

/* Bits of the last byte behind the block that packed data ends with. */
static int bits_left(const uint8_t *packed, size_t len) {
    static uint8_t out[10000];
    z_stream stream = {0};
    assert_int_equal(inflateInit2(&stream, -15), Z_OK);
    stream.next_in = (uint8_t *)(uintptr_t)packed;
    stream.avail_in = (uInt)len;
    stream.next_out = out;
    stream.avail_out = sizeof out;
    for (int status = Z_OK; status == Z_OK && (stream.total_out == 0 || (stream.data_type & 128) == 0);)
        status = inflate(&stream, Z_BLOCK);
    int left = stream.data_type & 7;
    (void)inflateEnd(&stream);
    return left;
}

/* Two segments that both inflate alone: one behind the other they do only where no bit is left between them. */
static void test_bits_left_between_segments(void **state) {
    (void)state;
    static const struct lie good = {"no bits left", index_tells_the_truth, PROVAR_OK, true, false};
    static const struct lie bad = {"bits left", index_tells_the_truth, ANY_FAILURE, true, true};
    unsigned seen = 0;
    struct body changed[] = {bodies[0], bodies[1], bodies[2]};
    struct recipe recipe = {.bodies = changed, .count = array_length(changed)};
    for (size_t i = 0; i < 1000 && seen != 0xff; i++) {
        changed[1].len = bodies[1].len - i;
        struct tar_build tar = archive_of(&recipe);
        struct index_file file = index_of_tar(&tar, index_pack_apart, FIRST, pack_open);
        size_t at = (size_t)file.segments[FIRST].at;
        int left = bits_left(file.deflate.data + at, (size_t)index_end(&file, FIRST) - at);
        body_lens[FIRST] = changed[1].len;
        if ((seen & 1U << left) == 0)
            assert_lie(left == 0 ? &good : &bad, &file);
        seen |= 1U << left;
        index_free(&file);
        tar_build_free(&tar);
    }
    body_lens[FIRST] = bodies[1].len;
    assert_int_equal(seen, 0xff);
}

/* One bit of the deflate data, anywhere. */
static void test_damage_anywhere(void **state) {
    (void)state;
    struct tar_build tar = tar_of_bodies();
    struct index_file file = index_of(&tar);
    size_t refused = 0, places = 0;
    for (size_t i = 0; i < file.deflate.len; i += 1 + i / 50, places++) {
        struct verdict with, without;
        file.deflate.data[i] ^= (uint8_t)(1U << i % 8);
        struct tar_build bytes = index_write(&file);
        judge(&bytes, PROVAR_OPEN_NO_INDEX, 1, CHECK, &without);
        judge(&bytes, 0, 2, CHECK, &with);
        refused += without.result != PROVAR_OK;
        assert_same_verdict("one bit", &with, &without);
        file.deflate.data[i] ^= (uint8_t)(1U << i % 8);
        tar_build_free(&bytes);
    }
    assert_true(refused > places * 9 / 10); /* a few bits mean nothing: those up to a byte */
    index_free(&file);
    tar_build_free(&tar);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_hidden_member),
        cmocka_unit_test(test_padding_that_is_not_zero),
        cmocka_unit_test(test_an_altered_body),
        cmocka_unit_test(test_extension_headers),
        cmocka_unit_test(test_segments_that_do_not_stand_alone),
        cmocka_unit_test(test_ends_of_segments),
        cmocka_unit_test(test_bits_left_between_segments),
        cmocka_unit_test(test_damage_anywhere),
    };
    return cmocka_run_group_tests(tests, fill_bodies, NULL);
}
