/* Hex, base32, base64url and base64: only the canonical text of a value is read (RFC 4648, sections 3.5 and 4 to 8). */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_CODEC_H
#define PV_CODEC_H

/* Lengths without a NUL. */
#define PV_HEX_LEN(bytes)       ((bytes)*2)
#define PV_BASE32_LEN(bytes)    (((bytes)*8 + 4) / 5)
#define PV_BASE64URL_LEN(bytes) (((bytes)*8 + 5) / 6)
#define PV_BASE64_LEN(bytes)    (((bytes) + 2) / 3 * 4)

/* Encoders write exactly PV_..._LEN(len) characters and no NUL. Hex is upper case, base64url and base32 are unpadded,
 * base64 is padded. */
void pv_hex_encode(const uint8_t *data, size_t len, char *out);
void pv_base32_encode(const uint8_t *data, size_t len, char *out);
void pv_base64url_encode(const uint8_t *data, size_t len, char *out);
void pv_base64_encode(const uint8_t *data, size_t len, char *out);

/* Decoders say false for any text that the matching encoder would not have written: another alphabet or case, padding,
 * white space, an impossible length, unused bits that are not 0. `out` has room for `cap` bytes; its length is written
 * on success. What is decoded may be a secret: time and addresses depend on the length of the text, and on whether all
 * of it is good, and nothing else. */
bool pv_hex_decode(struct pv_str text, uint8_t *out, size_t cap, size_t *len);
bool pv_base32_decode(struct pv_str text, uint8_t *out, size_t cap, size_t *len);
bool pv_base64url_decode(struct pv_str text, uint8_t *out, size_t cap, size_t *len);

#endif
