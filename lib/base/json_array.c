/* Walks over the elements of a JSON array whose grammar has been checked (base/json_scan.h). */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/json_array.h"
#include "base/json_text.h"

/* Moves to behind one value. Brackets are in pairs, and those of strings do not count; so it is enough to count them
 * all. A number or literal ends before what can follow it. */
static struct pv_str take_value(struct pv_str *rest) {
    struct pv_str start = *rest;
    size_t depth = 0;
    do {
        char c = rest->text[0];
        size_t step = c == '"' ? pv_json_string_len(*rest) : 1;
        *rest = pv_str(rest->text + step, rest->len - step);
        if (c == '[' || c == '{')
            depth++;
        else if (c == ']' || c == '}')
            depth--;
    } while (depth > 0 || (rest->len > 0 && memchr(",] \t\n\r", rest->text[0], 6) == NULL));
    return pv_str(start.text, start.len - rest->len);
}

enum provar_result pv_json_each_element(struct pv_str value, pv_json_element_fn each, void *user,
                                        struct provar_error *err) {
    enum provar_result result = PROVAR_OK;
    if (!pv_str_starts(value, PV_STR("[")))
        return pv_fail(err, PROVAR_E_CLAIMS, PROVAR_NO_OFFSET, "not an array");
    struct pv_str rest = pv_str(value.text + 1, value.len - 1);
    while (result == PROVAR_OK && pv_json_skip_between(&rest) != ']')
        result = each(user, take_value(&rest), err);
    return result;
}
