/* JSON by jansson, as another reader: see slow_json.h. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "slow_json.h"

#include "base/unpoison.h"

#ifdef PV_MSAN
__attribute__((constructor)) static void unpoison_all_of_jansson(void) {
    json_set_alloc_funcs(pv_unpoisoned_malloc, free);
}
#endif

/* ---------------------------------------------------------------- trees */

json_t *slow_json_load(struct pv_str text) {
    json_error_t error = {0};
    pv_unpoison_stack();
    json_t *root = json_loadb(text.text, text.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    fuzz_require(root != NULL || json_error_code(&error) == json_error_numeric_overflow);
    return root;
}

bool slow_json_is(const json_t *value, struct pv_str text) {
    return json_is_string(value) && pv_str_equal(text, pv_str(json_string_value(value), json_string_length(value)));
}

bool slow_json_is_or_none(const json_t *value, struct pv_str text) {
    return value == NULL || json_is_null(value) ? text.len == 0 : slow_json_is(value, text);
}

bool slow_json_is_digest(const json_t *value) {
    const struct pv_str start = PV_STR("sha256:");
    const char *text = json_string_value(value);
    if (text == NULL || !pv_str_starts(pv_str_of(text), start) || strlen(text) != start.len + 64)
        return false;
    return strspn(text + start.len, "0123456789abcdef") == 64;
}

/* ---------------------------------------------------------------- places */

static size_t skip_blanks(struct pv_str text, size_t at) {
    while (at < text.len && memchr(" \t\r\n", text.text[at], 4) != NULL)
        at++;
    fuzz_require(at < text.len);
    return at;
}

/* jansson stops behind the value, and says where. */
static struct pv_str value_at(struct pv_str text, size_t at) {
    json_error_t error = {0};
    pv_unpoison_stack();
    json_t *value = json_loadb(text.text + at, text.len - at, JSON_DISABLE_EOF_CHECK | JSON_DECODE_ANY, &error);
    fuzz_require(value != NULL && error.position > 0);
    json_decref(value);
    return pv_str(text.text + at, (size_t)error.position);
}

size_t slow_json_parts(struct pv_str text, struct slow_part parts[SLOW_JSON_MAX_PARTS]) {
    size_t count = 0, at = skip_blanks(text, 0);
    bool is_object = text.text[at] == '{';
    fuzz_require(is_object || text.text[at] == '[');
    at = skip_blanks(text, at + 1);
    while (text.text[at] != (is_object ? '}' : ']')) {
        struct slow_part part = {.key = {"", 0}};
        fuzz_require(count < SLOW_JSON_MAX_PARTS);
        if (is_object) {
            part.key = value_at(text, at);
            at = skip_blanks(text, at + part.key.len);
            fuzz_require(text.text[at] == ':');
            at = skip_blanks(text, at + 1);
        }
        part.value = value_at(text, at);
        parts[count++] = part;
        at = skip_blanks(text, at + part.value.len);
        if (text.text[at] == ',')
            at = skip_blanks(text, at + 1);
    }
    return count;
}

bool slow_json_has_key(const struct slow_part *part, const char *key) {
    json_t *own = slow_json_load(part->key);
    bool same = slow_json_is(own, pv_str_of(key));
    json_decref(own);
    return same;
}

struct pv_str slow_json_member(struct pv_str text, const char *key) {
    static struct slow_part parts[SLOW_JSON_MAX_PARTS];
    size_t count = slow_json_parts(text, parts);
    for (size_t i = 0; i < count; i++)
        if (slow_json_has_key(&parts[i], key))
            return parts[i].value;
    return pv_str("", 0);
}
