/* Tests of create_gzip: which members' compressed bytes are kept, and that what was kept is what was checked. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/builder.h"
#include "support/index.h"
#include "support/temp_dir.h"

#include "internal.h"

static const char *const names[] = {"a-linux", "b-linux", "c-linux"};
enum { TARGETS = 3, BODY_LEN = 1300000 };
static char bodies[TARGETS][BODY_LEN];

static int fill_bodies(void **state) {
    (void)state;
    for (size_t i = 0; i < TARGETS; i++)
        for (size_t k = 0; k < BODY_LEN; k++)
            bodies[i][k] = (char)("etaoin shrdlu"[k * (k % 101 + i + 3) % 13]);
    return 0;
}

/* ---------------------------------------------------------------- archives */

static struct making make(int level) {
    struct making making = make_bare();
    provar_builder_set_issued_at(making.builder, 1700000000);
    assert_ok(provar_builder_set_id(making.builder, TEXT("SjB5fm974SjU9WMgTUchsb"), NULL));
    assert_ok(provar_builder_set_compression(making.builder, level, NULL));
    for (size_t i = 0; i < TARGETS; i++) {
        struct provar_input from = memory_input(bodies[i], BODY_LEN);
        assert_ok(provar_builder_add_target(making.builder, TEXT(names[i]), &from, 0, NULL));
    }
    return making;
}

static struct tar_build decoded(const struct tar_build *bytes) {
    struct tar_build out = {0};
    z_stream stream = {0};
    size_t room = (TARGETS + 1) * (size_t)BODY_LEN + 100000;
    assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
    stream.next_in = bytes->data;
    stream.avail_in = (uInt)bytes->len;
    stream.next_out = tar_grow(&out, room);
    stream.avail_out = (uInt)room;
    assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
    assert_int_equal(stream.avail_in, 0);
    out.len = stream.total_out;
    assert_int_equal(inflateEnd(&stream), Z_OK);
    return out;
}

static void assert_same_bytes(const struct tar_build *one, const struct tar_build *other) {
    assert_int_equal(one->len, other->len);
    assert_true(pv_bytes_equal(one->data, other->data, one->len));
}

static void assert_verifies(const struct tar_build *bytes) {
    struct provar_archive *archive = open_bytes(bytes);
    provar_verified_free(verify_archive(archive));
    provar_archive_free(archive);
}

/* The old archive in a file, checked, and a builder on it that replaces b-linux by other bytes and adds d-linux. */
struct rewrite {
    struct tar_build old;
    struct provar_archive *archive;
    struct provar_checked *checked;
    struct making making;
};

static struct rewrite begin(int level, uint32_t threads) {
    struct making first = make(level);
    struct rewrite rewrite = {.old = write_making(&first), .making.key = key_of(ISSUER_SEED)};
    struct provar_input from = memory_input("another body", 12);
    temp_dir_write("old.par", rewrite.old.data, rewrite.old.len);
    rewrite.archive = open_path("old.par");
    rewrite.checked = check_archive(rewrite.archive);
    assert_ok(provar_builder_from(rewrite.checked, &rewrite.making.builder, NULL));
    struct provar_builder *builder = rewrite.making.builder;
    provar_builder_set_threads(builder, threads);
    provar_builder_set_issued_at(builder, 1700000009);
    assert_ok(provar_builder_set_id(builder, TEXT("TjB5fm974SjU9WMgTUchsb"), NULL));
    assert_ok(provar_builder_set_issuer(builder, rewrite.making.key, NULL));
    assert_ok(provar_builder_add_target(builder, TEXT("b-linux"), &from, PROVAR_TARGET_REPLACE, NULL));
    assert_ok(provar_builder_add_target(builder, TEXT("d-linux"), &from, 0, NULL));
    return rewrite;
}

static struct tar_build finish(struct rewrite *rewrite) {
    struct tar_build bytes = write_making(&rewrite->making);
    provar_checked_free(rewrite->checked);
    provar_archive_free(rewrite->archive);
    assert_verifies(&bytes);
    return bytes;
}

/* The compressed bytes of a member in both archives. */
static bool is_kept(const struct tar_build *old, const struct tar_build *new, const char *name) {
    static struct index_file before, after;
    before = index_parse(old);
    after = index_parse(new);
    size_t i = index_find(&before, name), k = index_find(&after, name);
    size_t len = (size_t)(index_end(&before, i) - before.segments[i].at);
    bool same =
        len == index_end(&after, k) - after.segments[k].at &&
        pv_bytes_equal(before.deflate.data + before.segments[i].at, after.deflate.data + after.segments[k].at, len);
    index_free(&before);
    index_free(&after);
    return same;
}

/* ---------------------------------------------------------------- what is kept */

static void test_untouched_members_are_copied(void **state) {
    (void)state;
    struct tar_build first = {0};
    for (uint32_t threads = 1; threads < 9; threads = threads * 3 - 1) {
        struct rewrite rewrite = begin(1, threads);
        struct tar_build bytes = finish(&rewrite);
        assert_true(is_kept(&rewrite.old, &bytes, "a-linux.bin"));
        assert_true(is_kept(&rewrite.old, &bytes, "c-linux.bin"));
        assert_false(is_kept(&rewrite.old, &bytes, "b-linux.bin"));
        if (first.len > 0)
            assert_same_bytes(&first, &bytes);
        tar_build_free(&first);
        first = bytes;
        tar_build_free(&rewrite.old);
    }
    /* Decoded, it is what compressing all of it again gives. */
    struct rewrite rewrite = begin(1, 2);
    assert_ok(provar_builder_set_compression(rewrite.making.builder, 9, NULL));
    struct tar_build again = finish(&rewrite);
    struct tar_build one = decoded(&first), other = decoded(&again);
    assert_false(is_kept(&rewrite.old, &again, "a-linux.bin"));
    assert_same_bytes(&one, &other);
    tar_build_free(&one);
    tar_build_free(&other);
    tar_build_free(&again);
    tar_build_free(&first);
    tar_build_free(&rewrite.old);
}

static void test_another_level_compresses_again(void **state) {
    (void)state;
    static const int levels[] = {1, 9, -1};
    for (size_t i = 0; i < array_length(levels); i++) {
        struct rewrite rewrite = begin(1, 0);
        assert_ok(provar_builder_set_compression(rewrite.making.builder, levels[i], NULL));
        struct tar_build bytes = finish(&rewrite);
        /* The same level makes the same bytes, copied or not; the default one is nobody's choice. */
        assert_true(is_kept(&rewrite.old, &bytes, "a-linux.bin") == (levels[i] != 9));
        tar_build_free(&bytes);
        tar_build_free(&rewrite.old);
    }
}

/* A header that would now be another one is written anew, with its member. */
static void test_another_time_compresses_again(void **state) {
    (void)state;
    struct rewrite rewrite = begin(1, 0);
    provar_builder_set_source_date_epoch(rewrite.making.builder, 1600000000);
    struct tar_build bytes = finish(&rewrite);
    assert_false(is_kept(&rewrite.old, &bytes, "a-linux.bin"));
    tar_build_free(&bytes);
    tar_build_free(&rewrite.old);
}

static void test_without_an_index(void **state) {
    (void)state;
    struct rewrite rewrite = begin(1, 0);
    static struct index_file old;
    provar_builder_omit_index(rewrite.making.builder);
    struct tar_build bytes = finish(&rewrite);
    assert_int_equal(bytes.data[3], 0);
    old = index_parse(&rewrite.old);
    assert_non_null(memmem(bytes.data, bytes.len, old.deflate.data + old.segments[1].at,
                           (size_t)(index_end(&old, 1) - old.segments[1].at)));
    index_free(&old);
    tar_build_free(&bytes);
    tar_build_free(&rewrite.old);
}

/* ---------------------------------------------------------------- changed after the check */

static void write_byte(uint64_t at, uint8_t change, const struct tar_build *old) {
    uint8_t byte = old->data[at] ^ change;
    int fd = open("old.par", O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
    assert_int_equal(close(fd), 0);
}

static uint64_t kept_at(const struct tar_build *old, bool at_its_end) {
    static struct index_file file;
    file = index_parse(old);
    size_t i = index_find(&file, "c-linux.bin");
    uint64_t start = old->len - GZIP_TRAILER - file.deflate.len;
    uint64_t at = start + (at_its_end ? index_end(&file, i) - 1 : (file.segments[i].at + index_end(&file, i)) / 2);
    index_free(&file);
    return at;
}

static void assert_refused(struct rewrite *rewrite, enum provar_result code, const char *says) {
    struct provar_error err = {0};
    struct provar_output to = path_output("new.par", 0);
    enum provar_result result = provar_builder_write(rewrite->making.builder, &to, &err);
    if (result != code || strstr(err.message, says) == NULL)
        fail_msg("%s: %s", provar_result_name((int)result), err.message);
    assert_int_equal(access("new.par", F_OK), code == PROVAR_OK ? 0 : -1);
    making_free(&rewrite->making);
    provar_checked_free(rewrite->checked);
    provar_archive_free(rewrite->archive);
    tar_build_free(&rewrite->old);
}

static void test_a_file_that_changes_after_its_check(void **state) {
    (void)state;
    struct rewrite rewrite = begin(1, 0);
    assert_refused(&rewrite, PROVAR_OK, "");
    assert_int_equal(unlink("new.par"), 0);
    rewrite = begin(1, 0);
    write_byte(kept_at(&rewrite.old, true), 1, &rewrite.old);
    assert_refused(&rewrite, PROVAR_E_GZIP, "the new archive, read back: ");
    rewrite = begin(1, 0);
    write_byte(kept_at(&rewrite.old, false), 0x10, &rewrite.old);
    assert_refused(&rewrite, PROVAR_E_GZIP, "the new archive, read back: ");
    rewrite = begin(1, 0);
    provar_builder_omit_index(rewrite.making.builder);
    write_byte(kept_at(&rewrite.old, true), 1, &rewrite.old);
    assert_refused(&rewrite, PROVAR_E_GZIP, "the new archive, read back: ");
    rewrite = begin(1, 0);
    assert_int_equal(truncate("old.par", (off_t)kept_at(&rewrite.old, false)), 0);
    assert_refused(&rewrite, PROVAR_E_IO, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_in_temp_dir(test_untouched_members_are_copied),
        test_in_temp_dir(test_another_level_compresses_again),
        test_in_temp_dir(test_another_time_compresses_again),
        test_in_temp_dir(test_without_an_index),
        test_in_temp_dir(test_a_file_that_changes_after_its_check),
    };
    return cmocka_run_group_tests_name("create_gzip", tests, fill_bodies, NULL);
}
