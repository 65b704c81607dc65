/* The tags of a repository, page by page. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/json.h"
#include "store/image/reference.h"
#include "store/registry/registry_tags.h"

struct walk {
    pv_tag_fn each;
    void *user;
    enum provar_result failed; /* of `each`: not the document's fault */
};

static enum provar_result pass_tag(void *user, struct pv_str name, struct pv_str tag, struct provar_error *err) {
    struct walk *walk = user;
    (void)name;
    if (!pv_tag_is_good(tag))
        return PROVAR_OK;
    walk->failed = walk->each(walk->user, tag, NULL, err);
    return walk->failed;
}

/* {"name":"NAME","tags":["a","b"]}; `tags` is null where there is none. */
static enum provar_result read_page(struct pv_str body, struct walk *walk, struct provar_error *err) {
    PV_AUTO_JSON struct pv_json *json = NULL;
    struct provar_error own = {0};
    enum provar_result result = pv_json_parse(body, NULL, &json, &own);
    if (result == PROVAR_OK)
        result = pv_json_each_text_element(json, PV_STR(""), "tags", pass_tag, walk, &own);
    if (result == PROVAR_E_CLAIMS && walk->failed == PROVAR_OK)
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "the list of tags cannot be read: %s", own.message);
    pv_error_hand_on(err, &own);
    return result;
}

enum provar_result pv_registry_each_tag(const struct pv_registry_repository *repository, pv_tag_fn each, void *user,
                                        struct provar_error *err) {
    struct walk walk = {.each = each, .user = user};
    char path[PV_MAX_REFERENCE_NAME + 32];
    struct pv_url next = {""};
    bool more = true;
    (void)snprintf(path, sizeof path, "/v2/%s/tags/list", repository->name);
    for (unsigned page = 0; more; page++) {
        PV_CLEANUP(pv_registry_answer_release) struct pv_registry_answer answer = {.head = {0}};
        const struct pv_registry_request request = {.method = PV_HTTP_GET,
                                                    .path = page == 0 ? path : NULL,
                                                    .url = &next,
                                                    .repository = repository->name,
                                                    .actions = "pull",
                                                    .follows = true,
                                                    .max_body = PV_MAX_TAG_PAGE};
        if (page == PV_MAX_TAG_PAGES)
            return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "more than %d pages of tags", PV_MAX_TAG_PAGES);
        enum provar_result result = pv_registry_send(repository->registry, &request, &answer, err);
        if (result == PROVAR_OK && answer.head.status != 200)
            return pv_registry_fail(repository->registry, &request, &answer, "list of tags", err);
        if (result == PROVAR_OK)
            result = read_page(pv_buf_str(&answer.body), &walk, err);
        if (result == PROVAR_OK)
            result = pv_registry_next_page(repository->registry, &answer, "tags", &next, &more, err);
        if (result != PROVAR_OK)
            return result;
    }
    return PROVAR_OK;
}
