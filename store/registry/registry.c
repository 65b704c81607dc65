/* A repository of a registry (distribution-spec), over HTTP. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "store/image/content.h"
#include "store/registry/registry.h"
#include "store/registry/registry_blob.h"
#include "store/registry/registry_manifest.h"
#include "store/registry/registry_referrers.h"
#include "store/registry/registry_tags.h"
#include "store/registry/registry_upload.h"

struct repository {
    struct pv_backend head;
    struct pv_registry_repository at;
    bool writes;
    struct pv_upload_session session; /* open after a mount that was not granted: the blob's upload goes on with it */
    /* The last manifest that came, so that none is asked for twice. */
    struct pv_named kept;
    struct pv_buf kept_json;
};

/* ---------------------------------------------------------------- manifests */

static enum provar_result keep(struct repository *repository, const char *reference, const struct pv_digest *digest,
                               struct provar_error *err) {
    pv_buf_release(&repository->kept_json);
    pv_buf_init(&repository->kept_json, PV_MAX_MANIFEST_SIZE);
    repository->kept = (struct pv_named){.size = 0};
    return pv_registry_get_manifest(&repository->at, reference, digest, &repository->kept, &repository->kept_json, err);
}

static enum provar_result registry_resolve(struct pv_backend *backend, struct pv_str tag,
                                           const struct pv_digest *digest, struct pv_named *found,
                                           struct provar_error *err) {
    struct repository *repository = (struct repository *)backend;
    char reference[PV_MAX_TAG + 1];
    bool by_digest = digest->text[0] != 0, known = false;
    struct pv_str name = by_digest ? pv_digest_str(digest) : tag.len > 0 ? tag : PV_STR("latest");
    enum provar_result result = PROVAR_OK;
    if (name.len > PV_MAX_TAG)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "'%s' is no tag", pv_quote(name).text);
    memcpy(reference, name.text, name.len);
    reference[name.len] = 0;
    if (repository->writes || backend->names_only)
        result = pv_registry_head_manifest(&repository->at, reference, repository->writes, found, &known, err);
    if (result == PROVAR_OK && known && by_digest)
        result = pv_content_compare(digest, &found->digest, err);
    if (result != PROVAR_OK || known)
        return result;
    result = keep(repository, reference, by_digest ? digest : NULL, err);
    if (result == PROVAR_OK)
        *found = repository->kept;
    return result;
}

static enum provar_result registry_manifest_get(struct pv_backend *backend, const struct pv_named *named,
                                                struct pv_buf *json, struct provar_error *err) {
    struct repository *repository = (struct repository *)backend;
    enum provar_result result = PROVAR_OK;
    if (!pv_digest_equal(&repository->kept.digest, &named->digest))
        result = keep(repository, named->digest.text, &named->digest, err);
    if (result != PROVAR_OK)
        return result;
    if (named->size != repository->kept.size)
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET,
                       "the manifest %s has %llu bytes, and %llu by its descriptor", named->digest.text,
                       (unsigned long long)repository->kept.size, (unsigned long long)named->size);
    return pv_buf_append_str(json, pv_buf_str(&repository->kept_json), err);
}

/* Where the registry keeps no list of what refers to the subject, there is a tag for it (distribution-spec, "Pushing
 * Manifests with Subject"). */
static enum provar_result put_manifest(struct repository *repository, const char *reference,
                                       const struct pv_named *named, struct pv_str json, struct provar_error *err) {
    bool has_listed = false;
    enum provar_result result = pv_registry_put_manifest(&repository->at, reference, named, json, &has_listed, err);
    return result == PROVAR_OK && !has_listed ? pv_registry_list_referrer(&repository->at, named, json, err) : result;
}

static enum provar_result put_tag(struct repository *repository, struct pv_str tag, const struct pv_named *named,
                                  struct pv_str json, struct provar_error *err) {
    PV_AUTO_FREE char *reference = pv_str_dup(tag);
    if (reference == NULL)
        return pv_fail_memory(err);
    return put_manifest(repository, reference, named, json, err);
}

static uint64_t milliseconds(void) {
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* No registry has a compare-and-swap (PUSH-9): where two have found a tag free, both may write it, and whose content it
 * does not name afterwards must not report success. As in Fischer's mutual exclusion, one looks again when whoever
 * asked before us, and is as slow as we were or half as fast, has written too. */
static enum provar_result check_written(struct repository *repository, const struct pv_named *named,
                                        const struct pv_tags *tags, uint64_t begin, struct provar_error *err) {
    const struct pv_retry_clock *clock = repository->at.registry->clock;
    struct provar_error own = {0};
    if (tags->kept == 0)
        return PROVAR_OK;
    uint64_t wait = 2 * (milliseconds() - begin);
    clock->sleep(clock->user, wait < PV_MAX_TAG_WAIT ? (uint32_t)wait : PV_MAX_TAG_WAIT);
    enum provar_result result = pv_backend_check_tags(&repository->head, tags, &named->digest, &own);
    pv_error_wrap(&own, "somebody else may have stored at the same time");
    pv_error_hand_on(err, &own);
    return result;
}

/* By its digest first where several tags follow, so that none of them ever names what is not there. */
static enum provar_result registry_manifest_put(struct pv_backend *backend, const struct pv_named *named,
                                                struct pv_str json, const struct pv_tags *tags,
                                                struct provar_error *err) {
    struct repository *repository = (struct repository *)backend;
    uint64_t begin = milliseconds();
    enum provar_result result = pv_backend_check_tags(backend, tags, &named->digest, err);
    if (result == PROVAR_OK && tags->count != 1)
        result = put_manifest(repository, named->digest.text, named, json, err);
    for (size_t i = 0; result == PROVAR_OK && i < tags->count; i++)
        result = put_tag(repository, tags->list[i], named, json, err);
    return result == PROVAR_OK ? check_written(repository, named, tags, begin, err) : result;
}

static enum provar_result registry_list_tags(struct pv_backend *backend, pv_tag_fn each, void *user,
                                             struct provar_error *err) {
    return pv_registry_each_tag(&((struct repository *)backend)->at, each, user, err);
}

static enum provar_result registry_referrers(struct pv_backend *backend, const struct pv_digest *subject,
                                             pv_referrer_fn each, void *user, struct provar_error *err) {
    return pv_registry_each_referrer(&((struct repository *)backend)->at, subject, each, user, err);
}

/* ---------------------------------------------------------------- blobs */

static enum provar_result registry_blob_open(struct pv_backend *backend, const struct pv_descriptor *descriptor,
                                             struct pv_blob **blob, struct provar_error *err) {
    const struct repository *repository = (const struct repository *)backend;
    return pv_registry_blob_open(repository->at.registry, repository->at.name, descriptor, blob, err);
}

static enum provar_result registry_blob_has(struct pv_backend *backend, const struct pv_digest *digest, uint64_t size,
                                            bool *has, struct provar_error *err) {
    const struct repository *repository = (const struct repository *)backend;
    return pv_registry_has_blob(repository->at.registry, repository->at.name, digest, size, has, err);
}

static enum provar_result registry_blob_put(struct pv_backend *backend, const struct pv_digest *digest,
                                            const struct pv_content *from, struct provar_error *err) {
    struct repository *repository = (struct repository *)backend;
    return pv_registry_upload(&repository->session, &backend->upload, digest, from, err);
}

static enum provar_result registry_blob_mount(struct pv_backend *backend, struct pv_backend *from,
                                              const struct pv_digest *digest, bool *mounted, struct provar_error *err) {
    struct repository *repository = (struct repository *)backend;
    const struct repository *other = (const struct repository *)from;
    *mounted = false;
    if (from->ops != backend->ops || other->at.registry != repository->at.registry)
        return PROVAR_OK;
    pv_upload_session_give_up(&repository->session);
    return pv_upload_session_mount(&repository->session, other->at.name, digest, mounted, err);
}

/* ---------------------------------------------------------------- opening */

static void registry_free(struct pv_backend *backend) {
    struct repository *repository = (struct repository *)backend;
    pv_upload_session_give_up(&repository->session);
    pv_buf_release(&repository->kept_json);
    free(repository);
}

static const struct pv_backend_ops registry_ops = {
    .resolve = registry_resolve,
    .manifest_get = registry_manifest_get,
    .manifest_put = registry_manifest_put,
    .blob_open = registry_blob_open,
    .blob_has = registry_blob_has,
    .blob_put = registry_blob_put,
    .blob_mount = registry_blob_mount,
    .list_tags = registry_list_tags,
    .referrers = registry_referrers,
    .free = registry_free,
};

enum provar_result pv_registry_open(struct pv_registry *registry, const char *repository, bool writes,
                                    struct pv_backend **backend, struct provar_error *err) {
    struct repository *made = calloc(1, sizeof *made);
    if (made == NULL)
        return pv_fail_memory(err);
    made->head.ops = &registry_ops;
    made->at.registry = registry;
    (void)snprintf(made->at.name, sizeof made->at.name, "%s", repository);
    made->writes = writes;
    made->session = (struct pv_upload_session){.registry = registry, .repository = made->at.name};
    *backend = &made->head;
    return PROVAR_OK;
}
