/* Credentials in docker's config.json and containers' auth.json: which helper to ask, and what `auths` holds. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_DOCKER_CONFIG_H
#define PV_DOCKER_CONFIG_H

#include "store/auth/credentials.h"

/*
 *     {"auths": {"HOST[:PORT][/PATH]" or "http[s]://HOST[:PORT][/...]": ENTRY}, "credHelpers": {"HOST[:PORT]": "NAME"},
 *      "credsStore": "NAME"}
 *
 *     ENTRY    {"auth": base64 of "USER:PASSWORD", "username": U, "password": P, "identitytoken": T, "registrytoken":
 * T}
 *
 * Everything else is left alone. An entry without credentials stands for a helper.
 */
struct pv_docker_config;

/* Malformed is PROVAR_E_USAGE, beyond the limits of JSON PROVAR_E_LIMIT; a blank text is an empty file. The text is
 * borrowed. No message holds a value of it. */
enum provar_result pv_docker_config_parse(struct pv_str text, struct pv_docker_config **config,
                                          struct provar_error *err) PV_MUST_CHECK;
void pv_docker_config_free(struct pv_docker_config *config);
PV_DEFINE_CLEANUP(pv_docker_config_cleanup, struct pv_docker_config, pv_docker_config_free)
#define PV_AUTO_DOCKER_CONFIG PV_CLEANUP(pv_docker_config_cleanup)

/* The name of the helper for a registry: that of `credHelpers`, where an empty one is none, else that of `credsStore`;
 * empty without one. Borrowed. */
enum provar_result pv_docker_config_helper(const struct pv_docker_config *config, const char *registry,
                                           struct pv_str *name, struct provar_error *err) PV_MUST_CHECK;

/* What `auths` holds for a repository, which may be NULL, of a registry: under the longest of HOST/A/B, HOST/A and
 * HOST, else under a URL of the host. HOST is the registry's, port and all; the four names of Docker Hub are one. The
 * source stays empty, and so does everything where nothing is found. */
enum provar_result pv_docker_config_find(const struct pv_docker_config *config, const char *registry,
                                         const char *repository, struct pv_credential *found,
                                         struct provar_error *err) PV_MUST_CHECK;

/* Whether two names of registries are the same: equal, port and all, or both Docker Hub. */
bool pv_is_same_registry(struct pv_str a, struct pv_str b);

#endif
