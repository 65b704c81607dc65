/* Texts that must not outlive their use, and JSON that holds some: see secret_json.h. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/json_text.h"
#include "base/secret.h"
#include "store/auth/secret_json.h"

void pv_secret_text_free(char *text) {
    if (text)
        pv_secret_wipe(text, strlen(text));
    free(text);
}

enum provar_result pv_secret_buf_init(struct pv_buf *buf, uint64_t max, struct provar_error *err) {
    pv_buf_init(buf, max);
    return pv_buf_reserve(buf, buf->max, err);
}

void pv_secret_buf_release(struct pv_buf *buf) {
    if (buf->data)
        pv_secret_wipe(buf->data, buf->len);
    pv_buf_release(buf);
}

enum provar_result pv_secret_json_parse(struct pv_str text, pv_json_is_raw_fn is_raw, enum provar_result code,
                                        struct pv_json **json, struct provar_error *err) {
    struct provar_error inner = {0};
    enum provar_result result = pv_json_parse(text, is_raw ? is_raw : pv_json_all_raw, json, &inner);
    if (result == PROVAR_E_CLAIMS)
        return pv_fail(err, code, PROVAR_NO_OFFSET, "%s", inner.message);
    pv_error_hand_on(err, &inner);
    return result;
}

struct pv_str pv_secret_json_value(const struct pv_json *json, const char *key) {
    for (size_t i = 0; i < pv_json_raw_count(json); i++) {
        const struct pv_json_raw *member = pv_json_raw(json, i);
        if (member->parent.len == 0 && pv_str_equal(member->key, pv_str_of(key)))
            return member->value_text.text[0] == 'n' ? PV_STR("") : member->value_text;
    }
    return PV_STR("");
}

enum provar_result pv_secret_json_text(const struct pv_json *json, const char *key, enum provar_result code,
                                       char **text, struct provar_error *err) {
    struct pv_str value = pv_secret_json_value(json, key);
    if (value.len > 0 && value.text[0] != '"')
        return pv_fail(err, code, PROVAR_NO_OFFSET, "'%s' is not a text", key);
    *text = NULL;
    if (value.len <= sizeof "\"\"" - 1)
        return PROVAR_OK;
    char *room = malloc(value.len + 1);
    if (room == NULL)
        return pv_fail_memory(err);
    struct pv_str plain = pv_json_unescape(value, room);
    if (plain.text != room)
        memcpy(room, plain.text, plain.len);
    room[plain.len] = 0;
    *text = room;
    return PROVAR_OK;
}
