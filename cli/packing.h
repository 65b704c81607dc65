/* What `create` and `insert` share: options that name executables. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PACKING_H
#define PACKING_H

#include "opt.h"

struct packing_options {
    char **targets;
    char *arch, *binary;
    int force, replace;
    bool may_replace; /* the verb has --replace */
};
extern struct packing_options packing_options;
extern struct poptOption packing_table[];
#define OPT_PACKING                                                                                                    \
    { NULL, 0, POPT_ARG_INCLUDE_TABLE, packing_table, 0, "Executables:", NULL }

/* Do the options name an executable, and fit together? False with cli->err set. */
bool packing_check(struct cli *cli);
/* output_spares, for every executable. */
bool packing_spares(struct cli *cli, const char *file);
/* Adds every executable that the options name. */
int packing_add(struct cli *cli, struct provar_builder *builder);
/* The first file they name, NULL for none; and how many there are. */
const char *packing_first(void);
size_t packing_count(void);

#endif
