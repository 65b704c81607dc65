/* Writes manifests: sorted keys, no blanks, so that the same content is the same bytes and the same digest. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/json.h"
#include "base/json_array.h"
#include "store/image/manifest_encode.h"

/* The first failure stays in `result`, and nothing is written after it: it is looked at once, at the end. */
struct writer {
    struct pv_buf *json;
    struct provar_error *err;
    enum provar_result result;
};

static void write_text(struct writer *writer, const char *text) {
    if (writer->result == PROVAR_OK)
        writer->result = pv_buf_append_str(writer->json, pv_str_of(text), writer->err);
}

static void write_string(struct writer *writer, struct pv_str text) {
    if (writer->result == PROVAR_OK)
        writer->result = pv_json_quote(writer->json, text, writer->err);
}

static void write_size(struct writer *writer, uint64_t size) {
    char digits[24];
    (void)snprintf(digits, sizeof digits, "%llu", (unsigned long long)size);
    write_text(writer, digits);
}

static void refuse(struct writer *writer, enum provar_result code, const char *what, struct pv_str text) {
    if (writer->result == PROVAR_OK)
        writer->result = pv_fail(writer->err, code, PROVAR_NO_OFFSET, "%s: '%s'", what, pv_quote(text).text);
}

/* ---------------------------------------------------------------- annotations */

static int by_key(const void *a, const void *b) {
    return pv_str_order(((const struct pv_annotation *)a)->key, ((const struct pv_annotation *)b)->key);
}

static void write_sorted(struct writer *writer, const struct pv_annotation *sorted, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (sorted[i].key.len == 0)
            refuse(writer, PROVAR_E_USAGE, "an annotation without a key", sorted[i].value);
        if (i > 0 && pv_str_equal(sorted[i - 1].key, sorted[i].key))
            refuse(writer, PROVAR_E_USAGE, "an annotation that is given twice", sorted[i].key);
        write_text(writer, i > 0 ? "," : "");
        write_string(writer, sorted[i].key);
        write_text(writer, ":");
        write_string(writer, sorted[i].value);
    }
}

/* The member with a comma behind it; nothing when there are none. */
static void write_annotations(struct writer *writer, const struct pv_annotations *annotations) {
    if (annotations->count == 0 || writer->result != PROVAR_OK)
        return;
    if (annotations->count > PV_MAX_ANNOTATIONS) {
        refuse(writer, PROVAR_E_LIMIT, "too many annotations, this among them", annotations->list[0].key);
        return;
    }
    PV_AUTO_FREE struct pv_annotation *sorted = calloc(annotations->count, sizeof *sorted);
    if (sorted == NULL) {
        writer->result = pv_fail_memory(writer->err);
        return;
    }
    memcpy(sorted, annotations->list, annotations->count * sizeof *sorted);
    qsort(sorted, annotations->count, sizeof *sorted, by_key);
    write_text(writer, "\"annotations\":{");
    write_sorted(writer, sorted, annotations->count);
    write_text(writer, "},");
}

/* ---------------------------------------------------------------- descriptors */

/* Keys in order: architecture, os, variant. */
static void write_platform(struct writer *writer, const struct pv_platform *platform) {
    write_text(writer, "\"platform\":{\"architecture\":");
    write_string(writer, platform->architecture);
    write_text(writer, ",\"os\":");
    write_string(writer, platform->os);
    if (platform->variant.len > 0) {
        write_text(writer, ",\"variant\":");
        write_string(writer, platform->variant);
    }
    write_text(writer, "},");
}

static bool has_platform(const struct pv_descriptor *descriptor) {
    return descriptor->platform.os.len > 0 || descriptor->platform.architecture.len > 0;
}

/* Keys in order: annotations, artifactType, digest, mediaType, platform, size. */
static void write_descriptor(struct writer *writer, const struct pv_descriptor *descriptor) {
    if (!pv_media_type_is_good(descriptor->media_type))
        refuse(writer, PROVAR_E_USAGE, "not a media type", descriptor->media_type);
    if (descriptor->digest.text[0] == 0 || descriptor->size > INT64_MAX)
        refuse(writer, PROVAR_E_USAGE, "no digest, or too large a size", descriptor->media_type);
    write_text(writer, "{");
    write_annotations(writer, &descriptor->annotations);
    if (descriptor->artifact_type.len > 0) {
        write_text(writer, "\"artifactType\":");
        write_string(writer, descriptor->artifact_type);
        write_text(writer, ",");
    }
    write_text(writer, "\"digest\":");
    write_string(writer, pv_digest_str(&descriptor->digest));
    write_text(writer, ",\"mediaType\":");
    write_string(writer, descriptor->media_type);
    write_text(writer, ",");
    if (has_platform(descriptor))
        write_platform(writer, &descriptor->platform);
    write_text(writer, "\"size\":");
    write_size(writer, descriptor->size);
    write_text(writer, "}");
}

/* ---------------------------------------------------------------- documents */

static void write_end(struct writer *writer, const char *media_type) {
    if (media_type) {
        write_text(writer, ",\"mediaType\":");
        write_string(writer, pv_str_of(media_type));
    }
    write_text(writer, ",\"schemaVersion\":2}");
}

enum provar_result pv_manifest_encode(const struct pv_manifest_plan *plan, struct pv_buf *json,
                                      struct provar_error *err) {
    struct writer writer = {.json = json, .err = err};
    bool as_image = plan->types == PV_MANIFEST_TYPES_OCI_IMAGE, as_wash = plan->form == PV_MANIFEST_FORM_WASH;
    struct pv_descriptor config = {
        .media_type = pv_str_of(as_image ? PV_MEDIA_OCI_CONFIG : PV_MEDIA_PAR_CONFIG),
        .digest = plan->config_digest,
        .size = plan->config_size,
    };
    struct pv_descriptor layer = {
        .media_type = pv_str_of(as_image ? PV_MEDIA_OCI_LAYER : PV_MEDIA_PAR_LAYER),
        .digest = plan->layer_digest,
        .size = plan->layer_size,
    };
    if (!as_wash)
        layer.annotations = plan->layer_annotations;
    write_text(&writer, "{");
    write_annotations(&writer, &plan->annotations);
    write_text(&writer, "\"config\":");
    write_descriptor(&writer, &config);
    write_text(&writer, ",\"layers\":[");
    write_descriptor(&writer, &layer);
    write_text(&writer, "]");
    write_end(&writer, as_wash ? NULL : PV_MEDIA_OCI_MANIFEST);
    return writer.result;
}

static bool same_platform(const struct pv_platform *a, const struct pv_platform *b) {
    return pv_str_equal(a->os, b->os) && pv_str_equal(a->architecture, b->architecture) &&
           pv_str_equal(a->variant, b->variant);
}

enum provar_result pv_index_encode(const struct pv_descriptor *entries, size_t count,
                                   const struct pv_annotations *annotations, struct pv_buf *json,
                                   struct provar_error *err) {
    struct writer writer = {.json = json, .err = err};
    if (count > PV_MAX_INDEX_MANIFESTS)
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "an index of more than %d manifests",
                       PV_MAX_INDEX_MANIFESTS);
    write_text(&writer, "{");
    write_annotations(&writer, annotations);
    write_text(&writer, "\"manifests\":[");
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < i && has_platform(&entries[i]); k++)
            if (same_platform(&entries[k].platform, &entries[i].platform))
                refuse(&writer, PROVAR_E_USAGE, "two manifests for one platform", entries[i].platform.architecture);
        write_text(&writer, i > 0 ? "," : "");
        write_descriptor(&writer, &entries[i]);
    }
    write_text(&writer, "]");
    write_end(&writer, PV_MEDIA_OCI_INDEX);
    return writer.result;
}

/* ---------------------------------------------------------------- one entry more */

static enum provar_result count_element(void *user, struct pv_str element, struct provar_error *err) {
    size_t *count = user;
    (void)element;
    ++*count;
    (void)err;
    return PROVAR_OK;
}

/* The array's text, and how many elements it has. */
static enum provar_result find_entries(struct pv_str index, struct pv_str *array, size_t *count,
                                       struct provar_error *err) {
    PV_AUTO_JSON struct pv_json *json = NULL;
    enum provar_result result = pv_json_parse(index, pv_json_all_raw, &json, err);
    if (result != PROVAR_OK)
        return result;
    const struct pv_json_raw *manifests = pv_json_raw_find(json, PV_STR("manifests"));
    if (manifests == NULL)
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "an index without a list of manifests");
    *array = manifests->value_text;
    return pv_json_each_element(*array, count_element, count, err);
}

enum provar_result pv_index_append(struct pv_str index, const struct pv_descriptor *entry, struct pv_buf *json,
                                   struct provar_error *err) {
    struct writer writer = {.json = json, .err = err};
    struct provar_error own = {0};
    struct pv_str array = {"", 0};
    size_t count = 0;
    enum provar_result result = find_entries(index, &array, &count, &own);
    if (result == PROVAR_E_CLAIMS)
        own.code = result = PROVAR_E_REGISTRY;
    pv_error_hand_on(err, &own);
    if (result != PROVAR_OK)
        return result;
    if (count >= PV_MAX_INDEX_MANIFESTS)
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "an index of more than %d manifests",
                       PV_MAX_INDEX_MANIFESTS);
    size_t before = (size_t)(array.text - index.text) + array.len - 1;
    writer.result = pv_buf_append_str(json, pv_str(index.text, before), err);
    write_text(&writer, count > 0 ? "," : "");
    write_descriptor(&writer, entry);
    if (writer.result == PROVAR_OK)
        writer.result = pv_buf_append_str(json, pv_str(index.text + before, index.len - before), err);
    return writer.result;
}
