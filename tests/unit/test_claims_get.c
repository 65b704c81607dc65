/* Tests of claims/claims_get: what is there is lent with its length, what is not is NULL or 0. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"

#include "internal.h"

#include "claims/claims.h"

typedef const char *(*text_fn)(const struct provar_claims *, size_t *);

static const text_fn texts[] = {provar_claims_issuer, provar_claims_subject, provar_claims_id,    provar_claims_name,
                                provar_claims_vendor, provar_claims_version, provar_claims_capid, provar_claims_schema};

static void test_texts(void **state) {
    (void)state;
    char id[] = "1", name[] = "22", vendor[] = "", version[] = "4444", capid[] = "55555", schema[] = "{}";
    struct provar_claims claims = {
        .id = id, .name = name, .vendor = vendor, .version = version, .capid = capid, .schema = schema};
    const char *const expected[] = {claims.issuer.text, claims.subject.text, id, name, vendor, version, capid, schema};
    memcpy(claims.issuer.text, "A-issuer", 9);
    memcpy(claims.subject.text, "V-subject", 10);
    for (size_t i = 0; i < array_length(texts); i++) {
        size_t len = 777;
        assert_ptr_equal(texts[i](&claims, &len), expected[i]);
        assert_int_equal(len, strlen(expected[i]));
        assert_ptr_equal(texts[i](&claims, NULL), expected[i]);
    }
}

static void test_texts_that_are_absent(void **state) {
    (void)state;
    static const struct provar_claims claims;
    for (size_t i = 2; i < array_length(texts); i++) {
        size_t len = 777;
        assert_null(texts[i](&claims, &len));
        assert_int_equal(len, 0);
        assert_null(texts[i](&claims, NULL));
    }
}

static void test_numbers(void **state) {
    (void)state;
    struct provar_claims claims = {
        .expires = INT64_MAX, .not_before = 2, .issued_at = 3, .revision = INT32_MIN, .wascap_revision = UINT32_MAX};
    int64_t seconds = 777;
    int32_t revision = 777;
    uint32_t wascap = 777;
    assert_int_equal(provar_claims_expires(&claims, &seconds), 0);
    assert_int_equal(provar_claims_not_before(&claims, &seconds), 0);
    assert_int_equal(provar_claims_revision(&claims, &revision), 0);
    assert_int_equal(provar_claims_wascap_revision(&claims, &wascap), 0);
    assert_true(seconds == 777 && revision == 777 && wascap == 777);
    assert_int_equal(provar_claims_issued_at(&claims, &seconds), 1);
    assert_int_equal(seconds, 3);
    claims.has_expires = claims.has_not_before = claims.has_revision = claims.has_wascap_revision = true;
    assert_int_equal(provar_claims_expires(&claims, &seconds), 1);
    assert_true(seconds == INT64_MAX);
    assert_int_equal(provar_claims_not_before(&claims, &seconds), 1);
    assert_int_equal(seconds, 2);
    assert_int_equal(provar_claims_revision(&claims, &revision), 1);
    assert_int_equal(revision, INT32_MIN);
    assert_int_equal(provar_claims_wascap_revision(&claims, &wascap), 1);
    assert_true(wascap == UINT32_MAX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_texts_that_are_absent),
        cmocka_unit_test(test_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
