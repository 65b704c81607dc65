/* Lists of patterns as in OpenSSH's allowed_signers. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "trust/patterns.h"

/* Cuts the first pattern, without its "!" and comma, off a list. */
static struct pv_str next_pattern(struct pv_str *list, bool *is_negated) {
    const char *comma = memchr(list->text, ',', list->len);
    size_t len = comma ? (size_t)(comma - list->text) : list->len;
    struct pv_str pattern = pv_str(list->text, len);
    len += comma != NULL;
    *list = pv_str(list->text + len, list->len - len);
    *is_negated = pattern.len > 0 && pattern.text[0] == '!';
    return *is_negated ? pv_str(pattern.text + 1, pattern.len - 1) : pattern;
}

const char *pv_patterns_fault(struct pv_str list) {
    bool is_negated, any_positive = false;
    size_t count = 0;
    if (list.len == 0 || pv_str_ends(list, PV_STR(",")))
        return "an empty pattern";
    while (list.len > 0) {
        struct pv_str pattern = next_pattern(&list, &is_negated);
        if (pattern.len == 0)
            return "an empty pattern";
        if (pattern.len > PV_MAX_PATTERN)
            return "a pattern that is too long";
        if (++count > PV_MAX_PATTERNS)
            return "too many patterns";
        any_positive = any_positive || !is_negated;
    }
    return any_positive ? NULL : "only patterns with '!', which match nothing";
}

/* One character of a text that is UTF-8. */
static size_t step(struct pv_str text, size_t at) {
    uint32_t ignored;
    size_t len = pv_utf8_next(pv_str(text.text + at, text.len - at), &ignored);
    return len > 0 ? len : 1;
}

/* A "*" never has to take less than it took when the next one was reached, so only the last one is tried again: no
 * pattern makes this exponential. */
static bool matches(struct pv_str pattern, struct pv_str text) {
    size_t p = 0, t = 0, after_star = SIZE_MAX, retry = 0;
    while (t < text.len) {
        if (p < pattern.len && pattern.text[p] == '*') {
            after_star = ++p;
            retry = t;
        } else if (p < pattern.len && pattern.text[p] == '?') {
            p++;
            t += step(text, t);
        } else if (p < pattern.len && pattern.text[p] == text.text[t]) {
            p++;
            t++;
        } else if (after_star != SIZE_MAX) {
            p = after_star;
            retry += step(text, retry);
            t = retry;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.text[p] == '*')
        p++;
    return p == pattern.len;
}

bool pv_patterns_match(struct pv_str list, struct pv_str text) {
    bool is_negated, found = false;
    while (list.len > 0) {
        struct pv_str pattern = next_pattern(&list, &is_negated);
        bool hit = matches(pattern, text);
        if (hit && is_negated)
            return false;
        found = found || hit;
    }
    return found;
}
