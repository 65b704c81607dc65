/* Fuzzes JSON with credentials in it: docker's config, a helper's answer and a token server's, against jansson. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "slow_json.h"

#include "base/codec.h"
#include "store/auth/challenge.h"
#include "store/auth/credential_helper.h"
#include "store/auth/docker_config.h"
#include "store/auth/token.h"

static bool is_same(const char *text, const json_t *wanted) {
    return json_is_string(wanted) && pv_str_equal(pv_str_of(text), pv_str_of(json_string_value(wanted)));
}

/* ---------------------------------------------------------------- configs */

/* Whether base64 of USER:PASSWORD is what stands there, without padding, and NULs that somebody has put behind it. */
static bool is_auth_of(const struct pv_credential *found, const json_t *auth) {
    char plain[4096], text[PV_BASE64_LEN(sizeof plain)];
    size_t len = json_string_length(auth), written = strlen(found->user) + 1 + strlen(found->password);
    const char *wanted = json_string_value(auth);
    if (!json_is_string(auth) || written + 1 > sizeof plain)
        return json_is_string(auth);
    (void)snprintf(plain, sizeof plain, "%s:%s", found->user, found->password);
    pv_base64_encode((const uint8_t *)plain, written, text);
    /* As far as whole bytes go: NULs would follow. */
    size_t sure = written * 8 / 6;
    return len >= sure && pv_bytes_equal(text, wanted, sure);
}

static bool may_be_of(const struct pv_credential *found, const json_t *entry) {
    const json_t *auth = json_object_get(entry, "auth");
    if (found->identity_token && !is_same(found->identity_token, json_object_get(entry, "identitytoken")))
        return false;
    if (found->registry_token && !is_same(found->registry_token, json_object_get(entry, "registrytoken")))
        return false;
    if (found->user == NULL)
        return true;
    if (json_string_length(auth) > 0)
        return is_auth_of(found, auth);
    return is_same(found->user, json_object_get(entry, "username"));
}

/* What was found is in an entry whose key has the host. */
static void check_source(const struct pv_credential *found, const char *host, json_t *root) {
    const char *key;
    json_t *entry;
    bool is_there = false;
    json_object_foreach(json_object_get(root, "auths"), key, entry) {
        is_there |= strstr(key, host) != NULL && may_be_of(found, entry);
    }
    fuzz_require(is_there);
}

static bool check_found(const struct pv_docker_config *config, const char *registry, const char *host, json_t *root) {
    PV_AUTO_CREDENTIAL struct pv_credential found = {0};
    struct provar_error err = {0};
    struct pv_str helper = PV_STR("");
    enum provar_result result = pv_docker_config_helper(config, registry, &helper, &err);
    fuzz_check_error(result, &err);
    fuzz_require(result == PROVAR_OK || result == PROVAR_E_USAGE);
    provar_error_clear(&err);
    result = pv_docker_config_find(config, registry, "a/b", &found, &err);
    fuzz_check_error(result, &err);
    fuzz_require(result == PROVAR_OK || result == PROVAR_E_USAGE || result == PROVAR_E_LIMIT);
    bool has_something = found.user || found.identity_token || found.registry_token;
    fuzz_require((found.user != NULL) == (found.password != NULL));
    if (has_something && root)
        check_source(&found, host, root);
    return has_something;
}

static bool check_config(struct pv_str text, json_t *root) {
    static const char *const registries[][2] = {
        {"r.io", "r.io"}, {"r.io:5000", "r.io:5000"}, {"docker.io", "docker.io"}, {"index.docker.io", "docker.io"}};
    PV_AUTO_DOCKER_CONFIG struct pv_docker_config *config = NULL;
    struct provar_error err = {0};
    bool found = false;
    enum provar_result result = pv_docker_config_parse(text, &config, &err);
    fuzz_check_error(result, &err);
    fuzz_require(result == PROVAR_OK || result == PROVAR_E_USAGE || result == PROVAR_E_LIMIT);
    for (size_t i = 0; config && i < sizeof registries / sizeof registries[0]; i++)
        found |= check_found(config, registries[i][0], registries[i][1], root);
    return found;
}

/* ---------------------------------------------------------------- answers */

static bool check_helper(struct pv_str text, json_t *root) {
    PV_AUTO_CREDENTIAL struct pv_credential found = {0};
    struct provar_error err = {0};
    enum provar_result result = pv_credential_helper_decode(text, &found, &err);
    fuzz_check_error(result, &err);
    fuzz_require(result == PROVAR_OK || result == PROVAR_E_AUTH || result == PROVAR_E_LIMIT);
    fuzz_require(found.registry_token == NULL && (found.user == NULL || found.identity_token == NULL));
    const char *secret = found.password ? found.password : found.identity_token;
    if (secret && root)
        fuzz_require(*secret && is_same(secret, json_object_get(root, "Secret")));
    return secret != NULL;
}

static bool check_token(struct pv_str text, json_t *root) {
    PV_AUTO_TOKEN struct pv_token token = {0};
    struct provar_error err = {0};
    enum provar_result result = pv_token_decode(text, &token, &err);
    fuzz_check_error(result, &err);
    fuzz_require(result == PROVAR_OK || result == PROVAR_E_AUTH || result == PROVAR_E_LIMIT);
    fuzz_require((result == PROVAR_OK) == (token.text != NULL));
    if (token.text == NULL)
        return false;
    fuzz_require(pv_is_token68(pv_str_of(token.text)));
    fuzz_require(token.lifetime >= PV_TOKEN_LIFE && token.lifetime <= PV_MAX_TOKEN_LIFE);
    if (root)
        fuzz_require(is_same(token.text, json_object_get(root, "token")) ||
                     is_same(token.text, json_object_get(root, "access_token")));
    return true;
}

/* The first byte picks what the rest is: "0" a config, "1" what a helper says, "2" a token server. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    json_error_t error;
    if (len == 0)
        return 0;
    PV_AUTO_FREE uint8_t *copy = fuzz_copy(data + 1, len - 1);
    struct pv_str text = pv_str((const char *)copy, len - 1);
    /* It refuses numbers that it cannot hold, which members that nobody reads may have: then it says nothing. */
    json_t *root = json_loadb(text.text, text.len, JSON_REJECT_DUPLICATES, &error);
    fuzz_accepted += data[0] == '1'   ? check_helper(text, root)
                     : data[0] == '2' ? check_token(text, root)
                                      : check_config(text, root);
    json_decref(root);
    return 0;
}
