/* Tests of run/memfile: what is sealed, hashed and handed on, and what the system may refuse. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sched.h>
#include <sys/mount.h>
#include <cmocka.h>

#include "internal.h"

#include "support/run.h"

static const char text[] = "bytes of an executable";

static void test_created_file_is_empty_close_on_exec_and_executable(void **state) {
    (void)state;
    struct stat st;
    int fd = -1;
    assert_int_equal(pv_memfile_create(&fd, NULL), PROVAR_OK);
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_size, 0);
    assert_int_equal(st.st_mode & 0111, 0111);
    assert_int_equal(st.st_mode & 07000, 0);
    assert_int_equal(close(fd), 0);
}

static void test_sealed_file_has_the_bytes_and_all_seals(void **state) {
    (void)state;
    char copy[sizeof text];
    int fd = memfile_of(text, sizeof text);
    int seals = fcntl(fd, F_GET_SEALS);
    assert_int_equal(seals & (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE),
                     F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
    assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    assert_int_equal(pread(fd, copy, sizeof copy, 0), sizeof copy);
    assert_memory_equal(copy, text, sizeof text);
    assert_int_equal(close(fd), 0);
}

static void test_the_writer_is_closed_on_success_and_on_failure(void **state) {
    (void)state;
    uint8_t digest[PV_SHA256_LEN];
    digest_of(text, sizeof text, digest);
    for (int wrong = 0; wrong <= 1; wrong++) {
        int writable = memfile_filled(text, sizeof text), number = writable, sealed = -1;
        digest[0] ^= (uint8_t)wrong;
        enum provar_result result = pv_memfile_seal(&writable, digest, &sealed, NULL);
        assert_int_equal(result, wrong ? PROVAR_E_DIGEST : PROVAR_OK);
        assert_int_equal(writable, -1);
        assert_int_equal(fcntl(number, F_GETFD), -1);
        assert_int_equal(sealed >= 0, !wrong);
        if (sealed >= 0)
            assert_int_equal(close(sealed), 0);
    }
}

static void test_another_digest_is_refused(void **state) {
    (void)state;
    struct provar_error err = {0};
    uint8_t digest[PV_SHA256_LEN];
    int writable = memfile_filled(text, sizeof text), sealed = -1;
    digest_of(text, sizeof text, digest);
    digest[PV_SHA256_LEN - 1] ^= 1;
    assert_int_equal(pv_memfile_seal(&writable, digest, &sealed, &err), PROVAR_E_DIGEST);
    assert_int_equal(err.code, PROVAR_E_DIGEST);
    assert_int_equal(sealed, -1);
}

/* Lengths around the block in which the file is read. */
static void test_lengths_around_a_block(void **state) {
    (void)state;
    static const size_t lengths[] = {0, 1, PV_BLOCK - 1, PV_BLOCK, PV_BLOCK + 1, 2 * PV_BLOCK, 3 * PV_BLOCK + 7};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        uint8_t digest[PV_SHA256_LEN];
        uint8_t *data = malloc(lengths[i] + 1);
        assert_non_null(data);
        for (size_t k = 0; k < lengths[i] + 1; k++)
            data[k] = (uint8_t)(k * 31 + k / 251);
        int good = memfile_of(data, lengths[i]);
        assert_int_equal(close(good), 0);
        /* One byte more than was promised. */
        int writable = memfile_filled(data, lengths[i] + 1), sealed = -1;
        digest_of(data, lengths[i], digest);
        assert_int_equal(pv_memfile_seal(&writable, digest, &sealed, NULL), PROVAR_E_DIGEST);
        free(data);
    }
}

/* The hash is taken after the seals: a change between the copy and the seal is found. */
static void test_change_before_the_seal_is_found(void **state) {
    (void)state;
    char path[64];
    uint8_t digest[PV_SHA256_LEN];
    int writable = memfile_filled(text, sizeof text), sealed = -1;
    digest_of(text, sizeof text, digest);
    (void)snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)getpid(), writable);
    int intruder = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(intruder >= 0);
    assert_int_equal(pwrite(intruder, "B", 1, 0), 1);
    assert_int_equal(pv_memfile_seal(&writable, digest, &sealed, NULL), PROVAR_E_DIGEST);
    assert_int_equal(close(intruder), 0);
}

static void test_nobody_can_change_a_sealed_file(void **state) {
    (void)state;
    char path[64];
    int fd = memfile_of(text, sizeof text);
    (void)snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)getpid(), fd);
    int intruder = open(path, O_RDWR | O_CLOEXEC);
    assert_true(intruder >= 0);
    assert_int_equal(pwrite(intruder, "B", 1, 0), -1);
    assert_int_equal(errno, EPERM);
    assert_int_equal(pwrite(intruder, "B", 1, sizeof text), -1);
    assert_int_equal(errno, EPERM);
    assert_int_equal(ftruncate(intruder, 0), -1);
    assert_int_equal(errno, EPERM);
    assert_int_equal(ftruncate(intruder, sizeof text + 1), -1);
    assert_int_equal(errno, EPERM);
    assert_true(mmap(NULL, sizeof text, PROT_READ | PROT_WRITE, MAP_SHARED, intruder, 0) == MAP_FAILED);
    assert_int_equal(errno, EPERM);
    assert_int_equal(fcntl(intruder, F_ADD_SEALS, F_SEAL_FUTURE_WRITE), -1);
    assert_int_equal(errno, EPERM);
    assert_int_equal(close(intruder), 0);
    assert_int_equal(close(fd), 0);
}

static void test_a_writable_mapping_keeps_it_from_being_sealed(void **state) {
    (void)state;
    struct provar_error err = {0};
    uint8_t digest[PV_SHA256_LEN];
    int writable = memfile_filled(text, sizeof text), sealed = -1;
    digest_of(text, sizeof text, digest);
    void *map = mmap(NULL, sizeof text, PROT_READ | PROT_WRITE, MAP_SHARED, writable, 0);
    assert_true(map != MAP_FAILED);
    assert_int_equal(pv_memfile_seal(&writable, digest, &sealed, &err), PROVAR_E_EXEC);
    assert_int_equal(writable, -1);
    assert_int_equal(munmap(map, sizeof text), 0);
}

/* 0: create fails with `code` and a message that holds `words`. */
static int create_fails_with(int error_number, enum provar_result code, const char *words) {
    struct provar_error err = {0};
    int fd = -1;
    if (!deny_syscall(SYS_memfd_create, error_number))
        return CHILD_CANNOT;
    if (pv_memfile_create(&fd, &err) != code)
        return 1;
    return fd == -1 && err.code == (int32_t)code && strstr(err.message, words) ? 0 : 2;
}

static int create_without_permission(void) {
    return create_fails_with(EACCES, PROVAR_E_EXEC, "vm.memfd_noexec");
}

static int create_under_seccomp(void) {
    return create_fails_with(EPERM, PROVAR_E_EXEC, "vm.memfd_noexec");
}

static int create_on_an_old_kernel(void) {
    return create_fails_with(ENOSYS, PROVAR_E_EXEC, "memfd_create");
}

static int create_without_descriptors(void) {
    return create_fails_with(EMFILE, PROVAR_E_IO, "memory file");
}

static int create_without_memory(void) {
    return create_fails_with(ENOMEM, PROVAR_E_NO_MEMORY, "memory");
}

static void test_refusals_of_the_system_are_told_apart(void **state) {
    (void)state;
    assert_int_equal(in_child(create_without_permission), 0);
    assert_int_equal(in_child(create_under_seccomp), 0);
    assert_int_equal(in_child(create_on_an_old_kernel), 0);
    assert_int_equal(in_child(create_without_descriptors), 0);
    assert_int_equal(in_child(create_without_memory), 0);
}

/* A kernel before 6.3: EINVAL for the flag, success without it. */
static int create_where_the_flag_is_unknown(void) {
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_memfd_create, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x10, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof filter / sizeof filter[0], .filter = filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        return CHILD_CANNOT;
    if (memfd_create("probe", MFD_CLOEXEC | 0x10U) >= 0)
        return 1;
    int fd = -1;
    return pv_memfile_create(&fd, NULL) == PROVAR_OK && fd >= 0 ? 0 : 2;
}

static void test_older_kernels_without_the_exec_flag(void **state) {
    (void)state;
    assert_int_equal(in_child(create_where_the_flag_is_unknown), 0);
}

/* Opening a path fails as it does where /proc is not mounted. */
static int seal_without_proc(void) {
    struct provar_error err = {0};
    uint8_t digest[PV_SHA256_LEN];
    int writable = memfile_filled(text, sizeof text), sealed = -1;
    digest_of(text, sizeof text, digest);
    if (!deny_syscall(SYS_openat, ENOENT))
        return CHILD_CANNOT;
    if (pv_memfile_seal(&writable, digest, &sealed, &err) != PROVAR_E_EXEC)
        return 1;
    return writable == -1 && sealed == -1 && strstr(err.message, "/proc") ? 0 : 2;
}

static void test_missing_proc_is_named(void **state) {
    (void)state;
    assert_int_equal(in_child(seal_without_proc), 0);
}

/* Puts an empty file system over /proc, for this process alone. */
static bool hide_proc(void) {
    return unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("none", "/proc", "tmpfs", 0, NULL) == 0;
}

/* The same for a /proc that is not there, and for one that somebody else has furnished: 0 when the error has `word`. */
static int seal_with_proc(bool furnished, const char *word) {
    struct provar_error err = {0};
    uint8_t digest[PV_SHA256_LEN];
    char path[32];
    int writable = memfile_filled(text, sizeof text), sealed = -1;
    digest_of(text, sizeof text, digest);
    if (!hide_proc())
        return CHILD_CANNOT;
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", writable);
    if (furnished) {
        /* Even of the right bytes. */
        if (mkdir("/proc/self", 0755) != 0 || mkdir("/proc/self/fd", 0755) != 0)
            return 1;
        int foreign = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
        if (write(foreign, text, sizeof text) != (ssize_t)sizeof text || close(foreign) != 0)
            return 2;
    }
    if (pv_memfile_seal(&writable, digest, &sealed, &err) != PROVAR_E_EXEC)
        return 3;
    return writable == -1 && sealed == -1 && strstr(err.message, word) ? 0 : 4;
}

static int seal_with_empty_proc(void) {
    return seal_with_proc(false, "is /proc mounted");
}

static int seal_with_foreign_proc(void) {
    return seal_with_proc(true, "not the sealed one");
}

static void test_another_proc_is_not_believed(void **state) {
    (void)state;
    assert_int_equal(in_child(seal_with_empty_proc), 0);
    assert_int_equal(in_child(seal_with_foreign_proc), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_created_file_is_empty_close_on_exec_and_executable),
        cmocka_unit_test(test_sealed_file_has_the_bytes_and_all_seals),
        cmocka_unit_test(test_the_writer_is_closed_on_success_and_on_failure),
        cmocka_unit_test(test_another_digest_is_refused),
        cmocka_unit_test(test_lengths_around_a_block),
        cmocka_unit_test(test_change_before_the_seal_is_found),
        cmocka_unit_test(test_nobody_can_change_a_sealed_file),
        cmocka_unit_test(test_a_writable_mapping_keeps_it_from_being_sealed),
        cmocka_unit_test(test_refusals_of_the_system_are_told_apart),
        cmocka_unit_test(test_older_kernels_without_the_exec_flag),
        cmocka_unit_test(test_missing_proc_is_named),
        cmocka_unit_test(test_another_proc_is_not_believed),
    };
    (void)alarm(WATCHDOG_SECONDS);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
