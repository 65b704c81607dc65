/* A ring of work between its owner and a few threads. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include "internal.h"

#include "base/jobs.h"

/* An archive of gigabytes passes in 400 MB of address space on any number of processors; the system's usual 8 MiB of
 * stack a thread would not. */
enum { THREAD_STACK = 512 * 1024 };

struct worker {
    struct pv_ring *ring;
    unsigned number;
    pthread_t thread;
};

/* freed <= begun <= submitted, and submitted - freed <= slots; a slot's index is its count modulo `slots`. */
struct pv_ring {
    pv_work_fn work;
    void *user;
    size_t slots;
    bool serial;
    unsigned wanted;  /* threads beside the owner */
    unsigned started; /* of those */
    size_t submitted; /* only the owner changes these two */
    size_t freed;
    pthread_mutex_t lock; /* over what follows */
    pthread_cond_t to_do;
    pthread_cond_t progress;
    size_t offered; /* what the threads know of `submitted` */
    size_t begun;
    bool stop;
    bool *done; /* per slot */
    struct worker workers[PV_MAX_THREADS];
};

unsigned pv_threads(unsigned wanted) {
    cpu_set_t set;
    if (wanted == 0)
        wanted = PV_DEFAULT_THREADS;
    if (wanted == 0)
        wanted = sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set)
                                                             : PV_MAX_THREADS; /* more processors than the set holds */
    if (wanted == 0)
        return 1;
    return wanted < PV_MAX_THREADS ? wanted : PV_MAX_THREADS;
}

/* Does the next slot's work. The lock is held before and after, not meanwhile. */
static void work_once(struct pv_ring *ring, unsigned worker) {
    size_t slot = ring->begun++ % ring->slots;
    (void)pthread_mutex_unlock(&ring->lock);
    ring->work(ring->user, slot, worker);
    (void)pthread_mutex_lock(&ring->lock);
    ring->done[slot] = true;
    (void)pthread_cond_signal(&ring->progress);
}

static void *run(void *argument) {
    struct worker *worker = argument;
    struct pv_ring *ring = worker->ring;
    (void)pthread_mutex_lock(&ring->lock);
    for (;;) {
        while (!ring->stop && ring->begun == ring->offered)
            (void)pthread_cond_wait(&ring->to_do, &ring->lock);
        if (ring->stop)
            break;
        work_once(ring, worker->number);
    }
    (void)pthread_mutex_unlock(&ring->lock);
    return NULL;
}

static bool start_thread(struct worker *worker) {
    pthread_attr_t attributes;
    sigset_t all, before;
    if (pthread_attr_init(&attributes) != 0)
        return false;
    (void)pthread_attr_setstacksize(&attributes, THREAD_STACK);
    /* The program's signals are for the program's own threads. */
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, &before);
    int status = pthread_create(&worker->thread, &attributes, run, worker);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&attributes);
    return status == 0;
}

/* One more thread for one more piece of work, so that little work starts few. */
static void start_another(struct pv_ring *ring) {
    if (ring->started == ring->wanted)
        return;
    struct worker *worker = &ring->workers[ring->started];
    *worker = (struct worker){.ring = ring, .number = ring->started + 1};
    if (start_thread(worker))
        ring->started++;
    else
        ring->wanted = ring->started;
}

static enum provar_result new_ring(size_t slots, unsigned beside, bool serial, pv_work_fn work, void *user,
                                   struct pv_ring **ring, struct provar_error *err) {
    struct pv_ring *made = calloc(1, sizeof *made);
    bool *done = calloc(slots, sizeof *done);
    if (made == NULL || done == NULL) {
        free(made);
        free(done);
        return pv_fail_memory(err);
    }
    *made =
        (struct pv_ring){.work = work, .user = user, .slots = slots, .serial = serial, .wanted = beside, .done = done};
    (void)pthread_mutex_init(&made->lock, NULL);
    (void)pthread_cond_init(&made->to_do, NULL);
    (void)pthread_cond_init(&made->progress, NULL);
    *ring = made;
    return PROVAR_OK;
}

enum provar_result pv_ring_new(size_t slots, unsigned threads, pv_work_fn work, void *user, struct pv_ring **ring,
                               struct provar_error *err) {
    return new_ring(slots, pv_threads(threads) - 1, false, work, user, ring, err);
}

enum provar_result pv_ring_new_serial(size_t slots, unsigned threads, pv_work_fn work, void *user,
                                      struct pv_ring **ring, struct provar_error *err) {
    return new_ring(slots, pv_threads(threads) > 1 ? 1 : 0, true, work, user, ring, err);
}

void pv_ring_free(struct pv_ring *ring) {
    if (ring == NULL)
        return;
    (void)pthread_mutex_lock(&ring->lock);
    ring->stop = true;
    (void)pthread_cond_broadcast(&ring->to_do);
    (void)pthread_mutex_unlock(&ring->lock);
    for (unsigned i = 0; i < ring->started; i++)
        (void)pthread_join(ring->workers[i].thread, NULL);
    (void)pthread_cond_destroy(&ring->progress);
    (void)pthread_cond_destroy(&ring->to_do);
    (void)pthread_mutex_destroy(&ring->lock);
    free(ring->done);
    free(ring);
}

size_t pv_ring_slot(const struct pv_ring *ring) {
    return ring->submitted % ring->slots;
}

bool pv_ring_is_full(const struct pv_ring *ring) {
    return ring->submitted - ring->freed == ring->slots;
}

void pv_ring_submit(struct pv_ring *ring) {
    start_another(ring);
    (void)pthread_mutex_lock(&ring->lock);
    ring->done[ring->submitted % ring->slots] = false;
    ring->offered = ++ring->submitted;
    (void)pthread_cond_signal(&ring->to_do);
    (void)pthread_mutex_unlock(&ring->lock);
}

bool pv_ring_wait(struct pv_ring *ring, size_t *slot) {
    if (ring->freed == ring->submitted)
        return false;
    bool helps = !ring->serial || ring->started == 0;
    *slot = ring->freed++ % ring->slots;
    (void)pthread_mutex_lock(&ring->lock);
    while (!ring->done[*slot]) {
        if (helps && ring->begun < ring->offered)
            work_once(ring, 0);
        else
            (void)pthread_cond_wait(&ring->progress, &ring->lock);
    }
    (void)pthread_mutex_unlock(&ring->lock);
    return true;
}

enum provar_result pv_jobs_each(size_t count, unsigned threads, pv_work_fn work, void *user, struct provar_error *err) {
    PV_AUTO_RING struct pv_ring *ring = NULL;
    if (count == 0)
        return PROVAR_OK;
    enum provar_result result = pv_ring_new(count, threads, work, user, &ring, err);
    if (result != PROVAR_OK)
        return result;
    /* The owner does the last one itself. */
    ring->wanted = ring->wanted < count - 1 ? ring->wanted : (unsigned)(count - 1);
    for (size_t i = 0; i < count; i++)
        pv_ring_submit(ring);
    for (size_t slot; pv_ring_wait(ring, &slot);)
        continue;
    return PROVAR_OK;
}
