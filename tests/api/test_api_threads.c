/* One verified archive in the hands of several threads; and several archives, one a thread. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>

#include "support/builder.h"
#include "support/temp_dir.h"

enum { THREADS = 4, ROUNDS = 8, BODY_LEN = 300000 };

struct worker {
    const struct provar_verified *verified;
    struct provar_archive *archive;
    int number;
    enum provar_result result;
    struct provar_error err;
};

static char bodies[THREADS][BODY_LEN];
static const char *const targets[THREADS] = {"a-linux", "b-linux", "c-linux", "d-linux"};

static struct tar_build large_archive(int level) {
    struct making making = make_bare();
    for (int i = 0; i < THREADS; i++) {
        for (size_t k = 0; k < BODY_LEN; k++)
            bodies[i][k] = (char)(k * (size_t)(i + 3) + k / 509);
        struct provar_input from = memory_input(bodies[i], BODY_LEN);
        assert_ok(provar_builder_add_target(making.builder, TEXT(targets[i]), &from, 0, NULL));
    }
    assert_ok(provar_builder_set_compression(making.builder, level, NULL));
    return write_making(&making);
}

/* cmocka's assertions belong to the main thread, so a worker only reports. */
static bool is_body(const struct tar_build *got, int which) {
    return got->len == BODY_LEN && memcmp(got->data, bodies[which], BODY_LEN) == 0;
}

static enum provar_result use_once(struct worker *worker, int which) {
    struct tar_build got = {0};
    struct provar_output to = bytes_output(&got);
    uint64_t size = 0;
    char name[32];
    enum provar_result result = provar_extract(worker->verified, TEXT(targets[which]), &to, &worker->err);
    if (result == PROVAR_OK && !is_body(&got, which))
        result = PROVAR_E_INTERNAL;
    tar_build_free(&got);
    if (result == PROVAR_OK)
        result = provar_target_size(worker->verified, TEXT(targets[which]), &size, &worker->err);
    if (result == PROVAR_OK && size != BODY_LEN)
        result = PROVAR_E_INTERNAL;
    (void)snprintf(name, sizeof name, "out.%d", worker->number);
    to = path_output(name, PROVAR_OUTPUT_REPLACE);
    if (result == PROVAR_OK)
        result = provar_extract(worker->verified, TEXT(targets[which]), &to, &worker->err);
    return result;
}

static void *use(void *user) {
    struct worker *worker = user;
    for (int i = 0; i < ROUNDS && worker->result == PROVAR_OK; i++)
        worker->result = use_once(worker, (i + worker->number) % THREADS);
    return NULL;
}

/* The archive again and again, as a whole. */
static void *check_own(void *user) {
    struct worker *worker = user;
    for (int i = 0; i < ROUNDS && worker->result == PROVAR_OK; i++) {
        struct provar_checked *checked = NULL;
        worker->result = provar_check(worker->archive, &checked, &worker->err);
        provar_checked_free(checked);
    }
    return NULL;
}

static void run_all(struct worker *workers, void *(*work)(void *)) {
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        workers[i].number = i;
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (int i = 0; i < THREADS; i++)
        if (workers[i].result != PROVAR_OK)
            fail_msg("thread %d: %s: %s", i, provar_result_name((int)workers[i].result), workers[i].err.message);
}

static void test_one_proof_for_all(void **state) {
    (void)state;
    for (int level = 0; level <= 1; level++) {
        struct tar_build bytes = large_archive(level);
        struct provar_archive *archive = open_bytes(&bytes);
        struct provar_verified *verified = verify_archive(archive);
        struct worker workers[THREADS] = {{0}};
        for (int i = 0; i < THREADS; i++)
            workers[i].verified = verified;
        run_all(workers, use);
        provar_verified_free(verified);
        provar_archive_free(archive);
        tar_build_free(&bytes);
    }
}

/* Each thread has a proof of its own of the same archive, and lets go of it when it likes. */
static void *use_and_free(void *user) {
    struct worker *worker = user;
    (void)use(worker);
    provar_verified_free((struct provar_verified *)(uintptr_t)worker->verified);
    return NULL;
}

static void test_a_proof_for_each(void **state) {
    (void)state;
    struct tar_build bytes = large_archive(1);
    struct provar_archive *archive = open_bytes(&bytes);
    struct worker workers[THREADS] = {{0}};
    for (int i = 0; i < THREADS; i++)
        workers[i].verified = verify_archive(archive);
    run_all(workers, use_and_free);
    provar_archive_free(archive);
    tar_build_free(&bytes);
}

static void test_an_archive_for_each(void **state) {
    (void)state;
    struct tar_build bytes = large_archive(1);
    struct worker workers[THREADS] = {{0}};
    for (int i = 0; i < THREADS; i++)
        workers[i].archive = open_bytes(&bytes);
    run_all(workers, check_own);
    for (int i = 0; i < THREADS; i++)
        provar_archive_free(workers[i].archive);
    tar_build_free(&bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_in_temp_dir(test_one_proof_for_all),
        test_in_temp_dir(test_a_proof_for_each),
        cmocka_unit_test(test_an_archive_for_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
