/* Fuzzes index.json of layouts: entries are those that jansson finds, and a put changes no byte more than it must. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "slow_json.h"

#include "store/layout/layout_index.h"

#define DIGEST "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"

/* What is put. */
static const struct pv_named named = {.digest = {DIGEST}, .size = 2, .media_type = PV_MEDIA_OCI_MANIFEST};
static const struct pv_str no_tag = {"", 0};
enum { MAX_TAGS = 4 };

/* ---------------------------------------------------------------- entries */

static json_t *tag_of(const json_t *entry) {
    return json_object_get(json_object_get(entry, "annotations"), PV_ANNOTATION_REF_NAME);
}

static bool has_tag(const json_t *entry, struct pv_str tag) {
    return slow_json_is(tag_of(entry), tag);
}

static bool has_digest(const json_t *entry, const struct pv_digest *digest) {
    return slow_json_is(json_object_get(entry, "digest"), pv_digest_str(digest));
}

static void check_named(const struct pv_named *own, const json_t *entry) {
    json_t *digest = json_object_get(entry, "digest"), *size = json_object_get(entry, "size");
    fuzz_require(json_is_string(digest) && json_is_integer(size));
    fuzz_require(slow_json_is_digest(digest) ? has_digest(entry, &own->digest) : own->digest.text[0] == 0);
    fuzz_require((json_int_t)own->size == json_integer_value(size));
    fuzz_require(slow_json_is_or_none(json_object_get(entry, "mediaType"), pv_str_of(own->media_type)));
}

struct walk {
    const json_t *list; /* NULL where jansson says nothing */
    size_t count;
};

static enum provar_result take_entry(void *user, const struct pv_layout_entry *entry, struct provar_error *err) {
    struct walk *walk = user;
    const json_t *wanted = json_array_get(walk->list, walk->count++);
    (void)err;
    if (walk->list == NULL)
        return PROVAR_OK;
    check_named(&entry->named, wanted);
    fuzz_require(slow_json_is_or_none(tag_of(wanted), entry->tag));
    return PROVAR_OK;
}

static bool check_entries(struct pv_str text) {
    struct walk walk = {0};
    struct provar_error err = {0};
    enum provar_result result = pv_layout_index_each(text, take_entry, &walk, &err);
    fuzz_check_error(result, &err);
    fuzz_require(result == PROVAR_OK || result == PROVAR_E_REGISTRY || result == PROVAR_E_LIMIT);
    if (result != PROVAR_OK)
        return false;
    json_t *root = slow_json_load(text);
    walk = (struct walk){.list = json_object_get(root, "manifests")};
    fuzz_require(walk.list == NULL || json_is_array(walk.list));
    fuzz_require(pv_layout_index_each(text, take_entry, &walk, NULL) == PROVAR_OK);
    fuzz_require(root == NULL || walk.count == json_array_size(walk.list));
    json_decref(root);
    return true;
}

/* ---------------------------------------------------------------- resolving */

static void check_resolved(struct pv_str text, struct pv_str tag, const struct pv_digest *digest, const json_t *list) {
    struct pv_named found;
    struct provar_error err = {0};
    const json_t *first = NULL;
    bool differ = false, by_digest = digest->text[0] != 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *entry = json_array_get(list, i);
        if (by_digest ? !has_digest(entry, digest) : tag.len > 0 && !has_tag(entry, tag))
            continue;
        first = first ? first : entry;
        differ |= !json_equal(json_object_get(first, "digest"), json_object_get(entry, "digest"));
    }
    bool is_clear = first && !differ && slow_json_is_digest(json_object_get(first, "digest"));
    fuzz_fill(&found, sizeof found);
    enum provar_result result = pv_layout_index_resolve(text, tag, digest, &found, &err);
    fuzz_check_error(result, &err);
    fuzz_require(result == PROVAR_OK || result == PROVAR_E_NOT_FOUND || result == PROVAR_E_REGISTRY);
    fuzz_require((result == PROVAR_OK) == is_clear);
    fuzz_require(first != NULL || result == PROVAR_E_NOT_FOUND);
    if (result == PROVAR_OK)
        check_named(&found, first);
    else
        fuzz_require(fuzz_is_filled(&found, sizeof found));
}

/* ---------------------------------------------------------------- what a put must do */

/* How many entries have this tag, if one is given, and are the manifest that is put, or are not. */
static size_t count_entries(const json_t *list, const struct pv_str *tag, bool is_named) {
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *entry = json_array_get(list, i);
        count += (tag == NULL || has_tag(entry, *tag)) && has_digest(entry, &named.digest) == is_named;
    }
    return count;
}

static bool loses_its_tag(const json_t *entry, const struct pv_tags *tags) {
    bool is_put = false;
    for (size_t i = 0; i < tags->count; i++)
        is_put |= has_tag(entry, tags->list[i]);
    return is_put && !has_digest(entry, &named.digest);
}

/* The tags at which the manifest does not stand yet, in their order; where none is given the empty one, for a manifest
 * that is not listed at all. */
static size_t list_missing(const json_t *list, const struct pv_tags *tags, struct pv_str missing[MAX_TAGS]) {
    size_t count = 0;
    for (size_t i = 0; i < tags->count; i++)
        if (count_entries(list, &tags->list[i], true) == 0)
            missing[count++] = tags->list[i];
    if (tags->count == 0 && count_entries(list, NULL, true) == 0)
        missing[count++] = no_tag;
    return count;
}

static bool must_change(const json_t *list, const struct pv_tags *tags) {
    struct pv_str missing[MAX_TAGS];
    for (size_t i = 0; i < json_array_size(list); i++)
        if (loses_its_tag(json_array_get(list, i), tags))
            return true;
    return list_missing(list, tags, missing) > 0;
}

/* Whether a tag that is kept names other content. */
static bool must_refuse(const json_t *list, const struct pv_tags *tags) {
    bool refuses = false;
    for (size_t i = 0; i < tags->kept; i++)
        refuses |= count_entries(list, &tags->list[i], false) > 0;
    return refuses;
}

/* ---------------------------------------------------------------- what a put leaves */

/* All members but this one, byte for byte, in their order. */
static void check_same_but(struct pv_str before, struct pv_str after, const char *key) {
    static struct slow_part old[SLOW_JSON_MAX_PARTS], new[SLOW_JSON_MAX_PARTS];
    size_t count = slow_json_parts(before, old), left = slow_json_parts(after, new), at = 0;
    for (size_t i = 0; i < count; i++) {
        if (slow_json_has_key(&old[i], key))
            continue;
        at += at < left && slow_json_has_key(&new[at], key);
        fuzz_require(at < left);
        fuzz_require(pv_str_equal(old[i].key, new[at].key) && pv_str_equal(old[i].value, new[at].value));
        at++;
    }
    fuzz_require(at == left || (at + 1 == left && slow_json_has_key(&new[at], key)));
}

static void check_kept(struct pv_str before, struct pv_str after, const struct pv_tags *tags) {
    static const char key[] = "annotations";
    json_t *entry = slow_json_load(before);
    if (loses_its_tag(entry, tags)) {
        struct pv_str rest = slow_json_member(after, key);
        check_same_but(before, after, key);
        check_same_but(slow_json_member(before, key), rest, PV_ANNOTATION_REF_NAME);
        fuzz_require(slow_json_member(rest, PV_ANNOTATION_REF_NAME).len == 0);
    } else {
        fuzz_require(pv_str_equal(before, after));
    }
    json_decref(entry);
}

static void check_added(struct pv_str text, struct pv_str tag) {
    json_t *entry = slow_json_load(text);
    check_named(&named, entry);
    fuzz_require(json_object_size(entry) == (tag.len > 0 ? 4 : 3));
    fuzz_require(json_object_size(json_object_get(entry, "annotations")) == (tag.len > 0 ? 1 : 0));
    fuzz_require(slow_json_is_or_none(tag_of(entry), tag));
    json_decref(entry);
}

static void check_edited(struct pv_str before, struct pv_str after, const struct pv_tags *tags, const json_t *list) {
    static struct slow_part old[SLOW_JSON_MAX_PARTS], new[SLOW_JSON_MAX_PARTS];
    struct pv_str missing[MAX_TAGS], from = slow_json_member(before, "manifests");
    size_t count = from.len > 0 ? slow_json_parts(from, old) : 0, added = list_missing(list, tags, missing);
    check_same_but(before, after, "manifests");
    fuzz_require(slow_json_parts(slow_json_member(after, "manifests"), new) == count + added);
    for (size_t i = 0; i < count; i++)
        check_kept(old[i].value, new[i].value, tags);
    for (size_t i = 0; i < added; i++)
        check_added(new[count + i].value, missing[i]);
}

/* Each tag stands at the manifest, and nowhere else; once, but where it stood there several times. */
static void check_tags(struct pv_str after, const struct pv_tags *tags, const json_t *list) {
    json_t *root = slow_json_load(after), *now = json_object_get(root, "manifests");
    fuzz_require(count_entries(now, NULL, true) > 0);
    for (size_t i = 0; i < tags->count; i++) {
        size_t before = count_entries(list, &tags->list[i], true);
        fuzz_require(count_entries(now, &tags->list[i], true) == (before > 0 ? before : 1));
        fuzz_require(count_entries(now, &tags->list[i], false) == 0);
    }
    json_decref(root);
}

/* ---------------------------------------------------------------- putting */

static void check_put_again(struct pv_str text, const struct pv_tags *tags) {
    PV_AUTO_BUF struct pv_buf out;
    bool changed = true;
    pv_buf_init(&out, PV_MAX_MANIFEST_SIZE);
    fuzz_require(pv_layout_index_put(text, &named, tags, &out, &changed, NULL) == PROVAR_OK);
    fuzz_require(!changed && out.len == 0);
}

static void check_done(struct pv_str before, struct pv_str after, bool changed, const struct pv_tags *tags,
                       const json_t *root) {
    const json_t *list = json_object_get(root, "manifests");
    check_put_again(after, tags);
    fuzz_require(check_entries(after));
    if (root == NULL)
        return;
    fuzz_require(changed == must_change(list, tags));
    if (changed)
        check_edited(before, after, tags, list);
    check_tags(after, tags, list);
}

static bool check_put(struct pv_str text, bool is_good, const struct pv_tags *tags, const json_t *root) {
    PV_AUTO_BUF struct pv_buf out;
    struct provar_error err = {0};
    bool changed = false;
    pv_buf_init(&out, PV_MAX_MANIFEST_SIZE);
    enum provar_result result = pv_layout_index_put(text, &named, tags, &out, &changed, &err);
    fuzz_check_error(result, &err);
    fuzz_require(changed == (out.len > 0) && (!changed || result == PROVAR_OK));
    fuzz_require(result == PROVAR_OK || result == PROVAR_E_REGISTRY || (result == PROVAR_E_LIMIT && !is_good));
    fuzz_require(is_good ? result == PROVAR_OK || tags->kept > 0 : result != PROVAR_OK);
    if (root)
        fuzz_require((result == PROVAR_OK) == !must_refuse(json_object_get(root, "manifests"), tags));
    if (result == PROVAR_OK)
        check_done(text, changed ? pv_buf_str(&out) : text, changed, tags, root);
    return result == PROVAR_OK;
}

/* The first byte picks the tags: "0" none, "1" one, "2" several, "3" two, the first of which stays where it is. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    static const struct { size_t count, kept; } puts[] = {{0, 0}, {1, 0}, {3, 0}, {2, 1}};
    const struct pv_str names[MAX_TAGS] = {PV_STR("a"), PV_STR("rev-1"), PV_STR("\"\xc3\xa9\\")};
    const struct pv_digest no_digest = {{0}};
    if (len == 0)
        return 0;
    size_t pick = data[0] % (sizeof puts / sizeof puts[0]);
    struct pv_tags tags = {.list = names, .count = puts[pick].count, .kept = puts[pick].kept};
    PV_AUTO_FREE uint8_t *copy = fuzz_copy(data + 1, len - 1);
    struct pv_str text = pv_str((const char *)copy, len - 1);
    bool is_good = check_entries(text);
    json_t *root = is_good ? slow_json_load(text) : NULL;
    if (root) {
        const json_t *list = json_object_get(root, "manifests");
        check_resolved(text, no_tag, &no_digest, list);
        check_resolved(text, names[0], &no_digest, list);
        check_resolved(text, names[0], &named.digest, list);
    }
    fuzz_accepted += check_put(text, is_good, &tags, root);
    json_decref(root);
    return 0;
}
