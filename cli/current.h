/* What was taken back and what was accepted before: the options, files and records of the verbs that verify. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CURRENT_H
#define CURRENT_H

#include "opt.h"

struct current_options {
    char **revoked;
    char *history;
    int no_history, allow_rollback, strict;
    int record;   /* verify --record */
    bool records; /* the verb records by itself, where a history is kept */
};
extern struct current_options current_options;
extern struct poptOption current_table[];
#define OPT_CURRENT                                                                                                    \
    { NULL, 0, POPT_ARG_INCLUDE_TABLE, current_table, 0, "Revocation and history:", NULL }

/* Puts revocation files and history into a policy. `insecure`: any issuer is accepted; only files that are named count
 * then, and no history, since a stranger must not move it. */
int current_load(struct cli *cli, struct provar_policy *policy, bool insecure);
/* Whether the archive file may be asked for once more, for its digest. */
bool current_reads_again(void);
/* Has what was verified recorded, where the verb does that and a history is kept. */
int current_record(struct cli *cli, struct provar_verified *verified);

#endif
