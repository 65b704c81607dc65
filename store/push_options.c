/* What a push is asked to do: its options judged, and the tags and annotations that follow from them. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "store/push_options.h"

static const uint32_t known_flags = PROVAR_PUSH_ALLOW_LATEST | PROVAR_PUSH_ALLOW_UPPER_CASE | PROVAR_PUSH_BY_REVISION |
                                    PROVAR_PUSH_NO_CLOBBER | PROVAR_PUSH_DRY_RUN | PROVAR_PUSH_MANIFEST_WASH |
                                    PROVAR_PUSH_OCI_IMAGE_TYPES | PROVAR_PUSH_PER_TARGET;

static enum provar_result check_options(const struct provar_push_options *options, struct provar_error *err) {
    if (options->size != sizeof *options || (options->flags & ~known_flags) != 0)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET,
                       "struct provar_push_options of another size or with unknown flags");
    if (options->upload > PROVAR_UPLOAD_PATCH)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "no way of uploading has the number %u",
                       (unsigned)options->upload);
    if (!pv_given(options->tags, options->tag_count) || !pv_given(options->annotations, options->annotation_count) ||
        !pv_given(options->config, options->config_len))
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "NULL with a count in struct provar_push_options");
    if (options->config_len > PV_MAX_MANIFEST_SIZE)
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "the config is larger than 4 MiB");
    return PROVAR_OK;
}

static enum provar_result check_tag(const struct provar_push_options *options, struct pv_str tag,
                                    struct provar_error *err) {
    if (!pv_tag_is_good(tag))
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET,
                       "'%s' is no tag: letters, digits, and '_', '.' and '-' behind"
                       " the first, %d at most",
                       pv_quote(tag).text, PV_MAX_TAG);
    if (pv_str_equal(tag, PV_STR("latest")) && (options->flags & PROVAR_PUSH_ALLOW_LATEST) == 0)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET,
                       "the tag 'latest' is not allowed without being asked for");
    for (size_t i = 0; i < tag.len && (options->flags & PROVAR_PUSH_ALLOW_UPPER_CASE) == 0; i++)
        if (tag.text[i] >= 'A' && tag.text[i] <= 'Z')
            return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET,
                           "the tag '%s' has capitals: hosts ask for it in lower case, and would not find it",
                           pv_quote(tag).text);
    return PROVAR_OK;
}

/* What has no tag is what a registry calls latest. */
static enum provar_result check_reference(const struct provar_push_options *options,
                                          const struct pv_reference *reference, struct provar_error *err) {
    bool has_tag = reference->tag[0] != 0 || options->tag_count > 0 ||
                   (options->flags & PROVAR_PUSH_BY_REVISION) != 0 || reference->digest.text[0] != 0;
    if (reference->tag[0] != 0)
        return check_tag(options, pv_str_of(reference->tag), err);
    if (!has_tag && reference->kind == PV_REFERENCE_REGISTRY && (options->flags & PROVAR_PUSH_ALLOW_LATEST) == 0)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET,
                       "the reference has no tag, and 'latest' is not allowed without being asked for");
    return PROVAR_OK;
}

enum provar_result pv_push_request(const struct provar_push_options *options, struct pv_str reference,
                                   struct pv_push_request *request, struct provar_error *err) {
    *request = (struct pv_push_request){0};
    enum provar_result result = check_options(options, err);
    if (result == PROVAR_OK)
        result = pv_reference_parse(reference, PROVAR_REFERENCE_DOCKER_HUB, &request->reference, err);
    if (result == PROVAR_OK)
        result = check_reference(options, &request->reference, err);
    for (size_t i = 0; result == PROVAR_OK && i < options->tag_count; i++)
        result = check_tag(options, pv_str_of(options->tags[i]), err);
    return result;
}

void pv_push_request_release(struct pv_push_request *request) {
    free(request->list);
    request->list = NULL;
}

static void add_tag(struct pv_push_request *request, struct pv_str tag) {
    for (size_t i = 0; i < request->tags.count; i++)
        if (pv_str_equal(request->list[i], tag))
            return;
    request->list[request->tags.count++] = tag;
}

/* rev-N is where revision N is looked for: other content there would hide it from everybody, and keep it from being
 * stored. */
static enum provar_result find_revision_tag(const struct pv_push_request *request, bool has_revision, int32_t revision,
                                            bool *found, struct provar_error *err) {
    for (size_t i = 0; i < request->tags.count; i++) {
        struct pv_str tag = request->list[i];
        int32_t named;
        if (!pv_revision_tag_parse(tag, &named))
            continue;
        if (!has_revision)
            return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET,
                           "the tag '%s' is that of a revision, and the token has none", pv_quote(tag).text);
        if (named != revision)
            return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET,
                           "the tag '%s' is that of another revision: the token has %d", pv_quote(tag).text,
                           (int)revision);
        *found = true;
    }
    return PROVAR_OK;
}

static void add_given_tags(struct pv_push_request *request, const struct provar_push_options *options) {
    if (request->reference.tag[0] != 0)
        add_tag(request, pv_str_of(request->reference.tag));
    for (size_t i = 0; i < options->tag_count; i++)
        add_tag(request, pv_str_of(options->tags[i]));
}

enum provar_result pv_push_choose_tags(struct pv_push_request *request, const struct provar_push_options *options,
                                       bool has_revision, int32_t revision, struct provar_error *err) {
    enum { OWN_TAGS = 3 };
    const struct pv_reference *reference = &request->reference;
    bool by_revision = (options->flags & PROVAR_PUSH_BY_REVISION) != 0;
    request->list = calloc(options->tag_count + OWN_TAGS, sizeof *request->list);
    if (request->list == NULL)
        return pv_fail_memory(err);
    request->tags.list = request->list;
    if (by_revision && (!has_revision || revision < 0))
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "the token has no revision to be stored by");
    add_given_tags(request, options);
    enum provar_result result = find_revision_tag(request, has_revision, revision, &by_revision, err);
    if (result != PROVAR_OK)
        return result;
    request->tags.count = 0;
    if (by_revision) {
        (void)snprintf(request->revision_tag, sizeof request->revision_tag, PV_REVISION_TAG_PREFIX "%d", (int)revision);
        add_tag(request, pv_str_of(request->revision_tag));
    }
    add_given_tags(request, options);
    if (request->tags.count == 0 && reference->kind == PV_REFERENCE_REGISTRY && reference->digest.text[0] == 0)
        add_tag(request, PV_STR("latest"));
    /* A revision is stored once, whoever named it; other tags may move. */
    request->tags.kept = by_revision ? 1 : 0;
    if ((options->flags & PROVAR_PUSH_NO_CLOBBER) != 0)
        request->tags.kept = request->tags.count;
    return PROVAR_OK;
}

static bool has_key(const struct pv_annotation *list, size_t count, struct pv_str key) {
    for (size_t i = 0; i < count; i++)
        if (pv_str_equal(list[i].key, key))
            return true;
    return false;
}

static enum provar_result split(const char *text, struct pv_annotation *annotation, struct provar_error *err) {
    const char *equals = strchr(text, '=');
    if (equals == NULL || equals == text)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "an annotation is KEY=VALUE, not '%s'",
                       pv_quote(pv_str_of(text)).text);
    annotation->key = pv_str(text, (size_t)(equals - text));
    annotation->value = pv_str_of(equals + 1);
    if (pv_str_starts(annotation->key, PV_STR("provar.")))
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET,
                       "the annotation '%s' says what the token says, and nothing else",
                       pv_quote(annotation->key).text);
    return PROVAR_OK;
}

enum provar_result pv_push_annotations(const struct provar_push_options *options, const struct pv_annotation *ours,
                                       size_t our_count, struct pv_annotation *list, size_t *count,
                                       struct provar_error *err) {
    size_t given = options->annotation_count;
    if (given > PV_MAX_ANNOTATIONS - our_count)
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "more than %d annotations",
                       (int)(PV_MAX_ANNOTATIONS - our_count));
    for (size_t i = 0; i < given; i++) {
        enum provar_result result = split(options->annotations[i], &list[i], err);
        if (result != PROVAR_OK)
            return result;
    }
    *count = given;
    for (size_t i = 0; i < our_count; i++)
        if (!has_key(list, given, ours[i].key))
            list[(*count)++] = ours[i];
    return PROVAR_OK;
}

bool pv_revision_tag_parse(struct pv_str tag, int32_t *revision) {
    const struct pv_str prefix = PV_STR(PV_REVISION_TAG_PREFIX);
    uint64_t number = 0;
    if (!pv_str_starts(tag, prefix) ||
        !pv_parse_decimal(pv_str(tag.text + prefix.len, tag.len - prefix.len), INT32_MAX, &number))
        return false;
    *revision = (int32_t)number;
    return true;
}
