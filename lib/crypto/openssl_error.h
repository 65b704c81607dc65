/* OpenSSL's errors, as ours; and its queue of errors, left as it was found. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_OPENSSL_ERROR_H
#define PV_OPENSSL_ERROR_H

#include <openssl/err.h>

#include "base/unpoison.h"

static inline void pv_openssl_forget(const int *mark) {
    (void)mark;
    ERR_pop_to_mark();
}

/* Stands first in a function that calls OpenSSL. The queue belongs to the thread, and so to the host of this library:
 * what is added to it in this scope is taken out again. */
#define PV_OPENSSL_ERRORS_STAY_HERE                                                                                    \
    PV_CLEANUP(pv_openssl_forget) __attribute__((unused)) int openssl_mark = (pv_unpoison_stack(), ERR_set_mark())

/* Fails with OpenSSL's newest reason. It does not always say so when an allocation has failed. */
static inline enum provar_result pv_openssl_fail(struct provar_error *err, const char *what) {
    unsigned long newest = ERR_peek_last_error();
    if (ERR_GET_REASON(newest) == ERR_R_MALLOC_FAILURE)
        return pv_fail_memory(err);
    const char *reason = ERR_reason_error_string(newest);
    return pv_fail(err, PROVAR_E_INTERNAL, PROVAR_NO_OFFSET, "%s: %s", what, reason ? reason : "unknown reason");
}

#endif
