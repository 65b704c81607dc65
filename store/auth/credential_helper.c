/* Credential helpers: see credential_helper.h. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "internal.h"

#include "base/fs.h"
#include "store/auth/credential_helper.h"
#include "store/auth/secret_json.h"

/* How often one is asked whether it has ended: what it has started may keep the pipe open after that. */
enum { LOOK_AGAIN_MS = 20, EXIT_NOT_STARTED = 127 };

struct helper {
    pid_t pid; /* 0: none, or it has been waited for */
    int status;
    int output; /* its end for reading, which does not block; -1 when it has come to its end */
    int report; /* the same of struct start */
};

/* ---------------------------------------------------------------- start and end */

static bool is_good_name(struct pv_str name) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    for (size_t i = 0; i < name.len; i++)
        if (memchr(letters, name.text[i], sizeof letters - 1) == NULL)
            return false;
    return name.len > 0 && name.len <= PV_MAX_HELPER_NAME;
}

/* What the child of the fork needs, which makes only async-signal-safe calls, and execvp, which is one in glibc and
 * musl.
 */
struct start {
    const char *program;
    int input;
    int output;
    int report; /* a pipe, which closes on exec: why it could not begin, an errno */
    pid_t parent;
};

/* What is handled here is nothing that a helper could handle; what is ignored stays so, but for SIGPIPE. */
static void reset_signals(void) {
    struct sigaction standard = {.sa_handler = SIG_DFL}, now;
    for (int number = 1; number < NSIG; number++)
        if (sigaction(number, NULL, &now) == 0 && (now.sa_handler != SIG_IGN || number == SIGPIPE))
            (void)sigaction(number, &standard, NULL);
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Where the caller has closed 0 to 2, the first pipes have these numbers. */
static bool connect_standard(const struct start *with) {
    int input = fcntl(with->input, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    int output = fcntl(with->output, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
    return input >= 0 && output >= 0 && nothing >= 0 && dup2(input, STDIN_FILENO) >= 0 &&
           dup2(output, STDOUT_FILENO) >= 0 && dup2(nothing, STDERR_FILENO) >= 0;
}

/* A group of its own, so that it can be ended together with what it has started; a terminal's ^C does not reach that
 * group, so it is bound to the life of the thread that waits for it. */
_Noreturn static void become_helper(const struct start *with) {
    char *argv[] = {(char *)with->program, (char *)"get", NULL};
    (void)setpgid(0, 0);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0) {
        /* A parent that died before that call sends no signal. 0 is a parent outside our PID namespace. */
        pid_t parent = getppid();
        if (parent != with->parent && parent != 0)
            _exit(EXIT_NOT_STARTED);
        reset_signals();
        /* Not all of libcurl's sockets, or of the caller's files, close on exec. */
        (void)close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
        if (connect_standard(with))
            (void)execvp(with->program, argv);
    }
    int failed = errno;
    if (write(with->report, &failed, sizeof failed) < 0)
        _exit(EXIT_NOT_STARTED);
    _exit(EXIT_NOT_STARTED);
}

/* Signals are blocked across it: this process's handlers must not run in the child. */
static pid_t fork_helper(const struct start *with) {
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t pid = _Fork();
    if (pid == 0)
        become_helper(with);
    int saved = errno;
    if (pid > 0)
        (void)setpgid(pid, pid); /* whoever is first: it is killed by this number */
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = saved;
    return pid;
}

static enum provar_result make_pipe(int *reader, int *writer, bool blocks, struct provar_error *err) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot make a pipe");
    *reader = ends[0];
    *writer = ends[1];
    return blocks || fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0
               ? PROVAR_OK
               : pv_fail_errno(err, PROVAR_E_IO, errno, "cannot set up a pipe");
}

static enum provar_result start(struct helper *helper, const char *program, const char *server,
                                struct provar_error *err) {
    PV_AUTO_FD int input_read = -1, input_write = -1, output_write = -1, report_write = -1;
    enum provar_result result = make_pipe(&input_read, &input_write, true, err);
    if (result == PROVAR_OK)
        result = make_pipe(&helper->output, &output_write, false, err);
    if (result == PROVAR_OK)
        result = make_pipe(&helper->report, &report_write, false, err);
    if (result != PROVAR_OK)
        return result;
    struct start with = {program, input_read, output_write, report_write, getpid()};
    pid_t pid = fork_helper(&with);
    if (pid < 0)
        return pv_fail_errno(err, PROVAR_E_AUTH, errno, "cannot start it");
    helper->pid = pid;
    /* It does not block, because a pipe has more room than a server has letters; nor is there SIGPIPE where the helper
     * ends without having read, because the pipe's other end is open here, too. */
    return pv_fs_write(input_write, server, strlen(server), err);
}

/* Notes that it has ended; where the process ignores SIGCHLD, nobody keeps its status. */
static bool has_ended(struct helper *helper, int flags) {
    pid_t got;
    if (helper->pid == 0)
        return true;
    do
        got = waitpid(helper->pid, &helper->status, flags);
    while (got < 0 && errno == EINTR);
    if (got != 0)
        helper->pid = 0;
    return helper->pid == 0;
}

static void helper_release(struct helper *helper) {
    if (helper->pid != 0) {
        (void)kill(-helper->pid, SIGKILL);
        (void)has_ended(helper, 0);
    }
    pv_cleanup_fd(&helper->output);
    pv_cleanup_fd(&helper->report);
}

/* ---------------------------------------------------------------- its output */

static uint64_t now_ms(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Reads what is there. `text` has room for one byte more than is allowed. */
static enum provar_result read_available(struct helper *helper, struct pv_buf *text, struct provar_error *err) {
    while (helper->output >= 0) {
        ssize_t n = read(helper->output, text->data + text->len, text->max - text->len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return PROVAR_OK;
        if (n <= 0) {
            pv_cleanup_fd(&helper->output);
            helper->output = -1;
            return n == 0 ? PROVAR_OK : pv_fail_errno(err, PROVAR_E_IO, errno, "cannot read its output");
        }
        text->len += (size_t)n;
        text->data[text->len] = 0;
        if (text->len == text->max)
            return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "it has more than %zu bytes of output",
                           text->max - 1);
    }
    return PROVAR_OK;
}

/* Reads until the helper has ended. */
static enum provar_result collect(struct helper *helper, uint32_t timeout_ms, struct pv_buf *text,
                                  struct provar_error *err) {
    for (uint64_t end = now_ms() + timeout_ms;;) {
        bool ended = has_ended(helper, WNOHANG);
        enum provar_result result = read_available(helper, text, err);
        if (result != PROVAR_OK || ended)
            return result;
        if (now_ms() >= end)
            return pv_fail(err, PROVAR_E_AUTH, PROVAR_NO_OFFSET, "it has not answered within %u ms",
                           (unsigned)timeout_ms);
        struct pollfd readable = {.fd = helper->output, .events = POLLIN};
        (void)poll(&readable, 1, LOOK_AGAIN_MS);
    }
}

/* Why it failed; a text that may be an answer, with a secret in it, is not shown. */
static enum provar_result failed_with(const struct helper *helper, struct pv_str output, struct provar_error *err) {
    if (WIFSIGNALED(helper->status))
        return pv_fail(err, PROVAR_E_AUTH, PROVAR_NO_OFFSET, "it was ended by signal %d", WTERMSIG(helper->status));
    if (output.len == 0 || memchr(output.text, '{', output.len) != NULL)
        return pv_fail(err, PROVAR_E_AUTH, PROVAR_NO_OFFSET, "it ended with status %d", WEXITSTATUS(helper->status));
    return pv_fail(err, PROVAR_E_AUTH, PROVAR_NO_OFFSET, "it says '%s'", pv_quote(output).text);
}

static struct pv_str trimmed(struct pv_str text) {
    while (text.len > 0 && memchr(" \t\r\n", text.text[text.len - 1], 4) != NULL)
        text.len--;
    return text;
}

enum provar_result pv_credential_helper_decode(struct pv_str answer, struct pv_credential *found,
                                               struct provar_error *err) {
    PV_AUTO_JSON struct pv_json *json = NULL;
    PV_AUTO_SECRET_TEXT char *user = NULL, *secret = NULL;
    enum provar_result result = pv_secret_json_parse(answer, NULL, PROVAR_E_AUTH, &json, err);
    if (result == PROVAR_OK)
        result = pv_secret_json_text(json, "Username", PROVAR_E_AUTH, &user, err);
    if (result == PROVAR_OK)
        result = pv_secret_json_text(json, "Secret", PROVAR_E_AUTH, &secret, err);
    if (result != PROVAR_OK || secret == NULL)
        return result;
    if (user && pv_str_equal(pv_str_of(user), PV_STR("<token>"))) {
        found->identity_token = PV_TAKE(secret);
        return PROVAR_OK;
    }
    if (user == NULL && (user = pv_str_dup(PV_STR(""))) == NULL)
        return pv_fail_memory(err);
    found->user = PV_TAKE(user);
    found->password = PV_TAKE(secret);
    return PROVAR_OK;
}

static enum provar_result ask(const char *program, const char *server, uint32_t timeout_ms, struct pv_credential *found,
                              struct provar_error *err) {
    PV_AUTO_SECRET_BUF struct pv_buf text = {0};
    PV_CLEANUP(helper_release) struct helper helper = {.output = -1, .report = -1};
    enum provar_result result = pv_secret_buf_init(&text, PV_MAX_HELPER_OUTPUT + 1, err);
    if (result == PROVAR_OK)
        result = start(&helper, program, server, err);
    if (result == PROVAR_OK)
        result = collect(&helper, timeout_ms, &text, err);
    if (result != PROVAR_OK)
        return result;
    int not_started;
    if (read(helper.report, &not_started, sizeof not_started) == (ssize_t)sizeof not_started)
        return pv_fail_errno(err, PROVAR_E_AUTH, not_started, "cannot start it");
    struct pv_str output = trimmed(pv_buf_str(&text));
    if (helper.status == 0)
        return pv_credential_helper_decode(output, found, err);
    /* By this text, and nothing else, all helpers say that they have no credentials. */
    if (pv_str_equal(output, PV_STR("credentials not found in native keychain")))
        return PROVAR_OK;
    return failed_with(&helper, output, err);
}

enum provar_result pv_credential_helper_get(struct pv_str name, const char *server, uint32_t timeout_ms,
                                            struct pv_credential *found, struct provar_error *err) {
    char program[sizeof "docker-credential-" + PV_MAX_HELPER_NAME];
    struct provar_error inner = {0};
    *found = (struct pv_credential){0};
    if (!is_good_name(name))
        return pv_fail(err, PROVAR_E_AUTH, PROVAR_NO_OFFSET, "not the name of a credential helper: '%s'",
                       pv_quote(name).text);
    (void)snprintf(program, sizeof program, "docker-credential-%.*s", (int)name.len, name.text);
    enum provar_result result = ask(program, server, timeout_ms, found, &inner);
    pv_error_wrap(&inner, "the helper '%s'", program);
    pv_error_hand_on(err, &inner);
    if (result == PROVAR_OK)
        (void)snprintf(found->source, sizeof found->source, "the helper '%s'", program);
    return result;
}
