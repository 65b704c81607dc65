/* Fuzzes tokens: an accepted one is the canonical text of what it decodes to. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include "base/codec.h"
#include "claims/jws.h"

static void append_segment(struct pv_buf *out, const void *data, size_t len) {
    fuzz_require(pv_buf_reserve(out, PV_BASE64URL_LEN(len), NULL) == PROVAR_OK);
    pv_base64url_encode(data, len, (char *)out->data + out->len);
    out->len += PV_BASE64URL_LEN(len);
    out->data[out->len] = 0;
}

static void append(struct pv_buf *out, struct pv_str text) {
    fuzz_require(pv_buf_append_str(out, text, NULL) == PROVAR_OK);
}

/* The header's segment as it stands, and the two others encoded again. */
static void check_canonical(const struct pv_jws *jws) {
    PV_AUTO_BUF struct pv_buf again;
    const char *dot = memchr(jws->token.text, '.', jws->token.len);
    fuzz_require(dot != NULL);
    pv_buf_init(&again, 2 * PV_MIB);
    append(&again, pv_str(jws->token.text, (size_t)(dot + 1 - jws->token.text)));
    append_segment(&again, jws->payload.data, jws->payload.len);
    fuzz_require(pv_str_equal(pv_buf_str(&again), jws->signing_input));
    append(&again, PV_STR("."));
    append_segment(&again, jws->signature, sizeof jws->signature);
    fuzz_require(pv_str_equal(pv_buf_str(&again), jws->token));
}

/* Our own token of the same payload and signature is read as these. */
static void check_encoding(const struct pv_jws *jws) {
    PV_AUTO_BUF struct pv_buf token;
    struct pv_jws again;
    size_t expected = pv_jws_token_len(jws->payload.len);
    pv_buf_init(&token, 2 * PV_MIB);
    if (expected > PV_MAX_TOKEN_SIZE)
        return;
    fuzz_require(pv_jws_signing_input(pv_buf_str(&jws->payload), &token, NULL) == PROVAR_OK);
    fuzz_require(pv_jws_add_signature(jws->signature, &token, NULL) == PROVAR_OK && token.len == expected);
    fuzz_require(pv_jws_decode(pv_buf_str(&token), &again, NULL) == PROVAR_OK);
    fuzz_require(pv_str_equal(pv_buf_str(&again.payload), pv_buf_str(&jws->payload)));
    fuzz_require(pv_bytes_equal(again.signature, jws->signature, sizeof again.signature));
    pv_jws_release(&again);
}

static bool check(struct pv_str text) {
    struct provar_error err = {0};
    struct pv_jws jws;
    enum provar_result result = pv_jws_decode(text, &jws, &err);
    fuzz_check_error(result, &err);
    fuzz_require(result == PROVAR_OK || result == PROVAR_E_JWT || result == PROVAR_E_LIMIT);
    if (result == PROVAR_OK) {
        fuzz_require(pv_str_equal(jws.token, pv_str_chomp(text)) && jws.token.text == text.text);
        fuzz_require(jws.signing_input.text == text.text && pv_str_starts(jws.token, jws.signing_input));
        check_canonical(&jws);
        check_encoding(&jws);
    }
    pv_jws_release(&jws);
    return result == PROVAR_OK;
}

/* Takes the input for a header and a payload, a NUL between them, in a token that is well framed. */
static void check_framed(struct pv_str text) {
    PV_AUTO_BUF struct pv_buf token;
    uint8_t signature[PROVAR_SIGNATURE_LEN] = {1};
    const char *nul = text.len > 0 ? memchr(text.text, 0, text.len) : NULL;
    size_t header = nul ? (size_t)(nul - text.text) : text.len;
    pv_buf_init(&token, 2 * PV_MIB);
    append_segment(&token, text.text, header);
    append(&token, PV_STR("."));
    append_segment(&token, text.text + header, text.len - header);
    append(&token, PV_STR("."));
    append_segment(&token, signature, sizeof signature);
    (void)check(pv_buf_str(&token));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    struct pv_str text = pv_str((const char *)data, len);
    fuzz_accepted += check(text);
    check_framed(text);
    return 0;
}
