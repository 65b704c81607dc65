/* What the documents of several verbs say alike. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSWER_H
#define ANSWER_H

#include "cli.h"

/* Who an archive is: name, version, revision, issuer, service. */
void answer_identity(struct cli *cli, const struct provar_claims *claims);

#endif
