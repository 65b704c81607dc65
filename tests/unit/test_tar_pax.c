/* Tests of tar/tar_pax: the records of local and global extended headers, well formed and not. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "internal.h"

#include "support/tar_build.h"
#include "tar/tar_pax.h"

#define TEXT(literal)                                                                                                  \
    { literal, sizeof(literal) - 1 }

enum { OFFSET = 1024 };

/* A copy of exactly the payload's length, so that a sanitizer sees a read beyond it. */
static char *exact_copy(struct pv_str payload) {
    char *copy = malloc(payload.len > 0 ? payload.len : 1);
    assert_non_null(copy);
    if (payload.len > 0)
        memcpy(copy, payload.text, payload.len);
    return copy;
}

static enum provar_result decode(struct pv_str payload, struct pv_tar_pax *pax, struct provar_error *err) {
    PV_AUTO_FREE char *copy = exact_copy(payload);
    enum provar_result result = pv_tar_pax_decode(pv_str(copy, payload.len), OFFSET, pax, err);
    if (result == PROVAR_OK && pax->path.len > 0)
        pax->path.text = payload.text + (pax->path.text - copy);
    return result;
}

static enum provar_result check_global(struct pv_str payload, struct provar_error *err) {
    PV_AUTO_FREE char *copy = exact_copy(payload);
    return pv_tar_pax_check_global(pv_str(copy, payload.len), OFFSET, err);
}

static void assert_refused(struct pv_str payload, enum provar_result expected, size_t at) {
    struct pv_tar_pax pax = {.size = 77};
    struct provar_error err = {0};
    enum provar_result result = decode(payload, &pax, &err);
    if (result != expected || err.code != (int)expected || err.offset != OFFSET + at)
        fail_msg("'%s' gave %s at %llu", pv_quote(payload).text, provar_result_name((int)result),
                 (unsigned long long)err.offset);
    assert_int_equal(pax.size, 77);
}

static void test_keys_that_matter(void **state) {
    (void)state;
    struct pv_tar_pax pax;
    assert_int_equal(decode(PV_STR("19 path=claims.jwt\n"), &pax, NULL), PROVAR_OK);
    assert_true(pv_str_equal(pax.path, PV_STR("claims.jwt")));
    assert_false(pax.has_size);
    assert_int_equal(decode(PV_STR("11 size=10\n"), &pax, NULL), PROVAR_OK);
    assert_true(pax.has_size);
    assert_int_equal(pax.size, 10);
    assert_int_equal(pax.path.len, 0);
    assert_int_equal(decode(PV_STR("10 size=0\n19 path=claims.jwt\n"), &pax, NULL), PROVAR_OK);
    assert_true(pax.has_size);
    assert_int_equal(pax.size, 0);
    assert_int_equal(pax.path.len, 10);
    assert_int_equal(decode(PV_STR("29 size=18446744073709551615\n"), &pax, NULL), PROVAR_OK);
    assert_int_equal(pax.size, UINT64_MAX);
}

struct key_value {
    const char *key;
    struct pv_str value;
};

/* A payload of one record, the length of which is right. */
static struct tar_build payload_of(struct key_value record) {
    struct tar_build payload = {0};
    tar_pax_record(&payload, record.key, record.value.text, record.value.len);
    return payload;
}

static struct pv_str text_of(const struct tar_build *payload) {
    return pv_str((const char *)payload->data, payload->len);
}

static void test_keys_that_do_not_matter(void **state) {
    (void)state;
    static const struct key_value records[] = {
        {"mtime", TEXT("1700000000.123456789")},
        {"atime", TEXT("-1")},
        {"ctime", TEXT("")},
        {"uid", TEXT("abc")},
        {"SCHILY.fflags", TEXT("uarch")},
        {"SCHILY.xattr.user.a", TEXT("b\0c\nd")},
        {"LIBARCHIVE.xattr.a", TEXT("YQ==")},
        {"hdrcharset", TEXT("BINARY")},
        {"comment", TEXT("9 path=a\n")},
        {"comment", TEXT("=")},
        {"Path", TEXT("x")},
        {"path ", TEXT("x")},
        {"SCHILY.filetype", TEXT("regular")},
        {"gnu.volume.size", TEXT("1")},
    };
    struct tar_build all = {0};
    for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
        struct tar_build payload = payload_of(records[i]);
        struct pv_tar_pax pax;
        struct provar_error err = {0};
        if (decode(text_of(&payload), &pax, &err) != PROVAR_OK)
            fail_msg("case %zu: %s", i, err.message);
        assert_false(pax.has_size);
        assert_int_equal(pax.path.len, 0);
        assert_int_equal(check_global(text_of(&payload), NULL), PROVAR_OK);
        tar_bytes(&all, payload.data, payload.len);
        tar_bytes(&all, payload.data, payload.len);
        tar_build_free(&payload);
    }
    struct pv_tar_pax pax;
    assert_int_equal(decode(text_of(&all), &pax, NULL), PROVAR_OK);
    tar_build_free(&all);
}

/* Threat 31: only the length tells where a value ends; what such a name is worth is for others to say. */
static void test_value_may_hold_line_feeds(void **state) {
    (void)state;
    struct pv_tar_pax pax;
    assert_int_equal(decode(PV_STR("20 path=claims.jwt\n\n"), &pax, NULL), PROVAR_OK);
    assert_true(pv_str_equal(pax.path, PV_STR("claims.jwt\n")));
}

static void test_malformed_records(void **state) {
    (void)state;
    static const struct {
        struct pv_str payload;
        size_t at;
    } cases[] = {
        {TEXT(""), 0},
        {TEXT("\n"), 0},
        {TEXT("\n19 path=claims.jwt\n"), 0},
        {TEXT("18 path=claims.jwt\n"), 0},
        {TEXT("20 path=claims.jwt\n"), 0},
        {TEXT("19 path=claims.jwt\n\n"), 19},
        {TEXT(" path=claims.jwt\n"), 0},
        {TEXT("20  path=claims.jwt\n"), 0},
        {TEXT("20 \tpath=claims.jwt\n"), 0},
        {TEXT("+19 path=claims.jwt\n"), 0},
        {TEXT("+20 path=claims.jwt\n"), 0},
        {TEXT("-19 path=claims.jwt\n"), 0},
        {TEXT("020 path=claims.jwt\n"), 0},
        {TEXT("0x13 path=claims.jwt\n"), 0},
        {TEXT("99999999999999999999 path=claims.jwt\n"), 0},
        {TEXT("18446744073709551635 path=claims.jwt\n"), 0},
        {TEXT("0 path=claims.jwt\n"), 0},
        {TEXT("1 path=claims.jwt\n"), 0},
        {TEXT("2 path=claims.jwt\n"), 0},
        {TEXT("3 \n"), 0},
        {TEXT("3 path=claims.jwt\n"), 0},
        {TEXT("19"), 0},
        {TEXT("19 "), 0},
        {TEXT("19\tpath=claims.jwt\n"), 0},
        {TEXT("18 path=claims.jwt"), 0},
        {TEXT("19 path=claims.jwt\0"), 0},
        {TEXT("19 path=claims.jwt\n\0"), 19},
        {TEXT("19 path=claims.jwt\n\0\0\0\0"), 19},
        {TEXT("5 abc\n"), 0},
        {TEXT("6 abc\n"), 0},
        {TEXT("5 =a\n"), 0},
        {TEXT("9 a\nb=cd\n"), 0},
        {TEXT("9 a\0b=cd\n"), 0},
        {TEXT("5 a=\n9 b"), 5},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_refused(cases[i].payload, PROVAR_E_TAR, cases[i].at);
    /* The same records in a global header, with a key that it may have. */
    assert_int_equal(check_global(PV_STR("14 comment=ab\n"), NULL), PROVAR_OK);
    assert_int_equal(check_global(PV_STR("13 comment=ab\n"), NULL), PROVAR_E_TAR);
    assert_int_equal(check_global(PV_STR("15 comment=ab\n"), NULL), PROVAR_E_TAR);
    assert_int_equal(check_global(PV_STR("14 comment=ab\n\0"), NULL), PROVAR_E_TAR);
    assert_int_equal(check_global(PV_STR(""), NULL), PROVAR_E_TAR);
}

static void test_path_must_be_one_and_whole(void **state) {
    (void)state;
    assert_refused(PV_STR("8 path=\n"), PROVAR_E_TAR, 0);
    assert_refused(PV_STR("9 path=a\n9 path=a\n"), PROVAR_E_TAR, 9);
    assert_refused(PV_STR("9 path=a\n9 path=b\n"), PROVAR_E_TAR, 9);
    assert_refused(PV_STR("9 path=a\n8 path=\n"), PROVAR_E_TAR, 9);
    assert_refused(PV_STR("24 path=claims.jwt\0junk\n"), PROVAR_E_ENTRY, 0);
    assert_refused(PV_STR("20 path=claims.jwt\0\n"), PROVAR_E_ENTRY, 0);
}

static void test_size_must_be_one_and_decimal(void **state) {
    (void)state;
    static const struct pv_str values[] = {
        TEXT("5"),   TEXT("+5"),       TEXT("-1"),  TEXT("5 "),  TEXT(" 5"),  TEXT("0x5"),
        TEXT("05"),  TEXT(""),         TEXT("1.0"), TEXT("5\0"), TEXT("1e3"), TEXT("18446744073709551616"),
        TEXT("5\n"), TEXT("\xd9\xa5"),
    };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct tar_build payload = payload_of((struct key_value){"size", values[i]});
        struct pv_tar_pax pax;
        struct provar_error err = {0};
        assert_int_equal(decode(text_of(&payload), &pax, &err), i == 0 ? PROVAR_OK : PROVAR_E_TAR);
        if (i > 0)
            assert_non_null(strstr(err.message, "malformed pax size"));
        tar_build_free(&payload);
    }
    assert_refused(PV_STR("10 size=5\n10 size=5\n"), PROVAR_E_TAR, 10);
}

static void test_links_and_sparse_files_are_not_members(void **state) {
    (void)state;
    assert_refused(PV_STR("14 linkpath=a\n"), PROVAR_E_ENTRY, 0);
    assert_refused(PV_STR("22 GNU.sparse.major=1\n"), PROVAR_E_ENTRY, 0);
    assert_refused(PV_STR("22 GNU.sparse.minor=0\n"), PROVAR_E_ENTRY, 0);
    assert_refused(PV_STR("30 GNU.sparse.name=claims.jwt\n"), PROVAR_E_ENTRY, 0);
    assert_refused(PV_STR("9 path=a\n25 GNU.sparse.size=12345\n"), PROVAR_E_ENTRY, 9);
    assert_refused(PV_STR("25 GNU.volume.filename=a\n"), PROVAR_E_ENTRY, 0);
    assert_refused(PV_STR("17 GNU.dumpdir=Y\n"), PROVAR_E_ENTRY, 0);
    assert_refused(PV_STR("21 SCHILY.realsize=5\n"), PROVAR_E_ENTRY, 0);
    assert_refused(PV_STR("19 SCHILY.offset=5\n"), PROVAR_E_ENTRY, 0);
    assert_refused(PV_STR("21 SUN.holesdata=0 5\n"), PROVAR_E_ENTRY, 0);
}

static void test_global_header_may_not_speak_of_members(void **state) {
    (void)state;
    static const struct pv_str payloads[] = {
        TEXT("9 path=a\n"),
        TEXT("10 size=5\n"),
        TEXT("14 linkpath=a\n"),
        TEXT("22 GNU.sparse.major=1\n"),
        TEXT("22 GNU.volume.label=a\n"),
        TEXT("21 SCHILY.realsize=5\n"),
    };
    assert_int_equal(check_global(PV_STR("52 comment=0123456789012345678901234567890123456789\n"), NULL), PROVAR_OK);
    for (size_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++) {
        struct provar_error err = {0};
        assert_int_equal(check_global(payloads[i], &err), PROVAR_E_TAR);
        assert_int_equal(err.offset, OFFSET);
        assert_non_null(strstr(err.message, "may not set"));
    }
}

static void test_builder_writes_records_of_every_length(void **state) {
    (void)state;
    char value[1200];
    memset(value, 'v', sizeof value);
    for (size_t len = 1; len <= sizeof value; len++) {
        struct tar_build payload = {0};
        struct pv_tar_pax pax;
        tar_pax_record(&payload, "path", value, len);
        assert_int_equal(pv_tar_pax_decode(pv_str((char *)payload.data, payload.len), 0, &pax, NULL), PROVAR_OK);
        assert_int_equal(pax.path.len, len);
        tar_build_free(&payload);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_that_matter),
        cmocka_unit_test(test_keys_that_do_not_matter),
        cmocka_unit_test(test_value_may_hold_line_feeds),
        cmocka_unit_test(test_malformed_records),
        cmocka_unit_test(test_path_must_be_one_and_whole),
        cmocka_unit_test(test_size_must_be_one_and_decimal),
        cmocka_unit_test(test_links_and_sparse_files_are_not_members),
        cmocka_unit_test(test_global_header_may_not_speak_of_members),
        cmocka_unit_test(test_builder_writes_records_of_every_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
