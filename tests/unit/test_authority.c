/* Tests of claims/authority: who may speak for whom, whose keys count, and what is no token of theirs. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/archive.h"

#include "internal.h"

#include "support/authority.h"

static enum provar_result decode(const struct authority_recipe *recipe, struct pv_authority *authority,
                                 struct provar_error *err) {
    struct tar_build token = authority_token(recipe);
    enum provar_result result =
        pv_authority_decode(pv_str((const char *)token.data, token.len), recipe->subject->public[0], authority, err);
    tar_build_free(&token);
    return result;
}

static void assert_decoded(const struct authority_recipe *recipe, enum provar_result code, const char *says) {
    struct pv_authority authority;
    struct provar_error err = {0};
    enum provar_result result = decode(recipe, &authority, &err);
    if (result != code || err.code != (int)code || strstr(err.message, says) == NULL)
        fail_msg("%s (%s) in place of %s (%s)", provar_result_name((int)result), err.message,
                 provar_result_name((int)code), says);
    pv_authority_release(&authority);
}

static void test_good(void **state) {
    (void)state;
    const struct test_key operator= test_key('O', 1), account = test_key('A', 2), signer = test_key('A', 3);
    char signers[200];
    (void)snprintf(signers, sizeof signers, " [ \"%s\" ]", signer.public);
    struct authority_recipe recipe = {
        .issuer = &operator, .subject = & account, .signers = signers, .times = "\"exp\":9,\"nbf\":3,\"iat\":5"};
    struct pv_authority authority;
    assert_ok(decode(&recipe, &authority, NULL));
    assert_string_equal(authority.issuer.text, operator.public);
    assert_string_equal(authority.subject.text, account.public);
    assert_string_equal(authority.id, "one");
    assert_true(authority.has_expires && authority.has_not_before);
    assert_int_equal(authority.expires, 9);
    assert_int_equal(authority.not_before, 3);
    assert_int_equal(authority.issued_at, 5);
    assert_true(pv_authority_signs_by(&authority, account.public));
    assert_true(pv_authority_signs_by(&authority, signer.public));
    assert_false(pv_authority_signs_by(&authority, operator.public));
    pv_authority_release(&authority);
    recipe.signers = "null";
    assert_decoded(&recipe, PROVAR_OK, "");
    recipe.subject = &operator;
    assert_decoded(&recipe, PROVAR_OK, "");
}

static void test_who_speaks(void **state) {
    (void)state;
    const struct test_key operator= test_key('O', 1), other = test_key('O', 4), account = test_key('A', 2);
    const struct test_key issuer = test_key('A', 3), service = test_key('V', 5);
    struct pv_authority authority;
    struct provar_error err = {0};
    assert_decoded(&(struct authority_recipe){.issuer = &issuer, .subject = &account}, PROVAR_E_UNTRUSTED,
                   "issuer: a key of kind account (A) where operator (O) belongs");
    assert_decoded(&(struct authority_recipe){.issuer = &other, .subject = &operator}, PROVAR_E_UNTRUSTED,
                   "speaks for another one");
    assert_decoded(&(struct authority_recipe){.issuer = &operator, .subject = & account, .seed = other.seed},
                   PROVAR_E_SIGNATURE, "does not fit");
    struct tar_build token = authority_token(&(struct authority_recipe){.issuer = &operator, .subject = &service});
    assert_int_equal(pv_authority_decode(pv_str((const char *)token.data, token.len), 'A', &authority, &err),
                     PROVAR_E_UNTRUSTED);
    assert_non_null(strstr(err.message, "subject: a key of kind service (V) where account (A) belongs"));
    pv_authority_release(&authority);
    tar_build_free(&token);
}

static void test_signers(void **state) {
    (void)state;
    const struct test_key operator= test_key('O', 1), account = test_key('A', 2);
    static const struct {
        const char *signers;
        enum provar_result code;
        const char *says;
    } cases[] = {
        {"[\"" ISSUER "\",\"" OTHER_ISSUER "\"]", PROVAR_OK, ""},
        {"[\"" ISSUER "\",\"" ISSUER "\"]", PROVAR_E_CLAIMS, "twice"},
        {"[\"AAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAARSZ\"]", PROVAR_E_CLAIMS, "valid_signers"},
        {"[\"" SUBJECT "\"]", PROVAR_E_CLAIMS, "where account (A) belongs"},
        {"[\"" ISSUER_SEED "\"]", PROVAR_E_CLAIMS, "a seed stands"},
        {"[\"\"]", PROVAR_E_CLAIMS, "valid_signers"},
        {"\"" ISSUER "\"", PROVAR_E_CLAIMS, "is not an array"},
        {"{}", PROVAR_E_CLAIMS, "is not an array"},
        {"[1]", PROVAR_E_CLAIMS, "is not a text"},
        {"[\"" ISSUER "\",null]", PROVAR_E_CLAIMS, "is not a text"},
        {"[[\"" ISSUER "\"]]", PROVAR_E_CLAIMS, "is not a text"},
    };
    for (size_t i = 0; i < array_length(cases); i++)
        assert_decoded(
            &(struct authority_recipe){.issuer = &operator, .subject = & account, .signers = cases[i].signers},
            cases[i].code, cases[i].says);
}

static void test_64_signers(void **state) {
    (void)state;
    const struct test_key operator= test_key('O', 1), account = test_key('A', 2);
    char signers[65 * 60 + 3] = "[";
    for (uint8_t i = 0; i < 65; i++) {
        const struct test_key signer = test_key('A', (uint8_t)(100 + i));
        size_t len = strlen(signers);
        (void)snprintf(signers + len, sizeof signers - len, "%s\"%s\"", i > 0 ? "," : "", signer.public);
        if (i == 63) {
            char *end = signers + strlen(signers);
            memcpy(end, "]", 2);
            assert_decoded(&(struct authority_recipe){.issuer = &operator, .subject = & account, .signers = signers},
                           PROVAR_OK, "");
            *end = 0;
        }
    }
    (void)snprintf(signers + strlen(signers), 2, "]");
    assert_decoded(&(struct authority_recipe){.issuer = &operator, .subject = & account, .signers = signers},
                   PROVAR_E_LIMIT, "more than 64");
}

static void test_claims(void **state) {
    (void)state;
    const struct test_key operator= test_key('O', 1), account = test_key('A', 2);
    struct authority_recipe recipe = {.issuer = &operator, .subject = & account, .id = "\"\""};
    assert_decoded(&recipe, PROVAR_E_CLAIMS, "'jti' is empty");
    recipe.id = "null";
    assert_decoded(&recipe, PROVAR_E_CLAIMS, "'jti' is missing");
    recipe.id = NULL;
    recipe.times = "\"iat\":null";
    assert_decoded(&recipe, PROVAR_E_CLAIMS, "'iat' is missing");
    recipe.times = "\"iat\":1,\"exp\":-1";
    assert_decoded(&recipe, PROVAR_E_CLAIMS, "'exp' is not an integer");
    recipe.times = "\"iat\":1,\"nbf\":\"1\"";
    assert_decoded(&recipe, PROVAR_E_CLAIMS, "'nbf' is not an integer");
    recipe.times = "\"iat\":1,\"iat\":1";
    assert_decoded(&recipe, PROVAR_E_CLAIMS, "iat");
    recipe.times = NULL;
    recipe.header = "{\"typ\":\"JWT\",\"alg\":\"ed25519-nkey\"}";
    assert_decoded(&recipe, PROVAR_E_JWT, "a token of NATS itself");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),       cmocka_unit_test(test_who_speaks), cmocka_unit_test(test_signers),
        cmocka_unit_test(test_64_signers), cmocka_unit_test(test_claims),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
