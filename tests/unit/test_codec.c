/* Tests of base/codec: RFC 4648, section 10; every short value both ways; every text that is not canonical. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"
#include "support/guard.h"

#include "internal.h"

#include "base/codec.h"

typedef void (*encode_fn)(const uint8_t *data, size_t len, char *out);
typedef bool (*decode_fn)(struct pv_str text, uint8_t *out, size_t cap, size_t *len);

/* RFC 4648, section 10; base32 and base64url without the padding that section 3.2 lets a format leave out. */
static const struct {
    const char *plain, *hex, *base32, *base64url, *base64;
} vectors[] = {
    {"", "", "", "", ""},
    {"f", "66", "MY", "Zg", "Zg=="},
    {"fo", "666F", "MZXQ", "Zm8", "Zm8="},
    {"foo", "666F6F", "MZXW6", "Zm9v", "Zm9v"},
    {"foob", "666F6F62", "MZXW6YQ", "Zm9vYg", "Zm9vYg=="},
    {"fooba", "666F6F6261", "MZXW6YTB", "Zm9vYmE", "Zm9vYmE="},
    {"foobar", "666F6F626172", "MZXW6YTBOI", "Zm9vYmFy", "Zm9vYmFy"},
};

static void assert_encodes(encode_fn encode, const char *plain, const char *text) {
    size_t len = strlen(text);
    char out[64];
    memset(out, '#', sizeof out);
    encode((const uint8_t *)plain, strlen(plain), out);
    assert_memory_equal(out, text, len);
    assert_int_equal(out[len], '#');
}

static void assert_decodes(decode_fn decode, const char *text, const char *plain) {
    struct guarded guarded = guard_copy(text, strlen(text));
    size_t len = 77, size = strlen(plain);
    uint8_t out[64];
    assert_true(decode(pv_str(guarded.data, guarded.len), out, size, &len));
    assert_int_equal(len, size);
    assert_memory_equal(out, plain, size);
    if (size > 0) {
        len = 77;
        assert_false(decode(pv_str(guarded.data, guarded.len), out, size - 1, &len));
        assert_int_equal(len, 77);
    }
    guard_free(&guarded);
}

static void encodes_the_published_vectors(void **state) {
    (void)state;
    for (size_t i = 0; i < array_length(vectors); i++) {
        assert_encodes(pv_hex_encode, vectors[i].plain, vectors[i].hex);
        assert_encodes(pv_base32_encode, vectors[i].plain, vectors[i].base32);
        assert_encodes(pv_base64url_encode, vectors[i].plain, vectors[i].base64url);
        assert_encodes(pv_base64_encode, vectors[i].plain, vectors[i].base64);
    }
}

static void decodes_the_published_vectors(void **state) {
    (void)state;
    for (size_t i = 0; i < array_length(vectors); i++) {
        assert_decodes(pv_hex_decode, vectors[i].hex, vectors[i].plain);
        assert_decodes(pv_base32_decode, vectors[i].base32, vectors[i].plain);
        assert_decodes(pv_base64url_decode, vectors[i].base64url, vectors[i].plain);
    }
}

static void lengths_are_those_of_the_texts(void **state) {
    (void)state;
    for (size_t i = 0; i < array_length(vectors); i++) {
        size_t len = strlen(vectors[i].plain);
        assert_int_equal(PV_HEX_LEN(len), strlen(vectors[i].hex));
        assert_int_equal(PV_BASE32_LEN(len), strlen(vectors[i].base32));
        assert_int_equal(PV_BASE64URL_LEN(len), strlen(vectors[i].base64url));
        assert_int_equal(PV_BASE64_LEN(len), strlen(vectors[i].base64));
    }
}

static void the_last_two_digits_differ_by_alphabet(void **state) {
    (void)state;
    static const uint8_t bytes[] = {0xfb, 0xff, 0xbf};
    char text[5] = {0};
    pv_base64url_encode(bytes, sizeof bytes, text);
    assert_string_equal(text, "-_-_");
    pv_base64_encode(bytes, sizeof bytes, text);
    assert_string_equal(text, "+/+/");
}

/* Nothing but the length decides how much is decoded: a character that is none must not end it, as the time would tell
 * where that stands. */
static void a_bad_character_does_not_end_the_decoding(void **state) {
    static const decode_fn decoders[] = {pv_hex_decode, pv_base32_decode, pv_base64url_decode};
    static const size_t sizes[] = {8, 10, 12};
    (void)state;
    for (size_t i = 0; i < array_length(decoders); i++)
        for (size_t at = 0; at < 16; at++) {
            char text[] = "AAAAAAAAAAAAAAAA";
            uint8_t out[12];
            size_t len = 77;
            memset(out, 0xa5, sizeof out);
            text[at] = '!';
            assert_false(decoders[i](pv_str(text, 16), out, sizeof out, &len));
            assert_int_equal(len, 77);
            assert_int_not_equal(out[sizes[i] - 1], 0xa5);
        }
}

/* Both ways for every value of one and of two bytes. */
static void assert_round_trips(encode_fn encode, decode_fn decode, size_t one, size_t two) {
    for (unsigned value = 0; value < 0x10000; value++) {
        uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value}, back[2];
        char text[8];
        size_t len;
        encode(bytes, 2, text);
        assert_true(decode(pv_str(text, two), back, sizeof back, &len));
        assert_int_equal(len, 2);
        assert_memory_equal(back, bytes, 2);
        encode(bytes, 1, text);
        assert_true(decode(pv_str(text, one), back, sizeof back, &len));
        assert_int_equal(len, 1);
        assert_int_equal(back[0], bytes[0]);
    }
}

static void short_values_come_back(void **state) {
    (void)state;
    assert_round_trips(pv_hex_encode, pv_hex_decode, PV_HEX_LEN(1), PV_HEX_LEN(2));
    assert_round_trips(pv_base32_encode, pv_base32_decode, PV_BASE32_LEN(1), PV_BASE32_LEN(2));
    assert_round_trips(pv_base64url_encode, pv_base64url_decode, PV_BASE64URL_LEN(1), PV_BASE64URL_LEN(2));
}

/* Of all texts of `digits` bytes over all byte values, as many are read as there are values of one byte: each value has
 * one text. */
static void assert_one_text_a_value(decode_fn decode) {
    unsigned read = 0;
    for (unsigned first = 0; first < 256; first++) {
        for (unsigned second = 0; second < 256; second++) {
            char text[2] = {(char)first, (char)second};
            uint8_t byte;
            size_t len;
            if (decode(pv_str(text, 2), &byte, 1, &len))
                read++;
        }
    }
    assert_int_equal(read, 256);
}

static void a_value_has_one_text(void **state) {
    (void)state;
    assert_one_text_a_value(pv_hex_decode);
    assert_one_text_a_value(pv_base32_decode);
    assert_one_text_a_value(pv_base64url_decode);
}

struct refused {
    struct pv_str text;
    const char *why;
};

static void assert_refuses(decode_fn decode, const struct refused *cases, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint8_t out[64];
        size_t len = 77;
        if (decode(cases[i].text, out, sizeof out, &len))
            fail_msg("read although: %s", cases[i].why);
        assert_int_equal(len, 77);
    }
}

static void hex_is_upper_case_pairs(void **state) {
    (void)state;
    static const struct refused cases[] = {
        {{"6", 1}, "half a byte"},     {{"666", 3}, "half a byte"},
        {{"6f", 2}, "lower case"},     {{"0x66", 4}, "a prefix"},
        {{"66 ", 3}, "a blank"},       {{"66\n", 3}, "a line feed"},
        {{"6G", 2}, "not a digit"},    {{"\0\0", 2}, "NUL is not a digit"},
        {{"66:6F", 5}, "a separator"}, {{"\xc6\xc6", 2}, "high bits"},
    };
    assert_refuses(pv_hex_decode, cases, array_length(cases));
}

static void base32_is_canonical(void **state) {
    (void)state;
    static const struct refused cases[] = {
        {{"M", 1}, "1 digit"},
        {{"MZX", 3}, "3 digits"},
        {{"MZXW6Y", 6}, "6 digits"},
        {{"MZXW6YTBM", 9}, "9 digits"},
        {{"MZ", 2}, "unused bits in 2 digits"},
        {{"MZXR", 4}, "unused bits in 4 digits"},
        {{"MZXW7", 5}, "unused bits in 5 digits"},
        {{"MZXW6YR", 7}, "unused bits in 7 digits"},
        {{"MY======", 8}, "padding"},
        {{"my", 2}, "lower case"},
        {{"M1", 2}, "1 is not a digit"},
        {{"M0", 2}, "0 is not a digit"},
        {{"M8", 2}, "8 is not a digit"},
        {{"MZXW 6YTB", 9}, "a blank"},
        {{"MY\n", 3}, "a line feed"},
        {{"MY\0", 3}, "a NUL"},
    };
    assert_refuses(pv_base32_decode, cases, array_length(cases));
}

static void base64url_is_canonical(void **state) {
    (void)state;
    static const struct refused cases[] = {
        {{"Z", 1}, "1 digit"},
        {{"Zm9vY", 5}, "5 digits"},
        {{"Zh", 2}, "unused bits in 2 digits"},
        {{"Zm9", 3}, "unused bits in 3 digits"},
        {{"Zg==", 4}, "padding"},
        {{"Zm8=", 4}, "padding"},
        {{"+/+/", 4}, "the other alphabet"},
        {{"Zm9v\n", 5}, "a line feed"},
        {{"Zm 9v", 5}, "a blank"},
        {{"Zm.9", 4}, "a full stop"},
        {{"Zm9\0", 4}, "a NUL"},
        {{"\xda\xe7", 2}, "high bits"},
    };
    assert_refuses(pv_base64url_decode, cases, array_length(cases));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodes_the_published_vectors),
        cmocka_unit_test(decodes_the_published_vectors),
        cmocka_unit_test(lengths_are_those_of_the_texts),
        cmocka_unit_test(the_last_two_digits_differ_by_alphabet),
        cmocka_unit_test(a_bad_character_does_not_end_the_decoding),
        cmocka_unit_test(short_values_come_back),
        cmocka_unit_test(a_value_has_one_text),
        cmocka_unit_test(hex_is_upper_case_pairs),
        cmocka_unit_test(base32_is_canonical),
        cmocka_unit_test(base64url_is_canonical),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
