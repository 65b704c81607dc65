/* Credentials in docker's config.json and containers' auth.json: see docker_config.h. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/codec.h"
#include "base/json.h"
#include "base/secret.h"
#include "store/auth/docker_config.h"
#include "store/auth/secret_json.h"

struct pv_docker_config {
    struct pv_json *json; /* NULL: the file is empty */
};

/* ---------------------------------------------------------------- parse */

/* Entries are secrets, so that nothing unescapes them before they are asked for; helpers are not. */
static enum pv_json_raw_kind is_entry(struct pv_str parent, struct pv_str key) {
    (void)key;
    return pv_str_equal(parent, PV_STR("auths")) ? PV_JSON_RAW : PV_JSON_NOT_RAW;
}

static bool is_blank(struct pv_str text) {
    for (size_t i = 0; i < text.len; i++)
        if (memchr(" \t\r\n", text.text[i], 4) == NULL)
            return false;
    return true;
}

/* The JSON reader calls wrong types faults of claims. */
static enum provar_result hand_on(enum provar_result result, const struct provar_error *inner,
                                  struct provar_error *err) {
    if (result == PROVAR_E_CLAIMS)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "%s", inner->message);
    pv_error_hand_on(err, inner);
    return result;
}

enum provar_result pv_docker_config_parse(struct pv_str text, struct pv_docker_config **config,
                                          struct provar_error *err) {
    PV_AUTO_DOCKER_CONFIG struct pv_docker_config *made = calloc(1, sizeof *made);
    struct provar_error inner = {0};
    bool ignored;
    if (made == NULL)
        return pv_fail_memory(err);
    enum provar_result result =
        is_blank(text) ? PROVAR_OK : pv_secret_json_parse(text, is_entry, PROVAR_E_USAGE, &made->json, err);
    if (result != PROVAR_OK)
        return result;
    if (made->json)
        result = pv_json_object(made->json, PV_STR(""), "auths", &ignored, &inner);
    if (result != PROVAR_OK)
        return hand_on(result, &inner, err);
    *config = PV_TAKE(made);
    return PROVAR_OK;
}

void pv_docker_config_free(struct pv_docker_config *config) {
    if (config)
        pv_json_free(config->json);
    free(config);
}

/* ---------------------------------------------------------------- whose key it is */

bool pv_is_same_registry(struct pv_str a, struct pv_str b) {
    static const char *const hub[] = {"docker.io", "index.docker.io", "registry-1.docker.io", NULL};
    return pv_str_equal(a, b) || (pv_str_is_one_of(a, hub) && pv_str_is_one_of(b, hub));
}

static struct pv_str without(struct pv_str text, size_t count) {
    return pv_str(text.text + count, text.len - count);
}

static bool take_scheme(struct pv_str *key) {
    struct pv_str schemes[] = {PV_STR("https://"), PV_STR("http://")};
    for (size_t i = 0; i < 2; i++) {
        if (!pv_str_starts(*key, schemes[i]))
            continue;
        *key = without(*key, schemes[i].len);
        return true;
    }
    return false;
}

/* How well a key fits: 0 not at all, 1 as a URL of the host, more the more of the repository it names. */
static size_t fit_of(struct pv_str key, const char *registry, const char *repository) {
    bool is_url = take_scheme(&key);
    const char *slash = memchr(key.text, '/', key.len);
    struct pv_str host = slash ? pv_str(key.text, (size_t)(slash - key.text)) : key;
    struct pv_str path = without(key, host.len), whole = pv_str_of(repository);
    if (!pv_is_same_registry(host, pv_str_of(registry)))
        return 0;
    if (is_url)
        return 1;
    if (path.len == 0)
        return 2;
    path = without(path, 1);
    bool ends_there = whole.len == path.len || (whole.len > path.len && whole.text[path.len] == '/');
    return path.len > 0 && pv_str_starts(whole, path) && ends_there ? 2 + path.len : 0;
}

/* ---------------------------------------------------------------- helpers */

struct helper_search {
    const char *registry;
    size_t fit;
    struct pv_str name;
};

static enum provar_result see_helper(void *user, struct pv_str key, struct pv_str name, struct provar_error *err) {
    struct helper_search *search = user;
    size_t fit = fit_of(key, search->registry, NULL);
    (void)err;
    if (fit > search->fit) {
        search->fit = fit;
        search->name = name;
    }
    return PROVAR_OK;
}

enum provar_result pv_docker_config_helper(const struct pv_docker_config *config, const char *registry,
                                           struct pv_str *name, struct provar_error *err) {
    struct helper_search search = {.registry = registry, .name = PV_STR("")};
    struct provar_error inner = {0};
    bool present = false;
    enum provar_result result = PROVAR_OK;
    if (config->json)
        result = pv_json_each_text(config->json, PV_STR(""), "credHelpers", see_helper, &search, &inner);
    if (result == PROVAR_OK && config->json && search.fit == 0)
        result = pv_json_text(config->json, PV_STR(""), "credsStore", &search.name, &present, &inner);
    if (result != PROVAR_OK)
        return hand_on(result, &inner, err);
    *name = search.name;
    return PROVAR_OK;
}

/* ---------------------------------------------------------------- entries */

/* Its padding may be missing; `data` has room for all of the text, which is changed to the alphabet of the decoder. */
static bool decode_base64(char *text, char *data, size_t *len) {
    struct pv_str digits = pv_str_of(text);
    for (int i = 0; i < 2 && pv_str_ends(digits, PV_STR("=")); i++)
        digits.len--;
    if (strpbrk(text, "-_") != NULL)
        return false;
    for (size_t i = 0; i < digits.len; i++)
        text[i] = text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i];
    return pv_base64url_decode(digits, (uint8_t *)data, digits.len, len);
}

/* Some writers put NULs behind the password. */
static size_t without_trailing_nuls(const char *data, size_t len) {
    while (len > 0 && data[len - 1] == 0)
        len--;
    return len;
}

static enum provar_result read_auth(char *auth, struct pv_credential *found, struct provar_error *err) {
    size_t room = strlen(auth), len = 0;
    char *data = malloc(room + 1);
    if (data == NULL)
        return pv_fail_memory(err);
    bool good = decode_base64(auth, data, &len);
    struct pv_str both = pv_str(data, good ? without_trailing_nuls(data, len) : 0);
    const char *colon = both.len > 0 ? memchr(both.text, ':', both.len) : NULL;
    enum provar_result result = PROVAR_OK;
    if (colon == NULL || pv_str_has_nul(both)) {
        result = pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET,
                         "'auth' is not the base64 of a user, a colon and a password");
    } else {
        size_t user = (size_t)(colon - both.text);
        found->user = pv_str_dup(pv_str(both.text, user));
        found->password = pv_str_dup(without(both, user + 1));
        if (found->user == NULL || found->password == NULL)
            result = pv_fail_memory(err);
    }
    pv_secret_wipe(data, room);
    free(data);
    return result;
}

static enum provar_result read_user(const struct pv_json *entry, struct pv_credential *found,
                                    struct provar_error *err) {
    enum provar_result result = pv_secret_json_text(entry, "username", PROVAR_E_USAGE, &found->user, err);
    if (result != PROVAR_OK || found->user == NULL)
        return result;
    result = pv_secret_json_text(entry, "password", PROVAR_E_USAGE, &found->password, err);
    if (result == PROVAR_OK && found->password == NULL)
        found->password = pv_str_dup(PV_STR(""));
    return result == PROVAR_OK && found->password == NULL ? pv_fail_memory(err) : result;
}

static enum provar_result read_members(const struct pv_json *entry, struct pv_credential *found,
                                       struct provar_error *err) {
    PV_AUTO_SECRET_TEXT char *auth = NULL;
    enum provar_result result = pv_secret_json_text(entry, "auth", PROVAR_E_USAGE, &auth, err);
    if (result == PROVAR_OK)
        result = pv_secret_json_text(entry, "identitytoken", PROVAR_E_USAGE, &found->identity_token, err);
    if (result == PROVAR_OK)
        result = pv_secret_json_text(entry, "registrytoken", PROVAR_E_USAGE, &found->registry_token, err);
    if (result == PROVAR_OK)
        result = auth ? read_auth(auth, found, err) : read_user(entry, found, err);
    return result;
}

static enum provar_result read_entry(struct pv_str value, struct pv_credential *found, struct provar_error *err) {
    PV_AUTO_JSON struct pv_json *entry = NULL;
    if (value.text[0] == 'n')
        return PROVAR_OK;
    enum provar_result result = pv_secret_json_parse(value, NULL, PROVAR_E_USAGE, &entry, err);
    return result == PROVAR_OK ? read_members(entry, found, err) : result;
}

static bool has_something(const struct pv_credential *credential) {
    bool has_user = credential->user && (*credential->user || *credential->password);
    return has_user || credential->identity_token || credential->registry_token;
}

enum provar_result pv_docker_config_find(const struct pv_docker_config *config, const char *registry,
                                         const char *repository, struct pv_credential *found,
                                         struct provar_error *err) {
    PV_AUTO_CREDENTIAL struct pv_credential best = {0};
    size_t best_fit = 0;
    for (size_t i = 0; config->json && i < pv_json_raw_count(config->json); i++) {
        PV_AUTO_CREDENTIAL struct pv_credential one = {0};
        const struct pv_json_raw *member = pv_json_raw(config->json, i);
        size_t fit = fit_of(member->key, registry, repository);
        if (fit <= best_fit)
            continue;
        enum provar_result result = read_entry(member->value_text, &one, err);
        if (result != PROVAR_OK) {
            pv_error_wrap(err, "'auths' for '%s'", pv_quote(member->key).text);
            return result;
        }
        if (!has_something(&one))
            continue;
        pv_credential_release(&best);
        best = one;
        one = (struct pv_credential){0};
        best_fit = fit;
    }
    *found = best;
    best = (struct pv_credential){0};
    return PROVAR_OK;
}
