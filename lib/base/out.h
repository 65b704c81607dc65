/* An output that comes into being whole: a file under its name, a stream of bytes, or nothing. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_OUT_H
#define PV_OUT_H

/* Everything is first written to a temporary file: in the directory of the final name, so that the rename is atomic and
 * the space is claimed where it is needed; or an unlinked one, for destinations that cannot take anything back. */
struct pv_out {
    int fd;           /* of the temporary file, open for reading and writing */
    uint64_t written; /* bytes appended so far */
    bool replace;
    bool keep_mode; /* set after pv_out_open: a file that is replaced hands its permissions on */
    bool has_old_mode;
    mode_t old_mode;
    mode_t mode;      /* of the finished file, before the umask */
    int dir_fd;       /* PROVAR_OUTPUT_PATH: the directory, opened once; else -1 */
    char *final_name; /* in that directory */
    char *temp_name;  /* in that directory; NULL while the temporary file has no name */
    struct provar_output to;
};

/* Begins an output. `to` is the caller's request, checked here: an existing file without PROVAR_OUTPUT_REPLACE is
 * PROVAR_E_IO, and anything but a regular file of that name is PROVAR_E_UNSAFE_PATH. `mode` is 0755, 0644 or 0600. */
enum provar_result pv_out_open(struct pv_out *out, const struct provar_output *to, mode_t mode,
                               struct provar_error *err) PV_MUST_CHECK;

enum provar_result pv_out_write(struct pv_out *out, const void *data, size_t len,
                                struct provar_error *err) PV_MUST_CHECK;
/* Forgets what was written. */
enum provar_result pv_out_restart(struct pv_out *out, struct provar_error *err) PV_MUST_CHECK;
/* Appends zeros, which take no room on the disk until they are written over. */
enum provar_result pv_out_reserve(struct pv_out *out, uint64_t len, struct provar_error *err) PV_MUST_CHECK;
/* Writes over bytes that were appended before. Several threads may do so at one time. */
enum provar_result pv_out_patch(struct pv_out *out, uint64_t offset, const void *data, size_t len,
                                struct provar_error *err) PV_MUST_CHECK;

/* Makes the output real: mode, sync, name, sync of the directory; or copies the bytes to the descriptor or callback.
 * When only the last sync fails, PROVAR_E_IO says so, and the file stays: it is whole, and taking it away again could
 * not bring back what it has replaced. */
enum provar_result pv_out_commit(struct pv_out *out, struct provar_error *err) PV_MUST_CHECK;

/* Frees everything; without a commit before it, nothing of the output remains. */
void pv_out_release(struct pv_out *out);

#define PV_OUT_NONE                                                                                                    \
    { .fd = -1, .dir_fd = -1 }
#define PV_AUTO_OUT PV_CLEANUP(pv_out_release)

#endif
