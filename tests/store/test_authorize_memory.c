/* Tests of what leads to an authorization without memory: each allocation fails in turn, and that is what is told. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "store/auth/authorize.h"
#include "store/auth/challenge.h"
#include "store/auth/credential_helper.h"
#include "store/auth/token.h"
#include "support/fail_each.h"

#include "scripted_http.h"

#define CHALLENGE "Bearer realm=\"https://auth.example/t\",service=r,scope=\"x\",error=e, Basic realm=b\n"

static enum provar_result parse_challenge(void *user, struct provar_error *err) {
    PV_AUTO_CHALLENGE struct pv_challenge challenge = {0};
    return pv_challenge_parse(pv_str_of(user), &challenge, err);
}

static enum provar_result read_helper(void *user, struct provar_error *err) {
    PV_AUTO_CREDENTIAL struct pv_credential found = {0};
    return pv_credential_helper_decode(pv_str_of(user), &found, err);
}

static enum provar_result read_token(void *user, struct provar_error *err) {
    PV_AUTO_TOKEN struct pv_token token = {0};
    return pv_token_decode(pv_str_of(user), &token, err);
}

static void decoding_without_memory(void **state) {
    (void)state;
    assert_true(fail_each(parse_challenge, (void *)CHALLENGE) > 4);
    assert_true(fail_each(read_helper, (void *)"{\"Username\":\"u\",\"Secret\":\"a\\u0062\"}") > 4);
    assert_true(fail_each(read_helper, (void *)"{\"Username\":\"\",\"Secret\":\"a\"}") > 4);
    assert_true(fail_each(read_token, (void *)"{\"token\":null,\"access_token\":\"a\"}") > 3);
}

/* Everything from the settings to a value, twice: what is known is not looked for again. */
static enum provar_result authorize(const struct pv_credential_settings *settings, const char *challenge,
                                    struct provar_error *err) {
    static struct pv_url url = {"https://r.io/v2/"};
    const struct pv_access access = {
        .url = &url, .registry = "r.io", .repository = "a", .actions = "pull", .retry = {.clock = &script_clock}};
    struct pv_credentials *credentials = NULL;
    struct pv_authorizer *authorizer = NULL;
    PV_AUTO_BUF struct pv_buf value;
    pv_buf_init(&value, 1000);
    script.done = 0;
    enum provar_result result = pv_credentials_new(settings, &credentials, err);
    if (result == PROVAR_OK)
        result = pv_authorizer_new(NULL, credentials, &authorizer, err);
    if (result == PROVAR_OK)
        result = pv_authorize_again(authorizer, &access, pv_str_of(challenge), &value, err);
    if (result == PROVAR_OK)
        result = pv_authorize_known(authorizer, &access, &value, err);
    pv_authorizer_free(authorizer);
    pv_credentials_free(credentials);
    return result;
}

static enum provar_result by_token(void *user, struct provar_error *err) {
    return authorize(user, CHALLENGE, err);
}

static enum provar_result by_root(void *user, struct provar_error *err) {
    return authorize(user, "", err);
}

static enum provar_result by_basic(void *user, struct provar_error *err) {
    return authorize(user, "Basic realm=b\n", err);
}

static void authorizing_without_memory(void **state) {
    static const struct pv_credential_file files[] = {
        {.text = "{\"auths\":{\"s.io\":{}}}"},
        {.text = "{\"auths\":{\"r.io\":{\"auth\":\"YTpi\"},\"r.io/a\":{\"username\":\"a\",\"password\":\"b\"}}}"},
    };
    static const struct pv_credential_file tokens[] = {
        {.text = "{\"auths\":{\"r.io\":{\"identitytoken\":\"i\"}}}", .must_exist = true}};
    struct pv_credential_settings settings = {.files = files, .file_count = 2};
    (void)state;
    static const struct scripted get[] = {{.url = "https://auth.example/t?service=r&scope=x&account=a",
                                           .authorization = "Basic YTpi",
                                           .status = 200,
                                           .answer = "{\"token\":\"t\"}",
                                           .no_certificate = true}};
    play(get);
    assert_true(fail_each(by_token, &settings) > 30);
    assert_true(fail_each(by_basic, &settings) > 20);

    static const struct scripted post[] = {
        {.url = "https://r.io/v2/", .status = 401, .challenges = "Bearer realm=\"https://auth.example/t\",scope=x\n"},
        {.method = PV_HTTP_POST,
         .url = "https://auth.example/t",
         .body = "grant_type=refresh_token&service=&client_id=provar&scope=repository%3Aa%3Apull&refresh_token=i",
         .status = 200,
         .answer = "{\"token\":\"t\"}",
         .no_certificate = true}};
    play(post);
    settings = (struct pv_credential_settings){.files = tokens, .file_count = 1};
    assert_true(fail_each(by_root, &settings) > 20);

    settings = (struct pv_credential_settings){.user = "u", .password = "p"};
    assert_true(fail_each(by_basic, &settings) > 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decoding_without_memory),
        cmocka_unit_test(authorizing_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
