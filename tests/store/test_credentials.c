/* Tests of store/credentials: the order of asking, files that are wrong, Basic, and secrets that do not stay behind. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"
#include "support/temp_dir.h"

/* Before internal.h, which bans what the tests do to their environment. */
static int set_path(const char *path) {
    return setenv("PATH", path, 1);
}

#include "internal.h"

#include "left_behind.h"
#include "store/auth/credentials.h"

/* "alice:wonderland", and the same in base64 */
#define SECRET  "wonderland"
#define ENCODED "YWxpY2U6d29uZGVybGFuZA"
#define ALICE   "{\"auths\":{\"r.io\":{\"auth\":\"" ENCODED "==\"}}}"
#define BOB     "{\"auths\":{\"r.io\":{\"auth\":\"Ym9iOmI=\"}}}"

/* ---------------------------------------------------------------- asking */

static int setup(void **state) {
    char path[300];
    look_behind(SECRET, ENCODED);
    if (temp_dir_setup(state) != 0)
        return -1;
    (void)snprintf(path, sizeof path, "%s:/usr/bin:/bin", temp_dir_path);
    return set_path(path);
}

static void write_text(const char *name, const char *text) {
    temp_dir_write(name, text, strlen(text));
}

static struct {
    size_t count;
    char last[600];
} warned;

static void warn(void *user, const char *line) {
    assert_ptr_equal(user, &warned);
    warned.count++;
    (void)snprintf(warned.last, sizeof warned.last, "%s", line);
}

static struct pv_credentials *open_files(const struct pv_credential_file *files, size_t count) {
    struct pv_credentials *made = NULL;
    const struct pv_credential_settings settings = {
        .files = files, .file_count = count, .helper_timeout_ms = 20000, .warn = warn, .warn_user = &warned};
    assert_ok(pv_credentials_new(&settings, &made, NULL));
    warned.count = 0;
    return made;
}

static void expect_same(const char *text, const char *wanted) {
    if (wanted == NULL)
        assert_null(text);
    else
        assert_string_equal(text, wanted);
}

/* `warnings` is how many the question adds. */
static void expect(struct pv_credentials *credentials, const char *registry, const char *user, const char *source,
                   size_t warnings) {
    PV_AUTO_CREDENTIAL struct pv_credential found = {0};
    struct provar_error err = {0};
    warned.count = 0;
    if (pv_credentials_find(credentials, registry, "a/b", &found, &err) != PROVAR_OK)
        fail_msg("%s", err.message);
    expect_same(found.user, user);
    assert_string_equal(found.source, source);
    assert_int_equal(warned.count, warnings);
}

static void expect_files(const struct pv_credential_file *files, size_t count, const char *user, const char *source,
                         size_t warnings) {
    struct pv_credentials *credentials = open_files(files, count);
    expect(credentials, "r.io", user, source, warnings);
    expect(credentials, "r.io", user, source, 0);
    pv_credentials_free(credentials);
}

static void expect_failure(const struct pv_credential_file *file, enum provar_result wanted, const char *said) {
    struct pv_credentials *credentials = open_files(file, 1);
    struct pv_credential found = {.user = (char *)"untouched"};
    struct provar_error err = {0};
    assert_fails(pv_credentials_find(credentials, "r.io", NULL, &found, &err), wanted, err, PROVAR_NO_OFFSET);
    assert_string_equal(found.user, "untouched");
    if (strstr(err.message, said) == NULL)
        fail_msg("%s", err.message);
    assert_int_equal(warned.count, 0);
    pv_credentials_free(credentials);
}

/* CRED-1. */
static void asks_in_order(void **state) {
    static const struct pv_credential_file both[] = {{.path = "first"}, {.path = "second"}};
    static const struct pv_credential_file text[] = {{.text = ALICE}, {.path = "second"}};
    (void)state;
    write_text("second", BOB);
    expect_files(both, 2, "bob", "the file 'second'", 0);
    write_text("first", "{\"auths\":{\"s.io\":{\"auth\":\"" ENCODED "\"},\"r.io\":{}}}");
    expect_files(both, 2, "bob", "the file 'second'", 0);
    write_text("first", ALICE);
    expect_files(both, 2, "alice", "the file 'first'", 0);
    expect_files(text, 2, "alice", "the JSON that was given", 0);
    expect_files(both, 0, NULL, "", 0);
}

/* For every registry, and no file is read. */
static void takes_the_settings_first(void **state) {
    struct pv_credential_file file = {.path = "missing", .must_exist = true};
    char user[] = "carol", password[] = "p";
    struct pv_credential_settings settings = {.user = user, .password = password, .files = &file, .file_count = 1};
    struct pv_credentials *credentials = NULL;
    struct provar_error err = {0};
    (void)state;
    assert_ok(pv_credentials_new(&settings, &credentials, NULL));
    user[0] = password[0] = 'x';
    file.path = "gone";
    expect(credentials, "r.io", "carol", "the options", 0);
    expect(credentials, "s.io", "carol", "the options", 0);
    pv_credentials_free(credentials);
    user[0] = 'c';
    settings.user_source = "A_\x1bVARIABLE";
    assert_ok(pv_credentials_new(&settings, &credentials, NULL));
    expect(credentials, "r.io", "carol", "A_\\x1bVARIABLE", 0);
    pv_credentials_free(credentials);
    credentials = NULL;
    settings.password = NULL;
    assert_fails(pv_credentials_new(&settings, &credentials, &err), PROVAR_E_USAGE, err, PROVAR_NO_OFFSET);
    assert_null(credentials);
    pv_credentials_free(NULL);
}

/* CRED-6: an anonymous pull works without any of them. */
static void misses_nothing(void **state) {
    static const struct pv_credential_file files[] = {
        {.path = "missing"}, {.path = "no/directory/x"}, {.path = "file/x"}};
    static const struct pv_credential_file named = {.path = "missing", .must_exist = true};
    (void)state;
    write_text("file", ALICE);
    expect_files(files, 3, NULL, "", 0);
    expect_failure(&named, PROVAR_E_IO, "'missing'");
    expect_failure(&(struct pv_credential_file){.must_exist = true}, PROVAR_E_USAGE, "empty path");
}

/* CRED-6, CRED-4: what was named must be good; what was not is passed over with one warning, without its text. */
static void judges_files(void **state) {
    static const struct {
        const char *text;
        enum provar_result wanted;
        const char *said;
    } cases[] = {
        {"{", PROVAR_E_USAGE, "malformed JSON"},
        {"[]", PROVAR_E_USAGE, "malformed JSON"},
        {"{\"auths\":{\"r.io\":{\"auth\":\"" ENCODED "!\"}}}", PROVAR_E_USAGE, "'auths' for 'r.io'"},
        {"{\"credsStore\":\"no such\"}", PROVAR_E_AUTH, "not the name of a credential helper"},
        {"{\"credsStore\":\"missing\",\"auths\":{\"r.io\":{\"auth\":\"Ym9iOmI=\"}}}", PROVAR_E_AUTH,
         "'docker-credential-missing'"},
        {NULL, PROVAR_E_IO, "not a regular file"},
    };
    struct pv_credential_file files[] = {{.path = "bad"}, {.path = "good"}};
    (void)state;
    write_text("good", ALICE);
    for (size_t i = 0; i < array_length(cases); i++) {
        (void)unlink("bad");
        if (cases[i].text)
            write_text("bad", cases[i].text);
        else
            assert_int_equal(mkdir("bad", 0700), 0);
        files[0].must_exist = false;
        expect_files(files, 2, "alice", "the file 'good'", 1);
        assert_non_null(strstr(warned.last, "the file 'bad'"));
        assert_non_null(strstr(warned.last, cases[i].said));
        assert_null(strstr(warned.last, ENCODED));
        files[0].must_exist = true;
        expect_failure(files, cases[i].wanted, cases[i].said);
    }
}

static void limits_files(void **state) {
    static const struct pv_credential_file file = {.path = "large", .must_exist = true};
    PV_AUTO_BUF struct pv_buf text;
    (void)state;
    pv_buf_init(&text, PV_MAX_CREDENTIAL_FILE + 1);
    assert_ok(pv_buf_append_str(&text, PV_STR(BOB), NULL));
    assert_ok(pv_buf_reserve(&text, PV_MAX_CREDENTIAL_FILE + 1 - text.len, NULL));
    memset(text.data + text.len, ' ', PV_MAX_CREDENTIAL_FILE + 1 - text.len);
    temp_dir_write("large", text.data, PV_MAX_CREDENTIAL_FILE);
    expect_files(&file, 1, "bob", "the file 'large'", 0);
    temp_dir_write("large", text.data, PV_MAX_CREDENTIAL_FILE + 1);
    expect_failure(&file, PROVAR_E_LIMIT, "1048576");
}

/* ---------------------------------------------------------------- helpers */

static void write_helper(const char *name, const char *script) {
    write_text(name, script);
    assert_int_equal(chmod(name, 0755), 0);
}

/* CRED-2: the helper first; what it does not know may stand in the file. */
static void asks_the_helper_first(void **state) {
    static const struct pv_credential_file file = {.path = "config", .must_exist = true};
    struct pv_credentials *credentials = open_files(&file, 1);
    (void)state;
    write_helper("docker-credential-h",
                 "#!/bin/sh\n"
                 "case $(cat) in\n"
                 "r.io) echo '{\"Username\":\"hal\",\"Secret\":\"" SECRET "\"}' ;;\n"
                 "https://index.docker.io/v1/) echo '{\"Username\":\"hub\",\"Secret\":\"x\"}' ;;\n"
                 "*) echo 'credentials not found in native keychain'; exit 1 ;;\n"
                 "esac\n");
    write_text("config", "{\"credsStore\":\"h\",\"auths\":{\"r.io\":{\"auth\":\"Ym9iOmI=\"},"
                         "\"s.io\":{\"auth\":\"Ym9iOmI=\"},\"docker.io\":{\"auth\":\"Ym9iOmI=\"}}}");
    expect(credentials, "r.io", "hal", "the helper 'docker-credential-h'", 0);
    expect(credentials, "s.io", "bob", "the file 'config'", 0);
    expect(credentials, "t.io", NULL, "", 0);
    expect(credentials, "docker.io", "hub", "the helper 'docker-credential-h'", 0);
    expect(credentials, "r.io:5000", NULL, "", 0);
    pv_credentials_free(credentials);
    assert_int_equal(left_behind, 0);
}

/* ---------------------------------------------------------------- Basic */

static void expect_basic(const struct pv_credential *credential, const char *wanted) {
    PV_AUTO_BUF struct pv_buf value;
    pv_buf_init(&value, 100);
    assert_ok(pv_credential_basic(credential, &value, NULL));
    assert_string_equal((const char *)value.data, wanted);
}

/* RFC 7617, sections 2 and 2.1: the user may be empty, and characters are sent as UTF-8. */
static void writes_basic(void **state) {
    struct pv_credential aladdin = {.user = (char *)"Aladdin", .password = (char *)"open sesame"};
    struct pv_credential utf8 = {.user = (char *)"test", .password = (char *)"123\xc2\xa3"};
    struct pv_credential colon = {.user = (char *)"a:b", .password = (char *)"c"};
    struct pv_credential azure = {.user = (char *)"0", .password = (char *)"", .identity_token = (char *)"id"};
    struct pv_credential token = {.identity_token = (char *)"id"};
    PV_AUTO_BUF struct pv_buf value;
    struct provar_error err = {0};
    (void)state;
    expect_basic(&aladdin, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    expect_basic(&utf8, "Basic dGVzdDoxMjPCow==");
    expect_basic(&azure, "Basic MDppZA==");
    expect_basic(&token, "Basic Omlk");
    pv_buf_init(&value, 100);
    assert_fails(pv_credential_basic(&colon, &value, &err), PROVAR_E_AUTH, err, PROVAR_NO_OFFSET);
    assert_int_equal(value.len, 0);
    struct pv_buf small;
    pv_buf_init(&small, strlen("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==") - 1);
    assert_int_equal(pv_credential_basic(&aladdin, &small, NULL), PROVAR_E_LIMIT);
    pv_buf_release(&small);
}

/* ---------------------------------------------------------------- secrets */

/* The text that a test has written itself is no part of this. */
static void leaves_no_secret_behind(void **state) {
    static const struct pv_credential_file files[] = {
        {.text = "{\"auths\":{\"r.io\":{\"auth\":\"YWxpY2U6d29uZGVybGFuZ\\u0041\"}}}"},
        {.text = "{\"auths\":{\"r.io\":{\"username\":\"u\",\"password\":\"wonder\\u006cand\"}}}"},
        {.text = "{\"auths\":{\"r.io\":{\"username\":\"u\",\"password\":[\"" SECRET "\"]}}}"},
        {.text = "{\"auths\":{\"r.io\":{\"identitytoken\":\"" SECRET "\",\"registrytoken\":\"" SECRET "\"}}}"},
        {.path = "config"},
    };
    (void)state;
    write_text("config", ALICE);
    for (size_t i = 0; i < array_length(files); i++) {
        struct pv_credentials *credentials = open_files(&files[i], 1);
        struct pv_credential found = {0};
        PV_AUTO_BUF struct pv_buf value;
        pv_buf_init(&value, 1000);
        assert_ok(pv_credentials_find(credentials, "r.io", "a", &found, NULL));
        if (found.user)
            assert_ok(pv_credential_basic(&found, &value, NULL));
        if (value.data)
            memset(value.data, 0, value.len);
        pv_credential_release(&found);
        pv_credential_release(&found);
        pv_credentials_free(credentials);
    }
    struct pv_credential_settings settings = {.user = "alice", .password = SECRET};
    struct pv_credentials *credentials = NULL;
    assert_ok(pv_credentials_new(&settings, &credentials, NULL));
    expect(credentials, "r.io", "alice", "the options", 0);
    pv_credentials_free(credentials);
    assert_int_equal(left_behind, 0);
    /* What would be found. */
    char *copy = pv_str_dup(PV_STR("a " SECRET));
    __wrap_free(copy);
    assert_int_equal(left_behind, 1);
}

#define in_temp_dir(function) cmocka_unit_test_setup_teardown(function, setup, temp_dir_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        in_temp_dir(asks_in_order),  in_temp_dir(takes_the_settings_first),
        in_temp_dir(misses_nothing), in_temp_dir(judges_files),
        in_temp_dir(limits_files),   in_temp_dir(asks_the_helper_first),
        in_temp_dir(writes_basic),   in_temp_dir(leaves_no_secret_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
