/* Link headers (RFC 8288): where the next page of a list is. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "store/http/link_header.h"

struct scan {
    struct pv_str rest;
};

static char front(const struct scan *scan) {
    return scan->rest.len > 0 ? scan->rest.text[0] : 0;
}

static void step(struct scan *scan, size_t count) {
    scan->rest = pv_str(scan->rest.text + count, scan->rest.len - count);
}

static bool accept(struct scan *scan, char c) {
    if (scan->rest.len == 0 || scan->rest.text[0] != c)
        return false;
    step(scan, 1);
    return true;
}

/* RFC 9110, 5.6.3. */
static void skip_blanks(struct scan *scan) {
    while (front(scan) == ' ' || front(scan) == '\t')
        step(scan, 1);
}

/* RFC 9110, 5.6.2. */
static bool is_token(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c != 0 && memchr("!#$%&'*+-.^_`|~", c, 15) != NULL);
}

static struct pv_str take_token(struct scan *scan) {
    const char *begin = scan->rest.text;
    size_t len = 0;
    while (len < scan->rest.len && is_token(begin[len]))
        len++;
    step(scan, len);
    return pv_str(begin, len);
}

/* Between the angle brackets; what a URL may hold is for whoever resolves it. */
static bool take_target(struct scan *scan, struct pv_str *target) {
    if (!accept(scan, '<'))
        return false;
    const char *end = memchr(scan->rest.text, '>', scan->rest.len);
    if (end == NULL)
        return false;
    *target = pv_str(scan->rest.text, (size_t)(end - scan->rest.text));
    step(scan, target->len + 1);
    return true;
}

/* What stands between the quotes, escapes and all: a relation type has none. */
static bool take_quoted(struct scan *scan, struct pv_str *value) {
    const char *begin = scan->rest.text;
    for (size_t len = 0; len < scan->rest.len; len++) {
        if (begin[len] == '"') {
            *value = pv_str(begin, len);
            step(scan, len + 1);
            return true;
        }
        if (begin[len] == '\\')
            len++;
    }
    return false;
}

/* Relation types are separated by blanks and have no case (RFC 8288, 3.3 and 2.1.1). */
static bool names_next(struct pv_str types) {
    struct scan scan = {types};
    while (scan.rest.len > 0) {
        size_t len = 0;
        while (len < scan.rest.len && scan.rest.text[len] != ' ' && scan.rest.text[len] != '\t')
            len++;
        if (pv_str_equal_ascii_nocase(pv_str(scan.rest.text, len), PV_STR("next")))
            return true;
        step(&scan, len < scan.rest.len ? len + 1 : len);
    }
    return false;
}

/* Of several `rel` the first counts (RFC 8288, 3.3). */
static bool take_parameters(struct scan *scan, bool *is_next) {
    bool has_rel = false;
    *is_next = false;
    for (;;) {
        struct pv_str value = {"", 0};
        skip_blanks(scan);
        if (!accept(scan, ';'))
            return true;
        skip_blanks(scan);
        struct pv_str name = take_token(scan);
        skip_blanks(scan);
        if (accept(scan, '=')) {
            skip_blanks(scan);
            if (!accept(scan, '"'))
                value = take_token(scan);
            else if (!take_quoted(scan, &value))
                return false;
        }
        if (!has_rel && pv_str_equal_ascii_nocase(name, PV_STR("rel"))) {
            has_rel = true;
            *is_next = names_next(value);
        }
    }
}

bool pv_link_next(struct pv_str header, struct pv_str *target) {
    struct scan scan = {header};
    *target = pv_str("", 0);
    for (;;) {
        struct pv_str found;
        bool is_next;
        /* Empty elements of a list count for nothing (RFC 9110, 5.6.1.2). */
        for (skip_blanks(&scan); accept(&scan, ',');)
            skip_blanks(&scan);
        if (scan.rest.len == 0)
            return true;
        if (!take_target(&scan, &found) || !take_parameters(&scan, &is_next))
            return false;
        if (scan.rest.len > 0 && front(&scan) != ',')
            return false;
        if (is_next) {
            *target = found;
            return true;
        }
    }
}
