/* The command: finds the verb, reads its options, runs it, says how it ended. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "opt.h"
#include "print.h"
#include "progress.h"
#include "secret.h"
#include "store.h"

extern const struct cmd cmd_create, cmd_insert, cmd_remove, cmd_sign, cmd_inspect, cmd_check, cmd_verify, cmd_extract,
    cmd_run, cmd_push, cmd_pull, cmd_list, cmd_copy, cmd_gc, cmd_keys_gen, cmd_keys_get, cmd_keys_list, cmd_keys_public,
    cmd_completions;

const struct cmd *const commands[] = {
    &cmd_create,   &cmd_insert,   &cmd_remove,    &cmd_sign,        &cmd_inspect,     &cmd_check, &cmd_verify,
    &cmd_extract,  &cmd_run,      &cmd_push,      &cmd_pull,        &cmd_list,        &cmd_copy,  &cmd_gc,
    &cmd_keys_gen, &cmd_keys_get, &cmd_keys_list, &cmd_keys_public, &cmd_completions, NULL,
};

static void print_overview(void) {
    printf("Usage: provar [-o text|json] VERB ...\n\n"
           "Create, sign, look into, verify, extract, run, store and retrieve archives.\n\n");
    for (size_t i = 0; commands[i]; i++) {
        char name[32];
        const char *group = commands[i]->group;
        snprintf(name, sizeof name, "%s%s%s", group ? group : "", group ? " " : "", commands[i]->verb);
        printf("  %-14s %s\n", name, commands[i]->summary);
    }
    printf("\n'provar VERB --help' lists a verb's options, 'man provar' says more.\n"
           "'provar par VERB' answers in the words of 'wash par VERB'.\n");
}

static const struct cmd *find(const char *group, const char *verb) {
    for (size_t i = 0; commands[i]; i++) {
        const char *own = commands[i]->group;
        bool same = own && group ? strcmp(own, group) == 0 : own == group;
        if (same && strcmp(commands[i]->verb, verb) == 0)
            return commands[i];
    }
    return NULL;
}

static bool is_group(const char *word) {
    for (size_t i = 0; commands[i]; i++)
        if (commands[i]->group && strcmp(commands[i]->group, word) == 0)
            return true;
    return false;
}

static bool is_option(const char *word, const char *long_name, const char *short_name) {
    return strcmp(word, long_name) == 0 || strcmp(word, short_name) == 0;
}

/* Prints what is no verb's work; false when the word does not ask for that. */
static bool print_information(const char *word) {
    if (is_option(word, "--help", "-h"))
        print_overview();
    else if (is_option(word, "--version", "-V"))
        printf("provar %s\n", provar_version());
    else
        return false;
    return true;
}

/* Reads one of the options of every command, and moves `*i` to its last word. */
static bool read_global(struct cli *cli, int argc, const char **argv, int *i) {
    const char *word = argv[*i];
    if (is_option(word, "--quiet", "-q"))
        return cli->quiet = true;
    if (strncmp(word, "--output=", 9) == 0)
        return opt_output(cli, word + 9);
    if (strncmp(word, "-o", 2) == 0 && word[2] != 0)
        return opt_output(cli, word + (word[2] == '=' ? 3 : 2));
    if (!is_option(word, "--output", "-o"))
        return print_usage_error(cli, "%s: unknown option; 'provar --help' lists the verbs", word);
    if (++*i == argc)
        return print_usage_error(cli, "%s: missing argument", word);
    return opt_output(cli, argv[*i]);
}

/* Reads the options up to the next word that is none, and gives its index; 0 when there is none, or when `*done` says
 * that there is nothing more to do. An option that is wrong does not end it: the verb decides how that is told. */
static int next_word(struct cli *cli, int argc, const char **argv, int from, bool *done) {
    for (int i = from; i < argc; i++) {
        if (argv[i][0] != '-')
            return i;
        *done = cli->err.code == PROVAR_OK && print_information(argv[i]);
        if (*done)
            return 0;
        (void)read_global(cli, argc, argv, &i);
    }
    return 0;
}

/* `par` and the groups; NULL for a word that is none. */
static const char *read_group(struct cli *cli, const char *word) {
    cli->wash_text = strcmp(word, "par") == 0;
    return cli->wash_text || is_group(word) ? word : NULL;
}

/* What a user of wash may type, and what to do here. */
static void refuse_verb(struct cli *cli, const char *group, const char *verb) {
    static const struct {
        const char *verb, *advice;
    } others[] = {
        {"claims", "'provar inspect' shows the claims of an archive"},
    };
    const char *advice = "'provar --help' lists them";
    for (size_t i = 0; i < sizeof others / sizeof others[0] && (!group || cli->wash_text); i++)
        if (strcmp(others[i].verb, verb) == 0)
            advice = others[i].advice;
    print_usage_error(cli, "unknown verb '%s%s%s'; %s", group ? group : "", group ? " " : "", verb, advice);
}

/* Sets cli->cmd; gives the index of the verb's own word, or 0. `help` before the verb is --help behind it. */
static int choose_command(struct cli *cli, int argc, const char **argv, bool *help) {
    bool done = false;
    int at = next_word(cli, argc, argv, 1, &done);
    if (at && strcmp(argv[at], "help") == 0) {
        *help = true;
        at = next_word(cli, argc, argv, at + 1, &done);
    }
    const char *group = at ? read_group(cli, argv[at]) : NULL;
    if (group)
        at = next_word(cli, argc, argv, at + 1, &done);
    if (at)
        cli->cmd = find(cli->wash_text ? NULL : group, argv[at]);
    if (cli->cmd)
        return cli->err.code == PROVAR_OK ? at : 0;
    if (at)
        refuse_verb(cli, group, argv[at]);
    else if (*help && !done && cli->err.code == PROVAR_OK)
        print_overview();
    else if (!done)
        print_usage_error(cli, "which verb? 'provar --help' lists them");
    return 0;
}

/* "provar create", for usage texts. Lives until the process ends. */
static const char *full_name(const struct cli *cli) {
    static char name[48];
    const char *group = cli->wash_text ? "par" : cli->cmd->group;
    snprintf(name, sizeof name, "provar %s%s%s", group ? group : "", group ? " " : "", cli->cmd->verb);
    return name;
}

/* Do the words before any "--" give this option this value? */
static bool gives(int argc, const char **argv, const char *option, const char *value) {
    size_t len = strlen(option);
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        const char *rest = strncmp(argv[i], option, len) == 0 ? argv[i] + len : NULL;
        if (rest == NULL)
            continue;
        if (*rest == 0 ? i + 1 < argc && strcmp(argv[i + 1], value) == 0 : strcmp(rest + (*rest == '='), value) == 0)
            return true;
    }
    return false;
}

/* An error may be found before the option is read that says in which format to tell it. */
static int fail_early(struct cli *cli, int argc, const char **argv) {
    bool runs = cli->cmd && cli->cmd->takes_own_args;
    cli->json = cli->json || gives(argc, argv, "--output", "json") || gives(argc, argv, "-o", "json");
    cli->data_on_stdout = cli->data_on_stdout || runs;
    return runs ? STATUS_RUN_FAILED : print_status(cli);
}

/* Runs the verb whose name stands at argv[0]. */
static int run_command(struct cli *cli, int argc, const char **argv) {
    bool helped = false;
    argv[0] = full_name(cli);
    cli->data_on_stdout = cli->cmd->takes_own_args || gives(argc, argv, "--destination", "-");
    if (opt_parse(cli, argc, argv, &helped) && progress_choose(cli))
        return print_begin(cli) ? store_explain(cli, cli->cmd->run(cli)) : fail_early(cli, argc, argv);
    return helped ? STATUS_OK : fail_early(cli, argc, argv);
}

/* The first file that is opened would take the place of a standard descriptor that is closed, and answers would be
 * written into it. Each gets one on which its use fails. */
static void hold_standard_descriptors(void) {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            (void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

int main(int argc, char **argv) {
    static const char *help_words[] = {"", "--help", NULL};
    struct cli cli = {0};
    const char **words = (const char **)argv;
    bool help = false;
    int status;
    hold_standard_descriptors();
    secret_protect();
    /* A file that may not grow (RLIMIT_FSIZE) is a failure to report, not an end without a word. */
    (void)signal(SIGXFSZ, SIG_IGN);
    int at = choose_command(&cli, argc, words, &help);
    if (at == 0)
        status = fail_early(&cli, argc, words);
    else
        status = help ? run_command(&cli, 2, help_words) : run_command(&cli, argc - at, words + at);
    status = print_end(&cli, status);
    poptFreeContext(cli.popt);
    free(cli.words);
    return status;
}
