/* The newest revision of each subject that was accepted before, against which older ones are refused. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_HISTORY_H
#define PV_HISTORY_H

#include "claims/claims.h"
#include "trust/artifact_id.h"

/*
 *     SUBJECT  REVISION or "-"  ISSUED-AT  ARTIFACT-ID  ISSUER  LAST-SEEN
 *
 * One line for each subject, sorted; words separated by one space; numbers in decimal, times in seconds since 1970.
 */
struct pv_history_entry {
    char subject[PROVAR_PUBLIC_LEN + 1];
    char issuer[PROVAR_PUBLIC_LEN + 1];
    bool has_revision;
    int32_t revision;
    int64_t issued_at;
    struct pv_artifact_id id;
    int64_t last_seen; /* within a day */
};

struct pv_history_entry pv_history_entry(const struct provar_claims *claims, const struct pv_artifact_id *id,
                                         int64_t now);

/* Sorted by subject, each once. An empty one is {0}. */
struct pv_history {
    struct pv_history_entry *entries;
    size_t count, room;
};
void pv_history_release(struct pv_history *history);
#define PV_AUTO_HISTORY PV_CLEANUP(pv_history_release)

/* Reads the text of a file whose escaped name is `name` into an empty history. Whatever pv_history_encode would not
 * have written, but for comments and blanks, is PROVAR_E_USAGE "NAME:LINE: ...", for a history that is not
 * understood protects nobody; more than PV_MAX_HISTORY subjects are PROVAR_E_LIMIT. Keys are judged as text, not as
 * points. Release it in either case. */
enum provar_result pv_history_decode(const char *name, struct pv_str text, struct pv_history *history,
                                     struct provar_error *err) PV_MUST_CHECK;
enum provar_result pv_history_encode(const struct pv_history *history, struct pv_buf *out,
                                     struct provar_error *err) PV_MUST_CHECK;

/* How strictly an archive is compared with its entry: enum provar_rollback. PROVAR_E_ROLLBACK for what is older, or of
 * the same revision, with other content, and not signed later. What was signed later is only worth a notice, unless
 * STRICT; and so is all of it with ALLOW. `notices` may be NULL. */
enum provar_result pv_history_judge(const struct pv_history *history, const struct pv_history_entry *offered,
                                    enum provar_rollback how, struct pv_notices *notices,
                                    struct provar_error *err) PV_MUST_CHECK;

/* Puts an entry into its place, unless it would lead backwards. `*changed` says whether there is something to write: a
 * day counts, a second does not, so that a provider that is started often does not cost a sync of the disk each time.
 * Never takes a subject out to make room: whoever can have many accepted could make one be forgotten. */
enum provar_result pv_history_advance(struct pv_history *history, const struct pv_history_entry *entry, bool *changed,
                                      struct provar_error *err) PV_MUST_CHECK;

#endif
