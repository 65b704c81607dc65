/* Tests of trust/policy: each rule at its edges, and the order of the rules. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/archive.h"

#include "support/fail_each.h"
#include "support/temp_dir.h"

#include "internal.h"

#include "support/authority.h"
#include "trust/policy.h"

enum { NOW = 1700000000 };

/* Claims of the usual issuer, issued at NOW. */
static struct provar_claims good_claims(void) {
    struct provar_claims claims = {.issued_at = NOW};
    assert_ok(pv_nkey_decode_public(PV_STR(ISSUER), &claims.issuer, NULL));
    assert_ok(pv_nkey_decode_public(PV_STR(SUBJECT), &claims.subject, NULL));
    return claims;
}

static const struct pv_str present[] = {{"x86_64-linux", 12}, {"aarch64-linux", 13}};

static enum provar_result judge(const struct provar_policy *policy, const struct provar_claims *claims,
                                struct provar_error *err) {
    const struct pv_artifact_id id = {0};
    const struct pv_policy_question question = {
        .claims = claims, .id = &id, .targets = present, .target_count = array_length(present)};
    const struct pv_issuer_rule *rule;
    return pv_policy_judge(policy, &question, &rule, err);
}

/* For the usual issuer, at NOW. */
static struct provar_policy *policy_at_now(void) {
    struct provar_policy *policy = usual_policy();
    provar_policy_set_time(policy, NOW);
    return policy;
}

/* Judges and frees the policy. */
static void assert_judged(struct provar_policy *policy, const struct provar_claims *claims, enum provar_result code,
                          const char *says) {
    struct provar_error err = {0};
    enum provar_result result = judge(policy, claims, &err);
    if (result != code || err.code != (int)code || strstr(err.message, says) == NULL)
        fail_msg("%s (%s) in place of %s (%s)", provar_result_name((int)result), err.message,
                 provar_result_name((int)code), says);
    provar_policy_free(policy);
}

/* ---------------------------------------------------------------- issuer, subject */

static void test_issuers(void **state) {
    (void)state;
    struct provar_claims claims = good_claims();
    struct provar_policy *policy = policy_at_now();
    assert_judged(policy, &claims, PROVAR_OK, "");
    assert_ok(provar_policy_new(&policy, NULL));
    provar_policy_set_time(policy, NOW);
    assert_judged(policy, &claims, PROVAR_E_UNTRUSTED, "no issuer at all");
    assert_ok(provar_policy_new(&policy, NULL));
    provar_policy_set_time(policy, NOW);
    assert_ok(provar_policy_allow_issuer(policy, TEXT(OTHER_ISSUER), NULL));
    assert_int_equal(judge(policy, &claims, NULL), PROVAR_E_UNTRUSTED);
    provar_policy_insecure_any_issuer(policy);
    assert_judged(policy, &claims, PROVAR_OK, "");
}

static void test_1024_issuers(void **state) {
    (void)state;
    struct provar_claims claims = good_claims();
    struct provar_policy *policy = NULL;
    struct provar_error err = {0};
    assert_ok(provar_policy_new(&policy, NULL));
    provar_policy_set_time(policy, NOW);
    for (int i = 0; i < 1023; i++)
        assert_ok(provar_policy_allow_issuer(policy, TEXT(OTHER_ISSUER), NULL));
    assert_ok(provar_policy_allow_issuer(policy, TEXT(ISSUER), NULL));
    assert_fails(provar_policy_allow_issuer(policy, TEXT(ISSUER), &err), PROVAR_E_LIMIT, err, PROVAR_NO_OFFSET);
    assert_judged(policy, &claims, PROVAR_OK, "");
}

static void test_subject(void **state) {
    (void)state;
    struct provar_claims claims = good_claims();
    struct provar_policy *policy = policy_at_now();
    assert_ok(provar_policy_set_subject(policy, TEXT(SUBJECT), NULL));
    assert_judged(policy, &claims, PROVAR_OK, "");
    policy = policy_at_now();
    assert_ok(provar_policy_set_subject(policy, TEXT(OTHER_SUBJECT), NULL));
    assert_judged(policy, &claims, PROVAR_E_UNTRUSTED, SUBJECT);
}

/* ---------------------------------------------------------------- revision, targets */

static void test_min_revision(void **state) {
    (void)state;
    static const struct {
        bool has;
        int32_t is, min;
        enum provar_result code;
    } cases[] = {
        {false, 0, INT32_MIN, PROVAR_E_UNTRUSTED},
        {false, 0, 0, PROVAR_E_UNTRUSTED},
        {true, 4, 5, PROVAR_E_UNTRUSTED},
        {true, 5, 5, PROVAR_OK},
        {true, 6, 5, PROVAR_OK},
        {true, -1, 0, PROVAR_E_UNTRUSTED},
        {true, -1, -1, PROVAR_OK},
        {true, INT32_MIN, INT32_MAX, PROVAR_E_UNTRUSTED},
        {true, INT32_MAX, INT32_MIN, PROVAR_OK},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        struct provar_claims claims = good_claims();
        struct provar_policy *policy = policy_at_now();
        claims.has_revision = cases[i].has;
        claims.revision = cases[i].is;
        provar_policy_set_min_revision(policy, cases[i].min);
        assert_judged(policy, &claims, cases[i].code, cases[i].code ? "revision" : "");
    }
}

static void test_required_targets(void **state) {
    (void)state;
    struct provar_claims claims = good_claims();
    struct provar_policy *policy = policy_at_now();
    assert_ok(provar_policy_require_target(policy, TEXT("aarch64-linux"), NULL));
    assert_ok(provar_policy_require_target(policy, TEXT("x86_64-linux"), NULL));
    assert_int_equal(judge(policy, &claims, NULL), PROVAR_OK);
    assert_ok(provar_policy_require_target(policy, TEXT("mips-linux"), NULL));
    assert_judged(policy, &claims, PROVAR_E_NO_TARGET, "mips-linux");
}

static void test_128_required_targets(void **state) {
    (void)state;
    struct provar_claims claims = good_claims();
    struct provar_policy *policy = policy_at_now();
    struct provar_error err = {0};
    for (int i = 0; i < 128; i++)
        assert_ok(provar_policy_require_target(policy, TEXT("x86_64-linux"), NULL));
    assert_fails(provar_policy_require_target(policy, TEXT("x86_64-linux"), &err), PROVAR_E_LIMIT, err,
                 PROVAR_NO_OFFSET);
    assert_judged(policy, &claims, PROVAR_OK, "");
}

/* ---------------------------------------------------------------- time */

struct times {
    int64_t now, issued_at, expires, not_before; /* the last two: -1 for none */
    uint32_t skew;
    const char *says; /* NULL: accepted */
};

static void assert_time(const struct times *times) {
    struct provar_claims claims = good_claims();
    struct provar_policy *policy = usual_policy();
    claims.issued_at = times->issued_at;
    claims.has_expires = times->expires >= 0;
    claims.expires = times->expires;
    claims.has_not_before = times->not_before >= 0;
    claims.not_before = times->not_before;
    provar_policy_set_time(policy, times->now);
    assert_ok(provar_policy_set_clock_skew(policy, times->skew, NULL));
    assert_judged(policy, &claims, times->says ? PROVAR_E_TIME : PROVAR_OK, times->says ? times->says : "");
}

/* RFC 7519, 4.1.4: on or after `exp` it must not be accepted, and no tolerance makes it later. */
static void test_expiry(void **state) {
    (void)state;
    static const struct times cases[] = {
        {NOW, NOW, NOW + 1, -1, 300, NULL},
        {NOW, NOW, NOW, -1, 300, "expired"},
        {NOW, NOW, NOW - 1, -1, 300, "expired"},
        {NOW, 0, 0, -1, 0, "expired"},
        {NOW, NOW, 253402300800, -1, 0, NULL}, /* the year 10000 */
        {NOW, NOW, INT64_MAX, -1, 0, NULL},
        {INT64_MAX - 1, NOW, INT64_MAX, -1, 300, NULL},
        {INT64_MAX, NOW, INT64_MAX, -1, 300, "expired"},
        {INT64_MAX, NOW, -1, -1, 300, NULL},
    };
    for (size_t i = 0; i < array_length(cases); i++)
        assert_time(&cases[i]);
}

static void test_not_before_and_issue(void **state) {
    (void)state;
    static const struct times cases[] = {
        {NOW, 0, -1, NOW, 0, NULL},
        {NOW, 0, -1, NOW + 1, 0, "not valid before"},
        {NOW, 0, -1, NOW + 60, 60, NULL},
        {NOW, 0, -1, NOW + 61, 60, "not valid before"},
        {NOW, 0, -1, NOW + 300, 300, NULL},
        {NOW, 0, -1, NOW + 301, 300, "not valid before"},
        {NOW, 0, -1, INT64_MAX, 300, "not valid before"},
        {INT64_MAX - 10, 0, -1, INT64_MAX, 300, NULL},
        {NOW, NOW, -1, -1, 0, NULL},
        {NOW, NOW + 1, -1, -1, 0, "in the future"},
        {NOW, NOW + 60, -1, -1, 60, NULL},
        {NOW, NOW + 61, -1, -1, 60, "in the future"},
        {NOW, INT64_MAX, -1, -1, 300, "in the future"},
        {0, 0, -1, 0, 0, NULL},
        {-1, 0, -1, -1, 300, "before 1970"},
        {INT64_MIN, 0, -1, -1, 300, "before 1970"},
    };
    for (size_t i = 0; i < array_length(cases); i++)
        assert_time(&cases[i]);
}

static void test_clock_skew(void **state) {
    (void)state;
    struct provar_claims claims = good_claims();
    struct provar_error err = {0};
    struct provar_policy *policy = policy_at_now();
    claims.issued_at = NOW + 60; /* the default */
    assert_int_equal(judge(policy, &claims, NULL), PROVAR_OK);
    claims.issued_at++;
    assert_int_equal(judge(policy, &claims, NULL), PROVAR_E_TIME);
    assert_ok(provar_policy_set_clock_skew(policy, 300, NULL));
    assert_fails(provar_policy_set_clock_skew(policy, 301, &err), PROVAR_E_USAGE, err, PROVAR_NO_OFFSET);
    assert_int_equal(provar_policy_set_clock_skew(policy, UINT32_MAX, NULL), PROVAR_E_USAGE);
    claims.issued_at = NOW + 300;
    assert_judged(policy, &claims, PROVAR_OK, "");
}

/* Without a time that was set it is the system's. */
static void test_now(void **state) {
    (void)state;
    struct provar_claims claims = good_claims();
    claims.issued_at = (int64_t)time(NULL);
    claims.has_expires = true;
    claims.expires = claims.issued_at + 1000;
    assert_judged(usual_policy(), &claims, PROVAR_OK, "");
    claims.issued_at -= 1000;
    claims.expires -= 1000;
    assert_judged(usual_policy(), &claims, PROVAR_E_TIME, "expired");
}

/* ---------------------------------------------------------------- files */

static enum provar_result load_all(void *user, struct provar_error *err) {
    static const struct {
        enum provar_policy_file kind;
        const char *path;
    } files[] = {{PROVAR_POLICY_ALLOWED_ISSUERS, "rules"},
                 {PROVAR_POLICY_ALLOWED_ISSUERS, "rules"},
                 {PROVAR_POLICY_ACCOUNT_TOKEN, "account"},
                 {PROVAR_POLICY_OPERATOR_TOKEN, "operator"}};
    struct provar_policy *policy = NULL;
    enum provar_result result = provar_policy_new(&policy, err);
    for (size_t i = 0; i < array_length(files) && result == PROVAR_OK; i++)
        result = provar_policy_load(policy, files[i].kind, TEXT(files[i].path), err);
    if (result == PROVAR_OK)
        result = judge(policy, user, err);
    provar_policy_free(policy);
    return result;
}

static void write_token(const char *path, const struct authority_recipe *recipe) {
    struct tar_build token = authority_token(recipe);
    temp_dir_write(path, token.data, token.len);
    tar_build_free(&token);
}

/* An operator's rule, his token, and that of an account whose signer is the usual issuer: allocations that fail leave
 * nothing behind. */
static void test_files_without_memory(void **state) {
    (void)state;
    const struct test_key holder = test_key('O', 1), key = test_key('O', 2), account = test_key('A', 3);
    struct provar_claims claims = good_claims();
    char rules[100], signers[80];
    (void)snprintf(rules, sizeof rules, "* operator %s\n", holder.public);
    (void)snprintf(signers, sizeof signers, "[\"%s\"]", key.public);
    temp_dir_write("rules", TEXT(rules));
    write_token("operator", &(struct authority_recipe){.issuer = &holder, .subject = &holder, .signers = signers});
    write_token("account",
                &(struct authority_recipe){.issuer = &key, .subject = &account, .signers = "[\"" ISSUER "\"]"});
    assert_true(fail_each(load_all, &claims) > 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_issuers),
        cmocka_unit_test(test_1024_issuers),
        cmocka_unit_test(test_subject),
        cmocka_unit_test(test_min_revision),
        cmocka_unit_test(test_required_targets),
        cmocka_unit_test(test_128_required_targets),
        cmocka_unit_test(test_expiry),
        cmocka_unit_test(test_not_before_and_issue),
        cmocka_unit_test(test_clock_skew),
        cmocka_unit_test(test_now),
        test_in_temp_dir(test_files_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
