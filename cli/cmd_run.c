/* provar run: verifies an archive and runs this machine's executable out of it, as a wasmCloud v1 host does. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "cli_limits.h"
#include "freshness.h"
#include "input.h"
#include "print.h"
#include "progress.h"
#include "registry_options.h"
#include "secret.h"
#include "store.h"
#include "trust.h"

extern char **environ;

static char *host_data;
static char **variables;

static struct poptOption options[] = {
    {"host-data", 0, POPT_ARG_STRING, &host_data, 0, "JSON object for the provider's standard input", "FILE|-"},
    {"env", 0, POPT_ARG_ARGV, &variables, 0, "variable for the provider, whose environment is else RUST_LOG and OTEL_*",
     "NAME[=VALUE]"},
    {"insecure-no-trust", 0, POPT_ARG_NONE, &trust_options.insecure_no_trust, 0,
     "accept every issuer; the archive must still be intact and signed", NULL},
    OPT_LAZY,
    OPT_REGISTRY_READING,
    OPT_REGISTRY,
    OPT_PROGRESS,
    OPT_TRUST,
    OPT_FRESHNESS,
    OPT_READING,
    OPT_LIMITS,
    OPT_GLOBAL,
    POPT_TABLEEND,
};

static bool passes(const char *variable) {
    return strncmp(variable, "RUST_LOG=", 9) == 0 || strncmp(variable, "OTEL_", 5) == 0;
}

/* "NAME" takes the value that it has here. */
static const char *look_up(const char *name) {
    size_t len = strlen(name);
    for (char **variable = environ; *variable; variable++)
        if (strncmp(*variable, name, len) == 0 && (*variable)[len] == '=')
            return *variable;
    return NULL;
}

static size_t count_words(char *const *words) {
    size_t count = 0;
    while (words && words[count])
        count++;
    return count;
}

/* Puts a variable into the list, over one of the same name. */
static void put(const char **list, size_t *count, const char *variable) {
    size_t name = strcspn(variable, "=") + 1;
    for (size_t i = 0; i < *count; i++)
        if (strncmp(list[i], variable, name) == 0) {
            list[i] = variable;
            return;
        }
    list[(*count)++] = variable;
}

/* The whole environment of the provider: what a host would pass on, and what --env adds. Freed by the caller. */
static const char **make_environment(struct cli *cli, size_t *count) {
    const char **list = calloc(count_words(environ) + count_words(variables) + 1, sizeof *list);
    *count = 0;
    if (list == NULL)
        print_failure(cli, PROVAR_E_NO_MEMORY, "out of memory");
    for (char **variable = environ; list && *variable; variable++)
        if (passes(*variable))
            put(list, count, *variable);
    for (char **given = variables; list && given && *given; given++) {
        const char *variable = strchr(*given, '=') ? *given : look_up(*given);
        if ((*given)[0] == '=' || (*given)[0] == 0) {
            /* Not the words, which may be a secret. */
            print_usage_error(cli, "--env: number %zu has no name", (size_t)(given - variables) + 1);
            free(list);
            return NULL;
        }
        if (variable)
            put(list, count, variable);
        else
            print_warning(cli, "--env: '%s' is not set here, and so not for the provider", *given);
    }
    return list;
}

/* The signals that a person or a supervisor sends to stop, reload or wake a service. */
static const int forwarded[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH, SIGCONT};

/* env(1) and container runners: 127 not found, 126 found and not executable, 125 a failure of the runner itself. */
static int failure_status(int status) {
    if (status == STATUS_NO_TARGET)
        return STATUS_RUN_NO_TARGET;
    return status == STATUS_RUN_CANNOT_EXEC ? status : STATUS_RUN_FAILED;
}

static int wait_status(struct cli *cli, int status) {
    int shown = WIFSIGNALED(status) ? STATUS_SIGNALLED + WTERMSIG(status) : WEXITSTATUS(status);
    json_string(&cli->doc, "target", provar_host_target());
    json_integer(&cli->doc, "exit_status", shown);
    if (WIFSIGNALED(status))
        json_integer(&cli->doc, "signal", WTERMSIG(status));
    return shown;
}

static int start(struct cli *cli, const struct provar_verified *verified, struct provar_run_options *run_options) {
    int status = 0;
    run_options->args = cli->own_args;
    run_options->arg_count = cli->own_arg_count;
    run_options->signals = forwarded;
    run_options->signal_count = sizeof forwarded / sizeof forwarded[0];
    /* Whoever started us may ignore SIGCHLD, and the kernel would then drop the provider's status. */
    (void)signal(SIGCHLD, SIG_DFL);
    enum provar_result result = provar_run(verified, run_options, &status, &cli->err);
    return result == PROVAR_OK ? wait_status(cli, status) : failure_status(exit_status_of(result));
}

/* Reads everything that the provider is to get before it is looked at. */
static int run(struct cli *cli) {
    struct trust_proof proof = {0};
    struct provar_run_options run_options = {.size = sizeof run_options};
    freshness_options.records = true;
    /* Of what is stored, only this machine's executable is fetched, and hashed when it was. */
    cli->ranges = trust_options.takes_once = store_is_reference(cli->args[0]);
    if (host_data && strcmp(host_data, "-") == 0 && strcmp(cli->args[0], "-") == 0)
        return failure_status(
            print_failure(cli, PROVAR_E_USAGE, "the archive and the host data cannot both come from standard input"));
    const char **env = make_environment(cli, &run_options.env_count);
    char *data = env && host_data ? secret_read(cli, host_data, CLI_MAX_HOST_DATA, &run_options.host_data_len) : NULL;
    run_options.env = env;
    run_options.host_data = data;
    int status = cli->err.code == PROVAR_OK ? trust_verify(cli, cli->args[0], true, provar_host_target(), &proof)
                                            : print_status(cli);
    status = status == STATUS_OK ? start(cli, proof.verified, &run_options) : failure_status(status);
    secret_free(data, run_options.host_data_len);
    free(env);
    trust_close(&proof);
    return status;
}

const struct cmd cmd_run = {
    .verb = "run",
    .args = "ARCHIVE|- [--issuer A...] [-- WORD ...]",
    .summary = "Verify an archive and run this machine's executable from it.",
    .more = "The words behind -- are the provider's own.",
    .options = options,
    .min_args = 1,
    .max_args = 1,
    .takes_own_args = true,
    .run = run,
};
