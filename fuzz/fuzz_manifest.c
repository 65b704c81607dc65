/* Fuzzes manifests: what is read is what jansson reads, and survives being written. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "slow_json.h"

#include "store/image/manifest_encode.h"

/* The first byte of an input picks one: "0" the first. */
static const char *const content_types[] = {
    "",
    PV_MEDIA_OCI_MANIFEST,
    PV_MEDIA_OCI_INDEX,
    PV_MEDIA_DOCKER_MANIFEST,
    (PV_MEDIA_DOCKER_LIST "; charset=utf-8"),
    "text/html",
};

/* ---------------------------------------------------------------- what jansson reads */

static void check_same_text(struct pv_str text, const json_t *wanted) {
    fuzz_require(slow_json_is_or_none(wanted, text));
}

static void check_annotations(const struct pv_annotations *annotations, json_t *wanted) {
    fuzz_require(annotations->count == json_object_size(wanted));
    for (size_t i = 0; i < annotations->count; i++) {
        const struct pv_annotation *one = &annotations->list[i];
        fuzz_require(json_is_string(json_object_get(wanted, one->key.text)));
        check_same_text(one->value, json_object_get(wanted, one->key.text));
    }
}

static void check_descriptor(const struct pv_descriptor *descriptor, json_t *wanted) {
    json_t *platform = json_object_get(wanted, "platform");
    fuzz_require(descriptor->media_type.len > 0);
    check_same_text(descriptor->media_type, json_object_get(wanted, "mediaType"));
    check_same_text(pv_digest_str(&descriptor->digest), json_object_get(wanted, "digest"));
    fuzz_require(json_integer_value(json_object_get(wanted, "size")) == (json_int_t)descriptor->size);
    check_annotations(&descriptor->annotations, json_object_get(wanted, "annotations"));
    check_same_text(descriptor->platform.os, json_object_get(platform, "os"));
    check_same_text(descriptor->platform.architecture, json_object_get(platform, "architecture"));
    check_same_text(descriptor->platform.variant, json_object_get(platform, "variant"));
}

static void check_against_jansson(struct pv_str text, const struct pv_manifest *manifest) {
    json_t *root = slow_json_load(text), *element;
    size_t at;
    if (root == NULL)
        return;
    bool is_index = manifest->kind == PV_MANIFEST_INDEX;
    json_t *list = json_object_get(root, is_index ? "manifests" : "layers");
    fuzz_require(json_integer_value(json_object_get(root, "schemaVersion")) == 2);
    fuzz_require(list != NULL && json_object_get(root, is_index ? "layers" : "manifests") == NULL);
    fuzz_require((json_object_get(root, "config") != NULL) == !is_index);
    fuzz_require(json_array_size(list) == manifest->count);
    json_array_foreach(list, at, element) check_descriptor(&manifest->list[at], element);
    if (!is_index)
        check_descriptor(&manifest->config, json_object_get(root, "config"));
    check_annotations(&manifest->annotations, json_object_get(root, "annotations"));
    json_decref(root);
}

/* ---------------------------------------------------------------- what is written again */

static void check_same_annotations(const struct pv_annotations *a, const struct pv_annotations *b) {
    fuzz_require(a->count == b->count);
    for (size_t i = 0; i < a->count; i++) {
        struct pv_str value;
        fuzz_require(pv_annotations_find(b, a->list[i].key, &value) && pv_str_equal(value, a->list[i].value));
    }
}

static void check_same_descriptor(const struct pv_descriptor *a, const struct pv_descriptor *b) {
    fuzz_require(pv_str_equal(a->media_type, b->media_type) && pv_digest_equal(&a->digest, &b->digest));
    fuzz_require(a->size == b->size);
    check_same_annotations(&a->annotations, &b->annotations);
    if (a->platform.os.len == 0 && a->platform.architecture.len == 0)
        return;
    fuzz_require(pv_str_equal(a->platform.os, b->platform.os));
    fuzz_require(pv_str_equal(a->platform.architecture, b->platform.architecture));
    fuzz_require(pv_str_equal(a->platform.variant, b->platform.variant));
}

static void check_written(const struct pv_manifest *manifest) {
    PV_AUTO_BUF struct pv_buf json;
    PV_AUTO_MANIFEST struct pv_manifest *back = NULL;
    struct provar_error err = {0};
    pv_buf_init(&json, PV_MAX_MANIFEST_SIZE);
    enum provar_result result = pv_index_encode(manifest->list, manifest->count, &manifest->annotations, &json, &err);
    fuzz_check_error(result, &err);
    fuzz_require(result == PROVAR_OK || result == PROVAR_E_USAGE); /* two of one platform, a key that is empty */
    if (result != PROVAR_OK)
        return;
    fuzz_require(pv_manifest_decode(pv_buf_str(&json), PV_STR(PV_MEDIA_OCI_INDEX), &back, NULL) == PROVAR_OK);
    fuzz_require(back->count == manifest->count);
    for (size_t i = 0; i < back->count; i++)
        check_same_descriptor(&manifest->list[i], &back->list[i]);
    check_same_annotations(&manifest->annotations, &back->annotations);
}

static void check_use(const struct pv_manifest *manifest) {
    const struct pv_descriptor *found = NULL;
    struct provar_error err = {0};
    uint64_t size = 77;
    enum provar_result result = pv_manifest_archive_size(manifest, PV_MAX_FILE_SIZE, &size, &err);
    fuzz_check_error(result, &err);
    fuzz_require(result == PROVAR_OK ? size <= PV_MAX_FILE_SIZE : size == 77);
    provar_error_clear(&err);
    result = pv_manifest_find_target(manifest, PV_STR("x86_64-linux"), &found, &err);
    fuzz_check_error(result, &err);
    fuzz_require((result == PROVAR_OK) == (found != NULL));
    if (found)
        fuzz_require(pv_str_equal(found->platform.architecture, PV_STR("amd64")));
}

/* ---------------------------------------------------------------- what must hold */

static bool check(struct pv_str text, struct pv_str content_type) {
    PV_AUTO_MANIFEST struct pv_manifest *manifest = NULL;
    struct provar_error err = {0};
    enum provar_result result = pv_manifest_decode(text, content_type, &manifest, &err);
    fuzz_check_error(result, &err);
    fuzz_require((manifest != NULL) == (result == PROVAR_OK));
    fuzz_require(result == PROVAR_OK || result == PROVAR_E_REGISTRY || result == PROVAR_E_LIMIT);
    if (manifest == NULL)
        return false;
    struct pv_str bare = pv_media_type_bare(content_type);
    fuzz_require(bare.len == 0 || pv_str_equal_ascii_nocase(bare, manifest->media_type));
    fuzz_require(pv_media_type_is_index(manifest->media_type) == (manifest->kind == PV_MANIFEST_INDEX));
    check_against_jansson(text, manifest);
    check_written(manifest);
    check_use(manifest);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    size_t types = sizeof content_types / sizeof content_types[0];
    if (len == 0)
        return 0;
    struct pv_str text = pv_str((const char *)data + 1, len - 1);
    fuzz_accepted += check(text, pv_str_of(content_types[data[0] % types]));
    return 0;
}
