/* One manifest of a push with the archive that is its one layer: made, and put into a store. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_PUSH_IMAGE_H
#define PV_PUSH_IMAGE_H

#include "store/image/content.h"
#include "store/describe.h"
#include "store/session.h"

/* An archive's file, looked into: what the proof that it was checked does not show. */
struct pv_push_look {
    const struct pv_content *file; /* borrowed */
    uint64_t pos;
    struct provar_archive *archive;
    struct pv_description description;
};

/* Must not be moved after that. The limits are those of the archive that was checked, of which this is a second
 * reading: its size is the ceiling. */
enum provar_result pv_push_look(struct pv_push_look *look, const struct pv_content *file,
                                struct provar_error *err) PV_MUST_CHECK;
void pv_push_look_release(struct pv_push_look *look);

/* The config blob of every manifest of a push. */
struct pv_push_config {
    struct pv_str text;
    struct pv_digest digest;
};

struct pv_push_image {
    struct pv_content file; /* set by the caller */
    struct pv_digest file_digest;
    struct pv_buf json;
    struct pv_named named;
};

/* Hashes the file and writes its manifest. */
enum provar_result pv_push_image_make(struct pv_push_image *image, const struct pv_push_look *look,
                                      const struct provar_push_options *options, const struct pv_push_config *config,
                                      struct provar_error *err) PV_MUST_CHECK;
void pv_push_image_release(struct pv_push_image *image);

/* Names a document by its digest. */
enum provar_result pv_push_name(const struct pv_buf *json, const char *media_type, struct pv_named *named,
                                struct provar_error *err) PV_MUST_CHECK;

/* Puts what is not there yet; the layer's way is watched. */
enum provar_result pv_push_put_blob(struct pv_backend *backend, const struct pv_digest *digest,
                                    const struct pv_content *content, struct provar_error *err) PV_MUST_CHECK;
enum provar_result pv_push_image_put_layer(const struct pv_push_image *image, struct pv_watched *watched,
                                           struct pv_backend *backend, struct provar_error *err) PV_MUST_CHECK;

#endif
