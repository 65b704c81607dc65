/* What happens in the child between fork and exec. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_EXEC_CHILD_H
#define PV_EXEC_CHILD_H

/* Everything that the child needs, made before the fork. The descriptors are 3 or higher and close-on-exec. */
struct pv_exec_plan {
    int exe;
    int input;  /* becomes standard input; -1 leaves that as it is */
    int report; /* a pipe: closes when the program starts, or brings a struct pv_exec_report */
    int go;     /* an eventfd: the child waits, with signals blocked, until it is written to; -1: it does not wait */
    pid_t parent;
    const char **argv;
    const char **envp;
};

enum pv_exec_step {
    PV_EXEC_STEP_DEATH_SIGNAL = 1,
    PV_EXEC_STEP_INPUT,
    PV_EXEC_STEP_DESCRIPTORS,
    PV_EXEC_STEP_CORE_LIMIT,
    PV_EXEC_STEP_PRIVILEGES,
    PV_EXEC_STEP_EXECUTE
};

/* Short enough for one write to a pipe to be whole (POSIX, PIPE_BUF). */
struct pv_exec_report {
    int32_t step; /* an enum pv_exec_step */
    int32_t error_number;
};

/* Runs in the child of a fork, whose other threads may have held any lock: only async-signal-safe calls, no memory, no
 * stdio. Expects every signal blocked. */
_Noreturn void pv_exec_child(const struct pv_exec_plan *plan);

#endif
