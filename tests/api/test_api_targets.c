/* The builder's bodies: names given, inferred, mapped and contradicted; what can be packed; what changes meanwhile. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/stat.h>

#include "support/builder.h"
#include "support/temp_dir.h"

static struct provar_input text_input(const char *text) {
    return memory_input(text, strlen(text));
}

/* The first bytes of executables, as far as their names depend on them. */
static const uint8_t elf_x86_64[64] = {0x7f, 'E', 'L', 'F', 2, 1, 1, [16] = 2, [18] = 62, [20] = 1, [52] = 64};
static const uint8_t elf_aarch64[64] = {0x7f, 'E', 'L', 'F', 2, 1, 1, [16] = 2, [18] = 183, [20] = 1, [52] = 64};
static const uint8_t elf_unknown[64] = {0x7f, 'E', 'L', 'F', 2, 1, 1, [16] = 2, [18] = 50, [20] = 1, [52] = 64};

/* ---------------------------------------------------------------- names */

/* Adds a body and tells what it was named, by taking it out again. */
static void assert_named(const char *given, const void *data, size_t len, uint32_t flags, const char *name,
                         const char *notice) {
    struct making making = make_bare();
    struct provar_input from = memory_input(data, len);
    struct provar_error err = {0};
    size_t given_len = given ? strlen(given) : 0;
    if (provar_builder_add_target(making.builder, given, given_len, &from, flags, &err) != PROVAR_OK)
        fail_msg("%s", err.message);
    assert_int_equal(provar_builder_notice_count(making.builder), notice != NULL);
    if (notice && strstr(provar_builder_notice(making.builder, 0), notice) == NULL)
        fail_msg("'%s' is not in '%s'", notice, provar_builder_notice(making.builder, 0));
    assert_null(provar_builder_notice(making.builder, 1));
    assert_ok(provar_builder_remove_target(making.builder, TEXT(name), NULL));
    making_free(&making);
}

static void assert_refused(const char *given, const void *data, size_t len, const char *says) {
    struct making making = make_bare();
    struct provar_input from = memory_input(data, len);
    struct provar_error err = {0};
    enum provar_result result =
        provar_builder_add_target(making.builder, given, given ? strlen(given) : 0, &from, 0, &err);
    assert_fails(result, PROVAR_E_USAGE, err, PROVAR_NO_OFFSET);
    if (strstr(err.message, says) == NULL)
        fail_msg("'%s' is not in '%s'", says, err.message);
    making_free(&making);
}

static void test_names(void **state) {
    (void)state;
    const size_t len = sizeof elf_x86_64;
    assert_named("x86_64-linux", elf_x86_64, len, 0, "x86_64-linux", NULL);
    assert_named(NULL, elf_x86_64, len, 0, "x86_64-linux", NULL);
    assert_named(NULL, elf_aarch64, len, 0, "aarch64-linux", NULL);
    assert_named("x86_64-android", elf_x86_64, len, 0, "x86_64-android", NULL);
    assert_named("amd64-linux", elf_x86_64, len, 0, "x86_64-linux", "'amd64-linux' is named 'x86_64-linux'");
    assert_named("arm64-linux", elf_aarch64, len, 0, "aarch64-linux", "arm64");
    assert_named(NULL, "text", 4, 0, provar_host_target(), "taken for");
    assert_named("mips-linux", "text", 4, 0, "mips-linux", "no known executable header");
    assert_named("mips-linux", "#!/bin/sh\n", 10, 0, "mips-linux", "no known executable header");
    assert_named("aarch64-linux", elf_x86_64, len, PROVAR_TARGET_FORCE, "aarch64-linux", "x86_64");
}

static void test_names_that_are_refused(void **state) {
    (void)state;
    static const char *const names[] = {"x86_64",     "X86_64-linux", "claims",     "world",         "world.wasm",
                                        "a/b-linux",  "../x-linux",   ".a-linux",   "-linux",        "x86_64-",
                                        "x86 64-lin", "a-b-c",        "\xc3\xa4-b", "x86_64-linux\n"};
    for (size_t i = 0; i < array_length(names); i++)
        assert_refused(names[i], "text", 4, "target name");
    assert_refused("aarch64-linux", elf_x86_64, sizeof elf_x86_64, "x86_64");
    assert_refused("x86_64-macos", elf_x86_64, sizeof elf_x86_64 - 64, "empty");
    assert_refused(NULL, elf_unknown, sizeof elf_unknown, "give its name");
    assert_refused("x86_64-linux", elf_unknown, sizeof elf_unknown, "unknown machine");
    assert_refused("x86_64-linux", "", 0, "empty");
}

static void test_flags(void **state) {
    (void)state;
    struct making making = make_usual();
    struct provar_error err = {0};
    struct provar_input from = text_input("anew");
    struct provar_builder *builder = making.builder;
    assert_fails(provar_builder_add_target(builder, TEXT("x86_64-linux"), &from, 0, &err), PROVAR_E_USAGE, err,
                 PROVAR_NO_OFFSET);
    provar_error_clear(&err);
    assert_fails(provar_builder_add_target(builder, TEXT("mips-linux"), &from, 4, &err), PROVAR_E_USAGE, err,
                 PROVAR_NO_OFFSET);
    assert_ok(provar_builder_add_target(builder, TEXT("x86_64-linux"), &from, PROVAR_TARGET_REPLACE, NULL));
    assert_ok(provar_builder_add_target(builder, TEXT("s390x-linux"), &from, PROVAR_TARGET_REPLACE, NULL));
    struct tar_build bytes = write_making(&making);
    struct provar_archive *archive = open_bytes(&bytes);
    struct provar_verified *verified = verify_archive(archive);
    char copy[8] = {0};
    size_t len = 0;
    assert_int_equal(provar_archive_member_count(archive), 4);
    assert_ok(provar_target_copy(verified, TEXT("x86_64-linux"), copy, sizeof copy, &len, NULL));
    assert_string_equal(copy, "anew");
    provar_verified_free(verified);
    provar_archive_free(archive);
    tar_build_free(&bytes);
}

static void test_taking_out(void **state) {
    (void)state;
    struct making making = make_usual();
    struct provar_error err = {0};
    assert_ok(provar_builder_remove_target(making.builder, TEXT("x86_64-linux"), NULL));
    assert_fails(provar_builder_remove_target(making.builder, TEXT("x86_64-linux"), &err), PROVAR_E_NO_TARGET, err,
                 PROVAR_NO_OFFSET);
    assert_non_null(strstr(err.message, "(it has: aarch64-linux)"));
    assert_ok(provar_builder_remove_target(making.builder, TEXT("aarch64-linux"), NULL));
    provar_error_clear(&err);
    assert_fails(provar_builder_remove_target(making.builder, TEXT("a\nb"), &err), PROVAR_E_NO_TARGET, err,
                 PROVAR_NO_OFFSET);
    assert_non_null(strstr(err.message, "none"));
    making_free(&making);
}

static void test_128_targets(void **state) {
    (void)state;
    struct making making = make_bare();
    struct provar_input from = text_input("x");
    struct provar_error err = {0};
    char name[32];
    for (int i = 0; i < 128; i++) {
        (void)snprintf(name, sizeof name, "cpu%d-linux", i * 37 % 128);
        assert_ok(provar_builder_add_target(making.builder, TEXT(name), &from, 0, NULL));
    }
    assert_fails(provar_builder_add_target(making.builder, TEXT("cpu128-linux"), &from, 0, &err), PROVAR_E_LIMIT, err,
                 PROVAR_NO_OFFSET);
    provar_error_clear(&err);
    assert_fails(provar_builder_remove_target(making.builder, TEXT("cpu128-linux"), &err), PROVAR_E_NO_TARGET, err,
                 PROVAR_NO_OFFSET);
    assert_non_null(strstr(err.message, "and more"));
    assert_ok(provar_builder_add_target(making.builder, TEXT("cpu7-linux"), &from, PROVAR_TARGET_REPLACE, NULL));
    struct tar_build bytes = write_making(&making);
    struct provar_archive *archive = open_bytes(&bytes);
    provar_checked_free(check_archive(archive));
    assert_int_equal(provar_archive_member_count(archive), 129);
    for (size_t i = 2; i < 129; i++) {
        struct provar_member a = {.size = sizeof a}, b = {.size = sizeof b};
        assert_ok(provar_archive_member(archive, i - 1, &a));
        assert_ok(provar_archive_member(archive, i, &b));
        assert_true(strcmp(a.name, b.name) < 0);
    }
    provar_archive_free(archive);
    tar_build_free(&bytes);
}

/* ---------------------------------------------------------------- where bodies come from */

static void assert_input(const struct provar_input *from, enum provar_result code) {
    struct making making = make_bare();
    struct provar_error err = {0};
    assert_int_equal(provar_builder_add_target(making.builder, TEXT("mips-linux"), from, 0, &err), code);
    assert_int_equal(err.code, code);
    provar_error_clear(&err);
    assert_int_equal(provar_builder_set_world(making.builder, from, &err), code);
    assert_int_equal(err.code, code);
    if (code == PROVAR_OK) {
        struct tar_build bytes = write_making(&making);
        struct provar_archive *archive = open_bytes(&bytes);
        provar_checked_free(check_archive(archive));
        assert_int_equal(provar_archive_member_count(archive), 3);
        provar_archive_free(archive);
        tar_build_free(&bytes);
    } else {
        making_free(&making);
    }
}

static void test_inputs(void **state) {
    (void)state;
    static const char *const no_files[] = {"missing", ".", "fifo", "/dev/zero"};
    int ends[2];
    assert_int_equal(mkfifo("fifo", 0600), 0);
    assert_int_equal(pipe(ends), 0);
    temp_dir_write("file", "\0asm\1\0\0\0\0asm\1\0\0\0", 16);
    struct provar_input from = path_input("file");
    assert_input(&from, PROVAR_OK);
    from.size--;
    assert_input(&from, PROVAR_E_USAGE);
    from = fd_input(open("file", O_RDONLY | O_CLOEXEC));
    assert_int_equal(lseek(from.fd, 8, SEEK_SET), 8);
    assert_input(&from, PROVAR_OK);
    assert_int_equal(close(from.fd), 0);
    for (size_t i = 0; i < array_length(no_files); i++) {
        from = path_input(no_files[i]);
        assert_input(&from, PROVAR_E_IO);
    }
    from = fd_input(ends[0]);
    assert_input(&from, PROVAR_E_IO);
    from = (struct provar_input){.size = sizeof from, .kind = PROVAR_INPUT_CALLBACKS};
    assert_input(&from, PROVAR_E_USAGE);
    assert_input(NULL, PROVAR_E_USAGE);
    temp_dir_write("empty", "", 0);
    from = path_input("empty");
    assert_input(&from, PROVAR_E_USAGE);
    assert_int_equal(close(ends[0]) | close(ends[1]), 0);
}

/* The file is opened when it is added: what its path leads to later does not matter. */
static void test_a_path_that_leads_elsewhere(void **state) {
    (void)state;
    struct making making = make_bare();
    temp_dir_write("file", "content", 7);
    struct provar_input from = path_input("file");
    assert_ok(provar_builder_add_target(making.builder, TEXT("mips-linux"), &from, 0, NULL));
    assert_int_equal(unlink("file"), 0);
    struct tar_build bytes = write_making(&making);
    (void)find_text(&bytes, "content");
    tar_build_free(&bytes);
}

static void test_a_file_that_changes_its_size(void **state) {
    (void)state;
    static const off_t sizes[] = {0, 299999, 300001};
    char *content = calloc(1, 300000);
    assert_non_null(content);
    for (int gzip = 0; gzip < 2; gzip++) {
        for (size_t i = 0; i < array_length(sizes); i++) {
            struct making making = make_bare();
            temp_dir_write("file", content, 300000);
            struct provar_input from = path_input("file");
            assert_ok(provar_builder_add_target(making.builder, TEXT("mips-linux"), &from, 0, NULL));
            assert_ok(provar_builder_set_compression(making.builder, gzip, NULL));
            assert_int_equal(truncate("file", sizes[i]), 0);
            assert_write_fails(&making, PROVAR_E_IO, "changed its size");
        }
    }
    free(content);
}

static void test_the_largest_world(void **state) {
    (void)state;
    const off_t most = 64 << 20;
    struct making making = make_usual();
    struct provar_input from = path_input("world");
    struct provar_error err = {0};
    temp_dir_write("world", "\0asm\1\0\0\0", 8);
    assert_int_equal(truncate("world", most), 0);
    assert_ok(provar_builder_set_world(making.builder, &from, NULL));
    assert_int_equal(truncate("world", most + 1), 0);
    assert_fails(provar_builder_set_world(making.builder, &from, &err), PROVAR_E_LIMIT, err, PROVAR_NO_OFFSET);
    making_free(&making);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_names_that_are_refused),
        cmocka_unit_test(test_flags),
        cmocka_unit_test(test_taking_out),
        cmocka_unit_test(test_128_targets),
        test_in_temp_dir(test_inputs),
        test_in_temp_dir(test_a_path_that_leads_elsewhere),
        test_in_temp_dir(test_a_file_that_changes_its_size),
        test_in_temp_dir(test_the_largest_world),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
