/* Bytes on their way between a store and its user: in memory, in a blob, watched, hashed. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_CONTENT_H
#define PV_CONTENT_H

#include "store/image/backend.h"

/* `bytes` and `blob` are borrowed for as long as the content is. */
struct pv_content pv_content_memory(const struct pv_str *bytes);
struct pv_content pv_content_blob(struct pv_blob *blob);

/* Reads all of a content, gives them to `take`, which may be NULL, and says what digest they have. A content
 * that ends before its size is PROVAR_E_REGISTRY. */
enum provar_result pv_content_read(const struct pv_content *from, pv_take_fn take, void *user, struct pv_digest *digest,
                                   struct provar_error *err) PV_MUST_CHECK;

/* PROVAR_E_REGISTRY unless the digest of the bytes that were read is the one that is expected. */
enum provar_result pv_content_compare(const struct pv_digest *expected, const struct pv_digest *found,
                                      struct provar_error *err) PV_MUST_CHECK;

#endif
