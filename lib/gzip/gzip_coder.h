/* The coder of one piece of input: deflate blocks that end on a byte and may be followed by others; no I/O. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_GZIP_CODER_H
#define PV_GZIP_CODER_H

enum { PV_GZIP_PIECE = 1 << 20 };

/* The default level: libdeflate's 6 makes smaller files than the published writer's zlib 9 on its own kind of input. */
enum { PV_GZIP_DEFAULT_LEVEL = 6, PV_GZIP_MIN_LEVEL = 1, PV_GZIP_MAX_LEVEL = 12 };

/* From this level on a compressor has 9 MiB of tables, and takes so long that what else works beside it need not hurry:
 * it makes do with less memory. */
enum { PV_GZIP_LARGE_LEVEL = 10 };

/* The tables of a compressor and of the decoders that prove its work. It remembers nothing from one piece to the next.
 */
struct pv_gzip_coder;

/* A level outside of PV_GZIP_MIN_LEVEL to PV_GZIP_MAX_LEVEL is PROVAR_E_USAGE. */
enum provar_result pv_gzip_coder_new(int level, struct pv_gzip_coder **coder, struct provar_error *err) PV_MUST_CHECK;
void pv_gzip_coder_free(struct pv_gzip_coder *coder);
PV_DEFINE_CLEANUP(pv_gzip_coder_cleanup, struct pv_gzip_coder, pv_gzip_coder_free)

/* The room that `len` bytes of input need at worst. */
size_t pv_gzip_coder_bound(struct pv_gzip_coder *coder, size_t len);

/* Compresses `len` bytes, at most PV_GZIP_PIECE, to out[0..*out_len); no input makes no output. The result refers to no
 * byte outside of the piece, depends on the input and the level only, and was decoded again and compared:
 * PROVAR_E_INTERNAL when the compressor is wrong or `cap` is below the bound. */
enum provar_result pv_gzip_coder_encode(struct pv_gzip_coder *coder, const uint8_t *in, size_t len, uint8_t *out,
                                        size_t cap, size_t *out_len, struct provar_error *err) PV_MUST_CHECK;

#endif
