/* The claims in memory: their texts, and the list of hashes. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/codec.h"
#include "claims/claims.h"
#include "target/target_name.h"

struct provar_claims *pv_claims_new(void) {
    return calloc(1, sizeof(struct provar_claims));
}

void pv_claims_free(struct provar_claims *claims) {
    if (claims == NULL)
        return;
    free(claims->id);
    free(claims->name);
    free(claims->vendor);
    free(claims->version);
    free(claims->capid);
    free(claims->schema);
    for (size_t i = 0; i < claims->hash_count; i++)
        free(claims->hashes[i].name);
    free(claims->hashes);
    pv_claims_drop_unknown(claims);
    free(claims);
}

void pv_claims_drop_unknown(struct provar_claims *claims) {
    free(claims->top_unknown.list);
    free(claims->wascap_unknown.list);
    free(claims->unknown_texts);
    claims->top_unknown = (struct pv_raw_claims){0};
    claims->wascap_unknown = (struct pv_raw_claims){0};
    claims->unknown_texts = NULL;
}

enum provar_result pv_claims_set_text(char **field, struct pv_str text, struct provar_error *err) {
    char *copy = NULL;
    if (text.text) {
        if (pv_str_has_nul(text) || !pv_str_is_utf8(text))
            return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "not a text for a claim: '%s'", pv_quote(text).text);
        copy = pv_str_dup(text);
        if (copy == NULL)
            return pv_fail_memory(err);
    }
    free(*field);
    *field = copy;
    return PROVAR_OK;
}

/* ---------------------------------------------------------------- hashes */

static struct pv_hash_claim *find_hash(const struct provar_claims *claims, struct pv_str name) {
    for (size_t i = 0; i < claims->hash_count; i++)
        if (pv_str_equal(pv_str_of(claims->hashes[i].name), name))
            return &claims->hashes[i];
    return NULL;
}

const struct pv_hash_claim *pv_claims_hash(const struct provar_claims *claims, struct pv_str name) {
    return find_hash(claims, name);
}

static enum provar_result check_hex(struct pv_str name, struct pv_str hex, struct provar_error *err) {
    uint8_t digest[PV_HASH_TEXT / 2];
    size_t len;
    if (hex.len == PV_HASH_TEXT && pv_hex_decode(hex, digest, sizeof digest, &len))
        return PROVAR_OK;
    return pv_fail(err, PROVAR_E_CLAIMS, PROVAR_NO_OFFSET, "the hash of '%s' is not %d upper-case hex digits",
                   pv_quote(name).text, PV_HASH_TEXT);
}

/* Names that differ in case only would share one file where file names have no case. */
static enum provar_result check_name(const struct provar_claims *claims, struct pv_str name, struct provar_error *err) {
    if (!pv_str_equal(name, PV_WORLD_NAME) && !pv_target_name_is_readable(name))
        return pv_fail(err, PROVAR_E_CLAIMS, PROVAR_NO_OFFSET, "'%s' cannot name a target", pv_quote(name).text);
    for (size_t i = 0; i < claims->hash_count; i++)
        if (pv_str_equal_ascii_nocase(pv_str_of(claims->hashes[i].name), name))
            return pv_fail(err, PROVAR_E_CLAIMS, PROVAR_NO_OFFSET, "'%s' and '%s' are one name in two cases",
                           claims->hashes[i].name, pv_quote(name).text);
    return PROVAR_OK;
}

static bool is_full(const struct provar_claims *claims, struct pv_str name) {
    size_t targets = claims->hash_count - (find_hash(claims, PV_WORLD_NAME) ? 1 : 0);
    return targets >= PV_MAX_TARGETS && !pv_str_equal(name, PV_WORLD_NAME);
}

enum provar_result pv_claims_add_hash(struct provar_claims *claims, struct pv_str name, struct pv_str hex,
                                      struct provar_error *err) {
    if (is_full(claims, name))
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "more than %d targets", PV_MAX_TARGETS);
    enum provar_result result = check_name(claims, name, err);
    if (result == PROVAR_OK)
        result = check_hex(name, hex, err);
    if (result != PROVAR_OK)
        return result;
    PV_AUTO_FREE char *copy = pv_str_dup(name);
    struct pv_hash_claim *grown = reallocarray(claims->hashes, claims->hash_count + 1, sizeof *grown);
    if (grown)
        claims->hashes = grown;
    if (copy == NULL || grown == NULL)
        return pv_fail_memory(err);
    struct pv_hash_claim *added = &claims->hashes[claims->hash_count++];
    *added = (struct pv_hash_claim){.name = PV_TAKE(copy)};
    memcpy(added->hex, hex.text, PV_HASH_TEXT);
    return PROVAR_OK;
}

static int order_hashes(const void *a, const void *b) {
    const struct pv_hash_claim *x = a, *y = b;
    return pv_str_order(pv_str_of(x->name), pv_str_of(y->name));
}

enum provar_result pv_claims_set_hash(struct provar_claims *claims, struct pv_str name, const char *hex,
                                      struct provar_error *err) {
    struct pv_hash_claim *found = find_hash(claims, name);
    struct pv_str value = pv_str_of(hex);
    enum provar_result result = found ? check_hex(name, value, err) : pv_claims_add_hash(claims, name, value, err);
    if (result != PROVAR_OK)
        return result;
    if (found)
        memcpy(found->hex, value.text, PV_HASH_TEXT);
    qsort(claims->hashes, claims->hash_count, sizeof *claims->hashes, order_hashes);
    return PROVAR_OK;
}

void pv_claims_remove_hash(struct provar_claims *claims, struct pv_str name) {
    struct pv_hash_claim *found = find_hash(claims, name);
    if (found == NULL)
        return;
    size_t index = (size_t)(found - claims->hashes);
    free(found->name);
    claims->hash_count--;
    memmove(found, found + 1, (claims->hash_count - index) * sizeof *found);
}
