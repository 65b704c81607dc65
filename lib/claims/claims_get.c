/* The typed claims as the public header lends them. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "claims/claims.h"

static const char *lend(const char *text, size_t *len) {
    if (len)
        *len = text ? strlen(text) : 0;
    return text;
}

const char *provar_claims_issuer(const struct provar_claims *claims, size_t *len) {
    return lend(claims->issuer.text, len);
}

const char *provar_claims_subject(const struct provar_claims *claims, size_t *len) {
    return lend(claims->subject.text, len);
}

const char *provar_claims_id(const struct provar_claims *claims, size_t *len) {
    return lend(claims->id, len);
}

const char *provar_claims_name(const struct provar_claims *claims, size_t *len) {
    return lend(claims->name, len);
}

const char *provar_claims_vendor(const struct provar_claims *claims, size_t *len) {
    return lend(claims->vendor, len);
}

const char *provar_claims_version(const struct provar_claims *claims, size_t *len) {
    return lend(claims->version, len);
}

const char *provar_claims_capid(const struct provar_claims *claims, size_t *len) {
    return lend(claims->capid, len);
}

const char *provar_claims_schema(const struct provar_claims *claims, size_t *len) {
    return lend(claims->schema, len);
}

static int give(bool known, int64_t number, int64_t *out) {
    if (known)
        *out = number;
    return known;
}

int provar_claims_issued_at(const struct provar_claims *claims, int64_t *seconds) {
    return give(true, claims->issued_at, seconds);
}

int provar_claims_expires(const struct provar_claims *claims, int64_t *seconds) {
    return give(claims->has_expires, claims->expires, seconds);
}

int provar_claims_not_before(const struct provar_claims *claims, int64_t *seconds) {
    return give(claims->has_not_before, claims->not_before, seconds);
}

int provar_claims_revision(const struct provar_claims *claims, int32_t *revision) {
    if (claims->has_revision)
        *revision = claims->revision;
    return claims->has_revision;
}

int provar_claims_wascap_revision(const struct provar_claims *claims, uint32_t *revision) {
    if (claims->has_wascap_revision)
        *revision = claims->wascap_revision;
    return claims->has_wascap_revision;
}
