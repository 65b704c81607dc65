/* Archives of one target out of whole ones: the same token, nothing signed anew, and how they are verified. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/builder.h"
#include "support/temp_dir.h"

static const struct body with_world[] = {BODY("world.wasm", "\0asm\015\0\001\0"),
                                         BODY("x86_64-linux.bin", "first executable"),
                                         BODY("aarch64-linux.bin", "second executable, which is longer")};

static struct tar_build worldly_archive(void) {
    struct recipe recipe = usual();
    recipe.bodies = with_world;
    recipe.count = array_length(with_world);
    return archive_of(&recipe);
}

/* Takes one target out of an archive. */
static enum provar_result write_target(const struct tar_build *bytes, const char *target, struct tar_build *out,
                                       struct provar_error *err) {
    struct provar_archive *archive = open_bytes(bytes);
    struct provar_checked *checked = check_archive(archive);
    struct provar_output to = bytes_output(out);
    enum provar_result result = provar_checked_write_target(checked, TEXT(target), &to, err);
    provar_checked_free(checked);
    provar_archive_free(archive);
    return result;
}

static struct tar_build target_of(const struct tar_build *bytes, const char *target) {
    struct tar_build out = {0};
    struct provar_error err = {0};
    if (write_target(bytes, target, &out, &err) != PROVAR_OK)
        fail_msg("%s", err.message);
    return out;
}

/* The verdict on bytes, of a policy that may cover or defer, by provar_verify_target. */
static enum provar_result verify_target(const struct tar_build *bytes, const struct provar_policy *policy,
                                        const char *target, struct provar_error *err) {
    struct provar_archive *archive = open_bytes(bytes);
    struct provar_verified *verified = NULL;
    enum provar_result result = provar_verify_target(archive, policy, TEXT(target), &verified, err);
    if (result == PROVAR_OK) {
        assert_int_equal(provar_verified_coverage(verified), PROVAR_COVERAGE_TARGET);
        assert_string_equal(provar_claims_issuer(provar_verified_claims(verified), NULL), ISSUER);
    }
    provar_verified_free(verified);
    provar_archive_free(archive);
    return result;
}

static void assert_same_token(const struct tar_build *a, const struct tar_build *b) {
    struct provar_archive *left = open_bytes(a), *right = open_bytes(b);
    size_t left_len = 0, right_len = 0;
    assert_ok(provar_look(left, NULL));
    assert_ok(provar_look(right, NULL));
    const char *token = provar_archive_token(left, &left_len);
    const char *other = provar_archive_token(right, &right_len);
    assert_int_equal(left_len, right_len);
    assert_memory_equal(token, other, left_len);
    provar_archive_free(left);
    provar_archive_free(right);
}

/* ---------------------------------------------------------------- what is written */

static void test_token_world_and_one_target(void **state) {
    (void)state;
    static const char *const due[] = {"claims.jwt", "world.wasm", "aarch64-linux.bin"};
    struct tar_build tar = worldly_archive();
    struct tar_build packed = gzip_of(&tar);
    const struct tar_build *wholes[] = {&tar, &packed};
    for (size_t w = 0; w < array_length(wholes); w++) {
        struct tar_build one = target_of(wholes[w], "aarch64-linux"), again = target_of(wholes[w], "aarch64-linux");
        struct provar_archive *archive = open_bytes(&one);
        struct provar_member member = {.size = sizeof member};
        assert_ok(provar_look(archive, NULL));
        assert_ok(provar_archive_signature(archive, NULL));
        assert_int_equal(provar_archive_is_gzip(archive), w == 1);
        assert_int_equal(provar_archive_member_count(archive), array_length(due));
        for (size_t i = 0; i < array_length(due); i++) {
            assert_ok(provar_archive_member(archive, i, &member));
            assert_string_equal(member.name, due[i]);
        }
        assert_same_token(wholes[w], &one);
        assert_int_equal(one.len, again.len);
        assert_memory_equal(one.data, again.data, one.len);
        provar_archive_free(archive);
        tar_build_free(&one);
        tar_build_free(&again);
    }
    tar_build_free(&tar);
    tar_build_free(&packed);
}

/* What provar has written itself is copied compressed, and has an index again. */
static void test_an_indexed_archive(void **state) {
    (void)state;
    struct making making = make_usual();
    assert_ok(provar_builder_set_compression(making.builder, 9, NULL));
    struct tar_build whole = write_making(&making);
    struct tar_build one = target_of(&whole, "x86_64-linux");
    struct provar_policy *policy = usual_policy();
    assert_same_token(&whole, &one);
    assert_non_null(memmem(one.data, 64, "PI", 2));
    assert_ok(verify_target(&one, policy, "x86_64-linux", NULL));
    provar_policy_free(policy);
    tar_build_free(&whole);
    tar_build_free(&one);
}

static void test_a_target_that_is_not_there(void **state) {
    (void)state;
    static const char *const names[] = {"s390x-linux", "", "x86_64-linux.bin", "world.wasm"};
    struct tar_build whole = worldly_archive(), out = {0};
    for (size_t i = 0; i < array_length(names); i++) {
        struct provar_error err = {0};
        assert_fails(write_target(&whole, names[i], &out, &err), PROVAR_E_NO_TARGET, err, PROVAR_NO_OFFSET);
        assert_int_equal(out.len, 0);
    }
    tar_build_free(&whole);
}

/* ---------------------------------------------------------------- verdicts */

static void test_what_takes_it(void **state) {
    (void)state;
    struct tar_build whole = worldly_archive();
    struct tar_build one = target_of(&whole, "x86_64-linux");
    struct provar_policy *policy = usual_policy();
    struct provar_archive *archive = open_bytes(&one);
    struct provar_checked *checked = NULL;
    struct provar_verified *verified = NULL;
    struct provar_error err = {0};
    assert_int_equal(provar_check(archive, &checked, NULL), PROVAR_E_DIGEST);
    assert_int_equal(provar_verify(archive, policy, &verified, NULL), PROVAR_E_DIGEST);
    assert_ok(verify_target(&one, policy, "x86_64-linux", NULL));
    assert_int_equal(verify_target(&one, policy, "aarch64-linux", &err), PROVAR_E_DIGEST);
    assert_int_equal(verify_target(&one, policy, "s390x-linux", NULL), PROVAR_E_NO_TARGET);
    assert_int_equal(verify_target(&whole, policy, "s390x-linux", NULL), PROVAR_E_NO_TARGET);
    assert_ok(verify_target(&whole, policy, "aarch64-linux", NULL));
    assert_ok(provar_policy_cover_target(policy, TEXT("x86_64-linux"), NULL));
    assert_ok(provar_verify(archive, policy, &verified, NULL));
    provar_verified_free(verified);
    provar_archive_free(archive);
    provar_policy_free(policy);
    tar_build_free(&one);
    tar_build_free(&whole);
}

/* Bytes with one text changed into another of the same length. */
static struct tar_build altered(const struct tar_build *bytes, const char *old, const char *new) {
    struct tar_build copy = {0};
    tar_bytes(&copy, bytes->data, bytes->len);
    memcpy(find_text(&copy, old), new, strlen(new));
    return copy;
}

/* Everything that is there is proven, though the policy would look at less. */
static void test_every_member_is_proven(void **state) {
    (void)state;
    struct tar_build whole = worldly_archive();
    struct tar_build one = target_of(&whole, "x86_64-linux");
    struct tar_build bad_world = altered(&one, "asm\015", "asm\016"), bad_body = altered(&one, "first", "First");
    struct tar_build bad_other = altered(&whole, "second", "Second"), bad_token = altered(&one, "eyJ0eXAi", "eyJ0eXAj");
    for (int how = 0; how < 3; how++) {
        struct provar_policy *policy = usual_policy();
        if (how == 1)
            assert_ok(provar_policy_cover_target(policy, TEXT("x86_64-linux"), NULL));
        if (how == 2)
            provar_policy_defer_digests(policy);
        assert_ok(verify_target(&one, policy, "x86_64-linux", NULL));
        assert_int_equal(verify_target(&bad_world, policy, "x86_64-linux", NULL), PROVAR_E_DIGEST);
        assert_int_equal(verify_target(&bad_body, policy, "x86_64-linux", NULL), PROVAR_E_DIGEST);
        assert_int_equal(verify_target(&bad_other, policy, "x86_64-linux", NULL), PROVAR_E_DIGEST);
        assert_int_equal(verify_target(&bad_token, policy, "x86_64-linux", NULL), PROVAR_E_JWT);
        provar_policy_free(policy);
    }
    tar_build_free(&bad_world);
    tar_build_free(&bad_body);
    tar_build_free(&bad_other);
    tar_build_free(&bad_token);
    tar_build_free(&one);
    tar_build_free(&whole);
}

/* The policy is asked as ever, and is the caller's: it covers what it covered before. */
static void test_the_policy_decides(void **state) {
    (void)state;
    struct tar_build whole = usual_archive();
    struct tar_build one = target_of(&whole, "x86_64-linux");
    struct provar_policy *stranger = NULL, *policy = usual_policy();
    struct provar_archive *archive = open_bytes(&whole);
    assert_ok(provar_policy_new(&stranger, NULL));
    assert_ok(provar_policy_allow_issuer(stranger, TEXT(OTHER_ISSUER), NULL));
    assert_int_equal(verify_target(&one, stranger, "x86_64-linux", NULL), PROVAR_E_UNTRUSTED);
    assert_ok(verify_target(&one, policy, "x86_64-linux", NULL));
    struct provar_verified *verified = NULL;
    assert_ok(provar_verify(archive, policy, &verified, NULL));
    assert_int_equal(provar_verified_coverage(verified), PROVAR_COVERAGE_ALL);
    provar_verified_free(verified);
    assert_ok(provar_policy_require_target(policy, TEXT("aarch64-linux"), NULL));
    assert_int_equal(verify_target(&one, policy, "x86_64-linux", NULL), PROVAR_E_NO_TARGET);
    provar_archive_free(archive);
    provar_policy_free(stranger);
    provar_policy_free(policy);
    tar_build_free(&one);
    tar_build_free(&whole);
}

/* A rule must be for every target that is there, whatever the policy covers. */
static void test_rules_are_asked_for_all_that_is_there(void **state) {
    (void)state;
    struct tar_build whole = usual_archive();
    struct tar_build one = target_of(&whole, "x86_64-linux"), other = target_of(&whole, "aarch64-linux");
    temp_dir_write("rules", TEXT("* targets=x86_64-* " ISSUER));
    for (int covers = 0; covers < 2; covers++) {
        struct provar_policy *policy = NULL;
        assert_ok(provar_policy_new(&policy, NULL));
        assert_ok(provar_policy_load(policy, PROVAR_POLICY_ALLOWED_ISSUERS, TEXT("rules"), NULL));
        if (covers)
            assert_ok(provar_policy_cover_target(policy, TEXT("x86_64-linux"), NULL));
        assert_ok(verify_target(&one, policy, "x86_64-linux", NULL));
        assert_int_equal(verify_target(&other, policy, "aarch64-linux", NULL), PROVAR_E_UNTRUSTED);
        assert_int_equal(verify_target(&whole, policy, "x86_64-linux", NULL), PROVAR_E_UNTRUSTED);
        provar_policy_free(policy);
    }
    tar_build_free(&other);
    tar_build_free(&one);
    tar_build_free(&whole);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_token_world_and_one_target),
        cmocka_unit_test(test_an_indexed_archive),
        cmocka_unit_test(test_a_target_that_is_not_there),

        cmocka_unit_test(test_what_takes_it),
        cmocka_unit_test(test_every_member_is_proven),
        cmocka_unit_test(test_the_policy_decides),
        test_in_temp_dir(test_rules_are_asked_for_all_that_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
