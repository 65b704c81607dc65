/* Running and loading what a verified archive holds for this host: real executables, packed by the builder. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "support/archive.h"
#include "support/costly.h"
#include "support/temp_dir.h"

static const char shell[] = "/bin/sh";

/* Packs one file for this host into a.par. */
static void pack(const char *path, const void *data, size_t len) {
    struct provar_builder *builder = NULL;
    struct provar_error err = {0};
    struct provar_key *issuer = key_of(ISSUER_SEED);
    struct provar_input from = path ? path_input(path) : memory_input(data, len);
    struct provar_output to = path_output("a.par", PROVAR_OUTPUT_REPLACE);
    assert_ok(provar_builder_new(&builder, NULL));
    assert_ok(provar_builder_set_issuer(builder, issuer, NULL));
    assert_ok(provar_builder_set_subject(builder, TEXT(SUBJECT), NULL));
    assert_ok(provar_builder_set_vendor(builder, TEXT("wasmCloud"), NULL));
    if (provar_builder_add_target(builder, TEXT(provar_host_target()), &from, PROVAR_TARGET_FORCE, &err) != PROVAR_OK ||
        provar_builder_write(builder, &to, &err) != PROVAR_OK)
        fail_msg("%s", err.message);
    provar_builder_free(builder);
    provar_key_free(issuer);
}

struct opened {
    struct provar_archive *archive;
    struct provar_verified *verified;
};

static struct opened open_packed(void) {
    struct opened opened = {.archive = open_path("a.par")};
    opened.verified = verify_archive(opened.archive);
    return opened;
}

static void close_opened(struct opened *opened) {
    provar_verified_free(opened->verified);
    provar_archive_free(opened->archive);
}

/* Runs a script in the packed shell; its status. */
static int run_script(const char *script, struct provar_run_options *options) {
    const char *const args[] = {"-c", script, "name", "one", ""};
    struct provar_error err = {0};
    int status = -1;
    struct opened opened = open_packed();
    options->size = sizeof *options;
    options->args = args;
    options->arg_count = array_length(args);
    if (provar_run(opened.verified, options, &status, &err) != PROVAR_OK)
        fail_msg("%s", err.message);
    close_opened(&opened);
    return status;
}

static int exit_status_of(const char *script, struct provar_run_options *options) {
    int status = run_script(script, options);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* All of a.par. */
static struct tar_build read_packed(void) {
    struct tar_build bytes = {0};
    struct stat st;
    FILE *file = fopen("a.par", "r");
    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &st), 0);
    size_t len = (size_t)st.st_size;
    assert_int_equal(fread(tar_grow(&bytes, len), 1, len, file), len);
    assert_int_equal(fclose(file), 0);
    return bytes;
}

/* Where each read costs, nobody looks into the executable before it is fetched to be run: what it is, is found then. */
static void test_run_from_a_costly_source(void **state) {
    (void)state;
    static const struct {
        const char *path, *data;
        enum provar_result code;
    } cases[] = {{"/bin/true", NULL, PROVAR_OK}, {NULL, "#!/bin/sh\n", PROVAR_E_EXEC}, {NULL, "text", PROVAR_E_EXEC}};
    for (size_t i = 0; i < array_length(cases); i++) {
        struct costly costly;
        struct provar_error err = {0};
        struct provar_verified *verified = NULL;
        struct provar_policy *policy = usual_policy();
        int status = -1;
        pack(cases[i].path, cases[i].data, cases[i].data ? strlen(cases[i].data) : 0);
        struct tar_build bytes = read_packed();
        struct provar_archive *archive = open_costly(&costly, &bytes);
        provar_policy_defer_digests(policy);
        assert_ok(provar_policy_cover_target(policy, TEXT(provar_host_target()), NULL));
        assert_ok(provar_verify(archive, policy, &verified, NULL));
        assert_int_equal(provar_verified_coverage(verified), PROVAR_COVERAGE_DEFERRED);
        assert_int_equal(provar_run(verified, NULL, &status, &err), cases[i].code);
        assert_int_equal(err.code, cases[i].code);
        assert_int_equal(status, cases[i].code == PROVAR_OK ? 0 : -1);
        provar_verified_free(verified);
        provar_policy_free(policy);
        costly_free(&costly, archive);
        tar_build_free(&bytes);
    }
}

static void test_run_without_options(void **state) {
    (void)state;
    static const char *const programs[] = {"/bin/true", "/bin/false"};
    for (int i = 0; i < 2; i++) {
        struct provar_error err = {0};
        int status = -1;
        pack(programs[i], NULL, 0);
        struct opened opened = open_packed();
        if (provar_run(opened.verified, NULL, &status, &err) != PROVAR_OK)
            fail_msg("%s", err.message);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), i);
        close_opened(&opened);
    }
}

static void test_run_with_arguments_and_environment(void **state) {
    (void)state;
    static const char *const env[] = {"RUST_LOG=info", "EMPTY="};
    struct provar_run_options options = {.env = env, .env_count = 2};
    assert_int_equal(setenv("PROVAR_TEST_SECRET", "1", 1), 0);
    pack(shell, NULL, 0);
    assert_int_equal(exit_status_of("test \"$0$1$#\" = nameone2 || exit 1\n"
                                    "test \"$RUST_LOG/${EMPTY-unset}\" = info/ || exit 2\n"
                                    "test -z \"$PROVAR_TEST_SECRET$HOME\" || exit 3\n"
                                    "exit 42",
                                    &options),
                     42);
    assert_int_equal(unsetenv("PROVAR_TEST_SECRET"), 0);
}

static void test_run_with_host_data(void **state) {
    (void)state;
    struct provar_run_options options = {.host_data = "{\"a\":1}", .host_data_len = 7};
    pack(shell, NULL, 0);
    assert_int_equal(exit_status_of("read -r line || exit 1\n"
                                    "test \"$line\" = \"$(printf 'eyJhIjoxfQ==\\r')\" || exit 2\n"
                                    "read -r more && exit 3\n"
                                    "exit 0",
                                    &options),
                     0);
}

static void test_host_data_that_is_no_object(void **state) {
    (void)state;
    pack(shell, NULL, 0);
    struct opened opened = open_packed();
    static const char *const texts[] = {"[]", "{", "{} {}", ""};
    for (size_t i = 0; i < array_length(texts); i++) {
        struct provar_run_options options = {
            .size = sizeof options, .host_data = texts[i], .host_data_len = strlen(texts[i])};
        struct provar_error err = {0};
        int status = 77;
        assert_fails(provar_run(opened.verified, &options, &status, &err), PROVAR_E_USAGE, err, PROVAR_NO_OFFSET);
        assert_int_equal(status, 77);
    }
    close_opened(&opened);
}

static void test_a_child_that_dies(void **state) {
    (void)state;
    struct provar_run_options options = {0};
    pack(shell, NULL, 0);
    int status = run_script("kill -TERM $$; exit 1", &options);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGTERM);
}

/* No other descriptors than 0 to 2, no core dumps, no new privileges. */
static void test_what_a_child_inherits(void **state) {
    (void)state;
    struct provar_run_options options = {0};
    int leak = fcntl(STDOUT_FILENO, F_DUPFD, 50);
    assert_true(leak >= 50);
    pack(shell, NULL, 0);
    assert_int_equal(exit_status_of("for fd in /proc/$$/fd/*; do n=${fd##*/}; test $n -le 2 || "
                                    "test ! -e $fd || test $n -eq 10 || exit 1; done\n"
                                    "test $(ulimit -c) = 0 || exit 2\n"
                                    "while read -r key value; do test $key = NoNewPrivs: && exit $((value + 40)); done "
                                    "< /proc/$$/status\nexit 3",
                                    &options),
                     41);
    assert_int_equal(close(leak), 0);
}

static void test_signals_are_passed_on(void **state) {
    (void)state;
    static const int signals[] = {SIGUSR1};
    struct provar_run_options options = {.signals = signals, .signal_count = 1};
    pack(shell, NULL, 0);
    assert_int_equal(exit_status_of("trap 'exit 9' USR1\nkill -USR1 $PPID\ni=0\n"
                                    "while [ $i -lt 200 ]; do sleep 0.05; i=$((i + 1)); done\nexit 1",
                                    &options),
                     9);
}

static void test_options_that_are_refused(void **state) {
    (void)state;
    static const char *const bad_env[] = {"NAME"};
    static const int bad_signals[] = {0};
    struct provar_run_options cases[] = {
        {.size = 1},
        {.size = sizeof(struct provar_run_options), .reserved = {[7] = 1}},
        {.size = sizeof(struct provar_run_options), .args = NULL, .arg_count = 1},
        {.size = sizeof(struct provar_run_options), .env = bad_env, .env_count = 1},
        {.size = sizeof(struct provar_run_options), .signals = bad_signals, .signal_count = 1},
        {.size = sizeof(struct provar_run_options), .signals = NULL, .signal_count = 1},
    };
    pack("/bin/true", NULL, 0);
    struct opened opened = open_packed();
    for (size_t i = 0; i < array_length(cases); i++) {
        struct provar_error err = {0};
        int status = 77;
        assert_fails(provar_run(opened.verified, &cases[i], &status, &err), PROVAR_E_USAGE, err, PROVAR_NO_OFFSET);
        assert_int_equal(status, 77);
    }
    close_opened(&opened);
}

static void test_what_cannot_run_here(void **state) {
    (void)state;
    static const char *const bodies[] = {"#!/bin/sh\nexit 0\n", "MZ", "text", "\177ELF\1\1\1"};
    for (size_t i = 0; i < array_length(bodies); i++) {
        struct provar_error err = {0};
        struct provar_plugin *plugin = NULL;
        int status = 77;
        pack(NULL, bodies[i], strlen(bodies[i]));
        struct opened opened = open_packed();
        assert_fails(provar_run(opened.verified, NULL, &status, &err), PROVAR_E_EXEC, err, PROVAR_NO_OFFSET);
        assert_int_equal(status, 77);
        provar_error_clear(&err);
        assert_fails(provar_plugin_open(opened.verified, &plugin, &err), PROVAR_E_EXEC, err, PROVAR_NO_OFFSET);
        assert_null(plugin);
        close_opened(&opened);
    }
}

static void test_no_executable_for_this_host(void **state) {
    (void)state;
    static const struct body bodies[] = {BODY("mips-elsewhere.bin", "x")};
    struct recipe recipe = {.bodies = bodies, .count = 1};
    struct tar_build bytes = archive_of(&recipe);
    struct opened opened = {.archive = open_bytes(&bytes)};
    struct provar_error err = {0};
    struct provar_plugin *plugin = NULL;
    int status = 77;
    opened.verified = verify_archive(opened.archive);
    assert_fails(provar_run(opened.verified, NULL, &status, &err), PROVAR_E_NO_TARGET, err, PROVAR_NO_OFFSET);
    assert_non_null(strstr(err.message, "mips-elsewhere"));
    provar_error_clear(&err);
    assert_fails(provar_plugin_open(opened.verified, &plugin, &err), PROVAR_E_NO_TARGET, err, PROVAR_NO_OFFSET);
    close_opened(&opened);
    tar_build_free(&bytes);
}

/* An executable that changed after its verdict is not started. */
static void test_an_executable_that_changed(void **state) {
    (void)state;
    struct provar_error err = {0};
    struct stat st;
    int status = 77;
    pack("/bin/true", NULL, 0);
    struct opened opened = open_packed();
    int fd = open("a.par", O_WRONLY | O_CLOEXEC);
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(pwrite(fd, "!", 1, st.st_size - 2000), 1);
    assert_int_equal(close(fd), 0);
    assert_int_equal(provar_run(opened.verified, NULL, &status, &err), PROVAR_E_DIGEST);
    assert_int_equal(status, 77);
    close_opened(&opened);
}

static void test_a_plugin_is_loaded_and_called(void **state) {
    (void)state;
    char path[4096];
    const char *build = getenv("PROVAR_BUILD");
    assert_non_null(build);
    (void)snprintf(path, sizeof path, "%s/examples/example-plugin.so", build);
    struct provar_error err = {0};
    struct provar_plugin *plugin = NULL;
    int (*call)(const char *, size_t, char *, size_t) = NULL;
    void *address = NULL;
    char answer[64] = {0};
    pack(path, NULL, 0);
    struct opened opened = open_packed();
    if (provar_plugin_open(opened.verified, &plugin, &err) != PROVAR_OK)
        fail_msg("%s", err.message);
    close_opened(&opened); /* it lives on its own */
    assert_ok(provar_plugin_symbol(plugin, TEXT("provar_example_call"), &address, NULL));
    memcpy(&call, &address, sizeof call);
    assert_int_equal(call("you", 3, answer, sizeof answer), 10);
    assert_string_equal(answer, "hello, you");
    address = &err;
    assert_fails(provar_plugin_symbol(plugin, TEXT("no_such_symbol"), &address, &err), PROVAR_E_EXEC, err,
                 PROVAR_NO_OFFSET);
    assert_ptr_equal(address, &err);
    provar_plugin_free(plugin);
    provar_plugin_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_in_temp_dir(test_run_without_options),
        test_in_temp_dir(test_run_from_a_costly_source),
        test_in_temp_dir(test_run_with_arguments_and_environment),
        test_in_temp_dir(test_run_with_host_data),
        test_in_temp_dir(test_host_data_that_is_no_object),
        test_in_temp_dir(test_a_child_that_dies),
        test_in_temp_dir(test_what_a_child_inherits),
        test_in_temp_dir(test_signals_are_passed_on),
        test_in_temp_dir(test_options_that_are_refused),
        test_in_temp_dir(test_what_cannot_run_here),
        cmocka_unit_test(test_no_executable_for_this_host),
        test_in_temp_dir(test_an_executable_that_changed),
        test_in_temp_dir(test_a_plugin_is_loaded_and_called),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
