/* A session with stores: what its owner wants and wants to hear, and the way from a reference to a backend. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_SESSION_H
#define PV_SESSION_H

#include "store/image/backend.h"
#include "store/image/reference.h"

struct provar_store {
    struct provar_store_options options; /* whose texts are the session's own */
    struct pv_registries *registries;    /* that were asked so far */
    struct provar_error failure;         /* why an archive's source failed; empty when the last read of one did not */
};

/* The store that a reference names. With `create` it is going to be written to. */
enum provar_result pv_session_backend(const struct provar_store *store, const struct pv_reference *reference,
                                      bool create, struct pv_backend **backend, struct provar_error *err) PV_MUST_CHECK;

/* Gives the owner of the session a line; untrusted text in it is escaped already. */
void pv_session_warn(const struct provar_store *store, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Tells the owner of the session how far a transfer is; PROVAR_E_IO when he stops it. */
enum provar_result pv_session_tell(const struct provar_store *store, uint64_t done, uint64_t total,
                                   struct provar_error *err) PV_MUST_CHECK;

/* A content that tells the session's owner how far it was read. `total` is what it counts against; `done` is kept over
 * several contents that follow each other. */
struct pv_watched {
    const struct provar_store *store; /* NULL: it is only counted */
    struct pv_content inner;
    uint64_t done, total;
    pv_take_fn take; /* whom a stream is for */
    void *taker;
};
struct pv_content pv_session_watch(struct pv_watched *watched);

#endif
