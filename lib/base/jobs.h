/* Work that a few threads do side by side, or one thread does in order, while their owner goes on. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_JOBS_H
#define PV_JOBS_H

/* The threads to work with, the owner's own among them: `wanted`, or for 0 as many as there are processors that this
 * process may use; PV_MAX_THREADS at most. */
unsigned pv_threads(unsigned wanted);

/*
 * Slots, numbered 0 to slots - 1, that go round:
 *
 *     the owner fills slot pv_ring_slot -> pv_ring_submit -> `work` -> pv_ring_wait gives it back, the oldest first
 *
 * What a slot is, the caller keeps in an array of its own: it belongs to the owner, but for the time between submit and
 * wait. Only the thread that made a ring may call these functions.
 */
struct pv_ring;

/* Does the work of a slot. `worker` is below the number of threads, and different for those that run at one time. */
typedef void (*pv_work_fn)(void *user, size_t slot, unsigned worker);

/* Two or more threads, their owner's among them, take slots in any order; the owner helps while it waits. One thread is
 * the owner, who then does all of the work in pv_ring_wait. A thread that cannot start is done without. */
enum provar_result pv_ring_new(size_t slots, unsigned threads, pv_work_fn work, void *user, struct pv_ring **ring,
                               struct provar_error *err) PV_MUST_CHECK;
/* The same for work that must be done in the order of submission: one thread beside the owner, who does not help; when
 * pv_threads makes one of `threads`, the owner alone. */
enum provar_result pv_ring_new_serial(size_t slots, unsigned threads, pv_work_fn work, void *user,
                                      struct pv_ring **ring, struct provar_error *err) PV_MUST_CHECK;
/* Forgets the work that was not begun, and waits for what was. */
void pv_ring_free(struct pv_ring *ring);
PV_DEFINE_CLEANUP(pv_ring_cleanup, struct pv_ring, pv_ring_free)
#define PV_AUTO_RING PV_CLEANUP(pv_ring_cleanup)

/* The slot to fill next; the ring must not be full. */
size_t pv_ring_slot(const struct pv_ring *ring);
bool pv_ring_is_full(const struct pv_ring *ring);
void pv_ring_submit(struct pv_ring *ring);
/* Waits for the oldest slot; false when none is out. */
bool pv_ring_wait(struct pv_ring *ring, size_t *slot);

/* Does the work of `count` slots, and returns when all of it is done. */
enum provar_result pv_jobs_each(size_t count, unsigned threads, pv_work_fn work, void *user,
                                struct provar_error *err) PV_MUST_CHECK;

#endif
