/* Fuzzes tokens of accounts and operators whose signature is good: who may speak, and for whom. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include "claims/authority.h"
#include "claims/jws.h"

/* The input is the payload: an operator signs it whose seed bytes are 00 01 ... 1f, as the seeds name it. */
static void make_token(struct pv_str payload, struct pv_buf *token) {
    static const char seed[] = "SOAAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4H2AJA";
    fuzz_sign(seed, payload, token);
}

static enum provar_result decode(const struct pv_buf *token, enum provar_key_kind kind,
                                 struct pv_authority *authority) {
    struct provar_error err = {0};
    enum provar_result result = pv_authority_decode(pv_buf_str(token), kind, authority, &err);
    fuzz_check_error(result, &err);
    fuzz_require(result == PROVAR_OK || result == PROVAR_E_JWT || result == PROVAR_E_CLAIMS ||
                 result == PROVAR_E_LIMIT || result == PROVAR_E_SIGNATURE || result == PROVAR_E_UNTRUSTED);
    return result;
}

static bool same(const struct pv_nkey *a, const struct pv_nkey *b) {
    return pv_str_equal(pv_str_of(a->text), pv_str_of(b->text));
}

/* An operator speaks for itself or for accounts, and each key that signs is of its subject's kind, and there once. */
static void check_keys(const struct pv_authority *authority, enum provar_key_kind kind) {
    const struct pv_nkey *signers = authority->signers;
    fuzz_require(authority->issuer.kind == PROVAR_KEY_OPERATOR && authority->subject.kind == kind);
    fuzz_require(kind != PROVAR_KEY_OPERATOR || same(&authority->issuer, &authority->subject));
    fuzz_require(pv_authority_signs_by(authority, authority->subject.text));
    for (size_t i = 0; i < authority->signer_count; i++) {
        fuzz_require(signers[i].kind == kind && pv_authority_signs_by(authority, signers[i].text));
        for (size_t j = 0; j < i; j++)
            fuzz_require(!same(&signers[i], &signers[j]));
    }
}

/* The last character but one holds six bits of the signature, whatever the last one may hold. */
static void check_signature(struct pv_buf *token, enum provar_key_kind kind) {
    struct pv_authority authority;
    uint8_t *place = token->data + token->len - 2;
    *place = *place == 'A' ? 'B' : 'A';
    fuzz_require(decode(token, kind, &authority) == PROVAR_E_SIGNATURE);
    pv_authority_release(&authority);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    static const enum provar_key_kind kinds[] = {PROVAR_KEY_ACCOUNT, PROVAR_KEY_OPERATOR};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        PV_AUTO_BUF struct pv_buf token;
        struct pv_authority authority;
        pv_buf_init(&token, PV_MAX_TOKEN_SIZE);
        make_token(pv_str((const char *)data, len), &token);
        enum provar_result result = decode(&token, kinds[i], &authority);
        if (result == PROVAR_OK) {
            fuzz_accepted++;
            check_keys(&authority, kinds[i]);
            check_signature(&token, kinds[i]);
        }
        pv_authority_release(&authority);
    }
    return 0;
}
