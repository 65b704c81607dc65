/* Tests of verify/scan: what one pass finds, which digests it takes, and which fault it names. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/archive.h"

#include "internal.h"

#include "support/exe_build.h"
#include "verify/scan.h"

/* One scan and everything that it gave. */
struct scanned {
    struct pv_scan scan;
    struct pv_notices notices;
    struct provar_error err;
    enum provar_result result;
};

static const struct pv_scan_options everything = {
    .digests = PV_SCAN_ALL_DIGESTS, .max_total = PV_MAX_TOTAL_SIZE, .max_member = PV_MAX_MEMBER_SIZE};

static void run(struct scanned *scanned, const struct tar_build *bytes, const struct pv_scan_options *options) {
    PV_AUTO_SOURCE struct pv_source *source = NULL;
    memset(scanned, 0, sizeof *scanned);
    assert_ok(pv_source_memory(bytes->data, bytes->len, &source, NULL));
    scanned->result = pv_scan_run(source, options, &scanned->notices, &scanned->scan, &scanned->err);
    assert_int_equal(scanned->err.code, scanned->result);
}

static void release(struct scanned *scanned) {
    pv_scan_release(&scanned->scan);
    pv_notices_release(&scanned->notices);
}

static struct tar_build small_archive(void) {
    struct tar_build bytes = {0};
    tar_add_file(&bytes, "./x86_64-linux.bin", "first");
    tar_add_file(&bytes, "claims.jwt", "a.b.c\n");
    tar_add_file(&bytes, "world.wasm", "world");
    tar_add_file(&bytes, "aarch64-linux.bin", "second");
    tar_add_end(&bytes);
    return bytes;
}

static void assert_digest(const struct pv_member *member, const char *body) {
    uint8_t digest[EVP_MAX_MD_SIZE];
    assert_true(member->hashed);
    assert_int_equal(EVP_Digest(body, strlen(body), digest, NULL, EVP_sha256(), NULL), 1);
    assert_memory_equal(member->digest, digest, PV_SHA256_LEN);
}

/* ---------------------------------------------------------------- what is found */

static void test_members(void **state) {
    (void)state;
    struct tar_build bytes = small_archive();
    struct scanned scanned;
    run(&scanned, &bytes, &everything);
    assert_ok(scanned.result);
    const struct pv_member *members = scanned.scan.members;
    assert_int_equal(scanned.scan.count, 4);
    assert_int_equal(scanned.scan.target_count, 2);
    assert_int_equal(members[0].kind, PROVAR_MEMBER_TARGET);
    assert_string_equal(members[0].name, "x86_64-linux.bin");
    assert_string_equal(members[0].target, "x86_64-linux");
    assert_int_equal(members[0].size, 5);
    assert_int_equal(members[0].body_offset, 512);
    assert_int_equal(members[1].kind, PROVAR_MEMBER_TOKEN);
    assert_int_equal(members[1].body_offset, 1536);
    assert_false(members[1].hashed);
    assert_int_equal(members[2].kind, PROVAR_MEMBER_WORLD);
    assert_null(members[2].target);
    assert_string_equal(members[2].stem.text, "world.wasm");
    assert_string_equal((const char *)scanned.scan.token.data, "a.b.c\n");
    assert_ptr_equal(pv_scan_target(&scanned.scan, PV_STR("aarch64-linux")), &members[3]);
    assert_ptr_equal(pv_scan_world(&scanned.scan), &members[2]);
    assert_null(pv_scan_target(&scanned.scan, PV_STR("world.wasm")));
    assert_null(pv_scan_target(&scanned.scan, PV_STR("claims.jwt")));
    assert_null(pv_scan_target(&scanned.scan, PV_STR("")));
    release(&scanned);
    tar_build_free(&bytes);
}

static void test_digests(void **state) {
    (void)state;
    struct tar_build bytes = small_archive();
    struct scanned scanned;
    struct pv_scan_options options = everything;
    run(&scanned, &bytes, &options);
    assert_digest(&scanned.scan.members[0], "first");
    assert_digest(&scanned.scan.members[2], "world");
    assert_digest(&scanned.scan.members[3], "second");
    release(&scanned);
    options.digests = PV_SCAN_ONE_TARGET;
    options.target = PV_STR("aarch64-linux");
    run(&scanned, &bytes, &options);
    assert_digest(&scanned.scan.members[3], "second");
    assert_false(scanned.scan.members[0].hashed || scanned.scan.members[2].hashed);
    release(&scanned);
    options.target = PV_STR("world.wasm");
    run(&scanned, &bytes, &options);
    assert_ok(scanned.result);
    assert_false(scanned.scan.members[2].hashed);
    release(&scanned);
    options.digests = PV_SCAN_NO_DIGESTS;
    run(&scanned, &bytes, &options);
    for (size_t i = 0; i < 4; i++)
        assert_false(scanned.scan.members[i].hashed);
    release(&scanned);
    tar_build_free(&bytes);
}

/* What a body is must not depend on whether it was hashed or looked into. */
static void test_bodies_are_looked_into(void **state) {
    (void)state;
    static const uint32_t machines[] = {MACHO_X86_64, MACHO_ARM64};
    struct exe_image fat AUTO_IMAGE = exe_build_fat(false, machines, 2);
    struct tar_build bytes = {0};
    tar_add_file(&bytes, "claims.jwt", "t");
    tar_add_file(&bytes, "a-script.bin", "#!/bin/sh\n");
    tar_add_member(&bytes, TAR_USTAR, "b-fat.bin", '0', fat.data, fat.len);
    tar_add_end(&bytes);
    struct pv_scan_options options = everything;
    for (int look = 0; look < 3; look++) {
        struct scanned scanned;
        options.look = look == 1;
        options.digests = look ? PV_SCAN_NO_DIGESTS : PV_SCAN_ALL_DIGESTS;
        run(&scanned, &bytes, &options);
        assert_ok(scanned.result);
        bool seen = look < 2;
        assert_int_equal(scanned.scan.members[1].exe.format, seen ? PV_EXE_SCRIPT : PV_EXE_UNKNOWN);
        assert_int_equal(scanned.scan.members[2].exe.format, seen ? PV_EXE_MACHO : PV_EXE_UNKNOWN);
        assert_string_equal(scanned.scan.members[2].machine, seen ? "x86_64+aarch64" : "");
        release(&scanned);
    }
    tar_build_free(&bytes);
}

static void test_empty_targets_are_noticed(void **state) {
    (void)state;
    struct tar_build bytes = {0};
    struct scanned scanned;
    tar_add_file(&bytes, "claims.jwt", "t");
    tar_add_file(&bytes, "x86_64-linux.bin", "");
    tar_add_end(&bytes);
    run(&scanned, &bytes, &everything);
    assert_ok(scanned.result);
    assert_int_equal(scanned.notices.count, 1);
    assert_digest(&scanned.scan.members[1], "");
    release(&scanned);
    tar_build_free(&bytes);
}

/* ---------------------------------------------------------------- layout */

/* Scans and frees `bytes`. */
static void assert_fault(struct tar_build *bytes, enum provar_result code, uint64_t offset, const char *member) {
    struct scanned scanned;
    run(&scanned, bytes, &everything);
    if (scanned.result != code)
        fail_msg("%s: %s", provar_result_name((int)scanned.result), scanned.err.message);
    assert_true(scanned.err.offset == offset);
    assert_string_equal(scanned.err.member, member);
    release(&scanned);
    tar_build_free(bytes);
}

static void test_what_must_be_there(void **state) {
    (void)state;
    struct tar_build bytes = {0};
    tar_add_end(&bytes);
    assert_fault(&bytes, PROVAR_E_ENTRY, PROVAR_NO_OFFSET, "");
    tar_add_file(&bytes, "x86_64-linux.bin", "x");
    tar_add_end(&bytes);
    assert_fault(&bytes, PROVAR_E_ENTRY, PROVAR_NO_OFFSET, "");
    tar_add_file(&bytes, "claims.jwt", "x");
    tar_add_file(&bytes, "world.wasm", "x");
    tar_add_end(&bytes);
    assert_fault(&bytes, PROVAR_E_NO_TARGET, PROVAR_NO_OFFSET, "");
}

static void test_names_that_do_not_belong(void **state) {
    (void)state;
    static const char *const names[] = {"README.md",
                                        "claims",
                                        "claims.txt",
                                        "claims.jwt.bak",
                                        "claims.bin",
                                        "world",
                                        "world.txt",
                                        "world.wasm.bin",
                                        "dir/claims.jwt",
                                        "x86_64-linux",
                                        "x86_64-linux.so",
                                        "._claims.jwt",
                                        "._x86_64-linux.bin",
                                        ".bin",
                                        ".hidden.bin",
                                        "-rf.bin",
                                        "a b-linux.bin",
                                        "dir\\claims.jwt",
                                        "/claims.jwt",
                                        "../claims.jwt",
                                        "..",
                                        "a/..",
                                        "\xff.bin",
                                        "x86_64-linux.bin.bin ",
                                        "\xc3\xa4-linux.bin"};
    for (size_t i = 0; i < array_length(names); i++) {
        struct tar_build bytes = {0};
        char escaped[136];
        tar_add_file(&bytes, "claims.jwt", "t");
        tar_add_file(&bytes, names[i], "x");
        tar_add_file(&bytes, "s390x-linux.bin", "x");
        tar_add_end(&bytes);
        (void)provar_escape(names[i], strlen(names[i]), escaped, sizeof escaped);
        assert_fault(&bytes, PROVAR_E_ENTRY, 1024, escaped);
    }
}

/* The first fault of the layout is named, but only once the framing behind it proved sound. */
static void test_framing_comes_first(void **state) {
    (void)state;
    struct tar_build bytes = {0};
    tar_add_file(&bytes, "README.md", "x");
    tar_add_file(&bytes, "claims.jwt", "t");
    tar_add_file(&bytes, "claims.jwt", "t");
    tar_add_file(&bytes, "x86_64-linux.bin", "x");
    tar_add_end(&bytes);
    struct tar_build broken = {0};
    tar_bytes(&broken, bytes.data, bytes.len);
    broken.data[3072 + TAR_CHKSUM] ^= 1;
    assert_fault(&bytes, PROVAR_E_ENTRY, 0, "README.md");
    assert_fault(&broken, PROVAR_E_TAR, 3072, "");
}

static void test_duplicates(void **state) {
    (void)state;
    static const char *const names[] = {"x86_64-linux.bin", "./x86_64-linux.bin", "X86_64-LINUX.bin"};
    for (size_t i = 0; i < array_length(names); i++) {
        struct tar_build bytes = {0};
        tar_add_file(&bytes, "claims.jwt", "t");
        tar_add_file(&bytes, "x86_64-linux.bin", "x");
        tar_add_file(&bytes, names[i], "y");
        tar_add_end(&bytes);
        assert_fault(&bytes, PROVAR_E_ENTRY, 2048, names[i]);
    }
}

static void test_a_failed_scan_holds_what_it_saw(void **state) {
    (void)state;
    struct tar_build bytes = small_archive();
    struct scanned scanned;
    bytes.len = 3 * 1024 + 512 + 3;
    run(&scanned, &bytes, &everything);
    assert_int_equal(scanned.result, PROVAR_E_TAR);
    assert_string_equal(scanned.err.member, "aarch64-linux.bin");
    assert_int_equal(scanned.scan.count, 4);
    assert_false(scanned.scan.members[3].hashed);
    release(&scanned);
    tar_build_free(&bytes);
}

/* ---------------------------------------------------------------- limits */

static void test_sizes(void **state) {
    (void)state;
    struct tar_build bytes = small_archive();
    for (unsigned less = 0; less < 2; less++) {
        struct scanned scanned;
        struct pv_scan_options options = everything;
        options.max_member = 6 - less;
        run(&scanned, &bytes, &options);
        assert_int_equal(scanned.result, less ? PROVAR_E_LIMIT : PROVAR_OK);
        assert_string_equal(scanned.err.member, less ? "aarch64-linux.bin" : "");
        release(&scanned);
        options = everything;
        options.max_total = bytes.len - less;
        run(&scanned, &bytes, &options);
        assert_int_equal(scanned.result, less ? PROVAR_E_LIMIT : PROVAR_OK);
        release(&scanned);
    }
    tar_build_free(&bytes);
}

static void test_counts(void **state) {
    (void)state;
    for (int targets = PV_MAX_TARGETS; targets <= PV_MAX_TARGETS + 1; targets++) {
        struct tar_build bytes = {0};
        struct scanned scanned;
        char name[32];
        for (int i = 0; i < targets; i++) {
            (void)snprintf(name, sizeof name, "cpu%d-linux.bin", i);
            tar_add_file(&bytes, name, "x");
        }
        tar_add_file(&bytes, "world.wasm", "w");
        tar_add_file(&bytes, "claims.jwt", "t");
        tar_add_end(&bytes);
        run(&scanned, &bytes, &everything);
        assert_int_equal(scanned.result, targets == PV_MAX_TARGETS ? PROVAR_OK : PROVAR_E_LIMIT);
        release(&scanned);
        tar_build_free(&bytes);
    }
}

static void test_the_token_is_kept_to_its_limit(void **state) {
    (void)state;
    char *text = calloc(1, PV_MAX_TOKEN_SIZE + 1);
    assert_non_null(text);
    for (unsigned more = 0; more < 2; more++) {
        struct tar_build bytes = {0};
        struct scanned scanned;
        tar_add_member(&bytes, TAR_USTAR, "claims.jwt", '0', text, PV_MAX_TOKEN_SIZE + more);
        tar_add_file(&bytes, "x86_64-linux.bin", "x");
        tar_add_end(&bytes);
        run(&scanned, &bytes, &everything);
        assert_int_equal(scanned.result, more ? PROVAR_E_LIMIT : PROVAR_OK);
        assert_int_equal(scanned.scan.token.len, more ? 0 : PV_MAX_TOKEN_SIZE);
        release(&scanned);
        tar_build_free(&bytes);
    }
    free(text);
}

/* ---------------------------------------------------------------- a target that is not there */

static void test_the_names_in_the_message(void **state) {
    (void)state;
    struct tar_build bytes = small_archive();
    struct scanned scanned;
    struct provar_error err = {0};
    run(&scanned, &bytes, &everything);
    assert_int_equal(pv_scan_no_target(&scanned.scan, PV_STR("a\nb"), &err), PROVAR_E_NO_TARGET);
    assert_string_equal(err.message, "no target 'a\\x0ab' in the archive (it has: x86_64-linux, aarch64-linux)");
    release(&scanned);
    tar_build_free(&bytes);
    struct pv_str names[PV_MAX_TARGETS];
    char name[PV_MAX_TARGET_NAME];
    memset(name, 'x', sizeof name);
    for (size_t i = 0; i < PV_MAX_TARGETS; i++)
        names[i] = pv_str(name, sizeof name);
    provar_error_clear(&err);
    assert_fails(pv_fail_no_target(PV_STR("y"), names, PV_MAX_TARGETS, &err), PROVAR_E_NO_TARGET, err,
                 PROVAR_NO_OFFSET);
    assert_true(pv_str_ends(pv_str_of(err.message), PV_STR("xxx, and more)")));
    provar_error_clear(&err);
    assert_int_equal(pv_fail_no_target(PV_STR("y"), names, 0, &err), PROVAR_E_NO_TARGET);
    assert_true(pv_str_ends(pv_str_of(err.message), PV_STR("(it has: none)")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_digests),
        cmocka_unit_test(test_bodies_are_looked_into),
        cmocka_unit_test(test_empty_targets_are_noticed),
        cmocka_unit_test(test_what_must_be_there),
        cmocka_unit_test(test_names_that_do_not_belong),
        cmocka_unit_test(test_framing_comes_first),
        cmocka_unit_test(test_duplicates),
        cmocka_unit_test(test_a_failed_scan_holds_what_it_saw),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_the_token_is_kept_to_its_limit),
        cmocka_unit_test(test_the_names_in_the_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
