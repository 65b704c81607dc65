/* One deterministic gzip member out of many deflate pieces, with a stored head that is filled in last. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_GZIP_WRITE_H
#define PV_GZIP_WRITE_H

#include "base/out.h"

/*
 *     header | the head, in stored blocks | piece | piece | ... | final empty block | trailer
 *
 * The head's length is known at the start, so that its place is fixed.
 *
 * A piece is at most PV_GZIP_PIECE bytes of input, compressed by itself; it ends on a byte with an empty stored block,
 * so that the result depends on the input and the cuts only. The caller cuts at member boundaries with pv_gzip_cut.
 */
enum { PV_GZIP_PIECE = 1 << 20 };

/* The default level: libdeflate's 6 makes smaller files than the published writer's zlib 9 on its own kind of input. */
enum { PV_GZIP_DEFAULT_LEVEL = 6, PV_GZIP_MIN_LEVEL = 1, PV_GZIP_MAX_LEVEL = 12 };

struct pv_gzip_writer;

/* Begins a member at the end of `out`, which is borrowed, and reserves the head's place. */
enum provar_result pv_gzip_writer_new(struct pv_out *out, int level, size_t head_len, struct pv_gzip_writer **writer,
                                      struct provar_error *err) PV_MUST_CHECK;
void pv_gzip_writer_free(struct pv_gzip_writer *writer);
PV_DEFINE_CLEANUP(pv_gzip_writer_cleanup, struct pv_gzip_writer, pv_gzip_writer_free)

/* Appends input behind the head. */
enum provar_result pv_gzip_write(struct pv_gzip_writer *writer, const void *data, size_t len,
                                 struct provar_error *err) PV_MUST_CHECK;
/* Ends the current piece. */
enum provar_result pv_gzip_cut(struct pv_gzip_writer *writer, struct provar_error *err) PV_MUST_CHECK;

/* Ends the member: writes the head's head_len bytes into their place, the final block, and the trailer over all of it.
 */
enum provar_result pv_gzip_finish(struct pv_gzip_writer *writer, const void *head,
                                  struct provar_error *err) PV_MUST_CHECK;

#endif
