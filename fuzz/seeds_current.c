/* Seeds: revocation files, and the history of what was accepted. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"

#include "internal.h"

#include "seeds.h"
#include "vectors/nkeys.h"

#define DIGEST  "sha256:0700000000000000000000000000000000000000000000000000000000000000"
#define ISSUER  "AAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3QPZV"
#define SERVICE NKEY_COUNTING_SERVICE

static void lines(const char *decoder, const char *name, const char *before, const char *key, const char *after) {
    char text[1024];
    (void)snprintf(text, sizeof text, "%s%s%s\n", before, key, after);
    seed(decoder, name, text, strlen(text));
}

static void revocations(void) {
    lines("revocation", "good_key", "# fresh-until: 20270101\n", ISSUER, " *");
    lines("revocation", "good_time", "", ISSUER, " 20260301T000000Z # a comment\r\n\n");
    lines("revocation", "good_operator", "", NKEY_COUNTING_OPERATOR, "\t20260301");
    lines("revocation", "good_revisions", "", SERVICE, " rev<=10");
    lines("revocation", "good_token", "jti:", "a", "\njti:b");
    lines("revocation", "good_digest", "", DIGEST, " # artifact");
    lines("revocation", "bad_freshness", "# fresh-until: ", "soon", "");
    lines("revocation", "bad_time", "", ISSUER, " 20260230");
    lines("revocation", "bad_no_time", "", ISSUER, "");
    lines("revocation", "bad_kind", "", SERVICE, " *");
    lines("revocation", "bad_behind", "jti:a\n", DIGEST, " x");
}

/* `line`: what stands between a subject and its issuer, and behind that. */
static void history(const char *name, const char *subject, const char *between, const char *behind) {
    char text[512];
    (void)snprintf(text, sizeof text, "# subject\n%s %s " DIGEST " %s %s\n", subject, between, ISSUER, behind);
    seed("history", name, text, strlen(text));
}

static void histories(void) {
    history("good_revision", SERVICE, "7 1700000000", "1772323200");
    history("good_no_revision", SERVICE, "- 1700000000", "1772323200");
    history("good_negative", SERVICE, "-2147483648 0", "9223372036854775807");
    history("bad_revision", SERVICE, "2147483648 1", "1");
    history("bad_time", SERVICE, "7 9223372036854775808", "1");
    history("bad_subject", ISSUER, "7 1", "1");
    history("bad_behind", SERVICE, "7 1", "1 1");
    history("good_weak", NKEY_WEAK_SERVICE, "7 1", "1");
    history("bad_sum", "VAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABMAJ", "7 1", "1");
    seed("history", "good_empty", "", 0);
}

void seeds_current(void) {
    revocations();
    histories();
}
