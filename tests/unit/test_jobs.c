/* Tests of base/jobs: every slot once, in its order where that is promised, on no more threads than were asked for. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>

#include "support/check.h"

#include "internal.h"

#include "base/jobs.h"

/* The linker sends the library's pthread_create(3) here (tests/unit/meson.build). */
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *user);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *user);

static int may_start = INT_MAX; /* threads that still can */
static int started, refused;

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *user) {
    if (started == may_start) {
        refused++;
        return EAGAIN;
    }
    started++;
    return __real_pthread_create(thread, attributes, run, user);
}

enum { MAX_SLOTS = 200 };

/* What became of the work. */
struct log {
    unsigned threads;
    pthread_t owner;
    atomic_int done[MAX_SLOTS];
    atomic_bool busy[PV_MAX_THREADS]; /* by the number of a worker */
    atomic_int begun, ended, by_owner, faults;
    size_t order[MAX_SLOTS]; /* of a serial ring */
    atomic_bool gate;        /* work waits until it is open */
};

static void log_begin(struct log *log, unsigned threads) {
    memset(log, 0, sizeof *log);
    log->threads = threads;
    log->owner = pthread_self();
    atomic_store(&log->gate, true);
    started = refused = 0;
}

static bool all_signals_are_blocked(void) {
    sigset_t set;
    return pthread_sigmask(SIG_BLOCK, NULL, &set) == 0 && sigismember(&set, SIGINT) == 1 &&
           sigismember(&set, SIGTERM) == 1 && sigismember(&set, SIGCHLD) == 1;
}

/* cmocka's assertions belong to the main thread, so faults are counted. */
static void work(void *user, size_t slot, unsigned worker) {
    struct log *log = user;
    bool is_owner = pthread_equal(pthread_self(), log->owner) != 0;
    while (!atomic_load(&log->gate))
        (void)sched_yield();
    int place = atomic_fetch_add(&log->begun, 1);
    if (place < MAX_SLOTS)
        log->order[place] = slot;
    if (worker >= log->threads || (worker == 0) != is_owner || is_owner == all_signals_are_blocked() ||
        atomic_exchange(&log->busy[worker], true))
        atomic_fetch_add(&log->faults, 1);
    (void)nanosleep(&(struct timespec){.tv_nsec = (long)(slot * 7919 % 5) * 20000}, NULL);
    atomic_store(&log->busy[worker], false);
    atomic_fetch_add(&log->by_owner, is_owner);
    atomic_fetch_add(&log->done[slot], 1);
    atomic_fetch_add(&log->ended, 1);
}

static void assert_each_once(struct log *log, size_t count) {
    assert_int_equal(log->faults, 0);
    assert_int_equal(log->ended, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(log->done[i], 1);
}

/* ---------------------------------------------------------------- how many threads */

static void test_the_number_of_threads(void **state) {
    (void)state;
    cpu_set_t set, one;
    assert_int_equal(pv_threads(1), 1);
    assert_int_equal(pv_threads(PV_MAX_THREADS), PV_MAX_THREADS);
    assert_int_equal(pv_threads(PV_MAX_THREADS + 1), PV_MAX_THREADS);
    assert_int_equal(pv_threads(UINT_MAX), PV_MAX_THREADS);
    assert_int_equal(sched_getaffinity(0, sizeof set, &set), 0);
    unsigned usual = pv_threads(0);
    assert_in_range(usual, 1, PV_MAX_THREADS);
    /* One processor of those that there are: a default that the build has set does not change, another becomes 1. */
    CPU_ZERO(&one);
    for (size_t i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; i++)
        if (CPU_ISSET(i, &set))
            CPU_SET(i, &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    unsigned alone = pv_threads(0);
    assert_int_equal(sched_setaffinity(0, sizeof set, &set), 0);
    if (usual == (unsigned)CPU_COUNT(&set))
        assert_true(alone == 1 || alone == usual);
    else
        assert_int_equal(alone, usual);
}

static const unsigned thread_counts[] = {1, 2, 8, PV_MAX_THREADS};

static void test_each_slot_once(void **state) {
    (void)state;
    static const size_t counts[] = {0, 1, 2, 3, 50, MAX_SLOTS};
    static struct log log;
    for (size_t t = 0; t < array_length(thread_counts); t++) {
        for (size_t c = 0; c < array_length(counts); c++) {
            log_begin(&log, thread_counts[t]);
            assert_int_equal(pv_jobs_each(counts[c], thread_counts[t], work, &log, NULL), PROVAR_OK);
            assert_each_once(&log, counts[c]);
            /* The owner is one of them, and no thread is started for which there is no work. */
            size_t useful = counts[c] < thread_counts[t] ? counts[c] : thread_counts[t];
            assert_true(started < (int)useful || started == 0);
            if (thread_counts[t] == 1)
                assert_int_equal(log.by_owner, counts[c]);
        }
    }
}

/* Where the owner begins, it waits for the others to have done something: a machine under load starts them late. */
static void work_behind_others(void *user, size_t slot, unsigned worker) {
    struct log *log = user;
    for (int i = 0; slot == 0 && worker == 0 && i < 20000 && atomic_load(&log->ended) == 0; i++)
        (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    work(user, slot, worker);
}

static void test_threads_are_used(void **state) {
    (void)state;
    static struct log log;
    log_begin(&log, 3);
    assert_int_equal(pv_jobs_each(50, 3, work_behind_others, &log, NULL), PROVAR_OK);
    assert_int_equal(started, 2);
    assert_true(log.by_owner < 50);
}

static void test_a_thread_that_cannot_start_is_done_without(void **state) {
    (void)state;
    static struct log log;
    for (may_start = 0; may_start < 3; may_start++) {
        log_begin(&log, 4);
        assert_int_equal(pv_jobs_each(50, 4, work, &log, NULL), PROVAR_OK);
        assert_each_once(&log, 50);
        assert_int_equal(started, may_start);
        assert_int_equal(refused, 1); /* and not tried again */
        if (may_start == 0)
            assert_int_equal(log.by_owner, 50);
    }
    may_start = INT_MAX;
}

static void test_the_owners_signals_stay(void **state) {
    (void)state;
    static struct log log;
    sigset_t blocked, after;
    (void)sigemptyset(&blocked);
    (void)sigaddset(&blocked, SIGUSR2);
    assert_int_equal(pthread_sigmask(SIG_BLOCK, &blocked, NULL), 0);
    log_begin(&log, 2);
    assert_int_equal(pv_jobs_each(4, 2, work, &log, NULL), PROVAR_OK);
    assert_int_equal(pthread_sigmask(SIG_UNBLOCK, &blocked, &after), 0);
    assert_int_equal(sigismember(&after, SIGUSR2), 1);
    assert_int_equal(sigismember(&after, SIGINT), 0);
}

/* ---------------------------------------------------------------- rings */

typedef enum provar_result (*new_ring_fn)(size_t slots, unsigned threads, pv_work_fn work, void *user,
                                          struct pv_ring **ring, struct provar_error *err);

/* Goes round several times; every slot comes back once, the oldest first. */
static void go_round(new_ring_fn new_ring, size_t slots, unsigned threads, struct log *log) {
    PV_AUTO_RING struct pv_ring *ring = NULL;
    size_t slot = 77, next = 0, back = 0;
    log_begin(log, pv_threads(threads));
    assert_int_equal(new_ring(slots, threads, work, log, &ring, NULL), PROVAR_OK);
    assert_false(pv_ring_wait(ring, &slot));
    assert_int_equal(slot, 77);
    while (next < 3 * slots) {
        while (!pv_ring_is_full(ring)) {
            assert_int_equal(pv_ring_slot(ring), next % slots);
            pv_ring_submit(ring);
            next++;
        }
        assert_int_equal(next - back, slots);
        assert_true(pv_ring_wait(ring, &slot));
        assert_int_equal(slot, back++ % slots);
        assert_true(log->ended >= (int)back);
    }
    for (; pv_ring_wait(ring, &slot); back++)
        assert_int_equal(slot, back % slots);
    assert_int_equal(back, next);
    assert_int_equal(log->ended, next);
    assert_int_equal(log->faults, 0);
}

static void test_a_ring_goes_round(void **state) {
    (void)state;
    static struct log log;
    for (size_t t = 0; t < array_length(thread_counts); t++)
        for (size_t slots = 1; slots < 8; slots += 3)
            go_round(pv_ring_new, slots, thread_counts[t], &log);
}

static void assert_order(const struct log *log, size_t slots) {
    for (int i = 0; i < log->ended; i++)
        assert_int_equal(log->order[i], (size_t)i % slots);
}

static void test_a_serial_ring_keeps_the_order(void **state) {
    (void)state;
    static struct log log;
    for (unsigned threads = 1; threads < 9; threads++) {
        go_round(pv_ring_new_serial, 4, threads, &log);
        assert_order(&log, 4);
        assert_int_equal(started, threads > 1);
        /* The owner does all of it or nothing. */
        assert_int_equal(log.by_owner, threads > 1 ? 0 : log.ended);
    }
    may_start = 0;
    go_round(pv_ring_new_serial, 4, 2, &log);
    may_start = INT_MAX;
    assert_order(&log, 4);
    assert_int_equal(log.by_owner, log.ended);
}

/* 0 is as many as there are processors. */
static void test_a_serial_ring_of_the_usual_threads(void **state) {
    (void)state;
    static struct log log;
    go_round(pv_ring_new_serial, 4, 0, &log);
    assert_int_equal(started, pv_threads(0) > 1);
}

/* What was begun ends before the ring is gone; what was not is forgotten. */
static void test_a_ring_is_freed_with_work_outstanding(void **state) {
    (void)state;
    static const new_ring_fn kinds[] = {pv_ring_new, pv_ring_new_serial};
    static struct log log;
    for (size_t k = 0; k < 2; k++) {
        for (unsigned threads = 1; threads < 5; threads++) {
            struct pv_ring *ring = NULL;
            log_begin(&log, threads);
            assert_int_equal(kinds[k](8, threads, work, &log, &ring, NULL), PROVAR_OK);
            for (int i = 0; i < 8; i++)
                pv_ring_submit(ring);
            pv_ring_free(ring);
            int begun = log.begun;
            assert_int_equal(log.ended, begun);
            (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
            assert_int_equal(log.begun, begun);
            assert_int_equal(log.faults, 0);
            if (threads == 1)
                assert_int_equal(begun, 0);
        }
    }
    pv_ring_free(NULL);
}

/* The owner helps while the oldest slot is not done. */
static void test_the_owner_goes_on_meanwhile(void **state) {
    (void)state;
    static struct log log;
    PV_AUTO_RING struct pv_ring *ring = NULL;
    size_t slot;
    log_begin(&log, 2);
    atomic_store(&log.gate, false);
    assert_int_equal(pv_ring_new_serial(3, 2, work, &log, &ring, NULL), PROVAR_OK);
    for (int i = 0; i < 3; i++)
        pv_ring_submit(ring); /* returns although nothing can be done yet */
    assert_true(pv_ring_is_full(ring));
    assert_int_equal(log.ended, 0);
    atomic_store(&log.gate, true);
    for (size_t i = 0; i < 3; i++)
        assert_true(pv_ring_wait(ring, &slot));
    assert_int_equal(log.ended, 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_number_of_threads),
        cmocka_unit_test(test_each_slot_once),
        cmocka_unit_test(test_threads_are_used),
        cmocka_unit_test(test_a_thread_that_cannot_start_is_done_without),
        cmocka_unit_test(test_the_owners_signals_stay),
        cmocka_unit_test(test_a_ring_goes_round),
        cmocka_unit_test(test_a_serial_ring_keeps_the_order),
        cmocka_unit_test(test_a_serial_ring_of_the_usual_threads),
        cmocka_unit_test(test_a_ring_is_freed_with_work_outstanding),
        cmocka_unit_test(test_the_owner_goes_on_meanwhile),
    };
    return cmocka_run_group_tests_name("jobs", tests, NULL, NULL);
}
