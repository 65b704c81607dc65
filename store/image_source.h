/* A stored image as the source of an archive: read whole and compared before, or only where it is needed. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_IMAGE_SOURCE_H
#define PV_IMAGE_SOURCE_H

#include "store/retrieve.h"

/* How much of an image is read. */
enum pv_image_reading {
    PV_READ_WHOLE,         /* all of it first, compared with its digest */
    PV_READ_RANGES,        /* what is needed; all of it where nothing else leads from a digest to the token */
    PV_READ_RANGES_UNBOUND /* what is needed, though the digest says nothing of the token then */
};

/* Must live, where it is, as long as the archive. */
struct pv_image_source {
    struct provar_store *store;
    struct pv_image *image;
    bool is_proven; /* its bytes were all read before: the session's owner is told of them no more */
    bool is_bound;  /* the manifest says which token it has, and so which targets */
    uint8_t token_sha256[PV_SHA256_LEN];
    struct pv_watched watched;
    uint64_t pos;
};

/*
 * What leads from a digest that somebody has named to the bytes that he gets:
 *
 *     digest --> manifest --> layer's digest --> all bytes                          PV_READ_WHOLE
 *     digest --> manifest --> provar.claims.digest --> the token --> one target     where the manifest has it
 *     digest --> manifest     whatever its issuer has signed --> one target         PV_READ_RANGES_UNBOUND
 *
 * Reads all of it where `reading` asks for that, or `is_pinned`, by a digest, and nothing shorter leads there; else
 * compares the target index with provar.index.digest. PROVAR_E_REGISTRY where either is another. */
enum provar_result pv_image_source_begin(struct pv_image_source *source, struct provar_store *store,
                                         struct pv_image *image, enum pv_image_reading reading, bool is_pinned,
                                         struct provar_error *err) PV_MUST_CHECK;

/* Opens the archive, which learns no more than that a read failed: why is in the session. Another token than the
 * manifest's is PROVAR_E_REGISTRY in whatever reads one. `close`, which may be NULL, gets the source when the archive
 * is freed, or when this fails. */
enum provar_result pv_image_source_open(struct pv_image_source *source, const struct provar_open_options *options,
                                        void (*close)(void *source), struct provar_archive **archive,
                                        struct provar_error *err) PV_MUST_CHECK;

/* What is proven of the image by now, and by whatever is read from it, into what a caller is told. */
void pv_image_source_stored(const struct pv_image_source *source, struct provar_stored *stored);

#endif
