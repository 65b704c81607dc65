/* --compress and --no-index: what a new archive is packed in. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COMPRESSION_H
#define COMPRESSION_H

#include "opt.h"

extern struct poptOption compression_table[];
#define OPT_COMPRESSION                                                                                                \
    { NULL, 0, POPT_ARG_INCLUDE_TABLE, compression_table, 0, NULL, NULL }

/* Are the values well formed? False with cli->err set. */
bool compression_check(struct cli *cli);
/* Was --compress given? */
bool compression_given(void);
/* Tells the builder, and how many threads and how much room it has (OPT_LIMITS). */
int compression_apply(struct cli *cli, struct provar_builder *builder);

#endif
