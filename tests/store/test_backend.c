/* Tests of store/backend: what a document says of a manifest becomes its name, whose place for a type has an end. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"

#include "internal.h"

#include "store/image/backend.h"
#include "store/image/limits.h"

static void names_what_a_descriptor_describes(void **state) {
    (void)state;
    struct pv_descriptor descriptor = {.media_type = PV_STR("a/b;c"), .size = UINT64_C(1) << 40};
    (void)snprintf(descriptor.digest.text, sizeof descriptor.digest.text, "sha256:%064d", 7);
    descriptor.media_type.len = 3;
    struct pv_named named = pv_named_of(&descriptor);
    assert_true(pv_digest_equal(&named.digest, &descriptor.digest));
    assert_true(named.size == descriptor.size);
    assert_string_equal(named.media_type, "a/b");
    named = pv_named_of(&(struct pv_descriptor){.size = 1});
    assert_string_equal(named.media_type, "");
}

static void a_type_ends_with_its_place(void **state) {
    char text[PV_MAX_MEDIA_TYPE + 1];
    (void)state;
    memset(text, 'a', sizeof text);
    for (size_t more = 0; more < 2; more++) {
        struct pv_named named = pv_named_of(&(struct pv_descriptor){.media_type = {text, PV_MAX_MEDIA_TYPE + more}});
        assert_int_equal(strlen(named.media_type), PV_MAX_MEDIA_TYPE);
        assert_memory_equal(named.media_type, text, PV_MAX_MEDIA_TYPE);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_what_a_descriptor_describes),
        cmocka_unit_test(a_type_ends_with_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
