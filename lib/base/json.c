/* JSON documents: the scan keeps spans of the text, jansson judges duplicates and gives typed access. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <jansson.h>

#include "internal.h"

#include "base/json.h"
#include "base/json_scan.h"

struct members {
    struct pv_json_raw *list;
    size_t count;
    size_t cap;
};

struct pv_json {
    json_t *root;
    json_t *unescaped; /* array of strings: owns the keys that are written with escapes */
    struct members raw;
    struct members typed; /* of the same form, to read integers from their digits */
};

static enum provar_result push_member(struct members *members, const struct pv_json_raw *member,
                                      struct provar_error *err) {
    if (members->count == members->cap) {
        size_t cap = members->cap < 16 ? 16 : members->cap * 2;
        struct pv_json_raw *grown = reallocarray(members->list, cap, sizeof *grown);
        if (grown == NULL)
            return pv_fail_memory(err);
        members->list = grown;
        members->cap = cap;
    }
    members->list[members->count++] = *member;
    return PROVAR_OK;
}

void pv_json_free(struct pv_json *json) {
    if (json == NULL)
        return;
    json_decref(json->root);
    json_decref(json->unescaped);
    free(json->raw.list);
    free(json->typed.list);
    free(json);
}

/* ---------------------------------------------------------------- parse */

/* For texts that have passed the scan: but for duplicates nothing can be wrong with them any more, and what else
 * jansson reports, as an "invalid token" too, is an allocation that failed. */
static enum provar_result load(struct pv_str text, size_t flags, json_t **value, struct provar_error *err) {
    json_error_t error = {0};
    *value = json_loadb(text.text, text.len, JSON_REJECT_DUPLICATES | flags, &error);
    if (*value)
        return PROVAR_OK;
    if (json_error_code(&error) != json_error_duplicate_key)
        return pv_fail_memory(err);
    return pv_fail(err, PROVAR_E_CLAIMS, PROVAR_NO_OFFSET, "malformed JSON: %s, byte %d",
                   pv_quote(pv_str_of(error.text)).text, error.position);
}

/* State while the scan runs. `open` holds the member of each level whose value has not ended. */
struct collector {
    struct pv_json *json;
    pv_json_is_raw_fn is_raw;
    struct pv_json_raw open[2];
    enum pv_json_raw_kind kind[2];
};

/* A key without escapes is its own text; the library that will compare keys unescapes the others. */
static enum provar_result unescape_key(struct pv_json *json, struct pv_str key_text, struct pv_str *key,
                                       struct provar_error *err) {
    json_t *string;
    if (memchr(key_text.text, '\\', key_text.len) == NULL) {
        *key = pv_str(key_text.text + 1, key_text.len - 2);
        return PROVAR_OK;
    }
    enum provar_result result = load(key_text, JSON_DECODE_ANY, &string, err);
    if (result != PROVAR_OK)
        return result;
    if (json_array_append_new(json->unescaped, string) != 0)
        return pv_fail_memory(err);
    *key = pv_str(json_string_value(string), json_string_length(string));
    return PROVAR_OK;
}

static enum provar_result collect_key(void *user, unsigned level, struct pv_str key_text, enum pv_json_raw_kind *kind,
                                      struct provar_error *err) {
    struct collector *collector = user;
    struct pv_json_raw *member = &collector->open[level - 1];
    *member = (struct pv_json_raw){.parent = level == 1 ? PV_STR("") : collector->open[0].key, .key_text = key_text};
    enum provar_result result = unescape_key(collector->json, key_text, &member->key, err);
    if (result != PROVAR_OK)
        return result;
    *kind = collector->is_raw ? collector->is_raw(member->parent, member->key) : PV_JSON_NOT_RAW;
    collector->kind[level - 1] = *kind;
    return PROVAR_OK;
}

static enum provar_result collect_value(void *user, unsigned level, struct pv_str value_text,
                                        struct provar_error *err) {
    struct collector *collector = user;
    struct pv_json_raw *member = &collector->open[level - 1];
    bool is_raw = collector->kind[level - 1] != PV_JSON_NOT_RAW;
    member->value_text = value_text;
    return push_member(is_raw ? &collector->json->raw : &collector->json->typed, member, err);
}

enum provar_result pv_json_parse(struct pv_str text, pv_json_is_raw_fn is_raw, struct pv_json **json,
                                 struct provar_error *err) {
    PV_AUTO_JSON struct pv_json *parsed = calloc(1, sizeof *parsed);
    PV_AUTO_FREE char *blanked = malloc(text.len + 1);
    if (parsed == NULL || blanked == NULL)
        return pv_fail_memory(err);
    parsed->unescaped = json_array();
    if (parsed->unescaped == NULL)
        return pv_fail_memory(err);
    struct collector collector = {.json = parsed, .is_raw = is_raw};
    struct pv_json_events events = {.key = collect_key, .value = collect_value, .user = &collector};
    enum provar_result result = pv_json_scan(text, &events, blanked, err);
    if (result == PROVAR_OK)
        result = load(pv_str(blanked, text.len), 0, &parsed->root, err);
    if (result == PROVAR_OK)
        *json = PV_TAKE(parsed);
    return result;
}

enum provar_result pv_json_check(struct pv_str text, bool object_only, struct provar_error *err) {
    return pv_json_scan_schema(text, object_only, err);
}

/* ---------------------------------------------------------------- access */

size_t pv_json_raw_count(const struct pv_json *json) {
    return json->raw.count;
}

const struct pv_json_raw *pv_json_raw(const struct pv_json *json, size_t index) {
    return &json->raw.list[index];
}

static enum provar_result wrong_type(struct pv_str object, const char *key, const char *wanted,
                                     struct provar_error *err) {
    return pv_fail(err, PROVAR_E_CLAIMS, PROVAR_NO_OFFSET, "'%s%s%s' is not %s", pv_quote(object).text,
                   object.len > 0 ? "." : "", key, wanted);
}

/* NULL for a member that is absent or null, or whose object is no object. */
static json_t *find(const struct pv_json *json, struct pv_str object, const char *key) {
    json_t *holder = object.len > 0 ? json_object_getn(json->root, object.text, object.len) : json->root;
    json_t *value = json_object_get(holder, key);
    return json_is_null(value) ? NULL : value;
}

enum provar_result pv_json_text(const struct pv_json *json, struct pv_str object, const char *key, struct pv_str *value,
                                bool *present, struct provar_error *err) {
    const json_t *found = find(json, object, key);
    if (found && !json_is_string(found))
        return wrong_type(object, key, "a text", err);
    *present = found != NULL;
    if (found)
        *value = pv_str(json_string_value(found), json_string_length(found));
    return PROVAR_OK;
}

static const struct pv_json_raw *find_typed(const struct pv_json *json, struct pv_str object, struct pv_str key) {
    for (size_t i = 0; i < json->typed.count; i++) {
        const struct pv_json_raw *member = &json->typed.list[i];
        if (pv_str_equal(member->key, key) && pv_str_equal(member->parent, object))
            return member;
    }
    return NULL;
}

static bool parse_integer(struct pv_str text, int64_t *value) {
    uint64_t magnitude;
    bool negative = pv_str_starts(text, PV_STR("-"));
    struct pv_str digits = negative ? pv_str(text.text + 1, text.len - 1) : text;
    if (!pv_parse_decimal(digits, INT64_MAX, &magnitude) || (negative && magnitude == 0))
        return false;
    *value = negative ? -(int64_t)magnitude : (int64_t)magnitude;
    return true;
}

enum provar_result pv_json_integer(const struct pv_json *json, struct pv_str object, const char *key, int64_t min,
                                   int64_t max, int64_t *value, bool *present, struct provar_error *err) {
    const struct pv_json_raw *member = find_typed(json, object, pv_str_of(key));
    int64_t number = 0;
    if (member == NULL || pv_str_equal(member->value_text, PV_STR("null"))) {
        *present = false;
        return PROVAR_OK;
    }
    if (!parse_integer(member->value_text, &number) || number < min || number > max) {
        char wanted[80];
        (void)snprintf(wanted, sizeof wanted, "an integer from %lld to %lld", (long long)min, (long long)max);
        return wrong_type(object, key, wanted, err);
    }
    *present = true;
    *value = number;
    return PROVAR_OK;
}

enum provar_result pv_json_object(const struct pv_json *json, struct pv_str object, const char *key, bool *present,
                                  struct provar_error *err) {
    const json_t *found = find(json, object, key);
    if (found && !json_is_object(found))
        return wrong_type(object, key, "an object", err);
    *present = found != NULL;
    return PROVAR_OK;
}

enum provar_result pv_json_each_text(const struct pv_json *json, struct pv_str object, const char *key,
                                     pv_json_each_fn each, void *user, struct provar_error *err) {
    bool present;
    enum provar_result result = pv_json_object(json, object, key, &present, err);
    json_t *holder = result == PROVAR_OK ? find(json, object, key) : NULL;
    for (void *at = json_object_iter(holder); at && result == PROVAR_OK; at = json_object_iter_next(holder, at)) {
        struct pv_str name = pv_str(json_object_iter_key(at), json_object_iter_key_len(at));
        const json_t *value = json_object_iter_value(at);
        if (!json_is_string(value))
            return wrong_type(pv_str_of(key), pv_quote(name).text, "a text", err);
        result = each(user, name, pv_str(json_string_value(value), json_string_length(value)), err);
    }
    return result;
}

/* ---------------------------------------------------------------- quote */

/* What stands behind the backslash, or 0 for a byte that is written as it is. */
static char short_escape(char c) {
    static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
    const char *found = c == 0 ? NULL : memchr(from, c, sizeof from - 1);
    return found ? to[found - from] : 0;
}

static enum provar_result append_escaped(struct pv_buf *buf, char c, struct provar_error *err) {
    static const char digits[] = "0123456789abcdef";
    char escape[] = {'\\', short_escape(c)};
    char unicode[] = {'\\', 'u', '0', '0', digits[c >> 4 & 15], digits[c & 15]};
    return escape[1] ? pv_buf_append(buf, escape, sizeof escape, err)
                     : pv_buf_append(buf, unicode, sizeof unicode, err);
}

static bool needs_escape(char c) {
    return (unsigned char)c < 0x20 || c == '"' || c == '\\';
}

enum provar_result pv_json_quote(struct pv_buf *buf, struct pv_str text, struct provar_error *err) {
    if (!pv_str_is_utf8(text) || pv_str_has_nul(text))
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "not a text for JSON: '%s'", pv_quote(text).text);
    enum provar_result result = pv_buf_append_str(buf, PV_STR("\""), err);
    for (size_t at = 0; at < text.len && result == PROVAR_OK;) {
        size_t plain = at;
        while (plain < text.len && !needs_escape(text.text[plain]))
            plain++;
        result = pv_buf_append(buf, text.text + at, plain - at, err);
        if (result == PROVAR_OK && plain < text.len)
            result = append_escaped(buf, text.text[plain++], err);
        at = plain;
    }
    return result == PROVAR_OK ? pv_buf_append_str(buf, PV_STR("\""), err) : result;
}
