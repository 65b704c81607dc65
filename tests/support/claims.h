/* For tests of JSON, tokens and claims: payloads built field by field, and the tokens of the published archives. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_SUPPORT_CLAIMS_H
#define TEST_SUPPORT_CLAIMS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "internal.h"

/* The folder that holds vectors/; the build may name it absolutely. */
#ifndef PV_TEST_ROOT
#define PV_TEST_ROOT "tests"
#endif

/* docs/FORMAT.md: the public test keys. */
#define TEST_ISSUER  "AA7R5L74E45BJ4XVUYTELQ56P5VCOSPOAA474L7QWH4ZAILLKTZFWYYW"
#define TEST_SUBJECT "VBM5JMFOVUJDHGTOJSPUJ33ZGHCRCJ3LYHUJ3HND5ZMRVORYCMAVPZQF"
#define TEST_HASH    "7291DC06A7132E91C768AD197A022ACADB96AB23A63FA4D37A1AADE75792FFBA"
#define OTHER_HASH   "F2A2A7753ACBFBF3966AD6B43AE061D9089CFCC511FF9CFC1562384D1FFD06DF"
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The JSON text of each member's value in a payload; NULL leaves the member out. */
struct payload {
    const char *exp, *jti, *iat, *iss, *sub, *nbf;
    const char *wascap; /* in place of the object of the next group */
    const char *name, *capid, *vendor, *rev, *ver, *target_hashes, *config_schema;
    const char *wascap_members; /* `"key":value` text at the end of wascap */
    const char *wascap_revision;
    const char *members; /* the same at the end of the top object */
};

static inline struct payload good_payload(void) {
    return (struct payload){
        .jti = "\"SjB5fm974SjU9WMgTUchsb\"",
        .iat = "1700000000",
        .iss = "\"" TEST_ISSUER "\"",
        .sub = "\"" TEST_SUBJECT "\"",
        .name = "\"Key Value\"",
        .vendor = "\"wasmCloud\"",
        .rev = "3",
        .ver = "\"0.1.0\"",
        .target_hashes = "{\"x86_64-linux\":\"" TEST_HASH "\"}",
        .wascap_revision = "3",
    };
}

static inline void add_text(struct pv_buf *buf, const char *text) {
    assert_int_equal(pv_buf_append_str(buf, pv_str_of(text), NULL), PROVAR_OK);
}

/* `key` NULL: `value` is a member as it stands. */
static inline void add_member(struct pv_buf *buf, const char *key, const char *value) {
    if (value == NULL)
        return;
    if (buf->data[buf->len - 1] != '{')
        add_text(buf, ",");
    if (key) {
        add_text(buf, "\"");
        add_text(buf, key);
        add_text(buf, "\":");
    }
    add_text(buf, value);
}

static inline void add_wascap(struct pv_buf *buf, const struct payload *payload) {
    add_member(buf, "wascap", "{");
    add_member(buf, "name", payload->name);
    add_member(buf, "capid", payload->capid);
    add_member(buf, "vendor", payload->vendor);
    add_member(buf, "rev", payload->rev);
    add_member(buf, "ver", payload->ver);
    add_member(buf, "target_hashes", payload->target_hashes);
    add_member(buf, "config_schema", payload->config_schema);
    add_member(buf, NULL, payload->wascap_members);
    add_text(buf, "}");
}

/* The payload's text, with the members in the published writer's order. */
static inline void build_payload(struct pv_buf *buf, const struct payload *payload) {
    pv_buf_init(buf, 64 * PV_MIB);
    add_text(buf, "{");
    add_member(buf, "exp", payload->exp);
    add_member(buf, "jti", payload->jti);
    add_member(buf, "iat", payload->iat);
    add_member(buf, "iss", payload->iss);
    add_member(buf, "sub", payload->sub);
    add_member(buf, "nbf", payload->nbf);
    if (payload->wascap)
        add_member(buf, "wascap", payload->wascap);
    else
        add_wascap(buf, payload);
    add_member(buf, "wascap_revision", payload->wascap_revision);
    add_member(buf, NULL, payload->members);
    add_text(buf, "}");
}

/* A copy that ends where its memory ends, so that a sanitizer sees one byte too many. The caller frees it. */
static inline struct pv_str exact_copy(struct pv_str text) {
    char *copy = malloc(text.len > 0 ? text.len : 1);
    assert_non_null(copy);
    if (text.len > 0)
        memcpy(copy, text.text, text.len);
    return pv_str(copy, text.len);
}

/* `count` times `piece`, ended by a NUL. The caller frees it. */
static inline char *repeat(const char *piece, size_t count) {
    size_t len = strlen(piece);
    char *text = malloc(len * count + 1);
    assert_non_null(text);
    for (size_t i = 0; i < count; i++)
        memcpy(text + i * len, piece, len);
    text[len * count] = 0;
    return text;
}

/* Up to six texts, one behind the other. The caller frees it. */
static inline char *join(const char *const *pieces, size_t count) {
    struct pv_buf buf;
    pv_buf_init(&buf, 64 * PV_MIB);
    add_text(&buf, "");
    for (size_t i = 0; i < count; i++)
        add_text(&buf, pieces[i]);
    return (char *)buf.data;
}
#define JOIN(...) join((const char *const[]){__VA_ARGS__}, COUNT(((const char *const[]){__VA_ARGS__})))

/* Arrays in arrays, `levels` deep. The caller frees it. */
static inline char *nest(size_t levels) {
    char *open = repeat("[", levels), *close = repeat("]", levels);
    char *text = JOIN(open, close);
    free(open);
    free(close);
    return text;
}

/* A failure must say something, on one line, without the bytes that steer terminals. */
static inline void expect_result(const char *what, enum provar_result result, enum provar_result wanted,
                                 const struct provar_error *err) {
    if (result != wanted)
        print_error("%.200s: %s: %s\n", what, provar_result_name((int)result), err->message);
    assert_int_equal(result, wanted);
    assert_int_equal(err->code, wanted);
    assert_true((wanted == PROVAR_OK) == (err->message[0] == 0));
    for (const char *c = err->message; *c; c++)
        assert_true((unsigned char)*c >= 0x20 && *c != 0x7f);
}

__attribute__((unused)) static const char *const eras[] = {"0.1.2", "0.2.1", "0.3.2",  "0.5.0",  "0.6.0",
                                                           "0.8.0", "0.9.0", "0.10.2", "0.12.1", "0.16.0"};

/* The content of claims.jwt, the first member of each of these archives. The caller frees the text. */
static inline struct pv_str era_token(const char *era) {
    char path[256];
    uint8_t block[8192];
    uint64_t size = 0;
    (void)snprintf(path, sizeof path, "%s/vectors/eras/%s.par", PV_TEST_ROOT, era);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        print_error("%s: not found; is the working directory the project's?\n", path);
    assert_non_null(file);
    size_t len = fread(block, 1, sizeof block, file);
    (void)fclose(file);
    assert_true(len > 1024);
    assert_string_equal((const char *)block, "claims.jwt");
    assert_true(pv_parse_octal(pv_str((const char *)block + 124, 11), len - 512, &size));
    return exact_copy(pv_str((const char *)block + 512, (size_t)size));
}

#endif
