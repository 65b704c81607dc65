/* Bytes of a blob out of a registry: whole or a range, sent on, broken off, begun again where they broke off. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_REGISTRY_FETCH_H
#define PV_REGISTRY_FETCH_H

#include "store/image/digest.h"
#include "store/registry/registry_request.h"

/*
 *     registry   GET /v2/REPOSITORY/blobs/DIGEST -> bytes, or on to its storage, whose URL is kept while it is good
 *        | 404, and other places were allowed (PULL-7)
 *     foreign    GET urls[0] -> urls[1] -> ...   in order, without credentials, where a redirect of the registry
 *                                                might lead; one goes on where the last one ended
 *
 * One blob, and what was learned about how it is had; holds for one session alone.
 */
struct pv_registry_fetch {
    struct pv_registry *registry;
    const char *repository;
    const struct pv_digest *digest;
    uint64_t size;
    bool has_no_ranges; /* asked for a range, the registry refused, or gave the whole */
    bool has_url;       /* where it has sent us on to: each hop costs a round trip */
    struct pv_url url;
    const struct pv_str *foreign; /* other places where its manifest says that it is; foreign_count of them */
    size_t foreign_count, foreign_next;
    bool is_foreign; /* `url` is one of them */
    bool may_pass;   /* why the last of it failed; false when it did not */
};

/* Takes the bytes that stand at `offset`. */
typedef enum provar_result (*pv_registry_take_fn)(void *user, uint64_t offset, const void *data, size_t len,
                                                  struct provar_error *err);

/* Gives all bytes from `from` to the size, in order, each once; of a registry that sends all of them in their place
 * what stands before is passed over. The digest is the caller's to compare. */
enum provar_result pv_registry_fetch_rest(struct pv_registry_fetch *fetch, uint64_t from, pv_registry_take_fn take,
                                          void *user, struct provar_error *err) PV_MUST_CHECK;

/* Gives the bytes [from, to), in order; or, where the registry has no ranges, all from 0 to the size. */
enum provar_result pv_registry_fetch_range(struct pv_registry_fetch *fetch, uint64_t from, uint64_t to,
                                           pv_registry_take_fn take, void *user,
                                           struct provar_error *err) PV_MUST_CHECK;

#endif
