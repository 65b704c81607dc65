/* Tests of source/: memory, files, descriptors, files that change behind the reader's back, and what callers name. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/socket.h>

#include "support/check.h"

#include "internal.h"

#include "support/source_content.h"

/* ---------------------------------------------------------------- files of the tests */

static char path[] = "/tmp/provar-source-XXXXXX";

/* A file of `start` other bytes and then the content; open, at byte `start`. */
static int make_file(size_t start) {
    static const uint8_t zeros[4096];
    memcpy(path + strlen(path) - 6, "XXXXXX", 6);
    int fd = mkstemp(path);
    assert_true(fd >= 0 && start <= sizeof zeros);
    assert_int_equal(write(fd, zeros, start), start);
    assert_int_equal(write(fd, content, sizeof content), sizeof content);
    assert_int_equal(lseek(fd, (off_t)start, SEEK_SET), start);
    return fd;
}

static void drop_file(int fd) {
    assert_int_equal(close(fd), 0);
    assert_int_equal(unlink(path), 0);
}

static struct pv_source *open_file(void) {
    struct pv_source *source = NULL;
    assert_int_equal(pv_source_file(pv_str_of(path), &source, NULL), PROVAR_OK);
    return source;
}

/* ---------------------------------------------------------------- the kinds */

static void test_memory(void **state) {
    (void)state;
    PV_AUTO_SOURCE struct pv_source *source = NULL;
    assert_int_equal(pv_source_memory(content, sizeof content, &source, NULL), PROVAR_OK);
    assert_true(source->has_size);
    assert_int_equal(source->size, CONTENT_LEN);
    assert_serves_content(source);
    assert_rewinds(source);
    assert_reads_at(source);
    assert_int_equal(move_over(source, 1000), 1000);
}

static void test_empty_memory(void **state) {
    (void)state;
    PV_AUTO_SOURCE struct pv_source *source = NULL;
    assert_int_equal(pv_source_memory(NULL, 1, &source, NULL), PROVAR_E_USAGE);
    assert_null(source);
    assert_int_equal(pv_source_memory(NULL, 0, &source, NULL), PROVAR_OK);
    assert_reads(source, 0, 10, 0);
    assert_skips(source, 10, 0);
}

static void test_file(void **state) {
    (void)state;
    int fd = make_file(0);
    struct pv_source *source = open_file();
    assert_true(source->has_size);
    assert_int_equal(source->size, CONTENT_LEN);
    assert_serves_content(source);
    assert_rewinds(source);
    assert_reads_at(source);
    assert_int_equal(move_over(source, 1000), 1000);
    pv_source_free(source);
    drop_file(fd);
}

static void test_empty_file(void **state) {
    (void)state;
    int fd = make_file(0);
    assert_int_equal(ftruncate(fd, 0), 0);
    struct pv_source *source = open_file();
    assert_int_equal(source->size, 0);
    assert_reads(source, 0, 10, 0);
    pv_source_free(source);
    drop_file(fd);
}

static void test_descriptor_is_read_from_where_it_stands(void **state) {
    (void)state;
    struct pv_source *source = NULL;
    int fd = make_file(100);
    assert_int_equal(pv_source_fd(fd, &source, NULL), PROVAR_OK);
    assert_int_equal(source->size, CONTENT_LEN);
    assert_serves_content(source);
    assert_rewinds(source);
    assert_reads_at(source);
    assert_int_equal(lseek(fd, 0, SEEK_CUR), 100);
    pv_source_free(source);
    assert_int_equal(lseek(fd, 1 << 20, SEEK_SET), 1 << 20);
    assert_int_equal(pv_source_fd(fd, &source, NULL), PROVAR_OK);
    assert_int_equal(source->size, 0);
    assert_reads(source, 0, 10, 0);
    pv_source_free(source);
    drop_file(fd);
}

static void test_pipe_is_read_once(void **state) {
    (void)state;
    struct pv_source *source = NULL;
    pid_t child;
    int fd = make_pipe(&child);
    assert_int_equal(pv_source_fd(fd, &source, NULL), PROVAR_OK);
    assert_false(source->has_size);
    assert_reads_once(source);
    pv_source_free(source);
    assert_int_equal(fcntl(fd, F_GETFD), 0);
    drop_pipe(fd, child);
}

/* A terminal goes on after its end, and so does a socket after an empty message. */
static void test_end_of_a_stream_is_final(void **state) {
    (void)state;
    struct pv_source *source = NULL;
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), 0);
    assert_int_equal(send(ends[1], content, 10, 0), 10);
    assert_int_equal(send(ends[1], content, 0, 0), 0);
    assert_int_equal(send(ends[1], content, 10, 0), 10);
    assert_int_equal(pv_source_fd(ends[0], &source, NULL), PROVAR_OK);
    assert_reads(source, 0, 100, 10);
    assert_reads(source, 0, 100, 0);
    pv_source_free(source);
    assert_int_equal(close(ends[0]), 0);
    assert_int_equal(close(ends[1]), 0);
}

/* Threats 21, 256. */
static void test_paths_that_are_no_regular_files(void **state) {
    (void)state;
    static const char *const paths[] = {"/", "/dev/null", "/dev/zero", "/nonexistent/a.par"};
    struct pv_source *source = NULL;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        assert_int_equal(pv_source_file(pv_str_of(paths[i]), &source, NULL), PROVAR_E_IO);
    int fd = make_file(0);
    drop_file(fd);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(pv_source_file(pv_str_of(path), &source, NULL), PROVAR_E_IO);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(pv_source_file(PV_STR("a\0b"), &source, NULL), PROVAR_E_USAGE);
    assert_null(source);
}

static void test_descriptors_that_cannot_be_read(void **state) {
    (void)state;
    struct pv_source *source = NULL;
    uint8_t byte;
    size_t len;
    assert_int_equal(pv_source_fd(-1, &source, NULL), PROVAR_E_USAGE);
    assert_int_equal(pv_source_fd(1 << 20, &source, NULL), PROVAR_E_IO);
    int fd = open("/", O_RDONLY | O_CLOEXEC);
    assert_int_equal(pv_source_fd(fd, &source, NULL), PROVAR_OK);
    assert_int_equal(pv_source_read(source, &byte, 1, &len, NULL), PROVAR_E_IO);
    pv_source_free(source);
    assert_int_equal(close(fd), 0);
}

/* ---------------------------------------------------------------- files that change (threat 22) */

static enum provar_result skip_all(struct pv_source *source, struct provar_error *err) {
    uint64_t skipped;
    enum provar_result result = pv_source_skip(source, CONTENT_LEN, &skipped, err);
    return result == PROVAR_OK ? read_all(source, err) : result;
}

static void test_file_that_changes_its_size(void **state) {
    (void)state;
    static const off_t sizes[] = {CONTENT_LEN, CONTENT_LEN - 1, CONTENT_LEN + 1, 0, 50000, 1 << 20};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (int skipping = 0; skipping < 2; skipping++) {
            struct provar_error err = {0};
            int fd = make_file(0);
            struct pv_source *source = open_file();
            assert_reads(source, 0, 10, 10);
            assert_int_equal(ftruncate(fd, sizes[i]), 0);
            enum provar_result result = skipping ? skip_all(source, &err) : read_all(source, &err);
            assert_int_equal(result, i == 0 ? PROVAR_OK : PROVAR_E_IO);
            if (i > 0)
                assert_non_null(strstr(err.message, "changed its size"));
            pv_source_free(source);
            drop_file(fd);
        }
    }
}

static void test_read_at_of_a_file_that_shrank(void **state) {
    (void)state;
    uint8_t buf[10];
    size_t len;
    struct provar_error err = {0};
    int fd = make_file(0);
    struct pv_source *source = open_file();
    assert_int_equal(source->ops->read_at(source, buf, 10, 99995, &len, NULL), PROVAR_OK);
    assert_int_equal(len, 5);
    assert_int_equal(ftruncate(fd, 99997), 0);
    assert_int_equal(source->ops->read_at(source, buf, 10, 99995, &len, &err), PROVAR_E_IO);
    assert_int_equal(err.offset, 99997);
    pv_source_free(source);
    drop_file(fd);
}

/* Its size says 0, its content does not. */
static void test_file_of_the_proc_file_system(void **state) {
    (void)state;
    struct pv_source *source = NULL;
    if (access("/proc/self/status", R_OK) != 0)
        skip_because("needs /proc");
    assert_int_equal(pv_source_file(PV_STR("/proc/self/status"), &source, NULL), PROVAR_OK);
    assert_int_equal(read_all(source, NULL), PROVAR_E_IO);
    pv_source_free(source);
}

/* ---------------------------------------------------------------- what the caller names */

static void test_open_of_every_kind(void **state) {
    (void)state;
    struct caller caller;
    struct provar_callbacks calls = callbacks_of(&caller, 0);
    int fd = make_file(0);
    const struct provar_input inputs[] = {
        {.size = sizeof inputs[0], .kind = PROVAR_INPUT_PATH, .path = path, .path_len = strlen(path)},
        {.size = sizeof inputs[0], .kind = PROVAR_INPUT_FD, .fd = fd},
        {.size = sizeof inputs[0], .kind = PROVAR_INPUT_MEMORY, .data = content, .data_len = sizeof content},
        {.size = sizeof inputs[0], .kind = PROVAR_INPUT_CALLBACKS, .callbacks = &calls},
    };
    for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++) {
        struct pv_source *source = NULL;
        assert_int_equal(pv_source_open(&inputs[i], &source, NULL), PROVAR_OK);
        assert_serves_content(source);
        pv_source_free(source);
    }
    assert_int_equal(caller.closes, 1);
    drop_file(fd);
}

static void test_open_of_what_is_no_input(void **state) {
    (void)state;
    const struct provar_input inputs[] = {
        {.size = 0, .kind = PROVAR_INPUT_MEMORY},
        {.size = sizeof inputs[0] - 1, .kind = PROVAR_INPUT_MEMORY},
        {.size = sizeof inputs[0] + 1, .kind = PROVAR_INPUT_MEMORY},
        {.size = sizeof inputs[0], .kind = 0},
        {.size = sizeof inputs[0], .kind = 5},
        {.size = sizeof inputs[0], .kind = PROVAR_INPUT_PATH},
        {.size = sizeof inputs[0], .kind = PROVAR_INPUT_PATH, .path_len = 3},
        {.size = sizeof inputs[0], .kind = PROVAR_INPUT_PATH, .path = ""},
        {.size = sizeof inputs[0], .kind = PROVAR_INPUT_FD, .fd = -1},
        {.size = sizeof inputs[0], .kind = PROVAR_INPUT_MEMORY, .data_len = 1},
        {.size = sizeof inputs[0], .kind = PROVAR_INPUT_CALLBACKS},
    };
    struct pv_source *source = NULL;
    assert_int_equal(pv_source_open(NULL, &source, NULL), PROVAR_E_USAGE);
    for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++) {
        struct provar_error err = {0};
        assert_int_equal(pv_source_open(&inputs[i], &source, &err), PROVAR_E_USAGE);
        assert_int_equal(err.code, PROVAR_E_USAGE);
        assert_null(source);
    }
    const struct provar_input good = {.size = sizeof good, .kind = PROVAR_INPUT_MEMORY};
    assert_int_equal(pv_source_open(&good, &source, NULL), PROVAR_OK);
    pv_source_free(source);
    pv_source_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_empty_memory),
        cmocka_unit_test(test_file),
        cmocka_unit_test(test_empty_file),
        cmocka_unit_test(test_descriptor_is_read_from_where_it_stands),
        cmocka_unit_test(test_pipe_is_read_once),
        cmocka_unit_test(test_end_of_a_stream_is_final),
        cmocka_unit_test(test_paths_that_are_no_regular_files),
        cmocka_unit_test(test_descriptors_that_cannot_be_read),
        cmocka_unit_test(test_file_that_changes_its_size),
        cmocka_unit_test(test_read_at_of_a_file_that_shrank),
        cmocka_unit_test(test_file_of_the_proc_file_system),
        cmocka_unit_test(test_open_of_every_kind),
        cmocka_unit_test(test_open_of_what_is_no_input),
    };
    return cmocka_run_group_tests(tests, fill_content, NULL);
}
