/* JSON documents: the scan judges the text and gives spans of it; access unescapes what is asked for. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/array.h"
#include "base/json.h"
#include "base/json_scan.h"
#include "base/json_text.h"

struct members {
    struct pv_json_raw *list;
    size_t count;
    size_t room;
};

struct pv_json {
    struct pv_str document;
    char *unescaped; /* as long as the document: a string that has escapes is written here, at the place it has there */
    struct members raw;
    struct members typed; /* of the same form */
};

static enum provar_result push_member(struct members *members, const struct pv_json_raw *member,
                                      struct provar_error *err) {
    struct pv_json_raw *grown = pv_array_grow(members->list, members->count, &members->room, sizeof *grown);
    if (grown == NULL)
        return pv_fail_memory(err);
    members->list = grown;
    members->list[members->count++] = *member;
    return PROVAR_OK;
}

void pv_json_free(struct pv_json *json) {
    if (json == NULL)
        return;
    free(json->unescaped);
    free(json->raw.list);
    free(json->typed.list);
    free(json);
}

/* Nothing can fail: room is there for every string of the document. */
static struct pv_str text_of(const struct pv_json *json, struct pv_str string) {
    return pv_json_unescape(string, json->unescaped + (string.text - json->document.text));
}

/* ---------------------------------------------------------------- parse */

/* State while the scan runs. `open` holds the member of each level whose value has not ended. */
struct collector {
    struct pv_json *json;
    pv_json_is_raw_fn is_raw;
    pv_json_raw_fn each; /* takes raw members; NULL: they are kept */
    void *user;
    struct pv_json_raw open[2];
    enum pv_json_raw_kind kind[2];
};

static enum provar_result collect_key(void *user, unsigned level, struct pv_str key_text, enum pv_json_raw_kind *kind,
                                      struct provar_error *err) {
    struct collector *collector = user;
    struct pv_json_raw *member = &collector->open[level - 1];
    (void)err;
    *member = (struct pv_json_raw){.parent = level == 1 ? PV_STR("") : collector->open[0].key,
                                   .key = text_of(collector->json, key_text),
                                   .key_text = key_text};
    *kind = collector->is_raw ? collector->is_raw(member->parent, member->key) : PV_JSON_NOT_RAW;
    collector->kind[level - 1] = *kind;
    return PROVAR_OK;
}

static enum provar_result collect_value(void *user, unsigned level, struct pv_str value_text,
                                        struct provar_error *err) {
    struct collector *collector = user;
    struct pv_json_raw *member = &collector->open[level - 1];
    bool is_raw = collector->kind[level - 1] != PV_JSON_NOT_RAW;
    if (level > 1 && member->parent.len == 0)
        return PROVAR_OK; /* under an empty key; they would be taken for members of the top */
    member->value_text = value_text;
    if (is_raw && collector->each)
        return collector->each(collector->user, member, err);
    return push_member(is_raw ? &collector->json->raw : &collector->json->typed, member, err);
}

enum provar_result pv_json_parse(struct pv_str text, pv_json_is_raw_fn is_raw, struct pv_json **json,
                                 struct provar_error *err) {
    return pv_json_parse_each_raw(text, is_raw, NULL, NULL, json, err);
}

enum provar_result pv_json_parse_each_raw(struct pv_str text, pv_json_is_raw_fn is_raw, pv_json_raw_fn each, void *user,
                                          struct pv_json **json, struct provar_error *err) {
    PV_AUTO_JSON struct pv_json *parsed = calloc(1, sizeof *parsed);
    if (parsed == NULL)
        return pv_fail_memory(err);
    parsed->document = text;
    parsed->unescaped = malloc(text.len + 1);
    if (parsed->unescaped == NULL)
        return pv_fail_memory(err);
    struct collector collector = {.json = parsed, .is_raw = is_raw, .each = each, .user = user};
    struct pv_json_events events = {.key = collect_key, .value = collect_value, .user = &collector};
    enum provar_result result = pv_json_scan(text, &events, err);
    if (result == PROVAR_OK)
        *json = PV_TAKE(parsed);
    return result;
}

enum provar_result pv_json_check(struct pv_str text, bool object_only, struct provar_error *err) {
    return pv_json_scan_schema(text, object_only, err);
}

/* ---------------------------------------------------------------- access */

enum pv_json_raw_kind pv_json_all_raw(struct pv_str parent, struct pv_str key) {
    (void)parent;
    (void)key;
    return PV_JSON_RAW;
}

size_t pv_json_raw_count(const struct pv_json *json) {
    return json->raw.count;
}

const struct pv_json_raw *pv_json_raw(const struct pv_json *json, size_t index) {
    return &json->raw.list[index];
}

const struct pv_json_raw *pv_json_raw_find(const struct pv_json *json, struct pv_str key) {
    for (size_t i = 0; i < json->raw.count; i++)
        if (json->raw.list[i].parent.len == 0 && pv_str_equal(json->raw.list[i].key, key))
            return &json->raw.list[i];
    return NULL;
}

static enum provar_result wrong_type(struct pv_str object, const char *key, const char *wanted,
                                     struct provar_error *err) {
    return pv_fail(err, PROVAR_E_CLAIMS, PROVAR_NO_OFFSET, "'%s%s%s' is not %s", pv_quote(object).text,
                   object.len > 0 ? "." : "", key, wanted);
}

/* NULL for a member that is absent or null, or whose object is no object. */
static const struct pv_json_raw *find(const struct pv_json *json, struct pv_str object, struct pv_str key) {
    for (size_t i = 0; i < json->typed.count; i++) {
        const struct pv_json_raw *member = &json->typed.list[i];
        if (pv_str_equal(member->key, key) && pv_str_equal(member->parent, object))
            return member->value_text.text[0] == 'n' ? NULL : member;
    }
    return NULL;
}

enum provar_result pv_json_text(const struct pv_json *json, struct pv_str object, const char *key, struct pv_str *value,
                                bool *present, struct provar_error *err) {
    const struct pv_json_raw *member = find(json, object, pv_str_of(key));
    if (member && member->value_text.text[0] != '"')
        return wrong_type(object, key, "a text", err);
    *present = member != NULL;
    if (member)
        *value = text_of(json, member->value_text);
    return PROVAR_OK;
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
    const struct pv_json_raw *member = find(json, object, pv_str_of(key));
    int64_t number = 0;
    if (member == NULL) {
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
    const struct pv_json_raw *member = find(json, object, pv_str_of(key));
    if (member && member->value_text.text[0] != '{')
        return wrong_type(object, key, "an object", err);
    *present = member != NULL;
    return PROVAR_OK;
}

static struct pv_str take_string(struct pv_str *rest) {
    struct pv_str string = pv_str(rest->text, pv_json_string_len(*rest));
    *rest = pv_str(rest->text + string.len, rest->len - string.len);
    return string;
}

enum provar_result pv_json_each_text(const struct pv_json *json, struct pv_str object, const char *key,
                                     pv_json_each_fn each, void *user, struct provar_error *err) {
    bool present;
    enum provar_result result = pv_json_object(json, object, key, &present, err);
    const struct pv_json_raw *member = find(json, object, pv_str_of(key));
    if (result != PROVAR_OK || member == NULL)
        return result;
    struct pv_str rest = pv_str(member->value_text.text + 1, member->value_text.len - 1);
    while (result == PROVAR_OK && pv_json_skip_between(&rest) == '"') {
        struct pv_str name = text_of(json, take_string(&rest));
        if (pv_json_skip_between(&rest) != '"')
            return wrong_type(pv_str_of(key), pv_quote(name).text, "a text", err);
        result = each(user, name, text_of(json, take_string(&rest)), err);
    }
    return result;
}

enum provar_result pv_json_each_text_element(const struct pv_json *json, struct pv_str object, const char *key,
                                             pv_json_each_fn each, void *user, struct provar_error *err) {
    const struct pv_json_raw *member = find(json, object, pv_str_of(key));
    enum provar_result result = PROVAR_OK;
    if (member == NULL)
        return PROVAR_OK;
    if (member->value_text.text[0] != '[')
        return wrong_type(object, key, "an array", err);
    struct pv_str rest = pv_str(member->value_text.text + 1, member->value_text.len - 1);
    for (char next = pv_json_skip_between(&rest); result == PROVAR_OK && next != ']';
         next = pv_json_skip_between(&rest)) {
        if (next != '"')
            return wrong_type(pv_str_of(key), "an element", "a text", err);
        result = each(user, PV_STR(""), text_of(json, take_string(&rest)), err);
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
