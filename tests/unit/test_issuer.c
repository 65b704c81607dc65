/* Tests of trust/issuer: which rule accepts, which reason is told, and accounts that share a signer. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/archive.h"

#include "internal.h"

#include "support/authority.h"
#include "trust/issuer.h"

enum { NOW = 1700000000 };

/* Rules, and tokens of accounts; judged for an archive of ISSUER, issued NOW, without an expiry. */
struct place {
    struct pv_allowed_issuers allowed;
    struct pv_delegation delegation;
    struct test_key operator, account, second;
};

static int enter(void **state) {
    struct place *place = calloc(1, sizeof *place);
    assert_non_null(place);
    place->operator= test_key('O', 1);
    place->account = test_key('A', 2);
    place->second = test_key('A', 3);
    *state = place;
    return 0;
}

static int leave(void **state) {
    struct place *place = *state;
    pv_allowed_issuers_release(&place->allowed);
    pv_delegation_release(&place->delegation);
    free(place);
    return 0;
}

/* Adds a line to the file F. */
static void rule(struct place *place, const char *before_key, const char *key) {
    char text[300];
    struct provar_error err = {0};
    (void)snprintf(text, sizeof text, "%s %s\n", before_key, key);
    if (pv_allowed_issuers_add(&place->allowed, PV_STR("F"), pv_str_of(text), &err) != PROVAR_OK)
        fail_msg("%s", err.message);
    place->allowed.rules[place->allowed.count - 1].line = (unsigned)place->allowed.count;
}

static void speaks_for(struct place *place, const struct test_key *account, const char *signers) {
    const struct authority_recipe recipe = {.issuer = &place->operator, .subject = account, .signers = signers};
    struct tar_build token = authority_token(&recipe);
    assert_ok(pv_delegation_add(&place->delegation, PROVAR_KEY_ACCOUNT, "T",
                                pv_str((const char *)token.data, token.len), NULL));
    tar_build_free(&token);
}

/* The line of the rule that accepts, or 0 and a reason. */
static void assert_accepted(struct place *place, unsigned line, const char *says) {
    const struct pv_artifact_id id = {{0}};
    struct provar_claims claims = {.issued_at = NOW};
    const struct pv_issuer_rule *found = NULL;
    struct provar_error err = {0};
    assert_ok(pv_nkey_decode_public(PV_STR(ISSUER), &claims.issuer, NULL));
    assert_ok(pv_nkey_decode_public(PV_STR(SUBJECT), &claims.subject, NULL));
    const struct pv_rule_question question = {.claims = &claims, .id = &id, .now = NOW};
    const struct pv_moment moment = {.now = NOW, .skew = 60};
    enum provar_result result = pv_issuer_judge(&place->allowed, &place->delegation, &question, &moment, &found, &err);
    assert_int_equal(result, line > 0 ? PROVAR_OK : PROVAR_E_UNTRUSTED);
    assert_int_equal(found ? found->line : 0, line);
    if (strstr(err.message, says) == NULL)
        fail_msg("%s", err.message);
}

static void test_direct(void **state) {
    struct place *place = *state;
    assert_accepted(place, 0, "signed by " ISSUER ", which is not an allowed issuer");
    rule(place, "*", OTHER_ISSUER);
    assert_accepted(place, 0, "not an allowed issuer");
    rule(place, "A*", ISSUER);
    assert_accepted(place, 0, "signed by " ISSUER ", but the rule of F:2 is for other subjects");
    rule(place, "* require-exp", ISSUER);
    rule(place, "* min-rev=1", ISSUER);
    assert_accepted(place, 0, "the rule of F:3 demands an expiry"); /* the nearest, neither first nor last */
    rule(place, "*", ISSUER);
    assert_accepted(place, 5, "");
}

static void test_delegated(void **state) {
    struct place *place = *state;
    speaks_for(place, &place->account, "[\"" ISSUER "\"]");
    rule(place, "*", OTHER_ISSUER);
    assert_accepted(place, 0, "is named by no rule");
    rule(place, "*", place->account.public); /* an account's key is no operator's */
    assert_accepted(place, 0, "is named by no rule");
    rule(place, "* operator,accounts=AA?", place->operator.public);
    assert_accepted(place, 0, "the rule of F:3 is for other accounts");
    rule(place, "* operator,require-exp", place->operator.public);
    assert_accepted(place, 0, "the rule of F:4 demands an expiry");
    rule(place, "* operator", place->operator.public);
    assert_accepted(place, 5, "");
    rule(place, "*", ISSUER);
    assert_accepted(place, 6, ""); /* who names the issuer itself is asked first */
}

static void test_no_signer(void **state) {
    struct place *place = *state;
    speaks_for(place, &place->account, "[\"" OTHER_ISSUER "\"]");
    rule(place, "* operator", place->operator.public);
    assert_accepted(place, 0, "which is not an allowed issuer");
}

static void test_shared_signer(void **state) {
    struct place *place = *state;
    char accounts[100];
    speaks_for(place, &place->account, "[\"" ISSUER "\"]");
    speaks_for(place, &place->second, "[\"" ISSUER "\"]");
    rule(place, "* operator", place->operator.public);
    assert_accepted(place, 1, "");
    (void)snprintf(accounts, sizeof accounts, "* operator,accounts=%s", place->second.public);
    rule(place, accounts, place->operator.public);
    assert_accepted(place, 0, "signs for two accounts under different rules");
}

/* Under a rule that is for one of them only, the other says nothing. */
static void test_one_account_of_two(void **state) {
    struct place *place = *state;
    char accounts[100];
    speaks_for(place, &place->account, "[\"" ISSUER "\"]");
    speaks_for(place, &place->second, "[\"" ISSUER "\"]");
    (void)snprintf(accounts, sizeof accounts, "* operator,accounts=%s", place->second.public);
    rule(place, accounts, place->operator.public);
    assert_accepted(place, 1, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_direct, enter, leave),
        cmocka_unit_test_setup_teardown(test_delegated, enter, leave),
        cmocka_unit_test_setup_teardown(test_no_signer, enter, leave),
        cmocka_unit_test_setup_teardown(test_shared_signer, enter, leave),
        cmocka_unit_test_setup_teardown(test_one_account_of_two, enter, leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
