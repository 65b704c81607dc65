/* What `insert`, `remove` and `sign` share: check an archive, change it, sign it anew, put it in its place. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REWRITE_H
#define REWRITE_H

#include "opt.h"

/* --destination, --compress, --reissue. */
extern struct poptOption rewrite_table[];
#define OPT_REWRITE                                                                                                    \
    { NULL, 0, POPT_ARG_INCLUDE_TABLE, rewrite_table, 0, "The new archive:", NULL }

/* Rewrites cli->args[0] with what `change` does to its builder. On success `*file` is where it went; it is borrowed. */
int rewrite_archive(struct cli *cli, int (*change)(struct cli *cli, struct provar_builder *builder), const char **file);

#endif
