/* Which published readers take an archive (docs/FORMAT.md, "Who reads what"). */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_READERS_H
#define PV_READERS_H

#include "verify/judge.h"

/* A sum of enum provar_readers, by the framing, the layout and the claims that `facts` hold: they do not look at the
 * signature. Bodies are not hashed for it, so that one which is altered does not count. */
uint32_t pv_readers(const struct pv_facts *facts);

/* Does JSON, which is well formed, hold a number beyond the largest double? The readers' parser refuses it. */
bool pv_json_has_huge_number(struct pv_str json);

#endif
