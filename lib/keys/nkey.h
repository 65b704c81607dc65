/* The text form of NATS nkeys: base32 of a kind, 32 bytes and a checksum. Canonical text only. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_NKEY_H
#define PV_NKEY_H

/*
 *     public = base32( kind byte, 32 key bytes, CRC-16/XMODEM of those, little-endian )            56 characters
 *     seed   = base32( 18 << 3 | kind >> 5, (kind & 31) << 3, 32 seed bytes, CRC little-endian )   58 characters
 *
 * nats-io/nkeys, strkey.go and crc16.go.
 */

/* A decoded public key. The text is kept, because the kind is no part of the curve: keys are compared as text. */
struct pv_nkey {
    enum provar_key_kind kind;
    uint8_t bytes[32];
    char text[PROVAR_PUBLIC_LEN + 1];
};

bool pv_nkey_kind_is_known(enum provar_key_kind kind);
/* "account", "service", ... for messages. */
const char *pv_nkey_kind_name(enum provar_key_kind kind);

void pv_nkey_encode_public(enum provar_key_kind kind, const uint8_t bytes[32], struct pv_nkey *key);
void pv_nkey_encode_seed(enum provar_key_kind kind, const uint8_t seed[32], char text[PROVAR_SEED_LEN + 1]);

/* PROVAR_E_KEY; a text that looks like a seed is never echoed. Weak points are refused, but for curve keys, which sign
 * nothing. */
enum provar_result pv_nkey_decode_public(struct pv_str text, struct pv_nkey *key,
                                         struct provar_error *err) PV_MUST_CHECK;
/* The same of the text alone: whether its bytes are a point, and a strong one, is not asked, which takes ten times as
 * long. For keys that are only compared with such as were decoded whole. */
enum provar_result pv_nkey_decode_text(struct pv_str text, struct pv_nkey *key, struct provar_error *err) PV_MUST_CHECK;
/* The same as pv_nkey_decode_public for a demanded kind; the error says which kind was found. `role` is a word such as
 * "issuer". */
enum provar_result pv_nkey_decode_role(struct pv_str text, enum provar_key_kind kind, const char *role,
                                       struct pv_nkey *key, struct provar_error *err) PV_MUST_CHECK;
/* `seed` is cleared on failure. */
enum provar_result pv_nkey_decode_seed(struct pv_str text, enum provar_key_kind *kind, uint8_t seed[32],
                                       struct provar_error *err) PV_MUST_CHECK;

#endif
