/* Fuzzes one tar header: what is accepted is read as a plain reader reads it, and can be written again. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include "slow_tar.h"
#include "tar/tar_header.h"

enum { SUM_AT = 148, SUM_END = 156, TYPE_AT = 156, MAGIC_AT = 257 };

/* POSIX, pax, "ustar Interchange Format": the sum of all bytes, those of the field as spaces; the field is octal, and
 * ends where its digits do. */
static bool has_its_sum(const uint8_t *block) {
    uint64_t sum = 0, said = 0;
    size_t i = SUM_AT;
    while (i < SUM_END && block[i] == ' ')
        i++;
    for (; i < SUM_END && block[i] >= '0' && block[i] <= '7'; i++)
        said = said * 8 + (uint64_t)(block[i] - '0');
    for (i = 0; i < SUM_AT; i++)
        sum += block[i];
    for (i = SUM_END; i < PV_TAR_BLOCK; i++)
        sum += block[i];
    return said == sum + (SUM_END - SUM_AT) * 32;
}

/* Magic and version: the first bytes of a dialect's headers at that place. */
static bool has_magic_of(const uint8_t *block, enum pv_tar_dialect dialect) {
    const uint8_t *magic = block + MAGIC_AT;
    if (dialect == PV_TAR_USTAR)
        return pv_bytes_equal(magic, "ustar", 6) && pv_bytes_equal(magic + 6, "00", 2);
    return pv_bytes_equal(magic, dialect == PV_TAR_GNU ? "ustar  " : "\0\0\0\0\0\0\0", 8);
}

/* Our own header of the same name and size is read as these. */
static void check_encoding(const struct pv_tar_header *header) {
    uint8_t block[PV_TAR_BLOCK];
    struct pv_tar_header again;
    struct provar_error err = {0};
    struct pv_str name = pv_str(header->name, header->name_len);
    fuzz_fill(block, sizeof block);
    enum provar_result result = pv_tar_header_encode(name, header->size, 0644, 0, block, &err);
    fuzz_check_error(result, &err);
    if (result != PROVAR_OK) {
        fuzz_require(fuzz_is_filled(block, sizeof block));
        fuzz_require(name.len == 0 || name.len > 100 || header->size > 077777777777);
        return;
    }
    fuzz_require(pv_tar_header_decode(block, 0, &again, NULL) == PROVAR_OK);
    fuzz_require(again.dialect == PV_TAR_USTAR && again.typeflag == '0' && again.size == header->size);
    fuzz_require(pv_str_equal(pv_str(again.name, again.name_len), name));
}

static void check_accepted(const uint8_t *block, const struct pv_tar_header *header) {
    fuzz_require(header->name_len < sizeof header->name && strlen(header->name) == header->name_len);
    fuzz_require(header->size == slow_tar_size(block) && header->typeflag == (char)block[TYPE_AT]);
    fuzz_require(header->dialect == PV_TAR_USTAR || header->dialect == PV_TAR_GNU || header->dialect == PV_TAR_V7);
    fuzz_require(has_its_sum(block) && has_magic_of(block, header->dialect));
    fuzz_require(!pv_tar_block_is_zero(block));
    fuzz_require((header->size + pv_tar_padding(header->size)) % PV_TAR_BLOCK == 0);
    check_encoding(header);
}

static bool decode(const uint8_t *block) {
    struct pv_tar_header header;
    struct provar_error err = {0};
    const uint64_t offset = 1536;
    fuzz_fill(&header, sizeof header);
    enum provar_result result = pv_tar_header_decode(block, offset, &header, &err);
    fuzz_check_error(result, &err);
    if (result != PROVAR_OK) {
        fuzz_require(result == PROVAR_E_TAR && err.offset == offset && fuzz_is_filled(&header, sizeof header));
        return false;
    }
    check_accepted(block, &header);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    PV_AUTO_FREE uint8_t *block = calloc(1, PV_TAR_BLOCK);
    fuzz_require(block != NULL);
    memcpy(block, data, len < PV_TAR_BLOCK ? len : PV_TAR_BLOCK);
    bool accepted = decode(block);
    fuzz_accepted += accepted;
    /* No mutation finds a checksum. */
    slow_tar_mend_header(block);
    bool mended = decode(block);
    if (accepted)
        fuzz_require(mended);
    return 0;
}
