/* The gate by its public face: what check and verify let through, what they refuse, and what of it was covered. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/archive.h"

/* ---------------------------------------------------------------- check */

/* Checks bytes plain and as gzip, from memory; the code must be the same. `bytes` are freed. */
static void assert_check(struct tar_build *bytes, enum provar_result code, const char *member) {
    struct tar_build both[] = {*bytes, gzip_of(bytes)};
    for (size_t i = 0; i < 2; i++) {
        struct provar_error err = {0};
        struct provar_checked *checked = NULL;
        struct provar_archive *archive = open_bytes(&both[i]);
        enum provar_result result = provar_check(archive, &checked, &err);
        if (result != code || err.code != (int)code)
            fail_msg("%s: %s", provar_result_name((int)result), err.message);
        assert_string_equal(err.member, member);
        assert_true((checked != NULL) == (code == PROVAR_OK));
        provar_checked_free(checked);
        provar_archive_free(archive);
        tar_build_free(&both[i]);
    }
}

static void assert_check_recipe(const struct recipe *recipe, enum provar_result code, const char *member) {
    struct tar_build bytes = archive_of(recipe);
    assert_check(&bytes, code, member);
}

static void test_good_archives(void **state) {
    (void)state;
    static const struct body world[] = {BODY("world.wasm", "\0asm"), BODY("x86_64-linux.bin", "x"),
                                        BODY("X86_64-other.bin", "x")};
    struct recipe recipe = usual();
    assert_check_recipe(&recipe, PROVAR_OK, "");
    recipe.seed = OTHER_SEED;
    recipe.issuer = OTHER_ISSUER;
    assert_check_recipe(&recipe, PROVAR_OK, "");
    recipe = (struct recipe){.bodies = world, .count = 3};
    assert_check_recipe(&recipe, PROVAR_OK, "");
    /* The token may stand last, and names may have "./" before them. */
    struct tar_build bytes = {0};
    tar_add_file(&bytes, "./x86_64-linux.bin", "x");
    recipe = (struct recipe){.bodies = &world[1], .count = 1};
    put_token_member(&bytes, &recipe);
    tar_add_end(&bytes);
    assert_check(&bytes, PROVAR_OK, "");
}

static void test_other_signatures(void **state) {
    (void)state;
    struct recipe recipe = usual();
    recipe.seed = OTHER_SEED;
    assert_check_recipe(&recipe, PROVAR_E_SIGNATURE, "claims.jwt");
    recipe = usual();
    recipe.forged = true;
    assert_check_recipe(&recipe, PROVAR_E_SIGNATURE, "claims.jwt");
}

/* A payload written anew around the old signature: the attack that published readers do not see. */
static void test_a_forged_payload(void **state) {
    (void)state;
    static const struct body evil[] = {BODY("x86_64-linux.bin", "evil executable!"),
                                       BODY("aarch64-linux.bin", "second executable, which is longer")};
    struct recipe good = usual(), bad = {.bodies = evil, .count = 2};
    struct tar_build old = {0}, new = {0}, bytes = {0};
    put_token(&old, &good);
    put_token(&new, &bad);
    assert_int_equal(old.len, new.len);
    memcpy(new.data + new.len - 86, old.data + old.len - 86, 86);
    tar_add_member(&bytes, TAR_USTAR, "claims.jwt", '0', new.data, new.len);
    put_bodies(&bytes, &bad);
    tar_add_end(&bytes);
    assert_check(&bytes, PROVAR_E_SIGNATURE, "claims.jwt");
    tar_build_free(&old);
    tar_build_free(&new);
}

static void test_altered_members(void **state) {
    (void)state;
    static const struct body bodies[] = {BODY("world.wasm", "\0asm and more"), BODY("x86_64-linux.bin", "first one"),
                                         BODY("aarch64-linux.bin", "second one")};
    static const char *const texts[] = {"asm and more", "first one", "second one"};
    struct recipe recipe = {.bodies = bodies, .count = 3};
    for (size_t i = 0; i < 3; i++) {
        struct tar_build bytes = archive_of(&recipe);
        *find_text(&bytes, texts[i]) ^= 0x80;
        assert_check(&bytes, PROVAR_E_DIGEST, bodies[i].name);
    }
}

static void test_missing_and_unlisted_members(void **state) {
    (void)state;
    static const struct body unlisted[] = {BODY("x86_64-linux.bin", "x"), {"mips-linux.bin", "y", 1, true}};
    static const struct body unlisted_world[] = {BODY("x86_64-linux.bin", "x"), {"world.wasm", "y", 1, true}};
    struct recipe recipe = usual();
    recipe.hashes = ",\"mips-linux\":\"0000000000000000000000000000000000000000000000000000000000000000\"";
    assert_check_recipe(&recipe, PROVAR_E_DIGEST, "mips-linux");
    recipe.hashes = ",\"world.wasm\":\"0000000000000000000000000000000000000000000000000000000000000000\"";
    assert_check_recipe(&recipe, PROVAR_E_DIGEST, "world.wasm");
    recipe = (struct recipe){.bodies = unlisted, .count = 2};
    assert_check_recipe(&recipe, PROVAR_E_ENTRY, "mips-linux.bin");
    recipe.bodies = unlisted_world;
    assert_check_recipe(&recipe, PROVAR_E_ENTRY, "world.wasm");
}

/* The same key as a module, which only provar_check_subject takes, and only when it is told so. */
static void test_another_kind_of_subject(void **state) {
    (void)state;
    static const char module[] = "MAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3RLXP";
    struct recipe recipe = usual();
    struct provar_checked *checked = NULL, *none = NULL;
    struct provar_verified *verified = NULL;
    struct provar_builder *builder = NULL;
    struct provar_policy *policy = usual_policy();
    recipe.subject = module;
    struct tar_build bytes = archive_of(&recipe);
    struct provar_archive *archive = open_bytes(&bytes);
    assert_int_equal(provar_check(archive, &none, NULL), PROVAR_E_KEY);
    assert_int_equal(provar_check_subject(archive, PROVAR_KEY_SERVICE, &none, NULL), PROVAR_E_KEY);
    assert_int_equal(provar_check_subject(archive, PROVAR_KEY_ACCOUNT, &none, NULL), PROVAR_E_KEY);
    assert_null(none);
    assert_ok(provar_check_subject(archive, PROVAR_KEY_MODULE, &checked, NULL));
    assert_string_equal(provar_claims_subject(provar_checked_claims(checked), NULL), module);
    assert_int_equal(provar_builder_from(checked, &builder, NULL), PROVAR_E_KEY);
    assert_null(builder);
    assert_int_equal(provar_verify(archive, policy, &verified, NULL), PROVAR_E_KEY);
    assert_int_equal(provar_look(archive, NULL), PROVAR_E_KEY);
    assert_null(verified);
    provar_policy_free(policy);
    provar_checked_free(checked);
    provar_archive_free(archive);
    tar_build_free(&bytes);
}

static void test_no_token_and_no_target(void **state) {
    (void)state;
    struct recipe recipe = usual();
    struct tar_build bytes = {0};
    put_bodies(&bytes, &recipe);
    tar_add_end(&bytes);
    assert_check(&bytes, PROVAR_E_ENTRY, "");
    recipe.count = 0;
    assert_check_recipe(&recipe, PROVAR_E_NO_TARGET, "");
}

/* A second member of one name, in any case and with "./", is a fault wherever it stands; the first is no better. */
static void test_duplicates(void **state) {
    (void)state;
    static const char *const names[] = {"x86_64-linux.bin", "./x86_64-linux.bin", "X86_64-linux.bin",
                                        "x86_64-linux.BIN", "claims.jwt",         "Claims.jwt"};
    for (size_t i = 0; i < array_length(names); i++) {
        struct recipe recipe = usual();
        struct tar_build bytes = {0};
        put_token_member(&bytes, &recipe);
        put_bodies(&bytes, &recipe);
        tar_add_file(&bytes, names[i], "first executable");
        tar_add_end(&bytes);
        assert_check(&bytes, PROVAR_E_ENTRY, names[i]);
    }
}

static void test_proofs_outlive_later_passes(void **state) {
    (void)state;
    struct tar_build bytes = usual_archive();
    struct provar_archive *archive = open_bytes(&bytes);
    struct provar_checked *checked = check_archive(archive);
    struct provar_verified *verified = verify_archive(archive);
    assert_ok(provar_look(archive, NULL));
    assert_string_equal(provar_claims_name(provar_checked_claims(checked), NULL), "Key Value");
    provar_checked_free(checked);
    assert_string_equal(provar_claims_issuer(provar_verified_claims(verified), NULL), ISSUER);
    assert_int_equal(provar_verified_coverage(verified), PROVAR_COVERAGE_ALL);
    provar_verified_free(verified);
    provar_checked_free(NULL);
    provar_verified_free(NULL);
    provar_archive_free(archive);
    tar_build_free(&bytes);
}

/* ---------------------------------------------------------------- coverage of one target */

/* Verifies with a policy that covers `target`; what was covered can then be used, and nothing else. */
static enum provar_result cover(const struct tar_build *bytes, const char *target, struct provar_error *err) {
    struct provar_archive *archive = open_bytes(bytes);
    struct provar_policy *policy = usual_policy();
    struct provar_verified *verified = NULL;
    assert_ok(provar_policy_cover_target(policy, TEXT("overwritten"), NULL));
    assert_ok(provar_policy_cover_target(policy, TEXT(target), NULL));
    enum provar_result result = provar_verify(archive, policy, &verified, err);
    provar_policy_free(policy);
    if (result == PROVAR_OK) {
        uint64_t size = 0;
        struct provar_error other = {0};
        assert_int_equal(provar_verified_coverage(verified), PROVAR_COVERAGE_TARGET);
        assert_ok(provar_target_size(verified, TEXT(target), &size, NULL));
        assert_true(size > 0);
        assert_fails(provar_target_size(verified, TEXT("aarch64-linux"), &size, &other), PROVAR_E_USAGE, other,
                     PROVAR_NO_OFFSET);
    } else {
        assert_null(verified);
    }
    provar_verified_free(verified);
    provar_archive_free(archive);
    return result;
}

static void assert_covers(struct tar_build *bytes, const char *target, enum provar_result code, const char *says) {
    struct provar_error err = {0};
    enum provar_result result = cover(bytes, target, &err);
    if (result != code || strstr(err.message, says) == NULL)
        fail_msg("%s: %s", provar_result_name((int)result), err.message);
    tar_build_free(bytes);
}

static void test_one_target_is_covered(void **state) {
    (void)state;
    struct tar_build bytes = usual_archive();
    assert_covers(&bytes, "x86_64-linux", PROVAR_OK, "");
    bytes = usual_archive();
    *find_text(&bytes, "second executable") ^= 1;
    assert_covers(&bytes, "x86_64-linux", PROVAR_OK, "");
    bytes = usual_archive();
    *find_text(&bytes, "first executable") ^= 1;
    assert_covers(&bytes, "x86_64-linux", PROVAR_E_DIGEST, "x86_64-linux.bin");
    bytes = usual_archive();
    assert_covers(&bytes, "mips-linux", PROVAR_E_NO_TARGET, "x86_64-linux, aarch64-linux");
    bytes = usual_archive();
    assert_covers(&bytes, "X86_64-linux", PROVAR_E_NO_TARGET, "x86_64-linux, aarch64-linux");
}

static void test_what_is_listed_matters_for_the_covered_target_only(void **state) {
    (void)state;
    struct recipe recipe = usual();
    recipe.hashes = ",\"mips-linux\":\"0000000000000000000000000000000000000000000000000000000000000000\"";
    struct tar_build bytes = archive_of(&recipe);
    assert_covers(&bytes, "x86_64-linux", PROVAR_OK, "");
    bytes = archive_of(&recipe);
    assert_covers(&bytes, "mips-linux", PROVAR_E_DIGEST, "missing");
    /* But a member that is not listed at all is one that no archive has. */
    static const struct body unlisted[] = {BODY("x86_64-linux.bin", "x"), {"mips-linux.bin", "y", 1, true}};
    recipe = (struct recipe){.bodies = unlisted, .count = 2};
    bytes = archive_of(&recipe);
    assert_covers(&bytes, "x86_64-linux", PROVAR_E_ENTRY, "do not list");
    bytes = archive_of(&recipe);
    assert_covers(&bytes, "mips-linux", PROVAR_E_ENTRY, "do not list");
}

/* world.wasm has its hash among the targets'; a proof of it alone would prove no executable. */
static void test_the_world_is_no_target(void **state) {
    (void)state;
    static const struct body bodies[] = {BODY("world.wasm", "\0asm"), BODY("x86_64-linux.bin", "x")};
    struct recipe recipe = {.bodies = bodies, .count = 2};
    struct tar_build bytes = archive_of(&recipe);
    assert_covers(&bytes, "world.wasm", PROVAR_E_NO_TARGET, "x86_64-linux");
    bytes = archive_of(&recipe);
    assert_covers(&bytes, "world", PROVAR_E_NO_TARGET, "x86_64-linux");
}

static void test_coverage_does_not_reach_the_world(void **state) {
    (void)state;
    static const struct body bodies[] = {BODY("world.wasm", "\0asm"), BODY("x86_64-linux.bin", "x")};
    struct recipe recipe = {.bodies = bodies, .count = 2};
    struct tar_build bytes = archive_of(&recipe);
    struct provar_archive *archive = open_bytes(&bytes);
    struct provar_policy *policy = usual_policy();
    struct provar_verified *verified = NULL;
    struct provar_error err = {0};
    struct provar_output to = {.size = sizeof to, .kind = PROVAR_OUTPUT_FD, .fd = 1};
    assert_ok(provar_policy_cover_target(policy, TEXT("x86_64-linux"), NULL));
    assert_ok(provar_verify(archive, policy, &verified, NULL));
    assert_fails(provar_extract_world(verified, &to, &err), PROVAR_E_USAGE, err, PROVAR_NO_OFFSET);
    provar_verified_free(verified);
    provar_policy_free(policy);
    provar_archive_free(archive);
    tar_build_free(&bytes);
}

/* ---------------------------------------------------------------- policies */

static enum provar_result verify_with(const struct provar_policy *policy, struct provar_error *err) {
    struct tar_build bytes = usual_archive();
    struct provar_archive *archive = open_bytes(&bytes);
    struct provar_verified *verified = NULL;
    enum provar_result result = provar_verify(archive, policy, &verified, err);
    assert_true((result == PROVAR_OK) == (verified != NULL));
    provar_verified_free(verified);
    provar_archive_free(archive);
    tar_build_free(&bytes);
    return result;
}

static void test_a_new_policy_accepts_nothing(void **state) {
    (void)state;
    struct provar_policy *policy = NULL;
    struct provar_error err = {0};
    assert_ok(provar_policy_new(&policy, NULL));
    assert_fails(verify_with(policy, &err), PROVAR_E_UNTRUSTED, err, PROVAR_NO_OFFSET);
    provar_policy_insecure_any_issuer(policy);
    assert_ok(verify_with(policy, NULL));
    provar_policy_free(policy);
    provar_policy_free(NULL);
}

static void test_any_of_several_issuers_will_do(void **state) {
    (void)state;
    struct provar_policy *policy = NULL;
    struct provar_error err = {0};
    assert_ok(provar_policy_new(&policy, NULL));
    assert_ok(provar_policy_allow_issuer(policy, TEXT(OTHER_ISSUER), NULL));
    assert_fails(verify_with(policy, &err), PROVAR_E_UNTRUSTED, err, PROVAR_NO_OFFSET);
    assert_ok(provar_policy_allow_issuer(policy, TEXT(ISSUER), NULL));
    assert_ok(verify_with(policy, NULL));
    provar_policy_free(policy);
}

static void test_what_is_no_issuer(void **state) {
    (void)state;
    static const char *const texts[] = {
        "", SUBJECT, ISSUER_SEED, "AA7R", (ISSUER " "), "AAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAARSZ"};
    struct provar_policy *policy = usual_policy();
    for (size_t i = 0; i < array_length(texts); i++) {
        struct provar_error err = {0};
        assert_fails(provar_policy_allow_issuer(policy, TEXT(texts[i]), &err), PROVAR_E_KEY, err, PROVAR_NO_OFFSET);
        assert_null(strstr(err.message, ISSUER_SEED));
    }
    struct provar_error err = {0};
    assert_fails(provar_policy_set_subject(policy, TEXT(ISSUER), &err), PROVAR_E_KEY, err, PROVAR_NO_OFFSET);
    assert_ok(verify_with(policy, NULL)); /* which changed nothing */
    provar_policy_free(policy);
}

static void test_what_is_no_target_name(void **state) {
    (void)state;
    struct provar_policy *policy = usual_policy();
    struct provar_error err = {0};
    assert_fails(provar_policy_require_target(policy, "", 0, &err), PROVAR_E_USAGE, err, PROVAR_NO_OFFSET);
    provar_error_clear(&err);
    assert_fails(provar_policy_cover_target(policy, "", 0, &err), PROVAR_E_USAGE, err, PROVAR_NO_OFFSET);
    provar_error_clear(&err);
    assert_fails(provar_policy_cover_target(policy, "a\0b", 3, &err), PROVAR_E_USAGE, err, PROVAR_NO_OFFSET);
    assert_ok(verify_with(policy, NULL));
    provar_policy_free(policy);
}

static void test_now_is_the_time(void **state) {
    (void)state;
    struct recipe recipe = usual();
    char times[80];
    static const struct {
        int iat, exp;
        enum provar_result code;
    } cases[] = {{0, 600, PROVAR_OK}, {-600, -300, PROVAR_E_TIME}, {600, 900, PROVAR_E_TIME}, {30, 900, PROVAR_OK}};
    for (size_t i = 0; i < array_length(cases); i++) {
        long long now = (long long)time(NULL);
        (void)snprintf(times, sizeof times, "\"iat\":%lld,\"exp\":%lld", now + cases[i].iat, now + cases[i].exp);
        recipe.times = times;
        struct tar_build bytes = archive_of(&recipe);
        struct provar_archive *archive = open_bytes(&bytes);
        struct provar_policy *policy = usual_policy();
        struct provar_verified *verified = NULL;
        assert_int_equal(provar_verify(archive, policy, &verified, NULL), cases[i].code);
        provar_verified_free(verified);
        provar_policy_free(policy);
        provar_checked_free(check_archive(archive)); /* says nothing about time */
        provar_archive_free(archive);
        tar_build_free(&bytes);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_archives),
        cmocka_unit_test(test_other_signatures),
        cmocka_unit_test(test_a_forged_payload),
        cmocka_unit_test(test_altered_members),
        cmocka_unit_test(test_missing_and_unlisted_members),
        cmocka_unit_test(test_another_kind_of_subject),
        cmocka_unit_test(test_no_token_and_no_target),
        cmocka_unit_test(test_duplicates),
        cmocka_unit_test(test_proofs_outlive_later_passes),
        cmocka_unit_test(test_one_target_is_covered),
        cmocka_unit_test(test_what_is_listed_matters_for_the_covered_target_only),
        cmocka_unit_test(test_the_world_is_no_target),
        cmocka_unit_test(test_coverage_does_not_reach_the_world),
        cmocka_unit_test(test_a_new_policy_accepts_nothing),
        cmocka_unit_test(test_any_of_several_issuers_will_do),
        cmocka_unit_test(test_what_is_no_issuer),
        cmocka_unit_test(test_what_is_no_target_name),
        cmocka_unit_test(test_now_is_the_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
