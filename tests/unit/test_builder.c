/* Tests of the builder: what it keeps of an archive, what a refused setter leaves as it was, no memory. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/builder.h"

#include "internal.h"

#include "builder.h"
#include "gzip/gzip_write.h"
#include "support/fail_each.h"

static void test_a_new_builder(void **state) {
    (void)state;
    struct provar_builder *builder = NULL;
    assert_ok(provar_builder_new(&builder, NULL));
    assert_int_equal(builder->level, 0);
    assert_int_equal(builder->target_count, 0);
    assert_false(builder->has_signer || builder->has_world || builder->reissue);
    assert_true(builder->claims->has_wascap_revision);
    assert_int_equal(builder->claims->wascap_revision, 3);
    assert_null(builder->origin);
    provar_builder_free(builder);
}

/* Members sorted by name, whatever their order in the archive was; the claims are a copy. */
static void test_what_is_kept_of_an_archive(void **state) {
    (void)state;
    static const struct body bodies[] = {BODY("x-linux.bin", "1"), BODY("world.wasm", "22"), BODY("B-linux.bin", "333"),
                                         BODY("a-linux.bin", "4444")};
    struct recipe recipe = {.bodies = bodies, .count = 4};
    struct tar_build tar = archive_of(&recipe), gzip = gzip_of(&tar);
    for (int i = 0; i < 2; i++) {
        struct provar_archive *archive = open_bytes(i ? &gzip : &tar);
        struct provar_checked *checked = check_archive(archive);
        struct provar_builder *builder = NULL;
        static const char *const names[] = {"B-linux", "a-linux", "x-linux"};
        static const uint64_t sizes[] = {3, 4, 1};
        assert_ok(provar_builder_from(checked, &builder, NULL));
        assert_int_equal(builder->target_count, 3);
        for (size_t k = 0; k < 3; k++) {
            assert_string_equal(builder->targets[k].name, names[k]);
            assert_int_equal(builder->targets[k].size, sizes[k]);
            assert_non_null(builder->targets[k].kept);
        }
        assert_true(builder->has_world);
        assert_int_equal(builder->world.size, 2);
        assert_int_equal(builder->level, i ? PV_GZIP_DEFAULT_LEVEL : 0);
        assert_ptr_not_equal(builder->claims, checked->facts->claims);
        assert_string_equal(builder->old_issuer, ISSUER);
        assert_string_equal(builder->old_subject, SUBJECT);
        provar_builder_free(builder);
        assert_string_equal(provar_claims_name(provar_checked_claims(checked), NULL), "Key Value");
        provar_checked_free(checked);
        provar_archive_free(archive);
    }
    tar_build_free(&tar);
    tar_build_free(&gzip);
}

static void test_a_refused_setter_changes_nothing(void **state) {
    (void)state;
    struct making making = make_usual();
    struct provar_builder *builder = making.builder;
    assert_ok(provar_builder_set_name(builder, TEXT("name"), NULL));
    assert_ok(provar_builder_set_schema_json(builder, TEXT("{}"), NULL));
    assert_ok(provar_builder_set_revision(builder, 5, NULL));
    assert_ok(provar_builder_set_compression(builder, 9, NULL));
    assert_int_equal(provar_builder_set_name(builder, "\xff", 1, NULL), PROVAR_E_CLAIMS);
    assert_int_equal(provar_builder_set_id(builder, "\xff", 1, NULL), PROVAR_E_CLAIMS);
    assert_int_equal(provar_builder_set_schema_json(builder, TEXT("{"), NULL), PROVAR_E_CLAIMS);
    assert_int_equal(provar_builder_set_subject(builder, TEXT("V"), NULL), PROVAR_E_KEY);
    assert_int_equal(provar_builder_set_revision(builder, -5, NULL), PROVAR_E_USAGE);
    assert_int_equal(provar_builder_set_compression(builder, 13, NULL), PROVAR_E_USAGE);
    assert_int_equal(provar_builder_set_signer(builder, TEXT("A"), NULL, NULL, NULL), PROVAR_E_USAGE);
    assert_string_equal(builder->claims->name, "name");
    assert_string_equal(builder->claims->schema, "{}");
    assert_string_equal(builder->claims->subject.text, SUBJECT);
    assert_int_equal(builder->claims->revision, 5);
    assert_int_equal(builder->level, 9);
    assert_ptr_equal(builder->signer.key, making.key);
    making_free(&making);
}

static void test_a_refused_id_is_not_set(void **state) {
    (void)state;
    struct making making = make_bare();
    assert_int_equal(provar_builder_set_id(making.builder, "\xff", 1, NULL), PROVAR_E_CLAIMS);
    assert_false(making.builder->has_id);
    assert_ok(provar_builder_set_id(making.builder, "1", 1, NULL));
    assert_true(making.builder->has_id);
    assert_int_equal(provar_builder_set_id(making.builder, "", 0, NULL), PROVAR_E_USAGE);
    assert_true(making.builder->has_id);
    assert_string_equal(making.builder->claims->id, "1");
    making_free(&making);
}

static void test_the_last_signer_signs(void **state) {
    (void)state;
    struct making making = make_usual();
    struct provar_key *other = key_of(OTHER_SEED);
    assert_ok(provar_builder_set_issuer(making.builder, other, NULL));
    struct provar_archive *archive = NULL;
    struct tar_build bytes = write_making(&making);
    archive = open_bytes(&bytes);
    assert_string_equal(provar_claims_issuer(claims_of(archive), NULL), OTHER_ISSUER);
    provar_archive_free(archive);
    tar_build_free(&bytes);
    provar_key_free(other);
}

/* ---------------------------------------------------------------- no memory */

static enum provar_result step_new(void *user, struct provar_error *err) {
    struct provar_builder *builder = NULL;
    (void)user;
    enum provar_result result = provar_builder_new(&builder, err);
    if (result == PROVAR_OK)
        result = provar_builder_set_vendor(builder, "vendor", 6, err);
    if (result == PROVAR_OK)
        result = provar_builder_set_vendor(builder, "another", 7, err);
    if (result == PROVAR_OK)
        result = provar_builder_set_schema_json(builder, "{\"a\":1}", 7, err);
    if (result == PROVAR_OK)
        result = provar_builder_set_id(builder, "id", 2, err);
    provar_builder_free(builder);
    return result;
}

static enum provar_result step_from(void *user, struct provar_error *err) {
    struct provar_builder *builder = NULL;
    enum provar_result result = provar_builder_from(user, &builder, err);
    provar_builder_free(builder);
    return result;
}

static void test_no_memory(void **state) {
    (void)state;
    struct tar_build bytes = usual_archive();
    struct provar_archive *archive = open_bytes(&bytes);
    struct provar_checked *checked = check_archive(archive);
    assert_true(fail_each(step_new, NULL) >= 6);
    assert_true(fail_each(step_from, checked) >= 10);
    provar_checked_free(checked);
    provar_archive_free(archive);
    tar_build_free(&bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_new_builder),
        cmocka_unit_test(test_what_is_kept_of_an_archive),
        cmocka_unit_test(test_a_refused_setter_changes_nothing),
        cmocka_unit_test(test_a_refused_id_is_not_set),
        cmocka_unit_test(test_the_last_signer_signs),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
