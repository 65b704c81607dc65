/* Where the files of a user and of the system are kept, by the XDG base directory specification. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLACES_H
#define PLACES_H

#include <limits.h>
#include <stdbool.h>

/* "/etc/provar/NAME", as the build says. */
#define PLACES_SYSTEM(name) PROVAR_SYSCONFDIR "/provar/" name

/* BASE/provar/NAME, of the directory that an XDG variable names, or of one below HOME; false where there is neither. A
 * HOME that is named and not there is none: a home is not ours to make. */
bool places_of_user(const char *variable, const char *below_home, const char *name, char path[PATH_MAX]);

/* False only for what is surely not there: what cannot be examined must be said, not passed over. */
bool places_may_hold(const char *path);

#endif
