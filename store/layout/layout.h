/* An OCI image layout (image-spec, image-layout.md): a store in a directory, without a server. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_LAYOUT_H
#define PV_LAYOUT_H

#include "store/image/backend.h"

/*
 *     DIR/index.json           the tags: store/layout/layout_index.h; there, naming nothing, before 'oci-layout' is
 *     DIR/oci-layout           {"imageLayoutVersion":"1.0.0"}; locked while index.json changes, never replaced
 *     DIR/blobs/sha256/HEX     manifests and blobs, each under its digest
 *     DIR/partial/             what is being written, where a file system cannot do without a name
 *
 * The directory of blobs is locked, too, shared by those who write, so that nobody collects what they count on:
 * store/layout/layout_gc.h. Nothing in the layout is opened through a link. Files that are not of these are left alone.
 * The same in a tar file (store/layout/layout_tar.h) can be read.
 */

/* With `create` a directory that is missing or empty becomes a layout, and blobs and tags can be put. Without, a
 * directory that is missing is PROVAR_E_NOT_FOUND. One that is no layout is PROVAR_E_REGISTRY; so, with
 * `create`, is a file. */
enum provar_result pv_layout_open(struct pv_str directory, bool create, struct pv_backend **backend,
                                  struct provar_error *err) PV_MUST_CHECK;

#endif
