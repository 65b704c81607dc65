/* The name of one signed token, and so of everything it vouches for: SHA-256 of its header and payload. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/codec.h"
#include "trust/artifact_id.h"

static const struct pv_str algorithm = {"sha256:", 7};

struct pv_artifact_id_text pv_artifact_id_text(const struct pv_artifact_id *id) {
    struct pv_artifact_id_text shown = {"sha256:"};
    char *digits = shown.text + algorithm.len;
    pv_hex_encode(id->bytes, sizeof id->bytes, digits);
    for (size_t i = 0; i < PV_HEX_LEN(sizeof id->bytes); i++)
        if (digits[i] >= 'A')
            digits[i] = (char)(digits[i] - 'A' + 'a');
    return shown;
}

/* Digits of one case, in upper case. */
static bool to_upper(struct pv_str digits, char *upper) {
    bool has_lower = false, has_upper = false;
    for (size_t i = 0; i < digits.len; i++) {
        char c = digits.text[i];
        has_lower |= c >= 'a' && c <= 'f';
        has_upper |= c >= 'A' && c <= 'F';
        upper[i] = c >= 'a' && c <= 'f' ? (char)(c - 'a' + 'A') : c;
    }
    return !(has_lower && has_upper);
}

bool pv_artifact_id_parse(struct pv_str text, struct pv_artifact_id *id) {
    char upper[PV_HEX_LEN(sizeof id->bytes)];
    struct pv_artifact_id parsed;
    size_t len;
    if (text.len != algorithm.len + sizeof upper || !pv_str_starts(text, algorithm))
        return false;
    if (!to_upper(pv_str(text.text + algorithm.len, sizeof upper), upper) ||
        !pv_hex_decode(pv_str(upper, sizeof upper), parsed.bytes, sizeof parsed.bytes, &len))
        return false;
    *id = parsed;
    return true;
}

bool pv_artifact_id_equal(const struct pv_artifact_id *a, const struct pv_artifact_id *b) {
    return pv_bytes_equal(a->bytes, b->bytes, sizeof a->bytes);
}
