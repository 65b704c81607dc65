/* Every function that can fail: NULL where a pointer is required, and an err that already holds a failure. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <sys/resource.h>

#include "support/builder.h"
#include "support/temp_dir.h"

/* ---------------------------------------------------------------- what is asked of each call */

/* An earlier failure, whose every field a call could be tempted to fill. */
static struct provar_error earlier_failure(void) {
    struct provar_error err = {0};
    assert_int_equal(provar_target_check("", 0, &err), PROVAR_E_USAGE);
    return err;
}

/* The functions that were called so, as the text of the calls. */
static const char *called[160];
static size_t called_count;

/* Fails with `expected` and says so; says nothing in an error that another call has left; and takes no error at all.
 * The call is made three times and gives its error to `err`. */
#define assert_refuses(expected, call)                                                                                 \
    do {                                                                                                               \
        struct provar_error empty = {0}, full = earlier_failure(), before = full, *err = &empty;                       \
        assert_true(called_count < array_length(called));                                                              \
        called[called_count++] = #call;                                                                                \
        assert_int_equal(call, expected);                                                                              \
        assert_int_equal(empty.code, expected);                                                                        \
        assert_int_not_equal(empty.message[0], 0);                                                                     \
        err = &full;                                                                                                   \
        assert_int_equal(call, expected);                                                                              \
        assert_memory_equal(&full, &before, sizeof full);                                                              \
        err = NULL;                                                                                                    \
        assert_int_equal(call, expected);                                                                              \
    } while (0)

#define assert_usage(call) assert_refuses(PROVAR_E_USAGE, call)

/* ---------------------------------------------------------------- NULL */

static void test_keys_and_targets(void **state) {
    (void)state;
    struct provar_key *key = key_of(ISSUER_SEED), *none = NULL;
    struct provar_input from = path_input("nowhere");
    uint8_t signature[PROVAR_SIGNATURE_LEN];
    assert_usage(provar_target_check(NULL, 1, err));
    assert_usage(provar_key_generate(PROVAR_KEY_ACCOUNT, NULL, err));
    assert_usage(provar_key_from_seed(NULL, PROVAR_SEED_LEN, &none, err));
    assert_usage(provar_key_from_seed(ISSUER_SEED, PROVAR_SEED_LEN, NULL, err));
    assert_usage(provar_key_load(NULL, 0, &none, err));
    assert_usage(provar_key_load(&from, 0, NULL, err));
    assert_usage(provar_key_save(NULL, "a", 1, 0, err));
    assert_usage(provar_key_save(key, NULL, 1, 0, err));
    assert_usage(provar_key_sign(NULL, "a", 1, signature, err));
    assert_usage(provar_key_sign(key, NULL, 1, signature, err));
    assert_usage(provar_key_sign(key, "a", 1, NULL, err));
    assert_usage(provar_public_check(NULL, PROVAR_PUBLIC_LEN, NULL, err));
    assert_null(none);
    assert_ok(provar_key_sign(key, NULL, 0, signature, NULL));
    provar_key_free(key);
}

static void test_texts_of_a_builder(void **state) {
    (void)state;
    struct making making = make_bare();
    struct provar_builder *builder = making.builder;
    assert_usage(provar_builder_new(NULL, err));
    assert_usage(provar_builder_set_subject(NULL, SUBJECT, PROVAR_PUBLIC_LEN, err));
    assert_usage(provar_builder_set_subject(builder, NULL, PROVAR_PUBLIC_LEN, err));
    assert_usage(provar_builder_set_name(NULL, "a", 1, err));
    assert_usage(provar_builder_set_name(builder, NULL, 1, err));
    assert_usage(provar_builder_set_vendor(NULL, "a", 1, err));
    assert_usage(provar_builder_set_vendor(builder, NULL, 1, err));
    assert_usage(provar_builder_set_version(NULL, "a", 1, err));
    assert_usage(provar_builder_set_version(builder, NULL, 1, err));
    assert_usage(provar_builder_set_capid(NULL, "a", 1, err));
    assert_usage(provar_builder_set_capid(builder, NULL, 1, err));
    assert_usage(provar_builder_set_id(NULL, "a", 1, err));
    assert_usage(provar_builder_set_id(builder, NULL, 1, err));
    assert_usage(provar_builder_set_schema_json(NULL, "{}", 2, err));
    assert_usage(provar_builder_set_schema_json(builder, NULL, 2, err));
    assert_usage(provar_builder_set_revision(NULL, 1, err));
    assert_usage(provar_builder_set_compression(NULL, 0, err));
    assert_ok(provar_builder_set_name(builder, NULL, 0, NULL));
    making_free(&making);
}

static int never_asked(const void *msg, size_t len, uint8_t signature[PROVAR_SIGNATURE_LEN], void *user) {
    (void)msg;
    (void)len;
    (void)signature;
    (void)user;
    return 1;
}

static void test_parts_of_a_builder(void **state) {
    (void)state;
    struct making making = make_usual();
    struct provar_builder *builder = making.builder, *none = NULL;
    struct provar_input from = memory_input("body", 4), no_path = path_input("a"), no_data = memory_input(NULL, 4);
    struct tar_build bytes = {0};
    struct provar_output to = bytes_output(&bytes), nowhere = path_output("a", 0), no_temp = to;
    no_path.path = NULL;
    nowhere.path = NULL;
    no_temp.temp_dir_len = 1;
    assert_usage(provar_builder_from(NULL, &none, err));
    assert_usage(provar_builder_set_issuer(NULL, making.key, err));
    assert_usage(provar_builder_set_issuer(builder, NULL, err));
    assert_usage(provar_builder_set_signer(NULL, ISSUER, PROVAR_PUBLIC_LEN, never_asked, NULL, err));
    assert_usage(provar_builder_set_signer(builder, NULL, PROVAR_PUBLIC_LEN, never_asked, NULL, err));
    assert_usage(provar_builder_set_signer(builder, ISSUER, PROVAR_PUBLIC_LEN, NULL, NULL, err));
    assert_usage(provar_builder_add_target(NULL, "a-linux", 7, &from, 0, err));
    assert_usage(provar_builder_add_target(builder, NULL, 7, &from, 0, err));
    assert_usage(provar_builder_add_target(builder, "a-linux", 7, NULL, 0, err));
    assert_usage(provar_builder_add_target(builder, "a-linux", 7, &no_path, 0, err));
    assert_usage(provar_builder_add_target(builder, "a-linux", 7, &no_data, 0, err));
    assert_usage(provar_builder_remove_target(NULL, "a-linux", 7, err));
    assert_usage(provar_builder_remove_target(builder, NULL, 7, err));
    assert_usage(provar_builder_set_world(NULL, &from, err));
    assert_usage(provar_builder_set_world(builder, NULL, err));
    assert_usage(provar_builder_write(NULL, &to, err));
    assert_usage(provar_builder_write(builder, NULL, err));
    assert_null(none);
    assert_ok(provar_builder_write(builder, &to, NULL)); /* it was not written by these */
    making_free(&making);
    making = make_usual();
    assert_usage(provar_builder_write(making.builder, &nowhere, err));
    making_free(&making);
    making = make_usual();
    assert_usage(provar_builder_write(making.builder, &no_temp, err));
    making_free(&making);
    tar_build_free(&bytes);
}

static void test_policies(void **state) {
    (void)state;
    struct provar_policy *policy = usual_policy();
    assert_usage(provar_policy_new(NULL, err));
    assert_usage(provar_policy_allow_issuer(NULL, ISSUER, PROVAR_PUBLIC_LEN, err));
    assert_usage(provar_policy_allow_issuer(policy, NULL, PROVAR_PUBLIC_LEN, err));
    assert_usage(provar_policy_set_subject(NULL, SUBJECT, PROVAR_PUBLIC_LEN, err));
    assert_usage(provar_policy_set_subject(policy, NULL, PROVAR_PUBLIC_LEN, err));
    assert_usage(provar_policy_require_target(NULL, "a-linux", 7, err));
    assert_usage(provar_policy_require_target(policy, NULL, 7, err));
    assert_usage(provar_policy_cover_target(NULL, "a-linux", 7, err));
    assert_usage(provar_policy_cover_target(policy, NULL, 7, err));
    assert_usage(provar_policy_set_clock_skew(NULL, 0, err));
    assert_usage(provar_policy_load(NULL, PROVAR_POLICY_ALLOWED_ISSUERS, "x", 1, err));
    assert_usage(provar_policy_load(policy, PROVAR_POLICY_ALLOWED_ISSUERS, NULL, 1, err));
    assert_usage(provar_policy_load(policy, PROVAR_POLICY_ALLOWED_ISSUERS, "", 0, err));
    assert_usage(provar_policy_load(policy, (enum provar_policy_file)0, "x", 1, err));
    assert_usage(provar_policy_load(policy, (enum provar_policy_file)6, "x", 1, err));
    provar_policy_free(policy);
}

static void count_close(void *user) {
    ++*(int *)user;
}

static int64_t read_nothing(void *buf, size_t cap, void *user) {
    (void)buf;
    (void)cap;
    (void)user;
    return 0;
}

static void test_archives(void **state) {
    (void)state;
    struct tar_build bytes = usual_archive();
    struct provar_archive *archive = open_bytes(&bytes), *none = NULL;
    struct provar_policy *policy = usual_policy();
    struct provar_checked *checked = NULL;
    struct provar_verified *verified = NULL;
    struct provar_member member = {.size = sizeof member};
    int closed = 0;
    struct provar_callbacks calls = {.size = sizeof calls, .read = read_nothing, .close = count_close, .user = &closed};
    struct provar_input from = {.size = sizeof from, .kind = PROVAR_INPUT_CALLBACKS, .callbacks = &calls};
    uint8_t digest[32];
    assert_usage(provar_open(NULL, NULL, &none, err));
    assert_usage(provar_open(&from, NULL, NULL, err));
    assert_int_equal(closed, 3);
    assert_usage(provar_look(NULL, err));
    assert_usage(provar_archive_sha256(NULL, digest, err));
    assert_usage(provar_archive_sha256(archive, NULL, err));
    assert_usage(provar_archive_signature(NULL, err));
    assert_usage(provar_check(NULL, &checked, err));
    assert_usage(provar_check(archive, NULL, err));
    assert_usage(provar_check_subject(NULL, PROVAR_KEY_SERVICE, &checked, err));
    assert_usage(provar_check_subject(archive, PROVAR_KEY_SERVICE, NULL, err));
    assert_usage(provar_check_subject(archive, (enum provar_key_kind)'S', &checked, err));
    assert_usage(provar_check_subject(archive, (enum provar_key_kind)0, &checked, err));
    assert_usage(provar_verify(NULL, policy, &verified, err));
    assert_usage(provar_verify(archive, NULL, &verified, err));
    assert_usage(provar_verify(archive, policy, NULL, err));
    assert_usage(provar_verify_target(NULL, policy, "x86_64-linux", 12, &verified, err));
    assert_usage(provar_verify_target(archive, NULL, "x86_64-linux", 12, &verified, err));
    assert_usage(provar_verify_target(archive, policy, NULL, 12, &verified, err));
    assert_usage(provar_verify_target(archive, policy, NULL, 0, &verified, err));
    assert_usage(provar_verify_target(archive, policy, "x86_64-linux\0x", 14, &verified, err));
    assert_usage(provar_verify_target(archive, policy, "x86_64-linux", 12, NULL, err));
    assert_int_equal(provar_archive_member(NULL, 0, &member), PROVAR_E_USAGE);
    assert_int_equal(provar_archive_member(archive, 0, NULL), PROVAR_E_USAGE);
    assert_null(none);
    assert_null(checked);
    assert_null(verified);
    provar_policy_free(policy);
    provar_archive_free(archive);
    tar_build_free(&bytes);
}

static void test_uses(void **state) {
    (void)state;
    struct tar_build bytes = usual_archive(), got = {0};
    struct provar_archive *archive = open_bytes(&bytes);
    struct provar_checked *checked = check_archive(archive);
    struct provar_verified *verified = verify_archive(archive);
    struct provar_output to = bytes_output(&got);
    struct provar_plugin *plugin = NULL;
    uint64_t size = 0;
    size_t len = 0;
    char buf[4] = "old";
    int status = 0;
    void *address = NULL;
    assert_usage(provar_builder_from(checked, NULL, err));
    assert_usage(provar_checked_size(NULL, &size, err));
    assert_usage(provar_checked_size(checked, NULL, err));
    assert_usage(provar_checked_read(NULL, 0, buf, sizeof buf, &len, err));
    assert_usage(provar_checked_read(checked, 0, NULL, 1, &len, err));
    assert_usage(provar_checked_read(checked, 0, buf, sizeof buf, NULL, err));
    assert_usage(provar_checked_write_target(NULL, "x86_64-linux", 12, &to, err));
    assert_usage(provar_checked_write_target(checked, NULL, 12, &to, err));
    assert_usage(provar_checked_write_target(checked, "x86_64-linux", 12, NULL, err));
    assert_usage(provar_target_size(NULL, "x86_64-linux", 12, &size, err));
    assert_usage(provar_target_size(verified, NULL, 12, &size, err));
    assert_usage(provar_target_size(verified, "x86_64-linux", 12, NULL, err));
    assert_usage(provar_extract(NULL, "x86_64-linux", 12, &to, err));
    assert_usage(provar_extract(verified, NULL, 12, &to, err));
    assert_usage(provar_extract(verified, "x86_64-linux", 12, NULL, err));
    assert_usage(provar_extract_world(NULL, &to, err));
    assert_usage(provar_extract_world(verified, NULL, err));
    assert_usage(provar_verified_record(NULL, "x", 1, err));
    assert_usage(provar_verified_record(verified, NULL, 1, err));
    assert_usage(provar_verified_record(verified, "", 0, err));
    assert_usage(provar_target_copy(verified, NULL, 12, buf, sizeof buf, &len, err));
    assert_usage(provar_target_copy(verified, "x86_64-linux", 12, NULL, 100, &len, err));
    assert_usage(provar_target_copy(verified, "x86_64-linux", 12, buf, sizeof buf, NULL, err));
    (void)snprintf(buf, sizeof buf, "old");
    assert_usage(provar_target_copy(NULL, "x86_64-linux", 12, buf, sizeof buf, &len, err));
    assert_memory_equal(buf, "\0\0\0", 4);
    assert_usage(provar_run(NULL, NULL, &status, err));
    assert_usage(provar_run(verified, NULL, NULL, err));
    assert_usage(provar_plugin_open(NULL, &plugin, err));
    assert_usage(provar_plugin_open(verified, NULL, err));
    assert_usage(provar_plugin_symbol(NULL, "a", 1, &address, err));
    assert_int_equal(got.len, 0);
    provar_verified_free(verified);
    provar_checked_free(checked);
    provar_archive_free(archive);
    tar_build_free(&bytes);
}

/* Whether one of the calls above was of this function. */
static bool was_called(const char *name, size_t len) {
    for (size_t i = 0; i < called_count; i++)
        if (strncmp(called[i], name, len) == 0 && called[i][len] == '(')
            return true;
    return false;
}

/* After all others: provar.h has no function that fails and was not asked. */
static void test_no_function_is_forgotten(void **state) {
    (void)state;
    static const char mark[] = "PROVAR_FALLIBLE enum provar_result ";
    char path[4096], line[256];
    size_t count = 0;
    const char *root = getenv("PROVAR_SOURCE");
    (void)snprintf(path, sizeof path, "%s/include/provar.h", root ? root : ".");
    FILE *header = fopen(path, "re");
    assert_non_null(header);
    while (fgets(line, sizeof line, header)) {
        const char *name = line + sizeof mark - 1;
        if (strncmp(line, mark, sizeof mark - 1) != 0)
            continue;
        size_t len = strcspn(name, "(");
        count++;
        if (!was_called(name, len) && strncmp(name, "provar_archive_member", len) != 0) /* it has no err */
            fail_msg("no call of %.*s", (int)len, name);
    }
    assert_true(count > 40);
    assert_int_equal(fclose(header), 0);
}

/* ---------------------------------------------------------------- failures that name a member or a context */

static void test_a_member_is_not_added(void **state) {
    (void)state;
    struct tar_build bytes = {0};
    struct recipe recipe = usual();
    struct provar_checked *checked = NULL;
    struct provar_verified *verified = NULL;
    struct provar_policy *policy = usual_policy();
    put_token_member(&bytes, &recipe);
    tar_add_file(&bytes, "README", "x");
    put_bodies(&bytes, &recipe);
    tar_add_end(&bytes);
    struct provar_archive *archive = open_bytes(&bytes);
    struct provar_error named = {0};
    assert_int_equal(provar_look(archive, &named), PROVAR_E_ENTRY);
    assert_string_equal(named.member, "README");
    assert_refuses(PROVAR_E_ENTRY, provar_look(archive, err));
    assert_refuses(PROVAR_E_ENTRY, provar_check(archive, &checked, err));
    assert_refuses(PROVAR_E_ENTRY, provar_verify(archive, policy, &verified, err));
    provar_policy_free(policy);
    provar_archive_free(archive);
    tar_build_free(&bytes);
}

/* The bytes change between the proof and the use. */
static void test_a_changed_body_is_not_named(void **state) {
    (void)state;
    struct tar_build bytes = usual_archive(), got = {0};
    struct provar_archive *archive = open_bytes(&bytes);
    struct provar_checked *checked = check_archive(archive);
    struct provar_verified *verified = verify_archive(archive);
    struct provar_key *key = key_of(ISSUER_SEED);
    struct provar_output to = bytes_output(&got);
    struct provar_error held = earlier_failure(), as_it_was = held;
    struct provar_builder *builder = NULL;
    char buf[64];
    size_t len;
    *find_text(&bytes, "first executable") = 'F';
    assert_refuses(PROVAR_E_DIGEST, provar_extract(verified, "x86_64-linux", 12, &to, err));
    assert_refuses(PROVAR_E_DIGEST, provar_target_copy(verified, "x86_64-linux", 12, buf, sizeof buf, &len, err));
    assert_ok(provar_builder_from(checked, &builder, NULL));
    assert_ok(provar_builder_set_issuer(builder, key, NULL));
    assert_int_equal(provar_builder_write(builder, &to, &held), PROVAR_E_DIGEST);
    assert_memory_equal(&held, &as_it_was, sizeof held);
    assert_int_equal(got.len, 0);
    provar_builder_free(builder);
    provar_key_free(key);
    provar_verified_free(verified);
    provar_checked_free(checked);
    provar_archive_free(archive);
    tar_build_free(&bytes);
}

/* A pipe that cannot be kept, because the disk is full. */
static void test_a_context_is_not_added(void **state) {
    (void)state;
    struct rlimit old, none;
    int ends[2];
    struct provar_open_options options = {
        .size = sizeof options, .flags = PROVAR_OPEN_KEEP, .temp_dir = ".", .temp_dir_len = 1};
    struct provar_archive *archive = NULL;
    struct provar_error err = {0}, full = earlier_failure(), before = full;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(write(ends[1], "claims.jwtclaims.jwt", 20), 20);
    struct provar_input from = fd_input(ends[0]);
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    none = (struct rlimit){.rlim_cur = 0, .rlim_max = old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    enum provar_result first = provar_open(&from, &options, &archive, &err);
    enum provar_result second = provar_open(&from, &options, &archive, &full);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    (void)signal(SIGXFSZ, handler);
    assert_int_equal(close(ends[0]) + close(ends[1]), 0);
    assert_fails(first, PROVAR_E_IO, err, PROVAR_NO_OFFSET);
    assert_memory_equal(err.message, "cannot keep a temporary copy", 28);
    assert_int_equal(second, PROVAR_E_IO);
    assert_memory_equal(&full, &before, sizeof full);
    assert_null(archive);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_and_targets),
        cmocka_unit_test(test_texts_of_a_builder),
        cmocka_unit_test(test_parts_of_a_builder),
        cmocka_unit_test(test_policies),
        cmocka_unit_test(test_archives),
        cmocka_unit_test(test_uses),
        cmocka_unit_test(test_no_function_is_forgotten),
        cmocka_unit_test(test_a_member_is_not_added),
        cmocka_unit_test(test_a_changed_body_is_not_named),
        test_in_temp_dir(test_a_context_is_not_added),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
