/* The order in which an archive is judged, after its framing and layout. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/codec.h"
#include "crypto/ed25519.h"
#include "verify/judge.h"

struct pv_facts *pv_facts_new(void) {
    struct pv_facts *facts = calloc(1, sizeof *facts);
    if (facts) {
        facts->references = 1;
        facts->other_subject = PROVAR_KEY_SERVICE;
        /* Whatever goes wrong before the signature is checked, it never counts as valid. */
        (void)pv_fail(&facts->signature, PROVAR_E_SIGNATURE, PROVAR_NO_OFFSET, "the signature was not checked");
    }
    return facts;
}

void pv_facts_unref(struct pv_facts *facts) {
    if (facts == NULL || --facts->references > 0)
        return;
    pv_scan_release(&facts->scan);
    pv_jws_release(&facts->jws);
    pv_claims_free(facts->claims);
    free(facts->listed);
    free(facts);
}

/* Puts each member's listed hash beside it. */
static enum provar_result join_hashes(struct pv_facts *facts, struct provar_error *err) {
    facts->listed = calloc(facts->scan.count + 1, sizeof *facts->listed);
    if (facts->listed == NULL)
        return pv_fail_memory(err);
    for (size_t i = 0; i < facts->scan.count; i++) {
        const struct pv_member *member = &facts->scan.members[i];
        const struct pv_hash_claim *claim =
            member->kind == PROVAR_MEMBER_TOKEN ? NULL : pv_claims_hash(facts->claims, member->stem);
        if (claim)
            memcpy(facts->listed[i], claim->hex, sizeof claim->hex);
    }
    return PROVAR_OK;
}

static enum provar_result hash_text(struct pv_str text, uint8_t digest[PV_SHA256_LEN], struct provar_error *err) {
    PV_AUTO_SHA256 struct pv_sha256 *hash = NULL;
    enum provar_result result = pv_sha256_new(&hash, err);
    if (result == PROVAR_OK)
        result = pv_sha256_update(hash, text.text, text.len, err);
    return result == PROVAR_OK ? pv_sha256_final(hash, digest, err) : result;
}

enum provar_result pv_judge_token_digest(const struct pv_facts *facts, const uint8_t expected[PV_SHA256_LEN],
                                         struct provar_error *err) {
    uint8_t found[PV_SHA256_LEN];
    enum provar_result result = hash_text(pv_buf_str(&facts->scan.token), found, err);
    if (result != PROVAR_OK || pv_bytes_equal(found, expected, sizeof found))
        return result;
    result = pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "the token is another one than must be there");
    pv_error_member(err, PV_STR("claims.jwt"));
    return result;
}

enum provar_result pv_judge_token(struct pv_facts *facts, struct provar_error *err) {
    enum provar_result result = pv_jws_decode(pv_buf_str(&facts->scan.token), &facts->jws, err);
    /* The token is lent as text that ends in a NUL, which takes the place of a final line end. */
    if (result == PROVAR_OK) {
        facts->scan.token.len = facts->jws.token.len;
        facts->scan.token.data[facts->scan.token.len] = 0;
    }
    if (result == PROVAR_OK)
        result = pv_claims_decode_subject(pv_buf_str(&facts->jws.payload), facts->other_subject, &facts->claims, err);
    if (result == PROVAR_OK)
        result = join_hashes(facts, err);
    if (result != PROVAR_OK) {
        pv_error_member(err, PV_STR("claims.jwt"));
        return result;
    }
    struct pv_str input = facts->jws.signing_input;
    result = hash_text(input, facts->id.bytes, err);
    if (result != PROVAR_OK)
        return result;
    provar_error_clear(&facts->signature);
    result =
        pv_ed25519_verify(facts->claims->issuer.bytes, input.text, input.len, facts->jws.signature, &facts->signature);
    if (result == PROVAR_E_KEY || result == PROVAR_E_SIGNATURE)
        pv_error_member(&facts->signature, PV_STR("claims.jwt"));
    else if (result != PROVAR_OK)
        return pv_fail(err, result, PROVAR_NO_OFFSET, "cannot check the signature: %s", facts->signature.message);
    return PROVAR_OK;
}

enum provar_result pv_judge_signature(const struct pv_facts *facts, struct provar_error *err) {
    pv_error_hand_on(err, &facts->signature);
    return (enum provar_result)facts->signature.code;
}

static enum provar_result judge_is_listed(const struct pv_facts *facts, size_t index, struct provar_error *err) {
    const struct pv_member *member = &facts->scan.members[index];
    if (facts->listed[index][0] != 0)
        return PROVAR_OK;
    return pv_fail(err, PROVAR_E_ENTRY, member->body_offset, "the signed claims do not list '%s'", member->name);
}

enum provar_result pv_fail_altered(const struct pv_member *member, const char *found, const char *listed,
                                   struct provar_error *err) {
    return pv_fail(err, PROVAR_E_DIGEST, member->body_offset, "'%s' is altered: SHA-256 %s, but %s was signed",
                   member->name, found, listed);
}

static enum provar_result judge_digest(const struct pv_facts *facts, size_t index, struct provar_error *err) {
    const struct pv_member *member = &facts->scan.members[index];
    const char *listed = facts->listed[index];
    char found[PV_HASH_TEXT + 1] = {0};
    if (!member->hashed)
        return PROVAR_OK;
    pv_hex_encode(member->digest, sizeof member->digest, found);
    if (pv_str_equal(pv_str_of(found), pv_str_of(listed)))
        return PROVAR_OK;
    return pv_fail_altered(member, found, listed, err);
}

/* Judges every member but the token. */
static enum provar_result judge_each(const struct pv_facts *facts,
                                     enum provar_result (*judge)(const struct pv_facts *, size_t,
                                                                 struct provar_error *),
                                     struct provar_error *err) {
    for (size_t i = 0; i < facts->scan.count; i++) {
        const struct pv_member *member = &facts->scan.members[i];
        enum provar_result result = member->kind == PROVAR_MEMBER_TOKEN ? PROVAR_OK : judge(facts, i, err);
        if (result != PROVAR_OK) {
            pv_error_member(err, pv_str_of(member->name));
            return result;
        }
    }
    return PROVAR_OK;
}

static enum provar_result fail_missing(struct pv_str name, struct provar_error *err) {
    enum provar_result result = pv_fail(err, PROVAR_E_DIGEST, PROVAR_NO_OFFSET,
                                        "'%s' is missing: the signed claims list it", pv_quote(name).text);
    pv_error_member(err, name);
    return result;
}

/* Whether a hash that the claims list has its member. */
static enum provar_result judge_listed(const struct pv_facts *facts, const struct pv_hash_claim *claim,
                                       struct provar_error *err) {
    struct pv_str name = pv_str_of(claim->name);
    const struct pv_member *member =
        pv_str_equal(name, PV_WORLD_NAME) ? pv_scan_world(&facts->scan) : pv_scan_target(&facts->scan, name);
    return member ? PROVAR_OK : fail_missing(name, err);
}

/* The hash of world.wasm is listed among the targets', but it is none: it cannot be all that was proven. */
static enum provar_result judge_target(const struct pv_facts *facts, struct pv_str target, struct provar_error *err) {
    if (pv_scan_target(&facts->scan, target))
        return PROVAR_OK;
    if (pv_claims_hash(facts->claims, target) && !pv_str_equal(target, PV_WORLD_NAME))
        return fail_missing(target, err);
    return pv_scan_no_target(&facts->scan, target, err);
}

enum provar_result pv_judge_members(const struct pv_facts *facts, const char *target, struct provar_error *err) {
    enum provar_result result = judge_each(facts, judge_is_listed, err);
    if (result == PROVAR_OK)
        result = judge_each(facts, judge_digest, err);
    if (result == PROVAR_OK && target)
        return judge_target(facts, pv_str_of(target), err);
    for (size_t i = 0; i < facts->claims->hash_count && result == PROVAR_OK; i++)
        result = judge_listed(facts, &facts->claims->hashes[i], err);
    return result;
}

void pv_judge_promises(struct pv_facts *facts) {
    for (size_t i = 0; i < facts->scan.count; i++) {
        struct pv_member *member = &facts->scan.members[i];
        size_t len = 0;
        if (member->kind != PROVAR_MEMBER_TOKEN && !member->hashed)
            member->promised =
                pv_hex_decode(pv_str_of(facts->listed[i]), member->digest, PV_SHA256_LEN, &len) && len == PV_SHA256_LEN;
    }
}
