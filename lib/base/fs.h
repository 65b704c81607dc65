/* Files: opened without surprises, read and written whole, temporary ones without a name. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_FS_H
#define PV_FS_H

/* A path as the system wants it: ends in a NUL, holds none inside (PROVAR_E_USAGE), is not empty. The caller frees it.
 */
enum provar_result pv_path_dup(struct pv_str path, char **out, struct provar_error *err) PV_MUST_CHECK;

/* Opens a regular file for reading; never waits on a FIFO or touches a device (PROVAR_E_IO). With `no_follow`, a path
 * whose last component is a link is PROVAR_E_UNSAFE_PATH. */
enum provar_result pv_fs_open_regular(struct pv_str path, bool no_follow, int *fd, struct stat *st,
                                      struct provar_error *err) PV_MUST_CHECK;

/* PROVAR_E_UNSAFE_PATH for what belongs to a user who is neither this one nor root, who could do anything, or what
 * gives its group or others one of the rights of `denied`: S_IWGRP | S_IWOTH, or with S_IRWXG | S_IRWXO all. `what`
 * stands before the name in the error: "the key file". */
enum provar_result pv_fs_check_ours(const struct stat *st, mode_t denied, const char *what, struct pv_str name,
                                    struct provar_error *err) PV_MUST_CHECK;

/* The same of a directory that is open, which nobody else may write to. The sticky bit leaves the names in it to their
 * owners and to that of the directory (POSIX, rename), which may be enough. */
enum provar_result pv_fs_check_our_directory(int fd, bool sticky_will_do, const char *what, struct pv_str name,
                                             struct provar_error *err) PV_MUST_CHECK;

/* Takes the lock of an open file (flock), of what is called `name`. Its descriptor then holds it. A holder that does
 * not come to an end must not hold up all others: after so many seconds it is PROVAR_E_IO. */
enum provar_result pv_fs_lock(int fd, unsigned seconds, struct pv_str name, struct provar_error *err) PV_MUST_CHECK;
/* The same, beside others that share it; waits for one that holds it alone. */
enum provar_result pv_fs_lock_shared(int fd, unsigned seconds, struct pv_str name,
                                     struct provar_error *err) PV_MUST_CHECK;

/* Reads until `cap` bytes or the end; goes on after EINTR and short reads. */
enum provar_result pv_fs_read(int fd, void *buf, size_t cap, size_t *len, struct provar_error *err) PV_MUST_CHECK;
enum provar_result pv_fs_read_at(int fd, void *buf, size_t cap, uint64_t offset, size_t *len,
                                 struct provar_error *err) PV_MUST_CHECK;

/* Writes all of it. */
enum provar_result pv_fs_write(int fd, const void *data, size_t len, struct provar_error *err) PV_MUST_CHECK;
enum provar_result pv_fs_write_at(int fd, const void *data, size_t len, uint64_t offset,
                                  struct provar_error *err) PV_MUST_CHECK;

/* write(2) without SIGPIPE: where that would be raised, it only fails with EPIPE. A library may not change the
 * process's disposition; the signal goes to the thread that writes, so blocking it in this one and taking it back is
 * enough. One that was pending before is the caller's and stays. */
ssize_t pv_fs_write_quietly(int fd, const void *data, size_t len);

/* Writes all of it to a descriptor of the caller's, whatever it is: waits for one that would block, and a reader that
 * has gone is PROVAR_E_IO without a signal. */
enum provar_result pv_fs_send(int fd, const void *data, size_t len, struct provar_error *err) PV_MUST_CHECK;

/* A file without a name in `dir` ("/var/tmp" when empty), mode 0600, gone when it is closed. */
enum provar_result pv_fs_temp(struct pv_str dir, int *fd, struct provar_error *err) PV_MUST_CHECK;

#endif
