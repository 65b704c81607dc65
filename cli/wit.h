/* The member world.wasm: from an encoded file, or encoded by wasm-tools. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WIT_H
#define WIT_H

#include "cli.h"

/* Takes `file`, or else encodes `directory`; neither: does nothing. */
int wit_add(struct cli *cli, struct provar_builder *builder, const char *file, const char *directory);

#endif
