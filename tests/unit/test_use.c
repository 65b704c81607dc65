/* Tests of the conductor that lets bytes out: what leaves when memory runs out, and no descriptor that stays open. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <sys/wait.h>

#include "support/archive.h"
#include "support/temp_dir.h"

#include "internal.h"

#include "support/fail_each.h"

/* A verified archive that holds /bin/true for this host. */
struct proven {
    struct tar_build bytes;
    struct provar_archive *archive;
    struct provar_verified *verified;
    size_t len;
};

static struct proven prove(void) {
    static char content[1 << 20];
    char member[80];
    FILE *file = fopen("/bin/true", "rb");
    assert_non_null(file);
    struct body bodies[] = {BODY("world.wasm", "w"), {member, content, fread(content, 1, sizeof content, file), false}};
    assert_int_equal(fclose(file), 0);
    (void)snprintf(member, sizeof member, "%s.bin", provar_host_target());
    struct recipe recipe = {.bodies = bodies, .count = 2};
    struct proven proven = {.bytes = archive_of(&recipe), .len = bodies[1].len};
    proven.archive = open_bytes(&proven.bytes);
    proven.verified = verify_archive(proven.archive);
    return proven;
}

static void drop(struct proven *proven) {
    provar_verified_free(proven->verified);
    provar_archive_free(proven->archive);
    tar_build_free(&proven->bytes);
}

static size_t count_entries(const char *path) {
    size_t count = 0;
    DIR *dir = opendir(path);
    assert_non_null(dir);
    while (readdir(dir))
        count++;
    assert_int_equal(closedir(dir), 0);
    return count;
}

/* ---------------------------------------------------------------- steps */

static enum provar_result step_extract(void *user, struct provar_error *err) {
    const struct proven *proven = user;
    struct provar_output to = {.size = sizeof to, .kind = PROVAR_OUTPUT_PATH, .path = "out", .path_len = 3};
    enum provar_result result = provar_extract(proven->verified, NULL, 0, &to, err);
    assert_int_equal(unlink("out"), result == PROVAR_OK ? 0 : -1);
    return result;
}

static enum provar_result step_extract_world(void *user, struct provar_error *err) {
    const struct proven *proven = user;
    struct provar_output to = {.size = sizeof to, .kind = PROVAR_OUTPUT_PATH, .path = "out", .path_len = 3};
    enum provar_result result = provar_extract_world(proven->verified, &to, err);
    assert_int_equal(unlink("out"), result == PROVAR_OK ? 0 : -1);
    return result;
}

static char copied[1 << 20];

static enum provar_result step_copy(void *user, struct provar_error *err) {
    const struct proven *proven = user;
    size_t bytes = 0;
    memset(copied, 'x', proven->len);
    enum provar_result result = provar_target_copy(proven->verified, NULL, 0, copied, proven->len, &bytes, err);
    assert_int_equal(bytes, result == PROVAR_OK ? proven->len : 0);
    for (size_t i = 0; result != PROVAR_OK && i < proven->len; i++)
        assert_int_equal(copied[i], 0);
    return result;
}

static enum provar_result step_run(void *user, struct provar_error *err) {
    const struct proven *proven = user;
    struct provar_run_options options = {.size = sizeof options, .host_data = "{}", .host_data_len = 2};
    int status = -1;
    enum provar_result result = provar_run(proven->verified, &options, &status, err);
    assert_int_equal(status, result == PROVAR_OK ? 0 : -1);
    return result;
}

static void test_no_memory(void **state) {
    (void)state;
    static const step_fn steps[] = {step_extract, step_extract_world, step_copy, step_run};
    struct proven proven = prove();
    size_t open_before = count_entries("/proc/self/fd");
    for (size_t i = 0; i < array_length(steps); i++)
        assert_true(fail_each(steps[i], &proven) > 3);
    assert_int_equal(count_entries("/proc/self/fd"), open_before);
    assert_int_equal(count_entries("."), 2);
    drop(&proven);
}

static void test_failures_leave_no_descriptor(void **state) {
    (void)state;
    struct proven proven = prove();
    struct provar_plugin *plugin = NULL;
    struct provar_output to = path_output("out", 0);
    int status = 77;
    size_t open_before = count_entries("/proc/self/fd");
    proven.bytes.data[proven.bytes.len - 1024 - 512 - 9] ^= 1;
    assert_int_equal(provar_extract(proven.verified, NULL, 0, &to, NULL), PROVAR_E_DIGEST);
    assert_int_equal(provar_run(proven.verified, NULL, &status, NULL), PROVAR_E_DIGEST);
    assert_int_equal(provar_plugin_open(proven.verified, &plugin, NULL), PROVAR_E_DIGEST);
    assert_int_equal(status, 77);
    assert_null(plugin);
    assert_int_equal(count_entries("/proc/self/fd"), open_before);
    assert_int_equal(count_entries("."), 2);
    drop(&proven);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_in_temp_dir(test_no_memory),
        test_in_temp_dir(test_failures_leave_no_descriptor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
