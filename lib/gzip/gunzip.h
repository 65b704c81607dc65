/* A source over a source: exactly one gzip member, its header and trailer checked, and nothing after it (RFC 1952). */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_GUNZIP_H
#define PV_GUNZIP_H

#include "source/source.h"

/* Reads `inner`, which stands at byte 0 and stays the caller's. More than max_file compressed bytes is PROVAR_E_LIMIT;
 * every violation of RFC 1951 or 1952, a wrong CRC or length, and any byte after the trailer is PROVAR_E_GZIP with the
 * offset in the compressed input. The end of the decoded bytes is reported only when the trailer and the end of the
 * input were seen. Can rewind where `inner` can. */
enum provar_result pv_gunzip_new(struct pv_source *inner, uint64_t max_file, struct pv_source **source,
                                 struct provar_error *err) PV_MUST_CHECK;

#endif
