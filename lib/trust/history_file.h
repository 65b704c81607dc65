/* The history on disk: read by many, written by one at a time, always whole. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_HISTORY_FILE_H
#define PV_HISTORY_FILE_H

#include "trust/history.h"

/* Adds what a file says to a history. A file that is missing says nothing; one that others may write to, or take away
 * by a directory above it, is PROVAR_E_UNSAFE_PATH, even when it is missing, and one that is not understood
 * PROVAR_E_USAGE. */
enum provar_result pv_history_load(struct pv_history *history, struct pv_str path,
                                   struct provar_error *err) PV_MUST_CHECK;

/* Judges an entry once more, by the file as it is now, and moves the file forwards to it: under the lock `PATH.lock`,
 * by a new file that takes the old one's place when it is complete and synced. With PROVAR_ROLLBACK_ALLOW an entry that
 * leads backwards changes nothing. The directory must be there, and nobody else may write to it. Who waits for the lock
 * for ten seconds gives up: PROVAR_E_IO. */
enum provar_result pv_history_record(struct pv_str path, const struct pv_history_entry *entry, enum provar_rollback how,
                                     struct provar_error *err) PV_MUST_CHECK;

#endif
