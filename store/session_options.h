/* The options of a session, with texts of its own. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_SESSION_OPTIONS_H
#define PV_SESSION_OPTIONS_H

#include "provar-store.h"

#include "internal.h"

/* PROVAR_E_USAGE for options that contradict each other. On failure there is nothing to release. */
enum provar_result pv_session_options_copy(const struct provar_store_options *from, struct provar_store_options *to,
                                           struct provar_error *err) PV_MUST_CHECK;
/* Wipes the passwords. */
void pv_session_options_release(struct provar_store_options *options);

#endif
