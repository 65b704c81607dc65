/* Where the files of a user and of the system are kept. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "opt.h"
#include "places.h"

/* Relative paths in the variables are to be ignored, says the specification. */
bool places_of_user(const char *variable, const char *below_home, const char *name, char path[PATH_MAX]) {
    const char *base = opt_env(variable), *home = opt_env("HOME");
    int len = PATH_MAX;
    if (base && base[0] == '/')
        len = snprintf(path, PATH_MAX, "%s/provar/%s", base, name);
    else if (home && places_may_hold(home))
        len = snprintf(path, PATH_MAX, "%s/%s/provar/%s", home, below_home, name);
    return len < PATH_MAX;
}

bool places_may_hold(const char *path) {
    struct stat st;
    return lstat(path, &st) == 0 || (errno != ENOENT && errno != ENOTDIR);
}
