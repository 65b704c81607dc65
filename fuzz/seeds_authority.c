/* Seeds: payloads of the tokens of accounts and operators. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"

#include "internal.h"

#include "seeds.h"
#include "vectors/nkeys.h"

#define ACCOUNT "AAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3QPZV"
#define TIMES   "\"iat\":1,\"nbf\":2,\"exp\":3"

static void payload(const char *name, const char *issuer, const char *subject, const char *times, const char *wascap) {
    char text[1024];
    (void)snprintf(text, sizeof text, "{\"iss\":\"%s\",\"sub\":\"%s\",\"jti\":\"x\",%s,\"wascap\":%s}", issuer, subject,
                   times, wascap);
    seed("authority", name, text, strlen(text));
}

void seeds_authority(void) {
    const char *operator= NKEY_COUNTING_OPERATOR;
    payload("good_account", operator, ACCOUNT, TIMES, "{}");
    payload("good_signers", operator, ACCOUNT, "\"iat\":1", "{\"name\":\"n\",\"valid_signers\":[\"" ACCOUNT "\"]}");
    payload("good_operator", operator, operator, TIMES, "{\"valid_signers\":[\"" NKEY_COUNTING_OPERATOR "\"]}");
    payload("bad_service", operator, NKEY_COUNTING_SERVICE, TIMES, "{}");
    payload("bad_issuer", ACCOUNT, ACCOUNT, TIMES, "{}");
    payload("bad_signer_twice", operator, ACCOUNT, TIMES, "{\"valid_signers\":[\"" ACCOUNT "\",\"" ACCOUNT "\"]}");
    payload("bad_signer_of_a_service", operator, ACCOUNT, TIMES, "{\"valid_signers\":[\"" NKEY_COUNTING_SERVICE "\"]}");
    payload("bad_time", operator, ACCOUNT, "\"iat\":1.5", "{}");
}
