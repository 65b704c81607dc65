/* What a JSON document of a layout names, of whatever type it is: the blobs that live as long as it does. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/json.h"
#include "base/json_array.h"
#include "store/image/media_type.h"
#include "store/layout/layout_links.h"

static const struct pv_str top = {"", 0};

struct walk {
    pv_layout_link_fn each;
    void *user;
    enum pv_layout_link least; /* what a descriptor is by its place */
};

static enum pv_json_raw_kind unread(struct pv_str parent, struct pv_str key) {
    static const char *const names[] = {"mediaType", "digest", NULL};
    return parent.len == 0 && pv_str_is_one_of(key, names) ? PV_JSON_NOT_RAW : PV_JSON_RAW;
}

static enum pv_layout_link judge(const struct walk *walk, struct pv_str media_type) {
    if (walk->least == PV_LAYOUT_LINK_SUBJECT)
        return walk->least;
    if (pv_media_type_of_manifest(media_type))
        return PV_LAYOUT_LINK_DOCUMENT;
    return walk->least == PV_LAYOUT_LINK_DOCUMENT && media_type.len > 0 ? PV_LAYOUT_LINK_FOREIGN : walk->least;
}

static enum provar_result read_descriptor(const struct walk *walk, const struct pv_json *json,
                                          struct provar_error *err) {
    struct provar_error ignored = {0};
    struct pv_digest digest;
    struct pv_str text = top, media_type = top;
    bool has_digest = false, has_type = false;
    enum provar_result result = pv_json_text(json, top, "digest", &text, &has_digest, err);
    if (result == PROVAR_OK)
        result = pv_json_text(json, top, "mediaType", &media_type, &has_type, err);
    if (result != PROVAR_OK)
        return result;
    enum pv_layout_link link = judge(walk, has_type ? media_type : top);
    if (has_digest && pv_digest_parse(text, PROVAR_E_REGISTRY, &digest, &ignored) == PROVAR_OK)
        return walk->each(walk->user, &digest, link, err);
    /* A blob of another digest lies elsewhere, and is not ours to take away. */
    if (link < PV_LAYOUT_LINK_FOREIGN)
        return PROVAR_OK;
    return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET,
                   "a manifest without a sha256 digest, which is the only kind that is supported: '%s'",
                   pv_quote(has_digest ? text : top).text);
}

/* What must be a descriptor is one of an index: a config blob, say, may have members of the same names. */
static enum provar_result take_descriptor(void *user, struct pv_str element, struct provar_error *err) {
    const struct walk *walk = user;
    PV_AUTO_JSON struct pv_json *json = NULL;
    struct provar_error own = {0};
    enum provar_result result = pv_json_parse(element, unread, &json, &own);
    if (result == PROVAR_OK)
        result = read_descriptor(walk, json, &own);
    if (result == PROVAR_E_CLAIMS && walk->least != PV_LAYOUT_LINK_DOCUMENT)
        return PROVAR_OK;
    pv_error_hand_on(err, &own);
    return result;
}

static enum provar_result take_member(struct walk *walk, const struct pv_json_raw *member, struct provar_error *err) {
    static const char *const lists[] = {"manifests", "layers", "blobs", NULL};
    static const char *const single[] = {"config", "subject", NULL};
    struct pv_str value = member->value_text;
    bool is_list = pv_str_is_one_of(member->key, lists), is_array = pv_str_starts(value, PV_STR("["));
    if ((!is_list && !pv_str_is_one_of(member->key, single)) || pv_str_equal(value, PV_STR("null")))
        return PROVAR_OK;
    walk->least = pv_str_equal(member->key, PV_STR("manifests")) ? PV_LAYOUT_LINK_DOCUMENT
                  : pv_str_equal(member->key, PV_STR("subject")) ? PV_LAYOUT_LINK_SUBJECT
                                                                 : PV_LAYOUT_LINK_BLOB;
    if (is_list && (is_array || walk->least == PV_LAYOUT_LINK_DOCUMENT))
        return pv_json_each_element(value, take_descriptor, walk, err);
    return is_list ? PROVAR_OK : take_descriptor(walk, value, err);
}

/* The text has been judged. A digest needs no escapes; one that has them counts where a descriptor has it. */
static enum provar_result each_text(struct pv_str json, pv_layout_link_fn each, void *user, struct provar_error *err) {
    enum provar_result result = PROVAR_OK;
    const char *at = json.text, *end = json.text + json.len;
    while (result == PROVAR_OK && at < end && (at = memchr(at, '"', (size_t)(end - at))) != NULL) {
        struct provar_error ignored = {0};
        struct pv_digest digest;
        const char *begin = ++at;
        while (*at != '"')
            at += *at == '\\' ? 2 : 1;
        struct pv_str text = pv_str(begin, (size_t)(at - begin));
        if (text.len == PV_DIGEST_LEN && pv_digest_parse(text, PROVAR_E_REGISTRY, &digest, &ignored) == PROVAR_OK)
            result = each(user, &digest, PV_LAYOUT_LINK_BLOB, err);
        at++;
    }
    return result;
}

enum provar_result pv_layout_links_each(struct pv_str json, pv_layout_link_fn each, void *user,
                                        struct provar_error *err) {
    PV_AUTO_JSON struct pv_json *document = NULL;
    struct provar_error own = {0};
    struct walk walk = {.each = each, .user = user};
    enum provar_result result = pv_json_parse(json, pv_json_all_raw, &document, &own);
    for (size_t i = 0; result == PROVAR_OK && i < pv_json_raw_count(document); i++)
        result = take_member(&walk, pv_json_raw(document, i), &own);
    if (result == PROVAR_OK)
        result = each_text(json, each, user, &own);
    if (result == PROVAR_E_CLAIMS)
        own.code = result = PROVAR_E_REGISTRY;
    pv_error_hand_on(err, &own);
    return result;
}
