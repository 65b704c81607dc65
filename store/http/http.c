/* One HTTP request and its answer, by libcurl: no redirects, no retries, no credentials of its own. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <curl/curl.h>
#include <pthread.h>

#include "internal.h"

#include "base/secret.h"
#include "store/http/http.h"
#include "store/http/http_files.h"
#include "store/http/http_head.h"
#include "store/http/http_request.h"

struct pv_http {
    struct pv_http_settings settings;
    struct pv_buf authorities; /* PEM; empty: libcurl's own choice */
    CURL *idle;                /* has the connections; NULL while a request is made by it */
    CURLcode failure;          /* of the last request */
    bool has_no_tls;
};

enum { TOO_LARGE = 100 };

/* A request on its way. */
struct exchange {
    CURL *easy;
    const struct pv_http_request *request;
    struct pv_http_head *head;
    uint64_t sent, head_len, ignored;
    bool has_head;
    bool is_enough; /* of the body: the rest is of no use */
    enum provar_result result;
    struct provar_error *err;
    char text[CURL_ERROR_SIZE];
};

static void cleanup_easy(CURL **easy) {
    curl_easy_cleanup(*easy);
}

#define AUTO_EASY PV_CLEANUP(cleanup_easy)

/* ---------------------------------------------------------------- the answer's head */

static bool has_header(CURL *easy, const char *name) {
    struct curl_header *header;
    return curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &header) == CURLHE_OK;
}

static enum provar_result read_field(CURL *easy, const struct pv_http_field *field, struct provar_error *err) {
    struct curl_header *header;
    enum provar_result result = PROVAR_OK;
    for (size_t i = 0; result == PROVAR_OK; i++) {
        if (curl_easy_header(easy, field->name, i, CURLH_HEADER, -1, &header) != CURLHE_OK)
            return PROVAR_OK;
        result = pv_http_field_add(field, pv_str_of(header->value), header->amount, err);
    }
    return result;
}

static enum provar_result read_head(CURL *easy, struct pv_http_head *head, struct provar_error *err) {
    struct pv_http_field fields[PV_HTTP_FIELDS];
    struct curl_header *length;
    enum provar_result result = PROVAR_OK;
    pv_http_fields(head, fields);
    for (size_t i = 0; i < PV_HTTP_FIELDS && result == PROVAR_OK; i++)
        result = read_field(easy, &fields[i], err);
    if (result != PROVAR_OK || curl_easy_header(easy, "Content-Length", 0, CURLH_HEADER, -1, &length) != CURLHE_OK)
        return result;
    struct pv_str value = pv_str_of(length->value);
    size_t amount = length->amount;
    return pv_http_length_read(head, value, amount, has_header(easy, "Transfer-Encoding"), err);
}

/* The empty line: all of the head is there, unless it was an interim one (RFC 9110, section 15.2). */
static enum provar_result end_head(struct exchange *exchange) {
    long status = 0;
    (void)curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status < 200)
        return PROVAR_OK;
    exchange->head->status = (unsigned)status;
    enum provar_result result = read_head(exchange->easy, exchange->head, exchange->err);
    if (result != PROVAR_OK)
        return result;
    exchange->has_head = true;
    exchange->is_enough = status == 416;
    return exchange->request->on_head
               ? exchange->request->on_head(exchange->request->user, exchange->head, exchange->err)
               : PROVAR_OK;
}

/* What libcurl calls: anything but the length of what it gave ends the transfer. */
static size_t on_line(char *line, size_t size, size_t count, void *user) {
    struct exchange *exchange = user;
    struct pv_str text = pv_str(line, size * count);
    exchange->result = pv_http_line_check(text, &exchange->head_len, exchange->err);
    if (exchange->result == PROVAR_OK && !exchange->has_head && pv_str_chomp(text).len == 0)
        exchange->result = end_head(exchange);
    return exchange->result == PROVAR_OK && !exchange->is_enough ? text.len : 0;
}

/* ---------------------------------------------------------------- bodies */

static enum provar_result take_body(struct exchange *exchange, const void *data, size_t len) {
    const struct pv_http_request *request = exchange->request;
    if (!exchange->has_head)
        return pv_fail(exchange->err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "an answer without a status");
    if (request->on_body)
        return request->on_body(request->user, data, len, exchange->err);
    exchange->ignored += len;
    exchange->is_enough = exchange->ignored > PV_MAX_IGNORED_BODY;
    return PROVAR_OK;
}

static size_t on_data(char *data, size_t size, size_t count, void *user) {
    struct exchange *exchange = user;
    exchange->result = take_body(exchange, data, size * count);
    return exchange->result == PROVAR_OK && !exchange->is_enough ? size * count : 0;
}

static size_t on_read(char *data, size_t size, size_t count, void *user) {
    struct exchange *exchange = user;
    const struct pv_http_request *request = exchange->request;
    uint64_t left = request->body_len - exchange->sent;
    size_t cap = size * count, len = 0;
    if (left == 0)
        return 0;
    exchange->result = request->body->read_at(request->body->user, request->body_offset + exchange->sent, data,
                                              left < cap ? (size_t)left : cap, &len, exchange->err);
    if (exchange->result == PROVAR_OK && len == 0)
        exchange->result = pv_fail(exchange->err, PROVAR_E_REGISTRY, request->body_offset + exchange->sent,
                                   "the content ends before its size");
    exchange->sent += len;
    return exchange->result == PROVAR_OK ? len : CURL_READFUNC_ABORT;
}

/* A connection that was kept may turn out to be dead, after which libcurl begins anew on another. */
static int on_seek(void *user, curl_off_t offset, int origin) {
    struct exchange *exchange = user;
    if (origin != SEEK_SET || offset < 0 || (uint64_t)offset > exchange->request->body_len)
        return CURL_SEEKFUNC_FAIL;
    exchange->sent = (uint64_t)offset;
    return CURL_SEEKFUNC_OK;
}

/* ---------------------------------------------------------------- the request */

/* One of them may be a password. */
static void free_headers(struct curl_slist **headers) {
    for (struct curl_slist *header = *headers; header; header = header->next)
        pv_secret_wipe(header->data, strlen(header->data));
    curl_slist_free_all(*headers);
}

#define AUTO_HEADERS PV_CLEANUP(free_headers)

static enum provar_result make_headers(const struct pv_http_request *request, struct curl_slist **headers,
                                       struct provar_error *err) {
    PV_AUTO_HTTP_LINES struct pv_http_lines lines = {0};
    enum provar_result result = pv_http_lines_make(request, &lines, err);
    for (size_t i = 0; i < lines.count && result == PROVAR_OK; i++) {
        struct curl_slist *longer = curl_slist_append(*headers, lines.line[i]);
        if (longer == NULL)
            return pv_fail_memory(err);
        *headers = longer;
    }
    return result;
}

/* The first option that libcurl does not take is the result: none of them may be left out. */
#define SET(code, easy, option, value)                                                                                 \
    do {                                                                                                               \
        if ((code) == CURLE_OK)                                                                                        \
            (code) = curl_easy_setopt(easy, CURLOPT_##option, value);                                                  \
    } while (0)

static CURLcode set_transport(const struct pv_http *http, CURL *easy) {
    const struct pv_http_settings *settings = &http->settings;
    uint32_t connect_ms = settings->connect_timeout_ms ? settings->connect_timeout_ms : 30000;
    uint32_t stall_s = settings->stall_seconds ? settings->stall_seconds : 60;
    CURLcode code = CURLE_OK;
    SET(code, easy, NOSIGNAL, 1L);
    SET(code, easy, PROTOCOLS_STR, "http,https");
    SET(code, easy, FOLLOWLOCATION, 0L);
    SET(code, easy, CONNECTTIMEOUT_MS, (long)connect_ms);
    SET(code, easy, LOW_SPEED_LIMIT, 1024L);
    SET(code, easy, LOW_SPEED_TIME, (long)stall_s);
    /* For speed alone; a handle whose last request found no host refuses it. */
    (void)curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)PV_BLOCK);
    (void)curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)PV_BLOCK);
    /* What a proxy needs to see is not what the registry does. */
    SET(code, easy, HEADEROPT, (long)CURLHEADER_SEPARATE);
    SET(code, easy, SUPPRESS_CONNECT_HEADERS, 1L);
    if (settings->proxy)
        SET(code, easy, PROXY, settings->proxy);
    if (settings->no_proxy)
        SET(code, easy, NOPROXY, settings->no_proxy);
    return code;
}

static CURLcode set_tls(struct pv_http *http, CURL *easy, bool sends_certificate) {
    const struct pv_http_settings *settings = &http->settings;
    struct curl_blob authorities = {http->authorities.data, http->authorities.len, CURL_BLOB_NOCOPY};
    const char *key_file = settings->key_file ? settings->key_file : settings->cert_file;
    CURLcode code = CURLE_OK;
    SET(code, easy, SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(code, easy, SSL_VERIFYPEER, settings->skip_tls_verify ? 0L : 1L);
    SET(code, easy, SSL_VERIFYHOST, settings->skip_tls_verify ? 0L : 2L);
    if (authorities.len > 0)
        SET(code, easy, CAINFO_BLOB, &authorities);
    if (settings->ca_only)
        SET(code, easy, CAPATH, NULL);
    if (!sends_certificate || settings->cert_file == NULL)
        return code;
    SET(code, easy, SSLCERT, settings->cert_file);
    SET(code, easy, SSLKEY, key_file);
    /* Without one OpenSSL asks at the terminal for what an encrypted key needs. */
    SET(code, easy, KEYPASSWD, "");
    return code;
}

static CURLcode set_method(CURL *easy, const struct pv_http_request *request) {
    static const char *const names[] = {
        [PV_HTTP_GET] = "GET", [PV_HTTP_HEAD] = "HEAD",   [PV_HTTP_POST] = "POST",
        [PV_HTTP_PUT] = "PUT", [PV_HTTP_PATCH] = "PATCH", [PV_HTTP_DELETE] = "DELETE",
    };
    bool uploads =
        request->method == PV_HTTP_POST || request->method == PV_HTTP_PUT || request->method == PV_HTTP_PATCH;
    CURLcode code = CURLE_OK;
    if (request->method == PV_HTTP_HEAD)
        SET(code, easy, NOBODY, 1L);
    else
        SET(code, easy, CUSTOMREQUEST, names[request->method]);
    if (!uploads)
        return code;
    SET(code, easy, UPLOAD, 1L);
    SET(code, easy, INFILESIZE_LARGE, (curl_off_t)(request->body ? request->body_len : 0));
    /* NET-10: several versions of libcurl stall when they upload by HTTP/2. */
    SET(code, easy, HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    return code;
}

static CURLcode set_callbacks(struct exchange *exchange) {
    CURL *easy = exchange->easy;
    CURLcode code = CURLE_OK;
    SET(code, easy, ERRORBUFFER, exchange->text);
    SET(code, easy, HEADERFUNCTION, on_line);
    SET(code, easy, HEADERDATA, (void *)exchange);
    SET(code, easy, WRITEFUNCTION, on_data);
    SET(code, easy, WRITEDATA, (void *)exchange);
    SET(code, easy, READFUNCTION, on_read);
    SET(code, easy, READDATA, (void *)exchange);
    SET(code, easy, SEEKFUNCTION, on_seek);
    SET(code, easy, SEEKDATA, (void *)exchange);
    return code;
}

static enum provar_result set_options(struct pv_http *http, struct exchange *exchange, struct curl_slist *headers,
                                      struct provar_error *err) {
    CURL *easy = exchange->easy;
    char agent[64];
    (void)snprintf(agent, sizeof agent, "provar/%s", provar_version());
    CURLcode code = set_transport(http, easy);
    if (code == CURLE_OK)
        code = set_tls(http, easy, exchange->request->sends_certificate);
    if (code == CURLE_OK)
        code = set_method(easy, exchange->request);
    if (code == CURLE_OK)
        code = set_callbacks(exchange);
    SET(code, easy, USERAGENT, agent);
    SET(code, easy, HTTPHEADER, headers);
    SET(code, easy, URL, exchange->request->url->text);
    if (code == CURLE_OUT_OF_MEMORY)
        return pv_fail_memory(err);
    if (code != CURLE_OK)
        return pv_fail(err, PROVAR_E_INTERNAL, PROVAR_NO_OFFSET, "libcurl lacks what provar needs of it: %s",
                       curl_easy_strerror(code));
    return PROVAR_OK;
}

/* ---------------------------------------------------------------- doing it */

/* What OpenSSL and GnuTLS say to an answer that is no TLS record. */
static bool says_no_tls(const char *text) {
    static const char *const signs[] = {"wrong version number", "packet length too long", "unexpected TLS packet"};
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (strstr(text, signs[i]))
            return true;
    return false;
}

static enum provar_result fail_transfer(struct pv_http *http, const struct exchange *exchange, CURLcode code,
                                        struct provar_error *err) {
    const struct pv_url *url = exchange->request->url;
    const char *text = exchange->text[0] != 0 ? exchange->text : curl_easy_strerror(code);
    long asked = 0;
    (void)curl_easy_getinfo(exchange->easy, CURLINFO_REQUEST_SIZE, &asked);
    http->failure = code;
    http->has_no_tls = code == CURLE_SSL_CONNECT_ERROR && says_no_tls(text);
    /* libcurl has a limit of its own to a line without an end, and this is what it says of it, since 8.6 by its name.
     */
    if (asked > 0 && !exchange->has_head && (code == CURLE_OUT_OF_MEMORY || (int)code == TOO_LARGE))
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "'%s': headers that do not end", pv_url_quote(url).text);
    if (code == CURLE_OUT_OF_MEMORY)
        return pv_fail_memory(err);
    enum provar_result result = PROVAR_E_NETWORK;
    if (code == CURLE_SSL_CERTPROBLEM || code == CURLE_SSL_CACERT_BADFILE)
        result = PROVAR_E_USAGE;
    if (code == CURLE_WEIRD_SERVER_REPLY)
        result = PROVAR_E_REGISTRY;
    return pv_fail(err, result, PROVAR_NO_OFFSET, "'%s': %s", pv_url_quote(url).text, pv_quote(pv_str_of(text)).text);
}

static enum provar_result judge(struct pv_http *http, const struct exchange *exchange, CURLcode code,
                                struct provar_error *err) {
    if (exchange->result != PROVAR_OK)
        return exchange->result;
    if (exchange->has_head && (code == CURLE_OK || exchange->is_enough || exchange->head->status >= 300))
        return PROVAR_OK;
    /* libcurl is content with a head that breaks off between two lines. */
    return fail_transfer(http, exchange, code == CURLE_OK ? CURLE_PARTIAL_FILE : code, err);
}

/* A handshake that believes nobody, after which nothing is sent. Before one that counts libcurl reads the system's
 * authorities, which takes fifty milliseconds, ten times the whole of a request to this machine. */
static enum provar_result shake_hands(struct pv_http *http, const struct pv_http_request *request,
                                      struct provar_error *err) {
    AUTO_EASY CURL *easy = curl_easy_init();
    struct exchange exchange = {.easy = easy, .request = request};
    if (easy == NULL)
        return pv_fail_memory(err);
    CURLcode code = set_transport(http, easy);
    SET(code, easy, SSL_VERIFYPEER, 0L);
    SET(code, easy, SSL_VERIFYHOST, 0L);
    SET(code, easy, CONNECT_ONLY, 1L);
    SET(code, easy, ERRORBUFFER, exchange.text);
    SET(code, easy, URL, request->url->text);
    if (code == CURLE_OK)
        code = curl_easy_perform(easy);
    /* Whoever speaks TLS may want more of us than this, a certificate among others. */
    bool has_tls = code == CURLE_OK || (code == CURLE_SSL_CONNECT_ERROR && !says_no_tls(exchange.text));
    return has_tls ? PROVAR_OK : fail_transfer(http, &exchange, code, err);
}

/* The handle that has the connections; a new one where a request is made from the callback of another. */
static CURL *take_easy(struct pv_http *http) {
    return http->idle ? PV_TAKE(http->idle) : curl_easy_init();
}

static void give_easy(struct pv_http *http, CURL **easy) {
    /* Keeps the connections, and nothing of the request that is over. */
    curl_easy_reset(*easy);
    if (http->idle == NULL)
        http->idle = PV_TAKE(*easy);
}

enum provar_result pv_http_do(struct pv_http *http, const struct pv_http_request *request, struct pv_http_head *head,
                              struct provar_error *err) {
    AUTO_HEADERS struct curl_slist *headers = NULL;
    AUTO_EASY CURL *easy = take_easy(http);
    struct exchange exchange = {.easy = easy, .request = request, .head = head, .err = err};
    pv_http_head_init(head);
    http->failure = CURLE_OK;
    http->has_no_tls = false;
    if (easy == NULL)
        return pv_fail_memory(err);
    enum provar_result result = request->may_lack_tls ? shake_hands(http, request, err) : PROVAR_OK;
    if (result == PROVAR_OK)
        result = make_headers(request, &headers, err);
    if (result == PROVAR_OK)
        result = set_options(http, &exchange, headers, err);
    if (result == PROVAR_OK)
        result = judge(http, &exchange, curl_easy_perform(easy), err);
    give_easy(http, &easy);
    return result;
}

bool pv_http_peer_has_no_tls(const struct pv_http *http) {
    return http->has_no_tls;
}

bool pv_http_failure_may_pass(const struct pv_http *http) {
    static const CURLcode passing[] = {
        CURLE_COULDNT_CONNECT, CURLE_OPERATION_TIMEDOUT, CURLE_SEND_ERROR, CURLE_RECV_ERROR,
        CURLE_GOT_NOTHING,     CURLE_PARTIAL_FILE,       CURLE_HTTP2,      CURLE_HTTP2_STREAM,
    };
    for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++)
        if (http->failure == passing[i])
            return true;
    return false;
}

/* ---------------------------------------------------------------- settings */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static CURLcode started;

/* Never undone: other parts of the process may use libcurl, too. */
static void start_curl(void) {
    started = curl_global_init(CURL_GLOBAL_DEFAULT);
}

static void cleanup_http(struct pv_http **http) {
    pv_http_free(*http);
}

enum provar_result pv_http_new(const struct pv_http_settings *settings, struct pv_http **http,
                               struct provar_error *err) {
    if (pthread_once(&once, start_curl) != 0 || started != CURLE_OK)
        return pv_fail(err, PROVAR_E_INTERNAL, PROVAR_NO_OFFSET, "libcurl does not start");
    const char *system_bundle = NULL;
    PV_CLEANUP(cleanup_http) struct pv_http *made = calloc(1, sizeof *made);
    if (made == NULL)
        return pv_fail_memory(err);
    made->settings = *settings;
    pv_buf_init(&made->authorities, 3 * PV_MAX_CERTIFICATES);
    made->idle = curl_easy_init();
    if (made->idle == NULL)
        return pv_fail_memory(err);
    (void)curl_easy_getinfo(made->idle, CURLINFO_CAINFO, &system_bundle);
    enum provar_result result = pv_http_files_read(settings, system_bundle, &made->authorities, err);
    if (result == PROVAR_OK)
        *http = PV_TAKE(made);
    return result;
}

void pv_http_free(struct pv_http *http) {
    if (http == NULL)
        return;
    curl_easy_cleanup(http->idle);
    pv_buf_release(&http->authorities);
    free(http);
}
