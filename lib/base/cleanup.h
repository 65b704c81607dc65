/* Owners that clean up after themselves: every owning local is a cleanup variable and leaves by PV_TAKE. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_CLEANUP_H
#define PV_CLEANUP_H

#define PV_CLEANUP(function) __attribute__((cleanup(function)))

/* Defines `name`, a cleanup function for variables of type `type *`, out of `free_function`, which accepts NULL. */
#define PV_DEFINE_CLEANUP(name, type, free_function)                                                                   \
    static inline void name(type **owner) {                                                                            \
        free_function(*owner);                                                                                         \
    }

/* Moves a pointer out of its cleanup variable. */
#define PV_TAKE(pointer)                                                                                               \
    __extension__({                                                                                                    \
        __auto_type pv_taken = (pointer);                                                                              \
        (pointer) = NULL;                                                                                              \
        pv_taken;                                                                                                      \
    })

static inline void pv_cleanup_free(void *owner) {
    free(*(void **)owner);
}

static inline void pv_cleanup_fd(int *fd) {
    if (*fd >= 0) {
        int saved = errno;
        (void)close(*fd);
        errno = saved;
    }
}

/* Moves a descriptor out of its cleanup variable. */
static inline int pv_take_fd(int *fd) {
    int taken = *fd;
    *fd = -1;
    return taken;
}

#define PV_AUTO_FREE PV_CLEANUP(pv_cleanup_free)
#define PV_AUTO_FD   PV_CLEANUP(pv_cleanup_fd)

#endif
