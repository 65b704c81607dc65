/* Tests of trust/artifact_id: the one text of a digest that is written, and those that are read. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"

#include "internal.h"

#include "trust/artifact_id.h"

#define LOWER "sha256:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define UPPER "sha256:00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF"

static void test_texts(void **state) {
    (void)state;
    struct pv_artifact_id id = {{0}}, same = {{0}};
    assert_true(pv_artifact_id_parse(PV_STR(LOWER), &id));
    assert_int_equal(id.bytes[0], 0x00);
    assert_int_equal(id.bytes[31], 0xff);
    assert_string_equal(pv_artifact_id_text(&id).text, LOWER);
    assert_true(pv_artifact_id_parse(PV_STR(UPPER), &same));
    assert_true(pv_artifact_id_equal(&id, &same));
    same.bytes[31] ^= 1;
    assert_false(pv_artifact_id_equal(&id, &same));
}

static void test_what_is_none(void **state) {
    (void)state;
    static const char *const texts[] = {
        "",
        "sha256:",
        "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
        "SHA256:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
        "sha512:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
        "sha256:00112233445566778899aAbbccddeeff00112233445566778899aabbccddeeff",
        "sha256:00112233445566778899aabbccddeeff00112233445566778899aabbccddeef",
        LOWER "0",
        LOWER " ",
        "sha256:g0112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
    };
    for (size_t i = 0; i < array_length(texts); i++) {
        struct pv_artifact_id id = {{7}};
        if (pv_artifact_id_parse(pv_str_of(texts[i]), &id))
            fail_msg("'%s' is taken", texts[i]);
        assert_int_equal(id.bytes[0], 7);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_what_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
