/* What an archive says of itself, believed by nobody: before a pass, after a good one, and after one that failed. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/archive.h"

static struct provar_archive *look_at(const struct recipe *recipe, struct tar_build *bytes) {
    struct provar_error err = {0};
    *bytes = archive_of(recipe);
    struct provar_archive *archive = open_bytes(bytes);
    if (provar_look(archive, &err) != PROVAR_OK)
        fail_msg("%s", err.message);
    return archive;
}

static void assert_knows_no_token(const struct provar_archive *archive) {
    size_t len = 7;
    struct provar_error err = {0};
    assert_null(provar_archive_token(archive, &len));
    assert_int_equal(len, 0);
    len = 7;
    assert_null(provar_archive_claims_json(archive, &len));
    assert_int_equal(len, 0);
    assert_null(provar_archive_claims(archive));
    assert_null(provar_archive_era(archive));
    assert_int_equal(provar_archive_readers(archive), 0);
    assert_fails(provar_archive_signature(archive, &err), PROVAR_E_USAGE, err, PROVAR_NO_OFFSET);
}

static void test_nothing_is_known_before_a_pass(void **state) {
    (void)state;
    struct tar_build bytes = usual_archive();
    struct provar_archive *archive = open_bytes(&bytes);
    struct provar_member member = {.size = sizeof member};
    assert_knows_no_token(archive);
    assert_int_equal(provar_archive_member_count(archive), 0);
    assert_int_equal(provar_archive_member(archive, 0, &member), PROVAR_E_USAGE);
    assert_int_equal(provar_archive_notice_count(archive), 0);
    assert_null(provar_archive_notice(archive, 0));
    provar_archive_free(archive);
    provar_archive_free(NULL);
    tar_build_free(&bytes);
}

/* The token less one final line end, and the payload's bytes as they were signed. */
static void test_the_token_is_lent_verbatim(void **state) {
    (void)state;
    static const char *const ends[] = {"", "\n", "\r\n"};
    static const char payload[] = " {\"jti\":\"1\" , \"iat\":7,\"iss\":\"" ISSUER "\",\"sub\":\"" SUBJECT
                                  "\",\"wascap\":{\"vendor\":\"\\u0041\",\"target_hashes\":{}}} ";
    for (size_t i = 0; i < array_length(ends); i++) {
        struct recipe recipe = {.payload = payload};
        struct tar_build token = {0}, bytes = {0};
        size_t len = 0;
        put_token(&token, &recipe);
        size_t bare = token.len;
        put_text(&token, ends[i]);
        tar_add_member(&bytes, TAR_USTAR, "claims.jwt", '0', token.data, token.len);
        tar_add_file(&bytes, "x86_64-linux.bin", "x");
        tar_add_end(&bytes);
        struct provar_archive *archive = open_bytes(&bytes);
        assert_ok(provar_look(archive, NULL));
        const char *text = provar_archive_token(archive, &len);
        assert_int_equal(len, bare);
        assert_memory_equal(text, token.data, bare);
        assert_string_equal(provar_archive_claims_json(archive, &len), payload);
        assert_int_equal(len, strlen(payload));
        assert_string_equal(provar_claims_vendor(provar_archive_claims(archive), NULL), "A");
        provar_archive_free(archive);
        tar_build_free(&bytes);
        tar_build_free(&token);
    }
}

static void test_wrong_signatures_and_digests_are_looked_at(void **state) {
    (void)state;
    struct recipe recipe = usual();
    struct tar_build bytes = {0};
    struct provar_error err = {0};
    recipe.forged = true;
    recipe.hashes = ",\"s390x-linux\":\"0000000000000000000000000000000000000000000000000000000000000000\"";
    struct provar_archive *archive = look_at(&recipe, &bytes);
    assert_fails(provar_archive_signature(archive, &err), PROVAR_E_SIGNATURE, err, PROVAR_NO_OFFSET);
    assert_string_equal(err.member, "claims.jwt");
    assert_string_equal(provar_claims_name(provar_archive_claims(archive), NULL), "Key Value");
    *find_text(&bytes, "first executable") ^= 1;
    assert_ok(provar_look(archive, NULL));
    assert_int_equal(provar_archive_member_count(archive), 3);
    provar_archive_free(archive);
    tar_build_free(&bytes);
}

/* What an earlier pass told is gone, what this one found until it failed is there. */
static void test_a_failed_pass_tells_what_it_saw(void **state) {
    (void)state;
    struct tar_build bytes = usual_archive();
    struct provar_archive *archive = open_bytes(&bytes);
    struct provar_member member = {.size = sizeof member};
    struct provar_error err = {0};
    assert_ok(provar_look(archive, NULL));
    uint8_t *header = find_text(&bytes, "aarch64-linux.bin");
    size_t at = (size_t)(header - bytes.data);
    tar_fill(header, 0, '-', 1);
    assert_fails(provar_look(archive, &err), PROVAR_E_ENTRY, err, at);
    assert_int_equal(provar_archive_member_count(archive), 2);
    assert_knows_no_token(archive);
    provar_archive_free(archive);

    header[0] = 'a';
    archive = open_bytes(&bytes);
    provar_error_clear(&err);
    assert_fails(provar_look(archive, &err), PROVAR_E_TAR, err, at);
    assert_int_equal(provar_archive_member_count(archive), 2);
    assert_ok(provar_archive_member(archive, 1, &member));
    assert_string_equal(member.name, "x86_64-linux.bin");
    assert_null(member.sha256);
    assert_knows_no_token(archive);
    provar_archive_free(archive);
    tar_build_free(&bytes);
}

/* ---------------------------------------------------------------- members */

static void test_a_member_struct_of_another_size(void **state) {
    (void)state;
    struct tar_build bytes;
    struct recipe recipe = usual();
    struct provar_archive *archive = look_at(&recipe, &bytes);
    struct provar_member member = {.size = sizeof member};
    assert_ok(provar_archive_member(archive, 2, &member));
    assert_int_equal(provar_archive_member(archive, 3, &member), PROVAR_E_USAGE);
    assert_string_equal(member.target, "aarch64-linux");
    member.size = sizeof member - 8;
    assert_int_equal(provar_archive_member(archive, 2, &member), PROVAR_E_USAGE);
    provar_archive_free(archive);
    tar_build_free(&bytes);
}

static void test_a_real_executable_is_described(void **state) {
    (void)state;
    static char shell[4 << 20];
    FILE *file = fopen("/bin/sh", "rb");
    assert_non_null(file);
    struct body bodies[] = {{"x86_64-linux.bin", shell, fread(shell, 1, sizeof shell, file), false},
                            BODY("world.wasm", "\0asm\1\0\0\0"),
                            BODY("mips-linux.bin", "#!/bin/sh\nexit 1\n")};
    assert_int_equal(fclose(file), 0);
    struct recipe recipe = {.bodies = bodies, .count = 3};
    struct tar_build bytes;
    struct provar_member member = {.size = sizeof member};
    struct provar_archive *archive = look_at(&recipe, &bytes);
    for (int pass = 0; pass < 2; pass++) {
        assert_ok(provar_archive_member(archive, 1, &member));
        assert_string_equal(member.format, "elf");
        if (strcmp(provar_host_target(), "x86_64-linux") == 0)
            assert_string_equal(member.machine, "x86_64");
        assert_string_equal(member.linkage, "dynamic");
        assert_memory_equal(member.interpreter, "/lib", 4);
        assert_memory_equal(member.glibc, "2.", 2);
        assert_ok(provar_archive_member(archive, 2, &member));
        assert_int_equal(member.kind, PROVAR_MEMBER_WORLD);
        assert_string_equal(member.name, "world.wasm");
        assert_string_equal(member.format, "wasm");
        assert_null(member.target);
        assert_ok(provar_archive_member(archive, 3, &member));
        assert_string_equal(member.format, "script");
        assert_null(member.machine);
        assert_null(member.interpreter);
        provar_checked_free(check_archive(archive));
    }
    provar_archive_free(archive);
    tar_build_free(&bytes);
}

/* ---------------------------------------------------------------- era and readers */

static void assert_era(const struct recipe *recipe, const char *era, uint32_t readers) {
    struct tar_build bytes;
    struct provar_archive *archive = look_at(recipe, &bytes);
    assert_string_equal(provar_archive_era(archive), era);
    assert_int_equal(provar_archive_readers(archive), readers);
    provar_archive_free(archive);
    tar_build_free(&bytes);
}

static void test_eras(void **state) {
    (void)state;
    static const struct body with_world[] = {BODY("world.wasm", "\0asm"), BODY("x86_64-linux.bin", "x")};
    struct recipe recipe = usual();
    const uint32_t later = PROVAR_READER_1_0_HOST | PROVAR_READER_1_6;
    assert_era(&recipe, "1.0", later | PROVAR_READER_1_0_WASH);
    recipe.wascap = ",\"capid\":\"wasmcloud:keyvalue\"";
    assert_era(&recipe, "capid", later | PROVAR_READER_1_0_WASH | PROVAR_READER_CAPID);
    recipe.bodies = with_world;
    assert_era(&recipe, "1.6", later);
    recipe.wascap = NULL;
    assert_era(&recipe, "1.6", later);
}

/* ---------------------------------------------------------------- notices */

static void assert_notice(struct tar_build *bytes, const char *says) {
    struct provar_archive *archive = open_bytes(bytes);
    assert_ok(provar_look(archive, NULL));
    assert_int_equal(provar_archive_notice_count(archive), 1);
    if (strstr(provar_archive_notice(archive, 0), says) == NULL)
        fail_msg("'%s' is not in '%s'", says, provar_archive_notice(archive, 0));
    assert_null(provar_archive_notice(archive, 1));
    provar_checked_free(check_archive(archive));
    assert_int_equal(provar_archive_notice_count(archive), 1);
    provar_archive_free(archive);
    tar_build_free(bytes);
}

static void test_what_is_odd_but_allowed(void **state) {
    (void)state;
    static const struct body with_empty[] = {{"x86_64-linux.bin", "", 0, false}};
    struct tar_build bytes = usual_archive();
    bytes.len -= 1024;
    assert_notice(&bytes, "no end mark");
    bytes = usual_archive();
    bytes.len -= 512;
    assert_notice(&bytes, "one block");
    bytes = usual_archive();
    bytes.data[bytes.len - 1025] = 'x';
    assert_notice(&bytes, "padding");
    struct recipe recipe = {.bodies = with_empty, .count = 1};
    bytes = archive_of(&recipe);
    assert_notice(&bytes, "'x86_64-linux.bin' is empty");
}

/* ---------------------------------------------------------------- limits */

static void assert_look(const struct tar_build *bytes, const struct provar_open_options *options,
                        enum provar_result code) {
    struct provar_error err = {0};
    struct provar_archive *archive = NULL;
    struct provar_input from = memory_input(bytes->data, bytes->len);
    assert_ok(provar_open(&from, options, &archive, NULL));
    enum provar_result result = provar_look(archive, &err);
    if (result != code)
        fail_msg("%s: %s", provar_result_name((int)result), err.message);
    uint8_t digest[32];
    uint64_t limit = provar_archive_is_gzip(archive) ? options->max_file_size : options->max_total_size;
    bool fits = limit == 0 || bytes->len <= limit;
    assert_int_equal(provar_archive_sha256(archive, digest, NULL), fits ? PROVAR_OK : PROVAR_E_LIMIT);
    provar_archive_free(archive);
}

static void test_limits_of_the_options(void **state) {
    (void)state;
    struct tar_build tar = usual_archive(), gzip = gzip_of(&tar);
    for (unsigned less = 0; less < 2; less++) {
        enum provar_result code = less ? PROVAR_E_LIMIT : PROVAR_OK;
        struct provar_open_options options = {.size = sizeof options, .max_total_size = tar.len - less};
        assert_look(&tar, &options, code);
        assert_look(&gzip, &options, code);
        options = (struct provar_open_options){.size = sizeof options, .max_file_size = gzip.len - less};
        assert_look(&gzip, &options, code);
        assert_look(&tar, &options, PROVAR_OK); /* of a gzip input only */
        options = (struct provar_open_options){.size = sizeof options, .max_member_size = usual_bodies[1].len - less};
        assert_look(&tar, &options, code);
        assert_look(&gzip, &options, code);
    }
    tar_build_free(&tar);
    tar_build_free(&gzip);
}

/* ---------------------------------------------------------------- what is not read */

enum { LARGE = 1 << 20 };

/* An archive by callbacks that count what was asked of each body. */
struct counting {
    const struct tar_build *bytes;
    const struct provar_archive *archive; /* tells where bodies lie; NULL counts nothing */
    uint64_t pos;
    uint64_t served[4]; /* per member */
};

static int64_t count_read_at(void *buf, size_t cap, uint64_t offset, void *user) {
    struct counting *counting = user;
    size_t left = counting->bytes->len - (size_t)offset, len = cap < left ? cap : left;
    struct provar_member member = {.size = sizeof member};
    for (size_t i = 0; counting->archive && provar_archive_member(counting->archive, i, &member) == PROVAR_OK; i++) {
        uint64_t from = offset > member.offset ? offset : member.offset;
        uint64_t end = member.offset + member.bytes < offset + len ? member.offset + member.bytes : offset + len;
        counting->served[i] += end > from ? end - from : 0;
    }
    memcpy(buf, counting->bytes->data + offset, len);
    return (int64_t)len;
}

static int64_t count_read(void *buf, size_t cap, void *user) {
    struct counting *counting = user;
    int64_t len = count_read_at(buf, cap, counting->pos, user);
    counting->pos += (uint64_t)len;
    return len;
}

static struct provar_archive *open_counting(struct counting *counting) {
    struct provar_callbacks calls = {.size = sizeof calls,
                                     .read = count_read,
                                     .read_at = count_read_at,
                                     .total = counting->bytes->len,
                                     .user = counting};
    struct provar_input from = {.size = sizeof from, .kind = PROVAR_INPUT_CALLBACKS, .callbacks = &calls};
    return open_input(&from);
}

/* PULL-8: a look reads the front of each body, a proof of one target that body only, a whole proof all. */
static void test_other_bodies_are_not_read(void **state) {
    (void)state;
    static char large[LARGE];
    memset(large, 'x', LARGE);
    const struct body bodies[] = {{"x86_64-linux.bin", large, LARGE, false},
                                  {"aarch64-linux.bin", large, LARGE, false}};
    struct recipe recipe = {.bodies = bodies, .count = 2};
    struct tar_build bytes = archive_of(&recipe);
    struct provar_archive *map = open_bytes(&bytes);
    struct counting counting = {.bytes = &bytes, .archive = map};
    struct provar_policy *policy = usual_policy();
    struct provar_verified *verified = NULL;
    assert_ok(provar_look(map, NULL));
    struct provar_archive *archive = open_counting(&counting);
    assert_ok(provar_look(archive, NULL));
    assert_true(counting.served[1] > 0 && counting.served[1] <= LARGE / 4);
    assert_true(counting.served[2] > 0 && counting.served[2] <= LARGE / 4);
    memset(counting.served, 0, sizeof counting.served);
    assert_ok(provar_policy_cover_target(policy, TEXT("aarch64-linux"), NULL));
    assert_ok(provar_verify(archive, policy, &verified, NULL));
    assert_int_equal(counting.served[1], 0);
    assert_int_equal(counting.served[2], LARGE);
    provar_verified_free(verified);
    memset(counting.served, 0, sizeof counting.served);
    provar_checked_free(check_archive(archive));
    assert_int_equal(counting.served[1], LARGE);
    assert_int_equal(counting.served[2], LARGE);
    provar_policy_free(policy);
    provar_archive_free(archive);
    provar_archive_free(map);
    tar_build_free(&bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_known_before_a_pass),
        cmocka_unit_test(test_the_token_is_lent_verbatim),
        cmocka_unit_test(test_wrong_signatures_and_digests_are_looked_at),
        cmocka_unit_test(test_a_failed_pass_tells_what_it_saw),
        cmocka_unit_test(test_a_member_struct_of_another_size),
        cmocka_unit_test(test_a_real_executable_is_described),
        cmocka_unit_test(test_eras),
        cmocka_unit_test(test_what_is_odd_but_allowed),
        cmocka_unit_test(test_limits_of_the_options),
        cmocka_unit_test(test_other_bodies_are_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
