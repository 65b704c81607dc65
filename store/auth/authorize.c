/* What lets a request into a registry: see authorize.h. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "store/auth/authorize.h"
#include "store/auth/challenge.h"
#include "store/auth/grant.h"
#include "store/auth/secret_json.h"
#include "store/auth/token.h"

/* Seconds. A token that ends sooner is not used any more: a request may take that long to arrive. */
enum { RENEW_EARLY = 10 };

/* What was found for a repository. */
struct account {
    char *registry, *repository; /* the repository may be empty */
    struct pv_credential credential;
};

struct pv_authorizer {
    struct pv_http *http;
    struct pv_credentials *credentials;
    struct account accounts[PV_MAX_GRANTS];
    size_t account_count; /* of all so far */
    struct pv_grants grants;
};

/* ---------------------------------------------------------------- accounts */

static void release_account(struct account *account) {
    free(account->registry);
    free(account->repository);
    pv_credential_release(&account->credential);
    *account = (struct account){0};
}

enum provar_result pv_authorizer_new(struct pv_http *http, struct pv_credentials *credentials,
                                     struct pv_authorizer **authorizer, struct provar_error *err) {
    struct pv_authorizer *made = calloc(1, sizeof *made);
    if (made == NULL)
        return pv_fail_memory(err);
    made->http = http;
    made->credentials = credentials;
    *authorizer = made;
    return PROVAR_OK;
}

void pv_authorizer_free(struct pv_authorizer *authorizer) {
    if (authorizer == NULL)
        return;
    for (size_t i = 0; i < PV_MAX_GRANTS; i++)
        release_account(&authorizer->accounts[i]);
    pv_grants_release(&authorizer->grants);
    free(authorizer);
}

static struct account *known_account(struct pv_authorizer *authorizer, const struct pv_access *access) {
    for (size_t i = 0; i < PV_MAX_GRANTS; i++) {
        struct account *account = &authorizer->accounts[i];
        if (account->registry && pv_str_equal(pv_str_of(account->registry), pv_str_of(access->registry)) &&
            pv_str_equal(pv_str_of(account->repository), pv_str_of(access->repository)))
            return account;
    }
    return NULL;
}

/* Looks once for each repository; the oldest makes room. */
static enum provar_result find_credential(struct pv_authorizer *authorizer, const struct pv_access *access,
                                          const struct pv_credential **found, struct provar_error *err) {
    struct account made = {0}, *account = known_account(authorizer, access);
    if (account) {
        *found = &account->credential;
        return PROVAR_OK;
    }
    enum provar_result result =
        pv_credentials_find(authorizer->credentials, access->registry, access->repository, &made.credential, err);
    if (result != PROVAR_OK)
        return result;
    made.registry = pv_str_dup(pv_str_of(access->registry));
    made.repository = pv_str_dup(pv_str_of(access->repository));
    if (made.registry == NULL || made.repository == NULL) {
        release_account(&made);
        return pv_fail_memory(err);
    }
    account = &authorizer->accounts[authorizer->account_count++ % PV_MAX_GRANTS];
    release_account(account);
    *account = made;
    *found = &account->credential;
    return PROVAR_OK;
}

/* ---------------------------------------------------------------- messages */

struct description {
    char text[sizeof(struct pv_quoted) + sizeof((struct pv_credential *)0)->source + 16];
};

static struct description describe(const struct pv_credential *credential) {
    struct description made = {"anonymously"};
    if (credential->user && *credential->user)
        (void)snprintf(made.text, sizeof made.text, "as '%s' from %s", pv_quote(pv_str_of(credential->user)).text,
                       credential->source);
    else if (!pv_credential_is_anonymous(credential))
        (void)snprintf(made.text, sizeof made.text, "with a token from %s", credential->source);
    return made;
}

void pv_authorize_describe(struct pv_authorizer *authorizer, const struct pv_access *access, struct pv_buf *text) {
    const struct account *account = known_account(authorizer, access);
    if (account == NULL || pv_credential_is_anonymous(&account->credential))
        return;
    struct description made = describe(&account->credential);
    /* A message that is cut is better than none. */
    if (pv_buf_append_str(text, pv_str_of(made.text), NULL) != PROVAR_OK)
        return;
}

/* Hands a failure on, with where it was, what was asked for and as whom. */
static enum provar_result in_context(enum provar_result result, struct provar_error *inner,
                                     const struct pv_access *access, const struct pv_credential *credential,
                                     struct provar_error *err) {
    struct pv_quoted registry = pv_quote(pv_str_of(access->registry));
    struct description who = describe(credential);
    if (access->repository)
        pv_error_wrap(inner, "registry '%s', %s of '%s' %s", registry.text, access->actions ? access->actions : "use",
                      pv_quote(pv_str_of(access->repository)).text, who.text);
    else
        pv_error_wrap(inner, "registry '%s' %s", registry.text, who.text);
    pv_error_hand_on(err, inner);
    return result;
}

static enum provar_result refuse(const char *why, struct provar_error *err) {
    return pv_fail(err, PROVAR_E_AUTH, PROVAR_NO_OFFSET, "%s", why);
}

/* ---------------------------------------------------------------- values */

static uint64_t now_seconds(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec;
}

static enum provar_result set_value(struct pv_grant *grant, const struct pv_buf *value, struct provar_error *err) {
    char *copy = pv_str_dup(pv_buf_str(value));
    if (copy == NULL)
        return pv_fail_memory(err);
    pv_secret_text_free(grant->value);
    grant->value = copy;
    return PROVAR_OK;
}

static enum provar_result set_bearer(struct pv_grant *grant, const char *token, struct provar_error *err) {
    PV_AUTO_SECRET_BUF struct pv_buf value = {0};
    enum provar_result result = pv_secret_buf_init(&value, PV_MAX_AUTHORIZATION, err);
    if (result == PROVAR_OK)
        result = pv_buf_append_str(&value, PV_STR("Bearer "), err);
    if (result == PROVAR_OK)
        result = pv_buf_append_str(&value, pv_str_of(token), err);
    return result == PROVAR_OK ? set_value(grant, &value, err) : result;
}

static enum provar_result set_basic(struct pv_grant *grant, const struct pv_credential *credential,
                                    struct provar_error *err) {
    PV_AUTO_SECRET_BUF struct pv_buf value = {0};
    enum provar_result result = pv_secret_buf_init(&value, PV_MAX_AUTHORIZATION, err);
    if (result == PROVAR_OK)
        result = pv_credential_basic(credential, &value, err);
    return result == PROVAR_OK ? set_value(grant, &value, err) : result;
}

/* Asks the token server that the grant's challenge names. */
static enum provar_result set_fetched(struct pv_authorizer *authorizer, const struct pv_access *access,
                                      const struct pv_credential *credential, struct pv_grant *grant,
                                      struct provar_error *err) {
    PV_AUTO_TOKEN struct pv_token token = {0};
    struct pv_token_request request = {
        .registry = access->url,
        .realm = grant->challenge.realm,
        .service = grant->challenge.service,
        .scope = grant->scope,
        .credential = credential,
        .may_send_in_clear = access->may_send_in_clear,
        .retry = access->retry,
    };
    uint64_t now = now_seconds();
    enum provar_result result = pv_token_fetch(authorizer->http, &request, &token, err);
    if (result == PROVAR_OK)
        result = set_bearer(grant, token.text, err);
    if (result == PROVAR_OK)
        grant->end = now + token.lifetime;
    return result;
}

static enum provar_result renew(struct pv_authorizer *authorizer, const struct pv_access *access,
                                struct pv_grant *grant, struct provar_error *err) {
    const struct pv_credential *credential = NULL;
    struct provar_error inner = {0};
    enum provar_result result = find_credential(authorizer, access, &credential, err);
    if (result != PROVAR_OK)
        return result;
    result = set_fetched(authorizer, access, credential, grant, &inner);
    return in_context(result, &inner, access, credential, err);
}

enum provar_result pv_authorize_known(struct pv_authorizer *authorizer, const struct pv_access *access,
                                      struct pv_buf *value, struct provar_error *err) {
    struct pv_origin origin;
    enum provar_result result = pv_url_origin(access->url, &origin, err);
    struct pv_grant *grant = result == PROVAR_OK ? pv_grants_find(&authorizer->grants, &origin, access) : NULL;
    if (grant == NULL)
        return result;
    if (now_seconds() + RENEW_EARLY >= grant->end)
        result = renew(authorizer, access, grant, err);
    return result == PROVAR_OK ? pv_buf_append_str(value, pv_str_of(grant->value), err) : result;
}

/* ---------------------------------------------------------------- the challenge */

/* RET-1. A connection that fails has the whole request made again, of which this is a part. */
static enum provar_result get_patiently(struct pv_http *http, const struct pv_url *url, struct pv_retry retry,
                                        struct pv_http_head *head, struct provar_error *err) {
    const struct pv_http_request request = {.method = PV_HTTP_GET, .url = url, .sends_certificate = true};
    for (;;) {
        pv_retry_begin(&retry);
        enum provar_result result = pv_http_do(http, &request, head, err);
        if (result != PROVAR_OK || !pv_retry_status(head->status) ||
            !pv_retry_again(&retry, pv_buf_str(&head->retry_after), pv_retry_reason(url, head->status).text))
            return result;
        pv_http_head_release(head);
    }
}

/* Some answer a request without a challenge (gcr.io); the root of the registry has one. What scope that names is left
 * out: it is a placeholder on ghcr.io. */
static enum provar_result ask_root(struct pv_authorizer *authorizer, const struct pv_access *access,
                                   struct pv_challenge *challenge, struct provar_error *err) {
    PV_CLEANUP(pv_http_head_release) struct pv_http_head head = {0};
    struct pv_url root;
    enum provar_result result = pv_url_resolve(&root, access->url, PV_STR("/v2/"), err);
    if (result != PROVAR_OK)
        return result;
    result = get_patiently(authorizer->http, &root, access->retry, &head, err);
    if (result != PROVAR_OK)
        return result;
    if (pv_retry_status(head.status))
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "it cannot say now what it asks for (status %u)",
                       head.status);
    if (head.status != 401 || head.challenges.len == 0)
        return refuse("it refuses the request, and does not say what it asks for", err);
    result = pv_challenge_parse(pv_buf_str(&head.challenges), challenge, err);
    if (result == PROVAR_OK) {
        free(challenge->scope);
        challenge->scope = NULL;
    }
    return result;
}

static enum provar_result append_scope(struct pv_buf *scope, const char *repository, const char *actions,
                                       struct provar_error *err) {
    const char *const parts[] = {scope->len > 0 ? " " : "", "repository:", repository, ":", actions};
    enum provar_result result = PROVAR_OK;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0] && result == PROVAR_OK; i++)
        result = pv_buf_append_str(scope, pv_str_of(parts[i]), err);
    return result;
}

static bool names_repository(const char *scope, const char *repository) {
    char text[sizeof "repository::" + PV_MAX_REFERENCE_NAME];
    (void)snprintf(text, sizeof text, "repository:%s:", repository);
    return scope && strstr(scope, text) != NULL;
}

/* What the challenge asks for, else what the access does; and the repository that a blob is mounted from. */
static enum provar_result set_scope(struct pv_grant *grant, const struct pv_access *access, struct provar_error *err) {
    PV_AUTO_BUF struct pv_buf scope;
    const char *wanted = grant->challenge.scope;
    enum provar_result result;
    pv_buf_init(&scope, 2 * PV_MAX_CHALLENGES);
    if (wanted == NULL || *wanted == 0)
        result = access->repository ? append_scope(&scope, access->repository, grant->actions, err) : PROVAR_OK;
    else
        result = pv_buf_append_str(&scope, pv_str_of(wanted), err);
    if (result == PROVAR_OK && access->mount_from && !names_repository(pv_buf_str(&scope).text, access->mount_from))
        result = append_scope(&scope, access->mount_from, "pull", err);
    if (result != PROVAR_OK)
        return result;
    grant->scope = pv_str_dup(pv_buf_str(&scope));
    return grant->scope ? PROVAR_OK : pv_fail_memory(err);
}

/* ---------------------------------------------------------------- what it asks for */

/* What never changes is not sent twice. */
static enum provar_result check_new(struct pv_authorizer *authorizer, const struct pv_access *access,
                                    const struct pv_grant *grant, struct provar_error *err) {
    const struct pv_grant *old = pv_grants_find(&authorizer->grants, &grant->origin, access);
    if (old == NULL || !pv_str_equal(pv_str_of(old->value), pv_str_of(grant->value)))
        return PROVAR_OK;
    if (grant->challenge.error)
        return pv_fail(err, PROVAR_E_AUTH, PROVAR_NO_OFFSET, "refused: '%s'",
                       pv_quote(pv_str_of(grant->challenge.error)).text);
    return refuse("refused", err);
}

static enum provar_result answer_basic(struct pv_authorizer *authorizer, const struct pv_access *access,
                                       const struct pv_credential *credential, struct pv_grant *grant,
                                       struct provar_error *err) {
    if (credential->user == NULL)
        return refuse("it asks for a user and a password, and none are known; " PV_LOG_IN, err);
    enum provar_result result = pv_token_may_send(access->url, access->may_send_in_clear, err);
    if (result == PROVAR_OK)
        result = set_basic(grant, credential, err);
    grant->end = UINT64_MAX;
    return result == PROVAR_OK ? check_new(authorizer, access, grant, err) : result;
}

static enum provar_result answer_with_registry_token(struct pv_authorizer *authorizer, const struct pv_access *access,
                                                     const struct pv_credential *credential, struct pv_grant *grant,
                                                     struct provar_error *err) {
    if (!pv_is_token68(pv_str_of(credential->registry_token)))
        return refuse("a registry token with characters that no header may have", err);
    enum provar_result result = pv_token_may_send(access->url, access->may_send_in_clear, err);
    if (result == PROVAR_OK)
        result = set_bearer(grant, credential->registry_token, err);
    grant->end = UINT64_MAX;
    return result == PROVAR_OK ? check_new(authorizer, access, grant, err) : result;
}

static enum provar_result answer(struct pv_authorizer *authorizer, const struct pv_access *access,
                                 const struct pv_credential *credential, struct pv_grant *grant,
                                 struct provar_error *err) {
    if (grant->challenge.scheme == PV_CHALLENGE_NONE)
        return refuse("it asks for neither Bearer nor Basic, and nothing else is known here", err);
    if (grant->challenge.scheme == PV_CHALLENGE_BASIC)
        return answer_basic(authorizer, access, credential, grant, err);
    if (credential->registry_token)
        return answer_with_registry_token(authorizer, access, credential, grant, err);
    /* ghcr.io refuses it in words that nobody understands. */
    if (pv_credential_is_anonymous(credential) && pv_actions_include(grant->actions, "push"))
        return refuse("to store needs credentials, and none are known; " PV_LOG_IN, err);
    enum provar_result result = set_scope(grant, access, err);
    return result == PROVAR_OK ? set_fetched(authorizer, access, credential, grant, err) : result;
}

enum provar_result pv_authorize_again(struct pv_authorizer *authorizer, const struct pv_access *access,
                                      struct pv_str challenges, struct pv_buf *value, struct provar_error *err) {
    PV_AUTO_GRANT struct pv_grant grant = {0};
    const struct pv_credential *credential = NULL;
    struct provar_error inner = {0};
    enum provar_result result = find_credential(authorizer, access, &credential, err);
    if (result != PROVAR_OK)
        return result;
    result = pv_grant_begin(&grant, access, &inner);
    if (result == PROVAR_OK)
        result = challenges.len > 0 ? pv_challenge_parse(challenges, &grant.challenge, &inner)
                                    : ask_root(authorizer, access, &grant.challenge, &inner);
    if (result == PROVAR_OK)
        result = answer(authorizer, access, credential, &grant, &inner);
    if (result != PROVAR_OK)
        return in_context(result, &inner, access, credential, err);
    result = pv_buf_append_str(value, pv_str_of(grant.value), err);
    if (result == PROVAR_OK)
        pv_grants_keep(&authorizer->grants, &grant);
    return result;
}
