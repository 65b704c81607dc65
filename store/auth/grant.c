/* Values of Authorization that have let requests in: see grant.h. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "store/auth/grant.h"
#include "store/auth/secret_json.h"

void pv_grant_release(struct pv_grant *grant) {
    free(grant->repository);
    free(grant->actions);
    free(grant->mount_from);
    pv_challenge_release(&grant->challenge);
    free(grant->scope);
    pv_secret_text_free(grant->value);
    *grant = (struct pv_grant){0};
}

enum provar_result pv_grant_begin(struct pv_grant *grant, const struct pv_access *access, struct provar_error *err) {
    enum provar_result result = pv_url_origin(access->url, &grant->origin, err);
    if (result != PROVAR_OK)
        return result;
    grant->repository = pv_str_dup(pv_str_of(access->repository));
    grant->actions = pv_str_dup(pv_str_of(access->actions));
    grant->mount_from = pv_str_dup(pv_str_of(access->mount_from));
    return grant->repository && grant->actions && grant->mount_from ? PROVAR_OK : pv_fail_memory(err);
}

void pv_grants_release(struct pv_grants *grants) {
    for (size_t i = 0; i < PV_MAX_GRANTS; i++)
        pv_grant_release(&grants->list[i]);
    grants->count = 0;
}

static bool has_action(const char *actions, struct pv_str wanted) {
    while (*actions) {
        size_t len = strcspn(actions, ",");
        if (pv_str_equal(pv_str(actions, len), wanted))
            return true;
        actions += len + (actions[len] ? 1 : 0);
    }
    return false;
}

bool pv_actions_include(const char *actions, const char *others) {
    while (*others) {
        size_t len = strcspn(others, ",");
        if (!has_action(actions, pv_str(others, len)))
            return false;
        others += len + (others[len] ? 1 : 0);
    }
    return true;
}

static bool is_equal(const char *a, const char *b) {
    return pv_str_equal(pv_str_of(a), pv_str_of(b));
}

struct pv_grant *pv_grants_find(struct pv_grants *grants, const struct pv_origin *origin,
                                const struct pv_access *access) {
    for (size_t i = 0; i < PV_MAX_GRANTS; i++) {
        struct pv_grant *grant = &grants->list[i];
        if (grant->value && pv_origin_equal(&grant->origin, origin) &&
            is_equal(grant->repository, access->repository) &&
            pv_actions_include(grant->actions, access->actions ? access->actions : "") &&
            (access->mount_from == NULL || is_equal(grant->mount_from, access->mount_from)))
            return grant;
    }
    return NULL;
}

static bool is_for_the_same(const struct pv_grant *a, const struct pv_grant *b) {
    return a->value && pv_origin_equal(&a->origin, &b->origin) && is_equal(a->repository, b->repository) &&
           is_equal(a->actions, b->actions) && is_equal(a->mount_from, b->mount_from);
}

void pv_grants_keep(struct pv_grants *grants, struct pv_grant *grant) {
    struct pv_grant *place = NULL;
    for (size_t i = 0; i < PV_MAX_GRANTS; i++)
        if (is_for_the_same(&grants->list[i], grant))
            place = &grants->list[i];
    if (place == NULL)
        place = &grants->list[grants->count++ % PV_MAX_GRANTS];
    pv_grant_release(place);
    *place = *grant;
    *grant = (struct pv_grant){0};
}
