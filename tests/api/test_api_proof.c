/* What was written is read back before it is let out: a file that is damaged meanwhile never gets its name. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <sys/stat.h>

#include "support/builder.h"
#include "support/temp_dir.h"

/* Damages the file under construction. `size` is what it has when the token is signed, which is the last step. */
typedef void (*damage_fn)(int fd, off_t size);

struct signer {
    struct provar_key *key;
    damage_fn damage;
    int damaged;
};

/* The one file of this process that has no name and can be written. */
static int find_unnamed(off_t *size) {
    int found = -1;
    for (int fd = 3; fd < 256; fd++) {
        struct stat st;
        if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_nlink > 0 || st.st_size == 0)
            continue;
        if ((fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDWR)
            continue;
        assert_int_equal(found, -1);
        found = fd;
        *size = st.st_size;
    }
    assert_true(found >= 0);
    return found;
}

/* A signer that has the run of the process; there is no other place from where a test could reach the file. */
static int sign_and_damage(const void *msg, size_t len, uint8_t signature[64], void *user) {
    struct signer *signer = user;
    off_t size = 0;
    int fd = find_unnamed(&size);
    signer->damage(fd, size);
    signer->damaged++;
    assert_ok(provar_key_sign(signer->key, msg, len, signature, NULL));
    return 0;
}

static void do_nothing(int fd, off_t size) {
    (void)fd;
    (void)size;
}

static void spoil_end(int fd, off_t size) {
    uint8_t byte;
    assert_int_equal(pread(fd, &byte, 1, size - 1), 1);
    byte ^= 1;
    assert_int_equal(pwrite(fd, &byte, 1, size - 1), 1);
}

static void cut_end(int fd, off_t size) {
    assert_int_equal(ftruncate(fd, size - 700), 0);
}

/* Turns a byte of the last member's header, and mends the checksum or does not. */
static void spoil_header(int fd, off_t size, bool mend) {
    static uint8_t content[1 << 16];
    struct tar_build bytes = {content, (size_t)size, sizeof content};
    assert_int_equal(pread(fd, content, sizeof content, 0), size);
    uint8_t *header = find_text(&bytes, "x86_64-linux.bin");
    header[0] = 'y';
    if (mend)
        tar_fix_sum(header);
    assert_int_equal(pwrite(fd, header, TAR_BLOCK, header - content), TAR_BLOCK);
}

static void spoil_checksum(int fd, off_t size) {
    spoil_header(fd, size, false);
}

static void rename_member(int fd, off_t size) {
    spoil_header(fd, size, true);
}

static void append_junk(int fd, off_t size) {
    assert_int_equal(pwrite(fd, "junk", 4, size), 4);
}

static size_t count_files(void) {
    size_t count = 0;
    DIR *dir = opendir(".");
    assert_non_null(dir);
    while (readdir(dir))
        count++;
    assert_int_equal(closedir(dir), 0);
    return count - 2;
}

static void assert_read_back(int level, damage_fn damage, enum provar_result code) {
    struct making making = make_usual();
    struct signer signer = {.key = making.key, .damage = damage};
    struct provar_output to = path_output("a.par", 0);
    struct provar_error err = {0};
    assert_ok(provar_builder_set_compression(making.builder, level, NULL));
    assert_ok(provar_builder_set_signer(making.builder, TEXT(ISSUER), sign_and_damage, &signer, NULL));
    enum provar_result result = provar_builder_write(making.builder, &to, &err);
    assert_int_equal(signer.damaged, 1);
    if (result != code)
        fail_msg("%s: %s", provar_result_name((int)result), err.message);
    assert_int_equal(count_files(), code == PROVAR_OK);
    assert_true((provar_builder_token(making.builder, NULL) != NULL) == (code == PROVAR_OK));
    if (code != PROVAR_OK)
        assert_memory_equal(err.message, "the new archive, read back: ", 28);
    making_free(&making);
}

static void test_nothing_happens(void **state) {
    (void)state;
    assert_read_back(0, do_nothing, PROVAR_OK);
}

static void test_nothing_happens_to_gzip(void **state) {
    (void)state;
    assert_read_back(6, do_nothing, PROVAR_OK);
}

static void test_damage_to_a_plain_archive(void **state) {
    (void)state;
    assert_read_back(0, spoil_end, PROVAR_E_TAR);
    assert_read_back(0, cut_end, PROVAR_E_INTERNAL);
    assert_read_back(0, spoil_checksum, PROVAR_E_TAR);
    assert_read_back(0, rename_member, PROVAR_E_ENTRY);
    assert_read_back(0, append_junk, PROVAR_E_TAR);
}

static void test_damage_to_a_gzip_archive(void **state) {
    (void)state;
    assert_read_back(6, spoil_end, PROVAR_E_IO);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_in_temp_dir(test_nothing_happens),
        test_in_temp_dir(test_nothing_happens_to_gzip),
        test_in_temp_dir(test_damage_to_a_plain_archive),
        test_in_temp_dir(test_damage_to_a_gzip_archive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
