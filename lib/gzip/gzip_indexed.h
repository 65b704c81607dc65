/* The tar stream of a gzip file with a target index: read from any member on, by several threads. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_GZIP_INDEXED_H
#define PV_GZIP_INDEXED_H

#include "gzip/gzip_index.h"
#include "source/source.h"

/* Opens the tar stream of `file`, which is borrowed. `*source` becomes NULL when the file has no index, has one that
 * contradicts itself or the file's length, is longer than max_file, or cannot be read by offset.
 *
 * The index is a hint that nobody has signed. This source skips bodies and their padding, which it takes for zeros,
 * without reading them; whatever it does decode must be as the index says, or reading fails with PROVAR_E_GZIP. A
 * caller that meets any failure at all reads the file once more as a stream, whose verdict counts. Only when every part
 * was read to its end does `finish` succeed, and then the stream would have given the same bytes.
 *
 * A part is selected by the place of a member's header and the length of header and body. */
enum provar_result pv_gzip_indexed_new(struct pv_source *file, uint64_t max_file, struct pv_source **source,
                                       struct provar_error *err) PV_MUST_CHECK;

/* The name that the index has for the member whose header stands at `tar_at`; empty when there is none. */
struct pv_str pv_gzip_indexed_name(const struct pv_source *source, uint64_t tar_at);

/* What the index says of its member `i`, borrowed; NULL when it has no more. */
const struct pv_gzip_segment *pv_gzip_indexed_segment(const struct pv_source *source, size_t i);

/* A member's compressed bytes in the file, and the CRC of what they decode to. */
struct pv_gzip_run {
    uint64_t from, to;
    uint32_t crc;
};

/* False when no member's header stands at `tar_at`, or its part was not yet read to its end. */
bool pv_gzip_indexed_run(struct pv_source *source, uint64_t tar_at, struct pv_gzip_run *run);

#endif
