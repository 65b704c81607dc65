/* An oracle for gzip by zlib, and trailers that fit what a mutation made of the data. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SLOW_GZIP_H
#define SLOW_GZIP_H

/* Whether zlib takes all of the file as one gzip member, and what it decodes to. When not, `*fault` is zlib's word for
 * it, or NULL. */
bool slow_gunzip(const uint8_t *data, size_t len, struct pv_buf *out, const char **fault);

/* Whether it is a set of Huffman codes that zlib refuses because it is incomplete, which other decoders may take
 * (docs/THREATS.md, what is not answered). */
bool slow_is_code_set(const char *fault);

/* Where the deflate data of a gzip file begin, by a header that is well formed; 0 when there is none. */
size_t slow_header_len(const uint8_t *data, size_t len);

/* Puts the CRC and the length of what zlib makes of the deflate data into the last eight bytes, and into an index that
 * stands first in FEXTRA the lengths of both streams: no mutation would find them. False when zlib does not take the
 * data up to the trailer. */
bool slow_fit_gzip(uint8_t *data, size_t len);

#endif
