/* The rules that say which keys may sign what: their grammar, and what an archive must be to meet one. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "trust/allowed_issuers.h"
#include "trust/patterns.h"
#include "trust/trust_file.h"

struct pv_issuer_text {
    struct pv_issuer_text *next;
    char *name; /* escaped */
    char *text;
    size_t len;
};

/* ---------------------------------------------------------------- options */

enum { DIGEST_OPTION = 9 };
enum kind { PATTERNS, TIME, REVISION, AGE, DIGEST, FLAG };

static const struct option {
    struct pv_str name;
    enum kind kind;
    size_t at; /* the field in struct pv_issuer_rule */
} options[] = {
    {{"name", 4}, PATTERNS, offsetof(struct pv_issuer_rule, name)},
    {{"vendor", 6}, PATTERNS, offsetof(struct pv_issuer_rule, vendor)},
    {{"targets", 7}, PATTERNS, offsetof(struct pv_issuer_rule, targets)},
    {{"accounts", 8}, PATTERNS, offsetof(struct pv_issuer_rule, accounts)},
    {{"valid-after", 11}, TIME, offsetof(struct pv_issuer_rule, valid_after)},
    {{"valid-before", 12}, TIME, offsetof(struct pv_issuer_rule, valid_before)},
    {{"min-rev", 7}, REVISION, offsetof(struct pv_issuer_rule, min_revision)},
    {{"max-rev", 7}, REVISION, offsetof(struct pv_issuer_rule, max_revision)},
    {{"max-age", 7}, AGE, offsetof(struct pv_issuer_rule, max_age)},
    [DIGEST_OPTION] = {{"digest", 6}, DIGEST, offsetof(struct pv_issuer_rule, digest)},
    {{"require-exp", 11}, FLAG, offsetof(struct pv_issuer_rule, require_expiry)},
    {{"operator", 8}, FLAG, offsetof(struct pv_issuer_rule, is_operator)},
};

enum { OPTIONS = sizeof options / sizeof options[0] };

/* What a rule has where a number is not given: nothing is beyond it. */
static const struct pv_issuer_rule no_options = {.valid_after = INT64_MIN,
                                                 .valid_before = INT64_MAX,
                                                 .max_age = INT64_MAX,
                                                 .min_revision = INT64_MIN,
                                                 .max_revision = INT64_MAX};

/* "90d": always with a unit, so that nobody has to guess it. */
static bool parse_age(struct pv_str text, int64_t *seconds) {
    static const char units[] = "smhdw";
    static const int64_t lengths[] = {1, 60, 3600, 86400, 604800};
    uint64_t count;
    const char *unit = text.len > 0 ? memchr(units, text.text[text.len - 1], sizeof units - 1) : NULL;
    if (unit == NULL || !pv_parse_decimal(pv_str(text.text, text.len - 1), UINT32_MAX, &count))
        return false;
    *seconds = (int64_t)count * lengths[unit - units];
    return true;
}

/* NULL, or what is wrong with a value. */
static const char *set_value(void *field, enum kind kind, struct pv_str value) {
    uint64_t revision;
    switch (kind) {
    case PATTERNS:
        *(struct pv_str *)field = value;
        return pv_patterns_fault(value);
    case TIME:
        return pv_trust_time(value, field) ? NULL : "not a time, YYYYMMDD[HHMM[SS]][Z]";
    case REVISION:
        if (!pv_parse_decimal(value, INT32_MAX, &revision))
            return "not a revision, 0 to 2147483647";
        *(int64_t *)field = (int64_t)revision;
        return NULL;
    case AGE:
        return parse_age(value, field) ? NULL : "not an age, a number and one of s, m, h, d, w";
    case DIGEST:
        return pv_artifact_id_parse(value, field) ? NULL : "not an artifact id, sha256: and 64 hex digits";
    case FLAG:
        break;
    }
    *(bool *)field = true;
    return NULL;
}

static const struct option *find_option(struct pv_str name) {
    for (size_t i = 0; i < OPTIONS; i++)
        if (pv_str_equal_ascii_nocase(options[i].name, name))
            return &options[i];
    return NULL;
}

static enum provar_result add_option(const struct pv_trust_lines *at, struct pv_issuer_rule *rule, struct pv_str name,
                                     const struct pv_str *value, struct provar_error *err) {
    const struct option *option = find_option(name);
    /* A long word may be a seed in the wrong place: it is not repeated. */
    if (option == NULL)
        return pv_trust_lines_fail(at, err, "unknown option '%s'", name.len > 20 ? "..." : pv_quote(name).text);
    unsigned bit = 1u << (option - options);
    if ((rule->given & bit) != 0)
        return pv_trust_lines_fail(at, err, "the option '%s' stands twice", option->name.text);
    if ((value == NULL) != (option->kind == FLAG))
        return pv_trust_lines_fail(at, err, "the option '%s' %s value", option->name.text,
                                   value ? "takes no" : "needs a");
    rule->given |= bit;
    const char *fault = set_value((char *)rule + option->at, option->kind, value ? *value : PV_STR(""));
    return fault ? pv_trust_lines_fail(at, err, "%s: %s", option->name.text, fault) : PROVAR_OK;
}

static size_t span_until(struct pv_str text, const char *ends) {
    size_t len = 0;
    while (len < text.len && strchr(ends, text.text[len]) == NULL)
        len++;
    return len;
}

/* Cuts a value off the text: up to a comma or blank, or what quotes hold. False for quotes that do not end, or have
 * something behind them. */
static bool cut_value(struct pv_str *rest, struct pv_str *value) {
    bool is_quoted = rest->len > 0 && rest->text[0] == '"';
    *rest = pv_str(rest->text + is_quoted, rest->len - is_quoted);
    size_t len = span_until(*rest, is_quoted ? "\"" : ", \t\"");
    if (is_quoted && len == rest->len)
        return false;
    *value = pv_str(rest->text, len);
    *rest = pv_str(rest->text + len + is_quoted, rest->len - len - is_quoted);
    return rest->len == 0 || strchr(", \t", rest->text[0]) != NULL;
}

/* Reads options up to the first blank outside of quotes. */
static enum provar_result read_options(const struct pv_trust_lines *at, struct pv_str *rest,
                                       struct pv_issuer_rule *rule, struct provar_error *err) {
    for (;;) {
        struct pv_str value;
        size_t len = span_until(*rest, "=, \t");
        struct pv_str name = pv_str(rest->text, len);
        bool has_value = len < rest->len && rest->text[len] == '=';
        *rest = pv_str(rest->text + len + has_value, rest->len - len - has_value);
        if (has_value && !cut_value(rest, &value))
            return pv_trust_lines_fail(at, err, "quotes that do not hold the whole value of an option");
        enum provar_result result = add_option(at, rule, name, has_value ? &value : NULL, err);
        if (result != PROVAR_OK)
            return result;
        if (rest->len == 0 || rest->text[0] != ',')
            break;
        *rest = pv_str(rest->text + 1, rest->len - 1);
    }
    (void)pv_trust_word(rest);
    return PROVAR_OK;
}

/* ---------------------------------------------------------------- lines */

/* What was meant to be a key, though it may be none: options hold lower case, signs, or are short. */
static bool looks_like_key(struct pv_str word) {
    for (size_t i = 0; i < word.len; i++)
        if ((word.text[i] < 'A' || word.text[i] > 'Z') && (word.text[i] < '2' || word.text[i] > '7'))
            return false;
    return word.len > 20;
}

static enum provar_result read_key(const struct pv_trust_lines *at, struct pv_str word, struct pv_issuer_rule *rule,
                                   struct provar_error *err) {
    struct provar_error reason = {0};
    enum provar_key_kind kind = rule->is_operator ? PROVAR_KEY_OPERATOR : PROVAR_KEY_ACCOUNT;
    if (word.len == 0)
        return pv_trust_lines_fail(at, err, "no key: a rule is SUBJECTS [OPTIONS] KEY [COMMENT]");
    if (pv_nkey_decode_role(word, kind, rule->is_operator ? "operator" : "issuer", &rule->key, &reason) == PROVAR_OK)
        return PROVAR_OK;
    return pv_trust_lines_blame(at, &reason, err);
}

/* What can never be met is a slip. */
static enum provar_result check_rule(const struct pv_trust_lines *at, const struct pv_issuer_rule *rule,
                                     struct provar_error *err) {
    if (rule->accounts.len > 0 && !rule->is_operator)
        return pv_trust_lines_fail(at, err, "the option 'accounts' needs 'operator' beside it");
    if (rule->min_revision > rule->max_revision)
        return pv_trust_lines_fail(at, err, "min-rev is above max-rev");
    if (rule->valid_after >= rule->valid_before)
        return pv_trust_lines_fail(at, err, "valid-after is not before valid-before");
    return PROVAR_OK;
}

static enum provar_result read_rule(const struct pv_trust_lines *at, struct pv_issuer_rule *rule,
                                    struct provar_error *err) {
    struct pv_str rest = at->line;
    *rule = no_options;
    rule->file = at->name;
    rule->line = at->number;
    rule->subjects = pv_trust_word(&rest);
    const char *fault = pv_patterns_fault(rule->subjects);
    if (fault)
        return pv_trust_lines_fail(at, err, "subjects: %s", fault);
    struct pv_str after = rest;
    if (rest.len > 0 && !looks_like_key(pv_trust_word(&after))) {
        enum provar_result result = read_options(at, &rest, rule, err);
        if (result != PROVAR_OK)
            return result;
    }
    enum provar_result result = read_key(at, pv_trust_word(&rest), rule, err);
    return result == PROVAR_OK ? check_rule(at, rule, err) : result;
}

static enum provar_result add_rule(struct pv_allowed_issuers *list, const struct pv_trust_lines *at,
                                   struct provar_error *err) {
    struct pv_issuer_rule rule;
    enum provar_result result = read_rule(at, &rule, err);
    if (result != PROVAR_OK)
        return result;
    if (list->count == PV_MAX_ISSUERS)
        return pv_trust_lines_fail(at, err, "more than %d rules", PV_MAX_ISSUERS);
    void *grown = reallocarray(list->rules, list->count + 1, sizeof *list->rules);
    if (grown == NULL)
        return pv_fail_memory(err);
    list->rules = grown;
    list->rules[list->count++] = rule;
    return PROVAR_OK;
}

/* The texts that rules borrow from. */
static enum provar_result keep_text(struct pv_allowed_issuers *list, struct pv_str name, struct pv_str text,
                                    struct provar_error *err) {
    PV_AUTO_FREE struct pv_issuer_text *kept = calloc(1, sizeof *kept);
    if (kept == NULL)
        return pv_fail_memory(err);
    kept->name = pv_str_dup(name);
    kept->text = pv_str_dup(text);
    kept->len = text.len;
    kept->next = list->texts;
    list->texts = PV_TAKE(kept);
    return list->texts->name && list->texts->text ? PROVAR_OK : pv_fail_memory(err);
}

enum provar_result pv_allowed_issuers_add(struct pv_allowed_issuers *list, struct pv_str name, struct pv_str text,
                                          struct provar_error *err) {
    size_t before = list->count;
    bool found = true;
    enum provar_result result = keep_text(list, name, text, err);
    if (result != PROVAR_OK)
        return result;
    struct pv_trust_lines lines = pv_trust_lines(list->texts->name, pv_str(list->texts->text, list->texts->len));
    while (result == PROVAR_OK && found) {
        result = pv_trust_lines_next(&lines, &found, err);
        if (result == PROVAR_OK && found)
            result = add_rule(list, &lines, err);
    }
    if (result != PROVAR_OK)
        list->count = before;
    return result;
}

void pv_allowed_issuers_release(struct pv_allowed_issuers *list) {
    while (list->texts) {
        struct pv_issuer_text *text = list->texts;
        list->texts = text->next;
        free(text->name);
        free(text->text);
        free(text);
    }
    free(list->rules);
    *list = (struct pv_allowed_issuers){0};
}

/* ---------------------------------------------------------------- what a rule demands */

static bool is_listed(struct pv_str patterns, const char *text) {
    return patterns.len == 0 || (text != NULL && pv_patterns_match(patterns, pv_str_of(text)));
}

static bool covers_targets(const struct pv_issuer_rule *rule, const struct pv_rule_question *question) {
    for (size_t i = 0; i < question->target_count && rule->targets.len > 0; i++)
        if (!pv_patterns_match(rule->targets, question->targets[i]))
            return false;
    return true;
}

static bool has_digest(const struct pv_issuer_rule *rule, const struct pv_rule_question *question) {
    return (rule->given & 1u << DIGEST_OPTION) == 0 || pv_artifact_id_equal(&rule->digest, question->id);
}

static bool has_revision(const struct pv_issuer_rule *rule, const struct provar_claims *claims) {
    bool is_bounded = rule->min_revision != INT64_MIN || rule->max_revision != INT64_MAX;
    return !is_bounded ||
           (claims->has_revision && claims->revision >= rule->min_revision && claims->revision <= rule->max_revision);
}

/* `valid-before` is not compared with `iat`: whoever has stolen a key dates back what it signs. */
const char *pv_issuer_rule_objection(const struct pv_issuer_rule *rule, const struct pv_rule_question *question,
                                     unsigned *met) {
    const struct provar_claims *claims = question->claims;
    bool is_young = question->now <= claims->issued_at || question->now - claims->issued_at <= rule->max_age;
    const struct {
        bool holds;
        const char *objection;
    } demands[] = {
        {pv_patterns_match(rule->subjects, pv_str_of(claims->subject.text)), "is for other subjects"},
        {is_listed(rule->name, claims->name), "is for other names"},
        {is_listed(rule->vendor, claims->vendor), "is for other vendors"},
        {has_digest(rule, question), "is for another artifact"},
        {has_revision(rule, claims), "is for other revisions"},
        {covers_targets(rule, question), "does not cover every target that is asked for"},
        {!rule->require_expiry || claims->has_expires, "demands an expiry"},
        {claims->issued_at >= rule->valid_after, "is for what was issued later"},
        {question->now >= rule->valid_after, "is not valid yet"},
        {question->now < rule->valid_before, "is not valid any more"},
        {is_young, "is for what was issued more recently"},
    };
    enum { DEMANDS = sizeof demands / sizeof demands[0] };
    for (*met = 0; *met < DEMANDS; ++*met)
        if (!demands[*met].holds)
            return demands[*met].objection;
    return NULL;
}
