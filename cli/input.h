/* What a verb reads: archives, and small files. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INPUT_H
#define INPUT_H

#include "opt.h"

/* --max-file-size and its kin, and --threads, for every verb that reads or writes an archive. */
extern struct poptOption limits_table[];
#define OPT_LIMITS                                                                                                     \
    { NULL, 0, POPT_ARG_INCLUDE_TABLE, limits_table, 0, "Limits:", NULL }

/* --ignore-index, for every verb that reads one. */
extern struct poptOption reading_table[];
#define OPT_READING                                                                                                    \
    { NULL, 0, POPT_ARG_INCLUDE_TABLE, reading_table, 0, NULL, NULL }

/* What the limits say; false after a usage error. */
bool input_limits(struct cli *cli, struct provar_open_options *options);

/* An input of this path. */
struct provar_input input_path(const char *path);

/* Opens the archive that an argument names; "-" is standard input. `keep`: its bytes will be used after the verdict. */
int input_open(struct cli *cli, const char *path, bool keep, struct provar_archive **archive);

/* Reads a small regular file, or standard input for "-", whole. Freed by the caller; NULL with cli->err set. */
char *input_read(struct cli *cli, const char *path, size_t max, size_t *len);

/* What was odd about an archive becomes warnings. */
void input_notices(struct cli *cli, const struct provar_archive *archive);

#endif
