/* libprovar-store: provider archives in OCI registries and image layouts, by reference. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROVAR_STORE_H
#define PROVAR_STORE_H

/*
 * A second library, so that a program that needs no store loads none of this. The rules of provar.h hold here too.
 *
 * A reference is one of
 *
 *     REGISTRY/REPO[:TAG][@DIGEST]    in a registry; REGISTRY has a dot or a port, or is localhost
 *     oci://HOST/REPO[:TAG][@DIGEST]  the same, for any host
 *     oci:DIR[:TAG][@DIGEST]          in an OCI image layout, a directory, or a tar file to read; DIR has no colon
 *
 * Where there are a tag and a digest, the digest decides.
 */

#include "provar.h"

#ifdef __cplusplus
extern "C" {
#endif

enum provar_reference_flags {
    PROVAR_REFERENCE_DOCKER_HUB = 1 /* without REGISTRY it is docker.io, where library/ leads a REPO of one part */
};

/* PROVAR_OK when the text is a reference; else PROVAR_E_USAGE. */
PROVAR_FALLIBLE enum provar_result provar_reference_check(const char *text, size_t len, uint32_t flags,
                                                          struct provar_error *err);

/* Whether a word that may name a file or a reference names a file (1) or not (0). The caller says whether there is
 * something of that path. oci://... is never a file. Else a path that exists is one; then oci:... is not; then "-",
 * what begins with "/" or ".", and what ends in ".par" or ".par.gz" is one; then what has a dot or a colon before the
 * first slash, or localhost there, is not; everything else is. */
PROVAR_API int provar_reference_is_file(const char *text, size_t len, int path_exists);

/* ---------------------------------------------------------------- a session */

/* What a program does with stores. Used by one thread at a time. Must live longer than the archives that were opened
 * through it. */
struct provar_store;

enum provar_store_flags {
    PROVAR_STORE_PLAIN_HTTP = 1,      /* http and no TLS, credentials too; without it only on this machine, if the
                                         registry does not speak TLS */
    PROVAR_STORE_SKIP_TLS_VERIFY = 2, /* anybody may be the registry; each session is warned of it */
    PROVAR_STORE_CA_ONLY = 4,         /* ca_file alone, and not the system's authorities */
    PROVAR_STORE_ALLOW_FOREIGN = 8    /* what a registry has not is fetched from the `urls` of its descriptor, if a
                                         redirect might lead there, without credentials (CVE-2020-15157); without it
                                         they count for nothing */
};

/* A file of credentials in docker's format. */
struct provar_auth_file {
    const char *path;   /* or NULL with `text` */
    const char *text;   /* the JSON itself */
    int32_t must_exist; /* 1: what cannot be read is an error; 0: missing is right, and malformed a warning */
    uint32_t reserved0;
};

/* Texts end in a NUL, are NULL where nothing is asked for, and are copied. */
struct provar_store_options {
    size_t size;    /* sizeof(struct provar_store_options) */
    uint32_t flags; /* enum provar_store_flags */
    uint32_t reserved0;
    const char *username, *password;           /* for every registry; both or none, and no empty username */
    const struct provar_auth_file *auth_files; /* asked in this order without a username; auth_file_count of them */
    size_t auth_file_count;
    const char *ca_file;              /* PEM */
    const char *cert_file, *key_file; /* of the client, PEM */
    const char *certs_dirs; /* directories with HOST:PORT/{*.crt,*.cert,*.key}, colons between; searched in order */
    const char *proxy, *no_proxy; /* as curl's; NULL: what libcurl takes from the environment */
    const char *upload_host;      /* another host, with port, where a registry may send uploads to */
    /* One line that the user should see, escaped, without a line feed. May be NULL. */
    void (*warn)(const char *line, size_t len, void *user);
    /* So many bytes of an archive have been moved, of so many, or of 0 where nobody knows that beforehand. `done` falls
     * when the next transfer begins. Returns 0, or another number to stop (PROVAR_E_IO). May be NULL. */
    int (*progress)(uint64_t done, uint64_t total, void *user);
    void *user;
    const char *temp_dir;   /* where what comes from a registry lies in between, without a name; NULL is "/var/tmp" */
    uint64_t max_copy_size; /* the most that one provar_copy moves, by its manifests; 0: 8 GiB */
    const char *username_source; /* what messages call where username and password came from; NULL: "the options" */
    uint64_t reserved[5];
};

/* `options` may be NULL. */
PROVAR_FALLIBLE enum provar_result provar_store_new(const struct provar_store_options *options,
                                                    struct provar_store **store, struct provar_error *err);
PROVAR_API void provar_store_free(struct provar_store *store);

enum { PROVAR_DIGEST_LEN = 71, PROVAR_TAG_LEN = 128, PROVAR_TARGET_LEN = 64 };

/* Where an archive is. Texts end in a NUL. */
struct provar_stored {
    size_t size;                        /* sizeof(struct provar_stored), set by the caller */
    char digest[PROVAR_DIGEST_LEN + 1]; /* of the manifest: "sha256:...", what a reference ends in */
    char blob[PROVAR_DIGEST_LEN + 1];   /* of the archive's file, where it is one layer; else empty */
    char tag[PROVAR_TAG_LEN + 1];       /* the one that was asked for, chosen or given first; empty without one */
    char target[PROVAR_TARGET_LEN + 1]; /* whose archive was chosen of an index of several; else empty */
    uint64_t bytes;                     /* of the archive's file; of an index, when it is pushed, all of them */
    int32_t blob_verified;              /* 1: all of its bytes have been compared with the digest of the file */
    int32_t claims_bound;               /* 1: they, or the token, with a digest that the manifest has */
    uint64_t reserved[8];
};

/* ---------------------------------------------------------------- push */

enum provar_push_flags {
    PROVAR_PUSH_ALLOW_LATEST = 1,     /* the tag `latest`, or in a registry none */
    PROVAR_PUSH_ALLOW_UPPER_CASE = 2, /* a tag with capitals, which hosts cannot pull: they use lower case */
    PROVAR_PUSH_BY_REVISION = 4,      /* tags it `rev-N`, N the token's revision. A tag of that form is kept as with
                                         NO_CLOBBER, whoever named it, and is PROVAR_E_USAGE for another N */
    PROVAR_PUSH_NO_CLOBBER = 8,       /* a tag that names other content is PROVAR_E_REGISTRY. In a layout that holds
                                         whoever comes first; a registry has no compare-and-swap: two may both write,
                                         and whoever finds other content there a moment later fails so */
    PROVAR_PUSH_DRY_RUN = 16,         /* stores nothing, asks nobody; everything else is done */
    PROVAR_PUSH_MANIFEST_WASH = 32,   /* the bytes of the manifest that `wash push` makes: no annotations of ours */
    PROVAR_PUSH_OCI_IMAGE_TYPES = 64, /* media types of container images, for registries that refuse others */
    PROVAR_PUSH_PER_TARGET = 128 /* an index of archives with the same token and one target each: hosts take theirs */
};

/* How a registry is sent a blob. */
enum provar_upload {
    PROVAR_UPLOAD_AUTO = 0,    /* the next of these where the registry refuses one */
    PROVAR_UPLOAD_PUT = 1,     /* all of it in one request */
    PROVAR_UPLOAD_CHUNKED = 2, /* parts, in order */
    PROVAR_UPLOAD_PATCH = 3    /* all of it as the only part */
};

struct provar_push_options {
    size_t size; /* sizeof(struct provar_push_options) */
    uint32_t flags;
    uint32_t upload;         /* enum provar_upload */
    const char *const *tags; /* more of them beside the reference's, each ending in a NUL; tag_count of them */
    size_t tag_count;
    const char *const *annotations; /* of the manifest, "KEY=VALUE", each ending in a NUL; annotation_count of them */
    size_t annotation_count;
    const void *config; /* the config blob instead of `{}`; NULL with a length of 0 */
    size_t config_len;
    /* Shown the manifest, or the index, before it is stored. Returns 0, or another number to stop (PROVAR_E_IO). May be
     * NULL. */
    int (*manifest)(const char *json, size_t len, void *user);
    void *user;
    uint64_t chunk_size;  /* bytes of a part, where there are parts; 0: 4 MiB. A registry may demand larger ones */
    const char *temp_dir; /* with PROVAR_PUSH_PER_TARGET: for the archives of one target; NULL is "/var/tmp" */
    uint64_t reserved[6];
};

/* Stores an archive: blob, config, then manifest, then tags. Blobs that are there are not sent again; a layout that is
 * missing is made. The manifest says what the archive's claims say (name, version, revision, issuer, subject, targets),
 * and the digests of its token and of its target index; the same archive and options make the same manifest. The file
 * must be readable again (PROVAR_OPEN_KEEP for a pipe). A digest in the reference is what the manifest must have
 * (PROVAR_E_REGISTRY). `options` may be NULL, and `stored`. */
PROVAR_FALLIBLE enum provar_result provar_push(struct provar_store *store, const struct provar_checked *checked,
                                               const char *reference, size_t len,
                                               const struct provar_push_options *options, struct provar_stored *stored,
                                               struct provar_error *err);

/* ---------------------------------------------------------------- retrieve */

enum provar_store_open_flags {
    PROVAR_STORE_RANGES = 1, /* reads what is asked for and no more: the blob's own digest stays unproven. Where the
                                manifest has the digest of the token, another token is PROVAR_E_REGISTRY; where it has
                                not, and the reference names a digest, all is read. What a policy has verified is what
                                was signed in any case */
    PROVAR_STORE_UNBOUND = 2 /* not all then either: for whom it is enough who has signed. The session is warned */
};

/* Opens an archive where it is stored; provar_look, provar_check and provar_verify then read from the store. Layers are
 * joined in the manifest's order. Of an index of several platforms the one of `target` is opened, with a length of 0
 * this host's. `options` are those of provar_open and may be NULL: what the manifest says is larger is PROVAR_E_LIMIT
 * before it is fetched. `stored` may be NULL. */
PROVAR_FALLIBLE enum provar_result provar_store_open(struct provar_store *store, const char *reference, size_t len,
                                                     const char *target, size_t target_len, uint32_t flags,
                                                     const struct provar_open_options *options,
                                                     struct provar_stored *stored, struct provar_archive **archive,
                                                     struct provar_error *err);

/* Fails as the last read of such an archive did: to the archive itself a store is a source like any other, and what it
 * cannot read is PROVAR_E_IO. */
PROVAR_FALLIBLE enum provar_result provar_store_failure(const struct provar_store *store, struct provar_error *err);

enum provar_pull_flags {
    PROVAR_PULL_ALLOW_LATEST = 1,    /* the tag `latest`, or in a registry none */
    PROVAR_PULL_REVISION = 2,        /* what `rev-N` names, if its token says N; the reference has no tag */
    PROVAR_PULL_NEWEST_REVISION = 4, /* the highest N whose archive the policy accepts; each that it, or the check,
                                        refuses is passed over with a warning; one that the store does not give whole
                                        is the result; the reference has no tag */
    PROVAR_PULL_EXECUTABLE = 8,      /* of the archive `target`'s executable alone, mode 0755, reading what leads to it,
                                        as with PROVAR_STORE_RANGES; the policy covers the target, and may defer
                                        digests */
    PROVAR_PULL_UNBOUND = 16,        /* the executable, as with PROVAR_STORE_UNBOUND */
    PROVAR_PULL_WHOLE = 32           /* the executable, once all of the archive is compared with its digest */
};

struct provar_pull_options {
    size_t size; /* sizeof(struct provar_pull_options) */
    uint32_t flags;
    int32_t revision;                       /* with PROVAR_PULL_REVISION */
    const struct provar_open_options *open; /* limits, as of provar_store_open; may be NULL */
    const char *target;                     /* of an index of several, or alone; length 0 is this host's */
    size_t target_len;
    const char *history; /* moved forwards to the archive, as by provar_verified_record, before anything is let out;
                            length 0: none */
    size_t history_len;
    /* Asked when an archive is accepted, before the history is: 0, or another number where none can be kept. May be
     * NULL. */
    int (*may_record)(void *user);
    void *user;
    uint64_t reserved[4];
};

/* Retrieves an archive's file. Its digest is compared as it arrives, and the file gets its name, or reaches the
 * descriptor or callback, only when the policy accepts the archive: of an index, whose archives may have one target
 * each, as provar_verify_target says. What has come from a registry when the process ends, or when what failed may pass
 * (the network, rights, a status such as 503 or 429), stays in the path's directory, as .provar-HEX.part by the file's
 * digest, until the next pull of it there. `options` and `stored` may be NULL. */
PROVAR_FALLIBLE enum provar_result provar_pull(struct provar_store *store, const char *reference, size_t len,
                                               const struct provar_policy *policy,
                                               const struct provar_pull_options *options,
                                               const struct provar_output *to, struct provar_stored *stored,
                                               struct provar_error *err);

/* ---------------------------------------------------------------- list, copy */

/* What stands under one tag, as its manifest says: nobody has signed that. Texts end in a NUL, live for one call, and
 * are NULL where the manifest says nothing. */
struct provar_store_entry {
    size_t size; /* sizeof(struct provar_store_entry) of the library */
    const char *tag;
    const char *digest; /* of the manifest */
    const char *name;
    const char *version;
    const char *revision;
    const char *issuer;
    const char *subject;
    const char *targets; /* with commas between them */
    const char *created; /* when the token was issued: RFC 3339 */
    const char *fault;   /* why the manifest cannot be read; then everything but tag and digest is unknown */
    uint64_t bytes;      /* of the archive's file; 0 for an index of several platforms */
    uint64_t reserved[8];
};

/* Returns 0, or another number to stop (PROVAR_E_IO). */
typedef int (*provar_store_entry_fn)(const struct provar_store_entry *entry, void *user);

/* Every tag of a repository or layout, in the store's order; with a tag in the reference, that one. A manifest that
 * cannot be read is an entry with a fault; that of the one tag that was asked for is the result. PROVAR_E_LIMIT beyond
 * 4096 tags, or 2 MiB of their texts together; those before have been given. */
PROVAR_FALLIBLE enum provar_result provar_store_list(struct provar_store *store, const char *reference, size_t len,
                                                     provar_store_entry_fn each, void *user, struct provar_error *err);

/* A manifest that refers to another, as its store says. Texts end in a NUL and live for one call. */
struct provar_store_referrer {
    size_t size; /* sizeof(struct provar_store_referrer) of the library */
    const char *digest;
    const char *media_type;
    const char *artifact_type; /* of its config, where it has none of its own; NULL where the store does not say */
    const char *created;       /* RFC 3339; NULL where it does not say */
    uint64_t bytes;            /* of the manifest */
    uint64_t reserved[8];
};

/* Returns 0, or another number to stop (PROVAR_E_IO). */
typedef int (*provar_store_referrer_fn)(const struct provar_store_referrer *referrer, void *user);

/* What refers to the manifest that a reference names, by its `subject`: signatures, lists of materials. Nobody has
 * verified them. `artifact_type` ends in a NUL; NULL is all of them. A registry without an API for it has a tag in its
 * place, sha256-HEX; a layout lists them in index.json. PROVAR_E_LIMIT beyond 2 MiB of their texts together; those
 * before have been given. */
PROVAR_FALLIBLE enum provar_result provar_store_referrers(struct provar_store *store, const char *reference, size_t len,
                                                          const char *artifact_type, provar_store_referrer_fn each,
                                                          void *user, struct provar_error *err);

enum provar_copy_flags {
    PROVAR_COPY_REFERRERS = 256 /* and what refers to it, and to that again: signatures, lists of materials */
};

/* Copies what a reference names, all manifests of an index, to another store. Manifests are copied byte for byte, so
 * the digest stays; every blob is compared with its own before a registry is sent it. An image with which the sizes in
 * the manifests pass the session's max_copy_size is PROVAR_E_LIMIT before it is fetched. The destination's tag, or
 * without one the source's, names the copy; one of the form rev-N that names other content stays, as any does with
 * PROVAR_PUSH_NO_CLOBBER: PROVAR_E_REGISTRY; and rev-N is PROVAR_E_USAGE for a manifest that says another revision.
 * `flags` are that and enum provar_copy_flags. `stored` may be NULL. */
PROVAR_FALLIBLE enum provar_result provar_copy(struct provar_store *store, const char *source, size_t source_len,
                                               const char *destination, size_t destination_len, uint32_t flags,
                                               struct provar_stored *stored, struct provar_error *err);

/* ---------------------------------------------------------------- gc */

enum provar_gc_flags {
    PROVAR_GC_DRY_RUN = 1, /* removes nothing; all else is done */
    PROVAR_GC_NO_GRACE = 2 /* a grace of 0: no other program writes to the layout */
};

struct provar_gc_options {
    size_t size; /* sizeof(struct provar_gc_options) */
    uint32_t flags;
    uint32_t reserved0;
    uint64_t grace; /* seconds; what was written or changed within them stays. 0: an hour */
    /* Gets the path in the layout of each file that was removed, or with PROVAR_GC_DRY_RUN would be, and its size.
     * Returns 0, or another number to stop (PROVAR_E_IO). May be NULL. */
    int (*removed)(const char *path, uint64_t bytes, void *user);
    void *user;
    uint64_t reserved[6];
};

struct provar_gc_result {
    size_t size;    /* sizeof(struct provar_gc_result), set by the caller */
    uint64_t count; /* of files */
    uint64_t bytes;
    uint64_t reserved[6];
};

/* Removes from an OCI layout, "oci:DIR", what nothing names: the blobs that neither index.json nor a document leads to
 * that it names, and the files of processes that were killed. What has lost its tag, but stands in index.json, stays.
 * Where a document cannot be read, nothing is removed: PROVAR_E_REGISTRY; PROVAR_E_UNSAFE_PATH for a link in its place;
 * PROVAR_E_LIMIT for one of more than 4 MiB, or for more than 65536 blobs that are named. Waits for those that write by
 * this library, a minute at most (PROVAR_E_IO). Files that belong to no layout stay, with a warning; a layout in a tar
 * file stays as it is (PROVAR_E_REGISTRY). Any other reference is PROVAR_E_USAGE. `options` and `collected` may be
 * NULL.
 */
PROVAR_FALLIBLE enum provar_result provar_store_gc(struct provar_store *store, const char *reference, size_t len,
                                                   const struct provar_gc_options *options,
                                                   struct provar_gc_result *collected, struct provar_error *err);

#ifdef __cplusplus
}
#endif

#endif
