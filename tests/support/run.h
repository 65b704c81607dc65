/* Helpers for tests of run/: sealed memory files, captured output, children in a poorer system. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_TEST_RUN_H
#define PV_TEST_RUN_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "crypto/sha256.h"
#include "run/exec.h"
#include "run/memfile.h"

#define HELPER __attribute__((unused)) static

/* No test here takes a second; one that hangs must fail. */
enum { WATCHDOG_SECONDS = 60 };

HELPER void digest_of(const void *data, size_t len, uint8_t digest[PV_SHA256_LEN]) {
    struct pv_sha256 *hash = NULL;
    assert_int_equal(pv_sha256_new(&hash, NULL), PROVAR_OK);
    assert_int_equal(pv_sha256_update(hash, data, len, NULL), PROVAR_OK);
    assert_int_equal(pv_sha256_final(hash, digest, NULL), PROVAR_OK);
    pv_sha256_free(hash);
}

/* A writable memory file with these bytes in it. */
HELPER int memfile_filled(const void *data, size_t len) {
    int fd = -1;
    assert_int_equal(pv_memfile_create(&fd, NULL), PROVAR_OK);
    assert_int_equal(write(fd, data, len), len);
    return fd;
}

/* A sealed one. */
HELPER int memfile_of(const void *data, size_t len) {
    uint8_t digest[PV_SHA256_LEN];
    int writable = memfile_filled(data, len);
    int sealed = -1;
    digest_of(data, len, digest);
    assert_int_equal(pv_memfile_seal(&writable, digest, &sealed, NULL), PROVAR_OK);
    return sealed;
}

/* A sealed copy of a file, for example of an executable. */
HELPER int memfile_of_path(const char *path) {
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &st), 0);
    size_t len = (size_t)st.st_size;
    void *data = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
    assert_true(data != MAP_FAILED);
    int sealed = memfile_of(data, len);
    assert_int_equal(munmap(data, len), 0);
    assert_int_equal(close(fd), 0);
    return sealed;
}

/* Standard output, led into a file for a while. */
struct capture {
    int file;
    int saved;
};

HELPER struct capture capture_begin(void) {
    struct capture capture = {.file = memfd_create("captured", MFD_CLOEXEC)};
    assert_true(capture.file >= 0);
    assert_int_equal(fflush(stdout), 0);
    capture.saved = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    assert_int_equal(dup2(capture.file, STDOUT_FILENO), STDOUT_FILENO);
    return capture;
}

/* Puts standard output back and returns what was written, with a NUL behind it; the caller frees it. */
HELPER char *capture_end(struct capture *capture, size_t *len) {
    struct stat st;
    assert_int_equal(dup2(capture->saved, STDOUT_FILENO), STDOUT_FILENO);
    assert_int_equal(close(capture->saved), 0);
    assert_int_equal(fstat(capture->file, &st), 0);
    size_t size = (size_t)st.st_size;
    char *text = calloc(1, size + 1);
    assert_non_null(text);
    assert_int_equal(pread(capture->file, text, size, 0), size);
    assert_int_equal(close(capture->file), 0);
    *len = size;
    return text;
}

/* From here on, in this process and its children, a system call fails with this errno. Says whether the system allows
 * that. */
HELPER bool deny_syscall(int number, int error_number) {
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)error_number),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof filter / sizeof filter[0], .filter = filter};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/* A test program is its own provider: called with arguments it plays the act that the first one names. */
typedef int (*act_fn)(int argc, char **argv);

struct act {
    const char *name;
    act_fn play;
};

HELPER int play_act(const struct act *acts, size_t count, int argc, char **argv) {
    for (size_t i = 0; i < count; i++)
        if (pv_str_equal(pv_str_of(acts[i].name), pv_str_of(argv[1])))
            return acts[i].play(argc, argv);
    return 98;
}

/* Runs an act of this very program from a memory file, with `options` or none, whose arguments are then these. */
HELPER enum provar_result run_self(const char *const *args, size_t count, const struct provar_run_options *options,
                                   int *status, struct provar_error *err) {
    struct provar_run_options with = options ? *options : (struct provar_run_options){0};
    with.size = sizeof with;
    with.args = args;
    with.arg_count = count;
    int fd = memfile_of_path("/proc/self/exe");
    enum provar_result result = pv_exec_check_options(&with, err);
    if (result == PROVAR_OK)
        result = pv_exec_run(fd, PV_STR("provider"), &with, status, err);
    assert_int_equal(close(fd), 0);
    return result;
}

/* The same for one argument and success; returns the status of waitpid(2). */
HELPER int status_of_act(const char *name, const struct provar_run_options *options) {
    struct provar_error err = {0};
    int status = -1;
    enum provar_result result = run_self(&name, 1, options, &status, &err);
    assert_string_equal(err.message, "");
    assert_int_equal(result, PROVAR_OK);
    return status;
}

enum { CHILD_CANNOT = 99 };

/* Runs `work` in a child of its own and returns its exit status; a death by signal fails the test. What was printed in
 * the child is lost, so `work` says by its return value what went wrong. CHILD_CANNOT skips the test: the system does
 * not let it be made poorer. */
HELPER int in_child(int (*work)(void)) {
    pid_t pid = fork();
    if (pid == 0) {
        static char stop[] = "CMOCKA_TEST_ABORT=1"; /* a failed assertion must not go on to the next test in here */
        (void)putenv(stop);
        (void)alarm(WATCHDOG_SECONDS);
        _exit(work());
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == CHILD_CANNOT) {
        print_message("needs seccomp filters, namespaces, or limits that this system does not allow\n");
        skip();
    }
    return WEXITSTATUS(status);
}

#endif
