/* Seeds and host data in the command: read and printed past the buffers of stdio, which are freed as they are. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SECRET_H
#define SECRET_H

#include "cli.h"

/* No core dump will hold what this process reads, and no other process of this user may look into its memory. */
void secret_protect(void);

/* Reads a file, or standard input for "-", whole. Wiped and freed by secret_free; NULL with cli->err set. */
char *secret_read(struct cli *cli, const char *path, size_t max, size_t *len);
void secret_free(char *data, size_t len);

/* Writes a key's seed to standard output, behind what has been printed so far. */
void secret_print_seed(struct cli *cli, const struct provar_key *key);

/* Gives the document a member "seed". print_end writes it, and wipes it in any case. */
void secret_add_seed(struct cli *cli, const struct provar_key *key);
void secret_write_document(struct cli *cli, FILE *to);

#endif
