/* The headers of an HTTP request as lines, which may hold what lets one in. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/secret.h"
#include "store/http/http_request.h"

static bool has_control(struct pv_str text) {
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.text[i] < 0x20 || text.text[i] == 0x7f)
            return true;
    return false;
}

static enum provar_result add(struct pv_http_lines *lines, const char *name, const char *value,
                              struct provar_error *err) {
    char *line = NULL;
    if (has_control(pv_str_of(value)))
        return pv_fail(err, PROVAR_E_REGISTRY, PROVAR_NO_OFFSET, "control characters in what '%s' would be", name);
    if (asprintf(&line, value ? "%s: %s" : "%s:", name, value) < 0)
        return pv_fail_memory(err);
    lines->line[lines->count++] = line;
    return PROVAR_OK;
}

static enum provar_result add_optional(struct pv_http_lines *lines, const char *name, const char *value,
                                       struct provar_error *err) {
    return value ? add(lines, name, value, err) : PROVAR_OK;
}

enum provar_result pv_http_lines_make(const struct pv_http_request *request, struct pv_http_lines *lines,
                                      struct provar_error *err) {
    bool is_get = request->method == PV_HTTP_GET;
    bool has_range = is_get && request->last > 0 && request->first <= request->last;
    bool is_blob = is_get && (has_range || request->accept == NULL);
    char range[64];
    (void)snprintf(range, sizeof range, "bytes=%llu-%llu", (unsigned long long)request->first,
                   (unsigned long long)request->last);
    /* libcurl would wait a second for the answer to it. */
    enum provar_result result = add(lines, "Expect", NULL, err);
    /* Artifactory answers 406 where nothing is to be chosen (NET-9). */
    if (result == PROVAR_OK)
        result = add(lines, "Accept", request->accept, err);
    if (result == PROVAR_OK)
        result = add_optional(lines, "Content-Type", request->content_type, err);
    if (result == PROVAR_OK)
        result = add_optional(lines, "Authorization", request->authorization, err);
    if (result == PROVAR_OK)
        result = add_optional(lines, "Content-Range", request->content_range, err);
    if (result == PROVAR_OK)
        result = add_optional(lines, "Range", has_range ? range : NULL, err);
    if (result == PROVAR_OK)
        result = add_optional(lines, "Accept-Encoding", is_blob ? "identity" : NULL, err);
    return result;
}

void pv_http_lines_release(struct pv_http_lines *lines) {
    for (size_t i = 0; i < lines->count; i++) {
        pv_secret_wipe(lines->line[i], strlen(lines->line[i]));
        free(lines->line[i]);
    }
    lines->count = 0;
}
