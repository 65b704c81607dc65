/* The bytes of an archive's file by provar_checked_size and provar_checked_read. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "provar.h"

#include "support/builder.h"
#include "support/temp_dir.h"

/* Of the file: a pipe's too, once it is kept. */
static void test_checked_bytes(void **state) {
    (void)state;
    struct tar_build bytes = usual_archive();
    for (int piped = 0; piped < 2; piped++) {
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        assert_int_equal(write(ends[1], bytes.data, bytes.len), (ssize_t)bytes.len);
        assert_int_equal(close(ends[1]), 0);
        struct provar_input from = piped ? fd_input(ends[0]) : memory_input(bytes.data, bytes.len);
        struct provar_open_options options = {.size = sizeof options, .flags = PROVAR_OPEN_KEEP};
        struct provar_archive *archive = NULL;
        assert_ok(provar_open(&from, &options, &archive, NULL));
        struct provar_checked *checked = check_archive(archive);
        uint8_t buf[64];
        uint64_t size = 0;
        size_t len = 0;
        assert_ok(provar_checked_size(checked, &size, NULL));
        assert_int_equal(size, bytes.len);
        assert_ok(provar_checked_read(checked, 500, buf, sizeof buf, &len, NULL));
        assert_int_equal(len, sizeof buf);
        assert_memory_equal(buf, bytes.data + 500, sizeof buf);
        assert_ok(provar_checked_read(checked, 3, buf, sizeof buf, &len, NULL));
        assert_memory_equal(buf, bytes.data + 3, sizeof buf);
        assert_ok(provar_checked_read(checked, size - 5, buf, sizeof buf, &len, NULL));
        assert_int_equal(len, 5);
        assert_ok(provar_checked_read(checked, size + 5, buf, sizeof buf, &len, NULL));
        assert_int_equal(len, 0);
        provar_verified_free(verify_archive(archive)); /* the archive is as usable as before */
        provar_checked_free(checked);
        provar_archive_free(archive);
        assert_int_equal(close(ends[0]), 0);
    }
    tar_build_free(&bytes);
}

static void test_a_pipe_that_is_not_kept_has_no_bytes(void **state) {
    (void)state;
    struct tar_build bytes = usual_archive();
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], bytes.data, bytes.len), (ssize_t)bytes.len);
    assert_int_equal(close(ends[1]), 0);
    struct provar_input from = fd_input(ends[0]);
    struct provar_archive *archive = open_input(&from);
    struct provar_checked *checked = check_archive(archive);
    struct provar_error err = {0};
    uint64_t size = 0;
    size_t len = 0;
    uint8_t byte;
    assert_fails(provar_checked_size(checked, &size, &err), PROVAR_E_USAGE, err, PROVAR_NO_OFFSET);
    provar_error_clear(&err);
    assert_fails(provar_checked_read(checked, 0, &byte, 1, &len, &err), PROVAR_E_USAGE, err, PROVAR_NO_OFFSET);
    provar_checked_free(checked);
    provar_archive_free(archive);
    assert_int_equal(close(ends[0]), 0);
    tar_build_free(&bytes);
}

/* Somebody writes to the file when it has been checked, other bytes of the same number. */
static void test_a_file_that_was_written_to(void **state) {
    (void)state;
    struct tar_build bytes = usual_archive();
    temp_dir_write("x.par", bytes.data, bytes.len);
    /* A clock may tick as seldom as every 10 ms. */
    assert_int_equal(usleep(30000), 0);
    struct provar_archive *archive = open_path("x.par");
    struct provar_checked *checked = check_archive(archive);
    struct provar_error err = {0};
    uint8_t byte;
    size_t len = 0;
    assert_ok(provar_checked_read(checked, 600, &byte, 1, &len, &err));
    int fd = open("x.par", O_WRONLY | O_CLOEXEC);
    assert_int_equal(pwrite(fd, &byte, 1, 600), 1);
    assert_int_equal(close(fd), 0);
    assert_fails(provar_checked_read(checked, 0, &byte, 1, &len, &err), PROVAR_E_IO, err, PROVAR_NO_OFFSET);
    assert_string_equal(err.message, "the file was changed after it was opened");
    provar_checked_free(checked);
    provar_archive_free(archive);
    tar_build_free(&bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_checked_bytes),
        cmocka_unit_test(test_a_pipe_that_is_not_kept_has_no_bytes),
        test_in_temp_dir(test_a_file_that_was_written_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
