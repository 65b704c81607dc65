/* struct provar_claims -> a payload of claims.jwt, byte for byte as the published writer orders it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "internal.h"

#include "base/json.h"
#include "claims/claims.h"

/* Appends to a payload; does nothing more once something failed. */
struct writer {
    struct pv_buf *out;
    struct provar_error *err;
    enum provar_result result;
    bool needs_comma;
};

static void put(struct writer *writer, struct pv_str text) {
    if (writer->result == PROVAR_OK)
        writer->result = pv_buf_append_str(writer->out, text, writer->err);
}

static void put_quoted(struct writer *writer, const char *text) {
    if (writer->result == PROVAR_OK)
        writer->result = pv_json_quote(writer->out, pv_str_of(text), writer->err);
}

static void begin_member(struct writer *writer) {
    if (writer->needs_comma)
        put(writer, PV_STR(","));
    writer->needs_comma = true;
}

static void put_key(struct writer *writer, const char *key) {
    begin_member(writer);
    put_quoted(writer, key);
    put(writer, PV_STR(":"));
}

static void open_object(struct writer *writer) {
    put(writer, PV_STR("{"));
    writer->needs_comma = false;
}

static void close_object(struct writer *writer) {
    put(writer, PV_STR("}"));
    writer->needs_comma = true;
}

static void put_text(struct writer *writer, const char *key, const char *text) {
    if (text == NULL)
        return;
    put_key(writer, key);
    put_quoted(writer, text);
}

static void put_integer(struct writer *writer, const char *key, bool present, int64_t value) {
    char digits[24];
    if (!present)
        return;
    (void)snprintf(digits, sizeof digits, "%" PRId64, value);
    put_key(writer, key);
    put(writer, pv_str_of(digits));
}

static void put_raw(struct writer *writer, const struct pv_raw_claims *claims) {
    for (size_t i = 0; i < claims->count; i++) {
        begin_member(writer);
        put(writer, pv_str_of(claims->list[i].key_text));
        put(writer, PV_STR(":"));
        put(writer, pv_str_of(claims->list[i].value_text));
    }
}

static void put_hashes(struct writer *writer, const struct provar_claims *claims) {
    put_key(writer, "target_hashes");
    open_object(writer);
    for (size_t i = 0; i < claims->hash_count; i++)
        put_text(writer, claims->hashes[i].name, claims->hashes[i].hex);
    close_object(writer);
}

static void put_wascap(struct writer *writer, const struct provar_claims *claims) {
    put_key(writer, "wascap");
    open_object(writer);
    put_key(writer, "name");
    if (claims->name)
        put_quoted(writer, claims->name);
    else
        put(writer, PV_STR("null"));
    put_text(writer, "capid", claims->capid);
    put_text(writer, "vendor", claims->vendor);
    put_integer(writer, "rev", claims->has_revision, claims->revision);
    put_text(writer, "ver", claims->version);
    put_hashes(writer, claims);
    if (claims->schema) {
        put_key(writer, "config_schema");
        put(writer, pv_str_of(claims->schema));
    }
    put_raw(writer, &claims->wascap_unknown);
    close_object(writer);
}

enum provar_result pv_claims_encode(const struct provar_claims *claims, struct pv_buf *out, struct provar_error *err) {
    struct writer writer = {.out = out, .err = err};
    if (claims->id == NULL || claims->vendor == NULL)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "claims without '%s'", claims->id ? "vendor" : "jti");
    open_object(&writer);
    put_integer(&writer, "exp", claims->has_expires, claims->expires);
    put_text(&writer, "jti", claims->id);
    put_integer(&writer, "iat", true, claims->issued_at);
    put_text(&writer, "iss", claims->issuer.text);
    put_text(&writer, "sub", claims->subject.text);
    put_integer(&writer, "nbf", claims->has_not_before, claims->not_before);
    put_wascap(&writer, claims);
    put_integer(&writer, "wascap_revision", claims->has_wascap_revision, claims->wascap_revision);
    put_raw(&writer, &claims->top_unknown);
    close_object(&writer);
    return writer.result;
}
