/* Tests of verify/current: what is revoked or rolled back among the other verdicts, and when a history moves. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/archive.h"

#include "internal.h"

#include "support/temp_dir.h"
#include "trust/history_file.h"
#include "verify/current.h"

#define HISTORY PV_STR("history")

PV_DEFINE_CLEANUP(cleanup_policy, struct provar_policy, provar_policy_free)
#define AUTO_POLICY PV_CLEANUP(cleanup_policy)

static void take_back(struct provar_policy *policy, const char *text) {
    if (policy->revoked == NULL)
        assert_ok(pv_revocation_new(&policy->revoked, NULL));
    assert_ok(pv_revocation_add(policy->revoked, "revoked", pv_str_of(text), NULL));
}

static struct tar_build archive_with(const char *revision, const char *times) {
    struct recipe recipe = usual();
    recipe.wascap = revision;
    recipe.times = times;
    return archive_of(&recipe);
}

/* Verifies; how many notices there were, and what the last one said. */
struct verdict {
    enum provar_result result;
    size_t notices;
    char notice[256];
    struct provar_error err;
};

static struct verdict judge(const struct tar_build *bytes, const struct provar_policy *policy) {
    struct verdict verdict = {.result = PROVAR_OK};
    struct provar_archive *archive = open_bytes(bytes);
    struct provar_verified *verified = NULL;
    verdict.result = provar_verify(archive, policy, &verified, &verdict.err);
    assert_true((verified != NULL) == (verdict.result == PROVAR_OK));
    verdict.notices = provar_archive_notice_count(archive);
    if (verdict.notices > 0)
        (void)snprintf(verdict.notice, sizeof verdict.notice, "%s",
                       provar_archive_notice(archive, verdict.notices - 1));
    provar_verified_free(verified);
    provar_archive_free(archive);
    return verdict;
}

static void assert_verdict(const struct tar_build *bytes, const struct provar_policy *policy,
                           enum provar_result expected, const char *says) {
    struct verdict verdict = judge(bytes, policy);
    if (verdict.result != expected || verdict.err.code != (int)expected || strstr(verdict.err.message, says) == NULL)
        fail_msg("%s (%s), expected %s", provar_result_name((int)verdict.result), verdict.err.message,
                 provar_result_name((int)expected));
}

/* "sha256:" and the digest of bytes. */
struct digest_line {
    char text[80];
};

static struct digest_line line_of(const void *data, size_t len) {
    struct digest_line line;
    char hex[65];
    hash_hex(data, len, hex);
    (void)snprintf(line.text, sizeof line.text, "sha256:%s\n", hex);
    return line;
}

/* The signing input of an archive's token. */
static struct digest_line artifact_line(const struct tar_build *bytes) {
    const char *token = (const char *)bytes->data + 512;
    const char *dot = strchr(strchr(token, '.') + 1, '.');
    return line_of(token, (size_t)(dot - token));
}

/* ---------------------------------------------------------------- revoked */

static void test_what_is_revoked(void **state) {
    (void)state;
    struct tar_build bytes = archive_with(",\"rev\":7", NULL);
    struct digest_line file = line_of(bytes.data, bytes.len), id = artifact_line(&bytes);
    struct digest_line half = line_of(bytes.data, bytes.len - 1);
    const struct {
        const char *text, *says;
        enum provar_result result;
    } cases[] = {
        {ISSUER " 20231114T221320Z", "issued at 1700000000", PROVAR_E_REVOKED},
        {ISSUER " 20231114T221319Z", "", PROVAR_OK},
        {OTHER_ISSUER " *", "", PROVAR_OK},
        {"jti:SjB5fm974SjU9WMgTUchsb", "the token", PROVAR_E_REVOKED},
        {"jti:SjB5fm974SjU9WMgTUchsc", "", PROVAR_OK},
        {SUBJECT " rev<=7", "revisions of", PROVAR_E_REVOKED},
        {SUBJECT " rev<=6", "", PROVAR_OK},
        {id.text, "the artifact sha256:", PROVAR_E_REVOKED},
        {file.text, "the archive sha256:", PROVAR_E_REVOKED},
        {half.text, "", PROVAR_OK},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        AUTO_POLICY struct provar_policy *policy = usual_policy();
        take_back(policy, cases[i].text);
        assert_verdict(&bytes, policy, cases[i].result, cases[i].says);
        provar_policy_defer_digests(policy);
        assert_verdict(&bytes, policy, cases[i].result, cases[i].says);
    }
    tar_build_free(&bytes);
}

/* Another framing is another file, and the same artifact. */
static void test_an_artifact_in_another_file(void **state) {
    (void)state;
    struct tar_build bytes = usual_archive(), gzip = gzip_of(&bytes);
    AUTO_POLICY struct provar_policy *by_file = usual_policy(), *by_id = usual_policy();
    take_back(by_file, line_of(bytes.data, bytes.len).text);
    take_back(by_id, artifact_line(&bytes).text);
    assert_verdict(&bytes, by_file, PROVAR_E_REVOKED, "archive");
    assert_verdict(&gzip, by_file, PROVAR_OK, "");
    assert_verdict(&bytes, by_id, PROVAR_E_REVOKED, "artifact");
    assert_verdict(&gzip, by_id, PROVAR_E_REVOKED, "artifact");
    take_back(by_file, line_of(gzip.data, gzip.len).text);
    assert_verdict(&gzip, by_file, PROVAR_E_REVOKED, "archive");
    tar_build_free(&bytes);
    tar_build_free(&gzip);
}

static void test_the_order_of_verdicts(void **state) {
    (void)state;
    struct tar_build bytes = usual_archive();
    AUTO_POLICY struct provar_policy *policy = NULL;
    assert_ok(provar_policy_new(&policy, NULL));
    assert_verdict(&bytes, policy, PROVAR_E_UNTRUSTED, "no issuer");
    take_back(policy, ISSUER " *");
    assert_verdict(&bytes, policy, PROVAR_E_REVOKED, "");
    /* What is altered is said first, whether digests are deferred or not. */
    find_text(&bytes, "first executable")[0] ^= 1;
    assert_verdict(&bytes, policy, PROVAR_E_DIGEST, "");
    provar_policy_defer_digests(policy);
    assert_verdict(&bytes, policy, PROVAR_E_DIGEST, "");
    tar_build_free(&bytes);
}

/* The file's digest takes one more reading, for which a pipe must have been kept; nothing else does. */
static void test_a_pipe(void **state) {
    (void)state;
    struct tar_build bytes = usual_archive();
    for (int digests = 0; digests < 2; digests++) {
        AUTO_POLICY struct provar_policy *policy = usual_policy();
        struct provar_error err = {0};
        struct provar_verified *verified = NULL;
        int ends[2];
        assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
        assert_int_equal(write(ends[1], bytes.data, bytes.len), (ssize_t)bytes.len);
        (void)close(ends[1]);
        struct provar_input from = fd_input(ends[0]);
        struct provar_archive *archive = open_input(&from);
        take_back(policy, digests ? line_of("", 0).text : OTHER_ISSUER " *");
        enum provar_result result = provar_verify(archive, policy, &verified, &err);
        if (digests)
            assert_fails(result, PROVAR_E_USAGE, err, PROVAR_NO_OFFSET);
        else
            assert_ok(result);
        provar_verified_free(verified);
        provar_archive_free(archive);
        (void)close(ends[0]);
    }
    tar_build_free(&bytes);
}

static void test_a_list_beyond_its_time(void **state) {
    (void)state;
    struct tar_build bytes = usual_archive();
    AUTO_POLICY struct provar_policy *policy = usual_policy();
    take_back(policy, "# fresh-until: 20260301");
    provar_policy_set_time(policy, 1772323199);
    assert_int_equal(judge(&bytes, policy).notices, 0);
    provar_policy_set_rollback(policy, PROVAR_ROLLBACK_STRICT);
    assert_verdict(&bytes, policy, PROVAR_OK, "");
    provar_policy_set_time(policy, 1772323200);
    assert_verdict(&bytes, policy, PROVAR_E_UNTRUSTED, "revoked: was fresh until 2026-03-01T00:00:00Z");
    provar_policy_set_rollback(policy, PROVAR_ROLLBACK_REFUSE);
    struct verdict verdict = judge(&bytes, policy);
    assert_ok(verdict.result);
    assert_int_equal(verdict.notices, 1);
    assert_non_null(strstr(verdict.notice, "fresh until"));
    tar_build_free(&bytes);
}

/* ---------------------------------------------------------------- rolled back */

/* A policy whose history has seen the usual archive with revision 7. */
static struct provar_policy *policy_after_7(void) {
    struct provar_policy *policy = usual_policy();
    struct tar_build bytes = archive_with(",\"rev\":7", NULL);
    struct provar_archive *archive = open_bytes(&bytes);
    struct provar_verified *verified = verify_archive(archive);
    bool changed;
    struct pv_history_entry entry = pv_history_entry(verified->facts->claims, &verified->facts->id, 0);
    assert_ok(pv_history_advance(&policy->history, &entry, &changed, NULL));
    provar_verified_free(verified);
    provar_archive_free(archive);
    tar_build_free(&bytes);
    return policy;
}

static void test_what_is_rolled_back(void **state) {
    (void)state;
    static const struct {
        const char *revision, *times;
        enum provar_result result;
        size_t notices;
    } cases[] = {
        {",\"rev\":7", NULL, PROVAR_OK, 0},
        {",\"rev\":8", NULL, PROVAR_OK, 0},
        {",\"rev\":6", "\"iat\":1700000001", PROVAR_E_ROLLBACK, 0},
        {NULL, "\"iat\":1700000001", PROVAR_E_ROLLBACK, 0},
        {",\"rev\":7", "\"iat\":1700000001", PROVAR_OK, 1},
        {",\"rev\":7", "\"iat\":1699999999", PROVAR_E_ROLLBACK, 0},
        {",\"rev\":7,\"capid\":\"x\"", NULL, PROVAR_E_ROLLBACK, 0},
        {",\"rev\":6", "\"iat\":99999999999", PROVAR_E_TIME, 0},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        AUTO_POLICY struct provar_policy *policy = policy_after_7();
        struct tar_build bytes = archive_with(cases[i].revision, cases[i].times);
        struct verdict verdict = judge(&bytes, policy);
        if (verdict.result != cases[i].result || verdict.notices != cases[i].notices)
            fail_msg("case %zu: %s, %zu notices: %s", i, provar_result_name((int)verdict.result), verdict.notices,
                     verdict.err.message);
        tar_build_free(&bytes);
    }
}

static void test_how_it_is_judged(void **state) {
    (void)state;
    AUTO_POLICY struct provar_policy *policy = policy_after_7();
    struct tar_build older = archive_with(",\"rev\":6", NULL), later = archive_with(",\"rev\":7", "\"iat\":1700000001");
    provar_policy_set_rollback(policy, PROVAR_ROLLBACK_STRICT);
    assert_verdict(&older, policy, PROVAR_E_ROLLBACK, "older");
    assert_verdict(&later, policy, PROVAR_E_ROLLBACK, "other content");
    provar_policy_set_rollback(policy, PROVAR_ROLLBACK_ALLOW);
    assert_ok(judge(&older, policy).result);
    assert_int_equal(judge(&older, policy).notices, 1);
    assert_ok(judge(&later, policy).result);
    tar_build_free(&older);
    tar_build_free(&later);
}

/* ---------------------------------------------------------------- recorded */

static size_t recorded(int32_t *revision) {
    PV_AUTO_HISTORY struct pv_history history = {0};
    assert_ok(pv_history_load(&history, HISTORY, NULL));
    *revision = history.count > 0 ? history.entries[0].revision : -1;
    return history.count;
}

static struct provar_verified *verify_by(struct provar_archive *archive, const struct provar_policy *policy) {
    struct provar_verified *verified = NULL;
    assert_ok(provar_verify(archive, policy, &verified, NULL));
    return verified;
}

static void test_a_proof_is_recorded(void **state) {
    (void)state;
    struct tar_build bytes = archive_with(",\"rev\":7", NULL);
    struct provar_archive *archive = open_bytes(&bytes);
    struct provar_verified *verified = verify_archive(archive);
    int32_t revision;
    assert_int_equal(recorded(&revision), 0);
    assert_int_equal(provar_verified_record(verified, TEXT(""), NULL), PROVAR_E_USAGE);
    assert_int_equal(provar_verified_record(NULL, TEXT("history"), NULL), PROVAR_E_USAGE);
    assert_ok(provar_verified_record(verified, TEXT("history"), NULL));
    assert_int_equal(recorded(&revision), 1);
    assert_int_equal(revision, 7);
    provar_verified_free(verified);
    provar_archive_free(archive);
    tar_build_free(&bytes);
}

/* Nothing is recorded until a body was taken, and then before it is let out. */
static void test_deferred_digests(void **state) {
    (void)state;
    for (int altered = 0; altered < 2; altered++) {
        struct tar_build bytes = archive_with(",\"rev\":7", NULL);
        AUTO_POLICY struct provar_policy *policy = usual_policy();
        struct provar_output to = path_output("out", 0);
        int32_t revision;
        if (altered)
            find_text(&bytes, "first executable")[0] ^= 1;
        struct provar_archive *archive = open_bytes(&bytes);
        provar_policy_defer_digests(policy);
        struct provar_verified *verified = verify_by(archive, policy);
        assert_ok(provar_verified_record(verified, TEXT("history"), NULL));
        assert_int_equal(recorded(&revision), 0);
        assert_int_equal(provar_extract(verified, TEXT("x86_64-linux"), &to, NULL),
                         altered ? PROVAR_E_DIGEST : PROVAR_OK);
        assert_int_equal(recorded(&revision), !altered);
        assert_int_equal(access("out", F_OK), altered ? -1 : 0);
        provar_verified_free(verified);
        provar_archive_free(archive);
        tar_build_free(&bytes);
        (void)unlink("out");
        (void)unlink("history");
    }
}

/* The history moved on between the verdict and the body. */
static void test_a_history_that_moves_on(void **state) {
    (void)state;
    struct tar_build older = archive_with(",\"rev\":7", NULL), newer = archive_with(",\"rev\":8", NULL);
    struct provar_archive *archive = open_bytes(&older), *other = open_bytes(&newer);
    struct provar_verified *second = verify_archive(other);
    struct provar_output to = path_output("out", 0);
    for (int allow = 0; allow < 2; allow++) {
        AUTO_POLICY struct provar_policy *policy = usual_policy();
        int32_t revision;
        provar_policy_defer_digests(policy);
        provar_policy_set_rollback(policy, allow ? PROVAR_ROLLBACK_ALLOW : PROVAR_ROLLBACK_REFUSE);
        struct provar_verified *verified = verify_by(archive, policy);
        assert_ok(provar_verified_record(verified, TEXT("history"), NULL));
        assert_ok(provar_verified_record(second, TEXT("history"), NULL));
        assert_int_equal(provar_extract(verified, TEXT("x86_64-linux"), &to, NULL),
                         allow ? PROVAR_OK : PROVAR_E_ROLLBACK);
        assert_int_equal(access("out", F_OK), allow ? 0 : -1);
        assert_int_equal(recorded(&revision), 1);
        assert_int_equal(revision, 8);
        provar_verified_free(verified);
    }
    provar_verified_free(second);
    provar_archive_free(archive);
    provar_archive_free(other);
    tar_build_free(&older);
    tar_build_free(&newer);
}

static void test_who_moves_no_history(void **state) {
    (void)state;
    struct tar_build bytes = usual_archive();
    struct provar_archive *archive = open_bytes(&bytes);
    for (int insecure = 0; insecure < 2; insecure++) {
        AUTO_POLICY struct provar_policy *policy = usual_policy();
        struct provar_error err = {0};
        if (insecure)
            provar_policy_insecure_any_issuer(policy);
        else
            provar_policy_set_time(policy, 1900000000);
        struct provar_verified *verified = verify_by(archive, policy);
        assert_fails(provar_verified_record(verified, TEXT("history"), &err), PROVAR_E_USAGE, err, PROVAR_NO_OFFSET);
        assert_int_equal(access("history", F_OK), -1);
        provar_verified_free(verified);
    }
    provar_archive_free(archive);
    tar_build_free(&bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_revoked),        cmocka_unit_test(test_an_artifact_in_another_file),
        cmocka_unit_test(test_the_order_of_verdicts),  cmocka_unit_test(test_a_pipe),
        cmocka_unit_test(test_a_list_beyond_its_time), cmocka_unit_test(test_what_is_rolled_back),
        cmocka_unit_test(test_how_it_is_judged),       test_in_temp_dir(test_a_proof_is_recorded),
        test_in_temp_dir(test_deferred_digests),       test_in_temp_dir(test_a_history_that_moves_on),
        test_in_temp_dir(test_who_moves_no_history),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
