/* Credential helpers: see credential_helper.h. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include "internal.h"

#include "base/fs.h"
#include "store/auth/credential_helper.h"
#include "store/auth/secret_json.h"

/* How often one is asked whether it has ended: what it has started may keep the pipe open after that. */
enum { LOOK_AGAIN_MS = 20 };

struct helper {
    pid_t pid; /* 0: none, or it has been waited for */
    int status;
    int output; /* its end for reading, which does not block; -1 when it has come to its end */
};

/* ---------------------------------------------------------------- start and end */

static bool is_good_name(struct pv_str name) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    for (size_t i = 0; i < name.len; i++)
        if (memchr(letters, name.text[i], sizeof letters - 1) == NULL)
            return false;
    return name.len > 0 && name.len <= PV_MAX_HELPER_NAME;
}

/* Gives the errno of what went wrong, 0 for nothing. The descriptors of this process close on exec. */
static int spawn(const char *program, int input, int output, pid_t *pid) {
    char *argv[] = {(char *)program, (char *)"get", NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, pipe_signal;
    (void)sigemptyset(&none);
    (void)sigemptyset(&pipe_signal);
    (void)sigaddset(&pipe_signal, SIGPIPE);
    int failed = posix_spawn_file_actions_init(&actions);
    if (failed)
        return failed;
    failed = posix_spawnattr_init(&attributes);
    if (failed) {
        (void)posix_spawn_file_actions_destroy(&actions);
        return failed;
    }
    (void)posix_spawnattr_setsigmask(&attributes, &none);
    (void)posix_spawnattr_setsigdefault(&attributes, &pipe_signal);
    (void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    failed = posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    if (!failed)
        failed = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    if (!failed)
        failed = posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    if (!failed)
        failed = posix_spawnp(pid, program, &actions, &attributes, argv, environ);
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&actions);
    return failed;
}

static enum provar_result start(struct helper *helper, const char *program, const char *server,
                                struct provar_error *err) {
    int input[2], output[2];
    if (pipe2(input, O_CLOEXEC) != 0)
        return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot make a pipe");
    PV_AUTO_FD int input_read = input[0], input_write = input[1];
    if (pipe2(output, O_CLOEXEC) != 0)
        return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot make a pipe");
    PV_AUTO_FD int output_read = output[0], output_write = output[1];
    if (fcntl(output_read, F_SETFL, O_NONBLOCK) != 0)
        return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot set up a pipe");
    int failed = spawn(program, input_read, output_write, &helper->pid);
    if (failed) {
        helper->pid = 0;
        return pv_fail_errno(err, PROVAR_E_AUTH, failed, "cannot start it");
    }
    helper->output = pv_take_fd(&output_read);
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
    PV_CLEANUP(helper_release) struct helper helper = {.output = -1};
    enum provar_result result = pv_secret_buf_init(&text, PV_MAX_HELPER_OUTPUT + 1, err);
    if (result == PROVAR_OK)
        result = start(&helper, program, server, err);
    if (result == PROVAR_OK)
        result = collect(&helper, timeout_ms, &text, err);
    if (result != PROVAR_OK)
        return result;
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
