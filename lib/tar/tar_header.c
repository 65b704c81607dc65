/* One 512-byte tar header <-> struct pv_tar_header; no I/O. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/cursor.h"
#include "tar/tar_header.h"

enum {
    NAME_AT = 0,
    NAME_LEN = 100,
    MODE_AT = 100,
    UID_AT = 108,
    GID_AT = 116,
    SIZE_AT = 124,
    SIZE_LEN = 12,
    MTIME_AT = 136,
    CHKSUM_AT = 148,
    CHKSUM_LEN = 8,
    TYPEFLAG_AT = 156,
    MAGIC_AT = 257, /* with the version behind it */
    MAGIC_LEN = 8,
    DEVMAJOR_AT = 329,
    DEVMINOR_AT = 337,
    PREFIX_AT = 345,
    PREFIX_LEN = 155,
    SPARSE_AT = 386, /* map, isextended and realsize, which GNU has in place of the prefix */
    SPARSE_END = 495,
};

/* With the version behind it: POSIX's "00", and what GNU tar wrote before there was one. */
static const char ustar_magic[MAGIC_LEN] = {'u', 's', 't', 'a', 'r', 0, '0', '0'};
static const char gnu_magic[MAGIC_LEN] = {'u', 's', 't', 'a', 'r', ' ', ' ', 0};
static const char v7_magic[MAGIC_LEN] = {0};

bool pv_tar_block_is_zero(const uint8_t block[PV_TAR_BLOCK]) {
    for (size_t i = 0; i < PV_TAR_BLOCK; i++)
        if (block[i] != 0)
            return false;
    return true;
}

size_t pv_tar_padding(uint64_t size) {
    size_t used = (size_t)(size % PV_TAR_BLOCK);
    return used == 0 ? 0 : PV_TAR_BLOCK - used;
}

/* ---------------------------------------------------------------- decode */

/* The field counts as spaces. Bytes are unsigned: some old tars summed signed ones, and a header that is right in one
 * way and wrong in the other is one that two readers judge differently. */
static uint64_t checksum(const uint8_t block[PV_TAR_BLOCK]) {
    uint64_t sum = 0;
    for (size_t i = 0; i < PV_TAR_BLOCK; i++)
        sum += i >= CHKSUM_AT && i < CHKSUM_AT + CHKSUM_LEN ? ' ' : block[i];
    return sum;
}

/* Spaces, digits, then only NUL and spaces. The field need not end in either, so it is never a C string. */
static bool parse_octal_field(struct pv_str field, uint64_t *value) {
    size_t from = 0;
    while (from < field.len && field.text[from] == ' ')
        from++;
    size_t to = from;
    while (to < field.len && field.text[to] >= '0' && field.text[to] <= '7')
        to++;
    for (size_t i = to; i < field.len; i++)
        if (field.text[i] != 0 && field.text[i] != ' ')
            return false;
    return pv_parse_octal(pv_str(field.text + from, to - from), UINT64_MAX, value);
}

/* GNU tar manual, "Basic Tar Format": the top bit marks two's complement, big-endian, in the other 95. Readers that cut
 * such a number to 64 bits take another header for the next one, so what does not fit is refused. */
static bool parse_base256_field(const uint8_t field[SIZE_LEN], uint64_t *value) {
    struct pv_cursor cursor = pv_cursor(field, SIZE_LEN);
    uint64_t high = pv_cursor_be(&cursor, SIZE_LEN - 8);
    if (high != UINT64_C(0x80000000))
        return false;
    *value = pv_cursor_be(&cursor, 8);
    return true;
}

static bool parse_size(const uint8_t block[PV_TAR_BLOCK], uint64_t *size) {
    const uint8_t *field = block + SIZE_AT;
    if (field[0] & 0x80)
        return parse_base256_field(field, size);
    return parse_octal_field(pv_str((const char *)field, SIZE_LEN), size);
}

/* False for a magic that no known tar writes: whether such a header has a prefix is anybody's guess. */
static bool find_dialect(const uint8_t block[PV_TAR_BLOCK], enum pv_tar_dialect *dialect) {
    static const struct {
        enum pv_tar_dialect dialect;
        const char *magic;
    } known[] = {
        {PV_TAR_USTAR, ustar_magic},
        {PV_TAR_GNU, gnu_magic},
        {PV_TAR_V7, v7_magic},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (pv_bytes_equal(block + MAGIC_AT, known[i].magic, MAGIC_LEN)) {
            *dialect = known[i].dialect;
            return true;
        }
    }
    return false;
}

static bool has_sparse_fields(const uint8_t block[PV_TAR_BLOCK]) {
    for (size_t i = SPARSE_AT; i < SPARSE_END; i++)
        if (block[i] != 0)
            return true;
    return false;
}

static void append_name(struct pv_tar_header *header, const uint8_t *field, size_t cap) {
    size_t len = strnlen((const char *)field, cap);
    memcpy(header->name + header->name_len, field, len);
    header->name_len += len;
    header->name[header->name_len] = 0;
}

enum provar_result pv_tar_header_decode(const uint8_t block[PV_TAR_BLOCK], uint64_t offset,
                                        struct pv_tar_header *header, struct provar_error *err) {
    struct pv_tar_header found = {.typeflag = (char)block[TYPEFLAG_AT]};
    uint64_t sum;
    if (!parse_octal_field(pv_str((const char *)block + CHKSUM_AT, CHKSUM_LEN), &sum) || sum != checksum(block))
        return pv_fail(err, PROVAR_E_TAR, offset, "wrong checksum of a tar header");
    if (!find_dialect(block, &found.dialect))
        return pv_fail(err, PROVAR_E_TAR, offset, "unknown magic or version in a tar header");
    bool has_prefix = block[PREFIX_AT] != 0;
    if (has_prefix && found.dialect != PV_TAR_USTAR)
        return pv_fail(err, PROVAR_E_TAR, offset, "a name prefix in a tar header that is not ustar");
    if (!parse_size(block, &found.size))
        return pv_fail(err, PROVAR_E_TAR, offset, "malformed size in a tar header");
    found.sparse = found.dialect == PV_TAR_GNU && has_sparse_fields(block);
    if (has_prefix) {
        append_name(&found, block + PREFIX_AT, PREFIX_LEN);
        append_name(&found, (const uint8_t *)"/", 1);
    }
    append_name(&found, block + NAME_AT, NAME_LEN);
    *header = found;
    return PROVAR_OK;
}

/* ---------------------------------------------------------------- encode */

/* `digits` octal digits with leading zeros; the NUL behind them is there already. */
static void put_octal(uint8_t *field, size_t digits, uint64_t value) {
    while (digits > 0) {
        field[--digits] = (uint8_t)('0' + (value & 7));
        value >>= 3;
    }
}

enum provar_result pv_tar_header_encode(struct pv_str name, uint64_t size, mode_t mode, uint64_t mtime,
                                        uint8_t block[PV_TAR_BLOCK], struct provar_error *err) {
    const uint64_t max = UINT64_C(077777777777);
    if (name.len == 0 || pv_str_has_nul(name))
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "'%s' cannot name a member", pv_quote(name).text);
    if (name.len > NAME_LEN)
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "the member name '%s' is longer than %d bytes",
                       pv_quote(name).text, (int)NAME_LEN);
    if (size > max || mtime > max)
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "the %s of '%s' does not fit in a tar header",
                       size > max ? "size" : "time", pv_quote(name).text);
    memset(block, 0, PV_TAR_BLOCK);
    memcpy(block + NAME_AT, name.text, name.len);
    put_octal(block + MODE_AT, 7, mode & 07777);
    put_octal(block + UID_AT, 7, 0);
    put_octal(block + GID_AT, 7, 0);
    put_octal(block + SIZE_AT, 11, size);
    put_octal(block + MTIME_AT, 11, mtime);
    block[TYPEFLAG_AT] = '0';
    memcpy(block + MAGIC_AT, ustar_magic, MAGIC_LEN);
    put_octal(block + DEVMAJOR_AT, 7, 0);
    put_octal(block + DEVMINOR_AT, 7, 0);
    /* Six digits, NUL, space: so it has been written since V7. */
    put_octal(block + CHKSUM_AT, 6, checksum(block));
    block[CHKSUM_AT + CHKSUM_LEN - 1] = ' ';
    return PROVAR_OK;
}
