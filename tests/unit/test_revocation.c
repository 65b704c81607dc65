/* Tests of trust/revocation: every kind of line at its edge, what is no line, and which digests are asked for. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/archive.h"

#include "internal.h"

#include "support/temp_dir.h"
#include "trust/revocation.h"
#include "vectors/nkeys.h"

PV_DEFINE_CLEANUP(cleanup_list, struct pv_revocation, pv_revocation_free)
#define AUTO_LIST PV_CLEANUP(cleanup_list)

enum { ISSUED = 1772323200 }; /* 2026-03-01T00:00:00Z */
#define ID    "SjB5fm974SjU9WMgTUchsb"
#define HEX   "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define UPPER "00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF"

static struct pv_artifact_id artifact(void) {
    struct pv_artifact_id id;
    assert_true(pv_artifact_id_parse(PV_STR("sha256:" HEX), &id));
    return id;
}

static struct provar_claims claims_at(int64_t issued_at) {
    struct provar_claims claims = {.issued_at = issued_at, .has_revision = true, .revision = 11};
    static char id[] = ID;
    claims.id = id;
    assert_ok(pv_nkey_decode_public(PV_STR(ISSUER), &claims.issuer, NULL));
    assert_ok(pv_nkey_decode_public(PV_STR(SUBJECT), &claims.subject, NULL));
    return claims;
}

static enum provar_result add(struct pv_revocation **list, const char *text, struct provar_error *err) {
    if (*list == NULL)
        assert_ok(pv_revocation_new(list, NULL));
    return pv_revocation_add(*list, "revoked", pv_str_of(text), err);
}

static void assert_judged(const char *text, const struct provar_claims *claims, enum provar_result code) {
    AUTO_LIST struct pv_revocation *list = NULL;
    struct provar_error err = {0};
    struct pv_artifact_id id = artifact();
    if (add(&list, text, &err) != PROVAR_OK)
        fail_msg("%s: %s", text, err.message);
    enum provar_result result = pv_revocation_judge(list, claims, &id, &err);
    if (result != code || err.code != (int)code)
        fail_msg("%s: %s, expected %s", text, provar_result_name((int)result), provar_result_name((int)code));
}

static void test_keys(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t issued_at;
        enum provar_result code;
    } cases[] = {
        {"", ISSUED, PROVAR_OK},
        {"# " ISSUER " *\n", ISSUED, PROVAR_OK},
        {ISSUER " *\n", 0, PROVAR_E_REVOKED},
        {ISSUER " *", INT64_MAX, PROVAR_E_REVOKED},
        {OTHER_ISSUER " *\n", ISSUED, PROVAR_OK},
        {ISSUER " 20260301\n", ISSUED, PROVAR_E_REVOKED},
        {ISSUER " 20260301\n", ISSUED + 1, PROVAR_OK},
        {ISSUER " 20260301Z\n", ISSUED, PROVAR_E_REVOKED},
        {ISSUER " 20260301T0000\n", ISSUED + 1, PROVAR_OK},
        {ISSUER " 20260301T000001Z\n", ISSUED + 1, PROVAR_E_REVOKED},
        {ISSUER " 20260301T000001Z\n", ISSUED + 2, PROVAR_OK},
        {ISSUER "\t20260301T235959 # a comment\r\n", ISSUED + 86399, PROVAR_E_REVOKED},
        {OTHER_ISSUER " *\n" ISSUER " 20200101\n" ISSUER " 20260301\n", ISSUED, PROVAR_E_REVOKED},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        struct provar_claims claims = claims_at(cases[i].issued_at);
        assert_judged(cases[i].text, &claims, cases[i].code);
    }
}

static void test_tokens_and_artifacts(void **state) {
    (void)state;
    struct provar_claims claims = claims_at(ISSUED), nameless = claims_at(ISSUED);
    static char none[] = "";
    nameless.id = none;
    assert_judged("jti:" ID "\n", &claims, PROVAR_E_REVOKED);
    assert_judged("jti:" ID "x\n", &claims, PROVAR_OK);
    assert_judged("jti:SjB5fm974SjU9WMgTUchs\n", &claims, PROVAR_OK);
    assert_judged("jti:" ID "\n", &nameless, PROVAR_OK);
    assert_judged("sha256:" HEX "  # the artifact\n", &claims, PROVAR_E_REVOKED);
    assert_judged("sha256:" UPPER "\n", &claims, PROVAR_E_REVOKED);
    assert_judged("sha256:10112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n", &claims, PROVAR_OK);
}

static void test_revisions(void **state) {
    (void)state;
    struct provar_claims claims = claims_at(ISSUED);
    assert_judged(SUBJECT " rev<=10\n", &claims, PROVAR_OK);
    assert_judged(SUBJECT " rev<=11\n", &claims, PROVAR_E_REVOKED);
    assert_judged(OTHER_SUBJECT " rev<=11\n", &claims, PROVAR_OK);
    assert_judged(SUBJECT " rev<=2147483647\n", &claims, PROVAR_E_REVOKED);
    claims.revision = -1;
    assert_judged(SUBJECT " rev<=0\n", &claims, PROVAR_E_REVOKED);
    claims.has_revision = false;
    assert_judged(SUBJECT " rev<=0\n", &claims, PROVAR_E_REVOKED);
}

/* What a chain of tokens asks: another kind of key, and an id. */
static void test_tokens_of_a_chain(void **state) {
    (void)state;
    AUTO_LIST struct pv_revocation *list = NULL;
    struct pv_nkey operator_key;
    assert_ok(pv_nkey_decode_public(PV_STR(NKEY_COUNTING_OPERATOR), &operator_key, NULL));
    assert_ok(pv_revocation_judge_token(NULL, &operator_key, 0, PV_STR("x"), NULL));
    assert_ok(add(&list, OTHER_ISSUER " *\n", NULL));
    /* The same point under another letter is another key. */
    assert_ok(pv_revocation_judge_token(list, &operator_key, ISSUED, PV_STR("x"), NULL));
    assert_ok(add(&list, NKEY_COUNTING_OPERATOR " 20260301\njti:x\n", NULL));
    assert_int_equal(pv_revocation_judge_token(list, &operator_key, ISSUED, PV_STR("y"), NULL), PROVAR_E_REVOKED);
    assert_int_equal(pv_revocation_judge_token(list, &operator_key, ISSUED + 1, PV_STR("x"), NULL), PROVAR_E_REVOKED);
    assert_ok(pv_revocation_judge_token(list, &operator_key, ISSUED + 1, PV_STR("y"), NULL));
}

static void test_what_is_no_line(void **state) {
    (void)state;
    static const char *const lines[] = {
        ISSUER,
        ISSUER " 2026-03-01",
        ISSUER " 20260230",
        ISSUER " 20260301T",
        ISSUER " 20260301TZ",
        ISSUER " 20260301T00",
        ISSUER " 20260301T240000Z",
        ISSUER " 20260301T0000000Z",
        ISSUER " 19691231",
        ISSUER " ** ",
        ISSUER " * x",
        ISSUER " *x",
        ISSUER " rev<=1",
        SUBJECT " *",
        SUBJECT " 20260301",
        SUBJECT " rev<=",
        SUBJECT " rev<=-1",
        SUBJECT " rev<=2147483648",
        SUBJECT " rev<= 1",
        SUBJECT " rev<=01",
        SUBJECT " rev<1",
        "jti:",
        "jti: " ID,
        "jti:" ID " *",
        "sha256:" HEX "0",
        "sha256:0011",
        "sha256:",
        "SHA256:" HEX,
        "sha256:00112233445566778899aAbbccddeeff00112233445566778899aabbccddeeff",
        "sha256:0g112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
        HEX,
        "aa7r5l74e45bj4xvuytelq56p5vcospoaa474l7qwh4zaillktzfwyyw *",
        "A *",
        "*",
        "AA7R5L74E45BJ4XVUYTELQ56P5VCOSPOAA474L7QWH4ZAILLKTZFWYYX *",
        NKEY_WEAK_SERVICE " rev<=1",
        "UA7R5L74E45BJ4XVUYTELQ56P5VCOSPOAA474L7QWH4ZAILLKTZFX4LJ *",
    };
    for (size_t i = 0; i < array_length(lines); i++) {
        AUTO_LIST struct pv_revocation *list = NULL;
        struct provar_error err = {0};
        char text[256];
        assert_ok(add(&list, "jti:x\n", NULL));
        (void)snprintf(text, sizeof text, "# one\n\njti:" ID "\n%s\n", lines[i]);
        if (add(&list, text, &err) == PROVAR_OK)
            fail_msg("'%s' is taken", lines[i]);
        assert_int_equal(err.code, PROVAR_E_USAGE);
        assert_non_null(strstr(err.message, "revoked:4: "));
        /* Nothing of it counts, and what was there does. */
        struct provar_claims claims = claims_at(ISSUED);
        assert_ok(pv_revocation_judge_token(list, &claims.issuer, ISSUED, PV_STR(ID), NULL));
        assert_int_equal(pv_revocation_judge_token(list, &claims.issuer, ISSUED, PV_STR("x"), NULL), PROVAR_E_REVOKED);
    }
}

static void test_a_seed_is_not_echoed(void **state) {
    (void)state;
    AUTO_LIST struct pv_revocation *list = NULL;
    struct provar_error err = {0};
    assert_fails(add(&list, ISSUER_SEED " *\n", &err), PROVAR_E_USAGE, err, PROVAR_NO_OFFSET);
    assert_null(strstr(err.message, "CTTUPKR55"));
}

static void test_digests_are_asked_for(void **state) {
    (void)state;
    AUTO_LIST struct pv_revocation *list = NULL;
    struct provar_error err = {0};
    struct pv_artifact_id id = artifact();
    assert_false(pv_revocation_names_digests(NULL));
    assert_ok(pv_revocation_judge_digest(NULL, "archive", &id, NULL));
    assert_ok(add(&list, "jti:x\n", NULL));
    assert_false(pv_revocation_names_digests(list));
    assert_ok(pv_revocation_judge_digest(list, "archive", &id, NULL));
    assert_ok(add(&list, "sha256:" HEX "\n", NULL));
    assert_true(pv_revocation_names_digests(list));
    assert_fails(pv_revocation_judge_digest(list, "archive", &id, &err), PROVAR_E_REVOKED, err, PROVAR_NO_OFFSET);
    assert_string_equal(err.message, "the archive sha256:" HEX " is revoked");
}

static void test_freshness(void **state) {
    (void)state;
    AUTO_LIST struct pv_revocation *list = NULL;
    int64_t until = 0;
    const char *name = NULL;
    assert_false(pv_revocation_fresh_until(NULL, &until, &name));
    assert_ok(add(&list, "jti:x\njti:fresh-until\n# fresh, until 2026\n", NULL));
    assert_false(pv_revocation_fresh_until(list, &until, &name));
    assert_ok(add(&list, "# fresh-until: 20260302T000000Z\r\n", NULL));
    assert_true(pv_revocation_fresh_until(list, &until, &name));
    assert_true(until == ISSUED + 86400);
    assert_string_equal(name, "revoked");
    assert_ok(pv_revocation_add(list, "later", PV_STR("# fresh-until: 20270101"), NULL));
    assert_true(pv_revocation_fresh_until(list, &until, &name) && until == ISSUED + 86400);
    assert_ok(pv_revocation_add(list, "sooner", PV_STR("# fresh-until: 20260301"), NULL));
    assert_true(pv_revocation_fresh_until(list, &until, &name) && until == ISSUED);
    assert_string_equal(name, "sooner");
}

/* A list that is thought to go stale, and does not, is worse than one that says nothing. */
static void test_slips_of_freshness(void **state) {
    (void)state;
    static const struct {
        const char *text, *says;
    } wrong[] = {
        {"# fresh-until:", "revoked:1: a time "},
        {"# fresh-until: soon", "revoked:1: a time "},
        {"# fresh-until: 20260301 x", "revoked:1: a time "},
        {"# fresh-until 20260301", "revoked:1: a comment with 'fresh-until'"},
        {"#fresh-until: 20260301", "revoked:1: a comment with 'fresh-until'"},
        {"# Fresh-Until: 20260301", "revoked:1: a comment with 'fresh-until'"},
        {" # fresh-until: 20260301", "revoked:1: a comment with 'fresh-until'"},
        {"\n# fresh-until: 20260301", "revoked:2: a comment with 'fresh-until'"},
        {"# fresh-until: 20260301\n# fresh-until: 20260301\n", "revoked:2: a comment with 'fresh-until'"},
        {"jti:x\n\n\t# (FRESH-UNTIL: 20260301)\n", "revoked:3: a comment with 'fresh-until'"},
        {"jti:x # fresh-until: 20260301", "revoked:1: a comment with 'fresh-until'"},
        {"jti:x #fresh-until", "revoked:1: a comment with 'fresh-until'"},
    };
    for (size_t i = 0; i < array_length(wrong); i++) {
        AUTO_LIST struct pv_revocation *list = NULL;
        struct provar_error err = {0};
        int64_t until;
        const char *name;
        if (add(&list, wrong[i].text, &err) != PROVAR_E_USAGE || strstr(err.message, wrong[i].says) == NULL)
            fail_msg("'%s': %s", wrong[i].text, err.message);
        assert_false(pv_revocation_fresh_until(list, &until, &name));
    }
}

static void test_65536_revocations(void **state) {
    (void)state;
    static char text[65536 * 6 + 1];
    struct provar_error err = {0};
    AUTO_LIST struct pv_revocation *list = NULL, *other = NULL;
    for (size_t i = 0; i < 65536; i++)
        memcpy(text + i * 6, "jti:a\n", 6);
    assert_ok(add(&list, text, NULL));
    assert_fails(add(&list, "jti:b\n", &err), PROVAR_E_LIMIT, err, PROVAR_NO_OFFSET);
    assert_non_null(strstr(err.message, "revoked:1: "));
    assert_ok(add(&other, "jti:b\n", NULL));
    assert_int_equal(add(&other, text, NULL), PROVAR_E_LIMIT);
}

static void test_files(void **state) {
    (void)state;
    AUTO_LIST struct pv_revocation *list = NULL;
    struct provar_error err = {0};
    struct provar_claims claims = claims_at(ISSUED);
    assert_fails(pv_revocation_load(&list, PV_STR("missing"), &err), PROVAR_E_UNTRUSTED, err, PROVAR_NO_OFFSET);
    assert_null(list);
    temp_dir_write("revoked", TEXT(ISSUER " *\n"));
    assert_ok(pv_revocation_load(&list, PV_STR("revoked"), NULL));
    assert_int_equal(pv_revocation_judge_token(list, &claims.issuer, 0, PV_STR(""), NULL), PROVAR_E_REVOKED);
    assert_int_equal(chmod("revoked", 0664), 0);
    provar_error_clear(&err);
    assert_fails(pv_revocation_load(&list, PV_STR("revoked"), &err), PROVAR_E_UNSAFE_PATH, err, PROVAR_NO_OFFSET);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_tokens_and_artifacts),
        cmocka_unit_test(test_revisions),
        cmocka_unit_test(test_tokens_of_a_chain),
        cmocka_unit_test(test_what_is_no_line),
        cmocka_unit_test(test_a_seed_is_not_echoed),
        cmocka_unit_test(test_digests_are_asked_for),
        cmocka_unit_test(test_freshness),
        cmocka_unit_test(test_slips_of_freshness),
        cmocka_unit_test(test_65536_revocations),
        test_in_temp_dir(test_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
