/* The text form of NATS nkeys: encoding, and decoding of the canonical text only. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/codec.h"
#include "base/secret.h"
#include "crypto/ed25519.h"
#include "keys/nkey.h"

enum {
    KEY = 32,
    CHECKSUM = 2,
    RAW_PUBLIC = 1 + KEY + CHECKSUM,
    RAW_SEED = 2 + KEY + CHECKSUM,
    SEED_PREFIX = 18 << 3, /* 'S' */
};

_Static_assert(PV_BASE32_LEN(RAW_PUBLIC) == PROVAR_PUBLIC_LEN, "a public key's text has 56 characters");
_Static_assert(PV_BASE32_LEN(RAW_SEED) == PROVAR_SEED_LEN, "a seed's text has 58 characters");

/* What a text decodes to. It leaves nothing on the stack, because it may be a seed. */
struct raw {
    uint8_t bytes[RAW_SEED];
};

static void wipe_raw(struct raw *raw) {
    pv_secret_wipe(raw, sizeof *raw);
}
#define AUTO_RAW PV_CLEANUP(wipe_raw)

/* ---------------------------------------------------------------- kinds and checksum */

static const struct kind {
    enum provar_key_kind kind;
    const char *name;
} kinds[] = {
    {PROVAR_KEY_ACCOUNT, "account"}, {PROVAR_KEY_CLUSTER, "cluster"},   {PROVAR_KEY_MODULE, "module"},
    {PROVAR_KEY_SERVER, "server"},   {PROVAR_KEY_OPERATOR, "operator"}, {PROVAR_KEY_USER, "user"},
    {PROVAR_KEY_SERVICE, "service"}, {PROVAR_KEY_CURVE, "curve"},
};

static const struct kind *find_kind(enum provar_key_kind kind) {
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i].kind == kind)
            return &kinds[i];
    return NULL;
}

bool pv_nkey_kind_is_known(enum provar_key_kind kind) {
    return find_kind(kind) != NULL;
}

const char *pv_nkey_kind_name(enum provar_key_kind kind) {
    const struct kind *found = find_kind(kind);
    return found ? found->name : "unknown";
}

/* The byte's upper five bits are the text's first character, which is what names the kind. */
static uint8_t kind_byte(enum provar_key_kind kind) {
    return (uint8_t)((unsigned)(kind - 'A') << 3);
}

/* Sets *kind when the byte is exactly that of a known kind. The lower three bits are part of the comparison: the
 * reference in Go drops them, and so lets several texts name one key. */
static bool kind_of_byte(uint8_t byte, enum provar_key_kind *kind) {
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kind_byte(kinds[i].kind) == byte) {
            *kind = kinds[i].kind;
            return true;
        }
    return false;
}

/* CRC-16/XMODEM: polynomial 0x1021, initial value 0, most significant bit first. No branch and no table depends on the
 * data, which may be a seed. */
static uint16_t checksum(const uint8_t *data, size_t len) {
    uint32_t crc = 0;
    for (size_t i = 0; i < len; i++) {
        crc ^= (uint32_t)data[i] << 8;
        for (int bit = 0; bit < 8; bit++)
            crc = ((crc << 1) ^ (0x1021u & (0u - (crc >> 15 & 1)))) & 0xffff;
    }
    return (uint16_t)crc;
}

/* Puts the checksum of all bytes before it into the last two. */
static void seal(uint8_t *raw, size_t len) {
    uint16_t crc = checksum(raw, len - CHECKSUM);
    raw[len - 2] = (uint8_t)crc;
    raw[len - 1] = (uint8_t)(crc >> 8);
}

static bool is_sealed(const uint8_t *raw, size_t len) {
    return checksum(raw, len - CHECKSUM) == (raw[len - 2] | raw[len - 1] << 8);
}

/* ---------------------------------------------------------------- encode */

void pv_nkey_encode_public(enum provar_key_kind kind, const uint8_t bytes[32], struct pv_nkey *key) {
    uint8_t raw[RAW_PUBLIC];
    raw[0] = kind_byte(kind);
    memcpy(raw + 1, bytes, KEY);
    seal(raw, sizeof raw);
    key->kind = kind;
    memmove(key->bytes, bytes, KEY);
    pv_base32_encode(raw, sizeof raw, key->text);
    key->text[PROVAR_PUBLIC_LEN] = 0;
}

void pv_nkey_encode_seed(enum provar_key_kind kind, const uint8_t seed[32], char text[PROVAR_SEED_LEN + 1]) {
    AUTO_RAW struct raw raw;
    raw.bytes[0] = (uint8_t)(SEED_PREFIX | kind_byte(kind) >> 5);
    raw.bytes[1] = (uint8_t)(kind_byte(kind) << 3);
    memcpy(raw.bytes + 2, seed, KEY);
    seal(raw.bytes, sizeof raw.bytes);
    pv_base32_encode(raw.bytes, sizeof raw.bytes, text);
    text[PROVAR_SEED_LEN] = 0;
}

/* ---------------------------------------------------------------- decode */

/* Texts that are not public keys are never put into a message: they may be a seed, whole or mistyped. */
enum provar_result pv_nkey_decode_text(struct pv_str text, struct pv_nkey *key, struct provar_error *err) {
    AUTO_RAW struct raw raw;
    size_t len = 0;
    enum provar_key_kind kind;
    if (text.len > 0 && text.text[0] == 'S')
        return pv_fail(err, PROVAR_E_KEY, PROVAR_NO_OFFSET, "a seed stands where a public key belongs");
    if (text.len != PROVAR_PUBLIC_LEN)
        return pv_fail(err, PROVAR_E_KEY, PROVAR_NO_OFFSET, "not a public key: %zu characters where %d belong",
                       text.len, PROVAR_PUBLIC_LEN);
    if (!pv_base32_decode(text, raw.bytes, RAW_PUBLIC, &len) || len != RAW_PUBLIC)
        return pv_fail(err, PROVAR_E_KEY, PROVAR_NO_OFFSET, "not a public key: a character outside A to Z and 2 to 7");
    if (!kind_of_byte(raw.bytes[0], &kind))
        return pv_fail(err, PROVAR_E_KEY, PROVAR_NO_OFFSET, "not a public key: its prefix is that of no kind");
    if (!is_sealed(raw.bytes, RAW_PUBLIC))
        return pv_fail(err, PROVAR_E_KEY, PROVAR_NO_OFFSET, "not a public key: its checksum is wrong");
    key->kind = kind;
    memcpy(key->bytes, raw.bytes + 1, KEY);
    memcpy(key->text, text.text, PROVAR_PUBLIC_LEN);
    key->text[PROVAR_PUBLIC_LEN] = 0;
    return PROVAR_OK;
}

enum provar_result pv_nkey_decode_public(struct pv_str text, struct pv_nkey *key, struct provar_error *err) {
    struct pv_nkey found;
    enum provar_result result = pv_nkey_decode_text(text, &found, err);
    if (result == PROVAR_OK && found.kind != PROVAR_KEY_CURVE)
        result = pv_ed25519_check_public(found.bytes, err);
    if (result == PROVAR_OK)
        *key = found;
    return result;
}

enum provar_result pv_nkey_decode_role(struct pv_str text, enum provar_key_kind kind, const char *role,
                                       struct pv_nkey *key, struct provar_error *err) {
    struct pv_nkey found;
    struct provar_error reason = {0};
    enum provar_result result = pv_nkey_decode_public(text, &found, &reason);
    if (result != PROVAR_OK)
        return pv_fail(err, result, PROVAR_NO_OFFSET, "%s: %s", role, reason.message);
    if (found.kind != kind)
        return pv_fail(err, PROVAR_E_KEY, PROVAR_NO_OFFSET, "%s: a key of kind %s (%c) where %s (%c) belongs: '%s'",
                       role, pv_nkey_kind_name(found.kind), found.kind, pv_nkey_kind_name(kind), kind, found.text);
    *key = found;
    return PROVAR_OK;
}

/* Splits the two prefix bytes: 18 << 3 | kind >> 5, then the kind's lower five bits and three zeros. The reference in
 * Rust takes an unknown kind for an operator's, the most powerful one. */
static bool seed_kind(const struct raw *raw, enum provar_key_kind *kind) {
    return (raw->bytes[0] & 0xf8) == SEED_PREFIX && (raw->bytes[1] & 7) == 0 &&
           kind_of_byte((uint8_t)((raw->bytes[0] & 7) << 5 | raw->bytes[1] >> 3), kind);
}

enum provar_result pv_nkey_decode_seed(struct pv_str text, enum provar_key_kind *kind, uint8_t seed[32],
                                       struct provar_error *err) {
    AUTO_RAW struct raw raw;
    size_t len = 0;
    enum provar_key_kind found;
    pv_secret_wipe(seed, KEY);
    if (text.len != PROVAR_SEED_LEN)
        return pv_fail(err, PROVAR_E_KEY, PROVAR_NO_OFFSET, "not a seed: %zu characters where %d belong", text.len,
                       PROVAR_SEED_LEN);
    if (!pv_base32_decode(text, raw.bytes, RAW_SEED, &len) || len != RAW_SEED)
        return pv_fail(err, PROVAR_E_KEY, PROVAR_NO_OFFSET, "not a seed: its base32 is not canonical");
    if (!seed_kind(&raw, &found))
        return pv_fail(err, PROVAR_E_KEY, PROVAR_NO_OFFSET, "not a seed: its prefix is that of no kind");
    if (!is_sealed(raw.bytes, RAW_SEED))
        return pv_fail(err, PROVAR_E_KEY, PROVAR_NO_OFFSET, "not a seed: its checksum is wrong");
    *kind = found;
    memcpy(seed, raw.bytes + 2, KEY);
    return PROVAR_OK;
}
