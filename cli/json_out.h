/* Writes one JSON document as it is told: members in order, texts always valid, raw JSON as it stands. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JSON_OUT_H
#define JSON_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { JSON_OUT_DEPTH = 8 };

struct json_out {
    FILE *to;
    unsigned depth;
    bool has_member[JSON_OUT_DEPTH];
};

/* `key` is NULL inside an array. A text of NULL is written as null. */
void json_begin(struct json_out *json, const char *key, char bracket); /* '{' or '[' */
void json_end(struct json_out *json, char bracket);                    /* '}' or ']' */
void json_text(struct json_out *json, const char *key, const char *text, size_t len);
void json_string(struct json_out *json, const char *key, const char *text); /* ends in a NUL */
void json_integer(struct json_out *json, const char *key, long long value);
void json_unsigned(struct json_out *json, const char *key, unsigned long long value);
void json_bool(struct json_out *json, const char *key, bool value);
void json_raw(struct json_out *json, const char *key, const char *text, size_t len);

#endif
