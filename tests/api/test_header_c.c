/* provar.h comes first and needs nothing before it; a C program links with the shared library. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <provar.h>

#include "support/check.h"

/* What bindings in other languages write down as numbers must never change. */
static void layouts_are_frozen(void **state) {
    (void)state;
    assert_int_equal(sizeof(struct provar_error), 728);
    assert_int_equal(offsetof(struct provar_error, offset), 8);
    assert_int_equal(offsetof(struct provar_error, member), 16);
    assert_int_equal(offsetof(struct provar_error, message), 152);
    assert_int_equal(offsetof(struct provar_callbacks, size), 0);
    assert_int_equal(offsetof(struct provar_input, size), 0);
    assert_int_equal(offsetof(struct provar_output, size), 0);
    assert_int_equal(offsetof(struct provar_open_options, size), 0);
    assert_int_equal(offsetof(struct provar_member, size), 0);
    assert_int_equal(offsetof(struct provar_run_options, size), 0);
    assert_int_equal(PROVAR_E_SIGNATURE, 13);
    assert_int_equal(PROVAR_E_NETWORK, 25);
}

static void the_library_answers(void **state) {
    (void)state;
    assert_non_null(provar_version());
    assert_string_equal(provar_result_name(PROVAR_E_TAR), "tar");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layouts_are_frozen),
        cmocka_unit_test(the_library_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
