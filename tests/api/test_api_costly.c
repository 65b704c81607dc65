/* Sources whose every read costs: what is read for one target, and that a lying index gains nothing by it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/costly.h"
#include "support/index_lies.h"

static struct index_file file_of_bodies(void) {
    struct tar_build tar = tar_of_bodies();
    struct index_file file = index_of(&tar);
    tar_build_free(&tar);
    return file;
}

static struct provar_policy *policy_of(enum question question) {
    struct provar_policy *policy = usual_policy();
    provar_policy_defer_digests(policy);
    assert_ok(provar_policy_cover_target(policy, TEXT(target_of(question)), NULL));
    return policy;
}

/* Takes one target of a proof: its bytes are right, or there are none. */
static enum provar_result take_of(struct provar_verified *verified, enum question question) {
    struct tar_build out = {0};
    struct provar_output to = bytes_output(&out);
    size_t which = question == COVER_FIRST ? FIRST : SECOND;
    enum provar_result result = provar_extract(verified, TEXT(target_of(question)), &to, NULL);
    if (result == PROVAR_OK) {
        assert_int_equal(out.len, bodies[which - 1].len);
        assert_memory_equal(out.data, bodies[which - 1].data, out.len);
    } else {
        assert_int_equal(out.len, 0);
    }
    tar_build_free(&out);
    return result;
}

static enum provar_result take(struct provar_archive *archive, enum question question) {
    struct provar_policy *policy = policy_of(question);
    struct provar_verified *verified = NULL;
    enum provar_result result = provar_verify(archive, policy, &verified, NULL);
    if (result == PROVAR_OK)
        result = take_of(verified, question);
    provar_verified_free(verified);
    provar_policy_free(policy);
    return result;
}

/* ---------------------------------------------------------------- what is read */

/* Header, trailer, and the segments of the token and of the target, each of which is told of before it is read. */
static void test_one_target_by_the_index(void **state) {
    (void)state;
    struct index_file file = file_of_bodies();
    struct tar_build bytes = index_write(&file);
    struct costly costly;
    struct provar_archive *archive = open_costly(&costly, &bytes);
    uint64_t deflate_at = bytes.len - 8 - file.deflate_len;
    uint64_t second_at = deflate_at + file.segments[SECOND].at, end_at = deflate_at + index_end(&file, SECOND);
    memset(costly.touched, 0, bytes.len);
    assert_ok(take(archive, COVER_SECOND));
    assert_int_equal(costly.expected, 2);
    assert_int_equal(costly.from[0], deflate_at);
    assert_int_equal(costly.to[0], deflate_at + file.segments[WORLD].at);
    assert_int_equal(costly.from[1], second_at);
    assert_int_equal(costly.to[1], end_at);
    assert_int_equal(costly_count(&costly, costly.to[0], second_at), 0);
    assert_int_equal(costly_count(&costly, second_at, end_at), end_at - second_at);
    assert_int_equal(costly_count(&costly, end_at, bytes.len), 0);
    costly_free(&costly, archive);
    tar_build_free(&bytes);
    index_free(&file);
}

/* The headers of all members, and of their bodies those of the token and the target. */
static void test_one_target_of_a_plain_archive(void **state) {
    (void)state;
    struct tar_build bytes = tar_of_bodies();
    struct costly costly;
    struct provar_archive *archive = open_costly(&costly, &bytes);
    assert_ok(take(archive, COVER_FIRST));
    assert_int_equal(costly.expected, 1);
    assert_int_equal(costly.to[0] - costly.from[0], TAR_BLOCK + sizeof first);
    uint64_t behind = costly.to[0] + TAR_BLOCK + TAR_BLOCK; /* padding, and the next header */
    assert_int_equal(costly_count(&costly, behind, behind + sizeof second - TAR_BLOCK), 0);
    costly_free(&costly, archive);
    tar_build_free(&bytes);
}

static void test_a_look_reads_the_token(void **state) {
    (void)state;
    struct index_file file = file_of_bodies();
    struct tar_build bytes = index_write(&file);
    struct costly costly;
    struct provar_archive *archive = open_costly(&costly, &bytes);
    memset(costly.touched, 0, bytes.len);
    assert_ok(provar_look(archive, NULL));
    assert_int_equal(provar_archive_member_count(archive), 4);
    uint64_t world_at = bytes.len - 8 - file.deflate_len + file.segments[WORLD].at;
    assert_int_equal(costly_count(&costly, world_at, bytes.len), 0);
    costly_free(&costly, archive);
    tar_build_free(&bytes);
    index_free(&file);
}

/* What is read whole is told of once, and with an index as without. */
static void test_a_proof_reads_all_of_it(void **state) {
    (void)state;
    struct index_file file = file_of_bodies();
    struct tar_build bytes = index_write(&file);
    struct costly costly;
    struct provar_archive *archive = open_costly(&costly, &bytes);
    struct provar_checked *checked = check_archive(archive);
    assert_int_equal(costly.expected, 1);
    assert_int_equal(costly.from[0], 0);
    assert_int_equal(costly.to[0], bytes.len);
    assert_int_equal(costly_count(&costly, 0, bytes.len), bytes.len);
    provar_checked_free(checked);
    costly_free(&costly, archive);
    tar_build_free(&bytes);
    index_free(&file);
}

/* ---------------------------------------------------------------- lies */

static void tell_swapped_names(struct index_file *file) {
    struct index_segment one = file->segments[FIRST], other = file->segments[SECOND];
    memcpy(file->segments[FIRST].name, other.name, other.name_len);
    file->segments[FIRST].name_len = other.name_len;
    memcpy(file->segments[SECOND].name, one.name, one.name_len);
    file->segments[SECOND].name_len = one.name_len;
}

static void tell_a_wrong_place(struct index_file *file) {
    file->segments[SECOND].at++;
}

static void tell_a_wrong_size(struct index_file *file) {
    file->segments[SECOND].size--;
}

static void tell_a_name_that_no_claim_has(struct index_file *file) {
    memcpy(file->segments[FIRST].name, "aarch64-lynux.bin", 17);
}

static void tell_a_name_twice(struct index_file *file) {
    memcpy(file->segments[WORLD].name, "claims.jwt", 10);
    file->segments[WORLD].name_len = 10;
}

static void tell_the_token_elsewhere(struct index_file *file) {
    struct index_segment token = file->segments[TOKEN];
    memcpy(file->segments[TOKEN].name, "world.wasm", 10);
    memcpy(file->segments[WORLD].name, token.name, token.name_len);
}

/* The file is good, the index is not. Whether a lie shows before, or when the bytes are compared that were taken: it
 * leads to the stream, and what comes out is what was signed. */
static void test_lies_gain_nothing(void **state) {
    (void)state;
    static void (*const lies[])(struct index_file * file) = {
        index_tells_the_truth,         tell_swapped_names, tell_a_wrong_place,       tell_a_wrong_size,
        tell_a_name_that_no_claim_has, tell_a_name_twice,  tell_the_token_elsewhere,
    };
    for (size_t i = 0; i < array_length(lies); i++) {
        for (enum question question = COVER_FIRST; question <= COVER_SECOND; question++) {
            struct index_file file = file_of_bodies();
            lies[i](&file);
            struct tar_build bytes = index_write(&file);
            struct costly costly;
            struct provar_archive *archive = open_costly(&costly, &bytes);
            assert_ok(take(archive, question));
            assert_ok(take(archive, question));
            costly_free(&costly, archive);
            tar_build_free(&bytes);
            index_free(&file);
        }
    }
}

static struct provar_verified *verify_all(struct provar_archive *archive) {
    struct provar_policy *policy = usual_policy();
    struct provar_verified *verified = NULL;
    provar_policy_defer_digests(policy);
    assert_ok(provar_verify(archive, policy, &verified, NULL));
    provar_policy_free(policy);
    return verified;
}

/* Two proofs of one archive, and two members of each: what one of them finds out about the index is no harm to the
 * others, and what the archive was said to hold stays as it was said. */
static void test_lies_about_several(void **state) {
    (void)state;
    static void (*const lies[])(struct index_file * file) = {tell_swapped_names, tell_a_wrong_size};
    for (size_t i = 0; i < array_length(lies); i++) {
        struct index_file file = file_of_bodies();
        lies[i](&file);
        struct tar_build bytes = index_write(&file);
        struct costly costly;
        struct provar_archive *archive = open_costly(&costly, &bytes);
        struct provar_verified *one = verify_all(archive), *other = verify_all(archive);
        struct provar_member before = {.size = sizeof before}, after = {.size = sizeof after};
        assert_ok(provar_archive_member(archive, SECOND, &before));
        assert_ok(take_of(one, COVER_SECOND));
        assert_ok(take_of(one, COVER_FIRST));
        assert_ok(take_of(other, COVER_FIRST));
        assert_ok(take_of(other, COVER_SECOND));
        assert_ok(provar_archive_member(archive, SECOND, &after));
        assert_int_equal(after.bytes, before.bytes);
        uint64_t size = 0;
        assert_ok(provar_target_size(other, TEXT(target_of(COVER_SECOND)), &size, NULL));
        assert_int_equal(size, sizeof second);
        provar_verified_free(one);
        provar_verified_free(other);
        costly_free(&costly, archive);
        tar_build_free(&bytes);
        index_free(&file);
    }
}

/* The file is not good: nothing comes out, whatever the index says. */
static void test_an_altered_target_does_not_come_out(void **state) {
    (void)state;
    second[4711] ^= 1;
    struct tar_build tar = tar_of_bodies();
    second[4711] ^= 1;
    char *altered = memmem(tar.data, tar.len, second, 4000);
    assert_non_null(altered);
    struct recipe recipe = {.bodies = bodies, .count = array_length(bodies)};
    struct tar_build good = archive_of(&recipe);
    /* The token of the good one before the bodies of the other. */
    assert_int_equal(good.len, tar.len);
    size_t bodies_at = (size_t)((unsigned char *)altered - tar.data);
    memcpy(good.data + bodies_at, tar.data + bodies_at, tar.len - bodies_at);
    struct index_file file = index_of(&good);
    struct tar_build bytes = index_write(&file);
    struct costly costly;
    struct provar_archive *archive = open_costly(&costly, &bytes);
    assert_int_equal(take(archive, COVER_SECOND), PROVAR_E_DIGEST);
    assert_ok(take(archive, COVER_FIRST));
    costly_free(&costly, archive);
    tar_build_free(&bytes);
    index_free(&file);
    tar_build_free(&good);
    tar_build_free(&tar);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_target_by_the_index),
        cmocka_unit_test(test_one_target_of_a_plain_archive),
        cmocka_unit_test(test_a_look_reads_the_token),
        cmocka_unit_test(test_a_proof_reads_all_of_it),
        cmocka_unit_test(test_lies_gain_nothing),
        cmocka_unit_test(test_lies_about_several),
        cmocka_unit_test(test_an_altered_target_does_not_come_out),
    };
    return cmocka_run_group_tests(tests, fill_bodies, NULL);
}
