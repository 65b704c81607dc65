/* The tar stream of a new archive, as byte runs for whoever writes them: headers, padding and the end. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_TAR_WRITE_H
#define PV_TAR_WRITE_H

/* Takes the next bytes of a stream. */
struct pv_tar_sink {
    enum provar_result (*write)(void *user, const void *data, size_t len, struct provar_error *err);
    void *user;
};

/* A member's header; the caller then writes exactly `size` bytes of body and calls pv_tar_write_padding. */
enum provar_result pv_tar_write_header(const struct pv_tar_sink *sink, struct pv_str name, uint64_t size, mode_t mode,
                                       uint64_t mtime, struct provar_error *err) PV_MUST_CHECK;
enum provar_result pv_tar_write_padding(const struct pv_tar_sink *sink, uint64_t size,
                                        struct provar_error *err) PV_MUST_CHECK;
/* Two zero blocks, no record padding. */
enum provar_result pv_tar_write_end(const struct pv_tar_sink *sink, struct provar_error *err) PV_MUST_CHECK;

#endif
