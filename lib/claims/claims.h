/* The payload of claims.jwt <-> struct provar_claims (docs/FORMAT.md has the table). */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_CLAIMS_H
#define PV_CLAIMS_H

#include "keys/nkey.h"

/* The name under which the hash of the WIT package is listed; no target. */
#define PV_WORLD_NAME PV_STR("world.wasm")

enum { PV_HASH_TEXT = 64 };

/* One entry of wascap.target_hashes. */
struct pv_hash_claim {
    char *name; /* a target, or "world.wasm"; owned */
    char hex[PV_HASH_TEXT + 1];
};

/* A claim that is carried as it was written. */
struct pv_raw_claim {
    const char *key_text; /* with its quotes */
    const char *value_text;
};

struct pv_raw_claims {
    struct pv_raw_claim *list;
    size_t count;
};

/* Owns everything in it. An absent text is NULL; an absent number has its flag false. */
struct provar_claims {
    bool has_expires, has_not_before, has_revision, has_wascap_revision;
    int64_t expires, not_before, issued_at;
    int32_t revision;
    uint32_t wascap_revision;
    struct pv_nkey issuer, subject;
    char *id;
    char *name, *vendor, *version, *capid;
    char *schema; /* raw JSON text */
    struct pv_hash_claim *hashes;
    size_t hash_count;
    struct pv_raw_claims top_unknown, wascap_unknown;
    char *unknown_texts; /* where the texts of these stand, each with a NUL behind it; NULL when there are none */
};

/* Reads a payload. PROVAR_E_CLAIMS, PROVAR_E_LIMIT (base/limits.h; more than PV_MAX_TARGETS targets), and only when
 * everything else is right PROVAR_E_KEY (issuer not an account key, subject not a service key, weak keys). Checks that
 * do not need the clock are made here: exp > nbf, exp >= iat, numbers within 0 to 2^63-1, hashes of exactly 64
 * upper-case hex digits, target names by pv_target_name_is_readable and unique without regard to case. A claim that may
 * be absent and is null counts as absent. */
enum provar_result pv_claims_decode(struct pv_str payload, struct provar_claims **claims,
                                    struct provar_error *err) PV_MUST_CHECK;

/* The same, but the subject may also be a key of this kind; and unknown claims are judged and not kept: only who writes
 * a token needs them, and there may be PV_MAX_JSON_MEMBERS. */
enum provar_result pv_claims_decode_subject(struct pv_str payload, enum provar_key_kind kind,
                                            struct provar_claims **claims, struct provar_error *err) PV_MUST_CHECK;

/* Appends a payload in the published writer's key order: exp jti iat iss sub nbf wascap{name capid vendor rev ver
 * target_hashes config_schema, unknown ones} wascap_revision, unknown ones. `name` is written even when it is absent,
 * as null; hashes in the order in which they stand; the schema and unknown claims as their text stands. Without `id` or
 * `vendor`: PROVAR_E_USAGE. */
enum provar_result pv_claims_encode(const struct provar_claims *claims, struct pv_buf *out,
                                    struct provar_error *err) PV_MUST_CHECK;

struct provar_claims *pv_claims_new(void);
void pv_claims_free(struct provar_claims *claims);
PV_DEFINE_CLEANUP(pv_claims_cleanup, struct provar_claims, pv_claims_free)
#define PV_AUTO_CLAIMS PV_CLEANUP(pv_claims_cleanup)

/* The claims without those that are unknown. */
void pv_claims_drop_unknown(struct provar_claims *claims);

/* The hash listed for a target or "world.wasm", or NULL. */
const struct pv_hash_claim *pv_claims_hash(const struct provar_claims *claims, struct pv_str name);
/* Appends an entry that is not there yet. PROVAR_E_CLAIMS for a name or hash that pv_claims_decode would refuse,
 * PROVAR_E_LIMIT for one target too many. */
enum provar_result pv_claims_add_hash(struct provar_claims *claims, struct pv_str name, struct pv_str hex,
                                      struct provar_error *err) PV_MUST_CHECK;
/* Adds or replaces an entry, as above, and sorts the list by the bytes of its names. `hex` is 64 upper-case digits and
 * a NUL. */
enum provar_result pv_claims_set_hash(struct provar_claims *claims, struct pv_str name, const char *hex,
                                      struct provar_error *err) PV_MUST_CHECK;
/* The others keep their order. */
void pv_claims_remove_hash(struct provar_claims *claims, struct pv_str name);
/* Replaces an owned text; a `text.text` of NULL makes it absent. PROVAR_E_USAGE for what is not UTF-8 or holds a NUL.
 */
enum provar_result pv_claims_set_text(char **field, struct pv_str text, struct provar_error *err) PV_MUST_CHECK;

#endif
