/* The two texts of `inspect`: ours for people, and wash's for scripts that read it. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INSPECT_TEXT_H
#define INSPECT_TEXT_H

#include "cli.h"

/* Ours: claims, signature, a table of the members. */
void inspect_text(const struct provar_archive *archive, bool signature_valid);

/* What `wash par inspect` prints, its leading empty line included. */
void inspect_wash_text(const struct provar_archive *archive);

#endif
