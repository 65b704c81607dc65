/* OpenSSL as this library uses it: a context of its own, which no configuration file reaches. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>

#include "internal.h"

#include "crypto/openssl_context.h"

static OSSL_LIB_CTX *context;

/* Without a configuration, a context finds OpenSSL's built-in provider and no other. */
static void make_context(void) {
    context = OSSL_LIB_CTX_new();
}

OSSL_LIB_CTX *pv_openssl_context(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    return pthread_once(&once, make_context) == 0 ? context : NULL;
}
