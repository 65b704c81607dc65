/* One deterministic gzip member out of many deflate pieces, with a head and an index that are filled in last. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_GZIP_WRITE_H
#define PV_GZIP_WRITE_H

#include "base/out.h"
#include "gzip/gzip_coder.h"
#include "gzip/gzip_index.h"
#include "gzip/gzip_indexed.h"

/*
 *     header [index] | the head, in stored blocks | piece | piece | ... | final empty block | trailer
 *
 * The lengths of index and head are known at the start, so that their places are fixed.
 *
 * A piece is at most PV_GZIP_PIECE bytes of input, compressed by itself, several at one time; it ends on a byte with an
 * empty stored block. The result depends on the input and the cuts only, not on the number of threads.
 */
struct pv_gzip_options {
    int level;
    unsigned threads;   /* as pv_threads takes it */
    uint64_t input_len; /* how much will be written, at most: little of it needs few threads; 0 for not known */
    size_t head_len;    /* of the first member, whose bytes are known last */
    /* Names and sizes of all members, the first one's among them; NULL to write none. Borrowed, and filled in. */
    struct pv_gzip_index *index;
};

struct pv_gzip_writer;

/* Begins a gzip member at the end of `out`, which is borrowed, and reserves the places of index and head. */
enum provar_result pv_gzip_writer_new(struct pv_out *out, const struct pv_gzip_options *options,
                                      struct pv_gzip_writer **writer, struct provar_error *err) PV_MUST_CHECK;
void pv_gzip_writer_free(struct pv_gzip_writer *writer);
PV_DEFINE_CLEANUP(pv_gzip_writer_cleanup, struct pv_gzip_writer, pv_gzip_writer_free)

/* Begins the next tar member, or, after the last one, the end blocks. */
enum provar_result pv_gzip_next_member(struct pv_gzip_writer *writer, struct provar_error *err) PV_MUST_CHECK;
/* Appends input behind the head. */
enum provar_result pv_gzip_write(struct pv_gzip_writer *writer, const void *data, size_t len,
                                 struct provar_error *err) PV_MUST_CHECK;
/* Appends a whole member, header and padding among it, as the compressed bytes of another file, `len` bytes when they
 * are decoded. */
enum provar_result pv_gzip_copy_member(struct pv_gzip_writer *writer, struct pv_source *file,
                                       const struct pv_gzip_run *run, uint64_t len,
                                       struct provar_error *err) PV_MUST_CHECK;

/* Ends the gzip member: writes the head's head_len bytes and the index into their places, the final block, and the
 * trailer over all of it. */
enum provar_result pv_gzip_finish(struct pv_gzip_writer *writer, const void *head,
                                  struct provar_error *err) PV_MUST_CHECK;

/* Reads the finished file again: PROVAR_E_IO where it does not hold what was written, by its CRC-32. That this decodes
 * to the input was proven piece by piece, before it was written. */
enum provar_result pv_gzip_compare(const struct pv_gzip_writer *writer, struct provar_error *err) PV_MUST_CHECK;

#endif
