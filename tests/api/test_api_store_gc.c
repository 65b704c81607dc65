/* provar-store.h as a program uses it: collecting a layout's garbage, and asking what refers to an archive. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "provar-store.h"

#include "support/builder.h"
#include "support/temp_dir.h"

#define GARBAGE "store/blobs/sha256/0000000000000000000000000000000000000000000000000000000000000000"

/* A layout with one archive, and a blob that nothing names. */
static struct provar_store *new_layout(void) {
    struct provar_store *store = NULL;
    struct tar_build bytes = usual_archive();
    struct provar_archive *archive = open_bytes(&bytes);
    struct provar_checked *checked = check_archive(archive);
    assert_ok(provar_store_new(NULL, &store, NULL));
    assert_ok(provar_push(store, checked, TEXT("oci:store:v1"), NULL, NULL, NULL));
    provar_checked_free(checked);
    provar_archive_free(archive);
    tar_build_free(&bytes);
    temp_dir_write(GARBAGE, "x", 1);
    return store;
}

static int stop(const char *path, uint64_t bytes, void *user) {
    assert_true(strstr(GARBAGE, path) != NULL);
    assert_int_equal(bytes, 1);
    return ++*(int *)user;
}

static void collects_what_nothing_names(void **state) {
    (void)state;
    struct provar_store *store = new_layout();
    struct provar_gc_options options = {.size = sizeof options, .flags = PROVAR_GC_DRY_RUN | PROVAR_GC_NO_GRACE};
    struct provar_gc_result collected = {.size = sizeof collected};
    struct provar_error err = {0};
    int count = 0;
    /* It is younger than an hour. */
    assert_ok(provar_store_gc(store, TEXT("oci:store"), NULL, &collected, NULL));
    assert_int_equal(collected.count, 0);
    assert_ok(provar_store_gc(store, TEXT("oci:store"), &options, &collected, NULL));
    assert_int_equal(collected.count, 1);
    assert_int_equal(collected.bytes, 1);
    assert_int_equal(access(GARBAGE, F_OK), 0);
    options.removed = stop;
    options.user = &count;
    assert_fails(provar_store_gc(store, TEXT("oci:store"), &options, NULL, &err), PROVAR_E_IO, err, PROVAR_NO_OFFSET);
    assert_int_equal(count, 1);
    options = (struct provar_gc_options){.size = sizeof options, .flags = PROVAR_GC_NO_GRACE};
    assert_ok(provar_store_gc(store, TEXT("oci:store"), &options, NULL, NULL));
    assert_int_not_equal(access(GARBAGE, F_OK), 0);
    provar_store_free(store);
}

static void a_grace_without_end_keeps_everything(void **state) {
    (void)state;
    struct provar_store *store = new_layout();
    const struct provar_gc_options options = {.size = sizeof options, .grace = UINT64_MAX};
    struct provar_gc_result collected = {.size = sizeof collected};
    assert_ok(provar_store_gc(store, TEXT("oci:store"), &options, &collected, NULL));
    assert_int_equal(collected.count, 0);
    provar_store_free(store);
}

static void refuses_wrong_arguments(void **state) {
    (void)state;
    struct provar_store *store = new_layout();
    const struct provar_gc_options wrong[] = {
        {.size = sizeof wrong[0] - 1},
        {.size = sizeof wrong[0], .flags = 4},
        {.size = sizeof wrong[0], .flags = PROVAR_GC_NO_GRACE, .grace = 1},
        {.size = sizeof wrong[0], .flags = PROVAR_GC_NO_GRACE, .reserved0 = 1},
    };
    struct provar_gc_result unsized = {0};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(provar_store_gc(store, TEXT("oci:store"), &wrong[i], NULL, NULL), PROVAR_E_USAGE);
    assert_int_equal(provar_store_gc(store, TEXT("oci:store"), NULL, &unsized, NULL), PROVAR_E_USAGE);
    assert_int_equal(provar_store_gc(NULL, TEXT("oci:store"), NULL, NULL, NULL), PROVAR_E_USAGE);
    assert_int_equal(provar_store_gc(store, NULL, 0, NULL, NULL, NULL), PROVAR_E_USAGE);
    assert_int_equal(provar_store_referrers(store, TEXT("oci:store"), NULL, NULL, NULL, NULL), PROVAR_E_USAGE);
    assert_int_equal(access(GARBAGE, F_OK), 0);
    provar_store_free(store);
}

static int count_referrer(const struct provar_store_referrer *referrer, void *user) {
    assert_int_equal(referrer->size, sizeof *referrer);
    return ++*(int *)user;
}

static void tells_what_refers_to_an_archive(void **state) {
    (void)state;
    struct provar_store *store = new_layout();
    struct provar_error err = {0};
    int count = 0;
    assert_ok(provar_store_referrers(store, TEXT("oci:store"), NULL, count_referrer, &count, NULL));
    assert_int_equal(count, 0);
    assert_fails(provar_store_referrers(store, TEXT("oci:store:none"), NULL, count_referrer, &count, &err),
                 PROVAR_E_NOT_FOUND, err, PROVAR_NO_OFFSET);
    provar_store_free(store);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_in_temp_dir(collects_what_nothing_names),
        test_in_temp_dir(a_grace_without_end_keeps_everything),
        test_in_temp_dir(refuses_wrong_arguments),
        test_in_temp_dir(tells_what_refers_to_an_archive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
