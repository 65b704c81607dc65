/* Bytes that must not outlive their use: seeds and what is derived from them. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_SECRET_H
#define PV_SECRET_H

/* Overwrites bytes in a way that the compiler keeps. */
void pv_secret_wipe(void *data, size_t len);

/* Memory on pages of its own, left out of core dumps; wiped when freed. NULL when there is none. */
void *pv_secret_alloc(size_t len);
void pv_secret_free(void *data, size_t len);

#endif
