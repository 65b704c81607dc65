/* Which published readers take an archive (docs/FORMAT.md, "Who reads what"). */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "tar/tar_read.h"
#include "verify/readers.h"

/* 1.7976931348623157e308 is the largest double. */
enum { MAX_EXPONENT = 308, MAX_DIGITS = 17 };
static const char largest[] = "17976931348623157";

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* A number of JSON as d.ddd times ten to the `exponent`. */
struct number {
    char digits[MAX_DIGITS]; /* those that matter, from the first that is not 0; '0' behind the last */
    size_t count;            /* 0 for zero */
    int64_t exponent;
};

static void add_digit(struct number *number, char digit) {
    if (number->count < MAX_DIGITS && (number->count > 0 || digit != '0'))
        number->digits[number->count++] = digit;
}

/* The exponent behind an e, cut where it is certain to be too large or too small for any text. */
static int64_t read_exponent(struct pv_str json, size_t *pos) {
    const int64_t enough = INT32_MAX;
    int64_t value = 0;
    bool negative = json.text[*pos] == '-';
    *pos += negative || json.text[*pos] == '+';
    for (; *pos < json.len && is_digit(json.text[*pos]); (*pos)++)
        value = value > enough ? value : value * 10 + (json.text[*pos] - '0');
    return negative ? -value : value;
}

/* Reads the number at `*pos`, a digit, and moves behind it. */
static struct number read_number(struct pv_str json, size_t *pos) {
    struct number number = {.exponent = -1};
    bool fraction = false;
    memset(number.digits, '0', sizeof number.digits);
    for (; *pos < json.len && (is_digit(json.text[*pos]) || json.text[*pos] == '.'); (*pos)++) {
        if (json.text[*pos] == '.') {
            fraction = true;
            continue;
        }
        /* Each digit before the point raises the first one; each zero in front lowers it behind the point. */
        add_digit(&number, json.text[*pos]);
        if (fraction)
            number.exponent -= number.count == 0;
        else
            number.exponent += number.count > 0;
    }
    if (*pos + 1 < json.len && (json.text[*pos] | 0x20) == 'e') {
        (*pos)++;
        number.exponent += read_exponent(json, pos);
    }
    return number;
}

static bool is_huge(const struct number *number) {
    if (number->count == 0 || number->exponent != MAX_EXPONENT)
        return number->count > 0 && number->exponent > MAX_EXPONENT;
    return pv_str_order(pv_str(number->digits, MAX_DIGITS), pv_str(largest, MAX_DIGITS)) > 0;
}

/* Behind the string that begins at `pos`. */
static size_t skip_string(struct pv_str json, size_t pos) {
    for (pos++; pos < json.len && json.text[pos] != '"'; pos++)
        pos += json.text[pos] == '\\';
    return pos + 1;
}

bool pv_json_has_huge_number(struct pv_str json) {
    for (size_t pos = 0; pos < json.len;) {
        if (json.text[pos] == '"') {
            pos = skip_string(json, pos);
        } else if (is_digit(json.text[pos])) {
            struct number number = read_number(json, &pos);
            if (is_huge(&number))
                return true;
        } else {
            pos++;
        }
    }
    return false;
}

static bool lists_every_member(const struct pv_facts *facts) {
    for (size_t i = 0; i < facts->scan.count; i++)
        if (facts->scan.members[i].kind != PROVAR_MEMBER_TOKEN && (!facts->listed || facts->listed[i][0] == 0))
            return false;
    return true;
}

/*
 * Seen in the published crates, and run (docs/FORMAT.md):
 *  - a path without a last part, as that of the directory "./", ends each of them in a panic;
 *  - so does a member that the claims do not list, a pax global header among them, but for a host of 1.0, which looks
 *    at its own target and passes over the rest;
 *  - a schema with 1e400 makes their JSON parser refuse the claims.
 */
uint32_t pv_readers(const struct pv_facts *facts) {
    const struct provar_claims *claims = facts->claims;
    if ((facts->scan.passed & PV_TAR_PASSED_ROOT) != 0 ||
        (claims->schema && pv_json_has_huge_number(pv_str_of(claims->schema))))
        return 0;
    if ((facts->scan.passed & PV_TAR_PASSED_GLOBAL) != 0 || !lists_every_member(facts))
        return PROVAR_READER_1_0_HOST;
    uint32_t readers = PROVAR_READER_1_0_HOST | PROVAR_READER_1_6;
    if (pv_scan_world(&facts->scan))
        return readers;
    return readers | PROVAR_READER_1_0_WASH | (claims->capid ? (uint32_t)PROVAR_READER_CAPID : 0);
}
