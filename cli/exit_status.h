/* The documented exit statuses (docs/ERRORS.md): small, stable, one for each class of failure. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EXIT_STATUS_H
#define EXIT_STATUS_H

#include <provar.h>

enum exit_status {
    STATUS_OK = 0,
    STATUS_INTERNAL = 1,
    STATUS_USAGE = 2,
    STATUS_IO = 3,
    STATUS_ARCHIVE = 4, /* format, gzip, tar, entry */
    STATUS_TOKEN = 5,   /* jwt, claims, key */
    STATUS_DIGEST = 6,
    STATUS_SIGNATURE = 7,
    STATUS_UNTRUSTED = 8,
    STATUS_TIME = 9,
    STATUS_REVOKED = 10,
    STATUS_ROLLBACK = 11,
    STATUS_NO_TARGET = 12,
    STATUS_LIMIT = 13,
    STATUS_REGISTRY = 14,
    STATUS_UNSAFE_PATH = 15,
    STATUS_AUTH = 16,
    STATUS_NOT_FOUND = 17,
    STATUS_NETWORK = 18,
    /* `run` alone, as env(1), timeout(1) and container runners do: what is not one of these is the provider's own */
    STATUS_RUN_FAILED = 125,
    STATUS_RUN_CANNOT_EXEC = 126,
    STATUS_RUN_NO_TARGET = 127,
    STATUS_SIGNALLED = 128 /* + the signal's number */
};

/* The enum exit_status for a result. */
int exit_status_of(enum provar_result result);

#endif
