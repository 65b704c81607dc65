/* Growable bytes with a ceiling that is not optional. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

void pv_buf_init(struct pv_buf *buf, uint64_t max) {
    *buf = (struct pv_buf){.max = max < SIZE_MAX / 2 ? (size_t)max : SIZE_MAX / 2};
}

void pv_buf_release(struct pv_buf *buf) {
    free(buf->data);
    buf->data = NULL;
    buf->len = 0;
    buf->cap = 0;
}

enum provar_result pv_buf_reserve(struct pv_buf *buf, size_t more, struct provar_error *err) {
    if (more > buf->max - buf->len)
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "more than %zu bytes", buf->max);
    size_t need = buf->len + more;
    if (buf->data && need <= buf->cap)
        return PROVAR_OK;
    size_t cap = buf->cap < 64 ? 64 : buf->cap;
    while (cap < need)
        cap *= 2;
    if (cap > buf->max)
        cap = buf->max;
    uint8_t *grown = realloc(buf->data, cap + 1);
    if (grown == NULL)
        return pv_fail_memory(err);
    buf->data = grown;
    buf->cap = cap;
    buf->data[buf->len] = 0;
    return PROVAR_OK;
}

enum provar_result pv_buf_append(struct pv_buf *buf, const void *data, size_t len, struct provar_error *err) {
    enum provar_result result = pv_buf_reserve(buf, len, err);
    if (result != PROVAR_OK)
        return result;
    if (len > 0)
        memcpy(buf->data + buf->len, data, len);
    buf->len += len;
    buf->data[buf->len] = 0;
    return PROVAR_OK;
}

enum provar_result pv_buf_append_str(struct pv_buf *buf, struct pv_str text, struct provar_error *err) {
    return pv_buf_append(buf, text.text, text.len, err);
}

struct pv_str pv_buf_str(const struct pv_buf *buf) {
    return pv_str((const char *)buf->data, buf->len);
}
