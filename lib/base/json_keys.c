/* Finds two keys of one JSON object that are the same text, without a copy of any text. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/json_keys.h"

enum { END = 0 }; /* no text holds a NUL */

enum provar_result pv_json_keys_add(struct pv_json_keys *keys, size_t object, struct pv_str text,
                                    struct provar_error *err) {
    if (keys->count == keys->cap) {
        size_t cap = keys->cap < 16 ? 16 : keys->cap * 2;
        struct pv_json_key *grown = reallocarray(keys->list, cap, sizeof *grown);
        if (grown == NULL)
            return pv_fail_memory(err);
        keys->list = grown;
        keys->cap = cap;
    }
    keys->list[keys->count++] = (struct pv_json_key){object, text};
    return PROVAR_OK;
}

void pv_json_keys_release(struct pv_json_keys *keys) {
    free(keys->list);
    *keys = (struct pv_json_keys){0};
}

static void skip(struct pv_str *rest, size_t step) {
    *rest = pv_str(rest->text + step, rest->len - step);
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

static uint32_t next_code_point(struct pv_str *rest) {
    uint32_t code;
    if (rest->len == 0)
        return END;
    if (rest->text[0] == '\\')
        return next_escaped(rest);
    size_t step = pv_utf8_next(*rest, &code);
    skip(rest, step > 0 ? step : rest->len);
    return step > 0 ? code : END;
}

static int compare_texts(struct pv_str a, struct pv_str b) {
    uint32_t x, y;
    do {
        x = next_code_point(&a);
        y = next_code_point(&b);
    } while (x == y && x != END);
    return (x > y) - (x < y);
}

static struct pv_str unquoted(struct pv_str text) {
    return pv_str(text.text + 1, text.len - 2);
}

static int compare_keys(const void *a, const void *b) {
    const struct pv_json_key *x = a, *y = b;
    if (x->object != y->object)
        return x->object < y->object ? -1 : 1;
    return compare_texts(unquoted(x->text), unquoted(y->text));
}

const struct pv_json_key *pv_json_keys_twice(struct pv_json_keys *keys) {
    if (keys->count > 1)
        qsort(keys->list, keys->count, sizeof *keys->list, compare_keys);
    for (size_t i = 1; i < keys->count; i++)
        if (compare_keys(&keys->list[i - 1], &keys->list[i]) == 0)
            return keys->list[i].text.text > keys->list[i - 1].text.text ? &keys->list[i] : &keys->list[i - 1];
    return NULL;
}
