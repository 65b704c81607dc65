/* Tests of store/credential_helper: the protocol, names, and helpers that hang, fail or have no end. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <sys/wait.h>

#include "support/check.h"
#include "support/temp_dir.h"

/* Before internal.h, which bans what the tests do to their environment. */
static int set_path(const char *path) {
    return setenv("PATH", path, 1);
}

#include "internal.h"

#include "store/auth/credential_helper.h"

/* One that is killed must not be waited for as long as it would take. */
enum { SECONDS = 20 };

/* Writes docker-credential-NAME into the working directory, which is the PATH's first. */
static void write_helper(const char *name, const char *script) {
    char path[128], text[1024];
    int len = snprintf(text, sizeof text, "#!/bin/sh\n%s\n", script);
    assert_in_range(len, 1, sizeof text - 1);
    (void)snprintf(path, sizeof path, "docker-credential-%s", name);
    temp_dir_write(path, text, (size_t)len);
    assert_int_equal(chmod(path, 0755), 0);
}

static int setup(void **state) {
    char path[300];
    if (temp_dir_setup(state) != 0)
        return -1;
    (void)snprintf(path, sizeof path, "%s:/usr/bin:/bin", temp_dir_path);
    return set_path(path);
}

static enum provar_result ask(const char *name, uint32_t timeout_ms, struct pv_credential *found,
                              struct provar_error *err) {
    *err = (struct provar_error){0};
    return pv_credential_helper_get(pv_str_of(name), "r.io:5000", timeout_ms, found, err);
}

static void expect_user(const char *script, const char *user, const char *password, const char *identity) {
    PV_AUTO_CREDENTIAL struct pv_credential found = {0};
    struct provar_error err;
    write_helper("test", script);
    if (ask("test", SECONDS * 1000, &found, &err) != PROVAR_OK)
        fail_msg("%s: %s", script, err.message);
    const char *const got[] = {found.user, found.password, found.identity_token};
    const char *const wanted[] = {user, password, identity};
    for (size_t i = 0; i < 3; i++) {
        if (wanted[i] == NULL)
            assert_null(got[i]);
        else
            assert_string_equal(got[i], wanted[i]);
    }
    assert_null(found.registry_token);
    assert_string_equal(found.source, "the helper 'docker-credential-test'");
}

static void expect_failure(const char *script, enum provar_result wanted, const char *said, const char *unsaid) {
    struct pv_credential found;
    struct provar_error err;
    write_helper("test", script);
    assert_fails(ask("test", SECONDS * 1000, &found, &err), wanted, err, PROVAR_NO_OFFSET);
    if (!strstr(err.message, said) || (unsaid && strstr(err.message, unsaid)))
        fail_msg("%s: %s", script, err.message);
    assert_null(found.user);
}

/* ---------------------------------------------------------------- protocol */

/* CRED-5. */
static void asks_by_dockers_protocol(void **state) {
    (void)state;
    expect_user("test \"$*\" = get || exit 3\n"
                "printf '{\"ServerURL\":\"x\",\"Username\":\"%s\",\"Secret\":\"p\\\\/w\"}' \"$(cat)\"",
                "r.io:5000", "p/w", NULL);
    expect_user("echo '{\"Username\":\"<token>\",\"Secret\":\"ey.J\"}'", NULL, NULL, "ey.J");
    expect_user("echo '{\"Username\":\"\",\"Secret\":\"x\",\"More\":[1]}'", "", "x", NULL);
    expect_user("echo '{\"Username\":\"\",\"Secret\":\"\"}'", NULL, NULL, NULL);
}

/* Its exit status is 1, and only this text means that there is nothing. */
static void knows_that_there_is_nothing(void **state) {
    (void)state;
    expect_user("echo 'credentials not found in native keychain'; exit 1", NULL, NULL, NULL);
    expect_failure("echo 'credentials not found in keychain'; exit 1", PROVAR_E_AUTH,
                   "says 'credentials not found in keychain'", NULL);
    expect_failure("echo 'credentials not found in native keychain'", PROVAR_E_AUTH, "malformed JSON", NULL);
}

/* What it says of a failure is shown; what may be an answer is not. */
static void tells_why_one_failed(void **state) {
    (void)state;
    expect_failure("printf 'not logged in\\033[2J\\n'; exit 2", PROVAR_E_AUTH, "says 'not logged in\\x1b[2J'", "\x1b");
    expect_failure("echo '{\"Username\":\"u\",\"Secret\":\"hunter2\"}'; exit 7", PROVAR_E_AUTH, "status 7", "hunter2");
    expect_failure("exit 1", PROVAR_E_AUTH, "status 1", NULL);
    expect_failure("kill -9 $$", PROVAR_E_AUTH, "signal 9", NULL);
    expect_failure("echo '{\"Username\":\"u\",\"Secret\":[\"hunter2\"]}'", PROVAR_E_AUTH, "'Secret'", "hunter2");
    expect_failure("echo '{\"Username\":\"u\",\"Secret\":\"hunter2'", PROVAR_E_AUTH, "malformed JSON", "hunter2");
    expect_failure("echo '{\"Secret\":\"hunter2\",\"Secret\":\"x\"}'", PROVAR_E_AUTH, "malformed JSON", "hunter2");
    expect_failure("true", PROVAR_E_AUTH, "malformed JSON", NULL);
}

static void tells_that_there_is_none(void **state) {
    struct pv_credential found;
    struct provar_error err;
    (void)state;
    assert_fails(ask("missing", 1000, &found, &err), PROVAR_E_AUTH, err, PROVAR_NO_OFFSET);
    assert_non_null(strstr(err.message, "docker-credential-missing"));
    temp_dir_write("docker-credential-plain", "x", 1);
    assert_fails(ask("plain", 1000, &found, &err), PROVAR_E_AUTH, err, PROVAR_NO_OFFSET);
}

/* One that ends without having read, in a process that dies of SIGPIPE by default. */
static void survives_one_that_does_not_read(void **state) {
    (void)state;
    for (int i = 0; i < 20; i++)
        expect_user("exec 0<&-; echo '{\"Username\":\"u\",\"Secret\":\"p\"}'", "u", "p", NULL);
}

static void inherits_no_descriptor(void **state) {
    enum { FAR_FD = 77 };
    (void)state;
    assert_int_equal(dup2(STDERR_FILENO, FAR_FD), FAR_FD);
    expect_user("test ! -e /proc/$$/fd/77 || exit 3; echo '{\"Username\":\"u\",\"Secret\":\"p\"}'", "u", "p", NULL);
    assert_int_equal(close(FAR_FD), 0);
}

/* ---------------------------------------------------------------- threats: row 237 */

static void refuses_names(void **state) {
    static const char *const cases[] = {"", "a b", "../sh", "a/b", "/bin/sh", "a;b", "a$b", "a\nb", "\xc3\xa9", "a*"};
    struct pv_credential found;
    struct provar_error err;
    (void)state;
    write_helper("a b", "touch started");
    for (size_t i = 0; i < array_length(cases); i++) {
        assert_fails(ask(cases[i], 1000, &found, &err), PROVAR_E_AUTH, err, PROVAR_NO_OFFSET);
        assert_non_null(strstr(err.message, "not the name"));
    }
    assert_int_not_equal(access("started", F_OK), 0);
    assert_int_equal(pv_credential_helper_get(PV_STR("a\0"), "r", 1000, &found, NULL), PROVAR_E_AUTH);
}

static void limits_names(void **state) {
    char name[PV_MAX_HELPER_NAME + 2];
    PV_AUTO_CREDENTIAL struct pv_credential found = {0};
    struct provar_error err;
    (void)state;
    memset(name, 'n', sizeof name);
    name[PV_MAX_HELPER_NAME] = 0;
    write_helper(name, "echo '{\"Username\":\"u\",\"Secret\":\"p\"}'");
    assert_ok(ask(name, SECONDS * 1000, &found, &err));
    assert_string_equal(found.user, "u");
    pv_credential_release(&found);
    name[PV_MAX_HELPER_NAME] = 'n';
    name[PV_MAX_HELPER_NAME + 1] = 0;
    assert_fails(ask(name, 1000, &found, &err), PROVAR_E_AUTH, err, PROVAR_NO_OFFSET);
    assert_non_null(strstr(err.message, "not the name"));
}

static void limits_output(void **state) {
    char script[300];
    (void)state;
    static const char frame[] = "{\"Username\":\"u\",\"Secret\":\"p\"}";
    for (size_t len = PV_MAX_HELPER_OUTPUT; len <= PV_MAX_HELPER_OUTPUT + 1; len++) {
        (void)snprintf(script, sizeof script, "echo '%s' | tr -d '\\n'; head -c %zu /dev/zero | tr '\\0' ' '", frame,
                       len - strlen(frame));
        if (len == PV_MAX_HELPER_OUTPUT)
            expect_user(script, "u", "p", NULL);
        else
            expect_failure(script, PROVAR_E_LIMIT, "65536 bytes", NULL);
    }
}

/* The process whose number a helper has written down is gone; one that is still there would be left over. */
static void expect_gone(const char *file) {
    char number[16] = {0};
    PV_AUTO_FD int fd = open(file, O_RDONLY);
    uint64_t pid = 0;
    assert_true(fd >= 0);
    ssize_t len = read(fd, number, sizeof number - 1);
    assert_true(len > 0);
    assert_true(pv_parse_decimal(pv_str_chomp(pv_str(number, (size_t)len)), 1 << 22, &pid));
    for (int tries = 0; kill((pid_t)pid, 0) == 0; tries++) {
        char path[32], state[256] = {0};
        (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
        PV_AUTO_FD int stat = open(path, O_RDONLY);
        if (stat < 0 || (read(stat, state, sizeof state - 1) > 0 && strstr(state, ") Z ") != NULL))
            return;
        assert_true(tries < SECONDS * 100);
        (void)usleep(10000);
    }
}

static void ends_one_without_end(void **state) {
    (void)state;
    expect_failure("echo $$ > pid; exec cat /dev/zero", PROVAR_E_LIMIT, "65536 bytes", NULL);
    expect_gone("pid");
}

static void expect_timeout(const char *script) {
    struct pv_credential found;
    struct provar_error err;
    time_t start = time(NULL);
    write_helper("test", script);
    assert_fails(ask("test", 300, &found, &err), PROVAR_E_AUTH, err, PROVAR_NO_OFFSET);
    assert_non_null(strstr(err.message, "within 300 ms"));
    assert_true(time(NULL) - start < SECONDS);
}

/* Also what it has started itself, and one that shuts its output and stays. */
static void ends_one_that_hangs(void **state) {
    (void)state;
    expect_timeout("sleep 1000 & echo $! > child; echo $$ > pid; wait");
    expect_gone("pid");
    expect_gone("child");
    expect_timeout("trap '' TERM INT HUP; echo $$ > pid; exec sleep 1000 >/dev/null");
    expect_gone("pid");
    expect_timeout("echo $$ > pid; while :; do echo; sleep 0.1; done");
    expect_gone("pid");
}

/* The pipe stays open then. */
static void does_not_wait_for_what_it_leaves(void **state) {
    time_t start = time(NULL);
    (void)state;
    expect_user("sleep 60 & echo $! > child; echo '{\"Username\":\"u\",\"Secret\":\"p\"}'", "u", "p", NULL);
    assert_true(time(NULL) - start < SECONDS);
    assert_int_equal(system("kill $(cat child)"), 0);
}

/* A program that ignores SIGCHLD has no status to look at. */
static void works_where_nobody_waits(void **state) {
    (void)state;
    (void)signal(SIGCHLD, SIG_IGN);
    expect_user("echo '{\"Username\":\"u\",\"Secret\":\"p\"}'", "u", "p", NULL);
    expect_failure("exit 1", PROVAR_E_AUTH, "malformed JSON", NULL);
    (void)signal(SIGCHLD, SIG_DFL);
}

#define in_temp_dir(function) cmocka_unit_test_setup_teardown(function, setup, temp_dir_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        in_temp_dir(asks_by_dockers_protocol),
        in_temp_dir(knows_that_there_is_nothing),
        in_temp_dir(tells_why_one_failed),
        in_temp_dir(tells_that_there_is_none),
        in_temp_dir(survives_one_that_does_not_read),
        in_temp_dir(inherits_no_descriptor),
        in_temp_dir(refuses_names),
        in_temp_dir(limits_names),
        in_temp_dir(limits_output),
        in_temp_dir(ends_one_without_end),
        in_temp_dir(ends_one_that_hangs),
        in_temp_dir(does_not_wait_for_what_it_leaves),
        in_temp_dir(works_where_nobody_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
