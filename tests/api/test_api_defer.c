/* provar_policy_defer_digests: what is taken is hashed then, and every verdict is the one that it would be without. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/archive.h"
#include "support/temp_dir.h"

/* The usual archive, plain, or gzip without or with one byte turned in the second body. */
enum state { WHOLE, ALTERED };

static struct tar_build bytes_of(enum state state, bool gzip) {
    struct tar_build tar = usual_archive();
    if (state == ALTERED)
        find_text(&tar, "second executable")[0] ^= 1;
    if (!gzip)
        return tar;
    struct tar_build packed = gzip_of(&tar);
    tar_build_free(&tar);
    return packed;
}

static struct provar_policy *deferring_policy(void) {
    struct provar_policy *policy = usual_policy();
    provar_policy_defer_digests(policy);
    return policy;
}

/* Verifies with and without deferring, and demands one and the same answer. */
static void assert_same_answer(const struct tar_build *bytes, struct provar_policy *deferring,
                               struct provar_policy *plain, enum provar_result code) {
    struct provar_error errors[2] = {{0}, {0}};
    for (size_t i = 0; i < 2; i++) {
        struct provar_archive *archive = open_bytes(bytes);
        struct provar_verified *verified = NULL;
        assert_int_equal(provar_verify(archive, i ? plain : deferring, &verified, &errors[i]), code);
        assert_null(verified);
        provar_archive_free(archive);
    }
    assert_int_equal(errors[0].code, errors[1].code);
    assert_int_equal(errors[0].offset, errors[1].offset);
    assert_string_equal(errors[0].member, errors[1].member);
    assert_string_equal(errors[0].message, errors[1].message);
}

static void test_bodies_come_out_as_they_were_signed(void **state) {
    (void)state;
    for (int gzip = 0; gzip < 2; gzip++) {
        struct tar_build bytes = bytes_of(WHOLE, gzip);
        struct provar_archive *archive = open_bytes(&bytes);
        struct provar_policy *policy = deferring_policy();
        struct provar_verified *verified = NULL;
        assert_ok(provar_verify(archive, policy, &verified, NULL));
        assert_int_equal(provar_verified_coverage(verified), PROVAR_COVERAGE_DEFERRED);
        for (size_t i = 0; i < 2; i++) {
            char buf[64];
            size_t len = 0;
            const char *target = i ? "aarch64-linux" : "x86_64-linux";
            assert_ok(provar_target_copy(verified, TEXT(target), buf, sizeof buf, &len, NULL));
            assert_int_equal(len, usual_bodies[i].len);
            assert_memory_equal(buf, usual_bodies[i].data, len);
        }
        provar_verified_free(verified);
        provar_policy_free(policy);
        provar_archive_free(archive);
        tar_build_free(&bytes);
    }
}

/* The altered one is refused with the words of provar_verify; the other one is none the worse. */
static void test_an_altered_body_is_refused_when_it_is_taken(void **state) {
    (void)state;
    for (int gzip = 0; gzip < 2; gzip++) {
        struct tar_build bytes = bytes_of(ALTERED, gzip);
        struct provar_archive *archive = open_bytes(&bytes);
        struct provar_policy *policy = deferring_policy(), *usual_one = usual_policy();
        struct provar_verified *verified = NULL;
        struct provar_output to = path_output("out", 0);
        struct provar_error taken = {0}, verdict = {0};
        char buf[64];
        size_t len = 0;
        assert_ok(provar_verify(archive, policy, &verified, NULL));
        assert_int_equal(provar_extract(verified, TEXT("aarch64-linux"), &to, &taken), PROVAR_E_DIGEST);
        assert_int_equal(access("out", F_OK), -1);
        assert_int_equal(provar_target_copy(verified, TEXT("aarch64-linux"), buf, sizeof buf, &len, NULL),
                         PROVAR_E_DIGEST);
        assert_ok(provar_target_copy(verified, TEXT("x86_64-linux"), buf, sizeof buf, &len, NULL));
        provar_verified_free(verified);
        verified = NULL;
        assert_int_equal(provar_verify(archive, usual_one, &verified, &verdict), PROVAR_E_DIGEST);
        assert_string_equal(taken.message, verdict.message);
        assert_string_equal(taken.member, verdict.member);
        assert_int_equal(taken.offset, verdict.offset);
        provar_policy_free(usual_one);
        provar_policy_free(policy);
        provar_archive_free(archive);
        tar_build_free(&bytes);
    }
}

static void test_what_does_not_run_is_not_run(void **state) {
    (void)state;
    struct tar_build bytes = bytes_of(ALTERED, false);
    struct provar_archive *archive = open_bytes(&bytes);
    struct provar_policy *policy = deferring_policy();
    struct provar_verified *verified = NULL;
    struct provar_plugin *plugin = NULL;
    int status = 77;
    assert_ok(provar_verify(archive, policy, &verified, NULL));
    assert_int_not_equal(provar_run(verified, NULL, &status, NULL), PROVAR_OK);
    assert_int_not_equal(provar_plugin_open(verified, &plugin, NULL), PROVAR_OK);
    assert_int_equal(status, 77);
    assert_null(plugin);
    provar_verified_free(verified);
    provar_policy_free(policy);
    provar_archive_free(archive);
    tar_build_free(&bytes);
}

/* A body that is altered is said before an issuer that is not believed, as it is without deferring. */
static void test_the_order_of_judgement_stays(void **state) {
    (void)state;
    for (int gzip = 0; gzip < 2; gzip++) {
        struct tar_build altered = bytes_of(ALTERED, gzip), whole = bytes_of(WHOLE, gzip);
        struct provar_policy *deferring = deferring_policy(), *plain = usual_policy();
        provar_policy_set_min_revision(deferring, INT32_MAX);
        provar_policy_set_min_revision(plain, INT32_MAX);
        assert_same_answer(&altered, deferring, plain, PROVAR_E_DIGEST);
        assert_same_answer(&whole, deferring, plain, PROVAR_E_UNTRUSTED);
        provar_policy_free(deferring);
        provar_policy_free(plain);
        tar_build_free(&altered);
        tar_build_free(&whole);
    }
}

/* Only the digests wait. */
static void test_the_signature_does_not_wait(void **state) {
    (void)state;
    for (int gzip = 0; gzip < 2; gzip++) {
        struct recipe recipe = usual();
        recipe.forged = true;
        struct tar_build tar = archive_of(&recipe), bytes = gzip ? gzip_of(&tar) : archive_of(&recipe);
        struct provar_policy *deferring = deferring_policy(), *plain = usual_policy();
        assert_same_answer(&bytes, deferring, plain, PROVAR_E_SIGNATURE);
        provar_policy_free(deferring);
        provar_policy_free(plain);
        tar_build_free(&bytes);
        tar_build_free(&tar);
    }
}

static void test_a_covered_target_alone_comes_out(void **state) {
    (void)state;
    struct tar_build bytes = bytes_of(WHOLE, false);
    struct provar_archive *archive = open_bytes(&bytes);
    struct provar_policy *policy = deferring_policy();
    struct provar_verified *verified = NULL;
    char buf[64];
    size_t len = 0;
    assert_ok(provar_policy_cover_target(policy, TEXT("x86_64-linux"), NULL));
    assert_ok(provar_verify(archive, policy, &verified, NULL));
    assert_ok(provar_target_copy(verified, TEXT("x86_64-linux"), buf, sizeof buf, &len, NULL));
    assert_int_equal(provar_target_copy(verified, TEXT("aarch64-linux"), buf, sizeof buf, &len, NULL), PROVAR_E_USAGE);
    provar_verified_free(verified);
    assert_ok(provar_policy_cover_target(policy, TEXT("mips-linux"), NULL));
    assert_int_equal(provar_verify(archive, policy, &verified, NULL), PROVAR_E_NO_TARGET);
    provar_policy_free(policy);
    provar_archive_free(archive);
    tar_build_free(&bytes);
}

/* A stream that begins as an archive and then fails; only the first failure knows why. */
static int64_t read_and_fail(void *buf, size_t cap, void *user) {
    struct tar_build *left = user;
    if (left->len == 0)
        return -1;
    size_t len = left->len < cap ? left->len : cap;
    memcpy(buf, left->data, len);
    left->data += len;
    left->len -= len;
    return (int64_t)len;
}

static void test_a_stream_that_fails_is_not_read_again(void **state) {
    (void)state;
    struct tar_build bytes = bytes_of(WHOLE, false);
    struct provar_error errors[2] = {{0}, {0}};
    for (size_t i = 0; i < 2; i++) {
        struct tar_build left = {.data = bytes.data, .len = bytes.len - 1024};
        struct provar_callbacks callbacks = {.size = sizeof callbacks, .read = read_and_fail, .user = &left};
        struct provar_input from = {.size = sizeof from, .kind = PROVAR_INPUT_CALLBACKS, .callbacks = &callbacks};
        struct provar_open_options options = {.size = sizeof options, .flags = PROVAR_OPEN_KEEP};
        struct provar_policy *policy = i ? usual_policy() : deferring_policy();
        struct provar_archive *archive = NULL;
        struct provar_verified *verified = NULL;
        assert_ok(provar_open(&from, &options, &archive, NULL));
        assert_int_equal(provar_verify(archive, policy, &verified, &errors[i]), PROVAR_E_IO);
        provar_archive_free(archive);
        provar_policy_free(policy);
    }
    assert_string_equal(errors[0].message, errors[1].message);
    assert_null(strstr(errors[0].message, "before"));
    tar_build_free(&bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bodies_come_out_as_they_were_signed),
        test_in_temp_dir(test_an_altered_body_is_refused_when_it_is_taken),
        cmocka_unit_test(test_what_does_not_run_is_not_run),
        cmocka_unit_test(test_the_order_of_judgement_stays),
        cmocka_unit_test(test_the_signature_does_not_wait),
        cmocka_unit_test(test_a_stream_that_fails_is_not_read_again),
        cmocka_unit_test(test_a_covered_target_alone_comes_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
