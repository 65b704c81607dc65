/* Seeds: files of allowed issuers. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"

#include "internal.h"

#include "seeds.h"
#include "vectors/nkeys.h"

#define ISSUER  "AAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3QPZV"
#define SUBJECT NKEY_COUNTING_SERVICE

static void rule(const char *name, const char *subjects, const char *options, const char *key, const char *behind) {
    char text[1024];
    (void)snprintf(text, sizeof text, "# c\n%s %s %s%s\n", subjects, options, key, behind);
    seed("allowed_issuers", name, text, strlen(text));
}

void seeds_trust(void) {
    rule("good_any", "*", "", ISSUER, "");
    rule("good_comment", "V*,!" SUBJECT, "", ISSUER, " a comment\r\n\n* " ISSUER);
    rule("good_wildcards", "V?B2*Y3*,*\xc3\xa9?", "", ISSUER, "");
    rule("good_names", SUBJECT, "name=\"a b,c*\",VENDOR=?cme", ISSUER, "");
    rule("good_targets", "*", "targets=\"*-linux,!mips*\",require-exp", ISSUER, "");
    rule("good_times", "*", "valid-after=\"20260101Z\",valid-before=202701312359,max-age=90d", ISSUER, "");
    rule("good_revisions", "*", "min-rev=0,max-rev=2147483647", ISSUER, "");
    rule("good_digest", "*", "digest=\"sha256:0700000000000000000000000000000000000000000000000000000000000000\"",
         ISSUER, "");
    rule("good_operator", "*", "operator,accounts=\"A*\"", NKEY_COUNTING_OPERATOR, "");
    rule("bad_operator", "*", "", NKEY_COUNTING_OPERATOR, "");
    rule("bad_accounts", "*", "accounts=*", ISSUER, "");
    rule("bad_option", "*", "vendr=x", ISSUER, "");
    rule("bad_twice", "*", "min-rev=1,Min-Rev=1", ISSUER, "");
    rule("bad_quotes", "*", "name=\"a", ISSUER, "");
    rule("bad_behind_quotes", "*", "name=\"a\"b", ISSUER, "");
    rule("bad_time", "*", "valid-after=20260230", ISSUER, "");
    rule("bad_age", "*", "max-age=90", ISSUER, "");
    rule("bad_order", "*", "min-rev=2,max-rev=1", ISSUER, "");
    rule("bad_subjects", "a,,b", "", ISSUER, "");
    rule("bad_only_negated", "!*", "", ISSUER, "");
    rule("bad_kind", "*", "", SUBJECT, "");
    rule("bad_control", "*", "", ISSUER, " \x1b");
    seed("allowed_issuers", "good_empty", "", 0);
}
