/* provar.h comes first in C++ too, and its functions have C's linkage. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <provar.h>

#include "support/check.h"

static void the_library_answers(void **state) {
    (void)state;
    assert_non_null(provar_version());
    assert_string_equal(provar_result_name(PROVAR_E_TAR), "tar");
}

static void errors_are_values(void **state) {
    (void)state;
    struct provar_error err = {};
    provar_policy *policy = nullptr;
    assert_int_equal(provar_policy_new(&policy, &err), PROVAR_OK);
    assert_int_equal(provar_policy_set_clock_skew(policy, 301, &err), PROVAR_E_USAGE);
    assert_int_equal(err.code, PROVAR_E_USAGE);
    provar_policy_free(policy);
}

int main() {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_library_answers),
        cmocka_unit_test(errors_are_values),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
