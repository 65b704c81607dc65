/* What refers to an image of a layout. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_LAYOUT_REFERRERS_H
#define PV_LAYOUT_REFERRERS_H

#include "store/image/backend.h"

/* Gives each manifest, once, that `index`, the layout's index.json, names and whose subject this is. One that cannot be
 * read refers to nothing. Stops at what `each` does not take. */
enum provar_result pv_layout_each_referrer(struct pv_backend *backend, struct pv_str index,
                                           const struct pv_digest *subject, pv_referrer_fn each, void *user,
                                           struct provar_error *err) PV_MUST_CHECK;

#endif
