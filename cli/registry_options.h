/* Registries: the options of the verbs that take a reference, and what the environment says in their place. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_OPTIONS_H
#define REGISTRY_OPTIONS_H

#include <limits.h>

#include "opt.h"

/* Credentials, TLS and proxy, for every verb that takes a reference. */
extern struct poptOption registry_table[];
#define OPT_REGISTRY                                                                                                   \
    { NULL, 0, POPT_ARG_INCLUDE_TABLE, registry_table, 0, "Registries:", NULL }

/* --allow-foreign, for the verbs that read. */
extern struct poptOption registry_reading_table[];
#define OPT_REGISTRY_READING                                                                                           \
    { NULL, 0, POPT_ARG_INCLUDE_TABLE, registry_reading_table, 0, NULL, NULL }

/* --registry, for push, pull, list and copy. */
extern struct poptOption registry_prefix_table[];
#define OPT_REGISTRY_PREFIX                                                                                            \
    { NULL, 0, POPT_ARG_INCLUDE_TABLE, registry_prefix_table, 0, NULL, NULL }

/* --allow-upload-host, for the verbs that write; and how they upload, for push. */
extern struct poptOption registry_writing_table[], registry_upload_table[];
#define OPT_REGISTRY_WRITING                                                                                           \
    { NULL, 0, POPT_ARG_INCLUDE_TABLE, registry_writing_table, 0, NULL, NULL }
#define OPT_REGISTRY_UPLOAD                                                                                            \
    { NULL, 0, POPT_ARG_INCLUDE_TABLE, registry_upload_table, 0, NULL, NULL }

/* Room for what the options of a store point to; {0} at first. */
enum { REGISTRY_AUTH_FILES = 4 };
struct registry {
    struct provar_auth_file files[REGISTRY_AUTH_FILES];
    char paths[REGISTRY_AUTH_FILES][PATH_MAX];
    size_t count;
    char certs_dirs[2 * PATH_MAX];
    char *password; /* from standard input */
    size_t password_len;
};

/* Puts options and environment into `options`, which then point into `registry`. False with cli->err set. */
bool registry_options(struct cli *cli, struct registry *registry, struct provar_store_options *options);
/* Wipes the passwords that were given, and frees what was read; also after a failure. */
void registry_forget(struct registry *registry);

/* Puts --registry before this argument, where that names none. False with cli->err set. */
bool registry_complete(struct cli *cli, size_t index);

/* Puts the ways of uploading into `options`. False with cli->err set. */
bool registry_upload(struct cli *cli, struct provar_push_options *options);

#endif
