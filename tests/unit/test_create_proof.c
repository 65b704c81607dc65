/* Tests of create's read-back: what it finds when the token on the disk is not the one that was made. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/builder.h"
#include "support/temp_dir.h"

#include "internal.h"

/* The linker sends the library's pwrite(2) here (tests/unit/meson.build), which fills the place of the token. */
ssize_t __real_pwrite64(int fd, const void *data, size_t len, off_t offset);
ssize_t __wrap_pwrite64(int fd, const void *data, size_t len, off_t offset);

/* Gives the head that is written in place of the archive's own. */
typedef void (*change_fn)(uint8_t *head, size_t len);
static change_fn change_head;
static size_t changed;

static bool damage_index;
static bool is_index(const void *data, size_t len);

ssize_t __wrap_pwrite64(int fd, const void *data, size_t len, off_t offset) {
    if (damage_index && is_index(data, len)) {
        uint8_t copy[1024];
        assert_true(len <= sizeof copy);
        memcpy(copy, data, len);
        copy[6]++; /* the version, behind XLEN and the subfield's header */
        changed++;
        return __real_pwrite64(fd, copy, len, offset);
    }
    if (change_head == NULL || len < 10 || !pv_bytes_equal(data, "claims.jwt", 10))
        return __real_pwrite64(fd, data, len, offset);
    uint8_t *copy = malloc(len);
    assert_non_null(copy);
    memcpy(copy, data, len);
    change_head(copy, len);
    changed++;
    ssize_t written = __real_pwrite64(fd, copy, len, offset);
    free(copy);
    return written;
}

/* Which write(2) of a gzip archive is damaged in one bit: the one of this many bytes, or of a piece. */
enum { OF_A_TRAILER = 8, OF_A_PIECE = 0, NONE = -1 };
static ssize_t damaged_len = NONE;

ssize_t __real_write(int fd, const void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len);

ssize_t __wrap_write(int fd, const void *data, size_t len) {
    /* Places that are kept begin as zeros, a piece does not. */
    bool is_piece = len > 1000 && *(const uint8_t *)data != 0 && *(const uint8_t *)data != 0x1f;
    bool chosen = damaged_len == OF_A_PIECE ? is_piece : (ssize_t)len == damaged_len;
    uint8_t copy[4096];
    if (!chosen || len > sizeof copy)
        return __real_write(fd, data, len);
    memcpy(copy, data, len);
    copy[damaged_len == OF_A_TRAILER ? 0 : len / 2] ^= 1; /* of a trailer, the CRC */
    changed++;
    damaged_len = NONE;
    return __real_write(fd, copy, len);
}

/* The archive's id may differ; it has the same length then, and so has the token. */
static struct making make_with_id(const char *id) {
    struct making making = make_usual();
    assert_ok(provar_builder_set_id(making.builder, TEXT(id), NULL));
    return making;
}

static void do_nothing(uint8_t *head, size_t len) {
    (void)head;
    (void)len;
}

/* Another digit near the front of the signature: in R, which any value may have. */
static void turn_signature(uint8_t *head, size_t len) {
    struct tar_build bytes = {head, len, len};
    uint8_t *token = find_text(&bytes, "eyJ");
    uint8_t *dot = memrchr(token, '.', (size_t)(head + len - token));
    assert_non_null(dot);
    dot[9] = dot[9] == 'A' ? 'B' : 'A';
}

/* The head of an archive that differs in its id, as the same key has signed it. */
static struct tar_build other_archive;

static void exchange_token(uint8_t *head, size_t len) {
    assert_true(len < other_archive.len);
    memcpy(head, other_archive.data, len);
}

static void assert_read_back(change_fn change, enum provar_result code, const char *says) {
    struct making making = make_with_id("AAAAAAAAAAAAAAAAAAAAAA");
    struct provar_output to = path_output("a.par", 0);
    struct provar_error err = {0};
    changed = 0;
    change_head = change;
    enum provar_result result = provar_builder_write(making.builder, &to, &err);
    change_head = NULL;
    assert_int_equal(changed, 1);
    assert_int_equal(result, code);
    assert_int_equal(err.code, code);
    assert_non_null(strstr(err.message, says));
    assert_int_equal(access("a.par", F_OK), code == PROVAR_OK ? 0 : -1);
    assert_true((provar_builder_token(making.builder, NULL) != NULL) == (code == PROVAR_OK));
    making_free(&making);
}

static void test_nothing_happens(void **state) {
    (void)state;
    assert_read_back(do_nothing, PROVAR_OK, "");
}

static void test_a_signature_that_does_not_hold(void **state) {
    (void)state;
    assert_read_back(turn_signature, PROVAR_E_SIGNATURE, "the new archive, read back: ");
}

static void test_a_good_token_that_is_another(void **state) {
    (void)state;
    struct making other = make_with_id("BBBBBBBBBBBBBBBBBBBBBB");
    other_archive = write_making(&other);
    struct provar_archive *archive = open_bytes(&other_archive);
    provar_checked_free(check_archive(archive));
    provar_archive_free(archive);
    assert_read_back(exchange_token, PROVAR_E_INTERNAL, "the new archive, read back: it holds another token");
    tar_build_free(&other_archive);
}

/* The index, which is written into its place like the head, names another version of itself. */
static bool is_index(const void *data, size_t len) {
    return len > 6 && pv_bytes_equal((const uint8_t *)data + 2, "PI", 2);
}

static void assert_gzip_is_read_back(ssize_t damage, bool index, bool omit, enum provar_result code, const char *says) {
    static char body[3000]; /* makes a piece of more than 1000 bytes */
    struct making making = make_with_id("AAAAAAAAAAAAAAAAAAAAAA");
    struct provar_output to = path_output("a.par.gz", 0);
    struct provar_error err = {0};
    for (size_t i = 0; i < sizeof body; i++)
        body[i] = (char)(i * i * 7 >> 3);
    struct provar_input from = memory_input(body, sizeof body);
    assert_ok(provar_builder_add_target(making.builder, TEXT("mips-linux"), &from, 0, NULL));
    assert_ok(provar_builder_set_compression(making.builder, -1, NULL));
    if (omit)
        provar_builder_omit_index(making.builder);
    changed = 0;
    damaged_len = damage;
    damage_index = index;
    assert_int_equal(provar_builder_write(making.builder, &to, &err), code);
    assert_int_equal(changed, damage != NONE || index);
    assert_non_null(strstr(err.message, says));
    assert_int_equal(access("a.par.gz", F_OK), code == PROVAR_OK ? 0 : -1);
    damaged_len = NONE;
    damage_index = false;
    (void)unlink("a.par.gz");
    making_free(&making);
}

static void test_gzip_is_read_to_its_end(void **state) {
    (void)state;
    for (int omit = 0; omit < 2; omit++) {
        assert_gzip_is_read_back(NONE, false, omit, PROVAR_OK, "");
        assert_gzip_is_read_back(OF_A_TRAILER, false, omit, PROVAR_E_IO,
                                 "the new archive, read back: it does not hold what was written");
        assert_gzip_is_read_back(OF_A_PIECE, false, omit, PROVAR_E_IO,
                                 "the new archive, read back: it does not hold what was written");
    }
    assert_gzip_is_read_back(NONE, true, false, PROVAR_E_IO,
                             "the new archive, read back: it does not hold what was written");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_in_temp_dir(test_nothing_happens),
        test_in_temp_dir(test_a_signature_that_does_not_hold),
        test_in_temp_dir(test_a_good_token_that_is_another),
        test_in_temp_dir(test_gzip_is_read_to_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
