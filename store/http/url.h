/* URLs (RFC 3986), read and put together by libcurl, and the origins that credentials belong to. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_URL_H
#define PV_URL_H

#include "internal.h"

#include "store/image/limits.h"

/* http or https, with a host, without user or password. */
struct pv_url {
    char text[PV_MAX_URL + 1];
};

/* Scheme, host in lower case and port, defaults filled in (RFC 6454, section 4). */
struct pv_origin {
    bool is_tls;
    uint16_t port;
    char host[PV_MAX_HOST + 1]; /* an IPv6 address in brackets */
};

/* Of "HOST[:PORT]" and an absolute path. */
enum provar_result pv_url_make(struct pv_url *url, bool is_tls, const char *host, const char *path,
                               struct provar_error *err) PV_MUST_CHECK;
/* What a Location names, relative to the URL it came from; the bytes of its query stay as they are. */
enum provar_result pv_url_resolve(struct pv_url *url, const struct pv_url *base, struct pv_str location,
                                  struct provar_error *err) PV_MUST_CHECK;
/* Appends NAME=VALUE to the query, encoded. */
enum provar_result pv_url_add_query(struct pv_url *url, const char *name, struct pv_str value,
                                    struct provar_error *err) PV_MUST_CHECK;
enum provar_result pv_url_origin(const struct pv_url *url, struct pv_origin *origin,
                                 struct provar_error *err) PV_MUST_CHECK;
bool pv_origin_equal(const struct pv_origin *a, const struct pv_origin *b);
/* Whether a host is an address or a name that leads to this machine: localhost, 127.0.0.0/8, ::1. */
bool pv_origin_is_loopback(const struct pv_origin *origin);
/* The same, without a query, which may hold what lets one in: for messages, escaped. */
struct pv_quoted pv_url_quote(const struct pv_url *url);

/* Whether an answer of `from` may send a client on to `to`. Never from https to http; off this machine to http only
 * where plain http was asked for by name (NET-6); never to an address (not a name) that is loopback, link-local,
 * private or unspecified, unless `from` is of the same host (NET-3). PROVAR_E_REGISTRY. */
enum provar_result pv_url_check_step(const struct pv_url *from, const struct pv_url *to, bool may_be_plain,
                                     struct provar_error *err) PV_MUST_CHECK;

#endif
