/* A stored image as the source of an archive, which then reads what it needs from the store. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_IMAGE_SOURCE_H
#define PV_IMAGE_SOURCE_H

#include "store/retrieve.h"

/* Must live, where it is, as long as the archive. */
struct pv_image_source {
    struct provar_store *store;
    struct pv_image *image;
    bool is_proven; /* its bytes were all read before: the session's owner is told of them no more */
    struct pv_watched watched;
    uint64_t pos;
};

/* Opens the archive, which learns no more than that a read failed: why is in the session. `close`, which may be NULL,
 * gets the source when the archive is freed, or when this fails. */
enum provar_result pv_image_source_open(struct pv_image_source *source, const struct provar_open_options *options,
                                        void (*close)(void *source), struct provar_archive **archive,
                                        struct provar_error *err) PV_MUST_CHECK;

#endif
