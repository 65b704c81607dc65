/* SHA-256 of the archive file itself. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "verify/archive.h"

enum provar_result pv_archive_rewind_file(struct provar_archive *archive, struct provar_error *err) {
    if (!pv_source_can_rewind(archive->raw))
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET,
                       "a pipe that is not kept (PROVAR_OPEN_KEEP) is read once");
    archive->was_read = true;
    return pv_source_rewind(archive->raw, err);
}

enum provar_result pv_archive_digest(struct provar_archive *archive, uint8_t digest[PV_SHA256_LEN],
                                     struct provar_error *err) {
    PV_AUTO_SHA256 struct pv_sha256 *hash = NULL;
    PV_AUTO_FREE uint8_t *block = malloc(PV_BLOCK);
    uint64_t room = archive->gunzip ? archive->max_file : archive->max_total;
    if (block == NULL)
        return pv_fail_memory(err);
    enum provar_result result = pv_archive_rewind_file(archive, err);
    if (result == PROVAR_OK)
        result = pv_sha256_new(&hash, err);
    while (result == PROVAR_OK) {
        size_t len;
        result = pv_source_read(archive->raw, block, PV_BLOCK, &len, err);
        if (result != PROVAR_OK || len == 0)
            break;
        if (len > room)
            return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "the file is larger than the limits allow");
        room -= len;
        result = pv_sha256_update(hash, block, len, err);
    }
    return result == PROVAR_OK ? pv_sha256_final(hash, digest, err) : result;
}
