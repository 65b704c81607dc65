/* URLs (RFC 3986), read and put together by libcurl, and the origins that credentials belong to. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <curl/curl.h>

#include "internal.h"

#include "store/http/address.h"
#include "store/http/url.h"

static void cleanup_handle(CURLU **handle) {
    curl_url_cleanup(*handle);
}

static void cleanup_part(char **part) {
    curl_free(*part);
}

#define AUTO_HANDLE PV_CLEANUP(cleanup_handle)
#define AUTO_PART   PV_CLEANUP(cleanup_part)

/* ---------------------------------------------------------------- messages */

static struct pv_str before_query(struct pv_str text) {
    const char *query = text.len > 0 ? memchr(text.text, '?', text.len) : NULL;
    return query ? pv_str(text.text, (size_t)(query - text.text)) : text;
}

/* Of a text that may hold a user's password. */
static struct pv_quoted quote(struct pv_str text) {
    struct pv_str shown = before_query(text);
    const char *at = shown.len > 0 ? memrchr(shown.text, '@', shown.len) : NULL;
    return pv_quote(at ? pv_str(at + 1, shown.len - (size_t)(at + 1 - shown.text)) : shown);
}

static enum provar_result refuse(struct provar_error *err, const char *what, struct pv_str text) {
    return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "%s: '%s'", what, quote(text).text);
}

static enum provar_result fail_code(struct provar_error *err, CURLUcode code, struct pv_str text) {
    if (code == CURLUE_OUT_OF_MEMORY)
        return pv_fail_memory(err);
    if (code == CURLUE_USER_NOT_ALLOWED)
        return refuse(err, "a URL with a user or a password", text);
    return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "not a URL (%s): '%s'", curl_url_strerror(code),
                   quote(text).text);
}

/* ---------------------------------------------------------------- reading */

/* RFC 3986 knows visible ASCII alone. A line end would end the request's line, and a letter of another script look like
 * one of a host that is trusted. */
static bool is_visible_ascii(struct pv_str text) {
    for (size_t i = 0; i < text.len; i++)
        if (text.text[i] <= 0x20 || text.text[i] >= 0x7f)
            return false;
    return true;
}

/* Reads a URL, or what stands relative to the one that the handle has. */
static enum provar_result set(CURLU *handle, struct pv_str text, struct provar_error *err) {
    if (text.len == 0)
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "an empty URL");
    if (!is_visible_ascii(text))
        return refuse(err, "a URL with blanks, control characters or letters beyond ASCII", text);
    PV_AUTO_FREE char *copy = pv_str_dup(text);
    if (copy == NULL)
        return pv_fail_memory(err);
    CURLUcode code = curl_url_set(handle, CURLUPART_URL, copy, CURLU_DISALLOW_USER);
    return code == CURLUE_OK ? PROVAR_OK : fail_code(err, code, text);
}

static enum provar_result get(CURLU *handle, CURLUPart part, unsigned flags, char **value, struct pv_str text,
                              struct provar_error *err) {
    CURLUcode code = curl_url_get(handle, part, value, flags);
    return code == CURLUE_OK ? PROVAR_OK : fail_code(err, code, text);
}

/* libcurl decodes "%" in a host, so its characters are judged here once more. */
static bool is_host_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c != 0 && strchr(".-_:[]", c) != NULL);
}

static enum provar_result read_host(const char *host, struct pv_origin *origin, struct provar_error *err) {
    size_t len = strlen(host);
    if (len > PV_MAX_HOST)
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "a URL whose host has more than %d characters",
                       PV_MAX_HOST);
    for (size_t i = 0; i < len; i++) {
        char c = host[i];
        origin->host[i] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
        if (!is_host_character(origin->host[i]))
            return refuse(err, "not the name of a host", pv_str(host, len));
    }
    origin->host[len] = 0;
    if (len == 0 || !pv_address_is_plain(pv_str_of(origin->host)))
        return refuse(err, "neither the name nor the usual address of a host", pv_str(host, len));
    pv_address_normalize(origin->host);
    return PROVAR_OK;
}

static enum provar_result read_origin(CURLU *handle, struct pv_str text, struct pv_origin *origin,
                                      struct provar_error *err) {
    AUTO_PART char *scheme = NULL;
    AUTO_PART char *host = NULL;
    AUTO_PART char *port = NULL;
    AUTO_PART char *zone = NULL;
    uint64_t number = 0;
    enum provar_result result = get(handle, CURLUPART_SCHEME, 0, &scheme, text, err);
    if (result != PROVAR_OK)
        return result;
    origin->is_tls = pv_str_equal(pv_str_of(scheme), PV_STR("https"));
    if (!origin->is_tls && !pv_str_equal(pv_str_of(scheme), PV_STR("http")))
        return refuse(err, "a URL that is neither http nor https", text);
    if (curl_url_get(handle, CURLUPART_ZONEID, &zone, 0) != CURLUE_NO_ZONEID)
        return refuse(err, "a URL with an address of one link", text);
    result = get(handle, CURLUPART_HOST, 0, &host, text, err);
    if (result == PROVAR_OK)
        result = read_host(host, origin, err);
    if (result == PROVAR_OK)
        result = get(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT, &port, text, err);
    if (result == PROVAR_OK && (!pv_parse_decimal(pv_str_of(port), UINT16_MAX, &number) || number == 0))
        return refuse(err, "a URL with a bad port", text);
    origin->port = (uint16_t)number;
    return result;
}

/* The text is libcurl's own, not the one that came: a second reading has no other host. */
static enum provar_result finish(CURLU *handle, struct pv_str given, struct pv_url *url, struct provar_error *err) {
    AUTO_PART char *text = NULL;
    struct pv_origin origin;
    if (curl_url_set(handle, CURLUPART_FRAGMENT, NULL, 0) != CURLUE_OK)
        return pv_fail_memory(err);
    enum provar_result result = read_origin(handle, given, &origin, err);
    if (result == PROVAR_OK)
        result = get(handle, CURLUPART_URL, 0, &text, given, err);
    if (result != PROVAR_OK)
        return result;
    size_t len = strlen(text);
    if (len > PV_MAX_URL)
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "a URL of more than %d characters", PV_MAX_URL);
    memcpy(url->text, text, len + 1);
    return PROVAR_OK;
}

/* ---------------------------------------------------------------- making */

enum provar_result pv_url_make(struct pv_url *url, bool is_tls, const char *host, const char *path,
                               struct provar_error *err) {
    AUTO_HANDLE CURLU *handle = curl_url();
    char text[PV_MAX_URL + 2];
    if (handle == NULL)
        return pv_fail_memory(err);
    if (host[0] == 0 || strpbrk(host, "/?#@\\%") || path[0] != '/')
        return refuse(err, "not a host and an absolute path", pv_str_of(host));
    int len = snprintf(text, sizeof text, "http%s://%s%s", is_tls ? "s" : "", host, path);
    if (len < 0 || (size_t)len >= sizeof text)
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "a URL of more than %d characters", PV_MAX_URL);
    struct pv_str given = pv_str(text, (size_t)len);
    enum provar_result result = set(handle, given, err);
    return result == PROVAR_OK ? finish(handle, given, url, err) : result;
}

/* A handle with a URL that has been read before. */
static enum provar_result open_url(const struct pv_url *url, CURLU **handle, struct provar_error *err) {
    AUTO_HANDLE CURLU *made = curl_url();
    if (made == NULL)
        return pv_fail_memory(err);
    enum provar_result result = set(made, pv_str_of(url->text), err);
    if (result == PROVAR_OK)
        *handle = PV_TAKE(made);
    return result;
}

enum provar_result pv_url_resolve(struct pv_url *url, const struct pv_url *base, struct pv_str location,
                                  struct provar_error *err) {
    AUTO_HANDLE CURLU *handle = NULL;
    enum provar_result result = open_url(base, &handle, err);
    if (result == PROVAR_OK)
        result = set(handle, location, err);
    return result == PROVAR_OK ? finish(handle, location, url, err) : result;
}

enum provar_result pv_url_add_query(struct pv_url *url, const char *name, struct pv_str value,
                                    struct provar_error *err) {
    AUTO_HANDLE CURLU *handle = NULL;
    PV_AUTO_FREE char *pair = NULL;
    if (value.len > PV_MAX_URL || pv_str_has_nul(value))
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "a '%s' that does not fit into a URL", name);
    enum provar_result result = open_url(url, &handle, err);
    if (result != PROVAR_OK)
        return result;
    if (asprintf(&pair, "%s=%.*s", name, (int)value.len, value.len > 0 ? value.text : "") < 0) {
        pair = NULL;
        return pv_fail_memory(err);
    }
    CURLUcode code = curl_url_set(handle, CURLUPART_QUERY, pair, CURLU_APPENDQUERY | CURLU_URLENCODE);
    if (code != CURLUE_OK)
        return fail_code(err, code, pv_str_of(url->text));
    return finish(handle, pv_str_of(url->text), url, err);
}

/* ---------------------------------------------------------------- origins */

enum provar_result pv_url_origin(const struct pv_url *url, struct pv_origin *origin, struct provar_error *err) {
    AUTO_HANDLE CURLU *handle = NULL;
    struct pv_origin made = {0};
    enum provar_result result = open_url(url, &handle, err);
    if (result == PROVAR_OK)
        result = read_origin(handle, pv_str_of(url->text), &made, err);
    if (result == PROVAR_OK)
        *origin = made;
    return result;
}

static bool is_same_host(const struct pv_origin *a, const struct pv_origin *b) {
    return pv_str_equal(pv_str_of(a->host), pv_str_of(b->host));
}

bool pv_origin_equal(const struct pv_origin *a, const struct pv_origin *b) {
    return a->is_tls == b->is_tls && a->port == b->port && is_same_host(a, b);
}

bool pv_origin_is_loopback(const struct pv_origin *origin) {
    return pv_address_is_loopback(pv_str_of(origin->host));
}

struct pv_quoted pv_url_quote(const struct pv_url *url) {
    return pv_quote(before_query(pv_str_of(url->text)));
}

enum provar_result pv_url_check_step(const struct pv_url *from, const struct pv_url *to, bool may_be_plain,
                                     struct provar_error *err) {
    struct pv_origin here, there;
    enum provar_result result = pv_url_origin(from, &here, err);
    if (result == PROVAR_OK)
        result = pv_url_origin(to, &there, err);
    if (result != PROVAR_OK)
        return result;
    if (here.is_tls && !there.is_tls)
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "'%s' leads from https to http: '%s'", here.host,
                       pv_url_quote(to).text);
    /* A registry of this machine that has no TLS may be no more than the way to others. */
    if (!there.is_tls && !may_be_plain && !pv_origin_is_loopback(&there))
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "'%s' leads to another machine without TLS: '%s'",
                       here.host, pv_url_quote(to).text);
    /* Names and addresses of loopback are all this machine. */
    if (is_same_host(&here, &there) || (pv_origin_is_loopback(&here) && pv_origin_is_loopback(&there)))
        return PROVAR_OK;
    if (pv_address_is_internal(pv_str_of(there.host)))
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "'%s' leads into an internal network: '%s'", here.host,
                       pv_url_quote(to).text);
    return PROVAR_OK;
}
