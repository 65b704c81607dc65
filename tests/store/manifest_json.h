/* For tests of manifests: documents built member by member, decoded from memory that is gone afterwards. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_STORE_MANIFEST_JSON_H
#define TEST_STORE_MANIFEST_JSON_H

#include "support/check.h"
#include "support/guard.h"

#include "internal.h"

#include "store/image/manifest.h"

#define DIGEST_A "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
#define DIGEST_B "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* The text of each member's value; NULL leaves the member out. */
struct document {
    const char *version, *media_type, *config, *layers, *manifests, *annotations;
    const char *members;      /* `"key":value` text at the end */
    const char *content_type; /* "" as in a layout */
};

#define CONFIG "{\"mediaType\":\"" PV_MEDIA_PAR_CONFIG "\",\"digest\":\"" DIGEST_A "\",\"size\":2}"
#define LAYER  "{\"mediaType\":\"" PV_MEDIA_PAR_LAYER "\",\"digest\":\"" DIGEST_B "\",\"size\":12345}"

static inline struct document good_image(void) {
    return (struct document){
        .version = "2",
        .config = CONFIG,
        .layers = "[" LAYER "]",
        .content_type = PV_MEDIA_OCI_MANIFEST,
    };
}

#define ENTRY(platform)                                                                                                \
    "{\"mediaType\":\"" PV_MEDIA_OCI_MANIFEST "\",\"digest\":\"" DIGEST_B "\",\"size\":7,\"platform\":" platform "}"
#define AMD64 "{\"os\":\"linux\",\"architecture\":\"amd64\"}"
#define ARM64 "{\"os\":\"linux\",\"architecture\":\"arm64\",\"variant\":\"v8\"}"

static inline struct document good_index(void) {
    return (struct document){
        .version = "2",
        .manifests = "[" ENTRY(AMD64) "," ENTRY(ARM64) "]",
        .content_type = PV_MEDIA_OCI_INDEX,
    };
}

static inline void add(struct pv_buf *text, const char *part) {
    assert_ok(pv_buf_append_str(text, pv_str_of(part), NULL));
}

static inline void add_member(struct pv_buf *text, const char *key, const char *value) {
    if (value == NULL)
        return;
    add(text, text->len > 1 ? ",\"" : "\"");
    add(text, key);
    add(text, "\":");
    add(text, value);
}

static inline void write_document(const struct document *document, struct pv_buf *text) {
    pv_buf_init(text, 64 * PV_MIB);
    add(text, "{");
    add_member(text, "schemaVersion", document->version);
    add_member(text, "mediaType", document->media_type);
    add_member(text, "config", document->config);
    add_member(text, "layers", document->layers);
    add_member(text, "manifests", document->manifests);
    add_member(text, "annotations", document->annotations);
    if (document->members) {
        add(text, text->len > 1 ? "," : "");
        add(text, document->members);
    }
    add(text, "}");
}

static inline enum provar_result decode_text(struct pv_str json, const char *content_type,
                                             struct pv_manifest **manifest, struct provar_error *err) {
    struct guarded exact = guard_copy(json.text, json.len);
    enum provar_result result =
        pv_manifest_decode(pv_str(exact.data, json.len), pv_str_of(content_type), manifest, err);
    /* What was decoded keeps nothing of it. */
    guard_free(&exact);
    return result;
}

static inline struct pv_manifest *decode(const struct document *document) {
    PV_AUTO_BUF struct pv_buf text;
    struct pv_manifest *manifest = NULL;
    struct provar_error err = {0};
    write_document(document, &text);
    if (decode_text(pv_buf_str(&text), document->content_type, &manifest, &err) != PROVAR_OK)
        fail_msg("%s: %s", (const char *)text.data, err.message);
    return manifest;
}

static inline void accepted(const struct document *document) {
    pv_manifest_free(decode(document));
}

static inline struct provar_error refused(const struct document *document, enum provar_result wanted) {
    PV_AUTO_BUF struct pv_buf text;
    struct pv_manifest *manifest = NULL;
    struct provar_error err = {0};
    write_document(document, &text);
    enum provar_result result = decode_text(pv_buf_str(&text), document->content_type, &manifest, &err);
    if (result != wanted)
        fail_msg("%.300s: %s, %s", (const char *)text.data, provar_result_name((int)result), err.message);
    assert_fails(result, wanted, err, PROVAR_NO_OFFSET);
    assert_true(pv_str_starts(pv_str_of(err.message), PV_STR("manifest: ")));
    assert_null(manifest);
    return err;
}

static inline void assert_str(struct pv_str text, const char *wanted) {
    if (!pv_str_equal(text, pv_str_of(wanted)))
        fail_msg("'%.*s' is not '%s'", (int)text.len, text.text, wanted);
}

#endif
