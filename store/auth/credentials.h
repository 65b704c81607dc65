/* User and password for a registry: from the caller, docker's and containers' files, and their helpers. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_CREDENTIALS_H
#define PV_CREDENTIALS_H

#include "internal.h"

#include "store/image/limits.h"

/* A file in docker's format (docker/cli, cli/config/configfile) that is asked, in the caller's order. */
struct pv_credential_file {
    const char *path; /* NULL with a text */
    const char *text; /* the JSON itself, as of DOCKER_AUTH_CONFIG */
    bool must_exist;  /* it was named: what cannot be read is an error and no warning */
};

struct pv_credential_settings {
    const char *user, *password; /* for every registry that is asked; NULL: look into the files */
    const char *user_source;     /* where they came from, for messages; NULL: "the options" */
    const struct pv_credential_file *files;
    size_t file_count;
    uint32_t helper_timeout_ms; /* 0: 60 s */
    void (*warn)(void *user, const char *line);
    void *warn_user;
};

struct pv_credentials;
/* Keeps copies of the settings; reads no file before it is asked. */
enum provar_result pv_credentials_new(const struct pv_credential_settings *settings,
                                      struct pv_credentials **credentials, struct provar_error *err) PV_MUST_CHECK;
void pv_credentials_free(struct pv_credentials *credentials);

/* What is known for a repository of a registry: NULL where there is nothing, everything of an anonymous user. Wiped by
 * release. */
struct pv_credential {
    char *user, *password; /* both or none; the password may be empty */
    char *identity_token;  /* a refresh token, in place of a password; the user may be there beside it */
    char *registry_token;  /* used as it is */
    char source[256]; /* "the file '...'", "the helper '...'", or the settings' user_source: for messages, escaped */
};
void pv_credential_release(struct pv_credential *credential);
#define PV_AUTO_CREDENTIAL PV_CLEANUP(pv_credential_release)

/* Whether there is nothing in it that could let anybody in. */
bool pv_credential_is_anonymous(const struct pv_credential *credential);

/* Asks the user of the settings, else each file in its order: its helper, then what it holds itself; the first that
 * has something is the answer. `registry` is HOST[:PORT] as in the reference, `repository` may be NULL. What is wrong
 * with a file or its helper is an error for one that must exist, else a warning, once, and the next file is asked. */
enum provar_result pv_credentials_find(struct pv_credentials *credentials, const char *registry, const char *repository,
                                       struct pv_credential *found, struct provar_error *err) PV_MUST_CHECK;

/* Appends the value of Authorization for a user (RFC 7617); in place of a password that is empty or missing stands the
 * identity token. */
enum provar_result pv_credential_basic(const struct pv_credential *credential, struct pv_buf *value,
                                       struct provar_error *err) PV_MUST_CHECK;

#endif
