/* Hex, base32, base64url and base64: one bit packer, four alphabets. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/codec.h"

struct alphabet {
    const char *digits;
    unsigned bits; /* of one digit */
};

static const struct alphabet hex = {"0123456789ABCDEF", 4};
static const struct alphabet base32 = {"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 5};
static const struct alphabet base64url = {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", 6};
static const struct alphabet base64 = {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 6};

static size_t encode(const struct alphabet *alphabet, const uint8_t *data, size_t len, char *out) {
    uint32_t held = 0;
    unsigned bits = 0;
    size_t written = 0;
    for (size_t i = 0; i < len; i++) {
        held = (held << 8 | data[i]) & 0xffff;
        bits += 8;
        for (; bits >= alphabet->bits; bits -= alphabet->bits)
            out[written++] = alphabet->digits[held >> (bits - alphabet->bits) & ((1u << alphabet->bits) - 1)];
    }
    if (bits > 0)
        out[written++] = alphabet->digits[held << (alphabet->bits - bits) & ((1u << alphabet->bits) - 1)];
    return written;
}

static bool decode(const struct alphabet *alphabet, struct pv_str text, uint8_t *out, size_t cap, size_t *len) {
    uint32_t held = 0;
    unsigned bits = 0;
    size_t written = 0;
    for (size_t i = 0; i < text.len; i++) {
        const char *digit = memchr(alphabet->digits, text.text[i], (size_t)1 << alphabet->bits);
        if (digit == NULL)
            return false;
        held = (held << alphabet->bits | (uint32_t)(digit - alphabet->digits)) & 0xffff;
        bits += alphabet->bits;
        if (bits < 8)
            continue;
        if (written == cap)
            return false;
        bits -= 8;
        out[written++] = (uint8_t)(held >> bits);
    }
    /* A last digit that carries no byte, or unused bits that are set, would give one value two texts. */
    if (bits >= alphabet->bits || (held & ((1u << bits) - 1)) != 0)
        return false;
    *len = written;
    return true;
}

void pv_hex_encode(const uint8_t *data, size_t len, char *out) {
    (void)encode(&hex, data, len, out);
}

void pv_base32_encode(const uint8_t *data, size_t len, char *out) {
    (void)encode(&base32, data, len, out);
}

void pv_base64url_encode(const uint8_t *data, size_t len, char *out) {
    (void)encode(&base64url, data, len, out);
}

void pv_base64_encode(const uint8_t *data, size_t len, char *out) {
    size_t written = encode(&base64, data, len, out);
    while (written % 4 != 0)
        out[written++] = '=';
}

bool pv_hex_decode(struct pv_str text, uint8_t *out, size_t cap, size_t *len) {
    return decode(&hex, text, out, cap, len);
}

bool pv_base32_decode(struct pv_str text, uint8_t *out, size_t cap, size_t *len) {
    return decode(&base32, text, out, cap, len);
}

bool pv_base64url_decode(struct pv_str text, uint8_t *out, size_t cap, size_t *len) {
    return decode(&base64url, text, out, cap, len);
}
