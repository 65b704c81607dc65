/* How much text a list may have: whoever lists keeps all of it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "store/image/limits.h"
#include "store/listed.h"

enum provar_result pv_listed_add(size_t *listed, const char *const *texts, size_t count, struct provar_error *err) {
    for (size_t i = 0; i < count; i++)
        *listed += texts[i] ? provar_escape(texts[i], strlen(texts[i]), NULL, 0) : 0;
    if (*listed > PV_MAX_LISTED_TEXT)
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "a list of more than 2 MiB of text");
    return PROVAR_OK;
}
