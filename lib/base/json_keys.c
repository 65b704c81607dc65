/* Finds two keys of one JSON object that are the same text, without a copy of any text. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/array.h"
#include "base/json_keys.h"
#include "base/json_text.h"

enum provar_result pv_json_keys_add(struct pv_json_keys *keys, size_t object, struct pv_str text,
                                    struct provar_error *err) {
    struct pv_json_key *grown = pv_array_grow(keys->list, keys->count, &keys->room, sizeof *grown);
    if (grown == NULL)
        return pv_fail_memory(err);
    keys->list = grown;
    keys->list[keys->count++] = (struct pv_json_key){object, text};
    return PROVAR_OK;
}

void pv_json_keys_release(struct pv_json_keys *keys) {
    free(keys->list);
    *keys = (struct pv_json_keys){0};
}

static int compare_texts(struct pv_str a, struct pv_str b) {
    uint32_t x, y;
    do {
        x = pv_json_next_character(&a);
        y = pv_json_next_character(&b);
    } while (x == y && x != 0);
    return (x > y) - (x < y);
}

static int compare_keys(const struct pv_json_key *x, const struct pv_json_key *y) {
    if (x->object != y->object)
        return x->object < y->object ? -1 : 1;
    return compare_texts(pv_json_inside(x->text), pv_json_inside(y->text));
}

/* The same keys in the order in which they were written. */
static int order_keys(const void *a, const void *b) {
    const struct pv_json_key *x = a, *y = b;
    int order = compare_keys(x, y);
    return order != 0 ? order : (x->text.text > y->text.text) - (x->text.text < y->text.text);
}

const struct pv_json_key *pv_json_keys_twice(struct pv_json_keys *keys) {
    const struct pv_json_key *first = NULL;
    if (keys->count > 1)
        qsort(keys->list, keys->count, sizeof *keys->list, order_keys);
    for (size_t i = 1; i < keys->count; i++) {
        const struct pv_json_key *key = &keys->list[i];
        if (compare_keys(key - 1, key) == 0 && (first == NULL || key->text.text < first->text.text))
            first = key;
    }
    return first;
}
