/* A file that belongs to another user, by what fstat(2) says: it can be given away by root alone. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUPPORT_FOREIGN_H
#define SUPPORT_FOREIGN_H

/* The linker sends fstat here (tests/unit/meson.build: --wrap). Include it in one file of a program that is linked so.
 */

#include <sys/stat.h>
#include <unistd.h>

/* What the C library calls it. */
#if defined __USE_TIME_BITS64 && __TIMESIZE == 32
#define REAL_FSTAT __real___fstat64_time64
#define WRAP_FSTAT __wrap___fstat64_time64
#else
#define REAL_FSTAT __real_fstat64
#define WRAP_FSTAT __wrap_fstat64
#endif

static ino_t foreign_inode; /* 0: none */

int REAL_FSTAT(int fd, struct stat *st);
int WRAP_FSTAT(int fd, struct stat *st);

int WRAP_FSTAT(int fd, struct stat *st) {
    int status = REAL_FSTAT(fd, st);
    if (status == 0 && foreign_inode != 0 && st->st_ino == foreign_inode)
        st->st_uid = geteuid() + 1;
    return status;
}

/* From here on this file is another user's; NULL: none is. */
static inline void make_foreign(const char *path) {
    struct stat st = {0};
    if (path)
        assert_int_equal(stat(path, &st), 0);
    foreign_inode = st.st_ino;
}

#endif
