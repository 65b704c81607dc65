/* Text with its length: comparison, UTF-8, strict numbers. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

int pv_str_order(struct pv_str a, struct pv_str b) {
    size_t common = a.len < b.len ? a.len : b.len;
    for (size_t i = 0; i < common; i++) {
        unsigned char x = (unsigned char)a.text[i], y = (unsigned char)b.text[i];
        if (x != y)
            return x < y ? -1 : 1;
    }
    return a.len == b.len ? 0 : a.len < b.len ? -1 : 1;
}

bool pv_str_starts(struct pv_str text, struct pv_str prefix) {
    return text.len >= prefix.len && pv_bytes_equal(text.text, prefix.text, prefix.len);
}

bool pv_str_ends(struct pv_str text, struct pv_str suffix) {
    return text.len >= suffix.len && pv_bytes_equal(text.text + text.len - suffix.len, suffix.text, suffix.len);
}

bool pv_str_has_nul(struct pv_str text) {
    return text.len > 0 && memchr(text.text, 0, text.len) != NULL;
}

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool pv_str_is_one_of(struct pv_str text, const char *const *list) {
    for (; *list; list++)
        if (pv_str_equal(text, pv_str_of(*list)))
            return true;
    return false;
}

bool pv_str_equal_ascii_nocase(struct pv_str a, struct pv_str b) {
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.text[i]) != lower(b.text[i]))
            return false;
    return true;
}

struct pv_str pv_str_chomp(struct pv_str text) {
    if (text.len > 0 && text.text[text.len - 1] == '\n') {
        text.len--;
        if (text.len > 0 && text.text[text.len - 1] == '\r')
            text.len--;
    }
    return text;
}

/* RFC 3629, section 4: how many continuation bytes a lead byte announces, or -1. */
static int continuation_count(unsigned char lead) {
    if (lead < 0x80)
        return 0;
    if (lead >= 0xc2 && lead <= 0xdf)
        return 1;
    if (lead >= 0xe0 && lead <= 0xef)
        return 2;
    if (lead >= 0xf0 && lead <= 0xf4)
        return 3;
    return -1;
}

size_t pv_utf8_next(struct pv_str text, uint32_t *code_point) {
    static const uint32_t smallest[] = {0, 0x80, 0x800, 0x10000};
    if (text.len == 0)
        return 0;
    unsigned char lead = (unsigned char)text.text[0];
    int more = continuation_count(lead);
    if (more < 0 || (size_t)more >= text.len)
        return 0;
    uint32_t value = more == 0 ? lead : lead & (0x3fu >> more);
    for (int i = 1; i <= more; i++) {
        unsigned char byte = (unsigned char)text.text[i];
        if ((byte & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (byte & 0x3f);
    }
    if (value < smallest[more] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
        return 0;
    *code_point = value;
    return (size_t)more + 1;
}

bool pv_str_is_utf8(struct pv_str text) {
    uint32_t ignored;
    while (text.len > 0) {
        size_t step = pv_utf8_next(text, &ignored);
        if (step == 0)
            return false;
        text = pv_str(text.text + step, text.len - step);
    }
    return true;
}

char *pv_str_dup(struct pv_str text) {
    char *copy = malloc(text.len + 1);
    if (copy == NULL)
        return NULL;
    if (text.len > 0)
        memcpy(copy, text.text, text.len);
    copy[text.len] = 0;
    return copy;
}

static bool parse_digits(struct pv_str digits, unsigned base, uint64_t max, uint64_t *value) {
    uint64_t sum = 0;
    if (digits.len == 0)
        return false;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.text[i] < '0' || digits.text[i] >= (char)('0' + base))
            return false;
        uint64_t digit = (uint64_t)(digits.text[i] - '0');
        if (digit > max || sum > (max - digit) / base)
            return false;
        sum = sum * base + digit;
    }
    *value = sum;
    return true;
}

bool pv_parse_decimal(struct pv_str digits, uint64_t max, uint64_t *value) {
    if (digits.len > 1 && digits.text[0] == '0')
        return false;
    return parse_digits(digits, 10, max, value);
}

bool pv_parse_octal(struct pv_str digits, uint64_t max, uint64_t *value) {
    return parse_digits(digits, 8, max, value);
}
