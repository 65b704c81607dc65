/* Key pairs and signers: made, read from seeds, signing, and signatures that must not be believed. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "internal.h"

#include "crypto/ed25519.h"
#include "keys/key.h"
#include "support/keys.h"
#include "vectors/nkeys.h"

static const char kinds[] = "ACMNOUVX";

PV_DEFINE_CLEANUP(cleanup_key, struct provar_key, provar_key_free)
#define AUTO_KEY PV_CLEANUP(cleanup_key)

static struct provar_key *key_of(const char *seed) {
    struct provar_key *key = NULL;
    struct provar_error err = {0};
    assert_succeeds(provar_key_from_seed(seed, strlen(seed), &key, &err), &err);
    return key;
}

/* ---------------------------------------------------------------- from a seed */

static void test_known_seeds(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(nkey_pairs); i++) {
        char seed[59];
        AUTO_KEY struct provar_key *key = key_of(nkey_pairs[i].seed);
        assert_string_equal(provar_key_public(key), nkey_pairs[i].public_key);
        assert_int_equal(provar_key_get_kind(key), nkey_pairs[i].public_key[0]);
        provar_key_seed(key, seed);
        assert_string_equal(seed, nkey_pairs[i].seed);
    }
}

static void test_one_line_end_may_follow(void **state) {
    (void)state;
    static const char seed[] = "SAACTTUPKR55VUWUDK7GJ5SU5KGED455FR7BDO46RUVOTHUWKBLECLH2UU";
    static const char *const accepted[] = {"", "\n", "\r\n"};
    static const char *const refused[] = {"\n\n", "\r", "\n\r", "\r\n\r\n", "\r\r\n", " ", "\n ", "\t\n", "A"};
    struct provar_error err = {0};
    for (size_t i = 0; i < COUNT(accepted); i++) {
        char text[80];
        (void)snprintf(text, sizeof text, "%s%s", seed, accepted[i]);
        AUTO_KEY struct provar_key *key = key_of(text);
        assert_string_equal(provar_key_public(key), nkey_pairs[0].public_key);
    }
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct provar_key *key = NULL;
        char text[80];
        (void)snprintf(text, sizeof text, "%s%s", seed, refused[i]);
        assert_fails(provar_key_from_seed(text, strlen(text), &key, &err), PROVAR_E_KEY, &err);
        assert_null(key);
    }
}

static void test_what_is_no_seed_makes_no_key(void **state) {
    (void)state;
    static const char *const texts[] = {"",
                                        "\n",
                                        "SA",
                                        NKEY_UNKNOWN_KIND_SEED,
                                        "AA7R5L74E45BJ4XVUYTELQ56P5VCOSPOAA474L7QWH4ZAILLKTZFWYYW",
                                        "SAACTTUPKR55VUWUDK7GJ5SU5KGED455FR7BDO46RUVOTHUWKBLECLH2UA"};
    struct provar_error err = {0};
    struct provar_key *key = NULL;
    for (size_t i = 0; i < COUNT(texts); i++) {
        assert_int_equal(provar_key_from_seed(texts[i], strlen(texts[i]), &key, &err), PROVAR_E_KEY);
        assert_null(strstr(err.message, "TTUP"));
        provar_error_clear(&err);
    }
    assert_fails(provar_key_from_seed(NULL, 0, &key, &err), PROVAR_E_KEY, &err);
    assert_null(key);
}

/* A text that the caller did not end with a NUL. */
static void test_a_seed_has_the_length_that_is_given(void **state) {
    (void)state;
    struct provar_error err = {0};
    struct provar_key *key = NULL;
    char *exact = malloc(PROVAR_SEED_LEN);
    assert_non_null(exact);
    memcpy(exact, nkey_pairs[0].seed, PROVAR_SEED_LEN);
    assert_succeeds(provar_key_from_seed(exact, PROVAR_SEED_LEN, &key, &err), &err);
    provar_key_free(key);
    key = NULL;
    assert_fails(provar_key_from_seed(exact, PROVAR_SEED_LEN - 1, &key, &err), PROVAR_E_KEY, &err);
    assert_null(key);
    free(exact);
}

/* ---------------------------------------------------------------- generated */

static void test_generated_keys_of_every_kind(void **state) {
    (void)state;
    struct provar_error err = {0};
    for (const char *letter = kinds; *letter; letter++) {
        AUTO_KEY struct provar_key *key = NULL;
        char seed[59];
        enum provar_key_kind kind = PROVAR_KEY_ACCOUNT;
        assert_succeeds(provar_key_generate((enum provar_key_kind) * letter, &key, &err), &err);
        assert_int_equal(provar_key_get_kind(key), *letter);
        assert_int_equal(provar_key_public(key)[0], *letter);
        assert_succeeds(provar_public_check(provar_key_public(key), PROVAR_PUBLIC_LEN, &kind, &err), &err);
        assert_int_equal(kind, *letter);
        provar_key_seed(key, seed);
        assert_int_equal(seed[1], *letter);
        AUTO_KEY struct provar_key *again = key_of(seed);
        assert_string_equal(provar_key_public(again), provar_key_public(key));
    }
}

static void test_generated_keys_differ(void **state) {
    (void)state;
    struct provar_error err = {0};
    AUTO_KEY struct provar_key *first = NULL;
    AUTO_KEY struct provar_key *second = NULL;
    assert_succeeds(provar_key_generate(PROVAR_KEY_ACCOUNT, &first, &err), &err);
    assert_succeeds(provar_key_generate(PROVAR_KEY_ACCOUNT, &second, &err), &err);
    assert_string_not_equal(provar_key_public(first), provar_key_public(second));
}

static void test_unknown_kinds_are_not_generated(void **state) {
    (void)state;
    static const int unknown[] = {0, 'B', 'P', 'S', 'Z', 'a', -1};
    struct provar_error err = {0};
    struct provar_key *key = NULL;
    for (size_t i = 0; i < COUNT(unknown); i++)
        assert_fails(provar_key_generate((enum provar_key_kind)unknown[i], &key, &err), PROVAR_E_USAGE, &err);
    assert_null(key);
}

/* RFC 7748: the curve key's public half is not that of the Ed25519 key with the same seed. */
static void test_a_curve_key_is_an_x25519_key(void **state) {
    (void)state;
    struct provar_error err = {0};
    uint8_t seed[32], expected[32];
    char text[59];
    struct pv_nkey public_key;
    for (size_t i = 0; i < sizeof seed; i++)
        seed[i] = (uint8_t)i;
    pv_nkey_encode_seed(PROVAR_KEY_CURVE, seed, text);
    AUTO_KEY struct provar_key *key = key_of(text);
    assert_succeeds(pv_x25519_public(seed, expected, &err), &err);
    assert_succeeds(pv_nkey_decode_public(pv_str_of(provar_key_public(key)), &public_key, &err), &err);
    assert_memory_equal(public_key.bytes, expected, sizeof expected);
}

static void test_free_takes_null(void **state) {
    (void)state;
    provar_key_free(NULL);
}

/* ---------------------------------------------------------------- public keys */

static void test_public_check(void **state) {
    (void)state;
    struct provar_error err = {0};
    enum provar_key_kind kind = PROVAR_KEY_CURVE;
    assert_succeeds(provar_public_check(nkey_pairs[1].public_key, PROVAR_PUBLIC_LEN, &kind, &err), &err);
    assert_int_equal(kind, PROVAR_KEY_SERVICE);
    assert_succeeds(provar_public_check(nkey_pairs[0].public_key, PROVAR_PUBLIC_LEN, NULL, &err), &err);

    assert_fails(provar_public_check(nkey_pairs[1].public_key, PROVAR_PUBLIC_LEN - 1, &kind, &err), PROVAR_E_KEY, &err);
    assert_fails(provar_public_check(NULL, 0, &kind, &err), PROVAR_E_KEY, &err);
    for (size_t i = 0; i < COUNT(nkey_weak); i++)
        assert_fails(provar_public_check(nkey_weak[i].text, PROVAR_PUBLIC_LEN, &kind, &err), PROVAR_E_KEY, &err);
    assert_int_equal(provar_public_check(nkey_pairs[0].seed, PROVAR_SEED_LEN, &kind, &err), PROVAR_E_KEY);
    assert_null(strstr(err.message, "TTUP"));
    assert_int_equal(kind, PROVAR_KEY_SERVICE);
}

/* ---------------------------------------------------------------- sign */

static void test_every_kind_but_the_curve_signs(void **state) {
    (void)state;
    struct provar_error err = {0};
    for (const char *letter = kinds; *letter; letter++) {
        AUTO_KEY struct provar_key *key = NULL;
        uint8_t signature[64] = {0};
        struct pv_nkey public_key;
        assert_succeeds(provar_key_generate((enum provar_key_kind) * letter, &key, &err), &err);
        enum provar_result result = provar_key_sign(key, "message", 7, signature, &err);
        if (*letter == 'X') {
            static const uint8_t untouched[64];
            assert_fails(result, PROVAR_E_KEY, &err);
            assert_memory_equal(signature, untouched, sizeof signature);
            continue;
        }
        assert_succeeds(result, &err);
        assert_succeeds(pv_nkey_decode_public(pv_str_of(provar_key_public(key)), &public_key, &err), &err);
        assert_succeeds(pv_ed25519_verify(public_key.bytes, "message", 7, signature, &err), &err);
        assert_fails(pv_ed25519_verify(public_key.bytes, "Message", 7, signature, &err), PROVAR_E_SIGNATURE, &err);
    }
}

/* ---------------------------------------------------------------- signers */

/* A callback's key, and what it does wrong. */
struct remote {
    struct provar_key *key;
    int code;
    size_t flip; /* a bit of the signature, counted from 1 */
};

static int sign_remotely(const void *msg, size_t len, uint8_t signature[64], void *user) {
    const struct remote *remote = user;
    if (remote->key && provar_key_sign(remote->key, msg, len, signature, NULL) != PROVAR_OK)
        return -1;
    if (remote->flip > 0)
        signature[(remote->flip - 1) / 8] ^= (uint8_t)(1u << (remote->flip - 1) % 8);
    return remote->code;
}

static struct pv_signer signer_for(const char *public_text) {
    struct pv_signer signer = {0};
    struct provar_error err = {0};
    assert_succeeds(pv_nkey_decode_public(pv_str_of(public_text), &signer.issuer, &err), &err);
    return signer;
}

static enum provar_result sign_with(const struct pv_signer *signer, uint8_t signature[64], struct provar_error *err) {
    return pv_signer_sign(signer, "token", 5, signature, err);
}

static void assert_no_signature(const struct pv_signer *signer, enum provar_result code) {
    static const uint8_t untouched[64];
    struct provar_error err = {0};
    uint8_t signature[64] = {0};
    assert_fails(sign_with(signer, signature, &err), code, &err);
    assert_memory_equal(signature, untouched, sizeof signature);
    assert_int_equal(sign_with(signer, signature, NULL), code);
}

static void test_a_key_and_a_callback_make_the_same_signature(void **state) {
    (void)state;
    struct provar_error err = {0};
    AUTO_KEY struct provar_key *key = key_of(nkey_pairs[0].seed);
    struct remote remote = {.key = key};
    struct pv_signer ours = signer_for(nkey_pairs[0].public_key), theirs = ours;
    uint8_t first[64], second[64];
    ours.key = key;
    theirs.sign = sign_remotely;
    theirs.user = &remote;
    assert_succeeds(sign_with(&ours, first, &err), &err);
    assert_succeeds(sign_with(&theirs, second, &err), &err);
    assert_memory_equal(first, second, sizeof first);
    assert_succeeds(pv_ed25519_verify(ours.issuer.bytes, "token", 5, first, &err), &err);
}

static void test_signatures_that_do_not_fit_are_not_believed(void **state) {
    (void)state;
    AUTO_KEY struct provar_key *key = key_of(nkey_pairs[0].seed);
    AUTO_KEY struct provar_key *other = key_of(nkey_pairs[2].seed);
    struct remote remote = {.key = key};
    struct pv_signer signer = signer_for(nkey_pairs[0].public_key);
    signer.sign = sign_remotely;
    signer.user = &remote;
    for (remote.flip = 1; remote.flip <= 512; remote.flip += 73)
        assert_no_signature(&signer, PROVAR_E_SIGNATURE);
    remote = (struct remote){.key = other};
    assert_no_signature(&signer, PROVAR_E_SIGNATURE);
    /* A callback that says that it signed, and wrote nothing. */
    remote = (struct remote){.key = NULL};
    assert_no_signature(&signer, PROVAR_E_SIGNATURE);
    signer.key = other;
    assert_no_signature(&signer, PROVAR_E_SIGNATURE);
}

static void test_a_callback_that_fails(void **state) {
    (void)state;
    struct provar_error err = {0};
    AUTO_KEY struct provar_key *key = key_of(nkey_pairs[0].seed);
    struct remote remote = {.key = key, .code = 5};
    struct pv_signer signer = signer_for(nkey_pairs[0].public_key);
    uint8_t signature[64];
    signer.sign = sign_remotely;
    signer.user = &remote;
    assert_no_signature(&signer, PROVAR_E_SIGNATURE);
    assert_int_equal(sign_with(&signer, signature, &err), PROVAR_E_SIGNATURE);
    assert_non_null(strstr(err.message, "callback"));
    assert_non_null(strstr(err.message, "5"));
    provar_error_clear(&err);
    remote.code = -1;
    assert_no_signature(&signer, PROVAR_E_SIGNATURE);
    remote.code = 0;
    assert_succeeds(sign_with(&signer, signature, &err), &err);
}

static void test_a_curve_key_is_no_signer(void **state) {
    (void)state;
    struct provar_error err = {0};
    AUTO_KEY struct provar_key *curve = NULL;
    struct remote remote = {0};
    assert_succeeds(provar_key_generate(PROVAR_KEY_CURVE, &curve, &err), &err);
    struct pv_signer signer = signer_for(provar_key_public(curve));
    signer.key = curve;
    assert_no_signature(&signer, PROVAR_E_KEY);
    signer.key = NULL;
    signer.sign = sign_remotely;
    signer.user = &remote;
    assert_no_signature(&signer, PROVAR_E_KEY);
    /* Whose bytes are those of a key that signs well. */
    AUTO_KEY struct provar_key *account = key_of(nkey_pairs[0].seed);
    signer = signer_for(nkey_pairs[0].public_key);
    pv_nkey_encode_public(PROVAR_KEY_CURVE, signer.issuer.bytes, &signer.issuer);
    signer.key = account;
    assert_no_signature(&signer, PROVAR_E_KEY);
    /* Behind an issuer that could sign. */
    signer = signer_for(nkey_pairs[0].public_key);
    signer.key = curve;
    assert_no_signature(&signer, PROVAR_E_KEY);
}

static void test_a_signer_without_key_and_callback(void **state) {
    (void)state;
    struct pv_signer signer = signer_for(nkey_pairs[0].public_key);
    assert_no_signature(&signer, PROVAR_E_USAGE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_seeds),
        cmocka_unit_test(test_one_line_end_may_follow),
        cmocka_unit_test(test_what_is_no_seed_makes_no_key),
        cmocka_unit_test(test_a_seed_has_the_length_that_is_given),
        cmocka_unit_test(test_generated_keys_of_every_kind),
        cmocka_unit_test(test_generated_keys_differ),
        cmocka_unit_test(test_unknown_kinds_are_not_generated),
        cmocka_unit_test(test_a_curve_key_is_an_x25519_key),
        cmocka_unit_test(test_free_takes_null),
        cmocka_unit_test(test_public_check),
        cmocka_unit_test(test_every_kind_but_the_curve_signs),
        cmocka_unit_test(test_a_key_and_a_callback_make_the_same_signature),
        cmocka_unit_test(test_signatures_that_do_not_fit_are_not_believed),
        cmocka_unit_test(test_a_callback_that_fails),
        cmocka_unit_test(test_a_curve_key_is_no_signer),
        cmocka_unit_test(test_a_signer_without_key_and_callback),
    };
    return cmocka_run_group_tests_name("key", tests, NULL, NULL);
}
