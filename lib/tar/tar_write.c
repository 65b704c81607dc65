/* The tar stream of a new archive, as byte runs for whoever writes them. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "tar/tar_header.h"
#include "tar/tar_write.h"

static const uint8_t zeros[2 * PV_TAR_BLOCK];

enum provar_result pv_tar_write_header(const struct pv_tar_sink *sink, struct pv_str name, uint64_t size, mode_t mode,
                                       uint64_t mtime, struct provar_error *err) {
    uint8_t block[PV_TAR_BLOCK];
    enum provar_result result = pv_tar_header_encode(name, size, mode, mtime, block, err);
    if (result != PROVAR_OK)
        return result;
    return sink->write(sink->user, block, sizeof block, err);
}

enum provar_result pv_tar_write_padding(const struct pv_tar_sink *sink, uint64_t size, struct provar_error *err) {
    size_t padding = pv_tar_padding(size);
    return padding == 0 ? PROVAR_OK : sink->write(sink->user, zeros, padding, err);
}

enum provar_result pv_tar_write_end(const struct pv_tar_sink *sink, struct provar_error *err) {
    return sink->write(sink->user, zeros, sizeof zeros, err);
}
