/* Link headers (RFC 8288): where the next page of a list is. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_LINK_HEADER_H
#define PV_LINK_HEADER_H

#include "internal.h"

/*
 *     Link: </v2/NAME/tags/list?last=b&n=2>; rel="next", <...>; rel=prev; title="a, b"
 *
 * Finds the target of the first link whose relation types have "next" among them, as it stands between the angle
 * brackets, borrowed; empty when there is none. False for a header that is malformed before that. */
bool pv_link_next(struct pv_str header, struct pv_str *target) PV_MUST_CHECK;

#endif
