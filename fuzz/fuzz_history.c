/* Fuzzes the history's file: what is read is sorted and comes back, and nothing leads it backwards. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include "trust/history.h"

static void check_order(const struct pv_history *history) {
    for (size_t i = 1; i < history->count; i++)
        fuzz_require(pv_str_order(pv_str_of(history->entries[i - 1].subject), pv_str_of(history->entries[i].subject)) <
                     0);
}

static bool is_same(const struct pv_history_entry *a, const struct pv_history_entry *b) {
    return pv_str_equal(pv_str_of(a->subject), pv_str_of(b->subject)) &&
           pv_str_equal(pv_str_of(a->issuer), pv_str_of(b->issuer)) && a->has_revision == b->has_revision &&
           a->revision == b->revision && a->issued_at == b->issued_at && pv_artifact_id_equal(&a->id, &b->id) &&
           a->last_seen == b->last_seen;
}

static void check_round_trip(const struct pv_history *history) {
    struct pv_history again;
    struct pv_buf text;
    pv_buf_init(&text, PV_MAX_POLICY_FILE);
    fuzz_require(pv_history_encode(history, &text, NULL) == PROVAR_OK);
    fuzz_require(pv_history_decode("again", pv_buf_str(&text), &again, NULL) == PROVAR_OK);
    fuzz_require(again.count == history->count);
    for (size_t i = 0; i < history->count; i++)
        fuzz_require(is_same(&history->entries[i], &again.entries[i]));
    pv_history_release(&again);
    pv_buf_release(&text);
}

/* A neighbour of an entry: other content, with a revision and a time that differ by little. */
static struct pv_history_entry neighbour(const struct pv_history_entry *entry, int step) {
    struct pv_history_entry near = *entry;
    near.id.bytes[0] ^= 1;
    if (near.has_revision && near.revision != INT32_MIN && near.revision != INT32_MAX)
        near.revision += step % 3 - 1;
    if (near.issued_at > 0 && near.issued_at < INT64_MAX)
        near.issued_at += step / 3 - 1;
    return near;
}

static void check_neighbour(struct pv_history *history, size_t index, int step) {
    struct pv_history_entry before = history->entries[index], near = neighbour(&before, step);
    struct provar_error err = {0};
    bool changed;
    enum provar_result result = pv_history_judge(history, &near, PROVAR_ROLLBACK_REFUSE, NULL, &err);
    fuzz_check_error(result, &err);
    fuzz_require(result == PROVAR_OK || result == PROVAR_E_ROLLBACK);
    fuzz_require(pv_history_judge(history, &near, PROVAR_ROLLBACK_ALLOW, NULL, NULL) == PROVAR_OK);
    if (result != PROVAR_OK)
        fuzz_require(pv_history_judge(history, &near, PROVAR_ROLLBACK_STRICT, NULL, NULL) == result);
    fuzz_require(pv_history_advance(history, &near, &changed, NULL) == PROVAR_OK);
    fuzz_require(changed == (result == PROVAR_OK));
    if (changed) {
        /* What it came from is now behind it. */
        fuzz_require(pv_history_judge(history, &before, PROVAR_ROLLBACK_REFUSE, NULL, NULL) == PROVAR_E_ROLLBACK);
        history->entries[index] = before;
    }
    fuzz_require(is_same(&history->entries[index], &before));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    struct pv_history history;
    struct provar_error err = {0};
    enum provar_result result = pv_history_decode("fuzz", pv_str((const char *)data, len), &history, &err);
    fuzz_check_error(result, &err);
    fuzz_require(result == PROVAR_OK || result == PROVAR_E_USAGE || result == PROVAR_E_LIMIT);
    check_order(&history);
    if (result == PROVAR_OK) {
        fuzz_accepted++;
        check_round_trip(&history);
        for (size_t i = 0; i < history.count; i++)
            for (int step = 0; step < 9; step++)
                check_neighbour(&history, i, step);
    }
    pv_history_release(&history);
    return 0;
}
