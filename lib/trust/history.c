/* The newest revision of each subject that was accepted before, against which older ones are refused. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/array.h"
#include "base/rfc3339.h"
#include "trust/history.h"
#include "trust/trust_file.h"

enum { DAY = 24 * 60 * 60 };

void pv_history_release(struct pv_history *history) {
    free(PV_TAKE(history->entries));
    history->count = history->room = 0;
}

struct pv_history_entry pv_history_entry(const struct provar_claims *claims, const struct pv_artifact_id *id,
                                         int64_t now) {
    struct pv_history_entry entry = {.has_revision = claims->has_revision,
                                     .revision = claims->has_revision ? claims->revision : 0,
                                     .issued_at = claims->issued_at,
                                     .id = *id,
                                     .last_seen = now < 0 ? 0 : now};
    memcpy(entry.subject, claims->subject.text, sizeof entry.subject);
    memcpy(entry.issuer, claims->issuer.text, sizeof entry.issuer);
    return entry;
}

/* ---------------------------------------------------------------- finding */

/* The place of a subject, or where it would be. */
static size_t place_of(const struct pv_history *history, const char *subject, bool *found) {
    size_t low = 0, high = history->count;
    *found = false;
    while (low < high && !*found) {
        size_t middle = low + (high - low) / 2;
        int order = pv_str_order(pv_str_of(history->entries[middle].subject), pv_str_of(subject));
        if (order == 0)
            *found = true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return high;
}

static enum provar_result insert(struct pv_history *history, size_t place, const struct pv_history_entry *entry,
                                 struct provar_error *err) {
    if (history->count == PV_MAX_HISTORY)
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "the history has %d subjects and takes no more",
                       PV_MAX_HISTORY);
    struct pv_history_entry *grown = pv_array_grow(history->entries, history->count, &history->room, sizeof *grown);
    if (grown == NULL)
        return pv_fail_memory(err);
    history->entries = grown;
    memmove(history->entries + place + 1, history->entries + place,
            (history->count - place) * sizeof *history->entries);
    history->entries[place] = *entry;
    history->count++;
    return PROVAR_OK;
}

/* ---------------------------------------------------------------- the text */

static bool parse_revision(struct pv_str word, struct pv_history_entry *entry) {
    uint64_t value;
    bool negative = pv_str_starts(word, PV_STR("-"));
    if (pv_str_equal(word, PV_STR("-")))
        return true;
    uint64_t max = negative ? (uint64_t)INT32_MAX + 1 : INT32_MAX;
    if (!pv_parse_decimal(pv_str(word.text + negative, word.len - negative), max, &value) || (negative && value == 0))
        return false;
    entry->has_revision = true;
    entry->revision = (int32_t)(negative ? -(int64_t)value : (int64_t)value);
    return true;
}

static bool parse_seconds(struct pv_str word, int64_t *seconds) {
    uint64_t value;
    if (!pv_parse_decimal(word, INT64_MAX, &value))
        return false;
    *seconds = (int64_t)value;
    return true;
}

/* An entry speaks only of a subject of the same text, whose point the claims have had judged; the issuer is compared
 * with nothing. So the points of 16384 lines, which would take half a second, need no judgement. */
static bool parse_key(struct pv_str word, enum provar_key_kind kind, char text[PROVAR_PUBLIC_LEN + 1]) {
    struct pv_nkey key;
    if (pv_nkey_decode_text(word, &key, NULL) != PROVAR_OK || key.kind != kind)
        return false;
    memcpy(text, key.text, sizeof key.text);
    return true;
}

static enum provar_result parse_line(const struct pv_trust_lines *at, struct pv_history_entry *entry,
                                     struct provar_error *err) {
    struct pv_str rest = at->line;
    *entry = (struct pv_history_entry){0};
    if (!parse_key(pv_trust_word(&rest), PROVAR_KEY_SERVICE, entry->subject))
        return pv_trust_lines_fail(at, err, "no subject, the key of a service");
    if (!parse_revision(pv_trust_word(&rest), entry))
        return pv_trust_lines_fail(at, err, "no revision, nor '-'");
    if (!parse_seconds(pv_trust_word(&rest), &entry->issued_at))
        return pv_trust_lines_fail(at, err, "no time of issue in seconds");
    if (!pv_artifact_id_parse(pv_trust_word(&rest), &entry->id))
        return pv_trust_lines_fail(at, err, "no artifact id");
    if (!parse_key(pv_trust_word(&rest), PROVAR_KEY_ACCOUNT, entry->issuer))
        return pv_trust_lines_fail(at, err, "no issuer, the key of an account");
    if (!parse_seconds(pv_trust_word(&rest), &entry->last_seen))
        return pv_trust_lines_fail(at, err, "no time in seconds when it was last seen");
    if (rest.len > 0)
        return pv_trust_lines_fail(at, err, "'%s' is too much", pv_quote(rest).text);
    return PROVAR_OK;
}

enum provar_result pv_history_decode(const char *name, struct pv_str text, struct pv_history *history,
                                     struct provar_error *err) {
    struct pv_trust_lines lines = pv_trust_lines(name, text);
    *history = (struct pv_history){0};
    for (;;) {
        struct pv_history_entry entry;
        bool found, known;
        enum provar_result result = pv_trust_lines_next(&lines, &found, err);
        if (result != PROVAR_OK || !found)
            return result;
        result = parse_line(&lines, &entry, err);
        if (result != PROVAR_OK)
            return result;
        size_t place = place_of(history, entry.subject, &known);
        if (known || place != history->count)
            return pv_trust_lines_fail(&lines, err, "a subject that stands there twice, or out of order");
        result = insert(history, place, &entry, err);
        if (result != PROVAR_OK)
            return result;
    }
}

static enum provar_result encode_entry(const struct pv_history_entry *entry, struct pv_buf *out,
                                       struct provar_error *err) {
    char line[320], revision[16] = "-";
    if (entry->has_revision)
        (void)snprintf(revision, sizeof revision, "%d", (int)entry->revision);
    int len =
        snprintf(line, sizeof line, "%s %s %lld %s %s %lld\n", entry->subject, revision, (long long)entry->issued_at,
                 pv_artifact_id_text(&entry->id).text, entry->issuer, (long long)entry->last_seen);
    return pv_buf_append(out, line, (size_t)len, err);
}

enum provar_result pv_history_encode(const struct pv_history *history, struct pv_buf *out, struct provar_error *err) {
    enum provar_result result =
        pv_buf_append_str(out, PV_STR("# subject revision issued-at artifact issuer last-seen\n"), err);
    for (size_t i = 0; i < history->count && result == PROVAR_OK; i++)
        result = encode_entry(&history->entries[i], out, err);
    return result;
}

/* ---------------------------------------------------------------- judging */

/* What an archive is beside the one that was accepted before. */
enum order {
    SAME,        /* the same artifact */
    NEWER,       /* a higher revision, or one where there was none; or later, where neither has one */
    REISSUED,    /* the same revision with other content, signed later */
    EQUIVOCATES, /* the same with other content, not signed later: two things under one name */
    OLDER        /* a lower revision, or none where there was one; or earlier, where neither has one */
};

static enum order compare(const struct pv_history_entry *known, const struct pv_history_entry *offered) {
    if (pv_artifact_id_equal(&known->id, &offered->id))
        return SAME;
    if (known->has_revision != offered->has_revision)
        return offered->has_revision ? NEWER : OLDER;
    if (known->has_revision && known->revision != offered->revision)
        return offered->revision > known->revision ? NEWER : OLDER;
    if (offered->issued_at > known->issued_at)
        return known->has_revision ? REISSUED : NEWER;
    return !known->has_revision && offered->issued_at < known->issued_at ? OLDER : EQUIVOCATES;
}

/* "revision 7, issued 2026-01-31T00:00:00Z" */
struct entry_text {
    char text[64];
};

static struct entry_text show(const struct pv_history_entry *entry) {
    struct entry_text shown;
    char revision[24] = "no revision";
    if (entry->has_revision)
        (void)snprintf(revision, sizeof revision, "revision %d", (int)entry->revision);
    (void)snprintf(shown.text, sizeof shown.text, "%s, issued %s", revision, pv_rfc3339(entry->issued_at).text);
    return shown;
}

enum provar_result pv_history_judge(const struct pv_history *history, const struct pv_history_entry *offered,
                                    enum provar_rollback how, struct pv_notices *notices, struct provar_error *err) {
    static const char *const words[] = {
        [REISSUED] = "other content under the revision", [EQUIVOCATES] = "other content", [OLDER] = "older"};
    bool found;
    size_t place = place_of(history, offered->subject, &found);
    enum order order = found ? compare(&history->entries[place], offered) : NEWER;
    if (order == SAME || order == NEWER)
        return PROVAR_OK;
    struct entry_text known = show(&history->entries[place]), now = show(offered);
    if (how == PROVAR_ROLLBACK_ALLOW || (order == REISSUED && how != PROVAR_ROLLBACK_STRICT)) {
        if (notices)
            pv_notice(notices, "%s than was accepted before: %s, after %s", words[order], now.text, known.text);
        return PROVAR_OK;
    }
    return pv_fail(err, PROVAR_E_ROLLBACK, PROVAR_NO_OFFSET, "%s than was accepted before: %s, after %s", words[order],
                   now.text, known.text);
}

enum provar_result pv_history_advance(struct pv_history *history, const struct pv_history_entry *entry, bool *changed,
                                      struct provar_error *err) {
    bool found;
    size_t place = place_of(history, entry->subject, &found);
    struct pv_history_entry *known = found ? &history->entries[place] : NULL;
    enum order order = known ? compare(known, entry) : NEWER;
    *changed = false;
    if (order == OLDER || order == EQUIVOCATES)
        return PROVAR_OK;
    if (order == SAME && entry->last_seen - known->last_seen < DAY)
        return PROVAR_OK;
    if (known)
        *known = *entry;
    enum provar_result result = known ? PROVAR_OK : insert(history, place, entry, err);
    *changed = result == PROVAR_OK;
    return result;
}
