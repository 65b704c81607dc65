/* One bounded pass over JSON text: grammar, limits and duplicate keys, on a stack of fixed size. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/json_keys.h"
#include "base/json_scan.h"

enum {
    REPORTED_LEVELS = 2,
    MAX_OPEN = PV_MAX_JSON_DEPTH + PV_MAX_JSON_SCHEMA_DEPTH,
    END = -1, /* in place of a byte */
};

/* What must come next. */
enum state {
    VALUE, /* a value */
    FIRST, /* the first member of a container that has just been opened, or its end */
    NEXT,  /* after a value: a comma, the end of the container, or the end of the text */
    DONE
};

struct scan {
    struct pv_str text;
    size_t pos;
    const struct pv_json_events *events; /* NULL: nothing is reported */
    struct pv_json_keys *keys;
    struct provar_error *err;
    size_t members;
    enum pv_json_raw_kind kind;              /* of the raw value around pos */
    size_t raw_level;                        /* at which that value is a member */
    size_t value_start[REPORTED_LEVELS + 1]; /* by level */
    size_t depth;                            /* open containers; also the level of what stands in the innermost */
    size_t opened;                           /* containers so far */
    size_t number[MAX_OPEN];                 /* of each that is open, among those */
    bool is_object[MAX_OPEN];
};

static enum provar_result malformed(const struct scan *scan, const char *what) {
    return pv_fail(scan->err, PROVAR_E_CLAIMS, PROVAR_NO_OFFSET, "malformed JSON: %s at byte %zu", what, scan->pos);
}

static int byte_at(const struct scan *scan, size_t at) {
    return at < scan->text.len ? (unsigned char)scan->text.text[at] : END;
}

static struct pv_str text_from(const struct scan *scan, size_t start) {
    return pv_str(scan->text.text + start, scan->pos - start);
}

/* RFC 8259, section 2: these four and no other. */
static int skip_space(struct scan *scan) {
    int byte = byte_at(scan, scan->pos);
    while (byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r')
        byte = byte_at(scan, ++scan->pos);
    return byte;
}

static bool in_object(const struct scan *scan) {
    return scan->is_object[scan->depth - 1];
}

static bool is_reported(const struct scan *scan) {
    return scan->events && scan->kind == PV_JSON_NOT_RAW && scan->depth >= 1 && scan->depth <= REPORTED_LEVELS &&
           in_object(scan);
}

/* Moves over a backslash, a u and four hex digits. */
static bool match_unit(struct scan *scan, uint32_t *unit) {
    uint32_t value = 0;
    if (byte_at(scan, scan->pos) != '\\' || byte_at(scan, scan->pos + 1) != 'u')
        return false;
    for (size_t at = scan->pos + 2; at < scan->pos + 6; at++) {
        int byte = byte_at(scan, at);
        bool is_digit = byte >= '0' && byte <= '9', is_letter = (byte | 0x20) >= 'a' && (byte | 0x20) <= 'f';
        if (byte == END || (!is_digit && !is_letter))
            return false;
        value = value << 4 | (uint32_t)(is_digit ? byte - '0' : (byte | 0x20) - 'a' + 10);
    }
    scan->pos += 6;
    *unit = value;
    return true;
}

/* RFC 8259, section 7. A NUL would end the text for whoever takes it for a C string; half of a surrogate pair is no
 * text at all (RFC 7493, 2.1). */
static bool match_escape(struct scan *scan) {
    static const char plain[] = "\"\\/bfnrt";
    uint32_t high, low;
    int byte = byte_at(scan, scan->pos + 1);
    if (byte > 0 && memchr(plain, byte, sizeof plain - 1) != NULL) {
        scan->pos += 2;
        return true;
    }
    if (!match_unit(scan, &high) || high == 0)
        return false;
    if (high < 0xd800 || high > 0xdfff)
        return true;
    return high <= 0xdbff && match_unit(scan, &low) && low >= 0xdc00 && low <= 0xdfff;
}

static enum provar_result read_character(struct scan *scan) {
    uint32_t ignored;
    int byte = byte_at(scan, scan->pos);
    if (byte == END)
        return malformed(scan, "a string without an end");
    if (byte < 0x20)
        return malformed(scan, "a control character in a string");
    if (byte == '\\')
        return match_escape(scan) ? PROVAR_OK : malformed(scan, "a bad escape");
    size_t step = pv_utf8_next(pv_str(scan->text.text + scan->pos, scan->text.len - scan->pos), &ignored);
    scan->pos += step;
    return step > 0 ? PROVAR_OK : malformed(scan, "invalid UTF-8");
}

static enum provar_result read_string(struct scan *scan, struct pv_str *token) {
    size_t start = scan->pos++;
    while (byte_at(scan, scan->pos) != '"') {
        enum provar_result result = read_character(scan);
        if (result != PROVAR_OK)
            return result;
    }
    scan->pos++;
    *token = text_from(scan, start);
    if (scan->kind != PV_JSON_RAW_SCHEMA && token->len - 2 > PV_MAX_JSON_STRING)
        return pv_fail(scan->err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "a JSON string of more than %zu bytes",
                       (size_t)PV_MAX_JSON_STRING);
    return PROVAR_OK;
}

/* Moves over one or more digits. */
static bool read_digits(struct scan *scan) {
    size_t start = scan->pos;
    for (int byte = byte_at(scan, start); byte >= '0' && byte <= '9'; byte = byte_at(scan, scan->pos))
        scan->pos++;
    return scan->pos > start;
}

/* RFC 8259, section 6: [ "-" ] int [ "." digits ] [ ( "e" / "E" ) [ "+" / "-" ] digits ]. */
static bool match_number(struct scan *scan) {
    if (byte_at(scan, scan->pos) == '-')
        scan->pos++;
    if (byte_at(scan, scan->pos) == '0')
        scan->pos++;
    else if (!read_digits(scan))
        return false;
    if (byte_at(scan, scan->pos) == '.') {
        scan->pos++;
        if (!read_digits(scan))
            return false;
    }
    int byte = byte_at(scan, scan->pos);
    if (byte != 'e' && byte != 'E')
        return true;
    byte = byte_at(scan, ++scan->pos);
    if (byte == '+' || byte == '-')
        scan->pos++;
    return read_digits(scan);
}

static enum provar_result read_number(struct scan *scan) {
    return match_number(scan) ? PROVAR_OK : malformed(scan, "an incomplete number");
}

static enum provar_result read_literal(struct scan *scan) {
    static const struct pv_str literals[] = {{"true", 4}, {"false", 5}, {"null", 4}};
    if (scan->pos == scan->text.len)
        return malformed(scan, "a missing value");
    struct pv_str rest = pv_str(scan->text.text + scan->pos, scan->text.len - scan->pos);
    for (size_t i = 0; i < sizeof literals / sizeof literals[0]; i++)
        if (pv_str_starts(rest, literals[i])) {
            scan->pos += literals[i].len;
            return PROVAR_OK;
        }
    return malformed(scan, "no value");
}

static enum provar_result open_container(struct scan *scan, bool is_object) {
    bool in_schema = scan->kind == PV_JSON_RAW_SCHEMA;
    size_t level = scan->depth + 1 - (in_schema ? scan->raw_level : 0);
    size_t max = in_schema ? PV_MAX_JSON_SCHEMA_DEPTH : PV_MAX_JSON_DEPTH;
    if (level > max || scan->depth == MAX_OPEN)
        return pv_fail(scan->err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "JSON nested deeper than %zu levels", max);
    scan->number[scan->depth] = scan->opened++;
    scan->is_object[scan->depth++] = is_object;
    scan->pos++;
    return PROVAR_OK;
}

static enum provar_result read_value(struct scan *scan, enum state *state) {
    struct pv_str ignored;
    int byte = skip_space(scan);
    if (scan->depth <= REPORTED_LEVELS)
        scan->value_start[scan->depth] = scan->pos;
    *state = byte == '{' || byte == '[' ? FIRST : NEXT;
    if (*state == FIRST)
        return open_container(scan, byte == '{');
    if (byte == '"')
        return read_string(scan, &ignored);
    if (byte == '-' || (byte >= '0' && byte <= '9'))
        return read_number(scan);
    return read_literal(scan);
}

static enum provar_result report_key(struct scan *scan, struct pv_str key_text) {
    if (!is_reported(scan))
        return PROVAR_OK;
    enum pv_json_raw_kind kind = PV_JSON_NOT_RAW;
    enum provar_result result =
        scan->events->key(scan->events->user, (unsigned)scan->depth, key_text, &kind, scan->err);
    scan->kind = kind;
    scan->raw_level = scan->depth;
    return result;
}

static enum provar_result report_value(struct scan *scan) {
    if (scan->depth == scan->raw_level)
        scan->kind = PV_JSON_NOT_RAW;
    if (!is_reported(scan))
        return PROVAR_OK;
    return scan->events->value(scan->events->user, (unsigned)scan->depth,
                               text_from(scan, scan->value_start[scan->depth]), scan->err);
}

/* What stands before a member's value: in an object its key and a colon. */
static enum provar_result begin_member(struct scan *scan) {
    struct pv_str key_text;
    if (++scan->members > PV_MAX_JSON_MEMBERS)
        return pv_fail(scan->err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "more than %d JSON members", PV_MAX_JSON_MEMBERS);
    if (!in_object(scan))
        return PROVAR_OK;
    if (skip_space(scan) != '"')
        return malformed(scan, "no key");
    enum provar_result result = read_string(scan, &key_text);
    if (result == PROVAR_OK)
        result = pv_json_keys_add(scan->keys, scan->number[scan->depth - 1], key_text, scan->err);
    if (result != PROVAR_OK)
        return result;
    if (skip_space(scan) != ':')
        return malformed(scan, "no colon");
    scan->pos++;
    return report_key(scan, key_text);
}

static bool close_container(struct scan *scan, int byte) {
    if (byte != (in_object(scan) ? '}' : ']'))
        return false;
    scan->depth--;
    scan->pos++;
    return true;
}

static enum provar_result read_first(struct scan *scan, enum state *state) {
    if (close_container(scan, skip_space(scan))) {
        *state = NEXT;
        return PROVAR_OK;
    }
    *state = VALUE;
    return begin_member(scan);
}

static enum provar_result read_next(struct scan *scan, enum state *state) {
    enum provar_result result = report_value(scan);
    if (result != PROVAR_OK)
        return result;
    int byte = skip_space(scan);
    if (scan->depth == 0) {
        *state = DONE;
        return byte == END ? PROVAR_OK : malformed(scan, "something after the value");
    }
    if (close_container(scan, byte))
        return PROVAR_OK;
    if (byte != ',')
        return malformed(scan, in_object(scan) ? "neither ',' nor '}'" : "neither ',' nor ']'");
    scan->pos++;
    *state = VALUE;
    return begin_member(scan);
}

static enum provar_result run(struct scan *scan, bool object_only) {
    enum provar_result result = PROVAR_OK;
    if (skip_space(scan) != '{' && object_only)
        return malformed(scan, "no object");
    for (enum state state = VALUE; state != DONE && result == PROVAR_OK;) {
        if (state == VALUE)
            result = read_value(scan, &state);
        else if (state == FIRST)
            result = read_first(scan, &state);
        else
            result = read_next(scan, &state);
    }
    return result;
}

enum provar_result pv_json_scan(struct pv_str text, const struct pv_json_events *events, struct provar_error *err) {
    PV_AUTO_JSON_KEYS struct pv_json_keys keys = {0};
    struct scan scan = {.text = text, .keys = &keys, .events = events, .err = err};
    enum provar_result result = run(&scan, true);
    const struct pv_json_key *twice = result == PROVAR_OK ? pv_json_keys_twice(&keys) : NULL;
    if (twice == NULL)
        return result;
    return pv_fail(err, PROVAR_E_CLAIMS, PROVAR_NO_OFFSET, "malformed JSON: duplicate object key near '%s', byte %zu",
                   pv_quote(twice->text).text, (size_t)(twice->text.text + twice->text.len - text.text));
}

enum provar_result pv_json_scan_schema(struct pv_str text, bool object_only, struct provar_error *err) {
    PV_AUTO_JSON_KEYS struct pv_json_keys keys = {0};
    struct scan scan = {.text = text, .keys = &keys, .err = err, .kind = PV_JSON_RAW_SCHEMA};
    enum provar_result result = run(&scan, object_only);
    const struct pv_json_key *twice = result == PROVAR_OK ? pv_json_keys_twice(&keys) : NULL;
    if (twice == NULL)
        return result;
    scan.pos = (size_t)(twice->text.text - text.text);
    return malformed(&scan, "a key that its object has twice");
}
