/* Seeds: target indexes, and gzip files that have one. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/index.h"

#include "internal.h"

#include "seeds.h"

typedef void (*change_fn)(struct index_file *file);

static void no_change(struct index_file *file) {
    (void)file;
}
static void other_version(struct index_file *file) {
    file->version = 2;
}
static void other_subfield(struct index_file *file) {
    index_put_subfield(&file->before, "XY", &(struct tar_build){0});
}
static void there_twice(struct index_file *file) {
    file->twice = true;
}
static void one_too_many(struct index_file *file) {
    file->miscount = 1;
}
static void gap_in_deflate(struct index_file *file) {
    file->segments[0].at = 1;
}
static void gap_in_tar(struct index_file *file) {
    file->segments[1].tar_at += TAR_BLOCK;
}
static void segment_that_goes_back(struct index_file *file) {
    file->segments[1].at = 0;
}
static void size_that_overflows(struct index_file *file) {
    file->segments[1].size = UINT64_MAX - 100;
}
/* Rounded up to blocks it is 0, as is the size of the third member. */
static void size_that_wraps(struct index_file *file) {
    file->segments[3].size = UINT64_MAX;
}
static void end_behind_the_data(struct index_file *file) {
    file->end_at = file->deflate_len;
}
static void stream_that_is_longer(struct index_file *file) {
    file->tar_len += TAR_BLOCK;
}
static void no_name(struct index_file *file) {
    file->segments[0].name_len = 0;
}

static const struct {
    const char *good_name, *bad_name; /* of the field by itself */
    const char *file_name;            /* of the file */
    change_fn change;
} cases[] = {
    {"good_four_members", NULL, "good_four_members", no_change},
    {"good_other_subfield", NULL, "good_other_subfield", other_subfield},
    {NULL, "bad_version", "bad_version", other_version},
    {NULL, "bad_twice", "bad_twice", there_twice},
    {NULL, "bad_count", "bad_count", one_too_many},
    {NULL, "bad_gap_in_deflate", "bad_gap_in_deflate", gap_in_deflate},
    {NULL, "bad_gap_in_tar", "bad_gap_in_tar", gap_in_tar},
    {NULL, "bad_order", "bad_order", segment_that_goes_back},
    {NULL, "bad_size", "bad_size", size_that_overflows},
    {NULL, "bad_size_that_wraps", "bad_size_that_wraps", size_that_wraps},
    {NULL, "bad_end", "bad_end", end_behind_the_data},
    {NULL, "bad_no_name", "bad_no_name", no_name},
    {"good_longer_stream", NULL, "bad_longer_stream", stream_that_is_longer},
};

static struct tar_build example_tar(void) {
    struct tar_build tar = {0};
    char body[700];
    for (size_t i = 0; i < sizeof body; i++)
        body[i] = (char)('a' + i * i % 26);
    tar_add_file(&tar, "claims.jwt", "token");
    tar_add_member(&tar, TAR_USTAR, "x86_64-linux.bin", '0', body, sizeof body);
    tar_add_member(&tar, TAR_USTAR, "aarch64-linux.bin", '0', body, TAR_BLOCK);
    tar_add_member(&tar, TAR_USTAR, "empty.bin", '0', NULL, 0);
    tar_add_end(&tar);
    return tar;
}

static void seed_file(const char *name, const struct index_file *file) {
    struct tar_build bytes = index_write(file);
    seed("gzip_indexed", name, bytes.data, bytes.len);
    tar_build_free(&bytes);
}

static void fields(const struct tar_build *tar) {
    for (size_t i = 0; i < array_length(cases); i++) {
        struct index_file file = index_of(tar);
        struct tar_build extra = {0};
        cases[i].change(&file);
        index_put_extra(&extra, &file);
        seed("gzip_index", cases[i].good_name ? cases[i].good_name : cases[i].bad_name, extra.data, extra.len);
        seed_file(cases[i].file_name, &file);
        tar_build_free(&extra);
        index_free(&file);
    }
}

/* Segments that decode in the stream, and not by themselves. */
static void segments(const struct tar_build *tar) {
    struct index_file history = index_of_tar(tar, index_pack_with_history, SIZE_MAX, NULL);
    struct index_file wrong_crc = index_of(tar), no_index = index_of(tar);
    seed_file("bad_history", &history);
    wrong_crc.crc ^= 1;
    seed_file("bad_crc", &wrong_crc);
    no_index.header_flags = 0;
    seed_file("bad_no_index", &no_index);
    struct tar_build odd = {0};
    tar_add_header(&odd, TAR_USTAR, "x86_64-linux.bin", '0', 5);
    tar_fill_bytes(&odd, 'p', TAR_BLOCK);
    tar_add_end(&odd);
    struct index_file padding = index_of(&odd);
    seed_file("bad_padding_that_is_not_zero", &padding);
    tar_build_free(&odd);
    index_free(&padding);
    index_free(&history);
    index_free(&wrong_crc);
    index_free(&no_index);
}

/* A member so long that threads take part, in pieces that each decode alone, as the library writes them. */
static void pack_pieces(struct tar_build *out, z_stream *shared, const uint8_t *data, size_t len, bool is_last) {
    const size_t piece = 1 << 20;
    (void)shared;
    (void)is_last;
    for (size_t done = 0; done < len; done += piece) {
        z_stream stream;
        index_stream(&stream, Z_DEFAULT_STRATEGY);
        index_deflate(out, &stream, data + done, len - done < piece ? len - done : piece, Z_FULL_FLUSH);
        (void)deflateEnd(&stream);
    }
}

static void large(void) {
    struct tar_build tar = {0};
    const size_t len = 5 << 20;
    uint8_t *body = calloc(1, len);
    assert_non_null(body);
    memset(body + len / 2, 'x', 70000);
    tar_add_member(&tar, TAR_USTAR, "x86_64-linux.bin", '0', body, len);
    tar_add_end(&tar);
    struct index_file file = index_of_tar(&tar, index_pack_apart, 0, pack_pieces);
    seed_file("good_large_in_pieces", &file);
    index_free(&file);
    file = index_of(&tar);
    seed_file("good_large_in_one_go", &file);
    index_free(&file);
    tar_build_free(&tar);
    free(body);
}

void seeds_index(void) {
    struct tar_build tar = example_tar();
    fields(&tar);
    segments(&tar);
    large();
    tar_build_free(&tar);
}
