/* Fuzzes archives whose signature is good: any payload and any members, signed by a key that everybody knows. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <zlib.h>

#include "fuzz.h"

#include "base/codec.h"
#include "claims/jws.h"
#include "crypto/sha256.h"
#include "slow_tar.h"
#include "tar/tar_header.h"
#include "whole_archive.h"

/*
 *     input = mode(1) payload NUL members
 *
 * Mode 1 makes a gzip file, another one a tar file. In the payload, each run of 64 zeros becomes the digest of the next
 * member, so that a mutation of a body is not the end of the matter. Checksums of the members' headers are made right.
 */
enum { GZIP_MODE = 1, HASH_TEXT = 64, BLOCK = 512 };

static struct slow_tar slow;

static void append(struct pv_buf *out, const void *data, size_t len) {
    fuzz_require(pv_buf_append(out, data, len, NULL) == PROVAR_OK);
}

static void hash_member(const uint8_t *members, size_t len, const struct slow_member *member, char *hex) {
    uint8_t digest[PV_SHA256_LEN];
    PV_AUTO_SHA256 struct pv_sha256 *hash = NULL;
    size_t at = member->body_at < len ? member->body_at : len;
    size_t size = member->size < len - at ? (size_t)member->size : len - at;
    fuzz_require(pv_sha256_new(&hash, NULL) == PROVAR_OK);
    fuzz_require(pv_sha256_update(hash, members + at, size, NULL) == PROVAR_OK);
    fuzz_require(pv_sha256_final(hash, digest, NULL) == PROVAR_OK);
    pv_hex_encode(digest, sizeof digest, hex);
}

static void fill_hashes(uint8_t *payload, size_t payload_len, const uint8_t *members, size_t len) {
    static const char zeros[] = "0000000000000000000000000000000000000000000000000000000000000000";
    slow_tar_read(members, len, &slow);
    uint8_t *at = payload;
    for (size_t i = 0; i < slow.count; i++) {
        at = memmem(at, payload_len - (size_t)(at - payload), zeros, HASH_TEXT);
        if (at == NULL)
            return;
        hash_member(members, len, &slow.members[i], (char *)at);
        at += HASH_TEXT;
    }
}

static void append_token(struct pv_buf *out, struct pv_str payload) {
    static const char seed[] = "SAACTTUPKR55VUWUDK7GJ5SU5KGED455FR7BDO46RUVOTHUWKBLECLH2UU"; /* docs/FORMAT.md */
    fuzz_sign(seed, payload, out);
}

static void append_token_member(struct pv_buf *out, struct pv_str payload) {
    static const uint8_t zeros[BLOCK];
    PV_AUTO_BUF struct pv_buf token;
    uint8_t block[BLOCK];
    pv_buf_init(&token, PV_MAX_TOKEN_SIZE);
    append_token(&token, payload);
    fuzz_require(pv_tar_header_encode(PV_STR("claims.jwt"), token.len, 0644, 0, block, NULL) == PROVAR_OK);
    append(out, block, sizeof block);
    append(out, token.data, token.len);
    append(out, zeros, pv_tar_padding(token.len));
}

static bool check_gzip(const struct pv_buf *tar) {
    z_stream stream = {0};
    PV_AUTO_BUF struct pv_buf file;
    pv_buf_init(&file, 64 * PV_MIB);
    fuzz_require(deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    size_t bound = deflateBound(&stream, tar->len);
    fuzz_require(pv_buf_reserve(&file, bound, NULL) == PROVAR_OK);
    stream.next_in = tar->data;
    stream.avail_in = (uInt)tar->len;
    stream.next_out = file.data;
    stream.avail_out = (uInt)bound;
    fuzz_require(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    file.len = stream.total_out;
    fuzz_require(deflateEnd(&stream) == Z_OK);
    PV_AUTO_FREE uint8_t *copy = fuzz_copy(file.data, file.len);
    return fuzz_check_archive(copy, file.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    const uint8_t *nul = len > 1 ? memchr(data + 1, 0, len - 1) : NULL;
    if (nul == NULL)
        return 0;
    size_t payload_len = (size_t)(nul - data) - 1, members_len = len - payload_len - 2;
    PV_AUTO_FREE uint8_t *payload = fuzz_copy(data + 1, payload_len);
    PV_AUTO_FREE uint8_t *members = fuzz_copy(nul + 1, members_len);
    PV_AUTO_BUF struct pv_buf tar;
    pv_buf_init(&tar, 64 * PV_MIB);
    slow_tar_mend(members, members_len);
    fill_hashes(payload, payload_len, members, members_len);
    append_token_member(&tar, pv_str((const char *)payload, payload_len));
    append(&tar, members, members_len);
    PV_AUTO_FREE uint8_t *copy = fuzz_copy(tar.data, tar.len);
    fuzz_accepted += data[0] == GZIP_MODE ? check_gzip(&tar) : fuzz_check_archive(copy, tar.len);
    return 0;
}
