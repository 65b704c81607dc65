/* Hex, base32, base64url and base64: one bit packer, four alphabets. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/codec.h"

/* Seeds and host data pass through here, so a digit is found by arithmetic over every range: neither a branch nor an
 * address depends on it, which the time would tell. */
struct range {
    uint8_t first; /* character */
    uint8_t value; /* of that character */
    uint8_t count;
};

enum { MAX_RANGES = 5 };

struct alphabet {
    unsigned bits; /* of one digit */
    struct range ranges[MAX_RANGES];
};

static const struct alphabet hex = {4, {{'0', 0, 10}, {'A', 10, 6}}};
static const struct alphabet base32 = {5, {{'A', 0, 26}, {'2', 26, 6}}};
static const struct alphabet base64url = {6, {{'A', 0, 26}, {'a', 26, 26}, {'0', 52, 10}, {'-', 62, 1}, {'_', 63, 1}}};
static const struct alphabet base64 = {6, {{'A', 0, 26}, {'a', 26, 26}, {'0', 52, 10}, {'+', 62, 1}, {'/', 63, 1}}};

/* All ones when distance < count, else 0. A difference that wrapped below 0 has its top bit set, and no count has. */
static uint32_t mask_of(uint32_t distance, uint8_t count) {
    return 0 - ((~distance & (distance - count)) >> 31);
}

static char digit_of(const struct alphabet *alphabet, uint32_t value) {
    uint32_t digit = 0;
    for (size_t i = 0; i < MAX_RANGES; i++) {
        const struct range *range = &alphabet->ranges[i];
        uint32_t distance = value - range->value;
        digit |= mask_of(distance, range->count) & (distance + range->first);
    }
    return (char)digit;
}

/* Clears *good when the character is no digit. */
static uint32_t value_of(const struct alphabet *alphabet, char digit, uint32_t *good) {
    uint32_t value = 0, found = 0;
    for (size_t i = 0; i < MAX_RANGES; i++) {
        const struct range *range = &alphabet->ranges[i];
        uint32_t distance = (uint32_t)(unsigned char)digit - range->first;
        uint32_t mask = mask_of(distance, range->count);
        value |= mask & (distance + range->value);
        found |= mask;
    }
    *good &= found;
    return value;
}

static size_t encode(const struct alphabet *alphabet, const uint8_t *data, size_t len, char *out) {
    uint32_t held = 0;
    unsigned bits = 0;
    size_t written = 0;
    for (size_t i = 0; i < len; i++) {
        held = (held << 8 | data[i]) & 0xffff;
        bits += 8;
        for (; bits >= alphabet->bits; bits -= alphabet->bits)
            out[written++] = digit_of(alphabet, held >> (bits - alphabet->bits) & ((1u << alphabet->bits) - 1));
    }
    if (bits > 0)
        out[written++] = digit_of(alphabet, held << (alphabet->bits - bits) & ((1u << alphabet->bits) - 1));
    return written;
}

static bool decode(const struct alphabet *alphabet, struct pv_str text, uint8_t *out, size_t cap, size_t *len) {
    uint32_t held = 0, good = ~0u;
    unsigned bits = 0;
    size_t written = 0;
    for (size_t i = 0; i < text.len; i++) {
        uint32_t value = value_of(alphabet, text.text[i], &good);
        held = (held << alphabet->bits | value) & 0xffff;
        bits += alphabet->bits;
        if (bits < 8)
            continue;
        if (written == cap)
            return false;
        bits -= 8;
        out[written++] = (uint8_t)(held >> bits);
    }
    /* A last digit that carries no byte, or unused bits that are set, would give one value two texts. */
    if (bits >= alphabet->bits || (~good | (held & ((1u << bits) - 1))) != 0)
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
