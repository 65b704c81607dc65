/* Tests of store/manifest: everything that is refused, and its limits. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest_json.h"

/* ---------------------------------------------------------------- what is refused */

/* PULL-3; threats: rows 214, 215. */
static void types_that_differ_are_refused(void **state) {
    static const char *const types[] = {PV_MEDIA_OCI_MANIFEST, PV_MEDIA_OCI_INDEX, PV_MEDIA_DOCKER_MANIFEST,
                                        PV_MEDIA_DOCKER_LIST};
    (void)state;
    for (size_t sent = 0; sent < 4; sent++)
        for (size_t said = 0; said < 4; said++) {
            struct document document = sent % 2 == 0 ? good_image() : good_index();
            char quoted[128];
            (void)snprintf(quoted, sizeof quoted, "\"%s\"", types[said]);
            document.content_type = types[sent];
            document.media_type = quoted;
            if (sent == said)
                accepted(&document);
            else
                assert_non_null(strstr(refused(&document, PROVAR_E_REGISTRY).message, "Content-Type"));
        }
    struct document document = good_image();
    document.content_type = "APPLICATION/vnd.oci.image.manifest.v1+JSON;q=1";
    document.media_type = "\"" PV_MEDIA_OCI_MANIFEST "\"";
    accepted(&document);
    document.media_type = "\"\"";
    (void)refused(&document, PROVAR_E_REGISTRY);
}

static void types_that_are_no_manifests_are_refused(void **state) {
    static const char *const types[] = {"text/html", "application/json", PV_MEDIA_PAR_LAYER,
                                        "application/vnd.docker.distribution.manifest.v1+prettyjws", "x"};
    (void)state;
    for (size_t i = 0; i < array_length(types); i++) {
        struct document document = good_image();
        char quoted[128];
        document.content_type = types[i];
        (void)refused(&document, PROVAR_E_REGISTRY);
        (void)snprintf(quoted, sizeof quoted, "\"%s\"", types[i]);
        document.media_type = quoted;
        (void)refused(&document, PROVAR_E_REGISTRY);
        document.content_type = "";
        (void)refused(&document, PROVAR_E_REGISTRY);
    }
}

/* threats: row 214; CVE-2021-41190. */
static void an_image_that_is_an_index_too_is_refused(void **state) {
    static const char *const contents[] = {PV_MEDIA_OCI_MANIFEST, PV_MEDIA_OCI_INDEX, ""};
    (void)state;
    for (size_t i = 0; i < array_length(contents); i++) {
        struct document document = good_image();
        document.content_type = contents[i];
        document.manifests = "[]";
        assert_non_null(strstr(refused(&document, PROVAR_E_REGISTRY).message, "both an image and an index"));
        document.manifests = "null";
        (void)refused(&document, PROVAR_E_REGISTRY);
        document = good_index();
        document.content_type = contents[i];
        document.layers = "[]";
        (void)refused(&document, PROVAR_E_REGISTRY);
        document.layers = NULL;
        document.config = CONFIG;
        (void)refused(&document, PROVAR_E_REGISTRY);
    }
    struct document image = good_image(), index = good_index();
    image.content_type = PV_MEDIA_OCI_INDEX;
    index.content_type = PV_MEDIA_OCI_MANIFEST;
    (void)refused(&image, PROVAR_E_REGISTRY);
    (void)refused(&index, PROVAR_E_REGISTRY);
}

static void members_must_be_there_and_of_their_type(void **state) {
    static const char *const versions[] = {NULL, "1", "3", "\"2\"", "2.0", "null"};
    static const char *const no_lists[] = {NULL, "{}", "7", "\"[]\"", "[7]", "[null]", "[[]]", "[\"a\"]"};
    static const char *const no_configs[] = {NULL, "null", "[]", "7", "{}", "[" CONFIG "]"};
    static const char *const no_annotations[] = {"[]", "\"a\"", "{\"a\":1}", "{\"a\":null}", "{\"a\":{}}"};
    static const char *const no_types[] = {"7", "[]", "{}"};
    (void)state;
    for (size_t i = 0; i < array_length(versions); i++) {
        struct document document = good_image();
        document.version = versions[i];
        (void)refused(&document, PROVAR_E_REGISTRY);
    }
    for (size_t i = 0; i < array_length(no_lists); i++) {
        struct document image = good_image(), index = good_index();
        image.layers = index.manifests = no_lists[i];
        (void)refused(&image, PROVAR_E_REGISTRY);
        (void)refused(&index, PROVAR_E_REGISTRY);
    }
    for (size_t i = 0; i < array_length(no_configs); i++) {
        struct document document = good_image();
        document.config = no_configs[i];
        (void)refused(&document, PROVAR_E_REGISTRY);
    }
    for (size_t i = 0; i < array_length(no_annotations); i++) {
        struct document document = good_image();
        document.annotations = no_annotations[i];
        (void)refused(&document, PROVAR_E_REGISTRY);
    }
    for (size_t i = 0; i < array_length(no_types); i++) {
        struct document document = good_image();
        document.media_type = no_types[i];
        (void)refused(&document, PROVAR_E_REGISTRY);
    }
}

/* As a layer, as a config and as an entry of an index. */
static void expect_descriptor(const char *media_type, const char *digest, const char *size, const char *members,
                              enum provar_result wanted) {
    PV_AUTO_BUF struct pv_buf one, list;
    struct document as_layer = good_image(), as_config = good_image(), as_entry = good_index();
    pv_buf_init(&one, PV_MIB);
    pv_buf_init(&list, PV_MIB);
    add(&one, "{");
    add_member(&one, "mediaType", media_type);
    add_member(&one, "digest", digest);
    add_member(&one, "size", size);
    add(&one, members);
    add(&one, "}");
    add(&list, "[");
    add(&list, (const char *)one.data);
    add(&list, "]");
    as_config.config = (const char *)one.data;
    as_layer.layers = as_entry.manifests = (const char *)list.data;
    const struct document *const all[] = {&as_config, &as_layer, &as_entry};
    static const char *const places[] = {"'config'", "'layers', element 1", "'manifests', element 1"};
    for (size_t i = 0; i < array_length(all); i++) {
        if (wanted == PROVAR_OK)
            accepted(all[i]);
        else
            assert_non_null(strstr(refused(all[i], wanted).message, places[i]));
    }
}

/* threats: rows 212, 222. */
static void descriptors_must_be_good(void **state) {
    static const char *const sizes[] = {
        NULL, "-1", "-0", "1.0", "1e3", "9223372036854775808", "18446744073709551616", "null", "\"1\"", "[]"};
    static const char *const digests[] = {NULL,
                                          "null",
                                          "7",
                                          "\"\"",
                                          "\"sha256:../../other\"",
                                          "\"md5:00\"",
                                          "\"sha512:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\"",
                                          "\"sha256:44136FA355B3678A1146AD16F7E8649E94FB4FC21FE77E8310C060F61CAAFF8A\"",
                                          "\"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8\""};
    static const char *const types[] = {NULL, "null", "\"\"", "7", "\"a\"", "\"a/b; c\"", "\"a/\\u001b[2J\""};
    static const char *const platforms[] = {",\"platform\":7", ",\"platform\":[]", ",\"platform\":{\"os\":7}",
                                            ",\"platform\":{\"architecture\":[]}", ",\"platform\":{\"variant\":{}}"};
    const char *type = "\"a/b\"", *digest = "\"" DIGEST_A "\"";
    (void)state;
    expect_descriptor(type, digest, "0", "", PROVAR_OK);
    expect_descriptor(type, digest, "9223372036854775807", ",\"platform\":null,\"annotations\":null", PROVAR_OK);
    expect_descriptor(type, digest, "1", ",\"platform\":{},\"annotations\":{}", PROVAR_OK);
    for (size_t i = 0; i < array_length(sizes); i++)
        expect_descriptor(type, digest, sizes[i], "", PROVAR_E_REGISTRY);
    for (size_t i = 0; i < array_length(digests); i++)
        expect_descriptor(type, digests[i], "1", "", PROVAR_E_REGISTRY);
    for (size_t i = 0; i < array_length(types); i++)
        expect_descriptor(types[i], digest, "1", "", PROVAR_E_REGISTRY);
    for (size_t i = 0; i < array_length(platforms); i++)
        expect_descriptor(type, digest, "1", platforms[i], PROVAR_E_REGISTRY);
    expect_descriptor(type, digest, "1", ",\"annotations\":{\"a\":7}", PROVAR_E_REGISTRY);
}

/* PULL-3: a key twice, wherever it is, and in whatever spelling. */
static void a_key_twice_is_refused_everywhere(void **state) {
    static const char *const members[] = {
        "\"schemaVersion\":2",
        "\"layers\":[" LAYER "]",
        "\"l\\u0061yers\":[" LAYER "]",
        "\"config\":" CONFIG,
        "\"x\":[{\"a\":{\"b\":1,\"b\":1}}]",
        "\"annotations\":{\"a\":\"b\",\"\\u0061\":\"b\"}",
    };
    static const char *const in_layer[] = {",\"size\":12345", ",\"digest\":\"" DIGEST_B "\"",
                                           ",\"annotations\":{\"a\":\"1\",\"a\":\"1\"}",
                                           ",\"platform\":{\"os\":\"a\",\"os\":\"a\"}"};
    (void)state;
    for (size_t i = 0; i < array_length(members); i++) {
        struct document document = good_image();
        document.members = members[i];
        assert_non_null(strstr(refused(&document, PROVAR_E_REGISTRY).message, "duplicate object key"));
    }
    for (size_t i = 0; i < array_length(in_layer); i++) {
        struct document document = good_image();
        char layers[512];
        (void)snprintf(layers, sizeof layers, "[%.*s%s}]", (int)(sizeof LAYER - 2), LAYER, in_layer[i]);
        document.layers = layers;
        assert_non_null(strstr(refused(&document, PROVAR_E_REGISTRY).message, "duplicate object key"));
    }
}

static void what_is_no_json_is_refused(void **state) {
    static const struct pv_str texts[] = {PV_STR(""),
                                          PV_STR("[]"),
                                          PV_STR("null"),
                                          PV_STR("{"),
                                          PV_STR("<html></html>"),
                                          PV_STR("\xef\xbb\xbf{\"schemaVersion\":2,\"manifests\":[]}"),
                                          PV_STR("{\"schemaVersion\":2,\"manifests\":[]}\0"),
                                          PV_STR("{\"schemaVersion\":2,\"manifests\":[]}{}"),
                                          PV_STR("{\"schemaVersion\":2,\"manifests\":[],}"),
                                          PV_STR("{\"schemaVersion\":2,\"manifests\":[,]}")};
    struct pv_manifest *manifest = NULL;
    (void)state;
    for (size_t i = 0; i < array_length(texts); i++) {
        struct provar_error err = {0};
        enum provar_result result = decode_text(texts[i], PV_MEDIA_OCI_INDEX, &manifest, &err);
        assert_fails(result, PROVAR_E_REGISTRY, err, PROVAR_NO_OFFSET);
        assert_null(manifest);
    }
    assert_ok(decode_text(PV_STR("\r\n{\"schemaVersion\" : 2,\r\n\"manifests\":[] }\n"), PV_MEDIA_OCI_INDEX, &manifest,
                          NULL));
    pv_manifest_free(manifest);
    assert_int_equal(pv_manifest_decode(pv_str(NULL, 0), pv_str(NULL, 0), &manifest, NULL), PROVAR_E_REGISTRY);
}

/* ---------------------------------------------------------------- limits */

/* `[one,one,...]` */
static void repeat(struct pv_buf *list, const char *one, size_t count) {
    pv_buf_init(list, 64 * PV_MIB);
    add(list, "[");
    for (size_t i = 0; i < count; i++) {
        add(list, i > 0 ? "," : "");
        add(list, one);
    }
    add(list, "]");
}

static void layers_and_manifests_end_at_the_limit(void **state) {
    (void)state;
    for (size_t more = 0; more < 2; more++) {
        PV_AUTO_BUF struct pv_buf layers, manifests;
        struct document image = good_image(), index = good_index();
        repeat(&layers, LAYER, PV_MAX_LAYERS + more);
        repeat(&manifests, ENTRY(AMD64), PV_MAX_INDEX_MANIFESTS + more);
        image.layers = (const char *)layers.data;
        index.manifests = (const char *)manifests.data;
        if (more) {
            assert_non_null(strstr(refused(&image, PROVAR_E_LIMIT).message, "more than 128 elements in 'layers'"));
            assert_non_null(strstr(refused(&index, PROVAR_E_LIMIT).message, "more than 4096 elements in 'manifests'"));
        } else {
            accepted(&image);
            accepted(&index);
        }
    }
}

static void annotations_end_at_the_limit(void **state) {
    (void)state;
    for (size_t more = 0; more < 2; more++) {
        PV_AUTO_BUF struct pv_buf text, members;
        struct document document = good_image();
        pv_buf_init(&text, PV_MIB);
        pv_buf_init(&members, PV_MIB);
        add(&text, "{");
        for (size_t i = 0; i < PV_MAX_ANNOTATIONS + more; i++) {
            char key[16];
            (void)snprintf(key, sizeof key, "k%zu", i);
            add_member(&text, key, "\"v\"");
        }
        add(&text, "}");
        document.annotations = (const char *)text.data;
        add(&members, ",\"annotations\":");
        add(&members, (const char *)text.data);
        expect_descriptor("\"a/b\"", "\"" DIGEST_A "\"", "1", (const char *)members.data,
                          more ? PROVAR_E_LIMIT : PROVAR_OK);
        if (more)
            (void)refused(&document, PROVAR_E_LIMIT);
        else
            accepted(&document);
    }
}

/* threats: row 213. */
static void documents_end_at_the_limit(void **state) {
    PV_AUTO_BUF struct pv_buf text;
    struct document document = good_image();
    struct pv_manifest *manifest = NULL;
    struct provar_error err = {0};
    (void)state;
    write_document(&document, &text);
    while (text.len <= PV_MAX_MANIFEST_SIZE)
        add(&text, " ");
    enum provar_result result = decode_text(pv_buf_str(&text), "", &manifest, &err);
    assert_fails(result, PROVAR_E_LIMIT, err, PROVAR_NO_OFFSET);
    assert_ok(decode_text(pv_str((const char *)text.data, PV_MAX_MANIFEST_SIZE), "", &manifest, NULL));
    pv_manifest_free(manifest);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_that_differ_are_refused),
        cmocka_unit_test(types_that_are_no_manifests_are_refused),
        cmocka_unit_test(an_image_that_is_an_index_too_is_refused),
        cmocka_unit_test(members_must_be_there_and_of_their_type),
        cmocka_unit_test(descriptors_must_be_good),
        cmocka_unit_test(a_key_twice_is_refused_everywhere),
        cmocka_unit_test(what_is_no_json_is_refused),
        cmocka_unit_test(layers_and_manifests_end_at_the_limit),
        cmocka_unit_test(annotations_end_at_the_limit),
        cmocka_unit_test(documents_end_at_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
