/* Fuzzes JSON: both readers of it have one verdict, and texts survive being quoted. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include "base/json.h"

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
