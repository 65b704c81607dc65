/* One HTTP request and its answer, by libcurl: no redirects, no retries, no credentials of its own. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_HTTP_H
#define PV_HTTP_H

#include "store/image/content.h"
#include "store/http/url.h"

/* How connections are made. Texts are borrowed, and NULL where nothing is asked for. */
struct pv_http_settings {
    const char *ca_file;   /* PEM, added to the system's unless ca_only */
    struct pv_str ca_pem;  /* the same as text: what pv_certificates_find has found; may be empty */
    bool ca_only;          /* with ca_file or ca_pem */
    const char *cert_file; /* of the client, PEM; sent where a request says so alone */
    const char *key_file;  /* NULL: it is in cert_file */
    bool skip_tls_verify;
    const char *proxy, *no_proxy;
    uint32_t connect_timeout_ms; /* 0: 30 s */
    uint32_t stall_seconds;      /* below 1 KiB/s for so long is an error; 0: 60 s */
};

/* Connections that are kept. Used by one thread at a time; a request may be made from the callback of another. */
struct pv_http;
/* PROVAR_E_IO or PROVAR_E_USAGE for files of the settings that cannot be used. */
enum provar_result pv_http_new(const struct pv_http_settings *settings, struct pv_http **http,
                               struct provar_error *err) PV_MUST_CHECK;
void pv_http_free(struct pv_http *http);

enum pv_http_method { PV_HTTP_GET, PV_HTTP_HEAD, PV_HTTP_POST, PV_HTTP_PUT, PV_HTTP_PATCH, PV_HTTP_DELETE };

/* Headers of an answer that anything here looks at. Texts that are missing are empty; one that is there twice where
 * once is right is PROVAR_E_REGISTRY, the values of others are joined by ", ". Control characters, folded lines
 * (RFC 9112, section 5.2), and a Content-Length beside a Transfer-Encoding are PROVAR_E_REGISTRY too, a line of more
 * than PV_MAX_HEADER_LINE or all of them with more than PV_MAX_HEAD bytes PROVAR_E_LIMIT. */
struct pv_http_head {
    unsigned status;
    bool has_length;
    uint64_t length;
    struct pv_buf location, content_type, content_range, content_encoding, range, link, retry_after, digest, warning;
    struct pv_buf oci_subject, oci_chunk_min_length, ratelimit_remaining, ratelimit_limit;
    struct pv_buf challenges; /* every WWW-Authenticate, each ended by a line feed */
};

struct pv_http_request {
    enum pv_http_method method;
    const struct pv_url *url;
    const char *accept;        /* NULL: none is sent */
    const char *authorization; /* the header's value; NULL: none */
    const char *content_type;  /* NULL: none */
    const char *content_range; /* NULL: none */
    bool may_lack_tls;         /* the peer: costs a handshake more, and where it has none nothing else */
    bool sends_certificate;    /* the client's, where the settings have one: only to the registry's origin */
    /* Of a GET: asks for first..last, both of them counted from 0; last < first is everything, and so is 0..0, which is
     * what a request without a range has. */
    uint64_t first, last;
    const struct pv_content *body; /* body_len bytes of it from body_offset; NULL: no body, Content-Length: 0 */
    uint64_t body_offset, body_len;
    /* Called once, before a byte of the body. What it gives other than PROVAR_OK ends the request. May be NULL. */
    enum provar_result (*on_head)(void *user, const struct pv_http_head *head, struct provar_error *err);
    /* The answer's body in parts, after on_head. May be NULL: then it is read and forgotten, 64 KiB at most. */
    enum provar_result (*on_body)(void *user, const void *data, size_t len, struct provar_error *err);
    void *user;
};

/* PROVAR_OK when an answer came, whatever its status; the head is the caller's to release, in any case. Where no answer
 * came, or a part of it: PROVAR_E_NETWORK. What on_head or on_body gave is handed on, and what the body's content gave.
 *
 * The body of an answer with a status of 300 or more only says why: where it breaks off, the answer has come all the
 * same. That of a 416 is not read: distribution 2.8 says there how long the blob is, and sends 33 bytes. */
enum provar_result pv_http_do(struct pv_http *http, const struct pv_http_request *request, struct pv_http_head *head,
                              struct provar_error *err) PV_MUST_CHECK;
void pv_http_head_release(struct pv_http_head *head);

/* What a status says (RFC 9110, sections 15.3 and 15.4); of the others of 3xx none leads elsewhere. */
static inline bool pv_http_is_success(unsigned status) {
    return status >= 200 && status <= 299;
}
static inline bool pv_http_is_redirect(unsigned status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* Whether the peer of the last request that failed does not speak TLS at all: then, on this machine alone, plain HTTP
 * may be tried (NET-6). */
bool pv_http_peer_has_no_tls(const struct pv_http *http);
/* Whether the last request that failed may do better when it is made again: no connection, one that broke, silence. Not
 * so for a name that nobody has, or a certificate that is not believed. */
bool pv_http_failure_may_pass(const struct pv_http *http);

#endif
