/* Tests of gzip/gzip_indexed: the tar stream as gunzip gives it, from any place on, in parts, and judged as a whole. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/index.h"

#include "internal.h"

#include "gzip/gunzip.h"
#include "gzip/gzip_indexed.h"
#include "support/gzip.h"

enum { BODIES = 5 };
static const size_t lens[BODIES] = {700, 0, 512, 150000, 1};

/* A tar stream, an indexed file of it, and both opened. */
struct opened {
    struct tar_build tar, bytes;
    struct index_file file;
    struct pv_source *raw, *source;
};

static struct opened *make(void) {
    static struct opened opened;
    struct pv_buf noise = empty_bytes();
    opened = (struct opened){0};
    add_content(&noise, NOISE, 150000);
    for (size_t i = 0; i < BODIES; i++) {
        char name[8];
        (void)snprintf(name, sizeof name, "m%zu", i);
        tar_add_member(&opened.tar, TAR_USTAR, name, '0', noise.data, lens[i]);
    }
    tar_add_end(&opened.tar);
    opened.file = index_of(&opened.tar);
    pv_buf_release(&noise);
    return &opened;
}

static void open_with_limit(struct opened *opened, uint64_t max_file) {
    opened->bytes = index_write(&opened->file);
    assert_ok(pv_source_memory(opened->bytes.data, opened->bytes.len, &opened->raw, NULL));
    opened->source = (struct pv_source *)(uintptr_t)1;
    assert_ok(pv_gzip_indexed_new(opened->raw, max_file, &opened->source, NULL));
}

static struct opened *make_open(void) {
    struct opened *opened = make();
    open_with_limit(opened, PV_MAX_FILE_SIZE);
    assert_non_null(opened->source);
    return opened;
}

static void drop(struct opened *opened) {
    pv_source_free(opened->source);
    pv_source_free(opened->raw);
    tar_build_free(&opened->tar);
    tar_build_free(&opened->bytes);
    index_free(&opened->file);
}

/* ---------------------------------------------------------------- the stream */

static void test_the_whole_stream(void **state) {
    (void)state;
    static const size_t chunks[] = {100, 512, 4096, PV_MIB};
    struct opened *opened = make_open();
    for (size_t i = 0; i < array_length(chunks); i++) {
        PV_AUTO_BUF struct pv_buf out = empty_bytes();
        struct provar_error err = {0};
        if (read_all(opened->source, chunks[i], &out, &err) != PROVAR_OK)
            fail_msg("%s", err.message);
        assert_int_equal(out.len, opened->tar.len);
        assert_true(pv_bytes_equal(out.data, opened->tar.data, out.len));
        assert_ok(pv_source_rewind(opened->source, NULL));
    }
    drop(opened);
}

static void test_skips(void **state) {
    (void)state;
    struct opened *opened = make_open();
    uint8_t buf[700];
    for (uint64_t step = 1; step < opened->tar.len; step = step * 3 + 7) {
        uint64_t at = 0, skipped;
        assert_ok(pv_source_rewind(opened->source, NULL));
        while (at < opened->tar.len) {
            size_t len;
            assert_ok(pv_source_skip(opened->source, step, &skipped, NULL));
            at += skipped;
            assert_ok(pv_source_read(opened->source, buf, sizeof buf, &len, NULL));
            assert_true(pv_bytes_equal(buf, opened->tar.data + at, len));
            at += len;
        }
        assert_int_equal(at, opened->tar.len);
        assert_ok(pv_source_skip(opened->source, 1, &skipped, NULL));
        assert_int_equal(skipped, 0);
    }
    drop(opened);
}

/* Nothing is decoded of what is moved over, however damaged it is. */
static void test_a_body_that_is_skipped_is_not_read(void **state) {
    (void)state;
    struct opened *opened = make();
    uint8_t header[TAR_BLOCK];
    size_t len;
    uint64_t skipped, last = opened->file.segments[4].tar_at;
    memset(opened->file.deflate.data + opened->file.segments[3].at + 1000, 0xff, 1000);
    open_with_limit(opened, PV_MAX_FILE_SIZE);
    assert_ok(pv_source_skip(opened->source, last, &skipped, NULL));
    assert_ok(pv_source_read(opened->source, header, sizeof header, &len, NULL));
    assert_memory_equal(header, opened->tar.data + last, sizeof header);
    drop(opened);
}

/* The end is told only when the final block was seen there. */
static void test_the_end_must_be_final(void **state) {
    (void)state;
    struct opened *opened = make();
    uint64_t skipped;
    uint8_t byte;
    size_t len = 77;
    struct provar_error err = {0};
    opened->file.deflate.data[opened->file.end_at] &= 0xfe; /* BFINAL */
    open_with_limit(opened, PV_MAX_FILE_SIZE);
    assert_ok(pv_source_skip(opened->source, opened->tar.len, &skipped, NULL));
    assert_int_equal(pv_source_read(opened->source, &byte, 1, &len, &err), PROVAR_E_GZIP);
    assert_int_equal(err.code, PROVAR_E_GZIP);
    drop(opened);
}

/* ---------------------------------------------------------------- what is opened */

static bool opens(struct opened *opened) {
    open_with_limit(opened, PV_MAX_FILE_SIZE);
    bool open = opened->source != NULL;
    drop(opened);
    return open;
}

static void test_which_files_have_an_index(void **state) {
    (void)state;
    struct opened *opened = make();
    assert_true(opens(opened));
    opened = make();
    opened->file.header_flags = 0;
    assert_false(opens(opened));
    opened = make();
    opened->file.header_flags |= GZIP_FNAME;
    assert_false(opens(opened));
    opened = make();
    opened->file.isize++;
    assert_false(opens(opened));
    opened = make();
    opened->file.deflate_len++; /* of the index, not of the file */
    assert_false(opens(opened));
    opened = make();
    tar_fill_bytes(&opened->file.after, 0, 1);
    assert_false(opens(opened));
    opened = make();
    opened->file.segments[2].tar_at++;
    assert_false(opens(opened));
}

static void test_the_limit_of_the_file(void **state) {
    (void)state;
    struct opened *opened = make();
    struct tar_build bytes = index_write(&opened->file);
    uint64_t len = bytes.len;
    tar_build_free(&bytes);
    open_with_limit(opened, len);
    assert_non_null(opened->source);
    drop(opened);
    opened = make();
    open_with_limit(opened, len - 1);
    assert_null(opened->source);
    drop(opened);
}

static void test_files_that_are_too_short(void **state) {
    (void)state;
    struct opened *opened = make();
    opened->bytes = index_write(&opened->file);
    for (size_t len = 0; len<opened->bytes.len; len += len> 600 ? 778 : 1) {
        PV_AUTO_SOURCE struct pv_source *raw = NULL;
        PV_AUTO_SOURCE struct pv_source *source = NULL;
        assert_ok(pv_source_memory(opened->bytes.data, len, &raw, NULL));
        assert_ok(pv_gzip_indexed_new(raw, PV_MAX_FILE_SIZE, &source, NULL));
        assert_null(source);
    }
    drop(opened);
}

/* A source that cannot be read by offset by several threads has none. */
static void test_a_source_without_parts(void **state) {
    (void)state;
    struct opened *opened = make();
    PV_AUTO_BUF struct pv_buf copy = empty_bytes();
    PV_AUTO_SOURCE struct pv_source *source = NULL;
    opened->bytes = index_write(&opened->file);
    add(&copy, opened->bytes.data, opened->bytes.len);
    struct trickle trickle = trickle_of(&copy, 100);
    assert_ok(pv_gzip_indexed_new(&trickle.base, PV_MAX_FILE_SIZE, &source, NULL));
    assert_null(source);
    drop(opened);
}

/* ---------------------------------------------------------------- parts */

static struct pv_source *part_of(struct opened *opened) {
    struct pv_source *part = NULL;
    assert_ok(opened->source->ops->part(opened->source, 1, &part, NULL));
    return part;
}

static enum provar_result read_part(struct opened *opened, struct pv_source *part, size_t i, struct pv_buf *out) {
    enum provar_result result =
        pv_source_select(part, opened->file.segments[i].tar_at, TAR_BLOCK + opened->file.segments[i].size, NULL);
    return result == PROVAR_OK ? read_all(part, 4096, out, NULL) : result;
}

static void test_parts(void **state) {
    (void)state;
    struct opened *opened = make_open();
    PV_AUTO_SOURCE struct pv_source *one = part_of(opened);
    PV_AUTO_SOURCE struct pv_source *other = part_of(opened);
    for (size_t i = BODIES; i-- > 0;) {
        PV_AUTO_BUF struct pv_buf out = empty_bytes();
        assert_ok(read_part(opened, i % 2 ? one : other, i, &out));
        assert_int_equal(out.len, TAR_BLOCK + lens[i]);
        assert_true(pv_bytes_equal(out.data, opened->tar.data + opened->file.segments[i].tar_at, out.len));
    }
    pv_source_free(one);
    pv_source_free(other);
    one = other = NULL;
    drop(opened);
}

static void assert_no_part(struct pv_source *part, uint64_t offset, uint64_t len) {
    struct provar_error err = {0};
    assert_fails(pv_source_select(part, offset, len, &err), PROVAR_E_GZIP, err, offset);
}

static void test_parts_that_the_index_does_not_know(void **state) {
    (void)state;
    struct opened *opened = make_open();
    struct pv_source *part = part_of(opened);
    uint64_t at = opened->file.segments[2].tar_at;
    assert_ok(pv_source_select(part, at, TAR_BLOCK + 512, NULL));
    assert_no_part(part, at, TAR_BLOCK + 511);
    assert_no_part(part, at, TAR_BLOCK + 513);
    assert_no_part(part, at + 1, TAR_BLOCK + 512);
    assert_no_part(part, at + TAR_BLOCK, TAR_BLOCK);
    assert_no_part(part, opened->tar.len - 1024, 1024); /* the end blocks are no member */
    assert_no_part(part, opened->tar.len, 0);
    assert_no_part(part, UINT64_MAX, TAR_BLOCK);
    pv_source_free(part);
    drop(opened);
}

/* ---------------------------------------------------------------- the whole */

static void read_every_part(struct opened *opened) {
    struct pv_source *part = part_of(opened);
    for (size_t i = 0; i < BODIES; i++) {
        PV_AUTO_BUF struct pv_buf out = empty_bytes();
        assert_ok(read_part(opened, part, i, &out));
    }
    pv_source_free(part);
}

static void walk_to_the_end(struct opened *opened) {
    uint64_t skipped;
    uint8_t byte;
    size_t len = 77;
    assert_ok(pv_source_skip(opened->source, opened->tar.len, &skipped, NULL));
    assert_ok(pv_source_read(opened->source, &byte, 1, &len, NULL));
    assert_int_equal(len, 0);
}

static void test_the_whole_is_judged(void **state) {
    (void)state;
    struct opened *opened = make_open();
    struct pv_gzip_run run;
    struct provar_error err = {0};
    uint64_t at = opened->file.segments[3].tar_at;
    assert_false(pv_gzip_indexed_run(opened->source, at, &run));
    walk_to_the_end(opened);
    assert_fails(opened->source->ops->finish(opened->source, &err), PROVAR_E_INTERNAL, err, PROVAR_NO_OFFSET);
    read_every_part(opened);
    assert_ok(opened->source->ops->finish(opened->source, NULL));
    assert_true(pv_gzip_indexed_run(opened->source, at, &run));
    size_t start = opened->bytes.len - GZIP_TRAILER - opened->file.deflate.len;
    assert_int_equal(run.from, start + opened->file.segments[3].at);
    assert_int_equal(run.to, start + opened->file.segments[4].at);
    uint64_t len = opened->file.segments[4].tar_at - at;
    assert_int_equal(run.crc, crc32(0, opened->tar.data + at, (uInt)len));
    assert_false(pv_gzip_indexed_run(opened->source, at + 1, &run));
    assert_false(pv_gzip_indexed_run(opened->source, opened->tar.len - 1024, &run));
    /* A new pass has seen nothing. */
    assert_ok(pv_source_rewind(opened->source, NULL));
    assert_false(pv_gzip_indexed_run(opened->source, at, &run));
    provar_error_clear(&err);
    assert_int_equal(opened->source->ops->finish(opened->source, &err), PROVAR_E_INTERNAL);
    drop(opened);
}

static void test_a_wrong_crc(void **state) {
    (void)state;
    struct opened *opened = make();
    struct provar_error err = {0};
    opened->file.crc ^= 1;
    open_with_limit(opened, PV_MAX_FILE_SIZE);
    read_every_part(opened);
    walk_to_the_end(opened);
    assert_fails(opened->source->ops->finish(opened->source, &err), PROVAR_E_GZIP, err,
                 opened->bytes.len - GZIP_TRAILER);
    drop(opened);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_whole_stream),
        cmocka_unit_test(test_skips),
        cmocka_unit_test(test_a_body_that_is_skipped_is_not_read),
        cmocka_unit_test(test_the_end_must_be_final),
        cmocka_unit_test(test_which_files_have_an_index),
        cmocka_unit_test(test_the_limit_of_the_file),
        cmocka_unit_test(test_files_that_are_too_short),
        cmocka_unit_test(test_a_source_without_parts),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_parts_that_the_index_does_not_know),
        cmocka_unit_test(test_the_whole_is_judged),
        cmocka_unit_test(test_a_wrong_crc),
    };
    return cmocka_run_group_tests_name("gzip_indexed", tests, NULL, NULL);
}
