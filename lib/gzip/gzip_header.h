/* The gzip header and trailer (RFC 1952, section 2.3); no I/O. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_GZIP_HEADER_H
#define PV_GZIP_HEADER_H

enum { PV_GZIP_FIXED = 10, PV_GZIP_TRAILER = 8 };

/* How far a header has been seen. */
enum pv_gzip_progress { PV_GZIP_MORE = 0, PV_GZIP_DONE = 1 };

/* Reads a header from the first `len` bytes of a file. PV_GZIP_MORE: it is longer than that. On PV_GZIP_DONE
 * `*header_len` is its length. ID1 ID2, CM 8, no reserved FLG bit, a right FHCRC where there is one: else
 * PROVAR_E_GZIP; longer than PV_MAX_GZIP_HEADER: PROVAR_E_LIMIT. FNAME and FCOMMENT are passed over, never kept. */
enum provar_result pv_gzip_header_decode(const uint8_t *data, size_t len, enum pv_gzip_progress *progress,
                                         size_t *header_len, struct provar_error *err) PV_MUST_CHECK;

/* The extra field of a header that was decoded, without its length; empty when there is none, or other optional fields
 * stand beside it. */
struct pv_str pv_gzip_header_extra(const uint8_t *data, size_t header_len);

/* The fixed part of our own header: no name, no time, OS 255 (unknown): the same on every machine. With `has_index` an
 * extra field must follow. */
void pv_gzip_header_encode(bool has_index, uint8_t out[PV_GZIP_FIXED]);

/* CRC32 and ISIZE, little-endian. */
void pv_gzip_trailer_encode(uint32_t crc, uint64_t size, uint8_t out[PV_GZIP_TRAILER]);

#endif
