/* The proofs that only this folder makes, and the one way to the bytes behind them. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_VERIFIED_H
#define PV_VERIFIED_H

#include "verify/archive.h"

struct provar_checked {
    struct provar_archive *archive; /* borrowed */
    struct pv_facts *facts;         /* a reference */
    struct pv_place *places;        /* of its members, in their order: see places.c; the archive's lock guards them */
};

struct provar_verified {
    struct provar_archive *archive; /* borrowed */
    struct pv_facts *facts;         /* a reference */
    struct pv_place *places;        /* of its members, in their order: see places.c; the archive's lock guards them */
    char *target;                   /* the one target that was proven; NULL for the whole archive */
    char rule[160];                 /* "FILE:LINE" that accepted the issuer; "" for none */
    bool deferred;                  /* bodies are hashed when they are taken */
    bool is_hypothetical;           /* for another time than now, or for any issuer */
    enum provar_rollback rollback;  /* how the policy judged */
    char *record_path;              /* the history to be moved forwards; owned; NULL for none */
};

/* The member that holds a target (`target` empty: this host's), which the proof must cover. */
enum provar_result pv_verified_target(const struct provar_verified *verified, struct pv_str target,
                                      const struct pv_member **member, struct provar_error *err) PV_MUST_CHECK;
/* The member world.wasm. */
enum provar_result pv_verified_world(const struct provar_verified *verified, const struct pv_member **member,
                                     struct provar_error *err) PV_MUST_CHECK;

/* ---------------------------------------------------------------- where bodies stand */

/* NULL when memory ran out. */
struct pv_place *pv_places_new(const struct pv_facts *facts);
/* Copies a member of the proof, with the place that its body has now, and says whether that is the index's word. The
 * caller holds the archive's lock. */
bool pv_verified_place(const struct provar_verified *verified, struct pv_member *member,
                       const struct pv_member *proven);
/* The length of a member's body, as far as is known until now. */
uint64_t pv_verified_size(const struct provar_verified *verified, const struct pv_member *member);
/* The index has led to a body that is not the proven one: from now on the stream counts, and the member stands, with
 * deferred digests, where that has it. PROVAR_E_DIGEST when the stream has another token, and any failure of the
 * stream. */
enum provar_result pv_verified_by_stream(const struct provar_verified *verified, const struct pv_member *member,
                                         struct provar_error *err) PV_MUST_CHECK;

/* ---------------------------------------------------------------- bodies */

/* Takes the next bytes of a body. */
typedef enum provar_result (*pv_body_fn)(void *user, const void *data, size_t len, struct provar_error *err);

/* Reads a member's body again, gives it to `take` piece by piece, and compares the digest of exactly these bytes with
 * the one that was proven: PROVAR_E_DIGEST when the archive has changed since. Nothing that `take` got may be let out
 * unless this succeeds. Whether the index said where to read is in *by_index. */
enum provar_result pv_verified_body(const struct provar_verified *verified, const struct pv_member *member,
                                    pv_body_fn take, void *user, bool *by_index,
                                    struct provar_error *err) PV_MUST_CHECK;

/* The same, with so many threads as pv_threads takes them, for several bodies of a checked archive in one pass, as long
 * as they are asked for in archive order; another order costs a pass each. */
struct pv_bodies;
enum provar_result pv_bodies_new(const struct provar_checked *checked, unsigned threads, struct pv_bodies **bodies,
                                 struct provar_error *err) PV_MUST_CHECK;
void pv_bodies_free(struct pv_bodies *bodies);
PV_DEFINE_CLEANUP(pv_bodies_cleanup, struct pv_bodies, pv_bodies_free)
enum provar_result pv_bodies_read(struct pv_bodies *bodies, const struct pv_member *member, pv_body_fn take, void *user,
                                  struct provar_error *err) PV_MUST_CHECK;

#endif
