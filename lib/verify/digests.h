/* The digests of members that can be read apart, on all processors. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_DIGESTS_H
#define PV_DIGESTS_H

#include "verify/scan.h"

/* Hashes the members that `options` name, of a stream that gives parts and was walked by a scan. Fills in their digests
 * and what their bytes say they are. Of a stream that only the whole proves, every member is read, and the whole
 * judged. */
enum provar_result pv_digests_run(struct pv_source *stream, const struct pv_scan_options *options, struct pv_scan *scan,
                                  struct provar_error *err) PV_MUST_CHECK;

#endif
