/* The records of a pax extended header, as far as they bear on a provider archive; no I/O. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_TAR_PAX_H
#define PV_TAR_PAX_H

/*
 * POSIX.1-2017, pax, "pax Extended Header": records follow one another up to the end of the payload,
 *
 *     LEN " " KEY "=" VALUE "\n"
 *
 * LEN is decimal and counts the whole record, itself and the line feed included. VALUE may hold any byte, line feeds
 * too, so that only LEN tells where it ends.
 */
struct pv_tar_pax {
    struct pv_str path; /* empty when there is none; borrowed from the payload */
    bool has_size;
    uint64_t size;
};

/* Reads the payload of an `x` header. `offset` is its place in the stream, for errors. Malformed records, none at all,
 * an empty or second `path`, a second `size` and one that is not a decimal number below 2^64 are PROVAR_E_TAR.
 * PROVAR_E_ENTRY: a NUL in `path`; `linkpath`, because links are not members and no tar writes it for a regular file;
 * and GNU.*, SCHILY.realsize, SCHILY.offset and SUN.holesdata, because the body is then a map, or a part, and not the
 * file. All other keys are ignored: times and owners are never used, vendors' other keys (SCHILY, LIBARCHIVE, ...)
 * describe what no member needs, and `hdrcharset` cannot matter to names that must be UTF-8 as they stand. */
enum provar_result pv_tar_pax_decode(struct pv_str payload, uint64_t offset, struct pv_tar_pax *pax,
                                     struct provar_error *err) PV_MUST_CHECK;

/* Reads the payload of a `g` header, which holds for all members: any key that would name, size, link or sparse all of
 * them at once is PROVAR_E_TAR; others, such as the `comment` of git archive, are ignored. */
enum provar_result pv_tar_pax_check_global(struct pv_str payload, uint64_t offset,
                                           struct provar_error *err) PV_MUST_CHECK;

#endif
