/* The text of a layout's index.json: what it names, and the same text with a tag moved. Does no I/O. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/json.h"
#include "base/json_array.h"
#include "base/names.h"
#include "store/layout/layout_index.h"

static const struct pv_str top = {"", 0};

/* What is wrong in a document of a store is a fault of the store. */
static enum provar_result hand_on(enum provar_result result, struct provar_error *own, struct provar_error *err) {
    if (result == PROVAR_OK)
        return PROVAR_OK;
    if (own->code == PROVAR_E_CLAIMS)
        own->code = PROVAR_E_REGISTRY;
    if (own->code == PROVAR_E_REGISTRY || own->code == PROVAR_E_LIMIT)
        own->offset = PROVAR_NO_OFFSET;
    result = (enum provar_result)own->code;
    pv_error_hand_on(err, own);
    return result;
}

/* ---------------------------------------------------------------- reading */

/* What is read of a descriptor; anything else may be of any shape. */
static enum pv_json_raw_kind unread(struct pv_str parent, struct pv_str key) {
    static const char *const names[] = {"mediaType", "digest", "size", "annotations", NULL};
    if (parent.len == 0)
        return pv_str_is_one_of(key, names) ? PV_JSON_NOT_RAW : PV_JSON_RAW;
    return pv_str_equal(key, PV_STR(PV_ANNOTATION_REF_NAME)) ? PV_JSON_NOT_RAW : PV_JSON_RAW;
}

static enum provar_result read_named(const struct pv_json *json, struct pv_named *named, struct provar_error *err) {
    struct pv_str digest = {"", 0}, media_type = {"", 0};
    int64_t size = 0;
    bool has_digest = false, has_size = false, has_type = false;
    struct provar_error ignored = {0};
    enum provar_result result = pv_json_text(json, top, "digest", &digest, &has_digest, err);
    if (result == PROVAR_OK)
        result = pv_json_integer(json, top, "size", 0, INT64_MAX, &size, &has_size, err);
    if (result == PROVAR_OK)
        result = pv_json_text(json, top, "mediaType", &media_type, &has_type, err);
    if (result != PROVAR_OK)
        return result;
    if (!has_digest || !has_size)
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "a descriptor without digest or size");
    if (has_type && media_type.len > PV_MAX_MEDIA_TYPE)
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "a media type is longer than %d characters",
                       PV_MAX_MEDIA_TYPE);
    if (pv_digest_parse(digest, PROVAR_E_REGISTRY, &named->digest, &ignored) != PROVAR_OK)
        named->digest.text[0] = 0;
    named->size = (uint64_t)size;
    if (has_type && media_type.len > 0)
        memcpy(named->media_type, media_type.text, media_type.len);
    return PROVAR_OK;
}

struct reader {
    pv_layout_entry_fn each;
    void *user;
    size_t count;
    struct pv_str element; /* its text, while `each` runs */
};

static enum provar_result read_element(void *user, struct pv_str element, struct provar_error *err) {
    struct reader *reader = user;
    PV_AUTO_JSON struct pv_json *json = NULL;
    struct pv_layout_entry entry = {0};
    bool present = false;
    if (++reader->count > PV_MAX_INDEX_MANIFESTS)
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "more than %d descriptors", PV_MAX_INDEX_MANIFESTS);
    enum provar_result result = pv_json_parse(element, unread, &json, err);
    if (result == PROVAR_OK)
        result = read_named(json, &entry.named, err);
    if (result == PROVAR_OK)
        result = pv_json_object(json, top, "annotations", &present, err);
    if (result == PROVAR_OK && present)
        result = pv_json_text(json, PV_STR("annotations"), PV_ANNOTATION_REF_NAME, &entry.tag, &present, err);
    if (!present)
        entry.tag = top;
    reader->element = element;
    return result == PROVAR_OK ? reader->each(reader->user, &entry, err) : result;
}

static enum provar_result walk(const struct pv_json *json, struct reader *reader, struct provar_error *err) {
    const struct pv_json_raw *manifests = pv_json_raw_find(json, PV_STR("manifests"));
    if (manifests == NULL)
        return PROVAR_OK;
    return pv_json_each_element(manifests->value_text, read_element, reader, err);
}

enum provar_result pv_layout_index_each(struct pv_str json, pv_layout_entry_fn each, void *user,
                                        struct provar_error *err) {
    PV_AUTO_JSON struct pv_json *document = NULL;
    struct provar_error own = {0};
    struct reader reader = {.each = each, .user = user};
    enum provar_result result = pv_json_parse(json, pv_json_all_raw, &document, &own);
    if (result == PROVAR_OK)
        result = walk(document, &reader, &own);
    return hand_on(result, &own, err);
}

/* ---------------------------------------------------------------- resolving */

struct search {
    struct pv_str tag;
    const struct pv_digest *digest;
    struct pv_named *found;
    size_t count;         /* of different manifests that are meant */
    struct pv_names tags; /* that there are, for the message */
};

static bool is_meant(const struct search *search, const struct pv_layout_entry *entry) {
    if (search->digest->text[0] != 0)
        return pv_digest_equal(search->digest, &entry->named.digest);
    return search->tag.len == 0 || pv_str_equal(search->tag, entry->tag);
}

static enum provar_result look_at(void *user, const struct pv_layout_entry *entry, struct provar_error *err) {
    struct search *search = user;
    (void)err;
    if (entry->tag.len > 0)
        pv_names_add(&search->tags, entry->tag);
    if (!is_meant(search, entry))
        return PROVAR_OK;
    bool same = search->count > 0 && pv_digest_equal(&search->found->digest, &entry->named.digest);
    if (search->count == 0)
        *search->found = entry->named;
    search->count += same ? 0 : 1;
    return PROVAR_OK;
}

static enum provar_result fail_search(const struct search *search, struct provar_error *err) {
    const char *tags = pv_names_text(&search->tags);
    if (search->digest->text[0] != 0)
        return pv_fail(err, PROVAR_E_NOT_FOUND, PROVAR_NO_OFFSET, "no manifest %s in the layout", search->digest->text);
    if (search->count > 1 && search->tag.len > 0)
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "the tag '%s' stands at several manifests",
                       pv_quote(search->tag).text);
    if (search->tag.len > 0)
        return pv_fail(err, PROVAR_E_NOT_FOUND, PROVAR_NO_OFFSET, "no tag '%s' in the layout (its tags: %s)",
                       pv_quote(search->tag).text, tags);
    if (search->count == 0)
        return pv_fail(err, PROVAR_E_NOT_FOUND, PROVAR_NO_OFFSET, "no manifest in the layout");
    return pv_fail(err, PROVAR_E_NOT_FOUND, PROVAR_NO_OFFSET,
                   "several manifests in the layout (its tags: %s); name a tag", tags);
}

enum provar_result pv_layout_index_resolve(struct pv_str json, struct pv_str tag, const struct pv_digest *digest,
                                           struct pv_named *found, struct provar_error *err) {
    struct pv_named first = {0};
    struct search search = {.tag = tag, .digest = digest, .found = &first};
    enum provar_result result = pv_layout_index_each(json, look_at, &search, err);
    if (result != PROVAR_OK)
        return result;
    if (search.count != 1)
        return fail_search(&search, err);
    if (first.digest.text[0] == 0)
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET,
                       "the manifest has no sha256 digest, which is the only kind that is supported");
    *found = first;
    return PROVAR_OK;
}

/* ---------------------------------------------------------------- writing */

struct edit {
    struct reader reader;
    const struct pv_named *named;
    const struct pv_tags *tags;
    struct pv_buf *out;
    size_t written; /* descriptors */
    bool changed;
    bool is_listed;  /* the manifest stands there, under whatever name */
    uint8_t *placed; /* of each tag: whether it stands at the manifest */
};

static enum provar_result append(struct pv_buf *out, const char *text, struct provar_error *err) {
    return pv_buf_append_str(out, pv_str_of(text), err);
}

/* Appends an object as it was, but for the member `key`: `change` appends its value, or without `change` it is left
 * out. */
typedef enum provar_result (*change_fn)(struct pv_buf *out, struct pv_str value, struct provar_error *err);

static enum provar_result append_changed(struct pv_buf *out, struct pv_str object, struct pv_str key, change_fn change,
                                         struct provar_error *err) {
    PV_AUTO_JSON struct pv_json *json = NULL;
    enum provar_result result = pv_json_parse(object, pv_json_all_raw, &json, err);
    const char *before = "{";
    for (size_t i = 0; result == PROVAR_OK && i < pv_json_raw_count(json); i++) {
        const struct pv_json_raw *raw = pv_json_raw(json, i);
        bool meant = pv_str_equal(raw->key, key);
        if (meant && change == NULL)
            continue;
        result = append(out, before, err);
        before = ",";
        if (result == PROVAR_OK)
            result = pv_buf_append_str(out, raw->key_text, err);
        if (result == PROVAR_OK)
            result = append(out, ":", err);
        if (result == PROVAR_OK)
            result = meant ? change(out, raw->value_text, err) : pv_buf_append_str(out, raw->value_text, err);
    }
    if (result == PROVAR_OK && *before == '{')
        result = append(out, before, err);
    return result == PROVAR_OK ? append(out, "}", err) : result;
}

static enum provar_result append_unnamed(struct pv_buf *out, struct pv_str annotations, struct provar_error *err) {
    return append_changed(out, annotations, PV_STR(PV_ANNOTATION_REF_NAME), NULL, err);
}

/* Whether a descriptor loses its name; notes which tags need no new descriptor. */
static enum provar_result judge_entry(struct edit *edit, const struct pv_layout_entry *entry, bool *loses,
                                      struct provar_error *err) {
    bool same = pv_digest_equal(&entry->named.digest, &edit->named->digest);
    *loses = false;
    edit->is_listed = edit->is_listed || same;
    for (size_t i = 0; i < edit->tags->count; i++) {
        if (!pv_str_equal(entry->tag, edit->tags->list[i]))
            continue;
        if (!same && i < edit->tags->kept)
            return pv_backend_refuse_tag(entry->tag, &entry->named.digest, err);
        *loses = !same;
        edit->placed[i] = edit->placed[i] || same;
    }
    return PROVAR_OK;
}

static enum provar_result copy_entry(void *user, const struct pv_layout_entry *entry, struct provar_error *err) {
    struct edit *edit = user;
    bool loses;
    enum provar_result result = judge_entry(edit, entry, &loses, err);
    if (result == PROVAR_OK && edit->written++ > 0)
        result = append(edit->out, ",", err);
    if (result != PROVAR_OK)
        return result;
    edit->changed = edit->changed || loses;
    return loses ? append_changed(edit->out, edit->reader.element, PV_STR("annotations"), append_unnamed, err)
                 : pv_buf_append_str(edit->out, edit->reader.element, err);
}

static enum provar_result append_entry(struct edit *edit, struct pv_str tag, struct provar_error *err) {
    const struct pv_named *named = edit->named;
    char size[32];
    (void)snprintf(size, sizeof size, "%llu", (unsigned long long)named->size);
    const char *parts[] = {edit->written > 0 ? ",{" : "{",
                           "\"digest\":\"",
                           named->digest.text,
                           "\",\"mediaType\":\"",
                           named->media_type,
                           "\",\"size\":",
                           size};
    enum provar_result result = PROVAR_OK;
    if (++edit->written > PV_MAX_INDEX_MANIFESTS)
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "the layout has %d descriptors, and can take no more",
                       PV_MAX_INDEX_MANIFESTS);
    for (size_t i = 0; result == PROVAR_OK && i < sizeof parts / sizeof parts[0]; i++)
        result = append(edit->out, parts[i], err);
    edit->changed = true;
    if (result != PROVAR_OK || tag.len == 0)
        return result == PROVAR_OK ? append(edit->out, "}", err) : result;
    result = append(edit->out, ",\"annotations\":{\"" PV_ANNOTATION_REF_NAME "\":", err);
    if (result == PROVAR_OK)
        result = pv_json_quote(edit->out, tag, err);
    return result == PROVAR_OK ? append(edit->out, "}}", err) : result;
}

/* The array with what stood in it and what is new. */
static enum provar_result append_manifests(struct edit *edit, const struct pv_json_raw *manifests,
                                           struct provar_error *err) {
    enum provar_result result = append(edit->out, "[", err);
    if (result == PROVAR_OK && manifests)
        result = pv_json_each_element(manifests->value_text, read_element, &edit->reader, err);
    for (size_t i = 0; result == PROVAR_OK && i < edit->tags->count; i++)
        if (!edit->placed[i])
            result = append_entry(edit, edit->tags->list[i], err);
    if (result == PROVAR_OK && edit->tags->count == 0 && !edit->is_listed)
        result = append_entry(edit, top, err);
    return result == PROVAR_OK ? append(edit->out, "]", err) : result;
}

static enum provar_result append_document(struct edit *edit, const struct pv_json *json, struct provar_error *err) {
    const struct pv_json_raw *manifests = pv_json_raw_find(json, PV_STR("manifests"));
    size_t count = pv_json_raw_count(json);
    enum provar_result result = append(edit->out, "{", err);
    for (size_t i = 0; result == PROVAR_OK && i < count; i++) {
        const struct pv_json_raw *raw = pv_json_raw(json, i);
        result = append(edit->out, i > 0 ? "," : "", err);
        if (result == PROVAR_OK)
            result = pv_buf_append_str(edit->out, raw->key_text, err);
        if (result == PROVAR_OK)
            result = append(edit->out, ":", err);
        if (result == PROVAR_OK)
            result = raw == manifests ? append_manifests(edit, raw, err)
                                      : pv_buf_append_str(edit->out, raw->value_text, err);
    }
    if (result == PROVAR_OK && manifests == NULL)
        result = append(edit->out, count > 0 ? ",\"manifests\":" : "\"manifests\":", err);
    if (result == PROVAR_OK && manifests == NULL)
        result = append_manifests(edit, NULL, err);
    return result == PROVAR_OK ? append(edit->out, "}", err) : result;
}

enum provar_result pv_layout_index_put(struct pv_str json, const struct pv_named *named, const struct pv_tags *tags,
                                       struct pv_buf *out, bool *changed, struct provar_error *err) {
    PV_AUTO_JSON struct pv_json *document = NULL;
    PV_AUTO_FREE uint8_t *placed = calloc(tags->count + 1, 1);
    struct provar_error own = {0};
    struct edit edit = {.named = named, .tags = tags, .out = out, .placed = placed};
    edit.reader = (struct reader){.each = copy_entry, .user = &edit};
    size_t before = out->len;
    if (placed == NULL)
        return pv_fail_memory(err);
    enum provar_result result = pv_json_parse(json, pv_json_all_raw, &document, &own);
    if (result == PROVAR_OK)
        result = append_document(&edit, document, &own);
    if (result != PROVAR_OK || !edit.changed)
        out->len = before;
    *changed = result == PROVAR_OK && edit.changed;
    return hand_on(result, &own, err);
}
