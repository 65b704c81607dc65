/* Tests of verify/verify: passes over one stream, the facts they leave, and proofs when memory runs out. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/archive.h"

#include "internal.h"

#include "support/fail_each.h"
#include "support/temp_dir.h"
#include "verify/verified.h"

static void test_a_stream_begins_at_its_front_again(void **state) {
    (void)state;
    struct tar_build tar = usual_archive(), gzip = gzip_of(&tar);
    const struct tar_build *both[] = {&tar, &gzip};
    for (size_t i = 0; i < 2; i++) {
        struct provar_archive *archive = open_bytes(both[i]);
        for (int pass = 0; pass < 3; pass++) {
            struct pv_source *stream = NULL;
            char name[11] = {0};
            size_t len = 0;
            assert_ok(pv_archive_stream(archive, &stream, NULL));
            assert_ok(pv_source_read(stream, name, 10, &len, NULL));
            assert_string_equal(name, "claims.jwt");
            assert_ptr_equal(stream, i ? archive->gunzip : archive->raw);
        }
        provar_archive_free(archive);
    }
    tar_build_free(&tar);
    tar_build_free(&gzip);
}

static void test_facts_are_new_after_each_pass(void **state) {
    (void)state;
    struct tar_build bytes = usual_archive();
    struct provar_archive *archive = open_bytes(&bytes);
    assert_null(archive->facts);
    assert_ok(pv_archive_examine(archive, PV_SCAN_ALL_DIGESTS, NULL, NULL));
    assert_true(archive->facts->scan.members[1].hashed);
    assert_int_equal(archive->facts->references, 1);
    assert_ok(pv_archive_examine(archive, PV_SCAN_ONE_TARGET, "aarch64-linux", NULL));
    assert_false(archive->facts->scan.members[1].hashed);
    assert_true(archive->facts->scan.members[2].hashed);
    *find_text(&bytes, "claims.jwt") = 'C';
    assert_int_equal(pv_archive_examine(archive, PV_SCAN_NO_DIGESTS, NULL, NULL), PROVAR_E_TAR);
    assert_int_equal(archive->facts->scan.count, 0);
    assert_null(archive->facts->claims);
    provar_archive_free(archive);
    tar_build_free(&bytes);
}

static void test_each_proof_holds_a_reference(void **state) {
    (void)state;
    struct tar_build bytes = usual_archive();
    struct provar_archive *archive = open_bytes(&bytes);
    struct provar_verified *verified = verify_archive(archive);
    assert_int_equal(archive->facts->references, 2);
    struct provar_checked *checked = check_archive(archive);
    assert_ptr_not_equal(checked->facts, verified->facts);
    assert_int_equal(verified->facts->references, 1);
    assert_int_equal(checked->facts->references, 2);
    provar_checked_free(checked);
    assert_int_equal(archive->facts->references, 1);
    provar_verified_free(verified);
    provar_archive_free(archive);
    tar_build_free(&bytes);
}

/* A policy that does not accept leaves no reference behind. */
static void test_a_refusal_leaves_nothing(void **state) {
    (void)state;
    struct tar_build bytes = usual_archive();
    struct provar_archive *archive = open_bytes(&bytes);
    struct provar_policy *policy = NULL;
    struct provar_verified *verified = NULL;
    assert_ok(provar_policy_new(&policy, NULL));
    assert_int_equal(provar_verify(archive, policy, &verified, NULL), PROVAR_E_UNTRUSTED);
    assert_null(verified);
    assert_int_equal(archive->facts->references, 1);
    provar_policy_free(policy);
    provar_archive_free(archive);
    tar_build_free(&bytes);
}

/* ---------------------------------------------------------------- no memory */

static enum provar_result step_check(void *user, struct provar_error *err) {
    struct provar_checked *checked = NULL;
    enum provar_result result = provar_check(user, &checked, err);
    provar_checked_free(checked);
    return result;
}

static enum provar_result step_verify(void *user, struct provar_error *err) {
    struct provar_policy *policy = NULL;
    struct provar_verified *verified = NULL;
    enum provar_result result = provar_policy_new(&policy, err);
    if (result == PROVAR_OK)
        result = provar_policy_allow_issuer(policy, ISSUER, PROVAR_PUBLIC_LEN, err);
    if (result == PROVAR_OK)
        result = provar_policy_require_target(policy, "aarch64-linux", 13, err);
    if (result == PROVAR_OK)
        result = provar_policy_cover_target(policy, "x86_64-linux", 12, err);
    if (result == PROVAR_OK)
        result = provar_verify(user, policy, &verified, err);
    provar_verified_free(verified);
    provar_policy_free(policy);
    return result;
}

/* A first pass that fails is followed by one that takes the digests, which may succeed. */
static enum provar_result step_verify_deferred(void *user, struct provar_error *err) {
    struct provar_policy *policy = NULL;
    struct provar_verified *verified = NULL;
    enum provar_result result = provar_policy_new(&policy, err);
    if (result == PROVAR_OK)
        result = provar_policy_allow_issuer(policy, ISSUER, PROVAR_PUBLIC_LEN, err);
    if (result == PROVAR_OK) {
        provar_policy_defer_digests(policy);
        result = provar_verify(user, policy, &verified, err);
    }
    assert_true((verified != NULL) == (result == PROVAR_OK));
    provar_verified_free(verified);
    provar_policy_free(policy);
    return result;
}

/* An archive of a stranger's, which becomes a trusted one when it is read again. */
struct exchange {
    struct tar_build bytes[2];
    int turn;
    size_t pos;
};

static int64_t read_exchange(void *buf, size_t cap, void *user) {
    struct exchange *exchange = user;
    const struct tar_build *bytes = &exchange->bytes[exchange->turn];
    size_t step = cap < bytes->len - exchange->pos ? cap : bytes->len - exchange->pos;
    memcpy(buf, bytes->data + exchange->pos, step);
    exchange->pos += step;
    return (int64_t)step;
}

static int turn_exchange(void *user) {
    struct exchange *exchange = user;
    exchange->turn = 1;
    exchange->pos = 0;
    return 0;
}

static void test_an_archive_that_is_exchanged_for_a_trusted_one(void **state) {
    (void)state;
    struct recipe stranger = usual(), trusted = usual();
    stranger.seed = OTHER_SEED;
    stranger.issuer = OTHER_ISSUER;
    struct exchange exchange = {.bytes = {archive_of(&stranger), archive_of(&trusted)}};
    struct provar_callbacks calls = {
        .size = sizeof calls, .read = read_exchange, .rewind = turn_exchange, .user = &exchange};
    struct provar_input from = {.size = sizeof from, .kind = PROVAR_INPUT_CALLBACKS, .callbacks = &calls};
    struct provar_archive *archive = open_input(&from);
    struct provar_policy *policy = usual_policy();
    struct provar_verified *verified = NULL;
    provar_policy_defer_digests(policy);
    assert_ok(provar_verify(archive, policy, &verified, NULL));
    assert_non_null(verified);
    assert_int_equal(provar_verified_coverage(verified), PROVAR_COVERAGE_ALL);
    provar_verified_free(verified);
    provar_policy_free(policy);
    provar_archive_free(archive);
    for (int i = 0; i < 2; i++)
        tar_build_free(&exchange.bytes[i]);
}

static enum provar_result step_verify_target(void *user, struct provar_error *err) {
    struct provar_policy *policy = NULL;
    struct provar_verified *verified = NULL;
    enum provar_result result = provar_policy_new(&policy, err);
    if (result == PROVAR_OK)
        result = provar_policy_allow_issuer(policy, TEXT(ISSUER), err);
    if (result == PROVAR_OK)
        result = provar_verify_target(user, policy, TEXT("x86_64-linux"), &verified, err);
    assert_true((verified != NULL) == (result == PROVAR_OK));
    provar_verified_free(verified);
    provar_policy_free(policy);
    return result;
}

static void test_no_memory(void **state) {
    (void)state;
    struct recipe recipe = usual();
    recipe.wascap = ",\"config_schema\":{\"a\":1},\"capid\":\"c\",\"other\":1";
    recipe.top = ",\"aud\":\"a\"";
    struct tar_build tar = archive_of(&recipe), gzip = gzip_of(&tar);
    const struct tar_build *both[] = {&tar, &gzip};
    for (size_t i = 0; i < 2; i++) {
        struct provar_archive *archive = open_bytes(both[i]);
        assert_true(fail_each(step_check, archive) > 20);
        assert_true(fail_each(step_verify, archive) > 24);
        assert_true(fail_each(step_verify_deferred, archive) > 24);
        assert_true(fail_each(step_verify_target, archive) > 24);
        provar_verified_free(verify_archive(archive));
        provar_archive_free(archive);
    }
    tar_build_free(&tar);
    tar_build_free(&gzip);
}

#define MISSING_HASH "0000000000000000000000000000000000000000000000000000000000000000"

static enum provar_result step_open_and_check(void *user, struct provar_error *err) {
    const struct tar_build *bytes = user;
    struct provar_input from = memory_input(bytes->data, bytes->len);
    struct provar_archive *archive = NULL;
    struct provar_checked *checked = NULL;
    enum provar_result result = provar_open(&from, NULL, &archive, err);
    if (result == PROVAR_OK)
        result = provar_check(archive, &checked, err);
    if (result != PROVAR_OK)
        assert_null(checked);
    provar_checked_free(checked);
    provar_archive_free(archive);
    return result;
}

/* Whichever allocation fails, what is wrong is never taken for right, nor for wrong in another way. */
static void test_no_memory_makes_nothing_good(void **state) {
    (void)state;
    static const struct body unlisted[] = {BODY("x86_64-linux.bin", "first executable"),
                                           {"aarch64-linux.bin", "second", 6, true}};
    struct recipe recipes[] = {usual(), usual(), usual(), usual(), usual()};
    static const enum provar_result verdicts[] = {PROVAR_E_SIGNATURE, PROVAR_E_DIGEST, PROVAR_E_DIGEST, PROVAR_E_ENTRY,
                                                  PROVAR_E_CLAIMS};
    recipes[0].forged = true;
    recipes[2].hashes = ",\"mips-linux\":\"" MISSING_HASH "\"";
    recipes[3].bodies = unlisted;
    recipes[4].top = ",\"exp\":1,\"exp\":1";
    for (size_t i = 0; i < array_length(recipes); i++) {
        struct tar_build tar = archive_of(&recipes[i]);
        if (i == 1)
            *find_text(&tar, "first executable") = 'F';
        struct tar_build gzip = gzip_of(&tar);
        assert_true(fail_each_of(step_open_and_check, &tar, verdicts[i]) > 15);
        assert_true(fail_each_of(step_open_and_check, &gzip, verdicts[i]) > 17);
        tar_build_free(&tar);
        tar_build_free(&gzip);
    }
}

static off_t new_size;

/* The walk is done when parts are asked for. */
static enum provar_result part_of_changed(struct pv_source *source, unsigned threads, struct pv_source **part,
                                          struct provar_error *err) {
    assert_int_equal(truncate("x.par", new_size), 0);
    return pv_source_view(source, threads, part, err);
}

/* Bodies are there and good; only the end has moved. */
static void test_a_file_that_changes_behind_the_walk(void **state) {
    (void)state;
    struct tar_build tar = usual_archive();
    for (int more = -1; more <= 1; more++) {
        struct provar_input from = path_input("x.par");
        struct provar_archive *archive = NULL;
        struct provar_error err = {0};
        temp_dir_write("x.par", tar.data, tar.len);
        assert_ok(provar_open(&from, NULL, &archive, NULL));
        struct pv_source_ops ops = *archive->raw->ops;
        ops.part = part_of_changed;
        archive->raw->ops = &ops;
        new_size = (off_t)tar.len + more;
        enum provar_result result = pv_archive_examine(archive, PV_SCAN_ALL_DIGESTS, NULL, &err);
        assert_int_equal(result, more == 0 ? PROVAR_OK : PROVAR_E_IO);
        provar_archive_free(archive);
    }
    tar_build_free(&tar);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_in_temp_dir(test_a_file_that_changes_behind_the_walk),
        cmocka_unit_test(test_a_stream_begins_at_its_front_again),
        cmocka_unit_test(test_facts_are_new_after_each_pass),
        cmocka_unit_test(test_each_proof_holds_a_reference),
        cmocka_unit_test(test_a_refusal_leaves_nothing),
        cmocka_unit_test(test_an_archive_that_is_exchanged_for_a_trusted_one),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_no_memory_makes_nothing_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
