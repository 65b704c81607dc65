/* Errors as values of the caller's: the first one wins, NULL is fine, names are stable, untrusted text is escaped. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/archive.h"

static void test_the_version(void **state) {
    (void)state;
    int major = -1, minor = -1, patch = -1;
    assert_int_equal(sscanf(provar_version(), "%d.%d.%d", &major, &minor, &patch), 3);
    assert_true(major >= 0 && minor >= 0 && patch >= 0);
}

static void test_names_are_stable(void **state) {
    (void)state;
    static const char *const names[] = {
        "ok",      "internal", "no-memory",   "usage", "io",        "limit",  "format",    "gzip",   "tar",
        "entry",   "jwt",      "claims",      "key",   "signature", "digest", "no-target", "time",   "untrusted",
        "revoked", "rollback", "unsafe-path", "exec",  "registry",  "auth",   "not-found", "network"};
    for (int i = 0; i < (int)array_length(names); i++)
        assert_string_equal(provar_result_name(i), names[i]);
    assert_string_equal(provar_result_name(-1), "unknown");
    assert_string_equal(provar_result_name((int)array_length(names)), "unknown");
    assert_string_equal(provar_result_name(INT32_MAX), "unknown");
    assert_string_equal(provar_result_name(INT32_MIN), "unknown");
}

static void test_the_first_error_wins(void **state) {
    (void)state;
    struct provar_error err = {0}, first;
    assert_int_equal(provar_target_check("claims", 6, &err), PROVAR_E_USAGE);
    assert_int_equal(err.code, PROVAR_E_USAGE);
    first = err;
    assert_int_equal(provar_public_check("x", 1, NULL, &err), PROVAR_E_KEY);
    assert_memory_equal(&err, &first, sizeof err);
    assert_ok(provar_target_check("x86_64-linux", 12, &err));
    assert_memory_equal(&err, &first, sizeof err);
    provar_error_clear(&err);
    static const struct provar_error empty;
    assert_memory_equal(&err, &empty, sizeof err);
    assert_fails(provar_public_check("x", 1, NULL, &err), PROVAR_E_KEY, err, PROVAR_NO_OFFSET);
    assert_int_equal(err.reserved0, 0);
    for (size_t i = 0; i < array_length(err.reserved); i++)
        assert_int_equal(err.reserved[i], 0);
    provar_error_clear(NULL);
    assert_int_equal(provar_public_check("x", 1, NULL, NULL), PROVAR_E_KEY);
}

/* An error that was there before keeps its place through a whole verification. */
static void test_an_old_error_stays_through_every_stage(void **state) {
    (void)state;
    struct recipe recipe = usual();
    recipe.forged = true;
    struct tar_build bytes = archive_of(&recipe);
    struct provar_archive *archive = open_bytes(&bytes);
    struct provar_checked *checked = NULL;
    struct provar_error err = {0};
    (void)!provar_target_check("", 0, &err);
    struct provar_error first = err;
    assert_int_equal(provar_check(archive, &checked, &err), PROVAR_E_SIGNATURE);
    assert_int_equal(provar_archive_signature(archive, &err), PROVAR_E_SIGNATURE);
    assert_memory_equal(&err, &first, sizeof err);
    assert_int_equal(provar_check(archive, &checked, NULL), PROVAR_E_SIGNATURE);
    assert_null(checked);
    provar_archive_free(archive);
    tar_build_free(&bytes);
}

/* Names out of an archive reach messages, member names and notices escaped. */
static void test_untrusted_names_are_escaped(void **state) {
    (void)state;
    struct tar_build bytes = {0};
    struct recipe recipe = usual();
    put_token_member(&bytes, &recipe);
    tar_add_file(&bytes, "\x1b[2Jevil\n", "x");
    put_bodies(&bytes, &recipe);
    tar_add_end(&bytes);
    struct provar_archive *archive = open_bytes(&bytes);
    struct provar_error err = {0};
    assert_int_equal(provar_look(archive, &err), PROVAR_E_ENTRY);
    assert_string_equal(err.member, "\\x1b[2Jevil\\x0a");
    for (const char *c = err.message; *c; c++)
        assert_true((unsigned char)*c >= ' ');
    provar_archive_free(archive);
    tar_build_free(&bytes);
}

static void assert_escaped(const char *text, size_t len, const char *expected) {
    char out[64];
    assert_int_equal(provar_escape(text, len, out, sizeof out), strlen(expected));
    assert_string_equal(out, expected);
}

static void test_escape(void **state) {
    (void)state;
    assert_escaped("plain text", 10, "plain text");
    assert_escaped("\\", 1, "\\\\");
    assert_escaped("a\0b", 3, "a\\x00b");
    assert_escaped("\x1b[0m\t\x7f", 6, "\\x1b[0m\\x09\\x7f");
    assert_escaped("\xff\xc0\x80", 3, "\\xff\\xc0\\x80");
    assert_escaped("\xc2\x85", 2, "\\u{85}");
    assert_escaped("\xe2\x80\xae", 3, "\\u{202e}");
    assert_escaped("\xe2\x80\xa8", 3, "\\u{2028}");
    assert_escaped("\xc3\xa4\xe6\xbc\xa2\xf0\x9f\x98\x80", 9, "\xc3\xa4\xe6\xbc\xa2\xf0\x9f\x98\x80");
    assert_escaped(NULL, 0, "");
}

/* Never half an escape, never half a character, always a NUL. */
static void test_escape_into_little_room(void **state) {
    (void)state;
    static const char text[] = "a\x1b\xc3\xa4\\\xe2\x80\xae";
    static const char whole[] = "a\\x1b\xc3\xa4\\\\\\u{202e}";
    static const size_t cuts[] = {0, 1, 5, 7, 9, 17};
    assert_int_equal(provar_escape(text, sizeof text - 1, NULL, 0), sizeof whole - 1);
    for (size_t cap = 1; cap <= sizeof whole; cap++) {
        char out[sizeof whole + 1];
        size_t expected = 0;
        memset(out, '!', sizeof out);
        assert_int_equal(provar_escape(text, sizeof text - 1, out, cap), sizeof whole - 1);
        for (size_t i = 0; i < array_length(cuts); i++)
            expected = cuts[i] < cap ? cuts[i] : expected;
        assert_int_equal(strlen(out), expected);
        assert_memory_equal(out, whole, expected);
        assert_int_equal(out[cap], '!');
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_version),
        cmocka_unit_test(test_names_are_stable),
        cmocka_unit_test(test_the_first_error_wins),
        cmocka_unit_test(test_an_old_error_stays_through_every_stage),
        cmocka_unit_test(test_untrusted_names_are_escaped),
        cmocka_unit_test(test_escape),
        cmocka_unit_test(test_escape_into_little_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
