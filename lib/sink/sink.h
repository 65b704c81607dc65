/* Where verified bytes go: an output that appears whole, or the caller's memory. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_SINK_H
#define PV_SINK_H

#include "verify/verified.h"

/* Writes a proven body to an output of this mode, and makes the output real when its digest held. */
enum provar_result pv_sink_output(const struct provar_verified *verified, const struct pv_member *member,
                                  const struct provar_output *to, mode_t mode, struct provar_error *err) PV_MUST_CHECK;

/* Writes a proven body to memory that must hold it all: PROVAR_E_LIMIT. The caller clears it when this fails. */
enum provar_result pv_sink_memory(const struct provar_verified *verified, const struct pv_member *member, void *buf,
                                  size_t cap, struct provar_error *err) PV_MUST_CHECK;

/* Writes a proven body to a descriptor, which nobody may use unless this succeeds. */
enum provar_result pv_sink_fd(const struct provar_verified *verified, const struct pv_member *member, int fd,
                              struct provar_error *err) PV_MUST_CHECK;

#endif
