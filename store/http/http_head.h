/* The head of an HTTP answer line by line: what may stand in it, and how much. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_HTTP_HEAD_H
#define PV_HTTP_HEAD_H

#include "store/http/http.h"

void pv_http_head_init(struct pv_http_head *head);

/* Judges one line as it came, with its end. `total` counts the bytes of all lines of one request. */
enum provar_result pv_http_line_check(struct pv_str line, uint64_t *total, struct provar_error *err) PV_MUST_CHECK;

/* A header that is known, and where its value belongs. */
struct pv_http_field {
    const char *name;
    struct pv_buf *value;
    bool may_repeat;
    char between; /* what ends each value; 0: ", " stands between them */
};
enum { PV_HTTP_FIELDS = 14 };
void pv_http_fields(struct pv_http_head *head, struct pv_http_field fields[PV_HTTP_FIELDS]);

/* Adds one of `amount` values. */
enum provar_result pv_http_field_add(const struct pv_http_field *field, struct pv_str value, size_t amount,
                                     struct provar_error *err) PV_MUST_CHECK;

/* RFC 9110, section 8.6, less leading zeros; RFC 9112, section 6.3, for what a transfer coding beside it means. */
enum provar_result pv_http_length_read(struct pv_http_head *head, struct pv_str value, size_t amount, bool is_coded,
                                       struct provar_error *err) PV_MUST_CHECK;

#endif
