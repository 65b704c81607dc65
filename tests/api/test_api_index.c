/* An index that lies, in whatever way, leads to the verdict that the file has without it, and never to wrong bytes. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/index_lies.h"

/* ---------------------------------------------------------------- lies about places */

static void tell_at_one_more(struct index_file *file) {
    file->segments[FIRST].at++;
}

static void tell_at_one_less(struct index_file *file) {
    file->segments[FIRST].at--;
}

/* Where the header's own piece ends, on a byte and behind an empty stored block. */
static void tell_at_another_boundary(struct index_file *file) {
    struct index_segment *segment = &file->segments[FIRST];
    uint8_t *found =
        memmem(file->deflate.data + segment->at, (size_t)(index_end(file, FIRST) - segment->at), index_stored, 4);
    assert_non_null(found);
    segment->at = (uint64_t)(found + 4 - file->deflate.data);
    assert_true(segment->at < index_end(file, FIRST));
}

static void tell_at_of_the_next(struct index_file *file) {
    file->segments[FIRST].at = file->segments[SECOND].at;
}

static void tell_at_beyond(struct index_file *file) {
    file->segments[SECOND].at = UINT64_MAX;
}

static void tell_first_at_not_0(struct index_file *file) {
    file->segments[TOKEN].at = 1;
}

static void tell_end_one_less(struct index_file *file) {
    file->end_at--;
}

static void tell_end_one_more(struct index_file *file) {
    file->end_at++;
}

static void tell_end_beyond(struct index_file *file) {
    file->end_at = file->deflate_len;
}

static void tell_deflate_len(struct index_file *file) {
    file->deflate_len++;
}

static void tell_deflate_len_huge(struct index_file *file) {
    file->deflate_len = UINT64_MAX - 4;
}

static void tell_tar_at(struct index_file *file) {
    file->segments[FIRST].tar_at += TAR_BLOCK;
}

static void tell_tar_len(struct index_file *file) {
    file->tar_len += TAR_BLOCK;
}

static void tell_tar_len_of_4_gib_more(struct index_file *file) {
    file->tar_len += UINT64_C(1) << 32; /* ISIZE is the same */
}

/* The same sum, told in another place: the second member begins a block later, the end is a block shorter. */
static void tell_tar_at_consistently(struct index_file *file) {
    file->segments[WORLD].size += TAR_BLOCK;
    file->segments[FIRST].tar_at += TAR_BLOCK;
    file->segments[FIRST].size -= TAR_BLOCK;
}

/* ---------------------------------------------------------------- lies about members */

static void tell_size_one_more(struct index_file *file) {
    file->segments[SECOND].size++;
}

static void tell_size_one_less(struct index_file *file) {
    file->segments[SECOND].size--;
}

static void tell_size_0(struct index_file *file) {
    file->segments[SECOND].size = 0;
}

static void tell_size_huge(struct index_file *file) {
    file->segments[SECOND].size = UINT64_MAX - 100;
}

static void tell_wrong_name(struct index_file *file) {
    memcpy(file->segments[SECOND].name, "x86_64-lynux.bin", 16);
}

static void tell_no_name(struct index_file *file) {
    file->segments[SECOND].name_len = 0;
}

static void tell_swapped_names(struct index_file *file) {
    struct index_segment one = file->segments[FIRST], other = file->segments[SECOND];
    memcpy(file->segments[FIRST].name, other.name, other.name_len);
    file->segments[FIRST].name_len = other.name_len;
    memcpy(file->segments[SECOND].name, one.name, one.name_len);
    file->segments[SECOND].name_len = one.name_len;
}

/* One segment for two members: the first takes the second in. */
static void tell_a_missing_member(struct index_file *file) {
    uint64_t end = file->segments[SECOND].tar_at + TAR_BLOCK + file->segments[SECOND].size;
    file->segments[FIRST].size = end - file->segments[FIRST].tar_at - TAR_BLOCK;
    file->count--;
}

/* The end blocks as a member of no bytes, and one block of them left; then two, of a longer end. */
static void tell_an_additional_member(struct index_file *file) {
    struct index_segment *segment = &file->segments[file->count];
    *segment = (struct index_segment){.at = file->end_at, .tar_at = file->tar_len - 2 * TAR_BLOCK, .name_len = 1};
    segment->name[0] = 'x';
    file->count++;
    file->end_at++;
    file->tar_len += TAR_BLOCK;
    file->isize += TAR_BLOCK;
}

static void tell_one_more_in_the_count(struct index_file *file) {
    file->miscount = 1;
}

static void tell_one_less_in_the_count(struct index_file *file) {
    file->miscount = -1;
}

static void tell_no_members(struct index_file *file) {
    file->count = 0;
}

static void tell_257_members(struct index_file *file) {
    for (size_t i = file->count; i < 257; i++) {
        struct index_segment *segment = &file->segments[i];
        *segment = (struct index_segment){.at = i, .tar_at = i, .name_len = 1, .name = "x"};
    }
    file->count = 257;
}

/* ---------------------------------------------------------------- lies about the header */

static void tell_version_0(struct index_file *file) {
    file->version = 0;
}

static void tell_version_2(struct index_file *file) {
    file->version = 2;
}

static void tell_flags(struct index_file *file) {
    file->flags = 1;
}

static void tell_twice(struct index_file *file) {
    file->twice = true;
}

static void tell_file_name(struct index_file *file) {
    file->header_flags |= GZIP_FNAME;
}

static void tell_foreign_before(struct index_file *file) {
    struct tar_build body = {0};
    tar_bytes(&body, "PI", 2); /* no index: an id inside of a body */
    index_put_subfield(&file->before, "RA", &body);
    index_put_subfield(&file->before, "PX", &body);
    tar_build_free(&body);
}

static void tell_foreign_behind(struct index_file *file) {
    struct tar_build body = {0};
    tar_fill_bytes(&body, 7, 300);
    index_put_subfield(&file->behind, "BC", &body);
    tar_build_free(&body);
}

/* A subfield that is longer than the field. */
static void tell_cut_subfield(struct index_file *file) {
    tar_bytes(&file->behind, "BC\xff\xff", 4);
}

static void tell_behind_the_trailer(struct index_file *file) {
    tar_bytes(&file->after, "", 1);
}

static void tell_crc(struct index_file *file) {
    file->crc ^= 0x80000000;
}

static void tell_isize(struct index_file *file) {
    file->isize++;
}

/* Both lengths, so that they agree. */
static void tell_isize_and_tar_len(struct index_file *file) {
    file->isize += TAR_BLOCK;
    file->tar_len += TAR_BLOCK;
}

/* ---------------------------------------------------------------- damage */

/* NLEN of the empty stored block that ends a segment. */
static void damage(struct index_file *file, size_t segment) {
    file->deflate.data[index_end(file, segment) - 1] ^= 1;
}

static void tell_a_damaged_body(struct index_file *file) {
    damage(file, SECOND);
}

static void tell_a_cut_end(struct index_file *file) {
    file->deflate.len--;
    file->deflate_len--;
}

static const struct lie lies[] = {
    {"none", index_tells_the_truth, PROVAR_OK, true, false},
    {"c_off one more", tell_at_one_more, PROVAR_OK, false, false},
    {"c_off one less", tell_at_one_less, PROVAR_OK, false, false},
    {"c_off at another boundary", tell_at_another_boundary, PROVAR_OK, false, false},
    {"c_off of the next", tell_at_of_the_next, PROVAR_OK, false, false},
    {"c_off beyond", tell_at_beyond, PROVAR_OK, false, false},
    {"first c_off not 0", tell_first_at_not_0, PROVAR_OK, false, false},
    {"end_off one less", tell_end_one_less, PROVAR_OK, false, false},
    {"end_off one more", tell_end_one_more, PROVAR_OK, false, false},
    {"end_off at the end", tell_end_beyond, PROVAR_OK, false, false},
    {"deflate_len", tell_deflate_len, PROVAR_OK, false, false},
    {"deflate_len huge", tell_deflate_len_huge, PROVAR_OK, false, false},
    {"t_off", tell_tar_at, PROVAR_OK, false, false},
    {"tar_len", tell_tar_len, PROVAR_OK, false, false},
    {"tar_len and 4 GiB", tell_tar_len_of_4_gib_more, PROVAR_OK, false, false},
    {"t_off consistently", tell_tar_at_consistently, PROVAR_OK, false, false},
    {"size one more", tell_size_one_more, PROVAR_OK, true, false},
    {"size one less", tell_size_one_less, PROVAR_OK, true, false},
    {"size 0", tell_size_0, PROVAR_OK, false, false},
    {"size huge", tell_size_huge, PROVAR_OK, false, false},
    {"wrong name", tell_wrong_name, PROVAR_OK, false, false},
    {"no name", tell_no_name, PROVAR_OK, false, false},
    {"swapped names", tell_swapped_names, PROVAR_OK, false, false},
    {"a missing member", tell_a_missing_member, PROVAR_OK, false, false},
    {"an additional member", tell_an_additional_member, PROVAR_E_GZIP, false, false},
    {"count one more", tell_one_more_in_the_count, PROVAR_OK, false, false},
    {"count one less", tell_one_less_in_the_count, PROVAR_OK, false, false},
    {"no members", tell_no_members, PROVAR_OK, false, false},
    {"257 members", tell_257_members, PROVAR_OK, false, false},
    {"version 0", tell_version_0, PROVAR_OK, false, false},
    {"version 2", tell_version_2, PROVAR_OK, false, false},
    {"flags 1", tell_flags, PROVAR_OK, false, false},
    {"two indexes", tell_twice, PROVAR_OK, false, false},
    {"FNAME beside", tell_file_name, PROVAR_OK, false, false},
    {"foreign subfields before", tell_foreign_before, PROVAR_OK, true, false},
    {"a foreign subfield behind", tell_foreign_behind, PROVAR_OK, true, false},
    {"a subfield beyond the field", tell_cut_subfield, PROVAR_OK, false, false},
    {"a byte behind the trailer", tell_behind_the_trailer, PROVAR_E_GZIP, false, false},
    {"trailer CRC", tell_crc, PROVAR_E_GZIP, true, true},
    {"trailer ISIZE", tell_isize, PROVAR_E_GZIP, false, false},
    {"ISIZE and tar_len", tell_isize_and_tar_len, PROVAR_E_GZIP, false, false},
    {"a damaged body", tell_a_damaged_body, PROVAR_E_GZIP, true, true},
    {"a cut end", tell_a_cut_end, PROVAR_E_GZIP, false, false},
};

static void test_lies_of_the_index(void **state) {
    (void)state;
    struct tar_build tar = tar_of_bodies();
    for (size_t i = 0; i < array_length(lies); i++) {
        struct index_file file = index_of(&tar);
        assert_lie(&lies[i], &file);
        index_free(&file);
    }
    tar_build_free(&tar);
}

/* The same on what the library writes. */
static void test_lies_about_a_file_of_the_library(void **state) {
    (void)state;
    struct making making = make_bare();
    struct provar_input from = memory_input(world, sizeof world);
    assert_ok(provar_builder_set_compression(making.builder, -1, NULL));
    assert_ok(provar_builder_set_world(making.builder, &from, NULL));
    from = memory_input(first, sizeof first);
    assert_ok(provar_builder_add_target(making.builder, TEXT("aarch64-linux"), &from, 0, NULL));
    from = memory_input(second, sizeof second);
    assert_ok(provar_builder_add_target(making.builder, TEXT("x86_64-linux"), &from, 0, NULL));
    struct tar_build written = write_making(&making);
    for (size_t i = 0; i < array_length(lies); i++) {
        struct index_file file = index_parse(&written);
        struct tar_build again = index_write(&file);
        assert_int_equal(again.len, written.len);
        assert_memory_equal(again.data, written.data, written.len);
        /* The library packs such a header and its body as one piece. */
        if (lies[i].tell != tell_at_another_boundary)
            assert_lie(&lies[i], &file);
        tar_build_free(&again);
        index_free(&file);
    }
    tar_build_free(&written);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lies_of_the_index),
        cmocka_unit_test(test_lies_about_a_file_of_the_library),
    };
    return cmocka_run_group_tests(tests, fill_bodies, NULL);
}
