/* Tests of store/layout_tar: where a layout's files stand, and tar files that two would read in two ways. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"
#include "support/tar_build.h"
#include "support/temp_dir.h"

#include "internal.h"

#include "store/layout/layout_tar.h"
#include "store/image/limits.h"

#define HEX_A  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define BLOB_A "blobs/sha256/" HEX_A

static enum provar_result open_bytes(const struct tar_build *tar, struct pv_layout_tar **found,
                                     struct provar_error *err) {
    temp_dir_write("x.tar", tar->data, tar->len);
    PV_AUTO_FD int fd = open("x.tar", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    return pv_layout_tar_open(fd, tar->len, found, err);
}

/* The two documents and a blob; the end is left to the caller. */
static struct tar_build usual(void) {
    struct tar_build tar = {0};
    tar_add_file(&tar, "oci-layout", "{}");
    tar_add_file(&tar, "index.json", "[1]");
    tar_add_file(&tar, BLOB_A, "body");
    return tar;
}

static void assert_at(const struct pv_layout_tar *tar, const char *name, uint64_t offset, uint64_t size) {
    struct pv_layout_place place = {0};
    assert_true(pv_layout_tar_find(tar, pv_str_of(name), &place));
    assert_int_equal(place.offset, offset);
    assert_int_equal(place.size, size);
}

/* Opens; frees both. `places`: whether the blob of `usual` is found behind whatever stands before it. */
static void assert_good(struct tar_build *bytes, uint64_t blob_at) {
    static const struct pv_digest digest = {.text = "sha256:" HEX_A};
    struct pv_layout_tar *tar = NULL;
    struct pv_layout_place place = {0};
    struct provar_error err = {0};
    if (open_bytes(bytes, &tar, &err) != PROVAR_OK)
        fail_msg("%s", err.message);
    assert_true(pv_layout_tar_find_blob(tar, &digest, &place));
    assert_int_equal(place.offset, blob_at);
    assert_int_equal(place.size, 4);
    pv_layout_tar_free(tar);
    tar_build_free(bytes);
}

static void assert_refused(struct tar_build *bytes, enum provar_result code, uint64_t offset, const char *says) {
    struct pv_layout_tar *tar = NULL;
    struct provar_error err = {0};
    assert_fails(open_bytes(bytes, &tar, &err), code, err, offset);
    if (strstr(err.message, says) == NULL)
        fail_msg("'%s' does not say '%s'", err.message, says);
    assert_null(tar);
    tar_build_free(bytes);
}

/* ---------------------------------------------------------------- what is found */

static void test_places(void **state) {
    (void)state;
    struct tar_build bytes = usual();
    struct pv_layout_tar *tar = NULL;
    struct pv_layout_place place;
    tar_add_file(&bytes, "README", "text");
    tar_add_end(&bytes);
    assert_ok(open_bytes(&bytes, &tar, NULL));
    assert_at(tar, "oci-layout", 512, 2);
    assert_at(tar, "index.json", 1536, 3);
    assert_at(tar, BLOB_A, 2560, 4);
    assert_false(pv_layout_tar_find(tar, PV_STR("README"), &place));
    assert_false(pv_layout_tar_find(tar, PV_STR(""), &place));
    pv_layout_tar_free(tar);
    pv_layout_tar_free(NULL);
    tar_build_free(&bytes);
}

/* With "./" before the names and directories among them, as `tar -C DIR .` writes it, in every dialect. */
static void test_dialects(void **state) {
    (void)state;
    static const enum tar_flavour flavours[] = {TAR_USTAR, TAR_GNU, TAR_V7, TAR_REFERENCE};
    for (size_t i = 0; i < array_length(flavours); i++) {
        struct tar_build bytes = {0};
        tar_add_header(&bytes, flavours[i], "./", '5', 0);
        tar_add_header(&bytes, flavours[i], "./blobs/", '5', 0);
        tar_add_member(&bytes, flavours[i], "./" BLOB_A, i % 2 ? '0' : 0, "body", 4);
        if (i > 0)
            tar_add_end(&bytes);
        assert_good(&bytes, 3 * TAR_BLOCK);
    }
}

/* However many blobs there are and in whatever order, each is found, and of equal ones the first. */
static void test_many_blobs(void **state) {
    (void)state;
    enum { COUNT = PV_MAX_LAYOUT_FILES - 2, DISTINCT = COUNT / 2, STEP = 5 }; /* coprime, so that each comes twice */
    struct tar_build bytes = {0};
    struct pv_layout_tar *tar = NULL;
    struct pv_layout_place place;
    char name[sizeof BLOB_A];
    tar_add_header(&bytes, TAR_USTAR, "oci-layout", '0', 0);
    for (size_t i = 0; i < COUNT; i++) {
        (void)snprintf(name, sizeof name, "blobs/sha256/%064zu", i * STEP % DISTINCT);
        tar_add_header(&bytes, TAR_USTAR, name, '0', 0);
    }
    tar_add_header(&bytes, TAR_USTAR, "index.json", '0', 0);
    assert_ok(open_bytes(&bytes, &tar, NULL));
    assert_at(tar, "oci-layout", TAR_BLOCK, 0);
    assert_at(tar, "index.json", (COUNT + 2) * TAR_BLOCK, 0);
    for (size_t i = 0; i < DISTINCT; i++) {
        (void)snprintf(name, sizeof name, "blobs/sha256/%064zu", i * STEP % DISTINCT);
        assert_at(tar, name, (i + 2) * TAR_BLOCK, 0);
    }
    (void)snprintf(name, sizeof name, "blobs/sha256/%064d", DISTINCT);
    assert_false(pv_layout_tar_find(tar, pv_str_of(name), &place));
    pv_layout_tar_free(tar);
    tar_build_free(&bytes);
}

static void test_a_size_in_base_256(void **state) {
    (void)state;
    struct tar_build bytes = {0};
    tar_add_file(&bytes, BLOB_A, "body");
    tar_set_base256(bytes.data, 4);
    assert_good(&bytes, TAR_BLOCK);
}

/* Of two blobs the first, of the documents none twice. */
static void test_names_that_stand_twice(void **state) {
    (void)state;
    struct tar_build bytes = usual();
    tar_add_file(&bytes, BLOB_A, "other");
    assert_good(&bytes, 5 * TAR_BLOCK);
    static const char *const documents[] = {"index.json", "./oci-layout"};
    for (size_t i = 0; i < array_length(documents); i++) {
        bytes = usual();
        tar_add_file(&bytes, documents[i], "");
        assert_refused(&bytes, PROVAR_E_REGISTRY, 6 * TAR_BLOCK, "stands in it twice");
    }
}

/* What is not a file of this very name is none of the layout's. */
static void test_what_is_passed_over(void **state) {
    (void)state;
    static const char *const names[] = {"Index.json",           "/index.json",  "././index.json",
                                        "index.json/",          "x/index.json", "blobs/sha256/" HEX_A "a",
                                        ("blobs/sha512/" HEX_A)};
    struct tar_build bytes = {0};
    struct pv_layout_tar *tar = NULL;
    struct pv_layout_place place;
    uint8_t block[TAR_BLOCK];
    for (size_t i = 0; i < array_length(names); i++)
        tar_add_file(&bytes, names[i], "text");
    tar_header(block, TAR_USTAR, "index.json", '0', 0);
    tar_set(block, TAR_PREFIX, "x", 1);
    tar_block(&bytes, block);
    tar_add_header(&bytes, TAR_USTAR, "index.json", '2', 0);
    tar_add_pax(&bytes, 'x', "path", "other");
    tar_add_file(&bytes, "index.json", "text");
    tar_add_long(&bytes, 'L', "other", 6);
    tar_add_file(&bytes, "index.json", "text");
    assert_ok(open_bytes(&bytes, &tar, NULL));
    assert_false(pv_layout_tar_find(tar, PV_STR("index.json"), &place));
    pv_layout_tar_free(tar);
    /* The next one has its own name again. */
    tar_add_file(&bytes, BLOB_A, "body");
    assert_good(&bytes, bytes.len - TAR_BLOCK);
}

static void test_extension_headers_that_change_nothing(void **state) {
    (void)state;
    struct tar_build bytes = {0};
    tar_add_pax(&bytes, 'g', "comment", "a");
    tar_add_pax(&bytes, 'x', "mtime", "1.5");
    tar_add_long(&bytes, 'K', "other", 6);
    tar_add_file(&bytes, BLOB_A, "body");
    assert_good(&bytes, bytes.len - TAR_BLOCK);
}

/* ---------------------------------------------------------------- what is refused */

static void test_headers_that_are_none(void **state) {
    (void)state;
    static const struct {
        size_t at;
        const char *bytes;
        size_t len;
        bool keep_sum;
    } cases[] = {
        {TAR_NAME, "O", 1, true},
        {TAR_CHKSUM, "99", 2, true},
        {TAR_SIZE, "-0000000004", 11, false},
        {TAR_SIZE, "0000 000004", 11, false},
        {TAR_SIZE, "\x81\0\0\0\0\0\0\0\0\0\0\4", 12, false},
        {TAR_SIZE, "\x80\0\0\1\0\0\0\0\0\0\0\4", 12, false},
        {TAR_SIZE, "\x80\0\0\0\x80\0\0\0\0\0\0\4", 12, false},
        {TAR_SIZE, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12, false},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        struct tar_build bytes = usual();
        memcpy(bytes.data + 4 * TAR_BLOCK + cases[i].at, cases[i].bytes, cases[i].len);
        if (!cases[i].keep_sum)
            tar_fix_sum(bytes.data + 4 * TAR_BLOCK);
        assert_refused(&bytes, PROVAR_E_REGISTRY, 4 * TAR_BLOCK, "a header is missing or wrong");
    }
    struct tar_build text = {0};
    tar_bytes(&text, "{}", 2);
    assert_refused(&text, PROVAR_E_REGISTRY, 0, "a header is missing or wrong");
}

static void test_files_that_are_cut(void **state) {
    (void)state;
    struct tar_build bytes = usual();
    bytes.len -= TAR_BLOCK - 4; /* the padding may be missing */
    assert_good(&bytes, 5 * TAR_BLOCK);
    bytes = usual();
    bytes.len -= TAR_BLOCK - 3;
    assert_refused(&bytes, PROVAR_E_REGISTRY, 4 * TAR_BLOCK, "cut short");
    bytes = usual();
    bytes.len = 4 * TAR_BLOCK + 511;
    assert_refused(&bytes, PROVAR_E_REGISTRY, 4 * TAR_BLOCK, "a header is missing or wrong");
    bytes = usual();
    tar_set_base256(bytes.data + 4 * TAR_BLOCK, INT64_MAX);
    assert_refused(&bytes, PROVAR_E_REGISTRY, 4 * TAR_BLOCK, "cut short");
    bytes = usual();
    tar_add_pax(&bytes, 'x', "mtime", "1");
    bytes.len -= TAR_BLOCK - 3;
    assert_refused(&bytes, PROVAR_E_REGISTRY, 6 * TAR_BLOCK, "cut short");
}

static void test_members_that_two_would_read_in_two_ways(void **state) {
    (void)state;
    static const char bodied[] = {'1', '2', '3', '4', '5', '6'};
    static const char unknown[] = {'S', 'M', 'D', 'X', 'a', (char)0xff};
    for (size_t i = 0; i < sizeof bodied; i++) {
        struct tar_build bytes = usual();
        tar_add_header(&bytes, TAR_USTAR, "x", bodied[i], 0);
        assert_good(&bytes, 5 * TAR_BLOCK);
        bytes = usual();
        tar_add_member(&bytes, TAR_USTAR, "x", bodied[i], "body", 4);
        assert_refused(&bytes, PROVAR_E_REGISTRY, 6 * TAR_BLOCK, "a body where none belongs");
    }
    for (size_t i = 0; i < sizeof unknown; i++) {
        struct tar_build bytes = usual();
        tar_add_header(&bytes, TAR_USTAR, "x", unknown[i], 0);
        assert_refused(&bytes, PROVAR_E_REGISTRY, 6 * TAR_BLOCK, "unknown type");
    }
}

static void test_extension_headers_that_are_refused(void **state) {
    (void)state;
    static const struct {
        char type;
        const char *key;
    } changing[] = {{'x', "size"}, {'g', "size"}, {'g', "path"}, {'g', "GNU.sparse.name"}};
    static const char *const malformed[] = {"x",
                                            "6 a=bc",
                                            "6 a=b",
                                            "5 a=b\n",
                                            "7 a=b\n",
                                            "0 a=b\n",
                                            "06 a=b\n6 ab\n",
                                            "4 =\n6 a",
                                            "+6 a=b\n",
                                            " 6 a=b\n",
                                            "99999999999999999999 a=b\n"};
    for (size_t i = 0; i < array_length(changing); i++) {
        struct tar_build bytes = usual();
        tar_add_pax(&bytes, changing[i].type, changing[i].key, "1");
        assert_refused(&bytes, PROVAR_E_REGISTRY, 6 * TAR_BLOCK, "changes what follows");
    }
    for (size_t i = 0; i < array_length(malformed); i++) {
        struct tar_build bytes = usual();
        tar_add_pax_raw(&bytes, 'x', malformed[i], strlen(malformed[i]));
        assert_refused(&bytes, PROVAR_E_REGISTRY, 6 * TAR_BLOCK, "malformed extension header");
    }
}

static void test_limits(void **state) {
    (void)state;
    char value[PV_MAX_EXTENSION], name[128];
    for (int more = 0; more < 2; more++) {
        struct tar_build bytes = {0}, records = {0};
        size_t len = PV_MAX_EXTENSION - strlen("65536 comment=\n") + (size_t)more;
        memset(value, 'a', sizeof value);
        tar_pax_record(&records, "comment", value, len);
        assert_int_equal(records.len, PV_MAX_EXTENSION + (size_t)more);
        tar_add_pax_raw(&bytes, 'x', records.data, records.len);
        tar_add_file(&bytes, BLOB_A, "body");
        if (more)
            assert_refused(&bytes, PROVAR_E_LIMIT, 0, "64 KiB");
        else
            assert_good(&bytes, bytes.len - TAR_BLOCK);
        tar_build_free(&records);
    }
    for (int more = 0; more < 2; more++) {
        struct tar_build bytes = {0};
        tar_add_file(&bytes, BLOB_A, "body");
        for (int i = 1; i < PV_MAX_LAYOUT_FILES + more; i++) {
            (void)snprintf(name, sizeof name, "blobs/sha256/%064d", i);
            tar_add_header(&bytes, TAR_USTAR, name, '0', 0);
        }
        if (more)
            assert_refused(&bytes, PROVAR_E_LIMIT, (PV_MAX_LAYOUT_FILES + 1ull) * TAR_BLOCK, "more than 16384 files");
        else
            assert_good(&bytes, TAR_BLOCK);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_in_temp_dir(test_places),
        test_in_temp_dir(test_dialects),
        test_in_temp_dir(test_many_blobs),
        test_in_temp_dir(test_a_size_in_base_256),
        test_in_temp_dir(test_names_that_stand_twice),
        test_in_temp_dir(test_what_is_passed_over),
        test_in_temp_dir(test_extension_headers_that_change_nothing),
        test_in_temp_dir(test_headers_that_are_none),
        test_in_temp_dir(test_files_that_are_cut),
        test_in_temp_dir(test_members_that_two_would_read_in_two_ways),
        test_in_temp_dir(test_extension_headers_that_are_refused),
        test_in_temp_dir(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
