/* libprovar: create, sign, look into, check, verify, extract and run provider archives. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROVAR_H
#define PROVAR_H

/*
 * A provider archive (PAR) is a tar file, plain or gzip, with a signed token `claims.jwt` and one native
 * executable or plug-in per target, `ARCH-OS.bin`. docs/FORMAT.md draws it.
 *
 * The order of this header is the order of the work:
 *
 *     keys -> builder -> write            makes an archive
 *     open -> look                        shows what an archive says, believed by nobody
 *     open -> check                       intact, and signed by the key that it names
 *     open -> verify(policy) -> extract   and by a key that the caller believes: only now may bytes leave
 *                            -> run
 *
 * Rules for every function, unless it says otherwise:
 *  - Text and bytes go in as pointer and length, never by a terminating NUL; a length of 0 allows NULL. Text that
 *    comes out is borrowed, lives as long as the object it came from, and ends in a NUL that the length excludes;
 *    every `size_t *len` may be NULL.
 *  - A function that can fail returns enum provar_result (0 is success) and describes the failure in `err`, which
 *    the caller owns and which may be NULL. An err that already holds a failure keeps it: the first error wins.
 *  - Outputs are written on success only. A `_free` function takes NULL. Any other pointer is required unless it is
 *    said that it may be NULL: NULL is else PROVAR_E_USAGE to a function that can fail, and not allowed to others.
 *  - An object may be used by one thread at a time; `const` objects by several at once. There is no global state but
 *    an OpenSSL context of the library's own, made once, which no configuration file of OpenSSL's reaches.
 *  - The library never prints, exits, or reads the environment. Callbacks run on the caller's thread. Threads that a
 *    function starts have ended when it returns, and take no signals; so no thread may be cancelled, and no callback
 *    may unwind the stack, inside of one.
 *  - A struct that begins with `size` is set to zero by the caller, who then puts its sizeof there.
 */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define PROVAR_API      __attribute__((visibility("default")))
#define PROVAR_FALLIBLE PROVAR_API __attribute__((warn_unused_result))
#else
#define PROVAR_API
#define PROVAR_FALLIBLE
#endif

/* ---------------------------------------------------------------- version and errors */

/* The version of the library that runs, for example "0.1.0". */
PROVAR_API const char *provar_version(void);

enum provar_result {
    PROVAR_OK = 0,
    PROVAR_E_INTERNAL = 1,     /* a fault of the library or of one it uses */
    PROVAR_E_NO_MEMORY = 2,    /* an allocation failed */
    PROVAR_E_USAGE = 3,        /* the caller's arguments are wrong */
    PROVAR_E_IO = 4,           /* the system refused to read, write or create */
    PROVAR_E_LIMIT = 5,        /* larger, longer or deeper than the limits allow */
    PROVAR_E_FORMAT = 6,       /* neither tar nor gzip */
    PROVAR_E_GZIP = 7,         /* RFC 1951 or 1952 is violated, or bytes follow the one member */
    PROVAR_E_TAR = 8,          /* the tar framing is damaged or ambiguous */
    PROVAR_E_ENTRY = 9,        /* a member that no provider archive has */
    PROVAR_E_JWT = 10,         /* the token's framing or header */
    PROVAR_E_CLAIMS = 11,      /* the token's payload */
    PROVAR_E_KEY = 12,         /* a key that is not a well-formed, strong nkey of the kind needed */
    PROVAR_E_SIGNATURE = 13,   /* the issuer did not sign this token */
    PROVAR_E_DIGEST = 14,      /* a member is altered, or listed and missing */
    PROVAR_E_NO_TARGET = 15,   /* the target asked for is not in the archive */
    PROVAR_E_TIME = 16,        /* expired, not yet valid, or issued in the future */
    PROVAR_E_UNTRUSTED = 17,   /* intact, but the policy does not accept it */
    PROVAR_E_REVOKED = 18,     /* the issuer has taken it back */
    PROVAR_E_ROLLBACK = 19,    /* older than what was accepted before, or other content under its revision */
    PROVAR_E_UNSAFE_PATH = 20, /* a file that others may read or replace, or a link */
    PROVAR_E_EXEC = 21,        /* the executable cannot run here */
    PROVAR_E_REGISTRY = 22,    /* the registry refused, or its answer is wrong */
    PROVAR_E_AUTH = 23,        /* credentials refused or unsafe to send */
    PROVAR_E_NOT_FOUND = 24,   /* no such reference */
    PROVAR_E_NETWORK = 25      /* no connection */
};

#define PROVAR_NO_OFFSET UINT64_MAX

/* What went wrong. Owned by the caller; {0} is an empty one; it never holds allocated memory. */
struct provar_error {
    int32_t code;         /* an enum provar_result; 0 while nothing failed */
    uint32_t reserved0;   /* 0 */
    uint64_t offset;      /* byte of the input, inside the tar stream once that is reached; or PROVAR_NO_OFFSET */
    char member[136];     /* escaped name of the archive member concerned, or "" */
    char message[512];    /* one line without a full stop; untrusted text in it is escaped */
    uint64_t reserved[8]; /* 0 */
};

/* Makes `err` empty again, for use in another call. NULL is fine. */
PROVAR_API void provar_error_clear(struct provar_error *err);
/* The stable lower-case name of a result: "ok", "signature", "no-target", ... "unknown" for other numbers. */
PROVAR_API const char *provar_result_name(int result);

/* Writes untrusted text so that it cannot steer a terminal or a log: control characters, invalid UTF-8, and the
 * bidirectional and line-breaking code points of Unicode become \xHH or \u{H...}; a backslash becomes two. Writes at
 * most cap bytes, always ends in NUL when cap is not 0, never cuts an escape. Returns the length of the whole
 * escaped text, so that a result >= cap says that it was cut. `out` may be NULL when cap is 0. */
PROVAR_API size_t provar_escape(const char *text, size_t len, char *out, size_t cap);

/* ---------------------------------------------------------------- where bytes come from, where they go */

/* A source of the caller's own. `read` is required; the others may be NULL. One thread at a time calls them. */
struct provar_callbacks {
    size_t size; /* sizeof(struct provar_callbacks) */
    /* Fills buf with up to cap bytes. Returns how many, 0 at the end, or a negative number for failure. */
    int64_t (*read)(void *buf, size_t cap, void *user);
    /* The same from a given offset, without moving `read`. `total` must then be the size of the whole. */
    int64_t (*read_at)(void *buf, size_t cap, uint64_t offset, void *user);
    uint64_t total;
    void (*expect)(uint64_t from, uint64_t to, void *user); /* a hint: read_at will be asked for these, in order */
    int (*rewind)(void *user); /* lets `read` begin again at byte 0; returns 0, or a negative number for failure */
    /* Called once, when the archive is freed, or when opening fails; not for a struct of another size. */
    void (*close)(void *user);
    void *user;
};

enum provar_input_kind {
    PROVAR_INPUT_PATH = 1,     /* a regular file; a FIFO or a device is refused, not waited for */
    PROVAR_INPUT_FD = 2,       /* an open descriptor, borrowed; a pipe is read once, from where it stands */
    PROVAR_INPUT_MEMORY = 3,   /* borrowed: must stay as it is for as long as the object that reads it */
    PROVAR_INPUT_CALLBACKS = 4 /* for provar_open only; the struct is copied */
};

struct provar_input {
    size_t size; /* sizeof(struct provar_input) */
    enum provar_input_kind kind;
    int fd;
    const char *path;
    size_t path_len;
    const void *data;
    size_t data_len;
    const struct provar_callbacks *callbacks;
};

enum provar_output_kind {
    PROVAR_OUTPUT_PATH = 1,    /* appears under its name when it is complete, synced and proven, or not at all; when
                                  only the sync of its directory fails, PROVAR_E_IO says that it is in place; on the
                                  way a link that another user may have planted is PROVAR_E_UNSAFE_PATH */
    PROVAR_OUTPUT_FD = 2,      /* receives nothing before the verdict; borrowed; waited for where it would block;
                                  a reader that has gone is PROVAR_E_IO and raises no SIGPIPE */
    PROVAR_OUTPUT_CALLBACK = 3 /* the same */
};

enum provar_output_flags {
    PROVAR_OUTPUT_REPLACE = 1 /* a regular file of that name is replaced; without it, it is PROVAR_E_IO. Anything else
                                 of that name (a link, a device, a directory) is PROVAR_E_UNSAFE_PATH */
};

struct provar_output {
    size_t size; /* sizeof(struct provar_output) */
    enum provar_output_kind kind;
    int fd;
    const char *path;
    size_t path_len;
    int (*write)(const void *data, size_t len, void *user); /* returns 0, or another number to stop */
    void *user;
    uint32_t flags;
    uint32_t reserved0;
    const char *temp_dir; /* for FD and CALLBACK: where the unlinked temporary file lives; NULL is "/var/tmp" */
    size_t temp_dir_len;
};

/* ---------------------------------------------------------------- targets */

/* The name of the target that this process can run, such as "x86_64-linux": Rust's ARCH and OS names. */
PROVAR_API const char *provar_host_target(void);
/* PROVAR_OK when `text` may name a target in a new archive: lower case `arch-os` of [a-z0-9._], not a reserved
 * word; else PROVAR_E_USAGE. */
PROVAR_FALLIBLE enum provar_result provar_target_check(const char *text, size_t len, struct provar_error *err);

/* ---------------------------------------------------------------- keys (NATS nkeys) */

/* The kind of a key is the first letter of its public text. */
enum provar_key_kind {
    PROVAR_KEY_ACCOUNT = 'A',
    PROVAR_KEY_CLUSTER = 'C',
    PROVAR_KEY_MODULE = 'M',
    PROVAR_KEY_SERVER = 'N',
    PROVAR_KEY_OPERATOR = 'O',
    PROVAR_KEY_USER = 'U',
    PROVAR_KEY_SERVICE = 'V',
    PROVAR_KEY_CURVE = 'X' /* X25519: it has a public key but signs nothing */
};

enum { PROVAR_PUBLIC_LEN = 56, PROVAR_SEED_LEN = 58, PROVAR_SIGNATURE_LEN = 64, PROVAR_SHA256_LEN = 32 };

enum provar_key_flags {
    PROVAR_KEY_INSECURE_FILE = 1 /* load: accept a key file that others may read, or a link to one */
};

/* A key pair. Its seed is wiped when the key is freed. */
struct provar_key;
/* Makes a key from the system's random source. */
PROVAR_FALLIBLE enum provar_result provar_key_generate(enum provar_key_kind kind, struct provar_key **key,
                                                       struct provar_error *err);
/* Reads a seed, S + kind, 58 characters, canonical base32 and checksum; an LF or CRLF may follow. Never in an error. */
PROVAR_FALLIBLE enum provar_result provar_key_from_seed(const char *seed, size_t len, struct provar_key **key,
                                                        struct provar_error *err);
/* Reads a seed from a file, PROVAR_INPUT_PATH or PROVAR_INPUT_FD. A path that is a link, that others may read, or that
 * belongs to neither this user nor root, is PROVAR_E_UNSAFE_PATH unless flags hold PROVAR_KEY_INSECURE_FILE. */
PROVAR_FALLIBLE enum provar_result provar_key_load(const struct provar_input *from, uint32_t flags,
                                                   struct provar_key **key, struct provar_error *err);
/* Writes the seed and a line feed to a new file of mode 0600, which must not exist (PROVAR_E_IO) unless flags hold
 * PROVAR_OUTPUT_REPLACE. Missing directories are not made; one that belongs to another user than root or the caller, or
 * that others may write to (the sticky bit makes that harmless), is PROVAR_E_UNSAFE_PATH. */
PROVAR_FALLIBLE enum provar_result provar_key_save(const struct provar_key *key, const char *path, size_t path_len,
                                                   uint32_t flags, struct provar_error *err);
PROVAR_API enum provar_key_kind provar_key_get_kind(const struct provar_key *key);
/* The public text, PROVAR_PUBLIC_LEN characters; lives as long as the key. */
PROVAR_API const char *provar_key_public(const struct provar_key *key);
/* Writes the seed's text and a NUL. The caller wipes it. */
PROVAR_API void provar_key_seed(const struct provar_key *key, char seed[PROVAR_SEED_LEN + 1]);
/* Ed25519 (RFC 8032, 5.1.6) over msg. PROVAR_E_KEY for a curve key. */
PROVAR_FALLIBLE enum provar_result provar_key_sign(const struct provar_key *key, const void *msg, size_t len,
                                                   uint8_t signature[PROVAR_SIGNATURE_LEN], struct provar_error *err);
PROVAR_API void provar_key_free(struct provar_key *key);

/* Reads a public key's text: 56 characters, canonical base32, known kind, valid checksum, and a point that is neither
 * of small order nor written non-canonically; else, as for a seed, PROVAR_E_KEY. `kind` may be NULL. */
PROVAR_FALLIBLE enum provar_result provar_public_check(const char *text, size_t len, enum provar_key_kind *kind,
                                                       struct provar_error *err);

/* Signs for a key that lives elsewhere: writes the Ed25519 signature of msg and returns 0, or returns another number.
 * That, like a signature that is not the issuer's, is PROVAR_E_SIGNATURE. */
typedef int (*provar_sign_fn)(const void *msg, size_t len, uint8_t signature[PROVAR_SIGNATURE_LEN], void *user);

/* ---------------------------------------------------------------- create */

struct provar_checked; /* made by provar_check below */

/* An archive under construction. */
struct provar_builder;
PROVAR_FALLIBLE enum provar_result provar_builder_new(struct provar_builder **builder, struct provar_error *err);

/* Begins with the claims and members of an archive that was checked: `write` then keeps every claim but `jti` (new) and
 * `iat` (the later of now and the old one + 1), the issuer and the subject (another is PROVAR_E_UNTRUSTED). The proof
 * and its archive, which must be readable again (PROVAR_OPEN_KEEP), must live until the write. */
PROVAR_FALLIBLE enum provar_result provar_builder_from(const struct provar_checked *checked,
                                                       struct provar_builder **builder, struct provar_error *err);
PROVAR_API void provar_builder_free(struct provar_builder *builder);

/* Who signs: a key, borrowed until the write; or a callback for an account key that is held elsewhere. */
PROVAR_FALLIBLE enum provar_result provar_builder_set_issuer(struct provar_builder *builder,
                                                             const struct provar_key *key, struct provar_error *err);
PROVAR_FALLIBLE enum provar_result provar_builder_set_signer(struct provar_builder *builder, const char *issuer,
                                                             size_t len, provar_sign_fn sign, void *user,
                                                             struct provar_error *err);
/* Permits provar_builder_from's issuer and subject to change. */
PROVAR_API void provar_builder_allow_reissue(struct provar_builder *builder);

/* Texts are UTF-8 without NUL (PROVAR_E_CLAIMS), at most 256 KiB (PROVAR_E_LIMIT). The subject is a service key "V...";
 * `id` is `jti`, by default 22 random characters; the schema is one JSON object, kept as written. */
PROVAR_FALLIBLE enum provar_result provar_builder_set_subject(struct provar_builder *builder, const char *text,
                                                              size_t len, struct provar_error *err);
PROVAR_FALLIBLE enum provar_result provar_builder_set_name(struct provar_builder *builder, const char *text, size_t len,
                                                           struct provar_error *err);
PROVAR_FALLIBLE enum provar_result provar_builder_set_vendor(struct provar_builder *builder, const char *text,
                                                             size_t len, struct provar_error *err);
PROVAR_FALLIBLE enum provar_result provar_builder_set_version(struct provar_builder *builder, const char *text,
                                                              size_t len, struct provar_error *err);
PROVAR_FALLIBLE enum provar_result provar_builder_set_capid(struct provar_builder *builder, const char *text,
                                                            size_t len, struct provar_error *err);
PROVAR_FALLIBLE enum provar_result provar_builder_set_id(struct provar_builder *builder, const char *text, size_t len,
                                                         struct provar_error *err);
PROVAR_FALLIBLE enum provar_result provar_builder_set_schema_json(struct provar_builder *builder, const char *text,
                                                                  size_t len, struct provar_error *err);
/* Not below 0. */
PROVAR_FALLIBLE enum provar_result provar_builder_set_revision(struct provar_builder *builder, int32_t revision,
                                                               struct provar_error *err);
/* Seconds since 1970; a negative number takes `exp` or `nbf` away. `source_date_epoch` is the value of that variable:
 * the files' time, and the claims' `iat` where `issued_at` is not set. */
PROVAR_API void provar_builder_set_expires(struct provar_builder *builder, int64_t seconds);
PROVAR_API void provar_builder_set_not_before(struct provar_builder *builder, int64_t seconds);
PROVAR_API void provar_builder_set_issued_at(struct provar_builder *builder, int64_t seconds);
PROVAR_API void provar_builder_set_source_date_epoch(struct provar_builder *builder, int64_t seconds);

enum provar_target_flags {
    PROVAR_TARGET_FORCE = 1,  /* a name that contradicts the file's own header is a notice, not PROVAR_E_USAGE */
    PROVAR_TARGET_REPLACE = 2 /* a target of that name is replaced; without it, it is PROVAR_E_USAGE */
};

/* Adds an executable: looked into now, read as a whole by the write. Without a name (length 0) its ELF, Mach-O or PE
 * header gives one, or else it is this host's. `darwin`, `amd64`, `arm64` become Rust's names, with a notice. */
PROVAR_FALLIBLE enum provar_result provar_builder_add_target(struct provar_builder *builder, const char *target,
                                                             size_t len, const struct provar_input *from,
                                                             uint32_t flags, struct provar_error *err);
/* Takes a target out; PROVAR_E_NO_TARGET when it is not there. */
PROVAR_FALLIBLE enum provar_result provar_builder_remove_target(struct provar_builder *builder, const char *target,
                                                                size_t len, struct provar_error *err);
/* The member world.wasm, an encoded WIT package (else PROVAR_E_USAGE); readers before 0.15 panic on it. */
PROVAR_FALLIBLE enum provar_result provar_builder_set_world(struct provar_builder *builder,
                                                            const struct provar_input *from, struct provar_error *err);
/* 0 for a plain tar (the default for a new archive), 1 to 12 for gzip, -1 for gzip at the default level. */
PROVAR_FALLIBLE enum provar_result provar_builder_set_compression(struct provar_builder *builder, int level,
                                                                  struct provar_error *err);
/* Leaves the target index out of a gzip archive (docs/FORMAT.md). */
PROVAR_API void provar_builder_omit_index(struct provar_builder *builder);
/* As in struct provar_open_options: what is larger is not written, because a reader with these limits would refuse it
 * (PROVAR_E_LIMIT). 0 is the default, or the limit of the archive that the builder began with. */
PROVAR_API void provar_builder_set_limits(struct provar_builder *builder, uint64_t max_file_size,
                                          uint64_t max_total_size, uint64_t max_member_size);
/* Threads to compress and hash with, 64 at most; 0, the default, is one for each processor of this process. The bytes
 * of the archive do not depend on it. */
PROVAR_API void provar_builder_set_threads(struct provar_builder *builder, uint32_t threads);

/* What the caller should know, one line each: a name that was mapped, a missing version, ... */
PROVAR_API size_t provar_builder_notice_count(const struct provar_builder *builder);
PROVAR_API const char *provar_builder_notice(const struct provar_builder *builder, size_t index);

/* Signs and writes the archive, reads its token and framing back, and only then lets it out. What our own reader would
 * not take is PROVAR_E_LIMIT. May be called once. The same inputs, keys, `id` and times give the same bytes. */
PROVAR_FALLIBLE enum provar_result provar_builder_write(struct provar_builder *builder, const struct provar_output *to,
                                                        struct provar_error *err);
/* The signed token: NULL before the write, and after one that failed. */
PROVAR_API const char *provar_builder_token(const struct provar_builder *builder, size_t *len);

/* ---------------------------------------------------------------- open */

enum provar_open_flags {
    PROVAR_OPEN_KEEP = 1,    /* bytes are used after the verdict: what cannot rewind is copied to an unlinked file */
    PROVAR_OPEN_NO_INDEX = 2 /* read a gzip file from its start to its end, whatever index it has */
};

/* 0 in a limit means its default; docs/FORMAT.md lists them. */
struct provar_open_options {
    size_t size; /* sizeof(struct provar_open_options) */
    uint32_t flags;
    uint32_t threads;         /* to read and hash with; 0 is one for each processor of this process, 64 at most */
    uint64_t max_file_size;   /* bytes of a gzip input; default 2 GiB */
    uint64_t max_total_size;  /* bytes of the tar stream; default 4 GiB */
    uint64_t max_member_size; /* bytes of one executable; default 2 GiB */
    const char *temp_dir;     /* for PROVAR_OPEN_KEEP; NULL is "/var/tmp" */
    size_t temp_dir_len;
    const uint8_t *token_sha256; /* 32 bytes, or NULL: another claims.jwt than this is PROVAR_E_REGISTRY */
};

/* An opened archive: plain or gzip is known, nothing in it is believed. */
struct provar_archive;

/* What an archive, believed or not, says of itself. Borrowed from what it was asked of; from an archive, until its next
 * look, check or verify. */
struct provar_claims;

/* Opens an archive and tells tar from gzip by its first bytes. `options` may be NULL. On success the archive owns what
 * it opened itself and borrows the rest until it is freed; on failure nothing is kept and `close` has been called. */
PROVAR_FALLIBLE enum provar_result provar_open(const struct provar_input *from,
                                               const struct provar_open_options *options,
                                               struct provar_archive **archive, struct provar_error *err);

/* Everything that was made from it (claims, checked, verified) must be freed before. */
PROVAR_API void provar_archive_free(struct provar_archive *archive);

/* ---------------------------------------------------------------- look: believed by nobody */

/* Walks the framing, the layout and the token of the archive without hashing a body. Bodies of a plain archive in a
 * file are skipped. Succeeds on an archive whose signature or digests are wrong: see provar_archive_signature. The
 * functions below answer after this, provar_check or provar_verify has run, successfully or far enough, and otherwise
 * give NULL or 0. A pipe can be walked once, then it is PROVAR_E_USAGE, unless opened with PROVAR_OPEN_KEEP. */
PROVAR_FALLIBLE enum provar_result provar_look(struct provar_archive *archive, struct provar_error *err);

/* 1 when the archive is gzip, 0 when it is plain tar. Known from provar_open on. */
PROVAR_API int provar_archive_is_gzip(const struct provar_archive *archive);
/* SHA-256 of the file itself, as it was opened: the digest that registries and checksum files name. Reads all of it,
 * within the limits of its framing; a pipe must have been opened with PROVAR_OPEN_KEEP. */
PROVAR_FALLIBLE enum provar_result provar_archive_sha256(struct provar_archive *archive,
                                                         uint8_t digest[PROVAR_SHA256_LEN], struct provar_error *err);

/* The token as it stands in claims.jwt, less one final LF or CRLF; and its payload's bytes as they were signed. */
PROVAR_API const char *provar_archive_token(const struct provar_archive *archive, size_t *len);
PROVAR_API const char *provar_archive_claims_json(const struct provar_archive *archive, size_t *len);
/* The claims; NULL when the token could not be read. */
PROVAR_API const struct provar_claims *provar_archive_claims(const struct provar_archive *archive);
/* PROVAR_OK when the issuer that the token names has signed it. Says nothing about the bodies. */
PROVAR_FALLIBLE enum provar_result provar_archive_signature(const struct provar_archive *archive,
                                                            struct provar_error *err);

enum provar_member_kind { PROVAR_MEMBER_TOKEN = 1, PROVAR_MEMBER_WORLD = 2, PROVAR_MEMBER_TARGET = 3 };

/* One member. Texts are borrowed from the archive; those that are unknown are NULL. */
struct provar_member {
    size_t size; /* sizeof(struct provar_member), set by the caller */
    enum provar_member_kind kind;
    uint32_t reserved0;
    const char *name;   /* "x86_64-linux.bin", without a leading "./" */
    const char *target; /* "x86_64-linux"; NULL for other members */
    uint64_t bytes;     /* size of the body */
    uint64_t offset;    /* of the body in the tar stream */
    const char *sha256; /* 64 upper-case hex digits that the claims list for it, or NULL */
    /* What the body's first bytes say it is. Unverified before provar_check. */
    const char *format;      /* "elf" "mach-o" "pe" "script" "wasm" "unknown"; NULL where nobody has looked */
    const char *machine;     /* "x86_64"; the slices of a fat Mach-O joined by "+" */
    const char *linkage;     /* "static" "dynamic" "shared" */
    const char *interpreter; /* the ELF program interpreter; escape it before printing */
    const char *glibc;       /* newest GLIBC symbol version needed, "2.34" */
    uint64_t reserved[8];
};

PROVAR_API size_t provar_archive_member_count(const struct provar_archive *archive);
/* Fills `member`, whose size the caller has set, with the index-th in archive order; PROVAR_E_USAGE past the end. */
PROVAR_FALLIBLE enum provar_result provar_archive_member(const struct provar_archive *archive, size_t index,
                                                         struct provar_member *member);

/* What is odd but allowed, one line each, escaped: no end blocks, non-zero padding, an empty body, ... */
PROVAR_API size_t provar_archive_notice_count(const struct provar_archive *archive);
PROVAR_API const char *provar_archive_notice(const struct provar_archive *archive, size_t index);
/* The era an archive belongs to: "capid", "1.0" or "1.6"; NULL while the claims are unknown. */
PROVAR_API const char *provar_archive_era(const struct provar_archive *archive);

enum provar_readers {
    PROVAR_READER_CAPID = 1,    /* crate <= 0.9, wash <= 0.26, host <= 0.82 */
    PROVAR_READER_1_0_HOST = 2, /* host 1.0 to 1.5 */
    PROVAR_READER_1_0_WASH = 4, /* wash 0.27 to 0.38 */
    PROVAR_READER_1_6 = 8       /* crate >= 0.15, wash >= 0.39, host >= 1.6 */
};

/* The published readers that take this archive, as a sum of enum provar_readers. */
PROVAR_API uint32_t provar_archive_readers(const struct provar_archive *archive);

/* Typed claims. A text that is absent or null is NULL; a number's function returns 1 and writes it, or returns 0. */
PROVAR_API const char *provar_claims_issuer(const struct provar_claims *claims, size_t *len);
PROVAR_API const char *provar_claims_subject(const struct provar_claims *claims, size_t *len);
PROVAR_API const char *provar_claims_id(const struct provar_claims *claims, size_t *len);
PROVAR_API const char *provar_claims_name(const struct provar_claims *claims, size_t *len);
PROVAR_API const char *provar_claims_vendor(const struct provar_claims *claims, size_t *len);
PROVAR_API const char *provar_claims_version(const struct provar_claims *claims, size_t *len);
PROVAR_API const char *provar_claims_capid(const struct provar_claims *claims, size_t *len);
PROVAR_API const char *provar_claims_schema(const struct provar_claims *claims, size_t *len); /* JSON text as signed */
PROVAR_API int provar_claims_revision(const struct provar_claims *claims, int32_t *revision);
PROVAR_API int provar_claims_issued_at(const struct provar_claims *claims, int64_t *seconds);
PROVAR_API int provar_claims_expires(const struct provar_claims *claims, int64_t *seconds);
PROVAR_API int provar_claims_not_before(const struct provar_claims *claims, int64_t *seconds);
PROVAR_API int provar_claims_wascap_revision(const struct provar_claims *claims, uint32_t *revision);

/* ---------------------------------------------------------------- check: intact and signed */

/* Proof that an archive is well formed, complete, and signed by the key that it names. Nothing of trust or time. */
struct provar_checked;

/* Reads the whole archive once: framing, layout, token, signature, every digest, completeness; the first of these that
 * fails is the result. The archive must live longer than the proof. */
PROVAR_FALLIBLE enum provar_result provar_check(struct provar_archive *archive, struct provar_checked **checked,
                                                struct provar_error *err);
/* The same, but the subject may also be a key of this kind. No other function or builder takes such an archive. */
PROVAR_FALLIBLE enum provar_result provar_check_subject(struct provar_archive *archive, enum provar_key_kind kind,
                                                        struct provar_checked **checked, struct provar_error *err);
PROVAR_API const struct provar_claims *provar_checked_claims(const struct provar_checked *checked);
/* The archive's own file, byte for byte, as for provar_archive_sha256; written to since it was opened: PROVAR_E_IO. */
PROVAR_FALLIBLE enum provar_result provar_checked_size(const struct provar_checked *checked, uint64_t *bytes,
                                                       struct provar_error *err);
PROVAR_FALLIBLE enum provar_result provar_checked_read(const struct provar_checked *checked, uint64_t offset, void *buf,
                                                       size_t cap, size_t *len, struct provar_error *err);
/* Writes an archive of the same token, world.wasm and this target alone, without signing: for provar_verify_target, or
 * a policy that covers it. The archive must be readable again. The same archive gives the same bytes. */
PROVAR_FALLIBLE enum provar_result provar_checked_write_target(const struct provar_checked *checked, const char *target,
                                                               size_t len, const struct provar_output *to,
                                                               struct provar_error *err);
PROVAR_API void provar_checked_free(struct provar_checked *checked);

/* ---------------------------------------------------------------- verify: and believed */

/* Whom and what the caller believes. A new policy accepts nothing. */
struct provar_policy;
PROVAR_FALLIBLE enum provar_result provar_policy_new(struct provar_policy **policy, struct provar_error *err);
PROVAR_API void provar_policy_free(struct provar_policy *policy);
/* Accepts archives of this issuer, an account key "A..."; may be called for several, any of which will do. */
PROVAR_FALLIBLE enum provar_result provar_policy_allow_issuer(struct provar_policy *policy, const char *issuer,
                                                              size_t len, struct provar_error *err);
/* Accepts every issuer: the archive is then whole and signed by somebody. */
PROVAR_API void provar_policy_insecure_any_issuer(struct provar_policy *policy);

enum provar_policy_file {
    PROVAR_POLICY_ALLOWED_ISSUERS = 1, /* rules, any of which will do: which keys may sign what */
    PROVAR_POLICY_REVOKED_ISSUERS = 2, /* keys, tokens, artifacts, revisions that were taken back: PROVAR_E_REVOKED */
    PROVAR_POLICY_HISTORY = 3,         /* what was accepted before; may be missing */
    PROVAR_POLICY_ACCOUNT_TOKEN = 4,   /* an account's, signed by an operator whom a rule names */
    PROVAR_POLICY_OPERATOR_TOKEN = 5   /* an operator's, which names keys that sign for it */
};
/* Reads a file into the policy, now and whole; several of a kind add up. One that is missing, or a token that nobody
 * of its kind signs, is PROVAR_E_UNTRUSTED; what others may write to, or take away by a directory above it, and a link
 * PROVAR_E_UNSAFE_PATH; a wrong line PROVAR_E_USAGE, "FILE:LINE: ...". After a failure the policy accepts nothing. */
PROVAR_FALLIBLE enum provar_result provar_policy_load(struct provar_policy *policy, enum provar_policy_file kind,
                                                      const char *path, size_t len, struct provar_error *err);

/* Demands this subject, a service key "V..."; a revision at least this high (absent fails); that a target is listed and
 * present (may be called for several). Unmet is PROVAR_E_UNTRUSTED, a missing target PROVAR_E_NO_TARGET. */
PROVAR_FALLIBLE enum provar_result provar_policy_set_subject(struct provar_policy *policy, const char *subject,
                                                             size_t len, struct provar_error *err);
PROVAR_API void provar_policy_set_min_revision(struct provar_policy *policy, int32_t revision);
PROVAR_FALLIBLE enum provar_result provar_policy_require_target(struct provar_policy *policy, const char *target,
                                                                size_t len, struct provar_error *err);
/* Proves the token, the layout and this one target only. Missing is PROVAR_E_NO_TARGET, or PROVAR_E_DIGEST when the
 * claims list it. */
PROVAR_FALLIBLE enum provar_result provar_policy_cover_target(struct provar_policy *policy, const char *target,
                                                              size_t len, struct provar_error *err);
/* For callers that take each body once: provar_verify then proves token and policy, and leaves the digests to
 * provar_extract, provar_target_copy, provar_run and provar_plugin_open, which hash what they take in any case and
 * answer PROVAR_E_DIGEST. Saves one pass over the bodies. Of a gzip archive with a target index, or from a source with
 * `expect`, only that is read which leads to them: what is taken is what was signed, but the proof says nothing of the
 * file as another reader sees it; sizes and what a body says it is are claims until it was taken. */
PROVAR_API void provar_policy_defer_digests(struct provar_policy *policy);
/* Judges `exp`, `nbf` and `iat` at this time, in seconds since 1970, instead of now: for audits. */
PROVAR_API void provar_policy_set_time(struct provar_policy *policy, int64_t seconds);
/* Tolerance for `nbf` and `iat`, 0 to 300 seconds (else PROVAR_E_USAGE), default 60. `exp` has none, by RFC 7519. */
PROVAR_FALLIBLE enum provar_result provar_policy_set_clock_skew(struct provar_policy *policy, uint32_t seconds,
                                                                struct provar_error *err);
/* What becomes of an archive that is older than what a history has of its subject, or of the same revision with other
 * content: REFUSE, PROVAR_E_ROLLBACK, but for the same revision signed later, which gives a notice; STRICT, that too,
 * and a revocation file beyond its time is PROVAR_E_UNTRUSTED, no notice; ALLOW, notices only. */
enum provar_rollback { PROVAR_ROLLBACK_REFUSE = 0, PROVAR_ROLLBACK_STRICT = 1, PROVAR_ROLLBACK_ALLOW = 2 };
PROVAR_API void provar_policy_set_rollback(struct provar_policy *policy, enum provar_rollback how);

/* Proof that an archive is what provar_check proves, and that the policy accepts it. */
struct provar_verified;
enum provar_coverage { PROVAR_COVERAGE_ALL = 1, PROVAR_COVERAGE_TARGET = 2, PROVAR_COVERAGE_DEFERRED = 3 };

/* provar_check, then the policy. The policy is not kept. The archive must live longer than the proof. */
PROVAR_FALLIBLE enum provar_result provar_verify(struct provar_archive *archive, const struct provar_policy *policy,
                                                 struct provar_verified **verified, struct provar_error *err);
/* The same for an archive of one target: every member is proven, whatever the policy covers or defers, and what the
 * claims list besides may be missing. The coverage is that of a target. */
PROVAR_FALLIBLE enum provar_result provar_verify_target(struct provar_archive *archive,
                                                        const struct provar_policy *policy, const char *target,
                                                        size_t len, struct provar_verified **verified,
                                                        struct provar_error *err);
PROVAR_API enum provar_coverage provar_verified_coverage(const struct provar_verified *verified);
PROVAR_API const struct provar_claims *provar_verified_claims(const struct provar_verified *verified);
/* "FILE:LINE", escaped, of the rule that accepted the issuer; NULL where it was no rule. */
PROVAR_API const char *provar_verified_rule(const struct provar_verified *verified);
/* Moves a history forwards to this archive, and makes the file where it is missing; with deferred digests, when the
 * first body was taken and its digest holds, before it is let out: what takes it then fails as this would. Judges once
 * more, as the policy said, by the file as it is now. PROVAR_E_USAGE for a policy with provar_policy_set_time or
 * provar_policy_insecure_any_issuer: neither may move a history. */
PROVAR_FALLIBLE enum provar_result provar_verified_record(struct provar_verified *verified, const char *path,
                                                          size_t len, struct provar_error *err);
PROVAR_API void provar_verified_free(struct provar_verified *verified);

/* ---------------------------------------------------------------- use: takes a verified archive */

/* Size of a target's executable in bytes. `target` of length 0 is this host's, here and below; a target that is not
 * there is PROVAR_E_NO_TARGET and the message names those that are; one that was not covered is PROVAR_E_USAGE. */
PROVAR_FALLIBLE enum provar_result provar_target_size(const struct provar_verified *verified, const char *target,
                                                      size_t len, uint64_t *bytes, struct provar_error *err);

/* Writes a target's executable to `to`. The bytes are hashed as they leave, and get a name (mode 0755 less the umask),
 * or reach the descriptor or callback, only when the digest of exactly those bytes is the one that was verified. */
PROVAR_FALLIBLE enum provar_result provar_extract(const struct provar_verified *verified, const char *target,
                                                  size_t len, const struct provar_output *to, struct provar_error *err);
/* The same for the member world.wasm; PROVAR_E_NO_TARGET when there is none. */
PROVAR_FALLIBLE enum provar_result provar_extract_world(const struct provar_verified *verified,
                                                        const struct provar_output *to, struct provar_error *err);
/* The same into memory of `cap` bytes, which must hold it all (PROVAR_E_LIMIT); all of them are 0 after a failure. */
PROVAR_FALLIBLE enum provar_result provar_target_copy(const struct provar_verified *verified, const char *target,
                                                      size_t len, void *buf, size_t cap, size_t *bytes,
                                                      struct provar_error *err);

struct provar_run_options {
    size_t size;             /* sizeof(struct provar_run_options) */
    const char *const *args; /* after argv[0], each ending in NUL; arg_count of them */
    size_t arg_count;
    const char *const *env; /* the whole environment, "NAME=value"; env_count of them */
    size_t env_count;
    const void *host_data; /* one JSON object: written to standard input as a wasmCloud v1 host does, one line of
                              base64 and CR LF; NULL leaves standard input as it is */
    size_t host_data_len;
    const int *signals; /* numbers of signals, signal_count of them: from the provider's start to its end this thread
                           blocks them, and each is sent on to it, but for those a terminal has sent to both */
    size_t signal_count;
    uint64_t reserved[8];
};

/* Runs this host's executable from a sealed memory file, and waits. `status` is as waitpid(2) gives it. The child has
 * no other descriptors than 0 to 2, default signal dispositions, no core dumps, no new privileges, and is killed when
 * the thread that called this dies. PROVAR_E_EXEC when it cannot run here, with the reason; PROVAR_E_USAGE when this
 * process ignores SIGCHLD, which would lose the status. `options` may be NULL. */
PROVAR_FALLIBLE enum provar_result provar_run(const struct provar_verified *verified,
                                              const struct provar_run_options *options, int *status,
                                              struct provar_error *err);

/* A shared object, loaded into this process. */
struct provar_plugin;

/* Loads this host's target, a shared object, from a sealed memory file. Its constructors run before this returns. */
PROVAR_FALLIBLE enum provar_result provar_plugin_open(const struct provar_verified *verified,
                                                      struct provar_plugin **plugin, struct provar_error *err);
/* The address of a symbol, valid until the plug-in is freed; PROVAR_E_EXEC when there is none. */
PROVAR_FALLIBLE enum provar_result provar_plugin_symbol(const struct provar_plugin *plugin, const char *name,
                                                        size_t len, void **address, struct provar_error *err);
PROVAR_API void provar_plugin_free(struct provar_plugin *plugin);

#ifdef __cplusplus
}
#endif

#endif
