/* Ranges of bytes in the headers of answers: Content-Range of a download, Range of an upload. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_CONTENT_RANGE_H
#define PV_CONTENT_RANGE_H

#include "internal.h"

struct pv_content_range {
    uint64_t first, last; /* both of them counted from 0, last not before first */
    bool has_size;
    uint64_t size; /* of the whole, beyond last */
};

/* RFC 9110, 14.4: "bytes 0-65535/17593468", or "*" for a size that is not known. False for any other text, that of a
 * range that cannot be had ("bytes * / N") among them. */
bool pv_content_range_parse(struct pv_str text, struct pv_content_range *range) PV_MUST_CHECK;

/* distribution-spec, "Pushing a blob in chunks": "0-4194303" says that so many bytes are there; "bytes=" before it is
 * what some registries write. A session without a byte says "0-0", which is 0. False for any other text. */
bool pv_upload_range_parse(struct pv_str text, uint64_t *have) PV_MUST_CHECK;

#endif
