/* Fuzzes the payload of a token: accepted claims keep their own rules, and survive being written and read again. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include "base/json.h"
#include "claims/claims.h"
#include "target/target_name.h"

static void check_text(const char *text, size_t len) {
    fuzz_require((text == NULL) == (len == 0) || len == 0);
    if (text)
        fuzz_require(strlen(text) == len && pv_str_is_utf8(pv_str(text, len)));
}

/* The public view of the claims. */
static void check_texts(const struct provar_claims *claims) {
    static const char *(*const getters[])(const struct provar_claims *, size_t *) = {
        provar_claims_issuer, provar_claims_subject, provar_claims_id,    provar_claims_name,
        provar_claims_vendor, provar_claims_version, provar_claims_capid, provar_claims_schema};
    for (size_t i = 0; i < sizeof getters / sizeof getters[0]; i++) {
        size_t len = 77;
        const char *text = getters[i](claims, &len);
        check_text(text, len);
    }
    size_t len;
    fuzz_require(provar_claims_id(claims, &len) != NULL && len > 0 && provar_claims_vendor(claims, NULL) != NULL);
}

static void check_hashes(const struct provar_claims *claims) {
    fuzz_require(claims->hash_count <= PV_MAX_TARGETS + 1);
    for (size_t i = 0; i < claims->hash_count; i++) {
        const struct pv_hash_claim *hash = &claims->hashes[i];
        struct pv_str name = pv_str_of(hash->name);
        fuzz_require(pv_str_equal(name, PV_WORLD_NAME) || pv_target_name_is_readable(name));
        fuzz_require(strspn(hash->hex, "0123456789ABCDEF") == PV_HASH_TEXT && hash->hex[PV_HASH_TEXT] == 0);
        fuzz_require(pv_claims_hash(claims, name) == hash);
        for (size_t k = 0; k < i; k++)
            fuzz_require(!pv_str_equal_ascii_nocase(name, pv_str_of(claims->hashes[k].name)));
    }
}

static void check_raw(const struct pv_raw_claims *raw) {
    for (size_t i = 0; i < raw->count; i++) {
        fuzz_require(pv_json_check(pv_str_of(raw->list[i].key_text), false, NULL) == PROVAR_OK);
        fuzz_require(pv_json_check(pv_str_of(raw->list[i].value_text), false, NULL) == PROVAR_OK);
    }
}

static void check_rules(const struct provar_claims *claims) {
    fuzz_require(claims->issuer.kind == PROVAR_KEY_ACCOUNT && claims->subject.kind == PROVAR_KEY_SERVICE);
    fuzz_require(claims->issued_at >= 0);
    if (claims->has_expires)
        fuzz_require(claims->expires >= claims->issued_at && claims->expires >= 0);
    if (claims->has_expires && claims->has_not_before)
        fuzz_require(claims->expires > claims->not_before && claims->not_before >= 0);
    if (claims->schema)
        fuzz_require(pv_json_check(pv_str_of(claims->schema), false, NULL) == PROVAR_OK);
    check_texts(claims);
    check_hashes(claims);
    check_raw(&claims->top_unknown);
    check_raw(&claims->wascap_unknown);
}

static void encode(const struct provar_claims *claims, struct pv_buf *out) {
    pv_buf_init(out, 4 * PV_MIB);
    fuzz_require(pv_claims_encode(claims, out, NULL) == PROVAR_OK);
}

/* Written once, it is canonical: the second time gives the same bytes. */
static void check_encoding(const struct provar_claims *claims) {
    PV_AUTO_BUF struct pv_buf once;
    PV_AUTO_BUF struct pv_buf twice;
    PV_AUTO_CLAIMS struct provar_claims *again = NULL;
    struct provar_error err = {0};
    encode(claims, &once);
    enum provar_result result = pv_claims_decode(pv_buf_str(&once), &again, &err);
    fuzz_check_error(result, &err);
    fuzz_require(result == PROVAR_OK);
    fuzz_require(again->hash_count == claims->hash_count && again->top_unknown.count == claims->top_unknown.count);
    fuzz_require(again->issued_at == claims->issued_at && again->has_revision == claims->has_revision);
    encode(again, &twice);
    fuzz_require(pv_str_equal(pv_buf_str(&once), pv_buf_str(&twice)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    PV_AUTO_CLAIMS struct provar_claims *claims = NULL;
    struct provar_error err = {0};
    enum provar_result result = pv_claims_decode(pv_str((const char *)data, len), &claims, &err);
    fuzz_check_error(result, &err);
    fuzz_require((claims != NULL) == (result == PROVAR_OK));
    if (result != PROVAR_OK) {
        fuzz_require(result == PROVAR_E_CLAIMS || result == PROVAR_E_LIMIT || result == PROVAR_E_KEY);
        return 0;
    }
    check_rules(claims);
    check_encoding(claims);
    fuzz_accepted++;
    return 0;
}
