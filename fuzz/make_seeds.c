/* Writes the seeds of all fuzz targets into a folder: make_seeds FOLDER STAMP. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <ftw.h>

#include "support/check.h"

#include "internal.h"

#include "seeds.h"

static const char *folder;

/* What an older generator left is no seed of this one. */
static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *place) {
    (void)st;
    (void)type;
    (void)place;
    return remove(path);
}

static void make_folder(const char *path) {
    if (mkdir(path, 0777) != 0)
        assert_int_equal(errno, EEXIST);
}

static void write_file(const char *path, const void *data, size_t len) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

void seed(const char *decoder, const char *name, const void *data, size_t len) {
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/%s", folder, decoder);
    make_folder(path);
    (void)snprintf(path, sizeof path, "%s/%s/%s", folder, decoder, name);
    if (access(path, F_OK) == 0)
        fail_msg("two seeds have the name %s/%s", decoder, name);
    write_file(path, len > 0 ? data : "", len);
}

int main(int argc, char **argv) {
    assert_int_equal(argc, 3);
    folder = argv[1];
    (void)nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    make_folder(folder);
    seeds_gzip();
    seeds_index();
    seeds_tar();
    seeds_token();
    seeds_key();
    seeds_exe();
    seeds_archive();
    seeds_authority();
    seeds_current();
    seeds_trust();
    seeds_store();
    write_file(argv[2], "", 0);
    return 0;
}
