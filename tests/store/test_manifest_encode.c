/* Tests of store/manifest_encode: the exact bytes, and that they are read as what they were made of. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"

#include "internal.h"

#include "store/image/manifest_encode.h"

#define LAYER_DIGEST "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define CONFIG(type)                                                                                                   \
    "\"config\":{\"digest\":\"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\","              \
    "\"mediaType\":\"" type "\",\"size\":2}"

static struct pv_digest digest_of(const char *text) {
    struct pv_digest digest;
    assert_ok(pv_digest_parse(pv_str_of(text), PROVAR_E_USAGE, &digest, NULL));
    return digest;
}

static struct pv_manifest_plan good_plan(void) {
    return (struct pv_manifest_plan){
        .config_digest = digest_of(PV_MANIFEST_EMPTY_CONFIG_DIGEST),
        .config_size = strlen(PV_MANIFEST_EMPTY_CONFIG),
        .layer_digest = digest_of(LAYER_DIGEST),
        .layer_size = 71000000,
    };
}

static void expect(const struct pv_manifest_plan *plan, const char *wanted) {
    PV_AUTO_BUF struct pv_buf json;
    PV_AUTO_MANIFEST struct pv_manifest *back = NULL;
    pv_buf_init(&json, PV_MAX_MANIFEST_SIZE);
    assert_ok(pv_manifest_encode(plan, &json, NULL));
    assert_string_equal((const char *)json.data, wanted);
    assert_ok(pv_manifest_decode(pv_buf_str(&json), PV_STR(PV_MEDIA_OCI_MANIFEST), &back, NULL));
    assert_int_equal(back->count, 1);
    assert_true(pv_digest_equal(&back->list[0].digest, &plan->layer_digest));
    assert_int_equal(back->list[0].size, plan->layer_size);
}

static void the_empty_config_has_its_digest(void **state) {
    struct pv_digest digest;
    (void)state;
    assert_ok(pv_digest_of(PV_MANIFEST_EMPTY_CONFIG, strlen(PV_MANIFEST_EMPTY_CONFIG), &digest, NULL));
    assert_string_equal(digest.text, PV_MANIFEST_EMPTY_CONFIG_DIGEST);
}

/* PUSH-6: what `wash push` sends for an archive of that size. */
static void writes_the_bytes_of_wash(void **state) {
    struct pv_manifest_plan plan = good_plan();
    struct pv_annotation note = {PV_STR("provar.claims.digest"), PV_STR("x")};
    static const char wash[] =
        "{\"config\":{\"digest\":\"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\","
        "\"mediaType\":\"application/vnd.wasmcloud.provider.archive.config\",\"size\":2},\"layers\":[{\"digest\":"
        "\"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\",\"mediaType\":"
        "\"application/vnd.wasmcloud.provider.archive.layer.v1+par\",\"size\":71000000}],\"schemaVersion\":2}";
    (void)state;
    plan.form = PV_MANIFEST_FORM_WASH;
    expect(&plan, wash);
    plan.layer_annotations = (struct pv_annotations){&note, 1};
    expect(&plan, wash);
    plan.annotations = (struct pv_annotations){&note, 1};
    char with_note[sizeof wash + 64];
    (void)snprintf(with_note, sizeof with_note, "{\"annotations\":{\"provar.claims.digest\":\"x\"},%s", wash + 1);
    expect(&plan, with_note);
}

static void writes_sorted_keys_and_ordinary_escapes(void **state) {
    struct pv_manifest_plan plan = good_plan();
    struct pv_annotation notes[] = {
        {PV_STR("b"), PV_STR("\"\\\n\x01")},
        {PV_STR("a"), PV_STR("/\xc3\xa9")},
        {PV_STR("B"), PV_STR("")},
        {PV_STR("a.b"), PV_STR("2")},
    };
    struct pv_annotation layer_notes[] = {{PV_STR("z"), PV_STR("1")}, {PV_STR("y"), PV_STR("2")}};
    (void)state;
    plan.annotations = (struct pv_annotations){notes, array_length(notes)};
    plan.layer_annotations = (struct pv_annotations){layer_notes, array_length(layer_notes)};
    expect(&plan,
           "{\"annotations\":{\"B\":\"\",\"a\":\"/\xc3\xa9\",\"a.b\":\"2\",\"b\":\"\\\"\\\\\\n\\u0001\"}," CONFIG(
               PV_MEDIA_PAR_CONFIG) ",\"layers\":[{\"annotations\":{\"y\":\"2\",\"z\":\"1\"},\"digest\":\"" LAYER_DIGEST
                                    "\",\"mediaType\":\"" PV_MEDIA_PAR_LAYER
                                    "\",\"size\":71000000}],\"mediaType\":\"" PV_MEDIA_OCI_MANIFEST
                                    "\",\"schemaVersion\":2}");
    /* The order in which they come does not matter. */
    assert_true(pv_str_equal(notes[0].key, PV_STR("b")));
}

/* PUSH-8. */
static void writes_types_that_every_registry_knows(void **state) {
    struct pv_manifest_plan plan = good_plan();
    (void)state;
    plan.types = PV_MANIFEST_TYPES_OCI_IMAGE;
    plan.layer_size = INT64_MAX;
    expect(
        &plan,
        "{" CONFIG(
            "application/vnd.oci.image.config.v1+json") ",\"layers\":[{\"digest\":\"" LAYER_DIGEST
                                                        "\",\"mediaType\":\"application/vnd.oci.image.layer.v1.tar\",\"size\":9223372036854775807}],"
                                                        "\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"schemaVersion\":2}");
}

static void refused(const struct pv_manifest_plan *plan, enum provar_result wanted) {
    PV_AUTO_BUF struct pv_buf json;
    struct provar_error err = {0};
    pv_buf_init(&json, PV_MAX_MANIFEST_SIZE);
    enum provar_result result = pv_manifest_encode(plan, &json, &err);
    assert_fails(result, wanted, err, PROVAR_NO_OFFSET);
}

static void refuses_what_would_not_be_read(void **state) {
    static const struct pv_annotation bad[][2] = {
        {{PV_STR("a"), PV_STR("1")}, {PV_STR("a"), PV_STR("2")}},
        {{PV_STR("a"), PV_STR("1")}, {PV_STR(""), PV_STR("2")}},
        {{PV_STR("a"), PV_STR("1")}, {PV_STR("b\0"), PV_STR("2")}},
        {{PV_STR("a"), PV_STR("1")}, {PV_STR("b"), PV_STR("\0")}},
        {{PV_STR("a"), PV_STR("1")}, {PV_STR("\xff"), PV_STR("2")}},
        {{PV_STR("a"), PV_STR("1")}, {PV_STR("b"), PV_STR("\xc3")}},
    };
    struct pv_manifest_plan plan = good_plan();
    (void)state;
    for (size_t i = 0; i < array_length(bad); i++) {
        plan = good_plan();
        plan.annotations = (struct pv_annotations){bad[i], 2};
        refused(&plan, PROVAR_E_USAGE);
        plan.annotations.count = 1;
        plan.layer_annotations = (struct pv_annotations){bad[i], 2};
        refused(&plan, PROVAR_E_USAGE);
    }
    plan = good_plan();
    plan.layer_size = (uint64_t)INT64_MAX + 1;
    refused(&plan, PROVAR_E_USAGE);
    plan = good_plan();
    plan.config_digest.text[0] = 0;
    refused(&plan, PROVAR_E_USAGE);
}

static void annotations_end_at_the_limit(void **state) {
    static struct pv_annotation notes[PV_MAX_ANNOTATIONS + 1];
    static char keys[PV_MAX_ANNOTATIONS + 1][8];
    struct pv_manifest_plan plan = good_plan();
    PV_AUTO_BUF struct pv_buf json;
    (void)state;
    for (size_t i = 0; i <= PV_MAX_ANNOTATIONS; i++) {
        (void)snprintf(keys[i], sizeof keys[i], "k%zu", i);
        notes[i] = (struct pv_annotation){pv_str_of(keys[i]), PV_STR("v")};
    }
    pv_buf_init(&json, PV_MAX_MANIFEST_SIZE);
    plan.annotations = (struct pv_annotations){notes, PV_MAX_ANNOTATIONS};
    assert_ok(pv_manifest_encode(&plan, &json, NULL));
    plan.annotations.count++;
    refused(&plan, PROVAR_E_LIMIT);
}

static void a_full_buffer_is_a_limit(void **state) {
    struct pv_manifest_plan plan = good_plan();
    (void)state;
    for (size_t max = 0; max < 300; max += 7) {
        PV_AUTO_BUF struct pv_buf json;
        struct provar_error err = {0};
        pv_buf_init(&json, max);
        assert_int_equal(pv_manifest_encode(&plan, &json, &err), PROVAR_E_LIMIT);
        assert_true(json.len <= max);
    }
}

/* ---------------------------------------------------------------- indexes */

static struct pv_descriptor entry(const char *target) {
    struct pv_descriptor made = {
        .media_type = PV_STR(PV_MEDIA_OCI_MANIFEST),
        .digest = digest_of(LAYER_DIGEST),
        .size = 500,
    };
    if (target)
        assert_ok(pv_platform_from_target(pv_str_of(target), &made.platform, NULL));
    return made;
}

/* registry.md, 5.6: the form that a stock host finds its own platform in. */
static void writes_an_index_of_platforms(void **state) {
    struct pv_descriptor entries[] = {entry("x86_64-linux"), entry("aarch64-macos"), entry(NULL)};
    struct pv_annotation note = {PV_STR("k"), PV_STR("v")}, name = {PV_STR(PV_ANNOTATION_REF_NAME), PV_STR("rev-7")};
    struct pv_annotations annotations = {&note, 1};
    const struct pv_descriptor *found;
    PV_AUTO_BUF struct pv_buf json;
    PV_AUTO_MANIFEST struct pv_manifest *back = NULL;
    (void)state;
    entries[0].platform.variant = PV_STR("v1");
    entries[2].annotations = (struct pv_annotations){&name, 1};
    pv_buf_init(&json, PV_MAX_MANIFEST_SIZE);
    assert_ok(pv_index_encode(entries, array_length(entries), &annotations, &json, NULL));
    assert_string_equal((const char *)json.data,
                        "{\"annotations\":{\"k\":\"v\"},\"manifests\":["
                        "{\"digest\":\"" LAYER_DIGEST "\",\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\","
                        "\"platform\":{\"architecture\":\"amd64\",\"os\":\"linux\",\"variant\":\"v1\"},\"size\":500},"
                        "{\"digest\":\"" LAYER_DIGEST "\",\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\","
                        "\"platform\":{\"architecture\":\"arm64\",\"os\":\"darwin\"},\"size\":500},"
                        "{\"annotations\":{\"org.opencontainers.image.ref.name\":\"rev-7\"},\"digest\":\"" LAYER_DIGEST
                        "\",\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"size\":500}"
                        "],\"mediaType\":\"application/vnd.oci.image.index.v1+json\",\"schemaVersion\":2}");
    assert_ok(pv_manifest_decode(pv_buf_str(&json), PV_STR(PV_MEDIA_OCI_INDEX), &back, NULL));
    assert_ok(pv_manifest_find_target(back, PV_STR("aarch64-macos"), &found, NULL));
    assert_ptr_equal(found, &back->list[1]);
}

static void an_index_may_be_empty(void **state) {
    struct pv_annotations none = {0};
    PV_AUTO_BUF struct pv_buf json;
    (void)state;
    pv_buf_init(&json, PV_MAX_MANIFEST_SIZE);
    assert_ok(pv_index_encode(NULL, 0, &none, &json, NULL));
    assert_string_equal((const char *)json.data,
                        "{\"manifests\":[],\"mediaType\":\"" PV_MEDIA_OCI_INDEX "\",\"schemaVersion\":2}");
}

static void refuses_an_index_that_is_ambiguous_or_too_large(void **state) {
    struct pv_annotations none = {0};
    struct pv_descriptor entries[] = {entry("x86_64-linux"), entry("aarch64-linux"), entry("x86_64-linux")};
    static struct pv_descriptor many[PV_MAX_INDEX_MANIFESTS + 1];
    (void)state;
    for (size_t i = 0; i < array_length(many); i++)
        many[i] = entry(NULL);
    PV_AUTO_BUF struct pv_buf json;
    struct provar_error err = {0};
    pv_buf_init(&json, PV_MAX_MANIFEST_SIZE);
    enum provar_result result = pv_index_encode(entries, 3, &none, &json, &err);
    assert_fails(result, PROVAR_E_USAGE, err, PROVAR_NO_OFFSET);
    assert_ok(pv_index_encode(entries, 2, &none, &json, NULL));
    assert_ok(pv_index_encode(many, PV_MAX_INDEX_MANIFESTS, &none, &json, NULL));
    provar_error_clear(&err);
    result = pv_index_encode(many, PV_MAX_INDEX_MANIFESTS + 1, &none, &json, &err);
    assert_fails(result, PROVAR_E_LIMIT, err, PROVAR_NO_OFFSET);
    entries[1].media_type = PV_STR("no type");
    provar_error_clear(&err);
    result = pv_index_encode(entries, 2, &none, &json, &err);
    assert_fails(result, PROVAR_E_USAGE, err, PROVAR_NO_OFFSET);
}

static enum provar_result append(const char *index, struct pv_buf *json, struct provar_error *err) {
    const struct pv_descriptor entry = {
        .media_type = PV_STR(PV_MEDIA_OCI_MANIFEST), .digest = digest_of(LAYER_DIGEST), .size = 7};
    pv_buf_init(json, PV_MAX_MANIFEST_SIZE);
    return pv_index_append(pv_str_of(index), &entry, json, err);
}

#define ENTRY "{\"digest\":\"" LAYER_DIGEST "\",\"mediaType\":\"" PV_MEDIA_OCI_MANIFEST "\",\"size\":7}"

static void an_entry_is_appended_and_the_rest_stays(void **state) {
    (void)state;
    static const struct {
        const char *index, *wanted;
    } cases[] = {
        {"{\"manifests\":[]}", "{\"manifests\":[" ENTRY "]}"},
        {" {\"x\" : [\"]\"],\"manif\\u0065sts\": [ ] , \"artifactType\":\"a\"}\n",
         " {\"x\" : [\"]\"],\"manif\\u0065sts\": [ " ENTRY "] , \"artifactType\":\"a\"}\n"},
        {"{\"manifests\":[ {\"data\":\"e30=\",\"urls\":[\"u\"], \"platform\":{\"os.version\":\"1\"}} ],\"z\":1.50}",
         "{\"manifests\":[ {\"data\":\"e30=\",\"urls\":[\"u\"], \"platform\":{\"os.version\":\"1\"}} ," ENTRY
         "],\"z\":1.50}"},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        PV_AUTO_BUF struct pv_buf json = {0};
        assert_ok(append(cases[i].index, &json, NULL));
        assert_string_equal((const char *)json.data, cases[i].wanted);
    }
}

static void nothing_is_appended_to_what_is_no_index(void **state) {
    (void)state;
    static const char *const cases[] = {"", "{", "[]", "{}", "{\"manifests\":{}}", "{\"manifests\":null}"};
    for (size_t i = 0; i < array_length(cases); i++) {
        PV_AUTO_BUF struct pv_buf json = {0};
        struct provar_error err = {0};
        assert_int_equal(append(cases[i], &json, &err), PROVAR_E_REGISTRY);
        assert_int_equal(err.code, PROVAR_E_REGISTRY);
    }
}

static void an_index_grows_to_its_limit(void **state) {
    (void)state;
    for (size_t more = 0; more <= 1; more++) {
        PV_AUTO_BUF struct pv_buf json = {0}, index;
        struct provar_error err = {0};
        pv_buf_init(&index, PV_MAX_MANIFEST_SIZE);
        assert_ok(pv_buf_append_str(&index, PV_STR("{\"manifests\":[0"), NULL));
        for (size_t i = 2; i < PV_MAX_INDEX_MANIFESTS + more; i++)
            assert_ok(pv_buf_append_str(&index, PV_STR(",0"), NULL));
        assert_ok(pv_buf_append_str(&index, PV_STR("]}"), NULL));
        if (more == 0)
            assert_ok(append((const char *)index.data, &json, NULL));
        else
            assert_fails(append((const char *)index.data, &json, &err), PROVAR_E_LIMIT, err, PROVAR_NO_OFFSET);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_empty_config_has_its_digest),
        cmocka_unit_test(writes_the_bytes_of_wash),
        cmocka_unit_test(writes_sorted_keys_and_ordinary_escapes),
        cmocka_unit_test(writes_types_that_every_registry_knows),
        cmocka_unit_test(refuses_what_would_not_be_read),
        cmocka_unit_test(annotations_end_at_the_limit),
        cmocka_unit_test(a_full_buffer_is_a_limit),
        cmocka_unit_test(writes_an_index_of_platforms),
        cmocka_unit_test(an_index_may_be_empty),
        cmocka_unit_test(refuses_an_index_that_is_ambiguous_or_too_large),
        cmocka_unit_test(an_entry_is_appended_and_the_rest_stays),
        cmocka_unit_test(nothing_is_appended_to_what_is_no_index),
        cmocka_unit_test(an_index_grows_to_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
