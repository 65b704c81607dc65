/* One 512-byte tar header <-> struct pv_tar_header; no I/O. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_TAR_HEADER_H
#define PV_TAR_HEADER_H

enum { PV_TAR_BLOCK = 512 };

/*
 * POSIX.1-2017, pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format":
 *
 *     0 name 100 | 100 mode 8 | 108 uid 8 | 116 gid 8 | 124 size 12 | 136 mtime 12 | 148 chksum 8 | 156 typeflag 1 |
 *     157 linkname 100 | 257 magic 6 | 263 version 2 | 265 uname 32 | 297 gname 32 | 329 devmajor 8 | 337 devminor 8 |
 *     345 prefix 155 (ustar only) | 500 pad 12
 *
 *     GNU, in place of the prefix: 345 atime 12 | 357 ctime 12 | 369 offset 12 | 381 longnames 4 | 385 unused 1 |
 *     386 sparse map 96 | 482 isextended 1 | 483 realsize 12
 *
 * Only name, size, chksum, typeflag, magic, version, prefix and GNU's sparse fields are looked at: archives of the
 * published writer leave mode, uid and gid all NUL, which a stricter reader would refuse.
 */
enum pv_tar_dialect { PV_TAR_V7 = 1, PV_TAR_USTAR = 2, PV_TAR_GNU = 3 };

struct pv_tar_header {
    enum pv_tar_dialect dialect;
    char typeflag;
    bool sparse; /* GNU's sparse fields are not all NUL */
    uint64_t size;
    char name[257]; /* prefix "/" name, ended by a NUL that the archive may not have */
    size_t name_len;
};

/* True for a block of zeros. */
bool pv_tar_block_is_zero(const uint8_t block[PV_TAR_BLOCK]);

/* Reads a header. `offset` is the block's place, for errors. Numbers: optional leading spaces, octal digits, then only
 * NUL and spaces; or GNU base-256, not negative. The checksum is the sum of unsigned bytes. All else is PROVAR_E_TAR.
 */
enum provar_result pv_tar_header_decode(const uint8_t block[PV_TAR_BLOCK], uint64_t offset,
                                        struct pv_tar_header *header, struct provar_error *err) PV_MUST_CHECK;

/* Writes a ustar header for a regular file: uid and gid 0, no owner names. The name must fit in 100 bytes, the size in
 * 11 octal digits, the time in 11 octal digits: else PROVAR_E_LIMIT. */
enum provar_result pv_tar_header_encode(struct pv_str name, uint64_t size, mode_t mode, uint64_t mtime,
                                        uint8_t block[PV_TAR_BLOCK], struct provar_error *err) PV_MUST_CHECK;

/* Bytes of zeros between a body of `size` bytes and the next header. */
size_t pv_tar_padding(uint64_t size);

#endif
