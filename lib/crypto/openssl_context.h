/* OpenSSL as this library uses it: a context of its own, which no configuration file reaches. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_OPENSSL_CONTEXT_H
#define PV_OPENSSL_CONTEXT_H

#include <openssl/crypto.h>

/* The context for every algorithm that is fetched, or NULL when there is no memory. OpenSSL's default one obeys
 * OPENSSL_CONF and whatever else this process does to it: there, a provider may be missing, or be another's. Made at
 * the first call, shared by all threads, never changed and never freed. */
OSSL_LIB_CTX *pv_openssl_context(void);

#endif
