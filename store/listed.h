/* How much text a list may have: whoever lists keeps all of it. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_LISTED_H
#define PV_LISTED_H

/* Adds the characters of these texts, as they are shown, to those that were listed before. A text may be NULL.
 * PROVAR_E_LIMIT beyond PV_MAX_LISTED_TEXT. */
enum provar_result pv_listed_add(size_t *listed, const char *const *texts, size_t count,
                                 struct provar_error *err) PV_MUST_CHECK;

#endif
