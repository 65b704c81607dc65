/* A push of an archive as several: one of each target, under one token, and the index that names them by platform. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_PUSH_INDEX_H
#define PV_PUSH_INDEX_H

#include "store/push_image.h"

/*
 *     index    {manifests: [{digest, platform: {os, architecture}}, ...], annotations as of the whole archive}
 *       manifest   of one target, annotations as of its archive
 *         layer      the archive: claims.jwt as it was signed, world.wasm where there is one, ARCH-OS.bin
 *
 * Hosts take the manifest of their platform, and accept an archive that has less than its claims list.
 */
struct pv_push_part; /* one target's archive, and its manifest */

struct pv_push_index {
    struct pv_push_part *parts; /* in the order of the archive's members */
    size_t count;
    uint64_t bytes; /* of all the archives */
    struct pv_buf json;
    struct pv_named named;
};

/* Makes the archives, in temporary files without a name, and every document. `look` is at the whole archive. A target
 * that has no platform is PROVAR_E_USAGE. To be released after a failure too. */
enum provar_result pv_push_index_make(struct pv_push_index *index, const struct provar_checked *checked,
                                      const struct pv_push_look *look, const struct provar_push_options *options,
                                      const struct pv_push_config *config, struct provar_error *err) PV_MUST_CHECK;
void pv_push_index_release(struct pv_push_index *index);

/* Puts the layers, and the manifests of the targets behind the config, which is there. The index itself is left. */
enum provar_result pv_push_index_put_layers(const struct pv_push_index *index, struct pv_watched *watched,
                                            struct pv_backend *backend, struct provar_error *err) PV_MUST_CHECK;
enum provar_result pv_push_index_put_manifests(const struct pv_push_index *index, struct pv_backend *backend,
                                               struct provar_error *err) PV_MUST_CHECK;

#endif
