/* The token of an account or an operator: a key, and the keys that may sign in its place. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/json.h"
#include "claims/authority.h"
#include "claims/jws.h"
#include "crypto/ed25519.h"

#define TOP    PV_STR("")
#define WASCAP PV_STR("wascap")

static enum pv_json_raw_kind is_raw(struct pv_str parent, struct pv_str key) {
    static const char *const top[] = {"exp", "jti", "iat", "iss", "sub", "nbf", "wascap", NULL};
    if (parent.len == 0)
        return pv_str_is_one_of(key, top) ? PV_JSON_NOT_RAW : PV_JSON_RAW;
    return pv_str_equal(key, PV_STR("valid_signers")) ? PV_JSON_NOT_RAW : PV_JSON_RAW;
}

/* Only an operator's word counts: an account that speaks for an account, or an operator for another one, would make
 * chains of any length. */
static enum provar_result decode_keys(struct pv_str issuer, struct pv_str subject, enum provar_key_kind kind,
                                      struct pv_authority *authority, struct provar_error *err) {
    struct provar_error reason = {0};
    enum provar_result result = pv_nkey_decode_role(subject, kind, "subject", &authority->subject, &reason);
    if (result == PROVAR_OK)
        result = pv_nkey_decode_role(issuer, PROVAR_KEY_OPERATOR, "issuer", &authority->issuer, &reason);
    if (result == PROVAR_E_KEY)
        return pv_fail(err, PROVAR_E_UNTRUSTED, PROVAR_NO_OFFSET, "%s", reason.message);
    pv_error_hand_on(err, &reason);
    if (result == PROVAR_OK && kind == PROVAR_KEY_OPERATOR && !pv_str_equal(issuer, subject))
        return pv_fail(err, PROVAR_E_UNTRUSTED, PROVAR_NO_OFFSET, "the operator %s speaks for another one, %s",
                       authority->issuer.text, authority->subject.text);
    return result;
}

static enum provar_result need_text(const struct pv_json *json, const char *key, struct pv_str *value,
                                    struct provar_error *err) {
    bool present = false;
    enum provar_result result = pv_json_text(json, TOP, key, value, &present, err);
    if (result != PROVAR_OK || (present && value->len > 0))
        return result;
    return pv_fail(err, PROVAR_E_CLAIMS, PROVAR_NO_OFFSET, "'%s' is %s", key, present ? "empty" : "missing");
}

static enum provar_result decode_times(const struct pv_json *json, struct pv_authority *authority,
                                       struct provar_error *err) {
    bool has_issue = false;
    enum provar_result result =
        pv_json_integer(json, TOP, "exp", 0, INT64_MAX, &authority->expires, &authority->has_expires, err);
    if (result == PROVAR_OK)
        result =
            pv_json_integer(json, TOP, "nbf", 0, INT64_MAX, &authority->not_before, &authority->has_not_before, err);
    if (result == PROVAR_OK)
        result = pv_json_integer(json, TOP, "iat", 0, INT64_MAX, &authority->issued_at, &has_issue, err);
    if (result == PROVAR_OK && !has_issue)
        return pv_fail(err, PROVAR_E_CLAIMS, PROVAR_NO_OFFSET, "'iat' is missing");
    return result;
}

static bool is_signer(const struct pv_authority *authority, const char *key) {
    for (size_t i = 0; i < authority->signer_count; i++)
        if (pv_str_equal(pv_str_of(authority->signers[i].text), pv_str_of(key)))
            return true;
    return false;
}

static enum provar_result add_signer(void *user, struct pv_str name, struct pv_str text, struct provar_error *err) {
    struct pv_authority *authority = user;
    struct pv_nkey key;
    struct provar_error reason = {0};
    (void)name;
    if (authority->signer_count == PV_MAX_SIGNERS)
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "more than %d valid signers", PV_MAX_SIGNERS);
    if (pv_nkey_decode_role(text, authority->subject.kind, "signer", &key, &reason) != PROVAR_OK)
        return pv_fail(err, PROVAR_E_CLAIMS, PROVAR_NO_OFFSET, "'valid_signers': %s", reason.message);
    if (is_signer(authority, key.text))
        return pv_fail(err, PROVAR_E_CLAIMS, PROVAR_NO_OFFSET, "'valid_signers' has %s twice", key.text);
    authority->signers[authority->signer_count++] = key;
    return PROVAR_OK;
}

static enum provar_result decode_signers(const struct pv_json *json, struct pv_authority *authority,
                                         struct provar_error *err) {
    bool present;
    enum provar_result result = pv_json_object(json, TOP, "wascap", &present, err);
    authority->signers = calloc(PV_MAX_SIGNERS, sizeof *authority->signers);
    if (result == PROVAR_OK && authority->signers == NULL)
        return pv_fail_memory(err);
    return result == PROVAR_OK ? pv_json_each_text_element(json, WASCAP, "valid_signers", add_signer, authority, err)
                               : result;
}

static enum provar_result decode_payload(struct pv_str payload, enum provar_key_kind kind,
                                         struct pv_authority *authority, struct provar_error *err) {
    PV_AUTO_JSON struct pv_json *json = NULL;
    struct pv_str issuer, subject, id;
    enum provar_result result = pv_json_parse(payload, is_raw, &json, err);
    if (result == PROVAR_OK)
        result = need_text(json, "iss", &issuer, err);
    if (result == PROVAR_OK)
        result = need_text(json, "sub", &subject, err);
    if (result == PROVAR_OK)
        result = need_text(json, "jti", &id, err);
    if (result == PROVAR_OK)
        result = decode_times(json, authority, err);
    if (result == PROVAR_OK)
        result = decode_keys(issuer, subject, kind, authority, err);
    if (result == PROVAR_OK)
        result = decode_signers(json, authority, err);
    if (result != PROVAR_OK)
        return result;
    authority->id = pv_str_dup(id);
    return authority->id ? PROVAR_OK : pv_fail_memory(err);
}

enum provar_result pv_authority_decode(struct pv_str text, enum provar_key_kind kind, struct pv_authority *authority,
                                       struct provar_error *err) {
    struct pv_jws jws;
    *authority = (struct pv_authority){0};
    enum provar_result result = pv_jws_decode(text, &jws, err);
    if (result == PROVAR_OK)
        result = decode_payload(pv_buf_str(&jws.payload), kind, authority, err);
    if (result == PROVAR_OK)
        result = pv_ed25519_verify(authority->issuer.bytes, jws.signing_input.text, jws.signing_input.len,
                                   jws.signature, err);
    pv_jws_release(&jws);
    return result;
}

void pv_authority_release(struct pv_authority *authority) {
    free(authority->id);
    free(authority->signers);
    *authority = (struct pv_authority){0};
}

bool pv_authority_signs_by(const struct pv_authority *authority, const char *key) {
    return pv_str_equal(pv_str_of(authority->subject.text), pv_str_of(key)) || is_signer(authority, key);
}
