/* Tests of trust/validity: each time of a token at its edge. The policy's own tests have more. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"

#include "internal.h"

#include "trust/validity.h"

enum { NOW = 1700000000 };

static void test_edges(void **state) {
    (void)state;
    static const struct {
        struct pv_validity validity;
        int64_t now;
        const char *says; /* NULL: valid */
    } cases[] = {
        {{.issued_at = NOW}, NOW, NULL},
        {{.issued_at = NOW + 60}, NOW, NULL},
        {{.issued_at = NOW + 61}, NOW, "issued in the future, at 1700000061 (2023-11-14T22:14:21Z)"},
        {{.has_expires = true, .expires = NOW + 1}, NOW, NULL},
        {{.has_expires = true, .expires = NOW}, NOW, "expired at 1700000000 (2023-11-14T22:13:20Z)"},
        {{.has_not_before = true, .not_before = NOW + 60}, NOW, NULL},
        {{.has_not_before = true, .not_before = NOW + 61}, NOW, "not valid before 1700000061 (2023-11-14T22:14:21Z)"},
        {{.has_not_before = true, .not_before = INT64_MAX}, INT64_MAX, NULL},
        {{0}, -1, "the clock stands before 1970"},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        struct provar_error err = {0};
        enum provar_result result = pv_validity_judge(&cases[i].validity, cases[i].now, 60, &err);
        assert_int_equal(result, cases[i].says ? PROVAR_E_TIME : PROVAR_OK);
        assert_string_equal(err.message, cases[i].says ? cases[i].says : "");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_edges)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
