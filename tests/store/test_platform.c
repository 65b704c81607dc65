/* Tests of store/platform: each target is one platform, and back. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"

#include "internal.h"

#include "store/image/platform.h"

/* The names that Go and Rust have for the same, and some that they share. */
static const struct {
    const char *target, *os, *architecture;
} pairs[] = {
    {"x86_64-linux", "linux", "amd64"},
    {"aarch64-linux", "linux", "arm64"},
    {"x86-linux", "linux", "386"},
    {"arm-linux", "linux", "arm"},
    {"riscv64-linux", "linux", "riscv64"},
    {"s390x-linux", "linux", "s390x"},
    {"powerpc64-linux", "linux", "ppc64le"},
    {"loongarch64-linux", "linux", "loong64"},
    {"mips64-linux", "linux", "mips64"},
    {"x86_64-macos", "darwin", "amd64"},
    {"aarch64-macos", "darwin", "arm64"},
    {"x86_64-windows", "windows", "amd64"},
    {"x86_64-freebsd", "freebsd", "amd64"},
    {"aarch64-android", "android", "arm64"},
    {"a.b_1-c", "c", "a.b_1"},
};

static void targets_are_platforms_and_back(void **state) {
    (void)state;
    for (size_t i = 0; i < array_length(pairs); i++) {
        struct pv_platform platform;
        struct pv_platform_target back;
        assert_ok(pv_platform_from_target(pv_str_of(pairs[i].target), &platform, NULL));
        assert_true(pv_str_equal(platform.os, pv_str_of(pairs[i].os)));
        assert_true(pv_str_equal(platform.architecture, pv_str_of(pairs[i].architecture)));
        assert_int_equal(platform.variant.len, 0);
        assert_true(pv_platform_to_target(&platform, &back));
        assert_string_equal(back.text, pairs[i].target);
    }
}

static void refuses_what_is_no_target_or_has_another_name(void **state) {
    static const struct pv_str names[] = {
        PV_STR(""),
        PV_STR("linux"),
        PV_STR("x86_64-"),
        PV_STR("-linux"),
        PV_STR("a-b-c"),
        PV_STR("X86_64-linux"),
        PV_STR("claims"),
        PV_STR("x86_64-linux\0"),
        PV_STR("amd64-linux"),
        PV_STR("arm64-linux"),
        PV_STR("386-linux"),
        PV_STR("x86_64-darwin"),
        PV_STR("ppc64le-linux"),
        PV_STR("loong64-linux"),
    };
    (void)state;
    for (size_t i = 0; i < array_length(names); i++) {
        struct pv_platform platform = {.os = PV_STR("untouched")};
        struct provar_error err = {0};
        enum provar_result result = pv_platform_from_target(names[i], &platform, &err);
        assert_fails(result, PROVAR_E_USAGE, err, PROVAR_NO_OFFSET);
        assert_true(pv_str_equal(platform.os, PV_STR("untouched")));
    }
}

static bool has_target(struct pv_str os, struct pv_str architecture, struct pv_str variant, const char *wanted) {
    struct pv_platform platform = {.os = os, .architecture = architecture, .variant = variant};
    struct pv_platform_target target = {"untouched"};
    bool found = pv_platform_to_target(&platform, &target);
    assert_string_equal(target.text, found ? wanted : "untouched");
    return found;
}

static void variants_that_every_processor_runs_are_no_other_target(void **state) {
    static const char *const good[][3] = {
        {"amd64", "v1", "x86_64-linux"}, {"arm64", "v8", "aarch64-linux"}, {"arm", "v5", "arm-linux"},
        {"arm", "v6", "arm-linux"},      {"arm", "v7", "arm-linux"},
    };
    static const char *const bad[][2] = {{"amd64", "v3"}, {"amd64", "v"},  {"arm64", "v9"},     {"arm64", "v7"},
                                         {"arm", "v8"},   {"s390x", "v1"}, {"arm", "softfloat"}};
    (void)state;
    for (size_t i = 0; i < array_length(good); i++)
        assert_true(has_target(PV_STR("linux"), pv_str_of(good[i][0]), pv_str_of(good[i][1]), good[i][2]));
    for (size_t i = 0; i < array_length(bad); i++)
        assert_false(has_target(PV_STR("linux"), pv_str_of(bad[i][0]), pv_str_of(bad[i][1]), ""));
}

/* What a store sends is any text. */
static void platforms_that_no_target_has(void **state) {
    struct pv_str none = PV_STR(""), linux_os = PV_STR("linux"), amd64 = PV_STR("amd64");
    (void)state;
    assert_true(has_target(linux_os, amd64, none, "x86_64-linux"));
    assert_false(has_target(linux_os, none, none, ""));
    assert_false(has_target(none, amd64, none, ""));
    assert_false(has_target(pv_str(NULL, 0), pv_str(NULL, 0), pv_str(NULL, 0), ""));
    assert_false(has_target(PV_STR("Linux"), amd64, none, ""));
    assert_false(has_target(PV_STR("linux\0"), amd64, none, ""));
    assert_false(has_target(PV_STR("../linux"), amd64, none, ""));
    assert_false(has_target(PV_STR("macos"), amd64, none, ""));
    assert_false(has_target(linux_os, PV_STR("x86_64"), none, ""));
    assert_false(has_target(linux_os, PV_STR("aarch64"), none, ""));
    assert_false(has_target(PV_STR("b-linux"), PV_STR("a"), none, ""));
    assert_false(has_target(linux_os, PV_STR("a-b"), none, ""));
}

static void names_end_at_the_limit(void **state) {
    char text[PV_MAX_TARGET_NAME + 1];
    char wanted[PV_MAX_TARGET_NAME + 1];
    size_t most = PV_MAX_TARGET_NAME - 2;
    (void)state;
    memset(text, 'b', sizeof text);
    (void)snprintf(wanted, sizeof wanted, "a-%.*s", (int)most, text);
    assert_true(has_target(pv_str(text, most), PV_STR("a"), PV_STR(""), wanted));
    assert_false(has_target(pv_str(text, most + 1), PV_STR("a"), PV_STR(""), ""));
    assert_false(has_target(pv_str("x", 1), pv_str(text, sizeof text), PV_STR(""), ""));
    assert_false(has_target(pv_str(text, SIZE_MAX - 1), PV_STR("a"), PV_STR(""), ""));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(targets_are_platforms_and_back),
        cmocka_unit_test(refuses_what_is_no_target_or_has_another_name),
        cmocka_unit_test(variants_that_every_processor_runs_are_no_other_target),
        cmocka_unit_test(platforms_that_no_target_has),
        cmocka_unit_test(names_end_at_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
