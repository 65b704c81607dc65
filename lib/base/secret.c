/* Bytes that must not outlive their use: seeds and what is derived from them. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/mman.h>

#include "internal.h"

#include "base/secret.h"

void pv_secret_wipe(void *data, size_t len) {
    explicit_bzero(data, len);
}

void *pv_secret_alloc(size_t len) {
    void *pages = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED)
        return NULL;
    /* Both are a second line of defence, which an unprivileged process or an old kernel may not have. */
    (void)madvise(pages, len, MADV_DONTDUMP);
    (void)mlock(pages, len);
    return pages;
}

void pv_secret_free(void *data, size_t len) {
    if (data == NULL)
        return;
    pv_secret_wipe(data, len);
    (void)munmap(data, len);
}

bool pv_secret_equal(const void *a, const void *b, size_t len) {
    const volatile uint8_t *x = a, *y = b;
    uint8_t difference = 0;
    for (size_t i = 0; i < len; i++)
        difference = (uint8_t)(difference | (x[i] ^ y[i]));
    return difference == 0;
}
