/* Fuzzes documents of layouts: what is said to be linked stands there, and what stands there is said to be linked. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "slow_json.h"

#include "store/image/media_type.h"
#include "store/layout/layout_links.h"

struct links {
    size_t count;
    struct {
        struct pv_digest digest;
        enum pv_layout_link link;
    } list[4096];
};

static enum provar_result note(void *user, const struct pv_digest *digest, enum pv_layout_link link,
                               struct provar_error *err) {
    struct links *links = user;
    (void)err;
    fuzz_require(links->count < sizeof links->list / sizeof links->list[0]);
    links->list[links->count].digest = *digest;
    links->list[links->count++].link = link;
    return PROVAR_OK;
}

static bool is_given(const struct links *links, const json_t *digest, enum pv_layout_link link) {
    for (size_t i = 0; i < links->count; i++)
        if (links->list[i].link == link && slow_json_is(digest, pv_digest_str(&links->list[i].digest)))
            return true;
    return false;
}

/* ---------------------------------------------------------------- what is given */

/* Whether a text is somewhere in the tree, as a key or a value. */
static bool stands_in(json_t *value, struct pv_str text) {
    const char *key;
    json_t *inner;
    json_object_foreach(value, key, inner) {
        if (pv_str_equal(pv_str_of(key), text) || stands_in(inner, text))
            return true;
    }
    for (size_t i = 0; i < json_array_size(value); i++)
        if (stands_in(json_array_get(value, i), text))
            return true;
    return slow_json_is(value, text);
}

static void check_given(const struct links *links, json_t *root) {
    for (size_t i = 0; i < links->count; i++) {
        json_t *digest = json_string(links->list[i].digest.text);
        fuzz_require(slow_json_is_digest(digest) && stands_in(root, pv_digest_str(&links->list[i].digest)));
        fuzz_require(links->list[i].link <= PV_LAYOUT_LINK_DOCUMENT);
        json_decref(digest);
    }
}

/* ---------------------------------------------------------------- what must be given */

static bool is_manifest_type(const json_t *type) {
    static const char *const types[] = {PV_MEDIA_OCI_MANIFEST, PV_MEDIA_OCI_INDEX, PV_MEDIA_DOCKER_MANIFEST,
                                        PV_MEDIA_DOCKER_LIST};
    struct pv_str own = pv_str_of(json_is_string(type) ? json_string_value(type) : "");
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (pv_str_equal_ascii_nocase(own, pv_str_of(types[i])))
            return true;
    return false;
}

/* What a descriptor is by its place in the document, and its type. */
static enum pv_layout_link link_of(struct pv_str place, const json_t *type) {
    if (pv_str_equal(place, PV_STR("subject")))
        return PV_LAYOUT_LINK_SUBJECT;
    if (is_manifest_type(type))
        return PV_LAYOUT_LINK_DOCUMENT;
    if (!pv_str_equal(place, PV_STR("manifests")))
        return PV_LAYOUT_LINK_BLOB;
    return json_string_length(type) > 0 ? PV_LAYOUT_LINK_FOREIGN : PV_LAYOUT_LINK_DOCUMENT;
}

/* What has another shape is no descriptor, but in an index. */
static void check_descriptor(const struct links *links, struct pv_str place, const json_t *descriptor) {
    const json_t *digest = json_object_get(descriptor, "digest"), *type = json_object_get(descriptor, "mediaType");
    bool has_type = type != NULL && !json_is_null(type), is_one = !has_type || json_is_string(type);
    if (pv_str_equal(place, PV_STR("manifests")))
        fuzz_require(is_one && json_is_string(digest));
    if (!is_one || !json_is_string(digest))
        return;
    enum pv_layout_link link = link_of(place, type);
    fuzz_require(slow_json_is_digest(digest) ? is_given(links, digest, link) : link < PV_LAYOUT_LINK_FOREIGN);
}

static void check_descriptors(const struct links *links, const json_t *root) {
    static const char *const lists[] = {"manifests", "layers", "blobs"}, *const single[] = {"config", "subject"};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        const json_t *list = json_object_get(root, lists[i]);
        for (size_t at = 0; at < json_array_size(list); at++)
            check_descriptor(links, pv_str_of(lists[i]), json_array_get(list, at));
    }
    for (size_t i = 0; i < sizeof single / sizeof single[0]; i++)
        check_descriptor(links, pv_str_of(single[i]), json_object_get(root, single[i]));
}

/* Every text that is a digest without escapes. A quote within a text has a backslash before it, and one that begins a
 * text has none: it takes no tree to tell them apart. */
static void check_texts(const struct links *links, struct pv_str text) {
    for (size_t at = 1; at + PV_DIGEST_LEN + 2 <= text.len; at++) {
        const char *quoted = text.text + at;
        if (quoted[0] != '"' || quoted[-1] == '\\' || quoted[PV_DIGEST_LEN + 1] != '"')
            continue;
        json_t *value = json_stringn(quoted + 1, PV_DIGEST_LEN);
        if (slow_json_is_digest(value))
            fuzz_require(is_given(links, value, PV_LAYOUT_LINK_BLOB));
        json_decref(value);
    }
}

/* ---------------------------------------------------------------- what must hold */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    static struct links links;
    PV_AUTO_FREE uint8_t *copy = fuzz_copy(data, len);
    struct pv_str text = pv_str((const char *)copy, len);
    struct provar_error err = {0};
    links.count = 0;
    enum provar_result result = pv_layout_links_each(text, note, &links, &err);
    fuzz_check_error(result, &err);
    fuzz_require(result == PROVAR_OK || result == PROVAR_E_REGISTRY || result == PROVAR_E_LIMIT);
    if (result != PROVAR_OK)
        return 0;
    json_t *root = slow_json_load(text);
    if (root) {
        check_given(&links, root);
        check_descriptors(&links, root);
    }
    check_texts(&links, text);
    json_decref(root);
    fuzz_accepted++;
    return 0;
}
