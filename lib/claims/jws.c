/* The compact JWS that claims.jwt is (RFC 7515, 7.1): framing and header. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/codec.h"
#include "base/cursor.h"
#include "base/json.h"
#include "claims/jws.h"

#define HEADER PV_STR("{\"typ\":\"jwt\",\"alg\":\"Ed25519\"}")

enum { SIGNATURE_SEGMENT = PV_BASE64URL_LEN(PROVAR_SIGNATURE_LEN) };

static enum provar_result fail(struct provar_error *err, const char *reason) {
    return pv_fail(err, PROVAR_E_JWT, PROVAR_NO_OFFSET, "malformed token: %s", reason);
}

/* ---------------------------------------------------------------- decode */

struct segments {
    struct pv_str header;
    struct pv_str payload;
    struct pv_str signature;
};

static enum provar_result split(struct pv_str token, struct segments *segments, struct provar_error *err) {
    struct pv_cursor cursor = pv_cursor(token.text, token.len);
    if (token.len == 0)
        return fail(err, "it is empty");
    if (pv_str_starts(token, PV_STR("{")))
        return fail(err, "JSON, not the three segments of a compact JWS");
    segments->header = pv_cursor_until(&cursor, '.');
    segments->payload = pv_cursor_until(&cursor, '.');
    if (cursor.error)
        return fail(err, "fewer than three segments");
    segments->signature = pv_str(token.text + cursor.pos, token.len - cursor.pos);
    if (memchr(segments->signature.text, '.', segments->signature.len) != NULL)
        return fail(err, "more than three segments");
    if (segments->header.len == 0 || segments->payload.len == 0)
        return fail(err, "an empty segment");
    return PROVAR_OK;
}

static enum provar_result decode_segment(struct pv_str segment, const char *reason, struct pv_buf *out,
                                         struct provar_error *err) {
    size_t len;
    enum provar_result result = pv_buf_reserve(out, segment.len, err);
    if (result != PROVAR_OK)
        return result;
    if (!pv_base64url_decode(segment, out->data, out->cap, &len))
        return fail(err, reason);
    out->len = len;
    out->data[len] = 0;
    return PROVAR_OK;
}

static enum provar_result decode_signature(struct pv_str segment, uint8_t signature[PROVAR_SIGNATURE_LEN],
                                           struct provar_error *err) {
    uint8_t decoded[PROVAR_SIGNATURE_LEN];
    size_t len;
    if (segment.len == 0)
        return fail(err, "it has no signature");
    if (segment.len != SIGNATURE_SEGMENT)
        return fail(err, "the signature is not 64 bytes long");
    if (!pv_base64url_decode(segment, decoded, sizeof decoded, &len))
        return fail(err, "the signature is not base64url");
    memcpy(signature, decoded, sizeof decoded);
    return PROVAR_OK;
}

/* Everything but the two constants is raw, so that the list of raw members names all that a header says beyond them. */
static enum pv_json_raw_kind is_raw(struct pv_str parent, struct pv_str key) {
    (void)parent;
    bool is_constant = pv_str_equal(key, PV_STR("typ")) || pv_str_equal(key, PV_STR("alg"));
    return is_constant ? PV_JSON_NOT_RAW : PV_JSON_RAW;
}

static enum provar_result check_constant(const struct pv_json *header, const char *key, struct pv_str wanted,
                                         struct pv_str of_nats, struct provar_error *err) {
    struct pv_str value = {0};
    bool present;
    enum provar_result result = pv_json_text(header, PV_STR(""), key, &value, &present, err);
    if (result != PROVAR_OK)
        return result;
    if (!present)
        return pv_fail(err, PROVAR_E_JWT, PROVAR_NO_OFFSET, "no '%s'", key);
    if (pv_str_equal(value, wanted))
        return PROVAR_OK;
    return pv_fail(err, PROVAR_E_JWT, PROVAR_NO_OFFSET, "'%s' is '%s' and not '%s'%s", key, pv_quote(value).text,
                   wanted.text, pv_str_equal(value, of_nats) ? ": a token of NATS itself, not of an archive" : "");
}

/* RFC 7515, 4.1.11: what `crit` lists must be understood. RFC 7797, 3: b64 changes what is signed. RFC 7516, 4.1.3: zip
 * changes what is read. A reader that ignores one of them reads another token than the signer wrote. */
static enum provar_result refuse_extensions(const struct pv_json *header, struct provar_error *err) {
    static const struct pv_str refused[] = {{"crit", 4}, {"b64", 3}, {"zip", 3}};
    for (size_t i = 0; i < pv_json_raw_count(header); i++)
        for (size_t k = 0; k < sizeof refused / sizeof refused[0]; k++)
            if (pv_str_equal(pv_json_raw(header, i)->key, refused[k]))
                return pv_fail(err, PROVAR_E_JWT, PROVAR_NO_OFFSET, "'%s' is not supported", refused[k].text);
    return PROVAR_OK;
}

static enum provar_result read_header(struct pv_str text, struct provar_error *err) {
    PV_AUTO_JSON struct pv_json *header = NULL;
    enum provar_result result = pv_json_parse(text, is_raw, &header, err);
    if (result == PROVAR_OK)
        result = check_constant(header, "typ", PV_STR("jwt"), PV_STR("JWT"), err);
    if (result == PROVAR_OK)
        result = check_constant(header, "alg", PV_STR("Ed25519"), PV_STR("ed25519-nkey"), err);
    if (result == PROVAR_OK)
        result = refuse_extensions(header, err);
    return result;
}

/* What is wrong with the JSON of a header is wrong with the token, not with its claims. */
static enum provar_result check_header(struct pv_str segment, struct provar_error *err) {
    PV_AUTO_BUF struct pv_buf text;
    struct provar_error inner = {0};
    pv_buf_init(&text, PV_MAX_TOKEN_SIZE);
    enum provar_result result = decode_segment(segment, "the header is not base64url", &text, err);
    if (result != PROVAR_OK)
        return result;
    result = read_header(pv_buf_str(&text), &inner);
    if (result == PROVAR_OK)
        return PROVAR_OK;
    if (result == PROVAR_E_CLAIMS)
        result = PROVAR_E_JWT;
    return pv_fail(err, result, PROVAR_NO_OFFSET, "the token's header: %s", inner.message);
}

enum provar_result pv_jws_decode(struct pv_str text, struct pv_jws *jws, struct provar_error *err) {
    struct segments segments;
    *jws = (struct pv_jws){0};
    pv_buf_init(&jws->payload, PV_MAX_TOKEN_SIZE);
    if (text.len > PV_MAX_TOKEN_SIZE)
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "a token of more than %zu bytes",
                       (size_t)PV_MAX_TOKEN_SIZE);
    struct pv_str token = pv_str_chomp(text);
    enum provar_result result = split(token, &segments, err);
    if (result == PROVAR_OK)
        result = check_header(segments.header, err);
    if (result == PROVAR_OK)
        result = decode_segment(segments.payload, "the payload is not base64url", &jws->payload, err);
    if (result == PROVAR_OK)
        result = decode_signature(segments.signature, jws->signature, err);
    if (result != PROVAR_OK)
        return result;
    jws->token = token;
    jws->signing_input = pv_str(token.text, segments.header.len + 1 + segments.payload.len);
    return PROVAR_OK;
}

void pv_jws_release(struct pv_jws *jws) {
    pv_buf_release(&jws->payload);
}

/* ---------------------------------------------------------------- encode */

static enum provar_result append_segment(struct pv_buf *out, struct pv_str data, struct provar_error *err) {
    size_t len = PV_BASE64URL_LEN(data.len);
    enum provar_result result = pv_buf_reserve(out, len, err);
    if (result != PROVAR_OK)
        return result;
    pv_base64url_encode((const uint8_t *)data.text, data.len, (char *)out->data + out->len);
    out->len += len;
    out->data[out->len] = 0;
    return PROVAR_OK;
}

size_t pv_jws_token_len(size_t payload_len) {
    if (payload_len > PV_MAX_TOKEN_SIZE)
        return SIZE_MAX;
    return PV_BASE64URL_LEN(HEADER.len) + 1 + PV_BASE64URL_LEN(payload_len) + 1 + SIGNATURE_SEGMENT;
}

enum provar_result pv_jws_signing_input(struct pv_str payload, struct pv_buf *out, struct provar_error *err) {
    if (pv_jws_token_len(payload.len) > PV_MAX_TOKEN_SIZE)
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "the claims need a token of more than %zu bytes",
                       (size_t)PV_MAX_TOKEN_SIZE);
    enum provar_result result = append_segment(out, HEADER, err);
    if (result == PROVAR_OK)
        result = pv_buf_append_str(out, PV_STR("."), err);
    if (result == PROVAR_OK)
        result = append_segment(out, payload, err);
    return result;
}

enum provar_result pv_jws_add_signature(const uint8_t signature[PROVAR_SIGNATURE_LEN], struct pv_buf *out,
                                        struct provar_error *err) {
    enum provar_result result = pv_buf_append_str(out, PV_STR("."), err);
    if (result == PROVAR_OK)
        result = append_segment(out, pv_str((const char *)signature, PROVAR_SIGNATURE_LEN), err);
    return result;
}
