/* Threads of the caller's that share an archive, and threads of the library's own, which change no byte or verdict. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>

#include "support/builder.h"
#include "support/temp_dir.h"

enum { THREADS = 4, ROUNDS = 8, BODY_LEN = 300000 };

struct worker {
    const struct provar_checked *checked;
    const struct provar_verified *verified;
    struct provar_archive *archive;
    const struct provar_policy *policy;
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

/* A new archive out of the proof that all share, whose archive is also asked while it signs: it is free at that time.
 */
static int look_and_sign(const void *msg, size_t len, uint8_t signature[PROVAR_SIGNATURE_LEN], void *user) {
    struct worker *worker = user;
    struct provar_key *key = NULL;
    struct provar_checked *checked = NULL;
    worker->result = provar_look(worker->archive, &worker->err);
    if (worker->result == PROVAR_OK)
        worker->result = provar_check(worker->archive, &checked, &worker->err);
    if (worker->result == PROVAR_OK)
        worker->result = provar_key_from_seed(TEXT(ISSUER_SEED), &key, &worker->err);
    if (worker->result == PROVAR_OK)
        worker->result = provar_key_sign(key, msg, len, signature, &worker->err);
    provar_key_free(key);
    provar_checked_free(checked);
    return worker->result == PROVAR_OK ? 0 : 1;
}

static void *rewrite(void *user) {
    struct worker *worker = user;
    for (int i = 0; i < ROUNDS && worker->result == PROVAR_OK; i++) {
        struct provar_builder *builder = NULL;
        struct tar_build bytes = {0};
        struct provar_output to = bytes_output(&bytes);
        struct provar_input from = memory_input("body", 4);
        worker->result = provar_builder_from(worker->checked, &builder, &worker->err);
        if (worker->result == PROVAR_OK)
            worker->result = provar_builder_set_signer(builder, TEXT(ISSUER), look_and_sign, worker, &worker->err);
        if (worker->result == PROVAR_OK)
            worker->result = provar_builder_add_target(builder, TEXT("e-linux"), &from, 0, &worker->err);
        if (worker->result == PROVAR_OK)
            worker->result = provar_builder_write(builder, &to, &worker->err);
        if (worker->result == PROVAR_OK && memmem(bytes.data, bytes.len, bodies[3], BODY_LEN) == NULL)
            worker->result = PROVAR_E_INTERNAL;
        provar_builder_free(builder);
        tar_build_free(&bytes);
    }
    return NULL;
}

static void test_builders_on_one_proof(void **state) {
    (void)state;
    struct tar_build bytes = large_archive(0);
    struct provar_archive *archive = open_bytes(&bytes);
    struct provar_checked *checked = check_archive(archive);
    struct worker workers[THREADS] = {{0}};
    for (int i = 0; i < THREADS; i++) {
        workers[i].archive = archive;
        workers[i].checked = checked;
    }
    run_all(workers, rewrite);
    provar_checked_free(checked);
    provar_archive_free(archive);
    tar_build_free(&bytes);
}

/* By a policy that all share: judges the file's digest, leaves notices, and moves one history. */
static void *verify_and_record(void *user) {
    struct worker *worker = user;
    for (int i = 0; i < ROUNDS && worker->result == PROVAR_OK; i++) {
        struct provar_verified *verified = NULL;
        worker->result = provar_verify(worker->archive, worker->policy, &verified, &worker->err);
        if (worker->result == PROVAR_OK)
            worker->result = provar_verified_record(verified, TEXT("recorded"), &worker->err);
        provar_verified_free(verified);
    }
    return NULL;
}

#define ZEROS "sha256:0000000000000000000000000000000000000000000000000000000000000000"

/* With a list of revocations that is stale, and a history that knows something newer. */
static struct provar_policy *policy_of_files(void) {
    static const char revoked[] = "# fresh-until: 20200101\n" ZEROS "\n";
    static const char history[] = SUBJECT " 8 1700000000 " ZEROS " " ISSUER " 1700000000\n";
    struct provar_policy *policy = usual_policy();
    temp_dir_write("revoked", TEXT(revoked));
    temp_dir_write("history", TEXT(history));
    assert_ok(provar_policy_load(policy, PROVAR_POLICY_REVOKED_ISSUERS, TEXT("revoked"), NULL));
    assert_ok(provar_policy_load(policy, PROVAR_POLICY_HISTORY, TEXT("history"), NULL));
    provar_policy_set_rollback(policy, PROVAR_ROLLBACK_ALLOW);
    return policy;
}

static size_t count_notices(const struct provar_archive *archive, const char *words) {
    size_t count = 0;
    for (size_t i = 0; i < provar_archive_notice_count(archive); i++)
        count += strstr(provar_archive_notice(archive, i), words) != NULL;
    return count;
}

static void test_one_policy_of_files(void **state) {
    (void)state;
    for (int level = 0; level <= 1; level++) {
        struct tar_build bytes = large_archive(level);
        struct provar_archive *archive = open_bytes(&bytes);
        struct provar_policy *policy = policy_of_files();
        struct worker workers[THREADS] = {{0}};
        for (int i = 0; i < THREADS; i++) {
            workers[i].archive = archive;
            workers[i].policy = policy;
        }
        run_all(workers, verify_and_record);
        assert_true(count_notices(archive, "was fresh until") > 0);
        assert_true(count_notices(archive, "than was accepted before") > 0);
        assert_int_equal(access("recorded", F_OK), 0);
        provar_policy_free(policy);
        provar_archive_free(archive);
        tar_build_free(&bytes);
    }
}

/* ---------------------------------------------------------------- threads of the library's own */

enum { LARGEST = 3 << 20 };
static const uint32_t thread_counts[] = {1, 2, 8};

static char large[LARGEST];

static int fill_large(void **state) {
    (void)state;
    for (size_t k = 0; k < LARGEST; k++)
        large[k] = (char)("etaoin shrdlu"[k * (k % 1009 + 3) % 13]);
    return 0;
}

/* Targets of 1 byte to 3 MiB, the first of them the longest. */
static struct tar_build archive_by(uint32_t threads, int level, int count, bool has_world) {
    struct making making = make_bare();
    struct provar_input from = memory_input("\0asm\1\0\0\0 world", 14);
    provar_builder_set_threads(making.builder, threads);
    provar_builder_set_issued_at(making.builder, 1700000000);
    assert_ok(provar_builder_set_id(making.builder, TEXT("SjB5fm974SjU9WMgTUchsb"), NULL));
    assert_ok(provar_builder_set_compression(making.builder, level, NULL));
    if (has_world)
        assert_ok(provar_builder_set_world(making.builder, &from, NULL));
    for (int i = 0; i < count; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "cpu%d-linux", i);
        from = memory_input(large, i < 22 ? (size_t)LARGEST >> i : 1);
        assert_ok(provar_builder_add_target(making.builder, TEXT(name), &from, 0, NULL));
    }
    return write_making(&making);
}

static void test_bytes_do_not_depend_on_threads(void **state) {
    (void)state;
    static const int levels[] = {0, 1, 6}, counts[] = {1, 3, 20};
    for (size_t l = 0; l < array_length(levels); l++) {
        for (size_t c = 0; c < array_length(counts); c++) {
            struct tar_build due = archive_by(1, levels[l], counts[c], c > 0);
            for (size_t t = 1; t < array_length(thread_counts); t++) {
                struct tar_build bytes = archive_by(thread_counts[t], levels[l], counts[c], c > 0);
                assert_int_equal(bytes.len, due.len);
                assert_int_equal(memcmp(bytes.data, due.data, due.len), 0);
                tar_build_free(&bytes);
            }
            tar_build_free(&due);
        }
    }
}

static void verdict_by(const struct tar_build *bytes, uint32_t threads, uint32_t flags, struct provar_error *err) {
    struct provar_archive *archive = NULL;
    struct provar_verified *verified = NULL;
    struct provar_policy *policy = usual_policy();
    struct provar_input from = memory_input(bytes->data, bytes->len);
    struct provar_open_options options = {.size = sizeof options, .flags = flags, .threads = threads};
    memset(err, 0, sizeof *err);
    assert_ok(provar_open(&from, &options, &archive, NULL));
    if (provar_verify(archive, policy, &verified, err) == PROVAR_OK)
        assert_int_equal(err->code, PROVAR_OK);
    provar_verified_free(verified);
    provar_policy_free(policy);
    provar_archive_free(archive);
}

/* Gives the first thread's verdict; every other one must be the same in every field. */
static enum provar_result verdict_of(const struct tar_build *bytes) {
    struct provar_error first;
    verdict_by(bytes, 1, 0, &first);
    for (size_t t = 0; t < array_length(thread_counts); t++) {
        for (uint32_t flags = 0; flags <= PROVAR_OPEN_NO_INDEX; flags += PROVAR_OPEN_NO_INDEX) {
            struct provar_error err;
            verdict_by(bytes, thread_counts[t], flags, &err);
            if (memcmp(&err, &first, sizeof err) != 0)
                fail_msg("%u threads: %s (%s), 1 thread: %s (%s)", thread_counts[t], err.message, err.member,
                         first.message, first.member);
        }
    }
    return (enum provar_result)first.code;
}

static void test_verdicts_do_not_depend_on_threads(void **state) {
    (void)state;
    for (int level = 0; level < 2; level++) {
        struct tar_build bytes = archive_by(2, level, 6, true);
        assert_ok(verdict_of(&bytes));
        for (size_t part = 1; part < 10; part++) {
            size_t at = bytes.len * part / 10;
            bytes.data[at] ^= 0x20;
            bytes.data[at + 500] ^= 0x20;
            assert_int_not_equal(verdict_of(&bytes), PROVAR_OK);
            bytes.data[at] ^= 0x20;
            bytes.data[at + 500] ^= 0x20;
        }
        assert_ok(verdict_of(&bytes));
        tar_build_free(&bytes);
    }
}

/* Two bodies of a plain archive are altered: the first one in the archive is named. */
static void test_the_first_altered_body_is_named(void **state) {
    (void)state;
    struct tar_build bytes = archive_by(2, 0, 6, true);
    struct provar_error err;
    struct provar_archive *archive = open_bytes(&bytes);
    struct provar_member member = {.size = sizeof member};
    char name[64];
    assert_ok(provar_look(archive, NULL));
    for (size_t i = 2; i < 6; i += 3) {
        assert_ok(provar_archive_member(archive, i, &member));
        bytes.data[member.offset] ^= 1;
        if (i == 2)
            (void)snprintf(name, sizeof name, "%s", member.name);
    }
    provar_archive_free(archive);
    assert_int_equal(verdict_of(&bytes), PROVAR_E_DIGEST);
    verdict_by(&bytes, 8, 0, &err);
    assert_string_equal(err.member, name);
    tar_build_free(&bytes);
}

/* 64 at most: more is no fault. */
static void test_more_threads_than_the_most(void **state) {
    (void)state;
    struct provar_error err;
    struct tar_build bytes = archive_by(UINT32_MAX, 1, 3, false), due = archive_by(1, 1, 3, false);
    assert_int_equal(bytes.len, due.len);
    assert_int_equal(memcmp(bytes.data, due.data, due.len), 0);
    verdict_by(&bytes, UINT32_MAX, 0, &err);
    assert_ok(err.code);
    tar_build_free(&bytes);
    tar_build_free(&due);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_in_temp_dir(test_one_proof_for_all),
        test_in_temp_dir(test_a_proof_for_each),
        cmocka_unit_test(test_an_archive_for_each),
        cmocka_unit_test(test_builders_on_one_proof),
        test_in_temp_dir(test_one_policy_of_files),
        cmocka_unit_test(test_bytes_do_not_depend_on_threads),
        cmocka_unit_test(test_verdicts_do_not_depend_on_threads),
        cmocka_unit_test(test_the_first_altered_body_is_named),
        cmocka_unit_test(test_more_threads_than_the_most),
    };
    return cmocka_run_group_tests(tests, fill_large, NULL);
}
