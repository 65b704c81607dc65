/* Tests of the reading conductor: how framing is chosen, what an archive owns, and opening when memory runs out. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/archive.h"

#include "internal.h"

#include "support/fail_each.h"
#include "verify/archive.h"

static void test_framing_is_chosen_by_magic(void **state) {
    (void)state;
    struct tar_build tar = usual_archive(), gzip = gzip_of(&tar), named = {0};
    struct provar_archive *archive = open_bytes(&tar);
    assert_null(archive->gunzip);
    provar_archive_free(archive);
    archive = open_bytes(&gzip);
    assert_non_null(archive->gunzip);
    provar_archive_free(archive);
    /* A plain tar whose first name begins like gzip is taken for gzip, and refused as that. */
    tar_add_file(&named, "\x1f\x8b-linux.bin", "x");
    archive = open_bytes(&named);
    assert_int_equal(provar_look(archive, NULL), PROVAR_E_GZIP);
    provar_archive_free(archive);
    tar_build_free(&named);
    tar_build_free(&gzip);
    tar_build_free(&tar);
}

static void test_gzip_in_gzip(void **state) {
    (void)state;
    struct tar_build tar = usual_archive(), once = gzip_of(&tar), twice = gzip_of(&once);
    struct provar_archive *archive = open_bytes(&twice);
    assert_int_equal(provar_look(archive, NULL), PROVAR_E_TAR);
    provar_archive_free(archive);
    tar_build_free(&tar);
    tar_build_free(&once);
    tar_build_free(&twice);
}

static void test_limits(void **state) {
    (void)state;
    struct tar_build bytes = usual_archive();
    struct provar_input from = memory_input(bytes.data, bytes.len);
    struct provar_open_options options = {.size = sizeof options};
    struct provar_archive *archive = open_bytes(&bytes);
    assert_true(archive->max_file == PV_MAX_FILE_SIZE && archive->max_total == PV_MAX_TOTAL_SIZE);
    assert_true(archive->max_member == PV_MAX_MEMBER_SIZE);
    provar_archive_free(archive);
    assert_ok(provar_open(&from, &options, &archive, NULL));
    assert_true(archive->max_file == PV_MAX_FILE_SIZE && archive->max_total == PV_MAX_TOTAL_SIZE);
    provar_archive_free(archive);
    options.max_file_size = 1;
    options.max_total_size = UINT64_MAX;
    options.max_member_size = 3;
    assert_ok(provar_open(&from, &options, &archive, NULL));
    assert_true(archive->max_file == 1 && archive->max_total == UINT64_MAX && archive->max_member == 3);
    provar_archive_free(archive);
    tar_build_free(&bytes);
}

/* ---------------------------------------------------------------- no memory */

struct caller {
    const struct tar_build *bytes;
    size_t pos, opens, closes;
    uint32_t flags;
};

static int64_t caller_read(void *buf, size_t cap, void *user) {
    struct caller *caller = user;
    size_t left = caller->bytes->len - caller->pos;
    size_t step = left < cap ? left : cap;
    memcpy(buf, caller->bytes->data + caller->pos, step);
    caller->pos += step;
    return (int64_t)step;
}

static void caller_close(void *user) {
    ((struct caller *)user)->closes++;
}

/* Whatever fails, `close` is called once for each opening. */
static enum provar_result step_open(void *user, struct provar_error *err) {
    struct caller *caller = user;
    struct provar_callbacks calls = {.size = sizeof calls, .read = caller_read, .close = caller_close, .user = caller};
    struct provar_input from = {.size = sizeof from, .kind = PROVAR_INPUT_CALLBACKS, .callbacks = &calls};
    struct provar_open_options options = {.size = sizeof options, .flags = caller->flags};
    struct provar_archive *archive = NULL;
    uint8_t digest[32];
    caller->pos = 0;
    caller->opens++;
    enum provar_result result = provar_open(&from, &options, &archive, err);
    if (result == PROVAR_OK)
        result = provar_look(archive, err);
    if (result == PROVAR_OK && caller->flags)
        result = provar_archive_sha256(archive, digest, err);
    provar_archive_free(archive);
    return result;
}

static void test_no_memory(void **state) {
    (void)state;
    struct tar_build tar = usual_archive(), gzip = gzip_of(&tar);
    for (uint32_t flags = 0; flags <= PROVAR_OPEN_KEEP; flags++) {
        struct caller plain = {.bytes = &tar, .flags = flags}, packed = {.bytes = &gzip, .flags = flags};
        assert_true(fail_each(step_open, &plain) > 20);
        assert_int_equal(plain.closes, plain.opens);
        assert_true(fail_each(step_open, &packed) > 20);
        assert_int_equal(packed.closes, packed.opens);
    }
    tar_build_free(&tar);
    tar_build_free(&gzip);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_framing_is_chosen_by_magic),
        cmocka_unit_test(test_gzip_in_gzip),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
