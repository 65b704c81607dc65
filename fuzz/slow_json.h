/* JSON by jansson, as another reader: the tree of a text, and where in the text each part stands. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FUZZ_SLOW_JSON_H
#define FUZZ_SLOW_JSON_H

#include <jansson.h>

#include "fuzz.h"

/* The tree of a text that has been accepted. NULL where a member that nobody reads is a number that jansson cannot
 * hold: then it says nothing. What it refuses for any other reason ends the process. */
json_t *slow_json_load(struct pv_str text);

/* Whether a value is this text. */
bool slow_json_is(const json_t *value, struct pv_str text);
/* The same, and an empty text is one that is absent or null, too. */
bool slow_json_is_or_none(const json_t *value, struct pv_str text);

/* Whether a value is "sha256:" and 64 lower-case hex digits. */
bool slow_json_is_digest(const json_t *value);

/* A member of an object, or an element of an array, whose key is empty: both as they stand in the text. */
struct slow_part {
    struct pv_str key, value;
};
enum { SLOW_JSON_MAX_PARTS = 4096 };

/* The parts of an object or array, of a text that slow_json_load has loaded; how many there are. */
size_t slow_json_parts(struct pv_str text, struct slow_part parts[SLOW_JSON_MAX_PARTS]);

/* Whether the key of a part is this one, however it is written. */
bool slow_json_has_key(const struct slow_part *part, const char *key);
/* The text of this member's value; empty where there is none. */
struct pv_str slow_json_member(struct pv_str text, const char *key);

#endif
