/* What happens in the child between fork and exec. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "internal.h"

#include "run/exec_child.h"

enum {
    FIRST_HIDDEN_FD = 3,
    BUSY_TRIES = 10, /* 1, 2, 4, ... ms: a second in all */
    EXIT_NOT_STARTED = 127
};

_Noreturn static void give_up(const struct pv_exec_plan *plan, enum pv_exec_step step, int error_number) {
    struct pv_exec_report report = {.step = (int32_t)step, .error_number = error_number};
    /* When nobody listens any more there is nobody to tell. */
    if (write(plan->report, &report, sizeof report) < 0)
        _exit(EXIT_NOT_STARTED);
    _exit(EXIT_NOT_STARTED);
}

/* The provider must not outlive the thread that answers for it. */
static void die_with_parent(const struct pv_exec_plan *plan) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        give_up(plan, PV_EXEC_STEP_DEATH_SIGNAL, errno);
    /* A parent that died before the call above sends no signal. 0 is a parent outside our PID namespace. */
    pid_t parent = getppid();
    if (parent != plan->parent && parent != 0)
        _exit(EXIT_NOT_STARTED);
}

static void wait_for_go(const struct pv_exec_plan *plan) {
    uint64_t count;
    while (read(plan->go, &count, sizeof count) < 0 && errno == EINTR)
        continue;
}

/* Exec keeps ignored signals ignored and blocked ones blocked: a caller's choice that a provider does not expect. */
static void reset_signals(void) {
    struct sigaction standard = {.sa_handler = SIG_DFL};
    for (int number = 1; number < NSIG; number++)
        (void)sigaction(number, &standard, NULL); /* fails for SIGKILL, SIGSTOP and those the C library keeps */
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static int hide_listed(const char *entries, size_t len) {
    for (size_t pos = 0; pos < len;) {
        const struct dirent64 *entry = (const void *)(entries + pos);
        uint64_t fd;
        if (pv_parse_decimal(pv_str_of(entry->d_name), INT_MAX, &fd) && fd >= FIRST_HIDDEN_FD &&
            fcntl((int)fd, F_SETFD, FD_CLOEXEC) != 0)
            return -1;
        pos += entry->d_reclen;
    }
    return 0;
}

/* For kernels before 5.11. readdir(3) allocates; the system call under it does not. Setting the flag does not change
 * what is listed. */
static int hide_by_listing(void) {
    _Alignas(struct dirent64) char entries[4096];
    PV_AUTO_FD int dir = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return -1;
    ssize_t n = getdents64(dir, entries, sizeof entries);
    while (n > 0) {
        if (hide_listed(entries, (size_t)n) != 0)
            return -1;
        n = getdents64(dir, entries, sizeof entries);
    }
    return n < 0 ? -1 : 0;
}

/* Descriptors that the host process left open must not reach the provider (CVE-2024-21626 is where that leads). */
static void hide_descriptors(const struct pv_exec_plan *plan) {
    if (close_range(FIRST_HIDDEN_FD, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
        return;
    bool unknown = errno == ENOSYS || errno == EINVAL || errno == EPERM; /* EPERM: old seccomp profiles */
    if (!unknown || hide_by_listing() != 0)
        give_up(plan, PV_EXEC_STEP_DESCRIPTORS, errno);
}

static void execute(const struct pv_exec_plan *plan) {
    for (int i = 0; i <= BUSY_TRIES; i++) {
        (void)execveat(plan->exe, "", (char *const *)plan->argv, (char *const *)plan->envp, AT_EMPTY_PATH);
        /* Another thread's fork may hold a copy of the writable descriptor until it execs. */
        if (errno != ETXTBSY || i == BUSY_TRIES)
            return;
        struct timespec pause = {.tv_nsec = 1000000L << i};
        (void)nanosleep(&pause, NULL);
    }
}

_Noreturn void pv_exec_child(const struct pv_exec_plan *plan) {
    /* Core dumps would hold host data. Handlers that take cores by a pipe are told this limit and obey it. */
    struct rlimit no_core = {0, 0};
    die_with_parent(plan);
    wait_for_go(plan);
    reset_signals();
    if (plan->input >= 0 && dup2(plan->input, STDIN_FILENO) < 0)
        give_up(plan, PV_EXEC_STEP_INPUT, errno);
    hide_descriptors(plan);
    if (setrlimit(RLIMIT_CORE, &no_core) != 0)
        give_up(plan, PV_EXEC_STEP_CORE_LIMIT, errno);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        give_up(plan, PV_EXEC_STEP_PRIVILEGES, errno);
    execute(plan);
    give_up(plan, PV_EXEC_STEP_EXECUTE, errno);
}
