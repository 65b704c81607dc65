/* Writes one JSON document as it is told. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <provar.h>
#include <stdlib.h>
#include <string.h>

#include "json_out.h"

static void indent(struct json_out *json) {
    fputc('\n', json->to);
    for (unsigned i = 0; i < json->depth; i++)
        fputs("  ", json->to);
}

/* Our own writer, because a schema must come out as it was signed: a library would rewrite 1.10. */

/* Bytes of the UTF-8 sequence that this byte begins. */
static size_t sequence_length(unsigned char c) {
    return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

/* RFC 8259, 7: a code point beyond the first plane is written as two surrogates. */
static void write_code_point(FILE *to, const char *text, size_t len) {
    unsigned long code = (unsigned char)text[0] & (len > 1 ? 0x7fu >> len : 0x7fu);
    for (size_t i = 1; i < len; i++)
        code = code << 6 | ((unsigned char)text[i] & 0x3fu);
    if (code >= 0x10000)
        fprintf(to, "\\u%04lx\\u%04lx", 0xd800 + ((code - 0x10000) >> 10), 0xdc00 + ((code - 0x10000) & 0x3ff));
    else
        fprintf(to, "\\u%04lx", code);
}

/* Writes text in UTF-8, and what could steer a terminal by its number: documents are read there too. Gives the bytes
 * that it took. */
static size_t write_tame(FILE *to, const char *text) {
    char shown[16];
    size_t len = sequence_length((unsigned char)text[0]);
    (void)provar_escape(text, len, shown, sizeof shown);
    if (shown[0] == '\\' && text[0] != '\\')
        write_code_point(to, text, len);
    else
        fwrite(text, 1, len, to);
    return len;
}

static void write_string(FILE *to, const char *text, size_t len) {
    fputc('"', to);
    for (size_t i = 0; i < len;) {
        if (text[i] == '"' || text[i] == '\\')
            fputc('\\', to);
        i += write_tame(to, text + i);
    }
    fputc('"', to);
}

static void begin_value(struct json_out *json, const char *key) {
    if (json->depth > 0) {
        if (json->has_member[json->depth - 1])
            fputc(',', json->to);
        json->has_member[json->depth - 1] = true;
        indent(json);
    }
    if (key) {
        write_string(json->to, key, strlen(key));
        fputs(": ", json->to);
    }
}

void json_begin(struct json_out *json, const char *key, char bracket) {
    begin_value(json, key);
    fputc(bracket, json->to);
    if (json->depth < JSON_OUT_DEPTH)
        json->has_member[json->depth] = false;
    json->depth++;
}

void json_end(struct json_out *json, char bracket) {
    json->depth--;
    if (json->has_member[json->depth])
        indent(json);
    fputc(bracket, json->to);
}

/* A file name may hold any bytes. */
static bool is_utf8(const char *text, size_t len) {
    char shown[16];
    for (size_t i = 0, step; i < len; i += step) {
        step = sequence_length((unsigned char)text[i]);
        if (step == 1)
            continue;
        if (step > len - i)
            return false;
        (void)provar_escape(text + i, step, shown, sizeof shown);
        if (strncmp(shown, "\\x", 2) == 0)
            return false;
    }
    return true;
}

void json_text(struct json_out *json, const char *key, const char *text, size_t len) {
    begin_value(json, key);
    if (text == NULL) {
        fputs("null", json->to);
        return;
    }
    if (is_utf8(text, len)) {
        write_string(json->to, text, len);
        return;
    }
    /* Escaped as a whole, so that a backslash of the text's own stays apart from those of the escapes. */
    size_t whole = provar_escape(text, len, NULL, 0);
    char *escaped = malloc(whole + 1);
    if (escaped)
        (void)provar_escape(text, len, escaped, whole + 1);
    write_string(json->to, escaped ? escaped : "", escaped ? whole : 0);
    free(escaped);
}

void json_string(struct json_out *json, const char *key, const char *text) {
    json_text(json, key, text, text ? strlen(text) : 0);
}

void json_integer(struct json_out *json, const char *key, long long value) {
    begin_value(json, key);
    fprintf(json->to, "%lld", value);
}

void json_unsigned(struct json_out *json, const char *key, unsigned long long value) {
    begin_value(json, key);
    fprintf(json->to, "%llu", value);
}

void json_bool(struct json_out *json, const char *key, bool value) {
    begin_value(json, key);
    fputs(value ? "true" : "false", json->to);
}

/* JSON that is known to be well formed: other than space, only its strings hold what write_tame would touch. */
void json_raw(struct json_out *json, const char *key, const char *text, size_t len) {
    begin_value(json, key);
    for (size_t i = 0; i < len;) {
        bool space = strchr("\n\t\r", text[i]) != NULL && text[i] != 0;
        if (space)
            fputc(text[i] == '\r' ? ' ' : text[i], json->to);
        i += space ? 1 : write_tame(json->to, text + i);
    }
}
