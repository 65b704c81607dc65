/* Where a verb's bytes go: a file, or standard output. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OUTPUT_H
#define OUTPUT_H

#include "cli.h"

/* A path, or "-" for standard output, which must not be a terminal. */
int output_choose(struct cli *cli, const char *path, bool replace, struct provar_output *to);

/* Is the destination another file than this input? Else the new archive would take the place of what it is made of, a
 * key even. `input` may be NULL or no file. False with cli->err set. */
bool output_spares(struct cli *cli, const char *destination, const char *input);

/* Whether a destination is the archive that a verb reads, a file or a reference: its layout, or what a layout in a
 * directory is made of. */
bool output_is_archive(const char *destination, const char *archive);
/* As output_spares. A link passes: whoever writes refuses it. */
bool output_spares_archive(struct cli *cli, const char *destination, const char *archive);

#endif
