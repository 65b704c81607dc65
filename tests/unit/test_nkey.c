/* nkeys: known pairs, all kinds, and every text that is not the canonical one. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "internal.h"

#include "base/codec.h"
#include "crypto/ed25519.h"
#include "keys/nkey.h"
#include "support/keys.h"
#include "vectors/nkeys.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
static const char kinds[] = "ACMNOUVX";

enum { PUBLIC = PROVAR_PUBLIC_LEN, SEED = PROVAR_SEED_LEN, RAW_PUBLIC = 35, RAW_SEED = 36 };

/* CRC-16/XMODEM by long division of the message's bits: written apart from the code under test. */
static uint16_t crc16(const uint8_t *data, size_t len) {
    uint32_t remainder = 0;
    for (size_t bit = 0; bit < (len + 2) * 8; bit++) {
        uint32_t next = bit / 8 < len ? (uint32_t)data[bit / 8] >> (7 - bit % 8) & 1 : 0;
        remainder = remainder << 1 | next;
        if (remainder & 0x10000)
            remainder ^= 0x11021;
    }
    return (uint16_t)remainder;
}

/* The text of raw bytes whose last two become the right checksum. */
static void seal_text(uint8_t *raw, size_t len, char *text) {
    uint16_t crc = crc16(raw, len - 2);
    raw[len - 2] = (uint8_t)crc;
    raw[len - 1] = (uint8_t)(crc >> 8);
    pv_base32_encode(raw, len, text);
    text[PV_BASE32_LEN(len)] = 0;
}

static enum provar_result decode_public(const char *text, size_t len, struct provar_error *err) {
    struct pv_nkey key;
    return pv_nkey_decode_public(pv_str(text, len), &key, err);
}

/* Checks too that a refused seed leaves nothing behind. */
static enum provar_result decode_seed(const char *text, size_t len, struct provar_error *err) {
    static const uint8_t zero[32];
    enum provar_key_kind kind;
    uint8_t seed[32];
    memset(seed, 0xa5, sizeof seed);
    enum provar_result result = pv_nkey_decode_seed(pv_str(text, len), &kind, seed, err);
    if (result != PROVAR_OK)
        assert_memory_equal(seed, zero, sizeof seed);
    return result;
}

static const char *good_public(void) {
    return nkey_pairs[0].public_key;
}

static const char *good_seed(void) {
    return nkey_pairs[0].seed;
}

/* ---------------------------------------------------------------- what is right */

static void test_known_pairs(void **state) {
    (void)state;
    struct provar_error err = {0};
    for (size_t i = 0; i < COUNT(nkey_pairs); i++) {
        enum provar_key_kind kind;
        uint8_t seed[32], bytes[32];
        char text[SEED + 1];
        struct pv_nkey encoded, decoded;
        assert_succeeds(pv_nkey_decode_seed(pv_str_of(nkey_pairs[i].seed), &kind, seed, &err), &err);
        assert_int_equal(kind, nkey_pairs[i].seed[1]);
        assert_succeeds(pv_ed25519_public(seed, bytes, &err), &err);
        pv_nkey_encode_public(kind, bytes, &encoded);
        assert_string_equal(encoded.text, nkey_pairs[i].public_key);
        pv_nkey_encode_seed(kind, seed, text);
        assert_string_equal(text, nkey_pairs[i].seed);

        assert_succeeds(pv_nkey_decode_public(pv_str_of(nkey_pairs[i].public_key), &decoded, &err), &err);
        assert_int_equal(decoded.kind, kind);
        assert_memory_equal(decoded.bytes, bytes, sizeof bytes);
        assert_string_equal(decoded.text, nkey_pairs[i].public_key);
    }
}

static void test_one_key_under_several_kinds(void **state) {
    (void)state;
    struct provar_error err = {0};
    struct pv_nkey account, other, encoded;
    assert_succeeds(pv_nkey_decode_public(pv_str_of(nkey_pairs[2].public_key), &account, &err), &err);
    assert_succeeds(pv_nkey_decode_public(PV_STR(NKEY_COUNTING_OPERATOR), &other, &err), &err);
    assert_int_equal(other.kind, PROVAR_KEY_OPERATOR);
    assert_memory_equal(account.bytes, other.bytes, 32);
    pv_nkey_encode_public(PROVAR_KEY_OPERATOR, account.bytes, &encoded);
    assert_string_equal(encoded.text, NKEY_COUNTING_OPERATOR);
    pv_nkey_encode_public(PROVAR_KEY_SERVICE, account.bytes, &encoded);
    assert_string_equal(encoded.text, NKEY_COUNTING_SERVICE);
}

static void test_all_kinds_round_trip(void **state) {
    (void)state;
    struct provar_error err = {0};
    struct pv_nkey good, encoded, decoded;
    assert_succeeds(pv_nkey_decode_public(pv_str_of(good_public()), &good, &err), &err);
    for (const char *letter = kinds; *letter; letter++) {
        enum provar_key_kind kind = (enum provar_key_kind) * letter, found;
        char text[SEED + 1];
        uint8_t seed[32];
        assert_true(pv_nkey_kind_is_known(kind));
        pv_nkey_encode_public(kind, good.bytes, &encoded);
        assert_int_equal(encoded.text[0], *letter);
        assert_int_equal(strlen(encoded.text), PUBLIC);
        assert_succeeds(pv_nkey_decode_public(pv_str_of(encoded.text), &decoded, &err), &err);
        assert_int_equal(decoded.kind, kind);
        assert_memory_equal(decoded.bytes, good.bytes, 32);

        pv_nkey_encode_seed(kind, good.bytes, text);
        assert_int_equal(text[0], 'S');
        assert_int_equal(text[1], *letter);
        assert_int_equal(strlen(text), SEED);
        assert_succeeds(pv_nkey_decode_seed(pv_str_of(text), &found, seed, &err), &err);
        assert_int_equal(found, kind);
        assert_memory_equal(seed, good.bytes, 32);
    }
}

static void test_names_of_kinds(void **state) {
    (void)state;
    assert_string_equal(pv_nkey_kind_name(PROVAR_KEY_ACCOUNT), "account");
    assert_string_equal(pv_nkey_kind_name(PROVAR_KEY_SERVICE), "service");
    assert_string_equal(pv_nkey_kind_name((enum provar_key_kind)'Z'), "unknown");
    for (int letter = 0; letter < 256; letter++) {
        bool known = letter != 0 && strchr(kinds, letter) != NULL;
        assert_int_equal(pv_nkey_kind_is_known((enum provar_key_kind)letter), known);
    }
}

/* ---------------------------------------------------------------- texts that are not public keys */

static void test_every_wrong_character_of_a_public_key_is_refused(void **state) {
    (void)state;
    struct provar_error err = {0};
    char text[PUBLIC + 1];
    assert_succeeds(decode_public(good_public(), PUBLIC, &err), &err);
    for (size_t at = 0; at < PUBLIC; at++)
        for (const char *letter = alphabet; *letter; letter++) {
            memcpy(text, good_public(), sizeof text);
            if (text[at] == *letter)
                continue;
            text[at] = *letter;
            assert_fails(decode_public(text, PUBLIC, &err), PROVAR_E_KEY, &err);
        }
}

static void test_every_byte_outside_the_alphabet_is_refused(void **state) {
    (void)state;
    struct provar_error err = {0};
    char text[SEED + 1];
    for (int byte = 0; byte < 256; byte++) {
        if (byte != 0 && strchr(alphabet, byte))
            continue;
        memcpy(text, good_public(), PUBLIC);
        text[20] = (char)byte;
        assert_fails(decode_public(text, PUBLIC, &err), PROVAR_E_KEY, &err);
        memcpy(text, good_seed(), SEED);
        text[20] = (char)byte;
        assert_fails(decode_seed(text, SEED, &err), PROVAR_E_KEY, &err);
    }
}

/* Each `text` is a good public key but for one thing. */
static void test_other_texts_of_a_public_key_are_refused(void **state) {
    (void)state;
    static const char *const texts[] = {
        "",
        "AA7R5L74E45BJ4XVUYTELQ56P5VCOSPOAA474L7QWH4ZAILLKTZFWYY",
        "AA7R5L74E45BJ4XVUYTELQ56P5VCOSPOAA474L7QWH4ZAILLKTZFWYYWA",
        "AA7R5L74E45BJ4XVUYTELQ56P5VCOSPOAA474L7QWH4ZAILLKTZFWYYW\n",
        "AA7R5L74E45BJ4XVUYTELQ56P5VCOSPOAA474L7QWH4ZAILLKTZFWYYW\r\n",
        "AA7R5L74E45BJ4XVUYTELQ56P5VCOSPOAA474L7QWH4ZAILLKTZFWYYW=",
        "AA7R5L74E45BJ4XVUYTELQ56P5VCOSPOAA474L7QWH4ZAILLKTZFWYYW========",
        " AA7R5L74E45BJ4XVUYTELQ56P5VCOSPOAA474L7QWH4ZAILLKTZFWYYW",
        "AA7R5L74E45BJ4XVUYTELQ56P5VC\r\nOSPOAA474L7QWH4ZAILLKTZFWYYW",
        "aa7r5l74e45bj4xvuytelq56p5vcospoaa474l7qwh4zaillktzfwyyw",
        "Aa7R5L74E45BJ4XVUYTELQ56P5VCOSPOAA474L7QWH4ZAILLKTZFWYYW",
        "AA7R5L74E45BJ4XVUYTELQ56P5VCOSPOAA474L7QWH4ZAILLKTZFWYY\n",
        "AA7R5L74E45BJ4XVUYTELQ56P5VCOSPOAA474L7QWH4ZAILLKTZFWYY ",
        "AA7R5L74E45BJ4XVUYTELQ56P5VCOSPOAA474L7QWH4ZAILLKTZFWYY=",
    };
    struct provar_error err = {0};
    assert_succeeds(decode_public("AA7R5L74E45BJ4XVUYTELQ56P5VCOSPOAA474L7QWH4ZAILLKTZFWYYW", PUBLIC, &err), &err);
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_fails(decode_public(texts[i], strlen(texts[i]), &err), PROVAR_E_KEY, &err);
    assert_fails(decode_public(NULL, 0, &err), PROVAR_E_KEY, &err);
}

/* The first character shows five bits of the prefix byte; the reference in Go looks at no others. */
static void test_every_prefix_byte_but_eight_is_refused(void **state) {
    (void)state;
    struct provar_error err = {0};
    uint8_t raw[RAW_PUBLIC];
    size_t len, accepted = 0;
    char text[PUBLIC + 1];
    assert_true(pv_base32_decode(pv_str_of(good_public()), raw, sizeof raw, &len));
    for (unsigned prefix = 0; prefix < 256; prefix++) {
        raw[0] = (uint8_t)prefix;
        seal_text(raw, sizeof raw, text);
        enum provar_result result = decode_public(text, PUBLIC, &err);
        bool known = prefix % 8 == 0 && strchr(kinds, text[0]) != NULL;
        assert_int_equal(result, known ? PROVAR_OK : PROVAR_E_KEY);
        accepted += known;
        provar_error_clear(&err);
        if (prefix > 0 && prefix < 8)
            assert_int_equal(text[0], 'A');
    }
    assert_int_equal(accepted, 8);
}

static void test_weak_keys_are_refused(void **state) {
    (void)state;
    struct provar_error err = {0};
    for (size_t i = 0; i < COUNT(nkey_weak); i++) {
        assert_int_equal(decode_public(nkey_weak[i].text, PUBLIC, &err), PROVAR_E_KEY);
        assert_non_null(strstr(err.message, "weak"));
        provar_error_clear(&err);
    }
    assert_fails(decode_public(NKEY_WEAK_SERVICE, PUBLIC, &err), PROVAR_E_KEY, &err);
    assert_fails(decode_public("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", PUBLIC, &err), PROVAR_E_KEY,
                 &err);
}

/* Whatever kind signs; only the curve key, which does not, is a point of another curve. */
static void test_weak_points_are_refused_for_every_kind_that_signs(void **state) {
    (void)state;
    static const uint8_t identity[32] = {1}, no_point[32] = {2};
    struct provar_error err = {0};
    for (const char *letter = kinds; *letter; letter++) {
        struct pv_nkey key;
        enum provar_result expected = *letter == 'X' ? PROVAR_OK : PROVAR_E_KEY;
        pv_nkey_encode_public((enum provar_key_kind) * letter, identity, &key);
        assert_int_equal(decode_public(key.text, PUBLIC, &err), expected);
        provar_error_clear(&err);
        pv_nkey_encode_public((enum provar_key_kind) * letter, no_point, &key);
        assert_int_equal(decode_public(key.text, PUBLIC, &err), expected);
        provar_error_clear(&err);
    }
}

/* Text that is canonical, whatever its bytes are; and no other text. */
static void test_the_text_alone(void **state) {
    (void)state;
    static const uint8_t no_point[32] = {2};
    struct provar_error err = {0};
    struct pv_nkey encoded, key;
    pv_nkey_encode_public(PROVAR_KEY_SERVICE, no_point, &encoded);
    assert_fails(decode_public(encoded.text, PUBLIC, &err), PROVAR_E_KEY, &err);
    provar_error_clear(&err);
    assert_succeeds(pv_nkey_decode_text(pv_str_of(encoded.text), &key, &err), &err);
    assert_int_equal(key.kind, PROVAR_KEY_SERVICE);
    assert_memory_equal(key.bytes, no_point, sizeof no_point);
    assert_string_equal(key.text, encoded.text);
    for (size_t i = 0; i < COUNT(nkey_weak); i++) {
        char text[PUBLIC + 1];
        assert_succeeds(pv_nkey_decode_text(pv_str_of(nkey_weak[i].text), &key, &err), &err);
        memcpy(text, nkey_weak[i].text, sizeof text);
        text[20] = text[20] == 'B' ? 'C' : 'B';
        assert_int_equal(pv_nkey_decode_text(pv_str_of(text), &key, NULL), PROVAR_E_KEY);
        assert_string_equal(key.text, nkey_weak[i].text);
    }
    assert_int_equal(pv_nkey_decode_text(pv_str_of(good_seed()), &key, NULL), PROVAR_E_KEY);
}

static void test_a_seed_is_not_a_public_key_and_not_echoed(void **state) {
    (void)state;
    struct provar_error err = {0};
    struct pv_nkey key;
    assert_int_equal(decode_public(good_seed(), SEED, &err), PROVAR_E_KEY);
    assert_null(strstr(err.message, "SAAC"));
    assert_non_null(strstr(err.message, "seed"));
    provar_error_clear(&err);
    assert_int_equal(pv_nkey_decode_role(pv_str_of(good_seed()), PROVAR_KEY_ACCOUNT, "issuer", &key, &err),
                     PROVAR_E_KEY);
    assert_null(strstr(err.message, "SAAC"));
    provar_error_clear(&err);
    /* Nor one that was mistyped, cut, or has something in front. */
    static const char *const texts[] = {
        " SAACTTUPKR55VUWUDK7GJ5SU5KGED455FR7BDO46RUVOTHUWKBLECLH2UU",
        "sAACTTUPKR55VUWUDK7GJ5SU5KGED455FR7BDO46RUVOTHUWKBLECLH2UU",
        "SAACTTUPKR55VUWUDK7GJ5SU5KGED455FR7BDO46RUVOTHUWKBLECLH2",
        "AACTTUPKR55VUWUDK7GJ5SU5KGED455FR7BDO46RUVOTHUWKBLECLH2U",
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        assert_int_equal(decode_public(texts[i], strlen(texts[i]), &err), PROVAR_E_KEY);
        assert_null(strstr(err.message, "TTUP"));
        provar_error_clear(&err);
    }
}

static void test_outputs_are_written_on_success_only(void **state) {
    (void)state;
    struct pv_nkey key, before;
    memset(&key, 0xa5, sizeof key);
    memcpy(&before, &key, sizeof key);
    assert_int_equal(pv_nkey_decode_public(pv_str_of(nkey_weak[0].text), &key, NULL), PROVAR_E_KEY);
    assert_memory_equal(&key, &before, sizeof key);
    assert_int_equal(pv_nkey_decode_role(pv_str_of(good_public()), PROVAR_KEY_SERVICE, "subject", &key, NULL),
                     PROVAR_E_KEY);
    assert_memory_equal(&key, &before, sizeof key);
}

/* ---------------------------------------------------------------- roles */

static void test_a_role_takes_one_kind(void **state) {
    (void)state;
    struct provar_error err = {0};
    struct pv_nkey good, other, key;
    assert_succeeds(pv_nkey_decode_role(pv_str_of(good_public()), PROVAR_KEY_ACCOUNT, "issuer", &key, &err), &err);
    assert_string_equal(key.text, good_public());
    good = key;
    for (const char *letter = kinds + 1; *letter; letter++) {
        pv_nkey_encode_public((enum provar_key_kind) * letter, good.bytes, &other);
        assert_int_equal(pv_nkey_decode_role(pv_str_of(other.text), PROVAR_KEY_ACCOUNT, "issuer", &key, &err),
                         PROVAR_E_KEY);
        assert_non_null(strstr(err.message, "issuer"));
        assert_non_null(strstr(err.message, pv_nkey_kind_name(other.kind)));
        assert_non_null(strstr(err.message, "account"));
        provar_error_clear(&err);
    }
    assert_int_equal(pv_nkey_decode_role(PV_STR("x"), PROVAR_KEY_ACCOUNT, "issuer", &key, &err), PROVAR_E_KEY);
    assert_non_null(strstr(err.message, "issuer: "));
}

/* ---------------------------------------------------------------- texts that are not seeds */

static void test_every_wrong_character_of_a_seed_is_refused(void **state) {
    (void)state;
    struct provar_error err = {0};
    char text[SEED + 1];
    assert_succeeds(decode_seed(good_seed(), SEED, &err), &err);
    for (size_t at = 0; at < SEED; at++)
        for (const char *letter = alphabet; *letter; letter++) {
            memcpy(text, good_seed(), sizeof text);
            if (text[at] == *letter)
                continue;
            text[at] = *letter;
            assert_fails(decode_seed(text, SEED, &err), PROVAR_E_KEY, &err);
        }
}

static void test_other_texts_of_a_seed_are_refused(void **state) {
    (void)state;
    static const char *const texts[] = {
        "",
        "SAACTTUPKR55VUWUDK7GJ5SU5KGED455FR7BDO46RUVOTHUWKBLECLH2U",
        "SAACTTUPKR55VUWUDK7GJ5SU5KGED455FR7BDO46RUVOTHUWKBLECLH2UUA",
        "SAACTTUPKR55VUWUDK7GJ5SU5KGED455FR7BDO46RUVOTHUWKBLECLH2UU\n",
        " SAACTTUPKR55VUWUDK7GJ5SU5KGED455FR7BDO46RUVOTHUWKBLECLH2UU",
        "SAACTTUPKR55VUWUDK7GJ5SU5KGED455FR7BDO46RUVOTHUWKBLECLH2UU======",
        "saacttupkr55vuwudk7gj5su5kged455fr7bdo46ruvothuwkbleclh2uu",
        "AA7R5L74E45BJ4XVUYTELQ56P5VCOSPOAA474L7QWH4ZAILLKTZFWYYW",
        /* 290 bits hold 36 bytes and two more, which must be 0. */
        "SAACTTUPKR55VUWUDK7GJ5SU5KGED455FR7BDO46RUVOTHUWKBLECLH2UV",
        "SAACTTUPKR55VUWUDK7GJ5SU5KGED455FR7BDO46RUVOTHUWKBLECLH2UW",
        "SAACTTUPKR55VUWUDK7GJ5SU5KGED455FR7BDO46RUVOTHUWKBLECLH2UX",
        NKEY_UNKNOWN_KIND_SEED,
    };
    struct provar_error err = {0};
    assert_succeeds(decode_seed("SAACTTUPKR55VUWUDK7GJ5SU5KGED455FR7BDO46RUVOTHUWKBLECLH2UU", SEED, &err), &err);
    for (size_t i = 0; i < COUNT(texts); i++) {
        assert_int_equal(decode_seed(texts[i], strlen(texts[i]), &err), PROVAR_E_KEY);
        assert_null(strstr(err.message, "CTTUP"));
        provar_error_clear(&err);
    }
}

/* All 2^16 prefixes with the right checksum: eight are seeds. */
static void test_every_seed_prefix_but_eight_is_refused(void **state) {
    (void)state;
    uint8_t raw[RAW_SEED];
    size_t len, accepted = 0;
    char text[SEED + 1];
    assert_true(pv_base32_decode(pv_str_of(good_seed()), raw, sizeof raw, &len));
    for (unsigned prefix = 0; prefix < 0x10000; prefix++) {
        raw[0] = (uint8_t)(prefix >> 8);
        raw[1] = (uint8_t)prefix;
        seal_text(raw, sizeof raw, text);
        enum provar_result result = decode_seed(text, SEED, NULL);
        if (result == PROVAR_OK) {
            assert_int_equal(text[0], 'S');
            assert_non_null(strchr(kinds, text[1]));
            accepted++;
        } else {
            assert_int_equal(result, PROVAR_E_KEY);
        }
    }
    assert_int_equal(accepted, 8);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_pairs),
        cmocka_unit_test(test_one_key_under_several_kinds),
        cmocka_unit_test(test_all_kinds_round_trip),
        cmocka_unit_test(test_names_of_kinds),
        cmocka_unit_test(test_every_wrong_character_of_a_public_key_is_refused),
        cmocka_unit_test(test_every_byte_outside_the_alphabet_is_refused),
        cmocka_unit_test(test_other_texts_of_a_public_key_are_refused),
        cmocka_unit_test(test_every_prefix_byte_but_eight_is_refused),
        cmocka_unit_test(test_weak_keys_are_refused),
        cmocka_unit_test(test_weak_points_are_refused_for_every_kind_that_signs),
        cmocka_unit_test(test_the_text_alone),
        cmocka_unit_test(test_a_seed_is_not_a_public_key_and_not_echoed),
        cmocka_unit_test(test_outputs_are_written_on_success_only),
        cmocka_unit_test(test_a_role_takes_one_kind),
        cmocka_unit_test(test_every_wrong_character_of_a_seed_is_refused),
        cmocka_unit_test(test_other_texts_of_a_seed_are_refused),
        cmocka_unit_test(test_every_seed_prefix_but_eight_is_refused),
    };
    return cmocka_run_group_tests_name("nkey", tests, NULL, NULL);
}
