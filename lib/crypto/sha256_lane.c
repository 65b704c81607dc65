/* Blocks that are filled by the owner and hashed in their order by another thread. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/jobs.h"
#include "crypto/sha256_lane.h"

/* One is filled, one is hashed, and two are spare for the moments in which one side is slower. */
enum { BLOCKS = 4 };

struct pv_sha256_lane {
    struct pv_sha256 *hash;
    struct pv_ring *ring;
    struct provar_error error; /* the first one since the reset; of the thread that hashes, between submit and wait */
    size_t lens[BLOCKS];
    uint8_t blocks[BLOCKS][PV_BLOCK];
};

static void hash_block(void *user, size_t slot, unsigned thread) {
    struct pv_sha256_lane *lane = user;
    (void)thread;
    if (lane->error.code == PROVAR_OK)
        (void)!pv_sha256_update(lane->hash, lane->blocks[slot], lane->lens[slot], &lane->error);
}

enum provar_result pv_sha256_lane_new(unsigned threads, struct pv_sha256_lane **lane, struct provar_error *err) {
    PV_CLEANUP(pv_sha256_lane_cleanup) struct pv_sha256_lane *made = malloc(sizeof *made);
    if (made == NULL)
        return pv_fail_memory(err);
    made->hash = NULL;
    made->ring = NULL;
    made->error = (struct provar_error){0};
    enum provar_result result = pv_sha256_new(&made->hash, err);
    if (result == PROVAR_OK)
        result = pv_ring_new_serial(BLOCKS, threads, hash_block, made, &made->ring, err);
    if (result == PROVAR_OK)
        *lane = PV_TAKE(made);
    return result;
}

void pv_sha256_lane_free(struct pv_sha256_lane *lane) {
    if (lane == NULL)
        return;
    pv_ring_free(lane->ring);
    pv_sha256_free(lane->hash);
    free(lane);
}

static void wait_for_all(struct pv_sha256_lane *lane) {
    for (size_t slot; pv_ring_wait(lane->ring, &slot);)
        continue;
}

enum provar_result pv_sha256_lane_reset(struct pv_sha256_lane *lane, struct provar_error *err) {
    wait_for_all(lane);
    provar_error_clear(&lane->error);
    return pv_sha256_reset(lane->hash, err);
}

uint8_t *pv_sha256_lane_block(struct pv_sha256_lane *lane) {
    size_t slot;
    if (pv_ring_is_full(lane->ring))
        (void)pv_ring_wait(lane->ring, &slot);
    return lane->blocks[pv_ring_slot(lane->ring)];
}

void pv_sha256_lane_submit(struct pv_sha256_lane *lane, size_t len) {
    lane->lens[pv_ring_slot(lane->ring)] = len;
    pv_ring_submit(lane->ring);
}

enum provar_result pv_sha256_lane_final(struct pv_sha256_lane *lane, uint8_t digest[PV_SHA256_LEN],
                                        struct provar_error *err) {
    wait_for_all(lane);
    if (lane->error.code != PROVAR_OK)
        return pv_fail(err, (enum provar_result)lane->error.code, PROVAR_NO_OFFSET, "%s", lane->error.message);
    return pv_sha256_final(lane->hash, digest, err);
}
