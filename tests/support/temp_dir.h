/* A fresh directory for one test, which becomes the working directory, and is removed with what is in it. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUPPORT_TEMP_DIR_H
#define SUPPORT_TEMP_DIR_H

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char temp_dir_path[] = "/tmp/provar-test-XXXXXX";

static inline int temp_dir_setup(void **state) {
    (void)state;
    (void)snprintf(temp_dir_path, sizeof temp_dir_path, "/tmp/provar-test-XXXXXX");
    return mkdtemp(temp_dir_path) != NULL && chdir(temp_dir_path) == 0 ? 0 : -1;
}

static inline int temp_dir_remove_one(const char *path, const struct stat *st, int kind, struct FTW *walk) {
    (void)st;
    (void)kind;
    (void)walk;
    return remove(path);
}

static inline int temp_dir_teardown(void **state) {
    (void)state;
    return chdir("/") == 0 ? nftw(temp_dir_path, temp_dir_remove_one, 8, FTW_DEPTH | FTW_PHYS) : -1;
}

/* Writes a file of the working directory. */
static inline void temp_dir_write(const char *name, const void *data, size_t len) {
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, len), (ssize_t)len);
    assert_int_equal(close(fd), 0);
}

/* A test with such a directory around it. */
#define test_in_temp_dir(function) cmocka_unit_test_setup_teardown(function, temp_dir_setup, temp_dir_teardown)

#endif
