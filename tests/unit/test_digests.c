/* Tests of verify/digests: what is hashed, which failure counts, and when the whole is judged. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/archive.h"

#include "internal.h"

#include "verify/digests.h"

enum { MEMBERS = 6 };

/* A stream whose parts give 'a', 'b', ... or fail, by where they lie. */
struct fake {
    struct pv_source head;
    bool fails[MEMBERS];
    unsigned parts, finishes;
    unsigned shared, most; /* parts with threads of their own, and how many each has */
    enum provar_result verdict;
};

struct fake_part {
    struct pv_source head;
    struct fake *fake;
    size_t member;
    uint64_t left;
};

static enum provar_result part_read(struct pv_source *source, void *buf, size_t cap, size_t *len,
                                    struct provar_error *err) {
    struct fake_part *part = (struct fake_part *)source;
    /* A part that will fail is the faster, the later it is in the archive. */
    if (part->fake->fails[part->member]) {
        (void)nanosleep(&(struct timespec){.tv_nsec = (long)(MEMBERS - part->member) * 1000000}, NULL);
        return pv_fail(err, PROVAR_E_IO, part->member, "part %zu fails", part->member);
    }
    *len = cap < part->left ? cap : (size_t)part->left;
    memset(buf, 'a' + (int)part->member, *len);
    part->left -= *len;
    return PROVAR_OK;
}

static enum provar_result part_select(struct pv_source *source, uint64_t offset, uint64_t len,
                                      struct provar_error *err) {
    struct fake_part *part = (struct fake_part *)source;
    (void)err;
    part->member = (size_t)offset / 4096;
    part->left = len;
    return PROVAR_OK;
}

static uint64_t part_skip(struct pv_source *source, uint64_t count) {
    ((struct fake_part *)source)->left -= count;
    return count;
}

static void part_free(struct pv_source *source) {
    free(source);
}

static const struct pv_source_ops part_ops = {
    .read = part_read, .skip = part_skip, .select = part_select, .free = part_free};

static enum provar_result fake_part(struct pv_source *source, unsigned threads, struct pv_source **part,
                                    struct provar_error *err) {
    struct fake_part *made = calloc(1, sizeof *made);
    if (made == NULL)
        return pv_fail_memory(err);
    made->head.ops = &part_ops;
    made->fake = (struct fake *)source;
    made->fake->parts++;
    made->fake->shared += threads > 1;
    made->fake->most = threads > made->fake->most ? threads : made->fake->most;
    *part = &made->head;
    return PROVAR_OK;
}

static enum provar_result fake_finish(struct pv_source *source, struct provar_error *err) {
    struct fake *fake = (struct fake *)source;
    fake->finishes++;
    return fake->verdict == PROVAR_OK ? PROVAR_OK : pv_fail(err, fake->verdict, 7, "the whole is wrong");
}

static const struct pv_source_ops judging = {.part = fake_part, .finish = fake_finish};
static const struct pv_source_ops plain = {.part = fake_part};

/* The token, the world, four targets; the later, the larger, so that the largest is begun first. */
static struct pv_member members[MEMBERS];
static char names[MEMBERS][32] = {"claims.jwt", "world.wasm", "a.bin", "b.bin", "c.bin", "d.bin"};

static struct pv_scan scan_of_members(void) {
    for (size_t i = 0; i < MEMBERS; i++)
        members[i] = (struct pv_member){
            .kind = i == 0   ? PROVAR_MEMBER_TOKEN
                    : i == 1 ? PROVAR_MEMBER_WORLD
                             : PROVAR_MEMBER_TARGET,
            .name = names[i],
            .stem = i < 2 ? pv_str_of(names[i]) : pv_str(names[i], 1),
            .size = 100 * (i + 1),
            .body_offset = 4096 * i + 512,
        };
    return (struct pv_scan){.members = members, .count = MEMBERS, .target_count = 4};
}

static struct fake fake_of(const struct pv_source_ops *ops) {
    return (struct fake){.head = {.ops = ops}};
}

static enum provar_result run(struct fake *fake, enum pv_scan_digests digests, unsigned threads,
                              struct provar_error *err) {
    struct pv_scan_options options = {.digests = digests, .target = PV_STR("c"), .threads = threads};
    struct pv_scan scan = scan_of_members();
    return pv_digests_run(&fake->head, &options, &scan, err);
}

static void assert_hashed(size_t i) {
    uint8_t body[100 * MEMBERS], due[EVP_MAX_MD_SIZE];
    memset(body, 'a' + (int)i, sizeof body);
    assert_int_equal(EVP_Digest(body, (size_t)members[i].size, due, NULL, EVP_sha256(), NULL), 1);
    assert_true(members[i].hashed);
    assert_memory_equal(members[i].digest, due, PV_SHA256_LEN);
}

static const unsigned thread_counts[] = {1, 2, 8, PV_MAX_THREADS};

static void test_all(void **state) {
    (void)state;
    for (size_t t = 0; t < array_length(thread_counts); t++) {
        struct fake fake = fake_of(t % 2 ? &judging : &plain);
        assert_ok(run(&fake, PV_SCAN_ALL_DIGESTS, thread_counts[t], NULL));
        for (size_t i = 1; i < MEMBERS; i++)
            assert_hashed(i);
        assert_false(members[0].hashed);
        assert_int_equal(fake.finishes, t % 2);
        assert_in_range(fake.parts, 1, thread_counts[t] < MEMBERS ? thread_counts[t] : MEMBERS);
    }
}

/* One target is hashed. Where the whole says more than its parts, the others are read as well. */
static void test_one(void **state) {
    (void)state;
    for (size_t t = 0; t < array_length(thread_counts); t++) {
        struct fake fake = fake_of(&plain);
        fake.fails[0] = fake.fails[1] = fake.fails[2] = fake.fails[3] = fake.fails[5] = true;
        assert_ok(run(&fake, PV_SCAN_ONE_TARGET, thread_counts[t], NULL));
        assert_hashed(4);
        assert_int_equal(fake.parts, 1);
        fake = fake_of(&judging);
        assert_ok(run(&fake, PV_SCAN_ONE_TARGET, thread_counts[t], NULL));
        assert_hashed(4);
        for (size_t i = 0; i < MEMBERS; i++)
            assert_true(members[i].hashed == (i == 4));
        assert_int_equal(fake.finishes, 1);
        for (size_t i = 0; i < MEMBERS; i++) {
            fake = fake_of(&judging);
            fake.fails[i] = true;
            assert_int_equal(run(&fake, PV_SCAN_ONE_TARGET, thread_counts[t], NULL), PROVAR_E_IO);
        }
        fake = fake_of(&judging);
        fake.verdict = PROVAR_E_GZIP;
        assert_int_equal(run(&fake, PV_SCAN_ONE_TARGET, thread_counts[t], NULL), PROVAR_E_GZIP);
    }
}

/* Large members, where they are fewer than the threads, share them. */
static void test_spare_threads(void **state) {
    (void)state;
    static const struct {
        uint64_t size;
        unsigned large, threads, shared, most;
    } cases[] = {
        {4 * PV_MIB, 1, 8, 0, 1},     {4 * PV_MIB + 1, 1, 8, 1, 8}, {4 * PV_MIB + 1, 2, 8, 2, 4},
        {4 * PV_MIB + 1, 2, 3, 0, 1}, {4 * PV_MIB + 1, 1, 1, 0, 1}, {4 * PV_MIB + 1, 3, 7, 3, 2},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        struct fake fake = fake_of(&plain);
        struct pv_scan_options options = {.digests = PV_SCAN_ALL_DIGESTS, .threads = cases[i].threads};
        struct pv_scan scan = scan_of_members();
        for (size_t k = 0; k < cases[i].large; k++)
            members[MEMBERS - 1 - k].size = cases[i].size;
        assert_ok(pv_digests_run(&fake.head, &options, &scan, NULL));
        assert_int_equal(fake.shared, cases[i].shared);
        assert_int_equal(fake.most, cases[i].most);
        for (size_t k = 1; k < MEMBERS; k++)
            assert_true(members[k].hashed);
    }
}

static void test_nothing_to_hash(void **state) {
    (void)state;
    struct fake fake = fake_of(&judging);
    struct pv_scan_options options = {.digests = PV_SCAN_ALL_DIGESTS, .threads = 8};
    struct pv_scan scan = {0};
    assert_ok(pv_digests_run(&fake.head, &options, &scan, NULL));
    assert_int_equal(fake.finishes, 1);
}

/* The failure of the first member in the archive, though it is the last to come. */
static void test_the_first_failure_counts(void **state) {
    (void)state;
    for (size_t t = 0; t < array_length(thread_counts); t++) {
        for (size_t first = 1; first < MEMBERS; first++) {
            struct fake fake = fake_of(&judging);
            struct provar_error err = {0};
            for (size_t i = first; i < MEMBERS; i++)
                fake.fails[i] = true;
            assert_fails(run(&fake, PV_SCAN_ALL_DIGESTS, thread_counts[t], &err), PROVAR_E_IO, err, first);
            assert_string_equal(err.member, names[first]);
            assert_int_equal(fake.finishes, 0);
            assert_false(members[first].hashed);
        }
    }
}

/* The token's bytes count only where the whole is judged. */
static void test_the_token(void **state) {
    (void)state;
    struct fake fake = fake_of(&plain);
    struct provar_error err = {0};
    fake.fails[0] = true;
    assert_ok(run(&fake, PV_SCAN_ALL_DIGESTS, 2, NULL));
    fake = fake_of(&judging);
    fake.fails[0] = true;
    assert_fails(run(&fake, PV_SCAN_ALL_DIGESTS, 2, &err), PROVAR_E_IO, err, 0);
    assert_string_equal(err.member, "claims.jwt");
}

static void test_the_whole_is_wrong(void **state) {
    (void)state;
    struct fake fake = fake_of(&judging);
    struct provar_error err = {0};
    fake.verdict = PROVAR_E_GZIP;
    assert_fails(run(&fake, PV_SCAN_ALL_DIGESTS, 2, &err), PROVAR_E_GZIP, err, 7);
    assert_int_equal(fake.finishes, 1);
    assert_string_equal(err.member, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all),
        cmocka_unit_test(test_one),
        cmocka_unit_test(test_spare_threads),
        cmocka_unit_test(test_nothing_to_hash),
        cmocka_unit_test(test_the_first_failure_counts),
        cmocka_unit_test(test_the_token),
        cmocka_unit_test(test_the_whole_is_wrong),
    };
    return cmocka_run_group_tests_name("digests", tests, NULL, NULL);
}
