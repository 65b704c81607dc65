/* Growable bytes with a ceiling that is not optional. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_BUF_H
#define PV_BUF_H

/* data[len] is always a NUL when data is not NULL, so that text in a buffer can be lent as a C string. */
struct pv_buf {
    uint8_t *data;
    size_t len;
    size_t cap; /* bytes allocated, less the one for the NUL */
    size_t max; /* len never passes it: PROVAR_E_LIMIT */
};

/* Empty, without memory; `max` bytes at most. */
void pv_buf_init(struct pv_buf *buf, uint64_t max);
/* Frees the bytes; the buffer is empty and may be used again. */
void pv_buf_release(struct pv_buf *buf);

enum provar_result pv_buf_reserve(struct pv_buf *buf, size_t more, struct provar_error *err) PV_MUST_CHECK;
enum provar_result pv_buf_append(struct pv_buf *buf, const void *data, size_t len,
                                 struct provar_error *err) PV_MUST_CHECK;
enum provar_result pv_buf_append_str(struct pv_buf *buf, struct pv_str text, struct provar_error *err) PV_MUST_CHECK;

/* The bytes as borrowed text. */
struct pv_str pv_buf_str(const struct pv_buf *buf);

#define PV_AUTO_BUF PV_CLEANUP(pv_buf_release)

#endif
