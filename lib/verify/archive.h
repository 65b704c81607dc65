/* An opened archive, and one pass over it. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_ARCHIVE_H
#define PV_ARCHIVE_H

#include <pthread.h>

#include "source/source.h"
#include "verify/judge.h"

struct provar_archive {
    struct pv_source *raw;    /* the file's bytes */
    struct pv_source *gunzip; /* over raw; NULL for a plain archive */
    /* Over raw too, by the target index in its header; NULL when there is none. Used until it is seen to lie. */
    struct pv_source *indexed;
    bool use_index;
    unsigned threads;
    bool was_read; /* a pass has begun: the next one rewinds */
    uint64_t max_file, max_total, max_member;
    bool has_token_digest; /* claims.jwt must have it */
    uint8_t token_digest[PV_SHA256_LEN];
    struct pv_notices notices; /* of the last pass */
    struct pv_facts *facts;    /* of the last pass; NULL before it */
    pthread_mutex_t lock;      /* one pass at a time: proofs that share the archive may be used by several threads */
};

/* The tar stream, wherever it stands. */
struct pv_source *pv_archive_source(struct provar_archive *archive);
/* The tar stream, at byte 0. PROVAR_E_USAGE when it was read before and cannot rewind. */
enum provar_result pv_archive_stream(struct provar_archive *archive, struct pv_source **stream,
                                     struct provar_error *err) PV_MUST_CHECK;

/* Moves to byte 0 of the file; the next pass over the archive begins there again. The caller holds the lock.
 * PROVAR_E_USAGE for a pipe that is not kept. */
enum provar_result pv_archive_rewind_file(struct provar_archive *archive, struct provar_error *err) PV_MUST_CHECK;

/* SHA-256 of the file's own bytes, by one more reading of them; the caller holds the lock. PROVAR_E_USAGE for a pipe
 * that is not kept. */
enum provar_result pv_archive_digest(struct provar_archive *archive, uint8_t digest[PV_SHA256_LEN],
                                     struct provar_error *err) PV_MUST_CHECK;

/* One pass: scans, then reads the token. archive->facts are new afterwards, and as complete as the failure allows. */
enum provar_result pv_archive_examine(struct provar_archive *archive, enum pv_scan_digests digests, const char *target,
                                      struct provar_error *err) PV_MUST_CHECK;
/* A pass that hashes nothing, as far as to the token and to the target, or with NULL to world.wasm and a target. */
enum provar_result pv_archive_walk_to(struct provar_archive *archive, enum provar_key_kind other_subject,
                                      const char *target, struct provar_error *err) PV_MUST_CHECK;
/* A pass that hashes nothing, and another one without the index when that fails. */
enum provar_result pv_archive_look(struct provar_archive *archive, struct provar_error *err) PV_MUST_CHECK;

#endif
