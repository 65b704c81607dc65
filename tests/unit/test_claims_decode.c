/* Tests the reading of claims: threats, rows 88 to 101, section 4.5 and section 5 (P16 to P26), and every era. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/claims.h"

#include "claims/claims.h"
#include "claims/jws.h"

#define WEAK_ACCOUNT "AAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAARSZ"

static void expect_text(const char *text, enum provar_result wanted) {
    struct pv_str copy = exact_copy(pv_str_of(text));
    struct provar_claims *claims = NULL;
    struct provar_error err = {0};
    expect_result(text, pv_claims_decode(copy, &claims, &err), wanted, &err);
    assert_true((claims != NULL) == (wanted == PROVAR_OK));
    pv_claims_free(claims);
    free((void *)copy.text);
}

static void expect(const struct payload *payload, enum provar_result wanted) {
    struct pv_buf text;
    build_payload(&text, payload);
    expect_text((const char *)text.data, wanted);
    pv_buf_release(&text);
}

static struct provar_claims *decode(const struct payload *payload) {
    struct provar_claims *claims = NULL;
    struct provar_error err = {0};
    struct pv_buf text;
    build_payload(&text, payload);
    expect_result((const char *)text.data, pv_claims_decode(pv_buf_str(&text), &claims, &err), PROVAR_OK, &err);
    pv_buf_release(&text);
    return claims;
}

/* The good payload with one field changed: EXPECT(rev, "1.0", PROVAR_E_CLAIMS). */
#define EXPECT(field, value, wanted)                                                                                   \
    do {                                                                                                               \
        struct payload changed = good_payload();                                                                       \
        changed.field = (value);                                                                                       \
        expect(&changed, wanted);                                                                                      \
    } while (0)

static void reads_every_claim(void **state) {
    struct payload payload = good_payload();
    (void)state;
    payload.exp = "1900000000";
    payload.nbf = "1600000000";
    payload.capid = "\"wasmcloud:keyvalue\"";
    payload.config_schema = "{\"n\": 1.10}";
    PV_AUTO_CLAIMS struct provar_claims *claims = decode(&payload);
    assert_true(claims->has_expires && claims->has_not_before && claims->has_revision && claims->has_wascap_revision);
    assert_int_equal(claims->expires, 1900000000);
    assert_int_equal(claims->not_before, 1600000000);
    assert_int_equal(claims->issued_at, 1700000000);
    assert_int_equal(claims->revision, 3);
    assert_int_equal(claims->wascap_revision, 3);
    assert_string_equal(claims->issuer.text, TEST_ISSUER);
    assert_string_equal(claims->subject.text, TEST_SUBJECT);
    assert_string_equal(claims->id, "SjB5fm974SjU9WMgTUchsb");
    assert_string_equal(claims->name, "Key Value");
    assert_string_equal(claims->vendor, "wasmCloud");
    assert_string_equal(claims->version, "0.1.0");
    assert_string_equal(claims->capid, "wasmcloud:keyvalue");
    assert_string_equal(claims->schema, "{\"n\": 1.10}");
    assert_int_equal(claims->hash_count, 1);
    assert_string_equal(claims->hashes[0].hex, TEST_HASH);
    assert_int_equal(claims->top_unknown.count + claims->wascap_unknown.count, 0);
}

/* P17, P19, P20. */
static void absent_and_null_claims_are_absent(void **state) {
    struct payload absent = good_payload(), null = good_payload();
    (void)state;
    absent.name = absent.rev = absent.ver = absent.wascap_revision = NULL;
    null.exp = null.nbf = null.name = null.capid = null.rev = null.ver = null.config_schema = "null";
    null.wascap_revision = "null";
    const struct payload *const payloads[] = {&absent, &null};
    for (size_t i = 0; i < COUNT(payloads); i++) {
        PV_AUTO_CLAIMS struct provar_claims *claims = decode(payloads[i]);
        assert_false(claims->has_expires || claims->has_not_before || claims->has_revision);
        assert_false(claims->has_wascap_revision);
        assert_true(!claims->name && !claims->version && !claims->capid && !claims->schema);
        assert_int_equal(claims->top_unknown.count + claims->wascap_unknown.count, 0);
    }
}

/* P17, P21, P24 to P26. */
static void accepts_what_is_odd_but_right(void **state) {
    (void)state;
    EXPECT(wascap_revision, "1", PROVAR_OK);
    EXPECT(wascap_revision, "2", PROVAR_OK);
    EXPECT(wascap_revision, "999", PROVAR_OK);
    EXPECT(vendor, "\"\"", PROVAR_OK);
    EXPECT(name, "\"\"", PROVAR_OK);
    EXPECT(name, "\"Zo\xc3\xab \\u20ac \xf0\x9f\x98\x80  two\"", PROVAR_OK);
    EXPECT(iat, "0", PROVAR_OK);
    EXPECT(jti, "\"x\"", PROVAR_OK);
    EXPECT(rev, "-1", PROVAR_OK);
    EXPECT(target_hashes, "{}", PROVAR_OK);
    EXPECT(target_hashes,
           "{\"x86_64-testrunner\":\"" TEST_HASH "\",\"mips64-freebsd\":\"" TEST_HASH
           "\",\"aarch64-macos\":\"" TEST_HASH "\",\"x86_64-windows\":\"" TEST_HASH "\"}",
           PROVAR_OK);
    EXPECT(target_hashes, "{\"x86_64-linux\":\"" TEST_HASH "\",\"world.wasm\":\"" TEST_HASH "\"}", PROVAR_OK);
    EXPECT(exp, "253402300800", PROVAR_OK);
    EXPECT(members, "\"Iss\":1,\"aud\":[]", PROVAR_OK);
}

/* P22: another order, white space, escapes in values and in keys. */
static void reads_json_in_any_dress(void **state) {
    static const char text[] =
        " { \"wascap\" : {\n\"target_hashes\":{\"x86_64\\u002dlinux\":\"" TEST_HASH "\"},\t\"\\u0063apid\":\"a\\/b\","
        "\"vendor\":\"v\\u0065\"} ,\"sub\":\"" TEST_SUBJECT "\",\"\\u0069ss\":\"" TEST_ISSUER "\",\r\n\"iat\":1,"
        "\"jti\":\"\\u006A\"}\n";
    PV_AUTO_CLAIMS struct provar_claims *claims = NULL;
    (void)state;
    assert_int_equal(pv_claims_decode(pv_str_of(text), &claims, NULL), PROVAR_OK);
    assert_string_equal(claims->capid, "a/b");
    assert_string_equal(claims->vendor, "ve");
    assert_string_equal(claims->id, "j");
    assert_string_equal(claims->hashes[0].name, "x86_64-linux");
    assert_int_equal(claims->wascap_unknown.count, 0);
}

/* P16, P18. */
static void carries_unknown_claims(void **state) {
    struct payload payload = good_payload();
    (void)state;
    payload.members = "\"aud\":[1.10, {\"a\":null}],\"\\u0061\\u0062\":null";
    payload.wascap_members = "\"foo\":\"\\u0041\",\"iss\":-0.0,\"exp\":1e400";
    PV_AUTO_CLAIMS struct provar_claims *claims = decode(&payload);
    assert_int_equal(claims->top_unknown.count, 2);
    assert_string_equal(claims->top_unknown.list[0].key_text, "\"aud\"");
    assert_string_equal(claims->top_unknown.list[0].value_text, "[1.10, {\"a\":null}]");
    assert_string_equal(claims->top_unknown.list[1].key_text, "\"\\u0061\\u0062\"");
    assert_string_equal(claims->top_unknown.list[1].value_text, "null");
    assert_int_equal(claims->wascap_unknown.count, 3);
    assert_string_equal(claims->wascap_unknown.list[0].value_text, "\"\\u0041\"");
    assert_string_equal(claims->wascap_unknown.list[2].value_text, "1e400");
}

/* A name known in one object is unknown in the other. */
static void knows_claims_by_their_place(void **state) {
    struct payload payload = good_payload();
    (void)state;
    payload.members = "\"name\":7,\"config_schema\":{},\"capid\":[]";
    PV_AUTO_CLAIMS struct provar_claims *claims = decode(&payload);
    assert_int_equal(claims->top_unknown.count, 3);
    assert_null(claims->schema);
    assert_null(claims->capid);
    assert_string_equal(claims->name, "Key Value");
}

/* P23. */
static void keeps_any_schema_as_text(void **state) {
    static const char *const schemas[] = {"{}", "[]", "true", "0", "-1.10e+400", "\"s\\u0041\"", "{ \"a\" : [ 1 ] }"};
    char *deep = nest(PV_MAX_JSON_SCHEMA_DEPTH), *deeper = nest(PV_MAX_JSON_SCHEMA_DEPTH + 1);
    (void)state;
    for (size_t i = 0; i < COUNT(schemas); i++) {
        struct payload payload = good_payload();
        payload.config_schema = schemas[i];
        PV_AUTO_CLAIMS struct provar_claims *claims = decode(&payload);
        assert_string_equal(claims->schema, schemas[i]);
    }
    EXPECT(config_schema, deep, PROVAR_OK);
    EXPECT(config_schema, deeper, PROVAR_E_LIMIT);
    free(deep);
    free(deeper);
}

/* Rows 88, 89. */
static void refuses_other_hashes(void **state) {
    static const char *const broken[] = {
        "\"7291dc06a7132e91c768ad197a022acadb96ab23a63fa4d37a1aade75792ffba\"",
        "\"7291DC06A7132E91C768AD197A022ACADB96AB23A63FA4D37A1AADE75792FFBa\"",
        "\"291DC06A7132E91C768AD197A022ACADB96AB23A63FA4D37A1AADE75792FFBA\"",
        "\"" TEST_HASH "0\"",
        "\"" TEST_HASH "00\"",
        "\"sha256:" TEST_HASH "\"",
        "\" " TEST_HASH "\"",
        "\"" TEST_HASH " \"",
        "\"G291DC06A7132E91C768AD197A022ACADB96AB23A63FA4D37A1AADE75792FFBA\"",
        "\"\"",
        "null",
        "1",
        "[\"" TEST_HASH "\"]",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(broken); i++) {
        char *hashes = JOIN("{\"x86_64-linux\":", broken[i], "}");
        EXPECT(target_hashes, hashes, PROVAR_E_CLAIMS);
        free(hashes);
    }
}

static void expect_target(const char *name, enum provar_result wanted) {
    char *hashes = JOIN("{\"", name, "\":\"" TEST_HASH "\"}");
    EXPECT(target_hashes, hashes, wanted);
    free(hashes);
}

/* Rows 96 to 98, 100, 138. */
static void refuses_names_that_are_no_target(void **state) {
    static const char *const broken[] = {"claims",
                                         "world",
                                         "a/b",
                                         "../x",
                                         "",
                                         ".hidden",
                                         "-rf",
                                         "a b",
                                         "a\\\\b",
                                         "e\xcc\x81-linux",
                                         "\xc3\xa9-linux",
                                         "\xef\xbd\x98-linux",
                                         "a\\u0000b",
                                         "a\\n",
                                         "%s%n",
                                         "a:b"};
    char *longest = repeat("a", PV_MAX_TARGET_NAME), *longer = repeat("a", PV_MAX_TARGET_NAME + 1),
         *long_one = repeat("a", 300);
    (void)state;
    for (size_t i = 0; i < COUNT(broken); i++)
        expect_target(broken[i], PROVAR_E_CLAIMS);
    expect_target(longest, PROVAR_OK);
    expect_target(longer, PROVAR_E_CLAIMS);
    expect_target(long_one, PROVAR_E_CLAIMS);
    free(longest);
    free(longer);
    free(long_one);
}

/* Rows 99, 130. */
static void refuses_names_that_are_the_same(void **state) {
    (void)state;
    EXPECT(target_hashes, "{\"X86_64-linux\":\"" TEST_HASH "\",\"x86_64-linux\":\"" TEST_HASH "\"}", PROVAR_E_CLAIMS);
    EXPECT(target_hashes, "{\"World.wasm\":\"" TEST_HASH "\",\"world.wasm\":\"" TEST_HASH "\"}", PROVAR_E_CLAIMS);
    EXPECT(target_hashes, "{\"x-y\":\"" TEST_HASH "\",\"x-y\":\"" OTHER_HASH "\"}", PROVAR_E_CLAIMS);
    EXPECT(target_hashes, "{\"x-y\":\"" TEST_HASH "\",\"x\\u002dy\":\"" TEST_HASH "\"}", PROVAR_E_CLAIMS);
    EXPECT(target_hashes, "{\"X86_64-linux\":\"" TEST_HASH "\",\"x86-64-linux\":\"" TEST_HASH "\"}", PROVAR_OK);
}

static void expect_target_count(size_t count, const char *more, enum provar_result wanted) {
    struct pv_buf hashes;
    pv_buf_init(&hashes, 64 * PV_MIB);
    add_text(&hashes, "{");
    for (size_t i = 0; i < count; i++) {
        char name[40];
        (void)snprintf(name, sizeof name, "t%zu-linux", i);
        add_member(&hashes, name, "\"" TEST_HASH "\"");
    }
    add_member(&hashes, NULL, more);
    add_text(&hashes, "}");
    EXPECT(target_hashes, (const char *)hashes.data, wanted);
    pv_buf_release(&hashes);
}

/* Row 101. */
static void bounds_the_targets(void **state) {
    static const char world[] = "\"world.wasm\":\"" TEST_HASH "\"";
    (void)state;
    expect_target_count(PV_MAX_TARGETS, NULL, PROVAR_OK);
    expect_target_count(PV_MAX_TARGETS, world, PROVAR_OK);
    expect_target_count(PV_MAX_TARGETS + 1, NULL, PROVAR_E_LIMIT);
    expect_target_count(10000, NULL, PROVAR_E_LIMIT);
}

/* Rows 129, 131, 132. */
static void refuses_duplicates(void **state) {
    (void)state;
    EXPECT(members, "\"iss\":\"" TEST_ISSUER "\"", PROVAR_E_CLAIMS);
    EXPECT(members, "\"\\u0069ss\":\"" TEST_ISSUER "\"", PROVAR_E_CLAIMS);
    EXPECT(members, "\"a\":1,\"a\":1", PROVAR_E_CLAIMS);
    EXPECT(members, "\"a\":1,\"\\u0061\":1", PROVAR_E_CLAIMS);
    EXPECT(members, "\"a\":[{\"b\":1,\"b\":1}]", PROVAR_E_CLAIMS);
    EXPECT(members, "\"wascap\":{}", PROVAR_E_CLAIMS);
    EXPECT(wascap_members, "\"vendor\":\"x\"", PROVAR_E_CLAIMS);
    EXPECT(wascap_members, "\"capid\":\"x\",\"\\u0063apid\":\"x\"", PROVAR_E_CLAIMS);
    EXPECT(wascap_members, "\"config_schema\":{},\"config\\u005fschema\":{}", PROVAR_E_CLAIMS);
    EXPECT(wascap_members, "\"a\":{\"b\":{\"c\":1,\"\\u0063\":1}}", PROVAR_E_CLAIMS);
    EXPECT(config_schema, "{\"a\":1,\"a\":1}", PROVAR_E_CLAIMS);
    EXPECT(config_schema, "{\"p\":[{\"a\":1.10,\"\\u0061\":1.10}]}", PROVAR_E_CLAIMS);
    EXPECT(config_schema, "{\"p\":[{\"a\":1.10},{\"a\":1.10}]}", PROVAR_OK);
}

/* Rows 134, 135, 142, 143, 160, 162. */
static void refuses_other_documents(void **state) {
    static const char *const broken[] = {
        "",
        "null",
        "\"x\"",
        "1",
        "true",
        "{}",
        "[null,\"j\",1,\"" TEST_ISSUER "\",\"" TEST_SUBJECT "\",null,{},3]",
        "{\"jti\":\"j\",\"iat\":1,\"iss\":\"" TEST_ISSUER "\",\"sub\":\"" TEST_SUBJECT "\"}",
    };
    struct pv_buf text;
    struct payload good = good_payload();
    (void)state;
    for (size_t i = 0; i < COUNT(broken); i++)
        expect_text(broken[i], PROVAR_E_CLAIMS);
    build_payload(&text, &good);
    expect_text((const char *)text.data, PROVAR_OK);
    add_text(&text, "\n");
    expect_text((const char *)text.data, PROVAR_OK);
    add_text(&text, "{}");
    expect_text((const char *)text.data, PROVAR_E_CLAIMS);
    pv_buf_release(&text);
    EXPECT(wascap, "null", PROVAR_E_CLAIMS);
    EXPECT(wascap, "[]", PROVAR_E_CLAIMS);
    EXPECT(wascap, "\"\"", PROVAR_E_CLAIMS);
    EXPECT(wascap, "{}", PROVAR_E_CLAIMS);
    EXPECT(wascap, "{\"name\":\"op\",\"valid_signers\":[]}", PROVAR_E_CLAIMS);
    EXPECT(wascap, "{\"name\":\"c\",\"hash\":\"" TEST_HASH "\",\"tags\":[],\"rev\":0,\"prov\":false}", PROVAR_E_CLAIMS);
}

/* Rows 144, 145. */
static void demands_required_claims(void **state) {
    static const char *const not_text[] = {NULL, "null", "1", "true", "[]", "{}"};
    static const char *const not_object[] = {NULL, "null", "1", "\"\"", "[]"};
    (void)state;
    for (size_t i = 0; i < COUNT(not_text); i++) {
        EXPECT(jti, not_text[i], PROVAR_E_CLAIMS);
        EXPECT(iss, not_text[i], PROVAR_E_CLAIMS);
        EXPECT(sub, not_text[i], PROVAR_E_CLAIMS);
        EXPECT(vendor, not_text[i], PROVAR_E_CLAIMS);
    }
    for (size_t i = 0; i < COUNT(not_object); i++)
        EXPECT(target_hashes, not_object[i], PROVAR_E_CLAIMS);
    EXPECT(jti, "\"\"", PROVAR_E_CLAIMS);
    EXPECT(name, "1", PROVAR_E_CLAIMS);
    EXPECT(ver, "1.0", PROVAR_E_CLAIMS);
    EXPECT(capid, "[]", PROVAR_E_CLAIMS);
}

/* Rows 138 to 140, 157, 158. */
static void judges_texts(void **state) {
    char *longest = repeat("n", PV_MAX_JSON_STRING), *mebibyte = repeat("n", PV_MIB);
    char *most = JOIN("\"", longest, "\""), *more = JOIN("\"", longest, "n\""), *much = JOIN("\"", mebibyte, "\"");
    (void)state;
    EXPECT(name, "\"a\\u0000\"", PROVAR_E_CLAIMS);
    EXPECT(jti, "\"a\\u0000\"", PROVAR_E_CLAIMS);
    EXPECT(iss, "\"" TEST_ISSUER "\\u0000\"", PROVAR_E_CLAIMS);
    EXPECT(sub, "\"\\u0000" TEST_SUBJECT "\"", PROVAR_E_CLAIMS);
    EXPECT(name, "\"\\ud800\"", PROVAR_E_CLAIMS);
    EXPECT(members, "\"aud\":\"\\ud800\"", PROVAR_E_CLAIMS);
    EXPECT(members, "\"\\udc00\":1", PROVAR_E_CLAIMS);
    EXPECT(config_schema, "\"\\ud800\"", PROVAR_E_CLAIMS);
    EXPECT(name, "\"a\nb\"", PROVAR_E_CLAIMS);
    EXPECT(vendor, "\"\xc0\xaf\"", PROVAR_E_CLAIMS);
    EXPECT(members, "\"aud\":\"\xff\"", PROVAR_E_CLAIMS);
    EXPECT(name, "\"\\u001b[2J\\n\\u202e %s%n\"", PROVAR_OK);
    EXPECT(name, most, PROVAR_OK);
    EXPECT(name, more, PROVAR_E_LIMIT);
    EXPECT(vendor, much, PROVAR_E_LIMIT);
    EXPECT(config_schema, more, PROVAR_OK);
    char *const owned[] = {longest, mebibyte, most, more, much};
    for (size_t i = 0; i < COUNT(owned); i++)
        free(owned[i]);
}

/* Rows 146 to 148. */
static void judges_times(void **state) {
    static const char *const broken[] = {"-1",
                                         "1.5",
                                         "1e10",
                                         "\"123\"",
                                         "true",
                                         "18446744073709551616",
                                         "18446744073709551615",
                                         "9223372036854775808",
                                         "-0",
                                         "1800000000.0",
                                         "[]"};
    char *huge = repeat("9", 400);
    (void)state;
    for (size_t i = 0; i < COUNT(broken); i++) {
        EXPECT(exp, broken[i], PROVAR_E_CLAIMS);
        EXPECT(nbf, broken[i], PROVAR_E_CLAIMS);
        EXPECT(iat, broken[i], PROVAR_E_CLAIMS);
    }
    EXPECT(exp, huge, PROVAR_E_CLAIMS);
    EXPECT(exp, "9223372036854775807", PROVAR_OK);
    EXPECT(nbf, "9223372036854775807", PROVAR_OK);
    EXPECT(iat, "9223372036854775807", PROVAR_OK);
    EXPECT(nbf, "0", PROVAR_OK);
    EXPECT(iat, NULL, PROVAR_E_CLAIMS);
    EXPECT(iat, "null", PROVAR_E_CLAIMS);
    free(huge);
}

/* Row 152. */
static void judges_the_order_of_times(void **state) {
    struct payload payload = good_payload();
    (void)state;
    EXPECT(exp, "1700000000", PROVAR_OK);
    EXPECT(exp, "1699999999", PROVAR_E_CLAIMS);
    EXPECT(exp, "0", PROVAR_E_CLAIMS);
    payload.nbf = "1800000000";
    expect(&payload, PROVAR_OK);
    payload.exp = "1800000001";
    expect(&payload, PROVAR_OK);
    payload.exp = "1800000000";
    expect(&payload, PROVAR_E_CLAIMS);
    payload.exp = "1799999999";
    expect(&payload, PROVAR_E_CLAIMS);
}

/* Rows 154 to 156. */
static void judges_revisions(void **state) {
    (void)state;
    EXPECT(rev, "2147483647", PROVAR_OK);
    EXPECT(rev, "2147483648", PROVAR_E_CLAIMS);
    EXPECT(rev, "-2147483648", PROVAR_OK);
    EXPECT(rev, "-2147483649", PROVAR_E_CLAIMS);
    EXPECT(rev, "1.0", PROVAR_E_CLAIMS);
    EXPECT(rev, "\"1\"", PROVAR_E_CLAIMS);
    EXPECT(wascap_revision, "0", PROVAR_OK);
    EXPECT(wascap_revision, "4294967295", PROVAR_OK);
    EXPECT(wascap_revision, "4294967296", PROVAR_E_CLAIMS);
    EXPECT(wascap_revision, "-1", PROVAR_E_CLAIMS);
    EXPECT(wascap_revision, "\"3\"", PROVAR_E_CLAIMS);
    EXPECT(wascap_revision, "3.0", PROVAR_E_CLAIMS);
}

static void expect_unknown(size_t levels, bool in_wascap, enum provar_result wanted) {
    char *nested = nest(levels), *member = JOIN("\"deep\":", nested);
    struct payload payload = good_payload();
    if (in_wascap)
        payload.wascap_members = member;
    else
        payload.members = member;
    expect(&payload, wanted);
    free(member);
    free(nested);
}

/* Rows 136, 163. */
static void bounds_unknown_claims(void **state) {
    char *elements = repeat("0,", PV_MAX_JSON_MEMBERS), *many = JOIN("\"a\":[", elements, "0]");
    (void)state;
    expect_unknown(PV_MAX_JSON_DEPTH - 1, false, PROVAR_OK);
    expect_unknown(PV_MAX_JSON_DEPTH, false, PROVAR_E_LIMIT);
    expect_unknown(PV_MAX_JSON_DEPTH - 2, true, PROVAR_OK);
    expect_unknown(PV_MAX_JSON_DEPTH - 1, true, PROVAR_E_LIMIT);
    expect_unknown(100000, false, PROVAR_E_LIMIT);
    EXPECT(members, many, PROVAR_E_LIMIT);
    free(elements);
    free(many);
}

/* Row 161, and section 6: keys of other kinds, weak ones, seeds, damaged ones. */
static void expect_subject(const char *subject, char kind, enum provar_result wanted) {
    PV_AUTO_CLAIMS struct provar_claims *claims = NULL;
    struct payload payload = good_payload();
    struct pv_buf text;
    struct provar_error err = {0};
    payload.sub = JOIN("\"", subject, "\"");
    build_payload(&text, &payload);
    expect_result(subject, pv_claims_decode_subject(pv_buf_str(&text), (enum provar_key_kind)kind, &claims, &err),
                  wanted, &err);
    assert_true(wanted != PROVAR_OK || claims->subject.kind == (enum provar_key_kind)subject[0]);
    pv_buf_release(&text);
    free((void *)payload.sub);
}

static void demands_an_account_and_a_service(void **state) {
    (void)state;
    EXPECT(iss, "\"" TEST_SUBJECT "\"", PROVAR_E_KEY);
    EXPECT(sub, "\"" TEST_ISSUER "\"", PROVAR_E_KEY);
    EXPECT(iss, "\"OAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3QZVT\"", PROVAR_E_KEY);
    EXPECT(iss, "\"AAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3QPZV\"", PROVAR_OK);
    EXPECT(sub, "\"VAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3RSLE\"", PROVAR_OK);
    EXPECT(iss, "\"" WEAK_ACCOUNT "\"", PROVAR_E_KEY);
    EXPECT(sub, "\"VAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABMAI\"", PROVAR_E_KEY);
    EXPECT(iss, "\"SAAAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4HYMHI\"", PROVAR_E_KEY);
    EXPECT(iss, "\"\"", PROVAR_E_KEY);
    EXPECT(iss, "\"AA7R5L74E45BJ4XVUYTELQ56P5VCOSPOAA474L7QWH4ZAILLKTZFWYYX\"", PROVAR_E_KEY);
}

/* Row 177 and decision D6: one more kind of subject for whoever asks, and no weak or broken key of it. */
static void takes_another_kind_of_subject_when_told(void **state) {
    static const char *const subjects[] = {"MAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3RLXP",
                                           "AAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3QPZV",
                                           TEST_SUBJECT,
                                           "MAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABV4D",
                                           "M",
                                           ""};
    (void)state;
    for (size_t k = 0; k < 3; k++)
        for (size_t i = 0; i < COUNT(subjects); i++)
            expect_subject(subjects[i], "MAV"[k], i == k || i == 2 ? PROVAR_OK : PROVAR_E_KEY);
}

/* Threats, 3.4: the schema of the claims before their keys. */
static void reports_claims_before_keys(void **state) {
    struct payload payload = good_payload();
    (void)state;
    payload.iss = "\"" WEAK_ACCOUNT "\"";
    expect(&payload, PROVAR_E_KEY);
    payload.target_hashes = "{\"claims\":\"" TEST_HASH "\"}";
    expect(&payload, PROVAR_E_CLAIMS);
    payload = good_payload();
    payload.sub = "\"" TEST_ISSUER "\"";
    payload.exp = "1";
    expect(&payload, PROVAR_E_CLAIMS);
}

static void names_the_claim_at_fault(void **state) {
    struct payload payload = good_payload();
    struct provar_claims *claims = NULL;
    struct provar_error err = {0};
    struct pv_buf text;
    (void)state;
    payload.rev = "1.0";
    build_payload(&text, &payload);
    assert_int_equal(pv_claims_decode(pv_buf_str(&text), &claims, &err), PROVAR_E_CLAIMS);
    assert_string_equal(err.message, "'wascap.rev' is not an integer from -2147483648 to 2147483647");
    pv_buf_release(&text);
}

/* ---------------------------------------------------------------- published archives */

static size_t era_index(const char *era) {
    for (size_t i = 0; i < COUNT(eras); i++)
        if (pv_str_equal(pv_str_of(eras[i]), pv_str_of(era)))
            return i;
    fail_msg("no era %s", era);
    return COUNT(eras);
}

static void expect_era(size_t index) {
    PV_AUTO_CLAIMS struct provar_claims *claims = NULL;
    struct pv_str token = era_token(eras[index]);
    struct pv_jws jws;
    char name[32];
    (void)snprintf(name, sizeof name, "Era %s", eras[index]);
    assert_int_equal(pv_jws_decode(token, &jws, NULL), PROVAR_OK);
    assert_int_equal(pv_claims_decode(pv_buf_str(&jws.payload), &claims, NULL), PROVAR_OK);
    assert_string_equal(claims->name, name);
    assert_string_equal(claims->vendor, "wasmCloud");
    assert_string_equal(claims->version, eras[index]);
    assert_true(claims->has_revision && claims->revision == 3);
    assert_int_equal(claims->has_wascap_revision, index >= era_index("0.8.0"));
    if (claims->has_wascap_revision)
        assert_int_equal(claims->wascap_revision, 3);
    assert_int_equal(claims->capid != NULL, index <= era_index("0.9.0"));
    if (claims->capid)
        assert_string_equal(claims->capid, "wasmcloud:keyvalue");
    assert_int_equal(claims->schema != NULL, index >= era_index("0.9.0"));
    if (claims->schema)
        assert_non_null(strstr(claims->schema, "\"default\":1.1,"));
    assert_int_equal(claims->hash_count, index == era_index("0.16.0") ? 4 : 3);
    assert_string_equal(pv_claims_hash(claims, PV_STR("x86_64-linux"))->hex, TEST_HASH);
    assert_string_equal(pv_claims_hash(claims, PV_STR("aarch64-macos"))->hex, OTHER_HASH);
    assert_int_equal(pv_claims_hash(claims, PV_WORLD_NAME) != NULL, index == era_index("0.16.0"));
    assert_string_equal(claims->issuer.text, TEST_ISSUER);
    assert_string_equal(claims->subject.text, TEST_SUBJECT);
    pv_jws_release(&jws);
    free((void *)token.text);
}

static void reads_every_era(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(eras); i++)
        expect_era(i);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_claim),
        cmocka_unit_test(absent_and_null_claims_are_absent),
        cmocka_unit_test(accepts_what_is_odd_but_right),
        cmocka_unit_test(reads_json_in_any_dress),
        cmocka_unit_test(carries_unknown_claims),
        cmocka_unit_test(knows_claims_by_their_place),
        cmocka_unit_test(keeps_any_schema_as_text),
        cmocka_unit_test(refuses_other_hashes),
        cmocka_unit_test(refuses_names_that_are_no_target),
        cmocka_unit_test(refuses_names_that_are_the_same),
        cmocka_unit_test(bounds_the_targets),
        cmocka_unit_test(refuses_duplicates),
        cmocka_unit_test(refuses_other_documents),
        cmocka_unit_test(demands_required_claims),
        cmocka_unit_test(judges_texts),
        cmocka_unit_test(judges_times),
        cmocka_unit_test(judges_the_order_of_times),
        cmocka_unit_test(judges_revisions),
        cmocka_unit_test(bounds_unknown_claims),
        cmocka_unit_test(demands_an_account_and_a_service),
        cmocka_unit_test(takes_another_kind_of_subject_when_told),
        cmocka_unit_test(reports_claims_before_keys),
        cmocka_unit_test(names_the_claim_at_fault),
        cmocka_unit_test(reads_every_era),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
