/* What has arrived of a blob, kept beside the destination of a pull that breaks off, for the next one. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_PART_FILE_H
#define PV_PART_FILE_H

#include "store/image/content.h"
#include "store/session.h"

/* ".provar-" HEX ".part", by the digest: whatever the destination is called, the next pull finds it. */
#define PV_PART_FILE_NAME (sizeof ".provar-.part" + PV_DIGEST_HEX_LEN)

/*
 * Open and locked while a pull writes to it, so that no two do. The name goes before the lock does: whoever has opened
 * the file in the meantime sees, once it has the lock, that nothing is called so any more, and leaves it alone; by then
 * it may be somebody's archive.
 */
struct pv_part_file {
    int dir_fd; /* borrowed */
    int fd;     /* -1: none */
    uint64_t have, size;
    char name[PV_PART_FILE_NAME];
};

/* Opens what there is for the blob, or an empty file. There is none (fd -1) where that cannot be, where another pull is
 * at it, and where something has its name that is no regular file of this user's alone: that is left as it is. */
void pv_part_file_open(struct pv_part_file *part, int dir_fd, const struct pv_digest *digest, uint64_t size);
/* Keeps what has arrived under the name, or takes the name away; the bytes stay with whoever has linked them elsewhere.
 */
void pv_part_file_close(struct pv_part_file *part, bool keep);

/* Has all of the blob in the file, and compares it with its digest. What is there is hashed and not asked for again;
 * was it wrong, all of it is fetched once more. */
enum provar_result pv_part_file_receive(struct pv_part_file *part, const struct provar_store *store,
                                        struct pv_blob *blob, struct provar_error *err) PV_MUST_CHECK;

#endif
