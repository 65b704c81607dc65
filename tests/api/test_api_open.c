/* provar_open and looking: every kind of input, what is borrowed and closed, passes that can and cannot be repeated. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/wait.h>

#include "support/archive.h"
#include "support/temp_dir.h"

/* ---------------------------------------------------------------- what every way of opening must give */

static void assert_looks_usual(const struct provar_archive *archive, bool gzip) {
    struct provar_member member = {.size = sizeof member};
    size_t len = 0;
    assert_int_equal(provar_archive_is_gzip(archive), gzip);
    assert_int_equal(provar_archive_member_count(archive), 3);
    assert_ok(provar_archive_member(archive, 0, &member));
    assert_int_equal(member.kind, PROVAR_MEMBER_TOKEN);
    assert_string_equal(member.name, "claims.jwt");
    assert_null(member.target);
    assert_null(member.sha256);
    assert_null(member.format);
    assert_int_equal(member.offset, 512);
    assert_ok(provar_archive_member(archive, 2, &member));
    assert_int_equal(member.kind, PROVAR_MEMBER_TARGET);
    assert_string_equal(member.name, "aarch64-linux.bin");
    assert_string_equal(member.target, "aarch64-linux");
    assert_int_equal(member.bytes, usual_bodies[1].len);
    assert_string_equal(member.format, "unknown");
    char hex[65];
    hash_hex(usual_bodies[1].data, usual_bodies[1].len, hex);
    assert_string_equal(member.sha256, hex);
    assert_ok(provar_archive_signature(archive, NULL));
    assert_string_equal(provar_claims_issuer(provar_archive_claims(archive), &len), ISSUER);
    assert_int_equal(len, 56);
    assert_int_equal(provar_archive_notice_count(archive), 0);
    assert_null(provar_archive_notice(archive, 0));
}

/* Look, check and digest, in this order and again: what can be read twice says the same each time. */
static void assert_reads_again(struct provar_archive *archive, const struct tar_build *bytes, bool gzip) {
    uint8_t digest[32], expected[EVP_MAX_MD_SIZE];
    struct provar_error err = {0};
    assert_int_equal(EVP_Digest(bytes->data, bytes->len, expected, NULL, EVP_sha256(), NULL), 1);
    for (int i = 0; i < 2; i++) {
        if (provar_look(archive, &err) != PROVAR_OK)
            fail_msg("%s", err.message);
        assert_looks_usual(archive, gzip);
        if (provar_archive_sha256(archive, digest, &err) != PROVAR_OK)
            fail_msg("%s", err.message);
        assert_memory_equal(digest, expected, sizeof digest);
        provar_checked_free(check_archive(archive));
        assert_looks_usual(archive, gzip);
    }
}

static void assert_reads_once(struct provar_archive *archive, bool gzip) {
    struct provar_error err = {0};
    struct provar_checked *checked = NULL;
    uint8_t digest[32];
    assert_ok(provar_look(archive, NULL));
    assert_looks_usual(archive, gzip);
    assert_fails(provar_look(archive, &err), PROVAR_E_USAGE, err, PROVAR_NO_OFFSET);
    provar_error_clear(&err);
    assert_fails(provar_check(archive, &checked, &err), PROVAR_E_USAGE, err, PROVAR_NO_OFFSET);
    provar_error_clear(&err);
    assert_fails(provar_archive_sha256(archive, digest, &err), PROVAR_E_USAGE, err, PROVAR_NO_OFFSET);
    assert_null(checked);
    assert_looks_usual(archive, gzip);
}

static struct tar_build usual_bytes(bool gzip) {
    struct tar_build tar = usual_archive();
    if (!gzip)
        return tar;
    struct tar_build packed = gzip_of(&tar);
    tar_build_free(&tar);
    return packed;
}

/* ---------------------------------------------------------------- files, descriptors, memory */

static void test_memory(void **state) {
    (void)state;
    for (int gzip = 0; gzip < 2; gzip++) {
        struct tar_build bytes = usual_bytes(gzip);
        struct provar_archive *archive = open_bytes(&bytes);
        assert_reads_again(archive, &bytes, gzip);
        provar_archive_free(archive);
        tar_build_free(&bytes);
    }
}

/* Magic decides, never the name. */
static void test_path(void **state) {
    (void)state;
    static const char *const names[] = {"a.par.gz", "a.par"};
    for (int gzip = 0; gzip < 2; gzip++) {
        struct tar_build bytes = usual_bytes(gzip);
        temp_dir_write(names[gzip], bytes.data, bytes.len);
        struct provar_archive *archive = open_path(names[gzip]);
        assert_reads_again(archive, &bytes, gzip);
        provar_archive_free(archive);
        tar_build_free(&bytes);
    }
}

/* From where it stands, which stays as it was. */
static void test_fd(void **state) {
    (void)state;
    for (int gzip = 0; gzip < 2; gzip++) {
        struct tar_build bytes = usual_bytes(gzip);
        int fd = open("a.par", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        assert_int_equal(write(fd, "before", 6), 6);
        assert_int_equal(write(fd, bytes.data, bytes.len), (ssize_t)bytes.len);
        assert_int_equal(lseek(fd, 6, SEEK_SET), 6);
        struct provar_input from = fd_input(fd);
        struct provar_archive *archive = open_input(&from);
        assert_reads_again(archive, &bytes, gzip);
        provar_archive_free(archive);
        assert_int_equal(lseek(fd, 0, SEEK_CUR), 6);
        assert_int_equal(close(fd), 0);
        tar_build_free(&bytes);
    }
}

static void test_what_is_no_file(void **state) {
    (void)state;
    static const struct {
        const char *path;
        enum provar_result code;
    } cases[] = {{"missing", PROVAR_E_IO},
                 {".", PROVAR_E_IO},
                 {"fifo", PROVAR_E_IO},
                 {"/dev/zero", PROVAR_E_IO},
                 {"", PROVAR_E_USAGE}};
    assert_int_equal(mkfifo("fifo", 0600), 0);
    for (size_t i = 0; i < array_length(cases); i++) {
        struct provar_error err = {0};
        struct provar_archive *archive = NULL;
        struct provar_input from = path_input(cases[i].path);
        assert_fails(provar_open(&from, NULL, &archive, &err), cases[i].code, err, PROVAR_NO_OFFSET);
        assert_null(archive);
    }
}

static void test_what_is_no_archive(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        const char *says;
    } cases[] = {{"", 0, "0 bytes"},
                 {"\x1f", 1, "1 bytes"},
                 {"PK\3\4 and more", 13, "zip"},
                 {"\x28\xb5\x2f\xfd", 4, "zstd"},
                 {"\3757zXZ\0", 6, "xz"},
                 {"BZh9", 4, "bzip2"},
                 {"\177ELF\2\1\1", 7, "ELF"},
                 {"\0asm\1\0\0\0", 8, "WebAssembly"}};
    for (size_t i = 0; i < array_length(cases); i++) {
        struct provar_error err = {0};
        struct provar_archive *archive = NULL;
        struct provar_input from = memory_input(cases[i].bytes, cases[i].len);
        assert_fails(provar_open(&from, NULL, &archive, &err), PROVAR_E_FORMAT, err, 0);
        if (strstr(err.message, cases[i].says) == NULL)
            fail_msg("'%s' does not name %s", err.message, cases[i].says);
        assert_null(archive);
    }
}

static void test_structs_of_another_size(void **state) {
    (void)state;
    struct tar_build bytes = usual_archive();
    struct provar_archive *archive = NULL;
    struct provar_input from = memory_input(bytes.data, bytes.len);
    struct provar_open_options options = {.size = sizeof options};
    assert_ok(provar_open(&from, &options, &archive, NULL));
    provar_archive_free(archive);
    archive = NULL;
    options.size--;
    assert_int_equal(provar_open(&from, &options, &archive, NULL), PROVAR_E_USAGE);
    options = (struct provar_open_options){.size = sizeof options, .flags = 4};
    assert_int_equal(provar_open(&from, &options, &archive, NULL), PROVAR_E_USAGE);
    from.size = 0;
    assert_int_equal(provar_open(&from, NULL, &archive, NULL), PROVAR_E_USAGE);
    from = memory_input(bytes.data, bytes.len);
    from.kind = 0;
    assert_int_equal(provar_open(&from, NULL, &archive, NULL), PROVAR_E_USAGE);
    assert_null(archive);
    tar_build_free(&bytes);
}

/* ---------------------------------------------------------------- pipes */

/* The reading end of a pipe that a child fills. */
static int pipe_with(const struct tar_build *bytes) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        (void)close(ends[0]);
        for (size_t at = 0; at < bytes->len; at += 100)
            if (write(ends[1], bytes->data + at, bytes->len - at < 100 ? bytes->len - at : 100) < 0)
                _exit(1);
        _exit(0);
    }
    assert_true(child > 0);
    assert_int_equal(close(ends[1]), 0);
    return ends[0];
}

static void drop_pipe(int fd) {
    assert_int_equal(close(fd), 0);
    assert_true(wait(NULL) > 0);
}

static void test_a_pipe_is_read_once(void **state) {
    (void)state;
    for (int gzip = 0; gzip < 2; gzip++) {
        struct tar_build bytes = usual_bytes(gzip);
        struct provar_input from = fd_input(pipe_with(&bytes));
        struct provar_archive *archive = open_input(&from);
        assert_reads_once(archive, gzip);
        provar_archive_free(archive);
        drop_pipe(from.fd);
        tar_build_free(&bytes);
    }
}

static void test_a_pipe_that_is_kept(void **state) {
    (void)state;
    for (int gzip = 0; gzip < 2; gzip++) {
        struct tar_build bytes = usual_bytes(gzip);
        struct provar_input from = fd_input(pipe_with(&bytes));
        struct provar_open_options options = {
            .size = sizeof options, .flags = PROVAR_OPEN_KEEP, .temp_dir = ".", .temp_dir_len = 1};
        struct provar_archive *archive = NULL;
        assert_ok(provar_open(&from, &options, &archive, NULL));
        assert_reads_again(archive, &bytes, gzip);
        provar_archive_free(archive);
        drop_pipe(from.fd);
        tar_build_free(&bytes);
    }
}

static void test_a_temporary_directory_that_is_not_there(void **state) {
    (void)state;
    struct tar_build bytes = usual_archive();
    struct provar_input from = fd_input(pipe_with(&bytes));
    struct provar_open_options options = {
        .size = sizeof options, .flags = PROVAR_OPEN_KEEP, .temp_dir = "missing", .temp_dir_len = 7};
    struct provar_archive *archive = NULL;
    assert_int_equal(provar_open(&from, &options, &archive, NULL), PROVAR_E_IO);
    assert_null(archive);
    drop_pipe(from.fd);
    /* A file needs none. */
    from = memory_input(bytes.data, bytes.len);
    assert_ok(provar_open(&from, &options, &archive, NULL));
    provar_archive_free(archive);
    tar_build_free(&bytes);
}

/* ---------------------------------------------------------------- callbacks */

struct caller {
    const struct tar_build *bytes;
    size_t pos;
    size_t fail_at; /* the read that reaches this byte fails; 0: none */
    size_t reads, closes;
};

static int64_t give(struct caller *caller, void *buf, size_t cap, size_t at) {
    size_t left = at < caller->bytes->len ? caller->bytes->len - at : 0;
    size_t step = left < cap ? left : cap;
    caller->reads++;
    if (caller->fail_at > 0 && at + step >= caller->fail_at)
        return -1;
    if (step > 0)
        memcpy(buf, caller->bytes->data + at, step);
    return (int64_t)step;
}

static int64_t caller_read(void *buf, size_t cap, void *user) {
    struct caller *caller = user;
    int64_t n = give(caller, buf, cap < 1000 ? cap : 1000, caller->pos);
    caller->pos += n > 0 ? (size_t)n : 0;
    return n;
}

static int64_t caller_read_at(void *buf, size_t cap, uint64_t offset, void *user) {
    return give(user, buf, cap, (size_t)offset);
}

static int caller_rewind(void *user) {
    ((struct caller *)user)->pos = 0;
    return 0;
}

static void caller_close(void *user) {
    ((struct caller *)user)->closes++;
}

enum { CAN_READ_AT = 1, CAN_REWIND = 2 };

static struct provar_callbacks callbacks_of(struct caller *caller, int abilities) {
    return (struct provar_callbacks){.size = sizeof(struct provar_callbacks),
                                     .read = caller_read,
                                     .read_at = abilities & CAN_READ_AT ? caller_read_at : NULL,
                                     .total = caller->bytes->len,
                                     .rewind = abilities & CAN_REWIND ? caller_rewind : NULL,
                                     .close = caller_close,
                                     .user = caller};
}

static enum provar_result open_callbacks(const struct provar_callbacks *calls,
                                         const struct provar_open_options *options, struct provar_archive **archive) {
    struct provar_input from = {.size = sizeof from, .kind = PROVAR_INPUT_CALLBACKS, .callbacks = calls};
    return provar_open(&from, options, archive, NULL);
}

static void test_callbacks_of_every_ability(void **state) {
    (void)state;
    for (int gzip = 0; gzip < 2; gzip++) {
        struct tar_build bytes = usual_bytes(gzip);
        for (int abilities = 0; abilities < 4; abilities++) {
            struct caller caller = {.bytes = &bytes};
            struct provar_callbacks calls = callbacks_of(&caller, abilities);
            struct provar_archive *archive = NULL;
            assert_ok(open_callbacks(&calls, NULL, &archive));
            memset(&calls, 0, sizeof calls); /* the struct was copied */
            if (abilities)
                assert_reads_again(archive, &bytes, gzip);
            else
                assert_reads_once(archive, gzip);
            assert_int_equal(caller.closes, 0);
            provar_archive_free(archive);
            assert_int_equal(caller.closes, 1);
        }
        tar_build_free(&bytes);
    }
}

static void test_callbacks_that_are_kept(void **state) {
    (void)state;
    struct tar_build bytes = usual_bytes(true);
    struct provar_open_options options = {.size = sizeof options, .flags = PROVAR_OPEN_KEEP};
    struct caller caller = {.bytes = &bytes};
    struct provar_callbacks calls = callbacks_of(&caller, 0);
    struct provar_archive *archive = NULL;
    assert_ok(open_callbacks(&calls, &options, &archive));
    assert_reads_again(archive, &bytes, true);
    provar_archive_free(archive);
    assert_int_equal(caller.closes, 1);
    tar_build_free(&bytes);
}

/* Skipping is done by read_at: a large body is not read to be looked at. */
static void test_a_look_skips_bodies(void **state) {
    (void)state;
    enum { LARGE = 8 << 20 };
    char *large = calloc(1, LARGE);
    struct body bodies[] = {{"x86_64-linux.bin", large, LARGE, false}};
    struct recipe recipe = {.bodies = bodies, .count = 1};
    struct tar_build bytes = archive_of(&recipe);
    struct caller caller = {.bytes = &bytes};
    struct provar_callbacks calls = callbacks_of(&caller, CAN_READ_AT);
    struct provar_archive *archive = NULL;
    assert_ok(open_callbacks(&calls, NULL, &archive));
    assert_ok(provar_look(archive, NULL));
    assert_true(caller.pos < LARGE / 8);
    provar_archive_free(archive);
    tar_build_free(&bytes);
    free(large);
}

static void test_close_is_called_when_opening_fails(void **state) {
    (void)state;
    struct tar_build bytes = usual_archive(), empty = {0};
    struct provar_open_options wrong = {.size = 1};
    struct provar_open_options nowhere = {
        .size = sizeof nowhere, .flags = PROVAR_OPEN_KEEP, .temp_dir = "missing", .temp_dir_len = 7};
    struct caller callers[] = {
        {.bytes = &empty}, {.bytes = &bytes, .fail_at = 1}, {.bytes = &bytes}, {.bytes = &bytes}, {.bytes = &bytes}};
    static const enum provar_result codes[] = {PROVAR_E_FORMAT, PROVAR_E_IO, PROVAR_E_USAGE, PROVAR_E_IO,
                                               PROVAR_E_USAGE};
    const struct provar_open_options *options[] = {NULL, NULL, &wrong, &nowhere, NULL};
    for (size_t i = 0; i < array_length(callers); i++) {
        struct provar_callbacks calls = callbacks_of(&callers[i], 0);
        struct provar_archive *archive = NULL;
        if (i == 4)
            calls.read = NULL;
        assert_int_equal(open_callbacks(&calls, options[i], &archive), codes[i]);
        assert_null(archive);
        assert_int_equal(callers[i].closes, 1);
    }
    struct caller untouched = {.bytes = &bytes};
    struct provar_callbacks calls = callbacks_of(&untouched, 0);
    struct provar_archive *archive = NULL;
    calls.size--;
    assert_int_equal(open_callbacks(&calls, NULL, &archive), PROVAR_E_USAGE);
    assert_int_equal(untouched.closes, 0);
    tar_build_free(&bytes);
}

/* Wherever a source fails, the pass fails with its code, and a later pass may succeed. */
static void test_callbacks_that_fail(void **state) {
    (void)state;
    for (int gzip = 0; gzip < 2; gzip++) {
        struct tar_build bytes = usual_bytes(gzip);
        for (size_t at = 8; at < bytes.len; at += bytes.len / 7) {
            struct caller caller = {.bytes = &bytes};
            struct provar_callbacks calls = callbacks_of(&caller, CAN_REWIND);
            struct provar_archive *archive = NULL;
            struct provar_checked *checked = NULL;
            assert_ok(open_callbacks(&calls, NULL, &archive));
            caller.fail_at = at + 1;
            assert_int_equal(provar_check(archive, &checked, NULL), PROVAR_E_IO);
            assert_null(checked);
            caller.fail_at = 0;
            assert_reads_again(archive, &bytes, gzip);
            provar_archive_free(archive);
            assert_int_equal(caller.closes, 1);
        }
        tar_build_free(&bytes);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory),
        test_in_temp_dir(test_path),
        test_in_temp_dir(test_fd),
        test_in_temp_dir(test_what_is_no_file),
        cmocka_unit_test(test_what_is_no_archive),
        cmocka_unit_test(test_structs_of_another_size),
        cmocka_unit_test(test_a_pipe_is_read_once),
        test_in_temp_dir(test_a_pipe_that_is_kept),
        test_in_temp_dir(test_a_temporary_directory_that_is_not_there),
        cmocka_unit_test(test_callbacks_of_every_ability),
        cmocka_unit_test(test_callbacks_that_are_kept),
        cmocka_unit_test(test_a_look_skips_bodies),
        test_in_temp_dir(test_close_is_called_when_opening_fails),
        cmocka_unit_test(test_callbacks_that_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
