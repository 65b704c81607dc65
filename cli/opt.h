/* Options: popt's tables, and the strict reading of what they hold. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPT_H
#define OPT_H

#include <stdint.h>

#include "cli.h"

/* -o, -q, --help: every table's last part. */
extern struct poptOption global_options[];
#define OPT_GLOBAL                                                                                                     \
    { NULL, 0, POPT_ARG_INCLUDE_TABLE, global_options, 0, "Options of every command:", NULL }

/* Reads argv, whose first word is the verb's name for usage texts, by the command's table. False: cli->err is set, or
 * help was printed (`*helped`). */
bool opt_parse(struct cli *cli, int argc, const char **argv, bool *helped);

/* "text" or "json". */
bool opt_output(struct cli *cli, const char *value);

/* Each reads a whole text strictly; false, with cli->err set to a usage error that names the option. */
bool opt_int32(struct cli *cli, const char *option, const char *text, int32_t *value);
bool opt_uint32(struct cli *cli, const char *option, const char *text, uint32_t min, uint32_t max, uint32_t *value);
/* Digits, and K, M, G or T for powers of 1024. */
bool opt_size(struct cli *cli, const char *option, const char *text, uint64_t *value);
/* Seconds since 1970, as a number. */
bool opt_seconds(struct cli *cli, const char *option, const char *text, int64_t *value);
/* Seconds since 1970, RFC 3339, or "+90d" (s m h d w) from `now`; "never" is -1. */
bool opt_time(struct cli *cli, const char *option, const char *text, int64_t now, int64_t *value);

/* The value of an environment variable, NULL when it is unset or empty. */
const char *opt_env(const char *name);

#endif
