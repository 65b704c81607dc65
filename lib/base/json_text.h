/* Steps over JSON whose grammar has been checked (base/json_scan.h), and the characters of its strings. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_JSON_TEXT_H
#define PV_JSON_TEXT_H

/* A string as it is written, without its quotes. */
static inline struct pv_str pv_json_inside(struct pv_str string) {
    return pv_str(string.text + 1, string.len - 2);
}

/* The length of the string at the front, with its quotes. */
size_t pv_json_string_len(struct pv_str rest);

/* Moves over the white space, commas and colons between keys and values, and tells the byte that follows; at the end of
 * the text that is '}'. */
char pv_json_skip_between(struct pv_str *rest);

/* Moves over one character between the quotes and tells its code point; 0 at the end: no string holds a NUL. */
uint32_t pv_json_next_character(struct pv_str *rest);

/* The text of a string, with its quotes. Without escapes it is borrowed from the string; else it is written to `room`,
 * which has string.len bytes: no escape is shorter than the UTF-8 that it stands for. */
struct pv_str pv_json_unescape(struct pv_str string, char *room);

#endif
