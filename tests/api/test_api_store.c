/* provar-store.h as a program uses it: sessions, what they hear, and what each call promises of its arguments. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "provar-store.h"

#include "support/builder.h"
#include "support/temp_dir.h"

#define SPOT "oci:store:v1"

struct heard {
    uint64_t done, total;
    unsigned calls, stop_at;
};

static int hear_progress(uint64_t done, uint64_t total, void *user) {
    struct heard *heard = user;
    assert_true(done <= total || total == 0);
    assert_true(done >= heard->done || heard->done == heard->total || heard->total == 0);
    heard->done = done;
    heard->total = total;
    return ++heard->calls == heard->stop_at ? 1 : 0;
}

static struct provar_store *new_store(struct heard *heard) {
    struct provar_store *store = NULL;
    const struct provar_store_options options = {.size = sizeof options, .progress = hear_progress, .user = heard};
    assert_ok(provar_store_new(heard ? &options : NULL, &store, NULL));
    return store;
}

/* Pushes bytes as they are, an archive that is good. */
static enum provar_result push(struct provar_store *store, const struct tar_build *bytes, const char *reference,
                               const struct provar_push_options *options, struct provar_stored *stored,
                               struct provar_error *err) {
    struct provar_archive *archive = open_bytes(bytes);
    struct provar_checked *checked = check_archive(archive);
    enum provar_result result = provar_push(store, checked, TEXT(reference), options, stored, err);
    provar_checked_free(checked);
    provar_archive_free(archive);
    return result;
}

static void test_push_open_pull(void **state) {
    (void)state;
    struct heard heard = {0};
    struct provar_store *store = new_store(&heard);
    struct tar_build bytes = usual_archive();
    struct provar_stored pushed = {.size = sizeof pushed}, found = {.size = sizeof found};
    assert_ok(push(store, &bytes, SPOT, NULL, &pushed, NULL));
    assert_int_equal(pushed.bytes, bytes.len);
    assert_string_equal(pushed.tag, "v1");
    assert_int_equal(pushed.blob_verified, 1);
    assert_true(heard.calls > 0 && heard.done == heard.total && heard.total == bytes.len);
    struct provar_archive *archive = NULL;
    assert_ok(provar_store_open(store, TEXT(SPOT), NULL, 0, PROVAR_STORE_RANGES, NULL, &found, &archive, NULL));
    assert_string_equal(found.digest, pushed.digest);
    assert_string_equal(found.blob, pushed.blob);
    assert_int_equal(found.blob_verified, 0);
    provar_verified_free(verify_archive(archive));
    provar_archive_free(archive);
    /* How much will be read nobody knows. */
    assert_true(heard.done > 0 && heard.total == 0);
    assert_ok(provar_store_open(store, TEXT(SPOT), NULL, 0, 0, NULL, &found, &archive, NULL));
    assert_int_equal(found.blob_verified, 1);
    assert_true(heard.done == bytes.len && heard.total == bytes.len);
    unsigned calls = heard.calls;
    provar_verified_free(verify_archive(archive));
    provar_archive_free(archive);
    assert_int_equal(heard.calls, calls);
    struct provar_policy *policy = usual_policy();
    struct provar_output to = path_output("out.par", 0);
    assert_ok(provar_pull(store, TEXT(SPOT), policy, NULL, &to, &found, NULL));
    assert_string_equal(found.digest, pushed.digest);
    struct provar_archive *pulled = open_path("out.par");
    provar_verified_free(verify_archive(pulled));
    provar_archive_free(pulled);
    provar_policy_free(policy);
    provar_store_free(store);
    tar_build_free(&bytes);
}

static void count_warning(const char *line, size_t len, void *user) {
    assert_int_equal(line[len], 0);
    assert_non_null(strstr(line, "does not cover the token"));
    ++*(unsigned *)user;
}

struct proven {
    uint32_t flags;
    int blob_verified, claims_bound;
    unsigned warnings;
};

/* Opens what a digest names, and pulls its executable, by each way of reading. */
static void assert_proven(const char *reference, const struct proven *due, size_t count) {
    unsigned warnings = 0;
    const struct provar_store_options options = {.size = sizeof options, .warn = count_warning, .user = &warnings};
    struct provar_store *store = NULL;
    struct provar_policy *policy = usual_policy();
    struct provar_output to = path_output("executable", PROVAR_OUTPUT_REPLACE);
    assert_ok(provar_store_new(&options, &store, NULL));
    assert_ok(provar_policy_cover_target(policy, TEXT("x86_64-linux"), NULL));
    for (size_t i = 0; i < count; i++) {
        struct provar_stored opened = {.size = sizeof opened}, pulled = opened;
        struct provar_archive *archive = NULL;
        bool by_ranges = (due[i].flags & PROVAR_STORE_RANGES) != 0,
             unbound = (due[i].flags & PROVAR_STORE_UNBOUND) != 0;
        const struct provar_pull_options pull = {.size = sizeof pull,
                                                 .flags = PROVAR_PULL_EXECUTABLE | (by_ranges ? 0 : PROVAR_PULL_WHOLE) |
                                                          (unbound ? PROVAR_PULL_UNBOUND : 0),
                                                 .target = "x86_64-linux",
                                                 .target_len = 12};
        warnings = 0;
        assert_ok(provar_store_open(store, TEXT(reference), NULL, 0, due[i].flags, NULL, &opened, &archive, NULL));
        assert_ok(provar_look(archive, NULL));
        assert_int_equal(warnings, due[i].warnings);
        assert_int_equal(opened.blob_verified, due[i].blob_verified);
        assert_int_equal(opened.claims_bound, due[i].claims_bound);
        provar_archive_free(archive);
        assert_ok(provar_pull(store, TEXT(reference), policy, &pull, &to, &pulled, NULL));
        assert_int_equal(warnings, 2 * due[i].warnings);
        assert_int_equal(pulled.blob_verified, due[i].blob_verified);
        assert_int_equal(pulled.claims_bound, due[i].claims_bound);
    }
    provar_policy_free(policy);
    provar_store_free(store);
}

static void write_blob(const struct provar_stored *stored, const struct tar_build *bytes) {
    char path[512];
    (void)snprintf(path, sizeof path, "store/blobs/sha256/%s", stored->blob + strlen("sha256:"));
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes->data, 1, bytes->len, file), bytes->len);
    assert_int_equal(fclose(file), 0);
}

/* PULL-8; IF-2: whoever is to be warned is. */
static void test_what_leads_from_a_digest(void **state) {
    (void)state;
    static const struct proven full[] = {{0, 1, 1, 0}, {PROVAR_STORE_RANGES, 0, 1, 0}, {3, 0, 1, 0}};
    static const struct proven bare[] = {{0, 1, 1, 0}, {PROVAR_STORE_RANGES, 1, 1, 0}, {3, 0, 0, 1}};
    static const struct proven tagged[] = {{0, 1, 1, 0}, {PROVAR_STORE_RANGES, 0, 0, 0}, {3, 0, 0, 0}};
    struct provar_store *store = new_store(NULL);
    struct tar_build bytes = usual_archive();
    struct provar_stored stored = {.size = sizeof stored};
    const struct provar_push_options wash = {.size = sizeof wash, .flags = PROVAR_PUSH_MANIFEST_WASH};
    struct provar_error err = {0};
    struct provar_archive *archive = NULL;
    char reference[128];
    assert_ok(push(store, &bytes, "oci:store:bare", &wash, &stored, NULL));
    (void)snprintf(reference, sizeof reference, "oci:store@%s", stored.digest);
    assert_proven(reference, bare, array_length(bare));
    assert_proven("oci:store:bare", tagged, array_length(tagged));
    assert_ok(push(store, &bytes, SPOT, NULL, &stored, NULL));
    (void)snprintf(reference, sizeof reference, "oci:store@%s", stored.digest);
    assert_proven(reference, full, array_length(full));
    /* As good an archive, of the same issuer, and as long. */
    struct recipe recipe = usual();
    recipe.times = "\"iat\":1700000001";
    struct tar_build other = archive_of(&recipe);
    assert_int_equal(other.len, bytes.len);
    write_blob(&stored, &other);
    assert_ok(provar_store_open(store, TEXT(reference), NULL, 0, PROVAR_STORE_RANGES, NULL, &stored, &archive, NULL));
    assert_fails(provar_look(archive, &err), PROVAR_E_REGISTRY, err, PROVAR_NO_OFFSET);
    provar_archive_free(archive);
    tar_build_free(&other);
    tar_build_free(&bytes);
    provar_store_free(store);
}

/* Sets the time of the last write, as anybody may who writes. */
static void set_written(const char *path) {
    const struct timespec times[2] = {{.tv_sec = 1700000000}, {.tv_sec = 1700000000}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* Until its time of change is another one: the clock has ticks. */
static void rewrite_blob(const struct provar_stored *stored, const struct tar_build *bytes) {
    struct stat before, after;
    char path[512];
    (void)snprintf(path, sizeof path, "store/blobs/sha256/%s", stored->blob + strlen("sha256:"));
    assert_int_equal(stat(path, &before), 0);
    do {
        write_blob(stored, bytes);
        set_written(path);
        assert_int_equal(stat(path, &after), 0);
    } while (after.st_ctim.tv_sec == before.st_ctim.tv_sec && after.st_ctim.tv_nsec == before.st_ctim.tv_nsec);
    assert_int_equal(after.st_ino, before.st_ino);
    assert_int_equal(after.st_mtim.tv_sec, before.st_mtim.tv_sec);
}

/* A layout's blob is compared first and read then: another archive there, by the same issuer, is not what the digest
 * names. The same bytes are, whoever has written them or given them another name. */
static void test_a_blob_that_is_written_after_its_proof(void **state) {
    (void)state;
    struct provar_store *store = new_store(NULL);
    struct recipe recipe = usual();
    recipe.times = "\"iat\":1700000001";
    struct tar_build bytes = usual_archive(), other = archive_of(&recipe);
    struct provar_stored stored = {.size = sizeof stored};
    struct provar_archive *archive = NULL;
    struct provar_verified *verified = NULL;
    struct provar_policy *policy = usual_policy();
    struct provar_error err = {0};
    char path[512];
    assert_ok(push(store, &bytes, SPOT, NULL, &stored, NULL));
    (void)snprintf(path, sizeof path, "store/blobs/sha256/%s", stored.blob + strlen("sha256:"));
    set_written(path);
    assert_ok(provar_store_open(store, TEXT(SPOT), NULL, 0, 0, NULL, &stored, &archive, NULL));
    assert_int_equal(stored.blob_verified, 1);
    rewrite_blob(&stored, &bytes);
    assert_ok(provar_verify(archive, policy, &verified, &err));
    provar_verified_free(verified);
    verified = NULL;
    rewrite_blob(&stored, &other);
    /* Whoever asks again gets no other answer. */
    for (int i = 0; i < 2; i++) {
        provar_error_clear(&err);
        assert_int_equal(provar_verify(archive, policy, &verified, &err), PROVAR_E_IO);
        provar_error_clear(&err);
        assert_int_equal(provar_store_failure(store, &err), PROVAR_E_REGISTRY);
    }
    assert_non_null(strstr(err.message, stored.blob));
    provar_archive_free(archive);
    provar_policy_free(policy);
    provar_store_free(store);
    tar_build_free(&other);
    tar_build_free(&bytes);
}

/* IF-2. */
static void test_progress_stops(void **state) {
    (void)state;
    struct heard heard = {.stop_at = 1};
    struct provar_store *store = new_store(&heard);
    struct tar_build bytes = usual_archive();
    struct provar_error err = {0};
    assert_fails(push(store, &bytes, SPOT, NULL, NULL, &err), PROVAR_E_IO, err, PROVAR_NO_OFFSET);
    provar_error_clear(&err);
    struct provar_archive *archive = NULL;
    assert_fails(provar_store_open(store, TEXT("oci:store"), NULL, 0, 0, NULL, NULL, &archive, &err),
                 PROVAR_E_NOT_FOUND, err, PROVAR_NO_OFFSET);
    provar_error_clear(&err);
    assert_ok(push(store, &bytes, SPOT, NULL, NULL, &err));
    heard.stop_at = heard.calls + 1;
    heard.done = 0;
    struct provar_policy *policy = usual_policy();
    struct provar_output to = path_output("out.par", 0);
    assert_fails(provar_pull(store, TEXT(SPOT), policy, NULL, &to, NULL, &err), PROVAR_E_IO, err, PROVAR_NO_OFFSET);
    assert_int_not_equal(access("out.par", F_OK), 0);
    /* Reading what leads to one executable: the archive knows a source that failed, the pull why. */
    struct provar_pull_options options = {
        .size = sizeof options, .flags = PROVAR_PULL_EXECUTABLE, .target = "x86_64-linux", .target_len = 12};
    heard.stop_at = heard.calls + 1;
    heard.done = heard.total = 0;
    provar_error_clear(&err);
    assert_ok(provar_policy_cover_target(policy, TEXT("x86_64-linux"), NULL));
    assert_fails(provar_pull(store, TEXT(SPOT), policy, &options, &to, NULL, &err), PROVAR_E_IO, err, PROVAR_NO_OFFSET);
    assert_string_equal(err.message, "the caller has stopped it");
    assert_int_not_equal(access("out.par", F_OK), 0);
    assert_ok(provar_pull(store, TEXT(SPOT), policy, &options, &to, NULL, NULL));
    assert_int_equal(access("out.par", X_OK), 0);
    provar_policy_free(policy);
    provar_store_free(store);
    tar_build_free(&bytes);
}

/* The archive says that its source failed, the session why. */
static void test_a_store_that_fails_later(void **state) {
    (void)state;
    struct heard heard = {0};
    struct provar_store *store = new_store(&heard);
    struct tar_build bytes = usual_archive();
    struct provar_stored stored = {.size = sizeof stored};
    struct provar_archive *archive = NULL;
    struct provar_error err = {0};
    char path[512];
    assert_ok(push(store, &bytes, SPOT, NULL, &stored, NULL));
    assert_ok(provar_store_open(store, TEXT(SPOT), NULL, 0, PROVAR_STORE_RANGES, NULL, NULL, &archive, NULL));
    (void)snprintf(path, sizeof path, "store/blobs/sha256/%s", stored.blob + strlen("sha256:"));
    assert_int_equal(truncate(path, 700), 0);
    assert_int_equal(provar_look(archive, &err), PROVAR_E_IO);
    provar_error_clear(&err);
    assert_int_equal(provar_store_failure(store, &err), PROVAR_E_IO);
    assert_int_equal(err.code, PROVAR_E_IO);
    assert_non_null(strstr(err.message, "shrank"));
    /* It is that of the last read: of what is long enough again, and altered, the archive says what is wrong. */
    provar_error_clear(&err);
    assert_int_equal(truncate(path, (off_t)bytes.len), 0);
    assert_int_not_equal(provar_look(archive, NULL), PROVAR_E_IO);
    assert_ok(provar_store_failure(store, &err));
    provar_archive_free(archive);
    assert_ok(provar_store_open(store, TEXT(SPOT), NULL, 0, PROVAR_STORE_RANGES, NULL, NULL, &archive, NULL));
    assert_ok(provar_store_failure(store, &err));
    assert_int_equal(provar_store_failure(NULL, &err), PROVAR_E_USAGE);
    provar_archive_free(archive);
    provar_store_free(store);
    tar_build_free(&bytes);
}

static int count_entry(const struct provar_store_entry *entry, void *user) {
    assert_int_equal(entry->size, sizeof *entry);
    assert_null(entry->fault);
    return ++*(int *)user == 2 ? 1 : 0;
}

static void test_list_stops_when_it_is_told_to(void **state) {
    (void)state;
    struct provar_store *store = new_store(NULL);
    struct tar_build bytes = usual_archive();
    const char *const tags[] = {"v2", "v3"};
    struct provar_push_options options = {.size = sizeof options, .tags = tags, .tag_count = 1};
    struct provar_error err = {0};
    int count = 0;
    assert_ok(push(store, &bytes, "oci:store", &options, NULL, NULL));
    assert_ok(provar_store_list(store, TEXT("oci:store"), count_entry, &count, NULL));
    assert_int_equal(count, 1);
    options.tag_count = 2;
    assert_ok(push(store, &bytes, "oci:store", &options, NULL, NULL));
    count = 0;
    assert_fails(provar_store_list(store, TEXT("oci:store"), count_entry, &count, &err), PROVAR_E_IO, err,
                 PROVAR_NO_OFFSET);
    provar_store_free(store);
    tar_build_free(&bytes);
}

/* A struct of another size, unknown flags, and NULL are wrong arguments, and nothing is stored. */
static void test_arguments(void **state) {
    (void)state;
    struct provar_store *store = new_store(NULL), *none = NULL;
    struct tar_build bytes = usual_archive();
    struct provar_policy *policy = usual_policy();
    struct provar_output to = path_output("out.par", 0);
    struct provar_archive *archive = NULL;
    struct provar_stored unsized = {0};
    const struct provar_open_options bad_open = {.size = 8, .max_file_size = 1, .max_total_size = 1};
    const struct provar_store_options bad_session = {.size = sizeof bad_session, .flags = 128};
    const struct provar_push_options bad_push[] = {
        {.size = 8},
        {.size = sizeof bad_push[0], .flags = 256},
        {.size = sizeof bad_push[0], .tag_count = 1},
        {.size = sizeof bad_push[0], .annotation_count = 1},
        {.size = sizeof bad_push[0], .config_len = 1},
    };
    const struct provar_pull_options bad_pull[] = {
        {.size = 8},
        {.size = sizeof bad_pull[0], .flags = 64},
        {.size = sizeof bad_pull[0], .flags = PROVAR_PULL_REVISION | PROVAR_PULL_NEWEST_REVISION},
        {.size = sizeof bad_pull[0], .flags = PROVAR_PULL_REVISION, .revision = -1},
        {.size = sizeof bad_pull[0], .target_len = 1},
        {.size = sizeof bad_pull[0], .history_len = 1},
        {.size = sizeof bad_pull[0], .open = &bad_open},
    };
    assert_int_equal(provar_store_new(&bad_session, &none, NULL), PROVAR_E_USAGE);
    assert_int_equal(provar_store_new(NULL, NULL, NULL), PROVAR_E_USAGE);
    for (size_t i = 0; i < array_length(bad_push); i++)
        assert_int_equal(push(store, &bytes, SPOT, &bad_push[i], NULL, NULL), PROVAR_E_USAGE);
    assert_int_equal(push(store, &bytes, SPOT, NULL, &unsized, NULL), PROVAR_E_USAGE);
    assert_int_equal(provar_push(store, NULL, TEXT(SPOT), NULL, NULL, NULL), PROVAR_E_USAGE);
    assert_int_not_equal(access("store", F_OK), 0);
    assert_ok(push(store, &bytes, SPOT, NULL, NULL, NULL));
    for (size_t i = 0; i < array_length(bad_pull); i++)
        assert_int_equal(provar_pull(store, TEXT(SPOT), policy, &bad_pull[i], &to, NULL, NULL), PROVAR_E_USAGE);
    assert_int_equal(provar_pull(store, TEXT(SPOT), NULL, NULL, &to, NULL, NULL), PROVAR_E_USAGE);
    assert_int_equal(provar_pull(store, TEXT(SPOT), policy, NULL, NULL, NULL, NULL), PROVAR_E_USAGE);
    assert_int_equal(provar_pull(store, TEXT(SPOT), policy, NULL, &to, &unsized, NULL), PROVAR_E_USAGE);
    assert_int_equal(provar_store_open(store, TEXT(SPOT), NULL, 0, 0, &bad_open, NULL, &archive, NULL), PROVAR_E_USAGE);
    assert_int_equal(provar_store_open(store, TEXT(SPOT), NULL, 0, 4, NULL, NULL, &archive, NULL), PROVAR_E_USAGE);
    assert_int_equal(provar_store_open(store, TEXT(SPOT), NULL, 0, 0, NULL, NULL, NULL, NULL), PROVAR_E_USAGE);
    assert_int_equal(provar_store_open(NULL, TEXT(SPOT), NULL, 0, 0, NULL, NULL, &archive, NULL), PROVAR_E_USAGE);
    assert_int_equal(provar_store_open(store, TEXT(SPOT), NULL, 1, 0, NULL, NULL, &archive, NULL), PROVAR_E_USAGE);
    assert_int_equal(provar_store_open(store, NULL, 1, NULL, 0, 0, NULL, NULL, &archive, NULL), PROVAR_E_USAGE);
    assert_int_equal(provar_store_list(store, TEXT(SPOT), NULL, NULL, NULL), PROVAR_E_USAGE);
    assert_int_equal(provar_copy(store, TEXT(SPOT), TEXT("oci:t"), PROVAR_PUSH_DRY_RUN, NULL, NULL), PROVAR_E_USAGE);
    assert_int_equal(provar_copy(store, TEXT(SPOT), NULL, 1, 0, NULL, NULL), PROVAR_E_USAGE);
    assert_int_not_equal(access("out.par", F_OK), 0);
    provar_policy_free(policy);
    provar_store_free(store);
    provar_store_free(NULL);
    tar_build_free(&bytes);
}

/* A policy that proves less than the whole is no reason to give the whole a name. */
static void test_pull_wants_a_policy_for_the_whole(void **state) {
    (void)state;
    struct provar_store *store = new_store(NULL);
    struct tar_build bytes = usual_archive();
    struct provar_output to = path_output("out.par", 0);
    struct provar_error err = {0};
    assert_ok(push(store, &bytes, SPOT, NULL, NULL, NULL));
    for (int deferred = 0; deferred < 2; deferred++) {
        struct provar_policy *policy = usual_policy();
        if (deferred)
            provar_policy_defer_digests(policy);
        else
            assert_ok(provar_policy_cover_target(policy, TEXT("x86_64-linux"), NULL));
        assert_fails(provar_pull(store, TEXT(SPOT), policy, NULL, &to, NULL, &err), PROVAR_E_USAGE, err,
                     PROVAR_NO_OFFSET);
        provar_error_clear(&err);
        provar_policy_free(policy);
    }
    assert_int_not_equal(access("out.par", F_OK), 0);
    provar_store_free(store);
    tar_build_free(&bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_in_temp_dir(test_push_open_pull),
        test_in_temp_dir(test_what_leads_from_a_digest),
        test_in_temp_dir(test_a_blob_that_is_written_after_its_proof),
        test_in_temp_dir(test_progress_stops),
        test_in_temp_dir(test_a_store_that_fails_later),
        test_in_temp_dir(test_list_stops_when_it_is_told_to),
        test_in_temp_dir(test_arguments),
        test_in_temp_dir(test_pull_wants_a_policy_for_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
