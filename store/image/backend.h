/* What a registry and an OCI layout have in common: names, manifests, and blobs under their digests. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_BACKEND_H
#define PV_BACKEND_H

#include "provar-store.h"

#include "store/image/manifest.h"
#include "store/image/media_type.h"

/* Takes the next bytes of a content. */
typedef enum provar_result (*pv_take_fn)(void *user, const void *data, size_t len, struct provar_error *err);

/* Bytes of known length, which can be read from any place: at most cap, fewer only at the end. */
struct pv_content {
    enum provar_result (*read_at)(void *user, uint64_t offset, void *buf, size_t cap, size_t *len,
                                  struct provar_error *err);
    /* Where reading in order has a better way: gives all of it, as many bytes as the size says. NULL: read_at. */
    enum provar_result (*stream)(void *user, pv_take_fn take, void *taker, struct provar_error *err);
    /* A hint, where each read_at costs much: these bytes are going to be read, in order. NULL: all the same. */
    void (*expect)(void *user, uint64_t from, uint64_t to);
    void *user;
    uint64_t size;
};

/* A blob that is open. What it gives has not been compared with its digest; it has the size that was asked for. */
struct pv_blob;
struct pv_blob_ops {
    enum provar_result (*read_at)(struct pv_blob *blob, uint64_t offset, void *buf, size_t cap, size_t *len,
                                  struct provar_error *err);
    /* As pv_content's, but only what stands from `from` on; may be NULL. */
    enum provar_result (*stream)(struct pv_blob *blob, uint64_t from, pv_take_fn take, void *user,
                                 struct provar_error *err);
    void (*expect)(struct pv_blob *blob, uint64_t from, uint64_t to);
    /* For who reads a second time what he has proven: whether it is still as it was. Where somebody may have written to
     * it all of it is compared again, and what was read since is to be read `*again`; other bytes are
     * PROVAR_E_REGISTRY. NULL where nobody else can write to it. */
    enum provar_result (*check_unwritten)(struct pv_blob *blob, bool *again, struct provar_error *err);
    void (*free)(struct pv_blob *blob);
};
struct pv_blob {
    const struct pv_blob_ops *ops;
    struct pv_digest digest;
    uint64_t size;
    bool may_pass; /* why the last stream failed, so that what it gave before is worth keeping (RET-1) */
    /* Where read_at has much to bring, it says here how far that is, of how much, or of 0 where nobody knows how much
     * there will be. NULL: nobody listens. */
    enum provar_result (*tell)(void *listener, uint64_t done, uint64_t total, struct provar_error *err);
    void *listener;
};

/* A manifest as a store names it. The media type may be empty in a layout. */
struct pv_named {
    struct pv_digest digest;
    uint64_t size;
    char media_type[PV_MAX_MEDIA_TYPE + 1];
};

/* As a document describes it. */
struct pv_named pv_named_of(const struct pv_descriptor *descriptor);

/* Under which tags a manifest is stored; without any it is under its digest alone. */
struct pv_tags {
    const struct pv_str *list;
    size_t count;
    size_t kept; /* of the list, from its start: those that name other content stay (PROVAR_E_REGISTRY) */
    bool inner;  /* only for an index that names it: a layout does not list it */
};

/* `named` is NULL where a store does not say what a tag names before it is asked to resolve it. */
typedef enum provar_result (*pv_tag_fn)(void *user, struct pv_str tag, const struct pv_named *named,
                                        struct provar_error *err);

/* A manifest that refers to another; what its store says of it. */
typedef enum provar_result (*pv_referrer_fn)(void *user, const struct pv_descriptor *referrer,
                                             struct provar_error *err);

struct pv_backend;
struct pv_backend_ops {
    /* What a digest names, or without one a tag, or without both the only manifest that there is. PROVAR_E_NOT_FOUND.
     */
    enum provar_result (*resolve)(struct pv_backend *backend, struct pv_str tag, const struct pv_digest *digest,
                                  struct pv_named *found, struct provar_error *err);
    /* The bytes of what resolve found, whose length and digest have been compared: PROVAR_E_REGISTRY. */
    enum provar_result (*manifest_get)(struct pv_backend *backend, const struct pv_named *named, struct pv_buf *json,
                                       struct provar_error *err);
    /* Stores a manifest whose blobs are there. Adding it twice changes nothing. */
    enum provar_result (*manifest_put)(struct pv_backend *backend, const struct pv_named *named, struct pv_str json,
                                       const struct pv_tags *tags, struct provar_error *err);
    /* The descriptor's urls must live as long as the blob. */
    enum provar_result (*blob_open)(struct pv_backend *backend, const struct pv_descriptor *descriptor,
                                    struct pv_blob **blob, struct provar_error *err);
    /* Whether a blob of this digest and size is there. */
    enum provar_result (*blob_has)(struct pv_backend *backend, const struct pv_digest *digest, uint64_t size, bool *has,
                                   struct provar_error *err);
    /* Stores bytes that have this digest (PROVAR_E_REGISTRY when they turn out to have another: nothing is stored). */
    enum provar_result (*blob_put)(struct pv_backend *backend, const struct pv_digest *digest,
                                   const struct pv_content *from, struct provar_error *err);
    /* Takes a blob over from another store without its bytes; *mounted is false where that cannot be. NULL: a store
     * that reads what is put, in order and once, and is sent nothing. */
    enum provar_result (*blob_mount)(struct pv_backend *backend, struct pv_backend *from,
                                     const struct pv_digest *digest, bool *mounted, struct provar_error *err);
    /* Every tag, in the store's order. A result of `each` other than PROVAR_OK ends the walk. */
    enum provar_result (*list_tags)(struct pv_backend *backend, pv_tag_fn each, void *user, struct provar_error *err);
    /* Every manifest whose subject is this digest, as far as the store knows them. A result of `each` other
     * than PROVAR_OK ends the walk. */
    enum provar_result (*referrers)(struct pv_backend *backend, const struct pv_digest *subject, pv_referrer_fn each,
                                    void *user, struct provar_error *err);
    void (*free)(struct pv_backend *backend);
};

/* How a registry is sent a blob. */
struct pv_upload_settings {
    enum provar_upload way;
    uint64_t chunk; /* bytes of a part; 0: PV_UPLOAD_CHUNK */
};

/* The head of every backend. */
struct pv_backend {
    const struct pv_backend_ops *ops;
    struct pv_upload_settings upload; /* set by whoever puts blobs; counts in a registry alone */
    /* Set by whoever resolves names and gets no manifest by them: a registry is asked by HEAD, which it does not count
     * where it counts what is pulled (RET-3). */
    bool names_only;
};

/* PROVAR_E_REGISTRY where one of the kept tags names other content than this digest; what names nothing is PROVAR_OK.
 * The answer is that of a moment before: no registry has a compare-and-swap (PUSH-9). */
enum provar_result pv_backend_check_tags(struct pv_backend *backend, const struct pv_tags *tags,
                                         const struct pv_digest *digest, struct provar_error *err) PV_MUST_CHECK;
/* Fails so for a tag that names `there`, which may be empty. */
enum provar_result pv_backend_refuse_tag(struct pv_str tag, const struct pv_digest *there,
                                         struct provar_error *err) PV_MUST_CHECK;

static inline void pv_backend_free(struct pv_backend *backend) {
    if (backend)
        backend->ops->free(backend);
}
PV_DEFINE_CLEANUP(pv_backend_cleanup, struct pv_backend, pv_backend_free)
#define PV_AUTO_BACKEND PV_CLEANUP(pv_backend_cleanup)

static inline void pv_blob_free(struct pv_blob *blob) {
    if (blob)
        blob->ops->free(blob);
}
PV_DEFINE_CLEANUP(pv_blob_cleanup, struct pv_blob, pv_blob_free)
#define PV_AUTO_BLOB PV_CLEANUP(pv_blob_cleanup)

#endif
