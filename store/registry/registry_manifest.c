/* Manifests of a registry: fetched and compared with their digest, or stored byte for byte. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "store/image/content.h"
#include "store/registry/registry_manifest.h"

/* PULL-1: a registry answers that there is nothing where the type of what there is was not asked for. */
#define ACCEPT PV_MEDIA_OCI_MANIFEST ", " PV_MEDIA_OCI_INDEX ", " PV_MEDIA_DOCKER_MANIFEST ", " PV_MEDIA_DOCKER_LIST

enum { MAX_PATH = PV_MAX_REFERENCE_NAME + PV_MAX_TAG + 32, MAX_WHAT = 192 };

/* A request for a manifest, with the texts that it borrows. */
struct manifest_request {
    char path[MAX_PATH];
    char what[MAX_WHAT];
    struct pv_registry_request request;
};

static void prepare(const struct pv_registry_repository *repository, enum pv_http_method method, const char *reference,
                    struct manifest_request *to) {
    bool writes = method == PV_HTTP_PUT;
    (void)snprintf(to->path, sizeof to->path, "/v2/%s/manifests/%s", repository->name, reference);
    (void)snprintf(to->what, sizeof to->what, "manifest '%s'", pv_quote(pv_str_of(reference)).text);
    to->request = (struct pv_registry_request){
        .method = method,
        .path = to->path,
        .repository = repository->name,
        .actions = writes ? "pull,push" : "pull",
        .accept = writes ? NULL : ACCEPT,
        .follows = !writes,
        .max_body = writes ? PV_MAX_ERROR_BODY : PV_MAX_MANIFEST_SIZE,
    };
}

/* A digest of another algorithm is nobody's to compare; an empty one says nothing. */
static enum provar_result check_header(const struct pv_http_head *head, const struct pv_digest *digest,
                                       struct provar_error *err) {
    struct pv_str said = pv_buf_str(&head->digest);
    if (!pv_str_starts(said, PV_STR("sha256:")) || pv_str_equal(said, pv_digest_str(digest)))
        return PROVAR_OK;
    return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET,
                   "the registry says that the manifest is '%s', but it is %s", pv_quote(said).text, digest->text);
}

static enum provar_result take_type(const struct pv_http_head *head, struct pv_named *named, struct provar_error *err) {
    struct pv_str type = pv_media_type_bare(pv_buf_str(&head->content_type));
    if (type.len > PV_MAX_MEDIA_TYPE)
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "the Content-Type of the manifest is too long");
    if (type.len > 0)
        memcpy(named->media_type, type.text, type.len);
    named->media_type[type.len] = 0;
    return PROVAR_OK;
}

enum provar_result pv_registry_get_manifest(const struct pv_registry_repository *repository, const char *reference,
                                            const struct pv_digest *pinned, struct pv_named *named, struct pv_buf *json,
                                            struct provar_error *err) {
    PV_CLEANUP(pv_registry_answer_release) struct pv_registry_answer answer = {.head = {0}};
    struct manifest_request asked;
    struct pv_named found = {.size = 0};
    prepare(repository, PV_HTTP_GET, reference, &asked);
    enum provar_result result = pv_registry_send(repository->registry, &asked.request, &answer, err);
    if (result == PROVAR_OK && answer.head.status != 200)
        return pv_registry_fail(repository->registry, &asked.request, &answer, asked.what, err);
    if (result == PROVAR_OK)
        result = pv_digest_of(answer.body.data, answer.body.len, &found.digest, err);
    if (result == PROVAR_OK && pinned)
        result = pv_content_compare(pinned, &found.digest, err);
    if (result == PROVAR_OK)
        result = check_header(&answer.head, &found.digest, err);
    if (result == PROVAR_OK)
        result = take_type(&answer.head, &found, err);
    if (result == PROVAR_OK)
        result = pv_buf_append_str(json, pv_buf_str(&answer.body), err);
    found.size = answer.body.len;
    if (result == PROVAR_OK)
        *named = found;
    return result;
}

enum provar_result pv_registry_head_manifest(const struct pv_registry_repository *repository, const char *reference,
                                             bool writes, struct pv_named *named, bool *known,
                                             struct provar_error *err) {
    PV_CLEANUP(pv_registry_answer_release) struct pv_registry_answer answer = {.head = {0}};
    struct manifest_request asked;
    struct pv_named found = {.size = 0};
    prepare(repository, PV_HTTP_HEAD, reference, &asked);
    asked.request.actions = writes ? "pull,push" : "pull";
    *known = false;
    enum provar_result result = pv_registry_send(repository->registry, &asked.request, &answer, err);
    if (result == PROVAR_OK && answer.head.status != 200)
        return pv_registry_fail(repository->registry, &asked.request, &answer, asked.what, err);
    if (result != PROVAR_OK || !answer.head.has_length)
        return result;
    found.size = answer.head.length;
    *known = pv_digest_parse(pv_buf_str(&answer.head.digest), PROVAR_E_REGISTRY, &found.digest, NULL) == PROVAR_OK;
    result = *known ? take_type(&answer.head, &found, err) : PROVAR_OK;
    if (result == PROVAR_OK && *known)
        *named = found;
    return result;
}

enum provar_result pv_registry_put_manifest(const struct pv_registry_repository *repository, const char *reference,
                                            const struct pv_named *named, struct pv_str json, bool *has_listed,
                                            struct provar_error *err) {
    PV_CLEANUP(pv_registry_answer_release) struct pv_registry_answer answer = {.head = {0}};
    struct pv_content content = pv_content_memory(&json);
    struct manifest_request asked;
    prepare(repository, PV_HTTP_PUT, reference, &asked);
    asked.request.content_type = named->media_type;
    asked.request.body = &content;
    asked.request.body_len = json.len;
    enum provar_result result = pv_registry_send(repository->registry, &asked.request, &answer, err);
    if (result != PROVAR_OK)
        return result;
    unsigned status = answer.head.status;
    if (status != 200 && status != 201 && status != 204)
        return pv_registry_fail(repository->registry, &asked.request, &answer, asked.what, err);
    *has_listed = answer.head.oci_subject.len > 0;
    return check_header(&answer.head, &named->digest, err);
}
