/* Seeds: tar headers, pax records, names, and tar streams. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"

#include "internal.h"

#include "seeds.h"
#include "support/tar_build.h"

/* ---------------------------------------------------------------- one header */

static void seed_header(const char *name, uint8_t block[TAR_BLOCK], size_t at, const void *data, size_t len) {
    tar_set(block, at, data, len);
    seed("tar_header", name, block, TAR_BLOCK);
}

static void header_with(const char *name, enum tar_flavour flavour, size_t at, const void *data, size_t len) {
    uint8_t block[TAR_BLOCK];
    tar_header(block, flavour, "x86_64-linux.bin", '0', 12345);
    seed_header(name, block, at, data, len);
}

static void headers(void) {
    uint8_t block[TAR_BLOCK];
    header_with("good_ustar", TAR_USTAR, TAR_NAME, "", 0);
    header_with("good_gnu", TAR_GNU, TAR_NAME, "", 0);
    header_with("good_v7", TAR_V7, TAR_NAME, "", 0);
    header_with("good_published_writer", TAR_REFERENCE, TAR_NAME, "", 0);
    header_with("good_prefix", TAR_USTAR, TAR_PREFIX, "some/directory", 14);
    header_with("good_spaces_around_the_size", TAR_USTAR, TAR_SIZE, "  1234567 \0 ", 12);
    header_with("good_size_of_12_digits", TAR_USTAR, TAR_SIZE, "777777777777", 12);
    tar_header(block, TAR_GNU, "x86_64-linux.bin", '0', UINT64_C(1) << 40);
    seed_header("good_base256", block, TAR_NAME, "", 0);
    header_with("bad_negative_base256", TAR_GNU, TAR_SIZE, "\377\377\377\377\377\377\377\377\377\377\377\377", 12);
    header_with("bad_large_base256", TAR_GNU, TAR_SIZE, "\200\0\0\1\0\0\0\0\0\0\0\0", 12);
    header_with("bad_sign", TAR_USTAR, TAR_SIZE, "+1234", 5);
    header_with("bad_digit", TAR_USTAR, TAR_SIZE, "00000000008", 11);
    header_with("bad_magic", TAR_USTAR, TAR_MAGIC, "ustaR", 5);
    header_with("bad_version", TAR_USTAR, TAR_MAGIC + 6, "01", 2);
    header_with("bad_gnu_with_prefix", TAR_GNU, TAR_PREFIX, "x", 1);
    tar_header(block, TAR_USTAR, "x86_64-linux.bin", '0', 12345);
    block[TAR_NAME] ^= 1;
    seed("tar_header", "bad_checksum", block, TAR_BLOCK);
}

/* ---------------------------------------------------------------- pax records */

/* Up to three records, the value of each behind its key; NULL ends them. */
static struct tar_build records(const char *const *texts) {
    struct tar_build payload = {0};
    for (size_t i = 0; texts[i]; i += 2)
        tar_pax_record(&payload, texts[i], texts[i + 1], strlen(texts[i + 1]));
    return payload;
}

static void seed_pax(const char *name, struct tar_build payload) {
    seed("tar_pax", name, payload.data, payload.len);
    tar_build_free(&payload);
}

static void pax_text(const char *name, const char *text) {
    seed("tar_pax", name, text, strlen(text));
}

#define RECORDS(...) records((const char *const[]){__VA_ARGS__, NULL})

static void pax(void) {
    seed_pax("good_path_and_size", RECORDS("path", "x86_64-linux.bin", "size", "12345"));
    seed_pax("good_times", RECORDS("mtime", "1700000000.123456789", "atime", "1", "ctime", "2"));
    seed_pax("good_comment", RECORDS("comment", "0123456789abcdef0123456789abcdef01234567"));
    seed_pax("good_vendor_and_line_feed", RECORDS("SCHILY.xattr.user.a", "one\ntwo", "path", "claims.jwt"));
    seed_pax("good_largest_size", RECORDS("size", "18446744073709551615"));
    seed_pax("bad_second_path", RECORDS("path", "a", "path", "b"));
    seed_pax("bad_second_size", RECORDS("size", "1", "size", "1"));
    seed_pax("bad_empty_path", RECORDS("path", ""));
    seed_pax("bad_size_of_2_64", RECORDS("size", "18446744073709551616"));
    seed_pax("bad_link", RECORDS("linkpath", "a"));
    seed_pax("bad_sparse", RECORDS("GNU.sparse.major", "1"));
    pax_text("good_by_hand", "12 comment=\n");
    pax_text("bad_length_too_short", "11 comment=\n");
    pax_text("bad_length_too_long", "13 comment=\n");
    pax_text("bad_leading_zero", "013 comment=\n");
    pax_text("bad_no_equals", "11 comment\n\n");
    pax_text("bad_no_line_feed", "12 comment=x");
    pax_text("bad_empty", "");
}

/* ---------------------------------------------------------------- names */

#define TEXT_OF_16 "abcdefgh_1234567"
#define TEXT_OF_64 TEXT_OF_16 TEXT_OF_16 TEXT_OF_16 "abcdefgh-linux_x"

static void names(void) {
    static const char *const good[] = {"claims.jwt", "./claims.jwt", "world.wasm", "x86_64-linux.bin",
                                       "aarch64-macos.bin"};
    static const char *const bad[] = {"claims",       "x/claims.jwt", "../x.bin",   "/x.bin",      "a\\b.bin",
                                      "._x.bin",      ".bin",         "x.so",       "amd64",       "x86_64-darwin",
                                      "arm64-osx",    "i686-win32",   "x\n.bin",    "x/y.bin",     TEXT_OF_64,
                                      TEXT_OF_64 "x", "world",        "claims-jwt", "\xc3\x28.bin"};
    for (size_t i = 0; i < array_length(good); i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "good_%zu", i);
        seed("tar_name", name, good[i], strlen(good[i]));
    }
    for (size_t i = 0; i < array_length(bad); i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "bad_%zu", i);
        seed("tar_name", name, bad[i], strlen(bad[i]));
    }
}

/* ---------------------------------------------------------------- streams */

static void seed_tar(const char *name, struct tar_build *tar) {
    seed("tar_read", name, tar->data, tar->len);
    tar_build_free(tar);
}

static void good_streams(void) {
    static const enum tar_flavour flavours[] = {TAR_USTAR, TAR_GNU, TAR_V7, TAR_REFERENCE};
    static const char *const flavour_names[] = {"good_ustar", "good_gnu", "good_v7", "good_published_writer"};
    struct tar_build tar = {0};
    for (size_t i = 0; i < array_length(flavours); i++) {
        tar_add_header(&tar, flavours[i], "./", '5', 0);
        tar_add_member(&tar, flavours[i], "./claims.jwt", '0', "token", 5);
        tar_add_member(&tar, flavours[i], "x86_64-linux.bin", 0, flavour_names, 0);
        tar_add_end(&tar);
        seed_tar(flavour_names[i], &tar);
    }
    tar_add_pax(&tar, 'g', "comment", "0123456789abcdef");
    tar_add_pax(&tar, 'x', "path", "x86_64-linux.bin");
    tar_add_file(&tar, "short", "body");
    tar_add_end(&tar);
    seed_tar("good_pax_path_and_global", &tar);
    tar_add_pax(&tar, 'x', "size", "600");
    tar_add_header(&tar, TAR_USTAR, "x86_64-linux.bin", '0', 0);
    tar_fill_bytes(&tar, 'b', 600);
    tar_pad(&tar);
    tar_add_end(&tar);
    seed_tar("good_pax_size", &tar);
    tar_add_long(&tar, 'L', "x86_64-linux.bin", sizeof "x86_64-linux.bin");
    tar_add_member(&tar, TAR_GNU, "x86_64", '0', "body", 4);
    seed_tar("good_long_name_and_no_end", &tar);
    tar_add_file(&tar, "claims.jwt", "token");
    tar_fill_bytes(&tar, 0, 20 * TAR_BLOCK);
    seed_tar("good_tape_padding", &tar);
    uint8_t block[TAR_BLOCK];
    tar_header(block, TAR_USTAR, "", '0', 0);
    tar_set(block, TAR_PREFIX, "directory", 9);
    tar_block(&tar, block);
    tar_add_end(&tar);
    seed_tar("good_prefix_without_a_name", &tar);
    tar_add_header(&tar, TAR_USTAR, "claims.jwt", '0', 5);
    tar_bytes(&tar, "token", 5);
    tar_fill_bytes(&tar, 'p', TAR_BLOCK - 5);
    seed_tar("good_padding_that_is_not_zero", &tar);
}

static void bad_streams(void) {
    struct tar_build tar = {0};
    tar_add_pax(&tar, 'x', "size", "601");
    tar_add_member(&tar, TAR_USTAR, "x86_64-linux.bin", '0', "body", 4);
    tar_add_end(&tar);
    seed_tar("bad_sizes_that_differ", &tar);
    tar_add_pax(&tar, 'x', "mtime", "1");
    tar_add_long(&tar, 'L', "name", 5);
    tar_add_file(&tar, "claims.jwt", "token");
    seed_tar("bad_mixed_extensions", &tar);
    tar_add_pax(&tar, 'x', "mtime", "1");
    seed_tar("bad_dangling_extension", &tar);
    tar_add_header(&tar, TAR_USTAR, "link", '2', 0);
    seed_tar("bad_symbolic_link", &tar);
    tar_add_header(&tar, TAR_V7, "./", '2', 0);
    tar_add_end(&tar);
    seed_tar("bad_link_in_place_of_the_root", &tar);
    tar_add_header(&tar, TAR_GNU, "sparse", 'S', 512);
    seed_tar("bad_sparse", &tar);
    tar_add_header(&tar, TAR_USTAR, "claims.jwt", '0', 1025);
    tar_add_end(&tar);
    seed_tar("bad_cut_body", &tar);
    tar_add_end(&tar);
    tar_add_file(&tar, "claims.jwt", "token");
    seed_tar("bad_data_behind_the_end", &tar);
    tar_add_file(&tar, "claims.jwt", "token");
    tar_fill_bytes(&tar, 1, 100);
    seed_tar("bad_short_tail", &tar);
    tar_add_long(&tar, 'L', "a\0b", 4);
    tar_add_file(&tar, "claims.jwt", "token");
    seed_tar("bad_nul_in_a_long_name", &tar);
    tar_add_header(&tar, TAR_USTAR, "x", '0', UINT64_MAX);
    seed_tar("bad_size_that_overflows", &tar);
}

void seeds_tar(void) {
    headers();
    pax();
    names();
    good_streams();
    bad_streams();
}
