/* Registries: the options of the verbs that take a reference, and what the environment says in their place. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cli_limits.h"
#include "print.h"
#include "reference.h"
#include "registry_options.h"
#include "secret.h"
#include "store.h"

static char *user, *password, *auth_file, *ca_file, *cert_file, *key_file, *proxy, *no_proxy;
static char *prefix, *upload_host, *upload, *chunk_size;
static int password_stdin, insecure, skip_tls_verify, ca_only, allow_foreign, monolithic_push;

struct poptOption registry_table[] = {
    {"user", 'u', POPT_ARG_STRING, &user, 0, "user of the registry; else WASH_REG_USER", "NAME"},
    {"password", 'p', POPT_ARG_STRING, &password, 0, "password or token; else WASH_REG_PASSWORD", "TEXT"},
    {"password-stdin", 0, POPT_ARG_NONE, &password_stdin, 0, "read the password from standard input", NULL},
    {"authfile", 0, POPT_ARG_STRING, &auth_file, 0, "credentials, instead of those of docker login", "FILE"},
    {"insecure", 0, POPT_ARG_NONE, &insecure, 0, "plain HTTP, with credentials in clear", NULL},
    {"insecure-skip-tls-verify", 0, POPT_ARG_NONE, &skip_tls_verify, 0, "believe that every server is the registry",
     NULL},
    {"ca-file", 0, POPT_ARG_STRING, &ca_file, 0, "authorities to believe besides the system's; else SSL_CERT_FILE",
     "FILE"},
    {"ca-only", 0, POPT_ARG_NONE, &ca_only, 0, "believe those of --ca-file and no others", NULL},
    {"cert", 0, POPT_ARG_STRING, &cert_file, 0, "certificate of the client", "FILE"},
    {"key", 0, POPT_ARG_STRING, &key_file, 0, "key of --cert, where it is in another file", "FILE"},
    {"proxy", 0, POPT_ARG_STRING, &proxy, 0, "proxy, instead of those of the environment", "URL"},
    {"no-proxy", 0, POPT_ARG_STRING, &no_proxy, 0, "hosts that are reached without a proxy", "LIST"},
    POPT_TABLEEND,
};

struct poptOption registry_reading_table[] = {
    {"allow-foreign", 0, POPT_ARG_NONE, &allow_foreign, 0,
     "fetch what the registry has not from where the manifest says, without credentials", NULL},
    POPT_TABLEEND,
};

struct poptOption registry_prefix_table[] = {
    {"registry", 'r', POPT_ARG_STRING, &prefix, 0, "registry of a reference that names none; else WASH_REG_URL",
     "HOST"},
    POPT_TABLEEND,
};

struct poptOption registry_writing_table[] = {
    {"allow-upload-host", 0, POPT_ARG_STRING, &upload_host, 0, "another host that the registry may send uploads to",
     "HOST[:PORT]"},
    POPT_TABLEEND,
};

struct poptOption registry_upload_table[] = {
    {"upload", 0, POPT_ARG_STRING, &upload, 0, "how blobs are uploaded; auto is each in turn",
     "auto|put|chunked|patch"},
    {"chunk-size", 0, POPT_ARG_STRING, &chunk_size, 0, "size of a chunk (4M)", "SIZE"},
    {"monolithic-push", 0, POPT_ARG_NONE, &monolithic_push, 0, "--upload put; else WASH_MONOLITHIC_PUSH", NULL},
    POPT_TABLEEND,
};

/* ---------------------------------------------------------------- credentials */

static bool reads_stdin(const struct cli *cli) {
    for (size_t i = 0; i < cli->arg_count; i++)
        if (strcmp(cli->args[i], "-") == 0)
            return true;
    return false;
}

/* What a line holds: the end of the line is no part of the password. */
static bool read_password(struct cli *cli, struct registry *registry) {
    if (password)
        return print_usage_error(cli, "--password and --password-stdin contradict each other");
    if (reads_stdin(cli))
        return print_usage_error(cli, "the archive and the password cannot both come from standard input");
    registry->password = secret_read(cli, "-", CLI_MAX_PASSWORD, &registry->password_len);
    if (registry->password == NULL)
        return false;
    char *text = registry->password;
    size_t len = registry->password_len;
    if (len > 0 && text[len - 1] == '\n')
        len--;
    if (len > 0 && text[len - 1] == '\r')
        len--;
    text[len] = 0;
    if (len == 0 || strlen(text) != len)
        return print_usage_error(cli, "--password-stdin: standard input has no password");
    return true;
}

/* Half of what was typed must not lead to an anonymous request. Of the environment, which may be meant for another
 * command, half is nothing. */
static bool choose_credentials(struct cli *cli, struct registry *registry, struct provar_store_options *options) {
    static char source[64];
    if (user && user[0] == 0)
        return print_usage_error(cli, "--user: an empty name is no user");
    if (password_stdin && !read_password(cli, registry))
        return false;
    const char *secret = password ? password : registry->password;
    options->username = user ? user : opt_env("WASH_REG_USER");
    options->password = secret ? secret : opt_env("WASH_REG_PASSWORD");
    const char *option = password_stdin ? "--password-stdin" : "--password";
    snprintf(source, sizeof source, "%s and %s", user ? "--user" : "WASH_REG_USER",
             secret ? option : "WASH_REG_PASSWORD");
    options->username_source = source;
    if (options->username && options->password)
        return true;
    if (user)
        return print_usage_error(cli, "--user needs --password, --password-stdin or WASH_REG_PASSWORD");
    if (secret)
        return print_usage_error(cli, "a password needs --user or WASH_REG_USER");
    if (options->username || options->password)
        print_warning(cli, "%s without %s says nothing", options->username ? "WASH_REG_USER" : "WASH_REG_PASSWORD",
                      options->username ? "WASH_REG_PASSWORD" : "WASH_REG_USER");
    options->username = options->password = NULL;
    return true;
}

/* A path that is longer than any can be names nothing. */
static void add_file(struct registry *registry, bool must_exist, const char *base, const char *rest) {
    char *path = registry->paths[registry->count];
    if (snprintf(path, PATH_MAX, "%s%s", base, rest) < PATH_MAX)
        registry->files[registry->count++] = (struct provar_auth_file){.path = path, .must_exist = must_exist};
}

/* Those of containers(5) and docker: what one of them has been told to use, the other uses too. */
static void add_usual_files(struct registry *registry) {
    static const char rest[] = "/containers/auth.json";
    const char *text = opt_env("DOCKER_AUTH_CONFIG"), *docker = opt_env("DOCKER_CONFIG"), *home = opt_env("HOME");
    const char *runtime = opt_env("XDG_RUNTIME_DIR"), *config = opt_env("XDG_CONFIG_HOME");
    char own[32];
    if (text)
        registry->files[registry->count++] = (struct provar_auth_file){.text = text, .must_exist = 1};
    if (docker) {
        add_file(registry, false, docker, "/config.json");
        return;
    }
    snprintf(own, sizeof own, "/run/containers/%u", (unsigned)getuid());
    add_file(registry, false, runtime ? runtime : own, runtime ? rest : "/auth.json");
    if (config)
        add_file(registry, false, config, rest);
    else if (home)
        add_file(registry, false, home, "/.config/containers/auth.json");
    if (home)
        add_file(registry, false, home, "/.docker/config.json");
}

static void choose_files(struct registry *registry) {
    const char *named = auth_file ? auth_file : opt_env("REGISTRY_AUTH_FILE");
    if (named)
        add_file(registry, true, named, "");
    else
        add_usual_files(registry);
}

/* ---------------------------------------------------------------- TLS */

static bool choose_tls(struct cli *cli, struct registry *registry, struct provar_store_options *options) {
    static const char system_dirs[] = "/etc/containers/certs.d:/etc/docker/certs.d";
    const char *home = opt_env("HOME");
    bool has_home = home && strchr(home, ':') == NULL && strlen(home) < PATH_MAX;
    options->ca_file = ca_file ? ca_file : opt_env("SSL_CERT_FILE");
    options->cert_file = cert_file;
    options->key_file = key_file;
    if (key_file && !cert_file)
        return print_usage_error(cli, "--key needs --cert");
    if (ca_only && !options->ca_file)
        return print_usage_error(cli, "--ca-only needs --ca-file");
    snprintf(registry->certs_dirs, sizeof registry->certs_dirs, "%s%s%s", has_home ? home : "",
             has_home ? "/.config/containers/certs.d:" : "", system_dirs);
    options->certs_dirs = registry->certs_dirs;
    return true;
}

bool registry_options(struct cli *cli, struct registry *registry, struct provar_store_options *options) {
    if (!choose_credentials(cli, registry, options) || !choose_tls(cli, registry, options))
        return false;
    choose_files(registry);
    options->flags = (insecure ? PROVAR_STORE_PLAIN_HTTP : 0u) | (skip_tls_verify ? PROVAR_STORE_SKIP_TLS_VERIFY : 0u) |
                     (ca_only ? PROVAR_STORE_CA_ONLY : 0u) | (allow_foreign ? PROVAR_STORE_ALLOW_FOREIGN : 0u);
    options->auth_files = registry->files;
    options->auth_file_count = registry->count;
    options->proxy = proxy;
    options->no_proxy = no_proxy;
    options->upload_host = upload_host;
    return true;
}

void registry_forget(struct registry *registry) {
    secret_free(registry->password, registry->password_len);
    registry->password = NULL;
    secret_free(password, password ? strlen(password) : 0);
    password = NULL;
}

/* ---------------------------------------------------------------- references and uploads */

/* Says that what follows is a host, whatever it looks like. */
#define EXPLICIT "oci://"

/* What is wrong with a registry is no fault of the word that it is put in front of. */
static bool check_prefix(struct cli *cli, const char *source, const char *host, size_t len) {
    struct provar_error fault = {0};
    char *probe = NULL;
    if (len == 0)
        return print_usage_error(cli, "%s: an empty name is no registry", source);
    const struct store_library *api = store_load(cli);
    if (api == NULL)
        return false;
    if (asprintf(&probe, EXPLICIT "%.*s/x", (int)len, host) < 0)
        return print_failure(cli, PROVAR_E_NO_MEMORY, "out of memory") == STATUS_OK;
    enum provar_result result = api->reference_check(probe, strlen(probe), PROVAR_REFERENCE_DOCKER_HUB, &fault);
    free(probe);
    return result == PROVAR_OK || print_usage_error(cli, "%s: %s", source, fault.message);
}

/* Whether HOST/REPO is read as a place at this host: registry/x would be one of Docker Hub, oci:5000/x a layout. */
static bool means_host(const char *reference) {
    return reference_names_store(reference) && !reference_is_layout(reference);
}

/* HOST/REPO, or oci://HOST/REPO where the first would be another place. */
static const char *put_in_front(struct cli *cli, const char *host, size_t len, bool is_explicit, const char *word) {
    char *completed = NULL;
    if (asprintf(&completed, EXPLICIT "%.*s/%s", (int)len, host, word) < 0) {
        print_failure(cli, PROVAR_E_NO_MEMORY, "out of memory");
        return NULL;
    }
    const char *plain = completed + strlen(EXPLICIT);
    return is_explicit || !means_host(plain) ? completed : plain;
}

/* ADDRESS[:PORT] is a slip, and not a repository of the registry that is configured: what is asked there is not meant
 * for it. A name with dots may be a repository, as http.provider:42 is, whatever it would be without that registry. */
static bool is_registry_alone(const char *word) {
    size_t len = strcspn(word, ":@");
    const char *end = word + len;
    char host[INET_ADDRSTRLEN] = "";
    struct in_addr address;
    end += *end == ':' ? 1 + strspn(end + 1, "0123456789") : 0;
    if (word[0] == '[' || len >= sizeof host || (*end != 0 && *end != '@'))
        return word[0] == '[';
    memcpy(host, word, len);
    return strcasecmp(host, "localhost") == 0 || inet_pton(AF_INET, host, &address) == 1;
}

bool registry_complete(struct cli *cli, size_t index) {
    enum { MAX_ARGS = 2 };
    static const char *args[MAX_ARGS + 1]; /* what popt has made is its own to free */
    const char *host = prefix ? prefix : opt_env("WASH_REG_URL");
    const char *word = cli->args[index];
    if (host == NULL || cli->arg_count > MAX_ARGS || reference_is_path(word) || reference_names_store(word))
        return true;
    if (is_registry_alone(word))
        return print_usage_error(cli, "a registry without a repository, as in REGISTRY/REPOSITORY:TAG: '%s'", word);
    bool is_explicit = strncmp(host, EXPLICIT, strlen(EXPLICIT)) == 0;
    host += is_explicit ? strlen(EXPLICIT) : 0;
    size_t len = strlen(host);
    while (len > 0 && host[len - 1] == '/')
        len--;
    if (!check_prefix(cli, prefix ? "--registry" : "WASH_REG_URL", host, len))
        return false;
    for (size_t i = 0; i < cli->arg_count; i++)
        args[i] = i == index ? put_in_front(cli, host, len, is_explicit, word) : cli->args[i];
    cli->args = args;
    return args[index] != NULL;
}

/* As the parser of wash's options takes a variable for a switch. */
static bool is_set(const char *name) {
    static const char *const off[] = {"0", "false", "f", "no", "n", "off"};
    const char *value = opt_env(name);
    for (size_t i = 0; value && i < sizeof off / sizeof off[0]; i++)
        if (strcasecmp(value, off[i]) == 0)
            return false;
    return value != NULL;
}

bool registry_upload(struct cli *cli, struct provar_push_options *options) {
    static const char *const ways[] = {[PROVAR_UPLOAD_AUTO] = "auto",
                                       [PROVAR_UPLOAD_PUT] = "put",
                                       [PROVAR_UPLOAD_CHUNKED] = "chunked",
                                       [PROVAR_UPLOAD_PATCH] = "patch"};
    const char *way = upload ? upload : monolithic_push || is_set("WASH_MONOLITHIC_PUSH") ? "put" : "auto";
    uint32_t i = 0;
    while (i < sizeof ways / sizeof ways[0] && strcmp(way, ways[i]) != 0)
        i++;
    if (i == sizeof ways / sizeof ways[0])
        return print_usage_error(cli, "--upload: '%s' is none of auto, put, chunked and patch", way);
    if (monolithic_push && i != PROVAR_UPLOAD_PUT)
        return print_usage_error(cli, "--upload %s and --monolithic-push contradict each other", way);
    if (chunk_size && (i == PROVAR_UPLOAD_PUT || i == PROVAR_UPLOAD_PATCH))
        return print_usage_error(cli, "--chunk-size: --upload %s has no chunks", way);
    options->upload = i;
    return !chunk_size || opt_size(cli, "--chunk-size", chunk_size, &options->chunk_size);
}
