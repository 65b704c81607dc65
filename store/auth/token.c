/* Bearer tokens for a registry: see token.h. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/secret.h"
#include "store/auth/challenge.h"
#include "store/auth/secret_json.h"
#include "store/auth/token.h"
#include "store/image/content.h"

/* By which a token server knows this program. */
#define CLIENT_ID "provar"

void pv_token_release(struct pv_token *token) {
    pv_secret_text_free(token->text);
    *token = (struct pv_token){0};
}

/* ---------------------------------------------------------------- where to */

enum provar_result pv_token_may_send(const struct pv_url *url, bool may_send_in_clear, struct provar_error *err) {
    struct pv_origin origin;
    enum provar_result result = pv_url_origin(url, &origin, err);
    if (result != PROVAR_OK || origin.is_tls || may_send_in_clear || pv_origin_is_loopback(&origin))
        return result;
    return pv_fail(err, PROVAR_E_AUTH, PROVAR_NO_OFFSET, "credentials are not sent without TLS to '%s'",
                   pv_url_quote(url).text);
}

static bool has_prefix_nocase(struct pv_str text, struct pv_str prefix) {
    return text.len >= prefix.len && pv_str_equal_ascii_nocase(pv_str(text.text, prefix.len), prefix);
}

/* The URL of a realm, to which credentials may go, too (NET-6). It has no base: one that is relative is nothing that
 * the protocol knows. */
static enum provar_result read_realm(const struct pv_token_request *request, struct pv_url *url,
                                     struct provar_error *err) {
    struct pv_str realm = pv_str_of(request->realm);
    struct provar_error inner = {0};
    if (!has_prefix_nocase(realm, PV_STR("https://")) && !has_prefix_nocase(realm, PV_STR("http://")))
        return pv_fail(err, PROVAR_E_AUTH, PROVAR_NO_OFFSET, "no address of a token server, https://...: '%s'",
                       pv_quote(realm).text);
    enum provar_result result = pv_url_resolve(url, request->registry, realm, &inner);
    if (result == PROVAR_OK)
        result = pv_url_check_step(request->registry, url, request->may_send_in_clear, &inner);
    if (result == PROVAR_OK || result == PROVAR_E_NO_MEMORY) {
        pv_error_hand_on(err, &inner);
        return result;
    }
    return pv_fail(err, PROVAR_E_AUTH, PROVAR_NO_OFFSET, "%s", inner.message);
}

/* ---------------------------------------------------------------- answer */

static bool is_digits(struct pv_str text) {
    for (size_t i = 0; i < text.len; i++)
        if (text.text[i] < '0' || text.text[i] > '9')
            return false;
    return text.len > 0;
}

/* Nothing depends on it but when a new one is asked for: what is no number counts as missing. */
static uint32_t read_lifetime(const struct pv_json *json) {
    struct pv_str digits = pv_secret_json_value(json, "expires_in");
    uint64_t seconds;
    if (!pv_parse_decimal(digits, UINT64_MAX, &seconds))
        seconds = is_digits(digits) ? PV_MAX_TOKEN_LIFE : PV_TOKEN_LIFE;
    if (seconds < PV_TOKEN_LIFE)
        return PV_TOKEN_LIFE;
    return seconds > PV_MAX_TOKEN_LIFE ? PV_MAX_TOKEN_LIFE : (uint32_t)seconds;
}

enum provar_result pv_token_decode(struct pv_str answer, struct pv_token *token, struct provar_error *err) {
    PV_AUTO_JSON struct pv_json *json = NULL;
    PV_AUTO_SECRET_TEXT char *text = NULL;
    enum provar_result result = pv_secret_json_parse(answer, NULL, PROVAR_E_AUTH, &json, err);
    if (result == PROVAR_OK)
        result = pv_secret_json_text(json, "token", PROVAR_E_AUTH, &text, err);
    if (result == PROVAR_OK && text == NULL)
        result = pv_secret_json_text(json, "access_token", PROVAR_E_AUTH, &text, err);
    if (result != PROVAR_OK)
        return result;
    if (text == NULL)
        return pv_fail(err, PROVAR_E_AUTH, PROVAR_NO_OFFSET, "no token");
    if (!pv_is_token68(pv_str_of(text)))
        return pv_fail(err, PROVAR_E_AUTH, PROVAR_NO_OFFSET, "a token with characters that no header may have");
    token->lifetime = read_lifetime(json);
    token->text = PV_TAKE(text);
    return PROVAR_OK;
}

/* What an answer is collected in; that of a failure is not looked at. */
struct answer {
    struct pv_buf *text;
    bool wanted;
};

static enum provar_result on_head(void *user, const struct pv_http_head *head, struct provar_error *err) {
    struct answer *answer = user;
    (void)err;
    answer->wanted = head->status == 200;
    return PROVAR_OK;
}

static enum provar_result on_body(void *user, const void *data, size_t len, struct provar_error *err) {
    struct answer *answer = user;
    return answer->wanted ? pv_buf_append(answer->text, data, len, err) : PROVAR_OK;
}

/* ---------------------------------------------------------------- one request */

/* The head and, where its status is 200, the token. */
static enum provar_result exchange_once(struct pv_http *http, const struct pv_token_request *request,
                                        const struct pv_http_request *question, struct pv_http_head *head,
                                        struct pv_token *token, struct provar_error *err) {
    PV_AUTO_SECRET_BUF struct pv_buf text = {0};
    struct pv_http_request wire = *question;
    struct pv_origin registry, realm;
    struct answer answer = {.text = &text};
    enum provar_result result = pv_secret_buf_init(&text, PV_MAX_TOKEN_ANSWER, err);
    if (result == PROVAR_OK)
        result = pv_url_origin(request->registry, &registry, err);
    if (result == PROVAR_OK)
        result = pv_url_origin(wire.url, &realm, err);
    if (result != PROVAR_OK)
        return result;
    wire.sends_certificate = pv_origin_equal(&registry, &realm);
    wire.on_head = on_head;
    wire.on_body = on_body;
    wire.user = &answer;
    result = pv_http_do(http, &wire, head, err);
    if (result != PROVAR_OK || head->status != 200)
        return result;
    if (head->content_encoding.len > 0 && !pv_str_equal(pv_buf_str(&head->content_encoding), PV_STR("identity")))
        return pv_fail(err, PROVAR_E_AUTH, PROVAR_NO_OFFSET, "its answer is encoded as nobody has asked for");
    return pv_token_decode(pv_buf_str(&text), token, err);
}

/* `status` of the last answer and, where that is 200, the token. */
static enum provar_result exchange(struct pv_http *http, const struct pv_token_request *request,
                                   const struct pv_http_request *question, unsigned *status, struct pv_token *token,
                                   struct provar_error *err) {
    struct pv_retry retry = request->retry;
    for (;;) {
        PV_CLEANUP(pv_http_head_release) struct pv_http_head head = {0};
        pv_retry_begin(&retry);
        enum provar_result result = exchange_once(http, request, question, &head, token, err);
        *status = head.status;
        if (result != PROVAR_OK || !pv_retry_status(head.status) ||
            !pv_retry_again(&retry, pv_buf_str(&head.retry_after), pv_retry_reason(question->url, head.status).text))
            return result;
    }
}

static enum provar_result judge(unsigned status, bool is_anonymous, struct provar_error *err) {
    if (status == 200)
        return PROVAR_OK;
    if (status >= 300 && status <= 399)
        return pv_fail(err, PROVAR_E_AUTH, PROVAR_NO_OFFSET, "it sends on to elsewhere (status %u)", status);
    if (pv_retry_status(status) || status >= 500)
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "it cannot answer now (status %u)", status);
    if (status != 400 && status != 401 && status != 403)
        return pv_fail(err, PROVAR_E_AUTH, PROVAR_NO_OFFSET, "it gives no token (status %u)", status);
    return pv_fail(err, PROVAR_E_AUTH, PROVAR_NO_OFFSET, "it refuses %s (status %u)",
                   is_anonymous ? "an anonymous user" : "the credentials", status);
}

/* ---------------------------------------------------------------- GET */

static enum provar_result add_scopes(struct pv_url *url, const char *scope, struct provar_error *err) {
    enum provar_result result = PROVAR_OK;
    while (result == PROVAR_OK && *(scope += strspn(scope, " ")) != 0) {
        size_t len = strcspn(scope, " ");
        result = pv_url_add_query(url, "scope", pv_str(scope, len), err);
        scope += len;
    }
    return result;
}

static enum provar_result make_query(const struct pv_token_request *request, struct pv_url *url,
                                     struct provar_error *err) {
    const char *user = request->credential->user;
    enum provar_result result = PROVAR_OK;
    if (request->service && *request->service)
        result = pv_url_add_query(url, "service", pv_str_of(request->service), err);
    if (result == PROVAR_OK)
        result = add_scopes(url, request->scope, err);
    if (result == PROVAR_OK && user && *user)
        result = pv_url_add_query(url, "account", pv_str_of(user), err);
    return result;
}

static enum provar_result fetch_by_get(struct pv_http *http, const struct pv_token_request *request,
                                       const struct pv_url *realm, struct pv_token *token, struct provar_error *err) {
    PV_AUTO_SECRET_BUF struct pv_buf basic = {0};
    struct pv_url url = *realm;
    unsigned status = 0;
    bool is_anonymous = request->credential->user == NULL && request->credential->identity_token == NULL;
    enum provar_result result = pv_secret_buf_init(&basic, PV_MAX_AUTHORIZATION, err);
    if (result == PROVAR_OK)
        result = make_query(request, &url, err);
    if (result == PROVAR_OK && !is_anonymous)
        result = pv_credential_basic(request->credential, &basic, err);
    if (result != PROVAR_OK)
        return result;
    struct pv_http_request wire = {
        .method = PV_HTTP_GET,
        .url = &url,
        .authorization = is_anonymous ? NULL : (const char *)basic.data,
    };
    result = exchange(http, request, &wire, &status, token, err);
    return result == PROVAR_OK ? judge(status, is_anonymous, err) : result;
}

/* ---------------------------------------------------------------- POST */

/* application/x-www-form-urlencoded; more is encoded than must be. */
static enum provar_result add_field(struct pv_buf *form, const char *name, const char *value,
                                    struct provar_error *err) {
    static const char digits[] = "0123456789ABCDEF";
    enum provar_result result = form->len > 0 ? pv_buf_append_str(form, PV_STR("&"), err) : PROVAR_OK;
    if (result == PROVAR_OK)
        result = pv_buf_append_str(form, pv_str_of(name), err);
    if (result == PROVAR_OK)
        result = pv_buf_append_str(form, PV_STR("="), err);
    for (; result == PROVAR_OK && *value; value++) {
        char c = *value;
        bool is_plain =
            (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || strchr("-._~", c) != NULL;
        char encoded[] = {'%', digits[c >> 4 & 15], digits[c & 15]};
        result = is_plain ? pv_buf_append(form, &c, 1, err) : pv_buf_append(form, encoded, sizeof encoded, err);
    }
    return result;
}

static enum provar_result make_form(const struct pv_token_request *request, struct pv_buf *form,
                                    struct provar_error *err) {
    const char *const fields[][2] = {
        {"grant_type", "refresh_token"},
        {"service", request->service ? request->service : ""},
        {"client_id", CLIENT_ID},
        {"scope", request->scope},
        {"refresh_token", request->credential->identity_token},
    };
    enum provar_result result = pv_secret_buf_init(form, PV_MAX_AUTHORIZATION, err);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0] && result == PROVAR_OK; i++)
        result = add_field(form, fields[i][0], fields[i][1], err);
    return result;
}

static enum provar_result fetch_by_post(struct pv_http *http, const struct pv_token_request *request,
                                        const struct pv_url *realm, struct pv_token *token, struct provar_error *err) {
    PV_AUTO_SECRET_BUF struct pv_buf form = {0};
    unsigned status = 0;
    enum provar_result result = make_form(request, &form, err);
    if (result != PROVAR_OK)
        return result;
    const struct pv_str bytes = pv_buf_str(&form);
    struct pv_content body = pv_content_memory(&bytes);
    struct pv_http_request wire = {
        .method = PV_HTTP_POST,
        .url = realm,
        .content_type = "application/x-www-form-urlencoded",
        .body = &body,
        .body_len = form.len,
    };
    result = exchange(http, request, &wire, &status, token, err);
    if (result == PROVAR_OK && (status == 404 || status == 405))
        return fetch_by_get(http, request, realm, token, err);
    return result == PROVAR_OK ? judge(status, false, err) : result;
}

enum provar_result pv_token_fetch(struct pv_http *http, const struct pv_token_request *request, struct pv_token *token,
                                  struct provar_error *err) {
    const struct pv_credential *credential = request->credential;
    struct pv_url realm;
    struct provar_error inner = {0};
    enum provar_result result = read_realm(request, &realm, err);
    if (result != PROVAR_OK)
        return result;
    result = credential->identity_token ? fetch_by_post(http, request, &realm, token, &inner)
                                        : fetch_by_get(http, request, &realm, token, &inner);
    pv_error_wrap(&inner, "the token server '%s'", pv_url_quote(&realm).text);
    pv_error_hand_on(err, &inner);
    return result;
}
