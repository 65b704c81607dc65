/* A gzip archive without an index, where every read costs: read up to the token and one target, and no further. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/archive.h"
#include "support/builder.h"
#include "support/costly.h"

enum { LARGE = 4 * 1024 * 1024, READ_AHEAD = 128 * 1024 };

static char small[5000];
static uint8_t large[LARGE];

/* What does not compress: its place in the file says how much of it was read. */
static int fill(void **state) {
    uint32_t x = 2463534242;
    (void)state;
    for (size_t i = 0; i < LARGE; i++) {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        large[i] = (uint8_t)(x >> 11);
    }
    memcpy(small, large, sizeof small);
    return 0;
}

static const struct body bodies[] = {{"aarch64-linux.bin", small, sizeof small, false},
                                     {"x86_64-linux.bin", large, sizeof large, false}};

/* The same members, and the token behind them. */
static struct tar_build token_last(void) {
    struct recipe recipe = {.bodies = bodies, .count = array_length(bodies)};
    struct tar_build tar = {0};
    put_bodies(&tar, &recipe);
    put_token_member(&tar, &recipe);
    tar_add_end(&tar);
    return tar;
}

static struct tar_build token_first(void) {
    struct recipe recipe = {.bodies = bodies, .count = array_length(bodies)};
    return archive_of(&recipe);
}

struct taking {
    struct costly costly;
    struct provar_archive *archive;
    enum provar_result result;
    uint64_t read;
    enum provar_coverage coverage;
};

/* Takes one target by a policy that defers digests, of which `demand` may ask for more. */
static struct taking take(const struct tar_build *bytes, size_t which, void (*demand)(struct provar_policy *policy)) {
    static const char *const targets[] = {"aarch64-linux", "x86_64-linux"};
    struct taking taking;
    struct provar_policy *policy = usual_policy();
    struct provar_verified *verified = NULL;
    struct tar_build out = {0};
    struct provar_output to = bytes_output(&out);
    taking.archive = open_costly(&taking.costly, bytes);
    provar_policy_defer_digests(policy);
    assert_ok(provar_policy_cover_target(policy, TEXT(targets[which]), NULL));
    if (demand)
        demand(policy);
    taking.result = provar_verify(taking.archive, policy, &verified, NULL);
    if (taking.result == PROVAR_OK) {
        taking.coverage = provar_verified_coverage(verified);
        taking.result = provar_extract(verified, TEXT(targets[which]), &to, NULL);
    }
    if (taking.result == PROVAR_OK) {
        assert_int_equal(out.len, bodies[which].len);
        assert_memory_equal(out.data, bodies[which].data, out.len);
    } else {
        assert_int_equal(out.len, 0);
    }
    taking.read = costly_count(&taking.costly, 0, bytes->len);
    provar_verified_free(verified);
    provar_policy_free(policy);
    tar_build_free(&out);
    return taking;
}

static void done(struct taking *taking) {
    costly_free(&taking->costly, taking->archive);
}

static void test_what_stands_behind_is_not_read(void **state) {
    (void)state;
    struct tar_build tar = token_first(), bytes = gzip_of(&tar);
    struct taking first = take(&bytes, 0, NULL);
    assert_ok(first.result);
    assert_int_equal(first.coverage, PROVAR_COVERAGE_DEFERRED);
    assert_true(first.read <= 2 * READ_AHEAD);
    assert_int_equal(first.costly.expected, 0);
    done(&first);
    struct taking last = take(&bytes, 1, NULL);
    assert_ok(last.result);
    assert_true(last.read > LARGE);
    done(&last);
    tar_build_free(&bytes);
    tar_build_free(&tar);
}

/* Nothing is lost but the early stop. */
static void test_the_token_may_stand_last(void **state) {
    (void)state;
    struct tar_build tar = token_last(), bytes = gzip_of(&tar);
    for (size_t which = 0; which < array_length(bodies); which++) {
        struct taking taking = take(&bytes, which, NULL);
        assert_ok(taking.result);
        assert_int_equal(taking.coverage, PROVAR_COVERAGE_DEFERRED);
        assert_true(taking.read > LARGE);
        done(&taking);
    }
    tar_build_free(&bytes);
    tar_build_free(&tar);
}

static void require_the_other(struct provar_policy *policy) {
    assert_ok(provar_policy_require_target(policy, TEXT("x86_64-linux"), NULL));
}

static void require_none_that_is_there(struct provar_policy *policy) {
    assert_ok(provar_policy_require_target(policy, TEXT("riscv64-linux"), NULL));
}

/* Then the rest is looked at, too, and hashed no less. */
static void test_a_target_that_is_required_may_stand_behind(void **state) {
    (void)state;
    struct tar_build tar = token_first(), bytes = gzip_of(&tar);
    struct taking taking = take(&bytes, 0, require_the_other);
    assert_ok(taking.result);
    assert_int_equal(taking.coverage, PROVAR_COVERAGE_TARGET);
    done(&taking);
    taking = take(&bytes, 0, require_none_that_is_there);
    assert_int_equal(taking.result, PROVAR_E_NO_TARGET);
    done(&taking);
    tar_build_free(&bytes);
    tar_build_free(&tar);
}

/* Faults before the stop are seen, those behind are not; and an altered target does not come out. */
static void test_faults(void **state) {
    (void)state;
    struct tar_build tar = token_first();
    static const struct {
        const char *text; /* of the tar stream, one byte of which is turned */
        size_t at;
        enum provar_result first, second;
    } faults[] = {
        {"aarch64-linux.bin", 0, PROVAR_E_TAR, PROVAR_E_TAR},
        {"x86_64-linux.bin", 0, PROVAR_OK, PROVAR_E_TAR},
    };
    for (size_t i = 0; i < array_length(faults); i++) {
        uint8_t *place = find_text(&tar, faults[i].text) + faults[i].at;
        *place ^= 0x40;
        struct tar_build bytes = gzip_of(&tar);
        *place ^= 0x40;
        struct taking taking = take(&bytes, 0, NULL);
        assert_int_equal(taking.result, faults[i].first);
        done(&taking);
        taking = take(&bytes, 1, NULL);
        assert_int_equal(taking.result, faults[i].second);
        done(&taking);
        tar_build_free(&bytes);
    }
    uint8_t *body = memmem(tar.data, tar.len, small, sizeof small);
    assert_non_null(body);
    body[17] ^= 1;
    struct tar_build bytes = gzip_of(&tar);
    struct taking taking = take(&bytes, 0, NULL);
    assert_int_equal(taking.result, PROVAR_E_DIGEST);
    done(&taking);
    tar_build_free(&bytes);
    tar_build_free(&tar);
}

/* A look, and a proof of all, read all. */
static void test_who_asks_for_all_gets_all(void **state) {
    (void)state;
    struct tar_build tar = token_first(), bytes = gzip_of(&tar);
    struct costly costly;
    struct provar_archive *archive = open_costly(&costly, &bytes);
    assert_ok(provar_look(archive, NULL));
    assert_int_equal(provar_archive_member_count(archive), 3);
    assert_int_equal(costly_count(&costly, 0, bytes.len), bytes.len);
    costly_free(&costly, archive);
    tar_build_free(&bytes);
    tar_build_free(&tar);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_stands_behind_is_not_read),
        cmocka_unit_test(test_the_token_may_stand_last),
        cmocka_unit_test(test_a_target_that_is_required_may_stand_behind),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_who_asks_for_all_gets_all),
    };
    return cmocka_run_group_tests(tests, fill, NULL);
}
