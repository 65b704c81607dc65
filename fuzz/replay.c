/* Runs a fuzz target on every file of the folders named, and prints TAP: the ordinary test of a target. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <sys/mman.h>

#include "fuzz.h"

/*
 *     replay SEEDS [FOLDER...]
 *
 * A file whose name begins with "good_" must be accepted, one with "bad_" must not; any other name promises nothing but
 * that the process lives. Of SEEDS one file at least must be accepted. The input lies before a page that nobody may
 * touch, so that one byte read too many is a crash in every build.
 */

static unsigned cases;
static unsigned failures;

static void report(bool good, const char *name) {
    (void)printf("%sok %u - %s\n", good ? "" : "not ", ++cases, name);
    (void)fflush(stdout);
    failures += !good;
}

static void run_bytes(const uint8_t *data, size_t len) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE), room = (len + page - 1) / page * page;
    uint8_t *pages = mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    fuzz_require(pages != MAP_FAILED && mprotect(pages + room, page, PROT_NONE) == 0);
    if (len > 0)
        memcpy(pages + room - len, data, len);
    fuzz_require(LLVMFuzzerTestOneInput(pages + room - len, len) == 0);
    fuzz_require(munmap(pages, room + page) == 0);
}

/* Says whether the file was accepted. */
static bool run_file(const char *path) {
    FILE *file = fopen(path, "rb");
    PV_AUTO_BUF struct pv_buf bytes;
    size_t len = 1, before = fuzz_accepted;
    pv_buf_init(&bytes, 64 * PV_MIB);
    fuzz_require(file != NULL);
    while (len > 0) {
        fuzz_require(pv_buf_reserve(&bytes, PV_BLOCK, NULL) == PROVAR_OK);
        len = fread(bytes.data + bytes.len, 1, PV_BLOCK, file);
        bytes.len += len;
    }
    fuzz_require(ferror(file) == 0 && fclose(file) == 0);
    run_bytes(bytes.data, bytes.len);
    return fuzz_accepted > before;
}

static void run_entry(const char *folder, const char *name) {
    PV_AUTO_FREE char *path = NULL;
    fuzz_require(asprintf(&path, "%s/%s", folder, name) > 0);
    bool accepted = run_file(path);
    if (pv_str_starts(pv_str_of(name), PV_STR("good_")))
        report(accepted, name);
    else if (pv_str_starts(pv_str_of(name), PV_STR("bad_")))
        report(!accepted, name);
}

/* Returns how many files there were. */
static unsigned run_folder(const char *folder) {
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, NULL, alphasort);
    unsigned files = 0;
    for (int i = 0; i < count; i++) {
        if (entries[i]->d_name[0] != '.') {
            run_entry(folder, entries[i]->d_name);
            files++;
        }
        free(entries[i]);
    }
    free(entries);
    return files;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        (void)fprintf(stderr, "usage: replay SEEDS [FOLDER...]\n");
        return 2;
    }
    report(run_folder(argv[1]) > 0, "there are seeds");
    report(fuzz_accepted > 0, "a seed is accepted");
    for (int i = 2; i < argc; i++)
        (void)run_folder(argv[i]);
    (void)printf("1..%u\n", cases);
    return failures > 0;
}
