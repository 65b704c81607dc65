/* Values of Authorization that have let requests in: for an origin, a repository, and rights to it. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_GRANT_H
#define PV_GRANT_H

#include "store/auth/authorize.h"
#include "store/auth/challenge.h"

struct pv_grant {
    struct pv_origin origin;
    char *repository, *actions, *mount_from; /* empty where there is none */
    struct pv_challenge challenge;           /* by which another token is asked for */
    char *scope;
    char *value;  /* of Authorization */
    uint64_t end; /* in seconds of CLOCK_MONOTONIC; UINT64_MAX: never */
};
void pv_grant_release(struct pv_grant *grant);
#define PV_AUTO_GRANT PV_CLEANUP(pv_grant_release)

/* Fills in whom it is for. */
enum provar_result pv_grant_begin(struct pv_grant *grant, const struct pv_access *access,
                                  struct provar_error *err) PV_MUST_CHECK;

/* The last PV_MAX_GRANTS. */
struct pv_grants {
    struct pv_grant list[PV_MAX_GRANTS];
    size_t count; /* of all that were kept so far */
};
void pv_grants_release(struct pv_grants *grants);

/* The one that gives all rights that are asked for, and may give more; NULL when there is none. */
struct pv_grant *pv_grants_find(struct pv_grants *grants, const struct pv_origin *origin,
                                const struct pv_access *access);

/* Takes a grant, in the place of that for the same rights. */
void pv_grants_keep(struct pv_grants *grants, struct pv_grant *grant);

/* Whether a list of rights with commas between them has all of another. */
bool pv_actions_include(const char *actions, const char *others);

#endif
