/* Decodes the header of a gzip member within its limit, and encodes our own header and trailer. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/cursor.h"
#include "gzip/gzip_header.h"
#include "gzip/inflate.h"

/*
 *     0     1     2    3     4       8     9     10
 *     ID1   ID2   CM   FLG   MTIME   XFL   OS    [XLEN extra] [name 0] [comment 0] [CRC16]
 */
enum { AT_ID1 = 0, AT_ID2 = 1, AT_CM = 2, AT_FLG = 3, AT_XFL = 8, AT_OS = 9, AT_EXTRA = 12 };
enum { ID1 = 0x1f, ID2 = 0x8b, CM_DEFLATE = 8, XFL_BEST = 2, OS_UNKNOWN = 255 };
enum { FHCRC = 0x02, FEXTRA = 0x04, FNAME = 0x08, FCOMMENT = 0x10, FLG_RESERVED = 0xe0 };

/* Judges those of the first four bytes that are there, so that a wrong one is not taken for a header cut short. */
static enum provar_result check_fixed(const uint8_t *data, size_t len, struct provar_error *err) {
    if (len > AT_ID1 && data[AT_ID1] != ID1)
        return pv_fail(err, PROVAR_E_GZIP, AT_ID1, "not a gzip header");
    if (len > AT_ID2 && data[AT_ID2] != ID2)
        return pv_fail(err, PROVAR_E_GZIP, AT_ID2, "not a gzip header");
    if (len > AT_CM && data[AT_CM] != CM_DEFLATE)
        return pv_fail(err, PROVAR_E_GZIP, AT_CM, "unknown compression method %u", (unsigned)data[AT_CM]);
    if (len > AT_FLG && (data[AT_FLG] & FLG_RESERVED) != 0)
        return pv_fail(err, PROVAR_E_GZIP, AT_FLG, "reserved flags in the gzip header"); /* RFC 1952, 2.3.1.2 */
    return PROVAR_OK;
}

static void skip_optional_fields(struct pv_cursor *cursor, unsigned flags) {
    if (flags & FEXTRA)
        pv_cursor_skip(cursor, pv_cursor_le(cursor, 2));
    if (flags & FNAME)
        (void)pv_cursor_until(cursor, 0);
    if (flags & FCOMMENT)
        (void)pv_cursor_until(cursor, 0);
}

enum provar_result pv_gzip_header_decode(const uint8_t *data, size_t len, enum pv_gzip_progress *progress,
                                         size_t *header_len, struct provar_error *err) {
    enum provar_result result = check_fixed(data, len, err);
    if (result != PROVAR_OK)
        return result;
    struct pv_cursor cursor = pv_cursor(data, len < PV_MAX_GZIP_HEADER ? len : PV_MAX_GZIP_HEADER);
    pv_cursor_skip(&cursor, PV_GZIP_FIXED);
    unsigned flags = cursor.error ? 0 : data[AT_FLG];
    skip_optional_fields(&cursor, flags);
    size_t crc_at = cursor.pos;
    uint64_t crc = (flags & FHCRC) ? pv_cursor_le(&cursor, 2) : 0;
    if (cursor.error && len > PV_MAX_GZIP_HEADER)
        return pv_fail(err, PROVAR_E_LIMIT, PV_MAX_GZIP_HEADER, "a gzip header of more than %u bytes",
                       (unsigned)PV_MAX_GZIP_HEADER);
    if (!cursor.error && (flags & FHCRC) && crc != (pv_inflate_crc32(0, data, crc_at) & 0xffff))
        return pv_fail(err, PROVAR_E_GZIP, crc_at, "wrong checksum of the gzip header");
    *progress = cursor.error ? PV_GZIP_MORE : PV_GZIP_DONE;
    if (!cursor.error)
        *header_len = cursor.pos;
    return PROVAR_OK;
}

struct pv_str pv_gzip_header_extra(const uint8_t *data, size_t header_len) {
    bool alone = header_len >= AT_EXTRA && data[AT_FLG] == FEXTRA;
    return alone ? pv_str((const char *)data + AT_EXTRA, header_len - AT_EXTRA) : pv_str(NULL, 0);
}

void pv_gzip_header_encode(bool has_index, uint8_t out[PV_GZIP_FIXED]) {
    memset(out, 0, PV_GZIP_FIXED);
    out[AT_ID1] = ID1;
    out[AT_ID2] = ID2;
    out[AT_CM] = CM_DEFLATE;
    out[AT_FLG] = has_index ? FEXTRA : 0;
    out[AT_XFL] = has_index ? XFL_BEST : 0;
    out[AT_OS] = OS_UNKNOWN;
}

void pv_gzip_trailer_encode(uint32_t crc, uint64_t size, uint8_t out[PV_GZIP_TRAILER]) {
    for (unsigned i = 0; i < 4; i++) {
        out[i] = (uint8_t)(crc >> 8 * i);
        out[4 + i] = (uint8_t)(size >> 8 * i);
    }
}
