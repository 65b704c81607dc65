/* Tests of verify/readers: which published readers take an archive, and which numbers their JSON parser refuses. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/archive.h"

#include "internal.h"

#include "verify/readers.h"

enum {
    HOST = PROVAR_READER_1_0_HOST,
    LATER = PROVAR_READER_1_0_HOST | PROVAR_READER_1_6,
    USUAL = LATER | PROVAR_READER_1_0_WASH,
    ALL = USUAL | PROVAR_READER_CAPID
};

/* An archive of the recipe behind what `front` puts there. */
static void assert_readers(const struct recipe *recipe, const struct tar_build *front, uint32_t readers) {
    struct tar_build bytes = {0}, rest = archive_of(recipe);
    if (front)
        tar_bytes(&bytes, front->data, front->len);
    tar_bytes(&bytes, rest.data, rest.len);
    struct provar_archive *archive = open_bytes(&bytes);
    assert_ok(provar_look(archive, NULL));
    assert_int_equal(provar_archive_readers(archive), readers);
    provar_archive_free(archive);
    tar_build_free(&rest);
    tar_build_free(&bytes);
}

/* `tar -cf x.par .` : a path without a last part is a panic to each of them. */
static void test_the_root_directory(void **state) {
    (void)state;
    struct recipe recipe = usual();
    struct tar_build root = {0};
    tar_add_member(&root, TAR_USTAR, "./", '5', "", 0);
    assert_readers(&recipe, NULL, USUAL);
    assert_readers(&recipe, &root, 0);
    tar_build_free(&root);
}

/* `git archive`: a member that no claims list. */
static void test_a_global_header(void **state) {
    (void)state;
    struct recipe recipe = usual();
    struct tar_build global = {0};
    tar_add_pax(&global, 'g', "comment", "c0ffee");
    assert_readers(&recipe, &global, HOST);
    tar_build_free(&global);
}

static void test_unlisted_members(void **state) {
    (void)state;
    static const struct body target[] = {BODY("x86_64-linux.bin", "x"), {"mips-linux.bin", "y", 1, true}};
    static const struct body world[] = {{"world.wasm", "\0asm", 4, true}, BODY("x86_64-linux.bin", "x")};
    static const struct body listed[] = {BODY("world.wasm", "\0asm"), BODY("x86_64-linux.bin", "x")};
    struct recipe recipe = {.bodies = target, .count = 2, .wascap = ",\"capid\":\"id\""};
    assert_readers(&recipe, NULL, HOST);
    recipe.bodies = world;
    assert_readers(&recipe, NULL, HOST);
    recipe.bodies = listed;
    assert_readers(&recipe, NULL, LATER);
    recipe.bodies = usual_bodies;
    assert_readers(&recipe, NULL, ALL);
}

static void test_a_number_in_the_schema(void **state) {
    (void)state;
    struct recipe recipe = usual();
    recipe.wascap = ",\"config_schema\":{\"max\":1e400}";
    assert_readers(&recipe, NULL, 0);
    recipe.wascap = ",\"config_schema\":{\"max\":1e300,\"text\":\"1e400\"}";
    assert_readers(&recipe, NULL, USUAL);
    /* They pass over what they do not know without reading it. */
    recipe.wascap = ",\"other\":1e400";
    assert_readers(&recipe, NULL, USUAL);
}

static void test_numbers(void **state) {
    (void)state;
    static const struct {
        const char *json;
        bool huge;
    } cases[] = {
        {"0", false},
        {"1e308", false},
        {"1E+308", false},
        {"1e309", true},
        {"-1e309", true},
        {"1.7976931348623157e308", false},
        {"17976931348623157e292", false},
        {"1.7976931348623159e308", true},
        {"1.8e308", true},
        {"10e308", true},
        {"10e307", false},
        {"0.1e309", false},
        {"0.1e310", true},
        {"0.00001e313", false},
        {"0.00001e314", true},
        {"0e999", false},
        {"0.000e999", false},
        {"1e-999", false},
        {"1e99999999999999999999", true},
        {"1e-99999999999999999999", false},
        {"0e99999999999999999999", false},
        {"{\"1e400\":\"\\\"1e400\",\"a\":[1,2.5e3]}", false},
        {"{\"a\":[1,{\"b\":2e400}]}", true},
        {"\"\\\\\" ", false},
    };
    for (size_t i = 0; i < array_length(cases); i++)
        if (pv_json_has_huge_number(pv_str_of(cases[i].json)) != cases[i].huge)
            fail_msg("%s", cases[i].json);
}

/* 309 digits are more than any double has; 308 are not. */
static void test_long_integers(void **state) {
    (void)state;
    char digits[310];
    memset(digits, '0', sizeof digits);
    digits[0] = '1';
    assert_false(pv_json_has_huge_number(pv_str(digits, 309)));
    assert_true(pv_json_has_huge_number(pv_str(digits, 310)));
    digits[0] = '9';
    assert_false(pv_json_has_huge_number(pv_str(digits, 308)));
    assert_true(pv_json_has_huge_number(pv_str(digits, 309)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_root_directory),
        cmocka_unit_test(test_a_global_header),
        cmocka_unit_test(test_unlisted_members),
        cmocka_unit_test(test_a_number_in_the_schema),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_long_integers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
