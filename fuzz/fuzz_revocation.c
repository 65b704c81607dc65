/* Fuzzes revocation files: whole or nothing, more lines never revoke less, and a judgement of each kind. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include "trust/revocation.h"

/* The public keys of the seed bytes 00 01 ... 1f, which the seeds name. */
#define ISSUER  "AAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3QPZV"
#define SUBJECT "VAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3RSLE"

/* What every list is asked about. */
static struct provar_claims ask(int64_t issued_at, int32_t revision) {
    static char id[] = "a";
    struct provar_claims claims = {.id = id, .issued_at = issued_at, .has_revision = true, .revision = revision};
    fuzz_require(pv_nkey_decode_public(PV_STR(ISSUER), &claims.issuer, NULL) == PROVAR_OK);
    fuzz_require(pv_nkey_decode_public(PV_STR(SUBJECT), &claims.subject, NULL) == PROVAR_OK);
    return claims;
}

static bool is_revoked(const struct pv_revocation *list, const struct provar_claims *claims) {
    static const struct pv_artifact_id id = {{7}};
    struct provar_error err = {0};
    enum provar_result result = pv_revocation_judge(list, claims, &id, &err);
    fuzz_check_error(result, &err);
    fuzz_require(result == PROVAR_OK || result == PROVAR_E_REVOKED);
    if (result == PROVAR_OK)
        fuzz_require(pv_revocation_judge_token(list, &claims->issuer, claims->issued_at, pv_str_of(claims->id), NULL) ==
                         PROVAR_OK &&
                     pv_revocation_judge_digest(list, "artifact", &id, NULL) == PROVAR_OK);
    return result != PROVAR_OK;
}

/* Earlier tokens and lower revisions are revoked wherever later and higher ones are. */
static void check_edges(const struct pv_revocation *list) {
    static const int64_t times[] = {INT64_MAX, 1772323200, 1772323199, 0};
    static const int32_t revisions[] = {INT32_MAX, 11, 10, INT32_MIN};
    bool revoked = false;
    for (size_t i = 0; i < 4; i++) {
        struct provar_claims claims = ask(times[i], revisions[i]);
        bool now = is_revoked(list, &claims);
        fuzz_require(now || !revoked);
        revoked = now;
    }
}

static void check_freshness(const struct pv_revocation *list) {
    int64_t until = -1;
    const char *name = NULL;
    if (pv_revocation_fresh_until(list, &until, &name))
        fuzz_require(until >= 0 && strlen(name) > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    struct pv_str text = pv_str((const char *)data, len);
    struct pv_revocation *list = NULL;
    struct provar_error err = {0};
    const struct provar_claims other = ask(1, 1);
    fuzz_require(pv_revocation_new(&list, NULL) == PROVAR_OK);
    fuzz_require(!is_revoked(list, &other));
    enum provar_result result = pv_revocation_add(list, "fuzz", text, &err);
    fuzz_check_error(result, &err);
    if (result == PROVAR_OK) {
        fuzz_accepted++;
        check_edges(list);
        check_freshness(list);
        bool before = is_revoked(list, &other);
        fuzz_require(pv_revocation_add(list, "again", text, NULL) == PROVAR_OK);
        fuzz_require(is_revoked(list, &other) == before);
    } else {
        fuzz_require(result == PROVAR_E_USAGE || result == PROVAR_E_LIMIT);
        fuzz_require(!is_revoked(list, &other) && !pv_revocation_names_digests(list));
    }
    pv_revocation_free(list);
    return 0;
}
