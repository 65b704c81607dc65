/* What refers to a manifest of a repository: by the referrers API, or by the tag that stands in for it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "store/image/manifest_encode.h"
#include "store/registry/registry_referrers.h"

static enum provar_result pass_all(const struct pv_manifest *index, pv_referrer_fn each, void *user,
                                   struct provar_error *err) {
    enum provar_result result = PROVAR_OK;
    for (size_t i = 0; result == PROVAR_OK && i < index->count; i++)
        result = each(user, &index->list[i], err);
    return result;
}

struct referrers_tag {
    char text[PV_DIGEST_LEN + 1];
};

static struct referrers_tag tag_of(const struct pv_digest *subject) {
    struct referrers_tag tag;
    (void)snprintf(tag.text, sizeof tag.text, "sha256-%s", pv_digest_hex(subject).text);
    return tag;
}

/* *index is NULL where the tag names something else, and *found false where it names nothing. */
static enum provar_result get_tag(const struct pv_registry_repository *repository, const struct pv_digest *subject,
                                  struct pv_buf *json, struct pv_manifest **index, bool *found,
                                  struct provar_error *err) {
    PV_AUTO_MANIFEST struct pv_manifest *manifest = NULL;
    struct provar_error own = {0};
    struct pv_named named = {.size = 0};
    pv_buf_init(json, PV_MAX_MANIFEST_SIZE);
    enum provar_result result = pv_registry_get_manifest(repository, tag_of(subject).text, NULL, &named, json, &own);
    *found = result != PROVAR_E_NOT_FOUND;
    if (!*found)
        return PROVAR_OK;
    pv_error_hand_on(err, &own);
    if (result != PROVAR_OK || pv_digest_equal(&named.digest, subject))
        return result;
    result = pv_manifest_decode(pv_buf_str(json), pv_str_of(named.media_type), &manifest, err);
    if (result == PROVAR_OK && manifest->kind == PV_MANIFEST_INDEX)
        *index = PV_TAKE(manifest);
    return result;
}

static void warn(const struct pv_registry *registry, const char *line) {
    if (registry->warn_own)
        registry->warn_own(registry->warn_user, line);
}

/* Whether the answer is a refusal that a registry without such a list has no reason for: it may have one, and nobody
 * who looks for signatures may take silence for none. Redirects and web pages come from those without. */
static bool is_refusal(unsigned status) {
    return status >= 400 && status != 404 && status != 405;
}

/* `status` is that of the registry's answer, which was no list. */
static enum provar_result read_tag(const struct pv_registry_repository *repository, const struct pv_digest *subject,
                                   unsigned status, pv_referrer_fn each, void *user, struct provar_error *err) {
    PV_AUTO_MANIFEST struct pv_manifest *index = NULL;
    PV_AUTO_BUF struct pv_buf json = {0};
    struct pv_registry *registry = repository->registry;
    char line[160];
    bool found;
    enum provar_result result = get_tag(repository, subject, &json, &index, &found, err);
    if (result != PROVAR_OK || index)
        return result == PROVAR_OK ? pass_all(index, each, user, err) : result;
    if (!is_refusal(status) || registry->has_warned_of_referrers)
        return PROVAR_OK;
    registry->has_warned_of_referrers = true;
    (void)snprintf(line, sizeof line,
                   "what refers to it is not known: the registry refuses the list (status %u), and no tag has one",
                   status);
    warn(registry, line);
    return PROVAR_OK;
}

static bool is_list(const struct pv_registry_answer *answer) {
    struct pv_str type = pv_media_type_bare(pv_buf_str(&answer->head.content_type));
    return answer->head.status == 200 && pv_str_equal_ascii_nocase(type, PV_STR(PV_MEDIA_OCI_INDEX));
}

static enum provar_result read_page(const struct pv_registry_answer *answer, pv_referrer_fn each, void *user,
                                    struct provar_error *err) {
    PV_AUTO_MANIFEST struct pv_manifest *index = NULL;
    enum provar_result result = pv_manifest_decode(pv_buf_str(&answer->body), PV_STR(PV_MEDIA_OCI_INDEX), &index, err);
    return result == PROVAR_OK ? pass_all(index, each, user, err) : result;
}

/* Whether the registry lets us in, but not to this list: no failure of ours, as long as the tag can be read. */
static bool is_kept_out(enum provar_result result, const struct pv_registry_answer *answer) {
    return result == PROVAR_E_AUTH && answer->head.status == 401;
}

/* One page. *known is false where the registry has no such list; it is asked once, since it may never answer else. */
static enum provar_result next(const struct pv_registry_repository *repository,
                               const struct pv_registry_request *request, struct pv_registry_answer *answer,
                               bool *known, struct provar_error *err) {
    struct provar_error own = {0};
    enum provar_result result = pv_registry_send(repository->registry, request, answer, &own);
    *known = result == PROVAR_OK && is_list(answer);
    if (request->path && is_kept_out(result, answer))
        return PROVAR_OK;
    pv_error_hand_on(err, &own);
    if (result != PROVAR_OK || *known || (request->path && answer->head.status < 500))
        return result;
    if (answer->head.status == 200)
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "the list of referrers goes on as something else");
    return pv_registry_fail(repository->registry, request, answer, "list of referrers", err);
}

enum provar_result pv_registry_each_referrer(const struct pv_registry_repository *repository,
                                             const struct pv_digest *subject, pv_referrer_fn each, void *user,
                                             struct provar_error *err) {
    char path[PV_MAX_REFERENCE_NAME + PV_DIGEST_LEN + 32];
    struct pv_url url = {""};
    bool more = true, known = false;
    (void)snprintf(path, sizeof path, "/v2/%s/referrers/%s", repository->name, subject->text);
    for (unsigned page = 0; more; page++) {
        PV_CLEANUP(pv_registry_answer_release) struct pv_registry_answer answer = {.head = {0}};
        const struct pv_registry_request request = {.method = PV_HTTP_GET,
                                                    .path = page == 0 ? path : NULL,
                                                    .url = &url,
                                                    .repository = repository->name,
                                                    .actions = "pull",
                                                    .accept = PV_MEDIA_OCI_INDEX,
                                                    .once = page == 0,
                                                    .max_body = PV_MAX_MANIFEST_SIZE};
        if (page == PV_MAX_REFERRER_PAGES)
            return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "more than %d pages of referrers",
                           PV_MAX_REFERRER_PAGES);
        enum provar_result result = next(repository, &request, &answer, &known, err);
        if (result == PROVAR_OK && !known)
            return read_tag(repository, subject, answer.head.status, each, user, err);
        if (result == PROVAR_OK)
            result = read_page(&answer, each, user, err);
        if (result == PROVAR_OK)
            result = pv_registry_next_page(repository->registry, &answer, "referrers", &url, &more, err);
        if (result != PROVAR_OK)
            return result;
    }
    return PROVAR_OK;
}

/* ---------------------------------------------------------------- writing */

static void warn_of_tag(const struct pv_registry *registry, const char *what, const struct pv_digest *subject) {
    char line[192];
    (void)snprintf(line, sizeof line, "%s '%s'", what, tag_of(subject).text);
    warn(registry, line);
}

/* The index `before`, or without one a new one, with one entry more. */
static enum provar_result put_tag(const struct pv_registry_repository *repository, const struct pv_digest *subject,
                                  struct pv_str before, struct pv_str media_type, const struct pv_descriptor *added,
                                  struct provar_error *err) {
    static const struct pv_annotations none;
    PV_AUTO_BUF struct pv_buf json;
    struct pv_named named = {.size = 0};
    bool ignored;
    pv_buf_init(&json, PV_MAX_MANIFEST_SIZE);
    (void)snprintf(named.media_type, sizeof named.media_type, "%.*s", (int)media_type.len, media_type.text);
    enum provar_result result =
        before.len > 0 ? pv_index_append(before, added, &json, err) : pv_index_encode(added, 1, &none, &json, err);
    if (result == PROVAR_OK)
        result = pv_digest_of(json.data, json.len, &named.digest, err);
    named.size = json.len;
    return result == PROVAR_OK
               ? pv_registry_put_manifest(repository, tag_of(subject).text, &named, pv_buf_str(&json), &ignored, err)
               : result;
}

static enum provar_result add(const struct pv_registry_repository *repository, const struct pv_named *named,
                              const struct pv_manifest *manifest, struct provar_error *err) {
    PV_AUTO_MANIFEST struct pv_manifest *index = NULL;
    PV_AUTO_BUF struct pv_buf json = {0};
    bool found = false;
    const struct pv_descriptor added = pv_manifest_as_referrer(manifest, &named->digest, named->size);
    enum provar_result result = get_tag(repository, &manifest->subject, &json, &index, &found, err);
    if (result != PROVAR_OK)
        return result;
    if (found && index == NULL) {
        warn_of_tag(repository->registry, "no list of referrers can be kept: another manifest has the tag",
                    &manifest->subject);
        return PROVAR_OK;
    }
    for (size_t i = 0; index && i < index->count; i++)
        if (pv_digest_equal(&index->list[i].digest, &named->digest))
            return PROVAR_OK;
    warn_of_tag(repository->registry,
                "the registry keeps no list of referrers, and whoever else changes it now may undo it: tag",
                &manifest->subject);
    return put_tag(repository, &manifest->subject, index ? pv_buf_str(&json) : PV_STR(""),
                   index ? index->media_type : PV_STR(PV_MEDIA_OCI_INDEX), &added, err);
}

enum provar_result pv_registry_list_referrer(const struct pv_registry_repository *repository,
                                             const struct pv_named *named, struct pv_str json,
                                             struct provar_error *err) {
    PV_AUTO_MANIFEST struct pv_manifest *manifest = NULL;
    struct provar_error own = {0};
    enum provar_result result = pv_manifest_decode(json, pv_str_of(named->media_type), &manifest, &own);
    if (result == PROVAR_E_NO_MEMORY)
        return pv_fail_memory(err);
    /* What the registry has taken and nobody here can read has no subject that anybody could look for. */
    if (result != PROVAR_OK || manifest->subject.text[0] == 0)
        return PROVAR_OK;
    return add(repository, named, manifest, err);
}
