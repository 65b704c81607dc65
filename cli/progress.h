/* How far a transfer is: a line on the terminal that is drawn over, or one for a log every few seconds. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdint.h>

#include "opt.h"

/* --progress, for every verb that takes a reference. */
extern struct poptOption progress_table[];
#define OPT_PROGRESS                                                                                                   \
    { NULL, 0, POPT_ARG_INCLUDE_TABLE, progress_table, 0, NULL, NULL }

enum progress_form { PROGRESS_NONE, PROGRESS_LINE, PROGRESS_PLAIN };

/* Transfers, one after the other. {0} with a form at first. */
struct progress {
    enum progress_form form;
    int columns;  /* of the terminal; 0 for not known */
    bool is_open; /* a transfer has begun, and its end was not told */
    bool is_drawn;
    uint64_t done, total, from; /* `from`: what was done when it began */
    int64_t began_at, told_at;
};

/* One line, and what a terminal is told around it. */
struct progress_text {
    char text[192];
};

/* What to write now that so much was moved; `now` in milliseconds of a clock that only goes forwards. Often nothing. */
struct progress_text progress_step(struct progress *progress, uint64_t done, uint64_t total, int64_t now);

/* What is chosen by --progress and the terminal; false with cli->err set. Whether anything is wanted. And what a store
 * calls, `user` being the command. */
bool progress_choose(struct cli *cli);
bool progress_is_wanted(void);
int progress_report(uint64_t done, uint64_t total, void *user);

/* Takes the line away, before anything else is written. */
void progress_erase(void);

#endif
