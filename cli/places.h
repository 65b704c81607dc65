/* Where the files of a user and of the system are kept, by the XDG base directory specification. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLACES_H
#define PLACES_H

#include <limits.h>

#include "opt.h"

/* "/etc/provar/NAME", as the build says. */
#define PLACES_SYSTEM(name) PROVAR_SYSCONFDIR "/provar/" name

/* BASE/provar/NAME, of the directory that an XDG variable names, or of one below HOME; false where there is neither. A
 * HOME that is named and not there is none: a home is not ours to make. */
bool places_of_user(const char *variable, const char *below_home, const char *name, char path[PATH_MAX]);

/* Whether the directory of a usual file is there. Without it nobody has ever kept files here, and the directories above
 * it are not looked at: with a umask of 002, and in a user namespace, they are seldom what a policy file demands. */
bool places_were_made(const char *path);

/* PROVAR_OK when a policy file could be kept there, whether one is there or not; else why not. Not for one that is
 * there: its lines are not what is asked. */
enum provar_result places_judge(const char *path, struct provar_error *reason);

/* Whether a policy file may be there, so that it must be loaded. Where its directory was made, one is not there only
 * when that is sure and nobody else can have taken it away: a place that others may write to is an error with or
 * without the file. */
int places_look(struct cli *cli, const char *path, bool *may_hold);

#endif
