/* The limits of reading, each at N and at N + 1: counts, the token, the world, one executable, the whole. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/builder.h"
#include "support/temp_dir.h"

#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)

static void assert_look(const struct provar_input *from, enum provar_result code, const char *says) {
    struct provar_error err = {0};
    struct provar_archive *archive = open_input(from);
    enum provar_result result = provar_look(archive, &err);
    if (result != code || strstr(err.message, says) == NULL)
        fail_msg("%s: %s", provar_result_name((int)result), err.message);
    provar_archive_free(archive);
}

static void assert_look_bytes(struct tar_build *bytes, enum provar_result code, const char *says) {
    struct provar_input from = memory_input(bytes->data, bytes->len);
    assert_look(&from, code, says);
    tar_build_free(bytes);
}

/* ---------------------------------------------------------------- counts */

/* 256 members that do not belong here are a fault of the layout; the next one is too many to go on. */
static void test_members(void **state) {
    (void)state;
    for (int count = 256; count <= 257; count++) {
        struct tar_build bytes = {0};
        for (int i = 0; i < count; i++)
            tar_add_file(&bytes, "README", "");
        tar_add_end(&bytes);
        assert_look_bytes(&bytes, count == 256 ? PROVAR_E_ENTRY : PROVAR_E_LIMIT,
                          count == 256 ? "README" : "256 members");
    }
}

static void test_targets(void **state) {
    (void)state;
    static char names[129][32];
    struct body bodies[130];
    for (size_t i = 0; i < 129; i++) {
        (void)snprintf(names[i], sizeof names[i], "cpu%zu-linux.bin", i);
        bodies[i] = (struct body){names[i], "x", 1, false};
    }
    struct recipe recipe = {.bodies = bodies, .count = 128};
    struct tar_build bytes = archive_of(&recipe);
    assert_look_bytes(&bytes, PROVAR_OK, "");
    recipe.count = 129; /* in the archive, and in the claims */
    bytes = archive_of(&recipe);
    assert_look_bytes(&bytes, PROVAR_E_LIMIT, "128 targets");
    struct tar_build claims_only = {0};
    put_token_member(&claims_only, &recipe);
    tar_add_file(&claims_only, names[0], "x");
    tar_add_end(&claims_only);
    assert_look_bytes(&claims_only, PROVAR_E_LIMIT, "128 targets");
    /* world.wasm is none. */
    bodies[128] = (struct body){"world.wasm", "x", 1, false};
    bytes = archive_of(&recipe);
    assert_look_bytes(&bytes, PROVAR_OK, "");
}

/* ---------------------------------------------------------------- the token */

/* A token that needs `len` bytes less 1 with its line end: the header of 39 characters makes odd lengths only. */
static void put_long_token(struct tar_build *tar, size_t payload_len, const char *line_end) {
    struct recipe recipe = usual();
    struct tar_build payload = {0}, token = {0};
    put_payload(&payload, &recipe);
    payload.len--; /* white space before the last brace */
    tar_fill_bytes(&payload, ' ', payload_len - payload.len - 1);
    tar_bytes(&payload, "}", 2);
    recipe.payload = (const char *)payload.data;
    put_token(&token, &recipe);
    put_text(&token, line_end);
    tar_add_member(tar, TAR_USTAR, "claims.jwt", '0', token.data, token.len);
    put_bodies(tar, &recipe);
    tar_add_end(tar);
    tar_build_free(&payload);
    tar_build_free(&token);
}

static void test_the_token(void **state) {
    (void)state;
    static const struct {
        size_t payload_len;
        const char *line_end;
        enum provar_result code;
    } cases[] = {{786336, "", PROVAR_OK},
                 {786336, "\n", PROVAR_OK},
                 {786336, "\r\n", PROVAR_E_LIMIT},
                 {786337, "", PROVAR_E_LIMIT}};
    for (size_t i = 0; i < array_length(cases); i++) {
        struct tar_build bytes = {0};
        put_long_token(&bytes, cases[i].payload_len, cases[i].line_end);
        assert_look_bytes(&bytes, cases[i].code, cases[i].code ? "claims.jwt" : "");
    }
}

/* ---------------------------------------------------------------- sizes, in files that are mostly holes */

struct sparse {
    int fd;
    uint64_t len;
};

static void sparse_bytes(struct sparse *sparse, const void *data, size_t len) {
    assert_int_equal(pwrite(sparse->fd, data, len, (off_t)sparse->len), (ssize_t)len);
    sparse->len += len;
}

static void sparse_member(struct sparse *sparse, const char *name, uint64_t size) {
    uint8_t header[TAR_BLOCK];
    tar_header(header, TAR_USTAR, name, '0', size);
    sparse_bytes(sparse, header, sizeof header);
    sparse->len += (size + 511) / 512 * 512;
}

/* An archive with a token and members of zeros; looking at it needs no digest of theirs. */
static struct sparse sparse_begin(void) {
    struct sparse sparse = {.fd = open("a.par", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
    struct recipe recipe = usual();
    struct tar_build token = {0};
    assert_true(sparse.fd >= 0);
    put_token_member(&token, &recipe);
    sparse_bytes(&sparse, token.data, token.len);
    tar_build_free(&token);
    return sparse;
}

static void sparse_end(struct sparse *sparse, enum provar_result code, const char *says) {
    assert_int_equal(ftruncate(sparse->fd, (off_t)sparse->len + 1024), 0);
    struct provar_input from = path_input("a.par");
    assert_look(&from, code, says);
    assert_int_equal(close(sparse->fd), 0);
}

static void test_the_world(void **state) {
    (void)state;
    for (unsigned more = 0; more < 2; more++) {
        struct sparse sparse = sparse_begin();
        sparse_member(&sparse, "world.wasm", 64 * MIB + more);
        sparse_member(&sparse, "x86_64-linux.bin", 1);
        sparse_end(&sparse, more ? PROVAR_E_LIMIT : PROVAR_OK, more ? "world.wasm" : "");
    }
}

static void test_one_executable(void **state) {
    (void)state;
    for (unsigned more = 0; more < 2; more++) {
        struct sparse sparse = sparse_begin();
        sparse_member(&sparse, "x86_64-linux.bin", 2 * GIB + more);
        sparse_end(&sparse, more ? PROVAR_E_LIMIT : PROVAR_OK, more ? "x86_64-linux.bin" : "");
    }
}

/* The tar stream is whole blocks long. */
static void test_the_whole(void **state) {
    (void)state;
    for (unsigned more = 0; more < 2; more++) {
        struct sparse sparse = sparse_begin();
        sparse_member(&sparse, "x86_64-linux.bin", 2 * GIB);
        sparse_member(&sparse, "aarch64-linux.bin", 2 * GIB - sparse.len % GIB - 512 - 1024 + 512 * more);
        assert_int_equal(sparse.len + 1024, 4 * GIB + 512 * more);
        sparse_end(&sparse, more ? PROVAR_E_LIMIT : PROVAR_OK, more ? "4294967296" : "");
    }
}

/* ---------------------------------------------------------------- what is not written */

/* Bodies of these sizes are refused before one is read, or pass this and meet a directory that is not there. */
static void assert_write(const uint64_t *sizes, size_t count, bool fits) {
    struct making making = make_bare();
    struct provar_output to = path_output("missing/a.par", 0);
    struct provar_error err = {0};
    assert_ok(provar_builder_set_id(making.builder, TEXT("SjB5fm974SjU9WMgTUchsb"), NULL));
    for (size_t i = 0; i < count; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "cpu%zu-linux", i);
        struct provar_input from = path_input(name);
        temp_dir_write(name, "x", 1);
        assert_int_equal(truncate(name, (off_t)sizes[i]), 0);
        assert_ok(provar_builder_add_target(making.builder, TEXT(name), &from, 0, NULL));
    }
    assert_fails(provar_builder_write(making.builder, &to, &err), fits ? PROVAR_E_IO : PROVAR_E_LIMIT, err,
                 PROVAR_NO_OFFSET);
    making_free(&making);
}

static void test_a_target_too_large_to_read(void **state) {
    (void)state;
    for (unsigned more = 0; more < 2; more++)
        assert_write((uint64_t[]){2 * GIB + more}, 1, more == 0);
}

static void test_an_archive_too_large_to_read(void **state) {
    (void)state;
    /* The token's length does not depend on the sizes, so a small archive tells that of the head. */
    struct making making = make_bare();
    assert_ok(provar_builder_set_id(making.builder, TEXT("SjB5fm974SjU9WMgTUchsb"), NULL));
    add_text_target(making.builder, "cpu0-linux", "x");
    add_text_target(making.builder, "cpu1-linux", "x");
    struct tar_build small = write_making(&making);
    uint64_t rest = 4 * GIB - (small.len - 2 * 512) - 2 * GIB;
    for (unsigned more = 0; more < 2; more++)
        assert_write((uint64_t[]){2 * GIB, rest + more}, 2, more == 0);
    tar_build_free(&small);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_the_token),
        test_in_temp_dir(test_the_world),
        test_in_temp_dir(test_one_executable),
        test_in_temp_dir(test_the_whole),
        test_in_temp_dir(test_a_target_too_large_to_read),
        test_in_temp_dir(test_an_archive_too_large_to_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
