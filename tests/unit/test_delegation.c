/* Tests of trust/delegation: which operator's key stands behind an account, and whether the tokens between hold now. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/archive.h"

#include "internal.h"

#include "support/authority.h"
#include "trust/delegation.h"

enum { NOW = 1700000000 };
#define AUTO_DELEGATION PV_CLEANUP(pv_delegation_release)

static enum provar_result add(struct pv_delegation *delegation, const struct authority_recipe *recipe,
                              struct provar_error *err) {
    struct tar_build token = authority_token(recipe);
    enum provar_result result = pv_delegation_add(delegation, recipe->subject->public[0], "F",
                                                  pv_str((const char *)token.data, token.len), err);
    tar_build_free(&token);
    return result;
}

static struct pv_nkey nkey(const struct test_key *key) {
    struct pv_nkey decoded;
    assert_ok(pv_nkey_decode_public(pv_str_of(key->public), &decoded, NULL));
    return decoded;
}

static void test_add(void **state) {
    (void)state;
    AUTO_DELEGATION struct pv_delegation delegation = {0};
    const struct test_key operator= test_key('O', 1), account = test_key('A', 2), issuer = test_key('A', 3);
    struct provar_error err = {0};
    struct authority_recipe recipe = {.issuer = &operator, .subject = & account };
    assert_ok(add(&delegation, &recipe, NULL));
    assert_fails(add(&delegation, &recipe, &err), PROVAR_E_USAGE, err, PROVAR_NO_OFFSET);
    assert_non_null(strstr(err.message, "the token of an account, 'F': a second token for "));
    provar_error_clear(&err);
    recipe.issuer = &issuer;
    assert_fails(add(&delegation, &recipe, &err), PROVAR_E_UNTRUSTED, err, PROVAR_NO_OFFSET);
    assert_int_equal(delegation.account_count, 1);
    assert_int_equal(delegation.operator_count, 0);
}

static void test_64_tokens(void **state) {
    (void)state;
    AUTO_DELEGATION struct pv_delegation delegation = {0};
    const struct test_key operator= test_key('O', 1);
    struct provar_error err = {0};
    for (uint8_t i = 0; i < 65; i++) {
        const struct test_key account = test_key('A', i);
        const struct authority_recipe recipe = {.issuer = &operator, .subject = & account };
        assert_int_equal(add(&delegation, &recipe, &err), i < 64 ? PROVAR_OK : PROVAR_E_LIMIT);
    }
    assert_non_null(strstr(err.message, "more than 64 tokens"));
}

static void test_joins(void **state) {
    (void)state;
    AUTO_DELEGATION struct pv_delegation delegation = {0};
    const struct test_key operator= test_key('O', 1), key = test_key('O', 4), other = test_key('O', 5);
    const struct test_key account = test_key('A', 2), second = test_key('A', 3);
    const struct pv_nkey of_operator = nkey(&operator), of_key = nkey(&key), of_other = nkey(&other);
    char signers[80];
    (void)snprintf(signers, sizeof signers, "[\"%s\"]", key.public);
    assert_ok(add(&delegation, &(struct authority_recipe){.issuer = &operator, .subject = &account}, NULL));
    assert_ok(add(&delegation, &(struct authority_recipe){.issuer = &key, .subject = &second}, NULL));
    assert_true(pv_delegation_joins(&delegation, &of_operator, &delegation.accounts[0]));
    assert_false(pv_delegation_joins(&delegation, &of_other, &delegation.accounts[0]));
    assert_false(pv_delegation_joins(&delegation, &of_operator, &delegation.accounts[1]));
    assert_ok(add(&delegation,
                  &(struct authority_recipe){.issuer = &operator, .subject = &operator, .signers = signers}, NULL));
    assert_true(pv_delegation_joins(&delegation, &of_operator, &delegation.accounts[0]));
    assert_true(pv_delegation_joins(&delegation, &of_operator, &delegation.accounts[1]));
    assert_true(pv_delegation_joins(&delegation, &of_key, &delegation.accounts[1]));
    assert_false(pv_delegation_joins(&delegation, &of_other, &delegation.accounts[1]));
}

/* A key of the rule's operator has keys of its own, which do not speak for the operator; not in a circle, either. */
static void test_one_step(void **state) {
    (void)state;
    AUTO_DELEGATION struct pv_delegation delegation = {0};
    const struct test_key chain[] = {test_key('O', 1), test_key('O', 4), test_key('O', 5)};
    const struct test_key accounts[] = {test_key('A', 1), test_key('A', 2), test_key('A', 3)};
    for (size_t i = 0; i < array_length(chain); i++) {
        char signers[80];
        (void)snprintf(signers, sizeof signers, "[\"%s\"]", chain[(i + 1) % array_length(chain)].public);
        const struct authority_recipe own = {.issuer = &chain[i], .subject = &chain[i], .signers = signers};
        const struct authority_recipe of_account = {.issuer = &chain[i], .subject = &accounts[i]};
        assert_ok(add(&delegation, &own, NULL));
        assert_ok(add(&delegation, &of_account, NULL));
    }
    for (size_t i = 0; i < array_length(chain); i++) {
        const struct pv_nkey rule = nkey(&chain[i]);
        for (size_t step = 0; step < array_length(chain); step++) {
            const struct pv_authority *account = &delegation.accounts[(i + step) % array_length(chain)];
            assert_int_equal(pv_delegation_joins(&delegation, &rule, account), step <= 1);
        }
    }
}

/* Judges an account's token, through an operator's with these times or, with NULL, without one. */
static void assert_judged(const char *account_times, const char *operator_times, int64_t now, const char *revoked,
                          const char *says) {
    AUTO_DELEGATION struct pv_delegation delegation = {0};
    const struct test_key operator= test_key('O', 1), key = test_key('O', 4), account = test_key('A', 2);
    const struct pv_nkey of_operator = nkey(&operator);
    struct pv_moment moment = {.now = now, .skew = 60};
    struct pv_revocation *list = NULL;
    struct provar_error err = {0};
    char signers[80];
    (void)snprintf(signers, sizeof signers, "[\"%s\"]", key.public);
    assert_ok(pv_revocation_new(&list, NULL));
    if (revoked)
        assert_ok(pv_revocation_add(list, "R", pv_str_of(revoked), NULL));
    moment.revoked = list;
    const struct authority_recipe between = {
        .issuer = &operator, .subject = & operator, .signers = signers, .times = operator_times, .id = "\"two\""};
    if (operator_times)
        assert_ok(add(&delegation, &between, NULL));
    assert_ok(add(&delegation,
                  &(struct authority_recipe){
                      .issuer = operator_times ? &key : &operator, .subject = & account, .times = account_times},
                  NULL));
    enum provar_result result = pv_delegation_judge(&delegation, &of_operator, &delegation.accounts[0], &moment, &err);
    if (result != (says ? PROVAR_E_UNTRUSTED : PROVAR_OK) || (says && strstr(err.message, says) == NULL))
        fail_msg("%s: %s", provar_result_name((int)result), err.message);
    pv_revocation_free(list);
}

static void test_judge(void **state) {
    (void)state;
    static const char good[] = "\"iat\":1700000000,\"exp\":1700000010", plain[] = "\"iat\":1700000000";
    const struct test_key operator= test_key('O', 1), account = test_key('A', 2);
    char expired[120];
    (void)snprintf(expired, sizeof expired, "the token of %s: expired at 1700000010", account.public);
    assert_judged(good, NULL, NOW + 9, NULL, NULL);
    assert_judged(good, NULL, NOW + 10, NULL, expired);
    assert_judged(plain, good, NOW + 9, NULL, NULL);
    (void)snprintf(expired, sizeof expired, "the token of %s: expired at 1700000010", operator.public);
    assert_judged(plain, good, NOW + 10, NULL, expired);
    assert_judged(plain, NULL, NOW - 61, NULL, "issued in the future");
    assert_judged("\"iat\":1,\"nbf\":1700000061", NULL, NOW, NULL, "not valid before");
    assert_judged(plain, plain, NOW, "jti:three\n", NULL);
    assert_judged(plain, plain, NOW, "jti:one\n", "the token of A");
    assert_judged(plain, plain, NOW, "jti:two\n", "the token of O");
}

/* A key that was revoked, and what its own token let others sign for it until then. */
static void test_revoked_bearers(void **state) {
    (void)state;
    static const char times[] = "\"iat\":1700000000"; /* 2023-11-14T22:13:20Z */
    static const struct {
        char kind;
        uint8_t byte;
        const char *from;
        bool is_void;
    } cases[] = {
        {'A', 2, "*", true},  {'A', 2, "20231114T221320Z", true}, {'A', 2, "20231114T221319Z", false},
        {'A', 3, "*", false}, {'O', 1, "20231114T221320Z", true}, {'O', 1, "20231114T221319Z", false},
        {'O', 4, "*", true},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        const struct test_key key = test_key((enum provar_key_kind)cases[i].kind, cases[i].byte);
        char revoked[100], says[100];
        (void)snprintf(revoked, sizeof revoked, "%s %s\n", key.public, cases[i].from);
        (void)snprintf(says, sizeof says, "%s, which is revoked", key.public);
        assert_judged(times, times, NOW, revoked, cases[i].is_void ? says : NULL);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_add),      cmocka_unit_test(test_64_tokens), cmocka_unit_test(test_joins),
        cmocka_unit_test(test_one_step), cmocka_unit_test(test_judge),     cmocka_unit_test(test_revoked_bearers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
