/* Fuzzes WWW-Authenticate: what is read is what a regular expression matches, and survives being written. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <regex.h>

#include "fuzz.h"

#include "store/auth/challenge.h"

#define NAME  "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
#define B     "[ \t]*"
#define COMMA B "(," B ")+"
#define PARAM NAME B "=" B "(" NAME "|\"([\t !#-[^-~\x80-\xff]|]|\\\\[\t -~\x80-\xff])*\")"
#define T68   "[0-9A-Za-z._~+/-]+=*"
#define ONE   NAME "([ \t]+" T68 "|([ \t]+" PARAM "|" COMMA PARAM ")(" COMMA PARAM ")*)?"
#define ALL   "^[ \t,]*(" ONE "(" COMMA ONE ")*)?[ \t,]*$"

/* One header, which ends in a NUL. */
static bool matches(const char *header) {
    static regex_t compiled;
    static bool ready;
    if (!ready)
        fuzz_require(regcomp(&compiled, ALL, REG_EXTENDED | REG_NOSUB) == 0);
    ready = true;
    return regexec(&compiled, header, 0, NULL, 0) == 0;
}

/* Whether the grammar takes every header; that no parameter is there twice, and none too many, is not of the grammar.
 */
static bool all_match(struct pv_str headers) {
    while (headers.len > 0) {
        const char *end = memchr(headers.text, '\n', headers.len);
        size_t len = end ? (size_t)(end - headers.text) : headers.len;
        PV_AUTO_FREE char *header = pv_str_dup(pv_str(headers.text, len));
        fuzz_require(header != NULL);
        if (memchr(header, 0, len) != NULL || !matches(header))
            return false;
        len += end ? 1 : 0;
        headers = pv_str(headers.text + len, headers.len - len);
    }
    return true;
}

static size_t count_of(struct pv_str text, char c) {
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += text.text[i] == c ? 1 : 0;
    return count;
}

/* ---------------------------------------------------------------- what is written again */

static void write_param(struct pv_buf *header, const char *name, const char *value) {
    if (value == NULL)
        return;
    fuzz_require(pv_buf_append_str(header, pv_str_of(name), NULL) == PROVAR_OK);
    fuzz_require(pv_buf_append_str(header, PV_STR("=\""), NULL) == PROVAR_OK);
    for (; *value; value++) {
        fuzz_require((unsigned char)*value >= 0x20 || *value == '\t');
        fuzz_require(*value != 0x7f);
        if (*value == '"' || *value == '\\')
            fuzz_require(pv_buf_append_str(header, PV_STR("\\"), NULL) == PROVAR_OK);
        fuzz_require(pv_buf_append(header, value, 1, NULL) == PROVAR_OK);
    }
    fuzz_require(pv_buf_append_str(header, PV_STR("\","), NULL) == PROVAR_OK);
}

static void check_same(const char *a, const char *b) {
    fuzz_require((a == NULL) == (b == NULL));
    fuzz_require(pv_str_equal(pv_str_of(a), pv_str_of(b)));
}

static void check_written(const struct pv_challenge *challenge) {
    PV_AUTO_BUF struct pv_buf header;
    PV_AUTO_CHALLENGE struct pv_challenge again = {0};
    pv_buf_init(&header, 3 * PV_MAX_CHALLENGES);
    struct pv_str scheme = challenge->scheme == PV_CHALLENGE_BASIC ? PV_STR("basic ") : PV_STR("BEARER ");
    fuzz_require(pv_buf_append_str(&header, scheme, NULL) == PROVAR_OK);
    write_param(&header, "Realm", challenge->realm);
    write_param(&header, "service", challenge->service);
    write_param(&header, "SCOPE", challenge->scope);
    write_param(&header, "error", challenge->error);
    if (header.len > PV_MAX_CHALLENGES)
        return;
    fuzz_require(pv_challenge_parse(pv_buf_str(&header), &again, NULL) == PROVAR_OK);
    fuzz_require(again.scheme == challenge->scheme);
    check_same(again.realm, challenge->realm);
    check_same(again.service, challenge->service);
    check_same(again.scope, challenge->scope);
    check_same(again.error, challenge->error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    PV_AUTO_FREE uint8_t *copy = fuzz_copy(data, len);
    struct pv_str headers = pv_str((const char *)copy, len);
    struct pv_challenge challenge;
    struct provar_error err = {0};
    fuzz_fill(&challenge, sizeof challenge);
    enum provar_result result = pv_challenge_parse(headers, &challenge, &err);
    fuzz_check_error(result, &err);
    fuzz_require(result == PROVAR_OK || result == PROVAR_E_AUTH);
    bool well_formed = all_match(headers);
    if (result != PROVAR_OK) {
        fuzz_require(fuzz_is_filled(&challenge, sizeof challenge));
        bool too_much = strstr(err.message, "twice") || strstr(err.message, "too ");
        fuzz_require(!well_formed || too_much);
        return 0;
    }
    fuzz_require(well_formed && count_of(headers, '\r') == 0);
    if (challenge.scheme != PV_CHALLENGE_NONE)
        check_written(&challenge);
    else
        fuzz_require(!challenge.realm && !challenge.service && !challenge.scope && !challenge.error);
    fuzz_accepted += challenge.scheme != PV_CHALLENGE_NONE;
    pv_challenge_release(&challenge);
    return 0;
}
