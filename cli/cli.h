/* One invocation of the command: its options, its document, how it ends. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_H
#define CLI_H

#include <popt.h>
#include <provar-store.h>
#include <provar.h>
#include <stdbool.h>

#include "exit_status.h"
#include "json_out.h"

struct cmd;

struct cli {
    const struct cmd *cmd;
    bool wash_text; /* spelled with wash's group ("par create"): stdout is wash's text, byte for byte */
    bool json;
    bool quiet;
    const char *target;  /* the one that is wanted of what is stored for several; NULL is this machine's */
    bool ranges;         /* of a stored archive only what is asked for is read */
    bool unbound;        /* also where a digest then does not say which token it has: it is asked for who has signed */
    bool data_on_stdout; /* stdout carries bytes: the JSON document goes to stderr */
    struct provar_error err;
    struct provar_stored stored; /* where a reference led; its size is 0 when the archive is a file */
    uint64_t max_copy_size;      /* 0 is the usual one */
    struct json_out doc;         /* the success document, kept in memory until the end */
    char *doc_text;
    size_t doc_len;
    char seed[PROVAR_SEED_LEN + 1]; /* belongs into the document's text at seed_at, unless that is 0 */
    size_t seed_at;
    bool unwritten; /* what went to stdout past stdio did not arrive */
    char **warnings;
    size_t warning_count;
    const char **args; /* what is left behind the options */
    size_t arg_count;
    const char **own_args; /* the words behind "--" */
    size_t own_arg_count;
    poptContext popt;
    const char **words; /* what popt reads, and keeps */
};

/* A subcommand: each cmd_<verb>.c defines one, main.c lists them. */
struct cmd {
    const char *group; /* "keys", or NULL */
    const char *verb;
    const char *args;                 /* for the usage line: "ARCHIVE" */
    const char *summary;              /* one line, which fits the overview */
    const char *more;                 /* a second line of the help, or NULL */
    const struct poptOption *options; /* less the global ones */
    size_t min_args, max_args;
    bool takes_own_args; /* words behind "--" are somebody else's */
    /* Does the work; on failure cli->err says why. Returns an enum exit_status. */
    int (*run)(struct cli *cli);
};

/* The last entry has no verb. */
extern const struct cmd *const commands[];

#endif
