/* Tests of tar/tar_read: the framings that must be refused, each with its exact code and place. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "internal.h"

#include "support/tar_walk.h"

/* ---------------------------------------------------------------- sizes that contradict */

/* A whole member that hides in another one's body. */
static void add_hidden_member(struct tar_build *build) {
    tar_add_file(build, "claims.jwt", "forged");
}

/* Threat 23. */
static void test_pax_size_where_the_header_has_none(void **state) {
    (void)state;
    struct tar_build build = {0};
    struct walk walk;
    tar_add_pax(&build, 'x', "size", "1024");
    tar_add_header(&build, TAR_USTAR, "x86_64-linux.bin", '0', 0);
    add_hidden_member(&build);
    tar_add_file(&build, "claims.jwt", "token");
    tar_add_end(&build);
    read_good(&build, 2, 0, &walk);
    assert_string_equal(walk.name[0], "x86_64-linux.bin");
    assert_int_equal(walk.size[0], 1024);
    assert_string_equal(walk.name[1], "claims.jwt");
    assert_int_equal(walk.body_sum[1], sum_of("token"));
}

/* Threat 24, and the like with other numbers. */
static void test_sizes_that_differ(void **state) {
    (void)state;
    static const struct {
        const char *pax;
        uint64_t header;
        enum provar_result result;
    } cases[] = {
        {"1024", 1024, PROVAR_OK},    {"1024", 0, PROVAR_OK},       {"0", 1024, PROVAR_E_TAR},
        {"1023", 1024, PROVAR_E_TAR}, {"1025", 1024, PROVAR_E_TAR}, {"512", 1024, PROVAR_E_TAR},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tar_build build = {0};
        tar_add_pax(&build, 'x', "size", cases[i].pax);
        tar_add_header(&build, TAR_USTAR, "x86_64-linux.bin", '0', cases[i].header);
        add_hidden_member(&build);
        tar_add_end(&build);
        assert_verdict(&build, cases[i].result, 1024);
    }
}

/* Threat 25. */
static void test_pax_applies_once(void **state) {
    (void)state;
    struct tar_build build = {0}, payload = {0};
    struct walk walk;
    tar_pax_record(&payload, "size", "512", 3);
    tar_pax_record(&payload, "path", "claims.jwt", 10);
    tar_add_pax_raw(&build, 'x', payload.data, payload.len);
    tar_build_free(&payload);
    tar_add_header(&build, TAR_USTAR, "other", '0', 512);
    tar_fill_bytes(&build, 'b', 512);
    tar_add_header(&build, TAR_USTAR, "x86_64-linux.bin", '0', 1024);
    add_hidden_member(&build);
    tar_add_end(&build);
    read_good(&build, 2, 0, &walk);
    assert_string_equal(walk.name[0], "claims.jwt");
    assert_string_equal(walk.name[1], "x86_64-linux.bin");
    assert_int_equal(walk.size[1], 1024);
}

/* ---------------------------------------------------------------- extensions that are mixed, doubled, dangling */

/* Threats 26, 27, 28, 39 and the section on tar: each sequence, then a member. */
static void test_sequences_of_extensions(void **state) {
    (void)state;
    static const struct {
        const char *sequence;
        enum provar_result result;
        uint64_t offset;
    } cases[] = {
        {"0", PROVAR_OK, 0},          {"x0", PROVAR_OK, 0},          {"L0", PROVAR_OK, 0},
        {"g0", PROVAR_OK, 0},         {"gx0", PROVAR_OK, 0},         {"gL0", PROVAR_OK, 0},
        {"x0x0", PROVAR_OK, 0},       {"x0L0g0", PROVAR_OK, 0},      {"xL0", PROVAR_E_TAR, 1024},
        {"Lx0", PROVAR_E_TAR, 1024},  {"xx0", PROVAR_E_TAR, 1024},   {"LL0", PROVAR_E_TAR, 1024},
        {"gg0", PROVAR_E_TAR, 1024},  {"xg0", PROVAR_E_TAR, 1024},   {"Lg0", PROVAR_E_TAR, 1024},
        {"gxL0", PROVAR_E_TAR, 2048}, {"x", PROVAR_E_TAR, 0},        {"L", PROVAR_E_TAR, 0},
        {"g", PROVAR_E_TAR, 0},       {"0x", PROVAR_E_TAR, 1024},    {"0L", PROVAR_E_TAR, 1024},
        {"K0", PROVAR_E_ENTRY, 0},    {"xK0", PROVAR_E_ENTRY, 1024},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (int ended = 0; ended < 2; ended++) {
            struct tar_build build = {0};
            for (const char *c = cases[i].sequence; *c; c++) {
                if (*c == '0')
                    tar_add_file(&build, "claims.jwt", "token");
                else if (*c == 'L' || *c == 'K')
                    tar_add_long(&build, *c, "claims.jwt", 11);
                else
                    tar_add_pax(&build, *c, "comment", "c");
            }
            if (ended)
                tar_add_end(&build);
            assert_verdict(&build, cases[i].result, cases[i].offset);
        }
    }
}

/* Threats 29 to 35: the records are tar_pax's; that they count here, and where, is the reader's. */
static void test_bad_pax_payloads(void **state) {
    (void)state;
    static const struct {
        char typeflag;
        const char *payload;
        enum provar_result result;
        uint64_t offset;
    } cases[] = {
        {'x', "19 path=claims.jwt\n", PROVAR_OK, 0},
        {'x', "18 path=claims.jwt\n", PROVAR_E_TAR, 512},
        {'x', "9 path=a\n9 path=a\n", PROVAR_E_TAR, 521},
        {'x', "8 path=\n", PROVAR_E_TAR, 512},
        {'x', "11 size=+5\n", PROVAR_E_TAR, 512},
        {'x', "22 GNU.sparse.major=1\n", PROVAR_E_ENTRY, 512},
        {'x', "14 linkpath=a\n", PROVAR_E_ENTRY, 512},
        {'x', "", PROVAR_E_TAR, 512},
        {'g', "13 comment=a\n", PROVAR_OK, 0},
        {'g', "19 path=claims.jwt\n", PROVAR_E_TAR, 512},
        {'g', "10 size=5\n", PROVAR_E_TAR, 512},
        {'g', "", PROVAR_E_TAR, 512},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tar_build build = {0};
        tar_add_pax_raw(&build, cases[i].typeflag, cases[i].payload, strlen(cases[i].payload));
        tar_add_file(&build, "claims.jwt", "token");
        tar_add_end(&build);
        assert_verdict(&build, cases[i].result, cases[i].offset);
    }
}

/* Threat 66. */
static void test_long_name_with_a_nul(void **state) {
    (void)state;
    static const struct {
        struct pv_str name;
        enum provar_result result;
    } cases[] = {
        {{"x86_64-linux.bin", 17}, PROVAR_OK},
        {{"x86_64-linux.bin\0junk", 22}, PROVAR_E_ENTRY},
        {{"x86_64-linux.bin\0", 18}, PROVAR_E_ENTRY},
        {{"\0x86_64-linux.bin", 18}, PROVAR_E_ENTRY},
        {{"", 0}, PROVAR_E_TAR},
        {{"", 1}, PROVAR_E_TAR},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tar_build build = {0};
        tar_add_long(&build, 'L', cases[i].name.text, cases[i].name.len);
        tar_add_file(&build, "x86_64-linux.bin", "ELF");
        tar_add_end(&build);
        assert_verdict(&build, cases[i].result, 0);
    }
}

/* Row 59 for readers that judge a header before its extension: the slash makes a directory there. */
static void test_own_name_of_a_directory(void **state) {
    (void)state;
    static const char *const own[] = {"claims.jwt", "claims.jwt/", "/", "./", "short"};
    static const char typeflags[] = {0, '0'};
    for (size_t i = 0; i < 4 * sizeof own / sizeof own[0]; i++) {
        const char *name = own[i / 4];
        struct tar_build build = {0};
        if (i & 1)
            tar_add_long(&build, 'L', "claims.jwt", 11);
        else
            tar_add_pax(&build, 'x', "path", "claims.jwt");
        uint64_t at = build.len;
        tar_add_member(&build, TAR_GNU, name, typeflags[i / 2 % 2], "token", 5);
        tar_add_end(&build);
        if (name[strlen(name) - 1] == '/')
            assert_verdict(&build, PROVAR_E_ENTRY, at);
        else
            assert_verdict(&build, PROVAR_OK, 0);
    }
}

/* Threats 37, 73: at the limit, and one byte beyond it. */
static void test_extension_limit(void **state) {
    (void)state;
    for (size_t extra = 0; extra < 2; extra++) {
        struct tar_build build = {0}, payload = {0};
        size_t value_len = PV_MAX_EXTENSION - strlen("65536 comment=\n") + extra;
        char *text = malloc(PV_MAX_EXTENSION + 1);
        assert_non_null(text);
        memset(text, 'n', PV_MAX_EXTENSION + 1);
        tar_pax_record(&payload, "comment", text, value_len);
        assert_int_equal(payload.len, PV_MAX_EXTENSION + extra);
        tar_add_pax_raw(&build, 'x', payload.data, payload.len);
        tar_add_file(&build, "claims.jwt", "token");
        tar_add_end(&build);
        assert_verdict(&build, extra == 0 ? PROVAR_OK : PROVAR_E_LIMIT, 0);
        tar_build_free(&payload);
        free(text);
    }
    struct tar_build build = {0};
    tar_add_header(&build, TAR_GNU, "././@LongLink", 'L', PV_MAX_EXTENSION + 1);
    tar_fill_bytes(&build, 'n', PV_MAX_EXTENSION + 512);
    tar_add_file(&build, "claims.jwt", "token");
    tar_add_end(&build);
    assert_verdict(&build, PROVAR_E_LIMIT, 0);
}

/* Threat 38: the claim costs nothing, and the end of the stream is what is wrong. */
static void test_extension_that_is_not_there(void **state) {
    (void)state;
    static const char typeflags[] = {'x', 'L', 'g'};
    static const uint64_t sizes[] = {513, 8 * PV_GIB, INT64_MAX, UINT64_MAX};
    for (size_t t = 0; t < sizeof typeflags; t++) {
        for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
            struct tar_build build = {0};
            tar_add_header(&build, TAR_USTAR, "x", typeflags[t], sizes[s]);
            tar_fill_bytes(&build, 'n', 512 + 100);
            assert_verdict(&build, PROVAR_E_TAR, build.len);
        }
    }
}

/* ---------------------------------------------------------------- types */

/* K, whose payload nobody needs, is one without a magic alone (row 62). */
static bool is_extension(enum tar_flavour flavour, unsigned typeflag) {
    return typeflag == 'x' || typeflag == 'g' || typeflag == 'L' || (typeflag == 'K' && flavour == TAR_V7);
}

static bool is_regular(unsigned typeflag) {
    return typeflag == 0 || typeflag == '0';
}

/* Threats 41, 56 to 61. */
static void test_types_that_are_no_members(void **state) {
    (void)state;
    static const enum tar_flavour flavours[] = {TAR_USTAR, TAR_GNU, TAR_V7};
    for (unsigned i = 0; i < 256 * sizeof flavours / sizeof flavours[0]; i++) {
        unsigned typeflag = i % 256;
        struct tar_build build = {0};
        if (is_extension(flavours[i / 256], typeflag))
            continue;
        tar_add_file(&build, "claims.jwt", "token");
        tar_add_member(&build, flavours[i / 256], "x86_64-linux.bin", (char)typeflag, "ELF", 3);
        tar_add_end(&build);
        struct walk walk;
        walk_bytes(&build, PV_MAX_TOTAL_SIZE, SKIPPING, &walk);
        if (!is_regular(typeflag))
            assert_string_equal(walk.err.member, "x86_64-linux.bin");
        assert_verdict(&build, is_regular(typeflag) ? PROVAR_OK : PROVAR_E_ENTRY, 1024);
    }
}

/* Threats 56 to 61: who passes over "./" of any type passes over a link, and over a sparse file whose map comes next.
 */
static void test_types_that_are_no_root(void **state) {
    (void)state;
    static const enum tar_flavour flavours[] = {TAR_USTAR, TAR_GNU, TAR_V7};
    for (unsigned i = 0; i < 256 * sizeof flavours / sizeof flavours[0]; i++) {
        unsigned typeflag = i % 256;
        struct tar_build build = {0};
        enum tar_flavour flavour = flavours[i / 256];
        bool directory = typeflag == '5' || (flavour == TAR_V7 && is_regular(typeflag));
        if (is_extension(flavour, typeflag))
            continue;
        tar_add_header(&build, flavour, "./", (char)typeflag, 0);
        tar_add_file(&build, "claims.jwt", "token");
        tar_add_end(&build);
        if (directory || is_regular(typeflag)) {
            struct walk walk;
            read_good(&build, directory ? 1 : 2, 0, &walk);
        } else {
            assert_verdict(&build, PROVAR_E_ENTRY, 0);
        }
    }
}

/* libarchive takes the size from realsize, and the holes from the map, of a file of any type. */
static void test_sparse_fields_of_an_ordinary_file(void **state) {
    (void)state;
    enum { MAP = 386, REALSIZE = 483 };
    static const size_t places[] = {0, MAP, REALSIZE};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct tar_build build = {0};
        uint8_t block[TAR_BLOCK];
        tar_header(block, TAR_GNU, "x86_64-linux.bin", '0', 3);
        if (places[i] != 0)
            tar_fill(block, places[i], '1', 1);
        tar_add_file(&build, "claims.jwt", "token");
        tar_block(&build, block);
        tar_bytes(&build, "ELF", 3);
        tar_pad(&build);
        tar_add_end(&build);
        assert_verdict(&build, places[i] == 0 ? PROVAR_OK : PROVAR_E_ENTRY, 1024);
    }
}

/* Threat 62. */
static void test_types_without_a_magic(void **state) {
    (void)state;
    static const struct {
        char typeflag;
        enum provar_result result;
    } cases[] = {
        {'0', PROVAR_OK},    {0, PROVAR_OK},        {'x', PROVAR_E_TAR},   {'L', PROVAR_E_TAR},   {'g', PROVAR_E_TAR},
        {'K', PROVAR_E_TAR}, {'1', PROVAR_E_ENTRY}, {'2', PROVAR_E_ENTRY}, {'5', PROVAR_E_ENTRY}, {'S', PROVAR_E_ENTRY},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tar_build build = {0};
        tar_add_member(&build, TAR_V7, "./PaxHeaders/claims", cases[i].typeflag, "19 path=claims.jwt\n", 19);
        tar_add_file(&build, "claims.jwt", "token");
        tar_add_end(&build);
        assert_verdict(&build, cases[i].result, 0);
    }
}

/* ---------------------------------------------------------------- headers, cuts and ends */

/* Threats 43 to 48, 63: a bad header is found where it stands, behind a good member. */
static void test_bad_header_behind_a_good_member(void **state) {
    (void)state;
    static const struct {
        size_t at;
        struct pv_str bytes;
        enum provar_result result;
    } cases[] = {
        {TAR_NAME, {"x", 1}, PROVAR_OK},
        {TAR_SIZE, {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12}, PROVAR_E_TAR},
        {TAR_SIZE, {"\x80\x01\0\0\0\0\0\0\0\0\0\x05", 12}, PROVAR_E_TAR},
        {TAR_SIZE, {"+0000000003", 11}, PROVAR_E_TAR},
        {TAR_SIZE, {"\0\0\0\0\0\0\0\0\0\0\0\0", 12}, PROVAR_E_TAR},
        {TAR_SIZE, {"            ", 12}, PROVAR_E_TAR},
        {TAR_SIZE, {"00000000008", 11}, PROVAR_E_TAR},
        {TAR_SIZE, {"777777777777", 12}, PROVAR_E_LIMIT},
        {TAR_SIZE, {"\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff", 12}, PROVAR_E_LIMIT},
        {TAR_SIZE, {"\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff", 12}, PROVAR_E_LIMIT},
        {TAR_SIZE, {"\x80\0\0\0\xff\xff\xff\xff\xff\xff\xfe\x01", 12}, PROVAR_E_LIMIT},
        {TAR_MAGIC, {"ustar\0\0\0", 8}, PROVAR_E_TAR},
        {TAR_MAGIC, {"ustar  \0", 8}, PROVAR_OK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tar_build build = {0};
        uint8_t block[TAR_BLOCK];
        tar_add_file(&build, "claims.jwt", "token");
        tar_header(block, TAR_USTAR, "x86_64-linux.bin", '0', 3);
        tar_set(block, cases[i].at, cases[i].bytes.text, cases[i].bytes.len);
        tar_block(&build, block);
        tar_bytes(&build, "ELF", 3);
        tar_pad(&build);
        tar_add_end(&build);
        assert_verdict(&build, cases[i].result, 1024);
    }
    struct tar_build build = {0};
    tar_add_file(&build, "claims.jwt", "token");
    tar_add_file(&build, "x86_64-linux.bin", "ELF");
    build.data[1024 + TAR_UNAME] ^= 1;
    assert_verdict(&build, PROVAR_E_TAR, 1024);
}

/* Threat 52: also when the caller has taken every limit away. */
static void test_sums_of_sizes_do_not_overflow(void **state) {
    (void)state;
    static const uint64_t sizes[] = {INT64_MAX,        INT64_MAX - 511,   INT64_MAX - 512, (uint64_t)INT64_MAX + 1,
                                     UINT64_MAX - 511, UINT64_MAX - 1023, UINT64_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct tar_build build = {0};
        tar_add_header(&build, TAR_GNU, "x86_64-linux.bin", '0', sizes[i]);
        tar_add_end(&build);
        assert_verdict_within(&build, UINT64_MAX, PROVAR_E_LIMIT, 0);
        char text[24];
        (void)snprintf(text, sizeof text, "%llu", (unsigned long long)sizes[i]);
        tar_add_pax(&build, 'x', "size", text);
        tar_add_header(&build, TAR_USTAR, "x86_64-linux.bin", '0', 0);
        tar_add_end(&build);
        assert_verdict_within(&build, UINT64_MAX, PROVAR_E_LIMIT, 1024);
    }
}

/* Threats 50, 51: cut at every byte. Only a cut between members, or among the zeros of the end, leaves an archive. */
static void test_stream_cut_anywhere(void **state) {
    (void)state;
    struct tar_build whole = {0};
    tar_add_pax(&whole, 'x', "mtime", "1");
    tar_add_file(&whole, "claims.jwt", "token");
    tar_add_file(&whole, "x86_64-linux.bin", "ELF");
    size_t end = whole.len;
    tar_add_end(&whole);
    assert_int_equal(end, 3072);
    for (size_t len = 0; len < whole.len; len++) {
        struct tar_build cut = {0};
        bool good = len == 0 || len == 2048 || len >= end;
        tar_bytes(&cut, whole.data, len);
        /* An extension without its member is found at the extension. */
        assert_verdict(&cut, good ? PROVAR_OK : PROVAR_E_TAR, len == 1024 ? 0 : len);
    }
    tar_build_free(&whole);
}

static void test_size_beyond_the_end(void **state) {
    (void)state;
    struct tar_build build = {0};
    struct walk walk;
    tar_add_header(&build, TAR_USTAR, "x86_64-linux.bin", '0', PV_GIB);
    tar_fill_bytes(&build, 'b', 1000);
    walk_bytes(&build, PV_MAX_TOTAL_SIZE, SKIPPING, &walk);
    assert_string_equal(walk.err.member, "x86_64-linux.bin");
    assert_verdict(&build, PROVAR_E_TAR, 1512);
}

/* Threats 20, 54, 55. */
static void test_data_behind_the_end(void **state) {
    (void)state;
    static const size_t zeros[] = {512, 1024, 4096, 5000, 10240};
    for (size_t i = 0; i < sizeof zeros / sizeof zeros[0]; i++) {
        struct tar_build build = {0};
        tar_add_file(&build, "claims.jwt", "token");
        tar_fill_bytes(&build, 0, zeros[i]);
        tar_add_file(&build, "claims.jwt", "forged");
        tar_add_end(&build);
        assert_verdict(&build, PROVAR_E_TAR, 1024 + zeros[i]);
    }
    struct tar_build build = {0};
    tar_add_file(&build, "claims.jwt", "token");
    tar_add_end(&build);
    tar_bytes(&build, "\0\0x", 3);
    assert_verdict(&build, PROVAR_E_TAR, 1024 + 1024 + 2);
    tar_add_file(&build, "claims.jwt", "token");
    tar_bytes(&build, "junk", 4);
    assert_verdict(&build, PROVAR_E_TAR, 1024 + 4);
}

static void test_total_limit(void **state) {
    (void)state;
    static const size_t zeros[] = {0, 512, 1024, 10240};
    for (size_t i = 0; i < sizeof zeros / sizeof zeros[0]; i++) {
        for (size_t less = 0; less < 2; less++) {
            struct tar_build build = {0};
            tar_add_file(&build, "claims.jwt", "token");
            tar_add_file(&build, "x86_64-linux.bin", "ELF");
            tar_fill_bytes(&build, 0, zeros[i]);
            /* Where only the last member is too much, its header says so. */
            uint64_t limit = build.len - less, at = zeros[i] == 0 ? 1024 : limit;
            assert_verdict_within(&build, limit, less == 0 ? PROVAR_OK : PROVAR_E_LIMIT, at);
        }
    }
    struct tar_build build = {0};
    tar_add_pax(&build, 'x', "comment", "c");
    tar_add_file(&build, "claims.jwt", "token");
    assert_verdict_within(&build, 1023, PROVAR_E_LIMIT, 1023);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pax_size_where_the_header_has_none),
        cmocka_unit_test(test_sizes_that_differ),
        cmocka_unit_test(test_pax_applies_once),
        cmocka_unit_test(test_sequences_of_extensions),
        cmocka_unit_test(test_bad_pax_payloads),
        cmocka_unit_test(test_long_name_with_a_nul),
        cmocka_unit_test(test_own_name_of_a_directory),
        cmocka_unit_test(test_extension_limit),
        cmocka_unit_test(test_extension_that_is_not_there),
        cmocka_unit_test(test_types_that_are_no_members),
        cmocka_unit_test(test_types_that_are_no_root),
        cmocka_unit_test(test_sparse_fields_of_an_ordinary_file),
        cmocka_unit_test(test_types_without_a_magic),
        cmocka_unit_test(test_bad_header_behind_a_good_member),
        cmocka_unit_test(test_sums_of_sizes_do_not_overflow),
        cmocka_unit_test(test_stream_cut_anywhere),
        cmocka_unit_test(test_size_beyond_the_end),
        cmocka_unit_test(test_data_behind_the_end),
        cmocka_unit_test(test_total_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
