/* Ed25519 and X25519: published vectors; weak, non-canonical and missing points; malleable and weak signatures. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "internal.h"

#include "crypto/ed25519.h"
#include "support/keys.h"
#include "vectors/ed25519_edges.h"
#include "vectors/nkeys.h"
#include "vectors/rfc8032.h"

enum { SIGNATURE = PV_ED25519_SIGNATURE, LONGEST_MESSAGE = 1023 };

/* A signature that fits, for tests that then break one thing in it: TEST 2 of RFC 8032. */
struct signed_byte {
    uint8_t public_key[32];
    uint8_t message[1];
    uint8_t signature[SIGNATURE];
};

static struct signed_byte good(void) {
    struct signed_byte made;
    unhex(rfc8032_vectors[1].public_key, made.public_key, sizeof made.public_key);
    unhex(rfc8032_vectors[1].message, made.message, sizeof made.message);
    unhex(rfc8032_vectors[1].signature, made.signature, sizeof made.signature);
    return made;
}

static enum provar_result verify(const struct signed_byte *what, struct provar_error *err) {
    return pv_ed25519_verify(what->public_key, what->message, sizeof what->message, what->signature, err);
}

/* ---------------------------------------------------------------- published vectors */

static void test_rfc8032(void **state) {
    (void)state;
    struct provar_error err = {0};
    for (size_t i = 0; i < COUNT(rfc8032_vectors); i++) {
        const struct rfc8032_vector *vector = &rfc8032_vectors[i];
        uint8_t seed[32], key[32], expected_key[32], msg[LONGEST_MESSAGE], made[SIGNATURE], expected[SIGNATURE];
        size_t len = strlen(vector->message) / 2;
        unhex(vector->seed, seed, sizeof seed);
        unhex(vector->public_key, expected_key, sizeof expected_key);
        unhex(vector->message, msg, len);
        unhex(vector->signature, expected, sizeof expected);

        assert_succeeds(pv_ed25519_public(seed, key, &err), &err);
        assert_memory_equal(key, expected_key, sizeof key);
        assert_succeeds(pv_ed25519_sign(seed, msg, len, made, &err), &err);
        assert_memory_equal(made, expected, sizeof made);
        assert_succeeds(pv_ed25519_verify(key, msg, len, expected, &err), &err);
    }
    assert_int_equal(strlen(rfc8032_vectors[3].message) / 2, LONGEST_MESSAGE);
}

static void test_rfc7748(void **state) {
    (void)state;
    struct provar_error err = {0};
    for (size_t i = 0; i < COUNT(rfc7748_vectors); i++) {
        uint8_t secret[32], expected[32], made[32];
        unhex(rfc7748_vectors[i].secret, secret, sizeof secret);
        unhex(rfc7748_vectors[i].public_key, expected, sizeof expected);
        assert_succeeds(pv_x25519_public(secret, made, &err), &err);
        assert_memory_equal(made, expected, sizeof made);
    }
}

static void test_an_empty_message_needs_no_pointer(void **state) {
    (void)state;
    struct provar_error err = {0};
    uint8_t seed[32], key[32], signature[SIGNATURE], expected[SIGNATURE];
    unhex(rfc8032_vectors[0].seed, seed, sizeof seed);
    unhex(rfc8032_vectors[0].public_key, key, sizeof key);
    unhex(rfc8032_vectors[0].signature, expected, sizeof expected);
    assert_succeeds(pv_ed25519_sign(seed, NULL, 0, signature, &err), &err);
    assert_memory_equal(signature, expected, sizeof signature);
    assert_succeeds(pv_ed25519_verify(key, NULL, 0, signature, &err), &err);
}

/* ---------------------------------------------------------------- signatures that do not fit */

static void test_every_flipped_bit_is_refused(void **state) {
    (void)state;
    struct provar_error err = {0};
    struct signed_byte what = good();
    assert_succeeds(verify(&what, &err), &err);
    for (size_t bit = 0; bit < SIGNATURE * 8; bit++) {
        what = good();
        what.signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_fails(verify(&what, &err), PROVAR_E_SIGNATURE, &err);
    }
    for (size_t bit = 0; bit < 8; bit++) {
        what = good();
        what.message[0] ^= (uint8_t)(1u << bit);
        assert_fails(verify(&what, &err), PROVAR_E_SIGNATURE, &err);
    }
}

static void test_another_key_or_length_is_refused(void **state) {
    (void)state;
    struct provar_error err = {0};
    struct signed_byte what = good();
    assert_fails(pv_ed25519_verify(what.public_key, what.message, 0, what.signature, &err), PROVAR_E_SIGNATURE, &err);
    unhex(rfc8032_vectors[2].public_key, what.public_key, sizeof what.public_key);
    assert_fails(verify(&what, &err), PROVAR_E_SIGNATURE, &err);
}

/* S + n L names the same scalar; only S itself may be written. */
static void test_s_plus_l_is_refused(void **state) {
    (void)state;
    static const char order_hex[] = "EDD3F55C1A631258D69CF7A2DEF9DE1400000000000000000000000000000010";
    struct provar_error err = {0};
    struct signed_byte what = good();
    uint8_t order[32];
    unhex(order_hex, order, sizeof order);
    assert_succeeds(verify(&what, &err), &err);
    for (int times = 1; times <= 7; times++) {
        unsigned carry = 0;
        for (size_t i = 0; i < sizeof order; i++) {
            carry += (unsigned)what.signature[32 + i] + order[i];
            what.signature[32 + i] = (uint8_t)carry;
            carry >>= 8;
        }
        assert_int_equal(carry, 0);
        assert_fails(verify(&what, &err), PROVAR_E_SIGNATURE, &err);
    }
}

/* Versions of RFC 8032's reference code looked at the top three bits of S only. */
static void test_s_at_its_bounds(void **state) {
    (void)state;
    static const char *const refused[] = {
        "EDD3F55C1A631258D69CF7A2DEF9DE1400000000000000000000000000000010", /* L */
        "EED3F55C1A631258D69CF7A2DEF9DE1400000000000000000000000000000010", /* L + 1 */
        "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
    };
    struct provar_error err = {0};
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct signed_byte what = good();
        unhex(refused[i], what.signature + 32, 32);
        assert_int_equal(verify(&what, &err), PROVAR_E_SIGNATURE);
        assert_non_null(strstr(err.message, "malleable"));
        provar_error_clear(&err);
    }
    for (unsigned bit = 0x20; bit <= 0x80; bit <<= 1) {
        struct signed_byte what = good();
        what.signature[63] |= (uint8_t)bit;
        assert_int_equal(verify(&what, &err), PROVAR_E_SIGNATURE);
        assert_non_null(strstr(err.message, "malleable"));
        provar_error_clear(&err);
    }
    /* L - 1 is in range: it fails by the equation. */
    struct signed_byte what = good();
    unhex("ECD3F55C1A631258D69CF7A2DEF9DE1400000000000000000000000000000010", what.signature + 32, 32);
    assert_int_equal(verify(&what, &err), PROVAR_E_SIGNATURE);
    assert_null(strstr(err.message, "malleable"));
}

/* The holder of a sound key can make these; they satisfy the equation, and only the check in front refuses them. */
static void test_a_weak_r_is_refused(void **state) {
    (void)state;
    struct provar_error err = {0};
    uint8_t key[32], mixed[32], signature[SIGNATURE];
    unhex(EDGE_PUBLIC, key, sizeof key);
    unhex(EDGE_WEAK_R_SIGNATURE, signature, sizeof signature);
    assert_fails(pv_ed25519_verify(key, "weak R", 6, signature, &err), PROVAR_E_SIGNATURE, &err);
    unhex(EDGE_MIXED_PUBLIC, mixed, sizeof mixed);
    unhex(EDGE_MIXED_WEAK_R_SIGNATURE, signature, sizeof signature);
    assert_fails(pv_ed25519_verify(mixed, "order two 0", 11, signature, &err), PROVAR_E_SIGNATURE, &err);
}

static void test_every_weak_point_is_refused_as_r(void **state) {
    (void)state;
    struct provar_error err = {0};
    for (size_t i = 0; i < COUNT(nkey_weak); i++) {
        struct signed_byte what = good();
        uint8_t raw[35];
        size_t len;
        assert_true(pv_base32_decode(pv_str_of(nkey_weak[i].text), raw, sizeof raw, &len));
        memcpy(what.signature, raw + 1, 32);
        assert_int_equal(verify(&what, &err), PROVAR_E_SIGNATURE);
        assert_non_null(strstr(err.message, "weak signature"));
        provar_error_clear(&err);
    }
}

/* ---------------------------------------------------------------- keys */

/* With R = the identity and S = 0 the equation holds for every message under a key of order 1, and for a part of all
 * messages under the other weak keys. */
static void test_weak_keys_are_refused_with_the_universal_signature(void **state) {
    (void)state;
    static const uint8_t universal[SIGNATURE] = {1};
    struct provar_error err = {0};
    for (size_t i = 0; i < COUNT(nkey_weak); i++) {
        uint8_t raw[35];
        size_t len;
        assert_true(pv_base32_decode(pv_str_of(nkey_weak[i].text), raw, sizeof raw, &len));
        assert_fails(pv_ed25519_check_public(raw + 1, &err), PROVAR_E_KEY, &err);
        for (uint8_t message = 0; message < 16; message++)
            assert_fails(pv_ed25519_verify(raw + 1, &message, 1, universal, &err), PROVAR_E_KEY, &err);
    }
    assert_int_equal(COUNT(nkey_weak), 14);
}

/* The nineteen values from p to 2^255 - 1, of which some are points when taken modulo p. */
static void test_y_from_p_upwards_is_refused(void **state) {
    (void)state;
    struct provar_error err = {0};
    uint8_t key[32];
    memset(key, 0xff, sizeof key);
    for (unsigned low = 0xed; low <= 0xff; low++)
        for (unsigned sign = 0; sign <= 0x80; sign += 0x80) {
            key[0] = (uint8_t)low;
            key[31] = (uint8_t)(0x7f | sign);
            assert_int_equal(pv_ed25519_check_public(key, &err), PROVAR_E_KEY);
            assert_non_null(strstr(err.message, "non-canonically"));
            provar_error_clear(&err);
        }
}

/* Below p the answer is that of the curve: y and -y are points together. */
static void test_y_around_zero(void **state) {
    (void)state;
    struct provar_error err = {0};
    for (unsigned y = 2; y < 64; y++) {
        uint8_t small[32] = {(uint8_t)y}, minus[32];
        memset(minus, 0xff, sizeof minus);
        minus[0] = (uint8_t)(0xed - y);
        minus[31] = 0x7f;
        enum provar_result expected = EDGE_Y_ON_CURVE >> y & 1 ? PROVAR_OK : PROVAR_E_KEY;
        assert_int_equal(pv_ed25519_check_public(small, NULL), expected);
        assert_int_equal(pv_ed25519_check_public(minus, NULL), expected);
        small[31] |= 0x80;
        assert_int_equal(pv_ed25519_check_public(small, &err), expected);
        provar_error_clear(&err);
    }
}

static void test_bytes_that_are_no_point_are_refused(void **state) {
    (void)state;
    struct provar_error err = {0};
    for (size_t i = 0; i < COUNT(edge_points); i++) {
        struct signed_byte what = good();
        unhex(edge_points[i].bytes, what.public_key, sizeof what.public_key);
        if (edge_points[i].on_curve) {
            assert_succeeds(pv_ed25519_check_public(what.public_key, &err), &err);
            assert_fails(verify(&what, &err), PROVAR_E_SIGNATURE, &err);
        } else {
            assert_fails(pv_ed25519_check_public(what.public_key, &err), PROVAR_E_KEY, &err);
            assert_fails(verify(&what, &err), PROVAR_E_KEY, &err);
        }
    }
}

/* docs/THREATS.md: the verdict on mixed-order keys is that of the equation without the cofactor, and stays so. */
static void test_mixed_order_keys_get_the_cofactorless_verdict(void **state) {
    (void)state;
    struct provar_error err = {0};
    uint8_t key[32], signature[SIGNATURE];
    unhex(EDGE_MIXED_PUBLIC, key, sizeof key);
    assert_succeeds(pv_ed25519_check_public(key, &err), &err);
    unhex(EDGE_MIXED_2_EVEN_SIGNATURE, signature, sizeof signature);
    assert_succeeds(pv_ed25519_verify(key, "mixed 2", 7, signature, &err), &err);
    unhex(EDGE_MIXED_0_ODD_SIGNATURE, signature, sizeof signature);
    assert_fails(pv_ed25519_verify(key, "mixed 0", 7, signature, &err), PROVAR_E_SIGNATURE, &err);
}

static void test_the_first_error_wins(void **state) {
    (void)state;
    static const uint8_t zero[SIGNATURE];
    struct provar_error err = {0};
    (void)pv_fail(&err, PROVAR_E_IO, 7, "earlier");
    assert_int_equal(pv_ed25519_verify(zero, "", 0, zero, &err), PROVAR_E_KEY);
    assert_int_equal(err.code, PROVAR_E_IO);
    assert_string_equal(err.message, "earlier");
    assert_int_equal(pv_ed25519_verify(zero, "", 0, zero, NULL), PROVAR_E_KEY);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc8032),
        cmocka_unit_test(test_rfc7748),
        cmocka_unit_test(test_an_empty_message_needs_no_pointer),
        cmocka_unit_test(test_every_flipped_bit_is_refused),
        cmocka_unit_test(test_another_key_or_length_is_refused),
        cmocka_unit_test(test_s_plus_l_is_refused),
        cmocka_unit_test(test_s_at_its_bounds),
        cmocka_unit_test(test_a_weak_r_is_refused),
        cmocka_unit_test(test_every_weak_point_is_refused_as_r),
        cmocka_unit_test(test_weak_keys_are_refused_with_the_universal_signature),
        cmocka_unit_test(test_y_from_p_upwards_is_refused),
        cmocka_unit_test(test_y_around_zero),
        cmocka_unit_test(test_bytes_that_are_no_point_are_refused),
        cmocka_unit_test(test_mixed_order_keys_get_the_cofactorless_verdict),
        cmocka_unit_test(test_the_first_error_wins),
    };
    return cmocka_run_group_tests_name("ed25519", tests, NULL, NULL);
}
