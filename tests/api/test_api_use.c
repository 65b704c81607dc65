/* What lets bytes out: extract, copy, run, load; and that nothing comes out but what was verified. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/stat.h>
#include <sys/wait.h>

#include "support/archive.h"
#include "support/temp_dir.h"

/* An archive in a file, opened and verified. */
struct opened {
    struct tar_build bytes;
    struct provar_archive *archive;
    struct provar_verified *verified;
};

static struct opened open_recipe(const struct recipe *recipe, bool gzip) {
    struct opened opened = {.bytes = archive_of(recipe)};
    if (gzip) {
        struct tar_build tar = opened.bytes;
        opened.bytes = gzip_of(&tar);
        tar_build_free(&tar);
    }
    temp_dir_write("a.par", opened.bytes.data, opened.bytes.len);
    opened.archive = open_path("a.par");
    opened.verified = verify_archive(opened.archive);
    return opened;
}

static struct opened open_usual(bool gzip) {
    struct recipe recipe = usual();
    return open_recipe(&recipe, gzip);
}

static void close_opened(struct opened *opened) {
    provar_verified_free(opened->verified);
    provar_archive_free(opened->archive);
    tar_build_free(&opened->bytes);
}

static void assert_file(const char *name, const void *data, size_t len, mode_t mode) {
    static char content[1 << 16];
    struct stat st;
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_mode & 07777, mode);
    assert_int_equal(st.st_size, len);
    assert_int_equal(read(fd, content, sizeof content), len);
    assert_memory_equal(content, data, len);
    assert_int_equal(close(fd), 0);
}

static void assert_absent(const char *name) {
    assert_int_equal(access(name, F_OK), -1);
}

/* ---------------------------------------------------------------- extract to a path */

static void test_extract_to_a_path(void **state) {
    (void)state;
    for (int gzip = 0; gzip < 2; gzip++) {
        struct opened opened = open_usual(gzip);
        struct provar_output to = path_output("out", PROVAR_OUTPUT_REPLACE);
        mode_t old = umask(022);
        for (size_t i = 0; i < 2; i++) {
            const char *target = i ? "x86_64-linux" : "aarch64-linux";
            assert_ok(provar_extract(opened.verified, TEXT(target), &to, NULL));
            assert_file("out", usual_bodies[!i].data, usual_bodies[!i].len, 0755);
        }
        (void)umask(027);
        assert_ok(provar_extract(opened.verified, TEXT("x86_64-linux"), &to, NULL));
        assert_file("out", usual_bodies[0].data, usual_bodies[0].len, 0750);
        (void)umask(old);
        close_opened(&opened);
    }
}

static void test_what_stands_in_the_way(void **state) {
    (void)state;
    struct opened opened = open_usual(false);
    struct provar_error err = {0};
    struct provar_output to = path_output("out", 0);
    temp_dir_write("out", "old", 3);
    assert_fails(provar_extract(opened.verified, TEXT("x86_64-linux"), &to, &err), PROVAR_E_IO, err, PROVAR_NO_OFFSET);
    assert_file("out", "old", 3, 0644);
    assert_int_equal(symlink("out", "link"), 0);
    assert_int_equal(mkfifo("fifo", 0600), 0);
    static const char *const names[] = {"link", "fifo", "/tmp", ".", "sub/.."};
    for (size_t i = 0; i < array_length(names); i++) {
        to = path_output(names[i], PROVAR_OUTPUT_REPLACE);
        provar_error_clear(&err);
        assert_fails(provar_extract(opened.verified, TEXT("x86_64-linux"), &to, &err), PROVAR_E_UNSAFE_PATH, err,
                     PROVAR_NO_OFFSET);
    }
    assert_file("out", "old", 3, 0644);
    to = path_output("missing/out", 0);
    assert_int_equal(provar_extract(opened.verified, TEXT("x86_64-linux"), &to, NULL), PROVAR_E_IO);
    to = path_output("out", 2);
    assert_int_equal(provar_extract(opened.verified, TEXT("x86_64-linux"), &to, NULL), PROVAR_E_USAGE);
    to = path_output("new", 0);
    to.size--;
    assert_int_equal(provar_extract(opened.verified, TEXT("x86_64-linux"), &to, NULL), PROVAR_E_USAGE);
    to = path_output("new", 0);
    to.kind = 0;
    assert_int_equal(provar_extract(opened.verified, TEXT("x86_64-linux"), &to, NULL), PROVAR_E_USAGE);
    assert_absent("new");
    close_opened(&opened);
}

/* ---------------------------------------------------------------- to a descriptor, to a callback */

struct taken {
    char text[256];
    size_t len, calls;
    int answer;
};

static int take(const void *data, size_t len, void *user) {
    struct taken *taken = user;
    taken->calls++;
    assert_true(len <= sizeof taken->text - taken->len);
    memcpy(taken->text + taken->len, data, len);
    taken->len += len;
    return taken->answer;
}

static struct provar_output callback_output(struct taken *taken) {
    return (struct provar_output){
        .size = sizeof(struct provar_output), .kind = PROVAR_OUTPUT_CALLBACK, .write = take, .user = taken};
}

static struct provar_output fd_output(int fd) {
    return (struct provar_output){.size = sizeof(struct provar_output), .kind = PROVAR_OUTPUT_FD, .fd = fd};
}

static void test_extract_to_a_descriptor(void **state) {
    (void)state;
    struct opened opened = open_usual(true);
    int ends[2];
    char text[256];
    assert_int_equal(pipe(ends), 0);
    struct provar_output to = fd_output(ends[1]);
    assert_ok(provar_extract(opened.verified, TEXT("x86_64-linux"), &to, NULL));
    assert_int_equal(read(ends[0], text, sizeof text), usual_bodies[0].len);
    assert_memory_equal(text, usual_bodies[0].data, usual_bodies[0].len);
    assert_int_equal(close(ends[0]), 0);
    assert_int_equal(close(ends[1]), 0); /* borrowed: it was still open */
    close_opened(&opened);
}

static void test_extract_to_a_callback(void **state) {
    (void)state;
    struct opened opened = open_usual(false);
    struct taken taken = {.answer = 0};
    struct provar_error err = {0};
    struct provar_output to = callback_output(&taken);
    assert_ok(provar_extract(opened.verified, TEXT("aarch64-linux"), &to, NULL));
    assert_int_equal(taken.len, usual_bodies[1].len);
    assert_memory_equal(taken.text, usual_bodies[1].data, taken.len);
    taken = (struct taken){.answer = 5};
    assert_fails(provar_extract(opened.verified, TEXT("aarch64-linux"), &to, &err), PROVAR_E_IO, err, PROVAR_NO_OFFSET);
    assert_int_equal(taken.calls, 1);
    to.write = NULL;
    assert_int_equal(provar_extract(opened.verified, TEXT("aarch64-linux"), &to, NULL), PROVAR_E_USAGE);
    to = callback_output(&taken);
    to.temp_dir = "missing";
    to.temp_dir_len = 7;
    assert_int_equal(provar_extract(opened.verified, TEXT("aarch64-linux"), &to, NULL), PROVAR_E_IO);
    assert_int_equal(taken.calls, 1);
    close_opened(&opened);
}

static void test_extract_the_world(void **state) {
    (void)state;
    static const struct body bodies[] = {BODY("world.wasm", "\0asm and more"), BODY("x86_64-linux.bin", "x")};
    struct recipe recipe = {.bodies = bodies, .count = 2};
    struct provar_output to = path_output("world", 0);
    struct provar_error err = {0};
    mode_t old = umask(022);
    struct opened opened = open_recipe(&recipe, true);
    assert_ok(provar_extract_world(opened.verified, &to, NULL));
    assert_file("world", bodies[0].data, bodies[0].len, 0644);
    (void)umask(old);
    close_opened(&opened);
    opened = open_usual(true);
    to = path_output("none", 0);
    assert_fails(provar_extract_world(opened.verified, &to, &err), PROVAR_E_NO_TARGET, err, PROVAR_NO_OFFSET);
    assert_absent("none");
    close_opened(&opened);
}

/* ---------------------------------------------------------------- targets */

static void test_a_target_that_is_not_there(void **state) {
    (void)state;
    struct opened opened = open_usual(false);
    struct provar_error err = {0};
    struct provar_output to = path_output("out", 0);
    uint64_t bytes = 77;
    static const char *const names[] = {"mips-linux", "X86_64-linux", "x86_64-linux.bin", "claims.jwt", "world.wasm"};
    for (size_t i = 0; i < array_length(names); i++) {
        provar_error_clear(&err);
        assert_fails(provar_target_size(opened.verified, TEXT(names[i]), &bytes, &err), PROVAR_E_NO_TARGET, err,
                     PROVAR_NO_OFFSET);
        assert_non_null(strstr(err.message, "x86_64-linux, aarch64-linux"));
        provar_error_clear(&err);
        assert_fails(provar_extract(opened.verified, TEXT(names[i]), &to, &err), PROVAR_E_NO_TARGET, err,
                     PROVAR_NO_OFFSET);
    }
    assert_int_equal(bytes, 77);
    assert_absent("out");
    close_opened(&opened);
}

static void test_no_name_is_this_hosts(void **state) {
    (void)state;
    char member[80];
    struct body bodies[] = {BODY("x86_64-unknown.bin", "no"), {member, "here", 4, false}};
    struct recipe recipe = {.bodies = bodies, .count = 2};
    uint64_t bytes = 0;
    (void)snprintf(member, sizeof member, "%s.bin", provar_host_target());
    struct opened opened = open_recipe(&recipe, false);
    assert_ok(provar_target_size(opened.verified, NULL, 0, &bytes, NULL));
    assert_int_equal(bytes, 4);
    close_opened(&opened);
    recipe.count = 1;
    opened = open_recipe(&recipe, false);
    assert_int_equal(provar_target_size(opened.verified, NULL, 0, &bytes, NULL), PROVAR_E_NO_TARGET);
    close_opened(&opened);
}

/* ---------------------------------------------------------------- copy */

static void assert_zeros(const char *buf, size_t len) {
    for (size_t i = 0; i < len; i++)
        assert_int_equal(buf[i], 0);
}

static void test_copy_into_memory(void **state) {
    (void)state;
    struct opened opened = open_usual(true);
    struct provar_error err = {0};
    size_t size = usual_bodies[0].len, bytes = 0;
    char buf[64];
    for (size_t cap = size; cap <= size + 1; cap++) {
        memset(buf, 'x', sizeof buf);
        assert_ok(provar_target_copy(opened.verified, TEXT("x86_64-linux"), buf, cap, &bytes, NULL));
        assert_int_equal(bytes, size);
        assert_memory_equal(buf, usual_bodies[0].data, size);
        assert_int_equal(buf[size], 'x');
    }
    bytes = 77;
    assert_fails(provar_target_copy(opened.verified, TEXT("x86_64-linux"), buf, size - 1, &bytes, &err), PROVAR_E_LIMIT,
                 err, PROVAR_NO_OFFSET);
    assert_zeros(buf, size - 1);
    assert_int_equal(buf[size], 'x');
    memset(buf, 'x', sizeof buf);
    assert_int_equal(provar_target_copy(opened.verified, TEXT("mips-linux"), buf, size, &bytes, NULL),
                     PROVAR_E_NO_TARGET);
    assert_zeros(buf, size);
    assert_int_equal(provar_target_copy(opened.verified, TEXT("x86_64-linux"), NULL, 0, &bytes, NULL), PROVAR_E_LIMIT);
    assert_int_equal(bytes, 77);
    close_opened(&opened);
}

/* ---------------------------------------------------------------- an archive that changes after its verdict */

/* Turns a bit of the file that is open behind `opened`. */
static void alter_file(struct opened *opened, const char *text) {
    size_t at = (size_t)(find_text(&opened->bytes, text) - opened->bytes.data);
    int fd = open("a.par", O_WRONLY | O_CLOEXEC);
    uint8_t byte = opened->bytes.data[at] ^ 1;
    assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
    assert_int_equal(close(fd), 0);
}

static void assert_nothing_comes_out(const struct opened *opened, enum provar_result code) {
    struct provar_error err = {0};
    struct taken taken = {.answer = 0};
    struct provar_output to = path_output("out", 0), called = callback_output(&taken);
    char buf[64];
    size_t bytes = 77;
    int ends[2];
    assert_int_equal(provar_extract(opened->verified, TEXT("aarch64-linux"), &to, &err), code);
    assert_int_equal(err.code, code);
    assert_absent("out");
    assert_int_equal(provar_extract(opened->verified, TEXT("aarch64-linux"), &called, NULL), code);
    assert_int_equal(taken.calls, 0);
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    called = fd_output(ends[1]);
    assert_int_equal(provar_extract(opened->verified, TEXT("aarch64-linux"), &called, NULL), code);
    assert_int_equal(read(ends[0], buf, sizeof buf), -1);
    assert_int_equal(close(ends[0]) | close(ends[1]), 0);
    memset(buf, 'x', sizeof buf);
    assert_int_equal(provar_target_copy(opened->verified, TEXT("aarch64-linux"), buf, sizeof buf, &bytes, NULL), code);
    assert_zeros(buf, sizeof buf);
    assert_int_equal(bytes, 77);
}

static void test_a_body_that_changed(void **state) {
    (void)state;
    struct opened opened = open_usual(false);
    struct provar_output to = path_output("first", 0);
    alter_file(&opened, "second executable");
    assert_nothing_comes_out(&opened, PROVAR_E_DIGEST);
    /* The other one did not. */
    assert_ok(provar_extract(opened.verified, TEXT("x86_64-linux"), &to, NULL));
    close_opened(&opened);
}

static void test_framing_that_changed(void **state) {
    (void)state;
    struct opened opened = open_usual(false);
    struct provar_output to = path_output("out", 0);
    /* A body is found by its place, not by its header: what comes out is what was proven. */
    alter_file(&opened, "aarch64-linux.bin");
    assert_ok(provar_extract(opened.verified, TEXT("aarch64-linux"), &to, NULL));
    assert_int_equal(unlink("out"), 0);
    close_opened(&opened);
    opened = open_usual(false);
    assert_int_equal(truncate("a.par", 1024), 0);
    assert_nothing_comes_out(&opened, PROVAR_E_IO);
    close_opened(&opened);
}

/* Other members of other sizes, well framed and even well signed: not what was verified. */
static void test_another_archive_in_the_same_file(void **state) {
    (void)state;
    static const struct body bodies[] = {BODY("aarch64-linux.bin", "another executable"), BODY("mips-linux.bin", "x")};
    struct opened opened = open_usual(false);
    struct recipe recipe = {.bodies = bodies, .count = 2};
    struct tar_build other = archive_of(&recipe);
    assert_int_equal(other.len, opened.bytes.len);
    temp_dir_write("a.par", other.data, other.len);
    assert_nothing_comes_out(&opened, PROVAR_E_DIGEST);
    tar_build_free(&other);
    close_opened(&opened);
}

/* Whoever renames another file over the path changes nothing: it is not opened twice. */
static void test_a_path_that_leads_elsewhere(void **state) {
    (void)state;
    struct opened opened = open_usual(false);
    struct provar_output to = path_output("out", 0);
    temp_dir_write("b.par", "something else", 14);
    assert_int_equal(rename("b.par", "a.par"), 0);
    assert_ok(provar_extract(opened.verified, TEXT("aarch64-linux"), &to, NULL));
    close_opened(&opened);
}

static void test_a_pipe_that_was_not_kept(void **state) {
    (void)state;
    struct tar_build bytes = usual_archive();
    for (uint32_t flags = 0; flags <= PROVAR_OPEN_KEEP; flags++) {
        struct provar_open_options options = {.size = sizeof options, .flags = flags};
        struct provar_archive *archive = NULL;
        struct provar_output to = path_output("out", 0);
        struct provar_error err = {0};
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        assert_int_equal(write(ends[1], bytes.data, bytes.len), bytes.len);
        assert_int_equal(close(ends[1]), 0);
        struct provar_input from = fd_input(ends[0]);
        assert_ok(provar_open(&from, &options, &archive, NULL));
        struct provar_verified *verified = verify_archive(archive);
        enum provar_result result = provar_extract(verified, TEXT("x86_64-linux"), &to, &err);
        if (flags == 0) {
            assert_fails(result, PROVAR_E_USAGE, err, PROVAR_NO_OFFSET);
            assert_absent("out");
        } else {
            assert_ok(result);
        }
        provar_verified_free(verified);
        provar_archive_free(archive);
        assert_int_equal(close(ends[0]), 0);
    }
    tar_build_free(&bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_in_temp_dir(test_extract_to_a_path),
        test_in_temp_dir(test_what_stands_in_the_way),
        test_in_temp_dir(test_extract_to_a_descriptor),
        test_in_temp_dir(test_extract_to_a_callback),
        test_in_temp_dir(test_extract_the_world),
        test_in_temp_dir(test_a_target_that_is_not_there),
        test_in_temp_dir(test_no_name_is_this_hosts),
        test_in_temp_dir(test_copy_into_memory),
        test_in_temp_dir(test_a_body_that_changed),
        test_in_temp_dir(test_framing_that_changed),
        test_in_temp_dir(test_another_archive_in_the_same_file),
        test_in_temp_dir(test_a_path_that_leads_elsewhere),
        test_in_temp_dir(test_a_pipe_that_was_not_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
