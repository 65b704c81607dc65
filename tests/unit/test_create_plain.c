/* Tests of create_plain: each body at its place, whoever writes it, and the failure of the first member that fails. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdatomic.h>

#include "support/builder.h"
#include "support/temp_dir.h"

#include "internal.h"

/* The linker sends the library's pwrite(2) here (tests/unit/meson.build). */
ssize_t __real_pwrite64(int fd, const void *data, size_t len, off_t offset);
ssize_t __wrap_pwrite64(int fd, const void *data, size_t len, off_t offset);

static atomic_int writes_left = INT_MAX; /* of those that succeed */

ssize_t __wrap_pwrite64(int fd, const void *data, size_t len, off_t offset) {
    if (atomic_fetch_sub(&writes_left, 1) > 0)
        return __real_pwrite64(fd, data, len, offset);
    errno = ENOSPC;
    return -1;
}

enum { FILES = 6, STEP = 70001 };

static char content[FILES * STEP];

/* The later, the larger: so that the largest is begun first. */
static size_t len_of(size_t i) {
    return 1 + i * STEP;
}

static int fill_content(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof content; i++)
        content[i] = (char)(i * 7 + i / 253);
    return 0;
}

static struct making make(uint32_t threads) {
    struct making making = make_bare();
    provar_builder_set_issued_at(making.builder, 1700000000);
    assert_ok(provar_builder_set_id(making.builder, TEXT("SjB5fm974SjU9WMgTUchsb"), NULL));
    provar_builder_set_threads(making.builder, threads);
    for (size_t i = 0; i < FILES; i++) {
        char name[] = "x-linux";
        name[0] = (char)('a' + i);
        temp_dir_write(name, content, len_of(i));
        struct provar_input from = path_input(name);
        assert_ok(provar_builder_add_target(making.builder, TEXT(name), &from, 0, NULL));
    }
    return making;
}

static const uint32_t thread_counts[] = {1, 2, 8};

static void test_bytes(void **state) {
    (void)state;
    struct tar_build first = {0};
    for (size_t t = 0; t < array_length(thread_counts); t++) {
        struct making making = make(thread_counts[t]);
        struct tar_build bytes = write_making(&making);
        struct provar_archive *archive = open_bytes(&bytes);
        provar_verified_free(verify_archive(archive));
        for (size_t i = 0; i < FILES; i++) {
            struct provar_member member = {.size = sizeof member};
            assert_ok(provar_archive_member(archive, i + 1, &member));
            assert_int_equal(member.bytes, len_of(i));
            assert_memory_equal(bytes.data + member.offset, content, len_of(i));
        }
        provar_archive_free(archive);
        if (t > 0)
            assert_true(first.len == bytes.len && pv_bytes_equal(first.data, bytes.data, bytes.len));
        tar_build_free(&first);
        first = bytes;
    }
    tar_build_free(&first);
}

/* Several files became shorter since they were added: the first of them in the archive is named. */
static void test_the_first_failure_counts(void **state) {
    (void)state;
    for (size_t t = 0; t < array_length(thread_counts); t++) {
        for (size_t first = 1; first < FILES; first++) {
            struct making making = make(thread_counts[t]);
            struct provar_output to = path_output("new.par", 0);
            struct provar_error err = {0};
            char name[] = "x-linux", member[] = "x-linux.bin";
            for (size_t i = first; i < FILES; i++) {
                name[0] = (char)('a' + i);
                assert_int_equal(truncate(name, (off_t)(len_of(i) / 2)), 0);
            }
            member[0] = (char)('a' + first);
            assert_int_equal(provar_builder_write(making.builder, &to, &err), PROVAR_E_IO);
            assert_string_equal(err.member, member);
            assert_int_equal(access("new.par", F_OK), -1);
            making_free(&making);
        }
    }
}

/* Whichever write fails, nothing is left behind. */
static void test_writes_that_fail(void **state) {
    (void)state;
    for (size_t t = 0; t < array_length(thread_counts); t++) {
        for (int left = 0;; left++) {
            struct making making = make(thread_counts[t]);
            struct provar_output to = path_output("new.par", 0);
            struct provar_error err = {0};
            atomic_store(&writes_left, left);
            enum provar_result result = provar_builder_write(making.builder, &to, &err);
            atomic_store(&writes_left, INT_MAX);
            making_free(&making);
            if (result == PROVAR_OK) {
                assert_true(left > FILES * 2); /* a header and a body each */
                assert_int_equal(unlink("new.par"), 0);
                break;
            }
            assert_int_equal(result, PROVAR_E_IO);
            assert_int_equal(access("new.par", F_OK), -1);
        }
    }
}

static struct tar_build rewritten(const struct tar_build *old, uint32_t threads) {
    struct provar_archive *archive = open_bytes(old);
    struct provar_checked *checked = check_archive(archive);
    struct making making = {.key = key_of(ISSUER_SEED)};
    assert_ok(provar_builder_from(checked, &making.builder, NULL));
    provar_builder_set_threads(making.builder, threads);
    provar_builder_set_issued_at(making.builder, 1700000009);
    assert_ok(provar_builder_set_id(making.builder, TEXT("TjB5fm974SjU9WMgTUchsb"), NULL));
    assert_ok(provar_builder_set_issuer(making.builder, making.key, NULL));
    assert_ok(provar_builder_set_compression(making.builder, 0, NULL));
    struct tar_build bytes = write_making(&making);
    provar_checked_free(checked);
    provar_archive_free(archive);
    return bytes;
}

/* Bodies of another archive: plain, gzip with and without an index, which is read in its order by one thread. */
static void test_kept_bodies(void **state) {
    (void)state;
    struct tar_build due = {0};
    for (int kind = 0; kind < 3; kind++) {
        struct making making = make(0);
        assert_ok(provar_builder_set_compression(making.builder, kind > 0, NULL));
        if (kind == 2)
            provar_builder_omit_index(making.builder);
        struct tar_build old = write_making(&making);
        for (size_t t = 0; t < array_length(thread_counts); t++) {
            struct tar_build bytes = rewritten(&old, thread_counts[t]);
            if (due.len > 0)
                assert_true(due.len == bytes.len && pv_bytes_equal(due.data, bytes.data, bytes.len));
            tar_build_free(&due);
            due = bytes;
        }
        tar_build_free(&old);
    }
    tar_build_free(&due);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_in_temp_dir(test_bytes),
        test_in_temp_dir(test_the_first_failure_counts),
        test_in_temp_dir(test_writes_that_fail),
        test_in_temp_dir(test_kept_bodies),
    };
    return cmocka_run_group_tests_name("create_plain", tests, fill_content, NULL);
}
