/* Tests of trust/allowed_issuers: what a line says, what is none, and what each option demands at its edges. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/archive.h"

#include "internal.h"

#include "trust/allowed_issuers.h"

enum { NOW = 1767225600 }; /* 2026-01-01 */

#define OPERATOR  "OAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3QZVT"
#define ZEROS     "0000000000000000000000000000000000000000000000000000000000000000"
#define AUTO_LIST PV_CLEANUP(pv_allowed_issuers_release)

/* ---------------------------------------------------------------- the grammar */

static void test_rules(void **state) {
    (void)state;
    AUTO_LIST struct pv_allowed_issuers list = {0};
    assert_ok(pv_allowed_issuers_add(&list, PV_STR("F"),
                                     PV_STR("# c\n* " ISSUER "\n\nV*,!VA* Name=\"a b,c\",MIN-REV=3,operator,"
                                            "accounts=A* " OPERATOR " any comment\r\n"),
                                     NULL));
    assert_ok(pv_allowed_issuers_add(&list, PV_STR("G"), PV_STR("?\t" OTHER_ISSUER), NULL));
    assert_int_equal(list.count, 3);
    assert_string_equal(list.rules[0].key.text, ISSUER);
    assert_int_equal(list.rules[0].line, 2);
    assert_false(list.rules[0].is_operator);
    assert_string_equal(list.rules[1].key.text, OPERATOR);
    assert_int_equal(list.rules[1].line, 4);
    assert_true(list.rules[1].is_operator);
    assert_true(pv_str_equal(list.rules[1].subjects, PV_STR("V*,!VA*")));
    assert_true(pv_str_equal(list.rules[1].name, PV_STR("a b,c")));
    assert_true(pv_str_equal(list.rules[1].accounts, PV_STR("A*")));
    assert_int_equal(list.rules[1].min_revision, 3);
    assert_string_equal(list.rules[2].file, "G");
}

static void test_wrong_rules(void **state) {
    (void)state;
    static const struct {
        const char *line, *says;
    } cases[] = {
        {"*", "no key"},
        {ISSUER, "no key"},
        {"* require-exp", "no key"},
        {"* require-exp " OPERATOR, "where account (A) belongs"},
        {"* operator " ISSUER, "where operator (O) belongs"},
        {"* " ISSUER_SEED, "a seed stands where a public key belongs"},
        {"* min-rev=1 " ISSUER_SEED, "a seed stands where a public key belongs"},
        {"* AA7R5L74E45BJ4XVUYTELQ56P5VCOSPOAA474L7QWH4ZAILLKTZFWYY", "55 characters"},
        {"* foo " ISSUER, "unknown option 'foo'"},
        {"* a-word-that-is-long-enough-for-a-secret " ISSUER, "unknown option '...'"},
        {"* ,operator " ISSUER, "unknown option ''"},
        {"* operator, " ISSUER, "unknown option ''"},
        {"* Vendor=a,vendor=b " ISSUER, "the option 'vendor' stands twice"},
        {"* operator= " OPERATOR, "'operator' takes no value"},
        {"* name " ISSUER, "'name' needs a value"},
        {"* name= " ISSUER, "name: an empty pattern"},
        {"* name=\"\" " ISSUER, "name: an empty pattern"},
        {"* name=!a " ISSUER, "name: only patterns with '!'"},
        {"* name=\"a " ISSUER, "quotes that do not hold"},
        {"* name=\"a\"b " ISSUER, "quotes that do not hold"},
        {"* name=a\"b\" " ISSUER, "quotes that do not hold"},
        {"* min-rev=2147483648 " ISSUER, "not a revision"},
        {"* min-rev=-1 " ISSUER, "not a revision"},
        {"* max-rev=01 " ISSUER, "not a revision"},
        {"* max-age=90 " ISSUER, "not an age"},
        {"* max-age=d " ISSUER, "not an age"},
        {"* max-age=4294967296s " ISSUER, "not an age"},
        {"* valid-after=2026-01-01 " ISSUER, "not a time"},
        {"* digest=sha256:00 " ISSUER, "not an artifact id"},
        {"* digest=" ZEROS " " ISSUER, "not an artifact id"},
        {"* accounts=A* " ISSUER, "needs 'operator'"},
        {"* min-rev=2,max-rev=1 " ISSUER, "min-rev is above max-rev"},
        {"* valid-after=20260101,valid-before=20260101 " ISSUER, "valid-after is not before valid-before"},
        {"a,,b " ISSUER, "subjects: an empty pattern"},
        {"!a " ISSUER, "subjects: only patterns"},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        AUTO_LIST struct pv_allowed_issuers list = {0};
        struct provar_error err = {0};
        char text[256];
        (void)snprintf(text, sizeof text, "* %s\n%s\n", ISSUER, cases[i].line);
        assert_ok(pv_allowed_issuers_add(&list, PV_STR("F"), PV_STR("* " OTHER_ISSUER), NULL));
        assert_fails(pv_allowed_issuers_add(&list, PV_STR("G"), pv_str_of(text), &err), PROVAR_E_USAGE, err,
                     PROVAR_NO_OFFSET);
        if (strstr(err.message, cases[i].says) == NULL || strstr(err.message, "G:2: ") != err.message)
            fail_msg("%s: %s", cases[i].line, err.message);
        assert_null(strstr(err.message, "TTUPKR55VUWUDK7G"));
        assert_int_equal(list.count, 1);
    }
}

static void test_1024_rules(void **state) {
    (void)state;
    AUTO_LIST struct pv_allowed_issuers list = {0};
    struct provar_error err = {0};
    for (int i = 0; i < 1024; i++)
        assert_ok(pv_allowed_issuers_add(&list, PV_STR("F"), PV_STR("* " ISSUER), NULL));
    assert_fails(pv_allowed_issuers_add(&list, PV_STR("F"), PV_STR("* " ISSUER), &err), PROVAR_E_USAGE, err,
                 PROVAR_NO_OFFSET);
    assert_string_equal(err.message, "F:1: more than 1024 rules");
    assert_int_equal(list.count, 1024);
}

/* ---------------------------------------------------------------- demands */

static const struct pv_str present[] = {{"x86_64-linux", 12}, {"aarch64-linux", 13}};

/* Issued at NOW, a day ago, by the usual issuer; revision 5. */
static void assert_demands(const char *options, const char *objection) {
    AUTO_LIST struct pv_allowed_issuers list = {0};
    char text[400], vendor[] = "Acme", name[] = "Key Value";
    const struct pv_artifact_id id = {{0xab, 1}};
    struct provar_claims claims = {
        .issued_at = NOW, .has_revision = true, .revision = 5, .vendor = vendor, .name = name};
    struct provar_error err = {0};
    unsigned met;
    assert_ok(pv_nkey_decode_public(PV_STR(SUBJECT), &claims.subject, NULL));
    (void)snprintf(text, sizeof text, "%s%s " ISSUER, options[0] == '-' ? "" : "* ",
                   options[0] == '-' ? options + 1 : options);
    if (pv_allowed_issuers_add(&list, PV_STR("F"), pv_str_of(text), &err) != PROVAR_OK)
        fail_msg("%s", err.message);
    const struct pv_rule_question question = {
        .claims = &claims, .id = &id, .targets = present, .target_count = 2, .now = NOW + 86400};
    const char *found = pv_issuer_rule_objection(&list.rules[0], &question, &met);
    if ((found == NULL) != (objection == NULL) || (found && strstr(found, objection) == NULL))
        fail_msg("%s: %s", options, found ? found : "accepted");
}

static void test_demands(void **state) {
    (void)state;
    static const struct {
        const char *options, *objection; /* "-": subjects */
    } cases[] = {
        {"", NULL},
        {"-V*", NULL},
        {"-A*", "subjects"},
        {"-*,!" SUBJECT, "subjects"},
        {"vendor=Acme", NULL},
        {"vendor=acme", "vendors"},
        {"name=\"Key *\"", NULL},
        {"name=\"x,Key Value\"", NULL},
        {"name=Key", "names"},
        {"name=\"key value\"", "names"},
        {"name=\"*,!Key*\"", "names"},
        {"min-rev=5,max-rev=5", NULL},
        {"min-rev=6", "revisions"},
        {"max-rev=4", "revisions"},
        {"targets=*-linux", NULL},
        {"targets=x86_64-*", "target"},
        {"targets=\"*,!aarch64-*\"", "target"},
        {"require-exp", "expiry"},
        {"valid-after=20260101", NULL},
        {"valid-after=20260101000001Z", "issued later"},
        {"valid-after=20260103", "issued later"},
        {"valid-before=202601020001", NULL},
        {"valid-before=20260102", "any more"},
        {"max-age=1d", NULL},
        {"max-age=86399s", "more recently"},
        {"max-age=24h", NULL},
        {"max-age=0w", "more recently"},
        {"digest=sha256:ab01000000000000000000000000000000000000000000000000000000000000", NULL},
        {"digest=sha256:" ZEROS, "artifact"},
    };
    for (size_t i = 0; i < array_length(cases); i++)
        assert_demands(cases[i].options, cases[i].objection);
}

/* Bounds on what is absent, and on what must be there, hold the other way round. */
static void test_absent(void **state) {
    (void)state;
    AUTO_LIST struct pv_allowed_issuers list = {0};
    const struct pv_artifact_id id = {{0}};
    struct provar_claims claims = {.issued_at = NOW};
    unsigned met;
    assert_ok(pv_nkey_decode_public(PV_STR(SUBJECT), &claims.subject, NULL));
    assert_ok(
        pv_allowed_issuers_add(&list, PV_STR("F"),
                               PV_STR("* min-rev=0 " ISSUER "\n* max-rev=9 " ISSUER "\n* require-exp " ISSUER
                                      "\n* valid-after=20260102 " ISSUER "\n* name=* " ISSUER "\n* vendor=* " ISSUER),
                               NULL));
    struct pv_rule_question question = {.claims = &claims, .id = &id, .now = NOW};
    assert_non_null(pv_issuer_rule_objection(&list.rules[0], &question, &met));
    assert_non_null(pv_issuer_rule_objection(&list.rules[1], &question, &met));
    assert_string_equal(pv_issuer_rule_objection(&list.rules[4], &question, &met), "is for other names");
    assert_string_equal(pv_issuer_rule_objection(&list.rules[5], &question, &met), "is for other vendors");
    claims.has_expires = true;
    assert_null(pv_issuer_rule_objection(&list.rules[2], &question, &met));
    claims.issued_at = NOW + 86400; /* of the future, which is not for the rule to judge */
    assert_string_equal(pv_issuer_rule_objection(&list.rules[3], &question, &met), "is not valid yet");
    question.now += 86400;
    assert_null(pv_issuer_rule_objection(&list.rules[3], &question, &met));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules),   cmocka_unit_test(test_wrong_rules), cmocka_unit_test(test_1024_rules),
        cmocka_unit_test(test_demands), cmocka_unit_test(test_absent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
