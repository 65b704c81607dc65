/* An archive under construction: what the builder collects and the write conductor turns into bytes. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_BUILDER_H
#define PV_BUILDER_H

#include "keys/key.h"
#include "verify/verified.h"

/* One body to write: a file of the caller's, or a member of the archive that the builder began with. */
struct pv_part {
    char *name; /* "x86_64-linux" or "world.wasm"; owned */
    uint64_t size;
    struct pv_source *source;     /* owned; NULL for a kept member */
    const struct pv_member *kept; /* borrowed from builder->origin */
};

struct provar_builder {
    struct provar_claims *claims;
    const struct provar_checked *origin; /* borrowed; NULL for a new archive */
    struct pv_signer signer;
    bool has_signer, reissue, has_id, has_issued_at, has_epoch, was_written;
    bool same_token; /* the origin's, as it was signed: there may be less than it lists */
    int64_t issued_at, epoch;
    char old_issuer[PROVAR_PUBLIC_LEN + 1], old_subject[PROVAR_PUBLIC_LEN + 1]; /* "" for a new archive */
    int64_t old_issued_at;
    struct pv_part targets[PV_MAX_TARGETS]; /* sorted by name */
    size_t target_count;
    bool has_world;
    struct pv_part world;
    int level;      /* 0: plain */
    bool has_level; /* the caller chose it: kept members are compressed again */
    bool omit_index;
    unsigned threads; /* as pv_threads takes it */
    uint64_t max_file, max_total, max_member;
    struct pv_notices notices;
    char *token; /* after a write that succeeded */
    size_t token_len;
};

void pv_part_release(struct pv_part *part);

#endif
