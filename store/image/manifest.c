/* Manifests of OCI and Docker registries, decoded strictly: of one image, or an index of several. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/array.h"
#include "base/json.h"
#include "base/json_array.h"
#include "store/image/manifest.h"

static const struct pv_str top = {"", 0};

/* ---------------------------------------------------------------- texts */

/* Copies go to one block with room for all: a text of the document is shorter there by its two quotes. */
struct decoder {
    struct pv_manifest *manifest;
    char *texts;
    size_t used;
};

static struct pv_str keep(struct decoder *decoder, struct pv_str text) {
    char *kept = decoder->texts + decoder->used;
    if (text.len > 0)
        memcpy(kept, text.text, text.len);
    kept[text.len] = 0;
    decoder->used += text.len + 1;
    return pv_str(kept, text.len);
}

static enum provar_result missing(const char *key, struct provar_error *err) {
    return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "'%s' is missing", key);
}

static enum provar_result keep_text(struct decoder *decoder, const struct pv_json *json, struct pv_str object,
                                    const char *key, struct pv_str *kept, struct provar_error *err) {
    struct pv_str text;
    bool present;
    enum provar_result result = pv_json_text(json, object, key, &text, &present, err);
    *kept = PV_STR("");
    if (result == PROVAR_OK && present)
        *kept = keep(decoder, text);
    return result;
}

/* Of what nobody needs to read an image by: another shape than it should have is as if it were missing. */
static enum provar_result keep_hint(struct decoder *decoder, const struct pv_json *json, const char *key,
                                    struct pv_str *kept, struct provar_error *err) {
    struct provar_error own = {0};
    enum provar_result result = keep_text(decoder, json, top, key, kept, &own);
    if (result == PROVAR_E_CLAIMS)
        return PROVAR_OK;
    pv_error_hand_on(err, &own);
    return result;
}

/* ---------------------------------------------------------------- annotations */

struct annotation_list {
    struct decoder *decoder;
    struct pv_annotations *to;
    size_t room;
};

static enum provar_result add_annotation(void *user, struct pv_str key, struct pv_str value, struct provar_error *err) {
    struct annotation_list *list = user;
    struct pv_annotations *to = list->to;
    if (to->count == PV_MAX_ANNOTATIONS)
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "more than %d annotations", PV_MAX_ANNOTATIONS);
    struct pv_annotation *grown = pv_array_grow((void *)to->list, to->count, &list->room, sizeof *grown);
    if (grown == NULL)
        return pv_fail_memory(err);
    to->list = grown;
    grown[to->count].key = keep(list->decoder, key);
    grown[to->count++].value = keep(list->decoder, value);
    return PROVAR_OK;
}

static enum provar_result read_annotations(struct decoder *decoder, const struct pv_json *json,
                                           struct pv_annotations *to, struct provar_error *err) {
    struct annotation_list list = {.decoder = decoder, .to = to};
    return pv_json_each_text(json, top, "annotations", add_annotation, &list, err);
}

/* ---------------------------------------------------------------- descriptors */

static enum provar_result read_media_type(struct decoder *decoder, const struct pv_json *json,
                                          struct pv_descriptor *made, struct provar_error *err) {
    enum provar_result result = keep_text(decoder, json, top, "mediaType", &made->media_type, err);
    if (result == PROVAR_OK && !pv_media_type_is_good(made->media_type))
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "'mediaType' is no media type: '%s'",
                       pv_quote(made->media_type).text);
    return result;
}

static enum provar_result read_digest(const struct pv_json *json, struct pv_descriptor *made,
                                      struct provar_error *err) {
    struct pv_str text;
    bool present;
    enum provar_result result = pv_json_text(json, top, "digest", &text, &present, err);
    if (result != PROVAR_OK)
        return result;
    return present ? pv_digest_parse(text, PROVAR_E_REGISTRY, &made->digest, err) : missing("digest", err);
}

static enum provar_result read_size(const struct pv_json *json, struct pv_descriptor *made, struct provar_error *err) {
    int64_t size = 0;
    bool present;
    enum provar_result result = pv_json_integer(json, top, "size", 0, INT64_MAX, &size, &present, err);
    if (result != PROVAR_OK)
        return result;
    made->size = (uint64_t)size;
    return present ? PROVAR_OK : missing("size", err);
}

static enum provar_result read_platform(struct decoder *decoder, const struct pv_json *json,
                                        struct pv_platform *platform, struct provar_error *err) {
    struct pv_str object = PV_STR("platform");
    bool present;
    enum provar_result result = pv_json_object(json, top, "platform", &present, err);
    if (result == PROVAR_OK)
        result = keep_text(decoder, json, object, "os", &platform->os, err);
    if (result == PROVAR_OK)
        result = keep_text(decoder, json, object, "architecture", &platform->architecture, err);
    return result == PROVAR_OK ? keep_text(decoder, json, object, "variant", &platform->variant, err) : result;
}

struct url_list {
    struct decoder *decoder;
    struct pv_descriptor *made;
};

static enum provar_result add_url(void *user, struct pv_str name, struct pv_str url, struct provar_error *err) {
    const struct url_list *list = user;
    (void)name;
    (void)err;
    if (list->made->url_count < PV_MAX_URLS)
        list->made->urls[list->made->url_count++] = keep(list->decoder, url);
    return PROVAR_OK;
}

/* Of another shape than it should have it says nothing, as keep_hint has it. */
static enum provar_result read_urls(struct decoder *decoder, const struct pv_json *json, struct pv_descriptor *made,
                                    struct provar_error *err) {
    struct url_list list = {.decoder = decoder, .made = made};
    struct provar_error own = {0};
    enum provar_result result = pv_json_each_text_element(json, top, "urls", add_url, &list, &own);
    if (result == PROVAR_E_CLAIMS) {
        made->url_count = 0;
        return PROVAR_OK;
    }
    pv_error_hand_on(err, &own);
    return result;
}

/* What is made so far belongs to the manifest, after a failure too. */
static enum provar_result read_descriptor(struct decoder *decoder, struct pv_str text, struct pv_descriptor *made,
                                          struct provar_error *err) {
    PV_AUTO_JSON struct pv_json *json = NULL;
    enum provar_result result = pv_json_parse(text, NULL, &json, err);
    if (result == PROVAR_OK)
        result = read_media_type(decoder, json, made, err);
    if (result == PROVAR_OK)
        result = read_digest(json, made, err);
    if (result == PROVAR_OK)
        result = read_size(json, made, err);
    if (result == PROVAR_OK)
        result = read_annotations(decoder, json, &made->annotations, err);
    if (result == PROVAR_OK)
        result = keep_hint(decoder, json, "artifactType", &made->artifact_type, err);
    if (result == PROVAR_OK)
        result = read_urls(decoder, json, made, err);
    return result == PROVAR_OK ? read_platform(decoder, json, &made->platform, err) : result;
}

struct descriptor_list {
    struct decoder *decoder;
    const char *key;
    size_t max;
    size_t room;
};

static enum provar_result add_descriptor(void *user, struct pv_str element, struct provar_error *err) {
    struct descriptor_list *list = user;
    struct pv_manifest *manifest = list->decoder->manifest;
    if (manifest->count == list->max)
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "more than %zu elements in '%s'", list->max, list->key);
    struct pv_descriptor *grown = pv_array_grow(manifest->list, manifest->count, &list->room, sizeof *grown);
    if (grown == NULL)
        return pv_fail_memory(err);
    manifest->list = grown;
    struct pv_descriptor *made = &manifest->list[manifest->count++];
    *made = (struct pv_descriptor){0};
    enum provar_result result = read_descriptor(list->decoder, element, made, err);
    if (result != PROVAR_OK)
        pv_error_wrap(err, "'%s', element %zu", list->key, manifest->count);
    return result;
}

/* ---------------------------------------------------------------- the document */

/* Its members that are descriptors, each read as a document of its own. */
static enum pv_json_raw_kind is_raw(struct pv_str parent, struct pv_str key) {
    static const char *const raw[] = {"config", "layers", "manifests", "subject", NULL};
    return parent.len == 0 && pv_str_is_one_of(key, raw) ? PV_JSON_RAW : PV_JSON_NOT_RAW;
}

/* NULL when it is absent. A value of null counts as there. */
static const struct pv_str *find_raw(const struct pv_json *json, const char *key) {
    for (size_t i = 0; i < pv_json_raw_count(json); i++)
        if (pv_str_equal(pv_json_raw(json, i)->key, pv_str_of(key)))
            return &pv_json_raw(json, i)->value_text;
    return NULL;
}

/* Go writes null for a list without elements. */
static enum provar_result read_list(struct decoder *decoder, const struct pv_json *json, const char *key, size_t max,
                                    struct provar_error *err) {
    struct descriptor_list list = {.decoder = decoder, .key = key, .max = max};
    const struct pv_str *value = find_raw(json, key);
    if (value == NULL)
        return missing(key, err);
    if (pv_str_equal(*value, PV_STR("null")))
        return PROVAR_OK;
    if (!pv_str_starts(*value, PV_STR("[")))
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "'%s' is not an array", key);
    return pv_json_each_element(*value, add_descriptor, &list, err);
}

static enum provar_result read_config(struct decoder *decoder, const struct pv_json *json, struct provar_error *err) {
    const struct pv_str *value = find_raw(json, "config");
    if (value == NULL)
        return missing("config", err);
    enum provar_result result = read_descriptor(decoder, *value, &decoder->manifest->config, err);
    if (result != PROVAR_OK)
        pv_error_wrap(err, "'config'");
    return result;
}

/* Only its digest counts, and only where it has one, since nobody reads the image by it. */
static enum provar_result read_subject(const struct pv_json *json, struct pv_digest *subject,
                                       struct provar_error *err) {
    const struct pv_str *value = find_raw(json, "subject");
    PV_AUTO_JSON struct pv_json *object = NULL;
    struct provar_error own = {0};
    struct pv_digest digest;
    struct pv_str text;
    bool present = false;
    if (value == NULL)
        return PROVAR_OK;
    enum provar_result result = pv_json_parse(*value, NULL, &object, &own);
    if (result == PROVAR_OK)
        result = pv_json_text(object, top, "digest", &text, &present, &own);
    if (result == PROVAR_E_NO_MEMORY || result == PROVAR_E_LIMIT) {
        pv_error_hand_on(err, &own);
        return result;
    }
    if (result == PROVAR_OK && present && pv_digest_parse(text, PROVAR_E_REGISTRY, &digest, &own) == PROVAR_OK)
        *subject = digest;
    return PROVAR_OK;
}

/* Two readers that go by different ones of these signs would see different images (CVE-2021-41190). */
static enum provar_result choose_type(const struct pv_json *json, struct pv_str sent, const struct pv_str *declared,
                                      struct pv_manifest *manifest, struct provar_error *err) {
    bool is_index = find_raw(json, "manifests") != NULL;
    bool is_image = find_raw(json, "layers") != NULL || find_raw(json, "config") != NULL;
    if (declared && sent.len > 0 && !pv_str_equal_ascii_nocase(sent, *declared))
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "'mediaType' is not the Content-Type, '%s': '%s'",
                       pv_quote(sent).text, pv_quote(*declared).text);
    if (is_index && is_image)
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "both an image and an index");
    struct pv_str unsaid = is_index ? PV_STR(PV_MEDIA_OCI_INDEX) : PV_STR(PV_MEDIA_OCI_MANIFEST);
    struct pv_str said = declared ? *declared : sent.len > 0 ? sent : unsaid;
    const char *known = pv_media_type_of_manifest(said);
    if (known == NULL)
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "a document of another type: '%s'",
                       pv_quote(said).text);
    manifest->media_type = pv_str_of(known);
    manifest->kind = pv_media_type_is_index(manifest->media_type) ? PV_MANIFEST_INDEX : PV_MANIFEST_IMAGE;
    return PROVAR_OK;
}

static enum provar_result read_type(const struct pv_json *json, struct pv_str content_type,
                                    struct pv_manifest *manifest, struct provar_error *err) {
    struct pv_str declared;
    int64_t version;
    bool has_version, has_type;
    enum provar_result result = pv_json_integer(json, top, "schemaVersion", 2, 2, &version, &has_version, err);
    if (result == PROVAR_OK && !has_version)
        return missing("schemaVersion", err);
    if (result == PROVAR_OK)
        result = pv_json_text(json, top, "mediaType", &declared, &has_type, err);
    if (result != PROVAR_OK)
        return result;
    return choose_type(json, pv_media_type_bare(content_type), has_type ? &declared : NULL, manifest, err);
}

static enum provar_result read_document(struct decoder *decoder, const struct pv_json *json, struct pv_str content_type,
                                        struct provar_error *err) {
    struct pv_manifest *manifest = decoder->manifest;
    enum provar_result result = read_type(json, content_type, manifest, err);
    if (result == PROVAR_OK)
        result = read_annotations(decoder, json, &manifest->annotations, err);
    if (result == PROVAR_OK)
        result = keep_hint(decoder, json, "artifactType", &manifest->artifact_type, err);
    if (result == PROVAR_OK)
        result = read_subject(json, &manifest->subject, err);
    if (result != PROVAR_OK)
        return result;
    if (manifest->kind == PV_MANIFEST_INDEX)
        return read_list(decoder, json, "manifests", PV_MAX_INDEX_MANIFESTS, err);
    result = read_config(decoder, json, err);
    return result == PROVAR_OK ? read_list(decoder, json, "layers", PV_MAX_LAYERS, err) : result;
}

static enum provar_result decode(struct pv_str text, struct pv_str content_type, struct pv_manifest **manifest,
                                 struct provar_error *err) {
    PV_AUTO_MANIFEST struct pv_manifest *made = calloc(1, sizeof *made);
    PV_AUTO_JSON struct pv_json *json = NULL;
    if (made == NULL)
        return pv_fail_memory(err);
    if (text.len > PV_MAX_MANIFEST_SIZE)
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "more than %d MiB", (int)(PV_MAX_MANIFEST_SIZE / PV_MIB));
    struct decoder decoder = {.manifest = made, .texts = malloc(text.len + 1)};
    made->owned = decoder.texts;
    if (decoder.texts == NULL)
        return pv_fail_memory(err);
    enum provar_result result = pv_json_parse(text, is_raw, &json, err);
    if (result == PROVAR_OK)
        result = read_document(&decoder, json, content_type, err);
    if (result == PROVAR_OK)
        *manifest = PV_TAKE(made);
    return result;
}

enum provar_result pv_manifest_decode(struct pv_str json, struct pv_str content_type, struct pv_manifest **manifest,
                                      struct provar_error *err) {
    struct provar_error failure = {0};
    enum provar_result result = decode(json, content_type, manifest, &failure);
    /* The code that base/json has for what is no JSON, or another type than was asked for. */
    if (result == PROVAR_E_CLAIMS)
        failure.code = result = PROVAR_E_REGISTRY;
    pv_error_wrap(&failure, "manifest");
    pv_error_hand_on(err, &failure);
    return result;
}

static void release_descriptor(struct pv_descriptor *descriptor) {
    free((void *)descriptor->annotations.list);
}

void pv_manifest_free(struct pv_manifest *manifest) {
    if (manifest == NULL)
        return;
    for (size_t i = 0; i < manifest->count; i++)
        release_descriptor(&manifest->list[i]);
    release_descriptor(&manifest->config);
    free((void *)manifest->annotations.list);
    free(manifest->list);
    free(manifest->owned);
    free(manifest);
}
