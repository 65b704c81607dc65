/* Steps over JSON whose grammar has been checked (base/json_scan.h), and the characters of its strings. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/json_text.h"

static void skip(struct pv_str *rest, size_t step) {
    *rest = pv_str(rest->text + step, rest->len - step);
}

size_t pv_json_string_len(struct pv_str rest) {
    size_t len = 1;
    while (rest.text[len] != '"')
        len += rest.text[len] == '\\' ? 2 : 1;
    return len + 1;
}

char pv_json_skip_between(struct pv_str *rest) {
    size_t step = 0;
    while (step < rest->len && memchr(" \t\n\r:,", rest->text[step], 6) != NULL)
        step++;
    skip(rest, step);
    return rest->len > 0 ? rest->text[0] : '}';
}

/* Moves over `\uXXXX`. */
static uint32_t next_unit(struct pv_str *rest) {
    uint32_t unit = 0;
    for (size_t i = 2; i < 6; i++) {
        char c = rest->text[i];
        unit = unit << 4 | (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    skip(rest, 6);
    return unit;
}

/* RFC 8259, section 7. */
static uint32_t next_escaped(struct pv_str *rest) {
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *known = memchr(from, rest->text[1], sizeof from - 1);
    if (known) {
        skip(rest, 2);
        return (uint32_t)to[known - from];
    }
    uint32_t unit = next_unit(rest);
    if (unit < 0xd800 || unit > 0xdbff)
        return unit;
    return 0x10000 + ((unit - 0xd800) << 10) + (next_unit(rest) - 0xdc00);
}

uint32_t pv_json_next_character(struct pv_str *rest) {
    uint32_t code;
    if (rest->len == 0)
        return 0;
    if (rest->text[0] == '\\')
        return next_escaped(rest);
    size_t step = pv_utf8_next(*rest, &code);
    skip(rest, step > 0 ? step : rest->len);
    return step > 0 ? code : 0;
}

/* RFC 3629, section 3. */
static size_t encode_utf8(uint32_t code, char *out) {
    size_t more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const uint32_t lead[] = {0, 0xc0, 0xe0, 0xf0};
    for (size_t i = more; i > 0; i--) {
        out[i] = (char)(0x80 | (code & 0x3f));
        code >>= 6;
    }
    out[0] = (char)(lead[more] | code);
    return more + 1;
}

struct pv_str pv_json_unescape(struct pv_str string, char *room) {
    struct pv_str rest = pv_json_inside(string);
    const char *escape = memchr(rest.text, '\\', rest.len);
    size_t len = 0;
    if (escape == NULL)
        return rest;
    for (; escape; escape = memchr(rest.text, '\\', rest.len)) {
        size_t plain = (size_t)(escape - rest.text);
        memcpy(room + len, rest.text, plain);
        skip(&rest, plain);
        len += plain;
        len += encode_utf8(next_escaped(&rest), room + len);
    }
    memcpy(room + len, rest.text, rest.len);
    return pv_str(room, len + rest.len);
}
