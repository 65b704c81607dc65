/* Conductor: what a reference names, from one store to another, byte for byte. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "store/describe.h"
#include "store/push_options.h"
#include "store/retrieve.h"

struct copy {
    const struct provar_store *store;
    struct pv_backend *from, *to;
    struct pv_reference source, destination;
    struct pv_watched watched; /* the layers' way; `total` is of one image */
    uint64_t bytes;            /* of the layers */
    uint64_t room;             /* for blobs that are still to come */
    uint64_t moved;            /* bytes of blobs that have come, whatever they were */
};

static uint64_t largest(const struct provar_store *store) {
    return store->options.max_copy_size > 0 ? store->options.max_copy_size : PV_MAX_COPY_SIZE;
}

/* What is read or sent once more is counted once. */
static void count_moved(struct copy *copy, uint64_t read, const struct pv_blob *blob) {
    copy->moved += read < blob->size ? read : blob->size;
}

/* A registry that compares nothing would keep whatever is in the source under the digest, and one that compares would
 * be blamed for it: so a blob is compared before any of it is sent. What comes from a registry then lies in a file
 * without a name: it is sent in one stream, and once more where the first was not liked, and a registry that was asked
 * for each piece of it meanwhile would have the other one wait. A layout's is read twice; what somebody writes into its
 * file between the two is left to the registry's own comparison. */
static enum provar_result prove(struct copy *copy, struct pv_blob *blob, bool is_layer, struct provar_error *err) {
    bool is_fetched = blob->ops->expect != NULL;
    struct pv_watched watched = {
        .store = is_layer && is_fetched ? copy->store : NULL, .inner = pv_content_blob(blob), .total = blob->size};
    struct pv_content content = pv_session_watch(&watched);
    struct pv_digest found;
    if (is_fetched)
        blob->ops->expect(blob, 0, blob->size);
    enum provar_result result = pv_content_read(&content, NULL, NULL, &found, err);
    count_moved(copy, watched.done, blob);
    return result == PROVAR_OK ? pv_content_compare(&blob->digest, &found, err) : result;
}

static enum provar_result put_blob(struct copy *copy, struct pv_blob *blob, bool is_layer, struct provar_error *err) {
    struct pv_watched quiet = {0};
    struct pv_watched *watched = is_layer ? &copy->watched : &quiet;
    uint64_t before = watched->done;
    watched->inner = pv_content_blob(blob);
    struct pv_content content = pv_session_watch(watched);
    enum provar_result result = copy->to->ops->blob_put(copy->to, &blob->digest, &content, err);
    if (copy->to->ops->blob_mount == NULL)
        count_moved(copy, watched->done - before, blob);
    return result;
}

static enum provar_result copy_blob(struct copy *copy, const struct pv_descriptor *descriptor, bool is_layer,
                                    struct provar_error *err) {
    PV_AUTO_BLOB struct pv_blob *blob = NULL;
    bool has = false, is_sent = copy->to->ops->blob_mount != NULL;
    enum provar_result result = copy->to->ops->blob_has(copy->to, &descriptor->digest, descriptor->size, &has, err);
    if (result == PROVAR_OK && !has && is_sent)
        result = copy->to->ops->blob_mount(copy->to, copy->from, &descriptor->digest, &has, err);
    if (result != PROVAR_OK || has)
        return result;
    result = copy->from->ops->blob_open(copy->from, descriptor, &blob, err);
    if (result == PROVAR_OK && is_sent)
        result = prove(copy, blob, is_layer, err);
    return result == PROVAR_OK ? put_blob(copy, blob, is_layer, err) : result;
}

static bool take_room(uint64_t *room, uint64_t size) {
    if (size > *room)
        return false;
    *room -= size;
    return true;
}

/* What a store says of sizes could fill the disk. What is at the destination already counts, too: whether a copy is
 * refused does not depend on what was copied before. */
static enum provar_result make_room(struct copy *copy, const struct pv_manifest *image, uint64_t *bytes,
                                    struct provar_error *err) {
    uint64_t room = copy->room;
    bool fits = take_room(&room, image->config.size);
    *bytes = 0;
    for (size_t i = 0; fits && i < image->count; i++) {
        fits = take_room(&room, image->list[i].size);
        *bytes += image->list[i].size;
    }
    if (fits) {
        copy->room = room;
        return PROVAR_OK;
    }
    return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "more than %llu bytes to copy",
                   (unsigned long long)largest(copy->store));
}

static enum provar_result copy_image(struct copy *copy, const struct pv_manifest *image, struct provar_error *err) {
    uint64_t bytes = 0;
    enum provar_result result = make_room(copy, image, &bytes, err);
    if (result == PROVAR_OK)
        result = copy_blob(copy, &image->config, false, err);
    copy->watched = (struct pv_watched){.store = copy->store, .total = bytes};
    for (size_t i = 0; result == PROVAR_OK && i < image->count; i++)
        result = copy_blob(copy, &image->list[i], true, err);
    copy->bytes += bytes;
    return result;
}

/* Reads a manifest as bytes, which are what is put, and decoded, which says what belongs to it. */
static enum provar_result read_manifest(struct copy *copy, struct pv_named *named, struct pv_buf *json,
                                        struct pv_manifest **manifest, struct provar_error *err) {
    pv_buf_init(json, PV_MAX_MANIFEST_SIZE);
    enum provar_result result = copy->from->ops->manifest_get(copy->from, named, json, err);
    if (result == PROVAR_OK)
        result = pv_manifest_decode(pv_buf_str(json), pv_str_of(named->media_type), manifest, err);
    if (result == PROVAR_OK)
        (void)snprintf(named->media_type, sizeof named->media_type, "%.*s", (int)(*manifest)->media_type.len,
                       (*manifest)->media_type.text);
    return result;
}

/* A manifest of an index. One level is all that there is, so this does not call itself. */
static enum provar_result copy_inner(struct copy *copy, const struct pv_descriptor *descriptor,
                                     struct provar_error *err) {
    static const struct pv_tags inner = {.inner = true};
    PV_AUTO_BUF struct pv_buf json = {0};
    PV_AUTO_MANIFEST struct pv_manifest *manifest = NULL;
    struct pv_named named = pv_named_of(descriptor);
    enum provar_result result = read_manifest(copy, &named, &json, &manifest, err);
    if (result == PROVAR_OK && manifest->kind != PV_MANIFEST_IMAGE)
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "an index inside of an index");
    if (result == PROVAR_OK)
        result = copy_image(copy, manifest, err);
    return result == PROVAR_OK ? copy->to->ops->manifest_put(copy->to, &named, pv_buf_str(&json), &inner, err) : result;
}

static enum provar_result copy_content(struct copy *copy, const struct pv_manifest *manifest,
                                       struct provar_error *err) {
    enum provar_result result = PROVAR_OK;
    if (manifest->kind == PV_MANIFEST_IMAGE)
        return copy_image(copy, manifest, err);
    for (size_t i = 0; result == PROVAR_OK && i < manifest->count; i++)
        result = copy_inner(copy, &manifest->list[i], err);
    return result;
}

/* rev-N is where revision N is looked for, and stored once, whoever names it. */
static struct pv_tags choose_tags(const struct pv_str *tag, uint32_t flags) {
    struct pv_tags tags = {.list = tag, .count = tag->len > 0 ? 1 : 0};
    int32_t revision;
    bool stays = (flags & PROVAR_PUSH_NO_CLOBBER) != 0 || pv_revision_tag_parse(*tag, &revision);
    tags.kept = stays ? tags.count : 0;
    return tags;
}

/* A slip must not give the tag of one revision to another, which would then stay there: what the manifest says, if it
 * says anything, is enough for that. */
static enum provar_result check_revision(struct pv_str tag, const struct pv_manifest *manifest,
                                         struct provar_error *err) {
    struct pv_str said;
    int32_t named;
    uint64_t revision;
    if (!pv_revision_tag_parse(tag, &named) ||
        !pv_annotations_find(&manifest->annotations, PV_STR(PV_ANNOTATION_REVISION), &said) ||
        (pv_parse_decimal(said, INT32_MAX, &revision) && revision == (uint64_t)named))
        return PROVAR_OK;
    return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET,
                   "the tag '%s' is that of another revision: the manifest says %s", pv_quote(tag).text,
                   pv_quote(said).text);
}

static enum provar_result copy_named(struct copy *copy, uint32_t flags, struct pv_named *named, struct pv_str *tag,
                                     struct provar_error *err) {
    PV_AUTO_BUF struct pv_buf json = {0};
    PV_AUTO_MANIFEST struct pv_manifest *manifest = NULL;
    const struct pv_digest *wanted = &copy->destination.digest;
    *tag = pv_str_of(copy->destination.tag[0] ? copy->destination.tag : copy->source.tag);
    const struct pv_tags tags = choose_tags(tag, flags);
    enum provar_result result =
        copy->from->ops->resolve(copy->from, pv_str_of(copy->source.tag), &copy->source.digest, named, err);
    if (result == PROVAR_OK && wanted->text[0] != 0 && !pv_digest_equal(wanted, &named->digest))
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "the source is %s, not the digest of the destination",
                       named->digest.text);
    if (result == PROVAR_OK)
        result = read_manifest(copy, named, &json, &manifest, err);
    if (result == PROVAR_OK)
        result = check_revision(*tag, manifest, err);
    /* Not before: opening it makes a layout that is missing. */
    if (result == PROVAR_OK)
        result = pv_session_backend(copy->store, &copy->destination, true, &copy->to, err);
    /* Spares the blobs where the end is known; what counts is asked again when the tag is set. */
    if (result == PROVAR_OK)
        result = pv_backend_check_tags(copy->to, &tags, &named->digest, err);
    if (result == PROVAR_OK)
        result = copy_content(copy, manifest, err);
    return result == PROVAR_OK ? copy->to->ops->manifest_put(copy->to, named, pv_buf_str(&json), &tags, err) : result;
}

/* ---------------------------------------------------------------- referrers */

/* The manifest that was copied, and behind it whatever was found to refer to one before it. */
struct queue {
    struct pv_named list[PV_MAX_COPIED_REFERRERS + 1];
    size_t subject[PV_MAX_COPIED_REFERRERS + 1]; /* of each: its place */
    size_t count, at;
};

static enum provar_result add_referrer(void *user, const struct pv_descriptor *referrer, struct provar_error *err) {
    struct queue *queue = user;
    for (size_t i = 0; i < queue->count; i++)
        if (pv_digest_equal(&queue->list[i].digest, &referrer->digest))
            return PROVAR_OK;
    if (queue->count > PV_MAX_COPIED_REFERRERS)
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "more than %d referrers", PV_MAX_COPIED_REFERRERS);
    queue->list[queue->count] = pv_named_of(referrer);
    queue->subject[queue->count++] = queue->at;
    return PROVAR_OK;
}

/* A list is anybody's word: what does not say itself that it refers is not taken along. */
static enum provar_result copy_referrer(struct copy *copy, struct pv_named *named, const struct pv_digest *subject,
                                        struct provar_error *err) {
    static const struct pv_tags untagged;
    PV_AUTO_BUF struct pv_buf json = {0};
    PV_AUTO_MANIFEST struct pv_manifest *manifest = NULL;
    enum provar_result result = read_manifest(copy, named, &json, &manifest, err);
    if (result == PROVAR_OK && !pv_digest_equal(&manifest->subject, subject))
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "it does not refer to %s", subject->text);
    if (result == PROVAR_OK)
        result = copy_content(copy, manifest, err);
    return result == PROVAR_OK ? copy->to->ops->manifest_put(copy->to, named, pv_buf_str(&json), &untagged, err)
                               : result;
}

/* Whether a failure is one of this referrer, and not of the way there, which the next one would have to go, too. */
static bool is_its_own(enum provar_result result) {
    return result == PROVAR_E_NOT_FOUND || result == PROVAR_E_REGISTRY || result == PROVAR_E_LIMIT;
}

/* One that is missing or lies must not keep the others away: *copied is false, after a warning. */
static enum provar_result try_referrer(struct copy *copy, struct pv_named *named, const struct pv_digest *subject,
                                       bool *copied, struct provar_error *err) {
    struct provar_error own = {0};
    uint64_t room = copy->room, bytes = copy->bytes, moved = copy->moved;
    enum provar_result result = copy_referrer(copy, named, subject, &own);
    *copied = result == PROVAR_OK;
    if (*copied)
        return result;
    /* What it only said it had takes no room from the next one; what came of it does. */
    copy->room = room - (copy->moved - moved);
    copy->bytes = bytes;
    pv_error_wrap(&own, "the referrer %s", named->digest.text);
    if (is_its_own(result)) {
        pv_session_warn(copy->store, "%s", own.message);
        return PROVAR_OK;
    }
    pv_error_hand_on(err, &own);
    return result;
}

static enum provar_result copy_referrers(struct copy *copy, const struct pv_named *named, struct provar_error *err) {
    PV_AUTO_FREE struct queue *queue = calloc(1, sizeof *queue);
    enum provar_result result = queue ? PROVAR_OK : pv_fail_memory(err);
    if (result != PROVAR_OK)
        return result;
    size_t missing = 0;
    queue->list[queue->count++] = *named;
    for (; result == PROVAR_OK && queue->at < queue->count; queue->at++) {
        struct pv_named *next = &queue->list[queue->at];
        bool copied = true;
        if (queue->at > 0)
            result = try_referrer(copy, next, &queue->list[queue->subject[queue->at]].digest, &copied, err);
        missing += copied ? 0 : 1;
        if (result == PROVAR_OK && copied)
            result = copy->from->ops->referrers(copy->from, &next->digest, add_referrer, queue, err);
    }
    if (result == PROVAR_OK && missing > 0)
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "not copied: %zu of %zu referrers; all else is there",
                       missing, queue->count - 1);
    return result;
}

static enum provar_result run(struct copy *copy, uint32_t flags, struct provar_stored *answer,
                              struct provar_error *err) {
    struct pv_named named = {0};
    struct pv_str tag;
    enum provar_result result = pv_session_backend(copy->store, &copy->source, false, &copy->from, err);
    if (result == PROVAR_OK)
        result = copy_named(copy, flags, &named, &tag, err);
    if (result == PROVAR_OK && (flags & PROVAR_COPY_REFERRERS) != 0)
        result = copy_referrers(copy, &named, err);
    pv_backend_free(copy->from);
    pv_backend_free(copy->to);
    if (result != PROVAR_OK)
        return result;
    *answer = (struct provar_stored){.size = sizeof *answer, .bytes = copy->bytes, .blob_verified = 1};
    memcpy(answer->digest, named.digest.text, sizeof answer->digest);
    if (tag.len > 0)
        memcpy(answer->tag, tag.text, tag.len);
    return result;
}

enum provar_result provar_copy(struct provar_store *store, const char *source, size_t source_len,
                               const char *destination, size_t destination_len, uint32_t flags,
                               struct provar_stored *stored, struct provar_error *err) {
    struct copy copy = {.store = store};
    struct provar_stored answer = {0};
    if (!pv_enter(&err, store && pv_given(source, source_len) && pv_given(destination, destination_len)))
        return PROVAR_E_USAGE;
    if ((flags & ~((uint32_t)PROVAR_PUSH_NO_CLOBBER | PROVAR_COPY_REFERRERS)) != 0)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "unknown flags");
    copy.room = largest(store);
    enum provar_result result = pv_stored_check(stored, err);
    if (result == PROVAR_OK)
        result = pv_reference_parse(pv_str(source, source_len), PROVAR_REFERENCE_DOCKER_HUB, &copy.source, err);
    if (result == PROVAR_OK)
        result = pv_reference_parse(pv_str(destination, destination_len), PROVAR_REFERENCE_DOCKER_HUB,
                                    &copy.destination, err);
    if (result == PROVAR_OK)
        result = run(&copy, flags, &answer, err);
    if (result == PROVAR_OK && stored)
        *stored = answer;
    return result;
}
