/* From a reference to the archive behind it: manifest, platform, and the blobs whose bytes it is, joined. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_RETRIEVE_H
#define PV_RETRIEVE_H

#include "store/image/content.h"
#include "store/session.h"

/* A manifest out of a store, compared with its digest and decoded. */
enum provar_result pv_retrieve_manifest(struct pv_backend *backend, const struct pv_named *named,
                                        struct pv_manifest **manifest, struct provar_error *err) PV_MUST_CHECK;

/* An archive in a store, with its layers open. */
struct pv_image {
    const struct provar_store *store; /* borrowed, as the backend is */
    struct pv_backend *backend;
    struct pv_named named;            /* what the reference named: a manifest, or an index of several */
    struct pv_platform_target target; /* for which the manifest was chosen of an index; empty without one */
    struct pv_manifest *manifest;
    struct pv_blob **layers; /* count of them, in the manifest's order, which is that of their bytes */
    size_t count;
    uint64_t size;
};

/* The image has its store and backend, and nothing else yet. Of an index the manifest for `target` is taken, this
 * host's where it is empty. What the manifest says is larger than the limits of `open`, which may be NULL, is
 * PROVAR_E_LIMIT: of the blobs no more was read than the two bytes that tell gzip from tar, and they only where one of
 * the two may be so large; a registry without ranges, which begins to send all of it, is broken off there. */
enum provar_result pv_image_open(struct pv_image *image, struct pv_str tag, const struct pv_digest *digest,
                                 struct pv_str target, const struct provar_open_options *open,
                                 struct provar_error *err) PV_MUST_CHECK;
void pv_image_release(struct pv_image *image);

/* The layers' bytes behind each other, unproven; borrowed from the image. */
struct pv_content pv_image_content(struct pv_image *image);

/* Reads, as read_at of pv_image_content does, what was proven before. Where somebody may have written to a layer since,
 * that is compared with its digest once more first; PROVAR_E_IO where that does not come to an end. */
enum provar_result pv_image_read_proven(struct pv_image *image, uint64_t offset, void *buf, size_t cap, size_t *len,
                                        struct provar_error *err) PV_MUST_CHECK;

/* Reads every layer, gives its bytes to `take`, which may be NULL, and compares it with its digest. */
enum provar_result pv_image_prove(struct pv_image *image, const struct provar_store *store, pv_take_fn take, void *user,
                                  struct provar_error *err) PV_MUST_CHECK;

/* Fills what a caller is told, of whom pv_stored_check, which takes NULL, accepts the struct; proven is nothing yet. */
enum provar_result pv_stored_check(const struct provar_stored *stored, struct provar_error *err) PV_MUST_CHECK;
void pv_image_stored(const struct pv_image *image, struct pv_str tag, struct provar_stored *stored);

#endif
