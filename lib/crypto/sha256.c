/* SHA-256 (FIPS 180-4) and random bytes, by OpenSSL. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "internal.h"

#include "base/unpoison.h"
#include "crypto/openssl_context.h"
#include "crypto/openssl_error.h"
#include "crypto/sha256.h"

struct pv_sha256 {
    EVP_MD *md; /* fetched once, so that a reset does not look it up by name */
    EVP_MD_CTX *ctx;
    bool open; /* a message has begun and has no digest yet */
};

enum provar_result pv_sha256_new(struct pv_sha256 **hash, struct provar_error *err) {
    PV_OPENSSL_ERRORS_STAY_HERE;
    PV_AUTO_SHA256 struct pv_sha256 *made = calloc(1, sizeof *made);
    if (made == NULL)
        return pv_fail_memory(err);
    OSSL_LIB_CTX *context = pv_openssl_context();
    made->ctx = EVP_MD_CTX_new();
    if (context == NULL || made->ctx == NULL)
        return pv_fail_memory(err);
    made->md = EVP_MD_fetch(context, "SHA256", NULL);
    if (made->md == NULL)
        return pv_openssl_fail(err, "SHA-256 is not available");
    enum provar_result result = pv_sha256_reset(made, err);
    if (result != PROVAR_OK)
        return result;
    *hash = PV_TAKE(made);
    return PROVAR_OK;
}

void pv_sha256_free(struct pv_sha256 *hash) {
    if (hash == NULL)
        return;
    EVP_MD_CTX_free(hash->ctx);
    EVP_MD_free(hash->md);
    free(hash);
}

enum provar_result pv_sha256_reset(struct pv_sha256 *hash, struct provar_error *err) {
    PV_OPENSSL_ERRORS_STAY_HERE;
    hash->open = false;
    if (EVP_DigestInit_ex2(hash->ctx, hash->md, NULL) != 1)
        return pv_openssl_fail(err, "cannot begin a SHA-256");
    hash->open = true;
    return PROVAR_OK;
}

enum provar_result pv_sha256_update(struct pv_sha256 *hash, const void *data, size_t len, struct provar_error *err) {
    PV_OPENSSL_ERRORS_STAY_HERE;
    /* Some releases of OpenSSL hash on from a finished state and give a digest that no message has. */
    if (!hash->open)
        return pv_fail(err, PROVAR_E_INTERNAL, PROVAR_NO_OFFSET, "more bytes for a SHA-256 that is finished");
    if (len == 0)
        return PROVAR_OK;
    if (EVP_DigestUpdate(hash->ctx, data, len) != 1)
        return pv_openssl_fail(err, "cannot compute a SHA-256");
    return PROVAR_OK;
}

enum provar_result pv_sha256_final(struct pv_sha256 *hash, uint8_t digest[PV_SHA256_LEN], struct provar_error *err) {
    PV_OPENSSL_ERRORS_STAY_HERE;
    uint8_t made[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    if (!hash->open)
        return pv_fail(err, PROVAR_E_INTERNAL, PROVAR_NO_OFFSET, "a second digest of one SHA-256");
    hash->open = false;
    if (EVP_DigestFinal_ex(hash->ctx, made, &len) != 1 || len != PV_SHA256_LEN)
        return pv_openssl_fail(err, "cannot finish a SHA-256");
    PV_UNPOISON(made, sizeof made);
    memcpy(digest, made, PV_SHA256_LEN);
    return PROVAR_OK;
}

enum provar_result pv_random(void *data, size_t len, struct provar_error *err) {
    PV_OPENSSL_ERRORS_STAY_HERE;
    /* The generator that OpenSSL keeps apart for secrets, because seeds come from here. There is nothing to fall back
     * on: a failure ends the making of the key. */
    OSSL_LIB_CTX *context = pv_openssl_context();
    if (context == NULL)
        return pv_fail_memory(err);
    if (RAND_priv_bytes_ex(context, data, len, 0) != 1)
        return pv_openssl_fail(err, "no random bytes");
    PV_UNPOISON(data, len);
    return PROVAR_OK;
}
