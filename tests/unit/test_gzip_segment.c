/* Tests of gzip/gzip_segment: bytes and end of one segment, and each way in which it may not be what was promised. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/index.h"

#include "internal.h"

#include "gzip/gzip_segment.h"
#include "support/gzip.h"

enum { BEFORE = 100, BEHIND = 50, BODY = 70000, PADDING = 444 };

/* A file in which one segment lies between bytes that are not its own. */
struct place {
    struct tar_build content, file; /* what it decodes to; and where it lies */
    struct pv_source *source, *segment;
    struct pv_gzip_crc crc;
    struct pv_gzip_extent extent;
};

static struct pv_buf noise;

static int make_noise(void **state) {
    (void)state;
    noise = empty_bytes();
    add_content(&noise, NOISE, BODY);
    return 0;
}

static int drop_noise(void **state) {
    (void)state;
    pv_buf_release(&noise);
    return 0;
}

/* With `body_len` bytes and zeros behind them. */
static struct place place_of(size_t body_len, size_t padding, bool is_final, index_pack_fn pack) {
    struct place place = {.extent = {.len = body_len, .padding = padding, .is_final = is_final}};
    tar_bytes(&place.content, noise.data, body_len);
    tar_fill_bytes(&place.content, 0, padding);
    tar_fill_bytes(&place.file, 0xa5, BEFORE);
    pack(&place.file, NULL, place.content.data, place.content.len, is_final);
    place.extent.from = BEFORE;
    place.extent.to = place.file.len;
    tar_fill_bytes(&place.file, 0x5a, BEHIND);
    return place;
}

static void place_free(struct place *place) {
    pv_source_free(place->segment);
    pv_source_free(place->source);
    tar_build_free(&place->content);
    tar_build_free(&place->file);
}

static enum provar_result read_place(struct place *place, size_t chunk, struct pv_buf *out, struct provar_error *err) {
    place->crc = (struct pv_gzip_crc){0};
    place->extent.crc = &place->crc;
    if (place->source == NULL) {
        assert_ok(pv_source_memory(place->file.data, place->file.len, &place->source, NULL));
        assert_ok(pv_gzip_segment_new(place->source, 1, &place->segment, NULL));
    }
    pv_gzip_segment_begin(place->segment, &place->extent);
    return read_all(place->segment, chunk, out, err);
}

static void assert_good(struct place *place) {
    static const size_t chunks[] = {1, 511, 4096, 2 * BODY};
    for (size_t i = place->content.len > 5000; i < array_length(chunks); i++) {
        PV_AUTO_BUF struct pv_buf out = empty_bytes();
        struct provar_error err = {0};
        if (read_place(place, chunks[i], &out, &err) != PROVAR_OK)
            fail_msg("%s", err.message);
        assert_int_equal(out.len, place->extent.len);
        assert_true(pv_bytes_equal(out.data, place->content.data, out.len));
        assert_true(place->crc.known);
        assert_int_equal(place->crc.crc, crc32(0, place->content.data, (uInt)place->content.len));
    }
    place_free(place);
}

/* Fails with PROVAR_E_GZIP, says so, and leaves no CRC. */
static void assert_bad(struct place *place, const char *says) {
    PV_AUTO_BUF struct pv_buf out = empty_bytes();
    struct provar_error err = {0};
    assert_int_equal(read_place(place, 4096, &out, &err), PROVAR_E_GZIP);
    assert_int_equal(err.code, PROVAR_E_GZIP);
    if (strstr(err.message, says) == NULL)
        fail_msg("'%s' in place of '%s'", err.message, says);
    assert_false(place->crc.known);
    place_free(place);
}

static struct place usual_place(bool is_final) {
    return place_of(BODY, PADDING, is_final, index_pack_apart);
}

/* ---------------------------------------------------------------- as promised */

static void test_segments(void **state) {
    (void)state;
    static const size_t lens[] = {1, 511, 512, 513, BODY};
    for (size_t i = 0; i < array_length(lens); i++)
        for (int is_final = 0; is_final < 2; is_final++)
            for (size_t padding = 0; padding < 1025; padding += 512) {
                struct place place = place_of(lens[i], padding, is_final, index_pack_apart);
                assert_good(&place);
            }
}

static void test_it_begins_again(void **state) {
    (void)state;
    struct place place = usual_place(false);
    PV_AUTO_BUF struct pv_buf out = empty_bytes();
    uint8_t piece[1000];
    size_t len;
    assert_ok(read_place(&place, 4096, &out, NULL));
    pv_gzip_segment_begin(place.segment, &place.extent);
    assert_ok(pv_source_read(place.segment, piece, sizeof piece, &len, NULL));
    assert_int_equal(len, sizeof piece);
    assert_good(&place);
}

static void test_nowhere_before_it_begins(void **state) {
    (void)state;
    struct place place = usual_place(false);
    uint8_t byte;
    size_t len = 77;
    assert_ok(pv_source_memory(place.file.data, place.file.len, &place.source, NULL));
    assert_ok(pv_gzip_segment_new(place.source, 1, &place.segment, NULL));
    assert_ok(place.segment->ops->read(place.segment, &byte, 1, &len, NULL));
    assert_int_equal(len, 0);
    place_free(&place);
}

/* What was read of it says nothing before its end was. */
static void test_no_crc_before_the_end(void **state) {
    (void)state;
    struct place place = usual_place(false);
    PV_AUTO_FREE uint8_t *body = malloc(BODY + 1);
    PV_AUTO_BUF struct pv_buf out = empty_bytes();
    size_t len;
    assert_ok(read_place(&place, 4096, &out, NULL));
    place.crc.known = false;
    pv_gzip_segment_begin(place.segment, &place.extent);
    assert_ok(pv_source_read(place.segment, body, BODY, &len, NULL));
    assert_int_equal(len, BODY);
    assert_false(place.crc.known);
    assert_ok(pv_source_read(place.segment, body, 1, &len, NULL));
    assert_int_equal(len, 0);
    assert_true(place.crc.known);
    place_free(&place);
}

/* ---------------------------------------------------------------- how much is read */

struct counting {
    struct pv_source head;
    struct pv_source *inner;
    size_t served;
};

static enum provar_result count_read_at(struct pv_source *source, void *buf, size_t cap, uint64_t offset, size_t *len,
                                        struct provar_error *err) {
    struct counting *counting = (struct counting *)source;
    enum provar_result result = counting->inner->ops->read_at(counting->inner, buf, cap, offset, len, err);
    counting->served += *len;
    return result;
}

static void read_some(struct pv_source *segment, size_t len) {
    uint8_t piece[4096];
    size_t got;
    assert_true(len <= sizeof piece);
    assert_ok(pv_source_read(segment, piece, len, &got, NULL));
    assert_int_equal(got, len);
}

/* The front needs the front of the file; and no more of it is read while the decoder still holds bytes. */
static void test_a_front_is_cheap(void **state) {
    (void)state;
    static const struct pv_source_ops ops = {.read_at = count_read_at};
    struct place place = usual_place(false);
    PV_AUTO_BUF struct pv_buf rest = empty_bytes();
    assert_ok(pv_source_memory(place.file.data, place.file.len, &place.source, NULL));
    struct counting counting = {.head = {.ops = &ops}, .inner = place.source};
    assert_ok(pv_gzip_segment_new(&counting.head, 1, &place.segment, NULL));
    place.extent.crc = &place.crc;
    pv_gzip_segment_begin(place.segment, &place.extent);
    read_some(place.segment, 512);
    assert_int_equal(counting.served, 4096);
    read_some(place.segment, 3500);
    assert_int_equal(counting.served, 4096);
    read_some(place.segment, 4096);
    assert_int_equal(counting.served, 8192);
    assert_ok(read_all(place.segment, 4096, &rest, NULL));
    assert_int_equal(rest.len, BODY - 512 - 3500 - 4096);
    assert_true(place.crc.known);
    place_free(&place);
}

/* ---------------------------------------------------------------- not as promised */

static void test_another_length(void **state) {
    (void)state;
    struct place place = usual_place(false);
    place.extent.len++;
    place.extent.padding--;
    assert_good(&place); /* a zero is given out, no more: the sum is right */
    place = usual_place(false);
    place.extent.padding++;
    assert_bad(&place, "shorter");
    place = usual_place(false);
    place.extent.padding--;
    assert_bad(&place, "longer");
    place = usual_place(false);
    place.extent.len += PADDING + 1;
    place.extent.padding = 0;
    assert_bad(&place, "shorter");
    place = usual_place(false);
    place.extent.len--;
    place.extent.padding++;
    assert_bad(&place, "padding is not zero");
}

static void test_another_place(void **state) {
    (void)state;
    for (int is_final = 0; is_final < 2; is_final++) {
        struct place place = usual_place(is_final);
        place.extent.to--;
        assert_bad(&place, "");
        place = usual_place(is_final);
        place.extent.to++;
        assert_bad(&place, "");
        place = usual_place(is_final);
        place.extent.from++;
        assert_bad(&place, "");
        place = usual_place(is_final);
        place.extent.to = place.file.len + 1;
        assert_bad(&place, "");
    }
}

/* With nothing but the end of the file behind it, the file must not be read beyond. */
static void test_beyond_the_file(void **state) {
    (void)state;
    struct place place = usual_place(false);
    place.file.len -= BEHIND;
    place.extent.to++;
    assert_bad(&place, "beyond the end of the file");
}

static void test_final_or_not(void **state) {
    (void)state;
    struct place place = usual_place(false);
    place.extent.is_final = true;
    assert_bad(&place, "ends elsewhere");
    place = usual_place(true);
    place.extent.is_final = false;
    assert_bad(&place, "ends elsewhere");
}

static void pack_behind_history(struct tar_build *out, z_stream *shared, const uint8_t *data, size_t len,
                                bool is_last) {
    struct tar_build before = {0};
    z_stream stream;
    (void)shared;
    index_stream(&stream, Z_DEFAULT_STRATEGY);
    index_deflate(&before, &stream, data, len, Z_SYNC_FLUSH);
    index_deflate(out, &stream, data, len, is_last ? Z_FINISH : Z_SYNC_FLUSH);
    (void)deflateEnd(&stream);
    tar_build_free(&before);
}

/* It refers to what was there before, which another segment has left in the decoder. */
static void test_history(void **state) {
    (void)state;
    struct place place = place_of(1000, 24, false, pack_behind_history);
    struct place good = place_of(1000, 24, false, index_pack_apart);
    PV_AUTO_BUF struct pv_buf out = empty_bytes();
    struct pv_gzip_crc crc = {0};
    good.extent.crc = &crc;
    assert_ok(pv_source_memory(place.file.data, place.file.len, &place.source, NULL));
    assert_ok(pv_gzip_segment_new(place.source, 1, &place.segment, NULL));
    assert_ok(pv_source_memory(good.file.data, good.file.len, &good.source, NULL));
    assert_ok(pv_gzip_segment_new(good.source, 1, &good.segment, NULL));
    pv_gzip_segment_begin(good.segment, &good.extent);
    assert_ok(read_all(good.segment, 4096, &out, NULL));
    place_free(&good);
    assert_bad(&place, "does not decode by itself");
}

/* One stored block, whose last bytes are those of an empty one. */
static void pack_false_end(struct tar_build *out, z_stream *shared, const uint8_t *data, size_t len, bool is_last) {
    (void)shared;
    tar_fill_bytes(out, is_last, 1);
    index_put_le(out, len, 2);
    index_put_le(out, ~len & 0xffff, 2);
    tar_bytes(out, data, len);
}

static void test_the_last_block(void **state) {
    (void)state;
    struct place place = place_of(500, 12, false, pack_false_end);
    assert_bad(&place, "empty stored block");
    place = place_of(500, 12, true, pack_false_end); /* a final block may be of any kind */
    assert_good(&place);
    place = usual_place(false);
    place.file.data[place.extent.to - 1] ^= 1; /* NLEN */
    assert_bad(&place, "");
}

/* Bytes of an empty stored block at the end of data that stops inside of a block. */
static void test_an_end_inside_of_a_block(void **state) {
    (void)state;
    struct place place = {.extent = {.len = 4}};
    tar_fill_bytes(&place.file, 0xa5, BEFORE);
    tar_bytes(&place.file, "\0\x10\0\xef\xff", 5); /* stored, 16 bytes, of which 4 are there */
    tar_bytes(&place.file, index_stored, 4);
    tar_bytes(&place.content, index_stored, 4);
    place.extent.from = BEFORE;
    place.extent.to = place.file.len;
    assert_bad(&place, "empty stored block");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_segments),
        cmocka_unit_test(test_it_begins_again),
        cmocka_unit_test(test_nowhere_before_it_begins),
        cmocka_unit_test(test_no_crc_before_the_end),
        cmocka_unit_test(test_a_front_is_cheap),
        cmocka_unit_test(test_another_length),
        cmocka_unit_test(test_another_place),
        cmocka_unit_test(test_beyond_the_file),
        cmocka_unit_test(test_final_or_not),
        cmocka_unit_test(test_history),
        cmocka_unit_test(test_the_last_block),
        cmocka_unit_test(test_an_end_inside_of_a_block),
    };
    return cmocka_run_group_tests_name("gzip_segment", tests, make_noise, drop_noise);
}
