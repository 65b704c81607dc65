/* Tests of store/media_type: the grammar of RFC 6838, and which types are what. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"

#include "internal.h"

#include "store/image/limits.h"
#include "store/image/media_type.h"

static void reads_the_grammar(void **state) {
    static const struct pv_str good[] = {
        PV_STR(PV_MEDIA_OCI_MANIFEST), PV_STR(PV_MEDIA_PAR_LAYER),
        PV_STR("text/plain"),          PV_STR("A/b"),
        PV_STR("a/0.1-x_y+z!#$&^"),    PV_STR("9/9"),
    };
    static const struct pv_str bad[] = {
        PV_STR(""),           PV_STR("a"),    PV_STR("/"),     PV_STR("a/"),      PV_STR("/b"),   PV_STR("a/b/c"),
        PV_STR("a /b"),       PV_STR("a/b "), PV_STR("a/b;c"), PV_STR(".a/b"),    PV_STR("a/+b"), PV_STR("a/b\0"),
        PV_STR("a/\xc3\xa9"), PV_STR("a/b,"), PV_STR("a/[b"),  PV_STR("a/b\x1b"), PV_STR("a/{}"), PV_STR("a@b/c"),
    };
    (void)state;
    for (size_t i = 0; i < array_length(good); i++)
        assert_true(pv_media_type_is_good(good[i]));
    for (size_t i = 0; i < array_length(bad); i++)
        assert_false(pv_media_type_is_good(bad[i]));
    assert_false(pv_media_type_is_good(pv_str(NULL, 0)));
}

static void names_end_at_the_limit(void **state) {
    char text[2 * PV_MAX_MEDIA_TYPE_NAME + 3];
    (void)state;
    memset(text, 'a', sizeof text);
    text[PV_MAX_MEDIA_TYPE_NAME] = '/';
    assert_true(pv_media_type_is_good(pv_str(text, 2 * PV_MAX_MEDIA_TYPE_NAME + 1)));
    assert_false(pv_media_type_is_good(pv_str(text, 2 * PV_MAX_MEDIA_TYPE_NAME + 2)));
    text[PV_MAX_MEDIA_TYPE_NAME] = 'a';
    text[PV_MAX_MEDIA_TYPE_NAME + 1] = '/';
    assert_false(pv_media_type_is_good(pv_str(text, PV_MAX_MEDIA_TYPE_NAME + 4)));
}

static void tells_the_types_apart_without_regard_to_case(void **state) {
    static const struct {
        const char *type;
        bool is_manifest, is_image, is_index, is_archive;
    } types[] = {
        {PV_MEDIA_OCI_MANIFEST, true, true, false, false},
        {PV_MEDIA_DOCKER_MANIFEST, true, true, false, false},
        {PV_MEDIA_OCI_INDEX, true, false, true, false},
        {PV_MEDIA_DOCKER_LIST, true, false, true, false},
        {PV_MEDIA_PAR_LAYER, false, false, false, true},
        {PV_MEDIA_OCI_LAYER, false, false, false, true},
        {PV_MEDIA_PAR_CONFIG, false, false, false, false},
        {PV_MEDIA_OCI_LAYER "+gzip", false, false, false, false},
        {"application/vnd.docker.distribution.manifest.v1+prettyjws", false, false, false, false},
        {"", false, false, false, false},
    };
    (void)state;
    for (size_t i = 0; i < array_length(types); i++) {
        struct pv_str text = pv_str_of(types[i].type);
        const char *known = pv_media_type_of_manifest(text);
        assert_int_equal(known != NULL, types[i].is_manifest);
        if (known)
            assert_string_equal(known, types[i].type);
        assert_int_equal(pv_media_type_is_image(text), types[i].is_image);
        assert_int_equal(pv_media_type_is_index(text), types[i].is_index);
        assert_int_equal(pv_media_type_is_archive(text), types[i].is_archive);
    }
    assert_string_equal(pv_media_type_of_manifest(PV_STR("Application/VND.oci.image.index.V1+json")),
                        PV_MEDIA_OCI_INDEX);
}

static void parameters_and_blanks_count_for_nothing(void **state) {
    static const char *const texts[][2] = {
        {"a/b", "a/b"},
        {"a/b;charset=utf-8", "a/b"},
        {"a/b ; x=\"y;z\"", "a/b"},
        {" \ta/b\t ", "a/b"},
        {"a/b;", "a/b"},
        {";", ""},
        {" ", ""},
        {"", ""},
        {"a b;c", "a b"},
    };
    (void)state;
    for (size_t i = 0; i < array_length(texts); i++)
        assert_true(pv_str_equal(pv_media_type_bare(pv_str_of(texts[i][0])), pv_str_of(texts[i][1])));
    assert_int_equal(pv_media_type_bare(pv_str(NULL, 0)).len, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_grammar),
        cmocka_unit_test(names_end_at_the_limit),
        cmocka_unit_test(tells_the_types_apart_without_regard_to_case),
        cmocka_unit_test(parameters_and_blanks_count_for_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
