/* Fuzzes files of allowed issuers: whole or nothing, each line by itself, and patterns as a table says they match. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include "trust/allowed_issuers.h"
#include "trust/patterns.h"
#include "trust/trust_file.h"

/* The public key of the seed bytes 00 01 ... 1f, which the seeds name. */
#define SUBJECT "VAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3RSLE"

/* ---------------------------------------------------------------- a slow matcher */

enum { SLOW = 300 }; /* characters of a pattern, less one, and of what is matched */

/* row[j]: the pattern so far matches the first j characters. One row for each character of the pattern. */
static bool slow_match(struct pv_str pattern, struct pv_str text) {
    bool row[SLOW] = {true};
    for (size_t i = 0; i < pattern.len; i++) {
        bool is_star = pattern.text[i] == '*', before = row[0];
        row[0] = row[0] && is_star;
        for (size_t j = 1; j <= text.len; j++) {
            bool fits = pattern.text[i] == '?' || pattern.text[i] == text.text[j - 1];
            bool now = is_star ? row[j] || row[j - 1] : before && fits;
            before = row[j];
            row[j] = now;
        }
    }
    return row[text.len];
}

static bool slow_match_list(struct pv_str list, struct pv_str text) {
    bool found = false;
    while (list.len > 0) {
        const char *comma = memchr(list.text, ',', list.len);
        size_t len = comma ? (size_t)(comma - list.text) : list.len;
        bool is_negated = list.text[0] == '!';
        bool hit = slow_match(pv_str(list.text + is_negated, len - is_negated), text);
        if (hit && is_negated)
            return false;
        found = found || hit;
        len += comma != NULL;
        list = pv_str(list.text + len, list.len - len);
    }
    return found;
}

/* What is matched is ASCII, so that a byte is a character. */
static void check_patterns(struct pv_str list) {
    static const char *const texts[] = {SUBJECT, "", "a", "ab", "aab", "x86_64-linux", "a,b", "!a", "Acme \"Inc\""};
    if (list.len == 0)
        return;
    fuzz_require(pv_patterns_fault(list) == NULL);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        fuzz_require(pv_patterns_match(list, pv_str_of(texts[i])) == slow_match_list(list, pv_str_of(texts[i])));
}

/* ---------------------------------------------------------------- rules */

static void check_objections(const struct pv_issuer_rule *rule) {
    static const struct pv_str targets[] = {{"x86_64-linux", 12}};
    static const struct pv_artifact_id id = {{7}};
    static char vendor[] = "Acme";
    struct provar_claims claims = {.issued_at = 1767225600, .has_revision = true, .revision = 5, .vendor = vendor};
    struct pv_rule_question question = {.claims = &claims, .id = &id, .targets = targets, .target_count = 1};
    unsigned met = 0;
    fuzz_require(pv_nkey_decode_public(PV_STR(SUBJECT), &claims.subject, NULL) == PROVAR_OK);
    for (question.now = 0; question.now < INT64_C(4000000000); question.now += 500000000) {
        const char *objection = pv_issuer_rule_objection(rule, &question, &met);
        fuzz_require(objection == NULL || objection[0] != 0);
        fuzz_require(objection != NULL || (question.now >= rule->valid_after && question.now < rule->valid_before));
    }
}

static void check_rule(const struct pv_issuer_rule *rule) {
    fuzz_require(rule->key.kind == (rule->is_operator ? PROVAR_KEY_OPERATOR : PROVAR_KEY_ACCOUNT));
    fuzz_require(rule->min_revision <= rule->max_revision && rule->valid_after < rule->valid_before);
    fuzz_require(rule->is_operator || rule->accounts.len == 0);
    fuzz_require(rule->subjects.len > 0);
    check_patterns(rule->subjects);
    check_patterns(rule->name);
    check_patterns(rule->vendor);
    check_patterns(rule->targets);
    check_patterns(rule->accounts);
    check_objections(rule);
}

/* The rules are those of the lines, one by one. */
static void check_lines(const struct pv_allowed_issuers *list, struct pv_str text) {
    struct pv_trust_lines lines = pv_trust_lines("F", text);
    bool found = true;
    size_t count = 0;
    for (;;) {
        struct pv_allowed_issuers one = {0};
        fuzz_require(pv_trust_lines_next(&lines, &found, NULL) == PROVAR_OK);
        if (!found)
            break;
        fuzz_require(count < list->count && list->rules[count].line == lines.number);
        fuzz_require(pv_allowed_issuers_add(&one, PV_STR("F"), lines.line, NULL) == PROVAR_OK && one.count == 1);
        fuzz_require(one.rules[0].given == list->rules[count].given);
        fuzz_require(pv_str_equal(one.rules[0].subjects, list->rules[count].subjects));
        pv_allowed_issuers_release(&one);
        count++;
    }
    fuzz_require(count == list->count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    struct pv_str text = pv_str((const char *)data, len);
    struct pv_allowed_issuers list = {0};
    struct provar_error err = {0};
    enum provar_result result = pv_allowed_issuers_add(&list, PV_STR("F"), text, &err);
    fuzz_check_error(result, &err);
    fuzz_require(result == PROVAR_OK ||
                 (result == PROVAR_E_USAGE && pv_str_starts(pv_str_of(err.message), PV_STR("F:"))));
    fuzz_require(result == PROVAR_OK || list.count == 0);
    for (size_t i = 0; i < list.count; i++)
        check_rule(&list.rules[i]);
    if (result == PROVAR_OK)
        check_lines(&list, text);
    fuzz_accepted += result == PROVAR_OK;
    pv_allowed_issuers_release(&list);
    return 0;
}
