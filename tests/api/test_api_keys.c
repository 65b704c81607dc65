/* Keys and target names by their public face. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/stat.h>

#include "support/archive.h"
#include "support/temp_dir.h"

static const char kinds[] = "ACMNOUVX";

/* ---------------------------------------------------------------- made and read */

static void test_generated_keys(void **state) {
    (void)state;
    for (const char *kind = kinds; *kind; kind++) {
        struct provar_key *key = NULL, *again = NULL;
        char seed[59], twin[59];
        enum provar_key_kind found = 0;
        assert_ok(provar_key_generate((enum provar_key_kind) * kind, &key, NULL));
        assert_int_equal(provar_key_get_kind(key), *kind);
        assert_int_equal(strlen(provar_key_public(key)), PROVAR_PUBLIC_LEN);
        assert_int_equal(provar_key_public(key)[0], *kind);
        assert_ok(provar_public_check(TEXT(provar_key_public(key)), &found, NULL));
        assert_int_equal(found, *kind);
        provar_key_seed(key, seed);
        assert_int_equal(strlen(seed), PROVAR_SEED_LEN);
        assert_int_equal(seed[0], 'S');
        assert_int_equal(seed[1], *kind);
        assert_ok(provar_key_from_seed(TEXT(seed), &again, NULL));
        assert_string_equal(provar_key_public(again), provar_key_public(key));
        provar_key_free(again);
        assert_ok(provar_key_generate((enum provar_key_kind) * kind, &again, NULL));
        provar_key_seed(again, twin);
        assert_string_not_equal(seed, twin);
        provar_key_free(again);
        provar_key_free(key);
    }
    provar_key_free(NULL);
}

static void test_kinds_that_are_none(void **state) {
    (void)state;
    static const int none[] = {0, 'B', 'S', 'a', 'P', -1};
    for (size_t i = 0; i < array_length(none); i++) {
        struct provar_key *key = NULL;
        struct provar_error err = {0};
        assert_fails(provar_key_generate((enum provar_key_kind)none[i], &key, &err), PROVAR_E_USAGE, err,
                     PROVAR_NO_OFFSET);
        assert_null(key);
    }
}

static void test_the_published_pair(void **state) {
    (void)state;
    static const char *const ends[] = {"", "\n", "\r\n"};
    for (size_t i = 0; i < array_length(ends); i++) {
        char text[64];
        (void)snprintf(text, sizeof text, "%s%s", ISSUER_SEED, ends[i]);
        struct provar_key *key = key_of(text);
        assert_string_equal(provar_key_public(key), ISSUER);
        provar_key_free(key);
    }
}

/* Nothing of a seed is ever in an error. */
static void test_seeds_that_are_refused(void **state) {
    (void)state;
    static const char *const texts[] = {"",
                                        ISSUER,
                                        "SAACTTUPKR55VUWUDK7GJ5SU5KGED455FR7BDO46RUVOTHUWKBLECLH2U",
                                        (ISSUER_SEED "\n\n"),
                                        (" " ISSUER_SEED),
                                        "SAACTTUPKR55VUWUDK7GJ5SU5KGED455FR7BDO46RUVOTHUWKBLECLH2UV",
                                        "saacttupkr55vuwudk7gj5su5kged455fr7bdo46ruvothuwkbleclh2uu",
                                        "SZAAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4H5QEE"};
    for (size_t i = 0; i < array_length(texts); i++) {
        struct provar_key *key = NULL;
        struct provar_error err = {0};
        assert_fails(provar_key_from_seed(TEXT(texts[i]), &key, &err), PROVAR_E_KEY, err, PROVAR_NO_OFFSET);
        assert_null(key);
        assert_null(strstr(err.message, "ACTTUP"));
        assert_null(strstr(err.message, "AAAAICAM"));
    }
}

static void test_public_texts_that_are_refused(void **state) {
    (void)state;
    static const char *const texts[] = {"",
                                        ISSUER_SEED,
                                        "AAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAARSZ",
                                        "AAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAARSZ",
                                        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                                        "ADW777777777777777777777777777777777777777777777777X65LD",
                                        "VAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABMAI",
                                        "AA7R5L74E45BJ4XVUYTELQ56P5VCOSPOAA474L7QWH4ZAILLKTZFWYYX",
                                        (ISSUER "\n")};
    for (size_t i = 0; i < array_length(texts); i++) {
        enum provar_key_kind kind = PROVAR_KEY_CURVE;
        struct provar_error err = {0};
        assert_fails(provar_public_check(TEXT(texts[i]), &kind, &err), PROVAR_E_KEY, err, PROVAR_NO_OFFSET);
        assert_int_equal(kind, PROVAR_KEY_CURVE);
        assert_null(strstr(err.message, "ACTTUP"));
    }
    assert_ok(provar_public_check(TEXT(ISSUER), NULL, NULL));
}

/* RFC 8032, 5.1.6: the same key and message give the same signature. */
static void test_signatures(void **state) {
    (void)state;
    struct provar_key *key = key_of(ISSUER_SEED), *curve = NULL;
    uint8_t first[64], second[64];
    struct provar_error err = {0};
    assert_ok(provar_key_sign(key, "message", 7, first, NULL));
    assert_ok(provar_key_sign(key, "message", 7, second, NULL));
    assert_memory_equal(first, second, 64);
    assert_ok(provar_key_sign(key, "messagf", 7, second, NULL));
    assert_memory_not_equal(first, second, 64);
    assert_ok(provar_key_sign(key, NULL, 0, second, NULL));
    assert_ok(provar_key_generate(PROVAR_KEY_CURVE, &curve, NULL));
    memcpy(second, first, 64);
    assert_fails(provar_key_sign(curve, "message", 7, second, &err), PROVAR_E_KEY, err, PROVAR_NO_OFFSET);
    assert_memory_equal(first, second, 64);
    provar_key_free(curve);
    provar_key_free(key);
}

/* ---------------------------------------------------------------- files */

static void assert_load(const struct provar_input *from, uint32_t flags, enum provar_result code) {
    struct provar_key *key = NULL;
    struct provar_error err = {0};
    enum provar_result result = provar_key_load(from, flags, &key, &err);
    if (result != code || err.code != (int)code)
        fail_msg("%s: %s", provar_result_name((int)result), err.message);
    if (code == PROVAR_OK)
        assert_string_equal(provar_key_public(key), ISSUER);
    else
        assert_null(key);
    provar_key_free(key);
}

static void test_a_key_file(void **state) {
    (void)state;
    struct provar_key *key = key_of(ISSUER_SEED);
    struct provar_error err = {0};
    struct stat st;
    mode_t old = umask(0);
    assert_ok(provar_key_save(key, TEXT("key"), 0, NULL));
    (void)umask(old);
    assert_int_equal(stat("key", &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(st.st_size, 59);
    struct provar_input from = path_input("key");
    assert_load(&from, 0, PROVAR_OK);
    assert_fails(provar_key_save(key, TEXT("key"), 0, &err), PROVAR_E_IO, err, PROVAR_NO_OFFSET);
    assert_ok(provar_key_save(key, TEXT("key"), PROVAR_OUTPUT_REPLACE, NULL));
    assert_int_equal(provar_key_save(key, TEXT("missing/key"), 0, NULL), PROVAR_E_IO);
    from = fd_input(open("key", O_RDONLY | O_CLOEXEC));
    assert_load(&from, 0, PROVAR_OK);
    assert_int_equal(close(from.fd), 0);
    assert_int_equal(symlink("key", "link"), 0);
    from = path_input("link");
    assert_load(&from, 0, PROVAR_E_UNSAFE_PATH);
    assert_load(&from, PROVAR_KEY_INSECURE_FILE, PROVAR_OK);
    from = path_input("key");
    assert_int_equal(chmod("key", 0640), 0);
    assert_load(&from, 0, PROVAR_E_UNSAFE_PATH);
    assert_load(&from, PROVAR_KEY_INSECURE_FILE, PROVAR_OK);
    from = path_input("missing");
    assert_load(&from, 0, PROVAR_E_IO);
    from = memory_input(TEXT(ISSUER_SEED));
    assert_load(&from, 0, PROVAR_E_USAGE);
    provar_key_free(key);
}

/* ---------------------------------------------------------------- targets */

static void test_target_names(void **state) {
    (void)state;
    static const char *const good[] = {"x86_64-linux", "a-b", "mips64-freebsd", "x86_64-test.runner_9"};
    static const char *const bad[] = {"",       "linux", "X86_64-linux", "claims",  "world", "world.wasm", "a-b-c",
                                      "-linux", "a-",    ".a-linux",     "a/b-lin", "a b-c", "\xc3\xa4-b", "a-b\n"};
    for (size_t i = 0; i < array_length(good); i++)
        assert_ok(provar_target_check(TEXT(good[i]), NULL));
    for (size_t i = 0; i < array_length(bad); i++) {
        struct provar_error err = {0};
        assert_fails(provar_target_check(TEXT(bad[i]), &err), PROVAR_E_USAGE, err, PROVAR_NO_OFFSET);
    }
    char longest[65];
    memset(longest, 'a', sizeof longest);
    longest[5] = '-';
    assert_ok(provar_target_check(longest, 64, NULL));
    assert_int_equal(provar_target_check(longest, 65, NULL), PROVAR_E_USAGE);
    assert_ok(provar_target_check(TEXT(provar_host_target()), NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_generated_keys),
        cmocka_unit_test(test_kinds_that_are_none),
        cmocka_unit_test(test_the_published_pair),
        cmocka_unit_test(test_seeds_that_are_refused),
        cmocka_unit_test(test_public_texts_that_are_refused),
        cmocka_unit_test(test_signatures),
        test_in_temp_dir(test_a_key_file),
        cmocka_unit_test(test_target_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
