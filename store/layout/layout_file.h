/* Files inside an OCI layout: opened without following a link, and written whole or not at all. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_LAYOUT_FILE_H
#define PV_LAYOUT_FILE_H

/* Opens a directory in a directory; with `create` it is made when it is missing. A link is PROVAR_E_UNSAFE_PATH; one
 * that is missing gives *fd -1 and PROVAR_OK. */
enum provar_result pv_layout_open_directory(int parent, const char *name, bool create, int *fd,
                                            struct provar_error *err) PV_MUST_CHECK;

/* Opens a regular file for reading, as above. */
enum provar_result pv_layout_open_file(int directory, const char *name, int *fd, uint64_t *size,
                                       struct provar_error *err) PV_MUST_CHECK;

/* The whole of a small file, appended to `text`, whose ceiling holds. Missing: *found is false. */
enum provar_result pv_layout_read_file(int directory, const char *name, struct pv_buf *text, bool *found,
                                       struct provar_error *err) PV_MUST_CHECK;

/* Takes the lock of the directory of blobs, which is never replaced; its descriptor then holds it. Whoever writes
 * shares it from before the first look at what is there until the manifest is listed; `alone` nobody writes, and what
 * nothing names can go. After PV_LAYOUT_LOCK_SECONDS it is PROVAR_E_IO. */
enum provar_result pv_layout_lock_blobs(int blobs, bool alone, struct provar_error *err) PV_MUST_CHECK;

/* A file that has no name yet, or where the file system knows no such thing one in `partial`. */
struct pv_layout_file {
    int partial; /* borrowed: the directory, on the layout's file system */
    int fd;
    char name[32]; /* in `partial`; empty while it has none */
};
#define PV_LAYOUT_NO_FILE                                                                                              \
    { .partial = -1, .fd = -1 }

enum provar_result pv_layout_file_begin(struct pv_layout_file *file, int partial,
                                        struct provar_error *err) PV_MUST_CHECK;
/* Whether this is the name of such a file, which a process that was killed may have left. */
bool pv_layout_file_is_partial(struct pv_str name);
/* Syncs it, gives it its name in `directory` and syncs that. With `replace` a file of that name is replaced at one
 * stroke; without, it stays, which is no failure. */
enum provar_result pv_layout_file_commit(struct pv_layout_file *file, int directory, const char *name, bool replace,
                                         struct provar_error *err) PV_MUST_CHECK;
/* Without a commit nothing remains. */
void pv_layout_file_release(struct pv_layout_file *file);
#define PV_AUTO_LAYOUT_FILE PV_CLEANUP(pv_layout_file_release)

#endif
