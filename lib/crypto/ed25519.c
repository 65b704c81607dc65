/* Ed25519 and X25519 by OpenSSL, behind a check of the points and scalars that OpenSSL lets pass. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/bn.h>
#include <openssl/evp.h>

#include "internal.h"

#include "base/unpoison.h"
#include "crypto/ed25519.h"
#include "crypto/openssl_context.h"
#include "crypto/openssl_error.h"

/*
 * A point is written as y, 255 bits little-endian, with the lowest bit of x on top of it (RFC 8032, 5.1.2):
 *
 *     byte  0 ................................ 30   31
 *           y, lowest byte first                    x0 | y's highest seven bits
 *
 * A signature is R, a point, then S, a scalar: 32 bytes each, little-endian.
 */

enum { POINT = 32, SIGN_BYTE = POINT - 1, SIGN_BIT = 0x80 };

/* The field's prime p = 2^255 - 19. */
static const uint8_t prime[POINT] = {
    0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f,
};

/* The order L of the base point (RFC 8032, 5.1). */
static const uint8_t group_order[POINT] = {
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x10,
};

/* The curve's constant d = -121665/121666 (RFC 8032, 5.1). */
static const uint8_t curve_d[POINT] = {
    0xa3, 0x78, 0x59, 0x13, 0xca, 0x4d, 0xeb, 0x75, 0xab, 0xd8, 0x41, 0x41, 0x4d, 0x0a, 0x70, 0x00,
    0x98, 0xe8, 0x79, 0x77, 0x79, 0x40, 0xc7, 0x8c, 0x73, 0xfe, 0x6f, 0x2b, 0xee, 0x6c, 0x03, 0x52,
};

/* The y of the eight points whose order divides 8. Two points that differ in sign share one; the sign bit of the two
 * with x = 0 is no encoding at all, and is refused by the same comparison. */
static const uint8_t weak_y[][POINT] = {
    /* order 1 */
    {0x01},
    /* order 2 */
    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    /* order 4, both */
    {0x00},
    /* order 8, two of four */
    {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
     0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
    /* order 8, the others */
    {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
     0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
};

PV_DEFINE_CLEANUP(cleanup_key, EVP_PKEY, EVP_PKEY_free)
PV_DEFINE_CLEANUP(cleanup_digest, EVP_MD_CTX, EVP_MD_CTX_free)
PV_DEFINE_CLEANUP(cleanup_bn, BN_CTX, BN_CTX_free)

/* ---------------------------------------------------------------- points and scalars */

/* Compares little-endian numbers. None of them is secret, so the time may tell. */
static bool is_below(const uint8_t a[POINT], const uint8_t b[POINT]) {
    for (size_t i = POINT; i-- > 0;)
        if (a[i] != b[i])
            return a[i] < b[i];
    return false;
}

/* What is wrong with an encoded point, in words that follow "its point is", or NULL. Whether it is on the curve is not
 * asked. */
static const char *point_fault(const uint8_t point[POINT]) {
    uint8_t y[POINT];
    memcpy(y, point, POINT);
    y[SIGN_BYTE] &= (uint8_t)~SIGN_BIT;
    if (!is_below(y, prime))
        return "written non-canonically";
    for (size_t i = 0; i < sizeof weak_y / sizeof weak_y[0]; i++)
        if (pv_bytes_equal(y, weak_y[i], POINT))
            return "of small order";
    return NULL;
}

/* Sets *square to whether x^2 = (y^2 - 1) / (d y^2 + 1) has a solution (RFC 8032, 5.1.3). The denominator is never 0,
 * because -1/d is no square; and a quotient is a square exactly when the product is. OpenSSL's own verdict comes only
 * with a signature's and does not say which of the two was at fault. */
static enum provar_result find_square(const uint8_t y_bytes[POINT], bool *square, struct provar_error *err) {
    PV_OPENSSL_ERRORS_STAY_HERE;
    PV_CLEANUP(cleanup_bn) BN_CTX *ctx = BN_CTX_new();
    if (ctx == NULL)
        return pv_fail_memory(err);
    BN_CTX_start(ctx);
    BIGNUM *p = BN_CTX_get(ctx), *d = BN_CTX_get(ctx), *y2 = BN_CTX_get(ctx);
    BIGNUM *above = BN_CTX_get(ctx), *below = BN_CTX_get(ctx), *product = BN_CTX_get(ctx);
    /* The last of them is NULL when one is. */
    bool done = product && BN_lebin2bn(prime, POINT, p) && BN_lebin2bn(curve_d, POINT, d) &&
                BN_lebin2bn(y_bytes, POINT, y2) && BN_mod_sqr(y2, y2, p, ctx) &&
                BN_mod_sub(above, y2, BN_value_one(), p, ctx) && BN_mod_mul(below, d, y2, p, ctx) &&
                BN_mod_add(below, below, BN_value_one(), p, ctx) && BN_mod_mul(product, above, below, p, ctx);
    int symbol = done ? BN_kronecker(product, p, ctx) : -2;
    BN_CTX_end(ctx);
    if (symbol < -1)
        return pv_openssl_fail(err, "cannot examine a public key");
    *square = symbol >= 0;
    return PROVAR_OK;
}

enum provar_result pv_ed25519_check_public(const uint8_t public_key[PV_ED25519_PUBLIC], struct provar_error *err) {
    const char *fault = point_fault(public_key);
    if (fault)
        return pv_fail(err, PROVAR_E_KEY, PROVAR_NO_OFFSET, "weak public key: its point is %s", fault);
    uint8_t y[POINT];
    memcpy(y, public_key, POINT);
    y[SIGN_BYTE] &= (uint8_t)~SIGN_BIT;
    bool on_curve = false;
    enum provar_result result = find_square(y, &on_curve, err);
    if (result == PROVAR_OK && !on_curve)
        result = pv_fail(err, PROVAR_E_KEY, PROVAR_NO_OFFSET, "not a public key: its bytes are no point of the curve");
    return result;
}

/* RFC 8032, 5.1.7 asks for S < L, without which a signature has a twin at S + L. It does not ask for a strong R:
 * whoever holds the key can make a signature with a weak one, about which verifiers disagree. */
static enum provar_result check_signature(const uint8_t signature[PV_ED25519_SIGNATURE], struct provar_error *err) {
    if (!is_below(signature + POINT, group_order))
        return pv_fail(err, PROVAR_E_SIGNATURE, PROVAR_NO_OFFSET,
                       "malleable signature: its scalar is not below the group order");
    const char *fault = point_fault(signature);
    if (fault)
        return pv_fail(err, PROVAR_E_SIGNATURE, PROVAR_NO_OFFSET, "weak signature: its point is %s", fault);
    return PROVAR_OK;
}

/* ---------------------------------------------------------------- public, sign, verify */

static enum provar_result derive_public(const char *algorithm, const uint8_t seed[32], uint8_t public_key[32],
                                        struct provar_error *err) {
    PV_OPENSSL_ERRORS_STAY_HERE;
    uint8_t made[32];
    size_t len = sizeof made;
    OSSL_LIB_CTX *context = pv_openssl_context();
    if (context == NULL)
        return pv_fail_memory(err);
    PV_CLEANUP(cleanup_key) EVP_PKEY *key = EVP_PKEY_new_raw_private_key_ex(context, algorithm, NULL, seed, 32);
    if (key == NULL || EVP_PKEY_get_raw_public_key(key, made, &len) != 1 || len != sizeof made)
        return pv_openssl_fail(err, "cannot derive a public key");
    PV_UNPOISON(made, sizeof made);
    memcpy(public_key, made, sizeof made);
    return PROVAR_OK;
}

enum provar_result pv_ed25519_public(const uint8_t seed[PV_ED25519_SEED], uint8_t public_key[PV_ED25519_PUBLIC],
                                     struct provar_error *err) {
    return derive_public("ED25519", seed, public_key, err);
}

enum provar_result pv_x25519_public(const uint8_t seed[32], uint8_t public_key[32], struct provar_error *err) {
    return derive_public("X25519", seed, public_key, err);
}

enum provar_result pv_ed25519_sign(const uint8_t seed[PV_ED25519_SEED], const void *msg, size_t len,
                                   uint8_t signature[PV_ED25519_SIGNATURE], struct provar_error *err) {
    PV_OPENSSL_ERRORS_STAY_HERE;
    uint8_t made[PV_ED25519_SIGNATURE];
    size_t made_len = sizeof made;
    OSSL_LIB_CTX *context = pv_openssl_context();
    if (context == NULL)
        return pv_fail_memory(err);
    PV_CLEANUP(cleanup_key)
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key_ex(context, "ED25519", NULL, seed, PV_ED25519_SEED);
    PV_CLEANUP(cleanup_digest) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (key == NULL || ctx == NULL || EVP_DigestSignInit_ex(ctx, NULL, NULL, context, NULL, key, NULL) != 1 ||
        EVP_DigestSign(ctx, made, &made_len, len > 0 ? msg : "", len) != 1 || made_len != sizeof made)
        return pv_openssl_fail(err, "cannot sign");
    PV_UNPOISON(made, sizeof made);
    memcpy(signature, made, sizeof made);
    return PROVAR_OK;
}

/* A message, a signature of it, and the key that is to have signed. */
struct signed_message {
    const uint8_t *public_key;
    const void *msg;
    size_t len;
    const uint8_t *signature;
};

/* OpenSSL's word on whether the signature fits, which may be a wrong no: see below. */
static enum provar_result ask(const struct signed_message *given, bool *fits, struct provar_error *err) {
    PV_OPENSSL_ERRORS_STAY_HERE;
    OSSL_LIB_CTX *context = pv_openssl_context();
    if (context == NULL)
        return pv_fail_memory(err);
    PV_CLEANUP(cleanup_key)
    EVP_PKEY *key = EVP_PKEY_new_raw_public_key_ex(context, "ED25519", NULL, given->public_key, PV_ED25519_PUBLIC);
    PV_CLEANUP(cleanup_digest) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (key == NULL || ctx == NULL || EVP_DigestVerifyInit_ex(ctx, NULL, NULL, context, NULL, key, NULL) != 1)
        return pv_openssl_fail(err, "cannot verify a signature");
    int verdict =
        EVP_DigestVerify(ctx, given->signature, PV_ED25519_SIGNATURE, given->len > 0 ? given->msg : "", given->len);
    if (verdict < 0)
        return pv_openssl_fail(err, "cannot verify a signature");
    *fits = verdict == 1;
    return PROVAR_OK;
}

/* OpenSSL says no, too, when an allocation fails inside of it, and leaves no trace of that. A no is therefore believed
 * only after a yes to a signature that is known to fit (RFC 8032, 7.1, test 1), and only when it is repeated. Memory
 * that is short, there, and short again still makes it a no, which is the safe error. */
static enum provar_result ask_again(const struct signed_message *given, bool *fits, struct provar_error *err) {
    static const uint8_t public_key[PV_ED25519_PUBLIC] = {
        0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a,
        0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a,
    };
    static const uint8_t signature[PV_ED25519_SIGNATURE] = {
        0xe5, 0x56, 0x43, 0x00, 0xc3, 0x60, 0xac, 0x72, 0x90, 0x86, 0xe2, 0xcc, 0x80, 0x6e, 0x82, 0x8a,
        0x84, 0x87, 0x7f, 0x1e, 0xb8, 0xe5, 0xd9, 0x74, 0xd8, 0x73, 0xe0, 0x65, 0x22, 0x49, 0x01, 0x55,
        0x5f, 0xb8, 0x82, 0x15, 0x90, 0xa3, 0x3b, 0xac, 0xc6, 0x1e, 0x39, 0x70, 0x1c, 0xf9, 0xb4, 0x6b,
        0xd2, 0x5b, 0xf5, 0xf0, 0x59, 0x5b, 0xbe, 0x24, 0x65, 0x51, 0x41, 0x43, 0x8e, 0x7a, 0x10, 0x0b,
    };
    static const struct signed_message known = {public_key, NULL, 0, signature};
    bool works = false;
    enum provar_result result = ask(&known, &works, err);
    if (result == PROVAR_OK && !works)
        result = pv_fail_memory(err);
    return result == PROVAR_OK ? ask(given, fits, err) : result;
}

enum provar_result pv_ed25519_verify(const uint8_t public_key[PV_ED25519_PUBLIC], const void *msg, size_t len,
                                     const uint8_t signature[PV_ED25519_SIGNATURE], struct provar_error *err) {
    const struct signed_message given = {public_key, msg, len, signature};
    bool fits = false;
    enum provar_result result = pv_ed25519_check_public(public_key, err);
    if (result == PROVAR_OK)
        result = check_signature(signature, err);
    if (result == PROVAR_OK)
        result = ask(&given, &fits, err);
    if (result == PROVAR_OK && !fits)
        result = ask_again(&given, &fits, err);
    if (result == PROVAR_OK && !fits)
        result =
            pv_fail(err, PROVAR_E_SIGNATURE, PROVAR_NO_OFFSET, "the signature does not fit the message and the key");
    return result;
}
