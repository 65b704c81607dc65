/* The registries that a session has asked: their connections, tokens, and what was learned about them. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "store/http/certificates.h"
#include "store/registries.h"

/* One of them, and what it borrows. */
struct entry {
    struct entry *next;
    char name[PV_MAX_REFERENCE_NAME + 1];
    char server[PV_MAX_REFERENCE_NAME + 1];
    struct pv_certificates certificates;
    struct pv_registry registry;
};

struct pv_registries {
    const struct provar_store *store;
    struct pv_credentials *credentials;
    struct entry *first;
};

static void pass_warning(void *user, const char *line) {
    const struct pv_registries *registries = user;
    pv_session_warn(registries->store, "%s", line);
}

static enum provar_result open_credentials(struct pv_registries *registries, struct provar_error *err) {
    const struct provar_store_options *options = &registries->store->options;
    PV_AUTO_FREE struct pv_credential_file *files = calloc(options->auth_file_count + 1, sizeof *files);
    if (files == NULL)
        return pv_fail_memory(err);
    for (size_t i = 0; i < options->auth_file_count; i++) {
        const struct provar_auth_file *file = &options->auth_files[i];
        files[i] =
            (struct pv_credential_file){.path = file->path, .text = file->text, .must_exist = file->must_exist != 0};
    }
    const struct pv_credential_settings settings = {.user = options->username,
                                                    .password = options->password,
                                                    .user_source = options->username_source,
                                                    .files = files,
                                                    .file_count = options->auth_file_count,
                                                    .warn = pass_warning,
                                                    .warn_user = registries};
    return pv_credentials_new(&settings, &registries->credentials, err);
}

enum provar_result pv_registries_new(const struct provar_store *store, struct pv_registries **registries,
                                     struct provar_error *err) {
    struct pv_registries *made = calloc(1, sizeof *made);
    if (made == NULL)
        return pv_fail_memory(err);
    made->store = store;
    enum provar_result result = open_credentials(made, err);
    if (result == PROVAR_OK)
        *registries = made;
    else
        pv_registries_free(made);
    return result;
}

static void release_entry(struct entry *entry) {
    pv_authorizer_free(entry->registry.authorizer);
    pv_http_free(entry->registry.http);
    pv_certificates_release(&entry->certificates);
    free(entry);
}

void pv_registries_free(struct pv_registries *registries) {
    if (registries == NULL)
        return;
    for (struct entry *entry = registries->first, *next; entry; entry = next) {
        next = entry->next;
        release_entry(entry);
    }
    pv_credentials_free(registries->credentials);
    free(registries);
}

static void quote_warning(void *user, const char *text) {
    const struct pv_registries *registries = user;
    pv_session_warn(registries->store, "the registry says: %s", text);
}

/* The certificate that was asked for by name goes before that of the registry's directory. */
static enum provar_result open_http(const struct provar_store *store, struct entry *entry, struct provar_error *err) {
    const struct provar_store_options *options = &store->options;
    enum provar_result result = PROVAR_OK;
    if (options->certs_dirs)
        result = pv_certificates_find(pv_str_of(options->certs_dirs), entry->name, &entry->certificates, err);
    if (result != PROVAR_OK)
        return result;
    bool has_own = options->cert_file != NULL, ca_only = (options->flags & PROVAR_STORE_CA_ONLY) != 0;
    const struct pv_http_settings settings = {
        .ca_file = options->ca_file,
        .ca_pem = ca_only ? PV_STR("") : pv_buf_str(&entry->certificates.authorities),
        .ca_only = ca_only,
        .cert_file = has_own ? options->cert_file : entry->certificates.cert_file,
        .key_file = has_own ? options->key_file : entry->certificates.key_file,
        .skip_tls_verify = (options->flags & PROVAR_STORE_SKIP_TLS_VERIFY) != 0,
        .proxy = options->proxy,
        .no_proxy = options->no_proxy,
    };
    return pv_http_new(&settings, &entry->registry.http, err);
}

/* NET-6: without being asked to, plain http is spoken on this machine alone, and to a peer that has no TLS. */
static enum provar_result choose_scheme(const struct provar_store *store, struct pv_registry *registry,
                                        struct provar_error *err) {
    struct pv_url url;
    struct pv_origin origin;
    enum provar_result result = pv_url_make(&url, true, registry->server, "/v2/", err);
    if (result == PROVAR_OK)
        result = pv_url_origin(&url, &origin, err);
    if (result != PROVAR_OK)
        return result;
    bool asked = (store->options.flags & PROVAR_STORE_PLAIN_HTTP) != 0;
    registry->is_plain = asked;
    registry->may_send_in_clear = asked;
    registry->may_fall_back = !asked && pv_origin_is_loopback(&origin);
    return PROVAR_OK;
}

static enum provar_result open_entry(struct pv_registries *registries, const struct pv_reference *reference,
                                     struct entry *entry, struct provar_error *err) {
    const struct provar_store *store = registries->store;
    (void)snprintf(entry->name, sizeof entry->name, "%s", reference->host);
    (void)snprintf(entry->server, sizeof entry->server, "%s", pv_reference_server(reference));
    entry->registry.name = entry->name;
    entry->registry.server = entry->server;
    entry->registry.upload_host = store->options.upload_host;
    entry->registry.allows_foreign = (store->options.flags & PROVAR_STORE_ALLOW_FOREIGN) != 0;
    entry->registry.temp_dir = store->options.temp_dir;
    entry->registry.clock = &pv_retry_system_clock;
    entry->registry.warn = quote_warning;
    entry->registry.warn_own = pass_warning;
    entry->registry.warn_user = registries;
    enum provar_result result = choose_scheme(store, &entry->registry, err);
    if (result == PROVAR_OK)
        result = open_http(store, entry, err);
    if (result == PROVAR_OK)
        result = pv_authorizer_new(entry->registry.http, registries->credentials, &entry->registry.authorizer, err);
    if (result == PROVAR_OK && (store->options.flags & PROVAR_STORE_SKIP_TLS_VERIFY) != 0)
        pv_session_warn(store, "TLS is not verified: anybody may be %s", entry->name);
    return result;
}

enum provar_result pv_registries_find(struct pv_registries *registries, const struct pv_reference *reference,
                                      struct pv_registry **registry, struct provar_error *err) {
    for (struct entry *entry = registries->first; entry; entry = entry->next) {
        if (!pv_str_equal(pv_str_of(entry->name), pv_str_of(reference->host)))
            continue;
        *registry = &entry->registry;
        return PROVAR_OK;
    }
    struct entry *made = calloc(1, sizeof *made);
    if (made == NULL)
        return pv_fail_memory(err);
    enum provar_result result = open_entry(registries, reference, made, err);
    if (result != PROVAR_OK) {
        release_entry(made);
        return result;
    }
    made->next = registries->first;
    registries->first = made;
    *registry = &made->registry;
    return PROVAR_OK;
}
