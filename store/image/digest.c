/* Digests of content in a store: "sha256:" and 64 lower-case hex digits, and no other text. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "store/image/digest.h"

enum { SHA512_HEX_LEN = 128 };

static const char prefix[] = "sha256:";

static bool is_hex_digit(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* The algorithm's name and a colon, and that many lower-case hex digits. */
static bool has_form(struct pv_str text, struct pv_str algorithm, size_t digits) {
    if (text.len != algorithm.len + digits || !pv_str_starts(text, algorithm))
        return false;
    for (size_t i = algorithm.len; i < text.len; i++)
        if (!is_hex_digit(text.text[i]))
            return false;
    return true;
}

enum provar_result pv_digest_parse(struct pv_str text, enum provar_result code, struct pv_digest *digest,
                                   struct provar_error *err) {
    if (has_form(text, PV_STR("sha512:"), SHA512_HEX_LEN))
        return pv_fail(err, code, PROVAR_NO_OFFSET, "sha512 digests are not supported, sha256 ones are: '%s'",
                       pv_quote(text).text);
    if (!has_form(text, pv_str_of(prefix), PV_DIGEST_HEX_LEN))
        return pv_fail(err, code, PROVAR_NO_OFFSET, "not 'sha256:' and %d lower-case hex digits: '%s'",
                       PV_DIGEST_HEX_LEN, pv_quote(text).text);
    memcpy(digest->text, text.text, text.len);
    digest->text[text.len] = 0;
    return PROVAR_OK;
}

void pv_digest_from_sha256(const uint8_t sha256[PV_SHA256_LEN], struct pv_digest *digest) {
    static const char digits[] = "0123456789abcdef";
    memcpy(digest->text, prefix, sizeof prefix - 1);
    char *hex = digest->text + sizeof prefix - 1;
    for (size_t i = 0; i < PV_SHA256_LEN; i++) {
        hex[2 * i] = digits[sha256[i] >> 4];
        hex[2 * i + 1] = digits[sha256[i] & 15];
    }
    digest->text[PV_DIGEST_LEN] = 0;
}

static unsigned hex_value(char digit) {
    return digit <= '9' ? (unsigned)(digit - '0') : (unsigned)(digit - 'a') + 10;
}

void pv_digest_to_sha256(const struct pv_digest *digest, uint8_t sha256[PV_SHA256_LEN]) {
    const char *hex = pv_digest_hex(digest).text;
    for (size_t i = 0; i < PV_SHA256_LEN; i++)
        sha256[i] = (uint8_t)(hex_value(hex[2 * i]) << 4 | hex_value(hex[2 * i + 1]));
}

enum provar_result pv_digest_of(const void *data, size_t len, struct pv_digest *digest, struct provar_error *err) {
    PV_AUTO_SHA256 struct pv_sha256 *hash = NULL;
    uint8_t sha256[PV_SHA256_LEN];
    enum provar_result result = pv_sha256_new(&hash, err);
    if (result == PROVAR_OK)
        result = pv_sha256_update(hash, data, len, err);
    if (result == PROVAR_OK)
        result = pv_sha256_final(hash, sha256, err);
    if (result == PROVAR_OK)
        pv_digest_from_sha256(sha256, digest);
    return result;
}

bool pv_digest_equal(const struct pv_digest *a, const struct pv_digest *b) {
    return pv_str_equal(pv_digest_str(a), pv_digest_str(b));
}

struct pv_str pv_digest_str(const struct pv_digest *digest) {
    return pv_str_of(digest->text);
}

struct pv_str pv_digest_hex(const struct pv_digest *digest) {
    struct pv_str text = pv_digest_str(digest);
    return text.len == 0 ? text : pv_str(text.text + sizeof prefix - 1, PV_DIGEST_HEX_LEN);
}
