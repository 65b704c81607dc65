/* User and password for a registry: see credentials.h. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/codec.h"
#include "base/fs.h"
#include "base/secret.h"
#include "store/auth/credential_helper.h"
#include "store/auth/credentials.h"
#include "store/auth/docker_config.h"
#include "store/auth/secret_json.h"

enum { DEFAULT_TIMEOUT_MS = 60 * 1000 };

/* By which docker itself names Docker Hub to a helper. */
static const char hub_server[] = "https://index.docker.io/v1/";

struct file {
    char *path; /* NULL with a text */
    char *text;
    bool must_exist;
    bool warned;
};

struct pv_credentials {
    struct pv_credential given; /* by the settings: a user or nothing */
    struct file *files;
    size_t file_count;
    uint32_t timeout_ms;
    void (*warn)(void *user, const char *line);
    void *warn_user;
};

void pv_credential_release(struct pv_credential *credential) {
    pv_secret_text_free(credential->user);
    pv_secret_text_free(credential->password);
    pv_secret_text_free(credential->identity_token);
    pv_secret_text_free(credential->registry_token);
    *credential = (struct pv_credential){0};
}

/* ---------------------------------------------------------------- settings */

static bool copy_text(const char *from, char **to) {
    *to = from ? pv_str_dup(pv_str_of(from)) : NULL;
    return from == NULL || *to != NULL;
}

static bool copy_user(const char *user, const char *password, const char *source, struct pv_credential *to) {
    (void)snprintf(to->source, sizeof to->source, "%s", source);
    return copy_text(user, &to->user) && copy_text(password, &to->password);
}

static bool copy_files(const struct pv_credential_settings *settings, struct pv_credentials *made) {
    made->files = calloc(settings->file_count + 1, sizeof *made->files);
    if (made->files == NULL)
        return false;
    for (; made->file_count < settings->file_count; made->file_count++) {
        const struct pv_credential_file *from = &settings->files[made->file_count];
        struct file *to = &made->files[made->file_count];
        to->must_exist = from->must_exist;
        if (!copy_text(from->path, &to->path) || !copy_text(from->text, &to->text))
            return false;
    }
    return true;
}

void pv_credentials_free(struct pv_credentials *credentials) {
    if (credentials == NULL)
        return;
    for (size_t i = 0; credentials->files && i <= credentials->file_count; i++) {
        free(credentials->files[i].path);
        pv_secret_text_free(credentials->files[i].text);
    }
    free(credentials->files);
    pv_credential_release(&credentials->given);
    free(credentials);
}

enum provar_result pv_credentials_new(const struct pv_credential_settings *settings,
                                      struct pv_credentials **credentials, struct provar_error *err) {
    if ((settings->user == NULL) != (settings->password == NULL))
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET,
                       "a user without a password, or a password without a user");
    struct pv_credentials *made = calloc(1, sizeof *made);
    if (made == NULL)
        return pv_fail_memory(err);
    made->timeout_ms = settings->helper_timeout_ms ? settings->helper_timeout_ms : DEFAULT_TIMEOUT_MS;
    made->warn = settings->warn;
    made->warn_user = settings->warn_user;
    const struct pv_quoted source = pv_quote(pv_str_of(settings->user_source ? settings->user_source : "the options"));
    if (!copy_user(settings->user, settings->password, source.text, &made->given) || !copy_files(settings, made)) {
        pv_credentials_free(made);
        return pv_fail_memory(err);
    }
    *credentials = made;
    return PROVAR_OK;
}

/* ---------------------------------------------------------------- one file */

static bool is_missing(const char *path) {
    return faccessat(AT_FDCWD, path, F_OK, AT_EACCESS) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

static enum provar_result read_file(const struct file *file, struct pv_buf *text, struct provar_error *err) {
    PV_AUTO_FD int fd = -1;
    struct stat st;
    size_t len = 0;
    if (file->text)
        return pv_buf_append_str(text, pv_str_of(file->text), err);
    if (!file->must_exist && file->path && is_missing(file->path))
        return PROVAR_OK;
    enum provar_result result = pv_fs_open_regular(pv_str_of(file->path), false, &fd, &st, err);
    if (result != PROVAR_OK)
        return result;
    result = pv_fs_read(fd, text->data, text->max, &len, err);
    text->len = len;
    text->data[len] = 0;
    return result;
}

/* Room is for one byte more than is allowed. */
static enum provar_result load(const struct file *file, struct pv_buf *text, struct provar_error *err) {
    enum provar_result result = pv_secret_buf_init(text, PV_MAX_CREDENTIAL_FILE + 1, err);
    if (result == PROVAR_OK)
        result = read_file(file, text, err);
    if (result == PROVAR_OK && text->len > PV_MAX_CREDENTIAL_FILE)
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "more than %zu bytes", (size_t)PV_MAX_CREDENTIAL_FILE);
    return result;
}

bool pv_credential_is_anonymous(const struct pv_credential *credential) {
    return credential->user == NULL && credential->identity_token == NULL && credential->registry_token == NULL;
}

static enum provar_result ask_config(const struct pv_credentials *credentials, const struct pv_docker_config *config,
                                     const char *registry, const char *repository, struct pv_credential *found,
                                     struct provar_error *err) {
    struct pv_str helper = PV_STR("");
    bool is_hub = pv_is_same_registry(pv_str_of(registry), PV_STR("docker.io"));
    enum provar_result result = pv_docker_config_helper(config, registry, &helper, err);
    if (result == PROVAR_OK && helper.len > 0)
        result = pv_credential_helper_get(helper, is_hub ? hub_server : registry, credentials->timeout_ms, found, err);
    if (result == PROVAR_OK && pv_credential_is_anonymous(found))
        result = pv_docker_config_find(config, registry, repository, found, err);
    return result;
}

static enum provar_result ask_file(const struct pv_credentials *credentials, const struct file *file,
                                   const char *registry, const char *repository, struct pv_credential *found,
                                   struct provar_error *err) {
    PV_AUTO_SECRET_BUF struct pv_buf text = {0};
    PV_AUTO_DOCKER_CONFIG struct pv_docker_config *config = NULL;
    char name[sizeof found->source] = "the JSON that was given";
    struct provar_error inner = {0};
    if (file->path)
        (void)snprintf(name, sizeof name, "the file '%s'", pv_quote(pv_str_of(file->path)).text);
    enum provar_result result = load(file, &text, &inner);
    if (result == PROVAR_OK)
        result = pv_docker_config_parse(pv_buf_str(&text), &config, &inner);
    if (result == PROVAR_OK)
        result = ask_config(credentials, config, registry, repository, found, &inner);
    pv_error_wrap(&inner, "credentials in %s", name);
    pv_error_hand_on(err, &inner);
    if (result == PROVAR_OK && found->source[0] == 0)
        memcpy(found->source, name, sizeof name);
    return result;
}

static void warn_once(const struct pv_credentials *credentials, struct file *file, const struct provar_error *fault) {
    if (credentials->warn && !file->warned)
        credentials->warn(credentials->warn_user, fault->message);
    file->warned = true;
}

/* ---------------------------------------------------------------- all of them */

enum provar_result pv_credentials_find(struct pv_credentials *credentials, const char *registry, const char *repository,
                                       struct pv_credential *found, struct provar_error *err) {
    PV_AUTO_CREDENTIAL struct pv_credential best = {0};
    if (credentials->given.user) {
        const struct pv_credential *given = &credentials->given;
        if (!copy_user(given->user, given->password, given->source, &best))
            return pv_fail_memory(err);
    }
    for (size_t i = 0; i < credentials->file_count && pv_credential_is_anonymous(&best); i++) {
        struct file *file = &credentials->files[i];
        struct provar_error fault = {0};
        pv_credential_release(&best);
        enum provar_result result = ask_file(credentials, file, registry, repository, &best, &fault);
        if (result == PROVAR_OK)
            continue;
        if (file->must_exist || result == PROVAR_E_NO_MEMORY) {
            pv_error_hand_on(err, &fault);
            return result;
        }
        pv_credential_release(&best);
        warn_once(credentials, file, &fault);
    }
    if (pv_credential_is_anonymous(&best))
        pv_credential_release(&best);
    *found = best;
    best = (struct pv_credential){0};
    return PROVAR_OK;
}

enum provar_result pv_credential_basic(const struct pv_credential *credential, struct pv_buf *value,
                                       struct provar_error *err) {
    bool has_password = credential->password && *credential->password;
    struct pv_str user = pv_str_of(credential->user);
    struct pv_str password = pv_str_of(has_password ? credential->password : credential->identity_token);
    size_t len = user.len + 1 + password.len, room = PV_BASE64_LEN(len);
    /* A colon would end the user sooner than was meant (RFC 7617, section 2). */
    if (user.len > 0 && memchr(user.text, ':', user.len) != NULL)
        return pv_fail(err, PROVAR_E_AUTH, PROVAR_NO_OFFSET, "a colon in the user '%s'", pv_quote(user).text);
    PV_AUTO_SECRET_BUF struct pv_buf both = {0};
    enum provar_result result = pv_secret_buf_init(&both, len, err);
    if (result == PROVAR_OK)
        result = pv_buf_append_str(&both, user, err);
    if (result == PROVAR_OK)
        result = pv_buf_append_str(&both, PV_STR(":"), err);
    if (result == PROVAR_OK)
        result = pv_buf_append_str(&both, password, err);
    if (result == PROVAR_OK)
        result = pv_buf_append_str(value, PV_STR("Basic "), err);
    if (result == PROVAR_OK)
        result = pv_buf_reserve(value, room, err);
    if (result != PROVAR_OK)
        return result;
    pv_base64_encode(both.data, both.len, (char *)value->data + value->len);
    value->len += room;
    value->data[value->len] = 0;
    return PROVAR_OK;
}
