/* What was taken back and what was accepted before: the options, files and records of the verbs that verify. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "current.h"
#include "places.h"
#include "print.h"

struct current_options current_options;

struct poptOption current_table[] = {
    {"revoked-issuers", 0, POPT_ARG_ARGV, &current_options.revoked, 0,
     "keys, tokens, artifacts and revisions that were taken back (may be repeated)", "FILE"},
    {"history", 0, POPT_ARG_STRING, &current_options.history, 0,
     "what was accepted before, against which older revisions are refused", "FILE"},
    {"no-history", 0, POPT_ARG_NONE, &current_options.no_history, 0, "neither compare with a history nor keep one",
     NULL},
    {"allow-rollback", 0, POPT_ARG_NONE, &current_options.allow_rollback, 0,
     "accept this once what is older than the history says", NULL},
    {"strict-rev", 0, POPT_ARG_NONE, &current_options.strict, 0,
     "refuse other content under the same revision, and revocation files beyond their time", NULL},
    POPT_TABLEEND,
};

/* ---------------------------------------------------------------- revocation */

static bool any_revoked; /* a file was loaded */

static int load_revoked(struct cli *cli, struct provar_policy *policy, const char *path) {
    any_revoked = true;
    return exit_status_of(provar_policy_load(policy, PROVAR_POLICY_REVOKED_ISSUERS, path, strlen(path), &cli->err));
}

/* A file in a place where one may be. Only one that is surely not there is passed over: what cannot be examined may
 * well revoke this archive. */
static int load_if_there(struct cli *cli, struct provar_policy *policy, const char *path) {
    if (!places_may_hold(path))
        return STATUS_OK;
    return load_revoked(cli, policy, path);
}

/* All files count, since each only takes back: none that is named hides another's lines. */
static int load_usual_revoked(struct cli *cli, struct provar_policy *policy) {
    char path[PATH_MAX];
    const char *named = opt_env("PROVAR_REVOKED_ISSUERS");
    if (named)
        return load_revoked(cli, policy, named);
    int status = STATUS_OK;
    if (places_of_user("XDG_CONFIG_HOME", ".config", "revoked_issuers", path))
        status = load_if_there(cli, policy, path);
    return status == STATUS_OK ? load_if_there(cli, policy, PLACES_SYSTEM("revoked_issuers")) : status;
}

bool current_reads_again(void) {
    return any_revoked;
}

/* ---------------------------------------------------------------- history */

static char history_path[PATH_MAX]; /* "" when none is kept */
static bool history_is_named;       /* by an option or variable, so that it must work */

static bool name_history(struct cli *cli, const char *path) {
    history_is_named = true;
    if (snprintf(history_path, sizeof history_path, "%s", path) < (int)sizeof history_path)
        return true;
    return print_usage_error(cli, "the path of the history is too long");
}

/* A PROVAR_HISTORY that is set and empty names none, so that none is kept. */
static bool choose_history(struct cli *cli) {
    const char *variable = getenv("PROVAR_HISTORY");
    if (current_options.history && current_options.no_history)
        return print_usage_error(cli, "--history and --no-history contradict each other");
    if (current_options.history && current_options.history[0] == 0)
        return print_usage_error(cli, "--history: an empty name is no file");
    if (current_options.history)
        return name_history(cli, current_options.history);
    if (current_options.no_history)
        return true;
    if (variable)
        return name_history(cli, variable);
    if (!places_of_user("XDG_STATE_HOME", ".local/state", "history", history_path))
        history_path[0] = 0;
    return true;
}

/* Makes the directories of the default place. Gives an errno, or 0 when a file can be written there. */
static int make_place(void) {
    char path[PATH_MAX];
    memcpy(path, history_path, sizeof path);
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        /* A directory that is there may lie where none can be made: only the last must take files. */
        if (mkdir(path, 0700) != 0 && errno != EEXIST && access(path, F_OK) != 0)
            return errno;
        if (strchr(slash + 1, '/') == NULL && access(path, W_OK | X_OK) != 0)
            return errno;
        *slash = '/';
    }
    return 0;
}

static int check_options(struct cli *cli, bool insecure) {
    if (current_options.allow_rollback && current_options.strict)
        return print_failure(cli, PROVAR_E_USAGE, "--allow-rollback and --strict-rev contradict each other");
    if (current_options.record && current_options.no_history)
        return print_failure(cli, PROVAR_E_USAGE, "--record and --no-history contradict each other");
    if (insecure && current_options.history)
        return print_failure(cli, PROVAR_E_USAGE, "--history and --insecure-no-trust contradict each other");
    return STATUS_OK;
}

static int load_history(struct cli *cli, struct provar_policy *policy) {
    if (!choose_history(cli))
        return STATUS_USAGE;
    if (history_path[0] == 0 && current_options.record)
        return print_failure(cli, PROVAR_E_USAGE, "--record: no history is kept here, give --history FILE");
    if (history_path[0] == 0)
        return STATUS_OK;
    return exit_status_of(
        provar_policy_load(policy, PROVAR_POLICY_HISTORY, history_path, strlen(history_path), &cli->err));
}

int current_load(struct cli *cli, struct provar_policy *policy, bool insecure) {
    int status = check_options(cli, insecure);
    for (char **path = current_options.revoked; status == STATUS_OK && path && *path; path++)
        status = load_revoked(cli, policy, *path);
    if (status == STATUS_OK && !current_options.revoked && !insecure)
        status = load_usual_revoked(cli, policy);
    if (status == STATUS_OK && !insecure)
        status = load_history(cli, policy);
    if (current_options.allow_rollback)
        provar_policy_set_rollback(policy, PROVAR_ROLLBACK_ALLOW);
    if (current_options.strict)
        provar_policy_set_rollback(policy, PROVAR_ROLLBACK_STRICT);
    return status;
}

int current_record(struct cli *cli, struct provar_verified *verified) {
    if ((!current_options.record && !current_options.records) || history_path[0] == 0)
        return STATUS_OK;
    int error = history_is_named ? 0 : make_place();
    if (error != 0 && !current_options.record) {
        print_warning(cli, "no history is kept: cannot make '%s': %s", history_path, strerror(error));
        return STATUS_OK;
    }
    json_string(&cli->doc, "history", history_path);
    return exit_status_of(provar_verified_record(verified, history_path, strlen(history_path), &cli->err));
}
