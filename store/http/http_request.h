/* The headers of an HTTP request as lines, which may hold what lets one in. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_HTTP_REQUEST_H
#define PV_HTTP_REQUEST_H

#include "store/http/http.h"

enum { PV_HTTP_REQUEST_LINES = 7 };

/* "NAME: VALUE", or "NAME:" for a header that libcurl would add by itself and must not. */
struct pv_http_lines {
    char *line[PV_HTTP_REQUEST_LINES];
    size_t count;
};

/* Control characters in a value are PROVAR_E_REGISTRY: it was a registry's, and would begin a header of its own. */
enum provar_result pv_http_lines_make(const struct pv_http_request *request, struct pv_http_lines *lines,
                                      struct provar_error *err) PV_MUST_CHECK;
/* Wipes them. */
void pv_http_lines_release(struct pv_http_lines *lines);

#define PV_AUTO_HTTP_LINES PV_CLEANUP(pv_http_lines_release)

#endif
