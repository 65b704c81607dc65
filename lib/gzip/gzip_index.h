/* The target index in a gzip header: where each tar member's compressed bytes begin; no I/O. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_GZIP_INDEX_H
#define PV_GZIP_INDEX_H

/*
 * A FEXTRA field (RFC 1952, 2.3.1.1) of one subfield, and one that fills up:
 *
 *     XLEN 2 | 'P' 'I' LEN 2 payload | 'P' 'P' LEN 2 zeros
 *
 *     payload = version 1 (=1) | flags 1 (=0) | count 2 | deflate_len 8 | tar_len 8 |
 *               count * { at 8 | tar_at 8 | size 8 | name_len 1 | name } | end_at 8
 *
 * All numbers are little-endian. XLEN is a multiple of 257, so that its two bytes are the same: async-compression
 * before 0.3.15, which published tools contain, takes them in the other order.
 */

/* The compressed bytes of one tar member: header, body and padding. They refer to nothing before them. */
struct pv_gzip_segment {
    struct pv_str name; /* of the member; borrowed */
    uint64_t at;        /* in the deflate data */
    uint64_t tar_at;    /* of the member's header in the tar stream */
    uint64_t size;      /* of the body */
};

struct pv_gzip_index {
    size_t count;
    uint64_t end_at;      /* of the end blocks, in the deflate data */
    uint64_t deflate_len; /* bytes between header and trailer */
    uint64_t tar_len;
    struct pv_gzip_segment segments[PV_MAX_MEMBERS];
};

/* Bytes of the whole field, XLEN's own two among them; it depends on the count and the names only. 0 when they do not
 * fit into a header of PV_MAX_GZIP_HEADER bytes: an archive then has no index. */
size_t pv_gzip_index_len(const struct pv_gzip_index *index);

/* Writes pv_gzip_index_len bytes. */
void pv_gzip_index_encode(const struct pv_gzip_index *index, uint8_t *out);

/* Reads the field of `len` bytes, behind XLEN. False for one that is not there, not of this version, or contradicts
 * itself: members that do not follow each other without a gap, sizes that overflow, an order that goes back. Names are
 * borrowed from `data`. What it says of the deflate data is not true before that was decoded. */
bool pv_gzip_index_decode(const uint8_t *data, size_t len, struct pv_gzip_index *index);

/* Where segment `i` ends in the deflate data, and in the tar stream; the end blocks are segment `count`. */
uint64_t pv_gzip_index_end(const struct pv_gzip_index *index, size_t i);
uint64_t pv_gzip_index_tar_end(const struct pv_gzip_index *index, size_t i);

#endif
