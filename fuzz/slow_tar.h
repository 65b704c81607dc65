/* An oracle for tar: the plainest walk there is, which believes every field and refuses nothing. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SLOW_TAR_H
#define SLOW_TAR_H

enum { SLOW_MAX_MEMBERS = 4096 };

struct slow_member {
    const uint8_t *name; /* in the stream, or in `joined` */
    size_t name_len;
    size_t header_at, body_at;
    uint64_t size;
    char type;
    uint8_t joined[257]; /* prefix "/" name */
};

struct slow_tar {
    bool has_root; /* the empty directory "./" in front, which is no member */
    size_t count;
    struct slow_member members[SLOW_MAX_MEMBERS];
};

/* The members of a stream, of whatever type, up to its first block of zeros, or to where it makes no sense any more. */
void slow_tar_read(const uint8_t *data, size_t len, struct slow_tar *tar);

/* Makes the checksum of every header right that such a walk comes to: no mutation finds one. */
void slow_tar_mend(uint8_t *data, size_t len);
/* What `check` says of an input; it is given the mended one too where that is another. */
bool slow_tar_check(const uint8_t *data, size_t len, bool (*check)(const uint8_t *data, size_t len));

/* One header: its checksum made right; and its size field, as far as it has one. */
void slow_tar_mend_header(uint8_t block[512]);
uint64_t slow_tar_size(const uint8_t block[512]);

#endif
