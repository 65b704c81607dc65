/* One request to a registry: let in, sent on where the registry says, and tried again where that may help. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_REGISTRY_REQUEST_H
#define PV_REGISTRY_REQUEST_H

#include "store/auth/authorize.h"
#include "store/registry/registry_error.h"
#include "store/http/retry.h"

/* A registry within a session. Texts and parts are borrowed by it; it is used by one thread at a time. */
struct pv_registry {
    struct pv_http *http;
    struct pv_authorizer *authorizer;
    const char *server;      /* HOST[:PORT] that is asked */
    const char *name;        /* HOST[:PORT] of references: by it credentials are found and messages speak */
    const char *upload_host; /* HOST[:PORT] that uploads may be sent on to, without credentials; NULL: none */
    const char *temp_dir;    /* for files without a name; NULL is "/var/tmp" */
    bool is_plain;           /* http is spoken, and no TLS */
    bool allows_foreign;     /* what it has not may come from where a manifest says that it is, too (PULL-7) */
    bool may_fall_back; /* nothing was heard yet of a registry of this machine: plain http if it has no TLS (NET-6) */
    bool may_send_in_clear; /* plain http was asked for by name */
    const struct pv_retry_clock *clock;
    void (*warn)(void *user, const char *text);     /* what the registry has its users told, escaped; may be NULL */
    void (*warn_own)(void *user, const char *text); /* what nobody but this library says of it, escaped; may be NULL */
    void *warn_user;                                /* of both */
    uint64_t warned[PV_MAX_REGISTRY_WARNINGS];      /* hashes of what was told already */
    size_t warned_count;
    bool has_warned_of_referrers;
};

/* What is sent. */
struct pv_registry_request {
    enum pv_http_method method;
    const char *path;         /* at the registry, absolute, in the characters of a path; NULL: `url` */
    const struct pv_url *url; /* where an answer has sent us */
    struct {
        const char *name; /* NULL: none */
        struct pv_str value;
    } query[2]; /* appended */
    const char *repository;
    const char *actions;                               /* "pull", "pull,push" */
    const char *mount_from;                            /* another repository that is read; NULL: none */
    const char *accept, *content_type, *content_range; /* NULL: none */
    uint64_t first, last;                              /* as pv_http_request's */
    bool has_range;
    const struct pv_content *body; /* NULL: none */
    uint64_t body_offset, body_len;
    bool follows;      /* redirects: GET and HEAD only */
    bool once;         /* not sent again, whatever happens but a 401 */
    bool is_foreign;   /* `url` comes from a document: not even the registry's own origin learns who asks */
    uint64_t max_body; /* of an answer that is kept: one of more bytes is PROVAR_E_LIMIT */
    /* Of an answer with a status of 200 to 299, in place of keeping its body. Once a byte was given to on_body, nothing
     * is sent again: PROVAR_E_NETWORK. */
    enum provar_result (*on_head)(void *user, const struct pv_http_head *head, struct provar_error *err);
    enum provar_result (*on_body)(void *user, const void *data, size_t len, struct provar_error *err);
    void *user;
};

struct pv_registry_answer {
    struct pv_http_head head;
    struct pv_buf body; /* kept; of a failure at most PV_MAX_ERROR_BODY of it */
    struct pv_url url;  /* that has answered */
    unsigned tries;     /* with the last one */
};

/* The attempts of a request, of which none has failed yet. */
struct pv_retry pv_registry_retry(const struct pv_registry *registry);

/* PROVAR_OK when an answer came that is final, whatever its status. The answer is the caller's to release in any case.
 * Credentials and the client's certificate go to the registry's origin and nowhere else. What may pass is tried again,
 * as pv_retry_again says: the registry's user is warned where that takes seconds. */
enum provar_result pv_registry_send(struct pv_registry *registry, const struct pv_registry_request *request,
                                    struct pv_registry_answer *answer, struct provar_error *err) PV_MUST_CHECK;
void pv_registry_answer_release(struct pv_registry_answer *answer);

/* Fails as the answer says. `what` as pv_registry_refusal's. */
enum provar_result pv_registry_fail(struct pv_registry *registry, const struct pv_registry_request *request,
                                    const struct pv_registry_answer *answer, const char *what,
                                    struct provar_error *err) PV_MUST_CHECK;

/* Where a list goes on, of the registry's own origin: what another host says is nothing of this one. *more is false at
 * the end. `what` is in it: "tags". PROVAR_E_REGISTRY. */
enum provar_result pv_registry_next_page(const struct pv_registry *registry, const struct pv_registry_answer *answer,
                                         const char *what, struct pv_url *url, bool *more,
                                         struct provar_error *err) PV_MUST_CHECK;

/* Whether a URL is of the registry's own origin. */
bool pv_registry_owns(const struct pv_registry *registry, const struct pv_url *url);

#endif
