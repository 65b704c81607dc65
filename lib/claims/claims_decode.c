/* A payload of claims.jwt -> struct provar_claims. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/json.h"
#include "claims/claims.h"

#define TOP    PV_STR("")
#define WASCAP PV_STR("wascap")

static enum pv_json_raw_kind is_raw(struct pv_str parent, struct pv_str key) {
    static const char *const top[] = {"exp", "jti", "iat", "iss", "sub", "nbf", "wascap", "wascap_revision", NULL};
    static const char *const wascap[] = {"name", "capid", "vendor", "rev", "ver", "target_hashes", NULL};
    if (parent.len == 0)
        return pv_str_is_one_of(key, top) ? PV_JSON_NOT_RAW : PV_JSON_RAW;
    if (pv_str_equal(parent, WASCAP) && pv_str_equal(key, PV_STR("config_schema")))
        return PV_JSON_RAW_SCHEMA;
    return pv_str_is_one_of(key, wascap) ? PV_JSON_NOT_RAW : PV_JSON_RAW;
}

/* One payload on its way into claims; each reader of a claim returns at once when an earlier one failed. */
struct reader {
    struct pv_str payload;
    const struct pv_json *json;
    struct provar_claims *claims;
    struct provar_error *err;
    enum provar_result result;
    enum provar_key_kind other_subject; /* accepted beside a service */
    bool keeps_unknown;
};

static void fail(struct reader *reader, const char *claim, const char *fault) {
    reader->result = pv_fail(reader->err, PROVAR_E_CLAIMS, PROVAR_NO_OFFSET, "'%s' %s", claim, fault);
}

static bool read_text(struct reader *reader, struct pv_str object, const char *key, struct pv_str *value) {
    bool present = false;
    if (reader->result == PROVAR_OK)
        reader->result = pv_json_text(reader->json, object, key, value, &present, reader->err);
    return present;
}

static struct pv_str need_text(struct reader *reader, struct pv_str object, const char *key) {
    struct pv_str value = PV_STR("");
    bool present = read_text(reader, object, key, &value);
    if (reader->result == PROVAR_OK && !present)
        fail(reader, key, "is missing");
    return value;
}

static void keep_text(struct reader *reader, struct pv_str text, char **field) {
    if (reader->result == PROVAR_OK)
        reader->result = pv_claims_set_text(field, text, reader->err);
}

static void read_optional_text(struct reader *reader, const char *key, char **field) {
    struct pv_str value;
    if (read_text(reader, WASCAP, key, &value))
        keep_text(reader, value, field);
}

static bool read_integer(struct reader *reader, struct pv_str object, const char *key, int64_t min, int64_t max,
                         int64_t *value) {
    bool present = false;
    if (reader->result == PROVAR_OK)
        reader->result = pv_json_integer(reader->json, object, key, min, max, value, &present, reader->err);
    return present;
}

static void need_object(struct reader *reader, struct pv_str object, const char *key) {
    bool present = false;
    if (reader->result == PROVAR_OK)
        reader->result = pv_json_object(reader->json, object, key, &present, reader->err);
    if (reader->result == PROVAR_OK && !present)
        fail(reader, key, "is missing");
}

/* ---------------------------------------------------------------- claims */

static void read_times(struct reader *reader) {
    struct provar_claims *claims = reader->claims;
    claims->has_expires = read_integer(reader, TOP, "exp", 0, INT64_MAX, &claims->expires);
    claims->has_not_before = read_integer(reader, TOP, "nbf", 0, INT64_MAX, &claims->not_before);
    if (!read_integer(reader, TOP, "iat", 0, INT64_MAX, &claims->issued_at) && reader->result == PROVAR_OK)
        fail(reader, "iat", "is missing");
    if (reader->result != PROVAR_OK || !claims->has_expires)
        return;
    if (claims->expires < claims->issued_at)
        fail(reader, "exp", "is before 'iat'");
    else if (claims->has_not_before && claims->expires <= claims->not_before)
        fail(reader, "exp", "is not after 'nbf'");
}

static void read_id(struct reader *reader) {
    struct pv_str id = need_text(reader, TOP, "jti");
    if (reader->result == PROVAR_OK && id.len == 0)
        fail(reader, "jti", "is empty");
    keep_text(reader, id, &reader->claims->id);
}

static void read_revisions(struct reader *reader) {
    struct provar_claims *claims = reader->claims;
    int64_t revision = 0;
    claims->has_revision = read_integer(reader, WASCAP, "rev", INT32_MIN, INT32_MAX, &revision);
    claims->revision = (int32_t)revision;
    revision = 0;
    claims->has_wascap_revision = read_integer(reader, TOP, "wascap_revision", 0, UINT32_MAX, &revision);
    claims->wascap_revision = (uint32_t)revision;
}

static enum provar_result read_hash(void *user, struct pv_str name, struct pv_str value, struct provar_error *err) {
    struct reader *reader = user;
    return pv_claims_add_hash(reader->claims, name, value, err);
}

static void read_hashes(struct reader *reader) {
    need_object(reader, WASCAP, "target_hashes");
    if (reader->result == PROVAR_OK)
        reader->result = pv_json_each_text(reader->json, WASCAP, "target_hashes", read_hash, reader, reader->err);
}

static void read_wascap(struct reader *reader) {
    struct provar_claims *claims = reader->claims;
    need_object(reader, TOP, "wascap");
    read_optional_text(reader, "name", &claims->name);
    read_optional_text(reader, "capid", &claims->capid);
    keep_text(reader, need_text(reader, WASCAP, "vendor"), &claims->vendor);
    read_optional_text(reader, "ver", &claims->version);
    read_hashes(reader);
}

/* ---------------------------------------------------------------- raw claims */

/* Copies a text to where it stands in the payload: behind a key or a value something follows that is no part of either,
 * or a payload that is cut ends, and leaves a byte for the NUL. */
static const char *keep_in_place(const struct reader *reader, struct pv_str text) {
    char *copy = reader->claims->unknown_texts + (text.text - reader->payload.text);
    memcpy(copy, text.text, text.len);
    copy[text.len] = 0;
    return copy;
}

/* Room for as many claims as the payload can hold, since each is `"":0` and what follows at least. What is not used is
 * never touched, and takes no memory. */
static enum provar_result make_room(const struct reader *reader, struct pv_raw_claims *claims,
                                    struct provar_error *err) {
    enum { LEAST_LEN = 5 };
    size_t room = reader->payload.len / LEAST_LEN;
    if (reader->claims->unknown_texts == NULL)
        reader->claims->unknown_texts = malloc(reader->payload.len + 1);
    claims->list = reallocarray(NULL, room < PV_MAX_JSON_MEMBERS ? room : PV_MAX_JSON_MEMBERS, sizeof *claims->list);
    return reader->claims->unknown_texts && claims->list ? PROVAR_OK : pv_fail_memory(err);
}

static enum provar_result keep_unknown(const struct reader *reader, struct pv_raw_claims *claims,
                                       const struct pv_json_raw *member, struct provar_error *err) {
    enum provar_result result = claims->list ? PROVAR_OK : make_room(reader, claims, err);
    if (result != PROVAR_OK)
        return result;
    claims->list[claims->count++] =
        (struct pv_raw_claim){keep_in_place(reader, member->key_text), keep_in_place(reader, member->value_text)};
    return PROVAR_OK;
}

static enum provar_result read_raw(void *user, const struct pv_json_raw *member, struct provar_error *err) {
    const struct reader *reader = user;
    struct provar_claims *claims = reader->claims;
    bool is_top = member->parent.len == 0;
    if (!is_top && pv_str_equal(member->key, PV_STR("config_schema")))
        return pv_str_equal(member->value_text, PV_STR("null"))
                   ? PROVAR_OK
                   : pv_claims_set_text(&claims->schema, member->value_text, err);
    if (!reader->keeps_unknown)
        return PROVAR_OK;
    return keep_unknown(reader, is_top ? &claims->top_unknown : &claims->wascap_unknown, member, err);
}

/* ---------------------------------------------------------------- all of it */

static void read_key(struct reader *reader, struct pv_str text, enum provar_key_kind kind, const char *role,
                     struct pv_nkey *key) {
    if (reader->result == PROVAR_OK)
        reader->result = pv_nkey_decode_role(text, kind, role, key, reader->err);
}

/* A key's first letter names its kind, and pv_nkey_decode_role judges whether the key is one of that kind. */
static enum provar_key_kind subject_kind(const struct reader *reader, struct pv_str text) {
    bool is_other = text.len > 0 && text.text[0] == (char)reader->other_subject;
    return is_other ? reader->other_subject : PROVAR_KEY_SERVICE;
}

/* Schema first, keys last: the order in which the whole of verification reports failures (docs/THREATS.md). */
static void read_payload(struct reader *reader) {
    struct pv_str issuer = need_text(reader, TOP, "iss");
    struct pv_str subject = need_text(reader, TOP, "sub");
    read_id(reader);
    read_times(reader);
    read_revisions(reader);
    read_wascap(reader);
    read_key(reader, issuer, PROVAR_KEY_ACCOUNT, "issuer", &reader->claims->issuer);
    read_key(reader, subject, subject_kind(reader, subject), "subject", &reader->claims->subject);
}

static enum provar_result decode(struct pv_str payload, enum provar_key_kind kind, bool keeps_unknown,
                                 struct provar_claims **claims, struct provar_error *err) {
    PV_AUTO_JSON struct pv_json *json = NULL;
    PV_AUTO_CLAIMS struct provar_claims *decoded = pv_claims_new();
    if (decoded == NULL)
        return pv_fail_memory(err);
    struct reader reader = {
        .payload = payload, .claims = decoded, .err = err, .other_subject = kind, .keeps_unknown = keeps_unknown};
    enum provar_result result = pv_json_parse_each_raw(payload, is_raw, read_raw, &reader, &json, err);
    if (result != PROVAR_OK)
        return result;
    reader.json = json;
    read_payload(&reader);
    if (reader.result == PROVAR_OK)
        *claims = PV_TAKE(decoded);
    return reader.result;
}

enum provar_result pv_claims_decode_subject(struct pv_str payload, enum provar_key_kind kind,
                                            struct provar_claims **claims, struct provar_error *err) {
    return decode(payload, kind, false, claims, err);
}

enum provar_result pv_claims_decode(struct pv_str payload, struct provar_claims **claims, struct provar_error *err) {
    return decode(payload, PROVAR_KEY_SERVICE, true, claims, err);
}
