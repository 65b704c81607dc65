/* The options of a session, with texts of its own. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/secret.h"
#include "store/session_options.h"

static const size_t texts[] = {
    offsetof(struct provar_store_options, username),        offsetof(struct provar_store_options, password),
    offsetof(struct provar_store_options, ca_file),         offsetof(struct provar_store_options, cert_file),
    offsetof(struct provar_store_options, key_file),        offsetof(struct provar_store_options, certs_dirs),
    offsetof(struct provar_store_options, proxy),           offsetof(struct provar_store_options, no_proxy),
    offsetof(struct provar_store_options, upload_host),     offsetof(struct provar_store_options, temp_dir),
    offsetof(struct provar_store_options, username_source),
};
enum { TEXTS = sizeof texts / sizeof texts[0] };

static const char **text_at(struct provar_store_options *options, size_t i) {
    return (const char **)((char *)options + texts[i]);
}

static bool copy_text(const char **text) {
    *text = *text ? strdup(*text) : NULL;
    return *text != NULL;
}

/* Whatever it is, it may have a password in it: that of a proxy's URL, or of a file's text. */
static void release_text(const char *text) {
    if (text == NULL)
        return;
    pv_secret_wipe((void *)text, strlen(text));
    free((void *)text);
}

void pv_session_options_release(struct provar_store_options *options) {
    struct provar_auth_file *files = (struct provar_auth_file *)options->auth_files;
    for (size_t i = 0; i < TEXTS; i++)
        release_text(*text_at(options, i));
    for (size_t i = 0; files && i < options->auth_file_count; i++) {
        release_text(files[i].path);
        release_text(files[i].text);
    }
    free(files);
    *options = (struct provar_store_options){.size = sizeof *options};
}

static enum provar_result copy_files(const struct provar_store_options *from, struct provar_store_options *to,
                                     struct provar_error *err) {
    struct provar_auth_file *files = calloc(from->auth_file_count + 1, sizeof *files);
    if (files == NULL)
        return pv_fail_memory(err);
    to->auth_files = files;
    for (size_t i = 0; i < from->auth_file_count; i++) {
        files[i] = from->auth_files[i];
        bool has_path = files[i].path != NULL, has_text = files[i].text != NULL;
        bool copied_path = copy_text(&files[i].path), copied_text = copy_text(&files[i].text);
        to->auth_file_count = i + 1;
        if (copied_path != has_path || copied_text != has_text)
            return pv_fail_memory(err);
    }
    return PROVAR_OK;
}

static enum provar_result copy_texts(const struct provar_store_options *from, struct provar_store_options *to,
                                     struct provar_error *err) {
    enum provar_result result = PROVAR_OK;
    *to = *from;
    to->auth_files = NULL;
    to->auth_file_count = 0;
    for (size_t i = 0; i < TEXTS; i++) {
        bool has = *text_at(to, i) != NULL;
        if (copy_text(text_at(to, i)) != has)
            result = pv_fail_memory(err);
    }
    return result == PROVAR_OK ? copy_files(from, to, err) : result;
}

static enum provar_result check(const struct provar_store_options *options, struct provar_error *err) {
    const uint32_t known =
        PROVAR_STORE_PLAIN_HTTP | PROVAR_STORE_SKIP_TLS_VERIFY | PROVAR_STORE_CA_ONLY | PROVAR_STORE_ALLOW_FOREIGN;
    if (options->size != sizeof *options || (options->flags & ~known) != 0 ||
        (options->auth_files == NULL && options->auth_file_count > 0))
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET,
                       "struct provar_store_options of another size or with unknown flags");
    if ((options->username == NULL) != (options->password == NULL))
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "a username without a password, or the other way round");
    /* Of an empty one "Basic OnBhc3M=" would be sent, the password for whoever has no name. */
    if (options->username && options->username[0] == 0)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "an empty username");
    for (size_t i = 0; i < options->auth_file_count; i++)
        if ((options->auth_files[i].path == NULL) == (options->auth_files[i].text == NULL))
            return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET,
                           "a file of credentials needs either a path or a text");
    return PROVAR_OK;
}

enum provar_result pv_session_options_copy(const struct provar_store_options *from, struct provar_store_options *to,
                                           struct provar_error *err) {
    struct provar_store_options made = {.size = sizeof made};
    enum provar_result result = from ? check(from, err) : PROVAR_OK;
    if (result == PROVAR_OK && from)
        result = copy_texts(from, &made, err);
    if (result == PROVAR_OK)
        *to = made;
    else
        pv_session_options_release(&made);
    return result;
}
