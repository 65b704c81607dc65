/* Tests of the builder's bodies: their sorted list, names out of headers, and adding when memory runs out. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/builder.h"

#include "internal.h"

#include "builder.h"
#include "support/exe_build.h"
#include "support/fail_each.h"

static void assert_names(const struct provar_builder *builder, const char *const *names, size_t count) {
    assert_int_equal(builder->target_count, count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(builder->targets[i].name, names[i]);
}

static void test_the_list_is_sorted(void **state) {
    (void)state;
    struct making making = make_bare();
    static const char *const all[] = {"a-linux", "a-macos", "b-linux", "c-linux"};
    static const char *const rest[] = {"a-macos", "c-linux"};
    add_text_target(making.builder, "b-linux", "22");
    add_text_target(making.builder, "c-linux", "333");
    add_text_target(making.builder, "a-macos", "4");
    add_text_target(making.builder, "a-linux", "1");
    assert_names(making.builder, all, 4);
    assert_int_equal(making.builder->targets[2].size, 2);
    assert_int_equal(making.builder->targets[3].size, 3);
    assert_ok(provar_builder_remove_target(making.builder, TEXT("b-linux"), NULL));
    assert_ok(provar_builder_remove_target(making.builder, TEXT("a-linux"), NULL));
    assert_names(making.builder, rest, 2);
    making_free(&making);
}

static void add_image(struct provar_builder *builder, const struct exe_image *image, enum provar_result code) {
    struct provar_input from = memory_input(image->data, image->len);
    struct provar_error err = {0};
    enum provar_result result = provar_builder_add_target(builder, NULL, 0, &from, 0, &err);
    if (result != code)
        fail_msg("%s: %s", provar_result_name((int)result), err.message);
}

/* Two executables of one name need to be told apart by the caller; a fat one has several. */
static void test_names_out_of_headers(void **state) {
    (void)state;
    static const uint32_t machines[] = {MACHO_X86_64, MACHO_ARM64};
    struct making making = make_bare();
    struct exe_macho spec = macho_example();
    struct exe_image thin AUTO_IMAGE = exe_build_macho(&spec);
    struct exe_image fat AUTO_IMAGE = exe_build_fat(false, machines, 2);
    static const char *const names[] = {"aarch64-macos"};
    add_image(making.builder, &thin, PROVAR_OK);
    add_image(making.builder, &thin, PROVAR_E_USAGE);
    add_image(making.builder, &fat, PROVAR_E_USAGE);
    assert_names(making.builder, names, 1);
    struct provar_input from = memory_input(fat.data, fat.len);
    struct provar_error err = {0};
    assert_ok(provar_builder_add_target(making.builder, TEXT("x86_64-macos"), &from, 0, NULL));
    assert_ok(provar_builder_add_target(making.builder, TEXT("aarch64-macos"), &from, PROVAR_TARGET_REPLACE, NULL));
    assert_fails(provar_builder_add_target(making.builder, TEXT("x86_64-linux"), &from, 0, &err), PROVAR_E_USAGE, err,
                 PROVAR_NO_OFFSET);
    assert_non_null(strstr(err.message, "several machines"));
    making_free(&making);
}

/* A body that takes another's place lets go of it. */
static void test_replacing(void **state) {
    (void)state;
    struct making making = make_bare();
    struct provar_input from = memory_input("longer", 6);
    add_text_target(making.builder, "a-linux", "x");
    assert_ok(provar_builder_add_target(making.builder, TEXT("a-linux"), &from, PROVAR_TARGET_REPLACE, NULL));
    assert_int_equal(making.builder->target_count, 1);
    assert_int_equal(making.builder->targets[0].size, 6);
    from = memory_input("\0asm\1\0\0\0\0", 9);
    assert_ok(provar_builder_set_world(making.builder, &from, NULL));
    from.data_len = 8;
    assert_ok(provar_builder_set_world(making.builder, &from, NULL));
    assert_int_equal(making.builder->world.size, 8);
    assert_string_equal(making.builder->world.name, "world.wasm");
    making_free(&making);
}

/* Both layers of WebAssembly, and nothing else. */
static void test_worlds(void **state) {
    (void)state;
    static const struct {
        struct pv_str bytes;
        enum provar_result code;
    } cases[] = {
        {{"\0asm\1\0\0\0", 8}, PROVAR_OK},
        {{"\0asm\15\0\1\0", 8}, PROVAR_OK},
        {{"\0asm\12\0\1\0rest", 12}, PROVAR_OK},
        {{"\0asm\1\0\0", 7}, PROVAR_E_USAGE},
        {{"\0asm\2\0\0\0", 8}, PROVAR_E_USAGE},
        {{"\0asm\15\0\2\0", 8}, PROVAR_E_USAGE},
        {{"\0aSm\1\0\0\0", 8}, PROVAR_E_USAGE},
        {{"package wit", 11}, PROVAR_E_USAGE},
        {{"x", 1}, PROVAR_E_USAGE},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        struct making making = make_bare();
        struct provar_input from = memory_input(cases[i].bytes.text, cases[i].bytes.len);
        struct provar_error err = {0};
        if (provar_builder_set_world(making.builder, &from, &err) != cases[i].code || err.code != (int)cases[i].code)
            fail_msg("case %zu: %s", i, err.message);
        assert_int_equal(making.builder->has_world, cases[i].code == PROVAR_OK);
        making_free(&making);
    }
}

static void assert_notice(const void *data, size_t len, uint32_t flags, const char *says) {
    struct making making = make_bare();
    struct provar_input from = memory_input(data, len);
    assert_ok(provar_builder_add_target(making.builder, TEXT("aarch64-macos"), &from, flags, NULL));
    assert_int_equal(provar_builder_notice_count(making.builder), says ? 1 : 0);
    if (says)
        assert_non_null(strstr(provar_builder_notice(making.builder, 0), says));
    making_free(&making);
}

/* A magic alone is no executable: a host would find that out by running it. */
static void test_headers_that_are_cut(void **state) {
    (void)state;
    struct exe_macho spec = macho_example();
    struct exe_image image AUTO_IMAGE = exe_build_macho(&spec);
    assert_notice(image.data, image.len, 0, NULL);
    assert_notice(image.data, 32, 0, "is cut");
    assert_notice(image.data, 4, 0, "no known executable header");
    struct making making = make_bare();
    struct provar_input from = memory_input("\177ELF", 4);
    assert_ok(provar_builder_add_target(making.builder, TEXT("x86_64-linux"), &from, 0, NULL));
    assert_non_null(strstr(provar_builder_notice(making.builder, 0), "no known executable header"));
    making_free(&making);
}

/* ---------------------------------------------------------------- no memory */

static enum provar_result step_add(void *user, struct provar_error *err) {
    struct provar_builder *builder = user;
    struct provar_input from = {.size = sizeof from, .kind = PROVAR_INPUT_PATH, .path = "/bin/sh", .path_len = 7};
    size_t before = builder->target_count;
    enum provar_result result = provar_builder_add_target(builder, "arm64-test", 10, &from, PROVAR_TARGET_FORCE, err);
    assert_int_equal(builder->target_count, before + (result == PROVAR_OK));
    if (result == PROVAR_OK)
        (void)!provar_builder_remove_target(builder, "aarch64-test", 12, NULL);
    return result;
}

static enum provar_result step_world(void *user, struct provar_error *err) {
    struct provar_input from = {
        .size = sizeof from, .kind = PROVAR_INPUT_MEMORY, .data = "\0asm\1\0\0\0", .data_len = 8};
    return provar_builder_set_world(user, &from, err);
}

static void test_no_memory(void **state) {
    (void)state;
    struct making making = make_usual();
    assert_true(fail_each(step_add, making.builder) >= 4);
    assert_true(fail_each(step_world, making.builder) >= 2);
    making_free(&making);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_list_is_sorted),
        cmocka_unit_test(test_names_out_of_headers),
        cmocka_unit_test(test_replacing),
        cmocka_unit_test(test_worlds),
        cmocka_unit_test(test_headers_that_are_cut),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
