/* An OCI layout in a tar file: where each of its files stands. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_LAYOUT_TAR_H
#define PV_LAYOUT_TAR_H

#include "store/image/digest.h"

/*
 *     [./]oci-layout
 *     [./]index.json
 *     [./]blobs/sha256/HEX
 *
 * Any other member is passed over, and so is one whose name an extension header gives: names of a layout are short.
 * Read are the headers of POSIX, GNU and V7; not a compressed file.
 */
struct pv_layout_tar;

/* Whether a path leads to a regular file, and so to no layout in a directory. */
bool pv_layout_is_file(struct pv_str path);

struct pv_layout_place {
    uint64_t offset, size;
};

/* Walks over the headers of a file, which is borrowed. PROVAR_E_REGISTRY for what is no tar file, is cut short, has a
 * header that two readers could understand differently, or one of the two documents twice; PROVAR_E_LIMIT for more
 * files than PV_MAX_LAYOUT_FILES. Of two blobs of one name the first counts: its digest is compared in any case. */
enum provar_result pv_layout_tar_open(int fd, uint64_t size, struct pv_layout_tar **tar,
                                      struct provar_error *err) PV_MUST_CHECK;
void pv_layout_tar_free(struct pv_layout_tar *tar);

/* "index.json" or "oci-layout"; or a blob. */
bool pv_layout_tar_find(const struct pv_layout_tar *tar, struct pv_str name, struct pv_layout_place *place);
bool pv_layout_tar_find_blob(const struct pv_layout_tar *tar, const struct pv_digest *digest,
                             struct pv_layout_place *place);

#endif
