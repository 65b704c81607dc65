/* Fuzzes JSON: verdicts and texts are those of jansson, and texts survive being quoted. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "slow_json.h"

#include "base/json.h"
#include "base/json_array.h"

static enum provar_result check_schema(struct pv_str text, bool object_only) {
    struct provar_error err = {0};
    enum provar_result result = pv_json_check(text, object_only, &err);
    fuzz_check_error(result, &err);
    fuzz_require(result == PROVAR_OK || result == PROVAR_E_CLAIMS || result == PROVAR_E_LIMIT);
    return result;
}

static enum pv_json_raw_kind all_raw(struct pv_str parent, struct pv_str key) {
    (void)key;
    fuzz_require(parent.len == 0);
    return PV_JSON_RAW_SCHEMA;
}

static bool inside(struct pv_str part, struct pv_str whole) {
    return part.text >= whole.text && part.text + part.len <= whole.text + whole.len;
}

struct elements {
    struct pv_str array;
    struct pv_buf joined;
};

static enum provar_result join_element(void *user, struct pv_str element, struct provar_error *err) {
    struct elements *elements = user;
    (void)err;
    fuzz_require(inside(element, elements->array) && pv_json_check(element, false, NULL) == PROVAR_OK);
    if (elements->joined.len > 1)
        fuzz_require(pv_buf_append_str(&elements->joined, PV_STR(","), NULL) == PROVAR_OK);
    fuzz_require(pv_buf_append_str(&elements->joined, element, NULL) == PROVAR_OK);
    return PROVAR_OK;
}

/* The elements, joined again, are the array. */
static void check_elements(struct pv_str value) {
    struct elements elements = {.array = value};
    json_error_t error;
    pv_buf_init(&elements.joined, PV_MIB);
    fuzz_require(pv_buf_append_str(&elements.joined, PV_STR("["), NULL) == PROVAR_OK);
    enum provar_result result = pv_json_each_element(value, join_element, &elements, NULL);
    fuzz_require(result == (value.text[0] == '[' ? PROVAR_OK : PROVAR_E_CLAIMS));
    fuzz_require(pv_buf_append_str(&elements.joined, PV_STR("]"), NULL) == PROVAR_OK);
    json_t *array = json_loadb(value.text, value.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    json_t *again = json_loadb((const char *)elements.joined.data, elements.joined.len, JSON_REJECT_DUPLICATES, &error);
    if (json_is_array(array))
        fuzz_require(json_equal(array, again));
    json_decref(array);
    json_decref(again);
    pv_buf_release(&elements.joined);
}

/* What is carried as text is JSON by itself, and lies in the document. */
static void check_raw(struct pv_str text, enum provar_result expected) {
    PV_AUTO_JSON struct pv_json *json = NULL;
    struct provar_error err = {0};
    enum provar_result result = pv_json_parse(text, all_raw, &json, &err);
    fuzz_check_error(result, &err);
    fuzz_require((json != NULL) == (result == PROVAR_OK));
    if (expected == PROVAR_OK)
        fuzz_require(result == PROVAR_OK);
    for (size_t i = 0; json && i < pv_json_raw_count(json); i++) {
        const struct pv_json_raw *raw = pv_json_raw(json, i);
        fuzz_require(inside(raw->key_text, text) && inside(raw->value_text, text));
        fuzz_require(pv_json_check(raw->key_text, false, NULL) == PROVAR_OK);
        fuzz_require(pv_json_check(raw->value_text, false, NULL) == PROVAR_OK);
        fuzz_require(pv_str_is_utf8(raw->key) && !pv_str_has_nul(raw->key));
        check_elements(raw->value_text);
    }
}

static void check_members(const struct pv_json *json) {
    static const char *const keys[] = {"a", "b", "typ", "wascap", ""};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        struct provar_error err = {0};
        struct pv_str text = {0};
        int64_t number = 77;
        bool present = false;
        enum provar_result result = pv_json_text(json, PV_STR(""), keys[i], &text, &present, &err);
        fuzz_check_error(result, &err);
        if (result == PROVAR_OK && present)
            fuzz_require(pv_str_is_utf8(text) && !pv_str_has_nul(text));
        provar_error_clear(&err);
        result = pv_json_integer(json, PV_STR("a"), keys[i], -5, 1000, &number, &present, &err);
        fuzz_check_error(result, &err);
        fuzz_require(result == PROVAR_OK && present ? number >= -5 && number <= 1000 : number == 77);
    }
}

/* ---------------------------------------------------------------- what jansson reads */

static void check_same_text(struct pv_str text, const json_t *wanted) {
    fuzz_require(pv_str_equal(text, pv_str(json_string_value(wanted), json_string_length(wanted))));
}

struct texts {
    json_t *object;
    void *next;
};

static enum provar_result check_each(void *user, struct pv_str name, struct pv_str value, struct provar_error *err) {
    struct texts *texts = user;
    (void)err;
    fuzz_require(texts->next != NULL);
    fuzz_require(pv_str_equal(name, pv_str(json_object_iter_key(texts->next), json_object_iter_key_len(texts->next))));
    check_same_text(value, json_object_iter_value(texts->next));
    texts->next = json_object_iter_next(texts->object, texts->next);
    return PROVAR_OK;
}

static bool is_texts(json_t *value) {
    const char *key;
    json_t *member;
    json_object_foreach(value, key, member) {
        if (!json_is_string(member))
            return false;
    }
    return true;
}

static void check_member(const struct pv_json *json, struct pv_str parent, const char *key, json_t *value) {
    struct pv_str text = {0};
    int64_t number = 0;
    bool present = false, has_value = !json_is_null(value);
    enum provar_result result = pv_json_text(json, parent, key, &text, &present, NULL);
    fuzz_require((result == PROVAR_OK) == (json_is_string(value) || !has_value));
    if (result == PROVAR_OK && present)
        check_same_text(text, value);
    fuzz_require(result != PROVAR_OK || present == has_value);
    result = pv_json_integer(json, parent, key, -INT64_MAX, INT64_MAX, &number, &present, NULL);
    if (result == PROVAR_OK && present)
        fuzz_require(json_is_integer(value) && json_integer_value(value) == number);
    else
        fuzz_require(!json_is_integer(value) || json_integer_value(value) == 0 ||
                     json_integer_value(value) == INT64_MIN);
    fuzz_require((pv_json_object(json, parent, key, &present, NULL) == PROVAR_OK) ==
                 (json_is_object(value) || !has_value));
    struct texts texts = {.object = value, .next = json_object_iter(value)};
    result = pv_json_each_text(json, parent, key, check_each, &texts, NULL);
    fuzz_require((result == PROVAR_OK) == (!has_value || (json_is_object(value) && is_texts(value))));
    fuzz_require(result != PROVAR_OK || texts.next == NULL);
}

static void check_members_of(const struct pv_json *json, json_t *root) {
    const char *key, *inner_key;
    json_t *value, *inner;
    json_object_foreach(root, key, value) {
        check_member(json, PV_STR(""), key, value);
        if (*key == 0)
            continue;
        json_object_foreach(value, inner_key, inner) check_member(json, pv_str_of(key), inner_key, inner);
    }
}

/* jansson refuses numbers that it cannot hold, which are JSON all the same, and passes over a NUL behind a literal. */
static void check_against_jansson(struct pv_str text, enum provar_result result, const struct pv_json *json) {
    json_error_t error = {0};
    json_t *root = json_loadb(text.text, text.len, JSON_REJECT_DUPLICATES, &error);
    if (result == PROVAR_E_CLAIMS && !pv_str_has_nul(text))
        fuzz_require(root == NULL || !json_is_object(root));
    if (json && root == NULL)
        fuzz_require(json_error_code(&error) == json_error_numeric_overflow);
    if (json && root)
        check_members_of(json, root);
    json_decref(root);
}

/* ---------------------------------------------------------------- what must hold */

static bool check_document(struct pv_str text) {
    PV_AUTO_JSON struct pv_json *json = NULL;
    struct provar_error err = {0};
    enum provar_result result = pv_json_parse(text, NULL, &json, &err);
    enum provar_result object = check_schema(text, true), any = check_schema(text, false);
    fuzz_check_error(result, &err);
    fuzz_require((json != NULL) == (result == PROVAR_OK));
    if (object == PROVAR_OK)
        fuzz_require(any == PROVAR_OK && (result == PROVAR_OK || result == PROVAR_E_LIMIT));
    else
        fuzz_require(result == PROVAR_E_CLAIMS || result == PROVAR_E_LIMIT);
    check_raw(text, result);
    if (json)
        check_members(json);
    check_against_jansson(text, result, json);
    return any == PROVAR_OK;
}

/* `text` as a value, read back. */
static void check_quote(struct pv_str text) {
    PV_AUTO_BUF struct pv_buf document;
    PV_AUTO_JSON struct pv_json *json = NULL;
    struct pv_str back = {0};
    bool present = false, is_text = pv_str_is_utf8(text) && !pv_str_has_nul(text);
    pv_buf_init(&document, PV_MIB);
    fuzz_require(pv_buf_append_str(&document, PV_STR("{\"a\":"), NULL) == PROVAR_OK);
    fuzz_require(pv_json_quote(&document, text, NULL) == (is_text ? PROVAR_OK : PROVAR_E_USAGE));
    if (!is_text)
        return;
    fuzz_require(pv_buf_append_str(&document, PV_STR("}"), NULL) == PROVAR_OK);
    fuzz_require(pv_json_parse(pv_buf_str(&document), NULL, &json, NULL) == PROVAR_OK);
    fuzz_require(pv_json_text(json, PV_STR(""), "a", &back, &present, NULL) == PROVAR_OK && present);
    fuzz_require(pv_str_equal(back, text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    struct pv_str text = pv_str((const char *)data, len);
    fuzz_accepted += check_document(text);
    check_quote(text);
    return 0;
}
