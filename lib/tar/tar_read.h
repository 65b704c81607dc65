/* A tar stream as a sequence of regular members: ustar, GNU (L), pax (x, harmless g) and V7. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_TAR_READ_H
#define PV_TAR_READ_H

#include "source/source.h"

struct pv_tar_entry {
    struct pv_str name;     /* as the archive gives it, from ustar, L or pax path; borrowed until the next call */
    uint64_t size;          /* of the body */
    uint64_t header_offset; /* of the member's own header in the tar stream */
    uint64_t body_offset;
};

struct pv_tar_reader;

/* What a stream held that is no member and was passed over. Other readers trip over it. */
enum pv_tar_passed { PV_TAR_PASSED_ROOT = 1, PV_TAR_PASSED_GLOBAL = 2 };

/* Reads from `source`, which is borrowed and stands at byte 0. A stream of more than max_total bytes is PROVAR_E_LIMIT,
 * and so is a member that would make it one, before a byte of its body is read. `notices` is borrowed too. */
enum provar_result pv_tar_reader_new(struct pv_source *source, uint64_t max_total, struct pv_notices *notices,
                                     struct pv_tar_reader **reader, struct provar_error *err) PV_MUST_CHECK;
void pv_tar_reader_free(struct pv_tar_reader *reader);
PV_DEFINE_CLEANUP(pv_tar_reader_cleanup, struct pv_tar_reader, pv_tar_reader_free)
#define PV_AUTO_TAR_READER PV_CLEANUP(pv_tar_reader_cleanup)

/* Moves over what is left of the current body and its padding (non-zero padding is a notice) to the next member.
 * `*more` is false at the end, and then the whole stream has been read: after the first zero block only zeros, at most
 * PV_MAX_TAIL of them. One lone directory member "./" at the front is passed over. A member that is not a regular file
 * is PROVAR_E_ENTRY. A pax or GNU extension applies to exactly one following member; dangling, repeated, mixed,
 * malformed or contradicting ones are PROVAR_E_TAR, longer ones than PV_MAX_EXTENSION PROVAR_E_LIMIT. Ends without two
 * zero blocks are notices. After a failure the reader is only good for being freed. */
enum provar_result pv_tar_next(struct pv_tar_reader *reader, struct pv_tar_entry *entry, bool *more,
                               struct provar_error *err) PV_MUST_CHECK;

/* The sum of enum pv_tar_passed so far. */
unsigned pv_tar_passed_over(const struct pv_tar_reader *reader);

/* Bytes of the current body, 0 at its end. A stream that ends inside it is PROVAR_E_TAR. */
enum provar_result pv_tar_read(struct pv_tar_reader *reader, void *buf, size_t cap, size_t *len,
                               struct provar_error *err) PV_MUST_CHECK;

/* Moves over `count` bytes of the current body, which must have them: PROVAR_E_TAR. */
enum provar_result pv_tar_skip(struct pv_tar_reader *reader, uint64_t count, struct provar_error *err) PV_MUST_CHECK;

#endif
