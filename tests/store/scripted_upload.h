/* What tests of uploads have in common: the requests that a session is made of, and an upload by them. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_SCRIPTED_UPLOAD_H
#define TEST_SCRIPTED_UPLOAD_H

#include "scripted_registry.h"
#include "store/image/content.h"
#include "store/registry/registry_upload.h"

#define DIGEST  "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
#define BLOB    REPO "/blobs/" DIGEST
#define UPLOADS REPO "/blobs/uploads/"
#define STATE   "?_state=ab%2Bc=="
#define END     "&digest=sha256%3A44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
#define OCTETS  "application/octet-stream"

enum { CHUNK = 4 * 1024 * 1024, SIZE = CHUNK + 100 };

/* Steps that many ways have in common. */
#define BEGIN(session)                                                                                                 \
    {                                                                                                                  \
        .method = PV_HTTP_POST, .url = UPLOADS, .status = 202,                                                         \
        .location = "/v2/acme/http/blobs/uploads/" session STATE, .answer = ""                                         \
    }
#define GIVE_UP(session)                                                                                               \
    { .method = PV_HTTP_DELETE, .url = UPLOADS session STATE, .status = 404, .answer = "" }
#define WHOLE(session, code)                                                                                           \
    {                                                                                                                  \
        .method = PV_HTTP_PUT, .url = UPLOADS session STATE END, .content_type = OCTETS, .body_len = SIZE,             \
        .status = (code), .answer = ""                                                                                 \
    }
#define PART(session, range, at, len, code)                                                                            \
    .method = PV_HTTP_PATCH, .url = UPLOADS session STATE, .content_type = OCTETS, .content_range = (range),           \
    .body_offset = (at), .body_len = (len), .status = (code), .answer = ""
#define CLOSE(session, code)                                                                                           \
    { .method = PV_HTTP_PUT, .url = UPLOADS session STATE END, .status = (code), .answer = "" }
/* All of it, and what ends it well. */
#define IN_PARTS(session)                                                                                              \
    {PART(session, "0-4194303", 0, CHUNK, 202)}, {PART(session, "4194304-4194403", CHUNK, 100, 202)},                  \
        CLOSE(session, 201)
#define STANDS(session, range)                                                                                         \
    { .method = PV_HTTP_GET, .url = UPLOADS session STATE, .status = 204, .upload_range = (range), .answer = "" }
#define LOOK(code)                                                                                                     \
    { .method = PV_HTTP_HEAD, .url = BLOB, .status = (code), .answer = "" }

static const struct pv_digest digest = {DIGEST};
static struct pv_registry registry;
static struct pv_upload_session session = {.registry = &registry, .repository = "acme/http"};

static inline enum provar_result upload_by(enum provar_upload way, uint64_t chunk, struct provar_error *err) {
    struct pv_str bytes = pv_str((const char *)content, SIZE);
    struct pv_content from = pv_content_memory(&bytes);
    const struct pv_upload_settings settings = {.way = way, .chunk = chunk};
    enum provar_result result = pv_registry_upload(&session, &settings, &digest, &from, err);
    assert_false(pv_upload_session_is_open(&session));
    return result;
}

static inline void expect_upload(enum provar_upload way, uint64_t chunk) {
    struct provar_error err = {0};
    if (upload_by(way, chunk, &err) != PROVAR_OK)
        fail_msg("request %zu: %s", script.done, err.message);
    played();
}

static inline void expect_failure(enum provar_upload way, enum provar_result wanted, const char *said) {
    struct provar_error err = {0};
    assert_fails(upload_by(way, 0, &err), wanted, err, PROVAR_NO_OFFSET);
    if (strstr(err.message, said) == NULL)
        fail_msg("%s", err.message);
    played();
}

static inline int set_up_upload(void **state) {
    (void)state;
    registry = a_registry();
    registry.warn_own = note_warning;
    return fill_content(SIZE);
}

#endif
