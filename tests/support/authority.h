/* Builds tokens of accounts and operators, right or wrong in the one thing that a test names. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUPPORT_AUTHORITY_H
#define SUPPORT_AUTHORITY_H

/* Include it behind support/archive.h and internal.h. */
#include "claims/authority.h"

/* A key of any kind from one byte, 32 times. */
struct test_key {
    char seed[PROVAR_SEED_LEN + 1];
    char public[PROVAR_PUBLIC_LEN + 1];
};

static inline struct test_key test_key(enum provar_key_kind kind, uint8_t byte) {
    struct test_key made;
    uint8_t seed[32];
    memset(seed, byte, sizeof seed);
    pv_nkey_encode_seed(kind, seed, made.seed);
    struct provar_key *key = key_of(made.seed);
    memcpy(made.public, provar_key_public(key), sizeof made.public);
    provar_key_free(key);
    return made;
}

/* What a token says; NULL stands for what a good one has. */
struct authority_recipe {
    const struct test_key *issuer, *subject;
    const char *seed;    /* of the key that signs; the issuer's */
    const char *signers; /* JSON text of valid_signers; [] */
    const char *times;   /* members of the payload, `"iat":1700000000` */
    const char *id;      /* JSON text of jti */
    const char *header;
};

static inline struct tar_build authority_token(const struct authority_recipe *recipe) {
    struct tar_build token = {0};
    size_t room = 1024 + (recipe->signers ? strlen(recipe->signers) : 0);
    char *payload = malloc(room);
    assert_non_null(payload);
    (void)snprintf(payload, room,
                   "{\"jti\":%s,%s,\"iss\":\"%s\",\"sub\":\"%s\",\"wascap\":{\"name\":\"Acme\",\"valid_signers\":%s},"
                   "\"wascap_revision\":3}",
                   text_or(recipe->id, "\"one\""), text_or(recipe->times, "\"iat\":1700000000"), recipe->issuer->public,
                   recipe->subject->public, text_or(recipe->signers, "[]"));
    const struct recipe jws = {
        .payload = payload, .seed = text_or(recipe->seed, recipe->issuer->seed), .header = recipe->header};
    put_token(&token, &jws);
    free(payload);
    return token;
}

#endif
