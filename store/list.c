/* Conductor: what stands under the tags of a store, as its manifests say. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "store/describe.h"
#include "store/image/limits.h"
#include "store/listed.h"
#include "store/retrieve.h"

struct listing {
    struct pv_backend *backend;
    struct pv_str only; /* a tag; empty for all */
    size_t count;       /* of tags that it has */
    size_t text;        /* of characters of what they say */
    provar_store_entry_fn each;
    void *user;
};

/* The texts of an entry: pv_str without a NUL, copied for one call. */
struct entry_texts {
    char *name, *version, *revision, *issuer, *subject, *targets, *created;
};

static const struct {
    const char *key;
    size_t at; /* in struct entry_texts */
} described[] = {
    {PV_ANNOTATION_NAME, offsetof(struct entry_texts, name)},
    {PV_ANNOTATION_VERSION, offsetof(struct entry_texts, version)},
    {PV_ANNOTATION_REVISION, offsetof(struct entry_texts, revision)},
    {PV_ANNOTATION_ISSUER, offsetof(struct entry_texts, issuer)},
    {PV_ANNOTATION_SUBJECT, offsetof(struct entry_texts, subject)},
    {PV_ANNOTATION_TARGETS, offsetof(struct entry_texts, targets)},
    {PV_ANNOTATION_CREATED, offsetof(struct entry_texts, created)},
};
enum { DESCRIBED = sizeof described / sizeof described[0] };

static char **text_at(struct entry_texts *texts, size_t i) {
    return (char **)((char *)texts + described[i].at);
}

static void release_texts(struct entry_texts *texts) {
    for (size_t i = 0; i < DESCRIBED; i++)
        free(*text_at(texts, i));
}

static enum provar_result copy_texts(const struct pv_annotations *annotations, struct entry_texts *texts,
                                     struct provar_error *err) {
    for (size_t i = 0; i < DESCRIBED; i++) {
        struct pv_str value;
        if (!pv_annotations_find(annotations, pv_str_of(described[i].key), &value))
            continue;
        *text_at(texts, i) = pv_str_dup(value);
        if (*text_at(texts, i) == NULL)
            return pv_fail_memory(err);
    }
    return PROVAR_OK;
}

static enum provar_result pass(struct listing *listing, const struct provar_store_entry *entry,
                               struct provar_error *err) {
    const char *const texts[] = {entry->tag,     entry->name,    entry->version, entry->revision, entry->issuer,
                                 entry->subject, entry->targets, entry->created, entry->fault};
    enum provar_result result = pv_listed_add(&listing->text, texts, sizeof texts / sizeof texts[0], err);
    if (result != PROVAR_OK)
        return result;
    if (listing->each(entry, listing->user) == 0)
        return PROVAR_OK;
    return pv_fail(err, PROVAR_E_IO, PROVAR_NO_OFFSET, "the caller has stopped it");
}

static enum provar_result pass_manifest(struct listing *listing, const struct pv_manifest *manifest,
                                        struct provar_store_entry *entry, struct provar_error *err) {
    PV_CLEANUP(release_texts) struct entry_texts texts = {0};
    enum provar_result result = copy_texts(&manifest->annotations, &texts, err);
    entry->name = texts.name;
    entry->version = texts.version;
    entry->revision = texts.revision;
    entry->issuer = texts.issuer;
    entry->subject = texts.subject;
    entry->targets = texts.targets;
    entry->created = texts.created;
    for (size_t i = 0; manifest->kind == PV_MANIFEST_IMAGE && i < manifest->count; i++)
        if (__builtin_add_overflow(entry->bytes, manifest->list[i].size, &entry->bytes))
            entry->bytes = UINT64_MAX;
    return result == PROVAR_OK ? pass(listing, entry, err) : result;
}

/* One manifest that cannot be read does not hide the others; who asked for one tag asked for no others. */
static bool ends_it(const struct listing *listing, enum provar_result result) {
    return listing->only.len > 0 || result == PROVAR_E_NO_MEMORY || result == PROVAR_E_INTERNAL ||
           result == PROVAR_E_NETWORK || result == PROVAR_E_AUTH;
}

static enum provar_result look_at(void *user, struct pv_str tag, const struct pv_named *known,
                                  struct provar_error *err) {
    static const struct pv_digest none;
    struct listing *listing = user;
    PV_AUTO_FREE char *name = pv_str_dup(tag);
    PV_AUTO_MANIFEST struct pv_manifest *manifest = NULL;
    struct provar_error own = {0};
    struct pv_named named = {.size = 0};
    struct provar_store_entry entry = {.size = sizeof entry, .tag = name, .digest = named.digest.text};
    if (listing->only.len > 0 && !pv_str_equal(tag, listing->only))
        return PROVAR_OK;
    if (name == NULL)
        return pv_fail_memory(err);
    if (listing->count++ == PV_MAX_LISTED_TAGS)
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "more than %d tags", PV_MAX_LISTED_TAGS);
    enum provar_result result = PROVAR_OK;
    if (known)
        named = *known;
    else
        result = listing->backend->ops->resolve(listing->backend, tag, &none, &named, &own);
    if (result == PROVAR_OK && named.digest.text[0] == 0)
        result = pv_fail(&own, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "its digest is of a kind that is not supported");
    if (result == PROVAR_OK)
        result = pv_retrieve_manifest(listing->backend, &named, &manifest, &own);
    if (result == PROVAR_OK)
        return pass_manifest(listing, manifest, &entry, err);
    if (ends_it(listing, result)) {
        pv_error_hand_on(err, &own);
        return result;
    }
    entry.fault = own.message;
    return pass(listing, &entry, err);
}

enum provar_result provar_store_list(struct provar_store *store, const char *reference, size_t len,
                                     provar_store_entry_fn each, void *user, struct provar_error *err) {
    PV_AUTO_BACKEND struct pv_backend *backend = NULL;
    struct listing listing = {.each = each, .user = user};
    struct pv_reference parsed;
    if (!pv_enter(&err, store && each && pv_given(reference, len)))
        return PROVAR_E_USAGE;
    enum provar_result result = pv_reference_parse(pv_str(reference, len), PROVAR_REFERENCE_DOCKER_HUB, &parsed, err);
    if (result == PROVAR_OK && parsed.digest.text[0] != 0)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "a digest names one manifest: there is nothing to list");
    if (result == PROVAR_OK)
        result = pv_session_backend(store, &parsed, false, &backend, err);
    if (result != PROVAR_OK)
        return result;
    listing.backend = backend;
    listing.only = pv_str_of(parsed.tag);
    result = backend->ops->list_tags(backend, look_at, &listing, err);
    if (result == PROVAR_OK && listing.only.len > 0 && listing.count == 0)
        return pv_fail(err, PROVAR_E_NOT_FOUND, PROVAR_NO_OFFSET, "no tag '%s'", pv_quote(listing.only).text);
    return result;
}
