/* Tests of create, insert, remove, sign and record when each call in turn fails, is short or is interrupted. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/builder.h"
#include "support/fault_trial.h"

#include "trust/history_file.h"

/* Two pieces of a gzip archive, for several threads; three blocks; less than one. */
enum { LARGE = (1 << 20) + 70000, MEDIUM = 300000, SMALL = 40000 };

static uint8_t large[LARGE], small[SMALL], other[SMALL];
static int small_fd; /* the file of that name */

/* ---------------------------------------------------------------- the verbs */

/* What is the same in every archive that is written here, so that its bytes are. */
static enum provar_result set_claims(struct provar_builder *builder, const struct provar_key *key,
                                     struct provar_error *err) {
    enum provar_result result = provar_builder_set_issuer(builder, key, err);
    if (result == PROVAR_OK)
        result = provar_builder_set_subject(builder, SUBJECT, strlen(SUBJECT), err);
    if (result == PROVAR_OK)
        result = provar_builder_set_vendor(builder, "vendor", 6, err);
    if (result == PROVAR_OK)
        result = provar_builder_set_version(builder, "0.1.0", 5, err);
    if (result == PROVAR_OK)
        result = provar_builder_set_id(builder, "SjB5fm974SjU9WMgTUchsb", 22, err);
    provar_builder_set_issued_at(builder, 1700000000);
    return result;
}

static enum provar_result add(struct provar_builder *builder, const char *target, struct provar_input from,
                              struct provar_error *err) {
    return provar_builder_add_target(builder, target, strlen(target), &from, 0, err);
}

static enum provar_result write_out(struct trial *trial, struct provar_builder *builder, struct provar_error *err) {
    struct provar_output to = {.size = sizeof to,
                               .kind = PROVAR_OUTPUT_CALLBACK,
                               .write = callback_take,
                               .user = trial,
                               .temp_dir = ".",
                               .temp_dir_len = 1};
    if (trial->output)
        to = path_output(trial->output, trial->old.len > 0 ? PROVAR_OUTPUT_REPLACE : 0);
    enum provar_result result = provar_builder_write(builder, &to, err);
    assert_true((provar_builder_token(builder, NULL) != NULL) == (result == PROVAR_OK));
    return result;
}

/* One target from a path, one from a descriptor. */
static enum provar_result create(struct trial *trial, int level, struct provar_error *err) {
    struct provar_key *key = NULL;
    struct provar_builder *builder = NULL;
    enum provar_result result = provar_key_from_seed(ISSUER_SEED, strlen(ISSUER_SEED), &key, err);
    if (result == PROVAR_OK)
        result = provar_builder_new(&builder, err);
    if (result == PROVAR_OK)
        result = set_claims(builder, key, err);
    if (result == PROVAR_OK)
        result = provar_builder_set_compression(builder, level, err);
    if (result == PROVAR_OK)
        result = add(builder, "x86_64-linux", path_input(level > 0 && trial->threads > 1 ? "large" : "medium"), err);
    if (result == PROVAR_OK)
        result = add(builder, "aarch64-linux", fd_input(small_fd), err);
    if (result == PROVAR_OK) {
        provar_builder_set_threads(builder, trial->threads);
        result = write_out(trial, builder, err);
    }
    provar_builder_free(builder);
    provar_key_free(key);
    return result;
}

static enum provar_result run_create_plain(struct trial *trial, struct provar_error *err) {
    return create(trial, 0, err);
}

static enum provar_result run_create_gzip(struct trial *trial, struct provar_error *err) {
    return create(trial, 1, err);
}

/* What is done with the members of an archive that was checked. */
typedef enum provar_result (*change_fn)(struct provar_builder *builder, struct provar_error *err);

static enum provar_result write_changed(struct trial *trial, const struct provar_checked *checked,
                                        const struct provar_key *key, change_fn change, struct provar_error *err) {
    struct provar_builder *builder = NULL;
    enum provar_result result = provar_builder_from(checked, &builder, err);
    if (result == PROVAR_OK)
        result = set_claims(builder, key, err);
    if (result == PROVAR_OK)
        result = change(builder, err);
    if (result == PROVAR_OK) {
        provar_builder_set_threads(builder, trial->threads);
        result = write_out(trial, builder, err);
    }
    provar_builder_free(builder);
    return result;
}

static enum provar_result rewrite(struct trial *trial, change_fn change, struct provar_error *err) {
    struct provar_key *key = NULL;
    struct provar_archive *archive = NULL;
    struct provar_checked *checked = NULL;
    enum provar_result result = provar_key_from_seed(ISSUER_SEED, strlen(ISSUER_SEED), &key, err);
    if (result == PROVAR_OK)
        result = open_trial(trial, &archive, err);
    if (result == PROVAR_OK)
        result = provar_check(archive, &checked, err);
    if (result == PROVAR_OK)
        result = write_changed(trial, checked, key, change, err);
    provar_checked_free(checked);
    close_trial(trial, archive);
    provar_key_free(key);
    return result;
}

static enum provar_result insert_one(struct provar_builder *builder, struct provar_error *err) {
    return add(builder, "riscv64-linux", path_input("other"), err);
}

static enum provar_result remove_one(struct provar_builder *builder, struct provar_error *err) {
    return provar_builder_remove_target(builder, "aarch64-linux", strlen("aarch64-linux"), err);
}

static enum provar_result change_nothing(struct provar_builder *builder, struct provar_error *err) {
    return provar_builder_set_revision(builder, 7, err);
}

static enum provar_result run_insert(struct trial *trial, struct provar_error *err) {
    return rewrite(trial, insert_one, err);
}

static enum provar_result run_remove(struct trial *trial, struct provar_error *err) {
    return rewrite(trial, remove_one, err);
}

static enum provar_result run_sign(struct trial *trial, struct provar_error *err) {
    return rewrite(trial, change_nothing, err);
}

static struct pv_history_entry entry_of(int32_t revision) {
    struct pv_history_entry entry = {
        .has_revision = true, .revision = revision, .issued_at = 100, .id = {{(uint8_t)revision}}, .last_seen = 100};
    memcpy(entry.subject, SUBJECT, sizeof entry.subject);
    memcpy(entry.issuer, ISSUER, sizeof entry.issuer);
    return entry;
}

static enum provar_result run_record(struct trial *trial, struct provar_error *err) {
    const struct pv_history_entry entry = entry_of(8);
    return pv_history_record(pv_str_of(trial->output), &entry, PROVAR_ROLLBACK_REFUSE, err);
}

/* ---------------------------------------------------------------- what they work on */

static int make_files(void **state) {
    assert_int_equal(temp_dir_setup(state), 0);
    fill_body(large, sizeof large, EM_X86_64);
    fill_body(small, sizeof small, EM_AARCH64);
    temp_dir_write("large", large, sizeof large);
    temp_dir_write("medium", large, MEDIUM);
    temp_dir_write("small", small, sizeof small);
    fill_body(other, sizeof other, EM_RISCV);
    temp_dir_write("other", other, sizeof other);
    small_fd = open("small", O_RDONLY | O_CLOEXEC);
    return small_fd < 0;
}

static int drop_files(void **state) {
    assert_int_equal(close(small_fd), 0);
    return temp_dir_teardown(state);
}

/* What a run without a fault writes. */
static struct tar_build good_bytes(struct trial trial, const char *output) {
    static const struct fault none = {.what = "nothing"};
    trial.output = output;
    struct outcome outcome = run_once(&trial, &none, 0);
    if (outcome.result != PROVAR_OK)
        fail_trial(&trial, &outcome, "nothing was wrong");
    struct tar_build bytes = file_bytes(output);
    assert_int_equal(unlink(output), 0);
    return bytes;
}

/* `met` are the calls that a trial must have. */
static void try_trial(struct trial *trial, unsigned threads, unsigned met) {
    trial->threads = threads;
    trial->good[0] = good_bytes(*trial, "good");
    assert_false(same_bytes(&trial->good[0], &trial->good[1]));
    (void)tar_grow(&trial->stream, 2 * trial->good[0].len);
    unsigned really = try_all(trial);
    if ((really & met) != met)
        fail_msg("%s: of the calls %#x only %#x", trial->name, met, really);
    put_back(trial);
    tar_build_free(&trial->good[0]);
    tar_build_free(&trial->good[1]);
    tar_build_free(&trial->stream);
}

/* ---------------------------------------------------------------- the trials */

enum {
    ALWAYS = FAULT_ALLOCATION | FAULT_OPEN | FAULT_READ | FAULT_WRITE | FAULT_SIZE | FAULT_EXAMINE,
    TO_PATH = ALWAYS | FAULT_SYNC | FAULT_NAME | FAULT_PROC,
    RECORD = FAULT_ALLOCATION | FAULT_OPEN | FAULT_WRITE | FAULT_EXAMINE | FAULT_SYNC | FAULT_NAME
};

static void test_create_plain(void **state) {
    (void)state;
    struct trial trial = {.name = "create, plain", .run = run_create_plain, .output = "a.par"};
    try_trial(&trial, 4, TO_PATH | FAULT_THREAD);
}

static void test_create_gzip(void **state) {
    (void)state;
    struct trial trial = {.name = "create, gzip", .run = run_create_gzip, .output = "a.par.gz"};
    try_trial(&trial, 1, TO_PATH);
    try_trial(&trial, 4, TO_PATH | FAULT_THREAD);
}

static void test_create_for_a_callback(void **state) {
    (void)state;
    struct trial trial = {.name = "create for a callback", .run = run_create_gzip};
    try_trial(&trial, 1, ALWAYS | FAULT_TAKER);
}

/* Rewrites an archive in its place. */
static void try_rewrite(const char *name, enum provar_result (*run)(struct trial *trial, struct provar_error *err),
                        bool gzip, unsigned threads) {
    const struct trial origin = {.run = gzip ? run_create_gzip : run_create_plain, .threads = threads};
    struct trial trial = {.name = name, .run = run, .output = "a.par", .input = "a.par", .threads = threads};
    trial.old = good_bytes(origin, "a.par");
    put_back(&trial);
    if (gzip) {
        trial.open_flags = PROVAR_OPEN_NO_INDEX;
        trial.good[1] = good_bytes(trial, "good");
        trial.open_flags = 0;
    }
    try_trial(&trial, threads, TO_PATH | FAULT_RANDOM | (threads > 1 ? FAULT_THREAD : 0));
    (void)unlink("a.par");
    tar_build_free(&trial.old);
}

static void test_insert(void **state) {
    (void)state;
    try_rewrite("insert, plain", run_insert, false, 4);
    try_rewrite("insert, gzip", run_insert, true, 1);
    try_rewrite("insert, gzip", run_insert, true, 4);
}

static void test_remove(void **state) {
    (void)state;
    try_rewrite("remove, gzip", run_remove, true, 1);
}

static void test_sign(void **state) {
    (void)state;
    try_rewrite("sign, plain", run_sign, false, 1);
}

/* What a record makes, and what it replaces. */
static void test_record(void **state) {
    (void)state;
    const struct pv_history_entry entry = entry_of(7);
    struct trial trial = {.name = "a history's first record", .run = run_record, .output = "history"};
    /* Its lock stays. */
    assert_ok(pv_history_record(PV_STR("history"), &entry, PROVAR_ROLLBACK_REFUSE, NULL));
    struct tar_build old = file_bytes("history");
    try_trial(&trial, 1, RECORD);
    trial.name = "a history's next record";
    trial.old = old;
    try_trial(&trial, 1, RECORD | FAULT_READ | FAULT_RANDOM);
    tar_build_free(&old);
}

#define test_on_files(function) cmocka_unit_test_setup_teardown(function, make_files, drop_files)

int main(void) {
    const struct CMUnitTest tests[] = {
        test_on_files(test_create_plain), test_on_files(test_create_gzip), test_on_files(test_create_for_a_callback),
        test_on_files(test_insert),       test_on_files(test_remove),      test_on_files(test_sign),
        test_on_files(test_record),
    };
    fault_hook_libraries();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
