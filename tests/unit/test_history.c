/* Tests of trust/history: the table of what follows what, the text of the file, and what moves it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/archive.h"

#include "internal.h"

#include "trust/history.h"
#include "vectors/nkeys.h"

enum { NONE = INT32_MIN, SEEN = 1772323200 };

#define LINE(subject, rev, iat, digit, seen)                                                                           \
    subject " " rev " " iat " sha256:" digit "0112233445566778899aabbccddeeff00112233445566778899aabbccddeeff " ISSUER \
            " " seen "\n"
/* NKEY_WEAK_SERVICE, but for its checksum. */
#define WRONG_SUM "VAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABMAJ"
#define GOOD      LINE(SUBJECT, "7", "1700000000", "a", "1772323200")

static struct pv_history_entry entry_of(int32_t revision, int64_t issued_at, uint8_t content) {
    struct pv_history_entry entry = {.has_revision = revision != NONE,
                                     .revision = revision == NONE ? 0 : revision,
                                     .issued_at = issued_at,
                                     .id = {{content}},
                                     .last_seen = SEEN};
    memcpy(entry.subject, SUBJECT, sizeof entry.subject);
    memcpy(entry.issuer, ISSUER, sizeof entry.issuer);
    return entry;
}

/* ---------------------------------------------------------------- what follows what */

enum verdict { ACCEPT, NOTICE, REFUSE };

struct row {
    const char *name;
    int32_t known_revision, revision;
    int64_t known_time, time;
    uint8_t known_content, content;
    enum verdict verdict;
    bool moves;
};

static const struct row rows[] = {
    {"a higher revision", 7, 8, 100, 50, 1, 2, ACCEPT, true},
    {"the same artifact", 7, 7, 100, 100, 1, 1, ACCEPT, false},
    {"other content, later", 7, 7, 100, 101, 1, 2, NOTICE, true},
    {"other content, same time", 7, 7, 100, 100, 1, 2, REFUSE, false},
    {"other content, earlier", 7, 7, 100, 99, 1, 2, REFUSE, false},
    {"a lower revision", 7, 6, 100, 200, 1, 2, REFUSE, false},
    {"a lower revision, below zero", 0, -1, 100, 200, 1, 2, REFUSE, false},
    {"no revision where there was one", 0, NONE, 100, 200, 1, 2, REFUSE, false},
    {"a revision where there was none", NONE, 0, 100, 50, 1, 2, ACCEPT, true},
    {"both without, later", NONE, NONE, 100, 101, 1, 2, ACCEPT, true},
    {"both without, same artifact", NONE, NONE, 100, 100, 1, 1, ACCEPT, false},
    {"both without, same time", NONE, NONE, 100, 100, 1, 2, REFUSE, false},
    {"both without, earlier", NONE, NONE, 100, 99, 1, 2, REFUSE, false},
    {"the highest revision", INT32_MAX - 1, INT32_MAX, 100, 100, 1, 2, ACCEPT, true},
};

static struct pv_history history_of(const struct pv_history_entry *entry) {
    struct pv_history history = {0};
    bool changed;
    assert_ok(pv_history_advance(&history, entry, &changed, NULL));
    assert_true(changed);
    return history;
}

static void judge_row(const struct row *row, enum provar_rollback how, enum verdict verdict) {
    struct pv_history_entry known = entry_of(row->known_revision, row->known_time, row->known_content);
    struct pv_history_entry offered = entry_of(row->revision, row->time, row->content);
    PV_AUTO_HISTORY struct pv_history history = history_of(&known);
    PV_CLEANUP(pv_notices_release) struct pv_notices notices = {0};
    struct provar_error err = {0};
    enum provar_result result = pv_history_judge(&history, &offered, how, &notices, &err);
    if (result != (verdict == REFUSE ? PROVAR_E_ROLLBACK : PROVAR_OK) || err.code != (int)result ||
        notices.count != (verdict == NOTICE))
        fail_msg("%s: %s, %zu notices (%s)", row->name, provar_result_name((int)result), notices.count, err.message);
    assert_int_equal(pv_history_judge(&history, &offered, how, NULL, NULL), result);
}

static void test_every_row(void **state) {
    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        enum verdict normal = rows[i].verdict;
        judge_row(&rows[i], PROVAR_ROLLBACK_REFUSE, normal);
        judge_row(&rows[i], PROVAR_ROLLBACK_STRICT, normal == NOTICE ? REFUSE : normal);
        judge_row(&rows[i], PROVAR_ROLLBACK_ALLOW, normal == REFUSE ? NOTICE : normal);
    }
}

static void test_every_row_moves_forwards_only(void **state) {
    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        const struct row *row = &rows[i];
        struct pv_history_entry known = entry_of(row->known_revision, row->known_time, row->known_content);
        struct pv_history_entry offered = entry_of(row->revision, row->time, row->content);
        PV_AUTO_HISTORY struct pv_history history = history_of(&known);
        bool changed = !row->moves;
        assert_ok(pv_history_advance(&history, &offered, &changed, NULL));
        if (changed != row->moves || history.count != 1 ||
            !pv_artifact_id_equal(&history.entries[0].id, row->moves ? &offered.id : &known.id))
            fail_msg("%s: moved %d", row->name, changed);
    }
}

static void test_another_subject_is_new(void **state) {
    (void)state;
    struct pv_history_entry known = entry_of(7, 100, 1), offered = entry_of(1, 1, 2);
    PV_AUTO_HISTORY struct pv_history history = history_of(&known);
    bool changed;
    memcpy(offered.subject, OTHER_SUBJECT, sizeof offered.subject);
    assert_ok(pv_history_judge(&history, &offered, PROVAR_ROLLBACK_STRICT, NULL, NULL));
    assert_ok(pv_history_advance(&history, &offered, &changed, NULL));
    assert_int_equal(history.count, 2);
    /* In order, whichever came first. */
    assert_string_equal(history.entries[0].subject, OTHER_SUBJECT);
    assert_int_equal(pv_history_judge(&history, &known, PROVAR_ROLLBACK_REFUSE, NULL, NULL), PROVAR_OK);
    offered.revision = 0;
    assert_int_equal(pv_history_judge(&history, &offered, PROVAR_ROLLBACK_REFUSE, NULL, NULL), PROVAR_OK);
    offered.id.bytes[0] = 3;
    assert_int_equal(pv_history_judge(&history, &offered, PROVAR_ROLLBACK_REFUSE, NULL, NULL), PROVAR_E_ROLLBACK);
}

static void test_last_seen_is_written_once_a_day(void **state) {
    (void)state;
    struct pv_history_entry entry = entry_of(7, 100, 1);
    PV_AUTO_HISTORY struct pv_history history = history_of(&entry);
    bool changed;
    entry.last_seen = SEEN + 86399;
    assert_ok(pv_history_advance(&history, &entry, &changed, NULL));
    assert_false(changed);
    entry.last_seen = SEEN + 86400;
    assert_ok(pv_history_advance(&history, &entry, &changed, NULL));
    assert_true(changed && history.entries[0].last_seen == SEEN + 86400);
}

static void test_the_entry_of_claims(void **state) {
    (void)state;
    struct provar_claims claims = {.has_revision = true, .revision = 7, .issued_at = 100};
    struct pv_artifact_id id = {{9}};
    assert_ok(pv_nkey_decode_public(PV_STR(ISSUER), &claims.issuer, NULL));
    assert_ok(pv_nkey_decode_public(PV_STR(SUBJECT), &claims.subject, NULL));
    struct pv_history_entry entry = pv_history_entry(&claims, &id, SEEN);
    assert_string_equal(entry.subject, SUBJECT);
    assert_string_equal(entry.issuer, ISSUER);
    assert_true(entry.has_revision && entry.revision == 7 && entry.issued_at == 100 && entry.last_seen == SEEN);
    assert_int_equal(entry.id.bytes[0], 9);
}

/* ---------------------------------------------------------------- the text */

static enum provar_result decode(const char *text, struct pv_history *history, struct provar_error *err) {
    return pv_history_decode("history", pv_str_of(text), history, err);
}

static void test_a_text_comes_back(void **state) {
    (void)state;
    static const char text[] = "# subject revision issued-at artifact issuer last-seen\n" LINE(
        OTHER_SUBJECT, "-", "0", "b", "9223372036854775807") GOOD;
    PV_AUTO_HISTORY struct pv_history history = {0};
    PV_AUTO_BUF struct pv_buf out;
    pv_buf_init(&out, 4096);
    assert_ok(decode(text, &history, NULL));
    assert_int_equal(history.count, 2);
    assert_false(history.entries[0].has_revision);
    assert_true(history.entries[1].has_revision && history.entries[1].revision == 7);
    assert_true(history.entries[1].issued_at == 1700000000 && history.entries[1].last_seen == SEEN);
    assert_int_equal(history.entries[1].id.bytes[0], 0xa0);
    assert_ok(pv_history_encode(&history, &out, NULL));
    assert_string_equal((const char *)out.data, text);
}

static void test_the_ends_of_revisions(void **state) {
    (void)state;
    static const int32_t revisions[] = {INT32_MIN, -1, 0, INT32_MAX};
    for (size_t i = 0; i < array_length(revisions); i++) {
        struct pv_history_entry entry = entry_of(1, 100, 1);
        entry.revision = revisions[i];
        PV_AUTO_HISTORY struct pv_history history = history_of(&entry), back = {0};
        PV_AUTO_BUF struct pv_buf out;
        pv_buf_init(&out, 4096);
        assert_ok(pv_history_encode(&history, &out, NULL));
        assert_ok(pv_history_decode("history", pv_buf_str(&out), &back, NULL));
        assert_int_equal(back.entries[0].revision, revisions[i]);
    }
}

static void test_what_is_no_history(void **state) {
    (void)state;
    static const char *const texts[] = {
        "x\n",
        SUBJECT "\n",
        GOOD GOOD,
        GOOD LINE(OTHER_SUBJECT, "7", "1", "a", "1"),
        LINE(ISSUER, "7", "1", "a", "1"),
        LINE(WRONG_SUM, "7", "1", "a", "1"),
        LINE("vab2cb576phbbpq5odorrz2lycmwpzgwgcn2kdk7dxoimzaskuy3rsle", "7", "1", "a", "1"),
        LINE(SUBJECT, "x", "1", "a", "1"),
        LINE(SUBJECT, "--", "1", "a", "1"),
        LINE(SUBJECT, "-0", "1", "a", "1"),
        LINE(SUBJECT, "01", "1", "a", "1"),
        LINE(SUBJECT, "2147483648", "1", "a", "1"),
        LINE(SUBJECT, "-2147483649", "1", "a", "1"),
        LINE(SUBJECT, "7", "-1", "a", "1"),
        LINE(SUBJECT, "7", "9223372036854775808", "a", "1"),
        LINE(SUBJECT, "7", "1", "g", "1"),
        LINE(SUBJECT, "7", "1", "aa", "1"),
        LINE(SUBJECT, "7", "1", "a", "now"),
        LINE(SUBJECT, "7", "1", "a", "1 1"),
        LINE(SUBJECT, "7", "1", "a", ""),
        LINE(SUBJECT, "7", "1", "a", "1\001"),
        SUBJECT " 7 1 sha256:a0112233445566778899aabbccddeeff00112233445566778899aabbccddeeff " SUBJECT " 1\n",
    };
    PV_AUTO_HISTORY struct pv_history weak = {0}, counting = {0};
    assert_ok(decode(LINE(NKEY_WEAK_SERVICE, "7", "1", "a", "1"), &weak, NULL));
    assert_ok(decode(LINE(NKEY_COUNTING_SERVICE, "7", "1", "a", "1"), &counting, NULL));
    for (size_t i = 0; i < array_length(texts); i++) {
        PV_AUTO_HISTORY struct pv_history history = {0};
        struct provar_error err = {0};
        if (decode(texts[i], &history, &err) != PROVAR_E_USAGE)
            fail_msg("'%s' is taken", texts[i]);
        assert_non_null(strstr(err.message, "history:"));
    }
}

static void test_16384_subjects(void **state) {
    (void)state;
    PV_AUTO_HISTORY struct pv_history history = {0}, back = {0};
    PV_AUTO_BUF struct pv_buf out;
    struct provar_error err = {0};
    bool changed;
    pv_buf_init(&out, 4 * PV_MIB);
    for (size_t i = 0; i < 16384; i++) {
        struct pv_history_entry entry = entry_of(INT32_MIN + 1, INT64_MAX, 1);
        struct pv_nkey key;
        /* Many of these are no points: an entry's keys are text, and to judge each as a point takes long. */
        uint8_t bytes[32] = {(uint8_t)i, (uint8_t)(i >> 8)};
        pv_nkey_encode_public(PROVAR_KEY_SERVICE, bytes, &key);
        memcpy(entry.subject, key.text, sizeof key.text);
        entry.last_seen = INT64_MAX;
        assert_ok(pv_history_advance(&history, &entry, &changed, NULL));
    }
    struct pv_history_entry more = entry_of(7, 100, 1);
    assert_fails(pv_history_advance(&history, &more, &changed, &err), PROVAR_E_LIMIT, err, PROVAR_NO_OFFSET);
    assert_false(changed);
    assert_int_equal(history.count, 16384);
    /* The longest lines, all of them, are a policy file. */
    assert_ok(pv_history_encode(&history, &out, NULL));
    assert_ok(pv_history_decode("history", pv_buf_str(&out), &back, NULL));
    assert_int_equal(back.count, 16384);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_row),
        cmocka_unit_test(test_every_row_moves_forwards_only),
        cmocka_unit_test(test_another_subject_is_new),
        cmocka_unit_test(test_last_seen_is_written_once_a_day),
        cmocka_unit_test(test_the_entry_of_claims),
        cmocka_unit_test(test_a_text_comes_back),
        cmocka_unit_test(test_the_ends_of_revisions),
        cmocka_unit_test(test_what_is_no_history),
        cmocka_unit_test(test_16384_subjects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
