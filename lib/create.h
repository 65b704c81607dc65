/* A new archive while it is written: what the steps of the create conductor hand on to each other. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_CREATE_H
#define PV_CREATE_H

#include "base/out.h"
#include "builder.h"
#include "gzip/gzip_write.h"

/* One member behind the token, in archive order. */
struct pv_new_member {
    const struct pv_part *part;
    char name[PV_MAX_TARGET_NAME + 8]; /* "x86_64-linux.bin" */
    mode_t mode;
    uint64_t tar_at;               /* of its header in the tar stream */
    uint8_t digest[PV_SHA256_LEN]; /* known when its body was written */
};

/*
 * The token comes first and is known last. Its length is known beforehand, because a hash and a signature have one
 * length each, so its place (the head: tar header, token, padding) is reserved and filled when every body has been read
 * once.
 */
struct pv_writing {
    struct provar_builder *builder;
    struct pv_out *out;
    uint64_t mtime;
    size_t token_len;
    size_t head_len;
    size_t count;
    struct pv_new_member members[PV_MAX_TARGETS + 1];
    uint64_t tar_len;
    struct pv_gzip_writer *gzip; /* owned; NULL for a plain archive, and when its work is done */
    struct pv_gzip_index index;  /* of a gzip archive */
    bool has_copies;             /* compressed bytes were copied: only reading them back shows what they are */
};

/* The claims without their hashes, the token's length, the members and their places. */
enum provar_result pv_create_plan(struct pv_writing *writing, struct provar_error *err) PV_MUST_CHECK;

/* Write everything but the head, and fill in the members' digests. */
enum provar_result pv_create_plain(struct pv_writing *writing, struct provar_error *err) PV_MUST_CHECK;
enum provar_result pv_create_gzip(struct pv_writing *writing, struct provar_error *err) PV_MUST_CHECK;

/* Whether the tar header of a member, whose body stands at `body_offset` of the stream that `part` belongs to, is the
 * one that would be written now. */
enum provar_result pv_create_same_header(const struct pv_writing *writing, const struct pv_new_member *member,
                                         struct pv_source *part, uint64_t body_offset, bool *same,
                                         struct provar_error *err) PV_MUST_CHECK;

/* Reads the finished file back: its framing, its layout and its token, and in a gzip file whether it holds what was
 * written; and decodes and hashes all bodies where compressed bytes were copied. */
enum provar_result pv_create_prove(struct pv_writing *writing, struct pv_str token,
                                   struct provar_error *err) PV_MUST_CHECK;

#endif
