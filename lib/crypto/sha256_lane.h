/* SHA-256 of a stream on a thread of its own, while its owner reads the next block. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_SHA256_LANE_H
#define PV_SHA256_LANE_H

#include "crypto/sha256.h"

struct pv_sha256_lane;

/* With fewer than two threads (as pv_threads counts them) the owner hashes. */
enum provar_result pv_sha256_lane_new(unsigned threads, struct pv_sha256_lane **lane,
                                      struct provar_error *err) PV_MUST_CHECK;
void pv_sha256_lane_free(struct pv_sha256_lane *lane);
PV_DEFINE_CLEANUP(pv_sha256_lane_cleanup, struct pv_sha256_lane, pv_sha256_lane_free)

/* Begins a new message. What was handed over before is forgotten. */
enum provar_result pv_sha256_lane_reset(struct pv_sha256_lane *lane, struct provar_error *err) PV_MUST_CHECK;
/* PV_BLOCK bytes to fill with what comes next. */
uint8_t *pv_sha256_lane_block(struct pv_sha256_lane *lane);
/* Hands over `len` bytes of that block. They may be read until the next call of pv_sha256_lane_block. */
void pv_sha256_lane_submit(struct pv_sha256_lane *lane, size_t len);
enum provar_result pv_sha256_lane_final(struct pv_sha256_lane *lane, uint8_t digest[PV_SHA256_LEN],
                                        struct provar_error *err) PV_MUST_CHECK;

#endif
