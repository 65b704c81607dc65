/* A blob of a registry: read in one stream, or only where somebody looks. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_REGISTRY_BLOB_H
#define PV_REGISTRY_BLOB_H

#include "store/image/backend.h"
#include "store/registry/registry_request.h"

/*
 *     size   0 ........ 64 KiB .................................................. size
 *            [ front    ]         one request, kept
 *                           [ window ]  what was asked for, at least 4 KiB; at 64 KiB behind the last one or nearer at
 *                                       least 64 KiB, and twice as much each time
 *                                            [ kept file: what is going to be read in order, in one request ]
 *            [ front    ][ kept file: what is read on from the start, by half as much again each time ]
 *
 * Every range is closed, ends before the size, and is asked for by GET; where the registry gives the whole in place of
 * a range, that answer is kept in a file and serves everything else, a stream too.
 */

/* Asks nobody yet. Registry, repository and the descriptor's urls are borrowed. */
enum provar_result pv_registry_blob_open(struct pv_registry *registry, const char *repository,
                                         const struct pv_descriptor *descriptor, struct pv_blob **blob,
                                         struct provar_error *err) PV_MUST_CHECK;

#endif
