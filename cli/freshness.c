/* What was taken back and what was accepted before: the options, files and records of the verbs that verify. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "freshness.h"
#include "places.h"
#include "print.h"

struct freshness_options freshness_options;

struct poptOption freshness_table[] = {
    {"revoked-issuers", 0, POPT_ARG_ARGV, &freshness_options.revoked, 0,
     "keys, tokens, artifacts and revisions that were taken back (may be repeated)", "FILE"},
    {"history", 0, POPT_ARG_STRING, &freshness_options.history, 0,
     "what was accepted before, against which older revisions are refused", "FILE"},
    {"no-history", 0, POPT_ARG_NONE, &freshness_options.no_history, 0, "neither compare with a history nor keep one",
     NULL},
    {"allow-rollback", 0, POPT_ARG_NONE, &freshness_options.allow_rollback, 0,
     "accept this once what is older than the history says", NULL},
    {"strict-rev", 0, POPT_ARG_NONE, &freshness_options.strict, 0,
     "refuse other content under the same revision, and revocation files beyond their time", NULL},
    POPT_TABLEEND,
};

/* ---------------------------------------------------------------- revocation */

static int load_revoked(struct cli *cli, struct provar_policy *policy, const char *path, struct freshness *freshness) {
    freshness->any_revoked = true;
    return exit_status_of(provar_policy_load(policy, PROVAR_POLICY_REVOKED_ISSUERS, path, strlen(path), &cli->err));
}

static int load_named_revoked(struct cli *cli, struct provar_policy *policy, struct freshness *freshness) {
    const char *variable = opt_env("PROVAR_REVOKED_ISSUERS");
    int status = STATUS_OK;
    for (char **path = freshness_options.revoked; status == STATUS_OK && path && *path; path++)
        status = load_revoked(cli, policy, *path, freshness);
    return status == STATUS_OK && variable ? load_revoked(cli, policy, variable, freshness) : status;
}

static int load_if_there(struct cli *cli, struct provar_policy *policy, const char *path, struct freshness *freshness) {
    bool may_hold = false;
    int status = places_look(cli, path, &may_hold);
    return status == STATUS_OK && may_hold ? load_revoked(cli, policy, path, freshness) : status;
}

/* Each file only takes back, so that none may hide another's lines: the user's and the system's count too, whatever is
 * named. Where nobody knows the user's place, a file there would be missed in silence; whoever names one has an answer
 * to that. */
static int load_usual_revoked(struct cli *cli, struct provar_policy *policy, struct freshness *freshness) {
    char path[PATH_MAX];
    int status = STATUS_OK;
    if (places_of_user("XDG_CONFIG_HOME", ".config", "revoked_issuers", path))
        status = load_if_there(cli, policy, path, freshness);
    else if (!freshness->any_revoked)
        print_warning(cli, "no revocation file of the user's own is read: neither XDG_CONFIG_HOME nor HOME has a place "
                           "for it; give --revoked-issuers FILE");
    return status == STATUS_OK ? load_if_there(cli, policy, PLACES_SYSTEM("revoked_issuers"), freshness) : status;
}

/* ---------------------------------------------------------------- history */

static int name_history(struct cli *cli, const char *path, struct freshness *freshness) {
    freshness->history = FRESHNESS_NAMED;
    if (snprintf(freshness->path, sizeof freshness->path, "%s", path) < (int)sizeof freshness->path)
        return STATUS_OK;
    return print_failure(cli, PROVAR_E_USAGE, "the path of the history is too long");
}

/* A PROVAR_HISTORY that is set and empty names none, so that none is kept. */
static int choose_history(struct cli *cli, struct freshness *freshness) {
    const char *variable = getenv("PROVAR_HISTORY");
    if (freshness_options.no_history)
        return STATUS_OK;
    if (freshness_options.history)
        return name_history(cli, freshness_options.history, freshness);
    if (variable)
        return variable[0] ? name_history(cli, variable, freshness) : STATUS_OK;
    bool is_placed = places_of_user("XDG_STATE_HOME", ".local/state", "history", freshness->path);
    freshness->history = is_placed ? FRESHNESS_USUAL : FRESHNESS_HOMELESS;
    return STATUS_OK;
}

/* A slip in the name of a directory must not pass for a history that has seen nothing yet. */
static int check_named_place(struct cli *cli, const char *path) {
    struct stat st;
    char directory[PATH_MAX] = ".";
    const char *slash = strrchr(path, '/');
    if (slash)
        snprintf(directory, sizeof directory, "%.*s", (int)(slash + 1 - path), path);
    if (stat(directory, &st) == 0)
        return STATUS_OK;
    return print_failure(cli, PROVAR_E_IO, "cannot find the directory of the history '%s': %s", path, strerror(errno));
}

/* Makes the directories of the default place. Gives an errno, or 0 when a file can be written there. */
static int make_place(const char *file) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s", file);
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

/* Whether a history can be kept in the usual place, which is made; else warns. With --record it must, and the library
 * says why not. */
static bool may_be_kept(struct cli *cli, const char *path) {
    struct provar_error reason = {0};
    bool must = freshness_options.record;
    if (!must && !places_were_made(path) && places_judge(path, &reason) != PROVAR_OK) {
        print_warning(cli, "no history is kept: %s", reason.message);
        return false;
    }
    int error = make_place(path);
    if (error == 0 || must)
        return true;
    print_warning(cli, "no history is kept: cannot make '%s': %s", path, strerror(error));
    return false;
}

static int load_history(struct cli *cli, struct provar_policy *policy, struct freshness *freshness) {
    int status = choose_history(cli, freshness);
    bool is_kept = freshness->history == FRESHNESS_USUAL || freshness->history == FRESHNESS_NAMED;
    if (status == STATUS_OK && !is_kept && freshness_options.record)
        return print_failure(cli, PROVAR_E_USAGE, "--record: no history is kept here, give --history FILE");
    if (status == STATUS_OK && freshness->history == FRESHNESS_NAMED)
        status = check_named_place(cli, freshness->path);
    bool was_made = freshness->history == FRESHNESS_NAMED || places_were_made(freshness->path);
    if (status != STATUS_OK || !is_kept || !was_made)
        return status;
    return exit_status_of(
        provar_policy_load(policy, PROVAR_POLICY_HISTORY, freshness->path, strlen(freshness->path), &cli->err));
}

/* ---------------------------------------------------------------- both */

/* --strict-rev goes with --no-history and with --insecure-no-trust: it concerns revocation files too. */
static int check_options(struct cli *cli, bool insecure) {
    const struct freshness_options *given = &freshness_options;
    if (given->history && given->history[0] == 0)
        return print_failure(cli, PROVAR_E_USAGE, "--history: an empty name is no file");
    if (given->history && given->no_history)
        return print_failure(cli, PROVAR_E_USAGE, "--history and --no-history contradict each other");
    if (given->history && insecure)
        return print_failure(cli, PROVAR_E_USAGE, "--history and --insecure-no-trust contradict each other");
    if (given->record && given->no_history)
        return print_failure(cli, PROVAR_E_USAGE, "--record and --no-history contradict each other");
    if (given->allow_rollback && given->strict)
        return print_failure(cli, PROVAR_E_USAGE, "--allow-rollback and --strict-rev contradict each other");
    if (given->allow_rollback && (given->no_history || insecure))
        return print_failure(cli, PROVAR_E_USAGE, "--allow-rollback has no effect with %s, which asks no history",
                             insecure ? "--insecure-no-trust" : "--no-history");
    return STATUS_OK;
}

int freshness_load(struct cli *cli, struct provar_policy *policy, bool insecure, struct freshness *freshness) {
    int status = check_options(cli, insecure);
    if (status == STATUS_OK)
        status = load_named_revoked(cli, policy, freshness);
    if (status == STATUS_OK && !insecure)
        status = load_usual_revoked(cli, policy, freshness);
    if (status == STATUS_OK && !insecure)
        status = load_history(cli, policy, freshness);
    if (freshness_options.allow_rollback)
        provar_policy_set_rollback(policy, PROVAR_ROLLBACK_ALLOW);
    if (freshness_options.strict)
        provar_policy_set_rollback(policy, PROVAR_ROLLBACK_STRICT);
    return status;
}

/* A missing home must not hide what was accepted either, from the verbs that only compare. */
const char *freshness_wanted(struct cli *cli, const struct freshness *freshness) {
    bool is_moved = freshness_options.record || freshness_options.records;
    if (freshness->history == FRESHNESS_HOMELESS)
        print_warning(cli,
                      "no history is %s: neither XDG_STATE_HOME nor HOME has a place for it; give --history FILE, "
                      "or --no-history",
                      is_moved ? "kept" : "read");
    bool is_there = freshness->history == FRESHNESS_USUAL || freshness->history == FRESHNESS_NAMED;
    return is_moved && is_there ? freshness->path : NULL;
}

void freshness_explain(struct cli *cli) {
    if (cli->err.code == PROVAR_E_ROLLBACK && !freshness_options.strict)
        print_hint(cli, "where that is meant, --allow-rollback accepts it once");
}

bool freshness_make_place(struct cli *cli, const struct freshness *freshness) {
    return freshness->history != FRESHNESS_USUAL || may_be_kept(cli, freshness->path);
}

int freshness_record(struct cli *cli, struct provar_verified *verified, const struct freshness *freshness) {
    const char *path = freshness_wanted(cli, freshness);
    if (path == NULL || !freshness_make_place(cli, freshness))
        return STATUS_OK;
    json_string(&cli->doc, "history", path);
    return exit_status_of(provar_verified_record(verified, path, strlen(path), &cli->err));
}
