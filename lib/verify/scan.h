/* One pass over a tar stream: its members, the bytes of its token, and the digests that were asked for. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_SCAN_H
#define PV_SCAN_H

#include "crypto/sha256.h"
#include "source/source.h"
#include "target/exe.h"

struct pv_member {
    enum provar_member_kind kind;
    char *name;         /* owned, without a leading "./" */
    struct pv_str stem; /* the target; or "world.wasm", the key of its hash; borrowed from name */
    char *target;       /* owned; of a target, else NULL */
    uint64_t size;
    uint64_t body_offset;
    bool hashed;   /* `digest` is the body's; else, with `promised`, the one that was signed for it */
    bool promised; /* whoever takes the body finds out whether it has that digest */
    uint8_t digest[PV_SHA256_LEN];
    bool was_looked_into; /* else nothing is known of `exe` and `machine` */
    struct pv_exe exe;    /* of any but the token */
    char machine[PV_EXE_MAX_SLICES * 16];
};

enum pv_scan_digests { PV_SCAN_NO_DIGESTS = 0, PV_SCAN_ALL_DIGESTS = 1, PV_SCAN_ONE_TARGET = 2 };

struct pv_scan_options {
    enum pv_scan_digests digests;
    struct pv_str target; /* PV_SCAN_ONE_TARGET: this one */
    bool stops;           /* as soon as the token was met and `target`, or without one world.wasm and some target: what
                             stands behind is not looked at */
    bool by_index;        /* believe the index of the stream, which has one, and read the token alone */
    bool look;            /* also look into what is not hashed, as far as pv_exe_probe wants */
    uint64_t max_total;
    uint64_t max_member;
    unsigned threads; /* as pv_threads takes it */
};

struct pv_scan {
    struct pv_member *members;
    size_t count, room;
    size_t target_count;
    struct pv_buf token; /* the bytes of claims.jwt */
    unsigned passed;     /* the sum of enum pv_tar_passed */
};

/* Reads `stream`, which stands at byte 0, to its end, or to where the options let it stop. Framing is judged before
 * layout: a wrong name or a duplicate is reported only when the rest of the stream is well framed, so that the result
 * does not depend on which comes first. On failure the scan holds what was seen until then. Release it in either case.
 */
enum provar_result pv_scan_run(struct pv_source *stream, const struct pv_scan_options *options,
                               struct pv_notices *notices, struct pv_scan *scan,
                               struct provar_error *err) PV_MUST_CHECK;
void pv_scan_release(struct pv_scan *scan);

/* Whether the digest of a member is asked for. */
bool pv_scan_wants_digest(const struct pv_scan_options *options, const struct pv_member *member);
/* Makes a part of the stream stand at a member's body. */
enum provar_result pv_member_select(struct pv_source *part, const struct pv_member *member,
                                    struct provar_error *err) PV_MUST_CHECK;
/* Fills in what a probe has found out about a body. */
void pv_member_describe(struct pv_member *member, const struct pv_exe_probe *probe);

/* The member that holds a target, or NULL. */
const struct pv_member *pv_scan_target(const struct pv_scan *scan, struct pv_str target);
const struct pv_member *pv_scan_world(const struct pv_scan *scan);

/* The names of the targets, borrowed, and how many they are. */
size_t pv_scan_targets(const struct pv_scan *scan, struct pv_str names[PV_MAX_TARGETS]);

/* PROVAR_E_NO_TARGET with the names of the targets that are there, as many as the message holds. */
enum provar_result pv_fail_no_target(struct pv_str target, const struct pv_str *names, size_t count,
                                     struct provar_error *err) PV_MUST_CHECK;
enum provar_result pv_scan_no_target(const struct pv_scan *scan, struct pv_str target,
                                     struct provar_error *err) PV_MUST_CHECK;

#endif
