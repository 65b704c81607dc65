/* Arrays that grow by doubling. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_ARRAY_H
#define PV_ARRAY_H

/* Room for one element more: `list` (NULL at first) holds `count` elements of `size` bytes and has room for `*room`.
 * Returns it, perhaps elsewhere; or NULL without memory, and it stays as it was. The caller keeps the limit. */
void *pv_array_grow(void *list, size_t count, size_t *room, size_t size) PV_MUST_CHECK;

#endif
