/* Finds two keys of one JSON object that are the same text, without a copy of any text. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_JSON_KEYS_H
#define PV_JSON_KEYS_H

struct pv_json_key {
    size_t object;      /* tells the objects of a document apart */
    struct pv_str text; /* as it is written, with its quotes; borrowed from a text that all keys share */
};

struct pv_json_keys {
    struct pv_json_key *list;
    size_t count;
    size_t room;
};

enum provar_result pv_json_keys_add(struct pv_json_keys *keys, size_t object, struct pv_str text,
                                    struct provar_error *err) PV_MUST_CHECK;

/* The first key, in the order of the text, that its object had before, compared after unescaping; or NULL. The order of
 * the keys is lost. */
const struct pv_json_key *pv_json_keys_twice(struct pv_json_keys *keys);

void pv_json_keys_release(struct pv_json_keys *keys);
#define PV_AUTO_JSON_KEYS PV_CLEANUP(pv_json_keys_release)

#endif
