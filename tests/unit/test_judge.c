/* Tests of verify/judge: the token and the members of a scan against what was signed. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/archive.h"

#include "internal.h"

#include "verify/judge.h"

/* The facts of one pass; the bytes must outlive them. */
static struct pv_facts *scan_facts(const struct tar_build *bytes, enum pv_scan_digests digests, const char *target) {
    PV_AUTO_SOURCE struct pv_source *source = NULL;
    struct pv_facts *facts = pv_facts_new();
    struct pv_notices notices = {0};
    struct pv_scan_options options = {.digests = digests,
                                      .target = pv_str_of(target),
                                      .max_total = PV_MAX_TOTAL_SIZE,
                                      .max_member = PV_MAX_MEMBER_SIZE};
    assert_non_null(facts);
    assert_ok(pv_source_memory(bytes->data, bytes->len, &source, NULL));
    assert_ok(pv_scan_run(source, &options, &notices, &facts->scan, NULL));
    pv_notices_release(&notices);
    return facts;
}

static struct pv_facts *facts_of(const struct recipe *recipe) {
    struct tar_build bytes = archive_of(recipe);
    struct pv_facts *facts = scan_facts(&bytes, PV_SCAN_ALL_DIGESTS, NULL);
    tar_build_free(&bytes);
    return facts;
}

/* ---------------------------------------------------------------- the token */

static void test_a_good_token(void **state) {
    (void)state;
    struct recipe recipe = usual();
    char hex[65];
    PV_AUTO_FACTS struct pv_facts *facts = facts_of(&recipe);
    assert_ok(pv_judge_token(facts, NULL));
    assert_ok(pv_judge_signature(facts, NULL));
    assert_ok(pv_judge_members(facts, NULL, NULL));
    assert_int_equal(facts->signature.code, 0);
    assert_string_equal(facts->claims->issuer.text, ISSUER);
    assert_string_equal(facts->listed[0], "");
    hash_hex(usual_bodies[0].data, usual_bodies[0].len, hex);
    assert_string_equal(facts->listed[1], hex);
}

static void test_tokens_that_are_refused(void **state) {
    (void)state;
    static const struct recipe recipes[] = {
        {.header = "{\"typ\":\"jwt\",\"alg\":\"none\"}"},
        {.payload = "[]"},
        {.times = "\"iat\":1,\"exp\":0"},
        {.issuer = OTHER_SUBJECT},
        {.issuer = "AAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAARSZ"},
        {.subject = "VAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABMAI"},
        {.wascap =
             ",\"config_schema\":"
             "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
             "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["},
    };
    static const enum provar_result codes[] = {PROVAR_E_JWT, PROVAR_E_CLAIMS, PROVAR_E_CLAIMS, PROVAR_E_KEY,
                                               PROVAR_E_KEY, PROVAR_E_KEY,    PROVAR_E_LIMIT};
    for (size_t i = 0; i < array_length(recipes); i++) {
        struct recipe recipe = recipes[i];
        struct provar_error err = {0};
        recipe.bodies = usual_bodies;
        recipe.count = 2;
        PV_AUTO_FACTS struct pv_facts *facts = facts_of(&recipe);
        enum provar_result result = pv_judge_token(facts, &err);
        assert_fails(result, codes[i], err, err.offset);
        assert_string_equal(err.member, "claims.jwt");
        assert_null(facts->claims);
    }
}

/* A token can be read whose signature does not hold: that is said later, and only when it is asked for. */
static void test_signatures_that_do_not_hold(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct recipe recipe = usual();
        struct provar_error err = {0};
        recipe.forged = i == 0;
        recipe.seed = i == 1 ? OTHER_SEED : NULL;
        PV_AUTO_FACTS struct pv_facts *facts = facts_of(&recipe);
        assert_ok(pv_judge_token(facts, &err));
        assert_int_equal(err.code, 0);
        assert_non_null(facts->claims);
        assert_fails(pv_judge_signature(facts, &err), PROVAR_E_SIGNATURE, err, PROVAR_NO_OFFSET);
        assert_string_equal(err.member, "claims.jwt");
        assert_int_equal(pv_judge_signature(facts, NULL), PROVAR_E_SIGNATURE);
    }
}

/* ---------------------------------------------------------------- the members */

static void assert_members(const struct pv_facts *facts, const char *target, enum provar_result code,
                           const char *member) {
    struct provar_error err = {0};
    enum provar_result result = pv_judge_members(facts, target, &err);
    if (result != code || err.code != (int)code)
        fail_msg("%s: %s", provar_result_name((int)result), err.message);
    assert_string_equal(err.member, member);
}

/* Whatever the order of the members, one that is not listed goes before one that is altered. */
static void test_unlisted_before_altered(void **state) {
    (void)state;
    for (int first = 0; first < 2; first++) {
        struct body bodies[] = {BODY("x86_64-linux.bin", "altered"), BODY("mips-linux.bin", "unlisted")};
        struct body swapped[] = {bodies[1], bodies[0]};
        bodies[1].unlisted = swapped[0].unlisted = true;
        struct recipe recipe = {.bodies = first ? swapped : bodies, .count = 2};
        struct tar_build bytes = archive_of(&recipe);
        *find_text(&bytes, "altered") ^= 1;
        PV_AUTO_FACTS struct pv_facts *facts = scan_facts(&bytes, PV_SCAN_ALL_DIGESTS, NULL);
        assert_ok(pv_judge_token(facts, NULL));
        assert_members(facts, NULL, PROVAR_E_ENTRY, "mips-linux.bin");
        tar_build_free(&bytes);
    }
}

static void test_altered_before_missing(void **state) {
    (void)state;
    struct recipe recipe = usual();
    recipe.hashes = ",\"a-linux\":\"0000000000000000000000000000000000000000000000000000000000000000\"";
    struct tar_build bytes = archive_of(&recipe);
    PV_AUTO_FACTS struct pv_facts *whole = scan_facts(&bytes, PV_SCAN_ALL_DIGESTS, NULL);
    assert_ok(pv_judge_token(whole, NULL));
    assert_members(whole, NULL, PROVAR_E_DIGEST, "a-linux");
    *find_text(&bytes, "second") ^= 1;
    PV_AUTO_FACTS struct pv_facts *altered = scan_facts(&bytes, PV_SCAN_ALL_DIGESTS, NULL);
    assert_ok(pv_judge_token(altered, NULL));
    assert_members(altered, NULL, PROVAR_E_DIGEST, "aarch64-linux.bin");
    tar_build_free(&bytes);
}

static void test_one_target(void **state) {
    (void)state;
    struct recipe recipe = usual();
    recipe.hashes = ",\"a-linux\":\"0000000000000000000000000000000000000000000000000000000000000000\","
                    "\"world.wasm\":\"0000000000000000000000000000000000000000000000000000000000000000\"";
    struct tar_build bytes = archive_of(&recipe);
    *find_text(&bytes, "second") ^= 1;
    PV_AUTO_FACTS struct pv_facts *facts = scan_facts(&bytes, PV_SCAN_ONE_TARGET, "x86_64-linux");
    assert_ok(pv_judge_token(facts, NULL));
    assert_members(facts, "x86_64-linux", PROVAR_OK, "");
    assert_members(facts, "a-linux", PROVAR_E_DIGEST, "a-linux");
    assert_members(facts, "b-linux", PROVAR_E_NO_TARGET, "");
    assert_members(facts, "world.wasm", PROVAR_E_NO_TARGET, "");
    assert_members(facts, NULL, PROVAR_E_DIGEST, "a-linux");
    tar_build_free(&bytes);
}

static void test_references(void **state) {
    (void)state;
    struct recipe recipe = usual();
    struct pv_facts *facts = facts_of(&recipe);
    assert_ok(pv_judge_token(facts, NULL));
    facts->references++;
    pv_facts_unref(facts);
    assert_string_equal(facts->claims->issuer.text, ISSUER);
    pv_facts_unref(facts);
    pv_facts_unref(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_good_token),
        cmocka_unit_test(test_tokens_that_are_refused),
        cmocka_unit_test(test_signatures_that_do_not_hold),
        cmocka_unit_test(test_unlisted_before_altered),
        cmocka_unit_test(test_altered_before_missing),
        cmocka_unit_test(test_one_target),
        cmocka_unit_test(test_references),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
