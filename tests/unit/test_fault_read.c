/* Tests of check, verify and extract when each call of theirs in turn fails, is short or is interrupted. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/builder.h"
#include "support/fault_trial.h"

#include "support/authority.h"

#include "gzip/gzip_coder.h"
#include "gzip/gzip_segment.h"

/* More pieces than several decoders have room for; two pieces; three blocks; less than one. */
enum {
    SHARED = PV_GZIP_SHARED + 3 * PV_GZIP_PIECE + 70000,
    LARGE = PV_GZIP_PIECE + 70000,
    MEDIUM = 300000,
    SMALL = 40000,
    STREAM_ROOM = 2 << 20
};

static uint8_t large[SHARED], small[SMALL];

/* ---------------------------------------------------------------- the verbs */

static enum provar_result run_check(struct trial *trial, struct provar_error *err) {
    struct provar_archive *archive = NULL;
    struct provar_checked *checked = NULL;
    enum provar_result result = open_trial(trial, &archive, err);
    if (result == PROVAR_OK)
        result = provar_check(archive, &checked, err);
    assert_true((checked != NULL) == (result == PROVAR_OK));
    provar_checked_free(checked);
    close_trial(trial, archive);
    return result;
}

typedef enum provar_result (*use_fn)(struct trial *trial, const struct provar_verified *verified,
                                     struct provar_error *err);

/* Opens, verifies, and uses what was verified. */
static enum provar_result with_verified(struct trial *trial, bool defer, use_fn use, struct provar_error *err) {
    struct provar_archive *archive = NULL;
    struct provar_policy *policy = NULL;
    struct provar_verified *verified = NULL;
    enum provar_result result = open_trial(trial, &archive, err);
    if (result == PROVAR_OK)
        result = provar_policy_new(&policy, err);
    if (result == PROVAR_OK)
        result = provar_policy_allow_issuer(policy, ISSUER, strlen(ISSUER), err);
    if (result == PROVAR_OK && defer)
        provar_policy_defer_digests(policy);
    if (result == PROVAR_OK)
        result = provar_verify(archive, policy, &verified, err);
    assert_true((verified != NULL) == (result == PROVAR_OK));
    if (result == PROVAR_OK)
        result = use(trial, verified, err);
    provar_verified_free(verified);
    provar_policy_free(policy);
    close_trial(trial, archive);
    return result;
}

static enum provar_result use_nothing(struct trial *trial, const struct provar_verified *verified,
                                      struct provar_error *err) {
    (void)trial;
    (void)verified;
    (void)err;
    return PROVAR_OK;
}

static enum provar_result extract_to(const struct provar_verified *verified, const struct provar_output *to,
                                     struct provar_error *err) {
    return provar_extract(verified, "x86_64-linux", strlen("x86_64-linux"), to, err);
}

static enum provar_result use_path(struct trial *trial, const struct provar_verified *verified,
                                   struct provar_error *err) {
    struct provar_output to = path_output(trial->output, trial->old.len > 0 ? PROVAR_OUTPUT_REPLACE : 0);
    return extract_to(verified, &to, err);
}

static enum provar_result use_callback(struct trial *trial, const struct provar_verified *verified,
                                       struct provar_error *err) {
    struct provar_output to = {.size = sizeof to,
                               .kind = PROVAR_OUTPUT_CALLBACK,
                               .write = callback_take,
                               .user = trial,
                               .temp_dir = ".",
                               .temp_dir_len = 1};
    return extract_to(verified, &to, err);
}

static enum provar_result use_descriptor(struct trial *trial, const struct provar_verified *verified,
                                         struct provar_error *err) {
    int fd = memfd_create("extracted", MFD_CLOEXEC);
    struct provar_output to = {
        .size = sizeof to, .kind = PROVAR_OUTPUT_FD, .fd = fd, .temp_dir = ".", .temp_dir_len = 1};
    assert_true(fd >= 0);
    enum provar_result result = extract_to(verified, &to, err);
    ssize_t len = __real_pread64(fd, trial->stream.data, trial->stream.cap, 0);
    assert_true(len >= 0);
    trial->stream.len = (size_t)len;
    assert_int_equal(close(fd), 0);
    return result;
}

static enum provar_result run_verify(struct trial *trial, struct provar_error *err) {
    return with_verified(trial, false, use_nothing, err);
}

/* Each kind of policy file; the history has the archive already. */
static const struct {
    enum provar_policy_file kind;
    const char *name;
} policy_files[] = {{PROVAR_POLICY_ALLOWED_ISSUERS, "rules"},
                    {PROVAR_POLICY_ACCOUNT_TOKEN, "account"},
                    {PROVAR_POLICY_OPERATOR_TOKEN, "operator"},
                    {PROVAR_POLICY_REVOKED_ISSUERS, "revoked"},
                    {PROVAR_POLICY_HISTORY, "history"}};

/* Believes the archive by files alone, and records it. */
static enum provar_result run_verify_by_files(struct trial *trial, struct provar_error *err) {
    struct provar_archive *archive = NULL;
    struct provar_policy *policy = NULL;
    struct provar_verified *verified = NULL;
    enum provar_result result = open_trial(trial, &archive, err);
    if (result == PROVAR_OK)
        result = provar_policy_new(&policy, err);
    for (size_t i = 0; i < array_length(policy_files) && result == PROVAR_OK; i++)
        result = provar_policy_load(policy, policy_files[i].kind, TEXT(policy_files[i].name), err);
    if (result == PROVAR_OK)
        result = provar_verify(archive, policy, &verified, err);
    if (result == PROVAR_OK)
        result = provar_verified_record(verified, TEXT("history"), err);
    provar_verified_free(verified);
    provar_policy_free(policy);
    close_trial(trial, archive);
    return result;
}

static enum provar_result run_extract(struct trial *trial, struct provar_error *err) {
    return with_verified(trial, false, use_path, err);
}

static enum provar_result run_extract_deferred(struct trial *trial, struct provar_error *err) {
    return with_verified(trial, true, use_path, err);
}

static enum provar_result run_extract_callback(struct trial *trial, struct provar_error *err) {
    return with_verified(trial, false, use_callback, err);
}

static enum provar_result run_extract_descriptor(struct trial *trial, struct provar_error *err) {
    return with_verified(trial, false, use_descriptor, err);
}

/* ---------------------------------------------------------------- the archives */

enum framing { PLAIN, INDEXED, STREAM_ONLY, INDEXED_SHARED };

static const struct {
    const char *name;
    size_t large; /* bytes of the first target */
} archives[] = {
    [PLAIN] = {"plain.par", MEDIUM},
    [INDEXED] = {"indexed.par.gz", LARGE},
    [STREAM_ONLY] = {"stream.par.gz", MEDIUM},
    [INDEXED_SHARED] = {"shared.par.gz", SHARED},
};

static void write_archive(enum framing framing) {
    struct making making = make_bare();
    struct provar_input from[2] = {memory_input(large, archives[framing].large), memory_input(small, sizeof small)};
    assert_ok(provar_builder_add_target(making.builder, TEXT("x86_64-linux"), &from[0], 0, NULL));
    assert_ok(provar_builder_add_target(making.builder, TEXT("aarch64-linux"), &from[1], 0, NULL));
    assert_ok(provar_builder_set_compression(making.builder, framing == PLAIN ? 0 : 1, NULL));
    if (framing == STREAM_ONLY)
        provar_builder_omit_index(making.builder);
    struct tar_build bytes = write_making(&making);
    temp_dir_write(archives[framing].name, bytes.data, bytes.len);
    tar_build_free(&bytes);
}

static int make_archives(void **state) {
    assert_int_equal(temp_dir_setup(state), 0);
    fill_body(large, sizeof large, EM_X86_64);
    fill_body(small, sizeof small, EM_AARCH64);
    for (enum framing framing = PLAIN; framing <= INDEXED_SHARED; framing++)
        write_archive(framing);
    make_pipe();
    return 0;
}

static int drop_archives(void **state) {
    drop_pipe();
    return temp_dir_teardown(state);
}

/* ---------------------------------------------------------------- the trials */

/* What every one of them meets, whatever is read in whatever way. */
enum { ALWAYS = FAULT_ALLOCATION };

/* Tries a verb on one archive; `met` are the calls that it must have. */
static void try_archive(struct trial trial, enum framing framing, enum way from, unsigned threads, unsigned met) {
    trial.input = archives[framing].name;
    trial.from = from;
    trial.threads = threads;
    trial.bytes = file_bytes(trial.input);
    trial.reads_ahead = framing == INDEXED_SHARED && threads > 1;
    if (trial.good[0].len > 0)
        trial.good[0].len = archives[framing].large;
    pipe_holds(trial.bytes.data, trial.bytes.len);
    if (trial.good[0].len > 0)
        (void)tar_grow(&trial.stream, STREAM_ROOM);
    unsigned really = try_all(&trial);
    if ((really & met) != met)
        fail_msg("%s: of the calls %#x only %#x", trial.name, met, really);
    tar_build_free(&trial.bytes);
    tar_build_free(&trial.stream);
}

static void test_check(void **state) {
    (void)state;
    const struct trial trial = {.name = "check", .run = run_check};
    for (enum framing framing = PLAIN; framing <= STREAM_ONLY; framing++) {
        try_archive(trial, framing, FROM_PATH, 1, ALWAYS | FAULT_OPEN | FAULT_READ | FAULT_EXAMINE);
        try_archive(trial, framing, FROM_PATH, 4, ALWAYS | FAULT_OPEN | FAULT_READ | FAULT_EXAMINE | FAULT_THREAD);
        try_archive(trial, framing, FROM_PIPE, 1, ALWAYS | FAULT_OPEN | FAULT_READ | FAULT_WRITE);
        try_archive(trial, framing, FROM_CALLBACKS, 1, ALWAYS | FAULT_CALLBACK);
        try_archive(trial, framing, FROM_STREAM_CALLBACKS, 1, ALWAYS | FAULT_CALLBACK);
    }
}

static void test_verify(void **state) {
    (void)state;
    const struct trial trial = {.name = "verify", .run = run_verify};
    for (enum framing framing = PLAIN; framing <= STREAM_ONLY; framing++)
        try_archive(trial, framing, FROM_PATH, 4, ALWAYS | FAULT_OPEN | FAULT_READ | FAULT_EXAMINE | FAULT_THREAD);
    try_archive(trial, PLAIN, FROM_PIPE, 4, ALWAYS | FAULT_OPEN | FAULT_READ | FAULT_WRITE | FAULT_THREAD);
}

static void write_token(const char *name, const struct test_key *issuer, const struct test_key *subject,
                        const char *signer) {
    char signers[80];
    (void)snprintf(signers, sizeof signers, "[\"%s\"]", signer);
    const struct authority_recipe recipe = {.issuer = issuer, .subject = subject, .signers = signers};
    struct tar_build token = authority_token(&recipe);
    temp_dir_write(name, token.data, token.len);
    tar_build_free(&token);
}

/* An operator, a further key of it, and an account for which the archive's issuer signs; a list that names a digest,
 * for which the whole file is hashed. */
static void write_policy_files(void) {
    const struct test_key holder = test_key('O', 1), further = test_key('O', 2), account = test_key('A', 3);
    char rules[160];
    (void)snprintf(rules, sizeof rules, "* name=x " OTHER_ISSUER "\n* operator,accounts=A* %s\n", holder.public);
    temp_dir_write("rules", TEXT(rules));
    temp_dir_write("revoked", TEXT("# fresh-until: 99991231\n" OTHER_ISSUER " *\njti:x\nsha256:"
                                   "0000000000000000000000000000000000000000000000000000000000000000\n"));
    write_token("operator", &holder, &holder, further.public);
    write_token("account", &further, &account, ISSUER);
}

static void test_verify_by_files(void **state) {
    (void)state;
    static const enum framing framings[] = {PLAIN, INDEXED};
    struct trial trial = {.name = "verify by files", .run = run_verify_by_files, .threads = 1};
    write_policy_files();
    for (size_t i = 0; i < array_length(framings); i++) {
        struct provar_error err = {0};
        trial.input = archives[framings[i]].name;
        if (i > 0)
            assert_int_equal(unlink("history"), 0);
        if (run_verify_by_files(&trial, &err) != PROVAR_OK)
            fail_msg("%s", err.message);
        struct tar_build before = file_bytes("history");
        try_archive(trial, framings[i], FROM_PATH, 1, ALWAYS | FAULT_OPEN | FAULT_READ | FAULT_EXAMINE);
        struct tar_build after = file_bytes("history");
        assert_true(same_bytes(&before, &after));
        tar_build_free(&before);
        tar_build_free(&after);
    }
}

/* What a path as output takes. */
enum { TO_PATH = ALWAYS | FAULT_OPEN | FAULT_WRITE | FAULT_EXAMINE | FAULT_SYNC | FAULT_NAME | FAULT_PROC };

static void test_extract(void **state) {
    (void)state;
    struct trial trial = {
        .name = "extract", .run = run_extract, .output = "out", .good[0] = {.data = large, .len = sizeof large}};
    try_archive(trial, PLAIN, FROM_PATH, 1, TO_PATH | FAULT_READ);
    try_archive(trial, INDEXED, FROM_PATH, 4, TO_PATH | FAULT_READ | FAULT_THREAD);
    try_archive(trial, STREAM_ONLY, FROM_PATH, 4, TO_PATH | FAULT_READ | FAULT_THREAD);
    try_archive(trial, PLAIN, FROM_PIPE, 4, TO_PATH | FAULT_READ | FAULT_THREAD);
    try_archive(trial, INDEXED, FROM_CALLBACKS, 1, TO_PATH | FAULT_CALLBACK);
}

static void test_extract_over_a_file(void **state) {
    (void)state;
    struct trial trial = {.name = "extract over a file",
                          .run = run_extract,
                          .output = "out",
                          .old = {.data = small, .len = sizeof small},
                          .good[0] = {.data = large, .len = sizeof large}};
    try_archive(trial, PLAIN, FROM_PATH, 1, TO_PATH | FAULT_READ | FAULT_RANDOM);
}

static void test_extract_with_deferred_digests(void **state) {
    (void)state;
    struct trial trial = {.name = "extract, with deferred digests",
                          .run = run_extract_deferred,
                          .output = "out",
                          .good[0] = {.data = large, .len = sizeof large}};
    try_archive(trial, PLAIN, FROM_PATH, 1, TO_PATH | FAULT_READ);
    try_archive(trial, INDEXED, FROM_PATH, 4, TO_PATH | FAULT_READ | FAULT_THREAD);
    try_archive(trial, PLAIN, FROM_PIPE, 1, TO_PATH | FAULT_READ);
}

static void test_extract_to_a_stream(void **state) {
    (void)state;
    struct trial trial = {
        .name = "extract to a callback", .run = run_extract_callback, .good[0] = {.data = large, .len = sizeof large}};
    try_archive(trial, PLAIN, FROM_PATH, 4, ALWAYS | FAULT_READ | FAULT_WRITE | FAULT_TAKER);
    trial.name = "extract to a descriptor";
    trial.run = run_extract_descriptor;
    try_archive(trial, STREAM_ONLY, FROM_PATH, 4, ALWAYS | FAULT_READ | FAULT_WRITE);
}

/* A member that several threads decode. */
static void test_a_shared_member(void **state) {
    (void)state;
    const unsigned met = ALWAYS | FAULT_OPEN | FAULT_READ | FAULT_EXAMINE | FAULT_THREAD;
    struct trial trial = {.name = "check, shared", .run = run_check};
    try_archive(trial, INDEXED_SHARED, FROM_PATH, 2, met);
    try_archive(trial, INDEXED_SHARED, FROM_PATH, 4, met);
    trial.name = "verify, shared";
    trial.run = run_verify;
    try_archive(trial, INDEXED_SHARED, FROM_PATH, 4, met);
    trial = (struct trial){
        .name = "extract, shared", .run = run_extract, .output = "out", .good[0] = {.data = large, .len = SHARED}};
    try_archive(trial, INDEXED_SHARED, FROM_PATH, 4, TO_PATH | FAULT_READ | FAULT_THREAD);
    trial.name = "extract, with deferred digests, shared";
    trial.run = run_extract_deferred;
    try_archive(trial, INDEXED_SHARED, FROM_PATH, 2, TO_PATH | FAULT_READ | FAULT_THREAD);
}

#define test_on_archives(function) cmocka_unit_test_setup_teardown(function, make_archives, drop_archives)

int main(void) {
    const struct CMUnitTest tests[] = {
        test_on_archives(test_check),
        test_on_archives(test_verify),
        test_on_archives(test_verify_by_files),
        test_on_archives(test_extract),
        test_on_archives(test_extract_over_a_file),
        test_on_archives(test_extract_with_deferred_digests),
        test_on_archives(test_extract_to_a_stream),
        test_on_archives(test_a_shared_member),
    };
    fault_hook_libraries();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
