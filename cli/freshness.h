/* What was taken back and what was accepted before: the options, files and records of the verbs that verify. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FRESHNESS_H
#define FRESHNESS_H

#include <limits.h>

#include "opt.h"

struct freshness_options {
    char **revoked;
    char *history;
    int no_history, allow_rollback, strict;
    int record;   /* verify --record */
    bool records; /* the verb records by itself, where a history is kept */
};
extern struct freshness_options freshness_options;
extern struct poptOption freshness_table[];
#define OPT_FRESHNESS                                                                                                  \
    { NULL, 0, POPT_ARG_INCLUDE_TABLE, freshness_table, 0, "Revocation and history:", NULL }

enum freshness_history {
    FRESHNESS_UNWANTED = 0, /* none is kept, as was asked for */
    FRESHNESS_HOMELESS,     /* none is kept, because there is no place for the usual one */
    FRESHNESS_USUAL,
    FRESHNESS_NAMED /* by an option or variable, so that it must work */
};

/* What the options and the places came to; {0} at first. */
struct freshness {
    bool any_revoked; /* a revocation file was loaded, for which the archive file may be asked for once more */
    enum freshness_history history;
    char path[PATH_MAX]; /* of the history, when it is usual or named */
};

/* Puts revocation files and history into a policy. `insecure`: any issuer is accepted; only files that are named count
 * then, and no history, since a stranger must not move it. */
int freshness_load(struct cli *cli, struct provar_policy *policy, bool insecure, struct freshness *freshness);
/* The history that what is verified moves, where the verb does that; NULL where it does not or none is wanted. Warns
 * where there is no place for one, whether it would be moved or only compared with. */
const char *freshness_wanted(struct cli *cli, const struct freshness *freshness);
/* Where the history refuses an archive, the error names what accepts it nevertheless, unless the opposite was asked. */
void freshness_explain(struct cli *cli);
/* Makes the usual place, as late as when there is something to record; false with a warning where that cannot be. */
bool freshness_make_place(struct cli *cli, const struct freshness *freshness);
/* Has what was verified recorded there. */
int freshness_record(struct cli *cli, struct provar_verified *verified, const struct freshness *freshness);

#endif
