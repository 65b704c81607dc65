/* The compact JWS that claims.jwt is (RFC 7515, 7.1): framing and header; it decides nothing. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_JWS_H
#define PV_JWS_H

/* header "." payload "." signature, each base64url without padding. */
struct pv_jws {
    struct pv_str token;         /* borrowed, less one final LF or CRLF */
    struct pv_str signing_input; /* header "." payload, borrowed from the token */
    struct pv_buf payload;       /* decoded */
    uint8_t signature[PROVAR_SIGNATURE_LEN];
};

/* Splits and decodes. The header must be an object with `typ` "jwt" and `alg` "Ed25519"; `crit`, `b64` and `zip` are
 * refused; other members are ignored (RFC 7515, 4; nothing a token names is ever fetched). PROVAR_E_JWT, with a hint
 * for NATS's own tokens; PROVAR_E_LIMIT for a text beyond PV_MAX_TOKEN_SIZE, or a header beyond the limits of JSON.
 * Release it in either case. */
enum provar_result pv_jws_decode(struct pv_str text, struct pv_jws *jws, struct provar_error *err) PV_MUST_CHECK;
void pv_jws_release(struct pv_jws *jws);

/* The header that every published writer writes: {"typ":"jwt","alg":"Ed25519"}. Appends its segment, ".", and the
 * payload's. PROVAR_E_LIMIT when the token would pass PV_MAX_TOKEN_SIZE. */
enum provar_result pv_jws_signing_input(struct pv_str payload, struct pv_buf *out,
                                        struct provar_error *err) PV_MUST_CHECK;
/* Appends "." and the signature's segment: the result is a token. */
enum provar_result pv_jws_add_signature(const uint8_t signature[PROVAR_SIGNATURE_LEN], struct pv_buf *out,
                                        struct provar_error *err) PV_MUST_CHECK;
/* Length of the token that a payload of this length becomes; SIZE_MAX for a payload beyond PV_MAX_TOKEN_SIZE. */
size_t pv_jws_token_len(size_t payload_len);

#endif
