/* The library's version. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

const char *provar_version(void) {
    return PROVAR_VERSION_TEXT;
}
