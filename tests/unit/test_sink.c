/* Tests of sink/sink: an output that comes whole or not at all, memory that must hold it all, a descriptor. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/mman.h>
#include <sys/stat.h>

#include "support/archive.h"
#include "support/temp_dir.h"

#include "internal.h"

#include "sink/sink.h"

/* A verified archive and its second target. */
struct proven {
    struct tar_build bytes;
    struct provar_archive *archive;
    struct provar_verified *verified;
    const struct pv_member *member;
};

static struct proven prove(void) {
    struct proven proven = {.bytes = usual_archive()};
    proven.archive = open_bytes(&proven.bytes);
    proven.verified = verify_archive(proven.archive);
    proven.member = &proven.verified->facts->scan.members[2];
    return proven;
}

static void drop(struct proven *proven) {
    provar_verified_free(proven->verified);
    provar_archive_free(proven->archive);
    tar_build_free(&proven->bytes);
}

static void test_output(void **state) {
    (void)state;
    static const mode_t modes[] = {0755, 0644, 0600};
    struct proven proven = prove();
    mode_t old = umask(022);
    for (size_t i = 0; i < array_length(modes); i++) {
        struct provar_output to = path_output("out", PROVAR_OUTPUT_REPLACE);
        struct stat st;
        assert_ok(pv_sink_output(proven.verified, proven.member, &to, modes[i], NULL));
        assert_int_equal(stat("out", &st), 0);
        assert_int_equal(st.st_mode & 07777, modes[i]);
        assert_int_equal(st.st_size, usual_bodies[1].len);
    }
    (void)umask(old);
    drop(&proven);
}

static void test_no_output_of_another_body(void **state) {
    (void)state;
    struct proven proven = prove();
    struct provar_output to = path_output("out", 0);
    struct provar_error err = {0};
    *find_text(&proven.bytes, "second") ^= 1;
    assert_int_equal(pv_sink_output(proven.verified, proven.member, &to, 0755, &err), PROVAR_E_DIGEST);
    assert_string_equal(err.member, "aarch64-linux.bin");
    assert_int_equal(access("out", F_OK), -1);
    drop(&proven);
}

static void test_memory(void **state) {
    (void)state;
    struct proven proven = prove();
    size_t len = usual_bodies[1].len;
    char buf[64] = {0};
    struct provar_error err = {0};
    assert_ok(pv_sink_memory(proven.verified, proven.member, buf, len, NULL));
    assert_memory_equal(buf, usual_bodies[1].data, len);
    assert_int_equal(buf[len], 0);
    assert_fails(pv_sink_memory(proven.verified, proven.member, buf, len - 1, &err), PROVAR_E_LIMIT, err,
                 PROVAR_NO_OFFSET);
    *find_text(&proven.bytes, "second") ^= 1;
    assert_int_equal(pv_sink_memory(proven.verified, proven.member, buf, len, NULL), PROVAR_E_DIGEST);
    drop(&proven);
}

static void test_descriptor(void **state) {
    (void)state;
    struct proven proven = prove();
    size_t len = usual_bodies[1].len;
    char buf[64];
    struct provar_error err = {0};
    int fd = memfd_create("sink", MFD_CLOEXEC);
    assert_ok(pv_sink_fd(proven.verified, proven.member, fd, NULL));
    assert_int_equal(pread(fd, buf, sizeof buf, 0), len);
    assert_memory_equal(buf, usual_bodies[1].data, len);
    assert_int_equal(close(fd), 0);
    fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_fails(pv_sink_fd(proven.verified, proven.member, fd, &err), PROVAR_E_IO, err, PROVAR_NO_OFFSET);
    assert_int_equal(close(fd), 0);
    drop(&proven);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_in_temp_dir(test_output),
        test_in_temp_dir(test_no_output_of_another_body),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_descriptor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
