/* Where the files of a user and of the system are kept. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "places.h"

/* False only for what is surely not there: what cannot be examined must be said, not passed over. */
static bool may_be_there(const char *path) {
    struct stat st;
    return lstat(path, &st) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

/* Relative paths in the variables are to be ignored, says the specification. */
bool places_of_user(const char *variable, const char *below_home, const char *name, char path[PATH_MAX]) {
    const char *base = opt_env(variable), *home = opt_env("HOME");
    int len = PATH_MAX;
    if (base && base[0] == '/')
        len = snprintf(path, PATH_MAX, "%s/provar/%s", base, name);
    else if (home && may_be_there(home))
        len = snprintf(path, PATH_MAX, "%s/%s/provar/%s", home, below_home, name);
    return len < PATH_MAX;
}

bool places_were_made(const char *path) {
    char directory[PATH_MAX];
    const char *slash = strrchr(path, '/');
    snprintf(directory, sizeof directory, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
    return may_be_there(directory);
}

/* The library judges the place of a file before it calls it missing. It is asked by a policy that is used for nothing
 * else, since one accepts nothing once a file of its own could not be loaded. */
enum provar_result places_judge(const char *path, struct provar_error *reason) {
    struct provar_policy *asked = NULL;
    enum provar_result result = provar_policy_new(&asked, reason);
    if (result == PROVAR_OK)
        result = provar_policy_load(asked, PROVAR_POLICY_REVOKED_ISSUERS, path, strlen(path), reason);
    provar_policy_free(asked);
    return result == PROVAR_E_UNTRUSTED ? PROVAR_OK : result;
}

int places_look(struct cli *cli, const char *path, bool *may_hold) {
    struct provar_error reason = {0};
    *may_hold = may_be_there(path);
    if (*may_hold || !places_were_made(path))
        return STATUS_OK;
    enum provar_result result = places_judge(path, &reason);
    if (result == PROVAR_OK)
        return STATUS_OK;
    cli->err = reason;
    return exit_status_of(result);
}
