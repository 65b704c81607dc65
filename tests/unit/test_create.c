/* Tests of the writing conductor: writes when memory runs out, bodies longer than a block, what a full disk leaves. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "support/builder.h"
#include "support/temp_dir.h"

#include "internal.h"

#include "builder.h"
#include "support/fail_each.h"

static size_t count_entries(const char *path) {
    size_t count = 0;
    DIR *dir = opendir(path);
    assert_non_null(dir);
    while (readdir(dir))
        count++;
    assert_int_equal(closedir(dir), 0);
    return count;
}

/* ---------------------------------------------------------------- sizes around a block */

static void test_bodies_of_every_length(void **state) {
    (void)state;
    static const size_t lengths[] = {1,        511,          512,          513,           PV_BLOCK - 1,
                                     PV_BLOCK, PV_BLOCK + 1, 3 * PV_BLOCK, (1 << 20) - 1, (1 << 20) + 1};
    char *content = malloc((1 << 20) + 1);
    assert_non_null(content);
    for (size_t i = 0; i <= 1 << 20; i++)
        content[i] = (char)(i * 7 + i / 257);
    for (int level = 0; level < 2; level++) {
        struct making making = make_bare();
        char names[array_length(lengths)][32];
        assert_ok(provar_builder_set_compression(making.builder, level, NULL));
        for (size_t i = 0; i < array_length(lengths); i++) {
            struct provar_input from = memory_input(content, lengths[i]);
            (void)snprintf(names[i], sizeof names[i], "cpu%zu-linux", i);
            assert_ok(provar_builder_add_target(making.builder, TEXT(names[i]), &from, 0, NULL));
        }
        struct tar_build bytes = write_making(&making);
        struct provar_archive *archive = open_bytes(&bytes);
        struct provar_verified *verified = verify_archive(archive);
        char *copy = malloc((1 << 20) + 1);
        for (size_t i = 0; i < array_length(lengths); i++) {
            size_t len = 0;
            assert_ok(provar_target_copy(verified, TEXT(names[i]), copy, (1 << 20) + 1, &len, NULL));
            assert_int_equal(len, lengths[i]);
            assert_memory_equal(copy, content, len);
        }
        free(copy);
        provar_verified_free(verified);
        provar_archive_free(archive);
        tar_build_free(&bytes);
    }
    free(content);
}

/* ---------------------------------------------------------------- no room */

/* Writes with a ceiling on the size of files; the exit status says how it went. */
static int write_in_little_room(void) {
    struct rlimit limit = {300000, 300000};
    static char content[400000];
    struct making making = make_bare();
    struct provar_input from = memory_input(content, sizeof content);
    struct provar_output to = path_output("a.par", 0);
    (void)signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
        return 1;
    if (provar_builder_add_target(making.builder, TEXT("a-linux"), &from, 0, NULL) != PROVAR_OK)
        return 2;
    if (provar_builder_write(making.builder, &to, NULL) != PROVAR_E_IO)
        return 3;
    return provar_builder_token(making.builder, NULL) ? 4 : 0;
}

static void test_no_room(void **state) {
    (void)state;
    int status = -1;
    pid_t child = fork();
    if (child == 0)
        _exit(write_in_little_room());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(count_entries("."), 2);
}

/* ---------------------------------------------------------------- no memory */

struct work {
    struct provar_key *key;
    struct provar_checked *origin;
    int level;
};

/* The usual archive, or the origin with one more target, into a file that is then taken away. */
static enum provar_result step_write(void *user, struct provar_error *err) {
    const struct work *work = user;
    struct provar_builder *builder = NULL;
    struct provar_input from = {.size = sizeof from, .kind = PROVAR_INPUT_MEMORY, .data = "body", .data_len = 4};
    struct provar_output to = {.size = sizeof to, .kind = PROVAR_OUTPUT_PATH, .path = "a.par", .path_len = 5};
    enum provar_result result =
        work->origin ? provar_builder_from(work->origin, &builder, err) : provar_builder_new(&builder, err);
    if (result == PROVAR_OK)
        result = provar_builder_set_issuer(builder, work->key, err);
    if (result == PROVAR_OK)
        result = provar_builder_set_subject(builder, SUBJECT, PROVAR_PUBLIC_LEN, err);
    if (result == PROVAR_OK)
        result = provar_builder_set_vendor(builder, "vendor", 6, err);
    if (result == PROVAR_OK)
        result = provar_builder_set_compression(builder, work->level, err);
    if (result == PROVAR_OK)
        result = provar_builder_add_target(builder, "mips-linux", 10, &from, 0, err);
    if (result == PROVAR_OK) {
        result = provar_builder_write(builder, &to, err);
        assert_true((provar_builder_token(builder, NULL) != NULL) == (result == PROVAR_OK));
    }
    provar_builder_free(builder);
    assert_int_equal(unlink("a.par"), result == PROVAR_OK ? 0 : -1);
    return result;
}

/* One target of the origin, and the verdict on it. */
static enum provar_result step_write_target(void *user, struct provar_error *err) {
    const struct work *work = user;
    struct provar_output to = {.size = sizeof to, .kind = PROVAR_OUTPUT_PATH, .path = "a.par", .path_len = 5};
    enum provar_result result = provar_checked_write_target(work->origin, TEXT("x86_64-linux"), &to, err);
    assert_int_equal(unlink("a.par"), result == PROVAR_OK ? 0 : -1);
    return result;
}

static void test_no_memory_for_one_target(void **state) {
    (void)state;
    struct tar_build tar = usual_archive(), gzip = gzip_of(&tar);
    const struct tar_build *both[] = {&tar, &gzip};
    for (size_t i = 0; i < array_length(both); i++) {
        struct provar_archive *archive = open_bytes(both[i]);
        struct work work = {.origin = check_archive(archive)};
        size_t open_before = count_entries("/proc/self/fd");
        assert_true(fail_each(step_write_target, &work) > 40);
        assert_int_equal(count_entries("/proc/self/fd"), open_before);
        provar_checked_free(work.origin);
        provar_archive_free(archive);
    }
    tar_build_free(&gzip);
    tar_build_free(&tar);
}

static void test_no_memory(void **state) {
    (void)state;
    struct tar_build bytes = usual_archive();
    struct provar_archive *archive = open_bytes(&bytes);
    struct provar_checked *checked = check_archive(archive);
    struct work work = {.key = key_of(ISSUER_SEED)};
    size_t open_before = count_entries("/proc/self/fd");
    for (work.level = 0; work.level < 2; work.level++) {
        work.origin = NULL;
        assert_true(fail_each(step_write, &work) > 40);
        work.origin = checked;
        assert_true(fail_each(step_write, &work) > 50);
    }
    assert_int_equal(count_entries("/proc/self/fd"), open_before);
    assert_int_equal(count_entries("."), 2);
    provar_key_free(work.key);
    provar_checked_free(checked);
    provar_archive_free(archive);
    tar_build_free(&bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bodies_of_every_length),
        test_in_temp_dir(test_no_room),
        test_in_temp_dir(test_no_memory),
        test_in_temp_dir(test_no_memory_for_one_target),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
