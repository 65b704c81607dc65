/* The directory of an output or a policy file, reached by no link that another user has planted. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_DIRECTORY_H
#define PV_DIRECTORY_H

/* Splits `path` in place at its last slash; both parts are borrowed from it, or literals. The directory is "." where
 * there is none, and the name may be empty. */
void pv_directory_split(char *path, const char **directory, const char **name);

/* Opens `directory`, which ends in a NUL, for the names in it; `path` is what messages call it. Links on the way are
 * followed as open(2) does, but for those of another user than root and the caller, unless they lie in a directory of
 * one of these two that nobody else may write to: PROVAR_E_UNSAFE_PATH. What cannot be opened is PROVAR_E_IO. */
enum provar_result pv_directory_open(const char *directory, struct pv_str path, int *fd,
                                     struct provar_error *err) PV_MUST_CHECK;

/* The same for what only root and the caller may have chosen, as by sshd's StrictModes: each directory on the way, and
 * each above the working directory for a path that begins there, must be root's or the caller's, and others may write
 * to it only where it is sticky; the last is left to judge. Else it is PROVAR_E_UNSAFE_PATH. One that is not there, on
 * such a way, gives `*fd` -1. */
enum provar_result pv_directory_open_ours(const char *directory, struct pv_str path, int *fd,
                                          struct provar_error *err) PV_MUST_CHECK;

#endif
