/* One segment of an indexed gzip file as a source: it decodes from an empty window, and its end is proven. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_GZIP_SEGMENT_H
#define PV_GZIP_SEGMENT_H

#include "source/source.h"

/* A segment of no more bytes is decoded by one thread: it is done before others have begun to help. */
enum { PV_GZIP_SHARED = 4 << 20 };

/* What became known of a segment that was read to its end. */
struct pv_gzip_crc {
    bool known;
    uint32_t crc; /* of all of its bytes, the padding among them */
};

struct pv_gzip_extent {
    uint64_t from, to;       /* its compressed bytes, in the file */
    uint64_t len;            /* bytes that it gives out */
    uint64_t padding;        /* zeros behind them, which are read and judged, not given out */
    bool is_final;           /* ends with the final block; else between two blocks */
    struct pv_gzip_crc *crc; /* written at the end; borrowed */
};

/* A source over `file`, which is borrowed and has read_at. It stands nowhere before pv_gzip_segment_begin. Its end is
 * reported only when the compressed bytes end right there: else PROVAR_E_GZIP. A large segment of pieces that do not
 * refer to each other is decoded by `threads`, as pv_threads takes them; neither bytes nor verdict depend on them. */
enum provar_result pv_gzip_segment_new(struct pv_source *file, unsigned threads, struct pv_source **segment,
                                       struct provar_error *err) PV_MUST_CHECK;
void pv_gzip_segment_begin(struct pv_source *segment, const struct pv_gzip_extent *extent);

#endif
