/* SHA-256 (FIPS 180-4), streaming. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_SHA256_H
#define PV_SHA256_H

enum { PV_SHA256_LEN = 32 };

struct pv_sha256;

enum provar_result pv_sha256_new(struct pv_sha256 **hash, struct provar_error *err) PV_MUST_CHECK;
void pv_sha256_free(struct pv_sha256 *hash);
PV_DEFINE_CLEANUP(pv_sha256_cleanup, struct pv_sha256, pv_sha256_free)
#define PV_AUTO_SHA256 PV_CLEANUP(pv_sha256_cleanup)

/* Begins a new message; pv_sha256_new has done it already. */
enum provar_result pv_sha256_reset(struct pv_sha256 *hash, struct provar_error *err) PV_MUST_CHECK;
/* After a final and before the next reset, both are PROVAR_E_INTERNAL. */
enum provar_result pv_sha256_update(struct pv_sha256 *hash, const void *data, size_t len,
                                    struct provar_error *err) PV_MUST_CHECK;
enum provar_result pv_sha256_final(struct pv_sha256 *hash, uint8_t digest[PV_SHA256_LEN],
                                   struct provar_error *err) PV_MUST_CHECK;

/* Random bytes from the library that also does the hashing and signing. */
enum provar_result pv_random(void *data, size_t len, struct provar_error *err) PV_MUST_CHECK;

#endif
