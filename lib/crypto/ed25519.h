/* Ed25519 (RFC 8032) and the public half of X25519 (RFC 7748); weak points are refused in front of the library. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_ED25519_H
#define PV_ED25519_H

enum { PV_ED25519_SEED = 32, PV_ED25519_PUBLIC = 32, PV_ED25519_SIGNATURE = 64 };

enum provar_result pv_ed25519_public(const uint8_t seed[PV_ED25519_SEED], uint8_t public_key[PV_ED25519_PUBLIC],
                                     struct provar_error *err) PV_MUST_CHECK;
enum provar_result pv_x25519_public(const uint8_t seed[32], uint8_t public_key[32],
                                    struct provar_error *err) PV_MUST_CHECK;

enum provar_result pv_ed25519_sign(const uint8_t seed[PV_ED25519_SEED], const void *msg, size_t len,
                                   uint8_t signature[PV_ED25519_SIGNATURE], struct provar_error *err) PV_MUST_CHECK;

/* PROVAR_E_KEY for a point of small order, a non-canonical encoding, or bytes that are no point of the curve. Such a
 * key makes one signature fit many messages (docs/THREATS.md). */
enum provar_result pv_ed25519_check_public(const uint8_t public_key[PV_ED25519_PUBLIC],
                                           struct provar_error *err) PV_MUST_CHECK;

/* PROVAR_E_KEY as above; PROVAR_E_SIGNATURE for S >= L, a small-order or non-canonical R, or a signature that does not
 * fit. The equation is the library's, cofactorless: mixed-order keys, which only their holder can make, get its
 * verdict. */
enum provar_result pv_ed25519_verify(const uint8_t public_key[PV_ED25519_PUBLIC], const void *msg, size_t len,
                                     const uint8_t signature[PV_ED25519_SIGNATURE],
                                     struct provar_error *err) PV_MUST_CHECK;

#endif
