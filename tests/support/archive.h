/* Builds archives by hand, right or wrong in the one thing that a test names, without the library's own writer. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUPPORT_ARCHIVE_H
#define SUPPORT_ARCHIVE_H

/* Include it before internal.h, which bans what these headers mention. */
#include <openssl/evp.h>
#include <zlib.h>

#include "support/check.h"
#include "support/tar_build.h"

/* docs/FORMAT.md: the public test keys. OTHER is the account, and the service, of the seed bytes 00 01 ... 1f. */
#define ISSUER_SEED   "SAACTTUPKR55VUWUDK7GJ5SU5KGED455FR7BDO46RUVOTHUWKBLECLH2UU"
#define ISSUER        "AA7R5L74E45BJ4XVUYTELQ56P5VCOSPOAA474L7QWH4ZAILLKTZFWYYW"
#define SUBJECT       "VBM5JMFOVUJDHGTOJSPUJ33ZGHCRCJ3LYHUJ3HND5ZMRVORYCMAVPZQF"
#define OTHER_SEED    "SAAAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4HYMHI"
#define OTHER_ISSUER  "AAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3QPZV"
#define OTHER_SUBJECT "VAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3RSLE"

/* Pointer and length of a text literal or array, as two arguments. */
#define TEXT(text) (text), strlen(text)

/* ---------------------------------------------------------------- bytes and texts */

static inline void put_text(struct tar_build *out, const char *text) {
    tar_bytes(out, text, strlen(text));
}

/* `text`, or `usual` where it is NULL. */
static inline const char *text_or(const char *text, const char *usual) {
    return text ? text : usual;
}

static inline void put_base64url(struct tar_build *out, const void *data, size_t len) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const uint8_t *bytes = data;
    for (size_t bit = 0; bit < len * 8; bit += 6) {
        unsigned pair = (unsigned)bytes[bit / 8] << 8 | (bit / 8 + 1 < len ? bytes[bit / 8 + 1] : 0);
        tar_bytes(out, &digits[pair >> (10 - bit % 8) & 63], 1);
    }
}

static inline void hash_hex(const void *data, size_t len, char hex[65]) {
    uint8_t digest[EVP_MAX_MD_SIZE];
    assert_int_equal(EVP_Digest(len > 0 ? data : "", len, digest, NULL, EVP_sha256(), NULL), 1);
    for (size_t i = 0; i < 32; i++)
        (void)snprintf(hex + 2 * i, 3, "%02X", digest[i]);
}

static inline struct provar_key *key_of(const char *seed) {
    struct provar_key *key = NULL;
    assert_ok(provar_key_from_seed(TEXT(seed), &key, NULL));
    return key;
}

/* ---------------------------------------------------------------- the token */

/* A member behind the token; `listed` false leaves it out of the claims. */
struct body {
    const char *name; /* of the member: "x86_64-linux.bin", "world.wasm" */
    const void *data;
    size_t len;
    bool unlisted;
};

#define BODY(name, text)                                                                                               \
    { name, text, sizeof(text) - 1, false }

/* What an archive is made of; a field that is NULL stands for what a good archive has. */
struct recipe {
    const struct body *bodies; /* the usual two: x86_64-linux and aarch64-linux */
    size_t count;
    const char *seed;   /* of the key that signs */
    const char *issuer; /* the texts in the claims */
    const char *subject;
    const char *header;  /* JSON text */
    const char *times;   /* members of the payload, `"iat":1700000000` */
    const char *wascap;  /* more members of wascap, each with a comma before it */
    const char *top;     /* the same for the payload itself */
    const char *hashes;  /* more hashes, the same */
    const char *payload; /* all of it */
    bool forged;         /* one bit of the signature is turned */
};

static const struct body usual_bodies[] = {BODY("x86_64-linux.bin", "first executable"),
                                           BODY("aarch64-linux.bin", "second executable, which is longer")};

static inline struct recipe usual(void) {
    return (struct recipe){.bodies = usual_bodies, .count = array_length(usual_bodies)};
}

static inline void put_hashes(struct tar_build *out, const struct recipe *recipe) {
    const char *comma = "";
    for (size_t i = 0; i < recipe->count; i++) {
        const struct body *body = &recipe->bodies[i];
        size_t len = strlen(body->name);
        char hex[65], entry[512];
        if (body->unlisted)
            continue;
        if (len > 4 && memcmp(body->name + len - 4, ".bin", 4) == 0)
            len -= 4;
        hash_hex(body->data, body->len, hex);
        (void)snprintf(entry, sizeof entry, "%s\"%.*s\":\"%s\"", comma, (int)len, body->name, hex);
        put_text(out, entry);
        comma = ",";
    }
    put_text(out, text_or(recipe->hashes, ""));
}

static inline void put_payload(struct tar_build *out, const struct recipe *recipe) {
    const char *before[] = {"{\"jti\":\"SjB5fm974SjU9WMgTUchsb\",",
                            text_or(recipe->times, "\"iat\":1700000000"),
                            ",\"iss\":\"",
                            text_or(recipe->issuer, ISSUER),
                            "\",\"sub\":\"",
                            text_or(recipe->subject, SUBJECT),
                            "\",\"wascap\":{\"name\":\"Key Value\",\"vendor\":\"wasmCloud\",\"target_hashes\":{"};
    const char *after[] = {"}", text_or(recipe->wascap, ""), "},\"wascap_revision\":3", text_or(recipe->top, ""), "}"};
    if (recipe->payload) {
        put_text(out, recipe->payload);
        return;
    }
    for (size_t i = 0; i < array_length(before); i++)
        put_text(out, before[i]);
    put_hashes(out, recipe);
    for (size_t i = 0; i < array_length(after); i++)
        put_text(out, after[i]);
}

static inline void put_token(struct tar_build *out, const struct recipe *recipe) {
    struct tar_build payload = {0}, token = {0};
    struct provar_key *key = key_of(text_or(recipe->seed, ISSUER_SEED));
    const char *header = text_or(recipe->header, "{\"typ\":\"jwt\",\"alg\":\"Ed25519\"}");
    uint8_t signature[64];
    put_payload(&payload, recipe);
    put_base64url(&token, header, strlen(header));
    put_text(&token, ".");
    put_base64url(&token, payload.data, payload.len);
    assert_ok(provar_key_sign(key, token.data, token.len, signature, NULL));
    signature[9] ^= recipe->forged;
    put_text(&token, ".");
    put_base64url(&token, signature, sizeof signature);
    tar_bytes(out, token.data, token.len);
    provar_key_free(key);
    tar_build_free(&payload);
    tar_build_free(&token);
}

/* ---------------------------------------------------------------- the archive */

static inline void put_token_member(struct tar_build *tar, const struct recipe *recipe) {
    struct tar_build token = {0};
    put_token(&token, recipe);
    tar_add_member(tar, TAR_USTAR, "claims.jwt", '0', token.data, token.len);
    tar_build_free(&token);
}

static inline void put_bodies(struct tar_build *tar, const struct recipe *recipe) {
    for (size_t i = 0; i < recipe->count; i++)
        tar_add_member(tar, TAR_USTAR, recipe->bodies[i].name, '0', recipe->bodies[i].data, recipe->bodies[i].len);
}

/* Freed by tar_build_free, like all of these. */
static inline struct tar_build archive_of(const struct recipe *recipe) {
    struct tar_build tar = {0};
    put_token_member(&tar, recipe);
    put_bodies(&tar, recipe);
    tar_add_end(&tar);
    return tar;
}

static inline struct tar_build usual_archive(void) {
    struct recipe recipe = usual();
    return archive_of(&recipe);
}

static inline struct tar_build gzip_of(const struct tar_build *tar) {
    struct tar_build out = {0};
    z_stream stream = {0};
    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    size_t bound = deflateBound(&stream, (uLong)tar->len);
    stream.next_in = tar->data;
    stream.avail_in = (uInt)tar->len;
    stream.next_out = tar_grow(&out, bound);
    stream.avail_out = (uInt)bound;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    out.len = stream.total_out;
    assert_int_equal(deflateEnd(&stream), Z_OK);
    return out;
}

/* Where a text stands for the first time in bytes that must hold it. */
static inline uint8_t *find_text(const struct tar_build *bytes, const char *text) {
    uint8_t *found = memmem(bytes->data, bytes->len, text, strlen(text));
    assert_non_null(found);
    return found;
}

/* ---------------------------------------------------------------- opening */

static inline struct provar_input memory_input(const void *data, size_t len) {
    return (struct provar_input){
        .size = sizeof(struct provar_input), .kind = PROVAR_INPUT_MEMORY, .data = data, .data_len = len};
}

static inline struct provar_input path_input(const char *path) {
    return (struct provar_input){
        .size = sizeof(struct provar_input), .kind = PROVAR_INPUT_PATH, .path = path, .path_len = strlen(path)};
}

static inline struct provar_input fd_input(int fd) {
    return (struct provar_input){.size = sizeof(struct provar_input), .kind = PROVAR_INPUT_FD, .fd = fd};
}

static inline struct provar_output path_output(const char *path, uint32_t flags) {
    return (struct provar_output){.size = sizeof(struct provar_output),
                                  .kind = PROVAR_OUTPUT_PATH,
                                  .path = path,
                                  .path_len = strlen(path),
                                  .flags = flags};
}

static inline struct provar_archive *open_input(const struct provar_input *from) {
    struct provar_error err = {0};
    struct provar_archive *archive = NULL;
    if (provar_open(from, NULL, &archive, &err) != PROVAR_OK)
        fail_msg("%s", err.message);
    return archive;
}

static inline struct provar_archive *open_bytes(const struct tar_build *bytes) {
    struct provar_input from = memory_input(bytes->data, bytes->len);
    return open_input(&from);
}

static inline struct provar_archive *open_path(const char *path) {
    struct provar_input from = path_input(path);
    return open_input(&from);
}

/* ---------------------------------------------------------------- verdicts */

/* A policy for the usual issuer. */
static inline struct provar_policy *usual_policy(void) {
    struct provar_policy *policy = NULL;
    assert_ok(provar_policy_new(&policy, NULL));
    assert_ok(provar_policy_allow_issuer(policy, TEXT(ISSUER), NULL));
    return policy;
}

static inline struct provar_checked *check_archive(struct provar_archive *archive) {
    struct provar_error err = {0};
    struct provar_checked *checked = NULL;
    if (provar_check(archive, &checked, &err) != PROVAR_OK)
        fail_msg("%s", err.message);
    return checked;
}

static inline struct provar_verified *verify_archive(struct provar_archive *archive) {
    struct provar_error err = {0};
    struct provar_policy *policy = usual_policy();
    struct provar_verified *verified = NULL;
    if (provar_verify(archive, policy, &verified, &err) != PROVAR_OK)
        fail_msg("%s", err.message);
    provar_policy_free(policy);
    return verified;
}

#endif
