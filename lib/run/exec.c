/* Runs a sealed memory file as a wasmCloud v1 host would, and waits. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <signal.h>
#include <sys/eventfd.h>

#include "internal.h"

#include "base/json.h"
#include "run/exec.h"
#include "run/exec_child.h"
#include "run/supervise.h"

/* ---------------------------------------------------------------- options */

static enum provar_result check_texts(const char *const *texts, size_t count, const char *what,
                                      struct provar_error *err) {
    /* The kernel counts in int (execve(2), E2BIG). */
    if (count >= INT_MAX)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "too many %s", what);
    for (size_t i = 0; i < count; i++)
        if (texts == NULL || texts[i] == NULL)
            return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "number %zu of the %s is NULL", i, what);
    return PROVAR_OK;
}

/* Names only in messages: values may be secrets. */
static enum provar_result check_env(const char *const *env, size_t count, struct provar_error *err) {
    enum provar_result result = check_texts(env, count, "environment entries", err);
    for (size_t i = 0; result == PROVAR_OK && i < count; i++)
        if (env[i][0] == '=' || strchr(env[i], '=') == NULL)
            result = pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET,
                             "number %zu of the environment entries is not NAME=value", i);
    return result;
}

static enum provar_result check_host_data(const void *data, size_t len, struct provar_error *err) {
    if (data == NULL && len == 0)
        return PROVAR_OK;
    if (data == NULL)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "host data is NULL, with a length of %zu", len);
    if (len > PV_MAX_HOST_DATA)
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "more than %" PRIu64 " bytes of host data",
                       (uint64_t)PV_MAX_HOST_DATA);
    struct provar_error inner = {0};
    enum provar_result result = pv_json_check(pv_str(data, len), true, &inner);
    if (result == PROVAR_OK)
        return PROVAR_OK;
    /* E_CLAIMS speaks of a token; what is wrong here is an argument. Host data hold seeds, so the parser's words, which
     * quote them, stay here. */
    if (result == PROVAR_E_CLAIMS)
        return pv_fail(err, PROVAR_E_USAGE, inner.offset, "the host data are not one well-formed JSON object");
    return pv_fail(err, result, inner.offset, "the host data pass the limits of JSON documents");
}

/* With SIGCHLD ignored or SA_NOCLDWAIT the kernel reaps children itself and their status is lost (POSIX, _Exit). */
static enum provar_result check_sigchld(struct provar_error *err) {
    struct sigaction action;
    if (sigaction(SIGCHLD, NULL, &action) != 0)
        return pv_fail_errno(err, PROVAR_E_INTERNAL, errno, "cannot look at SIGCHLD");
    bool handled = (action.sa_flags & SA_SIGINFO) != 0;
    if ((action.sa_flags & SA_NOCLDWAIT) != 0 || (!handled && action.sa_handler == SIG_IGN))
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET,
                       "this process ignores SIGCHLD, so the provider's status would be lost");
    return PROVAR_OK;
}

static enum provar_result check_signals(const int *signals, size_t count, struct provar_error *err) {
    sigset_t set;
    (void)sigemptyset(&set);
    if (signals == NULL && count > 0)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "signals are NULL, with a count of %zu", count);
    for (size_t i = 0; i < count; i++)
        if (sigaddset(&set, signals[i]) != 0)
            return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "%d is not the number of a signal", signals[i]);
    return PROVAR_OK;
}

static bool has_reserved_bits(const struct provar_run_options *options) {
    uint64_t bits = 0;
    for (size_t i = 0; i < sizeof options->reserved / sizeof options->reserved[0]; i++)
        bits |= options->reserved[i];
    return bits != 0;
}

enum provar_result pv_exec_check_options(const struct provar_run_options *options, struct provar_error *err) {
    enum provar_result result = check_sigchld(err);
    if (options == NULL || result != PROVAR_OK)
        return result;
    if (options->size != sizeof *options || has_reserved_bits(options))
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET,
                       "struct provar_run_options of another size or with reserved members set");
    result = check_texts(options->args, options->arg_count, "arguments", err);
    if (result == PROVAR_OK)
        result = check_signals(options->signals, options->signal_count, err);
    if (result == PROVAR_OK)
        result = check_env(options->env, options->env_count, err);
    return result == PROVAR_OK ? check_host_data(options->host_data, options->host_data_len, err) : result;
}

/* ---------------------------------------------------------------- what the child needs */

/* Copies pointers: `first` unless it is NULL, `count` more, and NULL. */
static enum provar_result make_vector(const char *first, const char *const *texts, size_t count, const char ***vector,
                                      struct provar_error *err) {
    const char **made = calloc(count + 2, sizeof *made);
    if (made == NULL)
        return pv_fail_memory(err);
    size_t used = 0;
    if (first)
        made[used++] = first;
    for (size_t i = 0; i < count; i++)
        made[used++] = texts[i];
    *vector = made;
    return PROVAR_OK;
}

/* Moves a descriptor to 3 or higher. Where the caller has closed 0, 1 or 2, a pipe would take that number, and what
 * another thread prints, or the provider's own standard input, would end up in it or on it. */
static int lift_fd(int *fd) {
    if (*fd > STDERR_FILENO)
        return 0;
    int lifted = fcntl(*fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (lifted < 0)
        return -1;
    (void)close(*fd);
    *fd = lifted;
    return 0;
}

static enum provar_result make_pipe(int *reader, int *writer, struct provar_error *err) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot create a pipe");
    bool lifted = lift_fd(&ends[0]) == 0 && lift_fd(&ends[1]) == 0;
    int saved = errno;
    *reader = ends[0];
    *writer = ends[1];
    return lifted ? PROVAR_OK : pv_fail_errno(err, PROVAR_E_IO, saved, "cannot create a pipe");
}

/* ---------------------------------------------------------------- start */

/* _Fork leaves out the host's pthread_atfork handlers, which have no business in a child that only executes. Signals
 * are blocked across it: the host's handlers must not run in the child. */
static pid_t fork_child(const struct pv_exec_plan *plan) {
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t pid = _Fork();
    if (pid == 0)
        pv_exec_child(plan);
    int saved = errno;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = saved;
    return pid;
}

/* Makes the pipes, forks, and keeps this side's ends in `child`. */
static enum provar_result start(struct pv_exec_plan *plan, const struct provar_run_options *options,
                                struct pv_supervise *child, struct provar_error *err) {
    PV_AUTO_FD int input = -1, feed = -1, report = -1, go = eventfd(0, EFD_CLOEXEC);
    if (go < 0 || lift_fd(&go) != 0)
        return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot create an eventfd");
    enum provar_result result = make_pipe(&child->report, &report, err);
    if (result == PROVAR_OK && options->host_data)
        result = make_pipe(&input, &feed, err);
    if (result == PROVAR_OK && options->host_data)
        result = pv_feed_init(&child->feed, &feed, options->host_data, options->host_data_len, err);
    if (result != PROVAR_OK)
        return result;
    if (fcntl(child->report, F_SETFL, O_NONBLOCK) != 0)
        return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot prepare a pipe");
    plan->input = input;
    plan->report = report;
    plan->go = go;
    plan->parent = getpid();
    child->pid = fork_child(plan);
    if (child->pid < 0)
        return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot start a process");
    result = pv_supervise_watch(child, err);
    if (result == PROVAR_OK && eventfd_write(go, 1) != 0)
        return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot let the provider begin");
    return result;
}

/* ---------------------------------------------------------------- why it did not start */

static bool is_script(int fd) {
    char magic[2];
    return pread(fd, magic, sizeof magic, 0) == (ssize_t)sizeof magic && magic[0] == '#' && magic[1] == '!';
}

static enum provar_result explain_exec(int fd, int error_number, struct provar_error *err) {
    const char *reason = "cannot execute";
    switch (error_number) {
    case ENOENT:
        /* The kernel would hand an interpreter the path of a descriptor that exec has closed. */
        if (is_script(fd))
            return pv_fail(err, PROVAR_E_EXEC, PROVAR_NO_OFFSET,
                           "it is a script, and a memory file can only hold a native executable");
        return pv_fail(err, PROVAR_E_EXEC, PROVAR_NO_OFFSET, "the interpreter or loader named in it is missing here");
    case ENOEXEC:
        reason = "it is not an executable of this machine";
        break;
    case ETXTBSY:
        reason = "another process keeps the memory file open for writing";
        break;
    case EACCES:
    case EPERM:
        reason = "this system forbids to execute memory files (vm.memfd_noexec, a noexec mount, seccomp)";
        break;
    case ENOSYS:
        reason = "no execveat(2), seccomp may forbid it";
        break;
    case E2BIG:
        reason = "the arguments and the environment are too long";
        break;
    default:
        break;
    }
    return pv_fail_errno(err, PROVAR_E_EXEC, error_number, "%s", reason);
}

static enum provar_result explain(int fd, const struct pv_exec_report *report, struct provar_error *err) {
    static const char *const steps[] = {
        [PV_EXEC_STEP_DEATH_SIGNAL] = "bind the provider's life to this process",
        [PV_EXEC_STEP_INPUT] = "give the provider its standard input",
        [PV_EXEC_STEP_DESCRIPTORS] = "keep open files from the provider",
        [PV_EXEC_STEP_CORE_LIMIT] = "forbid the provider core dumps",
        [PV_EXEC_STEP_PRIVILEGES] = "forbid the provider new privileges",
    };
    if (report->step == PV_EXEC_STEP_EXECUTE)
        return explain_exec(fd, report->error_number, err);
    bool known = report->step >= PV_EXEC_STEP_DEATH_SIGNAL && report->step < PV_EXEC_STEP_EXECUTE;
    return pv_fail_errno(err, PROVAR_E_EXEC, report->error_number, "cannot %s",
                         known ? steps[report->step] : "start the provider");
}

/* ---------------------------------------------------------------- all of it */

static enum provar_result run_plan(struct pv_exec_plan *plan, const struct provar_run_options *options, int *status,
                                   struct provar_error *err) {
    PV_AUTO_SUPERVISE struct pv_supervise child = PV_SUPERVISE_NONE;
    struct pv_exec_report report = {0};
    bool failed = false;
    int ended = 0;
    enum provar_result result = pv_supervise_possible(err);
    if (result == PROVAR_OK)
        result = pv_supervise_listen(&child, options->signals, options->signal_count, err);
    if (result == PROVAR_OK)
        result = start(plan, options, &child, err);
    if (result == PROVAR_OK)
        result = pv_supervise_wait(&child, &ended, &failed, &report, err);
    if (result != PROVAR_OK)
        return result;
    if (failed)
        return explain(plan->exe, &report, err);
    *status = ended;
    return PROVAR_OK;
}

enum provar_result pv_exec_run(int fd, struct pv_str name, const struct provar_run_options *options, int *status,
                               struct provar_error *err) {
    static const struct provar_run_options nothing = {.size = sizeof nothing};
    const struct provar_run_options *with = options ? options : &nothing;
    PV_AUTO_FREE char *program = pv_str_dup(name);
    PV_AUTO_FREE const char **argv = NULL;
    PV_AUTO_FREE const char **envp = NULL;
    if (program == NULL)
        return pv_fail_memory(err);
    enum provar_result result = make_vector(program, with->args, with->arg_count, &argv, err);
    if (result == PROVAR_OK)
        result = make_vector(NULL, with->env, with->env_count, &envp, err);
    if (result != PROVAR_OK)
        return result;
    PV_AUTO_FD int exe = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (exe < 0)
        return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot use the memory file");
    struct pv_exec_plan plan = {.exe = exe, .input = -1, .go = -1, .argv = argv, .envp = envp};
    return run_plan(&plan, with, status, err);
}
