/* Tests of files that another program shortens or lengthens while they are read: archives, and bodies of new ones. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/builder.h"
#include "support/fault_trial.h"

/* Two pieces of a gzip archive, and nine blocks. */
enum { LARGE = (1 << 20) + 70000, SMALL = 40000 };

static const char small_name[] = "small";
static uint8_t large[LARGE], small[SMALL];

/* ---------------------------------------------------------------- the change */

static struct {
    const char *name;
    off_t len; /* the new one */
} change;

static void change_now(void) {
    assert_int_equal(truncate(change.name, change.len), 0);
}

/* Before one read the file gets another length. */
static const struct fault change_at_a_read = {.what = "the file changes", .calls = FAULT_READ, .act = change_now};

/* Changes the file before each read in turn, until the run has ended before. A change before one of the first `guarded`
 * reads must be noticed; what is read later is judged by its digest alone. Returns how many reads there are. */
static int change_at_each_read(struct trial *trial, int guarded, const struct tar_build *original) {
    for (int after = 0;; after++) {
        temp_dir_write(change.name, original->data, original->len);
        size_t open_before = count_entries("/proc/self/fd"), entries = count_entries(".");
        struct outcome outcome = run_once(trial, &change_at_a_read, after);
        bool may_fail = outcome.hits > 0, may_succeed = outcome.hits == 0 || after >= guarded;
        if (!(outcome.result == PROVAR_E_IO ? may_fail : outcome.result == PROVAR_OK && may_succeed))
            fail_trial(trial, &outcome, "of %d reads, the first that must fail", guarded);
        judge_output(trial, &outcome, entries);
        judge_leaks(trial, &outcome, open_before);
        put_back(trial);
        if (outcome.hits == 0)
            return after;
    }
}

/* How many reads a run takes that nothing disturbs. */
static int reads_of(struct trial trial) {
    static const struct fault late = {.what = "nothing", .calls = FAULT_READ};
    const int far = 1000000;
    struct outcome outcome = run_once(&trial, &late, far);
    if (outcome.result != PROVAR_OK)
        fail_trial(&trial, &outcome, "nothing was wrong");
    return far - atomic_load(&faults.left);
}

/* To nothing, to a half, shorter by a byte, longer by a byte. */
static void change_in_each_way(struct trial *trial, const char *name, int guarded) {
    struct tar_build original = file_bytes(name);
    const off_t len = (off_t)original.len, lengths[] = {0, len / 2, len - 1, len + 1};
    change.name = name;
    for (size_t i = 0; i < array_length(lengths); i++) {
        change.len = lengths[i];
        assert_true(change_at_each_read(trial, guarded, &original) > guarded);
    }
    temp_dir_write(name, original.data, original.len);
    tar_build_free(&original);
}

/* ---------------------------------------------------------------- the verbs */

static enum provar_result write_to(struct trial *trial, struct provar_builder *builder, struct provar_error *err) {
    struct provar_output to = path_output(trial->output, 0);
    provar_builder_set_issued_at(builder, 1700000000);
    provar_builder_set_threads(builder, trial->threads);
    enum provar_result result = provar_builder_set_id(builder, "SjB5fm974SjU9WMgTUchsb", 22, err);
    return result == PROVAR_OK ? provar_builder_write(builder, &to, err) : result;
}

static enum provar_result create(struct trial *trial, int level, struct provar_error *err) {
    struct making making = make_bare();
    struct provar_input from[2] = {path_input("large"), path_input(small_name)};
    assert_ok(provar_builder_set_compression(making.builder, level, NULL));
    enum provar_result result = provar_builder_add_target(making.builder, TEXT("x86_64-linux"), &from[0], 0, err);
    if (result == PROVAR_OK)
        result = provar_builder_add_target(making.builder, TEXT("aarch64-linux"), &from[1], 0, err);
    if (result == PROVAR_OK)
        result = write_to(trial, making.builder, err);
    making_free(&making);
    return result;
}

static enum provar_result run_create_plain(struct trial *trial, struct provar_error *err) {
    return create(trial, 0, err);
}

static enum provar_result run_create_gzip(struct trial *trial, struct provar_error *err) {
    return create(trial, 1, err);
}

static enum provar_result run_check(struct trial *trial, struct provar_error *err) {
    struct provar_archive *archive = NULL;
    struct provar_checked *checked = NULL;
    enum provar_result result = open_trial(trial, &archive, err);
    if (result == PROVAR_OK)
        result = provar_check(archive, &checked, err);
    provar_checked_free(checked);
    provar_archive_free(archive);
    return result;
}

static enum provar_result run_extract(struct trial *trial, struct provar_error *err) {
    struct provar_archive *archive = NULL;
    struct provar_policy *policy = usual_policy();
    struct provar_verified *verified = NULL;
    struct provar_output to = path_output(trial->output, 0);
    enum provar_result result = open_trial(trial, &archive, err);
    if (result == PROVAR_OK)
        result = provar_verify(archive, policy, &verified, err);
    if (result == PROVAR_OK)
        result = provar_extract(verified, TEXT("x86_64-linux"), &to, err);
    provar_verified_free(verified);
    provar_policy_free(policy);
    provar_archive_free(archive);
    return result;
}

/* A body may change from where it is opened; before, it would be another one. */
static enum provar_result run_insert(struct trial *trial, struct provar_error *err) {
    const struct fault *planned = faults.fault;
    struct provar_archive *archive = NULL;
    struct provar_checked *checked = NULL;
    struct making making = {.key = key_of(ISSUER_SEED)};
    struct provar_input from = path_input(small_name);
    if (change.name == from.path)
        faults.fault = NULL;
    enum provar_result result = open_trial(trial, &archive, err);
    if (result == PROVAR_OK)
        result = provar_check(archive, &checked, err);
    if (result == PROVAR_OK)
        result = provar_builder_from(checked, &making.builder, err);
    if (result == PROVAR_OK)
        result = provar_builder_set_issuer(making.builder, making.key, err);
    faults.fault = planned;
    if (result == PROVAR_OK)
        result = provar_builder_add_target(making.builder, TEXT("other-linux"), &from, PROVAR_TARGET_FORCE, err);
    if (result == PROVAR_OK)
        result = write_to(trial, making.builder, err);
    making_free(&making);
    provar_checked_free(checked);
    provar_archive_free(archive);
    return result;
}

/* ---------------------------------------------------------------- the trials */

static const char *const archives[] = {"plain.par", "indexed.par.gz"};

/* What a run without a change writes. */
static struct tar_build good_bytes(struct trial trial, const char *output) {
    static const struct fault none = {.what = "nothing"};
    trial.output = output;
    struct outcome outcome = run_once(&trial, &none, 0);
    if (outcome.result != PROVAR_OK)
        fail_trial(&trial, &outcome, "nothing was wrong");
    return file_bytes(output);
}

static int make_files(void **state) {
    static const struct trial makers[] = {{.name = "create, plain", .run = run_create_plain, .threads = 1},
                                          {.name = "create, gzip", .run = run_create_gzip, .threads = 1}};
    assert_int_equal(temp_dir_setup(state), 0);
    fill_body(large, sizeof large, EM_X86_64);
    fill_body(small, sizeof small, EM_AARCH64);
    temp_dir_write("large", large, sizeof large);
    temp_dir_write(small_name, small, sizeof small);
    for (size_t i = 0; i < array_length(makers); i++) {
        struct tar_build bytes = good_bytes(makers[i], archives[i]);
        tar_build_free(&bytes);
    }
    return 0;
}

/* On one thread and on four. */
static void try_changes(struct trial trial, const char *changing, int guarded) {
    for (trial.threads = 1; trial.threads <= 4; trial.threads += 3)
        change_in_each_way(&trial, changing, guarded);
}

/* The last read of a check looks for bytes behind the end; all others are guarded. */
static int guarded_by_check(const char *archive, uint32_t open_flags) {
    return reads_of((struct trial){
               .name = "check", .run = run_check, .input = archive, .open_flags = open_flags, .threads = 1}) -
           1;
}

static void test_an_archive_that_is_checked(void **state) {
    (void)state;
    static const uint32_t flags[] = {0, PROVAR_OPEN_NO_INDEX};
    for (size_t i = 0; i < array_length(archives); i++)
        for (size_t k = 0; k < array_length(flags); k++) {
            struct trial trial = {.name = "check", .run = run_check, .input = archives[i], .open_flags = flags[k]};
            try_changes(trial, archives[i], guarded_by_check(archives[i], flags[k]));
        }
}

static void test_an_archive_that_is_extracted(void **state) {
    (void)state;
    for (size_t i = 0; i < array_length(archives); i++) {
        struct trial trial = {.name = "extract",
                              .run = run_extract,
                              .input = archives[i],
                              .output = "out",
                              .good[0] = {.data = large, .len = sizeof large}};
        try_changes(trial, archives[i], guarded_by_check(archives[i], 0));
    }
}

/* Each block of a body is a read at least. */
enum { BLOCK = 128 * 1024 };

static void test_a_body_of_a_new_archive(void **state) {
    (void)state;
    struct trial trials[] = {{.name = "create, plain", .run = run_create_plain, .output = "out"},
                             {.name = "create, gzip", .run = run_create_gzip, .output = "out"}};
    for (size_t i = 0; i < array_length(trials); i++) {
        trials[i].good[0] = good_bytes(trials[i], "good");
        assert_int_equal(unlink("good"), 0);
        try_changes(trials[i], "large", LARGE / BLOCK);
        tar_build_free(&trials[i].good[0]);
    }
}

static void test_an_archive_and_a_body_of_an_insertion(void **state) {
    (void)state;
    for (size_t i = 0; i < array_length(archives); i++) {
        struct trial trial = {.name = "insert", .run = run_insert, .input = archives[i], .output = "out"};
        trial.good[0] = good_bytes(trial, "good");
        assert_int_equal(unlink("good"), 0);
        try_changes(trial, archives[i], guarded_by_check(archives[i], 0));
        try_changes(trial, small_name, 1 + SMALL / BLOCK);
        tar_build_free(&trial.good[0]);
    }
}

#define test_on_files(function) cmocka_unit_test_setup_teardown(function, make_files, temp_dir_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        test_on_files(test_an_archive_that_is_checked),
        test_on_files(test_an_archive_that_is_extracted),
        test_on_files(test_a_body_of_a_new_archive),
        test_on_files(test_an_archive_and_a_body_of_an_insertion),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
