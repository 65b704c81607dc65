/* Tests of verify/body: proven bodies read again, in one pass when they are asked for in order, and never another's. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/archive.h"

#include "internal.h"

#include "gzip/gzip_segment.h"
#include "verify/verified.h"

/* ---------------------------------------------------------------- a source that counts its passes */

struct caller {
    const struct tar_build *bytes;
    size_t pos, rewinds;
};

static int64_t caller_read(void *buf, size_t cap, void *user) {
    struct caller *caller = user;
    size_t left = caller->bytes->len - caller->pos;
    size_t step = left < cap ? left : cap;
    memcpy(buf, caller->bytes->data + caller->pos, step);
    caller->pos += step;
    return (int64_t)step;
}

static int caller_rewind(void *user) {
    struct caller *caller = user;
    caller->pos = 0;
    caller->rewinds++;
    return 0;
}

static struct provar_archive *open_caller(struct caller *caller) {
    struct provar_callbacks calls = {
        .size = sizeof calls, .read = caller_read, .rewind = caller_rewind, .user = caller};
    struct provar_input from = {.size = sizeof from, .kind = PROVAR_INPUT_CALLBACKS, .callbacks = &calls};
    return open_input(&from);
}

/* ---------------------------------------------------------------- taking */

struct taken {
    char text[256];
    size_t len;
    enum provar_result answer;
};

static enum provar_result take(void *user, const void *data, size_t len, struct provar_error *err) {
    struct taken *taken = user;
    assert_true(len <= sizeof taken->text - taken->len);
    memcpy(taken->text + taken->len, data, len);
    taken->len += len;
    return taken->answer == PROVAR_OK ? PROVAR_OK : pv_fail(err, taken->answer, PROVAR_NO_OFFSET, "no more");
}

/* Reads member `which` of the usual archive; its body must come out. */
static void assert_reads(struct pv_bodies *bodies, const struct pv_facts *facts, size_t which) {
    struct taken taken = {.answer = PROVAR_OK};
    struct provar_error err = {0};
    if (pv_bodies_read(bodies, &facts->scan.members[which], take, &taken, &err) != PROVAR_OK)
        fail_msg("%s", err.message);
    assert_int_equal(taken.len, usual_bodies[which - 1].len);
    assert_memory_equal(taken.text, usual_bodies[which - 1].data, taken.len);
}

static void test_one_pass_in_order(void **state) {
    (void)state;
    static const struct {
        size_t order[3];
        size_t passes;
    } cases[] = {{{1, 2, 0}, 1}, {{2, 1, 0}, 2}, {{1, 1, 0}, 2}, {{2, 0, 0}, 1}, {{1, 2, 1}, 2}};
    struct tar_build bytes = usual_archive();
    for (size_t i = 0; i < array_length(cases); i++) {
        struct caller caller = {.bytes = &bytes};
        struct provar_archive *archive = open_caller(&caller);
        struct provar_checked *checked = check_archive(archive);
        struct pv_bodies *bodies = NULL;
        caller.rewinds = 0;
        assert_ok(pv_bodies_new(checked, 0, &bodies, NULL));
        for (size_t k = 0; k < 3 && cases[i].order[k] > 0; k++)
            assert_reads(bodies, checked->facts, cases[i].order[k]);
        assert_int_equal(caller.rewinds, cases[i].passes);
        pv_bodies_free(bodies);
        provar_checked_free(checked);
        provar_archive_free(archive);
    }
    pv_bodies_free(NULL);
    tar_build_free(&bytes);
}

/* Nothing here has an index. */
static bool by_index;

static void test_a_taker_that_stops(void **state) {
    (void)state;
    struct tar_build bytes = usual_archive();
    struct provar_archive *archive = open_bytes(&bytes);
    struct provar_verified *verified = verify_archive(archive);
    struct taken taken = {.answer = PROVAR_E_IO};
    struct provar_error err = {0};
    assert_fails(pv_verified_body(verified, &verified->facts->scan.members[1], take, &taken, &by_index, &err),
                 PROVAR_E_IO, err, PROVAR_NO_OFFSET);
    assert_string_equal(err.member, "x86_64-linux.bin");
    taken = (struct taken){.answer = PROVAR_OK};
    assert_ok(pv_verified_body(verified, &verified->facts->scan.members[1], take, &taken, &by_index, NULL));
    provar_verified_free(verified);
    provar_archive_free(archive);
    tar_build_free(&bytes);
}

/* ---------------------------------------------------------------- changes */

/* `bytes` take the place of the archive that was proven. Returns how much of its last body came out until that was
 * seen. */
static size_t assert_changed(const struct tar_build *bytes, enum provar_result code) {
    struct tar_build old = usual_archive();
    struct caller caller = {.bytes = &old};
    struct provar_archive *archive = open_caller(&caller);
    struct provar_verified *verified = verify_archive(archive);
    struct taken taken = {.answer = PROVAR_OK};
    struct provar_error err = {0};
    caller.bytes = bytes;
    enum provar_result result =
        pv_verified_body(verified, &verified->facts->scan.members[2], take, &taken, &by_index, &err);
    if (result != code || err.code != (int)code)
        fail_msg("%s: %s", provar_result_name((int)result), err.message);
    provar_verified_free(verified);
    provar_archive_free(archive);
    tar_build_free(&old);
    return taken.len;
}

static void test_what_may_have_changed(void **state) {
    (void)state;
    struct recipe recipe = usual();
    struct tar_build bytes = usual_archive();
    assert_int_equal(assert_changed(&bytes, PROVAR_OK), usual_bodies[1].len);
    *find_text(&bytes, "second") ^= 1;
    assert_int_equal(assert_changed(&bytes, PROVAR_E_DIGEST), usual_bodies[1].len);
    tar_build_free(&bytes);
    recipe.count = 1; /* it is gone */
    bytes = archive_of(&recipe);
    assert_int_equal(assert_changed(&bytes, PROVAR_E_DIGEST), 0);
    tar_build_free(&bytes);
    tar_add_file(&bytes, "x86_64-linux.bin", "it lies elsewhere");
    recipe = usual();
    put_bodies(&bytes, &recipe);
    tar_add_end(&bytes);
    assert_int_equal(assert_changed(&bytes, PROVAR_E_DIGEST), 0);
    tar_build_free(&bytes);
    /* Its place is there, with another size. */
    static const struct body longer[] = {BODY("x86_64-linux.bin", "first executable"),
                                         BODY("aarch64-linux.bin", "second executable, which is longer still")};
    recipe.bodies = longer;
    bytes = archive_of(&recipe);
    assert_int_equal(assert_changed(&bytes, PROVAR_E_DIGEST), 0);
    tar_build_free(&bytes);
    tar_add_end(&bytes);
    assert_int_equal(assert_changed(&bytes, PROVAR_E_DIGEST), 0);
    tar_build_free(&bytes);
}

/* ---------------------------------------------------------------- parts */

static struct {
    const struct pv_source_ops *ops; /* of the source that is watched */
    struct pv_source_ops of_part;
    enum provar_result (*select)(struct pv_source *part, uint64_t offset, uint64_t len, struct provar_error *err);
    size_t count;
    unsigned threads; /* of the last */
    const struct pv_source *last, *selected;
} parts;

static enum provar_result note_select(struct pv_source *part, uint64_t offset, uint64_t len, struct provar_error *err) {
    parts.selected = part;
    return parts.select(part, offset, len, err);
}

static enum provar_result count_part(struct pv_source *source, unsigned threads, struct pv_source **part,
                                     struct provar_error *err) {
    parts.count++;
    parts.threads = threads;
    enum provar_result result = parts.ops->part(source, threads, part, err);
    assert_int_equal(result, PROVAR_OK);
    parts.of_part = *(*part)->ops;
    parts.select = parts.of_part.select;
    parts.of_part.select = note_select;
    (*part)->ops = &parts.of_part;
    parts.last = *part;
    return result;
}

static enum provar_result count_bytes(void *user, const void *data, size_t len, struct provar_error *err) {
    size_t *total = user;
    (void)data, (void)err;
    *total += len;
    return PROVAR_OK;
}

/* Reads a member; `count` parts have been made by then, and it is the last of them that is read from, or is not. */
static void assert_part(struct pv_bodies *bodies, const struct pv_member *member, size_t count, unsigned threads,
                        bool is_last) {
    size_t total = 0;
    assert_ok(pv_bodies_read(bodies, member, count_bytes, &total, NULL));
    assert_int_equal(total, member->size);
    assert_int_equal(parts.count, count);
    assert_int_equal(parts.threads, threads);
    assert_int_equal(parts.selected == parts.last, is_last);
}

/* What several threads need is not made for a body that one of them reads. */
static void test_room_for_threads_with_the_first_large_body(void **state) {
    (void)state;
    static char large[PV_GZIP_SHARED + 1];
    const struct body list[] = {{"x86_64-linux.bin", large, sizeof large, false},
                                {"aarch64-linux.bin", large, sizeof large - 1, false}};
    struct recipe recipe = {.bodies = list, .count = 2};
    struct tar_build bytes = archive_of(&recipe);
    for (unsigned threads = 1; threads <= 3; threads += 2) {
        struct provar_archive *archive = open_bytes(&bytes);
        struct provar_checked *checked = check_archive(archive);
        const struct pv_member *members = checked->facts->scan.members;
        struct pv_source_ops watched = *archive->raw->ops;
        struct pv_bodies *bodies = NULL;
        parts.ops = archive->raw->ops;
        parts.count = 0;
        watched.part = count_part;
        archive->raw->ops = &watched;
        assert_ok(pv_bodies_new(checked, threads, &bodies, NULL));
        size_t made = threads > 1 ? 2 : 1;
        assert_part(bodies, &members[2], 1, 1, true);
        assert_part(bodies, &members[1], made, threads, true);
        assert_part(bodies, &members[2], made, threads, threads == 1);
        assert_part(bodies, &members[1], made, threads, true);
        pv_bodies_free(bodies);
        archive->raw->ops = parts.ops;
        provar_checked_free(checked);
        provar_archive_free(archive);
    }
    tar_build_free(&bytes);
}

/* ---------------------------------------------------------------- members of a proof */

static void test_members_of_a_proof(void **state) {
    (void)state;
    static const struct body bodies[] = {BODY("world.wasm", "w"), BODY("x86_64-linux.bin", "x"),
                                         BODY("aarch64-linux.bin", "y")};
    struct recipe recipe = {.bodies = bodies, .count = 3};
    struct tar_build bytes = archive_of(&recipe);
    struct provar_archive *archive = open_bytes(&bytes);
    struct provar_policy *policy = usual_policy();
    struct provar_verified *verified = NULL;
    const struct pv_member *member = NULL;
    struct provar_error err = {0};
    struct taken taken = {.answer = PROVAR_OK};
    assert_ok(provar_policy_cover_target(policy, TEXT("x86_64-linux"), NULL));
    assert_ok(provar_verify(archive, policy, &verified, NULL));
    assert_ok(pv_verified_target(verified, PV_STR("x86_64-linux"), &member, NULL));
    assert_ptr_equal(member, &verified->facts->scan.members[2]);
    assert_fails(pv_verified_target(verified, PV_STR("aarch64-linux"), &member, &err), PROVAR_E_USAGE, err,
                 PROVAR_NO_OFFSET);
    provar_error_clear(&err);
    assert_fails(pv_verified_target(verified, PV_STR("mips-linux"), &member, &err), PROVAR_E_NO_TARGET, err,
                 PROVAR_NO_OFFSET);
    assert_ok(pv_verified_world(verified, &member, NULL));
    /* It is there, but nothing is known of its bytes. */
    provar_error_clear(&err);
    assert_fails(pv_verified_body(verified, member, take, &taken, &by_index, &err), PROVAR_E_USAGE, err,
                 PROVAR_NO_OFFSET);
    assert_int_equal(taken.len, 0);
    provar_verified_free(verified);
    provar_policy_free(policy);
    provar_archive_free(archive);
    tar_build_free(&bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_pass_in_order),     cmocka_unit_test(test_a_taker_that_stops),
        cmocka_unit_test(test_what_may_have_changed), cmocka_unit_test(test_room_for_threads_with_the_first_large_body),
        cmocka_unit_test(test_members_of_a_proof),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
