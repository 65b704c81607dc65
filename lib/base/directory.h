/* The directory that an output goes to, reached by no link that another user has planted. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_DIRECTORY_H
#define PV_DIRECTORY_H

/* Opens `directory`, which ends in a NUL, for the names in it; `path` is what messages call it. Links on the way are
 * followed as open(2) does, but for those of another user than root and the caller that lie where others than the
 * directory's owner may write: PROVAR_E_UNSAFE_PATH. What cannot be opened is PROVAR_E_IO. */
enum provar_result pv_directory_open(const char *directory, struct pv_str path, int *fd,
                                     struct provar_error *err) PV_MUST_CHECK;

#endif
