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
    bool was_read;            /* a pass has begun: the next one rewinds */
    uint64_t max_file, max_total, max_member;
    struct pv_notices notices; /* of the last pass */
    struct pv_facts *facts;    /* of the last pass; NULL before it */
    pthread_mutex_t lock;      /* one pass at a time: proofs that share the archive may be used by several threads */
};

/* The tar stream, at byte 0. PROVAR_E_USAGE when it was read before and cannot rewind. */
enum provar_result pv_archive_stream(struct provar_archive *archive, struct pv_source **stream,
                                     struct provar_error *err) PV_MUST_CHECK;

/* One pass: scans, then reads the token. archive->facts are new afterwards, and as complete as the failure allows. */
enum provar_result pv_archive_examine(struct provar_archive *archive, enum pv_scan_digests digests, const char *target,
                                      struct provar_error *err) PV_MUST_CHECK;

#endif
