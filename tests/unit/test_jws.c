/* Tests the token's framing and header: threats, section 4.4, and what the published writer wrote. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/claims.h"

#include "base/codec.h"
#include "claims/jws.h"
#include "crypto/ed25519.h"
#include "keys/nkey.h"

/* {"typ":"jwt","alg":"Ed25519"}, as every published archive has it. */
#define HEADER_SEGMENT "eyJ0eXAiOiJqd3QiLCJhbGciOiJFZDI1NTE5In0"
#define HEADER_TEXT    "{\"typ\":\"jwt\",\"alg\":\"Ed25519\"}"
#define PAYLOAD_TEXT   "{\"a\":1}"
/* 64 bytes that end in 1, so that the last character carries four unused bits. */
#define SIGNATURE_HEAD "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define SIGNATURE      SIGNATURE_HEAD "Q"

/* A text as a base64url segment. The caller frees it. */
static char *segment(const char *text) {
    size_t len = strlen(text);
    char *out = malloc(PV_BASE64URL_LEN(len) + 1);
    assert_non_null(out);
    pv_base64url_encode((const uint8_t *)text, len, out);
    out[PV_BASE64URL_LEN(len)] = 0;
    return out;
}

static void expect_decode(struct pv_str text, enum provar_result wanted, const char *hint) {
    struct pv_str copy = exact_copy(text);
    struct pv_jws jws;
    struct provar_error err = {0};
    expect_result(text.text, pv_jws_decode(copy, &jws, &err), wanted, &err);
    if (hint && strstr(err.message, hint) == NULL)
        fail_msg("'%s' is not in '%s'", hint, err.message);
    pv_jws_release(&jws);
    free((void *)copy.text);
}

static void expect_token(const char *text, enum provar_result wanted) {
    expect_decode(pv_str_of(text), wanted, NULL);
}

static void expect_header(const char *header, enum provar_result wanted, const char *hint) {
    char *first = segment(header);
    char *token = JOIN(first, ".e30.", SIGNATURE);
    expect_decode(pv_str_of(token), wanted, hint);
    free(token);
    free(first);
}

static void decodes_a_token(void **state) {
    static const char text[] = HEADER_SEGMENT ".eyJhIjoxfQ." SIGNATURE;
    struct pv_jws jws;
    (void)state;
    assert_int_equal(pv_jws_decode(pv_str_of(text), &jws, NULL), PROVAR_OK);
    assert_true(pv_str_equal(jws.token, pv_str_of(text)));
    assert_true(pv_str_equal(jws.signing_input, PV_STR(HEADER_SEGMENT ".eyJhIjoxfQ")));
    assert_string_equal((const char *)jws.payload.data, PAYLOAD_TEXT);
    for (size_t i = 0; i < PROVAR_SIGNATURE_LEN; i++)
        assert_int_equal(jws.signature[i], i == PROVAR_SIGNATURE_LEN - 1);
    pv_jws_release(&jws);
}

/* Threats, decision D3: one line end is no part of the token. */
static void takes_one_line_end_off(void **state) {
    static const char *const good[] = {"", "\n", "\r\n"};
    static const char *const bad[] = {"\n\n", "\r", "\n\r\n", " ", "\t", "\r\r\n"};
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        char *text = JOIN(HEADER_SEGMENT ".e30." SIGNATURE, good[i]);
        struct pv_jws jws;
        assert_int_equal(pv_jws_decode(pv_str_of(text), &jws, NULL), PROVAR_OK);
        assert_int_equal(jws.token.len, strlen(HEADER_SEGMENT ".e30." SIGNATURE));
        pv_jws_release(&jws);
        free(text);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        char *text = JOIN(HEADER_SEGMENT ".e30." SIGNATURE, bad[i]);
        expect_token(text, PROVAR_E_JWT);
        free(text);
    }
}

/* Rows 104, 105, 121 to 124. */
static void refuses_other_framings(void **state) {
    static const char *const broken[] = {
        "",
        "\n",
        ".",
        "..",
        "...",
        "....",
        HEADER_SEGMENT,
        HEADER_SEGMENT ".e30",
        HEADER_SEGMENT ".e30.",
        HEADER_SEGMENT "..",
        HEADER_SEGMENT ".." SIGNATURE,
        ".e30." SIGNATURE,
        HEADER_SEGMENT ".e30." SIGNATURE ".",
        HEADER_SEGMENT ".e30." SIGNATURE ".e30",
        HEADER_SEGMENT ".e30.e30.e30." SIGNATURE,
        "\xef\xbb\xbf" HEADER_SEGMENT ".e30." SIGNATURE,
        HEADER_SEGMENT ".e30\xff." SIGNATURE,
        "{\"protected\":\"" HEADER_SEGMENT "\",\"payload\":\"e30\",\"signature\":\"" SIGNATURE "\"}",
    };
    static const char nul[] = HEADER_SEGMENT ".e30." SIGNATURE "\0junk";
    (void)state;
    for (size_t i = 0; i < COUNT(broken); i++)
        expect_token(broken[i], PROVAR_E_JWT);
    expect_decode(pv_str(nul, sizeof nul - 1), PROVAR_E_JWT, NULL);
    expect_decode(pv_str(NULL, 0), PROVAR_E_JWT, NULL);
    expect_token(HEADER_SEGMENT ".e30." SIGNATURE, PROVAR_OK);
}

/* Rows 116 to 120: RFC 7515, section 2, and RFC 4648, 3.5. */
static void refuses_what_is_not_canonical_base64url(void **state) {
    static const char *const payloads[] = {"e30=", "e3+0",  "e3/0",  "e31",  "e30e3", "e",
                                           "e3 0", "e3\n0", "e3\t0", " e30", "e30\r"};
    static const char *const headers[] = {HEADER_SEGMENT "=", HEADER_SEGMENT "AA", HEADER_SEGMENT " ",
                                          ("\n" HEADER_SEGMENT), "eyJ0eXAiOiJqd3QiLCJhbGciOiJFZDI1NTE5In1"};
    (void)state;
    for (size_t i = 0; i < COUNT(payloads); i++) {
        char *token = JOIN(HEADER_SEGMENT ".", payloads[i], "." SIGNATURE);
        expect_token(token, PROVAR_E_JWT);
        free(token);
    }
    for (size_t i = 0; i < COUNT(headers); i++) {
        char *token = JOIN(headers[i], ".e30." SIGNATURE);
        expect_token(token, PROVAR_E_JWT);
        free(token);
    }
    expect_token(HEADER_SEGMENT ".e3-_." SIGNATURE, PROVAR_OK);
}

/* Rows 116 to 118, 126. 85 characters cannot be 63 or 64 bytes, 84 are 63, 87 are 65. */
static void refuses_other_signatures(void **state) {
    static const char *const broken[] = {
        SIGNATURE_HEAD,     SIGNATURE_HEAD "QA", SIGNATURE "==",     SIGNATURE "AAAA",   SIGNATURE_HEAD "R",
        SIGNATURE_HEAD "=", SIGNATURE_HEAD "+",  SIGNATURE_HEAD "/", SIGNATURE_HEAD " ",
    };
    char *huge = repeat("A", 1000000);
    char *token = JOIN(HEADER_SEGMENT ".e30.", huge), *short_one = JOIN(HEADER_SEGMENT ".e30.", SIGNATURE_HEAD);
    (void)state;
    for (size_t i = 0; i < COUNT(broken); i++) {
        char *text = JOIN(HEADER_SEGMENT ".e30.", broken[i]);
        expect_token(text, PROVAR_E_JWT);
        free(text);
    }
    short_one[strlen(short_one) - 1] = 0;
    expect_token(short_one, PROVAR_E_JWT);
    expect_token(token, PROVAR_E_JWT);
    free(short_one);
    free(token);
    free(huge);
}

/* Rows 106 and 107: framing says nothing of whether a signature fits. */
static void accepts_any_64_bytes(void **state) {
    char *token = JOIN(HEADER_SEGMENT ".e30.", "AQ",
                       "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    (void)state;
    expect_token(token, PROVAR_OK);
    free(token);
}

/* Rows 108 to 110. */
static void demands_type_and_algorithm(void **state) {
    static const char *const algorithms[] = {
        "\"none\"",           "\"EdDSA\"", "\"ed25519\"", "\"HS256\"",     "\"Ed25519 \"", "\"\"",
        "\"Ed25519\\u0000\"", "null",      "1",           "[\"Ed25519\"]", "\"Ed2551\"",   "\"Ed25519\xff\""};
    static const char *const types[] = {"\"jwT\"", "\"\"", "null", "7", "true", "{}", "\"jw\"", "\"jwt \""};
    (void)state;
    for (size_t i = 0; i < COUNT(algorithms); i++) {
        char *header = JOIN("{\"typ\":\"jwt\",\"alg\":", algorithms[i], "}");
        expect_header(header, PROVAR_E_JWT, "the token's header: ");
        free(header);
    }
    for (size_t i = 0; i < COUNT(types); i++) {
        char *header = JOIN("{\"alg\":\"Ed25519\",\"typ\":", types[i], "}");
        expect_header(header, PROVAR_E_JWT, "the token's header: ");
        free(header);
    }
    expect_header("{}", PROVAR_E_JWT, "no 'typ'");
    expect_header("{\"typ\":\"jwt\"}", PROVAR_E_JWT, "no 'alg'");
    expect_header("{\"alg\":\"Ed25519\"}", PROVAR_E_JWT, "no 'typ'");
    expect_header(HEADER_TEXT, PROVAR_OK, NULL);
}

static void hints_at_tokens_of_nats(void **state) {
    (void)state;
    expect_header("{\"typ\":\"JWT\",\"alg\":\"ed25519-nkey\"}", PROVAR_E_JWT, "NATS");
    expect_header("{\"typ\":\"jwt\",\"alg\":\"ed25519-nkey\"}", PROVAR_E_JWT, "NATS");
}

/* Rows 111, 114, 115. */
static void refuses_headers_that_are_no_clean_object(void **state) {
    static const char *const broken[] = {
        "[\"jwt\",\"Ed25519\"]",
        "null",
        "\"jwt\"",
        "{\"typ\":\"jwt\",\"alg\":\"Ed25519\",\"alg\":\"Ed25519\"}",
        "{\"typ\":\"jwt\",\"alg\":\"Ed25519\",\"\\u0061lg\":\"none\"}",
        "{\"typ\":\"jwt\",\"alg\":\"Ed25519\",\"kid\":{\"a\":1,\"a\":1}}",
        HEADER_TEXT "x",
        HEADER_TEXT HEADER_TEXT,
        ("\xef\xbb\xbf" HEADER_TEXT),
        "{\"typ\":\"jwt\",\"alg\":\"Ed25519\",}",
        "{\"typ\":\"jwt\",\"alg\":\"Ed25519\",\"kid\":\"\\ud800\"}",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(broken); i++)
        expect_header(broken[i], PROVAR_E_JWT, "the token's header: ");
    expect_token("x.e30." SIGNATURE, PROVAR_E_JWT);
    expect_token("xx.e30." SIGNATURE, PROVAR_E_JWT);
}

/* Rows 112 and 113. */
static void refuses_extensions_and_ignores_hints(void **state) {
    static const char *const refused[] = {"\"crit\":[\"x\"]", "\"crit\":[]",           "\"crit\":null",
                                          "\"b64\":false",    "\"b64\":true",          "\"zip\":\"DEF\"",
                                          "\"zip\":null",     "\"\\u0063rit\":[\"x\"]"};
    static const char *const ignored[] = {"\"kid\":\"k\"",
                                          "\"jku\":\"https://evil.example/\"",
                                          "\"jwk\":{\"kty\":\"OKP\"}",
                                          "\"x5u\":\"file:///etc/passwd\"",
                                          "\"Crit\":[\"x\"]",
                                          "\"n\":1e999",
                                          "\"cty\":null"};
    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++) {
        char *header = JOIN("{\"typ\":\"jwt\",\"alg\":\"Ed25519\",", refused[i], "}");
        expect_header(header, PROVAR_E_JWT, "is not supported");
        free(header);
    }
    for (size_t i = 0; i < COUNT(ignored); i++) {
        char *header = JOIN("{", ignored[i], ",\"alg\": \"Ed\\u00325519\" ,\"typ\":\"jwt\"}");
        expect_header(header, PROVAR_OK, NULL);
        free(header);
    }
}

static void limits_of_a_header_stay_limits(void **state) {
    char *most = nest(PV_MAX_JSON_DEPTH - 1), *more = nest(PV_MAX_JSON_DEPTH);
    char *good = JOIN("{\"typ\":\"jwt\",\"alg\":\"Ed25519\",\"kid\":", most, "}");
    char *deep = JOIN("{\"typ\":\"jwt\",\"alg\":\"Ed25519\",\"kid\":", more, "}");
    (void)state;
    expect_header(good, PROVAR_OK, NULL);
    expect_header(deep, PROVAR_E_LIMIT, "the token's header: ");
    free(good);
    free(deep);
    free(most);
    free(more);
}

/* Row 125. The longest payload leaves one byte of a mebibyte for the line end, which counts too. */
static void bounds_the_token(void **state) {
    size_t room = PV_MAX_TOKEN_SIZE - 1 - strlen(HEADER_SEGMENT ".." SIGNATURE);
    char *payload = repeat("A", room), *over = repeat("A", PV_MAX_TOKEN_SIZE + 1);
    char *most = JOIN(HEADER_SEGMENT ".", payload, "." SIGNATURE "\n");
    char *more = JOIN(HEADER_SEGMENT ".", payload, "." SIGNATURE "\r\n");
    (void)state;
    assert_int_equal(strlen(most), PV_MAX_TOKEN_SIZE);
    expect_token(most, PROVAR_OK);
    expect_token(more, PROVAR_E_LIMIT);
    expect_token(over, PROVAR_E_LIMIT);
    over[PV_MAX_TOKEN_SIZE] = 0;
    expect_token(over, PROVAR_E_JWT);
    free(more);
    free(most);
    free(over);
    free(payload);
}

static void the_first_error_wins(void **state) {
    struct provar_error err = {.code = PROVAR_E_IO, .message = "earlier"};
    struct pv_jws jws;
    (void)state;
    assert_int_equal(pv_jws_decode(PV_STR("x"), &jws, &err), PROVAR_E_JWT);
    assert_string_equal(err.message, "earlier");
    pv_jws_release(&jws);
}

/* ---------------------------------------------------------------- encode */

static void encodes_what_it_decodes(void **state) {
    uint8_t signature[PROVAR_SIGNATURE_LEN] = {0};
    struct pv_buf out;
    (void)state;
    signature[PROVAR_SIGNATURE_LEN - 1] = 1;
    pv_buf_init(&out, PV_MAX_TOKEN_SIZE);
    assert_int_equal(pv_jws_signing_input(PV_STR(PAYLOAD_TEXT), &out, NULL), PROVAR_OK);
    assert_string_equal((const char *)out.data, HEADER_SEGMENT ".eyJhIjoxfQ");
    assert_int_equal(pv_jws_add_signature(signature, &out, NULL), PROVAR_OK);
    assert_string_equal((const char *)out.data, HEADER_SEGMENT ".eyJhIjoxfQ." SIGNATURE);
    assert_int_equal(out.len, pv_jws_token_len(strlen(PAYLOAD_TEXT)));
    pv_buf_release(&out);
}

static void foresees_every_length(void **state) {
    uint8_t signature[PROVAR_SIGNATURE_LEN] = {0};
    (void)state;
    for (size_t len = 0; len < 100; len++) {
        char *payload = repeat("p", len);
        struct pv_buf out;
        pv_buf_init(&out, PV_MAX_TOKEN_SIZE);
        assert_int_equal(pv_jws_signing_input(pv_str_of(payload), &out, NULL), PROVAR_OK);
        assert_int_equal(pv_jws_add_signature(signature, &out, NULL), PROVAR_OK);
        assert_int_equal(out.len, pv_jws_token_len(len));
        pv_buf_release(&out);
        free(payload);
    }
    assert_int_equal(pv_jws_token_len(SIZE_MAX), SIZE_MAX);
}

static void writes_no_token_that_it_would_not_read(void **state) {
    size_t most = 0;
    struct pv_buf out;
    (void)state;
    while (pv_jws_token_len(most + 1) <= PV_MAX_TOKEN_SIZE)
        most++;
    char *payload = repeat("p", most + 1);
    pv_buf_init(&out, 2 * PV_MAX_TOKEN_SIZE);
    assert_int_equal(pv_jws_signing_input(pv_str(payload, most + 1), &out, NULL), PROVAR_E_LIMIT);
    assert_int_equal(out.len, 0);
    assert_int_equal(pv_jws_signing_input(pv_str(payload, most), &out, NULL), PROVAR_OK);
    pv_buf_release(&out);
    pv_buf_init(&out, 16);
    assert_int_equal(pv_jws_signing_input(PV_STR(PAYLOAD_TEXT), &out, NULL), PROVAR_E_LIMIT);
    pv_buf_release(&out);
    free(payload);
}

/* ---------------------------------------------------------------- published tokens */

static void expect_era(const char *era) {
    struct pv_str text = era_token(era);
    struct pv_jws jws;
    struct pv_nkey issuer;
    struct pv_buf out;
    pv_buf_init(&out, PV_MAX_TOKEN_SIZE);
    assert_int_equal(pv_jws_decode(text, &jws, NULL), PROVAR_OK);
    assert_int_equal(pv_nkey_decode_public(PV_STR(TEST_ISSUER), &issuer, NULL), PROVAR_OK);
    assert_int_equal(
        pv_ed25519_verify(issuer.bytes, jws.signing_input.text, jws.signing_input.len, jws.signature, NULL), PROVAR_OK);
    assert_int_equal(pv_jws_signing_input(pv_buf_str(&jws.payload), &out, NULL), PROVAR_OK);
    assert_true(pv_str_equal(pv_buf_str(&out), jws.signing_input));
    assert_int_equal(pv_jws_add_signature(jws.signature, &out, NULL), PROVAR_OK);
    assert_true(pv_str_equal(pv_buf_str(&out), jws.token));
    pv_buf_release(&out);
    pv_jws_release(&jws);
    free((void *)text.text);
}

static void published_tokens_go_both_ways(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(eras); i++)
        expect_era(eras[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_a_token),
        cmocka_unit_test(takes_one_line_end_off),
        cmocka_unit_test(refuses_other_framings),
        cmocka_unit_test(refuses_what_is_not_canonical_base64url),
        cmocka_unit_test(refuses_other_signatures),
        cmocka_unit_test(accepts_any_64_bytes),
        cmocka_unit_test(demands_type_and_algorithm),
        cmocka_unit_test(hints_at_tokens_of_nats),
        cmocka_unit_test(refuses_headers_that_are_no_clean_object),
        cmocka_unit_test(refuses_extensions_and_ignores_hints),
        cmocka_unit_test(limits_of_a_header_stay_limits),
        cmocka_unit_test(bounds_the_token),
        cmocka_unit_test(the_first_error_wins),
        cmocka_unit_test(encodes_what_it_decodes),
        cmocka_unit_test(foresees_every_length),
        cmocka_unit_test(writes_no_token_that_it_would_not_read),
        cmocka_unit_test(published_tokens_go_both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
