/* Files of a policy by the public face: what they allow, which rule it was, and that a wrong one allows nothing. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/archive.h"

#include <sys/stat.h>

#include "support/temp_dir.h"

static void load(struct provar_policy *policy, enum provar_policy_file kind, const char *path) {
    struct provar_error err = {0};
    if (provar_policy_load(policy, kind, TEXT(path), &err) != PROVAR_OK)
        fail_msg("%s", err.message);
}

static struct provar_policy *new_policy(void) {
    struct provar_policy *policy = NULL;
    assert_ok(provar_policy_new(&policy, NULL));
    return policy;
}

/* The usual archive by this policy, which is freed; the rule that accepts it, "" for none. */
static void assert_verified(struct provar_policy *policy, enum provar_result code, const char *rule) {
    struct tar_build bytes = usual_archive();
    struct provar_archive *archive = open_bytes(&bytes);
    struct provar_verified *verified = NULL;
    struct provar_error err = {0};
    if (provar_verify(archive, policy, &verified, &err) != code)
        fail_msg("%s: %s", provar_result_name(err.code), err.message);
    if (verified && rule[0] != 0)
        assert_string_equal(provar_verified_rule(verified), rule);
    else if (verified)
        assert_null(provar_verified_rule(verified));
    provar_verified_free(verified);
    provar_archive_free(archive);
    provar_policy_free(policy);
    tar_build_free(&bytes);
}

static void test_rules(void **state) {
    (void)state;
    struct provar_policy *policy = new_policy();
    temp_dir_write("strangers", TEXT("* " OTHER_ISSUER "\n"));
    temp_dir_write("rules", TEXT("# c\n" SUBJECT " " ISSUER "\n"));
    load(policy, PROVAR_POLICY_ALLOWED_ISSUERS, "strangers");
    load(policy, PROVAR_POLICY_ALLOWED_ISSUERS, "rules");
    assert_verified(policy, PROVAR_OK, "rules:2");
    policy = new_policy();
    load(policy, PROVAR_POLICY_ALLOWED_ISSUERS, "strangers");
    assert_verified(policy, PROVAR_E_UNTRUSTED, "");
    policy = usual_policy();
    load(policy, PROVAR_POLICY_ALLOWED_ISSUERS, "rules");
    assert_verified(policy, PROVAR_OK, ""); /* no rule was needed */
}

/* The target that is proven is the one that a rule must be for; of the whole it is every one. */
static void test_targets(void **state) {
    (void)state;
    static const struct {
        const char *cover;
        enum provar_result code;
    } cases[] = {{"x86_64-linux", PROVAR_OK}, {"aarch64-linux", PROVAR_E_UNTRUSTED}, {NULL, PROVAR_E_UNTRUSTED}};
    temp_dir_write("rules", TEXT("* targets=x86_64-* " ISSUER));
    for (size_t i = 0; i < array_length(cases); i++) {
        struct provar_policy *policy = new_policy();
        load(policy, PROVAR_POLICY_ALLOWED_ISSUERS, "rules");
        if (cases[i].cover)
            assert_ok(provar_policy_cover_target(policy, TEXT(cases[i].cover), NULL));
        assert_verified(policy, cases[i].code, "rules:1");
    }
}

/* Whoever does not look at the result of a load gets a policy that accepts nothing, whatever it was told before. */
static void test_failed_load(void **state) {
    (void)state;
    temp_dir_write("typo", TEXT("* vendr=x " ISSUER));
    temp_dir_write("open", TEXT("* " ISSUER));
    assert_int_equal(chmod("open", 0666), 0);
    static const struct {
        const char *path;
        enum provar_result code;
    } cases[] = {{"typo", PROVAR_E_USAGE}, {"open", PROVAR_E_UNSAFE_PATH}, {"none", PROVAR_E_UNTRUSTED}};
    for (size_t i = 0; i < array_length(cases); i++) {
        struct provar_policy *policy = usual_policy();
        struct provar_error err = {0};
        provar_policy_insecure_any_issuer(policy);
        assert_fails(provar_policy_load(policy, PROVAR_POLICY_ALLOWED_ISSUERS, TEXT(cases[i].path), &err),
                     cases[i].code, err, PROVAR_NO_OFFSET);
        assert_verified(policy, PROVAR_E_UNTRUSTED, "");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_in_temp_dir(test_rules),
        test_in_temp_dir(test_targets),
        test_in_temp_dir(test_failed_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
