/* OpenSSL as this library uses it: a context of its own, which no configuration file reaches. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>

#include "internal.h"

#include "base/unpoison.h"
#include "crypto/openssl_context.h"

static OSSL_LIB_CTX *context;

/* Without a configuration, a context finds OpenSSL's built-in provider and no other. */
static void make_context(void) {
    context = OSSL_LIB_CTX_new();
}

#ifdef PV_MSAN
static void *unpoisoned_malloc(size_t len, const char *file, int line) {
    (void)file;
    (void)line;
    return len > 0 ? pv_unpoisoned_malloc(len) : NULL;
}

static void *unpoisoned_realloc(void *old, size_t len, const char *file, int line) {
    (void)file;
    (void)line;
    return pv_unpoisoned_realloc(old, len);
}

static void free_one(void *data, const char *file, int line) {
    (void)file;
    (void)line;
    free(data);
}

__attribute__((constructor)) static void unpoison_all_of_openssl(void) {
    CRYPTO_set_mem_functions(unpoisoned_malloc, unpoisoned_realloc, free_one);
}
#endif

OSSL_LIB_CTX *pv_openssl_context(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    return pthread_once(&once, make_context) == 0 ? context : NULL;
}
