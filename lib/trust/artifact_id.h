/* The name of one signed token, and so of everything it vouches for: SHA-256 of its header and payload. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_ARTIFACT_ID_H
#define PV_ARTIFACT_ID_H

/*
 *     "sha256:" 64 hex digits, in lower case or in upper case
 *
 * The digest is that of the signing input `header "." payload`, which holds the hash of every member: neither another
 * tar framing nor another valid signature makes another id. The gate computes it; nothing in this folder does.
 */
struct pv_artifact_id {
    uint8_t bytes[32];
};

/* "sha256:" and lower-case digits, as checksum tools and registries write them. */
struct pv_artifact_id_text {
    char text[72];
};
struct pv_artifact_id_text pv_artifact_id_text(const struct pv_artifact_id *id);

bool pv_artifact_id_parse(struct pv_str text, struct pv_artifact_id *id);
bool pv_artifact_id_equal(const struct pv_artifact_id *a, const struct pv_artifact_id *b);

#endif
