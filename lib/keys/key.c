/* Key pairs: made, read from a seed, used to sign; and signatures that are checked before they are believed. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/secret.h"
#include "crypto/ed25519.h"
#include "crypto/sha256.h"
#include "keys/key.h"

/* All of it lies in pages from pv_secret_alloc. */
struct provar_key {
    uint8_t seed[PV_ED25519_SEED];
    struct pv_nkey public_key;
};

PV_DEFINE_CLEANUP(cleanup_key, struct provar_key, provar_key_free)
#define AUTO_KEY PV_CLEANUP(cleanup_key)

static struct provar_key *new_key(void) {
    return pv_secret_alloc(sizeof(struct provar_key));
}

/* Gives a key that has its seed its public half. */
static enum provar_result complete(struct provar_key *key, enum provar_key_kind kind, struct provar_error *err) {
    uint8_t bytes[PV_ED25519_PUBLIC];
    enum provar_result result =
        kind == PROVAR_KEY_CURVE ? pv_x25519_public(key->seed, bytes, err) : pv_ed25519_public(key->seed, bytes, err);
    if (result == PROVAR_OK)
        pv_nkey_encode_public(kind, bytes, &key->public_key);
    return result;
}

enum provar_result provar_key_generate(enum provar_key_kind kind, struct provar_key **key, struct provar_error *err) {
    if (!pv_enter(&err, key))
        return PROVAR_E_USAGE;
    if (!pv_nkey_kind_is_known(kind))
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "unknown kind of key %d", (int)kind);
    AUTO_KEY struct provar_key *made = new_key();
    if (made == NULL)
        return pv_fail_memory(err);
    enum provar_result result = pv_random(made->seed, sizeof made->seed, err);
    if (result == PROVAR_OK)
        result = complete(made, kind, err);
    if (result == PROVAR_OK)
        *key = PV_TAKE(made);
    return result;
}

enum provar_result provar_key_from_seed(const char *seed, size_t len, struct provar_key **key,
                                        struct provar_error *err) {
    if (!pv_enter(&err, key && pv_given(seed, len)))
        return PROVAR_E_USAGE;
    enum provar_key_kind kind;
    AUTO_KEY struct provar_key *made = new_key();
    if (made == NULL)
        return pv_fail_memory(err);
    enum provar_result result = pv_nkey_decode_seed(pv_str_chomp(pv_str(seed, len)), &kind, made->seed, err);
    if (result == PROVAR_OK)
        result = complete(made, kind, err);
    if (result == PROVAR_OK)
        *key = PV_TAKE(made);
    return result;
}

enum provar_key_kind provar_key_get_kind(const struct provar_key *key) {
    return key->public_key.kind;
}

const char *provar_key_public(const struct provar_key *key) {
    return key->public_key.text;
}

void provar_key_seed(const struct provar_key *key, char seed[59]) {
    pv_nkey_encode_seed(key->public_key.kind, key->seed, seed);
}

enum provar_result provar_key_sign(const struct provar_key *key, const void *msg, size_t len, uint8_t signature[64],
                                   struct provar_error *err) {
    if (!pv_enter(&err, key && signature && pv_given(msg, len)))
        return PROVAR_E_USAGE;
    if (key->public_key.kind == PROVAR_KEY_CURVE)
        return pv_fail(err, PROVAR_E_KEY, PROVAR_NO_OFFSET, "a curve key signs nothing: '%s'", key->public_key.text);
    return pv_ed25519_sign(key->seed, msg, len, signature, err);
}

void provar_key_free(struct provar_key *key) {
    pv_secret_free(key, sizeof *key);
}

enum provar_result provar_public_check(const char *text, size_t len, enum provar_key_kind *kind,
                                       struct provar_error *err) {
    if (!pv_enter(&err, pv_given(text, len)))
        return PROVAR_E_USAGE;
    struct pv_nkey key;
    enum provar_result result = pv_nkey_decode_public(pv_str(text, len), &key, err);
    if (result == PROVAR_OK && kind)
        *kind = key.kind;
    return result;
}

/* ---------------------------------------------------------------- signers */

static enum provar_result make_signature(const struct pv_signer *signer, const void *msg, size_t len,
                                         uint8_t signature[PROVAR_SIGNATURE_LEN], struct provar_error *err) {
    if (signer->key)
        return provar_key_sign(signer->key, msg, len, signature, err);
    if (signer->sign == NULL)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "neither a key nor a callback signs for '%s'",
                       signer->issuer.text);
    int code = signer->sign(msg, len, signature, signer->user);
    if (code != 0)
        return pv_fail(err, PROVAR_E_SIGNATURE, PROVAR_NO_OFFSET, "the signing callback for '%s' failed with %d",
                       signer->issuer.text, code);
    return PROVAR_OK;
}

enum provar_result pv_signer_sign(const struct pv_signer *signer, const void *msg, size_t len,
                                  uint8_t signature[PROVAR_SIGNATURE_LEN], struct provar_error *err) {
    uint8_t made[PROVAR_SIGNATURE_LEN] = {0};
    struct provar_error reason = {0};
    if (signer->issuer.kind == PROVAR_KEY_CURVE)
        return pv_fail(err, PROVAR_E_KEY, PROVAR_NO_OFFSET, "a curve key signs nothing: '%s'", signer->issuer.text);
    enum provar_result result = make_signature(signer, msg, len, made, err);
    if (result != PROVAR_OK)
        return result;
    result = pv_ed25519_verify(signer->issuer.bytes, msg, len, made, &reason);
    if (result != PROVAR_OK)
        return pv_fail(err, result, PROVAR_NO_OFFSET, "the new signature is not one of issuer '%s': %s",
                       signer->issuer.text, reason.message);
    memcpy(signature, made, sizeof made);
    return PROVAR_OK;
}
