/* The order in which an archive is judged: of any two faults, the one of the earlier stage is reported. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/archive.h"

/* docs/THREATS.md, "Order of evaluation". */
enum stage {
    LIMITS,
    FRAMING,
    LAYOUT,
    TOKEN,
    HEADER,
    CLAIMS,
    KEYS,
    SIGNATURE,
    LISTED,
    DIGEST,
    COMPLETE,
    ISSUERS,
    SUBJECTS,
    REVISION,
    REQUIRED,
    TIME,
    STAGES
};

static const enum provar_result codes[STAGES] = {
    [LIMITS] = PROVAR_E_LIMIT,       [FRAMING] = PROVAR_E_TAR,         [LAYOUT] = PROVAR_E_ENTRY,
    [TOKEN] = PROVAR_E_JWT,          [HEADER] = PROVAR_E_JWT,          [CLAIMS] = PROVAR_E_CLAIMS,
    [KEYS] = PROVAR_E_KEY,           [SIGNATURE] = PROVAR_E_SIGNATURE, [LISTED] = PROVAR_E_ENTRY,
    [DIGEST] = PROVAR_E_DIGEST,      [COMPLETE] = PROVAR_E_DIGEST,     [ISSUERS] = PROVAR_E_UNTRUSTED,
    [SUBJECTS] = PROVAR_E_UNTRUSTED, [REVISION] = PROVAR_E_UNTRUSTED,  [REQUIRED] = PROVAR_E_NO_TARGET,
    [TIME] = PROVAR_E_TIME,
};

/* What the message of each says, where two have one code. */
static const char *const words[STAGES] = {
    [LIMITS] = "more than",
    [FRAMING] = "checksum",
    [LAYOUT] = "README.md",
    [TOKEN] = "segment",
    [HEADER] = "alg",
    [CLAIMS] = "iat",
    [KEYS] = "subject",
    [SIGNATURE] = "sign",
    [LISTED] = "do not list",
    [DIGEST] = "altered",
    [COMPLETE] = "missing",
    [ISSUERS] = "not an allowed issuer",
    [SUBJECTS] = "the subject is",
    [REVISION] = "revision",
    [REQUIRED] = "mips-linux",
    [TIME] = "issued in the future",
};

static bool has(unsigned faults, enum stage stage) {
    return (faults >> stage & 1) != 0;
}

static void put_faulty_token(struct tar_build *tar, const struct recipe *recipe, unsigned faults) {
    struct tar_build token = {0};
    put_token(&token, recipe);
    if (has(faults, TOKEN))
        token.len = (size_t)((uint8_t *)memrchr(token.data, '.', token.len) - token.data);
    tar_add_member(tar, TAR_USTAR, "claims.jwt", '0', token.data, token.len);
    tar_build_free(&token);
}

/* Faults lie in the stream as far from their stage's place as can be: what is judged last stands first. */
static struct tar_build build(unsigned faults) {
    struct recipe recipe = usual();
    struct tar_build tar = {0};
    recipe.header = has(faults, HEADER) ? "{\"typ\":\"jwt\",\"alg\":\"none\"}" : NULL;
    recipe.times = has(faults, CLAIMS) ? "\"iat\":\"1700000000\"" : NULL;
    recipe.subject = has(faults, KEYS) ? "VAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABMAI" : NULL;
    recipe.hashes = has(faults, COMPLETE) ? ",\"s390x-linux\":\"0000000000000000000000000000000000000000000000000000"
                                            "000000000000\""
                                          : NULL;
    recipe.forged = has(faults, SIGNATURE);
    if (has(faults, LAYOUT))
        tar_add_file(&tar, "README.md", "please read");
    put_bodies(&tar, &recipe);
    if (has(faults, DIGEST))
        *find_text(&tar, "first executable") ^= 1;
    if (has(faults, LISTED))
        tar_add_file(&tar, "riscv64-linux.bin", "not listed");
    put_faulty_token(&tar, &recipe, faults);
    if (has(faults, FRAMING)) {
        tar_add_file(&tar, "mips64-linux.bin", "x");
        tar.data[tar.len - 2 * TAR_BLOCK + TAR_CHKSUM] ^= 1;
    }
    tar_add_end(&tar);
    return tar;
}

static struct provar_policy *policy_with(unsigned faults) {
    struct provar_policy *policy = NULL;
    assert_ok(provar_policy_new(&policy, NULL));
    assert_ok(provar_policy_allow_issuer(policy, TEXT(has(faults, ISSUERS) ? OTHER_ISSUER : ISSUER), NULL));
    assert_ok(provar_policy_set_subject(policy, TEXT(has(faults, SUBJECTS) ? OTHER_SUBJECT : SUBJECT), NULL));
    if (has(faults, REVISION))
        provar_policy_set_min_revision(policy, 0);
    assert_ok(provar_policy_require_target(policy, TEXT(has(faults, REQUIRED) ? "mips-linux" : "x86_64-linux"), NULL));
    provar_policy_set_time(policy, has(faults, TIME) ? 1600000000 : 1800000000);
    return policy;
}

static enum provar_result judge(const struct tar_build *bytes, unsigned faults, struct provar_error *err) {
    struct provar_open_options options = {.size = sizeof options, .max_member_size = has(faults, LIMITS) ? 20 : 0};
    struct provar_input from = memory_input(bytes->data, bytes->len);
    struct provar_archive *archive = NULL;
    struct provar_verified *verified = NULL;
    struct provar_policy *policy = policy_with(faults);
    assert_ok(provar_open(&from, &options, &archive, NULL));
    enum provar_result result = provar_verify(archive, policy, &verified, err);
    assert_true((result == PROVAR_OK) == (verified != NULL));
    provar_verified_free(verified);
    provar_policy_free(policy);
    provar_archive_free(archive);
    return result;
}

static void expect(const struct tar_build *bytes, unsigned faults, enum provar_result code, const char *says) {
    struct provar_error err = {0};
    enum provar_result result = judge(bytes, faults, &err);
    if (result != code || err.code != (int)code || strstr(err.message, says) == NULL)
        fail_msg("faults %x: %s (%s) in place of %s (%s)", faults, provar_result_name((int)result), err.message,
                 provar_result_name((int)code), says);
}

static void expect_plain_and_gzip(unsigned faults, enum provar_result code, const char *says) {
    struct tar_build tar = build(faults), gzip = gzip_of(&tar);
    expect(&tar, faults, code, says);
    expect(&gzip, faults, code, says);
    tar_build_free(&tar);
    tar_build_free(&gzip);
}

static void test_each_fault_alone(void **state) {
    (void)state;
    expect_plain_and_gzip(0, PROVAR_OK, "");
    for (unsigned i = 0; i < STAGES; i++)
        expect_plain_and_gzip(1u << i, codes[i], words[i]);
}

static void test_of_two_faults_the_earlier_is_reported(void **state) {
    (void)state;
    for (unsigned i = 0; i < STAGES; i++)
        for (unsigned k = i + 1; k < STAGES; k++)
            expect_plain_and_gzip(1u << i | 1u << k, codes[i], words[i]);
}

static void test_of_all_faults_the_earliest_is_reported(void **state) {
    (void)state;
    for (unsigned i = 0; i < STAGES; i++)
        expect_plain_and_gzip((1u << STAGES) - (1u << i), codes[i], words[i]);
}

/* The trailer is the last thing in the file, and comes before everything in the tar stream. */
static void test_a_gzip_trailer_precedes_the_layout(void **state) {
    (void)state;
    for (unsigned i = LAYOUT; i < STAGES; i++) {
        struct tar_build tar = build(1u << i), gzip = gzip_of(&tar);
        gzip.data[gzip.len - 8] ^= 1;
        expect(&gzip, 1u << i, PROVAR_E_GZIP, "CRC");
        tar_build_free(&tar);
        tar_build_free(&gzip);
    }
}

/* A duplicate and a name in two cases are faults of the layout as well. */
static void test_every_fault_of_the_layout_waits_for_the_framing(void **state) {
    (void)state;
    static const char *const names[] = {"x86_64-linux.bin",
                                        "X86_64-LINUX.BIN",
                                        "X86_64-Linux.bin",
                                        "./claims.jwt",
                                        "claims.txt",
                                        ".hidden.bin",
                                        "world",
                                        "a/b.bin"};
    for (size_t i = 0; i < array_length(names); i++) {
        struct tar_build tar = {0};
        struct recipe recipe = usual();
        put_token_member(&tar, &recipe);
        put_bodies(&tar, &recipe);
        tar_add_file(&tar, names[i], "x");
        size_t good = tar.len;
        tar_add_end(&tar);
        expect(&tar, 0, PROVAR_E_ENTRY, "");
        tar.len = good;
        tar_add_file(&tar, "mips64-linux.bin", "x");
        tar.data[tar.len - 2 * TAR_BLOCK + TAR_CHKSUM] ^= 1;
        tar_add_end(&tar);
        expect(&tar, 0, PROVAR_E_TAR, "");
        tar_build_free(&tar);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_fault_alone),
        cmocka_unit_test(test_of_two_faults_the_earlier_is_reported),
        cmocka_unit_test(test_of_all_faults_the_earliest_is_reported),
        cmocka_unit_test(test_a_gzip_trailer_precedes_the_layout),
        cmocka_unit_test(test_every_fault_of_the_layout_waits_for_the_framing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
