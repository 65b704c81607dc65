/* Seeds: tokens, JSON, and the claims in a payload. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/claims.h"

#include "base/codec.h"
#include "seeds.h"

/* ---------------------------------------------------------------- JSON */

static void json(const char *name, const char *text) {
    seed("json", name, text, strlen(text));
}

static void documents(void) {
    json("good_empty_object", "{}");
    json("good_values", "{\"a\":\"text\",\"b\":[1,-2.5e+10,true,false,null],\"wascap\":{\"a\":{}}}");
    json("good_escapes", " {\"\\u0061\" : \"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\"}\r\n\t");
    json("good_integers", "{\"a\":{\"a\":7,\"b\":1000},\"b\":9223372036854775807}");
    json("good_large_numbers", "{\"a\":1e999,\"b\":123456789012345678901234567890}");
    json("good_utf8", "{\"\xc3\xa9\":\"\xf0\x9f\x98\x80\"}");
    json("good_texts", "{\"a\":{\"x\\u0079\":\"1\\\"}\" , \"\\\\\":\"\\\\\"},\"w\":{\"h\":{\"a\":\"1\",\"b\":\"2\"}}}");
    json("good_no_texts", "{\"a\":{\"b\":{\"c\":\"1\"}},\"\":{\"a\":\"2\"},\"b\":{\"\":null}}");
    json("good_no_object", "[1,2]");
    json("bad_twice", "{\"a\":1,\"\\u0061\":2}");
    json("bad_twice_inside", "{\"a\":[{\"b\":1,\"b\":1}]}");
    json("bad_nul", "{\"a\":\"\\u0000\"}");
    json("bad_surrogate", "{\"a\":\"\\ud800x\"}");
    json("bad_utf8", "{\"a\":\"\xc3\x28\"}");
    json("bad_trailing_comma", "{\"a\":1,}");
    json("bad_number", "{\"a\":01}");
    json("bad_literal", "{\"a\":nul}");
    json("bad_something_behind", "{}{}");
    json("bad_no_end", "{\"a\":\"b");
    char *deep = nest(PV_MAX_JSON_SCHEMA_DEPTH + 1);
    json("bad_depth", deep);
    free(deep);
    deep = nest(PV_MAX_JSON_SCHEMA_DEPTH);
    json("good_depth", deep);
    free(deep);
}

/* ---------------------------------------------------------------- claims */

static void claims(const char *name, const struct payload *payload) {
    struct pv_buf text;
    build_payload(&text, payload);
    seed("claims", name, text.data, text.len);
    pv_buf_release(&text);
}

static void payloads(void) {
    struct payload p = good_payload();
    claims("good_usual", &p);
    p.exp = "1800000000";
    p.nbf = "1700000000";
    p.capid = "\"wasmcloud:keyvalue\"";
    p.config_schema = "{\"type\":\"object\",\"properties\":{}}";
    p.wascap_members = "\"more\":[1,2.5]";
    p.members = "\"aud\":null,\"\\u0061\":1e5";
    p.target_hashes = "{\"x86_64-linux\":\"" TEST_HASH "\",\"world.wasm\":\"" OTHER_HASH "\"}";
    claims("good_everything", &p);
    p = good_payload();
    p.name = p.rev = p.ver = p.wascap_revision = NULL;
    claims("good_least", &p);
    p = good_payload();
    p.name = p.ver = p.rev = p.exp = p.config_schema = "null";
    claims("good_nulls", &p);
    p = good_payload();
    p.iss = "\"" TEST_SUBJECT "\"";
    claims("bad_issuer", &p);
    p = good_payload();
    p.exp = "1699999999";
    claims("bad_expires_before_issue", &p);
    p = good_payload();
    p.iat = "-1";
    claims("bad_time", &p);
    p = good_payload();
    p.target_hashes = "{\"x86_64-linux\":\"7291dc\"}";
    claims("bad_hash", &p);
    p = good_payload();
    p.target_hashes = "{\"X-linux\":\"" TEST_HASH "\",\"x-linux\":\"" TEST_HASH "\"}";
    claims("bad_case", &p);
    p = good_payload();
    p.wascap = "[]";
    claims("bad_wascap", &p);
    p = good_payload();
    p.rev = "2147483648";
    claims("bad_revision", &p);
    p = good_payload();
    p.members = "\"jti\":\"again\"";
    claims("bad_twice", &p);
}

/* ---------------------------------------------------------------- tokens */

static void add_segment(struct pv_buf *out, const void *data, size_t len) {
    assert_int_equal(pv_buf_reserve(out, PV_BASE64URL_LEN(len), NULL), PROVAR_OK);
    pv_base64url_encode(data, len, (char *)out->data + out->len);
    out->len += PV_BASE64URL_LEN(len);
    out->data[out->len] = 0;
}

#define HEADER "{\"typ\":\"jwt\",\"alg\":\"Ed25519\"}"

static void token(const char *name, const char *header, const char *payload, size_t signature_len, const char *tail) {
    struct pv_buf out;
    uint8_t signature[PROVAR_SIGNATURE_LEN + 1];
    memset(signature, 0x55, sizeof signature);
    pv_buf_init(&out, PV_MIB);
    add_segment(&out, header, strlen(header));
    add_text(&out, ".");
    add_segment(&out, payload, strlen(payload));
    add_text(&out, ".");
    add_segment(&out, signature, signature_len);
    add_text(&out, tail);
    seed("jws", name, out.data, out.len);
    pv_buf_release(&out);
}

static void tokens(void) {
    token("good_usual", HEADER, "{\"a\":1}", 64, "");
    token("good_line_feed", HEADER, "{\"a\":1}", 64, "\n");
    token("good_carriage_return", HEADER, "{}", 64, "\r\n");
    token("good_hints", "{\"alg\":\"Ed25519\",\"kid\":\"x\",\"jku\":\"http://a\",\"typ\":\"jwt\"}", "{}", 64, "");
    token("bad_none", "{\"typ\":\"jwt\",\"alg\":\"none\"}", "{}", 64, "");
    token("bad_of_nats", "{\"typ\":\"JWT\",\"alg\":\"ed25519-nkey\"}", "{}", 64, "");
    token("bad_critical", "{\"typ\":\"jwt\",\"alg\":\"Ed25519\",\"crit\":[\"exp\"]}", "{}", 64, "");
    token("bad_twice", "{\"typ\":\"jwt\",\"alg\":\"Ed25519\",\"alg\":\"none\"}", "{}", 64, "");
    token("bad_signature_63", HEADER, "{}", 63, "");
    token("bad_signature_65", HEADER, "{}", 65, "");
    token("bad_no_signature", HEADER, "{}", 0, "");
    token("bad_fourth_segment", HEADER, "{}", 64, ".e30");
    token("bad_two_line_feeds", HEADER, "{}", 64, "\n\n");
    token("bad_padding", HEADER, "{}", 64, "=");
    static const char spare_bits[] = "eyJ0eXAiOiJqd3QiLCJhbGciOiJFZDI1NTE5In0.e31"; /* e30 is {} */
    struct pv_buf out;
    pv_buf_init(&out, PV_MIB);
    add_text(&out, spare_bits);
    add_text(&out, ".");
    add_segment(&out, (const uint8_t[PROVAR_SIGNATURE_LEN]){0}, PROVAR_SIGNATURE_LEN);
    seed("jws", "bad_spare_bits", out.data, out.len);
    pv_buf_release(&out);
    for (size_t i = 0; i < COUNT(eras); i++) {
        char name[64];
        struct pv_str text = era_token(eras[i]);
        (void)snprintf(name, sizeof name, "good_era_%s", eras[i]);
        seed("jws", name, text.text, text.len);
        free((void *)(uintptr_t)text.text);
    }
}

void seeds_token(void) {
    documents();
    payloads();
    tokens();
}
