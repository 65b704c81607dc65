/* Arrays that grow by doubling. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/array.h"

enum { LEAST = 16 };

void *pv_array_grow(void *list, size_t count, size_t *room, size_t size) {
    if (count < *room)
        return list;
    size_t more = *room > 0 ? 2 * *room : LEAST;
    void *grown = reallocarray(list, more, size);
    if (grown != NULL)
        *room = more;
    return grown;
}
