/* Tests of crypto/sha256_lane: the digest of the blocks in their order, on whatever thread. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>

#include <openssl/evp.h>

#include "support/check.h"

#include "internal.h"

#include "base/jobs.h"
#include "crypto/sha256_lane.h"

/* The linker sends the library's pthread_create(3) here (tests/unit/meson.build). */
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *user);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *user);

static bool cannot_start;
static int started;

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *user) {
    if (cannot_start)
        return EAGAIN;
    started++;
    return __real_pthread_create(thread, attributes, run, user);
}

enum { MESSAGE_LEN = 20 * (int)PV_BLOCK + 12345 };
static uint8_t message[MESSAGE_LEN];

static int fill_message(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof message; i++)
        message[i] = (uint8_t)(i * 31 + i / 253);
    return 0;
}

static struct pv_sha256_lane *new_lane(unsigned threads) {
    struct pv_sha256_lane *lane = NULL;
    started = 0;
    assert_int_equal(pv_sha256_lane_new(threads, &lane, NULL), PROVAR_OK);
    return lane;
}

/* Hands `len` bytes over, `step` at a time. */
static void feed(struct pv_sha256_lane *lane, size_t len, size_t step) {
    for (size_t done = 0; done < len;) {
        size_t part = len - done < step ? len - done : step;
        uint8_t *block = pv_sha256_lane_block(lane);
        memcpy(block, message + done, part);
        pv_sha256_lane_submit(lane, part);
        assert_memory_equal(block, message + done, part); /* may be read until the next one is asked for */
        done += part;
    }
}

static void assert_final(struct pv_sha256_lane *lane, size_t len) {
    uint8_t digest[PV_SHA256_LEN], due[EVP_MAX_MD_SIZE];
    assert_int_equal(EVP_Digest(message, len, due, NULL, EVP_sha256(), NULL), 1);
    assert_int_equal(pv_sha256_lane_final(lane, digest, NULL), PROVAR_OK);
    assert_memory_equal(digest, due, sizeof digest);
}

static const unsigned thread_counts[] = {0, 1, 2, 8};

static void test_digests(void **state) {
    (void)state;
    static const size_t lens[] = {0, 1, PV_BLOCK - 1, PV_BLOCK, PV_BLOCK + 1, 5 * PV_BLOCK, MESSAGE_LEN};
    for (size_t t = 0; t < array_length(thread_counts); t++) {
        PV_CLEANUP(pv_sha256_lane_cleanup) struct pv_sha256_lane *lane = new_lane(thread_counts[t]);
        for (size_t i = 0; i < array_length(lens); i++) {
            assert_int_equal(pv_sha256_lane_reset(lane, NULL), PROVAR_OK);
            feed(lane, lens[i], PV_BLOCK);
            assert_final(lane, lens[i]);
            assert_int_equal(pv_sha256_lane_reset(lane, NULL), PROVAR_OK);
            feed(lane, lens[i], 70001);
            (void)pv_sha256_lane_block(lane);
            pv_sha256_lane_submit(lane, 0);
            assert_final(lane, lens[i]);
        }
    }
    pv_sha256_lane_free(NULL);
}

static void test_it_needs_no_reset_at_first(void **state) {
    (void)state;
    PV_CLEANUP(pv_sha256_lane_cleanup) struct pv_sha256_lane *lane = new_lane(2);
    feed(lane, 1000, 100);
    assert_final(lane, 1000);
}

/* One thread beside the owner, however many were asked for; none with one. */
static void test_threads(void **state) {
    (void)state;
    for (size_t t = 0; t < array_length(thread_counts); t++) {
        PV_CLEANUP(pv_sha256_lane_cleanup) struct pv_sha256_lane *lane = new_lane(thread_counts[t]);
        feed(lane, MESSAGE_LEN, PV_BLOCK);
        assert_final(lane, MESSAGE_LEN);
        assert_int_equal(started, pv_threads(thread_counts[t]) > 1);
    }
}

static void test_without_the_thread(void **state) {
    (void)state;
    PV_CLEANUP(pv_sha256_lane_cleanup) struct pv_sha256_lane *lane = new_lane(2);
    cannot_start = true;
    feed(lane, MESSAGE_LEN, PV_BLOCK);
    cannot_start = false;
    assert_final(lane, MESSAGE_LEN);
}

static void test_a_reset_forgets(void **state) {
    (void)state;
    for (size_t t = 0; t < array_length(thread_counts); t++) {
        PV_CLEANUP(pv_sha256_lane_cleanup) struct pv_sha256_lane *lane = new_lane(thread_counts[t]);
        feed(lane, 3 * PV_BLOCK, PV_BLOCK);
        assert_int_equal(pv_sha256_lane_reset(lane, NULL), PROVAR_OK);
        feed(lane, 100, 100);
        assert_final(lane, 100);
        feed(lane, 3 * PV_BLOCK, 1000); /* and is freed with work outstanding */
    }
}

/* Bytes for a digest that is finished: the failure is told at the end, until a reset. */
static void test_a_failure_is_told_at_the_end(void **state) {
    (void)state;
    for (size_t t = 0; t < array_length(thread_counts); t++) {
        PV_CLEANUP(pv_sha256_lane_cleanup) struct pv_sha256_lane *lane = new_lane(thread_counts[t]);
        struct provar_error err = {0};
        uint8_t digest[PV_SHA256_LEN] = {0}, untouched[PV_SHA256_LEN] = {0};
        feed(lane, 100, 100);
        assert_final(lane, 100);
        feed(lane, 2 * PV_BLOCK, 1000);
        assert_fails(pv_sha256_lane_final(lane, digest, &err), PROVAR_E_INTERNAL, err, PROVAR_NO_OFFSET);
        assert_memory_equal(digest, untouched, sizeof digest);
        assert_int_equal(pv_sha256_lane_reset(lane, NULL), PROVAR_OK);
        feed(lane, 200, 100);
        assert_final(lane, 200);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_digests),         cmocka_unit_test(test_it_needs_no_reset_at_first),
        cmocka_unit_test(test_threads),         cmocka_unit_test(test_without_the_thread),
        cmocka_unit_test(test_a_reset_forgets), cmocka_unit_test(test_a_failure_is_told_at_the_end),
    };
    return cmocka_run_group_tests_name("sha256_lane", tests, fill_message, NULL);
}
