/* Revocation files and the history by the public face: loaded, judged, recorded, and never led backwards. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/builder.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include "support/temp_dir.h"

struct opened {
    struct tar_build bytes;
    struct provar_archive *archive;
};

static struct opened open_revision(const char *revision, const char *times) {
    struct recipe recipe = usual();
    recipe.wascap = revision;
    recipe.times = times;
    struct opened opened = {.bytes = archive_of(&recipe)};
    opened.archive = open_bytes(&opened.bytes);
    return opened;
}

static void close_opened(struct opened *opened) {
    provar_archive_free(opened->archive);
    tar_build_free(&opened->bytes);
}

static struct provar_policy *policy_with_history(enum provar_rollback how) {
    struct provar_policy *policy = usual_policy();
    assert_ok(provar_policy_load(policy, PROVAR_POLICY_HISTORY, TEXT("history"), NULL));
    provar_policy_set_rollback(policy, how);
    return policy;
}

/* Verifies by the history, records where that succeeds, and gives the result and the notices. */
static enum provar_result judge(const char *revision, const char *times, enum provar_rollback how, size_t *notices) {
    struct opened opened = open_revision(revision, times);
    struct provar_policy *policy = policy_with_history(how);
    struct provar_verified *verified = NULL;
    enum provar_result result = provar_verify(opened.archive, policy, &verified, NULL);
    *notices = provar_archive_notice_count(opened.archive);
    if (result == PROVAR_OK)
        assert_ok(provar_verified_record(verified, TEXT("history"), NULL));
    provar_verified_free(verified);
    provar_policy_free(policy);
    close_opened(&opened);
    return result;
}

static void test_a_history(void **state) {
    (void)state;
    const char *seven = ",\"rev\":7", *six = ",\"rev\":6", *later = "\"iat\":1700000001";
    size_t notices;
    assert_int_equal(judge(seven, NULL, PROVAR_ROLLBACK_STRICT, &notices), PROVAR_OK);
    assert_int_equal(judge(six, NULL, PROVAR_ROLLBACK_REFUSE, &notices), PROVAR_E_ROLLBACK);
    assert_int_equal(judge(six, NULL, PROVAR_ROLLBACK_ALLOW, &notices), PROVAR_OK);
    assert_int_equal(notices, 1);
    /* What was allowed is not remembered. */
    assert_int_equal(judge(six, NULL, PROVAR_ROLLBACK_REFUSE, &notices), PROVAR_E_ROLLBACK);
    assert_int_equal(judge(seven, later, PROVAR_ROLLBACK_STRICT, &notices), PROVAR_E_ROLLBACK);
    assert_int_equal(judge(seven, later, PROVAR_ROLLBACK_REFUSE, &notices), PROVAR_OK);
    assert_int_equal(notices, 1);
    assert_int_equal(judge(seven, NULL, PROVAR_ROLLBACK_REFUSE, &notices), PROVAR_E_ROLLBACK);
    assert_int_equal(judge(seven, later, PROVAR_ROLLBACK_REFUSE, &notices), PROVAR_OK);
    assert_int_equal(notices, 0);
}

typedef enum provar_result (*take_fn)(const struct provar_verified *verified, struct provar_error *err);

static enum provar_result take_file(const struct provar_verified *verified, struct provar_error *err) {
    struct provar_output to = path_output("out", PROVAR_OUTPUT_REPLACE);
    return provar_extract(verified, NULL, 0, &to, err);
}

static enum provar_result take_world(const struct provar_verified *verified, struct provar_error *err) {
    struct provar_output to = path_output("out", PROVAR_OUTPUT_REPLACE);
    return provar_extract_world(verified, &to, err);
}

static enum provar_result take_copy(const struct provar_verified *verified, struct provar_error *err) {
    static char room[1 << 20];
    size_t len;
    return provar_target_copy(verified, NULL, 0, room, sizeof room, &len, err);
}

static enum provar_result take_run(const struct provar_verified *verified, struct provar_error *err) {
    int status = -1;
    enum provar_result result = provar_run(verified, NULL, &status, err);
    assert_true(result != PROVAR_OK || (WIFEXITED(status) && WEXITSTATUS(status) == 0));
    return result;
}

/* A program of this host, and a world. */
static struct opened open_program(void) {
    struct making making = make_bare();
    struct provar_input world = memory_input("\0asm\1\0\0\0 world", 14), program = path_input("/bin/true");
    assert_ok(provar_builder_set_revision(making.builder, 7, NULL));
    assert_ok(provar_builder_set_world(making.builder, &world, NULL));
    assert_ok(provar_builder_add_target(making.builder, TEXT(provar_host_target()), &program, 0, NULL));
    struct opened opened = {.bytes = write_making(&making)};
    opened.archive = open_bytes(&opened.bytes);
    return opened;
}

/* Whichever way a body takes, it records; nothing does before. */
static void test_bodies_record(void **state) {
    (void)state;
    static const take_fn ways[] = {take_file, take_world, take_copy, take_run};
    for (size_t i = 0; i < array_length(ways); i++) {
        struct opened opened = open_program();
        struct provar_policy *policy = usual_policy();
        struct provar_verified *verified = NULL;
        struct provar_error err = {0};
        provar_policy_defer_digests(policy);
        assert_ok(provar_verify(opened.archive, policy, &verified, NULL));
        assert_ok(provar_verified_record(verified, TEXT("history"), NULL));
        assert_int_equal(access("history", F_OK), -1);
        if (ways[i](verified, &err) != PROVAR_OK)
            fail_msg("%zu: %s", i, err.message);
        assert_int_equal(unlink("history"), 0);
        provar_verified_free(verified);
        provar_policy_free(policy);
        close_opened(&opened);
    }
}

/* A history that cannot be written keeps the body from leaving. */
static void test_a_record_that_fails(void **state) {
    (void)state;
    struct opened opened = open_revision(",\"rev\":7", NULL);
    struct provar_policy *policy = usual_policy();
    struct provar_verified *verified = NULL;
    struct provar_error err = {0};
    struct provar_output to = path_output("out", 0);
    char buf[64] = "old";
    size_t len;
    provar_policy_defer_digests(policy);
    assert_ok(provar_verify(opened.archive, policy, &verified, NULL));
    assert_ok(provar_verified_record(verified, TEXT("none/history"), NULL));
    assert_fails(provar_extract(verified, TEXT("x86_64-linux"), &to, &err), PROVAR_E_IO, err, PROVAR_NO_OFFSET);
    assert_int_equal(access("out", F_OK), -1);
    assert_int_equal(provar_target_copy(verified, TEXT("x86_64-linux"), buf, sizeof buf, &len, NULL), PROVAR_E_IO);
    assert_memory_equal(buf, "\0\0\0", 4);
    assert_ok(provar_verified_record(verified, TEXT("history"), NULL));
    assert_ok(provar_extract(verified, TEXT("x86_64-linux"), &to, NULL));
    provar_verified_free(verified);
    provar_policy_free(policy);
    close_opened(&opened);
}

static void test_a_revocation_file(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum provar_result code;
    } files[] = {
        {ISSUER " *\n", PROVAR_E_REVOKED}, {OTHER_ISSUER " *\n", PROVAR_OK}, {SUBJECT " rev<=7\n", PROVAR_E_REVOKED}};
    for (size_t i = 0; i < array_length(files); i++) {
        struct opened opened = open_revision(",\"rev\":7", NULL);
        struct provar_policy *policy = usual_policy();
        struct provar_verified *verified = NULL;
        temp_dir_write("revoked", files[i].text, strlen(files[i].text));
        assert_ok(provar_policy_load(policy, PROVAR_POLICY_REVOKED_ISSUERS, TEXT("revoked"), NULL));
        assert_int_equal(provar_verify(opened.archive, policy, &verified, NULL), files[i].code);
        provar_verified_free(verified);
        provar_policy_free(policy);
        close_opened(&opened);
    }
}

/* A policy whose file could not be read believes nobody, whatever the caller makes of the failure. */
static void test_files_that_are_refused(void **state) {
    (void)state;
    static const struct {
        enum provar_policy_file kind;
        const char *path;
        enum provar_result code;
    } cases[] = {
        {PROVAR_POLICY_REVOKED_ISSUERS, "missing", PROVAR_E_UNTRUSTED},
        {PROVAR_POLICY_REVOKED_ISSUERS, "wrong", PROVAR_E_USAGE},
        {PROVAR_POLICY_REVOKED_ISSUERS, "open", PROVAR_E_UNSAFE_PATH},
        {PROVAR_POLICY_HISTORY, "wrong", PROVAR_E_USAGE},
        {PROVAR_POLICY_HISTORY, "open", PROVAR_E_UNSAFE_PATH},
    };
    temp_dir_write("wrong", TEXT("x\n"));
    temp_dir_write("open", TEXT(""));
    assert_int_equal(chmod("open", 0666), 0);
    for (size_t i = 0; i < array_length(cases); i++) {
        struct opened opened = open_revision(NULL, NULL);
        struct provar_policy *policy = usual_policy();
        struct provar_verified *verified = NULL;
        struct provar_error err = {0};
        assert_fails(provar_policy_load(policy, cases[i].kind, TEXT(cases[i].path), &err), cases[i].code, err,
                     PROVAR_NO_OFFSET);
        assert_int_equal(provar_verify(opened.archive, policy, &verified, NULL), PROVAR_E_UNTRUSTED);
        provar_policy_free(policy);
        close_opened(&opened);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_in_temp_dir(test_a_history),
        test_in_temp_dir(test_bodies_record),
        test_in_temp_dir(test_a_record_that_fails),
        test_in_temp_dir(test_a_revocation_file),
        test_in_temp_dir(test_files_that_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
