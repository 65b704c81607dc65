/* Watches over a child from its fork to its end: its start, its input, the signals sent on to it, its status. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "internal.h"

#include "run/supervise.h"

/* glibc has wrappers since 2.36 only. */
static int open_pidfd(pid_t pid) {
    return (int)syscall(SYS_pidfd_open, pid, 0U);
}

static void send_signal(int pidfd, int number) {
    /* Fails when the child has ended, which is what poll will say next. */
    (void)syscall(SYS_pidfd_send_signal, pidfd, number, NULL, 0U);
}

static enum provar_result fail_pidfd(int error_number, struct provar_error *err) {
    return pv_fail_errno(err, PROVAR_E_EXEC, error_number, "cannot watch a process by pidfd_open(2)");
}

enum provar_result pv_supervise_possible(struct provar_error *err) {
    PV_AUTO_FD int pidfd = open_pidfd(getpid());
    return pidfd >= 0 ? PROVAR_OK : fail_pidfd(errno, err);
}

static void close_fd(int *fd) {
    pv_cleanup_fd(fd);
    *fd = -1;
}

void pv_supervise_release(struct pv_supervise *child) {
    if (child->pid >= 0) {
        /* Not waited for yet, so the number is still this child's. */
        (void)kill(child->pid, SIGKILL);
        while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
            continue;
        child->pid = -1;
    }
    close_fd(&child->pidfd);
    close_fd(&child->report);
    if (child->signal_fd >= 0)
        (void)pthread_sigmask(SIG_SETMASK, &child->blocked_before, NULL);
    close_fd(&child->signal_fd);
    pv_feed_release(&child->feed);
}

enum provar_result pv_supervise_listen(struct pv_supervise *child, const int *signals, size_t count,
                                       struct provar_error *err) {
    sigset_t set;
    if (count == 0)
        return PROVAR_OK;
    (void)sigemptyset(&set);
    for (size_t i = 0; i < count; i++)
        (void)sigaddset(&set, signals[i]);
    (void)sigdelset(&set, SIGCHLD); /* it is the provider's own end that raises it here */
    child->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (child->signal_fd < 0)
        return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot listen for signals");
    (void)pthread_sigmask(SIG_BLOCK, &set, &child->blocked_before);
    return PROVAR_OK;
}

/* Sends on what has come. What the kernel sent (si_code above 0: a terminal's ^C or hang-up) only where that is said: a
 * terminal sends to the whole process group, of which the provider is one as soon as it exists. */
static void forward_signals(struct pv_supervise *child, bool from_kernel) {
    struct signalfd_siginfo info;
    while (child->signal_fd >= 0 && read(child->signal_fd, &info, sizeof info) == (ssize_t)sizeof info)
        if (from_kernel || info.ssi_code <= 0)
            send_signal(child->pidfd, (int)info.ssi_signo);
}

enum provar_result pv_supervise_watch(struct pv_supervise *child, struct provar_error *err) {
    child->pidfd = open_pidfd(child->pid);
    if (child->pidfd < 0)
        return fail_pidfd(errno, err);
    /* Whether a terminal's signal came before the fork or behind it does not show. A child that has it already, and
     * blocks it, does not get it twice. */
    forward_signals(child, true);
    return PROVAR_OK;
}

/* Says whether the child has reported that it could not start the program. */
static bool read_report(struct pv_supervise *child, struct pv_exec_report *report) {
    if (child->report < 0)
        return false;
    ssize_t n = read(child->report, report, sizeof *report);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    close_fd(&child->report);
    return n == (ssize_t)sizeof *report;
}

static enum provar_result reap(struct pv_supervise *child, int *status, struct provar_error *err) {
    pid_t pid;
    do
        pid = waitpid(child->pid, status, 0);
    while (pid < 0 && errno == EINTR);
    int saved = errno;
    child->pid = -1;
    if (pid >= 0)
        return PROVAR_OK;
    return pv_fail_errno(err, PROVAR_E_USAGE, saved, "another wait in this process took the provider's status");
}

enum provar_result pv_supervise_wait(struct pv_supervise *child, int *status, bool *failed,
                                     struct pv_exec_report *report, struct provar_error *err) {
    enum { PROCESS, REPORT, FEED, SIGNAL, COUNT };
    struct pollfd fds[COUNT];
    *failed = false;
    do {
        /* poll passes over negative descriptors. */
        fds[PROCESS] = (struct pollfd){.fd = child->pidfd, .events = POLLIN};
        fds[REPORT] = (struct pollfd){.fd = child->report, .events = POLLIN};
        fds[FEED] = (struct pollfd){.fd = child->feed.fd, .events = POLLOUT};
        fds[SIGNAL] = (struct pollfd){.fd = child->signal_fd, .events = POLLIN};
        if (poll(fds, COUNT, -1) < 0) {
            if (errno == EINTR)
                continue;
            return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot wait for the provider");
        }
        if (fds[SIGNAL].revents != 0)
            forward_signals(child, false);
        if (fds[FEED].revents != 0)
            pv_feed_pump(&child->feed);
        /* The report is written before the child ends, and its pipe may be held open by a fork of another thread:
         * neither its end nor the child's alone says everything. */
        *failed = (fds[REPORT].revents != 0 || fds[PROCESS].revents != 0) && read_report(child, report);
    } while (!*failed && fds[PROCESS].revents == 0);
    return reap(child, status, err);
}
