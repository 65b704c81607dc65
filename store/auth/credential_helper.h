/* Credential helpers: programs that keep credentials, by docker's protocol (docker/docker-credential-helpers). */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_CREDENTIAL_HELPER_H
#define PV_CREDENTIAL_HELPER_H

#include "store/auth/credentials.h"

/*
 *     docker-credential-NAME get      stdin    the registry
 *                                     stdout   {"ServerURL":S, "Username":U, "Secret":S}, or why there is nothing
 */

/* Starts the helper by the process's PATH and environment, without a shell, in a process group of its own, and asks it
 * for `server`. What a registry has no credentials for leaves *found empty. A name that is not of letters, digits and
 * ._-, a helper that is missing, fails, takes longer than `timeout_ms` or answers in another form is PROVAR_E_AUTH;
 * more output than store/image/limits.h allows is PROVAR_E_LIMIT. A helper that does not end is killed, with all of its
 * group. When the thread that called this dies, the helper is killed, but nobody is left to kill what it has started:
 * that finds its pipes closed. */
enum provar_result pv_credential_helper_get(struct pv_str name, const char *server, uint32_t timeout_ms,
                                            struct pv_credential *found, struct provar_error *err) PV_MUST_CHECK;

/* Reads an answer, of a helper that has succeeded. */
enum provar_result pv_credential_helper_decode(struct pv_str answer, struct pv_credential *found,
                                               struct provar_error *err) PV_MUST_CHECK;

#endif
