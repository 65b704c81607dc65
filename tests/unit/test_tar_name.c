/* Tests of tar/tar_name: the names that members may have, and the ways in which others fail. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "internal.h"

#include "tar/tar_name.h"

#define TEXT(literal)                                                                                                  \
    { literal, sizeof(literal) - 1 }

static void assert_role(struct pv_str name, enum pv_tar_role role, struct pv_str bare, struct pv_str target) {
    enum pv_tar_role found_role;
    struct pv_str found_bare, found_target;
    struct provar_error err = {0};
    assert_int_equal(pv_tar_name_role(name, 0, &found_role, &found_bare, &found_target, &err), PROVAR_OK);
    assert_int_equal(err.code, PROVAR_OK);
    assert_int_equal(found_role, role);
    assert_true(pv_str_equal(found_bare, bare));
    assert_true(pv_str_equal(found_target, target));
}

static void test_names_that_members_have(void **state) {
    (void)state;
    assert_role(PV_STR("claims.jwt"), PV_TAR_ROLE_TOKEN, PV_STR("claims.jwt"), PV_STR(""));
    assert_role(PV_STR("./claims.jwt"), PV_TAR_ROLE_TOKEN, PV_STR("claims.jwt"), PV_STR(""));
    assert_role(PV_STR("world.wasm"), PV_TAR_ROLE_WORLD, PV_STR("world.wasm"), PV_STR(""));
    assert_role(PV_STR("./world.wasm"), PV_TAR_ROLE_WORLD, PV_STR("world.wasm"), PV_STR(""));
    assert_role(PV_STR("x86_64-linux.bin"), PV_TAR_ROLE_TARGET, PV_STR("x86_64-linux.bin"), PV_STR("x86_64-linux"));
    assert_role(PV_STR("./aarch64-macos.bin"), PV_TAR_ROLE_TARGET, PV_STR("aarch64-macos.bin"),
                PV_STR("aarch64-macos"));
    assert_role(PV_STR("a.b.bin"), PV_TAR_ROLE_TARGET, PV_STR("a.b.bin"), PV_STR("a.b"));
    assert_role(PV_STR("x.bin.bin"), PV_TAR_ROLE_TARGET, PV_STR("x.bin.bin"), PV_STR("x.bin"));
    /* The grammar of targets is not judged here. */
    assert_role(PV_STR("claims.bin"), PV_TAR_ROLE_TARGET, PV_STR("claims.bin"), PV_STR("claims"));
    assert_role(PV_STR("\xc3\xa4.bin"), PV_TAR_ROLE_TARGET, PV_STR("\xc3\xa4.bin"), PV_STR("\xc3\xa4"));
}

static void test_names_that_no_member_has(void **state) {
    (void)state;
    static const struct {
        struct pv_str name;
        const char *reason; /* the message begins with it */
    } cases[] = {
        {TEXT(""), "no name"},
        {TEXT("./"), "no name"},
        {TEXT("."), "neither"},
        {TEXT(".."), "'..'"},
        {TEXT("./.."), "'..'"},
        {TEXT("../claims.jwt"), "'..'"},
        {TEXT("a/.."), "'..'"},
        {TEXT("a/../claims.jwt"), "'..'"},
        {TEXT("/"), "an absolute path"},
        {TEXT("/claims.jwt"), "an absolute path"},
        {TEXT(".//claims.jwt"), "an absolute path"},
        {TEXT("././claims.jwt"), "a directory"},
        {TEXT("bin/x86_64-linux.bin"), "a directory"},
        {TEXT("x86_64-linux.bin/"), "a directory"},
        {TEXT("evil/claims.jwt"), "a directory"},
        {TEXT("dir\\claims.jwt"), "a backslash"},
        {TEXT("x86_64-linux.bin\0junk"), "a control character"},
        {TEXT("claims.jwt\0"), "a control character"},
        {TEXT("\0"), "a control character"},
        {TEXT("a\nb.bin"), "a control character"},
        {TEXT("\x1b[2Ja.bin"), "a control character"},
        {TEXT("a\x7f.bin"), "a control character"},
        {TEXT("a\xc2\x9b.bin"), "a control character"},
        {TEXT("a\xff.bin"), "a name that is not UTF-8"},
        {TEXT("a\xc0\xaf.bin"), "a name that is not UTF-8"},
        {TEXT("a\xed\xa0\x80.bin"), "a name that is not UTF-8"},
        {TEXT("._claims.jwt"), "an AppleDouble"},
        {TEXT("./._x86_64-linux.bin"), "an AppleDouble"},
        {TEXT(".bin"), "neither"},
        {TEXT("./.bin"), "neither"},
        {TEXT("claims"), "neither"},
        {TEXT("claims.txt"), "neither"},
        {TEXT("claims.jwt.bak"), "neither"},
        {TEXT("CLAIMS.JWT"), "neither"},
        {TEXT("claims.jwt "), "neither"},
        {TEXT("World.wasm"), "neither"},
        {TEXT("x86_64-linux"), "neither"},
        {TEXT("x86_64-linux.so"), "neither"},
        {TEXT("x86_64-linux.BIN"), "neither"},
        {TEXT("pax_global_header"), "neither"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct provar_error err = {0};
        enum pv_tar_role role = 77;
        struct pv_str bare = PV_STR("b"), target = PV_STR("t");
        assert_int_equal(pv_tar_name_role(cases[i].name, 1536, &role, &bare, &target, &err), PROVAR_E_ENTRY);
        assert_int_equal(err.code, PROVAR_E_ENTRY);
        assert_int_equal(err.offset, 1536);
        if (!pv_str_starts(pv_str_of(err.message), pv_str_of(cases[i].reason)))
            fail_msg("case %zu: '%s' does not begin with '%s'", i, err.message, cases[i].reason);
        assert_int_equal(role, 77);
        assert_int_equal(bare.len + target.len, 2);
    }
}

static void test_hostile_names_are_escaped(void **state) {
    (void)state;
    struct provar_error err = {0};
    enum pv_tar_role role;
    struct pv_str bare, target;
    assert_int_equal(pv_tar_name_role(PV_STR("\x1b]0;x\a.bin"), 0, &role, &bare, &target, &err), PROVAR_E_ENTRY);
    assert_string_equal(err.member, "\\x1b]0;x\\x07.bin");
    assert_null(strchr(err.message, '\x1b'));
    assert_non_null(strstr(err.message, "\\x1b"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_that_members_have),
        cmocka_unit_test(test_names_that_no_member_has),
        cmocka_unit_test(test_hostile_names_are_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
