/* SHA-256: published messages, any split of a message, and misuse of the stream. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "internal.h"

#include "crypto/sha256.h"
#include "support/keys.h"
#include "vectors/sha256.h"

static struct pv_sha256 *new_hash(void) {
    struct pv_sha256 *hash = NULL;
    struct provar_error err = {0};
    assert_succeeds(pv_sha256_new(&hash, &err), &err);
    assert_non_null(hash);
    return hash;
}

static void update(struct pv_sha256 *hash, const void *data, size_t len) {
    struct provar_error err = {0};
    assert_succeeds(pv_sha256_update(hash, data, len, &err), &err);
}

static void assert_digest(struct pv_sha256 *hash, const char *hex) {
    uint8_t digest[PV_SHA256_LEN], expected[PV_SHA256_LEN];
    struct provar_error err = {0};
    unhex(hex, expected, sizeof expected);
    assert_succeeds(pv_sha256_final(hash, digest, &err), &err);
    assert_memory_equal(digest, expected, sizeof digest);
}

static void test_published_messages(void **state) {
    (void)state;
    PV_AUTO_SHA256 struct pv_sha256 *hash = new_hash();
    struct provar_error err = {0};
    for (size_t i = 0; i < COUNT(sha256_vectors); i++) {
        const struct sha256_vector *vector = &sha256_vectors[i];
        assert_succeeds(pv_sha256_reset(hash, &err), &err);
        for (size_t n = 0; n < vector->repeat; n++)
            update(hash, vector->piece, vector->piece_len);
        assert_digest(hash, vector->digest);
    }
}

/* Around the block of 64 bytes and the 9 bytes of padding, in two pieces of every size. */
static void test_every_split_gives_one_digest(void **state) {
    (void)state;
    uint8_t message[150], whole[PV_SHA256_LEN], split[PV_SHA256_LEN];
    struct provar_error err = {0};
    PV_AUTO_SHA256 struct pv_sha256 *hash = new_hash();
    for (size_t i = 0; i < sizeof message; i++)
        message[i] = (uint8_t)(i * 37 + 11);
    update(hash, message, sizeof message);
    assert_succeeds(pv_sha256_final(hash, whole, &err), &err);
    for (size_t at = 0; at <= sizeof message; at++) {
        assert_succeeds(pv_sha256_reset(hash, &err), &err);
        update(hash, message, at);
        update(hash, message + at, sizeof message - at);
        assert_succeeds(pv_sha256_final(hash, split, &err), &err);
        assert_memory_equal(split, whole, sizeof whole);
    }
}

static void test_reset_forgets_what_came_before(void **state) {
    (void)state;
    struct provar_error err = {0};
    PV_AUTO_SHA256 struct pv_sha256 *hash = new_hash();
    update(hash, "left over", 9);
    assert_succeeds(pv_sha256_reset(hash, &err), &err);
    update(hash, "abc", 3);
    assert_digest(hash, "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD");
}

static void test_no_bytes_need_no_pointer(void **state) {
    (void)state;
    PV_AUTO_SHA256 struct pv_sha256 *hash = new_hash();
    update(hash, NULL, 0);
    assert_digest(hash, "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855");
}

static void test_a_finished_message_takes_nothing_more(void **state) {
    (void)state;
    uint8_t digest[PV_SHA256_LEN], untouched[PV_SHA256_LEN] = {0};
    struct provar_error err = {0};
    PV_AUTO_SHA256 struct pv_sha256 *hash = new_hash();
    update(hash, "abc", 3);
    assert_succeeds(pv_sha256_final(hash, digest, &err), &err);
    assert_fails(pv_sha256_update(hash, "d", 1, &err), PROVAR_E_INTERNAL, &err);
    memset(digest, 0, sizeof digest);
    assert_fails(pv_sha256_final(hash, digest, &err), PROVAR_E_INTERNAL, &err);
    assert_memory_equal(digest, untouched, sizeof digest);

    assert_succeeds(pv_sha256_reset(hash, &err), &err);
    update(hash, "abc", 3);
    assert_digest(hash, "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD");
}

static void test_free_takes_null(void **state) {
    (void)state;
    pv_sha256_free(NULL);
}

static void test_random_bytes_differ(void **state) {
    (void)state;
    uint8_t first[32] = {0}, second[32] = {0}, guarded[34] = {0};
    struct provar_error err = {0};
    assert_succeeds(pv_random(first, sizeof first, &err), &err);
    assert_succeeds(pv_random(second, sizeof second, &err), &err);
    assert_memory_not_equal(first, second, sizeof first);
    assert_succeeds(pv_random(guarded + 1, 32, &err), &err);
    assert_int_equal(guarded[0], 0);
    assert_int_equal(guarded[33], 0);
    assert_succeeds(pv_random(guarded, 0, &err), &err);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_messages),
        cmocka_unit_test(test_every_split_gives_one_digest),
        cmocka_unit_test(test_reset_forgets_what_came_before),
        cmocka_unit_test(test_no_bytes_need_no_pointer),
        cmocka_unit_test(test_a_finished_message_takes_nothing_more),
        cmocka_unit_test(test_free_takes_null),
        cmocka_unit_test(test_random_bytes_differ),
    };
    return cmocka_run_group_tests_name("sha256", tests, NULL, NULL);
}
