/* Tests of store/manifest: what is read of images and indexes, and what is found in them. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest_json.h"

/* ---------------------------------------------------------------- what is read */

/* The line of `wash push`, without mediaType: its type is what the registry says it is. */
static void reads_the_manifest_that_wash_writes(void **state) {
    static const char line[] =
        "{\"config\":{\"digest\":\"" DIGEST_A "\",\"mediaType\":\"application/vnd.wasmcloud.provider.archive.config\","
        "\"size\":2},\"layers\":[{\"digest\":\"" DIGEST_B
        "\",\"mediaType\":\"application/vnd.wasmcloud.provider.archive.layer.v1+par\",\"size\":71000000}],"
        "\"schemaVersion\":2}";
    PV_AUTO_MANIFEST struct pv_manifest *manifest = NULL;
    uint64_t size = 0;
    (void)state;
    assert_ok(
        decode_text(pv_str_of(line), "application/vnd.oci.image.manifest.v1+json; charset=utf-8", &manifest, NULL));
    assert_int_equal(manifest->kind, PV_MANIFEST_IMAGE);
    assert_str(manifest->media_type, PV_MEDIA_OCI_MANIFEST);
    assert_str(manifest->config.media_type, PV_MEDIA_PAR_CONFIG);
    assert_string_equal(manifest->config.digest.text, DIGEST_A);
    assert_int_equal(manifest->config.size, 2);
    assert_int_equal(manifest->count, 1);
    assert_str(manifest->list[0].media_type, PV_MEDIA_PAR_LAYER);
    assert_string_equal(manifest->list[0].digest.text, DIGEST_B);
    assert_int_equal(manifest->list[0].size, 71000000);
    assert_int_equal(manifest->annotations.count, 0);
    assert_ok(pv_manifest_archive_size(manifest, UINT64_MAX, &size, NULL));
    assert_int_equal(size, 71000000);
}

static void reads_an_index(void **state) {
    struct document document = good_index();
    PV_AUTO_MANIFEST struct pv_manifest *manifest = NULL;
    (void)state;
    document.annotations = "{\"a\":\"b\"}";
    manifest = decode(&document);
    assert_int_equal(manifest->kind, PV_MANIFEST_INDEX);
    assert_int_equal(manifest->count, 2);
    assert_str(manifest->list[0].platform.os, "linux");
    assert_str(manifest->list[0].platform.architecture, "amd64");
    assert_str(manifest->list[0].platform.variant, "");
    assert_str(manifest->list[1].platform.variant, "v8");
    assert_int_equal(manifest->list[1].size, 7);
    assert_int_equal(manifest->annotations.count, 1);
}

static void reads_annotations_unescaped_and_in_order(void **state) {
    struct document document = good_image();
    PV_AUTO_MANIFEST struct pv_manifest *manifest = NULL;
    struct pv_str value = PV_STR("untouched");
    (void)state;
    document.annotations = "{\"z\":\"\\u00e9\\n\",\"\":\"\",\"a\":\"\\\"\\\\\"}";
    document.layers = "[{\"annotations\":{\"l\":\"1\"},\"mediaType\":\"a/b\",\"digest\":\"" DIGEST_A "\",\"size\":0}]";
    manifest = decode(&document);
    assert_int_equal(manifest->annotations.count, 3);
    assert_str(manifest->annotations.list[0].key, "z");
    assert_str(manifest->annotations.list[0].value, "\xc3\xa9\n");
    assert_str(manifest->annotations.list[2].value, "\"\\");
    assert_true(pv_annotations_find(&manifest->list[0].annotations, PV_STR("l"), &value));
    assert_str(value, "1");
    assert_false(pv_annotations_find(&manifest->annotations, PV_STR("l"), &value));
    assert_str(value, "1");
}

/* Every text is one that has escapes where it can, so that none of them is where the document was. */
static void texts_end_in_a_nul(void **state) {
    struct document document = good_index();
    PV_AUTO_MANIFEST struct pv_manifest *manifest = NULL;
    (void)state;
    document.manifests = "[{\"mediaType\":\"a\\/b\",\"digest\":\"sha256\\u003a"
                         "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\",\"size\":0,"
                         "\"platform\":{\"os\":\"l\\u0069nux\",\"architecture\":\"\\u0061md64\",\"variant\":\"\"}}]";
    manifest = decode(&document);
    assert_string_equal(manifest->list[0].media_type.text, "a/b");
    assert_string_equal(manifest->list[0].digest.text, DIGEST_A);
    assert_string_equal(manifest->list[0].platform.os.text, "linux");
    assert_string_equal(manifest->list[0].platform.architecture.text, "amd64");
}

/* Threats: row 221. Members that nothing here reads may be of any type. */
static void data_and_unknown_members_count_for_nothing(void **state) {
    struct document document = good_image();
    PV_AUTO_MANIFEST struct pv_manifest *manifest = NULL;
    (void)state;
    document.layers = "[{\"data\":\"AAAA\",\"mediaType\":\"a/b\",\"digest\":\"" DIGEST_A
                      "\",\"size\":1,\"x\":{\"digest\":1}},{\"data\":[],\"mediaType\":\"a/b\",\"digest\":\"" DIGEST_B
                      "\",\"size\":2}]";
    document.members = "\"subject\":{\"digest\":\"no\"},\"artifactType\":[],\"\":{\"layers\":1,\"manifests\":2}";
    manifest = decode(&document);
    assert_int_equal(manifest->count, 2);
    assert_string_equal(manifest->list[0].digest.text, DIGEST_A);
    assert_int_equal(manifest->list[1].size, 2);
}

/* PULL-7; threats: row 220. Texts as they stand, which nothing has judged; what is no list of texts is none. */
static void the_first_other_places_are_kept(void **state) {
    static const struct {
        const char *json;
        size_t count;
        const char *last;
    } cases[] = {
        {"[]", 0, NULL},
        {"null", 0, NULL},
        {"7", 0, NULL},
        {"{\"a\":\"b\"}", 0, NULL},
        {"[\"https://a/\",7]", 0, NULL},
        {"[[\"https://a/\"]]", 0, NULL},
        {"[\"http:\\/\\/169.254.169.254?a=1\\u0026b\",\"\"]", 2, ""},
        {"[\"https://a/1\\u0026x\"]", 1, "https://a/1&x"},
        {"[\"a\",\"b\",\"c\",\"d\"]", PV_MAX_URLS, "d"},
        {"[\"a\",\"b\",\"c\",\"d\",\"e\"]", PV_MAX_URLS, "d"},
    };
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        struct document document = good_image();
        char layers[512];
        (void)snprintf(layers, sizeof layers,
                       "[{\"urls\":%s,\"mediaType\":\"a/b\",\"digest\":\"" DIGEST_A "\",\"size\":1}]", cases[i].json);
        document.layers = layers;
        PV_AUTO_MANIFEST struct pv_manifest *manifest = decode(&document);
        const struct pv_descriptor *layer = &manifest->list[0];
        assert_int_equal(layer->url_count, cases[i].count);
        if (cases[i].last)
            assert_string_equal(layer->urls[layer->url_count - 1].text, cases[i].last);
    }
}

static void a_layout_says_the_type_by_its_members(void **state) {
    struct document image = good_image(), index = good_index();
    (void)state;
    image.content_type = index.content_type = "";
    struct pv_manifest *made = decode(&image);
    assert_str(made->media_type, PV_MEDIA_OCI_MANIFEST);
    pv_manifest_free(made);
    made = decode(&index);
    assert_str(made->media_type, PV_MEDIA_OCI_INDEX);
    pv_manifest_free(made);
    image.media_type = "\"" PV_MEDIA_DOCKER_MANIFEST "\"";
    made = decode(&image);
    assert_str(made->media_type, PV_MEDIA_DOCKER_MANIFEST);
    pv_manifest_free(made);
}

static void lists_may_be_empty_and_null(void **state) {
    static const char *const empty[] = {"[]", "[ ]", "null"};
    (void)state;
    for (size_t i = 0; i < array_length(empty); i++) {
        struct document image = good_image(), index = good_index();
        image.layers = index.manifests = empty[i];
        struct pv_manifest *made = decode(&image);
        assert_int_equal(made->count, 0);
        pv_manifest_free(made);
        made = decode(&index);
        assert_int_equal(made->count, 0);
        pv_manifest_free(made);
    }
}

/* ---------------------------------------------------------------- use */

static enum provar_result size_of(const char *layers, uint64_t max, uint64_t *size, struct provar_error *err) {
    struct document document = good_image();
    PV_AUTO_MANIFEST struct pv_manifest *manifest = NULL;
    document.layers = layers;
    manifest = decode(&document);
    return pv_manifest_archive_size(manifest, max, size, err);
}

#define PART(type, size) "{\"mediaType\":\"" type "\",\"digest\":\"" DIGEST_A "\",\"size\":" size "}"

/* PULL-6; threats: rows 218, 219. */
static void the_archive_is_all_layers_joined(void **state) {
    uint64_t size = 77;
    struct provar_error err = {0};
    (void)state;
    assert_ok(size_of("[" PART(PV_MEDIA_PAR_LAYER, "5") "," PART(PV_MEDIA_OCI_LAYER, "7") "]", 12, &size, NULL));
    assert_int_equal(size, 12);
    assert_int_equal(size_of("[" PART(PV_MEDIA_PAR_LAYER, "5") "," PART(PV_MEDIA_OCI_LAYER, "7") "]", 11, &size, &err),
                     PROVAR_E_LIMIT);
    assert_int_equal(
        size_of("[" PART(PV_MEDIA_PAR_LAYER, "9223372036854775807") "," PART(
                    PV_MEDIA_PAR_LAYER, "9223372036854775807") "," PART(PV_MEDIA_PAR_LAYER, "9223372036854775807") "]",
                UINT64_MAX, &size, NULL),
        PROVAR_E_LIMIT);
    provar_error_clear(&err);
    assert_int_equal(size_of("[" PART(PV_MEDIA_PAR_LAYER, "5") "," PART("application/vnd.wasmcloud.module", "7") "]",
                             99, &size, &err),
                     PROVAR_E_REGISTRY);
    assert_non_null(strstr(err.message, "vnd.wasmcloud.module"));
    assert_int_equal(size_of("[]", 99, &size, NULL), PROVAR_E_REGISTRY);
    assert_int_equal(size, 12);
    struct document document = good_index();
    PV_AUTO_MANIFEST struct pv_manifest *index = decode(&document);
    assert_int_equal(pv_manifest_archive_size(index, 99, &size, NULL), PROVAR_E_REGISTRY);
}

static enum provar_result find(const char *manifests, const char *target, size_t *place, struct provar_error *err) {
    struct document document = good_index();
    PV_AUTO_MANIFEST struct pv_manifest *index = NULL;
    const struct pv_descriptor *found = NULL;
    document.manifests = manifests;
    index = decode(&document);
    enum provar_result result = pv_manifest_find_target(index, pv_str_of(target), &found, err);
    assert_int_equal(result == PROVAR_OK, found != NULL);
    *place = found ? (size_t)(found - index->list) : 77;
    return result;
}

/* threats: rows 216, 217. */
static void finds_the_only_manifest_of_a_target(void **state) {
    static const char attested[] =
        "[" ENTRY("{\"os\":\"unknown\",\"architecture\":\"unknown\"}") "," ENTRY(ARM64) "," ENTRY(AMD64) "," ENTRY("{\"os\":\"unknown\",\"architecture\":\"unknown\"}") "," ENTRY(
            "{\"os\":\"linux\",\"architecture\":\"amd64\",\"variant\":\"v3\"}") "," ENTRY("{}") "," ENTRY("null") "]";
    static const char nested[] =
        "[{\"mediaType\":\"" PV_MEDIA_OCI_INDEX "\",\"digest\":\"" DIGEST_B "\",\"size\":7,\"platform\":" AMD64 "}]";
    size_t place;
    struct provar_error err = {0};
    (void)state;
    assert_ok(find(attested, "x86_64-linux", &place, NULL));
    assert_int_equal(place, 2);
    assert_ok(find(attested, "aarch64-linux", &place, NULL));
    assert_int_equal(place, 1);
    assert_int_equal(find(attested, "amd64-linux", &place, &err), PROVAR_E_NO_TARGET);
    assert_int_equal(find(attested, "x86_64-macos", &place, NULL), PROVAR_E_NO_TARGET);
    assert_int_equal(find(attested, "", &place, NULL), PROVAR_E_NO_TARGET);
    assert_int_equal(find("[]", "x86_64-linux", &place, NULL), PROVAR_E_NO_TARGET);
    if (strstr(err.message, "'amd64-linux' (it has: aarch64-linux, x86_64-linux)") == NULL)
        fail_msg("%s", err.message);
    provar_error_clear(&err);
    assert_int_equal(find("[" ENTRY("{}") "]", "x86_64-linux", &place, &err), PROVAR_E_NO_TARGET);
    assert_non_null(strstr(err.message, "it has: none"));
    provar_error_clear(&err);
    assert_int_equal(find("[" ENTRY(AMD64) "," ENTRY(ARM64) "," ENTRY(AMD64) "]", "x86_64-linux", &place, &err),
                     PROVAR_E_REGISTRY);
    assert_non_null(strstr(err.message, "two manifests"));
    assert_ok(find("[" ENTRY(AMD64) "," ENTRY(ARM64) "," ENTRY(AMD64) "]", "aarch64-linux", &place, NULL));
    provar_error_clear(&err);
    assert_int_equal(find(nested, "x86_64-linux", &place, &err), PROVAR_E_REGISTRY);
    assert_non_null(strstr(err.message, "no image"));
}

/* As many as there is room for, and not one character behind it. */
static void names_targets_while_there_is_room(void **state) {
    enum { FIT = 20 }; /* of 10 characters, and 2 between them */
    char manifests[32 * 256] = "[", names[FIT * 12 + 32] = "it has: ";
    struct provar_error err = {0};
    size_t place;
    (void)state;
    for (int i = 0; i < FIT + 1; i++) {
        (void)snprintf(manifests + strlen(manifests), sizeof manifests - strlen(manifests),
                       "%s{\"mediaType\":\"a/b\",\"digest\":\"" DIGEST_A
                       "\",\"size\":1,\"platform\":{\"os\":\"o%03d\",\"architecture\":\"abcde\"}}",
                       i > 0 ? "," : "", i);
        if (i < FIT)
            (void)snprintf(names + strlen(names), sizeof names - strlen(names), "%sabcde-o%03d", i > 0 ? ", " : "", i);
    }
    (void)snprintf(manifests + strlen(manifests), sizeof manifests - strlen(manifests), "]");
    assert_int_equal(find(manifests, "x86_64-linux", &place, &err), PROVAR_E_NO_TARGET);
    (void)snprintf(names + strlen(names), sizeof names - strlen(names), ", and more");
    if (strstr(err.message, names) == NULL)
        fail_msg("%s", err.message);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_manifest_that_wash_writes),
        cmocka_unit_test(reads_an_index),
        cmocka_unit_test(reads_annotations_unescaped_and_in_order),
        cmocka_unit_test(texts_end_in_a_nul),
        cmocka_unit_test(data_and_unknown_members_count_for_nothing),
        cmocka_unit_test(the_first_other_places_are_kept),
        cmocka_unit_test(a_layout_says_the_type_by_its_members),
        cmocka_unit_test(lists_may_be_empty_and_null),
        cmocka_unit_test(the_archive_is_all_layers_joined),
        cmocka_unit_test(finds_the_only_manifest_of_a_target),
        cmocka_unit_test(names_targets_while_there_is_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
