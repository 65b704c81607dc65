/* An executable copy in memory that nobody can change any more, this process included. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_MEMFILE_H
#define PV_MEMFILE_H

#include "crypto/sha256.h"

/* A memory file, open for writing. PROVAR_E_EXEC names vm.memfd_noexec where that forbids it. */
enum provar_result pv_memfile_create(int *fd, struct provar_error *err) PV_MUST_CHECK;

/* Seals it against every change, reopens it for reading only (with a writer open, execveat says ETXTBSY), hashes it
 * through that descriptor, compares with `digest` (PROVAR_E_DIGEST), and gives that descriptor back. Closes `*writable`
 * in any case and sets it to -1. PROVAR_E_EXEC names /proc where that is missing. */
enum provar_result pv_memfile_seal(int *writable, const uint8_t digest[PV_SHA256_LEN], int *sealed,
                                   struct provar_error *err) PV_MUST_CHECK;

#endif
