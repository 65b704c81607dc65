/* Fuzzes hex, base32 and base64url: exactly the texts are read that an encoder writes. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include "base/codec.h"

struct codec {
    void (*encode)(const uint8_t *data, size_t len, char *out);
    bool (*decode)(struct pv_str text, uint8_t *out, size_t cap, size_t *len);
    size_t in_bytes, in_characters; /* so many bytes are so many characters */
};

static const struct codec codecs[] = {
    {pv_hex_encode, pv_hex_decode, 1, 2},
    {pv_base32_encode, pv_base32_decode, 5, 8},
    {pv_base64url_encode, pv_base64url_decode, 3, 4},
};

static size_t text_len(const struct codec *codec, size_t len) {
    return (len * codec->in_characters + codec->in_bytes - 1) / codec->in_bytes;
}

static void check_encoding(const struct codec *codec, const uint8_t *data, size_t len) {
    size_t characters = text_len(codec, len), got = 0;
    PV_AUTO_FREE char *text = malloc(characters + 1);
    PV_AUTO_FREE uint8_t *back = malloc(len + 1);
    fuzz_require(text != NULL && back != NULL);
    codec->encode(data, len, text);
    fuzz_require(codec->decode(pv_str(text, characters), back, len, &got));
    fuzz_require(got == len && pv_bytes_equal(back, data, len));
    if (len > 0)
        fuzz_require(!codec->decode(pv_str(text, characters), back, len - 1, &got));
}

static bool check_decoding(const struct codec *codec, const uint8_t *data, size_t len) {
    size_t cap = len * codec->in_bytes / codec->in_characters, got = 77;
    PV_AUTO_FREE uint8_t *bytes = malloc(cap + 1);
    PV_AUTO_FREE char *again = malloc(len + 8);
    fuzz_require(bytes != NULL && again != NULL);
    if (!codec->decode(pv_str((const char *)data, len), bytes, cap, &got)) {
        fuzz_require(got == 77);
        return false;
    }
    fuzz_require(got <= cap && text_len(codec, got) == len);
    codec->encode(bytes, got, again);
    fuzz_require(pv_bytes_equal(again, data, len));
    return len > 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    for (size_t i = 0; i < sizeof codecs / sizeof codecs[0]; i++) {
        check_encoding(&codecs[i], data, len);
        fuzz_accepted += check_decoding(&codecs[i], data, len);
    }
    return 0;
}
