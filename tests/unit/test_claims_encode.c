/* Tests the writing of claims: the published writer's bytes, and round trips that lose nothing. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/claims.h"

#include "claims/claims.h"
#include "claims/jws.h"

/* Reads a payload and writes it again. The caller releases `out`. */
static void encode_again(struct pv_str payload, struct pv_buf *out) {
    PV_AUTO_CLAIMS struct provar_claims *claims = NULL;
    struct provar_error err = {0};
    pv_buf_init(out, PV_MAX_TOKEN_SIZE);
    expect_result(payload.text, pv_claims_decode(payload, &claims, &err), PROVAR_OK, &err);
    assert_int_equal(pv_claims_encode(claims, out, NULL), PROVAR_OK);
}

static void expect_same_str(struct pv_str payload) {
    struct pv_buf out;
    encode_again(payload, &out);
    if (!pv_str_equal(pv_buf_str(&out), payload))
        fail_msg("read:  %s\nwrote: %s", payload.text, (const char *)out.data);
    pv_buf_release(&out);
}

static void expect_same(const struct payload *payload) {
    struct pv_buf text;
    build_payload(&text, payload);
    expect_same_str(pv_buf_str(&text));
    pv_buf_release(&text);
}

static void expect_rewritten(const struct payload *from, const struct payload *to) {
    struct pv_buf text, wanted, out;
    build_payload(&text, from);
    build_payload(&wanted, to);
    encode_again(pv_buf_str(&text), &out);
    assert_string_equal((const char *)out.data, (const char *)wanted.data);
    pv_buf_release(&out);
    pv_buf_release(&wanted);
    pv_buf_release(&text);
}

static void fill(struct provar_claims *claims) {
    assert_int_equal(pv_nkey_decode_public(PV_STR(TEST_ISSUER), &claims->issuer, NULL), PROVAR_OK);
    assert_int_equal(pv_nkey_decode_public(PV_STR(TEST_SUBJECT), &claims->subject, NULL), PROVAR_OK);
    assert_int_equal(pv_claims_set_text(&claims->id, PV_STR("id"), NULL), PROVAR_OK);
    assert_int_equal(pv_claims_set_text(&claims->vendor, PV_STR(""), NULL), PROVAR_OK);
}

static void expect_written(const struct provar_claims *claims, const char *wanted) {
    struct pv_buf out;
    pv_buf_init(&out, PV_MAX_TOKEN_SIZE);
    assert_int_equal(pv_claims_encode(claims, &out, NULL), PROVAR_OK);
    assert_string_equal((const char *)out.data, wanted);
    pv_buf_release(&out);
}

static void writes_the_least(void **state) {
    PV_AUTO_CLAIMS struct provar_claims *claims = pv_claims_new();
    (void)state;
    fill(claims);
    expect_written(claims, "{\"jti\":\"id\",\"iat\":0,\"iss\":\"" TEST_ISSUER "\",\"sub\":\"" TEST_SUBJECT
                           "\",\"wascap\":{\"name\":null,\"vendor\":\"\",\"target_hashes\":{}}}");
}

static void writes_everything_in_order(void **state) {
    PV_AUTO_CLAIMS struct provar_claims *claims = pv_claims_new();
    (void)state;
    fill(claims);
    claims->has_expires = claims->has_not_before = claims->has_revision = claims->has_wascap_revision = true;
    claims->expires = INT64_MAX;
    claims->issued_at = 5;
    claims->revision = INT32_MIN;
    claims->wascap_revision = UINT32_MAX;
    assert_int_equal(pv_claims_set_text(&claims->name, PV_STR("n"), NULL), PROVAR_OK);
    assert_int_equal(pv_claims_set_text(&claims->capid, PV_STR("c"), NULL), PROVAR_OK);
    assert_int_equal(pv_claims_set_text(&claims->version, PV_STR("v"), NULL), PROVAR_OK);
    assert_int_equal(pv_claims_set_text(&claims->schema, PV_STR("{\"n\": 1.10}"), NULL), PROVAR_OK);
    assert_int_equal(pv_claims_set_hash(claims, PV_STR("b"), TEST_HASH, NULL), PROVAR_OK);
    assert_int_equal(pv_claims_set_hash(claims, PV_STR("a"), OTHER_HASH, NULL), PROVAR_OK);
    expect_written(claims,
                   "{\"exp\":9223372036854775807,\"jti\":\"id\",\"iat\":5,\"iss\":\"" TEST_ISSUER
                   "\",\"sub\":\"" TEST_SUBJECT "\",\"nbf\":0,\"wascap\":{\"name\":\"n\",\"capid\":\"c\","
                   "\"vendor\":\"\",\"rev\":-2147483648,\"ver\":\"v\",\"target_hashes\":{\"a\":\"" OTHER_HASH
                   "\",\"b\":\"" TEST_HASH "\"},\"config_schema\":{\"n\": 1.10}},\"wascap_revision\":4294967295}");
}

static void refuses_claims_that_lack_what_is_required(void **state) {
    PV_AUTO_CLAIMS struct provar_claims *claims = pv_claims_new();
    struct pv_buf out;
    (void)state;
    fill(claims);
    pv_buf_init(&out, PV_KIB);
    assert_int_equal(pv_claims_set_text(&claims->vendor, pv_str(NULL, 0), NULL), PROVAR_OK);
    assert_int_equal(pv_claims_encode(claims, &out, NULL), PROVAR_E_USAGE);
    assert_int_equal(pv_claims_set_text(&claims->vendor, PV_STR("v"), NULL), PROVAR_OK);
    assert_int_equal(pv_claims_set_text(&claims->id, pv_str(NULL, 0), NULL), PROVAR_OK);
    assert_int_equal(pv_claims_encode(claims, &out, NULL), PROVAR_E_USAGE);
    assert_int_equal(out.len, 0);
    pv_buf_release(&out);
}

static void stops_at_the_buffers_ceiling(void **state) {
    PV_AUTO_CLAIMS struct provar_claims *claims = pv_claims_new();
    struct pv_buf out;
    (void)state;
    fill(claims);
    pv_buf_init(&out, PV_KIB);
    assert_int_equal(pv_claims_encode(claims, &out, NULL), PROVAR_OK);
    size_t len = out.len;
    pv_buf_release(&out);
    for (size_t max = 0; max < len; max++) {
        struct provar_error err = {0};
        pv_buf_init(&out, max);
        assert_int_equal(pv_claims_encode(claims, &out, &err), PROVAR_E_LIMIT);
        assert_int_equal(err.code, PROVAR_E_LIMIT);
        pv_buf_release(&out);
    }
    pv_buf_init(&out, len);
    assert_int_equal(pv_claims_encode(claims, &out, NULL), PROVAR_OK);
    pv_buf_release(&out);
}

static void escapes_as_the_published_writer(void **state) {
    struct payload payload = good_payload();
    (void)state;
    payload.name = "\"q\\\" b\\\\ / \\b\\f\\n\\r\\t \\u0001\\u001f \x7f \xc3\xa9\xe2\x80\xae\xf0\x9f\x98\x80\"";
    payload.capid = "\"\\u001b[2J\"";
    payload.vendor = "\"\"";
    expect_same(&payload);
}

static void canonicalises_what_it_understands(void **state) {
    struct payload from = good_payload(), to = good_payload();
    (void)state;
    from.name = "\"\\u0041\\/\\u00e9\\ud83d\\ude00\"";
    to.name = "\"A/\xc3\xa9\xf0\x9f\x98\x80\"";
    from.exp = from.nbf = from.rev = from.ver = from.capid = from.config_schema = from.wascap_revision = "null";
    to.rev = to.ver = to.wascap_revision = NULL;
    expect_rewritten(&from, &to);
    from = to = good_payload();
    from.name = NULL;
    to.name = "null";
    expect_rewritten(&from, &to);
}

static void known_claims_find_their_place(void **state) {
    static const char from[] =
        "{\"z\":1,\"wascap_revision\":3,\"wascap\":{\"y\":2,\"target_hashes\":{},\"vendor\":\"v\","
        "\"\\u0063apid\":\"c\",\"name\":\"n\"},\"sub\":\"" TEST_SUBJECT "\",\"iss\":\"" TEST_ISSUER
        "\",\"iat\":1,\"jti\":\"j\"}";
    static const char wanted[] = "{\"jti\":\"j\",\"iat\":1,\"iss\":\"" TEST_ISSUER "\",\"sub\":\"" TEST_SUBJECT
                                 "\",\"wascap\":{\"name\":\"n\",\"capid\":\"c\",\"vendor\":\"v\",\"target_hashes\":{},"
                                 "\"y\":2},\"wascap_revision\":3,\"z\":1}";
    struct pv_buf out;
    (void)state;
    encode_again(pv_str_of(from), &out);
    assert_string_equal((const char *)out.data, wanted);
    expect_same_str(pv_buf_str(&out));
    pv_buf_release(&out);
}

static void keeps_unknown_claims_byte_for_byte(void **state) {
    static const char *const values[] = {
        "1.10",
        "-0.0",
        "1e400",
        "1E+2",
        "123456789012345678901234567890",
        "\"\\u0041\\/\"",
        "{ \"a\" : [ 1.0 , null ] }",
        "[[[{}]]]",
        "true",
        "null",
        "\"\"",
        "{\"\\u0061\":\"\\ud83d\\ude00\"}",
    };
    char *huge = repeat("7", 400);
    (void)state;
    for (size_t i = 0; i <= COUNT(values); i++) {
        struct payload payload = good_payload();
        const char *value = i < COUNT(values) ? values[i] : huge;
        char *members = JOIN("\"aud\":", value, ",\"\\u006b\\/\":", value),
             *inner = JOIN("\"foo\":", value, ",\"\":", value);
        payload.members = members;
        payload.wascap_members = inner;
        payload.config_schema = value;
        if (pv_str_equal(pv_str_of(value), PV_STR("null")))
            payload.config_schema = NULL;
        expect_same(&payload);
        free(members);
        free(inner);
    }
    free(huge);
}

/* Also with the hashes in the order that the writer's hash map gave them. */
static void published_payloads_come_back_byte_for_byte(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(eras); i++) {
        struct pv_str token = era_token(eras[i]);
        struct pv_jws jws;
        assert_int_equal(pv_jws_decode(token, &jws, NULL), PROVAR_OK);
        expect_same_str(pv_buf_str(&jws.payload));
        pv_jws_release(&jws);
        free((void *)token.text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_the_least),
        cmocka_unit_test(writes_everything_in_order),
        cmocka_unit_test(refuses_claims_that_lack_what_is_required),
        cmocka_unit_test(stops_at_the_buffers_ceiling),
        cmocka_unit_test(escapes_as_the_published_writer),
        cmocka_unit_test(canonicalises_what_it_understands),
        cmocka_unit_test(known_claims_find_their_place),
        cmocka_unit_test(keeps_unknown_claims_byte_for_byte),
        cmocka_unit_test(published_payloads_come_back_byte_for_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
