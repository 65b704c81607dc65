/* Watches over a child from its fork to its end: its start, its input, the signals sent on to it, its status. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_SUPERVISE_H
#define PV_SUPERVISE_H

#include <signal.h>

#include "run/exec_child.h"
#include "run/feed.h"

struct pv_supervise {
    pid_t pid;  /* -1: none, or waited for */
    int pidfd;  /* a descriptor of the process: unlike a number it cannot come to mean another one */
    int report; /* reading end of the pipe of struct pv_exec_plan, non-blocking */
    int signal_fd;
    sigset_t blocked_before; /* while signal_fd is open */
    struct pv_feed feed;
};

#define PV_SUPERVISE_NONE                                                                                              \
    { .pid = -1, .pidfd = -1, .report = -1, .signal_fd = -1, .feed = PV_FEED_NONE }

/* PROVAR_E_EXEC when the system has no pidfd_open, before anything is started. */
enum provar_result pv_supervise_possible(struct provar_error *err) PV_MUST_CHECK;

/* Blocks these signals, but for SIGCHLD, in this thread until pv_supervise_release, and keeps them to be sent on. */
enum provar_result pv_supervise_listen(struct pv_supervise *child, const int *signals, size_t count,
                                       struct provar_error *err) PV_MUST_CHECK;

/* Opens the pidfd of the child whose pid is set, and sends on what came before: to be called before the child unblocks
 * signals. */
enum provar_result pv_supervise_watch(struct pv_supervise *child, struct provar_error *err) PV_MUST_CHECK;

/* Waits. A child that ended without having started the program gives `*failed` true and the report; else `*status` is
 * as waitpid gives it. */
enum provar_result pv_supervise_wait(struct pv_supervise *child, int *status, bool *failed,
                                     struct pv_exec_report *report, struct provar_error *err) PV_MUST_CHECK;

/* Kills and reaps a child that is still there; closes everything. What signals came too late for it are this process's
 * own again. */
void pv_supervise_release(struct pv_supervise *child);
#define PV_AUTO_SUPERVISE PV_CLEANUP(pv_supervise_release)

#endif
