/* Bytes that must not outlive their use: seeds and what is derived from them. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/mman.h>

#include "internal.h"

#include "base/secret.h"

/* What copied a secret leaves it in vector registers, which a later call may spill to the stack: the dynamic linker
 * does when it resolves a symbol. */
#if __has_attribute(zero_call_used_regs) && (defined __x86_64__ || defined __aarch64__)
__attribute__((zero_call_used_regs("all")))
#endif
void pv_secret_wipe(void *data, size_t len) {
    explicit_bzero(data, len);
    /* Registers are not cleared on the way into a tail call. */
    __asm__ volatile("" ::: "memory");
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
